//! Loopback servers with something to see, for a first run on a machine without a network.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZero;
use std::sync::Arc;

use notafter::Target;
use notafter::inspect::TrustAnchors;
use rcgen::KeyPair;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use time::OffsetDateTime;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::pki::Pki;

/// Servers that run as long as the program, and the root under which they stand.
pub(crate) struct Demo {
    pub(crate) anchors: TrustAnchors,
    /// What each server stands for.
    pub(crate) servers: Vec<(&'static str, Target)>,
}

/// Starts the servers, with dates around `at`.
pub(crate) async fn start(at: OffsetDateTime) -> Result<Demo, Box<dyn Error>> {
    let pki = Pki { at };
    let root = pki.root()?;
    let sound = pki.intermediate(&root, "Demo Intermediate", -300..1_500)?;
    let dying = pki.intermediate(&root, "Demo Dying Intermediate", -1_780..20)?;
    let staged = [
        ("a healthy server: 90 days long, 80 left", "healthy.test", &sound, -10..80),
        ("renewal has failed: 90 days long, 3 left", "soon.test", &sound, -87..3),
        ("nobody looked: expired 2 days ago", "expired.test", &sound, -92..-2),
        (
            "a fresh certificate, under an intermediate with 20 days left",
            "fresh.test",
            &dying,
            -10..80,
        ),
    ];
    let mut servers = Vec::new();
    for (heading, name, issuer, days) in staged {
        let (certificate, key) = pki.server(issuer, name, days)?;
        let port = serve(vec![certificate, issuer.der().clone()], &key).await?;
        let target = Target::new(name.parse()?, HTTPS);
        // The names are nobody's: what is dialled is loopback, what is asked for stays the name.
        servers.push((heading, target.connect_to(IpAddr::from(Ipv4Addr::LOCALHOST).into(), port)));
    }
    Ok(Demo { anchors: TrustAnchors::from_pem(root.pem())?, servers })
}

/// Starts a TLS server on a free loopback port that shakes hands and says goodbye.
async fn serve(
    chain: Vec<CertificateDer<'static>>,
    key: &KeyPair,
) -> Result<NonZero<u16>, Box<dyn Error>> {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    // `ServerConfig::builder()` would panic where two crypto providers are compiled in.
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = NonZero::new(listener.local_addr()?.port()).ok_or("the port is 0")?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut tls) = acceptor.accept(stream).await {
                // The client has seen what it came for, and may be gone.
                let _ = tls.shutdown().await;
            }
        }
    });
    Ok(port)
}

const HTTPS: NonZero<u16> = NonZero::new(443).unwrap();
