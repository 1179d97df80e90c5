//! What is known of one target, look by look.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::Failure;
use crate::report::{Report, Status};

/// What is known of one target or source.
#[derive(Debug)]
pub(crate) struct Known {
    label: Arc<str>,
    reports: Arc<[Report]>,
    problems: Arc<[Failure]>,
    success: Option<Moment>,
    failure: Option<Failure>,
    took: Option<Duration>,
    looks: u64,
    failed: u64,
    /// What the reports and problems come to, whatever their age.
    status: Status,
}

/// When something was seen: by the clock on the wall, and by one that nobody sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) at: OffsetDateTime,
    /// Since the watch began.
    pub(crate) elapsed: Duration,
}

/// What came of one look.
#[cfg(any(feature = "watch", test))]
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) moment: Moment,
    pub(crate) took: Duration,
    pub(crate) outcome: Result<(Vec<Report>, Vec<Failure>), Failure>,
}

impl Known {
    /// What reports say that nobody else made.
    pub(super) fn of(label: Arc<str>, reports: Vec<Report>) -> Self {
        let latest = reports.iter().map(Report::checked_at).max();
        let success = latest.map(|at| Moment { at, elapsed: Duration::ZERO });
        let looks = u64::try_from(reports.len()).unwrap_or(u64::MAX);
        let status = comes_to(&reports, &[]);
        Self {
            label,
            reports: reports.into(),
            problems: Arc::default(),
            success,
            failure: None,
            took: None,
            looks,
            failed: 0,
            status,
        }
    }

    /// Of what nobody has looked at yet.
    #[cfg(any(feature = "watch", test))]
    pub(crate) fn unseen(label: Arc<str>) -> Self {
        Self { status: Status::Unknown, success: None, looks: 0, ..Self::of(label, Vec::new()) }
    }

    /// The same after another look. One that saw nothing takes nothing away: `again` is what the last
    /// facts come to by now.
    #[cfg(any(feature = "watch", test))]
    pub(crate) fn after(
        &self,
        record: Record,
        again: impl FnOnce(&[Report]) -> Vec<Report>,
    ) -> Self {
        let Record { moment, took, outcome } = record;
        let (label, looks, took) = (Arc::clone(&self.label), self.looks + 1, Some(took));
        match outcome {
            Ok((reports, problems)) => Self {
                label,
                status: comes_to(&reports, &problems),
                reports: reports.into(),
                problems: problems.into(),
                success: Some(moment),
                failure: None,
                took,
                looks,
                failed: self.failed,
            },
            Err(failure) => {
                let (reports, problems) = (again(&self.reports), Arc::clone(&self.problems));
                let status = match self.success {
                    Some(_) => comes_to(&reports, &problems),
                    None => Status::Unknown,
                };
                Self {
                    label,
                    status,
                    reports: reports.into(),
                    problems,
                    success: self.success,
                    failure: Some(failure),
                    took,
                    looks,
                    failed: self.failed + 1,
                }
            }
        }
    }

    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    #[cfg(any(feature = "watch", test))]
    pub(crate) fn shared_label(&self) -> Arc<str> {
        Arc::clone(&self.label)
    }

    pub(crate) fn reports(&self) -> &[Report] {
        &self.reports
    }

    pub(crate) fn problems(&self) -> &[Failure] {
        &self.problems
    }

    pub(crate) const fn success(&self) -> Option<Moment> {
        self.success
    }

    pub(crate) const fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    pub(crate) const fn took(&self) -> Option<Duration> {
        self.took
    }

    pub(crate) const fn looks(&self) -> u64 {
        self.looks
    }

    pub(crate) const fn failed_looks(&self) -> u64 {
        self.failed
    }

    pub(crate) const fn status(&self) -> Status {
        self.status
    }
}

/// The worst of reports, and unknown where something could not be read.
pub(crate) fn comes_to(reports: &[Report], problems: &[Failure]) -> Status {
    let seen = reports.iter().map(Report::status);
    let unread = problems.iter().map(|_| Status::Unknown);
    seen.chain(unread).fold(Status::Pass, Status::or_worse)
}
