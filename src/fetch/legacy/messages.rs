//! The handshake messages: the server's first flight becomes a [`Flight`].

use std::borrow::Cow;

use rustls::CipherSuite;

use super::Flight;
use super::cursor::Cursor;
use super::fault::Fault;
use super::records::{Message, Records};

/// Reads what an old server sends in plain text, however it arrives in pieces.
#[derive(Debug, Default)]
pub(super) struct Reader {
    records: Records,
    step: Step,
    hello: Option<ServerHello>,
    certificates: Vec<Vec<u8>>,
    staple: Option<Vec<u8>>,
    client_certificate_requested: bool,
}

/// Whether anything of interest is still to come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Progress {
    More,
    Done,
}

impl Reader {
    /// Takes the next bytes. After [`Progress::Done`] and after a fault it wants no more.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<Progress, Fault> {
        self.records.receive(bytes);
        match self.read() {
            // What follows the chain can't take it back.
            Err(_) if !self.certificates.is_empty() => Ok(Progress::Done),
            progress => progress,
        }
    }

    /// What has been shown, once there is a chain.
    pub(super) fn into_flight(self) -> Option<Flight> {
        let ServerHello { version, cipher_suite } = self.hello?;
        if self.certificates.is_empty() {
            return None;
        }
        Some(Flight {
            certificates: self.certificates,
            version,
            cipher_suite,
            staple: self.staple,
            client_certificate_requested: self.client_certificate_requested,
        })
    }

    fn read(&mut self) -> Result<Progress, Fault> {
        while let Some(message) = self.records.message()? {
            if self.take(&message)? == Progress::Done {
                return Ok(Progress::Done);
            }
        }
        Ok(Progress::More)
    }

    fn take(&mut self, Message { kind, body }: &Message) -> Result<Progress, Fault> {
        self.step = self.step.next(*kind).ok_or(Fault::MessageOutOfPlace(*kind))?;
        if self.step > Step::Certificate && self.certificates.is_empty() {
            return Err(Fault::NoCertificate);
        }
        match self.step {
            Step::Start | Step::ServerKeyExchange => {}
            Step::ServerHello => self.hello = Some(ServerHello::read(body)?),
            Step::Certificate => self.certificates = certificates(body)?,
            Step::CertificateStatus => self.staple = ocsp_response(body)?,
            Step::CertificateRequest => {
                self.client_certificate_requested = true;
                return Ok(Progress::Done);
            }
            Step::ServerHelloDone => return Ok(Progress::Done),
        }
        Ok(Progress::More)
    }
}

/// How far the flight has come. Each message comes once at the most, in this order (RFC 5246
/// section 7.3, RFC 6066 section 8).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, PartialOrd)]
enum Step {
    #[default]
    Start,
    ServerHello,
    Certificate,
    CertificateStatus,
    ServerKeyExchange,
    CertificateRequest,
    ServerHelloDone,
}

impl Step {
    fn next(self, message: u8) -> Option<Self> {
        let next = match message {
            2 => Self::ServerHello,
            11 => Self::Certificate,
            12 => Self::ServerKeyExchange,
            13 => Self::CertificateRequest,
            14 => Self::ServerHelloDone,
            22 => Self::CertificateStatus,
            _ => return None,
        };
        let is_in_order = match self {
            Self::Start => next == Self::ServerHello,
            _ => next > self,
        };
        is_in_order.then_some(next)
    }
}

#[derive(Debug)]
struct ServerHello {
    version: &'static str,
    cipher_suite: Cow<'static, str>,
}

impl ServerHello {
    /// RFC 5246 section 7.4.1.3. The extensions, if any, do not matter here.
    fn read(body: &[u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(body);
        let (version, cipher_suite) =
            negotiated(&mut cursor).ok_or(Fault::Malformed("ServerHello"))?;
        let version = match version {
            // A server of that age answers with its own version, the highest one below the offer.
            0x0300 => "SSLv3",
            0x0301 => "TLSv1.0",
            0x0302 => "TLSv1.1",
            0x0303 => "TLSv1.2",
            other => return Err(Fault::Version(other)),
        };
        Ok(Self { version, cipher_suite: suite_name(cipher_suite) })
    }
}

fn negotiated(cursor: &mut Cursor<'_>) -> Option<(u16, u16)> {
    let version = cursor.array().map(u16::from_be_bytes)?;
    let _random = cursor.bytes(32)?;
    let _session_id = cursor.vector::<1>()?;
    let cipher_suite = cursor.array().map(u16::from_be_bytes)?;
    let _compression = cursor.bytes(1)?;
    Some((version, cipher_suite))
}

fn suite_name(suite: u16) -> Cow<'static, str> {
    match CipherSuite::from(suite).as_str() {
        Some(name) => name.into(),
        None => format!("0x{suite:04X}").into(),
    }
}

/// RFC 5246 section 7.4.2.
fn certificates(body: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    const MALFORMED: Fault = Fault::Malformed("Certificate");
    let mut message = Cursor::new(body);
    let mut list = Cursor::new(message.vector::<3>().ok_or(MALFORMED)?);
    if !message.is_empty() {
        return Err(MALFORMED);
    }
    let mut certificates = Vec::new();
    while !list.is_empty() {
        let certificate = list.vector::<3>().ok_or(MALFORMED)?;
        if certificate.is_empty() {
            return Err(MALFORMED);
        }
        if certificates.len() == CERTIFICATES_LIMIT {
            return Err(Fault::TooManyCertificates);
        }
        certificates.push(certificate.to_vec());
    }
    if certificates.is_empty() { Err(Fault::NoCertificate) } else { Ok(certificates) }
}

/// RFC 6066 section 8. There is no other type of status but one for several certificates, which
/// was not asked for.
fn ocsp_response(body: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    const MALFORMED: Fault = Fault::Malformed("CertificateStatus");
    let mut cursor = Cursor::new(body);
    let status_type = cursor.array().ok_or(MALFORMED)?;
    if status_type != OCSP {
        return Ok(None);
    }
    let response = cursor.vector::<3>().ok_or(MALFORMED)?;
    if response.is_empty() || !cursor.is_empty() {
        return Err(MALFORMED);
    }
    Ok(Some(response.to_vec()))
}

const OCSP: [u8; 1] = [1];

/// Far more than any client follows; webpki follows six intermediates.
const CERTIFICATES_LIMIT: usize = 100;
