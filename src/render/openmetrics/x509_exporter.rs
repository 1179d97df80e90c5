//! The metrics of x509-certificate-exporter, version 4, as it exposes them by default; notBefore too.

use data_encoding::HEXLOWER;

use super::exposition::{Family, Labels};
use super::facts::{Facts, Parts, readable};
use super::target_of;
use crate::snapshot::Snapshot;

pub(super) fn write(snapshot: &Snapshot, text: &mut String) {
    certificates(snapshot, text);
    sources(snapshot, text);
}

struct Row<'a> {
    labels: Labels,
    sha256: [u8; 32],
    facts: Facts<'a>,
}

fn certificates(snapshot: &Snapshot, text: &mut String) {
    let mut not_after = Family::gauge(
        "x509_cert_not_after",
        "When a validity period ends, in Unix time.",
        Ord::min,
    );
    let mut not_before = Family::gauge(
        "x509_cert_not_before",
        "When a validity period begins, in Unix time.",
        Ord::max,
    );
    let mut expired =
        Family::gauge("x509_cert_expired", "Whether a validity period is over.", Ord::max);
    let now = snapshot.taken_at().unix_timestamp();
    for Row { labels, facts, .. } in told_apart(rows(snapshot)) {
        not_after.add(labels.clone(), facts.not_after());
        not_before.add(labels.clone(), facts.not_before());
        expired.add(labels, facts.not_after().unix_timestamp() < now);
    }
    [not_after, not_before, expired].into_iter().for_each(|family| family.write(text));
}

fn rows(snapshot: &Snapshot) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for report in snapshot.reports() {
        let source = Labels::new()
            .and_known("filename", filename(report.target()))
            .and_known("filepath", report.target());
        for (certificate, facts) in readable(report) {
            let labels = described(source.clone(), &facts);
            rows.push(Row { labels, sha256: certificate.sha256(), facts });
        }
    }
    rows
}

/// Gives a label of their own to different certificates whose labels are the same, each the first
/// digits of its fingerprint. The exporter has its position in that digest too; here the same
/// certificate at the same place is one series.
fn told_apart(mut rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    rows.sort_by(|one, other| one.labels.cmp(&other.labels));
    for group in rows.chunk_by_mut(|one, other| one.labels == other.labels) {
        if group.iter().any(|row| row.sha256 != group[0].sha256) {
            for row in group {
                let digits = HEXLOWER.encode(&row.sha256[..4]);
                row.labels = row.labels.clone().and("discriminator", digits);
            }
        }
    }
    rows
}

fn described(labels: Labels, facts: &Facts<'_>) -> Labels {
    let labels =
        labels.and_known("serial_number", &facts.serial_number_decimal().unwrap_or_default());
    let parts = [(SUBJECT, facts.subject()), (ISSUER, facts.issuer())];
    parts.iter().fold(labels, |labels, (names, text)| {
        let parts = Parts::of(text);
        let first = |keyword| parts.all(keyword).next().unwrap_or_default();
        let [country, province, locality, organization, unit, common_name] = *names;
        labels
            .and_known(country, first("C"))
            .and_known(province, first("ST"))
            .and_known(locality, first("L"))
            .and_known(organization, first("O"))
            .and_known(unit, first("OU"))
            .and_known(common_name, parts.common_name())
    })
}

/// The last step of a path. What stands inside of a file is told behind a comma.
fn filename(label: &str) -> &str {
    let path = label.split_once(", ").map_or(label, |(path, _)| path);
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn sources(snapshot: &Snapshot, text: &mut String) {
    let mut up = Family::gauge("x509_source_up", "Whether the last look saw something.", Ord::min);
    let mut bundles =
        Family::gauge("x509_source_bundles", "How many chains there are in a source.", Ord::max);
    let mut errors = Family::counter("x509_source_errors", "How many looks saw nothing.");
    for target in snapshot.iter().filter(|target| target.looks() > 0) {
        let kind = if target_of(target.label()).is_some() { "tls" } else { "file" };
        let labels = Labels::new().and("source_kind", kind).and("source_name", target.label());
        up.add(labels.clone(), target.failure().is_none());
        if target.checked_at().is_some() {
            bundles.add(labels.clone(), target.reports().len());
        }
        if target.failed_looks() > 0 {
            errors.add(labels.and("reason", "read_failed"), target.failed_looks());
        }
    }
    [up, bundles, errors].into_iter().for_each(|family| family.write(text));
}

const SUBJECT: [&str; 6] =
    ["subject_C", "subject_ST", "subject_L", "subject_O", "subject_OU", "subject_CN"];
const ISSUER: [&str; 6] =
    ["issuer_C", "issuer_ST", "issuer_L", "issuer_O", "issuer_OU", "issuer_CN"];
