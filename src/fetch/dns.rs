//! Name servers of the caller's choice, and the hosts behind a domain (feature `hickory`).

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig,
    ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError as Answer, NetError};
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use super::Resolver;
use crate::escape::{Escaped, short};
use crate::target::{DnsName, Host, Protocol, Target, TargetError};

/// A DNS client: where the system's resolver is not the one to ask, and where a domain's mail hosts
/// or services are to be looked at.
///
/// As a [`Resolver`] it asks for IPv4 and IPv6 addresses, tells a name that does not exist from a
/// server that does not answer, and takes names as they are, without a search list. Cheap to clone.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use notafter::Checker;
/// use notafter::fetch::Dns;
///
/// let dns = Dns::with_servers(["192.0.2.53:53".parse()?])?;
/// let checker = Checker::builder().resolver(dns.clone().into()).build()?;
/// for target in dns.mail_hosts(&"example.com".parse()?).await? {
///     println!("{}", checker.check(&target).await?);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Dns(TokioResolver);

impl Dns {
    /// Asks the servers that the system is set up with, and heeds its hosts file.
    ///
    /// # Errors
    ///
    /// [`DnsErrorKind::Configuration`] where the system's configuration can't be read.
    pub fn system() -> Result<Self, DnsError> {
        let configuration = |error: NetError| {
            DnsError::new("the system's configuration", DnsErrorKind::Configuration)
                .caused_by(error)
        };
        let mut builder = TokioResolver::builder_tokio().map_err(configuration)?;
        set(builder.options_mut());
        Ok(Self(builder.build().map_err(configuration)?))
    }

    /// Asks these servers, over UDP and, where an answer is too long for it, over TCP.
    ///
    /// # Errors
    ///
    /// [`DnsErrorKind::Configuration`] where there is none.
    pub fn with_servers(servers: impl IntoIterator<Item = SocketAddr>) -> Result<Self, DnsError> {
        let server = |address: SocketAddr| {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut one| {
                one.port = address.port();
                one
            });
            NameServerConfig::new(address.ip(), true, connections.to_vec())
        };
        let servers: Vec<_> = servers.into_iter().map(server).collect();
        let configuration = || DnsError::new("the list of servers", DnsErrorKind::Configuration);
        if servers.is_empty() {
            return Err(configuration());
        }
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        let provider = TokioRuntimeProvider::default();
        let mut builder = TokioResolver::builder_with_config(config, provider);
        set(builder.options_mut());
        builder.options_mut().use_hosts_file = ResolveHosts::Never;
        builder.build().map(Self).map_err(|error| configuration().caused_by(error))
    }

    /// The hosts that take mail for a domain, as `smtp://` targets on port 25: the most preferred
    /// first, then by name; at most 16.
    ///
    /// A domain without MX records takes its mail itself, if it exists (RFC 5321 section 5.1). Each
    /// host is to hold a certificate for its own name, which is what DANE and MTA-STS ask for.
    ///
    /// # Errors
    ///
    /// A [`DnsError`]: [`DnsErrorKind::NameNotFound`] for a domain that does not exist,
    /// [`DnsErrorKind::NotOffered`] for one that takes no mail (RFC 7505),
    /// [`DnsErrorKind::UnusableRecord`] where a record names no host, and the others where there
    /// was no answer.
    pub async fn mail_hosts(&self, domain: &DnsName) -> Result<Vec<Target>, DnsError> {
        let question = format!("MX {domain}");
        let mut hosts = Vec::new();
        match self.ask(domain.as_str(), RecordType::MX, &question).await? {
            None => hosts.push((0, domain.clone())),
            Some(answer) => {
                for record in answer.answers() {
                    if let RData::MX(mx) = &record.data {
                        hosts.push((mx.preference, host(&mx.exchange, &question)?));
                    }
                }
            }
        }
        hosts.sort();
        hosts.dedup();
        hosts.truncate(MOST_HOSTS);
        Ok(hosts
            .into_iter()
            .map(|(_, host)| Target::new(host.into(), SMTP).with_protocol(Protocol::Smtp))
            .collect())
    }

    /// The hosts that offer a service in a domain, as targets of that protocol: `service` is the
    /// prefix of the SRV records, such as `_xmpp-client._tcp`. The most preferred first, then the
    /// weightier; at most 16.
    ///
    /// Each target is known by the domain, and only connects elsewhere: the certificate has to hold
    /// the domain's name, as the DNS can be forged (RFC 6120 section 13.7.2, RFC 9525 section 6.1).
    ///
    /// # Errors
    ///
    /// As [`mail_hosts`](Self::mail_hosts); [`DnsErrorKind::NotOffered`] also where there is no such
    /// record.
    pub async fn services(
        &self,
        protocol: Protocol,
        service: &str,
        domain: &DnsName,
    ) -> Result<Vec<Target>, DnsError> {
        let name = format!("{service}.{domain}");
        let question = format!("SRV {}", Escaped(&name));
        let not_offered = || DnsError::new(&question, DnsErrorKind::NotOffered);
        let answer = self.ask(&name, RecordType::SRV, &question).await?.ok_or_else(not_offered)?;
        let mut found = Vec::new();
        for record in answer.answers() {
            if let RData::SRV(srv) = &record.data {
                let port = NonZero::new(srv.port)
                    .ok_or_else(|| DnsError::new(&question, DnsErrorKind::UnusableRecord))?;
                let order = (srv.priority, u16::MAX - srv.weight);
                found.push((order, host(&srv.target, &question)?, port));
            }
        }
        if found.is_empty() {
            return Err(not_offered());
        }
        found.sort();
        found.dedup();
        found.truncate(MOST_HOSTS);
        Ok(found
            .into_iter()
            .map(|(_, host, port)| {
                let known_as = protocol.default_port().and_then(NonZero::new).unwrap_or(port);
                Target::new(Host::Dns(domain.clone()), known_as)
                    .with_protocol(protocol)
                    .connect_to(host.into(), port)
            })
            .collect())
    }

    /// The addresses of a host.
    async fn addresses(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        match self.0.lookup_ip(format!("{name}.")).await {
            Ok(found) => Ok(found.iter().map(|ip| SocketAddr::new(ip, port)).collect()),
            Err(error) => Err(match kind_of(&error) {
                DnsErrorKind::NameNotFound | DnsErrorKind::NotOffered => {
                    io::Error::new(io::ErrorKind::NotFound, error)
                }
                DnsErrorKind::TimedOut => io::Error::new(io::ErrorKind::TimedOut, error),
                _ => io::Error::other(error),
            }),
        }
    }

    /// The answer, or `None` where the name exists and has no such record.
    async fn ask(
        &self,
        name: &str,
        record: RecordType,
        question: &str,
    ) -> Result<Option<Lookup>, DnsError> {
        match self.0.lookup(format!("{name}."), record).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => match kind_of(&error) {
                DnsErrorKind::NotOffered => Ok(None),
                kind => Err(DnsError::new(question, kind).caused_by(error)),
            },
        }
    }
}

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dns")
    }
}

