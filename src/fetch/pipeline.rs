//! From a target to its chain: resolve, connect, ask for TLS, shake hands.

use std::fmt;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};

use super::connect::{connect, in_order};
use super::dialogue::Conversation;
use super::error::Failure;
use super::legacy;
use super::policy::AddressPolicy;
use super::proxy::{Endpoint, Proxy, ProxyRules, tunnel};
use super::resolve::Resolver;
use super::starttls;
use super::timeouts::{Deadline, Timeouts};
use super::tls::Handshakes;
use super::wire::Wire;
use super::{FetchErrorKind, Phase};
use crate::chain::PresentedChain;
use crate::target::{Host, Opening, Target, Transport, View};
use crate::telemetry::step;

/// What a fetcher is made of.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) resolver: Resolver,
    pub(super) timeouts: Timeouts,
    pub(super) handshakes: Handshakes,
    /// What we call ourselves where a protocol asks.
    pub(super) client_name: Host,
    pub(super) proxies: ProxyRules,
    pub(super) address_policy: AddressPolicy,
    /// The ports that may be connected to, where not all.
    pub(super) allowed_ports: Option<Box<[u16]>>,
    /// Whether servers that are too old are asked in plain text.
    pub(super) legacy_probe: bool,
}

/// Where a target is to be found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Destination {
    /// At these addresses, of which there is at least one, and all of which may be connected to.
    Addresses(Vec<SocketAddr>),
    /// Wherever the proxy finds it, which is told its name.
    ByName,
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses(addresses) => write!(f, "{} addresses", addresses.len()),
            Self::ByName => f.write_str("the proxy resolves"),
        }
    }
}

impl Pipeline {
    pub(super) async fn fetch(
        &self,
        target: &Target,
        deadline: Deadline,
    ) -> Result<PresentedChain, Failure> {
        let destination = self.resolve(target, deadline).await?;
        step("resolve", &destination);
        self.look(target, destination, &View::of(target), deadline).await
    }

    /// Where the target is to be found, as far as it may be connected to.
    pub(super) async fn resolve(
        &self,
        target: &Target,
        deadline: Deadline,
    ) -> Result<Destination, Failure> {
        if target.protocol().opening() == Opening::Quic && !SPEAKS_QUIC {
            return Err(Failure::new(Phase::Connect, FetchErrorKind::Unsupported));
        }
        let port = target.dial_port();
        if self.allowed_ports.as_ref().is_some_and(|allowed| !allowed.contains(&port)) {
            return Err(Failure::new(Phase::Resolve, FetchErrorKind::PortForbidden));
        }
        let addresses = match target.dial_host() {
            Host::Ip(ip) => vec![SocketAddr::new(*ip, port)],
            Host::Dns(_) if self.proxy_resolves(target) => return Ok(Destination::ByName),
            Host::Dns(name) => {
                let until = deadline.phase(self.timeouts.resolve());
                self.resolver.resolve(name.as_str(), port, until).await?
            }
        };
        self.address_policy.filter(addresses).map(Destination::Addresses)
    }

    /// Fetches one view of whichever of the addresses answers first.
    ///
    /// A server that is too old for the handshake is asked once more, in plain text.
    pub(super) async fn look(
        &self,
        target: &Target,
        destination: Destination,
        view: &View,
        deadline: Deadline,
    ) -> Result<PresentedChain, Failure> {
        if view.transport == Transport::Quic {
            if self.proxies.proxy_of(target).is_some() {
                // CONNECT, be it of HTTP or of SOCKS5, leads to TCP alone.
                return Err(Failure::new(Phase::Proxy, FetchErrorKind::Unsupported));
            }
            // Boxed, so that fetches over TCP need not have room for it.
            return Box::pin(self.look_over_quic(destination, view, deadline)).await;
        }
        let (conversation, address) = self.open(target, destination, deadline).await?;
        let failure = match self.go_on(conversation, target, view, deadline).await {
            Ok(chain) => return Ok(with_address(chain, address)),
            Err(failure) => failure,
        };
        if self.legacy_probe && view.key_type.is_none() && failure.is_for_age() {
            let destination = match address {
                Some(address) => Destination::Addresses(vec![address]),
                None => Destination::ByName,
            };
            // Boxed, so that other fetches need not have room for it.
            let again = Box::pin(self.probe(target, destination, view, deadline)).await;
            // Where nothing comes of it, what was told first is what matters.
            if let Ok(chain) = again {
                return Ok(with_address(chain, address));
            }
        }
        Err(match address {
            Some(address) => failure.at(address),
            None => failure,
        })
    }

    #[cfg(all(feature = "quic", any(feature = "aws-lc-rs", feature = "ring")))]
    async fn look_over_quic(
        &self,
        destination: Destination,
        view: &View,
        deadline: Deadline,
    ) -> Result<PresentedChain, Failure> {
        let Destination::Addresses(addresses) = destination else {
            // A name is left to a proxy alone.
            return Err(Failure::new(Phase::Resolve, FetchErrorKind::ResolutionFailed));
        };
        let (chain, peer) =
            self.handshakes.run_over_quic(addresses, view, &self.timeouts, deadline).await?;
        step("handshake", format_args!("{} certificates arrived over QUIC", chain.entries().len()));
        Ok(chain.with_peer(peer))
    }

    #[cfg(not(all(feature = "quic", any(feature = "aws-lc-rs", feature = "ring"))))]
    #[expect(clippy::unused_async, reason = "it is where there is something to wait for")]
    async fn look_over_quic(
        &self,
        _: Destination,
        _: &View,
        _: Deadline,
    ) -> Result<PresentedChain, Failure> {
        Err(Failure::new(Phase::Connect, FetchErrorKind::Unsupported))
    }

