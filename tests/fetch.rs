//! Fetching chains from servers of our own.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use notafter::chain::{ClientCertificate, LateFailure, Possession, PresentedChain};
use notafter::fetch::{
    BuildError, FetchError, FetchErrorKind, Fetcher, NotTls, Phase, Resolver, Timeouts,
};
use notafter::target::Target;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;

use common::pki::{Draft, Key, Pki};
use common::printed;
#[cfg(target_os = "linux")]
use common::server::BlackHole;
use common::server::{Server, Tls, refusing};

/// The certificates as they were presented.
fn ders(chain: &PresentedChain) -> Vec<&[u8]> {
    chain.entries().iter().map(notafter::chain::Entry::der).collect()
}

async fn fetch(server: &Server) -> Result<PresentedChain, FetchError> {
    Fetcher::new().unwrap().fetch(&server.target("example.com")).await
}

mod a_chain {
    use super::*;

    #[tokio::test]
    async fn arrives_as_it_was_sent_with_what_the_handshake_showed() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));

        let chain = fetch(&server).await.unwrap();

        assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
        assert_eq!(chain.ocsp_staple(), None);
        let peer = chain.peer().unwrap();
        assert_eq!(peer.address(), Some(server.address()));
        assert_eq!(peer.protocol(), Some("TLSv1.3"));
        assert_eq!(peer.cipher_suite(), Some("TLS13_AES_256_GCM_SHA384"));
        assert_eq!(peer.possession(), Possession::Proven);
        assert_eq!(peer.possession_detail(), None);
        assert_eq!(peer.client_certificate(), ClientCertificate::NotRequested);
        assert_eq!(peer.late_failure(), None);

        let seen = server.stop();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].server_name.as_deref(), Some("example.com"));
        assert_eq!(seen[0].failure, None);
        assert!(seen[0].closed_politely);
    }

    #[tokio::test]
    async fn arrives_by_tls_1_2_too() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf).tls12().staples(*b"staple"));

        let chain = fetch(&server).await.unwrap();

        assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
        assert_eq!(chain.ocsp_staple(), Some(&b"staple"[..]));
        let peer = chain.peer().unwrap();
        assert_eq!(peer.protocol(), Some("TLSv1.2"));
        assert_eq!(peer.cipher_suite(), Some("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"));
        assert_eq!(peer.possession(), Possession::Proven);
        assert_eq!(peer.late_failure(), None);
        assert!(server.stop()[0].closed_politely);
    }

    #[tokio::test]
    async fn arrives_with_the_stapled_response() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf).tls13().staples(*b"staple"));

        assert_eq!(fetch(&server).await.unwrap().ocsp_staple(), Some(&b"staple"[..]));
    }

    #[tokio::test]
    async fn arrives_whatever_is_wrong_with_it() {
        let pki = Pki::new();
        let (long_ago, since) = ("2000-01-01T00:00:00Z", "2000-02-01T00:00:00Z");
        let expired = pki.leaf("example.com").valid(long_ago, since).issue();
        let inverted = pki.leaf("example.com").valid(since, long_ago).issue();
        let misnamed = pki.leaf("other.example").issue();
        let self_signed = Draft::self_signed("example.com").issue();
        let future = ("9998-01-01T00:00:00Z", "9999-12-31T23:59:59Z");
        let not_yet_valid = pki.leaf("example.com").valid(future.0, future.1).issue();

        for leaf in [expired, inverted, misnamed, self_signed, not_yet_valid] {
            let server = Server::start(Tls::new(vec![leaf.der.clone()], &leaf));
            let chain = fetch(&server).await.unwrap();
            assert_eq!(ders(&chain), [&leaf.der[..]]);
            assert_eq!(chain.peer().unwrap().possession(), Possession::Proven);
            assert_eq!(server.stop()[0].failure, None);
        }
    }

    #[tokio::test]
    async fn arrives_even_where_it_is_no_chain_at_all() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let presented = vec![b"no certificate".to_vec().into(), leaf.der.clone()];
        let server = Server::start(Tls::new(presented, &leaf));

        let chain = fetch(&server).await.unwrap();

        assert_eq!(ders(&chain), [&b"no certificate"[..], &leaf.der[..]]);
        assert!(chain.end_entity().certificate().is_err());
        let peer = chain.peer().unwrap();
        assert_eq!(peer.possession(), Possession::NotProvable);
        assert_eq!(
            peer.possession_detail(),
            Some("no public key can be read from the certificate")
        );
    }

    #[tokio::test]
    async fn arrives_over_a_stream_of_the_callers() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
        let (ours, mut theirs) = tokio::io::duplex(64);
        let mut socket = tokio::net::TcpStream::connect(server.address()).await.unwrap();
        let relay = tokio::spawn(async move {
            // Ends in an error where the server closes first.
            let _ = tokio::io::copy_bidirectional(&mut theirs, &mut socket).await;
        });

        let target: Target = "example.com".parse().unwrap();
        let chain = Fetcher::new().unwrap().handshake(ours, &target).await.unwrap();

        assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
        assert_eq!(chain.peer().unwrap().address(), None);
        assert_eq!(chain.peer().unwrap().possession(), Possession::Proven);
        relay.await.unwrap();
    }

    #[tokio::test]
    async fn is_shared_between_fetches_by_the_entries_that_stay_the_same() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
        let fetcher = Fetcher::new().unwrap();

        let first = fetcher.fetch(&server.target("example.com")).await.unwrap();
        let second = fetcher.clone().fetch(&server.target("example.com")).await.unwrap();

        assert!(std::ptr::eq(first.end_entity().der(), second.end_entity().der()));
    }
}

