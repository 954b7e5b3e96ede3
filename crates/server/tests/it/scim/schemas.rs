//! Extension schemas of a directory's own: how they are managed, and that they are schemas like others.

use auth_core::Ctx;
use auth_core::features::directory::DirectoryFault;
use auth_core::features::directory::credentials::{Presented, authenticate};
use auth_core::features::directory::users::{self, NewDirectoryUser};

use super::*;
use crate::support::*;

/// A schema of people.
pub(super) const HR: &str = "urn:example:scim:schemas:hr:2.0:User";
/// A schema of groups.
const TEAMS: &str = "urn:example:teams:Group";

pub(super) fn home(boot: &Boot) -> String {
    format!("/v1/organizations/{}/directories/{}/schemas", boot.organization_id, boot.directory_id)
}

fn definition(attributes: &Json) -> Json {
    json!({ "name": "HR", "description": "What HR knows", "attributes": attributes })
}

fn hr() -> Json {
    definition(&json!([
        {"name": "badge", "type": "string", "caseExact": true, "description": "The number of the badge"},
        {"name": "site", "type": "string", "canonicalValues": ["Berlin", "Oslo"]},
        {"name": "level", "type": "integer"},
        {"name": "grade", "type": "string", "mutability": "immutable"},
        {"name": "rank", "type": "string", "mutability": "readOnly"},
        {"name": "note", "type": "string", "returned": "request"},
        {"name": "tags", "type": "string", "multiValued": true},
        {"name": "skills", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "value", "type": "string", "required": true}, {"name": "years", "type": "integer"},
        ]},
    ]))
}

/// Somebody with what HR knows.
#[allow(clippy::needless_pass_by_value, reason = "reads as `worker(…, json!({…}))`")]
fn worker(name: &str, known: Json) -> Json {
    let mut body = json!({ "schemas": [USER, HR], "userName": name });
    body[HR] = known;
    body
}

db_test!(schemas_are_put_listed_and_removed, async |app| {
    let boot = app.boot("Acme", None).await;
    let (key, home) = (&boot.key, home(&boot));
    assert_eq!(key.get(&home).await.ok(), json!({"data": [], "total_count": 0}));
    let made = key.put(&format!("{home}/{HR}"), hr()).await.ok();
    assert_eq!(
        (&made["urn"], &made["object"], &made["resource_type"], &made["required"], &made["directory_id"]),
        (&json!(HR), &json!("directory_schema"), &json!("User"), &json!(false), &json!(boot.directory_id))
    );
    assert_eq!(made["attributes"].as_array().map(Vec::len), Some(8));
    assert_eq!(
        (&made["attributes"][0]["name"], &made["attributes"][0]["mutability"]),
        (&json!("badge"), &json!("readWrite"))
    );
    app.clock.advance(1000);
    // Again, in other letters: it is the same schema.
    let again = key.put(&format!("{home}/{}", HR.to_uppercase().replace("URN:", "urn:")), hr()).await.ok();
    assert_eq!((&again["urn"], &again["created_at"]), (&made["urn"], &made["created_at"]));
    assert!(again["updated_at"].as_i64() > made["updated_at"].as_i64());
    let mut teams = definition(&json!([{"name": "purpose", "type": "string"}]));
    teams["resource_type"] = json!("Group");
    key.put(&format!("{home}/{}", TEAMS.replace(':', "%3A")), teams.clone()).await.ok();
    let list = boot.admin.get(&format!("{home}?limit=1&offset=1")).await.ok();
    assert_eq!((&list["total_count"], &list["data"][0]["urn"]), (&json!(2), &json!(TEAMS)));
    teams["resource_type"] = json!("User");
    key.put(&format!("{home}/{TEAMS}"), teams).await.refused(409, "schema_extends_other");
    key.delete(&format!("{home}/{TEAMS}")).await.expect(204);
    key.delete(&format!("{home}/{TEAMS}")).await.refused(404, "schema_not_found");
    assert_eq!(key.get(&home).await.ok()["total_count"], 1);
    // Each change is told.
    let told = app.events_of(auth_core::outbox::EventKind::DirectoryUpdated).await;
    assert_eq!(told.len(), 4);
    for path in ["schemas", &format!("schemas/{HR}")] {
        let path = format!("/v1/organizations/{}/directories/dir_nobody/{path}", boot.organization_id);
        let answer = if path.ends_with("schemas") { key.get(&path).await } else { key.delete(&path).await };
        answer.expect(404);
    }
});

