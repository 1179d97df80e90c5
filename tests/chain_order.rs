//! The chain as it was sent: what is missing, out of order, sent twice, or of no use.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{OID, SEQUENCE, tlv};
use common::judge::{NOTHING, chain, judge, only, path, server, told, trusting};
use common::pki::{Draft, Issued, Pki, at, pem};
use notafter::report::{Code, FindingKind, Report, Role, Status, UntrustedReason};
use rcgen::{CertificateParams, CustomExtension};

const NOW: &str = "2026-06-15T12:00:00Z";

/// A root, two intermediates one above the other, and a leaf.
struct Ladder {
    root: Issued,
    upper: Issued,
    lower: Issued,
    leaf: Issued,
}

impl Ladder {
    fn new() -> Self {
        let root = Draft::root("Root").issue();
        let upper = root.ca("Upper").issue();
        let lower = upper.ca("Lower").issue();
        let leaf = lower.leaf("example.com").issue();
        Self { root, upper, lower, leaf }
    }

    fn judge(&self, sent: &[&Issued]) -> Report {
        let ders: Vec<_> = sent.iter().map(|one| &one.der).collect();
        judge(&trusting(&[&self.root]), &ders, NOW)
    }
}

#[test]
fn what_is_told_of_each_order() {
    let it @ Ladder { root, upper, lower, leaf } = &Ladder::new();
    let stranger = &Draft::root("Stranger").issue();
    // The name of the root, and another key.
    let namesake = &Draft::root("Root").issue();
    type Case<'a> = (&'a str, Vec<&'a Issued>, &'a [&'a str], &'a [usize]);
    let cases: [Case<'_>; 10] = [
        ("in order", vec![leaf, lower, upper], &[], &[0, 1, 2]),
        (
            "with the anchor",
            vec![leaf, lower, upper, root],
            &["note anchor-included 3"],
            &[0, 1, 2],
        ),
        (
            "the intermediates the other way round",
            vec![leaf, upper, lower],
            &["warning out-of-order 1"],
            &[0, 2, 1],
        ),
        (
            "all above the leaf the other way round",
            vec![leaf, root, upper, lower],
            &["warning out-of-order 1", "warning out-of-order 2", "note anchor-included 1"],
            &[0, 3, 2],
        ),
        (
            "an intermediate twice",
            vec![leaf, lower, upper, lower],
            &["note duplicate 3"],
            &[0, 1, 2],
        ),
        ("the leaf twice", vec![leaf, leaf, lower, upper], &["note duplicate 1"], &[0, 2, 3]),
        (
            "thrice, and in between",
            vec![leaf, lower, lower, upper, lower],
            &["note duplicate 2", "note duplicate 4"],
            &[0, 1, 3],
        ),
        ("a stranger", vec![leaf, lower, stranger, upper], &["note unrelated 2"], &[0, 1, 3]),
        (
            "a root of the same name and another key",
            vec![leaf, lower, upper, namesake],
            &["note unrelated 3"],
            &[0, 1, 2],
        ),
        (
            "the same mistakes at once",
            vec![leaf, upper, lower, stranger, upper],
            &["warning out-of-order 1", "note unrelated 3", "note duplicate 4"],
            &[0, 2, 1],
        ),
    ];
    for (name, sent, expected, positions) in cases {
        let report = it.judge(&sent);
        assert_eq!(told(&report), expected, "{name}");
        assert_eq!(path(&report), Some(positions), "{name}");
        let numbered: Vec<usize> = report.chain().iter().map(|one| one.position()).collect();
        assert_eq!(numbered, Vec::from_iter(0..sent.len()), "{name}");
    }
}

#[test]
fn a_copy_and_a_misplaced_certificate_point_to_the_other() {
    let Ladder { root, upper, lower, leaf } = &Ladder::new();
    let sent = [&leaf.der, &upper.der, &lower.der, &upper.der];
    let report = judge(&trusting(&[root]), &sent, NOW);
    assert_eq!(*only(&report, Code::Duplicate).kind(), FindingKind::Duplicate { of: 1 });
    assert_eq!(*only(&report, Code::OutOfOrder).kind(), FindingKind::OutOfOrder { certifies: 2 });
}

