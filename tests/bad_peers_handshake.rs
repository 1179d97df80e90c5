//! Peers that misbehave in the handshake: they stop, they storm, they send too much.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::time::Duration;

use common::flight::{
    HANDSHAKE as HANDSHAKE_TYPE, answer_to, handshake_records, messages, read_record, record,
    records,
};
use common::meeting::{HANDSHAKE, assert_met, assert_within, falls_silent, meet, says_for_ever};
use common::pki::{Issued, Pki};
use common::server::{Server, Tls};
use notafter::chain::{LateFailure, Possession, PresentedChain};
use notafter::fetch::{FetchError, FetchErrorKind, Fetcher, Phase};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;

fn servers() -> (Pki, Issued, [Tls; 2]) {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let tls = Tls::new(pki.chain(&leaf), &leaf);
    (pki, leaf, [tls.clone().tls12(), tls.tls13()])
}

/// What comes of a server that does as told, and closes the connection where it returns.
async fn fetch_from(server: impl AsyncFnOnce(DuplexStream)) -> Result<PresentedChain, FetchError> {
    let (ours, theirs) = duplex(1024 * 1024);
    let target = "example.com".parse().unwrap();
    let fetcher = Fetcher::new().unwrap();
    let serving = async {
        server(theirs).await;
        std::future::pending().await
    };
    tokio::select! {
        fetched = fetcher.handshake(ours, &target) => fetched,
        () = serving => unreachable!("it waits for the client"),
    }
}

mod a_peer_that_stops {
    use super::*;

    async fn stop_after(
        tls: &Tls,
        cut: impl Fn(&[u8]) -> Vec<u8>,
        closes: bool,
    ) -> (Result<PresentedChain, FetchError>, Duration) {
        let start = Instant::now();
        let fetched = fetch_from(async |mut stream| {
            let flight = answer_to(&mut stream, tls).await;
            stream.write_all(&cut(&flight)).await.unwrap();
            if !closes {
                falls_silent(stream).await;
            }
        })
        .await;
        (fetched, start.elapsed())
    }

    /// One message in each record, so that each can be the last that arrives.
    fn one_by_one(flight: &[u8]) -> Vec<Vec<u8>> {
        messages(flight).iter().map(|message| record(HANDSHAKE_TYPE, message)).collect()
    }

    /// In TLS 1.2 the chain counts once ServerHelloDone has arrived: it is then that the TLS
    /// library shows it.
    #[tokio::test(start_paused = true)]
    async fn has_shown_a_chain_of_tls_1_2_only_after_its_whole_flight() {
        let (_pki, leaf, [tls, _]) = servers();
        // ServerHello, Certificate, ServerKeyExchange, ServerHelloDone.
        for (whole, more) in [
            (0, 0),
            (0, 1),
            (0, 4),
            (0, 5),
            (0, 40),
            (1, 0),
            (1, 1),
            (1, 400),
            (2, 0),
            (2, 9),
            (3, 0),
            (3, 8),
        ] {
            for closes in [true, false] {
                let cut = |flight: &[u8]| {
                    let records = one_by_one(flight);
                    [records[..whole].concat(), records[whole][..more].to_vec()].concat()
                };
                let (fetched, elapsed) = stop_after(&tls, cut, closes).await;
                let context = (whole, more, closes);
                let (kind, deadline) = outcome(closes);
                assert_met(&fetched.unwrap_err(), Phase::Handshake, kind, &context);
                assert_within(elapsed, deadline);
            }
        }
        for (closes, last) in [(true, "the peer closed the connection"), (false, "timed out")] {
            let (fetched, elapsed) =
                stop_after(&tls, |flight| one_by_one(flight).concat(), closes).await;
            let chain = fetched.unwrap();
            assert_eq!(chain.end_entity().der(), &leaf.der[..]);
            let peer = chain.peer().unwrap();
            assert_eq!(peer.possession(), Possession::Proven);
            assert_eq!(peer.late_failure(), Some(&LateFailure::ByPeer(last.to_owned())));
            assert_within(elapsed, outcome(closes).1);
        }
    }

