//! The checks: scripts, and what scripts cannot say.

mod discovery;
mod http;
mod limits;
mod paging;
mod races;
mod versions;

use std::fmt;
use std::pin::Pin;

use crate::announced::Feature;
use crate::answer::Verdict;
use crate::profile::Profile;
use crate::run::Run;
use crate::script::{self, Step};

/// How much something is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// A standard demands it.
    Must,
    /// A standard recommends it, or leaves a choice of which one does harm.
    Should,
    /// An identity provider relies on it.
    Vendor,
}

impl Severity {
    /// Its word in scripts and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Vendor => "vendor",
        }
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        [Self::Must, Self::Should, Self::Vendor].into_iter().find(|one| one.as_str() == word)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

type Doing<'a> = Pin<Box<dyn Future<Output = Verdict> + 'a>>;

enum Work {
    Script(Vec<Step>),
    Code(Box<dyn for<'a> Fn(&'a mut Run) -> Doing<'a>>),
}

/// Something that a server should do, and how that is seen.
pub struct Check {
    /// Its id, which stays: `rfc7644.3.5.2.patch.remove-user-name`.
    pub id: String,
    /// What is wanted.
    pub title: String,
    /// Who wants it.
    pub source: String,
    /// How much.
    pub severity: Severity,
    /// To whose habits it belongs.
    pub profiles: Vec<Profile>,
    pub(crate) needs: Vec<Feature>,
    work: Work,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("id", &self.id).field("title", &self.title).finish_non_exhaustive()
    }
}

impl Check {
    pub(crate) async fn perform(&self, run: &mut Run) -> Verdict {
        match &self.work {
            Work::Script(steps) => script::play(run, steps).await,
            Work::Code(code) => code(run).await,
        }
    }

    pub(crate) fn scripted(head: script::Head, steps: Vec<Step>) -> Self {
        Self {
            id: head.id,
            title: head.title,
            source: head.source,
            severity: head.severity,
            profiles: head.profiles,
            needs: head.needs,
            work: Work::Script(steps),
        }
    }
}

/// Where checks in Rust are written down.
struct Book {
    area: &'static str,
    source: &'static str,
    needs: &'static [Feature],
    checks: Vec<Check>,
}

impl Book {
    /// What follows belongs to an area, comes from a source, and needs something.
    fn area(&mut self, area: &'static str, source: &'static str, needs: &'static [Feature]) {
        (self.area, self.source, self.needs) = (area, source, needs);
    }

    fn add<F>(&mut self, severity: Severity, id: &str, title: &str, code: F)
    where
        F: AsyncFn(&mut Run) -> Verdict + Copy + 'static,
    {
        self.checks.push(Check {
            id: format!("{}.{id}", self.area),
            title: title.to_owned(),
            source: self.source.to_owned(),
            severity,
            profiles: vec![Profile::Rfc],
            needs: self.needs.to_vec(),
            work: Work::Code(Box::new(move |run| Box::pin(async move { code(run).await }))),
        });
    }

    fn must<F: AsyncFn(&mut Run) -> Verdict + Copy + 'static>(&mut self, id: &str, title: &str, code: F) {
        self.add(Severity::Must, id, title, code);
    }

    fn should<F: AsyncFn(&mut Run) -> Verdict + Copy + 'static>(&mut self, id: &str, title: &str, code: F) {
        self.add(Severity::Should, id, title, code);
    }
}

/// All checks, in the order in which they run.
pub fn all() -> Vec<Check> {
    let mut book = Book { area: "", source: "", needs: &[], checks: Vec::new() };
    discovery::checks(&mut book);
    http::checks(&mut book);
    races::checks(&mut book);
    paging::checks(&mut book);
    versions::checks(&mut book);
    limits::checks(&mut book);
    let mut checks = book.checks;
    checks.extend(script::checks());
    checks
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_check_has_an_id_of_its_own() {
        let all = all();
        let ids: BTreeSet<&str> = all.iter().map(|check| check.id.as_str()).collect();
        assert_eq!(ids.len(), all.len(), "two checks have one id");
        assert!(all.len() >= 250, "{} checks", all.len());
        for check in &all {
            let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
            assert!(check.id.bytes().all(legal) && check.id.contains('.'), "{}", check.id);
            assert!(!check.title.is_empty() && !check.source.is_empty() && !check.profiles.is_empty(), "{check:?}");
        }
    }

    #[test]
    fn every_profile_has_checks() {
        for profile in Profile::ALL {
            let count = all().iter().filter(|check| check.profiles.contains(profile)).count();
            assert!(count >= 5, "{profile} has {count} checks");
        }
    }
}