/// `caIssuers` in an authority information access (RFC 5280 section 4.2.2.1).
fn ca_issuers_at(uri: &'static str) -> impl FnOnce(&mut CertificateParams) {
    let method = tlv(OID, &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02]);
    let access = tlv(SEQUENCE, &[method, tlv(0x86, uri.as_bytes())].concat());
    let content = tlv(SEQUENCE, &access);
    move |params| {
        let oid = [1, 3, 6, 1, 5, 5, 7, 1, 1];
        params.custom_extensions = vec![CustomExtension::from_oid_content(&oid, content)];
    }
}

#[test]
fn a_missing_issuer_is_told_with_the_address_where_it_can_be_got() {
    let Ladder { root, upper, lower, .. } = &Ladder::new();
    let leaf = lower.leaf("example.com").with(ca_issuers_at("http://ca.example/lower.der")).issue();

    let report = judge(&trusting(&[root]), &[&leaf.der], NOW);
    assert_eq!(told(&report), ["failure issuer-missing 0", "failure untrusted-path 0"]);
    let missing = only(&report, Code::IssuerMissing);
    assert_eq!(
        *missing.kind(),
        FindingKind::IssuerMissing {
            issuer: "CN=Lower".to_owned(),
            ca_issuers: vec!["http://ca.example/lower.der".to_owned()],
        }
    );
    assert_eq!(
        missing.remedy(),
        "get the issuer's certificate from http://ca.example/lower.der; send it behind the \
         server's own",
    );
    assert_eq!(
        *only(&report, Code::UntrustedPath).kind(),
        FindingKind::UntrustedPath { reason: UntrustedReason::UnknownIssuer },
    );

    // One step further up, and without an address. It may be a root of one's own.
    let report = judge(&trusting(&[root]), &[&leaf.der, &lower.der], NOW);
    assert_eq!(told(&report), ["failure untrusted-path 0", "warning issuer-missing 1"]);
    let missing = only(&report, Code::IssuerMissing);
    assert_eq!(
        *missing.kind(),
        FindingKind::IssuerMissing { issuer: "CN=Upper".to_owned(), ca_issuers: vec![] }
    );
    assert_eq!(
        missing.remedy(),
        "get the issuer's certificate from the CA; send it, or trust it if it is a root of yours",
    );

    // A gap in the middle: what stands above it leads nowhere.
    let report = judge(&trusting(&[root]), &[&leaf.der, &upper.der], NOW);
    assert_eq!(
        told(&report),
        ["failure issuer-missing 0", "failure untrusted-path 0", "note unrelated 1",]
    );
}

#[test]
fn intermediates_of_the_callers_make_a_path_but_not_a_complete_chain() {
    let Ladder { root, upper, lower, leaf } = &Ladder::new();
    let unused = Draft::root("Stranger").issue();
    let known = [pem(&unused.der), pem(&upper.der), pem(&lower.der)].concat();
    let inspector = trusting(&[root]).with_intermediates(&known).unwrap();

    let report = judge(&inspector, &[&leaf.der], NOW);
    assert_eq!(told(&report), ["failure issuer-missing 0"]);
    assert_eq!(report.status(), Status::Fail);
    // Behind the one that was sent stand the three that are known.
    assert_eq!(path(&report), Some(&[0, 3, 2][..]));
    assert_eq!(report.chain().len(), 1);
    let extra: Vec<_> = report
        .extra_certificates()
        .iter()
        .map(|one| (one.position(), one.role(), one.entry().unwrap().der()))
        .collect();
    assert_eq!(
        extra,
        [(2, Role::Intermediate, &upper.der[..]), (3, Role::Intermediate, &lower.der[..]),]
    );

    // One of them is sent, the other is still missing.
    let report = judge(&inspector, &[&leaf.der, &lower.der], NOW);
    assert_eq!(told(&report), ["failure issuer-missing 1"]);
    assert_eq!(path(&report), Some(&[0, 1, 3][..]));

    // A chain that is complete doesn't need them.
    let report = judge(&inspector, &[&leaf.der, &lower.der, &upper.der], NOW);
    assert_eq!(told(&report), NOTHING);
    assert_eq!(path(&report), Some(&[0, 1, 2][..]));
    assert_eq!(report.extra_certificates(), []);
}

