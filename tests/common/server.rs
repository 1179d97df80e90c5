//! Servers on loopback, one thread for each and one for each of its connections.
//!
//! Dropping a [`Server`] closes its connections, waits for its threads, and fails the test if one
//! of them panicked.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use notafter::target::Target;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    CipherSuite, ProtocolVersion, RootCertStore, ServerConfig, ServerConnection,
    SignatureAlgorithm, SupportedProtocolVersion,
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::pki::Issued;

/// A server on a free port of 127.0.0.1.
pub(crate) struct Server {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// What a TLS server saw of one client.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Seen {
    pub(crate) server_name: Option<String>,
    pub(crate) protocol: Option<ProtocolVersion>,
    /// Why the handshake failed, where it did.
    pub(crate) failure: Option<String>,
    /// Whether the client ended with close_notify.
    pub(crate) closed_politely: bool,
}

impl Server {
    /// Starts a TLS server.
    pub(crate) fn start(tls: Tls) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let mut server = Self::script(move |stream| {
            let one = tls.serve(stream);
            log.lock().unwrap().push(one);
        });
        server.seen = seen;
        server
    }

    /// Starts a server that does with each connection what `handle` does.
    pub(crate) fn script(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let stopping = Arc::new(AtomicBool::new(false));
        let thread = {
            let stopping = Arc::clone(&stopping);
            thread::spawn(move || accept_all(&listener, &stopping, &Arc::new(handle)))
        };
        Self { address, stopping, listener: Some(thread), seen: Arc::default() }
    }

    /// Starts a server that sends the bytes, whatever it is told, and waits for the client to go.
    pub(crate) fn sends(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::script(move |mut stream| {
            // The client may have had enough before the last byte.
            let _ = stream.write_all(&bytes);
            wait_for_the_end(&mut stream);
        })
    }

    /// Starts a server that never says anything.
    pub(crate) fn silent() -> Self {
        Self::sends([])
    }

    /// Starts a server that reads the first message and closes the connection.
    pub(crate) fn closes() -> Self {
        Self::script(|mut stream| {
            read_some(&mut stream);
        })
    }

    /// Starts a server that resets each connection: it closes with a message unread.
    pub(crate) fn resets() -> Self {
        Self::script(|stream| {
            let _ = stream.peek(&mut [0]);
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A target of that host name, and of no other address than the server's.
    pub(crate) fn target(&self, host: &str) -> Target {
        format!("{host};connect={}", self.address).parse().unwrap()
    }

    /// Stops the server, and tells what it saw of each client.
    pub(crate) fn stop(mut self) -> Vec<Seen> {
        self.join();
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    fn join(&mut self) {
        let Some(listener) = self.listener.take() else {
            return;
        };
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
        if let Err(panic) = listener.join()
            && !thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.join();
    }
}

/// How a TLS server behaves.
#[derive(Clone)]
pub(crate) struct Tls {
    /// Chains and their keys: the first that the client can use is presented.
    chains: Vec<(Vec<CertificateDer<'static>>, Arc<PrivateKeyDer<'static>>)>,
    versions: &'static [&'static SupportedProtocolVersion],
    client_auth: ClientAuth,
    staple: Option<Vec<u8>>,
    only_name: Option<String>,
    default: Option<(Vec<CertificateDer<'static>>, Arc<PrivateKeyDer<'static>>)>,
    greeting: Vec<u8>,
}

#[derive(Clone)]
enum ClientAuth {
    None,
    Optional(CertificateDer<'static>),
    Required(CertificateDer<'static>),
}

impl Tls {
    /// Sends the chain, its bytes as they are, and signs with the key of `leaf`.
    pub(crate) fn new(chain: Vec<CertificateDer<'static>>, leaf: &Issued) -> Self {
        Self {
            chains: vec![(chain, Arc::new(leaf.private_key()))],
            versions: rustls::ALL_VERSIONS,
            client_auth: ClientAuth::None,
            staple: None,
            only_name: None,
            default: None,
            greeting: Vec::new(),
        }
    }

    /// Sends this chain to clients that can't use those before.
    pub(crate) fn or(mut self, chain: Vec<CertificateDer<'static>>, leaf: &Issued) -> Self {
        self.chains.push((chain, Arc::new(leaf.private_key())));
        self
    }

    /// Speaks TLS 1.2 only.
    pub(crate) fn tls12(mut self) -> Self {
        self.versions = TLS12;
        self
    }

    /// Speaks TLS 1.3 only.
    pub(crate) fn tls13(mut self) -> Self {
        self.versions = TLS13;
        self
    }

    /// Asks for a client certificate under `root`, and goes on without one.
    pub(crate) fn asks_for_a_client_certificate(mut self, root: &Issued) -> Self {
        self.client_auth = ClientAuth::Optional(root.der.clone());
        self
    }

    /// Demands a client certificate under `root`.
    pub(crate) fn demands_a_client_certificate(mut self, root: &Issued) -> Self {
        self.client_auth = ClientAuth::Required(root.der.clone());
        self
    }

    /// Staples the bytes as an OCSP response.
    pub(crate) fn staples(mut self, response: impl Into<Vec<u8>>) -> Self {
        self.staple = Some(response.into());
        self
    }

    /// Refuses every server name but this one.
    pub(crate) fn only_for(mut self, name: &str) -> Self {
        self.only_name = Some(name.to_owned());
        self
    }

    /// Sends this chain to clients that send no server name.
    pub(crate) fn by_default(mut self, chain: Vec<CertificateDer<'static>>, leaf: &Issued) -> Self {
        self.default = Some((chain, Arc::new(leaf.private_key())));
        self
    }

    /// Sends the bytes as application data, once the handshake is complete.
    pub(crate) fn greets_with(mut self, greeting: impl Into<Vec<u8>>) -> Self {
        self.greeting = greeting.into();
        self
    }

    /// Answers the client's first message, over a stream inside the test, and goes no further.
    pub(crate) async fn answer_once<IO>(&self, stream: &mut IO)
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let mut connection = ServerConnection::new(self.config(Arc::default())).unwrap();
        answer(&mut connection, stream).await;
    }

    /// Shakes hands over a stream inside the test, and goes no further.
    pub(crate) async fn shake_hands<IO>(&self, stream: &mut IO)
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let mut connection = ServerConnection::new(self.config(Arc::default())).unwrap();
        while connection.is_handshaking() {
            answer(&mut connection, stream).await;
        }
    }

    /// Serves one connection to its end.
    pub(crate) fn serve(&self, mut stream: TcpStream) -> Seen {
        let shown = Arc::new(Mutex::new(Seen::default()));
        let mut connection = ServerConnection::new(self.config(Arc::clone(&shown))).unwrap();
        let handshake = connection.complete_io(&mut stream);
        let mut closed_politely = false;
        if handshake.is_ok() {
            let mut tls = rustls::Stream::new(&mut connection, &mut stream);
            // The client may go before it has read the greeting.
            let _ = tls.write_all(&self.greeting);
            closed_politely = io::copy(&mut tls, &mut io::sink()).is_ok();
            connection.send_close_notify();
            let _ = connection.complete_io(&mut stream);
        } else {
            // Closing with bytes unread would reset the connection, and with it the alert.
            let _ = stream.shutdown(Shutdown::Write);
            wait_for_the_end(&mut stream);
        }
        let mut seen = shown.lock().unwrap().clone();
        seen.protocol = connection.protocol_version();
        seen.failure = handshake.err().map(|error| error.to_string());
        seen.closed_politely = closed_politely;
        seen
    }

    pub(crate) fn config(&self, seen: Arc<Mutex<Seen>>) -> Arc<ServerConfig> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let certify = |(chain, key): &(Vec<_>, Arc<PrivateKeyDer<'static>>)| {
            let signing_key = provider.key_provider.load_private_key(key.clone_key()).unwrap();
            let mut certified = CertifiedKey::new(chain.clone(), signing_key);
            certified.ocsp.clone_from(&self.staple);
            Arc::new(certified)
        };
        let certified = self.chains.iter().map(certify).collect();
        let default = self.default.as_ref().map(certify);
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.versions)
            .unwrap();
        let builder = match &self.client_auth {
            ClientAuth::None => builder.with_no_client_auth(),
            ClientAuth::Optional(root) => builder.with_client_cert_verifier(
                client_verifier(root, provider).allow_unauthenticated().build().unwrap(),
            ),
            ClientAuth::Required(root) => {
                builder.with_client_cert_verifier(client_verifier(root, provider).build().unwrap())
            }
        };
        Arc::new(builder.with_cert_resolver(Arc::new(Presenter {
            certified,
            default,
            only_name: self.only_name.clone(),
            seen,
        })))
    }
}

