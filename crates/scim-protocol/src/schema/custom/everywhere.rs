//! A schema of a directory's own works wherever a standard one does: reading, filters, PATCH, projection,
//! discovery. (For sorting see `sort`.)

use std::sync::Arc;

use serde_json::{Value, json};

use crate::normalize::{check_immutable, check_required, normalize};
use crate::project::Projection;
use crate::schema::{ENTERPRISE_USER, ResourceType, Schema, USER};
use crate::{AttrPath, Filter, Resource, Result, ScimType, patch};

const HR: &str = "urn:example:hr:2.0:User";

/// Users with an extension that has one attribute of every type.
fn kind() -> ResourceType {
    let definition = json!({"id": HR, "name": "HR", "attributes": [
        {"name": "badge", "type": "string", "required": true, "caseExact": true, "mutability": "immutable"},
        {"name": "level", "type": "string", "canonicalValues": ["Junior", "Senior"]},
        {"name": "code", "type": "string", "caseExact": true, "canonicalValues": ["A", "B"]},
        {"name": "grade", "type": "integer"},
        {"name": "share", "type": "decimal"},
        {"name": "remote", "type": "boolean"},
        {"name": "hired", "type": "dateTime"},
        {"name": "seal", "type": "binary"},
        {"name": "file", "type": "reference"},
        {"name": "tags", "type": "string", "multiValued": true, "canonicalValues": ["x", "y", "z"]},
        {"name": "score", "type": "integer", "mutability": "readOnly"},
        {"name": "hidden", "type": "string", "returned": "never"},
        {"name": "asked$1", "type": "string", "returned": "request"},
        {"name": "always", "type": "string", "returned": "always"},
        {"name": "desk", "type": "complex", "subAttributes": [
            {"name": "floor", "type": "integer"}, {"name": "room", "type": "string", "required": true}]},
        {"name": "devices", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "value", "type": "string"}, {"name": "$ref", "type": "reference"},
            {"name": "type", "type": "string", "canonicalValues": ["laptop", "phone"]}, {"name": "primary", "type": "boolean"},
            {"name": "ram", "type": "integer"}, {"name": "issued", "type": "dateTime"}]},
        {"name": "shifts", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "type", "type": "string"}, {"name": "hours", "type": "integer"}]},
    ]});
    ResourceType::user().clone().with_extension(Arc::new(Schema::from_json(&definition).unwrap()), false)
}

/// What the directory sent, in canonical form.
fn read(part: Value) -> Result<Value> {
    let mut body = json!({"userName": "ann"});
    body[HR] = part;
    normalize(&kind(), body).map(|mut incoming| incoming.resource.get_mut(HR).map(Value::take).unwrap_or_default())
}

fn ann() -> Resource {
    let Value::Object(ann) = json!({
        "schemas": [USER, HR], "id": "1", "userName": "ann",
        HR: {
            "badge": "b1", "level": "Senior", "grade": 7, "share": 0.5, "remote": true, "hired": "2026-01-01T00:00:00Z",
            "seal": "AAEC", "file": "https://x/1", "tags": ["x", "y"], "score": 3, "hidden": "h", "asked$1": "a", "always": "w",
            "desk": {"floor": 2, "room": "R2"},
            "devices": [
                {"value": "d1", "type": "laptop", "ram": 16, "primary": true, "issued": "2026-02-01T00:00:00Z"},
                {"value": "d2", "type": "phone", "ram": 8},
            ],
        },
    }) else {
        unreachable!()
    };
    ann
}

#[test]
fn values_are_read_by_their_definitions() {
    let read = read(json!({
        "BADGE": "b1", "Level": "senior", "grade": 7, "share": 1, "remote": "True", "hired": "2026-01-01T00:00:00Z", "seal": "AAEC",
        "file": "https://x", "tags": "x", "score": 3, "unknown": 5, "asked$1": "a", "desk": [{"FLOOR": 2, "room": "R", "other": 1}],
        "devices": ["d1", {"VALUE": "d2", "ram": 8, "Type": "Phone"}, {"type": "laptop"}, null],
        "shifts": [{"type": "night"}, {"hours": 8}, {}],
    }));
    assert_eq!(
        read,
        Ok(json!({
            "badge": "b1", "level": "senior", "grade": 7, "share": 1, "remote": true, "hired": "2026-01-01T00:00:00Z", "seal": "AAEC",
            "file": "https://x", "tags": ["x"], "asked$1": "a", "desk": {"floor": 2, "room": "R"},
            "devices": [{"value": "d1"}, {"value": "d2", "ram": 8, "type": "Phone"}],
            "shifts": [{"type": "night"}, {"hours": 8}],
        }))
    );
    let one = normalize(
        &kind(),
        json!({"userName": "ann", format!("{HR}:badge"): "b", format!("{}:GRADE", HR.to_uppercase()): 5}),
    );
    assert_eq!(one.unwrap().resource[HR], json!({"badge": "b", "grade": 5}));
    assert_eq!(kind().schemas_of(&ann()), [USER, HR]);
}

