//! The example programs that go on: the health service, and the watch in a terminal.

#![cfg(all(feature = "fetch", feature = "files", feature = "serde", feature = "watch"))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::io::{BufRead as _, BufReader, Lines, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use common::pki::{Issued, Pki};
use common::process::{Scratch, free_port};
use common::programs::{codes, example, run};
use common::server::{Server, Tls, refusing};

const NOW: &str = "2026-06-01T00:00:00Z";

/// A chain for `example.com` that ends when it is told to, and who trusts it.
struct Scene {
    scratch: Scratch,
    pki: Pki,
    roots: String,
}

impl Scene {
    fn new() -> Self {
        let (scratch, pki) = (Scratch::new(), Pki::new());
        let roots = scratch.file("roots.pem", pki.root.pem());
        Self { scratch, pki, roots }
    }

    /// Good for 90 days, until this day of June 2026.
    fn until(&self, begin: &str, end: &str) -> Issued {
        self.pki.leaf("example.com").valid(begin, end).issue()
    }

    fn good(&self) -> Issued {
        self.until("2026-05-01T00:00:00Z", "2026-07-30T00:00:00Z")
    }

    /// Three days are left.
    fn soon(&self) -> Issued {
        self.until("2026-03-06T00:00:00Z", "2026-06-04T00:00:00Z")
    }

    fn ended(&self) -> Issued {
        self.until("2026-03-01T00:00:00Z", "2026-05-30T00:00:00Z")
    }

    fn pem(&self, leaf: &Issued) -> String {
        format!("{}{}", leaf.pem(), self.pki.intermediate.pem())
    }

    fn tls(&self, leaf: &Issued) -> Tls {
        Tls::new(self.pki.chain(leaf), leaf)
    }

    fn service(&self, arguments: &[&str]) -> Service {
        let mut command = example("health");
        command.args(["--roots", &self.roots, "--at", NOW, "--every", "1s"]).args(arguments);
        Service::start(&mut command)
    }
}

/// A server that presents what it is told to, from one connection to the next.
fn changeable(first: Tls) -> (Server, Arc<Mutex<Tls>>) {
    let presented = Arc::new(Mutex::new(first));
    let current = Arc::clone(&presented);
    let server = Server::script(move |stream| {
        let tls = current.lock().unwrap().clone();
        tls.serve(stream);
    });
    (server, presented)
}

/// The service, once it has looked at everything; killed when it is dropped.
struct Service {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    address: String,
}

struct Answer {
    code: u16,
    head: String,
    body: String,
}

