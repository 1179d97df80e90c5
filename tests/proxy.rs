//! Fetching through proxies of our own.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use notafter::chain::{Entry, Possession, PresentedChain};
use notafter::checker::Checker;
use notafter::fetch::{
    FetchError, FetchErrorKind, Fetcher, NotTls, Phase, Proxy, ProxyErrorKind, ProxyRules, Resolver,
};
use notafter::target::Target;
use tokio::time::Instant;

use common::pki::{Issued, Pki};
use common::printed;
use common::proxies::{Scripted, read_head, relay};
use common::server::{Server, Tls, refusing};

/// A server for `example.com`, and what it presents.
struct Site {
    pki: Pki,
    leaf: Issued,
    server: Server,
}

impl Site {
    fn new() -> Self {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
        Self { pki, leaf, server }
    }

    #[track_caller]
    fn assert_shown(&self, chain: &PresentedChain) {
        let ders: Vec<_> = chain.entries().iter().map(Entry::der).collect();
        assert_eq!(ders, [&self.leaf.der[..], &self.pki.intermediate.der[..]]);
        assert_eq!(chain.peer().unwrap().possession(), Possession::Proven);
    }
}

/// Knows no name.
fn ignorant() -> Resolver {
    Resolver::from_fn(|name, _| async move { Err(io::Error::other(format!("asked for {name}"))) })
}

async fn fetch_by(
    proxy: impl Into<ProxyRules>,
    resolver: Resolver,
    target: &str,
) -> Result<PresentedChain, FetchError> {
    let fetcher = Fetcher::builder().proxy(proxy).resolver(resolver).build().unwrap();
    fetcher.fetch(&target.parse().unwrap()).await
}

#[track_caller]
fn assert_failed(error: &FetchError, phase: Phase, kind: FetchErrorKind) {
    assert_eq!((error.phase(), error.kind()), (phase, kind), "{error:?}");
}

mod an_http_proxy {
    use super::*;

    #[tokio::test]
    async fn is_told_the_name_and_leads_to_the_chain() {
        let site = Site::new();
        let proxy = Scripted::agreeing(site.server.address());

        let chain = fetch_by(proxy.proxy("http"), ignorant(), "example.com:8443").await.unwrap();

        site.assert_shown(&chain);
        assert_eq!(chain.peer().unwrap().address(), None);
        assert_eq!(
            proxy.asked(),
            ["CONNECT example.com:8443 HTTP/1.1\r\nHost: example.com:8443\r\n\r\n"]
        );
        assert_eq!(site.server.stop()[0].server_name.as_deref(), Some("example.com"));
    }

    #[tokio::test]
    async fn is_told_an_address_where_names_are_resolved_here() {
        let site = Site::new();
        let proxy = Scripted::agreeing(site.server.address());
        let address: SocketAddr = "192.0.2.1:443".parse().unwrap();

        let resolver = Resolver::fixed([address]);
        let by_address = proxy.proxy("http").resolving_here();
        let chain = fetch_by(by_address, resolver, "example.com").await.unwrap();

        site.assert_shown(&chain);
        assert_eq!(chain.peer().unwrap().address(), Some(address));
        assert_eq!(proxy.request_lines(), ["CONNECT 192.0.2.1:443 HTTP/1.1"]);
    }

    #[tokio::test]
    async fn is_told_an_address_that_the_target_gives() {
        let site = Site::new();
        let proxy = Scripted::agreeing(site.server.address());
        let target = "example.com;connect=[2001:db8::1]:8443";

        let chain = fetch_by(proxy.proxy("http"), ignorant(), target).await.unwrap();

        site.assert_shown(&chain);
        let address = "[2001:db8::1]:8443".parse().unwrap();
        assert_eq!(chain.peer().unwrap().address(), Some(address));
        assert_eq!(proxy.request_lines(), ["CONNECT [2001:db8::1]:8443 HTTP/1.1"]);
    }

