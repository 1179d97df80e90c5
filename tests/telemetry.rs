//! What looks tell to `tracing` and `metrics`.

#![cfg(all(feature = "fetch", feature = "metrics", feature = "tracing", feature = "watch"))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use common::pki::Pki;
use common::server::{Server, Tls, refusing};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use notafter::Checker;
use notafter::inspect::TrustAnchors;
use notafter::watch::{Source, Watch};
use time::OffsetDateTime;
use time::macros::datetime;
use tracing_subscriber::fmt::format::FmtSpan;

/// All that was told to `tracing`, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens on this thread until the guard is dropped.
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
            .with_ansi(false)
            .without_time()
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A server with a chain that is good in 2030 until April, and who trusts it.
fn staged() -> (Server, Checker, Vec<Vec<u8>>) {
    let pki = Pki::new();
    let leaf = pki.leaf("a.example").valid("2030-01-01T00:00:00Z", "2030-04-01T00:00:00Z").issue();
    let chain = pki.chain(&leaf);
    let bytes = chain.iter().map(|certificate| certificate.to_vec()).collect();
    let server = Server::start(Tls::new(chain, &leaf));
    let anchors = TrustAnchors::from_der([pki.root.der.to_vec()]).unwrap();
    (server, Checker::builder().anchors(anchors).build().unwrap(), bytes)
}

#[tokio::test]
async fn a_look_is_one_span_with_its_phases_and_never_a_certificate() {
    let log = Log::default();
    let (server, checker, chain) = staged();
    {
        let _listening = log.listen();
        checker.check_at(&server.target("a.example"), AT).await.unwrap();
    }
    let text = log.text();
    let target = server.target("a.example").to_string();
    let look = format!("look{{target={target}");
    assert_eq!(text.matches(": new").count(), 1, "{text}");
    for told in [
        " phase=\"resolve\"",
        " phase=\"connect\"",
        " phase=\"handshake\"",
        "2 certificates arrived",
        "status=pass certificates=2",
    ] {
        let line = text.lines().find(|line| line.contains(told));
        assert!(line.is_some_and(|line| line.contains(&look)), "{told}: {text}");
    }
    assert!(text.contains("status=\"pass\"}: "), "the span has the status: {text}");
    assert!(!text.contains("BEGIN") && !text.contains("MII"), "{text}");
    for certificate in &chain {
        let hex: String = certificate[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!text.contains(&hex), "{text}");
    }
}

#[tokio::test]
async fn what_could_not_be_looked_at_and_what_is_bad_is_a_warning() {
    let log = Log::default();
    let (server, checker, _) = staged();
    let closed = format!("a.example;connect={}", refusing()).parse().unwrap();
    {
        let _listening = log.listen();
        checker.check_at(&closed, AT).await.unwrap_err();
        let late = datetime!(2030-04-02 0:00 UTC);
        checker.check_at(&server.target("a.example"), late).await.unwrap();
    }
    let text = log.text();
    let warnings: Vec<&str> =
        text.lines().filter(|line| line.trim_start().starts_with("WARN")).collect();
    assert_eq!(warnings.len(), 2, "{text}");
    assert!(warnings[0].contains("kind=\"refused\""), "{text}");
    assert!(warnings[0].contains("could not look: connect failed for https://a.example:443;"));
    assert!(warnings[1].contains("code=expired") && warnings[1].contains("status=fail"), "{text}");
}

#[tokio::test]
async fn looks_are_counted_and_gauges_are_what_was_seen() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let (server, checker, _) = staged();
    let target = server.target("a.example");
    let label = target.to_string();
    let closed: notafter::Target = format!("b.example;connect={}", refusing()).parse().unwrap();
    {
        let _recording = metrics::set_default_local_recorder(&recorder);
        let watch = Watch::builder(checker)
            .target(target)
            .target(closed.clone())
            .source(Source::bytes("nothing", || async { Err("there is nothing".into()) }))
            .clock(|| AT)
            .start();
        watch.looked().await;
        watch.look(&label).await.unwrap();
    }
    let mut seen = BTreeMap::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let (_, key) = key.into_parts();
        let labels: Vec<String> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => count.to_string(),
            DebugValue::Gauge(value) => value.into_inner().to_string(),
            DebugValue::Histogram(_) => "histogram".to_owned(),
        };
        seen.insert(format!("{} {}", key.name(), labels.join(" ")), value);
    }
    let of = |key: String| seen.get(&key).map(String::as_str);
    assert_eq!(of(format!("notafter_target_looks_total target={label}")), Some("2"));
    assert_eq!(
        of(format!("notafter_target_failed_looks_total target={closed} kind=refused")),
        Some("1"),
    );
    assert_eq!(
        of("notafter_target_failed_looks_total target=nothing kind=failed".into()),
        Some("1"),
    );
    // 2030-04-01
    let ends = Some("1901232000");
    assert_eq!(of(format!("notafter_chain_horizon_timestamp_seconds target={label}")), ends);
    assert_eq!(
        of(format!("notafter_certificate_not_after_timestamp_seconds target={label} position=0")),
        ends,
    );
    for (status, value) in [("pass", "1"), ("warn", "0"), ("fail", "0"), ("unknown", "0")] {
        let key = format!("notafter_target_status target={label} notafter_target_status={status}");
        assert_eq!(of(key), Some(value), "{status}");
    }
    assert_eq!(of(format!("notafter_target_up target={label}")), Some("1"));
    assert_eq!(of("notafter_target_up target=nothing".into()), Some("0"));
    let status = "notafter_target_status target=nothing notafter_target_status=unknown";
    assert_eq!(of(status.into()), None, "what was never seen has no status");
    let failures = format!("notafter_findings target={label} severity=failure");
    assert_eq!(of(failures), Some("0"));
    assert!(seen.keys().any(|key| key.starts_with("notafter_target_look_duration_seconds")));
}

const AT: OffsetDateTime = datetime!(2030-02-01 0:00 UTC);
