//! Certificates that are known by themselves: by their dates and their strength, without a path.

use time::{Duration, OffsetDateTime};

use crate::chain::{Certificate, Entry, PresentedChain};
use crate::report::{
    Gap, Horizon, Limit, Report, ReportedCertificate, Role, StoreVerdict, Trust, TrustedPath,
};
use crate::target::{Purpose, Subject};

use super::findings::Findings;
use super::{Policy, View, dates, document, private_key, readable, root, strength};

/// CA certificates one by one, as those of a bundle are: where paths end, none leads on.
pub(super) fn authorities(
    chain: &PresentedChain,
    subject: &Subject,
    policy: &Policy,
    at: OffsetDateTime,
) -> Report {
    let view = View::new(chain, &[]);
    let needed = vec![true; view.all.len()];
    let mut findings = Findings::of_roots(policy, &view, &needed);
    readable::check_alone(&mut findings);
    dates::check_root(&mut findings, at);
    strength::check_root(&mut findings);
    root::check_certificates(&mut findings);
    private_key::check(&mut findings, subject);
    document::check(&mut findings, subject, at);

    let role = |entry: &Entry| match entry.certificate() {
        Ok(certificate) if !certificate.is_self_issued() => Role::Intermediate,
        _ => Role::Root,
    };
    let chain = view.all.iter().enumerate().map(|(position, entry)| {
        ReportedCertificate::presented(position, role(entry), Entry::clone(entry))
    });
    let anchor = view.certificate(0).map(|facts| facts.subject().to_string()).unwrap_or_default();
    Report {
        target: subject.label().into(),
        purpose: Purpose::Ca,
        checked_at: at,
        peer: None,
        chain: chain.collect(),
        extra: Vec::new(),
        findings: findings.sorted(),
        client: None,
        stores: vec![StoreVerdict::new(
            ITSELF.into(),
            Trust::Trusted(TrustedPath { anchor, path: Vec::new() }),
            horizon(&view.all, Some(0), at),
        )],
    }
}

/// Until when the first to end of these lasts, for those who look at their dates.
pub(super) fn horizon(entries: &[&Entry], position: Option<usize>, at: OffsetDateTime) -> Horizon {
    let periods = entries.iter().enumerate().filter_map(|(index, entry)| {
        let period = entry.certificate().ok().map(Certificate::validity)?;
        Some((index, *entry, period)).filter(|_| !period.is_inverted())
    });
    let Some((index, entry, period)) = periods.min_by_key(|(.., period)| period.not_after) else {
        return Horizon::default();
    };
    let earliest_presented = Some(period.not_after);
    if at < period.not_before {
        let to = period.not_before.saturating_sub(Duration::SECOND);
        let gaps = vec![Gap { from: None, to }];
        return Horizon { gaps, earliest_presented, ..Horizon::default() };
    }
    let limited_by = Some(Limit::new(position.map(|first| first + index), entry.clone()));
    let until = Some(period.not_after);
    Horizon { until, limited_by, strict: until, earliest_presented, ..Horizon::default() }
}

/// In the place of a store's name: no store is asked.
const ITSELF: &str = "itself";
