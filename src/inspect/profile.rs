//! What the standards ask of a root's certificate, its dates aside.
//!
//! Clients that know an anchor by its name and key alone, as rustls does, see nothing of it; others
//! judge it like any issuer.

use crate::chain::{Certificate, KeyKind, KeyPurpose};
use crate::report::{AnchorFault, FindingKind, Severity};
use crate::target::Purpose;

use super::findings::Findings;
use super::trust::Verdict;
use super::{TrustAnchors, strength, usage};

/// The anchor of the path.
pub(super) fn check(
    findings: &mut Findings<'_>,
    anchors: &TrustAnchors,
    verdict: &Verdict,
    purpose: Purpose,
) {
    // An end-entity certificate that is its own anchor is judged as the former.
    let anchor = verdict.anchor.filter(|_| !verdict.pinned);
    let Some((index, root)) = anchor.and_then(|index| Some((index, anchors.certificate(index)?)))
    else {
        return;
    };
    check_faults(findings, anchors, index, |fault| {
        let is_usage = matches!(fault, AnchorFault::ExtendedKeyUsage { .. });
        // OpenSSL and Go hold a root to its purposes too.
        if is_usage && !usage::allows(1, root, purpose) {
            Severity::Warning
        } else {
            severity(fault)
        }
    });
    strength::check_anchor(findings, root);
}

/// An anchor by itself, whatever it is used for.
pub(super) fn check_root(findings: &mut Findings<'_>, anchors: &TrustAnchors, index: usize) {
    check_faults(findings, anchors, index, severity);
}

fn check_faults(
    findings: &mut Findings<'_>,
    anchors: &TrustAnchors,
    index: usize,
    severity: impl Fn(&AnchorFault) -> Severity,
) {
    for fault in anchors.faults(index) {
        let anchor = anchors.anchor_name(index);
        let kind = FindingKind::AnchorNonconforming { anchor, fault: fault.clone() };
        findings.add(None, kind, severity(fault));
    }
}

/// What OpenSSL or Go refuse is a warning. What they let pass is a note, as only validators that
/// are strict on purpose look at it.
const fn severity(fault: &AnchorFault) -> Severity {
    match fault {
        AnchorFault::BasicConstraintsMissing
        | AnchorFault::KeyCertSignMissing
        | AnchorFault::NotACa
        | AnchorFault::UnknownCriticalExtension { .. } => Severity::Warning,
        AnchorFault::BasicConstraintsNotCritical
        | AnchorFault::EmptySubject
        | AnchorFault::ExtendedKeyUsage { .. }
        | AnchorFault::RsaKeySize { .. } => Severity::Note,
    }
}

/// What is wrong with a root. Its key's strength is judged like any other's.
pub(super) fn faults(root: &Certificate) -> Vec<AnchorFault> {
    let mut faults = Vec::new();
    faults.extend(basic_constraints(root));
    // <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.3>
    if !usage::may_certify(root) {
        faults.push(AnchorFault::KeyCertSignMissing);
    }
    // <https://www.rfc-editor.org/rfc/rfc5280#section-4.2>
    let unknown = root.unknown_critical_extensions().iter();
    faults.extend(unknown.map(|oid| AnchorFault::UnknownCriticalExtension { oid: oid.clone() }));
    // <https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.6>
    if root.subject().is_empty() {
        faults.push(AnchorFault::EmptySubject);
    }
    // CA/Browser Forum Baseline Requirements, section 7.1.2.1.2.
    if let Some(usage) = root.extended_key_usage() {
        let purposes = usage.purposes().iter().map(KeyPurpose::to_string).collect();
        faults.push(AnchorFault::ExtendedKeyUsage { purposes });
    }
    faults.extend(key_size(root));
    faults
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9>
fn basic_constraints(root: &Certificate) -> Option<AnchorFault> {
    match root.basic_constraints() {
        // There were no extensions before version 3; OpenSSL and Go take such a root for a CA.
        None if root.version() < 3 => None,
        None => Some(AnchorFault::BasicConstraintsMissing),
        Some(constraints) if !constraints.ca => Some(AnchorFault::NotACa),
        Some(constraints) if !constraints.critical => {
            Some(AnchorFault::BasicConstraintsNotCritical)
        }
        Some(_) => None,
    }
}

/// CA/Browser Forum Baseline Requirements, section 6.1.5.
fn key_size(root: &Certificate) -> Option<AnchorFault> {
    let key = root.public_key();
    let is_rsa = matches!(key.kind(), KeyKind::Rsa | KeyKind::RsaPss);
    (is_rsa && !key.bits().is_multiple_of(8)).then(|| AnchorFault::RsaKeySize { bits: key.bits() })
}
