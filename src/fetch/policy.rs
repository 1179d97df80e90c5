//! Where it may connect.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::error::{Attempt, Failure};
use super::network::Network;
use super::{FetchErrorKind, Phase};

/// Which addresses may be connected to.
///
/// It is asked about what the name resolved to, about addresses that a target gives itself, and
/// about what a proxy would be told to connect to; only what it allows is dialled, without asking
/// the resolver again. Of a proxy of the operator's own choice the address is not asked about.
///
/// Where the targets are chosen by others, a service that checks them is a port scanner for them,
/// on the network that it runs on: use [`public_only`](Self::public_only) there, or a rule of your
/// own. A program that looks at servers of its own network has no use for either.
///
/// ```
/// use notafter::fetch::AddressPolicy;
///
/// let public = AddressPolicy::public_only();
/// assert!(!public.allows("169.254.169.254".parse()?));
/// assert!(public.allows("8.8.8.8".parse()?));
///
/// // The public addresses, but none of our own.
/// let policy = AddressPolicy::from_fn(move |ip| {
///     public.allows(ip) && ip.to_string() != "198.41.0.4"
/// });
/// assert!(!policy.allows("198.41.0.4".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
///
/// Cheap to clone.
#[derive(Clone, Default)]
pub struct AddressPolicy(Rule);

#[derive(Clone, Default)]
enum Rule {
    #[default]
    Any,
    PublicOnly,
    Function(Arc<Function>),
}

type Function = dyn Fn(IpAddr) -> bool + Send + Sync;

impl AddressPolicy {
    /// All addresses: the default.
    #[must_use]
    pub const fn any() -> Self {
        Self(Rule::Any)
    }

    /// The addresses of the public Internet alone.
    ///
    /// Forbidden is whatever the IANA registries set aside for a special purpose: private and
    /// shared networks, loopback, link-local addresses (and with them the metadata services of
    /// clouds), multicast, documentation, benchmarking, whatever is reserved; of IPv6 all but the
    /// allocated global unicast addresses, 2000::/3.
    ///
    /// Forbidden are also all forms of IPv6 that hold an address of IPv4, be it a public one:
    /// IPv4-mapped, IPv4-compatible, 6to4, Teredo, and the local-use prefix of NAT64. The one
    /// exception is the well-known prefix of NAT64, 64:ff9b::/96, by which hosts without IPv4
    /// reach the Internet: there the address of IPv4 inside is what counts.
    ///
    /// A NAT64 prefix that a network has chosen for itself can't be told from other addresses, nor
    /// can a public address that only an inner network routes: forbid those with
    /// [`from_fn`](Self::from_fn).
    ///
    /// RFC 6890, RFC 8190 and the registries `iana-ipv4-special-registry` and
    /// `iana-ipv6-special-registry`.
    #[must_use]
    pub const fn public_only() -> Self {
        Self(Rule::PublicOnly)
    }

    /// The addresses for which the function says `true`.
    ///
    /// An IPv4-mapped IPv6 address leads to the IPv4 address inside, so that it is the latter which
    /// the function is asked about: a rule about `10.0.0.0/8` holds for `::ffff:10.0.0.1`, too.
    /// All others are passed as they are: those of NAT64, and `0.0.0.0` and `::`, which lead to this
    /// machine.
    #[must_use]
    pub fn from_fn(allows: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Rule::Function(Arc::new(allows)))
    }

    /// Whether the address may be connected to.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        self.objection(address).is_none()
    }

    pub(super) const fn is_any(&self) -> bool {
        matches!(self.0, Rule::Any)
    }

    /// Those of the addresses that are allowed.
    ///
    /// # Errors
    ///
    /// Where none is.
    pub(super) fn filter(
        &self,
        mut addresses: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Failure> {
        if self.is_any() {
            return Ok(addresses);
        }
        let mut forbidden = Vec::new();
        addresses.retain(|address| match self.objection(address.ip()) {
            None => true,
            Some(reason) => {
                forbidden.push(Attempt::forbidden(*address, reason));
                false
            }
        });
        if addresses.is_empty() {
            let failure = Failure::new(Phase::Resolve, FetchErrorKind::AddressForbidden);
            return Err(failure.after(forbidden));
        }
        Ok(addresses)
    }

    /// Why the address may not be connected to.
    fn objection(&self, address: IpAddr) -> Option<&'static str> {
        match &self.0 {
            Rule::Any => None,
            Rule::PublicOnly => special_purpose(address),
            Rule::Function(allows) if allows(address.to_canonical()) => None,
            Rule::Function(_) => Some("forbidden by the caller's rule"),
        }
    }
}

