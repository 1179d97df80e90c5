//! Who is looked at: host, port, protocol, names.
//!
//! A [`Target`] says where to connect, what to send as server name, and which names the
//! certificate must hold; a [`Subject`] says what a chain, wherever it came from, is judged as.
//!
//! ```
//! use notafter::target::Target;
//!
//! let target: Target = "Example.com".parse()?;
//! assert_eq!(target.to_string(), "https://example.com:443");
//!
//! // The same site, asked of one origin server behind the load balancer.
//! let origin: Target = "example.com;connect=192.0.2.10:8443".parse()?;
//! assert_eq!(origin.dial_host().to_string(), "192.0.2.10");
//! assert_eq!(origin.sni(), target.sni());
//! # Ok::<(), notafter::target::TargetError>(())
//! ```

mod error;
mod name;
mod parse;
mod protocol;
#[cfg(feature = "serde")]
mod serde;
mod subject;
mod view;

use std::fmt;
use std::num::NonZero;
use std::slice;
use std::str::FromStr;
use std::sync::Arc;

pub use self::error::{PurposeError, TargetError, TargetErrorKind};
pub use self::name::{DnsName, Host};
pub use self::protocol::{Opening, Protocol};
pub use self::subject::{Purpose, Subject};
pub use self::view::{KeyType, Transport, View};

/// A server to look at: protocol, host and port, and what to do differently from the obvious.
///
/// By default the host is what is dialled, what is sent as server name (SNI), and what the
/// certificate must name. Each of the three can be set apart: [`connect_to`](Self::connect_to),
/// [`server_name`](Self::server_name) or [`without_server_name`](Self::without_server_name),
/// and [`expect_name`](Self::expect_name). None of them changes another.
///
/// # Syntax
///
/// ```text
/// [scheme "://"] host [":" port] *(";" parameter) [path]
/// ```
///
/// - The scheme is that of a [`Protocol`], in any case; without one it is `https`. Each has its
///   default port, but for `tls`, where the port must be given.
/// - The host is a DNS name, an IPv4 address or an IPv6 address, see [`Host`]. An IPv6 address
///   needs brackets only if a port follows.
/// - The parameters are `connect=host:port`, `sni=name`, `no-sni` and `name=host`, the last one
///   repeatable. They stand in any order, in lower case, and before the path.
/// - A path, query and fragment are dropped. They are accepted only behind a scheme, so that
///   `192.0.2.0/24` is not taken for a single address.
/// - White space is refused everywhere, at both ends too: trim first where lines are read.
///
/// # Equality and printing
///
/// `Display` prints scheme and port always and the parameters in the order above, and parsing
/// that gives an equal target. An override is kept even where it repeats the default: two
/// targets are equal if they are spelled the same in this form.
///
/// ```
/// # use notafter::target::Target;
/// let target: Target = "https://example.com/login;sni=other.example;no-sni".parse()?;
/// assert_eq!(target.to_string(), "https://example.com:443");
///
/// let target: Target = "tls://[2001:db8::1]:8443;name=b.example;name=a.example;no-sni".parse()?;
/// assert_eq!(
///     target.to_string(),
///     "tls://[2001:db8::1]:8443;no-sni;name=b.example;name=a.example"
/// );
/// # Ok::<(), notafter::target::TargetError>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Target {
    protocol: Protocol,
    host: Host,
    port: NonZero<u16>,
    /// Where to connect instead of `host` and `port`.
    dial: Option<(Host, NonZero<u16>)>,
    server_name: ServerName,
    /// The reference identities instead of `host`; shared, as each check copies them.
    names: Option<Arc<[Host]>>,
}

impl Target {
    /// An HTTPS server at `host` and `port`, with no overrides.
    #[must_use]
    pub const fn new(host: Host, port: NonZero<u16>) -> Self {
        Self {
            protocol: Protocol::Https,
            host,
            port,
            dial: None,
            server_name: ServerName::Host,
            names: None,
        }
    }

