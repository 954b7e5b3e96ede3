//! Changing one's own address.

use super::*;
use crate::support::*;

const PATH: &str = "/api/auth/change-email";
const LINK: &str = r"(http://\S+/api/auth/verify-email\S+)";

async fn ask(client: &Client, new: &str) -> Answer {
    client.post(PATH, json!({ "newEmail": new, "callbackURL": "/settings" })).await
}

async fn email_of(client: &Client) -> Json {
    client.get("/api/auth/get-session").await.ok()["user"]["email"].clone()
}

db_test!(where_nothing_is_proven_a_click_in_the_new_mailbox_changes_it, async |app| {
    let ann = app.signed_up("ann").await;
    assert_eq!(ask(&ann, "New@Example.com").await.ok(), json!({ "status": true }));
    assert_eq!(email_of(&ann).await, "ann@example.com");
    let link = path_of(&app, &app.mail().wait("new@example.com", LINK).await);
    let answer = ann.get(&link).await.expect(302);
    assert_eq!(answer.header("location"), Some("/settings"));
    let user = ann.get("/api/auth/get-session").await.ok()["user"].clone();
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!("new@example.com"), &json!(true)));
    assert_eq!(try_sign_in(&app, "ann@example.com", PASSWORD).await, 401);
    app.mail().wait("ann@example.com", "new@example.com").await;
});

db_test!(a_proven_mailbox_is_asked_first, async |app| {
    let ann = app.proven("ann@example.com").await;
    let before = app.mail().to("ann@example.com").len();
    ask(&ann, "new@example.com").await.expect(200);
    while app.mail().to("ann@example.com").len() == before {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(app.mail().to("new@example.com").is_empty());
    let confirm = path_of(&app, &app.mail().wait("ann@example.com", LINK).await);
    ann.get(&confirm).await.expect(302);
    assert_eq!(email_of(&ann).await, "ann@example.com");
    let change = path_of(&app, &app.mail().wait("new@example.com", LINK).await);
    ann.get(&change).await.expect(302);
    assert_eq!(email_of(&ann).await, "new@example.com");
});

db_test!(a_stranger_who_clicks_changes_the_address_and_gets_no_session, async |app| {
    let ann = app.signed_up("ann").await;
    ask(&ann, "new@example.com").await.expect(200);
    let link = path_of(&app, &app.mail().wait("new@example.com", LINK).await);
    let stranger = app.client();
    let answer = stranger.get(link.split("&callbackURL").next().unwrap()).await.expect(200);
    assert_eq!((&answer["status"], &answer["user"]["email"]), (&json!(true), &json!("new@example.com")));
    assert!(answer.set_cookies().is_empty());
    assert!(!is_signed_in(&stranger).await);
    assert!(!is_signed_in(&ann).await, "the change ended the sessions of before");
});

db_test!(nobody_learns_whether_the_new_address_is_taken, async |app| {
    let ann = app.signed_up("ann").await;
    app.signed_up("bob").await;
    assert_eq!(ask(&ann, "bob@example.com").await.ok(), json!({ "status": true }));
    assert_eq!(ask(&ann, "carl@example.com").await.ok(), json!({ "status": true }));
    app.mail().wait("carl@example.com", LINK).await;
    assert!(app.mail().to("bob@example.com").is_empty());
});

db_test!(an_address_taken_meanwhile_stays_with_its_owner, async |app| {
    let ann = app.signed_up("ann").await;
    ask(&ann, "bob@example.com").await.expect(200);
    let link = path_of(&app, &app.mail().wait("bob@example.com", LINK).await);
    app.signed_up("bob").await;
    let answer = ann.get(&link).await.expect(302);
    assert_eq!(answer.header("location"), Some("/settings?error=USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"));
    assert_eq!(email_of(&ann).await, "ann@example.com");
});

db_test!(a_link_speaks_of_the_address_of_then, async |app| {
    let ann = app.signed_up("ann").await;
    ask(&ann, "one@example.com").await.expect(200);
    ask(&ann, "two@example.com").await.expect(200);
    let one = path_of(&app, &app.mail().wait("one@example.com", LINK).await);
    let two = path_of(&app, &app.mail().wait("two@example.com", LINK).await);
    ann.get(&one).await.expect(302);
    let late = ann.get(&two).await.expect(302);
    assert_eq!(late.header("location"), Some("/settings?error=INVALID_TOKEN"));
    assert_eq!(email_of(&ann).await, "one@example.com");
});

db_test!(what_cannot_be_an_address_is_refused, async |app| {
    let ann = app.signed_up("ann").await;
    let same = ask(&ann, "Ann@example.com").await.expect(400);
    assert_eq!(same.json, json!({ "message": "Email is the same" }));
    ask(&ann, "nonsense").await.refused(400, "VALIDATION_ERROR");
    ask(&app.client(), "new@example.com").await.refused(401, "UNAUTHORIZED");
});

db_test!(changing_can_be_switched_off, Options::default().settings(|s| s.change_email = false), async |app| {
    let ann = app.signed_up("ann").await;
    ask(&ann, "new@example.com").await.refused(400, "CHANGE_EMAIL_DISABLED");
});
