//! Receipts: listed by person and time, read by id, proven by the published keys, and nobody else's business.

use auth_core::jwt::verify::{Unproven, verify};

use super::{problem, within};
use crate::support::*;

async fn provision(boot: &Boot, name: &str) -> String {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("{name}@acme.example"),
        "externalId": format!("00u{name}"), "active": true, "name": {"givenName": name, "familyName": "Ex"},
        "emails": [{"primary": true, "value": format!("{name}@acme.example"), "type": "work"}]
    });
    boot.scim.post("/scim/v2/Users", body).await.created()["id"].as_str().unwrap().to_owned()
}

async fn deactivate(boot: &Boot, id: &str) -> Answer {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": false}]
    });
    let answer = boot.scim.patch(&format!("/scim/v2/Users/{id}"), body).await;
    assert!(matches!(answer.status, 200 | 204), "{answer:?}");
    answer
}

db_test!(a_receipt_is_found_by_person_and_time_and_proves_itself, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let (ann, bob) = (provision(&boot, "ann").await, provision(&boot, "bob").await);
    let path = within(&boot, "/receipts");
    let none = boot.key.get(&path).await.ok();
    assert_eq!((&none["total_count"], &none["data"]), (&json!(0), &json!([])));
    let answered = deactivate(&boot, &ann).await;
    app.clock.advance(60);
    deactivate(&boot, &bob).await;

    let page = boot.key.get(&path).await.ok();
    assert_eq!(page["total_count"], 2);
    assert_eq!(
        (&page["data"][0]["directory_user_id"], &page["data"][1]["directory_user_id"]),
        (&json!(bob), &json!(ann))
    );
    let receipt = page["data"][1].clone();
    assert_eq!(
        (&receipt["object"], &receipt["cause"], &receipt["scope"]),
        (&json!("receipt"), &json!("deactivated"), &json!("account"))
    );
    assert_eq!(receipt["request_id"].as_str(), answered.header("x-request-id"), "the request that was answered");
    assert_eq!(
        (&receipt["organization_id"], &receipt["directory_id"]),
        (&json!(boot.organization_id), &json!(boot.directory_id))
    );
    let user = receipt["user_id"].as_str().expect("a person").to_owned();

    let only = |found: Json, id: &str| {
        assert_eq!((&found["total_count"], &found["data"][0]["directory_user_id"]), (&json!(1), &json!(id)), "{found}");
    };
    only(boot.key.get(&format!("{path}?user_id={user}")).await.ok(), &ann);
    only(boot.key.get(&format!("{path}?directory_user_id={bob}")).await.ok(), &bob);
    let later = receipt["created_at"].as_i64().unwrap() + 1;
    only(boot.key.get(&format!("{path}?since={later}")).await.ok(), &bob);
    let below = within(&boot, &format!("/directories/{}/receipts", boot.directory_id));
    only(boot.key.get(&format!("{below}?user_id={user}")).await.ok(), &ann);
    let id = receipt["id"].as_str().unwrap();
    assert_eq!(boot.key.get(&format!("{path}/{id}")).await.ok(), receipt);
    assert_eq!(boot.key.get(&format!("{below}/{id}")).await.ok(), receipt);
    assert_eq!(
        boot.admin.get(&format!("{path}?limit=1&offset=1")).await.ok()["data"][0],
        receipt,
        "an admin reads them"
    );

    let keys = app.http().get("/.well-known/jwks.json").await.ok();
    let signature = receipt["signature"].as_str().unwrap();
    assert_eq!(verify(signature, &keys), Ok(receipt["payload"].clone()));
    let (head, rest) = signature.split_once('.').unwrap();
    let other = page["data"][0]["signature"].as_str().unwrap().split('.').nth(1).unwrap();
    let swapped = format!("{head}.{other}.{}", rest.split_once('.').unwrap().1);
    assert_eq!(verify(&swapped, &keys), Err(Unproven::Refused), "what another receipt says under this signature");
});

db_test!(a_retired_key_stays_published_and_proves_what_it_signed, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let (ann, bob) = (provision(&boot, "ann").await, provision(&boot, "bob").await);
    deactivate(&boot, &ann).await;
    let retire =
        async |tx: &mut auth_core::Tx| auth_core::db::run(tx, "UPDATE signing_keys SET retired_at = 1", []).await;
    app.core.write(&auth_core::Ctx::system("test"), retire).await.expect("retired");
    // An opened key is used for a minute at most.
    app.clock.advance(120);
    deactivate(&boot, &bob).await;
    let keys = app.http().get("/.well-known/jwks.json").await.ok();
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(2), "{keys}");
    let page = boot.key.get(&within(&boot, "/receipts")).await.ok();
    let kids: std::collections::BTreeSet<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|receipt| {
            assert_eq!(verify(receipt["signature"].as_str().unwrap(), &keys), Ok(receipt["payload"].clone()));
            receipt["signature"].as_str().unwrap().split('.').next().unwrap().to_owned()
        })
        .collect();
    assert_eq!(kids.len(), 2, "by two keys");
    let newest = json!({ "keys": [keys["keys"][0]] });
    let by_old = page["data"][1]["signature"].as_str().unwrap();
    assert!(matches!(verify(by_old, &newest), Err(Unproven::UnknownKey(_))));
    // The name of the old key on another key proves nothing.
    let mut forged = newest;
    forged["keys"][0]["kid"] = keys["keys"][1]["kid"].clone();
    assert_eq!(verify(by_old, &forged), Err(Unproven::Refused));
});

db_test!(strangers_learn_of_no_receipt, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = provision(&boot, "ann").await;
    deactivate(&boot, &ann).await;
    let path = within(&boot, "/receipts");
    let id = boot.key.get(&path).await.ok()["data"][0]["id"].as_str().unwrap().to_owned();
    let other = app.boot("Globex", None).await;
    let elsewhere = within(&other, &format!("/receipts/{id}"));
    problem(other.key.get(&elsewhere).await, 404, "receipt_not_found");
    let foreign = within(&other, &format!("/directories/{}/receipts", boot.directory_id));
    problem(other.key.get(&foreign).await, 404, "directory_not_found");
    problem(
        boot.key.get(&format!("/v1/directories/{}/receipts/{id}", boot.directory_id)).await,
        404,
        "receipt_not_found",
    );
    let stranger = app.signed_up("eve").await;
    for path in [path.clone(), format!("{path}/{id}")] {
        assert_eq!(stranger.get(&path).await.status, 404, "{path}");
    }
    problem(boot.key.get(&format!("{path}?since=yesterday")).await, 400, "validation_failed");
});

db_test!(receipts_outlive_their_directory, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    let ann = provision(&boot, "ann").await;
    deactivate(&boot, &ann).await;
    boot.key.delete(&within(&boot, &format!("/directories/{}", boot.directory_id))).await.expect(204);
    let below = within(&boot, &format!("/directories/{}/receipts", boot.directory_id));
    assert_eq!(boot.key.get(&below).await.ok()["data"][0]["directory_user_id"], ann);
});
