//! Dates as certificates hold them: those of RFC 5280 section 4.1.2.5, and those that are met beside
//! them.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{Anatomy, generalized_time, tlv, utc_time};
use common::judge::{chain, judge, only, server, trusting};
use common::pki::{Pki, at};
use notafter::chain::{DateField, DateQuirk};
use notafter::report::{Code, Finding, FindingKind, Severity, Status};
use sha2::{Digest, Sha256};

/// An encoding, the instant that it stands for, and what is odd about it.
struct Understood {
    time: Vec<u8>,
    encoded: &'static str,
    instant: &'static str,
    quirk: Option<DateQuirk>,
}

fn utc(encoded: &'static str, instant: &'static str, quirk: Option<DateQuirk>) -> Understood {
    Understood { time: utc_time(encoded), encoded, instant, quirk }
}

fn generalized(
    encoded: &'static str,
    instant: &'static str,
    quirk: Option<DateQuirk>,
) -> Understood {
    Understood { time: generalized_time(encoded), encoded, instant, quirk }
}

fn understood() -> Vec<Understood> {
    use DateQuirk::{
        BeforeUnixEpoch, FractionalSeconds, GeneralizedTimeBefore2050, LeapSecond, NoTimeZone,
        Offset, WithoutSeconds,
    };
    vec![
        utc("260101000000Z", "2026-01-01T00:00:00Z", None),
        utc("280229235959Z", "2028-02-29T23:59:59Z", None),
        utc("491231235959Z", "2049-12-31T23:59:59Z", None),
        utc("700101000000Z", "1970-01-01T00:00:00Z", None),
        generalized("20500101000000Z", "2050-01-01T00:00:00Z", None),
        generalized("99991231235959Z", "9999-12-31T23:59:59Z", None),
        generalized("20491231235959Z", "2049-12-31T23:59:59Z", Some(GeneralizedTimeBefore2050)),
        utc("500101000000Z", "1950-01-01T00:00:00Z", Some(BeforeUnixEpoch)),
        utc("691231235959Z", "1969-12-31T23:59:59Z", Some(BeforeUnixEpoch)),
        generalized("00010101000000Z", "0001-01-01T00:00:00Z", Some(BeforeUnixEpoch)),
        generalized("00000101000000Z", "0000-01-01T00:00:00Z", Some(BeforeUnixEpoch)),
        utc("2601011230Z", "2026-01-01T12:30:00Z", Some(WithoutSeconds)),
        utc("260101000000+0100", "2025-12-31T23:00:00Z", Some(Offset)),
        utc("260101000000-0130", "2026-01-01T01:30:00Z", Some(Offset)),
        generalized("20600101000000.999Z", "2060-01-01T00:00:00Z", Some(FractionalSeconds)),
        utc("260101000000", "2026-01-01T00:00:00Z", Some(NoTimeZone)),
        utc("261231235960Z", "2026-12-31T23:59:59Z", Some(LeapSecond)),
    ]
}

