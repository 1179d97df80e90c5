//! A report in a few lines for people.

use std::fmt;

use super::outlook::Sentence;
use super::span::Instant;
use super::{Report, ReportedCertificate, Status, Trust};
use crate::escape::Escaped;
use crate::target::Purpose;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status().as_str().to_uppercase();
        write!(f, "{status} {}", Escaped(&self.target))?;
        // Nothing of what follows on the server would explain the status.
        if self.status() != self.status_of_the_chain() {
            f.write_str(", for our client certificate")?;
        }
        // Where clients fail for another reason, the calendar is not what to speak of first.
        let aside = self.status() == Status::Fail && self.horizon().holds(self.checked_at);
        if !aside {
            write!(f, ": {}", Sentence(self))?;
        }
        for finding in &self.findings {
            write!(f, "\n  {finding}\n    -> {}", finding.remedy())?;
        }
        // No path is asked for, or it has a horizon without one: its own.
        let is_alone = match self.trust() {
            Trust::Untrusted { .. } => self.horizon().until.is_some(),
            _ => self.purpose == Purpose::Ca,
        };
        if is_alone {
            f.write_str("\n  judged by itself")?;
        } else {
            write!(f, "\n  {}", TrustLine(self.trust()))?;
        }
        if aside {
            write!(f, "; by the calendar alone, {}", Sentence(self))?;
        }
        for other in &self.stores[1..] {
            let (store, trust) = (Escaped(other.store()), TrustLine(other.trust()));
            write!(f, "\n  by the store {store}: {trust}")?;
            if let Some(until) = other.horizon().until {
                write!(f, ", the last good second is {}", Instant(until))?;
            }
        }
        for certificate in &self.chain {
            write!(f, "\n  {}", Line(certificate))?;
        }
        for certificate in &self.extra {
            write!(f, "\n  {} (not sent)", Line(certificate))?;
        }
        write!(f, "\n  checked at {}", Instant(self.checked_at))?;
        if let Some(peer) = &self.peer {
            if let Some(address) = peer.address() {
                write!(f, ", answered by {address}")?;
            }
            if let (Some(protocol), Some(suite)) = (peer.protocol(), peer.cipher_suite()) {
                write!(f, " with {} {}", Escaped(protocol), Escaped(suite))?;
            }
        }
        if let Some(own) = self.client_report() {
            for line in own.to_string().lines() {
                write!(f, "\n  {line}")?;
            }
        }
        Ok(())
    }
}

/// A verdict in a few words.
pub(crate) struct TrustLine<'a>(pub(crate) &'a Trust);

impl fmt::Display for TrustLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Trust::Trusted(path) => write!(f, "trusted through {}", Escaped(&path.anchor)),
            Trust::TrustedIfTimeIgnored { path, .. } => {
                write!(f, "trusted through {}, but for its dates", Escaped(&path.anchor))
            }
            Trust::Untrusted { reason } => write!(f, "not trusted: {reason}"),
            Trust::Undetermined { reason } => write!(f, "trust unknown: {reason}"),
        }
    }
}

struct Line<'a>(&'a ReportedCertificate);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(certificate) = self;
        write!(f, "{} {}: ", certificate.position(), certificate.role())?;
        match certificate.summary() {
            Ok(facts) => write!(
                f,
                "{}, {} to {}, {}",
                Escaped(if facts.subject.is_empty() { "(no subject)" } else { &facts.subject }),
                Instant(facts.not_before),
                Instant(facts.not_after),
                Escaped(&facts.public_key),
            ),
            Err(reason) => write!(f, "can't be read: {}", Escaped(&reason)),
        }
    }
}
