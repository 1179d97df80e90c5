//! Metrics that Prometheus and its kin scrape, in the OpenMetrics text format.
//!
//! [`text`] writes metrics of our own, for everything in a [`Snapshot`]. Dashboards and alerts that
//! exist already go on with the names that they know: [`text_with`] adds those of
//! x509-certificate-exporter, and [`blackbox()`] and [`ssl_exporter()`] answer for one target at a time,
//! as those exporters do.
//!
//! Whatever is known stays: a certificate that has expired, or a chain that nobody trusts, has its
//! series as any other, and a target that can't be reached any more keeps those of the last look
//! that saw something. What is not known has no series: there is no zero and no NaN in its place.
//!
//! Alert on the horizon and on the status, and on the latter for what alerts on dates never tell:
//!
//! ```promql
//! notafter_chain_horizon_timestamp_seconds - time() < 7 * 86400
//! notafter_target_status{notafter_target_status=~"fail|unknown"} == 1
//! ```
//!
//! # Our own metrics
//!
//! | name | type | labels | value |
//! |---|---|---|---|
//! | `notafter_certificate_info` | info | `target`, `position`, `role`, `subject`, `issuer`, `serial_number`, `sha256` | 1 |
//! | `notafter_certificate_not_after_timestamp_seconds` | gauge | `target`, `position`, `subject` | the last second of the validity period |
//! | `notafter_certificate_not_before_timestamp_seconds` | gauge | `target`, `position`, `subject` | its first second |
//! | `notafter_chain_horizon_timestamp_seconds` | gauge | `target` | [`Horizon::until`](crate::report::Horizon::until): the last second at which clients go on |
//! | `notafter_store_horizon_timestamp_seconds` | gauge | `target`, `store` | the same by each trust store, only where there are several |
//! | `notafter_target_status` | stateset | `target`, `notafter_target_status`: `fail`, `pass`, `unknown`, `warn` | 1 for what [`Watched::status`] is, else 0 |
//! | `notafter_target_up` | gauge | `target` | whether the last look saw something, good or bad; not before the first |
//! | `notafter_target_last_success_timestamp_seconds` | gauge | `target` | [`Watched::checked_at`] |
//! | `notafter_target_look_duration_seconds` | gauge | `target` | [`Watched::took`] |
//! | `notafter_target_looks_total` | counter | `target` | [`Watched::looks`] |
//! | `notafter_target_failed_looks_total` | counter | `target` | [`Watched::failed_looks`] |
//! | `notafter_findings` | gauge | `target`, `code`, `severity` | how many there are; only of those that there are |
//! | `notafter_problems` | gauge | `target`, `kind` | how many parts of a source could not be read |
//!
//! Those called `notafter_target_`, and the problems, have [`Watched::label`] as their `target`; the
//! others [`Report::target`](crate::report::Report::target), which for a source says where the chain
//! is, and for our own client certificate `client certificate`. Instants are Unix seconds, before
//! 1970 negative. Subjects and issuers are RFC 4514, cut where they have more than 256 characters.
//!
//! Where chains are called the same, so are their series: of two horizons or two ends the earlier
//! is written, of two beginnings the later, of two counts the greater.
//!
//! # Text of peers
//!
//! Names come from certificates, which anyone can make. Characters that control what shows them
//! (line feeds, escapes, changes of direction) are written as `\u{202e}` in label values, and the
//! rest is escaped as the format asks for: one sample never becomes two.
//!
//! The format: OpenMetrics 1.0.0.

mod blackbox;
mod exposition;
mod facts;
mod own;
mod ssl_exporter;
mod x509_exporter;

use crate::report::Status;
use crate::snapshot::{Snapshot, Watched};
use crate::target::Target;

