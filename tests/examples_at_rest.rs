//! The example `inspect` on certificates that no handshake shows, and `pipeline` before a
//! deployment.

#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::pki::{Draft, Pki};
use common::process::Scratch;
use common::programs::{Ran, codes, example, run};
use serde_json::json;

const INSIDE: &str = "2026-06-01T00:00:00Z";

fn inspect(arguments: &[&str]) -> Ran {
    run(example("inspect").args(["--json", "--at", INSIDE]).args(arguments))
}

fn shown(arguments: &[&str]) -> Ran {
    run(example("inspect").args(["--at", INSIDE]).args(arguments))
}

/// A root, and files of two servers below it.
struct Site {
    files: Scratch,
    root: String,
    chain: String,
    key: String,
    other_key: String,
}

impl Site {
    fn new() -> Self {
        let (files, pki) = (Scratch::new(), Pki::new());
        let leaf = pki.leaf("example.com").issue();
        let other = pki.leaf("other.test").issue();
        Self {
            root: files.file("root.pem", pki.root.pem()),
            chain: files.file("chain.pem", leaf.pem() + &pki.intermediate.pem()),
            key: files.file("key.pem", leaf.key_pem()),
            other_key: files.file("other.pem", other.key_pem()),
            files,
        }
    }
}

#[test]
fn a_key_is_held_against_the_certificate() {
    let site = Site::new();
    let arguments = ["--roots", &site.root, "--name", "example.com", "--key"];
    let with = |key: &str| inspect(&[&arguments[..], &[key, &site.chain]].concat());
    let ran = with(&site.key);
    assert_eq!((ran.code, codes(&ran.one())), (0, vec![]));
    let ran = with(&site.other_key);
    assert_eq!((ran.code, codes(&ran.one())), (2, vec!["key-mismatch"]));
    let ran = with(&site.chain);
    assert_eq!(ran.code, 64);
    assert!(ran.stderr.starts_with("inspect: --key "), "{}", ran.stderr);
}

#[test]
fn what_a_certificate_is_for_is_told_by_itself_where_nobody_says() {
    let site = Site::new();
    let ran = inspect(&[&site.root]);
    let report = ran.one();
    assert_eq!((ran.code, &report["purpose"]), (0, &json!("ca")));
    let ran = inspect(&["--purpose", "server", &site.root]);
    assert_eq!(ran.code, 2);
    assert!(codes(&ran.one()).contains(&"ca-as-end-entity"));
    let ran = inspect(&["--name", "example.com", &site.root]);
    assert_eq!(ran.code, 2, "a name is a server's");
}

#[test]
fn many_are_a_table_with_what_ends_first_at_its_top() {
    let files = Scratch::new();
    let root =
        |name: &str, end: &str| Draft::root(name).valid("2020-01-01T00:00:00Z", end).issue().pem();
    let late = root("Late", "2039-12-31T23:59:59Z");
    let bundle = files.file("bundle.pem", late + &root("Early", "2038-12-31T23:59:59Z"));
    let ran = shown(&[&bundle]);
    assert_eq!(ran.code, 0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>()[..3], ["STATUS", "ENDS", "DAYS"]);
    let row = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(row(lines[1])[..5], ["PASS", "2038-12-31", "4596", "ca", "CN=Early"]);
    assert_eq!(row(lines[2])[..5], ["PASS", "2039-12-31", "4961", "ca", "CN=Late"]);
    assert!(lines[2].ends_with(&format!("{bundle}, line 1")), "{}", lines[2]);
    assert_eq!(lines[3], "2 in all: 2 pass, 0 warn, 0 fail, 0 unknown");
}

