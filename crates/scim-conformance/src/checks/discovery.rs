//! What a server says about itself, where every part of a document has to hold (RFC 7643 sections 5 to 7).

use serde_json::Value;

use super::Book;
use crate::announced::Feature;
use crate::answer::{Stop, Verdict, ensure};
use crate::run::{Call, ENTERPRISE, GROUP, Run, USER};

pub(super) fn checks(book: &mut Book) {
    book.area("rfc7643.7.schemas", "RFC 7643 section 7", &[]);
    book.must("definitions-are-legal", "Every definition has a name, a type, and legal words for the rest", legal);
    book.must("no-nulls", "No definition holds null, on which Entra ID chokes", no_nulls);
    book.must("user-name", "userName is required, unique, and does not regard case", user_name);
    book.must("password", "password is writeOnly and never returned", password);
    book.must("groups-are-read-only", "groups of a user is readOnly", groups);
    book.must("types-refer-to-schemas", "Every schema that a resource type names is listed", named);
    book.area("rfc7643.5.config", "RFC 7643 section 5", &[]);
    book.must(
        "authentication-schemes",
        "Every authentication scheme has a legal type, a name and a description",
        schemes,
    );
    book.must("limits-are-numbers", "The limits of bulk requests and filters are numbers", numbers);
    book.area("rfc7644.4.truth", "RFC 7644 section 4", &[]);
    book.must("bulk", "Bulk requests work if they are announced, and are refused otherwise", bulk);
    book.must("patch", "PATCH is refused with 405 or 501 if it is not announced", patch);
}

/// Calls `look` with each attribute of each schema, sub-attributes too.
async fn each(run: &mut Run, look: impl Fn(&str, &Value) -> Result<(), String>) -> Verdict {
    let answer = run.get("/Schemas").await?;
    answer.is("200")?;
    let mut seen = 0;
    for schema in answer.resources() {
        let urn = schema["id"].as_str().unwrap_or_default();
        let mut open: Vec<&Value> = schema["attributes"].as_array().into_iter().flatten().collect();
        while let Some(attribute) = open.pop() {
            seen += 1;
            open.extend(attribute["subAttributes"].as_array().into_iter().flatten());
            look(urn, attribute).map_err(|what| Stop::Failed(format!("{urn}, {}: {what}", attribute["name"])))?;
        }
    }
    ensure(seen > 0, || "no schema has an attribute".to_owned())
}

async fn legal(run: &mut Run) -> Verdict {
    const WORDS: &[(&str, bool, &[&str])] = &[
        ("type", true, &["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"]),
        ("mutability", false, &["readOnly", "readWrite", "immutable", "writeOnly"]),
        ("returned", false, &["always", "never", "default", "request"]),
        ("uniqueness", false, &["none", "server", "global"]),
    ];
    let legal = |_: &str, attribute: &Value| {
        let name = attribute["name"].as_str().unwrap_or_default();
        let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '$');
        let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"-_$".contains(&byte);
        if !starts || !name.bytes().all(rest) {
            return Err("the name is not legal".to_owned());
        }
        if !attribute["multiValued"].is_boolean() {
            return Err("multiValued is no boolean".to_owned());
        }
        for (word, needed, legal) in WORDS {
            match attribute[word].as_str() {
                Some(text) if legal.contains(&text) => {}
                None if attribute[word].is_null() && !needed => {}
                _ => return Err(format!("{word} is {}", attribute[word])),
            }
        }
        Ok(())
    };
    each(run, legal).await
}

async fn no_nulls(run: &mut Run) -> Verdict {
    let nulls =
        |_: &str, attribute: &Value| match attribute.as_object().into_iter().flatten().find(|one| one.1.is_null()) {
            Some((name, _)) => Err(format!("{name} is null")),
            None => Ok(()),
        };
    each(run, nulls).await
}

/// The definition of an attribute of users.
async fn defined(run: &mut Run, name: &str) -> Verdict<Value> {
    let answer = run.get("/Schemas").await?;
    let users = answer.is("200")?.resources().iter().find(|schema| schema["id"] == USER);
    let all = users.and_then(|schema| schema["attributes"].as_array()).into_iter().flatten();
    let found = all.into_iter().find(|attribute| attribute["name"] == name);
    found.cloned().ok_or_else(|| Stop::Skipped(format!("users of this server have no {name}")))
}

