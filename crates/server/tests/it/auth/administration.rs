//! The administrators of the instance and what they do with people, in the words of Better Auth's admin plugin.

use auth_core::outbox::EventKind;

use super::{is_signed_in, keys, try_sign_in};
use crate::support::*;

fn admin(path: &str) -> String {
    format!("/api/auth/admin/{path}")
}

async fn id_of(client: &Client) -> String {
    client.get("/api/auth/get-session").await.ok()["user"]["id"].as_str().expect("an id").to_owned()
}

fn names(page: &Json) -> Vec<&str> {
    page["users"].as_array().expect("people").iter().map(|user| user["name"].as_str().expect("a name")).collect()
}

/// What each endpoint is asked, and how who may not is refused.
fn everything(id: &str) -> Vec<(&'static str, &'static str, Json, &'static str)> {
    vec![
        ("GET", "list-users", json!({}), "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS"),
        ("GET", "get-user?id=user_1", json!({}), "YOU_ARE_NOT_ALLOWED_TO_GET_USER"),
        (
            "POST",
            "create-user",
            json!({ "email": "new@example.com", "name": "New", "password": PASSWORD }),
            "YOU_ARE_NOT_ALLOWED_TO_CREATE_USERS",
        ),
        (
            "POST",
            "update-user",
            json!({ "userId": id, "data": { "role": "admin" } }),
            "YOU_ARE_NOT_ALLOWED_TO_UPDATE_USERS",
        ),
        ("POST", "set-role", json!({ "userId": id, "role": "admin" }), "YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE"),
        ("POST", "ban-user", json!({ "userId": id }), "YOU_ARE_NOT_ALLOWED_TO_BAN_USERS"),
        ("POST", "unban-user", json!({ "userId": id }), "YOU_ARE_NOT_ALLOWED_TO_BAN_USERS"),
        ("POST", "list-user-sessions", json!({ "userId": id }), "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS_SESSIONS"),
        ("POST", "revoke-user-session", json!({ "sessionToken": "x" }), "YOU_ARE_NOT_ALLOWED_TO_REVOKE_USERS_SESSIONS"),
        ("POST", "revoke-user-sessions", json!({ "userId": id }), "YOU_ARE_NOT_ALLOWED_TO_REVOKE_USERS_SESSIONS"),
        ("POST", "remove-user", json!({ "userId": id }), "YOU_ARE_NOT_ALLOWED_TO_DELETE_USERS"),
        (
            "POST",
            "set-user-password",
            json!({ "userId": id, "newPassword": "another long password" }),
            "YOU_ARE_NOT_ALLOWED_TO_SET_USERS_PASSWORD",
        ),
    ]
}

async fn ask(client: &Client, method: &str, path: &str, body: &Json) -> Answer {
    if method == "GET" { client.get(&admin(path)).await } else { client.post(&admin(path), body.clone()).await }
}

db_test!(nobody_but_administrators_in_a_session_of_their_own_may, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let (ann, bob) = (app.signed_up("ann").await, app.signed_up("bob").await);
    let (id, other) = (id_of(&ann).await, id_of(&bob).await);
    let acting = app.signed_in(&boot.email).await;
    acting.post(&admin("impersonate-user"), json!({ "userId": id })).await.expect(200);
    for (method, path, body, code) in everything(&other) {
        app.client().post(&admin("has-permission"), json!({})).await.expect(401);
        assert_eq!(ask(&app.client(), method, path, &body).await.status, 401, "{path}");
        ask(&ann, method, path, &body).await.refused(403, code);
        // Who acts as Ann is Ann.
        ask(&acting, method, path, &body).await.refused(403, code);
        // Whether there is such a person is not told to who may not ask.
        let unknown = json!({ "userId": "user_nobody", "role": "user", "newPassword": PASSWORD, "data": {},
            "sessionToken": "x", "email": "x@example.com", "name": "X" });
        ask(&ann, method, path, &unknown).await.refused(403, code);
    }
    assert!(is_signed_in(&bob).await);
    app.signed_in("bob@example.com").await;
});

