//! SAML metadata: what is found in it and where, and what is refused.

#![cfg(feature = "saml")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fmt::Write as _;
use std::fs;

use common::corpora::corpus;
use common::pki::{Draft, Issued, Pki, at};
use data_encoding::BASE64;
use notafter::chain::{Certificate, Entry};
use notafter::source::{
    self, Format, Found, FoundChain, Place, ProblemKind, ReadOptions, SkippedKind,
};
use notafter::target::Purpose;
use proptest::collection::vec;
use proptest::prelude::*;
use time::Duration;

#[test]
fn every_key_is_found_with_its_place_and_purpose() {
    let (signing, encryption, both, metadata) = (cert("a"), cert("b"), cert("c"), cert("d"));
    let document = format!(
        r#"<?xml version="1.0"?>
        <m:EntityDescriptor xmlns:m="urn:oasis:names:tc:SAML:2.0:metadata"
            xmlns:d="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example/?a=1&amp;b=2">
          <d:Signature><d:SignedInfo/>{}</d:Signature>
          <m:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
            <m:KeyDescriptor use="signing">{}</m:KeyDescriptor>
            <m:KeyDescriptor use="encryption">{}</m:KeyDescriptor>
            <m:KeyDescriptor>{}</m:KeyDescriptor>
            <m:KeyDescriptor use="signing"><d:KeyInfo><d:KeyName>k</d:KeyName></d:KeyInfo></m:KeyDescriptor>
            <m:KeyDescriptor use="signing">{}</m:KeyDescriptor>
          </m:IDPSSODescriptor>
          <m:AttributeAuthorityDescriptor>
            <m:KeyDescriptor use="signing">{}</m:KeyDescriptor>
          </m:AttributeAuthorityDescriptor>
        </m:EntityDescriptor>"#,
        info("d", &[&metadata]),
        info("d", &[&signing]),
        info("d", &[&encryption]),
        info("d", &[&both]),
        info("d", &[&both]),
        info("d", &[&signing]),
    );
    let found = read(&document);
    assert_eq!(problems(&found), [""; 0]);
    let entity = "metadata.xml, entity https://idp.example/?a=1&b=2";
    let chain = |place: &str, certificate: &Issued, group: Option<&str>| {
        let group = group.map(|group| format!("{entity}, {group}"));
        (format!("{entity}, {place}"), vec![certificate.der.to_vec()], group)
    };
    let idp = "IDPSSODescriptor KeyDescriptor";
    let (signs, decrypts) = (Some("IDPSSODescriptor signing"), Some("IDPSSODescriptor encryption"));
    assert_eq!(
        found.chains.iter().map(summary).collect::<Vec<_>>(),
        [
            chain("element Signature", &metadata, None),
            chain(&format!("{idp} signing #1"), &signing, signs),
            chain(&format!("{idp} encryption #1"), &encryption, decrypts),
            chain(&format!("{idp} #1"), &both, signs),
            chain(&format!("{idp} signing #3"), &both, signs),
            chain(
                "AttributeAuthorityDescriptor KeyDescriptor signing #1",
                &signing,
                Some("AttributeAuthorityDescriptor signing"),
            ),
        ],
    );
    assert!(found.chains.iter().all(|found| found.subject().purpose() == Purpose::Signing));
    assert_eq!(
        found.chains[1].locator().places(),
        [
            Place::Entity("https://idp.example/?a=1&b=2".into()),
            Place::KeyDescriptor {
                role: "IDPSSODescriptor".into(),
                usage: Some("signing".into()),
                number: 1,
            },
        ],
    );
}

#[test]
fn namespaces_count_and_prefixes_do_not() {
    let certificate = cert("a");
    let key = |ds: &str, md: &str| {
        format!(
            r#"<md:EntityDescriptor xmlns:md="{md}" xmlns:ds="{ds}" entityID="e">
            <md:SPSSODescriptor><md:KeyDescriptor>{}</md:KeyDescriptor></md:SPSSODescriptor>
            </md:EntityDescriptor>"#,
            info("ds", &[&certificate]),
        )
    };
    assert_eq!(read(&key(DS, MD)).chains.len(), 1);
    let other_signature = read(&key("http://www.w3.org/2000/09/xmldsig", MD));
    assert_eq!(other_signature.chains.len(), 0);
    assert_eq!(other_signature.skipped[0].kind, SkippedKind::Other);
    let other_metadata = read(&key(DS, "urn:oasis:names:tc:SAML:1.0:metadata"));
    assert_eq!(other_metadata.chains.len(), 0);
    assert_eq!(
        problems(&other_metadata),
        ["metadata.xml: can't be read as SAML metadata: \
          has no EntityDescriptor of SAML metadata"],
    );
    // The metadata's prefix is taken by another namespace inside.
    let shadowed = key(DS, MD).replace("<md:KeyDescriptor>", "<md:KeyDescriptor xmlns:md='x'>");
    assert_eq!(read(&shadowed).chains.len(), 0);
}

