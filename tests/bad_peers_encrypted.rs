//! Peers whose lengths are wrong in the messages that TLS 1.3 encrypts.
//!
//! Nobody in between can change those: here it is the server that lies, in whatever it encrypts
//! first, which is all of its flight after the ServerHello.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::sync::Arc;

use common::flight::{CHANGES, Change, change, number, read_record};
use common::meeting::{HANDSHAKE, assert_within, falls_silent};
use common::pki::{Issued, Pki};
use notafter::chain::Possession;
use notafter::fetch::{FetchErrorKind, Fetcher, Phase};
use rustls::crypto::aws_lc_rs;
use rustls::crypto::cipher::{
    AeadKey, Iv, MessageDecrypter, MessageEncrypter, OutboundChunks, OutboundOpaqueMessage,
    OutboundPlainMessage, Tls13AeadAlgorithm, UnsupportedOperationError,
};
use rustls::pki_types::CertificateDer;
use rustls::{
    ConnectionTrafficSecrets, Error, ServerConfig, ServerConnection, SupportedCipherSuite,
    Tls13CipherSuite,
};
use tokio::io::{AsyncWriteExt, duplex};
use tokio::time::Instant;

/// Encrypts as the suite does, after the lie.
struct Liar {
    inner: &'static dyn Tls13AeadAlgorithm,
    lie: Lie,
}

/// Which of the length fields is changed, and to what.
type Lie = (usize, Change);

impl Tls13AeadAlgorithm for Liar {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        let inner = self.inner.encrypter(key, iv);
        Box::new(Lying { inner, lie: self.lie })
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        self.inner.decrypter(key, iv)
    }

    fn key_len(&self) -> usize {
        self.inner.key_len()
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        self.inner.extract_keys(key, iv)
    }
}

struct Lying {
    inner: Box<dyn MessageEncrypter>,
    lie: Lie,
}

impl MessageEncrypter for Lying {
    fn encrypt(
        &mut self,
        message: OutboundPlainMessage<'_>,
        sequence: u64,
    ) -> Result<OutboundOpaqueMessage, Error> {
        let mut payload = message.payload.to_vec();
        if sequence == 0 {
            let (index, to) = self.lie;
            let fields = fields(&payload);
            assert!(fields.iter().map(|field| field.0).eq(FIELDS.map(|field| field.0)));
            let (_, at, width) = fields[index];
            change(&mut payload[at..at + width], to);
        }
        let payload = OutboundChunks::Single(&payload);
        self.inner.encrypt(OutboundPlainMessage { payload, ..message }, sequence)
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        self.inner.encrypted_payload_len(payload_len)
    }
}

/// The configuration of a server that lies.
fn liar(chain: Vec<CertificateDer<'static>>, leaf: &Issued, lie: Lie) -> Arc<ServerConfig> {
    let mut provider = aws_lc_rs::default_provider();
    let SupportedCipherSuite::Tls13(suite) = aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256
    else {
        unreachable!("it is a suite of TLS 1.3");
    };
    let aead = Liar { inner: suite.aead_alg, lie };
    // Suites live as long as the process.
    let suite = Box::leak(Box::new(Tls13CipherSuite {
        common: rustls::crypto::CipherSuiteCommon {
            suite: suite.common.suite,
            hash_provider: suite.common.hash_provider,
            confidentiality_limit: suite.common.confidentiality_limit,
        },
        hkdf_provider: suite.hkdf_provider,
        aead_alg: Box::leak(Box::new(aead)),
        quic: None,
    }));
    provider.cipher_suites = vec![SupportedCipherSuite::Tls13(suite)];
    let config = ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert_with_ocsp(chain, leaf.private_key(), b"staple".to_vec())
        .unwrap();
    config.into()
}

