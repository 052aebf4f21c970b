//! The program on credentials for registries that are in manifests for everyone to read: that it names the kind of each
//! is, that it shows none, and that it takes nothing else for one.
#[path = "support/support.rs"]
mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use support::pullcreds;

const PASSWORD: &str = "hunter2hunter2";
const CODE: &str = "hardcoded-credentials";

/// The messages about hardcoded credentials in a stream.
#[track_caller]
fn hardcoded(stream: &str) -> Vec<String> {
    let run = pullcreds(["check", "--format", "json", "--namespace", "shop"]).stdin(stream).run();
    assert!(matches!(run.code, Some(0 | 1)), "{run}");
    messages(&run.json())
}

fn messages(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().into_iter().flatten();
    let found = findings.filter(|finding| finding["code"] == CODE);
    found.map(|finding| finding["message"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Of a stream with one, what it is.
#[track_caller]
fn kind(stream: &str) -> String {
    let found = hardcoded(stream);
    let [message] = &found[..] else { panic!("{found:?}: {stream}") };
    message
        .split_once(": ")
        .map(|(_, kind)| kind.trim_end_matches('.').to_owned())
        .unwrap_or_default()
}

/// A token with this prefix; put together, so that secret scanners do not report it.
fn token(prefix: &str) -> String {
    format!("{prefix}{PASSWORD}0123456789ABCDEFGH")
}

/// A pod with this in its container.
fn pod(container: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - name: c\n    image: \
         registry.k8s.io/pause:3.10\n{container}"
    )
}

fn env(name: &str, value: &str) -> String {
    pod(&format!("    env:\n    - name: {name}\n      value: {}\n", json!(value)))
}

/// A docker configuration with a password for a registry.
fn config(password: &str) -> String {
    json!({"auths": {"ghcr.io": {"username": "robot", "password": password}}}).to_string()
}

const CONFIG: &str = "a docker configuration with a password for 'ghcr.io'";

#[test]
fn the_kind_of_a_credential_is_told() {
    for (value, expected) in [
        (token("ghp_"), "GitHub personal access token (classic)"),
        (token("github_pat_"), "GitHub fine-grained personal access token"),
        (token("ghs_"), "GitHub App installation or workflow token"),
        (token("glpat-"), "GitLab personal, project or group access token"),
        (token("gldt-"), "GitLab deploy token"),
        (token("dckr_pat_"), "Docker Hub personal access token"),
        (token("dckr_oat_"), "Docker Hub organization access token"),
        (token("ya29."), "Google Cloud access token"),
        (config(PASSWORD), CONFIG),
        (STANDARD.encode(config(PASSWORD)), CONFIG),
        (
            json!({"type": "service_account", "private_key_id": "0", "private_key": "x", "client_email": "a@b"}).to_string(),
            "Google Cloud service account key",
        ),
    ] {
        assert_eq!(kind(&env("CREDENTIAL", &value)), expected, "{value}");
    }
    let ecr = json!({"payload": "x", "datakey": "y", "version": "2", "type": "DATA_KEY", "expiration": 1_794_744_000});
    assert_eq!(
        kind(&env("X", &STANDARD.encode(ecr.to_string()))),
        "Amazon ECR authorization token"
    );
}

#[test]
fn arguments_and_their_names_are_read() {
    let of = |arguments: Value| kind(&pod(&format!("    args: {arguments}\n")));
    assert_eq!(of(json!(["--docker-password", PASSWORD])), "a password");
    assert_eq!(of(json!([format!("--registry-password={PASSWORD}")])), "a password");
    assert_eq!(
        of(json!(["sh", "-c", format!("docker login -p {} ghcr.io", token("ghp_"))])),
        "GitHub personal access token (classic)"
    );
    for none in [
        json!(["--docker-password", "$(DOCKER_PASSWORD)"]),
        json!(["--docker-password-file", "hunter2hunter2"]),
        json!(["--docker-password", "--verbose"]),
        json!(["--docker-server", "hunter2hunter2"]),
    ] {
        assert_eq!(hardcoded(&pod(&format!("    args: {none}\n"))), [""; 0], "{none}");
    }
}

#[test]
fn names_of_variables_tell_passwords() {
    for name in ["REGISTRY_PASSWORD", "DOCKERHUB_TOKEN", "HARBOR_ADMIN_PASSWORD", "GHCR_PAT"] {
        assert_eq!(kind(&env(name, PASSWORD)), "a password", "{name}");
    }
    assert_eq!(kind(&env("DOCKER_AUTH_CONFIG", &config(PASSWORD))), CONFIG);
    for (name, value) in [
        ("DATABASE_PASSWORD", PASSWORD),
        ("REGISTRY_PASSWORD_FILE", PASSWORD),
        ("REGISTRY_HTTP_SECRET", PASSWORD),
        ("REGISTRY_PASSWORD", "$(OTHER)"),
        ("REGISTRY_PASSWORD", "changeme"),
        ("REGISTRY_PASSWORD", ""),
        ("DOCKER_AUTH_CONFIG", r#"{"auths":{"ghcr.io":{"auth":"$(AUTH)"}}}"#),
    ] {
        assert_eq!(hardcoded(&env(name, value)), [""; 0], "{name}={value}");
    }
}

#[test]
fn references_and_placeholders_are_no_credentials() {
    let reference = "    env:\n    - name: REGISTRY_PASSWORD\n      valueFrom: {secretKeyRef: {name: r, key: p}}\n    \
                     envFrom: [{secretRef: {name: r}}]\n";
    assert_eq!(hardcoded(&pod(reference)), [""; 0]);
    let secret = |value: &str| {
        format!(
            "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ntype: \
             kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: {}\n",
            json!(value)
        )
    };
    for value in [
        "$(CONFIG)".to_owned(),
        "${CONFIG}".to_owned(),
        "{{ .Values.config }}".to_owned(),
        "<path:secret/data/registry#config>".to_owned(),
        "ENC[AES256_GCM,data:abc,type:str]".to_owned(),
        "vault:secret/data/registry#config".to_owned(),
        "ref+vault://secret/registry#/config".to_owned(),
        config("<path:secret/data/registry#password>"),
        config("{{ .password }}"),
        r#"{"auths":{"ghcr.io":{"auth":"<path:secret/data/registry#auth>"}}}"#.to_owned(),
    ] {
        assert_eq!(hardcoded(&secret(&value)), [""; 0], "{value}");
    }
    assert_eq!(hardcoded(&secret(&config(PASSWORD))).len(), 1);
    let sealed = "---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: s}\nspec: {encryptedData: \
                  {.dockerconfigjson: AgBy3i4OJSWK}, template: {type: kubernetes.io/dockerconfigjson}}\n";
    assert_eq!(hardcoded(sealed), [""; 0]);
    let sops = secret("ENC[AES256_GCM,data:abc,type:str]") + "sops: {version: 3.9.0}\n";
    assert_eq!(hardcoded(&sops), [""; 0]);
}

#[test]
fn what_a_placeholder_is_part_of_is_filled_in_later() {
    let stream = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: kubernetes.io/dockerconfigjson\nstringData: \
                  {.dockerconfigjson: '{\"auths\":{\"acme.azurecr.io\":{\"auth\":\"<path:x#auth>\"}}}'}\n---\napiVersion: \
                  v1\nkind: Pod\nmetadata: {name: p}\nspec: {imagePullSecrets: [{name: s}], containers: [{name: c, image: \
                  'acme.azurecr.io/api:v1'}]}\n";
    let report = pullcreds(["check", "--format", "json"]).stdin(stream).run().expect(0).json();
    assert_eq!(report["images"][0]["verdict"], "declared");
}

/// A `ConfigMap` or Secret with a value under a key.
fn object(kind: &str, map: &str, key: &str, value: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: o}}\n{map}: {{{key}: {}}}\n",
        json!(value)
    )
}

