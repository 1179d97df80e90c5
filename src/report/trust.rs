//! Whether a path leads from the end-entity certificate to a trust anchor.

use std::fmt;

use time::OffsetDateTime;

/// Whether a path leads from the end-entity certificate to a trust anchor.
///
/// Names, purposes and what was seen in the handshake are judged apart, by findings.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "status", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Trust {
    /// A path leads to a trust anchor at the instant of the report.
    Trusted(TrustedPath),
    /// Only dates stand in the way: at another instant the path holds.
    TrustedIfTimeIgnored {
        /// The path that holds at that instant.
        #[cfg_attr(feature = "serde", serde(flatten))]
        path: TrustedPath,
        /// An instant at which all of its certificates are valid.
        #[cfg_attr(feature = "serde", serde(with = "crate::instant"))]
        at: OffsetDateTime,
    },
    /// No path leads to a trust anchor.
    Untrusted {
        /// Why, as far as one reason can say it.
        reason: UntrustedReason,
    },
    /// It could not be told.
    Undetermined {
        /// What it would have taken.
        reason: UndeterminedReason,
    },
}

impl Trust {
    /// The path, where there is one at the instant of the report or at another.
    #[must_use]
    pub const fn path(&self) -> Option<&TrustedPath> {
        match self {
            Self::Trusted(path) | Self::TrustedIfTimeIgnored { path, .. } => Some(path),
            Self::Untrusted { .. } | Self::Undetermined { .. } => None,
        }
    }
}

/// A path from the end-entity certificate to a trust anchor, with every signature verified.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct TrustedPath {
    /// The trust anchor's name.
    pub anchor: String,
    /// The positions of the certificates, the end-entity certificate's first, the anchor's not
    /// among them. A position behind the presented chain's last stands for one of the caller's own
    /// intermediates: see [`Report::extra_certificates`](super::Report::extra_certificates).
    pub path: Vec<usize>,
}

/// Why no path leads to a trust anchor.
///
/// Where several things stand in the way, the one is named that is nearest to the end-entity
/// certificate or most telling. `Display` writes it for people.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum UntrustedReason {
    /// A signature does not verify.
    BadSignature,
    /// A CA certificate is used as the end-entity certificate: rustls and others refuse that.
    CaAsEndEntity,
    /// A certificate has a critical extension that is not understood (RFC 5280 section 4.2).
    CriticalExtension,
    /// A key on the path is distrusted by name.
    Distrusted,
    /// A certificate, or a field of it, can't be read.
    Malformed,
    /// A name constraint forbids a name (RFC 5280 section 4.2.1.10).
    NameConstraint,
    /// There is no instant at which all certificates of the path are valid together.
    NoCommonValidity,
    /// An issuer is no CA.
    NotACa,
    /// More intermediates than a CA allows below it, or than clients follow.
    PathLength,
    /// The end-entity certificate is signed by its own key, and is no trust anchor.
    SelfSigned,
    /// The issuer is neither among the certificates nor among the trust anchors.
    UnknownIssuer,
    /// A signature is of a kind that clients no longer verify, or do not yet.
    UnsupportedSignature,
    /// A certificate is of X.509 version 1 or 2.
    UnsupportedVersion,
}

impl fmt::Display for UntrustedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadSignature => "a signature does not verify, or only with an issuer that rustls refuses in that place (a self-issued one)",
            Self::CaAsEndEntity => "a CA certificate is used as the server's own, which rustls refuses",
            Self::CriticalExtension => "a critical extension is not understood",
            Self::Distrusted => "a key on the path is distrusted",
            Self::Malformed => "a certificate on the path can't be read",
            Self::NameConstraint => "a name constraint of a CA forbids a name, or is for directory names or e-mail addresses, which rustls does not compare",
            Self::NoCommonValidity => "its certificates are never all valid at once",
            Self::NotACa => "an issuer is no CA",
            Self::PathLength => "there are more intermediates than a CA allows, self-issued ones counted, or than rustls follows",
            Self::SelfSigned => "the certificate is signed by its own key",
            Self::UnknownIssuer => "an issuer is not known",
            Self::UnsupportedSignature => "a signature is of a kind that is not accepted",
            Self::UnsupportedVersion => "a certificate is of an old X.509 version",
        })
    }
}

/// Why trust could not be judged.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum UndeterminedReason {
    /// The search for a path ran out of its budget: the chain is built to be hard to search.
    Budget,
    /// No crypto provider is compiled in (features `aws-lc-rs`, `ring`), so no signature can be
    /// verified.
    NoCryptoProvider,
}

impl fmt::Display for UndeterminedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Budget => "the search for a path ran out of its budget",
            Self::NoCryptoProvider => "no crypto provider is there to verify signatures",
        })
    }
}
