//! The client certificate that we show, and what is told of it.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::{self, told};
use common::pki::{Draft, Issued, Key, Pki, at};
use common::server::{Server, Tls};
use notafter::chain::{ClientCertificate, Peer, Possession, PresentedChain};
use notafter::checker::{Checker, CheckerBuilder};
use notafter::fetch::{BuildError, ClientIdentity, ClientIdentityError, Fetcher};
use notafter::inspect::TrustAnchors;
use notafter::report::{Report, Status};
use notafter::target::Purpose;
use rcgen::ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
use rcgen::SigningKey as _;

const NOW: &str = "2026-06-15T12:00:00Z";

/// A client's certificate under the intermediate, valid during 2026.
fn client<'a>(pki: &'a Pki, name: &str) -> Draft<'a> {
    pki.leaf(name).with(|params| params.extended_key_usages = vec![ClientAuth])
}

fn identity(pki: &Pki, client: &Issued) -> ClientIdentity {
    let chain = format!("{}{}", client.pem(), pki.intermediate.pem());
    ClientIdentity::from_pem(chain, client.key_pem()).unwrap()
}

fn checker(pki: &Pki) -> CheckerBuilder {
    Checker::builder().anchors(TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap())
}

async fn look(checker: CheckerBuilder, server: &Server) -> Report {
    checker.build().unwrap().check_at(&server.target("example.com"), at(NOW)).await.unwrap()
}

fn outcome(report: &Report) -> ClientCertificate {
    report.peer().unwrap().client_certificate()
}

/// A server with a healthy chain that demands certificates under `trusted`.
fn demanding(pki: &Pki, trusted: &Issued) -> impl Fn(bool) -> Server {
    let leaf = pki.leaf("example.com").issue();
    let tls = Tls::new(pki.chain(&leaf), &leaf).demands_a_client_certificate(trusted);
    move |tls13| Server::start(if tls13 { tls.clone().tls13() } else { tls.clone().tls12() })
}

#[tokio::test]
async fn a_server_that_demands_one_is_shown_it() {
    let pki = Pki::new();
    let own = client(&pki, "client.example").issue();
    let server = demanding(&pki, &pki.root);
    for tls13 in [false, true] {
        let server = server(tls13);
        let report = look(checker(&pki).client_identity(identity(&pki, &own)), &server).await;
        assert_eq!(outcome(&report), ClientCertificate::Presented);
        assert_eq!(report.status(), Status::Pass, "{report}");
        assert_eq!(server.stop()[0].failure, None);
    }
}

#[tokio::test]
async fn a_server_that_gets_none_still_shows_its_chain() {
    let pki = Pki::new();
    let server = demanding(&pki, &pki.root);
    for tls13 in [false, true] {
        let report = look(checker(&pki), &server(tls13)).await;
        assert_eq!(outcome(&report), ClientCertificate::Required);
        assert_eq!(told(&report), ["note client-certificate-required -"]);
        assert!(report.client_report().is_none());
    }
}

#[tokio::test]
async fn a_server_that_refuses_ours_fails_and_still_shows_its_chain() {
    let (pki, strange) = (Pki::new(), Pki::new());
    let own = client(&strange, "client.example").issue();
    let server = demanding(&pki, &pki.root);
    for tls13 in [false, true] {
        let identity = identity(&strange, &own);
        let report = look(checker(&pki).client_identity(identity), &server(tls13)).await;
        assert_eq!(outcome(&report), ClientCertificate::Rejected);
        assert_eq!(told(&report), ["failure client-certificate-rejected -"]);
        assert_eq!(report.status(), Status::Fail);
        let message = report.findings()[0].message();
        assert!(message.contains("our client certificate: received fatal alert"), "{message}");
        assert_eq!(report.chain().len(), 2);
    }
}

/// A handshake of the caller's own need not tell how the refusal was worded.
#[test]
fn a_refusal_without_a_reason_is_a_refusal() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let peer = Peer::new()
        .with_possession(Possession::Proven)
        .with_client_certificate(ClientCertificate::Rejected);
    let report = judge::trusting(&[&pki.root]).inspect(
        &judge::chain(&pki.chain(&leaf)).with_peer(peer),
        &judge::server(&["example.com"]),
        at(NOW),
    );
    assert_eq!(told(&report), ["failure client-certificate-rejected -"]);
}

#[tokio::test]
async fn one_that_was_not_asked_for_is_judged_all_the_same() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let dying = client(&pki, "client.example")
        .valid("2025-06-17T12:00:00Z", "2026-06-17T11:59:59Z")
        .issue();
    let report = look(checker(&pki).client_identity(identity(&pki, &dying)), &server).await;

    assert_eq!(outcome(&report), ClientCertificate::NotRequested);
    assert_eq!(told(&report), [""; 0]);
    let own = report.client_report().unwrap();
    assert_eq!(own.purpose(), Purpose::Client);
    assert_eq!(own.checked_at(), report.checked_at());
    assert_eq!(told(own), ["critical expires-soon 0"]);
    assert_eq!(report.status(), Status::Warn);
    assert_eq!(report.worst(), own.worst());
    assert!(report.to_string().contains("WARN client certificate"), "{report}");
    let headline = "WARN https://example.com:443";
    let blamed = format!(";connect={}, for our client certificate: ", server.address());
    assert!(report.to_string().starts_with(&format!("{headline}{blamed}")), "{report}");
}

