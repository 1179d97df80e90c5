//! Peers whose words are too many, not theirs, or not fit to be shown.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::time::Duration;

use common::dialogues::{SCHEMES, Turn, play};
use common::meeting::{STARTTLS, assert_met, assert_within, falls_silent, meet, says_for_ever};
use common::pki::Pki;
use common::printed;
use common::server::Tls;
use notafter::chain::Possession;
use notafter::fetch::{FetchErrorKind, Fetcher, NotTls, Phase};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

mod a_peer_without_an_end {
    use super::*;

    /// The budget of a dialogue, one read more, and what the stream itself has room for.
    const MOST: usize = 64 * 1024 + 2048 + ROOM;
    const ROOM: usize = 1024;

    #[tokio::test(start_paused = true)]
    async fn is_cut_off_at_64_kib_in_every_protocol_that_has_none() {
        for scheme in &SCHEMES {
            let Some((first, again)) = scheme.endless else {
                continue;
            };
            let mut taken = 0;
            let (error, _) = meet(scheme.name, ROOM, async |mut stream| {
                let (mut hears, mut says) = tokio::io::split(&mut stream);
                let mut heard = Vec::new();
                tokio::select! {
                    bytes = says_for_ever(&mut says, first, again) => taken = bytes,
                    _ = hears.read_to_end(&mut heard) => {}
                }
                falls_silent(stream).await;
            })
            .await;
            assert_met(&error, Phase::StartTls, FetchErrorKind::MessageTooLarge, &scheme.name);
            assert!(taken <= MOST, "{}: {taken}", scheme.name);
        }
        // Their messages have a length, which fits into a byte, and one that is held to 4 KiB.
        let bounded = SCHEMES.iter().filter(|scheme| scheme.endless.is_none());
        assert_eq!(bounded.map(|scheme| scheme.name).collect::<Vec<_>>(), ["mysql", "rdp"]);
    }

