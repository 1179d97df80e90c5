//! What counts: thresholds by role, severities by code.

use std::time::Duration;

use crate::report::{Code, Severity};

/// What counts as a finding, and how bad it is.
///
/// The default warns by the certificate's own lifetime, so that a healthy renewal never warns:
/// see [`Thresholds::lifetime`].
///
/// ```
/// use std::time::Duration;
/// use notafter::inspect::{Policy, Thresholds};
/// use notafter::report::{Code, Severity};
///
/// const POLICY: Policy = Policy::new()
///     .end_entity(Thresholds::durations(Duration::from_secs(30 * 86_400), Duration::from_secs(7 * 86_400)))
///     .severity(Code::WeakSignature, Severity::Warning)
///     .off(Code::AnchorIncluded);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    end_entity: Thresholds,
    intermediate: Thresholds,
    anchor: Thresholds,
    max_path_depth: Option<usize>,
    #[cfg(feature = "psl")]
    public_suffixes: bool,
    codes: [Setting; Code::ALL.len()],
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Setting {
    Default,
    Off,
    Severity(Severity),
}

impl Policy {
    /// The default: end-entity certificates by their lifetime, CA certificates 180 and 60 days
    /// before their end.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            end_entity: Thresholds::lifetime(),
            intermediate: Thresholds::certification_authority(),
            anchor: Thresholds::certification_authority(),
            max_path_depth: None,
            #[cfg(feature = "psl")]
            public_suffixes: false,
            codes: [Setting::Default; Code::ALL.len()],
        }
    }

    /// Sets when the end of an end-entity certificate is soon.
    #[must_use]
    pub const fn end_entity(mut self, thresholds: Thresholds) -> Self {
        self.end_entity = thresholds;
        self
    }

    /// Sets when the end of an intermediate is soon.
    #[must_use]
    pub const fn intermediate(mut self, thresholds: Thresholds) -> Self {
        self.intermediate = thresholds;
        self
    }

    /// Sets when the end of a trust anchor is soon.
    #[must_use]
    pub const fn anchor(mut self, thresholds: Thresholds) -> Self {
        self.anchor = thresholds;
        self
    }

    /// Sets how many intermediates a path may have, self-issued ones aside, as RFC 5280 counts them
    /// for a path length (section 6.1.4). By default there is no limit.
    #[must_use]
    pub const fn max_path_depth(mut self, intermediates: usize) -> Self {
        self.max_path_depth = Some(intermediates);
        self
    }

    /// Looks for wildcards right below a public suffix, such as `*.co.uk`, by the list of the crate
    /// `psl` (<https://publicsuffix.org>): see
    /// [`FindingKind::PublicSuffixWildcard`](crate::report::FindingKind::PublicSuffixWildcard).
    ///
    /// What is compiled in ages: update this crate's dependencies, as suffixes come and go.
    #[cfg(feature = "psl")]
    #[must_use]
    pub const fn public_suffixes(mut self) -> Self {
        self.public_suffixes = true;
        self
    }

    /// Tells, with this severity, what the profiles of RFC 5280 and of the CA/Browser Forum's
    /// Baseline Requirements forbid and most clients take: every code of
    /// [`Code::BASELINE_REQUIREMENTS`]. For those who run a CA; trust anchors are looked at too.
    ///
    /// Python, from version 3.13 on, and whoever else has OpenSSL verify strictly refuses some of
    /// it: a certificate below a root without authority key identifier, and a CA's without subject
    /// key identifier. With such clients,
    /// [`Code::AuthorityKeyIdentifier`] and [`Code::SubjectKeyIdentifier`] are worth a warning.
    #[must_use]
    pub const fn baseline_requirements(mut self, severity: Severity) -> Self {
        let mut left = Code::BASELINE_REQUIREMENTS;
        while let [code, rest @ ..] = left {
            self = self.severity(*code, severity);
            left = rest;
        }
        self
    }

    /// Sets the severity of a kind of finding; for one that comes in several, such as
    /// `expires-soon`, it replaces all of them. What is wrong with a certificate that no path needs
    /// stays a note; that it is sent needlessly (`duplicate`, `unrelated`, `anchor-included`) takes
    /// the severity. A kind of finding that is off by default (`anchor-dates-unknown`) is switched
    /// on by it.
    #[must_use]
    pub const fn severity(mut self, code: Code, severity: Severity) -> Self {
        self.codes[code.index()] = Setting::Severity(severity);
        self
    }

    /// Switches a kind of finding off.
    #[must_use]
    pub const fn off(mut self, code: Code) -> Self {
        self.codes[code.index()] = Setting::Off;
        self
    }

    pub(super) const fn thresholds(&self, role: Kept) -> Thresholds {
        match role {
            Kept::EndEntity => self.end_entity,
            Kept::Intermediate => self.intermediate,
            Kept::Anchor => self.anchor,
        }
    }

    /// When the end of a certificate is soon that lives for so many seconds: by its position, which
    /// a trust anchor has none of.
    pub(crate) fn limits(&self, position: Option<usize>, lifetime: i64) -> Limits {
        self.thresholds(Kept::of(position)).limits(lifetime)
    }

    /// The most intermediates that a path may have, self-issued ones aside.
    pub(super) const fn path_depth_limit(&self) -> Option<usize> {
        self.max_path_depth
    }

    #[cfg(feature = "psl")]
    pub(super) const fn looks_for_public_suffixes(&self) -> bool {
        self.public_suffixes
    }

    /// Whether a code is told at all: what is not is not worth looking for.
    pub(super) fn tells(&self, code: Code) -> bool {
        self.judge(code, Severity::Note).is_some()
    }

    /// The severity to report, or `None` where the code is switched off.
    pub(crate) fn judge(&self, code: Code, usual: Severity) -> Option<Severity> {
        match self.codes[code.index()] {
            Setting::Default => (!OFF_BY_DEFAULT.contains(&code)).then_some(usual),
            Setting::Off => None,
            Setting::Severity(severity) => Some(severity),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

/// Who keeps a certificate current, and so how long a notice they need.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kept {
    Anchor,
    EndEntity,
    Intermediate,
}

impl Kept {
    /// Of a certificate by its position; the anchor has none.
    pub(super) const fn of(position: Option<usize>) -> Self {
        match position {
            None => Self::Anchor,
            Some(0) => Self::EndEntity,
            Some(_) => Self::Intermediate,
        }
    }
}

/// When the end of a validity period is soon: below one limit it is a warning, below another it is
/// critical.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Thresholds(Rule);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rule {
    Durations { warning: Duration, critical: Duration },
    Lifetime,
    Percent { warning: u8, critical: u8 },
}

