//! Every error of fetching that a loopback server can bring about, word for word.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use common::printed;
use common::proxies::Scripted;
use common::server::{Server, refusing};
use notafter::CheckError;
use notafter::checker::Checker;
use notafter::fetch::{AddressPolicy, BuildError, FetchError, FetchErrorKind, Fetcher, Resolver};
use notafter::target::Target;

async fn error(target: &str) -> FetchError {
    Fetcher::new().unwrap().fetch(&target.parse().unwrap()).await.unwrap_err()
}

async fn error_with(resolver: Resolver) -> FetchError {
    let fetcher = Fetcher::builder().resolver(resolver).build().unwrap();
    fetcher.fetch(&"example.com".parse().unwrap()).await.unwrap_err()
}

#[tokio::test]
async fn a_refusal_names_the_address_and_not_the_cause_twice() {
    let address = refusing();
    let error = error(&format!("example.com;connect={address}")).await;
    assert_eq!(
        error.to_string(),
        format!(
            "connect failed for https://example.com:443;connect={address} at {address}: the \
             connection was refused"
        ),
    );
    let cause = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(cause.kind(), io::ErrorKind::ConnectionRefused);
    assert!(!error.to_string().contains(&cause.to_string()));
}

#[tokio::test]
async fn a_peer_that_speaks_something_else_is_named_by_what_it_speaks() {
    let cases = [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "the peer does not speak TLS, but HTTP"),
        ("220 mail.example ESMTP\r\n", "the peer does not speak TLS, but SMTP"),
        ("SSH-2.0-OpenSSH_9.6\r\n", "the peer does not speak TLS, but SSH"),
        ("\u{1b}[31mhello\r\n", "the peer does not speak TLS"),
    ];
    for (greeting, what) in cases {
        let server = Server::sends(greeting);
        let address = server.address();
        let error = error(&format!("example.com;connect={address}")).await;
        assert_eq!(
            error.to_string(),
            format!(
                "handshake failed for https://example.com:443;connect={address} at {address}: \
                 {what}"
            ),
        );
        // Nothing that the peer wrote is in it.
        assert!(!printed(&error).contains('\u{1b}'));
        assert!(!printed(&error).contains("mail.example"));
    }
}

#[tokio::test]
async fn a_peer_that_closes_is_said_to() {
    let server = Server::closes();
    let address = server.address();
    let error = error(&format!("example.com;connect={address}")).await;
    let expected = format!(
        "handshake failed for https://example.com:443;connect={address} at {address}: the peer \
         closed the connection"
    );
    assert_eq!(error.to_string(), expected);
    let causes = printed(&error);
    assert_eq!(causes.matches("closed the connection").count(), 1, "{causes}");
}

#[tokio::test]
async fn addresses_beyond_the_fourth_are_counted() {
    let forbidden = |last: u8| -> Vec<SocketAddr> {
        (1..=last).map(|last| ([192, 0, 2, last], 443).into()).collect()
    };
    let resolved = |last| async move {
        let builder = Fetcher::builder().address_policy(AddressPolicy::public_only());
        let fetcher = builder.resolver(Resolver::fixed(forbidden(last))).build().unwrap();
        fetcher.fetch(&"example.com".parse().unwrap()).await.unwrap_err().to_string()
    };
    let four = "192.0.2.1:443, 192.0.2.2:443, 192.0.2.3:443, 192.0.2.4:443";
    assert!(resolved(4).await.contains(&format!(" at {four}: ")));
    assert!(resolved(6).await.contains(&format!(" at {four} and 2 more: ")));

    // That of a proxy which could connect to none of them is the first of those named.
    let proxy = Scripted::answering("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    let through = |last| {
        let here = proxy.proxy("http").resolving_here();
        let builder = Fetcher::builder().proxy(here).resolver(Resolver::fixed(forbidden(last)));
        async move {
            let fetcher = builder.build().unwrap();
            fetcher.fetch(&"example.com".parse().unwrap()).await.unwrap_err().to_string()
        }
    };
    let four = format!("{}, 192.0.2.1:443, 192.0.2.2:443, 192.0.2.3:443", proxy.address());
    assert!(through(3).await.contains(&format!(" at {four}: ")));
    assert!(through(4).await.contains(&format!(" at {four} and 1 more: ")));
    assert!(through(5).await.contains(&format!(" at {four} and 2 more: ")));
}

