//! The TLS handshake inside QUIC, as clients of HTTP/3 shake it.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{
    ClientConfig, Connecting, Connection, ConnectionError, Endpoint, TransportConfig,
    TransportErrorCode, VarInt,
};
use rustls::{AlertDescription, Error};
use tokio::time::{Instant, timeout, timeout_at};

use super::broken::{Broken, kind_of_alert};
use super::connect::{all_failed, in_order};
use super::error::Failure;
use super::recorder::Recorder;
use super::tls::{Handshakes, config, outcome, server_name};
use super::{Attempt, Deadline, FetchErrorKind, Phase, Timeouts};
use crate::chain::{Peer, PresentedChain};
use crate::escape::{Escaped, short};
use crate::target::View;

impl Handshakes {
    /// Shakes hands with the first of the addresses that answers, and says what was presented and
    /// by whom.
    ///
    /// They are tried one after the other, each with its part of the time that is left to connect.
    /// Once the chain has arrived this can't fail any more: what goes wrong later is recorded.
    pub(super) async fn run_over_quic(
        &self,
        addresses: Vec<SocketAddr>,
        view: &View,
        timeouts: &Timeouts,
        deadline: Deadline,
    ) -> Result<(PresentedChain, Peer), Failure> {
        let Some(offer) = self.offer(view.key_type) else {
            return Err(Failure::new(Phase::Handshake, FetchErrorKind::NoCipherInCommon));
        };
        let recorder = self.recorder(offer);
        let mut tls = config(offer, &recorder);
        tls.alpn_protocols = vec![HTTP_3.to_vec()];
        // A provider of the caller's may lack the suite of the first packets (RFC 9001 section 5).
        let crypto = QuicClientConfig::try_from(tls)
            .map_err(|_| Failure::new(Phase::Connect, FetchErrorKind::Unsupported))?;
        let mut client = ClientConfig::new(Arc::new(crypto));
        client.transport_config(Arc::new(transport()));
        let name = server_name(view.server_name.as_ref());

        let until = deadline.phase(timeouts.connect());
        let mut failed = Vec::new();
        let mut waiting = in_order(addresses).into_iter();
        while let Some(address) = waiting.next() {
            let dial = match dial(address, client.clone(), &name.to_str()) {
                Ok(dial) => dial,
                Err(error) => {
                    failed.push(Attempt::new(address, error));
                    continue;
                }
            };
            let turn = share(until, waiting.len());
            match answer(dial, address, turn).await {
                Answer::None(attempt) => failed.push(attempt),
                Answer::Broken(broken) => {
                    return told(address, outcome(&recorder, None, Some(broken)));
                }
                Answer::Shaking(endpoint, connecting) => {
                    let until = deadline.phase(timeouts.handshake());
                    let broken = shake_hands(&endpoint, connecting, &recorder, until).await;
                    return told(address, outcome(&recorder, None, broken));
                }
            }
        }
        Err(all_failed(failed))
    }
}

/// How an address took to being dialled.
enum Answer {
    /// There was none, or not to us: another address may have one.
    None(Attempt),
    /// It did not come to a handshake.
    Broken(Broken),
    /// The server has taken up the handshake, and speaks HTTP/3.
    Shaking(Endpoint, Connecting),
}

/// Sends for the first time, from a port of its own.
fn dial(
    address: SocketAddr,
    client: ClientConfig,
    name: &str,
) -> io::Result<(Endpoint, Connecting)> {
    let local = match address {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    // Sends nothing, but tells at once that there is no route, which quinn takes for a loss.
    UdpSocket::bind(local)?.connect(address)?;
    let endpoint = Endpoint::client(local)?;
    let connecting = endpoint.connect_with(client, address, name).map_err(io::Error::other)?;
    Ok((endpoint, connecting))
}

/// Waits for the server to take up the handshake.
async fn answer(
    (endpoint, mut connecting): (Endpoint, Connecting),
    address: SocketAddr,
    until: Instant,
) -> Answer {
    match timeout_at(until, connecting.handshake_data()).await {
        Ok(Ok(_)) => Answer::Shaking(endpoint, connecting),
        Err(_) | Ok(Err(ConnectionError::TimedOut)) => Answer::None(Attempt::timed_out(address)),
        Ok(Err(ConnectionError::ConnectionClosed(close)))
            if close.error_code == TransportErrorCode::CONNECTION_REFUSED =>
        {
            let error = io::Error::new(io::ErrorKind::ConnectionRefused, shown(&close));
            Answer::None(Attempt::new(address, error))
        }
        Ok(Err(error)) => Answer::Broken(broken(&error)),
    }
}

/// Completes the handshake, and says how it broke off, where it did.
async fn shake_hands(
    endpoint: &Endpoint,
    connecting: Connecting,
    recorder: &Recorder,
    until: Instant,
) -> Option<Broken> {
    let connection = match timeout_at(until, connecting).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return Some(broken(&error)),
        Err(_) => return Some(Broken::TIMED_OUT),
    };
    let verdict = if recorder.is_client_certificate_requested() {
        timeout_at(until, verdict(&connection)).await.ok().flatten()
    } else {
        None
    };
    connection.close(H3_NO_ERROR, b"");
    // So that the close is sent even if the runtime ends with this fetch.
    let _ = timeout(FAREWELL, endpoint.wait_idle()).await;
    verdict
}

