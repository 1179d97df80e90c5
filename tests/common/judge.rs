//! Chains judged, and what is told of them in a form that reads well in a table.

use notafter::Inspector;
use notafter::chain::PresentedChain;
use notafter::inspect::TrustAnchors;
use notafter::report::{Code, Finding, Report, Trust, UntrustedReason};
use notafter::target::Subject;

use super::pki::{Issued, at};

/// Trusts these certificates and no others, by the default policy.
pub(crate) fn trusting(anchors: &[&Issued]) -> Inspector {
    let ders = anchors.iter().map(|anchor| anchor.der.to_vec());
    Inspector::new().with_anchors(TrustAnchors::from_der(ders).unwrap())
}

/// The certificates, in this order.
pub(crate) fn chain<T: AsRef<[u8]>>(certificates: &[T]) -> PresentedChain {
    PresentedChain::from_der(certificates.iter().map(|der| der.as_ref().to_vec())).unwrap()
}

/// A server that is asked for by these names.
pub(crate) fn server(names: &[&str]) -> Subject {
    Subject::server("test", names.iter().map(|name| name.parse().unwrap()))
}

/// Judges a chain of `example.com` at an instant in RFC 3339.
pub(crate) fn judge<T: AsRef<[u8]>>(
    inspector: &Inspector,
    certificates: &[T],
    instant: &str,
) -> Report {
    inspector.inspect(&chain(certificates), &server(&["example.com"]), at(instant))
}

/// Every finding: its severity, its code, and the position that it is about, `-` for none.
pub(crate) fn told(report: &Report) -> Vec<String> {
    report.findings().iter().map(line).collect()
}

fn line(finding: &Finding) -> String {
    let position = finding.position().map_or_else(|| "-".to_owned(), |at| at.to_string());
    format!("{} {} {position}", finding.severity(), finding.code())
}

/// The positions on the path, where there is one.
pub(crate) fn path(report: &Report) -> Option<&[usize]> {
    report.trust().path().map(|path| path.path.as_slice())
}

/// Why there is no path.
pub(crate) fn reason(report: &Report) -> Option<UntrustedReason> {
    match report.trust() {
        Trust::Untrusted { reason } => Some(*reason),
        _ => None,
    }
}

/// The only finding with the code.
#[track_caller]
pub(crate) fn only(report: &Report, code: Code) -> &Finding {
    let found: Vec<&Finding> = report.findings_with(code).collect();
    let [finding] = found[..] else {
        panic!("{} findings with {code}: {:?}", found.len(), told(report));
    };
    finding
}

/// What is told of a chain with nothing to tell.
pub(crate) const NOTHING: [&str; 0] = [];
