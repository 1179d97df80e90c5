//! Flights, byte by byte.

mod hostile;
mod real;

use proptest::prelude::*;

use super::*;

/// TLS 1.0, two certificates of three bytes and one, a staple of two bytes, a client certificate
/// requested. Each message has a record of its own, in the order of their numbers below.
const FLIGHT: [u8; 106] = [
    22, 3, 1, 0, 42, // record
    2, 0, 0, 38, // ServerHello
    3, 1, // version
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    0, // session identifier
    0, 47, // cipher suite
    0,  // compression
    22, 3, 1, 0, 17, // record
    11, 0, 0, 13, // Certificate
    0, 0, 10, // list
    0, 0, 3, 0x30, 1, 2, // the first
    0, 0, 1, 0x31, // the second
    22, 3, 1, 0, 10, // record
    22, 0, 0, 6, // CertificateStatus
    1, 0, 0, 2, 8, 9, // response
    22, 3, 1, 0, 8, // record
    13, 0, 0, 4, // CertificateRequest
    1, 1, 0, 0, // types, names
    22, 3, 1, 0, 4, // record
    14, 0, 0, 0, // ServerHelloDone
];

/// Where the Certificate message ends.
const CHAIN_END: usize = 69;

fn flight() -> Flight {
    Flight {
        certificates: vec![vec![0x30, 1, 2], vec![0x31]],
        version: "TLSv1.0",
        cipher_suite: "TLS_RSA_WITH_AES_128_CBC_SHA".into(),
        staple: Some(vec![8, 9]),
        client_certificate_requested: true,
    }
}

fn record(content_type: u8, fragment: &[u8]) -> Vec<u8> {
    let length = u16::try_from(fragment.len()).unwrap().to_be_bytes();
    [&[content_type, 3, 1], &length[..], fragment].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let [.., high, middle, low] = body.len().to_be_bytes();
    [&[kind, high, middle, low], body].concat()
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    record(22, &message(kind, body))
}

fn server_hello(version: u16, suite: u16) -> Vec<u8> {
    let [version, suite] = [version, suite].map(u16::to_be_bytes);
    handshake(2, &[&version[..], &[7; 32], &[0], &suite, &[0]].concat())
}

/// The messages of [`FLIGHT`], without their records.
fn messages() -> Vec<u8> {
    [&FLIGHT[5..47], &FLIGHT[52..69], &FLIGHT[74..84], &FLIGHT[89..97], &FLIGHT[102..]].concat()
}

fn read(bytes: &[u8]) -> Result<Flight, Fault> {
    outcome([bytes])
}

#[test]
fn everything_that_is_shown_is_read() {
    assert_eq!(read(&FLIGHT), Ok(flight()));
}

#[test]
fn a_flight_may_show_no_more_than_certificates() {
    let bytes = [&FLIGHT[..CHAIN_END], &FLIGHT[97..]].concat();

    let expect = Flight { staple: None, client_certificate_requested: false, ..flight() };
    assert_eq!(read(&bytes), Ok(expect));
}

#[test]
fn records_and_messages_do_not_know_each_other() {
    for size in 1..=messages().len() {
        let bytes: Vec<u8> = messages().chunks(size).flat_map(|part| record(22, part)).collect();
        assert_eq!(read(&bytes), Ok(flight()), "records of {size}");
    }
}

#[test]
fn what_follows_the_flight_is_left_alone() {
    assert_eq!(read(&[&FLIGHT[..], b"HTTP/1.1 400 Bad Request"].concat()), Ok(flight()));
}

#[test]
fn a_connection_may_end_once_the_chain_is_there() {
    for end in 0..=FLIGHT.len() {
        let outcome = read(&FLIGHT[..end]);
        if end < CHAIN_END {
            assert_eq!(outcome, Err(Fault::Closed), "{end} bytes");
        } else {
            let read = outcome.unwrap();
            assert_eq!(read.certificates, flight().certificates, "{end} bytes");
            assert_eq!(read.staple.is_some(), end >= 84, "{end} bytes");
            assert_eq!(read.client_certificate_requested, end >= 97, "{end} bytes");
        }
    }
}