    /// In TLS 1.3 the client ends the handshake, so that nothing is missed after the flight.
    #[tokio::test(start_paused = true)]
    async fn has_shown_a_chain_of_tls_1_3_only_after_its_whole_flight() {
        let (_pki, leaf, [_, tls]) = servers();
        // ServerHello, change_cipher_spec, and one encrypted record with all the rest.
        for (whole, more) in [(0, 0), (0, 3), (0, 99), (1, 0), (1, 2), (2, 0), (2, 5), (2, 700)] {
            for closes in [true, false] {
                let cut = |flight: &[u8]| flight[..records(flight)[whole].start + more].to_vec();
                let (fetched, elapsed) = stop_after(&tls, cut, closes).await;
                let (kind, deadline) = outcome(closes);
                assert_met(&fetched.unwrap_err(), Phase::Handshake, kind, &(whole, more, closes));
                assert_within(elapsed, deadline);
            }
        }
        for closes in [true, false] {
            let (fetched, elapsed) = stop_after(&tls, <[u8]>::to_vec, closes).await;
            let chain = fetched.unwrap();
            assert_eq!(chain.end_entity().der(), &leaf.der[..]);
            assert_eq!(chain.peer().unwrap().possession(), Possession::Proven);
            // It is noticed that nobody listens to the client's last message.
            let late = LateFailure::ByPeer("the peer closed the connection".to_owned());
            assert_eq!(chain.peer().unwrap().late_failure(), closes.then_some(&late));
            assert_within(elapsed, Duration::ZERO);
        }
    }

    fn outcome(closes: bool) -> (FetchErrorKind, Duration) {
        if closes {
            (FetchErrorKind::ClosedEarly, Duration::ZERO)
        } else {
            (FetchErrorKind::TimedOut, HANDSHAKE)
        }
    }
}

mod a_peer_that_storms {
    use super::*;

    /// What a handshake may take, one read more, and what the stream itself has room for.
    const MOST: usize = 256 * 1024 + 16 * 1024 + ROOM;
    const ROOM: usize = 1024;

    const CHANGE_CIPHER_SPEC: &[u8] = b"\x14\x03\x03\x00\x01\x01";
    const HELLO_REQUEST: &[u8] = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00";
    const CLOSE_NOTIFY: &[u8] = b"\x15\x03\x03\x00\x02\x01\x00";
    /// user_canceled, the one warning that TLS 1.3 still has.
    const WARNING: &[u8] = b"\x15\x03\x03\x00\x02\x01\x5a";

    async fn storm(again: &[u8], before: Option<&Tls>, what: &str, kind: FetchErrorKind) {
        let mut taken = 0;
        let (error, elapsed) = meet("https", ROOM, async |mut stream| {
            let first = match before {
                Some(tls) => first_of(&answer_to(&mut stream, tls).await),
                None => {
                    read_record(&mut stream).await;
                    Vec::new()
                }
            };
            taken = says_for_ever(&mut stream, &first, again).await;
        })
        .await;
        assert_met(&error, Phase::Handshake, kind, &what);
        assert_within(elapsed, Duration::ZERO);
        assert!(taken <= MOST, "{what}: {taken}");
    }

    /// The ServerHello alone. In TLS 1.2 other messages follow in the same record.
    fn first_of(flight: &[u8]) -> Vec<u8> {
        let first = records(flight)[0].clone();
        record(HANDSHAKE_TYPE, &messages(&flight[first])[0])
    }

