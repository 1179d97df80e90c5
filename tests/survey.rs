//! Every view that clients can have of one target.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use common::judge::told;
use common::pki::{Issued, Key, Pki, at};
use common::server::{Server, Tls, refusing};
use notafter::checker::{Checker, CheckerBuilder, Outcome, Survey, SurveyOptions};
use notafter::fetch::{FetchErrorKind, Phase, Resolver};
use notafter::inspect::{Policy, TrustAnchors};
use notafter::report::{Code, Finding, FindingKind, Severity, Status};
use notafter::target::{KeyType, View};

const NOW: &str = "2026-06-15T12:00:00Z";

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

/// A leaf for each type of key, valid during 2026.
fn pair(pki: &Pki) -> (Issued, Issued) {
    let leaf = |key| pki.leaf("example.com").key(key).issue();
    (leaf(Key::Rsa2048), leaf(Key::P256))
}

fn dual(pki: &Pki, (rsa, ecdsa): &(Issued, Issued)) -> Tls {
    Tls::new(pki.chain(ecdsa), ecdsa).or(pki.chain(rsa), rsa)
}

fn lines(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}", finding.severity(), finding.code())).collect()
}

#[track_caller]
fn only(survey: &Survey, code: Code) -> &FindingKind {
    let mut found = survey.findings().iter().filter(|finding| finding.code() == code);
    let (Some(finding), None) = (found.next(), found.next()) else {
        panic!("not one {code}: {:?}", lines(survey.findings()));
    };
    finding.kind()
}

#[track_caller]
fn assert_unreachable(survey: &Survey, address: SocketAddr, phase: &str, error: &str) {
    let FindingKind::AddressUnreachable(told) = only(survey, Code::AddressUnreachable) else {
        panic!("{survey}");
    };
    assert_eq!((told.address, &*told.phase, &*told.error), (address, phase, error));
}

/// What each view shows: `0`, the place of a report; `-`, not served; the kind of error.
fn sights(survey: &Survey) -> Vec<(String, String)> {
    let sight = |outcome: &Outcome| match outcome {
        Outcome::Chain(report) => report.to_string(),
        Outcome::NotServed => "-".to_owned(),
        Outcome::Failed(error) => error.kind().code().to_owned(),
        other => format!("{other:?}"),
    };
    survey.views().iter().map(|one| (one.view.to_string(), sight(&one.outcome))).collect()
}

#[tokio::test]
async fn one_healthy_server_is_one_chain_in_each_view_that_it_serves() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let address = server.address();

    let survey = survey(builder(&pki, &[address])).await;

    assert_eq!(
        sights(&survey),
        [(format!("{address}, RSA"), "-".into()), (format!("{address}, ECDSA"), "0".into())]
    );
    assert_eq!(survey.status(), Status::Pass);
    assert_eq!(survey.reports().len(), 1);
    assert_eq!(lines(survey.findings()), [""; 0]);
    assert_eq!(survey.addresses_left_out(), 0);
}

#[tokio::test]
async fn both_keys_are_seen_by_either_version_of_tls() {
    let pki = Pki::new();
    let leaves = pair(&pki);
    for tls in [dual(&pki, &leaves).tls12(), dual(&pki, &leaves).tls13()] {
        let server = Server::start(tls);
        let survey = survey(builder(&pki, &[server.address()])).await;

        let (rsa, ecdsa) = &leaves;
        let shown: Vec<_> =
            survey.reports().iter().map(|report| report.peer().unwrap().address()).collect();
        assert_eq!(shown, [Some(server.address()); 2]);
        let view = |report| survey.views_of(report).map(|view| view.key_type).collect::<Vec<_>>();
        assert_eq!(view(0), [Some(KeyType::Rsa)]);
        assert_eq!(view(1), [Some(KeyType::Ecdsa)]);
        let kinds: Vec<_> = survey
            .reports()
            .iter()
            .map(|report| report.chain()[0].summary().unwrap().public_key)
            .collect();
        assert_eq!(kinds, ["RSA 2048", "EC P-256"]);
        assert_ne!(rsa.der, ecdsa.der);
        assert_eq!(survey.status(), Status::Pass, "{survey}");
        assert_eq!(lines(survey.findings()), [""; 0]);
    }
}