#[test]
fn a_role_of_an_extension_is_told_by_its_type() {
    let certificate = cert("sts");
    let document = format!(
        r#"<EntityDescriptor xmlns="{MD}" entityID="http://adfs.example/adfs/services/trust">
        <RoleDescriptor xmlns:i="http://www.w3.org/2001/XMLSchema-instance"
            xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706"
            i:type="fed:SecurityTokenServiceType" type="fed:Other">
        <KeyDescriptor use="signing">{}</KeyDescriptor></RoleDescriptor></EntityDescriptor>"#,
        default_info(&[&certificate]),
    );
    let found = read(&document);
    assert_eq!(
        found.chains[0].locator().to_string(),
        "metadata.xml, entity http://adfs.example/adfs/services/trust, \
         RoleDescriptor SecurityTokenServiceType KeyDescriptor signing #1",
    );
}

#[test]
fn entities_are_found_at_any_nesting_and_the_tightest_dates_count() {
    let a = cert("a");
    let entity = |id: &str, attributes: &str, role: &str| {
        format!(
            "<EntityDescriptor entityID='{id}' {attributes}><SPSSODescriptor {role}>\
             <KeyDescriptor>{}</KeyDescriptor></SPSSODescriptor></EntityDescriptor>",
            default_info(&[&a]),
        )
    };
    let document = format!(
        "<EntitiesDescriptor xmlns='{MD}' validUntil='2026-12-01T00:00:00Z' cacheDuration='P1D'>{}\
         <EntitiesDescriptor cacheDuration='PT6H'>{}<EntitiesDescriptor>{}</EntitiesDescriptor>\
         </EntitiesDescriptor>{}{}</EntitiesDescriptor>",
        entity("1", "", ""),
        entity("2", "validUntil='2026-11-30T12:00:00+01:00'", "validUntil='2027-01-01T00:00:00Z'"),
        entity("3", "", "cacheDuration='PT5H' validUntil='2026-11-24T00:00:00.5Z'"),
        entity("4", "validUntil='tomorrow'", "cacheDuration='P1DT'"),
        entity("5", "cacheDuration='P1M'", ""),
    );
    let found = read(&document);
    let dates: Vec<_> = found
        .chains
        .iter()
        .map(|found| {
            let subject = found.subject();
            (subject.document_valid_until().unwrap(), subject.document_cache_duration().unwrap())
        })
        .collect();
    let end = at("2026-12-01T00:00:00Z");
    assert_eq!(
        dates,
        [
            (end, Duration::DAY),
            (at("2026-11-30T11:00:00Z"), Duration::hours(6)),
            (at("2026-11-24T00:00:00.5Z"), Duration::hours(5)),
            (end, Duration::DAY),
            (end, Duration::DAY),
        ],
    );
    assert_eq!(
        problems(&found),
        [
            "metadata.xml, entity 4: can't be read as SAML metadata: \
             validUntil can't be read: \"tomorrow\"",
            "metadata.xml, entity 4, element SPSSODescriptor: can't be read as SAML metadata: \
             cacheDuration can't be read: \"P1DT\"",
        ],
    );
}

#[test]
fn without_dates_of_the_document_there_are_none() {
    let found = read(&entity_with(&default_info(&[&cert("a")])));
    assert_eq!(found.chains[0].subject().document_valid_until(), None);
    assert_eq!(found.chains[0].subject().document_cache_duration(), None);
}

#[test]
fn metadata_inside_another_document_is_found() {
    let inner = entity_with(&default_info(&[&cert("a")]));
    let found =
        read(&format!("<Metadata xmlns='x'><MetadataSection>{inner}</MetadataSection></Metadata>"));
    assert_eq!((found.chains.len(), found.problems.len()), (1, 0));
}