/// What the server thinks of the client certificate, if it complains.
///
/// As in TLS 1.3 over TCP, it does so only after the client's end of the handshake; where it does
/// not, it says that the handshake is done (RFC 9001 section 4.1.2).
async fn verdict(connection: &Connection) -> Option<Broken> {
    loop {
        if let Ok(error) = timeout(GLANCE, connection.closed()).await {
            // Whoever closes or falls silent now gave no verdict.
            return Some(broken(&error)).filter(|broken| broken.alert().is_some());
        }
        if connection.stats().frame_rx.handshake_done > 0 {
            return None;
        }
    }
}

/// How a connection broke down.
fn broken(error: &ConnectionError) -> Broken {
    match error {
        ConnectionError::TimedOut => Broken::TIMED_OUT,
        ConnectionError::ConnectionClosed(close) => match alert(close.error_code) {
            Some(alert) => {
                let cause = io::Error::other(Error::AlertReceived(alert));
                Broken::of(kind_of_alert(alert), cause)
            }
            None => Broken::of(FetchErrorKind::ClosedEarly, io::Error::other(shown(error))),
        },
        ConnectionError::ApplicationClosed(_) | ConnectionError::Reset => {
            Broken::of(FetchErrorKind::ClosedEarly, io::Error::other(shown(error)))
        }
        ConnectionError::VersionMismatch => {
            Broken::of(FetchErrorKind::ProtocolVersion, io::Error::other(shown(error)))
        }
        ConnectionError::TransportError(violation)
            if violation.code == TransportErrorCode::CRYPTO_BUFFER_EXCEEDED =>
        {
            Broken::of(FetchErrorKind::MessageTooLarge, io::Error::other(shown(error)))
        }
        // What we found fault with; quinn tells it in words.
        ConnectionError::TransportError(_)
        | ConnectionError::LocallyClosed
        | ConnectionError::CidsExhausted => {
            Broken::of(FetchErrorKind::Tls, io::Error::other(shown(error)))
        }
    }
}

/// What became of a connection, in words: quinn repeats those that the peer closed it with.
fn shown(error: &impl fmt::Display) -> String {
    short(&Escaped(&error.to_string()))
}

/// The alert in an error code, where there is one (RFC 9001 section 4.8).
fn alert(code: TransportErrorCode) -> Option<AlertDescription> {
    let number = u64::from(code).checked_sub(CRYPTO_ERROR)?;
    u8::try_from(number).ok().map(AlertDescription::from)
}

/// The end of one turn, where as many others wait for theirs.
fn share(until: Instant, others: usize) -> Instant {
    let now = Instant::now();
    // There are 16 addresses at the most.
    let turns = u32::try_from(others).unwrap_or(u32::MAX).saturating_add(1);
    now + until.saturating_duration_since(now) / turns
}

/// Adds the address to what was seen there.
fn told(
    address: SocketAddr,
    outcome: Result<(PresentedChain, Peer), Failure>,
) -> Result<(PresentedChain, Peer), Failure> {
    match outcome {
        Ok((chain, peer)) => Ok((chain, peer.with_address(address))),
        Err(failure) => Err(failure.at(address)),
    }
}

/// As little as a server of HTTP/3 must be allowed: it opens three streams (RFC 9114 section 6.2).
fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(3))
        .stream_receive_window(VarInt::from_u32(1024))
        .receive_window(VarInt::from_u32(3 * 1024))
        // Packets that carry a long chain can arrive in any order.
        .crypto_buffer_size(64 * 1024)
        .datagram_receive_buffer_size(None)
        .mtu_discovery_config(None);
    transport
}

/// The name of HTTP/3 in ALPN (RFC 9114 section 3.1).
const HTTP_3: &[u8] = b"h3";

/// RFC 9114 section 8.1.
const H3_NO_ERROR: VarInt = VarInt::from_u32(0x100);

/// Where the error codes that carry an alert begin (RFC 9001 section 4.8).
const CRYPTO_ERROR: u64 = 0x100;

/// How often to look whether the server has said that the handshake is done: quinn does not tell.
const GLANCE: Duration = Duration::from_millis(10);

/// How long the end of a connection may take us.
const FAREWELL: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_broke_down_says_how() {
        let violation = |code: TransportErrorCode| ConnectionError::TransportError(code.into());
        let cases = [
            (ConnectionError::TimedOut, FetchErrorKind::TimedOut),
            (ConnectionError::Reset, FetchErrorKind::ClosedEarly),
            (ConnectionError::VersionMismatch, FetchErrorKind::ProtocolVersion),
            (
                violation(TransportErrorCode::CRYPTO_BUFFER_EXCEEDED),
                FetchErrorKind::MessageTooLarge,
            ),
            // An alert of ours is none of the peer's.
            (violation(TransportErrorCode::crypto(40)), FetchErrorKind::Tls),
            (ConnectionError::LocallyClosed, FetchErrorKind::Tls),
        ];
        for (error, kind) in cases {
            let broken = broken(&error);
            assert_eq!(broken.alert(), None, "{error}");
            assert_eq!(broken.into_failure().kind, kind, "{error}");
        }
    }

    #[test]
    fn a_code_is_an_alert_in_its_range_alone() {
        let code = TransportErrorCode::crypto(116);
        assert_eq!(alert(code), Some(AlertDescription::CertificateRequired));
        assert_eq!(alert(TransportErrorCode::NO_VIABLE_PATH), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_is_shared_among_those_who_wait() {
        let now = Instant::now();
        let until = now + Duration::from_secs(6);
        assert_eq!(share(until, 0), until);
        assert_eq!(share(until, 2), now + Duration::from_secs(2));
        assert_eq!(share(now, 2), now);
    }
}
