//! A dialogue in plain text that comes before TLS: with a server that has to be asked for it, or
//! with a proxy.
//!
//! What is said is decided by a [`Dialogue`], which knows bytes alone. Reading and writing them
//! is here, in one place, within one deadline and a budget of bytes.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::error::Failure;
use super::{FetchErrorKind, NotTls, Phase};

/// One side of a dialogue, without its I/O.
pub(super) trait Dialogue: Send {
    /// Looks at what has arrived and was not taken yet, and says what is to be done.
    ///
    /// It is asked first with nothing, so that a client that speaks first can; then whenever more
    /// has arrived, and once more after each [`Step::Answer`]. How the peer's bytes were cut into
    /// pieces must make no difference.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] that ends the dialogue.
    fn proceed(&mut self, input: &[u8]) -> Result<Step, Refusal>;
}

/// What a [`Dialogue`] wants to be done.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// More has to arrive first.
    Wait,
    /// Take so many bytes of the input, and send the reply, which may be empty.
    Answer { taken: usize, reply: Vec<u8> },
    /// Take so many bytes of the input: the peer has agreed, and the dialogue is over.
    Done { taken: usize },
}

impl Step {
    /// Takes bytes that need no answer.
    pub(super) const fn take(taken: usize) -> Self {
        Self::Answer { taken, reply: Vec::new() }
    }

    /// Takes bytes, and answers.
    pub(super) fn answer(taken: usize, reply: impl Into<Vec<u8>>) -> Self {
        Self::Answer { taken, reply: reply.into() }
    }
}

/// Why a dialogue ended without a go-ahead.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Refusal {
    pub(super) kind: FetchErrorKind,
    /// What the peer said, as it said it.
    pub(super) words: Vec<u8>,
}

impl Refusal {
    pub(super) const fn new(kind: FetchErrorKind) -> Self {
        Self { kind, words: Vec::new() }
    }

    /// Adds what the peer said. It is escaped and cut when it is shown.
    pub(super) fn saying(mut self, words: &[u8]) -> Self {
        self.words = words.to_vec();
        self
    }

    /// A reply that makes no sense.
    pub(super) fn unreadable(words: &[u8]) -> Self {
        Self::new(FetchErrorKind::UnreadableReply).saying(words)
    }
}

/// A stream on which dialogues are held, one after the other.
#[derive(Debug)]
pub(super) struct Conversation<IO> {
    io: IO,
    /// What has arrived and was not taken.
    pending: Vec<u8>,
    received: usize,
    phase: Phase,
}

impl<IO: AsyncRead + AsyncWrite + Unpin> Conversation<IO> {
    pub(super) const fn new(io: IO) -> Self {
        Self { io, pending: Vec::new(), received: 0, phase: Phase::StartTls }
    }

    /// Holds a dialogue to its end. What the peer sent beyond stays for the next.
    pub(super) async fn hold(
        &mut self,
        dialogue: &mut dyn Dialogue,
        phase: Phase,
        until: Instant,
    ) -> Result<(), Failure> {
        self.phase = phase;
        // What the last dialogue left is the first that this one receives.
        self.received = self.pending.len();
        match timeout_at(until, self.run(dialogue)).await {
            Ok(result) => result,
            Err(_) => Err(self.fail(FetchErrorKind::TimedOut)),
        }
    }

    /// The stream, on which TLS may begin: nothing has arrived that was not taken.
    ///
    /// A peer that has given the go-ahead waits for the client's first message, so that whatever
    /// else came in plain text was not meant to come (RFC 3207 section 6, CVE-2011-0411).
    pub(super) fn into_io(self) -> Result<IO, Failure> {
        if self.pending.is_empty() {
            Ok(self.io)
        } else {
            Err(self.fail(FetchErrorKind::BytesBeforeTls))
        }
    }

    /// The stream of a peer that is spoken to in TLS from the first byte.
    ///
    /// What a proxy passed on together with its answer came from that peer, unasked, and fails its
    /// handshake as it would have done a moment later.
    pub(super) fn into_tls(self) -> Result<IO, Failure> {
        if self.pending.is_empty() {
            return Ok(self.io);
        }
        let kind = NotTls::of(&self.pending).map_or(FetchErrorKind::Tls, FetchErrorKind::NotTls);
        Err(Failure::new(Phase::Handshake, kind))
    }

