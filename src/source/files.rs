//! Files, folders and patterns: the one room of this stage that opens anything.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::read::read_at;
use super::{Found, Locator, ProblemKind, ReadOptions, Reference, ReferenceTarget, SkippedKind};
use crate::target::Purpose;

/// Reads the certificates in files, in folders with all below them, and by patterns.
///
/// The content of each file says what it is. Links are followed, and a file or a folder that is
/// reached in several ways is read once. The same chain in several files is found once: see
/// [`FoundChain::also_at`](super::FoundChain::also_at). What is named in a file, such as the
/// certificates of a kubeconfig, is read too. Files that are no certificates are
/// [skipped](Found::skipped) where a folder or a pattern led to them, and a problem where they were
/// named.
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
}

impl Files {
    /// At most 100,000 files, 32 folders deep, each read by the default options.
    #[must_use]
    pub const fn new() -> Self {
        Self { options: ReadOptions::new(), max_files: 100_000, max_depth: 32 }
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

    /// Reads what the paths lead to, in their order; what is in a folder, sorted by name. A path that
    /// leads to nothing is taken for a pattern, such as `conf/*.pem` or `conf/**/*.pem`.
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
            full: false,
            seen: HashSet::new(),
            chains: HashMap::new(),
            found: Found::default(),
        };
        for path in paths {
            walk.start(path.as_ref());
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
#[derive(Clone, Copy, Eq, PartialEq)]
enum Led {
    /// The caller, or a file that names it: whatever is wrong with it is a problem.
    ByName(Option<Purpose>),
    /// A folder or a pattern: it may hold anything.
    ByWalk,
}

struct Walk<'a, P> {
    files: &'a Files,
    progress: P,
    read: usize,
    /// Whether the limit of files has been told.
    full: bool,
    /// Where files and folders really are that were taken.
    seen: HashSet<PathBuf>,
    /// The places of chains in what was found, by their fingerprints.
    chains: HashMap<Vec<[u8; 32]>, Vec<usize>>,
    found: Found,
}

impl<P: FnMut(&Progress<'_>)> Walk<'_, P> {
    fn start(&mut self, path: &Path) {
        match fs::symlink_metadata(path) {
            Ok(_) => self.visit(path, 0, Led::ByName(None), &mut Vec::new()),
            Err(error) => {
                let pattern = path.to_str().filter(|path| path.contains(['*', '?', '[']));
                match pattern {
                    Some(pattern) => self.pattern(path, pattern),
                    None => self.refused(path, &error),
                }
            }
        }
    }

    fn pattern(&mut self, path: &Path, pattern: &str) {
        let matches = match glob::glob(pattern) {
            Ok(matches) => matches,
            Err(error) => {
                let reason = format!("is no pattern: {}", error.msg);
                return self.refused(path, &io::Error::new(io::ErrorKind::InvalidInput, reason));
            }
        };
        let mut any = false;
        for entry in matches {
            any = true;
            match entry {
                Ok(path) => self.visit(&path, 0, Led::ByWalk, &mut Vec::new()),
                Err(error) => self.refused(error.path(), error.error()),
            }
        }
        if !any {
            let reason = "nothing matches the pattern";
            self.refused(path, &io::Error::new(io::ErrorKind::NotFound, reason));
        }
    }

    /// Goes to a path. `stack` has the files that lead to it by naming each other.
    fn visit(&mut self, path: &Path, depth: usize, led: Led, stack: &mut Vec<PathBuf>) {
        let (metadata, real) =
            match fs::metadata(path).and_then(|it| Ok((it, path.canonicalize()?))) {
                Ok(both) => both,
                Err(error) => return self.refused(path, &error),
            };
        if stack.contains(&real) {
            return self.found.problem(locator(path), ProblemKind::Loop);
        }
        if !self.seen.insert(real.clone()) {
            return;
        }
        if metadata.is_dir() {
            self.folder(path, depth);
        } else if metadata.is_file() {
            stack.push(real);
            self.file(path, &metadata, led, stack);
            stack.pop();
        } else if led == Led::ByWalk {
            // A pipe or a device may keep its reader waiting for ever.
            self.found.pass_over(locator(path), SkippedKind::Other);
        } else {
            let reason = "is neither a file nor a folder";
            self.refused(path, &io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
    }

    fn folder(&mut self, path: &Path, depth: usize) {
        if depth > self.files.max_depth {
            let limit = u64::try_from(self.files.max_depth).unwrap_or(u64::MAX);
            let kind = ProblemKind::TooLarge { what: "folders in each other", size: None, limit };
            return self.found.problem(locator(path), kind);
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.refused(path, &error),
        };
        let mut paths = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => paths.push(entry.path()),
                Err(error) => self.refused(path, &error),
            }
        }
        paths.sort();
        for path in paths {
            if self.full {
                return;
            }
            self.visit(&path, depth + 1, Led::ByWalk, &mut Vec::new());
        }
    }

    fn file(&mut self, path: &Path, metadata: &Metadata, led: Led, stack: &mut Vec<PathBuf>) {
        if self.read >= self.files.max_files {
            let limit = u64::try_from(self.files.max_files).unwrap_or(u64::MAX);
            if !std::mem::replace(&mut self.full, true) {
                let kind = ProblemKind::TooLarge { what: "files", size: None, limit };
                self.found.problem(locator(path), kind);
            }
            return;
        }
        let (files, chains) = (self.read, self.found.chains.len());
        (self.progress)(&Progress { path, files, chains });
        self.read += 1;
        let limit = self.files.options.byte_limit();
        let too_large = |size| ProblemKind::TooLarge { what: "bytes", size, limit };
        if metadata.len() > limit {
            return self.found.problem(locator(path), too_large(Some(metadata.len())));
        }
        match content(path, limit) {
            Err(error) => self.refused(path, &error),
            // It grew, or its length is not known before, as that of files in /proc.
            Ok(None) => self.found.problem(locator(path), too_large(None)),
            Ok(Some(bytes)) => {
                let found = read_at(&locator(path), &bytes, &self.files.options);
                drop(bytes);
                self.take(path, found, led, stack);
            }
        }
    }

    /// Adds what a file holds, and goes on to what it names.
    fn take(&mut self, path: &Path, mut found: Found, led: Led, stack: &mut Vec<PathBuf>) {
        if led == Led::ByWalk {
            let foreign = found.problems.extract_if(.., |problem| {
                matches!(problem.kind(), ProblemKind::UnknownFormat | ProblemKind::NoCertificate)
            });
            let foreign: Vec<Locator> = foreign.map(|it| it.locator().clone()).collect();
            for locator in foreign {
                found.pass_over(locator, SkippedKind::Other);
            }
        }
        let Found { chains, problems, references, skipped } = found;
        self.found.problems.extend(problems);
        self.found.skipped.extend(skipped);
        for chain in chains {
            let chain = match led {
                Led::ByName(Some(purpose)) => chain.with_subject(|it| it.with_purpose(purpose)),
                _ => chain,
            };
            self.add(chain);
        }
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        for reference in references {
            match &reference.target {
                ReferenceTarget::File(file) if stack.len() < MOST_NAMED => {
                    let led = Led::ByName(reference.purpose);
                    self.visit(&folder.join(file), 0, led, stack);
                }
                ReferenceTarget::File(_) => self.too_long(reference),
                ReferenceTarget::Url(_) => self.found.references.push(reference),
            }
        }
    }

    fn too_long(&mut self, reference: Reference) {
        let limit = u64::try_from(MOST_NAMED).unwrap_or(u64::MAX);
        let kind = ProblemKind::TooLarge { what: "files that name each other", size: None, limit };
        self.found.problem(reference.locator, kind);
    }

    /// Adds a chain, or the place of one that is there already.
    fn add(&mut self, chain: super::FoundChain) {
        let fingerprints = chain.chain().entries().iter().map(|entry| entry.sha256()).collect();
        let known = self.chains.entry(fingerprints).or_default();
        let alike = known.iter().find(|index| self.found.chains[**index].is_judged_as(&chain));
        match alike {
            Some(index) => self.found.chains[*index].also_at.push(chain.locator),
            None => {
                known.push(self.found.chains.len());
                self.found.chains.push(chain);
            }
        }
    }

    fn refused(&mut self, path: &Path, error: &io::Error) {
        let kind = ProblemKind::Io { kind: error.kind(), reason: error.to_string() };
        self.found.problem(locator(path), kind);
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

/// How many files may name each other in a row.
const MOST_NAMED: usize = 8;
