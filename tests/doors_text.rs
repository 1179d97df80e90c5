//! Servers that are asked for TLS in lines of text: `cargo test --test doors_text -- --ignored`.
//!
//! By the recipes beside the repository. What arrives is compared with what `openssl s_client` sees.
//!
//! Some of the servers can't be installed beside others. Their packages are unpacked with
//! `dpkg -x`, each in a folder of its own in `NOTAFTER_UNPACKED`, else in `/opt/notafter-peers`.

#![cfg(all(feature = "fetch", unix))]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::error::Error;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::{env, fs};

use notafter::fetch::{FetchErrorKind, Fetcher};
use notafter::target::Target;

use common::recipes::{Site, assert_withholds, seen_by_openssl};

#[tokio::test]
#[ignore = "needs Debian's postfix and openssl"]
async fn postfix() {
    let site = Site::new();
    let Some(server) = site.start("postfix", &[], 1) else { return };
    for scheme in ["smtp", "submission"] {
        site.assert_shown_at(&server.target(scheme, "example.com", 0)).await;
    }
    site.assert_shown_at(&server.target("smtps", "example.com", 1)).await;
    assert_eq!(seen_by_openssl(server.address(0), &["-starttls", "smtp"]), site.chain());
    assert_eq!(seen_by_openssl(server.address(1), &[]), site.chain());

    let Some(server) = site.start("postfix", &[("NOTLS", "1")], 0) else { return };
    let target = server.target("smtp", "example.com", 0);
    assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
}

#[tokio::test]
#[ignore = "needs Debian's exim4 and openssl"]
async fn exim() {
    let site = Site::new();
    let Some(root) = unpacked("exim4") else { return };
    let path = path_from([root.join("usr/sbin")]);
    let Some(server) = site.start("exim4", &[("PATH", &path)], 1) else { return };
    site.assert_shown_at(&server.target("smtp", "example.com", 0)).await;
    site.assert_shown_at(&server.target("smtps", "example.com", 1)).await;
    assert_eq!(seen_by_openssl(server.address(0), &["-starttls", "smtp"]), site.chain());
    assert_eq!(seen_by_openssl(server.address(1), &[]), site.chain());

    let front = edited(&site, "exim4", "s/^tls_advertise_hosts.*/tls_advertise_hosts =/");
    let path = path_from([front, root.join("usr/sbin")]);
    let Some(server) = site.start("exim4", &[("PATH", &path)], 0) else { return };
    let target = server.target("smtp", "example.com", 0);
    assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
}

#[tokio::test]
#[ignore = "needs Debian's exim4"]
async fn exim_with_the_key_of_another() {
    let Some(root) = unpacked("exim4") else { return };
    let path = path_from([root.join("usr/sbin")]);
    let site = with_the_key_of_another();
    let Some(server) = site.start("exim4", &[("PATH", &path)], 0) else { return };
    let target = server.target("smtp", "example.com", 0);
    assert_eq!(refusal(&target).await, "the peer said \"454 TLS currently unavailable\"");
}

#[tokio::test]
#[ignore = "needs Debian's dovecot-imapd, -pop3d, -managesieved and -lmtpd, and openssl"]
async fn dovecot() {
    let doors = [("imap", 0), ("pop3", 1), ("sieve", 4), ("lmtp", 5)];
    let site = Site::new();
    let Some(mut server) = site.start("dovecot", &[], 5) else { return };
    (0..=5).for_each(|above| server.wait_for(above));
    for (scheme, above) in doors {
        site.assert_shown_at(&server.target(scheme, "example.com", above)).await;
        let seen = seen_by_openssl(server.address(above), &["-starttls", scheme]);
        assert_eq!(seen, site.chain(), "{scheme}");
    }
    for (scheme, above) in [("imaps", 2), ("pop3s", 3)] {
        site.assert_shown_at(&server.target(scheme, "example.com", above)).await;
        assert_eq!(seen_by_openssl(server.address(above), &[]), site.chain(), "{scheme}");
    }

    let Some(mut server) = site.start("dovecot", &[("NOTLS", "1")], 5) else { return };
    doors.iter().for_each(|(_, above)| server.wait_for(*above));
    for (scheme, above) in doors {
        let target = server.target(scheme, "example.com", above);
        assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
    }
}

#[tokio::test]
#[ignore = "needs Debian's vsftpd and openssl"]
async fn vsftpd() {
    let site = Site::new();
    let Some(server) = site.start("vsftpd", &[], 0) else { return };
    site.assert_shown_at(&server.target("ftp", "example.com", 0)).await;
    assert_eq!(seen_by_openssl(server.address(0), &["-starttls", "ftp"]), site.chain());

    let Some(server) = site.start("vsftpd", &[("IMPLICIT", "1")], 0) else { return };
    site.assert_shown_at(&server.target("ftps", "example.com", 0)).await;
    assert_eq!(seen_by_openssl(server.address(0), &[]), site.chain());

    let Some(server) = site.start("vsftpd", &[("NOTLS", "1")], 0) else { return };
    let target = server.target("ftp", "example.com", 0);
    assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
}