/// The acceptance of the whole: three addresses, one with an old chain, one dead, and both keys.
#[tokio::test]
async fn an_old_chain_and_a_dead_address_are_reported_beside_the_healthy_one() {
    let pki = Pki::new();
    let fresh = pair(&pki);
    let old = |key| {
        pki.leaf("example.com")
            .key(key)
            .valid("2025-06-15T12:00:00Z", "2026-06-15T11:59:59Z")
            .issue()
    };
    let old = (old(Key::Rsa2048), old(Key::P256));
    let (healthy, stale) = (Server::start(dual(&pki, &fresh)), Server::start(dual(&pki, &old)));
    let dead = refusing();

    let survey = survey(builder(&pki, &[healthy.address(), stale.address(), dead])).await;

    let (h, s) = (healthy.address(), stale.address());
    assert_eq!(
        sights(&survey),
        [
            (format!("{h}, RSA"), "0".to_owned()),
            (format!("{h}, ECDSA"), "1".to_owned()),
            (format!("{s}, RSA"), "2".to_owned()),
            (format!("{s}, ECDSA"), "3".to_owned()),
            (format!("{dead}, RSA"), "refused".to_owned()),
            (format!("{dead}, ECDSA"), "refused".to_owned()),
        ]
    );
    assert_eq!(
        lines(survey.findings()),
        ["warning address-unreachable", "warning addresses-disagree", "warning addresses-disagree"]
    );
    assert_eq!(survey.status(), Status::Fail);
    let (index, worst) = survey.worst().unwrap();
    assert_eq!((index, told(worst)), (2, vec!["failure expired 0".to_owned()]));
    assert_eq!(
        survey.views_of(index).map(View::to_string).collect::<Vec<_>>(),
        [format!("{s}, RSA")]
    );

    assert_unreachable(&survey, dead, "connect", "refused");
    let finding = &survey.findings()[1];
    let FindingKind::AddressesDisagree(differing) = finding.kind() else {
        panic!("{finding:?}");
    };
    let seen: Vec<_> = differing
        .seen
        .iter()
        .map(|seen| (seen.status, seen.views.iter().map(|view| view.address.unwrap()).collect()))
        .collect::<Vec<(_, Vec<_>)>>();
    assert_eq!(seen, [(Status::Fail, vec![s]), (Status::Pass, vec![h])]);
}

#[tokio::test]
async fn machines_with_certificates_of_their_own_are_no_trouble() {
    let pki = Pki::new();
    let servers = [(); 2].map(|()| {
        let leaf = pki.leaf("example.com").issue();
        Server::start(Tls::new(pki.chain(&leaf), &leaf))
    });
    let survey = survey(builder(&pki, &servers.each_ref().map(Server::address))).await;
    assert_eq!(lines(survey.findings()), ["note addresses-disagree"]);
    assert_eq!(survey.status(), Status::Pass);
}

#[tokio::test]
async fn addresses_are_compared_though_no_server_name_is_sent() {
    let pki = Pki::new();
    let servers = [(); 2].map(|()| {
        let leaf = pki.leaf("example.com").issue();
        Server::start(Tls::new(pki.chain(&leaf), &leaf))
    });
    let checker = builder(&pki, &servers.each_ref().map(Server::address)).build().unwrap();
    let target = "https://example.com;no-sni".parse().unwrap();
    let found = checker.survey_at(&target, at(NOW)).await.unwrap();
    assert_eq!(lines(found.findings()), ["note addresses-disagree"]);
    assert_eq!(found.reports().len(), 2);
}

