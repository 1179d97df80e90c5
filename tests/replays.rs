//! Outages that began above the server's own certificate, replayed with certificates of the same
//! dates. Each test says first what a monitor that looks at the end-entity certificate alone would
//! have said that day.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::judge::{chain, judge, path, told, trusting};
use common::pki::{Draft, Issued, at};
use notafter::report::{Gap, Horizon, Report, Status};
use notafter::target::{Purpose, Subject};
use time::OffsetDateTime;

/// The limiting certificate: its position, and its subject.
fn limit(horizon: &Horizon) -> (Option<usize>, String) {
    let limit = horizon.limited_by.as_ref().unwrap();
    (limit.position(), limit.subject())
}

/// The horizon of each kind of client: the headline, anchors ignored, as sent, strict.
fn profiles(report: &Report) -> [Option<OffsetDateTime>; 4] {
    let horizon = report.horizon();
    [horizon.until, horizon.anchors_ignored, horizon.as_sent, horizon.strict]
}

/// The horizon of those who know one anchor only, by the anchor's name.
fn per_anchor(report: &Report) -> Vec<(&str, Option<OffsetDateTime>)> {
    let anchors = report.horizon().anchors.iter();
    anchors.map(|anchor| (anchor.anchor.as_str(), anchor.until)).collect()
}

/// 30 May 2020: the root AddTrust, and the certificate by which it vouched for USERTrust, ended.
/// Clients that knew USERTrust itself had no need of either; those that followed the chain as it
/// was sent died (Stripe, Roku, Datadog, Heroku).
mod addtrust {
    use super::*;

    const LAST_GOOD: &str = "2020-05-30T10:48:38Z";
    const FIRST_BAD: &str = "2020-05-30T10:48:39Z";
    const LEAF_ENDS: &str = "2020-11-30T23:59:59Z";

    struct Hierarchy {
        addtrust: Issued,
        usertrust: Issued,
        sent: [Vec<u8>; 3],
    }

    fn hierarchy() -> Hierarchy {
        let addtrust = Draft::root("AddTrust").valid("2000-05-30T10:48:38Z", LAST_GOOD).issue();
        let usertrust =
            Draft::root("USERTrust").valid("2010-02-01T00:00:00Z", "2038-01-18T23:59:59Z").issue();
        let cross = addtrust
            .ca("USERTrust")
            .valid("2000-05-30T10:48:38Z", LAST_GOOD)
            .issue_for(usertrust.key.clone());
        let intermediate =
            usertrust.ca("Sectigo").valid("2018-11-02T00:00:00Z", "2030-12-31T23:59:59Z").issue();
        let leaf =
            intermediate.leaf("example.com").valid("2019-09-01T00:00:00Z", LEAF_ENDS).issue();
        let sent = [leaf.der.to_vec(), intermediate.der.to_vec(), cross.der.to_vec()];
        Hierarchy { addtrust, usertrust, sent }
    }

    /// By the leaf: fine, half a year left.
    #[test]
    fn clients_that_know_usertrust_alone_never_notice() {
        let Hierarchy { usertrust, sent, .. } = hierarchy();
        let inspector = trusting(&[&usertrust]);

        let report = judge(&inspector, &sent, LAST_GOOD);
        assert_eq!(told(&report), ["note expires-soon 2"]);
        assert_eq!(report.status(), Status::Pass);

        let report = judge(&inspector, &sent, FIRST_BAD);
        assert_eq!(told(&report), ["note expired-but-unneeded 2"]);
        assert_eq!(report.status(), Status::Pass);
        assert_eq!(path(&report), Some(&[0, 1][..]));
        assert_eq!(profiles(&report), [Some(at(LEAF_ENDS)); 4]);
        // The naive number says otherwise.
        assert_eq!(report.horizon().earliest_presented, Some(at(LAST_GOOD)));
    }

