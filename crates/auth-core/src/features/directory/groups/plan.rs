//! What a sequence of member operations comes to, before anything is asked of the database: of several
//! words about one member the last one counts, so ten thousand operations are a few set operations.

use std::collections::HashMap;

use super::{Condition, MemberOp};

/// A set operation. Several are carried out in order.
pub(super) enum Step<'a> {
    /// These become members, those do not stay it; nobody is in both lists.
    Delta { add: Vec<&'a str>, remove: Vec<&'a str> },
    /// Whoever satisfies any of these is a member no longer.
    Where(Vec<&'a Condition>),
    /// These are the members, and nobody else.
    Exactly(Vec<&'a str>),
}

/// Folds operations.
pub(super) fn fold(operations: &[MemberOp]) -> Vec<Step<'_>> {
    let mut steps: Vec<Fold<'_>> = Vec::new();
    for operation in operations {
        match operation {
            MemberOp::Add(ids) => words(&mut steps).say(ids, true),
            MemberOp::Remove(ids) => words(&mut steps).say(ids, false),
            MemberOp::RemoveWhere(gone) => match steps.last_mut() {
                // What one leaves, the next one looks at: one look at everybody does for both.
                Some(Fold::Where(conditions)) => conditions.push(gone),
                _ => steps.push(Fold::Where(vec![gone])),
            },
            MemberOp::Replace(ids) => {
                // Whatever was done before does not matter any more.
                steps.clear();
                let mut words = Words { exactly: true, ..Words::default() };
                words.say(ids, true);
                steps.push(Fold::Words(words));
            }
        }
    }
    steps.into_iter().map(Fold::into_step).collect()
}

enum Fold<'a> {
    Words(Words<'a>),
    Where(Vec<&'a Condition>),
}

/// The last word about each member, in the order of the first ones.
#[derive(Default)]
struct Words<'a> {
    exactly: bool,
    said: Vec<(&'a str, bool)>,
    places: HashMap<&'a str, usize>,
}

impl<'a> Words<'a> {
    fn say(&mut self, ids: &'a [String], member: bool) {
        for id in ids {
            let place = *self.places.entry(id).or_insert(self.said.len());
            match self.said.get_mut(place) {
                Some(said) => said.1 = member,
                None => self.said.push((id, member)),
            }
        }
    }
}

/// The words that the next operation continues.
fn words<'s, 'a>(steps: &'s mut Vec<Fold<'a>>) -> &'s mut Words<'a> {
    if !matches!(steps.last(), Some(Fold::Words(_))) {
        steps.push(Fold::Words(Words::default()));
    }
    match steps.last_mut() {
        Some(Fold::Words(words)) => words,
        _ => unreachable!("one was pushed"),
    }
}

impl<'a> Fold<'a> {
    fn into_step(self) -> Step<'a> {
        match self {
            Self::Where(gone) => Step::Where(gone),
            Self::Words(Words { exactly, said, .. }) => {
                let (add, remove): (Vec<_>, Vec<_>) = said.into_iter().partition(|(_, member)| *member);
                let ids = |said: Vec<(&'a str, bool)>| said.into_iter().map(|(id, _)| id).collect();
                if exactly { Step::Exactly(ids(add)) } else { Step::Delta { add: ids(add), remove: ids(remove) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn folded(operations: &[MemberOp]) -> Vec<String> {
        let show = |step: &Step<'_>| match step {
            Step::Delta { add, remove } => format!("+{} -{}", add.join(","), remove.join(",")),
            Step::Where(conditions) => format!("where {}", conditions.len()),
            Step::Exactly(ids) => format!("={}", ids.join(",")),
        };
        fold(operations).iter().map(show).collect()
    }

    #[test]
    fn the_last_word_about_a_member_counts() {
        use MemberOp::{Add, Remove, Replace};
        assert_eq!(folded(&[Add(ids("a b a")), Remove(ids("b c")), Add(ids("c d"))]), ["+a,c,d -b"]);
        assert_eq!(folded(&[Add(ids("a")), Remove(ids("a"))]), ["+ -a"]);
        assert_eq!(folded(&[Add(ids("x")), Replace(ids("a b")), Remove(ids("a z")), Add(ids("c"))]), ["=b,c"]);
        assert_eq!(folded(&[Replace(ids("a")), Replace(Vec::new())]), ["="]);
        assert_eq!(folded(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_condition_sees_what_was_done_before_it() {
        use MemberOp::{Add, RemoveWhere, Replace};
        let gone = || RemoveWhere(Condition::new(1, |_| true));
        assert_eq!(folded(&[Add(ids("a")), gone(), Add(ids("a"))]), ["+a -", "where 1", "+a -"]);
        assert_eq!(folded(&[Add(ids("a")), gone(), Replace(ids("b")), gone()]), ["=b", "where 1"]);
        assert_eq!(folded(&[gone(), gone(), Add(ids("a")), gone()]), ["where 2", "+a -", "where 1"]);
    }

    #[test]
    fn ten_thousand_operations_are_one_step() {
        let operations: Vec<MemberOp> = (0..10_000)
            .map(|n| {
                let ids = vec![format!("u{}", n / 2)];
                if n % 2 == 0 { MemberOp::Add(ids) } else { MemberOp::Remove(ids) }
            })
            .collect();
        let steps = fold(&operations);
        assert!(matches!(steps.as_slice(), [Step::Delta { add, remove }] if add.is_empty() && remove.len() == 5_000));
    }
}
