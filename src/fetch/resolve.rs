//! From a host name to addresses.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use tokio::net::lookup_host;
use tokio::time::{Instant, timeout_at};

use super::error::Failure;
use super::{FetchErrorKind, Phase};

/// How host names become addresses. IP literals never get here.
///
/// Replace the [`system`](Self::system)'s resolver to ask a resolver of your own, or to apply a
/// policy: a fetch dials exactly the addresses that it is given here, so a filter in
/// [`from_fn`](Self::from_fn) can't be got round by a name that resolves differently the second
/// time.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct Resolver(Source);

#[derive(Clone)]
enum Source {
    System,
    Function(Arc<Function>),
    Fixed(Arc<[SocketAddr]>),
}

type Function = dyn Fn(String, u16) -> Answer + Send + Sync;
type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

impl Resolver {
    /// The operating system's resolver (`getaddrinfo`), run on tokio's blocking threads.
    ///
    /// A lookup that is given up at its deadline still holds its thread until the system gives up.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A resolver of your own: gets the host name and the port, answers with addresses to dial.
    ///
    /// An empty list, or an error of the kind [`io::ErrorKind::NotFound`], says that there is no
    /// such name, one of the kind [`io::ErrorKind::TimedOut`] that nobody answered; every other error
    /// that the resolution failed. Dropped at the deadline.
    #[must_use]
    pub fn from_fn<F, A>(resolve: F) -> Self
    where
        F: Fn(String, u16) -> A + Send + Sync + 'static,
        A: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        Self(Source::Function(Arc::new(move |host, port| Box::pin(resolve(host, port)))))
    }

    /// The same addresses for every name; the port is theirs, too.
    #[must_use]
    pub fn fixed(addresses: impl Into<Arc<[SocketAddr]>>) -> Self {
        Self(Source::Fixed(addresses.into()))
    }

    /// The addresses of a name, of which there is at least one.
    pub(super) async fn resolve(
        &self,
        host: &str,
        port: u16,
        until: Instant,
    ) -> Result<Vec<SocketAddr>, Failure> {
        match timeout_at(until, self.ask(host, port)).await {
            Ok(Ok(addresses)) if addresses.is_empty() => Err(failure(FetchErrorKind::NameNotFound)),
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) if is_unknown_name(&error) => {
                Err(failure(FetchErrorKind::NameNotFound).caused_by(error))
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => {
                Err(failure(FetchErrorKind::TimedOut).caused_by(error))
            }
            Ok(Err(error)) => Err(failure(FetchErrorKind::ResolutionFailed).caused_by(error)),
            Err(_) => Err(failure(FetchErrorKind::TimedOut)),
        }
    }

    async fn ask(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        match &self.0 {
            Source::System => Ok(lookup_host((host, port)).await?.collect()),
            Source::Function(resolve) => resolve(host.to_owned(), port).await,
            Source::Fixed(addresses) => Ok(addresses.to_vec()),
        }
    }
}

impl Default for Resolver {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::System => f.write_str("Resolver::system()"),
            Source::Function(_) => f.write_str("Resolver::from_fn(..)"),
            Source::Fixed(addresses) => write!(f, "Resolver::fixed({addresses:?})"),
        }
    }
}

fn failure(kind: FetchErrorKind) -> Failure {
    Failure::new(Phase::Resolve, kind)
}

/// Whether a resolver said that the name has no address, rather than that it could not tell.
fn is_unknown_name(error: &io::Error) -> bool {
    // The standard library passes the resolver's text on, but neither its code nor a kind.
    let text = error.to_string();
    error.kind() == io::ErrorKind::NotFound || UNKNOWN_NAME.iter().any(|known| text.contains(known))
}

/// The texts of EAI_NONAME and EAI_NODATA (RFC 3493 section 6.1).
const UNKNOWN_NAME: [&str; 6] = [
    "Name or service not known",           // glibc
    "No address associated with hostname", // glibc
    "Name does not resolve",               // musl
    "Name has no usable address",          // musl
    "nodename nor servname provided",      // macOS and the BSDs
    "No such host is known",               // Windows
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_differs_from_a_resolver_that_could_not_tell() {
        let says = |text: &str| io::Error::other(format!("failed to lookup address: {text}"));

        assert!(is_unknown_name(&says("Name or service not known")));
        assert!(is_unknown_name(&says("No address associated with hostname")));
        assert!(is_unknown_name(&io::Error::from(io::ErrorKind::NotFound)));
        assert!(!is_unknown_name(&says("Temporary failure in name resolution")));
        assert!(!is_unknown_name(&says("Non-recoverable failure in name resolution")));
    }
}
