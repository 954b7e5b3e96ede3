//! `portico receipt verify`: proves offline that access ended, with the published keys of the instance that says so.

use std::io::Read as _;

use auth_core::clock::Timestamp;
use auth_core::jwt::verify::verify;
use clap::Args;
use serde_json::{Value, json};

use super::{CommandError, keys};

/// What to verify, and by what.
#[derive(Args, Debug)]
pub struct Verify {
    /// A receipt as /v1 gives it (one, or a page of them), or its signature alone. `-`: from the input.
    #[arg(value_name = "FILE")]
    file: String,
    /// The key set of the instance: a file, or the address of its /.well-known/jwks.json.
    #[arg(long, value_name = "FILE|URL")]
    jwks: String,
    /// The address of the instance that must have signed it. Known without this if the keys come from there.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

/// Fails unless every receipt is proven.
pub(super) async fn command(wanted: &Verify) -> Result<(), CommandError> {
    let keys = keys::load(&wanted.jwks).await?;
    let issuer = wanted.issuer.as_deref().map(|url| url.trim_end_matches('/')).or(keys.issuer.as_deref());
    let mut unproven = 0;
    for receipt in receipts(&input(&wanted.file)?)? {
        let proven = prove(&receipt, &keys.set, issuer);
        unproven += usize::from(proven.is_err());
        match (proven, wanted.json) {
            (Ok(said), true) => println!("{}", json!({ "proven": true, "says": said })),
            (Err(problem), true) => {
                println!("{}", json!({ "proven": false, "id": receipt["id"], "problem": problem }));
            }
            (Ok(said), false) => println!("{}", words(&said)),
            (Err(problem), false) => eprintln!("Not proven: {problem}."),
        }
    }
    match unproven {
        0 => Ok(()),
        1 => Err(CommandError::Other("a receipt proves nothing".to_owned())),
        n => Err(CommandError::Other(format!("{n} receipts prove nothing"))),
    }
}

fn input(file: &str) -> Result<String, CommandError> {
    let mut text = String::new();
    if file == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(file).map_err(|error| CommandError::Other(format!("{file}: {error}")))?;
    }
    Ok(text)
}

/// The receipts of a text: JSON of /v1, or one compact JWS.
fn receipts(text: &str) -> Result<Vec<Value>, CommandError> {
    let text = text.trim();
    if !text.starts_with('{') {
        return Ok(vec![json!({ "signature": text })]);
    }
    let value: Value =
        serde_json::from_str(text).map_err(|_| CommandError::Other("the receipt is no JSON".to_owned()))?;
    let found = match value {
        Value::Object(mut page) if page.get("data").is_some_and(Value::is_array) => match page.remove("data") {
            Some(Value::Array(receipts)) => receipts,
            _ => Vec::new(),
        },
        one => vec![one],
    };
    if found.is_empty() { Err(CommandError::Other("there is no receipt".to_owned())) } else { Ok(found) }
}

/// What a receipt proves, or why it does not.
fn prove(receipt: &Value, keys: &Value, issuer: Option<&str>) -> Result<Value, String> {
    let signature = receipt["signature"].as_str().ok_or("it has no signature")?;
    let said = verify(signature, keys).map_err(|unproven| unproven.to_string())?;
    let whole = said["v"] == 1
        && said.get("purpose").is_none()
        && ["jti", "iss", "directory_id", "directory_user_id", "request_id", "cause", "scope"]
            .iter()
            .all(|name| said[*name].is_string())
        && said["revoked"].is_object()
        && said["at"].is_i64();
    if !whole {
        return Err("what is signed is no receipt".to_owned());
    }
    if let Some(issuer) = issuer.filter(|issuer| said["iss"] != *issuer) {
        return Err(format!("it was issued by {}, not by {issuer}", said["iss"]));
    }
    // Around the signature /v1 repeats what it says: it must not say anything else.
    for (name, signed) in [
        ("payload", &said),
        ("id", &said["jti"]),
        ("user_id", &said["sub"]),
        ("organization_id", &said["organization_id"]),
        ("directory_id", &said["directory_id"]),
        ("directory_user_id", &said["directory_user_id"]),
        ("request_id", &said["request_id"]),
        ("cause", &said["cause"]),
        ("scope", &said["scope"]),
        ("created_at", &said["at"]),
    ] {
        if receipt.get(name).is_some_and(|shown| shown != signed) {
            return Err(format!("its {name} is not what was signed"));
        }
    }
    Ok(said)
}

/// What a proven receipt says, for people.
fn words(said: &Value) -> String {
    let text = |name: &str| said[name].as_str().unwrap_or("-").to_owned();
    let at = Timestamp(said["at"].as_i64().unwrap_or_default()).rfc3339();
    let what = match (said["scope"].as_str(), said["sub"].as_str()) {
        (Some("account"), Some(user)) => format!("all access of {user}"),
        (Some("organization"), Some(user)) => format!("the access of {user} to {}", text("organization_id")),
        _ => format!("what the resource {} stood for (nobody had accepted it)", text("directory_user_id")),
    };
    let revoked = &said["revoked"];
    format!(
        "Proven: {what} ended at {at}, before request {} of directory {} was answered ({}).\n\
         Revoked: {} sessions, {} grants, {} keys, {} invitations; membership {}.\n\
         Receipt {}, issued by {}.",
        text("request_id"),
        text("directory_id"),
        text("cause"),
        revoked["sessions"],
        revoked["grants"],
        revoked["keys"],
        revoked["invitations"],
        if said["membership_suspended"] == true { "suspended" } else { "left as it was" },
        text("jti"),
        text("iss"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_comes_alone_in_a_page_or_as_its_signature() {
        assert_eq!(receipts("a.b.c\n").unwrap(), [json!({"signature": "a.b.c"})]);
        assert_eq!(receipts(r#"{"id": "rcpt_1"}"#).unwrap(), [json!({"id": "rcpt_1"})]);
        let page = r#"{"data": [{"id": "rcpt_1"}, {"id": "rcpt_2"}], "total_count": 2}"#;
        assert_eq!(receipts(page).unwrap().len(), 2);
        assert!(receipts("{").is_err() && receipts(r#"{"data": []}"#).is_err());
    }
}
