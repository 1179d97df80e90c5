//! JWK Sets, JWKs and discovery documents: what is found in them and where, and what is refused.

#![cfg(feature = "jwks")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::sync::LazyLock;

use common::anatomy::{Anatomy, BIT_STRING, SEQUENCE, children, tlv};
use common::corpora::corpus;
use common::pki::{Draft, Issued, Key, Pki, at};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use notafter::source::{
    self, Format, Found, FoundChain, Place, ProblemKind, ReadOptions, ReferenceTarget, SkippedKind,
};
use notafter::target::Purpose;
use proptest::collection::vec;
use proptest::prelude::*;
use rcgen::PublicKeyData as _;
use serde_json::{Value, json};
use time::OffsetDateTime;

#[test]
fn the_corpus_is_read_with_its_dates() {
    let Some(folder) = corpus("jwks") else {
        return;
    };
    let read = |name: &str| {
        let found = source::read(name, &fs::read(folder.join(name)).unwrap(), &ReadOptions::new());
        assert_eq!(problems(&found), [""; 0], "{name}");
        for found in &found.chains {
            assert_eq!(found.subject().public_key(), Some(&*spki(found)), "{name}");
            assert_eq!(found.subject().purpose(), Purpose::Signing);
            assert_eq!(found.subject().rollover(), Some(&*format!("{name}, keys for sig")));
        }
        found.chains.iter().map(|it| (it.locator().to_string(), ends(it))).collect::<Vec<_>>()
    };
    let auth0 = "NkFCNEE1NDFDNTQ5RTQ5OTE1QzRBMjYyMzY0NEJCQTJBMjJBQkZCMA";
    let older = "RkI5MjI5OUY5ODc1N0Q4QzM0OUYzNkVGMTJDOUEzQkFCOTU3NjE2Rg";
    assert_eq!(
        read("rfc7515-appendix-B-chain.json"),
        [(
            "rfc7515-appendix-B-chain.json, kid \"rfc7515-B\"".to_owned(),
            vec![
                at("2026-11-16T01:54:37Z"),
                at("2024-06-29T17:06:20Z"),
                at("2019-06-26T00:19:54Z"),
            ],
        )],
    );
    assert_eq!(
        read("rfc7517-appendix-B.json"),
        [("rfc7517-appendix-B.json, kid \"1b94c\"".to_owned(), vec![at("2018-08-14T22:29:15Z")],)],
    );
    assert_eq!(
        read("node-jwks-rsa-x5cSingle.json"),
        [(
            format!("node-jwks-rsa-x5cSingle.json, kid \"{auth0}\""),
            vec![at("2028-12-07T09:05:47Z")],
        )],
    );
    assert_eq!(
        read("node-jwks-rsa-x5cMultiple.json"),
        [
            (
                format!("node-jwks-rsa-x5cMultiple.json, kid \"{older}\""),
                vec![at("2028-01-21T21:22:26Z")],
            ),
            (
                format!("node-jwks-rsa-x5cMultiple.json, kid \"{auth0}\""),
                vec![at("2028-12-07T09:05:47Z")],
            ),
        ],
    );
}

#[test]
fn a_key_is_held_against_its_first_certificate() {
    for kind in [Key::P256, Key::P384, Key::P521, Key::Ed25519, Key::Rsa2048] {
        let (own, other) = (issue(kind), issue(kind));
        let mut key = jwk(&own);
        key["x5c"] = x5c(&[&own, &other]);
        let found = read(&json!({ "keys": [key] }));
        assert_eq!(problems(&found), [""; 0], "{kind:?}");
        let chain = &found.chains[0];
        assert_eq!(ders(chain), [own.der.to_vec(), other.der.to_vec()]);
        assert_eq!(chain.subject().public_key(), Some(&*spki(chain)), "{kind:?}");

        key["x5c"] = x5c(&[&other]);
        let chain = &read(&json!({ "keys": [key] })).chains[0];
        assert_ne!(chain.subject().public_key(), Some(&*spki(chain)), "{kind:?}");
        assert!(chain.subject().public_key().is_some(), "{kind:?}");
    }
}

