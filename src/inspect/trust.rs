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

use crate::chain::Validity;
use crate::report::{
    FindingKind, Severity, Trust, TrustedPath, UndeterminedReason, UntrustedReason,
};
use crate::target::{Purpose, Subject};

use super::findings::Findings;
use super::signatures::Signatures;
use super::{TrustAnchors, View, usage};

/// What the search for a path came to.
pub(super) struct Verdict {
    pub(super) trust: Trust,
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
    anchors: &TrustAnchors,
    signatures: &Signatures,
    purpose: Purpose,
    at: OffsetDateTime,
) -> Verdict {
    let end_entity = view.certificate(0);
    let self_issued = end_entity.is_some_and(crate::chain::Certificate::is_self_issued);
    let self_signed = self_issued
        && end_entity.is_some_and(|certificate| certificate.names_as_issuer(certificate));
    let pinned = end_entity.is_some_and(|certificate| anchors.contains(certificate));
    let certificates = view.certificates().map(|(_, certificate)| certificate);
    let candidates = anchors.issuers_of(certificates);
    let search = Search { view, anchors, candidates, signatures, purpose };
    let (trust, anchor) = search.judge(at, self_signed && !pinned);
    Verdict {
        trust,
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
        // Said by `ca-as-end-entity`; and bytes that can't be read by `malformed-certificate`.
        Trust::Untrusted { reason: UntrustedReason::CaAsEndEntity } => {}
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

struct Search<'a> {
    view: &'a View<'a>,
    anchors: &'a TrustAnchors,
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
    fn judge(&self, at: OffsetDateTime, self_signed: bool) -> (Trust, Option<usize>) {
        if self.signatures.is_empty() {
            let reason = UndeterminedReason::NoCryptoProvider;
            return (Trust::Undetermined { reason }, None);
        }
        let intermediates: Vec<CertificateDer<'_>> =
            self.view.all[1..].iter().map(|entry| CertificateDer::from(entry.der())).collect();
        let end_entity = CertificateDer::from(self.view.all[0].der());
        let end_entity = match EndEntityCert::try_from(&end_entity) {
            Ok(end_entity) => end_entity,
            Err(error) => return (untrusted(&error, self_signed), None),
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
        (untrusted(&reason, self_signed), None)
    }

    /// The path that lasts longest of those that hold at an instant, and the index of its anchor;
    /// or why there is none. One whose issuers may not be used for it comes after all others, as
    /// clients go on looking.
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
            let rank = |path: &Path| (self.usable(path), self.until(path));
            if rank(&path) > rank(&best) { path } else { best }
        });
        let Path { positions: path, anchor } = lasting.ok_or(error)?;
        Ok((TrustedPath { anchor: self.anchors.name(anchor), path }, anchor))
    }

    fn recorded(&self, path: &VerifiedPath<'_>) -> Option<Path> {
        let mut positions = vec![0];
        for intermediate in path.intermediate_certificates() {
            let der = intermediate.der();
            positions.push(self.view.all.iter().position(|entry| entry.der() == &*der)?);
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

    /// The last second of a path, the anchor's own dates enforced where they are known.
    fn until(&self, path: &Path) -> Option<OffsetDateTime> {
        let certificates = path.positions.iter().filter_map(|at| self.view.certificate(*at));
        let anchor = self.anchors.certificate(path.anchor);
        certificates.chain(anchor).map(|facts| facts.validity().not_after).min()
    }

    /// The instants at which a certificate's validity begins, the latest first.
    fn beginnings(&self) -> Vec<OffsetDateTime> {
        let certificates = self.view.certificates();
        let mut instants: Vec<_> =
            certificates.map(|(_, facts)| facts.validity().not_before).collect();
        instants.sort_unstable_by(|a, b| b.cmp(a));
        instants.dedup();
        instants.truncate(MOST_INSTANTS);
        instants
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

fn untrusted(error: &Error, self_signed: bool) -> Trust {
    let reason = match error {
        error if is_budget(error) => {
            return Trust::Undetermined { reason: UndeterminedReason::Budget };
        }
        Error::CertExpired { .. } | Error::CertNotValidYet { .. } | Error::InvalidCertValidity => {
            UntrustedReason::NoCommonValidity
        }
        _ if self_signed && !matches!(error, Error::UnsupportedCertVersion) => {
            UntrustedReason::SelfSigned
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
    };
    Trust::Untrusted { reason }
}

/// Far above any chain in use; webpki's own budget bounds the work (100 signatures).
const MOST_PATHS: usize = 64;

/// A chain in use has no more than a handful of distinct dates; a hostile one is not searched for
/// long: 100 signatures at each.
const MOST_INSTANTS: usize = 8;
