//! One thing that was seen.

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

use super::{Code, FindingKind};
use crate::report::{remedy, wording};

/// One thing that was seen: what, how bad, of which certificate.
///
/// `Display` writes severity, code and message on one line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    pub(crate) kind: FindingKind,
    pub(crate) severity: Severity,
    pub(crate) position: Option<usize>,
    pub(crate) subject: Option<Arc<str>>,
}

impl Finding {
    /// What was seen, with the evidence.
    #[must_use]
    pub const fn kind(&self) -> &FindingKind {
        &self.kind
    }

    /// The stable name of this kind of finding.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.kind.code()
    }

    /// How bad it is here: the kind's usual severity, or what the policy says; a note where no path
    /// needs the certificate.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The position of the certificate that it is about; `None` where it is about the trust anchor
    /// or the handshake.
    #[must_use]
    pub const fn position(&self) -> Option<usize> {
        self.position
    }

    /// The subject of that certificate, where it could be read. A long one is cut, and ends in `…`
    /// then: [`ReportedCertificate::summary`](super::ReportedCertificate::summary) has it whole.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// What was seen, on one line: `the end-entity certificate (CN=example.com) expires in 3 days
    /// 4 hours, on 2026-12-01 00:00:00 UTC`. Its wording may change; match on
    /// [`kind`](Self::kind).
    #[must_use]
    pub fn message(&self) -> String {
        wording::Message(self).to_string()
    }

    /// What to do next, on one line. Its wording may change.
    #[must_use]
    pub fn remedy(&self) -> String {
        remedy::Remedy(self).to_string()
    }
}

/// The most urgent first, then by position; else in the order in which they were seen.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings
        .sort_by_key(|finding| (Reverse(finding.severity), finding.position.unwrap_or(usize::MAX)));
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.severity, self.code(), wording::Message(self))
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[expect(clippy::exhaustive_enums, reason = "a severity added would be a severity unhandled")]
pub enum Severity {
    /// Worth knowing; nothing breaks.
    Note,
    /// It will break, or breaks for some: plan to act.
    Warning,
    /// It is about to break: act now.
    Critical,
    /// Clients fail at this instant.
    Failure,
}

impl Severity {
    /// `note`, `warning`, `critical` or `failure`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Failure => "failure",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
