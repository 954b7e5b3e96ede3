//! Beside the grammar of the crate `scim_v2`, which was written by others: what we print it reads as the same, what it
//! prints we read as the same, and broken text is broken for both.
//!
//! Where the two differ, and on purpose:
//!
//! | text | RFC 7644 | `scim_v2` | here |
//! | --- | --- | --- | --- |
//! | `emails[type eq "work"].value eq "x"` | not in the grammar | refused | read: Entra ID sends it |
//! | `not(title pr)` | `"not" "("`, a space or none | needs a space | read |
//! | `active eq True`, `eq NULL` | JSON: lower case | refused | read: booleans are words to some |
//! | `manager.$ref eq "x"` | `$` is no nameChar, but in 7643's `$ref` | refused | read |
//! | `urn:…:User.department` | no | name `User`, sub `department` | a dot where the colon belongs |
//! | `emails[a[b pr]]` | no | refused | read, and refused when it is resolved |
//! | `"a\u0000"` | JSON | read | refused: no value can hold it |
//! | `(a pr and b pr) and c pr` | a group | flattened | kept as a group; it means the same |
//! | longer than 16 KiB, deeper than 50, more than 500 terms | | 64 deep, 1024 terms | refused |

use std::str::FromStr;

use proptest::prelude::*;
use proptest::sample::select;
use scim_protocol::patch::PatchPath;
use scim_protocol::{AttrPath, CompareOp, Filter, Literal};
use scim_v2::filter as other;

/// The other's filter as ours.
fn ours(filter: &other::Filter) -> Filter {
    match filter {
        other::Filter::Attr(expression) => attribute(expression),
        other::Filter::ValuePath(path) => Filter::ValuePath(name(&path.attr), Box::new(inside(&path.filter))),
        other::Filter::Not(inner) => Filter::Not(Box::new(ours(inner))),
        other::Filter::And(parts) => Filter::And(parts.iter().map(ours).collect()),
        other::Filter::Or(parts) => Filter::Or(parts.iter().map(ours).collect()),
    }
}

fn inside(filter: &other::ValFilter) -> Filter {
    match filter {
        other::ValFilter::Attr(expression) => attribute(expression),
        other::ValFilter::Not(inner) => Filter::Not(Box::new(inside(inner))),
        other::ValFilter::And(parts) => Filter::And(parts.iter().map(inside).collect()),
        other::ValFilter::Or(parts) => Filter::Or(parts.iter().map(inside).collect()),
    }
}

fn attribute(expression: &other::AttrExp) -> Filter {
    match expression {
        other::AttrExp::Present(path) => Filter::Present(name(path)),
        other::AttrExp::Comparison(path, op, value) => {
            let op = CompareOp::ALL.into_iter().find(|ours| ours.as_str() == op.to_string()).unwrap();
            let literal = match value {
                other::CompValue::True => Literal::Boolean(true),
                other::CompValue::False => Literal::Boolean(false),
                other::CompValue::Null => Literal::Null,
                other::CompValue::Number(number) => Literal::Number(number.clone()),
                other::CompValue::Str(text) => Literal::String(text.clone()),
            };
            Filter::Compare(name(path), op, literal)
        }
    }
}

fn name(path: &other::AttrPath) -> AttrPath {
    AttrPath { schema: path.uri.clone(), attr: path.name.clone(), sub: path.sub_attr.clone() }
}

/// Without the groups that mean the same as none.
fn flat(filter: Filter) -> Filter {
    match filter {
        Filter::And(parts) => Filter::And(
            parts
                .into_iter()
                .flat_map(|part| match flat(part) {
                    Filter::And(parts) => parts,
                    other => vec![other],
                })
                .collect(),
        ),
        Filter::Or(parts) => Filter::Or(
            parts
                .into_iter()
                .flat_map(|part| match flat(part) {
                    Filter::Or(parts) => parts,
                    other => vec![other],
                })
                .collect(),
        ),
        Filter::Not(inner) => Filter::Not(Box::new(flat(*inner))),
        Filter::ValuePath(path, inner) => Filter::ValuePath(path, Box::new(flat(*inner))),
        leaf => leaf,
    }
}

fn plain() -> impl Strategy<Value = String> {
    // Words of the grammar are names as well, but not for a lexer that takes words first.
    let words = ["true", "false", "null", "not", "and", "or", "pr"];
    "[a-zA-Z][a-zA-Z0-9_-]{0,8}".prop_filter("words of the grammar", move |name| {
        !words.contains(&name.to_lowercase().as_str())
            && CompareOp::ALL.iter().all(|op| op.as_str() != name.to_lowercase())
    })
}

fn path() -> impl Strategy<Value = AttrPath> {
    let urn = select(vec!["urn:ietf:params:scim:schemas:core:2.0:User", "urn:acme:hr", "urn:example:x:1.0"]);
    (proptest::option::of(urn), plain(), proptest::option::of(plain())).prop_map(|(schema, attr, sub)| AttrPath {
        schema: schema.map(str::to_owned),
        attr,
        sub,
    })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        "[^\u{0}]{0,12}".prop_map(Literal::String),
        any::<i64>().prop_map(|number| Literal::Number(number.into())),
        (-1e9..1e9_f64).prop_map(|number| Literal::Number(serde_json::Number::from_f64(number.round() / 4.0).unwrap())),
        any::<bool>().prop_map(Literal::Boolean),
        Just(Literal::Null),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let leaf = || {
        let compare = (path(), select(CompareOp::ALL.to_vec()), literal());
        prop_oneof![
            path().prop_map(Filter::Present),
            compare.prop_map(|(path, op, literal)| Filter::Compare(path, op, literal)),
        ]
    };
    let grow = |leaf: BoxedStrategy<Filter>| {
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
                inner.prop_map(|part| Filter::Not(Box::new(part))),
            ]
        })
    };
    let chosen = (path(), grow(leaf().boxed()))
        .prop_map(|(path, inner)| Filter::ValuePath(AttrPath { sub: None, ..path }, Box::new(inner)));
    grow(prop_oneof![3 => leaf(), 1 => chosen].boxed())
}

