//! Revocation lists that the caller holds, held against the path.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::anatomy::{Anatomy, INTEGER, SEQUENCE, tlv, utc_time, with_a_bad_signature};
use common::judge::{NOTHING, chain, judge, only, path, server, told, trusting};
use common::lists::{distribution_point, extension, number, with_extensions, with_fields};
use common::pki::{Draft, Issued, Pki, at};
use notafter::Inspector;
use notafter::chain::{PresentedChain, RevocationList, RevocationReason};
use notafter::inspect::{Policy, TrustAnchors};
use notafter::report::{
    Code, FindingKind, Report, RevocationListFault as Fault, Severity, Status, Trust,
};
use rcgen::{CrlDistributionPoint, CrlScope, KeyUsagePurpose};
use serde_json::Value;

/// In the middle of what the lists of `common::lists` are in force for.
const NOON: &str = "2026-06-15T12:00:00Z";

/// Before, when the leaf was revoked in most tests.
const REVOKED_AT: &str = "2026-06-02T03:04:05Z";

const URI: &str = "http://crl.example/1.crl";

/// A leaf that names a distribution point, under an intermediate, under a root.
struct Scene {
    pki: Pki,
    leaf: Issued,
}

impl Scene {
    fn new() -> Self {
        Self::with(Pki::new())
    }

    fn with(pki: Pki) -> Self {
        let point = CrlDistributionPoint { uris: vec![URI.to_owned()] };
        let leaf = pki.leaf("example.com").with(|params| {
            params.crl_distribution_points = vec![point];
        });
        let leaf = leaf.issue();
        Self { pki, leaf }
    }

    /// What is told with these lists, at an instant.
    fn judged(&self, lists: impl IntoIterator<Item = RevocationList>, instant: &str) -> Report {
        let inspector = trusting(&[&self.pki.root]).with_revocation_lists(lists);
        judge(&inspector, &self.pki.chain(&self.leaf), instant)
    }

    fn told(&self, lists: impl IntoIterator<Item = RevocationList>) -> Vec<String> {
        told(&self.judged(lists, NOON))
    }

    /// What keeps the lists from clearing, at noon.
    fn faults(&self, lists: impl IntoIterator<Item = RevocationList>) -> Vec<(Severity, Fault)> {
        faults(&self.judged(lists, NOON))
    }

    /// The intermediate's list, in which the leaf stands.
    fn revoking(&self) -> common::lists::ListDraft<'_> {
        self.pki.intermediate.list().revoke(&self.leaf, REVOKED_AT)
    }

    /// The intermediate's list, empty, with these extensions only.
    fn odd(&self, extensions: &[Vec<u8>]) -> RevocationList {
        let issuer = &self.pki.intermediate;
        with_extensions(&issuer.list().der(), &issuer.key, extensions)
    }
}

fn faults(report: &Report) -> Vec<(Severity, Fault)> {
    let unusable = report.findings_with(Code::RevocationListUnusable);
    let faults = unusable.map(|finding| match finding.kind() {
        FindingKind::RevocationListUnusable { fault, .. } => (finding.severity(), fault.clone()),
        other => panic!("{other:?}"),
    });
    faults.collect()
}

#[test]
fn a_certificate_on_its_issuers_list_is_revoked() {
    let scene = Scene::new();
    let list = scene.pki.intermediate.list().revoke_for(
        &scene.leaf,
        REVOKED_AT,
        Some(rcgen::RevocationReason::KeyCompromise),
    );
    let report = scene.judged([list.issue()], NOON);
    assert_eq!(told(&report), ["failure revoked 0"]);
    let finding = only(&report, Code::Revoked);
    let expected = FindingKind::Revoked {
        revoked_at: at(REVOKED_AT),
        reason: Some(RevocationReason::KeyCompromise),
    };
    assert_eq!(*finding.kind(), expected);
    assert_eq!(
        finding.message(),
        "the end-entity certificate (CN=example.com) was revoked on 2026-06-02 03:04:05 UTC: key compromise",
    );
    assert_eq!(
        finding.remedy(),
        "have a certificate issued for a new key, install both, and reload the service",
    );
    assert_eq!(path(&report), Some(&[0, 1][..]), "the path is what it was");
}

