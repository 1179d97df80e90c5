//! Revocation lists made on the spot, in force during June 2026.
//!
//! ```ignore
//! let list = pki.intermediate.list().revoke(&leaf, "2026-06-02T00:00:00Z").issue();
//! let odd = with_extensions(&pki.intermediate.list().der(), &pki.intermediate.key, &[]);
//! ```

use notafter::chain::{Certificate, RevocationList};
use rcgen::{
    CertificateRevocationListParams, CrlDistributionPoint, CrlIssuingDistributionPoint, CrlScope,
    KeyIdMethod, KeyPair, RevocationReason, RevokedCertParams, SerialNumber, SigningKey as _,
};

use super::anatomy::{BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, OID, SEQUENCE, children, tlv};
use super::pki::{Issued, at};

/// A list to be.
pub(crate) struct ListDraft<'a> {
    issuer: &'a Issued,
    params: CertificateRevocationListParams,
}

impl Issued {
    /// A list that this CA signs, with nothing in it.
    pub(crate) fn list(&self) -> ListDraft<'_> {
        let params = CertificateRevocationListParams {
            this_update: at("2026-06-01T00:00:00Z"),
            next_update: at("2026-07-01T00:00:00Z"),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        ListDraft { issuer: self, params }
    }

    pub(crate) fn serial_number(&self) -> Vec<u8> {
        Certificate::from_der(&self.der).unwrap().serial_number().to_vec()
    }
}

impl ListDraft<'_> {
    pub(crate) fn revoke(self, certificate: &Issued, instant: &str) -> Self {
        self.revoke_for(certificate, instant, None)
    }

    pub(crate) fn revoke_for(
        self,
        certificate: &Issued,
        instant: &str,
        reason: Option<RevocationReason>,
    ) -> Self {
        self.revoke_serial(&certificate.serial_number(), instant, reason)
    }

    pub(crate) fn revoke_serial(
        mut self,
        serial_number: &[u8],
        instant: &str,
        reason_code: Option<RevocationReason>,
    ) -> Self {
        self.params.revoked_certs.push(RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial_number),
            revocation_time: at(instant),
            reason_code,
            invalidity_date: None,
        });
        self
    }

    pub(crate) fn dated(mut self, this_update: &str, next_update: &str) -> Self {
        self.params.this_update = at(this_update);
        self.params.next_update = at(next_update);
        self
    }

    /// For a distribution point, and perhaps for some certificates of it only.
    pub(crate) fn only_for(mut self, uri: &str, scope: Option<CrlScope>) -> Self {
        self.params.issuing_distribution_point = Some(CrlIssuingDistributionPoint {
            distribution_point: CrlDistributionPoint { uris: vec![uri.to_owned()] },
            scope,
        });
        self
    }

    pub(crate) fn der(self) -> Vec<u8> {
        self.params.signed_by(&self.issuer.issuer()).unwrap().der().to_vec()
    }

    pub(crate) fn issue(self) -> RevocationList {
        RevocationList::from_der(self.der()).unwrap()
    }
}

/// A list whose fields were changed, signed anew; the algorithm is the one that it names. The
/// fields are the version, the algorithm, the issuer, thisUpdate, nextUpdate, and perhaps the
/// entries; the extensions stand last.
pub(crate) fn with_fields(
    der: &[u8],
    key: &KeyPair,
    change: impl FnOnce(&mut Vec<Vec<u8>>),
) -> Vec<u8> {
    let [tbs, algorithm, _] = children(der).try_into().unwrap();
    let mut fields = children(&tbs);
    change(&mut fields);
    let tbs = tlv(SEQUENCE, &fields.concat());
    let signature = key.sign(&tbs).unwrap();
    let signature = tlv(BIT_STRING, &[&[0], &signature[..]].concat());
    tlv(SEQUENCE, &[tbs, algorithm, signature].concat())
}

/// A list with these extensions instead of its own, signed anew.
pub(crate) fn with_extensions(der: &[u8], key: &KeyPair, extensions: &[Vec<u8>]) -> RevocationList {
    let der = with_fields(der, key, |fields| {
        fields.pop();
        if !extensions.is_empty() {
            fields.push(tlv(0xa0, &tlv(SEQUENCE, &extensions.concat())));
        }
    });
    RevocationList::from_der(der).unwrap()
}

/// An extension, of a list or of an entry.
pub(crate) fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { tlv(BOOLEAN, &[0xff]) } else { Vec::new() };
    tlv(SEQUENCE, &[tlv(OID, oid), flag, tlv(OCTET_STRING, value)].concat())
}

/// The CRL number 1.
pub(crate) fn number(critical: bool) -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x14], critical, &tlv(INTEGER, &[1]))
}

/// An issuing distribution point with this content.
pub(crate) fn distribution_point(content: &[u8]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x1c], true, &tlv(SEQUENCE, content))
}
