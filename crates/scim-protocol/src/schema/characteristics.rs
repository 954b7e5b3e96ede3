//! Every attribute of RFC 7643 (sections 3.1, 4.1, 4.2, 4.3 and 8.7.1) with its characteristics, one a line,
//! so that a change shows. Where the lines differ from the listing in the RFC, the RFC's own text is followed:
//! references and binary values are case exact (2.3.6, 2.3.7), and so are ids (3.1). Only the URNs in `schemas`
//! are compared without regard to letter case, as URNs of schemas are everywhere.

use super::{Attribute, COMMON, Mutability, ResourceType, Returned, Uniqueness};

/// A definition in short: what is not said is a single, optional, readable and writable value that is
/// compared without regard to letter case, returned by default and not unique.
fn line(prefix: &str, attribute: &Attribute) -> String {
    let mut words = vec![format!("{prefix}{}", attribute.name), attribute.kind.as_str().to_owned()];
    if attribute.multi_valued {
        words.push("list".to_owned());
    }
    if attribute.required {
        words.push("required".to_owned());
    }
    if attribute.case_exact {
        words.push("exact".to_owned());
    }
    if attribute.mutability != Mutability::ReadWrite {
        words.push(attribute.mutability.as_str().to_owned());
    }
    if attribute.returned != Returned::Default {
        words.push(format!("returned:{}", attribute.returned.as_str()));
    }
    if attribute.uniqueness != Uniqueness::None {
        words.push(format!("unique:{}", attribute.uniqueness.as_str()));
    }
    if !attribute.reference_types.is_empty() {
        words.push(format!("to:{}", attribute.reference_types.join("|")));
    }
    if !attribute.canonical_values.is_empty() {
        words.push(format!("{:?}", attribute.canonical_values.join(" ")));
    }
    assert!(!attribute.only_canonical, "the standard's canonical values only suggest");
    words.join(" ")
}

fn lines(attributes: &[Attribute]) -> Vec<String> {
    let mut lines = Vec::new();
    for attribute in attributes {
        lines.push(line("", attribute));
        lines.extend(attribute.sub_attributes.iter().map(|sub| line("  .", sub)));
    }
    lines
}

#[track_caller]
fn check(attributes: &[Attribute], wanted: &str) {
    let wanted: Vec<&str> = wanted.trim_matches('\n').lines().collect();
    assert_eq!(lines(attributes), wanted, "\n{}", lines(attributes).join("\n"));
}

#[test]
fn common_attributes() {
    check(
        &COMMON,
        r"
schemas reference list readOnly returned:always
id string exact readOnly returned:always unique:server
externalId string exact
meta complex readOnly
  .resourceType string exact readOnly
  .created dateTime readOnly
  .lastModified dateTime readOnly
  .location reference exact readOnly to:uri
  .version string exact readOnly",
    );
}

#[test]
fn users() {
    check(
        &ResourceType::user().schema.attributes,
        r#"
userName string required unique:server
name complex
  .formatted string
  .familyName string
  .givenName string
  .middleName string
  .honorificPrefix string
  .honorificSuffix string
displayName string
nickName string
profileUrl reference exact to:external
title string
userType string
preferredLanguage string
locale string
timezone string
active boolean
password string exact writeOnly returned:never
emails complex list
  .value string
  .display string
  .type string "work home other"
  .primary boolean
phoneNumbers complex list
  .value string
  .display string
  .type string "work home mobile fax pager other"
  .primary boolean
ims complex list
  .value string
  .display string
  .type string "aim gtalk icq xmpp msn skype qq yahoo"
  .primary boolean
photos complex list
  .value reference exact to:external
  .display string
  .type string "photo thumbnail"
  .primary boolean
addresses complex list
  .formatted string
  .streetAddress string
  .locality string
  .region string
  .postalCode string
  .country string
  .type string "work home other"
  .primary boolean
groups complex list readOnly
  .value string exact readOnly
  .$ref reference exact readOnly to:User|Group
  .display string readOnly
  .type string readOnly "direct indirect"
entitlements complex list
  .value string
  .display string
  .type string
  .primary boolean
roles complex list
  .value string
  .display string
  .type string
  .primary boolean
x509Certificates complex list
  .value binary exact
  .display string
  .type string
  .primary boolean"#,
    );
}

#[test]
fn enterprise_users() {
    check(
        &ResourceType::user().extensions[0].schema.attributes,
        r"
employeeNumber string
costCenter string
organization string
division string
department string
manager complex
  .value string exact
  .$ref reference exact to:User
  .displayName string readOnly",
    );
}

#[test]
fn groups() {
    check(
        &ResourceType::group().schema.attributes,
        r#"
displayName string required
members complex list
  .value string exact immutable
  .$ref reference exact immutable to:User|Group
  .type string immutable "User Group"
  .display string readOnly returned:request"#,
    );
}

/// Names match whatever their letter case, so none may be there twice.
#[test]
fn names_are_unique() {
    let check = |attributes: &[Attribute]| {
        let mut names: Vec<String> = attributes.iter().map(|attribute| attribute.name.to_lowercase()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), attributes.len());
    };
    for kind in [ResourceType::user(), ResourceType::group()] {
        for schema in kind.schemas() {
            check(&schema.attributes);
            schema.attributes.iter().for_each(|attribute| check(&attribute.sub_attributes));
            assert!(schema.attributes.iter().all(|attribute| super::find(&COMMON, &attribute.name).is_none()));
        }
    }
}
