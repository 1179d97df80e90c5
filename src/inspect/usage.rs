//! What the keys may be used for (RFC 5280 sections 4.2.1.3, 4.2.1.9 and 4.2.1.12).

use time::OffsetDateTime;
use time::macros::datetime;

use crate::chain::{Certificate, KeyPurpose};
use crate::report::{FindingKind, Severity};
use crate::target::{Purpose, Subject};

use super::findings::Findings;
use super::links::Links;
use super::trust::Verdict;

pub(super) fn check(
    findings: &mut Findings<'_>,
    links: &Links<'_>,
    subject: &Subject,
    verdict: &Verdict,
) {
    let path = links.path(verdict);
    for (below, position) in path.iter().enumerate() {
        let Some(certificate) = findings.view.certificate(*position) else {
            continue;
        };
        check_purpose(findings, *position, certificate, subject.purpose());
        if below == 0 {
            check_end_entity(findings, certificate, subject.purpose(), verdict);
        } else {
            check_ca(findings, *position, certificate);
            check_key_cert_sign(findings, *position, certificate);
            check_path_length(findings, &path[1..=below], *position, certificate);
        }
    }
    check_depth(findings, verdict);
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12>
fn check_purpose(
    findings: &mut Findings<'_>,
    position: usize,
    certificate: &Certificate,
    purpose: Purpose,
) {
    let Some(usage) = certificate.extended_key_usage() else {
        return;
    };
    if allows(position, certificate, purpose) {
        return;
    }
    let purposes = usage.purposes().iter().map(KeyPurpose::to_string).collect();
    let kind = if purpose == Purpose::Client {
        FindingKind::ClientAuthMissing { purposes }
    } else {
        FindingKind::ServerAuthMissing { purposes }
    };
    findings.of(position, kind, Severity::Failure);
}

/// Whether the certificate may serve the purpose; like webpki and browsers, intermediates are held
/// to it too, and anyExtendedKeyUsage is not enough for the end-entity certificate (Baseline
/// Requirements, 7.1.2.7.10).
pub(super) fn allows(position: usize, certificate: &Certificate, purpose: Purpose) -> bool {
    let wanted = match purpose {
        Purpose::Server => KeyPurpose::ServerAuth,
        Purpose::Client => KeyPurpose::ClientAuth,
        Purpose::Ca | Purpose::Signing => return true,
    };
    certificate.extended_key_usage().is_none_or(|usage| {
        usage.allows(&wanted) || (position > 0 && usage.allows(&KeyPurpose::Any))
    })
}

/// Whether an issuer's key usage, where it has one, lets it sign certificates.
pub(super) fn may_certify(certificate: &Certificate) -> bool {
    certificate.key_usage().is_none_or(|usage| usage.key_cert_sign)
}

fn check_end_entity(
    findings: &mut Findings<'_>,
    certificate: &Certificate,
    purpose: Purpose,
    verdict: &Verdict,
) {
    if !certificate.is_ca() {
        check_no_ca(findings, certificate);
        if purpose == Purpose::Server {
            check_extended_key_usage(findings, certificate);
        }
    } else if purpose != Purpose::Signing {
        // RFC 5280 doesn't forbid it; rustls does. Clients other than rustls accept one that they
        // were given as a trust anchor.
        let severity = if verdict.pinned { Severity::Warning } else { Severity::Failure };
        findings.of(0, FindingKind::CaAsEndEntity, severity);
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9>: keyCertSign asks for cA. Python refuses
/// it from version 3.13 on, with OpenSSL's strict mode; webpki 0.103 does not look.
fn check_no_ca(findings: &mut Findings<'_>, certificate: &Certificate) {
    if certificate.key_usage().is_some_and(|usage| usage.key_cert_sign) {
        findings.of(0, FindingKind::KeyCertSignWithoutCa, Severity::Warning);
    }
}

/// Baseline Requirements, sections 7.1.2.7.6 and 7.1.2.7.10. Of the clients only Apple's ask for
/// more than RFC 5280 does: <https://support.apple.com/en-us/103769>.
fn check_extended_key_usage(findings: &mut Findings<'_>, certificate: &Certificate) {
    let Some(usage) = certificate.extended_key_usage() else {
        let is_refused = certificate.validity().not_before >= APPLE_ASKS_SINCE;
        let severity = if is_refused { Severity::Warning } else { Severity::Note };
        findings.of(0, FindingKind::ExtendedKeyUsageMissing, severity);
        return;
    };
    if certificate.marks().critical_extended_key_usage {
        findings.of(0, FindingKind::CriticalExtendedKeyUsage, Severity::Note);
    }
    // Without serverAuth beside it, that is what is missing.
    if usage.allows(&KeyPurpose::Any) && usage.allows(&KeyPurpose::ServerAuth) {
        findings.of(0, FindingKind::AnyExtendedKeyUsage, Severity::Note);
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9>; a certificate before version 3 has no
/// extensions, and is no CA for today's clients.
fn check_ca(findings: &mut Findings<'_>, position: usize, certificate: &Certificate) {
    if !certificate.is_ca() {
        findings.of(position, FindingKind::NotACa, Severity::Failure);
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.3>; webpki 0.103 does not look.
fn check_key_cert_sign(findings: &mut Findings<'_>, position: usize, certificate: &Certificate) {
    if !may_certify(certificate) {
        findings.of(position, FindingKind::KeyCertSignMissing, Severity::Failure);
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9>: self-issued certificates don't count.
///
/// `issuers` are the certificates of the path from the first issuer up to this one.
fn check_path_length(
    findings: &mut Findings<'_>,
    issuers: &[usize],
    position: usize,
    certificate: &Certificate,
) {
    let Some(path_length) =
        certificate.basic_constraints().and_then(|constraints| constraints.path_length)
    else {
        return;
    };
    let below = depth(findings, issuers.iter().filter(|issuer| **issuer != position));
    if u32::try_from(below).is_ok_and(|below| below > path_length) {
        let kind = FindingKind::PathLengthExceeded { path_length, below };
        findings.of(position, kind, Severity::Failure);
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-6.1.4>, (l), with the caller's own limit.
fn check_depth(findings: &mut Findings<'_>, verdict: &Verdict) {
    let path = verdict.trust.path().map_or(&[][..], |path| path.path.as_slice());
    let (Some(limit), [_, issuers @ ..]) = (findings.policy.path_depth_limit(), path) else {
        return;
    };
    let depth = depth(findings, issuers.iter());
    if depth > limit {
        findings.add(Some(0), FindingKind::PathTooLong { limit, depth }, Severity::Failure);
    }
}

/// How many of these issuers count as intermediates: those that are not self-issued.
fn depth<'a>(findings: &Findings<'_>, issuers: impl Iterator<Item = &'a usize>) -> usize {
    let certificates = issuers.filter_map(|position| findings.view.certificate(*position));
    certificates.filter(|certificate| !certificate.is_self_issued()).count()
}

/// Of certificates with an earlier notBefore no extended key usage is asked.
const APPLE_ASKS_SINCE: OffsetDateTime = datetime!(2019-07-01 0:00 UTC);
