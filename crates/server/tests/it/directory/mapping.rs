//! What people become by the mapping of their directory: at once, again, and by a job.

use auth_core::features::directory::groups::{self, MemberOp, Members, NewDirectoryGroup};
use auth_core::features::directory::jobs::{self, Job};
use auth_core::features::directory::mapping::saving::{self, Saved};
use auth_core::ids::DirectoryGroupId;
use auth_core::notes::Notes;
use auth_core::orgs::members::grants_of;
use auth_core::outbox::EventKind;

use super::*;
use crate::support::*;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const ROLE: &str =
    r#"{{ value | downcase | replace: "admins", "org:admin" | default: "org:member" }}.organization_role"#;

/// Puts a mapping in force; the directory as its next request sees it.
async fn mapped(dir: &Dir, mapping: &Json) -> (Dir, Saved) {
    let (organization, id) = (dir.actor.directory.organization_id.as_ref(), &dir.actor.directory.id);
    let mapping = attributes(mapping);
    let save = async |tx: &mut auth_core::Tx| saving::save(tx, organization, id, &mapping).await;
    let saved = dir.app.core.write(&system(), save).await.unwrap().expect("the mapping is good");
    (Dir::by_token(&dir.app, &dir.token).await, saved)
}

/// Waits until nothing is left to do beside the requests.
async fn done(app: &App) {
    for _ in 0..2000 {
        jobs::step(&app.core).await.unwrap();
        if app.count("SELECT COUNT(*) FROM directory_jobs WHERE state IN ('queued', 'running')").await == 0 {
            return;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("a job is never done");
}

async fn roles_of(app: &App, organization: &OrgId, email: &str) -> Vec<String> {
    let user = user(app, email).await.expect("a person");
    member(app, organization, &user.id).await.expect("a member").roles
}

async fn job(app: &App, dir: &Dir, saved: &Saved) -> Job {
    let id = saved.job.clone().expect("a job");
    let directory = &dir.actor.directory;
    let look =
        async |tx: &mut auth_core::Tx| jobs::get(tx, directory.organization_id.as_ref(), &directory.id, &id).await;
    app.core.write(&system(), look).await.unwrap()
}

async fn group(dir: &Dir, name: &str, members: &[&DirectoryUserId]) -> DirectoryGroupId {
    let new = NewDirectoryGroup {
        attributes: attributes(&json!({ "schemas": [], "displayName": name })),
        members: members.iter().map(ToString::to_string).collect(),
    };
    let make = async |tx: &mut auth_core::Tx| groups::create(tx, &dir.actor, &new, Members::Omit).await;
    dir.app.core.write(&dir.ctx, make).await.expect("a group").resource.id
}

async fn alter(dir: &Dir, id: &DirectoryGroupId, name: Option<&str>, members: Vec<MemberOp>) {
    let edit = groups::Edit {
        attributes: name.map(|name| attributes(&json!({ "schemas": [], "displayName": name }))),
        members,
    };
    let apply = async |tx: &mut auth_core::Tx| {
        groups::change(tx, &dir.actor, id, None, Members::Omit, |_| Ok::<_, Error>(edit.clone())).await
    };
    dir.app.core.write(&dir.ctx, apply).await.expect("the group changes");
}

db_test!(dave_of_the_walkthrough_gets_his_metadata_and_his_role, async |app| {
    let acme = organization(&app, "Acme", Some("acme.com")).await;
    let mapping = json!({
        "groups[0].value": ROLE,
        format!("{ENTERPRISE}.department"): "public_metadata.department",
        format!("{ENTERPRISE}.employeeNumber"): "public_metadata.employee_number",
    });
    let (dir, saved) = mapped(&Dir::of(&app, Some(&acme), "okta").await, &mapping).await;
    assert_eq!((saved.version.version, saved.job), (1, None));
    let mut dave = person("dave@acme.com");
    dave[ENTERPRISE] = json!({ "department": "Sales", "employeeNumber": "701984" });
    dave["groups"] = json!([{ "value": "Admins", "display": "Admins" }]);
    let made = dir.post(&dave).await;
    assert!(!made.attributes.contains_key("groups") && made.groups.is_empty());
    let account = user(&app, "dave@acme.com").await.unwrap();
    assert_eq!(Json::from(account.public_metadata), json!({"department": "Sales", "employee_number": "701984"}));
    assert_eq!(roles_of(&app, &acme, "dave@acme.com").await, ["admin"]);
    let of_dave = member(&app, &acme, &account.id).await.unwrap();
    let grants = app.look(async |rx| grants_of(rx, &acme, std::slice::from_ref(&of_dave.id)).await).await;
    let sources: Vec<_> = grants.iter().map(|grant| (grant.source.as_str(), grant.role.as_str())).collect();
    assert!(sources.contains(&("default", "member")) && sources.contains(&("mapping", "admin")), "{sources:?}");
    // Whoever follows the events has it too.
    let told = app.events_of(EventKind::DirectoryUserProvisioned).await;
    assert_eq!(told[0].payload["user"]["public_metadata"]["department"], "Sales");

    // Nothing is said of the groups: they stay as they were sent. A value that is gone is taken away, and nothing else.
    let change = async |tx: &mut auth_core::Tx| {
        let changes = users::Changes {
            public_metadata: Some(attributes(&json!({"own": 1, "department": "Sales", "employee_number": "701984"}))),
            ..users::Changes::default()
        };
        users::update(tx, &account.id, changes).await
    };
    app.core.write(&system(), change).await.unwrap();
    dir.patch(&made.id, &json!({ ENTERPRISE: { "department": "Legal" } })).await;
    let account = user(&app, "dave@acme.com").await.unwrap();
    assert_eq!(Json::from(account.public_metadata), json!({"own": 1, "department": "Legal"}));
    assert_eq!(roles_of(&app, &acme, "dave@acme.com").await, ["admin"]);
    dir.patch(&made.id, &json!({ "groups": [{ "value": "Staff" }] })).await;
    assert_eq!(roles_of(&app, &acme, "dave@acme.com").await, ["admin"], "a role that nobody knows changes nothing");
    dir.patch(&made.id, &json!({ "groups": [] })).await;
    assert_eq!(roles_of(&app, &acme, "dave@acme.com").await, ["member"]);
});

db_test!(groups_of_the_directory_give_and_take_roles_as_people_come_and_go, async |app| {
    let acme = organization(&app, "Acme", Some("acme.com")).await;
    let (dir, _) = mapped(
        &Dir::of(&app, Some(&acme), "okta").await,
        &json!({ "groups[0].value": ROLE, "groups.id": "public_metadata.groups" }),
    )
    .await;
    let ann = dir.post(&person("ann@acme.com")).await;
    let bob = dir.post(&person("bob@acme.com")).await;
    assert_eq!(roles_of(&app, &acme, "ann@acme.com").await, ["member"]);
    let admins = group(&dir, "Admins", &[&ann.id]).await;
    assert_eq!(roles_of(&app, &acme, "ann@acme.com").await, ["admin"]);
    assert_eq!(roles_of(&app, &acme, "bob@acme.com").await, ["member"]);
    let account = user(&app, "ann@acme.com").await.unwrap();
    assert_eq!(account.public_metadata["groups"], json!([admins.as_str()]));

    alter(&dir, &admins, None, vec![MemberOp::Replace(vec![bob.id.to_string()])]).await;
    assert_eq!(roles_of(&app, &acme, "ann@acme.com").await, ["member"]);
    assert!(!user(&app, "ann@acme.com").await.unwrap().public_metadata.contains_key("groups"));
    assert_eq!(roles_of(&app, &acme, "bob@acme.com").await, ["admin"]);
    alter(&dir, &admins, Some("Member"), vec![]).await;
    assert_eq!(roles_of(&app, &acme, "bob@acme.com").await, ["member"], "renamed, it says something else");
    alter(&dir, &admins, Some("ADMINS"), vec![]).await;
    assert_eq!(roles_of(&app, &acme, "bob@acme.com").await, ["admin"]);
    let gone = async |tx: &mut auth_core::Tx| groups::delete(tx, &dir.actor, &admins, None).await;
    app.core.write(&dir.ctx, gone).await.unwrap();
    assert_eq!(roles_of(&app, &acme, "bob@acme.com").await, ["member"]);

    // The first group is the one that the person came into first.
    let staff = group(&dir, "Staff", &[&ann.id]).await;
    group(&dir, "Admins", &[&ann.id]).await;
    assert_eq!(roles_of(&app, &acme, "ann@acme.com").await, ["member"]);
    alter(&dir, &staff, None, vec![MemberOp::Remove(vec![ann.id.to_string()])]).await;
    assert_eq!(roles_of(&app, &acme, "ann@acme.com").await, ["admin"]);
});

db_test!(a_mapping_never_makes_an_owner_and_what_fails_loses_nothing, async |app| {
    let acme = organization(&app, "Acme", Some("acme.com")).await;
    let mapping = json!({
        "title": "organization_role",
        "nickName": "{{ value | times: 3 }}.name",
        "locale": "image",
        "displayName": "{{ value | split: ' ' | first }}.first_name",
    });
    let (dir, _) = mapped(&Dir::of(&app, Some(&acme), "okta").await, &mapping).await;
    let mut eve = person("eve@acme.com");
    eve["title"] = json!("org:owner");
    eve["nickName"] = json!("no number");
    eve["locale"] = json!("javascript:alert(1)");
    let notes = Notes::default();
    let new = NewDirectoryUser { attributes: attributes(&eve), password: None };
    let ctx = dir.ctx.with_notes(notes.clone());
    app.core.write(&ctx, async |tx| resources::create(tx, &dir.actor, &new).await).await.expect("nothing is lost");
    let account = user(&app, "eve@acme.com").await.unwrap();
    assert_eq!(
        (account.name.as_str(), account.first_name.as_deref(), account.image),
        ("eve of the directory", Some("eve"), None)
    );
    assert_eq!(roles_of(&app, &acme, "eve@acme.com").await, ["member"]);
    let warned: Vec<String> = notes
        .take()
        .into_iter()
        .filter(|note| note.code == "mapping.warning")
        .map(|note| note.details["path"].to_string())
        .collect();
    assert_eq!(warned, ["\"title\"", "\"nickName\"", "\"locale\""]);
});

db_test!(without_authority_the_person_stays_as_they_are, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let (before, _) = proven(&app, "kim@other.example").await;
    add_member(&app, &acme, &before.id, "member").await;
    let mapping = json!({
        "title": "organization_role", "nickName": "name", format!("{ENTERPRISE}.department"): "public_metadata.department"
    });
    let (dir, _) = mapped(&Dir::of(&app, Some(&acme), "okta").await, &mapping).await;
    let mut kim = person("kim@other.example");
    kim["title"] = json!("admin");
    kim["nickName"] = json!("Kimmy");
    kim[ENTERPRISE] = json!({ "department": "Sales" });
    let made = dir.post(&kim).await;
    let account = user(&app, "kim@other.example").await.unwrap();
    assert_eq!((&account.name, account.public_metadata.len()), (&before.name, 0));
    let of_kim = member(&app, &acme, &account.id).await.unwrap();
    assert_eq!(Json::from(of_kim.public_metadata), json!({"department": "Sales"}));
    assert_eq!(of_kim.roles, ["admin", "member"], "what was given by hand stays beside");
    dir.patch(&made.id, &json!({ ENTERPRISE: null, "title": null })).await;
    let of_kim = member(&app, &acme, &account.id).await.unwrap();
    assert_eq!((of_kim.public_metadata.len(), of_kim.roles), (0, vec!["member".to_owned()]));
});

db_test!(who_must_accept_first_gets_the_role_with_the_membership, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let (stranger, _) = proven(&app, "sue@other.example").await;
    let (dir, _) = mapped(
        &Dir::of(&app, Some(&acme), "okta").await,
        &json!({ "title": "organization_role", "nickName": "public_metadata.nick" }),
    )
    .await;
    let mut sue = person("sue@other.example");
    sue["title"] = json!("org:admin");
    sue["nickName"] = json!("Susi");
    dir.post(&sue).await;
    let awaiting = member(&app, &acme, &stranger.id).await.unwrap();
    assert_eq!((awaiting.status, awaiting.roles.as_slice()), (Status::Awaiting, &["admin".to_owned()][..]));
    assert!(user(&app, "sue@other.example").await.unwrap().public_metadata.is_empty());
    app.core.write(&system(), async |tx| members::activate(tx, &acme, &stranger.id).await).await.unwrap();
    assert_eq!(roles_of(&app, &acme, "sue@other.example").await, ["admin"]);
});