db_test!(lists_are_searched_filtered_ordered_and_cut, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    for name in ["ann", "bob", "Änne", "dan_50%"] {
        let email = format!("{}@example.com", name.replace('Ä', "ae").replace('%', "x").to_lowercase());
        let made = json!({ "email": email, "name": name, "password": PASSWORD });
        boot.admin.post(&admin("create-user"), made).await.expect(200);
    }
    let list = async |query: &str| boot.admin.get(&admin(&format!("list-users{query}"))).await.ok();
    let all = list("").await;
    assert_eq!(keys(&all), ["total", "users"]);
    assert_eq!((all["total"].as_i64(), names(&all).len()), (Some(5), 5));
    let first = &all["users"][1];
    assert_eq!(
        (&first["name"], &first["role"], &first["banned"], &first["banReason"], &first["banExpires"]),
        (&json!("ann"), &json!("user"), &json!(false), &Json::Null, &Json::Null)
    );
    let page = list("?limit=2&offset=1&sortBy=email&sortDirection=desc").await;
    assert_eq!((names(&page), &page["total"]), (vec!["bob", "ann"], &json!(5)));
    assert_eq!((&page["limit"], &page["offset"]), (&json!(2), &json!(1)));
    assert_eq!(list("?limit=100000").await["limit"], json!(1000));
    for (query, found) in [
        ("searchValue=ANN", vec!["ann"]),
        ("searchField=name&searchValue=An", vec!["ann", "dan_50%"]),
        ("searchField=name&searchValue=An&searchOperator=starts_with", vec!["ann"]),
        ("searchField=name&searchValue=%C3%84nn", vec!["Änne"]),
        ("searchField=name&searchValue=_50%25", vec!["dan_50%"]),
        ("searchValue=%25", vec![]),
        ("searchValue=acme.example&searchOperator=ends_with", vec![names(&all)[0]]),
        ("filterField=role&filterValue=admin", vec![names(&all)[0]]),
        ("filterField=name&filterOperator=in&filterValue=ann&filterValue=bob", vec!["ann", "bob"]),
        ("filterField=role&filterOperator=ne&filterValue=admin&limit=1", vec!["ann"]),
        ("filterField=banned&filterValue=true", vec![]),
        ("filterField=emailVerified&filterValue=perhaps", vec![]),
        ("filterField=createdAt&filterOperator=lt&filterValue=1999-01-01T00:00:00.000Z", vec![]),
        ("filterField=name&filterOperator=contains&filterValue=nn&searchField=name&searchValue=a", vec!["ann"]),
        ("filterValue=bob@example.com", vec!["bob"]),
    ] {
        let page = list(&format!("?{query}")).await;
        assert_eq!(names(&page), found, "{query}");
    }
    for odd in ["sortBy=password", "filterField=id;&filterValue=x", "filterOperator=like", "limit=-1", "offset=x"] {
        boot.admin.get(&admin(&format!("list-users?{odd}"))).await.refused(400, "VALIDATION_ERROR");
    }
    let one = all["users"][1]["id"].as_str().expect("an id");
    assert_eq!(boot.admin.get(&admin(&format!("get-user?id={one}"))).await.ok(), all["users"][1]);
    boot.admin.get(&admin("get-user?id=user_nobody")).await.refused(404, "USER_NOT_FOUND");
    boot.admin.get(&admin("get-user?id=%27--")).await.refused(404, "USER_NOT_FOUND");
    boot.admin.get(&admin("get-user")).await.refused(400, "VALIDATION_ERROR");
});

