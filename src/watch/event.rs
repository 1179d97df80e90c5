//! What changed.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::escape::Escaped;
use crate::report::{Finding, Instant, ReportedCertificate, Status};
use crate::snapshot::Failure;

/// A change that a look showed.
///
/// `Display` writes it on one line: `https://example.com:443: was pass, is warn`. What is removed from
/// a watch is told no more, nor that it was removed. With the feature
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
    /// Which chain of a source it is about, where it is about one: the report's
    /// [`target`](crate::Report::target). `None` of targets, which show but one.
    #[cfg_attr(
        feature = "serde",
        serde(skip_serializing_if = "Option::is_none", serialize_with = "option")
    )]
    pub chain: Option<Arc<str>>,
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
    #[non_exhaustive]
    StatusChanged {
        /// What it came to.
        from: Status,
        /// What it comes to.
        to: Status,
    },
    /// Something was seen that was not there before, or that got worse.
    #[non_exhaustive]
    FindingAppeared {
        /// What was seen.
        finding: Box<Finding>,
    },
    /// Something is not there any more.
    #[non_exhaustive]
    FindingResolved {
        /// What was seen last.
        finding: Box<Finding>,
    },
    /// The end-entity certificate is another one, most often a renewed one.
    #[non_exhaustive]
    Renewed {
        /// The one before.
        from: Box<ReportedCertificate>,
        /// The one that is there.
        to: Box<ReportedCertificate>,
    },
    /// The end-entity certificate is by another issuer.
    #[non_exhaustive]
    IssuerChanged {
        /// The issuer's name before.
        from: String,
        /// The issuer's name.
        to: String,
    },
    /// Nothing could be seen; the last facts stay.
    #[non_exhaustive]
    LookFailed {
        /// Why.
        failure: Failure,
    },
    /// Something can be seen again.
    #[non_exhaustive]
    LookRecovered {
        /// The instant of the first look that failed.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        since: OffsetDateTime,
    },
    /// It still is not pass: see [`remind_every`](super::WatchBuilder::remind_every).
    #[non_exhaustive]
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
        let name = self.chain.as_deref().unwrap_or(&self.target);
        write!(f, "{}: {}", Escaped(name), self.kind)
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
                write!(f, "can be looked at again, after failing since {}", Instant(*since))
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

#[cfg(feature = "serde")]
#[expect(clippy::ref_option, reason = "serde calls it so")]
fn option<S: serde::Serializer>(
    shared: &Option<Arc<str>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match shared {
        Some(shared) => text(shared, serializer),
        None => serializer.serialize_none(),
    }
}
