//! What must be true after every test, whatever it did.

use super::App;

/// Rows whose making is an event: the table, the kind of the event.
const MADE: &[(&str, &str)] = &[
    ("users", "user.created"),
    ("organizations", "organization.created"),
    ("members", "membership.created"),
    ("invitations", "invitation.created"),
    ("organization_domains", "domain.created"),
    ("directories", "directory.created"),
    ("directory_credentials", "credential.issued"),
    ("directory_users", "directory_user.provisioned"),
    ("directory_groups", "directory_group.created"),
    ("secret_keys", "secret_key.issued"),
    ("setup_links", "setup_link.created"),
    ("setup_sessions", "setup_session.created"),
    ("roles", "role.created"),
    ("teams", "team.created"),
];

/// Reads the whole outbox: every event is readable and versioned, and every row that stands has the event of
/// its making, unless it was taken over from another system. (Invariant 5 of the architecture: every change records an event or says why not.)
pub(super) async fn check(app: &App) {
    let events = app.events().await;
    assert!(events.is_sorted_by_key(|event| event.sequence), "events are out of order");
    for event in &events {
        assert!(event.kind.is_some(), "an event of an unknown kind: {event:?}");
        assert!(event.payload["v"].is_u64(), "an event without the version of its payload: {event:?}");
    }
    // What the database keeps of the reports of imports.
    let sum = "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM directory_import_counts";
    assert_eq!(app.count(sum).await, app.count("SELECT COUNT(*) FROM directory_import_entries").await);
    let wrong =
        "SELECT COUNT(*) FROM directory_import_counts c WHERE c.n <> (SELECT COUNT(*) FROM directory_import_entries e
         WHERE e.directory_id = c.directory_id AND e.kind = c.kind AND e.outcome = c.outcome)";
    assert_eq!(app.count(wrong).await, 0, "counts of an import that are none");
    for (table, kind) in MADE {
        let sql = format!(
            "SELECT id FROM {table} WHERE NOT EXISTS (SELECT 1 FROM events WHERE kind = $1 AND subject = {table}.id)
             AND NOT EXISTS (SELECT 1 FROM arrivals a WHERE a.source_id = {table}.id OR a.source_id LIKE '%/' || {table}.id) LIMIT 5"
        );
        let silent: Vec<String> = app
            .look(async |db| {
                let rows = auth_core::db::all(db, sql.clone(), [(*kind).into()]).await?;
                rows.iter().map(|row| row.get(0)).collect()
            })
            .await;
        assert!(silent.is_empty(), "rows of {table} were made without the event {kind}: {silent:?}");
    }
}