db_test!(what_cannot_be_served_is_no_schema, async |app| {
    let boot = app.boot("Acme", None).await;
    let (key, home) = (&boot.key, home(&boot));
    let badge = json!([{"name": "badge", "type": "string"}]);
    for urn in [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        USER,
        ENTERPRISE,
        "nothing",
        "urn:x",
        "urn:a:b%20c",
        "urn:a:%C3%A4",
    ] {
        let answer = key.put(&format!("{home}/{urn}"), definition(&badge)).await;
        assert!([400, 404].contains(&answer.status), "{urn}: {answer:?}");
    }
    for attributes in [
        json!([]),
        json!([5]),
        json!([{"type": "string"}]),
        json!([{"name": "badge"}]),
        json!([{"name": "a b", "type": "string"}]),
        json!([{"name": "1a", "type": "string"}]),
        json!([{"name": "a", "type": "text"}]),
        json!([{"name": "a", "type": "string"}, {"name": "A", "type": "string"}]),
        json!([{"name": "a", "type": "string", "uniqueness": "server"}]),
        json!([{"name": "a", "type": "complex"}]),
        json!([{"name": "a", "type": "complex", "subAttributes": [{"name": "b", "type": "complex", "subAttributes": []}]}]),
        json!((0..101).map(|n| json!({"name": format!("a{n}"), "type": "string"})).collect::<Vec<_>>()),
    ] {
        key.put(&format!("{home}/{HR}"), definition(&attributes)).await.refused(400, "invalid_schema");
    }
    for body in [
        json!({}),
        json!({"name": "HR"}),
        json!({"name": "HR", "attributes": {}}),
        json!({"name": "", "attributes": badge}),
    ] {
        key.put(&format!("{home}/{HR}"), body).await.refused(400, "validation_failed");
    }
    let mut odd = definition(&badge);
    odd["resource_type"] = json!("Role");
    key.put(&format!("{home}/{HR}"), odd).await.refused(400, "validation_failed");
    assert_eq!(key.get(&home).await.ok()["total_count"], 0);
    for number in 0..20 {
        key.put(&format!("{home}/urn:example:n{number}:User"), definition(&badge)).await.ok();
    }
    key.put(&format!("{home}/{HR}"), definition(&badge)).await.refused(400, "too_many_schemas");
    key.put(&format!("{home}/urn:example:n7:User"), definition(&badge)).await.ok();
});

db_test!(they_are_for_the_admins_of_the_organization, async |app| {
    let boot = app.boot("Acme", None).await;
    let other = app.boot("Other", None).await;
    let home = home(&boot);
    let stranger = app.signed_up("stranger").await;
    stranger.get(&home).await.expect(404);
    stranger.put(&format!("{home}/{HR}"), hr()).await.expect(404);
    stranger.delete(&format!("{home}/{HR}")).await.expect(404);
    app.http().get(&home).await.expect(401);
    app.http().put(&format!("{home}/{HR}"), hr()).await.expect(401);
    boot.scim.put(&format!("{home}/{HR}"), hr()).await.expect(401);
    boot.admin.put(&format!("{home}/{HR}"), hr()).await.expect(200);
    // A directory is found in its own organization alone.
    let crossed = home.replace(&boot.organization_id, &other.organization_id);
    boot.key.get(&crossed).await.expect(404);
    // And its schemas are nobody else's.
    let body = worker("ann", json!({"badge": "7"}));
    assert_eq!(boot.scim.post("/scim/v2/Users", body.clone()).await.created()[HR]["badge"], "7");
    let elsewhere = other.scim.post("/scim/v2/Users", body).await.created();
    assert_eq!((&elsewhere["schemas"], elsewhere.get(HR)), (&json!([USER]), None));
});

db_test!(discovery_shows_them_to_their_directory, async |app| {
    let boot = app.boot("Acme", None).await;
    boot.key.put(&format!("{}/{HR}", home(&boot)), hr()).await.ok();
    let types = boot.scim.get("/scim/v2/ResourceTypes").await.ok();
    let extensions = json!([{"schema": ENTERPRISE, "required": false}, {"schema": HR, "required": false}]);
    assert_eq!(types["Resources"][0]["schemaExtensions"], extensions);
    assert_eq!(boot.scim.get("/scim/v2/ResourceTypes/User").await.ok()["schemaExtensions"], extensions);
    let schema = boot.scim.get(&format!("/scim/v2/Schemas/{HR}")).await.ok();
    assert_eq!(
        (&schema["id"], &schema["name"], &schema["meta"]["resourceType"]),
        (&json!(HR), &json!("HR"), &json!("Schema"))
    );
    assert_eq!(schema["meta"]["location"], format!("{}/scim/v2/Schemas/{HR}", app.base));
    assert!(!schema.to_string().contains("null"), "{schema}");
    let schemas = boot.scim.get("/scim/v2/Schemas").await.ok();
    assert!(schemas["totalResults"] == 4 && schemas["Resources"].as_array().unwrap().contains(&schema));
    // Nobody else sees them.
    assert_eq!(app.http().get("/scim/v2/Schemas").await.ok()["totalResults"], 3);
    refused(&app.http().get(&format!("/scim/v2/Schemas/{HR}")).await, 404, "");
    let other = app.boot("Other", None).await;
    refused(&other.scim.get(&format!("/scim/v2/Schemas/{HR}")).await, 404, "");
    refused(&boot.scim.get("/scim/v2/Schemas?filter=id%20pr").await, 403, "");
    // Gone is gone.
    boot.key.delete(&format!("{}/{HR}", home(&boot))).await.expect(204);
    refused(&boot.scim.get(&format!("/scim/v2/Schemas/{HR}")).await, 404, "");
});

