//! Objects of the manifests that make a pull secret, or copy one: what they come to, and what is wrong with them. What
//! each kind makes is a case of `src/inventory/producers/tests.rs`.

use serde_json::json;

use super::{
    Files, Report, cluster, covering, deployment_in, document, no_secret, payload, program, pulls,
    secret, typed_secret,
};

const DOCKER: &str = "kubernetes.io/dockerconfigjson";
const NOT_USABLE: &[&str] =
    &["producer-without-docker-type", "producer-without-docker-key", "producer-without-secret"];

/// An object in namespace `shop` with the name `regcred`.
fn object(api_version: &str, kind: &str, body: &str) -> String {
    format!(
        "---\napiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: regcred, namespace: shop}}\n{body}\n"
    )
}

fn external(spec: &str) -> String {
    object("external-secrets.io/v1", "ExternalSecret", &format!("spec: {{{spec}}}"))
}

/// An `ExternalSecret` that a generator fills.
fn generated(fields: &str, kind: &str) -> String {
    external(&format!(
        "{fields}dataFrom: [{{sourceRef: {{generatorRef: {{kind: {kind}, name: tokens}}}}}}], target: {{template: {{type: \
         {DOCKER}, data: {{.dockerconfigjson: '{{{{ .x }}}}'}}}}}}"
    ))
}

/// What is said about the pod beside these objects.
fn with(objects: &str) -> Report {
    Report::with(&format!("{}{objects}", pulls()), &[], &[])
}

#[test]
fn a_secret_that_something_makes_is_declared() {
    for maker in [
        external(&format!("target: {{template: {{type: {DOCKER}}}}}")),
        object(
            "bitnami.com/v1alpha1",
            "SealedSecret",
            &format!(
                "spec: {{template: {{type: {DOCKER}}}, encryptedData: {{.dockerconfigjson: AgB}}}}"
            ),
        ),
        object(
            "onepassword.com/v1",
            "OnePasswordItem",
            &format!("type: {DOCKER}\nspec: {{itemPath: a}}"),
        ),
        object("secretgen.carvel.dev/v1alpha1", "SecretImport", "spec: {fromNamespace: vault}"),
        object(
            "secrets.hashicorp.com/v1beta1",
            "VaultStaticSecret",
            &format!(
                "spec: {{refreshAfter: 1h, destination: {{name: regcred, create: true, type: {DOCKER}}}}}"
            ),
        ),
        object(
            "isindir.github.com/v1alpha3",
            "SopsSecret",
            &format!(
                "spec: {{secretTemplates: [{{name: regcred, type: {DOCKER}, data: {{.dockerconfigjson: 'ENC[A]'}}}}]}}"
            ),
        ),
    ] {
        with(&maker)
            .image(&json!({"verdict": "declared", "secret": "regcred", "secretFrom": "producer"}))
            .finds_no(NOT_USABLE)
            .finds_no(&["hardcoded-credentials", "slow-refresh", "expires-before-refresh"]);
    }
}

#[test]
fn a_secret_without_a_docker_type_is_of_no_use() {
    with(&external("target: {name: regcred}")).verdict("mismatched").finds(
        "producer-without-docker-type",
        "error",
        &["ExternalSecret 'regcred'", "type Opaque"],
    );
}

#[test]
fn a_secret_without_the_key_of_its_type_is_of_no_use() {
    let spec = format!("target: {{template: {{type: {DOCKER}, data: {{config.json: x}}}}}}");
    let report = with(&external(&spec));
    report.verdict("mismatched").finds(
        "producer-without-docker-key",
        "error",
        &["ExternalSecret 'regcred'", ".dockerconfigjson", "rejects"],
    );
    report.finds("mismatched-pull-secret", "error", &["leaves out its key .dockerconfigjson"]);
}

#[test]
fn an_object_that_is_no_secret_is_of_no_use() {
    let report = with(&external("target: {manifest: {apiVersion: v1, kind: ConfigMap}}"));
    report.verdict("mismatched").finds("producer-without-secret", "error", &["kind ConfigMap"]);
    report.finds("mismatched-pull-secret", "error", &["makes a ConfigMap and no Secret"]);
    report.finds_no(&["rotation-unknown", "slow-refresh"]);
}

