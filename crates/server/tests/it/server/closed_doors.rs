//! Every operation of the documents, tried without credentials and with those of a stranger.

use std::collections::BTreeMap;

use server::openapi::joined;

use super::openapi::{example, operations, resolved};
use crate::support::*;

/// Operations that need no credentials, and why.
const PUBLIC: &[(&str, &str)] = &[
    ("GET /", "leads to the console"),
    ("GET /docs", "documents are no secret"),
    ("GET /docs/{file}", "documents are no secret"),
    ("GET /openapi.json", "documents are no secret"),
    ("GET /openapi/{name}.json", "documents are no secret"),
    ("GET /.well-known/jwks.json", "public keys, for whoever checks a receipt"),
    ("GET /healthz", "asked by what watches the process"),
    ("GET /readyz", "asked by what watches the process"),
    ("GET /metrics", "numbers by route; a proxy keeps it inside where that matters"),
    ("GET /scim/v2/ServiceProviderConfig", "the same for everybody (RFC 7644 section 4)"),
    ("GET /scim/v2/ResourceTypes", "the same for everybody (RFC 7644 section 4)"),
    ("GET /scim/v2/ResourceTypes/{name}", "the same for everybody (RFC 7644 section 4)"),
    ("GET /scim/v2/Schemas", "the same for everybody (RFC 7644 section 4)"),
    ("GET /scim/v2/Schemas/{urn}", "the same for everybody (RFC 7644 section 4)"),
    ("POST /scim/oauth2/token", "the client proves itself in the form"),
    ("POST /scim/oauth2/revoke", "the client proves itself in the form"),
    ("GET /scim/oauth2/authorize", "a page for people who are not signed in"),
    ("POST /scim/oauth2/authorize", "the form of that page, which shows whose it is"),
    ("POST /scim/oauth2/sign-in", "how one gets credentials"),
    ("GET /.well-known/oauth-authorization-server/scim/oauth2", "the same for everybody (RFC 8414)"),
    ("GET /v1/instance", "what a sign-in page shows: names, colors, ways in"),
    ("GET /api/auth/ok", "asked by what watches the process"),
    ("GET /api/auth/error", "a page for people who are not signed in"),
    ("GET /api/auth/reference", "documents are no secret"),
    ("GET /api/auth/open-api/generate-schema", "documents are no secret"),
    ("POST /api/auth/sign-up/email", "how one gets credentials"),
    ("POST /api/auth/sign-in/email", "how one gets credentials"),
    ("POST /api/auth/sign-out", "without a session there is nothing to end"),
    ("GET /api/auth/get-session", "answers null"),
    ("POST /api/auth/get-session", "answers null"),
    ("POST /api/auth/request-password-reset", "for people who cannot sign in"),
    ("GET /api/auth/reset-password/{token}", "the token is the credential"),
    ("POST /api/auth/reset-password", "the token is the credential"),
    ("GET /api/auth/verify-email", "the token is the credential"),
    ("POST /api/auth/send-verification-email", "mails only the address itself"),
    ("POST /api/auth/portico/token", "how a page elsewhere gets credentials: the code is one"),
    ("POST /api/auth/sign-in/social", "how one gets credentials"),
    ("POST /api/auth/sign-in/oauth2", "how one gets credentials"),
    ("GET /api/auth/callback/{provider}", "how one gets credentials: the state and its cookie are the way in"),
    ("POST /api/auth/callback/{provider}", "leads to the same with GET"),
    ("GET /api/auth/oauth2/callback/{provider}", "how one gets credentials: the state and its cookie are the way in"),
    ("POST /v1/setup-sessions", "the token of the link is the credential"),
    ("POST /api/auth/sign-in/magic-link", "mails only the address itself"),
    ("GET /api/auth/magic-link/verify", "the token is the credential"),
    ("POST /api/auth/email-otp/send-verification-otp", "mails only the address itself"),
    ("POST /api/auth/email-otp/check-verification-otp", "the code is the credential"),
    ("POST /api/auth/sign-in/email-otp", "the code is the credential"),
    ("POST /api/auth/email-otp/verify-email", "the code is the credential"),
    ("POST /api/auth/email-otp/request-password-reset", "for people who cannot sign in"),
    ("POST /api/auth/forget-password/email-otp", "for people who cannot sign in"),
    ("POST /api/auth/email-otp/reset-password", "the code is the credential"),
    ("POST /api/auth/sign-in/username", "how one gets credentials"),
    ("POST /api/auth/sign-in/phone-number", "how one gets credentials"),
    ("POST /api/auth/phone-number/send-otp", "writes only to the number itself"),
    ("POST /api/auth/phone-number/verify", "the code is the credential"),
    ("POST /api/auth/phone-number/request-password-reset", "for people who cannot sign in"),
    ("POST /api/auth/phone-number/reset-password", "the code is the credential"),
    ("POST /api/auth/is-username-available", "user names are public"),
    ("POST /api/auth/sign-in/anonymous", "for people who do not say who they are"),
    ("POST /api/auth/one-time-token/verify", "the token is the credential"),
    ("GET /api/auth/jwks", "public keys, for whoever checks a session token"),
    ("GET /api/auth/passkey/generate-authenticate-options", "a challenge for whoever signs in"),
    ("POST /api/auth/passkey/verify-authentication", "how one gets credentials"),
    ("POST /api/auth/device/code", "how a device gets credentials"),
    ("POST /api/auth/device/token", "the code is the credential"),
    ("GET /api/auth/device", "a stranger sees whether a code stands, and no more"),
    ("GET /api/auth/multi-session/list-device-sessions", "answers what the request's own cookies hold"),
    ("POST /api/auth/multi-session/set-active", "the signed cookie is the credential"),
];

