//! Certificates at rest that are read again and again.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::future::Future;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use crate::source::{self, Found, FoundChain, Locator, ProblemKind, ReadOptions};
use crate::target::Subject;

/// Certificates at rest, to be read anew with each look: a file, a document that you fetch, what
/// this process has loaded.
///
/// Cheap to clone. What is found is judged as [`FoundChain::subject`] says, unless
/// [`judged_as`](Self::judged_as) changes that.
///
/// ```
/// use notafter::source::ReadOptions;
/// use notafter::watch::Source;
///
/// let own = Source::file("/etc/tls/chain.pem")
///     .judged_as(|subject| subject.with_names(["example.com".parse().unwrap()]));
/// let idp = Source::bytes("https://idp.example/metadata", || async {
///     // your HTTP client
///     Ok(b"<EntityDescriptor/>".to_vec())
/// });
/// ```
#[derive(Clone)]
pub struct Source {
    label: Arc<str>,
    kind: Kind,
    options: ReadOptions,
    subject: Option<Arc<Change>>,
}

#[derive(Clone)]
enum Kind {
    Bytes(Arc<BytesOf>),
    Chains(Arc<ChainsOf>),
    File(PathBuf),
    #[cfg(feature = "files")]
    Files(Arc<(source::Files, Vec<PathBuf>)>),
}

type Change = dyn Fn(Subject) -> Subject + Send + Sync;
type BytesOf = dyn Fn() -> Pending<Vec<u8>> + Send + Sync;
type ChainsOf = dyn Fn() -> Pending<Vec<FoundChain>> + Send + Sync;
type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Failed>> + Send>>;
/// An error of a function of the caller's.
pub(super) type Failed = Box<dyn Error + Send + Sync>;

impl Source {
    /// A file in any format that [`read`](source::read()) knows, called by its path. It is read on
    /// one of tokio's blocking threads.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::new(path.display().to_string(), Kind::File(path))
    }

    /// Files, folders and patterns, as [`Files`](source::Files) reads them: on one of tokio's
    /// blocking threads. The options are those of `files`.
    #[cfg(feature = "files")]
    #[must_use]
    pub fn files<I>(label: impl Into<Arc<str>>, files: source::Files, paths: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<PathBuf>,
    {
        let paths = paths.into_iter().map(Into::into).collect();
        Self::new(label, Kind::Files(Arc::new((files, paths))))
    }

    /// Bytes that a function of yours fetches, in any format that [`read`](source::read()) knows: a
    /// JWK Set, SAML metadata, a Secret. An error that it returns is a look that failed.
    ///
    /// Fetch with a limit on what you accept: the bytes are in memory before
    /// [`max_bytes`](ReadOptions::max_bytes) is asked.
    #[must_use]
    pub fn bytes<F, A>(label: impl Into<Arc<str>>, fetch: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<Vec<u8>, Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        Self::new(label, Kind::Bytes(Arc::new(move || Box::pin(fetch()))))
    }

    /// Chains that a function of yours gives: what this process has loaded by now, in memory. See
    /// [`FoundChain::in_memory`], and `fetch::in_memory` for rustls.
    #[must_use]
    pub fn chains<F, A>(label: impl Into<Arc<str>>, chains: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<Vec<FoundChain>, Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        Self::new(label, Kind::Chains(Arc::new(move || Box::pin(chains()))))
    }

    fn new(label: impl Into<Arc<str>>, kind: Kind) -> Self {
        Self { label: label.into(), kind, options: ReadOptions::new(), subject: None }
    }

    /// Reads by these options: with passwords, within limits.
    #[must_use]
    pub fn options(mut self, options: ReadOptions) -> Self {
        self.options = options;
        self
    }

    /// Calls it otherwise, in snapshots and events.
    #[must_use]
    pub fn labelled(mut self, label: impl Into<Arc<str>>) -> Self {
        self.label = label.into();
        self
    }

    /// Changes what each chain that is found is judged as: names that it has to hold, another
    /// purpose.
    #[must_use]
    pub fn judged_as(
        mut self,
        change: impl Fn(Subject) -> Subject + Send + Sync + 'static,
    ) -> Self {
        self.subject = Some(Arc::new(change));
        self
    }

    /// What snapshots and events call it.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    pub(super) fn shared_label(&self) -> Arc<str> {
        Arc::clone(&self.label)
    }

    /// Reads it now.
    pub(super) async fn read(&self) -> Result<Found, Failed> {
        let (label, options) = (self.shared_label(), self.options.clone());
        match &self.kind {
            Kind::Bytes(fetch) => {
                let bytes = fetch().await?;
                blocking(move || source::read(label, &bytes, &options)).await
            }
            Kind::Chains(chains) => Ok(Found { chains: chains().await?, ..Found::default() }),
            Kind::File(path) => {
                let path = path.clone();
                blocking(move || match read_file(&path, options.byte_limit()) {
                    Ok(bytes) => source::read(label, &bytes, &options),
                    Err(error) => {
                        let kind = error.kind();
                        let mut found = Found::default();
                        let problem = ProblemKind::Io { kind, reason: error.to_string() };
                        found.problem(Locator::new(label), problem);
                        found
                    }
                })
                .await
            }
            #[cfg(feature = "files")]
            Kind::Files(files) => {
                let files = Arc::clone(files);
                blocking(move || files.0.read(&files.1, |_| {})).await
            }
        }
    }

    pub(super) fn subject_of(&self, chain: &FoundChain) -> Subject {
        let subject = chain.subject().clone();
        match &self.subject {
            Some(change) => change(subject),
            None => subject,
        }
    }
}

/// Reading takes as long as the disk, or a key store's password, wants it to.
async fn blocking(read: impl FnOnce() -> Found + Send + 'static) -> Result<Found, Failed> {
    Ok(tokio::task::spawn_blocking(read).await?)
}

/// One byte more than is allowed is enough to see that it is too large.
fn read_file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    // A pipe that nobody writes to would hold a thread with each look.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("label", &self.label).finish_non_exhaustive()
    }
}
