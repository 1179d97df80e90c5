//! Chains over QUIC, as HTTP/3 servers show them: `cargo test --features quic --test quic`.

#![cfg(feature = "quic")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use common::judge::told;
use common::pki::{Issued, Pki, at};
use common::server::{Server, Tls};
use notafter::chain::{ClientCertificate, Entry, Possession, PresentedChain};
use notafter::checker::{Checker, Outcome, SurveyOptions};
use notafter::fetch::{
    ClientIdentity, FetchError, FetchErrorKind, Fetcher, Phase, Resolver, Timeouts,
};
use notafter::inspect::TrustAnchors;
use notafter::report::Status;
use notafter::target::{Target, Transport};
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Endpoint, ServerConfig};
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::server::WebPkiClientVerifier;

const NOW: &str = "2026-06-15T12:00:00Z";

/// A QUIC server on a port of 127.0.0.1, which shakes hands and waits for the client to go.
struct Quic {
    address: SocketAddr,
    _endpoint: Endpoint,
}

impl Quic {
    fn start(pki: &Pki, leaf: &Issued) -> Self {
        Self::with(pki, leaf, 0, b"h3", None)
    }

    fn with(pki: &Pki, leaf: &Issued, port: u16, alpn: &[u8], clients: Option<&Issued>) -> Self {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(root) => {
                let mut roots = RootCertStore::empty();
                roots.add(root.der.clone()).unwrap();
                builder.with_client_cert_verifier(
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .unwrap(),
                )
            }
        };
        let mut tls = builder.with_single_cert(pki.chain(leaf), leaf.private_key()).unwrap();
        tls.alpn_protocols = vec![alpn.to_vec()];
        let crypto = QuicServerConfig::try_from(tls).unwrap();
        let endpoint = Endpoint::server(
            ServerConfig::with_crypto(Arc::new(crypto)),
            (Ipv4Addr::LOCALHOST, port).into(),
        )
        .unwrap();
        let address = endpoint.local_addr().unwrap();
        let accepting = endpoint.clone();
        tokio::spawn(async move {
            while let Some(incoming) = accepting.accept().await {
                tokio::spawn(async move {
                    if let Ok(connection) = incoming.await {
                        connection.closed().await;
                    }
                });
            }
        });
        Self { address, _endpoint: endpoint }
    }

    fn target(&self) -> Target {
        format!("h3://example.com;connect={}", self.address).parse().unwrap()
    }
}

fn ders(chain: &PresentedChain) -> Vec<&[u8]> {
    chain.entries().iter().map(Entry::der).collect()
}

#[tokio::test]
async fn the_chain_arrives_from_who_holds_its_key() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Quic::start(&pki, &leaf);
    for parameters in ["", ";no-sni"] {
        let target = format!("{}{parameters}", server.target()).parse().unwrap();
        let chain = Fetcher::new().unwrap().fetch(&target).await.unwrap();
        assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
        let peer = chain.peer().unwrap();
        assert_eq!(peer.possession(), Possession::Proven);
        assert_eq!(peer.protocol(), Some("TLSv1.3"));
        assert_eq!(peer.address(), Some(server.address));
        assert_eq!(peer.client_certificate(), ClientCertificate::NotRequested);
        assert_eq!(peer.late_failure(), None);
    }
}

#[tokio::test]
async fn what_is_wrong_with_it_is_for_the_report() {
    let pki = Pki::new();
    let expired =
        pki.leaf("example.org").valid("2025-06-15T12:00:00Z", "2026-06-15T11:59:59Z").issue();
    let server = Quic::start(&pki, &expired);
    let anchors = TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap();
    let checker = Checker::builder().anchors(anchors).build().unwrap();
    let report = checker.check_at(&server.target(), at(NOW)).await.unwrap();
    assert_eq!(told(&report), ["failure expired 0", "failure name-mismatch 0"]);
}

