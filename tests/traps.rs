//! How certificate monitors are known to be wrong: one test for each way, named after it.
//!
//! Those that need a server are in `traps_fetch.rs`; those that need several views of one, or
//! another door than HTTPS, have files of their own:
//!
//! - all addresses of a name, both of an RSA and ECDSA pair, the default certificate: `survey.rs`;
//! - services behind STARTTLS, and a reply to it that can't be read: `bad_peers.rs`, `doors_*.rs`;
//! - services behind proxies: `proxy.rs`; on HTTP/3: `quic.rs`;
//! - appliances that speak TLS 1.0 and 1.1 only: `old_servers.rs`;
//! - private addresses that a user names: `address_policy.rs`;
//! - our own client certificate: `client_certificate.rs`.
//!
//! Not tested, as there is nothing to test yet:
//!
//! - a certificate renewed on disk and not reloaded, one that changed, a clock that is far off the
//!   peer's, an intercepting proxy's issuer where another is expected: comparing with what was
//!   expected;
//! - a missing OCSP staple or answer taken for good: reading OCSP responses;
//! - Nagios thresholds that mean the opposite: rendering.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::path::Path;
use std::time::Duration;

use common::anatomy::{Anatomy, OID, SEQUENCE, tlv, utc_time};
use common::judge::{NOTHING, chain, judge, only, server, told, trusting};
use common::pki::{Draft, Pki, at};
use notafter::chain::Peer;
use notafter::inspect::{Policy, Thresholds};
use notafter::report::{Code, FindingKind, Horizon, Role, Status, UndeterminedReason};
use notafter::target::Target;

const NOW: &str = "2026-06-15T12:00:00Z";
const DAY: Duration = Duration::from_secs(86_400);

/// Rounded to days, and 0 days taken for nothing to say: silence from 12 hours before the end to 12
/// hours behind it (uptime-kuma).
#[test]
fn integer_days_are_silent_on_the_last_day() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let told = |instant| told(&judge(&trusting(&[&pki.root]), &pki.chain(&leaf), instant));
    for last in ["2026-12-31T12:00:00Z", "2026-12-31T18:00:00Z", "2026-12-31T23:59:59Z"] {
        assert_eq!(told(last), ["critical expires-soon 0"], "{last}");
    }
    for first in ["2027-01-01T00:00:00Z", "2027-01-01T06:00:00Z", "2027-01-01T12:00:00Z"] {
        assert_eq!(told(first), ["failure expired 0"], "{first}");
    }
}

/// Valid for almost 24 hours behind its end (sslx).
#[test]
fn whole_day_rounding_lets_the_end_pass() {
    let pki = Pki::new();
    let leaf =
        pki.leaf("example.com").valid("2026-01-01T00:00:00Z", "2026-06-15T00:00:00Z").issue();
    let report = judge(&trusting(&[&pki.root]), &pki.chain(&leaf), "2026-06-15T00:00:01Z");
    assert_eq!(report.status(), Status::Fail);
    assert_eq!(
        only(&report, Code::Expired).message(),
        "the end-entity certificate (CN=example.com) expired 1 second ago, on 2026-06-15 00:00:00 \
         UTC",
    );
}

/// Seconds in 32 bits end after 68 years (ssl-expiration2, icinga2).
#[test]
fn thirty_two_bits_overflow_past_68_years() {
    let pki = Pki::new();
    let leaf =
        pki.leaf("example.com").valid("2026-01-01T00:00:00Z", "2099-12-31T23:59:59Z").issue();
    let always = Policy::new().end_entity(Thresholds::durations(Duration::MAX, Duration::ZERO));
    let inspector = trusting(&[&pki.root]).with_policy(always);
    let report = judge(&inspector, &pki.chain(&leaf), NOW);
    let FindingKind::ExpiresSoon { seconds_left, .. } = only(&report, Code::ExpiresSoon).kind()
    else {
        panic!("{report}");
    };
    assert_eq!(*seconds_left, 2_320_919_999);
    assert!(i32::try_from(*seconds_left).is_err());
    let sent = pki.chain(&leaf);
    let report = judge(&trusting(&[&pki.root]), &sent, NOW);
    assert_eq!(told(&report), ["note path-ends-before-end-entity 1"]);
}

/// The message showed the threshold in place of the days left (Xabaril).
#[test]
fn the_message_prints_the_threshold_in_place_of_the_time_left() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let policy = Policy::new().end_entity(Thresholds::durations(60 * DAY, 14 * DAY));
    let inspector = trusting(&[&pki.root]).with_policy(policy);
    let report = judge(&inspector, &pki.chain(&leaf), "2026-12-01T23:59:59Z");
    assert_eq!(
        only(&report, Code::ExpiresSoon).message(),
        "the end-entity certificate (CN=example.com) expires in 30 days, on 2026-12-31 23:59:59 \
         UTC",
    );
}

