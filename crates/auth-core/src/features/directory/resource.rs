//! What is derived from a stored resource, in one place: the columns that it is looked up by, and the
//! profile that it gives a person.

use serde_json::Value as Json;

use super::query::{beginning, key, lookup};
use super::{Attributes, DirectoryFault};
use crate::fault::Result;
use crate::users::email;

/// Longest name of a person, in UTF-16 code units, and longest id that an integrator gives them.
const LONGEST_NAME: usize = 256;
/// Longest address of an image.
const LONGEST_IMAGE: usize = 4096;

/// The columns of a user resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UserColumns {
    pub user_name: String,
    pub user_name_key: String,
    pub external_id: Option<String>,
    pub display_name: Option<String>,
    pub display_name_key: Option<String>,
    pub active: bool,
    /// The address and its type, folded, in order.
    pub emails: Vec<(String, Option<String>)>,
}

/// The columns of a group resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GroupColumns {
    pub display_name: String,
    pub display_name_key: String,
    pub external_id: Option<String>,
}

/// What a resource says about a person, in the form in which an account takes it: a legal resource
/// never fails because a name is too long for us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Profile {
    /// The address, folded; `None` if there is none.
    pub email: Option<String>,
    pub name: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub image: Option<String>,
    pub external_id: Option<String>,
}

/// The columns of a user resource.
///
/// # Errors
/// [`DirectoryFault::UserNameRequired`], [`DirectoryFault::InvalidText`].
pub(super) fn user(attributes: &Attributes) -> Result<UserColumns> {
    let user_name = text(attributes, "userName").filter(|name| !name.trim().is_empty());
    let user_name = user_name.ok_or(DirectoryFault::UserNameRequired)?;
    let display_name = text(attributes, "displayName");
    Ok(UserColumns {
        user_name: user_name.to_owned(),
        user_name_key: key(user_name).ok_or_else(|| DirectoryFault::InvalidText("userName".into()))?,
        external_id: external_id(attributes)?,
        display_name: display_name.map(|name| name.replace('\0', "")),
        display_name_key: display_name.and_then(beginning),
        active: is_active(attributes),
        emails: emails(attributes)
            .filter_map(|email| {
                Some((key(email.get("value")?.as_str()?)?, email.get("type").and_then(Json::as_str).and_then(key)))
            })
            .collect(),
    })
}

/// The columns of a group resource.
///
/// # Errors
/// [`DirectoryFault::DisplayNameRequired`], [`DirectoryFault::InvalidText`].
pub(super) fn group(attributes: &Attributes) -> Result<GroupColumns> {
    let display_name = text(attributes, "displayName").filter(|name| !name.trim().is_empty());
    let display_name = display_name.ok_or(DirectoryFault::DisplayNameRequired)?;
    Ok(GroupColumns {
        display_name: display_name.to_owned(),
        display_name_key: key(display_name).ok_or_else(|| DirectoryFault::InvalidText("displayName".into()))?,
        external_id: external_id(attributes)?,
    })
}

/// Whether the resource says that the person is active; it does unless it denies it.
pub(super) fn is_active(attributes: &Attributes) -> bool {
    attributes.get("active").and_then(Json::as_bool).unwrap_or(true)
}

fn external_id(attributes: &Attributes) -> Result<Option<String>> {
    text(attributes, "externalId")
        .filter(|id| !id.is_empty())
        .map(|id| lookup(id).map(str::to_owned).ok_or_else(|| DirectoryFault::InvalidText("externalId".into()).into()))
        .transpose()
}

/// What the resource says about the person.
pub(super) fn profile(attributes: &Attributes) -> Profile {
    let part =
        |name: &str| attributes.get("name").and_then(|whole| whole.get(name)).and_then(Json::as_str).and_then(clean);
    let (first_name, last_name) = (part("givenName"), part("familyName"));
    let email = address(attributes);
    let both = match (&first_name, &last_name) {
        (Some(first), Some(last)) => clean(&format!("{first} {last}")),
        (first, last) => first.clone().or_else(|| last.clone()),
    };
    let name = text(attributes, "displayName")
        .and_then(clean)
        .or_else(|| part("formatted"))
        .or(both)
        .or_else(|| text(attributes, "userName").and_then(clean))
        .unwrap_or_default();
    Profile {
        name,
        first_name,
        last_name,
        image: image(attributes),
        external_id: text(attributes, "externalId").filter(|id| clean(id).as_deref() == Some(id)).map(str::to_owned),
        email,
    }
}