#[test]
fn docker_configurations_are_found_wherever_they_are() {
    let literal = config(PASSWORD);
    let pretty = STANDARD.encode(format!(
        "{{\n  \"auths\": {}\n}}\n",
        json!({"ghcr.io": {"username": "robot", "password": PASSWORD}})
    ));
    for stream in [
        object("ConfigMap", "data", "config.json", &literal),
        object("ConfigMap", "data", "any", &format!("\n{literal}\n")),
        object("ConfigMap", "binaryData", "config.json", &pretty),
        object("Secret", "stringData", "config.json", &literal),
        object("Secret", "data", "config.json", &pretty),
    ] {
        assert_eq!(kind(&stream), CONFIG, "{stream}");
        // Not even the excerpt shows it.
        let run = pullcreds(["check"]).stdin(stream).run();
        assert!(!run.out().contains(&pretty) && run.out().contains("hardcoded"), "{run}");
    }
    for stream in [
        object(
            "ConfigMap",
            "data",
            "config.json",
            r#"{"auths":{"ghcr.io":{}},"credsStore":"desktop"}"#,
        ),
        object(
            "ConfigMap",
            "data",
            "settings.json",
            r#"{"auths":1,"db":{"username":"u","password":"hunter2hunter2"}}"#,
        ),
        object("Secret", "stringData", "password", PASSWORD),
        object("Secret", "stringData", "token", &token("ghp_")),
    ] {
        assert_eq!(hardcoded(&stream), [""; 0], "{stream}");
    }
}

