//! Attribute mappings as an admin and the console's preview see them.

use super::{faults, problem, published, within};
use crate::support::*;

const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department";
const NUMBER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.employeeNumber";
const ROLE: &str =
    r#"{{ value | downcase | replace: "admins", "org:admin" | default: "org:member" }}.organization_role"#;

fn dave() -> Json {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        "userName": "dave@acme.com", "externalId": "00u1", "name": {"givenName": "Dave", "familyName": "Doe"},
        "emails": [{"value": "dave@acme.com", "type": "work", "primary": true}], "active": true,
        "groups": [{"value": "Admins", "display": "Admins"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales", "employeeNumber": "701984"}
    })
}

fn mapping() -> Json {
    json!({ "groups[0].value": ROLE, DEPARTMENT: "public_metadata.department", NUMBER: "public_metadata.employee_number" })
}

/// Waits until a job has ended.
async fn ended(boot: &Boot, job: &str) -> Json {
    let path = within(boot, &format!("/directories/{}/jobs/{job}", boot.directory_id));
    for _ in 0..2000 {
        let job = boot.key.get(&path).await.ok();
        if job["ended_at"].is_i64() {
            return job;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("a job never ends");
}

db_test!(walkthrough_5_works_as_written, async |app| {
    let boot = app.boot("Acme", Some("acme.com")).await;
    let path = within(&boot, "/scim/attribute-mappings");
    let none = boot.key.get(&path).await.ok();
    assert_eq!((&none["mapping"], &none["version"]), (&json!({}), &json!(0)));
    let stored = boot.key.put(&path, json!({ "mapping": mapping() })).await.ok();
    assert_eq!(stored["mapping"], mapping());
    assert_eq!(boot.key.get(&path).await.ok()["mapping"], mapping());

    let made = boot.scim.post("/scim/v2/Users", dave()).await.created();
    assert!(made.get("groups").is_none(), "read-only in the answer: {made}");
    let list = boot.key.get("/v1/users?query=dave@acme.com").await.ok();
    let user = &list["data"][0];
    assert_eq!(user["public_metadata"], json!({"department": "Sales", "employee_number": "701984"}));
    assert_eq!((&user["first_name"], &user["external_id"]), (&json!("Dave"), &json!("00u1")));
    let members = boot.key.get(&within(&boot, "/memberships?query=dave")).await.ok();
    let dave =
        members["data"].as_array().unwrap().iter().find(|m| m["public_user_data"]["identifier"] == "dave@acme.com");
    assert_eq!(dave.unwrap()["role"], "org:admin", "{members}");

    // The same under the directory, with who and when.
    let of_directory = within(&boot, &format!("/directories/{}/attribute-mappings", boot.directory_id));
    let seen = boot.key.get(&of_directory).await.ok();
    assert_eq!((&seen["mapping"], &seen["version"]), (&mapping(), &json!(1)));
    assert!(seen["created_by"].as_str().unwrap().starts_with("key:") && seen["created_at"].is_i64());
    // Saving the same again changes nothing.
    assert_eq!(boot.key.put(&of_directory, json!({ "mapping": mapping() })).await.ok()["version"], 1);

    let before = boot.scim.get("/scim/v2/Users?filter=userName%20eq%20%22dave@acme.com%22").await.ok();
    let saved = boot.key.put(&of_directory, json!({ "mapping": {DEPARTMENT: "public_metadata.unit"} })).await.ok();
    let job = ended(&boot, saved["job_id"].as_str().unwrap()).await;
    assert_eq!((&job["state"], &job["done"], &job["total"]), (&json!("done"), &json!(1), &json!(1)), "{job}");
    let user = boot.key.get(&format!("/v1/users/{}", user["id"].as_str().unwrap())).await.ok();
    assert_eq!(user["public_metadata"], json!({"unit": "Sales"}));
    let after = boot.scim.get("/scim/v2/Users?filter=userName%20eq%20%22dave@acme.com%22").await.ok();
    assert_eq!(before, after, "the resource is the identity provider's");
});

db_test!(an_organization_without_directories_gets_one_with_its_first_mapping, async |app| {
    let boot = app.boot("Acme", None).await;
    let made = boot.key.post("/v1/organizations", json!({"name": "Beta"})).await.created();
    let path = format!("/v1/organizations/{}/scim/attribute-mappings", made["id"].as_str().unwrap());
    assert_eq!(boot.key.get(&path).await.ok()["directory_id"], Json::Null);
    let stored = boot.key.put(&path, json!({"mapping": {"nickName": "name"}})).await.ok();
    assert!(stored["directory_id"].as_str().unwrap().starts_with("dir_"));
});

db_test!(what_is_wrong_is_told_by_path_and_nothing_is_saved, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, "/scim/attribute-mappings");
    let wrong = json!({
        "nothing": "name", "userName": "king", "title": "{{ value | nothing }}.name", "nickName": "{{ value }}",
        "locale": "{% for i in (1..9) %}x{% endfor %}{{ value }}.name", "displayName": 5, "groups[0].value": "email_address",
    });
    let answer = problem(boot.key.put(&path, json!({ "mapping": wrong })).await, 400, "validation_failed");
    let expected = [
        ("mapping.nothing", "invalid_path"),
        ("mapping.userName", "invalid_target"),
        ("mapping.title", "invalid_expression"),
        ("mapping.nickName", "invalid_target"),
        ("mapping.locale", "invalid_expression"),
        ("mapping.displayName", "invalid_target"),
        ("mapping.groups[0].value", "invalid_target"),
    ];
    assert_eq!(faults(&answer), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    for body in [json!({}), json!({"mapping": null}), json!({"mapping": []}), json!({"mapping": "name"})] {
        let answer = problem(boot.key.put(&path, body).await, 400, "validation_failed");
        assert_eq!(faults(&answer)[0].0, "mapping");
    }
    let many: serde_json::Map<String, Json> = (0..101).map(|n| (format!("x{n}"), json!("name"))).collect();
    let answer = problem(boot.key.put(&path, json!({ "mapping": many })).await, 400, "validation_failed");
    assert_eq!(faults(&answer), [("mapping".to_owned(), "too_many".to_owned())]);
    assert_eq!(boot.key.get(&path).await.ok()["version"], 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM directory_mappings").await, 0);
});

db_test!(versions_are_kept_told_of_and_restored, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = within(&boot, &format!("/directories/{}/attribute-mappings", boot.directory_id));
    for target in ["name", "first_name"] {
        boot.key.put(&path, json!({"mapping": {"nickName": target}})).await.expect(200);
    }
    let versions = boot.key.get(&format!("{path}/versions")).await.ok();
    assert_eq!(versions["total_count"], 2);
    assert_eq!(
        (&versions["data"][0]["version"], &versions["data"][1]["mapping"]["nickName"]),
        (&json!(2), &json!("name"))
    );
    let restored = boot.key.send("POST", &format!("{path}/versions/1/restore"), None, &[]).await.ok();
    assert_eq!((&restored["version"], &restored["mapping"]["nickName"]), (&json!(3), &json!("name")));
    for number in ["9", "0", "-1", "x", "99999999999999999999"] {
        boot.key.send("POST", &format!("{path}/versions/{number}/restore"), None, &[]).await.expect(404);
    }
    published(&app).await;
    let events = boot.key.get("/v1/events?type=directory.updated&limit=100").await.ok();
    let told: Vec<&Json> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["data"]["directory"]["mapping"].is_object())
        .collect();
    assert_eq!(told.len(), 3, "{events}");
    assert_eq!(told[1]["data"]["previous"]["mapping"], json!({"nickName": "name"}));
    assert_eq!(told[1]["data"]["directory"]["mapping"], json!({"nickName": "first_name"}));
});

