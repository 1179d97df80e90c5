//! One certificate, and what it takes to make it again with other dates.

use std::ops::RangeInclusive;

use data_encoding::BASE64;
use rcgen::{CertificateParams, Issuer, SerialNumber};
use time::{OffsetDateTime, UtcOffset};

use super::keys::Key;
use super::pki::{Authority, Pki};

/// A certificate, and what it was made of.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    pub(super) pki: Pki,
    pub(super) params: CertificateParams,
    pub(super) key: Key,
    /// None where it is self-signed.
    pub(super) issuer: Option<Authority>,
    pub(super) der: Vec<u8>,
}

impl Issued {
    /// Makes a certificate; each has a serial number of its own.
    #[track_caller]
    pub(super) fn new(
        pki: Pki,
        mut params: CertificateParams,
        key: Key,
        issuer: Option<Authority>,
    ) -> Self {
        params.not_before = writable(params.not_before);
        params.not_after = writable(params.not_after);
        params.serial_number = Some(SerialNumber::from(pki.next_serial_number()));
        params.use_authority_key_identifier_extension = issuer.is_some();
        let pair = key.pair();
        let certificate = match &issuer {
            Some(issuer) => {
                let of = issuer.issued();
                params.signed_by(&pair, &Issuer::from_params(&of.params, of.key.pair()))
            }
            None => params.self_signed(&pair),
        };
        match certificate {
            Ok(certificate) => Self { pki, params, key, issuer, der: certificate.der().to_vec() },
            Err(error) => panic!("the certificate can't be made: {error}"),
        }
    }

    /// Makes it again, after a change.
    #[track_caller]
    pub(super) fn again(&self, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let Self { pki, mut params, key, issuer, .. } = self.clone();
        change(&mut params);
        Self::new(pki, params, key, issuer)
    }

    #[track_caller]
    pub(super) fn valid(&self, period: RangeInclusive<OffsetDateTime>) -> Self {
        let (not_before, not_after) = period.into_inner();
        self.again(|params| {
            params.not_before = not_before;
            params.not_after = not_after;
        })
    }

    #[track_caller]
    pub(super) fn ending_at(&self, not_after: OffsetDateTime) -> Self {
        let lasted = self.params.not_after - self.params.not_before;
        self.valid(not_after.saturating_sub(lasted)..=not_after)
    }

    /// The certificates that lead from its issuer to the root, without that.
    pub(super) fn above(&self) -> Vec<Vec<u8>> {
        let mut above = Vec::new();
        let mut next = self.issuer.as_ref();
        while let Some(authority) = next {
            next = authority.issued().issuer.as_ref();
            if next.is_some() {
                above.push(authority.issued().der.clone());
            }
        }
        above
    }
}

/// A block of PEM (RFC 7468).
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let base64 = BASE64.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The instant as certificates have it: in UTC, in whole seconds, with a year of four digits.
#[track_caller]
fn writable(instant: OffsetDateTime) -> OffsetDateTime {
    let whole = instant.checked_to_offset(UtcOffset::UTC).filter(|instant| instant.year() >= 0);
    match whole.map(|instant| instant.replace_nanosecond(0)) {
        Some(Ok(instant)) => instant,
        _ => panic!("no certificate can say {instant}: its years go from 0 to 9999"),
    }
}
