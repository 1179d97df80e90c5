//! What a fetch was doing, and what kept it from its chain.

use std::fmt;
use std::io;

/// What a fetch was doing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Phase {
    /// Asking for the name's addresses, and choosing those that may be connected to.
    Resolve,
    /// Connecting to them.
    Connect,
    /// Reaching the proxy, and asking it to connect.
    Proxy,
    /// Talking in plain text until the server agrees to TLS.
    StartTls,
    /// Shaking hands with the one that answered.
    Handshake,
}

impl Phase {
    /// `resolve`, `connect`, `proxy`, `starttls` or `handshake`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::StartTls => "starttls",
            Self::Handshake => "handshake",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What kept a fetch from its chain.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum FetchErrorKind {
    /// The [`AddressPolicy`](super::AddressPolicy) forbids every address that was found.
    AddressForbidden,
    /// The peer sent an alert that has no kind of its own: its number (RFC 8446 section 6).
    Alert(u8),
    /// More bytes followed the go-ahead in plain text, before TLS began: somebody in between may
    /// have injected them, and a careless client would take them for protected ones.
    BytesBeforeTls,
    /// One look of many was cancelled before it was done: the runtime on which it ran is shutting
    /// down. The phase is [`Phase::Resolve`], for how far it came is not known.
    Cancelled,
    /// The peer closed or reset the connection.
    ClosedEarly,
    /// The connection could not be made or used for any other reason, such as a firewall of our
    /// own or a want of file descriptors.
    Io,
    /// The peer sent a message, a record or a handshake that is too large to be honest.
    MessageTooLarge,
    /// There is no such name, or it has no address.
    NameNotFound,
    /// The peer shook hands without a certificate.
    NoCertificate,
    /// The peer can't use any cipher suite, key exchange group or signature scheme that was
    /// offered: it is old, or has a key of a kind that the crypto provider does not know.
    NoCipherInCommon,
    /// The peer answered with something else: it may want a STARTTLS command first.
    NotTls(NotTls),
    /// One look of many ended in a panic, such as a resolver's of the caller's own. The phase is
    /// [`Phase::Resolve`], for how far it came is not known.
    Panicked,
    /// The port is none of those that may be connected to.
    PortForbidden,
    /// The peer speaks older versions only, or none that it has a key for.
    ProtocolVersion,
    /// The proxy wants other credentials, or any (407 or 401, or the SOCKS5 authentication).
    ProxyAuthentication,
    /// The proxy could not reach the target (502, 503, 504 or another 5xx, or the reply of a SOCKS5
    /// proxy).
    ProxyCantReach,
    /// The proxy may not connect to the target, or will not (403 or another 4xx, or the ruleset of
    /// SOCKS5).
    ProxyForbids,
    /// The certificate of a proxy that is spoken to in TLS is not to be trusted.
    ProxyUntrusted,
    /// Every address that could be reached refused the connection.
    Refused,
    /// The name could not be resolved; whether it exists is unknown.
    ResolutionFailed,
    /// The server speaks the protocol, and does not offer to start TLS.
    StartTlsNotOffered,
    /// The server was asked to start TLS and refused, or would not serve us to begin with.
    StartTlsRefused,
    /// The phase's time was up.
    TimedOut,
    /// The peer did what TLS does not allow, or the TLS library does not support.
    Tls,
    /// The peer speaks TLS from the first byte, where plain text was to come first.
    TlsAlready,
    /// No address could be reached.
    Unreachable,
    /// The answer of a proxy, or of a server that was to start TLS, could not be understood.
    UnreadableReply,
    /// The peer has no certificate for the server name, and says so.
    UnrecognisedName,
    /// The protocol needs a feature of this crate that is not built in, or can't be spoken over
    /// this connection: HTTP/3 through a proxy, or over a stream of the caller's.
    Unsupported,
}

impl FetchErrorKind {
    /// What became of a connection in use.
    pub(super) fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof => Self::ClosedEarly,
            _ => Self::Io,
        }
    }

    /// A stable name in kebab-case, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AddressForbidden => "address-forbidden",
            Self::Alert(_) => "alert",
            Self::BytesBeforeTls => "bytes-before-tls",
            Self::Cancelled => "cancelled",
            Self::ClosedEarly => "closed-early",
            Self::Io => "io",
            Self::MessageTooLarge => "message-too-large",
            Self::NameNotFound => "name-not-found",
            Self::NoCertificate => "no-certificate",
            Self::NoCipherInCommon => "no-cipher-in-common",
            Self::NotTls(_) => "not-tls",
            Self::Panicked => "panicked",
            Self::PortForbidden => "port-forbidden",
            Self::ProtocolVersion => "protocol-version",
            Self::ProxyAuthentication => "proxy-authentication",
            Self::ProxyCantReach => "proxy-cant-reach",
            Self::ProxyForbids => "proxy-forbids",
            Self::ProxyUntrusted => "proxy-untrusted",
            Self::Refused => "refused",
            Self::ResolutionFailed => "resolution-failed",
            Self::StartTlsNotOffered => "starttls-not-offered",
            Self::StartTlsRefused => "starttls-refused",
            Self::TimedOut => "timed-out",
            Self::Tls => "tls",
            Self::TlsAlready => "tls-already",
            Self::Unreachable => "unreachable",
            Self::UnreadableReply => "unreadable-reply",
            Self::UnrecognisedName => "unrecognised-name",
            Self::Unsupported => "unsupported",
        }
    }
}