/// The content type of what these functions write.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Names of another exporter, with labels for many targets, to stand beside our own.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Set {
    /// Those of x509-certificate-exporter, version 4.
    ///
    /// | name | type | labels | value |
    /// |---|---|---|---|
    /// | `x509_cert_not_after` | gauge | L | the last second of the validity period |
    /// | `x509_cert_not_before` | gauge | L | its first second |
    /// | `x509_cert_expired` | gauge | L | whether it is over at [`Snapshot::taken_at`] |
    /// | `x509_source_up` | gauge | `source_kind`, `source_name` | whether the last look saw something |
    /// | `x509_source_bundles` | gauge | `source_kind`, `source_name` | how many chains were seen |
    /// | `x509_source_errors_total` | counter | `source_kind`, `source_name`, `reason` | how many looks saw nothing |
    ///
    /// L is `filename`, `filepath`, `serial_number` (decimal), `subject_C`, `subject_ST`,
    /// `subject_L`, `subject_O`, `subject_OU`, `subject_CN`, the same of `issuer_`, and
    /// `discriminator` where different certificates would have the same labels. The path is
    /// [`Report::target`](crate::report::Report::target), also of a target on the network; its kind
    /// is `tls` then, else `file`. The reason is always `read_failed`: looks that fail are counted,
    /// whatever failed them. Labels that would be empty are left out, which Prometheus takes for the
    /// same.
    X509CertificateExporter,
}

/// Our own metrics of everything in a snapshot.
///
/// ```
/// use notafter::render::openmetrics;
/// use notafter::snapshot::Snapshot;
///
/// assert_eq!(openmetrics::text(&Snapshot::of([])), "# EOF\n");
/// ```
#[must_use]
pub fn text(snapshot: &Snapshot) -> String {
    text_with(snapshot, &[])
}

/// Our own metrics, and those of other exporters behind them, in one exposition.
#[must_use]
pub fn text_with(snapshot: &Snapshot, sets: &[Set]) -> String {
    let mut text = String::new();
    own::write(snapshot, &mut text);
    if sets.contains(&Set::X509CertificateExporter) {
        x509_exporter::write(snapshot, &mut text);
    }
    text + exposition::EOF
}

/// What blackbox_exporter answers to `/probe?target=…`, of one target.
///
/// | name | type | labels | value |
/// |---|---|---|---|
/// | `probe_success` | gauge | | 1 where the last look saw something and the status is pass or warn, else 0 |
/// | `probe_duration_seconds` | gauge | | [`Watched::took`] |
/// | `probe_ip_protocol` | gauge | | 4 or 6 |
/// | `probe_ssl_earliest_cert_expiry` | gauge | | the first notAfter of all that was presented |
/// | `probe_ssl_last_chain_expiry_timestamp_seconds` | gauge | | [`Watched::until`] |
/// | `probe_ssl_last_chain_info` | info | `fingerprint_sha256`, `subject`, `issuer`, `subjectalternative`, `serialnumber` | 1 |
/// | `probe_tls_version_info` | info | `version`: `TLS 1.3` | 1 |
/// | `probe_tls_cipher_info` | info | `cipher`: `TLS_AES_128_GCM_SHA256` | 1 |
///
/// As the exporter's does while it verifies, `probe_success` falls where clients that verify fail: on
/// a chain that is expired, untrusted or misnamed, and where that could not be told. Unlike the
/// exporter's, the other series stay then, as the last look that saw something left them, so that an
/// alert on a date does not resolve itself at the moment of expiry. Like the exporter's, the expiry
/// of the last chain is that of the path that lasts longest, its root counted as far as its dates
/// are known.
///
/// For a source with several chains the dates are the earliest of all, and each end-entity
/// certificate has its own `probe_ssl_last_chain_info`.
#[must_use]
pub fn blackbox(target: &Watched<'_>) -> String {
    let mut text = String::new();
    blackbox::write(target, &mut text);
    text + exposition::EOF
}

/// What ssl_exporter answers to `/probe?target=…`, of one target or source.
///
/// | name | type | labels | value |
/// |---|---|---|---|
/// | `ssl_probe_success` | gauge | | as `probe_success` of [`blackbox()`]; of files, whether the last look read any |
/// | `ssl_prober` | gauge | `prober`: `https`, `tcp` or `file` | 1 |
/// | `ssl_cert_not_after`, `ssl_cert_not_before` | gauge | L | the validity period of what was presented |
/// | `ssl_verified_cert_not_after`, `ssl_verified_cert_not_before` | gauge | `chain_no`, L | the same of the path |
/// | `ssl_tls_version_info` | info | `version`: `TLS 1.3` | 1 |
/// | `ssl_file_cert_not_after`, `ssl_file_cert_not_before` | gauge | `file`, L | the same of files, in the place of the former |
///
/// L is `serial_no` (decimal), `issuer_cn`, `cn`, and the lists `dnsnames`, `ips`, `emails`, `ou`,
/// each with a comma before, between and after its items. Labels that would be empty are left out,
/// which Prometheus takes for the same. The path is number 0, the one of
/// [`Trust::path`](crate::report::Trust::path), also after it ended; its trust anchor is not part of
/// it. Nothing is told of stapled OCSP responses.
#[must_use]
pub fn ssl_exporter(target: &Watched<'_>) -> String {
    let mut text = String::new();
    ssl_exporter::write(target, &mut text);
    text + exposition::EOF
}

