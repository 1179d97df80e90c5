//! What OpenSSL's test server presents, in all its ways: `cargo test --test openssl -- --ignored`.
//!
//! Asserted as observed with OpenSSL 3.0, for both crypto providers where they differ.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::sync::Arc;

use notafter::chain::{ClientCertificate, LateFailure, Peer, Possession, PresentedChain};
use notafter::fetch::{FetchError, FetchErrorKind, Fetcher, FetcherBuilder, Phase};
use rustls::SignatureScheme;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs};

use common::pki::{Issued, Key, Pki};
use common::process::{Scratch, free_port};

const TLS12: &str = "-tls1_2";
const TLS13: &str = "-tls1_3";

/// What servers show by the handshake alone: `old_servers.rs` has what the probe makes of the rest.
fn fetcher(builder: FetcherBuilder) -> Fetcher {
    builder.legacy_probe(false).build().unwrap()
}

/// Fetches the chain that `openssl s_server` presents with those arguments.
///
/// It serves `leaf.pem` with `key.pem` and sends `chain.pem` along, where there is one.
async fn fetch(files: &Scratch, arguments: &str) -> Result<PresentedChain, FetchError> {
    fetch_by(&fetcher(Fetcher::builder()), files, arguments, "example.com").await
}

async fn fetch_by(
    fetcher: &Fetcher,
    files: &Scratch,
    arguments: &str,
    target: &str,
) -> Result<PresentedChain, FetchError> {
    let port = free_port();
    let chain = if files.path("chain.pem").exists() { "-cert_chain chain.pem" } else { "" };
    let server = files.start(
        &format!(
            "openssl s_server -accept 127.0.0.1:{port} -www \
             -cert leaf.pem -key key.pem {chain} {arguments}"
        ),
        port,
    );
    fetcher.fetch(&server.target(target)).await
}

/// The files of a server that has the leaf and its intermediate.
fn files_of(pki: &Pki, leaf: &Issued) -> Scratch {
    let files = Scratch::new();
    files.file("leaf.pem", leaf.pem());
    files.file("key.pem", leaf.key_pem());
    files.file("chain.pem", pki.intermediate.pem());
    files.file("root.pem", pki.root.pem());
    files
}

fn ders(chain: &PresentedChain) -> Vec<&[u8]> {
    chain.entries().iter().map(notafter::chain::Entry::der).collect()
}

fn peer(chain: &PresentedChain) -> &Peer {
    chain.peer().unwrap()
}

