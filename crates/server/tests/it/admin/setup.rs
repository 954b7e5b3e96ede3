//! Setting up a directory without an account: links, sessions, what they reach and when they end.

use auth_core::features::directory::{connections, credentials, receipts, setup as links};
use auth_core::ids::{Id, OrgId, UserId};
use auth_core::orgs::members;
use auth_core::outbox::EventKind;

use super::{faults, problem, within};
use crate::support::*;

/// The path of something of the directory.
fn below(boot: &Boot, rest: &str) -> String {
    within(boot, &format!("/directories/{}{rest}", boot.directory_id))
}

fn text(value: &Json) -> String {
    value.as_str().expect("a text").to_owned()
}

/// The token in the address of a new link.
async fn link(boot: &Boot, by: &Client) -> (String, String) {
    let made = by.post(&below(boot, "/setup-links"), json!({})).await.created();
    let url = text(&made["url"]);
    let (_, token) = url.split_once("/setup/").expect("an address");
    (text(&made["id"]), token.to_owned())
}

/// Somebody with the session that a link is exchanged for.
async fn opened(app: &App, boot: &Boot, by: &Client) -> (String, Client) {
    let (id, token) = link(boot, by).await;
    let session = app.http().post("/v1/setup-sessions", json!({ "token": token })).await.created();
    (id, app.http().bearer(session["token"].as_str().expect("a token")))
}

/// A member of the organization with that role, signed in, and their membership.
async fn member(app: &App, boot: &Boot, name: &str, role: &str) -> (String, Client) {
    let client = app.signed_up(name).await;
    let id = text(&client.get("/api/auth/get-session").await.ok()["user"]["id"]);
    boot.key.post(&within(boot, "/memberships"), json!({ "user_id": id, "role": role })).await.created();
    (id, client)
}

db_test!(a_link_is_used_once_and_opens_its_directory_alone, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let made = boot.key.post(&below(&boot, "/setup-links"), json!({ "expires_in_hours": 2 })).await.created();
    assert_eq!((&made["object"], &made["directory_id"]), (&json!("setup_link"), &json!(boot.directory_id)), "{made}");
    assert_eq!(made["expires_at"].as_i64().unwrap() - made["created_at"].as_i64().unwrap(), 2 * 3_600_000);
    let url = text(&made["url"]);
    let token = url.strip_prefix(&format!("{}/setup/setup_", app.base)).expect("an address of ours");
    let token = format!("setup_{token}");

    // The list shows it without its address.
    let listed = boot.key.get(&below(&boot, "/setup-links")).await.ok();
    assert_eq!(listed["total_count"], 1);
    assert!(listed["data"][0].get("url").is_none() && listed["data"][0]["used_at"].is_null(), "{listed}");

    let session = app.http().post("/v1/setup-sessions", json!({ "token": token })).await.created();
    assert_eq!(session["organization_name"], "Acme");
    assert_eq!(session["directory_id"], json!(boot.directory_id));
    assert_eq!(session["allowed_origins"], json!([]));
    problem(app.http().post("/v1/setup-sessions", json!({ "token": token })).await, 404, "setup_link_ended");
    assert!(boot.key.get(&below(&boot, "/setup-links")).await.ok()["data"][0]["used_at"].is_i64());

    // Under both paths, and what setting up takes.
    let setup = app.http().bearer(session["token"].as_str().unwrap());
    let short = format!("/v1/directories/{}", boot.directory_id);
    for path in [below(&boot, ""), short.clone()] {
        assert_eq!(setup.get(&path).await.ok()["id"], json!(boot.directory_id));
        setup.get(&format!("{path}/setup-guide")).await.ok();
        setup.get(&format!("{path}/health")).await.ok();
        setup.get(&format!("{path}/requests")).await.ok();
        setup.get(&format!("{path}/users?limit=1")).await.ok();
    }
    let named = setup.patch(&short, json!({ "name": "Okta", "provider": "okta" })).await.ok();
    assert_eq!((&named["name"], &named["provider"]), (&json!("Okta"), &json!("okta")));
    let credential = setup.post(&format!("{short}/credentials"), json!({ "name": "Okta" })).await.created();
    let scim = app.scim(credential["token"].as_str().unwrap());
    scim.get("/scim/v2/Users").await.expect(200);
    let mapping = json!({ "mapping": { "nickName": "name" } });
    setup.post(&format!("{short}/attribute-mappings/preview"), mapping.clone()).await.ok();
    setup.put(&format!("{short}/attribute-mappings"), mapping).await.ok();
    // A link token opens nothing by itself, and a session's token is no link.
    let (_, unused) = link(&boot, &boot.key).await;
    problem(app.http().bearer(&unused).get(&short).await, 401, "unauthenticated");
    let wrong = app.http().post("/v1/setup-sessions", json!({ "token": session["token"] })).await;
    problem(wrong, 404, "setup_link_ended");

    // What is known of it: hashes, and who did what.
    let open = "SELECT COUNT(*) FROM setup_links l, setup_sessions s WHERE l.token_hash LIKE 'setup%' OR s.token_hash LIKE 'setup%'";
    assert_eq!(app.count(open).await, 0);
    let events = app.events().await;
    let kinds = |kind| events.iter().filter(|event| event.kind == Some(kind)).count();
    assert_eq!((kinds(EventKind::SetupLinkCreated), kinds(EventKind::SetupSessionCreated)), (2, 1));
    let issued = events.iter().rfind(|event| event.kind == Some(EventKind::CredentialIssued)).unwrap();
    assert_eq!(issued.actor, format!("setup:{}", session["id"].as_str().unwrap()));
    assert!(events.iter().all(|event| !event.payload.to_string().contains(&token)));
});

