//! Key stores of Java: JKS and JCEKS, made here by hand and by Java itself.

#![cfg(feature = "jks")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{SEQUENCE, tlv};
use common::pki::{Draft, Pki};
use notafter::source::{self, Found, Place, ReadOptions, SkippedKind};
use notafter::target::Purpose;
use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair};

#[test]
fn chains_of_keys_and_trusted_certificates_are_found_by_their_aliases() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let peer = Draft::self_signed("peer.example").issue();
    for (magic, version) in [(JKS, 1), (JKS, 2), (JCEKS, 2)] {
        let mut store = Store::new(magic, version);
        store.key("web", &[&leaf.der, &pki.intermediate.der]);
        store.trusted("anchor", &pki.root.der);
        store.trusted("peer", &peer.der);
        let found = read(&store.sealed("changeit"), None);
        assert_eq!(
            told(&found),
            [
                ("store.jks, alias \"web\"".to_owned(), 2, Purpose::Server),
                ("store.jks, alias \"anchor\"".to_owned(), 1, Purpose::Ca),
                ("store.jks, alias \"peer\"".to_owned(), 1, Purpose::Server),
            ],
        );
        let expected = [&*leaf.der, &*pki.intermediate.der, &*pki.root.der, &*peer.der];
        assert_eq!(ders(&found), expected, "{magic:x?} {version}");
        assert_eq!(found.chains[0].locator().places(), [Place::Alias("web".to_owned())]);
        assert_eq!(problems(&found), [""; 0]);
        let [skipped] = &found.skipped[..] else { panic!("{found:?}") };
        assert_eq!(skipped.kind, SkippedKind::PrivateKey);
        assert_eq!(skipped.locator.to_string(), "store.jks, alias \"web\"");
    }
}

#[test]
fn an_authority_is_one_with_its_key_and_one_that_may_certify_nothing_is_a_server() {
    let authority = Draft::root("CA").issue();
    let server = Draft::root("localhost").with(|params| params.key_usages.clear()).issue();
    let mut store = Store::new(JKS, 2);
    store.key("ca", &[&authority.der]);
    store.key("web", &[&server.der]);
    let found = read(&store.sealed(""), None);
    let purposes: Vec<_> = found.chains.iter().map(|it| it.subject().purpose()).collect();
    assert_eq!(purposes, [Purpose::Ca, Purpose::Server]);
}

#[test]
fn a_wrong_password_is_told_beside_the_certificates() {
    let pki = Pki::new();
    let mut store = Store::new(JKS, 2);
    store.trusted("anchor", &pki.root.der);
    let bytes = store.sealed("z\u{fc}rich \u{1f600}");
    let found = read(&bytes, Some("z\u{fc}rich \u{1f600}"));
    assert_eq!((found.chains.len(), problems(&found)), (1, vec![]));
    let found = read(&bytes, Some("changeit"));
    assert_eq!(problems(&found), ["store.jks: the password is wrong"]);
    assert_eq!(ders(&found), [&*pki.root.der]);
    // A digest that is not all there is that of no password.
    let found = read(&bytes[..bytes.len() - 1], Some("z\u{fc}rich \u{1f600}"));
    assert_eq!(problems(&found), ["store.jks: the password is wrong"]);
    assert_eq!(ders(&found), [&*pki.root.der]);
}

#[test]
fn an_alias_that_is_there_twice_is_told_by_its_place() {
    let pki = Pki::new();
    let mut store = Store::new(JKS, 2);
    store.trusted("ca", &pki.root.der);
    let second = store.bytes.len();
    store.trusted("ca", &pki.intermediate.der);
    let found = read(&store.sealed(""), None);
    let locators: Vec<_> = found.chains.iter().map(|it| it.locator().to_string()).collect();
    let again = format!("store.jks, alias \"ca\", byte {second}");
    assert_eq!(locators, ["store.jks, alias \"ca\"".to_owned(), again]);
}

#[test]
fn a_broken_certificate_takes_no_other_with_it() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let broken = tlv(SEQUENCE, &[5, 0]);
    let mut store = Store::new(JKS, 2);
    store.key("web", &[&leaf.der, &broken, &pki.intermediate.der]);
    store.key("headless", &[&broken, &pki.intermediate.der]);
    store.trusted("none", &broken);
    store.trusted("anchor", &pki.root.der);
    let found = read(&store.sealed(""), None);
    let expected = [&*leaf.der, &*pki.intermediate.der, &*pki.intermediate.der, &*pki.root.der];
    assert_eq!(ders(&found), expected);
    let purposes: Vec<_> = found.chains.iter().map(|it| it.subject().purpose()).collect();
    assert_eq!(purposes, [Purpose::Server, Purpose::Ca, Purpose::Ca]);
    let is_none = "is no certificate: tbsCertificate: is not of the type that belongs there";
    assert_eq!(
        problems(&found),
        [
            format!("store.jks, alias \"web\", certificate 2: {is_none}"),
            format!("store.jks, alias \"headless\", certificate 1: {is_none}"),
            format!("store.jks, alias \"none\": {is_none}"),
        ],
    );
}

