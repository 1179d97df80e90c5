//! What Prometheus scrapes, line by line.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::{judge, trusting};
use common::nasty::NASTY;
use common::openmetrics::{Family, Sample, nasty, nasty_reports, read, shown};
use common::pki::{Draft, Pki, at};
use notafter::Inspector;
use notafter::chain::{Peer, Possession, PresentedChain};
use notafter::inspect::TrustAnchors;
use notafter::render::openmetrics::{self, Set};
use notafter::report::Report;
use notafter::snapshot::Snapshot;
use notafter::target::Subject;
use proptest::prelude::*;

const CHAIN: &str = include_str!("data/chain.pem");
const ROOT: &str = include_str!("data/root.pem");

/// example.com, from 2030-01-01 to 2030-03-31, as a server presents it.
fn report(label: &str, instant: &str) -> Report {
    let peer = Peer::new()
        .with_address("192.0.2.10:443".parse().unwrap())
        .with_protocol("TLSv1.3")
        .with_cipher_suite("TLS13_AES_256_GCM_SHA384")
        .with_possession(Possession::Proven);
    judged(&PresentedChain::from_pem(CHAIN).unwrap().with_peer(peer), label, instant)
}

/// The same from a file.
fn at_rest(label: &str, instant: &str) -> Report {
    judged(&PresentedChain::from_pem(CHAIN).unwrap(), label, instant)
}

fn judged(chain: &PresentedChain, label: &str, instant: &str) -> Report {
    let inspector = Inspector::new().with_anchors(TrustAnchors::from_pem(ROOT).unwrap());
    let subject = Subject::server(label, ["example.com".parse().unwrap()]);
    inspector.inspect(chain, &subject, at(instant))
}

#[test]
fn a_snapshot_of_nothing_is_an_end() {
    let nothing = Snapshot::of([]);
    assert_eq!(openmetrics::text(&nothing), "# EOF\n");
    assert_eq!(openmetrics::text_with(&nothing, &[Set::X509CertificateExporter]), "# EOF\n");
}

#[test]
fn a_target_that_passes_is_told_whole() {
    let snapshot = Snapshot::of([report("https://example.com:443", "2030-02-01T00:00:00Z")]);
    assert_eq!(
        openmetrics::text(&snapshot),
        r##"# HELP notafter_certificate What a certificate says of itself.
# TYPE notafter_certificate info
notafter_certificate_info{target="https://example.com:443",position="0",role="end-entity",subject="CN=example.com",issuer="CN=Example R1",serial_number="7CD80ECC1632215FF5B637CE532A349233071E67",sha256="79f0803a3fcf06cb3c7c8dccdf2cc6b129c31b77f98c780101d9c35fe59a06b3"} 1
notafter_certificate_info{target="https://example.com:443",position="1",role="intermediate",subject="CN=Example R1",issuer="CN=Example Root",serial_number="5DF15A19164C2E3219A781F0CED03F62C73F2B2A",sha256="9d13746798555f4d197cdbab3855260d5a9481b33515338d60d7a0176e45d5f7"} 1
# HELP notafter_certificate_not_after_timestamp_seconds The last second of a certificate's validity period.
# TYPE notafter_certificate_not_after_timestamp_seconds gauge
# UNIT notafter_certificate_not_after_timestamp_seconds seconds
notafter_certificate_not_after_timestamp_seconds{target="https://example.com:443",position="0",subject="CN=example.com"} 1901231999
notafter_certificate_not_after_timestamp_seconds{target="https://example.com:443",position="1",subject="CN=Example R1"} 2019686399
# HELP notafter_certificate_not_before_timestamp_seconds The first second of a certificate's validity period.
# TYPE notafter_certificate_not_before_timestamp_seconds gauge
# UNIT notafter_certificate_not_before_timestamp_seconds seconds
notafter_certificate_not_before_timestamp_seconds{target="https://example.com:443",position="0",subject="CN=example.com"} 1893456000
notafter_certificate_not_before_timestamp_seconds{target="https://example.com:443",position="1",subject="CN=Example R1"} 1861920000
# HELP notafter_chain_horizon_timestamp_seconds The last second at which clients go on, by the first trust store.
# TYPE notafter_chain_horizon_timestamp_seconds gauge
# UNIT notafter_chain_horizon_timestamp_seconds seconds
notafter_chain_horizon_timestamp_seconds{target="https://example.com:443"} 1901231999
# HELP notafter_target_status What a target comes to.
# TYPE notafter_target_status stateset
notafter_target_status{target="https://example.com:443",notafter_target_status="fail"} 0
notafter_target_status{target="https://example.com:443",notafter_target_status="pass"} 1
notafter_target_status{target="https://example.com:443",notafter_target_status="unknown"} 0
notafter_target_status{target="https://example.com:443",notafter_target_status="warn"} 0
# HELP notafter_target_up Whether the last look at a target saw something, be it good or bad.
# TYPE notafter_target_up gauge
notafter_target_up{target="https://example.com:443"} 1
# HELP notafter_target_last_success_timestamp_seconds When the facts about a target were seen.
# TYPE notafter_target_last_success_timestamp_seconds gauge
# UNIT notafter_target_last_success_timestamp_seconds seconds
notafter_target_last_success_timestamp_seconds{target="https://example.com:443"} 1896134400
# HELP notafter_target_looks How many looks there were at a target.
# TYPE notafter_target_looks counter
notafter_target_looks_total{target="https://example.com:443"} 1
# HELP notafter_target_failed_looks How many looks at a target saw nothing.
# TYPE notafter_target_failed_looks counter
notafter_target_failed_looks_total{target="https://example.com:443"} 0
# EOF
"##,
    );
}