#[test]
fn a_certificate_may_be_written_in_every_way_that_xml_knows() {
    let certificate = cert("a");
    let base64 = BASE64.encode(&certificate.der);
    let (first, rest) = base64.split_at(4);
    let (second, rest) = rest.split_at(7);
    let first: String = first.bytes().map(|byte| format!("&#{byte};")).collect();
    let second: String = second.bytes().map(|byte| format!("&#x{byte:X};")).collect();
    let wrapped: String = rest.as_bytes().chunks(60).fold(String::new(), |mut text, line| {
        write!(text, "\r\n\t {}<!-- - -->", std::str::from_utf8(line).unwrap()).unwrap();
        text
    });
    let split = wrapped.len() / 2 - wrapped.len() / 2 % 70;
    let (head, tail) = wrapped.split_at(wrapped[..split].rfind("\r\n").unwrap_or(0));
    let text = format!("{first}{second}{head}<![CDATA[{}]]>\n", tail.replace("<!-- - -->", " "));
    let info = default_info(&[&certificate]).replace(&base64, &text);
    assert!(info.contains("CDATA") && !info.contains(&base64));
    let found = read(&entity_with(&info));
    assert_eq!(problems(&found), [""; 0]);
    assert_eq!(found.chains[0].chain().end_entity().der(), &*certificate.der);
}

#[test]
fn a_chain_in_one_element_is_put_in_order() {
    let pki = Pki::new();
    let leaf = pki.leaf("idp.example").issue();
    let info = default_info(&[&pki.root, &leaf, &pki.intermediate]);
    let found = read(&entity_with(&info));
    assert_eq!(
        ders(&found),
        [[leaf.der.to_vec(), pki.intermediate.der.to_vec(), pki.root.der.to_vec()]],
    );
    assert_eq!(found.chains[0].locator().to_string(), format!("{KEY} signing #1"));
}

#[test]
fn an_old_and_a_new_certificate_in_one_element_are_told_apart() {
    // Both name themselves as their issuer, in the same words.
    let (old, new) = (cert("idp"), cert("idp"));
    for info in [default_info(&[&old, &new]), default_info(&[&old]) + &default_info(&[&new])] {
        let found = read(&entity_with(&info));
        assert_eq!(ders(&found), [[old.der.to_vec()], [new.der.to_vec()]]);
        let told: Vec<_> = found.chains.iter().map(|it| it.locator().to_string()).collect();
        assert_eq!(
            told,
            [
                format!("{KEY} signing #1, certificate 1"),
                format!("{KEY} signing #1, certificate 2"),
            ],
        );
        assert_eq!(found.chains[0].subject().rollover(), found.chains[1].subject().rollover());
        assert!(found.chains[0].subject().rollover().is_some());
    }
}

#[test]
fn authorities_that_name_each_other_are_all_found() {
    let a = Draft::root("A").issue();
    let b_by_a = a.ca("B").issue();
    let a_by_b = b_by_a.ca("A").issue_for(a.key.clone());
    let found = read(&entity_with(&default_info(&[&a_by_b, &b_by_a])));
    assert_eq!(ders(&found), [[a_by_b.der.to_vec()], [b_by_a.der.to_vec()]]);
}

#[test]
fn a_broken_certificate_is_a_problem_beside_the_others() {
    let pki = Pki::new();
    let leaf = pki.leaf("idp.example").issue();
    let whole = BASE64.encode(&leaf.der);
    let cases = [
        ("MIIC...", "is not valid base64"),
        ("MIIC", "is no certificate: certificate: ends early"),
        ("", "is no certificate: certificate: ends early"),
        (
            "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
            "can't be read as SAML metadata: \
          a certificate is the base64 of PEM text, and not of DER",
        ),
        ("MI&evil;", "can't be read as SAML metadata: the entity &evil; is not declared"),
        ("MI&lt;", "is not valid base64"),
        ("MI&#0;", "can't be read as SAML metadata: the entity &#0; is not declared"),
    ];
    for (text, problem) in cases {
        let alone = read(&entity_with(&default_info(&[&leaf]).replace(&whole, text)));
        assert_eq!(problems(&alone), [format!("{KEY} signing #1: {problem}")]);
        assert_eq!(alone.chains.len(), 0);

        let info = default_info(&[&leaf, &pki.intermediate]).replace(&whole, text);
        let found = read(&entity_with(&info));
        assert_eq!(problems(&found), [format!("{KEY} signing #1, certificate 1: {problem}")]);
        assert_eq!(ders(&found), [[pki.intermediate.der.to_vec()]]);
        assert_eq!(found.chains[0].subject().rollover(), None, "it would outlive the others");
    }
}

