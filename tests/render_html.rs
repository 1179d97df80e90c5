//! The status page, read as XML by a parser that is not ours.

#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::judge::{chain, trusting};
use common::nasty::NASTY;
use common::pages::{label, snapshot};
use common::pki::{Pki, at};
use notafter::render::html::page;
use notafter::snapshot::Snapshot;
use notafter::target::Subject;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;

/// An element: its name, its attributes, and the text in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
}

impl Element {
    fn is(&self, name: &str, class: &str) -> bool {
        let classes = self.attributes.get("class").map_or("", String::as_str);
        self.name == name && classes.split(' ').any(|it| it == class)
    }
}

/// All elements, in the order of their ends.
fn elements(page: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(page);
    reader.config_mut().check_end_names = true;
    let (mut open, mut done): (Vec<Element>, Vec<Element>) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => open.push(element(&tag)),
            Event::Empty(tag) => done.push(element(&tag)),
            Event::End(_) => {
                let element = open.pop().unwrap();
                if let Some(outer) = open.last_mut() {
                    outer.text += &element.text;
                }
                done.push(element);
            }
            Event::Text(text) => match open.last_mut() {
                Some(element) => element.text += &text,
                None => assert!(text.trim().is_empty()),
            },
            Event::GeneralRef(name) => {
                let reference = format!("&{};", &*name);
                open.last_mut().unwrap().text += &unescape(&reference).unwrap();
            }
            Event::DocType(name) => assert_eq!(&*name, "html"),
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(open.len(), 0);
    done
}

fn element(tag: &quick_xml::events::BytesStart<'_>) -> Element {
    let attributes = tag.attributes().map(|attribute| {
        let attribute = attribute.unwrap();
        let value = unescape(&attribute.value).unwrap().into_owned();
        (attribute.key.as_ref().to_owned(), value)
    });
    let name = tag.name().as_ref().to_owned();
    Element { name, attributes: attributes.collect(), text: String::new() }
}

