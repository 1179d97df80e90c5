//! The example programs as people and scripts use them: exit codes, JSON, and what is said.

#![cfg(all(feature = "fetch", feature = "serde"))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs::File;
use std::process::Command;

use notafter::Report;
use serde_json::{Value, json};

use common::pki::{Draft, Pki};
use common::process::Scratch;
use common::programs::{codes, example, run};
use common::server::{Server, Tls, refusing};

/// All leaves here are valid during 2026, and warn in its last 22.5 days.
const BEFORE: &str = "2025-12-31T23:59:59Z";
const INSIDE: &str = "2026-06-01T00:00:00Z";
const LATE: &str = "2026-12-25T00:00:00Z";
const AFTER: &str = "2027-01-01T00:00:00Z";

/// Files with the root, a chain for `example.com` and its parts.
struct Files {
    scratch: Scratch,
    pki: Pki,
    roots: String,
    chain: String,
    leaf: String,
    intermediate: String,
}

impl Files {
    fn new() -> Self {
        let (scratch, pki) = (Scratch::new(), Pki::new());
        let leaf = pki.leaf("example.com").issue();
        let chain = format!("{}{}{}", leaf.key_pem(), leaf.pem(), pki.intermediate.pem());
        Self {
            roots: scratch.file("roots.pem", pki.root.pem()),
            chain: scratch.file("chain.pem", chain),
            leaf: scratch.file("leaf.der", &leaf.der),
            intermediate: scratch.file("intermediate.pem", pki.intermediate.pem()),
            scratch,
            pki,
        }
    }

    /// `inspect` with the root and an instant.
    fn inspect(&self, at: &str) -> Command {
        let mut command = example("inspect");
        command.args(["--json", "--roots", &self.roots, "--at", at]);
        command
    }

    /// `check` with the root and an instant.
    fn check(&self, at: &str) -> Command {
        let mut command = example("check");
        command.args(["--json", "--roots", &self.roots, "--at", at]);
        command
    }

    /// A server that presents a chain for `example.com`.
    fn server(&self) -> Server {
        let leaf = self.pki.leaf("example.com").issue();
        Server::start(Tls::new(self.pki.chain(&leaf), &leaf))
    }
}

mod every_program {
    use super::*;

    #[test]
    fn prints_its_usage_when_asked_and_ends_well() {
        for name in ["check", "health", "inspect", "pipeline", "watch"] {
            for option in ["-h", "--help"] {
                let ran = run(example(name).arg(option));
                assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}");
                assert!(ran.stdout.starts_with(&format!("Usage: {name} [OPTIONS]")), "{name}");
            }
        }
    }

    #[test]
    fn refuses_a_mistake_in_the_command_line_with_one_line_and_64() {
        let cases: &[(&str, &[&str], &str)] = &[
            ("check", &["--foo"], "invalid option '--foo'"),
            ("check", &["--at"], "missing argument for option '--at'"),
            ("check", &["--at", "yesterday", "x.test"], "--at yesterday: "),
            ("check", &["--at", "2026-06-01", "x.test"], "--at 2026-06-01: "),
            ("check", &["--at=9999-12-31T23:59:59-01:00"], "the years 1 to 9999"),
            ("check", &["--at=0000-12-31T23:59:59Z"], "the years 1 to 9999"),
            ("check", &["--roots", "absent.pem", "x.test"], "--roots absent.pem: "),
            ("check", &["--roots", "Cargo.toml", "x.test"], "no CERTIFICATE block"),
            ("check", &["--intermediates", "absent.pem", "x.test"], "--intermediates absent.pem: "),
            ("check", &["--timeout", "0", "x.test"], "--timeout 0: "),
            ("check", &["--json=yes", "x.test"], "'--json'"),
            ("check", &["--client-cert", "absent.pem"], "--client-cert absent.pem: "),
            (
                "check",
                &["--client-key", "Cargo.toml"],
                "--client-cert and --client-key go together",
            ),
            ("check", &["--proxy", "ftp://u:secret@p.test"], "--proxy: "),
            ("check", &["--survey=yes", "x.test"], "'--survey'"),
            ("check", &["--without-sni", "x.test"], "--without-sni goes with --survey"),
            ("inspect", &[], "no FILE is given"),
            ("inspect", &["--json"], "no FILE is given"),
            ("inspect", &["--purpose", "mail", "f"], "unknown purpose \"mail\""),
            ("inspect", &["--name", "a..b", "f"], "a label is empty"),
            ("inspect", &["--name", "a.test", "--purpose", "client", "f"], "servers only"),
            ("inspect", &["--at", "now", "f"], "--at now: "),
            ("inspect", &["--roots", "absent.pem", "f"], "--roots absent.pem: "),
            ("pipeline", &["chain.pem"], "--name is needed"),
            ("pipeline", &["--name", "a.test", "one.pem", "two.pem"], "\"two.pem\""),
            ("pipeline", &["--min-days", "-1"], "--min-days -1: "),
            ("health", &["--every", "0"], "--every 0: "),
            ("health", &["--every", "5w"], "--every 5w: "),
            ("health", &["--unknown", "20"], "--unknown 20: "),
            ("watch", &["--every", "soon"], "--every soon: "),
            ("watch", &["a..b"], "a label is empty"),
            ("health", &["--listen", "somewhere"], "--listen somewhere: "),
            ("health", &["a..b"], "a label is empty"),
        ];
        for (name, arguments, reason) in cases {
            let ran = run(example(name).args(*arguments));
            assert_eq!((ran.code, ran.stdout.as_str()), (64, ""), "{name} {arguments:?}");
            assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
            assert!(ran.stderr.starts_with(&format!("{name}: ")), "{}", ran.stderr);
            assert!(ran.stderr.contains(reason), "{}", ran.stderr);
        }
    }
}