    /// The same target spoken to in another protocol; the port stays.
    #[must_use]
    pub fn with_protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Connects to `host` and `port` instead of the target's own.
    ///
    /// For one server of many behind a name, an origin behind a CDN, or a server that is not in
    /// the DNS yet. Server name and reference identities stay those of the target.
    #[must_use]
    pub fn connect_to(mut self, host: Host, port: NonZero<u16>) -> Self {
        self.dial = Some((host, port));
        self
    }

    /// Sends `name` as server name (SNI) instead of the host.
    ///
    /// The reference identities stay: [`expect_name`](Self::expect_name) changes those.
    #[must_use]
    pub fn server_name(mut self, name: DnsName) -> Self {
        self.server_name = ServerName::Name(name);
        self
    }

    /// Sends no server name (SNI), to see the server's default certificate.
    #[must_use]
    pub fn without_server_name(mut self) -> Self {
        self.server_name = ServerName::Omit;
        self
    }

    /// Requires the certificate to name `name` instead of the host.
    ///
    /// The first call replaces the host, further calls add to the list: the certificate must then
    /// hold all of them, where RFC 9525 would be content with one. A name that is in the list already is not added again.
    #[must_use]
    pub fn expect_name(mut self, name: Host) -> Self {
        let names = self.names.as_deref().unwrap_or_default();
        if !names.contains(&name) {
            self.names = Some(names.iter().cloned().chain([name]).collect());
        }
        self
    }

    /// The protocol that is spoken.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The host that the target is known by.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// The port that the target is known by, never 0.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port.get()
    }

    /// The host to connect to.
    #[must_use]
    pub fn dial_host(&self) -> &Host {
        self.dial.as_ref().map_or(&self.host, |(host, _)| host)
    }

    /// The port to connect to, never 0.
    #[must_use]
    pub fn dial_port(&self) -> u16 {
        self.dial.as_ref().map_or(self.port, |(_, port)| *port).get()
    }

    /// The server name to send, if any.
    ///
    /// An IP address is never sent: only DNS names may be,
    /// [RFC 6066 section 3](https://www.rfc-editor.org/rfc/rfc6066#section-3).
    #[must_use]
    pub const fn sni(&self) -> Option<&DnsName> {
        match (&self.server_name, &self.host) {
            (ServerName::Name(name), _) | (ServerName::Host, Host::Dns(name)) => Some(name),
            (ServerName::Host, Host::Ip(_)) | (ServerName::Omit, _) => None,
        }
    }

    /// The names that the certificate must hold, all of them; never empty.
    ///
    /// The reference identifiers of
    /// [RFC 9525 section 6.1](https://www.rfc-editor.org/rfc/rfc9525#section-6.1).
    #[must_use]
    pub fn reference_identities(&self) -> &[Host] {
        self.names.as_deref().unwrap_or_else(|| slice::from_ref(&self.host))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.in_url();
        write!(f, "{}://{host}:{}", self.protocol, self.port)?;
        if let Some((host, port)) = &self.dial {
            write!(f, ";connect={}:{port}", host.in_url())?;
        }
        match &self.server_name {
            ServerName::Host => {}
            ServerName::Name(name) => write!(f, ";sni={name}")?,
            ServerName::Omit => f.write_str(";no-sni")?,
        }
        for name in self.names.as_deref().unwrap_or_default() {
            write!(f, ";name={}", name.in_url())?;
        }
        Ok(())
    }
}

/// Parses the syntax above.
///
/// # Errors
///
/// A [`TargetError`] that names the input, for example for `""`, `example.com:0`,
/// `example.com:https`, `tls://example.com` (no port), `gopher://example.com`, `127.1`, `a..b`,
/// `user@example.com`, `*.example.com`, `fe80::1%eth0`, or `example.com;sni`.
/// [`TargetErrorKind`] lists the reasons.
impl FromStr for Target {
    type Err = TargetError;

    fn from_str(input: &str) -> Result<Self, TargetError> {
        parse::target(input).map_err(|kind| TargetError::new(input, kind))
    }
}

impl TryFrom<&str> for Target {
    type Error = TargetError;

    fn try_from(input: &str) -> Result<Self, TargetError> {
        input.parse()
    }
}

/// What is sent in the server_name extension.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum ServerName {
    /// The host, if it is a DNS name.
    Host,
    Name(DnsName),
    Omit,
}
