//! What servers in wide use present: `cargo test --test peers -- --ignored`.
//!
//! Debian's packages nginx-light, haproxy, gnutls-bin and openssl.

#![cfg(feature = "fetch")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::process::Command;

use notafter::chain::{ClientCertificate, Peer, Possession, PresentedChain};
use notafter::checker::Checker;
use notafter::fetch::{FetchErrorKind, Fetcher, NotTls};
use notafter::inspect::TrustAnchors;
use notafter::report::Status;

use common::pki::{Issued, Key, Pki, at};
use common::process::{Process, Scratch, free_port};

/// Certificates, and the files that servers want them in.
struct Site {
    pki: Pki,
    leaf: Issued,
    files: Scratch,
}

impl Site {
    fn new(key: Key) -> Self {
        let pki = Pki::new();
        let leaf = pki.leaf("example.com").key(key).issue();
        let files = Scratch::new();
        let chain = format!("{}{}", leaf.pem(), pki.intermediate.pem());
        files.file("both.pem", format!("{chain}{}", leaf.key_pem()));
        files.file("chain.pem", chain);
        files.file("key.pem", leaf.key_pem());
        files.file("root.pem", pki.root.pem());
        files.file("issuer.pem", pki.intermediate.pem());
        files.file("issuer-key.pem", pki.intermediate.key_pem());
        Self { pki, leaf, files }
    }

    /// Writes an OCSP response into a file: the leaf is good.
    fn respond(&self, name: &str) -> Vec<u8> {
        self.files.run("openssl x509 -in chain.pem -noout -serial -out serial.txt");
        let serial = String::from_utf8(self.files.read("serial.txt")).unwrap();
        let serial = serial.trim().strip_prefix("serial=").unwrap();
        self.files.file("index.txt", format!("V\t491231235959Z\t\t{serial}\tunknown\t/CN=leaf\n"));
        self.files
            .run("openssl ocsp -issuer issuer.pem -cert chain.pem -no_nonce -reqout request.der");
        self.files.run(&format!(
            "openssl ocsp -index index.txt -CA issuer.pem -rsigner issuer.pem \
             -rkey issuer-key.pem -reqin request.der -ndays 30 -respout {name}"
        ));
        self.files.read(name)
    }

    fn nginx(&self, settings: &str) -> Process {
        self.nginx_listening("ssl", settings)
    }

    fn nginx_listening(&self, how: &str, settings: &str) -> Process {
        let port = free_port();
        let directory = self.files.path("").into_os_string().into_string().unwrap();
        self.files.file(
            "nginx.conf",
            format!(
                "daemon off; master_process off; pid nginx.pid; error_log stderr; events {{ }}
                 http {{
                     access_log off;
                     client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                     uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                     server {{
                         listen 127.0.0.1:{port} {how};
                         ssl_certificate chain.pem; ssl_certificate_key key.pem;
                         {settings}
                     }}
                 }}"
            ),
        );
        self.files.start(&format!("nginx -e stderr -p {directory} -c nginx.conf"), port)
    }

    fn haproxy(&self, settings: &str) -> Process {
        let port = free_port();
        self.files.file(
            "haproxy.cfg",
            format!(
                "defaults\n mode http\n timeout connect 5s\n timeout client 10s\n \
                 timeout server 10s\n\
                 frontend f\n bind 127.0.0.1:{port} ssl crt both.pem {settings}\n"
            ),
        );
        self.files.start("haproxy -db -f haproxy.cfg", port)
    }

    fn gnutls_serv(&self, settings: &str) -> Process {
        let port = free_port();
        self.files.start(
            &format!(
                "gnutls-serv --quiet --http --port={port} --x509certfile=chain.pem \
                 --x509keyfile=key.pem {settings}"
            ),
            port,
        )
    }

    /// Fetches, and looks whether the chain is the one in the files, from who holds its key.
    async fn fetch(&self, server: &Process) -> PresentedChain {
        let target = server.target("example.com");
        let chain = Fetcher::new().unwrap().fetch(&target).await.unwrap();
        let ders: Vec<_> = chain.entries().iter().map(notafter::chain::Entry::der).collect();
        assert_eq!(ders, [&self.leaf.der[..], &self.pki.intermediate.der[..]]);
        let peer = chain.peer().unwrap();
        assert_eq!(peer.possession(), Possession::Proven);
        assert_eq!(peer.late_failure(), None, "{peer:?}");
        chain
    }
}

fn peer(chain: &PresentedChain) -> &Peer {
    chain.peer().unwrap()
}

#[tokio::test]
#[ignore = "needs Debian's nginx-light"]
async fn nginx_presents_its_chain() {
    for key in [Key::P256, Key::Rsa2048] {
        let site = Site::new(key);

        for version in ["TLSv1.2", "TLSv1.3"] {
            let chain = site.fetch(&site.nginx(&format!("ssl_protocols {version};"))).await;
            assert_eq!(peer(&chain).protocol(), Some(version));
            assert_eq!(peer(&chain).client_certificate(), ClientCertificate::NotRequested);
            assert_eq!(chain.ocsp_staple(), None);
        }
    }
}