/// RSASSA-PSS, whose keys look the same in a JWK (RFC 4055 section 1.2).
#[test]
fn an_rsa_key_for_one_algorithm_is_held_against_its_certificate() {
    let own = issue(Key::Rsa2048);
    let bits = tlv(BIT_STRING, &[&[0], own.key.der_bytes()].concat());
    let pss = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
    let pss = tlv(SEQUENCE, &[tlv(SEQUENCE, &pss), bits].concat());
    let certificate = Anatomy::of(&own.der).public_key(&pss).signed_by(&own.key);
    let mut key = jwk(&own);
    key["x5c"] = json!([BASE64.encode(&certificate)]);
    let found = read(&key);
    assert_eq!(found.chains[0].subject().public_key(), Some(&*pss));
    assert_eq!(spki(&found.chains[0]), pss);
}

#[test]
fn a_single_key_is_read_as_a_set_is() {
    let own = &*OWN;
    let mut key = jwk(own);
    key["x5c"] = x5c(&[own]);
    let chain = &read(&key).chains[0];
    assert_eq!(chain.locator().to_string(), "keys.json, key #1");
    assert_eq!(chain.subject().public_key(), Some(&*spki(chain)));
}

#[test]
fn a_coordinate_without_its_leading_zeros_is_the_same_key() {
    // One key in 256 has such an x; this one is made up, and held against no certificate of its own.
    let own = &*OWN;
    let short = json!({ "kty": "EC", "crv": "P-256", "x": BASE64URL_NOPAD.encode(&[7; 31]),
        "y": BASE64URL_NOPAD.encode(&[9; 32]), "x5c": x5c(&[own]) });
    let full = [&[0][..], &[7; 31]].concat();
    let mut long = short.clone();
    long["x"] = BASE64URL_NOPAD.encode(&full).into();
    let key = |jwk: &Value| read(jwk).chains[0].subject().public_key().unwrap().to_vec();
    assert_eq!(key(&short), key(&long));
    assert!(key(&long).ends_with(&[&full[..], &[9; 32]].concat()));
    long["x"] = BASE64URL_NOPAD.encode(&[7; 33]).into();
    assert_eq!(
        problems(&read(&long)),
        ["keys.json, key #1: can't be read as JWKS: x and y are no point of crv"],
    );
}

#[test]
fn parameters_that_are_no_key_are_a_problem_beside_the_certificate() {
    let certificate = x5c(&[&OWN]);
    let cases = [
        (json!({ "kty": "RSA", "n": "AQAB" }), Some("n and e are no RSA key")),
        (json!({ "kty": "RSA", "n": "A+/=", "e": "AQAB" }), Some("n and e are no RSA key")),
        (
            json!({ "kty": "EC", "crv": "P-256", "x": 1, "y": "" }),
            Some("x and y are no point of crv"),
        ),
        (json!({ "kty": "OKP", "crv": "Ed25519" }), Some("x is no public key")),
        (json!({ "kty": "EC", "crv": "P-192" }), None),
        (json!({ "kty": "OKP", "crv": "X" }), None),
        (json!({ "kty": "new" }), None),
        (json!({ "kty": 1 }), None),
    ];
    for (mut key, reason) in cases {
        key["x5c"] = certificate.clone();
        let found = read(&key);
        let expected: Vec<_> = reason
            .map(|reason| format!("keys.json, key #1: can't be read as JWKS: {reason}"))
            .into_iter()
            .collect();
        assert_eq!(problems(&found), expected);
        assert_eq!(found.chains[0].subject().public_key(), None);
    }
}

#[test]
fn keys_take_turns_with_those_of_the_same_use() {
    let key = |usage: Value| {
        let mut key = jwk(&OWN);
        key["x5c"] = x5c(&[&OWN]);
        key["use"] = usage;
        key
    };
    let set = json!({ "keys": [key("sig".into()), key("enc".into()), key(Value::Null), key("a\u{202e}".into())] });
    let found = read(&set);
    let groups: Vec<_> = found.chains.iter().map(|it| it.subject().rollover().unwrap()).collect();
    assert_eq!(
        groups,
        [
            "keys.json, keys for sig",
            "keys.json, keys for enc",
            "keys.json, keys for sig",
            "keys.json, keys for a\\u{202e}",
        ],
    );
}

#[test]
fn keys_of_the_same_name_are_both_kept() {
    let mut key = jwk(&OWN);
    key["x5c"] = x5c(&[&OWN]);
    key["kid"] = "a".into();
    let found = read(&json!({ "keys": [key, key] }));
    let places: Vec<_> = found.chains.iter().map(|it| it.locator().places()[0].clone()).collect();
    let place = |number| Place::Jwk { kid: Some("a".into()), number };
    assert_eq!(places, [place(1), place(2)]);
}

