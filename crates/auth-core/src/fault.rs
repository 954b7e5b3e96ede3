//! What can go wrong: every failure has a kind and a code.
//!
//! A dialect renders these two and never asks which variant it was. Codes are a contract, in snake
//! case; where Better Auth has a code for the same thing, ours is the same words in small letters.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use sea_orm::DbErr;

/// The result of everything in the core.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of failure it is. Each dialect has a status for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What was sent cannot be accepted.
    Invalid,
    /// No credentials, or none that are good.
    Unauthenticated,
    /// Good credentials without the right.
    Forbidden,
    /// No such thing, or none that the caller may know of.
    NotFound,
    /// It contradicts what is there.
    Conflict,
    /// The version that the caller knows is not the present one.
    Stale,
    /// More than is allowed at once.
    TooLarge,
    /// Too often.
    RateLimited,
    /// Not now; later perhaps.
    Unavailable,
    /// Ours. Never explained to the caller.
    Internal,
}

/// A failure that a module names. Written with [`faults!`](crate::faults).
pub trait Fault: StdError + Send + Sync + 'static {
    /// What sort it is.
    fn kind(&self) -> Kind;
    /// The contract: stable, snake case.
    fn code(&self) -> &'static str;
    /// What the caller is told.
    fn public_message(&self) -> Cow<'static, str>;
    /// The field that is at fault, if one is.
    fn field(&self) -> Option<&'static str>;
}

/// Any failure of the core.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    code: &'static str,
    message: Cow<'static, str>,
    field: Option<&'static str>,
    transient: bool,
    retry_after: Option<i64>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The code of a database that cannot be written to or reached.
const REFUSED: &str = "storage_unavailable";

impl Error {
    /// What sort it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The contract: stable, snake case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// What the caller is told. For [`Kind::Internal`] it says nothing but that.
    #[must_use]
    pub fn public_message(&self) -> &str {
        &self.0.message
    }

    /// The field that is at fault, if one is.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        self.0.field
    }

    /// Whether the same attempt may succeed when it is made again at once (deadlock, serialization
    /// failure, busy database).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }

    /// How many seconds to wait before the same attempt may succeed, where that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<i64> {
        self.0.retry_after
    }

    /// The same failure, which lasts so many seconds.
    #[must_use]
    pub fn retry_in(mut self, seconds: i64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// A failure of ours; the source is logged and never shown.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Box::new(Inner {
            kind: Kind::Internal,
            code: "internal",
            message: Cow::Borrowed("Something went wrong on our side"),
            field: None,
            transient: false,
            retry_after: None,
            source: Some(source.into()),
        }))
    }

    /// The same failure, but of a race that another transaction won: the same attempt, made again, sees
    /// how it ended.
    #[must_use]
    pub fn lost_race(mut self) -> Self {
        self.0.transient = true;
        self
    }

    /// Whether it says something of the service, and nothing of what was asked of it: a failure of ours, or a database that is
    /// away, full, or has no time.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.0.kind == Kind::Internal || self.0.transient || self.0.source.is_some()
    }

    /// Whether the database cannot be written to or reached, for longer than a moment.
    pub(crate) fn is_refused_storage(&self) -> bool {
        self.0.code == REFUSED
    }

    /// Whether a unique index refused the row. What that means is known where the row is written:
    /// see [`OrConflict`].
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        self.0.source.as_ref().and_then(|source| source.downcast_ref::<DbErr>()).is_some_and(crate::db::is_conflict)
    }

    /// Whether this is the given fault.
    #[must_use]
    pub fn is(&self, fault: &impl Fault) -> bool {
        self.0.code == fault.code() && self.0.kind == fault.kind()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("code", &self.0.code)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl<F: Fault> From<F> for Error {
    fn from(fault: F) -> Self {
        Self(Box::new(Inner {
            kind: fault.kind(),
            code: fault.code(),
            message: fault.public_message(),
            field: fault.field(),
            transient: false,
            retry_after: None,
            source: None,
        }))
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        let (transient, busy) = (crate::db::is_transient(&error), crate::db::is_busy(&error));
        let refused = crate::db::refuses(&error);
        let mut this = Self::internal(error);
        this.0.transient = transient;
        if busy {
            (this.0.kind, this.0.code, this.0.message) =
                (Kind::Unavailable, "busy", Cow::Borrowed("Too busy; try again"));
        } else if refused {
            tracing::error!(error = ?this.0.source, "the database cannot be written to or reached");
            (this.0.kind, this.0.code, this.0.message) =
                (Kind::Unavailable, REFUSED, Cow::Borrowed("Nothing can be stored now; try again later"));
        }
        this
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}

/// An error that may leave the closure of a transaction: the core's own, or a dialect's that can
/// carry it.
pub trait Failure: From<Error> {
    /// The core's failure inside, by which the transaction knows whether to try again.
    fn core(&self) -> Option<&Error>;
}

impl Failure for Error {
    fn core(&self) -> Option<&Error> {
        Some(self)
    }
}

/// Gives a refused unique index its meaning, at the place where the row is written.
pub trait OrConflict<T> {
    /// The fault instead of a unique violation; everything else as it is.
    ///
    /// # Errors
    /// As the value it is called on, but for the unique violation.
    fn or_conflict(self, fault: impl Fault) -> Result<T>;
}

impl<T, E: Into<Error>> OrConflict<T> for std::result::Result<T, E> {
    fn or_conflict(self, fault: impl Fault) -> Result<T> {
        self.map_err(|error| {
            let error = error.into();
            if error.is_unique_violation() { fault.into() } else { error }
        })
    }
}

/// Declares the failures of a module, a line each:
/// `Variant => Kind, "code", "What the caller is told";`, with an optional `, field "name"` at the
/// end, and with optional text for the caller: `Variant(String) => Kind, "code", "Said {0}";`.
#[macro_export]
macro_rules! faults {
    (
        $(#[$doc:meta])* pub enum $name:ident {
            $($(#[$vdoc:meta])* $variant:ident $(($arg:ty))? => $kind:ident, $code:literal, $message:literal $(, field $field:literal)?;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum $name {
            $($(#[$vdoc])* #[error($message)] $variant $(($arg))?,)*
        }

        impl $name {
            /// Every kind and code of this module, for the snapshot that keeps them stable.
            pub const CODES: &'static [($crate::fault::Kind, &'static str)] =
                &[$(($crate::fault::Kind::$kind, $code)),*];
        }

        impl $crate::fault::Fault for $name {
            fn kind(&self) -> $crate::fault::Kind {
                match self { $(Self::$variant { .. } => $crate::fault::Kind::$kind,)* }
            }
            fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code,)* }
            }
            fn public_message(&self) -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Owned(self.to_string())
            }
            fn field(&self) -> Option<&'static str> {
                match self { $(Self::$variant { .. } => { let field: &[&'static str] = &[$($field)?]; field.first().copied() })* }
            }
        }
    };
}
