//! What is accepted as a target, how it prints, and what is refused with which words.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZero;

use notafter::target::{
    DnsName, Host, Opening, Protocol, Purpose, Subject, Target, TargetError,
    TargetErrorKind as Kind,
};
use proptest::prelude::*;

/// Given, printed, and the name that is dialled, sent and expected
#[rustfmt::skip] // one row a line
const NAMES: &[(&str, &str, &str)] = &[
    ("example.com", "https://example.com:443", "example.com"),
    ("example.com:8443", "https://example.com:8443", "example.com"),
    ("localhost", "https://localhost:443", "localhost"),
    ("EXAMPLE.Com", "https://example.com:443", "example.com"),
    ("example.com.", "https://example.com:443", "example.com"),
    ("example.com.:8443", "https://example.com:8443", "example.com"),
    ("_a._tcp.example", "https://_a._tcp.example:443", "_a._tcp.example"),
    ("r3---sn.example", "https://r3---sn.example:443", "r3---sn.example"),
    ("1.2.3.4.example", "https://1.2.3.4.example:443", "1.2.3.4.example"),
    ("a.0xg", "https://a.0xg:443", "a.0xg"),
    ("a.1e5", "https://a.1e5:443", "a.1e5"),
    ("XN--Bcher-kva", "https://xn--bcher-kva:443", "xn--bcher-kva"),
    // An ASCII name is taken as it is, even where its Punycode is broken.
    ("xn--a.example", "https://xn--a.example:443", "xn--a.example"),
    ("example.com:1", "https://example.com:1", "example.com"),
    ("example.com:65535", "https://example.com:65535", "example.com"),
    ("example.com:00443", "https://example.com:443", "example.com"),
    ("https:8443", "https://https:8443", "https"),
    ("https://a.example", "https://a.example:443", "a.example"),
    ("HTTPS://a.example", "https://a.example:443", "a.example"),
    ("https://a.example/any/path?x#y", "https://a.example:443", "a.example"),
    ("https://a.example?x=http://b", "https://a.example:443", "a.example"),
    ("https://a.example#y", "https://a.example:443", "a.example"),
    ("https://a.example:8443/@user", "https://a.example:8443", "a.example"),
    // Behind the path nothing is a parameter.
    ("https://a.example/;no-sni", "https://a.example:443", "a.example"),
    ("tls://mail.example:993", "tls://mail.example:993", "mail.example"),
];

#[test]
fn a_name_is_dialled_sent_and_expected() {
    for (input, canonical, name) in NAMES {
        let target = accept(input);
        assert_eq!(target.to_string(), *canonical, "{input}");
        assert_eq!(accept(canonical), target, "{input}");
        assert_eq!(target.dial_host().to_string(), *name, "{input}");
        assert_eq!(target.sni().map(DnsName::as_str), Some(*name), "{input}");
        assert_eq!(identities(&target), [*name], "{input}");
    }
}

/// Given, printed, and the address that is dialled and expected
#[rustfmt::skip] // one row a line
const ADDRESSES: &[(&str, &str, &str)] = &[
    ("192.0.2.1", "https://192.0.2.1:443", "192.0.2.1"),
    ("192.0.2.1:8443", "https://192.0.2.1:8443", "192.0.2.1"),
    ("192.0.2.1.", "https://192.0.2.1:443", "192.0.2.1"),
    ("0.0.0.0", "https://0.0.0.0:443", "0.0.0.0"),
    ("[2001:db8::1]", "https://[2001:db8::1]:443", "2001:db8::1"),
    ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443", "2001:db8::1"),
    ("2001:db8::1", "https://[2001:db8::1]:443", "2001:db8::1"),
    ("2001:DB8:0:0::0001", "https://[2001:db8::1]:443", "2001:db8::1"),
    ("::", "https://[::]:443", "::"),
    ("::1", "https://[::1]:443", "::1"),
    ("[::ffff:192.0.2.1]", "https://[::ffff:192.0.2.1]:443", "::ffff:192.0.2.1"),
    ("::ffff:c000:201", "https://[::ffff:192.0.2.1]:443", "::ffff:192.0.2.1"),
    ("https://[::1]/", "https://[::1]:443", "::1"),
    ("Tls://[2001:db8::1]:8443", "tls://[2001:db8::1]:8443", "2001:db8::1"),
];