    async fn run(&mut self, dialogue: &mut dyn Dialogue) -> Result<(), Failure> {
        loop {
            let step = dialogue.proceed(&self.pending);
            match step.map_err(|refusal| self.refused(&refusal))? {
                Step::Wait => self.read().await?,
                Step::Answer { taken, reply } => {
                    self.take(taken);
                    self.write(&reply).await?;
                }
                Step::Done { taken } => {
                    self.take(taken);
                    return Ok(());
                }
            }
        }
    }

    async fn read(&mut self) -> Result<(), Failure> {
        loop {
            self.receive().await?;
            let is_first = self.received == self.pending.len();
            match self.pending[..] {
                // A TLS peer that can't read what it was told: an alert record, which holds two
                // bytes (RFC 8446 section 5.1).
                [ALERT, 3, 0..=4, 0, 2, ..] if is_first => {
                    return Err(Failure::new(self.phase, FetchErrorKind::TlsAlready));
                }
                // The rest of it may come later. What a dialogue is about does not begin so.
                [ALERT] | [ALERT, 3] | [ALERT, 3, 0..=4] | [ALERT, 3, 0..=4, 0] if is_first => {}
                _ => return Ok(()),
            }
        }
    }

    async fn receive(&mut self) -> Result<(), Failure> {
        let mut chunk = [0; 2048];
        let length = match self.io.read(&mut chunk).await {
            Ok(0) => return Err(self.fail(FetchErrorKind::ClosedEarly)),
            Ok(length) => length,
            Err(error) => return Err(Failure::broken(self.phase, error)),
        };
        self.pending.extend_from_slice(&chunk[..length]);
        self.received = self.received.saturating_add(length);
        if self.received > MOST_BYTES {
            return Err(self.fail(FetchErrorKind::MessageTooLarge));
        }
        Ok(())
    }

    async fn write(&mut self, reply: &[u8]) -> Result<(), Failure> {
        let written = async {
            self.io.write_all(reply).await?;
            self.io.flush().await
        };
        written.await.map_err(|error| Failure::broken(self.phase, error))
    }

    fn take(&mut self, taken: usize) {
        self.pending.drain(..taken.min(self.pending.len()));
    }

    fn refused(&self, refusal: &Refusal) -> Failure {
        Failure::new(self.phase, refusal.kind).saying(&refusal.words)
    }

    fn fail(&self, kind: FetchErrorKind) -> Failure {
        Failure::new(self.phase, kind).saying(&self.pending)
    }
}

/// The content type of an alert record.
const ALERT: u8 = 0x15;

