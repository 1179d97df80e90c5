//! Who presented a chain, and what the handshake showed.

use std::borrow::Cow;
use std::net::SocketAddr;

/// Who presented a chain, and what the handshake with it showed.
///
/// A fetch fills it in. Build one yourself for a chain that came out of a handshake of your own;
/// whatever was not seen is left out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Peer {
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    address: Option<SocketAddr>,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    protocol: Option<Cow<'static, str>>,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    cipher_suite: Option<Cow<'static, str>>,
    #[cfg_attr(feature = "serde", serde(default, rename = "handshake"))]
    possession: Possession,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    possession_detail: Option<Cow<'static, str>>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "ClientCertificate::is_not_requested")
    )]
    client_certificate: ClientCertificate,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    late_failure: Option<LateFailure>,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    legacy: bool,
}

impl Peer {
    /// A peer of which nothing is known yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            address: None,
            protocol: None,
            cipher_suite: None,
            possession: Possession::Unproven,
            possession_detail: None,
            client_certificate: ClientCertificate::NotRequested,
            late_failure: None,
            legacy: false,
        }
    }

    /// Sets the address that answered.
    #[must_use]
    pub const fn with_address(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Sets the protocol version that was agreed, written as `TLSv1.3`.
    #[must_use]
    pub fn with_protocol(mut self, protocol: impl Into<Cow<'static, str>>) -> Self {
        self.protocol = Some(protocol.into());
        self
    }

    /// Sets the cipher suite that was agreed, written as `TLS13_AES_256_GCM_SHA384`.
    #[must_use]
    pub fn with_cipher_suite(mut self, suite: impl Into<Cow<'static, str>>) -> Self {
        self.cipher_suite = Some(suite.into());
        self
    }

    /// Sets whether the peer proved that it holds the end-entity certificate's private key.
    #[must_use]
    pub const fn with_possession(mut self, possession: Possession) -> Self {
        self.possession = possession;
        self
    }

    /// Sets why possession failed, or could not be proven.
    #[must_use]
    pub fn with_possession_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.possession_detail = Some(detail.into());
        self
    }

    /// Sets whether the peer asked for a client certificate.
    #[must_use]
    pub const fn with_client_certificate(mut self, request: ClientCertificate) -> Self {
        self.client_certificate = request;
        self
    }

    /// Sets how the handshake failed after the chain had arrived.
    #[must_use]
    pub fn with_late_failure(mut self, failure: LateFailure) -> Self {
        self.late_failure = Some(failure);
        self
    }

    /// Says that the chain was read from the plain text of an old handshake, one that went no
    /// further: the server speaks no protocol version or cipher suite of today.
    #[must_use]
    pub const fn with_legacy_handshake(mut self) -> Self {
        self.legacy = true;
        self
    }

    /// The address that answered.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The protocol version that was agreed, such as `TLSv1.3`.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// The cipher suite that was agreed, such as `TLS13_AES_256_GCM_SHA384`.
    #[must_use]
    pub fn cipher_suite(&self) -> Option<&str> {
        self.cipher_suite.as_deref()
    }

    /// Whether the peer proved that it holds the end-entity certificate's private key.
    #[must_use]
    pub const fn possession(&self) -> Possession {
        self.possession
    }

    /// Why possession failed, or could not be proven.
    #[must_use]
    pub fn possession_detail(&self) -> Option<&str> {
        self.possession_detail.as_deref()
    }

    /// Whether the peer asked for a client certificate.
    #[must_use]
    pub const fn client_certificate(&self) -> ClientCertificate {
        self.client_certificate
    }

    /// Whether the chain was read from the plain text of an old handshake.
    #[must_use]
    pub const fn is_legacy_handshake(&self) -> bool {
        self.legacy
    }

    /// How the handshake failed after the chain had arrived, where it did.
    #[must_use]
    pub const fn late_failure(&self) -> Option<&LateFailure> {
        self.late_failure.as_ref()
    }
}

/// Whether a peer proved that it holds the private key of the end-entity certificate that it
/// presented (RFC 8446 section 4.4.3, RFC 5246 section 7.4.3).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Possession {
    /// The handshake signature verifies with the certificate's key.
    Proven,
    /// The handshake signature does not verify with the certificate's key.
    Failed,
    /// There is a handshake signature that the crypto provider has no means to verify.
    NotProvable,
    /// No handshake signature was seen.
    #[default]
    Unproven,
}

/// Whether a peer asked for a client certificate, and what became of ours.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ClientCertificate {
    /// It did not ask.
    #[default]
    NotRequested,
    /// It asked, and went on without one.
    Requested,
    /// It asked, and refused the connection for want of one.
    Required,
    /// It asked, was shown ours, and went on.
    Presented,
    /// It asked, was shown ours, and refused the connection.
    Rejected,
}

#[cfg(feature = "serde")]
impl ClientCertificate {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    const fn is_not_requested(&self) -> bool {
        matches!(self, Self::NotRequested)
    }
}

/// A handshake that failed after the chain had arrived.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub enum LateFailure {
    /// The peer gave up: it sent an alert, closed, reset, or fell silent.
    #[cfg_attr(feature = "serde", serde(rename = "peer"))]
    ByPeer(String),
    /// We had to give up: the peer did something that the TLS library does not support or allow.
    #[cfg_attr(feature = "serde", serde(rename = "local"))]
    ByUs(String),
}