#[test]
fn certificates_of_another_type_are_skipped() {
    let pki = Pki::new();
    let mut store = Store::new(JKS, 2);
    store.entry(2, "pgp");
    store.text("OpenPGP");
    store.sized(&[1, 2, 3]);
    store.trusted("anchor", &pki.root.der);
    let found = read(&store.sealed(""), None);
    assert_eq!(ders(&found), [&*pki.root.der]);
    assert_eq!(found.skipped[0].kind, SkippedKind::Other);
}

#[test]
fn aliases_are_in_the_utf8_of_java() {
    let pki = Pki::new();
    let mut store = Store::new(JKS, 2);
    store.entry(2, "");
    store.bytes.truncate(store.bytes.len() - 10);
    // U+0000, and U+1F600 as its two surrogates; then a sequence that is none.
    let alias = b"z\xc3\xbc\xc0\x80\xed\xa0\xbd\xed\xb8\x80\xff";
    store.bytes.extend_from_slice(&[0, 12]);
    store.bytes.extend_from_slice(alias);
    store.bytes.extend_from_slice(&[0; 8]);
    store.certificate(&pki.root.der);
    let found = read(&store.sealed(""), None);
    let alias = "z\u{fc}\0\u{1f600}\u{fffd}";
    assert_eq!(found.chains[0].locator().places(), [Place::Alias(alias.to_owned())]);
}

#[test]
fn secret_keys_are_stepped_over() {
    let pki = Pki::new();
    let mut store = Store::new(JCEKS, 2);
    store.secret(
        "aes",
        &[SEALED, &[0, 0, 0, 2, 7, 7], b"uq\0~\0\x05\0\0\0\x01\x09t\0\x01xq\0~\0\x07"],
    );
    store.trusted("anchor", &pki.root.der);
    let found = read(&store.sealed(""), None);
    assert_eq!(ders(&found), [&*pki.root.der]);
    assert_eq!(found.skipped[0].locator.to_string(), "store.jks, alias \"aes\"");
    assert_eq!(found.skipped[0].kind, SkippedKind::Other);
    assert_eq!(problems(&found), [""; 0]);
}

#[test]
fn a_secret_key_of_another_class_ends_the_reading() {
    let pki = Pki::new();
    for object in [
        &[&b"\xac\xed\0\x05sr\0\x01x"[..]][..],
        &[SEALED, &[0, 0, 0, 0], b"uq\0~\0\x06"],
        &[SEALED, &[0, 0, 0, 0], b"uq\0~\0\x05\0\0\0\0p"],
    ] {
        let mut store = Store::new(JCEKS, 2);
        store.trusted("before", &pki.root.der);
        store.secret("aes", object);
        store.trusted("behind", &pki.intermediate.der);
        let found = read(&store.sealed(""), None);
        assert_eq!(ders(&found), [&*pki.root.der]);
        let [problem] = &problems(&found)[..] else { panic!("{found:?}") };
        assert!(problem.starts_with("store.jks, alias \"aes\", byte "), "{problem}");
        let why = ": can't be read as JKS: has a secret key that can't be stepped over";
        assert!(problem.ends_with(why), "{problem}");
    }
}

#[test]
fn where_a_store_ends_early_the_entries_before_stand() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let mut store = Store::new(JKS, 2);
    store.trusted("anchor", &pki.root.der);
    let mut cut = store.bytes.len();
    store.key("web", &[&leaf.der, &pki.intermediate.der]);
    let bytes = store.sealed("changeit");
    let found = read(&bytes[..cut], Some("changeit"));
    assert_eq!(ders(&found), [&*pki.root.der]);
    let reason = "can't be read as JKS: ends early";
    assert_eq!(problems(&found), [format!("store.jks, byte {cut}: {reason}")]);

    // In the second certificate of the chain: the first stands.
    cut = bytes.len() - 21;
    let found = read(&bytes[..cut], Some("changeit"));
    assert_eq!(ders(&found), [&*pki.root.der, &*leaf.der]);
    let start = bytes.len() - 20 - pki.intermediate.der.len() - 4;
    assert_eq!(problems(&found), [format!("store.jks, alias \"web\", byte {start}: {reason}")]);
}

