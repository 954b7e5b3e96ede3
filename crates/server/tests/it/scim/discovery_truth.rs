//! What `/Schemas` says is what is done: for each attribute that it shows, also of a directory's own schemas, values are
//! made from the definition, sent by POST, PUT and PATCH, read back, filtered on, sorted by, shown and left out, and removed.

use super::schemas::{HR, home};
use super::*;
use crate::support::*;

const TEAMS: &str = "urn:example:teams:2.0:Group";

/// Schemas with every type, and every word for `mutability` and `returned`, that a directory may have.
pub(super) async fn own_schemas(boot: &Boot) {
    let of = |attributes: Json, kind: &str| json!({ "name": kind, "resource_type": kind, "attributes": attributes });
    let people = json!([
        {"name": "badge", "type": "string", "caseExact": true, "required": true},
        {"name": "site", "type": "string", "canonicalValues": ["Athens", "Berlin", "Cork"]},
        {"name": "remote", "type": "boolean"},
        {"name": "level", "type": "integer"},
        {"name": "ratio", "type": "decimal"},
        {"name": "hired", "type": "dateTime"},
        {"name": "page", "type": "reference", "referenceTypes": ["external"]},
        {"name": "key", "type": "binary"},
        {"name": "tags", "type": "string", "multiValued": true},
        {"name": "scores", "type": "integer", "multiValued": true},
        {"name": "desk", "type": "complex", "subAttributes": [
            {"name": "floor", "type": "integer"}, {"name": "room", "type": "string", "required": true},
        ]},
        {"name": "skills", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "value", "type": "string"}, {"name": "years", "type": "decimal"}, {"name": "primary", "type": "boolean"},
        ]},
        {"name": "grade", "type": "string", "mutability": "immutable"},
        {"name": "rank", "type": "string", "mutability": "readOnly"},
        {"name": "note", "type": "string", "returned": "request"},
        {"name": "mark", "type": "string", "returned": "always"},
        {"name": "hint", "type": "string", "returned": "never"},
    ]);
    boot.key.put(&format!("{}/{HR}", home(boot)), of(people, "User")).await.ok();
    let teams = json!([{"name": "purpose", "type": "string"}, {"name": "budget", "type": "decimal"}]);
    boot.key.put(&format!("{}/{TEAMS}", home(boot)), of(teams, "Group")).await.ok();
}

/// One attribute of a resource type as `/Schemas` shows it.
pub(super) struct Attribute {
    /// The URN, if it belongs to an extension.
    pub(super) extension: Option<String>,
    pub(super) definition: Json,
    /// Which of the extension must be there besides.
    company: Json,
}

impl Attribute {
    pub(super) fn name(&self) -> &str {
        self.definition["name"].as_str().expect("a name")
    }

    pub(super) fn is(&self, key: &str, word: &str) -> bool {
        self.definition[key] == word
    }

    pub(super) fn path(&self) -> String {
        match &self.extension {
            Some(urn) => format!("{urn}:{}", self.name()),
            None => self.name().to_owned(),
        }
    }

    /// The paths that filters and orders know: the attribute, or its parts.
    pub(super) fn leaves(&self) -> Vec<(String, &Json)> {
        match self.definition["subAttributes"].as_array() {
            Some(parts) => {
                let path = |part: &Json| format!("{}.{}", self.path(), part["name"].as_str().expect("a name"));
                parts.iter().map(|part| (path(part), part)).collect()
            }
            None => vec![(self.path(), &self.definition)],
        }
    }

    /// The `number`th value; more is greater.
    pub(super) fn value(&self, number: usize) -> Json {
        let one = match self.definition["subAttributes"].as_array() {
            Some(parts) => {
                let named = |part: &Json| (part["name"].as_str().expect("a name").to_owned(), simple(part, number));
                let parts = parts.iter().filter(|part| part["mutability"] != "readOnly");
                Json::Object(parts.map(named).collect())
            }
            None => simple(&self.definition, number),
        };
        if self.definition["multiValued"] == true { json!([one]) } else { one }
    }

    /// The value that a resource shows.
    pub(super) fn of<'a>(&self, resource: &'a Json) -> Option<&'a Json> {
        let container = match &self.extension {
            Some(urn) => resource.get(urn)?,
            None => resource,
        };
        container.get(self.name())
    }

    /// A resource with this value and what it cannot be without.
    pub(super) fn within(&self, kind: &Kind, value: Json) -> Json {
        let mut body = kind.least();
        match &self.extension {
            Some(urn) => {
                body["schemas"].as_array_mut().expect("schemas").push(json!(urn));
                body[urn] = self.company.clone();
                body[urn][self.name()] = value;
            }
            None => body[self.name()] = value,
        }
        body
    }
}

