//! Proxies: which one leads to a target, and how it is asked to.

mod error;
#[cfg(fuzzing)]
pub(super) mod fuzzing;
mod http;
mod rules;
mod socks;
mod tls;
mod tunnel;

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZero;
use std::str::FromStr;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use tokio_rustls::TlsConnector;

pub use error::{ProxyError, ProxyErrorKind};
pub use rules::ProxyRules;
pub(super) use tunnel::tunnel;

use super::BuildError;
use super::dialogue::Dialogue;
use crate::chain::PresentedChain;
use crate::target::{DnsName, Host};

/// A proxy that connects to targets on our behalf, whatever is then spoken to them.
///
/// # Syntax
///
/// ```text
/// [scheme "://"] [user [":" password] "@"] host [":" port] ["/"]
/// ```
///
/// | scheme | what is spoken | default port | who resolves names |
/// |---|---|---|---|
/// | `http` | CONNECT (RFC 9110 section 9.3.6) | 80 | the proxy |
/// | `https` | the same inside TLS to the proxy | 443 | the proxy |
/// | `socks5` | SOCKS5 (RFC 1928) | 1080 | we |
/// | `socks5h` | SOCKS5 | 1080 | the proxy |
///
/// Without a scheme it is `http`. User name and password are percent-decoded. They are sent by
/// HTTP's Basic authentication (RFC 7617) without being asked for, and by that of SOCKS5
/// (RFC 1929): both show them to whoever reads the connection to the proxy, unless that is TLS.
///
/// ```
/// use notafter::fetch::Proxy;
///
/// let proxy: Proxy = "http://probe:s%40fe@proxy.example:3128".parse()?;
/// assert_eq!(proxy.to_string(), "http://***@proxy.example:3128");
/// # Ok::<(), notafter::fetch::ProxyError>(())
/// ```
///
/// Neither `Display` nor `Debug` shows the credentials. Cheap to clone.
#[derive(Clone)]
pub struct Proxy {
    scheme: Scheme,
    host: Host,
    port: u16,
    credentials: Option<Arc<Credentials>>,
    resolution: Resolution,
    /// Whom to trust instead of Mozilla's roots, where TLS is spoken to the proxy.
    roots: Option<Arc<RootCertStore>>,
    /// TLS to the proxy, once it is known with which cryptography.
    tls: Option<TlsConnector>,
}

impl Proxy {
    /// Sets the user name and the password, for those that come from elsewhere than the address.
    /// Nothing is decoded.
    ///
    /// # Errors
    ///
    /// [`ProxyErrorKind::CredentialCharacter`] and [`ProxyErrorKind::CredentialLength`] where they
    /// can't be sent.
    pub fn with_credentials(
        mut self,
        user: impl AsRef<str>,
        password: impl AsRef<str>,
    ) -> Result<Self, ProxyError> {
        let user = user.as_ref().as_bytes().to_vec();
        let password = password.as_ref().as_bytes().to_vec();
        self.credentials = Some(Arc::new(Credentials::new(self.scheme, user, password)?));
        Ok(self)
    }

    /// Resolves the names of targets here, and tells the proxy addresses alone.
    ///
    /// As it is for `socks5`. It is so for all proxies where there is an
    /// [`AddressPolicy`](super::AddressPolicy) other than `any`, which would be got round by a
    /// proxy that resolves.
    #[must_use]
    pub const fn resolving_here(mut self) -> Self {
        self.resolution = Resolution::Here;
        self
    }

    /// Trusts these certificates instead of Mozilla's roots where TLS is spoken to the proxy, as
    /// with an `https` one. Targets are judged as ever.
    ///
    /// # Errors
    ///
    /// [`ProxyErrorKind::NoCertificate`] where the PEM text holds none, and
    /// [`ProxyErrorKind::UnusableCertificate`] where one can't be read.
    pub fn trusting(mut self, pem: impl AsRef<[u8]>) -> Result<Self, ProxyError> {
        let given =
            PresentedChain::from_pem(pem.as_ref()).map_err(|_| ProxyErrorKind::NoCertificate)?;
        let mut roots = RootCertStore::empty();
        for entry in given.entries() {
            let added = roots.add(entry.der().to_vec().into());
            added.map_err(|_| ProxyErrorKind::UnusableCertificate)?;
        }
        self.roots = Some(Arc::new(roots));
        Ok(self)
    }

    /// Whether it is told names, and resolves them itself.
    pub(super) const fn resolves(&self) -> bool {
        matches!(self.resolution, Resolution::There)
    }

    /// Readies it for use with that cryptography.
    fn prepare(&mut self, provider: &Arc<CryptoProvider>) -> Result<(), BuildError> {
        if self.scheme == Scheme::Https {
            self.tls = Some(tls::connector(self.roots.as_ref(), Arc::clone(provider))?);
        }
        Ok(())
    }

