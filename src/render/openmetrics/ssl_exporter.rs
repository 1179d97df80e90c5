//! The metrics of ssl_exporter, as of a probe of one target, or of files.

use super::exposition::{Family, Labels};
use super::facts::{Facts, Parts, of_kind, readable};
use super::{serves, target_of, tls_version};
use crate::chain::Peer;
use crate::report::Report;
use crate::snapshot::Watched;
use crate::target::Protocol;

pub(super) fn write(target: &Watched<'_>, text: &mut String) {
    let parsed = target_of(target.label());
    let (prober, success) = match parsed.map(|parsed| parsed.protocol()) {
        Some(Protocol::Https) => ("https", serves(target)),
        Some(_) => ("tcp", serves(target)),
        None => ("file", was_read(target)),
    };
    let mut probers = Family::gauge("ssl_prober", "How the certificates were got.", Ord::max);
    probers.add(Labels::new().and("prober", prober), true);
    Family::gauge("ssl_probe_success", "Whether all went well.", Ord::min)
        .with(Some(success))
        .write(text);
    probers.write(text);
    if prober == "file" {
        files(target.reports(), text);
    } else {
        handshake(target.reports(), text);
    }
}

/// The exporter verifies no chain that it finds in a file.
fn was_read(target: &Watched<'_>) -> bool {
    target.failure().is_none() && !target.reports().is_empty() && !target.is_too_old()
}

fn files(reports: &[Report], text: &mut String) {
    let mut dates = Dates {
        not_after: not_after("ssl_file_cert_not_after"),
        not_before: not_before("ssl_file_cert_not_before"),
    };
    for report in reports {
        for (_, facts) in readable(report) {
            dates.add(Labels::new().and("file", report.target()), &facts);
        }
    }
    dates.write(text);
}

fn handshake(reports: &[Report], text: &mut String) {
    let mut presented = Dates {
        not_after: not_after("ssl_cert_not_after"),
        not_before: not_before("ssl_cert_not_before"),
    };
    let mut verified = Dates {
        not_after: not_after("ssl_verified_cert_not_after"),
        not_before: not_before("ssl_verified_cert_not_before"),
    };
    for report in reports {
        let path = report.trust().path().map(|path| path.path.as_slice()).unwrap_or_default();
        for (certificate, facts) in readable(report) {
            if certificate.position() < report.chain().len() {
                presented.add(Labels::new(), &facts);
            }
            if path.contains(&certificate.position()) {
                verified.add(Labels::new().and("chain_no", 0), &facts);
            }
        }
    }
    presented.write(text);
    verified.write(text);
    let mut version = Family::info("ssl_tls_version", "The protocol version that was agreed.");
    if let Some(agreed) = reports.first().and_then(Report::peer).and_then(Peer::protocol) {
        version.add(Labels::new().and("version", tls_version(agreed)), true);
    }
    version.write(text);
}

/// The two dates of certificates.
struct Dates {
    not_after: Family,
    not_before: Family,
}

const fn not_after(name: &'static str) -> Family {
    Family::gauge(name, "The last second of a validity period, in Unix time.", Ord::min)
}

const fn not_before(name: &'static str) -> Family {
    Family::gauge(name, "The first second of a validity period, in Unix time.", Ord::max)
}

impl Dates {
    fn add(&mut self, labels: Labels, facts: &Facts<'_>) {
        let labels = described(labels, facts);
        self.not_after.add(labels.clone(), facts.not_after());
        self.not_before.add(labels, facts.not_before());
    }

    fn write(self, text: &mut String) {
        self.not_after.write(text);
        self.not_before.write(text);
    }
}

fn described(labels: Labels, facts: &Facts<'_>) -> Labels {
    let (subject, issuer) = (Parts::of(&facts.subject()), Parts::of(&facts.issuer()));
    let alt_names = facts.alt_names();
    let units: Vec<&str> = subject.all("OU").collect();
    labels
        .and_known("serial_no", &facts.serial_number_decimal().unwrap_or_default())
        .and_known("issuer_cn", issuer.common_name())
        .and_known("cn", subject.common_name())
        .and_known("dnsnames", &list(&of_kind(&alt_names, "DNS:")))
        .and_known("ips", &list(&of_kind(&alt_names, "IP:")))
        .and_known("emails", &list(&of_kind(&alt_names, "email:")))
        .and_known("ou", &list(&units))
}

/// With a comma before, between and after, so that `,example.com,` matches one whole name.
fn list(items: &[&str]) -> String {
    if items.is_empty() { String::new() } else { format!(",{},", items.join(",")) }
}
