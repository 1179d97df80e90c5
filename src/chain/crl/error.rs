//! Why there is no revocation list, and why one that there is clears no certificate.

use std::borrow::Cow;

use time::OffsetDateTime;

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

/// What keeps a revocation list from clearing a certificate that it does not list.
///
/// RFC 5280 sections 5.2 and 6.3.3.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum RevocationListFault {
    /// Its signature does not verify with the issuer's key.
    BadSignature,
    /// A critical extension, of the list or of an entry, that is not understood.
    CriticalExtension {
        /// Its object identifier.
        oid: String,
    },
    /// Its CRL number is marked critical. Clients take it all the same.
    CriticalNumber,
    /// The issuer's key usage has no cRLSign.
    CrlSignMissing,
    /// It does not say when the next one is due. OpenSSL takes it for good then, rustls refuses it.
    NoNextUpdate,
    /// It has no CRL number. Most clients take it all the same.
    NoNumber,
    /// It is issued later than the instant asked about.
    NotYetValid {
        /// When it is issued.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        this_update: OffsetDateTime,
    },
    /// It is for other certificates of the issuer.
    OutOfScope,
    /// The next list was due before the instant asked about.
    Outdated {
        /// When it was due.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        next_update: OffsetDateTime,
    },
    /// Its signature, or the issuer's key, is of a kind that is not verified here.
    UnsupportedSignature,
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
