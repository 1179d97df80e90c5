//! Which certificates of its issuer a revocation list is for (RFC 5280 section 5.2.5).

use super::error::{Malformed, field};
use crate::chain::Certificate;
use crate::chain::der::{self, Reader, Tlv};

/// An issuing distribution point.
pub(super) struct Scope {
    only: Option<Only>,
    /// The addresses of the distribution point that it is for; `None` where it is for any.
    uris: Option<Vec<Box<[u8]>>>,
    /// Whether it is for some reasons only, or of several issuers: then what it doesn't list proves
    /// nothing.
    partial: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Only {
    Attribute,
    Ca,
    User,
}

impl Scope {
    /// Reads the content of the extension's SEQUENCE.
    pub(super) fn read(content: &[u8]) -> Result<Self, Malformed> {
        const PART: &str = "issuingDistributionPoint";
        let mut fields = Reader::new(content);
        let mut optional = |tag| fields.optional(tag).map_err(field(PART));
        let uris = optional(der::context(0))?.map(|point| read_uris(point.value)).transpose()?;
        let only = [(0x81, Only::User), (0x82, Only::Ca)];
        let mut flags = Vec::new();
        for (tag, only) in only {
            flags.extend(optional(tag)?.is_some_and(is_true).then_some(only));
        }
        let some_reasons = optional(SOME_REASONS)?.is_some();
        let indirect = optional(INDIRECT)?.is_some_and(is_true);
        flags.extend(optional(ATTRIBUTE_CERTS)?.is_some_and(is_true).then_some(Only::Attribute));
        fields.end().map_err(field(PART))?;
        if content.is_empty() {
            return Err(Malformed::new(PART, "is empty"));
        }
        let only = match flags[..] {
            [] => None,
            [only] => Some(only),
            _ => return Err(Malformed::new(PART, "is for several kinds of certificates only")),
        };
        Ok(Self { only, uris, partial: some_reasons || indirect })
    }

    pub(super) fn covers(&self, certificate: &Certificate) -> bool {
        let kind = match self.only {
            None => true,
            Some(Only::Attribute) => false,
            Some(Only::Ca) => certificate.is_ca(),
            Some(Only::User) => !certificate.is_ca(),
        };
        // RFC 5280 section 6.3.3 (b) (2): one of the names has to be one of the certificate's.
        let of_the_point = |uris: &Vec<Box<[u8]>>| {
            let points = certificate.crl_distribution_points();
            uris.iter().any(|uri| points.iter().any(|point| point.as_bytes() == &**uri))
        };
        kind && !self.partial && self.uris.as_ref().is_none_or(of_the_point)
    }
}

/// The addresses in the content of a DistributionPointName; a name relative to the issuer's has
/// none, and is matched by no certificate.
fn read_uris(content: &[u8]) -> Result<Vec<Box<[u8]>>, Malformed> {
    let malformed = field("distributionPoint");
    let mut point = Reader::new(content);
    let name = point.next().map_err(&malformed)?;
    point.end().map_err(&malformed)?;
    let mut names = match name.tag {
        FULL_NAME => Reader::new(name.value),
        _ => Reader::new(&[]),
    };
    let mut uris = Vec::new();
    while !names.is_empty() {
        let name = names.next().map_err(&malformed)?;
        uris.extend((name.tag == URI).then(|| name.value.into()));
    }
    Ok(uris)
}

/// DER leaves a BOOLEAN out that is false, the default.
fn is_true(flag: Tlv<'_>) -> bool {
    flag.value != [0]
}

const FULL_NAME: u8 = der::context(0);
const SOME_REASONS: u8 = 0x83;
const INDIRECT: u8 = 0x84;
const ATTRIBUTE_CERTS: u8 = 0x85;
/// A uniformResourceIdentifier among GeneralNames.
const URI: u8 = 0x86;
