//! What a person consented to, and the keys that they made, end with their access; the receipt counts them.

use auth_core::features::directory::receipts;
use auth_core::secret_keys;

use super::oauth::good;
use super::oauth_code::{admin, consent, exchange, renew, request, web_client};
use super::*;
use crate::support::*;

async fn revoked(app: &App, owner: Option<&OrgId>, resource: &DirectoryUserId) -> Json {
    let listed = app.core.read(&system(), async |rx| receipts::list(rx, owner, resource).await).await.unwrap();
    listed[0].payload["revoked"].clone()
}

db_test!(tokens_of_other_directories_that_they_consented_to_end_and_are_counted, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let okta = Dir::of(&app, Some(&acme), "okta").await;
    let entra = Dir::of(&app, Some(&acme), "entra").await;
    let made = okta.post(&person("ann@acme.example")).await;
    let (ann, _) = owner_gets_in(&app, "ann@acme.example").await;
    let member = member(&app, &acme, &ann.id).await.unwrap();
    let give = async |tx: &mut auth_core::Tx| members::grant(tx, &acme, &member.id, "admin", Source::Manual).await;
    app.core.write(&system(), give).await.unwrap();

    let (own, other) = (web_client(&app, &okta).await, web_client(&app, &entra).await);
    let code = consent(&app, &ann, &request(&own)).await.expect("a code");
    let kept = exchange(&app, &own, &code).await.expect("tokens");
    let code = consent(&app, &ann, &request(&other)).await.expect("a code");
    let ended = exchange(&app, &other, &code).await.expect("tokens");
    let unspent = consent(&app, &ann, &request(&other)).await.expect("a code");
    // Somebody else's consent is none of it.
    let bob = admin(&app, &acme).await;
    let code = consent(&app, &bob, &request(&other)).await.expect("a code");
    let bobs = exchange(&app, &other, &code).await.expect("tokens");

    okta.set_active(&made.id, false).await;
    assert!(!good(&app, &ended).await, "the next request with it is refused");
    assert!(renew(&app, &other, &ended, None).await.is_err());
    assert!(exchange(&app, &other, &unspent).await.is_err(), "a code that was not exchanged yet");
    assert!(consent(&app, &ann, &request(&other)).await.is_err());
    assert!(good(&app, &bobs).await);
    assert!(
        good(&app, &kept).await,
        "the directory that ends the access speaks on: the connection is the organization's"
    );
    let revoked = revoked(&app, Some(&acme), &made.id).await;
    assert_eq!((&revoked["grants"], &revoked["keys"]), (&json!(1), &json!(0)));
});

db_test!(without_authority_only_consents_in_the_organization_end, async |app| {
    let (acme, globex) = (organization(&app, "Acme", None).await, organization(&app, "Globex", None).await);
    let (ann, _) = proven(&app, "ann@elsewhere.example").await;
    for organization in [&acme, &globex] {
        add_member(&app, organization, &ann.id, "admin").await;
    }
    let okta = Dir::of(&app, Some(&acme), "okta").await;
    let (entra, foreign) = (Dir::of(&app, Some(&acme), "entra").await, Dir::of(&app, Some(&globex), "entra").await);
    let made = okta.post(&person("ann@elsewhere.example")).await;
    let mut tokens = Vec::new();
    for dir in [&entra, &foreign] {
        let client = web_client(&app, dir).await;
        let code = consent(&app, &ann, &request(&client)).await.expect("a code");
        tokens.push(exchange(&app, &client, &code).await.expect("tokens"));
    }
    okta.set_active(&made.id, false).await;
    assert!(!good(&app, &tokens[0]).await && good(&app, &tokens[1]).await);
    assert_eq!(revoked(&app, Some(&acme), &made.id).await["grants"], 1);
});

db_test!(secret_keys_of_somebody_who_is_out_altogether_are_refused_and_counted, async |app| {
    let own = Dir::of(&app, None, "okta").await;
    let made = own.post(&person("root@elsewhere.example")).await;
    let (root, _) = owner_gets_in(&app, "root@elsewhere.example").await;
    let root = User { role: "admin".into(), ..root };
    // The right is read anew where a key is made.
    let raise = async |tx: &mut auth_core::Tx| {
        auth_core::db::run(tx, "UPDATE users SET role = 'admin' WHERE id = $1", [root.id.as_str().into()]).await
    };
    app.core.write(&system(), raise).await.unwrap();
    let issue =
        async |ctx: &Ctx| app.core.write(ctx, async |tx| secret_keys::issue(tx, "Backend").await).await.unwrap();
    let (theirs, second, nobodys) = (issue(&by(&root)).await, issue(&by(&root)).await, issue(&system()).await);
    let works = async |key: &secret_keys::Issued| {
        secret_keys::authenticate(&app.core, &stranger(), key.secret.expose()).await.is_ok()
    };
    assert!(works(&theirs).await && works(&second).await && works(&nobodys).await);
    own.set_active(&made.id, false).await;
    assert!(!works(&theirs).await && !works(&second).await, "the next request with them is refused");
    assert!(works(&nobodys).await, "a key of the instance itself is nobody's");
    let revoked = revoked(&app, None, &made.id).await;
    assert_eq!((&revoked["keys"], &revoked["sessions"]), (&json!(2), &json!(1)));
    assert_eq!(app.events_of(auth_core::outbox::EventKind::SecretKeyRevoked).await.len(), 2);
});