#[test]
fn an_annotation_that_repeats_a_secret_is_found_and_hidden() {
    let payload = STANDARD.encode(config(PASSWORD));
    let applied = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {".dockerconfigjson": payload},
    });
    let stream = format!(
        "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations:\n    \
         kubectl.kubernetes.io/last-applied-configuration: {}\ntype: kubernetes.io/dockerconfigjson\ndata: \
         {{.dockerconfigjson: 'ENC[AES256_GCM,data:abc,type:str]'}}\nsops: {{version: 3.9.0}}\n",
        json!(applied.to_string())
    );
    assert_eq!(
        hardcoded(&stream),
        [format!(
            "Secret 's' holds a literal credential in \
             metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]: {CONFIG}."
        )]
    );
    let run = pullcreds(["check"]).stdin(stream).run();
    assert!(!run.out().contains(&payload[..20]), "{run}");
}

#[test]
fn image_references_with_a_password() {
    let image = |reference: &str| {
        pod("").replace("image: registry.k8s.io/pause:3.10", &format!("image: '{reference}'"))
    };
    assert_eq!(kind(&image("robot:hunter2hunter2@ghcr.io/acme/api:v1")), "a password");
    assert_eq!(kind(&image("https://robot:hunter2hunter2@ghcr.io/acme/api:v1")), "a password");
    assert_eq!(
        kind(&image(&format!("x:{}@ghcr.io/acme/api", token("ghp_")))),
        "GitHub personal access token (classic)"
    );
    assert_eq!(hardcoded(&image(&format!("ghcr.io/acme/api@sha256:{}", "0".repeat(64)))), [""; 0]);
}

#[test]
fn files_that_are_kept_are_worse_than_what_a_renderer_hands_over() {
    let stream = env("REGISTRY_PASSWORD", PASSWORD);
    let severity = |report: &Value| {
        let mut findings = report["findings"].as_array().into_iter().flatten();
        findings.find(|finding| finding["code"] == CODE).map(|finding| finding["severity"].clone())
    };
    let piped =
        pullcreds(["check", "--format", "json"]).stdin(stream.as_str()).run().expect(0).json();
    assert_eq!(severity(&piped), Some(json!("warning")));
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let file = folder.path().join("pod.yaml");
    #[expect(clippy::disallowed_methods, reason = "a test writes into its own folder")]
    std::fs::write(&file, &stream).expect("the temporary folder can be written");
    let kept = pullcreds(["check", "--format", "json"]).arg(&file).run().expect(1).json();
    assert_eq!(severity(&kept), Some(json!("error")));
}
