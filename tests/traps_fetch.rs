//! How certificate monitors are known to be wrong: the ways that need a server to show.
//!
//! `traps.rs` says which are not tested yet.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::judge::{NOTHING, path, told};
use common::pki::{Draft, Issued, Pki, at};
use common::server::{Server, Tls, refusing};
use notafter::checker::{Checked, Checker};
use notafter::fetch::{FetchErrorKind, Phase, Resolver};
use notafter::inspect::TrustAnchors;
use notafter::report::{Report, Status};
use notafter::target::Target;
use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, ServerConfig, ServerConnection,
};

const NOW: &str = "2026-06-15T12:00:00Z";

fn checker(root: &Issued) -> Checker {
    let anchors = TrustAnchors::from_der([root.der.to_vec()]).unwrap();
    Checker::builder().anchors(anchors).build().unwrap()
}

async fn look(checker: &Checker, target: &Target) -> Report {
    checker.check_at(target, at(NOW)).await.unwrap()
}

/// Numbers that come out of a verified handshake vanish when it no longer verifies, and the alert
/// resolves itself (blackbox_exporter, ssl_exporter, gatus).
#[tokio::test]
async fn blind_at_the_moment_of_expiry() {
    let pki = Pki::new();
    let healthy = pki.leaf("example.com").issue();
    let expired =
        pki.leaf("example.com").valid("2025-06-15T12:00:00Z", "2026-06-15T11:59:59Z").issue();
    let misnamed = pki.leaf("example.org").issue();
    let self_signed = Draft::self_signed("example.com").issue();
    let unknown = Pki::new();
    let strange = unknown.leaf("example.com").issue();

    let cases: [(&Issued, Vec<CertificateDer<'static>>, &[&str]); 5] = [
        (&healthy, pki.chain(&healthy), &[]),
        (&expired, pki.chain(&expired), &["failure expired 0"]),
        (&misnamed, pki.chain(&misnamed), &["failure name-mismatch 0"]),
        (
            &self_signed,
            vec![self_signed.der.clone()],
            &["failure untrusted-path 0", "note self-signed 0"],
        ),
        (&strange, unknown.chain(&strange), &["failure untrusted-path 0"]),
    ];
    for (leaf, sent, expected) in cases {
        let server = Server::start(Tls::new(sent.clone(), leaf));
        let report = look(&checker(&pki.root), &server.target("example.com")).await;
        assert_eq!(told(&report), expected);
        // Every fact is there, whatever the verdict.
        let seen: Vec<&[u8]> =
            report.chain().iter().map(|one| one.entry().unwrap().der()).collect();
        assert_eq!(seen, Vec::from_iter(sent.iter().map(|der| &der[..])));
        assert!(report.horizon().end_entity.is_some());
        let peer = report.peer().unwrap();
        assert_eq!(peer.address(), Some(server.address()));
        assert_eq!(peer.protocol(), Some("TLSv1.3"));
    }
}

/// The public chain of a site, replayed by whoever likes (sslx).
#[tokio::test]
async fn a_handshake_signature_is_asserted_without_being_checked() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let thief = pki.leaf("evil.test").issue();
    for tls in
        [Tls::new(pki.chain(&leaf), &thief).tls12(), Tls::new(pki.chain(&leaf), &thief).tls13()]
    {
        let server = Server::start(tls);
        let report = look(&checker(&pki.root), &server.target("example.com")).await;
        assert_eq!(report.status(), Status::Fail);
        assert!(told(&report).contains(&"failure possession-failed -".to_owned()), "{report}");
    }
}

/// A server that wants a client certificate has shown its own by then.
#[tokio::test]
async fn a_demand_for_a_client_certificate_is_taken_for_a_failure() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    for tls in
        [Tls::new(pki.chain(&leaf), &leaf).tls12(), Tls::new(pki.chain(&leaf), &leaf).tls13()]
    {
        let server = Server::start(tls.demands_a_client_certificate(&pki.root));
        let report = look(&checker(&pki.root), &server.target("example.com")).await;
        assert_eq!(told(&report), ["note client-certificate-required -"]);
        assert_eq!(report.status(), Status::Pass);
    }
}

