//! Fields that RFC 5280, the Baseline Requirements or some client have rules for, beyond what they
//! mean.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{Anatomy, OCTET_STRING, OID, SEQUENCE, SUBJECT_ALT_NAME, tlv};
use common::judge::{NOTHING, chain, judge, only, server, told, trusting};
use common::pki::{Draft, Issued, Pki, at};
use notafter::Inspector;
use notafter::chain::Certificate;
use notafter::inspect::{Policy, TrustAnchors};
use notafter::report::{
    Code, DnsNameFault, Finding, FindingKind, Report, SerialNumberFault, Severity, Status,
};
use notafter::target::{Purpose, Subject};
use rcgen::{DnType, KeyPair, KeyUsagePurpose, SerialNumber};

const NOW: &str = "2026-06-15T12:00:00Z";

/// Everything that there is to tell, whatever the severity.
fn strict(pki: &Pki) -> Inspector {
    let policy = Policy::new().baseline_requirements(Severity::Warning);
    #[cfg(feature = "psl")]
    let policy = policy.public_suffixes();
    trusting(&[&pki.root]).with_policy(policy)
}

fn judged(pki: &Pki, leaf: &[u8]) -> Report {
    judge(&strict(pki), &[leaf, &pki.intermediate.der], NOW)
}

#[test]
fn a_certificate_in_order_is_told_of_in_no_shape() {
    let pki = Pki::new();
    let with = |change: fn(&mut rcgen::CertificateParams)| {
        pki.leaf("example.com").names(&["example.com", "*.example.com"]).with(change).issue()
    };
    let leaves = [
        with(|_| {}),
        // As Let's Encrypt issues them now: no common name, and so a critical extension.
        with(|params| params.distinguished_name = rcgen::DistinguishedName::new()),
        with(|params| params.serial_number = Some(SerialNumber::from(vec![0x7f; 20]))),
        // 20 octets, with the one that keeps them positive.
        with(|params| params.serial_number = Some(SerialNumber::from(vec![0xff; 20]))),
        with(|params| params.distinguished_name.push(DnType::CommonName, "Example Server")),
    ];
    for leaf in &leaves {
        assert_eq!(told(&judged(&pki, &leaf.der)), NOTHING);
    }
    // The root was sent too, and the policy looks at it as at an anchor.
    let sent = [&leaves[0].der, &pki.intermediate.der, &pki.root.der];
    assert_eq!(told(&judge(&strict(&pki), &sent, NOW)), ["note anchor-included 2"]);
}

const INTEGER: u8 = 0x02;

/// RFC 5280 section 4.1.2.2.
#[test]
fn a_serial_number_is_positive_and_has_up_to_20_octets() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let long = [&[1], &[0; 20][..]].concat();
    let long_positive = [&[0, 0xff], &[0; 20][..]].concat();
    // Go refuses a negative one; nobody minds the others.
    let cases: [(&[u8], SerialNumberFault, &str, &str); 5] = [
        (&[0], SerialNumberFault::Zero, "note", "is zero"),
        (&[0x80], SerialNumberFault::Negative, "warning", "is negative"),
        (&[0xff, 1], SerialNumberFault::Negative, "warning", "is negative"),
        (&long, SerialNumberFault::TooLong, "note", "is longer than 20 octets"),
        (&long_positive, SerialNumberFault::TooLong, "note", "is longer than 20 octets"),
    ];
    for (number, fault, severity, words) in cases {
        let odd = Anatomy::of(&leaf.der)
            .serial_number(&tlv(INTEGER, number))
            .signed_by(&pki.intermediate.key);
        let report = judged(&pki, &odd);
        assert_eq!(told(&report), [format!("{severity} serial-number 0")], "{number:?}");
        let finding = only(&report, Code::SerialNumber);
        assert_eq!(*finding.kind(), FindingKind::SerialNumber { fault });
        let expected =
            format!("the serial number of the end-entity certificate (CN=example.com) {words}");
        assert_eq!(finding.message(), expected);
    }
}

