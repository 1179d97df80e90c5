//! PKCS#12: what other programs wrote, what is made here by hand, and what is made to harm.

#![cfg(feature = "pkcs12")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::anatomy::{OID, SEQUENCE, tlv};
use common::corpora::corpus;
use common::pki::{Draft, Pki, at};
use notafter::source::{self, Found, Place, ProblemKind, ReadOptions, SkippedKind};
use notafter::target::Purpose;
use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain,
};
use proptest::prelude::*;
use rcgen::PublicKeyData as _;

const WIDGITS: &str = "O=Internet Widgits Pty Ltd,ST=Some-State,C=AU";
const EE: &str = "CN=Valid EE Certificate Test1,O=Test Certificates 2011,C=US";
const DK: &str = "emailAddress=...,CN=...,OU=...,O=...,L=K\u{c3}\u{b8}benhavn,ST=Hovedstaden,C=DK";

/// A file, the password, and the subject and notAfter of the certificate that its key is for.
type Row = (&'static str, Option<&'static str>, &'static str, &'static str);

#[rustfmt::skip]
const READ: &[Row] = &[
    ("boringssl/empty_password.p12", None, WIDGITS, "2014-05-23T23:21:57Z"),
    ("boringssl/empty_password_ber.p12", None, WIDGITS, "2014-05-23T23:21:57Z"),
    ("boringssl/empty_password_ber_nested.p12", Some(""), WIDGITS, "2014-05-23T23:21:57Z"),
    ("boringssl/no_encryption.p12", None, WIDGITS, "2014-05-23T23:21:57Z"),
    ("boringssl/no_encryption.p12", Some("foo"), WIDGITS, "2014-05-23T23:21:57Z"),
    ("boringssl/null_password.p12", None, WIDGITS, "2014-05-23T23:21:57Z"),
    ("boringssl/pbes2_sha1.p12", Some("foo"), WIDGITS, "2017-08-18T19:24:30Z"),
    ("rustcrypto/example4.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example5.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example8.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example9.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example13.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example14.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("boringssl/nss.p12", Some("foo"), WIDGITS, "2017-08-18T19:24:30Z"),
    ("boringssl/openssl.p12", Some("foo"), WIDGITS, "2017-08-18T19:24:30Z"),
    ("boringssl/pbes2_sha256.p12", Some("foo"), WIDGITS, "2016-08-08T04:38:09Z"),
    ("boringssl/unicode_password.p12", Some("Hello, \u{4e16}\u{754c}"), WIDGITS, "2014-05-23T23:21:57Z"),
    ("boringssl/windows.p12", Some("foo"), "CN=agl", "2114-07-27T23:46:20Z"),
    ("rustcrypto/ValidCertificatePathTest1EE.p12", Some("password"), EE, "2030-12-31T08:30:00Z"),
    ("rustcrypto/ValidCertificatePathTest1EE_macos.p12", Some("password"), EE, "2030-12-31T08:30:00Z"),
    ("rustcrypto/ValidCertificatePathTest1EE_windows_aes.p12.pfx", Some("password"), EE, "2030-12-31T08:30:00Z"),
    ("rustcrypto/ValidCertificatePathTest1EE_windows_tdes.p12.pfx", Some("password"), EE, "2030-12-31T08:30:00Z"),
    ("rustcrypto/example.pfx", None, DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example11.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example12.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example17.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example2.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example3.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example6.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
    ("rustcrypto/example7.pfx", Some("1234"), EE, "2030-12-31T08:30:00Z"),
];

/// Those of 600,000 iterations, which take a while.
#[rustfmt::skip]
const READ_SLOWLY: &[Row] = &[
    ("rustcrypto/ValidCertificatePathTest1EE_firefox.p12", Some("password"), EE, "2030-12-31T08:30:00Z"),
    ("rustcrypto/example10.pfx", Some("1234"), DK, "2024-01-03T17:20:50Z"),
];

/// One holds a certificate and no key, the other a key and no certificate.
const HALVES: [&str; 2] = ["rustcrypto/example15.pfx", "rustcrypto/example16.pfx"];

const BAD: &[(&str, &str)] = &[
    ("boringssl/bad1.p12", "can't be read as PKCS#12: the authSafe ends early"),
    ("boringssl/bad2.p12", "can't be read as PKCS#12: a content ends early"),
    ("boringssl/bad3.p12", "can't be read as PKCS#12: a content ends early"),
];

#[test]
fn what_other_programs_write_is_read() {
    if let Some(folder) = corpus("pkcs12") {
        READ.iter().for_each(|row| assert_is_read(&folder, row));
    }
}

#[test]
fn what_takes_many_iterations_is_read() {
    if let Some(folder) = corpus("pkcs12") {
        READ_SLOWLY.iter().for_each(|row| assert_is_read(&folder, row));
    }
}

#[test]
fn what_is_broken_is_told_and_every_file_has_its_row() {
    let Some(folder) = corpus("pkcs12") else {
        return;
    };
    for (file, reason) in BAD {
        let found = read(file, &std::fs::read(folder.join(file)).unwrap(), None);
        assert!(found.chains.is_empty());
        assert_eq!(problems(&found), [format!("{file}: {reason}")]);
    }
    let [certificate, key] =
        HALVES.map(|file| read("x", &std::fs::read(folder.join(file)).unwrap(), Some("1234")));
    assert_eq!(certificate.chains.len(), 1);
    assert_eq!(certificate.chains[0].subject().public_key(), None);
    assert!(key.chains.is_empty() && key.problems.is_empty());
    assert_eq!(key.skipped[0].kind, SkippedKind::PrivateKey);
    let mut known: Vec<_> = READ.iter().chain(READ_SLOWLY).map(|row| row.0).collect();
    known.extend(BAD.iter().map(|row| row.0).chain(HALVES));
    let mut count = 0;
    for part in ["boringssl", "rustcrypto"] {
        for file in std::fs::read_dir(folder.join(part)).unwrap() {
            let name = format!("{part}/{}", file.unwrap().file_name().display());
            if name.ends_with(".p12") || name.ends_with(".pfx") {
                assert!(known.contains(&&*name), "{name}");
                count += 1;
            }
        }
    }
    assert_eq!(count, 36);
}

#[track_caller]
fn assert_is_read(folder: &Path, (file, password, subject, not_after): &Row) {
    let found = read(file, &std::fs::read(folder.join(file)).unwrap(), *password);
    let [chain] = &found.chains[..] else { panic!("{found:?}") };
    let certificate = chain.chain().end_entity().certificate().unwrap();
    assert_eq!(certificate.subject().to_string(), *subject, "{file}");
    assert_eq!(certificate.validity().not_after, at(not_after), "{file}");
    assert_eq!(chain.subject().public_key(), Some(certificate.public_key().spki()), "{file}");
    assert_eq!(problems(&found), [""; 0]);
}

#[test]
fn a_wrong_password_is_told_once() {
    let pki = Pki::new();
    let file = encrypted(&pki, "changeit", EncryptionAlgorithm::PbeWithHmacSha256AndAes256);
    assert_eq!(problems(&read("a.p12", &file, Some("wrong"))), ["a.p12: the password is wrong"]);
    let needs = "a.p12: needs a password, and none was given";
    assert_eq!(problems(&read("a.p12", &file, None)), [needs]);
    assert!(read("a.p12", &file, None).chains.is_empty());
    // What is authenticated, and not encrypted, is still shown.
    let Some(folder) = corpus("pkcs12") else {
        return;
    };
    let file = std::fs::read(folder.join("boringssl/no_encryption.p12")).unwrap();
    let found = read("a.p12", &file, Some("wrong"));
    assert_eq!(
        (found.chains.len(), problems(&found)),
        (1, vec!["a.p12: the password is wrong".into()])
    );
}

#[test]
fn the_password_is_asked_for_by_the_place() {
    let pki = Pki::new();
    let file = encrypted(&pki, "changeit", EncryptionAlgorithm::PbeWithHmacSha256AndAes256);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let options = ReadOptions::new().password_with(move |locator| {
        count.fetch_add(1, Ordering::Relaxed);
        (locator.source() == "a.p12").then(|| "changeit".to_owned())
    });
    assert_eq!(source::read("a.p12", &file, &options).chains.len(), 2);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(source::read("b.p12", &file, &options).chains.len(), 0);
}

#[test]
fn each_scheme_is_opened() {
    let pki = Pki::new();
    for scheme in [
        EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
        EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
        EncryptionAlgorithm::PbeWithShaAnd40BitRc4Cbc,
    ] {
        let found = read("a.p12", &encrypted(&pki, "changeit", scheme), Some("changeit"));
        let mut told = told(&found);
        told.sort();
        let expected = [
            ("a.p12, alias \"anchor\"".to_owned(), 1, "ca".to_owned()),
            ("a.p12, alias \"web\"".to_owned(), 2, "server".to_owned()),
        ];
        assert_eq!(told, expected, "{scheme:?}");
        assert_eq!(problems(&found), [""; 0]);
    }
}

#[test]
fn a_key_belongs_to_the_certificate_of_its_id() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let other = pki.leaf("other.example").issue();
    let key = leaf.key.serialize_der();
    // As the file says, whatever the keys say.
    let file = pfx(&[plain(&[
        key_bag(&key, &[name("web"), id(1)]),
        cert_bag(&other.der, &[id(1)]),
        cert_bag(&pki.intermediate.der, &[]),
    ])]);
    let found = read("a.p12", &file, None);
    assert_eq!(told(&found), [("a.p12, alias \"web\"".to_owned(), 2, "server".to_owned())]);
    let public = leaf.key.subject_public_key_info();
    assert_eq!(found.chains[0].subject().public_key(), Some(&*public));
    assert_eq!(found.chains[0].locator().places(), [Place::Alias("web".to_owned())]);

    // By the name, where there is no id; by the keys, where there is neither.
    for attributes in [&[name("web")][..], &[]] {
        let file = pfx(&[plain(&[
            cert_bag(&other.der, &[]),
            cert_bag(&leaf.der, attributes),
            key_bag(&key, attributes),
        ])]);
        let found = read("a.p12", &file, None);
        let keys: Vec<_> = found.chains.iter().map(|it| it.subject().public_key()).collect();
        assert_eq!(keys, [None, Some(&*public)]);
        assert_eq!(problems(&found), [""; 0]);
    }
}

#[test]
fn a_chain_whose_certificates_share_an_id_is_one_chain() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let file = pfx(&[plain(&[
        cert_bag(&pki.intermediate.der, &[id(1)]),
        cert_bag(&leaf.der, &[id(1)]),
        key_bag(&leaf.key.serialize_der(), &[id(1)]),
    ])]);
    let found = read("a.p12", &file, None);
    assert_eq!(ders(&found), [[&*leaf.der, &*pki.intermediate.der]]);
}

