//! What a directory authenticates with.

use auth_core::Kind;
use auth_core::features::directory::credentials::Issued;
use auth_core::features::directory::{DirectoryFault, Place, Query};
use auth_core::ids::{CredentialId, DirectoryId};
use auth_core::roles::RolesFault;

use super::*;
use crate::support::*;

async fn issue(
    app: &App,
    directory: &DirectoryId,
    origin: Origin,
    scopes: &[CredentialScope],
    expires_in: Option<i64>,
) -> Issued {
    let change = async |tx: &mut auth_core::Tx| {
        use auth_core::Scope as _;
        let new = NewCredential {
            scopes: scopes.to_vec(),
            expires_at: expires_in.map(|seconds| tx.now().plus_seconds(seconds)),
            ..NewCredential::bearer(directory.clone(), "Okta — Production", origin)
        };
        tokens::issue(tx, new).await
    };
    app.core.write(&system(), change).await.expect("a credential")
}

/// The secret of a credential that has one.
fn text(issued: &Issued) -> &str {
    issued.secret.as_ref().expect("a secret").expose()
}

async fn works(app: &App, token: &str) -> bool {
    opens(app, Presented::Bearer(token)).await
}

db_test!(a_token_is_shown_once_and_good_until_it_is_revoked, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let issued = issue(&app, &dir.actor.directory.id, Origin::Api, &CredentialScope::ALL, None).await;
    let token = text(&issued);
    assert!(token.starts_with(&issued.credential.prefix) && issued.credential.prefix.starts_with("scim_"));
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_credentials WHERE secret_hash LIKE 'scim%'").await, 0);
    assert!(works(&app, token).await);
    let altered = format!("{}x", &token[..token.len() - 1]);
    for wrong in ["", "scim_", "nonsense", "Bearer x", altered.as_str(), &"x".repeat(5000)] {
        assert!(!works(&app, wrong).await, "{wrong:?}");
    }
    let revoke = async |tx: &mut auth_core::Tx| tokens::revoke(tx, &acme, &issued.credential.id).await;
    let revoked = app.core.write(&system(), revoke).await.expect("revoked");
    assert!(revoked.revoked_at.is_some() && !works(&app, token).await);
    assert_eq!(app.core.write(&system(), revoke).await.expect("again").revoked_at, revoked.revoked_at);
    assert!(works(&app, &dir.token).await, "others go on");
    let (listed, total) =
        app.core.read(&system(), async |rx| tokens::list(rx, &acme, &part(10, 0)).await).await.unwrap();
    assert_eq!((listed.len(), total, listed[0].id.clone()), (2, 2, issued.credential.id));
});

db_test!(generating_again_replaces_what_was_generated_and_nothing_else, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let id = &dir.actor.directory.id;
    let first = issue(&app, id, Origin::GenerateToken, &CredentialScope::ALL, None).await;
    let second = issue(&app, id, Origin::GenerateToken, &CredentialScope::ALL, None).await;
    assert!(!works(&app, text(&first)).await);
    assert!(works(&app, text(&second)).await && works(&app, &dir.token).await);
    let again = Dir::of(&app, Some(&acme), "okta").await;
    assert_eq!(again.actor.directory.id, *id, "a provider id names one directory");
});

db_test!(an_expired_token_is_refused, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let issued = issue(&app, &dir.actor.directory.id, Origin::Api, &CredentialScope::ALL, Some(60)).await;
    assert!(works(&app, text(&issued)).await);
    app.clock.advance(61);
    assert!(!works(&app, text(&issued)).await);
});

db_test!(a_scope_that_is_missing_refuses, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    let issued = issue(&app, &dir.actor.directory.id, Origin::Api, &[CredentialScope::UsersRead], None).await;
    let reader = Dir::by_token(&app, text(&issued)).await;
    assert!(reader.get(&made.id).await.is_ok());
    let refused = reader.try_post(&person("bob@acme.example")).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (Kind::Forbidden, "insufficient_scope"));
    assert!(reader.try_patch(&made.id, &json!({ "active": false })).await.is_err());
    // Nor does the right actor help in the wrong context.
    let kind = scim_protocol::ResourceType::user();
    let query =
        Query { filter: None, kind, sort: None, place: Place::Index(0), limit: 10, base: "https://id.example/scim/v2" };
    assert!(app.core.read(&stranger(), async |rx| resources::list(rx, &dir.actor, &query).await).await.is_err());
});