/// Which certificate clients get, they decide by what they offer.
#[tokio::test]
#[ignore = "needs Debian's nginx-light"]
async fn nginx_with_two_certificates_shows_both_to_a_survey() {
    let site = Site::new(Key::P256);
    let rsa = site.pki.leaf("example.com").key(Key::Rsa2048).issue();
    let chain = format!("{}{}", rsa.pem(), site.pki.intermediate.pem());
    site.files.file("rsa.pem", chain);
    site.files.file("rsa-key.pem", rsa.key_pem());
    let anchors = TrustAnchors::from_der([site.pki.root.der.to_vec()]).unwrap();
    let checker = Checker::builder().anchors(anchors).build().unwrap();
    for version in ["TLSv1.2", "TLSv1.3"] {
        let server = site.nginx(&format!(
            "ssl_protocols {version}; ssl_certificate rsa.pem; ssl_certificate_key rsa-key.pem;"
        ));
        let target = server.target("example.com");
        let survey = checker.survey_at(&target, at("2026-06-15T12:00:00Z")).await.unwrap();
        let leaves: Vec<_> = survey
            .reports()
            .iter()
            .map(|report| {
                assert_eq!(report.peer().unwrap().protocol(), Some(version));
                assert_eq!(report.status(), Status::Pass, "{report}");
                report.chain()[0].sha256()
            })
            .collect();
        let sha256 = |leaf: &Issued| {
            PresentedChain::from_der([leaf.der.to_vec()]).unwrap().end_entity().sha256()
        };
        assert_eq!(leaves, [sha256(&rsa), sha256(&site.leaf)], "{version}");
        assert!(survey.findings().is_empty(), "{survey}");
    }
}

#[tokio::test]
#[ignore = "needs Debian's nginx-light and openssl"]
async fn nginx_staples_its_response() {
    let site = Site::new(Key::P256);
    let response = site.respond("response.der");
    let server = site.nginx("ssl_stapling on; ssl_stapling_file response.der;");
    assert_eq!(site.fetch(&server).await.ocsp_staple(), Some(&response[..]));
}

/// It shakes hands with every client, and answers the one without a certificate in HTTP.
#[tokio::test]
#[ignore = "needs Debian's nginx-light"]
async fn nginx_asks_for_a_client_certificate_even_where_it_demands_one() {
    let site = Site::new(Key::P256);
    for versions in ["TLSv1.2", "TLSv1.3"] {
        let server = site.nginx(&format!(
            "ssl_protocols {versions}; ssl_client_certificate root.pem; ssl_verify_client on;"
        ));
        let chain = site.fetch(&server).await;
        assert_eq!(peer(&chain).client_certificate(), ClientCertificate::Requested);
    }
}

#[tokio::test]
#[ignore = "needs Debian's nginx-light"]
async fn nginx_without_tls_is_told_from_one_with() {
    let site = Site::new(Key::P256);
    let server = site.nginx_listening("", "");
    let target = server.target("example.com");
    let error = Fetcher::new().unwrap().fetch(&target).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::NotTls(NotTls::Http));
}

#[tokio::test]
#[ignore = "needs Debian's haproxy and openssl"]
async fn haproxy_presents_its_chain_and_staples_its_response() {
    let site = Site::new(Key::P256);
    assert_eq!(site.fetch(&site.haproxy("")).await.ocsp_staple(), None);

    let response = site.respond("both.pem.ocsp");
    let chain = site.fetch(&site.haproxy("")).await;
    assert_eq!(chain.ocsp_staple(), Some(&response[..]));
}

#[tokio::test]
#[ignore = "needs Debian's haproxy"]
async fn haproxy_demands_a_client_certificate() {
    let site = Site::new(Key::P256);
    for version in ["ssl-max-ver TLSv1.2", "ssl-min-ver TLSv1.3"] {
        for (verify, expect) in
            [("optional", ClientCertificate::Requested), ("required", ClientCertificate::Required)]
        {
            let server = site.haproxy(&format!("{version} ca-file root.pem verify {verify}"));
            let chain = site.fetch(&server).await;
            assert_eq!(peer(&chain).client_certificate(), expect, "{version} {verify}");
        }
    }
}

/// The server can't be told to listen on one address only, so it gets a network to itself.
#[test]
#[ignore = "needs Debian's gnutls-bin, iproute2 and util-linux"]
fn gnutls_serv_presents_its_chain() {
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "sh", "-c"])
        .arg(r#"ip link set lo up && exec "$0" --ignored --exact --nocapture "$1""#)
        .arg(std::env::current_exe().unwrap())
        .arg("inside_a_network_of_its_own::gnutls_serv")
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
}

mod inside_a_network_of_its_own {
    use super::*;

    #[tokio::test]
    #[ignore = "is run by gnutls_serv_presents_its_chain"]
    async fn gnutls_serv() {
        if std::env::var_os(INSIDE).is_none() {
            return;
        }
        let site = Site::new(Key::P256);
        for (version, name) in [("VERS-TLS1.2", "TLSv1.2"), ("VERS-TLS1.3", "TLSv1.3")] {
            let priority = format!("--priority=NORMAL:-VERS-ALL:+{version}");
            for (settings, expect) in [
                ("--disable-client-cert", ClientCertificate::NotRequested),
                ("", ClientCertificate::Requested),
                ("--require-client-cert", ClientCertificate::Required),
            ] {
                let server = site.gnutls_serv(&format!("{priority} {settings}"));
                let chain = site.fetch(&server).await;
                assert_eq!(peer(&chain).protocol(), Some(name));
                assert_eq!(peer(&chain).client_certificate(), expect, "{version} {settings}");
            }
        }
    }
}

const INSIDE: &str = "NOTAFTER_TEST_INSIDE_A_NETWORK_OF_ITS_OWN";