#[test]
fn the_serial_number_of_an_intermediate_counts_and_a_roots_does_not() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let zero = |der: &[u8], key: &KeyPair| {
        Anatomy::of(der).serial_number(&tlv(INTEGER, &[0])).signed_by(key)
    };
    let intermediate = zero(&pki.intermediate.der, &pki.root.key);
    let root = zero(&pki.root.der, &pki.root.key);
    let report = judge(&strict(&pki), &[&leaf.der, &intermediate, &root], NOW);
    assert_eq!(told(&report), ["note serial-number 1", "note anchor-included 2"]);
    // One that nobody needs does no harm.
    let negative = Anatomy::of(&pki.intermediate.der)
        .serial_number(&tlv(INTEGER, &[0x80]))
        .signed_by(&pki.root.key);
    let report = judge(&strict(&pki), &[&leaf.der, &negative], NOW);
    assert_eq!(told(&report), ["warning serial-number 1"]);
    let report = judge(&strict(&pki), &[&leaf.der, &pki.intermediate.der, &negative], NOW);
    assert_eq!(told(&report), ["note serial-number 2"]);
}

/// RFC 5280 section 4.2.1.9.
#[test]
fn an_end_entity_that_is_no_ca_is_not_for_certificates() {
    let pki = Pki::new();
    let leaf = pki
        .leaf("example.com")
        .with(|params| params.key_usages.push(KeyUsagePurpose::KeyCertSign))
        .issue();
    let report = judged(&pki, &leaf.der);
    assert_eq!(told(&report), ["warning key-cert-sign-without-ca 0"]);
    assert_eq!(
        report.findings()[0].message(),
        "the key usage of the end-entity certificate (CN=example.com) allows it to sign \
         certificates, but it is no CA",
    );
    // One of a CA is told to be that, and nothing else.
    let own = Draft::root("example.com").names(&["example.com"]).issue();
    let report = judge(&trusting(&[&own]), &[&own.der], NOW);
    assert_eq!(report.findings_with(Code::KeyCertSignWithoutCa).count(), 0);
}

const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const SERVER_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];

#[test]
fn a_critical_extended_key_usage_is_a_note() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let usage = tlv(SEQUENCE, &tlv(OID, SERVER_AUTH));
    let critical = Anatomy::of(&leaf.der)
        .without_extension(EXTENDED_KEY_USAGE)
        .extension(EXTENDED_KEY_USAGE, true, &usage)
        .signed_by(&pki.intermediate.key);
    let report = judged(&pki, &critical);
    assert_eq!(told(&report), ["note critical-extended-key-usage 0"]);
    assert_eq!(report.status(), Status::Pass);
    // Whoever minds it says so.
    let policy = Policy::new().severity(Code::CriticalExtendedKeyUsage, Severity::Failure);
    let inspector = trusting(&[&pki.root]).with_policy(policy);
    let report = judge(&inspector, &[&critical, &pki.intermediate.der], NOW);
    assert_eq!(told(&report), ["failure critical-extended-key-usage 0"]);
}

/// Apple's platforms are no TLS servers, and sign nothing.
#[test]
fn only_a_server_has_to_say_what_it_is_for() {
    let pki = Pki::new();
    let leaf =
        pki.leaf("example.com").with(|params| params.extended_key_usages = Vec::new()).issue();
    let sent = chain(&[&leaf.der, &pki.intermediate.der]);
    let cases: [(Purpose, &[&str]); 3] = [
        (Purpose::Server, &["warning extended-key-usage-missing 0"]),
        (Purpose::Client, &[]),
        (Purpose::Signing, &[]),
    ];
    for (purpose, expected) in cases {
        let report = strict(&pki).inspect(&sent, &Subject::new("test", purpose), at(NOW));
        assert_eq!(told(&report), expected, "{purpose}");
    }
}

/// <https://support.apple.com/en-us/103769>
#[test]
fn a_missing_extended_key_usage_is_a_warning_from_july_2019_on() {
    let pki = Pki::new();
    for (not_before, expected) in
        [("2019-06-30T23:59:59Z", Severity::Note), ("2019-07-01T00:00:00Z", Severity::Warning)]
    {
        let leaf = pki
            .leaf("example.com")
            .valid(not_before, "2026-12-31T23:59:59Z")
            .with(|params| params.extended_key_usages = Vec::new())
            .issue();
        let report = judged(&pki, &leaf.der);
        let finding = only(&report, Code::ExtendedKeyUsageMissing);
        assert_eq!(finding.severity(), expected, "{not_before}");
    }
}

