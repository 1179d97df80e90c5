//! Whether a path leads to a trust anchor, and what stands in the way.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::Anatomy;
use common::judge::{NOTHING, judge, only, path, reason, told, trusting};
use common::pki::{Draft, Key, Pki, at};
use notafter::Inspector;
use notafter::inspect::TrustAnchors;
use notafter::report::{Code, FindingKind, Report, Status, Trust, TrustedPath, UntrustedReason};
use rcgen::{BasicConstraints, CertificateParams, IsCa};

const NOW: &str = "2026-06-15T12:00:00Z";

#[test]
fn a_trusted_path_has_positions_and_the_name_of_its_anchor() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let report = judge(&trusting(&[&pki.root]), &pki.chain(&leaf), NOW);
    let Trust::Trusted(TrustedPath { anchor, path, .. }) = report.trust() else {
        panic!("{:?}", report.trust());
    };
    assert_eq!((anchor.as_str(), path.as_slice()), ("CN=Test Root", &[0, 1][..]));
    assert_eq!(told(&report), NOTHING);
    assert_eq!(report.status(), Status::Pass);
    assert_eq!(report.horizon().end_entity, Some(at("2026-12-31T23:59:59Z")));
    assert_eq!(report.horizon().earliest_presented, Some(at("2026-12-31T23:59:59Z")));
    assert_eq!(report.horizon().until, Some(at("2026-12-31T23:59:59Z")));
}

#[test]
fn every_kind_of_key_that_is_in_use_signs_a_path() {
    let mut keys = vec![Key::P256, Key::P384, Key::Ed25519, Key::Rsa2048];
    // ring has no P-521.
    if cfg!(feature = "aws-lc-rs") {
        keys.push(Key::P521);
    }
    for key in keys {
        let root = Draft::root("Root").key(key).issue();
        let intermediate = root.ca("Intermediate").key(key).issue();
        let leaf = intermediate.leaf("example.com").key(key).issue();
        let report = judge(&trusting(&[&root]), &[&leaf.der, &intermediate.der], NOW);
        assert_eq!(told(&report), NOTHING, "{key:?}");
        assert_eq!(path(&report), Some(&[0, 1][..]), "{key:?}");
    }
}

#[test]
fn of_several_paths_the_one_that_lasts_longest_is_taken() {
    let root = Draft::root("Root").issue();
    let brief =
        root.ca("Intermediate").valid("2025-01-01T00:00:00Z", "2026-12-31T00:00:00Z").issue();
    let lasting = root.ca("Intermediate").issue_for(brief.key.clone());
    let leaf = brief.leaf("example.com").issue();
    for (sent, positions) in [
        ([&leaf.der, &brief.der, &lasting.der], [0, 2]),
        ([&leaf.der, &lasting.der, &brief.der], [0, 1]),
    ] {
        let report = judge(&trusting(&[&root]), &sent, NOW);
        assert_eq!(path(&report), Some(&positions[..]));
        assert_eq!(report.horizon().earliest_presented, Some(at("2026-12-31T00:00:00Z")));
        assert_eq!(report.horizon().until, Some(at("2026-12-31T23:59:59Z")));
    }
}

mod dates {
    use super::*;

    /// A leaf of 2026, and an intermediate and a root that end when the case says.
    fn ends(leaf: &str, intermediate: &str, root: &str, instant: &str) -> Report {
        let root = Draft::root("Root").valid("2020-01-01T00:00:00Z", root).issue();
        let intermediate =
            root.ca("Intermediate").valid("2025-01-01T00:00:00Z", intermediate).issue();
        let leaf = intermediate.leaf("example.com").valid("2026-01-01T00:00:00Z", leaf).issue();
        judge(&trusting(&[&root]), &[&leaf.der, &intermediate.der], instant)
    }

    const EARLY: &str = "2026-03-01T00:00:00Z";
    const LATE: &str = "2035-01-01T00:00:00Z";

