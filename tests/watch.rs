//! A watch of real servers and real files. Its schedule is tested beside it, on a paused clock.

#![cfg(all(feature = "fetch", feature = "watch", any(feature = "aws-lc-rs", feature = "ring")))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::pki::{Issued, Pki};
use common::server::{Server, Tls, refusing};
use notafter::inspect::{Inspector, TrustAnchors};
use notafter::report::{Code, Status};
use notafter::source::{FoundChain, ReadOptions};
use notafter::target::Purpose;
use notafter::watch::{Damping, Event, EventKind, Source, Subscription, Watch};
use notafter::{Checker, Target};
use time::OffsetDateTime;
use time::macros::datetime;

struct Scene {
    pki: Pki,
    folder: PathBuf,
}

impl Scene {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("watch-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self { pki: Pki::new(), folder }
    }

    fn anchors(&self) -> TrustAnchors {
        TrustAnchors::from_der([self.pki.root.der.to_vec()]).unwrap()
    }

    fn leaf(&self, from: &str, until: &str) -> Issued {
        self.pki.leaf("a.example").valid(from, until).issue()
    }

    /// Good in 2030 until April.
    fn good(&self) -> Issued {
        self.leaf("2030-01-01T00:00:00Z", "2030-04-01T00:00:00Z")
    }

    /// Ended in January.
    fn ended(&self) -> Issued {
        self.leaf("2029-11-01T00:00:00Z", "2030-01-15T00:00:00Z")
    }