/// What is open to whoever sets up a directory, below the path of that directory. Everything else of `/v1` is closed.
const SETTING_UP: &[&str] = &[
    "GET ",
    "PATCH ",
    "GET /setup-guide",
    "GET /credentials",
    "POST /credentials",
    "GET /credentials/{credential_id}",
    "DELETE /credentials/{credential_id}",
    "POST /credentials/{credential_id}/revoke",
    "POST /credentials/{credential_id}/rotate",
    "POST /credentials/{credential_id}/rotate/complete",
    "POST /credentials/{credential_id}/rotate/cancel",
    "GET /role-rules",
    "PUT /role-rules",
    "POST /role-rules/simulate",
    "GET /groups",
    "GET /groups/{directory_group_id}",
    "GET /users",
    "GET /requests",
    "GET /requests/{request_id}",
    "GET /health",
    "GET /activity",
    "GET /attribute-paths",
    "GET /attribute-mappings",
    "PUT /attribute-mappings",
    "POST /attribute-mappings/preview",
    "POST /self-test",
];

/// Whether an operation is open to whoever sets up a directory.
fn is_for_setting_up(method: &str, path: &str) -> bool {
    let rest = path
        .strip_prefix("/v1/organizations/{organization_id}/directories/{directory_id}")
        .or_else(|| path.strip_prefix("/v1/directories/{directory_id}"));
    let name = rest.map(|rest| format!("{method} {rest}"));
    path == "/v1/me" && method == "GET" || name.is_some_and(|name| SETTING_UP.contains(&name.as_str()))
}

/// What shows that something of the victim's was read.
const SHOWN: [&str; 4] = ["ann@acme.example", "admin@acme.example", "carol@elsewhere.example", "Engineers"];

/// What belongs to the organization that a stranger must not reach, by the name of the parameter.
struct Victim {
    boot: Boot,
    ids: BTreeMap<&'static str, String>,
    directory_user: String,
    directory_group: String,
}