/// Baseline Requirements, section 7.1.4.3: character for character.
#[test]
fn a_common_name_that_looks_like_a_host_is_a_copy_of_an_alternative_name() {
    let pki = Pki::new();
    let cases: [(&str, &[&str], bool); 16] = [
        ("example.com", &["example.com", "192.0.2.1"], true),
        ("other.example", &["example.com"], false),
        ("Example.COM", &["example.com"], false),
        ("*.example.com", &["*.example.com"], true),
        ("example.com", &["*.example.com"], true),
        ("example.org", &["*.example.com"], false),
        ("example.com", &["192.0.2.1"], true),
        ("example.com.", &["example.com"], false),
        ("192.0.2.1", &["192.0.2.1"], true),
        ("0xC0000201", &["192.0.2.1"], false),
        ("192.000.002.001", &["192.0.2.1"], false),
        ("2001:db8::1", &["2001:db8::1"], true),
        ("2001:DB8::1", &["2001:db8::1"], false),
        ("2001:db8:0:0:0:0:0:1", &["2001:db8::1"], false),
        ("b\u{fc}cher.example", &["xn--bcher-kva.example"], false),
        ("Web Server 1", &["example.com"], true),
    ];
    for (common_name, names, fine) in cases {
        let leaf = pki
            .leaf("example.com")
            .names(names)
            .with(|params| params.distinguished_name.push(DnType::CommonName, common_name))
            .issue();
        let subject = Subject::new("test", Purpose::Server);
        let sent = chain(&[&leaf.der, &pki.intermediate.der]);
        let report = strict(&pki).inspect(&sent, &subject, at(NOW));
        if fine {
            assert_eq!(told(&report), NOTHING, "{common_name}");
            continue;
        }
        assert_eq!(told(&report), ["note common-name-not-listed 0"], "{common_name}");
        let common_names = vec![common_name.to_owned()];
        let kind = FindingKind::CommonNameNotListed { common_names };
        assert_eq!(*only(&report, Code::CommonNameNotListed).kind(), kind);
    }
}

/// Whoever is no server is not found by a host's name.
#[test]
fn the_common_name_of_a_client_is_its_own() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").names(&["other.example"]).issue();
    let sent = chain(&[&leaf.der, &pki.intermediate.der]);
    let report = strict(&pki).inspect(&sent, &Subject::new("test", Purpose::Signing), at(NOW));
    assert_eq!(told(&report), NOTHING);
}

/// RFC 5280 section 4.2.1.6.
#[test]
fn alternative_names_are_critical_where_there_is_no_subject_and_only_there() {
    let pki = Pki::new();
    let names = tlv(SEQUENCE, &tlv(0x82, b"example.com"));
    let with = |leaf: &[u8], critical| {
        Anatomy::of(leaf)
            .without_extension(SUBJECT_ALT_NAME)
            .extension(SUBJECT_ALT_NAME, critical, &names)
            .signed_by(&pki.intermediate.key)
    };
    let named = pki.leaf("example.com").issue();
    let nameless = pki
        .leaf("example.com")
        .with(|params| params.distinguished_name = rcgen::DistinguishedName::new())
        .issue();
    assert_eq!(told(&judged(&pki, &with(&named.der, false))), NOTHING);
    assert_eq!(told(&judged(&pki, &with(&nameless.der, true))), NOTHING);
    let report = judged(&pki, &with(&named.der, true));
    assert_eq!(told(&report), ["note subject-alt-name-criticality 0"]);
    let report = judged(&pki, &with(&nameless.der, false));
    assert_eq!(told(&report), ["warning subject-alt-name-criticality 0"]);
    let finding = only(&report, Code::SubjectAltNameCriticality);
    assert_eq!(
        finding.message(),
        "the subject alternative names of the end-entity certificate are not marked critical, \
         though its subject is empty",
    );
}

#[test]
fn a_dns_name_that_is_none_is_a_warning_and_one_with_underscores_a_note() {
    let pki = Pki::new();
    let leaf = pki
        .leaf("example.com")
        .names(&["example.com", "a_b.example.com", "a..b", "_x.example", "-.example"])
        .issue();
    let report = judged(&pki, &leaf.der);
    assert_eq!(told(&report), ["warning dns-name-syntax 0", "note dns-name-syntax 0"]);
    let kinds: Vec<_> = report.findings().iter().map(|finding| finding.kind().clone()).collect();
    let kind = |fault, names: [&str; 2]| FindingKind::DnsNameSyntax {
        fault,
        names: names.map(str::to_owned).to_vec(),
    };
    assert_eq!(
        kinds,
        [
            kind(DnsNameFault::Malformed, ["a..b", "-.example"]),
            kind(DnsNameFault::Underscore, ["a_b.example.com", "_x.example"]),
        ],
    );
    assert_eq!(
        report.findings()[1].message(),
        "the end-entity certificate (CN=example.com) lists as a DNS name what is no DNS name for \
         its underscores: a_b.example.com, _x.example",
    );
}

