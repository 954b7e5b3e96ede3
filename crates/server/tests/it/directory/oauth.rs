//! OAuth 2.0 of directories, at the door of the core: tokens for the client itself, and their end.

use auth_core::AuthCore;
use auth_core::features::directory::credentials::{Issued, Kind};
use auth_core::features::directory::oauth::{self, ClientProof, OAuthFault, TokenAnswer};
use auth_core::ids::CredentialId;
use auth_core::settings::Settings;

use super::*;
use crate::support::*;

/// A change by this instance itself.
pub(super) async fn change<T>(app: &App, f: impl AsyncFn(&mut auth_core::Tx) -> Result<T>) -> Result<T> {
    app.core.write(&system(), f).await
}

/// A credential of the directory, made otherwise than a token for everything.
pub(super) async fn issue_with(app: &App, dir: &Dir, f: impl Fn(NewCredential) -> NewCredential) -> Result<Issued> {
    let plain = || NewCredential::bearer(dir.actor.directory.id.clone(), "Okta", Origin::Api);
    change(app, async |tx| tokens::issue(tx, f(plain())).await).await
}

/// A credential of that kind for everything.
pub(super) async fn issue_as(app: &App, dir: &Dir, kind: Kind) -> Issued {
    issue_with(app, dir, |new| NewCredential { kind, ..new }).await.expect("a credential")
}

/// The secret of a credential that has one.
pub(super) fn secret(issued: &Issued) -> &str {
    issued.secret.as_ref().expect("a secret").expose()
}

/// The client with its secret.
pub(super) fn proof(issued: &Issued) -> ClientProof<'_> {
    ClientProof::Secret { id: issued.credential.id.as_str(), secret: secret(issued) }
}

/// A token for the client itself.
pub(super) async fn fetch(app: &App, client: &Issued, scope: Option<&str>) -> Result<TokenAnswer> {
    oauth::client_credentials(&app.core, &stranger(), proof(client), scope).await
}

/// The same with another secret.
pub(super) async fn fetch_by(app: &App, id: &CredentialId, secret: &str, scope: Option<&str>) -> Result<TokenAnswer> {
    let proof = ClientProof::Secret { id: id.as_str(), secret };
    oauth::client_credentials(&app.core, &stranger(), proof, scope).await
}

/// Whether an access token opens anything.
pub(super) async fn good(app: &App, answer: &TokenAnswer) -> bool {
    opens(app, Presented::Bearer(answer.access_token.expose())).await
}

/// Another process on the same database.
pub(super) fn replica(app: &App) -> AuthCore {
    let builder = server::compose::builder(app.core.db().clone(), app.core.settings().clone());
    builder.clock(app.clock.clone()).build()
}

db_test!(a_client_fetches_a_token_that_opens_its_directory_for_an_hour, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let client = issue_as(&app, &dir, Kind::OAuth2).await;
    let answer = fetch(&app, &client, None).await.expect("a token");
    assert_eq!((answer.expires_in, answer.refresh_token.is_none()), (3600, true));
    assert_eq!(answer.scope(), "users:read users:write groups:read groups:write");
    let token = answer.access_token.expose();
    assert!(token.starts_with("scimat_"));
    let actor = authenticated(&app, Presented::Bearer(token)).await.expect("it opens");
    assert_eq!((&actor.directory.id, &actor.credential_id), (&dir.actor.directory.id, &client.credential.id));
    let made = Dir::by_token(&app, token).await.post(&person("ann@acme.example")).await;
    assert!(dir.get(&made.id).await.is_ok());
    // It is no secret of anything else, and a letter more or less is nothing.
    let altered = format!("{}x", &token[..token.len() - 1]);
    for wrong in [altered.as_str(), "scimat_", &token[..token.len() - 1]] {
        assert!(!opens(&app, Presented::Bearer(wrong)).await, "{wrong}");
    }
    let id = client.credential.id.as_str();
    assert!(!opens(&app, Presented::Basic { id, secret: token }).await);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_tokens WHERE token_hash LIKE 'scim%'").await, 0);
    app.clock.advance(3590);
    assert!(good(&app, &answer).await);
    app.clock.advance(11);
    assert!(!good(&app, &answer).await);
});

db_test!(unknown_clients_and_wrong_secrets_are_answered_alike, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let client = issue_as(&app, &dir, Kind::OAuth2).await;
    let revoked = issue_as(&app, &dir, Kind::OAuth2).await;
    change(&app, async |tx| tokens::revoke(tx, &acme, &revoked.credential.id).await).await.expect("revoked");
    let basic = issue_as(&app, &dir, Kind::Basic).await;
    let (id, good) = (client.credential.id.as_str(), secret(&client));
    let pair = |id, secret| ClientProof::Secret { id, secret };
    for (why, wrong) in [
        ("unknown", pair("scimt_01h455vb4pex5vsknk084sn02q", good)),
        ("no id", pair("not an id", good)),
        ("empty", pair("", "")),
        ("wrong", pair(id, "scim_wrong")),
        ("no secret", pair(id, "")),
        ("of another", pair(id, secret(&revoked))),
        ("the token of the directory", pair(id, &dir.token)),
        ("revoked", proof(&revoked)),
        ("no client", proof(&basic)),
        ("nothing", ClientProof::None { id }),
        ("no assertion", ClientProof::Assertion { jwt: "", audience: &[] }),
    ] {
        let refused = oauth::client_credentials(&app.core, &stranger(), wrong, None).await.unwrap_err();
        assert!(refused.is(&OAuthFault::InvalidClient), "{why}: {refused:?}");
        assert_eq!(refused.public_message(), OAuthFault::InvalidClient.to_string(), "{why}");
    }
    assert!(fetch(&app, &client, None).await.is_ok());
});