async fn victim(app: &App) -> Victim {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let person = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example",
        "emails": [{ "value": "ann@acme.example", "primary": true }],
    });
    let person = boot.scim.post("/scim/v2/Users", person).await.created();
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Engineers",
        "members": [{ "value": person["id"] }],
    });
    let group = boot.scim.post("/scim/v2/Groups", group).await.created();
    let organization = boot.organization_id.clone();
    let invited = json!({ "email": "carol@elsewhere.example", "role": "member", "organizationId": organization });
    let invitation = boot.admin.post("/api/auth/organization/invite-member", invited).await.ok();
    let members =
        boot.admin.get(&format!("/api/auth/organization/list-members?organizationId={organization}")).await.ok();
    let ann = members["members"].as_array().expect("members").iter().find(|m| m["user"]["email"] == "ann@acme.example");
    let ann = ann.expect("ann is a member").clone();
    let token =
        boot.key.post(&format!("/v1/organizations/{organization}/scim/tokens"), json!({ "name": "Okta" })).await;
    let hook = json!({ "url": "https://hooks.example/", "organization_id": organization });
    let hook = boot.key.post("/v1/webhooks/endpoints", hook).await.created();
    let text = |value: &Json| value.as_str().expect("an id").to_owned();
    let ids = BTreeMap::from([
        ("organizationId", organization.clone()),
        ("organization_id", organization.clone()),
        ("organizationSlug", "acme".to_owned()),
        ("user_id", text(&ann["userId"])),
        ("userId", text(&ann["userId"])),
        ("memberId", text(&ann["id"])),
        ("memberIdOrEmail", text(&ann["id"])),
        ("invitationId", text(&invitation["id"])),
        ("invitation_id", text(&invitation["id"])),
        ("token_id", text(&token["id"])),
        ("credential_id", text(&token["id"])),
        ("directory_id", boot.directory_id.clone()),
        ("endpoint_id", text(&hook["id"])),
        ("providerId", "default".to_owned()),
    ]);
    Victim { boot, ids, directory_user: text(&person["id"]), directory_group: text(&group["id"]) }
}

fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}

/// A request as the documents describe it, aimed at the victim. Whether it names anything of theirs.
struct Request {
    path: String,
    body: Option<Json>,
    aimed: bool,
    /// Whether the path itself does.
    by_path: bool,
}

impl Victim {
    fn request(&self, document: &Json, path: &str, operation: &Json) -> Request {
        let (mut filled, mut query, mut aimed, mut by_path) = (path.to_owned(), Vec::new(), false, false);
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(document, parameter);
            let name = parameter["name"].as_str().unwrap_or_default();
            let known = match name {
                "id" if path.contains("/Groups/") => Some(&self.directory_group),
                "id" if path.contains("/Users/") => Some(&self.directory_user),
                "id" if path.contains("invitation") => self.ids.get("invitationId"),
                _ => self.ids.get(name),
            };
            let given = parameter.get("example").or(parameter["schema"].get("example"));
            let value = known.cloned().or(given.map(|e| e.as_str().map_or_else(|| e.to_string(), str::to_owned)));
            let value = value.unwrap_or_else(|| "something".to_owned());
            if parameter["in"] == "path" {
                filled = filled.replace(&format!("{{{name}}}"), &value);
                by_path |= known.is_some();
            } else if parameter["in"] == "query" && (known.is_some() || parameter["required"] == true) {
                query.push(format!("{name}={value}"));
                aimed |= known.is_some();
            }
        }
        if !query.is_empty() {
            filled = format!("{filled}?{}", query.join("&"));
        }
        let content = operation["requestBody"]["content"].as_object().and_then(|all| all.values().next());
        let body = content.map(|content| {
            let mut body = example(document, content).cloned().unwrap_or(json!({}));
            let schema = resolved(document, &content["schema"])["properties"].as_object();
            if let (Some(fields), Some(properties)) = (body.as_object_mut(), schema) {
                for (name, id) in &self.ids {
                    if properties.contains_key(*name) {
                        fields.insert((*name).to_owned(), json!(id));
                        aimed = true;
                    }
                }
            }
            body
        });
        Request { path: filled, body, aimed: aimed || by_path, by_path }
    }

    /// All that a stranger could have changed.
    async fn state(&self, app: &App) -> Vec<String> {
        let organization = &self.boot.organization_id;
        let mut state = Vec::new();
        let credentials = format!("/directories/{}/credentials", self.boot.directory_id);
        for path in ["", "/memberships", "/invitations", "/scim/tokens", &credentials] {
            let answer = self.boot.key.get(&format!("/v1/organizations/{organization}{path}")).await;
            state.push(answer.expect(200).text);
        }
        for path in ["/scim/v2/Users", "/scim/v2/Groups"] {
            state.push(self.boot.scim.get(path).await.expect(200).text);
        }
        state.push(app.count("SELECT COUNT(*) FROM events").await.to_string());
        // When a token was last used changes with every look.
        let used = regex::Regex::new(r#""last_used_at":\s*(null|\d+)"#).expect("a pattern");
        state.iter().map(|text| used.replace_all(text, "").into_owned()).collect()
    }
}

