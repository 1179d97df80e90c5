//! Signature algorithms that remember what they verified.

use std::fmt;

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

use crate::recent::Recent;

/// A provider's algorithms, with a bounded memory of the signatures that they verified.
///
/// The same few intermediates sign everything, and a P-384 signature takes longer to verify than
/// the rest of a check: each edge between two certificates is paid for once. Only what verified is
/// remembered, by its exact bytes; names, dates and purposes are judged anew each time.
#[derive(Clone, Debug)]
pub(crate) struct Signatures {
    algorithms: Vec<Remembering>,
}

impl Signatures {
    pub(crate) fn new(algorithms: &[&'static dyn SignatureVerificationAlgorithm]) -> Self {
        let verified = Recent::new(4 * 1024 * 1024);
        let remembering =
            |inner: &&'static dyn SignatureVerificationAlgorithm| Remembering { inner: *inner, verified: verified.clone() };
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
        self.algorithms.iter().map(|algorithm| algorithm as _).collect()
    }
}

#[derive(Clone)]
struct Remembering {
    inner: &'static dyn SignatureVerificationAlgorithm,
    verified: Recent<std::sync::Arc<Verified>>,
}

/// The exact bytes of a signature that verified.
struct Verified {
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
        // The key's algorithm names the curve: webpki compares it before it calls.
        let (key_algorithm, algorithm) = (self.public_key_alg_id(), self.signature_alg_id());
        let key = (key_algorithm.as_ref(), algorithm.as_ref(), public_key, message, signature);
        let is = |known: &std::sync::Arc<Verified>| {
            known.algorithm == algorithm
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

/// webpki lists ring's algorithms before AWS-LC's where both are compiled in, and tries them in
/// order; AWS-LC's are faster, and more.
const COMPILED_IN: &[&dyn SignatureVerificationAlgorithm] = algorithms::ALL;