#[test]
fn what_expired_keeps_its_series_and_has_its_findings() {
    let text = |instant| openmetrics::text(&Snapshot::of([report("a", instant)]));
    let (before, after) = (text("2030-02-01T00:00:00Z"), text("2030-04-01T00:00:00Z"));
    let findings = "# HELP notafter_findings How many findings of a kind there are.
# TYPE notafter_findings gauge
notafter_findings{target=\"a\",code=\"expired\",severity=\"failure\"} 1
# EOF
";
    assert_eq!(
        after,
        before
            .replace("status=\"fail\"} 0", "status=\"fail\"} 1")
            .replace("status=\"pass\"} 1", "status=\"pass\"} 0")
            .replace("} 1896134400\n", "} 1901232000\n")
            .replace("# EOF\n", findings),
    );
}

#[test]
fn blackbox_is_told_whole() {
    let snapshot = Snapshot::of([report("https://example.com:443", "2030-02-01T00:00:00Z")]);
    let target = snapshot.get("https://example.com:443").unwrap();
    assert_eq!(
        openmetrics::blackbox(&target),
        r##"# HELP probe_success Whether clients that verify are served.
# TYPE probe_success gauge
probe_success 1
# HELP probe_ip_protocol The version of IP by which it was reached.
# TYPE probe_ip_protocol gauge
probe_ip_protocol 4
# HELP probe_ssl_earliest_cert_expiry The first notAfter of all that was presented.
# TYPE probe_ssl_earliest_cert_expiry gauge
probe_ssl_earliest_cert_expiry 1901231999
# HELP probe_ssl_last_chain_expiry_timestamp_seconds The last second at which a path to a trust anchor holds.
# TYPE probe_ssl_last_chain_expiry_timestamp_seconds gauge
# UNIT probe_ssl_last_chain_expiry_timestamp_seconds seconds
probe_ssl_last_chain_expiry_timestamp_seconds 1901231999
# HELP probe_ssl_last_chain What the end-entity certificate says of itself.
# TYPE probe_ssl_last_chain info
probe_ssl_last_chain_info{fingerprint_sha256="79f0803a3fcf06cb3c7c8dccdf2cc6b129c31b77f98c780101d9c35fe59a06b3",subject="CN=example.com",issuer="CN=Example R1",subjectalternative="example.com",serialnumber="7cd80ecc1632215ff5b637ce532a349233071e67"} 1
# HELP probe_tls_version The protocol version that was agreed.
# TYPE probe_tls_version info
probe_tls_version_info{version="TLS 1.3"} 1
# HELP probe_tls_cipher The cipher suite that was agreed.
# TYPE probe_tls_cipher info
probe_tls_cipher_info{cipher="TLS_AES_256_GCM_SHA384"} 1
# EOF
"##,
    );
}

#[test]
fn nothing_but_success_goes_from_blackbox_at_the_moment_of_expiry() {
    let text = |instant| {
        let snapshot = Snapshot::of([report("a", instant)]);
        openmetrics::blackbox(&snapshot.get("a").unwrap())
    };
    // notAfter itself is still good.
    assert_eq!(text("2030-03-31T23:59:59Z"), text("2030-02-01T00:00:00Z"));
    assert_eq!(
        text("2030-04-01T00:00:00Z"),
        text("2030-02-01T00:00:00Z").replace("probe_success 1", "probe_success 0"),
    );
}

#[test]
fn a_chain_that_nobody_trusts_has_no_end_of_a_path() {
    let leaf = Draft::self_signed("example.com").issue();
    let pki = Pki::new();
    let report = judge(&trusting(&[&pki.root]), &[&leaf.der], "2026-06-01T00:00:00Z");
    let snapshot = Snapshot::of([report]);
    let families = read(&openmetrics::blackbox(&snapshot.get("test").unwrap()));
    let told: Vec<(&str, &str)> = families.iter().map(first).collect();
    assert_eq!(
        told,
        [
            ("probe_success", "0"),
            ("probe_ssl_earliest_cert_expiry", "1798761599"),
            ("probe_ssl_last_chain", "1"),
        ],
    );
    assert!(!openmetrics::text(&snapshot).contains("horizon"));
    assert!(!openmetrics::ssl_exporter(&snapshot.get("test").unwrap()).contains("verified"));
}

fn first(family: &Family) -> (&str, &str) {
    (&family.name, &family.samples[0].value)
}

#[test]
fn ssl_exporter_is_told_whole() {
    let snapshot = Snapshot::of([report("https://example.com:443", "2030-02-01T00:00:00Z")]);
    let target = snapshot.get("https://example.com:443").unwrap();
    assert_eq!(
        openmetrics::ssl_exporter(&target),
        r##"# HELP ssl_probe_success Whether all went well.
# TYPE ssl_probe_success gauge
ssl_probe_success 1
# HELP ssl_prober How the certificates were got.
# TYPE ssl_prober gauge
ssl_prober{prober="https"} 1
# HELP ssl_cert_not_after The last second of a validity period, in Unix time.
# TYPE ssl_cert_not_after gauge
ssl_cert_not_after{serial_no="536318469921894554805158590752755932414336772906",issuer_cn="Example Root",cn="Example R1"} 2019686399
ssl_cert_not_after{serial_no="712733105564147919790812520643978828476433505895",issuer_cn="Example R1",cn="example.com",dnsnames=",example.com,"} 1901231999
# HELP ssl_cert_not_before The first second of a validity period, in Unix time.
# TYPE ssl_cert_not_before gauge
ssl_cert_not_before{serial_no="536318469921894554805158590752755932414336772906",issuer_cn="Example Root",cn="Example R1"} 1861920000
ssl_cert_not_before{serial_no="712733105564147919790812520643978828476433505895",issuer_cn="Example R1",cn="example.com",dnsnames=",example.com,"} 1893456000
# HELP ssl_verified_cert_not_after The last second of a validity period, in Unix time.
# TYPE ssl_verified_cert_not_after gauge
ssl_verified_cert_not_after{chain_no="0",serial_no="536318469921894554805158590752755932414336772906",issuer_cn="Example Root",cn="Example R1"} 2019686399
ssl_verified_cert_not_after{chain_no="0",serial_no="712733105564147919790812520643978828476433505895",issuer_cn="Example R1",cn="example.com",dnsnames=",example.com,"} 1901231999
# HELP ssl_verified_cert_not_before The first second of a validity period, in Unix time.
# TYPE ssl_verified_cert_not_before gauge
ssl_verified_cert_not_before{chain_no="0",serial_no="536318469921894554805158590752755932414336772906",issuer_cn="Example Root",cn="Example R1"} 1861920000
ssl_verified_cert_not_before{chain_no="0",serial_no="712733105564147919790812520643978828476433505895",issuer_cn="Example R1",cn="example.com",dnsnames=",example.com,"} 1893456000
# HELP ssl_tls_version The protocol version that was agreed.
# TYPE ssl_tls_version info
ssl_tls_version_info{version="TLS 1.3"} 1
# EOF
"##,
    );
}

#[test]
fn ssl_exporter_tells_a_file_whole_and_judges_nothing() {
    let snapshot = Snapshot::of([at_rest("/etc/tls/chain.pem", "2030-04-01T00:00:00Z")]);
    let target = snapshot.get("/etc/tls/chain.pem").unwrap();
    assert_eq!(
        openmetrics::ssl_exporter(&target),
        r##"# HELP ssl_probe_success Whether all went well.
# TYPE ssl_probe_success gauge
ssl_probe_success 1
# HELP ssl_prober How the certificates were got.
# TYPE ssl_prober gauge
ssl_prober{prober="file"} 1
# HELP ssl_file_cert_not_after The last second of a validity period, in Unix time.
# TYPE ssl_file_cert_not_after gauge
ssl_file_cert_not_after{file="/etc/tls/chain.pem",serial_no="536318469921894554805158590752755932414336772906",issuer_cn="Example Root",cn="Example R1"} 2019686399
ssl_file_cert_not_after{file="/etc/tls/chain.pem",serial_no="712733105564147919790812520643978828476433505895",issuer_cn="Example R1",cn="example.com",dnsnames=",example.com,"} 1901231999
# HELP ssl_file_cert_not_before The first second of a validity period, in Unix time.
# TYPE ssl_file_cert_not_before gauge
ssl_file_cert_not_before{file="/etc/tls/chain.pem",serial_no="536318469921894554805158590752755932414336772906",issuer_cn="Example Root",cn="Example R1"} 1861920000
ssl_file_cert_not_before{file="/etc/tls/chain.pem",serial_no="712733105564147919790812520643978828476433505895",issuer_cn="Example R1",cn="example.com",dnsnames=",example.com,"} 1893456000
# EOF
"##,
    );
}

#[test]
fn ssl_exporter_is_told_how_a_target_was_reached() {
    for (label, prober) in [
        ("https://example.com:443", "https"),
        ("smtp://example.com:25", "tcp"),
        ("tls://[2001:db8::1]:8443", "tcp"),
        // A file may be called as a host is; a target's label has its scheme and port.
        ("example.com", "file"),
        ("/etc/tls/chain.pem", "file"),
    ] {
        let snapshot = Snapshot::of([report(label, "2030-02-01T00:00:00Z")]);
        let text = openmetrics::ssl_exporter(&snapshot.get(label).unwrap());
        assert!(text.contains(&format!("\nssl_prober{{prober=\"{prober}\"}} 1\n")), "{text}");
    }
}

#[test]
fn lists_of_ssl_exporter_have_a_comma_before_between_and_after() {
    let pki = Pki::new();
    let leaf = pki
        .leaf("example.com")
        .names(&["example.com", "192.0.2.1", "www.example.com", "2001:db8::1"])
        .with(|params| {
            params.serial_number = Some(vec![0x01, 0, 0, 0, 0, 0, 0, 0, 0].into());
            params.distinguished_name.push(rcgen::DnType::OrganizationalUnitName, "Ops");
        })
        .issue();
    let report = judge(&trusting(&[&pki.root]), &pki.chain(&leaf), "2026-06-01T00:00:00Z");
    let snapshot = Snapshot::of([report]);
    let text = openmetrics::ssl_exporter(&snapshot.get("test").unwrap());
    let line = r#"ssl_file_cert_not_after{file="test",serial_no="18446744073709551616",issuer_cn="Test Intermediate",cn="example.com",dnsnames=",example.com,www.example.com,",ips=",192.0.2.1,2001:db8::1,",ou=",Ops,"} 1798761599"#;
    assert!(text.lines().any(|found| found == line), "{text}");
}

#[test]
fn x509_certificate_exporter_is_told_whole() {
    let snapshot = Snapshot::of([at_rest("/etc/tls/chain.pem", "2030-04-01T00:00:00Z")]);
    let text = openmetrics::text_with(&snapshot, &[Set::X509CertificateExporter]);
    let own = openmetrics::text(&snapshot);
    assert_eq!(
        text.strip_prefix(own.strip_suffix("# EOF\n").unwrap()).unwrap(),
        r##"# HELP x509_cert_not_after When a validity period ends, in Unix time.
# TYPE x509_cert_not_after gauge
x509_cert_not_after{filename="chain.pem",filepath="/etc/tls/chain.pem",serial_number="536318469921894554805158590752755932414336772906",subject_CN="Example R1",issuer_CN="Example Root"} 2019686399
x509_cert_not_after{filename="chain.pem",filepath="/etc/tls/chain.pem",serial_number="712733105564147919790812520643978828476433505895",subject_CN="example.com",issuer_CN="Example R1"} 1901231999
# HELP x509_cert_not_before When a validity period begins, in Unix time.
# TYPE x509_cert_not_before gauge
x509_cert_not_before{filename="chain.pem",filepath="/etc/tls/chain.pem",serial_number="536318469921894554805158590752755932414336772906",subject_CN="Example R1",issuer_CN="Example Root"} 1861920000
x509_cert_not_before{filename="chain.pem",filepath="/etc/tls/chain.pem",serial_number="712733105564147919790812520643978828476433505895",subject_CN="example.com",issuer_CN="Example R1"} 1893456000
# HELP x509_cert_expired Whether a validity period is over.
# TYPE x509_cert_expired gauge
x509_cert_expired{filename="chain.pem",filepath="/etc/tls/chain.pem",serial_number="536318469921894554805158590752755932414336772906",subject_CN="Example R1",issuer_CN="Example Root"} 0
x509_cert_expired{filename="chain.pem",filepath="/etc/tls/chain.pem",serial_number="712733105564147919790812520643978828476433505895",subject_CN="example.com",issuer_CN="Example R1"} 1
# HELP x509_source_up Whether the last look saw something.
# TYPE x509_source_up gauge
x509_source_up{source_kind="file",source_name="/etc/tls/chain.pem"} 1
# HELP x509_source_bundles How many chains there are in a source.
# TYPE x509_source_bundles gauge
x509_source_bundles{source_kind="file",source_name="/etc/tls/chain.pem"} 1
# EOF
"##,
    );
    // A set that is asked for twice is there once.
    let twice = [Set::X509CertificateExporter, Set::X509CertificateExporter];
    assert_eq!(openmetrics::text_with(&snapshot, &twice), text);
}

#[test]
fn a_certificate_is_not_expired_in_its_last_second() {
    let expired = |instant| {
        let snapshot = Snapshot::of([at_rest("a", instant)]);
        let text = openmetrics::text_with(&snapshot, &[Set::X509CertificateExporter]);
        let families = read(&text);
        let samples = &only(&families, "x509_cert_expired").samples;
        let leaf = samples.iter().find(|sample| sample.label("subject_CN") == Some("example.com"));
        leaf.unwrap().value.clone()
    };
    assert_eq!(expired("2030-03-31T23:59:59.9Z"), "0");
    assert_eq!(expired("2030-04-01T00:00:00Z"), "1");
}

#[test]
fn different_certificates_with_the_same_labels_are_told_apart() {
    let pki = Pki::new();
    let issue = |not_after| {
        let serial = |params: &mut rcgen::CertificateParams| {
            params.serial_number = Some(vec![7].into());
        };
        pki.leaf("example.com").with(serial).valid("2026-01-01T00:00:00Z", not_after).issue()
    };
    let (one, other) = (issue("2026-04-01T00:00:00Z"), issue("2026-05-01T00:00:00Z"));
    // In the same place: the one twice.
    let reports = [&one, &other, &one]
        .map(|leaf| judge(&trusting(&[&pki.root]), &pki.chain(leaf), "2026-02-01T00:00:00Z"));
    let digits = reports.each_ref().map(|report| {
        report.chain()[0].sha256()[..4]
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect::<String>()
    });
    let snapshot = Snapshot::of(reports);
    let families = read(&openmetrics::text_with(&snapshot, &[Set::X509CertificateExporter]));
    let discriminated = |name: &str, subject: &str| {
        let samples = only(&families, name).samples.iter();
        let mut told: Vec<(Option<String>, String)> = samples
            .filter(|sample| sample.label("subject_CN") == Some(subject))
            .map(|sample| (sample.label("discriminator").map(str::to_owned), sample.value.clone()))
            .collect();
        told.sort_by(|(_, one), (_, other)| one.cmp(other));
        told
    };
    assert_eq!(
        discriminated("x509_cert_not_after", "example.com"),
        [
            (Some(digits[0].clone()), "1775001600".to_owned()),
            (Some(digits[1].clone()), "1777593600".to_owned()),
        ],
    );
    assert_eq!(discriminated("x509_cert_expired", "example.com").len(), 2);
    let ca = discriminated("x509_cert_not_after", "Test Intermediate");
    assert_eq!(ca, [(None, "2051222400".to_owned())]);
    // By our own names the earlier end stands for both, and the earlier horizon.
    let own = &only(&families, "notafter_certificate_not_after_timestamp_seconds").samples;
    assert_eq!(
        own.iter().map(|sample| &*sample.value).collect::<Vec<_>>(),
        ["1775001600", "2051222400"]
    );
    assert_eq!(first(only(&families, "notafter_chain_horizon_timestamp_seconds")).1, "1775001600");
    assert_eq!(only(&families, "notafter_certificate").samples.len(), 3);
}

#[test]
fn further_trust_stores_have_horizons_of_their_own() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let anchors =
        |issued: &common::pki::Issued| TrustAnchors::from_der([issued.der.to_vec()]).unwrap();
    let stranger = Draft::root("Stranger").issue();
    let inspector = Inspector::new()
        .with_anchors(anchors(&pki.root).named("ours"))
        .and_anchors(anchors(&pki.root).named("a \"second\" one"))
        .and_anchors(anchors(&stranger).named("theirs"));
    let snapshot = Snapshot::of([judge(&inspector, &pki.chain(&leaf), "2026-06-01T00:00:00Z")]);
    let text = openmetrics::text(&snapshot);
    let lines: Vec<&str> =
        text.lines().filter(|line| line.contains("store_horizon_timestamp_seconds{")).collect();
    // The third trusts nobody here: no horizon.
    assert_eq!(
        lines,
        [
            r#"notafter_store_horizon_timestamp_seconds{target="test",store="a \"second\" one"} 1798761599"#,
            r#"notafter_store_horizon_timestamp_seconds{target="test",store="ours"} 1798761599"#,
        ],
    );
    read(&text);
}

