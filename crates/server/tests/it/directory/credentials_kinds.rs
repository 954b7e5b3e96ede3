//! Bearer, basic and OAuth 2.0: each opens its directory in its own way only.

use auth_core::features::directory::credentials::{Issued, Kind};
use auth_core::ids::CredentialId;
use auth_core::outbox::EventKind;

use super::oauth::{change, fetch, issue_as, issue_with, replica, secret};
use super::*;
use crate::support::*;

db_test!(an_id_and_a_secret_open_a_directory_together, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let issued = issue_as(&app, &dir, Kind::Basic).await;
    let other = issue_as(&app, &dir, Kind::Basic).await;
    let theirs = secret(&other);
    let (id, secret) = (issued.credential.client_id().expect("an id"), secret(&issued));
    assert!(secret.starts_with(&issued.credential.prefix));
    let actor = authenticated(&app, Presented::Basic { id, secret }).await.expect("it opens");
    assert_eq!(
        (actor.directory.id, actor.credential_id),
        (dir.actor.directory.id.clone(), issued.credential.id.clone())
    );
    let (token, long) = (dir.token.as_str(), "x".repeat(5000));
    for (id, secret) in [
        (id, theirs),
        (id, ""),
        (id, "scim_"),
        (id, token),
        (id, &long),
        ("", secret),
        ("scimt_01h455vb4pex5vsknk084sn02q", secret),
        ("not an id", secret),
        (dir.actor.credential_id.as_str(), token),
        (dir.actor.directory.id.as_str(), secret),
    ] {
        assert!(!opens(&app, Presented::Basic { id, secret }).await, "{id:?} {secret:?}");
    }
    assert!(!opens(&app, Presented::Bearer(secret)).await, "half of a pair is no token");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_credentials WHERE secret_hash LIKE '%scim%'").await, 0);
});

db_test!(a_client_fetches_tokens_and_opens_nothing_itself, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let issued = issue_as(&app, &dir, Kind::OAuth2).await;
    let (id, secret) = (issued.credential.id.as_str(), secret(&issued));
    assert!(!opens(&app, Presented::Bearer(secret)).await && !opens(&app, Presented::Basic { id, secret }).await);
});

db_test!(several_credentials_of_a_directory_are_listed_and_end_one_by_one, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let other = Dir::of(&app, Some(&acme), "entra").await;
    let id = &dir.actor.directory.id;
    let mut issued = Vec::new();
    for kind in [Kind::Bearer, Kind::Basic, Kind::OAuth2] {
        issued.push(issue_as(&app, &dir, kind).await.credential);
    }
    let (listed, total) = app.look(async |rx| tokens::list_of(rx, &acme, id, &part(10, 0)).await).await;
    assert_eq!(total, 4);
    assert_eq!(listed[0].id, issued[2].id, "newest first");
    let kinds: Vec<Kind> = listed.iter().rev().map(|one| one.kind).collect();
    assert_eq!(kinds, [Kind::Bearer, Kind::Bearer, Kind::Basic, Kind::OAuth2]);
    assert_eq!(app.look(async |rx| tokens::list_of(rx, &acme, id, &part(2, 3)).await).await.0.len(), 1);
    // The list of tokens has tokens only, of all directories.
    assert_eq!(app.look(async |rx| tokens::list(rx, &acme, &part(10, 0)).await).await.1, 3);

    let got = app.look(async |rx| tokens::get(rx, &acme, id, &issued[1].id).await).await;
    assert_eq!((got.id, got.kind, got.name), (issued[1].id.clone(), Kind::Basic, issued[1].name.clone()));
    // Nobody else's: neither of another directory nor of another organization.
    let globex = organization(&app, "Globex", None).await;
    let wrong = |owner: OrgId, directory: auth_core::ids::DirectoryId, credential: CredentialId| {
        let app = app.clone();
        async move {
            let get = async |rx: &auth_core::Rx| tokens::get(rx, &owner, &directory, &credential).await;
            app.core.read(&system(), get).await.unwrap_err()
        }
    };
    let elsewhere = wrong(acme.clone(), other.actor.directory.id.clone(), issued[1].id.clone()).await;
    assert!(elsewhere.is(&DirectoryFault::CredentialNotFound));
    assert!(wrong(globex.clone(), id.clone(), issued[1].id.clone()).await.is(&DirectoryFault::NotFound));
    let foreign = app.core.read(&system(), async |rx| tokens::list_of(rx, &globex, id, &part(10, 0)).await).await;
    assert!(foreign.unwrap_err().is(&DirectoryFault::NotFound));

    change(&app, async |tx| tokens::revoke(tx, &acme, &issued[0].id).await).await.expect("revoked");
    assert!(opens(&app, Presented::Bearer(&dir.token)).await, "others go on");
});

