//! Every path from the end-entity certificate to a trust anchor, found by rustls-webpki.
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
use crate::report::{UndeterminedReason, UntrustedReason};
use crate::target::Purpose;

use super::links::Above;
use super::signatures::Signatures;
use super::{TrustAnchors, View, usage};

/// A search of one chain for paths to the anchors of one store.
pub(super) struct Search<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) anchors: &'a TrustAnchors,
    /// The certificates that lead up, by name, from the end-entity certificate; `None` where there
    /// are too many ways.
    pub(super) above: Option<&'a Above>,
    pub(super) signatures: &'a Signatures,
    pub(super) purpose: Purpose,
}

/// What a search came to.
pub(super) struct Paths {
    /// Every path there ever is, unless the search was cut short.
    pub(super) list: Vec<Path>,
    /// Whether there could be no more than one, as only one way leads up.
    pub(super) single: bool,
    /// Why there are not more.
    pub(super) reason: UntrustedReason,
    /// Why the search was cut short, or never begun.
    pub(super) cut_short: Option<UndeterminedReason>,
    /// Whether the end-entity certificate is signed by its own key.
    pub(super) self_signed: bool,
}

/// A path whose signatures verify, whose constraints hold, and whose certificates have an instant
/// in common.
pub(super) struct Path {
    /// The end-entity certificate's position first, the anchor not among them.
    pub(super) positions: Vec<usize>,
    /// The index of its anchor.
    pub(super) anchor: usize,
    /// When all of its certificates are valid; the anchor's own dates aside.
    pub(super) period: Validity,
    /// Whether its issuers may sign certificates, and for the purpose.
    pub(super) usable: bool,
}

impl Paths {
    const fn none(reason: UntrustedReason, cut_short: Option<UndeterminedReason>) -> Self {
        Self { list: Vec::new(), single: false, reason, cut_short, self_signed: false }
    }

    /// Whether a certificate stands on any path.
    pub(super) fn involve(&self, position: usize) -> bool {
        self.list.iter().any(|path| path.positions.contains(&position))
    }
}

impl Path {
    /// When it holds for clients that hold the anchor to its own dates, as far as they are known;
    /// `None` where never.
    pub(super) fn enforced(&self, anchors: &TrustAnchors) -> Option<Validity> {
        let anchor = anchors.certificate(self.anchor).map(Certificate::validity);
        let period = anchor.map_or(self.period, |anchor| self.period.intersection(anchor));
        (!period.is_inverted()).then_some(period)
    }
}

/// By where it leads: the rest follows.
impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        (self.anchor, &self.positions) == (other.anchor, &other.positions)
    }
}

impl Search<'_> {
    /// All paths, whenever they hold.
    ///
    /// A path holds, if ever, where the validity period of one of its certificates begins; so it is
    /// found by asking at each such instant. One that holds at `at` is found there; those that came
    /// before or will come are asked for only where a certificate has ended, or has yet to begin.
    pub(super) fn paths(&self, at: OffsetDateTime) -> Paths {
        // webpki may read what we refuse; nothing else can be said of such a certificate.
        let Some(period) = self.view.certificate(0).map(Certificate::validity) else {
            return Paths::none(UntrustedReason::Malformed, None);
        };
        if self.signatures.is_empty() {
            let reason = UndeterminedReason::NoCryptoProvider;
            return Paths::none(UntrustedReason::UnknownIssuer, Some(reason));
        }
        // webpki's own budget bounds its steps, but each step reads all the intermediates anew.
        let Some(above) = self.above else {
            let reason = UndeterminedReason::Budget;
            return Paths::none(UntrustedReason::UnknownIssuer, Some(reason));
        };
        let issuers = above.positions.as_slice();
        let (indexes, ends) = self.ends(issuers);
        let anchors = indexes.iter().filter_map(|index| self.anchors.anchor(*index)).collect();
        let single = !above.forks && ends == 1;
        let found = RefCell::default();
        let asked = Asked { search: self, issuers, candidates: (indexes, anchors), single, found };
        asked.all(at, &self.instants(issuers, period, at))
    }

    /// The indexes of the anchors that may have issued one of the certificates, by their names, and
    /// at how many places a path may end so.
    fn ends(&self, issuers: &[usize]) -> (Vec<usize>, usize) {
        let (mut indexes, mut ends) = (Vec::new(), 0);
        for position in std::iter::once(0).chain(issuers.iter().copied()) {
            let Some(certificate) = self.view.certificate(position) else {
                continue;
            };
            for index in self.anchors.named_as(certificate.issuer()) {
                // One that names itself as its issuer is a copy of the anchor, or has another key.
                ends += usize::from(!certificate.is_self_issued());
                if !indexes.contains(&index) {
                    indexes.push(index);
                }
            }
        }
        // In the order of the store: of equals the first is taken.
        indexes.sort_unstable();
        (indexes, ends)
    }

    /// When to ask, beside at the instant itself: the next to it first.
    fn instants(
        &self,
        issuers: &[usize],
        period: Validity,
        at: OffsetDateTime,
    ) -> Vec<OffsetDateTime> {
        let issuers = || issuers.iter().filter_map(|position| self.view.certificate(*position));
        let periods = || issuers().map(Certificate::validity).chain([period]);
        let past = periods().any(|period| period.not_after < at);
        let mut instants: Vec<_> = periods()
            .map(|period| period.not_before)
            .filter(|begin| period.contains(*begin) && (*begin > at || (past && *begin < at)))
            .collect();
        instants.sort_unstable_by_key(|begin| (*begin - at).abs());
        instants.dedup();
        instants
    }

    /// Whether the end-entity certificate is signed by its own key. Where the signature can't be
    /// checked, its names tell.
    fn is_self_signed(&self) -> bool {
        let Some(named) = self.view.certificate(0).filter(|named| named.names_as_issuer(named))
        else {
            return false;
        };
        let signed = Signed::read(self.view.all[0].der());
        let key = named.public_key().spki();
        signed.and_then(|signed| self.signatures.verify(&signed, key)).unwrap_or(true)
    }
}

