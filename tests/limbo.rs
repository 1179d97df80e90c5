//! The cases of C2SP/x509-limbo, each of them held against its expected result.
//!
//! Limbo asks for one verdict, accept or refuse, and a report tells more than that. So a case counts
//! as refused by [`is_refused`]: where no path is trusted at its instant, or a fault is told of the
//! path, be it a failure or a note. What may be told of a chain that is in order is listed in
//! [`HARMLESS`].
//!
//! Every case is judged twice, by the default policy and with the baseline requirements on. The
//! cases that deviate are listed with their reasons; one that is not listed fails the test, and one
//! that is listed and agrees does too. `cargo test --test limbo -- --nocapture` prints the numbers.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use common::corpora::corpus;
use common::judge::told;
use common::pki::at;
use notafter::Inspector;
use notafter::chain::{PresentedChain, RevocationList};
use notafter::inspect::{Policy, TrustAnchors};
use notafter::report::{
    Code, Finding, FindingKind, NameConstraintsFault, Report, Severity, Status, Trust,
};
use notafter::target::{Purpose, Subject};
use serde_json::Value;

/// Cases without an instant are valid from 1970 to 2969.
const NOW: &str = "2026-06-15T12:00:00Z";

/// What is told of a chain that is in order; each of them is told of a case that is to be accepted.
const HARMLESS: &[Code] = &[
    // Some cases are chains of public servers, judged when they were new under roots that were not.
    Code::AnchorExpiresSoon,
    Code::ExpiresSoon,
    // Limbo's intermediates are a set, in no order.
    Code::OutOfOrder,
];

/// Whether the report refuses the chain: a function of what it says, and of the profile that the
/// case is about.
fn is_refused(report: &Report, id: &str) -> bool {
    let Trust::Trusted(path) = report.trust() else {
        return true;
    };
    // What is said of a certificate that the path does not need is no reason to refuse the path.
    let is_of_the_path =
        |finding: &Finding| finding.position().is_none_or(|position| path.path.contains(&position));
    report.findings().iter().any(|finding| {
        is_of_the_path(finding)
            && !HARMLESS.contains(&finding.code())
            && !is_of_another_profile(finding, id)
    })
}

/// Limbo has two profiles, RFC 5280 and the web's (the Baseline Requirements), and each has its own
/// expected results. RFC 5280 asks for no extended key usage (`eku::ee-without-eku` is in both) and
/// no particular common name; the web's does not ask for critical name constraints
/// (`nc::permitted-dns-match-noncritical` is in both).
fn is_of_another_profile(finding: &Finding, id: &str) -> bool {
    match finding.kind() {
        FindingKind::CommonNameNotListed { .. } | FindingKind::ExtendedKeyUsageMissing => {
            id.starts_with("rfc5280::")
        }
        FindingKind::NameConstraints { fault: NameConstraintsFault::NotCritical, .. } => {
            id.starts_with("webpki::")
        }
        _ => false,
    }
}

