//! Asking DNS servers of our own.

#![cfg(all(feature = "fetch", feature = "hickory"))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, SOA, SRV};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use notafter::fetch::{
    Attempt, Dns, DnsError, DnsErrorKind, FetchError, FetchErrorKind, Fetcher, Phase,
};
use notafter::target::{DnsName, Protocol, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinHandle;

use common::printed;
use common::server::refusing;

/// What a server says to one question.
#[derive(Clone, Debug)]
enum Answer {
    Data(Vec<RData>),
    /// That the name goes by another, and the data of that one.
    Alias(&'static str, Vec<RData>),
    Code(ResponseCode),
    /// Over UDP only that it is too long to say there.
    Long(Vec<RData>),
    Silence,
}

/// A DNS server on one free port of 127.0.0.1, UDP and TCP. Names that it does not know do not
/// exist; types of record that it does not know of those that it does are not there.
struct Server {
    address: SocketAddr,
    tasks: [JoinHandle<()>; 2],
}

type Zone = Vec<(&'static str, RecordType, Answer)>;

impl Server {
    async fn start(zone: Zone) -> Self {
        let zone = Arc::new(zone);
        let (udp, tcp) = loop {
            let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            // The same port may be taken there.
            if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let address = tcp.local_addr().unwrap();
        let over_udp = tokio::spawn({
            let zone = Arc::clone(&zone);
            async move {
                let mut question = [0; 4096];
                loop {
                    let (length, client) = udp.recv_from(&mut question).await.unwrap();
                    if let Some(answer) = reply(&zone, &question[..length], true) {
                        udp.send_to(&answer, client).await.unwrap();
                    }
                }
            }
        });
        let over_tcp = tokio::spawn(async move {
            loop {
                let (mut stream, _) = tcp.accept().await.unwrap();
                let length = stream.read_u16().await.unwrap();
                let mut question = vec![0; usize::from(length)];
                stream.read_exact(&mut question).await.unwrap();
                if let Some(answer) = reply(&zone, &question, false) {
                    stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
                    stream.write_all(&answer).await.unwrap();
                }
            }
        });
        Self { address, tasks: [over_udp, over_tcp] }
    }

    fn dns(&self) -> Dns {
        Dns::with_servers([self.address])
    }

    async fn mail_hosts(&self) -> Result<Vec<String>, DnsError> {
        Ok(texts(&self.dns().mail_hosts(&name("example.com")).await?))
    }

    async fn services(&self, protocol: Protocol) -> Result<Vec<String>, DnsError> {
        Ok(texts(&self.dns().services(protocol, &name("example.com")).await?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn reply(zone: &Zone, question: &[u8], is_udp: bool) -> Option<Vec<u8>> {
    let question = Message::from_vec(question).unwrap();
    let query = question.queries[0].clone();
    let mut message = question.into_response();
    message.metadata.message_type = MessageType::Response;
    message.metadata.recursion_available = true;
    message.edns = None;
    let found = zone
        .iter()
        .find(|(name, record_type, _)| is_asked(&query, name) && query.query_type == *record_type);
    let record = |name: &Name, data| Record::from_rdata(name.clone(), 300, data);
    match found.map(|(.., answer)| answer.clone()) {
        Some(Answer::Silence) => return None,
        Some(Answer::Code(code)) => message.metadata.response_code = code,
        Some(Answer::Long(_)) if is_udp => message.metadata.truncation = true,
        Some(Answer::Data(data) | Answer::Long(data)) => {
            for data in data {
                message.add_answer(record(&query.name, data));
            }
        }
        Some(Answer::Alias(other, data)) => {
            let other = dns_name(other);
            message.add_answer(record(&query.name, RData::CNAME(CNAME(other.clone()))));
            for data in data {
                message.add_answer(record(&other, data));
            }
        }
        None => {
            if !zone.iter().any(|(name, ..)| is_asked(&query, name)) {
                message.metadata.response_code = ResponseCode::NXDomain;
            }
            let soa = SOA::new(dns_name("ns.test"), dns_name("root.test"), 1, 60, 60, 60, 60);
            message.add_authority(record(&dns_name("test"), RData::SOA(soa)));
        }
    }
    Some(message.to_vec().unwrap())
}

fn is_asked(query: &Query, name: &str) -> bool {
    query.name == dns_name(name)
}

fn dns_name(name: &str) -> Name {
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    name
}

fn name(text: &str) -> DnsName {
    text.parse().unwrap()
}

fn v4() -> Answer {
    Answer::Data(vec![RData::A(A(Ipv4Addr::LOCALHOST))])
}

fn v6() -> Answer {
    Answer::Data(vec![RData::AAAA(AAAA(Ipv6Addr::LOCALHOST))])
}

fn mx(preference: u16, host: &str) -> RData {
    RData::MX(MX::new(preference, dns_name(host)))
}

fn srv(priority: u16, weight: u16, port: u16, host: &str) -> RData {
    RData::SRV(SRV::new(priority, weight, port, dns_name(host)))
}

fn mail(records: Vec<RData>) -> Zone {
    vec![("example.com", RecordType::MX, Answer::Data(records))]
}

fn xmpp(records: Vec<RData>) -> Zone {
    vec![("_xmpp-client._tcp.example.com", RecordType::SRV, Answer::Data(records))]
}

fn texts(targets: &[Target]) -> Vec<String> {
    targets.iter().map(Target::to_string).collect()
}

#[track_caller]
fn kind<T: std::fmt::Debug>(outcome: Result<T, DnsError>) -> DnsErrorKind {
    outcome.unwrap_err().kind()
}

mod a_name {
    use super::*;

    /// Fetches from a port that refuses, which tells which addresses were found.
    async fn look(dns: &Dns) -> FetchError {
        let fetcher = Fetcher::builder().resolver(dns.resolver()).build().unwrap();
        let target = format!("example.com:{}", refusing().port()).parse().unwrap();
        fetcher.fetch(&target).await.unwrap_err()
    }

    async fn look_in(zone: Zone) -> FetchError {
        look(&Server::start(zone).await.dns()).await
    }

    fn addresses(error: &FetchError) -> BTreeSet<String> {
        assert_eq!(error.phase(), Phase::Connect, "{error:?}");
        error.attempts().iter().map(Attempt::address).map(|found| found.ip().to_string()).collect()
    }

    #[tokio::test]
    async fn has_the_addresses_of_both_families() {
        let zone =
            vec![("example.com", RecordType::A, v4()), ("example.com", RecordType::AAAA, v6())];
        let expected = BTreeSet::from(["127.0.0.1".to_owned(), "::1".to_owned()]);
        assert_eq!(addresses(&look_in(zone).await), expected);
    }

    #[tokio::test]
    async fn has_the_addresses_of_one_family_where_the_other_has_none() {
        let only = BTreeSet::from(["127.0.0.1".to_owned()]);
        let a = || ("example.com", RecordType::A, v4());
        assert_eq!(addresses(&look_in(vec![a()]).await), only);

        let fails = Answer::Code(ResponseCode::ServFail);
        let zone = vec![a(), ("example.com", RecordType::AAAA, fails)];
        assert_eq!(addresses(&look_in(zone).await), only);

        let zone = vec![a(), ("example.com", RecordType::AAAA, Answer::Silence)];
        let server = Server::start(zone).await;
        let dns = server.dns().with_timeout(Duration::from_secs(2));
        assert_eq!(addresses(&look(&dns).await), only);
    }

    #[tokio::test]
    async fn may_be_another_name_for_a_host() {
        let alias = Answer::Alias("host.example", vec![RData::A(A(Ipv4Addr::LOCALHOST))]);
        let error = look_in(vec![("example.com", RecordType::A, alias)]).await;
        assert_eq!(addresses(&error), BTreeSet::from(["127.0.0.1".to_owned()]));
    }

    #[tokio::test]
    async fn is_not_found_where_it_does_not_exist_or_has_no_address() {
        for zone in [vec![], mail(vec![mx(10, "mx.example")])] {
            let error = look_in(zone).await;
            assert_eq!(
                (error.phase(), error.kind()),
                (Phase::Resolve, FetchErrorKind::NameNotFound)
            );
        }
    }

    #[tokio::test]
    async fn is_not_resolved_where_the_server_fails_or_refuses() {
        let failing = |record_type, code| ("example.com", record_type, Answer::Code(code));
        for zone in [
            vec![
                failing(RecordType::A, ResponseCode::ServFail),
                failing(RecordType::AAAA, ResponseCode::ServFail),
            ],
            vec![
                failing(RecordType::A, ResponseCode::Refused),
                failing(RecordType::AAAA, ResponseCode::Refused),
            ],
            // The AAAA record is known not to be there, but that is not the whole name.
            vec![failing(RecordType::A, ResponseCode::ServFail)],
        ] {
            let error = look_in(zone).await;
            let told = (error.phase(), error.kind());
            assert_eq!(told, (Phase::Resolve, FetchErrorKind::ResolutionFailed), "{error:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn times_out_where_the_server_says_nothing() {
        let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let dns = Dns::with_servers([silent.local_addr().unwrap()]);

        let error = look(&dns).await;
        assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::TimedOut));
        assert_eq!(kind(dns.mail_hosts(&name("example.com")).await), DnsErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn is_not_resolved_without_servers() {
        let dns = Dns::with_servers([]);
        let error = look(&dns).await;
        assert_eq!(error.kind(), FetchErrorKind::ResolutionFailed, "{error:?}");
        assert_eq!(kind(dns.mail_hosts(&name("example.com")).await), DnsErrorKind::Failed);
    }

    #[tokio::test]
    async fn is_asked_for_again_over_tcp_where_the_answer_is_long() {
        let hosts = (0..200).map(|index| mx(index, &format!("mx{index}.example.com"))).collect();
        let server = Server::start(vec![("example.com", RecordType::MX, Answer::Long(hosts))]);
        let targets = server.await.mail_hosts().await.unwrap();
        assert_eq!(targets.len(), 16);
        assert_eq!(targets[0], "smtp://mx0.example.com:25");
        assert_eq!(targets[15], "smtp://mx15.example.com:25");
    }
}

#[tokio::test]
async fn a_lookup_leaves_no_task_behind() {
    let server = Server::start(vec![
        ("example.com", RecordType::MX, Answer::Long(vec![mx(10, "mx.example.com")])),
        ("example.net", RecordType::MX, Answer::Silence),
    ])
    .await;
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = alive();
    let dns = server.dns();

    dns.mail_hosts(&name("example.com")).await.unwrap();
    let given_up = dns.clone().with_timeout(Duration::ZERO);
    given_up.mail_hosts(&name("example.net")).await.unwrap_err();

    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(alive(), before);
}

mod mail_hosts {
    use super::*;

    #[tokio::test]
    async fn come_by_preference_then_by_name_each_once() {
        let server = Server::start(mail(vec![
            mx(20, "backup.example.net"),
            mx(10, "b.example.com"),
            mx(10, "A.example.com"),
            mx(30, "b.example.com"),
        ]));
        assert_eq!(
            server.await.mail_hosts().await.unwrap(),
            ["smtp://a.example.com:25", "smtp://b.example.com:25", "smtp://backup.example.net:25"]
        );
    }

    #[tokio::test]
    async fn are_named_by_their_certificates() {
        let server = Server::start(mail(vec![mx(10, "mx.example.net")])).await;
        let targets = server.dns().mail_hosts(&name("example.com")).await.unwrap();
        assert_eq!(targets[0].reference_identities(), ["mx.example.net".parse().unwrap()]);
    }

    #[tokio::test]
    async fn may_be_those_of_an_alias() {
        let alias = Answer::Alias("example.net", vec![mx(10, "mx.example.net")]);
        let server = Server::start(vec![("example.com", RecordType::MX, alias)]).await;
        assert_eq!(server.mail_hosts().await.unwrap(), ["smtp://mx.example.net:25"]);
    }

    #[tokio::test]
    async fn are_the_domain_itself_without_such_records() {
        let server = Server::start(vec![("example.com", RecordType::A, v4())]).await;
        assert_eq!(server.mail_hosts().await.unwrap(), ["smtp://example.com:25"]);
    }

    #[tokio::test]
    async fn are_none_where_the_domain_takes_no_mail() {
        let server = Server::start(mail(vec![mx(0, ".")])).await;
        assert_eq!(kind(server.mail_hosts().await), DnsErrorKind::NotOffered);
    }

    #[tokio::test]
    async fn are_not_made_up_where_there_is_no_domain_or_no_answer() {
        let server = Server::start(vec![]).await;
        assert_eq!(kind(server.mail_hosts().await), DnsErrorKind::NotFound);

        let fails = Answer::Code(ResponseCode::ServFail);
        let server = Server::start(vec![("example.com", RecordType::MX, fails)]).await;
        let error = server.mail_hosts().await.unwrap_err();
        assert_eq!(error.kind(), DnsErrorKind::Failed);
        let message =
            "DNS lookup failed for the MX records of example.com: no server gave an answer";
        assert_eq!(error.to_string(), message);
        assert!(printed(&error).starts_with(&format!("{message}: ")), "{}", printed(&error));
    }

    #[tokio::test]
    async fn that_are_no_hosts_are_not_passed_over() {
        let hostile = Name::from_labels([&b"mail\x1b[2J host"[..], b"example", b"com"]).unwrap();
        for odd in [dns_name("192.0.2.1"), Name::root(), dns_name("*.example.com"), hostile] {
            let odd = RData::MX(MX::new(20, odd));
            let server = Server::start(mail(vec![mx(10, "mx.example.com"), odd.clone()])).await;
            let error = server.mail_hosts().await.unwrap_err();
            assert_eq!(error.kind(), DnsErrorKind::InvalidRecord, "{odd}");
            assert!(!printed(&error).contains(char::is_control), "{}", printed(&error));
        }
    }

    #[tokio::test]
    async fn of_what_is_no_domain_are_not_asked_for() {
        assert_eq!(kind(Target::mail_hosts("192.0.2.1").await), DnsErrorKind::InvalidName);
        assert_eq!(kind(Target::mail_hosts("a..b").await), DnsErrorKind::InvalidName);
    }
}

mod services {
    use super::*;

    #[tokio::test]
    async fn come_by_priority_then_by_weight_each_once() {
        let server = Server::start(xmpp(vec![
            srv(20, 0, 5222, "last.example.net"),
            srv(10, 5, 5222, "light.example.net"),
            srv(10, 60, 15222, "heavy.example.net"),
            srv(30, 0, 5222, "light.example.net"),
        ]));
        assert_eq!(
            server.await.services(Protocol::Xmpp).await.unwrap(),
            [
                "xmpp://example.com:5222;connect=heavy.example.net:15222",
                "xmpp://example.com:5222;connect=light.example.net:5222",
                "xmpp://example.com:5222;connect=last.example.net:5222"
            ]
        );
    }

    #[tokio::test]
    async fn have_to_be_certified_for_the_domain() {
        let server = Server::start(xmpp(vec![srv(0, 0, 5222, "host.example.net")])).await;
        let domain = name("example.com");
        let targets = server.dns().services(Protocol::Xmpp, &domain).await.unwrap();
        assert_eq!(targets[0].reference_identities(), ["example.com".parse().unwrap()]);
        assert_eq!(targets[0].sni(), Some(&domain));
    }

    #[tokio::test]
    async fn are_asked_for_by_the_name_of_the_protocol() {
        let server = Server::start(vec![(
            "_submissions._tcp.example.com",
            RecordType::SRV,
            Answer::Data(vec![srv(0, 1, 465, "mail.example.com")]),
        )]);
        assert_eq!(
            server.await.services(Protocol::Smtps).await.unwrap(),
            ["smtps://example.com:465;connect=mail.example.com:465"]
        );
    }

    #[tokio::test]
    async fn are_none_where_the_domain_says_so_or_says_nothing() {
        let server = Server::start(xmpp(vec![srv(0, 0, 0, ".")])).await;
        assert_eq!(kind(server.services(Protocol::Xmpp).await), DnsErrorKind::NotOffered);
        assert_eq!(kind(server.services(Protocol::Imaps).await), DnsErrorKind::NotFound);
        assert_eq!(kind(server.services(Protocol::Https).await), DnsErrorKind::NoServiceName);
    }

    #[tokio::test]
    async fn that_lead_nowhere_are_not_passed_over() {
        for odd in [srv(0, 0, 0, "host.example.com"), srv(0, 0, 5222, "192.0.2.1")] {
            let server = Server::start(xmpp(vec![srv(9, 0, 5222, "host.example.com"), odd])).await;
            assert_eq!(kind(server.services(Protocol::Xmpp).await), DnsErrorKind::InvalidRecord);
        }
    }

    #[tokio::test]
    async fn of_a_name_that_leaves_no_room_are_not_asked_for() {
        let label = "a".repeat(61);
        let long = name(&[&label[..]; 4].join("."));
        let server = Server::start(vec![]).await;
        let outcome = server.dns().services(Protocol::XmppServer, &long).await;
        assert_eq!(kind(outcome), DnsErrorKind::InvalidName);
    }
}

/// The same questions to a server of other people's making.
#[tokio::test]
#[ignore = "needs Debian's dnsmasq-base"]
async fn dnsmasq_is_understood() {
    struct Dnsmasq(Child);

    impl Drop for Dnsmasq {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    let port = common::process::free_port();
    let child = Command::new("dnsmasq")
        .args(["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user="])
        .args(["--listen-address=127.0.0.1", "--bind-interfaces", &format!("--port={port}")])
        .args(["--local=/test/", "--host-record=host.test,127.0.0.1,::1"])
        .args(["--mx-host=example.test,mx2.test,20", "--mx-host=example.test,mx1.test,10"])
        .arg("--srv-host=_xmpp-client._tcp.example.test,host.test,5222,0,5")
        .arg("--srv-host=_imaps._tcp.example.test")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _dnsmasq = Dnsmasq(child);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // It serves TCP on the same port.
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let dns = Dns::with_servers([address]);
    let domain = name("example.test");

    let targets = dns.mail_hosts(&domain).await.unwrap();
    assert_eq!(texts(&targets), ["smtp://mx1.test:25", "smtp://mx2.test:25"]);
    let targets = dns.mail_hosts(&name("host.test")).await.unwrap();
    assert_eq!(texts(&targets), ["smtp://host.test:25"]);
    assert_eq!(kind(dns.mail_hosts(&name("no.test")).await), DnsErrorKind::NotFound);
    let targets = dns.services(Protocol::Xmpp, &domain).await.unwrap();
    assert_eq!(texts(&targets), ["xmpp://example.test:5222;connect=host.test:5222"]);
    assert_eq!(kind(dns.services(Protocol::Imaps, &domain).await), DnsErrorKind::NotOffered);
    // No server stands behind it.
    assert_eq!(kind(dns.mail_hosts(&name("example.com")).await), DnsErrorKind::Failed);

    let fetcher = Fetcher::builder().resolver(dns.into()).build().unwrap();
    let closed = refusing().port();
    let target = format!("host.test:{closed}").parse().unwrap();
    let error = fetcher.fetch(&target).await.unwrap_err();
    assert_eq!(error.phase(), Phase::Connect, "{error:?}");
    assert_eq!(error.attempts().len(), 2);
    let target = format!("no.test:{closed}").parse().unwrap();
    let error = fetcher.fetch(&target).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::NameNotFound);
}
