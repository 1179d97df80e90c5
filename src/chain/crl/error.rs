//! Why there is no revocation list.

use std::borrow::Cow;

use crate::chain::MalformedCertificate;
use crate::chain::der::DerError;

/// Why bytes could not be read as revocation lists.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationListError {
    /// A list that can't be read.
    #[error("revocation list {position}: {part}: {reason}")]
    #[non_exhaustive]
    Malformed {
        /// Its place among those that were given, from 0.
        position: usize,
        /// The part that could not be read: a field of RFC 5280, or a PEM block with its line.
        part: Cow<'static, str>,
        /// What is wrong with it.
        reason: Cow<'static, str>,
    },
    /// The PEM text holds no list.
    #[error("the PEM text holds no X509 CRL block{}", super::super::error::others(*skipped))]
    NoList {
        /// How many PEM blocks of other kinds it holds.
        skipped: usize,
    },
}

/// A part of a list that can't be read.
#[derive(Debug)]
pub(super) struct Malformed {
    part: Cow<'static, str>,
    reason: Cow<'static, str>,
}

impl Malformed {
    pub(super) fn new(part: &'static str, reason: &'static str) -> Self {
        Self { part: part.into(), reason: reason.into() }
    }

    pub(super) fn at(self, position: usize) -> RevocationListError {
        let Self { part, reason } = self;
        RevocationListError::Malformed { position, part, reason }
    }
}

/// What a PEM block that is broken is told as.
impl From<MalformedCertificate> for Malformed {
    fn from(block: MalformedCertificate) -> Self {
        Self { part: block.part().to_owned().into(), reason: block.reason().to_owned().into() }
    }
}

pub(super) fn field(part: &'static str) -> impl Fn(DerError) -> Malformed {
    move |error| Malformed::new(part, error.reason())
}
