//! The protocols that a target can be spoken to in.

use std::fmt;

/// What is spoken to a target.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Protocol {
    /// HTTP over TLS, `https://`, port 443 unless another is given.
    Https,
    /// TLS from the first byte, whatever it carries, `tls://`; the port must be given.
    Tls,
}

impl Protocol {
    /// The scheme of a target with this protocol, in lower case.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        self.row().0
    }

    /// The port of a target that gives none; without one, the port must be given.
    #[must_use]
    pub const fn default_port(self) -> Option<u16> {
        self.row().1
    }

    pub(super) fn from_scheme(scheme: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.scheme().eq_ignore_ascii_case(scheme))
    }

    /// The table: scheme and default port.
    const fn row(self) -> (&'static str, Option<u16>) {
        match self {
            Self::Https => ("https", Some(443)),
            Self::Tls => ("tls", None),
        }
    }

    const ALL: [Self; 2] = [Self::Https, Self::Tls];
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme())
    }
}
