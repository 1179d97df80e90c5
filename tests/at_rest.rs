//! Certificates that no handshake shows: CA bundles, signing certificates, those that take turns.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::{chain, told, trusting};
use common::pki::{Draft, Issued, Pki, at};
use notafter::Inspector;
use notafter::inspect::Policy;
use notafter::report::{Code, FindingKind, Report, Severity, Status};
use notafter::target::{Purpose, Subject};
use time::Duration;

fn signing(label: &str) -> Subject {
    Subject::new(label, Purpose::Signing)
}

/// Judges self-signed certificates that take turns.
fn turns(periods: &[(&str, &str)], instant: &str) -> Vec<Report> {
    turns_by(&Inspector::new(), periods, instant)
}

fn turns_by(inspector: &Inspector, periods: &[(&str, &str)], instant: &str) -> Vec<Report> {
    let issued: Vec<Issued> = periods
        .iter()
        .map(|(from, to)| Draft::self_signed("idp.test").valid(from, to).issue())
        .collect();
    let found: Vec<_> = issued
        .iter()
        .map(|issued| (chain(&[&issued.der]), signing("idp.xml").in_rollover("idp.test")))
        .collect();
    inspector.inspect_all(found.iter().map(|(chain, subject)| (chain, subject)), at(instant))
}

/// What is told but that nobody issued it, which is as it should be.
fn dates_told(report: &Report) -> Vec<String> {
    told(report).into_iter().filter(|line| line != "note self-signed 0").collect()
}

#[test]
fn a_self_signed_signing_certificate_is_judged_by_its_own_dates() {
    let own = Draft::self_signed("idp.test").issue();
    let report = Inspector::new().inspect(
        &chain(&[&own.der]),
        &signing("idp.xml"),
        at("2026-06-01T00:00:00Z"),
    );
    assert_eq!(report.status(), Status::Pass);
    assert_eq!(report.horizon().until, Some(at("2026-12-31T23:59:59Z")));
    assert_eq!(report.horizon().limited_by.as_ref().unwrap().position(), Some(0));
    assert_eq!(
        report.outlook(),
        "clients start failing on 2027-01-01 00:00:00 UTC, in 214 days, because the signing certificate ends",
    );
    let report = Inspector::new().inspect(
        &chain(&[&own.der]),
        &signing("idp.xml"),
        at("2027-01-01T00:00:00Z"),
    );
    assert_eq!(report.status(), Status::Fail);
    assert_eq!(dates_told(&report), ["failure expired 0"]);
}

#[test]
fn a_signing_certificate_under_a_known_ca_ends_with_its_path() {
    let pki = Pki::new();
    let leaf =
        pki.leaf("signer.test").valid("2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z").issue();
    let report = trusting(&[&pki.root]).inspect(
        &chain(&pki.chain(&leaf)),
        &signing("signer"),
        at("2026-06-01T00:00:00Z"),
    );
    let until = report.horizon().until.unwrap();
    assert!(until < at("2036-01-01T00:00:00Z"), "{until}");
    assert_eq!(report.horizon().limited_by.as_ref().unwrap().position(), Some(1));
}

#[test]
fn an_expired_certificate_beside_a_valid_one_is_superseded() {
    let reports = turns(
        &[
            ("2025-01-01T00:00:00Z", "2026-03-31T23:59:59Z"),
            ("2026-01-01T00:00:00Z", "2028-12-31T23:59:59Z"),
        ],
        "2026-06-01T00:00:00Z",
    );
    assert_eq!(dates_told(&reports[0]), ["note superseded 0"]);
    assert_eq!(dates_told(&reports[1]), Vec::<String>::new());
    let superseded = reports[0].findings_with(Code::Superseded).next().unwrap();
    let FindingKind::Superseded(succession) = superseded.kind() else {
        panic!("{superseded:?}");
    };
    assert_eq!(succession.not_after, at("2026-03-31T23:59:59Z"));
    assert_eq!(succession.until, at("2028-12-31T23:59:59Z"));
    for report in &reports {
        assert_eq!(report.status(), Status::Pass);
        assert_eq!(report.horizon().until, Some(at("2028-12-31T23:59:59Z")));
    }
}