/// Reads until there is something to say, and says it.
async fn answer<IO>(connection: &mut ServerConnection, stream: &mut IO)
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    while !connection.wants_write() {
        let mut bytes = [0; 4096];
        let length = stream.read(&mut bytes).await.unwrap();
        assert_ne!(length, 0, "the client has gone");
        connection.read_tls(&mut &bytes[..length]).unwrap();
        connection.process_new_packets().unwrap();
    }
    let mut answer = Vec::new();
    while connection.wants_write() {
        connection.write_tls(&mut answer).unwrap();
    }
    stream.write_all(&answer).await.unwrap();
}

fn client_verifier(
    root: &CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
) -> rustls::server::ClientCertVerifierBuilder {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
}

/// Presents a chain, unless it is for another name, and notes the name that it was asked for.
struct Presenter {
    certified: Vec<Arc<CertifiedKey>>,
    default: Option<Arc<CertifiedKey>>,
    only_name: Option<String>,
    seen: Arc<Mutex<Seen>>,
}

impl fmt::Debug for Presenter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presenter")
    }
}

impl ResolvesServerCert for Presenter {
    fn resolve(&self, client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = client_hello.server_name().map(str::to_owned);
        let served = self.only_name.is_none() || self.only_name == name;
        let is_named = name.is_some();
        self.seen.lock().unwrap().server_name = name;
        if let (false, Some(default)) = (is_named, &self.default) {
            return Some(Arc::clone(default));
        }
        // Before TLS 1.3 the cipher suite says what the client can use.
        let suites = client_hello.cipher_suites();
        let fits = |certified: &&Arc<CertifiedKey>| {
            let key = &certified.key;
            key.choose_scheme(client_hello.signature_schemes()).is_some()
                && suites.iter().any(|suite| goes_with(*suite, key.algorithm()))
        };
        let only = self.certified.len() == 1;
        let certified = self.certified.iter().find(|one| only || fits(one));
        certified.filter(|_| served).cloned()
    }
}

