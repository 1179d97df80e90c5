//! Why there is no chain, and why an entry of one has no facts.

use std::borrow::Cow;
use std::fmt;

use super::der::DerError;

/// Why certificates could not be taken as a chain.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// No certificate was given.
    #[error("no certificate was given")]
    Empty,
    /// The PEM text holds no certificate.
    #[error("the PEM text holds no CERTIFICATE block{}", others(*skipped))]
    NoCertificate {
        /// How many PEM blocks of other kinds it holds.
        skipped: usize,
    },
}

pub(super) fn others(blocks: usize) -> Cow<'static, str> {
    match blocks {
        0 => "".into(),
        1 => ", only a block of another kind".into(),
        _ => format!(", only {blocks} blocks of other kinds").into(),
    }
}

/// Why bytes that were presented as a certificate could not be read as one.
///
/// `Display` names the part and the reason: `notAfter: "271301000000Z" names a month that is none`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MalformedCertificate {
    part: Cow<'static, str>,
    reason: Cow<'static, str>,
}

impl MalformedCertificate {
    pub(super) fn new(
        part: impl Into<Cow<'static, str>>,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { part: part.into(), reason: reason.into() }
    }

    pub(super) fn der(part: &'static str) -> impl Fn(DerError) -> Self {
        move |error| Self::new(part, error.reason())
    }

    /// The part that could not be read: a field of RFC 5280, or a PEM block with its line.
    #[must_use]
    pub fn part(&self) -> &str {
        &self.part
    }

    /// What is wrong with it.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for MalformedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.reason)
    }
}

impl std::error::Error for MalformedCertificate {}
