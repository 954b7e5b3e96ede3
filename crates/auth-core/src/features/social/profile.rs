//! Who somebody is, in the words of their provider.

use serde_json::{Map, Value as Json};

use super::fetch::{Fetch, Question};
use super::metadata::Place;
use crate::settings::{ProfileShape, SocialProvider};
use crate::users::email;

/// Longest subject.
const LONGEST_SUBJECT: usize = 255;
/// Longest name that is taken over, in characters, and longest address of an image in bytes.
const LONGEST_NAME: usize = 128;
const LONGEST_IMAGE: usize = 2048;

/// A person at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What the provider calls them, for ever.
    pub subject: String,
    /// Their address, in small letters.
    pub email: Option<String>,
    /// Whether the provider says that they read that mailbox.
    pub email_verified: bool,
    /// Their name; may be empty.
    pub name: String,
    /// An image: an https address.
    pub image: Option<String>,
    /// All that the provider said.
    pub data: Json,
}

/// What is known when a person is to be read.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// The claims of the ID token, which was verified.
    pub claims: Option<&'a Map<String, Json>>,
    /// By which the provider may be asked.
    pub access_token: Option<&'a str>,
    /// What came beside the code: Apple's `user`, once, and from the browser.
    pub beside: Option<&'a str>,
}

