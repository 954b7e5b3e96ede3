//! What the request log keeps of long answers.

use super::request_log::logged;
use super::*;
use crate::support::*;

/// Makes a group of so many, and gives what the log says of the request.
async fn group_of(boot: &Boot, name: &str, members: &[String]) -> Json {
    make_group(&boot.scim, name, &members.iter().map(String::as_str).collect::<Vec<_>>()).await;
    only(boot, "group.create").await
}

/// The only request that does this, as a whole.
async fn only(boot: &Boot, operation: &str) -> Json {
    let one = logged(boot, &format!("&operation={operation}"), 1).await.remove(0);
    let directory = format!("/v1/organizations/{}/directories/{}", boot.organization_id, boot.directory_id);
    boot.key.get(&format!("{directory}/requests/{}", one["id"].as_str().expect("an id"))).await.ok()
}

async fn people(boot: &Boot) -> Vec<String> {
    let mut made = Vec::new();
    for n in 0..30 {
        made.push(make(&boot.scim, &format!("person-{n}")).await);
    }
    made
}

db_test!(of_the_answer_to_a_change_of_a_group_the_beginning_is_kept, async |app| {
    let boot = app.boot("Acme", None).await;
    let request = group_of(&boot, "Staff", &people(&boot).await).await;
    let answer = request["answer"].as_str().expect("a text that is cut is no JSON");
    assert!(answer.contains("Staff") && (1500..=2048).contains(&answer.len()), "{answer}");
    assert!(request["answer_bytes"].as_u64() > Some(2048), "{request}");
    assert_eq!((&request["answer_truncated"], &request["body_truncated"]), (&json!(true), &json!(false)));
    assert_eq!(request["replayable"], true);
});

db_test!(what_looks_like_a_secret_in_the_beginning_does_not_take_the_rest_along, async |app| {
    let boot = app.boot("Acme", None).await;
    let request = group_of(&boot, "Secret Santa", &people(&boot).await).await;
    let answer = request["answer"].as_str().expect("a text that is cut is no JSON");
    assert!(answer.contains("Secret Santa") && answer.len() <= 2048, "{answer}");
    assert_eq!((&request["answer_truncated"], &request["body_truncated"]), (&json!(true), &json!(false)));
});

db_test!(
    where_nothing_is_to_be_kept_nothing_of_a_read_is_either,
    Options::default().kit(|kit| kit.request_log_body_limit = 0),
    async |app| {
        let boot = app.boot("Acme", None).await;
        let request = group_of(&boot, "Staff", &people(&boot).await).await;
        assert_eq!(request["answer"].as_str().unwrap_or_default(), "", "{request}");
        boot.scim.get("/scim/v2/Groups").await.expect(200);
        let read = only(&boot, "group.list").await;
        assert_eq!(read["answer"].as_str().unwrap_or_default(), "", "{read}");
        assert!(read["answer_bytes"].as_u64() > Some(0), "{read}");
    }
);
