//! Whether a certificate names what was asked for (RFC 9525).

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{Anatomy, SEQUENCE, SUBJECT_ALT_NAME, tlv};
use common::judge::{NOTHING, chain, only, server, told, trusting};
use common::pki::{Pki, at};
use notafter::report::{Code, FindingKind, Report, Status};
use notafter::target::{Host, Purpose, Subject, Target};
use rcgen::{DnType, SanType};

const NOW: &str = "2026-06-15T12:00:00Z";

fn judged(pki: &Pki, leaf: &[u8], subject: &Subject) -> Report {
    let sent = chain(&[leaf, &pki.intermediate.der]);
    trusting(&[&pki.root]).inspect(&sent, subject, at(NOW))
}

fn mismatch(reference: &str, presented: &[&str]) -> FindingKind {
    FindingKind::NameMismatch {
        reference: reference.parse().unwrap(),
        presented: presented.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// What the certificate presents, what is asked for, whether it is named.
const CASES: &[(&[&str], &str, bool)] = &[
    (&["example.com"], "example.com", true),
    (&["other.example", "example.com"], "example.com", true),
    (&["example.com"], "EXAMPLE.COM", true),
    (&["EXAMPLE.com"], "example.com", true),
    (&["example.com"], "example.com.", true),
    // Neither a parent nor a child is the name (RFC 9525 section 6.3).
    (&["example.com"], "www.example.com", false),
    (&["www.example.com"], "example.com", false),
    (&["example.com"], "notexample.com", false),
    (&["example.com"], "example.com.evil.example", false),
    // A wildcard is the whole first label, and stands for exactly one.
    (&["*.example.com"], "www.example.com", true),
    (&["*.EXAMPLE.com"], "WWW.example.com", true),
    (&["*.example.com"], "example.com", false),
    (&["*.example.com"], "a.b.example.com", false),
    (&["w*.example.com"], "www.example.com", false),
    (&["*w.example.com"], "www.example.com", false),
    (&["www.*.com"], "www.example.com", false),
    (&["*.*.example.com"], "a.b.example.com", false),
    (&["*"], "localhost", false),
    (&["*.com"], "example.com", false),
    (&["*.example.com", "example.com"], "example.com", true),
    // A-labels are compared as they are (RFC 5890).
    (&["xn--bcher-kva.example"], "xn--bcher-kva.example", true),
    (&["XN--BCHER-KVA.example"], "xn--bcher-kva.example", true),
    (&["*.xn--bcher-kva.example"], "www.xn--bcher-kva.example", true),
    (&["*.example.com"], "xn--bcher-kva.example.com", true),
    (&["xn--bcher-*.example"], "xn--bcher-kva.example", false),
    // An address is named by an iPAddress only, octet by octet (section 6.4).
    (&["192.0.2.1"], "192.0.2.1", true),
    (&["192.0.2.1"], "192.0.2.2", false),
    (&["2001:db8::1"], "2001:0DB8:0:0:0:0:0:1", true),
    (&["2001:db8::1"], "[2001:db8::1]", true),
    (&["192.0.2.1"], "::ffff:192.0.2.1", false),
    (&["192.0.2.1"], "example.com", false),
    (&["example.com"], "192.0.2.1", false),
    (&["example.com", "192.0.2.1"], "192.0.2.1", true),
];

#[test]
fn a_name_is_matched_as_rfc_9525_says() {
    let pki = Pki::new();
    for (presented, reference, named) in CASES {
        let leaf = pki.leaf("Server").names(presented).issue();
        let report = judged(&pki, &leaf.der, &server(&[reference]));
        let mut told = told(&report);
        // That a name is none is told too, whether it is asked for or not.
        told.retain(|line| line != "warning dns-name-syntax 0");
        let expected: &[&str] = if *named { &[] } else { &["failure name-mismatch 0"] };
        assert_eq!(told, expected, "{presented:?} {reference}");
    }
}

#[test]
#[cfg(feature = "idn")]
fn a_u_label_is_asked_for_by_its_a_label() {
    let pki = Pki::new();
    let leaf = pki.leaf("Server").names(&["xn--bcher-kva.example"]).issue();
    assert_eq!(told(&judged(&pki, &leaf.der, &server(&["b\u{fc}cher.example"]))), NOTHING);
    let report = judged(&pki, &leaf.der, &server(&["buecher.example"]));
    assert_eq!(
        *only(&report, Code::NameMismatch).kind(),
        mismatch("buecher.example", &["DNS:xn--bcher-kva.example"]),
    );
}

#[test]
fn a_mismatch_tells_what_was_asked_for_and_everything_that_was_presented() {
    let pki = Pki::new();
    let presented = ["example.com", "*.example.com", "192.0.2.1", "2001:db8::1"];
    let leaf = pki.leaf("example.com").names(&presented).issue();
    let report = judged(&pki, &leaf.der, &server(&["example.org"]));
    let finding = only(&report, Code::NameMismatch);
    let shown = ["DNS:example.com", "DNS:*.example.com", "IP:192.0.2.1", "IP:2001:db8::1"];
    assert_eq!(*finding.kind(), mismatch("example.org", &shown));
    assert_eq!(
        finding.message(),
        "the end-entity certificate (CN=example.com) does not name example.org, only \
         DNS:example.com, DNS:*.example.com, IP:192.0.2.1, IP:2001:db8::1",
    );
    assert_eq!(report.status(), Status::Fail);
}

#[test]
fn each_of_several_names_has_to_be_there() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let subject = server(&["www.example.com", "example.com", "192.0.2.1"]);
    let report = judged(&pki, &leaf.der, &subject);
    let kinds: Vec<&FindingKind> =
        report.findings_with(Code::NameMismatch).map(|finding| finding.kind()).collect();
    assert_eq!(
        kinds,
        [
            &mismatch("www.example.com", &["DNS:example.com"]),
            &mismatch("192.0.2.1", &["DNS:example.com"]),
        ]
    );
}

#[test]
fn a_target_asks_for_its_host_or_for_the_names_that_it_expects() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let asked = |target: &str| {
        let target: Target = target.parse().unwrap();
        told(&judged(&pki, &leaf.der, &Subject::from(&target)))
    };
    assert_eq!(asked("example.com"), NOTHING);
    assert_eq!(asked("example.org"), ["failure name-mismatch 0"]);
    // Where it connects to, and what it says in the server name, is not what it expects.
    assert_eq!(asked("example.com;connect=192.0.2.1:443"), NOTHING);
    assert_eq!(asked("example.com;sni=example.org"), NOTHING);
    assert_eq!(asked("example.com;no-sni"), NOTHING);
    assert_eq!(asked("192.0.2.1;name=example.com"), NOTHING);
    assert_eq!(asked("example.com;name=example.org"), ["failure name-mismatch 0"]);
}