#[track_caller]
fn assert_fails(fetched: Result<PresentedChain, FetchError>, kind: FetchErrorKind) {
    let error = fetched.unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Handshake, kind), "{error:?}");
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_chain_arrives_by_either_version() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let files = files_of(&pki, &leaf);
    for (version, name, suite) in [
        (TLS12, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        (TLS13, "TLSv1.3", "TLS13_AES_256_GCM_SHA384"),
    ] {
        let chain = fetch(&files, version).await.unwrap();

        assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
        assert_eq!(peer(&chain).protocol(), Some(name));
        assert_eq!(peer(&chain).cipher_suite(), Some(suite));
        assert_eq!(peer(&chain).possession(), Possession::Proven);
        assert_eq!(peer(&chain).client_certificate(), ClientCertificate::NotRequested);
        assert_eq!(peer(&chain).late_failure(), None);
        assert_eq!(chain.ocsp_staple(), None);
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_chain_out_of_its_dates_arrives() {
    let pki = Pki::new();
    let (past, gone) = ("2000-01-01T00:00:00Z", "2001-01-01T00:00:00Z");
    let expired = pki.leaf("example.com").valid(past, gone).issue();
    let future = ("9000-01-01T00:00:00Z", "9001-01-01T00:00:00Z");
    let not_yet_valid = pki.leaf("example.com").valid(future.0, future.1).issue();
    for leaf in [expired, not_yet_valid] {
        let chain = fetch(&files_of(&pki, &leaf), "").await.unwrap();
        assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
        assert_eq!(peer(&chain).possession(), Possession::Proven);
    }

    let intermediate = pki.root.ca("Expired Intermediate").valid(past, gone).issue();
    let pki = Pki { intermediate, ..pki };
    let leaf = pki.leaf("example.com").issue();
    let chain = fetch(&files_of(&pki, &leaf), "").await.unwrap();
    assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
    assert_eq!(peer(&chain).possession(), Possession::Proven);
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_client_certificate_is_asked_for_or_demanded() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let files = files_of(&pki, &leaf);
    for version in [TLS12, TLS13] {
        for (verify, expect) in
            [("-verify", ClientCertificate::Requested), ("-Verify", ClientCertificate::Required)]
        {
            let chain = fetch(&files, &format!("{version} {verify} 1")).await.unwrap();

            assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
            assert_eq!(peer(&chain).client_certificate(), expect, "{version} {verify}");
            assert_eq!(peer(&chain).possession(), Possession::Proven);
            assert_eq!(peer(&chain).late_failure(), None);
        }
    }
}

/// A provider that knows one kind of signature only.
fn provider_of(name: &str) -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    let all = provider.signature_verification_algorithms;
    let is_wanted = |scheme: &SignatureScheme| scheme.as_str().unwrap().starts_with(name);
    let mapping: Vec<_> =
        all.mapping.iter().copied().filter(|(scheme, _)| is_wanted(scheme)).collect();
    provider.signature_verification_algorithms =
        WebPkiSupportedAlgorithms { all: all.all, mapping: mapping.leak() };
    provider.cipher_suites.retain(|suite| {
        let suite = suite.suite();
        let suite = suite.as_str().unwrap();
        suite.starts_with("TLS13") || suite.starts_with(&format!("TLS_ECDHE_{name}"))
    });
    Arc::new(provider)
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn of_two_chains_the_one_that_fits_arrives() {
    let pki = Pki::new();
    let ecdsa = pki.leaf("example.com").key(Key::P256).issue();
    let rsa = pki.leaf("example.com").key(Key::Rsa2048).issue();
    let files = files_of(&pki, &ecdsa);
    files.file("rsa.pem", rsa.pem());
    files.file("rsa-key.pem", rsa.key_pem());
    let ecdsa_only = fetcher(Fetcher::builder().crypto_provider(provider_of("ECDSA")));
    let rsa_only = fetcher(Fetcher::builder().crypto_provider(provider_of("RSA")));
    for version in [TLS12, TLS13] {
        let both = format!("{version} -dcert rsa.pem -dkey rsa-key.pem -dcert_chain chain.pem");
        for (fetcher, expect) in [
            (&Fetcher::new().unwrap(), &ecdsa.der),
            (&ecdsa_only, &ecdsa.der),
            (&rsa_only, &rsa.der),
        ] {
            let chain = fetch_by(fetcher, &files, &both, "example.com").await.unwrap();
            assert_eq!(ders(&chain)[0], &expect[..], "{version}");
            assert_eq!(peer(&chain).possession(), Possession::Proven);
        }

        let files = files_of(&pki, &rsa);
        let fetched = fetch_by(&ecdsa_only, &files, version, "example.com").await;
        assert_fails(fetched, FetchErrorKind::NoCipherInCommon);
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn an_old_version_is_named() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").key(Key::Rsa2048).issue();
    let files = files_of(&pki, &leaf);
    for version in ["-tls1", "-tls1_1"] {
        let fetched = fetch(&files, &format!("{version} -cipher DEFAULT:@SECLEVEL=0")).await;
        assert_fails(fetched, FetchErrorKind::ProtocolVersion);
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn an_old_cipher_suite_is_none_in_common() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").key(Key::Rsa2048).issue();
    let files = files_of(&pki, &leaf);
    for suite in ["AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"] {
        let fetched = fetch(&files, &format!("-tls1_2 -cipher {suite}")).await;
        assert_fails(fetched, FetchErrorKind::NoCipherInCommon);
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_p_521_key_shows_its_chain_in_tls_1_3_only() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").key(Key::P521).issue();
    let files = files_of(&pki, &leaf);

    let chain = fetch(&files, TLS13).await.unwrap();

    assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
    if cfg!(feature = "aws-lc-rs") {
        assert_eq!(peer(&chain).possession(), Possession::Proven);
    } else {
        assert_eq!(peer(&chain).possession(), Possession::NotProvable);
    }
    // Until TLS 1.2 the curve of the key had to be among the groups, and neither provider has it.
    assert_fails(fetch(&files, TLS12).await, FetchErrorKind::NoCipherInCommon);
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn an_ed25519_key_is_proven() {
    let files = Scratch::self_signed("-algorithm ED25519", "");
    for version in [TLS12, TLS13] {
        let chain = fetch(&files, version).await.unwrap();
        assert_eq!(ders(&chain), [&files.read("leaf.der")[..]]);
        assert_eq!(peer(&chain).possession(), Possession::Proven);
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_key_that_no_provider_knows_shows_its_chain() {
    for (genpkey, detail) in [
        ("-algorithm ED448", "the provider can't verify ED448 signatures"),
        (
            "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048",
            "the provider can't verify 0x0809 signatures",
        ),
    ] {
        let files = Scratch::self_signed(genpkey, "");

        let chain = fetch(&files, TLS13).await.unwrap();
        assert_eq!(ders(&chain), [&files.read("leaf.der")[..]]);
        assert_eq!(peer(&chain).possession(), Possession::NotProvable);
        assert_eq!(peer(&chain).possession_detail(), Some(detail));
        assert_eq!(peer(&chain).late_failure(), None);

        // The library refuses the signature before it can be looked at.
        let chain = fetch(&files, TLS12).await.unwrap();
        assert_eq!(ders(&chain), [&files.read("leaf.der")[..]]);
        assert_eq!(peer(&chain).possession(), Possession::Unproven);
        let text = "peer misbehaved: SignedKxWithWrongAlgorithm".to_owned();
        assert_eq!(peer(&chain).late_failure(), Some(&LateFailure::ByUs(text)));
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_key_that_tls_1_3_does_not_know_shows_nothing() {
    let brainpool = "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1";
    let secp256k1 = "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1";
    let dsa = Scratch::self_signed("-algorithm ED448", "");
    dsa.run(
        "openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:1024 \
         -pkeyopt dsa_paramgen_q_bits:160 -out parameters.pem",
    );
    dsa.run("openssl genpkey -paramfile parameters.pem -out key.pem");
    dsa.run("openssl req -x509 -new -key key.pem -subj /CN=example.com -out leaf.pem");
    for files in [Scratch::self_signed(brainpool, ""), Scratch::self_signed(secp256k1, ""), dsa] {
        for (version, expect) in [
            (TLS12, FetchErrorKind::NoCipherInCommon),
            // What a server says that can't use its key in the only version that it is left.
            (TLS13, FetchErrorKind::ProtocolVersion),
            ("", FetchErrorKind::NoCipherInCommon),
        ] {
            let fetched = fetch(&files, &format!("{version} -cipher ALL:@SECLEVEL=0")).await;
            assert_fails(fetched, expect);
        }
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_small_rsa_key_is_told_from_a_bad_signature() {
    let files = Scratch::self_signed("-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "-sha256");
    for version in [TLS12, TLS13] {
        let arguments = format!("{version} -cipher DEFAULT:@SECLEVEL=0");

        let chain = fetch(&files, &arguments).await.unwrap();

        assert_eq!(ders(&chain), [&files.read("leaf.der")[..]]);
        assert_eq!(peer(&chain).possession(), Possession::NotProvable);
        assert_eq!(
            peer(&chain).possession_detail(),
            Some("RSA key of 1024 bits: the provider verifies 2048 to 8192")
        );
        assert_eq!(peer(&chain).late_failure(), None);
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_version_1_certificate_is_proven_by_its_key() {
    for genpkey in [
        "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
    ] {
        let files = Scratch::self_signed(genpkey, "");
        files.run("openssl req -new -key key.pem -subj /CN=example.com -out request.pem");
        files.run("openssl x509 -req -in request.pem -signkey key.pem -days 30 -out leaf.pem");
        files.run("openssl x509 -in leaf.pem -outform DER -out leaf.der");
        for version in [TLS12, TLS13] {
            let chain = fetch(&files, version).await.unwrap();

            assert_eq!(ders(&chain), [&files.read("leaf.der")[..]]);
            assert_eq!(peer(&chain).possession(), Possession::Proven, "{genpkey} {version}");
            assert_eq!(peer(&chain).possession_detail(), None);
        }
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_certificate_that_is_signed_with_sha_1_is_proven() {
    let files = Scratch::self_signed("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "-sha1");
    let chain = fetch(&files, "-cipher DEFAULT:@SECLEVEL=0").await.unwrap();
    assert_eq!(ders(&chain), [&files.read("leaf.der")[..]]);
    assert_eq!(peer(&chain).possession(), Possession::Proven);
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn an_ocsp_response_is_stapled() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let files = files_of(&pki, &leaf);
    files.file("issuer-key.pem", pki.intermediate.key_pem());
    files.file("index.txt", "");
    files.run("openssl ocsp -issuer chain.pem -cert leaf.pem -no_nonce -reqout request.der");
    files.run(
        "openssl ocsp -index index.txt -CA chain.pem -rsigner chain.pem \
         -rkey issuer-key.pem -reqin request.der -ndays 30 -respout response.der",
    );
    for version in [TLS12, TLS13] {
        let chain = fetch(&files, &format!("{version} -status_file response.der")).await.unwrap();
        assert_eq!(chain.ocsp_staple(), Some(&files.read("response.der")[..]));
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_strict_server_knows_its_name_only() {
    let pki = Pki::new();
    let default = pki.leaf("default.example.com").issue();
    let named = pki.leaf("example.com").issue();
    let files = files_of(&pki, &default);
    files.file("named.pem", named.pem());
    files.file("named-key.pem", named.key_pem());
    let arguments =
        "-servername example.com -servername_fatal -cert2 named.pem -key2 named-key.pem";
    let fetcher = Fetcher::new().unwrap();

    let chain = fetch_by(&fetcher, &files, arguments, "example.com").await.unwrap();
    assert_eq!(ders(&chain)[0], &named.der[..]);
    let chain = fetch_by(&fetcher, &files, arguments, "other.example;no-sni").await.unwrap();
    assert_eq!(ders(&chain)[0], &default.der[..]);
    let fetched = fetch_by(&fetcher, &files, arguments, "other.example").await;
    assert_fails(fetched, FetchErrorKind::UnrecognisedName);
}
