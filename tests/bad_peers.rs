//! Peers that misbehave before TLS: in every scheme that begins in plain text, and in none.
//!
//! `bad_peers_handshake.rs` and `bad_peers_lengths.rs` have those that misbehave in TLS.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::time::Duration;

use common::dialogues::{SCHEMES, Scheme, Turn, play};
use common::meeting::{
    HANDSHAKE, STARTTLS, TOTAL, assert_met, assert_within, falls_silent, meet, meet_on_a_socket,
};
use common::pki::Pki;
use common::server::{Server, Tls};
use notafter::fetch::{FetchErrorKind, Fetcher, NotTls, Phase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

/// Where a server has got to at one of its stops.
fn phase_of(scheme: &Scheme, stop: (usize, usize)) -> Phase {
    if stop.0 == scheme.turns.len() { Phase::Handshake } else { Phase::StartTls }
}

/// TLS from the first byte: nothing is said before it.
const HTTPS: Scheme = Scheme { name: "https", turns: &[], endless: None };

fn all_schemes() -> impl Iterator<Item = &'static Scheme> {
    SCHEMES.iter().chain([&HTTPS])
}

mod a_peer_that_is_slow {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn to_say_anything_is_given_up_at_every_step() {
        for scheme in all_schemes() {
            for stop in scheme.stops() {
                let (error, elapsed) = meet(scheme.name, 4096, async |mut stream| {
                    scheme.play_to(&mut stream, stop).await.unwrap();
                    falls_silent(stream).await;
                })
                .await;

                let phase = phase_of(scheme, stop);
                assert_met(&error, phase, FetchErrorKind::TimedOut, &(scheme.name, stop));
                let deadline = if phase == Phase::StartTls { STARTTLS } else { HANDSHAKE };
                assert_within(elapsed, deadline);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn and_sends_a_byte_a_second_meets_the_deadline_of_the_phase() {
        for scheme in all_schemes() {
            let (error, elapsed) = meet(scheme.name, 4096, async |mut stream| {
                for turn in scheme.turns {
                    if let Turn::Says(words) = turn {
                        for byte in *words {
                            stream.write_all(&[*byte]).await.unwrap();
                            sleep(Duration::from_secs(1)).await;
                        }
                    } else {
                        play(&mut stream, &[*turn]).await.unwrap();
                    }
                }
                // A record of 16 KiB, and in it a ServerHello of as many.
                for byte in
                    [&b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03"[..], &[7; 99]].concat()
                {
                    stream.write_all(&[byte]).await.unwrap();
                    sleep(Duration::from_secs(1)).await;
                }
            })
            .await;

            // PostgreSQL agrees with a single byte; all others need more than five.
            let (phase, deadline) = match scheme.name {
                "postgres" | "https" => (Phase::Handshake, HANDSHAKE),
                _ => (Phase::StartTls, STARTTLS),
            };
            assert_met(&error, phase, FetchErrorKind::TimedOut, &scheme.name);
            assert_within(elapsed, deadline);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn in_every_phase_meets_the_one_deadline_of_all() {
        for scheme in &SCHEMES {
            let (error, elapsed) = meet(scheme.name, 4096, async |mut stream| {
                sleep(Duration::from_secs(4)).await;
                play(&mut stream, scheme.turns).await.unwrap();
                falls_silent(stream).await;
            })
            .await;
            assert_met(&error, Phase::Handshake, FetchErrorKind::TimedOut, &scheme.name);
            assert_within(elapsed, TOTAL);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn to_read_holds_nobody_up() {
        for scheme in all_schemes() {
            // Less than any client has to say.
            let (error, elapsed) = meet(scheme.name, 7, async |mut stream| {
                for words in scheme.said() {
                    stream.write_all(words).await.unwrap();
                }
                std::future::pending::<()>().await;
            })
            .await;
            let (phase, deadline) = match scheme.name {
                "https" => (Phase::Handshake, HANDSHAKE),
                _ => (Phase::StartTls, STARTTLS),
            };
            assert_met(&error, phase, FetchErrorKind::TimedOut, &scheme.name);
            assert_within(elapsed, deadline);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tells_what_it_had_begun_to_say() {
        for (said, told) in [
            ("22", Some("22")),
            ("220-mail.exam", Some("220-mail.exam")),
            ("220-mail.example\r\n220 re", Some("220 re")),
            ("220 mail.example\r\n", None),
        ] {
            let (error, _) = meet("smtp", 4096, async |mut stream| {
                stream.write_all(said.as_bytes()).await.unwrap();
                falls_silent(stream).await;
            })
            .await;
            assert_met(&error, Phase::StartTls, FetchErrorKind::TimedOut, &said);
            assert_eq!(error.peer_said(), told);
        }
    }
}

mod a_peer_that_goes {
    use super::*;

    #[tokio::test]
    async fn is_noticed_at_every_step() {
        for scheme in all_schemes() {
            for stop in scheme.stops() {
                let (error, _) = meet(scheme.name, 4096, async |mut stream| {
                    scheme.play_to(&mut stream, stop).await.unwrap();
                })
                .await;
                let phase = phase_of(scheme, stop);
                assert_met(&error, phase, FetchErrorKind::ClosedEarly, &(scheme.name, stop));
            }
        }
    }

    #[tokio::test]
    async fn is_noticed_at_every_step_on_a_socket() {
        for resets in [false, true] {
            for scheme in all_schemes() {
                for stop in scheme.stops() {
                    let error = meet_on_a_socket(scheme.name, async |mut stream| {
                        scheme.play_to(&mut stream, stop).await.unwrap();
                        if resets {
                            stream.set_zero_linger().unwrap();
                        }
                    })
                    .await;
                    let context = (scheme.name, stop, resets);
                    let phase = phase_of(scheme, stop);
                    assert_met(&error, phase, FetchErrorKind::ClosedEarly, &context);
                }
            }
        }
    }

    #[tokio::test]
    async fn while_the_client_speaks_is_noticed() {
        for scheme in all_schemes() {
            let (error, _) = meet(scheme.name, 7, async |mut stream| {
                if scheme.greets() {
                    stream.write_all(scheme.said()[0]).await.unwrap();
                }
                stream.read_exact(&mut [0; 3]).await.unwrap();
            })
            .await;
            // What MySQL is told needs no answer, so that it is the handshake that misses one.
            let phase = match scheme.name {
                "https" | "mysql" => Phase::Handshake,
                _ => Phase::StartTls,
            };
            assert_met(&error, phase, FetchErrorKind::ClosedEarly, &scheme.name);
        }
    }

    #[tokio::test]
    async fn with_a_word_is_told_by_it() {
        for said in [
            // Before the client has said anything, in one go, and between two questions.
            &["554 5.7.1 not you\r\n"][..],
            &["220 mail.example\r\n421 4.3.2 shutting down\r\n"],
            &["220 mail.example\r\n", "421 4.7.0 too slow\r\n"],
        ] {
            let (error, _) = meet("smtp", 4096, async |mut stream| {
                stream.write_all(said[0].as_bytes()).await.unwrap();
                for words in &said[1..] {
                    stream.read_u8().await.unwrap();
                    stream.write_all(words.as_bytes()).await.unwrap();
                }
            })
            .await;
            assert_met(&error, Phase::StartTls, FetchErrorKind::StartTlsRefused, &said);
            let last = said.concat();
            assert_eq!(error.peer_said(), last.lines().last());
        }
    }
}

mod a_peer_that_speaks_something_else {
    use super::*;

    /// Sent by TLS servers that were told something in plain text.
    const ALERT: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 10];

    #[tokio::test]
    async fn is_named_where_it_is_tls() {
        for scheme in &SCHEMES {
            for pieces in [7, 1] {
                let (error, _) = meet(scheme.name, 4096, async |mut stream| {
                    for piece in ALERT.chunks(pieces) {
                        // The client may have seen enough.
                        let _ = stream.write_all(piece).await;
                        tokio::task::yield_now().await;
                    }
                    falls_silent(stream).await;
                })
                .await;
                let context = (scheme.name, pieces);
                assert_met(&error, Phase::StartTls, FetchErrorKind::TlsAlready, &context);
                assert_eq!(error.peer_said(), None);
            }
        }
    }

    #[tokio::test]
    async fn is_named_where_a_tls_server_is_asked_to_start_tls() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
        let address = server.address();
        for scheme in SCHEMES.iter().filter(|scheme| !scheme.greets()) {
            let target = format!("{}://example.com;connect={address}", scheme.name);
            let met = Fetcher::new().unwrap().fetch(&target.parse().unwrap()).await;
            let error = met.unwrap_err();
            assert_met(&error, Phase::StartTls, FetchErrorKind::TlsAlready, &scheme.name);
        }
    }

    #[tokio::test]
    async fn is_named_where_it_wants_to_be_asked_first() {
        for scheme in SCHEMES.iter().filter(|scheme| scheme.greets()) {
            let server = Server::sends(scheme.said()[0]);
            let met = Fetcher::new().unwrap().fetch(&server.target("example.com")).await;
            let speech = match scheme.name {
                "ftp" => NotTls::Ftp,
                "imap" => NotTls::Imap,
                "lmtp" | "smtp" | "submission" => NotTls::Smtp,
                "pop3" => NotTls::Pop3,
                _ => NotTls::Unknown,
            };
            let kind = FetchErrorKind::NotTls(speech);
            assert_met(&met.unwrap_err(), Phase::Handshake, kind, &scheme.name);
        }
    }

    #[tokio::test]
    async fn is_never_taken_to_agree() {
        for scheme in &SCHEMES {
            for other in ["HTTP/1.1 400 Bad Request\r\n\r\n", "RFB 003.008\n"] {
                let (error, _) = meet(scheme.name, 4096, async |mut stream| {
                    stream.write_all(other.as_bytes()).await.unwrap();
                    falls_silent(stream).await;
                })
                .await;
                let context = (scheme.name, other);
                let kind = FetchErrorKind::UnreadableReply;
                assert_met(&error, Phase::StartTls, kind, &context);
                assert!(other.starts_with(&error.peer_said().unwrap()[..1]), "{context:?}");
            }
        }
    }
}
