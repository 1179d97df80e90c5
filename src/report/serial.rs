//! The written shape of a report: keys in snake case, codes in kebab case, unknown keys left out.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;

use super::{
    Finding, FindingKind, Limit, Report, ReportedCertificate, Role, Severity, Status, StoreVerdict,
};
use crate::chain::{CertificateSummary, Peer};
use crate::target::Purpose;

#[derive(Serialize)]
struct WriteReport<'a> {
    target: &'a str,
    #[serde(skip_serializing_if = "is_server")]
    purpose: Purpose,
    #[serde(with = "crate::instant")]
    checked_at: OffsetDateTime,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a Peer>,
    chain: &'a [ReportedCertificate],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    extra_certificates: &'a [ReportedCertificate],
    #[serde(flatten)]
    store: &'a StoreVerdict,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    other_stores: &'a [StoreVerdict],
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    client_certificate: Option<&'a Report>,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WriteReport {
            target: &self.target,
            purpose: self.purpose,
            checked_at: self.checked_at,
            status: self.status(),
            peer: self.peer.as_ref(),
            chain: &self.chain,
            extra_certificates: &self.extra,
            store: self.first(),
            other_stores: &self.stores[1..],
            findings: &self.findings,
            client_certificate: self.client_report(),
        }
        .serialize(serializer)
    }
}

/// What most reports are about is not written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_server(purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Server)
}

const fn server() -> Purpose {
    Purpose::Server
}

/// The status is not read: it follows from the findings and the trust.
#[derive(Deserialize)]
struct ReadReport {
    target: String,
    #[serde(default = "server")]
    purpose: Purpose,
    #[serde(with = "crate::instant")]
    checked_at: OffsetDateTime,
    peer: Option<Peer>,
    chain: Vec<ReportedCertificate>,
    #[serde(default)]
    extra_certificates: Vec<ReportedCertificate>,
    #[serde(flatten)]
    store: StoreVerdict,
    #[serde(default)]
    other_stores: Vec<StoreVerdict>,
    findings: Vec<Finding>,
    client_certificate: Option<Box<Report>>,
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut read = ReadReport::deserialize(deserializer)?;
        super::sort(&mut read.findings);
        Ok(Self {
            target: read.target.into(),
            purpose: read.purpose,
            checked_at: read.checked_at,
            peer: read.peer,
            chain: read.chain,
            extra: read.extra_certificates,
            stores: std::iter::once(read.store).chain(read.other_stores).collect(),
            findings: read.findings,
            client: read.client_certificate,
        })
    }
}

#[derive(Deserialize, Serialize)]
struct WrittenCertificate {
    position: usize,
    role: Role,
    #[serde(flatten)]
    facts: Option<CertificateSummary>,
    sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    malformed: Option<String>,
}

impl Serialize for ReportedCertificate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (facts, malformed) = match self.summary() {
            Ok(facts) => (Some(facts), None),
            Err(reason) => (None, Some(reason)),
        };
        WrittenCertificate {
            position: self.position(),
            role: self.role(),
            facts,
            sha256: data_encoding::HEXLOWER.encode(&self.sha256()),
            malformed,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ReportedCertificate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = WrittenCertificate::deserialize(deserializer)?;
        let sha256 = fingerprint(&written.sha256)?;
        let facts = match (written.facts, written.malformed) {
            (Some(facts), _) => Ok(facts),
            (None, Some(reason)) => Err(reason),
            (None, None) => {
                return Err(de::Error::custom("a certificate has neither facts nor `malformed`"));
            }
        };
        Ok(Self::written(written.position, written.role, sha256, facts))
    }
}

fn fingerprint<E: de::Error>(hex: &str) -> Result<[u8; 32], E> {
    let octets = data_encoding::HEXLOWER.decode(hex.as_bytes()).ok();
    octets
        .and_then(|octets| octets.try_into().ok())
        .ok_or_else(|| E::custom("sha256 is not 64 lower-case hexadecimal digits"))
}

#[derive(Deserialize, Serialize)]
struct WrittenLimit {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<usize>,
    sha256: String,
    subject: String,
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WrittenLimit {
            position: self.position(),
            sha256: data_encoding::HEXLOWER.encode(&self.sha256()),
            subject: self.subject(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenLimit { position, sha256, subject } = WrittenLimit::deserialize(deserializer)?;
        Ok(Self::written(position, fingerprint(&sha256)?, subject))
    }
}

#[derive(Serialize)]
struct WriteFinding<'a> {
    #[serde(flatten)]
    kind: &'a FindingKind,
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    message: String,
    remedy: String,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WriteFinding {
            kind: &self.kind,
            severity: self.severity,
            position: self.position,
            subject: self.subject.as_deref(),
            message: self.message(),
            remedy: self.remedy(),
        }
        .serialize(serializer)
    }
}

/// Message and remedy are not read: they follow from the rest.
#[derive(Deserialize)]
struct ReadFinding {
    #[serde(flatten)]
    kind: FindingKind,
    severity: Severity,
    position: Option<usize>,
    subject: Option<String>,
}

impl<'de> Deserialize<'de> for Finding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ReadFinding { kind, severity, position, subject } =
            ReadFinding::deserialize(deserializer)?;
        Ok(Self { kind, severity, position, subject: subject.map(Into::into) })
    }
}