#[test]
#[cfg(feature = "psl")]
fn a_wildcard_for_the_names_of_many_owners_is_told_where_it_is_needed() {
    let pki = Pki::new();
    let judged = |names: &[&str], asked: &[&str], policy: Policy| {
        let leaf = pki.leaf("Server").names(names).issue();
        let sent = chain(&[&leaf.der, &pki.intermediate.der]);
        let inspector = trusting(&[&pki.root]).with_policy(policy);
        told(&inspector.inspect(&sent, &server(asked), at(NOW)))
    };
    let policy = Policy::new().public_suffixes();
    let cases: [(&[&str], &[&str], &[&str]); 8] = [
        (&["*.co.uk"], &["example.co.uk"], &["warning public-suffix-wildcard 0"]),
        (&["*.CO.uk"], &["example.co.uk"], &["warning public-suffix-wildcard 0"]),
        (
            &["*.s3.amazonaws.com"],
            &["example.s3.amazonaws.com"],
            &["note public-suffix-wildcard 0"],
        ),
        (&["*.example.co.uk"], &["www.example.co.uk"], &[]),
        // Another name does it, or nothing was asked for that it matches.
        (&["*.co.uk", "example.co.uk"], &["example.co.uk"], &[]),
        (&["*.co.uk", "example.org"], &["example.org"], &[]),
        (&["*.co.uk", "example.org"], &[], &["warning public-suffix-wildcard 0"]),
        (&["192.0.2.1"], &["192.0.2.1"], &[]),
    ];
    for (names, asked, expected) in cases {
        assert_eq!(judged(names, asked, policy.clone()), expected, "{names:?} {asked:?}");
        assert_eq!(judged(names, asked, Policy::new()), NOTHING, "{names:?} {asked:?}");
    }
}

/// RFC 5280 section 6.1.4: self-issued certificates don't count.
#[test]
fn a_policy_can_limit_how_deep_a_path_is() {
    let pki = Pki::new();
    let rollover = pki.intermediate.ca("Test Intermediate").issue();
    let second = rollover.ca("Second").issue();
    let leaf = second.leaf("example.com").issue();
    let sent = [&leaf.der, &second.der, &rollover.der, &pki.intermediate.der];
    let judged = |policy: Policy| judge(&trusting(&[&pki.root]).with_policy(policy), &sent, NOW);
    assert_eq!(told(&judged(Policy::new())), NOTHING);
    assert_eq!(told(&judged(Policy::new().max_path_depth(2))), NOTHING);
    for limit in [0, 1] {
        let report = judged(Policy::new().max_path_depth(limit));
        assert_eq!(told(&report), ["failure path-too-long 0"]);
        let kind = FindingKind::PathTooLong { limit, depth: 2 };
        assert_eq!(*only(&report, Code::PathTooLong).kind(), kind);
    }
    // A certificate right below the anchor has no intermediate.
    let direct = pki.root.leaf("example.com").issue();
    let inspector = trusting(&[&pki.root]).with_policy(Policy::new().max_path_depth(0));
    assert_eq!(told(&judge(&inspector, &[&direct.der], NOW)), NOTHING);
}

const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 0x23];
const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x24];

