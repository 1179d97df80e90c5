//! Where it may connect.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use notafter::chain::PresentedChain;
use notafter::checker::Checker;
use notafter::fetch::{
    AddressPolicy, FetchError, FetchErrorKind, Fetcher, FetcherBuilder, Phase, Resolver,
};

use common::pki::Pki;
use common::printed;
use common::proxies::Scripted;
use common::server::{Server, Tls};

fn server() -> Server {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    Server::start(Tls::new(pki.chain(&leaf), &leaf))
}

async fn fetch(builder: FetcherBuilder, target: &str) -> Result<PresentedChain, FetchError> {
    builder.build().unwrap().fetch(&target.parse().unwrap()).await
}

fn public_only() -> FetcherBuilder {
    Fetcher::builder().address_policy(AddressPolicy::public_only())
}

fn resolving_to(addresses: &[&str]) -> Resolver {
    let addresses: Vec<SocketAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    Resolver::fixed(addresses)
}

#[track_caller]
fn assert_forbidden(error: &FetchError, addresses: &[&str]) {
    assert_eq!(error.kind(), FetchErrorKind::AddressForbidden, "{error:?}");
    assert_eq!(error.phase(), Phase::Resolve);
    assert_eq!(error.address(), None);
    let told: Vec<_> = error.attempts().iter().map(|one| one.address().to_string()).collect();
    assert_eq!(told, addresses);
    for attempt in error.attempts() {
        assert_eq!(attempt.kind(), FetchErrorKind::AddressForbidden);
    }
}

#[tokio::test]
async fn by_default_every_address_may_be_connected_to() {
    let server = server();
    let target = server.target("example.com").to_string();
    assert!(fetch(Fetcher::builder(), &target).await.is_ok());
}

#[tokio::test]
async fn an_address_in_the_target_is_asked_about() {
    let server = server();
    let address = server.address().to_string();
    for target in [format!("https://{address}"), format!("example.com;connect={address}")] {
        let error = fetch(public_only(), &target).await.unwrap_err();
        assert_forbidden(&error, &[&address]);
    }
    assert!(server.stop().is_empty());
}

#[tokio::test]
async fn what_a_name_resolves_to_is_asked_about() {
    let server = server();
    let mapped = format!("[::ffff:127.0.0.1]:{}", server.address().port());
    let addresses = ["169.254.169.254:443", &mapped];
    let builder = public_only().resolver(resolving_to(&addresses));

    let error = fetch(builder, "metadata.example").await.unwrap_err();

    assert_forbidden(&error, &addresses);
    assert_eq!(
        printed(&error),
        format!(
            "resolve failed for https://metadata.example:443 at 169.254.169.254:443, {mapped}: \
             the policy forbids to connect there: link-local (RFC 3927)"
        )
    );
    assert!(server.stop().is_empty());
}

#[tokio::test]
async fn only_what_is_allowed_is_dialled() {
    let server = server();
    let forbidden = Server::silent();
    let resolver = Resolver::fixed([forbidden.address(), server.address()]);
    let port = server.address().port();
    let allowed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&allowed);
    // Both are at 127.0.0.1: the second question is the one to agree to.
    let policy = AddressPolicy::from_fn(move |ip| {
        assert_eq!(ip, IpAddr::V4(Ipv4Addr::LOCALHOST));
        count.fetch_add(1, Ordering::SeqCst) == 1
    });

    let builder = Fetcher::builder().resolver(resolver).address_policy(policy);
    let chain = fetch(builder, "example.com").await.unwrap();

    assert_eq!(chain.peer().unwrap().address().unwrap().port(), port);
    assert_eq!(allowed.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_rule_of_the_callers_is_named_as_such() {
    let never = AddressPolicy::from_fn(|_| false);
    let builder = Fetcher::builder().address_policy(never);
    let error = fetch(builder, "192.0.2.1").await.unwrap_err();
    assert_forbidden(&error, &["192.0.2.1:443"]);
    assert!(printed(&error).ends_with(": forbidden by the caller's rule"), "{}", printed(&error));
}

#[tokio::test]
async fn a_proxy_is_not_left_to_resolve_what_a_policy_is_to_look_at() {
    let server = server();
    let proxy = Scripted::agreeing(server.address());
    for scheme in ["http", "socks5h"] {
        let builder = public_only()
            .proxy(proxy.proxy(scheme))
            .resolver(resolving_to(&["10.0.0.1:443", "[fe80::1]:443"]));
        let error = fetch(builder, "intranet.example").await.unwrap_err();
        assert_forbidden(&error, &["10.0.0.1:443", "[fe80::1]:443"]);
    }
    let error = fetch(public_only().proxy(proxy.proxy("http")), "10.0.0.1").await.unwrap_err();
    assert_forbidden(&error, &["10.0.0.1:443"]);
    assert!(proxy.asked().is_empty());

    // The proxy itself, at 127.0.0.1, is the operator's choice.
    let builder = public_only()
        .proxy(proxy.proxy("http"))
        .resolver(resolving_to(&["10.0.0.1:443", "8.8.8.8:443"]));
    let chain = fetch(builder, "example.com").await.unwrap();
    assert_eq!(chain.peer().unwrap().address(), Some("8.8.8.8:443".parse().unwrap()));
    assert_eq!(proxy.request_lines(), ["CONNECT 8.8.8.8:443 HTTP/1.1"]);
}

#[tokio::test]
async fn only_the_ports_of_a_list_are_connected_to() {
    let server = server();
    let address = server.address();
    let allowing = |ports: &[u16]| Fetcher::builder().allowed_ports(ports.iter().copied());
    let target = server.target("example.com").to_string();

    assert!(fetch(allowing(&[443, address.port()]), &target).await.is_ok());

    for (ports, target) in [
        (&[443][..], target.as_str()),
        (&[443], "smtp://example.com"),
        (&[443], "example.com:22"),
        (&[], "example.com"),
    ] {
        let never = Resolver::from_fn(|_, _| async { panic!("nothing is to be resolved") });
        let error = fetch(allowing(ports).resolver(never), target).await.unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::PortForbidden, "{target}");
        assert_eq!(error.phase(), Phase::Resolve);
        assert!(error.attempts().is_empty());
    }
}

#[tokio::test]
async fn a_checker_passes_the_rules_on() {
    let checker = Checker::builder()
        .address_policy(AddressPolicy::public_only())
        .allowed_ports([443])
        .build()
        .unwrap();
    let kind =
        async |target: &str| checker.check(&target.parse().unwrap()).await.unwrap_err().kind();
    assert_eq!(kind("127.0.0.1").await, FetchErrorKind::AddressForbidden);
    assert_eq!(kind("127.0.0.1:22").await, FetchErrorKind::PortForbidden);
    let survey = checker.survey(&"[::1]".parse().unwrap()).await;
    assert_eq!(survey.unwrap_err().kind(), FetchErrorKind::AddressForbidden);
}
