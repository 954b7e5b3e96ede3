//! Erasing somebody beside whatever else happens to them: nobody waits for another in a circle, and nothing comes too late.
//! Each test but the last stops one of the two where it has begun, and looks at what the other holds then.

use std::time::Duration;

use auth_core::db;
use auth_core::features::directory::groups::{self, Members, NewDirectoryGroup};
use auth_core::features::directory::rules::{self, Named, NewRule};
use auth_core::sign_in::Opened;
use auth_core::users::erasure::{self, Erase};
use futures_util::future::{join, join_all};
use sea_orm::{ConnectOptions, ConnectionTrait as _, DbBackend, Statement};
use tokio::sync::Notify;

use super::*;
use crate::support::*;

/// Has somebody erased beside a request that has a row of the one table and goes on to a row of the other: who waits for
/// the first must not have the second. A row is `table WHERE condition`.
pub(super) async fn free_beside(app: &App, held: &str, next: &str, erased: impl Future<Output = Result<()>>) {
    let begun = Notify::new();
    let row = |row: &str, wait: &str| format!("SELECT 1 FROM {row} FOR UPDATE{wait}");
    let request = async {
        let go_on = async |tx: &mut auth_core::Tx| {
            assert!(db::one(&*tx, row(held, ""), []).await?.is_some(), "{held}");
            begun.notify_one();
            app.somebody_waits().await;
            // No attempt more: it is free at once, or it is not.
            let taken = |error| Error::internal(format!("who waits for {held} has {next}: {error}"));
            let free = db::one(&*tx, row(next, " NOWAIT"), []).await.map_err(taken)?;
            free.map(drop).ok_or_else(|| Error::internal(format!("{next} is gone")))
        };
        app.core.write(&system(), go_on).await
    };
    let erased = async {
        begun.notified().await;
        erased.await
    };
    let (request, erased) = join(request, erased).await;
    request.expect("it goes on");
    erased.expect("erased");
}

async fn erase(app: &App, opened: &Opened, token: Option<&str>) -> Result<()> {
    let erase = Erase { session: &opened.session, password: None, token, callback_url: None };
    erasure::request(&app.core, &by(&opened.user), erase).await.map(drop)
}

fn of(table: &str, column: &str, id: &str) -> String {
    format!("{table} WHERE {column} = '{id}'")
}

/// A directory, a resource of it, and its person, signed in.
async fn carried(app: &App) -> (Dir, DirectoryUser, Opened) {
    let acme = organization(app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(app, Some(&acme), "okta").await;
    let made = dir.post(&person("ann@acme.example")).await;
    owner_gets_in(app, "ann@acme.example").await;
    let opened = sign_in(app, "ann@acme.example").await.expect("a session");
    (dir, made, opened)
}

db_test!(who_erases_themselves_has_nothing_that_a_request_for_them_wants, async |app| {
    if app.database == Database::Sqlite {
        // There is one writer, and nobody waits for a row.
        return;
    }
    let (dir, made, ann) = carried(&app).await;
    let resource = of("directory_users", "id", made.id.as_str());
    let person = of("users", "id", ann.user.id.as_str());
    Box::pin(free_beside(&app, &resource, &person, erase(&app, &ann, None))).await;
    assert!(dir.get(&made.id).await.is_err() && user(&app, "ann@acme.example").await.is_none());
});

db_test!(
    nor_has_who_does_it_by_a_link,
    Options::default().settings(|settings| settings.delete_user_by_mail = true),
    async |app| {
        if app.database == Database::Sqlite {
            return;
        }
        let (dir, made, ann) = carried(&app).await;
        erase(&app, &ann, None).await.expect("a link");
        let token = app.mail().wait("ann@acme.example", r"delete-user/callback\?token=([A-Za-z0-9._~%-]+)").await;
        let resource = of("directory_users", "id", made.id.as_str());
        // Whoever ends their access voids their links when they have locked them.
        let both = format!("users u JOIN verifications v ON v.user_id = u.id WHERE u.id = '{}'", ann.user.id.as_str());
        Box::pin(free_beside(&app, &resource, &both, erase(&app, &ann, Some(&token)))).await;
        assert!(dir.get(&made.id).await.is_err() && user(&app, "ann@acme.example").await.is_none());
    }
);

db_test!(a_resource_that_becomes_theirs_meanwhile_goes_too, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let (ann, _) = proven(&app, "ann@acme.example").await;
    let begun = Notify::new();
    let new = NewDirectoryUser { attributes: attributes(&person("ann@acme.example")), password: None };
    let provisioned = async {
        let provision = async |tx: &mut auth_core::Tx| {
            let made = resources::create(tx, &dir.actor, &new).await?;
            begun.notify_one();
            app.somebody_waits().await;
            Ok::<_, Error>(made)
        };
        app.core.write(&dir.ctx, provision).await
    };
    let erased = async {
        begun.notified().await;
        app.core.write(&system(), async |tx| users::delete(tx, &ann.id).await).await
    };
    let (made, erased) = Box::pin(join(provisioned, erased)).await;
    erased.expect("erased");
    let made = made.expect("provisioned");
    assert_eq!(made.user_id, Some(ann.id));
    assert!(dir.get(&made.id).await.is_err(), "what was said of them stays");
    assert!(user(&app, "ann@acme.example").await.is_none());
});

