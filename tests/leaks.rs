//! Inputs that hold credentials in every place and shape, at every output of the program.
//!
//! Nothing is asserted here but the exit code: `Run::run` searches whatever a run leaves for the secrets of
//! `testdata/fixture-secrets.txt`.
#![allow(clippy::disallowed_methods, reason = "a test writes its own files")]
#[path = "support/support.rs"]
mod support;

use std::fs;
use std::path::Path;

use base64::prelude::*;
use pullcreds::report::Format;
use pullcreds::words::Words as _;

use support::{Outcome, pullcreds};

/// Passwords of `testdata/fixture-secrets.txt`.
const PASSWORD: &str = "Correct-Horse-7-Battery";
const SLASHED: &str = "p4ss/w0rd+with=signs";
const PLAIN: &str = "hunter2hunter2";

/// A workload with a private image, so that there is something to find and to inject beside the secrets.
const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop}
spec:
  containers:
  - name: api
    image: myregistry.azurecr.io/api:v1
";

/// A docker configuration for a registry.
fn config(registry: &str, password: &str) -> String {
    let auth = BASE64_STANDARD.encode(format!("robot:{password}"));
    format!(
        r#"{{"auths":{{"{registry}":{{"username":"robot","password":"{password}","auth":"{auth}"}}}}}}"#
    )
}

/// A Secret, whose lines below its name are `rest`.
fn secret(rest: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: regcred\n  namespace: shop\n{rest}")
}

/// Runs the program in every way that produces output about an input.
#[track_caller]
fn run_all(input: impl AsRef<[u8]>) {
    let input = input.as_ref();
    let inject = ["--inject", "*=regcred", "--into", "pod", "--diff", "always"];
    let formats = Format::words().iter().map(|format| format!("--report={format}={format}.report"));
    let reports: Vec<_> = formats.collect();
    let reports: Vec<_> = reports.iter().map(String::as_str).collect();
    for args in [
        &["check", "--color", "always", "--assume-private"][..],
        &["check", "--format", "json"],
        &["--report", "json", "--fail-on", "warning"],
    ] {
        assert_ran(&pullcreds(args).stdin(input).run());
    }
    let state = tempfile::tempdir().expect("a temporary folder can be made");
    let keep = |args: &[&str]| pullcreds(args).env("XDG_STATE_HOME", state.path());
    assert_ran(&keep(&[&inject[..], &reports].concat()).stdin(input).run());
    assert_ran(&keep(&["last"]).run());
    let run = pullcreds(["inject", "--write", "input.yaml", "--color", "always"]).args(inject);
    write(run.home(), "input.yaml", input);
    assert_ran(&run.run());
}

/// The run ended normally, and left output to search.
#[track_caller]
fn assert_ran(outcome: &Outcome) {
    assert!(matches!(outcome.code, Some(0..=3)), "{outcome}");
    assert!(!(outcome.stdout.is_empty() && outcome.stderr.is_empty()), "{outcome}");
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    fs::write(folder.join(name), content).expect("the temporary folder can be written");
}

/// A document alone, and between two workloads.
#[track_caller]
fn run_all_among_workloads(document: &str) {
    run_all(document);
    run_all(format!("{POD}---\n{document}\n---\n{POD}").replace('\n', "\r\n"));
}

#[test]
fn a_payload_in_base64() {
    for registry in ["myregistry.azurecr.io", "ghcr.io"] {
        let encoded = BASE64_STANDARD.encode(config(registry, PASSWORD));
        for kind in ["kubernetes.io/dockerconfigjson", "Opaque", "kubernetes.io/dockercfg"] {
            run_all_among_workloads(&secret(&format!(
                "type: {kind}\ndata:\n  .dockerconfigjson: {encoded}\n"
            )));
        }
        let (left, right) = encoded.split_at(40);
        for value in [
            format!("|\n    {left}\n    {right}"),
            format!(">-\n    {left}\n    {right}"),
            format!("\"{left}\\\n    {right}\""),
            format!("'{left}\n    {right}'"),
            format!("&payload {encoded}"),
            format!("!!str {encoded}"),
            format!("# the old one was {PASSWORD}\n    {encoded}"),
        ] {
            run_all_among_workloads(&secret(&format!(
                "type: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: {value}\n"
            )));
        }
    }
}