db_test!(another_mapping_is_applied_to_those_who_are_there, async |app| {
    let acme = organization(&app, "Acme", Some("acme.com")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    for n in 0..120 {
        let mut one = person(&format!("p{n}@acme.com"));
        one["nickName"] = json!(format!("Nick {n}"));
        one["title"] = json!(if n == 7 { "org:admin" } else { "org:member" });
        dir.post(&one).await;
    }
    let (dir, saved) = mapped(&dir, &json!({ "nickName": "name", "title": "organization_role" })).await;
    done(&app).await;
    let ended = job(&app, &dir, &saved).await;
    assert_eq!((ended.state.as_str(), ended.done, ended.total, ended.failed), ("done", 120, 120, 0));
    assert_eq!(user(&app, "p99@acme.com").await.unwrap().name, "Nick 99");
    assert_eq!(roles_of(&app, &acme, "p7@acme.com").await, ["admin"]);

    // What people changed themselves since is not touched where the mapping says the same as before.
    let p99 = user(&app, "p99@acme.com").await.unwrap();
    let rename = async |tx: &mut auth_core::Tx| {
        users::update(tx, &p99.id, users::Changes { name: Some("Ninety".into()), ..users::Changes::default() }).await
    };
    app.core.write(&system(), rename).await.unwrap();
    let (dir, _) = mapped(&dir, &json!({ "nickName": "name" })).await;
    done(&app).await;
    assert_eq!(user(&app, "p99@acme.com").await.unwrap().name, "Ninety");
    assert_eq!(roles_of(&app, &acme, "p7@acme.com").await, ["member"]);
    let (_, _) = mapped(&dir, &json!({})).await;
    done(&app).await;
    assert_eq!(user(&app, "p98@acme.com").await.unwrap().name, "p98 of the directory");
});

db_test!(an_address_moves_with_the_mapping_only_where_it_says_something_else, async |app| {
    let acme = organization(&app, "Acme", Some("acme.com")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let mut one = person("one@acme.com");
    one["nickName"] = json!("uno@acme.com");
    dir.post(&one).await;
    dir.post(&person("two@acme.com")).await;
    let (dir, _) = mapped(&dir, &json!({ "nickName": "email_address" })).await;
    done(&app).await;
    assert!(user(&app, "one@acme.com").await.is_none() && user(&app, "uno@acme.com").await.is_some());
    assert!(user(&app, "two@acme.com").await.is_some());
    let (_, _) = mapped(&dir, &json!({})).await;
    done(&app).await;
    assert!(user(&app, "one@acme.com").await.is_some() && user(&app, "uno@acme.com").await.is_none());
});

db_test!(a_job_that_was_cut_off_goes_on_where_it_was, Options::default().idle(), async |app| {
    let acme = organization(&app, "Acme", Some("acme.com")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    for n in 0..5 {
        dir.post(&person(&format!("p{n}@acme.com"))).await;
    }
    let (dir, saved) = mapped(&dir, &json!({ "userName": "public_metadata.login" })).await;
    // A replica took the batch, did two people, and died.
    let killed = async |tx: &mut auth_core::Tx| {
        auth_core::db::run(
            tx,
            "UPDATE directory_jobs SET state = 'running', lease = 'job_dead', leased_until = $1, done = 2,
                 cursor = (SELECT MAX(x.id) FROM (SELECT id FROM directory_users ORDER BY id LIMIT 2) x)",
            [auth_core::db::Scope::now(tx).plus_seconds(60).into()],
        )
        .await
    };
    app.core.write(&system(), killed).await.unwrap();
    assert!(!jobs::step(&app.core).await.unwrap(), "the lease is another's");
    app.clock.advance(61);
    assert!(jobs::step(&app.core).await.unwrap());
    let ended = job(&app, &dir, &saved).await;
    assert_eq!((ended.state.as_str(), ended.done, ended.failed), ("done", 5, 0));
    // The two whom the dead one counted are not done again.
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_user_mapped WHERE version = 1").await, 3);
    assert!(!jobs::step(&app.core).await.unwrap(), "nothing is left");
});

db_test!(a_batch_is_done_once_whoever_asks, Options::default().idle(), async |app| {
    let acme = organization(&app, "Acme", Some("acme.com")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    for n in 0..30 {
        dir.post(&person(&format!("p{n}@acme.com"))).await;
    }
    let (dir, saved) = mapped(&dir, &json!({ "userName": "public_metadata.login" })).await;
    let steps = (0..4).map(|_| jobs::step(&app.core));
    let did = futures_util::future::join_all(steps).await.into_iter().filter(|did| *did.as_ref().unwrap()).count();
    assert_eq!(did, 1);
    let ended = job(&app, &dir, &saved).await;
    assert_eq!((ended.state.as_str(), ended.done), ("done", 30));
    let changed = app.events_of(EventKind::UserUpdated).await;
    assert_eq!(changed.len(), 30, "each person once");
});

db_test!(
    a_job_is_canceled_and_a_newer_mapping_takes_the_place_of_an_older_one,
    Options::default().idle(),
    async |app| {
        let acme = organization(&app, "Acme", Some("acme.com")).await;
        let dir = Dir::of(&app, Some(&acme), "okta").await;
        let ann = dir.post(&person("ann@acme.com")).await;
        let (dir, first) = mapped(&dir, &json!({ "userName": "public_metadata.a" })).await;
        let (dir, second) = mapped(&dir, &json!({ "userName": "public_metadata.b" })).await;
        assert_eq!(job(&app, &dir, &first).await.state, "canceled");
        let id = second.job.clone().unwrap();
        let directory = &dir.actor.directory;
        let cancel = async |tx: &mut auth_core::Tx| jobs::cancel(tx, Some(&acme), &directory.id, &id).await;
        let canceled = app.core.write(&system(), cancel).await.unwrap();
        assert_eq!(canceled.state, "canceled");
        assert!(!jobs::step(&app.core).await.unwrap());
        assert!(user(&app, "ann@acme.com").await.unwrap().public_metadata.is_empty());
        // The next word of the directory maps her all the same.
        dir.patch(&ann.id, &json!({ "title": "x" })).await;
        assert_eq!(Json::from(user(&app, "ann@acme.com").await.unwrap().public_metadata), json!({"b": "ann@acme.com"}));
    }
);

db_test!(large_groups_are_mapped_by_a_job, async |app| {
    let acme = organization(&app, "Acme", Some("acme.com")).await;
    let (dir, _) = mapped(&Dir::of(&app, Some(&acme), "okta").await, &json!({ "groups[0].value": ROLE })).await;
    let mut people = Vec::new();
    for n in 0..101 {
        people.push(dir.post(&person(&format!("p{n}@acme.com"))).await.id);
    }
    group(&dir, "Admins", &people.iter().collect::<Vec<_>>()).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_jobs").await, 1);
    done(&app).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM member_grants WHERE source = 'mapping' AND role = 'admin'").await, 101);
});

db_test!(a_directory_without_a_mapping_asks_nothing_more, async |app| {
    let acme = organization(&app, "Acme", Some("acme.com")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let ann = dir.post(&person("ann@acme.com")).await;
    dir.patch(&ann.id, &json!({ "displayName": "Ann" })).await;
    group(&dir, "Staff", &[&ann.id]).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_user_mapped").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_jobs").await, 0);
});
