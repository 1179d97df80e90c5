//! What a survey makes of views that differ: none that fails is passed over, and none is blamed
//! for another.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use common::judge::told;
use common::pki::{Issued, Key, Pki, at};
use common::server::{Server, Tls};
use notafter::checker::{Checker, CheckerBuilder, Outcome, Survey, SurveyOptions};
use notafter::fetch::Resolver;
use notafter::inspect::TrustAnchors;
use notafter::report::{Disagreement, FindingKind, Status};
use notafter::target::View;

const NOW: &str = "2026-06-15T12:00:00Z";

const HANDSHAKE_FAILURE: &[u8] = b"\x15\x03\x03\x00\x02\x02\x28";

/// Longer than a survey may take.
const PATIENCE: Duration = Duration::from_secs(30);

fn builder(pki: &Pki, addresses: &[SocketAddr]) -> CheckerBuilder {
    let anchors = TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap();
    Checker::builder().anchors(anchors).resolver(Resolver::fixed(addresses))
}

async fn survey(builder: CheckerBuilder) -> Survey {
    let target = "https://example.com".parse().unwrap();
    builder.build().unwrap().survey_at(&target, at(NOW)).await.unwrap()
}

fn expired(pki: &Pki, key: Key) -> Issued {
    let leaf = pki.leaf("example.com").key(key);
    leaf.valid("2025-06-15T12:00:00Z", "2026-06-15T11:59:59Z").issue()
}

fn lines(survey: &Survey) -> Vec<String> {
    let line =
        |finding: &notafter::report::Finding| format!("{} {}", finding.severity(), finding.code());
    survey.findings().iter().map(line).collect()
}

/// The status of each chain that addresses disagree on, and at how many views it is seen.
fn disagreeing(survey: &Survey) -> Vec<(Status, usize)> {
    let seen = |differing: &Disagreement| {
        differing.seen.iter().map(|seen| (seen.status, seen.views.len())).collect()
    };
    let found = survey.findings().iter().find_map(|finding| match finding.kind() {
        FindingKind::AddressesDisagree(differing) => Some(seen(differing)),
        _ => None,
    });
    found.unwrap_or_default()
}

/// A proxy in front that refuses names it does not know, and has a certificate of its own.
#[tokio::test]
async fn a_name_that_is_refused_is_not_made_good_by_a_default_certificate() {
    let pki = Pki::new();
    let leaf = pki.leaf("front.example").issue();
    let chain = || pki.chain(&leaf);
    let tls = Tls::new(chain(), &leaf).only_for("front.example").by_default(chain(), &leaf);
    let server = Server::start(tls);
    let options = SurveyOptions::new().without_server_name(true);
    let found = survey(builder(&pki, &[server.address()]).survey(options)).await;

    assert_eq!(found.reports().len(), 1);
    let named: Vec<_> = found.views().iter().filter(|one| one.view.server_name.is_some()).collect();
    assert!(!named.is_empty());
    for one in named {
        assert!(matches!(one.outcome, Outcome::Failed(_)), "{found}");
    }
    assert_eq!(found.status(), Status::Unknown, "{found}");
}

/// The other way round: whoever needs the name, and serves it, may refuse those that send none.
#[tokio::test]
async fn a_server_without_a_default_certificate_serves_its_names() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf).only_for("example.com"));
    let options = SurveyOptions::new().without_server_name(true);
    let found = survey(builder(&pki, &[server.address()]).survey(options)).await;
    assert_eq!(found.status(), Status::Pass, "{found}");
}

/// The slow server answers nobody before the picky one, which likes neither type of key by itself,
/// was asked by all means.
#[tokio::test]
async fn a_slow_address_keeps_no_other_from_being_asked_by_all_means() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let tls = Arc::new(Tls::new(pki.chain(&leaf), &leaf));
    let asked = Arc::new((Mutex::new(0), Condvar::new()));
    let (count, shown) = (Arc::clone(&asked), Arc::clone(&tls));
    let picky = Server::script(move |mut stream| {
        let place = {
            let mut asked = count.0.lock().unwrap();
            *asked += 1;
            count.1.notify_all();
            *asked
        };
        if place < 3 {
            assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
            stream.write_all(HANDSHAKE_FAILURE).unwrap();
            // Closing with bytes unread would reset the connection, and with it the alert.
            stream.shutdown(Shutdown::Write).unwrap();
            io::copy(&mut stream, &mut io::sink()).unwrap();
        } else {
            shown.serve(stream);
        }
    });
    let slow = Server::script(move |stream| {
        let waiting = asked.0.lock().unwrap();
        // A test that went wrong is to fail, not to hang.
        drop(asked.1.wait_timeout_while(waiting, PATIENCE, |asked| *asked < 3).unwrap());
        tls.serve(stream);
    });
    let found = survey(builder(&pki, &[slow.address(), picky.address()])).await;
    assert_eq!(found.views().len(), 3, "{found}");
    assert_eq!((found.reports().len(), found.status()), (1, Status::Pass), "{found}");
}

