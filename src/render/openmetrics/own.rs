//! Our own metrics.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::exposition::{Family, Labels};
use super::facts;
use crate::escape::short;
use crate::report::{Report, Status};
use crate::snapshot::Snapshot;

pub(super) fn write(snapshot: &Snapshot, text: &mut String) {
    certificates(snapshot, text);
    horizons(snapshot, text);
    targets(snapshot, text);
    counts(snapshot, text);
}

/// The reports, those of our own client certificates among them.
fn reports(snapshot: &Snapshot) -> impl Iterator<Item = &Report> {
    snapshot.reports().flat_map(|report| [report].into_iter().chain(report.client_report()))
}

fn certificates(snapshot: &Snapshot, text: &mut String) {
    let mut info = Family::info("notafter_certificate", "What a certificate says of itself.");
    // Where two certificates have the same labels, what both have in common stands for them.
    let mut not_after = Family::gauge(
        "notafter_certificate_not_after_timestamp_seconds",
        "The last second of a certificate's validity period.",
        Ord::min,
    );
    let mut not_before = Family::gauge(
        "notafter_certificate_not_before_timestamp_seconds",
        "The first second of a certificate's validity period.",
        Ord::max,
    );
    for report in reports(snapshot) {
        let target = Labels::new().and("target", report.target());
        for (certificate, facts) in facts::readable(report) {
            // A peer may send names of thousands of characters: they are cut.
            let (subject, issuer) = (short(&facts.subject()), short(&facts.issuer()));
            let place = target.clone().and("position", certificate.position());
            let dated = place.clone().and("subject", &subject);
            not_after.add(dated.clone(), facts.not_after());
            not_before.add(dated, facts.not_before());
            let described = place
                .and("role", certificate.role())
                .and("subject", &subject)
                .and("issuer", &issuer)
                .and("serial_number", short(&facts.serial_number()))
                .and("sha256", HEXLOWER.encode(&certificate.sha256()));
            info.add(described, true);
        }
    }
    [info, not_after, not_before].into_iter().for_each(|family| family.write(text));
}

fn horizons(snapshot: &Snapshot, text: &mut String) {
    let mut chains = Family::gauge(
        "notafter_chain_horizon_timestamp_seconds",
        "The last second at which clients go on, by the first trust store.",
        Ord::min,
    );
    let mut stores = Family::gauge(
        "notafter_store_horizon_timestamp_seconds",
        "The last second at which clients go on, by each of several trust stores.",
        Ord::min,
    );
    for report in reports(snapshot) {
        let target = Labels::new().and("target", report.target());
        if let [_, _, ..] = report.stores() {
            for store in report.stores() {
                if let Some(until) = store.horizon().until {
                    stores.add(target.clone().and("store", store.store()), until);
                }
            }
        }
        if let Some(until) = report.horizon().until {
            chains.add(target, until);
        }
    }
    [chains, stores].into_iter().for_each(|family| family.write(text));
}

fn targets(snapshot: &Snapshot, text: &mut String) {
    let mut status = Family::state_set("notafter_target_status", "What a target comes to.");
    let mut up = Family::gauge(
        "notafter_target_up",
        "Whether the last look at a target saw something, be it good or bad.",
        Ord::min,
    );
    let mut last_success = Family::gauge(
        "notafter_target_last_success_timestamp_seconds",
        "When the facts about a target were seen.",
        Ord::min,
    );
    let mut duration = Family::gauge(
        "notafter_target_look_duration_seconds",
        "How long the last look at a target took.",
        Ord::max,
    );
    let mut looks =
        Family::counter("notafter_target_looks", "How many looks there were at a target.");
    let mut failed =
        Family::counter("notafter_target_failed_looks", "How many looks at a target saw nothing.");
    for target in snapshot.iter() {
        let labels = Labels::new().and("target", target.label());
        for state in [Status::Fail, Status::Pass, Status::Unknown, Status::Warn] {
            let labels = labels.clone().and("notafter_target_status", state);
            status.add(labels, target.status() == state);
        }
        if target.looks() > 0 {
            up.add(labels.clone(), target.failure().is_none());
        }
        if let Some(at) = target.checked_at() {
            last_success.add(labels.clone(), at);
        }
        if let Some(took) = target.took() {
            duration.add(labels.clone(), took);
        }
        looks.add(labels.clone(), target.looks());
        failed.add(labels, target.failed_looks());
    }
    let families = [status, up, last_success, duration, looks, failed];
    families.into_iter().for_each(|family| family.write(text));
}

fn counts(snapshot: &Snapshot, text: &mut String) {
    let mut findings =
        Family::gauge("notafter_findings", "How many findings of a kind there are.", Ord::max);
    for report in reports(snapshot) {
        let kinds =
            report.findings().iter().map(|finding| (finding.code().as_str(), finding.severity()));
        for ((code, severity), count) in tally(kinds) {
            let labels = Labels::new().and("target", report.target());
            findings.add(labels.and("code", code).and("severity", severity), count);
        }
    }
    let mut problems = Family::gauge(
        "notafter_problems",
        "How many parts of a source could not be read.",
        Ord::max,
    );
    for target in snapshot.iter() {
        for (kind, count) in tally(target.problems().iter().map(|problem| problem.kind)) {
            problems.add(Labels::new().and("target", target.label()).and("kind", kind), count);
        }
    }
    [findings, problems].into_iter().for_each(|family| family.write(text));
}

fn tally<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, u64> {
    items.fold(BTreeMap::new(), |mut counts, item| {
        *counts.entry(item).or_default() += 1;
        counts
    })
}
