//! PEM bundles and DER: which certificates in one source are a chain.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::pki::{Draft, Issued, Pki};
use notafter::source::{self, Arrangement, Format, Found, ProblemKind, ReadOptions, SkippedKind};
use notafter::target::Purpose;
use proptest::prelude::*;

fn read(text: &str) -> Found {
    source::read("x.pem", text.as_bytes(), &ReadOptions::new())
}

/// Each chain: where, what for, the common names.
fn chains(found: &Found) -> Vec<String> {
    let name = |entry: &notafter::chain::Entry| {
        entry.certificate().unwrap().subject().common_names().join("+")
    };
    let line = |chain: &source::FoundChain| {
        let names: Vec<String> = chain.chain().entries().iter().map(name).collect();
        format!("{}: {}: {}", chain.locator(), chain.subject().purpose(), names.join(", "))
    };
    found.chains.iter().map(line).collect()
}

fn problems(found: &Found) -> Vec<String> {
    found.problems.iter().map(ToString::to_string).collect()
}

fn lines(text: &str) -> usize {
    text.lines().count()
}

#[test]
fn one_chain_goes_by_the_name_of_its_source() {
    let pki = Pki::new();
    let leaf = pki.leaf("www.test").issue();
    let found = read(&(leaf.pem() + &pki.intermediate.pem() + &pki.root.pem()));
    assert_eq!(chains(&found), ["x.pem: server: www.test, Test Intermediate, Test Root"]);
    assert_eq!(problems(&found), Vec::<String>::new());
}

#[test]
fn several_chains_are_told_apart_and_each_names_its_line() {
    let (one, two) = (Pki::new(), Pki::new());
    let (first, second) = (one.leaf("a.test").issue(), two.leaf("b.test").issue());
    let start = first.pem() + &one.intermediate.pem();
    let line = lines(&start) + 1;
    let found = read(&(start + &second.pem() + &two.intermediate.pem()));
    assert_eq!(
        chains(&found),
        [
            "x.pem, line 1: server: a.test, Test Intermediate".to_owned(),
            format!("x.pem, line {line}: server: b.test, Test Intermediate"),
        ],
    );
}

#[test]
fn an_intermediate_that_two_share_belongs_to_both() {
    let pki = Pki::new();
    let (first, second) = (pki.leaf("a.test").issue(), pki.leaf("b.test").issue());
    let found = read(&(first.pem() + &second.pem() + &pki.intermediate.pem()));
    let found: Vec<String> = chains(&found);
    assert!(found[0].ends_with("a.test, Test Intermediate"), "{found:?}");
    assert!(found[1].ends_with("b.test, Test Intermediate"), "{found:?}");
}

#[test]
fn ca_certificates_without_a_chain_stand_for_themselves() {
    let pki = Pki::new();
    let found = read(&(pki.intermediate.pem() + &pki.root.pem()));
    assert_eq!(found.chains.len(), 2);
    for chain in &found.chains {
        assert_eq!(chain.subject().purpose(), Purpose::Ca);
        assert_eq!(chain.chain().entries().len(), 1);
    }
}

#[test]
fn a_self_signed_ca_certificate_with_a_hosts_name_is_a_servers() {
    let openssl = Draft::root("x").names(&["localhost"]).issue();
    assert_eq!(chains(&read(&openssl.pem())), ["x.pem: server: x"]);
}

#[test]
fn what_is_to_be_installed_is_one_chain_in_its_order() {
    let pki = Pki::new();
    let leaf = pki.leaf("www.test").issue();
    let text = pki.intermediate.pem() + &leaf.pem();
    let options = ReadOptions::new().arrangement(Arrangement::OneChain);
    let found = source::read("x.pem", text.as_bytes(), &options);
    assert_eq!(found.chains.len(), 1);
    assert_eq!(found.chains[0].chain().entries().len(), 2);
}