/// RFC 9525 section 2: the common name is no place for an identity any more.
#[test]
fn a_common_name_alone_is_not_enough() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").names(&[]).issue();
    let report = judged(&pki, &leaf.der, &server(&["example.com"]));
    assert_eq!(told(&report), ["failure common-name-only 0"]);
    assert_eq!(
        *only(&report, Code::CommonNameOnly).kind(),
        FindingKind::CommonNameOnly { common_names: vec!["example.com".to_owned()] },
    );

    // Another name is not in the subject either.
    let report = judged(&pki, &leaf.der, &server(&["example.org"]));
    assert_eq!(*only(&report, Code::NameMismatch).kind(), mismatch("example.org", &[]));
    assert_eq!(
        only(&report, Code::NameMismatch).message(),
        "the end-entity certificate (CN=example.com) does not name example.org, nor anything else",
    );

    // A wildcard and an address in the subject are common names too.
    for (common_name, reference) in
        [("*.example.com", "www.example.com"), ("192.0.2.1", "192.0.2.1")]
    {
        let leaf = pki.leaf(common_name).names(&[]).issue();
        let report = judged(&pki, &leaf.der, &server(&[reference]));
        assert_eq!(told(&report), ["failure common-name-only 0"], "{common_name}");
    }
}

#[test]
fn a_common_name_beside_other_names_is_not_looked_at() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").names(&["other.example"]).issue();
    let report = judged(&pki, &leaf.der, &server(&["example.com"]));
    assert_eq!(
        *only(&report, Code::NameMismatch).kind(),
        mismatch("example.com", &["DNS:other.example"]),
    );
}

