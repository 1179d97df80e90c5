//! Paths to a trust anchor, found by rustls-webpki.
//!
//! webpki is asked for paths only, and for all of them: a callback records each and refuses it.
//! What a path must be beside signed and constrained (the purposes, the anchor's dates) is judged
//! by checks of their own, so that each fault is told apart.

use std::cell::RefCell;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use time::OffsetDateTime;
use webpki::{EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, VerifiedPath};

use crate::chain::{Certificate, KeyKind, Signed, Validity};
use crate::report::{
    Code, FindingKind, Severity, Trust, TrustedPath, UndeterminedReason, UntrustedReason,
};
use crate::target::{Purpose, Subject};

use super::findings::Findings;
use super::links::Links;
use super::signatures::Signatures;
use super::{TrustAnchors, View, usage};

/// What the search for a path came to.
pub(super) struct Verdict {
    pub(super) trust: Trust,
    /// The index of the path's anchor among the trust anchors.
    pub(super) anchor: Option<usize>,
    /// The validity period of the path's anchor, where it is known.
    pub(super) anchor_validity: Option<Validity>,
    /// Whether the end-entity certificate is signed by its own key.
    pub(super) self_signed: bool,
    /// Whether the end-entity certificate is a trust anchor itself.
    pub(super) pinned: bool,
    public: bool,
}

impl Verdict {
    /// Whether the path leads to the root of a public CA.
    pub(super) const fn is_public(&self) -> bool {
        self.public && self.trust.path().is_some()
    }
}

pub(super) fn find_path(
    view: &View<'_>,
    links: &Links<'_>,
    anchors: &TrustAnchors,
    signatures: &Signatures,
    purpose: Purpose,
    at: OffsetDateTime,
) -> Verdict {
    let pinned = view.certificate(0).is_some_and(|certificate| anchors.contains(certificate));
    let mut self_signed = false;
    let (trust, anchor) = match links.issuers_above() {
        // webpki may read what we refuse; nothing else can be said of such a certificate.
        _ if view.certificate(0).is_none() => {
            (Trust::Untrusted { reason: UntrustedReason::Malformed }, None)
        }
        _ if signatures.is_empty() => (undetermined(UndeterminedReason::NoCryptoProvider), None),
        // webpki's own budget bounds its steps, but each step reads all the intermediates anew.
        None => (undetermined(UndeterminedReason::Budget), None),
        Some(issuers) => {
            let involved = std::iter::once(0).chain(issuers.iter().copied());
            let candidates =
                anchors.issuers_of(involved.filter_map(|position| view.certificate(position)));
            let search = Search { view, anchors, issuers, candidates, signatures, purpose };
            self_signed = search.is_self_signed();
            search.judge(at, self_signed && !pinned)
        }
    };
    Verdict {
        trust,
        anchor,
        anchor_validity: anchor.and_then(|index| Some(anchors.certificate(index)?.validity())),
        self_signed,
        pinned,
        public: anchors.is_public(),
    }
}

pub(super) fn check(findings: &mut Findings<'_>, verdict: &Verdict, subject: &Subject) {
    match &verdict.trust {
        Trust::Undetermined { reason } => {
            let kind = FindingKind::TrustUndetermined { reason: *reason };
            findings.add(None, kind, Severity::Warning);
        }
        Trust::Untrusted { reason: UntrustedReason::CaAsEndEntity }
            if verdict.pinned || is_failure(findings, Code::CaAsEndEntity) => {}
        Trust::Untrusted { reason } => {
            let kind = FindingKind::UntrustedPath { reason: *reason };
            // The other side knows a signing certificate by itself, not through a CA.
            let usual = if subject.purpose() == Purpose::Signing {
                Severity::Note
            } else {
                Severity::Failure
            };
            findings.add(Some(0), kind, usual);
        }
        _ => {}
    }
}

/// Whether a policy leaves a code its severity: then the finding says all that there is to say, and
/// a second one would only blur it.
fn is_failure(findings: &Findings<'_>, code: Code) -> bool {
    findings.policy.judge(code, Severity::Failure) == Some(Severity::Failure)
}

struct Search<'a> {
    view: &'a View<'a>,
    anchors: &'a TrustAnchors,
    /// The positions of the certificates that lead up, by name, from the end-entity certificate.
    issuers: Vec<usize>,
    /// The few anchors that come into question, and their indexes.
    candidates: (Vec<usize>, Vec<TrustAnchor<'a>>),
    signatures: &'a Signatures,
    purpose: Purpose,
}

/// A path as positions, and the index of its anchor.
struct Path {
    positions: Vec<usize>,
    anchor: usize,
}