#[test]
fn a_use_that_is_none_is_a_problem_and_the_key_may_sign() {
    let certificate = cert("a");
    let document = entity_with(&default_info(&[&certificate])).replace("'signing'", "'Signing'");
    let found = read(&document);
    assert_eq!(
        problems(&found),
        ["metadata.xml, entity e, element IDPSSODescriptor: can't be read as SAML metadata: \
          use can't be read: \"Signing\""],
    );
    let group = Some("metadata.xml, entity e, IDPSSODescriptor signing".into());
    assert_eq!(
        summary(&found.chains[0]),
        (format!("{KEY} #1"), vec![certificate.der.to_vec()], group),
    );
}

#[test]
fn an_undeclared_entity_outside_a_certificate_is_no_matter() {
    let document = entity_with(&default_info(&[&cert("a")]));
    let named = document.replace("</EntityDescriptor>", "<X>&nbsp;</X></EntityDescriptor>");
    let found = read(&named);
    assert_eq!((found.chains.len(), found.problems.len()), (1, 0));
    // In an attribute that is looked at, it is.
    let found = read(&document.replace("entityID='e'", "entityID='&e;'"));
    assert_eq!(found.chains.len(), 0);
    assert_eq!(
        problems(&found),
        ["metadata.xml, byte 0: can't be read as SAML metadata: entityID can't be read: \
          at 1..2: unrecognized entity `e`"],
    );
}

#[test]
fn an_entity_without_a_name_is_told_by_its_place() {
    let document = entity_with(&default_info(&[&cert("a")])).replace(" entityID='e'", "");
    assert_eq!(
        read(&format!("  {document}")).chains[0].locator().to_string(),
        "metadata.xml, byte 2, IDPSSODescriptor KeyDescriptor signing #1",
    );
}

#[test]
fn a_name_of_any_length_is_cut_to_what_the_standard_allows() {
    let document = entity_with(&default_info(&[&cert("a")]))
        .replace("entityID='e'", &format!("entityID='{}'", "\u{fc}".repeat(100_000)));
    assert_eq!(
        read(&document).chains[0].locator().places()[0],
        Place::Entity("\u{fc}".repeat(1024)),
    );
}

#[test]
fn what_stands_before_the_end_of_a_truncated_document_is_found() {
    let (a, b) = (cert("a"), cert("b"));
    let document = entity_with(&(default_info(&[&a]) + &default_info(&[&b])));
    let first = document.find("</X509Certificate>").unwrap() + "</X509Certificate>".len();
    let second = document.rfind("</X509Certificate>").unwrap();
    for end in [first, second] {
        let found = read(&document[..end]);
        assert_eq!(ders(&found), [[a.der.to_vec()]]);
        let place = format!("metadata.xml, byte {end}: can't be read as SAML metadata: ends early");
        assert_eq!(problems(&found), [place]);
    }
    let found = read(&document[..second + 5]);
    assert_eq!(ders(&found), [[a.der.to_vec()]]);
    assert_eq!(
        problems(&found),
        [format!(
            "metadata.xml, byte {second}: can't be read as SAML metadata: \
             syntax error: tag not closed: `>` not found before end of input",
        )],
    );
}

#[test]
fn elements_that_do_not_match_end_the_reading() {
    let document = entity_with(&default_info(&[&cert("a")]));
    let broken = document.replace("</EntityDescriptor>", "</Entity\u{202e}Descriptor>");
    let found = read(&broken);
    assert_eq!(found.chains.len(), 1);
    assert_eq!(
        problems(&found),
        [format!(
            "metadata.xml, byte {}: can't be read as SAML metadata: ill-formed document: \
             expected `</EntityDescriptor>`, but `</Entity\\u{{202e}}Descriptor>` was found",
            document.rfind("</Ent").unwrap(),
        )],
    );
}

#[test]
fn a_document_type_is_refused_and_nothing_is_expanded() {
    let certificate = cert("a");
    let bodies = [
        String::from("<!DOCTYPE html>"),
        String::from("<!DOCTYPE m SYSTEM 'file:///etc/passwd'>"),
        String::from("<!DOCTYPE m [<!ENTITY x SYSTEM 'http://127.0.0.1/x'>]>"),
        billion_laughs(),
        format!("<!DOCTYPE m [<!ENTITY a '{}'>]>", "a".repeat(50_000)),
    ];
    for doctype in bodies {
        let info = default_info(&[&certificate]);
        let document = format!("<?xml version='1.0'?>\n{doctype}{}", entity_with(&info));
        let found = read(&document);
        assert_eq!(found.chains.len(), 0);
        assert_eq!(
            problems(&found),
            ["metadata.xml, byte 22: has a document type declaration, which is refused"],
        );
        assert_eq!(*found.problems[0].kind(), ProblemKind::DocumentType);
    }
}