async fn send(client: &Client, method: &str, request: &Request) -> Answer {
    client.send(method, &request.path, request.body.as_ref().map(|body| body.to_string().into_bytes()), &[]).await
}

fn is_public(method: &str, path: &str) -> bool {
    let name = format!("{method} {path}");
    PUBLIC.iter().any(|(public, _)| *public == name)
}

db_test!(no_door_is_open_to_those_without_credentials, Options::default().every_method(), async |app| {
    let victim = victim(&app).await;
    let document = joined();
    let before = victim.state(&app).await;
    let (mut open, mut tried) = (Vec::new(), 0);
    for (method, path, operation) in operations(&document) {
        if is_public(&method, &path) {
            continue;
        }
        tried += 1;
        let request = victim.request(&document, &path, &operation);
        let media = if path.contains("/scim/v2") { "application/scim+json" } else { "application/json" };
        let answer = send(&app.client().media(media), &method, &request).await;
        if !matches!(answer.status, 401 | 403 | 404) {
            open.push(format!("{method} {path}: {} {}", answer.status, cut(&answer.text)));
        }
        let closed = operation["responses"].as_object().is_some_and(|all| all.contains_key(&answer.status.to_string()));
        if !closed {
            open.push(format!("{method} {path}: {} is not documented", answer.status));
        }
    }
    assert!(tried > 40, "the documents have hardly any operations: {tried}");
    assert!(open.is_empty(), "{} of {tried}:\n{}", open.len(), open.join("\n"));
    assert_eq!(victim.state(&app).await, before);
});

db_test!(no_door_is_open_to_strangers, Options::default().every_method(), async |app| {
    let victim = victim(&app).await;
    // Somebody with every right in another organization.
    let evil = app.boot("Evil", Some("evil.example")).await;
    let eve = app.signed_up("eve").await;
    let made = eve.post("/api/auth/organization/create", json!({ "name": "Eve", "slug": "eve" })).await.ok();
    eve.post("/api/auth/organization/set-active", json!({ "organizationId": made["id"] })).await.expect(200);

    let document = joined();
    let before = victim.state(&app).await;
    let (mut open, mut tried) = (Vec::new(), 0);
    for (method, path, operation) in operations(&document) {
        let request = victim.request(&document, &path, &operation);
        if is_public(&method, &path) || !request.aimed {
            continue;
        }
        let token = app.scim(&evil.scim_token);
        let strangers = if path.contains("/scim/v2") {
            vec![("another directory", token)]
        } else if path.starts_with("/v1") {
            // Secret keys are the instance's: whoever has none is a stranger here.
            vec![("a person", eve.clone()), ("a directory", token.media("application/json"))]
        } else {
            vec![("a person", eve.clone())]
        };
        for (who, stranger) in strangers {
            tried += 1;
            let answer = send(&stranger, &method, &request).await;
            // Better Auth says 400 where something is not there.
            let hidden = answer.status == 400 && path.starts_with("/api/auth/") && {
                let code = answer["code"].as_str().unwrap_or_default();
                // The provider of a directory is no service to sign in through.
                let hides = ["NOT_A_MEMBER", "NOT_ALLOWED", "PROVIDER_NOT_SUPPORTED"];
                code.ends_with("NOT_FOUND") || hides.iter().any(|word| code.contains(word))
            };
            // A filter by somebody else's id finds nothing among one's own things.
            let own = answer.status == 200 && method == "GET" && !request.by_path;
            if !matches!(answer.status, 401 | 403 | 404) && !hidden && !own {
                open.push(format!("{method} {path} by {who}: {} {}", answer.status, cut(&answer.text)));
            }
            for secret in SHOWN {
                if answer.text.contains(secret) {
                    open.push(format!("{method} {path} by {who} shows {secret}: {}", cut(&answer.text)));
                }
            }
        }
    }
    assert!(tried > 30, "hardly anything was tried: {tried}");
    assert!(open.is_empty(), "{} of {tried}:\n{}", open.len(), open.join("\n"));
    assert_eq!(victim.state(&app).await, before);
});

