//! What the module for users' own tests promises: chains without a flaw, servers that show them,
//! assertions that say what is wrong.

#![cfg(all(feature = "fetch", any(feature = "aws-lc-rs", feature = "ring")))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use common::judge::{NOTHING, told};
use notafter::chain::PresentedChain;
use notafter::fetch::FetchErrorKind;
use notafter::inspect::{Inspector, Policy, TrustAnchors};
use notafter::report::{Code, Report, Severity, Status, Trust};
use notafter::testing::{Authority, Chain, Clock, Pki, Server};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

#[test]
fn nothing_is_to_be_said_of_a_chain() {
    let chain = issuer().server("app.example");
    let report = chain.inspect(AT);
    report.assert_pass();
    assert_eq!(told(&report), NOTHING);
    assert_eq!(report.target(), "app.example");
    assert_eq!(report.trust().path().unwrap().path, [0, 1]);
    let horizon = report.horizon();
    assert_eq!(horizon.until, Some(datetime!(2030-03-02 0:00 UTC)));
}

#[test]
fn the_profiles_of_public_authorities_have_nothing_against_it() {
    let chain = issuer().server("app.example");
    let inspector = Inspector::new()
        .with_anchors(chain.anchors())
        .with_policy(Policy::new().baseline_requirements(Severity::Failure));
    let report = inspector.inspect(&chain.presented(), &chain.subject(), AT);
    assert_eq!(told(&report), NOTHING, "{report}");
}

#[test]
fn an_end_entity_certificate_lasts_for_90_days_and_warns_below_22_and_a_half() {
    let chain = issuer().server("app.example");
    let presented = chain.presented();
    let validity = presented.end_entity().certificate().unwrap().validity();
    assert_eq!(validity.not_before, datetime!(2029-12-02 0:00:00 UTC));
    assert_eq!(validity.not_after, datetime!(2030-03-02 0:00 UTC));
    let at = |instant: OffsetDateTime| chain.inspect(instant).status();
    assert_eq!(at(datetime!(2030-02-07 12:00:00 UTC)), Status::Pass);
    assert_eq!(at(datetime!(2030-02-07 12:00:01 UTC)), Status::Warn);
    assert_eq!(at(datetime!(2030-03-02 0:00:00 UTC)), Status::Warn);
    assert_eq!(at(datetime!(2030-03-02 0:00:01 UTC)), Status::Fail);
    assert_eq!(at(datetime!(2029-12-01 23:59:59 UTC)), Status::Fail);
}

#[test]
fn more_certificates_than_there_are_keys_are_all_sound() {
    let issuer = issuer();
    let mut serial_numbers = HashSet::new();
    let mut keys = HashSet::new();
    for number in 0..20 {
        let name = format!("app-{number}.example");
        let chain = issuer.server(&name);
        assert_eq!(told(&chain.inspect(AT)), NOTHING);
        let presented = chain.presented();
        let facts = presented.end_entity().certificate().unwrap();
        assert!(serial_numbers.insert(facts.serial_number().to_vec()), "{name}");
        keys.insert(chain.key_der());
    }
    assert_eq!(keys.len(), 8);
}

#[test]
fn names_dates_serial_numbers_and_keys_are_the_same_in_each_run() {
    let made = || {
        let chain = issuer().server("app.example").and_name("127.0.0.1");
        let facts = |entry: &notafter::chain::Entry| {
            let facts = entry.certificate().unwrap();
            (
                facts.serial_number().to_vec(),
                facts.subject().to_string(),
                facts.public_key().spki().to_vec(),
            )
        };
        (chain.presented().entries().iter().map(facts).collect::<Vec<_>>(), chain.key_der())
    };
    let (certificates, key) = made();
    let serial_numbers: Vec<_> = certificates.iter().map(|(number, ..)| number.clone()).collect();
    assert_eq!(serial_numbers, [vec![4], vec![2]], "each is counted, also when made again");
    assert_eq!(made(), (certificates, key));
}

