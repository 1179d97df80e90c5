//! Files, folders and patterns: the one room of this stage that opens anything.

mod pattern;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::read::read_at;
use super::{
    Format, Found, FoundChain, Locator, ProblemKind, ReadOptions, Reference, ReferenceTarget,
    SkippedKind,
};
use crate::target::{Purpose, Subject};
use pattern::{Matches, is_pattern};

/// Reads the certificates in files, in folders with all below them, and by patterns.
///
/// The content of each file says what it is. Links are followed, and a file or a folder that is
/// reached in several ways is read once. The same chain in several files, or in one that is reached in
/// several ways, is found once: see [`FoundChain::also_at`]. What is named in a file, such as the
/// certificates of a kubeconfig, is read too. Files that are no certificates are
/// [skipped](Found::skipped) where a folder or a pattern led to them, and a problem where they were
/// named.
///
/// In folders, entries whose names begin with two dots are left out: so Kubernetes calls what the
/// files of a mounted Secret are links into, which is called otherwise after each change.
///
/// This blocks: in async code, call it in `spawn_blocking`. One file is held in memory at a time.
///
/// ```no_run
/// use notafter::source::Files;
///
/// let found = Files::new().read(["/etc/ssl/certs", "conf/*.p12"], |_| {});
/// for problem in &found.problems {
///     eprintln!("{problem}");
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Files {
    options: ReadOptions,
    max_files: usize,
    max_depth: usize,
    max_total_bytes: u64,
}

impl Files {
    /// At most 100,000 files of 4 GiB together, 32 folders deep, each read by the default options.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            options: ReadOptions::new(),
            max_files: 100_000,
            max_depth: 32,
            max_total_bytes: 4 * 1024 * 1024 * 1024,
        }
    }

    /// Reads each file by these options, instead.
    #[must_use]
    pub fn options(mut self, options: ReadOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets how many files are read at most.
    #[must_use]
    pub const fn max_files(mut self, files: usize) -> Self {
        self.max_files = files;
        self
    }

    /// Sets how deep folders are walked; 0 reads only the files right in those that are named.
    #[must_use]
    pub const fn max_depth(mut self, folders: usize) -> Self {
        self.max_depth = folders;
        self
    }

    /// Sets how many bytes are read at most of all files together;
    /// [`ReadOptions::max_bytes`] bounds each.
    #[must_use]
    pub const fn max_total_bytes(mut self, bytes: u64) -> Self {
        self.max_total_bytes = bytes;
        self
    }

    /// Reads what the paths lead to: files that are named first, then folders and patterns, in the
    /// order given; what is in a folder, sorted by name. A path that leads to nothing is taken for a
    /// pattern, such as `conf/*.pem` or `conf/**/*.pem`.
    ///
    /// `progress` is told before each file is read.
    #[must_use]
    pub fn read<I>(&self, paths: I, progress: impl FnMut(&Progress<'_>)) -> Found
    where
        I: IntoIterator,
        I::Item: AsRef<Path>,
    {
        let mut walk = Walk {
            files: self,
            progress,
            read: 0,
            bytes: 0,
            full: false,
            seen: HashMap::new(),
            chains: HashMap::new(),
            places: HashSet::new(),
            found: Found::default(),
        };
        let paths = paths.into_iter().map(|path| path.as_ref().to_owned());
        let (named, others): (Vec<PathBuf>, Vec<PathBuf>) = paths.partition(|path| path.is_file());
        for path in named.iter().chain(&others) {
            walk.start(path);
        }
        walk.found
    }
}

impl Default for Files {
    fn default() -> Self {
        Self::new()
    }
}

/// How far reading files has come.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// The file that comes next.
    pub path: &'a Path,
    /// How many were read before it.
    pub files: usize,
    /// How many chains were found in those.
    pub chains: usize,
}

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

struct Walk<'a, P> {
    files: &'a Files,
    progress: P,
    read: usize,
    bytes: u64,
    /// Whether a limit was reached that ends it all.
    full: bool,
    /// Where files and folders really are that were taken.
    seen: HashMap<PathBuf, Seen>,
    /// The places of chains in what was found, by what they are judged as.
    chains: HashMap<(Vec<[u8; 32]>, Subject), usize>,
    /// The other places of chains that are known.
    places: HashSet<(usize, Locator)>,
    found: Found,
}

/// What a file held.
#[derive(Default)]
struct Seen {
    /// The chains, by their places in what was found, and where they stood.
    chains: Vec<(usize, Locator)>,
    /// How many other ways have led to it.
    ways: usize,
}

impl<P: FnMut(&Progress<'_>)> Walk<'_, P> {
    fn start(&mut self, path: &Path) {
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
        self.seen.insert(real.clone(), Seen::default());
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
        for (index, place) in seen.chains.clone() {
            let chain = self.found.chains[index].moved_to(place.within(&source));
            self.add(judged(chain, led));
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
        let (files, chains) = (self.read, self.found.chains.len());
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
            held.push((self.add(judged(chain, led)), place));
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

    /// Adds a chain, or the place of one that is there already; says which it is.
    fn add(&mut self, chain: FoundChain) -> usize {
        let fingerprints = chain.chain().entries().iter().map(|entry| entry.sha256()).collect();
        // By all that the source says, and not by what it is called.
        let alike = (fingerprints, chain.subject.clone().labelled(""));
        let next = self.found.chains.len();
        let index = *self.chains.entry(alike).or_insert(next);
        if index == next {
            self.found.chains.push(chain);
        } else if self.found.chains[index].locator != chain.locator
            && self.places.insert((index, chain.locator.clone()))
        {
            self.found.chains[index].also_at.push(chain.locator);
        }
        index
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
        ProblemKind::Content { format: Format::Kubernetes, .. } => is_template,
        ProblemKind::Content { format: Format::Jwks, .. } => !has_keys,
        _ => false,
    });
    let foreign: Vec<Locator> = foreign.map(|it| it.locator().clone()).collect();
    for locator in foreign {
        found.pass_over(locator, SkippedKind::Other);
    }
}

/// What is in a folder, sorted, without what Kubernetes hides there.
fn entries(folder: &Path, mut refused: impl FnMut(&io::Error)) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    match fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }) {
        Ok(entries) => {
            for entry in entries {
                match entry.map(|entry| entry.file_name()) {
                    Ok(name) if name.as_encoded_bytes().starts_with(b"..") => {}
                    Ok(name) => paths.push(folder.join(name)),
                    Err(error) => refused(&error),
                }
            }
        }
        Err(error) => refused(&error),
    }
    paths.sort();
    paths
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

fn refusal(error: &io::Error) -> ProblemKind {
    ProblemKind::Io { kind: error.kind(), reason: error.to_string() }
}

fn too_deep(limit: usize) -> ProblemKind {
    too_many("folders in each other", limit)
}

fn too_many(what: &'static str, limit: usize) -> ProblemKind {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    ProblemKind::TooLarge { what, size: None, limit }
}

/// How many files may name each other in a row.
const MOST_NAMED: usize = 8;

/// How many paths a pattern may lead to on its way, most of which may be folders.
const MOST_PATHS: usize = 1_000_000;

/// How many other ways to a file are remembered.
const MOST_WAYS: usize = 64;
