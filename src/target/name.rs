//! DNS names and IP addresses: what may stand as a host.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use super::{TargetError, TargetErrorKind};

/// A DNS name: A-labels in lower case, without a trailing dot.
///
/// Labels hold letters, digits, hyphens and underscores, 1 to 63 of them, with no hyphen at
/// either end; the name holds at most 253. A name whose last label is a number is none, as
/// resolvers take it for an IPv4 address.
///
/// Parsing lowers the case and drops one trailing dot. With the feature `idn` a name with
/// non-ASCII characters becomes A-labels (UTS 46, nontransitional); without it such a name is
/// refused. A name that is ASCII already is taken as it is in both cases: what its `xn--`
/// labels decode to is not looked at.
///
/// RFC 1034 section 3.5, RFC 1123 section 2.1; the underscore for RFC 8552.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DnsName(Arc<str>);

impl DnsName {
    /// The name as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for DnsName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for DnsName {
    type Err = TargetError;

    fn from_str(input: &str) -> Result<Self, TargetError> {
        dns_name(input).map_err(|kind| TargetError::new(input, kind))
    }
}

impl TryFrom<&str> for DnsName {
    type Error = TargetError;

    fn try_from(input: &str) -> Result<Self, TargetError> {
        input.parse()
    }
}

/// A DNS name or an IP address: what is connected to, and what a certificate is to name.
///
/// As a reference identity it is a DNS-ID or an IP-ID. `Display` is plain, without brackets;
/// parsing accepts an IPv6 address with brackets or without. An IPv4-mapped IPv6 address stays
/// an IPv6 address.
///
/// [RFC 9525 section 6.1](https://www.rfc-editor.org/rfc/rfc9525#section-6.1)
#[expect(
    clippy::exhaustive_enums,
    reason = "a TCP connection goes to a name or to an address, to nothing else"
)]
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Host {
    /// A name to be resolved, or matched against the DNS names of a certificate.
    Dns(DnsName),
    /// An address to connect to, or to be matched against those of a certificate.
    Ip(IpAddr),
}

impl Host {
    /// The host as it stands in a URL: an IPv6 address in brackets (RFC 3986 section 3.2.2).
    pub(super) const fn in_url(&self) -> InUrl<'_> {
        InUrl(self)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => name.fmt(f),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl From<DnsName> for Host {
    fn from(name: DnsName) -> Self {
        Self::Dns(name)
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        Self::Ip(address)
    }
}

impl FromStr for Host {
    type Err = TargetError;

    fn from_str(input: &str) -> Result<Self, TargetError> {
        host(input).map_err(|kind| TargetError::new(input, kind))
    }
}

impl TryFrom<&str> for Host {
    type Error = TargetError;

    fn try_from(input: &str) -> Result<Self, TargetError> {
        input.parse()
    }
}

pub(super) struct InUrl<'a>(&'a Host);

impl fmt::Display for InUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Host::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
            host => host.fmt(f),
        }
    }
}

pub(super) fn dns_name(text: &str) -> Result<DnsName, TargetErrorKind> {
    match host(text)? {
        Host::Dns(name) => Ok(name),
        Host::Ip(_) => Err(TargetErrorKind::AddressForName),
    }
}

pub(super) fn host(text: &str) -> Result<Host, TargetErrorKind> {
    if text.contains(is_blank) {
        return Err(TargetErrorKind::WhitespaceOrControl);
    }
    if let Some(rest) = text.strip_prefix('[') {
        return ipv6(rest.strip_suffix(']').ok_or(TargetErrorKind::Ipv6Literal)?);
    }
    // An IPv6 address holds two colons at the least.
    if text.matches(':').nth(1).is_some() {
        return ipv6(text);
    }

    let ascii = to_ascii(text)?;
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    if name.is_empty() {
        return Err(TargetErrorKind::EmptyHost);
    }
    // getaddrinfo takes 127.1, 0x7f.1 and 2130706433 for addresses. To read them as names would
    // let them pass by every rule about addresses, so only the canonical form goes through
    // (https://url.spec.whatwg.org/#ends-in-a-number-checker).
    if ends_in_a_number(name) {
        return match name.parse::<Ipv4Addr>() {
            Ok(address) => Ok(Host::Ip(address.into())),
            Err(_) => Err(TargetErrorKind::Ipv4Literal),
        };
    }
    check_name(name)?;
    Ok(Host::Dns(DnsName(name.into())))
}

pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

fn ipv6(text: &str) -> Result<Host, TargetErrorKind> {
    // A zone has a meaning on one machine only, and neither SNI nor certificates can hold it.
    if text.contains('%') {
        return Err(TargetErrorKind::ZoneId);
    }
    match text.parse::<Ipv6Addr>() {
        Ok(address) => Ok(Host::Ip(address.into())),
        Err(_) => Err(TargetErrorKind::Ipv6Literal),
    }
}

fn to_ascii(text: &str) -> Result<String, TargetErrorKind> {
    if text.is_ascii() { Ok(text.to_ascii_lowercase()) } else { to_a_labels(text) }
}

#[cfg(feature = "idn")]
fn to_a_labels(text: &str) -> Result<String, TargetErrorKind> {
    use idna::AsciiDenyList;
    use idna::uts46::{DnsLength, Hyphens, Uts46};

    // The result goes through `check_name`, which is stricter than any deny list and tells more.
    // Hyphens are looked at here, as an A-label does not show those of its U-label.
    Uts46::new()
        .to_ascii(text.as_bytes(), AsciiDenyList::EMPTY, Hyphens::CheckFirstLast, DnsLength::Ignore)
        .map(Into::into)
        .map_err(|_| TargetErrorKind::InvalidIdn)
}

#[cfg(not(feature = "idn"))]
fn to_a_labels(_: &str) -> Result<String, TargetErrorKind> {
    Err(TargetErrorKind::IdnDisabled)
}

fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    match last.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()),
    }
}

fn check_name(name: &str) -> Result<(), TargetErrorKind> {
    match name.chars().find(|&c| !is_allowed(c)) {
        Some('*') => return Err(TargetErrorKind::Wildcard),
        Some(c) => return Err(TargetErrorKind::ForbiddenCharacter(c)),
        None => {}
    }
    for label in name.split('.') {
        if label.is_empty() {
            return Err(TargetErrorKind::EmptyLabel);
        }
        if label.len() > MAX_LABEL_LENGTH {
            return Err(TargetErrorKind::LabelTooLong);
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(TargetErrorKind::HyphenAtLabelEnd);
        }
    }
    if name.len() > MAX_NAME_LENGTH {
        return Err(TargetErrorKind::NameTooLong);
    }
    Ok(())
}

const fn is_allowed(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.')
}

/// RFC 1035 section 2.3.4.
const MAX_LABEL_LENGTH: usize = 63;

/// The 255 octets of RFC 1035 section 2.3.4 less the length octets before the first label and of the root.
const MAX_NAME_LENGTH: usize = 253;
