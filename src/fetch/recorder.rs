//! What rustls shows of a handshake while it runs.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use super::possession::{Proof, Version, prove};
use crate::chain::{CertificateMemo, ClientCertificate, PresentedChain};

/// Records one handshake, and lets it go on whatever it shows.
///
/// rustls keeps the chain of a handshake that fails to itself, so the chain is taken where rustls
/// shows it: to the verifier. This is not a verifier that accepts everything. It judges nothing,
/// because judging comes later, and knows the instant and the trust anchors; but the handshake
/// signature can be checked only here, so it is checked here, and the outcome recorded. It never
/// leaves this folder, and no application data is ever sent over a connection that it watched.
#[derive(Debug)]
pub(super) struct Recorder {
    algorithms: WebPkiSupportedAlgorithms,
    schemes: Arc<[SignatureScheme]>,
    identity: Option<Arc<CertifiedKey>>,
    memo: CertificateMemo,
    record: Mutex<Record>,
}

/// What a handshake has shown so far.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) chain: Option<PresentedChain>,
    /// The version by which the handshake was signed, and the proof of possession in it.
    pub(super) proof: Option<(Version, Proof)>,
    /// Whether the peer asked for a client certificate, and was shown one.
    pub(super) client_certificate: ClientCertificate,
}

impl Recorder {
    pub(super) fn new(
        algorithms: WebPkiSupportedAlgorithms,
        schemes: Arc<[SignatureScheme]>,
        identity: Option<Arc<CertifiedKey>>,
        memo: CertificateMemo,
    ) -> Self {
        Self { algorithms, schemes, identity, memo, record: Mutex::default() }
    }

    /// What has been recorded.
    pub(super) fn take(&self) -> Record {
        self.with_record(std::mem::take)
    }

    /// Whether the peer has asked for a client certificate.
    pub(super) fn is_client_certificate_requested(&self) -> bool {
        self.with_record(|record| record.client_certificate != ClientCertificate::NotRequested)
    }

    fn with_record<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        // A record is never left half-written, so one from a poisoned lock is as good.
        change(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn check(
        &self,
        version: Version,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> HandshakeSignatureValid {
        let proof = prove(version, message, certificate, signed, &self.algorithms);
        self.with_record(|record| record.proof = Some((version, proof)));
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificates = std::iter::once(end_entity).chain(intermediates).map(AsRef::as_ref);
        let chain = PresentedChain::from_wire(certificates, &self.memo)
            .map_err(|_| Error::NoCertificatesPresented)?;
        let chain = match ocsp_response {
            [] => chain,
            staple => chain.with_ocsp_staple(staple),
        };
        self.with_record(|record| record.chain = Some(chain));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(self.check(Version::Tls12, message, certificate, signed))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(self.check(Version::Tls13, message, certificate, signed))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.to_vec()
    }
}

impl ResolvesClientCert for Recorder {
    fn resolve(
        &self,
        _root_hint_subjects: &[&[u8]],
        schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        // One whose key can sign by no scheme that the peer takes is not shown.
        let shown = self.identity.as_ref().filter(|own| own.key.choose_scheme(schemes).is_some());
        self.with_record(|record| {
            record.client_certificate = match shown {
                Some(_) => ClientCertificate::Presented,
                None => ClientCertificate::Requested,
            };
        });
        shown.cloned()
    }

    fn has_certs(&self) -> bool {
        self.identity.is_some()
    }
}
