//! A strict reader of the OpenMetrics text format, written from its specification: it panics where a
//! text is none. And the snapshots that both it and the official parser are to read.

use std::collections::HashSet;

use notafter::chain::Peer;
use notafter::report::Report;
use notafter::snapshot::Snapshot;
use notafter::target::Subject;
use rcgen::{CertificateParams, DistinguishedName, DnType, SanType};

use super::judge::{chain, trusting};
use super::nasty::NASTY;
use super::pki::{Pki, at};

/// A metric family as it was read.
#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) help: String,
    pub(crate) unit: Option<String>,
    pub(crate) samples: Vec<Sample>,
}

/// A sample as it was read.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    /// Sorted by their names, the values unescaped.
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: String,
}

impl Sample {
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str())
    }
}

/// Reads an exposition, and holds it to every rule.
#[track_caller]
pub(crate) fn read(text: &str) -> Vec<Family> {
    let body = text.strip_suffix("# EOF\n").expect("the last line is # EOF");
    let lines: Vec<&str> = body.split_inclusive('\n').collect();
    let mut families: Vec<Family> = Vec::new();
    for line in lines {
        let line = line.strip_suffix('\n').expect("every line ends");
        assert!(!line.chars().any(is_hostile), "{line:?}");
        if let Some(metadata) = line.strip_prefix("# ") {
            let [keyword, name, rest] = metadata.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                panic!("no metadata: {line:?}");
            };
            if families.last().is_none_or(|family| family.name != name) {
                assert!(families.iter().all(|family| family.name != name), "apart: {line:?}");
                families.push(Family { name: name.to_owned(), ..Family::default() });
            }
            let family = families.last_mut().unwrap();
            assert!(family.samples.is_empty(), "metadata behind samples: {line:?}");
            match keyword {
                "HELP" if family.help.is_empty() => family.help = rest.to_owned(),
                "TYPE" if family.kind.is_empty() => family.kind = rest.to_owned(),
                "UNIT" if family.unit.is_none() => family.unit = Some(rest.to_owned()),
                _ => panic!("no metadata, or twice: {line:?}"),
            }
        } else {
            let sample = sample(line);
            families.last_mut().expect("metadata comes first").samples.push(sample);
        }
    }
    for family in &families {
        check(family);
    }
    assert_no_clash(&families);
    families
}

fn check(family: &Family) {
    let Family { name, kind, help, unit, samples } = family;
    assert!(is_name(name) && help.ends_with('.') && !help.contains(['\\', '"']), "{family:?}");
    let suffix = match kind.as_str() {
        "counter" => "_total",
        "info" => "_info",
        "gauge" | "stateset" => "",
        _ => panic!("no type: {family:?}"),
    };
    assert!(!name.ends_with("_total") && !name.ends_with("_info"), "{name}");
    assert_eq!(unit.as_deref(), name.ends_with("_seconds").then_some("seconds"), "{name}");
    assert!(unit.is_none() || kind != "info" && kind != "stateset", "{name}");
    assert!(!samples.is_empty(), "{name}");
    let mut series = HashSet::new();
    for sample in samples {
        assert_eq!(sample.name, format!("{name}{suffix}"));
        assert!(series.insert(&sample.labels), "twice: {sample:?}");
        let number: f64 = sample.value.parse().unwrap();
        assert!(number.is_finite(), "{sample:?}");
        match kind.as_str() {
            "counter" => assert!(number >= 0.0),
            "info" => assert_eq!(sample.value, "1"),
            "stateset" => {
                assert!(sample.value == "0" || sample.value == "1");
                assert!(sample.label(name).is_some(), "{sample:?}");
            }
            _ => {}
        }
    }
}

/// A family's name with each suffix that its type has belongs to it alone.
fn assert_no_clash(families: &[Family]) {
    let mut names = HashSet::new();
    for Family { name, kind, .. } in families {
        let suffixes: &[&str] = match kind.as_str() {
            "counter" => &["", "_total", "_created"],
            "info" => &["", "_info"],
            _ => &[""],
        };
        for suffix in suffixes {
            assert!(names.insert(format!("{name}{suffix}")), "{name}{suffix}");
        }
    }
}

#[track_caller]
fn sample(line: &str) -> Sample {
    let end = line.find(['{', ' ']).unwrap();
    let (name, rest) = line.split_at(end);
    assert!(is_name(name), "{line:?}");
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => labels(inside),
        None => (Vec::new(), rest),
    };
    let value = rest.strip_prefix(' ').expect("one space");
    let is_number = |char: char| char.is_ascii_digit() || char == '-' || char == '.';
    assert!(!value.is_empty() && value.chars().all(is_number), "{line:?}");
    Sample { name: name.to_owned(), labels, value: value.to_owned() }
}

#[track_caller]
fn labels(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut labels = Vec::new();
    loop {
        let (name, behind) = rest.split_once("=\"").expect("a label");
        assert!(is_name(name) && !name.starts_with("__"), "{name:?}");
        let mut value = String::new();
        let mut chars = behind.chars();
        loop {
            match chars.next().expect("a closing quote") {
                '"' => break,
                '\\' => value.push(match chars.next() {
                    Some('n') => '\n',
                    Some(char @ ('"' | '\\')) => char,
                    other => panic!("no escape: {other:?} in {behind:?}"),
                }),
                char => value.push(char),
            }
        }
        assert!(labels.iter().all(|(other, _)| other != name), "twice: {name}");
        labels.push((name.to_owned(), value));
        rest = chars.as_str();
        if let Some(behind) = rest.strip_prefix('}') {
            labels.sort();
            return (labels, behind);
        }
        rest = rest.strip_prefix(',').expect("a comma");
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && text.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// Text as a label value has it once it is unescaped: what controls the display is written out.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .map(|char| match char {
            _ if is_hostile(char) => format!("\\u{{{:x}}}", u32::from(char)),
            _ => char.to_string(),
        })
        .collect()
}

/// Those of the hostile characters that the tests bring.
fn is_hostile(char: char) -> bool {
    char.is_control()
        || ['\u{200b}', '\u{202e}', '\u{feff}', '\u{2028}', '\u{2029}'].contains(&char)
}

/// A target for each nasty text: so it is called, so are its certificate's subject and issuer, its
/// protocol version and cipher suite, and an alternative name where the text is ASCII.
pub(crate) fn nasty_reports() -> Vec<Report> {
    let pki = Pki::new();
    let inspector = trusting(&[&pki.root]);
    let mut reports: Vec<Report> = Vec::new();
    for text in NASTY {
        let issuer = pki.root.ca(text).issue();
        let leaf = issuer
            .leaf("example.com")
            .with(|params| rename(params, text))
            .valid("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z")
            .issue();
        let peer = Peer::new().with_protocol(text).with_cipher_suite(text);
        let sent = chain(&[&leaf.der, &issuer.der]).with_peer(peer);
        let subject = Subject::server(text, ["example.com".parse().unwrap()]);
        reports.push(inspector.inspect(&sent, &subject, at("2026-02-01T00:00:00Z")));
    }
    reports
}

fn rename(params: &mut CertificateParams, text: &str) {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, text);
    subject.push(DnType::OrganizationalUnitName, text);
    subject.push(DnType::CommonName, text);
    params.distinguished_name = subject;
    if let Ok(name) = text.try_into() {
        params.subject_alt_names.push(SanType::DnsName(name));
    }
    if let Ok(name) = text.try_into() {
        params.subject_alt_names.push(SanType::Rfc822Name(name));
    }
}

pub(crate) fn nasty() -> Snapshot {
    Snapshot::of(nasty_reports())
}
