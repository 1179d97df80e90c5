//! From addresses to one connection.

use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::error::Failure;
use super::{Attempt, FetchErrorKind, Phase};

/// Connects to the first of the addresses that answers (RFC 8305).
pub(super) async fn connect(
    addresses: Vec<SocketAddr>,
    until: Instant,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let (stream, address) = match addresses[..] {
        [only] => (connect_to(only, until).await?, only),
        _ => race(addresses, until).await?,
    };
    // The handshake is small writes that wait for an answer. Where the option can't be set it is
    // slower, nothing else.
    let _ = stream.set_nodelay(true);
    Ok((stream, address))
}

async fn connect_to(address: SocketAddr, until: Instant) -> Result<TcpStream, Failure> {
    let attempt = match timeout_at(until, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => return Ok(stream),
        Ok(Err(error)) => Attempt::new(address, error),
        Err(_) => Attempt::timed_out(address),
    };
    Err(all_failed(vec![attempt]))
}

async fn race(
    addresses: Vec<SocketAddr>,
    until: Instant,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let mut race = Race { waiting: in_order(addresses).into_iter(), dials: vec![], failed: vec![] };
    match timeout_at(until, race.run()).await {
        Ok(Some(connected)) => Ok(connected),
        Ok(None) => Err(all_failed(race.failed)),
        Err(_) => Err(all_failed(race.given_up())),
    }
}

/// Attempts that start one after the other, and overlap.
struct Race {
    waiting: std::vec::IntoIter<SocketAddr>,
    dials: Vec<(SocketAddr, Dial)>,
    failed: Vec<Attempt>,
}

type Dial = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

impl Race {
    /// The first connection, or `None` once all attempts have failed.
    async fn run(&mut self) -> Option<(TcpStream, SocketAddr)> {
        loop {
            if let Some(address) = self.waiting.next() {
                self.dials.push((address, Box::pin(TcpStream::connect(address))));
            } else if self.dials.is_empty() {
                return None;
            }
            let ended = if self.waiting.len() == 0 {
                self.ended().await
            } else {
                let next_start = Instant::now() + ATTEMPT_DELAY;
                match timeout_at(next_start, self.ended()).await {
                    Ok(ended) => ended,
                    Err(_) => continue,
                }
            };
            match ended {
                (address, Ok(stream)) => return Some((stream, address)),
                (address, Err(error)) => self.failed.push(Attempt::new(address, error)),
            }
        }
    }

    /// The outcome of whichever attempt under way ends first. There must be one.
    async fn ended(&mut self) -> (SocketAddr, io::Result<TcpStream>) {
        poll_fn(|cx| {
            for (index, (address, dial)) in self.dials.iter_mut().enumerate() {
                if let Poll::Ready(result) = dial.as_mut().poll(cx) {
                    let address = *address;
                    drop(self.dials.swap_remove(index));
                    return Poll::Ready((address, result));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// What failed, the attempts under way included.
    fn given_up(self) -> Vec<Attempt> {
        let mut failed = self.failed;
        failed.extend(self.dials.into_iter().map(|(address, _)| Attempt::timed_out(address)));
        failed
    }
}

/// The addresses in the order in which they are dialled: each once, the families taking turns,
/// starting with the one that the resolver put first (RFC 8305 section 4).
pub(super) fn in_order(mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let mut seen = HashSet::new();
    addresses.retain(|address| seen.insert(*address));
    let first_family = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_family);
    let (mut preferred, mut other) = (preferred.into_iter(), other.into_iter());
    let mut ordered = Vec::with_capacity(MOST_ADDRESSES);
    loop {
        let turn = [preferred.next(), other.next()];
        if turn == [None, None] {
            break;
        }
        ordered.extend(turn.into_iter().flatten());
    }
    ordered.truncate(MOST_ADDRESSES);
    ordered
}

pub(super) fn all_failed(attempts: Vec<Attempt>) -> Failure {
    let kind = RANKED
        .into_iter()
        .find(|kind| attempts.iter().any(|attempt| attempt.kind() == *kind))
        .unwrap_or(FetchErrorKind::Io);
    Failure::new(Phase::Connect, kind).after(attempts)
}

/// Which failure speaks for all. An address that was given up on might have answered later; a
/// refusal is an answer, while an unreachable address often is just a family that is not routed.
const RANKED: [FetchErrorKind; 4] = [
    FetchErrorKind::TimedOut,
    FetchErrorKind::ClosedEarly,
    FetchErrorKind::Refused,
    FetchErrorKind::Unreachable,
];

/// The "Connection Attempt Delay" (RFC 8305 section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

const MOST_ADDRESSES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns_starting_with_the_first() {
        let resolved = ["[::1]:1", "[::2]:1", "[::3]:1", "127.0.0.1:1", "127.0.0.2:1"];
        let ordered = ["[::1]:1", "127.0.0.1:1", "[::2]:1", "127.0.0.2:1", "[::3]:1"];
        assert_eq!(in_order(addresses(&resolved)), addresses(&ordered));

        let resolved = ["127.0.0.1:1", "127.0.0.2:1", "[::1]:1"];
        let ordered = ["127.0.0.1:1", "[::1]:1", "127.0.0.2:1"];
        assert_eq!(in_order(addresses(&resolved)), addresses(&ordered));
    }

    #[test]
    fn an_address_is_dialled_once() {
        let resolved = ["127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:1"];
        assert_eq!(in_order(addresses(&resolved)), addresses(&["127.0.0.1:1", "127.0.0.1:2"]));
    }

    #[test]
    fn sixteen_addresses_are_dialled_at_the_most() {
        let resolved: Vec<SocketAddr> =
            (1..=1000).map(|port| SocketAddr::from(([127, 0, 0, 1], port))).collect();
        assert_eq!(in_order(resolved.clone()), resolved[..16]);
    }

    #[test]
    fn one_kind_speaks_for_all() {
        let kind_of_all = |kinds: &[io::ErrorKind]| {
            let address = SocketAddr::from(([127, 0, 0, 1], 1));
            let attempts =
                kinds.iter().map(|kind| Attempt::new(address, io::Error::from(*kind))).collect();
            all_failed(attempts).kind
        };
        use io::ErrorKind::{
            ConnectionRefused, HostUnreachable, NetworkUnreachable, PermissionDenied, TimedOut,
        };

        assert_eq!(kind_of_all(&[ConnectionRefused, ConnectionRefused]), FetchErrorKind::Refused);
        assert_eq!(kind_of_all(&[NetworkUnreachable, ConnectionRefused]), FetchErrorKind::Refused);
        assert_eq!(kind_of_all(&[ConnectionRefused, TimedOut]), FetchErrorKind::TimedOut);
        assert_eq!(
            kind_of_all(&[NetworkUnreachable, HostUnreachable]),
            FetchErrorKind::Unreachable
        );
        assert_eq!(kind_of_all(&[PermissionDenied]), FetchErrorKind::Io);
    }
}
