//! From one look to the next: what changed, and of that what is to be told.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::damping::Damped;
use super::{Damping, EventKind};
use crate::report::{Code, Finding, Report, ReportedCertificate, Severity, Status};
use crate::snapshot::{Known, Moment};

/// What subscribers were told of one target.
#[derive(Debug)]
pub(super) struct Told {
    status: Damped<Status>,
    failing: Damped<bool>,
    /// The first of the failed looks in a row.
    failing_since: Option<OffsetDateTime>,
    findings: HashMap<Key, ToldFinding>,
    /// The end-entity certificate of each chain.
    leaves: HashMap<Arc<str>, ToldLeaf>,
    /// When the status was told, or a reminder of it.
    reminded: Option<Duration>,
    since: Option<OffsetDateTime>,
}

/// What makes a finding the same as in the look before: the chain, what it is, and where.
type Key = (Arc<str>, Code, Option<usize>);

#[derive(Debug)]
struct ToldFinding {
    severity: Damped<Option<Severity>>,
    last: Finding,
}

#[derive(Debug)]
struct ToldLeaf {
    sha256: Damped<[u8; 32]>,
    told: ReportedCertificate,
}

impl Told {
    /// Nothing yet: what was never looked at is unknown.
    pub(super) fn new() -> Self {
        Self {
            status: Damped::new(Status::Unknown),
            failing: Damped::new(false),
            failing_since: None,
            findings: HashMap::new(),
            leaves: HashMap::new(),
            reminded: None,
            since: None,
        }
    }

    /// Whether something was seen that waits to be seen again.
    pub(super) fn is_unsettled(&self) -> bool {
        self.status.is_unsettled()
            || self.failing.is_unsettled()
            || self.findings.values().any(|finding| finding.severity.is_unsettled())
            || self.leaves.values().any(|leaf| leaf.sha256.is_unsettled())
    }

    /// Takes what is known after a look, and gives what is to be told. `status` is what it comes to
    /// by its age.
    pub(super) fn take(
        &mut self,
        known: &Known,
        status: Status,
        moment: Moment,
        damping: Damping,
        remind_every: Option<Duration>,
    ) -> Vec<EventKind> {
        let mut events = Vec::new();
        // What is seen for the first time needs no confirmation: nobody was told otherwise.
        let better = if self.since.is_none() { 1 } else { damping.better() };
        self.look(known, moment, damping, better, &mut events);
        if known.failure().is_none() {
            self.leaves(known.reports(), better, &mut events);
        }
        self.findings(known.reports(), damping, &mut events);
        self.status(status, moment, damping.worse(), better, &mut events);
        self.remind(moment, remind_every, &mut events);
        events
    }

    fn look(
        &mut self,
        known: &Known,
        moment: Moment,
        damping: Damping,
        better: u32,
        events: &mut Vec<EventKind>,
    ) {
        match known.failure() {
            Some(failure) => {
                self.failing_since.get_or_insert(moment.at);
                if self.failing.observe(true, damping.worse()).is_some() {
                    events.push(EventKind::LookFailed { failure: failure.clone() });
                }
            }
            None => {
                let since = self.failing_since.unwrap_or(moment.at);
                if self.failing.observe(false, better).is_some() {
                    events.push(EventKind::LookRecovered { since });
                }
                if !*self.failing.told() {
                    self.failing_since = None;
                }
            }
        }
    }

    fn leaves(&mut self, reports: &[Report], better: u32, events: &mut Vec<EventKind>) {
        self.leaves.retain(|label, _| reports.iter().any(|report| report.target() == &**label));
        for report in reports {
            let Some(leaf) = report.chain().first() else { continue };
            let told = match self.leaves.entry(report.target().into()) {
                Slot::Occupied(told) => told.into_mut(),
                Slot::Vacant(place) => {
                    let sha256 = Damped::new(leaf.sha256());
                    place.insert(ToldLeaf { sha256, told: leaf.clone() });
                    continue;
                }
            };
            if told.sha256.observe(leaf.sha256(), better).is_none() {
                continue;
            }
            let from = std::mem::replace(&mut told.told, leaf.clone());
            let issuers = (issuer(&from), issuer(leaf));
            events.push(EventKind::Renewed { from: Box::new(from), to: Box::new(leaf.clone()) });
            if let (Some(from), Some(to)) = issuers
                && from != to
            {
                events.push(EventKind::IssuerChanged { from, to });
            }
        }
    }

