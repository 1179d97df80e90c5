//! Test data of public projects, which this repository does not hold.

use std::io::Write as _;
use std::path::PathBuf;

/// A folder of the corpora: below the one that `NOTAFTER_CORPORA` names, else beside the
/// repository. Where there is none it says so, past the capture of the test's output.
pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("NOTAFTER_CORPORA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora")),
        PathBuf::from,
    );
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    let test = std::thread::current();
    let test = test.name().unwrap_or("a test");
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED {test}: there is no corpus {name}; set NOTAFTER_CORPORA to a folder that holds it",
    );
    None
}
