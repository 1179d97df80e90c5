//! The TLS handshake inside QUIC, which is what HTTP/3 begins with (RFC 9001, RFC 9114).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, TransportConfig, VarInt};
use rustls::{AlertDescription, Error};
use tokio::time::{Instant, timeout_at};

use super::broken::Broken;
use super::connect::in_order;
use super::error::Failure;
use super::offer::Offer;
use super::recorder::Recorder;
use super::tls::{Handshakes, conclude, config_of};
use super::{Attempt, FetchErrorKind, Phase};
use crate::chain::{Peer, PresentedChain};
use crate::target::View;

/// Fetches one view of the first address that answers, asking one after the other: each has its
/// fair part of the time that is left.
///
/// In QUIC connecting and shaking hands are one, so that what comes before the deadline is the
/// handshake's, and silence is an address that can't be reached.
pub(super) async fn fetch(
    handshakes: &Handshakes,
    addresses: Vec<SocketAddr>,
    view: &View,
    until: Instant,
) -> Result<(PresentedChain, Peer, SocketAddr), Failure> {
    let addresses = in_order(addresses);
    let mut silent = Vec::new();
    for (index, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let share = until.saturating_duration_since(Instant::now()) / left;
        match shake_hands(handshakes, *address, view, Instant::now() + share).await {
            Ok((chain, peer)) => return Ok((chain, peer, *address)),
            Err(failure) if failure.kind == FetchErrorKind::TimedOut => {
                silent.push(Attempt::timed_out(*address));
            }
            Err(failure) => return Err(failure.at(*address)),
        }
    }
    Err(Failure::new(Phase::Connect, FetchErrorKind::TimedOut).after(silent))
}

async fn shake_hands(
    handshakes: &Handshakes,
    address: SocketAddr,
    view: &View,
    until: Instant,
) -> Result<(PresentedChain, Peer), Failure> {
    let Some(offer) = handshakes.offer(view.key_type) else {
        return Err(Failure::new(Phase::Handshake, FetchErrorKind::NoCipherInCommon));
    };
    let recorder = handshakes.recorder(offer);
    let config = client_config(offer, &recorder, until)?;
    // For an address no server name is sent (RFC 6066 section 3).
    let name = view.server_name.as_ref().map_or("0.0.0.0", |name| name.as_str());
    let broken_off = |error| Failure::broken(Phase::Connect, error);
    let endpoint = Endpoint::client(unspecified(address)).map_err(broken_off)?;
    let connecting = endpoint
        .connect_with(config, address, name)
        .map_err(|error| broken_off(io::Error::other(error)))?;
    let broken = match timeout_at(until, connecting).await {
        Ok(Ok(connection)) => verdict(&connection, &recorder, until).await,
        Ok(Err(error)) => Some(broken(error)),
        Err(_) => Some(Broken::TIMED_OUT),
    };
    conclude(recorder.take(), None, broken)
}

/// What the peer thinks of the handshake, where it asked for a client certificate: as in TLS over
/// TCP, the client's end of the handshake is not answered otherwise.
async fn verdict(connection: &Connection, recorder: &Recorder, until: Instant) -> Option<Broken> {
    let closed = if recorder.is_client_certificate_requested() {
        timeout_at(until.min(Instant::now() + LAST_WORDS), connection.closed()).await.ok()
    } else {
        None
    };
    connection.close(VarInt::from_u32(H3_NO_ERROR), b"");
    closed.map(broken).filter(|broken| broken.alert().is_some())
}

fn client_config(
    offer: &Offer,
    recorder: &Arc<Recorder>,
    until: Instant,
) -> Result<ClientConfig, Failure> {
    let mut tls = config_of(offer, recorder);
    tls.alpn_protocols = vec![b"h3".to_vec()];
    // Needs TLS 1.3 with AES-128-GCM, by which the first packets are protected.
    let crypto = QuicClientConfig::try_from(tls).map_err(|error| {
        Failure::new(Phase::Handshake, FetchErrorKind::NoCipherInCommon)
            .caused_by(io::Error::other(error))
    })?;
    let mut transport = TransportConfig::default();
    // No stream is ever opened, and none is accepted.
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .crypto_buffer_size(HANDSHAKE_LIMIT)
        .datagram_receive_buffer_size(None)
        .mtu_discovery_config(None);
    let idle = until.saturating_duration_since(Instant::now());
    transport.max_idle_timeout(idle.try_into().ok());
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(transport));
    Ok(config)
}

const fn unspecified(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) => SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        SocketAddr::V6(_) => SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
    }
}

/// In the terms of TLS over TCP: an alert comes as a transport error (RFC 9001 section 4.8).
fn broken(error: ConnectionError) -> Broken {
    match error {
        ConnectionError::TimedOut => Broken::TIMED_OUT,
        ConnectionError::VersionMismatch => Broken::of(FetchErrorKind::ProtocolVersion, error),
        ConnectionError::ConnectionClosed(ref close) => {
            match u64::from(close.error_code).checked_sub(CRYPTO_ERROR).map(u8::try_from) {
                Some(Ok(alert)) => {
                    let alert = AlertDescription::from(alert);
                    Broken::of_io(io::Error::other(Error::AlertReceived(alert)))
                }
                _ => Broken::of(FetchErrorKind::ClosedEarly, error),
            }
        }
        ConnectionError::ApplicationClosed(_) | ConnectionError::Reset => {
            Broken::of(FetchErrorKind::ClosedEarly, error)
        }
        ConnectionError::TransportError(_)
        | ConnectionError::LocallyClosed
        | ConnectionError::CidsExhausted => Broken::of(FetchErrorKind::Tls, error),
    }
}

/// RFC 9000 section 20.1: 0x0100 to 0x01ff.
const CRYPTO_ERROR: u64 = 0x100;

/// RFC 9114 section 8.1.
const H3_NO_ERROR: u32 = 0x100;

/// As much as a handshake over TCP may take.
const HANDSHAKE_LIMIT: usize = 256 * 1024;

/// How long a peer that has asked for a client certificate may think about it: one that is content
/// says nothing, and waits for a request.
const LAST_WORDS: Duration = Duration::from_secs(1);