#[test]
fn what_is_no_metadata_is_a_problem() {
    for document in ["", "  ", "text", "<html><body/></html>", "<a xmlns='urn:x'/>", "<!-- c -->"] {
        let found = read(document);
        assert_eq!(
            problems(&found),
            ["metadata.xml: can't be read as SAML metadata: \
              has no EntityDescriptor of SAML metadata"],
            "{document}",
        );
    }
    let page = b"<html><p>Log in<br></p></html>";
    let html = source::read_as(Format::Saml, "index.html", page, &ReadOptions::new());
    assert_eq!(html.problems.len(), 1);
    assert_eq!(html.problems[0].locator().places(), [Place::Byte(19)]);
    let html = source::read("index.html", page, &ReadOptions::new());
    assert_eq!(*html.problems[0].kind(), ProblemKind::UnknownFormat);
}

#[test]
fn an_undeclared_prefix_is_no_metadata() {
    let found = read("<md:EntityDescriptor entityID='e'/>");
    assert!(problems(&found)[0].ends_with("has no EntityDescriptor of SAML metadata"));
}

#[test]
fn metadata_without_certificates_is_passed_over() {
    let info = format!("<KeyInfo xmlns='{DS}'><KeyValue/></KeyInfo>");
    let found = read(&entity_with(&info));
    assert_eq!((found.chains.len(), found.problems.len()), (0, 0));
    assert_eq!(found.skipped[0].kind, SkippedKind::Other);
}

#[test]
fn documents_in_other_encodings_are_read() {
    let certificate = cert("a");
    let document = entity_with(&default_info(&[&certificate]))
        .replace("entityID='e'", "entityID='https://z\u{fc}rich.example'");
    let latin_1: Vec<u8> = format!("<?xml version='1.0' encoding='ISO-8859-1'?>{document}")
        .chars()
        .map(|char| u8::try_from(char).unwrap())
        .collect();
    let utf_16: Vec<u8> = format!("\u{feff}<?xml version='1.0' encoding='UTF-16'?>{document}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for bytes in [latin_1, utf_16] {
        let found = source::read("metadata.xml", &bytes, &ReadOptions::new());
        assert_eq!(problems(&found), [""; 0]);
        assert_eq!(
            found.chains[0].locator().places()[0],
            Place::Entity("https://z\u{fc}rich.example".into()),
        );
    }
    let broken: Vec<u8> = document.chars().map(|char| u8::try_from(char).unwrap()).collect();
    let found = source::read("metadata.xml", &broken, &ReadOptions::new());
    assert_eq!(found.chains.len(), 1);
    assert_eq!(
        problems(&found),
        [format!(
            "metadata.xml: can't be read as SAML metadata: byte {} is not UTF-8",
            document.find('\u{fc}').unwrap(),
        )],
    );
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| {
        let inner = entity_with(&default_info(&[&cert("a")]));
        format!("{}{inner}{}", "<a>".repeat(levels), "</a>".repeat(levels))
    };
    // An entity, its role, its key, and four levels to the certificate.
    assert_eq!(read(&nested(128 - 6)).chains.len(), 1);
    let found = read(&nested(128 - 5));
    assert_eq!(found.chains.len(), 0);
    assert!(
        problems(&found)[0].ends_with("has more than 128 levels of elements, which is the limit")
    );

    let hostile = read(&"<a>".repeat(100_000));
    assert_eq!(
        problems(&hostile),
        ["metadata.xml, byte 384: has more than 128 levels of elements, which is the limit"],
    );
}

#[test]
fn attributes_are_bounded() {
    let many = |count: usize, element: &str| {
        let attributes: String = (0..count).map(|number| format!(" a{number}=''")).collect();
        entity_with(&default_info(&[&cert("a")]))
            .replace(element, &format!("{element}{attributes}"))
    };
    assert_eq!(read(&many(250, "<IDPSSODescriptor")).chains.len(), 1);
    let found = read(&many(1_000_000, "<IDPSSODescriptor"));
    assert_eq!(found.chains.len(), 0);
    assert!(
        problems(&found)[0].ends_with("more than 256 attributes in an element, which is the limit")
    );
    // Those of elements that are not looked into are not even counted.
    assert_eq!(read(&many(1_000_000, "<X509Data")).chains.len(), 1);
    let namespaces: String = (0..1_000).map(|number| format!(" xmlns:n{number}='u'")).collect();
    let found = read(&format!("<a{namespaces}/>"));
    assert!(problems(&found)[0].starts_with("metadata.xml, byte 0: "));
}

