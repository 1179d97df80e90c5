//! Until when clients go on: which certificate limits it, for which clients, and what is told.
//!
//! What random hierarchies come to is in `horizon_properties.rs`, what real outages came to in
//! `replays.rs`.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::{NOTHING, chain, judge, only, path, server, told, trusting};
use common::pki::{Draft, Issued, Pki, at};
use notafter::Inspector;
use notafter::report::{
    Code, FindingKind, Gap, Horizon, Profile, Report, Severity, Status, Trust, UndeterminedReason,
};
use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};
use time::OffsetDateTime;

const NOW: &str = "2026-06-15T12:00:00Z";
const LEAF_ENDS: &str = "2026-12-31T23:59:59Z";

fn profiles(report: &Report) -> [Option<OffsetDateTime>; 4] {
    let horizon = report.horizon();
    [horizon.until, horizon.anchors_ignored, horizon.as_sent, horizon.strict]
}

fn limit(report: &Report) -> Option<(Option<usize>, String)> {
    let limit = report.horizon().limited_by.as_ref()?;
    Some((limit.position(), limit.subject()))
}

fn gaps(report: &Report) -> Vec<(Option<OffsetDateTime>, OffsetDateTime)> {
    report.horizon().gaps.iter().map(|Gap { from, to, .. }| (*from, *to)).collect()
}

/// An intermediate and the same again, with other dates.
fn renewed(root: &Issued, old: [&str; 2], new: [&str; 2]) -> [Issued; 2] {
    let old = root.ca("CA").valid(old[0], old[1]).issue();
    let new = root.ca("CA").valid(new[0], new[1]).issue_for(old.key.clone());
    [old, new]
}

#[test]
fn an_ordinary_chain_ends_with_its_end_entity_certificate() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let report = judge(&trusting(&[&pki.root]), &pki.chain(&leaf), NOW);
    assert_eq!(profiles(&report), [Some(at(LEAF_ENDS)); 4]);
    assert_eq!(limit(&report), Some((Some(0), "CN=example.com".to_owned())));
    assert_eq!(gaps(&report), []);
    let horizon = report.horizon();
    assert_eq!(horizon.limited_by.as_ref().unwrap().sha256(), report.chain()[0].sha256());
    let [anchor] = &horizon.anchors[..] else { panic!("{horizon:?}") };
    assert_eq!((anchor.anchor.as_str(), anchor.until), ("CN=Test Root", Some(at(LEAF_ENDS))));
    assert_eq!(horizon.undetermined, None);
}

#[test]
fn where_nothing_has_begun_there_is_a_gap_without_a_begin() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let report = judge(&trusting(&[&pki.root]), &pki.chain(&leaf), "2025-12-31T23:59:59Z");
    assert_eq!(told(&report), ["failure not-yet-valid 0"]);
    assert_eq!(profiles(&report), [None; 4]);
    assert_eq!(limit(&report), None);
    assert_eq!(gaps(&report), [(None, at("2025-12-31T23:59:59Z"))]);
    assert_eq!(report.outlook(), "clients fail until 2025-12-31 23:59:59 UTC");
}

#[test]
fn what_nobody_trusts_has_no_horizon() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let stranger = Draft::root("Stranger").issue();
    let report = judge(&trusting(&[&stranger]), &pki.chain(&leaf), NOW);
    assert_eq!(profiles(&report), [None; 4]);
    assert_eq!(gaps(&report), []);
    assert_eq!(report.horizon().end_entity, Some(at(LEAF_ENDS)));
    assert_eq!(
        report.outlook(),
        "no path leads to a trust anchor, as an issuer is not known; the certificate itself lasts \
         until 2026-12-31 23:59:59 UTC",
    );
}

/// An expired certificate lasts no longer, whoever trusts it.
#[test]
fn what_nobody_trusts_and_has_ended_has_lasted() {
    let leaf = Draft::self_signed("example.com").issue();
    let stranger = Draft::root("Stranger").issue();
    let report = judge(&trusting(&[&stranger]), &[&leaf.der], "2027-02-01T00:00:00Z");
    assert_eq!(
        report.outlook(),
        "no path leads to a trust anchor, as the certificate is signed by its own key; the \
         certificate itself lasted until 2026-12-31 23:59:59 UTC",
    );
}