    fn findings(&mut self, reports: &[Report], damping: Damping, events: &mut Vec<EventKind>) {
        let mut seen: HashMap<Key, &Finding> = HashMap::new();
        for report in reports {
            let label: Arc<str> = report.target().into();
            let own = report.client_report().map_or(&[][..], Report::findings);
            for finding in report.findings().iter().chain(own) {
                let key = (Arc::clone(&label), finding.code(), finding.position());
                // Findings come with the worst first.
                seen.entry(key).or_insert(finding);
            }
        }
        self.findings.retain(|key, told| {
            if seen.contains_key(key) {
                return true;
            }
            if told.severity.observe(None, damping.better()).is_some_and(|was| was.is_some()) {
                let finding = Box::new(told.last.clone());
                events.push(EventKind::FindingResolved { finding });
            }
            told.severity.told().is_some()
        });
        for (key, finding) in seen {
            let told = self.findings.entry(key).or_insert_with(|| ToldFinding {
                severity: Damped::new(None),
                last: finding.clone(),
            });
            let severity = Some(finding.severity());
            let is_worse = severity > *told.severity.told();
            let looks = if is_worse { damping.worse() } else { damping.better() };
            let changed = told.severity.observe(severity, looks).is_some();
            told.last = finding.clone();
            if changed && is_worse {
                let finding = Box::new(finding.clone());
                events.push(EventKind::FindingAppeared { finding });
            }
        }
        // The order of a map says nothing.
        events.sort_by_key(order);
    }

    fn status(
        &mut self,
        status: Status,
        moment: Moment,
        worse: u32,
        better: u32,
        events: &mut Vec<EventKind>,
    ) {
        let to = status;
        let looks = if to.is_worse_than(*self.status.told()) { worse } else { better };
        let changed = self.status.observe(to, looks);
        if changed.is_some() || self.since.is_none() {
            self.since = Some(moment.at);
            self.reminded = Some(moment.elapsed);
        }
        if let Some(from) = changed {
            events.push(EventKind::StatusChanged { from, to });
        }
    }

    fn remind(&mut self, moment: Moment, every: Option<Duration>, events: &mut Vec<EventKind>) {
        let status = *self.status.told();
        let (Some(every), Some(reminded), Some(since)) = (every, self.reminded, self.since) else {
            return;
        };
        if status != Status::Pass && moment.elapsed.saturating_sub(reminded) >= every {
            self.reminded = Some(moment.elapsed);
            events.push(EventKind::Reminder { status, since });
        }
    }
}

fn issuer(certificate: &ReportedCertificate) -> Option<String> {
    Some(certificate.entry()?.certificate().ok()?.issuer().to_string())
}

/// What happened to the looks, then to the certificate, then what follows from it, the worst first.
fn order(
    event: &EventKind,
) -> (u8, std::cmp::Reverse<Option<Severity>>, Option<Code>, Option<usize>) {
    let (place, finding) = match event {
        EventKind::LookFailed { .. } | EventKind::LookRecovered { .. } => (0, None),
        EventKind::Renewed { .. } => (1, None),
        EventKind::IssuerChanged { .. } => (2, None),
        EventKind::FindingResolved { finding } => (3, Some(finding)),
        EventKind::FindingAppeared { finding } => (4, Some(finding)),
        EventKind::StatusChanged { .. } | EventKind::Reminder { .. } => (5, None),
    };
    let severity = finding.map(|finding| finding.severity());
    let code = finding.map(|finding| finding.code());
    (place, std::cmp::Reverse(severity), code, finding.and_then(|finding| finding.position()))
}
