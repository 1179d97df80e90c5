//! What the benches share: certificates, a server, and the clients that are compared.

#![allow(dead_code, reason = "each bench uses a part of them")]

pub(crate) mod client;
pub(crate) mod pki;
pub(crate) mod server;

/// Runs this program again under callgrind, and says how many instructions are executed within the
/// functions of that name.
pub(crate) fn count_instructions(
    function: &str,
    out: &std::path::Path,
    arguments: &[&str],
) -> usize {
    let output = std::process::Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={function}"))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe().unwrap())
        .arg("run")
        .args(arguments)
        .output()
        .expect("valgrind is needed");
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    // ==123== Collected : 456
    let collected = log.lines().find_map(|line| line.split_once("Collected : "));
    collected.unwrap().1.trim().parse().unwrap()
}

/// Whether `cargo bench` runs the program, and not `cargo test --benches`, for which once is
/// enough.
pub(crate) fn is_measured() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}