impl Thresholds {
    /// By the certificate's own lifetime L, both ends in it. The renewal window W is the smaller of
    /// 30 days and L/3, or L/2 where L is at most 10 days: when a healthy client has renewed.
    /// Below ¾ W the renewal is overdue, which is a warning; below ¼ W it is critical.
    ///
    /// 90 days: 22.5 and 7.5 days; 47 days: 11.75 and 3.9 days; 160 hours: 60 and 20 hours.
    #[must_use]
    pub const fn lifetime() -> Self {
        Self(Rule::Lifetime)
    }

    /// 180 and 60 days: replacing a CA certificate takes a roll-out.
    ///
    /// For a CA whose own certificates live for less than two years, and are renewed as end-entity
    /// certificates are, [`lifetime`](Self::lifetime) is the better rule.
    #[must_use]
    pub const fn certification_authority() -> Self {
        Self::durations(
            Duration::from_secs(180 * DAY_SECONDS),
            Duration::from_secs(60 * DAY_SECONDS),
        )
    }

    /// Fixed lengths of time. Zero switches a limit off.
    ///
    /// Mind that a fixed number of days warns in every cycle of a certificate that lives for less
    /// than three times as long.
    #[must_use]
    pub const fn durations(warning: Duration, critical: Duration) -> Self {
        Self(Rule::Durations { warning, critical })
    }

    /// Shares of the certificate's lifetime that are left, in percent.
    #[must_use]
    pub const fn percent(warning: u8, critical: u8) -> Self {
        Self(Rule::Percent { warning, critical })
    }

    /// The limits in seconds for a lifetime in seconds: with less than that left it is soon.
    pub(super) fn limits(self, lifetime: i64) -> Limits {
        let share = |of: i64, numerator: i64, denominator: i64| {
            // Less than a fraction of a second more is left exactly when less than the next whole
            // second is.
            (of.max(0) * numerator + denominator - 1) / denominator
        };
        match self.0 {
            Rule::Durations { warning, critical } => {
                let seconds = |limit: Duration| i64::try_from(limit.as_secs()).unwrap_or(i64::MAX);
                Limits { warning: seconds(warning), critical: seconds(critical) }
            }
            Rule::Percent { warning, critical } => Limits {
                warning: share(lifetime, warning.into(), 100),
                critical: share(lifetime, critical.into(), 100),
            },
            Rule::Lifetime if lifetime <= 10 * DAY => {
                Limits { warning: share(lifetime, 3, 8), critical: share(lifetime, 1, 8) }
            }
            Rule::Lifetime if lifetime < 90 * DAY => {
                Limits { warning: share(lifetime, 1, 4), critical: share(lifetime, 1, 12) }
            }
            Rule::Lifetime => {
                Limits { warning: share(30 * DAY, 3, 4), critical: share(30 * DAY, 1, 4) }
            }
        }
    }
}