#[test]
fn bags_have_no_order() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let contents = [
        plain(&[cert_bag(&pki.root.der, &[]), cert_bag(&pki.intermediate.der, &[])]),
        plain(&[cert_bag(&leaf.der, &[])]),
    ];
    let found = read("a.p12", &pfx(&contents), None);
    assert_eq!(ders(&found), [[&*leaf.der, &*pki.root.der, &*pki.intermediate.der]]);
    assert_eq!(found.chains[0].locator().to_string(), "a.p12");
}

#[test]
fn two_keys_are_two_chains() {
    let pki = Pki::new();
    let web = pki.leaf("web.example").issue();
    let mail = pki.leaf("mail.example").issue();
    let file = pfx(&[
        plain(&[
            cert_bag(&web.der, &[name("web"), id(1)]),
            cert_bag(&pki.intermediate.der, &[]),
            cert_bag(&mail.der, &[name("mail"), id(2)]),
        ]),
        plain(&[
            key_bag(&mail.key.serialize_der(), &[id(2)]),
            key_bag(&web.key.serialize_der(), &[id(1)]),
        ]),
    ]);
    let found = read("a.p12", &file, None);
    let ca = &*pki.intermediate.der;
    assert_eq!(ders(&found), [[&*web.der, ca], [&*mail.der, ca]]);
    let keys: Vec<_> = found.chains.iter().filter_map(|it| it.subject().public_key()).collect();
    assert_eq!(keys, [web.key.subject_public_key_info(), mail.key.subject_public_key_info()]);
}