/// Expired was reported as revoked, and beside it another certificate's date (check_ssl_cert).
#[test]
fn expired_reported_as_revoked_with_another_elements_date() {
    let root = Draft::root("Root").issue();
    let intermediate =
        root.ca("Intermediate").valid("2025-01-01T00:00:00Z", "2026-06-01T00:00:00Z").issue();
    let leaf = intermediate.leaf("example.com").issue();
    let report = judge(&trusting(&[&root]), &[&leaf.der, &intermediate.der], NOW);
    assert_eq!(told(&report), ["failure expired 1", "failure path-ends-before-end-entity 1"]);
    assert_eq!(
        only(&report, Code::Expired).message(),
        "certificate 1 (CN=Intermediate) expired 14 days 12 hours ago, on 2026-06-01 00:00:00 UTC",
    );
}

/// AddTrust 2020 and DST Root X3 2021: "-635 days" for a chain that every client took.
#[test]
fn an_expired_cross_sign_that_no_path_needs_raises_an_alarm() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let elder = Draft::root("Elder").issue();
    let cross = elder
        .ca("Test Root")
        .valid("2020-01-01T00:00:00Z", "2024-09-18T12:00:00Z")
        .issue_for(pki.root.key.clone());
    let sent = [&leaf.der, &pki.intermediate.der, &cross.der];
    let report = judge(&trusting(&[&pki.root]), &sent, NOW);
    assert_eq!(told(&report), ["note expired-but-unneeded 2"]);
    assert_eq!(report.status(), Status::Pass);
}

/// The instant is an argument, and the system's clock is read in one file.
#[test]
fn the_local_clock_is_trusted_in_many_places() {
    fn readers(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                readers(&path, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            if ["now_utc(", "now_local(", "SystemTime", "UnixTime::now("]
                .iter()
                .any(|clock| text.contains(clock))
            {
                found.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    readers(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert_eq!(found, ["clock.rs"]);
}

/// UTCTime 50 is 1950 and not 2050; 9999-12-31 23:59:59 alone stands for no end (candlepin, xca).
#[test]
fn two_digit_years_and_the_end_of_time_are_misread() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let ends = |time: &[u8]| {
        let leaf = Anatomy::of(&leaf.der).not_after(time).put_together();
        chain(&[leaf]).end_entity().certificate().unwrap().validity().not_after
    };
    assert_eq!(ends(&utc_time("491231235959Z")), at("2049-12-31T23:59:59Z"));
    assert_eq!(ends(&utc_time("500101000000Z")), at("1950-01-01T00:00:00Z"));
    assert_eq!(ends(&tlv(0x18, b"99991231235959Z")), at("9999-12-31T23:59:59Z"));
}

/// 29 February 2012 in Azure: the certificate of a day that its year does not have.
#[test]
fn a_day_that_does_not_exist_crashes_the_checker() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let leap = Anatomy::of(&leaf.der)
        .validity(&utc_time("120229000000Z"), &utc_time("130229000000Z"))
        .signed_by(&pki.intermediate.key);
    let report = judge(&trusting(&[&pki.root]), &[&leap, &pki.intermediate.der], NOW);
    assert_eq!(
        *only(&report, Code::MalformedCertificate).kind(),
        FindingKind::MalformedCertificate {
            reason: r#"notAfter: "130229000000Z" names a day that does not exist"#.to_owned(),
        },
    );
    assert_eq!(report.chain()[1].summary().unwrap().subject, "CN=Test Intermediate");
}

/// The zero time exported as a date in the year 1, where there was no date (blackbox_exporter).
#[test]
fn the_zero_time_is_shown_as_a_date() {
    let report = judge(&trusting(&[&Pki::new().root]), &[b"junk"], NOW);
    assert_eq!(report.status(), Status::Fail);
    assert_eq!(*report.horizon(), Horizon::default());
    assert_eq!(report.chain()[0].not_after(), None);
    assert!(!report.to_string().contains("0001-01-01"));
}

/// An enum whose default is the good answer: no staple was read as good (ssl_exporter), revocation
/// that nobody asked about as not revoked (tlsx).
#[test]
fn the_default_of_an_enum_means_good() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    // A peer of which nothing is known has proven nothing.
    let sent = chain(&pki.chain(&leaf)).with_peer(Peer::default());
    let report = trusting(&[&pki.root]).inspect(&sent, &server(&["example.com"]), at(NOW));
    assert_eq!(told(&report), ["warning possession-unproven -"]);
    assert_eq!(report.status(), Status::Warn);
    assert!(Status::Unknown > Status::Fail, "what could not be told is not hidden behind the rest");
}

/// Dropped as copies: certificates with one serial number under issuers of one name (ssl_exporter).
#[test]
fn de_duplication_by_serial_number_and_issuer_drops_certificates() {
    let pki = Pki::new();
    let issue =
        |name| pki.leaf(name).with(|params| params.serial_number = Some(vec![7].into())).issue();
    let (leaf, other) = (issue("example.com"), issue("example.com"));
    let sent = [&leaf.der, &pki.intermediate.der, &other.der];
    let report = judge(&trusting(&[&pki.root]), &sent, NOW);
    assert_eq!(report.chain().len(), 3);
    assert_ne!(report.chain()[0].sha256(), report.chain()[2].sha256());
    assert_eq!(told(&report), ["note unrelated 2"]);
}

/// "Exclude roots" dropped every CA certificate (telegraf).
#[test]
fn an_intermediate_is_taken_for_a_root() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let elder = Draft::root("Elder").issue();
    let cross = elder.ca("Test Root").issue_for(pki.root.key.clone());
    let sent = [&leaf.der, &pki.intermediate.der, &cross.der, &pki.root.der];
    let report = judge(&trusting(&[&pki.root]), &sent, NOW);
    let roles: Vec<Role> = report.chain().iter().map(|one| one.role()).collect();
    assert_eq!(roles, [Role::EndEntity, Role::Intermediate, Role::Intermediate, Role::Root]);
}

