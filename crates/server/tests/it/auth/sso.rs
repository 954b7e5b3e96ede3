//! Organizations whose members come in through certain services (`require_sso`).

use auth_core::outbox::EventKind;

use super::social::two_providers;
use super::*;
use crate::support::*;

const SET_ACTIVE: &str = "/api/auth/organization/set-active";

fn services() -> Options {
    two_providers().settings(|settings| {
        settings.methods.one_time_token.enabled = true;
        settings.methods.api_key.enabled = true;
        settings.methods.api_key.enable_session = true;
    })
}

/// A browser in which somebody has come in through that service.
async fn through(app: &App, issuer: &Issuer, service: &str, person: &Json) -> Client {
    let client = app.client();
    let url = led_to(&client, json!({ "provider": service })).await;
    let path = format!("/api/auth/callback/{service}?{}", issuer.agree(&url, person));
    let led = client.get(&path).await.expect(302);
    assert_eq!(led.header("location"), Some("/in"), "{led:?}");
    client
}

/// Makes whoever signed in a member.
async fn join(boot: &Boot, client: &Client, role: &str) {
    let id = client.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let memberships = format!("/v1/organizations/{}/memberships", boot.organization_id);
    boot.key.post(&memberships, json!({ "user_id": id, "role": role })).await.created();
}

/// The organization in which the session works.
async fn active(client: &Client) -> Json {
    client.get("/api/auth/get-session").await.ok()["session"]["activeOrganizationId"].clone()
}

db_test!(an_organization_requires_its_own_service, services(), async |app| {
    let issuer = Issuer::open(&app);
    let boot = app.boot("Acme", None).await;
    let organization = format!("/v1/organizations/{}", boot.organization_id);
    let enter = json!({ "organizationId": boot.organization_id });
    let person = subject("ann-1", "ann@acme.example", true);
    let own = through(&app, &issuer, "acme", &person).await;
    join(&boot, &own, "org:admin").await;
    // Her other account, by the same address that both have proven.
    let other = through(&app, &issuer, "other", &person).await;
    for session in [&own, &other] {
        session.post(SET_ACTIVE, enter.clone()).await.expect(200);
    }

    // Nobody shuts themselves out, and nobody names a service that there is not.
    let required = json!({ "require_sso": ["acme"] });
    other.patch(&organization, required.clone()).await.refused(403, "sso_required");
    own.patch(&organization, json!({ "require_sso": ["nobody"] })).await.refused(400, "unknown_sso_provider");
    assert_eq!(own.get(&organization).await.ok()["require_sso"], json!([]));
    let changed = own.patch(&organization, json!({ "require_sso": ["acme", "acme"] })).await.ok();
    assert_eq!(changed["require_sso"], json!(["acme"]));
    let told = app.events_of(EventKind::OrganizationUpdated).await;
    let told = &told.last().expect("an event").payload;
    assert_eq!((&told["before"]["require_sso"], &told["after"]["require_sso"]), (&json!([]), &json!(["acme"])));

    // The other session works in it no longer, and cannot enter; the one of the service goes on.
    assert_eq!((active(&own).await, active(&other).await), (json!(boot.organization_id), Json::Null));
    let refused = other.post(SET_ACTIVE, enter.clone()).await.expect(403);
    assert_eq!(
        refused.json,
        json!({ "code": "SSO_REQUIRED", "message": "This organization requires you to sign in through Acme" })
    );
    other.get(&organization).await.refused(403, "sso_required");
    other.get(&format!("{organization}/memberships")).await.refused(403, "sso_required");
    let listed = format!("/api/auth/organization/list-members?organizationId={}", boot.organization_id);
    other.get(&listed).await.refused(403, "SSO_REQUIRED");
    own.get(&organization).await.expect(200);
    own.get(&listed).await.expect(200);

    // What comes from a session is what that is; a key is nothing.
    let handed = async |from: &Client| {
        let token = from.get("/api/auth/one-time-token/generate").await.ok()["token"].clone();
        let there = app.client();
        there.post("/api/auth/one-time-token/verify", json!({ "token": token })).await.expect(200);
        there
    };
    handed(&own).await.get(&organization).await.expect(200);
    handed(&other).await.get(&organization).await.refused(403, "sso_required");
    let key = own.post("/api/auth/api-key/create", json!({})).await.ok()["key"].as_str().expect("a key").to_owned();
    app.http().with("x-api-key", &key).get(&listed).await.refused(403, "SSO_REQUIRED");

    // She stays a member in it: it is in her list. Who stands above it undoes it.
    let mine = other.get("/api/auth/organization/list").await.ok();
    assert_eq!(mine[0]["id"], json!(boot.organization_id));
    boot.key.patch(&organization, json!({ "require_sso": [] })).await.expect(200);
    other.post(SET_ACTIVE, enter.clone()).await.expect(200);
    // Strangers learn nothing of it.
    boot.key.patch(&organization, required).await.expect(200);
    let bob = app.signed_up("bob").await;
    bob.post(SET_ACTIVE, enter).await.refused(403, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
    other.post("/api/auth/organization/leave", json!({ "organizationId": boot.organization_id })).await.expect(200);
});

// better-auth issue 9013: a session that one organization's provider opened was good for all others of its person.
db_test!(a_session_of_one_organizations_service_opens_no_other, services(), async |app| {
    let issuer = Issuer::open(&app);
    let (acme, beta) = (app.boot("Acme", None).await, app.boot("Beta", None).await);
    let person = subject("ann-1", "ann@acme.example", true);
    let by_acme = through(&app, &issuer, "acme", &person).await;
    let by_other = through(&app, &issuer, "other", &person).await;
    for (boot, service) in [(&acme, "acme"), (&beta, "other")] {
        join(boot, &by_acme, "org:member").await;
        let organization = format!("/v1/organizations/{}", boot.organization_id);
        boot.key.patch(&organization, json!({ "require_sso": [service] })).await.expect(200);
    }
    let enters = async |session: &Client, boot: &Boot| {
        session.post(SET_ACTIVE, json!({ "organizationId": boot.organization_id })).await.status
    };
    assert_eq!((enters(&by_acme, &acme).await, enters(&by_acme, &beta).await), (200, 403));
    assert_eq!((enters(&by_other, &acme).await, enters(&by_other, &beta).await), (403, 200));
    assert_eq!(active(&by_acme).await, json!(acme.organization_id));
    assert_eq!(active(&by_other).await, json!(beta.organization_id));
});

db_test!(a_second_factor_leaves_a_session_of_the_service_what_it_is, services(), async |app| {
    let issuer = Issuer::open(&app);
    let boot = app.boot("Acme", None).await;
    let organization = format!("/v1/organizations/{}", boot.organization_id);
    let ann = through(&app, &issuer, "acme", &subject("ann-1", "ann@acme.example", true)).await;
    join(&boot, &ann, "org:admin").await;
    boot.key.patch(&organization, json!({ "require_sso": ["acme"], "require_two_factor": true })).await.expect(200);
    ann.get(&organization).await.refused(403, "two_factor_required");
    // Setting it up replaces the session.
    two_factor::enrolled(&app, &ann).await;
    ann.get(&organization).await.expect(200);
});
