//! Keys and signatures that clients no longer accept.

use crate::chain::{Certificate, KeyKind, PublicKey, SignatureHash};
use crate::report::{FindingKind, Severity};

use super::findings::Findings;

pub(super) fn check(findings: &mut Findings<'_>) {
    for (position, certificate) in findings.relevant() {
        check_key(findings, position, certificate);
        check_size(findings, position, certificate);
        check_signature(findings, position, certificate);
    }
}

/// A trust anchor's certificate by itself: nobody looks at the signature on it.
pub(super) fn check_root(findings: &mut Findings<'_>) {
    for (position, certificate) in findings.relevant() {
        check_key(findings, position, certificate);
    }
}

/// The key of the path's anchor, which signs the certificate below it.
pub(super) fn check_anchor(findings: &mut Findings<'_>, root: &Certificate) {
    let key = root.public_key();
    if let Some(severity) = weakness(key) {
        findings.of_anchor(root, FindingKind::WeakKey { key: key.to_string() }, severity);
    }
}

fn check_key(findings: &mut Findings<'_>, position: usize, certificate: &Certificate) {
    let key = certificate.public_key();
    if let Some(severity) = weakness(key) {
        findings.of(position, FindingKind::WeakKey { key: key.to_string() }, severity);
    }
}

/// CA/Browser Forum Baseline Requirements, section 6.1.5: public CAs may not certify such a size.
/// Clients take it. Of an anchor it is told beside its other oddities.
fn check_size(findings: &mut Findings<'_>, position: usize, certificate: &Certificate) {
    let key = certificate.public_key();
    let is_rsa = matches!(key.kind(), KeyKind::Rsa | KeyKind::RsaPss);
    if is_rsa && !key.bits().is_multiple_of(8) && weakness(key).is_none() {
        let kind = FindingKind::WeakKey { key: key.to_string() };
        findings.of(position, kind, Severity::Note);
    }
}

/// CA/Browser Forum Baseline Requirements, section 6.1.5; NIST SP 800-131A for the curves.
fn weakness(key: &PublicKey) -> Option<Severity> {
    Some(match key.kind() {
        KeyKind::Rsa | KeyKind::RsaPss if key.bits() < 2048 => Severity::Failure,
        KeyKind::Dsa => Severity::Failure,
        // The size of a curve that we don't know, or that is spelled out, is 0: RFC 5480 section
        // 2.1.1 allows named curves only, and hardly a client knows others than are listed here.
        KeyKind::Ec if key.bits() == 0 => Severity::Warning,
        KeyKind::Ec if key.bits() < 224 => Severity::Failure,
        _ => return None,
    })
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