/// Public CAs no longer certify clients: a certificate that was renewed by one may have lost it.
#[tokio::test]
async fn one_that_is_for_servers_only_says_so() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    for (usage, expect) in [
        (vec![ServerAuth], vec!["failure client-auth-missing 0"]),
        (vec![ServerAuth, ClientAuth], vec![]),
    ] {
        let own =
            pki.leaf("client.example").with(|params| params.extended_key_usages = usage).issue();
        let report = look(checker(&pki).client_identity(identity(&pki, &own)), &server).await;
        assert_eq!(told(report.client_report().unwrap()), expect);
    }
}

/// Whom servers trust to certify clients is theirs to know, unless the caller says it.
#[tokio::test]
async fn trust_in_it_is_judged_where_the_anchors_are_given() {
    let (pki, strange) = (Pki::new(), Pki::new());
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let own = client(&strange, "client.example").issue();
    let known = TrustAnchors::from_der([strange.root.der.to_vec()]).unwrap();
    let unknown = TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap();
    for (anchors, expect) in
        [(None, vec![]), (Some(known), vec![]), (Some(unknown), vec!["failure untrusted-path 0"])]
    {
        let mut builder = checker(&pki).client_identity(identity(&strange, &own));
        if let Some(anchors) = anchors {
            builder = builder.client_anchors(anchors);
        }
        let report = look(builder, &server).await;
        assert_eq!(told(report.client_report().unwrap()), expect);
    }

    // All alone, signed by its own key, or by nobody known: no more is known of it than its dates.
    let lone = Draft::self_signed("client.example")
        .with(|params| params.extended_key_usages = vec![ClientAuth])
        .issue();
    for own in [&lone, &own] {
        let identity = ClientIdentity::from_pem(own.pem(), own.key_pem()).unwrap();
        let report = look(checker(&pki).client_identity(identity), &server).await;
        assert_eq!(told(report.client_report().unwrap()), [""; 0]);
        assert_eq!(report.status(), Status::Pass, "{report}");
    }
}

#[tokio::test]
async fn the_dates_above_it_count_too() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let dying = pki.root.ca("Client CA").valid("2025-01-01T00:00:00Z", "2026-06-14T00:00:00Z");
    let own_ca = Pki { intermediate: dying.issue(), root: Draft::root("another").issue() };
    let own = client(&own_ca, "client.example").issue();
    let report = look(checker(&pki).client_identity(identity(&own_ca, &own)), &server).await;
    let told = told(report.client_report().unwrap());
    assert!(told.contains(&"failure anchor-expired -".to_owned()), "{told:?}");
    assert_eq!(report.status(), Status::Fail);
}

#[tokio::test]
async fn a_key_may_live_elsewhere() {
    let pki = Pki::new();
    let own = client(&pki, "client.example").issue();
    let server = demanding(&pki, &pki.root);
    let chain =
        PresentedChain::from_der([own.der.to_vec(), pki.intermediate.der.to_vec()]).unwrap();
    let key = own.key.clone();
    const ECDSA_SECP256R1_SHA256: u16 = 0x0403;
    let identity =
        ClientIdentity::from_signer(chain, [ECDSA_SECP256R1_SHA256], move |scheme, message| {
            assert_eq!(scheme, ECDSA_SECP256R1_SHA256);
            Ok(key.sign(message)?)
        });
    for tls13 in [false, true] {
        let report = look(checker(&pki).client_identity(identity.clone()), &server(tls13)).await;
        assert_eq!(outcome(&report), ClientCertificate::Presented);
        assert_eq!(told(&report), [""; 0]);
    }
}

#[test]
fn a_key_that_does_not_fit_is_refused_when_the_fetcher_is_built() {
    let pki = Pki::new();
    let (own, other) = (client(&pki, "a.example").issue(), client(&pki, "b.example").issue());
    let identity = ClientIdentity::from_pem(own.pem(), other.key_pem()).unwrap();
    let error = Fetcher::builder().client_identity(identity).build().unwrap_err();
    assert_eq!(error, BuildError::ClientKeyMismatch);

    let rsa = client(&pki, "c.example").key(Key::Rsa2048).issue();
    let identity = ClientIdentity::from_pem(rsa.pem(), rsa.key_pem()).unwrap();
    Fetcher::builder().client_identity(identity).build().unwrap();
}

#[test]
fn a_text_without_a_usable_key_is_refused_with_the_reason() {
    let pki = Pki::new();
    let own = client(&pki, "a.example").issue();
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n\
               AAAA\n-----END RSA PRIVATE KEY-----\n";
    let broken = "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n";
    let refused = |chain: &str, key: &str| ClientIdentity::from_pem(chain, key).unwrap_err();
    use ClientIdentityError as Error;
    assert!(matches!(refused("", &own.key_pem()), Error::Chain(_)));
    assert!(matches!(refused(&own.pem(), &own.pem()), Error::NoKey));
    assert!(matches!(refused(&own.pem(), encrypted), Error::EncryptedKey));
    assert!(matches!(refused(&own.pem(), old), Error::EncryptedKey), "{old}");
    assert!(matches!(refused(&own.pem(), broken), Error::UnreadableKey));
}

#[test]
fn the_key_is_not_shown() {
    let pki = Pki::new();
    let own = client(&pki, "client.example").issue();
    let shown = format!("{:?}", identity(&pki, &own));
    assert!(!shown.contains("Pkcs8") && shown.contains(".."), "{shown}");
}
