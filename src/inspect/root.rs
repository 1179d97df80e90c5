//! What the standards ask of a root's certificate, its dates aside.
//!
//! Clients that know an anchor by its name and key alone, as rustls does, see nothing of it; others
//! judge it like any issuer.

use crate::chain::{Certificate, KeyKind, KeyPurpose};
use crate::report::{AnchorFault, FindingKind, Severity};
use crate::target::Purpose;

use super::findings::Findings;
use super::trust::Verdict;
use super::{TrustAnchors, fields, strength, usage};

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
    check_faults(findings, anchors, index, |fault| match fault {
        // A server's own certificate may be trusted by itself, and issues nothing.
        AnchorFault::NotACa => Severity::Note,
        _ => severity(fault),
    });
}

/// CA certificates by themselves, which may be roots or stand below one.
pub(super) fn check_certificates(findings: &mut Findings<'_>) {
    for (_, certificate) in findings.view.presented() {
        for fault in faults(certificate) {
            // An intermediate has one to be good for less.
            let is_usual = matches!(fault, AnchorFault::ExtendedKeyUsage { .. })
                && !certificate.is_self_issued();
            if !is_usual {
                let (anchor, severity) = (certificate.subject().to_string(), severity(&fault));
                let kind = FindingKind::AnchorNonconforming { anchor, fault };
                findings.add(None, kind, severity);
            }
        }
    }
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

/// What OpenSSL or Go refuse is a warning. What they let pass is a note: only validators that are
/// strict on purpose look at it, and Python, which has OpenSSL be strict from version 3.13 on.
const fn severity(fault: &AnchorFault) -> Severity {
    match fault {
        AnchorFault::BasicConstraintsMissing
        | AnchorFault::CriticalKeyIdentifier
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
    // <https://www.rfc-editor.org/rfc/rfc5280#section-4.2>
    let unknown = root.unknown_critical_extensions().iter();
    let unknown = unknown.map(|oid| AnchorFault::UnknownCriticalExtension { oid: oid.clone() });
    let mut faults: Vec<AnchorFault> = unknown.collect();
    if fields::critical_key_identifiers(root).next().is_some() {
        faults.push(AnchorFault::CriticalKeyIdentifier);
    }
    // The rest is asked of CAs alone.
    let constraints = basic_constraints(root);
    if constraints == Some(AnchorFault::NotACa) {
        faults.push(AnchorFault::NotACa);
        return faults;
    }
    faults.extend(constraints);
    // <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.3>
    if !usage::may_certify(root) {
        faults.push(AnchorFault::KeyCertSignMissing);
    }
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

#[cfg(all(test, feature = "fetch"))]
mod tests {
    use rustls_pki_types::{
        AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
    };
    use time::macros::datetime;

    use super::*;
    use crate::chain::PresentedChain;
    use crate::inspect::Inspector;
    use crate::target::Subject;

    /// A provider of the caller's own, which verifies what it likes.
    #[derive(Debug)]
    struct Anything(AlgorithmIdentifier);

    impl SignatureVerificationAlgorithm for Anything {
        fn verify_signature(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
            Ok(())
        }

        fn public_key_alg_id(&self) -> AlgorithmIdentifier {
            self.0
        }

        fn signature_alg_id(&self) -> AlgorithmIdentifier {
            alg_id::ECDSA_SHA256
        }
    }

    /// ecPublicKey with prime192v1, whose object identifier differs from P-256's in its last octet.
    const ECDSA_P192: [u8; 19] =
        *b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x01";

    #[test]
    fn a_weak_key_of_the_paths_anchor_is_told_where_a_provider_takes_it() {
        static P192: Anything = Anything(AlgorithmIdentifier::from_slice(&ECDSA_P192));
        static P256: Anything = Anything(alg_id::ECDSA_P256);
        let chain = include_str!("../../tests/data/chain.pem");
        let root = PresentedChain::from_pem(include_str!("../../tests/data/root.pem")).unwrap();
        let mut root = root.end_entity().der().to_vec();
        let curve = root.windows(19).position(|octets| octets[..18] == ECDSA_P192[..18]).unwrap();
        root[curve + 18] = 1;
        let inspector = Inspector::new()
            .with_anchors(TrustAnchors::from_der([root]).unwrap())
            .with_algorithms(&[&P192, &P256]);
        let report = inspector.inspect(
            &PresentedChain::from_pem(chain).unwrap(),
            &Subject::new("test", Purpose::Server),
            datetime!(2030-02-01 0:00 UTC),
        );
        let told: Vec<String> = report.findings().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "failure weak-key: the key of the trust anchor (CN=Example Root) is too weak, or of an odd size: EC P-192"
            ],
        );
    }
}
