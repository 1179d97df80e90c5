//! The public half of a private key, which is all that is ever kept of it.

/// Why the public key of a private key can't be told. It shows nothing of the key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// It is encrypted.
    #[error("is encrypted")]
    Encrypted,
    /// No private key in a format that is known.
    #[error("is no private key in PKCS#8, PKCS#1 or SEC 1")]
    NoKey,
    /// An algorithm whose keys are not known here.
    #[error("is for the algorithm {algorithm}, whose keys are not known here")]
    UnknownAlgorithm {
        /// Its object identifier.
        algorithm: String,
    },
}

/// The public key of a private key, as a SubjectPublicKeyInfo in DER.
///
/// # Errors
///
/// [`KeyError`]
pub fn public_key_of(_key: impl AsRef<[u8]>) -> Result<Vec<u8>, KeyError> {
    Err(KeyError::NoKey)
}

/// The public key of a PEM block with a private key.
pub(super) fn public_key_of_block(_: &[u8], _: bool, _: &[u8]) -> Result<Vec<u8>, KeyError> {
    Err(KeyError::NoKey)
}
