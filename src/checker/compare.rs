//! What the views of a survey do not agree on.

use std::net::SocketAddr;

use super::survey::{Outcome, SurveyedView};
use crate::inspect::Policy;
use crate::report::{
    self, Disagreement, Finding, FindingKind, Report, Severity, UnreachableAddress,
};
use crate::target::{KeyType, Transport, View};

/// Compares the views, and tells what the policy wants to hear.
pub(super) fn compare(views: &[SurveyedView], reports: &[Report], policy: &Policy) -> Vec<Finding> {
    let sends_name = views.iter().any(|one| one.view.server_name.is_some());
    let comparison = Comparison { views, reports, sends_name };
    let mut findings = Vec::new();
    let mut add = |kind: FindingKind, severity| {
        if let Some(severity) = policy.judge(kind.code(), severity) {
            findings.push(Finding { kind, severity, position: None, subject: None });
        }
    };
    for unreachable in comparison.unreachable() {
        add(FindingKind::AddressUnreachable(unreachable), Severity::Warning);
    }
    for seen in comparison.disagreeing_addresses() {
        let severity = severity(&seen);
        add(FindingKind::AddressesDisagree(Disagreement::new(seen)), severity);
    }
    for (seen, names) in comparison.disagreeing_key_types() {
        let differing = Disagreement::new(seen).about(names);
        add(FindingKind::KeyTypesDisagree(differing), Severity::Warning);
    }
    if let Some(seen) = comparison.differing_default() {
        add(FindingKind::DefaultCertificateDiffers(Disagreement::new(seen)), Severity::Note);
    }
    report::sort(&mut findings);
    findings
}

/// Where all come to the same, that they differ is no trouble by itself.
fn severity(seen: &[report::Seen]) -> Severity {
    let alike = seen.windows(2).all(|pair| pair[0].status == pair[1].status);
    if alike { Severity::Note } else { Severity::Warning }
}

struct Comparison<'a> {
    views: &'a [SurveyedView],
    reports: &'a [Report],
    /// Whether the target is looked at with a server name at all: where it is, what is shown
    /// without one is the default.
    sends_name: bool,
}