#[test]
fn key_identifiers_lead_from_each_certificate_to_its_issuer() {
    let root = Pki::at(AT).root("Test Root");
    let chain = root.intermediate("Test CA").server("app.example").with(&root);
    let presented = chain.presented();
    let facts: Vec<_> =
        presented.entries().iter().map(|entry| entry.certificate().unwrap()).collect();
    let [leaf, intermediate, root] = facts[..] else { panic!("{} certificates", facts.len()) };
    assert!(leaf.subject_key_id().is_some());
    assert_eq!(leaf.authority_key_id(), intermediate.subject_key_id());
    assert_eq!(intermediate.authority_key_id(), root.subject_key_id());
    assert_eq!(root.authority_key_id(), None);
}

#[test]
fn names_are_dns_names_wildcards_and_addresses() {
    let chain = issuer()
        .server("app.example")
        .and_name("*.app.example")
        .and_name("192.0.2.1")
        .and_name("2001:db8::1");
    assert_eq!(told(&chain.inspect(AT)), NOTHING);
    let subject = chain.subject();
    let names: Vec<_> = subject.names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["app.example", "www.app.example", "192.0.2.1", "2001:db8::1"]);
    assert_eq!(told(&issuer().server("*.example.org").inspect(AT)), NOTHING);
    assert_eq!(told(&issuer().server("192.0.2.1").inspect(AT)), NOTHING);
}

#[test]
fn a_name_that_is_none_panics_with_the_line_of_the_test() {
    let refused = |name: &'static str| said(move || drop(issuer().server(name)));
    for name in ["", "a b", "app..example", "*", "*.", "*.192.0.2.1", "app.*.example", "[::1"] {
        let expected = format!("{name:?} is neither a DNS name nor an IP address");
        assert_eq!(refused(name), expected);
    }
    assert_eq!(
        said(|| drop(issuer().server("app.example").and_name("a b"))),
        "\"a b\" is neither a DNS name nor an IP address",
    );
}

#[test]
fn dates_are_whatever_the_test_wants() {
    let (from, until) = (datetime!(2030-01-05 0:00 UTC), datetime!(2030-01-09 23:59:59 UTC));
    let chain = issuer().server("app.example").valid(from..=until);
    chain.inspect(from - Duration::SECOND).assert_finding(Code::NotYetValid);
    chain.inspect(until + Duration::SECOND).assert_finding(Code::Expired);
    let report = chain.inspect(from);
    assert_eq!(report.horizon().until, Some(until));
    let inverted = issuer().server("app.example").valid(until..=from);
    inverted.inspect(AT).assert_status(Status::Fail);

    let odd = datetime!(2030-01-01 2:00:00.9 +2);
    let chain = issuer().server("app.example").ending_at(odd);
    assert_eq!(chain.inspect(AT).horizon().until, Some(AT), "whole seconds, in UTC");
    for (date, year) in
        [(datetime!(1949-12-31 0:00 UTC), 1949), (datetime!(2050-01-01 0:00 UTC), 2050)]
    {
        let chain = issuer().server("app.example").valid(date..=date);
        let presented = chain.presented();
        let facts = presented.end_entity().certificate().unwrap();
        assert_eq!(facts.validity().not_after.year(), year);
        assert_eq!(facts.validity().not_before, date);
    }
}

#[test]
fn a_year_that_no_certificate_can_say_panics() {
    assert_eq!(
        said(move || drop(issuer().server("app.example").valid(TOO_EARLY..=AT))),
        "no certificate can say -0001-01-01 0:00:00.0 +00:00:00: its years go from 0 to 9999",
    );
    let last = OffsetDateTime::new_utc(time::Date::MAX, time::Time::MAX);
    let chain = Pki::at(last).root("Test Root").server("app.example");
    assert_eq!(
        chain.presented().end_entity().certificate().unwrap().validity().not_after,
        datetime!(9999-12-31 23:59:59 UTC)
    );
}