#[test]
fn without_names_to_expect_only_a_certificate_that_no_client_could_match_is_told() {
    let pki = Pki::new();
    let anyone = Subject::new("chain.pem", Purpose::Server);
    let named = pki.leaf("example.com").issue();
    assert_eq!(told(&judged(&pki, &named.der, &anyone)), NOTHING);
    let unnamed = pki.leaf("example.com").names(&[]).issue();
    assert_eq!(told(&judged(&pki, &unnamed.der, &anyone)), ["failure common-name-only 0"]);
}

/// A workload goes by its URI (SPIFFE): with nothing asked for, nothing is amiss.
#[test]
fn a_common_name_beside_a_uri_is_told_only_where_a_host_is_asked_for() {
    let pki = Pki::new();
    let workload = |params: &mut rcgen::CertificateParams| {
        let uri = "spiffe://example.org/web".to_owned().try_into().unwrap();
        params.subject_alt_names = vec![SanType::URI(uri)];
    };
    let leaf = pki.leaf("web.example").with(workload).issue();
    let anyone = Subject::new("chain.pem", Purpose::Server);
    assert_eq!(told(&judged(&pki, &leaf.der, &anyone)), NOTHING);
    let asked = judged(&pki, &leaf.der, &server(&["web.example"]));
    assert_eq!(told(&asked), ["failure common-name-only 0"]);
    let other = judged(&pki, &leaf.der, &server(&["example.com"]));
    assert_eq!(told(&other), ["failure name-mismatch 0"]);
}

#[test]
fn the_names_of_clients_and_signers_are_not_judged() {
    let pki = Pki::new();
    let client = pki
        .leaf("someone")
        .names(&[])
        .with(|params| {
            params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        })
        .issue();
    for purpose in [Purpose::Client, Purpose::Signing] {
        let report = judged(&pki, &client.der, &Subject::new("someone", purpose));
        assert_eq!(told(&report), NOTHING, "{purpose}");
    }
}

/// A dNSName that looks like an address names no address: clients look for an iPAddress.
#[test]
fn an_address_written_as_a_dns_name_is_not_the_address() {
    let pki = Pki::new();
    let leaf = pki
        .leaf("example.com")
        .with(|params| {
            params.subject_alt_names = vec![SanType::DnsName("192.0.2.1".try_into().unwrap())];
        })
        .issue();
    let report = judged(&pki, &leaf.der, &server(&["192.0.2.1"]));
    assert_eq!(
        *only(&report, Code::NameMismatch).kind(),
        mismatch("192.0.2.1", &["DNS:192.0.2.1"]),
    );
}

/// The tags of a GeneralName (RFC 5280 section 4.2.1.6).
const OTHER_NAME: u8 = 0xa0;
const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const URI: u8 = 0x86;
const IP: u8 = 0x87;