    #[tokio::test]
    async fn gets_the_credentials() {
        let site = Site::new();
        let proxy = Scripted::http(site.server.address(), |head| {
            let known = head.contains("\r\nProxy-Authorization: Basic dXNlcjpzOmNyZXQ=\r\n");
            let status = if known { "200 OK" } else { "407 Who are you" };
            format!("HTTP/1.1 {status}\r\nProxy-Authenticate: Basic realm=\"a\"\r\n\r\n")
        });
        let known = proxy.proxy("http").with_credentials("user", "s:cret").unwrap();
        site.assert_shown(&fetch_by(known, ignorant(), "example.com").await.unwrap());

        let unknown = fetch_by(proxy.proxy("http"), ignorant(), "example.com").await;
        let error = unknown.unwrap_err();
        assert_failed(&error, Phase::Proxy, FetchErrorKind::ProxyAuthentication);
        let words = "HTTP/1.1 407 Who are you; Proxy-Authenticate: Basic realm=\"a\"";
        assert_eq!(error.peer_said(), Some(words));

        let wrong = proxy.proxy("http").with_credentials("user", "secret").unwrap();
        let error = fetch_by(wrong, ignorant(), "example.com").await.unwrap_err();
        assert_failed(&error, Phase::Proxy, FetchErrorKind::ProxyAuthentication);
        let shown = format!("{} {error:?}", printed(&error));
        assert!(!shown.contains("secret") && !shown.contains("dXNlcjp"), "{shown}");
    }

    #[tokio::test]
    async fn that_refuses_is_told_by_its_status() {
        for (answer, kind, message) in [
            (
                "HTTP/1.1 407 Denied\r\nProxy-Authenticate: NTLM\r\n\r\n",
                FetchErrorKind::ProxyAuthentication,
                "the proxy wants other credentials: \
                 the peer said \"HTTP/1.1 407 Denied; Proxy-Authenticate: NTLM\"",
            ),
            (
                "HTTP/1.1 403 Forbidden\r\n\r\n",
                FetchErrorKind::ProxyForbids,
                "the proxy will not connect to the target: \
                 the peer said \"HTTP/1.1 403 Forbidden\"",
            ),
            (
                "HTTP/1.1 502 Bad Gateway\r\n\r\n",
                FetchErrorKind::ProxyCantReach,
                "the proxy could not reach the target: \
                 the peer said \"HTTP/1.1 502 Bad Gateway\"",
            ),
            (
                "220 mail.example ESMTP\r\n",
                FetchErrorKind::UnreadableReply,
                "the answer could not be understood: the peer said \"220 mail.example ESMTP\"",
            ),
        ] {
            let proxy = Scripted::answering(answer);
            let fetch = fetch_by(proxy.proxy("http"), ignorant(), "example.com").await;
            let error = fetch.unwrap_err();
            assert_failed(&error, Phase::Proxy, kind);
            assert_eq!(error.address(), Some(proxy.address()));
            assert!(error.attempts().is_empty());
            let address = proxy.address();
            assert_eq!(
                printed(&error),
                format!("proxy failed for https://example.com:443 at {address}: {message}")
            );
        }
    }

