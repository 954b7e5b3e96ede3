//! Entries of the audit as `/v1` writes them, in lists and in both forms of an export.

use auth_core::audit::{Entry, Head, Seal};
use auth_core::clock::Timestamp;
use auth_core::ids::OrgId;
use auth_core::outbox::EventKind;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::events::names::name;

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditActor)]
pub struct ActorOut {
    /// `user`, `key` (a secret key), `directory`, `setup` (a setup session), `system` (a command or a job of this instance) or `anonymous`.
    #[serde(rename = "type")]
    kind: String,
    /// Null for `system` and `anonymous`.
    id: Option<String>,
}

impl ActorOut {
    fn new(label: &str) -> Self {
        match label.split_once(':') {
            Some((kind, id)) => Self { kind: kind.to_owned(), id: Some(id.to_owned()) },
            None => Self { kind: label.to_owned(), id: None },
        }
    }
}

/// Who did what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry, example = json!({
    "id": "evt_01h455vb4pex5vsknk084sn02q", "object": "audit_entry", "type": "organization.updated", "kind": "organization.updated",
    "actor": {"type": "user", "id": "user_01h455vb4pex5vsknk084sn02q"}, "organization_id": "org_01h455vb4pex5vsknk084sn02q",
    "target": "org_01h455vb4pex5vsknk084sn02q", "before": {"name": "Acme"}, "after": {"name": "Acme Inc"}, "details": {"v": 1},
    "ip": "192.0.2.1", "user_agent": "Mozilla/5.0", "request_id": "req_4fZq0Xv8ZkT2mN6pLr1S",
    "timestamp": 1_714_723_000_000_i64, "sequence": 42, "position": 7,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
}))]
pub struct EntryOut {
    /// The id of the event.
    id: String,
    /// Always `audit_entry`.
    object: &'static str,
    /// What happened, as in `/v1/events`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The same under the name by which it was recorded, which is what was hashed.
    #[serde(rename = "kind")]
    recorded: String,
    actor: ActorOut,
    organization_id: Option<String>,
    /// The id of what it is about.
    target: String,
    /// What that was like before, in the words in which it was recorded; null if nothing was.
    #[schema(value_type = Option<Object>)]
    before: Value,
    /// What it became; null if nothing did.
    #[schema(value_type = Option<Object>)]
    after: Value,
    /// Whatever else is known. `erased` in place of everything else: the facts were erased, this is their hash.
    #[schema(value_type = Object)]
    details: Value,
    /// From which address, if it came by a request.
    ip: Option<String>,
    /// By which program, if it said so.
    user_agent: Option<String>,
    request_id: String,
    /// When, in Unix milliseconds.
    timestamp: i64,
    /// Its place in the stream of events.
    sequence: i64,
    /// Its place in the chain of its organization; null until it is sealed, a few seconds after.
    position: Option<i64>,
    /// What was sealed of it.
    digest: Option<String>,
    /// The hash over it and everything before it in the chain.
    hash: Option<String>,
    /// The timestamp as the hash covers it; null if the seal is of the first version, whose hash does not.
    occurred_at: Option<i64>,
}

impl From<Entry> for EntryOut {
    fn from(entry: Entry) -> Self {
        let (position, digest, hash, occurred_at) = match entry.seal {
            Some(Seal { position, digest, hash, occurred_at }) => {
                (Some(position), Some(digest), Some(hash), occurred_at.map(Timestamp::millis))
            }
            None => (None, None, None, None),
        };
        Self {
            id: entry.id,
            object: "audit_entry",
            kind: EventKind::from_stored(&entry.kind).map_or("unknown", name),
            recorded: entry.kind,
            actor: ActorOut::new(&entry.actor),
            organization_id: entry.organization_id.map(String::from),
            target: entry.target,
            before: entry.before,
            after: entry.after,
            details: entry.details,
            ip: entry.ip,
            user_agent: entry.user_agent,
            request_id: entry.request_id,
            timestamp: entry.timestamp.millis(),
            sequence: entry.sequence,
            position,
            digest,
            hash,
            occurred_at,
        }
    }
}

/// The place of an entry that a filter leaves out, or that is not kept any more: with it the chain can be verified.
#[derive(Debug, Serialize)]
struct SealOut<'a> {
    object: &'static str,
    id: &'a str,
    organization_id: Option<&'a str>,
    position: i64,
    digest: &'a str,
    hash: &'a str,
    occurred_at: Option<i64>,
}

/// The end of a chain, signed.
#[derive(Debug, Serialize)]
struct HeadOut<'a> {
    object: &'static str,
    organization_id: Option<&'a str>,
    position: i64,
    hash: &'a str,
    signature: &'a str,
}