#[tokio::test]
async fn the_chains_of_both_keys_are_held_against_each_other() {
    let pki = Pki::new();
    let (rsa, ecdsa) = pair(&pki);
    let other = pki.leaf("example.com").names(&["example.com", "www.example.com"]).issue();
    let server = Server::start(dual(&pki, &(rsa, other)));
    let found = survey(builder(&pki, &[server.address()])).await;
    assert_eq!(lines(found.findings()), ["warning key-types-disagree"]);
    let FindingKind::KeyTypesDisagree(differing) = only(&found, Code::KeyTypesDisagree) else {
        panic!("{found}");
    };
    assert_eq!(differing.names, ["DNS:www.example.com"]);

    // Renewed for one key, and forgotten for the other.
    let dying = pki
        .leaf("example.com")
        .key(Key::Rsa2048)
        .valid("2025-06-17T12:00:00Z", "2026-06-17T11:59:59Z")
        .issue();
    let server = Server::start(dual(&pki, &(dying, ecdsa)));
    let found = survey(builder(&pki, &[server.address()])).await;
    assert_eq!(lines(found.findings()), ["warning key-types-disagree"]);
    assert_eq!(told(found.worst().unwrap().1), ["critical expires-soon 0"]);
    assert_eq!(found.status(), Status::Warn);
}

#[tokio::test]
async fn the_default_certificate_is_looked_at_when_asked() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let default = pki.leaf("default.example").issue();
    let tls = Tls::new(pki.chain(&leaf), &leaf).by_default(pki.chain(&default), &default);
    let server = Server::start(tls);
    let address = server.address();

    let found = survey(builder(&pki, &[address])).await;
    assert_eq!(lines(found.findings()), [""; 0]);
    assert_eq!(found.reports().len(), 1);

    let asked = SurveyOptions::new().without_server_name(true);
    let found = survey(builder(&pki, &[address]).survey(asked)).await;
    assert_eq!(lines(found.findings()), ["note default-certificate-differs"]);
    // That it names somebody else is what it is for.
    assert_eq!(found.status(), Status::Pass, "{found}");
    assert_eq!(
        sights(&found),
        [
            (format!("{address}, RSA"), "-".to_owned()),
            (format!("{address}, ECDSA"), "0".to_owned()),
            (format!("{address}, RSA, without a server name"), "-".to_owned()),
            (format!("{address}, ECDSA, without a server name"), "1".to_owned()),
        ]
    );
}

#[tokio::test]
async fn a_key_of_another_type_is_found() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").key(Key::Ed25519).issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let found = survey(builder(&pki, &[server.address()])).await;
    assert_eq!(found.reports().len(), 1);
    assert_eq!(found.reports()[0].chain()[0].summary().unwrap().public_key, "Ed25519");
}

#[tokio::test]
async fn where_nobody_answers_the_verdict_is_unknown_and_each_view_says_why() {
    let pki = Pki::new();
    let (one, other) = (refusing(), refusing());
    let found = survey(builder(&pki, &[one, other])).await;
    assert_eq!(found.status(), Status::Unknown);
    assert!(found.worst().is_none());
    assert_eq!(found.views().len(), 4);
    for one in found.views() {
        let Outcome::Failed(error) = &one.outcome else { panic!("{one:?}") };
        assert_eq!((error.phase(), error.kind()), (Phase::Connect, FetchErrorKind::Refused));
        assert_eq!(error.attempts()[0].address(), one.view.address.unwrap());
    }
}