impl Search<'_> {
    /// Whether the end-entity certificate is signed by its own key. Where the signature can't be
    /// checked, its names tell.
    fn is_self_signed(&self) -> bool {
        let named = self.view.certificate(0).filter(|named| named.names_as_issuer(named));
        named.is_some_and(|named| self.verifies_by(named).unwrap_or(true))
    }

    /// Whether the end-entity certificate's signature verifies with a certificate's key; `None`
    /// where no algorithm takes the signature or the key.
    fn verifies_by(&self, issuer: &Certificate) -> Option<bool> {
        let signed = Signed::read(self.view.all[0].der())?;
        self.signatures.verify(&signed, issuer.public_key().spki())
    }

    fn judge(&self, at: OffsetDateTime, self_signed: bool) -> (Trust, Option<usize>) {
        let der = |position: usize| CertificateDer::from(self.view.all[position].der());
        let intermediates: Vec<CertificateDer<'_>> =
            self.issuers.iter().map(|position| der(*position)).collect();
        let end_entity = der(0);
        let end_entity = match EndEntityCert::try_from(&end_entity) {
            Ok(end_entity) => end_entity,
            Err(error) => return (self.untrusted(&error, self_signed), None),
        };

        let mut reason = match self.path(&end_entity, &intermediates, at) {
            Ok((path, anchor)) => return (Trust::Trusted(path), Some(anchor)),
            Err(error) => error,
        };
        // Where dates alone stand in the way, the path holds where all of its validity periods
        // overlap; and they overlap, if anywhere, where one of them begins.
        let beginnings = if is_about_dates(&reason) { self.beginnings() } else { Vec::new() };
        for begin in beginnings {
            match self.path(&end_entity, &intermediates, begin) {
                Ok((path, anchor)) => {
                    return (Trust::TrustedIfTimeIgnored { path, at: begin }, Some(anchor));
                }
                // A chain that is made hard to search is not searched again.
                Err(error) if is_budget(&error) => {
                    reason = error;
                    break;
                }
                // What is wrong beside the dates tells more than they do.
                Err(error) if !is_about_dates(&error) => reason = error,
                Err(_) => {}
            }
        }
        (self.untrusted(&reason, self_signed), None)
    }

    /// The path that lasts longest of those that hold at an instant, and the index of its anchor;
    /// or why there is none. One whose issuers may not be used for it, or whose anchor is out of
    /// its own dates, comes after all others, as clients go on looking.
    fn path(
        &self,
        end_entity: &EndEntityCert<'_>,
        intermediates: &[CertificateDer<'_>],
        at: OffsetDateTime,
    ) -> Result<(TrustedPath, usize), Error> {
        let found = RefCell::new(Vec::new());
        let record = |path: &VerifiedPath<'_>| {
            let mut found = found.borrow_mut();
            found.extend(self.recorded(path));
            // Enough is enough: a chain with this many paths is made to have them.
            if found.len() < MOST_PATHS { Err(Error::UnknownIssuer) } else { Ok(()) }
        };
        // Before 1970 webpki knows no time, and no certificate is valid to it.
        let since_epoch = u64::try_from(at.unix_timestamp()).unwrap_or(0);
        let result = end_entity.verify_for_usage(
            &self.signatures.list(),
            &self.candidates.1,
            intermediates,
            UnixTime::since_unix_epoch(Duration::from_secs(since_epoch)),
            AnyPurpose,
            None,
            Some(&record),
        );
        let error = result.err().unwrap_or(Error::UnknownIssuer);
        let lasting = found.into_inner().into_iter().reduce(|best: Path, path| {
            let rank = |path: &Path| (self.usable(path), self.anchored(path, at), self.until(path));
            if rank(&path) > rank(&best) { path } else { best }
        });
        let Path { positions: path, anchor } = lasting.ok_or(error)?;
        Ok((TrustedPath { anchor: self.anchors.name(anchor), path }, anchor))
    }

    fn recorded(&self, path: &VerifiedPath<'_>) -> Option<Path> {
        let mut positions = vec![0];
        for intermediate in path.intermediate_certificates() {
            let der = intermediate.der();
            let mut issuers = self.issuers.iter().copied();
            positions.push(issuers.find(|position| self.view.all[*position].der() == &*der)?);
        }
        let (indexes, anchors) = &self.candidates;
        let anchor = anchors.iter().position(|anchor| std::ptr::eq(anchor, path.anchor()))?;
        Some(Path { positions, anchor: *indexes.get(anchor)? })
    }

    /// Whether the issuers on a path may sign certificates, and for the purpose.
    fn usable(&self, path: &Path) -> bool {
        let mut issuers = path.positions[1..].iter();
        issuers.all(|position| {
            self.view.certificate(*position).is_some_and(|issuer| {
                usage::may_certify(issuer) && usage::allows(*position, issuer, self.purpose)
            })
        })
    }

    /// Whether the path's anchor is within its own dates, as far as they are known.
    fn anchored(&self, path: &Path, at: OffsetDateTime) -> bool {
        let anchor = self.anchors.certificate(path.anchor);
        anchor.is_none_or(|anchor| anchor.validity().contains(at))
    }

    /// The last second of a path, the anchor's own dates enforced where they are known.
    fn until(&self, path: &Path) -> Option<OffsetDateTime> {
        let certificates = path.positions.iter().filter_map(|at| self.view.certificate(*at));
        let anchor = self.anchors.certificate(path.anchor);
        certificates.chain(anchor).map(|facts| facts.validity().not_after).min()
    }

    /// The instants at which all of a path may come to be valid, the latest first: where a
    /// certificate's validity begins, within the end-entity certificate's own.
    fn beginnings(&self) -> Vec<OffsetDateTime> {
        let Some(period) = self.view.certificate(0).map(Certificate::validity) else {
            return Vec::new();
        };
        let issuers = self.issuers.iter().filter_map(|position| self.view.certificate(*position));
        let begins = issuers.map(|issuer| issuer.validity().not_before);
        let mut instants: Vec<_> =
            begins.chain([period.not_before]).filter(|begin| period.contains(*begin)).collect();
        instants.sort_unstable_by(|a, b| b.cmp(a));
        instants.dedup();
        instants.truncate(MOST_INSTANTS);
        instants
    }

    fn untrusted(&self, error: &Error, self_signed: bool) -> Trust {
        let reason = match untrusted_reason(error) {
            None => return undetermined(UndeterminedReason::Budget),
            Some(
                reason @ (UntrustedReason::NoCommonValidity | UntrustedReason::UnsupportedVersion),
            ) => reason,
            Some(_) if self_signed => UntrustedReason::SelfSigned,
            // The providers call every signature by such a key a bad one.
            Some(UntrustedReason::BadSignature) if self.has_rsa_of_odd_size() => {
                UntrustedReason::UnsupportedSignature
            }
            Some(reason) => reason,
        };
        Trust::Untrusted { reason }
    }

    /// Whether an issuer has an RSA key of a size that no provider verifies with.
    fn has_rsa_of_odd_size(&self) -> bool {
        let issuers = self.issuers.iter().filter_map(|position| self.view.certificate(*position));
        let anchors = self.candidates.0.iter().filter_map(|index| self.anchors.certificate(*index));
        issuers.chain(anchors).any(|issuer| {
            let key = issuer.public_key();
            *key.kind() == KeyKind::Rsa && !(2048..=8192).contains(&key.bits())
        })
    }
}