mod inspect {
    use super::*;

    #[test]
    fn ends_with_the_status_at_the_instant() {
        let files = Files::new();
        let cases = [
            (BEFORE, 2, "fail", vec!["not-yet-valid"]),
            ("2026-01-01T00:00:00Z", 0, "pass", vec![]),
            (INSIDE, 0, "pass", vec![]),
            (LATE, 1, "warn", vec!["expires-soon"]),
            ("2026-12-31T23:59:59Z", 1, "warn", vec!["expires-soon"]),
            ("2026-12-31T23:59:59.999Z", 1, "warn", vec!["expires-soon"]),
            (AFTER, 2, "fail", vec!["expired"]),
            ("2027-01-01T00:59:59+01:00", 1, "warn", vec!["expires-soon"]),
            ("2026-12-31T19:00:00-05:00", 2, "fail", vec!["expired"]),
        ];
        for (at, code, status, found) in cases {
            let ran = run(files.inspect(at).args(["--name", "example.com", &files.chain]));
            let report = ran.one();
            assert_eq!((ran.code, &report["status"]), (code, &json!(status)), "{at}");
            assert_eq!(codes(&report), found, "{at}");
        }
    }

    #[test]
    fn writes_the_json_of_the_contract() {
        let files = Files::new();
        let ran = run(files.inspect("2026-12-31T23:59:58Z").arg(&files.chain));
        let mut report = ran.one();
        let number = |value: &mut Value| value.take().as_str().unwrap().to_owned();
        let serial = number(&mut report["chain"][0]["serial_number"]);
        assert!(serial.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')), "{serial}");
        let sha256 = number(&mut report["chain"][0]["sha256"]);
        assert!(sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{sha256}");
        assert_eq!(sha256.len(), 64);

        assert_eq!(report["target"], json!(files.chain));
        assert_eq!(report["checked_at"], json!("2026-12-31T23:59:58Z"));
        assert_eq!(report["status"], json!("warn"));
        assert_eq!(report.get("peer"), None, "no peer presented a file");
        assert_eq!(
            report["chain"][0],
            json!({
                "position": 0,
                "role": "end-entity",
                "subject": "CN=example.com",
                "issuer": "CN=Test Intermediate",
                "serial_number": null,
                "not_before": "2026-01-01T00:00:00Z",
                "not_after": "2026-12-31T23:59:59Z",
                "subject_alt_names": ["DNS:example.com"],
                "public_key": "EC P-256",
                "signature_algorithm": "ecdsa-with-SHA256",
                "sha256": null,
            })
        );
        assert_eq!(report["chain"][1]["role"], json!("intermediate"));
        assert_eq!(report["chain"][1].get("subject_alt_names"), None, "unknown keys are left out");
        assert_eq!(
            report["trust"],
            json!({ "status": "trusted", "anchor": "CN=Test Root", "path": [0, 1] })
        );
        let finding = &report["findings"][0];
        assert_eq!(finding["code"], json!("expires-soon"));
        assert_eq!(finding["severity"], json!("critical"));
        assert_eq!(finding["position"], json!(0));
        assert_eq!(finding["not_after"], json!("2026-12-31T23:59:59Z"));
        assert_eq!(finding["seconds_left"], json!(1));
        assert!(finding["message"].is_string() && finding["remedy"].is_string());
    }

    #[test]
    fn writes_json_that_reads_back_as_a_report_of_the_same_status() {
        let files = Files::new();
        for at in [BEFORE, INSIDE, LATE, AFTER] {
            let ran = run(files.inspect(at).args(["--name", "other.test", &files.chain]));
            let report: Report = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(report.status().as_str(), ran.one()["status"]);
            assert_eq!(i32::from(report.status().exit_code()), ran.code);
            assert_eq!(serde_json::to_value(&report).unwrap(), ran.one());
        }
    }

    #[test]
    fn reads_standard_input_and_der() {
        let files = Files::new();
        let stdin = File::open(&files.chain).unwrap();
        let ran = run(files.inspect(INSIDE).arg("-").stdin(stdin));
        assert_eq!((ran.code, &ran.one()["target"]), (0, &json!("-")));

        let ran = run(files.inspect(INSIDE).arg(&files.leaf));
        assert_eq!((ran.code, codes(&ran.one())), (2, vec!["issuer-missing", "untrusted-path"]));
    }

    #[test]
    fn builds_a_path_with_the_intermediates_that_are_given() {
        let files = Files::new();
        let mut inspect = files.inspect(INSIDE);
        let report = run(inspect.args(["--intermediates", &files.intermediate, &files.leaf])).one();
        assert_eq!(report["trust"]["status"], json!("trusted"));
        assert_eq!(report["extra_certificates"][0]["subject"], json!("CN=Test Intermediate"));
        assert_eq!(codes(&report), ["issuer-missing"], "clients do not have it");
    }

    #[test]
    fn holds_the_certificate_to_every_name() {
        let files = Files::new();
        let names = ["--name", "example.com", "--name", "www.example.com"];
        let ran = run(files.inspect(INSIDE).args(names).arg(&files.chain));
        let report = ran.one();
        assert_eq!((ran.code, codes(&report)), (2, vec!["name-mismatch"]));
        assert_eq!(report["findings"][0]["reference"], json!("www.example.com"));
        assert_eq!(report["findings"][0]["presented"], json!(["DNS:example.com"]));
    }

    #[test]
    fn judges_by_the_purpose() {
        let files = Files::new();
        for (purpose, code, found) in [
            ("server", 0, vec![]),
            ("client", 2, vec!["client-auth-missing"]),
            ("signing", 0, vec![]),
        ] {
            let ran = run(files.inspect(INSIDE).args(["--purpose", purpose, &files.chain]));
            assert_eq!((ran.code, codes(&ran.one())), (code, found), "{purpose}");
        }
    }

    #[test]
    fn says_in_one_line_why_a_file_could_not_be_looked_at_and_goes_on() {
        let files = Files::new();
        let absent = files.scratch.path("absent.pem").to_string_lossy().into_owned();
        let key = files.scratch.file("key.pem", files.pki.root.key_pem());
        let ran = run(files.inspect(INSIDE).args([&absent, &key, &files.chain]));
        assert_eq!(ran.code, 3);
        let lines = ran.json();
        assert_eq!(lines[0]["error"]["kind"], json!("unreadable-file"));
        assert_eq!(lines[0]["error"]["phase"], json!("read"));
        assert_eq!(
            lines[1],
            json!({ "target": key, "status": "unknown", "error": {
                "kind": "no-certificate", "phase": "read",
                "message": "holds no certificate, only a private key",
            }})
        );
        assert_eq!(lines[2]["status"], json!("pass"));
    }

    #[test]
    fn tells_people_what_is_wrong_first_and_what_to_do_about_it() {
        let files = Files::new();
        let mut inspect = example("inspect");
        inspect.args(["--roots", &files.roots, "--at", "2027-01-03T00:00:00Z", &files.chain]);
        let ran = run(&mut inspect);
        let lines: Vec<_> = ran.stdout.lines().collect();
        assert_eq!(
            lines[0],
            format!(
                "FAIL {}: clients have been failing since 2027-01-01 00:00:00 UTC, for 2 days, \
                 because the server's own certificate ended",
                files.chain
            )
        );
        assert_eq!(
            lines[1],
            "  failure expired: the end-entity certificate (CN=example.com) expired 2 days ago, \
             on 2026-12-31 23:59:59 UTC"
        );
        assert_eq!(lines[2], "    -> renew it, install it, and reload the service");
    }
}

mod check {
    use super::*;

    #[test]
    fn judges_what_a_server_presents_at_the_instant() {
        let files = Files::new();
        let server = files.server();
        let target = server.target("example.com").to_string();
        for (at, code, found) in [
            (BEFORE, 2, vec!["not-yet-valid"]),
            (INSIDE, 0, vec![]),
            (LATE, 1, vec!["expires-soon"]),
            (AFTER, 2, vec!["expired"]),
        ] {
            let ran = run(files.check(at).arg(&target));
            let report = ran.one();
            assert_eq!((ran.code, codes(&report)), (code, found), "{at}");
            assert_eq!(report["target"], json!(target));
            assert_eq!(report["checked_at"], json!(at));
            assert_eq!(report["peer"]["address"], json!(server.address().to_string()));
            assert_eq!(report["peer"]["protocol"], json!("TLSv1.3"));
            assert_eq!(report["peer"]["cipher_suite"], json!("TLS13_AES_256_GCM_SHA384"));
            assert_eq!(report["peer"]["handshake"], json!("proven"));
        }
    }

    /// The same two lines from both programs: in words, and as JSON.
    #[test]
    fn says_with_inspect_when_clients_start_failing_and_because_of_which_certificate() {
        let (scratch, root) = (Scratch::new(), Draft::root("Root").issue());
        let dying = root.ca("R3").valid("2025-01-01T00:00:00Z", "2026-11-30T23:59:59Z").issue();
        let leaf = dying.leaf("example.com").issue();
        let roots = scratch.file("roots.pem", root.pem());
        let file = scratch.file("chain.pem", format!("{}{}", leaf.pem(), dying.pem()));
        let server = Server::start(Tls::new(vec![leaf.der.clone(), dying.der.clone()], &leaf));
        let target = server.target("example.com").to_string();
        for (name, what) in [("check", &target), ("inspect", &file)] {
            let judged = |json: Option<&str>| {
                let at = ["--roots", &roots, "--at", "2026-11-22T15:00:00Z"];
                let ran = run(example(name).args(at).args(json).arg(what));
                assert_eq!(ran.code, 1, "{name}");
                ran
            };
            let words = judged(None).stdout;
            assert_eq!(
                words.lines().next().unwrap(),
                format!(
                    "WARN {what}: clients start failing on 2026-12-01 00:00:00 UTC, in 8 days \
                     9 hours, because intermediate \"R3\" ends; the server's own certificate would \
                     last until 2026-12-31 23:59:59 UTC"
                ),
            );
            let report = judged(Some("--json")).one();
            assert_eq!(report["horizon"]["until"], json!("2026-11-30T23:59:59Z"));
            assert_eq!(report["horizon"]["limited_by"]["position"], json!(1));
            assert_eq!(report["horizon"]["limited_by"]["subject"], json!("CN=R3"));
            assert_eq!(report["horizon"]["limited_by"]["sha256"], report["chain"][1]["sha256"]);
        }
    }

    #[test]
    fn gives_each_file_of_roots_a_verdict() {
        let files = Files::new();
        let stranger = files.scratch.file("stranger.pem", Draft::root("Stranger").issue().pem());
        let server = files.server();
        let target = server.target("example.com").to_string();
        let looks = [(files.inspect(INSIDE), &files.chain), (files.check(INSIDE), &target)];
        for (mut command, what) in looks {
            let ran = run(command.args(["--roots", &stranger, what]));
            let report = ran.one();
            assert_eq!((ran.code, codes(&report)), (1, vec!["fails-in-store"]));
            assert_eq!(report["store"], json!(files.roots));
            assert_eq!(report["other_stores"][0]["store"], json!(stranger));
            assert_eq!(report["other_stores"][0]["trust"]["status"], json!("untrusted"));
        }
    }

    #[test]
    fn trusts_mozillas_roots_unless_told_otherwise() {
        let server = Files::new().server();
        let mut check = example("check");
        check.args(["--json", "--at", INSIDE, &server.target("example.com").to_string()]);
        let ran = run(&mut check);
        assert_eq!((ran.code, &ran.one()["trust"]["status"]), (2, &json!("untrusted")));
    }

    #[test]
    fn takes_names_that_are_not_ascii() {
        let files = Files::new();
        let server = files.server();
        let target = format!("b\u{fc}cher.example;connect={};name=example.com", server.address());
        let ran = run(files.check(INSIDE).arg(target));
        assert_eq!(ran.code, 0);
        assert_eq!(server.stop()[0].server_name.as_deref(), Some("xn--bcher-kva.example"));
    }

    #[test]
    fn says_in_one_line_why_a_server_could_not_be_looked_at() {
        let files = Files::new();
        let address = refusing();
        let ran = run(files.check(INSIDE).arg(address.to_string()));
        assert_eq!(ran.code, 3);
        let mut line = ran.one();
        let message = line["error"]["message"].take();
        assert_eq!(
            line,
            json!({ "target": format!("https://{address}"), "status": "unknown", "error": {
                "kind": "refused", "phase": "connect", "message": null,
            }})
        );
        let sentence = format!(
            "connect failed for https://{address} at {address}: the connection was refused: "
        );
        assert!(message.as_str().unwrap().starts_with(&sentence), "{message}");
    }

    #[test]
    fn surveys_every_view_when_asked() {
        let files = Files::new();
        let server = files.server();
        let target = format!("example.com;connect={}", server.address());
        let ran = run(files.check(INSIDE).args(["--survey", "--without-sni", &target]));
        let survey = ran.one();
        assert_eq!((ran.code, &survey["status"]), (0, &json!("pass")));
        let views = survey["views"].as_array().unwrap();
        let shown: Vec<_> = views
            .iter()
            .map(|view| (view["key_type"].as_str().unwrap(), view.get("server_name").is_some()))
            .collect();
        assert_eq!(shown, [("rsa", true), ("ecdsa", true), ("rsa", false), ("ecdsa", false)]);
        assert_eq!(views[1]["report"], 0);
        assert_eq!(survey["reports"][0]["chain"].as_array().unwrap().len(), 2);

        let ran = run(example("check")
            .args(["--roots", &files.roots, "--at", INSIDE])
            .args(["--survey", &target]));
        assert!(ran.stdout.starts_with("PASS https://example.com:443;"), "{}", ran.stdout);
        assert!(ran.stdout.contains(": 1 chain in 2 views\n"), "{}", ran.stdout);
    }

    #[test]
    fn shows_a_client_certificate_and_judges_it() {
        let files = Files::new();
        let leaf = files.pki.leaf("example.com").issue();
        let server = Server::start(
            Tls::new(files.pki.chain(&leaf), &leaf).demands_a_client_certificate(&files.pki.root),
        );
        let own = files
            .pki
            .leaf("client.example")
            .with(|params| {
                params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
            })
            .issue();
        let chain = format!("{}{}", own.pem(), files.pki.intermediate.pem());
        let chain = files.scratch.file("client.pem", chain);
        let key = files.scratch.file("client-key.pem", own.key_pem());
        let target = format!("example.com;connect={}", server.address());

        let ran =
            run(files.check(LATE).args(["--client-cert", &chain, "--client-key", &key, &target]));

        let report = ran.one();
        assert_eq!(report["peer"]["client_certificate"], "presented");
        assert_eq!(report["client_certificate"]["purpose"], "client");
        assert_eq!(codes(&report["client_certificate"]), ["expires-soon"]);
        assert_eq!(ran.code, 1);
    }

    #[test]
    fn goes_where_it_may_and_through_the_proxy_that_it_is_given() {
        let files = Files::new();
        let ran = run(files.check(INSIDE).args(["--public-only", "127.0.0.1:1", "10.0.0.1:443"]));
        assert_eq!(ran.code, 3);
        for line in ran.json() {
            assert_eq!(line["error"]["kind"], "address-forbidden");
        }

        let proxy = format!("http://user:secret@{}", refusing());
        let ran = run(files.check(INSIDE).args(["--proxy", &proxy, "smtp://mail.test"]));
        let line = ran.one();
        assert_eq!(
            (&line["error"]["kind"], &line["error"]["phase"]),
            (&json!("refused"), &json!("proxy"))
        );
        assert!(!ran.stdout.contains("secret"));

        // The environment is looked at only where it is asked for.
        let proxied =
            |command: &mut Command| run(command.env("ALL_PROXY", &proxy).env("NO_PROXY", ""));
        let server = files.server();
        let target = format!("example.com;connect={}", server.address());
        assert_eq!(proxied(files.check(INSIDE).arg(&target)).code, 0);
        let line = proxied(files.check(INSIDE).args(["--proxy", "env", &target])).one();
        assert_eq!(line["error"]["phase"], "proxy");
    }

    #[test]
    fn takes_what_is_no_target_for_an_unknown_and_not_for_a_mistake() {
        let ran = run(Files::new().check(INSIDE).arg("exa$mple.com"));
        assert_eq!(ran.code, 3);
        let message = "invalid target \"exa$mple.com\": the character '$' is not allowed in a host";
        assert_eq!(
            ran.one(),
            json!({ "target": "exa$mple.com", "status": "unknown", "error": {
                "kind": "invalid-target", "phase": "target", "message": message,
            }})
        );
        // Line by line, as scripts that don't parse JSON see it: the keys in this order.
        assert!(ran.stdout.starts_with(
            "{\"target\":\"exa$mple.com\",\"status\":\"unknown\",\"error\":{\"kind\":"
        ));

        let ran = run(example("check").arg("exa$mple.com"));
        assert_eq!(ran.stdout, format!("UNKNOWN exa$mple.com: {message}\n"));
        assert_eq!((ran.code, ran.stderr.as_str()), (3, ""));
    }

    #[test]
    fn shows_neither_a_password_nor_what_a_terminal_would_obey() {
        for option in ["--at=2026-06-01T00:00:00Z", "--json"] {
            let ran = run(example("check").args([option, "user:secret@example.com"]));
            assert!(!ran.stdout.contains("secret") && !ran.stdout.is_empty(), "{}", ran.stdout);
        }
        let ran = run(example("check").arg("evil\u{1b}[31m.test"));
        assert!(!ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
    }

    #[test]
    fn keeps_the_order_of_the_command_line_and_ends_with_the_worst() {
        let files = Files::new();
        let server = files.server();
        let good = server.target("example.com").to_string();
        let misnamed = server.target("other.test").to_string();
        let targets = [&good, "a..b", &misnamed, &good];
        let ran = run(files.check(INSIDE).args(targets));
        let lines = ran.json();
        let shown: Vec<_> = lines.iter().map(|line| &line["target"]).collect();
        assert_eq!(shown, targets);
        let statuses: Vec<_> = lines.iter().map(|line| &line["status"]).collect();
        assert_eq!(statuses, ["pass", "unknown", "fail", "pass"]);
        assert_eq!(ran.code, 3, "what could not be told is not hidden behind what could");
        assert_eq!(run(files.check(INSIDE).args([&good, &misnamed, &good])).code, 2);
    }

    #[test]
    fn gives_up_on_a_silent_server_in_the_time_that_it_is_given() {
        let server = Server::silent();
        let ran =
            run(Files::new().check(INSIDE).args(["--timeout", "1", &server.address().to_string()]));
        let line = ran.one();
        assert_eq!((ran.code, &line["status"]), (3, &json!("unknown")));
        assert_eq!(line["error"]["kind"], json!("timed-out"));
        assert_eq!(line["error"]["phase"], json!("handshake"));
    }

    #[test]
    fn shows_four_servers_of_its_own_where_no_target_is_given() {
        let ran = run(example("check").args(["--at", INSIDE]));
        assert_eq!((ran.code, ran.stderr.as_str()), (2, ""));
        let reports: Vec<_> =
            ran.stdout.lines().filter(|line| line.contains(" https://")).collect();
        let starts = [
            "PASS https://healthy.test:443;connect=127.0.0.1:",
            "WARN https://soon.test:443;connect=127.0.0.1:",
            "FAIL https://expired.test:443;connect=127.0.0.1:",
            "WARN https://fresh.test:443;connect=127.0.0.1:",
        ];
        assert_eq!(reports.len(), starts.len(), "{}", ran.stdout);
        for (line, start) in reports.iter().zip(starts) {
            assert!(line.starts_with(start), "{line}");
        }
        assert_eq!(ran.stdout.lines().filter(|line| line.starts_with("# ")).count(), 4);
        assert_eq!(
            ran.stdout.lines().last(),
            Some("The worst of them is fail: the exit code is 2.")
        );

        let ran = run(example("check").args(["--json", "--at", INSIDE]));
        let statuses: Vec<_> = ran.json().iter().map(|line| line["status"].clone()).collect();
        assert_eq!(
            (ran.code, statuses),
            (2, vec!["pass".into(), "warn".into(), "fail".into(), "warn".into()])
        );
    }

    #[test]
    fn shows_its_own_servers_at_the_ends_of_time_too() {
        for at in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            assert_eq!(run(example("check").args(["--json", "--at", at])).json().len(), 4, "{at}");
        }
    }
}

mod pipeline {
    use super::*;

    #[test]
    fn lets_through_only_what_passes_now_and_for_as_long_as_it_has_to() {
        let files = Files::new();
        // From the 1st of June it is 213 days to the end of the year, and 191 to the warning.
        for (arguments, code, verdict) in [
            (vec!["--name", "example.com"], 0, "pass: install it"),
            (vec!["--name", "example.com", "--min-days", "190"], 0, "pass: install it"),
            (vec!["--name", "example.com", "--min-days", "200"], 1, "warn: do not install it"),
            (vec!["--name", "example.com", "--min-days", "214"], 2, "fail: do not install it"),
            (vec!["--name", "example.org"], 2, "fail: do not install it"),
        ] {
            let mut pipeline = example("pipeline");
            pipeline.args(["--roots", &files.roots, "--at", INSIDE]);
            let ran = run(pipeline.args(&arguments).arg(&files.chain));
            let verdict = format!("{}: {verdict}", files.chain);
            assert_eq!(ran.stdout.lines().last(), Some(verdict.as_str()), "{arguments:?}");
            assert_eq!(ran.code, code, "{arguments:?}");
        }
    }

    #[test]
    fn does_not_let_through_what_it_cannot_read() {
        let ran = run(example("pipeline").args(["--name", "example.com", "absent.pem"]));
        assert_eq!(ran.code, 3);
        assert!(
            ran.stdout.ends_with("\nabsent.pem: unknown: do not install it\n"),
            "{}",
            ran.stdout
        );
    }

    #[test]
    fn shows_a_good_and_an_incomplete_chain_where_no_file_is_given() {
        let ran = run(example("pipeline").args(["--at", INSIDE]));
        assert_eq!(ran.code, 2);
        let verdicts: Vec<_> =
            ran.stdout.lines().filter(|line| line.contains("install it")).collect();
        assert_eq!(
            verdicts,
            ["fullchain.pem: pass: install it", "cert.pem: fail: do not install it"]
        );
        assert!(ran.stdout.contains("issuer-missing"));
    }
}
