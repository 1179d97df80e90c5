//! Paths by a pattern, such as `conf/**/*.pem`.
//!
//! The folders are walked here, not by the crate whose patterns these are: that goes round in
//! circles where links lead back.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use glob::{Pattern, PatternError};

use super::{ProblemKind, entries, refusal, too_deep, too_many};

/// What a pattern leads to.
pub(super) struct Matches {
    /// Sorted.
    pub(super) paths: Vec<PathBuf>,
    pub(super) problems: Vec<(PathBuf, ProblemKind)>,
    max_paths: usize,
    max_depth: usize,
}

/// Whether a path is more than a plain name.
pub(super) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

impl Matches {
    pub(super) fn of(
        pattern: &str,
        max_paths: usize,
        max_depth: usize,
    ) -> Result<Self, PatternError> {
        let mut matches =
            Self { paths: vec![PathBuf::new()], problems: Vec::new(), max_paths, max_depth };
        for component in Path::new(pattern).components() {
            match component {
                Component::Normal(name) if name == "**" => matches.below(),
                Component::Normal(name) if name.to_str().is_some_and(is_pattern) => {
                    // It is a part of a `str`.
                    matches.named(&Pattern::new(name.to_str().unwrap_or_default())?);
                }
                plain => matches.paths.iter_mut().for_each(|path| path.push(plain)),
            }
        }
        matches.paths.retain(|path| path.symlink_metadata().is_ok());
        matches.paths.sort();
        matches.paths.dedup();
        Ok(matches)
    }

    /// Goes on to those entries of the folders whose names match.
    fn named(&mut self, pattern: &Pattern) {
        for folder in std::mem::take(&mut self.paths) {
            for path in self.entries(&folder) {
                let is_match = |name: &OsStr| pattern.matches(&name.to_string_lossy());
                if path.file_name().is_some_and(is_match) && !self.take(path) {
                    return;
                }
            }
        }
    }

    /// Goes on to the folders themselves, and to all below them, each once.
    fn below(&mut self) {
        let mut seen = HashSet::new();
        let folders = std::mem::take(&mut self.paths);
        let mut left: Vec<(PathBuf, usize)> =
            folders.into_iter().rev().map(|folder| (folder, 0)).collect();
        while let Some((folder, depth)) = left.pop() {
            // The folder of no name is the current one.
            let real = Path::new(".").join(&folder).canonicalize();
            if !real.is_ok_and(|real| real.is_dir() && seen.insert(real)) {
                continue;
            }
            if depth > self.max_depth {
                self.problems.push((folder, too_deep(self.max_depth)));
                continue;
            }
            let entries = self.entries(&folder).into_iter().rev();
            left.extend(entries.filter(|path| path.is_dir()).map(|path| (path, depth + 1)));
            if !self.take(folder) {
                return;
            }
        }
    }

    /// Adds a path, within the limit.
    fn take(&mut self, path: PathBuf) -> bool {
        if self.paths.len() >= self.max_paths {
            self.problems.push((path, too_many("paths", self.max_paths)));
            return false;
        }
        self.paths.push(path);
        true
    }

    /// What is in a folder; nothing where there is no folder.
    fn entries(&mut self, folder: &Path) -> Vec<PathBuf> {
        entries(folder, |error| {
            if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
                self.problems.push((folder.to_owned(), refusal(error)));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paths_on_the_way_are_bounded() {
        let pattern = concat!(env!("CARGO_MANIFEST_DIR"), "/src/*/*.rs");
        let matches = Matches::of(pattern, 3, 32).unwrap();
        assert_eq!(matches.problems[0].1, too_many("paths", 3));
        assert!(matches.paths.len() <= 3);
        let matches = Matches::of(pattern, 10_000, 32).unwrap();
        assert_eq!(matches.problems, []);
        assert!(matches.paths.len() > 3);
    }
}