/// An extension changed, and what is told of it.
struct Change {
    oid: &'static [u8],
    /// Whether the new extension is critical, and its value; `None` takes it away.
    extension: Option<(bool, Vec<u8>)>,
    told: &'static str,
    /// Of which certificates it is told.
    of: &'static [Of],
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Of {
    Leaf,
    Intermediate,
    Anchor,
}

fn changes() -> Vec<Change> {
    use Of::{Anchor, Intermediate, Leaf};
    let change = |oid, extension, told, of| Change { oid, extension, told, of };
    let fields = |fields: &[Vec<u8>]| tlv(SEQUENCE, &fields.concat());
    let key = || tlv(0x80, &[7; 20]);
    let issuer = || tlv(0xa1, &tlv(0xa4, &tlv(SEQUENCE, &[])));
    let number = || tlv(0x82, &[7]);
    let excluded = |name: &[u8]| fields(&[tlv(0xa1, &tlv(SEQUENCE, &tlv(0x82, name)))]);
    let empty = fields(&[tlv(0xa0, &[]), tlv(0xa1, &[])]);
    let null = fields(&[tlv(0xa0, &[5, 0]), tlv(0xa1, &[5, 0])]);
    let all = &[Leaf, Intermediate, Anchor];
    vec![
        // A root may leave it out, as it is its own issuer.
        change(AUTHORITY_KEY_ID, None, "is missing", &[Leaf, Intermediate]),
        change(AUTHORITY_KEY_ID, Some((false, fields(&[]))), "holds no key identifier", all),
        change(
            AUTHORITY_KEY_ID,
            Some((false, fields(&[key(), issuer()]))),
            "names the issuer of the issuer's certificate",
            all,
        ),
        change(
            AUTHORITY_KEY_ID,
            Some((false, fields(&[key(), number()]))),
            "names the serial number of the issuer's certificate",
            all,
        ),
        change(
            AUTHORITY_KEY_ID,
            Some((false, fields(&[key()]))),
            "is not its subject key identifier",
            &[Anchor],
        ),
        // Only a CA's is looked for.
        change(SUBJECT_KEY_ID, None, "is missing", &[Intermediate, Anchor]),
        change(
            NAME_CONSTRAINTS,
            Some((true, excluded(b"evil.example"))),
            "stand in a certificate that is no CA's",
            &[Leaf],
        ),
        change(
            NAME_CONSTRAINTS,
            Some((false, excluded(b"evil.example"))),
            "are not marked critical",
            all,
        ),
        change(
            NAME_CONSTRAINTS,
            Some((true, excluded(b".evil.example"))),
            "hold a DNS name that begins with a full stop",
            all,
        ),
        change(NAME_CONSTRAINTS, Some((true, empty)), "neither permit nor exclude anything", all),
        // From an anchor with these webpki finds no path.
        change(
            NAME_CONSTRAINTS,
            Some((true, null)),
            "neither permit nor exclude anything",
            &[Leaf, Intermediate],
        ),
        change(
            POLICY_CONSTRAINTS,
            Some((false, fields(&[tlv(0x80, &[0])]))),
            "are not marked critical",
            all,
        ),
    ]
}

/// The root, the intermediate and the leaf of a PKI, one of them changed.
fn chain_with(pki: &Pki, leaf: &Issued, change: &Change, of: Of) -> [Vec<u8>; 3] {
    let changed = |der: &[u8], key: &KeyPair| {
        let bare = Anatomy::of(der).without_extension(change.oid);
        let changed = match &change.extension {
            Some((critical, value)) => bare.extension(change.oid, *critical, value),
            None => bare,
        };
        changed.signed_by(key).to_vec()
    };
    let (root, intermediate) = (&pki.root, &pki.intermediate);
    let mut chain = [root, intermediate, leaf].map(|issued| issued.der.to_vec());
    match of {
        Of::Anchor => chain[0] = changed(&root.der, &root.key),
        Of::Intermediate => chain[1] = changed(&intermediate.der, &root.key),
        Of::Leaf => chain[2] = changed(&leaf.der, &intermediate.key),
    }
    chain
}

/// OpenSSL, Go and rustls refuse these certificates, so nobody has to ask for it. Of the anchor
/// rustls sees nothing.
#[test]
fn a_critical_key_identifier_is_told_by_default() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let key_id =
        |der: &[u8]| Certificate::from_der(der).unwrap().subject_key_id().unwrap().to_vec();
    let (of_root, of_intermediate) = (key_id(&pki.root.der), key_id(&pki.intermediate.der));
    let authority = tlv(SEQUENCE, &tlv(0x80, &of_intermediate));
    let refused =
        |position| ["untrusted-path 0", position].map(|told| format!("failure {told}")).to_vec();
    let cases = [
        (AUTHORITY_KEY_ID, authority, Of::Leaf, refused("critical-key-identifier 0")),
        (
            SUBJECT_KEY_ID,
            tlv(OCTET_STRING, &of_intermediate),
            Of::Intermediate,
            refused("critical-key-identifier 1"),
        ),
        (
            SUBJECT_KEY_ID,
            tlv(OCTET_STRING, &of_root),
            Of::Anchor,
            vec!["warning anchor-nonconforming -".to_owned()],
        ),
    ];
    for (oid, value, of, expected) in cases {
        let change = Change { oid, extension: Some((true, value)), told: "", of: &[] };
        let [root, intermediate, leaf] = chain_with(&pki, &leaf, &change, of);
        let inspector = Inspector::new().with_anchors(TrustAnchors::from_der([root]).unwrap());
        let report = judge(&inspector, &[&leaf, &intermediate], NOW);
        assert_eq!(told(&report), expected, "{of:?}");
    }
}