fn wanted(definition: &Value, pairs: &[(&str, Value)]) -> Verdict {
    pairs.iter().try_for_each(|(name, value)| {
        ensure(&definition[name] == value, || format!("{name} is {}, not {value}", definition[name]))
    })
}

async fn user_name(run: &mut Run) -> Verdict {
    let definition = defined(run, "userName").await?;
    wanted(&definition, &[("required", true.into()), ("uniqueness", "server".into()), ("caseExact", false.into())])
}

async fn password(run: &mut Run) -> Verdict {
    let definition = defined(run, "password").await?;
    wanted(&definition, &[("mutability", "writeOnly".into()), ("returned", "never".into())])
}

async fn groups(run: &mut Run) -> Verdict {
    wanted(&defined(run, "groups").await?, &[("mutability", "readOnly".into())])
}

async fn named(run: &mut Run) -> Verdict {
    let schemas = run.get("/Schemas").await?;
    let known = schemas.is("200")?.ids();
    for kind in run.announced.types.clone() {
        let extensions = kind["schemaExtensions"].as_array().into_iter().flatten();
        for urn in [&kind["schema"]].into_iter().chain(extensions.map(|one| &one["schema"])) {
            ensure(urn.as_str().is_some_and(|urn| known.contains(&urn)), || {
                format!("the type {} names {urn}, which /Schemas does not list", kind["name"])
            })?;
        }
        for extension in kind["schemaExtensions"].as_array().into_iter().flatten() {
            ensure(extension["required"].is_boolean(), || format!("{extension} does not say whether it is required"))?;
        }
    }
    let served = |urn: &str| known.contains(&urn);
    ensure(served(USER) && (served(GROUP) || !run.announced.has(Feature::Groups)), || {
        "the core schemas are not listed".to_owned()
    })?;
    ensure(served(ENTERPRISE) || !run.announced.has(Feature::Enterprise), || {
        "the enterprise schema is not listed".to_owned()
    })
}

async fn schemes(run: &mut Run) -> Verdict {
    const LEGAL: &[&str] = &["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"];
    let answer = run.get("/ServiceProviderConfig").await?;
    let schemes = answer.is("200")?.json["authenticationSchemes"].as_array();
    let Some(schemes) = schemes else { return Stop::failed("authenticationSchemes is no list") };
    schemes.iter().try_for_each(|scheme| {
        let legal = scheme["type"].as_str().is_some_and(|kind| LEGAL.contains(&kind));
        ensure(legal && scheme["name"].is_string() && scheme["description"].is_string(), || scheme.to_string())
    })
}

async fn numbers(run: &mut Run) -> Verdict {
    for (feature, pointer) in [
        (Feature::Bulk, "/bulk/maxOperations"),
        (Feature::Bulk, "/bulk/maxPayloadSize"),
        (Feature::Filter, "/filter/maxResults"),
    ] {
        let announced = run.announced.has(feature) && !run.announced.config.is_null();
        ensure(!announced || run.announced.number(pointer).is_some(), || format!("{pointer} is no number"))?;
    }
    Ok(())
}

async fn bulk(run: &mut Run) -> Verdict {
    let body = serde_json::json!({ "schemas": [crate::run::BULK], "Operations": [] });
    let answer = run.send(Call::post("/Bulk", &body)).await?;
    // An empty list may be refused; the endpoint must be there.
    let statuses = if run.announced.has(Feature::Bulk) { "200|400" } else { "401|403|404|405|501" };
    answer.is(statuses).map(drop)
}

async fn patch(run: &mut Run) -> Verdict {
    if run.announced.has(Feature::Patch) {
        return Ok(());
    }
    let made = run.user(serde_json::json!({})).await?;
    let operations = serde_json::json!([{ "op": "replace", "path": "title", "value": "x" }]);
    let path = format!("/Users/{}", made.id()?);
    run.send(Call::patch(path, &operations)).await?.is("403|404|405|501").map(drop)
}
