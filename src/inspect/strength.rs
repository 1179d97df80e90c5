//! Keys and signatures that clients no longer accept.

use crate::chain::{Certificate, KeyKind, SignatureHash};
use crate::report::{FindingKind, Severity};

use super::findings::Findings;

pub(super) fn check(findings: &mut Findings<'_>) {
    for (position, certificate) in findings.relevant() {
        check_key(findings, position, certificate);
        check_signature(findings, position, certificate);
    }
}

/// CA/Browser Forum Baseline Requirements, section 6.1.5; NIST SP 800-131A for the curves.
fn check_key(findings: &mut Findings<'_>, position: usize, certificate: &Certificate) {
    let key = certificate.public_key();
    let weak = match key.kind() {
        KeyKind::Rsa | KeyKind::RsaPss => key.bits() < 2048,
        KeyKind::Dsa => true,
        // The size of a curve that we don't know is 0.
        KeyKind::Ec => (1..224).contains(&key.bits()),
        _ => false,
    };
    if weak {
        findings.of(position, FindingKind::WeakKey { key: key.to_string() }, Severity::Failure);
    }
}

/// RFC 9155 for TLS, and every browser for certificates. The signature that a root makes on itself
/// is not looked at by anyone.
fn check_signature(findings: &mut Findings<'_>, position: usize, certificate: &Certificate) {
    let algorithm = certificate.signature_algorithm();
    let weak =
        matches!(algorithm.hash(), SignatureHash::Md2 | SignatureHash::Md5 | SignatureHash::Sha1);
    if weak && !certificate.is_self_issued() {
        let kind = FindingKind::WeakSignature { algorithm: algorithm.to_string() };
        findings.of(position, kind, Severity::Failure);
    }
}