#[test]
fn what_java_trusts_stands_for_itself() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let peer = Draft::self_signed("peer.example").issue();
    let file = pfx(&[plain(&[
        cert_bag(&leaf.der, &[name("web"), id(1)]),
        cert_bag(&pki.root.der, &[name("anchor"), trusted()]),
        cert_bag(&peer.der, &[name("peer"), trusted()]),
        key_bag(&leaf.key.serialize_der(), &[id(1)]),
    ])]);
    let mut told = told(&read("a.p12", &file, None));
    told.sort();
    assert_eq!(
        told,
        [
            ("a.p12, alias \"anchor\"".to_owned(), 1, "ca".to_owned()),
            ("a.p12, alias \"peer\"".to_owned(), 1, "server".to_owned()),
            ("a.p12, alias \"web\"".to_owned(), 1, "server".to_owned()),
        ],
    );
}

#[test]
fn a_store_of_anchors_alone_is_read() {
    let pki = Pki::new();
    let file = pfx(&[plain(&[cert_bag(&pki.root.der, &[]), cert_bag(&pki.intermediate.der, &[])])]);
    let found = read("a.p12", &file, None);
    let expected = [
        ("a.p12, certificate 1".to_owned(), 1, "ca".to_owned()),
        ("a.p12, certificate 2".to_owned(), 1, "ca".to_owned()),
    ];
    assert_eq!(told(&found), expected);
    assert_eq!(found.chains[0].subject().purpose(), Purpose::Ca);
}

