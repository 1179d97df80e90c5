//! What a password opens, and what proves it right (RFC 7292 section 5, appendix B; RFC 8018).

use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, InnerIvInit, KeyInit};
use des::TdesEde3;
use pkcs5::EncryptionScheme;
use rc2::Rc2;
use sha1::{Digest, Sha1};
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

use super::budget::{
    PBE_WITH_SHA_AND_2_KEY_3DES, PBE_WITH_SHA_AND_3DES, PBE_WITH_SHA_AND_RC2_40,
    PBE_WITH_SHA_AND_RC2_128,
};
use super::frame::{Encrypted, Mac, Pfx, Reason};
use crate::chain::der::{DerError, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE};

/// A password in both of its forms.
pub(super) struct Password {
    /// For PBES2.
    text: String,
    /// UTF-16 with U+0000 at its end (RFC 7292 appendix B.1), or nothing at all.
    units: Vec<u8>,
}

impl Password {
    pub(super) fn new(text: String) -> Self {
        let units = text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
        Self { text, units }
    }

    /// What some take for the empty one: nothing, without U+0000.
    pub(super) const fn null() -> Self {
        Self { text: String::new(), units: Vec::new() }
    }
}

/// Whether the password is the one that the file was authenticated with; `None` where its hash
/// function is not known here.
pub(super) fn is_authentic(pfx: &Pfx<'_>, mac: &Mac, password: &Password) -> Option<bool> {
    let hash = Hash::of(&mac.algorithm)?;
    let key = hash.derive(&password.units, &mac.salt, KeyFor::Mac, mac.iterations, hash.length);
    Some(hash.hmac(&key, &pfx.safe) == mac.digest)
}

/// The plain text of what is encrypted.
pub(super) fn decrypt(encrypted: &Encrypted<'_>, password: &Password) -> Result<Vec<u8>, Reason> {
    let failed = || "a part can't be decrypted".to_owned();
    if let Some(plain) = pbe(encrypted, password).map_err(|_| failed())? {
        return plain.ok_or_else(failed);
    }
    let scheme = EncryptionScheme::try_from(encrypted.algorithm).map_err(|_| failed())?;
    scheme.decrypt(&password.text, &encrypted.octets).map_err(|_| failed())
}

/// Decrypts by a key and an initialisation vector.
type Decrypt = fn(&[u8], &[u8], &[u8]) -> Option<Vec<u8>>;

/// Decrypts by the schemes of PKCS#12's own; `None` where it is another, the inner one where the
/// password is wrong.
fn pbe(
    encrypted: &Encrypted<'_>,
    password: &Password,
) -> Result<Option<Option<Vec<u8>>>, DerError> {
    let mut algorithm = Reader::new(Reader::new(encrypted.algorithm).expect(SEQUENCE)?.value);
    let (decrypt, length): (Decrypt, _) = match algorithm.expect(OID)?.value {
        PBE_WITH_SHA_AND_3DES => (cbc::<TdesEde3>, 24),
        PBE_WITH_SHA_AND_2_KEY_3DES => (
            |key, iv, data| {
                // The first key once more (ANSI X9.52).
                cbc::<TdesEde3>(&[key, &key[..8]].concat(), iv, data)
            },
            16,
        ),
        PBE_WITH_SHA_AND_RC2_128 => (cbc::<Rc2>, 16),
        PBE_WITH_SHA_AND_RC2_40 => (cbc::<Rc2>, 5),
        _ => return Ok(None),
    };
    let mut params = Reader::new(algorithm.expect(SEQUENCE)?.value);
    let salt = params.expect(OCTET_STRING)?.value;
    let iterations = super::frame::number(params.expect(INTEGER)?.value);
    let derive = |purpose, length| SHA1.derive(&password.units, salt, purpose, iterations, length);
    let (key, iv) = (derive(KeyFor::Encryption, length), derive(KeyFor::Iv, 8));
    Ok(Some(decrypt(&key, &iv, &encrypted.octets)))
}