#[test]
fn a_moved_period_is_as_long_as_before() {
    let pki = Pki::at(AT);
    let lasts = |der: &[u8]| {
        let chain = PresentedChain::from_der([der]).unwrap();
        let validity = chain.end_entity().certificate().unwrap().validity();
        (validity.not_after, validity.not_after - validity.not_before)
    };
    let root = pki.root("Test Root");
    let end = datetime!(2035-01-01 0:00 UTC);
    assert_eq!(lasts(root.der()), (AT + Duration::days(3650), Duration::days(7300)));
    assert_eq!(lasts(root.clone().ending_at(end).der()), (end, Duration::days(7300)));
    let intermediate = root.intermediate("Test CA");
    assert_eq!(lasts(intermediate.der()), (AT + Duration::days(1825), Duration::days(3650)));
    let chain = intermediate.server("app.example").ending_at(end);
    let leaf = chain.certificates().next().unwrap();
    assert_eq!(lasts(leaf), (end, Duration::days(90)));
}

#[test]
fn an_intermediate_that_ends_takes_its_chains_with_it() {
    let end = datetime!(2030-01-21 0:00 UTC);
    let dying = Pki::at(AT).root("Test Root").intermediate("Dying CA").ending_at(end);
    let chain = dying.server("app.example");
    let report = chain.inspect(AT);
    report.assert_status(Status::Warn);
    let expected = ["critical expires-soon 1", "critical path-ends-before-end-entity 1"];
    assert_eq!(told(&report), expected);
    assert_eq!(report.horizon().until, Some(end));
    chain.inspect(end + Duration::SECOND).assert_status(Status::Fail);
}

#[test]
fn a_chain_without_intermediates_leads_nowhere() {
    let chain = issuer().server("app.example").without_intermediates();
    assert_eq!(chain.certificates().count(), 1);
    let report = chain.inspect(AT);
    report.assert_status(Status::Fail);
    assert!(matches!(report.trust(), Trust::Untrusted { .. }));
}

#[test]
fn a_cross_sign_leads_from_the_new_root_to_the_old() {
    let pki = Pki::at(AT);
    let (old, new) = (pki.root("Old Root"), pki.root("New Root"));
    let issuer = new.intermediate("Test CA");
    let bare = issuer.server("app.example");
    let crossed = bare.clone().with(&old.cross_sign(&new));
    let judged = |chain: &Chain, root: &Authority| {
        let inspector = Inspector::new().with_anchors(root.anchors());
        inspector.inspect(&chain.presented(), &chain.subject(), AT)
    };
    judged(&bare, &old).assert_status(Status::Fail);
    judged(&bare, &new).assert_pass();
    judged(&crossed, &new).assert_pass();
    let report = judged(&crossed, &old);
    report.assert_pass();
    assert_eq!(report.trust().path().unwrap().path, [0, 1, 2]);

    // What the cross-sign issues itself sends it.
    let below = old.cross_sign(&new).intermediate("Other CA").server("app.example");
    assert_eq!(below.certificates().count(), 3);
    assert_eq!(below.root().der(), old.der());
    assert_eq!(told(&below.inspect(AT)), NOTHING);
    judged(&below, &new).assert_pass();
}

#[test]
fn what_is_written_in_pem_is_read_back() {
    let chain = issuer().server("app.example");
    let read = PresentedChain::from_pem(chain.pem()).unwrap();
    assert_eq!(read.entries(), chain.presented().entries());
    let anchors = TrustAnchors::from_pem(chain.root().pem()).unwrap();
    let report = Inspector::new().with_anchors(anchors).inspect(&read, &chain.subject(), AT);
    report.assert_pass();
    assert!(chain.pem().lines().all(|line| line.len() <= 64));

    let key = rcgen::KeyPair::from_pem(&chain.key_pem()).unwrap();
    assert_eq!(key.serialize_der(), chain.key_der());
    let facts = read.end_entity().certificate().unwrap();
    assert!(facts.public_key().spki().ends_with(key.public_key_raw()));
}

