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
mod dialogue;
#[cfg(feature = "hickory")]
mod dns;
mod error;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod identity;
mod kind;
mod legacy;
mod loaded;
mod meter;
mod network;
mod offer;
mod pipeline;
mod policy;
mod possession;
mod provider;
mod proxy;
#[cfg(all(feature = "quic", any(feature = "aws-lc-rs", feature = "ring")))]
mod quic;
mod recorder;
mod resolve;
mod starttls;
mod timeouts;
mod tls;
mod wire;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::SignatureVerificationAlgorithm;
use tokio::io::{AsyncRead, AsyncWrite};

#[cfg(feature = "hickory")]
pub use dns::{Dns, DnsError, DnsErrorKind};
pub use error::{Attempt, FetchError};
pub use identity::{ClientIdentity, ClientIdentityError};
pub use kind::{FetchErrorKind, NotTls, Phase};
pub use loaded::in_memory;
pub(crate) use pipeline::Destination;
pub use policy::AddressPolicy;
pub(crate) use provider::provider;
pub use proxy::{Proxy, ProxyError, ProxyErrorKind, ProxyRules};
pub use resolve::Resolver;
pub(crate) use timeouts::Deadline;
pub use timeouts::Timeouts;

use crate::chain::PresentedChain;
use crate::target::{Host, Target, View};
use pipeline::Pipeline;
use tls::Handshakes;

/// Fetches the chains that TLS servers present.
///
/// Build one and keep it: certificates that were seen before are not read again. Cheap to clone,
/// and clones share what they know.
///
/// Dropping a future that it returned ends the fetch and closes its connections.
#[derive(Clone, Debug)]
pub struct Fetcher(Arc<Pipeline>);

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
    /// All addresses that the [`AddressPolicy`] allows are tried, the families taking turns and the
    /// attempts overlapping (RFC 8305), until the first connection: at most 16, each once. Through
    /// a [`Proxy`] they are tried one after the other. The handshake offers
    /// TLS 1.2 and 1.3, no session to resume, and the client certificate that was set, if any. A server
    /// that is too old for that is asked once more: see [`FetcherBuilder::legacy_probe`].
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

    /// Fetches the chain over a connection of the caller's own, such as one that leads through a
    /// tunnel, or out of a test.
    ///
    /// Of the target, the protocol and the server name count. Where the protocol begins in plain
    /// text, so must the stream: with a `smtp://` target, the greeting is the first thing to come.
    /// A stream that was upgraded already goes with a `tls://` target. The chain's peer has no
    /// address, unless the caller adds it.
    ///
    /// # Errors
    ///
    /// As for [`fetch`](Self::fetch), in the phases [`Phase::StartTls`] and [`Phase::Handshake`];
    /// [`FetchErrorKind::Unsupported`] for HTTP/3, which no stream can carry.
    pub async fn handshake<IO>(
        &self,
        stream: IO,
        target: &Target,
    ) -> Result<PresentedChain, FetchError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let deadline = self.0.timeouts.start();
        let shaken = self.0.shake_hands(stream, target, &View::of(target), deadline).await;
        shaken.map_err(|failure| FetchError::new(target, failure))
    }

    /// All addresses of the target that may be connected to, unless a proxy is to find them.
    pub(crate) async fn resolve(
        &self,
        target: &Target,
        deadline: Deadline,
    ) -> Result<Destination, FetchError> {
        let resolved = self.0.resolve(target, deadline).await;
        resolved.map_err(|failure| FetchError::new(target, failure))
    }

    /// Fetches one view that a client can have: of one address, or, where the view has none, of
    /// wherever a proxy finds the name.
    pub(crate) async fn look(
        &self,
        target: &Target,
        view: &View,
        deadline: Deadline,
    ) -> Result<PresentedChain, FetchError> {
        let destination = match view.address {
            Some(address) => Destination::Addresses(vec![address]),
            None => Destination::ByName,
        };
        let chain = self.0.look(target, destination, view, deadline).await;
        chain.map_err(|failure| FetchError::new(target, failure))
    }

    /// Starts the clock of one fetch, or of one survey.
    pub(crate) fn start(&self) -> Deadline {
        self.0.timeouts.start()
    }

    /// The algorithms by which signatures are verified.
    pub(crate) fn signature_algorithms(
        &self,
    ) -> &'static [&'static dyn SignatureVerificationAlgorithm] {
        self.0.handshakes.algorithms().all
    }
}

