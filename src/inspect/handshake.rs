//! What the handshake showed.

use crate::chain::{ClientCertificate, LateFailure, Peer, Possession};
use crate::escape::Escaped;
use crate::report::{FindingKind, Severity};

use super::findings::Findings;

pub(super) fn check(findings: &mut Findings<'_>, peer: Option<&Peer>) {
    let Some(peer) = peer else {
        return;
    };
    if peer.is_legacy_handshake() {
        let text = |text: Option<&str>| Escaped(text.unwrap_or("something old")).to_string();
        let (protocol, cipher_suite) = (text(peer.protocol()), text(peer.cipher_suite()));
        let kind = FindingKind::LegacyProtocol { protocol, cipher_suite };
        findings.add(None, kind, Severity::Warning);
    }
    check_possession(findings, peer);
    if peer.client_certificate() == ClientCertificate::Required {
        findings.add(None, FindingKind::ClientCertificateRequired, Severity::Note);
    }
    if peer.client_certificate() == ClientCertificate::Rejected {
        let answer = match peer.late_failure() {
            Some(LateFailure::ByPeer(answer) | LateFailure::ByUs(answer)) => answer,
            None => "it gave no reason",
        };
        let answer = Escaped(answer).to_string();
        findings.add(None, FindingKind::ClientCertificateRejected { answer }, Severity::Failure);
    } else if let Some(failure) = peer.late_failure() {
        let escaped = |text: &String| Escaped(text).to_string();
        // What our TLS library doesn't support, others may.
        let (failure, severity) = match failure {
            LateFailure::ByPeer(text) => (LateFailure::ByPeer(escaped(text)), Severity::Failure),
            LateFailure::ByUs(text) => (LateFailure::ByUs(escaped(text)), Severity::Warning),
        };
        findings.add(None, FindingKind::HandshakeFailedAfterChain { failure }, severity);
    }
}

/// RFC 8446 section 4.4.3, RFC 5246 section 7.4.3: without it, anyone can show any chain.
fn check_possession(findings: &mut Findings<'_>, peer: &Peer) {
    let detail =
        |otherwise: &str| Escaped(peer.possession_detail().unwrap_or(otherwise)).to_string();
    match peer.possession() {
        Possession::Proven => {}
        Possession::Failed => {
            let detail = detail("the handshake signature does not verify");
            findings.add(None, FindingKind::PossessionFailed { detail }, Severity::Failure);
        }
        Possession::NotProvable | Possession::Unproven => {
            let detail = detail("no handshake signature was seen");
            findings.add(None, FindingKind::PossessionUnproven { detail }, Severity::Warning);
        }
    }
}
