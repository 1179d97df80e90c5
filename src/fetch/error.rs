//! Why nothing could be fetched.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use super::{FetchErrorKind, Phase};
use crate::escape::{Escaped, short};
use crate::target::Target;

/// Why no chain could be fetched from a target.
///
/// [`kind`](Self::kind) says what happened and [`phase`](Self::phase) when. `Display` names the
/// phase, the target and the addresses; the cause below is the [`source`](StdError::source).
///
/// What the peer wrote in plain text ([`peer_said`](Self::peer_said)) stands in the source alone,
/// escaped and cut: leave the sources out where an answer goes to somebody who chose the target.
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

    /// The address that was connected to, where one was: in [`Phase::Proxy`] that of the proxy,
    /// later that of the target, which is not known where a proxy resolved its name.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.failure.address
    }

    /// What the peer said in plain text where it refused, or could not be understood: its line of
    /// SMTP, the status line of a proxy. Escaped, and cut at 256 characters.
    #[must_use]
    pub fn peer_said(&self) -> Option<&str> {
        self.0.failure.said.as_ref().map(|said| &*said.0)
    }

    /// The addresses that could not be connected to, in the order in which they failed.
    ///
    /// In [`Phase::Resolve`] they are those that the [`AddressPolicy`](super::AddressPolicy)
    /// forbids. In [`Phase::Proxy`] they are the proxy's, or, where the proxy was reached and could
    /// not or would not connect, the target's. Later there are none.
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
            .field("said", &failure.said)
            .finish()
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { target, failure } = &*self.0;
        write!(f, "{} failed for {target}", failure.phase)?;
        let tried = failure.attempts.iter().map(Attempt::address);
        let mut addresses = failure.address.into_iter().chain(tried);
        for (index, address) in addresses.by_ref().take(SHOWN).enumerate() {
            f.write_str(if index == 0 { " at " } else { ", " })?;
            write!(f, "{address}")?;
        }
        let untold = addresses.count();
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
            (None, None) => {
                let said: &(dyn StdError + 'static) = failure.said.as_ref()?;
                Some(said)
            }
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
            _ => FetchErrorKind::of_io(&error),
        };
        Self { address, kind, error }
    }

    pub(super) fn timed_out(address: SocketAddr) -> Self {
        Self::new(address, io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))
    }

    pub(super) fn forbidden(address: SocketAddr, reason: &'static str) -> Self {
        let error = io::Error::new(io::ErrorKind::PermissionDenied, reason);
        Self { address, kind: FetchErrorKind::AddressForbidden, error }
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
    said: Option<Said>,
}

impl Failure {
    pub(super) const fn new(phase: Phase, kind: FetchErrorKind) -> Self {
        Self { phase, kind, address: None, attempts: Vec::new(), cause: None, said: None }
    }

    /// A connection that broke down.
    pub(super) fn broken(phase: Phase, error: io::Error) -> Self {
        let kind = FetchErrorKind::of_io(&error);
        Self::new(phase, kind).caused_by(error)
    }

    /// Whether the server found nothing in what a client of today offers: an older one may be
    /// shown a chain.
    pub(super) const fn is_for_age(&self) -> bool {
        matches!(self.phase, Phase::Handshake)
            && matches!(
                self.kind,
                FetchErrorKind::NoCipherInCommon | FetchErrorKind::ProtocolVersion
            )
    }

    /// Says that it happened in another phase.
    pub(super) const fn in_phase(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self
    }

    pub(super) fn at(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    pub(super) fn after(mut self, attempts: Vec<Attempt>) -> Self {
        self.attempts = attempts;
        self
    }

    /// What a dialogue with a proxy that came to nothing says of the address that it was about.
    pub(super) fn attempt(&self, address: SocketAddr) -> Attempt {
        match &self.said {
            Some(said) => {
                Attempt { address, kind: self.kind, error: io::Error::other(said.clone()) }
            }
            // Refusals have words.
            None => Attempt::timed_out(address),
        }
    }

    pub(super) fn caused_by(mut self, cause: io::Error) -> Self {
        self.cause = Some(cause);
        self
    }

    /// Adds what the peer said in plain text, where it said anything.
    pub(super) fn saying(mut self, words: &[u8]) -> Self {
        let words = words.trim_ascii();
        if !words.is_empty() {
            // A character takes four bytes at the most.
            let text = String::from_utf8_lossy(&words[..words.len().min(4 * MOST_CHARACTERS)]);
            self.said = Some(Said(short(&Escaped(&text)).into()));
        }
        self
    }
}

/// What the peer said, escaped and cut.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the peer said \"{0}\"")]
struct Said(Box<str>);

/// As many as are shown of what a peer said.
const MOST_CHARACTERS: usize = 256;

/// How many addresses a message names.
const SHOWN: usize = 4;