db_test!(a_token_has_the_scopes_that_were_asked_for_and_never_more_than_its_client, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let scopes = vec![CredentialScope::UsersRead, CredentialScope::UsersWrite];
    let narrow = |new| NewCredential { kind: Kind::OAuth2, scopes: scopes.clone(), ..new };
    let client = issue_with(&app, &dir, narrow).await.expect("a client");
    for more in ["groups:read", "users:read groups:read", "everything"] {
        assert!(fetch(&app, &client, Some(more)).await.unwrap_err().is(&OAuthFault::InvalidScope), "{more}");
    }
    assert_eq!(fetch(&app, &client, Some("")).await.unwrap().scopes, scopes);
    let reader = fetch(&app, &client, Some("users:read")).await.expect("a token");
    let actor = authenticated(&app, Presented::Bearer(reader.access_token.expose())).await.unwrap();
    assert_eq!(actor.scopes, [CredentialScope::UsersRead]);
    let reader = Dir::by_token(&app, reader.access_token.expose()).await;
    assert_eq!(reader.try_post(&person("ann@acme.example")).await.unwrap_err().code(), "insufficient_scope");

    // What the client may do now is what counts.
    let all = fetch(&app, &client, None).await.expect("a token");
    let narrower = async |tx: &mut auth_core::Tx| {
        let id = client.credential.id.to_string();
        auth_core::db::run(tx, "UPDATE directory_credentials SET scopes = 'users:write' WHERE id = $1", [id.into()])
            .await
    };
    change(&app, narrower).await.expect("narrowed");
    let actor = authenticated(&app, Presented::Bearer(all.access_token.expose())).await.unwrap();
    assert_eq!(actor.scopes, [CredentialScope::UsersWrite]);
});

db_test!(a_token_ends_with_its_client_and_by_its_client_only, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (client, other) = (issue_as(&app, &dir, Kind::OAuth2).await, issue_as(&app, &dir, Kind::OAuth2).await);
    let (first, second) = (fetch(&app, &client, None).await.unwrap(), fetch(&app, &client, None).await.unwrap());
    let end = async |by: &Issued, token: &str| oauth::revoke_token(&app.core, &stranger(), proof(by), token).await;
    end(&other, first.access_token.expose()).await.expect("the answer of a token that never was");
    assert!(good(&app, &first).await, "of another client");
    end(&client, "nonsense").await.expect("no token");
    let nobody = ClientProof::None { id: client.credential.id.as_str() };
    let refused = oauth::revoke_token(&app.core, &stranger(), nobody, first.access_token.expose()).await;
    assert!(refused.unwrap_err().is(&OAuthFault::InvalidClient) && good(&app, &first).await);
    end(&client, first.access_token.expose()).await.expect("revoked");
    assert!(!good(&app, &first).await && good(&app, &second).await);
    end(&client, first.access_token.expose()).await.expect("again");
    change(&app, async |tx| tokens::revoke(tx, &acme, &client.credential.id).await).await.expect("revoked");
    assert!(!good(&app, &second).await);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_tokens").await, 0, "in the same transaction");
});

db_test!(a_token_expires_with_its_client_at_the_latest, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let end = app.core.clock().now().plus_seconds(600);
    let short = |new| NewCredential { kind: Kind::OAuth2, expires_at: Some(end), ..new };
    let client = issue_with(&app, &dir, short).await.expect("a client");
    let answer = fetch(&app, &client, None).await.expect("a token");
    assert!((590..=600).contains(&answer.expires_in), "{}", answer.expires_in);
    app.clock.advance(601);
    assert!(!good(&app, &answer).await);
    assert!(fetch(&app, &client, None).await.unwrap_err().is(&OAuthFault::InvalidClient));
});

db_test!(
    how_long_tokens_live_is_the_operators_choice,
    Options::default().settings(|settings: &mut Settings| settings.directory.access_token_expires_in = 120),
    async |app| {
        let acme = organization(&app, "Acme", None).await;
        let dir = Dir::of(&app, Some(&acme), "okta").await;
        let client = issue_as(&app, &dir, Kind::OAuth2).await;
        let answer = fetch(&app, &client, None).await.expect("a token");
        assert_eq!(answer.expires_in, 120);
        app.clock.advance(121);
        assert!(!good(&app, &answer).await);
    }
);

db_test!(a_directory_that_was_stopped_or_is_gone_gives_no_tokens, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let client = issue_as(&app, &dir, Kind::OAuth2).await;
    let held = fetch(&app, &client, None).await.expect("a token");
    let state = async |sql: &'static str| {
        change(&app, async |tx| auth_core::db::run(tx, sql, []).await).await.expect("set");
    };
    state("UPDATE directories SET state = 'paused'").await;
    assert!(fetch(&app, &client, None).await.unwrap_err().is(&DirectoryFault::Paused));
    oauth::revoke_token(&app.core, &stranger(), proof(&client), held.access_token.expose()).await.expect("ended");
    state("UPDATE directories SET state = 'active'").await;
    assert!(!good(&app, &held).await);
    let gone = &dir.actor.directory.id;
    change(&app, async |tx| connections::disconnect(tx, &acme, gone).await).await.expect("disconnected");
    assert!(fetch(&app, &client, None).await.unwrap_err().is(&OAuthFault::InvalidClient));
});

db_test!(what_has_expired_is_swept, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let client = issue_as(&app, &dir, Kind::OAuth2).await;
    fetch(&app, &client, None).await.expect("a token");
    app.clock.advance(1800);
    let later = fetch(&app, &client, None).await.expect("a token");
    app.clock.advance(1801);
    oauth::sweep(&app.core).await.expect("swept");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_oauth_tokens").await, 1);
    assert!(good(&app, &later).await);
});