#[test]
fn a_leaf_directly_under_the_anchor_is_complete() {
    let root = Draft::root("Root").issue();
    let leaf = root.leaf("example.com").issue();
    let report = judge(&trusting(&[&root]), &[&leaf.der], NOW);
    assert_eq!(told(&report), NOTHING);
    assert_eq!(path(&report), Some(&[0][..]));
}

/// The first certificate is taken for the server's own, whatever it is (RFC 8446 section 4.4.2).
#[test]
fn a_leaf_that_is_sent_last_is_not_looked_for() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let report = judge(&trusting(&[&pki.root]), &[&pki.intermediate.der, &leaf.der], NOW);
    assert_eq!(
        told(&report),
        ["failure name-mismatch 0", "failure ca-as-end-entity 0", "warning out-of-order 0",]
    );
    assert_eq!(*only(&report, Code::OutOfOrder).kind(), FindingKind::OutOfOrder { certifies: 1 });
}

#[test]
fn a_self_signed_certificate_is_told_as_such() {
    let leaf = Draft::self_signed("example.com").issue();
    let pki = Pki::new();
    let report = judge(&trusting(&[&pki.root]), &[&leaf.der], NOW);
    assert_eq!(told(&report), ["failure untrusted-path 0", "note self-signed 0"]);
    assert_eq!(
        *only(&report, Code::UntrustedPath).kind(),
        FindingKind::UntrustedPath { reason: UntrustedReason::SelfSigned },
    );
}

/// One intermediate certified by two roots: whichever is trusted, the other is no stranger.
#[test]
fn neither_of_a_cross_signed_pair_is_unrelated() {
    let (old, new) = (Draft::root("Old Root").issue(), Draft::root("New Root").issue());
    let by_old = old.ca("Intermediate").issue();
    let by_new = new.ca("Intermediate").issue_for(by_old.key.clone());
    let leaf = by_old.leaf("example.com").issue();
    let sent = [&leaf.der, &by_old.der, &by_new.der];

    for (anchor, positions) in [(&old, [0, 1]), (&new, [0, 2])] {
        let report = judge(&trusting(&[anchor]), &sent, NOW);
        assert_eq!(told(&report), NOTHING);
        assert_eq!(path(&report), Some(&positions[..]));
    }
}

#[test]
fn two_roots_that_certify_each_other_are_walked_once() {
    let (one, two) = (Draft::root("One").issue(), Draft::root("Two").issue());
    let one_by_two = two.ca("One").issue_for(one.key.clone());
    let two_by_one = one.ca("Two").issue_for(two.key.clone());
    let leaf = one.leaf("example.com").issue();
    let sent = [&leaf.der, &one_by_two.der, &two_by_one.der];

    let report = judge(&trusting(&[&one]), &sent, NOW);
    assert_eq!(told(&report), NOTHING);
    assert_eq!(path(&report), Some(&[0][..]));
    let report = judge(&trusting(&[&two]), &sent, NOW);
    assert_eq!(path(&report), Some(&[0, 1][..]));
    let report = judge(&trusting(&[&Draft::root("Three").issue()]), &sent, NOW);
    assert_eq!(report.status(), Status::Fail);
}

#[test]
fn what_cannot_be_read_keeps_its_place() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let sent = chain(&[&leaf.der[..], b"junk", &pki.intermediate.der]);
    let report = trusting(&[&pki.root]).inspect(&sent, &server(&["example.com"]), at(NOW));
    assert_eq!(told(&report), ["note malformed-certificate 1"]);
    assert_eq!(path(&report), Some(&[0, 2][..]));
    assert_eq!(report.chain()[1].summary(), Err("certificate: ends early".to_owned()));
}