#[tokio::test]
#[ignore = "needs Debian's proftpd-core, proftpd-mod-crypto and openssl"]
async fn proftpd() {
    let site = Site::new();
    let Some(root) = unpacked("proftpd") else { return };
    let modules = root.join("usr/lib/proftpd").into_os_string().into_string().unwrap();
    let path = path_from([root.join("usr/sbin")]);
    let settings = [("PATH", path.as_str()), ("PROFTPD_MODULES", &modules)];
    let Some(server) = site.start("proftpd", &settings, 0) else { return };
    site.assert_shown_at(&server.target("ftp", "example.com", 0)).await;
    assert_eq!(seen_by_openssl(server.address(0), &["-starttls", "ftp"]), site.chain());

    let front = edited(&site, "proftpd", "s/^TLSEngine.*/TLSEngine off/");
    let path = path_from([front, root.join("usr/sbin")]);
    let settings = [("PATH", path.as_str()), ("PROFTPD_MODULES", &modules)];
    let Some(server) = site.start("proftpd", &settings, 0) else { return };
    let target = server.target("ftp", "example.com", 0);
    assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
}

#[tokio::test]
#[ignore = "needs Debian's inn2 and openssl"]
async fn nnrpd() {
    let Some(root) = unpacked("inn2") else { return };
    let settings = [("INN_ROOT", root.to_str().unwrap())];
    let site = Site::new();
    let Some(server) = site.start("inn2-nnrpd", &settings, 0) else { return };
    site.assert_shown_at(&server.target("nntp", "example.com", 0)).await;
    assert_eq!(seen_by_openssl(server.address(0), &["-starttls", "nntp"]), site.chain());

    let site = with_the_key_of_another();
    let Some(server) = site.start("inn2-nnrpd", &settings, 0) else { return };
    let target = server.target("nntp", "example.com", 0);
    assert_eq!(refusal(&target).await, "the peer said \"580 Error initializing TLS\"");
}

#[tokio::test]
#[ignore = "needs Debian's inspircd and openssl"]
async fn inspircd() {
    let site = Site::new();
    let Some(server) = site.start("inspircd", &[], 1) else { return };
    site.assert_shown_at(&server.target("irc", "example.com", 0)).await;
    site.assert_shown_at(&server.target("ircs", "example.com", 1)).await;
    assert_eq!(seen_by_openssl(server.address(0), &["-starttls", "irc"]), site.chain());
    assert_eq!(seen_by_openssl(server.address(1), &[]), site.chain());

    // Without this module it says nothing to a command that it does not know.
    let front = edited(&site, "inspircd", "$ a <module name=\"cap\">");
    let path = path_from([front]);
    let Some(server) = site.start("inspircd", &[("PATH", &path)], 0) else { return };
    site.assert_shown_at(&server.target("irc", "example.com", 0)).await;
    let settings = [("PATH", path.as_str()), ("NOTLS", "1")];
    let Some(server) = site.start("inspircd", &settings, 0) else { return };
    let target = server.target("irc", "example.com", 0);
    assert_withholds(&target, FetchErrorKind::StartTlsNotOffered).await;
}

/// Where the packages of that server were unpacked; `None`, and a line that says so, where they
/// were not.
fn unpacked(name: &str) -> Option<PathBuf> {
    let folder = env::var_os("NOTAFTER_UNPACKED").unwrap_or_else(|| "/opt/notafter-peers".into());
    let root = PathBuf::from(folder).join(name);
    if root.exists() {
        return Some(root);
    }
    println!("SKIPPED: there is no {}", root.display());
    None
}

/// The search path, with those folders in front.
fn path_from(folders: impl IntoIterator<Item = PathBuf>) -> String {
    let rest = env::var_os("PATH").unwrap();
    let path = env::join_paths(folders.into_iter().chain(env::split_paths(&rest))).unwrap();
    path.into_string().unwrap()
}

/// A folder with a script in the place of the program, which edits the configuration that the
/// recipe has written, as sed is told to, and becomes the next program of that name.
fn edited(site: &Site, program: &str, edit: &str) -> PathBuf {
    let folder = site.files.path("front");
    fs::create_dir_all(&folder).unwrap();
    let script = folder.join(program);
    let edit = format!("sed -i '{edit}' \"${{argument#*=}}\"");
    let lines = [
        "#!/bin/sh",
        "PATH=${PATH#*:}",
        &format!("for argument; do case $argument in *.conf) {edit} ;; esac; done"),
        &format!("exec {program} \"$@\"\n"),
    ];
    fs::write(&script, lines.join("\n")).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// A site whose servers have the wrong key, and see it when they are asked for TLS.
fn with_the_key_of_another() -> Site {
    let site = Site::new();
    site.files.file("key.pem", site.pki.leaf("example.com").issue().key_pem());
    site
}

/// What the server says when it refuses to start TLS.
async fn refusal(target: &Target) -> String {
    let error = Fetcher::new().unwrap().fetch(target).await.unwrap_err();
    assert_eq!(error.kind(), FetchErrorKind::StartTlsRefused);
    error.source().unwrap().to_string()
}
