//! The client certificate that is shown to servers that ask for one.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};

use super::BuildError;
use crate::chain::{ChainError, Entry, PresentedChain};

/// A client certificate, the chain above it, and the key: what is shown to servers that ask.
///
/// The key is used for nothing but the handshake, and never shown by `Debug`. Cheap to clone.
///
/// ```
/// # fn run(chain: &str, key: &str) -> Result<(), notafter::fetch::ClientIdentityError> {
/// use notafter::fetch::ClientIdentity;
///
/// let identity = ClientIdentity::from_pem(chain, key)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ClientIdentity {
    chain: PresentedChain,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Bytes(Arc<PrivateKeyDer<'static>>),
    Callers(Arc<CallersKey>),
}

impl ClientIdentity {
    /// The certificates of one PEM text, the client's own first, and the private key of another,
    /// which may be the same: PKCS #8, PKCS #1 or SEC 1, not encrypted.
    ///
    /// # Errors
    ///
    /// [`ClientIdentityError`] where the first holds no certificate or the second no key that can be
    /// read. Whether the key can be used, and fits the certificate, is seen when the fetcher is
    /// built.
    pub fn from_pem(
        chain: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, ClientIdentityError> {
        let chain = PresentedChain::from_pem(chain)?;
        let key = match PrivateKeyDer::from_pem_slice(key.as_ref()) {
            Ok(key) => Key::Bytes(Arc::new(key)),
            Err(_) if is_encrypted(key.as_ref()) => return Err(ClientIdentityError::EncryptedKey),
            Err(pem::Error::NoItemsFound) => return Err(ClientIdentityError::NoKey),
            Err(_) => return Err(ClientIdentityError::UnreadableKey),
        };
        Ok(Self { chain, key })
    }

    /// A chain whose key lives elsewhere, such as in a hardware module: `sign` gets the number of
    /// a signature scheme, one of `schemes`, and the message, and answers with the signature.
    ///
    /// The schemes are the `SignatureScheme` values of TLS (RFC 8446 section 4.2.3), in the order
    /// of preference: `0x0403` is ecdsa_secp256r1_sha256, `0x0804` rsa_pss_rsae_sha256. All have to
    /// be of one kind of key. `sign` is called while a handshake is under way, and must not block
    /// for long.
    #[must_use]
    pub fn from_signer<F>(
        chain: PresentedChain,
        schemes: impl IntoIterator<Item = u16>,
        sign: F,
    ) -> Self
    where
        F: Fn(u16, &[u8]) -> Result<Vec<u8>, Box<dyn StdError + Send + Sync>>
            + Send
            + Sync
            + 'static,
    {
        let schemes = schemes.into_iter().map(SignatureScheme::from).collect();
        let key = Key::Callers(Arc::new(CallersKey { schemes, sign: Arc::new(sign) }));
        Self { chain, key }
    }

    /// The certificates that are shown, the client's own first.
    #[must_use]
    pub const fn chain(&self) -> &PresentedChain {
        &self.chain
    }

    /// What rustls wants of it.
    pub(super) fn certified(
        &self,
        provider: &CryptoProvider,
    ) -> Result<Arc<CertifiedKey>, BuildError> {
        let der = |entry: &Entry| CertificateDer::from(entry.der().to_vec());
        let chain = self.chain.entries().iter().map(der).collect();
        let key: Arc<dyn SigningKey> = match &self.key {
            Key::Bytes(key) => provider
                .key_provider
                .load_private_key(key.clone_key())
                .map_err(|_| BuildError::UnusableClientKey)?,
            Key::Callers(key) => {
                let key: Arc<CallersKey> = Arc::clone(key);
                key
            }
        };
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
                Err(BuildError::ClientKeyMismatch)
            }
            // A certificate that rustls can't read may be what a server wants to see nevertheless.
            _ => Ok(Arc::new(certified)),
        }
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity").field("chain", &self.chain).finish_non_exhaustive()
    }
}

/// Why there is no [`ClientIdentity`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientIdentityError {
    /// The text for the chain holds no certificate.
    #[error("no client certificate")]
    Chain(#[from] ChainError),
    /// The private key is encrypted; decrypt it first, as no password is asked for here.
    #[error("the client's private key is encrypted")]
    EncryptedKey,
    /// The text for the key holds none.
    #[error("no private key for the client certificate")]
    NoKey,
    /// The text for the key is broken.
    #[error("the client's private key can't be read")]
    UnreadableKey,
}

/// The labels of RFC 7468 section 11, and the header of the older form of RFC 1421.
fn is_encrypted(pem: &[u8]) -> bool {
    let holds = |label: &[u8]| pem.windows(label.len()).any(|window| window == label);
    holds(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || holds(b"Proc-Type: 4,ENCRYPTED")
}

type Sign = dyn Fn(u16, &[u8]) -> Result<Vec<u8>, Box<dyn StdError + Send + Sync>> + Send + Sync;

/// A key of the caller's own.
struct CallersKey {
    schemes: Arc<[SignatureScheme]>,
    sign: Arc<Sign>,
}

impl fmt::Debug for CallersKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallersKey").field("schemes", &self.schemes).finish_non_exhaustive()
    }
}

impl SigningKey for CallersKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let scheme = *self.schemes.iter().find(|scheme| offered.contains(scheme))?;
        Some(Box::new(CallersSigner { scheme, sign: Arc::clone(&self.sign) }))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match self.schemes.first().map(|scheme| u16::from(*scheme)) {
            Some(0x0201 | 0x0401 | 0x0501 | 0x0601 | 0x0804..=0x0806 | 0x0809..=0x080b) => {
                SignatureAlgorithm::RSA
            }
            Some(0x0203 | 0x0403 | 0x0503 | 0x0603) => SignatureAlgorithm::ECDSA,
            Some(0x0807) => SignatureAlgorithm::ED25519,
            Some(0x0808) => SignatureAlgorithm::ED448,
            _ => SignatureAlgorithm::Unknown(0xff),
        }
    }
}

struct CallersSigner {
    scheme: SignatureScheme,
    sign: Arc<Sign>,
}

impl fmt::Debug for CallersSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallersSigner").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

impl Signer for CallersSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        (self.sign)(self.scheme.into(), message)
            .map_err(|error| rustls::Error::General(error.to_string()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