db_test!(a_preview_shows_before_and_after_and_writes_nothing, async |app| {
    let boot = app.boot("Acme", Some("acme.com")).await;
    boot.scim.post("/scim/v2/Users", dave()).await.expect(201);
    let base = within(&boot, &format!("/directories/{}/attribute-mappings", boot.directory_id));
    let rows = "SELECT (SELECT COUNT(*) FROM events) + (SELECT COUNT(*) FROM directory_mappings) + (SELECT COUNT(*) FROM member_grants)";
    let before = app.count(rows).await;
    let seen = boot.key.post(&format!("{base}/preview"), json!({ "mapping": mapping() })).await.ok();
    assert_eq!(
        (&seen["people_count"], &seen["changed_count"], &seen["warnings_count"]),
        (&json!(1), &json!(1), &json!(0))
    );
    let person = &seen["people"][0];
    assert_eq!(
        person["changed"],
        json!(["organization_role", "public_metadata.department", "public_metadata.employee_number"])
    );
    assert_eq!(
        (&person["before"]["organization_role"], &person["after"]["organization_role"]),
        (&Json::Null, &json!("org:admin"))
    );
    assert_eq!(
        (&person["before"]["public_metadata"], &person["after"]["public_metadata"]["department"]),
        (&json!({}), &json!("Sales"))
    );
    assert_eq!(seen["changed_by_target"]["organization_role"], 1);

    let id = person["directory_user_id"].as_str().unwrap();
    let body = json!({"mapping": {"title": "organization_role"}, "directory_user_ids": [id, "scimu_none"]});
    assert_eq!(boot.key.post(&format!("{base}/preview"), body).await.ok()["people_count"], 1);
    let sample = json!({"userName": "kim@acme.com", "title": "org:owner", "groups": ["Staff"]});
    let body =
        json!({"mapping": {"title": "organization_role", "groups.value": "public_metadata.groups"}, "sample": sample});
    let seen = boot.key.post(&format!("{base}/preview"), body).await.ok();
    assert_eq!(seen["people"][0]["directory_user_id"], Json::Null);
    assert_eq!(seen["people"][0]["after"]["public_metadata"]["groups"], json!(["Staff"]));
    assert_eq!((&seen["warnings_count"], &seen["people"][0]["warnings"][0]["path"]), (&json!(1), &json!("title")));
    assert_eq!(app.count(rows).await, before);

    for (body, field) in [
        (json!({"mapping": {"nothing": "name"}}), "mapping.nothing"),
        (json!({"mapping": {}, "sample": {"userName": 5}}), "sample[0]"),
        (json!({"mapping": {}, "sample": "x"}), "sample"),
        (json!({"mapping": {}, "sample": {}, "directory_user_ids": []}), "sample"),
        (json!({"mapping": {}, "directory_user_ids": "x"}), "directory_user_ids"),
    ] {
        let answer = problem(boot.key.post(&format!("{base}/preview"), body).await, 400, "validation_failed");
        assert_eq!(faults(&answer)[0].0, field);
    }
});

