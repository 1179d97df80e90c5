//! DNS servers asked directly, by hickory.

mod error;
mod records;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::system_conf::read_system_conf;
use hickory_resolver::{Hosts, TokioResolver};
use tokio::time::timeout;

pub use error::{DnsError, DnsErrorKind};
use error::{Trouble, trouble};

use super::Resolver;
use crate::target::{DnsName, Protocol, Target};

/// A client of DNS servers: those of the system, or others.
///
/// It resolves names for a [`Fetcher`](super::Fetcher), where unlike the system's resolver it tells
/// a name that does not exist from one that could not be asked for, and it finds the servers of a
/// domain by its MX and SRV records.
///
/// Names are taken as they stand: no search list completes them. Every lookup asks anew, over UDP,
/// and over TCP where the answer is too long for that; nothing is cached, no task outlives a
/// lookup, and DNSSEC is not looked at.
///
/// Needs the feature `hickory`. Cheap to clone.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use notafter::fetch::{Dns, Fetcher};
///
/// let dns = Dns::with_servers(["192.0.2.53:53".parse()?]);
/// let fetcher = Fetcher::builder().resolver(dns.resolver()).build()?;
/// for target in dns.mail_hosts(&"example.com".parse()?).await? {
///     println!("{target}: {:?}", fetcher.fetch(&target).await);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Dns(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    servers: Vec<NameServerConfig>,
    hosts: Arc<Hosts>,
    timeout: Duration,
}

impl Dns {
    /// The servers that the system is set up to ask, after its file of hosts.
    ///
    /// Both are read now, and not again.
    ///
    /// # Errors
    ///
    /// A [`DnsError`] of the kind [`DnsErrorKind::Configuration`] where the system's configuration
    /// can't be read, or names no server.
    pub fn system() -> Result<Self, DnsError> {
        let (config, _) = read_system_conf().map_err(|error| {
            DnsError::new("the system", DnsErrorKind::Configuration).because(error)
        })?;
        // One that can't be read is as good as none.
        let hosts = Hosts::from_system().unwrap_or_default();
        Ok(Self::new(config.name_servers().to_vec(), hosts))
    }

    /// Those servers; where there are several, two at a time until one of them answers.
    ///
    /// With none, every lookup fails.
    pub fn with_servers(servers: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self::new(servers.into_iter().map(server).collect(), Hosts::default())
    }

    fn new(servers: Vec<NameServerConfig>, hosts: Hosts) -> Self {
        Self(Arc::new(Inner { servers, hosts: Arc::new(hosts), timeout: TIMEOUT }))
    }

