//! Healthy renewals never warn, at any lifetime; and when renewal stops, it is told in time.
//!
//! ACME clients renew when a third of the lifetime is left, and a half where it is below 10 days.
//! The limits beside each lifetime are reasoned from the default policy: the renewal window W is
//! the smaller of 30 days and a third of the lifetime (a half up to 10 days); below ¾ W the renewal
//! is overdue, below ¼ W it is about to be too late.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::{chain, server, told, trusting};
use common::pki::{Pki, at};
use notafter::Inspector;
use notafter::chain::PresentedChain;
use notafter::report::Status;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// A lifetime, and the seconds that are left when a client renews, and below which it is a warning
/// and critical.
struct Cycle {
    lifetime: Duration,
    renewed_with: i64,
    window: i64,
    warning: i64,
    critical: i64,
}

const fn cycle(
    lifetime: Duration,
    renewed_with: i64,
    window: i64,
    warning: i64,
    critical: i64,
) -> Cycle {
    Cycle { lifetime, renewed_with, window, warning, critical }
}

const CYCLES: [Cycle; 8] = [
    cycle(Duration::hours(160), 288_000, 288_000, 216_000, 72_000),
    cycle(Duration::days(45), 1_296_000, 1_296_000, 972_000, 324_000),
    cycle(Duration::days(47), 1_353_600, 1_353_600, 1_015_200, 338_400),
    cycle(Duration::days(64), 1_843_200, 1_843_200, 1_382_400, 460_800),
    cycle(Duration::days(90), 2_592_000, 2_592_000, 1_944_000, 648_000),
    cycle(Duration::days(100), 2_880_000, 2_592_000, 1_944_000, 648_000),
    cycle(Duration::days(200), 5_760_000, 2_592_000, 1_944_000, 648_000),
    cycle(Duration::days(398), 11_462_400, 2_592_000, 1_944_000, 648_000),
];

/// One certificate of a cycle, as it is served.
struct Served {
    chain: PresentedChain,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
}

impl Served {
    fn issue(pki: &Pki, not_before: OffsetDateTime, lifetime: Duration) -> Self {
        let not_after = not_before + lifetime - Duration::SECOND;
        let text = |instant: OffsetDateTime| instant.format(&Rfc3339).unwrap();
        let leaf = pki.leaf("example.com").valid(&text(not_before), &text(not_after)).issue();
        Self { chain: chain(&pki.chain(&leaf)), not_before, not_after }
    }
}

fn seen(inspector: &Inspector, served: &Served, instant: OffsetDateTime) -> (Status, Vec<String>) {
    let report = inspector.inspect(&served.chain, &server(&["example.com"]), instant);
    (report.status(), told(&report))
}

#[test]
fn not_one_finding_in_three_healthy_cycles_of_any_lifetime() {
    let pki = Pki::new();
    let inspector = trusting(&[&pki.root]);
    for Cycle { lifetime, renewed_with, .. } in CYCLES {
        // Hour by hour where the lifetime is short, and 300 looks in a lifetime where it is long.
        let step = Duration::seconds((lifetime.whole_seconds() / 300).max(3_600));
        let mut issued = at("2026-06-15T12:00:00Z");
        for _ in 0..3 {
            let served = Served::issue(&pki, issued, lifetime);
            let renewed = served.not_after - Duration::seconds(renewed_with);
            let mut look = served.not_before;
            while look < renewed {
                let seen = seen(&inspector, &served, look);
                assert_eq!(seen, (Status::Pass, vec![]), "{lifetime} at {look}");
                look += step;
            }
            // The last look at the old certificate.
            assert_eq!(seen(&inspector, &served, renewed), (Status::Pass, vec![]), "{lifetime}");
            issued = renewed;
        }
    }
}

#[test]
fn a_renewal_that_stops_is_told_within_a_quarter_of_the_window() {
    let pki = Pki::new();
    let inspector = trusting(&[&pki.root]);
    for Cycle { lifetime, window, warning, critical, .. } in CYCLES {
        assert!(window - warning <= window / 4, "{lifetime}");
        assert!(0 < critical && critical < warning, "{lifetime}");
        let served = Served::issue(&pki, at("2026-06-15T12:00:00Z"), lifetime);
        let with_left = |seconds| {
            let instant = served.not_after - Duration::seconds(seconds);
            let (status, told) = seen(&inspector, &served, instant);
            (status, told.concat())
        };
        let pass = (Status::Pass, String::new());
        let warned = (Status::Warn, "warning expires-soon 0".to_owned());
        let urged = (Status::Warn, "critical expires-soon 0".to_owned());
        let failed = (Status::Fail, "failure expired 0".to_owned());

        assert_eq!(with_left(window), pass, "{lifetime}");
        assert_eq!(with_left(warning), pass, "{lifetime}");
        assert_eq!(with_left(warning - 1), warned, "{lifetime}");
        assert_eq!(with_left(critical), warned, "{lifetime}");
        assert_eq!(with_left(critical - 1), urged, "{lifetime}");
        assert_eq!(with_left(1), urged, "{lifetime}");
        assert_eq!(with_left(0), urged, "{lifetime}");
        assert_eq!(with_left(-1), failed, "{lifetime}");

        // From the first warning on there is no look that finds nothing.
        let mut left = warning - 1;
        while left > -lifetime.whole_seconds() {
            let (status, _) = with_left(left);
            assert_eq!(status, if left < 0 { Status::Fail } else { Status::Warn }, "{lifetime}");
            left -= warning / 20;
        }
    }
}