/// The person. `None` if the provider does not say who they are, or says different things.
pub(super) async fn read(
    fetch: &dyn Fetch,
    provider: &SocialProvider,
    place: &Place,
    known: Known<'_>,
) -> Option<Profile> {
    let ask = async |url: &str| -> Option<Json> {
        match fetch.fetch(&Question::get_as(url, known.access_token?)).await {
            Ok(reply) => reply.json(),
            Err(why) => {
                tracing::warn!(provider = provider.id, why, "the provider could not be asked who somebody is");
                None
            }
        }
    };
    match provider.shape {
        ProfileShape::OpenId | ProfileShape::Slack | ProfileShape::Microsoft | ProfileShape::Apple => {
            let claims = known.claims?;
            let mut all = claims.clone();
            let more = provider.shape != ProfileShape::Microsoft && !claims.contains_key("email");
            if let (true, Some(url), Some(_)) = (more, &place.userinfo, known.access_token) {
                let said = ask(url).await?;
                let said = said.as_object()?;
                // Of somebody else it is worth nothing (OpenID Connect Core 1.0, 5.3.2).
                if said.get("sub") != claims.get("sub") {
                    return None;
                }
                for (name, value) in said {
                    all.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            if provider.shape == ProfileShape::Apple
                && let Some(name) = known.beside.and_then(name_beside)
            {
                all.insert("name".to_owned(), Json::String(name));
            }
            of_claims(provider.shape, all)
        }
        ProfileShape::UserInfo => match ask(place.userinfo.as_ref()?).await? {
            Json::Object(said) => of_claims(provider.shape, said),
            _ => None,
        },
        ProfileShape::GitHub => {
            let base = place.userinfo.as_ref()?;
            let user = ask(base).await?;
            let addresses = ask(&format!("{base}/emails")).await;
            github(user, addresses.as_ref())
        }
        ProfileShape::GitLab => gitlab(ask(place.userinfo.as_ref()?).await?),
        ProfileShape::Discord => discord(ask(place.userinfo.as_ref()?).await?),
    }
}

/// The name in what Apple sends beside the code. Nothing vouches for it, and nothing depends on it.
fn name_beside(text: &str) -> Option<String> {
    let said: Json = serde_json::from_str(text.get(..4096.min(text.len()))?).ok()?;
    let part = |name: &str| said.get("name").and_then(|all| all.get(name)).and_then(Json::as_str).unwrap_or_default();
    let whole = format!("{} {}", part("firstName"), part("lastName"));
    Some(whole.trim().to_owned()).filter(|name| !name.is_empty())
}

fn of_claims(shape: ProfileShape, claims: Map<String, Json>) -> Option<Profile> {
    let subject = match shape {
        ProfileShape::Slack => claims.get("https://slack.com/user_id").or_else(|| claims.get("sub")),
        // Plain OAuth 2.0 has no name for it.
        ProfileShape::UserInfo => claims.get("sub").or_else(|| claims.get("id")),
        _ => claims.get("sub"),
    };
    let subject = subject_of(subject?)?;
    let email = address(claims.get("email"));
    let says = is_true(claims.get("email_verified"));
    let email_verified = match shape {
        ProfileShape::Microsoft => {
            // An administrator of any tenant may write any address into `email`; these say that it was proven.
            let named = |claim: &str| match claims.get(claim) {
                Some(Json::Array(all)) => all.iter().filter_map(|one| address(Some(one))).any(|one| Some(one) == email),
                one => one.and_then(|one| address(Some(one))).is_some_and(|one| Some(one) == email),
            };
            says || is_true(claims.get("xms_edov"))
                || named("verified_primary_email")
                || named("verified_secondary_email")
        }
        _ => says,
    };
    let text = |name: &str| claims.get(name).and_then(Json::as_str);
    Some(Profile {
        subject,
        email_verified: email_verified && email.is_some(),
        email,
        name: name_of([text("name"), text("preferred_username")]),
        image: image_of(text("picture")),
        data: Json::Object(claims),
    })
}

fn github(mut user: Json, addresses: Option<&Json>) -> Option<Profile> {
    let subject = subject_of(user.get("id")?)?;
    let listed = addresses.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let chosen = address(user.get("email")).or_else(|| {
        let primary = listed.iter().find(|one| is_true(one.get("primary"))).or_else(|| listed.first());
        address(primary.and_then(|one| one.get("email")))
    });
    // What is shown on a profile need not be proven; the list says what is.
    let proven = |one: &Json| address(one.get("email")) == chosen && is_true(one.get("verified"));
    let email_verified = chosen.is_some() && listed.iter().any(proven);
    if let (Some(fields), Some(chosen)) = (user.as_object_mut(), &chosen) {
        fields.insert("email".to_owned(), Json::String(chosen.clone()));
    }
    let text = |name: &str| user.get(name).and_then(Json::as_str);
    Some(Profile {
        subject,
        email: chosen,
        email_verified,
        name: name_of([text("name"), text("login")]),
        image: image_of(text("avatar_url")),
        data: user,
    })
}

fn gitlab(user: Json) -> Option<Profile> {
    let text = |name: &str| user.get(name).and_then(Json::as_str);
    if text("state") != Some("active") || is_true(user.get("locked")) {
        return None;
    }
    let email = address(user.get("email"));
    Some(Profile {
        subject: subject_of(user.get("id")?)?,
        email_verified: email.is_some() && (is_true(user.get("email_verified")) || text("confirmed_at").is_some()),
        email,
        name: name_of([text("name"), text("username")]),
        image: image_of(text("avatar_url")),
        data: user,
    })
}

fn discord(user: Json) -> Option<Profile> {
    let text = |name: &str| user.get(name).and_then(Json::as_str);
    let subject = subject_of(user.get("id")?)?;
    let avatar = text("avatar").filter(|avatar| avatar.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    let plain = subject.bytes().all(|b| b.is_ascii_digit());
    let image = avatar.filter(|_| plain).map(|avatar| {
        let kind = if avatar.starts_with("a_") { "gif" } else { "png" };
        format!("https://cdn.discordapp.com/avatars/{subject}/{avatar}.{kind}")
    });
    let email = address(user.get("email"));
    Some(Profile {
        email_verified: email.is_some() && is_true(user.get("verified")),
        email,
        name: name_of([text("global_name"), text("username")]),
        image,
        subject,
        data: user,
    })
}

/// A subject: a text or a number, short and plain.
fn subject_of(value: &Json) -> Option<String> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    ((1..=LONGEST_SUBJECT).contains(&text.len()) && !text.chars().any(char::is_control)).then_some(text)
}

/// An address, in small letters, if it is one that people could sign up with.
fn address(value: Option<&Json>) -> Option<String> {
    value?.as_str().filter(|text| email::is_valid(text)).map(email::key)
}

/// Some providers write booleans as texts.
fn is_true(value: Option<&Json>) -> bool {
    matches!(value, Some(Json::Bool(true))) || value.and_then(Json::as_str) == Some("true")
}

/// The first that is a name, without what a name has not.
fn name_of(candidates: [Option<&str>; 2]) -> String {
    let plain = |text: &str| {
        let text: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    candidates.into_iter().flatten().find_map(plain).unwrap_or_default()
}

fn image_of(text: Option<&str>) -> Option<String> {
    let good = |text: &&str| {
        text.len() <= LONGEST_IMAGE && url::Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.has_host())
    };
    text.filter(good).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(shape: ProfileShape, said: &Json) -> Option<Profile> {
        of_claims(shape, said.as_object().unwrap().clone())
    }

    #[test]
    fn a_microsoft_address_is_proven_only_where_a_claim_says_so() {
        let verified = |more: Json| {
            let mut said = json!({ "sub": "s", "email": "Ann@Corp.example" });
            for (name, value) in more.as_object().unwrap() {
                said[name] = value.clone();
            }
            claims(ProfileShape::Microsoft, &said).unwrap().email_verified
        };
        assert!(!verified(json!({})), "nOAuth: anybody's tenant may say anybody's address");
        assert!(!verified(json!({ "verified_primary_email": ["other@corp.example"] })));
        assert!(verified(json!({ "verified_primary_email": ["ann@corp.example"] })));
        assert!(verified(json!({ "xms_edov": true })) && verified(json!({ "email_verified": "true" })));
    }

    #[test]
    fn github_says_by_its_list_which_address_is_proven() {
        let list = json!([
            { "email": "old@x.example", "verified": true, "primary": false },
            { "email": "Ann@x.example", "verified": true, "primary": true },
        ]);
        let ann = github(json!({ "id": 7, "login": "ann", "name": null }), Some(&list)).unwrap();
        assert_eq!(
            (ann.subject.as_str(), ann.email.as_deref(), ann.email_verified),
            ("7", Some("ann@x.example"), true)
        );
        assert_eq!(ann.name, "ann");
        let shown = github(json!({ "id": 7, "login": "ann", "email": "victim@x.example" }), Some(&list)).unwrap();
        assert!(!shown.email_verified, "an address that is only shown is not proven");
        assert!(!github(json!({ "id": 7, "email": "ann@x.example" }), None).unwrap().email_verified);
        assert!(github(json!({ "login": "ann" }), Some(&list)).is_none());
    }

    #[test]
    fn the_other_shapes_are_read() {
        let lab =
            json!({ "id": 3, "state": "active", "username": "bo", "email": "bo@x.example", "confirmed_at": "2020" });
        assert!(gitlab(lab.clone()).unwrap().email_verified);
        let mut blocked = lab;
        blocked["state"] = json!("blocked");
        assert!(gitlab(blocked).is_none());
        let cord =
            discord(json!({ "id": "80", "username": "c", "verified": true, "email": "c@x.example", "avatar": "a_1" }));
        let cord = cord.unwrap();
        assert_eq!(cord.image.as_deref(), Some("https://cdn.discordapp.com/avatars/80/a_1.gif"));
        let slack =
            json!({ "sub": "x", "https://slack.com/user_id": "U1", "email": "d@x.example", "email_verified": true });
        assert_eq!(claims(ProfileShape::Slack, &slack).unwrap().subject, "U1");
        assert_eq!(name_beside(r#"{"name":{"firstName":"Ann","lastName":"Lee"}}"#).as_deref(), Some("Ann Lee"));
        assert_eq!(name_beside("[]"), None);
    }

    #[test]
    fn odd_words_are_left_out() {
        let odd = json!({
            "sub": "s", "email": "not an address", "email_verified": true, "name": "\u{0}A\nB", "picture": "javascript:x"
        });
        let read = claims(ProfileShape::OpenId, &odd).unwrap();
        assert_eq!((read.email, read.email_verified, read.image), (None, false, None));
        assert_eq!(read.name, "AB");
        for odd in
            [json!({ "sub": "" }), json!({ "sub": "a".repeat(256) }), json!({ "sub": [] }), json!({ "sub": "a\u{0}" })]
        {
            assert!(claims(ProfileShape::OpenId, &odd).is_none(), "{odd}");
        }
    }
}
