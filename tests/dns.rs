//! Name servers of the caller's choice, and the hosts behind a domain:
//! `cargo test --features hickory --test dns`.

#![cfg(feature = "hickory")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::error::Error as _;
use std::time::Duration;

use common::dns::{A, AAAA, Answer, MX, NODATA, NXDOMAIN, NameServer, SERVFAIL, SRV, mx, srv};
use common::pki::Pki;
use common::process::{Scratch, free_port};
use common::server::{Server, Tls};
use notafter::fetch::{Dns, DnsErrorKind, FetchErrorKind, Fetcher, Phase, Resolver, Timeouts};
use notafter::target::{Protocol, Target};

fn dns(server: &NameServer) -> Dns {
    Dns::with_servers([server.address()]).unwrap()
}

fn names(targets: &[Target]) -> Vec<String> {
    targets.iter().map(Target::to_string).collect()
}

#[tokio::test]
async fn a_name_is_asked_of_the_server_that_was_given() {
    let pki = Pki::new();
    let leaf = pki.leaf("host.test").issue();
    let tls = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let server = NameServer::start(|name, kind| match (name, kind) {
        ("host.test", A) => Answer::Records(vec![(A, vec![127, 0, 0, 1])]),
        // Loopback of the other family, where nobody listens.
        ("host.test", AAAA) => {
            let mut loopback = vec![0; 16];
            loopback[15] = 1;
            Answer::Records(vec![(AAAA, loopback)])
        }
        _ => NXDOMAIN,
    });
    let fetcher = Fetcher::builder().resolver(dns(&server).into()).build().unwrap();
    let target = format!("host.test:{}", tls.address().port()).parse().unwrap();
    let chain = fetcher.fetch(&target).await.unwrap();
    assert_eq!(chain.entries().len(), 2);
    assert_eq!(chain.peer().unwrap().address(), Some(tls.address()));
}

#[tokio::test]
async fn a_name_that_does_not_exist_differs_from_a_server_that_fails_or_is_silent() {
    let server = NameServer::start(|name, _| match name {
        "absent.test" => NXDOMAIN,
        "empty.test" => NODATA,
        "broken.test" => SERVFAIL,
        _ => Answer::Silence,
    });
    let timeouts = Timeouts::new().with_resolve(Duration::from_secs(8));
    let resolver: Resolver = dns(&server).into();
    let fetcher = Fetcher::builder().resolver(resolver).timeouts(timeouts).build().unwrap();
    for (name, kind) in [
        ("absent.test", FetchErrorKind::NameNotFound),
        ("empty.test", FetchErrorKind::NameNotFound),
        ("broken.test", FetchErrorKind::ResolutionFailed),
        ("silent.test", FetchErrorKind::TimedOut),
    ] {
        let error = fetcher.fetch(&name.parse().unwrap()).await.unwrap_err();
        assert_eq!((error.phase(), error.kind()), (Phase::Resolve, kind), "{name}");
        assert!(error.source().is_some(), "{name}");
    }
}

#[tokio::test]
async fn mail_hosts_come_in_the_order_of_their_preference() {
    let server = NameServer::start(|name, kind| match (name, kind) {
        ("example.test", MX) => Answer::Records(vec![
            mx(20, "b.mail.test"),
            mx(10, "c.mail.test"),
            mx(10, "A.mail.test"),
            mx(20, "b.mail.test"),
        ]),
        ("alone.test", MX) => NODATA,
        ("no-mail.test", MX) => Answer::Records(vec![mx(0, ".")]),
        ("odd.test", MX) => Answer::Records(vec![mx(0, "a..b_c.127")]),
        ("broken.test", MX) => SERVFAIL,
        _ => NXDOMAIN,
    });
    let dns = dns(&server);
    let ask = async |domain: &str| dns.mail_hosts(&domain.parse().unwrap()).await;

    assert_eq!(
        names(&ask("example.test").await.unwrap()),
        ["smtp://a.mail.test:25", "smtp://c.mail.test:25", "smtp://b.mail.test:25"]
    );
    // Without a record the domain takes its mail itself.
    assert_eq!(names(&ask("alone.test").await.unwrap()), ["smtp://alone.test:25"]);
    for (domain, kind, text) in [
        (
            "no-mail.test",
            DnsErrorKind::NotOffered,
            "MX no-mail.test: the domain does not offer that",
        ),
        ("absent.test", DnsErrorKind::NameNotFound, "MX absent.test: there is no such name"),
        ("broken.test", DnsErrorKind::Failed, "MX broken.test: the name servers could not tell"),
        (
            "odd.test",
            DnsErrorKind::UnusableRecord,
            "MX odd.test (a.b_c.127.): a record names no host",
        ),
    ] {
        let error = ask(domain).await.unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
    }
}