#[test]
fn the_end_of_one_is_no_alarm_where_the_next_has_begun_or_begins_in_time() {
    for next in ["2026-05-01T00:00:00Z", "2026-06-11T00:00:00Z"] {
        let reports = turns(
            &[("2025-06-11T00:00:00Z", "2026-06-10T23:59:59Z"), (next, "2028-01-01T00:00:00Z")],
            "2026-06-08T00:00:00Z",
        );
        assert_eq!(dates_told(&reports[0]), ["note expires-soon 0"], "{next}");
        assert_eq!(reports[0].status(), Status::Pass, "{next}");
        assert_eq!(reports[1].status(), Status::Pass, "{next}");
        assert_eq!(reports[1].horizon().until, Some(at("2028-01-01T00:00:00Z")), "{next}");
    }
}

#[test]
fn a_next_one_that_begins_too_late_leaves_a_gap() {
    let periods = [
        ("2025-06-11T00:00:00Z", "2026-06-10T23:59:59Z"),
        ("2026-06-15T00:00:00Z", "2028-01-01T00:00:00Z"),
    ];
    let reports = turns(&periods, "2026-06-08T00:00:00Z");
    assert_eq!(dates_told(&reports[0]), ["critical expires-soon 0", "critical gap-ahead -"]);
    assert_eq!(dates_told(&reports[1]), ["note not-yet-valid 0"]);
    let gap = reports[0].findings_with(Code::GapAhead).next().unwrap();
    let FindingKind::GapAhead { from, to } = gap.kind() else { panic!("{gap:?}") };
    assert_eq!(*from, at("2026-06-11T00:00:00Z"));
    assert_eq!(*to, at("2026-06-14T23:59:59Z"));
    for report in &reports {
        assert_eq!(report.horizon().until, Some(at("2026-06-10T23:59:59Z")));
        assert_eq!(report.horizon().gaps.len(), 1);
    }

    let in_the_gap = turns(&periods, "2026-06-12T00:00:00Z");
    assert_eq!(dates_told(&in_the_gap[0]), ["failure expired 0"]);
    assert_eq!(dates_told(&in_the_gap[1]), ["failure not-yet-valid 0"]);
}

#[test]
fn where_all_have_ended_the_last_to_end_is_the_one_that_fails() {
    let reports = turns(
        &[
            ("2024-01-01T00:00:00Z", "2026-03-31T23:59:59Z"),
            ("2024-01-01T00:00:00Z", "2025-03-31T23:59:59Z"),
        ],
        "2026-06-01T00:00:00Z",
    );
    assert_eq!(dates_told(&reports[0]), ["failure expired 0"]);
    assert_eq!(dates_told(&reports[1]), ["note superseded 0"]);
}

#[test]
fn certificates_of_different_groups_and_of_none_do_not_take_turns() {
    let old =
        Draft::self_signed("a.test").valid("2025-01-01T00:00:00Z", "2026-03-31T23:59:59Z").issue();
    let new = Draft::self_signed("b.test").issue();
    for groups in [[Some("a"), Some("b")], [None, None], [Some("a"), None]] {
        let subject = |group: Option<&str>| match group {
            Some(group) => signing("x").in_rollover(group),
            None => signing("x"),
        };
        let (old_chain, new_chain) = (chain(&[&old.der]), chain(&[&new.der]));
        let subjects = groups.map(subject);
        let reports = Inspector::new().inspect_all(
            [(&old_chain, &subjects[0]), (&new_chain, &subjects[1])],
            at("2026-06-01T00:00:00Z"),
        );
        assert_eq!(dates_told(&reports[0]), ["failure expired 0"], "{groups:?}");
    }
}