/// Probed by address, a server shows another certificate than the one for its name.
#[tokio::test]
async fn an_address_is_probed_without_the_name() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf).only_for("example.com"));
    let address = server.address();
    for target in [
        format!("example.com;connect={address}"),
        format!("{address};sni=example.com;name=example.com"),
    ] {
        let report = look(&checker(&pki.root), &target.parse().unwrap()).await;
        assert_eq!(told(&report), NOTHING, "{target}");
    }
    let unnamed: Target = address.to_string().parse().unwrap();
    let error = checker(&pki.root).check_at(&unnamed, at(NOW)).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Handshake);
}

/// All was green at the edge, and the origin behind it had expired.
#[tokio::test]
async fn the_edge_is_taken_for_the_origin() {
    let pki = Pki::new();
    let fresh = pki.leaf("example.com").issue();
    let stale =
        pki.leaf("example.com").valid("2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z").issue();
    let edge = Server::start(Tls::new(pki.chain(&fresh), &fresh));
    let origin = Server::start(Tls::new(pki.chain(&stale), &stale));
    let checker = checker(&pki.root);
    assert_eq!(told(&look(&checker, &edge.target("example.com")).await), NOTHING);
    assert_eq!(told(&look(&checker, &origin.target("example.com")).await), ["failure expired 0"]);
}

/// The first of a name's addresses is dead, and the check says that the service is.
#[tokio::test]
async fn only_the_first_address_is_tried() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let anchors = TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap();
    let checker = Checker::builder()
        .anchors(anchors)
        .resolver(Resolver::fixed([refusing(), server.address()]))
        .build()
        .unwrap();
    let report = look(&checker, &"example.com".parse().unwrap()).await;
    assert_eq!(told(&report), NOTHING);
    assert_eq!(report.peer().unwrap().address(), Some(server.address()));
}

/// One name that could not be resolved ended the whole run; or the run was called good (Xabaril,
/// x509-certificate-exporter).
#[tokio::test]
async fn one_dns_failure_aborts_the_rest() {
    let pki = Pki::new();
    let healthy = pki.leaf("good.example").issue();
    let expired =
        pki.leaf("old.example").valid("2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z").issue();
    let good = Server::start(Tls::new(pki.chain(&healthy), &healthy));
    let old = Server::start(Tls::new(pki.chain(&expired), &expired));
    let (good, old) = (good.target("good.example"), old.target("old.example"));
    let resolver = Resolver::from_fn(|host, _| async move {
        match host.as_str() {
            "broken.example" => Err(io::Error::other("no server answers")),
            "absent.example" => Ok(Vec::new()),
            "bad.example" => panic!("a resolver that is broken itself"),
            _ => Ok(vec![refusing()]),
        }
    });
    let anchors = TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap();
    let checker =
        Checker::builder().anchors(anchors).resolver(resolver).concurrency(2).build().unwrap();

    let named = |host: &str| host.parse::<Target>().unwrap();
    let targets = [
        named("broken.example"),
        good.clone(),
        named("absent.example"),
        named("bad.example"),
        named("closed.example"),
        old.clone(),
    ];
    let mut checks = checker.check_many_at(targets.clone(), at(NOW));
    let mut seen = Vec::new();
    while let Some(Checked { target, result, .. }) = checks.next().await {
        let outcome = match result {
            Ok(report) => report.status().to_string(),
            Err(error) => error.kind().code().to_owned(),
        };
        seen.push((targets.iter().position(|one| *one == target).unwrap(), outcome));
    }
    // Each is done when it is done, and every one is there.
    seen.sort();
    let outcomes = ["resolution-failed", "pass", "name-not-found", "panicked", "refused", "fail"];
    assert_eq!(seen, Vec::from_iter(outcomes.map(str::to_owned).into_iter().enumerate()));
}

