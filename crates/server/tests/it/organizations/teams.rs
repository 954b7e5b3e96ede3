//! Teams: who makes them, who is in them, and in which one a session works.

use auth_core::outbox::EventKind;

use super::{active, suspend, user_id};
use crate::support::*;

fn org(path: &str) -> String {
    format!("/api/auth/organization/{path}")
}

fn text(value: &Json) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Ann with her organization and its first team, by their ids.
async fn founded(app: &App) -> (Client, String, String) {
    let ann = app.signed_up("ann").await;
    let made = ann.post(&org("create"), json!({ "name": "Acme", "slug": "acme" })).await.ok();
    let teams = ann.get(&org("list-teams")).await.ok();
    (ann, text(&made["id"]), text(&teams[0]["id"]))
}

/// Somebody who is a member with that role.
async fn joined(app: &App, ann: &Client, name: &str, role: &str) -> (Client, String) {
    let who = app.proven(&format!("{name}@example.com")).await;
    let invited = json!({ "email": format!("{name}@example.com"), "role": role });
    let invitation = ann.post(&org("invite-member"), invited).await.ok();
    who.post(&org("accept-invitation"), json!({ "invitationId": invitation["id"] })).await.ok();
    let id = user_id(&who).await;
    (who, id)
}

async fn active_team(client: &Client) -> Json {
    client.get("/api/auth/get-session").await.ok()["session"]["activeTeamId"].clone()
}

async fn names(client: &Client, path: &str) -> Vec<String> {
    let teams = client.get(&org(path)).await.ok();
    teams.as_array().expect("teams").iter().map(|team| text(&team["name"])).collect()
}

db_test!(whoever_makes_an_organization_has_a_first_team_in_it, async |app| {
    let (ann, acme, team) = founded(&app).await;
    let first = ann.get(&org("list-teams")).await.ok()[0].clone();
    assert_eq!((&first["name"], &first["organizationId"]), (&json!("Acme"), &json!(acme)));
    assert!(first["createdAt"].is_string() && first["updatedAt"].is_string());
    assert_eq!((active(&ann).await, active_team(&ann).await), (json!(acme), json!(team)));
    let full = ann.get(&org("get-full-organization")).await.ok();
    assert_eq!(full["teams"], json!([first]));
    let place = ann.get(&org("list-team-members")).await.ok()[0].clone();
    assert_eq!((&place["teamId"], &place["userId"]), (&json!(team), &json!(user_id(&ann).await)));
    // The session goes on as it was, if that is asked for.
    let other = json!({ "name": "Other", "slug": "other", "keepCurrentActiveOrganization": true });
    ann.post(&org("create"), other).await.ok();
    assert_eq!((active(&ann).await, active_team(&ann).await), (json!(acme), json!(team)));
    assert_eq!(app.events_of(EventKind::TeamCreated).await.len(), 2);
});

