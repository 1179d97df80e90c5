//! The stable names of findings.

use std::fmt;
use std::str::FromStr;

use super::FindingKind;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// The stable name of a kind of finding, in kebab case.
        ///
        /// What to match on across versions, to count by, and to name in a
        /// [`Policy`](crate::inspect::Policy). The evidence stands in
        /// [`FindingKind`](super::FindingKind).
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code of this version.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code's text, such as `expires-soon`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The code's place in [`ALL`](Self::ALL).
            #[expect(clippy::as_conversions, reason = "a fieldless enum counts from 0")]
            pub(crate) const fn index(self) -> usize {
                self as usize
            }
        }
    };
}

codes! {
    /// An address of several shows no chain.
    AddressUnreachable = "address-unreachable",
    /// Addresses show different chains.
    AddressesDisagree = "addresses-disagree",
    /// The trust anchor's own validity period is not known.
    AnchorDatesUnknown = "anchor-dates-unknown",
    /// The trust anchor's own validity period has ended.
    AnchorExpired = "anchor-expired",
    /// The trust anchor's own validity period ends soon.
    AnchorExpiresSoon = "anchor-expires-soon",
    /// A trust anchor is among the certificates sent, where it is of no use.
    AnchorIncluded = "anchor-included",
    /// The trust anchor's certificate is not as the standards want it.
    AnchorNonconforming = "anchor-nonconforming",
    /// The trust anchor's own validity period has not begun.
    AnchorNotYetValid = "anchor-not-yet-valid",
    /// A server's certificate may be used for anything.
    AnyExtendedKeyUsage = "any-extended-key-usage",
    /// An authority key identifier is not as the profiles ask; off by default.
    AuthorityKeyIdentifier = "authority-key-identifier",
    /// A CA certificate is used as the end-entity certificate.
    CaAsEndEntity = "ca-as-end-entity",
    /// A client's certificate is not for clients.
    ClientAuthMissing = "client-auth-missing",
    /// The server refuses the client certificate that it was shown.
    ClientCertificateRejected = "client-certificate-rejected",
    /// The server demands a client certificate.
    ClientCertificateRequired = "client-certificate-required",
    /// A common name is not among the subject alternative names.
    CommonNameNotListed = "common-name-not-listed",
    /// The name stands in the subject only, where clients no longer look.
    CommonNameOnly = "common-name-only",
    /// An extended key usage is marked critical.
    CriticalExtendedKeyUsage = "critical-extended-key-usage",
    /// A key identifier is marked critical.
    CriticalKeyIdentifier = "critical-key-identifier",
    /// A date is encoded in a way that strict clients refuse.
    DateEncoding = "date-encoding",
    /// Clients that send no server name are shown another chain.
    DefaultCertificateDiffers = "default-certificate-differs",
    /// What is served comes from another issuer than what should be.
    DifferentIssuer = "different-issuer",
    /// What is served has another key than what should be.
    DifferentKey = "different-key",
    /// A dNSName is not in the preferred name syntax.
    DnsNameSyntax = "dns-name-syntax",
    /// How long consumers may keep the document around the certificate.
    DocumentCached = "document-cached",
    /// The document around the certificate is past its own date.
    DocumentExpired = "document-expired",
    /// The document around the certificate is about to be past its own date.
    DocumentExpiresSoon = "document-expires-soon",
    /// The same certificate was sent twice.
    Duplicate = "duplicate",
    /// The validity period has ended.
    Expired = "expired",
    /// The validity period has ended, and no path needs the certificate.
    ExpiredButUnneeded = "expired-but-unneeded",
    /// The validity period ends soon.
    ExpiresSoon = "expires-soon",
    /// A server's certificate does not say what it is for.
    ExtendedKeyUsageMissing = "extended-key-usage-missing",
    /// Clients that trust another store fare worse.
    FailsInStore = "fails-in-store",
    /// Between the end of all paths and the begin of another, clients fail.
    GapAhead = "gap-ahead",
    /// The handshake failed after the certificates had arrived.
    HandshakeFailedAfterChain = "handshake-failed-after-chain",
    /// Until when clients go on could not be told.
    HorizonUndetermined = "horizon-undetermined",
    /// An intermediate that the path needs was not sent.
    IssuerMissing = "issuer-missing",
    /// An issuer may not sign certificates.
    KeyCertSignMissing = "key-cert-sign-missing",
    /// An end-entity certificate that is no CA may sign certificates.
    KeyCertSignWithoutCa = "key-cert-sign-without-ca",
    /// The chains for RSA and ECDSA keys differ in more than the key.
    KeyTypesDisagree = "key-types-disagree",
    /// The private key belongs to another certificate.
    KeyMismatch = "key-mismatch",
    /// The server takes nothing that clients of today offer.
    LegacyProtocol = "legacy-protocol",
    /// Bytes that are no certificate.
    MalformedCertificate = "malformed-certificate",
    /// Name constraints are not as the profiles ask; off by default.
    NameConstraints = "name-constraints",
    /// The certificate does not name what was asked for.
    NameMismatch = "name-mismatch",
    /// Clients that do not look for another path fail earlier than the others.
    NeededByOldClients = "needed-by-old-clients",
    /// The certificate says that it has no end.
    NoWellDefinedExpiry = "no-well-defined-expiry",
    /// An issuer is no CA.
    NotACa = "not-a-ca",
    /// Renewed at rest, and the service still shows the old one.
    NotDeployed = "not-deployed",
    /// The validity period has not begun.
    NotYetValid = "not-yet-valid",
    /// A certificate stands before one that it certifies.
    OutOfOrder = "out-of-order",
    /// Something above the end-entity certificate ends first.
    PathEndsBeforeEndEntity = "path-ends-before-end-entity",
    /// More intermediates than a CA allows below it.
    PathLengthExceeded = "path-length-exceeded",
    /// The path has more intermediates than the policy allows.
    PathTooLong = "path-too-long",
    /// Policy constraints are not as the profile asks; off by default.
    PolicyConstraints = "policy-constraints",
    /// The server doesn't hold the certificate's private key.
    PossessionFailed = "possession-failed",
    /// Whether the server holds the private key was not proven.
    PossessionUnproven = "possession-unproven",
    /// A wildcard stands right below a public suffix.
    PublicSuffixWildcard = "public-suffix-wildcard",
    /// A revocation list can't clear a certificate that it is held against.
    RevocationListUnusable = "revocation-list-unusable",
    /// The issuer took the certificate back.
    Revoked = "revoked",
    /// The end-entity certificate is signed by its own key.
    SelfSigned = "self-signed",
    /// A serial number is not as RFC 5280 asks.
    SerialNumber = "serial-number",
    /// A server's certificate is not for servers.
    ServerAuthMissing = "server-auth-missing",
    /// The service shows a newer one than there is at rest.
    ServedNewer = "served-newer",
    /// The subject alternative names are critical and should not be, or the other way round.
    SubjectAltNameCriticality = "subject-alt-name-criticality",
    /// A subject key identifier is not as the profile asks; off by default.
    SubjectKeyIdentifier = "subject-key-identifier",
    /// It has ended, and another has taken over.
    Superseded = "superseded",
    /// Whether a path leads to a trust anchor could not be told.
    TrustUndetermined = "trust-undetermined",
    /// An extension could not be read.
    UnreadableExtension = "unreadable-extension",
    /// A certificate that has nothing to do with the others.
    Unrelated = "unrelated",
    /// No path leads to a trust anchor.
    UntrustedPath = "untrusted-path",
    /// The validity period ends before it begins.
    ValidityInverted = "validity-inverted",
    /// The validity period is longer than public CAs may make it.
    ValidityTooLong = "validity-too-long",
    /// A key that is too weak, or odd.
    WeakKey = "weak-key",
    /// A signature that is too weak.
    WeakSignature = "weak-signature",
}