#[tokio::test]
async fn a_view_that_fails_for_itself_is_unknown_and_hides_no_other() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let healthy = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let broken = Server::sends("HTTP/1.1 400 Bad Request\r\n\r\n");
    let found = survey(builder(&pki, &[healthy.address(), broken.address()])).await;
    assert_eq!(lines(found.findings()), ["warning address-unreachable"]);
    assert_unreachable(&found, broken.address(), "handshake", "not-tls");
    assert_eq!(found.status(), Status::Warn);

    // Where the policy does not want to hear of it, what is not known stays unknown.
    let deaf = builder(&pki, &[healthy.address(), broken.address()])
        .policy(Policy::new().off(Code::AddressUnreachable));
    assert_eq!(survey(deaf).await.status(), Status::Unknown);
    let loud = builder(&pki, &[healthy.address(), broken.address()])
        .policy(Policy::new().severity(Code::AddressUnreachable, Severity::Failure));
    assert_eq!(survey(loud).await.status(), Status::Fail);
}

#[tokio::test]
async fn addresses_are_looked_at_once_and_those_beyond_the_limit_are_counted() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let addresses = [server.address(), server.address(), refusing(), refusing()];
    let options = SurveyOptions::new().most_addresses(1);
    let found = survey(builder(&pki, &addresses).survey(options)).await;
    assert_eq!(found.views().len(), 2);
    assert_eq!(found.addresses_left_out(), 2);
    assert!(
        found.to_string().contains("1 chain in 2 views, 2 of the addresses left out"),
        "{found}"
    );
}

/// A server that answers nobody before all have come: whoever looks at one view after the other
/// waits in vain.
#[tokio::test]
async fn all_views_are_looked_at_side_by_side() {
    let pki = Pki::new();
    let leaves = pair(&pki);
    let tls = dual(&pki, &leaves);
    let (all, shared) = (Arc::new((Mutex::new(0), Condvar::new())), Arc::new(tls));
    let servers = [(); 3].map(|()| {
        let (all, tls) = (Arc::clone(&all), Arc::clone(&shared));
        Server::script(move |stream| {
            let (come, changed) = &*all;
            *come.lock().unwrap() += 1;
            changed.notify_all();
            let waiting = come.lock().unwrap();
            // A test that went wrong is to fail, not to hang.
            drop(changed.wait_timeout_while(waiting, PATIENCE, |come| *come < 6).unwrap());
            tls.serve(stream);
        })
    });
    let found = survey(builder(&pki, &servers.each_ref().map(Server::address))).await;
    assert_eq!(found.reports().len(), 2);
    assert_eq!(found.status(), Status::Pass, "{found}");
}

#[tokio::test]
async fn a_name_without_an_address_is_an_error() {
    let pki = Pki::new();
    let checker = builder(&pki, &[]).build().unwrap();
    let error = checker.survey(&"example.com".parse().unwrap()).await.unwrap_err();
    assert_eq!((error.phase(), error.kind()), (Phase::Resolve, FetchErrorKind::NameNotFound));
}

#[cfg(feature = "serde")]
#[tokio::test]
async fn it_is_written_as_json() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let server = Server::start(Tls::new(pki.chain(&leaf), &leaf));
    let dead = refusing();
    let found = survey(builder(&pki, &[server.address(), dead])).await;

    let json = serde_json::to_value(&found).unwrap();

    assert_eq!(json["target"], "https://example.com:443");
    assert_eq!(json["checked_at"], NOW);
    assert_eq!(json["status"], "warn");
    assert_eq!(json["worst"], 0);
    let address = server.address().to_string();
    assert_eq!(
        json["views"][0],
        serde_json::json!({
            "address": address, "key_type": "rsa", "server_name": "example.com", "not_served": true
        })
    );
    assert_eq!(
        json["views"][1],
        serde_json::json!({
            "address": address, "key_type": "ecdsa", "server_name": "example.com", "report": 0
        })
    );
    assert_eq!(json["views"][2]["error"]["kind"], "refused");
    assert_eq!(json["views"][2]["error"]["phase"], "connect");
    assert_eq!(json["reports"][0]["status"], "pass");
    assert_eq!(json["findings"][0]["code"], "address-unreachable");
    assert_eq!(json["findings"][0]["address"], dead.to_string());
    assert_eq!(json.get("addresses_left_out"), None);
}
