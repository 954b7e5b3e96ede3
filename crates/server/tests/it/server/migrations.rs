//! The schema's history: whole or not at all, by several processes at once, and twice.

use std::process::Stdio;

use ::migrations::{Migrator, MigratorTrait as _};

use crate::support::*;

#[test]
fn each_migration_is_one_transaction_on_both_databases() {
    for migration in Migrator::migrations() {
        assert_eq!(migration.use_transaction(), Some(true), "{} may be left half done", migration.name());
    }
}

/// Replicas start at once on an empty database; each must get through.
async fn at_once(database: Database) {
    let Some(binary) = Binary::new(database).await else { return };
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = binary.command(&["migrate"]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts")
        })
        .collect();
    for child in children {
        let out = child.wait_with_output().expect("it ends");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    let again = binary.run(&["migrate"]);
    assert!(again.status.success() && String::from_utf8_lossy(&again.stderr).contains("0 migrations ran"));
    assert!(binary.run(&["doctor"]).status.success());
    binary.remove().await;
}

#[test]
fn several_processes_migrate_at_once_on_sqlite() {
    actix_web::rt::System::new().block_on(at_once(Database::Sqlite));
}

#[test]
fn several_processes_migrate_at_once_on_postgres() {
    actix_web::rt::System::new().block_on(at_once(Database::Postgres));
}