fn simple(definition: &Json, number: usize) -> Json {
    if let Some(canonical) = definition["canonicalValues"].as_array() {
        let mut words: Vec<&str> = canonical.iter().map(|word| word.as_str().expect("a word")).collect();
        words.sort_by_key(|word| word.to_lowercase());
        return json!(words[number % words.len()]);
    }
    match definition["type"].as_str().expect("a type") {
        "boolean" => json!(number % 2 == 1),
        "integer" => json!(number),
        "decimal" => json!(format!("{number}.5").parse::<f64>().expect("a number")),
        "dateTime" => json!(format!("2026-11-2{number}T12:00:00Z")),
        "binary" => json!(["AAAA", "BBBB", "CCCC", "DDDD"][number % 4]),
        "reference" => json!(format!("https://x.example/{number}")),
        _ => json!(format!("Value {number}")),
    }
}

/// A resource type with all that `/Schemas` says of it.
pub(super) struct Kind {
    pub(super) endpoint: &'static str,
    pub(super) attributes: Vec<Attribute>,
    serial: std::cell::Cell<usize>,
}

impl Kind {
    pub(super) async fn read(scim: &Client, name: &str, endpoint: &'static str) -> Self {
        let kind = scim.get(&format!("/scim/v2/ResourceTypes/{name}")).await.ok();
        let mut urns = vec![(kind["schema"].as_str().expect("a URN").to_owned(), false)];
        for extension in kind["schemaExtensions"].as_array().expect("extensions") {
            urns.push((extension["schema"].as_str().expect("a URN").to_owned(), true));
        }
        let mut attributes = Vec::new();
        for (urn, extends) in urns {
            let schema = scim.get(&format!("/scim/v2/Schemas/{urn}")).await.ok();
            let definitions = schema["attributes"].as_array().expect("attributes");
            let needed = definitions.iter().filter(|definition| extends && definition["required"] == true);
            let company =
                needed.map(|one| (one["name"].as_str().expect("a name").to_owned(), simple(one, 0))).collect();
            for definition in definitions {
                attributes.push(Attribute {
                    extension: extends.then(|| urn.clone()),
                    definition: definition.clone(),
                    company: Json::Object(serde_json::Map::clone(&company)),
                });
            }
        }
        Self { endpoint, attributes, serial: std::cell::Cell::new(0) }
    }

    /// What no resource can be without.
    pub(super) fn least(&self) -> Json {
        self.serial.set(self.serial.get() + 1);
        let name = format!("Least {}", self.serial.get());
        match self.endpoint {
            "/scim/v2/Users" => json!({ "schemas": [USER], "userName": name }),
            _ => json!({ "schemas": [GROUP], "displayName": name }),
        }
    }
}

/// A literal of a filter.
fn literal(value: &Json) -> String {
    value.to_string()
}

/// The part of a value that a path with a sub-attribute leads to.
fn leaf<'a>(value: &'a Json, definition: &Json, is_part: bool) -> &'a Json {
    let one = if value.is_array() { &value[0] } else { value };
    if is_part { &one[definition["name"].as_str().expect("a name")] } else { one }
}

pub(super) async fn found(scim: &Client, path: &str) -> Vec<String> {
    let list = scim.get(path).await.ok();
    list["Resources"].as_array().expect("Resources").iter().map(id).collect()
}

/// Whether an answer shows a value, as far as it was sent: the service may add to it (`$ref`, `type`).
fn shows(shown: Option<&Json>, sent: &Json) -> bool {
    match (shown, sent) {
        (Some(Json::Object(shown)), Json::Object(sent)) => sent.iter().all(|(key, value)| shows(shown.get(key), value)),
        (Some(Json::Array(shown)), Json::Array(sent)) => {
            shown.len() == sent.len() && shown.iter().zip(sent).all(|(one, value)| shows(Some(one), value))
        }
        (shown, sent) => shown == Some(sent),
    }
}

async fn check_unwritable(scim: &Client, kind: &Kind, attribute: &Attribute) {
    let made = scim.post(kind.endpoint, attribute.within(kind, attribute.value(1))).await.created();
    assert_eq!(attribute.of(&made), None, "{}", attribute.path());
    let path = format!("{}/{}", kind.endpoint, id(&made));
    refused(&scim.patch(&path, op("replace", &attribute.path(), attribute.value(2))).await, 400, "mutability");
    let put = scim.put(&path, attribute.within(kind, attribute.value(2))).await.ok();
    assert_eq!(attribute.of(&put), None, "{}", attribute.path());
}