impl From<Dns> for Resolver {
    fn from(dns: Dns) -> Self {
        Self::from_fn(move |host, port| {
            let dns = dns.clone();
            async move { dns.addresses(&host, port).await }
        })
    }
}

impl Target {
    /// The hosts that take mail for a domain, asked of the system's name servers: see
    /// [`Dns::mail_hosts`]. Needs the feature `hickory`.
    ///
    /// # Errors
    ///
    /// A [`DnsError`]: as there, and [`DnsErrorKind::InvalidName`] where the text is no domain.
    pub async fn mail_hosts(domain: impl AsRef<str>) -> Result<Vec<Self>, DnsError> {
        let domain = domain.as_ref();
        let name = domain.parse::<DnsName>().map_err(|error: TargetError| {
            DnsError::new("MX", DnsErrorKind::InvalidName).caused_by(error)
        })?;
        Dns::system()?.mail_hosts(&name).await
    }
}

/// Why a question to the DNS has no answer.
///
/// `Display` names the question; the cause below is the source.
#[derive(Debug)]
pub struct DnsError {
    question: Box<str>,
    kind: DnsErrorKind,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl DnsError {
    fn new(question: &str, kind: DnsErrorKind) -> Self {
        Self { question: question.into(), kind, cause: None }
    }

    fn caused_by(mut self, cause: impl StdError + Send + Sync + 'static) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// The reason alone.
    #[must_use]
    pub const fn kind(&self) -> DnsErrorKind {
        self.kind
    }
}

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.question, self.kind)
    }
}

impl StdError for DnsError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause: &(dyn StdError + 'static) = &**self.cause.as_ref()?;
        Some(cause)
    }
}

/// Why a question to the DNS has no answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DnsErrorKind {
    /// The system's configuration can't be read, or no server was given.
    #[error("there is no name server to ask")]
    Configuration,
    /// A server could not be reached, refused, or failed.
    #[error("the name servers could not tell")]
    Failed,
    /// The text is no domain name.
    #[error("not a domain name")]
    InvalidName,
    /// The name does not exist (NXDOMAIN).
    #[error("there is no such name")]
    NameNotFound,
    /// The domain says that it has no such service, or says nothing of it.
    #[error("the domain does not offer that")]
    NotOffered,
    /// No server answered in time.
    #[error("no name server answered in time")]
    TimedOut,
    /// A record names no host that could be connected to.
    #[error("a record names no host")]
    UnusableRecord,
}

/// The name in a record as a host; the root is how a domain says that there is none (RFC 7505,
/// RFC 2782).
fn host(name: &Name, question: &str) -> Result<DnsName, DnsError> {
    if name.is_root() {
        return Err(DnsError::new(question, DnsErrorKind::NotOffered));
    }
    let text = name.to_ascii();
    text.parse().map_err(|error: TargetError| {
        let question = format!("{question} ({})", short(&Escaped(&text)));
        DnsError::new(&question, DnsErrorKind::UnusableRecord).caused_by(error)
    })
}

fn kind_of(error: &NetError) -> DnsErrorKind {
    match error {
        error if error.is_nx_domain() => DnsErrorKind::NameNotFound,
        NetError::Dns(Answer::NoRecordsFound(_)) => DnsErrorKind::NotOffered,
        NetError::Timeout => DnsErrorKind::TimedOut,
        _ => DnsErrorKind::Failed,
    }
}

fn set(options: &mut ResolverOpts) {
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.timeout = PATIENCE;
    options.attempts = 2;
    // Renewals move hosts, and a look is rare.
    options.cache_size = 0;
}

/// How long one server may take for one answer: two of them fit into the share of resolving.
const PATIENCE: Duration = Duration::from_millis(1500);

const SMTP: NonZero<u16> = NonZero::new(25).unwrap();

/// As many as a fetch tries addresses.
const MOST_HOSTS: usize = 16;