    /// Sets how long one lookup may take, all servers and repetitions together; 3 s otherwise.
    ///
    /// Keep it below the share of [`Timeouts::resolve`](super::Timeouts::resolve): a lookup of IPv6
    /// addresses that is not answered then costs time, and not the IPv4 addresses.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        Arc::make_mut(&mut self.0).timeout = timeout;
        self
    }

    /// How names become addresses: by these servers, A and AAAA records side by side.
    ///
    /// A name that does not exist, or has no address, is
    /// [`NameNotFound`](super::FetchErrorKind::NameNotFound); no answer in time is
    /// [`TimedOut`](super::FetchErrorKind::TimedOut); a server that fails or refuses is
    /// [`ResolutionFailed`](super::FetchErrorKind::ResolutionFailed).
    #[must_use]
    pub fn resolver(&self) -> Resolver {
        let dns = self.clone();
        Resolver::from_fn(move |host, port| {
            let dns = dns.clone();
            async move { dns.addresses(&host, port).await }
        })
    }

    /// The servers that take mail for the domain, the most preferred first: at most 16, each once.
    ///
    /// Each is a target such as `smtp://mx1.example.com:25`, whose certificate has to name the mail
    /// server (RFC 8461 section 4.1). A domain without MX records takes its mail itself (RFC 5321
    /// section 5.1).
    ///
    /// # Errors
    ///
    /// A [`DnsError`]: [`DnsErrorKind::NotFound`] where there is no such domain,
    /// [`DnsErrorKind::NotOffered`] where it says that it takes no mail (RFC 7505),
    /// [`DnsErrorKind::InvalidRecord`] where a record names something else than a host, and the
    /// kinds of a lookup that failed.
    pub async fn mail_hosts(&self, domain: &DnsName) -> Result<Vec<Target>, DnsError> {
        records::mail_hosts(self, domain).await
    }

    /// The servers that the domain names for a service in its SRV records, by priority, then by
    /// weight: at most 16, each once.
    ///
    /// Each is a target such as `xmpp://example.com:5222;connect=host.example.net:5223`: its
    /// certificate has to name the domain that was asked for, not the host that an answer without
    /// protection led to (RFC 9525 section 6.1, RFC 6120 section 13.7.2.1).
    ///
    /// There are service names for IMAP, POP3, mail submission, ManageSieve, LDAP, SIP and XMPP,
    /// each with their variants.
    ///
    /// # Errors
    ///
    /// A [`DnsError`]: [`DnsErrorKind::NoServiceName`] for other protocols,
    /// [`DnsErrorKind::NotFound`] where there is no such record, [`DnsErrorKind::NotOffered`] where
    /// the domain says that it does not offer the service (RFC 2782),
    /// [`DnsErrorKind::InvalidRecord`] where a record names something else than a host and a port,
    /// and the kinds of a lookup that failed.
    pub async fn services(
        &self,
        protocol: Protocol,
        domain: &DnsName,
    ) -> Result<Vec<Target>, DnsError> {
        records::services(self, protocol, domain).await
    }

    async fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let (v6, v4) =
            tokio::join!(self.lookup(host, RecordType::AAAA), self.lookup(host, RecordType::A));
        let mut addresses = Vec::new();
        let mut worst: Option<Trouble> = None;
        for lookup in [v6, v4] {
            match lookup {
                Ok(lookup) => addresses.extend(ips(&lookup).map(|ip| SocketAddr::new(ip, port))),
                // That one type of record is missing says nothing of the name.
                Err(trouble) if trouble.is_negative() && worst.is_some() => {}
                Err(trouble) => worst = Some(trouble),
            }
        }
        match worst {
            Some(trouble) if addresses.is_empty() => Err(trouble.into()),
            _ => Ok(addresses),
        }
    }

    /// The records of one type that a name has, by whatever aliases.
    async fn lookup(&self, name: &str, record_type: RecordType) -> Result<Lookup, Trouble> {
        let mut name = Name::from_ascii(name).map_err(trouble)?;
        name.set_fqdn(true);
        let resolver = self.client().map_err(trouble)?;
        match timeout(self.0.timeout, resolver.lookup(name, record_type)).await {
            Ok(answer) => answer.map_err(trouble),
            Err(_) => Err(Trouble::TIMED_OUT),
        }
    }

    /// A client for one lookup, with which its sockets and tasks end.
    fn client(&self) -> Result<TokioResolver, hickory_resolver::net::NetError> {
        let config = ResolverConfig::from_name_servers(self.0.servers.clone());
        let mut options = ResolverOpts::default();
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        // Datagrams get lost: there is time to ask twice.
        options.timeout = self.0.timeout / 2;
        options.attempts = 1;
        let mut client =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
                .with_options(options)
                .build()?;
        client.set_hosts(Arc::clone(&self.0.hosts));
        Ok(client)
    }
}

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<_> = self.0.servers.iter().map(|server| server.ip).collect();
        f.debug_struct("Dns")
            .field("servers", &servers)
            .field("timeout", &self.0.timeout)
            .finish_non_exhaustive()
    }
}

impl From<Dns> for Resolver {
    fn from(dns: Dns) -> Self {
        dns.resolver()
    }
}

impl Target {
    /// The servers that take mail for a domain, by the DNS servers of the system: see
    /// [`Dns::mail_hosts`].
    ///
    /// Needs the feature `hickory`.
    ///
    /// # Errors
    ///
    /// As for [`Dns::system`] and [`Dns::mail_hosts`]; [`DnsErrorKind::InvalidName`] where `domain`
    /// is none.
    pub async fn mail_hosts(domain: &str) -> Result<Vec<Self>, DnsError> {
        let name: DnsName = domain.parse().map_err(|error| {
            DnsError::new("the domain", DnsErrorKind::InvalidName).because(error)
        })?;
        Dns::system()?.mail_hosts(&name).await
    }
}

fn server(address: SocketAddr) -> NameServerConfig {
    let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = address.port();
    }
    // That a name does not exist is an answer: no other server need be asked.
    NameServerConfig::new(address.ip(), true, connections)
}

fn ips(lookup: &Lookup) -> impl Iterator<Item = IpAddr> {
    lookup.answers().iter().filter_map(|record| match &record.data {
        RData::A(address) => Some(IpAddr::V4(address.0)),
        RData::AAAA(address) => Some(IpAddr::V6(address.0)),
        _ => None,
    })
}

/// Below the default share of a fetch.
const TIMEOUT: Duration = Duration::from_secs(3);