/// The ids of the recorded requests, oldest first, of which there are so many.
async fn recorded(boot: &Boot, count: usize) -> Vec<String> {
    let path = within(boot, &format!("/directories/{}/requests?limit=100", boot.directory_id));
    let list = boot.key.get(&path).await.ok();
    let found = list["data"].as_array().unwrap();
    assert_eq!(found.len(), count, "{list}");
    found.iter().rev().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

db_test!(a_mapping_is_tried_on_recorded_requests, async |app| {
    let boot = app.boot("Acme", Some("acme.com")).await;
    let made = boot.scim.post("/scim/v2/Users", dave()).await.created();
    let one = format!("/scim/v2/Users/{}", made["id"].as_str().unwrap());
    let operations = json!([
        { "op": "replace", "path": DEPARTMENT.replace(".department", ":department"), "value": "Legal" },
        { "op": "replace", "path": "title", "value": "the \"password\" is S3cret" },
    ]);
    let patch = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    boot.scim.patch(&one, patch).await.expect(200);
    let mut put = dave();
    put["nickName"] = json!("Davy");
    put["groups"] = json!([{"value": "Staff"}]);
    boot.scim.put(&one, put).await.expect(200);
    boot.scim.get(&one).await.expect(200);
    boot.scim.post("/scim/v2/Users", dave()).await.expect(409);
    boot.scim.delete(&one).await.expect(204);
    let ids = recorded(&boot, 6).await;

    let preview = within(&boot, &format!("/directories/{}/attribute-mappings/preview", boot.directory_id));
    let rows = "SELECT (SELECT COUNT(*) FROM events) + (SELECT COUNT(*) FROM directory_mappings) + (SELECT COUNT(*) FROM member_grants)
        + (SELECT COUNT(*) FROM directory_requests)";
    let before = app.count(rows).await;
    let mut draft = mapping();
    draft["nickName"] = json!("name");
    draft["title"] = json!("public_metadata.title");
    // The order in which they are named is no matter: they are taken as they came. Each counts once.
    let named: Vec<&String> = ids.iter().rev().chain(&ids[..1]).collect();
    let seen = boot.key.post(&preview, json!({"mapping": draft, "request_ids": named})).await.ok();
    assert_eq!(
        (&seen["people_count"], &seen["changed_count"], &seen["warnings_count"], &seen["skipped_count"]),
        (&json!(4), &json!(4), &json!(2), &json!(2)),
        "{seen}"
    );
    let after = |n: usize| &seen["people"][n]["after"];
    for (n, department, role, name) in [
        (0, "Sales", json!("org:admin"), "Dave Doe"),
        (1, "Legal", json!("org:admin"), "Dave Doe"),
        (2, "Sales", Json::Null, "Davy"),
        (3, "Sales", json!("org:admin"), "Dave Doe"),
    ] {
        assert_eq!(after(n)["public_metadata"]["department"], department, "{n}: {seen}");
        assert_eq!((&after(n)["organization_role"], &after(n)["name"]), (&role, &json!(name)), "{n}: {seen}");
        assert_eq!(seen["people"][n]["request_id"], ids[[0, 1, 2, 4][n]]);
        assert_eq!(seen["people"][n]["before"]["public_metadata"], json!({}));
    }
    assert_eq!(seen["changed_by_target"]["public_metadata.department"], 4);
    assert_eq!(seen["people"][2]["warnings"][0]["path"], "groups[0].value", "nobody knows the role staff");
    // What the log left out is told, and is nowhere in what is shown.
    let warning = &seen["people"][1]["warnings"][0];
    assert_eq!((&warning["path"], &warning["target"]), (&json!("title"), &json!("public_metadata.title")));
    assert!(warning["message"].as_str().unwrap().contains("left its value out"), "{warning}");
    assert!(after(1)["public_metadata"].get("title").is_none() && !seen.to_string().contains("S3cret"));
    let skipped: Vec<_> =
        seen["skipped"].as_array().unwrap().iter().map(|one| (&one["request_id"], &one["code"])).collect();
    assert_eq!(
        skipped,
        [(&json!(ids[3]), &json!("not_a_person")), (&json!(ids[5]), &json!("not_a_person"))],
        "reading and deleting say of nobody what they are"
    );
    assert_eq!(app.count(rows).await, before, "nothing is written");

    // A change of somebody who is gone, without the request that made them.
    let seen = boot.key.post(&preview, json!({"mapping": draft, "request_ids": [ids[1]]})).await.ok();
    assert_eq!((&seen["people_count"], &seen["skipped"][0]["code"]), (&json!(0), &json!("person_is_gone")), "{seen}");
});

db_test!(a_change_is_tried_on_what_the_person_is_now, async |app| {
    let boot = app.boot("Acme", Some("acme.com")).await;
    let made = boot.scim.post("/scim/v2/Users", dave()).await.created();
    let one = format!("/scim/v2/Users/{}", made["id"].as_str().unwrap());
    let patch = json!({"Operations": [{"op": "add", "value": {"nickName": "Davy", "password": "S3cret!!"}}],
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]});
    boot.scim.patch(&one, patch).await.expect(200);
    let ids = recorded(&boot, 2).await;
    let preview = within(&boot, &format!("/directories/{}/attribute-mappings/preview", boot.directory_id));
    let body = json!({"mapping": {"nickName": "name", NUMBER: "public_metadata.number"}, "request_ids": [ids[1]]});
    let seen = boot.key.post(&preview, body).await.ok();
    let dave = &seen["people"][0];
    assert_eq!(dave["changed"], json!(["name", "public_metadata.number"]));
    assert_eq!(
        (&dave["after"]["name"], &dave["after"]["public_metadata"]),
        (&json!("Davy"), &json!({"number": "701984"}))
    );
    assert_eq!(
        (&dave["directory_user_id"], &dave["warnings"]),
        (&made["id"], &json!([])),
        "a password is nothing that it reads"
    );
    assert!(dave["user_id"].as_str().unwrap().starts_with("user_"));
});

