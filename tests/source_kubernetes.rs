//! Manifests and kubeconfigs of Kubernetes.

#![cfg(feature = "kubernetes")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use common::pki::{Draft, Issued, Pki, at};
use data_encoding::BASE64;
use notafter::Inspector;
use notafter::report::{Code, Status};
use notafter::source::{self, Found, ReadOptions, ReferenceTarget, SkippedKind};
use notafter::target::Purpose;
use proptest::prelude::*;

fn read(text: &str) -> Found {
    source::read("app.yaml", text.as_bytes(), &ReadOptions::new())
}

fn base64(text: &str) -> String {
    BASE64.encode(text.as_bytes())
}

/// Each chain: where, what for, how many certificates.
fn chains(found: &Found) -> Vec<String> {
    let line = |it: &source::FoundChain| {
        let (purpose, count) = (it.subject().purpose(), it.chain().entries().len());
        format!("{}: {purpose}, {count}", it.locator())
    };
    found.chains.iter().map(line).collect()
}

fn problems(found: &Found) -> Vec<String> {
    found.problems.iter().map(ToString::to_string).collect()
}

fn spki(issued: &Issued) -> Vec<u8> {
    let found = source::read("x", &issued.der, &ReadOptions::new());
    let entry = found.chains[0].chain().end_entity().clone();
    entry.certificate().unwrap().public_key().spki().to_vec()
}

/// A Secret of type `kubernetes.io/tls`.
fn tls_secret(pki: &Pki, leaf: &Issued, key: &Issued) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\n  namespace: shop\n\
         type: kubernetes.io/tls\ndata:\n  tls.crt: {}\n  tls.key: {}\n  ca.crt: {}\n",
        base64(&(leaf.pem() + &pki.intermediate.pem())),
        base64(&key.key_pem()),
        base64(&pki.root.pem()),
    )
}

#[test]
fn a_tls_secret_holds_a_servers_chain_its_key_and_a_ca() {
    let pki = Pki::new();
    let (leaf, other) = (pki.leaf("www.test").issue(), pki.leaf("other.test").issue());
    let found = read(&tls_secret(&pki, &leaf, &leaf));
    assert_eq!(
        chains(&found),
        [
            "app.yaml, Secret shop/web, key tls.crt: server, 2",
            "app.yaml, Secret shop/web, key ca.crt: ca, 1",
        ],
    );
    assert_eq!(problems(&found), Vec::<String>::new());
    assert_eq!(found.chains[0].subject().public_key(), Some(&*spki(&leaf)));
    assert_eq!(found.chains[1].subject().public_key(), None);
    assert_eq!(found.skipped.len(), 1);
    assert_eq!(found.skipped[0].kind, SkippedKind::PrivateKey);

    let found = read(&tls_secret(&pki, &leaf, &other));
    let report = Inspector::new().inspect(
        found.chains[0].chain(),
        found.chains[0].subject(),
        at("2026-06-01T00:00:00Z"),
    );
    assert_eq!(report.findings_with(Code::KeyMismatch).count(), 1);
}

#[test]
fn what_else_a_secret_holds_is_neither_told_nor_shown() {
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: db}}\ndata:\n  password: {}\n  config: {}\n",
        base64("hunter2"),
        base64("{\"keys\": \"hunter2\"}"),
    );
    let found = read(&secret);
    assert_eq!(problems(&found), Vec::<String>::new());
    assert_eq!(chains(&found), Vec::<String>::new());
    assert!(!format!("{found:?}").contains("hunter2"));
}

#[test]
fn what_should_be_a_certificate_and_is_none_is_a_problem() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\ndata:\n  tls.crt: '@@@'\n  \
                  ca.crt: aGVsbG8=\n  token: '@@@'\n";
    assert_eq!(
        problems(&read(secret)),
        [
            "app.yaml, Secret web, key tls.crt, line 6: is not valid base64",
            "app.yaml, Secret web, key ca.crt: is in no format that is known here",
            "app.yaml, Secret web, key token, line 8: is not valid base64",
        ],
    );
}