db_test!(a_setup_token_opens_its_directory_and_no_other_door, async |app| {
    let victim = victim(&app).await;
    let evil = app.boot("Evil", Some("evil.example")).await;
    let session = async |boot: &Boot| {
        let path = format!("/v1/directories/{}/setup-links", boot.directory_id);
        let url = boot.key.post(&path, json!({})).await.created()["url"].as_str().expect("a URL").to_owned();
        let token = url.rsplit('/').next().expect("a token").to_owned();
        let opened = app.http().post("/v1/setup-sessions", json!({ "token": token })).await.created();
        app.http().bearer(opened["token"].as_str().expect("a token"))
    };
    let (own, foreign) = (session(&victim.boot).await, session(&evil).await);

    let document = joined();
    let before = victim.state(&app).await;
    let (mut open, mut closed, mut reached) = (Vec::new(), 0, 0);
    for (method, path, operation) in operations(&document) {
        if !path.starts_with("/v1") || is_public(&method, &path) {
            continue;
        }
        let request = victim.request(&document, &path, &operation);
        // That of another directory opens nothing here at all, but for what is about nobody.
        let answer = send(&foreign, &method, &request).await;
        if !matches!(answer.status, 401 | 403 | 404) && path != "/v1/me" {
            open.push(format!("{method} {path} by another's: {} {}", answer.status, cut(&answer.text)));
        }
        if is_for_setting_up(&method, &path) {
            continue;
        }
        closed += 1;
        let answer = send(&own, &method, &request).await;
        if !matches!(answer.status, 401 | 403 | 404) {
            open.push(format!("{method} {path}: {} {}", answer.status, cut(&answer.text)));
        }
        if let Some(secret) = SHOWN.iter().find(|secret| answer.text.contains(**secret)) {
            open.push(format!("{method} {path} shows {secret}: {}", cut(&answer.text)));
        }
    }
    assert!(open.is_empty(), "{} of {closed}:\n{}", open.len(), open.join("\n"));
    assert_eq!(victim.state(&app).await, before);
    // What is open is: nothing there answers as to strangers, whatever it thinks of the request.
    for (method, path, operation) in operations(&document) {
        if is_for_setting_up(&method, &path) && path != "/v1/me" && !path.ends_with("/self-test") {
            let request = victim.request(&document, &path, &operation);
            let answer = send(&own, &method, &request).await;
            let missing = answer.status == 404 && answer["code"] != "not_found" && path.contains("_id}/")
                || answer["code"] == "forbidden" && method == "PATCH";
            if matches!(answer.status, 401 | 403 | 404) && !missing {
                open.push(format!("{method} {path} is closed: {} {}", answer.status, cut(&answer.text)));
            }
            reached += 1;
        }
    }
    assert!(open.is_empty(), "{} of {reached}:\n{}", open.len(), open.join("\n"));
    assert!(closed > 60 && reached > 30, "hardly anything was tried: {closed}, {reached}");
});

#[test]
fn the_list_of_public_operations_is_true() {
    let document = joined();
    let known: Vec<String> = operations(&document).iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let stale: Vec<_> = PUBLIC.iter().filter(|(name, _)| !known.iter().any(|known| known == name)).collect();
    assert!(stale.is_empty(), "these are not in the documents: {stale:?}");
}
