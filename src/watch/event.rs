//! What changed.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::escape::Escaped;
use crate::report::{Finding, Instant, ReportedCertificate, Status};
use crate::snapshot::Failure;

/// A change that a look showed.
///
/// `Display` writes it on one line: `https://example.com:443: was pass, is warn`. With the feature
/// `serde` it is written as JSON.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Event {
    /// The instant of the look.
    #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
    pub at: OffsetDateTime,
    /// The label of the target or source: see [`Watched::label`](crate::snapshot::Watched::label).
    #[cfg_attr(feature = "serde", serde(serialize_with = "text"))]
    pub target: Arc<str>,
    /// What changed.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub kind: EventKind,
}

/// What changed. Each change is told once: see [`Damping`](super::Damping).
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "event", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum EventKind {
    /// It comes to something else. Before its first look a target is unknown, and it is so again when
    /// what is known of it gets too old.
    StatusChanged {
        /// What it came to.
        from: Status,
        /// What it comes to.
        to: Status,
    },
    /// Something was seen that was not there before, or that got worse.
    FindingAppeared {
        /// What was seen.
        finding: Box<Finding>,
    },
    /// Something is not there any more.
    FindingResolved {
        /// What was seen last.
        finding: Box<Finding>,
    },
    /// The end-entity certificate is another one, most often a renewed one.
    Renewed {
        /// The one before.
        from: Box<ReportedCertificate>,
        /// The one that is there.
        to: Box<ReportedCertificate>,
    },
    /// The end-entity certificate is by another issuer.
    IssuerChanged {
        /// The issuer's name before.
        from: String,
        /// The issuer's name.
        to: String,
    },
    /// Nothing could be seen; the last facts stay.
    LookFailed {
        /// Why.
        failure: Failure,
    },
    /// Something can be seen again.
    LookRecovered {
        /// The instant of the first look that failed.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        since: OffsetDateTime,
    },
    /// It still is not pass: see [`remind_every`](super::WatchBuilder::remind_every).
    Reminder {
        /// What it comes to.
        status: Status,
        /// Since when.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        since: OffsetDateTime,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Escaped(&self.target), self.kind)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StatusChanged { from, to } => write!(f, "was {from}, is {to}"),
            Self::FindingAppeared { finding } => finding.fmt(f),
            Self::FindingResolved { finding } => write!(f, "resolved: {}", finding.code()),
            Self::Renewed { to, .. } => match to.not_after() {
                Some(not_after) => {
                    write!(f, "another certificate, good until {}", Instant(not_after))
                }
                None => f.write_str("another certificate, which can't be read"),
            },
            Self::IssuerChanged { from, to } => {
                write!(f, "issued by {}, and before by {}", Escaped(to), Escaped(from))
            }
            Self::LookFailed { failure } => write!(f, "could not look: {failure}"),
            Self::LookRecovered { since } => {
                write!(f, "can be looked at again, for the first time since {}", Instant(*since))
            }
            Self::Reminder { status, since } => {
                write!(f, "is {status}, since {}", Instant(*since))
            }
        }
    }
}

/// serde shares no text by itself.
#[cfg(feature = "serde")]
fn text<S: serde::Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}
