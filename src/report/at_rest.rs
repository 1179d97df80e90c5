//! What is told of certificates at rest: held against what is served, and by the document around
//! them.

use std::fmt;

use time::OffsetDateTime;

use super::span::{Instant, Span};
use crate::chain::Entry;

/// Two certificates for the same purpose, of which one is expected and the other is served.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Replacement {
    /// The one that should be served: on disk, in a secret.
    pub expected: Replaced,
    /// The one that is.
    pub served: Replaced,
}

impl Replacement {
    /// `None` where one of them can't be read.
    pub(crate) fn new(expected: &Entry, served: &Entry) -> Option<Self> {
        Some(Self { expected: Replaced::new(expected)?, served: Replaced::new(served)? })
    }
}

/// One side of a [`Replacement`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Replaced {
    /// The SHA-256 fingerprint of the certificate, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Who signed it.
    pub issuer: String,
    /// The first second of its validity period.
    #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
    pub not_before: OffsetDateTime,
    /// The last one.
    #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
    pub not_after: OffsetDateTime,
}

impl Replaced {
    fn new(entry: &Entry) -> Option<Self> {
        let certificate = entry.certificate().ok()?;
        let validity = certificate.validity();
        Some(Self {
            sha256: data_encoding::HEXLOWER.encode(&entry.sha256()),
            issuer: crate::escape::short(certificate.issuer()),
            not_before: validity.not_before,
            not_after: validity.not_after,
        })
    }

    /// As one speaks of it beside the other.
    pub(super) const fn period(&self) -> impl fmt::Display {
        Period(self.not_before, self.not_after)
    }
}

struct Period(OffsetDateTime, OffsetDateTime);

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", Instant(self.0), Instant(self.1))
    }
}

/// How long the document is good that holds a certificate: the `validUntil` of SAML metadata.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct DocumentEnd {
    /// The last second in which it is good.
    #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
    pub valid_until: OffsetDateTime,
    /// How long that is from the instant of the report; negative where it is past.
    pub seconds_left: i64,
}

impl DocumentEnd {
    pub(crate) const fn new(valid_until: OffsetDateTime, at: OffsetDateTime) -> Self {
        let seconds_left = valid_until.unix_timestamp() - at.unix_timestamp();
        Self { valid_until, seconds_left }
    }
}

impl fmt::Display for DocumentEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = Span(self.seconds_left);
        let until = Instant(self.valid_until);
        if self.seconds_left < 0 {
            write!(f, "stopped being good {span} ago, on {until}")
        } else {
            write!(f, "is good for another {span}, until {until}")
        }
    }
}

/// A certificate that another has taken over from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Succession {
    /// The last second of its own validity period.
    #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
    pub not_after: OffsetDateTime,
    /// Until when those that it takes turns with go on.
    #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
    pub until: OffsetDateTime,
}

impl Succession {
    pub(crate) const fn new(not_after: OffsetDateTime, until: OffsetDateTime) -> Self {
        Self { not_after, until }
    }
}
