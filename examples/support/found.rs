//! Certificates at rest, wherever they are: files, folders, patterns, standard input.

use std::collections::HashSet;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use notafter::source::{self, Files, Found, ProblemKind, Progress, ReadOptions, SkippedKind};

use super::outcome::{Outcome, Reason};

/// What there is at a path, `-` for standard input.
pub(crate) fn at(path: &Path, options: &ReadOptions) -> Found {
    if path != Path::new("-") {
        let mut bar = Bar::new();
        let found = Files::new().options(options.clone()).read([path], |read| bar.show(read));
        bar.end();
        return found;
    }
    let mut content = Vec::new();
    if let Err(error) = io::stdin().read_to_end(&mut content) {
        eprintln!("standard input: {error}");
    }
    source::read("-", &content, options)
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

/// Tells on a terminal how far long work has come.
struct Bar {
    begin: Instant,
    shown: Option<Instant>,
    terminal: bool,
}

impl Bar {
    fn new() -> Self {
        Self { begin: Instant::now(), shown: None, terminal: io::stderr().is_terminal() }
    }

    fn show(&mut self, progress: &Progress<'_>) {
        let since = self.shown.unwrap_or(self.begin);
        // What is done in the blink of an eye needs no telling.
        if !self.terminal || since.elapsed() < Duration::from_millis(250) {
            return;
        }
        self.shown = Some(Instant::now());
        let (files, chains) = (progress.files, progress.chains);
        eprint!("\r\x1b[K{files} files, {chains} chains so far");
        let _ = io::stderr().flush();
    }

    fn end(&self) {
        if self.shown.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}
