//! Why DNS gave no answer.

use std::error::Error;
use std::fmt;
use std::io;

use hickory_resolver::net::{DnsError as Negative, NetError};
use hickory_resolver::proto::op::ResponseCode;

/// Why DNS gave no servers.
///
/// `Display` names what was asked for.
#[derive(Debug)]
pub struct DnsError {
    question: String,
    kind: DnsErrorKind,
    cause: Option<Cause>,
}

type Cause = Box<dyn Error + Send + Sync>;

impl DnsError {
    pub(super) fn new(question: impl Into<String>, kind: DnsErrorKind) -> Self {
        Self { question: question.into(), kind, cause: None }
    }

    pub(super) fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> DnsErrorKind {
        self.kind
    }
}

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DNS lookup failed for {}: {}", self.question, self.kind)
    }
}

impl Error for DnsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Some(cause) => Some(&**cause),
            None => None,
        }
    }
}

/// What kept DNS from an answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DnsErrorKind {
    /// The system's configuration can't be read, or names no server.
    #[error("the system's configuration is of no use")]
    Configuration,
    /// A server failed or refused to answer, or none could be asked.
    #[error("no server gave an answer")]
    Failed,
    /// It is no domain name, or too long a one.
    #[error("the name is invalid")]
    InvalidName,
    /// A record names something else than a host and a port.
    #[error("a record is invalid")]
    InvalidRecord,
    /// The protocol has no service name to ask for.
    #[error("the protocol has no service name")]
    NoServiceName,
    /// There is no such name, or it has no such record.
    #[error("there is no such record")]
    NotFound,
    /// The domain says that it does not offer the service.
    #[error("the domain says that it offers no such service")]
    NotOffered,
    /// No server answered in time.
    #[error("timed out")]
    TimedOut,
}

/// Why a lookup gave no records.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no such name.
    NoName(NetError),
    /// There is no such record, but others of that name.
    NoRecord(NetError),
    TimedOut(Option<NetError>),
    Failed(NetError),
}

impl Trouble {
    pub(super) const TIMED_OUT: Self = Self::TimedOut(None);

    /// Whether a server said that there is nothing.
    pub(super) const fn is_negative(&self) -> bool {
        matches!(self, Self::NoName(_) | Self::NoRecord(_))
    }

    pub(super) fn into_error(self, question: impl Into<String>) -> DnsError {
        let (kind, cause) = match self {
            Self::NoName(cause) | Self::NoRecord(cause) => (DnsErrorKind::NotFound, Some(cause)),
            Self::TimedOut(cause) => (DnsErrorKind::TimedOut, cause),
            Self::Failed(cause) => (DnsErrorKind::Failed, Some(cause)),
        };
        let error = DnsError::new(question, kind);
        match cause {
            Some(cause) => error.because(cause),
            None => error,
        }
    }
}

pub(super) fn trouble(error: impl Into<NetError>) -> Trouble {
    let error = error.into();
    match &error {
        NetError::Timeout => Trouble::TimedOut(Some(error)),
        NetError::Io(cause) if cause.kind() == io::ErrorKind::TimedOut => {
            Trouble::TimedOut(Some(error))
        }
        NetError::Dns(Negative::NoRecordsFound(negative)) => match negative.response_code {
            ResponseCode::NXDomain => Trouble::NoName(error),
            // A server that refers to others, and names no authority, has not said anything.
            ResponseCode::NoError if negative.ns.is_none() || negative.soa.is_some() => {
                Trouble::NoRecord(error)
            }
            _ => Trouble::Failed(error),
        },
        _ => Trouble::Failed(error),
    }
}

/// As a resolver tells it.
impl From<Trouble> for io::Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::NoName(cause) | Trouble::NoRecord(cause) => {
                Self::new(io::ErrorKind::NotFound, cause)
            }
            Trouble::TimedOut(Some(cause)) => Self::new(io::ErrorKind::TimedOut, cause),
            Trouble::TimedOut(None) => io::ErrorKind::TimedOut.into(),
            Trouble::Failed(cause) => Self::other(cause),
        }
    }
}