/// Never shown, and no way to find out.
async fn check_hidden(scim: &Client, kind: &Kind, attribute: &Attribute) {
    let name = attribute.path();
    let made = scim.post(kind.endpoint, attribute.within(kind, attribute.value(1))).await.created();
    let path = format!("{}/{}", kind.endpoint, id(&made));
    let patched = scim.patch(&path, op("replace", &name, attribute.value(2))).await.ok();
    for resource in
        [made, patched, scim.get(&path).await.ok(), scim.get(&format!("{path}?attributes={name}")).await.ok()]
    {
        assert_eq!(attribute.of(&resource), None, "{name}");
    }
    refused(&scim.get(&filtered(kind.endpoint, &format!("{name} pr"))).await, 400, "invalidFilter");
    refused(&scim.get(&format!("{}?sortBy={name}", kind.endpoint)).await, 400, "invalidPath");
}

async fn check(scim: &Client, kind: &Kind, attribute: &Attribute) {
    let name = attribute.path();
    let on_request = attribute.is("returned", "request");
    let asked = if on_request { format!("?attributes={}", url_encode(&name)) } else { String::new() };
    let (first, second, third) = (attribute.value(0), attribute.value(1), attribute.value(2));

    // Created, and read back.
    let body = attribute.within(kind, first.clone());
    let made = scim.post(&format!("{}{asked}", kind.endpoint), body.clone()).await.created();
    assert!(shows(attribute.of(&made), &first), "{name}: {made}");
    let path = format!("{}/{}", kind.endpoint, id(&made));
    let got = scim.get(&format!("{path}{asked}")).await.ok();
    assert_eq!(got, made, "{name}");
    let by_default = scim.get(&path).await.ok();
    assert_eq!(attribute.of(&by_default).is_none(), on_request, "{name}");
    let other = scim.post(&format!("{}{asked}", kind.endpoint), attribute.within(kind, second.clone())).await.created();

    // Shown, and left out.
    let only = scim.get(&format!("{path}?attributes={}", url_encode(&name))).await.ok();
    assert_eq!(attribute.of(&only), attribute.of(&made), "{name}");
    assert!(only.get("meta").is_none() && only["id"] == made["id"], "{name}: {only}");
    let without = scim.get(&format!("{path}?excludedAttributes={}", url_encode(&name))).await.ok();
    assert_eq!(attribute.of(&without).is_some(), attribute.is("returned", "always"), "{name}");

    // Filtered on, and sorted by, in each part.
    let is_complex = attribute.is("type", "complex");
    for (path_of_part, definition) in attribute.leaves() {
        if definition["mutability"] == "readOnly" {
            continue;
        }
        let (mine, others) = (leaf(&first, definition, is_complex), leaf(&second, definition, is_complex));
        let filter = format!("{path_of_part} eq {}", literal(mine));
        let matches = found(scim, &format!("{}&count=1000", filtered(kind.endpoint, &filter))).await;
        assert!(matches.contains(&id(&made)), "{filter}");
        assert!(mine == others || !matches.contains(&id(&other)), "{filter}");
        let present =
            found(scim, &format!("{}&count=1000", filtered(kind.endpoint, &format!("{path_of_part} pr")))).await;
        assert!(present.contains(&id(&made)) && present.contains(&id(&other)), "{path_of_part} pr");
        for (order, mine_first) in [("ascending", true), ("descending", false)] {
            let path = format!("{}?count=1000&sortBy={}&sortOrder={order}", kind.endpoint, url_encode(&path_of_part));
            let all = found(scim, &path).await;
            let place = |resource: &Json| all.iter().position(|one| *one == id(resource)).expect("it is in the list");
            assert!(mine == others || (place(&made) < place(&other)) == mine_first, "{path_of_part} {order}");
        }
    }

    // Replaced and changed.
    if attribute.is("mutability", "immutable") {
        refused(&scim.put(&path, attribute.within(kind, third.clone())).await, 400, "mutability");
        refused(&scim.patch(&path, op("replace", &name, third)).await, 400, "mutability");
        return;
    }
    let put = scim.put(&format!("{path}{asked}"), attribute.within(kind, third.clone())).await.ok();
    assert!(shows(attribute.of(&put), &third), "{name}: {put}");
    let value = attribute.value(3);
    let patched = scim.patch(&format!("{path}{asked}"), op("replace", &name, value.clone())).await.ok();
    assert!(shows(attribute.of(&patched), &value), "{name}: {patched}");

    // Removed.
    let remove = operations(json!([{"op": "remove", "path": name}]));
    if attribute.definition["required"] == true {
        assert_eq!(scim.patch(&path, remove).await.status, 400, "{name}");
        return;
    }
    scim.patch(&path, remove).await.ok();
    let left = scim.get(&format!("{path}{asked}")).await.ok();
    assert_eq!(attribute.of(&left), None, "{name}");
    scim.patch(&path, op("add", &name, first.clone())).await.ok();
    let back = scim.get(&format!("{path}{asked}")).await.ok();
    assert!(shows(attribute.of(&back), &first), "{name}");
}

