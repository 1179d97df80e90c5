//! How extensions are marked and filled in, which the profiles of RFC 5280 and of the CA/Browser
//! Forum have rules for; what the extensions mean stands elsewhere.

use super::Certificate;
use super::der::{Reader, SEQUENCE, context};

/// What is known beside what the extensions say. Few octets: it is kept for every certificate.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    /// `None` where there is no authority key identifier.
    pub(crate) authority_key_id: Option<AuthorityKeyIdShape>,
    pub(crate) critical_extended_key_usage: bool,
    pub(crate) critical_name_constraints: bool,
    /// `None` where there are no policy constraints.
    pub(crate) critical_policy_constraints: Option<bool>,
    pub(crate) critical_subject_alt_names: bool,
    pub(crate) critical_subject_key_id: bool,
}

/// What an authority key identifier holds beside the key identifier (RFC 5280 section 4.2.1.1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorityKeyIdShape {
    pub(crate) critical: bool,
    pub(crate) issuer: bool,
    pub(crate) serial_number: bool,
}

/// A name that name constraints permit or exclude.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Subtree<'a> {
    /// A dNSName, as it is encoded.
    Dns(&'a [u8]),
    Other,
}

impl Certificate {
    /// The subtrees of the name constraints, permitted and excluded; nothing where the extension is
    /// absent.
    pub(crate) fn subtrees(&self) -> impl Iterator<Item = Subtree<'_>> {
        subtrees(self.name_constraints().unwrap_or_default())
    }
}

/// RFC 5280 section 4.2.1.10, up to the first thing that is no subtree.
fn subtrees(constraints: &[u8]) -> impl Iterator<Item = Subtree<'_>> {
    let mut fields = Reader::new(super::sequence_content(constraints).unwrap_or_default());
    let mut subtrees = Reader::new(&[]);
    std::iter::from_fn(move || {
        while subtrees.is_empty() {
            subtrees = Reader::new(fields.next().ok()?.value);
        }
        let base = Reader::new(subtrees.expect(SEQUENCE).ok()?.value).next().ok()?;
        Some(if base.tag == DNS_NAME { Subtree::Dns(base.value) } else { Subtree::Other })
    })
}

/// The dNSName of a GeneralName: primitive, so without the bit of a constructed field.
const DNS_NAME: u8 = context(2) & !0x20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtrees_are_read_as_far_as_they_go() {
        let read = |der: &'static [u8]| subtrees(der).collect::<Vec<_>>();
        let (a, b) = (Subtree::Dns(b"a"), Subtree::Dns(b"b"));
        // permittedSubtrees in [0], excludedSubtrees in [1], each a list of bases.
        let permitted = b"\x30\x07\xa0\x05\x30\x03\x82\x01a";
        assert_eq!(read(permitted), [a]);
        let both = b"\x30\x0e\xa0\x05\x30\x03\x82\x01a\xa1\x05\x30\x03\x82\x01b";
        assert_eq!(read(both), [a, b]);
        let address_first = b"\x30\x0c\xa1\x0a\x30\x03\x87\x01a\x30\x03\x82\x01b";
        assert_eq!(read(address_first), [Subtree::Other, b]);
        let broken_second = b"\x30\x0b\xa0\x05\x30\x03\x82\x01a\xa1\x02\x05\x00";
        assert_eq!(read(broken_second), [a]);
        for none in
            [&b""[..], b"\x30\x00", b"\x30\x02\xa0\x00", b"\x30\x04\xa0\x02\x05\x00", b"\x05"]
        {
            assert_eq!(read(none), [], "{none:?}");
        }
    }
}
