//! TLS to the proxy itself, which, unlike that to a target, has to be one to trust: it is told
//! the credentials.

use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, Error, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use crate::fetch::broken::Broken;
use crate::fetch::error::Failure;
use crate::fetch::meter::Meter;
use crate::fetch::wire::Wire;
use crate::fetch::{BuildError, FetchErrorKind, Phase};
use crate::target::Host;

/// A client that trusts `roots`, or Mozilla's where there are none.
pub(super) fn connector(
    roots: Option<&Arc<RootCertStore>>,
    provider: Arc<CryptoProvider>,
) -> Result<TlsConnector, BuildError> {
    let roots = roots.cloned().unwrap_or_else(|| {
        let anchors = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        Arc::new(RootCertStore { roots: anchors.collect() })
    });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| BuildError::UnusableCryptoProvider)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.cert_decompressors = Vec::new();
    config.cert_compressors = Vec::new();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Shakes hands with the proxy.
pub(super) async fn secure(
    connector: &TlsConnector,
    host: &Host,
    stream: TcpStream,
    until: Instant,
) -> Result<Wire, Failure> {
    let handshake = connector.connect(server_name(host)?, Meter::new(stream)).into_fallible();
    let failure = match timeout_at(until, handshake).await {
        Ok(Ok(mut tls)) => {
            // What follows is not the proxy's, and is counted where it is read.
            tls.get_mut().0.allow(usize::MAX);
            return Ok(Wire::Tls(Box::new(tls)));
        }
        Ok(Err((error, _))) if is_distrust(&error) => {
            Failure::new(Phase::Proxy, FetchErrorKind::ProxyUntrusted).caused_by(error)
        }
        Ok(Err((error, meter))) => Broken::new(error, &meter).into_failure(),
        Err(_) => Broken::TIMED_OUT.into_failure(),
    };
    Err(failure.in_phase(Phase::Proxy))
}

fn server_name(host: &Host) -> Result<ServerName<'static>, Failure> {
    match host {
        Host::Ip(ip) => Ok((*ip).into()),
        // Every `DnsName` is one to rustls, too.
        Host::Dns(name) => ServerName::try_from(name.as_str().to_owned())
            .map_err(|error| Failure::broken(Phase::Proxy, io::Error::other(error))),
    }
}

fn is_distrust(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
    matches!(cause, Some(Error::InvalidCertificate(_)))
}
