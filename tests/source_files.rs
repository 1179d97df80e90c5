//! Files, folders and patterns.

#![cfg(feature = "files")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;

use common::pki::{Draft, Pki, at};
use common::process::Scratch;
use notafter::Inspector;
use notafter::report::Status;
use notafter::source::{Files, Found, ProblemKind, ReadOptions, SkippedKind};
use notafter::target::Purpose;

fn read(paths: &[&str]) -> Found {
    Files::new().read(paths, |_| {})
}

/// The places of the chains, below the folder.
fn places(files: &Scratch, found: &Found) -> Vec<String> {
    let folder = files.path("").to_string_lossy().into_owned();
    found.chains.iter().map(|it| it.locator().to_string().replace(&folder, "")).collect()
}

/// The other places of the first chain, below the folder.
fn also(files: &Scratch, found: &Found) -> Vec<String> {
    let folder = files.path("").to_string_lossy().into_owned();
    found.chains[0].also_at().iter().map(|it| it.to_string().replace(&folder, "")).collect()
}

/// The problems, below the folder.
fn problems(files: &Scratch, found: &Found) -> Vec<String> {
    let folder = files.path("").to_string_lossy().into_owned();
    found.problems.iter().map(|it| it.to_string().replace(&folder, "")).collect()
}

fn folder(files: &Scratch) -> String {
    files.path("").to_string_lossy().into_owned()
}

#[test]
fn a_folder_is_walked_in_order_and_what_is_no_certificate_is_skipped() {
    let (files, pki) = (Scratch::new(), Pki::new());
    fs::create_dir(files.path("sub")).unwrap();
    files.file("b.pem", pki.leaf("b.test").issue().pem());
    files.file("a.der", &pki.leaf("a.test").issue().der);
    files.file("sub/c.crt", pki.leaf("c.test").issue().pem());
    files.file("readme.txt", "hello");
    files.file("empty", "");
    files.file("key.pem", pki.root.key_pem());
    files.file("page.html", "<html></html>");
    let found = read(&[&folder(&files)]);
    assert_eq!(places(&files, &found), ["a.der", "b.pem", "sub/c.crt"]);
    assert_eq!(found.problems, []);
    let skipped: Vec<_> = found.skipped.iter().map(|it| it.kind).collect();
    let other = SkippedKind::Other;
    assert_eq!(skipped, [other, SkippedKind::PrivateKey, other, other]);
}

#[test]
fn what_is_named_and_is_no_certificate_is_a_problem() {
    let files = Scratch::new();
    let (text, empty) = (files.file("readme.txt", "hello"), files.file("empty", ""));
    let absent = files.path("absent.pem").to_string_lossy().into_owned();
    let found = read(&[&text, &empty, &absent]);
    let kinds: Vec<_> = found.problems.iter().map(|it| it.kind().as_str()).collect();
    assert_eq!(kinds, ["unknown-format", "no-certificate", "unreadable-file"]);
    assert_eq!(found.problems[2].locator().to_string(), absent);
    assert!(matches!(found.problems[2].kind(), ProblemKind::Io { kind: ErrorKind::NotFound, .. }));
}

#[test]
fn a_pattern_leads_to_what_matches_it_and_one_that_matches_nothing_is_a_problem() {
    let (files, pki) = (Scratch::new(), Pki::new());
    files.file("a.pem", pki.leaf("a.test").issue().pem());
    files.file("b.crt", pki.leaf("b.test").issue().pem());
    let pattern = |pattern: &str| files.path(pattern).to_string_lossy().into_owned();
    assert_eq!(places(&files, &read(&[&pattern("*.pem")])), ["a.pem"]);
    let found = read(&[&pattern("*.p12")]);
    assert_eq!(found.problems.len(), 1);
    assert!(found.problems[0].to_string().ends_with("can't be read: nothing matches the pattern"));
    let found = read(&[&pattern("[")]);
    assert_eq!(found.problems.len(), 1, "no pattern at all");
    // A file of that very name is no pattern.
    files.file("x[1].pem", pki.leaf("x.test").issue().pem());
    assert_eq!(places(&files, &read(&[&pattern("x[1].pem")])), ["x[1].pem"]);
}

