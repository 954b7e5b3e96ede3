//! What a person becomes by a mapping: the built-in defaults, and what the mapping puts in their place.

use serde_json::{Map, Value as Json, json};

use super::compiled::{Compiled, Entry};
use super::source::as_text;
use super::target::Target;
use crate::features::directory::Attributes;
use crate::features::directory::resource::{self, Profile};
use crate::roles;
use crate::users::email;

/// How many warnings are kept of one person.
const WARNINGS: usize = 20;

/// Something of a mapping that had no effect and lost nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// At which path.
    pub path: String,
    /// For which target.
    pub target: String,
    /// Why, in a sentence.
    pub message: String,
}

/// The role that a mapping gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::features::directory) enum Role {
    /// None.
    #[default]
    None,
    /// This one, by its key.
    Give(String),
    /// Whichever it gave before: what it says now is no role that it may give.
    Unchanged,
}

/// What a person becomes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::features::directory) struct Mapped {
    /// The profile.
    pub profile: Profile,
    /// The role in the directory's organization.
    pub role: Role,
    /// The members of the public metadata that the mapping gives.
    pub metadata: Map<String, Json>,
}

impl Mapped {
    /// Everything by the names of the targets, for whoever tries a mapping.
    pub(super) fn to_json(&self) -> Json {
        let role = match &self.role {
            Role::Give(role) => Some(role),
            Role::None | Role::Unchanged => None,
        };
        json!({
            "email_address": self.profile.email,
            "first_name": self.profile.first_name,
            "last_name": self.profile.last_name,
            "name": self.profile.name,
            "image": self.profile.image,
            "external_id": self.profile.external_id,
            "organization_role": role,
            "public_metadata": self.metadata,
        })
    }
}

/// Evaluates a mapping. `roles`: those that it may give.
pub(super) fn evaluate(
    compiled: &Compiled,
    attributes: &Attributes,
    groups: &[Json],
    roles: &[String],
) -> (Mapped, Vec<Warning>) {
    let mut evaluation = Evaluation {
        mapped: Mapped { profile: resource::profile(attributes), ..Mapped::default() },
        given: Vec::new(),
        warnings: Vec::new(),
    };
    for problem in &compiled.problems {
        evaluation.warn(&problem.path, "", problem.message.clone());
    }
    for entry in &compiled.entries {
        // Several paths may lead to one target: the first that has something for it does.
        if evaluation.given.contains(&&entry.target) {
            continue;
        }
        let Some(value) = evaluation.value(entry, attributes, groups) else { continue };
        match give(&mut evaluation.mapped, &entry.target, value, roles) {
            Ok(true) => evaluation.given.push(&entry.target),
            Ok(false) => {}
            Err(message) => evaluation.warn(&entry.path, &entry.target.text(), message),
        }
    }
    (evaluation.mapped, evaluation.warnings)
}

struct Evaluation<'a> {
    mapped: Mapped,
    given: Vec<&'a Target>,
    warnings: Vec<Warning>,
}

impl Evaluation<'_> {
    /// What an entry says; `None` if it says nothing.
    fn value(&mut self, entry: &Entry, attributes: &Attributes, groups: &[Json]) -> Option<Json> {
        let value = entry.source.value(attributes, groups);
        let Some(template) = &entry.template else { return value };
        match template.render(value) {
            Ok(text) if text.trim().is_empty() => None,
            Ok(text) => Some(Json::String(text)),
            Err(message) => {
                self.warn(&entry.path, &entry.target.text(), message);
                None
            }
        }
    }

    fn warn(&mut self, path: &str, target: &str, message: String) {
        if self.warnings.len() < WARNINGS {
            self.warnings.push(Warning { path: path.to_owned(), target: target.to_owned(), message });
        }
    }
}

