//! A mapping that can be evaluated: read once, and kept in the process by what it says.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use scim_protocol::ResourceType;
use serde_json::{Map, Value as Json};

use super::source::Source;
use super::target::{self, Target};
use super::template::Template;
use crate::db::Scope;
use crate::fault::Result;
use crate::features::directory::{Directory, schemas};

/// A mapping as an admin writes it: paths and targets, in the order in which they are tried.
pub type Mapping = Map<String, Json>;

/// How many paths a mapping has at most.
const ENTRIES: usize = 100;
/// How many mappings are kept in the process.
const KEPT: usize = 256;

/// What is wrong with a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// At which path.
    pub path: String,
    /// What sort: `invalid_path`, `invalid_target`, `invalid_expression`, `too_many`.
    pub code: &'static str,
    /// What and where, in a sentence.
    pub message: String,
}

/// One path and what it gives.
#[derive(Debug)]
pub(super) struct Entry {
    pub path: String,
    pub source: Source,
    pub template: Option<Template>,
    pub target: Target,
}

/// A mapping that can be evaluated.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pub entries: Vec<Entry>,
    /// What cannot be evaluated, for example because the schema of an attribute is gone.
    pub problems: Vec<Problem>,
}

impl Compiled {
    /// Reads a mapping. What is wrong with it is left out and told.
    pub(super) fn new(kind: &ResourceType, mapping: &Mapping, user_schema: &Mapping) -> Self {
        let mut compiled = Self::default();
        if mapping.len() > ENTRIES {
            let message = format!("A mapping has at most {ENTRIES} paths");
            compiled.problems.push(Problem { path: String::new(), code: "too_many", message });
            return compiled;
        }
        for (path, written) in mapping.iter().chain(user_schema) {
            match entry(kind, path, written) {
                Ok(entry) => compiled.entries.push(entry),
                Err((code, message)) => compiled.problems.push(Problem { path: path.clone(), code, message }),
            }
        }
        compiled
    }

    /// Whether it looks at the groups that a person is in.
    pub(super) fn has_groups(&self) -> bool {
        self.entries.iter().any(|entry| entry.source.is_groups())
    }

    /// Whether it gives roles.
    pub(super) fn has_roles(&self) -> bool {
        self.entries.iter().any(|entry| entry.target == Target::OrganizationRole)
    }
}

fn entry(kind: &ResourceType, path: &str, written: &Json) -> Result<Entry, (&'static str, String)> {
    let source = Source::parse(kind, path).map_err(|message| ("invalid_path", message))?;
    let in_target = |message| ("invalid_target", message);
    let written = written.as_str().ok_or_else(|| in_target("The target must be text".to_owned()))?;
    let (expression, target) = target::split(written).map_err(in_target)?;
    let target = Target::parse(target).map_err(in_target)?;
    match target {
        Target::Active if path != "active" || expression.is_some() => {
            Err(in_target("Whether a person is active is what `active` says, and nothing else".to_owned()))
        }
        Target::EmailAddress if source.is_groups() => {
            Err(in_target("Groups change behind a person's back: they give no address".to_owned()))
        }
        target => {
            let template =
                expression.map(Template::parse).transpose().map_err(|message| ("invalid_expression", message))?;
            Ok(Entry { path: path.to_owned(), source, template, target })
        }
    }
}

/// The settings of a directory say it in the words of an account: `{"userName": "email", "displayName": "name"}`.
/// The same as a mapping, which is tried after what the mapping of the directory says.
pub(in crate::features::directory) fn user_schema(schema: &Mapping) -> Mapping {
    schema
        .iter()
        .map(|(path, field)| {
            let target = match field.as_str().unwrap_or_default() {
                "email" => "email_address",
                "firstName" => "first_name",
                "lastName" => "last_name",
                "externalId" => "external_id",
                other => other,
            };
            (path.clone(), target.into())
        })
        .collect()
}

/// Mappings by what they say and by the schemas that they were read with. Nothing in here can be out of date.
static READ: LazyLock<Mutex<HashMap<String, Arc<Compiled>>>> = LazyLock::new(Mutex::default);

/// The mapping of a directory, from its stored texts.
pub(super) async fn compiled(
    db: &impl Scope,
    directory: &Directory,
    mapping: &str,
    user_schema: &str,
) -> Result<Arc<Compiled>> {
    let mut key = format!("{mapping}\n{user_schema}");
    if directory.schemas_version > 0 {
        key = format!("{key}\n{} {}", directory.id, directory.schemas_version);
    }
    if let Some(found) = READ.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(Arc::clone(found));
    }
    let kinds = schemas::of(db, directory).await?;
    let compiled =
        Arc::new(Compiled::new(&kinds.user, &serde_json::from_str(mapping)?, &serde_json::from_str(user_schema)?));
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if read.len() >= KEPT {
        read.clear();
    }
    read.insert(key, Arc::clone(&compiled));
    Ok(compiled)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn compile(json: Json) -> Compiled {
        let Json::Object(mapping) = json else { panic!("not a mapping: {json}") };
        Compiled::new(ResourceType::user(), &mapping, &Mapping::new())
    }

    #[test]
    fn what_is_wrong_is_told_by_path_and_sort() {
        let compiled = compile(json!({
            "userName": "email_address", "nothing": "name", "title": "king", "nickName": 5, "active": "active",
            "displayName": "{{ value | }}.name", "locale": "active", "groups[0].value": "email_address"
        }));
        let told: Vec<_> = compiled.problems.iter().map(|p| (p.path.as_str(), p.code)).collect();
        assert_eq!(
            told,
            [
                ("nothing", "invalid_path"),
                ("title", "invalid_target"),
                ("nickName", "invalid_target"),
                ("displayName", "invalid_expression"),
                ("locale", "invalid_target"),
                ("groups[0].value", "invalid_target"),
            ]
        );
        assert_eq!(compiled.entries.len(), 2);
    }

    #[test]
    fn the_mapping_of_the_walkthrough_is_read() {
        let compiled = compile(json!({
            "userName": "email_address",
            "emails[primary eq true].value": "email_address",
            "name.givenName": "first_name",
            "groups[0].value": "{{ value | downcase | replace: \"admins\", \"org:admin\" | default: \"org:member\" }}.organization_role",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department": "public_metadata.department",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.employeeNumber": "public_metadata.employee_number"
        }));
        assert_eq!((compiled.problems.len(), compiled.entries.len()), (0, 6));
        assert!(compiled.has_groups() && compiled.has_roles());
    }

    #[test]
    fn a_mapping_has_an_end() {
        let many: Mapping = (0..=ENTRIES).map(|n| (format!("x{n}"), json!("name"))).collect();
        let compiled = Compiled::new(ResourceType::user(), &many, &Mapping::new());
        assert_eq!(compiled.problems[0].code, "too_many");
        assert!(compiled.entries.is_empty());
    }

    #[test]
    fn the_words_of_an_account_are_those_of_a_mapping() {
        let Json::Object(schema) = json!({"userName": "email", "displayName": "name"}) else { panic!() };
        assert_eq!(Json::Object(user_schema(&schema)), json!({"userName": "email_address", "displayName": "name"}));
    }
}