/// A name as it is shown: what controls the display is spelled out.
fn shown(name: &str) -> String {
    let hostile = |char: char| {
        char.is_control()
            || matches!(char, '\u{200b}' | '\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    let spelled = |char: char| {
        if hostile(char) { char.escape_unicode().to_string() } else { char.to_string() }
    };
    name.chars().map(spelled).collect()
}

#[test]
fn it_is_xml_with_every_target_and_no_element_but_ours() {
    let page = page(&snapshot(60));
    let elements = elements(&page);
    let names: BTreeSet<&str> = elements.iter().map(|it| it.name.as_str()).collect();
    let ours = [
        "a", "article", "b", "bdi", "body", "circle", "code", "details", "div", "figure", "footer",
        "h1", "h2", "head", "header", "html", "i", "li", "main", "meta", "nav", "p", "path",
        "section", "span", "style", "summary", "svg", "symbol", "time", "title", "ul", "use",
    ];
    assert_eq!(names, BTreeSet::from(ours));
    let labels: BTreeSet<String> =
        elements.iter().filter(|it| it.is("span", "label")).map(|it| it.text.clone()).collect();
    assert_eq!(labels, (0..60).map(|index| shown(&label(index))).collect());
    assert_eq!(elements.iter().filter(|it| it.name == "article").count(), 60);
}

#[test]
fn nothing_in_it_leads_elsewhere_or_runs() {
    let page = page(&snapshot(30));
    for element in elements(&page) {
        for (name, value) in &element.attributes {
            assert!(!name.starts_with("on") && name != "src", "{element:?}");
            if name == "href" {
                assert!(value.starts_with('#'), "{element:?}");
            }
            if name == "style" {
                let places = |char: char| char.is_ascii_alphanumeric() || ":;.%".contains(char);
                assert!(value.chars().all(places), "{element:?}");
            }
            assert_ne!((name.as_str(), value.as_str()), ("http-equiv", "refresh"));
        }
        if element.name == "style" {
            assert!(!element.text.contains(['<', '&']), "HTML and XML read it alike");
            assert!(!element.text.contains("url(") && !element.text.contains("@import"));
        }
    }
    let hidden = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
    assert!(!page.contains(hidden));
}

#[test]
fn a_browser_is_told_what_it_needs_to_know() {
    let elements = elements(&page(&snapshot(1)));
    let root = elements.iter().find(|it| it.name == "html").unwrap();
    assert_eq!(root.attributes["lang"], "en");
    let meta = |name: &str| {
        let with = |it: &&Element| it.attributes.get("name").is_some_and(|it| it == name);
        elements.iter().find(with).unwrap().attributes["content"].clone()
    };
    assert_eq!(meta("viewport"), "width=device-width, initial-scale=1");
    let title = elements.iter().find(|it| it.name == "title").unwrap();
    assert_eq!(title.text, "FAIL: 1 target fails");
}

#[test]
fn what_fails_comes_first_and_what_passes_is_folded() {
    let elements = elements(&page(&snapshot(30)));
    let headings: Vec<&str> =
        elements.iter().filter(|it| it.name == "h2").map(|it| it.text.as_str()).collect();
    assert_eq!(headings, ["Failing 2", "Unknown 1", "Warning 2", "Passing 25"]);
    let labels: Vec<&str> =
        elements.iter().filter(|it| it.is("span", "label")).map(|it| it.text.as_str()).collect();
    assert_eq!(labels[..5], [0, 3, 4, 2, 1].map(label).each_ref().map(String::as_str));
    let open = elements.iter().filter(|it| it.attributes.contains_key("open")).count();
    assert_eq!(open, 5);
    let headline = elements.iter().find(|it| it.name == "h1").unwrap();
    assert_eq!(headline.text, "2 of 30 targets fail, 1 is unknown, 2 warn");
}

#[test]
fn a_chain_is_told_in_a_sentence_findings_and_a_picture() {
    let pki = Pki::new();
    let leaf =
        pki.leaf("example.com").valid("2026-03-05T00:00:00Z", "2026-06-02T23:59:59Z").issue();
    let subject = Subject::server("https://example.com:443", ["example.com".parse().unwrap()]);
    let report = trusting(&[&pki.root]).inspect(
        &chain(&pki.chain(&leaf)),
        &subject,
        at("2026-06-01T00:00:00Z"),
    );
    let elements = elements(&page(&Snapshot::of([report])));
    let text = |name: &str, class: &str| {
        elements.iter().find(|it| it.is(name, class)).unwrap().text.clone()
    };
    assert_eq!(
        text("p", "outlook"),
        "Clients start failing on 2026-06-03 00:00:00 UTC, in 2 days, because the server's own \
         certificate ends."
    );
    assert_eq!(text("span", "left"), "1 day 23 hours left");
    assert_eq!(
        text("li", "critical"),
        "critical the end-entity certificate (CN=example.com) expires in 1 day 23 hours, on \
         2026-06-02 23:59:59 UTC expires-soonrenew it, install it, and reload the service"
    );
    let picture = elements.iter().find(|it| it.is("figure", "timeline")).unwrap();
    assert_eq!(picture.attributes["role"], "img");
    assert_eq!(
        picture.attributes["aria-label"],
        "Certificates over time; end-entity CN=example.com, 2026-03-05 to 2026-06-02; intermediate \
         CN=Test Intermediate, 2025-01-01 to 2035-01-01; the horizon is 2026-06-02 23:59:59 UTC"
    );
    // 90 days, a sixteenth of them before, and two behind.
    let bars: Vec<(&str, &str)> = elements
        .iter()
        .filter(|it| it.is("i", "bar"))
        .map(|it| (it.attributes["class"].as_str(), it.attributes["style"].as_str()))
        .collect();
    let expected =
        [("bar", "left:5.26%;width:84.21%"), ("bar from on", "left:0.00%;width:100.00%")];
    assert_eq!(bars, expected);
    let ticks = elements.iter().find(|it| it.is("div", "ticks")).unwrap();
    assert_eq!(ticks.text, "2026-042026-052026-06");
}

#[test]
fn every_text_has_enough_contrast_on_every_ground() {
    let page = page(&Snapshot::of([]));
    let schemes: Vec<BTreeMap<&str, &str>> = page
        .split(":root {")
        .skip(1)
        .map(|block| {
            let block = block.split('}').next().unwrap();
            block.split(';').filter_map(|line| line.trim().split_once(": ")).collect()
        })
        .collect();
    assert_eq!(schemes.len(), 2, "dark, and paper");
    for scheme in schemes {
        for text in ["--text", "--muted", "--fail", "--unknown", "--warn", "--pass", "--now"] {
            for ground in ["--ground", "--card"] {
                let [text, ground] = [scheme[text], scheme[ground]].map(luminance);
                let contrast = (text.max(ground) + 0.05) / (text.min(ground) + 0.05);
                assert!(contrast >= 4.5, "{scheme:?}: {contrast:.2}");
            }
        }
    }
}

/// WCAG 2.2, relative luminance.
fn luminance(colour: &str) -> f64 {
    let digits = colour.strip_prefix('#').unwrap();
    let long: String = match digits.len() {
        3 => digits.chars().flat_map(|digit| [digit, digit]).collect(),
        _ => digits.to_owned(),
    };
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&long[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

#[test]
fn a_page_of_nothing_says_so() {
    let elements = elements(&page(&Snapshot::of([])));
    let headline = elements.iter().find(|it| it.name == "h1").unwrap();
    assert_eq!(headline.text, "nothing is watched");
    assert!(elements.iter().all(|it| it.name != "article" && it.name != "figure"));
}

#[test]
fn names_in_certificates_are_text_too() {
    let pki = Pki::new();
    for name in NASTY {
        let leaf = pki.leaf("example.com").with(|params| {
            params.distinguished_name.push(rcgen::DnType::CommonName, name);
        });
        let issuer = pki.root.ca(name).issue();
        let under = issuer.leaf("example.com").issue();
        let inspector = trusting(&[&pki.root]);
        let look = |sent: &[&[u8]]| {
            let subject = Subject::server("t", ["other.example".parse().unwrap()]);
            inspector.inspect(&chain(sent), &subject, at("2027-06-01T00:00:00Z"))
        };
        let reports =
            [look(&[&leaf.issue().der, &pki.intermediate.der]), look(&[&under.der, &issuer.der])];
        let names: BTreeSet<String> =
            elements(&page(&Snapshot::of(reports))).into_iter().map(|it| it.name).collect();
        for foreign in ["script", "img", "onload"] {
            assert!(!names.contains(foreign), "{name:?}");
        }
        assert!(names.contains("footer"), "it is read to its end");
    }
}