/// A search that goes on.
struct Asked<'a> {
    search: &'a Search<'a>,
    issuers: &'a [usize],
    /// The few anchors that come into question: their indexes, and they themselves.
    candidates: (Vec<usize>, Vec<TrustAnchor<'a>>),
    /// Whether there is one path at most.
    single: bool,
    found: RefCell<Vec<Path>>,
}

impl Asked<'_> {
    fn all(self, at: OffsetDateTime, others: &[OffsetDateTime]) -> Paths {
        let der = |position: usize| CertificateDer::from(self.search.view.all[position].der());
        let intermediates: Vec<CertificateDer<'_>> =
            self.issuers.iter().map(|position| der(*position)).collect();
        let self_signed = self.search.is_self_signed();
        let end_entity = der(0);
        let end_entity = match EndEntityCert::try_from(&end_entity) {
            Ok(end_entity) => end_entity,
            Err(error) => {
                let reason = self.reason(&error);
                return Paths { self_signed, ..Paths::none(reason, None) };
            }
        };

        let mut cut_short = others.len() > MOST_INSTANTS;
        let mut reason = None;
        for instant in [at].iter().chain(others.iter().take(MOST_INSTANTS)) {
            let error = self.ask(&end_entity, &intermediates, *instant);
            // What is wrong beside the dates tells more than they do.
            if reason.as_ref().is_none_or(|known| is_about_dates(known) && !is_about_dates(&error))
            {
                reason = Some(error.clone());
            }
            // A chain that is made hard to search is not searched again.
            if is_budget(&error) {
                cut_short = true;
                break;
            }
        }
        Paths {
            reason: self.reason(&reason.unwrap_or(Error::UnknownIssuer)),
            list: self.found.into_inner(),
            single: self.single,
            cut_short: cut_short.then_some(UndeterminedReason::Budget),
            self_signed,
        }
    }

    /// Finds all paths that hold at an instant; says why there are not more.
    fn ask(
        &self,
        end_entity: &EndEntityCert<'_>,
        intermediates: &[CertificateDer<'_>],
        at: OffsetDateTime,
    ) -> Error {
        let record = |path: &VerifiedPath<'_>| {
            let mut found = self.found.borrow_mut();
            if let Some(path) = self.recorded(path).filter(|path| !found.contains(path)) {
                found.push(path);
            }
            // Enough is enough: a chain with this many paths is made to have them.
            let all = found.len() >= MOST_PATHS || (self.single && found.len() == 1);
            if all { Ok(()) } else { Err(Error::UnknownIssuer) }
        };
        // Before 1970 webpki knows no time, and refuses a certificate that is of then.
        let since_epoch = u64::try_from(at.unix_timestamp()).unwrap_or(0);
        let result = end_entity.verify_for_usage(
            &self.search.signatures.list(),
            &self.candidates.1,
            intermediates,
            UnixTime::since_unix_epoch(Duration::from_secs(since_epoch)),
            AnyPurpose,
            None,
            Some(&record),
        );
        match result {
            Err(error) => error,
            Ok(_) if self.single => Error::UnknownIssuer,
            Ok(_) => Error::MaximumPathBuildCallsExceeded,
        }
    }

    fn recorded(&self, path: &VerifiedPath<'_>) -> Option<Path> {
        let Search { view, anchors, purpose, .. } = self.search;
        let (indexes, candidates) = &self.candidates;
        let anchor = candidates.iter().position(|anchor| std::ptr::eq(anchor, path.anchor()))?;
        let anchor = *indexes.get(anchor)?;
        let (mut positions, mut usable) = (vec![0], true);
        let mut period = view.certificate(0)?.validity();
        for intermediate in path.intermediate_certificates() {
            let der = intermediate.der();
            let mut issuers = self.issuers.iter().copied();
            let position = issuers.find(|position| view.all[*position].der() == &*der)?;
            let issuer = view.certificate(position)?;
            // A copy of the anchor that was sent is not what clients go by: they have their own, to
            // which a shorter path leads.
            if issuer.is_self_issued() && anchors.is(anchor, issuer) {
                return None;
            }
            positions.push(position);
            period = period.intersection(issuer.validity());
            usable &= usage::may_certify(issuer) && usage::allows(position, issuer, *purpose);
        }
        Some(Path { positions, anchor, period, usable })
    }

    fn reason(&self, error: &Error) -> UntrustedReason {
        match untrusted_reason(error) {
            // The providers call every signature by such a key a bad one.
            UntrustedReason::BadSignature if self.has_rsa_of_odd_size() => {
                UntrustedReason::UnsupportedSignature
            }
            reason => reason,
        }
    }

    /// Whether an issuer has an RSA key of a size that no provider verifies with.
    fn has_rsa_of_odd_size(&self) -> bool {
        let Search { view, anchors, .. } = self.search;
        let issuers = self.issuers.iter().filter_map(|position| view.certificate(*position));
        let anchors = self.candidates.0.iter().filter_map(|index| anchors.certificate(*index));
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

/// What a refusal says.
const fn untrusted_reason(error: &Error) -> UntrustedReason {
    match error {
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
    }
}

/// Far above any chain in use; webpki's own budget bounds the work (100 signatures).
const MOST_PATHS: usize = 64;

/// A chain in use has no more than a handful of distinct dates; a hostile one is not searched for
/// long: 100 signatures at each.
const MOST_INSTANTS: usize = 12;
