//! A certificate as a report carries it.

use std::fmt;

use time::OffsetDateTime;

use crate::chain::{Certificate, CertificateSummary, Entry};

/// A certificate as a report carries it: where it stood, and its facts.
///
/// In a report that was just made it still holds the [`Entry`]; in one that was read back only the
/// facts that were written. Two are equal when what would be written is equal.
#[derive(Clone)]
pub struct ReportedCertificate {
    position: usize,
    role: Role,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Presented(Entry),
    #[cfg_attr(not(feature = "serde"), expect(dead_code, reason = "only serde reads reports"))]
    Written {
        sha256: [u8; 32],
        facts: Result<Box<CertificateSummary>, String>,
    },
}

impl ReportedCertificate {
    pub(crate) const fn presented(position: usize, role: Role, entry: Entry) -> Self {
        Self { position, role, source: Source::Presented(entry) }
    }

    /// Rebuilds what a written report says.
    #[cfg(feature = "serde")]
    pub(super) fn written(
        position: usize,
        role: Role,
        sha256: [u8; 32],
        facts: Result<CertificateSummary, String>,
    ) -> Self {
        let facts = facts.map(Box::new);
        Self { position, role, source: Source::Written { sha256, facts } }
    }

    /// Its place in what was presented, from 0.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// What it is in the chain.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The SHA-256 fingerprint of its bytes.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        match &self.source {
            Source::Presented(entry) => entry.sha256(),
            Source::Written { sha256, .. } => *sha256,
        }
    }

    /// The facts in the shape in which reports are written, or why there are none.
    ///
    /// # Errors
    ///
    /// What is wrong with the certificate, where it could not be read.
    pub fn summary(&self) -> Result<CertificateSummary, String> {
        match &self.source {
            Source::Presented(entry) => match entry.certificate() {
                Ok(certificate) => Ok(CertificateSummary::from(certificate)),
                Err(malformed) => Err(malformed.to_string()),
            },
            Source::Written { facts, .. } => facts.clone().map(|facts| *facts),
        }
    }

    /// The bytes and all the facts, where the report was not read back from a written one.
    #[must_use]
    pub const fn entry(&self) -> Option<&Entry> {
        match &self.source {
            Source::Presented(entry) => Some(entry),
            Source::Written { .. } => None,
        }
    }

    /// The last good second, where the certificate could be read.
    #[must_use]
    pub fn not_after(&self) -> Option<OffsetDateTime> {
        match &self.source {
            Source::Presented(_) => self.certificate().map(|facts| facts.validity().not_after),
            Source::Written { facts, .. } => facts.as_ref().ok().map(|facts| facts.not_after),
        }
    }

    fn certificate(&self) -> Option<&Certificate> {
        self.entry().and_then(|entry| entry.certificate().ok())
    }
}

impl PartialEq for ReportedCertificate {
    fn eq(&self, other: &Self) -> bool {
        self.position == other.position
            && self.role == other.role
            && self.sha256() == other.sha256()
            && self.summary() == other.summary()
    }
}

impl Eq for ReportedCertificate {}

impl fmt::Debug for ReportedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportedCertificate")
            .field("position", &self.position)
            .field("role", &self.role)
            .field("summary", &self.summary())
            .finish_non_exhaustive()
    }
}

/// What a certificate is in the chain in which it was presented.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Role {
    /// The first one.
    EndEntity,
    /// One that follows.
    Intermediate,
    /// One that follows and is self-issued: a root, which clients need to have of their own. Or the
    /// certificate of a trust anchor, looked at by itself.
    Root,
}

impl Role {
    /// `end-entity`, `intermediate` or `root`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EndEntity => "end-entity",
            Self::Intermediate => "intermediate",
            Self::Root => "root",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
