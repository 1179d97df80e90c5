//! PKCS#7: the certificates of a CMS SignedData (RFC 5652 section 5.1), in DER or, as Microsoft and
//! Java write it, in BER.

use super::ber::{Reader, Tlv};
use super::bundle::Members;
use super::{Format, Found, Locator, Place, ProblemKind, ReadOptions, SkippedKind};
use crate::chain::der::{DerError, INTEGER, OID, SEQUENCE, SET, context};
use crate::chain::key::dotted;

pub(super) fn read(locator: &Locator, der: &[u8], options: &ReadOptions) -> Found {
    let mut found = Found::default();
    let mut members = Members::new(locator.clone());
    read_into(&mut members, &mut found, locator, der);
    members.arrange(&mut found, options.arranged());
    found
}

/// Adds the certificates to those that stand around them.
pub(super) fn read_into(members: &mut Members, found: &mut Found, locator: &Locator, der: &[u8]) {
    match certificates_and_lists(der) {
        Ok(SignedData { certificates, has_lists }) => {
            if has_lists {
                found.pass_over(locator.clone(), SkippedKind::RevocationList);
            }
            add(members, found, locator, certificates.map(|set| set.inside()));
        }
        Err(reason) => {
            found.problem(locator.clone(), ProblemKind::Content { format: Format::Pkcs7, reason });
        }
    }
}

fn add(members: &mut Members, found: &mut Found, locator: &Locator, set: Option<Reader<'_>>) {
    let Some(mut set) = set else {
        found.problem(locator.clone(), ProblemKind::NoCertificate);
        return;
    };
    let mut number = 0;
    while !set.is_empty() {
        let byte = set.position();
        match set.next() {
            Ok(Tlv { tag: SEQUENCE, raw, .. }) => {
                number += 1;
                members.add(found, locator.at(Place::Certificate(number)), raw);
            }
            // Attribute certificates, and those of PKCS#6 (RFC 5652 section 10.2.2).
            Ok(_) => found.pass_over(locator.clone(), SkippedKind::Other),
            Err(error) => {
                let at = locator.at(Place::byte(byte));
                let reason = error.reason().to_owned();
                found.problem(at, ProblemKind::Content { format: Format::Pkcs7, reason });
                return;
            }
        }
    }
    if number == 0 {
        found.problem(locator.clone(), ProblemKind::NoCertificate);
    }
}

struct SignedData<'a> {
    certificates: Option<Tlv<'a>>,
    /// Whether revocation lists stand beside them.
    has_lists: bool,
}

fn certificates_and_lists(der: &[u8]) -> Result<SignedData<'_>, String> {
    let field = |name: &'static str| move |error: DerError| format!("{name} {}", error.reason());
    let outer = Reader::new(der).expect(SEQUENCE).map_err(field("the ContentInfo"))?;
    let mut outer = outer.inside();
    let kind = outer.expect(OID).map_err(field("the contentType"))?.value;
    if kind != SIGNED_DATA {
        return Err(format!("it is of the type {}, and holds no certificates", dotted(kind)));
    }
    let content = outer.expect(context(0)).map_err(field("the content"))?;
    let content = content.inside().expect(SEQUENCE).map_err(field("the SignedData"))?;
    let mut fields = content.inside();
    fields.expect(INTEGER).map_err(field("the version"))?;
    fields.expect(SET).map_err(field("the digestAlgorithms"))?;
    fields.expect(SEQUENCE).map_err(field("the encapContentInfo"))?;
    let certificates = fields.optional(context(0)).map_err(field("the certificates"))?;
    // What stands behind the certificates takes none of them away.
    let has_lists = matches!(fields.optional(context(1)), Ok(Some(_)));
    Ok(SignedData { certificates, has_lists })
}

/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