#[test]
fn a_broken_part_takes_no_other_with_it() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let unknown = tlv(SEQUENCE, &[tlv(OID, ENVELOPED), tlv(0xa0, &[])].concat());
    let file = pfx(&[
        unknown,
        plain(&[cert_bag(&tlv(SEQUENCE, &[5, 0]), &[name("odd")]), cert_bag(&leaf.der, &[])]),
        plain(&[tlv(SEQUENCE, &tlv(OID, &[1]))]),
        plain(&[bag(SECRET_BAG, &[], &[]), bag(CRL_BAG, &[], &[])]),
        encrypted_content(&tlv(SEQUENCE, &tlv(OID, ENVELOPED))),
        plain(&[cert_bag(&pki.intermediate.der, &[])]),
    ]);
    let found = read("a.p12", &file, None);
    assert_eq!(ders(&found), [[&*leaf.der, &*pki.intermediate.der]]);
    assert_eq!(
        problems(&found),
        [
            "a.p12: can't be read as PKCS#12: a content is of the type 1.2.840.113549.1.7.3",
            "a.p12: can't be read as PKCS#12: a bag ends early",
            "a.p12: can't be read as PKCS#12: it is encrypted by the algorithm \
             1.2.840.113549.1.7.3, which is not known here",
            "a.p12, alias \"odd\": is no certificate: tbsCertificate: \
             is not of the type that belongs there",
        ],
    );
    let skipped: Vec<_> = found.skipped.iter().map(|it| it.kind).collect();
    assert_eq!(skipped, [SkippedKind::Other, SkippedKind::RevocationList]);
}

