//! Which proxy leads to which target.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;

use super::{Proxy, ProxyError};
use crate::fetch::BuildError;
use crate::fetch::network::Network;
use crate::target::{DnsName, Host, Protocol, Target};

/// Which proxy leads to which target, and which targets are connected to directly.
///
/// As curl does it: `HTTPS_PROXY` is for `https` and `tls` targets, `ALL_PROXY` for all others and
/// where the first is not set; `NO_PROXY` lists the exceptions from both. Each may also be
/// written in lower case, which goes before upper case, and one that is empty is not set. What
/// they name is a [`Proxy`]. `HTTP_PROXY` is never read: there is no plain HTTP here, and in a CGI
/// program whoever sends the request sets it.
///
/// # Exceptions
///
/// A list separated by commas or blanks:
///
/// | entry | leaves out |
/// |---|---|
/// | `*` | everything |
/// | `example.com`, `.example.com`, `*.example.com` | that name, and all names below it |
/// | `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]` | targets given by that address |
/// | `10.0.0.0/8`, `fd00::/8` | targets given by an address of that network |
/// | `example.com:8443`, `192.0.2.1:443`, `[::1]:443` | the same at that port alone |
///
/// Host and port are those that would be connected to, so that `;connect=` counts. Names are not
/// resolved to find out whether their addresses are listed. An entry of any other form leaves
/// nothing out.
///
/// ```
/// use notafter::fetch::ProxyRules;
///
/// let rules = ProxyRules::from_variables([
///     ("https_proxy", "http://proxy.example:3128"),
///     ("NO_PROXY", "localhost,.internal.example,10.0.0.0/8"),
/// ])?;
/// let proxy_of = |target: &str| rules.proxy_of(&target.parse().unwrap()).map(ToString::to_string);
/// assert_eq!(proxy_of("example.com").as_deref(), Some("http://proxy.example:3128"));
/// assert_eq!(proxy_of("www.internal.example"), None);
/// assert_eq!(proxy_of("smtp://example.com"), None);
/// # Ok::<(), notafter::fetch::ProxyError>(())
/// ```
///
/// A [`Proxy`] alone is for every target. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct ProxyRules {
    https: Option<Proxy>,
    all: Option<Proxy>,
    exceptions: Arc<[Exception]>,
}

impl ProxyRules {
    /// The rules that the environment of the process has now.
    ///
    /// # Errors
    ///
    /// A [`ProxyError`] where `HTTPS_PROXY` or `ALL_PROXY` names no proxy.
    pub fn from_env() -> Result<Self, ProxyError> {
        Self::from_variables(
            std::env::vars_os()
                .map(|(name, value)| (name.to_string_lossy().into_owned(), text(&value))),
        )
    }

    /// The rules that variables have, by their names; others than those above are passed over.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_variables<I, N, V>(variables: I) -> Result<Self, ProxyError>
    where
        I: IntoIterator<Item = (N, V)>,
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let mut found: [Option<String>; NAMES.len()] = Default::default();
        for (name, value) in variables {
            let place = NAMES.iter().position(|known| *known == name.as_ref());
            let value = value.as_ref().trim();
            if let Some(place) = place
                && !value.is_empty()
            {
                found[place] = Some(value.to_owned());
            }
        }
        let [https, upper_https, all, upper_all, except, upper_except] = found;
        let rules = Self {
            https: proxy_in(https, NAMES[0], upper_https, NAMES[1])?,
            all: proxy_in(all, NAMES[2], upper_all, NAMES[3])?,
            exceptions: Arc::default(),
        };
        Ok(rules.except(except.or(upper_except).unwrap_or_default()))
    }

    /// Adds exceptions, in the form above.
    #[must_use]
    pub fn except(mut self, list: impl AsRef<str>) -> Self {
        let added = list.as_ref().split([',', ' ', '\t']).filter_map(Exception::parse);
        self.exceptions = self.exceptions.iter().cloned().chain(added).collect();
        self
    }

    /// The proxy that leads to the target; `None` where it is connected to directly.
    #[must_use]
    pub fn proxy_of(&self, target: &Target) -> Option<&Proxy> {
        let proxy = match target.protocol() {
            Protocol::Https | Protocol::Tls => self.https.as_ref().or(self.all.as_ref()),
            _ => self.all.as_ref(),
        }?;
        let (host, port) = (target.dial_host(), target.dial_port());
        let excepted = self.exceptions.iter().any(|exception| exception.covers(host, port));
        (!excepted).then_some(proxy)
    }

    /// Readies the proxies for use with that cryptography.
    pub(in crate::fetch) fn prepare(
        &mut self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<(), BuildError> {
        self.https.iter_mut().chain(&mut self.all).try_for_each(|proxy| proxy.prepare(provider))
    }
}