db_test!(of_many_who_use_a_link_at_once_one_succeeds, async |app| {
    let boot = app.boot("Acme", None).await;
    let (_, token) = link(&boot, &boot.key).await;
    let (app_ref, token) = (&app, &token);
    let tries = (0..8).map(async |_| app_ref.http().post("/v1/setup-sessions", json!({ "token": token })).await.status);
    let mut statuses = futures_util::future::join_all(tries).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 404, 404, 404, 404, 404, 404, 404]);
    assert_eq!(app.count("SELECT COUNT(*) FROM setup_sessions").await, 1);
});

db_test!(nobody_becomes_more_than_admin_by_a_setup_session, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let (_, setup) = opened(&app, &boot, &boot.key).await;
    let rules = |role: &str| json!({ "rules": [{ "group_name": "Everybody", "roles": [role] }] });
    problem(setup.put(&below(&boot, "/role-rules"), rules("org:owner")).await, 403, "owner_by_hand_only");
    problem(setup.post(&below(&boot, "/role-rules/simulate"), rules("org:owner")).await, 403, "owner_by_hand_only");
    setup.put(&below(&boot, "/role-rules"), rules("org:admin")).await.ok();

    // Of the settings they change what the directory is called and which product it is, nothing else.
    for change in [
        json!({ "settings": { "default_role": "org:owner" } }),
        json!({ "settings": { "default_role": "org:admin" } }),
        json!({ "settings": { "mapping_roles": ["org:owner"] } }),
        json!({ "state": "paused" }),
        json!({ "name": "X", "settings": { "breaker": { "enabled": false } } }),
        json!({ "settings": { "keep_password": true } }),
    ] {
        let refused = setup.patch(&below(&boot, ""), change.clone()).await;
        assert_eq!(refused.status, 403, "{change}: {refused:?}");
    }
    let kept = boot.key.get(&below(&boot, "")).await.ok();
    assert_eq!(
        (&kept["settings"]["default_role"], &kept["state"]),
        (&json!("org:member"), &json!("setting_up")),
        "{kept}"
    );

    // By a mapping: what is asked for beyond the list gives nothing.
    setup.put(&below(&boot, "/attribute-mappings"), json!({ "mapping": { "title": "organization_role" } })).await.ok();
    let person = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "eve@acme.example", "title": "org:owner",
        "emails": [{ "value": "eve@acme.example", "primary": true }],
    });
    boot.scim.post("/scim/v2/Users", person).await.created();
    let owners = "SELECT COUNT(*) FROM member_grants WHERE role = 'owner'";
    assert_eq!(app.count(owners).await, 1);
});