impl fmt::Debug for AddressPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Rule::Any => "AddressPolicy::any()",
            Rule::PublicOnly => "AddressPolicy::public_only()",
            Rule::Function(_) => "AddressPolicy::from_fn(..)",
        })
    }
}

/// What an address is set aside for, where it is no public one.
fn special_purpose(address: IpAddr) -> Option<&'static str> {
    if let IpAddr::V6(v6) = address
        && NAT64.contains(address)
    {
        let [.., a, b, c, d] = v6.octets();
        return special_purpose(Ipv4Addr::new(a, b, c, d).into());
    }
    let known = SPECIAL_PURPOSE.iter().find(|(network, _)| network.contains(address));
    match known {
        Some((_, purpose)) => Some(purpose),
        // What is not allocated yet may become anything.
        None if address.is_ipv6() && !GLOBAL_UNICAST.contains(address) => {
            Some("not allocated (RFC 4291)")
        }
        None => None,
    }
}

/// RFC 6052 section 2.1.
const NAT64: Network = Network::v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// All that IANA assigns unicast addresses from (RFC 4291 section 2.4).
const GLOBAL_UNICAST: Network = Network::v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// The special-purpose registries of IANA (RFC 6890), less what they call globally reachable, and
/// the multicast addresses, which they leave out.
///
/// The blocks 192.0.0.0/24 and 2001::/23 stand here as a whole: those parts that are globally
/// reachable are anycast addresses of relays, and identifiers that are not routed.
const SPECIAL_PURPOSE: [(Network, &str); 30] = [
    (Network::v4([0, 0, 0, 0], 8), "this network (RFC 791)"),
    (Network::v4([10, 0, 0, 0], 8), "private use (RFC 1918)"),
    (Network::v4([100, 64, 0, 0], 10), "shared address space (RFC 6598)"),
    (Network::v4([127, 0, 0, 0], 8), "loopback (RFC 1122)"),
    (Network::v4([169, 254, 0, 0], 16), "link-local (RFC 3927)"),
    (Network::v4([172, 16, 0, 0], 12), "private use (RFC 1918)"),
    (Network::v4([192, 0, 0, 0], 24), "IETF protocol assignments (RFC 6890)"),
    (Network::v4([192, 0, 2, 0], 24), "documentation (RFC 5737)"),
    (Network::v4([192, 88, 99, 0], 24), "6to4 relay (RFC 7526)"),
    (Network::v4([192, 168, 0, 0], 16), "private use (RFC 1918)"),
    (Network::v4([198, 18, 0, 0], 15), "benchmarking (RFC 2544)"),
    (Network::v4([198, 51, 100, 0], 24), "documentation (RFC 5737)"),
    (Network::v4([203, 0, 113, 0], 24), "documentation (RFC 5737)"),
    (Network::v4([224, 0, 0, 0], 4), "multicast (RFC 5771)"),
    (Network::v4([240, 0, 0, 0], 4), "reserved (RFC 1112)"),
    (Network::v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified (RFC 4291)"),
    (Network::v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback (RFC 4291)"),
    (Network::v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "IPv4-compatible (RFC 4291)"),
    (Network::v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96), "IPv4-mapped (RFC 4291)"),
    (Network::v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "local-use NAT64 (RFC 8215)"),
    (Network::v6([0x100, 0, 0, 0, 0, 0, 0, 0], 63), "discard-only, dummy (RFC 6666, RFC 9780)"),
    (Network::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "Teredo (RFC 4380)"),
    (Network::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "IETF protocol assignments (RFC 2928)"),
    (Network::v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "documentation (RFC 3849)"),
    (Network::v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "6to4 (RFC 3056)"),
    (Network::v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "documentation (RFC 9637)"),
    (Network::v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "segment routing (RFC 9602)"),
    (Network::v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "unique-local (RFC 4193)"),
    (Network::v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local (RFC 4291)"),
    (Network::v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast (RFC 4291)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn purpose(address: &str) -> Option<&'static str> {
        special_purpose(address.parse().unwrap())
    }

    /// The first and the last address of every range, and the public ones beside it, where those
    /// are public.
    const RANGES: &[(&str, &str, &str, &str, &str)] = &[
        ("0.0.0.0", "0.255.255.255", "this network (RFC 791)", "", "1.0.0.0"),
        ("10.0.0.0", "10.255.255.255", "private use (RFC 1918)", "9.255.255.255", "11.0.0.0"),
        (
            "100.64.0.0",
            "100.127.255.255",
            "shared address space (RFC 6598)",
            "100.63.255.255",
            "100.128.0.0",
        ),
        ("127.0.0.0", "127.255.255.255", "loopback (RFC 1122)", "126.255.255.255", "128.0.0.0"),
        (
            "169.254.0.0",
            "169.254.255.255",
            "link-local (RFC 3927)",
            "169.253.255.255",
            "169.255.0.0",
        ),
        ("172.16.0.0", "172.31.255.255", "private use (RFC 1918)", "172.15.255.255", "172.32.0.0"),
        (
            "192.0.0.0",
            "192.0.0.255",
            "IETF protocol assignments (RFC 6890)",
            "191.255.255.255",
            "192.0.1.0",
        ),
        ("192.0.2.0", "192.0.2.255", "documentation (RFC 5737)", "192.0.1.255", "192.0.3.0"),
        ("192.88.99.0", "192.88.99.255", "6to4 relay (RFC 7526)", "192.88.98.255", "192.88.100.0"),
        (
            "192.168.0.0",
            "192.168.255.255",
            "private use (RFC 1918)",
            "192.167.255.255",
            "192.169.0.0",
        ),
        ("198.18.0.0", "198.19.255.255", "benchmarking (RFC 2544)", "198.17.255.255", "198.20.0.0"),
        (
            "198.51.100.0",
            "198.51.100.255",
            "documentation (RFC 5737)",
            "198.51.99.255",
            "198.51.101.0",
        ),
        (
            "203.0.113.0",
            "203.0.113.255",
            "documentation (RFC 5737)",
            "203.0.112.255",
            "203.0.114.0",
        ),
        ("224.0.0.0", "239.255.255.255", "multicast (RFC 5771)", "223.255.255.255", ""),
        ("240.0.0.0", "255.255.255.255", "reserved (RFC 1112)", "", ""),
        ("::", "::", "unspecified (RFC 4291)", "", ""),
        ("::1", "::1", "loopback (RFC 4291)", "", ""),
        ("::2", "::ffff:ffff", "IPv4-compatible (RFC 4291)", "", ""),
        ("::ffff:0:0", "::ffff:ffff:ffff", "IPv4-mapped (RFC 4291)", "", ""),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "local-use NAT64 (RFC 8215)", "", ""),
        ("100::", "100::1:ffff:ffff:ffff:ffff", "discard-only, dummy (RFC 6666, RFC 9780)", "", ""),
        (
            "2001::",
            "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
            "Teredo (RFC 4380)",
            "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "",
        ),
        (
            "2001:1::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            "IETF protocol assignments (RFC 2928)",
            "",
            "2001:200::",
        ),
        (
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "documentation (RFC 3849)",
            "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db9::",
        ),
        (
            "2002::",
            "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "6to4 (RFC 3056)",
            "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2003::",
        ),
        (
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            "documentation (RFC 9637)",
            "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "3fff:1000::",
        ),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "segment routing (RFC 9602)", "", ""),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique-local (RFC 4193)", "", ""),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local (RFC 4291)", "", ""),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast (RFC 4291)", "", ""),
    ];

    #[test]
    fn every_range_begins_and_ends_where_the_registries_say() {
        assert_eq!(RANGES.len(), SPECIAL_PURPOSE.len());
        for (first, last, expect, before, after) in RANGES {
            assert_eq!(purpose(first), Some(*expect), "{first}");
            assert_eq!(purpose(last), Some(*expect), "{last}");
            for public in [before, after].into_iter().filter(|address| !address.is_empty()) {
                assert_eq!(purpose(public), None, "{public}");
            }
        }
    }

    #[test]
    fn of_ipv6_only_what_is_allocated_is_public() {
        for public in ["2000::", "2606:4700::1111", "2620:4f:8000::1", "3ffe::"] {
            assert_eq!(purpose(public), None, "{public}");
        }
        for other in [
            "::1:0:0",
            "::ffff:0:7f00:1",
            "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff",
            "64:ff9b:0:0:0:1::",
            "64:ff9b:2::",
            "100:0:0:2::",
            "1fff:ffff::",
            "4000::",
            "5eff::",
            "5f01::",
            "fbff::",
            "fe00::",
            "fec0::1",
        ] {
            assert_eq!(purpose(other), Some("not allocated (RFC 4291)"), "{other}");
        }
    }

    #[test]
    fn behind_nat64_the_address_inside_counts() {
        assert_eq!(purpose("64:ff9b::8.8.8.8"), None);
        assert_eq!(purpose("64:ff9b::"), Some("this network (RFC 791)"));
        assert_eq!(purpose("64:ff9b::127.0.0.1"), Some("loopback (RFC 1122)"));
        assert_eq!(purpose("64:ff9b::169.254.169.254"), Some("link-local (RFC 3927)"));
        assert_eq!(purpose("64:ff9b::ffff:ffff"), Some("reserved (RFC 1112)"));
    }

    #[test]
    fn every_other_form_that_holds_an_address_is_forbidden_whatever_it_holds() {
        for (address, expect) in [
            ("::ffff:8.8.8.8", "IPv4-mapped (RFC 4291)"),
            ("::ffff:127.0.0.1", "IPv4-mapped (RFC 4291)"),
            ("::127.0.0.1", "IPv4-compatible (RFC 4291)"),
            ("64:ff9b:1::10.0.0.1", "local-use NAT64 (RFC 8215)"),
            ("2002:7f00:1::", "6to4 (RFC 3056)"),
            ("2002:808:808::", "6to4 (RFC 3056)"),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo (RFC 4380)"),
        ] {
            assert_eq!(purpose(address), Some(expect), "{address}");
        }
    }

    #[test]
    fn what_is_forbidden_is_left_out() {
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let mixed = addresses(&["10.0.0.1:443", "8.8.8.8:443", "[::1]:443", "[2606:4700::1]:443"]);

        let public = AddressPolicy::public_only().filter(mixed.clone()).unwrap();
        assert_eq!(public, addresses(&["8.8.8.8:443", "[2606:4700::1]:443"]));
        assert_eq!(AddressPolicy::any().filter(mixed.clone()).unwrap(), mixed);

        let failure = AddressPolicy::from_fn(|_| false).filter(mixed).unwrap_err();
        assert_eq!(failure.phase, Phase::Resolve);
        assert_eq!(failure.kind, FetchErrorKind::AddressForbidden);
    }

    #[test]
    fn a_rule_is_asked_about_the_address_that_is_connected_to() {
        let no_private = AddressPolicy::from_fn(|ip| match ip {
            IpAddr::V4(v4) => !v4.is_private(),
            IpAddr::V6(_) => true,
        });
        for (address, allowed) in [
            ("10.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("2001:db8::1", true),
        ] {
            assert_eq!(no_private.allows(address.parse().unwrap()), allowed, "{address}");
        }
    }

    #[test]
    fn a_policy_is_shown_by_its_constructor() {
        assert_eq!(format!("{:?}", AddressPolicy::default()), "AddressPolicy::any()");
        let public_only = AddressPolicy::public_only();
        assert_eq!(format!("{public_only:?}"), "AddressPolicy::public_only()");
        let own = AddressPolicy::from_fn(|_| true);
        assert_eq!(format!("{own:?}"), "AddressPolicy::from_fn(..)");
    }
}