/// Whether clients that verify are served, as far as was seen lately.
fn serves(target: &Watched<'_>) -> bool {
    target.failure().is_none() && matches!(target.status(), Status::Pass | Status::Warn)
}

/// The target that a label is the canonical form of; `None` where it is that of a source.
fn target_of(label: &str) -> Option<Target> {
    label.parse().ok().filter(|target: &Target| target.to_string() == label)
}

/// A protocol version as Go writes it: `TLS 1.3`.
fn tls_version(version: &str) -> String {
    match version.strip_prefix("TLSv") {
        Some(number) => format!("TLS {number}"),
        None => version.to_owned(),
    }
}

#[cfg(test)]
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::snapshot::Failure;
    use crate::snapshot::fixtures::{AT, ENDED, Scene, refused, report};

    /// The samples of families whose names begin so.
    fn samples<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
        text.lines().filter(|line| line.starts_with(start)).collect()
    }

    #[test]
    fn a_target_that_nobody_has_looked_at_has_a_status_and_counts() {
        let snapshot = Scene::new().unseen("https://new.example:443").taken();
        let text = text_with(&snapshot, &[Set::X509CertificateExporter]);
        let told: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            told,
            [
                r#"notafter_target_status{target="https://new.example:443",notafter_target_status="fail"} 0"#,
                r#"notafter_target_status{target="https://new.example:443",notafter_target_status="pass"} 0"#,
                r#"notafter_target_status{target="https://new.example:443",notafter_target_status="unknown"} 1"#,
                r#"notafter_target_status{target="https://new.example:443",notafter_target_status="warn"} 0"#,
                r#"notafter_target_looks_total{target="https://new.example:443"} 0"#,
                r#"notafter_target_failed_looks_total{target="https://new.example:443"} 0"#,
            ],
        );
        let target = snapshot.get("https://new.example:443").unwrap();
        assert_eq!(samples(&blackbox(&target), "probe"), ["probe_success 0"]);
        assert_eq!(
            samples(&ssl_exporter(&target), "ssl"),
            ["ssl_probe_success 0", r#"ssl_prober{prober="https"} 1"#],
        );
    }

    #[test]
    fn a_target_that_fails_to_answer_keeps_what_was_seen() {
        let label = "https://down.example:443";
        let seen = Scene::new().seen(label, vec![report(label, AT)], 0).taken();
        let down = Scene::new().failing(label, vec![report(label, AT)], refused()).taken();
        for start in ["notafter_certificate", "notafter_chain", "notafter_target_status"] {
            assert_eq!(samples(&text(&down), start), samples(&text(&seen), start));
        }
        assert_eq!(
            samples(&text_with(&down, &[Set::X509CertificateExporter]), "x509_source"),
            [
                r#"x509_source_up{source_kind="tls",source_name="https://down.example:443"} 0"#,
                r#"x509_source_bundles{source_kind="tls",source_name="https://down.example:443"} 1"#,
                r#"x509_source_errors_total{source_kind="tls",source_name="https://down.example:443",reason="read_failed"} 1"#,
            ],
        );
        let told = text(&down);
        let of_targets = [
            "notafter_target_up",
            "notafter_target_last",
            "notafter_target_look_",
            "notafter_target_looks",
            "notafter_target_failed",
        ]
        .map(|start| samples(&told, start)[0]);
        assert_eq!(
            of_targets,
            [
                r#"notafter_target_up{target="https://down.example:443"} 0"#,
                r#"notafter_target_last_success_timestamp_seconds{target="https://down.example:443"} 1896134340"#,
                r#"notafter_target_look_duration_seconds{target="https://down.example:443"} 0.25"#,
                r#"notafter_target_looks_total{target="https://down.example:443"} 2"#,
                r#"notafter_target_failed_looks_total{target="https://down.example:443"} 1"#,
            ],
        );
        let (seen, down) = (seen.get(label).unwrap(), down.get(label).unwrap());
        for (name, seen, down) in [
            ("probe", blackbox(&seen), blackbox(&down)),
            ("ssl_probe", ssl_exporter(&seen), ssl_exporter(&down)),
        ] {
            assert_eq!(
                down,
                seen.replace(&format!("{name}_success 1"), &format!("{name}_success 0"))
            );
            assert_ne!(down, seen);
        }
        assert!(blackbox(&down).contains("\nprobe_duration_seconds 0.25\n"));
        // Before any look saw something, there is nothing to keep.
        let never = Scene::new().looked(label, &[(0, Err(refused()))]).taken();
        let told = text_with(&never, &[Set::X509CertificateExporter]);
        assert!(told.contains(&format!("notafter_target_up{{target=\"{label}\"}} 0")));
        assert!(!told.contains("last_success") && !told.contains("bundles"));
    }

    #[test]
    fn what_is_too_old_is_unknown_and_no_success() {
        let (label, file) = ("https://old.example:443", "/etc/tls/chain.pem");
        let snapshot = Scene::new()
            .seen(label, vec![report(label, AT)], 120)
            .seen(file, vec![report(file, AT)], 120)
            .max_age(Duration::from_secs(60))
            .taken();
        let told = text(&snapshot);
        assert!(
            told.contains(&format!("{{target=\"{label}\",notafter_target_status=\"unknown\"}} 1"))
        );
        assert_eq!(samples(&told, "notafter_chain_horizon").len(), 2);
        let (target, source) = (snapshot.get(label).unwrap(), snapshot.get(file).unwrap());
        assert!(blackbox(&target).contains("probe_success 0\n"));
        assert!(ssl_exporter(&target).contains("ssl_probe_success 0\n"));
        assert!(ssl_exporter(&source).contains("ssl_probe_success 0\n"));
        assert!(ssl_exporter(&source).contains("ssl_file_cert_not_after{"));
    }

    #[test]
    fn problems_of_a_source_are_counted_by_their_kind() {
        let problem = |kind| Failure { kind, ..refused() };
        let problems = vec![problem("base64"), problem("unreadable-file"), problem("base64")];
        let reports = vec![report("a.pem", AT), report("b.pem", ENDED)];
        let snapshot = Scene::new().looked("files", &[(0, Ok((reports, problems)))]).taken();
        let told = text(&snapshot);
        assert_eq!(
            samples(&told, "notafter_problems"),
            [
                r#"notafter_problems{target="files",kind="base64"} 2"#,
                r#"notafter_problems{target="files",kind="unreadable-file"} 1"#,
            ],
        );
        // The chains of a source are called by where they are.
        assert_eq!(
            samples(&told, "notafter_chain_horizon"),
            [
                r#"notafter_chain_horizon_timestamp_seconds{target="a.pem"} 1901231999"#,
                r#"notafter_chain_horizon_timestamp_seconds{target="b.pem"} 1901231999"#,
            ],
        );
        let bundles = text_with(&snapshot, &[Set::X509CertificateExporter]);
        assert_eq!(
            samples(&bundles, "x509_source_bundles"),
            [r#"x509_source_bundles{source_kind="file",source_name="files"} 2"#],
        );
    }

    #[test]
    fn our_own_client_certificate_is_told_of_once() {
        let shown = |label| {
            let mut seen = report(label, AT);
            seen.client = Some(Box::new(report("client certificate", ENDED)));
            seen
        };
        let snapshot = Snapshot::of([shown("a"), shown("b")]);
        let told = text(&snapshot);
        assert_eq!(
            samples(&told, "notafter_chain_horizon"),
            [
                r#"notafter_chain_horizon_timestamp_seconds{target="a"} 1901231999"#,
                r#"notafter_chain_horizon_timestamp_seconds{target="b"} 1901231999"#,
                r#"notafter_chain_horizon_timestamp_seconds{target="client certificate"} 1901231999"#,
            ],
        );
        assert_eq!(
            samples(&told, "notafter_findings"),
            [
                r#"notafter_findings{target="client certificate",code="expired",severity="failure"} 1"#
            ],
        );
        assert_eq!(samples(&told, "notafter_certificate_info").len(), 6);
    }
}