#[test]
fn nothing_is_told_of_certificates_that_current_lists_do_not_name() {
    let scene = Scene::new();
    let other = scene.pki.leaf("example.org").issue();
    let lists = [
        scene.pki.intermediate.list().revoke(&other, REVOKED_AT).issue(),
        scene.pki.root.list().revoke(&other, REVOKED_AT).issue(),
    ];
    let report = scene.judged(lists, NOON);
    assert_eq!(told(&report), NOTHING);
    assert_eq!(report.status(), Status::Pass);
}

#[test]
fn an_intermediate_on_the_anchors_list_is_revoked() {
    let scene = Scene::new();
    let list = scene.pki.root.list().revoke(&scene.pki.intermediate, REVOKED_AT).issue();
    let report = scene.judged([list], NOON);
    assert_eq!(told(&report), ["failure revoked 1"]);
    assert_eq!(
        only(&report, Code::Revoked).message(),
        "certificate 1 (CN=Test Intermediate) was revoked on 2026-06-02 03:04:05 UTC",
    );
}

#[test]
fn the_anchor_is_not_held_against_its_own_list() {
    let scene = Scene::new();
    let list = scene.pki.root.list().revoke(&scene.pki.root, REVOKED_AT).issue();
    let sent = [&scene.leaf.der, &scene.pki.intermediate.der, &scene.pki.root.der];
    let inspector = trusting(&[&scene.pki.root]).with_revocation_lists([list]);
    assert_eq!(told(&judge(&inspector, &sent, NOON)), ["note anchor-included 2"]);
}

#[test]
fn the_same_serial_number_on_another_issuers_list_is_another_certificate() {
    let scene = Scene::new();
    assert_eq!(
        scene.told([scene.pki.root.list().revoke(&scene.leaf, REVOKED_AT).issue()]),
        NOTHING
    );
}

/// Two CAs of one name, or one that changed its key and forgot the old one.
#[test]
fn a_list_of_a_namesake_with_another_key_is_of_another_issuer() {
    let scene = Scene::new();
    let namesake = scene.pki.root.ca("Test Intermediate").issue();
    let list = namesake.list().revoke(&scene.leaf, REVOKED_AT);
    assert_eq!(scene.told([list.issue()]), NOTHING);
    // Without a key identifier it can only be told by the signature.
    let list = with_extensions(&namesake.list().der(), &namesake.key, &[number(false)]);
    assert_eq!(scene.faults([list]), [(Severity::Warning, Fault::BadSignature)]);
}

/// The authority key identifier helps to find the key; the signature says whose list it is.
#[test]
fn a_list_that_names_its_key_by_another_identifier_is_held_all_the_same() {
    let scene = Scene::new();
    let issuer = &scene.pki.intermediate;
    let key_id = extension(&[0x55, 0x1d, 0x23], false, &tlv(SEQUENCE, &tlv(0x80, b"other")));
    let renamed = |der: &[u8]| with_extensions(der, &issuer.key, &[key_id.clone(), number(false)]);
    assert_eq!(scene.told([renamed(&scene.revoking().der())]), ["failure revoked 0"]);
    let outdated = issuer.list().dated("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z").der();
    assert_eq!(scene.told([renamed(&outdated)]), ["warning revocation-list-unusable 0"]);
}

