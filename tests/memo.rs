//! Signatures that were verified are remembered, and nothing else is.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::anatomy::with_a_bad_signature;
use common::judge::{NOTHING, judge, reason, told};
use common::pki::{Issued, Pki};
use notafter::Inspector;
use notafter::checker::Checker;
use notafter::inspect::TrustAnchors;
use notafter::report::UntrustedReason;
use rcgen::CustomExtension;
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs};
use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

const NOW: &str = "2026-06-15T12:00:00Z";

/// An algorithm that counts how often it is asked.
struct Counting {
    inner: &'static dyn SignatureVerificationAlgorithm,
    verifications: Arc<AtomicUsize>,
}

impl SignatureVerificationAlgorithm for Counting {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        self.verifications.fetch_add(1, Ordering::SeqCst);
        self.inner.verify_signature(public_key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.signature_alg_id()
    }
}

impl fmt::Debug for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// An inspector, and how many signatures it has verified. What it needs for good is leaked.
fn counting(anchors: &[&Issued]) -> (Inspector, Arc<AtomicUsize>) {
    let verifications = Arc::new(AtomicUsize::new(0));
    let mut provider = aws_lc_rs::default_provider();
    let known = provider.signature_verification_algorithms;
    let counted = known.all.iter().map(|inner| {
        let counting = Counting { inner: *inner, verifications: Arc::clone(&verifications) };
        let counting: &'static dyn SignatureVerificationAlgorithm = Box::leak(Box::new(counting));
        counting
    });
    let all: Vec<_> = counted.collect();
    provider.signature_verification_algorithms =
        WebPkiSupportedAlgorithms { all: Box::leak(all.into()), mapping: known.mapping };
    let anchors = TrustAnchors::from_der(anchors.iter().map(|one| one.der.to_vec())).unwrap();
    let checker =
        Checker::builder().anchors(anchors).crypto_provider(Arc::new(provider)).build().unwrap();
    (checker.inspector().clone(), verifications)
}

fn taken(verifications: &AtomicUsize) -> usize {
    verifications.swap(0, Ordering::SeqCst)
}

#[test]
fn each_signature_is_verified_once() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let (inspector, verifications) = counting(&[&pki.root]);
    assert_eq!(told(&judge(&inspector, &pki.chain(&leaf), NOW)), NOTHING);
    assert_eq!(taken(&verifications), 2);
    for _ in 0..10 {
        assert_eq!(told(&judge(&inspector, &pki.chain(&leaf), NOW)), NOTHING);
    }
    assert_eq!(taken(&verifications), 0);

    // Another certificate under the same intermediate costs its own signature only.
    let other = pki.leaf("example.com").issue();
    assert_eq!(told(&judge(&inspector, &pki.chain(&other), NOW)), NOTHING);
    assert_eq!(taken(&verifications), 1);
}

#[test]
fn clones_share_what_they_know_and_others_do_not() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let (inspector, verifications) = counting(&[&pki.root]);
    let clone = inspector.clone();
    judge(&inspector, &pki.chain(&leaf), NOW);
    assert_eq!(taken(&verifications), 2);
    std::thread::scope(|scope| {
        scope.spawn(|| judge(&clone, &pki.chain(&leaf), NOW)).join().unwrap();
    });
    assert_eq!(taken(&verifications), 0);

    let (inspector, verifications) = counting(&[&pki.root]);
    judge(&inspector, &pki.chain(&leaf), NOW);
    assert_eq!(taken(&verifications), 2);
}

#[test]
fn a_signature_that_is_wrong_is_never_remembered_as_right() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let bad = with_a_bad_signature(&leaf.der);
    let (inspector, verifications) = counting(&[&pki.root]);
    for _ in 0..2 {
        let report = judge(&inspector, &[&leaf.der, &pki.intermediate.der], NOW);
        assert_eq!(told(&report), NOTHING);
        taken(&verifications);
        let report = judge(&inspector, &[&bad, &pki.intermediate.der], NOW);
        assert_eq!(reason(&report), Some(UntrustedReason::BadSignature));
        // It is verified, and refused, every time anew.
        assert_eq!(taken(&verifications), 1);
    }
}

#[test]
fn a_signature_says_nothing_of_another_message_or_another_key() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let (inspector, _) = counting(&[&pki.root]);
    assert_eq!(told(&judge(&inspector, &pki.chain(&leaf), NOW)), NOTHING);

    // Another name above the same signature.
    let forged = replaced(&leaf.der, b"example.com", b"evil.test.x");
    let report = judge(&inspector, &[&forged[..], &pki.intermediate.der], NOW);
    assert_eq!(reason(&report), Some(UntrustedReason::BadSignature));

    // Another intermediate of the same name: its key did not sign the leaf.
    let namesake = pki.root.ca("Test Intermediate").issue();
    let report = judge(&inspector, &[&leaf.der, &namesake.der], NOW);
    assert_eq!(reason(&report), Some(UntrustedReason::BadSignature));
}

/// Every place where `from` stands, with `to` in it.
fn replaced(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut der = der.to_vec();
    let places: Vec<usize> =
        (0..der.len() - from.len()).filter(|at| der[*at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    for place in places {
        der[place..place + to.len()].copy_from_slice(to);
    }
    der
}

#[test]
fn dates_and_names_are_judged_anew() {
    let pki = Pki::new();
    let leaf = pki.leaf("example.com").issue();
    let (inspector, verifications) = counting(&[&pki.root]);
    assert_eq!(told(&judge(&inspector, &pki.chain(&leaf), NOW)), NOTHING);
    let report = judge(&inspector, &pki.chain(&leaf), "2027-01-01T00:00:00Z");
    assert_eq!(told(&report), ["failure expired 0"]);
    assert_eq!(taken(&verifications), 2);

    // The same key, in a certificate of other dates and in one of another name.
    let expired = pki
        .leaf("example.com")
        .valid("2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z")
        .issue_for(leaf.key.clone());
    let report = judge(&inspector, &pki.chain(&expired), NOW);
    assert_eq!(told(&report), ["failure expired 0"]);
    let other = pki.leaf("example.org").issue_for(leaf.key.clone());
    let report = judge(&inspector, &pki.chain(&other), NOW);
    assert_eq!(told(&report), ["failure name-mismatch 0"]);
}

/// Certificates of 20 kB, so that a few hundred are more than the memory holds.
#[test]
fn the_memory_is_bounded_and_keeps_what_is_needed_again_and_again() {
    let pki = Pki::new();
    let big = || {
        pki.leaf("example.com").with(|params| {
            let content = vec![0; 20_000];
            params.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 2, 3], content)];
        })
    };
    let first = big().issue();
    let key = first.key.clone();
    let (inspector, verifications) = counting(&[&pki.root]);
    judge(&inspector, &pki.chain(&first), NOW);
    assert_eq!(taken(&verifications), 2);
    judge(&inspector, &pki.chain(&first), NOW);
    assert_eq!(taken(&verifications), 0);

    for number in 0_u64..250 {
        let leaf = big().with(|params| params.serial_number = Some(number.into()));
        judge(&inspector, &pki.chain(&leaf.issue_for(key.clone())), NOW);
    }
    // The intermediate was verified once, with the first.
    assert_eq!(taken(&verifications), 250);
    judge(&inspector, &pki.chain(&first), NOW);
    assert_eq!(taken(&verifications), 1, "5 MB later, the first is forgotten");
}