#[test]
fn a_payload_in_plain_text() {
    let config = config("ghcr.io", PASSWORD);
    let escaped = serde_json::Value::from(&*config).to_string();
    let pretty = config.replace(',', ",\n    ").replace('{', "{\n    ");
    let odd = escaped.replace("Correct", "\\x43\\u006f\\U00000072rect");
    for value in [
        format!("'{config}'"),
        format!("|\n    {pretty}"),
        format!(">\n    {pretty}"),
        escaped,
        odd,
        format!("{config} # flow, and no string"),
    ] {
        run_all_among_workloads(&secret(&format!(
            "type: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: {value}\n"
        )));
    }
}

/// The kubelet or the API server refuses these, and a finding says why.
#[test]
fn a_payload_that_is_refused() {
    for payload in [
        format!(r#"{{"auths":{{"ghcr.io":{{"auth":"{PLAIN}"}}}}}}"#),
        format!(r#"{{"auths":{{"ghcr.io":{{"auth":"{}"}}}}}}"#, BASE64_STANDARD.encode(PASSWORD)),
        format!(r#"{{"auths":{{"ghcr.io":{{"password":["{PASSWORD}"]}}}}}}"#),
        format!(r#"{{"auths":{{"ghcr.io":"{PASSWORD}"}}}}"#),
        format!(r#"{{"auths":{{"robot:{SLASHED}@ghcr.io":{{"password":"{PASSWORD}"}}}}}}"#),
        format!(r#"{{"auths":{{"https://robot:{PASSWORD}@ghcr.io":[]}}}}"#),
        format!(r#"{{"auths":{{"ghcr.io":{{"password":"{PASSWORD}"}}}}"#),
        format!(r#"{{"auths": "{PASSWORD}"}}"#),
        format!("robot:{PASSWORD}"),
    ] {
        for (map, value) in
            [("data", BASE64_STANDARD.encode(&payload)), ("stringData", format!("'{payload}'"))]
        {
            run_all_among_workloads(&secret(&format!(
                "type: kubernetes.io/dockerconfigjson\n{map}:\n  .dockerconfigjson: {value}\n"
            )));
        }
    }
    run_all_among_workloads(&secret(&format!("data:\n  password: {PASSWORD}\n")));
}

/// Secrets that are written so that the values are not where they are looked for.
#[test]
fn a_secret_of_an_unusual_form() {
    let encoded = BASE64_STANDARD.encode(PASSWORD);
    for rest in [
        format!("stringData:\npassword: {PASSWORD}\n"),
        format!("stringData: {PASSWORD}\n"),
        format!("stringData:\n- {PASSWORD}\n"),
        format!("stringData:\n  a:\n    b: [{PASSWORD}]\n"),
        format!("stringData: {{a: {PASSWORD}}}\nstringData: {{b: other}}\n"),
        format!("stringdata:\n  a: {PASSWORD}\n"),
        format!("spec: &all\n  a: {PASSWORD}\nstringData: *all\n"),
        format!("spec: &all\n  a: {PASSWORD}\nstringData:\n  <<: *all\n"),
        format!("# robot {PASSWORD}\ntype: Opaque # {PASSWORD}\n"),
        format!("? data\n: {{? x : {encoded}}}\n"),
        format!("immutable: true\ndata: {{\"a\": \"{encoded}\", b: '{encoded}'}}\n"),
    ] {
        run_all_among_workloads(&secret(&rest));
    }
    let annotated = format!(
        "  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {}\n",
        config("ghcr.io", PASSWORD)
    );
    run_all_among_workloads(&secret(&annotated));
    run_all_among_workloads(&format!(
        "kind: Secret\nstringData: {{a: {PASSWORD}}}\napiVersion: v1\n"
    ));
    for head in ["apiVersion: example.com/v1\nkind: Secret", "apiVersion: v1\n\"kind\": 'Secret'"] {
        run_all_among_workloads(&format!(
            "{head}\nmetadata: {{name: x}}\nstringData: {{a: {PASSWORD}}}\n"
        ));
    }
}

#[test]
fn a_secret_in_a_list() {
    let config = serde_json::Value::from(config("ghcr.io", PASSWORD));
    let item = format!(
        r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"regcred","namespace":"shop"}},"type":"kubernetes.io/dockerconfigjson","stringData":{{".dockerconfigjson":{config}}}}}"#
    );
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"api","namespace":"shop"},"spec":{"imagePullSecrets":[{"name":"regcred"}],"containers":[{"name":"api","image":"myregistry.azurecr.io/api:v1"}]}}"#;
    for items in [format!("{item},{pod}"), format!("{pod},{item}"), format!("{item},{item}")] {
        let list = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{items}]}}"#);
        run_all(&list);
        run_all(list.replace("},{", "},\n  {"));
        run_all(list.replace(':', ": ").replace('{', "{\n").replace(',', ",\n"));
        run_all(list.replace("\"kind\":\"List\"", "\"kind\":\"SecretList\""));
    }
    run_all(format!("{item}\n{pod}\n{item}"));
    run_all(format!("{item}\n{pod}\n{{"));
}