db_test!(people_are_made_and_changed, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let create = async |body: Json| boot.admin.post(&admin("create-user"), body).await;
    let made = create(json!({ "email": "Ann@Example.com", "name": "Ann", "password": PASSWORD,
        "data": { "emailVerified": true, "image": "https://x.example/a.png", "shoeSize": 38 } }))
    .await
    .ok();
    let ann = made["user"].clone();
    assert_eq!(
        (&ann["email"], &ann["emailVerified"], &ann["role"]),
        (&json!("ann@example.com"), &json!(true), &json!("user"))
    );
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
    let again = json!({ "email": "ann@example.com", "name": "Ann" });
    create(again).await.refused(400, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
    let with = |more: Json| {
        let mut body = json!({ "email": "bob@example.com", "name": "Bob" });
        for (key, value) in more.as_object().expect("an object") {
            body[key] = value.clone();
        }
        body
    };
    for (more, code) in [
        (json!({ "email": "nobody" }), "INVALID_EMAIL"),
        (json!({ "password": "short" }), "PASSWORD_TOO_SHORT"),
        (json!({ "role": "owner" }), "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"),
        (json!({ "data": { "role": ["admin", "king"] } }), "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"),
        (json!({ "data": { "role": 7 } }), "INVALID_ROLE_TYPE"),
        (json!({ "data": { "image": "javascript:alert(1)" } }), "INVALID_IMAGE"),
        (json!({ "data": 7 }), "VALIDATION_ERROR"),
        (json!({ "name": 7 }), "VALIDATION_ERROR"),
    ] {
        create(with(more)).await.refused(400, code);
    }
    let shut_out =
        create(with(json!({ "role": ["user", "admin"], "data": { "banned": true, "banReason": "not yet" } })));
    let bob = shut_out.await.ok()["user"].clone();
    assert_eq!((&bob["role"], &bob["banned"], &bob["banReason"]), (&json!("admin"), &json!(true), &json!("not yet")));

    let update =
        async |data: Json| boot.admin.post(&admin("update-user"), json!({ "userId": ann["id"], "data": data })).await;
    let changed = update(json!({ "name": "Anna", "image": null, "role": "admin" })).await.ok();
    assert_eq!(
        (&changed["id"], &changed["name"], &changed["image"], &changed["role"]),
        (&ann["id"], &json!("Anna"), &Json::Null, &json!("admin"))
    );
    update(json!({ "role": "user" })).await.expect(200);
    for (data, code) in [
        (json!({}), "NO_DATA_TO_UPDATE"),
        (json!({ "password": "x" }), "PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER"),
        (json!({ "id": "user_1" }), "USER_ID_CANNOT_BE_UPDATED"),
        (json!({ "role": "king" }), "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"),
        (json!({ "role": [] }), "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"),
        (json!({ "role": null }), "INVALID_ROLE_TYPE"),
        (json!({ "email": "x" }), "INVALID_EMAIL"),
        (json!({ "email": boot.email }), "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
        (json!({ "banned": true, "banExpires": "soon" }), "VALIDATION_ERROR"),
    ] {
        update(data).await.refused(400, code);
    }
    // Another address ends what is open, and both mailboxes hear of it.
    let open = app.signed_in("ann@example.com").await;
    let moved = update(json!({ "email": "Anna@Example.com", "emailVerified": true })).await.ok();
    assert_eq!((&moved["email"], &moved["emailVerified"]), (&json!("anna@example.com"), &json!(true)));
    assert!(!is_signed_in(&open).await);
    let banned =
        update(json!({ "banned": true, "banReason": "Spam", "banExpires": "2999-01-01T00:00:00.000Z" })).await.ok();
    assert_eq!(banned["banExpires"], json!("2999-01-01T00:00:00.000Z"));
    assert_eq!(try_sign_in(&app, "anna@example.com", PASSWORD).await, 403);
    update(json!({ "banned": false })).await.expect(200);
    assert_eq!(try_sign_in(&app, "anna@example.com", PASSWORD).await, 200);
    let nobody = json!({ "userId": "user_nobody", "data": { "name": "X" } });
    boot.admin.post(&admin("update-user"), nobody).await.refused(404, "USER_NOT_FOUND");
    let odd = json!({ "userId": ann["id"], "data": [] });
    boot.admin.post(&admin("update-user"), odd).await.refused(400, "VALIDATION_ERROR");
});

db_test!(who_vouches_for_an_address_wipes_what_was_set_without_proof, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    // A stranger signs up with Ann's address, and an administrator takes it for hers.
    let evil = app.signed_up("ann").await;
    let body = json!({ "userId": id_of(&evil).await, "data": { "emailVerified": true } });
    assert_eq!(boot.admin.post(&admin("update-user"), body).await.ok()["emailVerified"], json!(true));
    assert!(!is_signed_in(&evil).await);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 401);
});