#[test]
fn keys_that_tell_nothing_are_problems_beside_the_certificates() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let other = pki.leaf("other.example").issue();
    let x25519 = [tlv(2, &[0]), tlv(SEQUENCE, &tlv(OID, &[0x2b, 0x65, 0x6e])), tlv(4, &[])];
    let sealed = [pbes2(HMAC_SHA256, &[0, 1]), tlv(4, &[7; 16])].concat();
    let file = pfx(&[plain(&[
        cert_bag(&leaf.der, &[name("web")]),
        key_bag(&tlv(SEQUENCE, &x25519.concat()), &[name("curve")]),
        bag(SHROUDED_KEY_BAG, &tlv(SEQUENCE, &sealed), &[name("sealed")]),
        cert_bag(&other.der, &[]),
        key_bag(&Draft::root("x").issue().key.serialize_der(), &[name("stray")]),
    ])]);
    let found = read("a.p12", &file, None);
    assert_eq!(found.chains.len(), 2);
    assert_eq!(
        problems(&found),
        [
            "a.p12, alias \"curve\": the private key can't be read: \
             is for the algorithm 1.3.101.110, whose keys are not known here",
            "a.p12, alias \"stray\": the private key belongs to none of the certificates",
            "a.p12, alias \"sealed\": the private key is encrypted, \
             so it can't be held against the certificates",
        ],
    );
    assert_eq!(problems(&read("a.p12", &file, Some("x")))[1], "a.p12: the password is wrong");
}

#[test]
fn what_would_take_forever_is_refused() {
    let limit = 1_000_000;
    let too_many = |size| ProblemKind::TooLarge { what: "iterations", size: Some(size), limit };
    let kinds = |file: &[u8]| {
        let found = read("a.p12", file, Some("x"));
        found.problems.into_iter().map(|it| it.kind().clone()).collect::<Vec<_>>()
    };
    let count = [0x7f, 0xff, 0xff, 0xff];
    let pbes1 = [tlv(4, &[1; 8]), tlv(2, &count)].concat();
    let pbes1 = tlv(SEQUENCE, &[tlv(OID, PBE_3DES), tlv(SEQUENCE, &pbes1)].concat());
    for algorithm in [pbes1, pbes2(HMAC_SHA256, &count)] {
        let file = pfx(&[encrypted_content(&algorithm)]);
        assert_eq!(kinds(&file), [too_many(2_147_483_647)]);
        let key = tlv(SEQUENCE, &[algorithm, tlv(4, &[7; 16])].concat());
        let file = pfx(&[plain(&[bag(SHROUDED_KEY_BAG, &key, &[])])]);
        assert_eq!(kinds(&file), [too_many(2_147_483_647)]);
    }
    // Below 0, and above all numbers.
    let file = pfx(&[encrypted_content(&pbes2(HMAC_SHA256, &[0xff]))]);
    assert_eq!(kinds(&file), [too_many(u64::MAX)]);
    let file = pfx(&[encrypted_content(&pbes2(HMAC_SHA256, &[1; 9]))]);
    assert_eq!(kinds(&file), [too_many(u64::MAX)]);
    // A gigabyte of memory for scrypt.
    let file = pfx(&[encrypted_content(&scrypt(&[0x10, 0, 0], &[8]))]);
    assert_eq!(kinds(&file), [too_many(4_194_304)]);

    let mac = mac(&count);
    let file = tlv(SEQUENCE, &[tlv(2, &[3]), auth_safe(&[plain(&[])]), mac].concat());
    assert_eq!(kinds(&file)[0], too_many(2_147_483_647));
}

#[test]
fn many_that_take_long_are_refused_together() {
    // Each of them may be derived, and all of them would take minutes. None is: the algorithm that
    // follows the derivation is none.
    let content = encrypted_content(&pbes2_for(ENVELOPED, HMAC_SHA256, &[0x0f, 0x42, 0x40]));
    let found = read("a.p12", &pfx(&vec![content; 21]), None);
    let limit = 20_000_000;
    let too_many = ProblemKind::TooLarge { what: "iterations", size: None, limit };
    assert_eq!(found.problems.last().unwrap().kind(), &too_many);
    let too_many = "a.p12: has more than 20000000 iterations, which is the limit";
    assert_eq!(problems(&found), ["a.p12: needs a password, and none was given", too_many]);
}

