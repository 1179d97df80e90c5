//! What could not be read: whole certificates, and single extensions.

use crate::report::{FindingKind, Severity};

use super::findings::Findings;
use super::trust::Verdict;

/// Run before the other checks, for what they say of the chain often follows from this.
pub(super) fn check(findings: &mut Findings<'_>, verdict: &Verdict) {
    check_certificates(findings, verdict);
    check_extensions(findings);
}

/// Bytes that are no certificate; in the place of the server's own, nothing works.
fn check_certificates(findings: &mut Findings<'_>, verdict: &Verdict) {
    let view = findings.view;
    for (position, entry) in view.all.iter().enumerate().take(view.presented) {
        let Err(malformed) = entry.certificate() else {
            continue;
        };
        let kind = FindingKind::MalformedCertificate { reason: malformed.to_string() };
        if position == 0 {
            findings.add(Some(0), kind, Severity::Failure);
        } else if verdict.trust.path().is_some() {
            findings.note(position, kind);
        } else {
            findings.add(Some(position), kind, Severity::Warning);
        }
    }
}

/// Certificates that are known by themselves: each is needed.
pub(super) fn check_alone(findings: &mut Findings<'_>) {
    for (position, entry) in findings.view.all.iter().enumerate() {
        if let Err(malformed) = entry.certificate() {
            let kind = FindingKind::MalformedCertificate { reason: malformed.to_string() };
            findings.add(Some(position), kind, Severity::Failure);
        }
    }
    check_extensions(findings);
}

/// webpki and others refuse the whole certificate for an extension that they can't read; which of
/// them they read differs.
pub(super) fn check_extensions(findings: &mut Findings<'_>) {
    for (position, certificate) in findings.relevant() {
        for extension in certificate.unreadable_extensions() {
            let kind = FindingKind::UnreadableExtension {
                oid: extension.oid.clone(),
                reason: extension.reason.to_owned(),
            };
            findings.of(position, kind, Severity::Warning);
        }
    }
}