#[test]
fn yaml_that_breaks_at_a_secret() {
    let encoded = BASE64_STANDARD.encode(config("ghcr.io", PASSWORD));
    let filler = (0..20).fold(String::new(), |text, at| text + &format!("  key{at}: {encoded}\n"));
    for broken in
        ["  bad: \"open\n", "\tbad: 1\n", "  bad: [\n", " bad: 1\n", "  bad: *none\n", "  }\n"]
    {
        for kind in ["Secret", "\"Secret\"", "'Secret'", "Secret # of the shop", "SecretList"] {
            let head = format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: regcred}}\n");
            run_all(format!("{head}stringData:\n  password: {PASSWORD}\n{broken}"));
            run_all(format!("{head}stringData:\n{broken}  .dockerconfigjson: {encoded}\n"));
            run_all(format!("{head}data:\n{filler}{broken}{filler}"));
            run_all(format!("{POD}---\n{head}data:\n  a: {encoded}\n{broken}---\n{POD}"));
        }
        run_all(format!("data:\n{filler}{broken}{filler}kind: Secret"));
        run_all(format!("{{kind: Secret, stringData: {{a: {PASSWORD},\n{broken}"));
        run_all(format!("{{\"kind\":\"Secret\",\"stringData\":{{\"a\":\"{PASSWORD}\",\n{broken}"));
    }
}

#[test]
fn text_that_is_no_manifest() {
    for text in [
        format!("Get your password: {PASSWORD}\n\tor not\n"),
        format!("NOTES:\nThe admin password is {PASSWORD} today.\n  - [\n"),
        format!("password: |\n  {PASSWORD}\n  {PLAIN}\n bad: [\n"),
        format!("password:\n  {PASSWORD}\nbad: [\n"),
        format!("Error: cannot log in with token {PASSWORD}: {{\n"),
        format!("auth={PASSWORD}\nexport REGISTRY_PASSWORD='{PLAIN}'\n- [\n"),
        format!("docker login -u robot -p {PASSWORD} ghcr.io\n- [\n"),
        format!("docker login --password={PASSWORD} ghcr.io\n- [\n"),
    ] {
        run_all(&text);
        run_all(format!("{POD}---\n{text}"));
    }
}

#[test]
fn an_encoding_that_is_not_read() {
    let text = secret(&format!("stringData:\n  password: {PASSWORD}\n"));
    let utf16 = |of: fn(u16) -> [u8; 2]| {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(of).collect::<Vec<u8>>()
    };
    run_all(utf16(u16::to_le_bytes));
    run_all(utf16(u16::to_be_bytes));
    run_all([text.as_bytes(), b"  bad: \xff\xfe\n"].concat());
    run_all([b"\x00", text.as_bytes()].concat());
}

#[test]
fn an_image_reference_with_a_password() {
    for password in [PASSWORD, SLASHED, PLAIN] {
        for image in [
            format!("robot:{password}@ghcr.io/acme/api:v1"),
            format!("https://robot:{password}@ghcr.io/acme/api:v1"),
            format!("oci://robot:{password}@ghcr.io:5000/acme/api@sha256:{}", "0".repeat(64)),
            format!("robot:{password}@ghcr.io/acme/api@sha256:{}", "0".repeat(64)),
        ] {
            run_all(POD.replace("myregistry.azurecr.io/api:v1", &image));
            run_all(POD.replace("myregistry.azurecr.io/api:v1", &format!("\"{image}\"")));
            let long = format!("{}{image}{}", "a/".repeat(60), "/a".repeat(60));
            run_all(POD.replace("myregistry.azurecr.io/api:v1", &long));
        }
    }
}