db_test!(requests_that_are_none_of_the_directory_are_refused, async |app| {
    let boot = app.boot("Acme", Some("acme.com")).await;
    let other = app.boot("Beta", Some("beta.com")).await;
    let mut kim = dave();
    kim["userName"] = json!("kim@beta.com");
    other.scim.post("/scim/v2/Users", kim).await.expect(201);
    let foreign = recorded(&other, 1).await.remove(0);
    let path = within(&boot, &format!("/directories/{}/attribute-mappings/preview", boot.directory_id));
    for id in [foreign.as_str(), "reql_none"] {
        let body = json!({"mapping": {}, "request_ids": [id]});
        let answer = problem(boot.key.post(&path, body).await, 400, "validation_failed");
        assert_eq!(faults(&answer), [("request_ids".to_owned(), "request_not_found".to_owned())]);
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains(id));
    }
    for (body, field, code) in [
        (json!({"request_ids": [foreign], "sample": dave()}), "sample", "contradiction"),
        (json!({"request_ids": [foreign], "directory_user_ids": []}), "directory_user_ids", "contradiction"),
        (json!({"request_ids": ["no id"]}), "request_ids", "not_an_id"),
        (json!({"request_ids": vec!["reql_x"; 101]}), "request_ids", "too_long"),
        (json!({"request_ids": "reql_x"}), "request_ids", "wrong_type"),
    ] {
        let mut body = body;
        body["mapping"] = json!({});
        let answer = problem(boot.key.post(&path, body).await, 400, "validation_failed");
        assert_eq!(faults(&answer), [(field.to_owned(), code.to_owned())]);
    }
    let none = boot.key.post(&path, json!({"mapping": {}, "request_ids": []})).await.ok();
    assert_eq!((&none["people_count"], &none["skipped_count"]), (&json!(0), &json!(0)));
});