/// A greeting, a list of capabilities, a go-ahead: a few kilobytes at the most.
const MOST_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::time::Duration;

    use tokio::io::{DuplexStream, duplex};
    use tokio::time::sleep;

    use super::*;
    use crate::fetch::{FetchError, starttls};
    use crate::target::Target;

    const OFFERED: &str = "220 mail\r\n250-mail\r\n250 STARTTLS\r\n";

    /// Holds the dialogue of SMTP, within ten seconds, with a server that does as it is told.
    async fn hold(server: impl AsyncFnOnce(&mut DuplexStream)) -> Result<(), FetchError> {
        hold_as("smtp", server).await
    }

    /// The same in another protocol.
    async fn hold_as(
        scheme: &str,
        server: impl AsyncFnOnce(&mut DuplexStream),
    ) -> Result<(), FetchError> {
        let target: Target = format!("{scheme}://example.com").parse().unwrap();
        let mut dialogue = starttls::dialogue(&target, target.host()).unwrap();
        let (client, mut stream) = duplex(1024);
        let mut conversation = Conversation::new(client);
        let until = Instant::now() + Duration::from_secs(10);
        let holding = async {
            conversation.hold(&mut *dialogue, Phase::StartTls, until).await?;
            conversation.into_io().map(|_| ())
        };
        let serving = async {
            server(&mut stream).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            held = holding => held.map_err(|failure| FetchError::new(&target, failure)),
            () = serving => unreachable!("it waits for the client to end"),
        }
    }

    /// The same with a server that says all that it has to say at once.
    async fn hold_with(said: &str) -> Result<(), FetchError> {
        hold(async |server| {
            // The client may be gone before all was said.
            let _ = server.write_all(said.as_bytes()).await;
        })
        .await
    }

    #[track_caller]
    fn assert_failed(held: Result<(), FetchError>, kind: FetchErrorKind, said: Option<&str>) {
        let error = held.unwrap_err();
        assert_eq!((error.phase(), error.kind()), (Phase::StartTls, kind), "{error:?}");
        let source = error.source().map(ToString::to_string);
        assert_eq!(source, said.map(|said| format!("the peer said \"{said}\"")));
    }

    #[tokio::test]
    async fn tls_may_begin_after_the_go_ahead() {
        hold_with(&format!("{OFFERED}220 go\r\n")).await.unwrap();
    }

    #[tokio::test]
    async fn bytes_after_the_go_ahead_are_named() {
        let held = hold_with(&format!("{OFFERED}220 go\r\n250 injected\r\n")).await;
        assert_failed(held, FetchErrorKind::BytesBeforeTls, Some("250 injected"));
        let held = hold_with(&format!("{OFFERED}220 go\r\n\x16")).await;
        assert_failed(held, FetchErrorKind::BytesBeforeTls, Some("\\u{16}"));
    }

    #[tokio::test]
    async fn a_banner_of_a_hundred_kilobytes_is_too_large() {
        for line in ["220-welcome\r\n", "220-welcome"] {
            let error = hold_with(&line.repeat(102_400 / line.len())).await.unwrap_err();
            assert_eq!(error.kind(), FetchErrorKind::MessageTooLarge);
        }
        let welcome = "220-welcome\r\n".repeat(5000);
        hold_with(&format!("{welcome}{OFFERED}220 go\r\n")).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_may_speak_late_and_slowly() {
        let held = hold(async |server| {
            sleep(Duration::from_secs(5)).await;
            for byte in format!("{OFFERED}220 go\r\n").bytes() {
                sleep(Duration::from_millis(50)).await;
                server.write_all(&[byte]).await.unwrap();
            }
        });
        held.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn one_deadline_holds_for_the_whole_dialogue() {
        assert_failed(hold_with("").await, FetchErrorKind::TimedOut, None);
        let start = Instant::now();
        let held = hold(async |server| {
            while server.write_all(b"220-w\r\n").await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        });
        assert_failed(held.await, FetchErrorKind::TimedOut, None);
        assert_eq!(start.elapsed().as_secs(), 10);
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_is_named_with_its_last_words() {
        for (said, last) in [("", None), (OFFERED, None), ("220 ma", Some("220 ma"))] {
            let held = hold(async |server| {
                server.write_all(said.as_bytes()).await.unwrap();
                server.shutdown().await.unwrap();
            });
            assert_failed(held.await, FetchErrorKind::ClosedEarly, last);
        }
    }

    #[tokio::test]
    async fn a_server_that_speaks_tls_at_once_is_named() {
        let alert = "\x15\x03\x03\0\x02\x02\x46";
        assert_failed(hold_with(alert).await, FetchErrorKind::TlsAlready, None);
        // Byte by byte, too, whatever the dialogue makes of the first.
        for scheme in ["smtp", "ldap", "mysql", "postgres", "rdp", "xmpp"] {
            let held = hold_as(scheme, async |server| {
                for byte in alert.bytes() {
                    // The client may be gone before the last.
                    let _ = server.write_all(&[byte]).await;
                    tokio::task::yield_now().await;
                }
            });
            assert_failed(held.await, FetchErrorKind::TlsAlready, None);
        }
    }

    #[tokio::test]
    async fn what_a_server_says_is_escaped_and_cut() {
        let said = format!("554 \x1b[31m{}\r\n", "a".repeat(1000));
        let error = hold_with(&said).await.unwrap_err();
        assert_eq!(error.kind(), FetchErrorKind::StartTlsRefused);
        let source = error.source().unwrap().to_string();
        assert!(source.starts_with("the peer said \"554 \\u{1b}[31maaa"), "{source}");
        assert!(source.len() < 300, "{source}");
    }
}