/// A line of an export.
pub enum Line<'a> {
    /// A whole entry.
    Entry(Box<EntryOut>),
    /// A place alone.
    Seal(&'a str, Option<&'a OrgId>, &'a Seal),
    /// The end of a chain.
    Head(&'a Head),
}

impl Line<'_> {
    /// As a line of NDJSON.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        let mut line = match self {
            Self::Entry(entry) => serde_json::to_string(entry)?,
            Self::Seal(id, chain, seal) => serde_json::to_string(&SealOut {
                object: "audit_seal",
                id,
                organization_id: chain.map(auth_core::ids::Id::as_str),
                position: seal.position,
                digest: &seal.digest,
                hash: &seal.hash,
                occurred_at: seal.occurred_at.map(Timestamp::millis),
            })?,
            Self::Head(head) => serde_json::to_string(&HeadOut {
                object: "audit_head",
                organization_id: head.organization_id.as_ref().map(auth_core::ids::Id::as_str),
                position: head.position,
                hash: &head.hash,
                signature: &head.signature,
            })?,
        };
        line.push('\n');
        Ok(line)
    }

    /// As a row of CSV (RFC 4180), in the order of [`HEADINGS`].
    pub fn csv(&self) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let json = |value: &Value| if value.is_null() { String::new() } else { value.to_string() };
        let number = |value: &Option<i64>| value.map_or_else(String::new, |n| n.to_string());
        let organization = |id: Option<&OrgId>| id.map_or_else(String::new, ToString::to_string);
        let mut fields = vec![String::new(); HEADINGS.len()];
        match self {
            Self::Entry(entry) => {
                fields = vec![
                    entry.object.to_owned(),
                    entry.id.clone(),
                    entry.kind.to_owned(),
                    entry.actor.kind.clone(),
                    text(&entry.actor.id),
                    text(&entry.organization_id),
                    entry.target.clone(),
                    json(&entry.before),
                    json(&entry.after),
                    json(&entry.details),
                    text(&entry.ip),
                    text(&entry.user_agent),
                    entry.request_id.clone(),
                    entry.timestamp.to_string(),
                    entry.sequence.to_string(),
                    number(&entry.position),
                    text(&entry.digest),
                    text(&entry.hash),
                    String::new(),
                    entry.recorded.clone(),
                    number(&entry.occurred_at),
                ];
            }
            Self::Seal(id, chain, seal) => {
                "audit_seal".clone_into(&mut fields[0]);
                (*id).clone_into(&mut fields[1]);
                fields[5] = organization(*chain);
                fields[15] = seal.position.to_string();
                (fields[16], fields[17]) = (seal.digest.clone(), seal.hash.clone());
                fields[20] = number(&seal.occurred_at.map(Timestamp::millis));
            }
            Self::Head(head) => {
                "audit_head".clone_into(&mut fields[0]);
                fields[5] = organization(head.organization_id.as_ref());
                fields[15] = head.position.to_string();
                (fields[17], fields[18]) = (head.hash.clone(), head.signature.clone());
            }
        }
        row(fields.iter().map(String::as_str))
    }
}

/// The columns of the CSV: all that an NDJSON export says, so that it can be verified like that.
pub const HEADINGS: [&str; 21] = [
    "object",
    "id",
    "type",
    "actor_type",
    "actor_id",
    "organization_id",
    "target",
    "before",
    "after",
    "details",
    "ip",
    "user_agent",
    "request_id",
    "timestamp",
    "sequence",
    "position",
    "digest",
    "hash",
    "signature",
    "kind",
    "occurred_at",
];

/// A row of CSV. What a spreadsheet would take for a formula gets an apostrophe in front, and so does what begins with one:
/// whoever takes one apostrophe away from each field that has one in front reads what was written.
pub fn row<'a>(fields: impl Iterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (number, field) in fields.enumerate() {
        line += if number == 0 { "\"" } else { ",\"" };
        if field.starts_with(['\'', '=', '+', '-', '@', '\t', '\r', '\n']) {
            line.push('\'');
        }
        line += &field.replace('"', "\"\"");
        line.push('"');
    }
    line + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula_and_none_ends_its_row() {
        let fields = ["=HYPERLINK(\"x\")", "+1", "-1", "@a", "\tx", "plain", "a\"b,\r\nc", "", "'=x"];
        let line = row(fields.into_iter());
        assert_eq!(
            line,
            "\"'=HYPERLINK(\"\"x\"\")\",\"'+1\",\"'-1\",\"'@a\",\"'\tx\",\"plain\",\"a\"\"b,\r\nc\",\"\",\"''=x\"\r\n"
        );
    }

    #[test]
    fn an_actor_is_told_by_its_kind() {
        let actor = ActorOut::new("key:key_1");
        assert_eq!((actor.kind.as_str(), actor.id.as_deref()), ("key", Some("key_1")));
        assert_eq!(ActorOut::new("system").id, None);
    }
}