/// Where the length fields of EncryptedExtensions, Certificate, CertificateVerify and Finished
/// are, and how many bytes they take (RFC 8446 sections 4.3 and 4.4).
fn fields(flight: &[u8]) -> Vec<(&'static str, usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    let length = |at: usize, width: usize| number(&flight[at..at + width]);
    while at < flight.len() {
        let end = at + 4 + length(at + 1, 3);
        match flight[at] {
            8 => {
                found.push(("EncryptedExtensions", at + 1, 3));
                found.push(("EncryptedExtensions list", at + 4, 2));
            }
            11 => {
                found.push(("Certificate", at + 1, 3));
                found.push(("Certificate context", at + 4, 1));
                found.push(("Certificate list", at + 5, 3));
                let mut entry = at + 8;
                while entry < end {
                    found.push(("Certificate entry", entry, 3));
                    entry += 3 + length(entry, 3);
                    found.push(("Certificate extensions", entry, 2));
                    if length(entry, 2) > 0 {
                        found.push(("Certificate status_request", entry + 4, 2));
                        found.push(("Certificate response", entry + 7, 3));
                    }
                    entry += 2 + length(entry, 2);
                }
            }
            15 => {
                found.push(("CertificateVerify", at + 1, 3));
                found.push(("CertificateVerify signature", at + 6, 2));
            }
            20 => found.push(("Finished", at + 1, 3)),
            other => panic!("a message of type {other}"),
        }
        at = end;
    }
    found
}

/// What comes of a server that lies: a refusal, or how the chain was proven.
async fn meet(config: Arc<ServerConfig>, sent: &[CertificateDer<'static>]) -> String {
    let (ours, mut theirs) = duplex(64 * 1024);
    let target = "example.com".parse().unwrap();
    let fetcher = Fetcher::new().unwrap();
    let serving = async {
        let mut connection = ServerConnection::new(config).unwrap();
        let hello = read_record(&mut theirs).await;
        connection.read_tls(&mut &hello[..]).unwrap();
        connection.process_new_packets().unwrap();
        let mut flight = Vec::new();
        while connection.wants_write() {
            connection.write_tls(&mut flight).unwrap();
        }
        theirs.write_all(&flight).await.unwrap();
        falls_silent(theirs).await
    };
    let start = Instant::now();
    let fetched = tokio::select! {
        fetched = fetcher.handshake(ours, &target) => fetched,
        () = serving => unreachable!("it waits for the client"),
    };
    assert_within(start.elapsed(), HANDSHAKE);
    match fetched {
        Err(error) => {
            assert_eq!(error.phase(), Phase::Handshake);
            // Which of them depends on the bytes that are taken for a length.
            assert!(matches!(error.kind(), FetchErrorKind::MessageTooLarge | FetchErrorKind::Tls));
            "refused".to_owned()
        }
        Ok(chain) => {
            let possession = chain.peer().unwrap().possession();
            let ders = chain.entries().iter().map(notafter::chain::Entry::der);
            assert!(possession != Possession::Proven || ders.eq(sent.iter().map(|der| &der[..])));
            format!("{possession:?}").to_lowercase()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn are_errors_or_leave_the_key_unproven() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let sent = pki.chain(&leaf);
    for (index, (name, outcomes)) in FIELDS.into_iter().enumerate() {
        for (to, outcome) in CHANGES.into_iter().zip(outcomes) {
            let found = meet(liar(sent.clone(), &leaf, (index, to)), &sent).await;
            assert!(
                outcome.split(" or ").any(|one| one == found),
                "{name}: {found}, not {outcome}"
            );
        }
    }
}

/// The fields in their order, and what the changes lead to. What is empty stays as it is where it
/// is changed to nothing, and by its Finished, the bytes of which
/// are as good as random, a server proves nothing that it has not yet.
const FIELDS: [(&str, [&str; 4]); 14] = [
    ("EncryptedExtensions", ["refused", "refused", "refused", "refused"]),
    ("EncryptedExtensions list", ["refused", "refused", "refused", "refused"]),
    ("Certificate", ["refused", "refused", "refused", "refused"]),
    ("Certificate context", ["refused", "refused", "proven", "refused"]),
    ("Certificate list", ["refused", "refused", "refused", "refused"]),
    ("Certificate entry", ["refused", "refused", "refused", "refused"]),
    ("Certificate extensions", ["refused", "refused", "refused", "refused"]),
    ("Certificate status_request", ["refused", "refused", "refused", "refused"]),
    ("Certificate response", ["refused", "refused", "refused", "refused"]),
    ("Certificate entry", ["refused", "refused", "refused", "refused"]),
    ("Certificate extensions", ["refused", "refused", "proven", "refused"]),
    ("CertificateVerify", ["refused", "refused", "refused", "refused"]),
    ("CertificateVerify signature", ["refused", "refused", "refused", "refused"]),
    ("Finished", ["proven", "proven", "refused or proven", "refused"]),
];