/// A token that is made where it is needed, so that no scanner of repositories finds one here.
fn tokens() -> Vec<String> {
    let filler = "0aA1bB2cC3dD4eE5fF6gG7hH8iI9jJ0kK1lL2mM3";
    let claims = BASE64_URL_SAFE_NO_PAD.encode(r#"{"iss":"https://ghcr.io","sub":"robot"}"#);
    vec![
        format!("ghp_{}", &filler[..36]),
        format!("glpat-{}", &filler[..20]),
        format!("dckr_pat_{}", &filler[..27]),
        format!("eyJhbGciOiJSUzI1NiJ9.{claims}.{filler}"),
        format!("npm_{}", &filler[..36]),
        format!("GR1348941{}", &filler[..20]),
        format!("hvs.{}", &filler[..30]),
        "AKIAQ2W3E4R5T6Y7U2I3".to_owned(),
    ]
}

#[test]
fn a_token_anywhere_in_a_workload() {
    // Each place with two of them: every token in many places, and every place with tokens of two kinds.
    let tokens = tokens();
    for (shift, token) in tokens.iter().enumerate() {
        let places = [
            ("  - name: api\n", format!("  - name: api\n    env: [{{name: A, value: {token}}}]\n")),
            ("  - name: api\n", format!("  - name: api\n    args: [login, --token={token}]\n")),
            ("  - name: api\n", format!("  - name: api\n    # {token}\n")),
            ("  - name: api\n", format!("  - name: {token}\n")),
            ("name: api, ", format!("name: api, annotations: {{a: {token}}}, ")),
            ("name: api, ", format!("name: api, labels: {{a: {token}}}, ")),
            ("name: api, ", format!("name: {token}, ")),
            ("namespace: shop", format!("namespace: {token}")),
            ("spec:\n", format!("spec:\n  serviceAccountName: {token}\n")),
            ("spec:\n", format!("spec:\n  imagePullSecrets: [{{name: {token}}}]\n")),
            ("spec:\n", format!("spec:\n  imagePullSecrets: [{token}]\n")),
            ("spec:\n", format!("spec:\n  imagePullSecrets: {token}\n")),
            ("myregistry.azurecr.io/api:v1", format!("myregistry.azurecr.io/api:{token}")),
            ("myregistry.azurecr.io/api:v1", format!("myregistry.azurecr.io/{token}")),
            ("myregistry.azurecr.io/api:v1", token.clone()),
            ("myregistry.azurecr.io/api:v1", format!("registry.example.com/{token}/api:v1")),
            ("myregistry.azurecr.io/api:v1", format!("{token}.example.com/api:v1")),
            ("myregistry.azurecr.io/api:v1", format!("{token}.example.com:5000/a/{token}")),
            ("containers:\n", format!("{token}: [x]\n  containers:\n")),
            ("kind: Pod", format!("kind: {token}")),
            ("kind: Pod", format!("kind: Pod\n{token}: {token}")),
        ];
        let turn = |at: usize| at % tokens.len() == shift || (at + 3) % tokens.len() == shift;
        let places = places.into_iter().enumerate().filter(|(at, _)| turn(*at));
        for (_, (place, with)) in places {
            run_all(POD.replacen(place, &with, 1));
        }
    }
}

/// An edit that is refused names what was to be added.
#[test]
fn a_token_as_the_name_of_a_pull_secret_that_is_refused() {
    let pod = POD.replace("  containers:", "  ? containers\n  :");
    for token in tokens() {
        let account = format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: default, namespace: shop}}\nimagePullSecrets: \
             [{{name: {token}}}]\n"
        );
        run_all(format!("{account}---\n{pod}"));
    }
}

#[test]
fn a_token_as_a_key_beside_a_password() {
    let config = config("ghcr.io", PASSWORD);
    let encoded = BASE64_STANDARD.encode(&config);
    for token in tokens().into_iter().step_by(3) {
        let keyed = self::config(&format!("ghcr.io/{token}"), PASSWORD);
        let payload = BASE64_STANDARD.encode(&keyed);
        for document in [
            format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  {token}: '{config}'\n"),
            format!("apiVersion: v1\nkind: ConfigMap\nbinaryData: {{{token}: {encoded}}}\n"),
            format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  config.json: '{keyed}'\n"),
            secret(&format!("stringData:\n  {token}: '{config}'\n")),
            secret(&format!("data: {{\"{token}\": {encoded}}}\n")),
            secret(&format!(
                "type: kubernetes.io/dockerconfigjson\ndata:\n  .dockerconfigjson: {payload}\n"
            )),
        ] {
            run_all_among_workloads(&document);
        }
    }
}