#[test]
fn a_policy_gives_superseded_a_severity_or_switches_it_off() {
    let periods = [
        ("2025-01-01T00:00:00Z", "2026-03-31T23:59:59Z"),
        ("2026-01-01T00:00:00Z", "2028-12-31T23:59:59Z"),
    ];
    for (policy, expected) in [
        (Policy::new().severity(Code::Superseded, Severity::Warning), vec!["warning superseded 0"]),
        (Policy::new().off(Code::Superseded), vec![]),
    ] {
        let inspector = Inspector::new().with_policy(policy);
        let reports = turns_by(&inspector, &periods, "2026-06-01T00:00:00Z");
        assert_eq!(dates_told(&reports[0]), expected);
    }
}

#[test]
fn a_ca_certificate_is_judged_by_itself_and_by_the_long_thresholds() {
    let root = Draft::root("Own Root").issue();
    let subject = Subject::new("bundle.pem", Purpose::Ca);
    let judge = |instant| Inspector::new().inspect(&chain(&[&root.der]), &subject, at(instant));
    let report = judge("2026-06-01T00:00:00Z");
    assert_eq!((report.status(), report.purpose()), (Status::Pass, Purpose::Ca));
    assert_eq!(told(&report), Vec::<String>::new());
    assert_eq!(report.horizon().until, Some(at("2040-01-01T00:00:00Z")));
    assert_eq!(
        report.outlook(),
        "clients start failing on 2040-01-01 00:00:01 UTC, in 4962 days, because the CA certificate ends",
    );
    assert_eq!(told(&judge("2039-08-01T00:00:00Z")), ["warning expires-soon -"]);
    assert_eq!(told(&judge("2039-11-15T00:00:00Z")), ["critical expires-soon -"]);
    assert_eq!(told(&judge("2040-01-01T00:00:01Z")), ["failure expired -"]);
}

#[test]
fn an_intermediate_in_a_bundle_is_judged_by_itself_and_an_end_entity_is_noted() {
    let pki = Pki::new();
    let subject = Subject::new("bundle.pem", Purpose::Ca);
    let judge = |certificate: &Issued| {
        let instant = at("2026-06-01T00:00:00Z");
        told(&Inspector::new().inspect(&chain(&[&certificate.der]), &subject, instant))
    };
    assert_eq!(judge(&pki.intermediate), Vec::<String>::new());
    let leaf = pki.leaf("example.com").issue();
    assert_eq!(judge(&leaf), ["warning anchor-nonconforming -"]);
}

#[test]
fn a_private_key_of_another_certificate_is_told() {
    let (own, other) = (Draft::self_signed("a.test").issue(), Draft::self_signed("b.test").issue());
    let spki = |issued: &Issued| {
        let chain = chain(&[&issued.der]);
        chain.end_entity().certificate().unwrap().public_key().spki().to_vec()
    };
    let judge = |key: Vec<u8>, purpose| {
        let subject = Subject::new("x.pem", purpose).with_public_key(key);
        let chain = chain(&[&own.der]);
        let report = Inspector::new().inspect(&chain, &subject, at("2026-06-01T00:00:00Z"));
        report.findings_with(Code::KeyMismatch).map(ToString::to_string).collect::<Vec<_>>()
    };
    for purpose in [Purpose::Server, Purpose::Client, Purpose::Signing, Purpose::Ca] {
        assert_eq!(judge(spki(&own), purpose), Vec::<String>::new(), "{purpose}");
        assert_eq!(judge(spki(&other), purpose).len(), 1, "{purpose}");
        assert_eq!(judge(b"no key".to_vec(), purpose).len(), 1, "{purpose}");
    }
    assert_eq!(
        judge(spki(&other), Purpose::Server),
        [
            "failure key-mismatch: the private key is not that of the end-entity certificate (CN=a.test), which certifies EC P-256"
        ],
    );
}

