//! Reading the request, wording the answer, and a request from end to end on a directory of paper.

use std::collections::HashMap;

use serde_json::json;

use super::*;
use crate::ScimType;
use crate::normalize::normalize;
use crate::patch;
use crate::schema::{ENTERPRISE_USER, ResourceType};

fn parse(body: Value) -> Result<BulkRequest> {
    BulkRequest::parse(body, 1000)
}

/// The one operation of a request.
fn one(operation: Value) -> Result<BulkOperation, RefusedOperation> {
    let operations = Value::Array(vec![operation]);
    parse(Value::Object(Resource::from_iter([("Operations".to_owned(), operations)]))).unwrap().operations.remove(0)
}

#[test]
fn a_request_is_read() {
    let request = parse(json!({
        "schemas": [BULK_REQUEST],
        "failOnErrors": 2,
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "x", "data": {"userName": "ann"}},
            {"method": "put", "path": "/Users/1", "version": "W/\"3\"", "data": {"userName": "bob"}, "unknown": 5},
            {"METHOD": "PATCH", "Path": "/Users/2", "BULKID": "y", "DATA": {"Operations": []}},
            {"method": "DELETE", "path": "/Users/3", "data": "ignored", "version": null},
        ],
    }))
    .unwrap();
    let operation = |method, bulk_id: Option<&str>, path: &str, version: Option<&str>, data| {
        let text = |text: &str| text.to_owned();
        Ok(BulkOperation { method, bulk_id: bulk_id.map(text), path: text(path), version: version.map(text), data })
    };
    assert_eq!(request.fail_on_errors, Some(2));
    assert_eq!(
        request.operations,
        [
            operation(BulkMethod::Post, Some("x"), "/Users", None, Some(json!({"userName": "ann"}))),
            operation(BulkMethod::Put, None, "/Users/1", Some("W/\"3\""), Some(json!({"userName": "bob"}))),
            operation(BulkMethod::Patch, Some("y"), "/Users/2", None, Some(json!({"Operations": []}))),
            operation(BulkMethod::Delete, None, "/Users/3", None, None),
        ]
    );
}

#[test]
fn the_envelope_is_refused_as_a_whole() {
    for body in [
        json!([]),
        json!("x"),
        json!(null),
        json!({}),
        json!({"Operations": null}),
        json!({"Operations": {}}),
        json!({"Operations": []}),
        json!({"schemas": "x", "Operations": [{}]}),
        json!({"schemas": [crate::message::PATCH_OP], "Operations": [{}]}),
        json!({"failOnErrors": -1, "Operations": [{}]}),
        json!({"failOnErrors": "1", "Operations": [{}]}),
        json!({"failOnErrors": 1.5, "Operations": [{}]}),
    ] {
        let error = parse(body.clone()).expect_err(&body.to_string());
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidSyntax)), "{body}");
    }
}

#[test]
fn the_envelope_is_read_leniently() {
    for (fail_on_errors, wanted) in
        [(json!(null), None), (json!(0), Some(1)), (json!(1), Some(1)), (json!(u64::MAX), Some(usize::MAX))]
    {
        let body = json!({"FAILONERRORS": fail_on_errors, "operations": [{}]});
        assert_eq!(parse(body).unwrap().fail_on_errors, wanted);
    }
    let schemas = json!(["urn:other", BULK_REQUEST.to_uppercase()]);
    assert!(parse(json!({"schemas": schemas, "Operations": [{}]})).is_ok());
    assert!(parse(json!({"schemas": null, "Operations": [{}]})).is_ok());
}

#[test]
fn too_many_operations_are_refused_before_any_is_looked_at() {
    let request = |count: usize| BulkRequest::parse(json!({"Operations": vec![json!({}); count]}), 5);
    assert_eq!(request(5).unwrap().operations.len(), 5);
    assert_eq!(request(6).unwrap_err().status, 413);
}

#[test]
fn a_malformed_operation_is_refused_by_itself_and_repeats_what_was_sent() {
    let data = json!({"userName": "ann"});
    for (operation, method, bulk_id) in [
        (json!(null), None, None),
        (json!("POST"), None, None),
        (json!([]), None, None),
        (json!({}), None, None),
        (json!({"method": 5, "bulkId": "x", "path": "/Users", "data": data}), None, Some("x")),
        (json!({"method": "GET", "bulkId": "x", "path": "/Users"}), Some("GET"), Some("x")),
        (json!({"method": "POST", "path": "/Users", "data": data}), Some("POST"), None),
        (json!({"method": "POST", "bulkId": "", "path": "/Users", "data": data}), Some("POST"), None),
        (json!({"method": "POST", "bulkId": null, "path": "/Users", "data": data}), Some("POST"), None),
        (json!({"method": "POST", "bulkId": 7, "path": "/Users", "data": data}), Some("POST"), None),
        (json!({"method": "POST", "bulkId": "x", "data": data}), Some("POST"), Some("x")),
        (json!({"method": "POST", "bulkId": "x", "path": 5, "data": data}), Some("POST"), Some("x")),
        (json!({"method": "POST", "bulkId": "x", "path": "/Users"}), Some("POST"), Some("x")),
        (json!({"method": "POST", "bulkId": "x", "path": "/Users", "data": null}), Some("POST"), Some("x")),
        (json!({"method": "PUT", "path": "/Users/1", "data": []}), Some("PUT"), None),
        (json!({"method": "PATCH", "path": "/Users/1", "data": "x"}), Some("PATCH"), None),
        (json!({"method": "DELETE", "path": "", "bulkId": "x"}), Some("DELETE"), Some("x")),
        (json!({"method": "DELETE", "path": "/Users/1", "version": 3}), Some("DELETE"), None),
    ] {
        let refused = one(operation.clone()).expect_err(&operation.to_string());
        assert_eq!((refused.method.as_deref(), refused.bulk_id.as_deref()), (method, bulk_id), "{operation}");
        assert_eq!(refused.error.status, 400, "{operation}");
        assert!(refused.error.scim_type.is_some(), "{operation}");
    }
}

