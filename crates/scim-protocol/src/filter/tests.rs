//! The filter language: what parses, what does not, what matches, and that printing reads back.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::schema::{ENTERPRISE_USER, GROUP, USER};
use crate::{ResourceType, ScimType};

fn ann() -> crate::Resource {
    let Value::Object(ann) = json!({
        "schemas": [USER, ENTERPRISE_USER],
        "id": "scimu_1",
        "externalId": "00uAbC",
        "userName": "Ann@Acme.example",
        "name": {"givenName": "Ann", "familyName": "O\"Hara\\"},
        "displayName": "Ann 100%",
        "active": true,
        "emails": [
            {"value": "ann@acme.example", "type": "work", "primary": true},
            {"value": "ann@home.example", "type": "home"},
        ],
        "roles": [{"value": "admin", "primary": true}],
        "addresses": [{"type": "work", "locality": "Vienna"}],
        "groups": [{"value": "scimg_1", "display": "Staff"}],
        ENTERPRISE_USER: {"department": "R&D", "manager": {"value": "scimu_2"}},
        "meta": {"resourceType": "User", "created": "2026-01-01T00:00:00.000Z", "lastModified": "2026-11-21T12:00:00.000Z"},
    }) else {
        unreachable!()
    };
    ann
}

fn matches(filter: &str) -> Result<bool, crate::ScimError> {
    let kind = ResourceType::user();
    Ok(Filter::parse(filter)?.resolve(kind)?.matches(kind, &ann()))
}

#[test]
fn what_matches() {
    let enterprise = |rest: &str| format!("{ENTERPRISE_USER}:{rest}");
    for filter in [
        "userName eq \"ann@acme.example\"",
        "USERNAME EQ \"ANN@ACME.EXAMPLE\"",
        "urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"ann\"",
        "id eq \"scimu_1\"",
        "externalId eq \"00uAbC\"",
        "userName ne \"bob\"",
        "nickName ne \"x\"",
        "nickName eq null",
        "title ne \"x\" and displayName ew \"%\"",
        "emails pr",
        "not (nickName pr)",
        "not(title pr)",
        "name pr",
        "name.familyName eq \"o\\\"hara\\\\\"",
        "name.familyName eq \"O\\u0022Hara\\\\\"",
        "emails co \"home\"",
        "emails eq \"ANN@acme.example\"",
        "emails.value eq \"ann@home.example\"",
        "emails.type eq \"work\" and emails.value co \"home\"",
        "emails[type eq \"work\" and value co \"acme\"]",
        "emails[type eq \"work\"].value eq \"ann@acme.example\"",
        "emails[type eq \"Work\"].Value eq \"ann@acme.example\" and active eq true",
        "emails[not (type eq \"work\") and (value sw \"a\" or value sw \"b\")]",
        "emails[primary eq true]",
        "roles[primary eq \"True\"].value eq \"admin\"",
        "active eq True",
        "active eq \"true\"",
        "active ne false",
        "active eq true or userName eq \"x\" and userName eq \"y\"",
        "addresses[locality eq \"vienna\"]",
        "groups.value eq \"scimg_1\"",
        "groups eq \"scimg_1\"",
        "meta.lastModified gt \"2026-11-21T11:00:00Z\"",
        "meta.lastModified ge \"2026-11-21T13:00:00+01:00\"",
        "meta.lastModified eq \"2026-11-21T12:00:00.0000000Z\"",
        "meta.created lt \"2026-06-01T00:00:00\"",
        "meta.resourceType eq \"User\"",
        "meta.lastModified sw \"2026-\"",
        "schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"",
        "userName gt \"ANM\" and userName le \"ann@acme.example\"",
        &enterprise("department eq \"r&d\""),
        &enterprise("manager eq \"scimu_2\""),
        &enterprise("manager.value pr"),
        "  ( userName pr )  ",
    ] {
        assert_eq!(matches(filter), Ok(true), "{filter}");
    }
}