/// RFC 5280 sections 4.2.1.1, 4.2.1.2, 4.2.1.10 and 4.2.1.11.
#[test]
fn the_baseline_requirements_look_at_every_certificate_and_at_the_anchors() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    for (number, change) in changes().iter().enumerate() {
        for of in [Of::Leaf, Of::Intermediate, Of::Anchor] {
            let [root, intermediate, leaf] = chain_with(&pki, &leaf, change, of);
            let sent = [&leaf, &intermediate];
            let inspector =
                Inspector::new().with_anchors(TrustAnchors::from_der([root.clone()]).unwrap());
            let by_default = judge(&inspector, &sent, NOW);
            let policy = Policy::new().baseline_requirements(Severity::Warning);
            let report = judge(&inspector.with_policy(policy), &sent, NOW);
            let is_baseline =
                |finding: &&Finding| Code::BASELINE_REQUIREMENTS.contains(&finding.code());
            assert_eq!(by_default.findings().iter().filter(is_baseline).count(), 0);

            let who = match of {
                Of::Leaf => "of the end-entity certificate (CN=example.com)",
                Of::Intermediate => "of certificate 1 (CN=Test Intermediate)",
                Of::Anchor => "of the trust anchor (CN=Test Root)",
            };
            let expected = format!("{who} {}", change.told);
            let mut baseline = report.findings().iter().filter(is_baseline);
            let told = baseline.any(|finding| finding.message().ends_with(&expected));
            assert_eq!(told, change.of.contains(&of), "{number} {of:?}: {report}");
        }
    }
}

/// A cross-certificate is the anchor, and does not say which key certified it: whoever does not know
/// it needs one that does.
#[test]
fn an_anchor_need_not_say_whose_it_is_where_its_twin_does() {
    let pki = Pki::new();
    let old = Draft::root("Old Root").issue();
    let cross = old.ca("Test Root").issue_for(pki.root.key.clone());
    let bare = Anatomy::of(&cross.der).without_extension(AUTHORITY_KEY_ID).signed_by(&old.key);
    let namesake = old.ca("Test Root").issue();
    let leaf = pki.leaf("example.com").issue();
    let inspector = Inspector::new()
        .with_anchors(TrustAnchors::from_der([bare.to_vec()]).unwrap())
        .with_policy(Policy::new().baseline_requirements(Severity::Warning));
    let missing = |beside: &[&[u8]]| {
        let sent = [&[&leaf.der[..], &pki.intermediate.der[..]], beside].concat();
        let report = judge(&inspector, &sent, NOW);
        let found = report.findings_with(Code::AuthorityKeyIdentifier);
        let of_the_anchor = found.filter(|finding| finding.position().is_none());
        of_the_anchor.map(Finding::message).collect::<Vec<_>>()
    };
    let told = ["the authority key identifier of the trust anchor (CN=Test Root) is missing"];
    assert_eq!(missing(&[]), told);
    assert_eq!(missing(&[&cross.der]), NOTHING);
    // One of another key is no twin, and one that does not say it either is of no use.
    assert_eq!(missing(&[&namesake.der]), told);
    assert_eq!(missing(&[&bare]), told);
}

#[test]
fn the_baseline_requirements_come_with_the_severity_that_was_asked_for() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let bare =
        Anatomy::of(&leaf.der).without_extension(AUTHORITY_KEY_ID).signed_by(&pki.intermediate.key);
    let judged = |policy: Policy| {
        let inspector = trusting(&[&pki.root]).with_policy(policy);
        told(&judge(&inspector, &[&bare, &pki.intermediate.der], NOW))
    };
    for severity in [Severity::Note, Severity::Warning, Severity::Critical, Severity::Failure] {
        let policy = Policy::new().baseline_requirements(severity);
        assert_eq!(judged(policy), [format!("{severity} authority-key-identifier 0")]);
    }
    // A code can be switched on by itself, and off again.
    let policy = Policy::new().severity(Code::AuthorityKeyIdentifier, Severity::Note);
    assert_eq!(judged(policy.clone()), ["note authority-key-identifier 0"]);
    assert_eq!(judged(policy.off(Code::AuthorityKeyIdentifier)), NOTHING);
    assert_eq!(judged(Policy::new().severity(Code::NameConstraints, Severity::Note)), NOTHING);
}