/// Tries every attribute; how many there were.
async fn check_all(scim: &Client, kind: &Kind) -> usize {
    for attribute in &kind.attributes {
        match () {
            // Members are resources that are there: `members_are_true` looks at them.
            () if attribute.name() == "members" => {}
            () if attribute.is("mutability", "readOnly") => check_unwritable(scim, kind, attribute).await,
            () if attribute.is("returned", "never") => check_hidden(scim, kind, attribute).await,
            () => check(scim, kind, attribute).await,
        }
    }
    kind.attributes.len()
}

db_test!(every_attribute_of_a_user_is_true, async |app| {
    let boot = app.boot("Acme", Some("acme.example")).await;
    own_schemas(&boot).await;
    let kind = Kind::read(&boot.scim, "User", "/scim/v2/Users").await;
    assert_eq!(check_all(&boot.scim, &kind).await, 21 + 6 + 17);
});

db_test!(every_attribute_of_a_group_is_true, async |app| {
    let boot = app.boot("Acme", None).await;
    own_schemas(&boot).await;
    let kind = Kind::read(&boot.scim, "Group", "/scim/v2/Groups").await;
    assert_eq!(check_all(&boot.scim, &kind).await, 2 + 2);
});

db_test!(members_are_true, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let (ann, bob) = (make(scim, "ann").await, make(scim, "bob").await);
    let schema = scim.get(&format!("/scim/v2/Schemas/{GROUP}")).await.ok();
    let definition =
        schema["attributes"].as_array().unwrap().iter().find(|one| one["name"] == "members").unwrap().clone();
    let staff = make_group(scim, "Staff", &[&ann]).await;
    let path = format!("/scim/v2/Groups/{staff}");
    let shown = scim.get(&format!("{path}?attributes=members,members.display")).await.ok();
    for part in definition["subAttributes"].as_array().unwrap() {
        let name = part["name"].as_str().unwrap();
        let value = &shown["members"][0][name];
        assert!(!value.is_null(), "{name}");
        let by_default = scim.get(&path).await.ok();
        assert_eq!(by_default["members"][0].get(name).is_none(), part["returned"] == "request", "{name}");
        if name != "$ref" {
            let filter = format!("members.{name} eq {value}");
            assert_eq!(found(scim, &filtered("/scim/v2/Groups", &filter)).await, [staff.as_str()], "{filter}");
        }
        let alone = scim.get(&format!("{path}?attributes={}", url_encode(&format!("members.{name}")))).await.ok();
        assert_eq!(alone["members"][0], json!({ name: value }), "{name}");
    }
    scim.put(&path, json!({"schemas": [GROUP], "displayName": "Staff", "members": [{"value": bob}]})).await.expect(200);
    assert_eq!(members(scim, &staff).await, [bob]);
    assert_eq!(scim.get(&format!("{path}?excludedAttributes=members")).await.ok().get("members"), None);
    scim.patch(&path, operations(json!([{"op": "remove", "path": "members"}]))).await.expect(200);
    assert!(members(scim, &staff).await.is_empty());
});

db_test!(what_is_announced_is_done, async |app| {
    let boot = app.boot("Acme", None).await;
    let scim = &boot.scim;
    let config = scim.get("/scim/v2/ServiceProviderConfig").await.ok();
    for feature in ["patch", "bulk", "filter", "sort", "etag"] {
        assert_eq!(config[feature]["supported"], true, "{feature}");
    }
    for number in 0..3 {
        make(scim, &format!("p{number}")).await;
    }
    let paging = &config["pagination"];
    assert_eq!(
        (&paging["cursor"], &paging["index"], &paging["defaultPaginationMethod"], &paging["cursorTimeout"]),
        (&json!(true), &json!(true), &json!("index"), &json!(3600))
    );
    assert_eq!((&paging["defaultPageSize"], &paging["maxPageSize"]), (&json!(100), &config["filter"]["maxResults"]));
    assert_eq!(scim.get("/scim/v2/Users").await.ok()["startIndex"], 1, "the default is by index");
    assert!(scim.get("/scim/v2/Users?cursor=&count=1").await.ok()["nextCursor"].is_string());
    // A password is kept where the directory's settings say so, which is what `changePassword` says.
    assert_eq!(config["changePassword"]["supported"], false);
    let kept = r#"{"keep_password": true}"#;
    let keep = async |tx: &mut auth_core::Tx| {
        let values = [kept.into(), boot.directory_id.as_str().into()];
        auth_core::db::run(tx, "UPDATE directories SET settings = $1 WHERE id = $2", values).await
    };
    app.core.write(&auth_core::Ctx::system("test"), keep).await.expect("changed");
    let config = scim.get("/scim/v2/ServiceProviderConfig").await.ok();
    assert_eq!(config["changePassword"]["supported"], true);
    assert_eq!(app.http().get("/scim/v2/ServiceProviderConfig").await.ok()["changePassword"]["supported"], false);
});