#[test]
fn lengths_and_numbers_that_lie_are_told_with_their_byte() {
    let lying = |bytes: &[u8]| problems(&read(bytes, Some("changeit")));
    let told =
        |place: &str, reason: &str| [format!("store.jks{place}: can't be read as JKS: {reason}")];

    let mut store = Store::new(JKS, 2);
    store.bytes[8..12].copy_from_slice(&[0xff; 4]);
    assert_eq!(lying(&store.bytes), told(", byte 12", "ends early"));

    let mut store = Store::new(JKS, 2);
    store.entry(1, "web");
    store.bytes.extend_from_slice(&[0xff; 4]);
    assert_eq!(lying(&store.bytes), told(", alias \"web\", byte 29", "ends early"));

    let mut store = Store::new(JKS, 2);
    store.key("web", &[]);
    let count = store.bytes.len() - 4;
    store.bytes[count..].copy_from_slice(&[0xff; 4]);
    let place = format!(", alias \"web\", byte {}", count + 4);
    assert_eq!(lying(&store.bytes), told(&place, "ends early"));

    let mut store = Store::new(JKS, 2);
    store.entry(9, "odd");
    let place = format!(", alias \"odd\", byte {}", store.bytes.len());
    assert_eq!(lying(&store.bytes), told(&place, "has an entry of the kind 9, which is unknown"));

    let store = Store::new(JKS, 3);
    assert_eq!(lying(&store.bytes), told(", byte 8", "is of version 3, which is not known here"));
    assert_eq!(lying(&JKS), told(", byte 4", "ends early"));
}

#[test]
fn stores_without_certificates_are_told() {
    let empty = Store::new(JKS, 2).sealed("changeit");
    assert_eq!(problems(&read(&empty, Some("changeit"))), ["store.jks: holds no certificate"]);
    let mut store = Store::new(JKS, 2);
    store.key("bare", &[]);
    let bare = "store.jks, alias \"bare\": holds no certificate";
    assert_eq!(problems(&read(&store.sealed(""), None)), [bare]);
}