fn goes_with(suite: CipherSuite, key: SignatureAlgorithm) -> bool {
    let name = format!("{suite:?}");
    name.starts_with("TLS13")
        || name.starts_with(match key {
            SignatureAlgorithm::RSA => "TLS_ECDHE_RSA",
            _ => "TLS_ECDHE_ECDSA",
        })
}

/// An address at which connections are neither accepted nor refused.
///
/// Linux drops what arrives for a listener whose queue is full.
pub(crate) struct BlackHole {
    address: SocketAddr,
    _listener: tokio::net::TcpListener,
    _queued: Vec<TcpStream>,
}

impl BlackHole {
    /// Needs a runtime, but not its clock.
    pub(crate) fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queued = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
            queued.push(stream);
        }
        Self { address, _listener: listener, _queued: queued }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// An address of 127.0.0.1 at which connections are refused.
pub(crate) fn refusing() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

fn accept_all<F>(listener: &TcpListener, stopping: &AtomicBool, handle: &Arc<F>)
where
    F: Fn(TcpStream) + Send + Sync + 'static,
{
    let mut connections = Vec::new();
    loop {
        let (stream, _) = listener.accept().unwrap();
        if stopping.load(Ordering::SeqCst) {
            break;
        }
        // A test that went wrong is to fail, not to hang.
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let handle = Arc::clone(handle);
        connections.push(thread::spawn(move || handle(stream)));
    }
    for connection in connections {
        if let Err(panic) = connection.join() {
            std::panic::resume_unwind(panic);
        }
    }
}

fn read_some(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
}

fn wait_for_the_end(stream: &mut TcpStream) {
    let _ = io::copy(stream, &mut io::sink());
}

static TLS12: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];

static TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

const PATIENCE: Duration = Duration::from_secs(60);