    /// What is said to it to have it connect to an endpoint.
    fn dialogue(&self, endpoint: &Endpoint) -> Box<dyn Dialogue> {
        let credentials = self.credentials.as_deref();
        match self.scheme {
            Scheme::Http | Scheme::Https => Box::new(http::Connect::new(endpoint, credentials)),
            Scheme::Socks5 | Scheme::Socks5h => Box::new(socks::Socks::new(endpoint, credentials)),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("address", &format_args!("{self}"))
            .field("resolution", &self.resolution)
            .field("roots", &self.roots)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = if self.credentials.is_some() { "***@" } else { "" };
        match &self.host {
            Host::Ip(ip) if ip.is_ipv6() => {
                write!(f, "{}://{secret}[{ip}]:{}", self.scheme.as_str(), self.port)
            }
            host => write!(f, "{}://{secret}{host}:{}", self.scheme.as_str(), self.port),
        }
    }
}

/// Parses the syntax above.
///
/// # Errors
///
/// A [`ProxyError`], for example for `ftp://proxy.example`, `http://`, `http://proxy.example:0`,
/// `http://proxy.example:3128/path` and `http://user:100%@proxy.example`. [`ProxyErrorKind`] lists
/// the reasons.
impl FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Scheme::named(scheme)?, rest),
            None => (Scheme::Http, text),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if !matches!(path, "" | "/") {
            return Err(ProxyErrorKind::TrailingText.into());
        }
        let (credentials, address) = match authority.rsplit_once('@') {
            Some((credentials, address)) => (Some(credentials), address),
            None => (None, authority),
        };
        let (host, port) = host_and_port(address)?;
        let credentials = match credentials {
            Some(text) => Some(Arc::new(Credentials::parse(scheme, text)?)),
            None => None,
        };
        Ok(Self {
            scheme,
            host,
            port: port.unwrap_or_else(|| scheme.default_port()),
            credentials,
            resolution: match scheme {
                Scheme::Socks5 => Resolution::Here,
                Scheme::Http | Scheme::Https | Scheme::Socks5h => Resolution::There,
            },
            roots: None,
            tls: None,
        })
    }
}

/// What a proxy is to connect to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Endpoint {
    Address(SocketAddr),
    Name(DnsName, u16),
}

/// As it stands in a request: `example.com:443`, `192.0.2.1:443`, `[2001:db8::1]:443`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Without the zone, which has a meaning on this machine alone.
            Self::Address(address) => SocketAddr::new(address.ip(), address.port()).fmt(f),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

/// Who asks for the addresses of a target's name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Resolution {
    Here,
    There,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scheme {
    Http,
    Https,
    Socks5,
    Socks5h,
}

impl Scheme {
    fn named(name: &str) -> Result<Self, ProxyErrorKind> {
        let all = [Self::Http, Self::Https, Self::Socks5, Self::Socks5h];
        let known = all.into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(name));
        known.ok_or(ProxyErrorKind::UnknownScheme)
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks5 | Self::Socks5h => 1080,
        }
    }
}

/// A user name and a password that can be sent.
pub(in crate::fetch) struct Credentials {
    user: Vec<u8>,
    password: Vec<u8>,
}

impl Credentials {
    fn new(scheme: Scheme, user: Vec<u8>, password: Vec<u8>) -> Result<Self, ProxyErrorKind> {
        if user.iter().chain(&password).any(u8::is_ascii_control) {
            return Err(ProxyErrorKind::CredentialCharacter);
        }
        match scheme {
            Scheme::Http | Scheme::Https if user.contains(&b':') => {
                Err(ProxyErrorKind::CredentialCharacter)
            }
            Scheme::Socks5 | Scheme::Socks5h
                if user.is_empty() || user.len() > 255 || password.len() > 255 =>
            {
                Err(ProxyErrorKind::CredentialLength)
            }
            _ => Ok(Self { user, password }),
        }
    }

    fn parse(scheme: Scheme, text: &str) -> Result<Self, ProxyErrorKind> {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        let decoded = |text| percent_decoded(text).ok_or(ProxyErrorKind::PercentEncoding);
        Self::new(scheme, decoded(user)?, decoded(password)?)
    }
}

fn host_and_port(text: &str) -> Result<(Host, Option<u16>), ProxyErrorKind> {
    // The colons of an IPv6 address stand in brackets (RFC 3986 section 3.2.2).
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(self::port(port)?)),
        _ => (text, None),
    };
    if host.contains(':') && !host.starts_with('[') {
        return Err(ProxyErrorKind::InvalidHost);
    }
    Ok((host.parse().map_err(|_| ProxyErrorKind::InvalidHost)?, port))
}

