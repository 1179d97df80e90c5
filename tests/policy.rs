//! Policies: when it is soon, and how bad what is.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::time::Duration;

use common::anatomy::{Anatomy, generalized_time};
use common::judge::{NOTHING, judge, only, told, trusting};
use common::pki::{Draft, Issued, Pki};
use notafter::inspect::{Policy, Thresholds};
use notafter::report::{Code, FindingKind, Severity, Status};

const DAY: Duration = Duration::from_secs(86_400);

const fn days(count: u32) -> Duration {
    DAY.checked_mul(count).unwrap()
}

/// A policy is made where it is written, before the program runs.
const STRICT: Policy = Policy::new()
    .end_entity(Thresholds::durations(days(60), days(14)))
    .intermediate(Thresholds::percent(50, 10))
    .anchor(Thresholds::durations(days(365), days(30)))
    .severity(Code::Duplicate, Severity::Failure)
    .off(Code::AnchorIncluded);

/// The leaf is valid for the 365 days of 2026, the intermediate for the 3652 from 2025 to 2034, the
/// root for the 7305 from 2020 to 2039; all end at the end of their last day.
struct Chain {
    root: Issued,
    intermediate: Issued,
    leaf: Issued,
}

impl Chain {
    fn new() -> Self {
        let root =
            Draft::root("Root").valid("2020-01-01T00:00:00Z", "2039-12-31T23:59:59Z").issue();
        let intermediate =
            root.ca("Intermediate").valid("2025-01-01T00:00:00Z", "2034-12-31T23:59:59Z").issue();
        let leaf = intermediate.leaf("example.com").issue();
        Self { root, intermediate, leaf }
    }

    fn told(&self, policy: &Policy, instant: &str) -> Vec<String> {
        let inspector = trusting(&[&self.root]).with_policy(policy.clone());
        told(&judge(&inspector, &[&self.leaf.der, &self.intermediate.der], instant))
    }
}

/// With exactly the limit left it is not soon yet; with one second less it is.
#[test]
fn durations_are_compared_to_the_second() {
    let chain = Chain::new();
    let policy = Policy::new().end_entity(Thresholds::durations(days(60), days(14)));
    let cases: [(_, &[&str]); 4] = [
        ("2026-11-01T23:59:59Z", &[]),
        ("2026-11-02T00:00:00Z", &["warning expires-soon 0"]),
        ("2026-12-17T23:59:59Z", &["warning expires-soon 0"]),
        ("2026-12-18T00:00:00Z", &["critical expires-soon 0"]),
    ];
    for (instant, expected) in cases {
        assert_eq!(chain.told(&policy, instant), expected, "{instant}");
    }
}

/// A tenth of 365 days are 36.5 days, and a hundredth are 3.65 days: 315,360 s.
#[test]
fn shares_are_of_the_whole_lifetime() {
    let chain = Chain::new();
    let policy = Policy::new().end_entity(Thresholds::percent(10, 1));
    let cases: [(_, &[&str]); 5] = [
        ("2026-11-25T11:59:59Z", &[]),
        ("2026-11-25T12:00:00Z", &["warning expires-soon 0"]),
        ("2026-12-28T08:23:59Z", &["warning expires-soon 0"]),
        ("2026-12-28T08:24:00Z", &["critical expires-soon 0"]),
        ("2027-01-01T00:00:00Z", &["failure expired 0"]),
    ];
    for (instant, expected) in cases {
        assert_eq!(chain.told(&policy, instant), expected, "{instant}");
    }
}

