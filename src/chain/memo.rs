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
            self.0.remember(der, entry.clone(), FACTS_PER_OCTET * der.len());
            entry
        })
    }
}

impl Default for CertificateMemo {
    fn default() -> Self {
        Self(Recent::new(4 * 1024 * 1024))
    }
}

/// The owned facts of a certificate take about as much room as its bytes.
const FACTS_PER_OCTET: usize = 2;
