//! Inviting many at once: each by itself.

use super::{faults, problem, within};
use crate::support::*;

db_test!(each_is_invited_or_told_why_not, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, "/invitations/bulk");
    let body = json!({"invitations": [
        {"email_address": "a@x.example", "role": "org:admin"},
        {"email_address": "no address"},
        {"email_address": boot.email},
        {"email_address": "b@x.example", "role": "org:nobodys"},
        {"email_address": "A@x.example"},
        {"email_address": "a@x.example", "resend": true},
        {"email_address": "c@x.example"},
    ]});
    let page = boot.key.post(&path, body).await.ok();
    assert_eq!(page["total_count"], 7);
    let told: Vec<&str> =
        page["data"].as_array().unwrap().iter().map(|one| one["error"]["code"].as_str().unwrap_or("")).collect();
    assert_eq!(
        told,
        [
            "",
            "invalid_email",
            "user_is_already_a_member_of_this_organization",
            "role_not_found",
            "user_is_already_invited_to_this_organization",
            "",
            ""
        ]
    );
    assert_eq!(
        (&page["data"][0]["invitation"]["role"], &page["data"][0]["email_address"]),
        (&json!("org:admin"), &json!("a@x.example"))
    );
    assert_eq!(page["data"][1]["invitation"], Json::Null);
    assert_eq!(boot.key.get(&within(&boot, "/invitations?status=pending")).await.ok()["total_count"], 2);
    for invited in ["a@x.example", "c@x.example"] {
        app.mail().wait(invited, "invitation").await;
    }
});

db_test!(an_address_is_mailed_once_a_day_through_bulk, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, "/invitations/bulk");
    // No worker takes letters out: the queue holds every mail that was to go out.
    let letters = async || app.count("SELECT COUNT(*) FROM mail_queue").await;
    let mailed_at = async || app.count("SELECT MAX(last_mailed_at) FROM invitations").await;
    let invite = async |resend: bool| {
        let body = json!({"invitations": [{"email_address": "a@x.example", "resend": resend}]});
        boot.key.post(&path, body).await.ok()["data"][0]["invitation"].clone()
    };
    let first = invite(false).await;
    assert_eq!(letters().await, 1);
    let (mailed, expires_at) = (mailed_at().await, first["expires_at"].as_i64().unwrap());
    app.clock.advance(3_600);
    let again = invite(true).await;
    assert_eq!((&again["id"], letters().await, mailed_at().await), (&first["id"], 1, mailed));
    assert!(again["expires_at"].as_i64().unwrap() > expires_at, "it is prolonged all the same");
    // Nor does revoking and inviting anew, nor the same address twice in one request.
    boot.key
        .post(&within(&boot, &format!("/invitations/{}/revoke", first["id"].as_str().unwrap())), json!({}))
        .await
        .ok();
    invite(false).await;
    let twice = json!({"invitations": [{"email_address": "a@x.example", "resend": true}, {"email_address": "A@X.example", "resend": true}]});
    boot.key.post(&path, twice).await.ok();
    assert_eq!((letters().await, mailed_at().await), (1, mailed));
    app.clock.advance(86_400);
    invite(true).await;
    assert_eq!(letters().await, 2);
    assert!(mailed_at().await > mailed);
    // A person who resends by hand is not held up.
    boot.key
        .post(&within(&boot, "/invitations"), json!({"email_address": "a@x.example", "resend": true}))
        .await
        .created();
    assert_eq!(letters().await, 3);
});

db_test!(nobody_offers_many_what_they_could_not_offer_one, async |app| {
    let boot = app.boot("Acme", None).await;
    let ann = app.signed_up("ann").await;
    let user = ann.get("/api/auth/get-session").await.ok()["user"]["id"].clone();
    let body = json!({"user_id": user, "role": "org:admin"});
    boot.key.post(&within(&boot, "/memberships"), body).await.created();
    let path = within(&boot, "/invitations/bulk");
    let body = json!({"invitations": [{"email_address": "a@x.example", "role": "org:owner"}, {"email_address": "b@x.example"}]});
    let page = ann.post(&path, body).await.ok();
    assert_eq!(page["data"][0]["error"]["code"], "you_are_not_allowed_to_invite_user_with_this_role");
    assert_eq!(page["data"][1]["error"], Json::Null);
    let many: Vec<Json> = (0..101).map(|n| json!({"email_address": format!("p{n}@x.example")})).collect();
    let long = problem(ann.post(&path, json!({ "invitations": many })).await, 400, "validation_failed");
    assert_eq!(faults(&long), [("invitations".to_owned(), "too_long".to_owned())]);
    assert_eq!(app.count("SELECT COUNT(*) FROM invitations").await, 1);
});
