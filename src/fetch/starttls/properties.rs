//! What holds for every dialogue, whatever the server says.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::dialogue;
use super::script::{Outcome, run};
use crate::target::Target;

/// A scheme, and what a server of it says up to the go-ahead.
const SERVERS: [(&str, &[u8]); 14] = [
    ("ftp", b"120 soon\r\n220-Welcome\r\n530 not yet\r\n220 ready\r\n234 go\r\n"),
    (
        "imap",
        b"* OK ready\r\n* CAPABILITY IMAP4rev1 STARTTLS\r\nA1 OK done\r\n* OK hm\r\nA2 OK go\r\n",
    ),
    ("irc", b":a NOTICE * :hello\r\nPING :b\r\n:a CAP * LS :tls\r\n:a 670 * :go\r\n"),
    ("lmtp", b"220 a\r\n250-a\r\n250-PIPELINING\r\n250 STARTTLS\r\n220 go\r\n"),
    ("nntp", b"200 a\r\n101 b\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n382 go\r\n"),
    ("pop3", b"+OK a\r\n+OK\r\nTOP\r\nSTLS\r\n.\r\n+OK go\r\n"),
    ("sieve", b"\"X\" {2}\r\nab\r\n{8}\r\nSTARTTLS\r\nOK\r\nOK (Y) {2}\r\ngo\r\n"),
    ("smtp", b"220-a\r\n220 b\r\n250-a\r\n250-STARTTLS\r\n250 HELP\r\n220-go\r\n220 now\r\n"),
    (
        "ldap",
        b"\x30\x2c\x02\x01\x00\x78\x27\x0a\x01\x00\x04\x00\x04\x0bfine so far\
          \x8a\x13not a disconnection\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00",
    ),
    (
        "mysql",
        b"\x33\x00\x00\x00\x0a8.4.3\x00\x0b\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xdf\
          \x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00ijklmnopqrst\x00",
    ),
    ("postgres", b"S"),
    ("rdp", b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00"),
    (
        "xmpp",
        b"<?xml version='1.0'?><stream:stream id='a>b' version='1.0'>\n<stream:features>\
          <starttls><required/></starttls></stream:features> <proceed></proceed>",
    ),
    (
        "xmpp-server",
        b"<stream:stream version='1.0'><stream:features><starttls/></stream:features><proceed/>",
    ),
];

/// How a dialogue comes out with a server that says these pieces. It panics where more is taken
/// than there is.
fn outcome(scheme: &str, pieces: &[&[u8]]) -> Outcome {
    let target: Target = format!("{scheme}://host.example").parse().unwrap();
    let client = "client.example".parse().unwrap();
    run(&mut *dialogue(&target, &client).unwrap(), pieces.iter().copied())
}

fn cut<'a>(bytes: &'a [u8], places: &[Index]) -> Vec<&'a [u8]> {
    let mut ends: Vec<usize> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let begins = [0].into_iter().chain(ends.iter().copied());
    // A piece without a byte would be the end of the connection.
    begins.zip(&ends).map(|(begin, end)| &bytes[begin..*end]).filter(|it| !it.is_empty()).collect()
}

#[test]
fn every_server_of_these_agrees() {
    for (scheme, bytes) in SERVERS {
        let outcome = outcome(scheme, &[bytes]);
        assert!(matches!(outcome, Outcome::Agreed { left: 0, .. }), "{scheme}: {outcome:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cuts_make_no_difference_to_any_bytes(
        (scheme, _) in select(&SERVERS[..]),
        bytes in vec(any::<u8>(), 0..64),
        places in vec(any::<Index>(), 0..8),
    ) {
        prop_assert_eq!(outcome(scheme, &cut(&bytes, &places)), outcome(scheme, &[&bytes]));
    }

    #[test]
    fn cuts_make_no_difference_to_a_dialogue_gone_wrong(
        (scheme, good) in select(&SERVERS[..]),
        changes in vec((any::<Index>(), any::<u8>()), 0..4),
        more in vec(any::<u8>(), 0..8),
        places in vec(any::<Index>(), 0..8),
    ) {
        let mut bytes = good.to_vec();
        for (place, byte) in changes {
            bytes[place.index(good.len())] = byte;
        }
        bytes.extend(more);
        prop_assert_eq!(outcome(scheme, &cut(&bytes, &places)), outcome(scheme, &[&bytes]));
    }

    #[test]
    fn nothing_short_of_the_whole_is_a_go_ahead(
        (scheme, good) in select(&SERVERS[..]),
        place in any::<Index>(),
    ) {
        let end = place.index(good.len());
        prop_assert_eq!(outcome(scheme, &[&good[..end]]), Outcome::Waiting);
    }
}