    /// By the leaf: fine, half a year left.
    #[test]
    fn clients_that_know_both_roots_go_on_unless_they_follow_the_chain_as_sent() {
        let Hierarchy { addtrust, usertrust, sent } = hierarchy();
        let inspector = trusting(&[&addtrust, &usertrust]);
        let ends =
            [Some(at(LEAF_ENDS)), Some(at(LEAF_ENDS)), Some(at(LAST_GOOD)), Some(at(LAST_GOOD))];

        let report = judge(&inspector, &sent, LAST_GOOD);
        assert_eq!(told(&report), ["note expires-soon 2", "note needed-by-old-clients 2"]);
        assert_eq!(report.status(), Status::Pass);
        assert_eq!(profiles(&report), ends);

        let report = judge(&inspector, &sent, FIRST_BAD);
        assert_eq!(told(&report), ["note expired-but-unneeded 2", "note needed-by-old-clients 2"]);
        assert_eq!(report.status(), Status::Pass);
        assert_eq!(profiles(&report), ends);
        assert_eq!(limit(report.horizon()), (Some(0), "CN=example.com".to_owned()));
        assert_eq!(
            per_anchor(&report),
            [("CN=USERTrust", Some(at(LEAF_ENDS))), ("CN=AddTrust", Some(at(LAST_GOOD)))],
        );
    }

    /// By the leaf: fine, half a year left.
    #[test]
    fn for_clients_that_know_addtrust_alone_it_is_the_end() {
        let Hierarchy { addtrust, sent, .. } = hierarchy();
        let inspector = trusting(&[&addtrust]);

        let report = judge(&inspector, &sent, LAST_GOOD);
        assert_eq!(
            told(&report),
            [
                "critical expires-soon 2",
                "critical path-ends-before-end-entity 2",
                "critical anchor-expires-soon -"
            ],
        );
        assert_eq!(report.status(), Status::Warn);
        assert_eq!(profiles(&report), [Some(at(LAST_GOOD)); 4]);
        assert_eq!(limit(report.horizon()), (Some(2), "CN=USERTrust".to_owned()));
        assert_eq!(
            report.outlook(),
            "clients start failing on 2020-05-30 10:48:39 UTC, in 1 second, because intermediate \
             \"USERTrust\" ends; the server's own certificate would last until \
             2020-11-30 23:59:59 UTC",
        );

        let report = judge(&inspector, &sent, FIRST_BAD);
        assert_eq!(
            told(&report),
            [
                "failure expired 2",
                "failure path-ends-before-end-entity 2",
                "failure anchor-expired -"
            ],
        );
        assert_eq!(report.status(), Status::Fail);
        assert_eq!(profiles(&report), [Some(at(LAST_GOOD)); 4]);
    }
}

/// 30 September 2021: DST Root CA X3 ended; the certificate by which it vouched for ISRG Root X1 was
/// made to outlive it, for old Androids, which do not look at the dates of roots.
mod dst_root_x3 {
    use super::*;

    const ROOT_ENDS: &str = "2021-09-30T14:01:15Z";
    const CROSS_ENDS: &str = "2024-09-30T18:14:03Z";
    const LEAF_ENDS: &str = "2021-11-30T11:59:59Z";

    struct Hierarchy {
        dst: Issued,
        isrg: Issued,
        r3: Issued,
        sent: [Vec<u8>; 3],
    }

    fn hierarchy() -> Hierarchy {
        let dst = Draft::root("DST Root CA X3").valid("2000-09-30T21:12:19Z", ROOT_ENDS).issue();
        let isrg = Draft::root("ISRG Root X1")
            .valid("2015-06-04T11:04:38Z", "2035-06-04T11:04:38Z")
            .issue();
        let cross = dst
            .ca("ISRG Root X1")
            .valid("2021-01-20T19:14:03Z", CROSS_ENDS)
            .issue_for(isrg.key.clone());
        let r3 = isrg.ca("R3").valid("2020-09-04T00:00:00Z", "2025-09-15T16:00:00Z").issue();
        let leaf = r3.leaf("example.com").valid("2021-09-01T12:00:00Z", LEAF_ENDS).issue();
        let sent = [leaf.der.to_vec(), r3.der.to_vec(), cross.der.to_vec()];
        Hierarchy { dst, isrg, r3, sent }
    }