#[test]
fn config_maps_and_string_data_hold_pem_as_it_is() {
    let pki = Pki::new();
    let indented = |text: &str| text.replace('\n', "\n    ");
    let documents = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: roots\ndata:\n  readme: hello\n  \
         bundle.pem: |\n    {}\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  \
         cert.pem: |\n    {}\n",
        indented(&(pki.root.pem() + &pki.intermediate.pem())),
        indented(&pki.leaf("www.test").issue().pem()),
    );
    let found = read(&documents);
    let places: Vec<String> = chains(&found);
    assert_eq!(places.len(), 3, "{places:?}");
    assert_eq!(places[0], "app.yaml, ConfigMap roots, key bundle.pem, line 1: ca, 1");
    assert!(places[1].starts_with("app.yaml, ConfigMap roots, key bundle.pem, line "));
    assert_eq!(places[2], "app.yaml, Secret s, key cert.pem: server, 1");
    assert_eq!(problems(&found), Vec::<String>::new());
}

#[test]
fn lists_are_looked_into_in_json_too() {
    let pki = Pki::new();
    let leaf = pki.leaf("www.test").issue();
    let item = |name: &str| {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{{\"name\":\"{name}\"}},\
             \"data\":{{\"tls.crt\":\"{}\",\"note\":\"\"}}}}",
            base64(&leaf.pem()),
        )
    };
    let inner = format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{}]}}", item("b"));
    let list = format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"SecretList\",\"items\":[{},{inner},{}]}}",
        item("a"),
        item("c"),
    );
    assert_eq!(
        chains(&read(&list)),
        ["a", "b", "c"].map(|name| format!("app.yaml, Secret {name}, key tls.crt: server, 1")),
    );
}

#[test]
fn every_ca_bundle_is_found_wherever_it_stands() {
    let root = Draft::root("Webhook CA").issue();
    let bundle = base64(&root.pem());
    let manifests = format!(
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n\
         metadata:\n  name: policy\nwebhooks:\n- name: a\n  clientConfig:\n    caBundle: {bundle}\n\
         - name: b\n  clientConfig:\n    caBundle: ''\n- name: c\n  clientConfig:\n    caBundle: Cg==\n\
         ---\napiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {{name: v1.x}}\n\
         spec: {{caBundle: {bundle}}}\n\
         ---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
         metadata: {{name: things.x}}\nspec:\n  conversion:\n    webhook:\n      clientConfig:\n        \
         caBundle: {bundle}\n",
    );
    let found = read(&manifests);
    assert_eq!(
        chains(&found),
        [
            "app.yaml, ValidatingWebhookConfiguration policy, key webhooks[0].clientConfig.caBundle: ca, 1",
            "app.yaml, APIService v1.x, key spec.caBundle: ca, 1",
            "app.yaml, CustomResourceDefinition things.x, key spec.conversion.webhook.clientConfig.caBundle: ca, 1",
        ],
    );
    assert_eq!(
        problems(&found),
        [
            "app.yaml, ValidatingWebhookConfiguration policy, key webhooks[2].clientConfig.caBundle: \
          holds no certificate"
        ],
    );
}

#[test]
fn a_key_where_a_certificate_belongs_is_no_certificate() {
    let key = Draft::root("x").issue().key_pem();
    let manifests = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: swapped}}\ndata:\n  tls.crt: {key}\n  \
         key.pem: {key}\n---\napiVersion: v1\nkind: APIService\nmetadata: {{name: v1.x}}\n\
         spec: {{caBundle: {key}}}\n",
        key = base64(&key),
    );
    let found = read(&manifests);
    assert_eq!(
        problems(&found),
        [
            "app.yaml, Secret swapped, key tls.crt: holds no certificate",
            "app.yaml, APIService v1.x, key spec.caBundle: holds no certificate",
        ],
    );
    assert!(found.skipped.iter().all(|it| it.kind == SkippedKind::PrivateKey));
    assert_eq!(found.skipped.len(), 3);
}

#[test]
fn a_key_is_held_against_its_certificate_whatever_the_type_and_told_of_once() {
    let pki = Pki::new();
    let leaf = pki.leaf("www.test").issue();
    let with_key = |key: &str| format!("{}  tls.key: {key}\n", secret("web", &leaf));
    let found = read(&with_key(&base64(&leaf.key_pem())));
    assert_eq!(found.chains[0].subject().public_key(), Some(&*spki(&leaf)));
    assert_eq!((found.problems.len(), found.skipped.len()), (0, 1));
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAowBQYDKgMEBAEA\n-----END ENCRYPTED \
                     PRIVATE KEY-----\n";
    for (key, reason) in [
        (
            base64(encrypted),
            ": the private key is encrypted, so it can't be held against the certificates",
        ),
        (
            base64("hello"),
            ": the private key can't be read: is no private key in PKCS#8, PKCS#1 or SEC 1",
        ),
        ("'@'".to_owned(), ", line 6: is not valid base64"),
    ] {
        let found = read(&with_key(&key));
        assert_eq!(problems(&found), [format!("app.yaml, Secret web, key tls.key{reason}")]);
        assert_eq!((found.chains.len(), found.skipped.len()), (1, 1));
        assert_eq!(found.chains[0].subject().public_key(), None);
    }
    // What is written in plain text is put over what is there.
    let text = format!(
        "{}stringData:\n  tls.key: |\n    {}\n",
        with_key("'@'"),
        leaf.key_pem().replace('\n', "\n    ")
    );
    assert_eq!(read(&text).chains[0].subject().public_key(), Some(&*spki(&leaf)));
    assert_eq!(problems(&read(&text)), Vec::<String>::new());
}

