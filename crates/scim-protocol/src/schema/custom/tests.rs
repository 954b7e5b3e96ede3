//! What a definition may say, what it may not, and that what was read is what is served.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::ScimType;
use crate::schema::{ENTERPRISE_USER, ResourceType, USER};

/// A definition with everything in it.
fn full() -> Value {
    json!({
        "id": "urn:example:hr:2.0:User",
        "name": "HR",
        "description": "What human resources know.",
        "attributes": [
            {"name": "badge", "type": "string", "required": true, "caseExact": true, "mutability": "immutable"},
            {"name": "grade", "type": "integer", "returned": "request"},
            {"name": "share", "type": "decimal"},
            {"name": "remote", "type": "boolean", "description": "Whether at home.\nOr not."},
            {"name": "hired", "type": "dateTime"},
            {"name": "key", "type": "binary", "returned": "never"},
            {"name": "file", "type": "reference", "referenceTypes": ["external", "User"]},
            {"name": "skills", "type": "string", "multiValued": true, "canonicalValues": ["rust", "go"]},
            {"name": "score", "type": "integer", "mutability": "readOnly", "returned": "always"},
            {"name": "cost-center_1$", "type": "complex", "subAttributes": [{"name": "code", "type": "string"}]},
            {"name": "devices", "type": "complex", "multiValued": true, "subAttributes": [
                {"name": "value", "type": "string", "required": true},
                {"name": "$ref", "type": "reference", "referenceTypes": ["external"]},
                {"name": "type", "type": "string", "canonicalValues": ["laptop", "phone"]},
                {"name": "primary", "type": "boolean"},
                {"name": "issued", "type": "dateTime"},
            ]},
        ],
    })
}

fn refused(definition: &Value) -> String {
    let error = Schema::from_json(definition).expect_err(&definition.to_string());
    assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidValue)), "{error}");
    error.detail.into_owned()
}

#[test]
fn what_was_read_is_what_is_served() {
    let schema = Schema::from_json(&full()).unwrap();
    let json = schema.to_json("https://x/scim/v2");
    assert_eq!(Schema::from_json(&json).unwrap(), schema);
    assert_eq!(json["id"], "urn:example:hr:2.0:User");
    assert_eq!(json["meta"]["location"], "https://x/scim/v2/Schemas/urn:example:hr:2.0:User");
    assert_eq!(
        json["attributes"][0],
        json!({
            "name": "badge", "type": "string", "multiValued": false, "description": "", "required": true, "caseExact": true,
            "mutability": "immutable", "returned": "default", "uniqueness": "none",
        })
    );
    assert_eq!(json["attributes"][7]["canonicalValues"], json!(["rust", "go"]));
    assert_eq!(json["attributes"][6]["referenceTypes"], json!(["external", "User"]));
    assert_eq!(json["attributes"][10]["subAttributes"][1]["name"], "$ref");
    assert!(!json.to_string().contains("null"), "{json}");
}

#[test]
fn names_of_fields_match_whatever_their_letter_case_and_null_is_absence() {
    let given = json!({"ID": "urn:a:b", "Name": "x", "description": null, "ATTRIBUTES": [{
        "NAME": "a", "TYPE": "string", "multivalued": true, "canonicalValues": null, "subAttributes": [], "required": null,
    }]});
    let schema = Schema::from_json(&given).unwrap();
    assert!(schema.attributes[0].multi_valued);
    assert_eq!(schema.description, "");
}

#[test]
fn urns_are_those_that_paths_can_name() {
    let with =
        |id: &str| Schema::from_json(&json!({"id": id, "name": "x", "attributes": [{"name": "a", "type": "string"}]}));
    for id in [
        "urn:example:hr",
        "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User",
        "urn:example:hr:2.0:User",
        "URN:Example:1.0",
        "urn:a.b-c:d_e:F",
        "urn:ietf:params:other:x",
    ] {
        let schema = with(id).expect(id);
        let kind = ResourceType::user().clone().with_extension(Arc::new(schema), false);
        for path in [format!("{id}:a"), id.to_uppercase() + ":A"] {
            let path = AttrPath::parse(&path).unwrap();
            assert_eq!(kind.canonical(&path).unwrap().to_string(), format!("{id}:a"));
        }
        assert!(kind.lookup(&AttrPath::parse(id).unwrap()).is_some(), "{id}");
    }
    let long = format!("urn:a:{}", "b".repeat(300));
    for id in [
        "",
        " ",
        "hr",
        "urn:hr",
        "urn::hr",
        "urn:a:",
        ":urn:a:b",
        "https://example.com/hr",
        "urn:a:b c",
        "urn:a:b/c",
        "urn:a:b#c",
        "urn:a:ä",
        "urn:a:1b",
        "urn:a:.b",
        "urn:a:b\n",
        "urn:a:b\"",
        "urn:a:b[c]",
        USER,
        ENTERPRISE_USER,
        "URN:IETF:params:SCIM:schemas:extension:Enterprise:3.0:User",
        "urn:ietf:params:scim:api:messages:2.0:Error",
        &long,
    ] {
        let error = with(id).expect_err(id);
        assert!(error.detail.starts_with("id "), "{id}: {error}");
    }
}