db_test!(a_setup_session_reaches_no_other_directory, async |app| {
    let boot = app.boot("Acme", None).await;
    let other = app.boot("Other", None).await;
    let (_, setup) = opened(&app, &boot, &boot.key).await;
    let sibling = boot.key.post(&within(&boot, "/directories"), json!({ "name": "Second" })).await.created();
    let sibling = sibling["id"].as_str().unwrap();
    for path in [
        within(&boot, &format!("/directories/{sibling}")),
        format!("/v1/directories/{sibling}"),
        below(&other, ""),
        format!("/v1/directories/{}", other.directory_id),
        format!("/v1/organizations/{}/directories/{}", other.organization_id, boot.directory_id),
    ] {
        problem(setup.get(&path).await, 404, "not_found");
        problem(setup.post(&format!("{path}/credentials"), json!({ "name": "X" })).await, 404, "not_found");
    }
    // Its own credentials only, even by the path of its own directory.
    let foreign = within(&boot, &format!("/directories/{sibling}/credentials"));
    let foreign = boot.key.post(&foreign, json!({ "name": "Theirs" })).await.created();
    let foreign = format!("/credentials/{}", foreign["id"].as_str().unwrap());
    setup.get(&below(&boot, &foreign)).await.expect(404);
    setup.post(&below(&boot, &format!("{foreign}/revoke")), json!({})).await.expect(404);
    // The core holds by itself, whatever the dialect lets through.
    let actor = auth_core::Actor::Setup {
        session_id: Id::parse("sets_1").unwrap(),
        directory_id: Id::parse(&boot.directory_id).unwrap(),
        organization_id: Id::parse(&boot.organization_id).unwrap(),
    };
    let ctx = auth_core::Ctx::system("test").with_actor(actor);
    let organization: OrgId = Id::parse(&boot.organization_id).unwrap();
    let (own, second): (auth_core::ids::DirectoryId, auth_core::ids::DirectoryId) =
        (Id::parse(&boot.directory_id).unwrap(), Id::parse(sibling).unwrap());
    let read = async |id| app.core.read(&ctx, async |rx| connections::get(rx, &organization, id).await).await;
    assert_eq!(read(&own).await.unwrap().id, own);
    assert_eq!(read(&second).await.unwrap_err().code(), "directory_not_found");
    let part = auth_core::db::Part { limit: 1, ..Default::default() };
    let refused = [
        app.core.read(&ctx, async |rx| connections::list(rx, &organization, 1, 0).await).await.map(drop),
        app.core.read(&ctx, async |rx| credentials::list(rx, &organization, &part).await).await.map(drop),
        app.core
            .read(&ctx, async |rx| {
                receipts::page(rx, connections::Of::Owner(Some(&organization)), &receipts::Wanted::default()).await
            })
            .await
            .map(drop),
        app.core.write(&ctx, async |tx| connections::disconnect(tx, &organization, &own).await).await.map(drop),
        app.core.write(&ctx, async |tx| connections::pause(tx, &organization, &own).await).await.map(drop),
        app.core.write(&ctx, async |tx| connections::create(tx, &organization, "x", "X").await).await.map(drop),
        app.core.write(&ctx, async |tx| links::create(tx, &organization, &own, None).await).await.map(drop),
        app.core.write(&ctx, async |tx| links::embed(tx, &organization, &own, &[]).await).await.map(drop),
    ];
    for (place, one) in refused.into_iter().enumerate() {
        assert_eq!(one.unwrap_err().code(), "forbidden", "{place}");
    }
    let place = app.core.read(&ctx, async |rx| links::present(rx).await).await.unwrap();
    assert!(place.is_none(), "there is no such session");
});