#[test]
fn names_that_no_cluster_takes_are_cut_where_they_are_told() {
    let name = "n".repeat(100_000);
    let told = problems(&read(&format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: \"{name}\"}}\ndata:\n  a: '@'\n"
    )));
    let cut = &name[..255];
    assert_eq!(
        told,
        [format!("app.yaml, Secret {cut}\u{2026}, key a, line 5: is not valid base64")]
    );
}

#[test]
fn null_and_nothing_are_no_certificates_and_no_problems() {
    let config = "apiVersion: v1\nkind: Config\nusers:\n- name: u\n  user:\n    \
                  client-certificate-data: null\n    client-certificate: u.crt\nclusters:\n- name: c\n  \
                  cluster:\n    certificate-authority-data: ''\n";
    let pending = "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\n\
                   metadata: {name: x}\nstatus:\n  certificate: null\n";
    let found = read(config);
    assert_eq!((found.problems.len(), found.references.len()), (0, 1));
    assert_eq!(problems(&read(pending)), Vec::<String>::new());
}

#[test]
fn the_files_that_a_kubeconfig_in_a_manifest_names_are_not_here() {
    let found = read(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-proxy, namespace: kube-system}\ndata:\n  \
         kubeconfig.conf: |\n    apiVersion: v1\n    kind: Config\n    clusters:\n    - name: default\n      \
         cluster:\n        certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt\n",
    );
    assert_eq!(found.references, []);
    assert_eq!((found.problems.len(), found.skipped.len()), (0, 1));
}

#[test]
fn a_certificate_signing_request_holds_what_was_issued() {
    let pki = Pki::new();
    let issued = base64(&pki.leaf("node.test").issue().pem());
    let found = read(&format!(
        "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {{name: node}}\n\
         spec: {{request: '@'}}\nstatus: {{certificate: {issued}}}\n"
    ));
    assert_eq!(
        chains(&found),
        ["app.yaml, CertificateSigningRequest node, key status.certificate: server, 1"],
    );
    assert_eq!(problems(&found), Vec::<String>::new());
}

/// As `kubeadm kubeconfig user` writes it.
fn kubeconfig(ca: &str, certificate: &str, key: &str) -> String {
    format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {ca}\n    server: \
         https://192.0.2.1:6443\n  name: kubernetes\ncontexts:\n- context:\n    cluster: kubernetes\n    \
         user: kubernetes-admin\n  name: kubernetes-admin@kubernetes\ncurrent-context: \
         kubernetes-admin@kubernetes\nkind: Config\npreferences: {{}}\nusers:\n- name: \
         kubernetes-admin\n  user:\n    client-certificate-data: {certificate}\n    \
         client-key-data: {key}\n",
    )
}

#[test]
fn a_kubeconfig_has_a_cluster_ca_and_a_client_with_its_key() {
    let ca = Draft::root("kubernetes").issue();
    let admin = ca.leaf("kubernetes-admin").with(|params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    });
    let admin = admin.valid("2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z").issue();
    let data = |text: String| base64(&text);
    let found = read(&kubeconfig(&data(ca.pem()), &data(admin.pem()), &data(admin.key_pem())));
    assert_eq!(
        chains(&found),
        [
            "app.yaml, key clusters[kubernetes].cluster.certificate-authority-data: ca, 1",
            "app.yaml, key users[kubernetes-admin].user.client-certificate-data: client, 1",
        ],
    );
    assert_eq!(problems(&found), Vec::<String>::new());
    let broken = read(&kubeconfig(&data(ca.pem()), &data(admin.pem()), "'@'"));
    assert_eq!(
        problems(&broken),
        [
            "app.yaml, key users[kubernetes-admin].user.client-key-data, line 19: is not valid base64",
        ],
    );
    let client = &found.chains[1];
    assert_eq!(client.subject().public_key(), Some(&*spki(&admin)));
    let judge =
        |instant| Inspector::new().inspect(client.chain(), client.subject(), at(instant)).status();
    assert_eq!(judge("2026-06-01T00:00:00Z"), Status::Pass);
    assert_eq!(judge("2026-12-30T00:00:00Z"), Status::Warn);
    assert_eq!(judge("2027-01-01T00:00:00Z"), Status::Fail);
}