#[test]
fn each_role_has_thresholds_of_its_own() {
    let chain = Chain::new();
    // A year before the root ends, and 50 and 10 per cent of the intermediate.
    let cases: [(_, &[&str]); 4] = [
        ("2026-06-15T12:00:00Z", &[]),
        ("2026-11-15T00:00:00Z", &["warning expires-soon 0"]),
        ("2030-06-15T00:00:00Z", &["failure expired 0", "warning expires-soon 1"]),
        ("2034-06-15T00:00:00Z", &["failure expired 0", "critical expires-soon 1"]),
    ];
    for (instant, expected) in cases {
        assert_eq!(chain.told(&STRICT, instant), expected, "{instant}");
    }
    assert_eq!(
        chain.told(&STRICT, "2039-06-15T00:00:00Z"),
        ["failure expired 0", "failure expired 1", "warning anchor-expires-soon -",]
    );
}

/// CA certificates take a roll-out to replace: 180 and 60 days by default.
#[test]
fn an_intermediate_is_looked_at_half_a_year_ahead() {
    let root = Draft::root("Root").issue();
    let intermediate =
        root.ca("Intermediate").valid("2025-01-01T00:00:00Z", "2026-12-28T00:00:00Z").issue();
    let leaf = intermediate
        .leaf("example.com")
        .valid("2026-01-01T00:00:00Z", "2027-12-31T23:59:59Z")
        .issue();
    // 1 July is 180 days before 28 December, and 29 October is 60.
    let cases: [(_, &[&str]); 4] = [
        ("2026-07-01T00:00:00Z", &["note path-ends-before-end-entity 1"]),
        (
            "2026-07-01T00:00:01Z",
            &["warning expires-soon 1", "warning path-ends-before-end-entity 1"],
        ),
        (
            "2026-10-29T00:00:00Z",
            &["warning expires-soon 1", "warning path-ends-before-end-entity 1"],
        ),
        (
            "2026-10-29T00:00:01Z",
            &["critical expires-soon 1", "critical path-ends-before-end-entity 1"],
        ),
    ];
    for (instant, expected) in cases {
        let report = judge(&trusting(&[&root]), &[&leaf.der, &intermediate.der], instant);
        assert_eq!(told(&report), expected, "{instant}");
    }
    let report =
        judge(&trusting(&[&root]), &[&leaf.der, &intermediate.der], "2026-07-01T00:00:01Z");
    let FindingKind::ExpiresSoon { seconds_left, threshold_seconds, .. } =
        only(&report, Code::ExpiresSoon).kind()
    else {
        panic!("{:?}", told(&report));
    };
    assert_eq!((*seconds_left, *threshold_seconds), (180 * 86_400 - 1, 180 * 86_400));
}

#[test]
fn zero_switches_a_limit_off_and_the_end_itself_is_still_told() {
    let chain = Chain::new();
    let policy = Policy::new().end_entity(Thresholds::durations(Duration::ZERO, Duration::ZERO));
    assert_eq!(chain.told(&policy, "2026-12-31T23:59:59Z"), NOTHING);
    assert_eq!(chain.told(&policy, "2027-01-01T00:00:00Z"), ["failure expired 0"]);
    let policy = Policy::new().end_entity(Thresholds::percent(0, 0));
    assert_eq!(chain.told(&policy, "2026-12-31T23:59:59Z"), NOTHING);
}

#[test]
fn limits_beyond_any_lifetime_are_always_soon_and_overflow_nothing() {
    let chain = Chain::new();
    for thresholds in
        [Thresholds::durations(Duration::MAX, Duration::ZERO), Thresholds::percent(255, 0)]
    {
        let policy = Policy::new().end_entity(thresholds);
        assert_eq!(chain.told(&policy, "2026-01-01T00:00:00Z"), ["warning expires-soon 0"]);
    }
}

#[test]
fn a_severity_replaces_those_that_a_code_comes_in() {
    let chain = Chain::new();
    let policy = Policy::new()
        .severity(Code::ExpiresSoon, Severity::Note)
        .severity(Code::Expired, Severity::Critical);
    assert_eq!(chain.told(&policy, "2026-12-20T00:00:00Z"), ["note expires-soon 0"]);
    assert_eq!(chain.told(&policy, "2026-12-30T00:00:00Z"), ["note expires-soon 0"]);
    assert_eq!(chain.told(&policy, "2027-01-01T00:00:00Z"), ["critical expired 0"]);
}