#[test]
fn fingerprints_are_those_of_the_first_certificate() {
    // As `sha1sum` and `sha256sum` tell them.
    let sha1 = HEXLOWER.decode(b"e2935e9c404bbf42692c876e816c5090eb1970ad").unwrap();
    let sha256 = HEXLOWER
        .decode(b"a499b6041a6407ccbbb42aab58cd17dfb58e9904cef33430f95a7156005bdb52")
        .unwrap();
    let thumbprints = |sha1: Value, sha256: Value| {
        let key = json!({ "kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB", "x5c": [RFC_7517],
            "x5t": sha1, "x5t#S256": sha256 });
        let found = read(&key);
        assert_eq!(found.chains.len(), 1);
        found.problems.iter().map(|problem| problem.kind().clone()).collect::<Vec<_>>()
    };
    let encoded = |digest: &[u8]| Value::from(BASE64URL_NOPAD.encode(digest));
    assert_eq!(thumbprints(encoded(&sha1), encoded(&sha256)), []);
    // As Auth0 writes them.
    let hexadecimal = encoded(HEXUPPER.encode(&sha1).as_bytes());
    assert_eq!(thumbprints(hexadecimal, encoded(&sha256)), []);
    let (bad_sha1, bad_sha256) =
        (ProblemKind::Thumbprint { member: "x5t" }, ProblemKind::Thumbprint { member: "x5t#S256" });
    assert_eq!(
        thumbprints(encoded(&sha256), encoded(&sha1)),
        [bad_sha1.clone(), bad_sha256.clone()],
    );
    assert_eq!(thumbprints("?".into(), 7.into()), [bad_sha1, bad_sha256]);
}

#[test]
fn what_is_named_elsewhere_is_a_reference() {
    let discovery =
        json!({ "issuer": "https://op.example", "jwks_uri": "https://op.example/jwks" });
    let bytes = serde_json::to_vec(&discovery).unwrap();
    let found = source::read("openid-configuration", &bytes, &ReadOptions::new());
    assert_eq!((found.chains.len(), found.problems.len(), found.skipped.len()), (0, 0, 0));
    assert_eq!(found.references.len(), 1);
    let reference = &found.references[0];
    assert_eq!(reference.locator.to_string(), "openid-configuration, key jwks_uri");
    assert_eq!(reference.target, ReferenceTarget::Url("https://op.example/jwks".into()));
    assert_eq!(reference.purpose, Some(Purpose::Signing));

    let found =
        read(&json!({ "keys": [{ "kty": "RSA", "kid": "a", "x5u": "https://op.example/c" }] }));
    assert_eq!(found.references[0].locator.to_string(), "keys.json, kid \"a\", key x5u");
    assert_eq!(found.references[0].target, ReferenceTarget::Url("https://op.example/c".into()));

    let found = read(&json!({ "jwks_uri": 1, "keys": [{ "x5u": [] }] }));
    assert_eq!(found.references, []);
    assert_eq!(
        problems(&found),
        [
            "keys.json, key jwks_uri: can't be read as JWKS: is no string",
            "keys.json, key #1, key x5u: can't be read as JWKS: is no string",
        ],
    );
}

#[test]
fn a_broken_key_is_a_problem_beside_the_others() {
    let mut whole = jwk(&OWN);
    whole["x5c"] = x5c(&[&OWN]);
    let base64 = whole["x5c"][0].as_str().unwrap();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
    let found = read(&json!({ "keys": [
        7,
        { "kty": "RSA", "x5c": base64 },
        { "kty": "RSA", "x5c": [] },
        { "kid": "a", "x5c": [base64.replace('/', "_").replace('+', "-") + "_"] },
        { "kid": "b", "x5c": ["AAAA"] },
        { "kid": "c", "x5c": [null] },
        { "kid": "d", "x5c": [BASE64.encode(pem.as_bytes())] },
        whole,
        { "kid": "e", "x5c": vec!["AAAA"; 101] },
        { "kid": 7, "kty": "RSA", "n": "", "e": "" },
    ] }));
    assert_eq!(
        problems(&found),
        [
            "keys.json, key #1: can't be read as JWKS: is no JSON object",
            "keys.json, key #2: can't be read as JWKS: x5c is no array",
            "keys.json, key #3: can't be read as JWKS: x5c is empty",
            "keys.json, kid \"a\", certificate 1: is not valid base64",
            "keys.json, kid \"b\", certificate 1: is no certificate: \
             certificate: is not of the type that belongs there",
            "keys.json, kid \"c\", certificate 1: can't be read as JWKS: is no string",
            "keys.json, kid \"d\", certificate 1: can't be read as JWKS: \
             a certificate is the base64 of PEM text, and not of DER",
            "keys.json, kid \"e\": has more than 100 certificates, which is the limit",
        ],
    );
    assert_eq!(found.chains.len(), 1);
    assert_eq!(found.chains[0].locator().to_string(), "keys.json, key #8");
}

