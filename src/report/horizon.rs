//! Until when clients go on, and because of which certificate they stop.

use std::fmt;

use time::OffsetDateTime;

use super::UndeterminedReason;
use crate::chain::{Entry, Validity};
use crate::escape::short;

/// Until when clients go on, and because of which certificate they stop.
///
/// Each path from the end-entity certificate to a trust anchor holds from the latest notBefore to
/// the earliest notAfter of its certificates. The horizon is the end of the connected stretch of
/// time, around the instant of the report, in which some path holds. Every instant here names the
/// last second that is still good; where nothing holds at the instant of the report, the last
/// second that was.
///
/// Clients differ, so there are three such instants. [`until`](Self::until) is the one to act on,
/// and the one by which the status is judged.
///
/// It is about the calendar only: it knows of no revocation, no distrust that a browser has
/// announced, and no name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[non_exhaustive]
pub struct Horizon {
    /// For clients that look for another path where one ends, and hold trust anchors to their own
    /// dates, as far as those are known: OpenSSL 3, Go, Firefox.
    ///
    /// `None` where no path ever held before, or at, the instant of the report; and where it could
    /// not be told: see [`undetermined`](Self::undetermined).
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::instant::option", skip_serializing_if = "Option::is_none")
    )]
    pub until: Option<OffsetDateTime>,
    /// The certificate whose end that is.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub limited_by: Option<Limit>,
    /// For clients that look for another path, and do not look at the dates of trust anchors:
    /// rustls, Chrome, Android.
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::instant::option", skip_serializing_if = "Option::is_none")
    )]
    pub anchors_ignored: Option<OffsetDateTime>,
    /// For clients that follow the chain as it was sent, each certificate to its issuer, and then
    /// hold the trust anchor to its dates: OpenSSL 1.0.2, embedded devices.
    ///
    /// `None` also where that way never held: a cross-sign or a root was over before the end-entity
    /// certificate began. `needed-by-old-clients` says so.
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::instant::option", skip_serializing_if = "Option::is_none")
    )]
    pub as_sent: Option<OffsetDateTime>,
    /// The earliest of the three that there are: from the second after it at the latest, some client
    /// fails. A kind of client for which nothing ever held has no instant, and is not among them.
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::instant::option", skip_serializing_if = "Option::is_none")
    )]
    pub strict: Option<OffsetDateTime>,
    /// The stretches of time, now or later, in which no path holds although one does afterwards;
    /// for the clients of [`until`](Self::until).
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub gaps: Vec<Gap>,
    /// The same for each trust anchor by itself, as of clients that know no other: the longest
    /// lasting first.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub anchors: Vec<AnchorHorizon>,
    /// The end-entity certificate's own notAfter, to compare with; `None` where it can't be read.
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::instant::option", skip_serializing_if = "Option::is_none")
    )]
    pub end_entity: Option<OffsetDateTime>,
    /// The earliest notAfter of all that was presented, to compare with: what naive monitors show.
    /// A certificate that nobody needs counts here too, so it is no verdict.
    #[cfg_attr(
        feature = "serde",
        serde(with = "crate::instant::option", skip_serializing_if = "Option::is_none")
    )]
    pub earliest_presented: Option<OffsetDateTime>,
    /// Why the horizon could not be told, where paths may have been missed. No instant of a client
    /// is given then: it could be wrong.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub undetermined: Option<UndeterminedReason>,
}

impl Horizon {
    /// Whether some path holds at an instant within the stretch that the report is about, for the
    /// clients of [`until`](Self::until).
    pub(crate) fn holds(&self, at: OffsetDateTime) -> bool {
        self.until.is_some_and(|until| at <= until)
    }
}

/// A stretch of time in which no path holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Gap {
    /// Its first second; `None` where no path held before it.
    #[cfg_attr(
        feature = "serde",
        serde(default, with = "crate::instant::option", skip_serializing_if = "Option::is_none")
    )]
    pub from: Option<OffsetDateTime>,
    /// Its last second: a path holds in the next.
    #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
    pub to: OffsetDateTime,
}

/// The horizon of clients that know one trust anchor only.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct AnchorHorizon {
    /// The trust anchor's name.
    pub anchor: String,
    /// The last second that is still good, or was; `None` where it is all to come.
    #[cfg_attr(
        feature = "serde",
        serde(default, with = "crate::instant::option", skip_serializing_if = "Option::is_none")
    )]
    pub until: Option<OffsetDateTime>,
    /// The certificate whose end that is.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub limited_by: Option<Limit>,
}

/// The certificate whose end is the end of all.
#[derive(Clone)]
pub struct Limit {
    position: Option<usize>,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Known(Entry),
    #[cfg_attr(not(feature = "serde"), expect(dead_code, reason = "only serde reads reports"))]
    Written {
        sha256: [u8; 32],
        subject: String,
    },
}

impl Limit {
    pub(crate) const fn new(position: Option<usize>, entry: Entry) -> Self {
        Self { position, source: Source::Known(entry) }
    }

    /// Rebuilds what a written report says.
    #[cfg(feature = "serde")]
    pub(super) const fn written(
        position: Option<usize>,
        sha256: [u8; 32],
        subject: String,
    ) -> Self {
        Self { position, source: Source::Written { sha256, subject } }
    }

    /// Its position in the chain; `None` where it is the trust anchor's own certificate, which
    /// clients have and servers need not send.
    #[must_use]
    pub const fn position(&self) -> Option<usize> {
        self.position
    }

    /// The SHA-256 fingerprint of its bytes.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        match &self.source {
            Source::Known(entry) => entry.sha256(),
            Source::Written { sha256, .. } => *sha256,
        }
    }

    /// Its subject; a long one is cut, and ends in `…` then.
    #[must_use]
    pub fn subject(&self) -> String {
        match &self.source {
            Source::Known(entry) => {
                entry.certificate().map_or_else(|_| String::new(), |facts| short(facts.subject()))
            }
            Source::Written { subject, .. } => subject.clone(),
        }
    }

    pub(crate) fn validity(&self) -> Option<Validity> {
        match &self.source {
            Source::Known(entry) => entry.certificate().ok().map(|facts| facts.validity()),
            Source::Written { .. } => None,
        }
    }
}

impl PartialEq for Limit {
    fn eq(&self, other: &Self) -> bool {
        self.position == other.position && self.sha256() == other.sha256()
    }
}

impl Eq for Limit {}

impl fmt::Debug for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limit")
            .field("position", &self.position)
            .field("subject", &self.subject())
            .finish_non_exhaustive()
    }
}

/// How a kind of client goes from a chain to a trust anchor.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Profile {
    /// Looks for another path where one ends, and holds trust anchors to their own dates: OpenSSL
    /// 3, Go, Firefox.
    AnchorsEnforced,
    /// Looks for another path where one ends, and does not look at the dates of trust anchors:
    /// rustls, Chrome, Android.
    AnchorsIgnored,
    /// Follows the chain as it was sent: OpenSSL 1.0.2, embedded devices.
    AsSent,
}

/// What such a client does, to stand behind 'clients that'.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnchorsEnforced => "hold trust anchors to their own dates",
            Self::AnchorsIgnored => "do not look at the dates of trust anchors",
            Self::AsSent => "follow the chain as it was sent",
        })
    }
}
