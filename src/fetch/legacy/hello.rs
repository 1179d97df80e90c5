//! The ClientHello that old servers answer.

use std::hash::{BuildHasher, RandomState};

use rustls::{CipherSuite, SignatureScheme};

use crate::target::DnsName;

/// A record that holds a ClientHello which offers TLS 1.2 and everything that comes with a
/// certificate, however weak: nothing is ever encrypted by it.
///
/// Left out are anonymous, NULL, export and single DES suites: the first show no certificate, and
/// the others are more likely to make a firewall hang up than to please a server.
pub(super) fn client_hello(sni: Option<&DnsName>) -> Vec<u8> {
    let body = [
        &TLS_1_2[..],
        &random(),
        &[0], // no session to resume
        &vector16(&numbers(SUITES.map(u16::from))),
        &[1, 0], // no compression
        &vector16(&extensions(sni)),
    ]
    .concat();
    let message = [&[CLIENT_HELLO], &length24(body.len())[..], &body].concat();
    // Some servers refuse a first record of a version that they do not know (RFC 5246 appendix
    // E.1).
    [&[HANDSHAKE], &TLS_1_0[..], &vector16(&message)].concat()
}

/// 32 bytes that differ from one time to the next. Nothing secret comes of them: no key is ever
/// agreed upon.
fn random() -> Vec<u8> {
    (0..4_u8).flat_map(|part| RandomState::new().hash_one(part).to_be_bytes()).collect()
}

fn extensions(sni: Option<&DnsName>) -> Vec<u8> {
    let server_name = sni.map(|name| {
        let host_name = [&[HOST_NAME], &vector16(name.as_str().as_bytes())[..]].concat();
        extension(SERVER_NAME, &vector16(&host_name))
    });
    let extensions = [
        server_name.unwrap_or_default(),
        extension(STATUS_REQUEST, &[OCSP, 0, 0, 0, 0]), // any responder, no extensions
        extension(SUPPORTED_GROUPS, &vector16(&numbers(GROUPS))),
        extension(EC_POINT_FORMATS, &[3, 0, 1, 2]), // all three, compressed or not
        extension(SIGNATURE_ALGORITHMS, &vector16(&numbers(schemes()))),
    ]
    .concat();
    // Some servers choke on a last extension that is empty.
    let padding = vec![0; PADDED.saturating_sub(extensions.len()).max(1)];
    [extensions, extension(PADDING, &padding)].concat()
}

/// RFC 8446 section 4.2.3, and the schemes that it leaves to TLS 1.2 (RFC 5246 section 7.4.1.4.1).
fn schemes() -> impl Iterator<Item = u16> {
    let known = [
        SignatureScheme::ECDSA_NISTP256_SHA256,
        SignatureScheme::ECDSA_NISTP384_SHA384,
        SignatureScheme::ECDSA_NISTP521_SHA512,
        SignatureScheme::ED25519,
        SignatureScheme::ED448,
        SignatureScheme::RSA_PSS_SHA256,
        SignatureScheme::RSA_PSS_SHA384,
        SignatureScheme::RSA_PSS_SHA512,
        SignatureScheme::RSA_PKCS1_SHA256,
        SignatureScheme::RSA_PKCS1_SHA384,
        SignatureScheme::RSA_PKCS1_SHA512,
        SignatureScheme::ECDSA_SHA1_Legacy,
        SignatureScheme::RSA_PKCS1_SHA1,
    ];
    known.into_iter().map(u16::from).chain(OLD_SCHEMES)
}

fn extension(number: u16, data: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &vector16(data)].concat()
}

fn numbers(numbers: impl IntoIterator<Item = u16>) -> Vec<u8> {
    numbers.into_iter().flat_map(u16::to_be_bytes).collect()
}

/// Bytes behind their length. All of them are ours, and the longest name has 253, so that two
/// bytes of length suffice.
fn vector16(bytes: &[u8]) -> Vec<u8> {
    let [_, high, low] = length24(bytes.len());
    [&[high, low], bytes].concat()
}

fn length24(length: usize) -> [u8; 3] {
    let [.., high, middle, low] = length.to_be_bytes();
    [high, middle, low]
}

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const TLS_1_0: [u8; 2] = [3, 1];
const TLS_1_2: [u8; 2] = [3, 3];

/// Extensions (RFC 6066, RFC 8422, RFC 5246, RFC 7685).
const SERVER_NAME: u16 = 0;
const STATUS_REQUEST: u16 = 5;
const SUPPORTED_GROUPS: u16 = 10;
const EC_POINT_FORMATS: u16 = 11;
const SIGNATURE_ALGORITHMS: u16 = 13;
const PADDING: u16 = 21;

const HOST_NAME: u8 = 0;
const OCSP: u8 = 1;

/// How long the extensions ahead of the padding are made to be, where they are shorter.
///
/// Some load balancers never answer a ClientHello of 256 to 511 bytes (RFC 7685 section 4); this
/// makes it 512 or more, counted with the header of its message.
const PADDED: usize = 512 - (4 + 2 + 32 + 1 + 2 + 2 * SUITES.len() + 2 + 2) - 4;