db_test!(a_ban_ends_all_access_at_once_and_for_a_while, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let id = id_of(&ann).await;
    let ban = async |body: Json| boot.admin.post(&admin("ban-user"), body).await;
    let banned = ban(json!({ "userId": id, "banExpiresIn": 3600 })).await.ok();
    assert_eq!((&banned["user"]["banned"], &banned["user"]["banReason"]), (&json!(true), &json!("No reason")));
    assert!(banned["user"]["banExpires"].is_string());
    assert!(!is_signed_in(&ann).await);
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let refused = app.http().post("/api/auth/sign-in/email", body).await;
    refused.refused(403, "BANNED_USER");
    app.clock.advance(3601);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);

    let banned = ban(json!({ "userId": id, "banReason": "Spam" })).await.ok();
    assert_eq!((&banned["user"]["banReason"], &banned["user"]["banExpires"]), (&json!("Spam"), &Json::Null));
    let unbanned = boot.admin.post(&admin("unban-user"), json!({ "userId": id })).await.ok();
    assert_eq!((&unbanned["user"]["banned"], &unbanned["user"]["banReason"]), (&json!(false), &Json::Null));
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 200);
    for path in ["ban-user", "unban-user"] {
        boot.admin.post(&admin(path), json!({ "userId": "user_nobody" })).await.refused(404, "USER_NOT_FOUND");
    }
    ban(json!({ "userId": id, "banExpiresIn": "soon" })).await.refused(400, "VALIDATION_ERROR");
    // Too long to count is for ever.
    let endless = ban(json!({ "userId": id, "banExpiresIn": 9_000_000_000_000_000_000_u64 })).await.ok();
    assert_eq!(endless["user"]["banExpires"], Json::Null);
    let who = app.events_of(EventKind::UserUpdated).await;
    let last = who.last().expect("an event");
    assert_eq!(
        (last.payload["after"]["banned"].as_bool(), last.actor.as_str()),
        (Some(true), format!("user:{}", boot.user_id).as_str())
    );
});

db_test!(nobody_shuts_themselves_out_and_the_last_administrator_stays_one, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let own = &boot.user_id;
    boot.admin.post(&admin("ban-user"), json!({ "userId": own })).await.refused(400, "YOU_CANNOT_BAN_YOURSELF");
    let by_update = json!({ "userId": own, "data": { "banned": true } });
    boot.admin.post(&admin("update-user"), by_update).await.refused(400, "YOU_CANNOT_BAN_YOURSELF");
    boot.admin.post(&admin("remove-user"), json!({ "userId": own })).await.refused(400, "YOU_CANNOT_REMOVE_YOURSELF");
    let last = "LAST_ADMINISTRATOR";
    let demote = json!({ "userId": own, "role": "user" });
    boot.admin.post(&admin("set-role"), demote.clone()).await.refused(400, last);
    let by_update = json!({ "userId": own, "data": { "role": "user" } });
    boot.admin.post(&admin("update-user"), by_update).await.refused(400, last);
    // Nor by the other door.
    for (path, body) in [("ban", json!({})), ("lock", json!({}))] {
        boot.key.post(&format!("/v1/users/{own}/{path}"), body).await.refused(400, "last_administrator");
    }
    boot.key.patch(&format!("/v1/users/{own}"), json!({ "role": "user" })).await.refused(400, "last_administrator");

    // One who cannot come in is none who is left.
    let ann = app.signed_up("ann").await;
    let id = id_of(&ann).await;
    boot.admin.post(&admin("set-role"), json!({ "userId": id, "role": "admin" })).await.expect(200);
    boot.key.post(&format!("/v1/users/{id}/lock"), json!({})).await.expect(200);
    boot.admin.post(&admin("set-role"), demote.clone()).await.refused(400, last);
    boot.key.post(&format!("/v1/users/{id}/unlock"), json!({})).await.expect(200);
    boot.admin.post(&admin("ban-user"), json!({ "userId": id, "banExpiresIn": 60 })).await.expect(200);
    boot.admin.post(&admin("set-role"), demote.clone()).await.refused(400, last);
    app.clock.advance(61);
    // Whoever is demoted may nothing by the next request.
    assert_eq!(boot.admin.post(&admin("set-role"), demote).await.ok()["user"]["role"], json!("user"));
    boot.admin.get(&admin("list-users")).await.refused(403, "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS");
});