#[test]
fn without_the_certificate_of_the_key_the_rest_is_judged_by_itself() {
    let pki = Pki::new();
    let leaf = pki.leaf("op.example").issue();
    let mut key = jwk(&leaf);
    key["x5c"] = x5c(&[&leaf, &pki.intermediate, &pki.root]);
    key["x5t"] = "AAAA".into();
    key["x5c"][0] = "AAAA".into();
    let found = read(&key);
    assert_eq!(found.problems.len(), 1);
    let chain = &found.chains[0];
    assert_eq!(chain.locator().to_string(), "keys.json, key #1, certificate 2");
    assert_eq!(ders(chain), [pki.intermediate.der.to_vec(), pki.root.der.to_vec()]);
    let subject = chain.subject();
    assert_eq!(
        (subject.purpose(), subject.rollover(), subject.public_key()),
        (Purpose::Ca, None, None),
    );

    // The key's own is there: what is missing behind it changes nothing for the key.
    key["x5c"] = x5c(&[&leaf, &pki.intermediate, &pki.root]);
    key["x5c"][1] = "?".into();
    let found = read(&key);
    assert_eq!(ders(&found.chains[0]), [leaf.der.to_vec(), pki.root.der.to_vec()]);
    assert_eq!(found.chains[0].subject().public_key(), Some(&*spki(&found.chains[0])));
}

#[test]
fn secrets_are_told_and_never_kept() {
    let secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQ";
    let own = &*OWN;
    let mut private = jwk(own);
    private["x5c"] = x5c(&[own]);
    private["d"] = secret.into();
    let keys = [
        private,
        json!({ "kty": "oct", "kid": "hmac", "k": secret }),
        json!({ "kty": "RSA", "p": secret, "x5c": secret, "n": secret, "x5t": secret }),
        json!({ "kty": "AKP", "priv": secret }),
    ];
    let found = read(&json!({ "keys": keys }));
    let skipped: Vec<_> =
        found.skipped.iter().map(|it| (it.locator.to_string(), it.kind)).collect();
    let place = |place: &str| (format!("keys.json, {place}"), SkippedKind::PrivateKey);
    assert_eq!(skipped, [place("key #1"), place("kid \"hmac\""), place("key #3"), place("key #4")]);
    assert_eq!(found.chains.len(), 1, "the certificate beside the private key is read");
    assert!(!format!("{found:?}").contains(secret));

    // Nor where the document is broken, or is the secret itself.
    for text in [format!("{{\"k\": \"{secret}\" \"kty\"}}"), format!("\"{secret}\"")] {
        let found = read_text(&text);
        assert_eq!(found.problems.len(), 1);
        assert!(!format!("{found:?}").contains(secret));
    }
}

#[test]
fn what_is_no_document_of_keys_is_a_problem() {
    let cases = [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("{\n \"keys\": [\n", "EOF while parsing a list at line 3 column 0"),
        ("{\n \"keys\": [}", "expected value at line 2 column 11"),
        ("{} x", "trailing characters at line 1 column 4"),
        ("[]", "is no JSON object"),
        ("null", "is no JSON object"),
        ("{}", "has neither keys, kty nor jwks_uri"),
    ];
    for (text, reason) in cases {
        assert_eq!(
            problems(&read_text(text)),
            [format!("keys.json: can't be read as JWKS: {reason}")],
            "{text}",
        );
    }
    assert_eq!(
        problems(&read_text("{\"keys\": {}}")),
        ["keys.json, key keys: can't be read as JWKS: is no array"],
    );
}