#[test]
fn certificates_in_a_key_and_problems_in_a_document_are_bounded() {
    let many = format!(
        "<KeyInfo xmlns='{DS}'><X509Data>{}</X509Data></KeyInfo>",
        "<X509Certificate/>".repeat(1_000),
    );
    let found = read(&entity_with(&many));
    assert_eq!(found.problems.len(), 33);
    assert_eq!(
        problems(&found)[32],
        format!("{KEY} signing #1: has more than 32 certificates, which is the limit"),
    );

    let key = format!("<KeyDescriptor>{}</KeyDescriptor>", many.replace("<X509Certificate/>", ""));
    let key = key.replace("<X509Data>", "<X509Data><X509Certificate/>");
    let keys = key.repeat(10_100);
    let document = format!(
        "<EntityDescriptor xmlns='{MD}' entityID='e'><SPSSODescriptor>{keys}</SPSSODescriptor>\
         </EntityDescriptor>",
    );
    let found = read(&document);
    assert_eq!(found.problems.len(), 10_001);
    assert!(problems(&found)[10_000].ends_with("more than 10000 problems, which is the limit"));
}

#[test]
fn a_federation_of_two_thousand_entities_is_read_whole() {
    let (a, b) = (cert("a"), cert("b"));
    let entities: String = (0..2_000)
        .map(|number| {
            format!(
                "<EntityDescriptor entityID='https://sp{number}.example'><SPSSODescriptor>\
                 <KeyDescriptor use='signing'>{}</KeyDescriptor>\
                 <KeyDescriptor use='encryption'>{}</KeyDescriptor>\
                 </SPSSODescriptor></EntityDescriptor>",
                default_info(&[&a]),
                default_info(&[&b]),
            )
        })
        .collect();
    let document = format!("<EntitiesDescriptor xmlns='{MD}'>{entities}</EntitiesDescriptor>");
    assert!(document.len() > 2_000_000);
    let found = read(&document);
    assert_eq!((found.chains.len(), found.problems.len()), (4_000, 0));
    assert_eq!(
        found.chains[3_999].locator().to_string(),
        "metadata.xml, entity https://sp1999.example, SPSSODescriptor KeyDescriptor encryption #1",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What is written comes back, in its order and groups.
    #[test]
    fn what_is_written_is_read(
        entities in vec((any::<bool>(), vec((0..4_usize, 0..3_usize), 0..4)), 1..4),
        wrap in 1..80_usize,
    ) {
        let certificates: Vec<_> = (0..4).map(|number| cert(&number.to_string())).collect();
        let mut document = format!("<EntitiesDescriptor xmlns='{MD}'>");
        let mut expected = Vec::new();
        for (number, (is_idp, keys)) in entities.iter().enumerate() {
            let role = if *is_idp { "IDPSSODescriptor" } else { "SPSSODescriptor" };
            write!(document, "<EntityDescriptor entityID='{number}'><{role}>").unwrap();
            for (certificate, usage) in keys {
                let certificate = &certificates[*certificate].der;
                let (usage, group) = [("", "signing"), (" use='signing'", "signing"), (" use='encryption'", "encryption")][*usage];
                let base64 = BASE64.encode(certificate);
                let lines: Vec<_> = base64.as_bytes().chunks(wrap).map(|line| std::str::from_utf8(line).unwrap()).collect();
                write!(
                    document,
                    "<KeyDescriptor{usage}><KeyInfo xmlns='{DS}'><X509Data><X509Certificate>{}\
                     </X509Certificate></X509Data></KeyInfo></KeyDescriptor>",
                    lines.join("\n"),
                ).unwrap();
                expected.push((vec![certificate.to_vec()], format!("metadata.xml, entity {number}, {role} {group}")));
            }
            write!(document, "</{role}></EntityDescriptor>").unwrap();
        }
        document.push_str("</EntitiesDescriptor>");
        let found = read(&document);
        prop_assert_eq!(found.problems.len(), 0);
        let read: Vec<_> = found.chains.iter().map(|found| {
            let (_, ders, group) = summary(found);
            (ders, group.unwrap())
        }).collect();
        prop_assert_eq!(read, expected);
    }

    /// A document may end anywhere.
    #[test]
    fn a_cut_document_never_holds_more(end in 0..2_000_usize) {
        let document = entity_with(&default_info(&[&cert("a"), &cert("b")]));
        let cut = &document[..end.min(document.len())];
        let (found, again) = (read(cut), read(cut));
        prop_assert!(found.chains.len() <= 2);
        prop_assert_eq!(found.problems.is_empty(), end >= document.len());
        prop_assert_eq!(problems(&found), problems(&again));
    }
}

/// Each `X509Certificate` of each file, by a scan that knows nothing of XML.
#[test]
fn the_corpus_holds_what_a_scan_finds_and_22_placeholders() {
    let Some(folder) = corpus("saml") else {
        return;
    };
    let (mut files, mut certificates, mut placeholders) = (0, 0, 0);
    for project in ["crewjam-saml", "python3-saml", "ruby-saml"] {
        for file in fs::read_dir(folder.join(project)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "xml") {
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let found = source::read(name.as_str(), text.as_bytes(), &ReadOptions::new());
            files += 1;
            if name == "tests__data__metadata__noentity_metadata_settings1.xml" {
                // Its root is an EntityDescriptor2, which is no metadata.
                assert_eq!(found.chains.len(), 0);
                continue;
            }
            let (good, bad): (Vec<_>, Vec<_>) =
                scan(&text).into_iter().partition(|der| Certificate::from_der(der).is_ok());
            assert!(ders(&found).concat() == good, "{name}");
            let unreadable = |problem: &&source::Problem| {
                problem.to_string().ends_with("is the base64 of PEM text, and not of DER")
            };
            assert_eq!(found.problems.iter().filter(unreadable).count(), bad.len(), "{name}");
            certificates += good.len();
            placeholders += bad.len();
        }
    }
    assert_eq!((files, certificates, placeholders), (41, 53, 22));
}

#[test]
fn files_of_the_corpus_say_what_a_person_reads_in_them() {
    let entities = "tests__data__metadata__entities_metadata.xml";
    let Some(found) = corpus_file("python3-saml", entities) else {
        return;
    };
    let sp = |number| {
        let name = format!("sp{number}.example.com/simplesaml/module.php/saml/sp/metadata.php");
        format!("{entities}, entity https://{name}/default-sp, SPSSODescriptor KeyDescriptor")
    };
    let told: Vec<_> = found.chains.iter().map(|it| it.locator().to_string()).collect();
    let places = [1, 2].map(|number| {
        [format!("{} signing #1", sp(number)), format!("{} encryption #1", sp(number))]
    });
    assert_eq!(told, places.concat());
    for chain in &found.chains {
        assert_eq!(not_after(chain), at("2042-02-08T12:24:08Z"));
        let subject = chain.subject();
        assert_eq!(subject.document_valid_until(), Some(at("2044-10-04T11:29:02Z")));
        assert_eq!(subject.document_cache_duration(), None);
    }

    let noentity = "tests__data__metadata__noentity_metadata_settings1.xml";
    let found = corpus_file("python3-saml", noentity).unwrap();
    assert_eq!(
        problems(&found),
        [format!(
            "{noentity}: can't be read as SAML metadata: has no EntityDescriptor of SAML metadata",
        )],
    );

    let expired = "tests__data__metadata__expired_metadata_settings1.xml";
    let found = corpus_file("python3-saml", expired).unwrap();
    assert_eq!((found.chains.len(), found.problems.len()), (2, 0));
    for chain in &found.chains {
        assert_eq!(not_after(chain), at("2007-08-14T12:01:35Z"));
        let subject = chain.subject();
        assert_eq!(subject.document_valid_until(), Some(at("2014-02-22T00:39:43Z")));
        let seconds = Duration::seconds(1_393_462_294);
        assert_eq!(subject.document_cache_duration(), Some(seconds));
    }

    let signed = "tests__data__metadata__signed_metadata_settings1.xml";
    let found = corpus_file("python3-saml", signed).unwrap();
    let told: Vec<_> = found
        .chains
        .iter()
        .map(|it| (it.locator().places()[1].to_string(), it.subject().rollover().is_some()))
        .collect();
    assert_eq!(
        told,
        [
            ("element Signature".to_owned(), false),
            ("SPSSODescriptor KeyDescriptor signing #1".to_owned(), true),
            ("SPSSODescriptor KeyDescriptor encryption #1".to_owned(), true),
        ],
    );

    // The zero of Go's clock stands for a date that nobody set. The document says it, though.
    let found = corpus_file("crewjam-saml", "samlidp__testdata__sp_metadata.xml").unwrap();
    assert_eq!(found.chains.len(), 2);
    let valid_until = found.chains[0].subject().document_valid_until();
    assert_eq!(valid_until, Some(at("0001-01-01T00:00:00Z")));

    let found = corpus_file("ruby-saml", "test__metadata__idp_descriptor_6.xml").unwrap();
    assert_eq!(found.chains.len(), 2);
    let valid_until = found.chains[0].subject().document_valid_until();
    assert_eq!(valid_until, Some(at("2020-01-04T18:02:33.91Z")));
    assert!(problems(&found)[0].ends_with("cacheDuration can't be read: \"P2DT\""));
}

const MD: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const KEY: &str = "metadata.xml, entity e, IDPSSODescriptor KeyDescriptor";

fn read(document: &str) -> Found {
    source::read_as(Format::Saml, "metadata.xml", document.as_bytes(), &ReadOptions::new())
}

fn cert(name: &str) -> Issued {
    Draft::self_signed(name).issue()
}

/// A KeyInfo with one X509Data, by a prefix that is declared.
fn info(prefix: &str, certificates: &[&Issued]) -> String {
    let certificates: String = certificates
        .iter()
        .map(|it| {
            let base64 = BASE64.encode(&it.der);
            format!("<{prefix}:X509Certificate>{base64}</{prefix}:X509Certificate>")
        })
        .collect();
    format!(
        "<{prefix}:KeyInfo><{prefix}:X509Data>{certificates}</{prefix}:X509Data></{prefix}:KeyInfo>",
    )
}

/// A KeyInfo with one X509Data, without prefixes.
fn default_info(certificates: &[&Issued]) -> String {
    info("", certificates)
        .replace("<:", "<")
        .replace("</:", "</")
        .replace("<KeyInfo>", &format!("<KeyInfo xmlns='{DS}'>"))
}

/// An entity `e` with one key, which signs.
fn entity_with(info: &str) -> String {
    format!(
        "<EntityDescriptor xmlns='{MD}' entityID='e'><IDPSSODescriptor>\
         <KeyDescriptor use='signing'>{info}</KeyDescriptor></IDPSSODescriptor></EntityDescriptor>",
    )
}

fn billion_laughs() -> String {
    let mut entities = String::from("<!ENTITY a0 'ha'>");
    for number in 1..10 {
        let ten = format!("&a{};", number - 1).repeat(10);
        write!(entities, "<!ENTITY a{number} '{ten}'>").unwrap();
    }
    format!("<!DOCTYPE m [{entities}]>")
}

fn problems(found: &Found) -> Vec<String> {
    found.problems.iter().map(ToString::to_string).collect()
}

fn chain_ders(found: &FoundChain) -> Vec<Vec<u8>> {
    found.chain().entries().iter().map(|entry| entry.der().to_vec()).collect()
}

fn ders(found: &Found) -> Vec<Vec<Vec<u8>>> {
    found.chains.iter().map(chain_ders).collect()
}

fn summary(found: &FoundChain) -> (String, Vec<Vec<u8>>, Option<String>) {
    let group = found.subject().rollover().map(ToOwned::to_owned);
    (found.locator().to_string(), chain_ders(found), group)
}

fn not_after(found: &FoundChain) -> time::OffsetDateTime {
    let leaf: &Entry = found.chain().end_entity();
    leaf.certificate().unwrap().validity().not_after
}

fn scan(text: &str) -> Vec<Vec<u8>> {
    // Old certificates stand in comments.
    let mut parts = text.split("<!--");
    let first = parts.next().unwrap_or_default();
    let text: String = parts.map(|part| part.split_once("-->").unwrap().1).collect();
    [first, &text]
        .concat()
        .split('<')
        .filter_map(|tag| tag.split_once('>'))
        .filter(|(tag, _)| {
            let name = tag.split_whitespace().next().unwrap_or_default();
            !name.starts_with('/') && name.ends_with("X509Certificate")
        })
        .map(|(_, text)| {
            let base64: String = text.split_whitespace().collect();
            BASE64.decode(base64.as_bytes()).unwrap()
        })
        .collect()
}

fn corpus_file(project: &str, name: &str) -> Option<Found> {
    let bytes = fs::read(corpus("saml")?.join(project).join(name)).unwrap();
    Some(source::read(name, &bytes, &ReadOptions::new()))
}