#[test]
#[ignore = "needs Debian's openssl"]
fn openssl_verifies_a_chain_strictly() {
    let chain = issuer().server("app.example");
    let folder = std::env::temp_dir().join(format!("notafter-testing-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (root, sent) = (folder.join("root.pem"), folder.join("chain.pem"));
    std::fs::write(&root, chain.root().pem()).unwrap();
    std::fs::write(&sent, chain.pem()).unwrap();
    let verified = std::process::Command::new("openssl")
        .args([
            "verify",
            "-x509_strict",
            "-purpose",
            "sslserver",
            "-verify_hostname",
            "app.example",
        ])
        .args(["-attime", &AT.unix_timestamp().to_string()])
        .arg("-CAfile")
        .arg(&root)
        .arg("-untrusted")
        .arg(&sent)
        .arg(&sent)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&verified.stdout);
    assert!(
        said.ends_with("chain.pem: OK\n"),
        "{said}{}",
        String::from_utf8_lossy(&verified.stderr)
    );
}

#[tokio::test]
async fn a_server_presents_its_chain_and_proves_its_key() {
    let chain = issuer().server("app.example");
    let server = Server::start(chain.clone());
    let port = server.address().port();
    assert_eq!(
        server.target().to_string(),
        format!("https://app.example:{port};connect=127.0.0.1:{port}"),
    );
    let report = server.checker().check_at(&server.target(), AT).await.unwrap();
    report.assert_pass();
    assert_eq!(told(&report), NOTHING);
    let ders: Vec<_> = report.chain().iter().map(|one| one.entry().unwrap().der()).collect();
    assert_eq!(ders, chain.certificates().collect::<Vec<_>>());
    let peer = report.peer().unwrap();
    assert_eq!(peer.address(), Some(server.address()));
    assert_eq!(peer.possession(), notafter::chain::Possession::Proven);
}

#[tokio::test]
async fn the_time_that_is_left_decides() {
    for (left, status) in [
        (Duration::days(400), Status::Pass),
        (Duration::days(90), Status::Pass),
        (Duration::days(60), Status::Pass),
        (Duration::days(3), Status::Warn),
        (-Duration::DAY, Status::Fail),
        (Duration::days(-4_000), Status::Fail),
    ] {
        let server = Server::expiring_in(left);
        let report = server.checker().check(&server.target()).await.unwrap();
        report.assert_status(status);
        let now = report.checked_at();
        let until = report.horizon().until;
        let until = if left > Duration::days(-1_000) { until.unwrap() } else { continue };
        assert!((until - now - left).abs() < Duration::MINUTE, "{until}, seen {now}");
    }
}

#[tokio::test]
async fn an_instant_is_the_last_good_second() {
    let server = Server::expiring_at(AT);
    let (checker, target) = (server.checker(), server.target());
    let at = async |instant| checker.check_at(&target, instant).await.unwrap();
    at(AT).await.assert_status(Status::Warn);
    let report = at(AT + Duration::SECOND).await;
    report.assert_finding(Code::Expired);
    assert_eq!(report.horizon().until, Some(AT));
}

#[tokio::test]
async fn the_server_of_a_moment_is_called_localhost_and_by_its_address() {
    let server = Server::expiring_at(AT + Duration::days(60));
    let by_address: notafter::Target = server.address().to_string().parse().unwrap();
    for target in [server.target(), by_address] {
        let report = server.checker().check_at(&target, AT).await.unwrap();
        assert_eq!(told(&report), NOTHING, "{report}");
    }
    let other = Server::expiring_at(AT + Duration::days(3));
    let report = server.checker().check_at(&other.target(), AT).await.unwrap();
    assert_eq!(told(&report), ["critical expires-soon 0"], "one checker for all of them");
}

#[tokio::test]
async fn a_renewal_is_seen_at_the_same_port() {
    let clock = Clock::at(AT);
    let server = Server::expiring_at(clock.now() + Duration::days(30));
    let (checker, target) = (server.checker(), server.target());
    let look = async || checker.check_at(&target, clock.now()).await.unwrap();
    look().await.assert_pass();
    clock.advance(Duration::days(20));
    look().await.assert_status(Status::Warn);

    server.present(server.chain().ending_at(clock.now() + Duration::days(90)));
    look().await.assert_pass();
    assert_eq!(server.target(), target);
    clock.advance(Duration::days(91));
    look().await.assert_finding(Code::Expired);
}

#[tokio::test]
async fn each_server_has_a_root_of_its_own_if_it_is_called_otherwise() {
    let server = Server::start(Pki::at(AT).root("Root of Others").server("app.example"));
    let strangers = Server::expiring_at(AT + Duration::days(60)).checker();
    let report = strangers.check_at(&server.target(), AT).await.unwrap();
    report.assert_status(Status::Fail);
    assert!(matches!(report.trust(), Trust::Untrusted { .. }));
    assert_eq!(told(&server.checker().check_at(&server.target(), AT).await.unwrap()), NOTHING);
}

#[tokio::test]
async fn a_server_presents_what_is_wrong_too() {
    let inverted = issuer().server("*.example").valid(AT + Duration::DAY..=AT);
    let server = Server::start(inverted.without_intermediates());
    let report = server.checker().check_at(&server.target(), AT).await.unwrap();
    report.assert_status(Status::Fail);
    assert_eq!(report.chain().len(), 1);
    assert_eq!(server.target().host().to_string(), "www.example");
}

#[test]
fn clients_without_a_runtime_get_an_answer() {
    let server = Server::start(issuer().server("localhost"));
    for request in ["GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", "POST / HTTP/1.0\n\nbody"] {
        let answer = ask(&server, request.as_bytes());
        let expected = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        assert_eq!(answer, expected);
    }
    assert_eq!(ask(&server, &[b'x'; 100_000]), "", "no request at all");
}

#[test]
fn no_session_is_resumed() {
    let server = Server::start(issuer().server("localhost"));
    let config = client(&server);
    for _ in 0..3 {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let name = "localhost".try_into().unwrap();
        let mut connection = rustls::ClientConnection::new(config.clone(), name).unwrap();
        rustls::Stream::new(&mut connection, &mut stream).write_all(b"\r\n").unwrap();
        assert_eq!(connection.handshake_kind(), Some(rustls::HandshakeKind::Full));
    }
}

#[test]
fn clients_that_say_nothing_hold_up_no_drop() {
    let server = Server::start(issuer().server("localhost"));
    let mut silent = TcpStream::connect(server.address()).unwrap();
    let mut torn = TcpStream::connect(server.address()).unwrap();
    torn.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
    let mut nonsense = TcpStream::connect(server.address()).unwrap();
    nonsense.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut idle = TcpStream::connect(server.address()).unwrap();
    let mut connection =
        rustls::ClientConnection::new(client(&server), "localhost".try_into().unwrap()).unwrap();
    connection.complete_io(&mut idle).unwrap();

    drop(server);
    for stream in [&mut silent, &mut torn, &mut nonsense, &mut idle] {
        // Closed or reset: nobody is there any more.
        let _ = stream.read_to_end(&mut Vec::new());
    }
}

#[tokio::test]
async fn nobody_listens_after_the_drop() {
    let server = Server::start(issuer().server("localhost"));
    let (checker, target) = (server.checker(), server.target());
    drop(server);
    let error = checker.check_at(&target, AT).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::Refused);
}