mod the_server_name {
    use super::*;

    async fn server_name_sent(target: impl FnOnce(&Server) -> Target) -> Option<String> {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
        let target = target(&server);
        Fetcher::new().unwrap().fetch(&target).await.unwrap();
        server.stop().remove(0).server_name
    }

    #[tokio::test]
    async fn is_the_host_unless_another_is_set() {
        let host = server_name_sent(|server| server.target("example.com")).await;
        assert_eq!(host.as_deref(), Some("example.com"));

        let other = server_name_sent(|server| server.target("example.com;sni=other.example"));
        assert_eq!(other.await.as_deref(), Some("other.example"));
    }

    #[tokio::test]
    async fn may_hold_an_underscore() {
        let name = server_name_sent(|server| server.target("_smtp._tls.example.com")).await;
        assert_eq!(name.as_deref(), Some("_smtp._tls.example.com"));
    }

    #[tokio::test]
    async fn is_not_sent_where_there_is_none() {
        assert_eq!(server_name_sent(|server| server.target("example.com;no-sni")).await, None);
        assert_eq!(server_name_sent(|server| server.target("192.0.2.1")).await, None);
    }
}

mod possession {
    use super::*;

    #[tokio::test]
    async fn is_proven_with_every_kind_of_key() {
        let pki = Pki::new();
        for key in [Key::P256, Key::P384, Key::Ed25519, Key::Rsa2048] {
            let leaf = pki.leaf("example.com").key(key).issue();
            for tls in [Tls::tls12, Tls::tls13] {
                let server = Server::start(tls(Tls::new(pki.chain(&leaf), &leaf)));
                let chain = fetch(&server).await.unwrap();
                assert_eq!(chain.peer().unwrap().possession(), Possession::Proven, "{key:?}");
            }
        }
    }

    #[tokio::test]
    async fn fails_with_the_key_of_another_certificate() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let other = pki.leaf("example.com").issue();
        for tls in [Tls::tls12, Tls::tls13] {
            let server = Server::start(tls(Tls::new(pki.chain(&leaf), &other)));

            let chain = fetch(&server).await.unwrap();

            assert_eq!(ders(&chain)[0], &leaf.der[..]);
            let peer = chain.peer().unwrap();
            assert_eq!(peer.possession(), Possession::Failed);
            assert_eq!(
                peer.possession_detail(),
                Some(
                    "the ECDSA_NISTP256_SHA256 signature does not verify with the \
                     certificate's key"
                )
            );
            assert_eq!(peer.late_failure(), None);
        }
    }

    #[tokio::test]
    async fn fails_with_a_key_of_another_kind() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").key(Key::Ed25519).issue();
        let other = pki.leaf("example.com").key(Key::P256).issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &other));

        assert_eq!(fetch(&server).await.unwrap().peer().unwrap().possession(), Possession::Failed);
    }

    /// ring has no P-521, yet the scheme is offered so that the chain is seen.
    #[cfg(not(feature = "aws-lc-rs"))]
    #[tokio::test]
    async fn is_not_provable_with_a_scheme_that_the_provider_lacks() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").key(Key::P521).issue();
        for tls in [Tls::tls12, Tls::tls13] {
            let server = Server::start(tls(Tls::new(pki.chain(&leaf), &leaf)));

            let chain = fetch(&server).await.unwrap();

            let peer = chain.peer().unwrap();
            assert_eq!(peer.possession(), Possession::NotProvable);
            assert_eq!(
                peer.possession_detail(),
                Some("the provider can't verify ECDSA_NISTP521_SHA512 signatures")
            );
        }
    }

    #[cfg(feature = "aws-lc-rs")]
    #[tokio::test]
    async fn is_proven_with_p_521_where_the_provider_has_it() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").key(Key::P521).issue();
        for tls in [Tls::tls12, Tls::tls13] {
            let server = Server::start(tls(Tls::new(pki.chain(&leaf), &leaf)));
            let chain = fetch(&server).await.unwrap();
            assert_eq!(chain.peer().unwrap().possession(), Possession::Proven);
        }
    }
}

