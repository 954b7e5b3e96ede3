//! SCIM as it is on the wire, file by file: what every answer has, the resources, and what each identity
//! provider really sends.

mod access;
mod authentik;
mod bad_input;
mod basic;
mod bulk;
mod conformance;
mod cursor;
mod cyberark;
mod decisions;
mod discovery;
mod discovery_parts;
mod discovery_truth;
mod entra;
mod etags;
mod filters;
mod google;
mod groups_crud;
mod groups_large;
mod groups_nested;
mod http;
mod isolation;
mod jumpcloud;
mod keycloak;
mod managers;
mod me;
mod oauth;
mod oauth_consent;
mod okta;
mod onelogin;
mod paging;
mod patch;
mod ping;
mod projection;
mod rate_limit;
mod rauthy;
mod request_answers;
mod request_log;
mod rippling;
mod schemas;
mod search;
mod sort;
mod users_crud;

use crate::support::{Answer, Client, Json, json};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A user as a careful client sends it.
fn person(local: &str) -> Json {
    json!({
        "schemas": [USER, ENTERPRISE],
        "userName": format!("{local}@acme.example"),
        "externalId": format!("ext-{local}"),
        "active": true,
        "displayName": format!("{local} Example"),
        "name": {"givenName": local, "familyName": "Example"},
        "emails": [{"value": format!("{local}@acme.example"), "type": "work", "primary": true}],
        ENTERPRISE: {"department": "Engineering"},
    })
}

#[allow(clippy::needless_pass_by_value, reason = "reads as `operations(json!([…]))`")]
fn operations(operations: Json) -> Json {
    json!({ "schemas": [PATCH], "Operations": operations })
}

/// One operation.
#[allow(clippy::needless_pass_by_value, reason = "reads as `op(…, json!(…))`")]
fn op(op: &str, path: &str, value: Json) -> Json {
    operations(json!([{ "op": op, "path": path, "value": value }]))
}

/// A filter in a query, encoded.
fn filtered(path: &str, filter: &str) -> String {
    let encoded: String = url_encode(filter);
    format!("{path}?filter={encoded}")
}

fn url_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn id(resource: &Json) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}

/// Makes a person; their id.
async fn make(scim: &Client, local: &str) -> String {
    id(&scim.post("/scim/v2/Users", person(local)).await.created())
}

/// Makes a group; its id.
async fn make_group(scim: &Client, name: &str, members: &[&str]) -> String {
    let members: Vec<Json> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
    id(&scim.post("/scim/v2/Groups", body).await.created())
}

/// The ids of a group's members, sorted.
async fn members(scim: &Client, group: &str) -> Vec<String> {
    let group = scim.get(&format!("/scim/v2/Groups/{group}")).await.ok();
    let mut ids: Vec<String> = group["members"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|m| m["value"].as_str().expect("an id").to_owned())
        .collect();
    ids.sort();
    ids
}

/// The `userName`s of a list.
fn names(list: &Json) -> Vec<String> {
    let resources = list["Resources"].as_array().expect("Resources");
    resources.iter().map(|user| user["userName"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Checks that an answer is an error as RFC 7644 has them. An empty keyword: there is none.
#[track_caller]
fn refused(answer: &Answer, status: u16, scim_type: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/scim+json"), "{answer:?}");
    assert_eq!(answer["schemas"], json!([ERROR]), "{answer:?}");
    assert_eq!(answer["status"], json!(status.to_string()), "{answer:?}");
    assert_eq!(answer["scimType"].as_str().unwrap_or_default(), scim_type, "{answer:?}");
    assert!(answer["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{answer:?}");
}
