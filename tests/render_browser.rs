//! The status page in a real browser, with pictures to look at:
//!
//! ```sh
//! cargo test --test render_browser -- --ignored
//! ```
//!
//! It needs Debian's package `chromium`. Pages and pictures are left in the folder that
//! `NOTAFTER_ARTEFACTS` names, else in `notafter-pages` below the folder for temporary files.

#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use common::pages::snapshot;
use notafter::render::html::page;

#[test]
#[ignore = "needs Debian's chromium"]
fn the_page_lays_out_and_nothing_in_it_runs() {
    let folder = folder();
    for count in [1, 30, 500] {
        let path = folder.join(format!("page{count}.html"));
        fs::write(&path, page(&snapshot(count))).unwrap();

        let dom = String::from_utf8(chromium(&path, &["--dump-dom"]).stdout).unwrap();
        let elements = |name: &str| dom.matches(&format!("<{name}")).count();
        assert_eq!(elements("article"), count);
        assert_eq!(elements("details class=\"more\"") + count, elements("details"));
        for foreign in ["script", "img", "iframe", "link"] {
            assert_eq!(elements(foreign), 0, "{foreign}");
        }
        let shapes = dom.matches("<use").count();
        assert_eq!(elements("svg"), shapes + 1, "each picture is one of ours, and the shapes");
        assert_eq!(elements("svg class=\"shape"), elements("svg"));

        for (width, height) in [(1_280, 1_600), (500, 1_600), (1_600, 1_000)] {
            let picture = folder.join(format!("page{count}-{width}.png"));
            let shot = format!("--screenshot={}", picture.display());
            let size_of_window = format!("--window-size={width},{height}");
            chromium(&path, &[&shot, &size_of_window]);
            assert_eq!(size(&fs::read(&picture).unwrap()), (width, height));
        }
    }
}

fn folder() -> PathBuf {
    let folder = env::var_os("NOTAFTER_ARTEFACTS")
        .map_or_else(|| env::temp_dir().join("notafter-pages"), PathBuf::from);
    fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}

#[track_caller]
fn chromium(page: &Path, arguments: &[&str]) -> Output {
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Width and height, from the header of a PNG (ISO/IEC 15948 section 11.2.2).
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}
