//! What a chain is judged as.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Host, PurposeError, Target};

/// What a chain is judged as: a label, the purpose it has to serve, the names it has to hold.
///
/// A [`Target`] gives one by `Subject::from(&target)`. For chains that come from elsewhere
/// (files, key stores, metadata documents) use [`server`](Self::server) or [`new`](Self::new).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    label: Arc<str>,
    purpose: Purpose,
    names: Arc<[Host]>,
}

impl Subject {
    /// The chain of a server that has to be valid for each of `names`.
    ///
    /// With no names, no name is asked for; that there is one at all is still looked at.
    #[must_use]
    pub fn server<I: IntoIterator<Item = Host>>(label: impl Into<String>, names: I) -> Self {
        Self { names: names.into_iter().collect(), ..Self::new(label, Purpose::Server) }
    }

    /// A chain that has to serve `purpose`, with no names to check.
    #[must_use]
    pub fn new(label: impl Into<String>, purpose: Purpose) -> Self {
        Self { label: label.into().into(), purpose, names: Arc::default() }
    }

    /// What the report calls it: a target's canonical form, a file's path, anything.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What the chain has to be good for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The reference identities; empty: no name is asked for.
    #[must_use]
    pub fn names(&self) -> &[Host] {
        &self.names
    }
}

/// The server that the target is: its canonical form is the label, its reference identities are
/// the names.
impl From<&Target> for Subject {
    fn from(target: &Target) -> Self {
        Self {
            label: target.to_string().into(),
            purpose: Purpose::Server,
            names: match &target.names {
                Some(names) => Arc::clone(names),
                None => Arc::new([target.host.clone()]),
            },
        }
    }
}

/// What a chain has to be good for.
///
/// `Display` and `FromStr` use `server`, `client` and `signing`.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Purpose {
    /// To authenticate a TLS server to its clients.
    Server,
    /// To authenticate a TLS client to its servers.
    Client,
    /// To sign something other than a handshake: code, documents, tokens.
    Signing,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Signing => "signing",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// # Errors
///
/// A [`PurposeError`] for any other word, in any other case.
impl FromStr for Purpose {
    type Err = PurposeError;

    fn from_str(input: &str) -> Result<Self, PurposeError> {
        match input {
            "server" => Ok(Self::Server),
            "client" => Ok(Self::Client),
            "signing" => Ok(Self::Signing),
            _ => Err(PurposeError::new(input)),
        }
    }
}
