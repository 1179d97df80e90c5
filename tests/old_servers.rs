//! Servers too old for today's handshake, asked in plain text:
//! `cargo test --test old_servers -- --ignored`.
//!
//! Debian's openssl, whose `s_server` can be made to speak as of old.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::told;
use common::pki::{Key, Pki, at};
use common::process::{Process, Scratch, free_port};
use common::server::{Server, Tls};
use notafter::chain::{ClientCertificate, Entry, Possession};
use notafter::checker::{Checker, Outcome};
use notafter::fetch::{FetchErrorKind, Fetcher};
use notafter::inspect::TrustAnchors;
use notafter::report::{FindingKind, Status};

const NOW: &str = "2026-06-15T12:00:00Z";

fn files_of(pki: &Pki, key: Key) -> Scratch {
    let leaf = pki.leaf("example.com").key(key).issue();
    let files = Scratch::new();
    files.file("leaf.pem", leaf.pem());
    files.file("leaf.der", &leaf.der);
    files.file("key.pem", leaf.key_pem());
    files.file("chain.pem", pki.intermediate.pem());
    files
}

fn start(files: &Scratch, arguments: &str) -> Process {
    let port = free_port();
    let chain = if files.path("chain.pem").exists() { "-cert_chain chain.pem" } else { "" };
    let server = format!(
        "openssl s_server -accept 127.0.0.1:{port} -www -cert leaf.pem -key key.pem {chain} \
         -cipher ALL:@SECLEVEL=0 {arguments}"
    );
    files.start(&server, port)
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn show_their_chain_and_what_they_speak() {
    let pki = Pki::new();
    let (rsa, p521) = (files_of(&pki, Key::Rsa2048), files_of(&pki, Key::P521));
    let brainpool =
        Scratch::self_signed("-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", "-sha256");
    let cases = [
        (&rsa, "-tls1", "TLSv1", "TLSv1.0"),
        (&rsa, "-tls1_1", "TLSv1.1", "TLSv1.1"),
        (&rsa, "-tls1_2 -cipher AES128-SHA:@SECLEVEL=0", "AES128", "TLSv1.2"),
        (&rsa, "-tls1_2 -cipher ECDHE-RSA-AES128-SHA:@SECLEVEL=0", "CBC", "TLSv1.2"),
        (&rsa, "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "DHE", "TLSv1.2"),
        (&p521, "-tls1_2", "P-521", "TLSv1.2"),
        (&brainpool, "-tls1_2", "brainpool", "TLSv1.2"),
    ];
    for (files, arguments, what, version) in cases {
        let server = start(files, arguments);
        let chain = Fetcher::new().unwrap().fetch(&server.target("example.com")).await.unwrap();
        let ders: Vec<_> = chain.entries().iter().map(Entry::der).collect();
        assert_eq!(ders[0], files.read("leaf.der"), "{what}");
        if files.path("chain.pem").exists() {
            assert_eq!(ders[1..], [&pki.intermediate.der[..]], "{what}");
        }
        let peer = chain.peer().unwrap();
        assert!(peer.is_legacy_handshake(), "{what}");
        assert_eq!(peer.protocol(), Some(version), "{what}");
        assert_eq!(peer.possession(), Possession::Unproven, "{what}");
        assert!(peer.address().is_some());
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn are_reported_with_a_warning_and_a_chain_that_is_judged() {
    let pki = Pki::new();
    let files = files_of(&pki, Key::Rsa2048);
    let server = start(&files, "-tls1 -Verify 1");
    let anchors = TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap();
    let checker = Checker::builder().anchors(anchors.clone()).build().unwrap();
    let target = server.target("example.com");

    let report = checker.check_at(&target, at(NOW)).await.unwrap();

    assert_eq!(told(&report), ["warning legacy-protocol -", "warning possession-unproven -"]);
    assert_eq!(report.status(), Status::Warn);
    let kind = report.findings()[0].kind();
    let FindingKind::LegacyProtocol { protocol, cipher_suite } = kind else { panic!("{kind:?}") };
    assert_eq!(protocol, "TLSv1.0");
    assert!(cipher_suite.starts_with("TLS_ECDHE_RSA_WITH_AES_"), "{cipher_suite}");
    let peer = report.peer().unwrap();
    assert_eq!(peer.client_certificate(), ClientCertificate::Requested);

    // A survey falls back on it where neither type of key is served.
    let survey = checker.survey_at(&target, at(NOW)).await.unwrap();
    let [view] = survey.views() else { panic!("{survey}") };
    assert_eq!(view.view.key_type, None);
    assert!(matches!(view.outcome, Outcome::Chain(0)), "{survey}");
    assert_eq!(survey.status(), Status::Warn);

    // Where it is switched off, the handshake's own failure is told.
    let strict = Checker::builder().anchors(anchors).legacy_probe(false).build().unwrap();
    let error = strict.check(&target).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::ProtocolVersion);
}

/// Where the probe sees nothing either, the first failure is the one to tell.
#[tokio::test]
async fn that_show_nothing_are_refused_for_the_first_reason() {
    // handshake_failure, whatever is said
    let server = Server::sends(b"\x15\x03\x03\x00\x02\x02\x28");
    let error = Fetcher::new().unwrap().fetch(&server.target("example.com")).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::NoCipherInCommon);
    assert_eq!(error.address(), Some(server.address()));
    // protocol_version
    let server = Server::sends(b"\x15\x03\x03\x00\x02\x02\x46");
    let error = Fetcher::new().unwrap().fetch(&server.target("example.com")).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::ProtocolVersion);
}

/// Nobody is asked twice who was only out of luck.
#[tokio::test]
async fn are_asked_once_more_only_for_their_age() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf).only_for("other.example"));
    let error = Fetcher::new().unwrap().fetch(&server.target("example.com")).await.unwrap_err();
    // access_denied
    assert_eq!(error.kind(), FetchErrorKind::Alert(49));
    assert_eq!(server.stop().len(), 1);
}