mod a_client_certificate {
    use super::*;

    #[tokio::test]
    async fn that_is_asked_for_is_told_from_one_that_is_demanded() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        for tls in [Tls::tls12, Tls::tls13] {
            let tls = tls(Tls::new(pki.chain(&leaf), &leaf));
            for (tls, expect) in [
                (
                    tls.clone().asks_for_a_client_certificate(&pki.root),
                    ClientCertificate::Requested,
                ),
                (tls.demands_a_client_certificate(&pki.root), ClientCertificate::Required),
            ] {
                let server = Server::start(tls);

                let chain = fetch(&server).await.unwrap();

                assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
                let peer = chain.peer().unwrap();
                assert_eq!(peer.client_certificate(), expect);
                assert_eq!(peer.possession(), Possession::Proven);
                assert_eq!(peer.late_failure(), None);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn costs_no_report_where_the_peer_never_says_whether_it_needs_one() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let tls = Tls::new(pki.chain(&leaf), &leaf).asks_for_a_client_certificate(&pki.root);
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let server = tokio::spawn(async move {
            tls.shake_hands(&mut theirs).await;
            theirs.read_to_end(&mut Vec::new()).await.unwrap();
            std::future::pending::<()>().await;
        });
        let target: Target = "example.com".parse().unwrap();
        let start = Instant::now();

        let chain = Fetcher::new().unwrap().handshake(ours, &target).await.unwrap();

        assert_eq!(start.elapsed(), Duration::from_secs(8));
        assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
        let peer = chain.peer().unwrap();
        assert_eq!(peer.protocol(), Some("TLSv1.3"));
        assert_eq!(peer.client_certificate(), ClientCertificate::Requested);
        assert_eq!(peer.late_failure(), None);
        server.abort();
    }

    #[tokio::test]
    async fn costs_no_report_where_the_peer_says_a_great_deal() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let tls = Tls::new(pki.chain(&leaf), &leaf)
            .asks_for_a_client_certificate(&pki.root)
            .greets_with(vec![b'.'; 8 * 1024 * 1024]);

        let chain = fetch(&Server::start(tls)).await.unwrap();

        let peer = chain.peer().unwrap();
        assert_eq!(peer.client_certificate(), ClientCertificate::Requested);
        assert_eq!(peer.late_failure(), None);
    }
}

mod a_late_failure {
    use super::*;

    /// The chain of a TLS 1.2 server that stops after its first messages, and then does as told.
    ///
    /// In TLS 1.3 the client has nothing left to wait for by then.
    async fn after_the_chain<F, A>(then: F) -> LateFailure
    where
        F: FnOnce(DuplexStream) -> A + Send + 'static,
        A: Future<Output = ()> + Send + 'static,
    {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let tls = Tls::new(pki.chain(&leaf), &leaf).tls12();
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let server = tokio::spawn(async move {
            tls.answer_once(&mut theirs).await;
            then(theirs).await;
        });
        let target: Target = "example.com".parse().unwrap();

        let chain = Fetcher::new().unwrap().handshake(ours, &target).await.unwrap();

        server.await.unwrap();
        assert_eq!(ders(&chain), [&leaf.der[..], &pki.intermediate.der[..]]);
        let peer = chain.peer().unwrap();
        assert_eq!(peer.protocol(), Some("TLSv1.2"));
        assert_eq!(peer.possession(), Possession::Proven);
        assert_eq!(peer.client_certificate(), ClientCertificate::NotRequested);
        peer.late_failure().unwrap().clone()
    }