db_test!(teams_are_made_renamed_and_deleted, async |app| {
    let (ann, acme, first) = founded(&app).await;
    let (ben, ben_id) = joined(&app, &ann, "ben", "member").await;
    let sales = ann.post(&org("create-team"), json!({ "name": "Sales" })).await.ok();
    let id = text(&sales["id"]);
    assert_eq!((&sales["name"], &sales["organizationId"]), (&json!("Sales"), &json!(acme)));
    let renamed = ann.post(&org("update-team"), json!({ "teamId": id, "data": { "name": "Selling" } })).await.ok();
    assert_eq!((&renamed["id"], &renamed["name"]), (&sales["id"], &json!("Selling")));
    assert_eq!(names(&ben, "list-teams").await, ["Acme", "Selling"]);
    // Whoever made it is not in it by that.
    assert_eq!(ann.get(&org(&format!("list-team-members?teamId={id}"))).await.ok(), json!([]));
    for (name, code) in [("", "INVALID_TEAM_NAME"), ("a\u{0}b", "VALIDATION_ERROR")] {
        ann.post(&org("create-team"), json!({ "name": name })).await.refused(400, code);
    }
    ann.post(&org("create-team"), json!({})).await.refused(400, "VALIDATION_ERROR");
    ann.post(&org("update-team"), json!({ "teamId": id })).await.refused(400, "VALIDATION_ERROR");
    let nothing = json!({ "teamId": "team_none", "data": { "name": "X" } });
    ann.post(&org("update-team"), nothing).await.refused(400, "TEAM_NOT_FOUND");
    // A member may none of it.
    let refused = "YOU_ARE_NOT_ALLOWED_TO_CREATE_TEAMS_IN_THIS_ORGANIZATION";
    ben.post(&org("create-team"), json!({ "name": "Ben's" })).await.refused(403, refused);
    let rename = json!({ "teamId": id, "data": { "name": "Ben's" } });
    ben.post(&org("update-team"), rename).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_TEAM");
    let refused = "YOU_ARE_NOT_ALLOWED_TO_DELETE_TEAMS_IN_THIS_ORGANIZATION";
    ben.post(&org("remove-team"), json!({ "teamId": id })).await.refused(403, refused);
    for (path, code) in [
        ("add-team-member", "YOU_ARE_NOT_ALLOWED_TO_CREATE_A_NEW_TEAM_MEMBER"),
        ("remove-team-member", "YOU_ARE_NOT_ALLOWED_TO_REMOVE_A_TEAM_MEMBER"),
    ] {
        ben.post(&org(path), json!({ "teamId": id, "userId": ben_id })).await.refused(403, code);
    }
    // Not the one in which the session works, and not the last one.
    let own = json!({ "teamId": first });
    ann.post(&org("remove-team"), own).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_TEAM");
    ann.post(&org("set-active-team"), json!({ "teamId": null })).await.expect(200);
    let gone = ann.post(&org("remove-team"), json!({ "teamId": first })).await.ok();
    assert_eq!(gone, json!({ "message": "Team removed successfully." }));
    ann.post(&org("remove-team"), json!({ "teamId": first })).await.refused(400, "TEAM_NOT_FOUND");
    ann.post(&org("remove-team"), json!({ "teamId": id })).await.refused(400, "UNABLE_TO_REMOVE_LAST_TEAM");
    assert_eq!(app.events_of(EventKind::TeamUpdated).await.len(), 1);
    assert_eq!(app.events_of(EventKind::TeamDeleted).await.len(), 1);
});

