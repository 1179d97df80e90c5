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
    let severity = match key.kind() {
        KeyKind::Rsa | KeyKind::RsaPss if key.bits() < 2048 => Severity::Failure,
        // Public CAs may not certify such a size; most clients take it.
        KeyKind::Rsa | KeyKind::RsaPss if !key.bits().is_multiple_of(8) => Severity::Warning,
        KeyKind::Dsa => Severity::Failure,
        // The size of a curve that we don't know, or that is spelled out, is 0: RFC 5480 section
        // 2.1.1 allows named curves only, and hardly a client knows others than are listed here.
        KeyKind::Ec if key.bits() == 0 => Severity::Warning,
        KeyKind::Ec if key.bits() < 224 => Severity::Failure,
        _ => return,
    };
    findings.of(position, FindingKind::WeakKey { key: key.to_string() }, severity);
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
