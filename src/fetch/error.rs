//! Why nothing could be fetched.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use super::{FetchErrorKind, NotTls, Phase};
use crate::target::Target;

/// Why no chain could be fetched from a target.
///
/// [`kind`](Self::kind) says what happened and [`phase`](Self::phase) when. `Display` names the
/// phase, the target and the addresses; the cause below is the [`source`](StdError::source).
/// Nothing in it is text that the peer wrote.
///
/// An expired, untrusted or misnamed chain is no error: it is fetched like any other.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct FetchError(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    target: String,
    failure: Failure,
}

impl FetchError {
    pub(super) fn new(target: &Target, failure: Failure) -> Self {
        Self(Arc::new(Inner { target: target.to_string(), failure }))
    }

    /// The task that looked at the target ended without a result. How far it came is not known, so
    /// the phase is the first.
    pub(crate) fn unfinished(target: &Target, kind: FetchErrorKind) -> Self {
        Self::new(target, Failure::new(Phase::Resolve, kind))
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> FetchErrorKind {
        self.0.failure.kind
    }

    /// What was under way when it happened.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.failure.phase
    }

    /// The target, in the form in which it is written.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.0.target
    }

    /// The address that was connected to, where one was.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.failure.address
    }

    /// The addresses that could not be connected to, in the order in which they failed.
    ///
    /// Empty unless the phase is [`Phase::Connect`].
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.failure.attempts
    }
}

impl fmt::Debug for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { target, failure } = &*self.0;
        f.debug_struct("FetchError")
            .field("target", target)
            .field("phase", &failure.phase)
            .field("kind", &failure.kind)
            .field("address", &failure.address)
            .field("attempts", &failure.attempts)
            .field("cause", &failure.cause)
            .finish()
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { target, failure } = &*self.0;
        write!(f, "{} failed for {target}", failure.phase)?;
        let tried = failure.attempts.iter().map(Attempt::address);
        for (index, address) in failure.address.into_iter().chain(tried).take(SHOWN).enumerate() {
            f.write_str(if index == 0 { " at " } else { ", " })?;
            write!(f, "{address}")?;
        }
        let untold = failure.attempts.len().saturating_sub(SHOWN);
        if untold > 0 {
            write!(f, " and {untold} more")?;
        }
        write!(f, ": {}", failure.kind)
    }
}

impl StdError for FetchError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let failure = &self.0.failure;
        let decisive = failure.attempts.iter().find(|attempt| attempt.kind() == failure.kind);
        match (&failure.cause, decisive) {
            (Some(cause), _) => Some(cause),
            (None, Some(attempt)) => Some(&attempt.error),
            (None, None) => None,
        }
    }
}

/// An address that could not be connected to.
#[derive(Debug)]
pub struct Attempt {
    address: SocketAddr,
    kind: FetchErrorKind,
    error: io::Error,
}

impl Attempt {
    pub(super) fn new(address: SocketAddr, error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::ConnectionRefused => FetchErrorKind::Refused,
            // A host without IPv6 says that the address is not available.
            io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::AddrNotAvailable => FetchErrorKind::Unreachable,
            io::ErrorKind::TimedOut => FetchErrorKind::TimedOut,
            _ => FetchErrorKind::Io,
        };
        Self { address, kind, error }
    }

    pub(super) fn timed_out(address: SocketAddr) -> Self {
        Self::new(address, io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))
    }

    /// The address that was tried.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> FetchErrorKind {
        self.kind
    }

    /// The cause.
    #[must_use]
    pub fn error(&self) -> &io::Error {
        &self.error
    }
}

/// A phase that failed, before it is known whose.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) phase: Phase,
    pub(super) kind: FetchErrorKind,
    address: Option<SocketAddr>,
    attempts: Vec<Attempt>,
    cause: Option<io::Error>,
}

impl Failure {
    pub(super) const fn new(phase: Phase, kind: FetchErrorKind) -> Self {
        Self { phase, kind, address: None, attempts: Vec::new(), cause: None }
    }

    pub(super) fn at(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    pub(super) fn after(mut self, attempts: Vec<Attempt>) -> Self {
        self.attempts = attempts;
        self
    }

    pub(super) fn caused_by(mut self, cause: io::Error) -> Self {
        self.cause = Some(cause);
        self
    }
}

impl FetchErrorKind {
    /// A stable name in kebab-case, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Alert(_) => "alert",
            Self::Cancelled => "cancelled",
            Self::ClosedEarly => "closed-early",
            Self::Io => "io",
            Self::MessageTooLarge => "message-too-large",
            Self::NameNotFound => "name-not-found",
            Self::NoCertificate => "no-certificate",
            Self::NoCipherInCommon => "no-cipher-in-common",
            Self::NotTls(_) => "not-tls",
            Self::Panicked => "panicked",
            Self::ProtocolVersion => "protocol-version",
            Self::Refused => "refused",
            Self::ResolutionFailed => "resolution-failed",
            Self::TimedOut => "timed-out",
            Self::Tls => "tls",
            Self::Unreachable => "unreachable",
            Self::UnrecognisedName => "unrecognised-name",
        }
    }
}

impl fmt::Display for FetchErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alert(number) => return write!(f, "the peer gave up with alert {number}"),
            Self::Cancelled => "the look was cancelled",
            Self::ClosedEarly => "the peer closed the connection",
            Self::Io => "the connection broke down",
            Self::MessageTooLarge => "the peer sent more than a handshake may hold",
            Self::NameNotFound => "there is no address for the name",
            Self::NoCertificate => "the peer presented no certificate",
            Self::NoCipherInCommon => "no cipher suite, group or signature scheme in common",
            Self::NotTls(speech) => return write!(f, "the peer does not speak TLS{speech}"),
            Self::Panicked => "the look ended in a panic",
            Self::ProtocolVersion => "the peer accepts neither TLS 1.2 nor TLS 1.3",
            Self::Refused => "the connection was refused",
            Self::ResolutionFailed => "the name could not be resolved",
            Self::TimedOut => "timed out",
            Self::Tls => "the peer broke the TLS protocol",
            Self::Unreachable => "the address can't be reached",
            Self::UnrecognisedName => "the peer does not serve that name",
        })
    }
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

impl Phase {
    /// `resolve`, `connect` or `handshake`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Handshake => "handshake",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many addresses a message names.
const SHOWN: usize = 4;
