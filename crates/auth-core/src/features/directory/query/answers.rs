//! What columns and rows of other tables know about attributes, and how they are asked about elements.

use super::lower::Writer;
use super::{key, lookup};
use scim_protocol::{CompareOp, Filter, Literal, fold};

/// What answers questions about an attribute.
pub(in crate::features::directory) enum Answer {
    /// A column of text.
    Text(Text),
    /// A column of a truth that every resource has.
    Flag(&'static str),
    /// A column of an instant that every resource has, in milliseconds.
    Time(&'static str),
    /// The same text for every resource.
    Always(&'static str),
    /// An object of which every resource has a part.
    Object,
    /// Rows of another table, one for each element; they answer an equality.
    Elements(Elements),
}

/// A column of text, with an index for its order.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "a column is several things at once")]
pub(in crate::features::directory) struct Text {
    pub column: &'static str,
    /// Whether it holds the text without regard to case.
    pub folded: bool,
    /// Whether it may be null, where the attribute is unassigned.
    pub nullable: bool,
    /// Whether it holds only the beginning of a long text.
    pub cut: bool,
    /// Whether no two resources of a directory have the same.
    pub unique: bool,
}

/// Which other table has the elements of a list.
#[derive(Clone, Copy)]
pub(in crate::features::directory) enum Elements {
    /// The addresses of a user.
    Emails,
    /// The groups that a user is in, through other groups too.
    Groups,
    /// The members of a group.
    Members,
}

impl Writer {
    /// One element has the value, and is of the type if one is named.
    pub(super) fn element(&mut self, elements: Elements, value: &str, kind: Option<&str>) -> Option<String> {
        let alias = self.alias;
        let kind = kind.map(fold);
        let value = match elements {
            // What is too long for the column may be in a resource all the same.
            Elements::Emails => key(value)?,
            // Ids are never as long.
            _ if lookup(value).is_none() => return (!value.contains('\0')).then(|| super::lower::truth(false)),
            _ => value.to_owned(),
        };
        Some(match elements {
            Elements::Emails => {
                let value = self.bind(value);
                let kind = match kind {
                    Some(kind) => format!(" AND e.kind_key = {}", self.bind(lookup(&kind)?)),
                    None => String::new(),
                };
                format!(
                    "{alias}.id IN (SELECT e.directory_user_id FROM directory_user_emails e
                        WHERE e.directory_id = $1 AND e.value_key = {value}{kind})"
                )
            }
            Elements::Groups => {
                let value = self.bind(value);
                let groups = match kind.as_deref() {
                    None => format!(
                        "IN (WITH RECURSIVE inside(id) AS (
                            SELECT o.id FROM directory_groups o WHERE o.id = {value} AND o.directory_id = $1
                            UNION SELECT n.member_id FROM inside JOIN directory_group_members n
                                ON n.group_id = inside.id AND n.member_kind = 'group')
                         SELECT id FROM inside)"
                    ),
                    Some("direct") => format!("= {value}"),
                    Some(_) => return None,
                };
                // A group and its members are of one directory, and an index has both ids.
                format!("{alias}.id IN (SELECT m.member_id FROM directory_group_members m WHERE m.group_id {groups})")
            }
            Elements::Members => {
                let value = self.bind(value);
                let kind = match kind {
                    Some(kind) => format!(" AND m.member_kind = {}", self.bind(lookup(&kind)?)),
                    None => String::new(),
                };
                format!(
                    "{alias}.id IN (SELECT m.group_id FROM directory_group_members m
                        WHERE m.directory_id = $1 AND m.member_id = {value}{kind})"
                )
            }
        })
    }
}

/// `type eq "work" and value eq "x"`, in either order: value and type.
pub(super) fn value_and_type(filter: &Filter) -> Option<(&str, Option<&str>)> {
    let (mut value, mut kind) = (None, None);
    for part in filter.conjuncts() {
        let Filter::Compare(path, CompareOp::Eq, Literal::String(text)) = part else { return None };
        let place = match path.attr.as_str() {
            "value" => &mut value,
            "type" => &mut kind,
            _ => return None,
        };
        if text.is_empty() || place.replace(text.as_str()).is_some() {
            return None;
        }
    }
    Some((value?, kind))
}
