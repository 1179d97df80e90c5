//! Ranges of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// All addresses that begin with the same bits (RFC 4632, RFC 4291 section 2.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Network {
    base: IpAddr,
    bits: u32,
}

impl Network {
    /// The network of an address; `None` where it has fewer bits than that.
    pub(super) fn new(base: IpAddr, bits: u32) -> Option<Self> {
        let most = if base.is_ipv4() { Ipv4Addr::BITS } else { Ipv6Addr::BITS };
        (bits <= most).then_some(Self { base, bits })
    }

    pub(super) const fn v4(octets: [u8; 4], bits: u32) -> Self {
        let [a, b, c, d] = octets;
        Self { base: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits }
    }

    pub(super) const fn v6(segments: [u16; 8], bits: u32) -> Self {
        let [a, b, c, d, e, f, g, h] = segments;
        Self { base: IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h)), bits }
    }

    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                (base.to_bits() ^ address.to_bits()).leading_zeros() >= self.bits
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                (base.to_bits() ^ address.to_bits()).leading_zeros() >= self.bits
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(base: &str, bits: u32, address: &str) -> bool {
        Network::new(base.parse().unwrap(), bits).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn as_many_bits_as_it_has_are_compared() {
        assert!(holds("10.0.0.0", 8, "10.255.255.255"));
        assert!(!holds("10.0.0.0", 8, "11.0.0.0"));
        assert!(holds("10.1.2.3", 8, "10.0.0.0"));
        assert!(holds("192.0.2.1", 32, "192.0.2.1"));
        assert!(!holds("192.0.2.1", 32, "192.0.2.0"));
        assert!(holds("0.0.0.0", 0, "255.255.255.255"));
        assert!(holds("2001:db8::", 33, "2001:db8:7fff::"));
        assert!(!holds("2001:db8::", 33, "2001:db8:8000::"));
        assert!(holds("::1", 128, "::1"));
    }

    #[test]
    fn the_families_have_nothing_in_common() {
        assert!(!holds("0.0.0.0", 0, "::"));
        assert!(!holds("::", 0, "0.0.0.0"));
    }

    #[test]
    fn there_are_no_more_bits_than_the_address_has() {
        assert_eq!(Network::new("10.0.0.0".parse().unwrap(), 33), None);
        assert_eq!(Network::new("::".parse().unwrap(), 129), None);
    }
}