    #[tokio::test]
    async fn is_the_peers_where_it_closes() {
        let failure = after_the_chain(|stream| async { drop(stream) }).await;
        assert_eq!(failure, LateFailure::ByPeer("the peer closed the connection".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn is_the_peers_where_it_falls_silent() {
        let failure = after_the_chain(|mut stream| async move {
            stream.read_to_end(&mut Vec::new()).await.unwrap();
        });
        assert_eq!(failure.await, LateFailure::ByPeer("timed out".to_owned()));
    }

    #[tokio::test]
    async fn is_the_peers_where_it_sends_an_alert() {
        let failure = after_the_chain(|mut stream| async move {
            stream.write_all(&[0x15, 3, 3, 0, 2, 2, 51]).await.unwrap();
        });
        let text = "received fatal alert: DecryptError".to_owned();
        assert_eq!(failure.await, LateFailure::ByPeer(text));
    }

    #[tokio::test]
    async fn is_ours_where_the_peer_breaks_the_protocol() {
        let failure = after_the_chain(|mut stream| async move {
            stream.write_all(b"220 mail.example.com").await.unwrap();
        });
        let text = "received corrupt message of type InvalidContentType".to_owned();
        assert_eq!(failure.await, LateFailure::ByUs(text));
    }
}

mod an_error {
    use super::*;

    fn outcome(error: &FetchError) -> (Phase, FetchErrorKind) {
        (error.phase(), error.kind())
    }

    #[tokio::test]
    async fn says_what_is_spoken_instead_of_tls() {
        for (greeting, expect, says) in [
            ("HTTP/1.1 400 Bad Request\r\n\r\n", NotTls::Http, ", but HTTP"),
            ("220 mail.example.com ESMTP ready\r\n", NotTls::Smtp, ", but SMTP"),
            ("RFB 003.008\n", NotTls::Unknown, ""),
        ] {
            let server = Server::sends(greeting);

            let error = fetch(&server).await.unwrap_err();

            assert_eq!(outcome(&error), (Phase::Handshake, FetchErrorKind::NotTls(expect)));
            assert_eq!(error.kind().code(), "not-tls");
            assert_eq!(error.address(), Some(server.address()));
            let at = server.address();
            assert_eq!(
                printed(&error),
                format!(
                    "handshake failed for https://example.com:443;connect={at} at {at}: \
                     the peer does not speak TLS{says}: \
                     received corrupt message of type InvalidContentType"
                )
            );
        }
    }

    #[tokio::test]
    async fn tells_plain_text_that_looks_like_a_huge_record() {
        // Read as a record header, the fourth and fifth octets are a length.
        let server = Server::sends(vec![b'z'; 64 * 1024]);
        let error = fetch(&server).await.unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::NotTls(NotTls::Unknown));
    }

    #[tokio::test]
    async fn says_which_alert_was_received() {
        for (alert, expect) in [
            (40, FetchErrorKind::NoCipherInCommon),
            (70, FetchErrorKind::ProtocolVersion),
            (71, FetchErrorKind::NoCipherInCommon),
            (80, FetchErrorKind::Alert(80)),
            (112, FetchErrorKind::UnrecognisedName),
        ] {
            let server = Server::sends([0x15, 3, 3, 0, 2, 2, alert]);
            let error = fetch(&server).await.unwrap_err();
            assert_eq!(outcome(&error), (Phase::Handshake, expect));
        }

        let server = Server::sends([0x15, 3, 3, 0, 2, 2, 80]);
        let at = server.address();
        assert_eq!(
            printed(&fetch(&server).await.unwrap_err()),
            format!(
                "handshake failed for https://example.com:443;connect={at} at {at}: \
                 the peer gave up with alert 80: received fatal alert: InternalError"
            )
        );
    }

    #[tokio::test]
    async fn says_that_the_peer_went_away() {
        for server in [Server::closes(), Server::resets()] {
            let error = fetch(&server).await.unwrap_err();
            assert_eq!(outcome(&error), (Phase::Handshake, FetchErrorKind::ClosedEarly));
        }

        let server = Server::closes();
        let at = server.address();
        assert_eq!(
            printed(&fetch(&server).await.unwrap_err()),
            format!(
                "handshake failed for https://example.com:443;connect={at} at {at}: \
                 the peer closed the connection: tls handshake eof"
            )
        );
    }

    #[tokio::test]
    async fn says_that_a_message_was_too_large() {
        // A certificate message of 16 MiB, as its header has it.
        let server_hello_and_more = [0x16, 3, 3, 0x40, 0, 0x0b, 0xff, 0xff, 0xff];
        let server = Server::sends([&server_hello_and_more[..], &[0; 0x4000]].concat());
        let error = fetch(&server).await.unwrap_err();
        assert_eq!(outcome(&error), (Phase::Handshake, FetchErrorKind::MessageTooLarge));

        // A record of 65535 bytes, where 18432 are the most.
        let server = Server::sends([&[0x16, 3, 3, 0xff, 0xff][..], &[0; 0xffff]].concat());
        let error = fetch(&server).await.unwrap_err();
        assert_eq!(outcome(&error), (Phase::Handshake, FetchErrorKind::MessageTooLarge));
    }

    #[tokio::test]
    async fn says_that_no_certificate_was_presented() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        for tls in [Tls::tls12, Tls::tls13] {
            let server = Server::start(tls(Tls::new(vec![], &leaf)));
            let error = fetch(&server).await.unwrap_err();
            assert_eq!(outcome(&error), (Phase::Handshake, FetchErrorKind::NoCertificate));
        }
    }

    #[tokio::test]
    async fn says_that_a_name_is_not_served() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf).only_for("www.example.com"));
        let target = server.target("example.com;sni=www.example.com");
        Fetcher::new().unwrap().fetch(&target).await.unwrap();

        // rustls has access_denied for it, where others have unrecognized_name.
        let error = fetch(&server).await.unwrap_err();

        assert_eq!(outcome(&error), (Phase::Handshake, FetchErrorKind::Alert(49)));
    }

    #[tokio::test]
    async fn is_small_and_can_be_sent() {
        fn assert_error<T: std::error::Error + Clone + Send + Sync + 'static>() {}
        assert_error::<FetchError>();
        assert_eq!(size_of::<FetchError>(), size_of::<usize>());
    }
}