/// Replaces what is at a place in the full definition, or removes it, and names what must be in the refusal.
#[test]
fn every_bad_definition_is_refused_and_the_field_named() {
    let many = |count: usize| (0..count).map(|i| json!({"name": format!("a{i}"), "type": "string"})).collect::<Value>();
    let texts = |count: usize| (0..count).map(|i| format!("v{i}")).collect::<Value>();
    for (place, value, field) in [
        ("", json!([]), "the definition"),
        ("", json!("urn:a:b"), "the definition"),
        ("/id", json!(null), "id"),
        ("/id", json!(5), "id"),
        ("/name", json!(null), "name"),
        ("/name", json!(""), "name"),
        ("/name", json!("a\u{0}"), "name"),
        ("/name", json!("x".repeat(300)), "name"),
        ("/description", json!(["x"]), "description"),
        ("/description", json!("x".repeat(3000)), "description"),
        ("/description", json!("x\u{7}"), "description"),
        ("/attributes", json!(null), "attributes"),
        ("/attributes", json!({}), "attributes"),
        ("/attributes", json!([]), "attributes"),
        ("/attributes", many(101), "attributes"),
        ("/attributes/0", json!("badge"), "attributes[0]"),
        ("/attributes/0/name", json!(null), "attributes[0].name"),
        ("/attributes/0/name", json!(""), "attributes[0].name"),
        ("/attributes/0/name", json!("1a"), "attributes[0].name"),
        ("/attributes/0/name", json!("$ref"), "attributes[0].name"),
        ("/attributes/0/name", json!("_a"), "attributes[0].name"),
        ("/attributes/0/name", json!("a b"), "attributes[0].name"),
        ("/attributes/0/name", json!("a.b"), "attributes[0].name"),
        ("/attributes/0/name", json!("ä"), "attributes[0].name"),
        ("/attributes/0/name", json!("a".repeat(65)), "attributes[0].name"),
        ("/attributes/0/name", json!("GRADE"), "attributes[1].name"),
        ("/attributes/0/type", json!(null), "attributes[0].type"),
        ("/attributes/0/type", json!("String"), "attributes[0].type"),
        ("/attributes/0/type", json!("text"), "attributes[0].type"),
        ("/attributes/0/type", json!("complex"), "attributes[0].subAttributes"),
        ("/attributes/0/multiValued", json!("true"), "attributes[0].multiValued"),
        ("/attributes/0/required", json!(1), "attributes[0].required"),
        ("/attributes/0/caseExact", json!("no"), "attributes[0].caseExact"),
        ("/attributes/0/mutability", json!("writeOnly"), "attributes[0].mutability"),
        ("/attributes/0/mutability", json!("readonly"), "attributes[0].mutability"),
        ("/attributes/0/mutability", json!("readOnly"), "attributes[0].required"),
        ("/attributes/0/returned", json!("sometimes"), "attributes[0].returned"),
        ("/attributes/0/uniqueness", json!("server"), "attributes[0].uniqueness"),
        ("/attributes/0/uniqueness", json!("global"), "attributes[0].uniqueness"),
        ("/attributes/0/canonicalValues", json!("a"), "attributes[0].canonicalValues"),
        ("/attributes/0/canonicalValues", json!([5]), "attributes[0].canonicalValues[0]"),
        ("/attributes/0/canonicalValues", json!([""]), "attributes[0].canonicalValues[0]"),
        ("/attributes/0/canonicalValues", json!(["a", "a"]), "attributes[0].canonicalValues[1]"),
        ("/attributes/0/canonicalValues", json!(["x".repeat(300)]), "attributes[0].canonicalValues[0]"),
        ("/attributes/0/canonicalValues", json!(["x\u{0}"]), "attributes[0].canonicalValues[0]"),
        ("/attributes/0/canonicalValues", texts(101), "attributes[0].canonicalValues"),
        ("/attributes/1/canonicalValues", json!(["5"]), "attributes[1].canonicalValues"),
        ("/attributes/0/referenceTypes", json!(["User"]), "attributes[0].referenceTypes"),
        ("/attributes/6/referenceTypes", json!("User"), "attributes[6].referenceTypes"),
        ("/attributes/0/subAttributes", many(1), "attributes[0].subAttributes"),
        ("/attributes/0/subAttributes", json!("x"), "attributes[0].subAttributes"),
        ("/attributes/9/subAttributes", json!([]), "attributes[9].subAttributes"),
        ("/attributes/9/subAttributes", json!(null), "attributes[9].subAttributes"),
        ("/attributes/9/subAttributes", many(100), "attributes[9].subAttributes"),
        ("/attributes/9/subAttributes/0/name", json!("$schema"), "attributes[9].subAttributes[0].name"),
        ("/attributes/9/subAttributes/0/type", json!("complex"), "attributes[9].subAttributes[0].type"),
        ("/attributes/9/subAttributes/0/multiValued", json!(true), "attributes[9].subAttributes[0].multiValued"),
        ("/attributes/9/subAttributes/0/uniqueness", json!("server"), "attributes[9].subAttributes[0].uniqueness"),
        ("/attributes/9/subAttributes/0/nullable", json!(true), "attributes[9].subAttributes[0].nullable"),
        (
            "/attributes/10/subAttributes/2/canonicalValues",
            json!([true]),
            "attributes[10].subAttributes[2].canonicalValues[0]",
        ),
        ("/attributes/10/subAttributes/1/name", json!("VALUE"), "attributes[10].subAttributes[1].name"),
        ("/attributes/0/requird", json!(true), "attributes[0].requird"),
        ("/attributes/0/NAME", json!("x"), "attributes[0].NAME"),
        ("/extends", json!("User"), "extends"),
    ] {
        let mut definition = full();
        if let Some((parent, key)) = place.rsplit_once('/') {
            match definition.pointer_mut(parent).unwrap() {
                Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
                object => object[key] = value,
            }
        } else {
            definition = value;
        }
        let detail = refused(&definition);
        assert!(detail.starts_with(&format!("{field} ")), "{place}: {detail}");
    }
}