#[test]
fn odd_names_are_kept_and_do_not_lose_the_others() {
    let pki = Pki::new();
    // 1.2.3 and, explicitly tagged, the UTF8String "x".
    let other = [tlv(0x06, &[0x2a, 0x03]), tlv(0xa0, &tlv(0x0c, b"x"))].concat();
    let names = [
        tlv(IP, &[1, 2, 3, 4, 5]),
        tlv(DNS, b"\xff.example.com"),
        tlv(OTHER_NAME, &other),
        tlv(EMAIL, b"admin@example.com"),
        tlv(URI, b"https://example.com/"),
        tlv(DNS, b""),
        tlv(DNS, b"example.com"),
        tlv(IP, &[192, 0, 2, 1]),
    ];
    let leaf = pki.leaf("example.com").names(&[]).issue();
    let odd = Anatomy::of(&leaf.der)
        .without_extension(SUBJECT_ALT_NAME)
        .extension(SUBJECT_ALT_NAME, false, &tlv(SEQUENCE, &names.concat()))
        .signed_by(&pki.intermediate.key);

    let report = judged(&pki, &odd, &server(&["example.com", "192.0.2.1"]));
    assert_eq!(told(&report), ["warning dns-name-syntax 0"]);

    let report = judged(&pki, &odd, &server(&["1.2.3.4"]));
    let presented = [
        "invalid[7]:0102030405",
        "invalid[2]:ff2e6578616d706c652e636f6d",
        "other[0]:a0030c0178",
        "email:admin@example.com",
        "URI:https://example.com/",
        "DNS:",
        "DNS:example.com",
        "IP:192.0.2.1",
    ];
    assert_eq!(*only(&report, Code::NameMismatch).kind(), mismatch("1.2.3.4", &presented));
}

/// Names of other kinds are no identifiers of a server: what is left is the common name.
#[test]
fn an_email_address_is_no_name_of_a_server() {
    let pki = Pki::new();
    let leaf = pki
        .leaf("example.com")
        .with(|params| {
            params.subject_alt_names =
                vec![SanType::Rfc822Name("admin@example.com".try_into().unwrap())];
        })
        .issue();
    let report = judged(&pki, &leaf.der, &server(&["example.com"]));
    assert_eq!(told(&report), ["failure common-name-only 0"]);
}

#[test]
fn a_subject_alternative_name_that_does_not_decode_names_nothing() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let broken = Anatomy::of(&leaf.der)
        .without_extension(SUBJECT_ALT_NAME)
        .extension(SUBJECT_ALT_NAME, false, &[0x30, 0x05, 0x82])
        .signed_by(&pki.intermediate.key);
    let report = judged(&pki, &broken, &server(&["example.com"]));
    assert_eq!(
        *only(&report, Code::UnreadableExtension).kind(),
        FindingKind::UnreadableExtension {
            oid: "2.5.29.17".to_owned(),
            reason: "does not decode".to_owned(),
        },
    );
    assert_eq!(report.status(), Status::Fail);
    assert_eq!(only(&report, Code::CommonNameOnly).position(), Some(0));
}

/// tlsx judged the host by the intermediates too.
#[test]
fn the_names_of_an_intermediate_are_not_looked_at() {
    let pki = Pki::new();
    let named_ca = pki
        .root
        .ca("example.com")
        .with(|params| {
            params.subject_alt_names = vec![SanType::DnsName("example.com".try_into().unwrap())];
            params.distinguished_name.push(DnType::OrganizationName, "Example");
        })
        .issue();
    let inspector = trusting(&[&pki.root]);
    let judged = |leaf: &[u8]| {
        let sent = chain(&[leaf, &named_ca.der]);
        told(&inspector.inspect(&sent, &server(&["example.com"]), at(NOW)))
    };
    assert_eq!(judged(&named_ca.leaf("other.example").issue().der), ["failure name-mismatch 0"]);
    assert_eq!(judged(&named_ca.leaf("example.com").issue().der), NOTHING);
}

#[test]
fn a_host_is_an_address_or_a_name_and_is_matched_as_such() {
    assert_eq!("192.0.2.1".parse::<Host>().unwrap(), Host::Ip([192, 0, 2, 1].into()));
    assert!(matches!("example.com".parse(), Ok(Host::Dns(_))));
}