mod a_name {
    use super::*;

    async fn resolved_by(resolver: Resolver, timeouts: Timeouts) -> FetchError {
        let fetcher = Fetcher::builder().resolver(resolver).timeouts(timeouts).build().unwrap();
        fetcher.fetch(&"example.com:8443".parse().unwrap()).await.unwrap_err()
    }

    fn answering(answer: fn(String, u16) -> io::Result<Vec<SocketAddr>>) -> Resolver {
        Resolver::from_fn(move |host, port| std::future::ready(answer(host, port)))
    }

    #[tokio::test]
    async fn without_an_address_is_not_found() {
        let not_found = |_, _| Err(io::Error::from(io::ErrorKind::NotFound));
        let unknown = |_, _| Err(io::Error::other("Name or service not known"));
        for (resolver, cause) in [
            (answering(not_found), ": entity not found"),
            (answering(unknown), ": Name or service not known"),
            (answering(|_, _| Ok(vec![])), ""),
            (Resolver::fixed([]), ""),
        ] {
            let error = resolved_by(resolver, Timeouts::new()).await;

            assert_eq!(error.phase(), Phase::Resolve);
            assert_eq!(error.kind(), FetchErrorKind::NameNotFound);
            assert_eq!(error.target(), "https://example.com:8443");
            assert_eq!(error.address(), None);
            assert_eq!(
                printed(&error),
                format!(
                    "resolve failed for https://example.com:8443: \
                     there is no address for the name{cause}"
                )
            );
        }
    }

    #[tokio::test]
    async fn that_could_not_be_looked_up_is_another_matter() {
        let busy = |_, _| Err(io::Error::other("Temporary failure in name resolution"));

        let error = resolved_by(answering(busy), Timeouts::new()).await;

        assert_eq!((error.phase(), error.kind().code()), (Phase::Resolve, "resolution-failed"));
        assert_eq!(
            printed(&error),
            "resolve failed for https://example.com:8443: the name could not be resolved: \
             Temporary failure in name resolution"
        );
    }

    #[tokio::test]
    async fn is_asked_for_with_the_port_to_dial() {
        let resolver = answering(|host, port| Err(io::Error::other(format!("{host} {port}"))));
        let fetcher = Fetcher::builder().resolver(resolver).build().unwrap();
        let target = "example.com;connect=origin.example:8443".parse().unwrap();

        let error = fetcher.fetch(&target).await.unwrap_err();

        assert!(printed(&error).ends_with(": origin.example 8443"), "{}", printed(&error));
    }

