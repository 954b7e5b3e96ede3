//! Fields that the operator added to people and organizations.

use auth_core::fields::{self, By, Given, Problem};
use auth_core::settings::FieldSettings;

use super::Fields;

impl Fields {
    /// Those of them that are in `additional_fields`. A name that is not declared is at fault: nothing of a back end's is lost
    /// without a word.
    pub fn additional(&mut self, declared: &[FieldSettings], new: bool) -> Given {
        let read = self.nested("additional_fields", |inner| {
            let odd = |name: &&String| !declared.iter().any(|field| field.name == **name);
            let odd: Vec<String> = inner.map.keys().filter(odd).cloned().collect();
            for name in odd {
                inner.fault(&name, "unknown_field", "No such field is declared in the configuration");
            }
            fields::read(declared, &inner.map, new, By::BackEnd).unwrap_or_else(|refused| {
                for one in refused {
                    let (code, message) = told(&one.problem);
                    inner.fault(&one.field, code, message);
                }
                Given::default()
            })
        });
        read.unwrap_or_default()
    }
}

fn told(problem: &Problem) -> (&'static str, String) {
    match problem {
        Problem::Missing => ("required", "Is required".to_owned()),
        Problem::Fixed => ("forbidden", "Cannot be set".to_owned()),
        Problem::Type { item: None, expected, .. } => ("wrong_type", format!("Must be of the type {expected}")),
        Problem::Type { item: Some(at), expected, .. } => {
            ("wrong_type", format!("Must be of the type {expected} in place {at}"))
        }
        Problem::Long(most) => ("too_long", format!("Must have at most {most} characters")),
        Problem::Many(most) => ("too_long", format!("Must have at most {most} entries")),
    }
}
