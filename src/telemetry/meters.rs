//! Counters and gauges, by the names that the OpenMetrics rendering has.

use std::fmt;
use std::sync::Arc;

use metrics::{SharedString, counter, gauge};
use tokio::time::Instant;

use crate::report::{Finding, Report, Severity, Status};

/// The numbers of one look.
pub(super) struct Meter {
    target: Arc<str>,
    started: Instant,
}

impl Meter {
    pub(super) fn begin(target: &dyn fmt::Display) -> Self {
        Self { target: target.to_string().into(), started: Instant::now() }
    }

    pub(super) fn saw(self, reports: &[Report], status: Status) {
        self.looked(true);
        self.comes_to(status);
        for report in reports {
            // Of a source each chain has a name of its own. It is shared: a look sets a dozen gauges.
            let target = || SharedString::from(Arc::clone(&report.target));
            if let Some(until) = report.horizon().until {
                gauge!("notafter_chain_horizon_timestamp_seconds", "target" => target())
                    .set(seconds(until.unix_timestamp()));
            }
            for certificate in report.chain() {
                let Some(not_after) = certificate.not_after() else { continue };
                gauge!(
                    "notafter_certificate_not_after_timestamp_seconds",
                    "target" => target(),
                    "position" => position(certificate.position()),
                )
                .set(seconds(not_after.unix_timestamp()));
            }
            for severity in SEVERITIES {
                let is_such = |finding: &&Finding| finding.severity() == severity;
                let count = report.findings().iter().filter(is_such).count();
                gauge!(
                    "notafter_findings",
                    "target" => target(),
                    "severity" => severity.as_str(),
                )
                .set(u32::try_from(count).unwrap_or(u32::MAX));
            }
        }
    }

    pub(super) fn failed(self, kind: &'static str) {
        // What was seen last stays what it is: the other gauges are those of the last look that saw.
        self.looked(false);
        counter!("notafter_target_failed_looks_total", "target" => self.target(), "kind" => kind)
            .increment(1);
    }

    fn target(&self) -> SharedString {
        SharedString::from(Arc::clone(&self.target))
    }

    fn looked(&self, saw: bool) {
        gauge!("notafter_target_up", "target" => self.target()).set(f64::from(u8::from(saw)));
        counter!("notafter_target_looks_total", "target" => self.target()).increment(1);
        gauge!("notafter_target_look_duration_seconds", "target" => self.target())
            .set(self.started.elapsed());
    }

    /// One gauge for each status, of which one is 1.
    fn comes_to(&self, status: Status) {
        for one in STATUSES {
            gauge!(
                "notafter_target_status",
                "target" => self.target(),
                "notafter_target_status" => one.as_str(),
            )
            .set(f64::from(u8::from(one == status)));
        }
    }
}

/// Few chains are longer than this.
fn position(position: usize) -> SharedString {
    const FIRST: [&str; 4] = ["0", "1", "2", "3"];
    match FIRST.get(position) {
        Some(position) => SharedString::const_str(position),
        None => position.to_string().into(),
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
