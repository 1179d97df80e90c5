//! Files, folders and patterns: the one room of this stage that opens anything.

mod chains;
mod pattern;
mod walk;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Found, ProblemKind, ReadOptions};
use walk::Walk;

/// Reads the certificates in files, in folders with all below them, and by patterns.
///
/// The content of each file says what it is. Links are followed, and a file or a folder that is
/// reached in several ways is read once. The same chain in several files, or in one that is reached in
/// several ways, is found once: see
/// [`FoundChain::also_at`](super::FoundChain::also_at). What is named in a file, such as the
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
        let mut walk = Walk::new(self, progress);
        let paths = paths.into_iter().map(|path| path.as_ref().to_owned());
        let (named, others): (Vec<PathBuf>, Vec<PathBuf>) = paths.partition(|path| path.is_file());
        for path in named.iter().chain(&others) {
            walk.start(path);
        }
        walk.finish()
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