#[test]
fn every_version_has_its_name() {
    for (version, expect) in [
        (0x0300, Ok("SSLv3")),
        (0x0301, Ok("TLSv1.0")),
        (0x0302, Ok("TLSv1.1")),
        (0x0303, Ok("TLSv1.2")),
        (0x0002, Err(Fault::Version(0x0002))),
        (0x0304, Err(Fault::Version(0x0304))),
        (0xfefd, Err(Fault::Version(0xfefd))),
    ] {
        let bytes = [&server_hello(version, 0x0005)[..], &FLIGHT[47..]].concat();
        assert_eq!(read(&bytes).map(|flight| flight.version), expect, "{version:04x}");
    }
}

#[test]
fn a_cipher_suite_without_a_name_is_a_number() {
    for (suite, expect) in [
        (0x0005, "TLS_RSA_WITH_RC4_128_SHA"),
        (0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
        (0x0fff, "0x0FFF"),
    ] {
        let bytes = [&server_hello(0x0303, suite)[..], &FLIGHT[47..]].concat();
        assert_eq!(read(&bytes).unwrap().cipher_suite, expect);
    }
}

#[test]
fn extensions_and_a_session_are_passed_over() {
    let body = [&[3, 3][..], &[7; 32], &[2, 5, 5], &[0, 47, 0], &[0, 4, 0, 5, 0, 0]].concat();
    let bytes = [&handshake(2, &body)[..], &FLIGHT[47..]].concat();

    assert_eq!(read(&bytes), Ok(Flight { version: "TLSv1.2", ..flight() }));
}

#[test]
fn a_length_that_does_not_fit_is_noticed() {
    let malformed = |message| Err(Fault::Malformed(message));
    let chain = || Ok(flight().certificates);
    // The last byte of each length, and what one more and one less come to.
    for (at, more, less) in [
        (4, Err(Fault::RecordVersion(0x0100)), Err(Fault::RecordVersion(0x1603))),
        (8, Err(Fault::Closed), malformed("ServerHello")),
        (43, malformed("ServerHello"), malformed("ServerHello")),
        (51, chain(), Err(Fault::RecordVersion(0x1603))),
        (55, malformed("Certificate"), malformed("Certificate")),
        (58, malformed("Certificate"), malformed("Certificate")),
        (61, malformed("Certificate"), malformed("Certificate")),
        (67, malformed("Certificate"), malformed("Certificate")),
        // Behind the chain nothing takes it back.
        (73, chain(), chain()),
        (77, chain(), chain()),
        (81, chain(), chain()),
        (88, chain(), chain()),
        (92, chain(), chain()),
    ] {
        for (change, expect) in [(1, more), (u8::MAX, less)] {
            let mut bytes = FLIGHT;
            bytes[at] = bytes[at].wrapping_add(change);
            let read = read(&bytes).map(|flight| flight.certificates);
            assert_eq!(read, expect, "{change} at {at}");
        }
    }
}

#[test]
fn a_chain_has_certificates_and_not_too_many() {
    let list = |entries: &[u8]| {
        let [.., high, middle, low] = entries.len().to_be_bytes();
        let certificate = handshake(11, &[&[high, middle, low], entries].concat());
        read(&[&FLIGHT[..47], &certificate].concat())
    };
    assert_eq!(list(&[]), Err(Fault::NoCertificate));
    assert_eq!(list(&[0, 0, 0]), Err(Fault::Malformed("Certificate")));
    assert_eq!(list(&[0, 0, 1, 5].repeat(100)).unwrap().certificates, vec![vec![5]; 100]);
    assert_eq!(list(&[0, 0, 1, 5].repeat(101)), Err(Fault::TooManyCertificates));
}

#[test]
fn a_server_that_goes_on_without_a_certificate_has_none() {
    for kind in [12, 13, 14, 22] {
        let bytes = [&FLIGHT[..47], &handshake(kind, &[])].concat();
        assert_eq!(read(&bytes), Err(Fault::NoCertificate), "message {kind}");
    }
}

#[test]
fn every_message_has_its_place() {
    for kind in [1, 11, 12, 13, 14, 20, 22, 23] {
        assert_eq!(read(&handshake(kind, &[])), Err(Fault::MessageOutOfPlace(kind)));
    }
    for kind in [2, 4, 8, 16, 23] {
        let bytes = [&FLIGHT[..47], &handshake(kind, &[])].concat();
        assert_eq!(read(&bytes), Err(Fault::MessageOutOfPlace(kind)));
    }
}

#[test]
fn another_kind_of_status_is_no_staple() {
    let bytes = [&FLIGHT[..CHAIN_END], &handshake(22, &[2, 0, 0, 2, 8, 9]), &FLIGHT[84..]].concat();

    assert_eq!(read(&bytes), Ok(Flight { staple: None, ..flight() }));
}

#[test]
fn warnings_and_empty_records_and_hello_requests_are_passed_over_for_a_while() {
    let unrecognised_name = record(21, &[1, 112]);
    for idle in [&unrecognised_name, &record(22, &[]), &record(21, &[]), &handshake(0, &[])] {
        for (count, expect) in [(16, Ok(flight())), (17, Err(Fault::TooManyIdle))] {
            assert_eq!(read(&[&idle.repeat(count), &FLIGHT[..]].concat()), expect, "{idle:?}");
        }
        let between = [&FLIGHT[..47], idle, &FLIGHT[47..]].concat();
        assert_eq!(read(&between), Ok(flight()), "{idle:?}");
    }
}

#[test]
fn other_records_and_alerts_end_it() {
    for (bytes, expect) in [
        (record(21, &[2, 40]), Fault::Alert(40)),
        (record(21, &[1, 0]), Fault::Closed),
        (record(21, &[2]), Fault::Malformed("alert")),
        (record(21, &[3, 40]), Fault::Malformed("alert")),
        (record(21, &[1, 40, 2, 40]), Fault::Malformed("alert")),
        (record(20, &[1]), Fault::RecordOutOfPlace(20)),
        (record(23, &[1]), Fault::RecordOutOfPlace(23)),
        (record(24, &[1]), Fault::RecordOutOfPlace(24)),
        (vec![22, 2, 0, 0, 1, 0], Fault::RecordVersion(0x0200)),
        (
            vec![22, 3, 1, 0x48, 1],
            Fault::TooLarge { what: "record", length: 0x4801, limit: 0x4800 },
        ),
        (
            vec![22, 3, 1, 0, 4, 2, 1, 0, 0],
            Fault::TooLarge { what: "message", length: 0x1_0000, limit: 0xffff },
        ),
    ] {
        assert_eq!(read(&bytes), Err(expect), "{bytes:?}");
    }
}

#[test]
fn the_largest_records_and_messages_are_read() {
    let certificate = vec![5; 0xffff - 6];
    let length = |length: usize| length.to_be_bytes()[5..].to_vec();
    let list = [length(0xffff - 3), length(0xffff - 6), certificate.clone()].concat();
    let records: Vec<u8> =
        message(11, &list).chunks(0x4800).flat_map(|part| record(22, part)).collect();

    let read = read(&[&FLIGHT[..47], &records].concat()).unwrap();

    assert_eq!(read.certificates, [certificate]);
}

proptest! {
    #[test]
    fn pieces_and_flaws_make_no_difference_to_each_other(
        changes in prop::collection::vec((0..FLIGHT.len(), any::<u8>()), 0..4),
        size in 1..40_usize,
    ) {
        let mut bytes = FLIGHT;
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        let whole = read(&bytes);
        prop_assert_eq!(&outcome(bytes.chunks(1)), &whole);
        prop_assert_eq!(&outcome(bytes.chunks(size)), &whole);
    }
}