proptest! {
    #[test]
    fn what_we_print_they_read_as_the_same(filter in filter()) {
        let text = filter.to_string();
        let theirs = other::Filter::from_str(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        let wanted = flat(filter);
        prop_assert_eq!(flat(ours(&theirs)), wanted.clone(), "{}", text);
        // And what they print of it, we do.
        let printed = theirs.to_string();
        let read = Filter::parse(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
        prop_assert_eq!(flat(read), wanted, "{}", printed);
    }

    #[test]
    fn so_it_is_with_paths(attr in path(), inner in filter(), sub in proptest::option::of(plain()), filtered in any::<bool>()) {
        let simple = !inner.to_string().contains('[');
        let path = if filtered && simple {
            PatchPath { attr: AttrPath { sub, ..attr }, filter: Some(inner) }
        } else {
            PatchPath { attr, filter: None }
        };
        let text = path.to_string();
        let theirs = other::PatchPath::from_str(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        let read = match &theirs {
            other::PatchPath::Attr(attr) => PatchPath { attr: name(attr), filter: None },
            other::PatchPath::Value(value) => PatchPath {
                attr: AttrPath { sub: value.sub_attr.clone(), ..name(&value.attr) },
                filter: Some(flat(inside(&value.filter))),
            },
        };
        let wanted = PatchPath { filter: path.filter.map(flat), ..path };
        prop_assert_eq!(&read, &wanted, "{}", text);
        let printed = PatchPath::parse(&theirs.to_string()).map(|path| PatchPath { filter: path.filter.map(flat), ..path });
        prop_assert_eq!(printed, Ok(wanted));
    }

    /// Pieces in any order: who of the two reads it, and what. All are separated by one space or none.
    #[test]
    fn what_is_broken_is_broken_for_both(pieces in proptest::collection::vec(select(vec![
        "title", "emails", "name.givenName", "urn:acme:hr:badge", " eq ", " Co ", " PR", " pr", " and ", " OR ", "not (", "(", ")", "[", "]",
        "\"x\"", "\"\\u00e4\\\"\"", "7", "-1.5", "true", "null", " ",
    ]), 1..12)) {
        let text = pieces.concat();
        let theirs = other::Filter::from_str(&text);
        let read = Filter::parse(&text);
        match (&theirs, &read) {
            (Ok(theirs), Ok(read)) => prop_assert_eq!(flat(ours(theirs)), flat(read.clone()), "{}", text),
            (Err(_), Err(_)) => {}
            (Ok(theirs), Err(error)) => prop_assert!(only_they_read(&text), "{}: they read {}, we say {}", text, theirs, error),
            (Err(error), Ok(read)) => prop_assert!(only_we_read(read), "{}: we read {}, they say {}", text, read, error),
        }
    }
}

/// Text that only the other grammar reads: its lexer takes `pr` without looking at what follows, and spaces before a
/// bracket or after a value that nothing needs.
fn only_they_read(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("pr") || text.contains(" [") || text.contains("  ")
}

/// Filters that only we read: nested brackets, and words as names.
fn only_we_read(filter: &Filter) -> bool {
    let nested = |inner: &Filter| inner.to_string().contains('[');
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(only_we_read),
        Filter::Not(inner) => only_we_read(inner),
        Filter::ValuePath(_, inner) => nested(inner) || only_we_read(inner),
        Filter::Present(path) | Filter::Compare(path, ..) => ["true", "null"].contains(&path.attr.as_str()),
    }
}

#[test]
fn what_the_table_says() {
    for (text, here, there) in [
        ("emails[type eq \"work\"].value eq \"x\"", true, false),
        ("not(title pr)", true, false),
        ("not (title pr)", true, true),
        ("active eq True", true, false),
        ("active eq true", true, true),
        ("title eq NULL", true, false),
        ("manager.$ref eq \"x\"", true, false),
        ("urn:acme:hr:User.badge pr", true, true),
        ("emails[a[b pr]]", true, false),
        ("title eq \"a\\u0000\"", false, true),
        ("(a pr and b pr) and c pr", true, true),
        ("a pr and", false, false),
        ("a eq", false, false),
        ("a eq \"x", false, false),
        ("a eq 'x'", false, false),
        ("a eq x", false, false),
        ("a is \"x\"", false, false),
        ("(a pr", false, false),
        ("a pr)", false, false),
        ("()", false, false),
        ("not a pr", false, false),
        ("a[]", false, false),
        ("a[b eq \"x\"", false, false),
        ("a.b.c pr", false, false),
        ("1a pr", false, false),
        ("a eq 01", false, false),
        ("a eq \"\\x\"", false, false),
        ("", false, false),
    ] {
        assert_eq!(Filter::parse(text).is_ok(), here, "here: {text}");
        assert_eq!(other::Filter::from_str(text).is_ok(), there, "there: {text}");
    }
}
