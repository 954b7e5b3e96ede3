//! Fields that the operator added, as bodies bring them.
//!
//! Better Auth reads those of people by hand, with codes of their own, and those of organizations by a schema, with the words
//! that every schema has. What is undeclared is passed over by both.

use auth_core::fields::{self, By, Given, Problem};
use auth_core::settings::FieldSettings;

use super::{Input, expected};
use crate::error::{ApiError, Result};

/// Those that somebody sets for themselves; `new`: an account is made, or may be.
///
/// # Errors
/// `FIELD_NOT_ALLOWED`, `MISSING_FIELD`. A value of another type is noted as a problem of the body.
pub fn of_person(declared: &[FieldSettings], input: &mut Input, new: bool) -> Result<Given> {
    let refused = match fields::read(declared, input.rest(), new, By::Person) {
        Ok(given) => return Ok(given),
        Err(refused) => refused,
    };
    for one in refused {
        match one.problem {
            Problem::Fixed => {
                let said = format!("{} is not allowed to be set", one.field);
                return Err(ApiError::bad_request("FIELD_NOT_ALLOWED", said));
            }
            Problem::Missing => {
                return Err(ApiError::bad_request("MISSING_FIELD", format!("{} is required", one.field)));
            }
            problem => note(input, &one.field, &problem),
        }
    }
    Ok(Given::default())
}

/// Those that `by` sets of something else. What is wrong with them is noted as problems of the body.
pub fn of_other(declared: &[FieldSettings], input: &mut Input, new: bool, by: By) -> Given {
    fields::read(declared, input.rest(), new, by).unwrap_or_else(|refused| {
        for one in &refused {
            if one.problem == Problem::Missing {
                let kind = declared.iter().find(|field| field.name == one.field).map(|field| field.kind);
                let wanted = kind.map_or("string", fields::type_name);
                input.issue(&one.field, &expected(wanted, None));
            } else {
                note(input, &one.field, &one.problem);
            }
        }
        Given::default()
    })
}

fn note(input: &mut Input, field: &str, problem: &Problem) {
    match problem {
        Problem::Type { item, expected: wanted, received } => {
            let place = item.map_or_else(|| field.to_owned(), |at| format!("{field}.{at}"));
            input.issue(&place, &expected(wanted, received.as_ref()));
        }
        Problem::Long(most) => {
            input.issue(field, &format!("Too big: expected string to have <={most} characters"));
        }
        Problem::Many(most) => input.issue(field, &format!("Too big: expected array to have <={most} items")),
        Problem::Missing | Problem::Fixed => input.issue(field, "Invalid input"),
    }
}
