//! From a target to its chain: resolve, connect, ask for TLS, shake hands.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};

use super::connect::connect;
use super::dialogue::Conversation;
use super::error::Failure;
use super::resolve::Resolver;
use super::starttls;
use super::timeouts::{Deadline, Timeouts};
use super::tls::Handshakes;
use super::wire::Wire;
use super::{FetchErrorKind, Phase};
use crate::chain::PresentedChain;
use crate::target::{Host, Opening, Target, View};

/// What a fetcher is made of.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) resolver: Resolver,
    pub(super) timeouts: Timeouts,
    pub(super) handshakes: Handshakes,
    /// What we call ourselves where a protocol asks.
    pub(super) client_name: Host,
}

impl Pipeline {
    pub(super) async fn fetch(
        &self,
        target: &Target,
        deadline: Deadline,
    ) -> Result<PresentedChain, Failure> {
        let addresses = self.resolve(target, deadline).await?;
        self.look(target, addresses, &View::of(target), deadline).await
    }

    /// The addresses of the target, of which there is at least one.
    pub(super) async fn resolve(
        &self,
        target: &Target,
        deadline: Deadline,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let port = target.dial_port();
        match target.dial_host() {
            Host::Ip(ip) => Ok(vec![SocketAddr::new(*ip, port)]),
            Host::Dns(name) => {
                let until = deadline.phase(self.timeouts.resolve());
                self.resolver.resolve(name.as_str(), port, until).await
            }
        }
    }

    /// Fetches one view of whichever of the addresses answers first.
    pub(super) async fn look(
        &self,
        target: &Target,
        addresses: Vec<SocketAddr>,
        view: &View,
        deadline: Deadline,
    ) -> Result<PresentedChain, Failure> {
        let (wire, address) = self.connect(addresses, deadline).await?;
        let shaken = self.shake_hands(wire, target, view, deadline).await;
        shaken.map(|chain| with_address(chain, address)).map_err(|failure| failure.at(address))
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
        let stream = self.start_tls(stream, target, deadline).await?;
        let until = deadline.phase(self.timeouts.handshake());
        let (chain, peer) = self.handshakes.run(stream, view, until).await?;
        Ok(chain.with_peer(peer))
    }

    async fn connect(
        &self,
        addresses: Vec<SocketAddr>,
        deadline: Deadline,
    ) -> Result<(Wire, SocketAddr), Failure> {
        let until = deadline.phase(self.timeouts.connect());
        let (stream, address) = connect(addresses, until).await?;
        Ok((Wire::Tcp(stream), address))
    }

    /// Brings a connection to where TLS begins.
    async fn start_tls<IO>(
        &self,
        stream: IO,
        target: &Target,
        deadline: Deadline,
    ) -> Result<IO, Failure>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        match target.protocol().opening() {
            Opening::Tls => Ok(stream),
            Opening::Quic => Err(Failure::new(Phase::Connect, FetchErrorKind::Unsupported)),
            Opening::StartTls => {
                let Some(mut dialogue) = starttls::dialogue(target, &self.client_name) else {
                    return Err(Failure::new(Phase::StartTls, FetchErrorKind::Unsupported));
                };
                let until = deadline.phase(self.timeouts.starttls());
                let mut conversation = Conversation::new(stream);
                conversation.hold(&mut *dialogue, Phase::StartTls, until).await?;
                conversation.into_io()
            }
        }
    }
}

fn with_address(chain: PresentedChain, address: SocketAddr) -> PresentedChain {
    match chain.peer().cloned() {
        Some(peer) => chain.with_peer(peer.with_address(address)),
        None => chain,
    }
}