/// The anchor ended before the rest began: some clients have never gone on, others do.
#[test]
fn an_anchor_that_ended_too_early_leaves_no_horizon_and_that_is_known() {
    let root = Draft::root("Root").valid("2010-01-01T00:00:00Z", "2020-01-01T00:00:00Z").issue();
    let leaf = root.leaf("example.com").issue();
    let report = judge(&trusting(&[&root]), &[&leaf.der], NOW);
    assert_eq!(told(&report), ["failure anchor-expired -"]);
    assert_eq!(profiles(&report), [None, Some(at(LEAF_ENDS)), None, Some(at(LEAF_ENDS))]);
    assert_eq!(report.outlook(), "no path ever holds, by the dates of the trust anchor");
}

/// A copy is needed no more and no less than the first: what is told of it is that it is one.
#[test]
fn of_a_copy_no_dates_are_told() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").valid("2026-05-20T00:00:00Z", "2026-08-17T23:59:59Z");
    let leaf = leaf.issue();
    let sent = [&leaf.der, &leaf.der, &pki.intermediate.der];
    let told = |instant| told(&judge(&trusting(&[&pki.root]), &sent, instant));
    assert_eq!(told(NOW), ["note duplicate 1"]);
    assert_eq!(told("2026-08-18T00:00:00Z"), ["failure expired 0", "note duplicate 1"]);
}

/// A replacement that begins in the very next second goes on where the old one ends: nothing ends
/// soon, and nobody has to do anything.
#[test]
fn an_intermediate_that_is_replaced_in_time_ends_nothing() {
    let root = Draft::root("Root").issue();
    let [old, new] = renewed(
        &root,
        ["2025-01-01T00:00:00Z", "2026-06-30T23:59:59Z"],
        ["2026-07-01T00:00:00Z", "2030-01-01T00:00:00Z"],
    );
    let leaf = old.leaf("example.com").issue();
    let report = judge(&trusting(&[&root]), &[&leaf.der, &old.der, &new.der], NOW);
    assert_eq!(
        told(&report),
        ["note expires-soon 1", "note needed-by-old-clients 1", "note not-yet-valid 2"],
    );
    assert_eq!(report.status(), Status::Pass);
    let (ends, brief) = (Some(at(LEAF_ENDS)), Some(at("2026-06-30T23:59:59Z")));
    assert_eq!(profiles(&report), [ends, ends, brief, brief]);
    assert_eq!(gaps(&report), []);
}

/// One second is enough to fail in.
#[test]
fn a_second_between_two_intermediates_is_a_gap() {
    let root = Draft::root("Root").issue();
    let [old, new] = renewed(
        &root,
        ["2025-01-01T00:00:00Z", "2026-06-30T23:59:59Z"],
        ["2026-07-01T00:00:01Z", "2030-01-01T00:00:00Z"],
    );
    let leaf = old.leaf("example.com").issue();
    let report = judge(&trusting(&[&root]), &[&leaf.der, &old.der, &new.der], NOW);
    let second = at("2026-07-01T00:00:00Z");
    assert_eq!(gaps(&report), [(Some(second), second)]);
    assert_eq!(profiles(&report)[0], Some(at("2026-06-30T23:59:59Z")));
    let kind = FindingKind::GapAhead { from: second, to: second };
    assert_eq!(*only(&report, Code::GapAhead).kind(), kind);
    assert_eq!(only(&report, Code::GapAhead).severity(), Severity::Critical);
    let early =
        judge(&trusting(&[&root]), &[&leaf.der, &old.der, &new.der], "2026-01-01T00:00:00Z");
    assert_eq!(only(&early, Code::GapAhead).severity(), Severity::Note);
    assert_eq!(early.status(), Status::Pass);
}