impl From<Proxy> for ProxyRules {
    fn from(proxy: Proxy) -> Self {
        Self { https: None, all: Some(proxy), exceptions: Arc::default() }
    }
}

/// A value of the environment.
///
/// What is not Unicode becomes what neither a proxy, its credentials included, nor an exception may
/// hold: that is to be told, rather than altered.
fn text(value: &OsStr) -> String {
    let text = value.to_string_lossy();
    if value.to_str().is_some() {
        text.into_owned()
    } else {
        text.replace(char::REPLACEMENT_CHARACTER, "\0")
    }
}

fn proxy_in(
    lower: Option<String>,
    lower_name: &'static str,
    upper: Option<String>,
    upper_name: &'static str,
) -> Result<Option<Proxy>, ProxyError> {
    let (text, name) = match (lower, upper) {
        (Some(text), _) => (text, lower_name),
        (None, Some(text)) => (text, upper_name),
        (None, None) => return Ok(None),
    };
    text.parse().map(Some).map_err(|error: ProxyError| error.of_variable(name))
}

/// What no proxy is for.
#[derive(Clone, Debug)]
struct Exception {
    hosts: Hosts,
    /// At which port, where not at all.
    port: Option<u16>,
}

#[derive(Clone, Debug)]
enum Hosts {
    All,
    Below(DnsName),
    In(Network),
}

impl Exception {
    fn parse(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self { hosts: Hosts::All, port: None });
        }
        if let Some((base, bits)) = entry.split_once('/') {
            let network = Network::new(base.parse().ok()?, bits.parse().ok()?)?;
            return Some(Self { hosts: Hosts::In(network), port: None });
        }
        let entry = entry.strip_prefix('*').unwrap_or(entry);
        let entry = entry.strip_prefix('.').unwrap_or(entry);
        if let Ok(host) = entry.parse() {
            return Some(Self { hosts: Hosts::of(host)?, port: None });
        }
        let (host, port) = entry.rsplit_once(':')?;
        Some(Self { hosts: Hosts::of(host.parse().ok()?)?, port: Some(port.parse().ok()?) })
    }

    fn covers(&self, host: &Host, port: u16) -> bool {
        self.port.is_none_or(|only| only == port) && self.hosts.hold(host)
    }
}

impl Hosts {
    fn of(host: Host) -> Option<Self> {
        match host {
            Host::Dns(name) => Some(Self::Below(name)),
            Host::Ip(ip @ IpAddr::V4(_)) => Network::new(ip, 32).map(Self::In),
            Host::Ip(ip @ IpAddr::V6(_)) => Network::new(ip, 128).map(Self::In),
        }
    }

    fn hold(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::All, _) => true,
            (Self::Below(domain), Host::Dns(name)) => name
                .as_str()
                .strip_suffix(domain.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
            (Self::In(network), Host::Ip(ip)) => network.contains(*ip),
            (Self::Below(_), Host::Ip(_)) | (Self::In(_), Host::Dns(_)) => false,
        }
    }
}

