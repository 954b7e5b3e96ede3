//! What an import would come to is judged after each change, beside others who judge.

use auth_core::db;
use auth_core::features::directory::import::{self, Kind};
use futures_util::future::join_all;

use super::*;
use crate::support::*;

/// The directory in import mode, as the requests of its identity provider come.
async fn listening(app: &App, owner: &OrgId, dir: &Dir) -> Dir {
    let id = &dir.actor.directory.id;
    app.core.write(&system(), async |tx| import::start(tx, owner, id).await).await.expect("an import");
    Dir::by_token(app, &dir.token).await
}

/// Says that somebody is active or not, without anybody's verdict.
async fn say(dir: &Dir, id: &DirectoryUserId, active: bool) {
    let staged = dir.actor.staged().expect("import mode");
    let ctx = Ctx { staged: true, ..dir.ctx.clone() };
    let change = async |tx: &mut auth_core::Tx| {
        let edit = |present: &DirectoryUser| {
            let mut attributes = present.attributes.clone();
            attributes.insert("active".to_owned(), json!(active));
            Ok::<_, Error>(attributes)
        };
        resources::change(tx, &staged, id, None, None, edit).await.map(drop)
    };
    dir.app.core.write(&ctx, change).await.expect("it is staged");
}

async fn judge(dir: &Dir, id: &DirectoryUserId) {
    import::follow(&dir.app.core, &dir.actor, &dir.ctx, Kind::User, id.as_str()).await.expect("a verdict");
}

async fn verdict(dir: &Dir, id: &DirectoryUserId) -> String {
    let sql = "SELECT outcome FROM directory_import_entries WHERE id = $1";
    dir.app.look(async |rx| db::one(rx, sql, [id.as_str().into()]).await?.expect("an entry").get(0)).await
}

db_test!(an_older_verdict_never_takes_the_place_of_a_later_one, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let zed = dir.post(&person("zed@acme.example")).await.id;
    let dir = listening(&app, &acme, &dir).await;
    assert_eq!(verdict(&dir, &zed).await, "unseen");
    say(&dir, &zed, false).await;
    judge(&dir, &zed).await;
    assert_eq!(verdict(&dir, &zed).await, "deactivated");

    // Somebody has looked later than whoever comes to an end now.
    let meddle = async |tx: &mut auth_core::Tx| {
        let sql = "UPDATE directory_import_entries SET outcome = 'refused', judged = judged + 100";
        db::run(tx, sql, []).await
    };
    assert_eq!(app.core.write(&system(), meddle).await.expect("a change"), 1);
    judge(&dir, &zed).await;
    assert_eq!(verdict(&dir, &zed).await, "refused", "the later verdict stays");
    // What is said after that is judged anew.
    say(&dir, &zed, true).await;
    judge(&dir, &zed).await;
    assert_eq!(verdict(&dir, &zed).await, "unchanged");
});

db_test!(the_last_word_is_judged_however_many_speak_at_once, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let zed = dir.post(&person("zed@acme.example")).await.id;
    let dir = listening(&app, &acme, &dir).await;
    for round in 0..3 {
        join_all((0..8).map(|n| {
            let (dir, zed) = (&dir, &zed);
            async move {
                say(dir, zed, (n + round) % 2 == 0).await;
                judge(dir, zed).await;
            }
        }))
        .await;
        let sql = "SELECT active FROM staged_directory_users WHERE id = $1";
        let active: bool =
            app.look(async |rx| db::one(rx, sql, [zed.as_str().into()]).await?.expect("it").get(0)).await;
        assert_eq!(verdict(&dir, &zed).await, if active { "unchanged" } else { "deactivated" });
    }
});

// On SQLite there is one writer anyway.
db_test!(whoever_judges_holds_up_nobody_who_speaks, async |app| {
    if matches!(app.database, Database::Sqlite) {
        return;
    }
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let zed = dir.post(&person("zed@acme.example")).await.id;
    dir.set_active(&zed, false).await;
    let (yan, dir) = (dir.post(&person("yan@acme.example")).await.id, listening(&app, &acme, &dir).await);
    let rehearsal = Ctx { dry_run: true, ..dir.ctx.clone() };
    let judged = async |tx: &mut auth_core::Tx| {
        let edit = |present: &DirectoryUser| {
            let mut attributes = present.attributes.clone();
            attributes.insert("active".to_owned(), json!(true));
            Ok::<_, Error>(attributes)
        };
        resources::change(tx, &dir.actor, &zed, None, None, edit).await?;
        // The rehearsal is under way, and somebody speaks.
        let patience = std::time::Duration::from_secs(20);
        tokio::time::timeout(patience, say(&dir, &yan, false)).await.expect("it waits for a rehearsal");
        Ok::<_, Error>(())
    };
    Box::pin(app.core.write(&rehearsal, judged)).await.expect("a rehearsal");
});