    #[tokio::test]
    async fn is_not_asked_for_where_there_is_an_address() {
        let resolver = answering(|_, _| panic!("an address was looked up"));
        let fetcher = Fetcher::builder().resolver(resolver).build().unwrap();
        let target = format!("https://{}", refusing()).parse().unwrap();

        let error = fetcher.fetch(&target).await.unwrap_err();

        assert_eq!(error.phase(), Phase::Connect);
    }

    #[tokio::test(start_paused = true)]
    async fn that_is_never_answered_times_out() {
        let start = Instant::now();
        let never = Resolver::from_fn(|_, _| std::future::pending());

        let error = resolved_by(never.clone(), Timeouts::new()).await;

        assert_eq!(start.elapsed(), Duration::from_secs(4));
        assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::TimedOut));
        assert_eq!(printed(&error), "resolve failed for https://example.com:8443: timed out");

        let start = Instant::now();
        resolved_by(never, Timeouts::new().with_total(Duration::from_secs(1))).await;
        assert_eq!(start.elapsed(), Duration::from_secs(1));
    }
}

mod a_connection {
    use super::*;

    async fn fetch_from(addresses: &[SocketAddr]) -> Result<PresentedChain, FetchError> {
        let resolver = Resolver::fixed(addresses);
        let fetcher = Fetcher::builder().resolver(resolver).build().unwrap();
        fetcher.fetch(&"example.com".parse().unwrap()).await
    }

    #[tokio::test]
    async fn is_made_to_the_next_address_where_one_refuses() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));

        let chain = fetch_from(&[refusing(), server.address()]).await.unwrap();

        assert_eq!(chain.peer().unwrap().address(), Some(server.address()));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn is_made_to_the_next_address_where_one_is_slow() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
        let slow = BlackHole::new();

        let chain = fetch_from(&[slow.address(), server.address()]).await.unwrap();

        assert_eq!(chain.peer().unwrap().address(), Some(server.address()));
    }

    #[tokio::test]
    async fn that_every_address_refuses_tells_of_each() {
        let (one, other) = (refusing(), refusing());

        let error = fetch_from(&[one, other]).await.unwrap_err();

        assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Refused));
        assert_eq!(error.address(), None);
        let attempts: Vec<_> = error
            .attempts()
            .iter()
            .map(|attempt| (attempt.address(), attempt.kind(), attempt.error().kind()))
            .collect();
        let refused = (FetchErrorKind::Refused, io::ErrorKind::ConnectionRefused);
        assert_eq!(attempts, [(one, refused.0, refused.1), (other, refused.0, refused.1)]);
        let cause =
            io::Error::from_raw_os_error(error.attempts()[0].error().raw_os_error().unwrap());
        assert_eq!(
            printed(&error),
            format!(
                "connect failed for https://example.com:443 at {one}, {other}: \
                 the connection was refused: {cause}"
            )
        );
    }

    #[tokio::test]
    async fn that_many_addresses_refuse_is_told_in_few_words() {
        let mut addresses: Vec<_> = (0..6).map(|_| refusing()).collect();
        addresses.sort();
        addresses.dedup();
        let [a, b, c, d, ..] = addresses[..] else {
            panic!("six listeners had the same port");
        };

        let error = fetch_from(&addresses).await.unwrap_err();

        assert_eq!(error.attempts().len(), addresses.len());
        assert_eq!(
            error.to_string(),
            format!(
                "connect failed for https://example.com:443 at {a}, {b}, {c}, {d} and {} more: \
                 the connection was refused",
                addresses.len() - 4
            )
        );
    }

    #[cfg(target_os = "linux")]
    #[tokio::test(start_paused = true)]
    async fn that_no_address_answers_times_out() {
        let slow = BlackHole::new();
        let refusing = refusing();
        let start = Instant::now();

        let error = fetch_from(&[slow.address(), refusing]).await.unwrap_err();

        assert_eq!(start.elapsed(), Duration::from_secs(5));
        assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::TimedOut));
        let attempts: Vec<_> =
            error.attempts().iter().map(|attempt| (attempt.address(), attempt.kind())).collect();
        assert_eq!(
            attempts,
            [(refusing, FetchErrorKind::Refused), (slow.address(), FetchErrorKind::TimedOut)]
        );
        assert_eq!(
            printed(&error),
            format!(
                "connect failed for https://example.com:443 at {refusing}, {}: timed out: \
                 no answer in time",
                slow.address()
            )
        );
    }
}