fn cbc<C>(key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>>
where
    C: KeyInit + cbc::cipher::BlockCipherDecrypt,
{
    let cipher = C::new_from_slice(key).ok()?;
    let decryptor = Decryptor::<C>::inner_iv_slice_init(cipher, iv).ok()?;
    decryptor.decrypt_padded_vec::<Pkcs7>(data).ok()
}

/// What a derived key is for: the diversifier of RFC 7292 appendix B.3.
#[derive(Clone, Copy)]
enum KeyFor {
    Encryption,
    Iv,
    Mac,
}

/// A hash function, by its object identifier.
struct Hash {
    oid: &'static [u8],
    digest: fn(&[u8]) -> Vec<u8>,
    length: usize,
    block: usize,
}

impl Hash {
    fn of(oid: &[u8]) -> Option<&'static Self> {
        HASHES.iter().find(|hash| hash.oid == oid)
    }

    /// RFC 7292 appendix B.2.
    fn derive(
        &self,
        password: &[u8],
        salt: &[u8],
        purpose: KeyFor,
        iterations: u64,
        length: usize,
    ) -> Vec<u8> {
        let diversifier = match purpose {
            KeyFor::Encryption => 1,
            KeyFor::Iv => 2,
            KeyFor::Mac => 3,
        };
        let filled = |octets: &[u8]| {
            let length = octets.len().next_multiple_of(self.block);
            octets.iter().copied().cycle().take(length).collect::<Vec<_>>()
        };
        let mut input = [filled(salt), filled(password)].concat();
        let mut key = Vec::new();
        loop {
            let mut round = (self.digest)(&[&vec![diversifier; self.block][..], &input].concat());
            for _ in 1..iterations {
                round = (self.digest)(&round);
            }
            key.extend_from_slice(&round);
            if key.len() >= length {
                key.truncate(length);
                return key;
            }
            // I_j = (I_j + B + 1) mod 2^v.
            for block in input.chunks_mut(self.block) {
                let addend: Vec<u8> = round.iter().copied().cycle().take(self.block).collect();
                let mut carry = 1;
                for (octet, addend) in block.iter_mut().zip(addend).rev() {
                    let [high, low] = (u16::from(*octet) + u16::from(addend) + carry).to_be_bytes();
                    *octet = low;
                    carry = high.into();
                }
            }
        }
    }

    /// HMAC (RFC 2104) by a key that is no longer than a block.
    fn hmac(&self, key: &[u8], data: &[u8]) -> Vec<u8> {
        let padded = |pad: u8| -> Vec<u8> {
            let key = key.iter().copied().chain(std::iter::repeat(0));
            key.take(self.block).map(|octet| octet ^ pad).collect()
        };
        let inner = (self.digest)(&[&padded(0x36)[..], data].concat());
        (self.digest)(&[padded(0x5c), inner].concat())
    }
}

fn digest<D: Digest>(data: &[u8]) -> Vec<u8> {
    D::digest(data).to_vec()
}

/// 1.3.14.3.2.26
const SHA1: Hash =
    Hash { oid: &[0x2b, 0x0e, 0x03, 0x02, 0x1a], digest: digest::<Sha1>, length: 20, block: 64 };

// 2.16.840.1.101.3.4.2.1 to .6
const HASHES: &[Hash] = &[
    SHA1,
    sha2(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01], digest::<Sha256>, 32, 64),
    sha2(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02], digest::<Sha384>, 48, 128),
    sha2(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03], digest::<Sha512>, 64, 128),
    sha2(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04], digest::<Sha224>, 28, 64),
    sha2(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x05], digest::<Sha512_224>, 28, 128),
    sha2(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x06], digest::<Sha512_256>, 32, 128),
];

const fn sha2(
    oid: &'static [u8],
    digest: fn(&[u8]) -> Vec<u8>,
    length: usize,
    block: usize,
) -> Hash {
    Hash { oid, digest, length, block }
}
