//! Lists of ids as parameters of a statement: a few as they are, filled up to the next of two lengths, so that
//! there are few different statements to prepare; many as one parameter.

use sea_orm::Value;

use crate::db::{Backend, Row, among};
use crate::fault::Result;

/// How many ids are parameters of their own.
const FEW: [usize; 2] = [1, 8];
/// How many ids a statement takes at most.
pub(super) const MOST: usize = 2000;

/// What stands behind a column that is to be one of them; `first` is the number of the first parameter.
pub(super) fn places(backend: Backend, length: usize, first: usize) -> String {
    match filled_length(length) {
        Some(length) => {
            let places: Vec<String> = (first..first + length).map(|n| format!("${n}")).collect();
            format!("IN ({})", places.join(", "))
        }
        None => among(backend, first),
    }
}

/// The parameters of [`places`].
pub(super) fn filled<T: AsRef<str>>(ids: &[T]) -> Vec<Value> {
    match filled_length(ids.len()) {
        Some(length) => {
            // The last one is repeated until there are as many as places.
            let last = ids.last().into_iter().cycle();
            ids.iter().chain(last).take(length).map(|id| id.as_ref().into()).collect()
        }
        None => vec![ids.iter().map(AsRef::as_ref).collect::<serde_json::Value>().to_string().into()],
    }
}

fn filled_length(length: usize) -> Option<usize> {
    FEW.into_iter().find(|enough| *enough >= length)
}

/// The first column of each row.
pub(super) fn ids_of(rows: &[Row]) -> Result<Vec<String>> {
    rows.iter().map(|row| row.get(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_filled_up_so_that_there_are_few_statements() {
        let ids: Vec<String> = (0..3).map(|n| format!("u{n}")).collect();
        assert_eq!(filled(&ids).len(), 8);
        assert_eq!(places(Backend::Sqlite, 3, 4), "IN ($4, $5, $6, $7, $8, $9, $10, $11)");
        assert!(places(Backend::Postgres, 1, 4) == "IN ($4)" && filled(&ids[..1]).len() == 1);
    }

    #[test]
    fn many_are_one_parameter() {
        let ids: Vec<String> = (0..9).map(|n| format!("u{n}")).collect();
        assert_eq!(filled(&ids), [Value::from(r#"["u0","u1","u2","u3","u4","u5","u6","u7","u8"]"#)]);
        assert!(places(Backend::Sqlite, 9, 4).contains("json_each($4)"));
    }
}