/// Renewed as ECDSA at one address, and forgotten as RSA at the other.
#[tokio::test]
async fn addresses_are_compared_though_each_has_a_key_of_another_type() {
    let pki = Pki::new();
    let (fresh, old) = (pki.leaf("example.com").issue(), expired(&pki, Key::Rsa2048));
    let servers = [&fresh, &old].map(|leaf| Server::start(Tls::new(pki.chain(leaf), leaf)));
    let found = survey(builder(&pki, &servers.each_ref().map(Server::address))).await;
    assert_eq!(lines(&found), ["warning addresses-disagree"]);
    assert_eq!(disagreeing(&found), [(Status::Fail, 1), (Status::Pass, 1)]);
}

#[tokio::test]
async fn the_same_certificate_with_and_without_its_issuer_is_told_once() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let servers =
        [pki.chain(&leaf), vec![leaf.der.clone()]].map(|it| Server::start(Tls::new(it, &leaf)));
    let found = survey(builder(&pki, &servers.each_ref().map(Server::address))).await;
    assert_eq!(lines(&found), ["warning addresses-disagree"]);
    assert_eq!(disagreeing(&found), [(Status::Fail, 1), (Status::Pass, 1)]);
}

/// A chain that is shown with the wrong key at one address is no better for the other.
#[tokio::test]
async fn a_chain_is_as_bad_as_where_it_is_worst() {
    let pki = Pki::new();
    let (leaf, other) = (pki.leaf("example.com").issue(), pki.leaf("example.com").issue());
    let sound = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let wrong = Server::start(Tls::new(pki.chain(&leaf), &other));
    let found = survey(builder(&pki, &[sound.address(), wrong.address()])).await;
    // The chains are the same: the report of the one that fails says what is wrong.
    assert_eq!(lines(&found), [""; 0]);
    assert_eq!(told(found.worst().unwrap().1), ["failure possession-failed -"]);

    let third = Server::start(Tls::new(pki.chain(&other), &other));
    let addresses = [sound.address(), wrong.address(), third.address()];
    let found = survey(builder(&pki, &addresses)).await;
    assert_eq!(disagreeing(&found), [(Status::Fail, 2), (Status::Pass, 1)]);
    assert_eq!(lines(&found), ["warning addresses-disagree"]);
}

#[tokio::test]
async fn a_default_chain_without_its_issuer_differs() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let tls = Tls::new(pki.chain(&leaf), &leaf).by_default(vec![leaf.der.clone()], &leaf);
    let server = Server::start(tls);
    let options = SurveyOptions::new().without_server_name(true);
    let found = survey(builder(&pki, &[server.address()]).survey(options)).await;
    assert_eq!(lines(&found), ["note default-certificate-differs"]);
}

#[tokio::test]
async fn of_chains_with_one_status_the_worst_is_the_most_urgent_and_then_the_first_to_end() {
    let pki = Pki::new();
    let ending = |key, last: &str| {
        pki.leaf("example.com").key(key).valid("2026-04-01T00:00:00Z", last).issue()
    };
    // 90 days: a warning below 22.5 days, critical below 7.5.
    for (ecdsa, expect) in [
        ("2026-06-18T23:59:59Z", "critical expires-soon 0"),
        ("2026-06-27T23:59:59Z", "warning expires-soon 0"),
    ] {
        let (rsa, ecdsa) = (ending(Key::Rsa2048, "2026-06-29T23:59:59Z"), ending(Key::P256, ecdsa));
        let tls = Tls::new(pki.chain(&ecdsa), &ecdsa).or(pki.chain(&rsa), &rsa);
        let server = Server::start(tls);
        let found = survey(builder(&pki, &[server.address()])).await;
        assert_eq!(found.reports().len(), 2);
        assert!(found.reports().iter().all(|report| report.status() == Status::Warn));
        let (index, worst) = found.worst().unwrap();
        assert_eq!((index, told(worst)), (1, vec![expect.to_owned()]));
    }
}

#[tokio::test]
async fn the_first_line_says_which_chain_is_the_worst_and_where_it_is_seen() {
    let pki = Pki::new();
    let (fresh, old) = (pki.leaf("example.com").issue(), expired(&pki, Key::P256));
    let servers = [&fresh, &old].map(|leaf| Server::start(Tls::new(pki.chain(leaf), leaf)));
    let found = survey(builder(&pki, &servers.each_ref().map(Server::address))).await;
    let stale: Vec<_> = found.views_of(1).map(View::to_string).collect();
    assert_eq!(stale, [format!("{}, ECDSA", servers[1].address())]);
    let told = found.to_string();
    assert_eq!(
        told.lines().next().unwrap(),
        format!(
            "FAIL https://example.com:443: 2 chains in 4 views, the worst is chain 1 at {}",
            stale[0]
        )
    );

    // Where nothing is wrong with any, none is.
    let found = survey(builder(&pki, &[servers[0].address()])).await;
    let told = found.to_string();
    assert_eq!(told.lines().next().unwrap(), "PASS https://example.com:443: 1 chain in 2 views");
}

/// As every report has it, and as instants are compared.
#[tokio::test]
async fn the_instant_is_that_of_its_reports() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let checker = builder(&pki, &[server.address()]).build().unwrap();
    let target = "https://example.com".parse().unwrap();
    let found = checker.survey_at(&target, at("2026-06-15T12:00:00.75Z")).await.unwrap();
    assert_eq!(found.reports()[0].checked_at(), at(NOW));
    assert_eq!(found.checked_at(), at(NOW));
}
