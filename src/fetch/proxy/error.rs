//! Why a text says no proxy.

use std::fmt;

/// Why something is no proxy, or can't be used as one.
///
/// The text itself is never repeated: it may hold a password.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub struct ProxyError {
    kind: ProxyErrorKind,
    variable: Option<&'static str>,
}

impl ProxyError {
    pub(super) const fn of_variable(self, variable: &'static str) -> Self {
        Self { variable: Some(variable), ..self }
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> ProxyErrorKind {
        self.kind
    }

    /// The environment variable that the text comes from, where it comes from one.
    #[must_use]
    pub const fn variable(&self) -> Option<&'static str> {
        self.variable
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.variable {
            Some(variable) => write!(f, "{variable} names no proxy: {}", self.kind),
            None => write!(f, "no proxy: {}", self.kind),
        }
    }
}

impl From<ProxyErrorKind> for ProxyError {
    fn from(kind: ProxyErrorKind) -> Self {
        Self { kind, variable: None }
    }
}

/// What is wrong with the text of a [`Proxy`](super::Proxy), or with what was set on it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyErrorKind {
    /// A control character, or a colon in the user name of an HTTP proxy (RFC 7617 section 2).
    #[error("the credentials hold a character that can't be sent")]
    CredentialCharacter,
    /// SOCKS5 has room for 1 to 255 bytes of user name and up to 255 of password (RFC 1929).
    #[error("the user name or the password is too short or too long for SOCKS5")]
    CredentialLength,
    /// The host is missing, or is neither a DNS name nor an IP address.
    #[error("the host is neither a DNS name nor an IP address")]
    InvalidHost,
    /// The port is no number from 1 to 65535.
    #[error("the port is not a number from 1 to 65535")]
    InvalidPort,
    /// The PEM text holds no certificate.
    #[error("there is no certificate to trust")]
    NoCertificate,
    /// A `%` without two hexadecimal digits.
    #[error("the credentials hold a % without two hexadecimal digits")]
    PercentEncoding,
    /// Something stands behind the port: a proxy has no path. A `/`, `?` or `#` in a password is
    /// written `%2F`, `%3F` or `%23`.
    #[error("something follows the port")]
    TrailingText,
    /// The scheme is none of `http`, `https`, `socks5` and `socks5h`.
    #[error("the scheme is none of http, https, socks5 and socks5h")]
    UnknownScheme,
    /// A certificate to trust can't be read.
    #[error("a certificate to trust can't be read")]
    UnusableCertificate,
}