#[test]
fn an_outcome_says_what_there_is_to_say() {
    let body = response(vec![
        BulkOutcome {
            location: Some("https://x/Users/1".to_owned()),
            method: Some("POST".to_owned()),
            bulk_id: Some("x".to_owned()),
            version: Some("W/\"1\"".to_owned()),
            status: 201,
            response: None,
        },
        BulkOutcome {
            method: Some("POST".to_owned()),
            bulk_id: Some("y".to_owned()),
            status: 409,
            response: Some(ScimError::uniqueness("taken").to_json()),
            ..BulkOutcome::default()
        },
    ]);
    assert_eq!(
        body,
        json!({"schemas": [BULK_RESPONSE], "Operations": [
            {"location": "https://x/Users/1", "method": "POST", "bulkId": "x", "version": "W/\"1\"", "status": "201"},
            {"method": "POST", "bulkId": "y", "status": "409", "response": {
                "schemas": [crate::message::ERROR], "status": "409", "scimType": "uniqueness", "detail": "taken"}},
        ]})
    );
}

/// A directory of paper, which does bulk requests as a service does. The ids are those of the request
/// with a letter in front, so that one can see what became of a reference.
#[derive(Default)]
struct Paper {
    ids: HashMap<String, String>,
    resources: HashMap<String, Value>,
    errors: HashMap<usize, ScimError>,
}

impl Paper {
    fn run(operations: Value) -> Self {
        let body = Resource::from_iter([("Operations".to_owned(), operations)]);
        let request = parse(Value::Object(body)).unwrap();
        let mut this = Self::default();
        let mut patches = HashMap::new();
        for step in plan(&request.operations) {
            let (Step::Run(index) | Step::Complete(index) | Step::Refuse(index, _)) = step else {
                let Step::Create { operation, without } = step else { unreachable!() };
                let mut begun = request.operations[operation].clone().unwrap();
                let kind = kind_of(&begun.path);
                let parts = split(kind, begun.data.take().unwrap(), &without);
                begun.data = Some(parts.data);
                patches.insert(operation, parts.patch);
                this.note(operation, |this| this.operation(begun));
                continue;
            };
            match step {
                Step::Refuse(_, error) => this.note(index, |_| Err(error)),
                Step::Complete(_) => this.note(index, |this| {
                    let operation = request.operations[index].clone().unwrap();
                    let id = this.ids[operation.bulk_id.as_deref().unwrap()].clone();
                    patches.remove(&index).unwrap().map_or(Ok(()), |patch| this.patch(&id, patch))
                }),
                _ => this.note(index, |this| this.operation(request.operations[index].clone().unwrap())),
            }
        }
        assert!(patches.is_empty());
        this
    }

    fn note(&mut self, index: usize, f: impl FnOnce(&mut Self) -> Result<()>) {
        if let Err(error) = f(self) {
            self.errors.insert(index, error);
        }
    }

    fn operation(&mut self, operation: BulkOperation) -> Result<()> {
        let ids = self.ids.clone();
        let lookup = |bulk_id: &str| ids.get(bulk_id).cloned();
        let path = resolve_path(&operation.path, &lookup)?;
        let mut data = operation.data.unwrap_or_default();
        resolve(&mut data, &lookup)?;
        let id = path.rsplit('/').next().unwrap_or_default().to_owned();
        match operation.method {
            BulkMethod::Post => {
                let bulk_id = operation.bulk_id.unwrap();
                let id = format!("i-{bulk_id}");
                let resource = Value::Object(normalize(kind_of(&path), data)?.resource);
                self.resources.insert(id.clone(), resource);
                self.ids.insert(bulk_id, id);
            }
            BulkMethod::Patch => return self.patch(&id, data),
            BulkMethod::Put => {
                self.resources.insert(id, data);
            }
            BulkMethod::Delete => {
                self.resources.remove(&id);
            }
        }
        Ok(())
    }

