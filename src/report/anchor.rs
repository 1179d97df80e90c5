//! What is wrong with the certificate of a trust anchor, its dates aside.

use std::fmt;

use super::wording::List;
use crate::escape::Escaped;

/// What is wrong with the certificate of a trust anchor, its dates aside.
///
/// Nothing in it is signed by anyone else, so whoever trusts a root has to look at it themselves;
/// clients differ in how much of it they look at. `Display` writes what the anchor does.
///
/// RFC 5280 sections 4.1.2.6 and 4.2; CA/Browser Forum Baseline Requirements, sections 6.1.5 and
/// 7.1.2.1.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "fault", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum AnchorFault {
    /// No basic constraints, or none that can be read (RFC 5280 section 4.2.1.9). Go refuses it;
    /// OpenSSL only where there is no key usage either.
    BasicConstraintsMissing,
    /// Basic constraints that are not marked critical (RFC 5280 section 4.2.1.9).
    BasicConstraintsNotCritical,
    /// A key identifier that is marked critical (RFC 5280 sections 4.2.1.1 and 4.2.1.2). OpenSSL and
    /// Go refuse it.
    CriticalKeyIdentifier,
    /// An empty subject (RFC 5280 section 4.1.2.6).
    EmptySubject,
    /// An extended key usage: roots of public CAs may have none (Baseline Requirements, section
    /// 7.1.2.1.2). OpenSSL and Go refuse what the root issues for any other purpose.
    ExtendedKeyUsage {
        /// The purposes that it lists.
        purposes: Vec<String>,
    },
    /// A key usage without keyCertSign (RFC 5280 section 4.2.1.3). OpenSSL and Go refuse it.
    KeyCertSignMissing,
    /// Basic constraints that do not say that it is a CA (RFC 5280 section 4.2.1.9). OpenSSL and Go
    /// refuse it.
    NotACa,
    /// An RSA key whose size in bits is not a multiple of 8 (Baseline Requirements, section 6.1.5).
    RsaKeySize {
        /// The size in bits.
        bits: u32,
    },
    /// A critical extension that is not understood (RFC 5280 section 4.2). OpenSSL and Go refuse
    /// it.
    UnknownCriticalExtension {
        /// Its object identifier.
        oid: String,
    },
}

impl fmt::Display for AnchorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BasicConstraintsMissing => f.write_str("has no basic constraints"),
            Self::BasicConstraintsNotCritical => {
                f.write_str("does not mark its basic constraints as critical")
            }
            Self::CriticalKeyIdentifier => f.write_str("marks a key identifier as critical"),
            Self::EmptySubject => f.write_str("has an empty subject"),
            Self::ExtendedKeyUsage { purposes } => {
                write!(f, "is limited by an extended key usage to {}", List(purposes))
            }
            Self::KeyCertSignMissing => {
                f.write_str("has a key usage that does not allow it to sign certificates")
            }
            Self::NotACa => f.write_str("is no CA, by its basic constraints"),
            Self::RsaKeySize { bits } => {
                write!(f, "has an RSA key of {bits} bits, which is no multiple of 8")
            }
            Self::UnknownCriticalExtension { oid } => {
                write!(f, "has a critical extension that is not understood: {}", Escaped(oid))
            }
        }
    }
}
