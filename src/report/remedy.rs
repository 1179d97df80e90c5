//! What findings advise.

use std::fmt;

use super::{Finding, FindingKind as Kind, RevocationListFault as List, UntrustedReason};
use crate::escape::Escaped;

/// What a finding advises.
pub(super) struct Remedy<'a>(pub(super) &'a Finding);

impl fmt::Display for Remedy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_the_server = self.0.position == Some(0);
        let of_an_anchor = self.0.position.is_none();
        f.write_str(match &self.0.kind {
            Kind::IssuerMissing { ca_issuers, .. } => {
                let source = ca_issuers.first().map_or("the CA", String::as_str);
                let then = if of_the_server {
                    "send it behind the server's own"
                } else {
                    "send it, or trust it if it is a root of yours"
                };
                return write!(
                    f,
                    "get the issuer's certificate from {}; {then}",
                    Escaped(source)
                );
            }
            Kind::AnchorDatesUnknown { .. } => "give the anchor's certificate to know its dates",
            Kind::AnchorExpired { .. } | Kind::AnchorExpiresSoon { .. } => {
                "move to a certificate under another root, and give clients that root in time"
            }
            Kind::AnchorIncluded => "leave the trust anchor out of the server's chain file",
            Kind::AnchorNonconforming { .. } => {
                "move to a root that follows RFC 5280, or try every client with this one"
            }
            Kind::AnchorNotYetValid { .. } => "check the clock, or wait",
            Kind::AnyExtendedKeyUsage
            | Kind::CriticalExtendedKeyUsage
            | Kind::ExtendedKeyUsageMissing => {
                "issue a certificate whose extended key usage is not critical and lists serverAuth alone"
            }
            Kind::AuthorityKeyIdentifier { .. }
            | Kind::NameConstraints { .. }
            | Kind::PolicyConstraints { .. }
            | Kind::SubjectKeyIdentifier { .. } => {
                "correct the CA's profile before it issues the next certificate"
            }
            Kind::CaAsEndEntity => "issue a certificate of the server's own, with CA:FALSE",
            Kind::ClientAuthMissing { .. } => "issue a certificate that lists clientAuth",
            Kind::ClientCertificateRejected { .. } => {
                "present a certificate from a CA that the server trusts, within its dates"
            }
            Kind::ClientCertificateRequired => "nothing to do: its own certificates were seen all the same",
            Kind::CommonNameNotListed { .. } => {
                "issue a certificate that lists the common name as a subject alternative name, or has none"
            }
            Kind::CommonNameOnly { .. } | Kind::NameMismatch { .. } => {
                "issue a certificate that lists the name as a subject alternative name, or install the one that does"
            }
            Kind::DateEncoding { .. }
            | Kind::UnreadableExtension { .. }
            | Kind::ValidityInverted { .. }
            | Kind::WeakKey { .. }
                if of_an_anchor =>
            {
                "move what it issued to another root, and take it out of the trust store"
            }
            Kind::CriticalKeyIdentifier { .. } => {
                "have it issued again with key identifiers that are not critical"
            }
            Kind::DateEncoding { .. } => "have the CA issue it with dates as RFC 5280 asks",
            Kind::DifferentIssuer(_) => "nothing to do, unless clients pin the issuer",
            Kind::DifferentKey(_) => "find out which of the two keys the service is to have",
            Kind::DocumentCached { .. } => {
                "publish a new certificate that long before it is to be used"
            }
            Kind::DocumentExpired(_) | Kind::DocumentExpiresSoon(_) => {
                "publish the document anew, with a later date"
            }
            Kind::DnsNameSyntax { .. } => {
                "issue a certificate for names of letters, digits, hyphens and full stops"
            }
            Kind::Duplicate { .. } | Kind::ExpiredButUnneeded { .. } | Kind::Unrelated => "leave it out of the server's chain file",
            Kind::Expired { .. } | Kind::ExpiresSoon { .. } if of_the_server => {
                "renew it, install it, and reload the service"
            }
            Kind::Expired { .. } | Kind::ExpiresSoon { .. } if of_an_anchor => {
                "move what it issued to another root, and give clients that root in time"
            }
            Kind::Expired { .. } | Kind::ExpiresSoon { .. } => {
                "install the chain that the CA issues under now, and reload the service"
            }
            Kind::FailsInStore { .. } => {
                "send a chain that leads to a root which those clients have, and in time"
            }
            Kind::GapAhead { .. } => {
                "have it issued under a CA certificate that covers the gap, and install that in time"
            }
            Kind::HandshakeFailedAfterChain { .. } => "look at the server's own log",
            Kind::KeyCertSignMissing | Kind::NotACa => "have it issued under a CA certificate proper",
            Kind::KeyCertSignWithoutCa => "issue a certificate without keyCertSign",
            Kind::MalformedCertificate { .. } | Kind::UnreadableExtension { .. } => {
                "replace it by a certificate in DER that follows RFC 5280"
            }
            Kind::NeededByOldClients { .. } => {
                "know which old clients you have; send a chain that leads to a root that they hold"
            }
            Kind::NoWellDefinedExpiry => "make sure that someone plans its end",
            Kind::NotYetValid { .. } if of_an_anchor => "check the clock, or wait",
            Kind::NotYetValid { .. } => "check the clock, or install what is valid now",
            Kind::OutOfOrder { .. } => {
                "order the chain file: the server's certificate first, then each one's issuer"
            }
            Kind::PathEndsBeforeEndEntity { .. } => {
                "renew before the earlier date, under CA certificates that last longer"
            }
            Kind::PathLengthExceeded { .. } => "have it issued with fewer intermediates",
            Kind::PathTooLong { .. } => {
                "have it issued with fewer intermediates, or let the policy allow more"
            }
            Kind::PossessionFailed { .. } => "install the private key that belongs to the certificate",
            Kind::PossessionUnproven { .. } => {
                "let the server shake hands in TLS 1.2 or 1.3, with a key that today's clients can verify (ECDSA P-256, RSA 2048)"
            }
            Kind::PublicSuffixWildcard { .. } => "issue a certificate that lists each host by its name",
            Kind::RevocationListUnusable { fault, .. } => match fault {
                List::BadSignature | List::Outdated { .. } => {
                    "get the issuer's current list, and give it to those that check by it"
                }
                List::CrlSignMissing => "have the CA's certificate issued with cRLSign",
                List::NotYetValid { .. } => "check the clock, or use the list that is current now",
                List::OutOfScope => "get the list that the certificate's distribution point names",
                _ => "have the CA issue its lists as RFC 5280 asks",
            },
            Kind::Revoked { .. } if of_the_server => {
                "have a certificate issued for a new key, install both, and reload the service"
            }
            Kind::Revoked { .. } => {
                "install the chain that the CA issues under now, and reload the service"
            }
            Kind::SerialNumber { .. } => {
                "have it issued again with a positive serial number of up to 20 octets"
            }
            Kind::SubjectAltNameCriticality { critical: true } => {
                "have it issued again with the subject alternative names not critical"
            }
            Kind::SubjectAltNameCriticality { critical: false } => {
                "have it issued again with the subject alternative names critical"
            }
            Kind::SelfSigned => "give clients the certificate as a trust anchor, or have a CA issue one",
            Kind::ServerAuthMissing { .. } => "issue a certificate that lists serverAuth",
            // Also what a machine without IPv6 sees of every such address.
            Kind::AddressUnreachable(unreachable) if unreachable.error == "unreachable" => {
                "see whether this machine has a route there; if so, bring the server back, or take its address out of the DNS"
            }
            Kind::AddressUnreachable(_) => {
                "bring the server back, or take its address out of the DNS"
            }
            Kind::AddressesDisagree(_) => {
                "install the newest certificate at every address, and reload the servers"
            }
            Kind::DefaultCertificateDiffers(_) => {
                "nothing to do, unless clients that send no server name are to be served"
            }
            Kind::KeyTypesDisagree(_) => {
                "renew the certificates of both types together, for the same names"
            }
            Kind::KeyMismatch { .. } => "install the key that the certificate was issued for",
            Kind::NotDeployed(_) => "reload the service, and see why its renewal did not do so",
            Kind::ServedNewer(_) => "put what is served where the service takes it from at its start",
            Kind::Superseded(_) => "take it out of the document when nobody needs it any more",
            Kind::LegacyProtocol { .. } => {
                "let the server speak TLS 1.2 with ECDHE and AES-GCM, or TLS 1.3"
            }
            Kind::HorizonUndetermined { .. } | Kind::TrustUndetermined { .. } => "see the reason",
            Kind::UntrustedPath { reason: UntrustedReason::BadSignature } => {
                "send the certificate of the key that signed, and none that a CA issued to itself"
            }
            Kind::UntrustedPath { reason: UntrustedReason::CaAsEndEntity } => {
                "issue a certificate of the server's own, with CA:FALSE"
            }
            Kind::UntrustedPath { reason: UntrustedReason::NameConstraint } => {
                "ask for names that the CA may certify, or a CA that may certify these"
            }
            Kind::UntrustedPath { reason: UntrustedReason::PathLength } => {
                "have it issued with fewer intermediates"
            }
            Kind::UntrustedPath { .. } => {
                "send the whole chain of a CA that clients trust, or name its root as a trust anchor"
            }
            Kind::ValidityInverted { .. } => "have it issued again with dates in order",
            Kind::ValidityTooLong { .. } => "expect clients to refuse it; issue it for less long",
            Kind::WeakKey { .. } => "issue it for a stronger key (ECDSA P-256, RSA 2048)",
            Kind::WeakSignature { .. } => "have it issued again, signed with SHA-256 or better",
        })
    }
}