#[test]
fn keys_without_certificates_are_passed_over() {
    for text in ["{\"keys\": []}", "{\"keys\": [{\"kty\": \"RSA\", \"n\": \"\", \"x5t\": \"A\"}]}"]
    {
        let found = read_text(text);
        assert_eq!((found.chains.len(), found.problems.len()), (0, 0));
        assert_eq!(found.skipped[0].kind, SkippedKind::Other);
    }
}

#[test]
fn depth_and_numbers_are_bounded() {
    let deep = format!("{{\"keys\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(
        problems(&read_text(&deep)),
        ["keys.json, key #1: can't be read as JWKS: is no JSON object"],
    );
    let deep = format!("{{\"keys\": {}", "{\"a\":".repeat(100_000));
    assert_eq!(
        problems(&read_text(&deep)),
        ["keys.json: can't be read as JWKS: EOF while parsing a value at line 1 column 500009"],
    );

    let numbers = format!("{{\"keys\": [0{}]}}", ",0".repeat(1_000_000));
    let found = read_text(&numbers);
    assert_eq!(found.problems.len(), 10_001);
    assert_eq!(problems(&found)[10_000], "keys.json: has more than 10000 keys, which is the limit",);
    let bad = format!("{{\"x5c\":[0{}]}}", ",0".repeat(99));
    let found = read_text(&format!("{{\"keys\": [{bad}{}]}}", format!(",{bad}").repeat(200)));
    assert_eq!(found.problems.len(), 10_001);
    assert!(problems(&found)[10_000].ends_with("more than 10000 problems, which is the limit"));

    let kid = "k".repeat(100_000);
    let found = read(&json!({ "kty": "RSA", "kid": kid, "x5c": [0] }));
    assert!(problems(&found)[0].len() < 400);
}

