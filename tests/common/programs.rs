//! The example programs, built and run.

use std::env::{self, consts::EXE_SUFFIX};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// An example program that is to be run.
pub(crate) fn example(name: &str) -> Command {
    static DIRECTORY: LazyLock<PathBuf> = LazyLock::new(build);
    let mut command = Command::new(DIRECTORY.join(format!("{name}{EXE_SUFFIX}")));
    command.stdin(Stdio::null());
    command
}

/// Builds the examples beside this test, as it was built, and says where they are.
///
/// A plain `cargo test` has built them already; one that is told what to test has not, and would
/// leave old ones to be run here.
fn build() -> PathBuf {
    let test = env::current_exe().unwrap();
    let directory = test.parent().and_then(Path::parent).unwrap();
    let profile = match directory.file_name().and_then(OsStr::to_str).unwrap() {
        "debug" => "dev",
        name => name,
    };
    let features = [
        ("aws-lc-rs", cfg!(feature = "aws-lc-rs")),
        ("default", cfg!(feature = "default")),
        ("fetch", cfg!(feature = "fetch")),
        ("ring", cfg!(feature = "ring")),
    ];
    let on: Vec<_> = features.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--examples", "--no-default-features", "--profile", profile])
        .args(["--features", &on.join(",")])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .arg("--target-dir")
        .arg(directory.parent().unwrap())
        .status()
        .unwrap();
    assert!(status.success(), "the examples can't be built");
    directory.join("examples")
}

/// What a program said, and its exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

#[track_caller]
pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    /// The lines of JSON; there is nothing else on either output.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        assert_eq!(self.stderr, "");
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The one line of JSON.
    #[track_caller]
    pub(crate) fn one(&self) -> Value {
        let [line] = <[Value; 1]>::try_from(self.json()).unwrap();
        line
    }
}

pub(crate) fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}
