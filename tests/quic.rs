//! Fetching over QUIC, as clients of HTTP/3 see a server.

#![cfg(all(feature = "fetch", feature = "quic", any(feature = "aws-lc-rs", feature = "ring")))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::judge::told;
use common::pki::{Issued, Pki, at};
use common::printed;
use common::server::{Seen, Server, Tls};
use notafter::chain::{ClientCertificate, Peer, Possession, PresentedChain};
use notafter::checker::{Checker, Outcome, SurveyOptions};
use notafter::fetch::{
    ClientIdentity, FetchError, FetchErrorKind, Fetcher, Phase, Resolver, Timeouts,
};
use notafter::inspect::TrustAnchors;
use notafter::report::Status;
use notafter::target::Target;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{ConnectionError, Endpoint, ServerConfig, VarInt};
use rcgen::ExtendedKeyUsagePurpose::ClientAuth;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const NOW: &str = "2026-06-15T12:00:00Z";

/// A QUIC server on 127.0.0.1, which runs on the runtime of its test.
struct Quic {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    /// How each connection ended.
    ends: UnboundedReceiver<ConnectionError>,
}

impl Quic {
    fn start(tls: &Tls) -> Self {
        Self::speaking("h3", tls)
    }

    /// Agrees to this application protocol alone.
    fn speaking(alpn: &str, tls: &Tls) -> Self {
        Self::bound_to(0, alpn, tls).unwrap()
    }

    fn bound_to(port: u16, alpn: &str, tls: &Tls) -> io::Result<Self> {
        let seen = Arc::default();
        let mut tls = (*tls.config(Arc::clone(&seen))).clone();
        tls.alpn_protocols = vec![alpn.into()];
        let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
        let endpoint = Endpoint::server(config, (Ipv4Addr::LOCALHOST, port).into())?;
        let address = endpoint.local_addr()?;
        let (sender, ends) = unbounded_channel();
        tokio::spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    let end = match incoming.await {
                        Ok(connection) => connection.closed().await,
                        Err(error) => error,
                    };
                    // The test may be over.
                    let _ = sender.send(end);
                });
            }
        });
        Ok(Self { address, seen, ends })
    }

    /// Refuses every connection, as servers do that are shutting down.
    fn refusing(tls: &Tls) -> Self {
        let (_, ends) = unbounded_channel();
        let tls = (*tls.config(Arc::default())).clone();
        let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
        let endpoint = Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = endpoint.local_addr().unwrap();
        tokio::spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                incoming.refuse();
            }
        });
        Self { address, seen: Arc::default(), ends }
    }

    fn server_name(&self) -> Option<String> {
        self.seen.lock().unwrap().server_name.clone()
    }
}

/// A socket that takes what is sent to it, and never answers.
fn silent() -> UdpSocket {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
}

/// An address of 127.0.0.1 where nobody listens.
fn dead() -> SocketAddr {
    silent().local_addr().unwrap()
}

fn target(address: SocketAddr) -> Target {
    format!("h3://example.com;connect={address}").parse().unwrap()
}

async fn fetch(address: SocketAddr) -> Result<PresentedChain, FetchError> {
    Fetcher::new().unwrap().fetch(&target(address)).await
}

fn peer(chain: &PresentedChain) -> &Peer {
    chain.peer().unwrap()
}

fn ders(chain: &PresentedChain) -> Vec<&[u8]> {
    chain.entries().iter().map(|entry| entry.der()).collect()
}

fn healthy(pki: &Pki) -> Tls {
    let leaf = pki.leaf("example.com").issue();
    Tls::new(pki.chain(&leaf), &leaf)
}

