//! Certificates made on the spot, with dates around an instant.

use std::ops::Range;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, Error, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

/// A CA certificate and its key.
pub(crate) type Ca = CertifiedIssuer<'static, KeyPair>;

/// Makes certificates whose dates are given in days from an instant.
pub(crate) struct Pki {
    pub(crate) at: OffsetDateTime,
}

impl Pki {
    pub(crate) fn root(&self) -> Result<Ca, Error> {
        Ca::self_signed(self.ca("Demo Root", -2_000..5_000), KeyPair::generate()?)
    }

    pub(crate) fn intermediate(
        &self,
        root: &Ca,
        name: &str,
        days: Range<i64>,
    ) -> Result<Ca, Error> {
        Ca::signed_by(self.ca(name, days), KeyPair::generate()?, root)
    }

    /// A certificate for the server `name`, and its key.
    pub(crate) fn server(
        &self,
        issuer: &Ca,
        name: &str,
        days: Range<i64>,
    ) -> Result<(CertificateDer<'static>, KeyPair), Error> {
        let mut params = self.params(name, days);
        params.subject_alt_names = CertificateParams::new([name.to_owned()])?.subject_alt_names;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        Ok((params.signed_by(&key, issuer)?.der().clone(), key))
    }

    fn ca(&self, name: &str, days: Range<i64>) -> CertificateParams {
        let mut params = self.params(name, days);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
    }

    fn params(&self, name: &str, days: Range<i64>) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        params.not_before = self.date(days.start);
        params.not_after = self.date(days.end);
        params
    }

    /// `--at` may lie anywhere from the year 1 to 9999; certificates are to have dates that
    /// everyone can read.
    fn date(&self, days: i64) -> OffsetDateTime {
        self.at.saturating_add(Duration::days(days)).max(OffsetDateTime::UNIX_EPOCH)
    }
}