#[test]
fn an_address_is_dialled_and_expected_and_never_sent() {
    for (input, canonical, address) in ADDRESSES {
        let target = accept(input);
        assert_eq!(target.to_string(), *canonical, "{input}");
        assert_eq!(accept(canonical), target, "{input}");
        assert_eq!(target.dial_host().to_string(), *address, "{input}");
        assert_eq!(target.sni(), None, "{input}");
        assert_eq!(identities(&target), [*address], "{input}");
    }
}

#[test]
fn all_parameters_are_read_and_printed_in_one_order() {
    let target = accept(
        "example.com;name=b.example;sni=Other.Example.;name=2001:db8::1;connect=192.0.2.10:8443",
    );
    assert_eq!(
        target.to_string(),
        "https://example.com:443;connect=192.0.2.10:8443;sni=other.example;name=b.example;name=[2001:db8::1]"
    );
    assert_eq!((target.host(), target.port()), (&host("example.com"), 443));
    assert_eq!((target.dial_host(), target.dial_port()), (&host("192.0.2.10"), 8443));
    assert_eq!(target.sni(), Some(&name("other.example")));
    assert_eq!(identities(&target), ["b.example", "2001:db8::1"]);
}

#[test]
fn parameters_stand_between_authority_and_path() {
    let target = accept("tls://example.com:993;no-sni;connect=[::1]:1/path;sni=dropped");
    assert_eq!(target.to_string(), "tls://example.com:993;connect=[::1]:1;no-sni");
    assert_eq!(target.dial_host(), &host("::1"));
    assert_eq!(target.sni(), None);
    assert_eq!(identities(&target), ["example.com"]);
}

#[test]
fn an_address_can_be_given_a_server_name() {
    let target = accept("192.0.2.1;sni=a.example");
    assert_eq!(target.sni(), Some(&name("a.example")));
    assert_eq!(identities(&target), ["192.0.2.1"]);
}

#[test]
fn an_override_that_repeats_the_default_is_kept() {
    for input in [
        "https://a.example:443;connect=a.example:443",
        "https://a.example:443;sni=a.example",
        "https://a.example:443;name=a.example",
        "https://192.0.2.1:443;no-sni",
    ] {
        assert_eq!(accept(input).to_string(), input);
        assert_ne!(accept(input), accept(input.split(';').next().unwrap()));
    }
}