    /// By the leaf: fine, two months left.
    #[test]
    fn with_both_roots_only_clients_that_follow_the_chain_as_sent_fail() {
        let Hierarchy { dst, isrg, sent, .. } = hierarchy();
        let inspector = trusting(&[&dst, &isrg]);
        let ends =
            [Some(at(LEAF_ENDS)), Some(at(LEAF_ENDS)), Some(at(ROOT_ENDS)), Some(at(ROOT_ENDS))];
        for instant in ["2021-09-15T00:00:00Z", ROOT_ENDS, "2021-09-30T14:01:16Z"] {
            let report = judge(&inspector, &sent, instant);
            assert_eq!(told(&report), ["note needed-by-old-clients -"], "{instant}");
            assert_eq!(report.status(), Status::Pass, "{instant}");
            assert_eq!(profiles(&report), ends, "{instant}");
            assert_eq!(
                per_anchor(&report),
                [
                    ("CN=ISRG Root X1", Some(at(LEAF_ENDS))),
                    ("CN=DST Root CA X3", Some(at(ROOT_ENDS)))
                ],
            );
        }
    }

    /// For three years servers went on to send the cross-sign. By the leaf: fine, three months left.
    #[test]
    fn a_certificate_of_later_on_works_for_all_but_clients_that_follow_the_chain_as_sent() {
        let Hierarchy { dst, isrg, r3, sent: [_, .., cross] } = hierarchy();
        let leaf =
            r3.leaf("example.com").valid("2022-05-01T00:00:00Z", "2022-07-29T23:59:59Z").issue();
        let sent = [leaf.der.to_vec(), r3.der.to_vec(), cross];
        let report = judge(&trusting(&[&dst, &isrg]), &sent, "2022-05-02T00:00:00Z");
        assert_eq!(told(&report), ["note needed-by-old-clients -"]);
        let finding = &report.findings()[0];
        assert_eq!(
            finding.message(),
            "clients that follow the chain as it was sent fail after 2021-09-30 14:01:15 UTC, when \
             the trust anchor CN=DST Root CA X3 ends",
        );
        let ends = Some(at("2022-07-29T23:59:59Z"));
        assert_eq!(profiles(&report), [ends, ends, None, ends]);
    }

    /// By the leaf: fine, two months left.
    #[test]
    fn with_the_old_root_alone_only_clients_that_ignore_its_dates_go_on() {
        let Hierarchy { dst, sent, .. } = hierarchy();
        let inspector = trusting(&[&dst]);
        let ends =
            [Some(at(ROOT_ENDS)), Some(at(LEAF_ENDS)), Some(at(ROOT_ENDS)), Some(at(ROOT_ENDS))];

        let report = judge(&inspector, &sent, ROOT_ENDS);
        assert_eq!(
            told(&report),
            ["critical anchor-expires-soon -", "critical path-ends-before-end-entity -"],
        );
        assert_eq!(report.status(), Status::Warn);
        assert_eq!(profiles(&report), ends);
        assert_eq!(limit(report.horizon()), (None, "CN=DST Root CA X3".to_owned()));

        let report = judge(&inspector, &sent, "2021-09-30T14:01:16Z");
        assert_eq!(
            told(&report),
            ["failure anchor-expired -", "failure path-ends-before-end-entity -"],
        );
        assert_eq!(report.status(), Status::Fail);
        assert_eq!(profiles(&report), ends);
        assert_eq!(
            report.outlook(),
            "clients have been failing since 2021-09-30 14:01:16 UTC, because trust anchor \
             \"DST Root CA X3\" ended; the server's own certificate would last until \
             2021-11-30 11:59:59 UTC",
        );
    }
}