/// Purposes are judged by a check of their own.
struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}

const fn is_about_dates(error: &Error) -> bool {
    matches!(error, Error::CertExpired { .. } | Error::CertNotValidYet { .. })
}

const fn is_budget(error: &Error) -> bool {
    matches!(
        error,
        Error::MaximumNameConstraintComparisonsExceeded
            | Error::MaximumPathBuildCallsExceeded
            | Error::MaximumSignatureChecksExceeded
    )
}

const fn undetermined(reason: UndeterminedReason) -> Trust {
    Trust::Undetermined { reason }
}

/// What a refusal says; `None` where the search ran out of its budget.
const fn untrusted_reason(error: &Error) -> Option<UntrustedReason> {
    Some(match error {
        error if is_budget(error) => return None,
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } | Error::InvalidCertValidity => {
            UntrustedReason::NoCommonValidity
        }
        Error::UnknownIssuer => UntrustedReason::UnknownIssuer,
        Error::CaUsedAsEndEntity => UntrustedReason::CaAsEndEntity,
        Error::EndEntityUsedAsCa => UntrustedReason::NotACa,
        Error::InvalidSignatureForPublicKey | Error::SignatureAlgorithmMismatch => {
            UntrustedReason::BadSignature
        }
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            UntrustedReason::UnsupportedSignature
        }
        Error::NameConstraintViolation
        | Error::MalformedNameConstraint
        | Error::InvalidNetworkMaskConstraint => UntrustedReason::NameConstraint,
        Error::PathLenConstraintViolated | Error::MaximumPathDepthExceeded => {
            UntrustedReason::PathLength
        }
        Error::UnsupportedCriticalExtension => UntrustedReason::CriticalExtension,
        Error::UnsupportedCertVersion => UntrustedReason::UnsupportedVersion,
        Error::CertDistrusted => UntrustedReason::Distrusted,
        // What is left says that bytes are not as they should be.
        _ => UntrustedReason::Malformed,
    })
}

/// Far above any chain in use; webpki's own budget bounds the work (100 signatures).
const MOST_PATHS: usize = 64;

/// A chain in use has no more than a handful of distinct dates; a hostile one is not searched for
/// long: 100 signatures at each.
const MOST_INSTANTS: usize = 8;