#[tokio::test]
async fn the_chain_arrives_with_the_proof_that_the_peer_holds_its_key() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let mut server = Quic::start(&Tls::new(pki.chain(&leaf), &leaf));
    let chain = fetch(server.address).await.unwrap();

    assert_eq!(ders(&chain), [leaf.der.as_ref(), pki.intermediate.der.as_ref()]);
    assert_eq!(peer(&chain).possession(), Possession::Proven);
    assert_eq!(peer(&chain).protocol(), Some("TLSv1.3"));
    assert_eq!(peer(&chain).address(), Some(server.address));
    assert_eq!(peer(&chain).client_certificate(), ClientCertificate::NotRequested);
    assert_eq!(peer(&chain).late_failure(), None);
    assert_eq!(server.server_name().as_deref(), Some("example.com"));
    match server.ends.recv().await.unwrap() {
        // H3_NO_ERROR.
        ConnectionError::ApplicationClosed(close) => {
            assert_eq!(close.error_code, VarInt::from_u32(0x100));
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_staple_arrives() {
    let pki = Pki::new();
    let server = Quic::start(&healthy(&pki).staples(*b"any bytes"));
    let chain = fetch(server.address).await.unwrap();
    assert_eq!(chain.ocsp_staple(), Some(&b"any bytes"[..]));
}

#[tokio::test]
async fn an_expired_chain_is_fetched_like_any_other() {
    let pki = Pki::new();
    let leaf =
        pki.leaf("example.com").valid("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z").issue();
    let server = Quic::start(&Tls::new(pki.chain(&leaf), &leaf));
    let checker = Checker::builder()
        .anchors(TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap())
        .build()
        .unwrap();
    let report = checker.check_at(&target(server.address), at(NOW)).await.unwrap();
    assert_eq!(told(&report), ["failure expired 0"]);
}

/// Longer than what a server may send before it has heard from the address twice.
#[tokio::test]
async fn a_long_chain_arrives_whole() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let mut sent = pki.chain(&leaf);
    sent.extend(std::iter::repeat_n(pki.intermediate.der.clone(), 60));
    let server = Quic::start(&Tls::new(sent.clone(), &leaf));
    let chain = fetch(server.address).await.unwrap();
    assert_eq!(ders(&chain), sent.iter().map(AsRef::as_ref).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_view_without_a_server_name_sends_none() {
    let pki = Pki::new();
    let (named, default) = (pki.leaf("example.com").issue(), pki.leaf("default.example").issue());
    let tls = Tls::new(pki.chain(&named), &named).by_default(pki.chain(&default), &default);
    let server = Quic::start(&tls);
    let target = format!("h3://example.com;connect={};no-sni", server.address).parse().unwrap();
    let chain = Fetcher::new().unwrap().fetch(&target).await.unwrap();

    assert_eq!(server.server_name(), None);
    assert_eq!(ders(&chain)[0], default.der.as_ref());
}

#[tokio::test]
async fn an_address_of_ipv6_is_dialled_from_one() {
    let pki = Pki::new();
    let mut tls = (*healthy(&pki).config(Arc::default())).clone();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
    let endpoint = match Endpoint::server(config, "[::1]:0".parse().unwrap()) {
        Ok(endpoint) => endpoint,
        Err(error) => return eprintln!("skipped: this machine has no ::1: {error}"),
    };
    let address = endpoint.local_addr().unwrap();
    tokio::spawn(async move { endpoint.accept().await.unwrap().await.unwrap().closed().await });
    let chain = fetch(address).await.unwrap();
    assert_eq!(peer(&chain).address(), Some(address));
}

fn identity(client: &Issued, issuer: &Issued) -> ClientIdentity {
    let chain = format!("{}{}", client.pem(), issuer.pem());
    ClientIdentity::from_pem(chain, client.key_pem()).unwrap()
}

async fn shown_to(server: &Quic, identity: Option<ClientIdentity>) -> PresentedChain {
    let mut builder = Fetcher::builder();
    if let Some(identity) = identity {
        builder = builder.client_identity(identity);
    }
    builder.build().unwrap().fetch(&target(server.address)).await.unwrap()
}

#[tokio::test]
async fn a_server_that_demands_a_client_certificate_still_shows_its_chain() {
    let (pki, strange) = (Pki::new(), Pki::new());
    let server = Quic::start(&healthy(&pki).demands_a_client_certificate(&pki.root));
    let client = |pki: &Pki| {
        let client = pki
            .leaf("client.example")
            .with(|params| params.extended_key_usages = vec![ClientAuth])
            .issue();
        identity(&client, &pki.intermediate)
    };

    let chain = shown_to(&server, None).await;
    assert_eq!(peer(&chain).client_certificate(), ClientCertificate::Required);
    assert_eq!(peer(&chain).late_failure(), None);
    assert_eq!(chain.entries().len(), 2);

    let chain = shown_to(&server, Some(client(&pki))).await;
    assert_eq!(peer(&chain).client_certificate(), ClientCertificate::Presented);
    assert_eq!(peer(&chain).late_failure(), None);

    let chain = shown_to(&server, Some(client(&strange))).await;
    assert_eq!(peer(&chain).client_certificate(), ClientCertificate::Rejected);
    let late = format!("{:?}", peer(&chain).late_failure().unwrap());
    assert!(late.starts_with("ByPeer(\"received fatal alert: "), "{late}");
}

#[tokio::test]
async fn a_server_that_goes_on_without_a_client_certificate_says_that_it_asked() {
    let pki = Pki::new();
    let server = Quic::start(&healthy(&pki).asks_for_a_client_certificate(&pki.root));
    let chain = shown_to(&server, None).await;
    assert_eq!(peer(&chain).client_certificate(), ClientCertificate::Requested);
    assert_eq!(peer(&chain).late_failure(), None);
}

#[tokio::test]
async fn a_server_that_speaks_no_http_3_says_so_by_an_alert() {
    let pki = Pki::new();
    let server = Quic::speaking("doq", &healthy(&pki));
    let error = fetch(server.address).await.unwrap_err();
    // no_application_protocol (RFC 7301 section 3.2).
    assert_eq!((error.phase(), error.kind()), (Phase::Handshake, FetchErrorKind::Alert(120)));
    assert_eq!(error.address(), Some(server.address));
    assert!(error.attempts().is_empty());
    assert_eq!(
        printed(&error),
        format!(
            "handshake failed for h3://example.com:443;connect={0} at {0}: the peer gave up with \
             alert 120: received fatal alert: NoApplicationProtocol",
            server.address
        )
    );
}

#[tokio::test]
async fn a_server_that_does_not_serve_the_name_says_so() {
    let pki = Pki::new();
    let server = Quic::start(&healthy(&pki).only_for("other.example"));
    let error = fetch(server.address).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Handshake);
    assert_eq!(error.kind(), FetchErrorKind::Alert(49));
}

#[tokio::test]
async fn a_server_that_refuses_the_connection_is_one_that_could_not_be_connected_to() {
    let pki = Pki::new();
    let server = Quic::refusing(&healthy(&pki));
    let error = fetch(server.address).await.unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Refused));
    assert_eq!(error.attempts()[0].address(), server.address);
}

