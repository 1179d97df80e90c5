//! Chains that public servers sent, under Mozilla's anchors. The dates are the chains' own.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::corpora::corpus;
use common::judge::{NOTHING, path, told};
use common::pki::at;
use notafter::Inspector;
use notafter::chain::PresentedChain;
use notafter::inspect::Policy;
use notafter::report::{Code, Report, Severity, Status, Trust};
use notafter::target::Subject;

/// The files `<name>_1.crt` and so on, in DER, in the order in which they were sent.
fn chain(name: &str, count: usize) -> Option<PresentedChain> {
    let folder = corpus("staples/real-world")?;
    let read = |number| std::fs::read(folder.join(format!("{name}_{number}.crt"))).unwrap();
    Some(PresentedChain::from_der((1..=count).map(read)).unwrap())
}

fn judge(chain: &PresentedChain, host: &str, instant: &str) -> Report {
    Inspector::new().inspect(chain, &Subject::server(host, host.parse()), at(instant))
}

fn anchor(report: &Report) -> &str {
    &report.trust().path().unwrap().anchor
}

/// letsencrypt.org, valid from 2026-03-08T17:04:30Z to 2026-06-06T17:04:29Z: 90 days, both ends in
/// it. Its intermediate E8 ends on 2027-03-12T23:59:59Z.
#[test]
fn lets_encrypts_own_certificate_passes_until_its_renewal_is_overdue() {
    let Some(chain) = chain("letsencrypt_org_valid", 2) else {
        return;
    };
    let judge = |instant| judge(&chain, "letsencrypt.org", instant);
    let report = judge("2026-04-01T00:00:00Z");
    assert_eq!(told(&report), NOTHING);
    assert_eq!(report.status(), Status::Pass);
    assert_eq!(path(&report), Some(&[0, 1][..]));
    assert_eq!(anchor(&report), "CN=ISRG Root X1,O=Internet Security Research Group,C=US");

    // 22.5 and 7.5 days before the end.
    assert_eq!(told(&judge("2026-05-15T05:04:29Z")), NOTHING);
    assert_eq!(told(&judge("2026-05-15T05:04:30Z")), ["warning expires-soon 0"]);
    assert_eq!(told(&judge("2026-05-30T05:04:29Z")), ["warning expires-soon 0"]);
    assert_eq!(told(&judge("2026-05-30T05:04:30Z")), ["critical expires-soon 0"]);
    assert_eq!(told(&judge("2026-06-06T17:04:29Z")), ["critical expires-soon 0"]);
    let report = judge("2026-06-06T17:04:30Z");
    assert_eq!(told(&report), ["failure expired 0"]);
    assert!(matches!(report.trust(), Trust::TrustedIfTimeIgnored { .. }));

    // An intermediate of a public CA that outlives the certificate ends nothing: a note.
    assert_eq!(told(&judge("2026-10-01T00:00:00Z")), ["failure expired 0", "note expires-soon 1"]);
}

#[test]
fn a_host_that_the_certificate_does_not_name_is_told() {
    let Some(chain) = chain("letsencrypt_org_valid", 2) else {
        return;
    };
    let report = judge(&chain, "example.com", "2026-04-01T00:00:00Z");
    assert_eq!(told(&report), ["failure name-mismatch 0"]);
}

/// aws.amazon.com, valid from 2025-11-06 to 2026-10-17, with two cross-signs behind the
/// intermediate: Amazon Root CA 1 by Starfield's root, and that by its elder. Clients of today know
/// the first as an anchor and need neither.
#[test]
fn cross_signs_for_old_clients_are_no_finding() {
    let Some(chain) = chain("aws_amazon_com_valid", 4) else {
        return;
    };
    let report = judge(&chain, "aws.amazon.com", "2026-06-15T12:00:00Z");
    assert_eq!(told(&report), NOTHING);
    assert_eq!(path(&report), Some(&[0, 1][..]));
    assert_eq!(anchor(&report), "CN=Amazon Root CA 1,O=Amazon,C=US");
    assert_eq!(report.horizon().end_entity, Some(at("2026-10-17T23:59:59Z")));
}

/// Name, number of certificates, host, and an instant at which all of them are valid.
const CHAINS: [(&str, usize, &str, &str); 2] = [
    ("letsencrypt_org_valid", 2, "letsencrypt.org", "2026-04-01T00:00:00Z"),
    ("aws_amazon_com_valid", 4, "aws.amazon.com", "2026-06-15T12:00:00Z"),
];

/// 90 and 346 days: the limit was 398 when they were issued.
#[test]
fn no_certificate_of_a_public_ca_here_lives_too_long() {
    for (name, count, host, instant) in CHAINS {
        let Some(chain) = chain(name, count) else {
            return;
        };
        let report = judge(&chain, host, instant);
        assert_eq!(report.findings_with(Code::ValidityTooLong).count(), 0, "{name}");
        // Judged by the limits it is only under a public CA.
        assert!(path(&report).is_some(), "{name}");
    }
}

/// The profiles are made for these.
#[test]
fn a_certificate_of_a_public_ca_keeps_to_its_profile() {
    let policy = Policy::new().baseline_requirements(Severity::Note);
    #[cfg(feature = "psl")]
    let policy = policy.public_suffixes();
    let inspector = Inspector::new().with_policy(policy);
    for (name, count, host, instant) in CHAINS {
        let Some(chain) = chain(name, count) else {
            return;
        };
        let report = inspector.inspect(&chain, &Subject::server(host, host.parse()), at(instant));
        assert_eq!(told(&report), NOTHING, "{name}");
    }
}