fn port(digits: &str) -> Result<u16, ProxyErrorKind> {
    // The standard library takes a plus sign, too.
    let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let port = digits.and_then(|digits| digits.parse::<NonZero<u16>>().ok());
    port.map(NonZero::get).ok_or(ProxyErrorKind::InvalidPort)
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hexadecimal(bytes.next()?)? << 4 | hexadecimal(bytes.next()?)?,
            other => other,
        });
    }
    Some(decoded)
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| value.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn proxy(text: &str) -> Proxy {
        text.parse().unwrap()
    }

    fn credentials(proxy: &Proxy) -> Option<(&[u8], &[u8])> {
        proxy.credentials.as_ref().map(|known| (&known.user[..], &known.password[..]))
    }

    #[test]
    fn a_proxy_is_printed_with_its_scheme_and_port() {
        for (text, expect) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("proxy.example:3128", "http://proxy.example:3128"),
            ("PROXY.example.", "http://proxy.example:80"),
            ("HTTPS://proxy.example/", "https://proxy.example:443"),
            ("socks5://127.0.0.1", "socks5://127.0.0.1:1080"),
            ("socks5h://[::1]", "socks5h://[::1]:1080"),
            ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080"),
            ("http://user@proxy.example", "http://***@proxy.example:80"),
            ("http://user:secret@[::1]:1", "http://***@[::1]:1"),
        ] {
            assert_eq!(proxy(text).to_string(), expect, "{text}");
        }
    }

    #[test]
    fn credentials_are_percent_decoded() {
        for (text, user, password) in [
            ("http://user:secret@proxy.example", "user", "secret"),
            ("http://user@proxy.example", "user", ""),
            ("http://:secret@proxy.example", "", "secret"),
            ("http://u%40x:p%3a%2Fw@proxy.example", "u@x", "p:/w"),
            ("http://user:a:b@c@proxy.example", "user", "a:b@c"),
            ("socks5://u%3ax:w@proxy.example", "u:x", "w"),
        ] {
            let expect = Some((user.as_bytes(), password.as_bytes()));
            assert_eq!(credentials(&proxy(text)), expect, "{text}");
        }
        let given = proxy("http://old:one@proxy.example").with_credentials("new", "100%").unwrap();
        assert_eq!(credentials(&given), Some((&b"new"[..], &b"100%"[..])));
    }

    #[test]
    fn names_are_resolved_where_the_scheme_says() {
        assert!(proxy("http://proxy.example").resolves());
        assert!(proxy("https://proxy.example").resolves());
        assert!(proxy("socks5h://proxy.example").resolves());
        assert!(!proxy("socks5://proxy.example").resolves());
        assert!(!proxy("http://proxy.example").resolving_here().resolves());
    }

    #[test]
    fn what_is_no_proxy_is_told_without_its_text() {
        use ProxyErrorKind::*;
        let long = format!("socks5://{}:secret@proxy.example", "u".repeat(256));
        for (text, expect) in [
            ("", InvalidHost),
            ("http://", InvalidHost),
            ("http://user:secret@", InvalidHost),
            ("http://user:secret@::1", InvalidHost),
            ("http://user:secret@a b", InvalidHost),
            ("http://user:secret@a\r\nb", InvalidHost),
            ("http://user:secret@[::1", InvalidHost),
            ("http://user:secret@127.1", InvalidHost),
            ("http://user:secret@proxy.example:", InvalidPort),
            ("http://user:secret@proxy.example:0", InvalidPort),
            ("http://user:secret@proxy.example:+1", InvalidPort),
            ("http://user:secret@proxy.example:65536", InvalidPort),
            ("http://user:secret@proxy.example:80/path", TrailingText),
            ("http://user:sec/ret@proxy.example:80", TrailingText),
            ("http://user:secret@proxy.example?query", TrailingText),
            ("socks4://user:secret@proxy.example", UnknownScheme),
            ("secret://proxy.example", UnknownScheme),
            ("http://user:secret%@proxy.example", PercentEncoding),
            ("http://user:secret%2@proxy.example", PercentEncoding),
            ("http://user:secret%+2@proxy.example", PercentEncoding),
            ("http://user:secret%0d%0aX@proxy.example", CredentialCharacter),
            ("http://us%3Aer:secret@proxy.example", CredentialCharacter),
            ("socks5://user:secret%00@proxy.example", CredentialCharacter),
            ("socks5://:secret@proxy.example", CredentialLength),
            (&long, CredentialLength),
        ] {
            let error = text.parse::<Proxy>().unwrap_err();
            assert_eq!(error.kind(), expect, "{text}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{text}: {error:?}");
        }
    }

    #[test]
    fn nothing_shows_the_credentials() {
        let proxy = proxy("https://user:secret@proxy.example");
        let shown = format!("{proxy} {proxy:?} {proxy:#?}");
        assert!(!shown.contains("user") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn what_is_to_be_trusted_has_to_be_certificates() {
        let trusting = |pem: &str| proxy("https://proxy.example").trusting(pem).unwrap_err().kind();
        assert_eq!(trusting(""), ProxyErrorKind::NoCertificate);
        let odd = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        assert_eq!(trusting(odd), ProxyErrorKind::UnusableCertificate);
    }
}
