//! Why a text is no target.

use super::parse::split_scheme;

/// A text that is no target, host or DNS name.
///
/// `Display` names the input and the reason. The input is shown with control and bidirectional
/// characters escaped, cut after 100 characters, and with `***` in place of all that stands
/// before an `@`: a password given by mistake is kept out of logs.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("invalid target {input:?}: {kind}")]
pub struct TargetError {
    input: Box<str>,
    kind: TargetErrorKind,
}

impl TargetError {
    pub(super) fn new(input: &str, kind: TargetErrorKind) -> Self {
        Self { input: excerpt(&redact(input)), kind }
    }

    /// The reason alone.
    #[must_use]
    pub const fn kind(&self) -> TargetErrorKind {
        self.kind
    }
}

/// Why a text is no target.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum TargetErrorKind {
    /// An IP address where only a DNS name can stand: `sni=192.0.2.1`.
    #[error("an IP address stands where a DNS name is needed")]
    AddressForName,
    /// A parameter that is not repeatable, or a name, given twice: `sni=a.example;no-sni`.
    #[error("a parameter is given twice")]
    DuplicateParameter,
    /// Nothing at all, or nothing before the port: `:443`.
    #[error("the host is empty")]
    EmptyHost,
    /// Two dots in a row, or one in front: `a..b`.
    #[error("a label is empty")]
    EmptyLabel,
    /// Nothing between two semicolons, or no value: `sni=`.
    #[error("a parameter or its value is empty")]
    EmptyParameter,
    /// Nothing behind the colon: `example.com:`.
    #[error("the port is empty")]
    EmptyPort,
    /// A character that no host name holds: `exa$mple.com`.
    #[error("the character {0:?} is not allowed in a host")]
    ForbiddenCharacter(char),
    /// A label that starts or ends with a hyphen: `-a.example`.
    #[error("a label starts or ends with a hyphen")]
    HyphenAtLabelEnd,
    /// A name with non-ASCII characters, and the feature `idn` is off.
    #[error("non-ASCII names need the feature \"idn\" of notafter, which is off")]
    IdnDisabled,
    /// A name with non-ASCII characters that has no A-label form.
    #[error("the name cannot be converted to A-labels")]
    InvalidIdn,
    /// A host that ends in a number, but is no canonical IPv4 address: `127.1`, `0x7f.1`.
    #[error(
        "a host that ends in a number must be an IPv4 address: four decimal octets without leading zeros"
    )]
    Ipv4Literal,
    /// Something in brackets, or with several colons, that is no IPv6 address: `[::g]`.
    #[error("not an IPv6 address")]
    Ipv6Literal,
    /// A label of more than 63 octets.
    #[error("a label is longer than 63 octets")]
    LabelTooLong,
    /// No port where there is no default: `tls://example.com`.
    #[error("the port is missing, and has no default here")]
    MissingPort,
    /// A name of more than 253 octets.
    #[error("the name is longer than 253 octets")]
    NameTooLong,
    /// A port with something else than digits: `example.com:https`.
    #[error("the port is not a decimal number")]
    PortNotNumeric,
    /// A port above 65535.
    #[error("the port is above 65535")]
    PortTooLarge,
    /// Port 0.
    #[error("port 0 cannot be connected to")]
    PortZero,
    /// A parameter other than those of [`Target`](super::Target#syntax): `example.com;alpn=h2`.
    #[error("a parameter is none of \"connect=\", \"sni=\", \"no-sni\" and \"name=\"")]
    UnknownParameter,
    /// A scheme that is not the one of a [`Protocol`](super::Protocol): `gopher://example.com`.
    #[error("the scheme is not known")]
    UnknownScheme,
    /// Something before an `@`: `user@example.com`.
    #[error("user information before \"@\" is not accepted")]
    UserInfo,
    /// White space or a control character, anywhere.
    #[error("white space and control characters are not allowed")]
    WhitespaceOrControl,
    /// A `*`: a target is one server.
    #[error("a wildcard is not a host")]
    Wildcard,
    /// An IPv6 address with a zone: `fe80::1%eth0`.
    #[error("a zone id in an IPv6 address is not supported")]
    ZoneId,
}

/// A word that is no [`Purpose`](super::Purpose).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown purpose {input:?}: not one of \"server\", \"client\", \"signing\" and \"ca\"")]
pub struct PurposeError {
    input: Box<str>,
}

impl PurposeError {
    pub(super) fn new(input: &str) -> Self {
        Self { input: excerpt(input) }
    }
}

/// Hides what stands before the last `@`, wherever that is.
///
/// A password may itself hold '@' or, though it should not, '/', and a token may stand where a
/// user name should: so nothing but the scheme is kept.
fn redact(input: &str) -> String {
    let (scheme, rest) = split_scheme(input)
        .map_or(("", input), |(scheme, rest)| (&input[..scheme.len() + "://".len()], rest));
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}***@{host}"),
        None => input.to_owned(),
    }
}

/// The first characters, as an error keeps them.
fn excerpt(input: &str) -> Box<str> {
    match input.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &input[..end]).into(),
        None => input.into(),
    }
}

const MAX_SHOWN: usize = 100;
