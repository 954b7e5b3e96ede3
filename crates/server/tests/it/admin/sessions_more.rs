//! Sessions: read, revoked, and seen by the administrators of the organization where they are at work.

use super::{problem, within};
use crate::support::*;

async fn ids(client: &Client) -> (String, String) {
    let session = client.get("/api/auth/get-session").await.ok();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    (text(&session["user"]["id"]), text(&session["session"]["id"]))
}

db_test!(a_session_is_read_and_revoked_by_the_platform, async |app| {
    let boot = app.boot("Acme", None).await;
    let (ann, other) = (app.signed_up("ann").await, app.signed_in("ann@example.com").await);
    let (user, session) = ids(&ann).await;
    let path = format!("/v1/sessions/{session}");
    let read = boot.key.get(&path).await.ok();
    assert_eq!((&read["id"], &read["user_id"], &read["status"]), (&json!(session), &json!(user), &json!("active")));
    let revoked = boot.key.send("POST", &format!("{path}/revoke"), None, &[]).await.ok();
    assert_eq!(revoked["status"], "revoked");
    assert_eq!(ann.get("/api/auth/get-session").await.json, Json::Null);
    assert_eq!(ids(&other).await.0, user, "the other session goes on");
    problem(boot.key.get(&path).await, 404, "session_not_found");
    problem(boot.key.send("POST", &format!("{path}/revoke"), None, &[]).await, 404, "session_not_found");
    problem(other.send("POST", &format!("{path}/revoke"), None, &[]).await, 403, "forbidden");
});

db_test!(administrators_see_the_sessions_at_work_in_their_organization, async |app| {
    let boot = app.boot("Acme", None).await;
    let (ann, bob) = (app.signed_up("ann").await, app.signed_up("bob").await);
    let ((ann_id, own), (bob_id, session)) = (ids(&ann).await, ids(&bob).await);
    for (user, role) in [(&ann_id, "org:admin"), (&bob_id, "org:member")] {
        boot.key.post(&within(&boot, "/memberships"), json!({"user_id": user, "role": role})).await.created();
    }
    let list = format!("/v1/sessions?organization_id={}", boot.organization_id);
    let one = format!("/v1/sessions/{session}");
    assert_eq!(ann.get(&list).await.ok()["total_count"], 0, "nobody is at work there");
    problem(ann.get(&one).await, 404, "session_not_found");
    let body = json!({"organizationId": boot.organization_id});
    bob.post("/api/auth/organization/set-active", body).await.expect(200);
    let page = ann.get(&list).await.ok();
    assert_eq!((&page["total_count"], &page["data"][0]["id"]), (&json!(1), &json!(session)));
    assert_eq!(ann.get(&format!("{list}&user_id={ann_id}")).await.ok()["total_count"], 0);
    ann.get(&one).await.ok();
    problem(ann.get(&format!("/v1/sessions/{own}")).await, 404, "session_not_found");
    // They end the membership, not the session.
    problem(ann.send("POST", &format!("{one}/revoke"), None, &[]).await, 403, "forbidden");
    problem(bob.get(&list).await, 403, "forbidden");
    problem(bob.get(&one).await, 404, "session_not_found");
    let evil = app.signed_up("eve").await;
    evil.post("/api/auth/organization/create", json!({"name": "Evil", "slug": "evil"})).await.ok();
    problem(evil.get(&list).await, 404, "organization_not_found");
    problem(evil.get(&one).await, 404, "session_not_found");
});