db_test!(what_only_a_client_has_is_refused_for_others, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let with = async |kind: Kind, uris: &[&str], jwks: Option<Json>| -> Result<Issued> {
        let uris: Vec<String> = uris.iter().map(|uri| (*uri).to_owned()).collect();
        issue_with(&app, &dir, |new| NewCredential { kind, redirect_uris: uris.clone(), jwks: jwks.clone(), ..new })
            .await
    };
    let uri = &["https://idp.example/callback"][..];
    assert_eq!(with(Kind::OAuth2, uri, None).await.unwrap().credential.redirect_uris, uri);
    let bad_uri = DirectoryFault::InvalidRedirectUri;
    assert!(with(Kind::Bearer, uri, None).await.unwrap_err().is(&bad_uri));
    assert!(with(Kind::Basic, uri, None).await.unwrap_err().is(&bad_uri));
    for bad in ["http://idp.example/", "https://idp.example/#x", "javascript:alert(1)", "/callback", "https://*"] {
        assert!(with(Kind::OAuth2, &[bad], None).await.unwrap_err().is(&bad_uri), "{bad}");
    }
    let bad_keys = DirectoryFault::InvalidKeys("");
    assert!(with(Kind::Bearer, &[], Some(json!({ "keys": [] }))).await.unwrap_err().is(&bad_keys));
    let oct = json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] });
    assert!(with(Kind::OAuth2, &[], Some(oct)).await.unwrap_err().is(&bad_keys));
    let spent = app.core.clock().now();
    let late = issue_with(&app, &dir, |new| NewCredential { expires_at: Some(spent), ..new }).await;
    assert!(late.unwrap_err().is(&DirectoryFault::InvalidExpiry));
});

db_test!(what_holds_for_a_directory_holds_for_each_kind, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let basic = issue_as(&app, &dir, Kind::Basic).await;
    let client = issue_as(&app, &dir, Kind::OAuth2).await;
    let access = fetch(&app, &client, None).await.expect("a token").access_token;
    let bearer = dir.token.clone();
    let all = async || {
        let id = basic.credential.id.as_str();
        [
            authenticated(&app, Presented::Bearer(&bearer)).await,
            authenticated(&app, Presented::Basic { id, secret: secret(&basic) }).await,
            authenticated(&app, Presented::Bearer(access.expose())).await,
        ]
    };
    assert!(all().await.iter().all(Result::is_ok));
    let set = async |sql: &'static str| {
        change(&app, async |tx| auth_core::db::run(tx, sql, []).await).await.expect("set");
    };
    set("UPDATE directories SET state = 'paused'").await;
    assert!(all().await.into_iter().all(|one| one.unwrap_err().is(&DirectoryFault::Paused)));
    set("UPDATE directories SET state = 'active'").await;
    let soon = app.core.clock().now().plus_seconds(60).millis();
    let expire = async |tx: &mut auth_core::Tx| {
        auth_core::db::run(tx, "UPDATE directory_credentials SET expires_at = $1", [soon.into()]).await
    };
    change(&app, expire).await.expect("set");
    assert!(all().await.iter().all(Result::is_ok));
    app.clock.advance(61);
    assert!(all().await.into_iter().all(|one| one.unwrap_err().is(&DirectoryFault::InvalidToken)));
    set("UPDATE directory_credentials SET expires_at = NULL").await;
    assert!(all().await.iter().all(Result::is_ok));
    let gone = &dir.actor.directory.id;
    change(&app, async |tx| connections::disconnect(tx, &acme, gone).await).await.expect("disconnected");
    assert!(all().await.into_iter().all(|one| one.unwrap_err().is(&DirectoryFault::InvalidToken)));
});