#[tokio::test]
async fn the_next_address_is_dialled_where_one_refuses() {
    let pki = Pki::new();
    let (refusing, server) = (Quic::refusing(&healthy(&pki)), Quic::start(&healthy(&pki)));
    let resolver = Resolver::fixed([refusing.address, server.address]);
    let fetcher = Fetcher::builder().resolver(resolver).build().unwrap();
    let chain = fetcher.fetch(&"h3://example.com".parse().unwrap()).await.unwrap();
    assert_eq!(peer(&chain).address(), Some(server.address));
}

#[tokio::test]
async fn the_next_address_is_dialled_where_one_is_silent() {
    let pki = Pki::new();
    let (silent, server) = (silent(), Quic::start(&healthy(&pki)));
    let resolver = Resolver::fixed([silent.local_addr().unwrap(), server.address]);
    let fetcher = Fetcher::builder()
        .resolver(resolver)
        .timeouts(Timeouts::new().with_connect(Duration::from_secs(3)))
        .build()
        .unwrap();
    let chain = fetcher.fetch(&"h3://example.com".parse().unwrap()).await.unwrap();
    assert_eq!(peer(&chain).address(), Some(server.address));
}

/// Whether somebody listens can't be told: quinn does not hear of the refusal (ICMP).
#[tokio::test(start_paused = true)]
async fn nobody_answers_in_time_where_nobody_listens_and_where_somebody_is_silent() {
    let silent = silent();
    let start = tokio::time::Instant::now();
    for address in [dead(), silent.local_addr().unwrap()] {
        let error = fetch(address).await.unwrap_err();
        assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::TimedOut));
        assert_eq!(error.attempts()[0].address(), address);
        assert_eq!(
            printed(&error),
            format!(
                "connect failed for h3://example.com:443;connect={address} at {address}: timed \
                 out: no answer in time"
            )
        );
    }
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn a_server_of_another_version_of_quic_is_told_from_one_that_is_silent() {
    let socket = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut packet = [0; 2048];
        loop {
            let (_, client) = socket.recv_from(&mut packet).await.unwrap();
            // The two connection IDs of a long header follow the version (RFC 8999 section 5.1).
            let (theirs, rest) = packet[6..].split_at(packet[5].into());
            let ours = &rest[1..][..rest[0].into()];
            let mut answer = vec![0x80, 0, 0, 0, 0];
            for id in [ours, theirs] {
                answer.push(id.len().try_into().unwrap());
                answer.extend(id);
            }
            // The only version that is served, QUIC version 2 (RFC 9369).
            answer.extend([0x6b, 0x33, 0x43, 0xcf]);
            socket.send_to(&answer, client).await.unwrap();
        }
    });
    let error = fetch(address).await.unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Handshake, FetchErrorKind::ProtocolVersion));
    assert_eq!(error.address(), Some(address));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_quic_is_none() {
    let socket = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (_, client) = socket.recv_from(&mut [0; 2048]).await.unwrap();
            socket.send_to(b"HTTP/1.1 400 Bad Request\r\n\r\n", client).await.unwrap();
        }
    });
    let error = fetch(address).await.unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn all_addresses_share_the_time_to_connect() {
    let silent = [silent(), silent(), silent()];
    let addresses = silent.each_ref().map(|socket| socket.local_addr().unwrap());
    let fetcher = Fetcher::builder().resolver(Resolver::fixed(addresses)).build().unwrap();
    let start = tokio::time::Instant::now();
    let error = fetcher.fetch(&"h3://example.com".parse().unwrap()).await.unwrap_err();

    assert_eq!(start.elapsed().as_secs(), 5);
    let tried: Vec<_> = error.attempts().iter().map(|attempt| attempt.address()).collect();
    assert_eq!(tried, addresses);
}

