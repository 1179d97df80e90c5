//! What findings say to people.

use std::fmt;

use super::span::{Instant, Span};
use super::{Finding, FindingKind as Kind, Replacement, Succession};
use crate::chain::LateFailure;
use crate::escape::Escaped;

/// A finding's message.
pub(super) struct Message<'a>(pub(super) &'a Finding);

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = Who(self.0);
        match &self.0.kind {
            Kind::AddressUnreachable(unreachable) => unreachable.fmt(f),
            Kind::AddressesDisagree(differing) => {
                write!(f, "addresses show different chains{differing}")
            }
            Kind::AnchorDatesUnknown { anchor } => write!(
                f,
                "only the name and the key of {} are known, not its dates",
                Anchor(anchor)
            ),
            Kind::AnchorExpired { anchor, not_after } => {
                write!(f, "{} expired on {}", Anchor(anchor), Instant(*not_after))
            }
            Kind::AnchorExpiresSoon { anchor, not_after, seconds_left, .. } => write!(
                f,
                "{} expires in {}, on {}",
                Anchor(anchor),
                Span(*seconds_left),
                Instant(*not_after)
            ),
            Kind::AnchorIncluded => {
                write!(f, "{who} is a trust anchor that clients have already")
            }
            Kind::AnchorNonconforming { anchor, fault } => {
                write!(f, "{} {fault}", Anchor(anchor))
            }
            Kind::AnchorNotYetValid { anchor, not_before } => {
                write!(f, "{} is not valid before {}", Anchor(anchor), Instant(*not_before))
            }
            Kind::AnyExtendedKeyUsage => {
                write!(f, "{who} lists anyExtendedKeyUsage beside serverAuth")
            }
            Kind::AuthorityKeyIdentifier { fault } => {
                write!(f, "the authority key identifier of {who} {fault}")
            }
            Kind::CaAsEndEntity => write!(
                f,
                "{who} is a CA certificate, used as the server's own: rustls refuses that, OpenSSL and Go do not"
            ),
            Kind::ClientAuthMissing { purposes } => {
                write!(f, "{who} is not for TLS clients, only for {}", List(purposes))
            }
            Kind::ClientCertificateRejected { answer } => {
                write!(f, "the server refuses our client certificate: {}", Escaped(answer))
            }
            Kind::ClientCertificateRequired => {
                f.write_str("the server refuses clients that present no certificate")
            }
            Kind::CommonNameNotListed { common_names } => write!(
                f,
                "{who} has the common name {}, which its subject alternative names do not list as it is written",
                List(common_names)
            ),
            Kind::CommonNameOnly { common_names } => {
                write!(f, "{who} names {} in its subject only", List(common_names))
            }
            Kind::CriticalExtendedKeyUsage => {
                write!(f, "the extended key usage of {who} is marked critical")
            }
            Kind::CriticalKeyIdentifier { authority } => write!(
                f,
                "the {} key identifier of {who} is marked critical: OpenSSL, Go and rustls refuse it",
                if *authority { "authority" } else { "subject" }
            ),
            Kind::DateEncoding { field, quirk, encoded } => {
                write!(
                    f,
                    "the {} {encoded:?} of {who} is oddly encoded: {}",
                    field.as_str(),
                    quirk.as_str()
                )
            }
            Kind::DefaultCertificateDiffers(differing) => {
                write!(f, "clients that send no server name are shown another chain{differing}")
            }
            Kind::DifferentIssuer(Replacement { expected, served }) => write!(
                f,
                "what is served was issued by {}, what should be by {}",
                Escaped(&served.issuer),
                Escaped(&expected.issuer)
            ),
            Kind::DifferentKey(Replacement { expected, served }) => write!(
                f,
                "what is served ({}) has another key than what should be ({})",
                served.period(),
                expected.period()
            ),
            Kind::DocumentCached { seconds } => {
                write!(f, "the document around {who} may be kept for {}", Span(*seconds))
            }
            Kind::DocumentExpired(end) | Kind::DocumentExpiresSoon(end) => {
                write!(f, "the document around {who} {end}")
            }
            Kind::DnsNameSyntax { fault, names } => {
                write!(f, "{who} lists as a DNS name what is {fault}: {}", List(names))
            }
            Kind::Duplicate { of } => write!(f, "{who} was sent before, at position {of}"),
            Kind::Expired { not_after, seconds_ago } => {
                write!(f, "{who} expired {} ago, on {}", Span(*seconds_ago), Instant(*not_after))
            }
            Kind::ExpiredButUnneeded { not_after, seconds_ago } => write!(
                f,
                "{who} expired {} ago, on {}, and clients that look for a path go on without it",
                Span(*seconds_ago),
                Instant(*not_after)
            ),
            Kind::ExpiresSoon { not_after, seconds_left, .. } => {
                write!(f, "{who} expires in {}, on {}", Span(*seconds_left), Instant(*not_after))
            }
            Kind::ExtendedKeyUsageMissing => {
                write!(
                    f,
                    "{who} has no extended key usage: Apple's platforms refuse one issued since July 2019"
                )
            }
            Kind::FailsInStore { store, until: None } => {
                write!(
                    f,
                    "no path that clients may use leads to an anchor of the trust store {}",
                    Escaped(store)
                )
            }
            Kind::FailsInStore { store, until: Some(until) } => write!(
                f,
                "for clients of the trust store {} the last good second is {}",
                Escaped(store),
                Instant(*until)
            ),
            Kind::GapAhead { from, to } => write!(
                f,
                "clients fail from {} until {}, between the end of one path and the begin of the next",
                Instant(*from),
                Instant(*to)
            ),
            Kind::HandshakeFailedAfterChain { failure } => match failure {
                LateFailure::ByPeer(what) => {
                    write!(
                        f,
                        "the server broke off the handshake after its certificates: {}",
                        Escaped(what)
                    )
                }
                LateFailure::ByUs(what) => {
                    write!(
                        f,
                        "the handshake could not be finished after the certificates: {}",
                        Escaped(what)
                    )
                }
            },
            Kind::HorizonUndetermined { reason } => {
                write!(f, "until when clients go on could not be told: {reason}")
            }
            Kind::IssuerMissing { issuer, .. } => {
                write!(
                    f,
                    "the issuer of {who} was not sent, and is no trust anchor: {}",
                    Escaped(issuer)
                )
            }
            Kind::KeyCertSignMissing => {
                write!(f, "the key usage of {who} does not allow it to sign certificates")
            }
            Kind::KeyCertSignWithoutCa => {
                write!(f, "the key usage of {who} allows it to sign certificates, but it is no CA")
            }
            Kind::KeyTypesDisagree(differing) => {
                write!(f, "the chains for RSA and ECDSA keys differ{differing}")
            }
            Kind::KeyMismatch { key } => {
                write!(f, "the private key is not that of {who}, which certifies {}", Escaped(key))
            }
            Kind::LegacyProtocol { protocol, cipher_suite } => write!(
                f,
                "the server takes nothing that clients of today offer; asked as of old, it chose {} with {}",
                Escaped(protocol),
                Escaped(cipher_suite)
            ),
            Kind::MalformedCertificate { reason } => {
                write!(f, "{who} can't be read: {}", Escaped(reason))
            }
            Kind::NameConstraints { fault } => {
                write!(f, "the name constraints of {who} {fault}")
            }
            Kind::NameMismatch { reference, presented } if presented.is_empty() => {
                write!(f, "{who} does not name {reference}, nor anything else")
            }
            Kind::NameMismatch { reference, presented } => {
                write!(f, "{who} does not name {reference}, only {}", List(presented))
            }
            Kind::NeededByOldClients { profile, until, anchor } => write!(
                f,
                "clients that {profile} fail after {}, when {} ends",
                Instant(*until),
                Ending(anchor.as_deref(), &who)
            ),
            Kind::NoWellDefinedExpiry => {
                write!(f, "{who} says that it never expires (99991231235959Z)")
            }
            Kind::NotACa => write!(f, "{who} issues another certificate, but is no CA"),
            Kind::NotDeployed(Replacement { expected, served }) => write!(
                f,
                "what should be served ({}) is newer than what is ({})",
                expected.period(),
                served.period()
            ),
            Kind::NotYetValid { not_before, seconds_until } => write!(
                f,
                "{who} is not valid for another {}, until {}",
                Span(*seconds_until),
                Instant(*not_before)
            ),
            Kind::OutOfOrder { certifies } => {
                write!(f, "{who} stands before certificate {certifies}, which it certifies")
            }
            Kind::PathEndsBeforeEndEntity { until, end_entity_not_after, anchor } => write!(
                f,
                "{} ends on {}, before the end-entity certificate, which would last until {}",
                Ending(anchor.as_deref(), &who),
                Instant(*until),
                Instant(*end_entity_not_after)
            ),
            Kind::PathLengthExceeded { path_length, below } => {
                write!(
                    f,
                    "{who} allows {path_length} intermediates below it, and there are {below}"
                )
            }
            Kind::PathTooLong { limit, depth } => {
                write!(f, "the path has {depth} intermediates, and the policy allows {limit}")
            }
            Kind::PolicyConstraints { fault } => {
                write!(f, "the policy constraints of {who} {fault}")
            }
            Kind::PossessionFailed { detail } => write!(
                f,
                "the server does not hold the private key of its certificate: {}",
                Escaped(detail)
            ),
            Kind::PossessionUnproven { detail } => write!(
                f,
                "that the server holds the private key of its certificate was not proven: {}",
                Escaped(detail)
            ),
            Kind::PublicSuffixWildcard { name, private } => write!(
                f,
                "{who} names {}, a wildcard right below a public suffix of a {}",
                Escaped(name),
                if *private { "company" } else { "registry" }
            ),
            Kind::RevocationListUnusable { issuer, fault } => {
                write!(f, "the revocation list of {} can't clear {who}: {fault}", Escaped(issuer))
            }
            Kind::Revoked { revoked_at, reason } => {
                write!(f, "{who} was revoked on {}", Instant(*revoked_at))?;
                match reason {
                    Some(reason) => write!(f, ": {}", reason.as_str()),
                    None => Ok(()),
                }
            }
            Kind::SelfSigned => write!(f, "{who} is signed by its own key"),
            Kind::SerialNumber { fault } => write!(f, "the serial number of {who} {fault}"),
            Kind::ServerAuthMissing { purposes } => {
                write!(f, "{who} is not for TLS servers, only for {}", List(purposes))
            }
            Kind::ServedNewer(Replacement { expected, served }) => write!(
                f,
                "what is served ({}) is newer than what should be ({})",
                served.period(),
                expected.period()
            ),
            Kind::SubjectAltNameCriticality { critical: true } => write!(
                f,
                "the subject alternative names of {who} are marked critical, though it has a subject"
            ),
            Kind::SubjectAltNameCriticality { critical: false } => write!(
                f,
                "the subject alternative names of {who} are not marked critical, though its subject is empty"
            ),
            Kind::SubjectKeyIdentifier { fault } => {
                write!(f, "the subject key identifier of {who} {fault}")
            }
            Kind::Superseded(Succession { not_after, until }) => write!(
                f,
                "{who} ended on {}; those that it takes turns with go on until {}",
                Instant(*not_after),
                Instant(*until)
            ),
            Kind::TrustUndetermined { reason } => {
                write!(f, "whether clients trust the certificate could not be told: {reason}")
            }
            Kind::UnreadableExtension { oid, reason } => {
                write!(f, "the extension {} of {who} {}", Escaped(oid), Escaped(reason))
            }
            Kind::Unrelated => write!(f, "{who} does not lead up from the end-entity certificate"),
            Kind::UntrustedPath { reason } => {
                write!(f, "no path leads to a trust anchor: {reason}")
            }
            Kind::ValidityInverted { not_before, not_after } => write!(
                f,
                "{who} is never valid: it ends on {} and begins on {}",
                Instant(*not_after),
                Instant(*not_before)
            ),
            Kind::ValidityTooLong { lifetime_seconds, limit_days } => write!(
                f,
                "{who} is valid for {}; public CAs may not exceed {limit_days} days",
                Span(*lifetime_seconds)
            ),
            Kind::WeakKey { key } => {
                write!(f, "the key of {who} is too weak, or of an odd size: {}", Escaped(key))
            }
            Kind::WeakSignature { algorithm } => {
                write!(f, "the signature on {who} is too weak: {}", Escaped(algorithm))
            }
        }
    }
}

