//! Certificates at rest, wherever they are: files, folders, patterns, standard input.

use std::collections::HashSet;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use notafter::source::{self, Files, Found, ProblemKind, ReadOptions, SkippedKind};

use super::outcome::{Outcome, Reason};

/// What there is at a path, `-` for standard input.
pub(crate) fn at(path: &Path, options: &ReadOptions) -> Found {
    if path != Path::new("-") {
        let progress = Progress::new();
        return Files::new().options(options.clone()).read([path], |read| progress.show(read));
    }
    let mut content = Vec::new();
    match io::stdin().read_to_end(&mut content) {
        Ok(_) => source::read("-", &content, options),
        Err(_) => source::read("-", b"", options),
    }
}

/// What could not be looked at; of a place with nothing in it, that too.
pub(crate) fn problems(path: &Path, found: &Found) -> Vec<Outcome> {
    let mut problems: Vec<Outcome> = found
        .problems
        .iter()
        .map(|problem| {
            let (kind, message) = (problem.kind().as_str(), problem.kind().to_string());
            let reason = Reason { kind, phase: "read", message };
            Outcome::unknown(problem.locator().to_string(), reason)
        })
        .collect();
    if problems.is_empty() && found.chains.is_empty() {
        let kinds: HashSet<SkippedKind> =
            found.skipped.iter().map(|skipped| skipped.kind).collect();
        let mut message = ProblemKind::NoCertificate.to_string();
        if kinds.contains(&SkippedKind::PrivateKey) {
            message += ", only a private key";
        }
        let reason = Reason { kind: ProblemKind::NoCertificate.as_str(), phase: "read", message };
        problems.push(Outcome::unknown(path.to_string_lossy(), reason));
    }
    problems
}
