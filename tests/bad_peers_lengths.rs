//! Peers whose lengths are wrong: every length field of every handshake message in plain text.
//!
//! Somebody between a server and the client changes one of them, by one more or less, to nothing
//! and to the most that it can hold.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::time::Duration;

use common::flight::{CHANGES, Change, answer_to, change, number};
use common::meeting::{HANDSHAKE, assert_within, falls_silent};
use common::pki::Pki;
use common::server::Tls;
use notafter::chain::{Possession, PresentedChain};
use notafter::fetch::{FetchError, Fetcher, Phase};
use tokio::io::{AsyncWriteExt, duplex};
use tokio::time::Instant;

/// Where a length field is, and how many bytes it takes.
#[derive(Clone, Debug)]
struct Field {
    name: String,
    at: usize,
    width: usize,
}

/// Walks over a flight, and notes the length fields that it comes by.
struct Walk<'a> {
    flight: &'a [u8],
    at: usize,
    found: Vec<Field>,
}

impl Walk<'_> {
    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    fn number(&mut self, width: usize) -> usize {
        self.at += width;
        number(&self.flight[self.at - width..self.at])
    }

    /// A length field: where what it is the length of ends.
    fn length(&mut self, name: &str, width: usize) -> usize {
        self.found.push(Field { name: name.to_owned(), at: self.at, width });
        let length = self.number(width);
        self.at + length
    }

    /// Bytes after their length.
    fn vector(&mut self, name: &str, width: usize) {
        self.at = self.length(name, width);
    }

    fn record(&mut self) {
        self.skip(3);
        let end = self.length("record", 2);
        while self.at < end {
            self.message();
        }
        assert_eq!(self.at, end, "a record ends where its last message does");
    }

    fn message(&mut self) {
        let kind = self.number(1);
        match kind {
            2 => self.body("ServerHello", Self::server_hello),
            11 => self.body("Certificate", |walk| {
                let end = walk.length("Certificate list", 3);
                while walk.at < end {
                    walk.vector("Certificate entry", 3);
                }
            }),
            12 => self.body("ServerKeyExchange", |walk| {
                walk.skip(3);
                walk.vector("ServerKeyExchange point", 1);
                walk.skip(2);
                walk.vector("ServerKeyExchange signature", 2);
            }),
            13 => self.body("CertificateRequest", |walk| {
                walk.vector("CertificateRequest types", 1);
                walk.vector("CertificateRequest schemes", 2);
                let end = walk.length("CertificateRequest names", 2);
                while walk.at < end {
                    walk.vector("CertificateRequest name", 2);
                }
            }),
            14 => self.body("ServerHelloDone", |_| {}),
            22 => self.body("CertificateStatus", |walk| {
                walk.skip(1);
                walk.vector("CertificateStatus response", 3);
            }),
            other => panic!("a message of type {other}"),
        }
    }

    fn body(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        let end = self.length(name, 3);
        inside(self);
        assert_eq!(self.at, end, "{name}");
    }

    fn server_hello(&mut self) {
        self.skip(2 + 32);
        self.vector("ServerHello session", 1);
        self.skip(2 + 1);
        let end = self.length("ServerHello extensions", 2);
        while self.at < end {
            let extension = self.number(2);
            self.vector(&format!("ServerHello extension {extension}"), 2);
        }
    }
}

/// The length fields of the flight: of TLS 1.3 those of its first record, which alone is not
/// encrypted.
fn fields(flight: &[u8], tls13: bool) -> Vec<Field> {
    let mut walk = Walk { flight, at: 0, found: Vec::new() };
    while walk.at < flight.len() {
        walk.record();
        if tls13 {
            break;
        }
    }
    walk.found
}

/// What comes of a flight with one of its fields changed.
async fn fetch(
    tls: &Tls,
    tls13: bool,
    index: usize,
    to: Change,
) -> (Result<PresentedChain, FetchError>, Duration) {
    let (ours, mut theirs) = duplex(64 * 1024);
    let target = "example.com".parse().unwrap();
    let fetcher = Fetcher::new().unwrap();
    let between = async {
        let mut flight = answer_to(&mut theirs, tls).await;
        let field = fields(&flight, tls13)[index].clone();
        change(&mut flight[field.at..field.at + field.width], to);
        theirs.write_all(&flight).await.unwrap();
        falls_silent(theirs).await
    };
    let start = Instant::now();
    let fetched = tokio::select! {
        fetched = fetcher.handshake(ours, &target) => fetched,
        () = between => unreachable!("it waits for the client"),
    };
    (fetched, start.elapsed())
}