/// The other failures are waited for.
#[tokio::test]
async fn an_address_that_cant_be_dialled_fails_at_once() {
    // To everybody at once nothing is sent, unless the socket was made for it (SO_BROADCAST).
    let everybody: SocketAddr = "255.255.255.255:443".parse().unwrap();
    let error = fetch(everybody).await.unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Io));
    assert_eq!(error.attempts()[0].error().kind(), io::ErrorKind::PermissionDenied);
}

/// A TCP server, and a QUIC server at the same port.
fn siblings(tcp: &Tls, quic: &Tls) -> (Server, Quic) {
    loop {
        let server = Server::start(tcp.clone());
        // The port may be taken on UDP.
        if let Ok(sibling) = Quic::bound_to(server.address().port(), "h3", quic) {
            return (server, sibling);
        }
    }
}

#[tokio::test]
async fn a_survey_looks_over_quic_too() {
    let pki = Pki::new();
    let renewed = pki.leaf("example.com").issue();
    let old = pki.leaf("example.com").valid("2025-06-01T00:00:00Z", "2026-06-20T00:00:00Z").issue();
    let (tcp, quic) =
        siblings(&Tls::new(pki.chain(&renewed), &renewed), &Tls::new(pki.chain(&old), &old));
    let checker = Checker::builder()
        .anchors(TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap())
        .resolver(Resolver::fixed([tcp.address()]))
        .survey(SurveyOptions::new().quic(true))
        .build()
        .unwrap();
    let survey = checker.survey_at(&"https://example.com".parse().unwrap(), at(NOW)).await.unwrap();

    let sights: Vec<_> = survey
        .views()
        .iter()
        .map(|one| match &one.outcome {
            Outcome::Chain(report) => format!("{}: {report}", one.view),
            other => format!("{}: {other:?}", one.view),
        })
        .collect();
    let address = quic.address;
    assert_eq!(
        sights,
        [
            format!("{address}, RSA: NotServed"),
            format!("{address}, ECDSA: 0"),
            format!("{address}, QUIC: 1"),
        ]
    );
    assert_eq!(told(&survey.reports()[1]), ["critical expires-soon 0"]);
    assert_eq!(survey.status(), Status::Warn);
}