#[test]
fn a_token_has_to_outlive_the_interval() {
    for (kind, hours) in [
        ("ECRAuthorizationToken", 12),
        ("GCRAccessToken", 1),
        ("ACRAccessToken", 3),
        ("QuayAccessToken", 1),
        ("GithubAccessToken", 1),
    ] {
        let too_slow = format!("refreshInterval: {}h0s, ", hours * 10);
        with(&generated(&too_slow, kind)).verdict("declared").finds(
            "expires-before-refresh",
            "error",
            &[kind, &format!("lives {hours} hour"), &format!("every {} hours", hours * 10)],
        );
        let in_time = format!("refreshInterval: {hours}h, ");
        with(&generated(&in_time, kind)).finds_no(&["expires-before-refresh", "slow-refresh"]);
        for never in
            ["refreshInterval: 0s, ", "refreshPolicy: CreatedOnce, ", "refreshPolicy: OnChange, "]
        {
            let report = with(&generated(never, kind));
            report.finds("expires-before-refresh", "error", &["refreshes it never"]);
            report.finds_no(&["slow-refresh"]);
        }
        // By default it is every hour.
        with(&generated("", kind)).finds_no(&["expires-before-refresh"]);
    }
}

#[test]
fn a_cluster_generator_is_looked_up() {
    let generator = "---\napiVersion: generators.external-secrets.io/v1alpha1\nkind: ClusterGenerator\nmetadata: {name: \
                     tokens}\nspec: {kind: ACRAccessToken, generator: {acrAccessTokenSpec: {}}}\n";
    let slow = generated("refreshInterval: 30h0s, ", "ClusterGenerator");
    with(&format!("{slow}{generator}")).finds(
        "expires-before-refresh",
        "error",
        &["ACRAccessToken", "lives 3 hours"],
    );
    with(&slow).finds_no(&["expires-before-refresh"]);
}

#[test]
fn what_is_refreshed_too_seldom_or_never_is_told() {
    let target = format!("target: {{template: {{type: {DOCKER}}}}}");
    with(&external(&format!("refreshInterval: 2400h, {target}"))).finds(
        "slow-refresh",
        "warning",
        &["less often than every 90 days"],
    );
    for never in ["refreshInterval: '0'", "refreshPolicy: CreatedOnce", "refreshPolicy: OnChange"] {
        with(&external(&format!("{never}, {target}"))).finds(
            "slow-refresh",
            "warning",
            &["fetched once, and never refreshed"],
        );
    }
    with(&external(&target)).finds_no(&["slow-refresh", "rotation-unknown"]);
    let doppler = |seconds: &str| {
        object(
            "secrets.doppler.com/v1alpha1",
            "DopplerSecret",
            &format!(
                "spec: {{{seconds}managedSecret: {{name: regcred, type: {DOCKER}}}, processors: {{R: {{asName: \
             .dockerconfigjson}}}}}}"
            ),
        )
    };
    with(&doppler("")).verdict("declared").finds_no(&["slow-refresh", "rotation-unknown"]);
    with(&doppler("resyncSeconds: 8640000, ")).finds("slow-refresh", "warning", &["DopplerSecret"]);
}

#[test]
fn a_secret_that_appears_with_a_volume_comes_too_late() {
    let class = object(
        "secrets-store.csi.x-k8s.io/v1",
        "SecretProviderClass",
        &format!(
            "spec: {{secretObjects: [{{secretName: regcred, type: {DOCKER}, data: [{{key: .dockerconfigjson}}]}}]}}"
        ),
    );
    let report = with(&class);
    report.verdict("declared").finds(
        "secret-appears-late",
        "warning",
        &["own image cannot be pulled"],
    );
}

#[test]
fn a_cluster_external_secret_may_make_it_in_any_namespace() {
    let object = format!(
        "---\napiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret\nmetadata: {{name: all}}\nspec: \
         {{externalSecretName: regcred, externalSecretSpec: {{target: {{template: {{type: {DOCKER}}}}}}}}}\n"
    );
    with(&object).verdict("declared").finds_no(&["rotation-unknown"]);
}

