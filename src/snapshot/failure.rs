//! Why a look saw nothing, in a shape that can be kept and written down.

#[cfg(any(feature = "watch", test))]
use std::error::Error;
use std::fmt;

use time::OffsetDateTime;

use crate::escape::Escaped;

/// Why a look saw nothing, or not all of it.
///
/// `Display` writes what happened and the causes below it, escaped where that is needed. Both may tell names and addresses of your
/// network, the [`cause`](Self::cause) what a peer said, and whatever stands in the errors of functions
/// of yours, be it a URL with a token: leave them out where strangers read.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Failure {
    /// The instant of the look.
    #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
    pub at: OffsetDateTime,
    /// A stable name of what happened, in kebab-case: that of a
    /// [`FetchErrorKind`](crate::fetch::FetchErrorKind) or of a
    /// [`ProblemKind`](crate::source::ProblemKind), or `failed` where a function of yours said it.
    pub kind: &'static str,
    /// What was under way, where it was a fetch: `resolve`, `connect`, `handshake`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub phase: Option<&'static str>,
    /// What happened, for people: raw, as whoever failed said it.
    pub message: String,
    /// The causes below it, from the outside in, joined by `: `.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub cause: Option<String>,
}

impl Failure {
    #[cfg(any(feature = "watch", test))]
    pub(crate) fn new(
        at: OffsetDateTime,
        kind: &'static str,
        error: &(dyn Error + 'static),
    ) -> Self {
        let mut causes = Vec::new();
        let mut below = error.source();
        while let Some(cause) = below {
            causes.push(cause.to_string());
            below = cause.source();
        }
        let cause = (!causes.is_empty()).then(|| causes.join(": "));
        Self { at, kind, phase: None, message: error.to_string(), cause }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.message))?;
        match &self.cause {
            Some(cause) => write!(f, ": {}", Escaped(cause)),
            None => Ok(()),
        }
    }
}
