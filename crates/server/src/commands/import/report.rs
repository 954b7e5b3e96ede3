//! What an import came to, or would come to: counted by kind, with the reasons.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use auth_core::arrivals::Came;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::commands::terminal::line;

/// How many ids are named for a reason.
const EXAMPLES: usize = 5;
/// How much of an id is named: one that can be kept is no longer.
const LONGEST: usize = 64;
/// How many different reasons are kept for a kind; the others are counted as one.
const REASONS: usize = 50;

/// All of it. The names are a contract.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// Whether it was done; otherwise it is a plan.
    pub applied: bool,
    /// The kind of database that was read.
    pub source: &'static str,
    /// By kind, in the order in which they were taken.
    pub kinds: Vec<Counted>,
    /// Who administers the instance from then on: all of them, since it is them to look at.
    pub administrators: Vec<Administrator>,
    /// Tables of which nothing is taken.
    pub not_taken: Vec<Untaken>,
    /// Columns of the source that nobody looked at, by table.
    pub other_columns: BTreeMap<String, Vec<String>>,
    /// What there is to do by hand.
    pub notes: Vec<String>,
}

/// Somebody new who administers the instance.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Administrator {
    pub id: String,
    /// As it is written there.
    pub email: String,
}

impl Administrator {
    pub(super) fn of(id: &str, email: &str) -> Self {
        Self { id: id.to_owned(), email: email.to_owned() }
    }
}

/// One kind of thing.
#[derive(Debug, Default, Serialize)]
pub(super) struct Counted {
    pub kind: &'static str,
    /// Here from now on.
    pub new: u64,
    /// Here already.
    pub present: u64,
    /// Of these, those that are different there. They stay as they are here.
    pub differing: u64,
    /// Taken before, and ended here since.
    pub gone: u64,
    /// What cannot be taken.
    pub refused: u64,
    pub reasons: Vec<Reason>,
}

/// Why something was not taken, or not whole, or is different.
#[derive(Debug, Serialize)]
pub(super) struct Reason {
    /// `refused`, `without` or `differs`.
    pub what: &'static str,
    pub why: String,
    pub count: u64,
    /// Ids of some of them, there.
    pub examples: Vec<String>,
}

/// A table of which nothing is taken.
#[derive(Debug, Serialize)]
pub(super) struct Untaken {
    pub table: String,
    pub rows: i64,
    pub why: &'static str,
    /// What its rows are called, if they are few and have names.
    pub names: Vec<String>,
}

impl Report {
    /// Begins a kind, so that it is told of even if there is nothing of it.
    pub(super) fn begin(&mut self, kind: &'static str) {
        if self.kinds.iter().all(|known| known.kind != kind) {
            self.kinds.push(Counted { kind, ..Counted::default() });
        }
    }

    /// Counts what became of one thing.
    pub(super) fn count(&mut self, kind: &'static str, id: &str, came: &Came) {
        self.begin(kind);
        let Some(of) = self.kinds.iter_mut().find(|known| known.kind == kind) else { return };
        match came {
            Came::New(without) => {
                of.new += 1;
                for part in without {
                    of.reason("without", part, id);
                }
            }
            Came::Present(differing) => {
                of.present += 1;
                if !differing.is_empty() {
                    of.differing += 1;
                    of.reason("differs", &differing.join(", "), id);
                }
            }
            Came::Gone => of.gone += 1,
            Came::Refused(why) => {
                of.refused += 1;
                of.reason("refused", why, id);
            }
        }
    }

    /// How many of each kind came, for the event.
    pub(super) fn taken(&self) -> Json {
        let taken = self.kinds.iter().filter(|kind| kind.new > 0);
        Json::Object(taken.map(|kind| (kind.kind.to_owned(), json!(kind.new))).collect::<Map<_, _>>())
    }

    /// Notes something to do by hand, once.
    pub(super) fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }
}

impl Counted {
    fn reason(&mut self, what: &'static str, why: &str, id: &str) {
        let known = self.reasons.iter().position(|reason| reason.what == what && reason.why == why);
        let at = match known {
            Some(at) => at,
            None if self.reasons.len() < REASONS => {
                self.reasons.push(Reason { what, why: why.to_owned(), count: 0, examples: Vec::new() });
                self.reasons.len() - 1
            }
            None => return self.other(what),
        };
        let reason = &mut self.reasons[at];
        reason.count += 1;
        if reason.examples.len() < EXAMPLES {
            reason.examples.push(id.chars().take(LONGEST).collect());
        }
    }

