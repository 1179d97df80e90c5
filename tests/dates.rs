//! Where a validity period begins and ends, to the second.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{Anatomy, generalized_time, utc_time};
use common::judge::{chain, judge, only, server, told, trusting};
use common::pki::{Pki, at};
use notafter::chain::Certificate;
use notafter::report::{Code, Finding, FindingKind, Status};
use time::OffsetDateTime;

/// The leaf is valid from 2026-01-01T00:00:00Z to 2026-12-31T23:59:59Z.
#[test]
fn both_ends_of_the_period_belong_to_it_and_fractions_and_offsets_change_nothing() {
    let not_before = at("2026-01-01T00:00:00Z");
    let not_after = at("2026-12-31T23:59:59Z");
    let soon = |seconds_left| FindingKind::ExpiresSoon {
        not_after,
        seconds_left,
        // A quarter of the renewal window of 30 days.
        threshold_seconds: 648_000,
    };
    let cases = [
        ("2025-12-31T23:59:58Z", Some(FindingKind::NotYetValid { not_before, seconds_until: 2 })),
        ("2025-12-31T23:59:59Z", Some(FindingKind::NotYetValid { not_before, seconds_until: 1 })),
        (
            "2025-12-31T23:59:59.999999999Z",
            Some(FindingKind::NotYetValid { not_before, seconds_until: 1 }),
        ),
        ("2026-01-01T00:00:00Z", None),
        ("2026-01-01T01:00:00+01:00", None),
        (
            "2026-01-01T00:59:59+01:00",
            Some(FindingKind::NotYetValid { not_before, seconds_until: 1 }),
        ),
        ("2026-12-31T23:59:58.5Z", Some(soon(1))),
        ("2026-12-31T23:59:59Z", Some(soon(0))),
        ("2026-12-31T23:59:59.001Z", Some(soon(0))),
        ("2026-12-31T23:59:59.999Z", Some(soon(0))),
        ("2026-12-31T23:59:59.999999999Z", Some(soon(0))),
        ("2027-01-01T00:59:59.999+01:00", Some(soon(0))),
        ("2026-12-31T18:59:59-05:00", Some(soon(0))),
        ("2027-01-01T00:00:00Z", Some(FindingKind::Expired { not_after, seconds_ago: 1 })),
        ("2027-01-01T00:00:00.999Z", Some(FindingKind::Expired { not_after, seconds_ago: 1 })),
        ("2027-01-01T01:00:00+01:00", Some(FindingKind::Expired { not_after, seconds_ago: 1 })),
        ("2026-12-31T19:00:00-05:00", Some(FindingKind::Expired { not_after, seconds_ago: 1 })),
    ];
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let (inspector, sent) = (trusting(&[&pki.root]), pki.chain(&leaf));
    for (instant, expected) in cases {
        let report = judge(&inspector, &sent, instant);
        let kinds: Vec<&FindingKind> = report.findings().iter().map(Finding::kind).collect();
        assert_eq!(kinds, Vec::from_iter(&expected), "{instant}");
        let fails =
            matches!(expected, Some(FindingKind::NotYetValid { .. } | FindingKind::Expired { .. }));
        assert_eq!(report.status() == Status::Fail, fails, "{instant}");
        let validity = leaf_validity(&leaf.der);
        assert_eq!(validity.contains(at(instant)), !fails, "{instant}");
    }
}

#[test]
fn an_end_on_the_leap_day_lasts_until_march_begins() {
    let pki = Pki::new();
    let leaf =
        pki.leaf("example.com").valid("2028-01-01T00:00:00Z", "2028-02-29T23:59:59Z").issue();
    let (inspector, sent) = (trusting(&[&pki.root]), pki.chain(&leaf));
    assert_eq!(
        told(&judge(&inspector, &sent, "2028-02-29T23:59:59Z")),
        ["critical expires-soon 0"]
    );
    assert_eq!(told(&judge(&inspector, &sent, "2028-03-01T00:00:00Z")), ["failure expired 0"]);
}

fn leaf_validity(der: &[u8]) -> notafter::chain::Validity {
    Certificate::from_der(der).unwrap().validity()
}

#[test]
fn no_instant_that_can_be_asked_about_makes_it_panic() {
    use notafter::report::Severity::Failure;
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let (inspector, sent) = (trusting(&[&pki.root]), chain(&pki.chain(&leaf)));
    let early = [
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "0000-01-01T00:00:00+23:59",
        "1582-10-10T00:00:00Z",
        "1899-12-31T23:59:59.999Z",
        "1969-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00Z",
    ];
    let late = [
        "2038-01-19T03:14:08Z",
        "2106-02-07T06:28:16Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59.999999999Z",
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T00:00:00-12:00",
    ];
    let subject = server(&["example.com"]);
    for (instants, code) in [(&early[..], Code::NotYetValid), (&late[..], Code::Expired)] {
        for instant in instants {
            let report = inspector.inspect(&sent, &subject, at(instant));
            let finding = report.findings_with(code).next().unwrap();
            assert_eq!((finding.position(), finding.severity()), (Some(0), Failure), "{instant}");
            assert!(!report.to_string().is_empty());
        }
    }
    for instant in [
        time::PrimitiveDateTime::MIN.assume_utc(),
        time::PrimitiveDateTime::MAX.assume_utc(),
        OffsetDateTime::UNIX_EPOCH - time::Duration::days(1_000_000),
    ] {
        assert_eq!(inspector.inspect(&sent, &subject, instant).status(), Status::Fail);
    }
}