#[test]
fn of_members_with_the_same_name_the_last_counts() {
    let base64 = BASE64.encode(&OWN.der);
    let found = read_text(&format!("{{\"kty\": \"x\", \"x5c\": 1, \"x5c\": [\"{base64}\"]}}"));
    assert_eq!((found.chains.len(), found.problems.len()), (1, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// What is written comes back, in its order.
    #[test]
    fn what_is_written_is_read(
        keys in vec((vec(0..4_usize, 1..4), any::<Option<String>>(), any::<bool>()), 0..5),
        pretty in any::<bool>(),
    ) {
        let document = json!({ "keys": keys.iter().map(|(chain, kid, named)| {
            let chain: Vec<_> = chain.iter().map(|index| &CERTIFICATES[*index]).collect();
            let mut key = jwk(chain[0]);
            key["x5c"] = x5c(&chain);
            key["use"] = "sig".into();
            if *named {
                key["kid"] = json!(kid);
            }
            key
        }).collect::<Vec<_>>() });
        let text = if pretty {
            serde_json::to_string_pretty(&document).unwrap()
        } else {
            document.to_string()
        };
        let found = read_text(&text);
        prop_assert_eq!(found.problems.len(), 0);
        prop_assert_eq!(found.chains.len(), keys.len());
        for (found, (chain, kid, named)) in found.chains.iter().zip(&keys) {
            let written: Vec<_> =
                chain.iter().map(|index| CERTIFICATES[*index].der.to_vec()).collect();
            prop_assert_eq!(ders(found), written);
            prop_assert_eq!(found.subject().public_key(), Some(&*spki(found)));
            let Place::Jwk { kid: told, .. } = &found.locator().places()[0] else {
                panic!("no key");
            };
            prop_assert_eq!(told.as_ref(), kid.as_ref().filter(|_| *named));
        }
    }
}

static OWN: LazyLock<Issued> = LazyLock::new(|| issue(Key::P256));

static CERTIFICATES: LazyLock<[Issued; 4]> =
    LazyLock::new(|| [Key::P256, Key::P384, Key::P521, Key::Ed25519].map(issue));

/// The certificate of RFC 7517, appendix B.
const RFC_7517: &str = "\
    MIIDQjCCAiqgAwIBAgIGATz/FuLiMA0GCSqGSIb3DQEBBQUAMGIxCzAJBgNVBAYTAlVTMQswCQYDVQQIEwJDTzEPMA\
    0GA1UEBxMGRGVudmVyMRwwGgYDVQQKExNQaW5nIElkZW50aXR5IENvcnAuMRcwFQYDVQQDEw5CcmlhbiBDYW1wYmVs\
    bDAeFw0xMzAyMjEyMzI5MTVaFw0xODA4MTQyMjI5MTVaMGIxCzAJBgNVBAYTAlVTMQswCQYDVQQIEwJDTzEPMA0GA1\
    UEBxMGRGVudmVyMRwwGgYDVQQKExNQaW5nIElkZW50aXR5IENvcnAuMRcwFQYDVQQDEw5CcmlhbiBDYW1wYmVsbDCC\
    ASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAL64zn8/QnHYMeZ0LncoXaEde1fiLm1jHjmQsF/449IYALM9if\
    6amFtPDy2yvz3YlRij66s5gyLCyO7ANuVRJx1NbgizcAblIgjtdf/u3WG7K+IiZhtELto/A7Fck9Ws6SQvzRvOE8uS\
    irYbgmj6He4iO8NCyvaK0jIQRMMGQwsU1quGmFgHIXPLfnpnfajr1rVTAwtgV5LEZ4Iel+W1GC8ugMhyr4/p1MtcIM\
    42EA8BzE6ZQqC7VPqPvEjZ2dbZkaBhPbiZAS3YeYBRDWm1p1OZtWamT3cEvqqPpnjL1XyW+oyVVkaZdklLQp2Btgt9\
    qr21m42f4wTw+Xrp6rCKNb0CAwEAATANBgkqhkiG9w0BAQUFAAOCAQEAh8zGlfSlcI0o3rYDPBB07aXNswb4ECNIKG\
    0CETTUxmXl9KUL+9gGlqCz5iWLOgWsnrcKcY0vXPG9J1r9AqBNTqNgHq2G03X09266X5CpOe1zFo+Owb1zxtp3PehF\
    dfQJ610CDLEaS9V9Rqp17hCyybEpOGVwe8fnk+fbEL2Bo3UPGrpsHzUoaGpDftmWssZkhpBJKVMJyf/RuP2SmmaIzm\
    nw9JiSlYhzo4tpzd5rFXhjRbg4zW9C+2qok+2+qDM1iJ684gPHMIY8aLWrdgQTxkumGmTqgawR+N5MDtdPTEQ0XfIB\
    c2cJEUyMTY5MPvACWpkA6SdS4xSvdXK3IVfOWA==";

fn read(document: &Value) -> Found {
    read_text(&document.to_string())
}

fn read_text(text: &str) -> Found {
    source::read_as(Format::Jwks, "keys.json", text.as_bytes(), &ReadOptions::new())
}

fn issue(key: Key) -> Issued {
    Draft::self_signed("op.example").key(key).issue()
}

/// The public key as a JWK (RFC 7518 section 6, RFC 8037).
fn jwk(issued: &Issued) -> Value {
    let key = issued.key.der_bytes();
    let encoded = |octets: &[u8]| BASE64URL_NOPAD.encode(octets);
    match key {
        [4, point @ ..] => {
            let (x, y) = point.split_at(point.len() / 2);
            let curve = match x.len() {
                32 => "P-256",
                48 => "P-384",
                _ => "P-521",
            };
            json!({ "kty": "EC", "crv": curve, "x": encoded(x), "y": encoded(y) })
        }
        [0x30, ..] => {
            let numbers = children(key);
            // A number whose first bit is set has a zero before it in DER, and none in a JWK.
            let number = |index: usize| {
                let ([_, 0x82, _, _, octets @ ..] | [_, _, octets @ ..]) = &*numbers[index] else {
                    panic!("no number");
                };
                encoded(octets.strip_prefix(&[0]).unwrap_or(octets))
            };
            json!({ "kty": "RSA", "n": number(0), "e": number(1) })
        }
        _ => json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(key) }),
    }
}

fn x5c(certificates: &[&Issued]) -> Value {
    certificates.iter().map(|it| BASE64.encode(&it.der)).collect()
}

fn problems(found: &Found) -> Vec<String> {
    found.problems.iter().map(ToString::to_string).collect()
}

fn ders(found: &FoundChain) -> Vec<Vec<u8>> {
    found.chain().entries().iter().map(|entry| entry.der().to_vec()).collect()
}

/// The key of the end-entity certificate.
fn spki(found: &FoundChain) -> Vec<u8> {
    found.chain().end_entity().certificate().unwrap().public_key().spki().to_vec()
}

fn ends(found: &FoundChain) -> Vec<OffsetDateTime> {
    let entries = found.chain().entries().iter();
    entries.map(|entry| entry.certificate().unwrap().validity().not_after).collect()
}