db_test!(a_session_ends_with_its_link_its_hour_and_its_directory, async |app| {
    let boot = app.boot("Acme", None).await;
    let here = below(&boot, "");
    // Revoked.
    let (id, setup) = opened(&app, &boot, &boot.key).await;
    setup.get(&here).await.ok();
    let revoke = below(&boot, &format!("/setup-links/{id}/revoke"));
    let revoked = boot.key.post(&revoke, json!({})).await.ok();
    assert!(revoked["revoked_at"].is_i64() && revoked.get("url").is_none(), "{revoked}");
    problem(setup.get(&here).await, 401, "unauthenticated");
    assert_eq!(boot.key.post(&revoke, json!({})).await.ok(), revoked);
    assert_eq!(app.events_of(EventKind::SetupLinkRevoked).await.len(), 1);
    // Revoked before it was used.
    let (id, token) = link(&boot, &boot.key).await;
    boot.key.post(&below(&boot, &format!("/setup-links/{id}/revoke")), json!({})).await.ok();
    problem(app.http().post("/v1/setup-sessions", json!({ "token": token })).await, 404, "setup_link_ended");
    // Expired.
    let (_, token) = link(&boot, &boot.key).await;
    let (_, setup) = opened(&app, &boot, &boot.key).await;
    app.clock.advance(24 * 3600 + 1);
    problem(setup.get(&here).await, 401, "unauthenticated");
    app.clock.advance(6 * 24 * 3600);
    problem(app.http().post("/v1/setup-sessions", json!({ "token": token })).await, 404, "setup_link_ended");
    // The directory is gone, and then the organization.
    let second = boot.key.post(&within(&boot, "/directories"), json!({ "name": "Second" })).await.created();
    let second = Boot { directory_id: text(&second["id"]), ..clone(&boot) };
    let (_, token) = link(&second, &boot.key).await;
    let (_, setup) = opened(&app, &second, &boot.key).await;
    boot.key.delete(&below(&second, "")).await.expect(204);
    problem(setup.get(&below(&second, "")).await, 401, "unauthenticated");
    problem(app.http().post("/v1/setup-sessions", json!({ "token": token })).await, 404, "setup_link_ended");
    let (_, setup) = opened(&app, &boot, &boot.key).await;
    boot.key.delete(&within(&boot, "")).await.expect(204);
    problem(setup.get(&here).await, 401, "unauthenticated");
});

/// The same organization once more.
fn clone(boot: &Boot) -> Boot {
    Boot {
        email: boot.email.clone(),
        user_id: boot.user_id.clone(),
        organization_id: boot.organization_id.clone(),
        directory_id: boot.directory_id.clone(),
        secret_key: boot.secret_key.clone(),
        scim_token: boot.scim_token.clone(),
        admin: boot.admin.clone(),
        scim: boot.scim.clone(),
        key: boot.key.clone(),
    }
}

db_test!(a_link_stands_on_the_right_of_whoever_made_it, async |app| {
    let boot = app.boot("Acme", None).await;
    let here = below(&boot, "");
    let (ann, client) = member(&app, &boot, "ann", "org:admin").await;
    let (_, unused) = link(&boot, &client).await;
    let (_, setup) = opened(&app, &boot, &client).await;
    setup.get(&here).await.ok();
    let role = within(&boot, &format!("/memberships/{ann}"));
    boot.key.patch(&role, json!({ "role": "org:member" })).await.ok();
    problem(setup.get(&here).await, 401, "unauthenticated");
    problem(app.http().post("/v1/setup-sessions", json!({ "token": unused })).await, 404, "setup_link_ended");
    // Whoever may again, lets it be used again: nothing was used up.
    boot.key.patch(&role, json!({ "role": "org:admin" })).await.ok();
    setup.get(&here).await.ok();
    app.http().post("/v1/setup-sessions", json!({ "token": unused })).await.created();
    boot.key.post(&format!("/v1/users/{ann}/ban"), json!({})).await.ok();
    problem(setup.get(&here).await, 401, "unauthenticated");
    // A key that is revoked takes what it made with it.
    let key = boot.key.post("/v1/secret-keys", json!({ "name": "Portal" })).await.created();
    let (_, setup) = opened(&app, &boot, &app.key(key["key"].as_str().unwrap())).await;
    setup.get(&here).await.ok();
    boot.key.post(&format!("/v1/secret-keys/{}/revoke", key["id"].as_str().unwrap()), json!({})).await.ok();
    problem(setup.get(&here).await, 401, "unauthenticated");
    // Members without the right make none, and strangers learn nothing.
    let (_, bob) = member(&app, &boot, "bob", "org:member").await;
    let short = format!("/v1/directories/{}", boot.directory_id);
    let eve = app.signed_up("eve").await;
    for (who, status) in [(&bob, 403), (&eve, 404)] {
        for path in [below(&boot, ""), short.clone()] {
            who.get(&format!("{path}/setup-links")).await.expect(status);
            who.post(&format!("{path}/setup-links"), json!({})).await.expect(status);
            who.post(&format!("{path}/setup-sessions"), json!({ "allowed_origins": ["https://a.example"] }))
                .await
                .expect(status);
        }
    }
    let nothing = eve.get("/v1/directories/dir_nothing/setup-links").await;
    let theirs = eve.get(&format!("{short}/setup-links")).await;
    assert_eq!((nothing.status, &nothing["code"]), (theirs.status, &theirs["code"]), "they tell them apart");
});

