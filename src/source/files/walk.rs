//! The walk: from path to path, each file read, told apart and dropped.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::chains::Chains;
use super::pattern::{Matches, is_pattern};
use super::{Files, Progress, entries, refusal, too_deep, too_many};
use crate::source::read::read_at;
use crate::source::{
    Format, Found, FoundChain, Locator, ProblemKind, Reference, ReferenceTarget, SkippedKind,
};
use crate::target::Purpose;

/// Who led to a file.
#[derive(Clone, Copy)]
enum Led<'r> {
    /// The caller: whatever is wrong with it is a problem.
    Caller,
    /// A file that names it.
    File(&'r Reference),
    /// A folder or a pattern: it may hold anything.
    Walk,
}

pub(super) struct Walk<'a, P> {
    files: &'a Files,
    progress: P,
    read: usize,
    bytes: u64,
    /// Whether a limit was reached that ends it all.
    full: bool,
    /// Where files and folders really are that were taken.
    seen: HashMap<PathBuf, Seen>,
    chains: Chains,
    /// All but the chains.
    found: Found,
}

/// What a file held.
#[derive(Default)]
struct Seen {
    /// Whether nobody had named it.
    by_walk: bool,
    /// The chains, by their indices, and where they stood.
    chains: Vec<(usize, Locator)>,
    /// How many other ways have led to it.
    ways: usize,
}

