//! Validity periods: each certificate's own, and the trust anchor's.

use time::OffsetDateTime;
use time::macros::{date, datetime};

use crate::chain::{Certificate, DateQuirk, Validity};
use crate::report::{FindingKind, Horizon, Severity};

use super::findings::Findings;
use super::links::Links;
use super::policy::{Kept, Thresholds};
use super::trust::Verdict;

pub(super) fn check(
    findings: &mut Findings<'_>,
    links: &Links<'_>,
    verdict: &Verdict,
    horizon: &Horizon,
    at: OffsetDateTime,
) {
    // What is true of a copy was said of the first; who needs the one needs no other.
    for (position, certificate) in findings.relevant().filter(|(at, _)| !links.is_copy(*at)) {
        if check_period(findings, position, certificate, at) {
            check_soon(findings, position, certificate, (verdict, horizon), at);
        }
    }
    if let Some(certificate) = findings.view.certificate(0) {
        check_length(findings, certificate, verdict);
    }
    check_anchor(findings, verdict, horizon, at);
}

/// A trust anchor's certificate by itself.
pub(super) fn check_root(findings: &mut Findings<'_>, at: OffsetDateTime) {
    for (position, certificate) in findings.relevant() {
        if !check_period(findings, position, certificate, at) {
            continue;
        }
        let (thresholds, period) =
            (findings.policy.thresholds(Kept::Anchor), certificate.validity());
        if let Some((severity, threshold_seconds)) = soon(thresholds, period, at) {
            findings.of(position, expires_soon(period, at, threshold_seconds), severity);
        }
    }
}

/// Tells whether the instant lies in the validity period.
///
/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5>
fn check_period(
    findings: &mut Findings<'_>,
    position: usize,
    certificate: &Certificate,
    at: OffsetDateTime,
) -> bool {
    check_encoding(findings, position, certificate);
    if check_inverted(findings, position, certificate) {
        return false;
    }
    check_no_expiry(findings, position, certificate);
    let period = certificate.validity();
    if at < period.not_before {
        let kind = FindingKind::NotYetValid {
            not_before: period.not_before,
            seconds_until: seconds(at, period.not_before),
        };
        findings.of(position, kind, Severity::Failure);
    } else if at > period.not_after {
        let (not_after, seconds_ago) = (period.not_after, seconds(period.not_after, at));
        if findings.needs(position) {
            let kind = FindingKind::Expired { not_after, seconds_ago };
            findings.add(Some(position), kind, Severity::Failure);
        } else {
            findings.note(position, FindingKind::ExpiredButUnneeded { not_after, seconds_ago });
        }
    }
    period.contains(at)
}

fn check_soon(
    findings: &mut Findings<'_>,
    position: usize,
    certificate: &Certificate,
    (verdict, horizon): (&Verdict, &Horizon),
    at: OffsetDateTime,
) {
    let period = certificate.validity();
    let role = if position == 0 { Kept::EndEntity } else { Kept::Intermediate };
    let Some((severity, threshold_seconds)) = soon(findings.policy.thresholds(role), period, at)
    else {
        return;
    };
    let kind = expires_soon(period, at, threshold_seconds);
    // A path that goes on without it takes over.
    let replaced = horizon.until.is_some_and(|until| period.not_after < until);
    // A public CA issues the next end-entity certificate under an intermediate that will do: one
    // that outlives today's end-entity certificate ends nothing.
    let outlived = verdict.is_public()
        && findings
            .view
            .certificate(0)
            .is_some_and(|end_entity| end_entity.validity().not_after < period.not_after);
    if replaced || (position > 0 && outlived) {
        findings.note(position, kind);
    } else {
        findings.of(position, kind, severity);
    }
}