/// What limits it all is an intermediate that is not yet in use.
#[test]
fn the_end_of_the_next_intermediate_is_told_when_it_is_soon() {
    let root = Draft::root("Root").issue();
    let [old, new] = renewed(
        &root,
        ["2025-01-01T00:00:00Z", "2026-06-20T00:00:00Z"],
        ["2026-06-18T00:00:00Z", "2026-07-20T00:00:00Z"],
    );
    let leaf = old.leaf("example.com").issue();
    let report = judge(&trusting(&[&root]), &[&leaf.der, &old.der, &new.der], NOW);
    assert_eq!(
        told(&report),
        [
            "critical path-ends-before-end-entity 2",
            "note expires-soon 1",
            "note needed-by-old-clients 1",
            "note not-yet-valid 2"
        ],
    );
    assert_eq!(report.status(), Status::Warn);
    assert_eq!(limit(&report), Some((Some(2), "CN=CA".to_owned())));
    let kind = FindingKind::PathEndsBeforeEndEntity {
        until: at("2026-07-20T00:00:00Z"),
        end_entity_not_after: at(LEAF_ENDS),
        anchor: None,
    };
    assert_eq!(*only(&report, Code::PathEndsBeforeEndEntity).kind(), kind);
}

/// A browser remembers intermediates; a client that has only what was sent fails.
#[test]
fn an_intermediate_of_the_callers_own_is_used_and_told_apart() {
    let root = Draft::root("Root").issue();
    let intermediate = root.ca("CA").valid("2025-01-01T00:00:00Z", "2026-11-30T00:00:00Z").issue();
    let leaf = intermediate.leaf("example.com").issue();
    let inspector = trusting(&[&root]).with_intermediates(intermediate.pem()).unwrap();
    let report = judge(&inspector, &[&leaf.der], "2026-01-15T00:00:00Z");
    let until = Some(at("2026-11-30T00:00:00Z"));
    assert_eq!(profiles(&report), [until, until, None, until]);
    assert_eq!(limit(&report), Some((Some(1), "CN=CA".to_owned())));
    assert_eq!(report.extra_certificates()[0].position(), 1);
    assert_eq!(told(&report), ["failure issuer-missing 0", "note path-ends-before-end-entity 1"],);
}

/// The server sends a copy of the root with dates of its own making.
#[test]
fn a_copy_of_the_anchor_that_is_sent_is_not_the_anchor() {
    let root = Draft::root("Root").issue();
    let copy = Draft::root("Root")
        .valid("2020-01-01T00:00:00Z", "2026-08-01T00:00:00Z")
        .issue_for(root.key.clone());
    let leaf = root.leaf("example.com").issue();
    let report = judge(&trusting(&[&root]), &[&leaf.der, &copy.der], NOW);
    assert_eq!(profiles(&report), [Some(at(LEAF_ENDS)); 4]);
    assert_eq!(path(&report), Some(&[0][..]));
    assert_eq!(report.status(), Status::Pass);

    // And the other way round: what the client knows is the one that ends.
    let report = judge(&trusting(&[&copy]), &[&leaf.der, &root.der], NOW);
    let until = Some(at("2026-08-01T00:00:00Z"));
    assert_eq!(profiles(&report), [until, Some(at(LEAF_ENDS)), until, until]);
    assert_eq!(limit(&report), Some((None, "CN=Root".to_owned())));
}

/// Clients go by the path that they may use, not by the one that lasts longer.
#[test]
fn a_path_that_may_not_be_used_does_not_count() {
    type Change = fn(&mut rcgen::CertificateParams);
    let changes: [Change; 2] = [
        |params| params.key_usages = vec![KeyUsagePurpose::CrlSign],
        |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
    ];
    let root = Draft::root("Root").issue();
    for change in changes {
        let brief = root.ca("CA").valid("2025-01-01T00:00:00Z", "2026-09-01T00:00:00Z").issue();
        let lasting = root.ca("CA").with(change).issue_for(brief.key.clone());
        let leaf = brief.leaf("example.com").issue();
        let sent = [&leaf.der, &brief.der, &lasting.der];
        let report = judge(&trusting(&[&root]), &sent, NOW);
        assert_eq!(profiles(&report)[0], Some(at("2026-09-01T00:00:00Z")));
        assert_eq!(path(&report), Some(&[0, 1][..]));

        // Where there is no other, a finding says so, and the calendar still says when.
        let report = judge(&trusting(&[&root]), &[&leaf.der, &lasting.der], NOW);
        assert_eq!(report.status(), Status::Fail);
        assert_eq!(profiles(&report)[0], Some(at(LEAF_ENDS)));
    }
}

