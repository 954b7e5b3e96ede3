//! What went wrong elsewhere and must not here: the lessons of Better Auth's advisories that touch people,
//! sessions and addresses.

use super::*;
use crate::support::*;

db_test!(nobody_is_somebody_because_a_body_says_so, async |app| {
    let (ann, bob) = (app.signed_up("ann").await, app.signed_up("bob").await);
    let id = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let forged = json!({ "name": "Owned", "userId": id, "user": { "id": id }, "session": { "userId": id } });
    bob.post("/api/auth/update-user", forged.clone()).await.expect(200);
    app.client().post("/api/auth/update-user", forged).await.refused(401, "UNAUTHORIZED");
    let query = format!("/api/auth/list-sessions?userId={}", id.as_str().unwrap());
    let sessions = bob.get(&query).await.ok();
    assert!(sessions.as_array().unwrap().iter().all(|session| session["userId"] != id));
    assert_eq!(ann.get("/api/auth/get-session").await.ok()["user"]["name"], "Ann");
});

db_test!(tokens_are_not_in_the_database, async |app| {
    let ann = app.signed_up("ann").await;
    let token = ann.get("/api/auth/get-session").await.ok()["session"]["token"].as_str().unwrap().to_owned();
    app.http().post("/api/auth/request-password-reset", json!({ "email": "ann@example.com" })).await.expect(200);
    let reset = app.mail().wait("ann@example.com", "/reset-password/([A-Za-z0-9]+)").await;
    let stored: Vec<String> = app
        .look(async |db| {
            let sql = "SELECT token_hash FROM sessions UNION ALL SELECT token_hash FROM verifications
                       UNION ALL SELECT value FROM verifications UNION ALL SELECT payload FROM events";
            auth_core::db::all(db, sql, []).await?.iter().map(|row| row.get(0)).collect()
        })
        .await;
    assert!(stored.len() > 3);
    assert!(stored.iter().all(|text| !text.contains(&token) && !text.contains(&reset)));
});

db_test!(what_a_stranger_set_before_the_mailbox_was_proven_is_gone_after_a_reset, async |app| {
    // The attacker signs up with the victim's address and stays signed in.
    let attacker = app.signed_up_as("victim@example.com").await;
    // The victim finds an account and resets its password by mail.
    app.http().post("/api/auth/request-password-reset", json!({ "email": "victim@example.com" })).await.expect(200);
    let token = app.mail().wait("victim@example.com", "/reset-password/([A-Za-z0-9]+)").await;
    let body = json!({ "newPassword": "the victims own password", "token": token });
    app.http().post("/api/auth/reset-password", body).await.expect(200);
    assert!(!is_signed_in(&attacker).await);
    assert_eq!(try_sign_in(&app, "victim@example.com", PASSWORD).await, 401);
    assert_eq!(try_sign_in(&app, "victim@example.com", "the victims own password").await, 200);
});

db_test!(a_change_of_address_voids_the_links_of_before, async |app| {
    let ann = app.signed_up("ann").await;
    app.http().post("/api/auth/request-password-reset", json!({ "email": "ann@example.com" })).await.expect(200);
    let reset = app.mail().wait("ann@example.com", "/reset-password/([A-Za-z0-9]+)").await;
    ann.post("/api/auth/change-email", json!({ "newEmail": "new@example.com" })).await.expect(200);
    let link = app.mail().wait("new@example.com", r"(http://\S+/verify-email\S+)").await;
    ann.get(&path_of(&app, &link)).await.expect(302);
    let body = json!({ "newPassword": "an attackers password", "token": reset });
    app.http().post("/api/auth/reset-password", body).await.refused(400, "INVALID_TOKEN");
});

db_test!(a_changed_password_ends_sign_ins_that_are_under_way, async |app| {
    let ann = app.signed_up("ann").await;
    // Many sign-ins with the old password race its change: none may outlive it.
    let change =
        json!({ "currentPassword": PASSWORD, "newPassword": "a better staple 42", "revokeOtherSessions": true });
    let racers: Vec<Client> = (0..6).map(|_| app.client()).collect();
    let (changed, answers) = tokio::join!(
        ann.post("/api/auth/change-password", change),
        futures_join(racers.iter().map(|racer| {
            racer.post("/api/auth/sign-in/email", json!({ "email": "ann@example.com", "password": PASSWORD }))
        }))
    );
    changed.expect(200);
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 401)), "{answers:?}");
    for racer in &racers {
        assert!(!is_signed_in(racer).await);
    }
    assert!(is_signed_in(&ann).await);
});

/// Polls all of them together.
async fn futures_join<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pending: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, done) in &mut pending {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *done = Some(output);
            }
        }
        if pending.iter().all(|(_, done)| done.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    pending.into_iter().filter_map(|(_, done)| done).collect()
}

