//! The metrics of blackbox_exporter, as of a probe of one target with TLS.

use data_encoding::HEXLOWER;

use super::exposition::{Family, Labels};
use super::facts::{Facts, of_kind};
use super::{serves, tls_version};
use crate::chain::Peer;
use crate::report::Report;
use crate::snapshot::Watched;

pub(super) fn write(target: &Watched<'_>, text: &mut String) {
    let gauge = |name, help| Family::gauge(name, help, Ord::min);
    let info = |name, help, label, value: Option<String>| {
        let mut family = Family::info(name, help);
        if let Some(value) = value {
            family.add(Labels::new().and(label, value), true);
        }
        family
    };
    let reports = target.reports();
    let peer = reports.first().and_then(Report::peer);
    let ip_version = |peer: &Peer| peer.address().map(|at| if at.is_ipv4() { 4_u64 } else { 6 });
    let families = [
        gauge("probe_success", "Whether clients that verify are served.")
            .with(Some(serves(target))),
        gauge("probe_duration_seconds", "How long the last look took.").with(target.took()),
        gauge("probe_ip_protocol", "The version of IP by which it was reached.")
            .with(peer.and_then(ip_version)),
        gauge("probe_ssl_earliest_cert_expiry", "The first notAfter of all that was presented.")
            .with(reports.iter().filter_map(|report| report.horizon().earliest_presented).min()),
        gauge(
            "probe_ssl_last_chain_expiry_timestamp_seconds",
            "The last second at which a path to a trust anchor holds.",
        )
        .with(target.until()),
        end_entities(reports),
        info(
            "probe_tls_version",
            "The protocol version that was agreed.",
            "version",
            peer.and_then(Peer::protocol).map(tls_version),
        ),
        info(
            "probe_tls_cipher",
            "The cipher suite that was agreed.",
            "cipher",
            peer.and_then(Peer::cipher_suite).map(registered_name),
        ),
    ];
    families.into_iter().for_each(|family| family.write(text));
}

fn end_entities(reports: &[Report]) -> Family {
    let mut family =
        Family::info("probe_ssl_last_chain", "What the end-entity certificate says of itself.");
    for certificate in reports.iter().filter_map(|report| report.chain().first()) {
        let Some(facts) = Facts::of(certificate) else { continue };
        let labels = Labels::new()
            .and("fingerprint_sha256", HEXLOWER.encode(&certificate.sha256()))
            .and_known("subject", &facts.subject())
            .and_known("issuer", &facts.issuer())
            .and_known("subjectalternative", &of_kind(&facts.alt_names(), "DNS:").join(","))
            .and_known("serialnumber", &facts.serial_number().to_lowercase());
        family.add(labels, true);
    }
    family
}

/// The name in IANA's registry, which Go uses too; rustls has one of its own for those of TLS 1.3.
fn registered_name(suite: &str) -> String {
    match suite.strip_prefix("TLS13_") {
        Some(rest) => format!("TLS_{rest}"),
        None => suite.to_owned(),
    }
}
