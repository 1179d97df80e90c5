//! The names of a subject alternative name extension.

use std::fmt;
use std::net::IpAddr;

use x509_parser::prelude::GeneralName;

use super::DistinguishedName;
use crate::escape::Escaped;

/// One name of a subject alternative name extension (RFC 5280 section 4.2.1.6).
///
/// The text is raw, as the certificate holds it. `Display` writes `DNS:example.com`,
/// `IP:192.0.2.1`, and so on, with hostile characters escaped.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum AltName {
    /// A directoryName.
    DirectoryName(DistinguishedName),
    /// A dNSName, perhaps with a wildcard; its format is not checked.
    Dns(String),
    /// An rfc822Name; its format is not checked.
    Email(String),
    /// A name that is not what its type asks for: an address that is not 4 or 16 octets long, text
    /// that is no text. The other names stand.
    Invalid {
        /// The number of the GeneralName choice.
        tag: u32,
        /// The value's octets.
        value: Vec<u8>,
    },
    /// An iPAddress.
    Ip(IpAddr),
    /// A name of a kind that no check here looks at (otherName, x400Address, ediPartyName,
    /// registeredID).
    Other {
        /// The number of the GeneralName choice.
        tag: u32,
        /// The value's octets.
        value: Vec<u8>,
    },
    /// A uniformResourceIdentifier; its format is not checked.
    Uri(String),
}

impl From<&GeneralName<'_>> for AltName {
    fn from(name: &GeneralName<'_>) -> Self {
        match name {
            GeneralName::DNSName(name) => Self::Dns((*name).to_owned()),
            GeneralName::RFC822Name(address) => Self::Email((*address).to_owned()),
            GeneralName::URI(uri) => Self::Uri((*uri).to_owned()),
            GeneralName::DirectoryName(name) => {
                Self::DirectoryName(DistinguishedName::new(name.as_raw()))
            }
            GeneralName::IPAddress(octets) => {
                let v4 = <[u8; 4]>::try_from(*octets).map(IpAddr::from);
                let ip = v4.or_else(|_| <[u8; 16]>::try_from(*octets).map(IpAddr::from));
                ip.map_or_else(|_| Self::Invalid { tag: 7, value: octets.to_vec() }, Self::Ip)
            }
            GeneralName::OtherName(_, value) => Self::Other { tag: 0, value: value.to_vec() },
            GeneralName::X400Address(any) => Self::Other { tag: 3, value: any.data.to_vec() },
            GeneralName::EDIPartyName(any) => Self::Other { tag: 5, value: any.data.to_vec() },
            GeneralName::RegisteredID(oid) => {
                Self::Other { tag: 8, value: oid.as_bytes().to_vec() }
            }
            GeneralName::Invalid(tag, value) => Self::Invalid { tag: tag.0, value: value.to_vec() },
        }
    }
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DirectoryName(name) => write!(f, "dirName:{name}"),
            Self::Dns(name) => write!(f, "DNS:{}", Escaped(name)),
            Self::Email(address) => write!(f, "email:{}", Escaped(address)),
            Self::Ip(address) => write!(f, "IP:{address}"),
            Self::Uri(uri) => write!(f, "URI:{}", Escaped(uri)),
            Self::Invalid { tag, value } => write!(f, "invalid[{tag}]:{}", Hex(value)),
            Self::Other { tag, value } => write!(f, "other[{tag}]:{}", Hex(value)),
        }
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}
