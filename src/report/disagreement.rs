//! What the views of one target do not agree on.

use std::fmt;
use std::net::SocketAddr;

use time::OffsetDateTime;

use super::span::Instant;
use super::{Code, Status};
use crate::escape::Escaped;
use crate::target::View;

/// What the views of one target do not agree on: seen by a survey, which looks at all of them.
#[derive(Clone, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "code", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Disagreement {
    /// An address of several shows no chain in any view: clients that get it fail, or wait.
    AddressUnreachable {
        /// The address.
        address: SocketAddr,
        /// What was under way: `connect`, `handshake`.
        phase: String,
        /// What happened, in kebab case: `refused`, `timed-out`.
        error: String,
    },
    /// Addresses show different chains to the same client. A warning where one of them is worse
    /// off than another, else a note: machines may well have certificates of their own.
    AddressesDisagree {
        /// The chains, the worst first.
        seen: Vec<Seen>,
    },
    /// Clients that send no server name are shown another chain.
    DefaultCertificateDiffers {
        /// The chains with a server name, then those without.
        seen: Vec<Seen>,
    },
    /// The chains for the types of key differ in the names that they hold, or one is worse off.
    KeyTypesDisagree {
        /// The chains, the worst first.
        seen: Vec<Seen>,
        /// The names that not all of them hold.
        names: Vec<String>,
    },
}

impl Disagreement {
    pub(super) const fn code(&self) -> Code {
        match self {
            Self::AddressUnreachable { .. } => Code::AddressUnreachable,
            Self::AddressesDisagree { .. } => Code::AddressesDisagree,
            Self::DefaultCertificateDiffers { .. } => Code::DefaultCertificateDiffers,
            Self::KeyTypesDisagree { .. } => Code::KeyTypesDisagree,
        }
    }

    pub(super) const fn remedy(&self) -> &'static str {
        match self {
            Self::AddressUnreachable { .. } => {
                "bring the server back, or take its address out of the DNS"
            }
            Self::AddressesDisagree { .. } => {
                "install the newest certificate at every address, and reload the servers"
            }
            Self::DefaultCertificateDiffers { .. } => {
                "nothing to do, unless clients that send no server name are to be served"
            }
            Self::KeyTypesDisagree { .. } => {
                "renew the certificates of both types together, for the same names"
            }
        }
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressUnreachable { address, phase, error } => {
                let (phase, error) = (Escaped(phase), Escaped(error));
                write!(f, "{address} shows no chain: {error} in the phase {phase}")
            }
            Self::AddressesDisagree { seen } => {
                write!(f, "addresses show different chains: {}", All(seen))
            }
            Self::DefaultCertificateDiffers { seen } => {
                write!(f, "clients that send no server name are shown another chain: {}", All(seen))
            }
            Self::KeyTypesDisagree { seen, names } => {
                write!(f, "the chains for RSA and ECDSA keys differ")?;
                for (index, name) in names.iter().take(SHOWN).enumerate() {
                    f.write_str(if index == 0 { " in the names " } else { ", " })?;
                    Escaped(name).fmt(f)?;
                }
                write!(f, ": {}", All(seen))
            }
        }
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