mod the_deadline {
    use super::*;

    async fn fetch_within(timeouts: Timeouts, server: &Server) -> (FetchError, Duration) {
        let start = Instant::now();
        let fetcher = Fetcher::builder().timeouts(timeouts).build().unwrap();
        let error = fetcher.fetch(&server.target("example.com")).await.unwrap_err();
        (error, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn ends_a_handshake_that_is_never_answered() {
        let server = Server::silent();

        let (error, elapsed) = fetch_within(Timeouts::new(), &server).await;

        assert_eq!(elapsed, Duration::from_secs(8));
        assert_eq!((error.phase(), error.kind()), (Phase::Handshake, FetchErrorKind::TimedOut));
        let at = server.address();
        assert_eq!(error.address(), Some(at));
        assert_eq!(
            printed(&error),
            format!("handshake failed for https://example.com:443;connect={at} at {at}: timed out")
        );

        let short = Timeouts::new().with_total(Duration::from_millis(700));
        assert_eq!(fetch_within(short, &server).await.1, Duration::from_millis(700));
        let short = Timeouts::new().with_handshake(Duration::from_millis(700));
        assert_eq!(fetch_within(short, &server).await.1, Duration::from_millis(700));
    }

    #[tokio::test(start_paused = true)]
    async fn holds_for_a_peer_that_drips() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let drip = tokio::spawn(async move {
            // The beginning of a handshake record of 16 KiB.
            theirs.write_all(&[0x16, 3, 3, 0x40, 0]).await.unwrap();
            let mut dripped = 0;
            while theirs.write_all(&[2]).await.is_ok() {
                dripped += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            dripped
        });
        let start = Instant::now();

        let target: Target = "example.com".parse().unwrap();
        let error = Fetcher::new().unwrap().handshake(ours, &target).await.unwrap_err();

        assert_eq!(start.elapsed(), Duration::from_secs(8));
        assert_eq!((error.phase(), error.kind()), (Phase::Handshake, FetchErrorKind::TimedOut));
        assert_eq!(printed(&error), "handshake failed for https://example.com:443: timed out");
        assert_eq!(drip.await.unwrap(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn is_one_for_all_phases() {
        let server = Server::silent();
        let address = server.address();
        let resolver = Resolver::from_fn(move |_, _| async move {
            tokio::time::sleep(Duration::from_secs(3)).await;
            Ok(vec![address])
        });
        let fetcher = Fetcher::builder().resolver(resolver).build().unwrap();
        let start = Instant::now();

        let error = fetcher.fetch(&"example.com".parse().unwrap()).await.unwrap_err();

        assert_eq!(start.elapsed(), Duration::from_secs(10));
        assert_eq!((error.phase(), error.kind()), (Phase::Handshake, FetchErrorKind::TimedOut));
    }
}

mod a_fetcher {
    use super::*;

    #[test]
    fn is_not_built_with_a_provider_of_no_use() {
        let mut provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.cipher_suites.clear();

        let error = Fetcher::builder().crypto_provider(provider.into()).build().unwrap_err();

        assert_eq!(error, BuildError::UnusableCryptoProvider);
    }

    #[tokio::test]
    async fn uses_the_provider_that_it_is_given() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
        let mut provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.cipher_suites =
            vec![rustls::crypto::aws_lc_rs::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256];

        let fetcher = Fetcher::builder().crypto_provider(provider.into()).build().unwrap();
        let chain = fetcher.fetch(&server.target("example.com")).await.unwrap();

        let suite = chain.peer().unwrap().cipher_suite();
        assert_eq!(suite, Some("TLS13_CHACHA20_POLY1305_SHA256"));
    }

    #[test]
    fn and_its_futures_can_be_sent() {
        fn assert_send<T: Send>(value: T) -> T {
            value
        }
        let fetcher = Fetcher::new().unwrap();
        let target: Target = "example.com".parse().unwrap();
        drop(assert_send(fetcher.fetch(&target)));
        drop(assert_send(fetcher.handshake(tokio::io::duplex(1).0, &target)));
    }
}