impl<'a> Comparison<'a> {
    /// The views that showed a chain, with the place of its report.
    fn shown(&self) -> impl Iterator<Item = (&'a View, usize)> + use<'a> {
        self.views.iter().filter_map(|one| match one.outcome {
            Outcome::Chain(report) => Some((&one.view, report)),
            _ => None,
        })
    }

    /// Whether clients of the target look so, and not only those that send no server name.
    fn is_asked(&self, view: &View) -> bool {
        view.server_name.is_some() == self.sends_name
    }

    /// Addresses that showed no chain in any view, where others did.
    fn unreachable(&self) -> Vec<UnreachableAddress> {
        let mut told: Vec<SocketAddr> = Vec::new();
        let mut unreachable = Vec::new();
        for one in self.views {
            let (Some(address), Outcome::Failed(error)) = (one.view.address, &one.outcome) else {
                continue;
            };
            let shows = self.shown().any(|(view, _)| view.address == Some(address));
            if shows || told.contains(&address) || self.shown().next().is_none() {
                continue;
            }
            told.push(address);
            let (phase, kind) = (error.phase(), error.kind());
            unreachable.push(UnreachableAddress::new(address, phase.as_str(), kind.code()));
        }
        unreachable
    }

    /// The chains that one kind of client is shown at different addresses, for each kind. At an
    /// address that has none for its type of key, whatever it shows counts: most can use either.
    fn disagreeing_addresses(&self) -> Vec<Vec<report::Seen>> {
        let mut disagreeing: Vec<Vec<report::Seen>> = Vec::new();
        for transport in [Transport::Tcp, Transport::Quic] {
            for key_type in [Some(KeyType::Rsa), Some(KeyType::Ecdsa)] {
                let is_shown = |wanted: &View| self.shown().any(|(view, _)| view == wanted);
                let mut seen = self.seen(|view| {
                    self.is_asked(view)
                        && view.transport == transport
                        && (view.key_type == key_type
                            || !is_shown(&View { key_type, ..view.clone() }))
                });
                worst_first(&mut seen);
                if seen.len() > 1 && !disagreeing.contains(&seen) {
                    disagreeing.push(seen);
                }
            }
        }
        disagreeing
    }

    /// The chains for RSA and ECDSA at one address that differ in the names that they hold or in
    /// how they fare, each such pair once.
    fn disagreeing_key_types(&self) -> Vec<(Vec<report::Seen>, Vec<String>)> {
        let mut told: Vec<(usize, usize)> = Vec::new();
        let mut disagreeing = Vec::new();
        let named =
            |(view, _): &(&View, usize)| self.is_asked(view) && view.transport == Transport::Tcp;
        for (view, rsa) in self.shown().filter(named) {
            let other = self.shown().filter(named).find(|(other, _)| {
                other.address == view.address && other.key_type == Some(KeyType::Ecdsa)
            });
            let (Some(KeyType::Rsa), Some((_, ecdsa))) = (view.key_type, other) else {
                continue;
            };
            if self.is_same_chain(rsa, ecdsa) || told.contains(&(rsa, ecdsa)) {
                continue;
            }
            told.push((rsa, ecdsa));
            let names = names_of_one_only(&self.reports[rsa], &self.reports[ecdsa]);
            if !names.is_empty() || self.reports[rsa].status() != self.reports[ecdsa].status() {
                let mut seen = vec![self.of_report(rsa, |_| true), self.of_report(ecdsa, |_| true)];
                worst_first(&mut seen);
                disagreeing.push((seen, names));
            }
        }
        disagreeing
    }

    /// The chains with a server name and those without, where one of these is none of those.
    fn differing_default(&self) -> Option<Vec<report::Seen>> {
        let mut named = self.seen(|view| self.is_asked(view));
        let default = self.seen(|view| !self.is_asked(view));
        let is_named = |default: usize| {
            self.shown()
                .any(|(view, named)| self.is_asked(view) && self.is_same_chain(named, default))
        };
        let mut defaults = self.shown().filter(|(view, _)| !self.is_asked(view));
        if named.is_empty() || defaults.all(|(_, default)| is_named(default)) {
            return None;
        }
        named.extend(default);
        Some(named)
    }

    /// The distinct chains that such views show.
    fn seen(&self, such: impl Fn(&View) -> bool) -> Vec<report::Seen> {
        let mut distinct: Vec<usize> = Vec::new();
        for (view, report) in self.shown() {
            if such(view) && !distinct.iter().any(|known| self.is_same_chain(*known, report)) {
                distinct.push(report);
            }
        }
        distinct.into_iter().map(|report| self.of_report(report, &such)).collect()
    }

    /// The chain of a report as such views show it. What is seen of it may be worse at one of them,
    /// such as that the server has another key: that counts.
    fn of_report(&self, report: usize, such: impl Fn(&View) -> bool) -> report::Seen {
        let shown: Vec<(&View, usize)> = self
            .shown()
            .filter(|(view, shown)| such(view) && self.is_same_chain(report, *shown))
            .collect();
        let judged = shown.iter().map(|(_, shown)| &self.reports[*shown]).fold(
            &self.reports[report],
            |worst, next| {
                if next.status().is_worse_than(worst.status()) { next } else { worst }
            },
        );
        let leaf = judged.chain().first().map(|leaf| leaf.sha256()).unwrap_or_default();
        report::Seen::new(
            data_encoding::HEXLOWER.encode(&leaf),
            judged.status(),
            judged.horizon().until,
            shown.into_iter().map(|(view, _)| view.clone()).collect(),
        )
    }

    fn is_same_chain(&self, one: usize, other: usize) -> bool {
        let fingerprints = |report: usize| {
            self.reports[report].chain().iter().map(report::ReportedCertificate::sha256)
        };
        one == other || fingerprints(one).eq(fingerprints(other))
    }
}

/// The names that one end-entity certificate holds, and the other does not.
fn names_of_one_only(one: &Report, other: &Report) -> Vec<String> {
    let names = |report: &Report| {
        let summary = report.chain().first().and_then(|leaf| leaf.summary().ok());
        summary.map(|facts| facts.subject_alt_names).unwrap_or_default()
    };
    let (one, other) = (names(one), names(other));
    let missing = |of: &[String], from: &[String]| -> Vec<String> {
        of.iter().filter(|name| !from.contains(name)).cloned().collect()
    };
    let mut names = missing(&one, &other);
    names.extend(missing(&other, &one));
    names.truncate(MOST_NAMES);
    names
}

fn worst_first(seen: &mut [report::Seen]) {
    seen.sort_by(|one, other| {
        if one.status.is_worse_than(other.status) {
            std::cmp::Ordering::Less
        } else if other.status.is_worse_than(one.status) {
            std::cmp::Ordering::Greater
        } else {
            one.until.cmp(&other.until)
        }
    });
}

/// Names are the peer's, and may be thousands.
const MOST_NAMES: usize = 16;
