//! Whose account it is that comes from a provider: the rules by which accounts are joined, and what must not join them.

use auth_core::settings::SocialSignUp;

use super::{back, is_signed_in, led_to, through_acme};
use crate::support::*;

db_test!(accounts_are_joined_by_address_where_both_sides_have_proven_it, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let ann = app.proven("ann@acme.example").await;
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let browser = app.client();
    // The provider does not say that it is proven.
    let refused = "/failed?error=account_not_linked";
    assert_eq!(through_acme(&browser, &issuer, &subject("ann-1", "ann@acme.example", false)).await, refused);
    assert!(!is_signed_in(&browser).await);
    // It does, and the address is one, however it is written.
    assert_eq!(through_acme(&browser, &issuer, &subject("ann-1", "ANN@acme.example", true)).await, "/in");
    assert_eq!(browser.get("/api/auth/get-session").await.ok()["user"]["id"], id);
    let accounts = browser.get("/api/auth/list-accounts").await.ok();
    let providers: Vec<_> = accounts.as_array().unwrap().iter().map(|one| one["providerId"].clone()).collect();
    assert_eq!(providers, ["credential", "acme"]);
    // Her password is hers still, and another account there is somebody else's.
    app.signed_in("ann@acme.example").await;
    assert_eq!(through_acme(&app.client(), &issuer, &subject("ann-2", "ann@acme.example", false)).await, refused);
});

// GHSA-g38m-r43w-p2q7: an attacker signs up with the address of somebody who will come through a provider.
db_test!(an_address_that_nobody_proved_here_is_no_link, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let attacker = app.signed_up_as("victim@acme.example").await;
    let victim = app.client();
    let landed = through_acme(&victim, &issuer, &subject("v-1", "victim@acme.example", true)).await;
    assert_eq!(landed, "/failed?error=account_not_linked");
    assert!(!is_signed_in(&victim).await);
    let accounts = attacker.get("/api/auth/list-accounts").await.ok();
    assert_eq!(accounts.as_array().unwrap().len(), 1, "nothing of the victim's came to the attacker");
    // The victim proves the mailbox by a reset, which wipes what the attacker set, and comes in.
    app.http().post("/api/auth/request-password-reset", json!({ "email": "victim@acme.example" })).await.expect(200);
    let token = app.mail().wait("victim@acme.example", "/reset-password/([A-Za-z0-9]+)").await;
    let reset = json!({ "token": token, "newPassword": "the victim's own password" });
    app.http().post("/api/auth/reset-password", reset).await.expect(200);
    assert!(!is_signed_in(&attacker).await);
    assert_eq!(through_acme(&victim, &issuer, &subject("v-1", "victim@acme.example", true)).await, "/in");
});

db_test!(a_provider_that_is_not_trusted_proves_no_address, with_provider(|_| ()), async |app| {
    let issuer = Issuer::open(&app);
    app.proven("ann@acme.example").await;
    let browser = app.client();
    let landed = through_acme(&browser, &issuer, &subject("ann-1", "ann@acme.example", true)).await;
    assert_eq!(landed, "/failed?error=account_not_linked");
    // Who is new comes in, with an address that is still to be proven.
    assert_eq!(through_acme(&browser, &issuer, &subject("bob-1", "bob@acme.example", true)).await, "/in");
    assert_eq!(browser.get("/api/auth/get-session").await.ok()["user"]["emailVerified"], false);
});

// GHSA-qq9h-g4jm-xgf3, by way of a provider: what was set before the first proof is gone after it.
db_test!(the_first_proof_wipes_what_was_set_without_one, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    assert_eq!(through_acme(&browser, &issuer, &subject("ann-1", "ann@acme.example", false)).await, "/in");
    assert_eq!(browser.get("/api/auth/get-session").await.ok()["user"]["emailVerified"], false);
    let account = browser.get("/api/auth/list-accounts").await.ok()[0].clone();
    // The same person comes again, and now the provider knows that the mailbox is theirs.
    let again = app.client();
    assert_eq!(through_acme(&again, &issuer, &subject("ann-1", "ann@acme.example", true)).await, "/in");
    assert_eq!(again.get("/api/auth/get-session").await.ok()["user"]["emailVerified"], true);
    assert!(!is_signed_in(&browser).await, "the session of before has ended");
    let kept = again.get("/api/auth/list-accounts").await.ok();
    assert_eq!((kept.as_array().unwrap().len(), &kept[0]["id"]), (1, &account["id"]));
    assert_eq!(app.count("SELECT COUNT(*) FROM account_tokens").await, 1);
});