/// A trust anchor by its name, which may be empty.
struct Anchor<'a>(&'a str);

impl fmt::Display for Anchor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the trust anchor")?;
        if self.0.is_empty() { Ok(()) } else { write!(f, " {}", Escaped(self.0)) }
    }
}

/// The certificate that a finding is about.
struct Who<'a>(&'a Finding);

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.position {
            Some(0) => f.write_str("the end-entity certificate")?,
            Some(position) => write!(f, "certificate {position}")?,
            None => f.write_str("the trust anchor")?,
        }
        match self.0.subject.as_deref() {
            None | Some("") => Ok(()),
            Some(subject) => write!(f, " ({})", Escaped(subject)),
        }
    }
}

/// What ends: the trust anchor, where it is that, else the certificate that the finding is about.
struct Ending<'a>(Option<&'a str>, &'a Who<'a>);

impl fmt::Display for Ending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(anchor) => write!(f, "the trust anchor {}", Escaped(anchor)),
            None => self.1.fmt(f),
        }
    }
}

/// A list of which the first few are shown: a certificate may hold thousands of names.
pub(super) struct List<'a>(pub(super) &'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}{}", if index == 0 { "" } else { ", " }, Escaped(item))?;
        }
        match self.0.len().checked_sub(SHOWN) {
            Some(more @ 1..) => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

const SHOWN: usize = 5;
