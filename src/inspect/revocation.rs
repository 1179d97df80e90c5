//! The caller's revocation lists, held against the path (RFC 5280 section 6.3).
//!
//! What a list says stands, whenever it was issued; what it does not say is worth something only
//! between its two dates, and only of the certificates that it is for. So an outdated list still
//! revokes, as nothing is taken back from a list but what was on hold, and never clears.

use std::sync::{Arc, OnceLock};

use time::OffsetDateTime;

use crate::chain::{
    Certificate, DistinguishedName, KeyUsage, Revocation, RevocationList, RevocationReason, Signed,
};
use crate::report::{FindingKind, RevocationListFault as Fault, Severity};

use super::TrustAnchors;
use super::findings::Findings;
use super::links::Links;
use super::signatures::Signatures;
use super::trust::Verdict;

/// The caller's lists, shared by the clones of an inspector.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists(Arc<[Given]>);

#[derive(Debug)]
struct Given {
    list: RevocationList,
    /// The key with which it was found to be signed: hashing megabytes takes longer than all else.
    verified_by: OnceLock<Box<[u8]>>,
}

impl FromIterator<RevocationList> for Lists {
    fn from_iter<I: IntoIterator<Item = RevocationList>>(lists: I) -> Self {
        let given = |list| Given { list, verified_by: OnceLock::new() };
        Self(lists.into_iter().map(given).collect())
    }
}

pub(super) fn check(
    findings: &mut Findings<'_>,
    lists: &Lists,
    links: &Links<'_>,
    anchors: &TrustAnchors,
    signatures: &Signatures,
    verdict: &Verdict,
    at: OffsetDateTime,
) {
    // Without a provider nothing is verified, which `trust-undetermined` says.
    if lists.0.is_empty() || signatures.is_empty() {
        return;
    }
    let path = links.path(verdict);
    let anchor = verdict.anchor.and_then(|index| {
        let (name, key) = anchors.name_and_key(index)?;
        Some((name, key, anchors.certificate(index)))
    });
    let anchor = anchor.as_ref().map(|(name, key, certificate)| Issuer {
        name,
        key,
        key_id: certificate.and_then(Certificate::subject_key_id),
        key_usage: certificate.and_then(Certificate::key_usage),
    });
    let view = findings.view;
    let mut tried = vec![Tried::default(); lists.0.len()];
    for (place, position) in path.iter().enumerate() {
        let Some(certificate) = view.certificate(*position) else {
            continue;
        };
        // A CA that changes its key certifies the one with the other: lists may be signed with any
        // key above that has the issuer's name (RFC 5280 section 6.3.3 (f)).
        let above = path[place + 1..].iter().filter_map(|above| view.certificate(*above));
        let issuers: Vec<Issuer<'_>> = above
            .map(Issuer::from)
            .chain(anchor)
            .filter(|issuer| issuer.name == certificate.issuer())
            .collect();
        let of_the_issuer = lists
            .0
            .iter()
            .zip(&mut tried)
            .filter(|(given, _)| given.list.issuer() == certificate.issuer());
        let answers = of_the_issuer
            .filter_map(|(given, tried)| given.answer(certificate, &issuers, signatures, tried, at))
            .collect();
        tell(findings, *position, certificate, answers);
    }
}

/// What one list says of a certificate.
struct Answer {
    revocation: Option<Revocation>,
    /// What keeps it from clearing the certificate.
    faults: Vec<Fault>,
}

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Self {
        Self { revocation: None, faults: vec![fault] }
    }
}

impl Given {
    /// `None` where the list is of another key of the issuer's name.
    fn answer<'a>(
        &self,
        certificate: &Certificate,
        issuers: &[Issuer<'a>],
        signatures: &Signatures,
        tried: &mut Tried<'a>,
        at: OffsetDateTime,
    ) -> Option<Answer> {
        let list = &self.list;
        // The key identifiers tell a namesake's list from one that is broken. What verifies needs
        // none: the identifiers of one key may differ (RFC 5280 section 4.2.1.2).
        let is_named = issuers.iter().any(|issuer| issuer.is_named_by(list));
        let listed = list.revocation(certificate.serial_number());
        let listed = listed.filter(|entry| entry.reason != Some(RevocationReason::RemoveFromCrl));
        // An issuer gives a serial number once (RFC 5280 section 4.1.2.2): one that is listed where
        // it doesn't belong is listed.
        if listed.is_none() && !list.covers(certificate) {
            return is_named.then(|| Fault::OutOfScope.into());
        }
        let signer = match self.signer(issuers, signatures, tried) {
            Ok(signer) => signer,
            Err(fault) => return is_named.then(|| fault.into()),
        };
        if let Some(fault) = self.distrust(signer) {
            return Some(fault.into());
        }
        Some(Answer {
            // No client compares the date with anything: it goes by the list once that is out.
            revocation: listed.filter(|entry| entry.revoked_at.min(list.this_update()) <= at),
            faults: shortcomings(list, at),
        })
    }

    /// Why nothing that the list says is to be believed, though its signature verifies.
    fn distrust(&self, signer: &Issuer<'_>) -> Option<Fault> {
        // RFC 5280 section 6.3.3 (f): where there is a key usage.
        if signer.key_usage.is_some_and(|usage| !usage.crl_sign) {
            return Some(Fault::CrlSignMissing);
        }
        // RFC 5280 sections 5.2 and 5.3: then nothing may be told by it of any certificate.
        let oid = self.list.unknown_critical_extension()?.to_owned();
        Some(Fault::CriticalExtension { oid })
    }