fn signing_up(whom: SocialSignUp) -> Options {
    with_provider(move |provider| {
        provider.trusted = true;
        provider.sign_up = whom;
    })
}

db_test!(a_provider_may_make_nobody, signing_up(SocialSignUp::Closed), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let url = led_to(&browser, json!({ "requestSignUp": true })).await;
    let query = issuer.agree(&url, &subject("ann-1", "ann@acme.example", true));
    assert_eq!(back(&browser, &query).await, "/failed?error=signup_disabled&error_description=signup%20disabled");
    app.proven("ann@acme.example").await;
    assert_eq!(through_acme(&browser, &issuer, &subject("ann-1", "ann@acme.example", true)).await, "/in");
});

db_test!(a_provider_may_make_those_who_ask, signing_up(SocialSignUp::Requested), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let ann = subject("ann-1", "ann@acme.example", true);
    let landed = through_acme(&browser, &issuer, &ann).await;
    assert!(landed.starts_with("/failed?error=signup_disabled"), "{landed}");
    let url = led_to(&browser, json!({ "requestSignUp": true })).await;
    assert_eq!(back(&browser, &issuer.agree(&url, &ann)).await, "/in");
    assert_eq!(through_acme(&browser, &issuer, &ann).await, "/in");
});

db_test!(who_may_not_come_in_does_not_come_in_this_way, with_issuer(), async |app| {
    let issuer = Issuer::open(&app);
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = subject("ann-1", "ann@acme.example", true);
    let browser = app.client();
    assert_eq!(through_acme(&browser, &issuer, &ann).await, "/in");
    let id = browser.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let key = &boot.key;
    key.post(&format!("/v1/users/{}/ban", id.as_str().unwrap()), json!({})).await.expect(200);
    let landed = through_acme(&browser, &issuer, &ann).await;
    assert!(landed.starts_with("/failed?error=banned&error_description=You%20have%20been%20banned"), "{landed}");
    key.post(&format!("/v1/users/{}/unban", id.as_str().unwrap()), json!({})).await.expect(200);
    assert_eq!(through_acme(&browser, &issuer, &ann).await, "/in");

    // A directory that holds the domain takes her in and lets her go.
    let resource = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example",
        "emails": [{ "value": "ann@acme.example", "primary": true }],
    });
    let resource = boot.scim.post("/scim/v2/Users", resource).await.created();
    let path = format!("/scim/v2/Users/{}", resource["id"].as_str().unwrap());
    let off = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "value": { "active": false } }],
    });
    boot.scim.patch(&path, off).await;
    assert!(!is_signed_in(&browser).await);
    let landed = through_acme(&browser, &issuer, &ann).await;
    assert!(landed.starts_with("/failed?error=access_suspended"), "{landed}");
    assert!(!is_signed_in(&browser).await);
    // Nor does somebody of that address whom the provider calls otherwise.
    let landed = through_acme(&browser, &issuer, &subject("ann-9", "ann@acme.example", true)).await;
    assert!(landed.starts_with("/failed?error="), "{landed}");
});

fn proof_wanted() -> Options {
    with_provider(|_| ()).settings(|settings| settings.sign_up.require_email_verification = true)
}

db_test!(where_the_mailbox_must_be_proven_a_provider_is_no_way_around_it, proof_wanted(), async |app| {
    let issuer = Issuer::open(&app);
    let browser = app.client();
    let bob = subject("bob-1", "bob@acme.example", true);
    let landed = through_acme(&browser, &issuer, &bob).await;
    assert!(landed.to_lowercase().starts_with("/failed?error=email_not_verified"), "{landed}");
    assert!(!is_signed_in(&browser).await);
    // The account is there, and the letter on its way: after it he comes in.
    let token = app.mail().wait("bob@acme.example", r"verify-email\?token=([A-Za-z0-9._~%-]+)").await;
    app.http().get(&format!("/api/auth/verify-email?token={token}")).await;
    assert_eq!(through_acme(&browser, &issuer, &bob).await, "/in");
});

fn closed() -> Options {
    signing_up(SocialSignUp::Open).settings(|s| s.sign_up.enabled = false)
}

db_test!(where_nobody_signs_up_no_provider_makes_people, closed(), async |app| {
    let issuer = Issuer::open(&app);
    let landed = through_acme(&app.client(), &issuer, &subject("ann-1", "ann@acme.example", true)).await;
    assert!(landed.starts_with("/failed?error=signup_disabled"), "{landed}");
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 0);
    let providers = app.http().get("/v1/instance").await.ok()["methods"]["social"].clone();
    assert_eq!(providers[0]["sign_up_enabled"], false);
});