    fn pem(&self, leaf: &Issued) -> String {
        let certificates = self.pki.chain(leaf);
        certificates
            .iter()
            .map(|der| {
                let text = data_encoding::BASE64.encode(der);
                format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
            })
            .collect()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

async fn next(events: &mut Subscription, is_it: impl Fn(&Event) -> bool) -> Event {
    loop {
        let event = events.next().await.unwrap().unwrap();
        if is_it(&event) {
            return event;
        }
    }
}

#[tokio::test]
async fn a_server_and_a_file_are_watched_side_by_side() {
    let scene = Scene::new("side-by-side");
    let leaf = scene.good();
    let server = Server::start(Tls::new(scene.pki.chain(&leaf), &leaf));
    let path = scene.write("chain.pem", scene.pem(&leaf));
    let closed: Target = format!("b.example;connect={}", refusing()).parse().unwrap();
    let checker = Checker::builder().anchors(scene.anchors()).build().unwrap();
    let target = server.target("a.example");
    let watch = Watch::builder(checker)
        .target(target.clone())
        .target(closed.clone())
        .source(Source::file(&path))
        .clock(|| AT)
        .start();
    watch.looked().await;
    let snapshot = watch.snapshot();
    assert_eq!((snapshot.len(), snapshot.status()), (3, Status::Unknown));
    let served = snapshot.get(&target.to_string()).unwrap();
    assert_eq!((served.status(), served.checked_at()), (Status::Pass, Some(AT)));
    assert_eq!(served.reports()[0].peer().unwrap().address(), Some(server.address()));
    assert_eq!(served.until(), Some(datetime!(2030-04-01 0:00 UTC)));
    let failure = snapshot.get(&closed.to_string()).unwrap().failure().unwrap();
    assert_eq!((failure.kind, failure.phase), ("refused", Some("connect")));
    assert!(failure.message.contains("b.example"), "{failure}");
    let file = snapshot.get(path.to_str().unwrap()).unwrap();
    assert_eq!((file.status(), file.reports().len()), (Status::Pass, 1));
    watch.shutdown().await;
}

#[tokio::test]
async fn a_file_is_read_anew_and_one_that_vanishes_leaves_its_facts() {
    let scene = Scene::new("anew");
    let path = scene.write("chain.pem", scene.pem(&scene.ended()));
    let label = path.to_str().unwrap().to_owned();
    let names_it =
        |subject: notafter::target::Subject| subject.with_names(["a.example".parse().unwrap()]);
    let watch = Watch::of_sources(Inspector::new().with_anchors(scene.anchors()))
        .source(Source::file(&path).judged_as(names_it))
        .damping(Damping::none())
        .clock(|| AT)
        .start();
    let mut events = watch.subscribe();
    watch.looked().await;
    assert_eq!(watch.snapshot().status(), Status::Fail);

    scene.write("chain.pem", scene.pem(&scene.good()));
    watch.look_now(&label);
    next(&mut events, |event| matches!(event.kind, EventKind::Renewed { .. })).await;
    assert_eq!(watch.snapshot().status(), Status::Pass);

    fs::remove_file(&path).unwrap();
    watch.look_now(&label);
    next(&mut events, |event| matches!(event.kind, EventKind::LookFailed { .. })).await;
    let snapshot = watch.snapshot();
    let file = snapshot.get(&label).unwrap();
    assert_eq!((file.status(), file.is_stale()), (Status::Pass, true));
    let failure = file.failure().unwrap();
    assert_eq!(failure.kind, "unreadable-file");
    assert!(failure.message.starts_with(&label), "{failure}");

    // Half written: what can't be read is no reason to forget what could.
    scene.write("chain.pem", "-----BEGIN CERTIFICATE-----\nMIIB");
    let snapshot = watch.look(&label).await.unwrap();
    let file = snapshot.get(&label).unwrap();
    assert_eq!((file.status(), file.reports().len()), (Status::Pass, 1));
}

#[tokio::test]
async fn bytes_and_chains_come_from_functions_of_the_callers() {
    let scene = Scene::new("functions");
    let pem = scene.pem(&scene.good());
    let fetched = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&fetched);
    let bytes = Source::bytes("https://idp.example/keys", move || {
        let (pem, before) = (pem.clone(), count.fetch_add(1, Ordering::SeqCst));
        async move { if before == 1 { Err("the server said 503".into()) } else { Ok(pem.into_bytes()) } }
    });
    let loaded = Arc::new(Mutex::new(scene.pki.chain(&scene.good())));
    let chains = {
        let loaded = Arc::clone(&loaded);
        Source::chains("loaded", move || {
            let chain =
                FoundChain::in_memory("loaded", loaded.lock().unwrap().iter(), Purpose::Server);
            async move { Ok(vec![chain?]) }
        })
    };
    let watch = Watch::of_sources(Inspector::new().with_anchors(scene.anchors()))
        .source(bytes)
        .source(chains)
        .clock(|| AT)
        .start();
    let mut events = watch.subscribe();
    watch.looked().await;
    assert_eq!(watch.snapshot().count(Status::Pass), 2);

    watch.look_now("https://idp.example/keys");
    let failed =
        next(&mut events, |event| matches!(event.kind, EventKind::LookFailed { .. })).await;
    assert_eq!(failed.to_string(), "https://idp.example/keys: could not look: the server said 503",);
    *loaded.lock().unwrap() = scene.pki.chain(&scene.ended());
    watch.look_now("loaded");
    let status =
        |event: &Event| matches!(event.kind, EventKind::StatusChanged { to: Status::Fail, .. });
    assert_eq!(&*next(&mut events, status).await.target, "loaded");
    let snapshot = watch.snapshot();
    let mut expired = snapshot.get("loaded").unwrap().reports()[0].findings_with(Code::Expired);
    assert!(expired.next().is_some());
}

#[cfg(feature = "files")]
#[tokio::test]
async fn an_event_names_the_chain_of_a_source_that_it_is_about() {
    let scene = Scene::new("names");
    let path = scene.write("one.pem", scene.pem(&scene.ended()));
    scene.write("two.pem", scene.pem(&scene.good()));
    let files = Source::files("tls", notafter::source::Files::new(), [&scene.folder]);
    let watch = Watch::of_sources(Inspector::new().with_anchors(scene.anchors()))
        .source(files)
        .damping(Damping::none())
        .clock(|| AT)
        .start();
    let mut events = watch.subscribe();
    let is_expired = |event: &Event| matches!(&event.kind, EventKind::FindingAppeared { finding, .. } if finding.code() == Code::Expired);
    let expired = next(&mut events, is_expired).await;
    let chain = path.to_str().unwrap();
    assert_eq!((&*expired.target, expired.chain.as_deref()), ("tls", Some(chain)));
    assert!(expired.to_string().starts_with(&format!("{chain}: failure expired: ")), "{expired}");

    // A file that is half written is no certificate that went, and no renewal is lost with it.
    scene.write("one.pem", "-----BEGIN CERTIFICATE-----\nMIIB");
    watch.look("tls").await.unwrap();
    scene.write("one.pem", scene.pem(&scene.good()));
    let snapshot = watch.look("tls").await.unwrap();
    assert_eq!(snapshot.status(), Status::Pass);
    let renewed = next(&mut events, |event| matches!(event.kind, EventKind::Renewed { .. })).await;
    assert_eq!(renewed.chain.as_deref(), Some(chain));
}

#[tokio::test]
async fn what_of_a_source_can_not_be_read_is_told_beside_the_rest() {
    let scene = Scene::new("beside");
    let good = scene.pem(&scene.good());
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let path = scene.write("bundle.pem", format!("{good}{broken}"));
    let watch = Watch::of_sources(Inspector::new().with_anchors(scene.anchors()))
        .source(Source::file(&path).labelled("bundle").options(ReadOptions::new()))
        .clock(|| AT)
        .start();
    watch.looked().await;
    let snapshot = watch.snapshot();
    let bundle = snapshot.get("bundle").unwrap();
    assert_eq!((bundle.reports().len(), bundle.problems().len()), (1, 1));
    assert_eq!(bundle.problems()[0].kind, "malformed-certificate");
    assert_eq!((bundle.failure(), bundle.status()), (None, Status::Unknown));
}

#[tokio::test]
async fn what_is_no_file_is_not_waited_for_and_hostile_words_are_escaped() {
    let hostile = Source::bytes("hostile", || async { Err("\u{1b}[2J\u{202e}gone".into()) });
    let watch = Watch::of_sources(Inspector::new())
        .source(Source::file(env!("CARGO_TARGET_TMPDIR")).labelled("folder"))
        .source(hostile)
        // Beyond what instants have room for.
        .every(std::time::Duration::MAX)
        .patience(std::time::Duration::MAX)
        .start();
    watch.looked().await;
    let snapshot = watch.snapshot();
    let failure = |label| snapshot.get(label).unwrap().failure().unwrap();
    assert_eq!(failure("folder").kind, "unreadable-file");
    assert!(failure("folder").to_string().contains("it is not a regular file"));
    assert_eq!(failure("hostile").to_string(), "\\u{1b}[2J\\u{202e}gone");
}

#[cfg(feature = "files")]
#[tokio::test]
async fn a_folder_that_is_emptied_leaves_its_facts() {
    let scene = Scene::new("folder");
    let path = scene.write("chain.pem", scene.pem(&scene.good()));
    let files = Source::files("certificates", notafter::source::Files::new(), [&scene.folder]);
    let watch = Watch::of_sources(Inspector::new().with_anchors(scene.anchors()))
        .source(files)
        .clock(|| AT)
        .start();
    watch.looked().await;
    assert_eq!(watch.snapshot().status(), Status::Pass);
    fs::remove_file(path).unwrap();
    let snapshot = watch.look("certificates").await.unwrap();
    let folder = snapshot.get("certificates").unwrap();
    assert_eq!((folder.reports().len(), folder.status()), (1, Status::Pass));
    assert_eq!(folder.failure().unwrap().to_string(), "certificates: there is no certificate",);
}

/// As an application tests its own health endpoint, from the first day to the last.
#[cfg(feature = "testing")]
#[tokio::test]
async fn a_clock_that_a_test_moves_takes_a_watch_through_a_certificate_s_life() {
    use notafter::testing::{Clock, Server as TestServer};
    use time::Duration;

    let clock = Clock::at(AT);
    let server = TestServer::expiring_at(AT + Duration::days(60));
    let target = server.target();
    let label = target.to_string();
    let watch = Watch::builder(server.checker()).target(target).clock(clock.reader()).start();
    watch.looked().await;
    assert_eq!(watch.snapshot().status(), Status::Pass);
    for (days, status) in [(50, Status::Warn), (11, Status::Fail)] {
        clock.advance(Duration::days(days));
        assert_eq!(watch.look(&label).await.unwrap().status(), status);
    }
    server.present(server.chain().ending_at(clock.now() + Duration::days(80)));
    assert_eq!(watch.look(&label).await.unwrap().status(), Status::Pass);
}

#[tokio::test]
async fn a_watch_of_sources_alone_says_that_it_takes_no_targets() {
    let watch = Watch::of_sources(Inspector::new()).start();
    assert!(watch.add("a.example".parse().unwrap()));
    watch.looked().await;
    let snapshot = watch.snapshot();
    let failure = snapshot.get("https://a.example:443").unwrap().failure().unwrap();
    assert_eq!(failure.kind, "unsupported");
}

const AT: OffsetDateTime = datetime!(2030-02-01 0:00 UTC);