/// A server that does not know any curve of its key's sends no certificate of that key.
const GROUPS: [u16; 15] = [
    29, // x25519
    23, // secp256r1
    24, // secp384r1
    25, // secp521r1
    30, // x448
    26, // brainpoolP256r1
    27, // brainpoolP384r1
    28, // brainpoolP512r1
    22, // secp256k1
    21, // secp224r1
    19, // secp192r1
    14, // sect571r1
    13, // sect571k1
    12, // sect409r1
    10, // sect283r1
];

/// A hash and a signature algorithm each (RFC 5246 section 7.4.1.4.1).
const OLD_SCHEMES: [u16; 9] = [
    0x0809, // rsa_pss_pss_sha256
    0x080a, // rsa_pss_pss_sha384
    0x080b, // rsa_pss_pss_sha512
    0x0303, // ECDSA, SHA-224
    0x0301, // RSA, SHA-224
    0x0402, // DSA, SHA-256
    0x0302, // DSA, SHA-224
    0x0202, // DSA, SHA-1
    0x0101, // RSA, MD5
];

/// Those that keep forward secrecy first, as a browser would. The last one is no suite: it says
/// that renegotiation is secure (RFC 5746 section 3.3), which some servers insist on.
const SUITES: [CipherSuite; 71] = [
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CCM,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_RC4_128_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_RC4_128_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_DHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA256,
    CipherSuite::TLS_DHE_RSA_WITH_AES_128_CCM,
    CipherSuite::TLS_DHE_RSA_WITH_AES_256_CCM,
    CipherSuite::TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256,
    CipherSuite::TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384,
    CipherSuite::TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_SEED_CBC_SHA,
    CipherSuite::TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_DHE_DSS_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_DHE_DSS_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_DHE_DSS_WITH_AES_256_CBC_SHA256,
    CipherSuite::TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_WITH_SEED_CBC_SHA,
    CipherSuite::TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA256,
    CipherSuite::TLS_RSA_WITH_AES_128_CCM,
    CipherSuite::TLS_RSA_WITH_AES_256_CCM,
    CipherSuite::TLS_RSA_WITH_AES_128_CCM_8,
    CipherSuite::TLS_RSA_WITH_AES_256_CCM_8,
    CipherSuite::TLS_RSA_WITH_ARIA_128_GCM_SHA256,
    CipherSuite::TLS_RSA_WITH_ARIA_256_GCM_SHA384,
    CipherSuite::TLS_RSA_WITH_CAMELLIA_128_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_CAMELLIA_256_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_SEED_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_IDEA_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_3DES_EDE_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_RC4_128_SHA,
    CipherSuite::TLS_RSA_WITH_RC4_128_MD5,
    CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
];

#[cfg(test)]
mod tests {
    use rustls::NamedGroup;
    use rustls::server::Acceptor;

    use super::*;

    /// What rustls, as a server, makes of it.
    fn understood(bytes: &[u8], check: impl FnOnce(&rustls::server::ClientHello<'_>)) {
        let mut acceptor = Acceptor::default();
        let read = acceptor.read_tls(&mut &*bytes).unwrap();
        assert_eq!(read, bytes.len());
        let accepted = acceptor.accept().unwrap().unwrap();
        check(&accepted.client_hello());
    }

    #[test]
    fn another_implementation_understands_what_is_offered() {
        let name: DnsName = "example.com".parse().unwrap();

        understood(&client_hello(Some(&name)), |hello| {
            assert_eq!(hello.server_name(), Some("example.com"));
            assert_eq!(hello.cipher_suites(), SUITES);
            let groups = hello.named_groups().unwrap();
            assert_eq!(groups.len(), GROUPS.len());
            assert_eq!(groups[..2], [NamedGroup::X25519, NamedGroup::secp256r1]);
            let schemes = hello.signature_schemes();
            assert_eq!(schemes.len(), 22);
            assert!(schemes.contains(&SignatureScheme::RSA_PKCS1_SHA1));
        });
        understood(&client_hello(None), |hello| assert_eq!(hello.server_name(), None));
    }

    #[test]
    fn no_server_name_gives_it_a_length_that_load_balancers_choke_on() {
        assert_eq!(client_hello(None).len(), RECORD_HEADER + 512);
        for labels in [1, 2, 10, 60, 126] {
            let name = "a.".repeat(labels) + "a";
            let hello = client_hello(Some(&name.parse().unwrap()));
            assert!(hello.len() >= RECORD_HEADER + 512, "{name}: {}", hello.len());
            understood(&hello, |hello| assert_eq!(hello.server_name(), Some(&*name)));
        }
    }

    #[test]
    fn the_versions_are_those_that_old_servers_accept() {
        let hello = client_hello(None);
        assert_eq!(hello[..5], [22, 3, 1, 2, 0]);
        assert_eq!(hello[5..11], [1, 0, 1, 0xfc, 3, 3]);
    }

    #[test]
    fn no_two_are_alike() {
        assert_ne!(client_hello(None)[11..43], client_hello(None)[11..43]);
    }

    const RECORD_HEADER: usize = 5;
}