/// For each length field of the flight what the four changes lead to, in their order.
async fn outcomes(tls: &Tls, tls13: bool, sent: &[&[u8]]) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, name) in names(tls, tls13).await.into_iter().enumerate() {
        let mut line = format!("{name}:");
        for to in CHANGES {
            let (fetched, elapsed) = fetch(tls, tls13, index, to).await;
            assert_within(elapsed, HANDSHAKE);
            let outcome = match fetched {
                Err(error) => {
                    assert_eq!(error.phase(), Phase::Handshake, "{line}");
                    error.kind().code()
                }
                // Whose bytes they are is proven for what was sent alone.
                Ok(chain) => {
                    let ders: Vec<&[u8]> =
                        chain.entries().iter().map(notafter::chain::Entry::der).collect();
                    let proven = chain.peer().unwrap().possession() == Possession::Proven;
                    assert!(!proven || ders == sent, "{line}");
                    if proven { "unchanged" } else { "unproven" }
                }
            };
            line.push(' ');
            line.push_str(outcome);
        }
        lines.push(line);
    }
    lines
}

async fn names(tls: &Tls, tls13: bool) -> Vec<String> {
    let (ours, mut theirs) = duplex(64 * 1024);
    let target = "example.com".parse().unwrap();
    let fetcher = Fetcher::new().unwrap();
    tokio::select! {
        _ = fetcher.handshake(ours, &target) => unreachable!("it is not answered"),
        flight = answer_to(&mut theirs, tls) => {
            fields(&flight, tls13).into_iter().map(|field| field.name).collect()
        }
    }
}

/// A record that promises more never ends, nor does a last message. An extension that is empty
/// already stays as it is, as the last message does.
#[tokio::test(start_paused = true)]
async fn of_tls_1_2_are_errors_or_change_nothing() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let tls = Tls::new(pki.chain(&leaf), &leaf)
        .tls12()
        .staples(*b"staple")
        .asks_for_a_client_certificate(&pki.root);
    let sent = [&leaf.der[..], &pki.intermediate.der[..]];
    assert_eq!(
        outcomes(&tls, false, &sent).await,
        [
            "record: timed-out tls tls message-too-large",
            "ServerHello: message-too-large message-too-large message-too-large message-too-large",
            "ServerHello session: tls tls tls tls",
            "ServerHello extensions: tls tls tls tls",
            "ServerHello extension 0: tls tls unchanged tls",
            "ServerHello extension 65281: tls tls tls tls",
            "ServerHello extension 23: tls tls unchanged tls",
            "ServerHello extension 5: tls tls unchanged tls",
            "Certificate: tls message-too-large message-too-large message-too-large",
            "Certificate list: tls tls tls message-too-large",
            "Certificate entry: tls tls tls tls",
            "Certificate entry: tls tls tls tls",
            "CertificateStatus: tls message-too-large tls message-too-large",
            "CertificateStatus response: tls tls tls tls",
            "ServerKeyExchange: tls message-too-large tls message-too-large",
            "ServerKeyExchange point: tls tls tls tls",
            "ServerKeyExchange signature: tls tls tls tls",
            "CertificateRequest: tls message-too-large message-too-large message-too-large",
            "CertificateRequest types: tls tls tls tls",
            "CertificateRequest schemes: tls tls tls tls",
            "CertificateRequest names: tls tls tls tls",
            "CertificateRequest name: tls tls tls tls",
            "ServerHelloDone: timed-out message-too-large unchanged message-too-large",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn of_the_hello_of_tls_1_3_are_errors() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let tls = Tls::new(pki.chain(&leaf), &leaf).tls13();
    let sent = [&leaf.der[..], &pki.intermediate.der[..]];
    assert_eq!(
        outcomes(&tls, true, &sent).await,
        [
            "record: tls tls tls message-too-large",
            "ServerHello: tls tls message-too-large message-too-large",
            "ServerHello session: tls tls tls tls",
            "ServerHello extensions: tls tls tls tls",
            "ServerHello extension 51: tls tls tls tls",
            "ServerHello extension 43: tls tls tls tls",
        ]
    );
}
