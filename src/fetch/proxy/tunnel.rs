//! From a proxy to a connection that leads to the target.

use std::net::SocketAddr;

use tokio::time::Instant;

use super::{Endpoint, Proxy, tls};
use crate::fetch::connect::connect;
use crate::fetch::dialogue::Conversation;
use crate::fetch::error::Failure;
use crate::fetch::resolve::Resolver;
use crate::fetch::wire::Wire;
use crate::fetch::{FetchErrorKind, Phase};
use crate::target::Host;

/// Has the proxy connect to the first of the endpoints that it can connect to.
///
/// They are tried one after the other, each over a connection of its own, as a proxy that could
/// not connect is done with its client. Each may take its fair part of the time that is left.
///
/// What the target sent together with the proxy's answer is pending in the conversation.
pub(in crate::fetch) async fn tunnel(
    proxy: &Proxy,
    resolver: &Resolver,
    endpoints: Vec<Endpoint>,
    until: Instant,
) -> Result<(Conversation<Wire>, Endpoint), Failure> {
    let addresses = addresses(proxy, resolver, until).await?;
    let mut attempts = Vec::new();
    let mut last = Failure::new(Phase::Proxy, FetchErrorKind::ProxyCantReach);
    let mut waiting = endpoints.into_iter();
    while let Some(endpoint) = waiting.next() {
        let (wire, address) = reach(proxy, addresses.clone(), until).await?;
        let mut conversation = Conversation::new(wire);
        let mut dialogue = proxy.dialogue(&endpoint);
        let until = fair_part(until, waiting.len());
        match conversation.hold(&mut *dialogue, Phase::Proxy, until).await {
            Ok(()) => return Ok((conversation, endpoint)),
            Err(failure) if is_about_the_endpoint(failure.kind) => {
                if let Endpoint::Address(endpoint) = endpoint {
                    attempts.push(failure.attempt(endpoint));
                }
                last = failure.at(address);
            }
            Err(failure) => return Err(failure.at(address)),
        }
    }
    Err(last.after(attempts))
}

/// The addresses of the proxy itself.
async fn addresses(
    proxy: &Proxy,
    resolver: &Resolver,
    until: Instant,
) -> Result<Vec<SocketAddr>, Failure> {
    match &proxy.host {
        Host::Ip(ip) => Ok(vec![SocketAddr::new(*ip, proxy.port)]),
        Host::Dns(name) => {
            let resolved = resolver.resolve(name.as_str(), proxy.port, until).await;
            resolved.map_err(|failure| failure.in_phase(Phase::Proxy))
        }
    }
}

/// A connection to the proxy, in TLS where it is spoken to so.
async fn reach(
    proxy: &Proxy,
    addresses: Vec<SocketAddr>,
    until: Instant,
) -> Result<(Wire, SocketAddr), Failure> {
    let connected = connect(addresses, until).await;
    let (stream, address) = connected.map_err(|failure| failure.in_phase(Phase::Proxy))?;
    let wire = match &proxy.tls {
        Some(connector) => tls::secure(connector, &proxy.host, stream, until)
            .await
            .map_err(|failure| failure.at(address))?,
        None => Wire::Tcp(stream),
    };
    Ok((wire, address))
}

/// When one of several is given up, so that `others` have as long.
fn fair_part(until: Instant, others: usize) -> Instant {
    let now = Instant::now();
    let all = u32::try_from(others).unwrap_or(u32::MAX).saturating_add(1);
    now + until.saturating_duration_since(now) / all
}

/// Whether another address of the target may fare better.
const fn is_about_the_endpoint(kind: FetchErrorKind) -> bool {
    matches!(
        kind,
        FetchErrorKind::ProxyCantReach | FetchErrorKind::ProxyForbids | FetchErrorKind::TimedOut
    )
}
