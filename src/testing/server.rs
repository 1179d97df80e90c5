//! A TLS server on loopback.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::NoServerSessionStorage;
use rustls::{ServerConfig, ServerConnection, Stream};
use time::{Duration, OffsetDateTime};

use super::loopback::Loopback;
use super::{Chain, Pki};
use crate::clock;
use crate::fetch::provider;
use crate::inspect::TrustAnchors;
use crate::target::Host;
use crate::{Checker, Target};

/// A TLS server on a free port of 127.0.0.1, that presents whatever chain the test wants.
///
/// It has threads of its own, for tests with an async runtime and for those without. Each connection
/// is a full handshake, by TLS 1.3 or 1.2; a request of HTTP/1.1 gets an empty `200 OK`. Dropping it
/// ends all connections at once, and waits for the threads.
///
/// ```
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use notafter::Status;
/// use notafter::testing::{Clock, Server};
/// use time::{Duration, macros::datetime};
///
/// let clock = Clock::at(datetime!(2030-01-01 0:00 UTC));
/// let server = Server::expiring_at(clock.now() + Duration::days(3));
/// let (checker, target) = (server.checker(), server.target());
/// checker.check_at(&target, clock.now()).await?.assert_status(Status::Warn);
///
/// // It is renewed, and nobody noticed yet: the target stays what it is.
/// server.present(server.chain().ending_at(clock.now() + Duration::days(90)));
/// checker.check_at(&target, clock.now()).await?.assert_pass();
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
/// #     .block_on(run()).unwrap();
/// ```
pub struct Server {
    loopback: Loopback,
    presented: Arc<Mutex<Presented>>,
}

#[derive(Clone)]
struct Presented {
    chain: Chain,
    config: Arc<ServerConfig>,
}

impl Server {
    /// Starts a server that presents this chain.
    ///
    /// # Panics
    ///
    /// Where there is no port to be had.
    #[must_use]
    #[track_caller]
    pub fn start(chain: Chain) -> Self {
        let presented = Arc::new(Mutex::new(Presented::new(chain)));
        let shown = Arc::clone(&presented);
        let loopback = Loopback::start(move |stream| {
            let config = Arc::clone(&lock(&shown).config);
            // A client that goes early, or trusts nobody, is the test's business.
            let _ = converse(config, stream);
        });
        Self { loopback, presented }
    }

    /// Starts a server for `localhost` and `127.0.0.1` whose certificate ends so long from now, by the
    /// system's clock; where the duration is negative, it has ended.
    ///
    /// It is valid for 90 days, or from now on where more are left. By the default policy 60 days
    /// pass, 3 days warn, and `-Duration::DAY` fails. Mind that the clock goes on, and that
    /// certificates have whole seconds: of three days less than three days are left a moment later.
    /// [`expiring_at`](Self::expiring_at) is exact.
    ///
    /// All such servers have the same root: the checker of one trusts the others.
    ///
    /// # Panics
    ///
    /// As [`expiring_at`](Self::expiring_at).
    #[must_use]
    #[track_caller]
    pub fn expiring_in(left: Duration) -> Self {
        let now = clock::now();
        let end = now.saturating_add(left);
        let chain = localhost(end);
        Self::start(if left > LIFETIME { chain.valid(now..=end) } else { chain })
    }

    /// Starts a server for `localhost` and `127.0.0.1` whose certificate ends at this instant: that is
    /// its last good second. It is valid for 90 days.
    ///
    /// # Panics
    ///
    /// Where there is no port to be had, or the years around the instant are not between 0 and 9999.
    #[must_use]
    #[track_caller]
    pub fn expiring_at(instant: OffsetDateTime) -> Self {
        Self::start(localhost(instant))
    }

    /// Presents another chain from the next connection on, at the same port.
    #[track_caller]
    pub fn present(&self, chain: Chain) {
        let presented = Presented::new(chain);
        *lock(&self.presented) = presented;
    }

    /// The chain that it presents.
    #[must_use]
    pub fn chain(&self) -> Chain {
        lock(&self.presented).chain.clone()
    }

    /// What to check: by the first name of the chain, at the server's port of 127.0.0.1.
    #[must_use]
    pub fn target(&self) -> Target {
        let address = self.address();
        let Some(port) = NonZero::new(address.port()) else {
            panic!("the server listens at port 0");
        };
        let host = lock(&self.presented).chain.host().clone();
        Target::new(host, port).connect_to(Host::Ip(address.ip()), port)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.loopback.address()
    }

    /// Trusts the root of the chain, and nothing else.
    #[must_use]
    pub fn anchors(&self) -> TrustAnchors {
        self.chain().anchors()
    }

    /// The root of the chain in PEM, for a client that is to trust it.
    #[must_use]
    pub fn root_pem(&self) -> String {
        self.chain().root().pem()
    }

    /// A checker that trusts the root of the chain, with the defaults otherwise.
    #[must_use]
    pub fn checker(&self) -> Checker {
        Checker::builder()
            .anchors(self.anchors())
            .build()
            .unwrap_or_else(|error| panic!("there is no checker: {error}"))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl Presented {
    #[track_caller]
    fn new(chain: Chain) -> Self {
        match config(&chain) {
            Ok(config) => Self { chain, config: Arc::new(config) },
            Err(error) => panic!("the chain can't be presented: {error}"),
        }
    }
}

#[track_caller]
fn localhost(end: OffsetDateTime) -> Chain {
    let issuer = Pki::at(end).root("Test Root").intermediate("Test CA");
    issuer.server("localhost").and_name("127.0.0.1").ending_at(end)
}

fn lock(presented: &Mutex<Presented>) -> MutexGuard<'_, Presented> {
    // It is never half written.
    presented.lock().unwrap_or_else(PoisonError::into_inner)
}

fn config(chain: &Chain) -> Result<ServerConfig, Box<dyn std::error::Error>> {
    let certificates = chain.certificates().map(|der| CertificateDer::from(der.to_vec())).collect();
    let key = PrivatePkcs8KeyDer::from(chain.key_der()).into();
    let mut config = ServerConfig::builder_with_provider(provider(None)?)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    // A session that is resumed shows no certificate.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// Shakes hands, and answers one request.
fn converse(config: Arc<ServerConfig>, stream: &mut (impl Read + Write)) -> io::Result<()> {
    let mut connection = ServerConnection::new(config).map_err(io::Error::other)?;
    connection.complete_io(stream)?;
    let mut tls = Stream::new(&mut connection, stream);
    if asks(&mut tls)? {
        tls.write_all(ANSWER)?;
    }
    connection.send_close_notify();
    connection.complete_io(stream)?;
    Ok(())
}

/// Whether the client sends the head of a request (RFC 9112 section 2.1), before it says goodbye.
fn asks(stream: &mut impl Read) -> io::Result<bool> {
    for line in BufReader::new(stream.take(MOST_OF_A_HEAD)).split(b'\n') {
        if matches!(&line?[..], b"" | b"\r") {
            return Ok(true);
        }
    }
    Ok(false)
}

/// For how long an end-entity certificate is valid, if the test does not say otherwise.
const LIFETIME: Duration = Duration::days(90);

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// In octets.
const MOST_OF_A_HEAD: u64 = 65_536;
