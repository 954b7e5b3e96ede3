//! Invitations: mailed, listed, revoked.

use super::{faults, problem, within};
use crate::support::*;

db_test!(somebody_is_invited_by_mail_and_the_invitation_revoked, async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({"email_address": "Bob@x.example", "role": "org:admin"});
    let made = boot.key.post(&within(&boot, "/invitations"), body).await.created();
    let id = made["id"].as_str().unwrap();
    let expected = json!({
        "object": "organization_invitation", "organization_id": boot.organization_id, "email_address": "bob@x.example",
        "role": "org:admin", "role_name": "Admin", "status": "pending", "inviter_id": null, "directory_id": null
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    app.mail().wait("bob@x.example", &format!("/invitation/{id}()")).await;
    let organization = boot.key.get(&within(&boot, "")).await.ok();
    assert_eq!(organization["pending_invitations_count"], 1);

    let list = async |query: &str| boot.key.get(&within(&boot, &format!("/invitations{query}"))).await.ok();
    assert_eq!(list("?status=pending").await["data"][0]["id"], id);
    assert_eq!(list("?query=nobody").await["total_count"], 0);

    let path = within(&boot, &format!("/invitations/{id}/revoke"));
    assert_eq!(boot.key.post(&path, json!({})).await.ok()["status"], "revoked");
    assert_eq!(
        boot.key.send("POST", &path, None, &[]).await.ok()["status"],
        "revoked",
        "revoking again changes nothing"
    );
    assert_eq!(list("?status=pending").await["total_count"], 0);
    assert_eq!(list("?status=revoked").await["total_count"], 1);
    problem(
        boot.key.post(&within(&boot, "/invitations/inv_none/revoke"), json!({})).await,
        404,
        "invitation_not_found",
    );
});

db_test!(a_body_that_cannot_be_read_invites_nobody, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, "/invitations/bulk");
    let body = json!({"invitations": [{"email_address": "c@x.example"}, {"email_address": 7}, 8]});
    let answer = problem(boot.key.post(&path, body).await, 400, "validation_failed");
    let told: Vec<String> = faults(&answer).into_iter().map(|(field, _)| field).collect();
    assert_eq!(told, ["invitations[1].email_address", "invitations[2]"]);
    let body = json!({"invitations": []});
    problem(boot.key.post(&path, body).await, 400, "validation_failed");
    assert_eq!(boot.key.get(&within(&boot, "/invitations")).await.ok()["total_count"], 0, "c was not invited");
});

db_test!(an_invitation_expires, async |app| {
    let boot = app.boot("Acme", None).await;
    let body = json!({"email_address": "bob@x.example"});
    boot.key.post(&within(&boot, "/invitations"), body.clone()).await.created();
    let again = boot.key.post(&within(&boot, "/invitations"), body).await;
    problem(again, 409, "user_is_already_invited_to_this_organization");
    app.clock.advance(49 * 3600);
    let page = boot.key.get(&within(&boot, "/invitations")).await.ok();
    assert_eq!(page["data"][0]["status"], "expired");
});