#[test]
fn values_that_the_definitions_do_not_allow_are_refused() {
    for (part, named) in [
        (json!({}), None),
        (json!({"grade": 5}), Some("urn:example:hr:2.0:User:badge")),
        (json!({"badge": "b", "grade": "5"}), Some("grade")),
        (json!({"badge": "b", "grade": 1.5}), Some("grade")),
        (json!({"badge": "b", "share": "x"}), Some("share")),
        (json!({"badge": "b", "remote": "maybe"}), Some("remote")),
        (json!({"badge": "b", "hired": "yesterday"}), Some("hired")),
        (json!({"badge": "b", "level": "Chief"}), Some("level")),
        (json!({"badge": "b", "code": "a"}), Some("code")),
        (json!({"badge": "b", "tags": ["x", "w"]}), Some("tags")),
        (json!({"badge": "b", "devices": [{"value": "d", "type": "tablet"}]}), Some("type")),
        (
            json!({"badge": "b", "devices": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}),
            Some("devices"),
        ),
        (json!({"badge": "b", "desk": {"floor": 2}}), Some("urn:example:hr:2.0:User:desk.room")),
        (json!({"badge": "b", "desk": "R2"}), Some("desk")),
        (json!("b"), Some(HR)),
    ] {
        match (read(part.clone()), named) {
            (Ok(_), None) => {}
            (Err(error), Some(named)) => {
                assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidValue)), "{part}");
                assert!(error.detail.starts_with(&format!("{named} ")), "{part}: {error}");
            }
            (other, _) => panic!("{part}: {other:?}"),
        }
    }
    // The standard's own canonical values only suggest.
    let free =
        normalize(ResourceType::user(), json!({"userName": "a", "emails": [{"value": "a@x", "type": "private"}]}));
    assert_eq!(free.unwrap().resource["emails"][0]["type"], "private");
}

#[test]
fn filters_know_every_type() {
    let kind = kind();
    let matches = |text: &str| Filter::parse(text)?.resolve(&kind).map(|filter| filter.matches(&kind, &ann()));
    for filter in [
        "badge eq \"b1\"",
        "grade gt 6 and grade le 7",
        "share eq 0.5 and share lt 1",
        "remote eq true",
        "hired lt \"2026-01-01T01:00:00+00:30\"",
        "seal eq \"AAEC\"",
        "file sw \"https\"",
        "tags eq \"Y\"",
        "level eq \"SENIOR\"",
        "score pr",
        "asked$1 eq \"A\"",
        "desk.floor ge 2 and desk.room eq \"r2\"",
        "devices eq \"D2\"",
        "devices.ram eq 8",
        "devices[type eq \"laptop\" and ram gt 8]",
        "devices[type eq \"laptop\" and (ram lt 8 or not (issued lt \"2026-01-01T00:00:00Z\"))].value eq \"d1\"",
        "tags[value eq \"x\"]",
    ] {
        let name = filter.to_owned();
        let urn = format!("{HR}:{filter}");
        assert_eq!(matches(&name), Ok(true), "{filter}");
        if !filter.contains(" and ") || filter.contains('[') {
            assert_eq!(matches(&urn), Ok(true), "{urn}");
            assert_eq!(matches(&format!("not ({urn})")), Ok(false), "{urn}");
        }
    }
    for filter in ["badge eq \"B1\"", "devices[type eq \"phone\" and ram gt 8]", "desk.floor eq 3", "shifts pr"] {
        assert_eq!(matches(filter), Ok(false), "{filter}");
    }
    for filter in [
        "grade eq \"7\"",
        "remote gt true",
        "hidden eq \"h\"",
        "desk eq \"x\"",
        "devices.nothing pr",
        "seal gt \"A\"",
        "desk.room.x pr",
    ] {
        assert_eq!(matches(filter).map_err(|e| e.scim_type), Err(Some(ScimType::InvalidFilter)), "{filter}");
    }
}

