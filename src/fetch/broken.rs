//! What it means that a handshake broke off.

use std::io;

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

use super::error::Failure;
use super::meter::Meter;
use super::{FetchErrorKind, Phase};
use crate::chain::LateFailure;

/// How a handshake broke off.
#[derive(Debug)]
pub(super) struct Broken {
    kind: FetchErrorKind,
    cause: Option<io::Error>,
}

impl Broken {
    pub(super) const TIMED_OUT: Self = Self { kind: FetchErrorKind::TimedOut, cause: None };

    pub(super) fn new<IO>(cause: io::Error, meter: &Meter<IO>) -> Self {
        let kind = if meter.is_exceeded() {
            FetchErrorKind::MessageTooLarge
        } else if let Some(speech) = meter.not_tls() {
            // Ahead of what rustls says: read as TLS, plain text can look like a huge record.
            FetchErrorKind::NotTls(speech)
        } else if let Some(error) = tls_error(&cause) {
            kind_of_tls(error)
        } else if is_buffer_full(&cause) {
            FetchErrorKind::MessageTooLarge
        } else {
            FetchErrorKind::of_io(&cause)
        };
        Self { kind, cause: Some(cause) }
    }

    /// A handshake inside something else than a stream.
    #[cfg(all(feature = "quic", any(feature = "aws-lc-rs", feature = "ring")))]
    pub(super) const fn of(kind: FetchErrorKind, cause: io::Error) -> Self {
        Self { kind, cause: Some(cause) }
    }

    /// The alert that the peer sent, where it sent one.
    pub(super) fn alert(&self) -> Option<AlertDescription> {
        match tls_error(self.cause.as_ref()?) {
            Some(Error::AlertReceived(alert)) => Some(*alert),
            _ => None,
        }
    }

    /// Whether the peer, having asked for a client certificate, gave up because it got none.
    ///
    /// RFC 8446 section 4.4.2.4 has certificate_required for that; RFC 5246 section 7.4.6 has
    /// handshake_failure. Servers send whatever their verification comes to, GnuTLS decode_error.
    pub(super) fn is_for_want_of_a_certificate(&self) -> bool {
        matches!(
            self.alert(),
            Some(
                AlertDescription::AccessDenied
                    | AlertDescription::BadCertificate
                    | AlertDescription::CertificateRequired
                    | AlertDescription::CertificateUnknown
                    | AlertDescription::DecodeError
                    | AlertDescription::HandshakeFailure
                    | AlertDescription::NoCertificate
                    | AlertDescription::UnknownCA
                    | AlertDescription::UnsupportedCertificate
            )
        )
    }

    /// The failure of a handshake that showed no chain.
    pub(super) fn into_failure(self) -> Failure {
        let failure = Failure::new(Phase::Handshake, self.kind);
        match self.cause {
            Some(cause) => failure.caused_by(cause),
            None => failure,
        }
    }

    /// The failure of a handshake that had shown a chain.
    pub(super) fn into_late_failure(self) -> LateFailure {
        match (self.kind, self.cause) {
            // How a closed connection is noticed depends on what was under way.
            (FetchErrorKind::ClosedEarly | FetchErrorKind::TimedOut, _) | (_, None) => {
                LateFailure::ByPeer(self.kind.to_string())
            }
            (_, Some(cause)) => {
                let text = cause.to_string().chars().take(MOST_CHARACTERS).collect();
                match tls_error(&cause) {
                    Some(Error::AlertReceived(_)) => LateFailure::ByPeer(text),
                    _ => LateFailure::ByUs(text),
                }
            }
        }
    }
}

fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Whether rustls gave up on a message that does not fit into its buffer of 64 KiB, of which it
/// makes no error of its own.
fn is_buffer_full(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidData
        && error.get_ref().is_some_and(|cause| cause.to_string() == "message buffer full")
}

fn kind_of_tls(error: &Error) -> FetchErrorKind {
    match error {
        Error::AlertReceived(alert) => kind_of_alert(*alert),
        Error::InvalidMessage(
            InvalidMessage::CertificatePayloadTooLarge
            | InvalidMessage::HandshakePayloadTooLarge
            | InvalidMessage::MessageTooLarge,
        )
        | Error::PeerSentOversizedRecord => FetchErrorKind::MessageTooLarge,
        Error::NoCertificatesPresented => FetchErrorKind::NoCertificate,
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => FetchErrorKind::ProtocolVersion,
        Error::PeerIncompatible(
            PeerIncompatible::NoCipherSuitesInCommon
            | PeerIncompatible::NoKxGroupsInCommon
            | PeerIncompatible::NoSignatureSchemesInCommon,
        ) => FetchErrorKind::NoCipherInCommon,
        _ => FetchErrorKind::Tls,
    }
}

pub(super) fn kind_of_alert(alert: AlertDescription) -> FetchErrorKind {
    match alert {
        AlertDescription::CloseNotify => FetchErrorKind::ClosedEarly,
        // Before the certificate there is nothing else to disagree about.
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            FetchErrorKind::NoCipherInCommon
        }
        AlertDescription::ProtocolVersion => FetchErrorKind::ProtocolVersion,
        AlertDescription::UnrecognisedName => FetchErrorKind::UnrecognisedName,
        other => FetchErrorKind::Alert(other.into()),
    }
}

const MOST_CHARACTERS: usize = 200;
