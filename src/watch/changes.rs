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
    leaves: HashMap<ChainKey, ToldLeaf>,
    /// When the status was told, or a reminder of it.
    reminded: Option<Duration>,
    since: Option<OffsetDateTime>,
    /// Whether any look saw something.
    has_seen: bool,
}

/// A change, and the chain of a source that it is about.
pub(super) type Change = (Option<Arc<str>>, EventKind);

/// What a chain is called, and which of several so called it is.
type ChainKey = (Arc<str>, usize);

/// What makes a finding the same as in the look before: the chain, whether it is about our own client
/// certificate, what it is, and where.
type Key = (ChainKey, bool, Code, Option<usize>);

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

/// In how many looks in a row something has to be seen this time.
#[derive(Clone, Copy)]
struct Needed {
    worse: u32,
    /// `None` where nothing was seen: what was seen before is no second sight of it.
    better: Option<u32>,
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
            has_seen: false,
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
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        self.look(known, moment, damping, &mut changes);
        let needed = match (known.failure(), self.has_seen) {
            (Some(_), _) => Needed { worse: damping.worse(), better: None },
            // What is seen for the first time needs no confirmation: nobody was told otherwise.
            (None, false) => Needed { worse: 1, better: Some(1) },
            (None, true) => Needed { worse: damping.worse(), better: Some(damping.better()) },
        };
        self.has_seen |= known.failure().is_none();
        let chains = keyed(known.reports());
        // A file that is half written takes its chains out of a folder for a moment.
        let is_whole = known.problems().is_empty();
        if let Some(better) = needed.better {
            self.leaves(&chains, is_whole, better, &mut changes);
        }
        self.findings(&chains, is_whole, needed, &mut changes);
        // The order of a map says nothing.
        changes.sort_by_key(|(_, kind)| order(kind));
        let label = known.label();
        for (chain, _) in &mut changes {
            // Of a target there is but one.
            chain.take_if(|chain| **chain == *label);
        }
        let is_new = self.status(status, moment, needed, &mut changes);
        if !is_new {
            self.remind(moment, remind_every, &mut changes);
        }
        changes
    }

    fn look(&mut self, known: &Known, moment: Moment, damping: Damping, changes: &mut Vec<Change>) {
        match known.failure() {
            Some(failure) => {
                self.failing_since.get_or_insert(moment.at);
                if self.failing.observe(true, damping.worse()).is_some() {
                    changes.push((None, EventKind::LookFailed { failure: failure.clone() }));
                }
            }
            None => {
                let since = self.failing_since.unwrap_or(moment.at);
                let better = if self.has_seen { damping.better() } else { 1 };
                if self.failing.observe(false, better).is_some() {
                    changes.push((None, EventKind::LookRecovered { since }));
                }
                if !*self.failing.told() {
                    self.failing_since = None;
                }
            }
        }
    }

    fn leaves(
        &mut self,
        chains: &HashMap<ChainKey, &Report>,
        is_whole: bool,
        better: u32,
        changes: &mut Vec<Change>,
    ) {
        self.leaves.retain(|key, _| !is_whole || chains.contains_key(key));
        for (key, report) in chains {
            let Some(leaf) = report.chain().first() else { continue };
            let told = match self.leaves.entry(key.clone()) {
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
            let chain = || Some(Arc::clone(&key.0));
            let renewed = EventKind::Renewed { from: Box::new(from), to: Box::new(leaf.clone()) };
            changes.push((chain(), renewed));
            if let (Some(from), Some(to)) = issuers
                && from != to
            {
                changes.push((chain(), EventKind::IssuerChanged { from, to }));
            }
        }
    }

    fn findings(
        &mut self,
        chains: &HashMap<ChainKey, &Report>,
        is_whole: bool,
        needed: Needed,
        changes: &mut Vec<Change>,
    ) {
        let mut seen: HashMap<Key, &Finding> = HashMap::new();
        for (key, report) in chains {
            let own = report.client_report().map_or(&[][..], Report::findings);
            let findings = report.findings().iter().map(|finding| (false, finding));
            for (is_own, finding) in findings.chain(own.iter().map(|finding| (true, finding))) {
                let key = (key.clone(), is_own, finding.code(), finding.position());
                // Findings come with the worst first.
                seen.entry(key).or_insert(finding);
            }
        }
        self.findings.retain(|key, told| {
            if seen.contains_key(key) || !is_whole && !chains.contains_key(&key.0) {
                return true;
            }
            let Some(better) = needed.better else { return true };
            if told.severity.observe(None, better).is_some_and(|was| was.is_some()) {
                let finding = Box::new(told.last.clone());
                changes.push((Some(Arc::clone(&key.0.0)), EventKind::FindingResolved { finding }));
            }
            told.severity.told().is_some()
        });
        for (key, finding) in seen {
            let chain = Arc::clone(&key.0.0);
            let told = self.findings.entry(key).or_insert_with(|| ToldFinding {
                severity: Damped::new(None),
                last: finding.clone(),
            });
            told.last = finding.clone();
            let severity = Some(finding.severity());
            let is_worse = severity > *told.severity.told();
            let looks = if is_worse { Some(needed.worse) } else { needed.better };
            let Some(looks) = looks else { continue };
            if told.severity.observe(severity, looks).is_some() && is_worse {
                let finding = Box::new(finding.clone());
                changes.push((Some(chain), EventKind::FindingAppeared { finding }));
            }
        }
    }

    /// Says whether it was told.
    fn status(
        &mut self,
        to: Status,
        moment: Moment,
        needed: Needed,
        changes: &mut Vec<Change>,
    ) -> bool {
        let is_worse = to.is_worse_than(*self.status.told());
        let looks = if is_worse { Some(needed.worse) } else { needed.better };
        let changed = looks.and_then(|looks| self.status.observe(to, looks));
        if changed.is_some() || self.since.is_none() {
            self.since = Some(moment.at);
            self.reminded = Some(moment.elapsed);
        }
        if let Some(from) = changed {
            changes.push((None, EventKind::StatusChanged { from, to }));
        }
        changed.is_some()
    }

    fn remind(&mut self, moment: Moment, every: Option<Duration>, changes: &mut Vec<Change>) {
        let status = *self.status.told();
        let (Some(every), Some(reminded), Some(since)) = (every, self.reminded, self.since) else {
            return;
        };
        if status != Status::Pass && moment.elapsed.saturating_sub(reminded) >= every {
            self.reminded = Some(moment.elapsed);
            changes.push((None, EventKind::Reminder { status, since }));
        }
    }
}

/// The reports by what they are called, those that are called the same counted.
fn keyed(reports: &[Report]) -> HashMap<ChainKey, &Report> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let key = |report: &'_ Report, count: &mut usize| {
        let key = (Arc::clone(&report.target), *count);
        *count += 1;
        key
    };
    reports
        .iter()
        .map(|report| (key(report, counts.entry(report.target()).or_default()), report))
        .collect()
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
