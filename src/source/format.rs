//! What a source is, told by its content: a name's ending says nothing.

use std::fmt;

/// A format in which certificates are kept.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// One certificate in DER (RFC 5280).
    Der,
    /// A key store of Java, `JKS` or `JCEKS`; feature `jks`.
    Jks,
    /// A JWK Set, a JWK, or an OpenID discovery document (RFC 7517); feature `jwks`.
    Jwks,
    /// Manifests or a kubeconfig of Kubernetes, in YAML or JSON; feature `kubernetes`.
    Kubernetes,
    /// Text with PEM blocks (RFC 7468).
    Pem,
    /// PKCS#12 (RFC 7292); feature `pkcs12`.
    Pkcs12,
    /// The certificates of a CMS SignedData in DER, PKCS#7 (RFC 5652); in PEM it is
    /// [`Pem`](Self::Pem).
    Pkcs7,
    /// SAML metadata; feature `saml`.
    Saml,
}

impl Format {
    /// The feature that reads it, where it takes one.
    #[must_use]
    pub const fn feature(self) -> Option<&'static str> {
        match self {
            Self::Der | Self::Pem | Self::Pkcs7 => None,
            Self::Jks => Some("jks"),
            Self::Jwks => Some("jwks"),
            Self::Kubernetes => Some("kubernetes"),
            Self::Pkcs12 => Some("pkcs12"),
            Self::Saml => Some("saml"),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Der => "DER",
            Self::Jks => "JKS",
            Self::Jwks => "JWKS",
            Self::Kubernetes => "Kubernetes",
            Self::Pem => "PEM",
            Self::Pkcs12 => "PKCS#12",
            Self::Pkcs7 => "PKCS#7",
            Self::Saml => "SAML metadata",
        })
    }
}
