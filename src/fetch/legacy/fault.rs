//! What keeps an old handshake from its certificates.

use rustls::AlertDescription;

use crate::fetch::FetchErrorKind;
use crate::fetch::broken::kind_of_alert;

/// What ended a handshake before its certificates had arrived.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Fault {
    #[error("the peer sent alert {0}")]
    Alert(u8),
    #[error("the connection ended before the certificates")]
    Closed,
    #[error("the fields of the {0} do not fit its length")]
    Malformed(&'static str),
    #[error("the peer sent no certificate")]
    NoCertificate,
    #[error("a record of content type {0} came before the certificates")]
    RecordOutOfPlace(u8),
    #[error("a handshake message of type {0} came out of its order")]
    MessageOutOfPlace(u8),
    #[error("a record of version 0x{0:04x}")]
    RecordVersion(u16),
    #[error("a {what} of {length}: more than {limit}")]
    TooLarge { what: &'static str, length: usize, limit: usize },
    #[error("too many certificates")]
    TooManyCertificates,
    #[error("too many records and messages without any content")]
    TooManyIdle,
    #[error("the peer chose version 0x{0:04x}, which was not offered")]
    Version(u16),
}

impl Fault {
    pub(super) fn kind(self) -> FetchErrorKind {
        match self {
            Self::Alert(number) => kind_of_alert(AlertDescription::from(number)),
            Self::Closed => FetchErrorKind::ClosedEarly,
            Self::NoCertificate => FetchErrorKind::NoCertificate,
            Self::TooLarge { .. } | Self::TooManyCertificates => FetchErrorKind::MessageTooLarge,
            Self::Version(_) => FetchErrorKind::ProtocolVersion,
            Self::Malformed(_)
            | Self::MessageOutOfPlace(_)
            | Self::RecordOutOfPlace(_)
            | Self::RecordVersion(_)
            | Self::TooManyIdle => FetchErrorKind::Tls,
        }
    }
}