    fn patch(&mut self, id: &str, mut body: Value) -> Result<()> {
        let ids = self.ids.clone();
        resolve(&mut body, &|bulk_id| ids.get(bulk_id).cloned())?;
        let resource = self.resources.get(id).cloned().ok_or_else(|| ScimError::new(404, "gone"))?;
        let Value::Object(resource) = resource else { unreachable!() };
        let kind = if resource.contains_key("userName") { ResourceType::user() } else { ResourceType::group() };
        let applied = patch::apply(kind, &resource, &patch::parse(body)?, id)?;
        self.resources.insert(id.to_owned(), Value::Object(applied.resource));
        Ok(())
    }
}

fn kind_of(path: &str) -> &'static ResourceType {
    if path.starts_with("/Users") { ResourceType::user() } else { ResourceType::group() }
}

fn user(bulk_id: &str, manager: &str) -> Value {
    json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {
        "userName": bulk_id, ENTERPRISE_USER: {"department": "D", "manager": {"value": manager}}}})
}

fn group(bulk_id: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|value| json!({"value": value})).collect();
    json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": {"displayName": bulk_id, "members": members}})
}

#[test]
fn forward_references_resolve() {
    let paper = Paper::run(json!([
        group("g", &["bulkId:a", "known", "bulkId:b"]),
        user("a", "bulkId:b"),
        {"method": "PATCH", "path": "/Groups/bulkId:g", "data": {"Operations": [
            {"op": "remove", "path": "members[value eq \"bulkId:a\"]"},
            {"op": "add", "path": "members", "value": [{"value": "bulkId:c"}]}]}},
        user("b", "boss"),
        user("c", "bulkId:a"),
    ]));
    assert_eq!(paper.errors, HashMap::new());
    assert_eq!(paper.resources["i-g"]["members"], json!([{"value": "known"}, {"value": "i-b"}, {"value": "i-c"}]));
    assert_eq!(paper.resources["i-a"][ENTERPRISE_USER]["manager"], json!({"value": "i-b"}));
    assert_eq!(paper.resources["i-c"][ENTERPRISE_USER]["manager"], json!({"value": "i-a"}));
}

#[test]
fn circles_of_groups_and_of_managers_resolve() {
    let paper = Paper::run(json!([
        group("g", &["bulkId:h", "bulkId:a", "known"]),
        group("h", &["bulkId:g"]),
        user("a", "bulkId:b"),
        user("b", "bulkId:c"),
        user("c", "bulkId:a"),
        user("self", "bulkId:self"),
        group("own", &["bulkId:own", "known"]),
    ]));
    assert_eq!(paper.errors, HashMap::new());
    let members = |id: &str| {
        let mut members: Vec<_> = paper.resources[id]["members"].as_array().unwrap().iter().collect();
        members.sort_by_key(|member| member["value"].to_string());
        json!(members)
    };
    assert_eq!(members("i-g"), json!([{"value": "i-a"}, {"value": "i-h"}, {"value": "known"}]));
    assert_eq!(members("i-h"), json!([{"value": "i-g"}]));
    assert_eq!(members("i-own"), json!([{"value": "i-own"}, {"value": "known"}]));
    for (id, manager) in [("i-a", "i-b"), ("i-b", "i-c"), ("i-c", "i-a"), ("i-self", "i-self")] {
        let extension = &paper.resources[id][ENTERPRISE_USER];
        assert_eq!(extension, &json!({"department": "D", "manager": {"value": manager}}), "{id}");
    }
}

#[test]
fn a_circle_through_what_a_post_ignores_is_none_that_matters() {
    let mut ann = user("a", "boss");
    ann["data"]["groups"] = json!([{"value": "bulkId:g"}]);
    ann["data"]["favorite"] = json!("bulkId:g");
    let paper = Paper::run(json!([group("g", &["bulkId:a"]), ann]));
    assert_eq!(paper.resources["i-g"]["members"], json!([{"value": "i-a"}]));
    assert_eq!(paper.resources["i-a"]["userName"], "a");
    assert_eq!(paper.errors, HashMap::new());
}

#[test]
fn what_does_not_resolve_fails_alone() {
    let paper = Paper::run(json!([
        group("g", &["bulkId:nobody"]),
        user("a", "boss"),
        user("a", "other"),
        group("h", &["bulkId:a"]),
        {"method": "PATCH", "path": "/Groups/bulkId:g", "data": {"Operations": [{"op": "add", "path": "displayName", "value": "x"}]}},
        {"method": "DELETE", "path": "/Users/bulkId:nobody"},
        {"method": "DELETE", "path": "/Users/bulkId:a"},
    ]));
    let mut failed: Vec<_> = paper.errors.keys().copied().collect();
    failed.sort_unstable();
    assert_eq!(failed, [0, 2, 4, 5]);
    for error in paper.errors.values() {
        assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidValue)), "{error}");
    }
    assert_eq!(paper.resources["i-h"]["members"], json!([{"value": "i-a"}]));
    assert!(!paper.resources.contains_key("i-a"));
}