#[test]
fn instants_of_every_year_are_whole_unix_seconds() {
    let pki = Pki::new();
    let dates = |not_before, not_after| {
        let leaf = pki.leaf("example.com").valid(not_before, not_after).issue();
        let report = judge(&trusting(&[&pki.root]), &[&leaf.der], "2026-06-01T00:00:00Z");
        let families = read(&openmetrics::text(&Snapshot::of([report])));
        ["not_before", "not_after"].map(|which| {
            first(only(&families, &format!("notafter_certificate_{which}_timestamp_seconds")))
                .1
                .to_owned()
        })
    };
    assert_eq!(dates("1950-01-01T00:00:00Z", "1969-12-31T23:59:59Z"), ["-631152000", "-1"]);
    assert_eq!(dates("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"), ["0", "253402300799"]);
}

#[test]
fn what_can_t_be_read_has_no_dates() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let sent = [&leaf.der[..], b"junk", &pki.intermediate.der];
    let snapshot = Snapshot::of([judge(&trusting(&[&pki.root]), &sent, "2026-06-01T00:00:00Z")]);
    let families = read(&openmetrics::text(&snapshot));
    let samples = &only(&families, "notafter_certificate_not_after_timestamp_seconds").samples;
    let positions: Vec<Option<&str>> =
        samples.iter().map(|sample| sample.label("position")).collect();
    assert_eq!(positions, [Some("0"), Some("2")]);
    // A chain of nothing else has not one series of them, and a source has no end.
    let junk = Snapshot::of([judge(&trusting(&[&pki.root]), &[b"junk"], "2026-06-01T00:00:00Z")]);
    let target = junk.get("test").unwrap();
    assert!(!openmetrics::text(&junk).contains("notafter_certificate"));
    assert_eq!(read(&openmetrics::blackbox(&target)).len(), 1);
    assert_eq!(read(&openmetrics::ssl_exporter(&target)).len(), 2);
}

