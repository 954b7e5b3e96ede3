//! What `/Schemas` says beside types: letter case, uniqueness, which parts are required and which are only read. Each word is
//! tried on every attribute that has it.

use super::discovery_truth::{Attribute, Kind, found, own_schemas};
use super::*;
use crate::support::*;

/// A value with another one in one of its parts; `None` leaves the part out.
fn with_part(attribute: &Attribute, definition: &Json, is_part: bool, part: Option<Json>) -> Json {
    if !is_part {
        return match part {
            Some(part) if attribute.definition["multiValued"] == true => json!([part]),
            part => json!(part),
        };
    }
    let mut value = attribute.value(1);
    let one = if value.is_array() { &mut value[0] } else { &mut value };
    let name = definition["name"].as_str().expect("a name");
    match part {
        Some(part) => one[name] = part,
        None => drop(one.as_object_mut().expect("an object").shift_remove(name)),
    }
    value
}

/// Whether the attribute, or the part of it, can be written and read.
fn is_open(attribute: &Attribute, definition: &Json) -> bool {
    let open = |one: &Json| one["mutability"] == "readWrite" && one["returned"] != "never";
    attribute.name() != "members" && open(&attribute.definition) && open(definition)
}

/// Text that may be anything.
fn is_free_text(definition: &Json) -> bool {
    definition["type"] == "string" && definition["canonicalValues"].as_array().is_none_or(Vec::is_empty)
}

async fn check_case(scim: &Client, kind: &Kind) -> usize {
    let mut tried = 0;
    for attribute in &kind.attributes {
        let is_complex = attribute.is("type", "complex");
        for (path, definition) in attribute.leaves() {
            if !is_open(attribute, definition) || !is_free_text(definition) {
                continue;
            }
            let text = format!("CaSe {tried}");
            let value = with_part(attribute, definition, is_complex, Some(json!(text)));
            let made = scim.post(kind.endpoint, attribute.within(kind, value)).await.created();
            for (word, same) in [(text.clone(), true), (text.to_lowercase(), definition["caseExact"] == false)] {
                let filter = format!("{path} eq {}", json!(word));
                let matches = found(scim, &filtered(kind.endpoint, &filter)).await;
                assert_eq!(matches.contains(&id(&made)), same, "{filter}: {definition}");
            }
            tried += 1;
        }
    }
    tried
}

async fn check_uniqueness(scim: &Client, kind: &Kind) -> Vec<String> {
    let mut unique = Vec::new();
    for attribute in &kind.attributes {
        for (path, definition) in attribute.leaves() {
            if !is_open(attribute, definition) {
                continue;
            }
            let twice = attribute.within(kind, attribute.value(1));
            let again = attribute.within(kind, attribute.value(1));
            let made = scim.post(kind.endpoint, twice).await.created();
            let answer = scim.post(kind.endpoint, again).await;
            if definition["uniqueness"] == "none" {
                scim.delete(&format!("{}/{}", kind.endpoint, id(&answer.created()))).await.expect(204);
            } else {
                refused(&answer, 409, "uniqueness");
                unique.push(path);
            }
            scim.delete(&format!("{}/{}", kind.endpoint, id(&made))).await.expect(204);
        }
    }
    unique
}

async fn check_required(scim: &Client, kind: &Kind) -> Vec<String> {
    let mut required = Vec::new();
    for attribute in kind.attributes.iter().filter(|attribute| attribute.is("type", "complex")) {
        for (path, definition) in attribute.leaves() {
            if !is_open(attribute, definition) {
                continue;
            }
            let body = attribute.within(kind, with_part(attribute, definition, true, None));
            let answer = scim.post(kind.endpoint, body).await;
            if definition["required"] == true {
                refused(&answer, 400, "invalidValue");
                required.push(path);
            } else {
                scim.delete(&format!("{}/{}", kind.endpoint, id(&answer.created()))).await.expect(204);
            }
        }
    }
    required
}

db_test!(letter_case_counts_where_it_is_said_to, async |app| {
    let boot = app.boot("Acme", None).await;
    own_schemas(&boot).await;
    let users = Kind::read(&boot.scim, "User", "/scim/v2/Users").await;
    assert!(check_case(&boot.scim, &users).await > 35);
    let groups = Kind::read(&boot.scim, "Group", "/scim/v2/Groups").await;
    assert_eq!(check_case(&boot.scim, &groups).await, 2);
});

db_test!(only_what_is_said_to_be_unique_is_unique, async |app| {
    let boot = app.boot("Acme", None).await;
    own_schemas(&boot).await;
    let users = Kind::read(&boot.scim, "User", "/scim/v2/Users").await;
    assert_eq!(check_uniqueness(&boot.scim, &users).await, ["userName"]);
    let groups = Kind::read(&boot.scim, "Group", "/scim/v2/Groups").await;
    assert!(check_uniqueness(&boot.scim, &groups).await.is_empty());
});

db_test!(parts_are_required_where_it_is_said, async |app| {
    let boot = app.boot("Acme", None).await;
    own_schemas(&boot).await;
    let users = Kind::read(&boot.scim, "User", "/scim/v2/Users").await;
    let required = check_required(&boot.scim, &users).await;
    assert!(required.len() == 1 && required[0].ends_with("desk.room"), "{required:?}");
});

db_test!(what_is_only_read_is_there_to_be_read, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let boss = make(scim, "boss").await;
    let mut ann = person("ann");
    ann[ENTERPRISE]["manager"] = json!({ "value": boss });
    let ann = id(&scim.post("/scim/v2/Users", ann).await.created());
    make_group(scim, "Staff", &[&ann]).await;
    let path = format!("/scim/v2/Users/{ann}");
    let users = Kind::read(scim, "User", "/scim/v2/Users").await;
    let whole = scim.get(&path).await.ok();
    let mut tried = Vec::new();
    for attribute in &users.attributes {
        for (leaf, definition) in attribute.leaves() {
            if !attribute.is("mutability", "readOnly") && definition["mutability"] != "readOnly" {
                continue;
            }
            let shown = attribute.of(&whole).unwrap_or_else(|| panic!("{leaf} in {whole}"));
            let one = if shown.is_array() { &shown[0] } else { shown };
            let value = &one[definition["name"].as_str().expect("a name")];
            assert!(value.is_string(), "{leaf}: {whole}");
            let filter = format!("{leaf} eq {value}");
            assert_eq!(found(scim, &filtered(users.endpoint, &filter)).await, [ann.as_str()], "{filter}");
            let sorted = format!("{}?sortBy={}", users.endpoint, url_encode(&leaf));
            assert_eq!(found(scim, &sorted).await.first(), Some(&ann), "{leaf}");
            let alone = scim.get(&format!("{path}?attributes={}", url_encode(&leaf))).await.ok();
            assert!(attribute.of(&alone).is_some(), "{leaf}: {alone}");
            refused(&scim.patch(&path, op("replace", &leaf, json!("x"))).await, 400, "mutability");
            tried.push(leaf);
        }
    }
    let name = format!("{ENTERPRISE}:manager.displayName");
    assert_eq!(tried, ["groups.value", "groups.$ref", "groups.display", "groups.type", &name]);
});