impl<'a, P: FnMut(&Progress<'_>)> Walk<'a, P> {
    pub(super) fn new(files: &'a Files, progress: P) -> Self {
        Self {
            files,
            progress,
            read: 0,
            bytes: 0,
            full: false,
            seen: HashMap::new(),
            chains: Chains::default(),
            found: Found::default(),
        }
    }

    pub(super) fn finish(self) -> Found {
        Found { chains: self.chains.finish(), ..self.found }
    }

    pub(super) fn start(&mut self, path: &Path) {
        match fs::symlink_metadata(path) {
            Ok(_) => self.visit(path, 0, Led::Caller, &mut Vec::new()),
            Err(error) => match path.to_str().filter(|path| is_pattern(path)) {
                Some(pattern) => self.pattern(path, pattern),
                None => self.refused(path, Led::Caller, &error),
            },
        }
    }

    fn pattern(&mut self, path: &Path, pattern: &str) {
        let max_depth = self.files.max_depth;
        let Matches { paths, problems, .. } = match Matches::of(pattern, MOST_PATHS, max_depth) {
            Ok(matches) => matches,
            Err(error) => {
                let reason = format!("is no pattern: {}", error.msg);
                let error = io::Error::new(io::ErrorKind::InvalidInput, reason);
                return self.refused(path, Led::Caller, &error);
            }
        };
        if paths.is_empty() && problems.is_empty() {
            let reason = "nothing matches the pattern";
            let error = io::Error::new(io::ErrorKind::NotFound, reason);
            self.refused(path, Led::Caller, &error);
        }
        for (path, problem) in problems {
            self.found.problem(locator(&path), problem);
        }
        for path in paths {
            self.visit(&path, 0, Led::Walk, &mut Vec::new());
        }
    }

    /// Goes to a path. `stack` has the files that lead to it by naming each other.
    fn visit(&mut self, path: &Path, depth: usize, led: Led<'_>, stack: &mut Vec<PathBuf>) {
        if self.full {
            return;
        }
        let (metadata, real) =
            match fs::metadata(path).and_then(|it| Ok((it, path.canonicalize()?))) {
                Ok(both) => both,
                Err(error) => return self.refused(path, led, &error),
            };
        if stack.contains(&real) {
            return self.found.problem(named_at(path, led), ProblemKind::Loop);
        }
        if self.seen.contains_key(&real) {
            return self.again(path, &real, led);
        }
        if metadata.is_dir() && matches!(led, Led::File(_)) {
            // Else a file could have us read all that there is.
            return self.refused(path, led, &io::ErrorKind::IsADirectory.into());
        }
        let by_walk = matches!(led, Led::Walk);
        self.seen.insert(real.clone(), Seen { by_walk, ..Seen::default() });
        if metadata.is_dir() {
            self.folder(path, depth);
        } else if metadata.is_file() {
            stack.push(real);
            self.file(path, &metadata, led, stack);
            stack.pop();
        } else if let Led::Walk = led {
            // A pipe or a device may keep its reader waiting for ever.
            self.found.pass_over(locator(path), SkippedKind::Other);
        } else {
            let reason = "is neither a file nor a folder";
            self.refused(path, led, &io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
    }

    /// Another way to a file that was read: a further place of its chains.
    fn again(&mut self, path: &Path, real: &Path, led: Led<'_>) {
        let Some(seen) = self.seen.get_mut(real).filter(|seen| seen.ways < MOST_WAYS) else {
            return;
        };
        seen.ways += 1;
        let source = locator(path);
        let was_guessed = seen.by_walk && matches!(led, Led::File(_));
        for (index, place) in seen.chains.clone() {
            let chain = self.chains.at(index, place.within(&source));
            let now = self.add(chain, led);
            if was_guessed {
                self.chains.outdo(index, now);
            }
        }
    }

    fn folder(&mut self, path: &Path, depth: usize) {
        if depth > self.files.max_depth {
            return self.found.problem(locator(path), too_deep(self.files.max_depth));
        }
        for path in entries(path, |error| self.refused(path, Led::Walk, error)) {
            self.visit(&path, depth + 1, Led::Walk, &mut Vec::new());
        }
    }

    fn file(&mut self, path: &Path, metadata: &Metadata, led: Led<'_>, stack: &mut Vec<PathBuf>) {
        if self.read >= self.files.max_files {
            self.full = true;
            return self.found.problem(locator(path), too_many("files", self.files.max_files));
        }
        let (files, chains) = (self.read, self.chains.len());
        (self.progress)(&Progress { path, files, chains });
        self.read += 1;
        if metadata.len() == 0 && matches!(led, Led::Walk) {
            // Files that the system makes up say so too, and some keep their reader waiting.
            return self.found.pass_over(locator(path), SkippedKind::Other);
        }
        let limit = self.files.options.byte_limit();
        let left = self.files.max_total_bytes - self.bytes;
        if metadata.len() > limit {
            let kind = ProblemKind::TooLarge { what: "bytes", size: Some(metadata.len()), limit };
            return self.found.problem(locator(path), kind);
        }
        match content(path, limit.min(left)) {
            Err(error) => self.refused(path, led, &error),
            // It grew, or its length is not known before, as that of files in /proc.
            Ok(None) if limit <= left => {
                self.bytes += limit;
                let kind = ProblemKind::TooLarge { what: "bytes", size: None, limit };
                self.found.problem(locator(path), kind);
            }
            Ok(None) => {
                self.full = true;
                let limit = self.files.max_total_bytes;
                let kind = ProblemKind::TooLarge { what: "bytes in all files", size: None, limit };
                self.found.problem(locator(path), kind);
            }
            Ok(Some(bytes)) => {
                self.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                let mut found = read_at(&locator(path), &bytes, &self.files.options);
                if let Led::Walk = led {
                    pass_over_what_is_foreign(&mut found, &bytes);
                }
                drop(bytes);
                self.take(path, found, led, stack);
            }
        }
    }

    /// Adds what a file holds, and goes on to what it names.
    fn take(&mut self, path: &Path, found: Found, led: Led<'_>, stack: &mut Vec<PathBuf>) {
        let Found { chains, problems, references, skipped } = found;
        self.found.problems.extend(problems);
        self.found.skipped.extend(skipped);
        let mut held = Vec::with_capacity(chains.len());
        for chain in chains {
            let place = chain.locator.clone();
            held.push((self.add(chain, led), place));
        }
        // `file` is called with its real path on top.
        if let Some(seen) = stack.last().and_then(|real| self.seen.get_mut(real)) {
            seen.chains = held;
        }
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        for reference in references {
            match &reference.target {
                ReferenceTarget::File(file) if stack.len() < MOST_NAMED => {
                    self.visit(&folder.join(file), 0, Led::File(&reference), stack);
                }
                ReferenceTarget::File(_) => self.too_long(reference),
                ReferenceTarget::Url(_) => self.found.references.push(reference),
            }
        }
    }

    fn too_long(&mut self, reference: Reference) {
        let kind = too_many("files that name each other", MOST_NAMED);
        self.found.problem(reference.locator, kind);
    }

    fn add(&mut self, chain: FoundChain, led: Led<'_>) -> usize {
        self.chains.add(judged(chain, led), !matches!(led, Led::Walk))
    }

    fn refused(&mut self, path: &Path, led: Led<'_>, error: &io::Error) {
        let kind = match (led, refusal(error)) {
            (Led::File(_), ProblemKind::Io { kind, reason }) => {
                ProblemKind::Io { kind, reason: format!("{}: {reason}", path.to_string_lossy()) }
            }
            (_, kind) => kind,
        };
        self.found.problem(named_at(path, led), kind);
    }
}

/// A chain as what its file was named as.
fn judged(chain: FoundChain, led: Led<'_>) -> FoundChain {
    match led {
        // Kubeconfigs name these, whose certificates the cluster's own CA has issued.
        Led::File(Reference { purpose: Some(Purpose::Client), .. }) => {
            chain.with_subject(|it| it.with_purpose(Purpose::Client).known_by_itself())
        }
        Led::File(Reference { purpose: Some(purpose), .. }) => {
            chain.with_subject(|it| it.with_purpose(*purpose))
        }
        _ => chain,
    }
}

/// That a file which nobody named is something else is no problem.
fn pass_over_what_is_foreign(found: &mut Found, bytes: &[u8]) {
    if found.problems.is_empty() {
        return;
    }
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    // A template of Helm becomes a manifest; many a document in JSON has a member `keys`.
    let (is_template, has_keys) = (has(b"{{"), has(b"\"kty\"") || has(b"\"x5c\""));
    let foreign = found.problems.extract_if(.., |problem| match problem.kind() {
        ProblemKind::UnknownFormat | ProblemKind::NoCertificate => true,
        // A first byte as that of DER; certificates have more bytes than a short length can say.
        ProblemKind::Certificate(_) => matches!(bytes, [0x30, 0..=0x7f | 0x85.., ..]),
        ProblemKind::Content { format: Format::Kubernetes, .. } => is_template,
        ProblemKind::Content { format: Format::Jwks, .. } => !has_keys,
        _ => false,
    });
    let foreign: Vec<Locator> = foreign.map(|it| it.locator().clone()).collect();
    for locator in foreign {
        found.pass_over(locator, SkippedKind::Other);
    }
}

/// The content of a file; `None` where it has more bytes than the limit.
fn content(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Ok((size <= limit).then_some(bytes))
}

fn locator(path: &Path) -> Locator {
    Locator::new(path.to_string_lossy().into_owned())
}

/// Where to go because of a path that can't be read: to where it is named, if a file names it.
fn named_at(path: &Path, led: Led<'_>) -> Locator {
    match led {
        Led::File(reference) => reference.locator.clone(),
        Led::Caller | Led::Walk => locator(path),
    }
}

/// How many files may name each other in a row.
const MOST_NAMED: usize = 8;

/// How many paths a pattern may lead to on its way, most of which may be folders.
const MOST_PATHS: usize = 1_000_000;

/// How many other ways to a file are remembered.
const MOST_WAYS: usize = 64;