/// The kind, its words, and what is refused with it
#[rustfmt::skip] // one list a line
const REFUSED: &[(Kind, &str, &[&str])] = &[
    (
        Kind::EmptyHost,
        "the host is empty",
        &["", ".", ":443", "https://", "https:///path", "https://?x", "://a", ";no-sni"],
    ),
    (
        Kind::WhitespaceOrControl,
        "white space and control characters are not allowed",
        &[" a.example", "a.example ", "a .example", "https://a.example/a b", "[:: 1]", "a:4 43"],
    ),
    (
        Kind::UnknownScheme,
        "the scheme is not known",
        &["gopher://a.example", "http://a:80", "a-b+c.1://d"],
    ),
    (
        Kind::MissingPort,
        "the port is missing, and has no default here",
        &["tls://a.example", "tls://::1", "tls://[::1]/", "a.example;connect=192.0.2.1"],
    ),
    (
        Kind::EmptyPort,
        "the port is empty",
        &["a.example:", "[::1]:", "https://a.example:/"],
    ),
    (
        Kind::PortNotNumeric,
        "the port is not a decimal number",
        &[
            "a.example:https", "a:+443", "a:-1", "a:0x1", "a:\u{664}43", "mailto:a",
            "a:1/b",
        ],
    ),
    (
        Kind::PortTooLarge,
        "the port is above 65535",
        &["a:65536", "[::1]:99999999999999999999"],
    ),
    (
        Kind::PortZero,
        "port 0 cannot be connected to",
        &["a:0", "[::1]:000", "a;connect=b:0"],
    ),
    (
        Kind::Ipv4Literal,
        "a host that ends in a number must be an IPv4 address: \
         four decimal octets without leading zeros",
        &[
            "127.1", "0x7f.1", "0x7f000001", "0X7F.0.0.0X1", "a.0x", "0177.0.0.1", "2130706433",
            "127.0.0.01", "127.0.0.256:443", "1.2.3.4.5", "1.2.3", "a.7", "a.7.", "*.1", "1..1",
            "a;connect=127.1:443", "a;name=127.1",
        ],
    ),
    (
        Kind::Ipv6Literal,
        "not an IPv6 address",
        &[
            "[::1", "[::1]443", "[::1].", "[]:443", "[192.0.2.1]", "[a.example]:443", "a:443:443",
            "2001:db8::g", "2001:db8::/32", "[[::1]]", "1:2:3:4:5:6:7:8:9",
        ],
    ),
    (
        Kind::ZoneId,
        "a zone id in an IPv6 address is not supported",
        &["fe80::1%eth0", "[fe80::1%1]:443", "https://[fe80::1%25eth0]:443/"],
    ),
    (
        Kind::EmptyLabel,
        "a label is empty",
        &["a..b", ".a.example", "a.example..", ".."],
    ),
    (
        Kind::HyphenAtLabelEnd,
        "a label starts or ends with a hyphen",
        &["-a.example", "a-.example", "-", "a.-"],
    ),
    (
        Kind::Wildcard,
        "a wildcard is not a host",
        &["*.a.example", "a*.example", "*", "a;name=*.b"],
    ),
    (
        Kind::ForbiddenCharacter('/'),
        "the character '/' is not allowed in a host",
        &["a.example/path", "192.0.2.0/24"],
    ),
    (
        Kind::ForbiddenCharacter('%'),
        "the character '%' is not allowed in a host",
        &["exa%6dple.com", "fe80%eth0"],
    ),
    (
        Kind::ForbiddenCharacter(':'),
        "the character ':' is not allowed in a host",
        &["a.example;sni=b.example:443", "a.example;name=b.example:443"],
    ),
    (
        Kind::ForbiddenCharacter('$'),
        "the character '$' is not allowed in a host",
        &["exa$mple.com"],
    ),
    (
        Kind::EmptyParameter,
        "a parameter or its value is empty",
        &[
            "a;", "a;;no-sni", "a;no-sni;", "a;sni", "a;sni=", "a;connect", "a;name=",
            "a;no-sni=", "a;=b",
        ],
    ),
    (
        Kind::UnknownParameter,
        r#"a parameter is none of "connect=", "sni=", "no-sni" and "name=""#,
        &["a;alpn=h2", "a;no-sni=1", "a;SNI=b.example", "a;b"],
    ),
    (
        Kind::DuplicateParameter,
        "a parameter is given twice",
        &[
            "a;sni=b;sni=b", "a;sni=b;no-sni", "a;no-sni;sni=b", "a;no-sni;no-sni",
            "a;connect=[::1]:1;connect=[::1]:1", "a;name=[::1];name=b;name=::1",
        ],
    ),
    (
        Kind::AddressForName,
        "an IP address stands where a DNS name is needed",
        &["a;sni=192.0.2.1", "a;sni=[::1]"],
    ),
];

#[test]
fn refused_inputs_are_named_with_the_reason() {
    for (kind, reason, inputs) in REFUSED {
        for input in *inputs {
            let error = refuse(input);
            assert_eq!(error.kind(), *kind, "{input}");
            assert_eq!(error.to_string(), format!("invalid target \"{input}\": {reason}"));
        }
    }
}

#[test]
fn a_password_is_not_shown() {
    for (input, shown, kind) in [
        ("user@a.example", "***@a.example", Kind::UserInfo),
        ("https://user:pa@ss@a.example/", "https://***@a.example/", Kind::UserInfo),
        ("user;x:secret@a.example", "***@a.example", Kind::UserInfo),
        ("https://user:se/cret@a.example", "https://***@a.example", Kind::PortNotNumeric),
        ("gopher://user:secret@a.example", "gopher://***@a.example", Kind::UnknownScheme),
        ("user:sec ret@a.example", "***@a.example", Kind::WhitespaceOrControl),
    ] {
        let error = refuse(input);
        assert_eq!(error.kind(), kind, "{input}");
        assert!(error.to_string().starts_with(&format!("invalid target \"{shown}\": ")), "{error}");
    }
    assert_eq!(
        refuse("user:secret@a.example").to_string(),
        r#"invalid target "***@a.example": user information before "@" is not accepted"#
    );
}

