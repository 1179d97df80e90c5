//! Servers that are asked for TLS in binary messages or in XML, and servers that speak TLS from the
//! first byte: `cargo test --test doors_binary -- --ignored`.
//!
//! By the recipes beside the repository. What arrives is compared with what `openssl s_client` sees.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use notafter::fetch::FetchErrorKind;
use notafter::target::{Opening, Protocol};

use common::recipes::{Site, assert_withholds, seen_by_openssl};
use common::server::Server;

#[tokio::test]
#[ignore = "needs Debian's slapd and openssl"]
async fn slapd() {
    let site = Site::new();
    let Some(server) = site.start("slapd", &[], 1) else { return };
    site.assert_shown_at(&server.target("ldap", "example.com", 0)).await;
    site.assert_shown_at(&server.target("ldaps", "example.com", 1)).await;
    assert_eq!(seen_by_openssl(server.address(0), &["-starttls", "ldap"]), site.chain());
    assert_eq!(seen_by_openssl(server.address(1), &[]), site.chain());

    let Some(server) = site.start("slapd", &[("NOTLS", "1")], 0) else { return };
    let target = server.target("ldap", "example.com", 0);
    assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
}

#[tokio::test]
#[ignore = "needs Debian's prosody, lua-sec and openssl"]
async fn prosody() {
    let site = Site::of(&["peer.test"]);
    let Some(mut server) = site.start("prosody", &[], 0) else { return };
    // It opens its ports in no fixed order.
    server.wait_for(1);
    server.wait_for(2);
    for (scheme, above) in [("xmpp", 0), ("xmpp-server", 1)] {
        site.assert_shown_at(&server.target(scheme, "peer.test", above)).await;
        let dialogue = ["-starttls", scheme, "-xmpphost", "peer.test", "-servername", "peer.test"];
        assert_eq!(seen_by_openssl(server.address(above), &dialogue), site.chain());
    }
    site.assert_shown_at(&server.target("xmpps", "peer.test", 2)).await;
    let name = ["-servername", "peer.test"];
    assert_eq!(seen_by_openssl(server.address(2), &name), site.chain());
    let target = server.target("xmpp", "elsewhere.test", 0);
    assert_withholds(&target, FetchErrorKind::StartTlsRefused).await;

    let Some(mut server) = site.start("prosody", &[("NOTLS", "1")], 0) else { return };
    server.wait_for(1);
    for (scheme, above) in [("xmpp", 0), ("xmpp-server", 1)] {
        let target = server.target(scheme, "peer.test", above);
        assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
    }
}

#[tokio::test]
#[ignore = "needs Debian's postgresql and openssl"]
async fn postgresql() {
    let site = Site::new();
    let Some(server) = site.start("postgresql", &[], 0) else { return };
    site.assert_shown_at(&server.target("postgres", "example.com", 0)).await;
    assert_eq!(seen_by_openssl(server.address(0), &["-starttls", "postgres"]), site.chain());

    let Some(server) = site.start("postgresql", &[("NOTLS", "1")], 0) else { return };
    let target = server.target("postgres", "example.com", 0);
    assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
}

#[tokio::test]
#[ignore = "needs Debian's mariadb-server and openssl"]
async fn mariadb() {
    let site = Site::new();
    let Some(server) = site.start("mariadb", &[], 0) else { return };
    site.assert_shown_at(&server.target("mysql", "example.com", 0)).await;
    assert_eq!(seen_by_openssl(server.address(0), &["-starttls", "mysql"]), site.chain());

    let Some(server) = site.start("mariadb", &[("NOTLS", "1")], 0) else { return };
    let target = server.target("mysql", "example.com", 0);
    assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
}

/// Compared with the files alone: `openssl s_client` does not speak the negotiation.
#[tokio::test]
#[ignore = "needs Debian's xrdp"]
async fn xrdp() {
    let site = Site::new();
    let Some(server) = site.start("xrdp", &[], 0) else { return };
    site.assert_shown_at(&server.target("rdp", "example.com", 0)).await;

    let Some(server) = site.start("xrdp", &[("NOTLS", "1")], 0) else { return };
    let target = server.target("rdp", "example.com", 0);
    assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
}

#[tokio::test]
#[ignore = "needs Debian's redis-server and openssl"]
async fn redis() {
    let site = Site::new();
    let Some(server) = site.start("redis", &[], 0) else { return };
    site.assert_shown_at(&server.target("rediss", "example.com", 0)).await;
    assert_eq!(seen_by_openssl(server.address(0), &[]), site.chain());
}

#[tokio::test]
#[ignore = "needs Debian's mosquitto and openssl"]
async fn mosquitto() {
    let site = Site::new();
    let Some(server) = site.start("mosquitto", &[], 0) else { return };
    site.assert_shown_at(&server.target("mqtts", "example.com", 0)).await;
    assert_eq!(seen_by_openssl(server.address(0), &[]), site.chain());
}

/// Every protocol that begins with TLS, whatever it carries.
#[tokio::test]
#[ignore = "needs Debian's stunnel4 and openssl"]
async fn stunnel() {
    let site = Site::new();
    let Some(server) = site.start("stunnel", &[], 0) else { return };
    for protocol in Protocol::ALL.iter().filter(|protocol| protocol.opening() == Opening::Tls) {
        site.assert_shown_at(&server.target(protocol.scheme(), "example.com", 0)).await;
    }
    assert_eq!(seen_by_openssl(server.address(0), &[]), site.chain());
}

/// A second server side of what other servers speak too. It greets for the server behind it.
#[tokio::test]
#[ignore = "needs Debian's stunnel4 and openssl"]
async fn stunnel_after_a_dialogue() {
    let site = Site::new();
    for (scheme, protocol, greeting) in [
        ("imap", "imap", "* OK ready\r\n"),
        ("pop3", "pop3", "+OK ready\r\n"),
        ("postgres", "pgsql", ""),
        ("smtp", "smtp", "220 ready\r\n"),
    ] {
        let behind = Server::sends(greeting);
        let settings = [("PROTO", protocol), ("BACKEND", &*behind.address().to_string())];
        let Some(server) = site.start("stunnel", &settings, 0) else { return };
        site.assert_shown_at(&server.target(scheme, "example.com", 0)).await;
        let seen = seen_by_openssl(server.address(0), &["-starttls", scheme]);
        assert_eq!(seen, site.chain(), "{scheme}");
    }
}
