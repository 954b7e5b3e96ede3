//! What a manager is called is for the service to say (RFC 7643 section 4.3).

use serde_json::json;

use super::*;
use crate::support::*;

fn named(resource: &Json) -> &Json {
    &resource[ENTERPRISE]["manager"]["displayName"]
}

db_test!(what_a_manager_is_called_is_said_and_follows_them, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let mut ann = person("ann");
    // Whoever provisions people in any order names a manager who is not there yet; what they call them is ignored.
    ann[ENTERPRISE]["manager"] = json!({ "value": "later", "displayName": "Somebody" });
    let made = scim.post("/scim/v2/Users", ann).await.created();
    assert_eq!(made[ENTERPRISE]["manager"], json!({ "value": "later" }));
    let path = format!("/scim/v2/Users/{}", id(&made));
    let boss = make(scim, "boss").await;
    let after = scim.patch(&path, op("replace", &format!("{ENTERPRISE}:manager"), json!({ "value": boss }))).await.ok();
    assert_eq!(named(&after), "boss Example");
    let version = scim.get(&path).await.ok()["meta"]["version"].clone();
    assert_eq!(version, after["meta"]["version"]);

    let boss_path = format!("/scim/v2/Users/{boss}");
    scim.patch(&boss_path, op("replace", "displayName", json!("The Boss"))).await.ok();
    let renamed = scim.get(&path).await.ok();
    assert_eq!(named(&renamed), "The Boss");
    assert_ne!(renamed["meta"]["version"], version, "what is shown is different");
    assert_eq!(renamed["meta"]["lastModified"], after["meta"]["lastModified"]);
    let listed = scim.get("/scim/v2/Users?sortBy=userName").await.ok();
    assert_eq!(named(&listed["Resources"][0]), "The Boss");
    let found =
        scim.get(&filtered("/scim/v2/Users", &format!("{ENTERPRISE}:manager.displayName sw \"the\""))).await.ok();
    assert_eq!((&found["totalResults"], named(&found["Resources"][0])), (&json!(1), &json!("The Boss")));

    // It is no part of the resource: nothing is changed by what is ignored, and nothing is kept of it.
    let same = scim.patch(&path, op("replace", "title", json!(null))).await.ok();
    assert_eq!(same["meta"], renamed["meta"]);
    scim.delete(&boss_path).await.expect(204);
    assert_eq!(scim.get(&path).await.ok()[ENTERPRISE]["manager"], json!({ "value": boss }));
});

db_test!(whoever_is_their_own_manager_is_called_as_they_are, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let path = format!("/scim/v2/Users/{}", make(scim, "chief").await);
    let own = path.rsplit('/').next().expect("an id");
    scim.patch(&path, op("replace", &format!("{ENTERPRISE}:manager"), json!({ "value": own }))).await.ok();
    let renamed = scim.patch(&path, op("replace", "displayName", json!("The Chief"))).await.ok();
    assert_eq!(named(&renamed), "The Chief");
    assert_eq!(scim.get(&path).await.ok(), renamed);
});

db_test!(a_manager_of_another_directory_is_not_named, async |app| {
    let (acme, globex) = (app.boot("Acme", None).await, app.boot("Globex", None).await);
    let boss = make(&globex.scim, "boss").await;
    let mut ann = person("ann");
    ann[ENTERPRISE]["manager"] = json!({ "value": boss });
    let made = acme.scim.post("/scim/v2/Users", ann).await.created();
    assert_eq!(made[ENTERPRISE]["manager"], json!({ "value": boss }));
});
