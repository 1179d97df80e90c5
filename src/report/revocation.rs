//! What keeps a revocation list from clearing a certificate.

use std::fmt;

use time::OffsetDateTime;

use super::span::Instant;
use crate::escape::Escaped;

/// What keeps a revocation list from clearing a certificate that it does not list.
///
/// `Display` writes it of the list: `its CRL number is marked critical`.
///
/// RFC 5280 sections 5.2 and 6.3.3.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "fault", rename_all = "kebab-case"))]
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

impl fmt::Display for RevocationListFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CriticalExtension { oid } => {
                return write!(f, "its critical extension {} is not understood", Escaped(oid));
            }
            Self::NotYetValid { this_update } => {
                return write!(f, "it is issued later, on {}", Instant(*this_update));
            }
            Self::Outdated { next_update } => {
                return write!(f, "the next one was due on {}", Instant(*next_update));
            }
            Self::BadSignature => "its signature does not verify with the issuer's key",
            Self::CriticalNumber => "its CRL number is marked critical",
            Self::CrlSignMissing => "the issuer's key usage does not allow it to sign lists",
            Self::NoNextUpdate => "it does not say when the next one is due",
            Self::NoNumber => "it has no CRL number",
            Self::OutOfScope => "it is for other certificates of the issuer",
            Self::UnsupportedSignature => "its signature is of a kind that is not accepted",
        })
    }
}
