//! Black-box checks of a SCIM 2.0 server, ours or any other: it speaks HTTP and knows nothing else of it.
//!
//! Most checks are short scripts (`checks/*.scim`) that read like the exchange they are about; what a script cannot say
//! is Rust in `checks`. [`run`] makes people and groups whose names carry the name of the run, one check after another,
//! and deletes all of them again, also after failures.

mod announced;
mod answer;
mod checks;
mod options;
mod pattern;
mod profile;
mod report;
mod run;
mod runner;
mod script;
mod target;

pub use checks::{Check, Severity, all};
pub use options::{Limits, Options};
pub use profile::{Profile, UnknownProfile};
pub use report::{CheckReport, Exchange, Format, Outcome, Report, UnknownFormat};
pub use runner::{listed, run};
pub use target::{BadTarget, Credential, Target};