#[test]
fn a_name_that_is_too_long_is_cut() {
    let long = "x".repeat(20_000);
    let leaf = Draft::self_signed("example.com")
        .with(|params| {
            params.distinguished_name.push(rcgen::DnType::OrganizationName, long.as_str())
        })
        .issue();
    let pki = Pki::new();
    let snapshot =
        Snapshot::of([judge(&trusting(&[&pki.root]), &[&leaf.der], "2026-06-01T00:00:00Z")]);
    let text = openmetrics::text(&snapshot);
    assert!(text.len() < 6_000, "{}", text.len());
    assert!(text.contains("xxx\u{2026}\""));
    read(&text);
}

#[test]
fn text_of_peers_stays_in_its_labels() {
    let snapshot = nasty();
    let families = read(&openmetrics::text_with(&snapshot, &[Set::X509CertificateExporter]));
    let status = only(&families, "notafter_target_status");
    for text in NASTY {
        let label = shown(text);
        let of = |family: &'static str| of_target(&families, family, &label);
        assert_eq!(of("notafter_target_status").len(), 4, "{text:?}");
        assert_eq!(of("notafter_target_looks")[0].value, "1");
        let dates = of("notafter_certificate_not_after_timestamp_seconds");
        assert_eq!(dates.len(), 2, "{text:?}");
        assert_eq!(dates[0].value, "1775001600");
        let report = &snapshot.get(text).unwrap().reports()[0];
        assert_eq!(dates[0].label("subject"), Some(&*report.chain()[0].summary().unwrap().subject));
        // The exporter's labels have the parts of the name as they are.
        let certificates = &only(&families, "x509_cert_not_after").samples;
        let serial = certificates.iter().find(|sample| {
            sample.label("filepath").unwrap_or_default() == label && sample.value == "1775001600"
        });
        let part = |name| serial.unwrap().label(name).unwrap_or_default();
        assert_eq!(
            [part("subject_O"), part("subject_OU"), part("subject_CN"), part("issuer_CN")],
            [&*label; 4]
        );
    }
    assert_eq!(status.samples.len(), 4 * NASTY.len());
}