#[test]
fn what_does_not_match() {
    for filter in [
        "userName eq \"ann\"",
        "id eq \"SCIMU_1\"",
        "externalId eq \"00uabc\"",
        "nickName pr",
        "nickName gt \"\"",
        "userName eq null",
        "displayName co \"_\"",
        "displayName eq \"ann%\"",
        "emails[type eq \"work\" and value co \"home\"]",
        "emails[type eq \"fax\"]",
        "roles[primary eq false]",
        "active eq false",
        "(active eq true or userName eq \"x\") and userName eq \"y\"",
        "not (active eq true)",
        "meta.lastModified gt \"2026-11-21T12:00:00Z\"",
        "groups.value eq \"SCIMG_1\"",
    ] {
        assert_eq!(matches(filter), Ok(false), "{filter}");
    }
}

#[test]
fn what_is_refused() {
    let deep = format!("{}userName pr{}", "(".repeat(60), ")".repeat(60));
    let brackets = "emails[".repeat(60);
    let terms = vec!["active eq true"; 600].join(" and ");
    let long = format!("userName eq \"{}\"", "x".repeat(MAX_LENGTH));
    for filter in [
        "",
        " ",
        "userName",
        "userName eq",
        "userName eq ",
        "userName is \"x\"",
        "userName eq ann",
        "userName eq 'ann'",
        "userName eq \"ann",
        "userName eq \"ann\\\"",
        "userName eq \"a\" and",
        "and userName eq \"a\"",
        "userName eq \"a\" or",
        "userName eq \"a\" userName pr",
        "userName eq \"a\"x",
        "userName eq\"a\"",
        "userName prx",
        "(userName pr",
        "userName pr)",
        "()",
        "not",
        "not userName eq \"a\"",
        "emails[type eq \"work\"",
        "emails[]",
        "emails[type eq \"work\"]]",
        "emails[type eq \"work\"].",
        "emails[type eq \"work\"].a.b eq 1",
        "emails[nothing eq \"x\"]",
        "emails[emails[value pr]]",
        "name.givenName[value pr]",
        "nothing eq \"x\"",
        "name.nothing eq \"x\"",
        "urn:x:y:z eq \"x\"",
        "name eq \"ann\"",
        "addresses eq \"x\"",
        "userName eq 5",
        "userName eq true",
        "active gt true",
        "active co \"tr\"",
        "active eq \"yes\"",
        "userName gt null",
        "x509Certificates.value gt \"a\"",
        "meta.created gt \"yesterday\"",
        "meta.created gt 5",
        "password eq \"x\"",
        "password pr",
        "userName eq \"\\ud800\"",
        "userName eq \"a\\u0000\"",
        "userName eq 1e999",
        "userName eq \"a\u{0}\"\u{0}",
        "%00",
        &deep,
        &brackets,
        &terms,
        &long,
    ] {
        let refused = matches(filter).expect_err(filter);
        assert_eq!((refused.status, refused.scim_type), (400, Some(ScimType::InvalidFilter)), "{filter}: {refused}");
    }
}

#[test]
fn precedence_is_grouping_then_not_then_and_then_or() {
    let parse = |text| Filter::parse(text).unwrap();
    assert_eq!(parse("a pr or b pr and c pr"), parse("a pr or (b pr and c pr)"));
    assert_ne!(parse("(a pr or b pr) and c pr"), parse("a pr or b pr and c pr"));
    assert_eq!(parse("not (a pr) and b pr").to_string(), "not (a pr) and b pr");
    assert_eq!(parse("A PR OR NOT (b EQ 1)").to_string(), "A pr or not (b eq 1)");
}

