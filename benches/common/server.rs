//! A server that shakes hands, in a thread of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::pki::Pki;

/// Starts a server on a free port of 127.0.0.1, which presents the leaves in turn, each with the
/// intermediate. It runs until the process ends.
pub(crate) fn start(pki: &Pki, leaves: Vec<CertificateDer<'static>>) -> SocketAddr {
    start_behind(pki, leaves, &[], Duration::ZERO)
}

/// Starts a server that says these lines first, and waits for one of the client's between each
/// two; and that takes its time before it shakes hands.
pub(crate) fn start_behind(
    pki: &Pki,
    leaves: Vec<CertificateDer<'static>>,
    lines: &'static [&'static str],
    pause: Duration,
) -> SocketAddr {
    let acceptor = TlsAcceptor::from(config(pki, leaves));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    for (index, line) in lines.iter().enumerate() {
                        if index > 0 {
                            // The client's lines are short, and come in one piece each.
                            let _ = stream.read(&mut [0; 256]).await;
                        }
                        let _ = stream.write_all(line.as_bytes()).await;
                    }
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                    // Whoever has seen enough goes without a word.
                    if let Ok(mut tls) = acceptor.accept(stream).await {
                        let _ = tls.read_u8().await;
                    }
                });
            }
        });
    });
    address
}

fn config(pki: &Pki, leaves: Vec<CertificateDer<'static>>) -> Arc<ServerConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let key = provider.key_provider.load_private_key(pki.private_key()).unwrap();
    let chain = |leaf| CertifiedKey::new(vec![leaf, pki.intermediate.clone()], Arc::clone(&key));
    let chains = leaves.into_iter().map(|leaf| Arc::new(chain(leaf))).collect();
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(InTurn { chains, next: AtomicUsize::new(0) }));
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

#[derive(Debug)]
struct InTurn {
    chains: Vec<Arc<CertifiedKey>>,
    next: AtomicUsize,
}

impl ResolvesServerCert for InTurn {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.chains.len();
        self.chains.get(next).cloned()
    }
}
