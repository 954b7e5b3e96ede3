//! The report of an import costs the same however large the import is: whoever the identity provider has not spoken of has
//! an entry like everybody else, and how many there are of each outcome is kept by the database itself, so that no path of
//! the code can forget it. And an entry knows from which revision on a verdict counts.
//!
//! On PostgreSQL the triggers fire once for a statement. Who changes entries of a directory holds its row, those who only
//! look share it; the latter all count in the same direction, so that none waits for another in a circle.

use sea_orm_migration::prelude::*;

use crate::columns;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        columns::run(manager, UP).await?;
        columns::run_each(manager, SQLITE, POSTGRES).await?;
        columns::run(manager, UNSEEN).await
    }

    /// On SQLite too: a process that is killed leaves all of it or nothing.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

const UP: &str = "
ALTER TABLE directory_import_entries ADD COLUMN judged BIGINT NOT NULL DEFAULT 0;
DROP INDEX directory_import_entries_outcome;
CREATE INDEX directory_import_entries_order ON directory_import_entries (directory_id, kind DESC, id);
CREATE INDEX directory_import_entries_outcome ON directory_import_entries (directory_id, outcome, kind DESC, id);

CREATE TABLE directory_import_counts (
    directory_id TEXT NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (directory_id, kind, outcome)
);
INSERT INTO directory_import_counts (directory_id, kind, outcome, n)
    SELECT directory_id, kind, outcome, COUNT(*) FROM directory_import_entries GROUP BY directory_id, kind, outcome
";

const SQLITE: &[&str] = &[
    "CREATE TRIGGER directory_import_entries_added AFTER INSERT ON directory_import_entries BEGIN
        INSERT INTO directory_import_counts (directory_id, kind, outcome, n)
        VALUES (NEW.directory_id, NEW.kind, NEW.outcome, 1)
        ON CONFLICT (directory_id, kind, outcome) DO UPDATE SET n = n + 1;
    END",
    "CREATE TRIGGER directory_import_entries_removed AFTER DELETE ON directory_import_entries BEGIN
        UPDATE directory_import_counts SET n = n - 1
        WHERE directory_id = OLD.directory_id AND kind = OLD.kind AND outcome = OLD.outcome;
    END",
    "CREATE TRIGGER directory_import_entries_turned AFTER UPDATE ON directory_import_entries
    WHEN NEW.outcome <> OLD.outcome BEGIN
        INSERT INTO directory_import_counts (directory_id, kind, outcome, n)
        VALUES (NEW.directory_id, NEW.kind, NEW.outcome, 1)
        ON CONFLICT (directory_id, kind, outcome) DO UPDATE SET n = n + 1;
        UPDATE directory_import_counts SET n = n - 1
        WHERE directory_id = OLD.directory_id AND kind = OLD.kind AND outcome = OLD.outcome;
    END",
];

// What goes with its directory finds no counts any more.
const POSTGRES: &[&str] = &[
    "CREATE FUNCTION directory_import_counts_add() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO directory_import_counts AS c (directory_id, kind, outcome, n)
        SELECT directory_id, kind, outcome, COUNT(*) FROM come
        GROUP BY directory_id, kind, outcome ORDER BY directory_id, kind, outcome
        ON CONFLICT (directory_id, kind, outcome) DO UPDATE SET n = c.n + EXCLUDED.n;
        RETURN NULL;
    END $$",
    "CREATE FUNCTION directory_import_counts_remove() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE directory_import_counts c SET n = c.n - g.n
        FROM (SELECT directory_id, kind, outcome, COUNT(*) AS n FROM gone GROUP BY directory_id, kind, outcome) g
        WHERE c.directory_id = g.directory_id AND c.kind = g.kind AND c.outcome = g.outcome;
        RETURN NULL;
    END $$",
    "CREATE FUNCTION directory_import_counts_turn() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO directory_import_counts AS c (directory_id, kind, outcome, n)
        SELECT directory_id, kind, outcome, SUM(n) FROM (
            SELECT directory_id, kind, outcome, 1 AS n FROM come UNION ALL SELECT directory_id, kind, outcome, -1 FROM gone) t
        GROUP BY directory_id, kind, outcome HAVING SUM(n) <> 0 ORDER BY directory_id, kind, outcome
        ON CONFLICT (directory_id, kind, outcome) DO UPDATE SET n = c.n + EXCLUDED.n;
        RETURN NULL;
    END $$",
    "CREATE TRIGGER directory_import_entries_added AFTER INSERT ON directory_import_entries REFERENCING NEW TABLE AS come
        FOR EACH STATEMENT EXECUTE FUNCTION directory_import_counts_add()",
    "CREATE TRIGGER directory_import_entries_removed AFTER DELETE ON directory_import_entries REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION directory_import_counts_remove()",
    "CREATE TRIGGER directory_import_entries_turned AFTER UPDATE ON directory_import_entries
        REFERENCING OLD TABLE AS gone NEW TABLE AS come
        FOR EACH STATEMENT EXECUTE FUNCTION directory_import_counts_turn()",
];

/// What imports that are under way have not heard of.
const UNSEEN: &str = "
INSERT INTO directory_import_entries (directory_id, id, kind, outcome, name, user_id, detail, seen_at)
    SELECT u.directory_id, u.id, 'user', 'unseen', u.user_name, u.user_id, '{}', 0 FROM directory_users u
    JOIN directories d ON d.id = u.directory_id AND d.import_state IS NOT NULL
    WHERE NOT EXISTS (SELECT 1 FROM directory_import_entries e WHERE e.directory_id = u.directory_id AND e.id = u.id);
INSERT INTO directory_import_entries (directory_id, id, kind, outcome, name, user_id, detail, seen_at)
    SELECT g.directory_id, g.id, 'group', 'unseen', g.display_name, NULL, '{}', 0 FROM directory_groups g
    JOIN directories d ON d.id = g.directory_id AND d.import_state IS NOT NULL
    WHERE NOT EXISTS (SELECT 1 FROM directory_import_entries e WHERE e.directory_id = g.directory_id AND e.id = g.id)
";