db_test!(values_are_stored_filtered_sorted_projected_and_patched, async |app| {
    let boot = app.boot("Acme", None).await;
    boot.key.put(&format!("{}/{HR}", home(&boot)), hr()).await.ok();
    let scim = &boot.scim;
    let known = json!({
        "BADGE": "A7", "site": "Oslo", "level": 3, "grade": "g1", "rank": "mine", "note": "quiet", "tags": ["x", "y"],
        "skills": [{"value": "rust", "years": 5}], "nothing": 1,
    });
    let ann = scim.post("/scim/v2/Users", worker("ann", known)).await.created();
    let shown = json!({
        "badge": "A7", "site": "Oslo", "level": 3, "grade": "g1", "tags": ["x", "y"], "skills": [{"value": "rust", "years": 5}],
    });
    assert_eq!((&ann[HR], &ann["schemas"]), (&shown, &json!([USER, HR])));
    let path = format!("/scim/v2/Users/{}", id(&ann));
    assert_eq!(scim.get(&path).await.ok(), ann);
    let bob = scim.post("/scim/v2/Users", worker("bob", json!({"badge": "a7", "level": 10}))).await.created();
    // Filtered.
    for (filter, wanted) in [
        (format!("{HR}:badge eq \"A7\""), vec!["ann"]),
        (format!("{HR}:badge sw \"a\""), vec!["bob"]),
        (format!("{HR}:site eq \"oslo\""), vec!["ann"]),
        (format!("{HR}:level gt 3"), vec!["bob"]),
        (format!("{HR}:level ge 3"), vec!["ann", "bob"]),
        (format!("{HR}:tags eq \"y\""), vec!["ann"]),
        (format!("{HR}:skills[value eq \"rust\" and years ge 5]"), vec!["ann"]),
        (format!("{HR}:skills.years eq 4"), vec![]),
        (format!("{HR}:note eq \"quiet\""), vec!["ann"]),
        (format!("{HR}:site pr"), vec!["ann"]),
        (format!("schemas eq \"{HR}\""), vec!["ann", "bob"]),
    ] {
        assert_eq!(names(&scim.get(&filtered("/scim/v2/Users", &filter)).await.ok()), wanted, "{filter}");
    }
    refused(&scim.get(&filtered("/scim/v2/Users", &format!("{HR}:nothing pr"))).await, 400, "invalidFilter");
    refused(&scim.get(&filtered("/scim/v2/Groups", &format!("{HR}:badge pr"))).await, 400, "invalidFilter");
    // Sorted.
    let sorted = scim.get(&format!("/scim/v2/Users?sortBy={HR}:level&sortOrder=descending")).await.ok();
    assert_eq!(names(&sorted), ["bob", "ann"]);
    // Projected.
    let part = scim.get(&format!("{path}?attributes={HR}:note,{HR}:skills.value")).await.ok();
    assert_eq!(part[HR], json!({"note": "quiet", "skills": [{"value": "rust"}]}));
    assert_eq!(scim.get(&format!("{path}?attributes={HR}")).await.ok()[HR]["note"], "quiet");
    assert_eq!(scim.get(&format!("{path}?excludedAttributes={HR}")).await.ok().get(HR), None);
    let rest = scim.get(&format!("{path}?excludedAttributes={HR}:skills,{HR}:tags")).await.ok();
    assert_eq!(rest[HR], json!({"badge": "A7", "site": "Oslo", "level": 3, "grade": "g1"}));
    let listed = scim.get("/scim/v2/Users").await.ok();
    assert_eq!(listed["Resources"], json!([ann, bob]));
    // Patched.
    let at = |name: &str| format!("{HR}:{name}");
    for (body, name, wanted) in [
        (op("replace", &at("badge"), json!("B8")), "badge", json!("B8")),
        (op("add", &at("tags"), json!(["y", "z"])), "tags", json!(["x", "y", "z"])),
        (
            op("Replace", &at("skills[value eq \"rust\"].years"), json!(6)),
            "skills",
            json!([{"value": "rust", "years": 6}]),
        ),
        (op("add", HR, json!({"level": 4})), "level", json!(4)),
        (operations(json!([{"op": "replace", "value": {HR: {"site": "Berlin"}}}])), "site", json!("Berlin")),
        (operations(json!([{"op": "replace", "value": {at("level"): 5}}])), "level", json!(5)),
        (operations(json!([{"op": "remove", "path": at("level")}])), "level", Json::Null),
    ] {
        let now = scim.patch(&path, body.clone()).await.ok();
        assert_eq!(now[HR][name], wanted, "{body}");
    }
    for (body, scim_type) in [
        (op("replace", &at("site"), json!("Paris")), "invalidValue"),
        (op("replace", &at("level"), json!("high")), "invalidValue"),
        (op("replace", &at("grade"), json!("g2")), "mutability"),
        (op("replace", &at("rank"), json!("first")), "mutability"),
        (op("replace", &at("nothing"), json!("x")), "invalidPath"),
    ] {
        refused(&scim.patch(&path, body).await, 400, scim_type);
    }
    // Replaced.
    refused(&scim.put(&path, worker("ann", json!({"grade": "g1", "site": "Paris"}))).await, 400, "invalidValue");
    refused(&scim.put(&path, worker("ann", json!({"grade": "g2"}))).await, 400, "mutability");
    let now = scim.put(&path, worker("ann", json!({"grade": "g1"}))).await.ok();
    assert_eq!(now[HR], json!({"grade": "g1"}));
    let now = scim
        .patch(&format!("/scim/v2/Users/{}", id(&bob)), operations(json!([{"op": "remove", "path": HR}])))
        .await
        .ok();
    assert_eq!((now.get(HR), &now["schemas"]), (None, &json!([USER])));
});

