//! Whether the handshake signature proves possession of the end-entity certificate's key.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer};
use rustls::{DigitallySignedStruct, SignatureScheme};
use webpki::RawPublicKeyEntity;

use crate::chain::{self, KeyKind, Possession};

/// The protocol version whose rules for handshake signatures apply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Version {
    Tls12,
    Tls13,
}

impl Version {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tls12 => "TLSv1.2",
            Self::Tls13 => "TLSv1.3",
        }
    }
}

/// The outcome of the check, and why it is not [`Possession::Proven`].
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) possession: Possession,
    pub(super) detail: Option<String>,
}

impl Proof {
    const PROVEN: Self = Self { possession: Possession::Proven, detail: None };

    fn failed(detail: String) -> Self {
        Self { possession: Possession::Failed, detail: Some(detail) }
    }

    fn not_provable(detail: String) -> Self {
        Self { possession: Possession::NotProvable, detail: Some(detail) }
    }
}

/// Checks the signature of a handshake message (RFC 8446 section 4.4.3, RFC 5246 section 7.4.3).
pub(super) fn prove(
    version: Version,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Proof {
    let verify = match version {
        Version::Tls12 => verify_tls12_signature,
        Version::Tls13 => verify_tls13_signature,
    };
    match verify(message, certificate, signed, algorithms) {
        Ok(_) => Proof::PROVEN,
        Err(_) => prove_by_key(version, message, certificate, signed, algorithms),
    }
}

/// Tells a signature that is wrong from one that the provider can't check, and checks one whose
/// certificate webpki does not read.
fn prove_by_key(
    version: Version,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Proof {
    let scheme = signed.scheme;
    if candidates(scheme, algorithms).is_empty() {
        return Proof::not_provable(format!(
            "the provider can't verify {} signatures",
            name_of(scheme)
        ));
    }
    let Some(key) = chain::raw_public_key(certificate) else {
        return Proof::not_provable("no public key can be read from the certificate".to_owned());
    };
    // Both providers call every signature by such a key a bad one.
    if key.kind == KeyKind::Rsa && !RSA_BITS.contains(&key.bits) {
        return Proof::not_provable(format!(
            "RSA key of {} bits: the provider verifies 2048 to 8192",
            key.bits
        ));
    }
    let spki = SubjectPublicKeyInfoDer::from(key.spki);
    if verifies_with_raw_key(version, message, &spki, signed, algorithms) {
        Proof::PROVEN
    } else if has_algorithm_for(&spki, algorithms) {
        Proof::failed(format!(
            "the {} signature does not verify with the certificate's key",
            name_of(scheme)
        ))
    } else {
        Proof::not_provable(format!("the provider can't verify with {} keys", key.kind))
    }
}

/// webpki reads X.509 v3 only; the key alone is enough for a signature.
fn verifies_with_raw_key(
    version: Version,
    message: &[u8],
    spki: &SubjectPublicKeyInfoDer<'_>,
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> bool {
    match version {
        // Before TLS 1.3 a scheme does not fix the curve, so several algorithms may fit.
        Version::Tls12 => RawPublicKeyEntity::try_from(spki).is_ok_and(|key| {
            candidates(signed.scheme, algorithms).iter().any(|algorithm| {
                key.verify_signature(*algorithm, message, signed.signature()).is_ok()
            })
        }),
        Version::Tls13 => {
            verify_tls13_signature_with_raw_key(message, spki, signed, algorithms).is_ok()
        }
    }
}

/// Whether the provider has any algorithm that takes the key.
fn has_algorithm_for(
    spki: &SubjectPublicKeyInfoDer<'_>,
    algorithms: &WebPkiSupportedAlgorithms,
) -> bool {
    let Ok(key) = RawPublicKeyEntity::try_from(spki) else {
        return false;
    };
    // webpki compares the algorithm identifiers before anything else.
    algorithms.all.iter().any(|algorithm| {
        !matches!(
            key.verify_signature(*algorithm, &[], &[]),
            Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_))
        )
    })
}

fn candidates(
    scheme: SignatureScheme,
    algorithms: &WebPkiSupportedAlgorithms,
) -> &'static [&'static dyn SignatureVerificationAlgorithm] {
    let mapped = algorithms.mapping.iter().find(|(known, _)| *known == scheme);
    mapped.map_or(&[], |(_, candidates)| candidates)
}

fn name_of(scheme: SignatureScheme) -> Cow<'static, str> {
    match scheme.as_str() {
        Some(name) => name.into(),
        None => format!("0x{:04x}", u16::from(scheme)).into(),
    }
}

/// The sizes of the providers' RSA algorithms (RSA_PSS_2048_8192_SHA256 and its kin).
const RSA_BITS: RangeInclusive<u32> = 2048..=8192;