impl Service {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut service = Self { child, said, address: String::new() };
        let listening = service.wait_for("listening on ");
        service.address = listening.strip_prefix("listening on http://").unwrap().to_owned();
        service.wait_for("looked at all targets: ");
        service
    }

    /// Reads what it says up to a line with that in it.
    fn wait_for(&mut self, part: &str) -> String {
        let line = self.said.find(|line| line.as_ref().unwrap().contains(part));
        line.expect("it has ended without saying so").unwrap()
    }

    fn get(&self, path: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let code = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { code, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn health(&self) -> (u16, Value) {
        let answer = self.get("/health");
        assert!(answer.head.contains("content-type: application/health+json"), "{}", answer.head);
        (answer.code, serde_json::from_str(&answer.body).unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn status_codes_follow_a_certificate_from_pass_to_warn_to_fail_and_back() {
    let scene = Scene::new();
    let (server, presented) = changeable(scene.tls(&scene.good()));
    let mut service = scene.service(&[&server.target("example.com").to_string()]);
    assert_eq!(service.health(), (200, json!({ "status": "pass" })));

    let steps = [
        (scene.soon(), "is warn", 200, "warn"),
        (scene.ended(), "is fail", 503, "fail"),
        (scene.good(), "is pass", 200, "pass"),
    ];
    for (leaf, said, code, status) in steps {
        *presented.lock().unwrap() = scene.tls(&leaf);
        service.wait_for(said);
        // Strangers are told the status, and nothing else.
        assert_eq!(service.health(), (code, json!({ "status": status })));
        assert_eq!(service.get("/livez").code, 200, "a restart renews nothing");
        assert_eq!(service.get("/readyz").code, 200, "it is not what this service serves with");
        let metrics = service.get("/metrics");
        let is_so = format!("notafter_target_status=\"{status}\"}} 1");
        assert!(metrics.body.lines().any(|line| line.ends_with(&is_so)), "{}", metrics.body);
    }
}

#[test]
fn details_are_told_where_they_were_asked_for() {
    let scene = Scene::new();
    let server = Server::start(scene.tls(&scene.ended()));
    let target = server.target("example.com").to_string();
    let service = scene.service(&["--details", &target]);
    let (code, body) = service.health();
    assert_eq!((code, &body["status"]), (503, &json!("fail")));
    let check = &body["checks"]["certificates"][0];
    assert_eq!((&check["componentId"], &check["status"]), (&json!(target), &json!("fail")));
    assert_eq!(check["time"], json!(NOW));
    assert_eq!(codes(check), ["expired"]);
}

#[test]
fn only_a_serving_certificate_that_is_unusable_now_makes_it_unready() {
    let scene = Scene::new();
    let path = scene.scratch.file("serving.pem", scene.pem(&scene.soon()));
    let mut service = scene.service(&["--serving", &path]);
    let ready = service.get("/readyz");
    assert_eq!((ready.code, &*ready.body), (200, "ready; the serving certificate: warn\n"));
    assert_eq!(service.health(), (200, json!({ "status": "warn" })));

    scene.scratch.file("serving.pem", scene.pem(&scene.ended()));
    service.wait_for("is fail");
    assert_eq!(service.get("/readyz").code, 503);
    assert_eq!(service.get("/livez").code, 200);

    std::fs::remove_file(&path).unwrap();
    service.wait_for("could not look");
    assert_eq!(service.get("/readyz").code, 503, "what was seen last stays");
}

#[test]
fn what_can_not_be_told_is_503_or_what_the_caller_chose() {
    let scene = Scene::new();
    let closed = refusing().to_string();
    assert_eq!(scene.service(&[&closed]).health(), (503, json!({ "status": "unknown" })));
    let service = scene.service(&["--unknown", "200", "--details", &closed]);
    let (code, body) = service.health();
    assert_eq!((code, &body["status"]), (200, &json!("unknown")));
    assert_eq!(body["checks"]["certificates"][0]["failure"]["kind"], json!("refused"));
}

#[test]
fn metrics_probes_and_the_page_tell_of_every_target_and_file() {
    let scene = Scene::new();
    let server = Server::start(scene.tls(&scene.good()));
    let target = server.target("example.com").to_string();
    let path = scene.scratch.file("chain.pem", scene.pem(&scene.soon()));
    let service = scene.service(&[&target, &path]);

    let metrics = service.get("/metrics");
    assert!(metrics.head.contains("content-type: application/openmetrics-text; version=1.0.0"));
    assert!(metrics.body.ends_with("# EOF\n"));
    // 2026-07-30
    let horizon =
        format!("notafter_chain_horizon_timestamp_seconds{{target=\"{target}\"}} 1785369600");
    assert!(metrics.body.lines().any(|line| line == horizon), "{}", metrics.body);
    let status =
        format!("notafter_target_status{{target=\"{path}\",notafter_target_status=\"warn\"}} 1");
    assert!(metrics.body.lines().any(|line| line == status), "{}", metrics.body);

    let probe = service.get(&format!("/probe?target={}", target.replace(';', "%3B")));
    assert_eq!(probe.code, 200);
    assert!(probe.body.contains("\nprobe_ssl_earliest_cert_expiry 1785369600\n"), "{}", probe.body);
    assert_eq!(service.get("/probe?target=example.org").code, 404);

    let page = service.get("/certificates");
    assert!(page.head.contains("content-security-policy: default-src 'none'"), "{}", page.head);
    assert!(page.body.contains(&path) && page.body.contains("example.com"), "{}", page.body);
    assert!(!page.body.contains("<script"));
}

#[test]
#[ignore = "needs Debian's prometheus"]
fn a_real_scrape_lands_in_prometheus_by_the_documented_names() {
    let scene = Scene::new();
    let server = Server::start(scene.tls(&scene.good()));
    let target = server.target("example.com").to_string();
    let service = scene.service(&[&target]);
    let address = &service.address;
    scene.scratch.file(
        "prometheus.yml",
        format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
             scrape_configs: [{{job_name: notafter, static_configs: [{{targets: [\"{address}\"]}}]}}]\n"
        ),
    );
    let port = free_port();
    let _prometheus = scene.scratch.start(
        &format!(
            "prometheus --config.file=prometheus.yml --storage.tsdb.path=data \
             --web.listen-address=127.0.0.1:{port} --log.level=warn"
        ),
        port,
    );
    let ask = |query: &str| -> Vec<Value> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let path = format!("/api/v1/query?query={query}");
        write!(stream, "GET {path} HTTP/1.0\r\nhost: x\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["data"]["result"].as_array().cloned().unwrap_or_default()
    };
    // The first scrape is due within a second; a machine that is busy may take longer.
    for _ in 0..300 {
        if !ask("notafter_chain_horizon_timestamp_seconds").is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let one = |query: &str| {
        let found = ask(query);
        assert_eq!(found.len(), 1, "{query}: {found:?}");
        assert_eq!(found[0]["metric"]["target"], json!(target), "{query}");
        found[0]["value"][1].as_str().unwrap().to_owned()
    };
    assert_eq!(one("notafter_chain_horizon_timestamp_seconds"), "1785369600");
    // Prometheus writes so large a number in this form, or the other.
    let ends = one("notafter_certificate_not_after_timestamp_seconds%7Bposition%3D%220%22%7D");
    assert_eq!(ends, "1785369600");
    assert_eq!(one("notafter_target_status%7Bnotafter_target_status%3D%22pass%22%7D"), "1");
    assert_eq!(one("notafter_target_status%7Bnotafter_target_status%3D%22fail%22%7D"), "0");
    assert!(one("notafter_target_looks_total").parse::<u64>().unwrap() >= 1);
}

#[cfg(unix)]
#[test]
fn the_service_ends_well_when_it_is_asked_to_stop() {
    let scene = Scene::new();
    let server = Server::start(scene.tls(&scene.good()));
    let mut service = scene.service(&[&server.target("example.com").to_string()]);
    let asked = Command::new("kill").arg(service.child.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_terminal_shows_the_table_and_then_what_changes() {
    let scene = Scene::new();
    let (server, presented) = changeable(scene.tls(&scene.good()));
    let target = server.target("example.com").to_string();
    let list = scene.scratch.file("targets.txt", format!("# ours\n\n{target} # the shop\n"));
    let mut command = example("watch");
    command.args(["--roots", &scene.roots, "--at", NOW, "--every", "1s", "--list", &list]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut watch = Service { child, said, address: String::new() };
    watch.wait_for("1 in all: 1 pass");
    *presented.lock().unwrap() = scene.tls(&scene.ended());
    let line = watch.wait_for("was pass");
    assert_eq!(line, format!("2026-06-01 00:00:00 {target}: was pass, is fail"));
    // What is added to the list is watched.
    scene.scratch.file("targets.txt", format!("{target}\n{}\n", refusing()));
    watch.wait_for("could not look: connect failed for https://127.0.0.1:");
}

#[test]
fn a_terminal_may_look_once_and_end_with_the_worst() {
    let scene = Scene::new();
    let path = scene.scratch.file("chain.pem", scene.pem(&scene.soon()));
    let mut command = example("watch");
    command.args(["--roots", &scene.roots, "--at", NOW, "--once", &path]);
    let ran = run(&mut command);
    assert_eq!((ran.code, &*ran.stderr), (1, ""));
    assert!(ran.stdout.contains("WARN     2026-06-04"), "{}", ran.stdout);
    assert!(
        ran.stdout.ends_with("1 in all: 0 pass, 1 warn, 0 fail, 0 unknown\n"),
        "{}",
        ran.stdout
    );

    let broken = scene.scratch.file("broken.txt", "example.com\na..b\n");
    let ran = run(example("watch").args(["--list", &broken]));
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("broken.txt, line 2: "), "{}", ran.stderr);
}
