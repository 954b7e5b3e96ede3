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
        // A name that only an extension has needs no URN: Entra ID sends none.
        "id eq \"scimu_1\" and manager eq \"scimu_2\"",
        "Manager.Value pr and DEPARTMENT sw \"r\"",
        "manager[value eq \"scimu_2\"]",
        "manager pr and manager ne \"scimu_3\" and costCenter ne \"x\"",
        // A complex attribute is there if any part of it is.
        "addresses pr and meta pr and groups pr",
        "addresses[locality pr and not (region pr)]",
        // Null is what is unassigned; `ne` also holds where there is nothing.
        "title eq null and not (title ne null)",
        "userName ne null",
        "manager.displayName eq null",
        "emails[display eq null]",
        "emails.display eq null",
        "emails ne \"ann@acme.example\"",
        "phoneNumbers ne \"1\"",
        "not (emails eq \"x\")",
        "nickName ne \"\" and active ne false",
        // Times are points in time, with any zone and up to seven digits.
        "meta.lastModified lt \"2026-11-21T12:00:00.0000001Z\"",
        "meta.lastModified eq \"2026-11-21T12:00:00\"",
        "meta.lastModified eq \"2026-11-21T17:30:00.0+05:30\"",
        "meta.lastModified eq \"2026-11-21T13:00:00 01:00\"",
        "meta.lastModified ne \"2026-11-21T12:00:00.001Z\"",
        "meta.created le \"2026-01-01T00:00:00.00Z\" and meta.created ge \"2025-12-31T23:00:00-01:00\"",
        // Text is text: no wildcards, any escapes.
        "displayName co \"100%\" and not (displayName co \"100_\")",
        "displayName eq \"\\u0041nn 100\\u0025\"",
        "displayName co \"\"",
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
        "manager eq \"scimu_3\"",
        "costCenter pr",
        "title ne null",
        "emails[value eq null]",
        "nickName eq \"\"",
        "nickName co \"\"",
        "nickName lt \"z\"",
        "photos pr",
        "active eq null",
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
        "PassWord ne null",
        "urn:ietf:params:scim:schemas:core:2.0:User:password sw \"a\"",
        "manager.nothing pr",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:userName pr",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        "active le false",
        "active sw \"t\"",
        "active eq 1",
        "active eq \"\"",
        "x509Certificates le \"a\"",
        "emails[primary gt true]",
        "meta.created ew 5",
        "meta eq \"x\"",
        "emails eq true",
        "userName co null",
        "userName eq \"a\" not (title pr)",
        "userName eq \"a\" and or title pr",
        "emails[type eq \"work\"] eq \"x\"",
        "emails[type eq \"work\"].value",
        "emails.value[type eq \"work\"]",
        "userName eq [\"a\"]",
        "userName eq {}",
        "userName eq +1",
        "userName eq 01",
        "userName eq \"\\x\"",
        "userName eq \"a\nb\"",
        "not()",
        "(((userName pr))",
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
fn numbers_are_read_to_the_last_digit() {
    for text in
        ["0.1", "-0.0", "1e-7", "444444444444407550956297025341210.5e3", "9007199254740993", "1.7976931348623157e308"]
    {
        let filter = Filter::parse(&format!("a eq {text}")).unwrap();
        assert_eq!(Filter::parse(&filter.to_string()).as_ref(), Ok(&filter), "{text}");
        let Filter::Compare(_, _, Literal::Number(number)) = &filter else { panic!("{filter}") };
        assert_eq!(number.as_f64(), text.parse().ok(), "{text}");
    }
}

/// A filter of any size.
type Shape = Box<dyn Fn(usize) -> String>;