/// Below how many seconds left it is soon.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Limits {
    pub(crate) warning: i64,
    pub(crate) critical: i64,
}

/// What is told only where a policy gives it a severity.
const OFF_BY_DEFAULT: [Code; 5] = [
    // It says nothing of the chain, and who trusts a list of names and keys knows that.
    Code::AnchorDatesUnknown,
    // Most clients take it: `Code::BASELINE_REQUIREMENTS`.
    Code::AuthorityKeyIdentifier,
    Code::NameConstraints,
    Code::PolicyConstraints,
    Code::SubjectKeyIdentifier,
];

const DAY_SECONDS: u64 = 86_400;
const DAY: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lifetime_rule_follows_the_lifetime() {
        let hours = |lifetime: i64| {
            let limits = Thresholds::lifetime().limits(lifetime * 3_600);
            (limits.warning, limits.critical)
        };
        assert_eq!(hours(160), (60 * 3_600, 20 * 3_600));
        assert_eq!(hours(240), (90 * 3_600, 30 * 3_600), "10 days: still half");
        assert_eq!(hours(241), (216_900, 72_300), "longer than 10 days: a third");
        assert_eq!(hours(47 * 24), (1_015_200, 338_400));
        assert_eq!(hours(90 * 24), (1_944_000, 648_000));
        assert_eq!(hours(398 * 24), (1_944_000, 648_000));
        assert_eq!(hours(-5), (0, 0), "an inverted period is never soon at its end");
    }

    #[test]
    fn shares_are_compared_without_loss() {
        let limits = Thresholds::percent(33, 10).limits(1_001);
        assert_eq!(limits, Limits { warning: 331, critical: 101 });
        let fixed = Thresholds::durations(Duration::MAX, Duration::ZERO).limits(1);
        assert_eq!(fixed, Limits { warning: i64::MAX, critical: 0 });
    }

    #[test]
    fn a_code_can_be_switched_off_or_given_another_severity() {
        const POLICY: Policy =
            Policy::new().off(Code::Duplicate).severity(Code::Expired, Severity::Warning);
        assert_eq!(POLICY.judge(Code::Duplicate, Severity::Note), None);
        assert_eq!(POLICY.judge(Code::Expired, Severity::Failure), Some(Severity::Warning));
        assert_eq!(POLICY.judge(Code::WeakKey, Severity::Failure), Some(Severity::Failure));
    }

    #[test]
    fn a_code_that_is_off_by_default_is_switched_on_by_its_severity() {
        const ON: Policy = Policy::new().severity(Code::AnchorDatesUnknown, Severity::Note);
        let judge = |policy: Policy| policy.judge(Code::AnchorDatesUnknown, Severity::Warning);
        assert_eq!(judge(Policy::new()), None);
        assert_eq!(judge(ON), Some(Severity::Note));
        assert_eq!(judge(ON.off(Code::AnchorDatesUnknown)), None);
    }

    #[test]
    fn what_is_off_by_default_is_switched_on_by_its_name_or_with_its_kind() {
        const NAMED: Policy =
            Policy::new().severity(Code::NameConstraints, Severity::Note).off(Code::WeakKey);
        const ALL: Policy = Policy::new()
            .severity(Code::NameConstraints, Severity::Failure)
            .baseline_requirements(Severity::Note)
            .off(Code::SubjectKeyIdentifier);
        for code in Code::ALL {
            let off = OFF_BY_DEFAULT.contains(code);
            assert_eq!(Policy::new().tells(*code), !off, "{code}");
        }
        assert!(NAMED.tells(Code::NameConstraints));
        assert!(!NAMED.tells(Code::PolicyConstraints));
        for code in Code::BASELINE_REQUIREMENTS {
            assert!(OFF_BY_DEFAULT.contains(code), "{code}");
            let told = (*code != Code::SubjectKeyIdentifier).then_some(Severity::Note);
            assert_eq!(ALL.judge(*code, Severity::Failure), told, "{code}");
        }
    }
}