#[tokio::test]
async fn services_are_known_by_the_domain_wherever_they_are() {
    let server = NameServer::start(|name, kind| match (name, kind) {
        ("_xmpp-client._tcp.example.test", SRV) => Answer::Records(vec![
            srv(20, 0, 5222, "last.test"),
            srv(10, 1, 5222, "light.test"),
            srv(10, 9, 5299, "heavy.test"),
        ]),
        ("_xmpp-client._tcp.closed.test", SRV) => Answer::Records(vec![srv(0, 0, 1, ".")]),
        ("_xmpp-client._tcp.zero.test", SRV) => Answer::Records(vec![srv(0, 0, 0, "zero.test")]),
        ("_xmpp-client._tcp.plain.test", SRV) => NODATA,
        _ => NXDOMAIN,
    });
    let dns = dns(&server);
    let ask = async |domain: &str| {
        dns.services(Protocol::Xmpp, "_xmpp-client._tcp", &domain.parse().unwrap()).await
    };

    assert_eq!(
        names(&ask("example.test").await.unwrap()),
        [
            "xmpp://example.test:5222;connect=heavy.test:5299",
            "xmpp://example.test:5222;connect=light.test:5222",
            "xmpp://example.test:5222;connect=last.test:5222",
        ]
    );
    for (domain, kind) in [
        ("closed.test", DnsErrorKind::NotOffered),
        ("plain.test", DnsErrorKind::NotOffered),
        ("absent.test", DnsErrorKind::NameNotFound),
        ("zero.test", DnsErrorKind::UnusableRecord),
    ] {
        assert_eq!(ask(domain).await.unwrap_err().kind(), kind, "{domain}");
    }
}

#[tokio::test]
async fn without_a_server_or_a_name_nothing_is_asked() {
    assert_eq!(Dns::with_servers([]).unwrap_err().kind(), DnsErrorKind::Configuration);
    let error = Target::mail_hosts("a..b").await.unwrap_err();
    assert_eq!(error.kind(), DnsErrorKind::InvalidName);
    assert_eq!(error.to_string(), "MX: not a domain name");
    assert!(error.source().unwrap().to_string().contains("a..b"));
}

#[tokio::test]
#[ignore = "needs Debian's dnsmasq-base"]
async fn dnsmasq_tells_of_mail_hosts_and_services() {
    let (files, port) = (Scratch::new(), free_port());
    let _server = files.start(
        &format!(
            "dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --user=root \
             --port={port} --listen-address=127.0.0.1 --bind-interfaces --pid-file= \
             --address=/host.test/127.0.0.1 --mx-host=example.test,b.test,20 \
             --mx-host=example.test,a.test,10 --local=/test/ \
             --srv-host=_xmpp-client._tcp.example.test,chat.test,5299,1"
        ),
        port,
    );
    let dns = Dns::with_servers([([127, 0, 0, 1], port).into()]).unwrap();
    let domain = "example.test".parse().unwrap();
    assert_eq!(
        names(&dns.mail_hosts(&domain).await.unwrap()),
        ["smtp://a.test:25", "smtp://b.test:25"]
    );
    let services = dns.services(Protocol::Xmpp, "_xmpp-client._tcp", &domain).await.unwrap();
    assert_eq!(names(&services), ["xmpp://example.test:5222;connect=chat.test:5299"]);

    let fetcher = Fetcher::builder().resolver(dns.into()).build().unwrap();
    let fetch = async |target: &str| fetcher.fetch(&target.parse().unwrap()).await.unwrap_err();
    let refused = fetch("host.test:1").await;
    assert_eq!(refused.attempts()[0].address(), ([127, 0, 0, 1], 1).into());
    assert_eq!(fetch("absent.test").await.kind(), FetchErrorKind::NameNotFound);
}