#[test]
fn a_token_as_a_key_of_a_function_configuration() {
    let head =
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  ";
    for token in tokens() {
        for config in [
            format!(
                "{{apiVersion: pullcreds.dev/v1alpha1, kind: PullCredentialPolicy, spec: {{{token}: x}}}}"
            ),
            format!(
                "{{apiVersion: pullcreds.dev/v1alpha1, kind: PullCredentialPolicy, spec: {{registries: [{{match: a.io, \
                 {token}: [x]}}]}}}}"
            ),
            format!("{{apiVersion: v1, kind: ConfigMap, data: {{{token}: x}}}}"),
        ] {
            assert_ran(&pullcreds::<&str>([]).stdin(format!("{head}{config}\n")).run());
        }
    }
}

/// What a report masks, no policy may hold.
#[test]
fn a_token_in_a_policy() {
    let head = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {name: p}\nspec:\n";
    for token in tokens() {
        for rest in [
            format!("  exceptions:\n  - {{code: missing-pull-secret, reason: 'was {token}'}}\n"),
            format!(
                "  registries:\n  - match: registry.example.com/{token}\n    access: private\n"
            ),
            format!("  {token}: x\n"),
        ] {
            let run = pullcreds(["check", "--policy", "policy.yaml"]).stdin(POD);
            write(run.home(), "policy.yaml", format!("{head}{rest}"));
            let outcome = run.run().expect(2);
            assert_ran(&outcome);
        }
    }
}

/// What a context line of an excerpt or a diff shows beside the image.
#[test]
fn a_password_beside_an_image() {
    for lines in [
        format!("    env:\n    - name: DB_PASSWORD\n      value: {PASSWORD}\n"),
        format!("    env:\n    - value: {PASSWORD}\n      name: DB_PASSWORD\n"),
        format!("    env: [{{name: REGISTRY_TOKEN, value: \"{PASSWORD}\"}}]\n"),
        format!("    env: [{{\"value\":\"{PASSWORD}\",\"name\":\"API_KEY\"}}]\n"),
        format!("    env:\n    - name: DB_PASSWORD\n      value: |\n        {PASSWORD}\n"),
        format!(
            "    env:\n    - name: URL\n      value: https://robot:{SLASHED}@db.example.com/\n"
        ),
        format!("    args: [--password={PASSWORD}]\n"),
        format!("    args: [--password, {PASSWORD}]\n"),
        format!("    args:\n    - --registry-password\n    - {PASSWORD}\n"),
        format!("    command: [sh, -c, \"docker login -u robot -p {PASSWORD} ghcr.io\"]\n"),
        format!("    command: [sh, -c, \"export TOKEN={PASSWORD}; run\"]\n"),
        format!("    # password: {PASSWORD}\n"),
        format!("    password: {PASSWORD}\n"),
        format!("    password: >-\n      {PASSWORD}\n"),
        format!("    password:\n      {PASSWORD}\n"),
    ] {
        run_all(POD.replacen("  - name: api\n", &format!("  - name: api\n{lines}"), 1));
        run_all(format!("{POD}{lines}"));
    }
}

/// Objects that are not read, or read for another purpose, next to an edit.
#[test]
fn a_password_in_another_object_beside_an_edit() {
    let config = config("ghcr.io", PASSWORD);
    for document in [
        format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  password: {PASSWORD}\n"),
        format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  config.json: '{config}'\n"),
        format!("apiVersion: v1\nkind: ConfigMap\ndata:\n  config.json: |\n    {config}\n"),
        format!(
            "apiVersion: v1\nkind: ConfigMap\nbinaryData:\n  config.json: {}\n",
            BASE64_STANDARD.encode(&config)
        ),
        format!("apiVersion: example.com/v1\nkind: Database\nspec:\n  adminPassword: {PASSWORD}\n"),
        format!(
            "apiVersion: example.com/v1\nkind: Database\nspec:\n  auth:\n    value: {PASSWORD}\n"
        ),
        format!(
            "apiVersion: example.com/v1\nkind: Database\nspec:\n  password: |\n    {PASSWORD}\n"
        ),
        format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: default\n  annotations: {{token: {PASSWORD}}}\n"
        ),
    ] {
        run_all(format!("{document}---\n{POD}"));
        run_all(format!("{POD}---\n{document}"));
        let (first, second) = (indented(&document), indented(POD));
        run_all(format!("apiVersion: v1\nkind: List\nitems:\n- {first}- {second}"));
    }
}