#[test]
fn deep_nesting_takes_no_stack() {
    let deep = [0x30, 0x80].repeat(1_000_000);
    let closed = [deep.clone(), vec![0; 2_000_000]].concat();
    let strings = [[0x24, 0x80].repeat(1_000_000), vec![0; 2_000_000]].concat();
    let mut levels = Vec::new();
    for _ in 0..2_000 {
        levels = tlv(SEQUENCE, &levels);
    }
    let head = [tlv(2, &[3]), tlv(SEQUENCE, &[tlv(OID, DATA), tlv(0xa0, &strings)].concat())];
    for file in [
        [&[0x30, 0x80, 2, 1, 3], &deep[..]].concat(),
        tlv(SEQUENCE, &[&tlv(2, &[3]), &closed[..]].concat()),
        tlv(SEQUENCE, &head.concat()),
        pfx(&[plain(&[cert_bag(&levels, &[])])]),
        pfx(&[encrypted_content(&tlv(SEQUENCE, &[tlv(OID, PBE_3DES), levels.clone()].concat()))]),
    ] {
        let found = source::read_as(source::Format::Pkcs12, "a.p12", &file, &ReadOptions::new());
        assert!(found.chains.is_empty() && !found.problems.is_empty(), "{found:?}");
    }
}

#[test]
fn files_without_certificates_are_told() {
    for file in [pfx(&[]), pfx(&[plain(&[])])] {
        assert_eq!(problems(&read("a.p12", &file, None)), ["a.p12: holds no certificate"]);
    }
    let other = tlv(SEQUENCE, &[tlv(2, &[3]), tlv(SEQUENCE, &signed())].concat());
    let reason = "the authSafe is of the type 1.2.840.113549.1.7.2";
    let expected = [format!("a.p12: can't be read as PKCS#12: {reason}")];
    assert_eq!(problems(&read("a.p12", &other, None)), expected);
}

fn signed() -> Vec<u8> {
    [tlv(OID, &[&DATA[..8], &[2]].concat()), tlv(0xa0, &[])].concat()
}