/// How often requests waited for each other in a circle so far. The database tells when the connections are closed.
async fn deadlocks(app: &App) -> i64 {
    app.core.db().close().await.expect("closed");
    let mut options = ConnectOptions::new(&app.url);
    options.max_connections(1).sqlx_logging(false);
    let own = sea_orm::Database::connect(options).await.expect("a connection");
    let number = async |sql: &str| {
        let row = own.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.expect("an answer");
        row.expect("a row").try_get_by_index::<i64>(0).expect("a number")
    };
    let others = "SELECT COUNT(*) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    for _ in 0..400 {
        if number(others).await == 0 {
            return number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("some connections stay");
}

db_test!(
    many_who_erase_themselves_beside_their_directory_and_their_organization_wait_in_no_circle,
    Options::default().broken().idle(),
    async |app| {
        const PEOPLE: usize = 24;
        let acme = organization(&app, "Acme", Some("acme.example")).await;
        let dir = Dir::of(&app, Some(&acme), "okta").await;
        let (boss, _) = proven(&app, "boss@acme.example").await;
        add_member(&app, &acme, &boss.id, "owner").await;
        let boss = app.signed_in("boss@acme.example").await;
        let (mut all, mut resources) = (Vec::new(), Vec::new());
        for n in 0..PEOPLE {
            let email = format!("ann{n}@acme.example");
            let made = dir.post(&person(&email)).await;
            let (ann, _) = owner_gets_in(&app, &email).await;
            if n % 4 == 0 {
                // With an owner goes more: whether there is another one is asked of the organization.
                let id = member(&app, &acme, &ann.id).await.expect("a member").id;
                let give = async |tx: &mut auth_core::Tx| members::grant(tx, &acme, &id, "owner", Source::Manual).await;
                app.core.write(&system(), give).await.expect("an owner");
            }
            resources.push(made.id.to_string());
            all.push((email.clone(), made.id, app.signed_in(&email).await));
        }
        give_admin_to(&app, &acme, &dir, &resources).await;
        let scim = app.scim(&dir.token);
        for (n, (email, id, ann)) in all.iter().enumerate() {
            let patch = async |path: &str, value: Json| {
                let body = json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                    "Operations": [{"op": "replace", "path": path, "value": value}],
                });
                scim.patch(&format!("/scim/v2/Users/{id}"), body).await.status
            };
            let erased = async { ann.post("/api/auth/delete-user", json!({})).await.status };
            let beside = async {
                if n % 2 == 0 {
                    // Whoever is deactivated first is not signed in any more, so that comes last.
                    let renamed = async |n: usize| patch("displayName", json!(format!("Ann {n}"))).await;
                    let mut statuses = join_all((0..8).map(renamed)).await;
                    statuses.push(patch("active", json!(false)).await);
                    statuses
                } else {
                    let body = json!({"memberIdOrEmail": email, "organizationId": acme.as_str()});
                    let removed = || boss.post("/api/auth/organization/remove-member", body.clone());
                    join_all((0..4).map(|_| removed())).await.iter().map(|answer| answer.status).collect()
                }
            };
            let (erased, beside) = join(erased, beside).await;
            assert!(matches!(erased, 200 | 401 | 403), "{email} is erased: {erased}");
            assert!(beside.iter().all(|status| matches!(status, 200 | 400 | 403 | 404)), "{email}: {beside:?}");
        }
        if app.database == Database::Postgres {
            assert_eq!(deadlocks(&app).await, 0, "somebody waited for who waited for them");
        }
    }
);

/// Has a group give a role to who is in it: whoever loses their resource loses that.
async fn give_admin_to(app: &App, acme: &OrgId, dir: &Dir, resources: &[String]) {
    let named = attributes(&json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff"
    }));
    let new = NewDirectoryGroup { attributes: named, members: resources.to_vec() };
    let make = async |tx: &mut auth_core::Tx| groups::create(tx, &dir.actor, &new, Members::Omit).await;
    let staff = app.core.write(&dir.ctx, make).await.expect("a group is made").resource.id;
    let rule = NewRule { group: Named::Id(staff), roles: vec!["admin".to_owned()], teams: Vec::new() };
    let save =
        async |tx: &mut auth_core::Tx| rules::put(tx, acme, &dir.actor.directory.id, std::slice::from_ref(&rule)).await;
    app.core.write(&system(), save).await.expect("a rule is saved");
}
