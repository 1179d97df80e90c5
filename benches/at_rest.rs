//! Certificates at rest: how many a second are read from a PEM bundle of 10,000 and from a SAML
//! federation of 2 MB, beside what OpenSSL's programs take for the same bundle; and what is held.
//!
//! Goals: faster than `openssl storeutl`, and as many bytes for each certificate in a bundle of 10,000
//! as in one of 1,000 (at most 1.1 times). Where there is no openssl, its figures are left out.

#![allow(clippy::unwrap_used, reason = "a panic is how a bench fails")]

mod common;

use std::alloc::System;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use notafter::source::{self, Found, ReadOptions};
use rcgen::{CertificateParams, DnType, KeyPair};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let measured = common::is_measured();
    let (large, small, entities) = if measured { (10_000, 1_000, 1_500) } else { (20, 10, 5) };
    let certificates = certificates(large);
    let bundle: String = certificates.iter().map(|der| pem(der)).collect();
    let path = std::env::temp_dir().join(format!("notafter-{}.pem", std::process::id()));
    std::fs::write(&path, &bundle).unwrap();

    let rounds = if measured { 10 } else { 1 };
    let read = || source::read("bundle.pem", bundle.as_bytes(), &ReadOptions::new());
    assert_eq!(read().chains.len(), large);
    let ours = best(rounds, || drop(black_box(read())));
    println!("{} of PEM, {large} certificates: {}", size(&bundle), rate(large, ours));
    let file = path.to_str().unwrap();
    for (name, script) in [
        ("openssl storeutl", format!("openssl storeutl -noout -certs '{file}'")),
        (
            "openssl crl2pkcs7 | openssl pkcs7 -print_certs",
            format!(
                "openssl crl2pkcs7 -nocrl -certfile '{file}' | openssl pkcs7 -print_certs -noout"
            ),
        ),
    ] {
        match best_of_program(rounds.min(3), &script) {
            Some(theirs) => {
                let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
                println!("  {name}: {}; ours takes {ratio:.3} of that", rate(large, theirs));
            }
            None => println!("  {name}: not there"),
        }
    }
    remove(&path);

    let of =
        |count: usize| -> String { certificates[..count].iter().map(|der| pem(der)).collect() };
    let each = |text: &str, count: usize| held(text) / count;
    let (few, many) = (each(&of(small), small), each(&of(large), large));
    println!("  held: {few} bytes for each of {small}, {many} for each of {large}");

    let metadata = metadata(&certificates[..entities.min(certificates.len())]);
    let read = || source::read("federation.xml", metadata.as_bytes(), &ReadOptions::new());
    let found = read();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let count = found.chains.len();
    let ours = best(rounds, || drop(black_box(read())));
    println!("{} of SAML metadata, {count} certificates: {}", size(&metadata), rate(count, ours));
}

/// Self-signed, of one key: each is another certificate all the same.
fn certificates(count: usize) -> Vec<Vec<u8>> {
    let key = KeyPair::generate().unwrap();
    let certificate = |number: usize| {
        let name = format!("idp-{number}.test");
        let mut params = CertificateParams::new([name.clone()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.self_signed(&key).unwrap().der().to_vec()
    };
    (0..count).map(certificate).collect()
}

fn pem(der: &[u8]) -> String {
    let base64 = BASE64.encode(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn metadata(certificates: &[Vec<u8>]) -> String {
    let entities: String = certificates
        .iter()
        .enumerate()
        .map(|(number, der)| {
            let key = |usage: &str| {
                format!(
                    "<md:KeyDescriptor use=\"{usage}\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}\
                     </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>",
                    BASE64.encode(der),
                )
            };
            format!(
                "<md:EntityDescriptor entityID=\"https://idp-{number}.test\"><md:IDPSSODescriptor \
                 protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">{}{}\
                 </md:IDPSSODescriptor></md:EntityDescriptor>\n",
                key("signing"),
                key("encryption"),
            )
        })
        .collect();
    format!(
        "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">{entities}</md:EntitiesDescriptor>"
    )
}

/// The bytes that what was found holds on the heap.
fn held(text: &str) -> usize {
    let region = Region::new(ALLOCATOR);
    let found: Found = source::read("bundle.pem", text.as_bytes(), &ReadOptions::new());
    let change = region.change();
    drop(black_box(found));
    change.bytes_allocated - change.bytes_deallocated
}

fn best(rounds: u32, mut run: impl FnMut()) -> Duration {
    let once = |_| {
        let begin = Instant::now();
        run();
        begin.elapsed()
    };
    (0..rounds).map(once).min().unwrap()
}

/// The best time of a shell command; `None` where it fails.
fn best_of_program(rounds: u32, script: &str) -> Option<Duration> {
    let mut ended_well = true;
    let time = best(rounds, || {
        let status = Command::new("bash")
            .args(["-o", "pipefail", "-c", script])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        ended_well &= status.is_ok_and(|status| status.success());
    });
    ended_well.then_some(time)
}

fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

fn size(text: &str) -> String {
    #[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a figure to read")]
    let megabytes = text.len() as f64 / 1e6;
    format!("{megabytes:.1} MB")
}

fn rate(count: usize, time: Duration) -> String {
    let count = f64::from(u32::try_from(count).unwrap());
    format!(
        "{:.0} certificates a second ({:.1} ms)",
        count / time.as_secs_f64(),
        time.as_secs_f64() * 1e3
    )
}
