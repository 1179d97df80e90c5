//! Peers that mean no good, or nothing at all. Time stands still but for what a test waits for.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::super::*;
use super::{CHAIN_END, FLIGHT, flight, handshake, record};
use crate::fetch::NotTls;

/// Probes a peer that does `serve`; says when the probe ended, too.
async fn probed<F: Future>(
    serve: impl FnOnce(DuplexStream) -> F,
) -> (Result<Flight, FetchErrorKind>, Duration, F::Output) {
    let start = Instant::now();
    let (ours, theirs) = duplex(64);
    let probe = async {
        let outcome = probe(ours, None, start + SHARE).await;
        let outcome = outcome.map_err(|failure| {
            assert_eq!(failure.phase, Phase::Handshake);
            failure.kind
        });
        (outcome, start.elapsed())
    };
    let ((outcome, elapsed), served) = tokio::join!(probe, serve(theirs));
    (outcome, elapsed, served)
}

/// The time that a probe has.
const SHARE: Duration = Duration::from_secs(8);

/// A peer that reads the ClientHello and answers with the bytes, over and over or once.
async fn answer(mut stream: DuplexStream, bytes: &[u8], times: usize) {
    stream.read_exact(&mut vec![0; client_hello(None).len()]).await.unwrap();
    for _ in 0..times {
        if stream.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn kind_of_answer(bytes: &[u8], times: usize) -> FetchErrorKind {
    let (outcome, elapsed, ()) = probed(|stream| answer(stream, bytes, times)).await;
    assert_eq!(elapsed, Duration::ZERO);
    outcome.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn the_probe_says_what_it_wants_and_leaves_politely() {
    let (outcome, elapsed, heard) = probed(async |mut stream| {
        let mut heard = vec![0; client_hello(None).len()];
        stream.read_exact(&mut heard).await.unwrap();
        stream.write_all(&FLIGHT).await.unwrap();
        let mut farewell = Vec::new();
        stream.read_to_end(&mut farewell).await.unwrap();
        farewell
    })
    .await;

    assert_eq!(outcome, Ok(flight()));
    assert_eq!(elapsed, Duration::ZERO);
    assert_eq!(heard, [21, 3, 1, 0, 2, 1, 90, 21, 3, 1, 0, 2, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_peer_may_go_without_a_word_after_the_chain() {
    let (outcome, ..) = probed(|stream| answer(stream, &FLIGHT[..CHAIN_END], 1)).await;
    assert_eq!(outcome.unwrap().certificates, flight().certificates);
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_left_in_time() {
    for mute_after in [0, 3, CHAIN_END - 1] {
        let (outcome, elapsed, _stream) = probed(async |mut stream| {
            answer_and_stay(&mut stream, &FLIGHT[..mute_after]).await;
            stream
        })
        .await;
        assert_eq!((outcome, elapsed), (Err(FetchErrorKind::TimedOut), SHARE));
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_is_left_in_time() {
    let (outcome, elapsed, _stream) = probed(async |stream| stream).await;
    assert_eq!((outcome, elapsed), (Err(FetchErrorKind::TimedOut), SHARE));
}

#[tokio::test(start_paused = true)]
async fn a_dripping_peer_is_left_in_time_with_the_chain_if_it_came() {
    for (at_once, expect) in
        [(10, Err(FetchErrorKind::TimedOut)), (CHAIN_END - 5, Ok(flight().certificates))]
    {
        let (outcome, elapsed, ()) = probed(async |mut stream| {
            answer_and_stay(&mut stream, &FLIGHT[..at_once]).await;
            for byte in &FLIGHT[at_once..] {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
            }
        })
        .await;
        assert_eq!(outcome.map(|flight| flight.certificates), expect);
        assert_eq!(elapsed, SHARE);
    }
}

async fn answer_and_stay(stream: &mut DuplexStream, bytes: &[u8]) {
    stream.read_exact(&mut vec![0; client_hello(None).len()]).await.unwrap();
    stream.write_all(bytes).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_without_end_is_left() {
    let huge = record(22, &[2, 0xff, 0xff, 0xff]);
    for (bytes, expect) in [
        (record(22, &[]), FetchErrorKind::Tls),
        (record(21, &[1, 112]), FetchErrorKind::Tls),
        (handshake(0, &[]), FetchErrorKind::Tls),
        (huge, FetchErrorKind::MessageTooLarge),
        (vec![0; 9], FetchErrorKind::NotTls(NotTls::Unknown)),
    ] {
        assert_eq!(kind_of_answer(&bytes, usize::MAX).await, expect, "{bytes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_has_the_kind_that_it_has_by_the_tls_library() {
    for (bytes, expect) in [
        (&b""[..], FetchErrorKind::ClosedEarly),
        (&FLIGHT[..20], FetchErrorKind::ClosedEarly),
        (&[21, 3, 1, 0, 2, 1, 0], FetchErrorKind::ClosedEarly),
        (&[21, 3, 1, 0, 2, 2, 40], FetchErrorKind::NoCipherInCommon),
        (&[21, 3, 1, 0, 2, 2, 70], FetchErrorKind::ProtocolVersion),
        (&[21, 3, 1, 0, 2, 2, 112], FetchErrorKind::UnrecognisedName),
        (&[21, 3, 1, 0, 2, 2, 80], FetchErrorKind::Alert(80)),
        (&[22, 3, 1, 0xff, 0xff], FetchErrorKind::MessageTooLarge),
        (b"HTTP/1.1 400 Bad Request\r\n", FetchErrorKind::NotTls(NotTls::Http)),
        (b"220 mail.example.com ESMTP\r\n", FetchErrorKind::NotTls(NotTls::Smtp)),
    ] {
        assert_eq!(kind_of_answer(bytes, 1).await, expect, "{bytes:?}");
    }
}
