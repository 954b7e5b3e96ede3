//! A database that takes nothing more: who asks is told to come back, and so is whoever sends requests here.

use crate::support::*;
use sea_orm::ConnectionTrait as _;

/// Lets the database take what is written, or not, as a disk that is full and a PostgreSQL that became a standby do.
async fn writable(app: &App, writable: bool) {
    if app.database == Database::Postgres {
        let (url, name) = app.url.rsplit_once('/').expect("a database in the URL");
        let others = sea_orm::Database::connect(format!("{url}/postgres")).await.expect("a connection");
        for sql in [
            format!(
                "ALTER DATABASE {name} SET default_transaction_read_only = {}",
                if writable { "off" } else { "on" }
            ),
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
        ] {
            others.execute_unprepared(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        others.close().await.expect("closed");
        return;
    }
    let pages = async |sql: String| -> i64 {
        let sql: &'static str = Box::leak(sql.into_boxed_str());
        let look = async |tx: &mut auth_core::Tx| auth_core::db::one(tx, sql, []).await?.expect("a row").get(0);
        app.core.write(&auth_core::Ctx::system("test"), look).await.expect("a number")
    };
    let most = if writable { 1_000_000 } else { pages("PRAGMA page_count".to_owned()).await };
    assert_eq!(pages(format!("PRAGMA max_page_count = {most}")).await, most);
}

db_test!(a_database_that_takes_nothing_is_no_mistake_of_anybodys, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", None).await;
    let large = || {
        let name = "x".repeat(60_000);
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example", "displayName": name})
    };
    writable(&app, false).await;
    let refused = boot.scim.post("/scim/v2/Users", large()).await.expect(503);
    assert!(refused.header("retry-after").is_some_and(|after| after.parse::<u32>().is_ok()), "{refused:?}");
    let metadata = json!({"private_metadata": {"large": "x".repeat(4_000)}});
    let mut last = None;
    // There may be a page or two left, and connections of before.
    for _ in 0..20 {
        last = Some(boot.key.patch(&format!("/v1/organizations/{}", boot.organization_id), metadata.clone()).await);
    }
    last.expect("an answer").refused(503, "storage_unavailable");
    // What is only read is read, and whoever sends requests here is told.
    assert_eq!(boot.key.get("/v1/organizations").await.ok()["total_count"], 1);
    assert_eq!(app.http().get("/readyz").await.expect(503).json["database"], false);
    app.clock.advance(11);
    // Ten seconds later a disk may have room again; a database that may only be read is known by asking.
    let ready = app.http().get("/readyz").await.status;
    assert_eq!(ready, if app.database == Database::Postgres { 503 } else { 200 });
    writable(&app, true).await;
    for _ in 0..20 {
        // Each connection of before is given up when it is first asked.
        if app.http().get("/readyz").await.status == 200 {
            break;
        }
    }
    app.http().get("/readyz").await.expect(200);
    boot.scim.post("/scim/v2/Users", large()).await.expect(201);
});