#[test]
fn work_is_linear_in_the_size_of_the_filter() {
    let spaces = " ".repeat(20);
    // Each way to make a filter longer. A normal form of the first would have 2^n terms.
    let shapes: [(&str, Shape); 8] = [
        ("or in and", Box::new(|n| vec!["(userName eq \"a\" or userName eq \"b\")"; n].join(" and "))),
        ("and in or", Box::new(|n| vec!["(active eq true and title pr)"; n].join(" or "))),
        ("value paths", Box::new(|n| vec!["emails[type eq \"x\" or value co \"y\"]"; n].join(" or "))),
        ("with a sub-attribute", Box::new(|n| vec!["emails[type eq \"x\"].value eq \"y\""; n].join(" or "))),
        ("long text", Box::new(|n| format!("userName eq \"{}\"", "\\u0041".repeat(n)))),
        ("long names", Box::new(|n| format!("{} pr", "a".repeat(n)))),
        ("spaces", Box::new(move |n| vec!["title pr"; n].join(&format!("{spaces}or{spaces}")))),
        ("not", Box::new(|n| vec!["not (not (title pr))"; n].join(" or "))),
    ];
    for (name, shape) in shapes {
        let steps = |n: usize| {
            crate::steps::taken();
            let text = shape(n);
            if let Ok(filter) = Filter::parse(&text).and_then(|filter| filter.resolve(ResourceType::user())) {
                filter.matches(ResourceType::user(), &ann());
            }
            let taken = crate::steps::taken();
            assert!(taken <= 16 * text.len() as u64 + 16, "{name}: {taken} steps for {} bytes", text.len());
            taken
        };
        let (some, twice) = (steps(100), steps(200));
        assert!(twice <= 2 * some + 100, "{name}: {some} steps, {twice} for twice as much");
    }
}

#[test]
fn nesting_costs_no_more_than_its_length() {
    let nested = |n: usize| format!("{}title pr{}", "(".repeat(n), "   )".repeat(n));
    let steps = |n: usize| {
        crate::steps::taken();
        Filter::parse(&nested(n)).unwrap();
        crate::steps::taken()
    };
    assert!(steps(40) <= 2 * steps(20) + 16, "{} {}", steps(20), steps(40));
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

/// A filter on attributes that there are, most of which can be resolved.
fn known() -> impl Strategy<Value = Filter> {
    let outer = proptest::sample::select(vec![
        "userName",
        "emails",
        "emails.value",
        "Emails.TYPE",
        "active",
        "name.givenName",
        "meta.created",
        "manager",
        "Department",
        "roles.primary",
        "groups.value",
        "schemas",
        "addresses.locality",
        "id",
        "nickName",
        "urn:ietf:params:scim:schemas:core:2.0:User:title",
    ]);
    let inner = proptest::sample::select(vec!["value", "Type", "primary", "locality", "display"]);
    let literal = prop_oneof![
        proptest::sample::select(vec!["ann", "work", "True", "Vienna", "2026-01-01T00:00:00Z", "scimu_2", ""])
            .prop_map(|text| Literal::String(text.to_owned())),
        any::<bool>().prop_map(Literal::Boolean),
        Just(Literal::Null),
        Just(Literal::Number(7.into())),
    ];
    let op = proptest::sample::select(CompareOp::ALL.to_vec());
    let leaf = |names: proptest::sample::Select<&'static str>| {
        let path = names.prop_map(|name| AttrPath::parse(name).unwrap());
        prop_oneof![
            path.clone().prop_map(Filter::Present),
            (path, op.clone(), literal.clone()).prop_map(|(path, op, literal)| Filter::Compare(path, op, literal)),
        ]
    };
    let grow = |leaf: BoxedStrategy<Filter>| {
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
                inner.prop_map(|part| Filter::Not(Box::new(part))),
            ]
        })
    };
    let lists =
        proptest::sample::select(vec!["emails", "roles", "addresses", "manager", "groups", "schemas", "members"]);
    let chosen = (lists, grow(leaf(inner).boxed()))
        .prop_map(|(list, part)| Filter::ValuePath(AttrPath::new(list), Box::new(part)));
    grow(prop_oneof![3 => leaf(outer), 1 => chosen].boxed())
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(filter in filter()) {
        let text = filter.to_string();
        prop_assert_eq!(Filter::parse(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?, filter);
    }

    /// What was resolved is canonical: printed, read and resolved again it is the same, and holds for the same.
    #[test]
    fn what_is_resolved_stays_resolved(filter in known()) {
        let kind = ResourceType::user();
        if let Ok(resolved) = filter.resolve(kind) {
            let again = Filter::parse(&resolved.to_string()).and_then(|filter| filter.resolve(kind));
            prop_assert_eq!(again.as_ref(), Ok(&resolved), "{}", resolved);
            let holds = resolved.matches(kind, &ann());
            prop_assert_ne!(Filter::Not(Box::new(resolved)).matches(kind, &ann()), holds);
        }
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
