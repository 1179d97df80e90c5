//! Real proxies: `cargo test --test doors_proxy -- --ignored`.
//!
//! By the recipes beside the repository, with a TLS server of our own behind each.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::net::SocketAddr;

use notafter::chain::{Entry, PresentedChain};
use notafter::fetch::{FetchError, FetchErrorKind, Fetcher, Phase, Proxy};
use notafter::target::Target;

use common::recipes::Site;
use common::server::{Server, Tls, refusing};

fn proxy(scheme: &str, user: &str, address: SocketAddr) -> Proxy {
    format!("{scheme}://{user}{address}").parse().unwrap()
}

async fn fetch(proxy: &Proxy, target: &Target) -> Result<PresentedChain, FetchError> {
    Fetcher::builder().proxy(proxy.clone()).build().unwrap().fetch(target).await
}

fn server(site: &Site) -> Server {
    Server::start(Tls::new(site.pki.chain(&site.leaf), &site.leaf))
}

/// The chain arrives, whether the proxy is told an address or a name.
async fn assert_leads(site: &Site, proxy: &Proxy) {
    let server = server(site);
    let by_address = server.target("example.com");
    let port = server.address().port();
    let by_name = format!("example.com;connect=localhost:{port}").parse().unwrap();
    for target in [by_address, by_name] {
        let chain = fetch(proxy, &target).await.unwrap();
        let ders: Vec<_> = chain.entries().iter().map(Entry::der).collect();
        assert_eq!(ders, site.chain(), "{proxy} {target}");
    }
    let seen = server.stop();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|one| one.server_name.as_deref() == Some("example.com")));
}

async fn assert_refuses(proxy: &Proxy, target: &Target, kind: FetchErrorKind) {
    let error = fetch(proxy, target).await.unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Proxy, kind), "{proxy}: {error:?}");
    println!("{proxy}: {:?}", error.peer_said());
}

/// A target at which connections are refused.
fn closed() -> Target {
    format!("example.com;connect={}", refusing()).parse().unwrap()
}

#[tokio::test]
#[ignore = "needs Debian's dante-server"]
async fn dante() {
    let site = Site::new();
    let Some(peer) = site.start("dante", &[], 0) else { return };
    for scheme in ["socks5", "socks5h"] {
        let proxy = proxy(scheme, "", peer.address(0));
        assert_leads(&site, &proxy).await;
        assert_refuses(&proxy, &closed(), FetchErrorKind::ProxyCantReach).await;
        let known = self::proxy(scheme, "user:secret@", peer.address(0));
        assert_leads(&site, &known).await;
    }
}

#[tokio::test]
#[ignore = "needs Debian's microsocks"]
async fn microsocks() {
    let site = Site::new();
    let settings = [("SOCKS_USER", "user"), ("SOCKS_PASS", "se:cret")];
    let Some(peer) = site.start("microsocks", &settings, 0) else { return };
    for scheme in ["socks5", "socks5h"] {
        let proxy = |user| proxy(scheme, user, peer.address(0));
        let known = proxy("user:se:cret@");
        assert_leads(&site, &known).await;
        assert_refuses(&known, &closed(), FetchErrorKind::ProxyCantReach).await;
        for user in ["", "user:wrong@", "other:se:cret@"] {
            let unknown = proxy(user);
            assert_refuses(&unknown, &closed(), FetchErrorKind::ProxyAuthentication).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs Debian's tinyproxy"]
async fn tinyproxy() {
    let site = Site::new();
    let Some(peer) = site.start("tinyproxy", &[("AUTH", "user secret")], 0) else { return };
    let proxy = |user| proxy("http", user, peer.address(0));
    let known = proxy("user:secret@");
    assert_leads(&site, &known).await;
    assert_leads(&site, &known.clone().resolving_here()).await;
    assert_refuses(&known, &closed(), FetchErrorKind::ProxyCantReach).await;
    for user in ["", "user:wrong@"] {
        let unknown = proxy(user);
        assert_refuses(&unknown, &closed(), FetchErrorKind::ProxyAuthentication).await;
    }
}

#[tokio::test]
#[ignore = "needs Debian's squid-openssl"]
async fn squid() {
    // Squid's certificate is the one of the target, for an address that both are at. It is judged
    // by the clock of the system.
    let mut site = Site::new();
    let leaf = site.pki.leaf("example.com").names(&["example.com", "127.0.0.1"]);
    site.leaf = leaf.valid("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z").issue();
    let chain = format!("{}{}", site.leaf.pem(), site.pki.intermediate.pem());
    site.files.file("chain.pem", chain);
    site.files.file("key.pem", site.leaf.key_pem());
    let Some(peer) = site.start("squid", &[], 1) else { return };

    let plain = proxy("http", "", peer.address(0));
    assert_leads(&site, &plain).await;
    assert_refuses(&plain, &closed(), FetchErrorKind::ProxyCantReach).await;

    let untrusted = proxy("https", "", peer.address(1));
    assert_refuses(&untrusted, &closed(), FetchErrorKind::ProxyUntrusted).await;
    let trusted = untrusted.trusting(site.pki.root.pem()).unwrap();
    assert_leads(&site, &trusted).await;
    assert_refuses(&trusted, &closed(), FetchErrorKind::ProxyCantReach).await;
}