#[test]
fn a_copy_is_what_it_is_a_copy_of() {
    let source = |annotations: &str, payload: &str| {
        let item = secret("regcred", &format!("annotations: {{{annotations}}}"), payload);
        document(&item.replace("namespace: shop", "namespace: vault"))
    };
    let replicate = "replicator.v1.mittwald.de/replicate-to: 'shop,other'";
    let reflect = "reflector.v1.k8s.emberstack.com/reflection-allowed: 'true', \
                   reflector.v1.k8s.emberstack.com/reflection-auto-enabled: 'true', \
                   reflector.v1.k8s.emberstack.com/reflection-auto-namespaces: sh.*";
    for annotations in [replicate, reflect] {
        with(&source(annotations, &covering()))
            .image(&json!({"verdict": "covered", "secretFrom": "producer"}))
            .finds_no(&["secret-in-other-namespace"]);
        with(&source(annotations, &payload(&[("quay.io", "p")]))).verdict("mismatched");
    }
    // No one knows the labels of a namespace.
    let labelled = "replicator.v1.mittwald.de/replicate-to-matching: pull=yes";
    with(&source(labelled, &covering())).verdict("declared");
    with(&source(labelled, &payload(&[("quay.io", "p")]))).verdict("mismatched");
    for elsewhere in ["replicator.v1.mittwald.de/replicate-to: other", "example.com/a: b"] {
        with(&source(elsewhere, &covering())).verdict("mismatched").finds(
            "secret-in-other-namespace",
            "error",
            &["namespace 'vault'"],
        );
    }
}

#[test]
fn what_something_makes_may_be_copied_on() {
    let maker = |namespaces: &str| {
        external(&format!(
            "target: {{template: {{type: {DOCKER}, metadata: {{annotations: \
             {{replicator.v1.mittwald.de/replicate-to: '{namespaces}'}}}}}}}}"
        ))
    };
    let pod = deployment_in("namespace: other, ", "imagePullSecrets: [{name: regcred}], ");
    let with = |maker: &str| Report::with(&format!("{pod}{maker}"), &[], &[]);
    with(&maker("other")).image(&json!({"verdict": "declared", "secretFrom": "producer"}));
    with(&maker("third")).image(&json!({"verdict": "mismatched", "secretFrom": "producer"}));
}

#[test]
fn a_dump_shows_what_was_made_and_not_what_will_be() {
    let dump = cluster("", &[secret("other", "", &covering())]);
    let maker = external(&format!("target: {{template: {{type: {DOCKER}}}}}"));
    let manifests = format!("{}{maker}", pulls());
    Report::of(&manifests, &dump).verdict("declared").finds_no(&["pull-secret-not-found"]);
    // An object of the dump counts as well, where its Secret is not there.
    let item = maker.trim_start_matches("---\n").trim_end().replace('\n', "\n  ");
    let dump = cluster("", &[format!("- {item}\n")]);
    Report::of(&pulls(), &dump).image(&json!({"verdict": "declared", "secretFrom": "producer"}));
}

#[test]
fn an_encrypted_secret_shows_its_type_and_its_keys() {
    let encrypted = |of_type: &str| {
        format!(
            "{}sops: {{version: 3.9.0}}\n",
            document(&typed_secret("regcred", "", "'ENC[A]'", of_type))
        )
    };
    with(&encrypted(DOCKER)).verdict("declared").finds_no(&["hardcoded-credentials"]);
    with(&encrypted("Opaque")).verdict("mismatched").finds(
        "wrong-secret-type",
        "error",
        &["Opaque"],
    );
}

#[test]
fn the_findings_of_producers_are_shown_for_people() {
    let files = Files::new();
    let manifests =
        format!("{}{}", pulls(), generated("refreshInterval: 24h, ", "ECRAuthorizationToken"));
    let path = files.write("manifests.yaml", &manifests);
    let outcome = program(["check", &path]).run().expect(1);
    assert!(outcome.out().contains("error[expires-before-refresh]"), "{outcome}");
    assert!(outcome.out().contains("the token has expired by then"), "{outcome}");
    no_secret(&outcome);
}
