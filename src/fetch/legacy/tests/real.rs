//! What OpenSSL's test server shows: `cargo test --lib legacy -- --ignored`.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;

use super::super::*;

const RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
const RSA_PSS: &str = "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048";
const P256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
const P521: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-521";
const SECP256K1: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1";
const BRAINPOOL256: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1";
const BRAINPOOL512: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP512r1";
const ED25519: &str = "-algorithm ED25519";
const ED448: &str = "-algorithm ED448";
const DSA: &str = "-paramfile dsa.pem";

/// A key, arguments of the server, and what is shown.
const SERVERS: [(&str, &str, &str, &str); 25] = [
    (RSA, "-tls1", "TLSv1.0", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    (RSA, "-tls1_1", "TLSv1.1", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    (RSA, "-tls1_2", "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (RSA, "", "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (RSA, "-tls1 -cipher AES128-SHA:@SECLEVEL=0", "TLSv1.0", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    (RSA, "-tls1_2 -cipher AES256-SHA256", "TLSv1.2", "TLS_RSA_WITH_AES_256_CBC_SHA256"),
    (RSA, "-tls1_2 -cipher AES128-GCM-SHA256", "TLSv1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    (RSA, "-tls1_2 -cipher AES256-CCM8", "TLSv1.2", "TLS_RSA_WITH_AES_256_CCM_8"),
    (RSA, "-tls1_2 -cipher CAMELLIA128-SHA", "TLSv1.2", "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"),
    (RSA, "-tls1_2 -cipher ARIA128-GCM-SHA256", "TLSv1.2", "TLS_RSA_WITH_ARIA_128_GCM_SHA256"),
    (RSA, "-tls1_2 -cipher DHE-RSA-AES128-SHA", "TLSv1.2", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"),
    (RSA, "-tls1_2 -cipher ECDHE-RSA-AES256-SHA", "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
    (RSA_PSS, "-tls1_2", "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (P256, "-tls1", "TLSv1.0", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    (P256, "-tls1_2", "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (P521, "-tls1_2", "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (P521, "-tls1_1", "TLSv1.1", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
    (SECP256K1, "-tls1_2", "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (BRAINPOOL256, "-tls1_2", "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (BRAINPOOL512, "-tls1_2", "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (ED25519, "-tls1_2", "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (ED448, "-tls1_2", "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (DSA, "-tls1", "TLSv1.0", "TLS_DHE_DSS_WITH_AES_128_CBC_SHA"),
    (DSA, "-tls1_2", "TLSv1.2", "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256"),
    (
        DSA,
        "-tls1_2 -cipher DHE-DSS-CAMELLIA256-SHA:@SECLEVEL=0",
        "TLSv1.2",
        "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA",
    ),
];

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn old_servers_show_their_chains() {
    for (key, arguments, version, cipher_suite) in SERVERS {
        let server = Server::start(key, arguments);
        let shown =
            server.probe(None).await.unwrap_or_else(|kind| panic!("{key} {arguments}: {kind}"));

        let expect = Flight {
            certificates: server.chain(),
            version,
            cipher_suite: cipher_suite.into(),
            staple: None,
            client_certificate_requested: false,
        };
        assert_eq!(shown, expect, "{key} {arguments}");
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_staple_and_a_wish_for_a_client_certificate_are_shown() {
    for version in ["-tls1", "-tls1_1", "-tls1_2"] {
        let server = Server::start(RSA, &format!("{version} -status_file staple.der -Verify 1"));
        let shown = server.probe(None).await.unwrap();

        assert_eq!(shown.certificates, server.chain());
        assert_eq!(shown.staple.as_deref(), Some(&UNAUTHORIZED[..]));
        assert!(shown.client_certificate_requested);
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn the_server_name_is_understood() {
    let served = "-tls1_1 -servername example.com -cert2 leaf.pem -key2 key.pem";
    for (arguments, name, expect) in [
        (served.to_owned(), "example.com", Ok(())),
        // This server warns of the name that it does not know; the next gives up.
        (served.to_owned(), "example.net", Ok(())),
        (format!("{served} -servername_fatal"), "example.com", Ok(())),
        (
            format!("{served} -servername_fatal"),
            "example.net",
            Err(FetchErrorKind::UnrecognisedName),
        ),
    ] {
        let server = Server::start(RSA, &arguments);
        let shown = server.probe(Some(&name.parse().unwrap())).await;
        assert_eq!(shown.map(drop), expect, "{arguments} {name}");
    }
}

#[tokio::test]
#[ignore = "needs Debian's openssl"]
async fn a_server_of_tls_1_3_alone_says_so() {
    let server = Server::start(RSA, "-tls1_3");
    assert_eq!(server.probe(None).await, Err(FetchErrorKind::ProtocolVersion));
}

/// A server in a directory of its own. Both go when it is dropped.
struct Server {
    process: Child,
    /// Kept open: the server writes to it.
    _said: Lines<BufReader<ChildStdout>>,
    directory: PathBuf,
    address: String,
}

impl Server {
    fn start(key: &str, arguments: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory =
            std::env::temp_dir().join(format!("notafter-legacy-{}-{count}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("staple.der"), UNAUTHORIZED).unwrap();
        let run = |command: &str| {
            let mut command = openssl(&directory, command);
            let output = command.output().unwrap();
            assert!(output.status.success(), "{command:?}: {output:?}");
        };
        if key == DSA {
            let genpkey = "-genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:1024";
            run(&format!("genpkey {genpkey} -out dsa.pem"));
        }
        run(&format!("genpkey {key} -out key.pem"));
        run("req -x509 -new -key key.pem -subj /CN=leaf -out leaf.pem");
        run(&format!("genpkey {P256} -out other.key"));
        run("req -x509 -new -key other.key -subj /CN=other -out other.pem");
        for name in ["leaf", "other"] {
            run(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
        }
        // The last -cipher counts.
        let serve = "s_server -www -accept 127.0.0.1:0 -cert leaf.pem -key key.pem \
                     -cert_chain other.pem -cipher ECDHE+AESGCM:ALL:@SECLEVEL=0";
        let mut process = openssl(&directory, &format!("{serve} {arguments}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        let accepts = said.find_map(|line| Some(line.unwrap().strip_prefix("ACCEPT ")?.to_owned()));
        Self { process, _said: said, directory, address: accepts.unwrap() }
    }

    /// What it was given to show.
    fn chain(&self) -> Vec<Vec<u8>> {
        ["leaf.der", "other.der"].map(|name| fs::read(self.directory.join(name)).unwrap()).into()
    }

    async fn probe(&self, sni: Option<&DnsName>) -> Result<Flight, FetchErrorKind> {
        let stream = TcpStream::connect(&self.address).await.unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        probe(stream, sni, until).await.map_err(|failure| failure.kind)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn openssl(directory: &PathBuf, arguments: &str) -> Command {
    let mut command = Command::new("openssl");
    command.args(arguments.split_whitespace()).current_dir(directory);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// An OCSPResponse that says no more than "unauthorized" (RFC 6960 section 4.2.1).
const UNAUTHORIZED: [u8; 5] = [0x30, 0x03, 0x0a, 0x01, 0x06];