/// 2026-06-15T12:00:00Z lies 63917121600 seconds behind 0001-01-01T00:00:00Z, and
/// 9999-12-31T23:59:59Z lies 251620775999 behind it: neither fits in 32 bits.
#[test]
fn centuries_are_counted_in_seconds_without_overflow() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let judged = |not_before: &str, not_after: &str| {
        let anatomy = Anatomy::of(&leaf.der);
        let leaf = anatomy
            .validity(&generalized_time(not_before), &generalized_time(not_after))
            .signed_by(&pki.intermediate.key);
        judge(
            &trusting(&[&pki.root]),
            &[leaf, pki.intermediate.der.clone()],
            "2026-06-15T12:00:00Z",
        )
    };

    let report = judged("00010101000000Z", "00010101000000Z");
    let not_after = at("0001-01-01T00:00:00Z");
    assert_eq!(
        *only(&report, Code::Expired).kind(),
        FindingKind::Expired { not_after, seconds_ago: 63_917_121_600 },
    );

    let report = judged("99991231235959Z", "99991231235959Z");
    let not_before = at("9999-12-31T23:59:59Z");
    assert_eq!(
        *only(&report, Code::NotYetValid).kind(),
        FindingKind::NotYetValid { not_before, seconds_until: 251_620_775_999 },
    );
}

/// RFC 9773's own example certificate begins and ends in the first second of the year 1.
#[test]
fn a_period_of_one_second_in_the_year_1_is_a_period() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let first = generalized_time("00010101000000Z");
    let example = Anatomy::of(&leaf.der).validity(&first, &first).signed_by(&pki.intermediate.key);

    let validity = leaf_validity(&example);
    assert_eq!(validity.not_before, at("0001-01-01T00:00:00Z"));
    assert_eq!(validity.not_after, at("0001-01-01T00:00:00Z"));
    assert_eq!(validity.lifetime().whole_seconds(), 1);
    assert!(validity.contains(at("0001-01-01T00:00:00.999Z")));
    assert!(!validity.contains(at("0001-01-01T00:00:01Z")));

    let sent = [example, pki.intermediate.der.clone()];
    let report = judge(&trusting(&[&pki.root]), &sent, "0001-01-01T00:00:00Z");
    assert_eq!(report.findings_with(Code::Expired).count(), 0);
    assert_eq!(report.findings_with(Code::ValidityInverted).count(), 0);
    assert_eq!(report.findings_with(Code::DateEncoding).count(), 2);
}

#[test]
fn a_period_that_begins_before_1970_is_compared_like_any_other() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let old = Anatomy::of(&leaf.der)
        .validity(&utc_time("500101000000Z"), &utc_time("691231235959Z"))
        .signed_by(&pki.intermediate.key);
    let validity = leaf_validity(&old);
    let cases = [
        ("1949-12-31T23:59:59Z", false),
        ("1950-01-01T00:00:00Z", true),
        ("1969-12-31T23:59:59.5Z", true),
        ("1970-01-01T00:00:00Z", false),
    ];
    for (instant, valid) in cases {
        assert_eq!(validity.contains(at(instant)), valid, "{instant}");
        let report = judge(&trusting(&[&pki.root]), &[&old], instant);
        let about_the_period = [Code::NotYetValid, Code::Expired]
            .map(|code| report.findings_with(code).count())
            .iter()
            .sum::<usize>();
        assert_eq!(about_the_period, usize::from(!valid), "{instant}");
    }
}

/// RFC 5280 section 4.1.2.5: 99991231235959Z, and nothing near it, says that there is no
/// well-defined expiration date.
#[test]
fn only_the_exact_sentinel_means_that_there_is_no_expiry() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let told_of = |time: &[u8]| {
        let leaf = Anatomy::of(&leaf.der).not_after(time).signed_by(&pki.intermediate.key);
        let sent = [leaf, pki.intermediate.der.clone()];
        let report = judge(&trusting(&[&pki.root]), &sent, "2026-06-15T12:00:00Z");
        (told(&report), report.status())
    };
    assert_eq!(
        told_of(&generalized_time("99991231235959Z")),
        (
            vec![
                "note no-well-defined-expiry 0".to_owned(),
                "note path-ends-before-end-entity 1".to_owned(),
            ],
            Status::Pass,
        ),
    );
    let late = (vec!["note path-ends-before-end-entity 1".to_owned()], Status::Pass);
    assert_eq!(told_of(&generalized_time("99991231235958Z")), late);
    assert_eq!(told_of(&generalized_time("99991230235959Z")), late);
    // Two digits can't name that year: this is 1999.
    assert_eq!(
        told_of(&utc_time("991231235959Z")),
        (
            vec!["failure validity-inverted 0".to_owned(), "failure untrusted-path 0".to_owned()],
            Status::Fail
        ),
    );
}

#[test]
fn a_period_that_ends_before_it_begins_is_told_once_and_is_never_valid() {
    let pki = Pki::new();
    let leaf =
        pki.leaf("example.com").valid("2026-06-01T00:00:00Z", "2026-05-31T23:59:59Z").issue();
    let (inspector, sent) = (trusting(&[&pki.root]), pki.chain(&leaf));
    for instant in [
        "2026-05-01T00:00:00Z",
        "2026-05-31T23:59:59Z",
        "2026-06-01T00:00:00Z",
        "2026-07-01T00:00:00Z",
    ] {
        let report = judge(&inspector, &sent, instant);
        assert_eq!(told(&report), ["failure validity-inverted 0", "failure untrusted-path 0"]);
        assert_eq!(
            *only(&report, Code::ValidityInverted).kind(),
            FindingKind::ValidityInverted {
                not_before: at("2026-06-01T00:00:00Z"),
                not_after: at("2026-05-31T23:59:59Z"),
            },
        );
        assert!(!leaf_validity(&leaf.der).contains(at(instant)));
    }
}
