//! The views that clients can have of one target.

use std::fmt;
use std::net::SocketAddr;

use super::{DnsName, Opening, Target};

/// One of the views that clients can have of a target: servers show different chains at different
/// addresses, to clients that can use different keys, and to those that send no server name.
///
/// `Display` names what sets it apart: `192.0.2.1:443, RSA, without a server name`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct View {
    /// The address that is connected to; not known where a proxy chooses it.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub address: Option<SocketAddr>,
    /// The one type of key that the client can use; otherwise it offers all it can.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub key_type: Option<KeyType>,
    /// The server name that the client sends (SNI), where it sends one.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub server_name: Option<DnsName>,
    /// What carries the handshake.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Transport::is_tcp"))]
    pub transport: Transport,
}

impl View {
    /// The view of a client that goes wherever the target leads, and offers all it can.
    #[must_use]
    pub fn of(target: &Target) -> Self {
        Self {
            address: None,
            key_type: None,
            server_name: target.sni().cloned(),
            transport: match target.protocol().opening() {
                Opening::Quic => Transport::Quic,
                Opening::StartTls | Opening::Tls => Transport::Tcp,
            },
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{address}")?,
            None => f.write_str("any address")?,
        }
        if self.transport == Transport::Quic {
            f.write_str(", QUIC")?;
        }
        if let Some(key_type) = self.key_type {
            write!(f, ", {key_type}")?;
        }
        if self.server_name.is_none() {
            f.write_str(", without a server name")?;
        }
        Ok(())
    }
}

/// The type of key that a certificate has to have for a client to use it.
///
/// Servers with certificates of both types choose by what the client offers.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum KeyType {
    /// RSA.
    Rsa,
    /// ECDSA, and whatever else is not RSA, such as EdDSA and ML-DSA.
    Ecdsa,
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa => "RSA",
            Self::Ecdsa => "ECDSA",
        })
    }
}

/// What carries a handshake.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Transport {
    /// TCP.
    #[default]
    Tcp,
    /// QUIC, which is what HTTP/3 runs on.
    Quic,
}

#[cfg(feature = "serde")]
impl Transport {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    const fn is_tcp(&self) -> bool {
        matches!(self, Self::Tcp)
    }
}
