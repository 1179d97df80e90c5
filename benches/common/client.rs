//! The clients that are compared: a bare handshake, and checks that know more or less already.

use std::net::SocketAddr;
use std::sync::Arc;

use notafter::checker::Checker;
use notafter::inspect::TrustAnchors;
use notafter::watch::Watch;
use notafter::{Report, Status, Target};
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::pki::{Keys, NAME, Pki};
use super::server;

/// What is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Case {
    /// A bare handshake with tokio-rustls, its signature verified: what every check has to pay.
    Floor,
    /// A check of a chain that was seen before.
    Unchanged,
    /// A look of a watch at a chain that was seen before, to where its snapshot is read.
    Watched,
    /// A check of a new end-entity certificate under a known intermediate.
    NewLeaf,
    /// The first check of a new checker.
    AllNew,
}

impl Case {
    pub(crate) const ALL: [Self; 5] =
        [Self::Floor, Self::Unchanged, Self::Watched, Self::NewLeaf, Self::AllNew];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Unchanged => "unchanged",
            Self::Watched => "watched",
            Self::NewLeaf => "new-leaf",
            Self::AllNew => "all-new",
        }
    }
}

/// A client of one case, with a server of its own.
pub(crate) struct Client {
    case: Case,
    address: SocketAddr,
    target: Target,
    connector: TlsConnector,
    anchors: TrustAnchors,
    checker: Checker,
    watch: Option<Watch>,
}

impl Client {
    /// A client that is good for `checks` looks, the first of which it has taken already.
    pub(crate) async fn new(case: Case, keys: Keys, checks: usize) -> Self {
        let pki = Pki::new(keys);
        let leaves = if case == Case::NewLeaf { checks } else { 1 };
        let address = server::start(&pki, (1..=leaves).map(|number| pki.leaf(number)).collect());
        let anchors = anchors(&pki);
        let target: Target = format!("{NAME};connect={address}").parse().unwrap();
        let checker = checker(&anchors);
        let watch = (case == Case::Watched)
            .then(|| Watch::builder(checker.clone()).target(target.clone()).start());
        let connector = connector();
        let client = Self { case, address, target, connector, checker, anchors, watch };
        if let Some(report) = client.look().await {
            assert_eq!(report.status(), Status::Pass, "{report}");
        }
        client
    }

    /// Looks at the server once.
    pub(crate) async fn look(&self) -> Option<Report> {
        match self.case {
            Case::Floor => {
                let stream = TcpStream::connect(self.address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let name = ServerName::try_from(NAME).unwrap();
                self.connector.connect(name, stream).await.unwrap();
                None
            }
            Case::Unchanged | Case::NewLeaf => {
                Some(self.checker.check(&self.target).await.unwrap())
            }
            Case::Watched => {
                let (watch, label) = (self.watch.as_ref().unwrap(), self.target.to_string());
                let snapshot = watch.look(&label).await.unwrap();
                let report = snapshot.get(&label).unwrap().reports()[0].clone();
                Some(report)
            }
            Case::AllNew => Some(checker(&self.anchors).check(&self.target).await.unwrap()),
        }
    }
}

pub(crate) fn checker(anchors: &TrustAnchors) -> Checker {
    Checker::builder().anchors(anchors.clone()).build().unwrap()
}

/// As many anchors as there are in use: Mozilla's, and the one that matters.
pub(crate) fn anchors(pki: &Pki) -> TrustAnchors {
    let mozilla = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
    let all = mozilla.iter().chain([&pki.root]).map(|root| root.to_vec());
    TrustAnchors::from_der(all).unwrap()
}

fn connector() -> TlsConnector {
    let provider = aws_lc_rs::default_provider();
    let verifier = SignatureOnly(provider.signature_verification_algorithms);
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    TlsConnector::from(Arc::new(config))
}

/// Takes any chain, but no handshake that its key did not sign.
#[derive(Debug)]
struct SignatureOnly(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for SignatureOnly {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