#[test]
#[ignore = "needs Debian's default-jdk-headless"]
#[cfg(feature = "fetch")]
fn what_keytool_stores_is_read() {
    use common::process::Scratch;

    let pki = Pki::new();
    let files = Scratch::new();
    files.file("anchor.pem", pki.root.pem());
    for kind in ["JKS", "JCEKS", "PKCS12"] {
        if kind == "PKCS12" && !cfg!(feature = "pkcs12") {
            continue;
        }
        let store = files.path(kind);
        let keytool = |arguments: &str| {
            let output = std::process::Command::new("keytool")
                .args(arguments.split(' '))
                .args(["-storepass", "changeit", "-storetype", kind, "-keystore"])
                .arg(&store)
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        };
        keytool("-genkeypair -alias web -keyalg EC -dname CN=web -keypass changeit");
        keytool("-genkeypair -alias mail -keyalg RSA -dname CN=mail -keypass changeit");
        let anchor = files.path("anchor.pem").display().to_string();
        keytool(&format!("-importcert -noprompt -alias anchor -file {anchor}"));
        if kind != "JKS" {
            keytool("-genseckey -alias aes -keyalg AES -keysize 256 -keypass changeit");
            keytool("-genseckey -alias des -keyalg DESede -keypass changeit");
        }
        let bytes = std::fs::read(&store).unwrap();
        let found = read(&bytes, Some("changeit"));
        let mut told = told(&found);
        told.sort_by_key(|(locator, ..)| locator.clone());
        assert_eq!(
            told,
            [
                ("store.jks, alias \"anchor\"".to_owned(), 1, Purpose::Ca),
                ("store.jks, alias \"mail\"".to_owned(), 1, Purpose::Server),
                ("store.jks, alias \"web\"".to_owned(), 1, Purpose::Server),
            ],
            "{kind}",
        );
        assert_eq!(problems(&found), [""; 0], "{kind}");
        let wrong = read(&bytes, Some("wrong"));
        assert_eq!(problems(&wrong), ["store.jks: the password is wrong"], "{kind}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_put_in_comes_out(
        entries in prop::collection::vec(("[a-z]{1,8}", 1..4_usize, any::<bool>()), 1..5),
        password: String,
    ) {
        let key = KeyPair::generate().unwrap();
        let mut store = Store::new(JKS, 2);
        let mut expected = Vec::new();
        for (alias, count, is_key) in &entries {
            let count = if *is_key { *count } else { 1 };
            let chain: Vec<_> = (0..count)
                .map(|_| CertificateParams::new([alias.clone()]).unwrap())
                .map(|params| params.self_signed(&key).unwrap().der().to_vec())
                .collect();
            if *is_key {
                store.key(alias, &chain.iter().map(Vec::as_slice).collect::<Vec<_>>());
            } else {
                store.trusted(alias, &chain[0]);
            }
            expected.extend(chain);
        }
        let found = read(&store.sealed(&password), Some(&password));
        prop_assert_eq!(found.chains.len(), entries.len());
        prop_assert_eq!(ders(&found), expected);
        prop_assert_eq!(problems(&found), [""; 0]);
    }

    #[test]
    fn a_damaged_store_panics_nowhere(position: prop::sample::Index, octet: u8, cut: prop::sample::Index) {
        let mut store = Store::new(JCEKS, 2);
        store.key("web", &[&[0x30, 0], &[0x30, 0]]);
        store.secret("aes", &[SEALED, &[0; 4], b"uq\0~\0\x05\0\0\0\0t\0\0t\0\0"]);
        store.trusted("anchor", &[0x30, 0]);
        let mut bytes = store.sealed("changeit");
        let position = position.index(bytes.len());
        bytes[position] = octet;
        bytes.truncate(cut.index(bytes.len()));
        let found = read(&bytes, Some("changeit"));
        prop_assert!(found.chains.is_empty());
        prop_assert!(!found.problems.is_empty());
    }
}

/// A store to be.
struct Store {
    bytes: Vec<u8>,
    version: u8,
}

impl Store {
    fn new(magic: [u8; 4], version: u8) -> Self {
        Self { bytes: [&magic[..], &[0, 0, 0, version, 0, 0, 0, 0]].concat(), version }
    }

    fn key(&mut self, alias: &str, chain: &[&[u8]]) {
        self.entry(1, alias);
        self.sized(b"an encrypted private key");
        self.number(chain.len());
        chain.iter().for_each(|certificate| self.certificate(certificate));
    }

    fn trusted(&mut self, alias: &str, certificate: &[u8]) {
        self.entry(2, alias);
        self.certificate(certificate);
    }

    fn secret(&mut self, alias: &str, object: &[&[u8]]) {
        self.entry(3, alias);
        self.bytes.extend(object.concat());
    }

    /// The head of an entry, created at the epoch.
    fn entry(&mut self, kind: u8, alias: &str) {
        self.bytes[11] += 1;
        self.bytes.extend_from_slice(&[0, 0, 0, kind]);
        self.text(alias);
        self.bytes.extend_from_slice(&[0; 8]);
    }

    fn certificate(&mut self, der: &[u8]) {
        if self.version > 1 {
            self.text("X.509");
        }
        self.sized(der);
    }

    fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn sized(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    fn number(&mut self, number: usize) {
        self.bytes.extend_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
    }

    /// The whole store, its digest keyed by the password.
    fn sealed(&self, password: &str) -> Vec<u8> {
        let mut content: Vec<u8> = password.encode_utf16().flat_map(u16::to_be_bytes).collect();
        content.extend_from_slice(b"Mighty Aphrodite");
        content.extend_from_slice(&self.bytes);
        [&self.bytes[..], &sha1(&content)].concat()
    }
}

fn sha1(content: &[u8]) -> [u8; 20] {
    use sha1::Digest as _;

    sha1::Sha1::digest(content).into()
}

fn read(bytes: &[u8], password: Option<&str>) -> Found {
    let options = match password {
        Some(password) => ReadOptions::new().password(password),
        None => ReadOptions::new(),
    };
    source::read("store.jks", bytes, &options)
}

fn told(found: &Found) -> Vec<(String, usize, Purpose)> {
    let chains = found.chains.iter();
    chains
        .map(|it| {
            let (entries, purpose) = (it.chain().entries().len(), it.subject().purpose());
            (it.locator().to_string(), entries, purpose)
        })
        .collect()
}

fn ders(found: &Found) -> Vec<Vec<u8>> {
    let entries = found.chains.iter().flat_map(|chain| chain.chain().entries());
    entries.map(|entry| entry.der().to_vec()).collect()
}

fn problems(found: &Found) -> Vec<String> {
    found.problems.iter().map(ToString::to_string).collect()
}

const JKS: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const JCEKS: [u8; 4] = [0xce; 4];

/// What OpenJDK 17 writes before the length of `encodedParams`.
const SEALED: &[u8] = b"\xac\xed\0\x05sr\0\x33com.sun.crypto.provider.SealedObjectForKeyProtector\
    \xcdW\xcaY\xe70\xbbS\x02\0\0xr\0\x19javax.crypto.SealedObject>6=\xa6\xc3\xb7Tp\x02\0\x04[\0\
    \x0dencodedParamst\0\x02[B[\0\x10encryptedContentq\0~\0\x02L\0\x09paramsAlgt\0\x12Ljava/lang/\
    String;L\0\x07sealAlgq\0~\0\x03xpur\0\x02[B\xac\xf3\x17\xf8\x06\x08T\xe0\x02\0\0xp";
