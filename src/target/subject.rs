//! What a chain is judged as.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::{Host, PurposeError, Target};

/// What a chain is judged as: a label, the purpose it has to serve, the names it has to hold.
///
/// A [`Target`] gives one by `Subject::from(&target)`. For chains that come from elsewhere
/// (files, key stores, metadata documents) use [`server`](Self::server) or [`new`](Self::new).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Subject {
    label: Arc<str>,
    purpose: Purpose,
    names: Arc<[Host]>,
    rollover: Option<Arc<str>>,
    key: Option<Arc<[u8]>>,
    valid_until: Option<OffsetDateTime>,
    cache_duration: Option<Duration>,
    known_by_itself: bool,
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
        Self {
            label: label.into().into(),
            purpose,
            names: Arc::default(),
            rollover: None,
            key: None,
            valid_until: None,
            cache_duration: None,
            known_by_itself: false,
        }
    }

    /// Calls it otherwise.
    #[must_use]
    pub fn labelled(mut self, label: impl Into<Arc<str>>) -> Self {
        self.label = label.into();
        self
    }

    /// Judges it by another purpose.
    #[must_use]
    pub const fn with_purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Sets the names that it has to hold, in the place of those before.
    #[must_use]
    pub fn with_names<I: IntoIterator<Item = Host>>(mut self, names: I) -> Self {
        self.names = names.into_iter().collect();
        self
    }

    /// Says that whoever looks at it knows it by itself, or through a CA that is not ours to know: the
    /// client certificate of a kubeconfig. Where no path leads to a trust anchor, that is a note
    /// then, and it is judged by its own dates. Signing certificates are so without saying.
    #[must_use]
    pub const fn known_by_itself(mut self) -> Self {
        self.known_by_itself = true;
        self
    }

    /// Says that it takes turns with all others of the same group: the signing certificates of one
    /// SAML entity, the keys of one JWK Set. Of those the last to end counts; see
    /// [`Inspector::inspect_all`](crate::Inspector::inspect_all).
    #[must_use]
    pub fn in_rollover(mut self, group: impl Into<Arc<str>>) -> Self {
        self.rollover = Some(group.into());
        self
    }

    /// Says whose private key stands beside it, by the public key as a SubjectPublicKeyInfo in DER:
    /// one that is not the end-entity certificate's is told as `key-mismatch`.
    #[must_use]
    pub fn with_public_key(mut self, spki: impl Into<Arc<[u8]>>) -> Self {
        self.key = Some(spki.into());
        self
    }

    /// Says how long the document is good that holds it: the `validUntil` of SAML metadata.
    #[must_use]
    pub const fn valid_until(mut self, instant: OffsetDateTime) -> Self {
        self.valid_until = Some(instant);
        self
    }

    /// Says how long the document may be kept that holds it: the `cacheDuration` of SAML metadata.
    #[must_use]
    pub const fn cache_duration(mut self, duration: Duration) -> Self {
        self.cache_duration = Some(duration);
        self
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

    /// Whether it needs no path to a trust anchor.
    #[must_use]
    pub const fn is_known_by_itself(&self) -> bool {
        self.known_by_itself || matches!(self.purpose, Purpose::Ca | Purpose::Signing)
    }

    /// The group of those that take turns, where it is in one.
    #[must_use]
    pub fn rollover(&self) -> Option<&str> {
        self.rollover.as_deref()
    }

    /// The public key of the private key beside it, as a SubjectPublicKeyInfo in DER.
    #[must_use]
    pub fn public_key(&self) -> Option<&[u8]> {
        self.key.as_deref()
    }

    /// The last instant at which the document is good that holds it.
    #[must_use]
    pub const fn document_valid_until(&self) -> Option<OffsetDateTime> {
        self.valid_until
    }

    /// How long the document may be kept that holds it.
    #[must_use]
    pub const fn document_cache_duration(&self) -> Option<Duration> {
        self.cache_duration
    }
}

/// The server that the target is: its canonical form is the label, its reference identities are
/// the names.
impl From<&Target> for Subject {
    fn from(target: &Target) -> Self {
        Self {
            names: match &target.names {
                Some(names) => Arc::clone(names),
                None => Arc::new([target.host.clone()]),
            },
            ..Self::new(target.to_string(), Purpose::Server)
        }
    }
}

/// What a chain has to be good for.
///
/// `Display` and `FromStr` use `server`, `client`, `signing` and `ca`.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Purpose {
    /// To issue other certificates: a CA's own certificate, in a bundle or a trust store. It is
    /// judged by itself, by the long thresholds of CA certificates; no trust store is asked.
    Ca,
    /// To authenticate a TLS server to its clients.
    Server,
    /// To authenticate a TLS client to its servers.
    Client,
    /// To sign something other than a handshake: code, documents, tokens. Whoever verifies knows
    /// the certificate by itself, or a CA that is not ours to know: without a path to a trust anchor
    /// it is judged by its own dates and strength.
    Signing,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ca => "ca",
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
            "ca" => Ok(Self::Ca),
            "server" => Ok(Self::Server),
            "client" => Ok(Self::Client),
            "signing" => Ok(Self::Signing),
            _ => Err(PurposeError::new(input)),
        }
    }
}