#[test]
fn a_private_key_finds_its_certificate_and_is_not_kept() {
    let pki = Pki::new();
    let (leaf, other) = (pki.leaf("www.test").issue(), pki.leaf("other.test").issue());
    let found = read(&(leaf.key_pem() + &leaf.pem() + &pki.intermediate.pem()));
    let spki = |issued: &Issued| {
        let found = read(&issued.pem());
        let entry = found.chains[0].chain().end_entity().clone();
        entry.certificate().unwrap().public_key().spki().to_vec()
    };
    assert_eq!(found.chains[0].subject().public_key(), Some(&*spki(&leaf)));
    assert_eq!(found.skipped.len(), 1);
    assert_eq!(found.skipped[0].kind, SkippedKind::PrivateKey);
    assert_eq!(problems(&found), Vec::<String>::new());

    let mismatch = read(&(other.key_pem() + &leaf.pem()));
    assert_eq!(mismatch.chains[0].subject().public_key(), Some(&*spki(&other)));
    let secret: String = leaf.key_pem().lines().nth(1).unwrap().chars().take(24).collect();
    assert!(!format!("{found:?}").contains(&secret));
}

#[test]
fn a_key_of_none_of_several_is_a_problem() {
    let pki = Pki::new();
    let (one, two) = (pki.leaf("a.test").issue(), pki.leaf("b.test").issue());
    let stranger = pki.leaf("c.test").issue();
    let found = read(&(one.pem() + &two.pem() + &stranger.key_pem()));
    let line = lines(&(one.pem() + &two.pem())) + 1;
    assert_eq!(
        problems(&found),
        [format!("x.pem, line {line}: the private key belongs to none of the certificates")],
    );
}

#[test]
fn a_broken_block_names_its_line_and_the_rest_stands() {
    let pki = Pki::new();
    let leaf = pki.leaf("www.test").issue();
    let broken = "-----BEGIN CERTIFICATE-----\n@@@\n-----END CERTIFICATE-----\n";
    let none = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let unfinished = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    let found = read(&format!("{broken}{}{none}{unfinished}", leaf.pem()));
    assert_eq!(chains(&found), ["x.pem: server: www.test"]);
    let line = lines(&leaf.pem()) + 4;
    assert_eq!(
        problems(&found),
        [
            "x.pem, line 1: can't be read as PEM: the PEM block is not valid base64".to_owned(),
            format!(
                "x.pem, line {line}: is no certificate: certificate: is not of the type that belongs there"
            ),
            format!(
                "x.pem, line {}: can't be read as PEM: the PEM block has no END line",
                line + 3
            ),
        ],
    );
}