/// The client follows what was sent into a dead end: a cross-sign that ended before the
/// end-entity certificate began.
#[test]
fn a_chain_as_sent_that_is_never_valid_has_no_instant() {
    let elder = Draft::root("Elder").issue();
    let root = Draft::root("Root").issue();
    let cross = elder
        .ca("Root")
        .valid("2020-01-01T00:00:00Z", "2025-12-31T23:59:59Z")
        .issue_for(root.key.clone());
    let leaf = root.leaf("example.com").issue();
    let sent = [&leaf.der, &cross.der];
    let ends = Some(at(LEAF_ENDS));

    let report = judge(&trusting(&[&elder, &root]), &sent, NOW);
    assert_eq!(profiles(&report), [ends, ends, None, ends]);
    assert_eq!(told(&report), ["note expired-but-unneeded 1", "note needed-by-old-clients 1"]);
    let kind = FindingKind::NeededByOldClients {
        profile: Profile::AsSent,
        until: at("2025-12-31T23:59:59Z"),
        anchor: None,
    };
    assert_eq!(*only(&report, Code::NeededByOldClients).kind(), kind);

    // A client that does not know the elder root stops below the cross-sign.
    let report = judge(&trusting(&[&root]), &sent, NOW);
    assert_eq!(profiles(&report), [ends; 4]);
}

/// Nine times nine ways to the root: they are not all looked at, and no instant is made up.
#[test]
fn a_search_that_was_cut_short_says_so_and_gives_no_instant() {
    let root = Draft::root("Root").issue();
    let upper: Vec<Issued> = {
        let first = root.ca("Upper").issue();
        let others = (1..9).map(|day| {
            let ends = format!("2035-01-0{day}T00:00:00Z");
            let draft = root.ca("Upper").valid("2025-01-01T00:00:00Z", &ends);
            draft.issue_for(first.key.clone())
        });
        let others: Vec<_> = others.collect();
        std::iter::once(first).chain(others).collect()
    };
    let lower: Vec<Issued> = {
        let first = upper[0].ca("Lower").issue();
        let others = (1..9).map(|day| {
            let ends = format!("2034-01-0{day}T00:00:00Z");
            let draft = upper[0].ca("Lower").valid("2025-01-01T00:00:00Z", &ends);
            draft.issue_for(first.key.clone())
        });
        let others: Vec<_> = others.collect();
        std::iter::once(first).chain(others).collect()
    };
    let leaf = lower[0].leaf("example.com").issue();
    let all = [&leaf].into_iter().chain(&lower).chain(&upper);
    let sent: Vec<_> = all.map(|issued| &issued.der).collect();
    let report = judge(&trusting(&[&root]), &sent, NOW);

    assert!(matches!(report.trust(), Trust::Trusted(_)), "{:?}", report.trust());
    assert_eq!(report.horizon().undetermined, Some(UndeterminedReason::Budget));
    assert_eq!(profiles(&report), [None; 4]);
    assert_eq!(report.horizon().end_entity, Some(at(LEAF_ENDS)));
    assert_eq!(only(&report, Code::HorizonUndetermined).severity(), Severity::Warning);
    assert_eq!(report.status(), Status::Unknown);
    assert_eq!(
        report.outlook(),
        "until when clients go on is unknown: the search for a path ran out of its budget",
    );
}

/// webpki knows no instant before 1970; an anchor's dates are none of its business.
#[test]
fn the_horizon_of_other_times_is_told() {
    let root = Draft::root("Root").valid("1950-01-01T00:00:00Z", "9999-12-31T23:59:59Z").issue();
    let leaf =
        root.leaf("example.com").valid("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z").issue();
    let inspect = |instant| judge(&trusting(&[&root]), &[&leaf.der], instant);
    for instant in ["1970-01-01T00:00:00Z", "2038-01-19T03:14:08Z", "9999-12-31T23:59:59Z"] {
        let report = inspect(instant);
        assert_eq!(profiles(&report), [Some(at("9999-12-31T23:59:59Z")); 4], "{instant}");
        assert!(matches!(report.trust(), Trust::Trusted(_)), "{instant}");
        assert!(report.outlook().starts_with("clients start failing on 9999-12-31"));
    }
    for instant in ["1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z"] {
        let report = inspect(instant);
        assert_eq!(profiles(&report), [None; 4], "{instant}");
        assert_eq!(gaps(&report), [(None, at("1969-12-31T23:59:59Z"))], "{instant}");
    }
}