/// The primary address, else the first, else a `userName` that is one.
fn address(attributes: &Attributes) -> Option<String> {
    let value = |email: &Json| email.get("value").and_then(Json::as_str).map(str::to_owned);
    let primary = emails(attributes).find(|email| email.get("primary") == Some(&Json::Bool(true))).and_then(value);
    let user_name = text(attributes, "userName").map(str::to_owned);
    primary
        .into_iter()
        .chain(emails(attributes).filter_map(value))
        .chain(user_name)
        .find(|address| email::is_plausible(address))
        .map(|address| email::key(&address))
}

fn emails(attributes: &Attributes) -> impl Iterator<Item = &Json> {
    attributes.get("emails").and_then(Json::as_array).into_iter().flatten()
}

/// The first photo that is an http(s) address, the primary one before others.
fn image(attributes: &Attributes) -> Option<String> {
    let photos = || attributes.get("photos").and_then(Json::as_array).into_iter().flatten();
    let primary = photos().filter(|photo| photo.get("primary") == Some(&Json::Bool(true)));
    primary
        .chain(photos())
        .filter_map(|photo| photo.get("value").and_then(Json::as_str))
        .find(|address| is_image_address(address))
        .map(str::to_owned)
}

/// Whether a text is an http(s) address that is not too long.
pub(super) fn is_image_address(address: &str) -> bool {
    address.len() <= LONGEST_IMAGE
        && !address.chars().any(char::is_control)
        && url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn text<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(Json::as_str)
}

/// The text as a name: one line, not too long. `None` if nothing remains.
pub(super) fn clean(text: &str) -> Option<String> {
    let mut units = 0;
    let name: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take_while(|c| {
            units += c.len_utf16();
            units <= LONGEST_NAME
        })
        .collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// A resource for an event: what it is called, not all that is in it.
pub(super) fn brief(id: &str, columns: &UserColumns) -> Json {
    serde_json::json!({
        "id": id,
        "user_name": columns.user_name,
        "external_id": columns.external_id,
        "display_name": columns.display_name,
        "active": columns.active,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn attributes(json: Json) -> Attributes {
        let Json::Object(attributes) = json else { panic!("not a resource: {json}") };
        attributes
    }

    #[test]
    fn the_address_is_the_primary_one_else_the_first_else_the_user_name() {
        let of = |json| profile(&attributes(json)).email;
        let both = json!([{"value": "A@x.io"}, {"value": "B@x.io", "primary": true}]);
        assert_eq!(of(json!({"userName": "u", "emails": both})).as_deref(), Some("b@x.io"));
        assert_eq!(of(json!({"userName": "u", "emails": [{"value": "A@x.io"}]})).as_deref(), Some("a@x.io"));
        assert_eq!(of(json!({"userName": "u@x.io", "emails": [{"value": ""}]})).as_deref(), Some("u@x.io"));
        assert_eq!(of(json!({"userName": "u"})), None);
    }

    #[test]
    fn a_legal_resource_gives_a_legal_profile() {
        let long = "ä\n".repeat(400);
        let photos = json!([{"value": "javascript:alert(1)"}, {"value": "https://x.io/a.png"}]);
        let got =
            profile(&attributes(json!({"userName": "u", "displayName": long, "externalId": long, "photos": photos})));
        assert!(got.name.encode_utf16().count() <= 256 && !got.name.contains('\n'));
        assert_eq!((got.external_id, got.image.as_deref()), (None, Some("https://x.io/a.png")));
        let parts = json!({"userName": "u", "name": {"givenName": "Ann", "familyName": "Lee"}});
        assert_eq!(profile(&attributes(parts)).name, "Ann Lee");
        assert_eq!(profile(&attributes(json!({"userName": "u"}))).name, "u");
    }

    #[test]
    fn columns_are_folded_and_what_cannot_be_looked_up_is_refused() {
        let got =
            user(&attributes(json!({"userName": "Ann", "emails": [{"value": "A@X.io", "type": "Work"}]}))).unwrap();
        assert_eq!((got.user_name.as_str(), got.user_name_key.as_str(), got.active), ("Ann", "ann", true));
        assert_eq!(got.emails, [("a@x.io".to_owned(), Some("work".to_owned()))]);
        for bad in
            [json!({}), json!({"userName": " "}), json!({"userName": "a\0b"}), json!({"userName": "x".repeat(2000)})]
        {
            assert!(user(&attributes(bad)).is_err());
        }
        assert!(!user(&attributes(json!({"userName": "u", "active": false}))).unwrap().active);
    }
}