db_test!(groups_have_them_too, async |app| {
    let boot = app.boot("Acme", None).await;
    let mut teams = definition(
        &json!([{"name": "purpose", "type": "string"}, {"name": "lead", "type": "complex", "subAttributes": [
            {"name": "value", "type": "string"},
        ]}]),
    );
    teams["resource_type"] = json!("Group");
    boot.key.put(&format!("{}/{TEAMS}", home(&boot)), teams).await.ok();
    let scim = &boot.scim;
    let body = json!({"schemas": [GROUP, TEAMS], "displayName": "Staff", TEAMS: {"purpose": "work", "lead": "ann"}});
    let made = scim.post("/scim/v2/Groups", body).await.created();
    assert_eq!(
        (&made[TEAMS], &made["schemas"]),
        (&json!({"purpose": "work", "lead": {"value": "ann"}}), &json!([GROUP, TEAMS]))
    );
    let path = format!("/scim/v2/Groups/{}", id(&made));
    assert_eq!(scim.get(&path).await.ok(), made);
    assert_eq!(
        scim.patch(&path, op("replace", &format!("{TEAMS}:purpose"), json!("play"))).await.ok()[TEAMS]["purpose"],
        "play"
    );
    let filter = filtered("/scim/v2/Groups", &format!("{TEAMS}:purpose eq \"PLAY\" and {TEAMS}:lead eq \"ann\""));
    assert_eq!(scim.get(&filter).await.ok()["totalResults"], 1);
    let search = json!({"filter": format!("{TEAMS}:purpose pr"), "attributes": [format!("{TEAMS}:lead")]});
    let found = scim.post("/scim/v2/.search", search).await.ok();
    assert_eq!(found["Resources"][0][TEAMS], json!({"lead": {"value": "ann"}}));
    assert_eq!(
        scim.get("/scim/v2/ResourceTypes/Group").await.ok()["schemaExtensions"],
        json!([{"schema": TEAMS, "required": false}])
    );
});

