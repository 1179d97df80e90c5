//! What the views of one target do not agree on.

use std::fmt;
use std::net::SocketAddr;

use time::OffsetDateTime;

use super::Status;
use super::span::Instant;
use crate::escape::Escaped;
use crate::target::View;

/// An address of several that shows no chain in any view: clients that get it fail, or wait.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct UnreachableAddress {
    /// The address.
    pub address: SocketAddr,
    /// What was under way: `connect`, `handshake`.
    pub phase: String,
    /// What happened, in kebab case: `refused`, `timed-out`.
    pub error: String,
}

impl UnreachableAddress {
    #[cfg(feature = "fetch")]
    pub(crate) fn new(address: SocketAddr, phase: &str, error: &str) -> Self {
        Self { address, phase: phase.to_owned(), error: error.to_owned() }
    }
}

impl fmt::Display for UnreachableAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, phase, error) = (self.address, Escaped(&self.phase), Escaped(&self.error));
        write!(f, "{address} shows no chain: {error} in the phase {phase}")
    }
}

/// Chains that the views of one target do not agree on: seen by a survey, which looks at all.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Disagreement {
    /// The chains, the worst first; of a default certificate, those with a server name first.
    pub seen: Vec<Seen>,
    /// The names that not all of them hold, where it is about names.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Vec::is_empty"))]
    pub names: Vec<String>,
}

impl Disagreement {
    #[cfg(feature = "fetch")]
    pub(crate) const fn new(seen: Vec<Seen>) -> Self {
        Self { seen, names: Vec::new() }
    }

    #[cfg(feature = "fetch")]
    pub(crate) fn about(mut self, names: Vec<String>) -> Self {
        self.names = names;
        self
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.names.iter().take(SHOWN).enumerate() {
            f.write_str(if index == 0 { " in the names " } else { ", " })?;
            Escaped(name).fmt(f)?;
        }
        more(f, self.names.len())?;
        write!(f, ": {}", All(&self.seen))
    }
}

/// A chain that some views show.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Seen {
    /// The SHA-256 fingerprint of its end-entity certificate, in lower-case hexadecimal.
    pub sha256: String,
    /// What its report comes to.
    pub status: Status,
    /// Until when clients go on with it: the report's horizon, where there is one.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none", with = "crate::instant::option")
    )]
    pub until: Option<OffsetDateTime>,
    /// The views that show it.
    pub views: Vec<View>,
}

impl Seen {
    #[cfg(feature = "fetch")]
    pub(crate) const fn new(
        sha256: String,
        status: Status,
        until: Option<OffsetDateTime>,
        views: Vec<View>,
    ) -> Self {
        Self { sha256, status, until, views }
    }
}

struct All<'a>(&'a [Seen]);

impl fmt::Display for All<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, seen) in self.0.iter().enumerate().take(SHOWN) {
            f.write_str(if index == 0 { "" } else { "; " })?;
            let leaf = Escaped(seen.sha256.get(..8).unwrap_or(&seen.sha256));
            write!(f, "{leaf} ({}", seen.status)?;
            if let Some(until) = seen.until {
                write!(f, " until {}", Instant(until))?;
            }
            f.write_str(") at ")?;
            for (index, view) in seen.views.iter().enumerate().take(SHOWN) {
                write!(f, "{}{view}", if index == 0 { "" } else { " and " })?;
            }
            more(f, seen.views.len())?;
        }
        more(f, self.0.len())
    }
}

fn more(f: &mut fmt::Formatter<'_>, all: usize) -> fmt::Result {
    match all.saturating_sub(SHOWN) {
        0 => Ok(()),
        untold => write!(f, " and {untold} more"),
    }
}

/// How many of each a message names.
const SHOWN: usize = 4;