#[tokio::test]
async fn a_name_without_an_address_is_said_to_have_none() {
    let error = error_with(Resolver::fixed([])).await;
    assert_eq!(
        printed(&error),
        "resolve failed for https://example.com:443: there is no address for the name",
    );
}

#[tokio::test]
async fn a_resolver_that_fails_says_why_below() {
    let resolver = Resolver::from_fn(|_, _| async {
        Err::<Vec<SocketAddr>, _>(io::Error::other("the zone is on fire"))
    });
    assert_eq!(
        printed(&error_with(resolver).await),
        "resolve failed for https://example.com:443: the name could not be resolved: the zone is \
         on fire",
    );
}

#[tokio::test]
async fn a_look_that_panics_does_not_blame_anyone() {
    let resolver = Resolver::from_fn(|host, _| async move {
        assert_ne!(host.as_str(), "example.com", "a resolver that is broken itself");
        Ok(Vec::new())
    });
    let checker = Checker::builder().resolver(resolver).build().unwrap();
    let error = checker.check_many(["example.com".parse().unwrap()]).next().await.unwrap();
    let error = error.result.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Panicked);
    assert_eq!(
        printed(&error),
        "resolve failed for https://example.com:443: the look ended in a panic",
    );
}

#[test]
fn a_look_whose_runtime_shuts_down_is_cancelled() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let resolver = Resolver::from_fn(|_, _| std::future::pending());
    let checker = Checker::builder().resolver(resolver).build().unwrap();
    let target: Target = "example.com".parse().unwrap();
    let mut checks = checker.check_many([target.clone()]);

    let first = runtime();
    first.block_on(async {
        tokio::select! {
            biased;
            _ = checks.next() => panic!("a look that never ends has ended"),
            () = std::future::ready(()) => {}
        }
    });
    drop(first);

    let checked = runtime().block_on(checks.next()).unwrap();
    assert_eq!(checked.target, target);
    let error = checked.result.unwrap_err();
    assert_eq!((error.kind(), error.kind().code()), (FetchErrorKind::Cancelled, "cancelled"));
    assert_eq!(
        printed(&error),
        "resolve failed for https://example.com:443: the look was cancelled",
    );
}

#[test]
fn what_comes_before_any_connection_has_its_own_words() {
    assert_eq!(
        printed(&BuildError::NoCryptoProvider),
        "no crypto provider: turn on the feature aws-lc-rs or ring, or pass one",
    );
    assert_eq!(
        printed(&BuildError::UnusableCryptoProvider),
        "the crypto provider supports neither TLS 1.2 nor TLS 1.3",
    );
}

/// The first line of everyone's program: its errors are those of the parts, not wrapped in words.
#[tokio::test]
async fn check_hands_on_the_error_of_its_parts() {
    let error = notafter::check("example.com:0").await.unwrap_err();
    assert!(matches!(error, CheckError::Target(_)));
    assert_eq!(printed(&error), r#"invalid target "example.com:0": port 0 cannot be connected to"#,);

    let address = refusing();
    let error = notafter::check(format!("example.com;connect={address}")).await.unwrap_err();
    let CheckError::Fetch(fetch) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(printed(&error), printed(fetch));

    let target: Target = format!("example.com;connect={address}").parse().unwrap();
    let same = Checker::new().unwrap().check(&target).await.unwrap_err();
    assert_eq!(same.to_string(), fetch.to_string());
}
