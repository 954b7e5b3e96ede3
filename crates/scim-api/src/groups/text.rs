//! A group with its members as text, written member by member: a group of 200,000 is never in memory as
//! a tree, and read by id it is not in memory as a whole.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::web::Bytes;
use auth_core::features::directory::groups::{self, DirectoryGroup, Member};
use auth_core::ids::DirectoryGroupId;
use futures_util::stream;
use scim_protocol::project::Projection;
use scim_protocol::{Resource, ResourceType};
use serde_json::{Value, json};

use super::wire;
use crate::error::ApiError;
use crate::extract::Caller;
use crate::json as body;
use crate::precondition::etag;

/// How many members are read and sent at a time. No connection to the database is held in between.
pub const PAGE: u64 = 2000;

/// What is shown of members.
#[expect(clippy::struct_excessive_bools, reason = "each part of a member is shown or not")]
pub struct Writer {
    /// The address of the service as a JSON text without its quotes.
    base: String,
    value: bool,
    reference: bool,
    kind: bool,
    display: bool,
}

impl Writer {
    /// For what a client wants to see.
    pub fn new(kind: &ResourceType, base: &str, projection: &Projection) -> Self {
        // What the projection leaves of a member that has everything.
        let mut sample = Resource::new();
        sample.insert("members".to_owned(), json!([{ "value": "v", "$ref": "r", "type": "t", "display": "d" }]));
        let sample = projection.apply(kind, sample);
        let shows = |name: &str| sample.get("members").is_some_and(|members| members[0].get(name).is_some());
        let base = Value::from(base).to_string();
        Self {
            base: base.trim_matches('"').to_owned(),
            value: shows("value"),
            reference: shows("$ref"),
            kind: shows("type"),
            display: shows("display"),
        }
    }

    /// Adds members to a list that has been begun; `first`: nothing is in it yet.
    pub fn add(&self, text: &mut String, members: &[Member], mut first: bool) {
        if !(self.value || self.reference || self.kind || self.display) {
            return;
        }
        for member in members {
            text.push_str(if first { "{" } else { ",{" });
            first = false;
            self.write(text, member);
            text.push('}');
        }
    }

    /// Ids and types need no escapes.
    fn write(&self, text: &mut String, member: &Member) {
        let (id, kind) = (&member.id, member.kind.as_str());
        let mut comma = "";
        let mut part = |text: &mut String, wanted: bool, part: std::fmt::Arguments<'_>| {
            if wanted {
                let _ = write!(text, "{comma}{part}");
                comma = ",";
            }
        };
        part(text, self.value, format_args!("\"value\":\"{id}\""));
        part(text, self.reference, format_args!("\"$ref\":\"{}/{kind}s/{id}\"", self.base));
        part(text, self.kind, format_args!("\"type\":\"{kind}\""));
        part(text, self.display, format_args!("\"display\":{}", Value::from(member.display.as_str())));
    }
}

/// The resource as the client wants to see it.
pub fn whole(kind: &ResourceType, mut group: DirectoryGroup, base: &str, projection: &Projection) -> String {
    let Some(members) = group.members.take() else { return wire::show(kind, group, base, projection).to_string() };
    let mut text = begun(kind, group, base, projection);
    Writer::new(kind, base, projection).add(&mut text, &members, true);
    text.push_str("]}");
    text
}

/// The resource without its members, up to where their list begins.
fn begun(kind: &ResourceType, group: DirectoryGroup, base: &str, projection: &Projection) -> String {
    let mut text = wire::show(kind, group, base, projection).to_string();
    text.pop();
    text.push_str(",\"members\":[");
    text
}

/// What is still to be sent.
struct Rest {
    caller: Caller,
    id: DirectoryGroupId,
    writer: Writer,
    after: String,
    /// What was read before the answer began.
    ready: Option<String>,
    ended: bool,
}

/// An answer that is read while it is sent; `first` is the first page of members, which is full. Members
/// who come and go meanwhile may be in it or not, but then its entity tag is the present one no longer.
/// If reading fails the connection breaks off, so that no client takes a part for the whole.
pub fn streamed(caller: Caller, group: DirectoryGroup, first: &[Member], projection: &Projection) -> HttpResponse {
    let kind = caller.kinds().group.clone();
    let writer = Writer::new(&kind, &caller.base, projection);
    let (id, tag) = (group.id.clone(), etag(&group.tag()));
    let location = wire::location(&caller.base, &group.id);
    let mut ready = begun(&kind, group, &caller.base, projection);
    writer.add(&mut ready, first, true);
    if let Some(recording) = caller.recording() {
        recording.begins(&ready);
    }
    let after = first.last().map(|member| member.id.clone()).unwrap_or_default();
    let rest = Rest { caller, id, writer, after, ready: Some(ready), ended: false };
    let pages = stream::try_unfold(rest, async |mut rest: Rest| {
        let text = match rest.ready.take() {
            Some(ready) => ready,
            None if rest.ended => return Ok(None),
            None => rest.next().await?,
        };
        Ok::<_, ApiError>(Some((Bytes::from(text), rest)))
    });
    body::answer(StatusCode::OK)
        .insert_header((ETAG, tag))
        .insert_header((LOCATION, location))
        .streaming(Box::pin(pages))
}

impl Rest {
    async fn next(&mut self) -> Result<String, ApiError> {
        let Self { caller, id, after, .. } = &*self;
        let named = self.writer.display;
        let read = async |rx: &auth_core::Rx| groups::members(rx, &caller.actor, id, Some(after), PAGE, named).await;
        let page = caller.core.read(&caller.ctx, read).await?;
        let mut text = String::new();
        self.writer.add(&mut text, &page, false);
        self.ended = (page.len() as u64) < PAGE;
        if self.ended {
            text.push_str("]}");
        }
        if let Some(last) = page.into_iter().next_back() {
            self.after = last.id;
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use auth_core::features::directory::groups::MemberKind;

    use super::*;

    fn written(attributes: &str, excluded: &str) -> Value {
        let kind = ResourceType::group();
        let projection = Projection::new(kind, attributes.split(','), excluded.split(','));
        let member = |id: &str, kind| Member { id: id.to_owned(), kind, display: "Q \"x\"".to_owned() };
        let members = [member("u1", MemberKind::User), member("g1", MemberKind::Group)];
        let mut text = "[".to_owned();
        Writer::new(kind, "https://x.io/scim/v2", &projection).add(&mut text, &members, true);
        text.push(']');
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn members_are_written_as_the_projection_wants_them() {
        let (user, group) = ("https://x.io/scim/v2/Users/u1", "https://x.io/scim/v2/Groups/g1");
        assert_eq!(
            written("", ""),
            json!([{"value": "u1", "$ref": user, "type": "User"}, {"value": "g1", "$ref": group, "type": "Group"}])
        );
        assert_eq!(written("members.value", ""), json!([{"value": "u1"}, {"value": "g1"}]));
        assert_eq!(written("members.display", "")[0]["display"], "Q \"x\"");
        assert_eq!(written("", "members.$ref,members.type"), json!([{"value": "u1"}, {"value": "g1"}]));
        assert_eq!(written("displayName", ""), json!([]));
    }
}
