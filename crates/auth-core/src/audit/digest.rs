//! What is hashed, and how: the same on every machine, so that anybody can do it again with what an export says.
//!
//! Everything is SHA-256 in hex over canonical JSON: the keys of objects ascending by their bytes, no white space,
//! texts escaped as little as JSON allows.
//!
//! * facts: `{"after", "before", "details", "ip", "user_agent"}`, what may have to be erased some day;
//! * digest: `{"actor", "facts": <hash of the above>, "id", "kind", "organization_id", "request_id", "target", "timestamp"}`;
//! * hash: `["portico.audit.v2", chain, position, previous hash, digest, timestamp]`. The chain is the id of an organization,
//!   or empty for the instance's own; positions begin at 1, and the first has an empty previous hash. The timestamp is the
//!   entry's: so it is known when an entry happened that is forgotten by now. Seals of the first version have
//!   `["portico.audit.v1", chain, position, previous hash, digest]`.

use aws_lc_rs::digest;
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use crate::clock::Timestamp;

/// The key under which an erased payload keeps the hash of its facts.
pub(super) const ERASED: &str = "erased";

/// An entry as it is hashed.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// The id of the event.
    pub id: &'a str,
    /// The stored name of its kind.
    pub kind: &'a str,
    /// In which organization.
    pub organization_id: Option<&'a str>,
    /// Whose row it is about.
    pub target: &'a str,
    /// Who did it, as [`Actor::label`](crate::Actor::label) says it.
    pub actor: &'a str,
    /// By which request.
    pub request_id: &'a str,
    /// When.
    pub timestamp: Timestamp,
    /// What it was like before, or null.
    pub before: &'a Json,
    /// What it became, or null.
    pub after: &'a Json,
    /// Whatever else the event says.
    pub details: &'a Json,
    /// From which address.
    pub ip: Option<&'a str>,
    /// By which program.
    pub user_agent: Option<&'a str>,
}

impl Record<'_> {
    /// The digest of the entry, which goes into the chain.
    #[must_use]
    pub fn digest(&self) -> String {
        let facts = self.erased().map_or_else(|| self.facts(), str::to_owned);
        hash(&Digested {
            actor: self.actor,
            facts: &facts,
            id: self.id,
            kind: self.kind,
            organization_id: self.organization_id,
            request_id: self.request_id,
            target: self.target,
            timestamp: self.timestamp.millis(),
        })
    }

    /// The hash that stands for the facts, if there is nothing beside it that anybody could take for them.
    fn erased(&self) -> Option<&str> {
        let bare = self.before.is_null() && self.after.is_null() && self.ip.is_none() && self.user_agent.is_none();
        erased(self.details).filter(|_| bare)
    }

    fn facts(&self) -> String {
        hash(&Facts {
            after: Canonical(self.after),
            before: Canonical(self.before),
            details: Canonical(self.details),
            ip: self.ip,
            user_agent: self.user_agent,
        })
    }

    /// What the payload of the event becomes when its facts are erased, and the address and the program with them: what
    /// they were cannot be told from it, only be recognized.
    #[must_use]
    pub fn erase(&self) -> Json {
        self.erased().map_or_else(|| json!({ "v": 1, ERASED: self.facts() }), |_| self.details.clone())
    }
}

/// The hash of facts that were erased.
#[must_use]
pub fn erased(details: &Json) -> Option<&str> {
    let details = details.as_object().filter(|details| details.len() == 2 && details.contains_key("v"))?;
    details.get(ERASED).and_then(Json::as_str).filter(|hash| hash.len() == 64)
}

/// The payload of an event in its three parts: before, after, and the rest.
#[must_use]
pub(super) fn parts(payload: Json) -> (Json, Json, Json) {
    match payload {
        Json::Object(mut rest) => {
            let (before, after) = (rest.shift_remove("before"), rest.shift_remove("after"));
            (before.unwrap_or_default(), after.unwrap_or_default(), rest.into())
        }
        other => (Json::Null, Json::Null, other),
    }
}

/// The next hash of a chain; `occurred_at` is the instant of the entry, or `None` for seals of the first version.
#[must_use]
pub fn link(chain: &str, position: i64, previous: &str, digest: &str, occurred_at: Option<Timestamp>) -> String {
    match occurred_at {
        Some(at) => hash(&("portico.audit.v2", chain, position, previous, digest, at.millis())),
        None => hash(&("portico.audit.v1", chain, position, previous, digest)),
    }
}

/// What is hashed of an entry, the fields in the order of their names.
#[derive(Serialize)]
struct Digested<'r> {
    actor: &'r str,
    facts: &'r str,
    id: &'r str,
    kind: &'r str,
    organization_id: Option<&'r str>,
    request_id: &'r str,
    target: &'r str,
    timestamp: i64,
}

/// The facts of an entry, the fields in the order of their names.
#[derive(Serialize)]
struct Facts<'r> {
    after: Canonical<'r>,
    before: Canonical<'r>,
    details: Canonical<'r>,
    ip: Option<&'r str>,
    user_agent: Option<&'r str>,
}

