//! The document that holds a certificate: how long it is good, how long it may be kept.

use time::OffsetDateTime;

use crate::report::{DocumentEnd, FindingKind, Severity};
use crate::target::Subject;

use super::findings::Findings;

/// SAML metadata, section 2.3: past `validUntil` consumers drop the document with all that it holds,
/// and after a `cacheDuration` they ask for it anew.
///
/// <https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf>
pub(super) fn check(findings: &mut Findings<'_>, subject: &Subject, at: OffsetDateTime) {
    let cached = subject.document_cache_duration().map(|duration| duration.whole_seconds());
    if let Some(valid_until) = subject.document_valid_until() {
        let end = DocumentEnd::new(valid_until, at);
        if end.seconds_left < 0 {
            findings.add(Some(0), FindingKind::DocumentExpired(end), Severity::Failure);
        // A document is made anew often: one that a consumer may keep past its end was not.
        } else if end.seconds_left < cached.unwrap_or(DAY) {
            findings.add(Some(0), FindingKind::DocumentExpiresSoon(end), Severity::Warning);
        }
    }
    if let Some(seconds) = cached {
        findings.add(Some(0), FindingKind::DocumentCached { seconds }, Severity::Note);
    }
}

const DAY: i64 = 86_400;