/// The extension after a PATCH of one operation.
fn patched(op: &str, path: &str, value: Value) -> Result<Value> {
    let mut operation = json!({"op": op, "path": path});
    if !value.is_null() {
        operation["value"] = value;
    }
    let operations = patch::parse(json!({"Operations": [operation]}))?;
    let applied = patch::apply(&kind(), &ann(), &operations, "1")?;
    check_required(&kind(), &applied.resource)?;
    Ok(applied.resource.get(HR).cloned().unwrap_or_default())
}

#[test]
fn patch_reaches_every_place() {
    let at = |path: &str| format!("{HR}:{path}");
    for (op, path, value, pointer, wanted) in [
        ("replace", at("grade"), json!(8), "/grade", json!(8)),
        ("add", at("TAGS"), json!(["z", "x"]), "/tags", json!(["x", "y", "z"])),
        ("remove", at("tags"), json!(["X"]), "/tags", json!(["y"])),
        ("remove", at("tags[value eq \"y\"]"), json!(null), "/tags", json!(["x"])),
        ("replace", at("desk.floor"), json!(3), "/desk", json!({"floor": 3, "room": "R2"})),
        ("replace", at("desk"), json!({"room": "R9"}), "/desk", json!({"floor": 2, "room": "R9"})),
        ("replace", at("devices[type eq \"phone\"].ram"), json!(12), "/devices/1/ram", json!(12)),
        ("replace", at("devices[ram gt 8].primary"), json!("False"), "/devices/0/primary", json!(false)),
        ("add", at("devices[value eq \"d2\"]"), json!({"primary": true}), "/devices/0/primary", json!(false)),
        ("add", at("devices"), json!([{"value": "d3"}]), "/devices/2", json!({"value": "d3"})),
        ("remove", at("devices[type eq \"laptop\"]"), json!(null), "/devices/0/value", json!("d2")),
        ("remove", at("devices"), json!(null), "/devices", json!(null)),
        ("add", at("shifts"), json!({"type": "night", "hours": 8}), "/shifts/0/hours", json!(8)),
        ("add", at("shifts[type eq \"day\"].hours"), json!(6), "/shifts/0", json!({"type": "day", "hours": 6})),
        ("add", HR.to_owned(), json!({"grade": 9, "asked$1": "b"}), "/grade", json!(9)),
        ("replace", at("asked$1"), json!("b"), "/asked$1", json!("b")),
    ] {
        let part = patched(op, &path, value).expect(&path);
        assert_eq!(part.pointer(pointer).cloned().unwrap_or_default(), wanted, "{op} {path}: {part}");
    }
    let dotted = json!({"op": "replace", "value": {at("desk.room"): "R7", HR: {"level": "Junior"}}});
    let operations = patch::parse(json!({"Operations": [dotted]})).unwrap();
    let applied = patch::apply(&kind(), &ann(), &operations, "1").unwrap();
    assert_eq!(applied.resource[HR]["desk"], json!({"floor": 2, "room": "R7"}));
    assert_eq!((&applied.resource[HR]["level"], &applied.resource[HR]["badge"]), (&json!("Junior"), &json!("b1")));
}

#[test]
fn patch_keeps_to_the_definitions() {
    use ScimType::{InvalidPath, InvalidValue, Mutability};
    let at = |path: &str| format!("{HR}:{path}");
    for (op, path, value, wanted) in [
        ("replace", at("badge"), json!("b2"), &[Mutability][..]),
        ("remove", at("badge"), json!(null), &[Mutability]),
        ("remove", HR.to_owned(), json!(null), &[Mutability]),
        ("replace", at("score"), json!(5), &[Mutability]),
        ("replace", at("grade"), json!("x"), &[InvalidValue]),
        ("replace", at("level"), json!("Chief"), &[InvalidValue]),
        ("add", at("tags"), json!(["w"]), &[InvalidValue]),
        ("add", at("devices"), json!({"value": "d", "type": "tablet"}), &[InvalidValue]),
        ("replace", at("devices[value eq \"d1\"].type"), json!("tablet"), &[InvalidValue]),
        ("add", at("devices[type eq \"tablet\"].ram"), json!(5), &[InvalidValue]),
        ("remove", at("desk.room"), json!(null), &[InvalidValue, Mutability]),
        ("replace", at("nothing"), json!(5), &[InvalidPath, InvalidValue]),
        ("replace", at("devices[nothing eq 5].ram"), json!(5), &[InvalidPath, ScimType::InvalidFilter]),
        ("replace", at("desk.nothing"), json!(5), &[InvalidPath]),
    ] {
        let error = patched(op, &path, value).expect_err(&path);
        assert!(error.status == 400 && wanted.contains(&error.scim_type.unwrap()), "{op} {path}: {error:?}");
    }
    let mut after = ann();
    after[HR]["badge"] = json!("b2");
    assert_eq!(check_immutable(&kind(), &ann(), &after).map_err(|e| e.scim_type), Err(Some(Mutability)));
}