/// Gives a target its value. `false` if there is nothing to give.
///
/// # Errors
/// Why the value cannot be given, in a sentence.
fn give(mapped: &mut Mapped, target: &Target, value: Json, allowed: &[String]) -> Result<bool, String> {
    if let Target::PublicMetadata(key) = target {
        mapped.metadata.insert(key.clone(), value);
        return Ok(true);
    }
    let Some(text) = as_text(&value).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else {
        return Ok(false);
    };
    let name = || resource::clean(&text).ok_or_else(|| "The value is no name".to_owned());
    let profile = &mut mapped.profile;
    match target {
        Target::EmailAddress if email::is_plausible(&text) => profile.email = Some(email::key(&text)),
        Target::EmailAddress => return Err("The value is no email address".to_owned()),
        Target::FirstName => profile.first_name = Some(name()?),
        Target::LastName => profile.last_name = Some(name()?),
        Target::Name => profile.name = name()?,
        Target::Image if resource::is_image_address(&text) => profile.image = Some(text),
        Target::Image => return Err("The value is no http(s) address of an image".to_owned()),
        Target::ExternalId if resource::clean(&text).as_ref() == Some(&text) => profile.external_id = Some(text),
        Target::ExternalId => return Err("The value is too long for an id".to_owned()),
        Target::OrganizationRole => {
            let role = text.strip_prefix("org:").unwrap_or(&text);
            let listed = allowed.iter().any(|allowed| allowed == role);
            // Of what is listed it was known when it was listed that there is such a role.
            if !listed && !roles::is_known(role) {
                mapped.role = Role::Unchanged;
                return Err(
                    "There is no such role, or not one that the mapping may give: the value changes nothing".to_owned()
                );
            }
            if role == roles::OWNER || !listed {
                mapped.role = Role::Unchanged;
                return Err(format!("The mapping may not give the role org:{role}"));
            }
            mapped.role = Role::Give(role.to_owned());
        }
        Target::Active | Target::PublicMetadata(_) => return Ok(false),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use scim_protocol::ResourceType;

    use super::super::compiled::Mapping;
    use super::*;

    fn object(json: Json) -> Map<String, Json> {
        let Json::Object(object) = json else { panic!("no object: {json}") };
        object
    }

    fn of(mapping: Json, resource: Json, groups: &[Json]) -> (Mapped, Vec<Warning>) {
        let compiled = Compiled::new(ResourceType::user(), &object(mapping), &Mapping::new());
        let allowed = ["member".to_owned(), "admin".to_owned()];
        evaluate(&compiled, &object(resource), groups, &allowed)
    }

    #[test]
    fn the_first_path_that_has_something_gives_it_and_the_default_stays_where_none_has() {
        let mapping = json!({"nickName": "name", "title": "name", "locale": "first_name", "userName": "email_address"});
        let (mapped, warnings) =
            of(mapping, json!({"userName": "dave", "title": "Boss", "name": {"givenName": "Dave"}}), &[]);
        assert_eq!((mapped.profile.name.as_str(), mapped.profile.first_name.as_deref()), ("Boss", Some("Dave")));
        assert_eq!(mapped.profile.email, None);
        assert_eq!(warnings.iter().map(|w| w.path.as_str()).collect::<Vec<_>>(), ["userName"]);
    }

    #[test]
    fn a_failing_expression_leaves_the_default_and_a_warning() {
        let (mapped, warnings) = of(
            json!({"title": "{{ value | times: 2 }}.name", "nickName": "{{ value | plus: 1 }}.public_metadata.n"}),
            json!({"userName": "u", "displayName": "Ann", "title": "x", "nickName": "9223372036854775807"}),
            &[],
        );
        assert_eq!(mapped.profile.name, "Ann");
        assert!(mapped.metadata.is_empty());
        assert_eq!(warnings.len(), 2);
    }

    #[test]
    fn roles_are_known_allowed_and_never_that_of_owners() {
        let role = |text: &str| of(json!({"title": "organization_role"}), json!({"userName": "u", "title": text}), &[]);
        assert_eq!(role("org:admin").0.role, Role::Give("admin".into()));
        assert_eq!(role(" member ").0.role, Role::Give("member".into()));
        for bad in ["org:owner", "owner", "org:king", "ORG:ADMIN"] {
            let (mapped, warnings) = role(bad);
            assert_eq!((mapped.role, warnings.len()), (Role::Unchanged, 1), "{bad}");
        }
        assert_eq!(of(json!({"title": "organization_role"}), json!({"userName": "u"}), &[]).0.role, Role::None);
    }

    #[test]
    fn metadata_keeps_the_type_of_the_value() {
        let (mapped, _) = of(
            json!({"active": "public_metadata.active", "groups.value": "public_metadata.groups", "title": "public_metadata.t"}),
            json!({"userName": "u", "active": true}),
            &[json!({"value": "A"}), json!({"value": "B"})],
        );
        assert_eq!(Json::Object(mapped.metadata), json!({"active": true, "groups": ["A", "B"]}));
    }
}