impl fmt::Display for FetchErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddressForbidden => "the policy forbids to connect there",
            Self::Alert(number) => return write!(f, "the peer gave up with alert {number}"),
            Self::BytesBeforeTls => "more plain text followed the go-ahead for TLS",
            Self::Cancelled => "the look was cancelled",
            Self::ClosedEarly => "the peer closed the connection",
            Self::Io => "the connection broke down",
            Self::MessageTooLarge => "the peer sent more than a handshake may hold",
            Self::NameNotFound => "there is no address for the name",
            Self::NoCertificate => "the peer presented no certificate",
            Self::NoCipherInCommon => "no cipher suite, group or signature scheme in common",
            Self::NotTls(speech) => return write!(f, "the peer does not speak TLS{speech}"),
            Self::Panicked => "the look ended in a panic",
            Self::PortForbidden => "the port is none of those allowed",
            Self::ProtocolVersion => "the peer accepts neither TLS 1.2 nor TLS 1.3",
            Self::ProxyAuthentication => "the proxy wants other credentials",
            Self::ProxyCantReach => "the proxy could not reach the target",
            Self::ProxyForbids => "the proxy will not connect to the target",
            Self::ProxyUntrusted => "the certificate of the proxy is not trusted",
            Self::Refused => "the connection was refused",
            Self::ResolutionFailed => "the name could not be resolved",
            Self::StartTlsNotOffered => "the server does not offer to start TLS",
            Self::StartTlsRefused => "the server refused to start TLS",
            Self::TimedOut => "timed out",
            Self::Tls => "the peer broke the TLS protocol",
            Self::TlsAlready => "the peer speaks TLS from the first byte",
            Self::Unreachable => "the address can't be reached",
            Self::UnreadableReply => "the answer could not be understood",
            Self::UnrecognisedName => "the peer does not serve that name",
            Self::Unsupported => "that protocol can't be spoken here",
        })
    }
}

/// What a peer that does not speak TLS seems to speak, by its first bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum NotTls {
    /// FTP.
    Ftp,
    /// HTTP.
    Http,
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// SMTP.
    Smtp,
    /// SSH.
    Ssh,
    /// Something else.
    Unknown,
}

impl fmt::Display for NotTls {
    /// Nothing where it is unknown, else `, but HTTP` and the like.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ftp => ", but FTP",
            Self::Http => ", but HTTP",
            Self::Imap => ", but IMAP",
            Self::Pop3 => ", but POP3",
            Self::Smtp => ", but SMTP",
            Self::Ssh => ", but SSH",
            Self::Unknown => "",
        })
    }
}