db_test!(members_are_put_into_teams_and_taken_out, async |app| {
    let (ann, acme, first) = founded(&app).await;
    let (ben, ben_id) = joined(&app, &ann, "ben", "member").await;
    let listed = org(&format!("list-team-members?teamId={first}"));
    ben.get(&listed).await.refused(400, "USER_IS_NOT_A_MEMBER_OF_THE_TEAM");
    let put = json!({ "teamId": first, "userId": ben_id });
    let place = ann.post(&org("add-team-member"), put.clone()).await.ok();
    assert_eq!((&place["teamId"], &place["userId"]), (&json!(first), &json!(ben_id)));
    // Twice is once.
    assert_eq!(ann.post(&org("add-team-member"), put.clone()).await.ok(), place);
    assert_eq!(ben.get(&listed).await.ok().as_array().expect("members").len(), 2);
    assert_eq!(names(&ben, "list-user-teams").await, ["Acme"]);
    assert_eq!(names(&ann, &format!("list-user-teams?userId={ben_id}")).await, ["Acme"]);
    let ann_id = user_id(&ann).await;
    let others = org(&format!("list-user-teams?userId={ann_id}&organizationId={acme}"));
    ben.get(&others).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_MEMBER");
    // Whoever leaves the team does not work in it any more.
    let chosen = ben.post(&org("set-active-team"), json!({ "teamId": first })).await.ok();
    assert_eq!((&chosen["id"], active_team(&ben).await), (&json!(first), json!(first)));
    let out = ann.post(&org("remove-team-member"), put.clone()).await.ok();
    assert_eq!(out, json!({ "message": "Team member removed successfully." }));
    assert_eq!(active_team(&ben).await, Json::Null);
    ann.post(&org("remove-team-member"), put.clone()).await.refused(400, "USER_IS_NOT_A_MEMBER_OF_THE_TEAM");
    ben.post(&org("set-active-team"), json!({ "teamId": first }))
        .await
        .refused(403, "USER_IS_NOT_A_MEMBER_OF_THE_TEAM");
    let stranger = user_id(&app.signed_up("eve").await).await;
    let put_stranger = json!({ "teamId": first, "userId": stranger });
    ann.post(&org("add-team-member"), put_stranger).await.refused(400, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
    // Who is suspended is in no team, and whoever leaves the organization leaves its teams.
    ann.post(&org("add-team-member"), put.clone()).await.expect(200);
    assert!(suspend(&app, &acme, &ben_id).await);
    assert_eq!(names(&ben, "list-user-teams").await, Vec::<String>::new());
    assert_eq!(ann.get(&listed).await.ok().as_array().expect("members").len(), 1);
    let (_, carol) = joined(&app, &ann, "carol", "member").await;
    ann.post(&org("add-team-member"), json!({ "teamId": first, "userId": carol })).await.expect(200);
    assert_eq!(app.count("SELECT COUNT(*) FROM team_members").await, 3);
    let removed = json!({ "memberIdOrEmail": "carol@example.com" });
    ann.post(&org("remove-member"), removed).await.expect(200);
    assert_eq!(app.count("SELECT COUNT(*) FROM team_members").await, 2);
    assert_eq!(app.events_of(EventKind::TeamMemberAdded).await.len(), 4);
    assert_eq!(app.events_of(EventKind::TeamMemberRemoved).await.len(), 1);
});

db_test!(teams_of_others_are_not_there, async |app| {
    let (ann, acme, first) = founded(&app).await;
    let eve = app.signed_up("eve").await;
    let eves = eve.post(&org("create"), json!({ "name": "Eve", "slug": "eve" })).await.ok();
    let eve_id = user_id(&eve).await;
    // By the id of the organization, and with the id of the team alone.
    for (path, body, status, code) in [
        (
            "create-team",
            json!({ "name": "X", "organizationId": acme }),
            403,
            "YOU_ARE_NOT_ALLOWED_TO_INVITE_USERS_TO_THIS_ORGANIZATION",
        ),
        (
            "update-team",
            json!({ "teamId": first, "data": { "name": "X", "organizationId": acme } }),
            403,
            "YOU_ARE_NOT_ALLOWED_TO_UPDATE_THIS_TEAM",
        ),
        ("update-team", json!({ "teamId": first, "data": { "name": "X" } }), 400, "TEAM_NOT_FOUND"),
        (
            "remove-team",
            json!({ "teamId": first, "organizationId": acme }),
            403,
            "YOU_ARE_NOT_ALLOWED_TO_DELETE_THIS_TEAM",
        ),
        ("remove-team", json!({ "teamId": first }), 400, "TEAM_NOT_FOUND"),
        (
            "add-team-member",
            json!({ "teamId": first, "userId": eve_id, "organizationId": acme }),
            400,
            "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION",
        ),
        ("add-team-member", json!({ "teamId": first, "userId": eve_id }), 400, "TEAM_NOT_FOUND"),
        ("remove-team-member", json!({ "teamId": first, "userId": eve_id }), 400, "TEAM_NOT_FOUND"),
        ("set-active-team", json!({ "teamId": first }), 400, "TEAM_NOT_FOUND"),
        (
            "invite-member",
            json!({ "email": "x@example.com", "role": "member", "teamId": first }),
            400,
            "TEAM_NOT_FOUND",
        ),
    ] {
        eve.post(&org(path), body).await.refused(status, code);
    }
    eve.get(&org(&format!("list-team-members?teamId={first}"))).await.refused(400, "TEAM_NOT_FOUND");
    eve.get(&org("list-team-members?teamId=team_none")).await.refused(400, "TEAM_NOT_FOUND");
    let listed = org(&format!("list-teams?organizationId={acme}"));
    eve.get(&listed).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_ACCESS_THIS_ORGANIZATION");
    let others = org(&format!("list-user-teams?organizationId={acme}"));
    eve.get(&others).await.refused(403, "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION");
    let ann_id = user_id(&ann).await;
    let hers = org(&format!("list-user-teams?userId={ann_id}"));
    eve.get(&hers).await.refused(400, "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
    assert_eq!(names(&eve, "list-user-teams").await, ["Eve"]);
    assert_eq!(names(&ann, "list-teams").await, ["Acme"]);
    // Nobody is invited by an invitation that was refused.
    assert_eq!(eve.get(&org("list-invitations")).await.ok(), json!([]));
    assert!(eves["id"].is_string());
    for path in ["list-teams", "list-user-teams", "list-team-members"] {
        app.client().get(&org(path)).await.refused(401, "UNAUTHORIZED");
    }
});

db_test!(an_invitation_leads_into_teams, async |app| {
    let (ann, acme, first) = founded(&app).await;
    let sales = text(&ann.post(&org("create-team"), json!({ "name": "Sales" })).await.ok()["id"]);
    let invite = async |email: &str, team: Json| {
        ann.post(&org("invite-member"), json!({ "email": email, "role": "member", "teamId": team })).await
    };
    let plain = ann.post(&org("invite-member"), json!({ "email": "x@example.com", "role": "member" })).await.ok();
    assert_eq!(plain["teamId"], Json::Null);
    let one = invite("ben@example.com", json!(sales)).await.ok();
    assert_eq!(one["teamId"], json!(sales));
    let both = invite("carol@example.com", json!([sales, first])).await.ok();
    let listed = ann.get(&org("list-invitations")).await.ok();
    let of_carol = listed.as_array().expect("invitations").iter().find(|i| i["id"] == both["id"]).expect("hers");
    assert_eq!(of_carol["teamId"], both["teamId"]);
    assert_eq!(text(&both["teamId"]).split(',').count(), 2);
    invite("dan@example.com", json!("team_none")).await.refused(400, "TEAM_NOT_FOUND");
    invite("dan@example.com", json!(7)).await.refused(400, "VALIDATION_ERROR");

    let ben = app.proven("ben@example.com").await;
    let accepted = ben.post(&org("accept-invitation"), json!({ "invitationId": one["id"] })).await.ok();
    assert_eq!(accepted["invitation"]["teamId"], json!(sales));
    assert_eq!((active(&ben).await, active_team(&ben).await), (json!(acme), json!(sales)));
    // A team that is gone by then is left out.
    ann.post(&org("remove-team"), json!({ "teamId": sales })).await.expect(200);
    assert_eq!(active_team(&ben).await, Json::Null);
    let carol = app.proven("carol@example.com").await;
    let accepted = carol.post(&org("accept-invitation"), json!({ "invitationId": both["id"] })).await.ok();
    assert_eq!(accepted["invitation"]["teamId"], json!(first));
    assert_eq!(names(&carol, "list-user-teams").await, ["Acme"]);
});

db_test!(
    the_operator_bounds_teams,
    Options::default().settings(|s| {
        s.organization.teams.limit = Some(2);
        s.organization.teams.member_limit = Some(1);
        s.organization.teams.allow_removing_all = true;
    }),
    async |app| {
        let (ann, _, first) = founded(&app).await;
        ann.post(&org("create-team"), json!({ "name": "Two" })).await.expect(200);
        let refused = "YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_TEAMS";
        ann.post(&org("create-team"), json!({ "name": "Three" })).await.refused(400, refused);
        let (_, ben) = joined(&app, &ann, "ben", "member").await;
        let put = json!({ "teamId": first, "userId": ben });
        ann.post(&org("add-team-member"), put).await.refused(403, "TEAM_MEMBER_LIMIT_REACHED");
        let invited = json!({ "email": "carol@example.com", "role": "member", "teamId": first });
        ann.post(&org("invite-member"), invited).await.refused(403, "TEAM_MEMBER_LIMIT_REACHED");
        ann.post(&org("set-active-team"), json!({ "teamId": null })).await.expect(200);
        for team in ann.get(&org("list-teams")).await.ok().as_array().expect("teams") {
            ann.post(&org("remove-team"), json!({ "teamId": team["id"] })).await.expect(200);
        }
        assert_eq!(names(&ann, "list-teams").await, Vec::<String>::new());
    }
);

db_test!(
    teams_can_be_switched_off,
    Options::default().settings(|s| s.organization.teams.enabled = false),
    async |app| {
        let ann = app.signed_up("ann").await;
        ann.post(&org("create"), json!({ "name": "Acme", "slug": "acme" })).await.ok();
        assert!(ann.get(&org("get-full-organization")).await.ok()["teams"].is_null());
        for path in ["list-teams", "list-user-teams", "list-team-members"] {
            ann.get(&org(path)).await.expect(404);
        }
        for path in ["create-team", "update-team", "remove-team", "set-active-team", "add-team-member"] {
            assert_eq!(ann.post(&org(path), json!({ "name": "X" })).await.expect(404).text, "");
        }
        let invited = json!({ "email": "ben@example.com", "role": "member", "teamId": "team_1" });
        assert_eq!(ann.post(&org("invite-member"), invited).await.ok()["teamId"], Json::Null);
    }
);

db_test!(a_role_that_invites_alone_puts_nobody_into_teams, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let role = json!({ "key": "org:host", "name": "Host", "permissions": ["invitation:create", "ac:read"] });
    boot.key.post("/v1/roles", role).await.created();
    let ann = app.signed_up("ann").await;
    let path = format!("/v1/organizations/{}/memberships", boot.organization_id);
    boot.key.post(&path, json!({ "user_id": user_id(&ann).await, "role": "org:host" })).await.created();
    let team = json!({ "name": "Sales", "organizationId": boot.organization_id });
    let team = boot.admin.post(&org("create-team"), team).await.ok();
    let invited = json!({ "email": "ben@example.com", "role": "member", "organizationId": boot.organization_id });
    let mut into = invited.clone();
    into["teamId"] = team["id"].clone();
    ann.post(&org("invite-member"), into).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_CREATE_A_NEW_TEAM_MEMBER");
    ann.post(&org("invite-member"), invited).await.expect(200);
});
