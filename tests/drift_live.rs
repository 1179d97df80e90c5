//! A file renewed under a real server that was not reloaded. It needs Debian's package nginx-light,
//! and the recipe that `tests/common/recipes.rs` looks for.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::thread;
use std::time::Duration;

use common::pki::at;
use common::recipes::Site;
use notafter::chain::PresentedChain;
use notafter::checker::Checker;
use notafter::inspect::{Drift, TrustAnchors, compare};
use notafter::report::Code;
use notafter::source::{self, ReadOptions};

fn codes(drift: &Drift) -> Vec<Code> {
    drift.findings().iter().map(notafter::report::Finding::code).collect()
}

#[tokio::test]
#[ignore = "needs Debian's nginx-light"]
async fn nginx_serves_the_old_file_until_it_is_reloaded() {
    let site = Site::new();
    let Some(nginx) = site.start("nginx", &[], 0) else { return };
    let target = nginx.target("https", "example.com", 0);
    let checker = Checker::builder()
        .anchors(TrustAnchors::from_pem(site.pki.root.pem()).unwrap())
        .build()
        .unwrap();
    let folder = nginx.folder("nginx");
    let on_disk = || -> PresentedChain {
        let bytes = site.files.read(&format!("{folder}/chain.pem"));
        let found = source::read("chain.pem", &bytes, &ReadOptions::new());
        assert_eq!(found.problems, []);
        found.chains[0].chain().clone()
    };
    let served = async || {
        let report = checker.check_at(&target, at("2026-06-01T00:00:00Z")).await.unwrap();
        report.presented_chain().unwrap()
    };
    assert!(compare(&on_disk(), &served().await).is_same());

    let renewed =
        site.pki.leaf("example.com").valid("2026-05-01T00:00:00Z", "2026-12-31T23:59:59Z").issue();
    let chain = renewed.pem() + &site.pki.intermediate.pem();
    site.files.file(&format!("{folder}/chain.pem"), chain);
    site.files.file(&format!("{folder}/key.pem"), renewed.key_pem());
    let drift = compare(&on_disk(), &served().await);
    assert_eq!(codes(&drift), [Code::NotDeployed, Code::DifferentKey]);
    let survey = checker.survey_at(&target, at("2026-06-01T00:00:00Z")).await.unwrap();
    let drifts = survey.compare(&on_disk());
    assert_eq!(drifts.len(), 1);
    assert_eq!(codes(&drifts[0].1), [Code::NotDeployed, Code::DifferentKey]);

    nginx.reload();
    // nginx says nowhere when its new worker has taken over.
    for _ in 0..200 {
        if compare(&on_disk(), &served().await).is_same() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("nginx still serves the old file");
}