#[tokio::test]
async fn many_checks_are_served_at_a_time() {
    let server = Server::start(issuer().server("localhost"));
    let mut checks = server.checker().check_many_at(std::iter::repeat_n(server.target(), 50), AT);
    let mut passed = 0;
    while let Some(checked) = checks.next().await {
        checked.result.unwrap().assert_pass();
        passed += 1;
    }
    assert_eq!(passed, 50);
}

#[test]
fn an_assertion_that_fails_shows_the_whole_report() {
    let report = issuer().server("app.example").inspect(AT + Duration::days(57));
    let shown = "\
WARN app.example: clients start failing on 2030-03-02 00:00:01 UTC, in 3 days, because the server's own certificate ends";
    let whole = report.to_string();
    assert!(whole.starts_with(shown), "{whole}");

    let pass = said(|| report.assert_pass());
    assert_eq!(pass, format!("expected the status pass, but it is warn:\n{whole}"));
    let fail = said(|| report.assert_status(Status::Fail));
    assert_eq!(fail, format!("expected the status fail, but it is warn:\n{whole}"));
    let finding = said(|| report.assert_finding(Code::Expired));
    assert_eq!(finding, format!("expected the finding expired, but there is none:\n{whole}"));

    report.assert_status(Status::Warn);
    report.assert_finding(Code::ExpiresSoon);
}

