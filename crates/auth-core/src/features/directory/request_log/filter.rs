//! Which requests are wanted of those in segments: what the conditions of the statements say of rows, a property test
//! holds both to the same answer.

use super::entry::READS_OF_ONE;
use super::packing::{Field, Head};
use super::summary::{Group, Key, Summary};
use super::{Sight, Status};

/// Of whom requests are wanted.
#[derive(Clone, Debug, Default)]
pub(in crate::features::directory) struct Person {
    /// The resources that are or were theirs.
    pub(in crate::features::directory) targets: Vec<String>,
    /// Their `userName`, folded, if it is looked for.
    pub(in crate::features::directory) name: Option<String>,
}

/// A text that is searched for. The databases fold ASCII only, so that it is also looked for as it was written.
#[derive(Clone, Debug)]
pub(super) struct Search {
    folded: String,
    written: String,
    personal: bool,
}

/// Which requests are wanted. Those of [`Default`] are all.
#[derive(Clone, Debug, Default)]
pub(in crate::features::directory) struct Filter {
    pub(super) person: Option<Person>,
    pub(super) status: Option<Status>,
    pub(super) operation: Option<String>,
    pub(super) credential: Option<String>,
    pub(super) search: Option<Search>,
}

impl Filter {
    /// Those of one person.
    pub(in crate::features::directory) fn of(person: Person) -> Self {
        Self { person: Some(person), ..Self::default() }
    }

    /// Those with a text somewhere that the one who asks sees.
    pub(super) fn search(&mut self, text: &str, sight: Sight) {
        let (folded, written) = (text.to_lowercase(), text.to_ascii_lowercase());
        self.search = Some(Search { folded, written, personal: sight == Sight::Whole });
    }

    /// Whether there may be such requests in a segment.
    pub(super) fn may_match(&self, summary: &Summary) -> bool {
        let person = self.person.as_ref().is_none_or(|person| {
            let keys = &summary.keys;
            person.targets.iter().any(|target| keys.may_hold(Key::Target(target)))
                || person.name.as_ref().is_some_and(|name| keys.may_hold(Key::Name(name)))
        });
        person && summary.groups.iter().any(|group| self.wants(group))
    }

    /// How many such requests there are in a segment, if its summary tells.
    pub(super) fn count(&self, summary: &Summary) -> Option<i64> {
        let told = self.person.is_none() && self.search.is_none();
        told.then(|| summary.groups.iter().filter(|group| self.wants(group)).map(|group| group.requests).sum())
    }

    fn wants(&self, group: &Group) -> bool {
        self.is_kind(group.status, &group.operation, &group.credential)
    }

    fn is_kind(&self, status: u16, operation: &str, credential: &str) -> bool {
        self.status.is_none_or(|wanted| wanted.holds(status))
            && self.operation.as_ref().is_none_or(|wanted| wanted == operation)
            && self.credential.as_ref().is_none_or(|wanted| wanted == credential)
    }

    pub(super) fn matches(&self, head: &Head) -> bool {
        self.is_kind(head.status, head.operation(), head.text(Field::Credential).unwrap_or_default())
            && self.person.as_ref().is_none_or(|person| person.is_in(head))
            && self.search.as_ref().is_none_or(|search| search.finds(head))
    }
}

impl Person {
    fn is_in(&self, head: &Head) -> bool {
        let target = head.text(Field::Target).is_some_and(|target| self.targets.iter().any(|theirs| theirs == target));
        target || self.is_named(head)
    }

    fn is_named(&self, head: &Head) -> bool {
        self.name.is_some() && head.text(Field::UserName) == self.name.as_deref() && head.operation() != READS_OF_ONE
    }
}

impl Search {
    fn finds(&self, head: &Head) -> bool {
        let open = [Field::Id, Field::Request, Field::Operation, Field::Target, Field::UserAgent];
        let personal: &[Field] = if self.personal { &[Field::Path, Field::UserName] } else { &[] };
        open.iter().chain(personal).filter_map(|field| head.text(*field)).any(|text| {
            let text = text.to_ascii_lowercase();
            text.contains(&self.folded) || text.contains(&self.written)
        })
    }
}
