//! The TLS handshake that shows the chain.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};

use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ProtocolVersion, SupportedCipherSuite};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::broken::Broken;
use super::error::Failure;
use super::meter::Meter;
use super::offer::Offer;
use super::recorder::{Record, Recorder};
use super::{BuildError, ClientIdentity, FetchErrorKind, Phase};
use crate::chain::{CertificateMemo, ClientCertificate, Peer, PresentedChain};
use crate::target::{DnsName, KeyType, View};

/// What all handshakes of a fetcher share.
#[derive(Debug)]
pub(super) struct Handshakes {
    everything: Offer,
    /// What the two kinds of keys are asked with: made when a survey first asks.
    rsa: OnceLock<Option<Offer>>,
    not_rsa: OnceLock<Option<Offer>>,
    provider: Arc<CryptoProvider>,
    algorithms: WebPkiSupportedAlgorithms,
    /// What is shown to servers that ask for a client certificate.
    identity: Option<Arc<CertifiedKey>>,
    memo: CertificateMemo,
}

impl Handshakes {
    pub(super) fn new(
        provider: Arc<CryptoProvider>,
        identity: Option<&ClientIdentity>,
    ) -> Result<Self, BuildError> {
        let identity = identity.map(|identity| identity.certified(&provider)).transpose()?;
        let algorithms = provider.signature_verification_algorithms;
        let everything =
            Offer::everything(Arc::clone(&provider)).ok_or(BuildError::UnusableCryptoProvider)?;
        Ok(Self {
            everything,
            rsa: OnceLock::new(),
            not_rsa: OnceLock::new(),
            provider,
            algorithms,
            identity,
            memo: CertificateMemo::default(),
        })
    }

    pub(super) const fn memo(&self) -> &CertificateMemo {
        &self.memo
    }

    pub(super) fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.algorithms
    }

    /// Shakes hands over `stream`, and says what was presented and by whom.
    ///
    /// Once the chain has arrived this can't fail any more: what goes wrong later is recorded.
    pub(super) async fn run<IO>(
        &self,
        stream: IO,
        view: &View,
        until: Instant,
    ) -> Result<(PresentedChain, Peer), Failure>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let Some(offer) = self.offer(view.key_type) else {
            // Nothing to offer is nothing in common.
            return Err(Failure::new(Phase::Handshake, FetchErrorKind::NoCipherInCommon));
        };
        let recorder = self.recorder(offer);
        let mut meter = Meter::new(stream);
        let connector = TlsConnector::from(Arc::new(config(offer, &recorder)));
        let handshake = connector.connect(server_name(view.server_name.as_ref()), &mut meter);
        let (suite, broken) = match timeout_at(until, handshake).await {
            Ok(Ok(mut tls)) => {
                let suite = tls.get_ref().1.negotiated_cipher_suite();
                let broken = close(&mut tls, &recorder, until).await;
                (suite, broken)
            }
            Ok(Err(error)) => (None, Some(Broken::new(error, &meter))),
            Err(_) => (None, Some(Broken::TIMED_OUT)),
        };
        outcome(&recorder, suite, broken)
    }

    /// Somebody to watch one handshake.
    pub(super) fn recorder(&self, offer: &Offer) -> Arc<Recorder> {
        Arc::new(Recorder::new(
            self.algorithms,
            Arc::clone(&offer.schemes),
            self.identity.clone(),
            self.memo.clone(),
        ))
    }

    pub(super) fn offer(&self, key_type: Option<KeyType>) -> Option<&Offer> {
        let made = |key_type| move || Offer::of(key_type, &self.provider);
        match key_type {
            None => Some(&self.everything),
            Some(KeyType::Rsa) => self.rsa.get_or_init(made(KeyType::Rsa)).as_ref(),
            Some(KeyType::Ecdsa) => self.not_rsa.get_or_init(made(KeyType::Ecdsa)).as_ref(),
        }
    }
}