#[test]
fn a_schema_may_have_as_much_as_the_limits_say() {
    let attributes: Value = (0..MAX_ATTRIBUTES)
        .map(|i| {
            json!({"name": format!("{}{i:02}", "a".repeat(62)), "type": "string", "canonicalValues":
            (0..MAX_CANONICAL_VALUES).map(|n| format!("v{n}")).collect::<Vec<_>>()})
        })
        .collect();
    let schema = Schema::from_json(&json!({"id": "urn:a:b", "name": "x", "attributes": attributes})).unwrap();
    assert_eq!(schema.attributes.len(), MAX_ATTRIBUTES);
}

fn attribute_definition(sub: bool) -> impl Strategy<Value = Value> {
    let kinds: usize = if sub { 7 } else { 8 };
    let simple = (
        "[A-Za-z][A-Za-z0-9_$-]{0,12}",
        0..kinds,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        0..3_usize,
        0..4_usize,
        proptest::collection::btree_set("[a-zA-Z ]{1,6}", 0..3),
        "\\PC{0,20}",
    );
    simple.prop_map(move |(name, kind, multi, required, exact, mutability, returned, words, description)| {
        let (kind, _) = KINDS[kind];
        let (mutability, _) = MUTABILITIES[mutability];
        let mut json = json!({
            "name": name, "type": kind, "multiValued": multi && !sub, "required": required && mutability != "readOnly",
            "caseExact": exact, "mutability": mutability, "returned": RETURNED[returned].0, "uniqueness": "none",
            "description": description,
        });
        if !words.is_empty() && kind == "string" {
            json["canonicalValues"] = json!(words);
        }
        if !words.is_empty() && kind == "reference" {
            json["referenceTypes"] = json!(words);
        }
        json
    })
}

fn definition() -> impl Strategy<Value = Value> {
    let one = (attribute_definition(false), proptest::collection::vec(attribute_definition(true), 1..4));
    proptest::collection::vec(one, 1..6).prop_map(|attributes| {
        let attributes: Vec<Value> = attributes
            .into_iter()
            .enumerate()
            .map(|(index, (mut attribute, mut subs))| {
                // Names are kept apart by their place.
                attribute["name"] = format!("{}{index}", attribute["name"].as_str().unwrap_or_default()).into();
                for (index, sub) in subs.iter_mut().enumerate() {
                    sub["name"] = format!("{}{index}", sub["name"].as_str().unwrap_or_default()).into();
                }
                if attribute["type"] == "complex" {
                    attribute["subAttributes"] = subs.into();
                }
                attribute
            })
            .collect();
        json!({"id": "urn:example:x:User", "name": "x", "description": "", "attributes": attributes})
    })
}

proptest! {
    #[test]
    fn every_good_definition_comes_back_as_it_was(definition in definition()) {
        let schema = Schema::from_json(&definition).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let served = schema.to_json("");
        prop_assert_eq!(Schema::from_json(&served).map_err(|e| TestCaseError::fail(e.to_string()))?, schema);
        for (given, served) in definition["attributes"].as_array().unwrap().iter().zip(served["attributes"].as_array().unwrap()) {
            for (key, value) in given.as_object().unwrap() {
                if key != "subAttributes" {
                    prop_assert_eq!(&served[key], value);
                }
            }
        }
    }

    #[test]
    fn nothing_makes_reading_panic(place in 0..40_usize, value in json_value()) {
        let mut definition = full();
        let mut places = Vec::new();
        pointers(&definition, String::new(), &mut places);
        let place = &places[place * places.len() / 40];
        *definition.pointer_mut(place).unwrap() = value;
        if let Ok(schema) = Schema::from_json(&definition) {
            prop_assert_eq!(Schema::from_json(&schema.to_json("")).unwrap(), schema);
        }
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!("complex")),
        Just(json!("readOnly")),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map(
                proptest::sample::select(vec!["name", "type", "required", "x"]),
                inner,
                0..3
            )
            .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| pointers(value, format!("{at}/{key}"), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, value)| pointers(value, format!("{at}/{i}"), found));
        }
        _ => {}
    }
    found.push(at);
}
