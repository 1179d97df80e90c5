//! A probe for servers too old for the TLS library.
//!
//! Up to TLS 1.2 a server sends its certificates in plain text before any key is agreed upon, so
//! they can be read without a single cryptographic operation: of a ClientHello that offers
//! whatever a server may have, the answer is read as far as the certificates and what goes with
//! them, and then the probe hangs up. Nothing proves that the peer has the key to what it shows.

mod cursor;
mod fault;
mod hello;
mod messages;
mod records;

use std::borrow::Cow;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::error::Failure;
use super::meter::Meter;
use super::{FetchErrorKind, Phase};
use crate::chain::{CertificateMemo, ClientCertificate, Peer, PresentedChain};
use crate::target::DnsName;
use fault::Fault;
use hello::client_hello;
use messages::{Progress, Reader};

/// What the plain text of an old handshake showed.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Flight {
    /// As DER, in the order in which they were sent; never empty.
    pub(super) certificates: Vec<Vec<u8>>,
    /// `SSLv3`, `TLSv1.0`, `TLSv1.1` or `TLSv1.2`.
    pub(super) version: &'static str,
    /// As IANA names it, or its number, such as `0xC0FF`.
    pub(super) cipher_suite: Cow<'static, str>,
    /// The OCSP response, where one was stapled.
    pub(super) staple: Option<Vec<u8>>,
    pub(super) client_certificate_requested: bool,
}

impl Flight {
    /// The chain, and what is known of the peer: not whether it has the key.
    pub(super) fn into_chain(self, memo: &CertificateMemo) -> Result<PresentedChain, Failure> {
        let certificates = self.certificates.iter().map(Vec::as_slice);
        let chain = PresentedChain::from_wire(certificates, memo)
            .map_err(|_| Failure::new(Phase::Handshake, FetchErrorKind::NoCertificate))?;
        let chain = match self.staple {
            Some(staple) => chain.with_ocsp_staple(staple),
            None => chain,
        };
        let request = if self.client_certificate_requested {
            ClientCertificate::Requested
        } else {
            ClientCertificate::NotRequested
        };
        let peer = Peer::new()
            .with_protocol(self.version)
            .with_cipher_suite(self.cipher_suite)
            .with_client_certificate(request)
            .with_possession_detail("the chain was read from the plain text of an old handshake")
            .with_legacy_handshake();
        Ok(chain.with_peer(peer))
    }
}

/// Reads what a server of TLS 1.0 to 1.2 shows in plain text, and hangs up.
///
/// Once the chain has arrived this can't fail any more.
pub(super) async fn probe<IO>(
    stream: IO,
    sni: Option<&DnsName>,
    until: Instant,
) -> Result<Flight, Failure>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let mut meter = Meter::new(stream);
    let mut reader = Reader::default();
    let talked = match timeout_at(until, talk(&mut meter, sni, &mut reader)).await {
        Ok(talked) => talked,
        Err(_) => Err(Broken::TimedOut),
    };
    if let Some(flight) = reader.into_flight() {
        // Whether the peer hears it does not matter.
        let _ = timeout_at(until, hang_up(&mut meter)).await;
        return Ok(flight);
    }
    let broken = talked.err().unwrap_or(Broken::Fault(Fault::NoCertificate));
    Err(broken.into_failure(&meter))
}

/// Talks to the peer until the reader has seen enough.
async fn talk<IO>(
    meter: &mut Meter<IO>,
    sni: Option<&DnsName>,
    reader: &mut Reader,
) -> Result<(), Broken>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    send(meter, &client_hello(sni)).await?;
    let mut buffer = Vec::with_capacity(BUFFER);
    loop {
        buffer.clear();
        if meter.read_buf(&mut buffer).await? == 0 {
            return Err(Fault::Closed.into());
        }
        if reader.receive(&buffer)? == Progress::Done {
            return Ok(());
        }
    }
}

/// Leaves as a client does that has changed its mind (RFC 5246 section 7.2.2).
async fn hang_up<IO: AsyncWrite + Unpin>(stream: &mut IO) -> io::Result<()> {
    send(stream, &USER_CANCELED_AND_CLOSE_NOTIFY).await?;
    stream.shutdown().await
}

async fn send<IO: AsyncWrite + Unpin>(stream: &mut IO, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// How a talk broke off.
#[derive(Debug)]
enum Broken {
    Fault(Fault),
    Io(io::Error),
    TimedOut,
}

impl Broken {
    fn into_failure<IO>(self, meter: &Meter<IO>) -> Failure {
        let (kind, cause) = match self {
            Self::Fault(fault) => (fault.kind(), io::Error::new(io::ErrorKind::InvalidData, fault)),
            Self::Io(error) => (FetchErrorKind::of_io(&error), error),
            Self::TimedOut => return Failure::new(Phase::Handshake, FetchErrorKind::TimedOut),
        };
        let kind = if meter.is_exceeded() {
            FetchErrorKind::MessageTooLarge
        } else {
            meter.not_tls().map_or(kind, FetchErrorKind::NotTls)
        };
        Failure::new(Phase::Handshake, kind).caused_by(cause)
    }
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What a reader makes of the pieces, and then of the end of the connection.
#[cfg(any(fuzzing, test))]
fn outcome<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Flight, Fault> {
    let mut reader = Reader::default();
    for piece in pieces {
        if reader.receive(piece)? == Progress::Done {
            break;
        }
    }
    reader.into_flight().ok_or(Fault::Closed)
}

/// Whether the bytes arrive at once or in pieces, of the size that the first byte tells, makes no
/// difference to what is read.
#[cfg(fuzzing)]
pub(super) fn fuzz(bytes: &[u8]) {
    let Some((size, flight)) = bytes.split_first() else {
        return;
    };
    let whole = outcome([flight]);
    assert_eq!(outcome(flight.chunks(usize::from(*size).max(1))), whole);
    if let Ok(read) = whole {
        assert!(!read.certificates.is_empty());
        let shown = read.certificates.iter().chain(&read.staple);
        assert!(shown.map(Vec::len).sum::<usize>() < flight.len());
    }
}

/// Two alerts, both warnings, each in a record of its own.
const USER_CANCELED_AND_CLOSE_NOTIFY: [u8; 14] = [21, 3, 1, 0, 2, 1, 90, 21, 3, 1, 0, 2, 1, 0];

const BUFFER: usize = 4096;

#[cfg(test)]
mod tests;