db_test!(a_link_proves_the_mailbox_that_it_was_mailed_to_and_no_other, async |app| {
    let ann = app.signed_up("ann").await;
    ann.post("/api/auth/send-verification-email", json!({ "email": "ann@example.com" })).await.expect(200);
    let old = app.mail().wait("ann@example.com", r"verify-email\?token=([A-Za-z0-9]+)").await;
    ann.post("/api/auth/change-email", json!({ "newEmail": "new@example.com" })).await.expect(200);
    let change = app.mail().wait("new@example.com", r"(http://\S+/verify-email\S+)").await;
    ann.get(&path_of(&app, &change)).await.expect(302);
    app.http().get(&format!("/api/auth/verify-email?token={old}")).await.refused(401, "INVALID_TOKEN");
});

db_test!(look_alikes_of_an_address_are_no_address, async |app| {
    // A full-width @, a combining letter: what normalizes to something else is refused before it could.
    for odd in [
        "ann\u{ff20}example.com",
        "ann@example.com\u{ff20}evil.example",
        "a\u{0301}nn@example.com",
        "ann@ex\u{00ad}ample.com",
    ] {
        let body = json!({ "name": "Ann", "email": odd, "password": PASSWORD });
        app.client().post("/api/auth/sign-up/email", body).await.refused(400, "VALIDATION_ERROR");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM users").await, 0);
});

// CVE-2025-71401: what a request says of where it came to is believed by nobody.
db_test!(a_forged_host_is_in_no_letter_and_leads_nowhere, with_issuer().every_method(), async |app| {
    let _issuer = Issuer::open(&app);
    let boot = app.boot("Acme", None).await;
    let forged: Vec<(&str, &str)> = ["host", "x-forwarded-host", "x-original-host", "x-forwarded-server"]
        .into_iter()
        .map(|name| (name, "evil.example"))
        .chain([
            ("x-forwarded-proto", "https"),
            ("x-forwarded-port", "8443"),
            ("x-forwarded-prefix", "/evil"),
            ("forwarded", "host=evil.example;proto=https"),
        ])
        .collect();
    let ask = async |client: &Client, path: &str, body: Json| {
        let headers = [forged.as_slice(), &[("content-type", "application/json")]].concat();
        client.send("POST", path, Some(body.to_string().into_bytes()), &headers).await
    };
    let bare = app.http();
    // The first of its life, too: nothing is latched.
    bare.send("GET", "/api/auth/ok", None, &forged).await.expect(200);
    let ann = json!({ "email": "ann@example.com" });
    app.signed_up("ann").await;
    ask(&bare, "/api/auth/request-password-reset", ann.clone()).await.expect(200);
    ask(&bare, "/api/auth/send-verification-email", ann.clone()).await.expect(200);
    ask(&bare, "/api/auth/sign-in/magic-link", ann).await.expect(200);
    let invited = json!({ "email": "ann@example.com", "role": "member", "organizationId": boot.organization_id });
    ask(&boot.admin, "/api/auth/organization/invite-member", invited).await.expect(200);
    for pattern in [
        r"(http\S+)/api/auth/reset-password/",
        r"(http\S+)/api/auth/verify-email",
        r"(http\S+)/api/auth/magic-link/verify",
        r"(http\S+)/\S*invitation",
    ] {
        let origin = app.mail().wait("ann@example.com", pattern).await;
        assert!(origin.starts_with(&app.base), "{pattern}: {origin}");
    }
    assert!(app.mail().to("ann@example.com").iter().all(|mail| !mail.text.contains("evil.example")));

    // Nor is anybody led there, by us or by a provider.
    let started =
        ask(&app.client(), "/api/auth/sign-in/social", json!({ "provider": "acme", "callbackURL": "/in" })).await;
    let asked = query(started.expect(200)["url"].as_str().expect("an address"));
    assert_eq!(asked["redirect_uri"], format!("{}/api/auth/callback/acme", app.base));
    let code = ask(&bare, "/api/auth/device/code", json!({ "client_id": "cli" })).await.expect(200);
    assert!(code["verification_uri"].as_str().is_some_and(|uri| uri.starts_with(&app.base)), "{code:?}");
    for path in
        ["/api/auth/reset-password/none?callbackURL=/back", "/api/auth/verify-email?token=none&callbackURL=/back"]
    {
        let led = bare.send("GET", path, None, &forged).await.expect(302);
        assert!(led.header("location").is_some_and(|to| to.starts_with(&app.base) || to.starts_with('/')), "{led:?}");
    }
    let lists = boot.scim.send("GET", "/scim/v2/ServiceProviderConfig", None, &forged).await.expect(200);
    assert!(lists["meta"]["location"].as_str().is_some_and(|at| at.starts_with(&app.base)), "{lists:?}");
    assert!(!lists.text.contains("evil.example"));
});