db_test!(jobs_are_listed_read_and_canceled, Options::default().idle(), async |app| {
    let boot = app.boot("Acme", Some("acme.com")).await;
    boot.scim.post("/scim/v2/Users", dave()).await.expect(201);
    let base = within(&boot, &format!("/directories/{}", boot.directory_id));
    let saved = boot.key.put(&format!("{base}/attribute-mappings"), json!({ "mapping": mapping() })).await.ok();
    let id = saved["job_id"].as_str().unwrap();
    let listed = boot.key.get(&format!("{base}/jobs")).await.ok();
    assert_eq!((&listed["total_count"], &listed["data"][0]["id"]), (&json!(1), &saved["job_id"]));
    let job = boot.key.get(&format!("{base}/jobs/{id}")).await.ok();
    assert_eq!((&job["kind"], &job["state"], &job["total"]), (&json!("mapping_applied"), &json!("queued"), &json!(1)));
    let canceled = boot.key.send("POST", &format!("{base}/jobs/{id}/cancel"), None, &[]).await.ok();
    assert_eq!((&canceled["state"], canceled["ended_at"].is_i64()), (&json!("canceled"), true));
    assert_eq!(boot.key.send("POST", &format!("{base}/jobs/{id}/cancel"), None, &[]).await.ok()["state"], "canceled");
    problem(boot.key.get(&format!("{base}/jobs/job_none")).await, 404, "job_not_found");

    // Another organization's admin sees none of it.
    let other = app.boot("Beta", None).await;
    let outside = format!("/v1/organizations/{}/directories/{}", other.organization_id, boot.directory_id);
    for rest in [
        format!("/jobs/{id}"),
        "/jobs".to_owned(),
        "/attribute-mappings".to_owned(),
        "/attribute-mappings/versions".to_owned(),
    ] {
        problem(other.key.get(&format!("{outside}{rest}")).await, 404, "directory_not_found");
    }
    problem(
        other.key.put(&format!("{outside}/attribute-mappings"), json!({"mapping": {}})).await,
        404,
        "directory_not_found",
    );
});

