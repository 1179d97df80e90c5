//! PEM text: certificates, PKCS#7 bundles and private keys, in any order (RFC 7468).

use super::bundle::{Key, Members};
use super::{
    Format, Found, KeyError, Locator, Place, ProblemKind, ReadOptions, SkippedKind, key, pkcs7,
};
use crate::chain::{is_certificate, pem};

pub(super) fn read(locator: &Locator, text: &[u8], options: &ReadOptions) -> Found {
    let mut found = Found::default();
    let mut members = Members::new(locator.clone());
    // Every label is asked for, so that none is passed over in silence.
    for block in pem::blocks(text, |_| true).wanted {
        let at = locator.at(Place::Line(block.line));
        let der = match block.der {
            Ok(der) => der,
            Err(_) if !holds_certificates(block.label) => {
                found.pass_over(at, kind(block.label));
                continue;
            }
            Err(broken) => {
                let reason = format!("the PEM block {}", broken.reason);
                found.problem(at, ProblemKind::Content { format: Format::Pem, reason });
                continue;
            }
        };
        match block.label {
            label if is_certificate(label) => members.add(&mut found, at, &der),
            // OpenSSL's own: what it trusts the certificate for follows behind it.
            b"TRUSTED CERTIFICATE" => members.add_first(&mut found, at, &der),
            b"PKCS7" | b"CMS" => pkcs7::read_into(&mut members, &mut found, &at, &der),
            label => {
                found.pass_over(at.clone(), kind(label));
                if kind(label) == SkippedKind::PrivateKey {
                    match key::public_key_of_block(label, block.encrypted, &der) {
                        Ok(spki) => members.keys.push(Key { locator: at, spki }),
                        Err(KeyError::Encrypted) => found.problem(at, ProblemKind::EncryptedKey),
                        Err(error) => {
                            let reason = error.to_string();
                            found.problem(at, ProblemKind::Key { reason });
                        }
                    }
                }
            }
        }
    }
    members.arrange(&mut found, options.arranged());
    if found.is_empty() {
        found.problem(locator.clone(), ProblemKind::NoCertificate);
    }
    found
}

fn holds_certificates(label: &[u8]) -> bool {
    is_certificate(label) || matches!(label, b"TRUSTED CERTIFICATE" | b"PKCS7" | b"CMS")
}

fn kind(label: &[u8]) -> SkippedKind {
    match label {
        label if label.ends_with(b"PRIVATE KEY") => SkippedKind::PrivateKey,
        b"X509 CRL" => SkippedKind::RevocationList,
        label if label.ends_with(b"CERTIFICATE REQUEST") => SkippedKind::CertificateRequest,
        _ => SkippedKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_only_mentions_a_block_holds_no_certificate() {
        let text = b"see -----BEGIN CERTIFICATE-----";
        let found = read(&Locator::new("x"), text, &ReadOptions::new());
        let [problem] = &found.problems[..] else { panic!("{found:?}") };
        assert_eq!(problem.to_string(), "x: holds no certificate");
    }
}