#[test]
fn what_does_not_pass_is_told_in_full_before_the_table() {
    let files = Scratch::new();
    let old = Draft::root("Old").valid("2010-01-01T00:00:00Z", "2020-01-01T00:00:00Z").issue();
    let bundle = files.file("bundle.pem", Draft::root("Good").issue().pem() + &old.pem());
    let ran = shown(&[&bundle]);
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.starts_with("FAIL "), "{}", ran.stdout);
    assert!(ran.stdout.contains("failure expired: the trust anchor (CN=Old)"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n2 in all: 1 pass, 0 warn, 1 fail, 0 unknown"), "{}", ran.stdout);
}

#[test]
fn a_folder_and_a_pattern_are_walked_and_what_cannot_be_read_is_named() {
    let site = Site::new();
    let broken = site.files.file("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    let folder = site.files.path("").to_string_lossy().trim_end_matches('/').to_owned();
    let ran = inspect(&[&folder]);
    assert_eq!(ran.code, 3);
    let lines = ran.json();
    let errors: Vec<_> = lines.iter().filter(|line| line.get("error").is_some()).collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["target"], json!(format!("{broken}, line 1")));
    assert_eq!(errors[0]["error"]["kind"], json!("malformed-content"));
    assert_eq!(lines.len(), 3, "the chain, the root, and the broken one: {lines:?}");

    let ran = inspect(&["--roots", &site.root, &format!("{folder}/cha*.pem")]);
    assert_eq!((ran.code, ran.json().len()), (0, 1));
}

#[test]
fn a_password_comes_from_the_environment_or_a_file() {
    let site = Site::new();
    let ran = run(example("inspect").args(["--password-env", "NOTAFTER_NOT_SET", &site.chain]));
    assert_eq!(ran.code, 64);
    assert!(ran.stderr.starts_with("inspect: --password-env NOTAFTER_NOT_SET: "), "{}", ran.stderr);
    let ran = run(example("inspect").args(["--password-file", "absent", &site.chain]));
    assert_eq!(ran.code, 64);
}

#[cfg(feature = "fetch")]
mod what_is_served {
    use common::server::{Server, Tls};

    use super::*;

    #[test]
    fn is_held_against_the_file() {
        let (files, pki) = (Scratch::new(), Pki::new());
        let old = pki.leaf("example.com").issue();
        let new = pki.leaf("example.com").valid("2026-05-01T00:00:00Z", "2027-04-30T23:59:59Z");
        let new = new.issue();
        let server = Server::start(Tls::new(pki.chain(&old), &old));
        let target = server.target("example.com").to_string();
        let root = files.file("root.pem", pki.root.pem());
        for (leaf, status, found) in
            [(&old, "pass", vec![]), (&new, "warn", vec!["not-deployed", "different-key"])]
        {
            let chain = files.file("chain.pem", leaf.pem() + &pki.intermediate.pem());
            let ran = inspect(&["--roots", &root, "--expect-served", &target, &chain]);
            let lines = ran.json();
            assert_eq!(lines.len(), 2, "{lines:?}");
            assert_eq!(lines[1]["target"], json!(target));
            assert_eq!(lines[1]["expected"], json!(chain));
            assert_eq!(lines[1]["status"], json!(status));
            assert_eq!(codes(&lines[1]), found);
            assert_eq!(ran.code, if status == "pass" { 0 } else { 1 });

            let mut pipeline = example("pipeline");
            pipeline.args(["--roots", &root, "--at", INSIDE, "--name", "example.com"]);
            let ran = run(pipeline.args(["--expect-served", &target, &chain]));
            let last = ran.stdout.lines().last().unwrap();
            let verdict = if status == "pass" { "install it" } else { "do not install it" };
            assert_eq!(last, format!("{chain}: {status}: {verdict}"));
        }
    }

    #[test]
    fn by_nobody_is_not_known() {
        let site = Site::new();
        let port = common::process::free_port();
        let target = format!("example.com;connect=127.0.0.1:{port}");
        let ran = inspect(&["--roots", &site.root, "--expect-served", &target, &site.chain]);
        assert_eq!(ran.code, 3);
        let lines = ran.json();
        assert!(
            lines[1..].iter().all(|line| line["error"]["kind"] == json!("refused")),
            "{lines:?}"
        );
        assert!(lines.len() > 1);
    }
}
