//! Chains as public CAs issue them.

use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, CustomExtension, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
    SignatureAlgorithm, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Which keys a chain has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Keys {
    /// P-256 under P-256 under P-384.
    Ecdsa,
    /// 2048 bits throughout.
    Rsa,
}

impl Keys {
    pub(crate) const ALL: [Self; 2] = [Self::Ecdsa, Self::Rsa];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ecdsa => "ecdsa",
            Self::Rsa => "rsa",
        }
    }

    const fn root(self) -> &'static SignatureAlgorithm {
        match self {
            Self::Ecdsa => &rcgen::PKCS_ECDSA_P384_SHA384,
            Self::Rsa => &rcgen::PKCS_RSA_SHA256,
        }
    }

    const fn others(self) -> &'static SignatureAlgorithm {
        match self {
            Self::Ecdsa => &rcgen::PKCS_ECDSA_P256_SHA256,
            Self::Rsa => &rcgen::PKCS_RSA_SHA256,
        }
    }
}

/// A root, an intermediate, and the key of the end-entity certificates.
pub(crate) struct Pki {
    pub(crate) root: CertificateDer<'static>,
    pub(crate) intermediate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    key: KeyPair,
}

impl Pki {
    pub(crate) fn new(keys: Keys) -> Self {
        let root_key = KeyPair::generate_for(keys.root()).unwrap();
        let root_params = ca_params("Bench Root X1");
        let root = root_params.self_signed(&root_key).unwrap().der().clone();

        let intermediate_key = KeyPair::generate_for(keys.others()).unwrap();
        let mut params = ca_params("Bench Intermediate E1");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.crl_distribution_points = crl_distribution_points("x1");
        params.custom_extensions = vec![policies(), authority_information_access("x1")];
        let intermediate = params
            .signed_by(&intermediate_key, &Issuer::from_params(&root_params, &root_key))
            .unwrap()
            .der()
            .clone();

        Self {
            root,
            intermediate,
            issuer: Issuer::new(params, intermediate_key),
            key: KeyPair::generate_for(keys.others()).unwrap(),
        }
    }

    /// An end-entity certificate; all are for the same key and names.
    pub(crate) fn leaf(&self, serial_number: usize) -> CertificateDer<'static> {
        let names = [NAME, "www.bench.example", "api.bench.example"].map(str::to_owned);
        let mut params = CertificateParams::new(names).unwrap();
        params.serial_number = Some(SerialNumber::from_slice(&serial_number.to_be_bytes()));
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2049, 12, 31);
        params.distinguished_name = name(&[(DnType::CommonName, NAME)]);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.crl_distribution_points = crl_distribution_points("e1");
        params.custom_extensions =
            vec![policies(), authority_information_access("e1"), signed_certificate_timestamps()];
        params.signed_by(&self.key, &self.issuer).unwrap().der().clone()
    }

    /// The private key of the end-entity certificates.
    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }
}

/// Five CAs above each other, of which four are certified twice, and an end-entity certificate.
pub(crate) struct Crossed {
    /// Ten certificates, the end-entity certificate's first.
    pub(crate) sent: Vec<CertificateDer<'static>>,
    pub(crate) root: CertificateDer<'static>,
}

impl Crossed {
    pub(crate) fn new() -> Self {
        let key = || KeyPair::generate_for(Keys::Ecdsa.others()).unwrap();
        let root_key = key();
        let root_params = ca_params("Bench Root X1");
        let root = root_params.self_signed(&root_key).unwrap().der().clone();

        let mut issuer = Issuer::new(root_params, root_key);
        let mut sent = Vec::new();
        for level in 0..5 {
            let (mut params, key) = (ca_params(&format!("Bench CA {level}")), key());
            for year in if level == 0 { 2030..2031 } else { 2030..2032 } {
                params.not_after = date_time_ymd(year, 1, 1);
                sent.push(params.signed_by(&key, &issuer).unwrap().der().clone());
            }
            issuer = Issuer::new(params, key);
        }
        let mut params = CertificateParams::new([NAME.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2049, 12, 31);
        params.use_authority_key_identifier_extension = true;
        sent.push(params.signed_by(&key(), &issuer).unwrap().der().clone());
        sent.reverse();
        Self { sent, root }
    }
}

fn ca_params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    params.distinguished_name = name(&[
        (DnType::CountryName, "NL"),
        (DnType::OrganizationName, "Bench Trust Services"),
        (DnType::CommonName, common_name),
    ]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

fn name(attributes: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in attributes {
        name.push(kind.clone(), *value);
    }
    name
}

fn crl_distribution_points(issuer: &str) -> Vec<CrlDistributionPoint> {
    vec![CrlDistributionPoint { uris: vec![format!("http://{issuer}.crl.bench.example/1.crl")] }]
}

/// RFC 5280 section 4.2.2.1: the addresses of the OCSP responder and of the issuer's certificate.
fn authority_information_access(issuer: &str) -> CustomExtension {
    let description = |method: u8, address: String| {
        // id-ad (1.3.6.1.5.5.7.48), then the method.
        let id = der(0x06, &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, method]);
        der(0x30, &[id, der(0x86, address.as_bytes())].concat())
    };
    let content = [
        description(1, format!("http://{issuer}.ocsp.bench.example")),
        description(2, format!("http://{issuer}.pki.bench.example/issuer.crt")),
    ];
    extension(&[1, 3, 6, 1, 5, 5, 7, 1, 1], der(0x30, &content.concat()))
}

/// The policy `domain-validated` (2.23.140.1.2.1) of the CA/Browser Forum.
fn policies() -> CustomExtension {
    let policy = der(0x30, &der(0x06, &[0x67, 0x81, 0x0c, 0x01, 0x02, 0x01]));
    extension(&[2, 5, 29, 32], der(0x30, &policy))
}

/// As long as two timestamps are (RFC 6962 section 3.3); nothing here reads them.
fn signed_certificate_timestamps() -> CustomExtension {
    extension(&[1, 3, 6, 1, 4, 1, 11_129, 2, 4, 2], der(0x04, &[0x5c; 120]))
}

fn extension(id: &[u64], content: Vec<u8>) -> CustomExtension {
    CustomExtension::from_oid_content(id, content)
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    let header = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
    [&header, content].concat()
}

/// The name of which every end-entity certificate is.
pub(crate) const NAME: &str = "bench.example";