/// Of a store that holds one root twice, both are told.
#[test]
fn a_root_that_was_renewed_under_its_key_counts_twice() {
    let old = Draft::root("Root").valid("2016-01-01T00:00:00Z", "2026-07-01T00:00:00Z").issue();
    let new = Draft::root("Root")
        .valid("2026-01-01T00:00:00Z", "2046-01-01T00:00:00Z")
        .issue_for(old.key.clone());
    let leaf = old.leaf("example.com").issue();
    let report = judge(&trusting(&[&old, &new]), &[&leaf.der], NOW);
    assert_eq!(told(&report), NOTHING);
    assert_eq!(profiles(&report), [Some(at(LEAF_ENDS)); 4]);
    let anchors: Vec<_> = report.horizon().anchors.iter().map(|anchor| anchor.until).collect();
    assert_eq!(anchors, [Some(at(LEAF_ENDS)), Some(at("2026-07-01T00:00:00Z"))]);
}

#[cfg(feature = "serde")]
#[test]
fn the_horizon_is_written_and_read_back() {
    use serde_json::json;

    let elder = Draft::root("Elder").valid("2010-01-01T00:00:00Z", "2026-09-01T00:00:00Z").issue();
    let [old, new] = renewed(
        &elder,
        ["2025-01-01T00:00:00Z", "2026-06-30T23:59:59Z"],
        ["2026-07-03T00:00:00Z", "2030-01-01T00:00:00Z"],
    );
    let leaf = old.leaf("example.com").issue();
    let report =
        judge(&trusting(&[&elder]), &[&leaf.der, &old.der, &new.der], "2026-07-10T00:00:00Z");
    let written = serde_json::to_value(&report).unwrap();
    let digest = report.horizon().limited_by.as_ref().unwrap().sha256();
    let digest = digest.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    let limit = json!({ "sha256": digest, "subject": "CN=Elder" });
    assert_eq!(
        written["horizon"],
        json!({
            "until": "2026-09-01T00:00:00Z",
            "limited_by": limit,
            "anchors_ignored": LEAF_ENDS,
            "as_sent": "2026-06-30T23:59:59Z",
            "strict": "2026-06-30T23:59:59Z",
            "anchors": [
                { "anchor": "CN=Elder", "until": "2026-09-01T00:00:00Z", "limited_by": limit },
            ],
            "end_entity": LEAF_ENDS,
            "earliest_presented": "2026-06-30T23:59:59Z",
        }),
    );
    assert_eq!(serde_json::from_value::<Report>(written).unwrap(), report);

    let before = judge(&trusting(&[&elder]), &[&leaf.der, &old.der, &new.der], NOW);
    let written = serde_json::to_value(&before).unwrap();
    assert_eq!(
        written["horizon"]["gaps"],
        json!([{ "from": "2026-07-01T00:00:00Z", "to": "2026-07-02T23:59:59Z" }]),
    );
    let read: Report = serde_json::from_value(written).unwrap();
    assert_eq!((read.outlook(), read.to_string()), (before.outlook(), before.to_string()));
}

/// A report of a version that had no horizon, and one store without a name.
#[cfg(feature = "serde")]
#[test]
fn a_report_without_a_horizon_is_read() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let subject = server(&["example.com"]);
    let inspector: Inspector = trusting(&[&pki.root]);
    let report = inspector.inspect(&chain(&pki.chain(&leaf)), &subject, at(NOW));
    let mut written = serde_json::to_value(&report).unwrap();
    for key in ["horizon", "store"] {
        written.as_object_mut().unwrap().remove(key).unwrap();
    }
    let read: Report = serde_json::from_value(written).unwrap();
    assert_eq!(*read.horizon(), Horizon::default());
}
