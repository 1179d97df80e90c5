//! Fetching the chain that a TLS server presents.
//!
//! A [`Fetcher`] resolves, connects and shakes hands, and answers with the [`PresentedChain`],
//! whatever is wrong with it: nothing is judged here. This is the only stage that opens a socket.
//! It runs on tokio, with its I/O and time drivers enabled.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use notafter::fetch::Fetcher;
//!
//! let fetcher = Fetcher::new()?;
//! let chain = fetcher.fetch(&"example.com".parse()?).await?;
//! println!("{} certificates, {:?}", chain.entries().len(), chain.peer());
//! # Ok(())
//! # }
//! ```
//!
//! Fetching a chain does **not** authenticate the peer, and no data should be sent to it on the
//! strength of it.

mod broken;
mod connect;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg_attr(not(test), expect(dead_code, reason = "no fetch falls back on it yet"))]
mod legacy;
mod meter;
mod possession;
mod provider;
mod recorder;
mod resolve;
mod timeouts;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::SignatureVerificationAlgorithm;
use tokio::io::{AsyncRead, AsyncWrite};

pub use error::{Attempt, FetchError};
pub(crate) use provider::provider;
pub use resolve::Resolver;
pub use timeouts::Timeouts;

use crate::chain::PresentedChain;
use crate::target::{Host, Target};
use connect::connect;
use error::Failure;
use timeouts::Deadline;
use tls::Handshakes;

/// Fetches the chains that TLS servers present.
///
/// Build one and keep it: certificates that were seen before are not read again. Cheap to clone,
/// and clones share what they know.
///
/// Dropping a future that it returned ends the fetch and closes its connections.
#[derive(Clone, Debug)]
pub struct Fetcher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    resolver: Resolver,
    timeouts: Timeouts,
    handshakes: Handshakes,
}

impl Fetcher {
    /// A fetcher with the defaults of [`builder`](Self::builder).
    ///
    /// # Errors
    ///
    /// [`BuildError::NoCryptoProvider`] where neither of the features `aws-lc-rs` and `ring` is
    /// on and the process has no default provider.
    pub fn new() -> Result<Self, BuildError> {
        Self::builder().build()
    }

    /// A fetcher to be, with the system's resolver, the default timeouts and crypto provider.
    pub fn builder() -> FetcherBuilder {
        FetcherBuilder::default()
    }

    /// Resolves the target, connects to it, and fetches the chain that it presents.
    ///
    /// All addresses are tried, the families taking turns and the attempts overlapping
    /// (RFC 8305), until the first connection: at most 16, each once. The handshake offers
    /// TLS 1.2 and 1.3, no session to resume and no client certificate.
    ///
    /// Once the chain has arrived the fetch has succeeded. What goes wrong later, a client
    /// certificate that is demanded or a signature that does not verify, is told by the chain's
    /// [`Peer`](crate::chain::Peer).
    ///
    /// # Errors
    ///
    /// A [`FetchError`] where no chain arrived: the name has no address, every address refuses,
    /// the peer speaks no TLS or none that is shared, sends no certificate, or the time is up.
    pub async fn fetch(&self, target: &Target) -> Result<PresentedChain, FetchError> {
        let deadline = self.0.timeouts.start();
        self.0.fetch(target, deadline).await.map_err(|failure| FetchError::new(target, failure))
    }

    /// Fetches the chain over a connection of the caller's own, such as one that was upgraded by
    /// a STARTTLS command or leads through a proxy.
    ///
    /// Of the target, the server name counts. The chain's peer has no address, unless the caller
    /// adds it.
    ///
    /// # Errors
    ///
    /// As for [`fetch`](Self::fetch), in the phase [`Phase::Handshake`].
    pub async fn handshake<IO>(
        &self,
        stream: IO,
        target: &Target,
    ) -> Result<PresentedChain, FetchError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let Inner { timeouts, handshakes, .. } = &*self.0;
        let until = timeouts.start().phase(timeouts.handshake());
        match handshakes.run(stream, target.sni(), until).await {
            Ok((chain, peer)) => Ok(chain.with_peer(peer)),
            Err(failure) => Err(FetchError::new(target, failure)),
        }
    }

    /// The algorithms by which signatures are verified.
    pub(crate) fn signature_algorithms(
        &self,
    ) -> &'static [&'static dyn SignatureVerificationAlgorithm] {
        self.0.handshakes.algorithms().all
    }
}

