//! What is wrong with a field for which a profile has rules.

use std::fmt;

/// What is wrong with an authority key identifier.
///
/// RFC 5280 section 4.2.1.1, Baseline Requirements section 7.1.2.11.1.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum AuthorityKeyIdentifierFault {
    /// It names the issuer of the issuer's certificate.
    Issuer,
    /// It holds no key identifier.
    KeyIdentifierMissing,
    /// A root names another key as its issuer's than its own.
    Mismatch,
    /// There is none.
    Missing,
    /// It names the serial number of the issuer's certificate.
    SerialNumber,
}

impl fmt::Display for AuthorityKeyIdentifierFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issuer => "names the issuer of the issuer's certificate",
            Self::KeyIdentifierMissing => "holds no key identifier",
            Self::Mismatch => "is not its subject key identifier",
            Self::Missing => "is missing",
            Self::SerialNumber => "names the serial number of the issuer's certificate",
        })
    }
}

/// What is wrong with a dNSName.
///
/// RFC 1034 section 3.5, as changed by RFC 1123 section 2.1.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum DnsNameFault {
    /// It is no name of letters, digits and hyphens, with at most a wildcard as its first label.
    Malformed,
    /// It holds underscores, and would be a name without them.
    Underscore,
}

impl fmt::Display for DnsNameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "no DNS name",
            Self::Underscore => "no DNS name for its underscores",
        })
    }
}

/// What is wrong with name constraints.
///
/// RFC 5280 section 4.2.1.10, Baseline Requirements section 7.1.2.5.2.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum NameConstraintsFault {
    /// They neither permit nor exclude anything.
    Empty,
    /// They stand in a certificate that is no CA's.
    EndEntity,
    /// A DNS name in them begins with a full stop.
    LeadingPeriod,
    /// They are not marked critical.
    NotCritical,
}

impl fmt::Display for NameConstraintsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "neither permit nor exclude anything",
            Self::EndEntity => "stand in a certificate that is no CA's",
            Self::LeadingPeriod => "hold a DNS name that begins with a full stop",
            Self::NotCritical => "are not marked critical",
        })
    }
}

/// What is wrong with policy constraints.
///
/// RFC 5280 section 4.2.1.11.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum PolicyConstraintsFault {
    /// They are not marked critical.
    NotCritical,
}

impl fmt::Display for PolicyConstraintsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotCritical => "are not marked critical",
        })
    }
}

/// What is wrong with a serial number.
///
/// RFC 5280 section 4.1.2.2.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum SerialNumberFault {
    /// It is negative.
    Negative,
    /// It is longer than 20 octets.
    TooLong,
    /// It is zero, or empty.
    Zero,
}

impl fmt::Display for SerialNumberFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Negative => "is negative",
            Self::TooLong => "is longer than 20 octets",
            Self::Zero => "is zero",
        })
    }
}

/// What is wrong with a subject key identifier.
///
/// RFC 5280 section 4.2.1.2.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum SubjectKeyIdentifierFault {
    /// A CA's certificate has none.
    Missing,
}

impl fmt::Display for SubjectKeyIdentifierFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is missing",
        })
    }
}
