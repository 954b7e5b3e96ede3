//! What columns answer of a filter, as SQL that says exactly what the evaluator says.
//!
//! Resources are canonical: no text in them is empty, and none holds a NUL. SQL has a third truth, the
//! evaluator has not: what a missing value gives is "unknown", which a `WHERE` takes for false, as `AND`
//! and `OR` of it do; only `NOT` must be told.

use chrono::Timelike as _;
use sea_orm::Value;

use super::answers::{Answer, Elements, Text, value_and_type};
use super::{LONGEST_KEY, Names, lookup};
use crate::ids::{DirectoryId, Id as _};
use scim_protocol::{AttrPath, CompareOp, Filter, Literal, fold, parse_date_time};

/// A column that is shortened answers questions about texts that are shorter by as much as a character
/// may be cut.
const SURE: usize = LONGEST_KEY - 24;

/// How few rows a condition leaves, which decides how they are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// One at most.
    Unique,
    /// As few as share a key: they are fetched by it and put in order afterwards.
    Keyed,
    /// The users of one group, and nothing else is asked.
    Inside(String),
    /// Any number: rows are read in order.
    Walk,
}

/// A filter, divided.
#[derive(Debug)]
pub(super) struct Lowered<'a> {
    /// What columns answer: each part begins with ` AND `.
    pub sql: String,
    /// The parameters; the first is the directory.
    pub values: Vec<Value>,
    pub access: Access,
    /// What remains to be evaluated.
    pub remaining: Vec<&'a Filter>,
}

/// Divides a filter.
pub(super) fn lower<'a>(
    filter: Option<&'a Filter>,
    directory: &DirectoryId,
    names: &Names,
    answers: fn(&AttrPath) -> Option<Answer>,
) -> Lowered<'a> {
    let mut writer =
        Writer { table: names.table, alias: names.alias, answers, values: vec![directory.as_str().into()] };
    let (mut sql, mut remaining, mut access) = (String::new(), Vec::new(), Access::Walk);
    for part in filter.map_or(&[][..], Filter::conjuncts) {
        let before = writer.values.len();
        if let Some(condition) = writer.condition(part) {
            sql.push_str(" AND ");
            sql.push_str(&condition);
            access = match (access, writer.access(part)) {
                (Access::Unique, _) | (_, Access::Unique) => Access::Unique,
                (Access::Walk, Access::Walk) => Access::Walk,
                _ => Access::Keyed,
            };
        } else {
            writer.values.truncate(before);
            remaining.push(part);
        }
    }
    if let (Some(Filter::Compare(path, CompareOp::Eq, Literal::String(group))), true) = (filter, remaining.is_empty())
        && matches!(answers(path), Some(Answer::Elements(Elements::Groups)))
        && lookup(group).is_some()
    {
        access = Access::Inside(group.clone());
    }
    Lowered { sql, values: writer.values, access, remaining }
}

pub(super) struct Writer {
    table: &'static str,
    pub alias: &'static str,
    answers: fn(&AttrPath) -> Option<Answer>,
    values: Vec<Value>,
}

impl Writer {
    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// The condition; `None` if columns do not answer all of it.
    fn condition(&mut self, filter: &Filter) -> Option<String> {
        match filter {
            Filter::And(parts) => Some(format!("({})", self.all(parts)?.join(" AND "))),
            Filter::Or(parts) => {
                let conditions = self.all(parts)?;
                if self.access(filter) == Access::Walk {
                    return Some(format!("({})", conditions.join(" OR ")));
                }
                // Each by an index of its own, which SQLite does not do with conditions joined by OR.
                let Self { table, alias, .. } = self;
                let each = conditions.iter().map(|condition| {
                    format!("SELECT {alias}.id FROM {table} {alias} WHERE {alias}.directory_id = $1 AND {condition}")
                });
                Some(format!("{alias}.id IN ({})", each.collect::<Vec<_>>().join(" UNION ")))
            }
            Filter::Not(inner) => Some(format!("NOT (({}) IS TRUE)", self.condition(inner)?)),
            Filter::Present(path) => Some(match (self.answers)(path)? {
                Answer::Text(text) if text.nullable => format!("{}.{} IS NOT NULL", self.alias, text.column),
                Answer::Text(_) | Answer::Flag(_) | Answer::Time(_) | Answer::Always(_) | Answer::Object => truth(true),
                Answer::Elements(_) => return None,
            }),
            Filter::Compare(path, op, literal) => match (self.answers)(path)? {
                Answer::Text(text) => self.text(text, *op, literal),
                Answer::Flag(column) => self.flag(column, *op, literal),
                Answer::Time(column) => self.time(column, *op, literal),
                Answer::Always(value) => always(value, *op, literal),
                Answer::Elements(elements) if *op == CompareOp::Eq => self.element(elements, literal.as_str()?, None),
                Answer::Elements(_) | Answer::Object => None,
            },
            Filter::ValuePath(path, inner) => {
                let value = path.clone().with_sub("value");
                let Some(Answer::Elements(elements)) = (self.answers)(&value) else { return None };
                let (value, kind) = value_and_type(inner)?;
                self.element(elements, value, kind)
            }
        }
    }

