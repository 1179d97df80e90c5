//! What it costs to derive a key from a password, known before it is derived: a file says by itself
//! how long that takes.

use crate::chain::der::{DerError, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE};
use crate::chain::key::dotted;
use crate::source::{Format, ProblemKind};

use super::frame::number;

/// The iterations that are left for one file.
pub(super) struct Budget(u64);

impl Budget {
    pub(super) const fn new() -> Self {
        Self(ALL_ITERATIONS)
    }

    /// Takes those of an AlgorithmIdentifier; the problem where it asks for too many, or is none
    /// that can be decrypted.
    pub(super) fn spend_on(&mut self, algorithm: &[u8]) -> Result<(), ProblemKind> {
        let iterations = match Cost::of(algorithm) {
            Ok(Cost::Iterations(iterations)) => iterations,
            Ok(Cost::Unknown(oid)) => return Err(unknown(&oid)),
            Err(error) => {
                let reason = format!("an encryption algorithm {}", error.reason());
                return Err(ProblemKind::Content { format: Format::Pkcs12, reason });
            }
        };
        self.spend(iterations)
    }

    pub(super) fn spend(&mut self, iterations: u64) -> Result<(), ProblemKind> {
        let what = "iterations";
        if iterations > ITERATIONS {
            return Err(ProblemKind::TooLarge { what, size: Some(iterations), limit: ITERATIONS });
        }
        let too_many = ProblemKind::TooLarge { what, size: None, limit: ALL_ITERATIONS };
        self.0 = self.0.checked_sub(iterations).ok_or(too_many)?;
        Ok(())
    }
}

enum Cost {
    Iterations(u64),
    /// What is not known here, by its object identifier.
    Unknown(String),
}

impl Cost {
    fn of(algorithm: &[u8]) -> Result<Self, DerError> {
        let (oid, mut fields) = identifier(&mut Reader::new(algorithm))?;
        match oid {
            // PBEParameter (RFC 8018 appendix A.3): a salt, then the iterations.
            PBE_WITH_SHA_AND_3DES
            | PBE_WITH_SHA_AND_2_KEY_3DES
            | PBE_WITH_SHA_AND_RC2_128
            | PBE_WITH_SHA_AND_RC2_40 => {
                let mut fields = Reader::new(fields.expect(SEQUENCE)?.value);
                fields.expect(OCTET_STRING)?;
                Ok(Self::Iterations(number(fields.expect(INTEGER)?.value)))
            }
            PBES2 => Self::of_pbes2(Reader::new(fields.expect(SEQUENCE)?.value)),
            other => Ok(Self::Unknown(dotted(other))),
        }
    }

    /// PBES2-params (RFC 8018 appendix A.4): how the key is derived, and what it is for.
    fn of_pbes2(mut params: Reader<'_>) -> Result<Self, DerError> {
        let (kdf, mut fields) = identifier(&mut params)?;
        let mut fields = Reader::new(fields.expect(SEQUENCE)?.value);
        match kdf {
            PBKDF2 => {
                fields.expect(OCTET_STRING)?;
                let iterations = number(fields.expect(INTEGER)?.value);
                Ok(Self::Iterations(iterations))
            }
            SCRYPT => {
                fields.expect(OCTET_STRING)?;
                let cost = number(fields.expect(INTEGER)?.value);
                let block_size = number(fields.expect(INTEGER)?.value);
                let parallel = number(fields.expect(INTEGER)?.value);
                // Of 128 octets each, and two for one iteration: for as many as there may be it
                // takes 256 MB of memory.
                let blocks = cost.saturating_mul(block_size).saturating_mul(parallel);
                Ok(Self::Iterations(blocks / 2))
            }
            other => Ok(Self::Unknown(dotted(other))),
        }
    }
}

/// The object identifier of an AlgorithmIdentifier, and its parameters.
fn identifier<'a>(fields: &mut Reader<'a>) -> Result<(&'a [u8], Reader<'a>), DerError> {
    let mut algorithm = Reader::new(fields.expect(SEQUENCE)?.value);
    Ok((algorithm.expect(OID)?.value, algorithm))
}

fn unknown(algorithm: &str) -> ProblemKind {
    let reason = format!("it is encrypted by the algorithm {algorithm}, which is not known here");
    ProblemKind::Content { format: Format::Pkcs12, reason }
}

/// For one key. Firefox takes 600,000.
const ITERATIONS: u64 = 1_000_000;
/// For a whole file. Java takes 10,000 for each key, Firefox 600,000.
const ALL_ITERATIONS: u64 = 20_000_000;

// 1.2.840.113549.1.12.1.3 to .6
pub(super) const PBE_WITH_SHA_AND_3DES: &[u8] =
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03];
pub(super) const PBE_WITH_SHA_AND_2_KEY_3DES: &[u8] =
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x04];
pub(super) const PBE_WITH_SHA_AND_RC2_128: &[u8] =
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x05];
pub(super) const PBE_WITH_SHA_AND_RC2_40: &[u8] =
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x06];
// 1.2.840.113549.1.5.13 and .12
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
/// 1.3.6.1.4.1.11591.4.11
const SCRYPT: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b];