fn texts(case: &Value, key: &str) -> String {
    let list = case[key].as_array().unwrap();
    list.iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

fn subject(case: &Value) -> Subject {
    let kind = case["expected_peer_name"]["kind"].as_str();
    let name = case["expected_peer_name"]["value"].as_str();
    match (case["validation_kind"].as_str(), kind, name) {
        (Some("CLIENT"), ..) => Subject::new("limbo", Purpose::Client),
        (_, Some("DNS" | "IP"), Some(name)) => {
            // A name that is none can't be asked for.
            Subject::server("limbo", name.parse())
        }
        _ => Subject::new("limbo", Purpose::Server),
    }
}

/// What the case asks for.
fn policy(case: &Value) -> Policy {
    let policy = Policy::new();
    #[cfg(feature = "psl")]
    let policy = policy.public_suffixes();
    match case["max_chain_depth"].as_u64() {
        Some(depth) => policy.max_path_depth(depth.try_into().unwrap()),
        None => policy,
    }
}

/// Judges a case; `None` where its anchors can't be read.
fn judge(case: &Value, policy: Policy) -> Option<Report> {
    let anchors = TrustAnchors::from_pem(texts(case, "trusted_certs")).ok()?;
    let leaf = case["peer_certificate"].as_str().unwrap();
    let sent = format!("{leaf}\n{}", texts(case, "untrusted_intermediates"));
    let chain = PresentedChain::from_pem(sent).unwrap();
    let instant = at(case["validation_time"].as_str().unwrap_or(NOW));
    let mut inspector = Inspector::new().with_anchors(anchors).with_policy(policy);
    let lists = texts(case, "crls");
    if !lists.is_empty() {
        inspector = inspector.with_revocation_lists(RevocationList::from_pem(lists).unwrap());
    }
    Some(inspector.inspect(&chain, &subject(case), instant))
}

/// Cases whose result is another than limbo's, and why.
struct Deviations {
    why: &'static str,
    run: Run,
    cases: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Run {
    /// With the default policy.
    Default,
    /// With the baseline requirements on.
    Baseline,
    Both,
}

const DEVIATIONS: &[Deviations] = &[
    Deviations {
        why: "rustls takes no CA certificate for a server's own: `ca-as-end-entity`",
        run: Run::Both,
        cases: &["pathlen::validation-ignores-pathlen-in-leaf", "rfc5280::ca-as-leaf"],
    },
    Deviations {
        why: "webpki counts self-issued certificates in a path length, and holds name constraints \
              against them: `untrusted-path`",
        run: Run::Both,
        cases: &["pathlen::self-issued-certs-pathlen", "rfc5280::nc::permitted-self-issued"],
    },
    Deviations {
        why: "webpki does not compare directory names and e-mail addresses with name constraints, \
              and refuses what it can't compare: `untrusted-path`",
        run: Run::Both,
        cases: &[
            "rfc5280::nc::nc-permits-email-domain",
            "rfc5280::nc::nc-permits-email-exact",
            "rfc5280::nc::nc-permits-email-literal-asterisk-exact-match",
            "rfc5280::nc::nc-permits-email-literal-double-asterisk",
            "rfc5280::nc::nc-permits-email-literal-mid-asterisk",
            "rfc5280::nc::permitted-dn-match",
        ],
    },
    Deviations {
        why: "a profile forbids it, and most clients take it: off by default",
        run: Run::Default,
        cases: &[
            "rfc5280::aki::cross-signed-root-missing-aki",
            "rfc5280::aki::intermediate-missing-aki",
            "rfc5280::aki::leaf-missing-aki",
            "rfc5280::nc::invalid-dnsname-leading-period",
            "rfc5280::nc::not-allowed-in-ee-critical",
            "rfc5280::nc::not-allowed-in-ee-noncritical",
            "rfc5280::nc::permitted-dns-match-noncritical",
            "rfc5280::pc::ica-noncritical-pc",
            "rfc5280::ski::intermediate-missing-ski",
            "rfc5280::ski::root-missing-ski",
            "webpki::aki::root-with-aki-all-fields",
            "webpki::aki::root-with-aki-authoritycertissuer",
            "webpki::aki::root-with-aki-authoritycertserialnumber",
            "webpki::aki::root-with-aki-missing-keyidentifier",
            "webpki::aki::root-with-aki-ski-mismatch",
            "webpki::nc::intermediate-permitted-excluded-subtrees-both-empty-sequences",
            "webpki::nc::intermediate-permitted-excluded-subtrees-both-null",
        ],
    },
    #[cfg(not(feature = "psl"))]
    Deviations {
        why: "no list of public suffixes is compiled in",
        run: Run::Both,
        cases: &[
            "webpki::san::public-suffix-multi-label-wildcard-san",
            "webpki::san::public-suffix-private-namespace-wildcard-san",
        ],
    },
];

fn cases() -> Option<Vec<Value>> {
    let limbo = std::fs::read(corpus("limbo")?.join("limbo.json")).unwrap();
    let mut limbo: Value = serde_json::from_slice(&limbo).unwrap();
    let cases: Vec<Value> = serde_json::from_value(limbo["testcases"].take()).unwrap();
    assert_eq!(cases.len(), 208);
    Some(cases)
}

fn run_and_compare(run: Run, baseline: fn(Policy) -> Policy) {
    let Some(cases) = cases() else {
        return;
    };
    let mut deviates = BTreeSet::new();
    let mut slowest = (Duration::ZERO, "");
    let mut harmless: BTreeSet<Code> = HARMLESS.iter().copied().collect();
    let mut rightly_refused: BTreeMap<Status, usize> = BTreeMap::new();
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let started = Instant::now();
        let report = judge(case, baseline(policy(case)));
        slowest = slowest.max((started.elapsed(), id));
        let refused = report.as_ref().is_none_or(|report| is_refused(report, id));
        if refused != (case["expected_result"] == "FAILURE") {
            println!("{run:?} {id}: {:?}", report.as_ref().map(told));
            deviates.insert(id);
        } else if let Some(report) = report {
            if refused {
                *rightly_refused.entry(report.status()).or_default() += 1;
            } else {
                harmless.retain(|code| report.findings_with(*code).next().is_none());
            }
        }
    }
    println!("{run:?}: {} of {} agree", cases.len() - deviates.len(), cases.len());
    // A status of `Pass` means that notes alone tell of the fault.
    println!("{run:?}: the status of those that are rightly refused: {rightly_refused:?}");
    println!("{run:?}: the slowest took {slowest:?}");

    let listed = DEVIATIONS.iter().filter(|group| group.run == run || group.run == Run::Both);
    let mut expected = BTreeSet::new();
    for group in listed {
        for id in group.cases {
            assert!(expected.insert(*id), "{id} is listed twice: {}", group.why);
        }
    }
    let unlisted: Vec<_> = deviates.difference(&expected).collect();
    assert!(unlisted.is_empty(), "these deviate and are not listed: {unlisted:#?}");
    let agrees: Vec<_> = expected.difference(&deviates).collect();
    assert!(agrees.is_empty(), "these are listed and do not deviate: {agrees:#?}");
    assert!(harmless.is_empty(), "nothing shows that these are harmless: {harmless:?}");
}

#[test]
fn by_default_no_case_deviates_but_those_that_are_listed() {
    run_and_compare(Run::Default, |policy| policy);
}

#[test]
fn with_the_baseline_requirements_no_case_deviates_but_those_that_are_listed() {
    run_and_compare(Run::Baseline, |policy| policy.baseline_requirements(Severity::Note));
}

/// Other clients accept these. What is told has to say what stands in the way, so that nobody looks
/// for a fault that is not there.
#[test]
fn what_rustls_refuses_and_others_accept_is_explained() {
    const EXPLAINED: &[(&str, &str)] = &[
        (
            "rfc5280::ca-as-leaf",
            "is a CA certificate, used as the server's own: rustls refuses that",
        ),
        (
            "pathlen::validation-ignores-pathlen-in-leaf",
            "is a CA certificate, used as the server's own: rustls refuses that",
        ),
        ("pathlen::self-issued-certs-pathlen", "rustls refuses in that place (a self-issued one)"),
        ("rfc5280::nc::permitted-self-issued", "rustls refuses in that place (a self-issued one)"),
        ("rfc5280::nc::permitted-dn-match", "or is for directory names or e-mail addresses"),
        ("rfc5280::nc::nc-permits-email-exact", "or is for directory names or e-mail addresses"),
        ("rfc5280::nc::nc-permits-email-domain", "or is for directory names or e-mail addresses"),
    ];
    let Some(cases) = cases() else {
        return;
    };
    for (id, words) in EXPLAINED {
        let case = cases.iter().find(|case| case["id"] == *id).unwrap();
        let report = judge(case, policy(case)).unwrap();
        let told = report.to_string();
        assert!(told.contains(words), "{id}: {told}");
    }
}