#[test]
fn a_label_holds_63_octets_and_a_name_253() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    assert_eq!(longest.len(), 253);
    assert_eq!(accept(&longest).sni().unwrap().as_str(), longest);
    assert_eq!(accept(&format!("{longest}.")).sni().unwrap().as_str(), longest);

    assert_eq!(refuse(&format!("{longest}a")).kind(), Kind::NameTooLong);
    assert_eq!(refuse(&format!("a{label}.example")).kind(), Kind::LabelTooLong);
}

#[test]
fn an_error_shows_the_first_100_characters_of_the_input() {
    let hundred = "a".repeat(100);
    let reason = "a label is longer than 63 octets";
    assert_eq!(refuse(&hundred).to_string(), format!("invalid target \"{hundred}\": {reason}"));
    assert_eq!(
        refuse(&format!("{hundred}a")).to_string(),
        format!("invalid target \"{hundred}…\": {reason}")
    );
}

#[test]
fn an_error_escapes_control_and_bidirectional_characters_and_keeps_other_text() {
    let reason = "white space and control characters are not allowed";
    for (input, shown) in [
        ("a.example\n", r"a.example\n"),
        ("a\0\u{1b}[2J\u{7f}\u{85}", r"a\0\u{1b}[2J\u{7f}\u{85}"),
        ("\u{202e}\u{2066}\u{200b}\u{2028}", r"\u{202e}\u{2066}\u{200b}\u{2028}"),
        ("b\u{fc}cher \u{4e2d}\u{6587}", "b\u{fc}cher \u{4e2d}\u{6587}"),
        ("\"'\\ ", r#"\"'\\ "#),
    ] {
        assert_eq!(refuse(input).to_string(), format!("invalid target \"{shown}\": {reason}"));
    }
}

#[test]
fn an_error_has_no_source_and_its_debug_form_keeps_the_password_out() {
    let error = refuse("user:secret@example.com");
    assert!(std::error::Error::source(&error).is_none());
    assert!(!format!("{error:?}").contains("secret"));
}

#[cfg(feature = "idn")]
#[test]
fn a_non_ascii_name_becomes_a_labels() {
    for (input, name) in [
        ("B\u{dc}CHER.example", "xn--bcher-kva.example"),
        // Nontransitional: the sharp s is not "ss".
        ("fa\u{df}.de", "xn--fa-hia.de"),
        // The ideographic full stop separates labels; a full-width letter is a letter.
        ("\u{ff45}xample\u{3002}com\u{3002}", "example.com"),
        ("_b\u{fc}cher.example", "xn--_bcher-4ya.example"),
    ] {
        assert_eq!(accept(input).sni().unwrap().as_str(), name, "{input}");
    }
    assert_eq!(accept("\u{ff11}92.0.2.1").host(), &host("192.0.2.1"));
}

#[cfg(feature = "idn")]
#[test]
fn a_non_ascii_name_obeys_the_same_rules_as_an_ascii_one() {
    for (input, kind) in [
        ("b\u{fc}cher\u{202e}.example", Kind::InvalidIdn),
        ("xn--a.b\u{fc}cher", Kind::InvalidIdn),
        ("-b\u{fc}cher.example", Kind::InvalidIdn),
        ("b\u{fc}cher-.example", Kind::InvalidIdn),
        ("b\u{fc}cher..example", Kind::EmptyLabel),
        ("\u{ad}", Kind::EmptyHost),
        ("\u{ff11}27.1", Kind::Ipv4Literal),
        ("a\u{ff0f}b", Kind::ForbiddenCharacter('/')),
        ("\u{2100}.example", Kind::ForbiddenCharacter('/')),
        ("a\u{ff20}b", Kind::ForbiddenCharacter('@')),
        ("\u{ff0a}.example", Kind::Wildcard),
        ("b\u{fc}cher.$", Kind::ForbiddenCharacter('$')),
    ] {
        assert_eq!(refuse(input).kind(), kind, "{input}");
    }
    assert_eq!(refuse(&format!("{}.example", "\u{fc}".repeat(60))).kind(), Kind::LabelTooLong);
    assert_eq!(
        refuse("-b\u{fc}cher.example").to_string(),
        "invalid target \"-b\u{fc}cher.example\": the name cannot be converted to A-labels"
    );
}

#[cfg(not(feature = "idn"))]
#[test]
fn a_non_ascii_name_needs_the_feature_idn() {
    let error = refuse("b\u{fc}cher.example");
    assert_eq!(error.kind(), Kind::IdnDisabled);
    assert_eq!(
        error.to_string(),
        "invalid target \"b\u{fc}cher.example\": non-ASCII names need the feature \"idn\" of notafter, which is off"
    );
}

#[test]
fn by_default_the_host_is_dialled_sent_and_expected() {
    let target = Target::new(host("example.com"), port(8443));
    assert_eq!(target.protocol(), Protocol::Https);
    assert_eq!((target.host(), target.port()), (&host("example.com"), 8443));
    assert_eq!((target.dial_host(), target.dial_port()), (&host("example.com"), 8443));
    assert_eq!(target.sni(), Some(&name("example.com")));
    assert_eq!(target.reference_identities(), [host("example.com")]);
}

#[test]
fn each_override_changes_one_thing() {
    let target = Target::new(host("example.com"), port(443));

    let connect = target.clone().connect_to(host("192.0.2.10"), port(8443));
    assert_eq!((connect.host(), connect.port()), (&host("example.com"), 443));
    assert_eq!((connect.dial_host(), connect.dial_port()), (&host("192.0.2.10"), 8443));
    assert_eq!(connect.sni(), target.sni());
    assert_eq!(connect.reference_identities(), target.reference_identities());

    let sni = target.clone().server_name(name("other.example"));
    assert_eq!(sni.sni(), Some(&name("other.example")));
    assert_eq!(sni.dial_host(), target.dial_host());
    assert_eq!(sni.reference_identities(), target.reference_identities());
    assert_eq!(sni.clone().without_server_name().sni(), None);
    assert_eq!(target.clone().without_server_name().server_name(name("other.example")), sni);

    let names = target.clone().expect_name(host("a.example"));
    assert_eq!(names.reference_identities(), [host("a.example")]);
    assert_eq!(names.sni(), target.sni());
    assert_eq!(names.dial_host(), target.dial_host());
    let names = names.expect_name(host("::1")).expect_name(host("a.example"));
    assert_eq!(names.reference_identities(), [host("a.example"), host("::1")]);

    let tls = target.clone().with_protocol(Protocol::Tls);
    assert_eq!(tls.to_string(), "tls://example.com:443");
    assert_ne!(tls, target);
}

/// The ports are those of the IANA service name registry; Redis and Kafka have none there.
#[test]
fn each_scheme_has_its_port_and_its_way_to_tls() {
    use Opening::{Quic, StartTls, Tls};
    let table = [
        ("amqps", Some(5671), Tls),
        ("dot", Some(853), Tls),
        ("ftp", Some(21), StartTls),
        ("ftps", Some(990), Tls),
        ("h3", Some(443), Quic),
        ("https", Some(443), Tls),
        ("imap", Some(143), StartTls),
        ("imaps", Some(993), Tls),
        ("irc", Some(6667), StartTls),
        ("ircs", Some(6697), Tls),
        ("kafka+tls", Some(9093), Tls),
        ("ldap", Some(389), StartTls),
        ("ldaps", Some(636), Tls),
        ("lmtp", Some(24), StartTls),
        ("mqtts", Some(8883), Tls),
        ("mysql", Some(3306), StartTls),
        ("nntp", Some(119), StartTls),
        ("nntps", Some(563), Tls),
        ("pop3", Some(110), StartTls),
        ("pop3s", Some(995), Tls),
        ("postgres", Some(5432), StartTls),
        ("rdp", Some(3389), StartTls),
        ("rediss", Some(6379), Tls),
        ("sieve", Some(4190), StartTls),
        ("sips", Some(5061), Tls),
        ("smtp", Some(25), StartTls),
        ("smtps", Some(465), Tls),
        ("submission", Some(587), StartTls),
        ("tls", None, Tls),
        ("xmpp", Some(5222), StartTls),
        ("xmpp-server", Some(5269), StartTls),
        ("xmpps", Some(5223), Tls),
    ];
    assert_eq!(table.len(), Protocol::ALL.len());
    for ((scheme, port, opening), protocol) in table.into_iter().zip(Protocol::ALL) {
        assert_eq!(protocol.scheme(), scheme);
        assert_eq!(protocol.default_port(), port, "{scheme}");
        assert_eq!(protocol.opening(), opening, "{scheme}");
        let target = format!("{}://mail.example", scheme.to_uppercase()).parse::<Target>();
        match port {
            Some(port) => {
                let target = target.unwrap();
                assert_eq!(target.protocol(), *protocol);
                assert_eq!(target.to_string(), format!("{scheme}://mail.example:{port}"));
            }
            None => assert_eq!(target.unwrap_err().kind(), Kind::MissingPort),
        }
    }
}

#[test]
fn a_host_is_printed_without_brackets_and_read_with_or_without() {
    let v6 = Host::from(IpAddr::V6(Ipv6Addr::LOCALHOST));
    assert_eq!(v6.to_string(), "::1");
    assert_eq!(host("::1"), v6);
    assert_eq!(host("[::1]"), v6);
    assert_eq!(host("192.0.2.1"), Host::Ip(Ipv4Addr::new(192, 0, 2, 1).into()));
    assert_eq!(host("Example.com."), Host::from(name("example.com")));
    assert_eq!("a b".parse::<Host>().unwrap_err().kind(), Kind::WhitespaceOrControl);
    assert_eq!(
        "example.com:443".parse::<Host>().unwrap_err().to_string(),
        r#"invalid target "example.com:443": the character ':' is not allowed in a host"#
    );
}

#[test]
fn a_dns_name_is_no_address() {
    for input in ["192.0.2.1", "::1", "[::1]"] {
        assert_eq!(DnsName::try_from(input).unwrap_err().kind(), Kind::AddressForName);
    }
    assert_eq!(name("Example.COM.").as_ref(), "example.com");
}

#[test]
fn a_target_is_judged_as_a_server_by_its_reference_identities() {
    let subject = Subject::from(&accept("Example.com"));
    assert_eq!(subject.label(), "https://example.com:443");
    assert_eq!(subject.purpose(), Purpose::Server);
    assert_eq!(subject.names(), [host("example.com")]);
    assert_eq!(subject, Subject::server("https://example.com:443", [host("example.com")]));

    let subject = Subject::from(&accept("192.0.2.1;name=b.example;name=a.example"));
    assert_eq!(subject.names(), [host("b.example"), host("a.example")]);
}

#[test]
fn a_subject_may_have_no_names() {
    let subject = Subject::new("signer.pem", Purpose::Signing);
    assert_eq!(subject.label(), "signer.pem");
    assert_eq!(subject.purpose(), Purpose::Signing);
    assert!(subject.names().is_empty());
    assert_eq!(Subject::server("a", []), Subject::new("a", Purpose::Server));
}

#[test]
fn a_purpose_is_one_lower_case_word() {
    for (purpose, word) in [
        (Purpose::Ca, "ca"),
        (Purpose::Client, "client"),
        (Purpose::Server, "server"),
        (Purpose::Signing, "signing"),
    ] {
        assert_eq!(purpose.to_string(), word);
        assert_eq!(word.parse(), Ok(purpose));
    }
    assert_eq!(
        "Server\n".parse::<Purpose>().unwrap_err().to_string(),
        r#"unknown purpose "Server\n": not one of "server", "client", "signing" and "ca""#
    );
}

#[cfg(feature = "serde")]
#[test]
fn in_json_each_type_is_its_string() {
    fn check<T>(value: &T, json: &str)
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        assert_eq!(serde_json::to_string(value).unwrap(), json);
        assert_eq!(&serde_json::from_str::<T>(json).unwrap(), value);
    }

    check(&accept("[::1]:8443;no-sni"), r#""https://[::1]:8443;no-sni""#);
    check(&host("::1"), r#""::1""#);
    check(&name("example.com"), r#""example.com""#);
    check(&Purpose::Signing, r#""signing""#);
    assert_eq!(
        serde_json::from_str::<Target>(r#""user:secret@a.example""#).unwrap_err().to_string(),
        r#"invalid target "***@a.example": user information before "@" is not accepted"#
    );
    assert!(serde_json::from_str::<Host>("443").is_err());
}

#[test]
fn the_types_cross_threads() {
    fn check<T: Send + Sync + Unpin + 'static>() {}
    check::<Target>();
    check::<Subject>();
    check::<TargetError>();
}

proptest! {
    #[test]
    fn printing_and_parsing_are_inverses(target in any_target()) {
        prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target));
    }

    #[test]
    fn a_host_survives_printing_and_parsing(host in any_host()) {
        prop_assert_eq!(host.to_string().parse::<Host>(), Ok(host));
    }

    #[test]
    fn equal_targets_print_equal_and_others_do_not(a in any_target(), b in any_target()) {
        prop_assert_eq!(a == b, a.to_string() == b.to_string());
    }

    #[test]
    fn any_text_is_refused_or_has_a_canonical_form(input in any_text()) {
        match input.parse::<Target>() {
            Ok(target) => {
                prop_assert!(!target.reference_identities().is_empty());
                prop_assert_eq!(target.to_string().parse::<Target>(), Ok(target));
            }
            Err(error) => {
                let message = error.to_string();
                prop_assert!(!message.contains(char::is_control), "{}", message);
                // At most 100 characters are shown, each of at most 10 when escaped.
                prop_assert!(message.len() < 1200);
            }
        }
    }

    #[test]
    fn what_stands_before_an_at_sign_is_never_shown(
        scheme in prop_oneof![Just(""), Just("https://"), Just("gopher://")],
        before in "\\PC{0,8}",
        after in "\\PC{0,8}",
    ) {
        let secret = "hunter2";
        if let Err(error) = format!("{scheme}{before}{secret}{after}@example.com").parse::<Target>() {
            let shown = format!("{error} {error:?}");
            prop_assert!(!shown.contains(secret), "{}", shown);
        }
    }
}

fn any_name() -> impl Strategy<Value = DnsName> {
    let label = "[a-z0-9_]([a-z0-9_-]{0,12}[a-z0-9_])?";
    prop::collection::vec(label, 1..5)
        .prop_filter_map("ends in a number", |labels| labels.join(".").parse().ok())
}

fn any_host() -> impl Strategy<Value = Host> {
    prop_oneof![
        any_name().prop_map(Host::from),
        any::<IpAddr>().prop_map(Host::from),
        any::<Ipv4Addr>().prop_map(|v4| Host::from(IpAddr::V6(v4.to_ipv6_mapped()))),
    ]
}

fn any_port() -> impl Strategy<Value = NonZero<u16>> {
    (1..=u16::MAX).prop_map(port)
}

prop_compose! {
    fn any_target()(
        protocol in proptest::sample::select(Protocol::ALL),
        host in any_host(),
        port in any_port(),
        dial in prop::option::of((any_host(), any_port())),
        server_name in prop::option::of(prop::option::of(any_name())),
        // Some names are given twice, and one repeats the default.
        names in prop::collection::vec(any_host(), 0..3),
        repeat in any::<bool>(),
    ) -> Target {
        let mut target = Target::new(host.clone(), port).with_protocol(protocol);
        if let Some((host, port)) = dial {
            target = target.connect_to(host, port);
        }
        target = match server_name {
            None => target,
            Some(None) => target.without_server_name(),
            Some(Some(name)) => target.server_name(name),
        };
        let names = names.iter().chain(if repeat { &names[..] } else { &[] }).cloned();
        names.chain(repeat.then_some(host)).fold(target, Target::expect_name)
    }
}

/// Arbitrary text, and text made of the pieces of a target so that some of it is one
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "https://",
            "tls://",
            "a.example",
            "192.0.2.1",
            "::1",
            "[::1]",
            "1",
            "0x1",
            ":",
            ":443",
            ";",
            ";connect=",
            ";sni=",
            ";name=",
            ";no-sni",
            "@",
            ".",
            "-",
            "*",
            "%",
            "/",
            "[",
            "]",
            "\u{fc}",
            "\u{202e}",
            " ",
        ])
        .prop_map(String::from),
        "\\PC",
    ];
    prop_oneof![
        any::<String>(),
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat()),
    ]
}

#[track_caller]
fn accept(input: &str) -> Target {
    input.parse().unwrap_or_else(|error| panic!("refused: {error}"))
}

#[track_caller]
fn refuse(input: &str) -> TargetError {
    match input.parse::<Target>() {
        Ok(target) => panic!("accepted {input:?} as {target}"),
        Err(error) => error,
    }
}

fn identities(target: &Target) -> Vec<String> {
    target.reference_identities().iter().map(Host::to_string).collect()
}

#[track_caller]
fn host(text: &str) -> Host {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn name(text: &str) -> DnsName {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn port(number: u16) -> NonZero<u16> {
    number.try_into().unwrap_or_else(|error| panic!("{error}"))
}