/// An alias brings a value of a Secret to a place where it does not look like one, and the other way round.
#[test]
fn a_value_that_an_alias_carries_elsewhere() {
    let list = |first: &str, second: &str| {
        format!("apiVersion: v1\nkind: List\nitems:\n- {}- {}", indented(first), indented(second))
    };
    let anchor = secret(&format!("stringData:\n  value: &value {PASSWORD}\n"));
    let alias = secret("stringData:\n  value: *value\n");
    let user = |value: &str| {
        POD.replacen(
            "name: api\n",
            &format!("name: api\n    env: [{{name: A, value: {value}}}]\n"),
            1,
        )
    };
    run_all(list(&anchor, &user("*value")));
    run_all(list(&user(&format!("&value {PASSWORD}")), &alias));
}

/// As an item of a list.
fn indented(document: &str) -> String {
    document.trim_end().replace('\n', "\n  ") + "\n"
}

#[test]
fn a_password_in_a_policy() {
    let head =
        "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {name: p}\n";
    for rest in [
        format!("spec:\n  registries:\n  - match: robot:{PASSWORD}@ghcr.io\n"),
        format!("spec:\n  registries:\n  - match: ghcr.io\n    password: {PASSWORD}\n"),
        format!("spec:\n  auth: {{ghcr.io: {PASSWORD}}}\n  access: 1\n"),
        format!("spec:\n  password: [\n  - {PASSWORD}\n"),
        format!("spec:\n  password: {PASSWORD}\n\tbad: 1\n"),
        format!("spec:\n  cluster:\n    secrets:\n    - {{name: regcred, token: {PASSWORD}}}\n"),
        format!("spec:\n  password: |\n    {PASSWORD}\n  access: 1\n"),
        format!("spec:\n  rotation: {{maxAge: 1}}\n  # the password is {PLAIN}\n"),
        config("ghcr.io", PASSWORD),
        secret(&format!("stringData:\n  password: {PASSWORD}\n")),
    ] {
        for policy in [format!("{head}{rest}"), rest] {
            let run = pullcreds(["check", "--policy", "policy.yaml"]).stdin(POD);
            write(run.home(), "policy.yaml", &policy);
            assert_ran(&run.run().expect(2));
            let run = pullcreds::<&str>([]).stdin(POD);
            write(run.home(), "pullcreds.yaml", &policy);
            assert_ran(&run.run().expect(2));
        }
    }
}

#[test]
fn a_password_in_a_provider_configuration() {
    let policy = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nmetadata: {name: p}\nspec:\n  \
                  cluster: {credentialProviderConfig: providers.yaml}\n";
    for providers in [
        format!(
            "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\npassword: {PASSWORD}\n"
        ),
        format!(
            "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n- name: x\n  \
             apiVersion: {PASSWORD}\n  matchImages: ['robot:{PASSWORD}@ghcr.io']\n  \
             defaultCacheDuration: {PASSWORD}\n  env: [{{name: TOKEN, value: {PASSWORD}}}]\n  args: [{PASSWORD}, 1]\n"
        ),
        format!("password: {PASSWORD}\n\tbad: [\n"),
        format!("{PASSWORD}: {PASSWORD}: {PASSWORD}\n"),
    ] {
        let run = pullcreds(["check", "--policy", "policy.yaml"]).stdin(POD);
        write(run.home(), "policy.yaml", policy);
        write(run.home(), "providers.yaml", &providers);
        assert_ran(&run.run().expect(2));
    }
}

#[test]
fn a_password_in_a_flag_or_variable() {
    let value = format!("robot:{PASSWORD}@ghcr.io=regcred");
    let slashed = format!("https://robot:{SLASHED}@ghcr.io");
    for args in [
        ["--inject", &value],
        ["--private", &slashed],
        ["--public", &slashed],
        ["--namespace", &slashed],
        ["--into", &slashed],
        ["--report", &value],
        ["--color", &slashed],
        ["--policy", &slashed],
        ["--no-such-flag", &slashed],
        ["no-such-command", &slashed],
        ["explain", &slashed],
        ["check", &slashed],
    ] {
        assert_ran(&pullcreds(args).stdin(POD).run());
    }
    for name in ["INJECT", "PRIVATE", "PUBLIC", "NAMESPACE", "INTO", "REPORT", "COLOR", "POLICY"] {
        let run = pullcreds::<&str>([]).stdin(POD);
        assert_ran(&run.env(format!("PULLCREDS_{name}"), &value).run().expect(2));
    }
}