/// A value with the keys of all objects ascending.
struct Canonical<'v>(&'v Json);

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Json::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| key.as_bytes());
                serializer.collect_map(entries.into_iter().map(|(key, value)| (key, Canonical(value))))
            }
            Json::Array(values) => serializer.collect_seq(values.iter().map(Canonical)),
            other => other.serialize(serializer),
        }
    }
}

#[expect(clippy::expect_used, reason = "memory takes what is written, and all keys are texts")]
fn hash(what: &impl Serialize) -> String {
    let text = serde_json::to_vec(what).expect("what is hashed is JSON");
    hex::encode(digest::digest(&digest::SHA256, &text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NULL: Json = Json::Null;

    fn record(details: &Json) -> Record<'_> {
        Record {
            id: "evt_1",
            kind: "user.updated",
            organization_id: None,
            target: "user_1",
            actor: "system",
            request_id: "req_1",
            timestamp: Timestamp(1),
            before: &NULL,
            after: &NULL,
            details,
            ip: Some("192.0.2.1"),
            user_agent: None,
        }
    }

    #[test]
    fn the_order_of_keys_is_no_matter_and_everything_else_is() {
        let (one, other) = (json!({"v": 1, "a": {"x": 1, "y": [2]}}), json!({"a": {"y": [2], "x": 1}, "v": 1}));
        assert_eq!(record(&one).digest(), record(&other).digest());
        let changed = json!({"v": 1, "a": {"x": 1, "y": [3]}});
        assert_ne!(record(&one).digest(), record(&changed).digest());
        assert_ne!(record(&one).digest(), Record { before: &changed, ..record(&one) }.digest());
        assert_ne!(record(&one).digest(), Record { ip: None, ..record(&one) }.digest());
        assert_ne!(record(&one).digest(), Record { actor: "user:user_2", ..record(&one) }.digest());
        let at = Some(Timestamp(1));
        assert_ne!(link("", 1, "", "d", at), link("org_1", 1, "", "d", at));
        assert_ne!(link("", 1, "", "d", at), link("", 2, "", "d", at));
        assert_ne!(link("", 1, "", "d", at), link("", 1, "", "d", Some(Timestamp(2))));
        assert_ne!(link("", 1, "", "d", at), link("", 1, "", "d", None));
    }

    #[test]
    fn what_is_hashed_is_canonical_json() {
        let value = json!({"b": [{"z": null, "\u{e4}": 1.5, "a": "\u{1}\"/\u{2028}"}, {}, []], "a": true, "B": -7});
        let text = serde_json::to_string(&Canonical(&value)).unwrap();
        assert_eq!(
            text,
            "{\"B\":-7,\"a\":true,\"b\":[{\"a\":\"\\u0001\\\"/\u{2028}\",\"z\":null,\"\u{e4}\":1.5},{},[]]}"
        );
        // printf '{"after":{"b":1},"before":null,"details":{"v":1},"ip":"192.0.2.1","user_agent":null}' | sha256sum
        let (after, details) = (json!({"b": 1}), json!({"v": 1}));
        let record = Record { after: &after, ..record(&details) };
        assert_eq!(record.facts(), "4ee3828d25b00808c96b9b7359ac18e4ef556ac8574bccb1d13ddc3c1b8b241b");
        // The same of {"actor":"system","facts":…,"id":"evt_1","kind":"user.updated","organization_id":null,
        // "request_id":"req_1","target":"user_1","timestamp":1}
        assert_eq!(record.digest(), "dee867d5f68d4d0345fea161ecf23e9e64dbace0516cc4be3f15a1a46d6dcb7e");
    }

    #[test]
    fn erasing_the_facts_leaves_the_digest() {
        let (after, details) = (json!({"email": "ann@acme.example"}), json!({"v": 1}));
        let whole = Record { after: &after, ..record(&details) };
        let erased = whole.erase();
        assert!(!erased.to_string().contains("acme"));
        let left = Record { ip: None, ..record(&erased) };
        assert_eq!(left.digest(), whole.digest());
        assert_eq!(left.erase(), erased, "erasing again changes nothing");
    }

    #[test]
    fn a_payload_has_three_parts() {
        let payload = json!({"v": 1, "before": {"a": 1}, "after": {"a": 2}, "x": 3});
        assert_eq!(parts(payload), (json!({"a": 1}), json!({"a": 2}), json!({"v": 1, "x": 3})));
    }

    #[test]
    fn the_hash_can_be_computed_by_anybody() {
        // printf '["portico.audit.v1","org_1",1,"","00"]' | sha256sum
        assert_eq!(
            link("org_1", 1, "", "00", None),
            "4b7f54db1b15930f85207f53274b350e5dc9e1f899e5acd7e49cd501e134798e"
        );
        // printf '["portico.audit.v2","org_1",1,"","00",1767225600000]' | sha256sum
        let at = Some(Timestamp(1_767_225_600_000));
        assert_eq!(link("org_1", 1, "", "00", at), "6cc669f02a16fc228d3beebe250521fe06f353fb20308a440a9fe7e8e0e33230");
    }
}
