//! What a client hello offers: everything that can be used, or what goes with one type of key.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore, SignatureScheme, SupportedCipherSuite};

use crate::target::KeyType;

/// What a client hello offers.
#[derive(Debug)]
pub(super) struct Offer {
    /// Trusts nobody, until it is cloned and given a recorder.
    pub(super) template: ClientConfig,
    pub(super) schemes: Arc<[SignatureScheme]>,
}

impl Offer {
    /// Everything that the provider can use; `None` where that is nothing.
    pub(super) fn everything(provider: Arc<CryptoProvider>) -> Option<Self> {
        let schemes = offered_schemes(&provider.signature_verification_algorithms);
        Self::new(provider, schemes)
    }

    /// What goes with one type of key; `None` where that is nothing.
    ///
    /// Signature schemes alone would do in TLS 1.3. Before it, servers choose their certificate by
    /// the cipher suite (RFC 5246 section 7.4.2).
    pub(super) fn of(key_type: KeyType, provider: &CryptoProvider) -> Option<Self> {
        let mut schemes = offered_schemes(&provider.signature_verification_algorithms);
        schemes.retain(|scheme| is_rsa(*scheme) == (key_type == KeyType::Rsa));
        let mut provider = provider.clone();
        provider.cipher_suites.retain(|suite| goes_with(suite, key_type));
        Self::new(Arc::new(provider), schemes)
    }

    fn new(provider: Arc<CryptoProvider>, schemes: Vec<SignatureScheme>) -> Option<Self> {
        if schemes.is_empty() {
            return None;
        }
        let mut template = ClientConfig::builder_with_details(provider, Arc::new(NoClock))
            .with_safe_default_protocol_versions()
            .ok()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        // A resumed session shows no certificate.
        template.resumption = Resumption::disabled();
        // Compression gains nothing here, and a compressed certificate can be a bomb (RFC 8879).
        template.cert_decompressors = Vec::new();
        template.cert_compressors = Vec::new();
        Some(Self { template, schemes: schemes.into() })
    }
}

fn goes_with(suite: &SupportedCipherSuite, key_type: KeyType) -> bool {
    match suite {
        SupportedCipherSuite::Tls13(_) => true,
        SupportedCipherSuite::Tls12(suite) => {
            suite.sign.iter().any(|scheme| is_rsa(*scheme) == (key_type == KeyType::Rsa))
        }
    }
}

/// The schemes that the provider verifies, then those that only make more servers show a chain.
///
/// A server that can't sign by any offered scheme ends the handshake before its certificate.
fn offered_schemes(algorithms: &WebPkiSupportedAlgorithms) -> Vec<SignatureScheme> {
    let mut schemes = algorithms.supported_schemes();
    for scheme in UNVERIFIED_SCHEMES {
        if !schemes.contains(&scheme) {
            schemes.push(scheme);
        }
    }
    schemes
}

fn is_rsa(scheme: SignatureScheme) -> bool {
    matches!(scheme, RSA_PSS_PSS_SHA256 | RSA_PSS_PSS_SHA384 | RSA_PSS_PSS_SHA512)
        || matches!(
            scheme,
            SignatureScheme::RSA_PKCS1_SHA1
                | SignatureScheme::RSA_PKCS1_SHA256
                | SignatureScheme::RSA_PKCS1_SHA384
                | SignatureScheme::RSA_PKCS1_SHA512
                | SignatureScheme::RSA_PSS_SHA256
                | SignatureScheme::RSA_PSS_SHA384
                | SignatureScheme::RSA_PSS_SHA512
        )
}

/// A clock that stands still: nothing here is judged by an instant.
#[derive(Debug)]
struct NoClock;

impl TimeProvider for NoClock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::ZERO))
    }
}

// RFC 8446 section 4.2.3.
const RSA_PSS_PSS_SHA256: SignatureScheme = SignatureScheme::Unknown(0x0809);
const RSA_PSS_PSS_SHA384: SignatureScheme = SignatureScheme::Unknown(0x080a);
const RSA_PSS_PSS_SHA512: SignatureScheme = SignatureScheme::Unknown(0x080b);

const UNVERIFIED_SCHEMES: [SignatureScheme; 7] = [
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::ED448,
    RSA_PSS_PSS_SHA256,
    RSA_PSS_PSS_SHA384,
    RSA_PSS_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA1,
    SignatureScheme::ECDSA_SHA1_Legacy,
];