/// How a [`Fetcher`] is to work.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is built before `build`"]
pub struct FetcherBuilder {
    resolver: Resolver,
    timeouts: Timeouts,
    provider: Option<Arc<CryptoProvider>>,
    client_name: Option<Host>,
    identity: Option<ClientIdentity>,
    proxies: ProxyRules,
    address_policy: AddressPolicy,
    allowed_ports: Option<Box<[u16]>>,
    no_legacy_probe: bool,
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

    /// Sets what we call ourselves where a protocol asks, as SMTP does with EHLO: the name or
    /// address of this machine; `127.0.0.1` otherwise.
    ///
    /// Few servers look at it before mail is to be sent, which is never done here.
    pub fn client_name(mut self, name: Host) -> Self {
        self.client_name = Some(name);
        self
    }

    /// Sets the proxy that leads to every target, or the rules by which one is chosen; none
    /// otherwise.
    ///
    /// The proxy's own name is asked of the [`Resolver`], and its address is not subject to the
    /// [`AddressPolicy`]. [`Fetcher::handshake`] has a connection already and uses none.
    pub fn proxy(mut self, proxy: impl Into<ProxyRules>) -> Self {
        self.proxies = proxy.into();
        self
    }

    /// Uses the proxies that the environment names now: see [`ProxyRules`]. It is not read
    /// otherwise.
    ///
    /// # Errors
    ///
    /// A [`ProxyError`] where `HTTPS_PROXY` or `ALL_PROXY` names no proxy.
    pub fn proxy_from_env(self) -> Result<Self, ProxyError> {
        Ok(self.proxy(ProxyRules::from_env()?))
    }

    /// Sets which addresses may be connected to; [`AddressPolicy::any`] otherwise.
    ///
    /// With any other policy names are resolved here even where there is a proxy that would.
    pub fn address_policy(mut self, policy: AddressPolicy) -> Self {
        self.address_policy = policy;
        self
    }

    /// Sets the only ports that targets may have; all otherwise, and none where the list is empty.
    ///
    /// It is the port that the target gives, be it with `;connect=`, or that of its scheme. Ports
    /// that a [`Resolver`] of the caller's makes of it are not looked at.
    pub fn allowed_ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.allowed_ports = Some(ports.into_iter().collect());
        self
    }

    /// Sets whether a server that refuses TLS 1.2 and 1.3, or all that is offered in them, is asked
    /// once more by a probe that reads the plain text of an old handshake; it is otherwise.
    ///
    /// So the chains of TLS 1.0 and 1.1 servers, and of those without ECDHE or with keys that the
    /// crypto provider does not know, are seen too. The probe connects a second time. What it reads
    /// proves nothing: findings `possession-unproven` and `legacy-protocol` say so.
    pub fn legacy_probe(mut self, probe: bool) -> Self {
        self.no_legacy_probe = !probe;
        self
    }

    /// Shows this client certificate to servers that ask for one; none otherwise.
    pub fn client_identity(mut self, identity: ClientIdentity) -> Self {
        self.identity = Some(identity);
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
    /// [`BuildError::NoCryptoProvider`] where there is no cryptography to use,
    /// [`BuildError::UnusableCryptoProvider`] where it is of no use, and
    /// [`BuildError::UnusableClientKey`] and [`BuildError::ClientKeyMismatch`] where the client's
    /// key is.
    pub fn build(self) -> Result<Fetcher, BuildError> {
        let provider = provider(self.provider)?;
        let mut proxies = self.proxies;
        proxies.prepare(&provider)?;
        let client_name =
            self.client_name.unwrap_or_else(|| IpAddr::V4(Ipv4Addr::LOCALHOST).into());
        Ok(Fetcher(Arc::new(Pipeline {
            resolver: self.resolver,
            timeouts: self.timeouts,
            handshakes: Handshakes::new(provider, self.identity.as_ref())?,
            client_name,
            proxies,
            address_policy: self.address_policy,
            allowed_ports: self.allowed_ports,
            legacy_probe: !self.no_legacy_probe,
        })))
    }
}

/// Why a [`Fetcher`] could not be built.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The client's private key is not that of its certificate.
    #[error("the client's private key does not belong to its certificate")]
    ClientKeyMismatch,
    /// None was given, the process has no default, and none is compiled in.
    #[error("no crypto provider: turn on the feature aws-lc-rs or ring, or pass one")]
    NoCryptoProvider,
    /// The crypto provider can't use the client's private key.
    #[error("the crypto provider can't use the client's private key")]
    UnusableClientKey,
    /// It has no cipher suite, or no key exchange group that goes with one.
    #[error("the crypto provider supports neither TLS 1.2 nor TLS 1.3")]
    UnusableCryptoProvider,
}