#[test]
fn a_document_past_its_own_date_fails_and_one_about_to_be_warns() {
    let own = Draft::self_signed("idp.test").issue();
    let instant = at("2026-06-01T00:00:00Z");
    let judge = |until: Option<&str>, cached: Option<Duration>| {
        let mut subject = signing("idp.xml");
        if let Some(until) = until {
            subject = subject.valid_until(at(until));
        }
        if let Some(cached) = cached {
            subject = subject.cache_duration(cached);
        }
        dates_told(&Inspector::new().inspect(&chain(&[&own.der]), &subject, instant))
    };
    let none = Vec::<String>::new();
    assert_eq!(judge(None, None), none);
    assert_eq!(judge(Some("2026-05-31T23:59:59Z"), None), ["failure document-expired 0"]);
    assert_eq!(judge(Some("2026-06-01T00:00:00Z"), None), ["warning document-expires-soon 0"]);
    assert_eq!(judge(Some("2026-06-01T23:59:59Z"), None), ["warning document-expires-soon 0"]);
    assert_eq!(judge(Some("2026-06-02T00:00:00Z"), None), none);
    let week = Some(Duration::WEEK);
    assert_eq!(judge(None, week), ["note document-cached 0"]);
    assert_eq!(
        judge(Some("2026-06-07T00:00:00Z"), week),
        ["warning document-expires-soon 0", "note document-cached 0"],
    );
    assert_eq!(judge(Some("2026-06-08T00:00:00Z"), week), ["note document-cached 0"]);
}

#[test]
fn people_read_that_no_path_is_asked_for() {
    let instant = at("2026-06-01T00:00:00Z");
    let root = Draft::root("Own Root").issue();
    let subject = Subject::new("bundle.pem", Purpose::Ca);
    let report = Inspector::new().inspect(&chain(&[&root.der]), &subject, instant);
    assert_eq!(report.to_string().lines().nth(1), Some("  judged by itself"));
    assert_eq!(report.stores()[0].store(), "itself");

    let own = Draft::self_signed("idp.test").issue();
    let report = Inspector::new().inspect(&chain(&[&own.der]), &signing("idp.xml"), instant);
    assert_eq!(report.to_string().lines().nth(3), Some("  judged by itself"));
}

#[test]
fn one_that_a_ca_issued_which_is_not_ours_to_know_is_judged_by_its_own_dates() {
    let pki = Pki::new();
    let leaf = pki.leaf("admin").with(|params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    });
    let leaf = leaf.valid("2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z").issue();
    let client = || Subject::new("kubeconfig", Purpose::Client);
    let judge = |chain: &notafter::chain::PresentedChain, subject: &Subject| {
        Inspector::new().inspect(chain, subject, at("2026-06-01T00:00:00Z"))
    };
    let (alone, with_ca) = (chain(&[&leaf.der]), chain(&pki.chain(&leaf)));
    let report = judge(&alone, &client());
    assert_eq!(told(&report), ["failure issuer-missing 0", "failure untrusted-path 0"]);
    for subject in [client().known_by_itself(), signing("saml")] {
        for chain in [&alone, &with_ca] {
            let report = judge(chain, &subject);
            assert_eq!(report.status(), Status::Pass, "{report}");
            assert_eq!(report.horizon().until, Some(at("2026-12-31T23:59:59Z")));
        }
    }
}

#[test]
fn a_gap_is_told_of_the_one_before_it_though_that_has_not_begun() {
    let reports = turns(
        &[
            ("2025-06-11T00:00:00Z", "2026-06-10T23:59:59Z"),
            ("2026-06-11T00:00:00Z", "2026-07-10T23:59:59Z"),
            ("2026-08-01T00:00:00Z", "2027-08-01T00:00:00Z"),
        ],
        "2026-06-08T00:00:00Z",
    );
    assert_eq!(dates_told(&reports[0]), ["note expires-soon 0"]);
    assert_eq!(dates_told(&reports[1]), ["note not-yet-valid 0", "note gap-ahead -"]);
    assert_eq!(dates_told(&reports[2]), ["note not-yet-valid 0"]);
    for report in &reports {
        assert_eq!(report.horizon().until, Some(at("2026-07-10T23:59:59Z")));
    }
}
