//! Signature algorithms that remember what they verified.

use std::fmt;

use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer,
};
use webpki::{Error, RawPublicKeyEntity};

use crate::chain::Signed;
use crate::recent::Recent;

/// A provider's algorithms, with a bounded memory of the signatures that they verified.
///
/// The same few intermediates sign everything, and a P-384 signature takes longer to verify than
/// the rest of a check: each edge between two certificates is paid for once. Only what verified is
/// remembered, by its exact bytes; names, dates and purposes are judged anew each time.
#[derive(Clone, Debug)]
pub(super) struct Signatures {
    algorithms: Vec<Remembering>,
}

impl Signatures {
    pub(super) fn new(algorithms: &[&'static dyn SignatureVerificationAlgorithm]) -> Self {
        let verified = Recent::new(4 * 1024 * 1024);
        let remembering = |inner: &&'static dyn SignatureVerificationAlgorithm| Remembering {
            inner: *inner,
            verified: verified.clone(),
        };
        Self { algorithms: algorithms.iter().map(remembering).collect() }
    }

    /// The algorithms of the crypto provider that is compiled in, AWS-LC where both are.
    pub(super) fn compiled_in() -> Self {
        Self::new(COMPILED_IN)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.algorithms.is_empty()
    }

    /// The algorithms in the shape in which webpki takes them.
    pub(super) fn list(&self) -> Vec<&dyn SignatureVerificationAlgorithm> {
        let mut list: Vec<&dyn SignatureVerificationAlgorithm> =
            Vec::with_capacity(self.algorithms.len());
        for algorithm in &self.algorithms {
            list.push(algorithm);
        }
        list
    }

    /// Whether a signature verifies with a key (a SubjectPublicKeyInfo in DER); `None` where no
    /// algorithm takes the signature or the key.
    pub(super) fn verify(&self, signed: &Signed<'_>, key: &[u8]) -> Option<bool> {
        self.verify_by(signed, key, |algorithm| algorithm)
    }

    /// As [`verify`](Self::verify), past the memory: a message of megabytes would push everything
    /// else out of it.
    pub(super) fn verify_large(&self, signed: &Signed<'_>, key: &[u8]) -> Option<bool> {
        self.verify_by(signed, key, |algorithm| algorithm.inner)
    }

    fn verify_by(
        &self,
        signed: &Signed<'_>,
        key: &[u8],
        by: fn(&Remembering) -> &dyn SignatureVerificationAlgorithm,
    ) -> Option<bool> {
        let key = SubjectPublicKeyInfoDer::from(key);
        let key = RawPublicKeyEntity::try_from(&key).ok()?;
        let fitting = self
            .algorithms
            .iter()
            .filter(|algorithm| *algorithm.signature_alg_id() == *signed.algorithm);
        let mut verified = fitting.filter_map(|algorithm| {
            match key.verify_signature(by(algorithm), signed.message, signed.signature) {
                Ok(()) => Some(true),
                Err(Error::InvalidSignatureForPublicKey) => Some(false),
                Err(_) => None,
            }
        });
        verified.next()
    }
}

#[derive(Clone)]
struct Remembering {
    inner: &'static dyn SignatureVerificationAlgorithm,
    verified: Recent<std::sync::Arc<Verified>>,
}

/// The exact bytes of a signature that verified.
struct Verified {
    key_algorithm: AlgorithmIdentifier,
    algorithm: AlgorithmIdentifier,
    public_key: Box<[u8]>,
    message: Box<[u8]>,
    signature: Box<[u8]>,
}

impl SignatureVerificationAlgorithm for Remembering {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        // The key's algorithm names the curve.
        let (key_algorithm, algorithm) = (self.public_key_alg_id(), self.signature_alg_id());
        // Enough to find it by: what is found is compared in full.
        let key = (public_key, signature);
        let is = |known: &std::sync::Arc<Verified>| {
            known.key_algorithm == key_algorithm
                && known.algorithm == algorithm
                && *known.public_key == *public_key
                && *known.message == *message
                && *known.signature == *signature
        };
        if self.verified.find(key, is).is_some() {
            return Ok(());
        }
        self.inner.verify_signature(public_key, message, signature)?;
        let weight = public_key.len() + message.len() + signature.len();
        let verified = Verified {
            key_algorithm,
            algorithm,
            public_key: public_key.into(),
            message: message.into(),
            signature: signature.into(),
        };
        self.verified.remember(key, verified.into(), weight);
        Ok(())
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.signature_alg_id()
    }

    fn fips(&self) -> bool {
        self.inner.fips()
    }
}

impl fmt::Debug for Remembering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Remembering").field(&self.inner).finish()
    }
}

/// One provider's only, AWS-LC's where both are compiled in: it verifies faster, and more kinds.
#[cfg(feature = "aws-lc-rs")]
const COMPILED_IN: &[&dyn SignatureVerificationAlgorithm] = {
    use webpki::aws_lc_rs::*;
    &[
        ECDSA_P256_SHA256,
        ECDSA_P256_SHA384,
        ECDSA_P256_SHA512,
        ECDSA_P384_SHA256,
        ECDSA_P384_SHA384,
        ECDSA_P384_SHA512,
        ECDSA_P521_SHA256,
        ECDSA_P521_SHA384,
        ECDSA_P521_SHA512,
        ED25519,
        ML_DSA_44,
        ML_DSA_65,
        ML_DSA_87,
        RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
        RSA_PKCS1_2048_8192_SHA384,
        RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
        RSA_PKCS1_2048_8192_SHA512,
        RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
        RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    ]
};

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
const COMPILED_IN: &[&dyn SignatureVerificationAlgorithm] = {
    use webpki::ring::*;
    &[
        ECDSA_P256_SHA256,
        ECDSA_P256_SHA384,
        ECDSA_P384_SHA256,
        ECDSA_P384_SHA384,
        ED25519,
        RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
        RSA_PKCS1_2048_8192_SHA384,
        RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
        RSA_PKCS1_2048_8192_SHA512,
        RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
        RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    ]
};

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
const COMPILED_IN: &[&dyn SignatureVerificationAlgorithm] = &[];
