//! What the other doors cost: `cargo bench --bench doors`.
//!
//! By instructions, a check that asks for TLS in SMTP first, against a check that begins with it
//! and a client that does no more than the dialogue. By time, a survey of eight slow addresses
//! against a check of one: its sixteen views are looked at side by side.

#![allow(clippy::unwrap_used, reason = "a panic is how a bench fails")]

mod common;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use common::client::{anchors, checker};
use common::pki::{Keys, NAME, Pki};
use common::server;
use notafter::checker::Checker;
use notafter::fetch::Resolver;
use notafter::{Status, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [only, case] = arguments.as_slice()
        && only == "run"
    {
        let case = Case::ALL.into_iter().find(|known| known.name() == case).unwrap();
        run(case, LOOKS);
        return ExitCode::SUCCESS;
    }
    if !common::is_measured() {
        Case::ALL.into_iter().for_each(|case| run(case, 1));
        survey(Duration::from_millis(1));
        return ExitCode::SUCCESS;
    }
    let [connect, dialogue, tls, starttls] = Case::ALL.map(count);
    let trips = dialogue - connect;
    let per_mille = (starttls - trips) * 1000 / tls;
    println!("case        instructions");
    for (case, instructions) in Case::ALL.into_iter().zip([connect, dialogue, tls, starttls]) {
        println!("{:<10} {instructions:>13}", case.name());
    }
    let (whole, part) = (per_mille / 1000, per_mille % 1000);
    let cheap = per_mille <= 1100;
    println!(
        "(starttls - (dialogue - connect)) / tls: {whole}.{part:03}, goal 1.10{}",
        if cheap { "" } else { "  MISSED" }
    );
    let (one, all) = survey(Duration::from_millis(200));
    let ratio = all.as_secs_f64() / one.as_secs_f64();
    let beside = ratio <= 2.0;
    println!(
        "survey of 8 addresses / check of one, each 200 ms slow: {ratio:.2}, goal 2.0{}",
        if beside { "" } else { "  MISSED" }
    );
    if cheap && beside { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Case {
    /// A connection, and nothing said.
    Connect,
    /// The dialogue of SMTP up to the go-ahead, as bare as it can be.
    Dialogue,
    /// A check of a known chain, TLS from the first byte.
    Tls,
    /// A check of a known chain, with the dialogue of SMTP before.
    StartTls,
}

impl Case {
    const ALL: [Self; 4] = [Self::Connect, Self::Dialogue, Self::Tls, Self::StartTls];

    const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Dialogue => "dialogue",
            Self::Tls => "tls",
            Self::StartTls => "starttls",
        }
    }
}

fn count(case: Case) -> usize {
    common::count_instructions("*collected_looks*", Path::new("/dev/null"), &[case.name()]) / LOOKS
}

fn run(case: Case, looks: usize) {
    let runtime = runtime();
    let pki = Pki::new(Keys::Ecdsa);
    let lines = if case == Case::Tls { &[][..] } else { LINES };
    let address = server::start_behind(&pki, vec![pki.leaf(1)], lines, Duration::ZERO);
    let scheme = if case == Case::Tls { "https" } else { "smtp" };
    let target = format!("{scheme}://{NAME};connect={address}").parse().unwrap();
    let checker = checker(&anchors(&pki));
    runtime.block_on(look(case, address, &checker, &target));
    collected_looks(&runtime, case, address, &checker, &target, looks);
}

/// Callgrind counts what is called from here, and on this thread: not the server.
#[inline(never)]
fn collected_looks(
    runtime: &Runtime,
    case: Case,
    address: SocketAddr,
    checker: &Checker,
    target: &Target,
    looks: usize,
) {
    runtime.block_on(async {
        for _ in 0..looks {
            look(case, address, checker, target).await;
        }
    });
}

async fn look(case: Case, address: SocketAddr, checker: &Checker, target: &Target) {
    if matches!(case, Case::Tls | Case::StartTls) {
        let report = checker.check(target).await.unwrap();
        assert_eq!(report.status(), Status::Pass, "{report}");
        return;
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    if case == Case::Dialogue {
        for (index, line) in LINES.iter().enumerate() {
            let mut heard = 0;
            while heard < line.len() {
                heard += stream.read(&mut [0; 2048]).await.unwrap();
            }
            if let Some(reply) = REPLIES.get(index) {
                stream.write_all(reply.as_bytes()).await.unwrap();
            }
        }
    }
}

/// How long one check takes, and a survey of eight addresses of such servers.
fn survey(pause: Duration) -> (Duration, Duration) {
    let runtime = runtime();
    let pki = Pki::new(Keys::Ecdsa);
    let servers: Vec<SocketAddr> =
        (0..8).map(|_| server::start_behind(&pki, vec![pki.leaf(1)], &[], pause)).collect();
    let checker = Checker::builder()
        .anchors(anchors(&pki))
        .resolver(Resolver::fixed(servers))
        .build()
        .unwrap();
    let target = format!("https://{NAME}").parse().unwrap();
    runtime.block_on(async {
        let start = Instant::now();
        assert_eq!(checker.check(&target).await.unwrap().status(), Status::Pass);
        let one = start.elapsed();
        let start = Instant::now();
        let survey = checker.survey(&target).await.unwrap();
        assert_eq!((survey.status(), survey.views().len()), (Status::Pass, 16), "{survey}");
        (one, start.elapsed())
    })
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// As Postfix has it.
const LINES: &[&str] = &[
    "220 mail.example.com ESMTP Postfix\r\n",
    "250-mail.example.com\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-ETRN\r\n250-STARTTLS\r\n\
     250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n",
    "220 2.0.0 Ready to start TLS\r\n",
];

const REPLIES: [&str; 2] = ["EHLO [127.0.0.1]\r\n", "STARTTLS\r\n"];

const LOOKS: usize = 50;