db_test!(no_change_of_a_schema_makes_what_stands_invalid, async |app| {
    let boot = app.boot("Acme", None).await;
    let (key, scim) = (&boot.key, &boot.scim);
    let path = format!("{}/{HR}", home(&boot));
    let put = async |attributes: Json| key.put(&path, definition(&attributes)).await;
    let badge = || json!({"name": "badge", "type": "string"});
    put(json!([badge(), {"name": "level", "type": "integer"}, {"name": "unused", "type": "string"}])).await.ok();
    let ann = scim.post("/scim/v2/Users", worker("ann", json!({"badge": "A7", "level": 3}))).await.created();
    // Nobody has a value of it: whatever becomes of it, nothing is lost.
    put(json!([badge(), {"name": "level", "type": "integer"}, {"name": "unused", "type": "boolean"}])).await.ok();
    put(json!([badge(), {"name": "level", "type": "integer"}])).await.ok();
    // It grows.
    put(
        json!([{"name": "tags", "type": "string", "multiValued": true}, badge(), {"name": "level", "type": "decimal"}]),
    )
    .await
    .ok();
    put(json!([badge(), {"name": "level", "type": "integer"}])).await.ok();
    put(json!([{"name": "badge", "type": "string", "canonicalValues": ["A7", "B8"]}, {"name": "level", "type": "integer"}])).await.ok();
    for attributes in [
        json!([badge()]),
        json!([badge(), {"name": "level", "type": "string"}]),
        json!([badge(), {"name": "level", "type": "integer", "multiValued": true}]),
        json!([badge(), {"name": "level", "type": "integer"}, {"name": "must", "type": "string", "required": true}]),
        json!([badge(), {"name": "level", "type": "integer", "mutability": "readOnly"}]),
        json!([{"name": "badge", "type": "string", "canonicalValues": ["B8"]}, {"name": "level", "type": "integer"}]),
    ] {
        put(attributes).await.refused(409, "schema_in_use");
    }
    key.delete(&path).await.refused(409, "schema_in_use");
    // Whoever has none of it is no less valid, until everybody must have it.
    scim.post("/scim/v2/Users", person("bob")).await.created();
    let mut required = definition(&json!([badge(), {"name": "level", "type": "integer"}]));
    required["required"] = json!(true);
    key.put(&path, required.clone()).await.refused(409, "schema_in_use");
    assert_eq!(scim.get(&format!("/scim/v2/Users/{}", id(&ann))).await.ok(), ann);
    let bob =
        scim.get(&filtered("/scim/v2/Users", "userName eq \"bob@acme.example\"")).await.ok()["Resources"][0].clone();
    scim.delete(&format!("/scim/v2/Users/{}", id(&bob))).await.expect(204);
    key.put(&path, required).await.ok();
    refused(&scim.post("/scim/v2/Users", person("carl")).await, 400, "invalidValue");
    scim.post("/scim/v2/Users", worker("carl", json!({"badge": "A7"}))).await.created();
    assert_eq!(
        scim.get("/scim/v2/ResourceTypes/User").await.ok()["schemaExtensions"][1],
        json!({"schema": HR, "required": true})
    );
    // Without anybody who has values, it goes.
    key.put(&path, definition(&json!([badge(), {"name": "level", "type": "integer"}]))).await.ok();
    for user in scim.get("/scim/v2/Users").await.ok()["Resources"].as_array().unwrap() {
        scim.patch(&format!("/scim/v2/Users/{}", id(user)), operations(json!([{"op": "remove", "path": HR}])))
            .await
            .ok();
    }
    key.delete(&path).await.expect(204);
    assert_eq!(app.count("SELECT COUNT(*) FROM directories WHERE schemas_version > 0").await, 0);
});

// A request reads the schemas, and an admin changes them before it writes.
db_test!(what_was_checked_by_an_older_state_is_not_stored, async |app| {
    let boot = app.boot("Acme", None).await;
    let path = format!("{}/{HR}", home(&boot));
    boot.key.put(&path, definition(&json!([{"name": "level", "type": "string"}]))).await.ok();
    let ctx = Ctx::system("test");
    let actor = authenticate(&app.core, &ctx, Presented::Bearer(&boot.scim_token)).await.expect("it opens");
    let ctx = ctx.with_actor(actor.actor());
    let new = |name: &str| NewDirectoryUser {
        attributes: worker(name, json!({"level": "high"})).as_object().expect("an object").clone(),
        password: None,
    };
    let write = async |name: &str| {
        let new = new(name);
        app.core.write(&ctx, async |tx| users::create(tx, &actor, &new).await).await
    };
    write("ann").await.expect("nothing has changed");
    boot.scim
        .delete(&format!("/scim/v2/Users/{}", id(&boot.scim.get("/scim/v2/Users").await.ok()["Resources"][0])))
        .await
        .expect(204);
    boot.key.put(&path, definition(&json!([{"name": "level", "type": "integer"}]))).await.ok();
    let refused = write("bob").await.unwrap_err();
    assert!(refused.is(&DirectoryFault::SchemasChanged), "{refused}");
    assert_eq!(boot.scim.get("/scim/v2/Users").await.ok()["totalResults"], 0);
});
