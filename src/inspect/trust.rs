//! Paths to a trust anchor, found by rustls-webpki.
//!
//! webpki is asked for paths only, and for all of them: a callback records each and refuses it.
//! What a path must be beside signed and constrained (the purposes, the anchor's dates) is judged
//! by checks of their own, so that each fault is told apart.

use std::cell::RefCell;

use rustls_pki_types::{CertificateDer, UnixTime};
use time::OffsetDateTime;
use webpki::{EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, VerifiedPath};

use crate::chain::Validity;
use crate::report::{
    FindingKind, Severity, Trust, TrustedPath, UndeterminedReason, UntrustedReason,
};
use crate::target::{Purpose, Subject};

use super::findings::Findings;
use super::signatures::Signatures;
use super::{TrustAnchors, View};

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
    at: OffsetDateTime,
) -> Verdict {
    let end_entity = view.certificate(0);
    let self_issued = end_entity.is_some_and(crate::chain::Certificate::is_self_issued);
    let self_signed = self_issued
        && end_entity.is_some_and(|certificate| certificate.names_as_issuer(certificate));
    let search = Search { view, anchors, signatures };
    let (trust, anchor) = search.judge(at, self_signed);
    Verdict {
        trust,
        anchor_validity: anchor.and_then(|index| Some(anchors.certificate(index)?.validity())),
        self_signed,
        pinned: end_entity.is_some_and(|certificate| anchors.contains(certificate)),
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
    signatures: &'a Signatures,
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

        let error = match self.paths(&end_entity, &intermediates, at) {
            Ok(paths) => {
                let (path, anchor) = self.lasting(paths);
                return (Trust::Trusted(path), Some(anchor));
            }
            Err(error) => error,
        };
        // Where dates alone stand in the way, the path holds where all of its validity periods
        // overlap; and they overlap, if anywhere, where one of them begins.
        let mut reason = error;
        if is_about_dates(&reason) {
            for begin in self.beginnings() {
                match self.paths(&end_entity, &intermediates, begin) {
                    Ok(paths) => {
                        let (path, anchor) = self.lasting(paths);
                        let trust = Trust::TrustedIfTimeIgnored { path, at: begin };
                        return (trust, Some(anchor));
                    }
                    Err(error) if !is_about_dates(&error) => {
                        reason = error;
                        // A budget that ran out says nothing about the other instants.
                        if !is_budget(&reason) {
                            break;
                        }
                    }
                    Err(_) => {}
                }
            }
        }
        (untrusted(&reason, self_signed), None)
    }

    /// All paths that hold at an instant, or why there is none.
    fn paths(
        &self,
        end_entity: &EndEntityCert<'_>,
        intermediates: &[CertificateDer<'_>],
        at: OffsetDateTime,
    ) -> Result<Vec<Path>, Error> {
        let anchors = self.anchors.as_slice();
        let found = RefCell::new(Vec::new());
        let record = |path: &VerifiedPath<'_>| {
            let mut found = found.borrow_mut();
            if let Some(path) = self.record(path) {
                found.push(path);
            }
            // Enough is enough: a chain with this many paths is made to have them.
            if found.len() < MOST_PATHS { Err(Error::UnknownIssuer) } else { Ok(()) }
        };
        // Before 1970 webpki knows no time, and no certificate is valid to it.
        let since_epoch = u64::try_from(at.unix_timestamp()).unwrap_or(0);
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(since_epoch));
        let result = end_entity.verify_for_usage(
            &self.signatures.list(),
            anchors,
            intermediates,
            time,
            AnyPurpose,
            None,
            Some(&record),
        );
        let error = result.err();
        let found = found.into_inner();
        match error {
            _ if !found.is_empty() => Ok(found),
            Some(error) => Err(error),
            None => Err(Error::UnknownIssuer),
        }
    }

    fn record(&self, path: &VerifiedPath<'_>) -> Option<Path> {
        let position = |der: &[u8]| self.view.all.iter().position(|entry| entry.der() == der);
        let mut positions = vec![0];
        for intermediate in path.intermediate_certificates() {
            positions.push(position(&intermediate.der())?);
        }
        let anchors = self.anchors.as_slice();
        let anchor = anchors.iter().position(|anchor| std::ptr::eq(anchor, path.anchor()))?;
        Some(Path { positions, anchor })
    }

    /// The path that lasts longest, the anchor's own dates enforced where they are known; of equal
    /// ones the first that webpki found.
    fn lasting(&self, paths: Vec<Path>) -> (TrustedPath, usize) {
        let until = |path: &Path| {
            let certificates = path.positions.iter().filter_map(|p| self.view.certificate(*p));
            let anchor = self.anchors.certificate(path.anchor);
            certificates.chain(anchor).map(|facts| facts.validity().not_after).min()
        };
        let mut paths = paths.into_iter();
        let mut best = paths.next().unwrap_or(Path { positions: vec![0], anchor: 0 });
        for path in paths {
            if until(&path) > until(&best) {
                best = path;
            }
        }
        let path = TrustedPath { anchor: self.anchors.name(best.anchor), path: best.positions };
        (path, best.anchor)
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

/// A chain in use has no more than a handful of distinct dates.
const MOST_INSTANTS: usize = 32;
