//! Whether a directory takes requests, and what its settings do with people.

use auth_core::features::directory::connections::Changes;
use auth_core::features::directory::users::Link;
use auth_core::features::directory::{LinkPolicy, OnDeletion, State};
use auth_core::outbox::EventKind;

use super::*;
use crate::support::*;

async fn changed(app: &App, owner: &OrgId, dir: &Dir, changes: Changes) -> Dir {
    let id = &dir.actor.directory.id;
    app.core.write(&system(), async |tx| connections::update(tx, owner, id, &changes).await).await.expect("changed");
    Dir::by_token(app, &dir.token).await
}

db_test!(a_directory_is_set_up_by_its_first_request, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let change = async |tx: &mut auth_core::Tx| {
        let directory = connections::make_or_find(tx, &acme, "okta").await?;
        let token = tokens::issue(tx, NewCredential::bearer(directory.id.clone(), "okta", Origin::Api)).await?;
        Ok::<_, Error>((directory, token.into_secret()?))
    };
    let (directory, token) = app.core.write(&system(), change).await.expect("a directory");
    let state = async || {
        app.core.read(&system(), async |rx| connections::get(rx, &acme, &directory.id).await).await.unwrap().state
    };
    assert_eq!((directory.state, state().await), (State::SettingUp, State::SettingUp));
    assert!(!opens(&app, Presented::Bearer("scim_wrong")).await);
    assert_eq!(state().await, State::SettingUp);
    assert!(opens(&app, Presented::Bearer(token.expose())).await);
    assert_eq!(state().await, State::Active);
});

db_test!(a_directory_is_paused_and_resumed_and_says_so, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = format!("/v1/organizations/{}/directories/{}", boot.organization_id, boot.directory_id);
    assert_eq!(boot.key.get(&path).await.ok()["state"], "setting_up");
    boot.scim.get("/scim/v2/Users").await.expect(200);
    let send = async |action: &str| boot.key.send("POST", &format!("{path}/{action}"), None, &[]).await.ok();
    assert_eq!(send("pause").await["state"], "paused");
    assert_eq!(send("pause").await["state"], "paused");
    let refused = boot.scim.get("/scim/v2/Users").await.expect(503);
    assert_eq!(refused.header("retry-after"), Some("300"));
    assert_eq!(refused["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(send("resume").await["state"], "active");
    boot.scim.get("/scim/v2/Users").await.expect(200);
    boot.key.patch(&path, json!({"state": "paused"})).await.ok();
    boot.key.patch(&path, json!({"state": "active"})).await.ok();

    let paused = app.events_of(EventKind::DirectoryPaused).await;
    assert_eq!(paused.len(), 2);
    for event in paused {
        assert_eq!(
            (&event.payload["before"]["state"], &event.payload["after"]["state"]),
            (&json!("active"), &json!("paused"))
        );
    }
});

db_test!(a_strict_directory_invites_nobody, async |app| {
    let acme = organization(&app, "Acme", None).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let dir = changed(&app, &acme, &dir, Changes { link_policy: Some(LinkPolicy::Strict), ..Changes::default() }).await;
    let (ann, _) = proven(&app, "ann@elsewhere.example").await;
    let made = dir.post(&person("ann@elsewhere.example")).await;
    assert_eq!((made.link, made.user_id), (Link::Pending, Some(ann.id.clone())));
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().status, Status::Awaiting);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations").await, 0);

    let dir = changed(&app, &acme, &dir, Changes { link_policy: Some(LinkPolicy::Invite), ..Changes::default() }).await;
    proven(&app, "bob@elsewhere.example").await;
    dir.post(&person("bob@elsewhere.example")).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations").await, 1);
});

db_test!(a_deletion_may_take_all_roles_away_for_good, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    let changes = Changes {
        on_deletion: Some(OnDeletion::RemoveMembership),
        restore_roles_after_delete: Some(true),
        ..Changes::default()
    };
    let dir = changed(&app, &acme, &dir, changes).await;
    let made = dir.post(&person("ann@acme.example")).await;
    let ann = user(&app, "ann@acme.example").await.unwrap();
    let id = member(&app, &acme, &ann.id).await.unwrap().id;
    let give = async |tx: &mut auth_core::Tx| members::grant(tx, &acme, &id, "admin", Source::Manual).await;
    app.core.write(&system(), give).await.unwrap();
    dir.set_active(&made.id, false).await;
    assert!(member(&app, &acme, &ann.id).await.unwrap().roles.contains(&"admin".to_owned()), "not by a deactivation");
    dir.delete(&made.id).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM member_grants").await, 0);
    let add = async |tx: &mut auth_core::Tx| {
        let new = NewMember {
            organization_id: acme.clone(),
            user_id: ann.id.clone(),
            status: Status::Active,
            role: "member".into(),
            source: Source::Manual,
            additional_fields: auth_core::fields::Given::default(),
        };
        members::add(tx, new).await
    };
    assert!(app.core.write(&system(), add).await.is_err(), "nobody is brought back behind the directory's back");
    dir.post(&person("ann@acme.example")).await;
    assert_eq!(member(&app, &acme, &ann.id).await.unwrap().roles, ["member"]);
});

db_test!(whom_a_directory_makes_may_be_welcomed, async |app| {
    let acme = organization(&app, "Acme", Some("acme.example")).await;
    let dir = Dir::of(&app, Some(&acme), "okta").await;
    dir.post(&person("quiet@acme.example")).await;
    let dir = changed(&app, &acme, &dir, Changes { welcome_mail: Some(true), ..Changes::default() }).await;
    let off = json!({ "userName": "off@acme.example", "active": false });
    dir.post(&off).await;
    dir.post(&person("ann@acme.example")).await;
    let token = app.mail().wait("ann@acme.example", r"reset-password/([A-Za-z0-9]+)").await;
    let body = json!({ "newPassword": PASSWORD, "token": token });
    app.client().post("/api/auth/reset-password", body).await.expect(200);
    assert!(sign_in(&app, "ann@acme.example").await.is_ok());
    assert!(app.mail().to("quiet@acme.example").is_empty() && app.mail().to("off@acme.example").is_empty());
    let sealed = app.count("SELECT COUNT(*) FROM mail_queue WHERE sealed LIKE '%reset-password%'").await;
    assert_eq!(sealed, 0);
});