    #[tokio::test(start_paused = true)]
    async fn in_its_one_line_is_cut_off_at_4_kib() {
        for scheme in &SCHEMES {
            let (error, elapsed) = meet(scheme.name, ROOM, async |mut stream| {
                says_for_ever(&mut stream, b"", &[b'a'; 512]).await;
            })
            .await;
            // Binary protocols know by the first bytes.
            let kind = match scheme.name {
                "ldap" | "mysql" | "postgres" | "rdp" => FetchErrorKind::UnreadableReply,
                _ => FetchErrorKind::MessageTooLarge,
            };
            assert_met(&error, Phase::StartTls, kind, &scheme.name);
            assert_within(elapsed, Duration::ZERO);
            let said = error.peer_said().unwrap();
            assert!(said.starts_with('a') && said.chars().count() <= 256, "{said}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn that_wants_answers_is_cut_off_too() {
        // One that listens to the answers, and one that does not.
        for listens in [true, false] {
            let (error, elapsed) = meet("irc", ROOM, async |mut stream| {
                let (mut hears, mut says) = tokio::io::split(&mut stream);
                let listening = async {
                    if listens {
                        hears.read_to_end(&mut Vec::new()).await.unwrap();
                    } else {
                        std::future::pending::<()>().await;
                    }
                };
                tokio::join!(listening, says_for_ever(&mut says, b"", b"PING x\r\n"));
            })
            .await;
            let (kind, deadline) = if listens {
                (FetchErrorKind::MessageTooLarge, Duration::ZERO)
            } else {
                (FetchErrorKind::TimedOut, STARTTLS)
            };
            assert_met(&error, Phase::StartTls, kind, &listens);
            assert_within(elapsed, deadline);
        }
    }

    #[tokio::test]
    async fn of_a_hundred_kilobytes_is_cut_off_and_one_of_sixty_is_heard_out() {
        for (lines, kind) in [
            (100_000 / 13, FetchErrorKind::MessageTooLarge),
            (60_000 / 13, FetchErrorKind::StartTlsRefused),
        ] {
            let banner = format!("{}554 no\r\n", "220-welcome\r\n".repeat(lines));
            let (error, _) = meet("smtp", ROOM, async |mut stream| {
                // The client may have had enough.
                let _ = stream.write_all(banner.as_bytes()).await;
                falls_silent(stream).await;
            })
            .await;
            assert_met(&error, Phase::StartTls, kind, &lines);
        }
    }
}

mod words_that_are_injected {
    use super::*;

    const INJECTED: &[u8] = b"250 injected\r\n";

    #[tokio::test]
    async fn behind_the_go_ahead_are_refused_and_named() {
        for scheme in &SCHEMES {
            let last = scheme.turns.iter().rposition(|turn| matches!(turn, Turn::Says(_))).unwrap();
            let words = [scheme.said().last().unwrap(), INJECTED].concat();
            let (error, _) = meet(scheme.name, 4096, async |mut stream| {
                play(&mut stream, &scheme.turns[..last]).await.unwrap();
                stream.write_all(&words).await.unwrap();
                falls_silent(stream).await;
            })
            .await;
            assert_met(&error, Phase::StartTls, FetchErrorKind::BytesBeforeTls, &scheme.name);
            assert_eq!(error.peer_said(), Some("250 injected"), "{}", scheme.name);
        }
    }

    #[tokio::test]
    async fn later_end_the_handshake() {
        for (injected, kind) in [
            (INJECTED, FetchErrorKind::NotTls(NotTls::Unknown)),
            (b"220 go\r\n", FetchErrorKind::NotTls(NotTls::Smtp)),
            // Made to look like TLS: application data, and a Finished of no length.
            (b"\x17\x03\x03\x00\x01\x00", FetchErrorKind::Tls),
            (b"\x16\x03\x03\x00\x04\x14\x00\x00\x00", FetchErrorKind::Tls),
        ] {
            for scheme in &SCHEMES {
                let (error, _) = meet(scheme.name, 4096, async |mut stream| {
                    play(&mut stream, scheme.turns).await.unwrap();
                    // The client's first message: the dialogue is over.
                    assert_eq!(stream.read_u8().await.unwrap(), 0x16);
                    stream.write_all(injected).await.unwrap();
                    falls_silent(stream).await;
                })
                .await;
                assert_met(&error, Phase::Handshake, kind, &(scheme.name, injected));
                assert_eq!(error.peer_said(), None);
                assert!(!printed(&error).contains("injected"));
            }
        }
    }

    /// Nothing that a peer says in plain text is acted upon but its go-ahead, so that answers to
    /// questions not yet asked do no harm: what they lead to is TLS all the same.
    #[tokio::test]
    async fn before_they_are_asked_for_change_nothing() {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").issue();
        let tls = Tls::new(pki.chain(&leaf), &leaf).tls12();
        let (ours, mut theirs) = duplex(64 * 1024);
        let smtp = SCHEMES.iter().find(|scheme| scheme.name == "smtp").unwrap();
        let server = tokio::spawn(async move {
            theirs.write_all(&smtp.said().concat()).await.unwrap();
            let mut asked = vec![0; "EHLO [127.0.0.1]\r\nSTARTTLS\r\n".len()];
            theirs.read_exact(&mut asked).await.unwrap();
            tls.shake_hands(&mut theirs).await;
        });

        let target = "smtp://example.com".parse().unwrap();
        let chain = Fetcher::new().unwrap().handshake(ours, &target).await.unwrap();

        server.await.unwrap();
        assert_eq!(chain.end_entity().der(), &leaf.der[..]);
        assert_eq!(chain.peer().unwrap().possession(), Possession::Proven);
    }
}

mod words_that_are_shown {
    use super::*;

    #[tokio::test]
    async fn are_escaped_and_cut_at_256_characters() {
        let long = format!("554 {}", "z".repeat(1000));
        let wide = format!("554 {}", "\u{1f600}".repeat(1000));
        let hostile = format!("554 {}", "\u{202e}".repeat(1000));
        for (said, told) in [
            // Colours, the title of a terminal, and what rings it.
            (&b"554 \x1b[31mred\x1b]0;t\x07"[..], "554 \\u{1b}[31mred\\u{1b}]0;t\\u{7}".to_owned()),
            (b"554 a\rb\x00c\x7f\tz", "554 a\\u{d}b\\u{0}c\\u{7f}\\u{9}z".to_owned()),
            // The first of 8-bit control codes, which begins a sequence too.
            ("554 \u{9b}31m".as_bytes(), "554 \\u{9b}31m".to_owned()),
            (
                "554 \u{202e}txet\u{2066}\u{200b}".as_bytes(),
                "554 \\u{202e}txet\\u{2066}\\u{200b}".to_owned(),
            ),
            (b"554 \xff\xfe\x80", "554 \u{fffd}\u{fffd}\u{fffd}".to_owned()),
            ("554 gr\u{fc}\u{df}e".as_bytes(), "554 gr\u{fc}\u{df}e".to_owned()),
            (long.as_bytes(), format!("554 {}\u{2026}", "z".repeat(251))),
            (wide.as_bytes(), format!("554 {}\u{2026}", "\u{1f600}".repeat(251))),
            (hostile.as_bytes(), format!("554 {}\\u{{\u{2026}", "\\u{202e}".repeat(31))),
        ] {
            let (error, _) = meet("smtp", 8192, async |mut stream| {
                stream.write_all(&[said, b"\r\n"].concat()).await.unwrap();
            })
            .await;
            assert_met(&error, Phase::StartTls, FetchErrorKind::StartTlsRefused, &said);
            assert_eq!(error.peer_said(), Some(&*told));
            assert!(told.chars().count() <= 256);
            // The words stand in the source alone, once.
            assert!(!error.to_string().contains("554"));
            assert_eq!(printed(&error), format!("{error}: the peer said \"{told}\""));
        }
    }

    #[tokio::test]
    async fn are_fit_to_be_shown_in_every_protocol() {
        let hostile = "\u{1b}[2J\u{202e}\r\n".repeat(40);
        for scheme in &SCHEMES {
            let (error, _) = meet(scheme.name, 8192, async |mut stream| {
                stream.write_all(hostile.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
                let _ = stream.read_to_end(&mut Vec::new()).await;
            })
            .await;
            for text in [printed(&error), format!("{error:?}"), error.peer_said().unwrap().into()] {
                assert!(!text.contains(['\u{1b}', '\u{202e}', '\r', '\n']), "{text:?}");
                assert!(text.contains("u{1b}"), "{text}");
            }
            assert!(error.peer_said().unwrap().chars().count() <= 256);
        }
    }
}