/// What webpki calls `InvalidCertValidity`: there is no instant at which it is valid.
fn check_inverted(findings: &mut Findings<'_>, position: usize, certificate: &Certificate) -> bool {
    let period = certificate.validity();
    let inverted = period.not_after < period.not_before;
    if inverted {
        let kind = FindingKind::ValidityInverted {
            not_before: period.not_before,
            not_after: period.not_after,
        };
        findings.of(position, kind, Severity::Failure);
    }
    inverted
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5>
fn check_no_expiry(findings: &mut Findings<'_>, position: usize, certificate: &Certificate) {
    if certificate.validity().not_after == NO_WELL_DEFINED_EXPIRY {
        findings.of(position, FindingKind::NoWellDefinedExpiry, Severity::Note);
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5>
fn check_encoding(findings: &mut Findings<'_>, position: usize, certificate: &Certificate) {
    for problem in certificate.date_problems() {
        let kind = FindingKind::DateEncoding {
            field: problem.field,
            quirk: problem.quirk,
            encoded: problem.encoded.clone(),
        };
        // Clients read a GeneralizedTime before 2050 as it is meant; the others, strict ones refuse.
        let severity = match problem.quirk {
            DateQuirk::GeneralizedTimeBefore2050 => Severity::Note,
            _ => Severity::Warning,
        };
        findings.of(position, kind, severity);
    }
}

/// Only public CAs are bound by the Baseline Requirements.
fn check_length(findings: &mut Findings<'_>, certificate: &Certificate, verdict: &Verdict) {
    let period = certificate.validity();
    let Some(limit_days) = exceeded_limit(period).filter(|_| verdict.is_public()) else {
        return;
    };
    let lifetime_seconds = period.lifetime().whole_seconds();
    let kind = FindingKind::ValidityTooLong { lifetime_seconds, limit_days };
    findings.of(0, kind, Severity::Note);
}

/// CA/Browser Forum Baseline Requirements, section 6.3.2: the limit in days, by the date of issue,
/// of a period that is longer.
fn exceeded_limit(period: Validity) -> Option<u16> {
    let (_, limit_days) = LIMITS.iter().find(|(from, _)| *from <= period.not_before.date())?;
    let limit = i64::from(*limit_days) * 86_400;
    (period.lifetime().whole_seconds() > limit).then_some(*limit_days)
}

/// OpenSSL, Go and Firefox look at the anchor's dates; RFC 5280 section 6.1.1 leaves it open.
fn check_anchor(
    findings: &mut Findings<'_>,
    verdict: &Verdict,
    horizon: &Horizon,
    at: OffsetDateTime,
) {
    // An end-entity certificate that is its own anchor has been judged as the former.
    let Some(path) = verdict.trust.path().filter(|_| !verdict.pinned) else {
        return;
    };
    let anchor = path.anchor.clone();
    let Some(period) = verdict.anchor_validity else {
        findings.add(None, FindingKind::AnchorDatesUnknown { anchor }, Severity::Warning);
        return;
    };
    let not_after = period.not_after;
    if at > not_after {
        let kind = FindingKind::AnchorExpired { anchor, not_after };
        findings.add(None, kind, Severity::Failure);
    } else if at < period.not_before {
        let kind = FindingKind::AnchorNotYetValid { anchor, not_before: period.not_before };
        findings.add(None, kind, Severity::Failure);
    } else if let Some((severity, threshold_seconds)) =
        soon(findings.policy.thresholds(Kept::Anchor), period, at)
    {
        let seconds_left = seconds(at, not_after);
        let kind =
            FindingKind::AnchorExpiresSoon { anchor, not_after, seconds_left, threshold_seconds };
        // A path to another anchor goes on where this one ends.
        let replaced = horizon.until.is_some_and(|until| not_after < until);
        findings.add(None, kind, if replaced { Severity::Note } else { severity });
    }
}

/// How bad it is that a period ends soon, and below which limit it is that; `None` where it ends
/// late enough.
pub(super) fn soon(
    thresholds: Thresholds,
    period: Validity,
    at: OffsetDateTime,
) -> Option<(Severity, i64)> {
    let limits = thresholds.limits(period.lifetime().whole_seconds());
    let left = seconds(at, period.not_after);
    if left < limits.critical {
        Some((Severity::Critical, limits.critical))
    } else if left < limits.warning {
        Some((Severity::Warning, limits.warning))
    } else {
        None
    }
}

fn expires_soon(period: Validity, at: OffsetDateTime, threshold_seconds: i64) -> FindingKind {
    let (not_after, seconds_left) = (period.not_after, seconds(at, period.not_after));
    FindingKind::ExpiresSoon { not_after, seconds_left, threshold_seconds }
}

/// The whole seconds between two instants of whole seconds.
const fn seconds(from: OffsetDateTime, to: OffsetDateTime) -> i64 {
    to.unix_timestamp() - from.unix_timestamp()
}

const NO_WELL_DEFINED_EXPIRY: OffsetDateTime = datetime!(9999-12-31 23:59:59 UTC);

/// From which day of issue on, how many days: the latest first. The rows before 2026 are the
/// ballots 193 and SC31 of the same forum; before them the limits were counted in months.
const LIMITS: [(time::Date, u16); 5] = [
    (date!(2029 - 03 - 15), 47),
    (date!(2027 - 03 - 15), 100),
    (date!(2026 - 03 - 15), 200),
    (date!(2020 - 09 - 01), 398),
    (date!(2018 - 03 - 01), 825),
];

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    /// A period that begins at an instant, and lasts that long with both ends in it.
    fn lasting(not_before: OffsetDateTime, lifetime: Duration) -> Validity {
        Validity { not_before, not_after: not_before + lifetime - Duration::SECOND }
    }

    #[test]
    fn the_limit_is_that_of_the_day_of_issue() {
        let cases = [
            (datetime!(2018-03-01 00:00:00 UTC), 825),
            (datetime!(2020-08-31 23:59:59 UTC), 825),
            (datetime!(2020-09-01 00:00:00 UTC), 398),
            (datetime!(2026-03-14 23:59:59 UTC), 398),
            (datetime!(2026-03-15 00:00:00 UTC), 200),
            (datetime!(2027-03-14 23:59:59 UTC), 200),
            (datetime!(2027-03-15 00:00:00 UTC), 100),
            (datetime!(2029-03-14 23:59:59 UTC), 100),
            (datetime!(2029-03-15 00:00:00 UTC), 47),
            (datetime!(2050-01-01 00:00:00 UTC), 47),
        ];
        for (issued, days) in cases {
            let limit = Duration::days(days.into());
            assert_eq!(exceeded_limit(lasting(issued, limit)), None, "{issued}");
            let longer = lasting(issued, limit + Duration::SECOND);
            assert_eq!(exceeded_limit(longer), Some(days), "{issued}");
        }
        let before = lasting(datetime!(2018-02-28 23:59:59 UTC), Duration::days(1_200));
        assert_eq!(exceeded_limit(before), None, "limits in months are not looked at");
    }
}
