//! `POST .../self-test`: the instance passes its own checks in a sandbox, of which nobody sees anything and nothing remains.

use crate::support::*;

/// What a self-test must leave as it was.
const TABLES: &[&str] = &[
    "SELECT COUNT(*) FROM directories",
    "SELECT COUNT(*) FROM directory_credentials",
    "SELECT COUNT(*) FROM directory_users",
    "SELECT COUNT(*) FROM directory_groups",
    "SELECT COUNT(*) FROM directory_tombstones",
    "SELECT COUNT(*) FROM directory_requests",
    "SELECT COUNT(*) FROM directory_request_segments",
    "SELECT COUNT(*) FROM receipts",
    "SELECT COUNT(*) FROM users",
    "SELECT COUNT(*) FROM members",
    "SELECT COUNT(*) FROM invitations",
    "SELECT COUNT(*) FROM events",
];

async fn counts(app: &App) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in TABLES {
        counts.push(app.count(table).await);
    }
    counts
}

db_test!(a_self_test_passes_and_leaves_nothing, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let path = format!("/v1/organizations/{}/directories/{}/self-test", boot.organization_id, boot.directory_id);
    let before = counts(&app).await;
    // One at a time: of two at once the other is refused.
    let (one, other) = futures_util::join!(boot.key.post(&path, json!({})), boot.key.post(&path, json!({})));
    let (done, refused) = if one.status == 200 { (one, other) } else { (other, one) };
    refused.refused(409, "self_test_running");
    let report = done.ok();
    assert_eq!(report["object"], "self_test_report");
    assert_eq!((&report["failed"], &report["conforms"]), (&json!(0), &json!(true)), "{report}");
    assert!(report["passed"].as_u64() >= Some(200), "{report}");
    assert_eq!(counts(&app).await, before, "{TABLES:?}");
});

db_test!(what_a_crash_left_is_in_nobodys_way, async |app| {
    let boot = app.boot("Acme", None).await;
    let organization = auth_core::ids::Id::parse(&boot.organization_id).unwrap();
    let directory = auth_core::ids::Id::parse(&boot.directory_id).unwrap();
    let open = async || {
        let ctx = auth_core::Ctx::system("test");
        app.core
            .write(&ctx, async |tx| {
                auth_core::features::directory::sandbox::open(tx, Some(&organization), &directory).await
            })
            .await
    };
    open().await.unwrap();
    assert_eq!(open().await.unwrap_err().code(), "self_test_running");
    // Nobody sees it.
    assert_eq!(boot.key.get("/v1/directories").await.ok()["total_count"], 1);
    app.clock.advance(301);
    let sandbox = open().await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM directories").await, 2);
    let ctx = auth_core::Ctx::system("test");
    let close = async |tx: &mut auth_core::Tx| auth_core::features::directory::sandbox::close(tx, &sandbox.id).await;
    app.core.write(&ctx, close).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM directories").await, 1);
});

db_test!(a_sweep_takes_away_what_a_crash_left, async |app| {
    let boot = app.boot("Acme", None).await;
    let organization = auth_core::ids::Id::parse(&boot.organization_id).unwrap();
    let ctx = auth_core::Ctx::system("test");
    let directory = auth_core::ids::Id::parse(&boot.directory_id).unwrap();
    let open = async |tx: &mut auth_core::Tx| {
        auth_core::features::directory::sandbox::open(tx, Some(&organization), &directory).await
    };
    app.core.write(&ctx, open).await.unwrap();
    let sweep = async || auth_core::features::directory::sandbox::sweep(&app.core).await.unwrap();
    assert_eq!((sweep().await, app.count("SELECT COUNT(*) FROM directories").await), (0, 2));
    app.clock.advance(301);
    assert_eq!((sweep().await, app.count("SELECT COUNT(*) FROM directories").await), (1, 1));
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_credentials WHERE name = 'sandbox'").await, 0);
});

db_test!(
    only_so_many_run_at_once_in_all,
    Options::default().kit(|kit| {
        // Two are running for ever, of other organizations.
        std::mem::forget((kit.at_once.enter("self-test", 2), kit.at_once.enter("self-test", 2)));
    }),
    async |app| {
        let boot = app.boot("Acme", None).await;
        let path = format!("/v1/organizations/{}/directories/{}/self-test", boot.organization_id, boot.directory_id);
        let refused = boot.key.post(&path, json!({})).await.refused(429, "too_many_at_once");
        assert_eq!(refused.header("retry-after"), Some("60"));
        assert_eq!(app.count("SELECT COUNT(*) FROM directories").await, 1);
        // Who may not ask at all is told that, and not how busy it is.
        app.signed_up("eve").await.post(&path, json!({})).await.refused(404, "organization_not_found");
    }
);