#[test]
fn files_that_a_kubeconfig_names_are_references() {
    let config = "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n    \
                  certificate-authority: ca.crt\nusers:\n- name: u\n  user:\n    client-certificate: \
                  /etc/u.crt\n";
    let found = read(config);
    let told: Vec<_> = found
        .references
        .iter()
        .map(|it| (it.locator.to_string(), it.target.clone(), it.purpose))
        .collect();
    let file = |name: &str| ReferenceTarget::File(name.to_owned());
    assert_eq!(
        told,
        [
            (
                "app.yaml, key clusters[c].cluster.certificate-authority".to_owned(),
                file("ca.crt"),
                Some(Purpose::Ca),
            ),
            (
                "app.yaml, key users[u].user.client-certificate".to_owned(),
                file("/etc/u.crt"),
                Some(Purpose::Client),
            ),
        ],
    );
}

#[test]
fn what_can_not_be_read_names_its_line_and_what_stands_before_is_found() {
    let pki = Pki::new();
    let leaf = pki.leaf("www.test").issue();
    let start = tls_secret(&pki, &leaf, &leaf);
    let line = start.lines().count() + 3;
    let found = read(&format!("{start}---\napiVersion: v1\nkind: [\n"));
    assert_eq!(found.chains.len(), 2);
    assert_eq!(found.problems.len(), 1);
    let told = found.problems[0].to_string();
    assert!(
        told.starts_with(&format!("app.yaml, line {line}: can't be read as Kubernetes: "))
            || told.starts_with(&format!(
                "app.yaml, line {}: can't be read as Kubernetes: ",
                line + 1
            )),
        "{told}"
    );
}

/// A Secret with one certificate.
fn secret(name: &str, issued: &Issued) -> String {
    let data = base64(&issued.pem());
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\ndata:\n  tls.crt: {data}\n")
}

#[test]
fn a_document_that_can_not_be_read_takes_no_other_with_it() {
    let pki = Pki::new();
    let leaf = pki.leaf("www.test").issue();
    let text = format!(
        "%YAML 1.2\n# Two good ones.\n---\n{}--- # a bad one\r\nkind: [\r\n---\n{}  tls.key: '@'\n",
        secret("a", &leaf),
        secret("c", &leaf),
    );
    let found = read(&text);
    assert_eq!(
        chains(&found),
        ["a", "c"].map(|name| format!("app.yaml, Secret {name}, key tls.crt: server, 1")),
    );
    let told = problems(&found);
    assert!(told[0].starts_with("app.yaml, line 11: can't be read as Kubernetes: "), "{told:?}");
    assert_eq!(told[1], "app.yaml, Secret c, key tls.key, line 17: is not valid base64");
}

#[test]
fn json_comes_in_rows_and_with_every_escape() {
    let pki = Pki::new();
    let leaf = pki.leaf("www.test").issue();
    let json = |name: &str| {
        let data = base64(&leaf.pem()).replace('/', "\\/");
        format!(
            "{{\t\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{{\"name\":\"{name}\\ud83d\\ude00\"}},\
             \"data\":{{\"tls.crt\":\"{data}\"}}}}"
        )
    };
    let all = ["a", "b", "c"]
        .map(|name| format!("app.yaml, Secret {name}\u{1f600}, key tls.crt: server, 1"));
    let found = read(&format!("{}\n{}\n---\n{}", json("a"), json("b"), json("c")));
    assert_eq!((chains(&found), problems(&found)), (all.to_vec(), Vec::new()));
    let found = read(&format!("{}\n{{\"kind\": nonsense}}", json("a")));
    assert_eq!(chains(&found), all[..1]);
    assert_eq!(problems(&found), ["app.yaml, line 2: can't be read as Kubernetes: expected ident"],);
}

#[test]
fn items_of_a_list_need_not_say_their_kind() {
    let pki = Pki::new();
    let data = base64(&pki.leaf("www.test").issue().pem());
    let list = format!(
        "apiVersion: v1\nkind: SecretList\nitems:\n- metadata: {{name: a}}\n  data: {{tls.crt: {data}}}\n"
    );
    assert_eq!(chains(&read(&list)), ["app.yaml, Secret a, key tls.crt: server, 1"]);
}