#[cfg(feature = "fetch")]
#[test]
#[ignore = "needs Debian's openssl"]
fn what_openssl_exports_is_read() {
    use std::process::Command;

    use common::process::Scratch;

    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let files = Scratch::new();
    files.file("chain.pem", leaf.pem() + &pki.intermediate.pem());
    files.file("key.pem", leaf.key_pem());
    files.file("roots.pem", pki.root.pem() + &pki.intermediate.pem());
    let export = |arguments: &str, input: &str| {
        let output = Command::new("openssl")
            .args(["pkcs12", "-export", "-passout", "pass:changeit", "-in"])
            .arg(files.path(input))
            .args(arguments.split_whitespace())
            .args(["-inkey".as_ref(), files.path("key.pem").as_os_str()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        read("a.p12", &output.stdout, Some("changeit"))
    };
    let found = export("-name web", "chain.pem");
    assert_eq!(ders(&found), [[&*leaf.der, &*pki.intermediate.der]]);
    assert_eq!(found.chains[0].locator().to_string(), "a.p12, alias \"web\"");
    assert_eq!(problems(&found), [""; 0]);
    for options in ["-certpbe NONE -keypbe NONE", "-nomac", "-macalg sha512"] {
        let found = export(options, "chain.pem");
        assert_eq!(ders(&found), [[&*leaf.der, &*pki.intermediate.der]], "{options}");
        assert_eq!(problems(&found), [""; 0], "{options}");
    }
    let found = export("-nokeys -caname first", "roots.pem");
    assert_eq!(ders(&found), [[&*pki.root.der], [&*pki.intermediate.der]]);
    assert_eq!(problems(&found), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_is_put_in_comes_out(
        names in prop::collection::vec("[a-z]{1,8}", 1..4),
        password in "[ -~\u{e4}\u{4e16}]{0,8}",
    ) {
        let mut store = KeyStore::new();
        let mut expected = Vec::new();
        for (number, name) in names.iter().enumerate() {
            let leaf = Draft::self_signed("example.com").issue();
            let alias = format!("{name} {number}");
            store.add_entry(&alias, chain(&leaf, &[&leaf.der]));
            expected.push((format!("a.p12, alias \"{alias}\""), leaf.der.to_vec()));
        }
        let file = store.writer(&password).encryption_iterations(2).mac_iterations(2).write().unwrap();
        let found = read("a.p12", &file, Some(&password));
        let mut read: Vec<_> = found
            .chains
            .iter()
            .map(|it| (it.locator().to_string(), it.chain().end_entity().der().to_vec()))
            .collect();
        read.sort();
        expected.sort();
        prop_assert_eq!(read, expected);
        prop_assert_eq!(problems(&found), [""; 0]);
    }

    #[test]
    fn a_damaged_file_panics_nowhere(position: prop::sample::Index, octet: u8) {
        let mut file = pfx(&[
            encrypted_content(&pbes2(HMAC_SHA256, &[2])),
            plain(&[cert_bag(&[0x30, 0], &[name("x"), id(1), trusted()])]),
        ]);
        let position = position.index(file.len());
        file[position] = octet;
        let found = source::read_as(source::Format::Pkcs12, "a.p12", &file, &ReadOptions::new());
        prop_assert!(found.chains.is_empty());
        prop_assert!(!found.problems.is_empty());
    }
}

/// A key with its chain, and a trusted certificate, as Java has them.
fn encrypted(pki: &Pki, password: &str, scheme: EncryptionAlgorithm) -> Vec<u8> {
    let leaf = pki.leaf("example.com").issue();
    let mut store = KeyStore::new();
    store.add_entry("web", chain(&leaf, &[&leaf.der, &pki.intermediate.der]));
    let anchor = Certificate::from_der(&pki.root.der).unwrap();
    store.add_entry("anchor", KeyStoreEntry::Certificate(anchor));
    let writer = store.writer(password).encryption_algorithm(scheme);
    writer.encryption_iterations(2).mac_iterations(2).write().unwrap()
}

fn chain(leaf: &common::pki::Issued, ders: &[&[u8]]) -> KeyStoreEntry {
    let key = PrivateKey::from_der(&leaf.key.serialize_der()).unwrap();
    let chain = ders.iter().map(|der| Certificate::from_der(der).unwrap());
    let id = leaf.der[leaf.der.len() - 20..].to_vec();
    KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(id, key, chain))
}

/// A file that is not authenticated.
fn pfx(contents: &[Vec<u8>]) -> Vec<u8> {
    tlv(SEQUENCE, &[tlv(2, &[3]), auth_safe(contents)].concat())
}

fn auth_safe(contents: &[Vec<u8>]) -> Vec<u8> {
    let safe = tlv(4, &tlv(SEQUENCE, &contents.concat()));
    tlv(SEQUENCE, &[tlv(OID, DATA), tlv(0xa0, &safe)].concat())
}

fn mac(iterations: &[u8]) -> Vec<u8> {
    let sha256 = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
    let info = [tlv(SEQUENCE, &tlv(OID, sha256)), tlv(4, &[0; 32])].concat();
    tlv(SEQUENCE, &[tlv(SEQUENCE, &info), tlv(4, &[1; 8]), tlv(2, iterations)].concat())
}

fn plain(bags: &[Vec<u8>]) -> Vec<u8> {
    let bags = tlv(4, &tlv(SEQUENCE, &bags.concat()));
    tlv(SEQUENCE, &[tlv(OID, DATA), tlv(0xa0, &bags)].concat())
}

fn encrypted_content(algorithm: &[u8]) -> Vec<u8> {
    let info = tlv(SEQUENCE, &[&tlv(OID, DATA), algorithm, &tlv(0x80, &[7; 16])].concat());
    let data = tlv(SEQUENCE, &[tlv(2, &[0]), info].concat());
    tlv(SEQUENCE, &[tlv(OID, ENCRYPTED), tlv(0xa0, &data)].concat())
}

fn cert_bag(der: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    let x509 = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];
    let value = tlv(SEQUENCE, &[tlv(OID, x509), tlv(0xa0, &tlv(4, der))].concat());
    bag(3, &value, attributes)
}

fn key_bag(pkcs8: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    bag(1, pkcs8, attributes)
}

fn bag(kind: u8, value: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, kind];
    let fields = [tlv(OID, &oid), tlv(0xa0, value), tlv(0x31, &attributes.concat())];
    tlv(SEQUENCE, &fields.concat())
}