impl Code {
    /// The codes of faults that a profile forbids and most clients take: off by default, and switched on together by
    /// [`Policy::baseline_requirements`](crate::inspect::Policy::baseline_requirements).
    pub const BASELINE_REQUIREMENTS: &[Self] = &[
        Self::AuthorityKeyIdentifier,
        Self::NameConstraints,
        Self::PolicyConstraints,
        Self::SubjectKeyIdentifier,
    ];
}

impl FindingKind {
    /// The stable name of this kind of finding.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::AddressUnreachable(_) => Code::AddressUnreachable,
            Self::AddressesDisagree(_) => Code::AddressesDisagree,
            Self::AnchorDatesUnknown { .. } => Code::AnchorDatesUnknown,
            Self::AnchorExpired { .. } => Code::AnchorExpired,
            Self::AnchorExpiresSoon { .. } => Code::AnchorExpiresSoon,
            Self::AnchorIncluded => Code::AnchorIncluded,
            Self::AnchorNonconforming { .. } => Code::AnchorNonconforming,
            Self::AnchorNotYetValid { .. } => Code::AnchorNotYetValid,
            Self::AnyExtendedKeyUsage => Code::AnyExtendedKeyUsage,
            Self::AuthorityKeyIdentifier { .. } => Code::AuthorityKeyIdentifier,
            Self::CaAsEndEntity => Code::CaAsEndEntity,
            Self::ClientAuthMissing { .. } => Code::ClientAuthMissing,
            Self::ClientCertificateRejected { .. } => Code::ClientCertificateRejected,
            Self::ClientCertificateRequired => Code::ClientCertificateRequired,
            Self::CommonNameNotListed { .. } => Code::CommonNameNotListed,
            Self::CommonNameOnly { .. } => Code::CommonNameOnly,
            Self::CriticalExtendedKeyUsage => Code::CriticalExtendedKeyUsage,
            Self::CriticalKeyIdentifier { .. } => Code::CriticalKeyIdentifier,
            Self::DateEncoding { .. } => Code::DateEncoding,
            Self::DefaultCertificateDiffers(_) => Code::DefaultCertificateDiffers,
            Self::DifferentIssuer(_) => Code::DifferentIssuer,
            Self::DifferentKey(_) => Code::DifferentKey,
            Self::DnsNameSyntax { .. } => Code::DnsNameSyntax,
            Self::DocumentCached { .. } => Code::DocumentCached,
            Self::DocumentExpired(_) => Code::DocumentExpired,
            Self::DocumentExpiresSoon(_) => Code::DocumentExpiresSoon,
            Self::Duplicate { .. } => Code::Duplicate,
            Self::Expired { .. } => Code::Expired,
            Self::ExpiredButUnneeded { .. } => Code::ExpiredButUnneeded,
            Self::ExpiresSoon { .. } => Code::ExpiresSoon,
            Self::ExtendedKeyUsageMissing => Code::ExtendedKeyUsageMissing,
            Self::FailsInStore { .. } => Code::FailsInStore,
            Self::GapAhead { .. } => Code::GapAhead,
            Self::HandshakeFailedAfterChain { .. } => Code::HandshakeFailedAfterChain,
            Self::HorizonUndetermined { .. } => Code::HorizonUndetermined,
            Self::IssuerMissing { .. } => Code::IssuerMissing,
            Self::KeyCertSignMissing => Code::KeyCertSignMissing,
            Self::KeyCertSignWithoutCa => Code::KeyCertSignWithoutCa,
            Self::KeyTypesDisagree(_) => Code::KeyTypesDisagree,
            Self::KeyMismatch { .. } => Code::KeyMismatch,
            Self::LegacyProtocol { .. } => Code::LegacyProtocol,
            Self::MalformedCertificate { .. } => Code::MalformedCertificate,
            Self::NameConstraints { .. } => Code::NameConstraints,
            Self::NameMismatch { .. } => Code::NameMismatch,
            Self::NeededByOldClients { .. } => Code::NeededByOldClients,
            Self::NoWellDefinedExpiry => Code::NoWellDefinedExpiry,
            Self::NotACa => Code::NotACa,
            Self::NotDeployed(_) => Code::NotDeployed,
            Self::NotYetValid { .. } => Code::NotYetValid,
            Self::OutOfOrder { .. } => Code::OutOfOrder,
            Self::PathEndsBeforeEndEntity { .. } => Code::PathEndsBeforeEndEntity,
            Self::PathLengthExceeded { .. } => Code::PathLengthExceeded,
            Self::PathTooLong { .. } => Code::PathTooLong,
            Self::PolicyConstraints { .. } => Code::PolicyConstraints,
            Self::PossessionFailed { .. } => Code::PossessionFailed,
            Self::PossessionUnproven { .. } => Code::PossessionUnproven,
            Self::PublicSuffixWildcard { .. } => Code::PublicSuffixWildcard,
            Self::RevocationListUnusable { .. } => Code::RevocationListUnusable,
            Self::Revoked { .. } => Code::Revoked,
            Self::SelfSigned => Code::SelfSigned,
            Self::SerialNumber { .. } => Code::SerialNumber,
            Self::ServerAuthMissing { .. } => Code::ServerAuthMissing,
            Self::ServedNewer(_) => Code::ServedNewer,
            Self::SubjectAltNameCriticality { .. } => Code::SubjectAltNameCriticality,
            Self::SubjectKeyIdentifier { .. } => Code::SubjectKeyIdentifier,
            Self::Superseded(_) => Code::Superseded,
            Self::TrustUndetermined { .. } => Code::TrustUndetermined,
            Self::UnreadableExtension { .. } => Code::UnreadableExtension,
            Self::Unrelated => Code::Unrelated,
            Self::UntrustedPath { .. } => Code::UntrustedPath,
            Self::ValidityInverted { .. } => Code::ValidityInverted,
            Self::ValidityTooLong { .. } => Code::ValidityTooLong,
            Self::WeakKey { .. } => Code::WeakKey,
            Self::WeakSignature { .. } => Code::WeakSignature,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no code of this version.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no finding has the code {0:?}")]
pub struct UnknownCode(String);

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let known = Self::ALL.iter().find(|code| code.as_str() == text);
        known.copied().ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_the_place_in_the_list_and_texts_are_read_back() {
        for (index, code) in Code::ALL.iter().enumerate() {
            assert_eq!(code.index(), index);
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
        assert_eq!("expired ".parse::<Code>(), Err(UnknownCode("expired ".to_owned())));
    }
}
