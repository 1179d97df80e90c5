//! What the profiles of RFC 5280 and of the CA/Browser Forum forbid, and most clients take. Off
//! unless a policy names it, so nothing is looked at before that is known.

use crate::chain::{Certificate, Subtree};
use crate::report::{
    AuthorityKeyIdentifierFault, Code, FindingKind, NameConstraintsFault, PolicyConstraintsFault,
    Severity, SubjectKeyIdentifierFault,
};

use super::TrustAnchors;
use super::findings::Findings;
use super::trust::Verdict;

pub(super) fn check(findings: &mut Findings<'_>, anchors: &TrustAnchors, verdict: &Verdict) {
    if !Code::BASELINE_REQUIREMENTS.iter().any(|code| findings.policy.tells(*code)) {
        return;
    }
    for (position, certificate) in findings.relevant() {
        for kind in faults(certificate, Role::Presented) {
            findings.of(position, kind, Severity::Note);
        }
    }
    // An end-entity certificate that is its own anchor was looked at already.
    let anchor = verdict.anchor.filter(|_| !verdict.pinned);
    if let Some(root) = anchor.and_then(|index| anchors.certificate(index)) {
        let leads_on = leads_on(findings, root);
        for kind in faults(root, Role::Anchor) {
            let missing = matches!(
                kind,
                FindingKind::AuthorityKeyIdentifier { fault: AuthorityKeyIdentifierFault::Missing }
            );
            if missing && leads_on {
                continue;
            }
            findings.of_anchor(root, kind, Severity::Note);
        }
    }
}

/// Whether a certificate of the root's name and key was presented that says which key certified it:
/// who does not know the root builds a path by that one, which is what the identifier is for.
fn leads_on(findings: &Findings<'_>, root: &Certificate) -> bool {
    findings.view.presented().any(|(_, certificate)| {
        certificate.subject() == root.subject()
            && certificate.public_key().spki() == root.public_key().spki()
            && certificate.authority_key_id().is_some()
    })
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Role {
    Anchor,
    Presented,
}

fn faults(certificate: &Certificate, role: Role) -> impl Iterator<Item = FindingKind> + use<> {
    // RFC 5280 section 4.2.1.11.
    let policy_constraints = seen([(
        certificate.marks().critical_policy_constraints == Some(false),
        PolicyConstraintsFault::NotCritical,
    )]);
    authority_key_identifier(certificate, role)
        .map(|fault| FindingKind::AuthorityKeyIdentifier { fault })
        .chain(
            subject_key_identifier(certificate)
                .map(|fault| FindingKind::SubjectKeyIdentifier { fault }),
        )
        .chain(name_constraints(certificate).map(|fault| FindingKind::NameConstraints { fault }))
        .chain(policy_constraints.map(|fault| FindingKind::PolicyConstraints { fault }))
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.1>: there, and not critical, but that a
/// self-issued certificate may leave it out. Baseline Requirements, section 7.1.2.11.1: it holds
/// the key identifier and nothing else, which is a root's own (section 7.1.2.1.3); below a root, a
/// self-issued certificate hands over from one key to another.
fn authority_key_identifier(
    certificate: &Certificate,
    role: Role,
) -> impl Iterator<Item = AuthorityKeyIdentifierFault> + use<> {
    use AuthorityKeyIdentifierFault as Fault;
    let self_issued = certificate.is_self_issued();
    let is_root = self_issued && role == Role::Anchor;
    let id = certificate.authority_key_id();
    let subject = certificate.subject_key_id();
    let shape = certificate.marks().authority_key_id;
    let holds = |has: fn(_) -> bool| shape.is_some_and(has);
    seen([
        (shape.is_none() && !self_issued, Fault::Missing),
        (shape.is_some() && id.is_none(), Fault::KeyIdentifierMissing),
        (holds(|shape| shape.issuer), Fault::Issuer),
        (holds(|shape| shape.serial_number), Fault::SerialNumber),
        (is_root && id.zip(subject).is_some_and(|(id, subject)| id != subject), Fault::Mismatch),
    ])
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.2>
fn subject_key_identifier(
    certificate: &Certificate,
) -> impl Iterator<Item = SubjectKeyIdentifierFault> + use<> {
    use SubjectKeyIdentifierFault as Fault;
    seen([(certificate.is_ca() && certificate.subject_key_id().is_none(), Fault::Missing)])
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.10>; a leading full stop is for URIs only.
fn name_constraints(
    certificate: &Certificate,
) -> impl Iterator<Item = NameConstraintsFault> + use<> {
    use NameConstraintsFault as Fault;
    let present = certificate.name_constraints().is_some();
    let begins_with_a_period =
        |subtree| matches!(subtree, Subtree::Dns(name) if name.starts_with(b"."));
    seen([
        (present && !certificate.is_ca(), Fault::EndEntity),
        (present && !certificate.marks().critical_name_constraints, Fault::NotCritical),
        (present && certificate.subtrees().next().is_none(), Fault::Empty),
        (certificate.subtrees().any(begins_with_a_period), Fault::LeadingPeriod),
    ])
}

fn seen<T, const N: usize>(faults: [(bool, T); N]) -> impl Iterator<Item = T> {
    faults.into_iter().filter_map(|(seen, fault)| seen.then_some(fault))
}