#[test]
fn patterns_lead_through_folders() {
    let (files, pki) = (Scratch::new(), Pki::new());
    fs::create_dir_all(files.path("conf/a/b")).unwrap();
    fs::create_dir_all(files.path("conf/c")).unwrap();
    let names = ["conf/0.pem", "conf/a/1.pem", "conf/a/b/2.pem", "conf/c/3.pem", "conf/c/4.crt"];
    for (number, name) in names.iter().enumerate() {
        files.file(name, pki.leaf(&format!("{number}.test")).issue().pem());
    }
    for (pattern, expected) in [
        ("conf/*.pem", &["conf/0.pem"][..]),
        ("conf/*/[12].pem", &["conf/a/1.pem"]),
        ("conf/?/*", &["conf/a/1.pem", "conf/a/b/2.pem", "conf/c/3.pem", "conf/c/4.crt"]),
        ("conf/**/*.pem", &names[..4]),
        ("conf/**/b/*", &["conf/a/b/2.pem"]),
        ("conf/c/../a/*.pem", &["conf/c/../a/1.pem"]),
        ("**/c", &["conf/c/3.pem", "conf/c/4.crt"]),
        ("conf/a/**", &["conf/a/1.pem", "conf/a/b/2.pem"]),
        ("conf/0.pem/*", &[]),
        ("*/0.crt", &[]),
    ] {
        let found = read(&[&files.path(pattern).to_string_lossy()]);
        assert_eq!(places(&files, &found), expected, "{pattern}");
        assert_eq!(found.problems.len(), usize::from(expected.is_empty()), "{pattern}");
    }
    let found = Files::new().max_depth(0).read([files.path("conf/**/*.pem")], |_| {});
    assert_eq!(places(&files, &found), ["conf/0.pem"]);
    let limit = "has more than 0 folders in each other, which is the limit";
    assert_eq!(problems(&files, &found), ["conf/a", "conf/c"].map(|it| format!("{it}: {limit}")));
}

#[cfg(unix)]
#[test]
fn a_pattern_does_not_go_round_in_circles() {
    let (files, pki) = (Scratch::new(), Pki::new());
    files.file("a.pem", pki.root.pem());
    // Two ways at each level make 2^40 of them before the system gives up.
    for name in ["x", "y"] {
        std::os::unix::fs::symlink(".", files.path(name)).unwrap();
    }
    let found = read(&[&files.path("**/*.pem").to_string_lossy()]);
    assert_eq!(places(&files, &found), ["a.pem"]);
    assert_eq!(found.problems, []);
}

#[test]
fn what_is_named_is_read_first_and_stays_a_problem() {
    let (files, pki) = (Scratch::new(), Pki::new());
    files.file("a.pem", pki.root.pem());
    let (text, named) = (files.file("readme.txt", "hello"), files.file("b.pem", pki.root.pem()));
    let found = read(&[&folder(&files), &text, &named]);
    assert_eq!(places(&files, &found), ["b.pem"]);
    assert_eq!(also(&files, &found), ["a.pem"]);
    assert_eq!(problems(&files, &found), ["readme.txt: is in no format that is known here"]);
    assert_eq!(found.skipped, []);
}

#[test]
fn what_only_looks_like_a_document_of_certificates_is_skipped_in_a_walk() {
    let files = Scratch::new();
    files.file("chart.yaml", "apiVersion: v1\n{{ if .Values.tls }}\nkind: Secret\n{{ end }}\n");
    files.file("config.json", "{\"keys\": {\"up\": \"k\"}}");
    files.file("binary", [0x30, 0x31, 0, 1, 0xff]);
    files.file("manifest.yaml", "apiVersion: v1\nkind: [\n");
    let found = read(&[&folder(&files)]);
    assert_eq!(found.skipped.len(), 3);
    let told = problems(&files, &found);
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("manifest.yaml, line "), "{told:?}");
}

#[cfg(unix)]
#[test]
fn a_mounted_secret_is_called_by_the_names_that_stay() {
    use std::os::unix::fs::symlink;

    let (files, pki) = (Scratch::new(), Pki::new());
    fs::create_dir(files.path("..2026_11_22")).unwrap();
    files.file("..2026_11_22/tls.crt", pki.root.pem());
    symlink("..2026_11_22", files.path("..data")).unwrap();
    symlink("..data/tls.crt", files.path("tls.crt")).unwrap();
    for path in ["", "*", "**/*"] {
        let found = read(&[&files.path(path).to_string_lossy()]);
        assert_eq!(places(&files, &found), ["tls.crt"]);
        assert_eq!(found.chains[0].also_at(), []);
    }
}

#[test]
fn the_same_chain_is_found_once_and_remembers_its_other_places() {
    let (files, pki) = (Scratch::new(), Pki::new());
    let other = Draft::root("Other").issue();
    files.file("a.pem", pki.root.pem());
    files.file("bundle.pem", pki.root.pem() + &other.pem());
    let found = read(&[&folder(&files)]);
    let line = pki.root.pem().lines().count() + 1;
    assert_eq!(places(&files, &found), ["a.pem".to_owned(), format!("bundle.pem, line {line}")]);
    let also: Vec<String> = found.chains[0].also_at().iter().map(ToString::to_string).collect();
    assert_eq!(also, [format!("{}bundle.pem, line 1", folder(&files))]);
    assert_eq!(found.chains[1].also_at(), []);
}

