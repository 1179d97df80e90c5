//! Certificates that were read before, remembered by their bytes.

use crate::recent::Recent;

use super::Entry;

/// A bounded memory of entries, shared by its clones.
///
/// A watch or a scan sees the same intermediates, and mostly the same end-entity certificates,
/// again and again: what was read once is not read again.
#[derive(Clone, Debug)]
pub(crate) struct CertificateMemo(Recent<Entry>);

impl CertificateMemo {
    pub(super) fn entry(&self, der: &[u8]) -> Entry {
        let known = self.0.find(der, |entry| entry.der() == der);
        known.unwrap_or_else(|| {
            let entry = Entry::read(der);
            if der.len() <= LARGEST {
                self.0.remember(der, entry.clone(), FACTS_PER_OCTET * der.len());
            }
            entry
        })
    }
}

impl Default for CertificateMemo {
    fn default() -> Self {
        Self(Recent::new(16 * 1024 * 1024))
    }
}

/// In octets. Those in use have less than 8,000, most of them less than 2,000.
const LARGEST: usize = 16 * 1024;

/// How much room a certificate takes for each of its octets, at worst: an empty dNSName is 2 of
/// them and one `AltName` of 32; a name of one letter is 3, and an allocation more. An honest
/// certificate takes about 2, so the memory holds a tenth of its weight in practice.
const FACTS_PER_OCTET: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_certificate_is_remembered_and_a_large_one_is_not() {
        let memo = CertificateMemo::default();
        let known = |der: &[u8]| {
            memo.entry(der);
            memo.0.find(der, |entry| entry.der() == der).is_some()
        };
        assert!(known(&[0; LARGEST]));
        assert!(!known(&[0; LARGEST + 1]));
    }
}