/// What a client does that offers this, watched by the recorder.
pub(super) fn config(offer: &Offer, recorder: &Arc<Recorder>) -> ClientConfig {
    let verifier: Arc<Recorder> = Arc::clone(recorder);
    let resolver: Arc<Recorder> = Arc::clone(recorder);
    let mut config = offer.template.clone();
    config.dangerous().set_certificate_verifier(verifier);
    config.client_auth_cert_resolver = resolver;
    config
}

/// The chain that a handshake showed and who presented it, or why it showed none.
pub(super) fn outcome(
    recorder: &Recorder,
    suite: Option<SupportedCipherSuite>,
    broken: Option<Broken>,
) -> Result<(PresentedChain, Peer), Failure> {
    let Record { chain, proof, client_certificate } = recorder.take();
    let Some(chain) = chain else {
        return Err(match broken {
            Some(broken) => broken.into_failure(),
            None => Failure::new(Phase::Handshake, FetchErrorKind::NoCertificate),
        });
    };
    let mut peer = Peer::new();
    if let Some(suite) = suite {
        peer = peer.with_cipher_suite(suite_name(suite));
    }
    if let Some((version, proof)) = proof {
        peer = peer.with_protocol(version.name()).with_possession(proof.possession);
        if let Some(detail) = proof.detail {
            peer = peer.with_possession_detail(detail);
        }
    }
    Ok((chain, ended(peer, client_certificate, broken)))
}

/// Closes the connection politely, and says what the peer thinks of the handshake.
///
/// In TLS 1.3 the client's end of the handshake is not answered, so a server that wants a client
/// certificate complains, if at all, to a client that reads on (RFC 8446 section 4.4.2.4). Other
/// servers have nothing more to say.
async fn close<IO>(
    tls: &mut TlsStream<&mut Meter<IO>>,
    recorder: &Recorder,
    until: Instant,
) -> Option<Broken>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    let awaits_verdict = recorder.is_client_certificate_requested()
        && tls.get_ref().1.protocol_version() == Some(ProtocolVersion::TLSv1_3);
    tls.get_mut().0.allow(LAST_WORDS);
    let last_words = timeout_at(until, async {
        // A peer that has gone already may have left an alert behind.
        let _ = tls.shutdown().await;
        if awaits_verdict {
            tokio::io::copy(tls, &mut tokio::io::sink()).await?;
        }
        Ok(())
    });
    match last_words.await {
        Ok(Err(error)) => {
            Some(Broken::new(error, tls.get_ref().0)).filter(|broken| broken.alert().is_some())
        }
        // The handshake is complete: whoever closes, resets or falls silent now gave no verdict.
        Ok(Ok(())) | Err(_) => None,
    }
}

/// What the end of the handshake says about the client certificate, and about the handshake.
fn ended(peer: Peer, shown: ClientCertificate, broken: Option<Broken>) -> Peer {
    let outcome = match (shown, &broken) {
        (ClientCertificate::Requested, Some(broken)) if broken.is_for_want_of_a_certificate() => {
            ClientCertificate::Required
        }
        // There is nothing else left for the peer to complain of.
        (ClientCertificate::Presented, Some(broken)) if broken.alert().is_some() => {
            ClientCertificate::Rejected
        }
        _ => shown,
    };
    let peer = peer.with_client_certificate(outcome);
    match broken {
        // That it wants one is all that it said.
        Some(broken) if outcome != ClientCertificate::Required => {
            peer.with_late_failure(broken.into_late_failure())
        }
        _ => peer,
    }
}

pub(super) fn server_name(sni: Option<&DnsName>) -> ServerName<'static> {
    // Every `DnsName` is one to rustls, too.
    let name = sni.and_then(|name| ServerName::try_from(name.as_str().to_owned()).ok());
    // For an address no server name is sent (RFC 6066 section 3).
    name.unwrap_or_else(|| IpAddr::from(Ipv4Addr::UNSPECIFIED).into())
}

fn suite_name(suite: SupportedCipherSuite) -> Cow<'static, str> {
    let suite = suite.suite();
    match suite.as_str() {
        Some(name) => name.into(),
        None => format!("{suite:?}").into(),
    }
}

/// How many bytes may follow a handshake: session tickets, an alert.
const LAST_WORDS: usize = 16 * 1024;