db_test!(what_ended_its_makers_access_ended_it_for_good, async |app| {
    let boot = app.boot("Acme", None).await;
    let (id, _) = member(&app, &boot, "ann", "org:admin").await;
    let (user, organization): (UserId, OrgId) = (Id::parse(&id).unwrap(), Id::parse(&boot.organization_id).unwrap());
    let system = auth_core::Ctx::system("test");
    let below_id = |rest: &str| format!("/v1/users/{id}{rest}");
    for what in ["suspended", "banned", "password", "removed"] {
        let ann = app.signed_in("ann@example.com").await;
        let (_, unused) = link(&boot, &ann).await;
        let (_, setup) = opened(&app, &boot, &ann).await;
        let wanted = json!({ "allowed_origins": ["https://app.example"] });
        let embedded = ann.post(&below(&boot, "/setup-sessions"), wanted).await.created();
        let embedded = app.http().bearer(embedded["token"].as_str().unwrap()).with("origin", "https://app.example");
        let here = below(&boot, "");
        setup.get(&here).await.ok();
        embedded.get(&here).await.expect(200);
        match what {
            "suspended" => {
                app.core
                    .write(&system, async |tx| members::suspend(tx, &organization, &user, "directory:dir_x").await)
                    .await
                    .unwrap();
                problem(setup.get(&here).await, 401, "unauthenticated");
                app.core.write(&system, async |tx| members::restore(tx, &organization, &user).await).await.unwrap();
            }
            "banned" => {
                boot.key.post(&below_id("/ban"), json!({})).await.ok();
                problem(setup.get(&here).await, 401, "unauthenticated");
                boot.key.post(&below_id("/unban"), json!({})).await.ok();
            }
            "password" => {
                // There and back again: the password of then says nothing.
                let other = "another long password";
                let turn = async |from: &str, to: &str| {
                    let change = json!({ "currentPassword": from, "newPassword": to });
                    ann.post("/api/auth/change-password", change).await.expect(200);
                };
                turn(PASSWORD, other).await;
                turn(other, PASSWORD).await;
            }
            _ => {
                boot.key.delete(&within(&boot, &format!("/memberships/{id}"))).await.expect(204);
                problem(setup.get(&here).await, 401, "unauthenticated");
                let again = json!({ "user_id": id, "role": "org:admin" });
                boot.key.post(&within(&boot, "/memberships"), again).await.created();
            }
        }
        // They may all of it again, by what they make anew.
        for gone in [&setup, &embedded] {
            let refused = gone.get(&here).await;
            assert_eq!((refused.status, &refused["code"]), (401, &json!("unauthenticated")), "{what}");
        }
        problem(app.http().post("/v1/setup-sessions", json!({ "token": unused })).await, 404, "setup_link_ended");
        let (_, setup) = opened(&app, &boot, &app.signed_in("ann@example.com").await).await;
        setup.get(&here).await.ok();
    }
});

db_test!(a_link_of_an_administrator_of_the_instance_needs_no_membership, async |app| {
    let boot = app.boot("Acme", None).await;
    let other = app.boot("Other", None).await;
    let (_, setup) = opened(&app, &boot, &other.admin).await;
    setup.get(&below(&boot, "")).await.ok();
    other.key.patch(&format!("/v1/users/{}", other.user_id), json!({ "role": "user" })).await.ok();
    problem(setup.get(&below(&boot, "")).await, 401, "unauthenticated");
});

db_test!(what_is_wrong_with_a_request_is_said, async |app| {
    let boot = app.boot("Acme", None).await;
    let links = below(&boot, "/setup-links");
    for (hours, code) in [(json!(0), "out_of_range"), (json!(721), "out_of_range"), (json!("x"), "wrong_type")] {
        let refused =
            problem(boot.key.post(&links, json!({ "expires_in_hours": hours })).await, 400, "validation_failed");
        assert_eq!(faults(&refused), [("expires_in_hours".to_owned(), code.to_owned())]);
    }
    let sessions = below(&boot, "/setup-sessions");
    let long: Vec<String> = (0..11).map(|n| format!("https://a{n}.example")).collect();
    for origins in [
        json!([]),
        json!(["*"]),
        json!(["https://*.example"]),
        json!(["http://app.example"]),
        json!(["https://app.example/"]),
        json!(["null"]),
        json!(long),
    ] {
        let refused = boot.key.post(&sessions, json!({ "allowed_origins": origins })).await;
        problem(refused, 400, "invalid_allowed_origins");
    }
    problem(boot.key.post(&sessions, json!({})).await, 400, "invalid_allowed_origins");
    problem(app.http().post("/v1/setup-sessions", json!({})).await, 400, "validation_failed");
    for token in ["x", "setup_", "setup_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "\u{1F511}"] {
        problem(app.http().post("/v1/setup-sessions", json!({ "token": token })).await, 404, "setup_link_ended");
        let bearer = app.http().bearer("setup_x").get(&below(&boot, "")).await;
        problem(bearer, 401, "unauthenticated");
    }
    problem(boot.key.post(&below(&boot, "/setup-links/setl_1/revoke"), json!({})).await, 404, "setup_link_not_found");
    // There can be fifty at once.
    for _ in 0..50 {
        boot.key.post(&links, json!({})).await.created();
    }
    problem(boot.key.post(&links, json!({})).await, 409, "setup_link_limit_reached");
});

