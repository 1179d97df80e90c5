//! Any chain is judged at any instant: twice the same, and the report is written and read back.
//!
//! The input is the instant, in 8 octets, and then certificates and revocation lists in DER, one
//! behind the other.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use notafter::chain::{PresentedChain, RevocationList};
use notafter::inspect::{Policy, TrustAnchors};
use notafter::report::{Severity, Trust};
use notafter::target::Subject;
use notafter::{Inspector, Report, Status};
use time::OffsetDateTime;

fuzz_target!(|input: &[u8]| {
    let Some((instant, values)) = input.split_first_chunk() else {
        return;
    };
    let (lists, certificates): (Vec<_>, Vec<_>) =
        split(values).into_iter().partition(|value| RevocationList::from_der(*value).is_ok());
    let Ok(chain) = PresentedChain::from_der(certificates) else {
        return;
    };
    let lists = lists.into_iter().filter_map(|value| RevocationList::from_der(value).ok());
    let inspector = inspector().clone().with_revocation_lists(lists);
    let at = instant_of(u64::from_be_bytes(*instant));
    let names = ["example.com".parse().expect("it is a name")];
    let subject = Subject::server("https://example.com:443", names);

    let report = inspector.inspect(&chain, &subject, at);

    assert_eq!(report, inspector.inspect(&chain, &subject, at));
    assert_eq!(report.checked_at(), at);
    assert_eq!(report.chain().len(), chain.entries().len());
    if let Some(path) = report.trust().path() {
        assert_eq!(path.path.first(), Some(&0));
        assert!(path.path.iter().all(|position| *position < chain.entries().len()));
    }
    if report.status() == Status::Pass {
        let Trust::Trusted(path) = report.trust() else {
            panic!("it passes without a path: {report}");
        };
        for position in &path.path {
            let certificate = chain.entries()[*position].certificate().expect("it was read");
            assert!(certificate.validity().contains(at), "{report}");
        }
    }

    let shown = report.to_string();
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
    let written = serde_json::to_string(&report).expect("every report can be written");
    let read: Report = serde_json::from_str(&written).expect("what was written can be read");
    assert_eq!(read, report);
});

/// Any second from the year 1 to the year 9999.
fn instant_of(seed: u64) -> OffsetDateTime {
    const FIRST: i64 = -62_135_596_800;
    const LAST: i64 = 253_402_300_799;
    let seconds = seed.cast_signed().rem_euclid(LAST - FIRST + 1);
    OffsetDateTime::from_unix_timestamp(FIRST + seconds).expect("it lies between the two")
}

/// Splits where a DER value ends; what is none is taken as it is.
fn split(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut values = Vec::new();
    while !bytes.is_empty() && values.len() < MOST_VALUES {
        let (value, rest) = bytes.split_at(value_length(bytes).unwrap_or(bytes.len()));
        values.push(value);
        bytes = rest;
    }
    values
}

fn value_length(bytes: &[u8]) -> Option<usize> {
    let (header, length) = match bytes {
        [_, short @ 0..=0x7f, ..] => (2, usize::from(*short)),
        [_, 0x81, length, ..] => (3, usize::from(*length)),
        [_, 0x82, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        _ => return None,
    };
    Some(header + length).filter(|end| *end <= bytes.len())
}

fn inspector() -> &'static Inspector {
    static INSPECTOR: OnceLock<Inspector> = OnceLock::new();
    INSPECTOR.get_or_init(|| {
        let root = include_bytes!("../root.der").as_slice();
        let anchors = TrustAnchors::from_der([root]).expect("the root can be read");
        let policy = Policy::new().baseline_requirements(Severity::Note);
        Inspector::new().with_anchors(anchors).with_policy(policy)
    })
}

const MOST_VALUES: usize = 8;
