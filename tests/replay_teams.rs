//! A replay: 3 February 2020, when Microsoft Teams was down for three hours.
//!
//! An authentication certificate had been issued for two years and was not renewed. The chain here
//! has the shape of such a one: the end-entity certificate is valid from 2018-02-03 to 2020-02-03,
//! the intermediate and the root outlive it. The instants are reasoned from the default policy:
//! a lifetime of two years gives a renewal window of 30 days, so less than 22.5 days left
//! (1,944,000 s) is a warning, and less than 7.5 days (648,000 s) is critical.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::{chain, server, told, trusting};
use common::pki::{Draft, Issued, at};
use notafter::Inspector;
use notafter::chain::PresentedChain;
use notafter::report::{Report, Severity, Status, Trust};
use time::{Duration, OffsetDateTime};

const NOT_BEFORE: &str = "2018-02-03T00:00:00Z";
const NOT_AFTER: &str = "2020-02-03T23:59:59Z";

/// 22.5 days before notAfter are still 22.5 days: 2020-01-12 11:59:59. One second later less is left.
const FIRST_WARNING: &str = "2020-01-12T12:00:00Z";
/// 7.5 days before notAfter, and one second more.
const FIRST_CRITICAL: &str = "2020-01-27T12:00:00Z";
const FIRST_FAILURE: &str = "2020-02-04T00:00:00Z";

struct Replay {
    inspector: Inspector,
    sent: PresentedChain,
}

impl Replay {
    fn new() -> Self {
        let root = Draft::root("Example Root")
            .valid("2000-05-12T18:46:00Z", "2025-05-12T23:59:00Z")
            .issue();
        let intermediate = root
            .ca("Example IT TLS CA 4")
            .valid("2016-05-20T12:52:38Z", "2024-05-20T12:52:38Z")
            .issue();
        let leaf: Issued = intermediate.leaf("example.com").valid(NOT_BEFORE, NOT_AFTER).issue();
        let sent = chain(&[&leaf.der, &intermediate.der]);
        Self { inspector: trusting(&[&root]), sent }
    }

    fn at(&self, instant: OffsetDateTime) -> Report {
        self.inspector.inspect(&self.sent, &server(&["example.com"]), instant)
    }
}

/// What a look at this instant has to come to.
fn expected(instant: OffsetDateTime) -> (Status, Option<Severity>) {
    if instant < at(NOT_BEFORE) || instant >= at(FIRST_FAILURE) {
        (Status::Fail, Some(Severity::Failure))
    } else if instant >= at(FIRST_CRITICAL) {
        (Status::Warn, Some(Severity::Critical))
    } else if instant >= at(FIRST_WARNING) {
        (Status::Warn, Some(Severity::Warning))
    } else {
        (Status::Pass, None)
    }
}

#[test]
fn day_by_day_it_passes_then_warns_for_three_weeks_then_fails() {
    let replay = Replay::new();
    let mut day = at("2018-02-01T09:00:00Z");
    let mut days_of_warning = 0;
    while day < at("2020-03-01T00:00:00Z") {
        let report = replay.at(day);
        let seen = (report.status(), report.worst().map(|finding| finding.severity()));
        assert_eq!(seen, expected(day), "{day}");
        days_of_warning += u32::from(report.status() == Status::Warn);
        day += Duration::DAY;
    }
    // At nine in the morning, from 13 January to 3 February.
    assert_eq!(days_of_warning, 22);
}

#[test]
fn each_step_is_taken_at_its_second() {
    let replay = Replay::new();
    let steps = [
        (NOT_BEFORE, vec!["failure not-yet-valid 0"], vec![]),
        (FIRST_WARNING, vec![], vec!["warning expires-soon 0"]),
        (FIRST_CRITICAL, vec!["warning expires-soon 0"], vec!["critical expires-soon 0"]),
        (FIRST_FAILURE, vec!["critical expires-soon 0"], vec!["failure expired 0"]),
    ];
    for (instant, before, from) in steps {
        assert_eq!(told(&replay.at(at(instant) - Duration::SECOND)), before, "{instant}");
        assert_eq!(told(&replay.at(at(instant) - Duration::NANOSECOND)), before, "{instant}");
        assert_eq!(told(&replay.at(at(instant))), from, "{instant}");
        assert_eq!(told(&replay.at(at(instant) + Duration::NANOSECOND)), from, "{instant}");
    }
}

/// Monitors whose numbers come out of a verified handshake go blind at the moment of expiry, and
/// their alert resolves itself.
#[test]
fn nothing_disappears_at_the_moment_of_expiry() {
    let replay = Replay::new();
    let before = replay.at(at(FIRST_FAILURE) - Duration::SECOND);
    let after = replay.at(at(FIRST_FAILURE));
    let years_after = replay.at(at("2023-02-04T00:00:00Z"));

    let Trust::Trusted(path) = before.trust() else {
        panic!("{:?}", before.trust());
    };
    for later in [after, years_after] {
        assert!(!later.findings().is_empty());
        assert!(later.worst().unwrap().severity() > before.worst().unwrap().severity());
        assert_eq!(later.chain(), before.chain());
        assert_eq!(later.horizon(), before.horizon());
        assert_eq!(
            *later.trust(),
            Trust::TrustedIfTimeIgnored { path: path.clone(), at: at(NOT_BEFORE) },
        );
    }
}