#[test]
fn a_list_with_a_bad_signature_neither_revokes_nor_clears() {
    let scene = Scene::new();
    let list = with_a_bad_signature(&scene.revoking().der());
    let list = RevocationList::from_der(list.to_vec()).unwrap();
    let report = scene.judged([list.clone()], NOON);
    assert_eq!(told(&report), ["warning revocation-list-unusable 0"]);
    assert_eq!(faults(&report), [(Severity::Warning, Fault::BadSignature)]);
    assert_eq!(
        only(&report, Code::RevocationListUnusable).message(),
        "the revocation list of CN=Test Intermediate can't clear the end-entity certificate \
         (CN=example.com): its signature does not verify with the issuer's key",
    );
    // Beside a good list, whichever comes first, it is worth a note.
    let good = scene.pki.intermediate.list().issue();
    for lists in [[list.clone(), good.clone()], [good, list]] {
        assert_eq!(scene.faults(lists), [(Severity::Note, Fault::BadSignature)]);
    }
}

#[test]
fn what_was_verified_once_is_not_taken_for_another_key() {
    let scene = Scene::new();
    let other = Scene::with(Pki::new());
    let list =
        with_extensions(&scene.revoking().der(), &scene.pki.intermediate.key, &[number(false)]);
    let both = trusting(&[&scene.pki.root, &other.pki.root]).with_revocation_lists([list]);
    for _ in 0..2 {
        let report = judge(&both, &scene.pki.chain(&scene.leaf), NOON);
        assert_eq!(told(&report), ["failure revoked 0"]);
        let report = judge(&both.clone(), &other.pki.chain(&other.leaf), NOON);
        assert_eq!(faults(&report), [(Severity::Warning, Fault::BadSignature)]);
    }
}

#[test]
fn an_issuer_whose_key_usage_has_no_crl_sign_signs_no_lists() {
    // The same key and name, once with cRLSign, to make the list, and once without.
    let root = Draft::root("Test Root").issue();
    let signer = root.ca("Test Intermediate").issue();
    let intermediate = root
        .ca("Test Intermediate")
        .with(|params| params.key_usages = vec![KeyUsagePurpose::KeyCertSign])
        .issue_for(signer.key.clone());
    let scene = Scene::with(Pki { root, intermediate });
    let list = signer.list().revoke(&scene.leaf, REVOKED_AT).issue();
    assert_eq!(scene.told([list.clone()]), ["warning revocation-list-unusable 0"]);
    assert_eq!(scene.faults([list]), [(Severity::Warning, Fault::CrlSignMissing)]);
}

#[test]
fn an_issuer_without_key_usage_signs_lists() {
    let root = Draft::root("Test Root").issue();
    let intermediate =
        root.ca("Test Intermediate").with(|params| params.key_usages = Vec::new()).issue();
    let scene = Scene::with(Pki { root, intermediate });
    assert_eq!(scene.told([scene.revoking().issue()]), ["failure revoked 0"]);
    assert_eq!(scene.told([scene.pki.intermediate.list().issue()]), NOTHING);
}

#[test]
fn a_list_clears_from_its_first_to_its_last_second() {
    let scene = Scene::new();
    let judged = |instant| faults(&scene.judged([scene.pki.intermediate.list().issue()], instant));
    let (this_update, next_update) = (at("2026-06-01T00:00:00Z"), at("2026-07-01T00:00:00Z"));
    let early = (Severity::Warning, Fault::NotYetValid { this_update });
    let late = (Severity::Warning, Fault::Outdated { next_update });
    assert_eq!(judged("2026-05-31T23:59:59Z"), [early]);
    assert_eq!(judged("2026-06-01T00:00:00Z"), []);
    assert_eq!(judged("2026-07-01T00:00:00.9Z"), []);
    assert_eq!(judged("2026-07-01T00:00:01Z"), [late]);
}

#[test]
fn an_outdated_list_still_revokes() {
    let scene = Scene::new();
    let report = scene.judged([scene.revoking().issue()], "2026-07-02T00:00:00Z");
    assert_eq!(told(&report), ["failure revoked 0", "warning revocation-list-unusable 0"]);
    let outdated = only(&report, Code::RevocationListUnusable);
    assert_eq!(
        outdated.message(),
        "the revocation list of CN=Test Intermediate can't clear the end-entity certificate \
         (CN=example.com): the next one was due on 2026-07-01 00:00:00 UTC",
    );
    assert_eq!(
        outdated.remedy(),
        "get the issuer's current list, and give it to those that check by it",
    );
}