/// What is read of the environment, in pairs of which the first goes before the second.
const NAMES: [&str; 6] =
    ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::ProxyErrorKind;

    #[track_caller]
    fn proxy_of(variables: &[(&str, &str)], target: &str) -> Option<String> {
        let rules = ProxyRules::from_variables(variables.iter().copied()).unwrap();
        rules.proxy_of(&target.parse().unwrap()).map(ToString::to_string)
    }

    #[test]
    fn https_and_tls_have_a_variable_of_their_own() {
        let both = [("HTTPS_PROXY", "http://a.example:1"), ("ALL_PROXY", "socks5://b.example:2")];
        for (target, expect) in [
            ("example.com", "http://a.example:1"),
            ("tls://example.com:1", "http://a.example:1"),
            ("smtp://example.com", "socks5://b.example:2"),
            ("imaps://example.com", "socks5://b.example:2"),
        ] {
            assert_eq!(proxy_of(&both, target).as_deref(), Some(expect), "{target}");
        }
        assert_eq!(proxy_of(&both[1..], "example.com").as_deref(), Some("socks5://b.example:2"));
        assert_eq!(proxy_of(&both[..1], "smtp://example.com"), None);
    }

    #[test]
    fn lower_case_goes_first_and_what_is_empty_is_not_set() {
        let (lower, upper) = ("http://lower.example:1", "http://upper.example:1");
        for (variables, expect) in [
            (&[("https_proxy", lower), ("HTTPS_PROXY", upper)][..], Some(lower)),
            (&[("HTTPS_PROXY", upper), ("https_proxy", lower)], Some(lower)),
            (&[("https_proxy", " "), ("HTTPS_PROXY", upper)], Some(upper)),
            (&[("https_proxy", ""), ("all_proxy", "")], None),
            (&[("Https_Proxy", upper)], None),
        ] {
            assert_eq!(proxy_of(variables, "example.com").as_deref(), expect, "{variables:?}");
        }
    }

    #[test]
    fn http_proxy_is_never_read() {
        let proxy = "http://evil.example:1";
        let variables = [("HTTP_PROXY", proxy), ("http_proxy", proxy)];
        assert_eq!(proxy_of(&variables, "example.com"), None);
        assert_eq!(proxy_of(&variables, "tls://example.com:80"), None);
    }

    #[test]
    fn exceptions_are_names_addresses_networks_and_ports() {
        let goes_directly = |list: &str, target: &str| {
            proxy_of(&[("ALL_PROXY", "http://proxy.example"), ("no_proxy", list)], target).is_none()
        };
        for (list, target) in [
            ("*", "example.com"),
            ("*", "192.0.2.1"),
            ("example.com", "example.com"),
            ("EXAMPLE.com.", "www.example.com"),
            (".example.com", "example.com"),
            ("*.example.com", "www.example.com"),
            ("a.example,b.example", "b.example"),
            ("a.example b.example,", "b.example"),
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("10.0.0.0/8", "10.1.2.3"),
            ("fd00::/8", "fd12::1"),
            ("0.0.0.0/0", "192.0.2.1"),
            ("example.com:8443", "example.com:8443"),
            ("192.0.2.1:443", "192.0.2.1"),
            ("[::1]:443", "::1"),
            ("192.0.2.1", "example.com;connect=192.0.2.1:443"),
            ("localhost", "smtp://localhost"),
        ] {
            assert!(goes_directly(list, target), "{list}: {target}");
        }
        for (list, target) in [
            ("", "example.com"),
            ("example.com", "notexample.com"),
            ("www.example.com", "example.com"),
            ("example.com:8443", "example.com"),
            ("192.0.2.1", "192.0.2.10"),
            ("10.0.0.0/8", "11.0.0.1"),
            ("10.0.0.0/33", "10.0.0.1"),
            ("10.0.0.0/", "10.0.0.1"),
            ("::/0", "192.0.2.1"),
            ("example.com", "example.com;connect=192.0.2.1:443"),
            ("example.*", "example.com"),
            ("<local>", "localhost"),
        ] {
            assert!(!goes_directly(list, target), "{list}: {target}");
        }
    }

    #[test]
    fn exceptions_can_be_added() {
        let proxy: Proxy = "http://proxy.example".parse().unwrap();
        let rules = ProxyRules::from(proxy).except("a.example").except("b.example");
        for (target, expect) in [("a.example", false), ("b.example", false), ("c.example", true)] {
            assert_eq!(rules.proxy_of(&target.parse().unwrap()).is_some(), expect, "{target}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_unicode_is_told_rather_than_altered() {
        use std::os::unix::ffi::OsStrExt;

        let rules = |value: &[u8], list: &[u8]| {
            let [value, list] = [value, list].map(|bytes| text(OsStr::from_bytes(bytes)));
            ProxyRules::from_variables([("ALL_PROXY", value), ("NO_PROXY", list)])
        };
        for (value, kind) in [
            (&b"http://user:p\xffss@proxy.example"[..], ProxyErrorKind::CredentialCharacter),
            (b"http://user:pass@pro\xffxy.example", ProxyErrorKind::InvalidHost),
        ] {
            assert_eq!(rules(value, b"").unwrap_err().kind(), kind);
        }
        let rules = rules(b"http://proxy.example", b"a\xff.example,b.example").unwrap();
        for (target, expect) in [("a.example", true), ("b.example", false)] {
            assert_eq!(rules.proxy_of(&target.parse().unwrap()).is_some(), expect, "{target}");
        }
        // Only what stands for what is not Unicode is altered.
        assert_eq!(text(OsStr::new("a\u{fffd}")), "a\u{fffd}");
    }

    #[test]
    fn a_variable_that_names_no_proxy_is_told_without_its_text() {
        let variables = [("https_proxy", ""), ("HTTPS_PROXY", "http://user:secret@:1")];
        let error = ProxyRules::from_variables(variables).unwrap_err();
        assert_eq!(error.variable(), Some("HTTPS_PROXY"));
        assert_eq!(error.kind(), ProxyErrorKind::InvalidHost);
        assert_eq!(
            error.to_string(),
            "HTTPS_PROXY names no proxy: the host is neither a DNS name nor an IP address"
        );
    }
}