#[test]
fn text_of_peers_stays_in_the_labels_of_a_probe() {
    let snapshot = nasty();
    for text in NASTY {
        let label = shown(text);
        let target = snapshot.get(text).unwrap();
        let blackbox = read(&openmetrics::blackbox(&target));
        let named = |family: &str, name: &str| {
            only(&blackbox, family).samples[0].label(name).map(str::to_owned)
        };
        assert_eq!(named("probe_tls_version", "version").as_deref(), Some(&*label));
        assert_eq!(named("probe_tls_cipher", "cipher").as_deref(), Some(&*label));
        let names = named("probe_ssl_last_chain", "subjectalternative").unwrap();
        assert_eq!(
            names,
            if text.is_ascii() { format!("example.com,{label}") } else { "example.com".to_owned() }
        );
        let ssl = read(&openmetrics::ssl_exporter(&target));
        let dates = &only(&ssl, "ssl_file_cert_not_after").samples;
        let leaf = dates.iter().find(|sample| sample.value == "1775001600").unwrap();
        let part = |name| leaf.label(name).unwrap_or_default();
        assert_eq!([part("file"), part("cn"), part("issuer_cn")], [&*label; 3]);
        assert_eq!(part("ou"), format!(",{label},"));
        if text.is_ascii() {
            assert_eq!(part("dnsnames"), format!(",example.com,{label},"));
            assert_eq!(part("emails"), format!(",{label},"));
        }
    }
}