    /// Gets a stream to the start of TLS, and shakes hands.
    pub(super) async fn shake_hands<IO>(
        &self,
        stream: IO,
        target: &Target,
        view: &View,
        deadline: Deadline,
    ) -> Result<PresentedChain, Failure>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        self.go_on(Conversation::new(stream), target, view, deadline).await
    }

    /// Opens a connection to the target, and says to which address, where that is known.
    async fn open(
        &self,
        target: &Target,
        destination: Destination,
        deadline: Deadline,
    ) -> Result<(Conversation<Wire>, Option<SocketAddr>), Failure> {
        match (self.proxies.proxy_of(target), destination) {
            (None, Destination::Addresses(addresses)) => {
                let until = deadline.phase(self.timeouts.connect());
                let (stream, address) = connect(addresses, until).await?;
                step("connect", format_args!("connected to {address}"));
                Ok((Conversation::new(Wire::Tcp(stream)), Some(address)))
            }
            (Some(proxy), destination) => {
                // Boxed, so that fetches without a proxy need not have room for it.
                Box::pin(self.open_through(proxy, target, destination, deadline)).await
            }
            // A name is left to a proxy alone.
            (None, Destination::ByName) => {
                Err(Failure::new(Phase::Resolve, FetchErrorKind::ResolutionFailed))
            }
        }
    }

    /// Whether the name of the target is left to a proxy, which no policy could look at.
    fn proxy_resolves(&self, target: &Target) -> bool {
        self.address_policy.is_any() && self.proxies.proxy_of(target).is_some_and(Proxy::resolves)
    }

    async fn open_through(
        &self,
        proxy: &Proxy,
        target: &Target,
        destination: Destination,
        deadline: Deadline,
    ) -> Result<(Conversation<Wire>, Option<SocketAddr>), Failure> {
        let endpoints = endpoints(target, destination);
        let until = deadline.phase(self.timeouts.proxy());
        let (conversation, endpoint) = tunnel(proxy, &self.resolver, endpoints, until).await?;
        step("proxy", "connected through the proxy");
        match endpoint {
            Endpoint::Address(address) => Ok((conversation, Some(address))),
            Endpoint::Name(..) => Ok((conversation, None)),
        }
    }

    /// Reads what a server shows in the plain text of an old handshake.
    async fn probe(
        &self,
        target: &Target,
        destination: Destination,
        view: &View,
        deadline: Deadline,
    ) -> Result<PresentedChain, Failure> {
        let (conversation, _) = self.open(target, destination, deadline).await?;
        let stream = self.start_tls(conversation, target, deadline).await?;
        let until = deadline.phase(self.timeouts.handshake());
        let flight = legacy::probe(stream, view.server_name.as_ref(), until).await?;
        step("handshake", "the probe for old servers was answered");
        flight.into_chain(self.handshakes.memo())
    }

    /// Takes a conversation to the start of TLS, and shakes hands.
    async fn go_on<IO>(
        &self,
        conversation: Conversation<IO>,
        target: &Target,
        view: &View,
        deadline: Deadline,
    ) -> Result<PresentedChain, Failure>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = self.start_tls(conversation, target, deadline).await?;
        let until = deadline.phase(self.timeouts.handshake());
        let (chain, peer) = self.handshakes.run(stream, view, until).await?;
        step("handshake", format_args!("{} certificates arrived", chain.entries().len()));
        Ok(chain.with_peer(peer))
    }

    /// Brings a connection to where TLS begins.
    async fn start_tls<IO>(
        &self,
        mut conversation: Conversation<IO>,
        target: &Target,
        deadline: Deadline,
    ) -> Result<IO, Failure>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        match target.protocol().opening() {
            Opening::Tls => conversation.into_tls(),
            Opening::Quic => Err(Failure::new(Phase::Connect, FetchErrorKind::Unsupported)),
            Opening::StartTls => {
                let Some(mut dialogue) = starttls::dialogue(target, &self.client_name) else {
                    return Err(Failure::new(Phase::StartTls, FetchErrorKind::Unsupported));
                };
                let until = deadline.phase(self.timeouts.starttls());
                conversation.hold(&mut *dialogue, Phase::StartTls, until).await?;
                step("starttls", "the server is ready for TLS");
                conversation.into_io()
            }
        }
    }
}

/// What a proxy is told to connect to.
fn endpoints(target: &Target, destination: Destination) -> Vec<Endpoint> {
    match (destination, target.dial_host()) {
        (Destination::ByName, Host::Dns(name)) => {
            vec![Endpoint::Name(name.clone(), target.dial_port())]
        }
        (Destination::ByName, Host::Ip(ip)) => {
            vec![Endpoint::Address(SocketAddr::new(*ip, target.dial_port()))]
        }
        (Destination::Addresses(addresses), _) => {
            in_order(addresses).into_iter().map(Endpoint::Address).collect()
        }
    }
}

fn with_address(chain: PresentedChain, address: Option<SocketAddr>) -> PresentedChain {
    match (chain.peer().cloned(), address) {
        (Some(peer), Some(address)) => chain.with_peer(peer.with_address(address)),
        _ => chain,
    }
}

/// Whether HTTP/3 can be spoken; QUIC protects its first packets with cryptography of its own.
const SPEAKS_QUIC: bool = cfg!(all(feature = "quic", any(feature = "aws-lc-rs", feature = "ring")));