/// 4 April 2015: Google Internet Authority G2 ended, and with it mail through smtp.gmail.com.
///
/// By the leaf: fine, almost nine months left.
#[test]
fn google_internet_authority_g2_ends_before_what_it_signed() {
    let root = Draft::root("GeoTrust Global CA")
        .valid("2002-05-21T04:00:00Z", "2022-05-21T04:00:00Z")
        .issue();
    let g2 = root
        .ca("Google Internet Authority G2")
        .valid("2013-04-05T15:15:55Z", "2015-04-04T15:15:55Z")
        .issue();
    let leaf = g2.leaf("example.com").valid("2014-07-15T08:40:38Z", "2015-12-31T00:00:00Z").issue();
    let sent = [&leaf.der, &g2.der];
    let inspector = trusting(&[&root]);
    let cases: [(_, _, &[&str]); 5] = [
        // 6 October 2014 is 180 days before, 3 February 2015 is 60.
        ("2014-10-06T15:15:55Z", Status::Pass, &["note path-ends-before-end-entity 1"]),
        (
            "2014-10-06T15:15:56Z",
            Status::Warn,
            &["warning expires-soon 1", "warning path-ends-before-end-entity 1"],
        ),
        (
            "2015-02-03T15:15:56Z",
            Status::Warn,
            &["critical expires-soon 1", "critical path-ends-before-end-entity 1"],
        ),
        (
            "2015-04-04T15:15:55Z",
            Status::Warn,
            &["critical expires-soon 1", "critical path-ends-before-end-entity 1"],
        ),
        (
            "2015-04-04T15:15:56Z",
            Status::Fail,
            &["failure expired 1", "failure path-ends-before-end-entity 1"],
        ),
    ];
    for (instant, status, expected) in cases {
        let report = judge(&inspector, &sent, instant);
        assert_eq!(
            (told(&report), report.status()),
            (expected.iter().map(ToString::to_string).collect(), status),
            "{instant}"
        );
        assert_eq!(profiles(&report), [Some(at("2015-04-04T15:15:55Z")); 4], "{instant}");
        assert_eq!(
            limit(report.horizon()),
            (Some(1), "CN=Google Internet Authority G2".to_owned()),
        );
        assert_eq!(report.horizon().end_entity, Some(at("2015-12-31T00:00:00Z")));
    }
}

/// 9 May 2023: Cisco's vEdge routers carry certificates to 2038 in their TPM; a CA above them ended
/// after ten years.
///
/// By the leaf: fine, fifteen years left.
#[test]
fn a_ca_above_a_device_ends_fifteen_years_before_it() {
    let root =
        Draft::root("Device Root").valid("2013-05-10T00:00:00Z", "2043-05-10T00:00:00Z").issue();
    let ca = root.ca("vEdge CA").valid("2013-05-10T00:00:00Z", "2023-05-09T12:00:00Z").issue();
    let device =
        ca.leaf("example.com").valid("2018-01-18T00:00:00Z", "2038-01-18T00:00:00Z").issue();
    let sent = [&device.der, &ca.der];
    let inspector = trusting(&[&root]);

    // Told from the first day on; a matter for somebody half a year before.
    let report = judge(&inspector, &sent, "2018-01-19T00:00:00Z");
    assert_eq!(told(&report), ["note path-ends-before-end-entity 1"]);
    assert_eq!(profiles(&report), [Some(at("2023-05-09T12:00:00Z")); 4]);

    let report = judge(&inspector, &sent, "2023-05-09T00:00:00Z");
    assert_eq!(
        told(&report),
        ["critical expires-soon 1", "critical path-ends-before-end-entity 1"],
    );
    assert_eq!(report.status(), Status::Warn);

    let report = judge(&inspector, &sent, "2023-05-09T12:00:01Z");
    assert_eq!(told(&report), ["failure expired 1", "failure path-ends-before-end-entity 1"]);
    assert_eq!(report.status(), Status::Fail);
    assert_eq!(limit(report.horizon()), (Some(1), "CN=vEdge CA".to_owned()));
}