#[test]
fn resolving_gives_canonical_names_and_types() {
    let resolved = |text: &str| Filter::parse(text).unwrap().resolve(ResourceType::user()).unwrap().to_string();
    assert_eq!(resolved("EMAILS co \"x\""), "emails.value co \"x\"");
    assert_eq!(resolved("active eq \"FALSE\""), "active eq false");
    assert_eq!(resolved("urn:ietf:params:scim:schemas:core:2.0:user:USERNAME pr"), "userName pr");
    assert_eq!(
        resolved("urn:ietf:params:scim:schemas:extension:enterprise:2.0:USER:Manager eq \"x\""),
        format!("{ENTERPRISE_USER}:manager.value eq \"x\"")
    );
    assert_eq!(resolved("EMAILS[Value eq \"x\"]"), "emails.value eq \"x\"");
    assert_eq!(resolved("emails[value ne \"x\"]"), "emails[value ne \"x\"]");
    assert_eq!(resolved("emails[TYPE eq \"work\"].VALUE eq \"x\""), "emails[type eq \"work\" and value eq \"x\"]");
}

#[test]
fn members_of_groups_are_filterable() {
    let kind = ResourceType::group();
    let Value::Object(group) =
        json!({"schemas": [GROUP], "displayName": "Staff", "members": [{"value": "scimu_1", "type": "User"}]})
    else {
        unreachable!()
    };
    let matches = |text: &str| Filter::parse(text).unwrap().resolve(kind).unwrap().matches(kind, &group);
    assert!(matches("members eq \"scimu_1\"") && matches("members.value eq \"scimu_1\""));
    assert!(matches("members[value eq \"scimu_1\" and type eq \"user\"]"));
    assert!(!matches("members[value eq \"scimu_1\" and type eq \"Group\"]"));
}

#[test]
fn work_is_linear_in_the_size_of_the_filter() {
    // A normal form of this would have 2^60 terms.
    let filter = vec!["(userName eq \"a\" or userName eq \"b\")"; 60].join(" and ");
    assert_eq!(matches(&filter), Ok(false));
}

fn path() -> impl Strategy<Value = AttrPath> {
    let name = "[a-zA-Z][a-zA-Z0-9_-]{0,8}";
    (proptest::option::of("urn(:[a-z0-9.]{1,6}){2,4}"), name, proptest::option::of(name))
        .prop_filter_map("names that are operators of their own", |(schema, attr, sub)| {
            (!attr.eq_ignore_ascii_case("not")).then_some(AttrPath { schema, attr, sub })
        })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        "[^\u{0}]{0,12}".prop_map(Literal::String),
        any::<i64>().prop_map(|number| Literal::Number(number.into())),
        any::<bool>().prop_map(Literal::Boolean),
        Just(Literal::Null),
    ]
}

/// A filter as the parser makes it: groups of two and more, names inside brackets without URN.
fn filter() -> impl Strategy<Value = Filter> {
    let op = proptest::sample::select(CompareOp::ALL.to_vec());
    let leaf = prop_oneof![
        path().prop_map(Filter::Present),
        (path(), op, literal()).prop_map(|(path, op, literal)| Filter::Compare(path, op, literal)),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let many = || proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            many().prop_map(Filter::And),
            many().prop_map(Filter::Or),
            inner.clone().prop_map(|part| Filter::Not(Box::new(part))),
            (path(), inner).prop_map(|(path, part)| Filter::ValuePath(AttrPath { sub: None, ..path }, Box::new(part))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(filter in filter()) {
        let text = filter.to_string();
        prop_assert_eq!(Filter::parse(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?, filter);
    }

    #[test]
    fn nothing_makes_the_parser_panic(text in ".{0,80}") {
        let _ = Filter::parse(&text).and_then(|filter| filter.resolve(ResourceType::user()));
    }

    #[test]
    fn nor_do_pieces_of_filters(parts in proptest::collection::vec(proptest::sample::select(vec![
        "userName", "emails", "active", "meta.created", ".", "[", "]", "(", ")", "not", " ", "eq", "pr", "co", "gt", "and", "or",
        "\"", "\\", "\"x\"", "true", "null", "1", "-", "1e5", "urn:a:b:c", ENTERPRISE_USER, ":", "value", "type", "ä", "\u{0}",
    ]), 0..24)) {
        if let Ok(filter) = Filter::parse(&parts.concat()).and_then(|filter| filter.resolve(ResourceType::user())) {
            filter.matches(ResourceType::user(), &ann());
        }
    }
}
