//! What is to be watched, as it is typed.

use std::ffi::OsStr;
use std::path::{MAIN_SEPARATOR, Path};

use notafter::Target;
use notafter::target::TargetError;

/// Targets and files, as they are told apart on a command line or in a list.
#[derive(Default)]
pub(crate) struct Watched {
    pub(crate) targets: Vec<Target>,
    pub(crate) files: Vec<String>,
}

impl Watched {
    /// What names a file or a folder is one, and so is a path that leads to nothing yet; all else is a
    /// target.
    pub(crate) fn add(&mut self, name: &OsStr) -> Result<(), String> {
        let text = name.to_string_lossy();
        let is_path = !text.contains("://") && text.contains(MAIN_SEPARATOR);
        if is_path || Path::new(name).exists() {
            self.files.push(text.into_owned());
            return Ok(());
        }
        let target = text.parse().map_err(|error: TargetError| error.to_string())?;
        self.targets.push(target);
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.files.is_empty()
    }
}