db_test!(the_last_use_is_written_beside_the_request, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let used = async |id: &CredentialId| {
        let (listed, _) =
            app.core.read(&system(), async |rx| tokens::list(rx, &acme, &part(10, 0)).await).await.unwrap();
        listed.into_iter().find(|credential| credential.id == *id).unwrap()
    };
    let mut seen = used(&dir.actor.credential_id).await;
    for _ in 0..200 {
        if seen.last_used_at.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        seen = used(&dir.actor.credential_id).await;
    }
    let first = seen.last_used_at.expect("it was noted");
    assert_eq!((seen.last_used_ip.as_deref(), seen.last_used_user_agent.as_deref()), (Some("192.0.2.1"), Some("Test")));
    assert!(works(&app, &dir.token).await);
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(used(&dir.actor.credential_id).await.last_used_at, Some(first), "once a minute is enough");
});

db_test!(strangers_and_members_without_the_permission_manage_no_directory, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (ann, _) = proven(&app, "ann@elsewhere.example").await;
    let make = async |tx: &mut auth_core::Tx| connections::make_or_find(tx, &acme, "mine").await;
    assert_eq!(app.core.write(&by(&ann), make).await.unwrap_err().kind(), Kind::NotFound);
    add_member(&app, &acme, &ann.id, "member").await;
    assert!(app.core.write(&by(&ann), make).await.unwrap_err().is(&RolesFault::Forbidden));
    assert_eq!(
        app.core.write(&dir.ctx, make).await.unwrap_err().kind(),
        Kind::Forbidden,
        "nor does the directory itself"
    );

    // The same of another organization is not found, not even by an admin of one.
    let globex = organization(&app, "Globex", None).await;
    let (bob, _) = proven(&app, "bob@elsewhere.example").await;
    add_member(&app, &globex, &bob.id, "admin").await;
    let id = &dir.actor.credential_id;
    let foreign = async |tx: &mut auth_core::Tx| tokens::revoke(tx, &globex, id).await;
    assert!(app.core.write(&by(&bob), foreign).await.unwrap_err().is(&DirectoryFault::CredentialNotFound));
    let gone = &dir.actor.directory.id;
    let foreign = async |tx: &mut auth_core::Tx| connections::disconnect(tx, &globex, gone).await;
    assert!(app.core.write(&by(&bob), foreign).await.unwrap_err().is(&DirectoryFault::NotFound));
});

db_test!(the_oldest_live_directory_is_made_on_first_use, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let oldest = async |tx: &mut auth_core::Tx| connections::oldest_live(tx, &acme).await;
    let first = app.core.write(&system(), oldest).await.unwrap();
    let second =
        app.core.write(&system(), async |tx| connections::create(tx, &acme, "okta", "Okta").await).await.unwrap();
    assert_eq!(app.core.write(&system(), oldest).await.unwrap().id, first.id);
    app.core.write(&system(), async |tx| connections::disconnect(tx, &acme, &first.id).await).await.unwrap();
    assert_eq!(app.core.write(&system(), oldest).await.unwrap().id, second.id);
    let taken = app.core.write(&system(), async |tx| connections::create(tx, &acme, "okta", "Okta").await).await;
    assert!(taken.unwrap_err().is(&DirectoryFault::ProviderTaken));
    let (listed, total) = app.core.read(&system(), async |rx| connections::list(rx, &acme, 10, 0).await).await.unwrap();
    assert_eq!((listed.len(), total, listed[0].directory.provider.as_str()), (1, 1, "okta"));
});

db_test!(a_paused_directory_answers_later, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let pause = async |tx: &mut auth_core::Tx| {
        let id = dir.actor.directory.id.to_string();
        auth_core::db::run(tx, "UPDATE directories SET state = 'paused' WHERE id = $1", [id.into()]).await
    };
    app.core.write(&system(), pause).await.unwrap();
    let refused = authenticated(&app, Presented::Bearer(&dir.token)).await.unwrap_err();
    assert!(refused.is(&DirectoryFault::Paused) && refused.kind() == Kind::Unavailable);
});

db_test!(an_imported_token_of_any_shape_is_looked_up_as_it_is, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let imported = "cmFuZG9tMjQ6b2t0YTpvcmc=";
    let import = async |tx: &mut auth_core::Tx| {
        let values = [auth_core::secret::hash(imported).into(), dir.actor.credential_id.to_string().into()];
        auth_core::db::run(tx, "UPDATE directory_credentials SET secret_hash = $1 WHERE id = $2", values).await
    };
    app.core.write(&system(), import).await.unwrap();
    assert!(works(&app, imported).await && !works(&app, &dir.token).await);
});
