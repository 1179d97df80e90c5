//! Certificates that take turns: the last to end counts.

use std::collections::HashMap;

use time::{Duration, OffsetDateTime};

use crate::chain::{PresentedChain, Validity};
use crate::report::{Code, Finding, FindingKind, Gap, Report, Severity, Succession};
use crate::target::Subject;

use super::dates::soon;
use super::policy::Kept;
use super::{Inspector, Policy, whole_seconds};

impl Inspector {
    /// Judges chains that were found together, one report each, in their order.
    ///
    /// Those whose subjects are of one [rollover group](Subject::in_rollover) take turns: their
    /// consumers accept any that is valid. So the last of them to end counts. One that has ended
    /// beside a valid one is `superseded`, which is a note; so is one that is not valid yet. The
    /// horizon of each is that of the group, with the gap, if there is one, that the next leaves:
    /// `gap-ahead` stands with the one that ends before it.
    ///
    /// ```
    /// use notafter::source::{self, ReadOptions};
    /// # fn run(metadata: &[u8], inspector: notafter::Inspector, at: time::OffsetDateTime) {
    /// let found = source::read("idp.xml", metadata, &ReadOptions::new());
    /// let chains = found.chains.iter().map(|found| (found.chain(), found.subject()));
    /// for report in inspector.inspect_all(chains, at) {
    ///     println!("{report}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn inspect_all<'a>(
        &self,
        chains: impl IntoIterator<Item = (&'a PresentedChain, &'a Subject)>,
        at: OffsetDateTime,
    ) -> Vec<Report> {
        let at = whole_seconds(at);
        let mut reports = Vec::new();
        let mut groups: HashMap<&str, Vec<Member>> = HashMap::new();
        for (index, (chain, subject)) in chains.into_iter().enumerate() {
            let report = self.inspect(chain, subject, at);
            if let (Some(group), Some(period)) = (subject.rollover(), period(chain, &report)) {
                groups.entry(group).or_default().push(Member { index, period });
            }
            reports.push(report);
        }
        for mut members in groups.into_values().filter(|members| members.len() > 1) {
            members.sort_by_key(|member| (member.period.not_before, member.index));
            settle(&mut reports, &members, &self.policy, at);
        }
        reports
    }
}

/// One of those that take turns.
struct Member {
    /// Its report's place among all.
    index: usize,
    /// When it serves.
    period: Validity,
}

/// When a chain serves by itself: where it has a path, no longer than that holds.
fn period(chain: &PresentedChain, report: &Report) -> Option<Validity> {
    let mut period = chain.end_entity().certificate().ok()?.validity();
    let until = report.horizon().until.filter(|_| period.contains(report.checked_at()));
    period.not_after = until.map_or(period.not_after, |until| until.min(period.not_after));
    (!period.is_inverted()).then_some(period)
}

/// Judges the reports of one group anew, in the order in which their periods begin.
fn settle(reports: &mut [Report], members: &[Member], policy: &Policy, at: OffsetDateTime) {
    let stretches = stretches(members);
    let Some(now) = stretches.iter().find(|stretch| stretch.contains(at)) else {
        supersede_all_but_the_last(reports, members, policy, at);
        return;
    };
    let next = stretches.iter().find(|stretch| stretch.not_before > now.not_after);
    let gap = next.map(|next| Gap {
        from: Some(now.not_after.saturating_add(Duration::SECOND)),
        to: next.not_before.saturating_sub(Duration::SECOND),
    });
    for member in members {
        let report = &mut reports[member.index];
        let succession = Succession::new(member.period.not_after, now.not_after);
        let last = member.period.not_after == now.not_after;
        for finding in &mut report.findings {
            calm(finding, succession, last, policy);
        }
        // What a policy switches off is not told by another name either.
        report
            .findings
            .retain(|finding| finding.code() != Code::Superseded || policy.tells(Code::Superseded));
        let ahead = gap.filter(|_| last).and_then(|gap| Some((gap.from?, gap.to)));
        if let Some((from, to)) = ahead {
            let near = soon(policy.thresholds(Kept::EndEntity), member.period, at);
            let severity = near.map_or(Severity::Note, |(severity, _)| severity);
            let kind = FindingKind::GapAhead { from, to };
            if let Some(severity) = policy.judge(kind.code(), severity) {
                report.findings.push(Finding { kind, severity, position: None, subject: None });
            }
        }
        crate::report::sort(&mut report.findings);
        for store in &mut report.stores {
            store.go_on(now.not_after, gap);
        }
    }
}

/// Takes the alarm out of a finding about the dates of one that others take over from.
fn calm(finding: &mut Finding, succession: Succession, last: bool, policy: &Policy) {
    let note = |code| policy.judge(code, Severity::Note).unwrap_or(Severity::Note);
    match finding.kind {
        FindingKind::Expired { .. } if finding.position == Some(0) => {
            finding.kind = FindingKind::Superseded(succession);
            finding.severity = note(Code::Superseded);
        }
        FindingKind::NotYetValid { .. } if finding.position == Some(0) => {
            finding.severity = Severity::Note;
        }
        FindingKind::ExpiresSoon { .. } | FindingKind::PathEndsBeforeEndEntity { .. } if !last => {
            finding.severity = Severity::Note;
        }
        _ => {}
    }
}

/// Where none is valid, all that have ended but the last are history: it is the last one that
/// nobody replaced.
fn supersede_all_but_the_last(
    reports: &mut [Report],
    members: &[Member],
    policy: &Policy,
    at: OffsetDateTime,
) {
    let ended = members.iter().map(|member| member.period.not_after).filter(|end| *end < at);
    let Some(last) = ended.max() else {
        return;
    };
    for member in members.iter().filter(|member| member.period.not_after < last) {
        let report = &mut reports[member.index];
        let succession = Succession::new(member.period.not_after, last);
        for finding in &mut report.findings {
            if !matches!(finding.kind, FindingKind::NotYetValid { .. }) {
                calm(finding, succession, false, policy);
            }
        }
        report
            .findings
            .retain(|finding| finding.code() != Code::Superseded || policy.tells(Code::Superseded));
        crate::report::sort(&mut report.findings);
    }
}

/// The connected stretches of time in which one or the other is valid, in their order.
fn stretches(members: &[Member]) -> Vec<Validity> {
    let mut stretches: Vec<Validity> = Vec::new();
    for Member { period, .. } in members {
        match stretches.last_mut() {
            Some(last) if period.not_before <= last.not_after.saturating_add(Duration::SECOND) => {
                last.not_after = last.not_after.max(period.not_after);
            }
            _ => stretches.push(*period),
        }
    }
    stretches
}
