//! Comparisons that callers choose: a column of ours, an operator, and values that never become part of a statement.

use sea_orm::Value;

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equal to the first value.
    Eq,
    /// Not equal to the first value.
    Ne,
    /// Less than the first value.
    Lt,
    /// Less than or equal to the first value.
    Lte,
    /// Greater than the first value.
    Gt,
    /// Greater than or equal to the first value.
    Gte,
    /// Equal to one of the values.
    In,
    /// Equal to none of the values.
    NotIn,
    /// Having the first value inside, letter by letter.
    Contains,
    /// Beginning with the first value.
    StartsWith,
    /// Ending with the first value.
    EndsWith,
}

impl Operator {
    /// Whether it says what is not so.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        matches!(self, Self::Ne | Self::NotIn)
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Text.
    Text,
    /// Milliseconds since the epoch, given as decimal digits.
    Instants,
    /// `true` or `false`.
    Flags,
}

impl Holds {
    /// A value as the column holds it; `None` if it cannot hold such a one.
    fn read(self, text: &str) -> Option<Value> {
        match self {
            Self::Text => Some(text.into()),
            Self::Instants => text.parse::<i64>().ok().map(Value::from),
            Self::Flags => match text {
                "true" | "1" => Some(true.into()),
                "false" | "0" => Some(false.into()),
                _ => None,
            },
        }
    }
}

/// One comparison as SQL; its values are added to those that the statement has already. What a column cannot hold is
/// equal to nothing in it, and not to be ranked.
pub fn comparison(
    values: &mut Vec<Value>,
    column: &str,
    holds: Holds,
    operator: Operator,
    given: &[String],
    negative: bool,
) -> String {
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    let none = || "1 = 0".to_owned();
    let first = given.first().map_or("", String::as_str);
    let sign = match operator {
        Operator::Lt => "<",
        Operator::Lte => "<=",
        Operator::Gt => ">",
        Operator::Gte => ">=",
        Operator::Eq | Operator::Ne | Operator::In | Operator::NotIn => {
            let one = matches!(operator, Operator::Eq | Operator::Ne);
            let wanted = given.iter().take(if one { 1 } else { given.len() });
            let places: Vec<String> = wanted.filter_map(|text| holds.read(text)).map(&mut place).collect();
            let not = if negative { "NOT " } else { "" };
            return match places.as_slice() {
                [] if negative => "1 = 1".to_owned(),
                [] => none(),
                places => format!("{column} {not}IN ({})", places.join(", ")),
            };
        }
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
            if holds != Holds::Text {
                return none();
            }
            let pattern = pattern(first, operator != Operator::StartsWith, operator != Operator::EndsWith);
            return format!("{column} LIKE {} ESCAPE '\\'", place(pattern.into()));
        }
    };
    if holds == Holds::Flags {
        return none();
    }
    holds.read(first).map_or_else(none, |value| format!("{column} {sign} {}", place(value)))
}

/// A `LIKE` pattern (`ESCAPE '\'`) in which the text stands for itself.
#[must_use]
pub fn pattern(text: &str, open_start: bool, open_end: bool) -> String {
    let text = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("{}{text}{}", if open_start { "%" } else { "" }, if open_end { "%" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(holds: Holds, operator: Operator, given: &[&str]) -> (String, usize) {
        let (mut values, given): (_, Vec<String>) = (vec![], given.iter().map(|&text| text.to_owned()).collect());
        let sql = comparison(&mut values, "x", holds, operator, &given, operator.is_negative());
        (sql, values.len())
    }

    #[test]
    fn a_searched_text_stands_for_itself() {
        assert_eq!(pattern("50%_a\\b", true, true), "%50\\%\\_a\\\\b%");
        assert_eq!(pattern("a", false, true), "a%");
    }

    #[test]
    fn values_never_become_part_of_the_statement() {
        let evil = ["x') OR 1=1 --", "admin"];
        assert_eq!(said(Holds::Text, Operator::In, &evil), ("x IN ($1, $2)".to_owned(), 2));
        assert_eq!(said(Holds::Text, Operator::Ne, &evil), ("x NOT IN ($1)".to_owned(), 1));
    }

    #[test]
    fn what_a_column_cannot_hold_is_equal_to_nothing_in_it() {
        for operator in [Operator::Eq, Operator::Gt, Operator::Contains] {
            assert_eq!(said(Holds::Instants, operator, &["yesterday"]).0, "1 = 0");
            assert_eq!(said(Holds::Flags, operator, &["perhaps"]).0, "1 = 0");
        }
        assert_eq!(said(Holds::Flags, Operator::NotIn, &["perhaps"]).0, "1 = 1");
        assert_eq!(said(Holds::Flags, Operator::Eq, &["true"]), ("x IN ($1)".to_owned(), 1));
        assert_eq!(said(Holds::Instants, Operator::Gte, &["1000"]), ("x >= $1".to_owned(), 1));
    }
}
