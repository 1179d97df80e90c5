//! A stream that counts what the peer sends, and remembers how it began.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::NotTls;

/// Counts the bytes that are read from a stream, and ends it where they are too many.
#[derive(Debug)]
pub(super) struct Meter<IO> {
    io: IO,
    received: usize,
    limit: usize,
    head: [u8; HEAD],
}

impl<IO> Meter<IO> {
    /// Allows as much as a handshake may take.
    pub(super) fn new(io: IO) -> Self {
        Self { io, received: 0, limit: HANDSHAKE_LIMIT, head: [0; HEAD] }
    }

    /// Allows `bytes` from here on.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.limit = self.received.saturating_add(bytes);
    }

    /// Whether the peer has sent more than was allowed.
    pub(super) fn is_exceeded(&self) -> bool {
        self.received > self.limit
    }

    /// What the peer speaks, where its first byte can't begin a TLS record.
    pub(super) fn not_tls(&self) -> Option<NotTls> {
        NotTls::of(&self.head[..self.received.min(HEAD)])
    }

    fn count(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(room) = self.head.get_mut(self.received..) {
            let kept = room.len().min(bytes.len());
            room[..kept].copy_from_slice(&bytes[..kept]);
        }
        self.received = self.received.saturating_add(bytes.len());
        if self.is_exceeded() {
            return Err(io::Error::other(TooMuch { limit: self.limit }));
        }
        Ok(())
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Meter<IO> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        Poll::Ready(self.count(&buf.filled()[before..]))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Meter<IO> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl NotTls {
    /// What begins so, where it can't be a TLS record. A few dozen bytes are looked at.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if CONTENT_TYPES.contains(bytes.first()?) {
            return None;
        }
        let head = bytes[..bytes.len().min(HEAD)].to_ascii_uppercase();
        let contains = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
        Some(match head.as_slice() {
            [b'H', b'T', b'T', b'P', b'/', ..] => Self::Http,
            // Both greet with 220 (RFC 5321 section 4.2, RFC 959 section 5.4).
            [b'2', b'2', b'0', b' ' | b'-', ..] if contains(b"FTP") => Self::Ftp,
            [b'2', b'2', b'0', b' ' | b'-', ..] => Self::Smtp,
            [b'*', b' ', b'O', b'K', ..] => Self::Imap,
            [b'+', b'O', b'K', ..] => Self::Pop3,
            [b'S', b'S', b'H', b'-', ..] => Self::Ssh,
            _ => Self::Unknown,
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("more than {limit} bytes arrived")]
struct TooMuch {
    limit: usize,
}

/// The content types of TLS records: change_cipher_spec, alert, handshake, application_data
/// (RFC 8446 section 5.1).
const CONTENT_TYPES: std::ops::RangeInclusive<u8> = 0x14..=0x17;

const HEAD: usize = 48;

/// The TLS library holds each handshake message to 64 KiB; this holds the whole flight.
const HANDSHAKE_LIMIT: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    async fn after_reading(bytes: &[u8]) -> Meter<&[u8]> {
        let mut meter = Meter::new(bytes);
        meter.read_to_end(&mut Vec::new()).await.unwrap();
        meter
    }

    #[tokio::test]
    async fn the_first_bytes_tell_what_is_spoken() {
        for (bytes, expect) in [
            ("HTTP/1.1 400 Bad Request\r\n", Some(NotTls::Http)),
            ("220 mail.example.com ESMTP\r\n", Some(NotTls::Smtp)),
            ("220-mail.example.com\r\n", Some(NotTls::Smtp)),
            ("220 (vsFTPd 3.0.3)\r\n", Some(NotTls::Ftp)),
            ("* OK [CAPABILITY IMAP4rev1]\r\n", Some(NotTls::Imap)),
            ("+OK ready\r\n", Some(NotTls::Pop3)),
            ("SSH-2.0-OpenSSH_9.2\r\n", Some(NotTls::Ssh)),
            ("2200", Some(NotTls::Unknown)),
            ("\n", Some(NotTls::Unknown)),
            ("\x16\x03\x03", None),
            ("\x15\x03\x03", None),
            ("", None),
        ] {
            assert_eq!(after_reading(bytes.as_bytes()).await.not_tls(), expect, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn the_head_is_gathered_from_small_reads() {
        let mut meter = Meter::new(&b"HTTP/1.1"[..]);
        for _ in 0..5 {
            meter.read_u8().await.unwrap();
        }
        assert_eq!(meter.not_tls(), Some(NotTls::Http));
    }

    #[tokio::test]
    async fn the_byte_after_the_limit_ends_the_stream() {
        let bytes = vec![0x16; HANDSHAKE_LIMIT + 1];
        let mut meter = Meter::new(bytes.as_slice());
        let mut within = vec![0; HANDSHAKE_LIMIT];
        meter.read_exact(&mut within).await.unwrap();
        assert!(!meter.is_exceeded());

        let error = meter.read_u8().await.unwrap_err();

        assert!(meter.is_exceeded());
        assert_eq!(error.to_string(), "more than 262144 bytes arrived");
    }
}