db_test!(two_administrators_do_not_demote_each_other, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let id = id_of(&ann).await;
    boot.admin.post(&admin("set-role"), json!({ "userId": id, "role": "admin" })).await.expect(200);
    let path = admin("set-role");
    let (one, other) = futures_util::future::join(
        boot.admin.post(&path, json!({ "userId": id, "role": "user" })),
        ann.post(&path, json!({ "userId": boot.user_id, "role": "user" })),
    )
    .await;
    let statuses = [one.status, other.status];
    assert!(statuses.contains(&200) && (statuses.contains(&400) || statuses.contains(&403)), "{statuses:?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM users WHERE role = 'admin'").await, 1);
});

db_test!(only_roles_that_exist_are_given, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let id = id_of(&app.signed_up("ann").await).await;
    let set = async |role: Json| boot.admin.post(&admin("set-role"), json!({ "userId": id, "role": role })).await;
    for role in [json!("owner"), json!("admin,user"), json!(["user", "king"]), json!([]), json!("")] {
        set(role).await.refused(400, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE");
    }
    for role in [json!(7), Json::Null, json!([7])] {
        set(role).await.refused(400, "VALIDATION_ERROR");
    }
    assert_eq!(set(json!(["admin"])).await.ok()["user"]["role"], json!("admin"));
    let nobody = json!({ "userId": "user_nobody", "role": "user" });
    boot.admin.post(&admin("set-role"), nobody).await.refused(404, "USER_NOT_FOUND");
});

db_test!(sessions_are_listed_without_tokens_and_ended, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let again = app.signed_in("ann@example.com").await;
    let id = id_of(&ann).await;
    let list = async || boot.admin.post(&admin("list-user-sessions"), json!({ "userId": id })).await.ok();
    let listed = list().await["sessions"].clone();
    let listed = listed.as_array().expect("sessions");
    assert_eq!(listed.len(), 2);
    let own = again.get("/api/auth/get-session").await.ok();
    assert_eq!((&listed[0]["id"], &listed[0]["token"]), (&own["session"]["id"], &own["session"]["id"]));
    // What is shown opens nothing.
    for session in listed {
        let handle = session["token"].as_str().expect("a handle");
        assert!(app.http().bearer(handle).get("/api/auth/get-session").await.ok().is_null());
    }
    let revoke = async |named: &Json| {
        let answer = boot.admin.post(&admin("revoke-user-session"), json!({ "sessionToken": named })).await;
        assert_eq!(answer.ok(), json!({ "success": true }));
    };
    revoke(&listed[0]["token"]).await;
    assert!(!is_signed_in(&again).await && is_signed_in(&ann).await);
    revoke(&json!("unknown")).await;
    // Its token names it too.
    let third = app.signed_in("ann@example.com").await;
    revoke(&third.get("/api/auth/get-session").await.ok()["session"]["token"]).await;
    assert!(!is_signed_in(&third).await);
    let all = boot.admin.post(&admin("revoke-user-sessions"), json!({ "userId": id })).await.ok();
    assert_eq!(all, json!({ "success": true }));
    assert!(!is_signed_in(&ann).await);
    assert_eq!(list().await, json!({ "sessions": [] }));
    for path in ["list-user-sessions", "revoke-user-sessions"] {
        boot.admin.post(&admin(path), json!({ "userId": "user_nobody" })).await.expect(200);
        boot.admin.post(&admin(path), json!({})).await.refused(400, "VALIDATION_ERROR");
    }
});

