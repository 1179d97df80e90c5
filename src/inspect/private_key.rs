//! Whether the private key beside a certificate is the one that it was issued for.

use crate::chain::der::{BIT_STRING, Reader, SEQUENCE};
use crate::report::{FindingKind, Severity};
use crate::target::Subject;

use super::findings::Findings;

pub(super) fn check(findings: &mut Findings<'_>, subject: &Subject) {
    let (Some(key), Some(certificate)) = (subject.public_key(), findings.view.certificate(0))
    else {
        return;
    };
    let certified = certificate.public_key();
    if subject_public_key(key) != subject_public_key(certified.spki()) {
        let kind = FindingKind::KeyMismatch { key: certified.to_string() };
        findings.add(Some(0), kind, Severity::Failure);
    }
}

/// The key without its algorithm: an RSA key is the same one when a certificate restricts it to
/// PSS (RFC 4055 section 1.2).
fn subject_public_key(spki: &[u8]) -> Option<&[u8]> {
    let mut fields = Reader::new(Reader::new(spki).expect(SEQUENCE).ok()?.value);
    fields.expect(SEQUENCE).ok()?;
    Some(fields.expect(BIT_STRING).ok()?.value)
}