/// The time-out covered the connection, and not the handshake behind it (telegraf, step).
#[tokio::test(start_paused = true)]
async fn the_timeout_does_not_cover_the_handshake() {
    let (ours, _silent) = tokio::io::duplex(4096);
    let checker = Checker::new().unwrap();
    let started = tokio::time::Instant::now();
    let target = "example.com".parse().unwrap();
    let error = checker.fetcher().handshake(ours, &target).await.unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Handshake, FetchErrorKind::TimedOut));
    assert!(started.elapsed() <= Duration::from_secs(11), "{:?}", started.elapsed());
}

/// The server's own clock and the client's, fixed.
#[derive(Debug)]
struct Fixed;

impl TimeProvider for Fixed {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(at(NOW).unix_timestamp()).unwrap();
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// A server that resumes sessions.
fn resuming(sent: Vec<CertificateDer<'static>>, leaf: &Issued) -> Arc<ServerConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_details(provider, Arc::new(Fixed))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(sent, leaf.private_key())
        .unwrap();
    Arc::new(config)
}

fn serve(config: &Arc<ServerConfig>, mut stream: TcpStream) -> HandshakeKind {
    let mut connection = ServerConnection::new(Arc::clone(config)).unwrap();
    connection.complete_io(&mut stream).unwrap();
    let kind = connection.handshake_kind().unwrap();
    let mut tls = rustls::Stream::new(&mut connection, &mut stream);
    // The client may have gone with what it came for.
    let _ = tls.write_all(b"x");
    let _ = tls.read(&mut [0; 1]);
    kind
}

/// A resumed session shows no certificate at all.
#[tokio::test]
async fn a_resumed_session_hides_the_certificate() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let (config, kinds) = (resuming(pki.chain(&leaf), &leaf), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&kinds);
    let server = Server::script(move |stream| {
        let kind = serve(&config, stream);
        log.lock().unwrap().push(kind);
    });

    // The server does resume, with a client that asks for it.
    let mut roots = RootCertStore::empty();
    roots.add(pki.root.der.clone()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut client = ClientConfig::builder_with_details(provider, Arc::new(Fixed))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.resumption = Resumption::in_memory_sessions(8);
    let client = Arc::new(client);
    for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let name = "example.com".try_into().unwrap();
        let mut connection = ClientConnection::new(Arc::clone(&client), name).unwrap();
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let mut tls = rustls::Stream::new(&mut connection, &mut stream);
        tls.read_exact(&mut [0; 1]).unwrap();
        tls.write_all(b"x").unwrap();
        assert_eq!(connection.handshake_kind(), Some(kind));
    }

    let checker = checker(&pki.root);
    for _ in 0..2 {
        let report = look(&checker, &server.target("example.com")).await;
        assert_eq!(told(&report), NOTHING);
        assert_eq!(path(&report), Some(&[0, 1][..]));
    }
    server.stop();
    // In the order in which the server was done with them, which is not that of the connections.
    let kinds = kinds.lock().unwrap();
    assert_eq!(kinds.len(), 4);
    assert_eq!(kinds.iter().filter(|kind| **kind == HandshakeKind::Resumed).count(), 1);
}

/// Over a connection that is kept open, yesterday's certificate looks like today's.
#[tokio::test]
async fn a_long_lived_connection_masks_the_change() {
    let pki = Pki::new();
    let old = pki.leaf("example.com").valid("2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z").issue();
    let new = pki.leaf("example.com").issue();
    let configs = [resuming(pki.chain(&old), &old), resuming(pki.chain(&new), &new)];
    let served = AtomicUsize::new(0);
    let server = Server::script(move |stream| {
        serve(&configs[served.fetch_add(1, Ordering::SeqCst)], stream);
    });
    let checker = checker(&pki.root);
    let target = server.target("example.com");
    assert_eq!(told(&look(&checker, &target).await), ["failure expired 0"]);
    assert_eq!(told(&look(&checker, &target).await), NOTHING);
}