#[cfg(unix)]
#[test]
fn links_are_followed_once() {
    use std::os::unix::fs::symlink;

    let (files, pki) = (Scratch::new(), Pki::new());
    fs::create_dir(files.path("sub")).unwrap();
    files.file("sub/a.pem", pki.root.pem());
    symlink(files.path("sub/a.pem"), files.path("4a6481c9.0")).unwrap();
    symlink(files.path(""), files.path("sub/up")).unwrap();
    symlink(files.path("nowhere"), files.path("dangling")).unwrap();
    let found = read(&[&folder(&files)]);
    assert_eq!(places(&files, &found), ["4a6481c9.0"]);
    assert_eq!(also(&files, &found), ["sub/a.pem"]);
    assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
    assert!(found.problems[0].locator().to_string().ends_with("dangling"));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_never_opened() {
    let files = Scratch::new();
    files.run("mkfifo pipe");
    let found = read(&[&folder(&files)]);
    assert_eq!((found.problems.len(), found.skipped.len()), (0, 1));
    let pipe = files.path("pipe").to_string_lossy().into_owned();
    let found = read(&[&pipe]);
    assert_eq!(
        found.problems[0].to_string(),
        format!("{pipe}: can't be read: is neither a file nor a folder"),
    );
}

#[test]
fn bytes_files_and_folders_are_bounded() {
    let (files, pki) = (Scratch::new(), Pki::new());
    fs::create_dir_all(files.path("a/b")).unwrap();
    let pem = pki.root.pem();
    files.file("0.pem", &pem);
    files.file("1.pem", "x".repeat(5_000));
    files.file("a/2.pem", pki.intermediate.pem());
    files.file("a/b/3.pem", pki.leaf("x.test").issue().pem());
    let told = |reader: &Files| {
        let found = reader.read([folder(&files)], |_| {});
        let told: Vec<String> =
            found.problems.iter().map(|it| it.to_string().replace(&folder(&files), "")).collect();
        (found.chains.len(), told)
    };
    let small = ReadOptions::new().max_bytes(4_999);
    assert_eq!(
        told(&Files::new().options(small)),
        (3, vec!["1.pem: has 5000 bytes; the limit is 4999".to_owned()]),
    );
    assert_eq!(
        told(&Files::new().max_files(2)),
        (1, vec!["a/2.pem: has more than 2 files, which is the limit".to_owned()]),
    );
    let all = Files::new().max_total_bytes(u64::try_from(pem.len()).unwrap() + 4_999);
    let limit = pem.len() + 4_999;
    assert_eq!(
        told(&all),
        (1, vec![format!("1.pem: has more than {limit} bytes in all files, which is the limit")]),
    );
    assert_eq!(
        told(&Files::new().max_depth(1)),
        (2, vec!["a/b: has more than 1 folders in each other, which is the limit".to_owned()]),
    );
}

#[test]
fn what_vanishes_while_it_is_walked_is_named_and_the_rest_stands() {
    let (files, pki) = (Scratch::new(), Pki::new());
    fs::create_dir(files.path("m")).unwrap();
    files.file("a.pem", pki.root.pem());
    files.file("b.pem", pki.intermediate.pem());
    files.file("m/c.pem", pki.intermediate.pem());
    files.file("z.pem", pki.leaf("x.test").issue().pem());
    let mut seen = Vec::new();
    let found = Files::new().read([folder(&files)], |progress| {
        if progress.files == 0 {
            fs::remove_file(files.path("b.pem")).unwrap();
            fs::remove_dir_all(files.path("m")).unwrap();
        }
        let name = progress.path.file_name().unwrap().to_string_lossy().into_owned();
        seen.push((name, progress.chains));
    });
    assert_eq!(places(&files, &found), ["a.pem", "z.pem"]);
    let gone: Vec<bool> =
        found.problems.iter().map(|it| it.kind().as_str() == "unreadable-file").collect();
    assert_eq!(gone, [true, true]);
    assert_eq!(seen, [("a.pem".to_owned(), 0), ("z.pem".to_owned(), 1)]);
}

#[cfg(feature = "kubernetes")]
#[test]
fn files_that_a_file_names_are_read_with_its_purpose_and_circles_end() {
    let (files, pki) = (Scratch::new(), Pki::new());
    let config = |ca: &str, client: &str| {
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n    \
             certificate-authority: {ca}\nusers:\n- name: u\n  user:\n    client-certificate: {client}\n"
        )
    };
    fs::create_dir(files.path("pki")).unwrap();
    files.file("pki/ca.crt", pki.root.pem());
    let path = files.file("config", config("pki/ca.crt", "config"));
    let found = read(&[&path]);
    assert_eq!(places(&files, &found), ["pki/ca.crt"]);
    assert_eq!(found.chains[0].subject().purpose(), Purpose::Ca);
    assert_eq!(
        problems(&files, &found),
        ["config, key users[u].user.client-certificate: leads back to where it came from"],
    );
    assert_eq!(found.references, []);

    let path = files.file("config", config("gone.crt", "pki/ca.crt"));
    let found = read(&[&path]);
    assert!(matches!(found.problems[0].kind(), ProblemKind::Io { kind: ErrorKind::NotFound, .. }));
    let told = &problems(&files, &found)[0];
    let start = "config, key clusters[c].cluster.certificate-authority: can't be read: gone.crt: ";
    assert!(told.starts_with(start), "{told}");

    let path = files.file("config", config("pki", "pki/ca.crt"));
    let found = read(&[&path]);
    assert_eq!(found.chains.len(), 1);
    assert_eq!(
        problems(&files, &found),
        [
            "config, key clusters[c].cluster.certificate-authority: can't be read: pki: is a directory"
        ],
    );
}