/// A note is raised like anything else, whether the certificate is needed or sent needlessly.
#[test]
fn a_note_can_be_made_a_failure() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let stranger = Draft::root("Stranger").issue();
    let endless = Anatomy::of(&leaf.der)
        .not_after(&generalized_time("99991231235959Z"))
        .signed_by(&pki.intermediate.key);
    let own = Draft::self_signed("example.com").issue();
    let (int, root) = (&pki.intermediate.der, &pki.root.der);
    let cases = [
        (Code::Duplicate, vec![&leaf.der, int, int], 2),
        (Code::AnchorIncluded, vec![&leaf.der, int, root], 2),
        (Code::Unrelated, vec![&leaf.der, int, &stranger.der], 2),
        (Code::NoWellDefinedExpiry, vec![&endless, int], 0),
        (Code::SelfSigned, vec![&own.der], 0),
    ];
    // The CA certificates above the endless one have an end.
    let aside = "note path-ends-before-end-entity 1";
    for (code, sent, position) in cases {
        for severity in [Severity::Note, Severity::Warning, Severity::Critical, Severity::Failure] {
            let policy = Policy::new().severity(code, severity);
            let inspector = trusting(&[&pki.root, &own]).with_policy(policy);
            let report = judge(&inspector, &sent, "2026-06-15T12:00:00Z");
            let told: Vec<_> = told(&report).into_iter().filter(|told| *told != aside).collect();
            assert_eq!(told, [format!("{severity} {code} {position}")]);
            let status = match severity {
                Severity::Note => Status::Pass,
                Severity::Warning | Severity::Critical => Status::Warn,
                Severity::Failure => Status::Fail,
            };
            assert_eq!(report.status(), status, "{code} {severity}");
        }
        let inspector = trusting(&[&pki.root, &own]).with_policy(Policy::new().off(code));
        let report = judge(&inspector, &sent, "2026-06-15T12:00:00Z");
        assert!(told(&report).iter().all(|told| *told == aside), "{report}");
    }
}

/// AddTrust: raising `expired` must not raise it for a certificate that no path needs.
#[test]
fn what_is_wrong_with_a_needless_certificate_stays_a_note() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let elder = Draft::root("Elder").issue();
    let cross = elder
        .ca("Test Root")
        .valid("2020-01-01T00:00:00Z", "2025-12-31T23:59:59Z")
        .issue_for(pki.root.key.clone());
    let sent = [&leaf.der, &pki.intermediate.der, &cross.der];
    let judged = |policy: Policy| {
        let inspector = trusting(&[&pki.root]).with_policy(policy);
        told(&judge(&inspector, &sent, "2026-06-15T12:00:00Z"))
    };
    assert_eq!(judged(Policy::new()), ["note expired-but-unneeded 2"]);
    assert_eq!(
        judged(Policy::new().severity(Code::Expired, Severity::Failure)),
        ["note expired-but-unneeded 2"]
    );
    assert_eq!(judged(Policy::new().off(Code::ExpiredButUnneeded)), NOTHING);
}

#[test]
fn a_code_that_is_off_is_not_told_and_does_not_count() {
    let chain = Chain::new();
    let policy = Policy::new().off(Code::Expired).off(Code::ExpiresSoon);
    assert_eq!(chain.told(&policy, "2027-06-15T12:00:00Z"), NOTHING);
    // The last word counts.
    let policy = policy.severity(Code::Expired, Severity::Warning);
    assert_eq!(chain.told(&policy, "2027-06-15T12:00:00Z"), ["warning expired 0"]);
}

#[test]
fn the_default_is_what_new_makes() {
    assert_eq!(Policy::default(), Policy::new());
    assert_ne!(Policy::new(), STRICT);
    assert_eq!(Policy::new(), Policy::new().end_entity(Thresholds::lifetime()));
    assert_eq!(Policy::new(), Policy::new().anchor(Thresholds::certification_authority()));
}