#[test]
fn labels_that_come_to_the_same_when_written_are_one_series() {
    // The second is what the first is written as.
    let labels = ["two\nlines", "two\\u{a}lines"];
    let snapshot = Snapshot::of([
        report(labels[0], "2030-02-01T00:00:00Z"),
        report(labels[1], "2030-04-01T00:00:00Z"),
    ]);
    let families = read(&openmetrics::text_with(&snapshot, &[Set::X509CertificateExporter]));
    assert_eq!(only(&families, "notafter_target_up").samples.len(), 1);
    // Both states are told: neither hides the other.
    let status = &only(&families, "notafter_target_status").samples;
    let told: Vec<&str> = status.iter().map(|sample| &*sample.value).collect();
    assert_eq!(told, ["1", "1", "0", "0"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_stays_in_its_label(label in any::<String>()) {
        let snapshot = Snapshot::of([report(&label, "2030-02-01T00:00:00Z")]);
        let told = |text: &str| -> Vec<usize> {
            read(text).iter().map(|family| family.samples.len()).collect()
        };
        let target = snapshot.get(&label).unwrap();
        let sets = [Set::X509CertificateExporter];
        // As many of each as of a label that is plain.
        prop_assert_eq!(
            told(&openmetrics::text_with(&snapshot, &sets)),
            [2, 2, 2, 1, 4, 1, 1, 1, 1, 2, 2, 2, 1, 1],
        );
        prop_assert_eq!(told(&openmetrics::ssl_exporter(&target)), [1, 1, 2, 2]);
    }
}

#[cfg(feature = "serde")]
#[test]
fn reports_that_were_read_back_are_told_the_same() {
    let mut reports = nasty_reports();
    reports.push(report("https://example.com:443", "2030-02-01T00:00:00Z"));
    let again = reports.iter().map(|report| {
        serde_json::from_str::<Report>(&serde_json::to_string(report).unwrap()).unwrap()
    });
    let (again, fresh) = (Snapshot::of(again), Snapshot::of(reports.clone()));
    let sets = [Set::X509CertificateExporter];
    assert_eq!(openmetrics::text_with(&again, &sets), openmetrics::text_with(&fresh, &sets));
    for (again, fresh) in again.iter().zip(fresh.iter()) {
        assert_eq!(openmetrics::blackbox(&again), openmetrics::blackbox(&fresh));
        assert_eq!(openmetrics::ssl_exporter(&again), openmetrics::ssl_exporter(&fresh));
    }
}

#[track_caller]
fn only<'a>(families: &'a [Family], name: &str) -> &'a Family {
    let found: Vec<&Family> = families.iter().filter(|family| family.name == name).collect();
    let [family] = found[..] else { panic!("{} of {name}", found.len()) };
    family
}

fn of_target<'a>(families: &'a [Family], name: &str, target: &str) -> Vec<&'a Sample> {
    let samples = only(families, name).samples.iter();
    samples.filter(|sample| sample.label("target") == Some(target)).collect()
}