#[test]
fn projection_follows_returned() {
    let kind = kind();
    let show = |attributes: &str, excluded: &str| {
        let projection = Projection::new(&kind, attributes.split(','), excluded.split(','));
        projection.apply(&kind, ann()).get(HR).cloned().unwrap_or_default()
    };
    let whole = show("", "");
    assert_eq!(whole["devices"][1], json!({"value": "d2", "type": "phone", "ram": 8}));
    assert!(whole.get("hidden").is_none() && whole.get("asked$1").is_none(), "{whole}");
    assert_eq!(show(&format!("{HR}:GRADE"), ""), json!({"grade": 7, "always": "w"}));
    assert_eq!(show(&format!("{HR}:asked$1"), ""), json!({"asked$1": "a", "always": "w"}));
    assert_eq!(show(&format!("{HR}:hidden"), ""), json!({"always": "w"}));
    assert_eq!(show(&format!("{HR}:devices.ram"), ""), json!({"always": "w", "devices": [{"ram": 16}, {"ram": 8}]}));
    assert_eq!(show(HR, "")["badge"], "b1");
    let less = show("", &format!("{HR}:devices,{HR}:desk.floor,{HR}:always"));
    assert_eq!((less.get("devices"), &less["desk"], &less["always"]), (None, &json!({"room": "R2"}), &json!("w")));
}

#[test]
fn discovery_shows_it() {
    let kind = kind();
    let resource_type = kind.to_json("https://x");
    assert_eq!(
        resource_type["schemaExtensions"],
        json!([{"schema": ENTERPRISE_USER, "required": false}, {"schema": HR, "required": false}])
    );
    let schemas = ResourceType::schemas_json(&[&kind, ResourceType::group()], "https://x");
    assert_eq!(schemas["totalResults"], 4);
    assert!(schemas["Resources"].as_array().unwrap().iter().any(|schema| schema["id"] == HR));
}

#[test]
fn an_extension_that_every_resource_must_have() {
    let definition =
        json!({"id": "urn:example:must:User", "name": "x", "attributes": [{"name": "a", "type": "string"}]});
    let schema = Arc::new(Schema::from_json(&definition).unwrap());
    let kind = ResourceType::user().clone().with_extension(schema, true);
    let error = normalize(&kind, json!({"userName": "ann"})).unwrap_err();
    assert!(error.detail.starts_with("urn:example:must:User "), "{error}");
    assert!(normalize(&kind, json!({"userName": "ann", "urn:example:must:User": {"a": "x"}})).is_ok());
    assert_eq!(kind.to_json("")["schemaExtensions"][1]["required"], true);
}

#[test]
fn names_that_two_schemas_have_are_kept_apart_by_their_urns() {
    let definition = json!({"id": "urn:example:x:User", "name": "x", "attributes": [
        {"name": "title", "type": "integer"}, {"name": "department", "type": "boolean"}]});
    let kind = ResourceType::user().clone().with_extension(Arc::new(Schema::from_json(&definition).unwrap()), false);
    let name = |path: &str| kind.canonical(&AttrPath::parse(path).unwrap()).unwrap().to_string();
    assert_eq!(name("title"), "title");
    assert_eq!(name("urn:example:x:User:TITLE"), "urn:example:x:User:title");
    let body = json!({"userName": "a", "title": "T", "urn:example:x:User": {"title": 5, "department": true},
        ENTERPRISE_USER: {"department": "D"}});
    let resource = normalize(&kind, body).unwrap().resource;
    assert_eq!((&resource["title"], &resource["urn:example:x:User"]["title"]), (&json!("T"), &json!(5)));
    let matches = |text: &str| Filter::parse(text).unwrap().resolve(&kind).unwrap().matches(&kind, &resource);
    assert!(matches("urn:example:x:User:title eq 5 and title eq \"t\" and urn:example:x:User:department eq true"));
}