    /// Whatever ended, the path is still a path: expired is told, and never `untrusted-path`.
    #[test]
    fn what_has_expired_is_not_what_is_not_trusted() {
        let cases: [(_, _, _, &[&str]); 5] = [
            (EARLY, LATE, LATE, &["failure expired 0"]),
            (LATE, EARLY, LATE, &["failure expired 1", "failure path-ends-before-end-entity 1"]),
            (EARLY, EARLY, LATE, &["failure expired 0", "failure expired 1"]),
            (
                LATE,
                LATE,
                EARLY,
                &["failure anchor-expired -", "failure path-ends-before-end-entity -"],
            ),
            (
                EARLY,
                EARLY,
                EARLY,
                &["failure expired 0", "failure expired 1", "failure anchor-expired -"],
            ),
        ];
        for (leaf, intermediate, root, expected) in cases {
            let report = ends(leaf, intermediate, root, NOW);
            assert_eq!(told(&report), expected);
            assert_eq!(report.status(), Status::Fail);
            assert_eq!(path(&report), Some(&[0, 1][..]));
            // webpki, like Chrome and Android, does not look at the anchor's dates.
            let only_the_anchor = (leaf, intermediate) == (LATE, LATE);
            assert_eq!(matches!(report.trust(), Trust::Trusted(_)), only_the_anchor);
            if let Trust::TrustedIfTimeIgnored { at: instant, .. } = report.trust() {
                assert_eq!(*instant, at("2026-01-01T00:00:00Z"));
            }
        }
    }

    #[test]
    fn what_has_not_begun_is_not_what_is_not_trusted() {
        let report = ends(LATE, LATE, LATE, "2025-06-01T00:00:00Z");
        assert_eq!(told(&report), ["failure not-yet-valid 0"]);
        assert!(matches!(report.trust(), Trust::TrustedIfTimeIgnored { .. }));
        let report = ends(LATE, LATE, LATE, "2019-12-31T23:59:59Z");
        assert_eq!(
            told(&report),
            [
                "failure not-yet-valid 0",
                "failure not-yet-valid 1",
                "failure anchor-not-yet-valid -",
            ]
        );
    }

    #[test]
    fn certificates_that_are_never_valid_together_make_no_path() {
        let root = Draft::root("Root").issue();
        let intermediate =
            root.ca("Intermediate").valid("2027-01-01T00:00:00Z", "2035-01-01T00:00:00Z").issue();
        let leaf = intermediate.leaf("example.com").issue();
        let report = judge(&trusting(&[&root]), &[&leaf.der, &intermediate.der], NOW);
        assert_eq!(told(&report), ["failure untrusted-path 0", "failure not-yet-valid 1"]);
        assert_eq!(reason(&report), Some(UntrustedReason::NoCommonValidity));
    }

    #[test]
    fn an_expired_chain_of_nobodys_is_not_trusted_either() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let stranger = Draft::root("Stranger").issue();
        let sent = [&leaf.der, &pki.intermediate.der, &pki.root.der];
        let report = judge(&trusting(&[&stranger]), &sent, "2027-06-15T12:00:00Z");
        assert_eq!(told(&report), ["failure expired 0", "failure untrusted-path 0"]);
        assert_eq!(reason(&report), Some(UntrustedReason::UnknownIssuer));
    }

    /// OpenSSL, Go and Firefox hold an anchor to its dates.
    #[test]
    fn the_end_of_the_anchor_is_told_180_and_60_days_before() {
        let anchored = |instant| {
            let report = ends(LATE, LATE, "2026-12-28T00:00:00Z", instant);
            (told(&report), report.status())
        };
        let both = |severity: &str, what: &str| {
            vec![
                format!("{severity} {what} -"),
                format!("{severity} path-ends-before-end-entity -"),
            ]
        };
        let calm = (vec!["note path-ends-before-end-entity -".to_owned()], Status::Pass);
        let warned = (both("warning", "anchor-expires-soon"), Status::Warn);
        let urged = (both("critical", "anchor-expires-soon"), Status::Warn);
        let failed = (both("failure", "anchor-expired"), Status::Fail);
        // 1 July is 180 days before 28 December, and 29 October is 60.
        assert_eq!(anchored("2026-07-01T00:00:00Z"), calm);
        assert_eq!(anchored("2026-07-01T00:00:01Z"), warned);
        assert_eq!(anchored("2026-10-29T00:00:00Z"), warned);
        assert_eq!(anchored("2026-10-29T00:00:01Z"), urged);
        assert_eq!(anchored("2026-12-28T00:00:00Z"), urged);
        assert_eq!(anchored("2026-12-28T00:00:01Z"), failed);

        let report = ends(LATE, LATE, "2026-12-28T00:00:00Z", "2026-07-01T00:00:01Z");
        let kind = FindingKind::AnchorExpiresSoon {
            anchor: "CN=Root".to_owned(),
            not_after: at("2026-12-28T00:00:00Z"),
            seconds_left: 180 * 86_400 - 1,
            threshold_seconds: 180 * 86_400,
        };
        assert_eq!(*only(&report, Code::AnchorExpiresSoon).kind(), kind);
    }
}