    #[tokio::test]
    async fn that_breaks_off_is_told_by_how() {
        let endless = || {
            Server::script(|mut stream| {
                let Some(_) = read_head(&mut stream) else { return };
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
                while stream.write_all(&b"X-Again: and again\r\n".repeat(100)).is_ok() {}
            })
        };
        for (server, kind) in [
            (Server::closes(), FetchErrorKind::ClosedEarly),
            (Server::resets(), FetchErrorKind::ClosedEarly),
            (Server::sends([0x15, 3, 3, 0, 2, 2, 40]), FetchErrorKind::TlsAlready),
            (endless(), FetchErrorKind::MessageTooLarge),
        ] {
            let proxy: Proxy = server.address().to_string().parse().unwrap();
            let error = fetch_by(proxy, ignorant(), "example.com").await.unwrap_err();
            assert_eq!(error.kind(), kind, "{error:?}");
            assert_eq!(error.phase(), Phase::Proxy, "{error:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn that_says_nothing_is_given_up() {
        let silent = Server::silent();
        let proxy: Proxy = silent.address().to_string().parse().unwrap();
        let start = Instant::now();

        let error = fetch_by(proxy, ignorant(), "example.com").await.unwrap_err();

        assert_eq!(start.elapsed(), Duration::from_secs(5));
        assert_failed(&error, Phase::Proxy, FetchErrorKind::TimedOut);
        assert_eq!(error.address(), Some(silent.address()));
    }

    #[tokio::test]
    async fn that_can_t_be_reached_is_no_fault_of_the_target() {
        let nobody = refusing();
        let proxy: Proxy = format!("http://{nobody}").parse().unwrap();

        let error = fetch_by(proxy, ignorant(), "example.com").await.unwrap_err();

        assert_failed(&error, Phase::Proxy, FetchErrorKind::Refused);
        assert_eq!(error.attempts().len(), 1);
        assert_eq!(error.attempts()[0].address(), nobody);
    }

    #[tokio::test]
    async fn has_its_name_resolved_here() {
        let site = Site::new();
        let scripted = Scripted::agreeing(site.server.address());
        let proxy: Proxy = "http://proxy.example:3128".parse().unwrap();

        let resolver = Resolver::fixed([scripted.address()]);
        let chain = fetch_by(proxy.clone(), resolver, "example.com").await.unwrap();
        site.assert_shown(&chain);
        assert_eq!(scripted.request_lines(), ["CONNECT example.com:443 HTTP/1.1"]);

        let error = fetch_by(proxy, ignorant(), "example.com").await.unwrap_err();
        assert_failed(&error, Phase::Proxy, FetchErrorKind::ResolutionFailed);
        assert!(printed(&error).ends_with(": asked for proxy.example"), "{error:?}");
    }

    #[tokio::test]
    async fn is_asked_for_one_address_after_the_other() {
        let site = Site::new();
        let proxy = Scripted::http(site.server.address(), |head| {
            let status = match head.split(' ').nth(1) {
                Some("192.0.2.3:443") => "200 OK",
                Some("192.0.2.1:443") => "502 Bad Gateway",
                _ => "403 Forbidden",
            };
            format!("HTTP/1.1 {status}\r\n\r\n")
        });
        let addresses: [SocketAddr; 3] =
            ["192.0.2.1:443", "192.0.2.2:443", "192.0.2.3:443"].map(|text| text.parse().unwrap());
        let here = || proxy.proxy("http").resolving_here();

        let all = Resolver::fixed(addresses);
        let chain = fetch_by(here(), all, "example.com").await.unwrap();
        site.assert_shown(&chain);
        assert_eq!(chain.peer().unwrap().address(), Some(addresses[2]));

        let others = Resolver::fixed(&addresses[..2]);
        let error = fetch_by(here(), others, "example.com").await.unwrap_err();
        assert_failed(&error, Phase::Proxy, FetchErrorKind::ProxyForbids);
        let attempts: Vec<_> =
            error.attempts().iter().map(|one| (one.address(), one.kind())).collect();
        assert_eq!(
            attempts,
            [
                (addresses[0], FetchErrorKind::ProxyCantReach),
                (addresses[1], FetchErrorKind::ProxyForbids)
            ]
        );
        assert_eq!(
            printed(&error),
            format!(
                "proxy failed for https://example.com:443 at {}, 192.0.2.1:443, 192.0.2.2:443: \
                 the proxy will not connect to the target: \
                 the peer said \"HTTP/1.1 403 Forbidden\"",
                proxy.address()
            )
        );
    }

    #[tokio::test(start_paused = true)]
    async fn that_falls_silent_about_one_address_has_time_for_the_others() {
        let site = Site::new();
        let to = site.server.address();
        let proxy = Scripted::new(move |mut stream, _| match read_head(&mut stream) {
            Some(head) if head.starts_with("CONNECT 192.0.2.2:") => {
                stream.write_all(b"HTTP/1.1 403 no\r\n\r\n").unwrap();
            }
            // Waits for the client to go.
            _ => relay(&stream, to),
        });
        let addresses: [SocketAddr; 2] =
            ["192.0.2.1:443", "192.0.2.2:443"].map(|text| text.parse().unwrap());
        let start = Instant::now();

        let here = proxy.proxy("http").resolving_here();
        let error = fetch_by(here, Resolver::fixed(addresses), "example.com").await.unwrap_err();

        assert!(start.elapsed() >= Duration::from_millis(2500));
        assert_eq!(error.phase(), Phase::Proxy);
        assert_eq!(error.attempts().len(), 2, "{error:?}");
        assert_eq!(error.attempts()[0].kind(), FetchErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn may_pass_on_a_greeting_together_with_its_answer() {
        let site = Site::new();
        let to = site.server.address();
        let proxy = Scripted::new(move |mut stream, log| {
            let Some(head) = read_head(&mut stream) else { return };
            log(head.as_bytes());
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n220 mail.example ESMTP\r\n").unwrap();
            read_line(&mut stream, "EHLO [127.0.0.1]");
            stream.write_all(b"250-mail.example\r\n250 STARTTLS\r\n").unwrap();
            read_line(&mut stream, "STARTTLS");
            stream.write_all(b"220 go\r\n").unwrap();
            relay(&stream, to);
        });

        let chain = fetch_by(proxy.proxy("http"), ignorant(), "smtp://example.com").await.unwrap();

        site.assert_shown(&chain);
        assert_eq!(proxy.request_lines(), ["CONNECT example.com:25 HTTP/1.1"]);
    }

    #[tokio::test]
    async fn leads_to_servers_whose_faults_are_their_own() {
        // What a server says unasked comes after the proxy's answer, or together with it.
        let server = Server::sends("220 mail.example ESMTP\r\n");
        let after = Scripted::agreeing(server.address());
        let together = Server::sends("HTTP/1.1 200 OK\r\n\r\n220 mail.example ESMTP\r\n");
        for proxy in [after.address(), together.address()] {
            for (target, address) in [
                ("smtps://example.com", None),
                ("smtps://example.com;connect=192.0.2.1:465", Some("192.0.2.1:465")),
            ] {
                let proxy: Proxy = proxy.to_string().parse().unwrap();
                let error = fetch_by(proxy, ignorant(), target).await.unwrap_err();
                assert_failed(&error, Phase::Handshake, FetchErrorKind::NotTls(NotTls::Smtp));
                assert_eq!(error.address(), address.map(|text| text.parse().unwrap()));
                assert_eq!(error.peer_said(), None);
            }
        }
        let alert = Server::sends("HTTP/1.1 200 OK\r\n\r\n\x15\x03\x03\0\x02\x02\x28");
        let proxy: Proxy = alert.address().to_string().parse().unwrap();
        let error = fetch_by(proxy, ignorant(), "192.0.2.1").await.unwrap_err();
        assert_failed(&error, Phase::Handshake, FetchErrorKind::Tls);
        assert_eq!(error.address(), Some("192.0.2.1:443".parse().unwrap()));

        let server = Server::sends("554 go away\r\n");
        let proxy = Scripted::agreeing(server.address());
        let target = "smtp://example.com;connect=192.0.2.1:25";
        let error = fetch_by(proxy.proxy("http"), ignorant(), target).await.unwrap_err();
        assert_failed(&error, Phase::StartTls, FetchErrorKind::StartTlsRefused);
        assert_eq!(error.address(), Some("192.0.2.1:25".parse().unwrap()));
    }

    #[cfg(feature = "quic")]
    #[tokio::test]
    async fn leads_to_no_http_3() {
        let proxy = Scripted::answering("HTTP/1.1 200 OK\r\n\r\n");
        let error =
            fetch_by(proxy.proxy("http"), ignorant(), "h3://example.com").await.unwrap_err();
        assert_failed(&error, Phase::Proxy, FetchErrorKind::Unsupported);
        assert!(proxy.asked().is_empty());
    }
}

mod an_https_proxy {
    use super::*;

    #[tokio::test]
    async fn is_spoken_to_in_tls() {
        let site = Site::new();
        let leaf = site.pki.leaf("proxy.example").names(&["127.0.0.1"]).valid(LONG.0, LONG.1);
        let leaf = leaf.issue();
        let proxy = Scripted::https(site.server.address(), &leaf, &[&leaf, &site.pki.intermediate]);
        let trusted = proxy.proxy("https").trusting(site.pki.root.pem()).unwrap();

        site.assert_shown(&fetch_by(trusted, ignorant(), "example.com").await.unwrap());
        assert_eq!(proxy.request_lines(), ["CONNECT example.com:443 HTTP/1.1"]);
    }

    #[tokio::test]
    async fn has_to_be_trusted_before_it_is_told_anything() {
        let site = Site::new();
        let issue = |name: &str, until| {
            site.pki.leaf("proxy.example").names(&[name]).valid(LONG.0, until).issue()
        };
        let named = issue("127.0.0.1", LONG.1);
        let misnamed = issue("proxy.example", LONG.1);
        let expired = issue("127.0.0.1", "2020-01-02T00:00:00Z");
        for (leaf, root, reason) in [
            (&named, None, "UnknownIssuer"),
            (&misnamed, Some(&site.pki.root), "not valid for"),
            (&expired, Some(&site.pki.root), "expired"),
        ] {
            let chain = [leaf, &site.pki.intermediate];
            let scripted = Scripted::https(site.server.address(), leaf, &chain);
            let mut proxy = scripted.proxy("https").with_credentials("user", "secret").unwrap();
            if let Some(root) = root {
                proxy = proxy.trusting(root.pem()).unwrap();
            }
            let error = fetch_by(proxy, ignorant(), "example.com").await.unwrap_err();
            assert_failed(&error, Phase::Proxy, FetchErrorKind::ProxyUntrusted);
            assert_eq!(error.address(), Some(scripted.address()));
            assert!(printed(&error).contains(reason), "{}", printed(&error));
            assert!(scripted.asked().is_empty());
        }
    }

    #[tokio::test]
    async fn that_speaks_no_tls_is_told_apart() {
        let server = Server::sends("HTTP/1.1 400 Bad Request\r\n\r\n");
        let proxy: Proxy = format!("https://{}", server.address()).parse().unwrap();
        let error = fetch_by(proxy, ignorant(), "example.com").await.unwrap_err();
        assert_eq!(error.phase(), Phase::Proxy);
        assert_eq!(error.kind().code(), "not-tls", "{error:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn that_never_shakes_hands_is_given_up() {
        let silent = Server::silent();
        let proxy: Proxy = format!("https://{}", silent.address()).parse().unwrap();
        let error = fetch_by(proxy, ignorant(), "example.com").await.unwrap_err();
        assert_failed(&error, Phase::Proxy, FetchErrorKind::TimedOut);
    }

    /// It is judged by the clock of the system.
    const LONG: (&str, &str) = ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z");
}

mod a_socks_proxy {
    use super::*;

    #[tokio::test]
    async fn is_told_the_name_by_socks5h_and_the_address_by_socks5() {
        let site = Site::new();
        let proxy = Scripted::socks(site.server.address(), 0, 0);

        let chain = fetch_by(proxy.proxy("socks5h"), ignorant(), "example.com").await.unwrap();
        site.assert_shown(&chain);
        assert_eq!(chain.peer().unwrap().address(), None);

        let address: SocketAddr = "192.0.2.1:443".parse().unwrap();
        let resolver = Resolver::fixed([address]);
        let chain = fetch_by(proxy.proxy("socks5"), resolver, "example.com").await.unwrap();
        site.assert_shown(&chain);
        assert_eq!(chain.peer().unwrap().address(), Some(address));

        assert_eq!(
            proxy.asked_bytes(),
            [
                b"\x05\x01\0\x05\x01\0\x03\x0bexample.com\x01\xbb".to_vec(),
                b"\x05\x01\0\x05\x01\0\x01\xc0\0\x02\x01\x01\xbb".to_vec(),
            ]
        );
    }

    #[tokio::test]
    async fn gets_the_credentials_where_it_wants_them() {
        let site = Site::new();
        let scripted = Scripted::socks(site.server.address(), 2, 0);
        let proxy: Proxy = format!("socks5h://me:p%40ss@{}", scripted.address()).parse().unwrap();

        site.assert_shown(&fetch_by(proxy, ignorant(), "example.com").await.unwrap());

        assert_eq!(
            scripted.asked_bytes(),
            [b"\x05\x02\0\x02mep@ss\x05\x01\0\x03\x0bexample.com\x01\xbb".to_vec()]
        );
    }

    #[tokio::test]
    async fn that_refuses_is_told_by_its_reply() {
        for (reply, kind) in [
            (2, FetchErrorKind::ProxyForbids),
            (4, FetchErrorKind::ProxyCantReach),
            (5, FetchErrorKind::ProxyCantReach),
        ] {
            let proxy = Scripted::socks(refusing(), 0, reply);
            let fetch = fetch_by(proxy.proxy("socks5h"), ignorant(), "example.com").await;
            assert_failed(&fetch.unwrap_err(), Phase::Proxy, kind);
        }
        let server = Server::sends([5, 0xff]);
        let proxy: Proxy = format!("socks5h://{}", server.address()).parse().unwrap();
        let error = fetch_by(proxy, ignorant(), "example.com").await.unwrap_err();
        assert_failed(&error, Phase::Proxy, FetchErrorKind::ProxyAuthentication);
    }
}

#[tokio::test]
async fn an_exception_is_connected_to_directly() {
    let site = Site::new();
    let nobody = refusing();
    let proxy: Proxy = format!("http://{nobody}").parse().unwrap();
    let target: Target = site.server.target("example.com");

    let rules = ProxyRules::from(proxy).except("127.0.0.0/8");
    let chain = fetch_by(rules, ignorant(), &target.to_string()).await.unwrap();

    site.assert_shown(&chain);
    assert_eq!(chain.peer().unwrap().address(), Some(site.server.address()));
}

#[tokio::test]
async fn a_survey_through_a_proxy_that_resolves_looks_wherever_it_leads() {
    let site = Site::new();
    let proxy = Scripted::agreeing(site.server.address());
    let checker =
        Checker::builder().proxy(proxy.proxy("http")).resolver(ignorant()).build().unwrap();

    let survey = checker.survey(&"example.com".parse().unwrap()).await.unwrap();

    assert_eq!(survey.reports().len(), 1);
    assert!(survey.views().iter().all(|one| one.view.address.is_none()));
    assert!(proxy.request_lines().iter().all(|line| line == "CONNECT example.com:443 HTTP/1.1"));
}

#[test]
fn the_environment_is_read_when_it_is_asked_for() {
    const NAME: &str = "the_environment_is_read_when_it_is_asked_for";
    const CHILD: &str = "NOTAFTER_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let rules = ProxyRules::from_env().unwrap();
        let proxy_of =
            |target: &str| rules.proxy_of(&target.parse().unwrap()).map(ToString::to_string);
        assert_eq!(proxy_of("example.com").as_deref(), Some("http://proxy.example:3128"));
        assert_eq!(proxy_of("smtp://example.com"), None);
        assert_eq!(proxy_of("example.org"), None);
        assert!(Fetcher::builder().proxy_from_env().is_ok());
        return;
    }
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME])
        .envs([
            (CHILD, "1"),
            ("https_proxy", "http://proxy.example:3128"),
            ("http_proxy", "http://evil.example"),
            ("no_proxy", "example.org"),
        ])
        .env_remove("all_proxy")
        .env_remove("ALL_PROXY")
        .status();
    assert!(status.unwrap().success());

    let error = ProxyRules::from_variables([("ALL_PROXY", "ftp://a.example")]).unwrap_err();
    assert_eq!(error.kind(), ProxyErrorKind::UnknownScheme);
}

fn read_line(stream: &mut std::net::TcpStream, expect: &str) {
    let mut line = vec![0; expect.len() + 2];
    io::Read::read_exact(stream, &mut line).unwrap();
    assert_eq!(line, format!("{expect}\r\n").as_bytes());
}