db_test!(which_roles_a_mapping_may_give_is_for_owners_to_decide, async |app| {
    let boot = app.boot("Acme", Some("acme.com")).await;
    let directory = within(&boot, &format!("/directories/{}", boot.directory_id));
    let path = format!("{directory}/attribute-mappings");
    boot.key.put(&path, json!({ "mapping": mapping() })).await.expect(200);
    boot.scim.post("/scim/v2/Users", dave()).await.expect(201);
    let role = async || {
        let members = boot.key.get(&within(&boot, "/memberships?query=dave")).await.ok();
        members["data"][0]["role"].as_str().unwrap().to_owned()
    };
    assert_eq!(role().await, "org:admin");
    let settings = |roles: Json| json!({"settings": {"mapping_roles": roles}});
    assert_eq!(boot.key.get(&directory).await.ok()["settings"]["mapping_roles"], json!(["org:member", "org:admin"]));
    boot.key.patch(&directory, settings(json!(["org:owner"]))).await.expect(403);
    problem(boot.key.patch(&directory, settings(json!(["org:king"]))).await, 400, "role_not_found");
    boot.key.patch(&directory, settings(json!(["org:member"]))).await.expect(200);
    for _ in 0..2000 {
        if app.count("SELECT COUNT(*) FROM directory_jobs WHERE state IN ('queued', 'running')").await == 0 {
            break;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(role().await, "org:member", "what may not be given any more is taken away");

    // An admin who is no owner.
    let ann = app.proven("ann@acme.com").await;
    let user = boot.key.get("/v1/users?query=ann@acme.com").await.ok()["data"][0]["id"].clone();
    boot.key.post(&within(&boot, "/memberships"), json!({"user_id": user, "role": "org:admin"})).await.expect(201);
    problem(
        ann.patch(&directory, settings(json!(["org:member", "org:admin"]))).await,
        403,
        "mapping_roles_by_owner_only",
    );
    ann.put(&path, json!({"mapping": {"nickName": "name"}})).await.expect(200);
});

db_test!(the_user_schema_says_which_attributes_are_the_address_and_the_name, async |app| {
    let boot = app.boot("Acme", Some("acme.com")).await;
    let directory = within(&boot, &format!("/directories/{}", boot.directory_id));
    for bad in [
        json!({"nothing": "email"}),
        json!({"userName": "king"}),
        json!({"userName": "organization_role"}),
        json!({"userName": 5}),
    ] {
        boot.key.patch(&directory, json!({"settings": {"user_schema": bad}})).await.refused(400, "invalid_user_schema");
    }
    let schema = json!({"userName": "email", "nickName": "name"});
    let after = boot.key.patch(&directory, json!({"settings": {"user_schema": schema}})).await.ok();
    assert_eq!(after["settings"]["user_schema"], schema);
    let mut kim = dave();
    kim["userName"] = json!("kim@acme.com");
    kim["nickName"] = json!("Kimmy");
    kim["emails"] = json!([{"value": "other@acme.com", "primary": true}]);
    boot.scim.post("/scim/v2/Users", kim).await.expect(201);
    let users = boot.key.get("/v1/users?query=kim@acme.com").await.ok();
    assert_eq!((&users["total_count"], &users["data"][0]["name"]), (&json!(1), &json!("Kimmy")));
    // The mapping of the directory comes first.
    let path = format!("{directory}/attribute-mappings");
    let saved = boot.key.put(&path, json!({"mapping": {"name.givenName": "name"}})).await.ok();
    ended(&boot, saved["job_id"].as_str().unwrap()).await;
    let users = boot.key.get("/v1/users?query=kim@acme.com").await.ok();
    assert_eq!(users["data"][0]["name"], "Dave");
});

db_test!(a_directory_of_the_instance_maps_but_gives_no_roles, async |app| {
    let boot = app.boot("Acme", None).await;
    let made = boot.key.post("/v1/directories", json!({"name": "All"})).await.created();
    let path = format!("/v1/directories/{}/attribute-mappings", made["id"].as_str().unwrap());
    let answer = problem(
        boot.key.put(&path, json!({"mapping": {"title": "organization_role"}})).await,
        400,
        "validation_failed",
    );
    assert_eq!(faults(&answer), [("mapping".to_owned(), "invalid_target".to_owned())]);
    boot.key.put(&path, json!({"mapping": {"title": "public_metadata.title"}})).await.expect(200);
    let credentials = format!("/v1/directories/{}/credentials", made["id"].as_str().unwrap());
    let token = boot.key.post(&credentials, json!({"name": "x", "type": "bearer"})).await.created()["token"].clone();
    let kim = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "kim@nowhere.example", "title": "Boss"});
    app.scim(token.as_str().unwrap()).post("/scim/v2/Users", kim).await.expect(201);
    let users = boot.key.get("/v1/users?query=kim@nowhere.example").await.ok();
    assert_eq!(users["data"][0]["public_metadata"], json!({"title": "Boss"}));
});

db_test!(
    the_session_shows_public_metadata_if_it_is_configured_to,
    Options::default().settings(|settings| settings.session.public_metadata = true),
    async |app| {
        let boot = app.boot("Acme", None).await;
        let path = format!("/v1/users/{}/metadata", boot.user_id);
        boot.key.patch(&path, json!({"public_metadata": {"department": "Sales"}})).await.expect(200);
        let session = boot.admin.get("/api/auth/get-session").await.ok();
        assert_eq!(session["user"]["publicMetadata"], json!({"department": "Sales"}));
    }
);

db_test!(the_session_keeps_public_metadata_to_itself_otherwise, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = format!("/v1/users/{}/metadata", boot.user_id);
    boot.key.patch(&path, json!({"public_metadata": {"department": "Sales"}})).await.expect(200);
    let session = boot.admin.get("/api/auth/get-session").await.ok();
    assert!(session["user"].get("publicMetadata").is_none());
});