/// SHA-1 looked for in the algorithm of the key, where no hash is (check_ssl_cert).
#[test]
fn the_signature_hash_is_looked_for_in_the_key() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let ecdsa_with_sha1 = tlv(SEQUENCE, &tlv(OID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01]));
    let old = Anatomy::of(&leaf.der).algorithm(&ecdsa_with_sha1).put_together();
    let report = judge(&trusting(&[&pki.root]), &[&old, &pki.intermediate.der], NOW);
    assert_eq!(
        *only(&report, Code::WeakSignature).kind(),
        FindingKind::WeakSignature { algorithm: "ecdsa-with-SHA1".to_owned() },
    );
}

/// The host looked for in the intermediates too, where it never is (tlsx).
#[test]
fn a_host_mismatch_is_judged_on_the_intermediates() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    assert_eq!(told(&judge(&trusting(&[&pki.root]), &pki.chain(&leaf), NOW)), NOTHING);
}

/// A common name, or the parent of the name, taken for the name (tls_ping).
#[test]
fn a_common_name_or_a_parent_domain_is_accepted() {
    let pki = Pki::new();
    let unnamed = pki.leaf("example.com").names(&[]).issue();
    let report = judge(&trusting(&[&pki.root]), &pki.chain(&unnamed), NOW);
    assert_eq!(told(&report), ["failure common-name-only 0"]);

    let parent = pki.leaf("example.com").issue();
    let sent = chain(&pki.chain(&parent));
    let inspector = trusting(&[&pki.root]);
    let report = inspector.inspect(&sent, &server(&["www.example.com"]), at(NOW));
    assert_eq!(told(&report), ["failure name-mismatch 0"]);
}

/// One member that can't be read, and the rest is thrown away.
#[test]
fn one_certificate_that_cannot_be_read_loses_the_others() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let sent = [&leaf.der[..], b"\x30\x80", &pki.intermediate.der];
    let report = judge(&trusting(&[&pki.root]), &sent, NOW);
    assert_eq!(told(&report), ["note malformed-certificate 1"]);
    assert_eq!(report.status(), Status::Pass);
}

/// Certificates that certify each other in a circle, and hundreds of one name.
#[test]
fn a_chain_that_goes_round_in_circles_never_ends() {
    let (one, two) = (Draft::root("One").issue(), Draft::root("Two").issue());
    let one_by_two = two.ca("One").issue_for(one.key.clone());
    let two_by_one = one.ca("Two").issue_for(two.key.clone());
    let leaf = one.leaf("example.com").issue();
    let mut sent = vec![leaf.der.clone(), one_by_two.der.clone(), two_by_one.der.clone()];
    for _ in 0..300 {
        sent.push(Draft::root("One").issue().der);
    }
    let report = judge(&trusting(&[&Draft::root("Three").issue()]), &sent, NOW);
    assert_eq!(report.chain().len(), 303);
    // The search is given up, which is neither good nor bad.
    let reason = UndeterminedReason::Budget;
    assert_eq!(
        *only(&report, Code::TrustUndetermined).kind(),
        FindingKind::TrustUndetermined { reason },
    );
    assert_eq!(report.status(), Status::Unknown);
}

/// A resolver reads them as 127.0.0.1, past every rule about addresses (SSRF).
#[test]
fn odd_spellings_of_an_address_are_taken_for_names() {
    for text in ["0x7f.1", "127.1", "2130706433", "017700000001", "127.0.0.1.5", "0x7f000001"] {
        assert!(text.parse::<Target>().is_err(), "{text}");
    }
}

/// Lines smuggled through the server name into a plaintext service (SSRF).
#[test]
fn control_characters_reach_the_wire_in_a_name() {
    for text in ["a\r\nQUIT", "a b", "a\0", "example.com;sni=a\nb", "example.com;sni=a%0d%0ab"] {
        assert!(text.parse::<Target>().is_err(), "{text:?}");
    }
}