#[cfg(feature = "kubernetes")]
#[test]
fn the_client_certificate_that_a_kubeconfig_names_is_judged_as_one_however_it_is_reached() {
    let (files, pki) = (Scratch::new(), Pki::new());
    let client = pki.leaf("kubelet").with(|params| params.extended_key_usages = Vec::new());
    files.file("client.pem", client.issue().pem());
    let config = "apiVersion: v1\nkind: Config\nusers:\n- name: u\n  user:\n    client-certificate: \
                  client.pem\n";
    let config = files.file("kubelet.conf", config);
    let status = |chain: &notafter::source::FoundChain| {
        let at = at("2026-06-01T00:00:00Z");
        Inspector::new().inspect(chain.chain(), chain.subject(), at).status()
    };
    let found = read(&[&config]);
    assert_eq!(places(&files, &found), ["client.pem"]);
    assert_eq!(found.chains[0].subject().purpose(), Purpose::Client);
    assert_eq!(status(&found.chains[0]), Status::Pass);
    // Who names the file wants it judged as what it is by itself, too.
    let found = read(&[&files.path("client.pem").to_string_lossy(), &config]);
    let purposes: Vec<_> = found.chains.iter().map(|it| it.subject().purpose()).collect();
    assert_eq!(purposes, [Purpose::Server, Purpose::Client]);
    // Here it is met before, as is a copy, and taken for a server's.
    let copy = fs::read(files.path("client.pem")).unwrap();
    files.file("copy.pem", copy);
    let found = read(&[&folder(&files)]);
    assert_eq!(places(&files, &found), ["client.pem"]);
    assert_eq!(also(&files, &found), ["copy.pem"]);
    assert_eq!(found.chains[0].subject().purpose(), Purpose::Client);
    assert_eq!(status(&found.chains[0]), Status::Pass);
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_walked_too() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let (files, pki) = (Scratch::new(), Pki::new());
    fs::write(files.path("").join(OsStr::from_bytes(b"\xff.pem")), pki.root.pem()).unwrap();
    let found = read(&[&folder(&files)]);
    assert_eq!(places(&files, &found), ["\u{fffd}.pem"]);
}

#[test]
#[ignore = "needs Debian's ca-certificates"]
fn debians_roots_are_found_once_each() {
    let found = read(&["/etc/ssl/certs"]);
    let bundle = fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap();
    let chain = notafter::chain::PresentedChain::from_pem(&bundle).unwrap();
    let expected: HashSet<[u8; 32]> = chain.entries().iter().map(|it| it.sha256()).collect();
    let roots: Vec<[u8; 32]> = found
        .chains
        .iter()
        .filter(|it| it.subject().purpose() == Purpose::Ca)
        .map(|it| it.chain().end_entity().sha256())
        .collect();
    let distinct: HashSet<[u8; 32]> = roots.iter().copied().collect();
    assert_eq!(roots.len(), distinct.len(), "each once");
    assert!(expected.len() > 100 && expected.is_subset(&distinct));
    // Each stands in a file of its own and in the bundle.
    assert!(found.chains.iter().any(|it| !it.also_at().is_empty()));
    assert_eq!(found.problems, []);
}