fn name(name: &str) -> Vec<u8> {
    let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
    attribute(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x14], &tlv(0x1e, &units))
}

fn id(id: u8) -> Vec<u8> {
    attribute(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x15], &tlv(4, &[id]))
}

fn trusted() -> Vec<u8> {
    let any_usage = tlv(OID, &[0x55, 0x1d, 0x25, 0x00]);
    let oracle = [0x60, 0x86, 0x48, 0x01, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 0x01, 0x01];
    attribute(&oracle, &any_usage)
}

fn attribute(oid: &[u8], value: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[tlv(OID, oid), tlv(0x31, value)].concat())
}

fn pbes2(prf: &[u8], iterations: &[u8]) -> Vec<u8> {
    pbes2_for(AES_256_CBC, prf, iterations)
}

fn pbes2_for(cipher: &[u8], prf: &[u8], iterations: &[u8]) -> Vec<u8> {
    let prf = tlv(SEQUENCE, &[tlv(OID, prf), tlv(5, &[])].concat());
    kdf(PBKDF2, &[tlv(4, &[1; 8]), tlv(2, iterations), prf].concat(), cipher)
}

fn scrypt(cost: &[u8], block_size: &[u8]) -> Vec<u8> {
    let oid = [0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b];
    let params = [tlv(4, &[1; 8]), tlv(2, cost), tlv(2, block_size), tlv(2, &[1])];
    kdf(&oid, &params.concat(), AES_256_CBC)
}

fn kdf(oid: &[u8], params: &[u8], cipher: &[u8]) -> Vec<u8> {
    let kdf = tlv(SEQUENCE, &[tlv(OID, oid), tlv(SEQUENCE, params)].concat());
    let cipher = tlv(SEQUENCE, &[tlv(OID, cipher), tlv(4, &[2; 16])].concat());
    tlv(SEQUENCE, &[tlv(OID, PBES2), tlv(SEQUENCE, &[kdf, cipher].concat())].concat())
}

fn read(source: &str, bytes: &[u8], password: Option<&str>) -> Found {
    let options = match password {
        Some(password) => ReadOptions::new().password(password),
        None => ReadOptions::new(),
    };
    source::read(source, bytes, &options)
}

fn told(found: &Found) -> Vec<(String, usize, String)> {
    let chains = found.chains.iter();
    chains
        .map(|it| {
            let (entries, purpose) = (it.chain().entries().len(), it.subject().purpose());
            (it.locator().to_string(), entries, purpose.to_string())
        })
        .collect()
}

fn ders(found: &Found) -> Vec<Vec<Vec<u8>>> {
    let chains = found.chains.iter().map(|chain| chain.chain().entries());
    chains.map(|entries| entries.iter().map(|entry| entry.der().to_vec()).collect()).collect()
}

fn problems(found: &Found) -> Vec<String> {
    found.problems.iter().map(ToString::to_string).collect()
}

const SHROUDED_KEY_BAG: u8 = 2;
const CRL_BAG: u8 = 4;
const SECRET_BAG: u8 = 5;
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const ENVELOPED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03];
const ENCRYPTED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
const PBE_3DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03];
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
const HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09];
const AES_256_CBC: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];
