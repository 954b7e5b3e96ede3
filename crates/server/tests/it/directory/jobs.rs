//! Work on many people beside the requests: owners take turns, and nobody leaves more than can be done.

use auth_core::db;
use auth_core::features::directory::jobs;

use super::*;
use crate::support::*;

/// Leaves jobs to a directory that have nothing to do, the first of them so long ago.
async fn leave(app: &App, dir: &Dir, name: &str, many: usize, seconds: i64) {
    let owner = dir.actor.directory.organization_id.as_ref().map_or("instance", |id| id.as_str()).to_owned();
    let change = async |tx: &mut auth_core::Tx| {
        for n in 0..many {
            let at = auth_core::Scope::now(tx).millis() - seconds * 1000;
            let sql = "INSERT INTO directory_jobs (id, directory_id, owner_key, kind, state, detail, done, total, failed, attempts,
                 created_by, created_at, updated_at) VALUES ($1, $2, $3, 'role_events', 'queued', '{}', 0, 0, 0, 0, 'system', $4, $4)";
            let id = format!("job_{name}{n:05}");
            db::run(tx, sql, [id.into(), dir.actor.directory.id.as_str().into(), owner.as_str().into(), at.into()])
                .await?;
        }
        Ok::<_, Error>(())
    };
    app.core.write(&system(), change).await.expect("jobs");
}

async fn open(app: &App, name: &str) -> i64 {
    let sql = "SELECT COUNT(*) FROM directory_jobs WHERE id LIKE $1 AND state IN ('queued', 'running')";
    let pattern = format!("job_{name}%");
    app.look(async |rx| db::one(rx, sql, [pattern.as_str().into()]).await?.expect("a row").get(0)).await
}

db_test!(an_owner_with_many_jobs_delays_nobody_elses, Options::default().idle(), async |app| {
    let (acme, beta) = (organization(&app, "Acme", None).await, organization(&app, "Beta", None).await);
    let (many, one) = (Dir::of(&app, Some(&acme), "okta").await, Dir::of(&app, Some(&beta), "okta").await);
    leave(&app, &many, "many", 30, 3600).await;
    leave(&app, &one, "one", 2, 0).await;
    let mut steps = 0;
    while open(&app, "one").await > 0 {
        assert!(jobs::step(&app.core).await.expect("a batch"));
        steps += 1;
        assert!(steps <= 5, "the newer jobs of another owner wait for {steps} batches");
    }
    assert!(open(&app, "many").await >= 27);
    while jobs::step(&app.core).await.expect("a batch") {}
    assert_eq!(open(&app, "many").await, 0, "nobody is left out either");
});

db_test!(whoever_comes_second_takes_the_next_job, Options::default().idle(), async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    leave(&app, &dir, "two", 2, 3600).await;
    let (holds, core) = (Arc::new(tokio::sync::Notify::new()), app.core.clone());
    let begun = Arc::clone(&holds);
    // Another replica is about to take the first.
    let first = actix_web::rt::spawn(async move {
        let take = async |tx: &mut auth_core::Tx| {
            let until = auth_core::Scope::now(tx).plus_seconds(60);
            let sql =
                "UPDATE directory_jobs SET state = 'running', lease = 'x', leased_until = $1 WHERE id = 'job_two00000'";
            db::run(tx, sql, [until.into()]).await?;
            begun.notify_one();
            tokio::time::sleep(std::time::Duration::from_millis(400)).await;
            Ok::<_, Error>(())
        };
        core.write(&system(), take).await
    });
    holds.notified().await;
    assert!(jobs::step(&app.core).await.expect("a batch"), "there is another one");
    first.await.expect("it ends").expect("it is taken");
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_jobs WHERE id = 'job_two00001' AND state = 'done'").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_jobs WHERE lease = 'x'").await, 1);
});

db_test!(a_change_that_would_leave_too_many_waits, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let user = |n: usize| {
        json!({"method": "POST", "path": "/Users", "bulkId": format!("u{n}"),
            "data": person(&format!("p{n}@acme.example"))})
    };
    let members: Vec<Json> = (0..101).map(|n| json!({ "value": format!("bulkId:u{n}") })).collect();
    let group = json!({"method": "POST", "path": "/Groups", "bulkId": "g", "data": {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff", "members": members}});
    let operations: Vec<Json> = (0..101).map(user).chain([group]).collect();
    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    let done = boot.scim.post("/scim/v2/Bulk", bulk).await.ok();
    let location = done["Operations"][101]["location"].as_str().expect("a group").to_owned();
    let group = location.rsplit('/').next().expect("an id").to_owned();
    let rules = format!("/v1/organizations/{}/directories/{}/role-rules", boot.organization_id, boot.directory_id);
    let rule = json!({"rules": [{"group_id": group, "roles": ["org:admin"]}]});
    boot.admin.put(&rules, rule).await.ok();
    while jobs::step(&app.core).await.expect("a batch") {}
    let dir = Dir::by_token(&app, &boot.scim_token).await;
    leave(&app, &dir, "full", 1000, 0).await;
    let more = json!({"rules": [{"group_id": group, "roles": ["org:admin", "org:member"]}]});
    boot.admin.put(&rules, more.clone()).await.refused(503, "directory_busy");
    // And so does what the identity provider asks for; nothing of it is done.
    let mut given = Vec::new();
    for n in 0..101 {
        let made = boot.scim.post("/scim/v2/Users", person(&format!("q{n}@acme.example"))).await.created();
        given.push(json!({ "value": made["id"] }));
    }
    let add = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "add", "path": "members", "value": given}]});
    let path = format!("/scim/v2/Groups/{group}");
    let refused = boot.scim.patch(&path, add).await.expect(503);
    assert!(refused.header("retry-after").is_some() && refused.text.contains("worked on"), "{refused:?}");
    assert_eq!(boot.scim.get(&path).await.ok()["members"].as_array().map(Vec::len), Some(101));
    // It goes on once some of that is done.
    assert!(jobs::step(&app.core).await.expect("a batch"));
    boot.admin.put(&rules, more).await.ok();
    // What takes roles away does not wait: access is not to last for as long as others have to be told of something.
    leave(&app, &dir, "again", 1000, 0).await;
    boot.scim.delete(&path).await.expect(204);
    assert_eq!(
        app.count("SELECT COUNT(*) FROM directory_rule_groups").await,
        0,
        "the group gives nobody anything any more"
    );
});
