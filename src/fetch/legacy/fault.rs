//! What keeps an old handshake from its certificates.

use rustls::AlertDescription;

use super::messages::CERTIFICATES_LIMIT;
use super::records::IDLE_LIMIT;
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
    #[error("a record has version 0x{0:04x}")]
    RecordVersion(u16),
    #[error("a {what} of {length} bytes: more than {limit}")]
    TooLarge { what: &'static str, length: usize, limit: usize },
    #[error("more than {CERTIFICATES_LIMIT} certificates")]
    TooManyCertificates,
    #[error("more than {IDLE_LIMIT} records or messages hold nothing")]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_words_and_its_kind() {
        use FetchErrorKind::{Alert, ClosedEarly, MessageTooLarge, NoCertificate, Tls};

        let large = Fault::TooLarge { what: "record", length: 18_433, limit: 18_432 };
        for (fault, words, kind) in [
            (Fault::Alert(70), "the peer sent alert 70", FetchErrorKind::ProtocolVersion),
            (Fault::Alert(80), "the peer sent alert 80", Alert(80)),
            (Fault::Closed, "the connection ended before the certificates", ClosedEarly),
            (
                Fault::Malformed("ServerHello"),
                "the fields of the ServerHello do not fit its length",
                Tls,
            ),
            (
                Fault::MessageOutOfPlace(4),
                "a handshake message of type 4 came out of its order",
                Tls,
            ),
            (Fault::NoCertificate, "the peer sent no certificate", NoCertificate),
            (
                Fault::RecordOutOfPlace(23),
                "a record of content type 23 came before the certificates",
                Tls,
            ),
            (Fault::RecordVersion(0x0200), "a record has version 0x0200", Tls),
            (large, "a record of 18433 bytes: more than 18432", MessageTooLarge),
            (Fault::TooManyCertificates, "more than 100 certificates", MessageTooLarge),
            (Fault::TooManyIdle, "more than 16 records or messages hold nothing", Tls),
            (
                Fault::Version(0x0304),
                "the peer chose version 0x0304, which was not offered",
                FetchErrorKind::ProtocolVersion,
            ),
        ] {
            assert_eq!((&*fault.to_string(), fault.kind()), (words, kind));
        }
    }
}