#[test]
fn text_in_other_encodings_is_read_the_same() {
    let pki = Pki::new();
    let text = pki.leaf("www.test").issue().pem() + &pki.intermediate.pem();
    let expected = chains(&read(&text));
    let utf16 = |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| {
        mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect::<Vec<u8>>()
    };
    let headers = text.replace(
        "-----BEGIN CERTIFICATE-----",
        "Bag Attributes\n    friendlyName: web: x\n-----BEGIN CERTIFICATE-----\nComment: web\n",
    );
    for bytes in [
        text.replace('\n', "\r\n").into_bytes(),
        text.replace('\n', "\r").into_bytes(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        utf16(u16::to_le_bytes, [0xff, 0xfe]),
        utf16(u16::to_be_bytes, [0xfe, 0xff]),
        headers.into_bytes(),
    ] {
        let found = source::read("x.pem", &bytes, &ReadOptions::new());
        assert_eq!(chains(&found), expected, "{:?}", &bytes[..40]);
        assert_eq!(problems(&found), Vec::<String>::new());
    }
}

#[test]
fn der_is_told_by_its_content() {
    let leaf = Pki::new().leaf("www.test").issue();
    let found = source::read("x.pem", &leaf.der, &ReadOptions::new());
    assert_eq!(chains(&found), ["x.pem: server: www.test"]);
    let cut = source::read("x.der", &leaf.der[..100], &ReadOptions::new());
    assert_eq!(problems(&cut), ["x.der: is no certificate: certificate: ends early"]);
}

#[test]
fn what_holds_nothing_is_told_apart() {
    let told = |bytes: &[u8]| {
        let found = source::read("x", bytes, &ReadOptions::new());
        found.problems.first().map(|problem| problem.kind().clone())
    };
    assert_eq!(told(b""), Some(ProblemKind::NoCertificate));
    assert_eq!(told(b" \n\t"), Some(ProblemKind::NoCertificate));
    assert_eq!(told(b"listen 443 ssl;"), Some(ProblemKind::UnknownFormat));
    assert_eq!(told(b"\x7fELF\0\0"), Some(ProblemKind::UnknownFormat));
}

#[test]
fn a_source_that_is_too_large_is_refused_with_its_size() {
    let options = ReadOptions::new().max_bytes(10);
    for found in [
        source::read("x", b"01234567890", &options),
        source::read_as(Format::Pem, "x", b"01234567890", &options),
    ] {
        assert_eq!(problems(&found), ["x: has 11 bytes; the limit is 10"]);
    }
}

#[test]
fn ten_thousand_certificates_are_as_many_chains() {
    let root = Draft::root("Own Root").issue().pem();
    let found = read(&root.repeat(10_000));
    assert_eq!(found.chains.len(), 10_000);
    let last = found.chains[9_999].locator().to_string();
    assert_eq!(last, format!("x.pem, line {}", lines(&root) * 9_999 + 1));
}

#[test]
fn options_show_no_password() {
    let options = ReadOptions::new().password("hunter2");
    assert!(!format!("{options:?}").contains("hunter2"));
    let asked = ReadOptions::new().password_with(|_| Some("hunter2".to_owned()));
    assert!(!format!("{asked:?}").contains("hunter2"));
}

#[test]
fn a_cas_key_beside_its_certificate_makes_it_no_server() {
    let ca = Draft::root("Own Root").issue();
    let found = read(&(ca.key_pem() + &ca.pem()));
    assert_eq!(chains(&found), ["x.pem: ca: Own Root"]);
    assert!(found.chains[0].subject().public_key().is_some());
}

#[test]
fn issuers_of_one_name_are_not_multiplied_by_the_chains_below_them() {
    let cas: Vec<Issued> = (0..40).map(|_| Draft::root("Own Root").issue()).collect();
    let leaves: String = (0..40)
        .map(|_| {
            cas[0].leaf("www.test").with(|it| it.use_authority_key_identifier_extension = false)
        })
        .map(|leaf| leaf.issue().pem())
        .collect();
    let found = read(&(leaves + &cas.iter().map(Issued::pem).collect::<String>()));
    let lengths: Vec<usize> =
        found.chains.iter().map(|chain| chain.chain().entries().len()).collect();
    assert_eq!(lengths.len(), 40);
    assert!(lengths[..39].iter().all(|length| *length <= 17), "{lengths:?}");
    assert_eq!(lengths[39], 41, "what follows a chain is its own");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Chains of several servers, with their keys, without, or with the intermediate before them.
    #[test]
    fn what_is_written_into_a_bundle_comes_back(
        sites in proptest::collection::vec((any::<bool>(), any::<bool>()), 1..5),
    ) {
        let pkis: Vec<Pki> = sites.iter().map(|_| Pki::new()).collect();
        let mut text = String::new();
        let mut expected = Vec::new();
        for (pki, (with_key, with_root)) in pkis.iter().zip(&sites) {
            let leaf = pki.leaf("www.test").issue();
            if *with_key {
                text += &leaf.key_pem();
            }
            text += &(leaf.pem() + &pki.intermediate.pem());
            let mut chain = vec![leaf.der.to_vec(), pki.intermediate.der.to_vec()];
            if *with_root {
                text += &pki.root.pem();
                chain.push(pki.root.der.to_vec());
            }
            expected.push((chain, *with_key));
        }
        let found = read(&text);
        prop_assert_eq!(problems(&found), Vec::<String>::new());
        let came_back: Vec<(Vec<Vec<u8>>, bool)> = found
            .chains
            .iter()
            .map(|it| {
                let entries = it.chain().entries().iter();
                let ders = entries.map(|entry| entry.der().to_vec()).collect();
                (ders, it.subject().public_key().is_some())
            })
            .collect();
        prop_assert_eq!(came_back, expected);
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_problem_is_written_as_json() {
    let found = read("-----BEGIN CERTIFICATE-----\n@@@\n-----END CERTIFICATE-----\n");
    assert_eq!(
        serde_json::to_value(&found.problems[0]).unwrap(),
        serde_json::json!({
            "locator": "x.pem, line 1",
            "kind": "malformed-content",
            "message": "can't be read as PEM: the PEM block is not valid base64",
        }),
    );
}
