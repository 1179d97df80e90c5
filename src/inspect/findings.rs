//! Where the checks put what they see.

use std::sync::Arc;

use crate::chain::Certificate;
use crate::escape::short;
use crate::report::{Code, Finding, FindingKind, Severity};

use super::{Policy, View};

/// The findings so far, with what every check needs to make one.
pub(super) struct Findings<'a> {
    pub(super) policy: &'a Policy,
    pub(super) view: &'a View<'a>,
    needed: &'a [bool],
    /// Whether the certificates are trust anchors', looked at by themselves: what is seen of them
    /// names no position.
    root: bool,
    list: Vec<Finding>,
    /// The subjects as findings name them, by position: written once, shared from then on.
    subjects: Vec<Option<Arc<str>>>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(policy: &'a Policy, view: &'a View<'a>, needed: &'a [bool]) -> Self {
        let subjects = vec![None; view.all.len()];
        Self { policy, view, needed, root: false, list: Vec::new(), subjects }
    }

    /// Of certificates that are where paths end.
    pub(super) fn of_roots(policy: &'a Policy, view: &'a View<'a>, needed: &'a [bool]) -> Self {
        Self { root: true, ..Self::new(policy, view, needed) }
    }

    pub(super) fn has(&self, code: Code) -> bool {
        self.list.iter().any(|finding| finding.code() == code)
    }

    /// Whether a client needs the certificate.
    pub(super) fn needs(&self, position: usize) -> bool {
        self.needed.get(position).copied().unwrap_or(false)
    }

    /// The certificates that were presented, and those of the caller's own that are needed.
    pub(super) fn relevant(&self) -> impl Iterator<Item = (usize, &'a Certificate)> + use<'a> {
        let (needed, presented) = (self.needed, self.view.presented);
        self.view.certificates().filter(move |(position, _)| {
            *position < presented || needed.get(*position).copied().unwrap_or(false)
        })
    }

    /// Adds what was seen of one certificate. Of one that nobody needs, it is a note.
    pub(super) fn of(&mut self, position: usize, kind: FindingKind, severity: Severity) {
        if self.needs(position) {
            self.add(Some(position), kind, severity);
        } else {
            self.note(position, kind);
        }
    }

    /// Adds what was seen of one certificate, where it can do no harm.
    pub(super) fn note(&mut self, position: usize, kind: FindingKind) {
        if self.policy.judge(kind.code(), Severity::Note).is_some() {
            self.push(Some(position), kind, Severity::Note);
        }
    }

    /// Adds what was seen, at the severity that the policy gives it.
    pub(super) fn add(&mut self, position: Option<usize>, kind: FindingKind, severity: Severity) {
        if let Some(severity) = self.policy.judge(kind.code(), severity) {
            self.push(position, kind, severity);
        }
    }

    /// Adds what was seen of the certificate of the path's anchor.
    pub(super) fn of_anchor(&mut self, root: &Certificate, kind: FindingKind, severity: Severity) {
        if let Some(severity) = self.policy.judge(kind.code(), severity) {
            let subject = Some(short(root.subject()).into());
            self.list.push(Finding { kind, severity, position: None, subject });
        }
    }

    fn push(&mut self, position: Option<usize>, kind: FindingKind, severity: Severity) {
        let subject = position.and_then(|position| self.subject(position));
        let position = position.filter(|_| !self.root);
        self.list.push(Finding { kind, severity, position, subject });
    }

    fn subject(&mut self, position: usize) -> Option<Arc<str>> {
        let certificate = self.view.certificate(position)?;
        let subject = self.subjects.get_mut(position)?;
        Some(Arc::clone(subject.get_or_insert_with(|| short(certificate.subject()).into())))
    }

    /// The most urgent first.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        crate::report::sort(&mut self.list);
        self.list
    }
}