#[test]
fn values_are_bounded_and_commas_in_strings_are_none() {
    let limit = 2_000_000;
    let told = [
        "app.yaml, line 1: can't be read as Kubernetes: has more than 2000000 values, which is the \
                 limit",
    ];
    let json = |values: &str| format!("{{\"apiVersion\":\"v1\",\"kind\":\"X\",\"x\":[{values}]}}");
    assert_eq!(problems(&read(&json(&"0,".repeat(limit)))), told);
    assert_eq!(
        problems(&read(&json(&format!("\"{}\\\",\"", ",".repeat(limit))))),
        Vec::<String>::new()
    );
    let yaml = format!("x: [{}]\napiVersion: v1\n", "a,".repeat(limit));
    assert_eq!(problems(&read(&yaml)), told);
}

#[test]
fn aliases_are_not_followed() {
    let bomb = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\na: &a [x, x]\nb: &b [*a, *a]\n\
                c: &c [*b, *b]\ndata:\n  tls.crt: *c\n";
    assert_eq!(
        problems(&read(bomb)),
        [
            "app.yaml, Secret x, key tls.crt, line 8: can't be read as Kubernetes: an alias stands here, \
          which is not followed"
        ],
    );
}

#[test]
fn depth_is_bounded_and_so_are_manifests_in_manifests() {
    let blocks: String = (0..100).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert_eq!(
        problems(&read(&format!("apiVersion: v1\n{blocks}"))),
        [
            "app.yaml, line 66: can't be read as Kubernetes: has more than 64 levels, which is the limit"
        ],
    );
    for hostile in ["[", "{a: ", "- ", "? "] {
        let text = format!("apiVersion: v1\nkind: X\na: {}\n", hostile.repeat(100_000));
        let found = read(&text);
        assert_eq!((found.chains.len(), found.problems.len()), (0, 1), "{hostile}");
    }
    let json = format!("{{\"apiVersion\":\"v1\",\"kind\":{}", "[".repeat(100_000));
    assert_eq!(read(&json).problems.len(), 1);
    let root = Draft::root("x").issue().pem();
    let map = |name: &str, inner: &str| {
        let inner = inner.trim_end().replace('\n', "\n    ");
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  inner: |\n    {inner}\n"
        )
    };
    let once = map("a", &root);
    assert_eq!(read(&once).chains.len(), 1);
    assert_eq!(read(&map("b", &once)).chains.len(), 1);
    let thrice = read(&map("c", &map("b", &once)));
    assert_eq!(thrice.chains.len(), 0);
    assert_eq!(thrice.skipped.len(), 1);
}

#[test]
fn manifests_in_manifests_are_bounded_where_they_have_no_names_too() {
    let config = |inner: &str| {
        let inner = base64(inner);
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    certificate-authority-data: {inner}\n"
        )
    };
    let root = Draft::root("x").issue().pem();
    assert_eq!(read(&config(&config(&root))).chains.len(), 1);
    let thrice = read(&config(&config(&config(&root))));
    assert_eq!((thrice.chains.len(), thrice.skipped.len()), (0, 1));
    // Enough of them to overflow the stack, if each were looked into.
    let mut map = String::new();
    for _ in 0..500 {
        let inner: String = map.lines().map(|line| format!("  {line}\n")).collect();
        map = format!("apiVersion: v1\nkind: ConfigMap\ndata:\n a: |\n{inner}");
    }
    assert_eq!(read(&map).skipped.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever certificates a Secret is made of, they come back equal.
    #[test]
    fn what_is_written_into_a_secret_comes_back(names in proptest::collection::vec("[a-z]{1,12}", 1..4)) {
        let pki = Pki::new();
        let leaves: Vec<Issued> =
            names.iter().map(|name| pki.leaf(&format!("{name}.test")).issue()).collect();
        let entries: String = leaves
            .iter()
            .enumerate()
            .map(|(number, leaf)| format!("  c{number}.crt: {}\n", base64(&leaf.pem())))
            .collect();
        let secret =
            format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\ndata:\n{entries}");
        let found = read(&secret);
        let ders: Vec<&[u8]> =
            found.chains.iter().map(|it| it.chain().end_entity().der()).collect();
        let expected: Vec<&[u8]> = leaves.iter().map(|leaf| &*leaf.der).collect();
        prop_assert_eq!(ders, expected);
    }
}
