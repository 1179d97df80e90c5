//! The servers of a domain, by its MX and SRV records.

use std::num::NonZero;

use hickory_resolver::proto::rr::{Name, RData, RecordType};

use super::error::Trouble;
use super::{Dns, DnsError, DnsErrorKind};
use crate::target::{DnsName, Host, Protocol, Target};

pub(super) async fn mail_hosts(dns: &Dns, domain: &DnsName) -> Result<Vec<Target>, DnsError> {
    let question = format!("the MX records of {domain}");
    let lookup = match dns.lookup(domain.as_str(), RecordType::MX).await {
        Ok(lookup) => lookup,
        Err(Trouble::NoRecord(_)) => return Ok(vec![mail_host(domain.clone())]),
        Err(trouble) => return Err(trouble.into_error(question)),
    };
    let mut records: Vec<(u16, &Name)> = Vec::new();
    for record in lookup.answers() {
        if let RData::MX(mx) = &record.data {
            records.push((mx.preference, &mx.exchange));
        }
    }
    if is_null(records.iter().map(|(_, exchange)| *exchange)) {
        return Err(DnsError::new(question, DnsErrorKind::NotOffered));
    }
    let mut hosts = Vec::with_capacity(records.len());
    for (preference, exchange) in records {
        hosts.push((preference, host(exchange, &question)?));
    }
    hosts.sort();
    Ok(each_once(hosts.into_iter().map(|(_, name)| mail_host(name))))
}

pub(super) async fn services(
    dns: &Dns,
    protocol: Protocol,
    domain: &DnsName,
) -> Result<Vec<Target>, DnsError> {
    let (Some(service), Some(port)) =
        (service_name(protocol), protocol.default_port().and_then(NonZero::new))
    else {
        return Err(DnsError::new(protocol.scheme(), DnsErrorKind::NoServiceName));
    };
    let name = format!("_{service}._tcp.{domain}");
    let question = format!("the SRV records of {name}");
    if let Err(error) = name.parse::<DnsName>() {
        return Err(DnsError::new(question, DnsErrorKind::InvalidName).because(error));
    }
    let lookup = match dns.lookup(&name, RecordType::SRV).await {
        Ok(lookup) => lookup,
        Err(trouble) => return Err(trouble.into_error(question)),
    };
    let mut records = Vec::new();
    for record in lookup.answers() {
        if let RData::SRV(srv) = &record.data {
            records.push(srv);
        }
    }
    if is_null(records.iter().map(|srv| &srv.target)) {
        return Err(DnsError::new(question, DnsErrorKind::NotOffered));
    }
    let mut servers = Vec::with_capacity(records.len());
    for srv in records {
        let Some(port) = NonZero::new(srv.port) else {
            return Err(
                DnsError::new(question, DnsErrorKind::InvalidRecord).because("the port is 0")
            );
        };
        // Clients draw lots by the weights (RFC 2782); here the heavier ones come first.
        let rank = (srv.priority, u16::MAX - srv.weight);
        servers.push((rank, host(&srv.target, &question)?, port));
    }
    servers.sort();
    let target = Target::new(domain.clone().into(), port).with_protocol(protocol);
    Ok(each_once(
        servers.into_iter().map(|(_, host, port)| target.clone().connect_to(host.into(), port)),
    ))
}

/// Whether the only record is the one by which a domain says no (RFC 7505 section 3, RFC 2782).
fn is_null<'a>(hosts: impl IntoIterator<Item = &'a Name>) -> bool {
    let mut hosts = hosts.into_iter();
    hosts.next().is_some_and(Name::is_root) && hosts.next().is_none()
}

/// The host that a record names. One that names none is not passed over, as nobody would hear of it.
fn host(name: &Name, question: &str) -> Result<DnsName, DnsError> {
    name.to_ascii()
        .parse()
        .map_err(|error| DnsError::new(question, DnsErrorKind::InvalidRecord).because(error))
}

fn mail_host(name: DnsName) -> Target {
    Target::new(Host::Dns(name), SMTP).with_protocol(Protocol::Smtp)
}

fn each_once(targets: impl Iterator<Item = Target>) -> Vec<Target> {
    let mut once: Vec<Target> = Vec::new();
    for target in targets {
        if once.len() < MOST_SERVERS && !once.contains(&target) {
            once.push(target);
        }
    }
    once
}

/// The service of a protocol, as it stands in front of `_tcp` (RFC 2782).
const fn service_name(protocol: Protocol) -> Option<&'static str> {
    Some(match protocol {
        // RFC 6186 section 3.
        Protocol::Imap => "imap",
        Protocol::Imaps => "imaps",
        Protocol::Pop3 => "pop3",
        Protocol::Pop3s => "pop3s",
        Protocol::Submission => "submission",
        // RFC 8314 section 5.1.
        Protocol::Smtps => "submissions",
        // RFC 5804 section 1.8.
        Protocol::Sieve => "sieve",
        // RFC 2782.
        Protocol::Ldap => "ldap",
        Protocol::Ldaps => "ldaps",
        // RFC 3263 section 4.1.
        Protocol::Sips => "sips",
        // RFC 6120 section 3.2.1.
        Protocol::Xmpp => "xmpp-client",
        Protocol::XmppServer => "xmpp-server",
        // XEP-0368.
        Protocol::Xmpps => "xmpps-client",
        _ => return None,
    })
}

const SMTP: NonZero<u16> = NonZero::new(25).unwrap();

const MOST_SERVERS: usize = 16;