#[tokio::test]
async fn a_client_certificate_is_shown_or_missed() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Quic::with(&pki, &leaf, 0, b"h3", Some(&pki.root));
    let fetch = |identity: Option<ClientIdentity>| {
        let target = server.target();
        async move {
            let mut builder = Fetcher::builder();
            if let Some(identity) = identity {
                builder = builder.client_identity(identity);
            }
            builder.build().unwrap().fetch(&target).await.unwrap()
        }
    };
    let chain = fetch(None).await;
    assert_eq!(chain.entries().len(), 2);
    assert_eq!(chain.peer().unwrap().client_certificate(), ClientCertificate::Required);

    let own = pki
        .leaf("client.example")
        .with(|params| {
            params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        })
        .issue();
    let own_chain = format!("{}{}", own.pem(), pki.intermediate.pem());
    let identity = ClientIdentity::from_pem(own_chain, own.key_pem()).unwrap();
    let chain = fetch(Some(identity)).await;
    assert_eq!(chain.peer().unwrap().client_certificate(), ClientCertificate::Presented);
}

#[tokio::test]
async fn a_server_of_another_protocol_gives_up_with_an_alert() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Quic::with(&pki, &leaf, 0, b"doq", None);
    let error = Fetcher::new().unwrap().fetch(&server.target()).await.unwrap_err();
    // no_application_protocol (RFC 7301 section 3.2)
    assert_eq!((error.phase(), error.kind()), (Phase::Handshake, FetchErrorKind::Alert(120)));
    assert_eq!(error.address(), Some(server.address));
}

async fn fetch_from(addresses: &[SocketAddr]) -> Result<PresentedChain, FetchError> {
    let fetcher = Fetcher::builder()
        .resolver(Resolver::fixed(addresses))
        .timeouts(Timeouts::new().with_connect(Duration::from_secs(2)))
        .build()
        .unwrap();
    fetcher.fetch(&"h3://example.com".parse().unwrap()).await
}

/// An address of loopback at which nothing is ever said.
fn silent() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

#[tokio::test]
async fn silent_addresses_are_passed_over_and_told_where_all_are() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Quic::start(&pki, &leaf);
    let ((_one, one), (_other, other)) = (silent(), silent());

    let chain = fetch_from(&[one, server.address]).await.unwrap();
    assert_eq!(chain.peer().unwrap().address(), Some(server.address));

    let error = fetch_from(&[one, other]).await.unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::TimedOut));
    let attempts: Vec<_> = error.attempts().iter().map(|attempt| attempt.address()).collect();
    assert_eq!(attempts, [one, other]);
}

#[tokio::test]
async fn a_survey_looks_over_quic_when_asked() {
    let pki = Pki::new();
    let (tcp, udp) = (pki.leaf("example.com").issue(), pki.leaf("example.com").issue());
    let over_tcp = Server::start(Tls::new(pki.chain(&tcp), &tcp));
    let address = over_tcp.address();
    let _over_quic = Quic::with(&pki, &udp, address.port(), b"h3", None);
    let checker = Checker::builder()
        .anchors(TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap())
        .resolver(Resolver::fixed([address]))
        .survey(SurveyOptions::new().quic(true))
        .build()
        .unwrap();
    let target = "https://example.com".parse().unwrap();
    let survey = checker.survey_at(&target, at(NOW)).await.unwrap();
    let shown: Vec<_> = survey
        .views()
        .iter()
        .map(|one| (one.view.transport, matches!(one.outcome, Outcome::Chain(_))))
        .collect();
    assert_eq!(shown, [(Transport::Tcp, false), (Transport::Tcp, true), (Transport::Quic, true)]);
    assert_eq!(survey.reports().len(), 2);
    assert_eq!(survey.status(), Status::Pass, "{survey}");
}

#[tokio::test]
async fn a_proxy_and_a_stream_lead_to_tcp_alone() {
    let target: Target = "h3://example.com".parse().unwrap();
    let (stream, _peer) = tokio::io::duplex(1);
    let error = Fetcher::new().unwrap().handshake(stream, &target).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Unsupported);
}