#[test]
fn an_assertion_names_the_line_of_the_test() {
    let place = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&place);
    let here = std::thread::current().id();
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() != here {
            return usual(info);
        }
        *seen.lock().unwrap() = info.location().map(|at| (at.file().to_owned(), at.line()));
    }));
    let report = issuer().server("app.example").inspect(AT);
    type Assertion = fn(&Report);
    let asserted: [(Assertion, u32); 6] = [
        (|report| report.assert_status(Status::Fail), line!()),
        (|report| report.assert_finding(Code::Expired), line!()),
        (|_| drop(issuer().server("a b")), line!()),
        (|_| drop(issuer().server("a").and_name("a b")), line!()),
        (|_| drop(issuer().server("a").ending_at(TOO_EARLY)), line!()),
        (|_| drop(issuer().valid(TOO_EARLY..=AT)), line!()),
    ];
    let places = asserted.map(|(assertion, _)| {
        catch_unwind(AssertUnwindSafe(|| assertion(&report))).unwrap_err();
        place.lock().unwrap().take().unwrap()
    });
    drop(std::panic::take_hook());
    assert_eq!(places, asserted.map(|(_, line)| (file!().to_owned(), line)));
}

/// What a panic says.
fn said(panics: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(panics)).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

/// What the server answers over TLS, until it says goodbye.
fn ask(server: &Server, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let name = "localhost".try_into().unwrap();
    let mut connection = rustls::ClientConnection::new(client(server), name).unwrap();
    let mut tls = rustls::Stream::new(&mut connection, &mut stream);
    tls.write_all(request).unwrap();
    let mut answer = String::new();
    tls.read_to_string(&mut answer).unwrap();
    answer
}

/// A client that trusts the server's root, and looks at the clock of 2030.
fn client(server: &Server) -> Arc<rustls::ClientConfig> {
    use rustls::pki_types::UnixTime;

    #[derive(Debug)]
    struct Then;
    impl rustls::time_provider::TimeProvider for Then {
        fn current_time(&self) -> Option<UnixTime> {
            let seconds = u64::try_from(AT.unix_timestamp()).ok()?;
            Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
        }
    }
    let mut roots = rustls::RootCertStore::empty();
    roots.add(server.chain().root().der().to_vec().into()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_details(provider, Arc::new(Then))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

fn issuer() -> Authority {
    Pki::at(AT).root("Test Root").intermediate("Test CA")
}

const AT: OffsetDateTime = datetime!(2030-01-01 0:00 UTC);

/// No certificate can say it.
const TOO_EARLY: OffsetDateTime = datetime!(-0001-01-01 0:00 UTC);