#[test]
fn an_outdated_list_beside_the_current_one_is_a_note() {
    let scene = Scene::new();
    let old = scene.pki.intermediate.list().dated("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
    let next_update = at("2026-06-01T00:00:00Z");
    let lists = [old.issue(), scene.pki.intermediate.list().issue()];
    assert_eq!(scene.faults(lists), [(Severity::Note, Fault::Outdated { next_update })]);
    // The newer one is believed.
    let old = scene.pki.intermediate.list().dated("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z");
    let lists = [old.issue(), scene.revoking().issue()];
    assert_eq!(scene.told(lists), ["failure revoked 0", "note revocation-list-unusable 0"]);
}

#[test]
fn a_certificate_is_revoked_from_the_date_in_the_list_on() {
    let scene = Scene::new();
    let list = scene.revoking().dated("2026-06-10T00:00:00Z", "2026-07-01T00:00:00Z").issue();
    let judged = |instant| told(&scene.judged([list.clone()], instant));
    // Before the list was out, it can clear nobody.
    let unusable = "warning revocation-list-unusable 0";
    assert_eq!(judged("2026-06-02T03:04:04Z"), [unusable]);
    assert_eq!(judged("2026-06-02T03:04:05Z"), ["failure revoked 0", unusable]);
    assert_eq!(judged("2026-06-10T00:00:00Z"), ["failure revoked 0"]);
}

/// No client compares the date: what is on the list is refused.
#[test]
fn a_date_to_come_in_a_list_that_is_out_revokes_at_once() {
    let scene = Scene::new();
    let list = scene.pki.intermediate.list().revoke(&scene.leaf, "2026-06-20T00:00:00Z").issue();
    let judged = |instant| told(&scene.judged([list.clone()], instant));
    assert_eq!(judged("2026-05-31T23:59:59Z"), ["warning revocation-list-unusable 0"]);
    assert_eq!(judged("2026-06-01T00:00:00Z"), ["failure revoked 0"]);
}

#[test]
fn the_earliest_of_several_lists_says_since_when() {
    let scene = Scene::new();
    let listed = |instant| scene.pki.intermediate.list().revoke(&scene.leaf, instant).issue();
    let lists =
        [listed("2026-06-03T00:00:00Z"), listed(REVOKED_AT), listed("2026-06-04T00:00:00Z")];
    let report = scene.judged(lists, NOON);
    let expected = FindingKind::Revoked { revoked_at: at(REVOKED_AT), reason: None };
    assert_eq!(*only(&report, Code::Revoked).kind(), expected);
}

#[test]
fn what_a_list_takes_back_is_not_revoked() {
    let scene = Scene::new();
    let reason = Some(rcgen::RevocationReason::RemoveFromCrl);
    let list = scene.pki.intermediate.list().revoke_for(&scene.leaf, REVOKED_AT, reason);
    assert_eq!(scene.told([list.issue()]), NOTHING);
}

#[test]
fn what_clients_tolerate_is_a_note() {
    let scene = Scene::new();
    assert_eq!(scene.faults([scene.odd(&[])]), [(Severity::Note, Fault::NoNumber)]);
    assert_eq!(
        scene.faults([scene.odd(&[number(true)])]),
        [(Severity::Note, Fault::CriticalNumber)]
    );
    let issuer = &scene.pki.intermediate;
    let endless = with_fields(&issuer.list().der(), &issuer.key, |fields| {
        fields.remove(4);
    });
    let endless = RevocationList::from_der(endless).unwrap();
    assert_eq!(endless.next_update(), None);
    assert_eq!(scene.faults([endless]), [(Severity::Note, Fault::NoNextUpdate)]);
    // A list of version 1 has no extensions at all.
    let plain = with_fields(&issuer.list().der(), &issuer.key, |fields| {
        fields.pop();
        fields.remove(0);
    });
    let plain = RevocationList::from_der(plain).unwrap();
    assert_eq!(scene.faults([plain]), [(Severity::Note, Fault::NoNumber)]);
}

#[test]
fn a_list_with_a_critical_extension_that_is_not_understood_says_nothing() {
    let scene = Scene::new();
    let issuer = &scene.pki.intermediate;
    let fault = Fault::CriticalExtension { oid: "1.2.3.4".to_owned() };
    let unknown = |critical| extension(&[0x2a, 0x03, 0x04], critical, &[0x05, 0x00]);

    let extensions = [number(false), unknown(true)];
    let list = with_extensions(&scene.revoking().der(), &issuer.key, &extensions);
    assert_eq!(scene.faults([list.clone()]), [(Severity::Warning, fault.clone())]);
    assert_eq!(scene.told([list]), ["warning revocation-list-unusable 0"]);
    let extensions = [number(false), unknown(false)];
    let list = with_extensions(&scene.revoking().der(), &issuer.key, &extensions);
    assert_eq!(scene.told([list]), ["failure revoked 0"]);

    // RFC 5280 section 5.3: one of any entry spoils the list for all.
    let entry = |serial: &[u8], extensions: &[Vec<u8>]| {
        let extensions = tlv(SEQUENCE, &extensions.concat());
        let fields = [tlv(INTEGER, serial), utc_time("260602030405Z"), extensions];
        tlv(SEQUENCE, &fields.concat())
    };
    let with_entry = |critical| {
        let der = with_fields(&scene.revoking().der(), &issuer.key, |fields| {
            let ours = entry(&scene.leaf.serial_number(), &[unknown(false)]);
            let other = entry(&[1], &[unknown(critical)]);
            fields[5] = tlv(SEQUENCE, &[ours, other].concat());
        });
        RevocationList::from_der(der).unwrap()
    };
    assert_eq!(scene.faults([with_entry(true)]), [(Severity::Warning, fault)]);
    assert_eq!(scene.told([with_entry(true)]), ["warning revocation-list-unusable 0"]);
    assert_eq!(scene.told([with_entry(false)]), ["failure revoked 0"]);
}

#[test]
fn a_list_clears_only_the_certificates_that_it_is_for() {
    let scene = Scene::new();
    let list = |uri, scope| scene.pki.intermediate.list().only_for(uri, scope).issue();
    let foreign = "http://crl.example/2.crl";
    let out_of_scope = [(Severity::Note, Fault::OutOfScope)];
    assert_eq!(scene.faults([list(URI, None)]), []);
    assert_eq!(scene.faults([list(URI, Some(CrlScope::UserCertsOnly))]), []);
    assert_eq!(scene.faults([list(URI, Some(CrlScope::CaCertsOnly))]), out_of_scope);
    assert_eq!(scene.faults([list(foreign, None)]), out_of_scope);
    assert_eq!(scene.faults([list(foreign, None), list(foreign, None)]), out_of_scope);
    // A CA that splits its list: the others are for others.
    assert_eq!(scene.faults([list(foreign, None), list(URI, None)]), []);

    let cases: [(&[u8], bool); 6] = [
        (&[0x81, 1, 0xff], true),
        (&[0x82, 1, 0xff], false),
        (&[0x85, 1, 0xff], false),
        // For keyCompromise only.
        (&[0x83, 2, 6, 0x40], false),
        // Of several issuers.
        (&[0x84, 1, 0xff], false),
        // A name relative to the issuer's.
        (&[0xa0, 4, 0xa1, 2, 0x31, 0], false),
    ];
    for (content, covers) in cases {
        let list = scene.odd(&[number(false), distribution_point(content)]);
        let expected = if covers { &[][..] } else { &out_of_scope };
        assert_eq!(scene.faults([list]), expected, "{content:02x?}");
    }
}

#[test]
fn a_list_for_cas_clears_a_ca() {
    let root = Draft::root("Test Root").issue();
    let point = CrlDistributionPoint { uris: vec![URI.to_owned()] };
    let intermediate = root
        .ca("Test Intermediate")
        .with(|params| params.crl_distribution_points = vec![point])
        .issue();
    let scene = Scene::with(Pki { root, intermediate });
    let list = |scope| scene.pki.root.list().only_for(URI, Some(scope)).issue();
    assert_eq!(scene.told([list(CrlScope::CaCertsOnly)]), NOTHING);
    let told = scene.told([list(CrlScope::UserCertsOnly)]);
    assert_eq!(told, ["note revocation-list-unusable 1"]);
}

#[test]
fn what_is_listed_where_it_does_not_belong_is_listed() {
    let scene = Scene::new();
    let list = scene.revoking().only_for("http://crl.example/2.crl", Some(CrlScope::CaCertsOnly));
    assert_eq!(scene.told([list.issue()]), ["failure revoked 0"]);
}

/// The leaf is signed with the new key, the list with the old one, which certifies the new one.
#[test]
fn a_list_may_be_signed_with_the_issuers_other_key() {
    let old = Draft::root("Test CA").issue();
    let new = old.ca("Test CA").issue();
    let leaf = new.leaf("example.com").issue();
    let judged = |list| {
        let inspector = trusting(&[&old]).with_revocation_lists([list]);
        told(&judge(&inspector, &[&leaf.der, &new.der], NOON))
    };
    assert_eq!(judged(old.list().revoke(&leaf, REVOKED_AT).issue()), ["failure revoked 0"]);
    assert_eq!(judged(new.list().revoke(&leaf, REVOKED_AT).issue()), ["failure revoked 0"]);
    assert_eq!(judged(old.list().issue()), NOTHING);
    // Not the other way round: the old key's certificates are not vouched for by the new one.
    assert_eq!(judged(new.list().revoke(&new, REVOKED_AT).issue()), NOTHING);
}

/// Hashing a large list once for each key that a server sends would be a gift to it.
#[test]
fn not_more_than_four_keys_of_an_issuer_are_tried() {
    let mut keys = vec![Draft::root("Test CA").issue()];
    for _ in 1..6 {
        let next = keys[keys.len() - 1].ca("Test CA").issue();
        keys.push(next);
    }
    keys.reverse();
    let leaf = keys[0].leaf("example.com").issue();
    let sent: Vec<_> = [&leaf].into_iter().chain(&keys).map(|issued| issued.der.clone()).collect();
    let untrusted = trusting(&[&Draft::root("Another Root").issue()]);
    for (place, key) in keys.iter().enumerate() {
        let list = key.list().revoke(&leaf, REVOKED_AT).issue();
        let report = judge(&untrusted.clone().with_revocation_lists([list]), &sent, NOON);
        let revoked = report.findings_with(Code::Revoked).count();
        assert_eq!(revoked, usize::from(place < 4), "{place}: {:?}", told(&report));
    }
}

#[test]
fn a_chain_without_a_path_is_told_to_be_revoked_too() {
    let scene = Scene::new();
    let inspector = trusting(&[&Draft::root("Another Root").issue()])
        .with_revocation_lists([scene.revoking().issue()]);
    let report = judge(&inspector, &scene.pki.chain(&scene.leaf), NOON);
    assert!(told(&report).contains(&"failure revoked 0".to_owned()), "{:?}", told(&report));
    // After its end, as before.
    let report = scene.judged([scene.revoking().issue()], "2027-01-02T00:00:00Z");
    assert!(told(&report).contains(&"failure revoked 0".to_owned()), "{:?}", told(&report));
}

#[test]
fn a_policy_may_demand_that_every_list_clears() {
    let scene = Scene::new();
    let policy = Policy::new().severity(Code::RevocationListUnusable, Severity::Failure);
    let judged = |list| {
        let inspector = trusting(&[&scene.pki.root]).with_policy(policy.clone());
        let sent = chain(&scene.pki.chain(&scene.leaf));
        inspector.with_revocation_lists([list]).inspect(&sent, &server(&["example.com"]), at(NOON))
    };
    assert_eq!(judged(scene.odd(&[])).status(), Status::Fail);
    assert_eq!(judged(scene.pki.intermediate.list().issue()).status(), Status::Pass);
}

#[test]
fn lists_take_the_place_of_those_before() {
    let scene = Scene::new();
    let inspector = trusting(&[&scene.pki.root])
        .with_revocation_lists([scene.revoking().issue()])
        .with_revocation_lists([]);
    assert_eq!(told(&judge(&inspector, &scene.pki.chain(&scene.leaf), NOON)), NOTHING);
}

#[test]
fn a_version_1_certificate_is_revoked_as_any_other() {
    let scene = Scene::new();
    let issuer = &scene.pki.intermediate;
    let old = Anatomy::of(&scene.leaf.der).version_1().signed_by(&issuer.key);
    let inspector = trusting(&[&scene.pki.root]).with_revocation_lists([scene.revoking().issue()]);
    let report = judge(&inspector, &[&old, &issuer.der], NOON);
    assert!(told(&report).contains(&"failure revoked 0".to_owned()), "{:?}", told(&report));
}

/// The cases of C2SP/x509-limbo about revocation lists. It asks for one verdict: refused is a chain
/// with no trusted path, with a certificate that is revoked, or with a list that clears nobody by
/// the letter of RFC 5280, be that a note or a warning here.
#[test]
fn limbos_cases_have_the_verdicts_that_it_expects() {
    let Some(folder) = common::corpora::corpus("limbo") else {
        return;
    };
    let limbo = std::fs::read(folder.join("limbo.json")).unwrap();
    let limbo: Value = serde_json::from_slice(&limbo).unwrap();
    let all = limbo["testcases"].as_array().unwrap();
    let texts = |case: &Value, key: &str| {
        let texts: Vec<&str> =
            case[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
        texts.join("\n")
    };
    let mut cases = 0;
    for case in all.iter().filter(|case| case["id"].as_str().unwrap().starts_with("crl::")) {
        cases += 1;
        let leaf = case["peer_certificate"].as_str().unwrap();
        let sent = PresentedChain::from_pem(leaf).unwrap();
        let inspector = Inspector::new()
            .with_anchors(TrustAnchors::from_pem(texts(case, "trusted_certs")).unwrap())
            .with_revocation_lists(RevocationList::from_pem(texts(case, "crls")).unwrap());
        let subject = server(&[case["expected_peer_name"]["value"].as_str().unwrap()]);
        let instant = at(case["validation_time"].as_str().unwrap());
        let report = inspector.inspect(&sent, &subject, instant);
        let trusted = matches!(report.trust(), Trust::Trusted(_));
        let refuses = [Code::Revoked, Code::RevocationListUnusable];
        let refused = refuses.iter().any(|code| report.findings_with(*code).next().is_some());
        let verdict = if trusted && !refused { "SUCCESS" } else { "FAILURE" };
        assert_eq!(verdict, case["expected_result"], "{}: {report}", case["id"]);
        // It is the lists that say so.
        assert!(trusted, "{}: {report}", case["id"]);
    }
    assert_eq!(cases, 8);
}

/// By a whole check: what is set on the builder reaches the judgement.
#[cfg(feature = "fetch")]
#[tokio::test]
async fn a_checker_judges_by_the_lists_that_it_is_given() {
    use common::server::{Server, Tls};

    let scene = Scene::new();
    let server = Server::start(Tls::new(scene.pki.chain(&scene.leaf), &scene.leaf));
    let anchors = TrustAnchors::from_der([scene.pki.root.der.to_vec()]).unwrap();
    let builder = notafter::Checker::builder().anchors(anchors);
    for (lists, expected) in
        [(vec![], &[][..]), (vec![scene.revoking().issue()], &["failure revoked 0".to_owned()][..])]
    {
        let checker = builder.clone().revocation_lists(lists).build().unwrap();
        let report = checker.check_at(&server.target("example.com"), at(NOON)).await.unwrap();
        assert_eq!(told(&report), expected);
    }
}