db_test!(what_is_revoked_at_one_replica_is_refused_by_the_next_request_at_another, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let basic = issue_as(&app, &dir, Kind::Basic).await;
    let client = issue_as(&app, &dir, Kind::OAuth2).await;
    let access = fetch(&app, &client, None).await.expect("a token").access_token;
    let other = replica(&app);
    let id = basic.credential.id.as_str();
    for (credential, presented) in [
        (&dir.actor.credential_id, Presented::Bearer(dir.token.as_str())),
        (&basic.credential.id, Presented::Basic { id, secret: secret(&basic) }),
        (&client.credential.id, Presented::Bearer(access.expose())),
    ] {
        for _ in 0..3 {
            assert!(tokens::authenticate(&other, &stranger(), presented).await.is_ok());
        }
        change(&app, async |tx| tokens::revoke(tx, &acme, credential).await).await.expect("revoked");
        let refused = tokens::authenticate(&other, &stranger(), presented).await.unwrap_err();
        assert!(refused.is(&DirectoryFault::InvalidToken));
    }
    assert_eq!(app.events_of(EventKind::CredentialRevoked).await.len(), 3);
});

db_test!(the_use_of_each_kind_is_noted, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let basic = issue_as(&app, &dir, Kind::Basic).await;
    let client = issue_as(&app, &dir, Kind::OAuth2).await;
    fetch(&app, &client, None).await.expect("a token");
    assert!(opens(&app, Presented::Basic { id: basic.credential.id.as_str(), secret: secret(&basic) }).await);
    for issued in [&basic, &client] {
        let (directory, id) = (&issued.credential.directory_id, &issued.credential.id);
        let mut seen = issued.credential.clone();
        for _ in 0..200 {
            if seen.last_used_at.is_some() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            seen = app.look(async |rx| tokens::get(rx, &acme, directory, id).await).await;
        }
        assert!(seen.last_used_at.is_some() && seen.last_used_ip.as_deref() == Some("192.0.2.1"), "{seen:?}");
    }
});

db_test!(only_who_may_manage_the_directory_sees_and_changes_its_credentials, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (directory, id) = (&dir.actor.directory.id, &dir.actor.credential_id);
    let (ann, _) = proven(&app, "ann@elsewhere.example").await;
    add_member(&app, &acme, &ann.id, "member").await;
    let (bob, _) = proven(&app, "bob@elsewhere.example").await;
    add_member(&app, &acme, &bob.id, "admin").await;
    for (ctx, may) in [(by(&ann), false), (dir.ctx.clone(), false), (stranger(), false), (by(&bob), true)] {
        let read = &app.core;
        assert_eq!(
            read.read(&ctx, async |rx| tokens::list_of(rx, &acme, directory, &part(9, 0)).await).await.is_ok(),
            may
        );
        assert_eq!(read.read(&ctx, async |rx| tokens::get(rx, &acme, directory, id).await).await.is_ok(), may);
        let new = NewCredential { kind: Kind::Basic, ..NewCredential::bearer(directory.clone(), "x", Origin::Api) };
        assert_eq!(read.write(&ctx, async |tx| tokens::issue(tx, new.clone()).await).await.is_ok(), may);
        assert_eq!(read.write(&ctx, async |tx| tokens::start_rotation(tx, &acme, id).await).await.is_ok(), may);
        assert_eq!(read.write(&ctx, async |tx| tokens::cancel_rotation(tx, &acme, id).await).await.is_ok(), may);
        assert!(read.write(&ctx, async |tx| tokens::complete_rotation(tx, &acme, id).await).await.is_err());
        assert_eq!(read.write(&ctx, async |tx| tokens::revoke(tx, &acme, id).await).await.is_ok(), may);
    }
});