    #[tokio::test(start_paused = true)]
    async fn before_it_says_hello_is_ended() {
        let encrypted = record(23, &[0; 64]);
        for (what, again, kind) in [
            ("warnings", WARNING, FetchErrorKind::Tls),
            (
                "unrecognized_name as a warning",
                b"\x15\x03\x03\x00\x02\x01\x70",
                FetchErrorKind::Tls,
            ),
            ("close_notify", CLOSE_NOTIFY, FetchErrorKind::Tls),
            ("fatal alerts", b"\x15\x03\x03\x00\x02\x02\x50", FetchErrorKind::Alert(80)),
            ("alerts of no level", b"\x15\x03\x03\x00\x02\x09\x50", FetchErrorKind::Alert(80)),
            ("half an alert", b"\x15\x03\x03\x00\x01\x01", FetchErrorKind::Tls),
            ("empty alerts", b"\x15\x03\x03\x00\x00", FetchErrorKind::Tls),
            ("change_cipher_spec", CHANGE_CIPHER_SPEC, FetchErrorKind::Tls),
            ("empty handshake records", b"\x16\x03\x03\x00\x00", FetchErrorKind::Tls),
            ("empty application data", b"\x17\x03\x03\x00\x00", FetchErrorKind::Tls),
            ("application data", &encrypted, FetchErrorKind::Tls),
            ("HelloRequest", HELLO_REQUEST, FetchErrorKind::Tls),
            ("Finished", b"\x16\x03\x03\x00\x04\x14\x00\x00\x00", FetchErrorKind::Tls),
            ("messages of no type", b"\x16\x03\x03\x00\x04\x63\x00\x00\x00", FetchErrorKind::Tls),
            ("zeros in a record", b"\x16\x03\x03\x00\x01\x00", FetchErrorKind::Tls),
        ] {
            storm(again, None, what, kind).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_it_said_hello_is_ended() {
        let (_pki, _leaf, [tls12, tls13]) = servers();
        let encrypted = record(23, &[0; 64]);
        for (what, again, kind) in [
            ("warnings", WARNING, [FetchErrorKind::Tls; 2]),
            (
                "unrecognized_name as a warning",
                b"\x15\x03\x03\x00\x02\x01\x70",
                [FetchErrorKind::Tls, FetchErrorKind::UnrecognisedName],
            ),
            ("close_notify", CLOSE_NOTIFY, [FetchErrorKind::Tls, FetchErrorKind::ClosedEarly]),
            ("fatal alerts", b"\x15\x03\x03\x00\x02\x02\x50", [FetchErrorKind::Alert(80); 2]),
            ("change_cipher_spec", CHANGE_CIPHER_SPEC, [FetchErrorKind::Tls; 2]),
            ("empty handshake records", b"\x16\x03\x03\x00\x00", [FetchErrorKind::Tls; 2]),
            ("empty application data", b"\x17\x03\x03\x00\x00", [FetchErrorKind::Tls; 2]),
            ("application data", &encrypted, [FetchErrorKind::Tls; 2]),
            ("HelloRequest", HELLO_REQUEST, [FetchErrorKind::Tls; 2]),
        ] {
            storm(again, Some(&tls12), &format!("TLS 1.2: {what}"), kind[0]).await;
            storm(again, Some(&tls13), &format!("TLS 1.3: {what}"), kind[1]).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn with_a_single_close_notify_has_closed() {
        let (_pki, _leaf, servers) = servers();
        for (tls, is_tls12, closes) in [
            (&servers[0], true, true),
            (&servers[0], true, false),
            (&servers[1], false, true),
            (&servers[1], false, false),
        ] {
            let (error, elapsed) = meet("https", 4096, async |mut stream| {
                let hello = first_of(&answer_to(&mut stream, tls).await);
                stream.write_all(&[&hello, CLOSE_NOTIFY].concat()).await.unwrap();
                if !closes {
                    falls_silent(stream).await;
                }
            })
            .await;
            // In TLS 1.2 the library goes on waiting for the end of the stream.
            let waits = is_tls12 && !closes;
            let (kind, deadline) = if waits {
                (FetchErrorKind::TimedOut, HANDSHAKE)
            } else {
                (FetchErrorKind::ClosedEarly, Duration::ZERO)
            };
            assert_met(&error, Phase::Handshake, kind, &closes);
            assert_within(elapsed, deadline);
        }
    }

    /// Servers that are not sure of the name warn, and go on (RFC 6066 section 3).
    #[tokio::test]
    async fn with_four_warnings_and_goes_on_is_heard_out() {
        let (_pki, leaf, servers) = servers();
        for (tls, warnings) in servers.iter().flat_map(|tls| [(tls, 4), (tls, 5)]) {
            let fetched = fetch_from(async |mut stream| {
                let flight = answer_to(&mut stream, tls).await;
                let warning = b"\x15\x03\x03\x00\x02\x01\x70".repeat(warnings);
                stream.write_all(&[warning, flight].concat()).await.unwrap();
            })
            .await;
            if warnings == 4 {
                assert_eq!(fetched.unwrap().end_entity().der(), &leaf.der[..]);
            } else {
                let error = fetched.unwrap_err();
                assert_met(&error, Phase::Handshake, FetchErrorKind::Tls, &warnings);
            }
        }
    }

    /// A HelloRetryRequest may come once (RFC 8446 section 4.1.4).
    #[tokio::test]
    async fn with_requests_to_try_again_is_ended() {
        // TLS 1.3, and a cookie that the client has to bring back: 15000 are 0x3a98.
        let extensions =
            [&b"\x00\x2b\x00\x02\x03\x04"[..], b"\x00\x2c\x3a\x9a\x3a\x98", &[7; 15_000]].concat();
        let mut tries = 0;
        let fetched = fetch_from(async |mut stream| {
            loop {
                let hello = read_record(&mut stream).await;
                let id = &hello[43..44 + usize::from(hello[43])];
                let mut retry = vec![3, 3];
                retry.extend(RETRY);
                retry.extend(id);
                retry.extend(b"\x13\x01\x00");
                retry.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
                retry.extend(&extensions);
                let length = u32::try_from(retry.len()).unwrap().to_be_bytes();
                let message = [&[2], &length[1..], &retry].concat();
                stream.write_all(&handshake_records(&message)).await.unwrap();
                tries += 1;
                if tries == 2 {
                    return falls_silent(stream).await;
                }
                // The second hello comes after a change_cipher_spec.
                read_record(&mut stream).await;
            }
        })
        .await;
        assert_met(&fetched.unwrap_err(), Phase::Handshake, FetchErrorKind::Tls, &tries);
        assert_eq!(tries, 2);
    }

    /// The random value that makes a ServerHello a HelloRetryRequest (RFC 8446 section 4.1.3).
    const RETRY: [u8; 32] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
        0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
        0x33, 0x9c,
    ];
}

mod a_peer_that_sends_too_much {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn is_stopped_at_the_header_of_a_message_of_16_mib() {
        let (_pki, _leaf, [tls12, _]) = servers();
        for kind in [2, 11] {
            let mut taken = 0;
            let (error, elapsed) = meet("https", 1024, async |mut stream| {
                let mut first = Vec::new();
                if kind == 11 {
                    let flight = answer_to(&mut stream, &tls12).await;
                    first = record(HANDSHAKE_TYPE, &messages(&flight)[0]);
                } else {
                    read_record(&mut stream).await;
                }
                first.extend([HANDSHAKE_TYPE, 3, 3, 0x40, 0, kind, 0xff, 0xff, 0xff]);
                first.extend([0; 0x4000 - 4]);
                let again = record(HANDSHAKE_TYPE, &[0; 0x4000]);
                taken = says_for_ever(&mut stream, &first, &again).await;
            })
            .await;
            assert_met(&error, Phase::Handshake, FetchErrorKind::MessageTooLarge, &kind);
            assert_within(elapsed, Duration::ZERO);
            assert!(taken <= 64 * 1024, "{taken}");
        }
    }

    /// The chain, and what its server sent.
    async fn fetch(
        certificates: Vec<CertificateDer<'static>>,
        leaf: &Issued,
        tls12: bool,
    ) -> Result<PresentedChain, FetchError> {
        let tls = Tls::new(certificates, leaf);
        let server = Server::start(if tls12 { tls.tls12() } else { tls.tls13() });
        Fetcher::new().unwrap().fetch(&server.target("example.com")).await
    }

    fn ders(chain: &PresentedChain) -> Vec<&[u8]> {
        chain.entries().iter().map(notafter::chain::Entry::der).collect()
    }

    #[tokio::test]
    async fn certificates_is_heard_out_up_to_64_kib() {
        let (pki, leaf, _) = servers();
        for (each, fits) in [(300, true), (400, false)] {
            let mut certificates = vec![leaf.der.clone(), pki.intermediate.der.clone()];
            for index in 2..200 {
                certificates.push(vec![index; each].into());
            }
            for tls12 in [true, false] {
                let fetched = fetch(certificates.clone(), &leaf, tls12).await;
                if fits {
                    let chain = fetched.unwrap();
                    assert_eq!(chain.entries().len(), 200);
                    assert_eq!(
                        ders(&chain),
                        certificates.iter().map(|der| &der[..]).collect::<Vec<_>>()
                    );
                    assert_eq!(chain.peer().unwrap().possession(), Possession::Proven);
                } else {
                    let error = fetched.unwrap_err();
                    assert_met(&error, Phase::Handshake, FetchErrorKind::MessageTooLarge, &tls12);
                }
            }
        }
    }

    /// The TLS library holds a message to 65535 bytes, and what it buffers, which is the message
    /// and the headers of its records, to as many.
    #[tokio::test]
    async fn in_one_certificate_is_heard_out_up_to_64_kib() {
        let (_pki, leaf, _) = servers();
        for (size, fits) in [(65_000, true), (65_400, false), (65_600, false), (200_000, false)] {
            let certificates = vec![leaf.der.clone(), vec![1; size - leaf.der.len()].into()];
            for tls12 in [true, false] {
                let fetched = fetch(certificates.clone(), &leaf, tls12).await;
                if fits {
                    assert_eq!(ders(&fetched.unwrap()), [&certificates[0][..], &certificates[1]]);
                } else {
                    let (error, kind) = (fetched.unwrap_err(), FetchErrorKind::MessageTooLarge);
                    assert_met(&error, Phase::Handshake, kind, &(size, tls12));
                }
            }
        }
    }
}