mod end_entity {
    use super::*;

    fn as_ca(params: &mut CertificateParams) {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }

    #[test]
    fn a_ca_certificate_is_told_and_not_said_to_be_without_a_path() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").with(as_ca).issue();
        let report = judge(&trusting(&[&pki.root]), &pki.chain(&leaf), NOW);
        assert_eq!(told(&report), ["failure ca-as-end-entity 0"]);
        assert_eq!(reason(&report), Some(UntrustedReason::CaAsEndEntity));
    }

    /// rustls refuses it; OpenSSL and Go accept one that they were given as a trust anchor.
    #[test]
    fn a_ca_certificate_that_is_its_own_anchor_works_for_some() {
        let leaf = Draft::self_signed("example.com").with(as_ca).issue();
        let report = judge(&trusting(&[&leaf]), &[&leaf.der], NOW);
        assert_eq!(told(&report), ["warning ca-as-end-entity 0", "note self-signed 0"]);
        assert_eq!(report.status(), Status::Warn);
    }

    #[test]
    fn a_self_signed_certificate_is_trusted_by_those_who_were_given_it() {
        let leaf = Draft::self_signed("example.com").issue();
        let report = judge(&trusting(&[&leaf]), &[&leaf.der], NOW);
        assert_eq!(told(&report), ["note self-signed 0"]);
        assert_eq!(path(&report), Some(&[0][..]));
        assert_eq!(report.status(), Status::Pass);

        let other = Draft::self_signed("example.com").issue();
        let report = judge(&trusting(&[&other]), &[&leaf.der], NOW);
        assert_eq!(told(&report), ["failure untrusted-path 0", "note self-signed 0"]);
        assert_eq!(reason(&report), Some(UntrustedReason::SelfSigned));
    }
}

mod anchors {
    use super::*;

    /// An old root may be of version 1: as an anchor it is a name and a key.
    #[test]
    fn may_be_of_version_1() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let old = Anatomy::of(&pki.root.der).version_1().signed_by(&pki.root.key);
        let anchors = TrustAnchors::from_der([old.to_vec()]).unwrap();
        let inspector = Inspector::new().with_anchors(anchors);
        assert_eq!(told(&judge(&inspector, &pki.chain(&leaf), NOW)), NOTHING);
    }

    /// An intermediate may be trusted itself: then the path ends there.
    #[test]
    fn may_be_an_intermediate() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let inspector = trusting(&[&pki.intermediate]);
        for sent in [&[&leaf.der][..], &[&leaf.der, &pki.intermediate.der]] {
            let report = judge(&inspector, sent, NOW);
            assert_eq!(told(&report), NOTHING);
            assert_eq!(path(&report), Some(&[0][..]));
        }
    }

    #[test]
    fn are_kept_where_one_among_them_is_no_certificate() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let anchors = TrustAnchors::from_der([b"junk".to_vec(), pki.root.der.to_vec()]).unwrap();
        assert_eq!(anchors.len(), 1);
        let positions: Vec<usize> =
            anchors.problems().iter().filter_map(|one| one.position).collect();
        assert_eq!(positions, [0]);
        let inspector = Inspector::new().with_anchors(anchors);
        assert_eq!(told(&judge(&inspector, &pki.chain(&leaf), NOW)), NOTHING);
    }

    #[test]
    fn are_mozillas_unless_others_are_given() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let sent = [&leaf.der, &pki.intermediate.der, &pki.root.der];
        let report = judge(&Inspector::new(), &sent, NOW);
        assert_eq!(told(&report), ["failure untrusted-path 0"]);
        assert!(TrustAnchors::mozilla().problems().is_empty());
    }

    /// The limits of public CAs bind nobody else: see the Baseline Requirements, section 1.1.
    #[test]
    fn of_ones_own_may_certify_for_as_long_as_one_likes() {
        let pki = Pki::new();
        let leaf =
            pki.leaf("example.com").valid("2026-04-01T00:00:00Z", "2034-04-01T00:00:00Z").issue();
        assert_eq!(told(&judge(&trusting(&[&pki.root]), &pki.chain(&leaf), NOW)), NOTHING);
    }
}
