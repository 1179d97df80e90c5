//! What a peer that never ends costs: alone in its binary, so that nothing else allocates.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::alloc::System;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use notafter::fetch::{FetchErrorKind, Fetcher, NotTls};
use notafter::target::Target;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// A peer that says something, and then something else for ever, without ever waiting. It takes
/// whatever it is told, allocates nothing, and notes how much is held when more is asked of it.
struct Endless {
    first: &'static [u8],
    again: &'static [u8],
    said: usize,
    start: Region<'static, System>,
    most_held: Arc<AtomicUsize>,
}

impl Endless {
    fn next(&mut self) -> u8 {
        let index = self.said;
        self.said += 1;
        match self.first.get(index) {
            Some(byte) => *byte,
            None => self.again[(index - self.first.len()) % self.again.len()],
        }
    }
}

impl AsyncRead for Endless {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let change = self.start.change();
        let held = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
        self.most_held.fetch_max(held, Ordering::Relaxed);
        while buf.remaining() > 0 {
            buf.put_slice(&[self.next()]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Endless {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A dialogue takes its bytes message by message, each of 4 KiB at the most, and reads 2 KiB at a
/// time: the buffer, which doubles as it grows, is below 12 KiB. The rest is for the dialogue.
const DIALOGUE: usize = 16 * 1024;

/// The TLS library holds 64 KiB of what has arrived at the most. The client's keys, its first
/// message and its state are below 32 KiB.
const HANDSHAKE: usize = (64 + 32) * 1024;

#[tokio::test]
async fn a_peer_without_an_end_costs_a_bounded_amount_of_memory() {
    let fetcher = Fetcher::new().unwrap();
    for (scheme, first, again, kind, bound) in PEERS {
        let target: Target = format!("{scheme}://example.com").parse().unwrap();
        let most_held = Arc::new(AtomicUsize::new(0));
        let start = Region::new(ALLOCATOR);
        let peer = Endless { first, again, said: 0, start, most_held: Arc::clone(&most_held) };

        let met = fetcher.handshake(peer, &target).await;

        let held = most_held.load(Ordering::Relaxed);
        let what = format!("{scheme}, {:?}: {held} bytes", &first[..first.len().min(9)]);
        assert_eq!(met.unwrap_err().kind(), kind, "{what}");
        assert!(held > 0 && held <= bound, "{what}");
    }
}

type Row = (&'static str, &'static [u8], &'static [u8], FetchErrorKind, usize);

const PEERS: [Row; 15] = [
    ("smtp", b"", b"220-welcome\r\n", FetchErrorKind::MessageTooLarge, DIALOGUE),
    ("smtp", b"", b"a", FetchErrorKind::MessageTooLarge, DIALOGUE),
    ("imap", b"", b"* OK still here\r\n", FetchErrorKind::MessageTooLarge, DIALOGUE),
    ("irc", b"", b"PING x\r\n", FetchErrorKind::MessageTooLarge, DIALOGUE),
    ("ldap", b"\x30\x84\xff\xff\xff\xff", b"\0", FetchErrorKind::MessageTooLarge, DIALOGUE),
    ("postgres", b"E\0\0\x0f\xff", b"aaa", FetchErrorKind::UnreadableReply, DIALOGUE),
    ("sieve", b"", b"\"X\" {9}\r\n", FetchErrorKind::MessageTooLarge, DIALOGUE),
    (
        "xmpp",
        b"<stream:stream version='1.0'><a>",
        b"<b>",
        FetchErrorKind::UnreadableReply,
        DIALOGUE,
    ),
    (
        "xmpp",
        b"<stream:stream version='1.0'><a>",
        b"<b/>",
        FetchErrorKind::MessageTooLarge,
        DIALOGUE,
    ),
    ("https", b"HTTP/1.1 200 OK\r\n", b"a", FetchErrorKind::NotTls(NotTls::Http), HANDSHAKE),
    // A ServerHello of 64 KiB less one byte, all at once and a byte in each record; one of 16 MiB.
    (
        "https",
        b"\x16\x03\x03\x40\x00\x02\x00\xff\xff",
        RECORD,
        FetchErrorKind::MessageTooLarge,
        HANDSHAKE,
    ),
    ("https", TINY, b"\x16\x03\x03\x00\x01\x00", FetchErrorKind::MessageTooLarge, HANDSHAKE),
    (
        "https",
        b"\x16\x03\x03\x40\x00\x02\xff\xff\xff",
        b"\0",
        FetchErrorKind::MessageTooLarge,
        HANDSHAKE,
    ),
    ("https", b"", b"\x14\x03\x03\0\x01\x01", FetchErrorKind::Tls, HANDSHAKE),
    ("https", b"", b"\x15\x03\x03\0\x02\x01\x5a", FetchErrorKind::Tls, HANDSHAKE),
];

/// The beginning of a message, a byte in each record.
const TINY: &[u8] =
    b"\x16\x03\x03\0\x01\x02\x16\x03\x03\0\x01\0\x16\x03\x03\0\x01\xff\x16\x03\x03\0\x01\xff";

/// Handshake records of 16 KiB, of which the first one has its header and four bytes already.
const RECORD: &[u8] = &{
    let mut bytes = [0; 5 + 0x4000];
    let header = [0x16, 3, 3, 0x40, 0];
    let mut index = 0;
    while index < header.len() {
        bytes[0x4000 - 4 + index] = header[index];
        index += 1;
    }
    bytes
};