    fn all(&mut self, parts: &[Filter]) -> Option<Vec<String>> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    fn text(&mut self, text: Text, op: CompareOp, literal: &Literal) -> Option<String> {
        let column = format!("{}.{}", self.alias, text.column);
        let present = |present: bool| match (text.nullable, present) {
            (false, _) => truth(present),
            (true, true) => format!("{column} IS NOT NULL"),
            (true, false) => format!("{column} IS NULL"),
        };
        if *literal == Literal::Null {
            return nullness(op).map(|wanted| present(!wanted));
        }
        let wanted = literal.as_str()?;
        let wanted = if text.folded { fold(wanted) } else { wanted.to_owned() };
        if wanted.contains('\0') || (text.cut && wanted.len() > SURE) {
            return None;
        }
        if wanted.is_empty() {
            return Some(match op {
                CompareOp::Eq | CompareOp::Lt | CompareOp::Le => truth(false),
                CompareOp::Ne => truth(true),
                _ => present(true),
            });
        }
        if wanted.len() > LONGEST_KEY {
            // No resource has anything as long.
            return match op {
                CompareOp::Eq | CompareOp::Co | CompareOp::Sw | CompareOp::Ew => Some(truth(false)),
                CompareOp::Ne => Some(truth(true)),
                _ => None,
            };
        }
        Some(match op {
            CompareOp::Ne if text.nullable => format!("({column} <> {} OR {column} IS NULL)", self.bind(wanted)),
            CompareOp::Sw => match successor(&wanted) {
                Some(end) => format!("({column} >= {} AND {column} < {})", self.bind(wanted), self.bind(end)),
                None => format!("{column} >= {}", self.bind(wanted)),
            },
            CompareOp::Co | CompareOp::Ew => return None,
            op => format!("{column} {} {}", sign(op)?, self.bind(wanted)),
        })
    }

    fn flag(&mut self, column: &str, op: CompareOp, literal: &Literal) -> Option<String> {
        let alias = self.alias;
        match literal {
            Literal::Null => nullness(op).map(|wanted| truth(!wanted)),
            Literal::Boolean(flag) if matches!(op, CompareOp::Eq | CompareOp::Ne) => {
                Some(format!("{alias}.{column} {} {}", sign(op)?, self.bind(*flag)))
            }
            _ => None,
        }
    }

    /// Instants are whole milliseconds; a literal may lie between two of them.
    fn time(&mut self, column: &str, op: CompareOp, literal: &Literal) -> Option<String> {
        if *literal == Literal::Null {
            return nullness(op).map(|wanted| truth(!wanted));
        }
        let wanted = parse_date_time(literal.as_str()?)?;
        // A leap second is later than anything before and earlier than anything after it, which no number is.
        if wanted.nanosecond() >= 1_000_000_000 {
            return None;
        }
        let exact = wanted.nanosecond() % 1_000_000 == 0;
        let op = match op {
            CompareOp::Eq if !exact => return Some(truth(false)),
            CompareOp::Ne if !exact => return Some(truth(true)),
            CompareOp::Ge if !exact => CompareOp::Gt,
            CompareOp::Lt if !exact => CompareOp::Le,
            op => op,
        };
        let alias = self.alias;
        Some(format!("{alias}.{column} {} {}", sign(op)?, self.bind(wanted.timestamp_millis())))
    }

    /// How few rows a condition leaves that columns answer.
    fn access(&self, filter: &Filter) -> Access {
        match filter {
            Filter::And(parts) if parts.iter().any(|part| self.access(part) != Access::Walk) => Access::Keyed,
            Filter::Or(parts) if parts.iter().all(|part| self.access(part) != Access::Walk) => Access::Keyed,
            Filter::ValuePath(..) => Access::Keyed,
            Filter::Compare(path, op, Literal::String(wanted)) if !wanted.is_empty() => {
                match ((self.answers)(path), op) {
                    (Some(Answer::Text(text)), CompareOp::Eq) if text.unique => Access::Unique,
                    (Some(Answer::Text(_)), CompareOp::Eq | CompareOp::Sw)
                    | (Some(Answer::Elements(_)), CompareOp::Eq) => Access::Keyed,
                    _ => Access::Walk,
                }
            }
            _ => Access::Walk,
        }
    }
}

fn always(value: &str, op: CompareOp, literal: &Literal) -> Option<String> {
    match (op, literal) {
        (CompareOp::Eq, Literal::String(wanted)) => Some(truth(value == wanted)),
        (CompareOp::Ne, Literal::String(wanted)) => Some(truth(value != wanted)),
        (op, Literal::Null) => nullness(op).map(|wanted| truth(!wanted)),
        _ => None,
    }
}

/// Whether a comparison with null wants null.
fn nullness(op: CompareOp) -> Option<bool> {
    match op {
        CompareOp::Eq => Some(true),
        CompareOp::Ne => Some(false),
        _ => None,
    }
}

pub(super) fn truth(of: bool) -> String {
    if of { "TRUE" } else { "FALSE" }.to_owned()
}

fn sign(op: CompareOp) -> Option<&'static str> {
    Some(match op {
        CompareOp::Eq => "=",
        CompareOp::Ne => "<>",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => return None,
    })
}

/// The least text that is greater than all that begin with this one; `None` if there is none. Bytes of
/// UTF-8 sort like the characters.
fn successor(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            other => char::from_u32(u32::from(other) + 1),
        };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_what_begins_with_its_first() {
        assert_eq!(successor("ab").as_deref(), Some("ac"));
        assert_eq!(successor("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(successor("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(successor("\u{10ffff}"), None);
        for (prefix, text) in [("é", "é"), ("é", "éé\u{10ffff}"), ("a%", "a%b"), ("z", "z")] {
            assert!(prefix <= text && text < successor(prefix).unwrap().as_str(), "{prefix} {text}");
        }
    }
}