    fn other(&mut self, what: &'static str) {
        const OTHER: &str = "for other reasons";
        match self.reasons.iter_mut().find(|reason| reason.what == what && reason.why == OTHER) {
            Some(reason) => reason.count += 1,
            None => self.reasons.push(Reason { what, why: OTHER.to_owned(), count: 1, examples: Vec::new() }),
        }
    }
}

/// For people. What comes from the source is whatever somebody wrote there: none of it steers the terminal or begins a line.
impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heading = if self.applied { "Imported" } else { "Plan: nothing was changed. --apply does it" };
        writeln!(f, "{heading}\n")?;
        writeln!(f, "{:<24}{:>10}{:>10}{:>10}{:>10}{:>10}", "", "new", "present", "differing", "gone", "refused")?;
        for kind in &self.kinds {
            let Counted { kind, new, present, differing, gone, refused, .. } = kind;
            writeln!(f, "{kind:<24}{new:>10}{present:>10}{differing:>10}{gone:>10}{refused:>10}")?;
        }
        if !self.administrators.is_empty() {
            writeln!(f, "\nThey administer this instance from then on, {}:", self.administrators.len())?;
        }
        for Administrator { id, email } in &self.administrators {
            writeln!(f, "  {} {}", line(id), line(email))?;
        }
        for kind in &self.kinds {
            for Reason { what, why, count, examples } in &kind.reasons {
                writeln!(f, "\n{}, {count} {what}: {}", kind.kind, line(why))?;
                if !examples.is_empty() {
                    let more =
                        if usize::try_from(*count).is_ok_and(|count| count > examples.len()) { " …" } else { "" };
                    writeln!(f, "  {}{more}", line(&examples.join(" ")))?;
                }
            }
        }
        for Untaken { table, rows, why, names } in &self.not_taken {
            writeln!(f, "\nNot taken: {table}, {rows} rows: {why}")?;
            if !names.is_empty() {
                writeln!(f, "  {}", line(&names.join(" ")))?;
            }
        }
        for (table, columns) in &self.other_columns {
            writeln!(f, "\nNot looked at, of {table}: {}", line(&columns.join(", ")))?;
        }
        for note in &self.notes {
            writeln!(f, "\nTo do: {}", line(note))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_with_some_examples() {
        let mut report = Report::default();
        for n in 0..7 {
            report.count("users", &format!("u{n}"), &Came::refused("why\u{7}"));
        }
        report.count("users", "u8", &Came::whole());
        report.count("users", "u9\u{1b}[2J", &Came::New(vec!["an image".into()]));
        report.count("users", "u10", &Came::Present(vec!["name"]));
        let users = &report.kinds[0];
        assert_eq!((users.new, users.present, users.differing, users.refused), (2, 1, 1, 7));
        assert_eq!((users.reasons[0].count, users.reasons[0].examples.len()), (7, EXAMPLES));
        assert_eq!(users.reasons[1].examples, ["u9\u{1b}[2J"]);
        assert_eq!(report.taken(), json!({ "users": 2 }));
        for n in 0..100 {
            report.count("members", "m", &Came::refused(format!("reason {n}")));
        }
        assert_eq!(report.kinds[1].reasons.len(), REASONS + 1);
        assert_eq!(report.kinds[1].refused, 100);
    }

    #[test]
    fn nothing_of_the_source_steers_a_terminal_or_begins_a_line() {
        const ODD: &str = "\u{1b}[2J\u{9b}31m\u{202e}\nTo do: trust it";
        let mut report = Report::default();
        report.count("users", ODD, &Came::refused(ODD));
        report.administrators.push(Administrator::of(ODD, ODD));
        report.not_taken.push(Untaken { table: "jwks".into(), rows: 1, why: "", names: vec![ODD.into()] });
        report.other_columns.insert("user".into(), vec![ODD.into()]);
        report.note(ODD.to_owned());
        let shown = report.to_string();
        let odd = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!shown.contains(odd), "{shown:?}");
        assert!(!shown.lines().any(|line| line.starts_with("To do: trust it")), "{shown}");
        assert_eq!(shown.matches("trust it").count(), 7);
    }
}