/// The CA renewed its intermediate under the same key, and two days too late.
///
/// By the leaf: fine on every one of these days.
#[test]
fn a_new_intermediate_begins_two_days_after_the_old_one_ends() {
    let root = Draft::root("Root").issue();
    let old = root.ca("CA").valid("2025-01-01T00:00:00Z", "2026-06-30T23:59:59Z").issue();
    let new = root
        .ca("CA")
        .valid("2026-07-03T00:00:00Z", "2030-01-01T00:00:00Z")
        .issue_for(old.key.clone());
    let leaf = old.leaf("example.com").issue();
    let sent = [&leaf.der, &old.der, &new.der];
    let inspector = trusting(&[&root]);
    let gap = (Some(at("2026-07-01T00:00:00Z")), at("2026-07-02T23:59:59Z"));
    let gaps = |report: &Report| -> Vec<_> {
        report.horizon().gaps.iter().map(|Gap { from, to, .. }| (*from, *to)).collect()
    };

    let report = judge(&inspector, &sent, "2026-06-29T00:00:00Z");
    assert_eq!(
        told(&report),
        [
            "critical expires-soon 1",
            "critical path-ends-before-end-entity 1",
            "critical gap-ahead -",
            "note not-yet-valid 2"
        ],
    );
    assert_eq!(profiles(&report)[0], Some(at("2026-06-30T23:59:59Z")));
    assert_eq!(gaps(&report), [gap]);
    assert_eq!(
        report.outlook(),
        "clients start failing on 2026-07-01 00:00:00 UTC, in 2 days, because intermediate \"CA\" \
         ends; the server's own certificate would last until 2026-12-31 23:59:59 UTC; they go on \
         from 2026-07-03 00:00:00 UTC",
    );

    let report = judge(&inspector, &sent, "2026-07-02T00:00:00Z");
    assert_eq!(
        told(&report),
        ["failure expired 1", "failure path-ends-before-end-entity 1", "note not-yet-valid 2"],
    );
    assert_eq!(report.status(), Status::Fail);
    assert_eq!(profiles(&report)[0], Some(at("2026-06-30T23:59:59Z")));
    assert_eq!(gaps(&report), [gap]);

    let report = judge(&inspector, &sent, "2026-07-03T00:00:00Z");
    assert_eq!(told(&report), ["note expired-but-unneeded 1", "note needed-by-old-clients 1"]);
    assert_eq!(profiles(&report)[0], Some(at("2026-12-31T23:59:59Z")));
    assert_eq!(gaps(&report), []);
}

/// 4 May 2019: the intermediate that signs Firefox's add-ons ended, and all of them were switched
/// off. The team believed that signatures are not held to dates.
///
/// By the leaf: fine, years left.
#[test]
fn the_intermediate_that_signs_firefox_add_ons_ends() {
    let root = Draft::root("root-ca-production-amo")
        .valid("2015-03-17T22:53:57Z", "2025-03-14T22:53:57Z")
        .issue();
    let signing_ca = root
        .ca("signingca1.addons.mozilla.org")
        .valid("2017-05-04T00:09:46Z", "2019-05-04T00:09:46Z")
        .issue();
    let signer = signing_ca
        .leaf("add-on@example.com")
        .names(&[])
        .with(|params| {
            params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::CodeSigning]
        })
        .valid("2018-01-01T00:00:00Z", "2023-01-01T00:00:00Z")
        .issue();
    let subject = Subject::new("add-on.xpi", Purpose::Signing);
    let sent = chain(&[&signer.der, &signing_ca.der]);
    let inspect = |instant| trusting(&[&root]).inspect(&sent, &subject, at(instant));

    // With the clock moved forward, as the tests of that day did not.
    assert_eq!(told(&inspect("2018-06-01T00:00:00Z")), ["note path-ends-before-end-entity 1"]);
    assert!(inspect("2018-06-01T00:00:00Z").outlook().ends_with(
        "because intermediate \"signingca1.addons.mozilla.org\" ends; the signing certificate would \
         last until 2023-01-01 00:00:00 UTC"
    ));
    let report = inspect("2019-04-04T00:09:47Z");
    assert_eq!(
        told(&report),
        ["critical expires-soon 1", "critical path-ends-before-end-entity 1"],
    );
    let report = inspect("2019-05-04T00:09:47Z");
    assert_eq!(told(&report), ["failure expired 1", "failure path-ends-before-end-entity 1"]);
    assert_eq!(report.status(), Status::Fail);
    assert_eq!(limit(report.horizon()), (Some(1), "CN=signingca1.addons.mozilla.org".to_owned()));
}