    fn signer<'i, 'a>(
        &self,
        issuers: &'i [Issuer<'a>],
        signatures: &Signatures,
        tried: &mut Tried<'a>,
    ) -> Result<&'i Issuer<'a>, Fault> {
        let known = self.verified_by.get();
        if let Some(signer) =
            issuers.iter().find(|issuer| known.is_some_and(|key| **key == *issuer.key))
        {
            return Ok(signer);
        }
        let signed = Signed::read(self.list.der()).ok_or(Fault::BadSignature)?;
        let mut fault = Fault::UnsupportedSignature;
        for issuer in issuers {
            match tried.by(issuer.key, |key| signatures.verify_large(&signed, key)) {
                Some(true) => {
                    // Of a list that verifies with two keys, which none does, the first is kept.
                    let _ = self.verified_by.set(issuer.key.into());
                    return Ok(issuer);
                }
                Some(false) => fault = Fault::BadSignature,
                None => {}
            }
        }
        Err(fault)
    }
}

/// The keys with which a list was held to be signed during one inspection, and what came of it.
#[derive(Clone, Default)]
struct Tried<'a>(Vec<(&'a [u8], Option<bool>)>);

impl<'a> Tried<'a> {
    /// What comes of a key, tried once; `None` too where enough others were tried before.
    fn by(&mut self, key: &'a [u8], verify: impl FnOnce(&[u8]) -> Option<bool>) -> Option<bool> {
        if let Some((_, verified)) = self.0.iter().find(|(tried, _)| *tried == key) {
            return *verified;
        }
        if self.0.len() == MOST_KEYS {
            return None;
        }
        let verified = verify(key);
        self.0.push((key, verified));
        verified
    }
}

/// One who may have signed the lists: a CA on the path, or its anchor.
#[derive(Clone, Copy)]
struct Issuer<'a> {
    name: &'a DistinguishedName,
    key: &'a [u8],
    key_id: Option<&'a [u8]>,
    key_usage: Option<KeyUsage>,
}

impl Issuer<'_> {
    fn is_named_by(&self, list: &RevocationList) -> bool {
        match (list.authority_key_id(), self.key_id) {
            (Some(authority), Some(own)) => authority == own,
            _ => true,
        }
    }
}

impl<'a> From<&'a Certificate> for Issuer<'a> {
    fn from(certificate: &'a Certificate) -> Self {
        Self {
            name: certificate.subject(),
            key: certificate.public_key().spki(),
            key_id: certificate.subject_key_id(),
            key_usage: certificate.key_usage(),
        }
    }
}

/// Why the silence of a list that is believed proves nothing, or not to everyone.
fn shortcomings(list: &RevocationList, at: OffsetDateTime) -> Vec<Fault> {
    let mut faults = Vec::new();
    let this_update = list.this_update();
    if at < this_update {
        faults.push(Fault::NotYetValid { this_update });
    }
    match list.next_update() {
        Some(next_update) if next_update < at => faults.push(Fault::Outdated { next_update }),
        Some(_) => {}
        None => faults.push(Fault::NoNextUpdate),
    }
    // RFC 5280 section 5.2.3: it has to be there, and not to be critical.
    if list.number().is_none() {
        faults.push(Fault::NoNumber);
    } else if list.number_is_critical() {
        faults.push(Fault::CriticalNumber);
    }
    faults
}

fn tell(
    findings: &mut Findings<'_>,
    position: usize,
    certificate: &Certificate,
    answers: Vec<Answer>,
) {
    let revocations = answers.iter().filter_map(|answer| answer.revocation);
    if let Some(Revocation { revoked_at, reason, .. }) =
        revocations.min_by_key(|revocation| revocation.revoked_at)
    {
        let kind = FindingKind::Revoked { revoked_at, reason };
        findings.of(position, kind, Severity::Failure);
    }
    let cleared = answers.iter().any(|answer| answer.faults.iter().all(is_tolerated));
    let mut faults: Vec<Fault> = Vec::new();
    for fault in answers.into_iter().flat_map(|answer| answer.faults) {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    let issuer = certificate.issuer().to_string();
    for fault in faults {
        let severity = match fault {
            Fault::OutOfScope if cleared => continue,
            Fault::OutOfScope => Severity::Note,
            ref fault if is_tolerated(fault) => Severity::Note,
            // Those who hold to the list that they are given (OpenSSL, nginx) refuse the
            // certificate then; browsers and most programs have no list.
            _ => Severity::Warning,
        };
        let outdone = cleared && severity > Severity::Note;
        let kind = FindingKind::RevocationListUnusable { issuer: issuer.clone(), fault };
        if outdone {
            findings.note(position, kind);
        } else {
            findings.of(position, kind, severity);
        }
    }
}

/// Whether clients take a list for current all the same.
const fn is_tolerated(fault: &Fault) -> bool {
    matches!(fault, Fault::CriticalNumber | Fault::NoNextUpdate | Fault::NoNumber)
}

/// A CA that changes its key has two of them for a while. A server may send as many as it likes in the
/// name of any CA, and for each of them the whole list is hashed.
const MOST_KEYS: usize = 4;
