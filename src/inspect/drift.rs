//! What is served, held against what should be.

use std::fmt;

use crate::chain::{Entry, PresentedChain};
use crate::report::{Code, Finding, FindingKind, Replacement, Severity, Status};

/// What is served, held against what should be: the file on disk, the secret, the certificate in
/// memory.
///
/// Of 39 outages six had a certificate that was renewed, and not deployed, or only in part. It comes
/// from [`compare`]. `Display` writes a line for each finding, or that both are the same; with the
/// feature `serde` it is written as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    same: bool,
    findings: Vec<Finding>,
}

impl Drift {
    /// Whether the end-entity certificates are the same, byte for byte.
    #[must_use]
    pub const fn is_same(&self) -> bool {
        self.same
    }

    /// How they differ, the most urgent first: `not-deployed`, `served-newer`, `different-key`,
    /// `different-issuer`, `malformed-certificate`.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// [`Status::Pass`] where nothing needs doing, [`Status::Warn`] where something does, and
    /// [`Status::Unknown`] where one of them can't be read.
    #[must_use]
    pub fn status(&self) -> Status {
        let unreadable =
            self.findings.iter().any(|finding| finding.code() == Code::MalformedCertificate);
        match self.findings.first().map(Finding::severity) {
            _ if unreadable => Status::Unknown,
            None | Some(Severity::Note) => Status::Pass,
            Some(_) => Status::Warn,
        }
    }
}

/// Its keys are `same`, `status` and `findings`.
#[cfg(feature = "serde")]
impl serde::Serialize for Drift {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;

        let mut drift = serializer.serialize_struct("Drift", 3)?;
        drift.serialize_field("same", &self.same)?;
        drift.serialize_field("status", &self.status())?;
        drift.serialize_field("findings", &self.findings)?;
        drift.end()
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.same {
            return f.write_str("what is served is what should be");
        }
        if self.findings.is_empty() {
            return f.write_str("what is served is not what should be, and as good");
        }
        for (index, finding) in self.findings.iter().enumerate() {
            write!(f, "{}{finding}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// Holds what is served against what should be, by their end-entity certificates.
///
/// Between any two sources: a file and a host, a secret and a file, memory and disk. For a survey,
/// which sees several chains of a host, compare with each.
///
/// - `not-deployed`, a warning: what should be served begins later, or begins as late and ends
///   later. It was renewed, and the service was not reloaded.
/// - `served-newer`, a warning: the other way round. The next start of the service goes back.
/// - `different-key`: the keys differ. A warning where both began at the same time, for neither is
///   the other's renewal; else a note, since many renewals come with a new key.
/// - `different-issuer`, a note: CAs choose among their intermediates at random.
///
/// ```
/// use notafter::chain::PresentedChain;
/// use notafter::inspect;
/// # fn run(on_disk: &[u8], served: &PresentedChain) -> Result<(), notafter::chain::ChainError> {
/// let drift = inspect::compare(&PresentedChain::from_pem(on_disk)?, served);
/// if !drift.is_same() {
///     println!("{drift}");
/// }
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn compare(expected: &PresentedChain, served: &PresentedChain) -> Drift {
    let (expected, served) = (expected.end_entity(), served.end_entity());
    if expected == served {
        return Drift { same: true, findings: Vec::new() };
    }
    let mut findings = match differences(expected, served) {
        Some(findings) => findings,
        None => unreadable(expected, served),
    };
    crate::report::sort(&mut findings);
    Drift { same: false, findings }
}

fn differences(expected: &Entry, served: &Entry) -> Option<Vec<Finding>> {
    let both = Replacement::new(expected, served)?;
    let mut findings = Vec::new();
    let mut tell = |kind, severity| {
        findings.push(Finding { kind, severity, position: None, subject: None });
    };
    let order = (both.expected.not_before, both.expected.not_after)
        .cmp(&(both.served.not_before, both.served.not_after));
    match order {
        std::cmp::Ordering::Greater => {
            tell(FindingKind::NotDeployed(both.clone()), Severity::Warning);
        }
        std::cmp::Ordering::Less => tell(FindingKind::ServedNewer(both.clone()), Severity::Warning),
        std::cmp::Ordering::Equal => {}
    }
    let (expected, served) = (expected.certificate().ok()?, served.certificate().ok()?);
    if expected.public_key().spki() != served.public_key().spki() {
        let severity = if both.expected.not_before == both.served.not_before {
            Severity::Warning
        } else {
            Severity::Note
        };
        tell(FindingKind::DifferentKey(both.clone()), severity);
    }
    if expected.issuer() != served.issuer() {
        tell(FindingKind::DifferentIssuer(both), Severity::Note);
    }
    Some(findings)
}

/// What can't be read can't be held against the other.
fn unreadable(expected: &Entry, served: &Entry) -> Vec<Finding> {
    let malformed = [expected, served].into_iter().filter_map(|entry| entry.certificate().err());
    malformed
        .map(|malformed| Finding {
            kind: FindingKind::MalformedCertificate { reason: malformed.to_string() },
            severity: Severity::Warning,
            position: Some(0),
            subject: None,
        })
        .collect()
}
