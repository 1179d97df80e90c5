//! How to read: passwords and limits.

use std::fmt;
use std::sync::Arc;

use super::Locator;

/// How to read sources: passwords, limits, and what certificates that stand together are.
///
/// Its `Debug` shows no password.
#[derive(Clone)]
pub struct ReadOptions {
    passwords: Passwords,
    max_bytes: u64,
    arrangement: Arrangement,
}

impl ReadOptions {
    /// No password, 64 MiB a source, certificates told apart into chains.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            passwords: Passwords::None,
            max_bytes: 64 * 1024 * 1024,
            arrangement: Arrangement::ToldApart,
        }
    }

    /// Opens key stores with this password.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.passwords = Passwords::One(password.into().into());
        self
    }

    /// Asks for the password of each key store that needs one; `None` leaves it closed.
    #[must_use]
    pub fn password_with(
        mut self,
        password: impl Fn(&Locator) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.passwords = Passwords::Asked(Arc::new(password));
        self
    }

    /// Refuses sources of more bytes than this.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Says what certificates in one PEM or PKCS#7 source are to each other.
    #[must_use]
    pub fn arrangement(mut self, arrangement: Arrangement) -> Self {
        self.arrangement = arrangement;
        self
    }

    pub(crate) const fn byte_limit(&self) -> u64 {
        self.max_bytes
    }

    pub(crate) const fn arranged(&self) -> Arrangement {
        self.arrangement
    }

    /// The password for a key store; `None` where there is none.
    #[cfg(any(feature = "pkcs12", feature = "jks"))]
    pub(crate) fn password_for(&self, locator: &Locator) -> Option<String> {
        match &self.passwords {
            Passwords::None => None,
            Passwords::One(password) => Some(password.to_string()),
            Passwords::Asked(ask) => ask(locator),
        }
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ReadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadOptions")
            .field("max_bytes", &self.max_bytes)
            .field("arrangement", &self.arrangement)
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
#[cfg_attr(
    not(any(feature = "pkcs12", feature = "jks")),
    expect(dead_code, reason = "only key stores have passwords")
)]
enum Passwords {
    None,
    One(Arc<str>),
    Asked(Arc<Ask>),
}

type Ask = dyn Fn(&Locator) -> Option<String> + Send + Sync;

/// What certificates are to each other that stand in one PEM or PKCS#7 source.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Arrangement {
    /// Several chains and lone CA certificates, told apart by who issued whom and by the private
    /// keys beside them.
    #[default]
    ToldApart,
    /// One chain in the order of the source, as a server presents it that has the file installed.
    OneChain,
}