#[test]
fn every_encoding_that_can_be_understood_is_an_instant_in_utc_and_its_oddity_is_told() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    for Understood { time, encoded, instant, quirk } in understood() {
        for field in [DateField::NotBefore, DateField::NotAfter] {
            let anatomy = Anatomy::of(&leaf.der);
            let odd = match field {
                DateField::NotBefore => anatomy.not_before(&time),
                DateField::NotAfter => anatomy.not_after(&time),
            };
            let sent = chain(&[odd.signed_by(&pki.intermediate.key), pki.intermediate.der.clone()]);

            let certificate = sent.end_entity().certificate().unwrap();
            let validity = certificate.validity();
            let (read, other, untouched) = match field {
                DateField::NotBefore => {
                    (validity.not_before, validity.not_after, "2026-12-31T23:59:59Z")
                }
                DateField::NotAfter => {
                    (validity.not_after, validity.not_before, "2026-01-01T00:00:00Z")
                }
            };
            assert_eq!(read, at(instant), "{encoded}");
            assert!(read.offset().is_utc(), "{encoded}");
            assert_eq!(other, at(untouched), "{encoded}");

            let subject = server(&["example.com"]);
            let report =
                trusting(&[&pki.root]).inspect(&sent, &subject, at("2026-06-15T12:00:00Z"));
            let found: Vec<&Finding> = report.findings_with(Code::DateEncoding).collect();
            let Some(quirk) = quirk else {
                assert!(found.is_empty(), "{encoded}");
                continue;
            };
            // Clients read an early GeneralizedTime as it is meant; rustls refuses all the others.
            let severity = match quirk {
                DateQuirk::GeneralizedTimeBefore2050 => Severity::Note,
                _ => Severity::Warning,
            };
            let finding = only(&report, Code::DateEncoding);
            let kind = FindingKind::DateEncoding { field, quirk, encoded: encoded.to_owned() };
            assert_eq!(*finding.kind(), kind);
            assert_eq!((finding.severity(), finding.position()), (severity, Some(0)), "{encoded}");
            assert_eq!(report.chain()[1].not_after(), Some(at("2035-01-01T00:00:00Z")));
        }
    }
}

/// An encoding that stands for no instant, and why.
fn refused() -> Vec<(Vec<u8>, &'static str)> {
    vec![
        (utc_time("271301000000Z"), r#""271301000000Z" names a month that is none"#),
        (utc_time("270229000000Z"), r#""270229000000Z" names a day that does not exist"#),
        (utc_time("270101240000Z"), r#""270101240000Z" names a time that is none"#),
        (utc_time("270101000061Z"), r#""270101000061Z" names a time that is none"#),
        (utc_time(""), r#""" ends early"#),
        (utc_time("            Z"), r#""            Z" has something other than digits"#),
        (utc_time("27010\u{1}000000Z"), r#""27010?000000Z" has something other than digits"#),
        (
            utc_time("270101000000X"),
            r#""270101000000X" has something other than a time zone behind the time"#,
        ),
        (
            generalized_time("99991231235959-0100"),
            r#""99991231235959-0100" lies outside the years 0000 to 9999 in UTC"#,
        ),
        (tlv(0x0c, b"270101000000Z"), r#""270101000000Z" is neither UTCTime nor GeneralizedTime"#),
    ]
}

#[test]
fn a_date_that_stands_for_no_instant_makes_the_entry_malformed_and_no_other() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    for (time, reason) in refused() {
        for field in [DateField::NotBefore, DateField::NotAfter] {
            for position in [0, 1] {
                let whole = [leaf.der.clone(), pki.intermediate.der.clone()];
                let anatomy = Anatomy::of(&whole[position]);
                let broken = match field {
                    DateField::NotBefore => anatomy.not_before(&time),
                    DateField::NotAfter => anatomy.not_after(&time),
                }
                .put_together();
                let mut sent = whole.clone();
                sent[position] = broken.clone();
                let report = judge(&trusting(&[&pki.root]), &sent, "2026-06-15T12:00:00Z");

                let entry = report.chain()[position].entry().unwrap();
                let malformed = entry.certificate().unwrap_err();
                assert_eq!((malformed.part(), malformed.reason()), (field.as_str(), reason));
                assert_eq!(entry.der(), &broken[..]);
                assert_eq!(entry.sha256(), <[u8; 32]>::from(Sha256::digest(&broken)));

                let finding = only(&report, Code::MalformedCertificate);
                let told = format!("{}: {reason}", field.as_str());
                assert_eq!(*finding.kind(), FindingKind::MalformedCertificate { reason: told },);
                assert_eq!(finding.position(), Some(position));
                assert_eq!(report.status(), Status::Fail);

                let other = report.chain()[1 - position].summary().unwrap();
                let subject = ["CN=Test Intermediate", "CN=example.com"][position];
                assert_eq!(other.subject, subject);
            }
        }
    }
}
