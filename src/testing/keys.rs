//! The private keys of all test certificates.

use std::fmt;

use data_encoding::BASE64;
use rcgen::KeyPair;

/// One of a few fixed keys, for anyone to read: making one for each certificate would be slow, and
/// different in each run.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Key(&'static str);

impl Key {
    /// The key of the nth certificate: they go round.
    pub(super) const fn of(number: usize) -> Self {
        Self(KEYS[number % KEYS.len()])
    }

    /// The key in PKCS#8 (RFC 5958).
    pub(super) fn pkcs8(self) -> Vec<u8> {
        BASE64
            .decode(self.0.as_bytes())
            .unwrap_or_else(|error| panic!("a key of ours is not base64: {error}"))
    }

    pub(super) fn pair(self) -> KeyPair {
        KeyPair::from_pkcs8_der_and_sign_algo(&self.pkcs8().into(), &rcgen::PKCS_ECDSA_P256_SHA256)
            .unwrap_or_else(|error| panic!("a key of ours can't be used: {error}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// P-256, in PKCS#8, in base64.
const KEYS: [&str; 8] = [
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIt7R1HfyzSJB6CtF79zwy+RhMrjj\
     QqvIWTx+JfsgphuhRANCAAT/Ak6UxwSTrKGn5+J4SaeHSZJozzvR399KkK2OzhHWe2vhcnZwMMS5\
     2ryuo/9BTGbAfCm4ddk2AeF26zuypWop",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgh35wfvF4af+jC79Kl5n6/xMfZkGI\
     dAAbPqRpKcWOMdOhRANCAATilkbjlvIcSsZXZ1Qyi8lsGAGdeZ4Mw/yhWeytGc2z0PcOjFAyBliy\
     Qr3SGDyn+OIQUDRfknfl7lY3vz22dHbR",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgG+bej+hY8XYseEhbxxGxCj52ayZS\
     QNvagzEELmsEBRqhRANCAASRwEgLG8SlTJFmN35NEM3xd4e4tTMRk6IrE8Ib797madIFaY160IGq\
     2HGOEkl57SBEwyjP6enyuPn/r85a/9c0",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9a2UbYGOlwnf/CA+zckBttpKNNfZ\
     3trOsmEw0K8WZtyhRANCAAQrtoDIJ2FmF0mgOsUpMx0Wa6Z4ljYxRcHr6+ZKs+nAvvb+bSiBN6qT\
     SFDxtnK2/Jt4oEbXZ33U2FN4GNxsZpTZ",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsDb2RVKZjdjqp7DSUm0yJQPWkNNO\
     tvrhXjo68S3G0EahRANCAATtp1e9t81RZ0IRcrPAghaURfh09IGnoamqrGGpGo7EnY20mxCAMMYz\
     ckqRrGfCPqnhDAjIXWXMQJX/VoYh6yyU",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxn6pnEpRxbDJnWV5TJggNSNv9nVz\
     qVBStGpJT3L/ymihRANCAATpkdyLzTHtxlDsUfcImpNcoMlD8/aFK7WQf0uL6UiU7ANO2MPT3Gcr\
     J8rE0P8FxmvFdtt5O/A52TKJYQ5M8zjL",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6QwdQQN9gt1xBtt8z7riil/hJTmC\
     svTEufiVY2UjvDmhRANCAARUEdc4OaN8lBRfY7c00t0H4PWgeb+FiEu0MYHp9Q9TdGwXFiCz5OPU\
     bzE96w2M+hCXVqDdcURss4Mw4jOQfJk5",
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkpYlwBf29n7Dn0bftuNiYZ7Jy5/v\
     RBEqMMUwJKzhzbuhRANCAAQSjrtQAft7mlYvwXLDDAdDDAy/gSXoqLvMPZSepkkf/ZgQL4/qIzWN\
     Fs/dmBlKJFMKGWJaD/qvvSINkUWV3isf",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_can_be_used_and_they_go_round() {
        for number in 0..KEYS.len() {
            let key = Key::of(number).pair();
            let same = (0..KEYS.len())
                .filter(|other| Key::of(*other).pair().public_key_raw() == key.public_key_raw());
            assert_eq!(same.collect::<Vec<_>>(), [number]);
        }
        assert_eq!(Key::of(8), Key::of(0));
        assert_eq!(format!("{:?}", Key::of(3)), "Key");
    }
}
