//! The chain that the documentation's examples look at, in `tests/data/`.
//!
//! It is made once, with fixed dates and keys that nobody keeps:
//! `NOTAFTER_WRITE_DATA=1 cargo test --test data -- --ignored`.

use notafter::chain::PresentedChain;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use time::OffsetDateTime;
use time::macros::datetime;

const CHAIN: &str = include_str!("data/chain.pem");
const ROOT: &str = include_str!("data/root.pem");

#[test]
fn the_chain_has_the_dates_that_the_documentation_speaks_of() {
    let chain = PresentedChain::from_pem(CHAIN).unwrap();
    let validity = |position: usize| {
        let validity = chain.entries()[position].certificate().unwrap().validity();
        (validity.not_before, validity.not_after)
    };
    assert_eq!(
        validity(0),
        (datetime!(2030-01-01 00:00:00 UTC), datetime!(2030-03-31 23:59:59 UTC)),
    );
    assert_eq!(
        validity(1),
        (datetime!(2029-01-01 00:00:00 UTC), datetime!(2033-12-31 23:59:59 UTC)),
    );
    assert_eq!(chain.entries().len(), 2);
    assert_eq!(PresentedChain::from_pem(ROOT).unwrap().entries().len(), 1);
}

#[test]
#[ignore = "writes tests/data anew, where NOTAFTER_WRITE_DATA is set"]
fn regenerate() {
    if std::env::var_os("NOTAFTER_WRITE_DATA").is_none() {
        println!("skipped: NOTAFTER_WRITE_DATA is not set");
        return;
    }
    let ca = |name: &str, not_before, not_after| {
        let mut params = params(name, not_before, not_after);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params, KeyPair::generate().unwrap())
    };
    let (params_of_root, key) =
        ca("Example Root", datetime!(2025-01-01 0:00 UTC), datetime!(2044-12-31 23:59:59 UTC));
    let root = CertifiedIssuer::self_signed(params_of_root, key).unwrap();
    let (params_of_intermediate, key) =
        ca("Example R1", datetime!(2029-01-01 0:00 UTC), datetime!(2033-12-31 23:59:59 UTC));
    let intermediate = CertifiedIssuer::signed_by(params_of_intermediate, key, &root).unwrap();

    let mut leaf =
        params("example.com", datetime!(2030-01-01 0:00 UTC), datetime!(2030-03-31 23:59:59 UTC));
    leaf.subject_alt_names = vec![rcgen::SanType::DnsName("example.com".try_into().unwrap())];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &intermediate).unwrap();

    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    std::fs::write(format!("{folder}/chain.pem"), leaf.pem() + &intermediate.pem()).unwrap();
    std::fs::write(format!("{folder}/root.pem"), root.pem()).unwrap();
}

fn params(name: &str, not_before: OffsetDateTime, not_after: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = not_before;
    params.not_after = not_after;
    params.use_authority_key_identifier_extension = true;
    params
}
