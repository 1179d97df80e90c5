//! Counters and gauges, by the names that the OpenMetrics rendering has.

use std::fmt;

use metrics::{counter, gauge};
use tokio::time::Instant;

use crate::report::{Finding, Report, Severity, Status};

/// The numbers of one look.
pub(super) struct Meter {
    target: String,
    started: Instant,
}

impl Meter {
    pub(super) fn begin(target: &dyn fmt::Display) -> Self {
        Self { target: target.to_string(), started: Instant::now() }
    }

    pub(super) fn saw(self, reports: &[Report], status: Status) {
        self.looked();
        self.comes_to(status);
        for report in reports {
            // Of a source each chain has a name of its own.
            let target = report.target();
            if let Some(until) = report.horizon().until {
                gauge!("notafter_chain_horizon_timestamp_seconds", "target" => target.to_owned())
                    .set(seconds(until.unix_timestamp()));
            }
            for certificate in report.chain() {
                let Some(not_after) = certificate.not_after() else { continue };
                gauge!(
                    "notafter_certificate_not_after_timestamp_seconds",
                    "target" => target.to_owned(),
                    "position" => certificate.position().to_string(),
                )
                .set(seconds(not_after.unix_timestamp()));
            }
            for severity in SEVERITIES {
                let is_such = |finding: &&Finding| finding.severity() == severity;
                let count = report.findings().iter().filter(is_such).count();
                gauge!(
                    "notafter_findings",
                    "target" => target.to_owned(),
                    "severity" => severity.as_str(),
                )
                .set(u32::try_from(count).unwrap_or(u32::MAX));
            }
        }
    }

    pub(super) fn failed(self, kind: &'static str) {
        self.looked();
        counter!("notafter_target_failed_looks_total", "target" => self.target.clone(), "kind" => kind)
            .increment(1);
        self.comes_to(Status::Unknown);
    }

    fn looked(&self) {
        counter!("notafter_target_looks_total", "target" => self.target.clone()).increment(1);
        gauge!("notafter_target_look_duration_seconds", "target" => self.target.clone())
            .set(self.started.elapsed());
    }

    /// One gauge for each status, of which one is 1.
    fn comes_to(&self, status: Status) {
        for one in STATUSES {
            gauge!(
                "notafter_target_status",
                "target" => self.target.clone(),
                "notafter_target_status" => one.as_str(),
            )
            .set(f64::from(u8::from(one == status)));
        }
    }
}

/// Exact up to the year 9999, whose seconds have fewer bits than the mantissa.
#[expect(clippy::as_conversions, reason = "there is no other way from i64 to f64")]
#[expect(clippy::cast_precision_loss, reason = "39 bits are enough for every instant")]
const fn seconds(timestamp: i64) -> f64 {
    timestamp as f64
}

const SEVERITIES: [Severity; 4] =
    [Severity::Note, Severity::Warning, Severity::Critical, Severity::Failure];
const STATUSES: [Status; 4] = [Status::Pass, Status::Warn, Status::Fail, Status::Unknown];