db_test!(links_are_not_tried_out_by_the_thousand, Options::default().limited(), async |app| {
    let guess = async || app.http().post("/v1/setup-sessions", json!({ "token": "setup_x" })).await;
    for _ in 0..10 {
        problem(guess().await, 404, "setup_link_ended");
    }
    let refused = problem(guess().await, 429, "rate_limited");
    assert!(refused.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok()), "{refused:?}");
    app.clock.advance(61);
    problem(guess().await, 404, "setup_link_ended");
});

db_test!(an_embedded_session_is_good_on_its_own_pages_alone, async |app| {
    let boot = app.boot("Acme", None).await;
    let short = format!("/v1/directories/{}", boot.directory_id);
    let wanted = json!({ "allowed_origins": ["https://app.example", "http://localhost:5173"] });
    let session = boot.key.post(&format!("{short}/setup-sessions"), wanted).await.created();
    assert_eq!(session["allowed_origins"], json!(["http://localhost:5173", "https://app.example"]));
    let setup = app.http().bearer(session["token"].as_str().unwrap());
    let there = setup.clone().with("origin", "https://app.example");
    let seen = there.get(&short).await.expect(200);
    assert_eq!(seen.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(seen.header("access-control-allow-credentials"), None);
    assert_eq!(seen.header("vary"), Some("origin"));
    // What is refused can be read there too, and elsewhere nothing at all.
    let refused = there.get("/v1/users").await.expect(403);
    assert_eq!(refused.header("access-control-allow-origin"), Some("https://app.example"));
    for origin in ["https://evil.example", "https://app.example.evil.example", "null", "", &app.base.clone()] {
        let refused = problem(setup.clone().with("origin", origin).get(&short).await, 403, "invalid_origin");
        assert_ne!(
            refused.header("access-control-allow-origin"),
            Some(origin).filter(|o| !o.contains("127.0.0.1")),
            "{origin}"
        );
    }
    // The browser asks first, without the token.
    let ask = async |origin: &str, path: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "PATCH"),
            ("access-control-request-headers", "authorization"),
        ];
        app.http().send("OPTIONS", path, None, &headers).await
    };
    let asked = ask("https://app.example", &short).await.expect(204);
    assert_eq!(asked.header("access-control-allow-origin"), Some("https://app.example"));
    assert!(asked.header("access-control-allow-headers").is_some_and(|all| all.contains("authorization")), "{asked:?}");
    assert!(asked.header("access-control-allow-methods").is_some_and(|all| all.contains("PATCH")), "{asked:?}");
    assert_eq!(asked.header("access-control-allow-credentials"), None);
    ask("https://app.example", "/v1/me").await.expect(204);
    for (origin, path) in [("https://evil.example", short.as_str()), ("https://app.example", "/v1/directories/dir_2")] {
        let asked = ask(origin, path).await;
        assert_eq!(asked.header("access-control-allow-origin"), None, "{origin} {path}: {asked:?}");
    }
    // The session of a link is bound to no page, and opens none.
    let (_, free) = opened(&app, &boot, &boot.key).await;
    let elsewhere = free.with("origin", "https://app.example").get(&short).await.expect(200);
    assert_eq!(elsewhere.header("access-control-allow-origin"), None);
    // An hour later it is over, for the question too.
    app.clock.advance(3601);
    problem(there.get(&short).await, 401, "unauthenticated");
    assert_eq!(ask("https://app.example", &short).await.header("access-control-allow-origin"), None);
});