impl Inner {
    async fn fetch(&self, target: &Target, deadline: Deadline) -> Result<PresentedChain, Failure> {
        let Self { resolver, timeouts, handshakes } = self;
        let port = target.dial_port();
        let addresses = match target.dial_host() {
            Host::Ip(ip) => vec![SocketAddr::new(*ip, port)],
            Host::Dns(name) => {
                let until = deadline.phase(timeouts.resolve());
                resolver.resolve(name.as_str(), port, until).await?
            }
        };
        let until = deadline.phase(timeouts.connect());
        let (stream, address) = connect(addresses, until).await?;
        let until = deadline.phase(timeouts.handshake());
        let shaken = handshakes.run(stream, target.sni(), until).await;
        let (chain, peer) = shaken.map_err(|failure| failure.at(address))?;
        Ok(chain.with_peer(peer.with_address(address)))
    }
}

/// How a [`Fetcher`] is to work.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is built before `build`"]
pub struct FetcherBuilder {
    resolver: Resolver,
    timeouts: Timeouts,
    provider: Option<Arc<CryptoProvider>>,
}

impl FetcherBuilder {
    /// Sets how names become addresses; the system's resolver otherwise.
    pub fn resolver(mut self, resolver: Resolver) -> Self {
        self.resolver = resolver;
        self
    }

    /// Sets how long a fetch may take; [`Timeouts::new`] otherwise.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Sets the cryptography to use.
    ///
    /// Otherwise it is the default of the process, where one is installed, else the one that is
    /// compiled in: aws-lc-rs where its feature is on, else ring. No default is ever installed.
    ///
    /// This is the one place where a type of rustls 0.23 stands in the public interface.
    pub fn crypto_provider(mut self, provider: Arc<CryptoProvider>) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Builds the fetcher.
    ///
    /// # Errors
    ///
    /// [`BuildError::NoCryptoProvider`] where there is no cryptography to use, and
    /// [`BuildError::UnusableCryptoProvider`] where it is of no use.
    pub fn build(self) -> Result<Fetcher, BuildError> {
        let handshakes = Handshakes::new(provider(self.provider)?)?;
        let Self { resolver, timeouts, .. } = self;
        Ok(Fetcher(Arc::new(Inner { resolver, timeouts, handshakes })))
    }
}

/// Why a [`Fetcher`] could not be built.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// None was given, the process has no default, and none is compiled in.
    #[error("no crypto provider: turn on the feature aws-lc-rs or ring, or pass one")]
    NoCryptoProvider,
    /// It has no cipher suite, or no key exchange group that goes with one.
    #[error("the crypto provider supports neither TLS 1.2 nor TLS 1.3")]
    UnusableCryptoProvider,
}

/// What a fetch was doing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Phase {
    /// Asking for the name's addresses.
    Resolve,
    /// Connecting to them.
    Connect,
    /// Shaking hands with the one that answered.
    Handshake,
}

/// What kept a fetch from its chain.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum FetchErrorKind {
    /// The peer sent an alert that has no kind of its own: its number (RFC 8446 section 6).
    Alert(u8),
    /// One look of many was cancelled before it was done: the runtime on which it ran is shutting
    /// down. The phase is [`Phase::Resolve`], for how far it came is not known.
    Cancelled,
    /// The peer closed or reset the connection.
    ClosedEarly,
    /// The connection could not be made or used for any other reason, such as a firewall of our
    /// own or a want of file descriptors.
    Io,
    /// The peer sent a message, a record or a handshake that is too large to be honest.
    MessageTooLarge,
    /// There is no such name, or it has no address.
    NameNotFound,
    /// The peer shook hands without a certificate.
    NoCertificate,
    /// The peer can't use any cipher suite, key exchange group or signature scheme that was
    /// offered: it is old, or has a key of a kind that the crypto provider does not know.
    NoCipherInCommon,
    /// The peer answered with something else: it may want a STARTTLS command first.
    NotTls(NotTls),
    /// One look of many ended in a panic, such as a resolver's of the caller's own. The phase is
    /// [`Phase::Resolve`], for how far it came is not known.
    Panicked,
    /// The peer speaks older versions only, or none that it has a key for.
    ProtocolVersion,
    /// Every address that could be reached refused the connection.
    Refused,
    /// The name could not be resolved; whether it exists is unknown.
    ResolutionFailed,
    /// The phase's time was up.
    TimedOut,
    /// The peer did what TLS does not allow, or the TLS library does not support.
    Tls,
    /// No address could be reached.
    Unreachable,
    /// The peer has no certificate for the server name, and says so.
    UnrecognisedName,
}

/// What a peer that does not speak TLS seems to speak, by its first bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum NotTls {
    /// FTP.
    Ftp,
    /// HTTP.
    Http,
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// SMTP.
    Smtp,
    /// SSH.
    Ssh,
    /// Something else.
    Unknown,
}