db_test!(a_password_that_is_set_ends_the_sessions, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let id = id_of(&ann).await;
    let set = async |id: &str, new: &str| {
        boot.admin.post(&admin("set-user-password"), json!({ "userId": id, "newPassword": new })).await
    };
    assert_eq!(set(&id, "another long password").await.ok(), json!({ "status": true }));
    assert!(!is_signed_in(&ann).await);
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 401);
    assert_eq!(try_sign_in(&app, "ann@example.com", "another long password").await, 200);
    set(&id, "short").await.refused(400, "PASSWORD_TOO_SHORT");
    set(&id, &"x".repeat(129)).await.refused(400, "PASSWORD_TOO_LONG");
    set(&id, "").await.refused(400, "VALIDATION_ERROR");
    set("user_nobody", PASSWORD).await.refused(404, "USER_NOT_FOUND");
    // Somebody who had none has one.
    let made = json!({ "email": "bob@example.com", "name": "Bob" });
    let bob = boot.admin.post(&admin("create-user"), made).await.ok()["user"]["id"].clone();
    set(bob.as_str().expect("an id"), PASSWORD).await.expect(200);
    assert_eq!(try_sign_in(&app, "bob@example.com", PASSWORD).await, 200);
    let events = app.events_of(EventKind::UserUpdated).await;
    assert!(events.iter().any(|event| event.payload["changed"] == json!(["password"]) && event.subject == id));
});

db_test!(what_opens_an_administrators_account_takes_a_fresh_session, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = id_of(&app.signed_up("ann").await).await;
    let carol = id_of(&app.signed_up("carol").await).await;
    boot.admin.post(&admin("set-role"), json!({ "userId": ann, "role": "admin" })).await.expect(200);
    app.clock.advance(2 * 86_400);
    for id in [&boot.user_id, &ann] {
        let password = json!({ "userId": id, "newPassword": "another long password" });
        boot.admin.post(&admin("set-user-password"), password).await.refused(403, "SESSION_NOT_FRESH");
        let address = json!({ "userId": id, "data": { "email": "evil@example.com" } });
        boot.admin.post(&admin("update-user"), address).await.refused(403, "SESSION_NOT_FRESH");
    }
    let password = json!({ "userId": carol, "newPassword": "another long password" });
    boot.admin.post(&admin("set-user-password"), password).await.expect(200);
    let fresh = app.signed_in(&boot.email).await;
    let password = json!({ "userId": ann, "newPassword": "another long password" });
    fresh.post(&admin("set-user-password"), password).await.expect(200);
});

db_test!(who_is_removed_is_gone, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let id = id_of(&ann).await;
    let remove = async |id: &str| boot.admin.post(&admin("remove-user"), json!({ "userId": id })).await;
    // Whom an organization cannot do without stays.
    let organization = ann.post("/api/auth/organization/create", json!({ "name": "Ann's", "slug": "anns" })).await.ok();
    let carol = id_of(&app.signed_up("carol").await).await;
    let path = format!("/v1/organizations/{}/memberships", organization["id"].as_str().expect("an id"));
    boot.key.post(&path, json!({ "user_id": carol, "role": "org:member" })).await.created();
    remove(&id).await.refused(400, "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER");
    assert!(is_signed_in(&ann).await);
    remove(&carol).await.expect(200);
    assert_eq!(remove(&id).await.ok(), json!({ "success": true }));
    assert!(!is_signed_in(&ann).await);
    remove(&id).await.refused(404, "USER_NOT_FOUND");
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 401);
    assert_eq!(app.events_of(EventKind::UserDeleted).await.len(), 2);
});

db_test!(what_the_caller_may_is_told, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = app.signed_up("ann").await;
    let path = admin("has-permission");
    let wanted = json!({ "permissions": { "user": ["create", "ban"], "session": ["list"] } });
    assert_eq!(boot.admin.post(&path, wanted.clone()).await.ok(), json!({ "error": null, "success": true }));
    assert_eq!(ann.post(&path, wanted).await.ok(), json!({ "error": null, "success": false }));
    // Whom the body names is not who asks.
    let posing = json!({ "permissions": { "user": ["list"] }, "userId": boot.user_id, "role": "admin" });
    assert_eq!(ann.post(&path, posing).await.ok()["success"], json!(false));
    let admins = json!({ "permissions": { "user": ["impersonate-admins"] } });
    assert_eq!(boot.admin.post(&path, admins).await.ok()["success"], json!(false));
    ann.post(&path, json!({})).await.refused(400, "VALIDATION_ERROR");
    let none = ann.post(&path, json!({ "permission": { "user": ["list"] } })).await.expect(400);
    assert_eq!(none.json, json!({ "message": "invalid permission check. no permission(s) were passed." }));
    ann.post(&path, json!({ "permissions": { "user": "list" } })).await.refused(400, "VALIDATION_ERROR");
});
