//! Each kind with the fields that decide what its Secret will be like.

use super::*;
use crate::inventory::Inventory;
use crate::inventory::reach::Replicated;

const DOCKER: &str = "kubernetes.io/dockerconfigjson";

#[test]
fn rows_are_sorted_and_unique() {
    assert!(PRODUCERS.is_sorted_by(|a, b| a.kind <= b.kind));
    assert!(PRODUCERS.iter().all(|row| !row.group.is_empty()));
    assert!(GENERATORS.is_sorted_by(|a, b| a.kind < b.kind));
}

/// What a Secret that something makes comes to, in the words of the cases below.
#[derive(Debug, PartialEq)]
struct Made {
    name: String,
    namespace: Option<String>,
    fault: Option<ProducerFault>,
    refresh: String,
}

fn made(name: &str, namespace: Option<&str>, fault: Option<ProducerFault>, refresh: &str) -> Made {
    let (name, refresh) = (name.to_owned(), refresh.to_owned());
    Made { name, namespace: namespace.map(str::to_owned), fault, refresh }
}

impl Made {
    fn of(produced: &Produced<'_>) -> Self {
        let refresh = match &produced.refresh {
            Refresh::Every(text, _) => text.to_string(),
            Refresh::ByDefault(text) => format!("{text} by default"),
            Refresh::Never(_) => "never".to_owned(),
            Refresh::Unknown => "unknown".to_owned(),
        };
        let namespace = produced.namespace.as_deref().or(produced.object.namespace.as_deref());
        made(&produced.name, namespace, produced.fault.clone(), &refresh)
    }
}

/// The object `head` in namespace `ns` with the name `obj` and the rest `body`, and the Secrets that it makes.
#[track_caller]
fn check(head: &str, body: &str, expected: &[Made]) {
    let text = format!("{head}\nmetadata: {{name: obj, namespace: ns}}\n{body}\n");
    let inventory = Inventory::of(&text).unwrap_or_else(|problem| panic!("{problem:?}"));
    let found: Vec<_> = inventory.produced.iter().map(Made::of).collect();
    assert_eq!(found, expected, "{text}");
}

const EXTERNAL: &str = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret";
const KEY: Option<ProducerFault> = Some(ProducerFault::Key(PayloadFormat::DockerConfigJson));

#[test]
fn an_external_secret_makes_what_its_target_says() {
    let template = format!("template: {{type: {DOCKER}, data: {{.dockerconfigjson: 'null'}}}}");
    check(
        EXTERNAL,
        &format!("spec: {{refreshInterval: 2h, target: {{name: regcred, {template}}}}}"),
        &[made("regcred", Some("ns"), None, "2h")],
    );
    for version in ["v1beta1", "v1alpha1"] {
        check(
            &format!("apiVersion: external-secrets.io/{version}\nkind: ExternalSecret"),
            &format!("spec: {{target: {{{template}}}}}"),
            &[made("obj", Some("ns"), None, "1h by default")],
        );
    }
}

#[test]
fn an_external_secret_without_a_docker_type_is_opaque() {
    check(
        EXTERNAL,
        "spec: {}",
        &[made("obj", Some("ns"), Some(ProducerFault::Type), "1h by default")],
    );
    check(
        EXTERNAL,
        "spec: {target: {template: {type: Opaque, data: {.dockerconfigjson: 'null'}}}}",
        &[made("obj", Some("ns"), Some(ProducerFault::Type), "1h by default")],
    );
}

#[test]
fn an_external_secret_that_creates_nothing_makes_nothing() {
    for policy in ["None", "Merge"] {
        check(EXTERNAL, &format!("spec: {{target: {{creationPolicy: {policy}}}}}"), &[]);
        check(
            "apiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret",
            &format!("spec: {{externalSecretSpec: {{target: {{creationPolicy: {policy}}}}}}}"),
            &[],
        );
    }
}

#[test]
fn an_external_secret_may_make_something_else() {
    let config_map = Some(ProducerFault::NoSecret("ConfigMap".into()));
    check(
        EXTERNAL,
        "spec: {target: {name: regcred, manifest: {apiVersion: v1, kind: ConfigMap}}}",
        &[made("regcred", Some("ns"), config_map, "1h by default")],
    );
}

#[test]
fn an_external_secret_refreshes_as_its_policy_says() {
    let template = format!("target: {{template: {{type: {DOCKER}}}}}");
    for (fields, refresh) in [
        ("refreshInterval: 0, ", "0"),
        ("refreshPolicy: Periodic, refreshInterval: 12h0m0s, ", "12h0m0s"),
        ("refreshPolicy: CreatedOnce, refreshInterval: 1h, ", "never"),
        ("refreshPolicy: OnChange, ", "never"),
        ("refreshInterval: null, ", "1h by default"),
    ] {
        check(
            EXTERNAL,
            &format!("spec: {{{fields}{template}}}"),
            &[made("obj", Some("ns"), None, refresh)],
        );
    }
}

#[test]
fn the_keys_of_an_external_secret_come_from_its_template_or_from_what_it_fetches() {
    let other = "data: {config.json: x}";
    let own = "data: [{secretKey: .dockerconfigjson, remoteRef: {key: a}}]";
    let generated =
        "dataFrom: [{sourceRef: {generatorRef: {kind: ECRAuthorizationToken, name: ecr}}}]";
    for (template, spec, fault) in [
        (other, own, KEY),
        ("data: {config.json: x}, mergePolicy: Merge", own, None),
        ("data: {config.json: x}, mergePolicy: Merge", generated, KEY),
        ("data: {config.json: x}, templateFrom: [{configMap: {name: t}}]", own, None),
        ("data: {\".dockerconfigjson\": 'null'}", generated, None),
        ("data: {}", own, None),
        ("engineVersion: v2", "data: [{secretKey: password, remoteRef: {key: a}}]", KEY),
        ("engineVersion: v2", "dataFrom: [{extract: {key: a}}]", None),
        ("engineVersion: v2", generated, KEY),
        ("engineVersion: v2", "dataFrom: [{sourceRef: {generatorRef: {kind: Webhook}}}]", None),
        ("engineVersion: v2", "secretStoreRef: {name: vault}", None),
    ] {
        check(
            EXTERNAL,
            &format!("spec: {{target: {{template: {{type: {DOCKER}, {template}}}}}, {spec}}}"),
            &[made("obj", Some("ns"), fault, "1h by default")],
        );
    }
    check(
        EXTERNAL,
        "spec: {target: {template: {type: kubernetes.io/dockercfg, data: {.dockerconfigjson: 'null'}}}}",
        &[made(
            "obj",
            Some("ns"),
            Some(ProducerFault::Key(PayloadFormat::DockerCfg)),
            "1h by default",
        )],
    );
}

#[test]
fn a_cluster_external_secret_makes_its_secrets_where_nobody_can_tell() {
    let head = "apiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret";
    let inner = |name: &str| {
        format!(
            "externalSecretSpec: {{refreshInterval: 3h, target: {{{name}template: {{type: {DOCKER}}}}}}}"
        )
    };
    for (spec, name) in [
        (format!("{}, externalSecretName: named", inner("name: regcred, ")), "regcred"),
        (format!("{}, externalSecretName: named", inner("")), "named"),
        (inner(""), "obj"),
    ] {
        let text = format!("{head}\nmetadata: {{name: obj}}\nspec: {{refreshTime: 1m, {spec}}}\n");
        let inventory = Inventory::of(&text).expect("a stream");
        let [produced] = &inventory.produced[..] else { panic!("one Secret") };
        assert!(produced.any_namespace);
        assert_eq!(Made::of(produced), made(name, None, None, "3h"));
    }
}

#[test]
fn generators_tell_how_long_their_tokens_live() {
    let text = format!(
        "{EXTERNAL}\nmetadata: {{name: obj}}\nspec:\n  dataFrom:\n  - sourceRef: {{generatorRef: {{kind: \
         ECRAuthorizationToken, name: a}}}}\n  - sourceRef: {{generatorRef: {{kind: ClusterGenerator, name: b}}}}\n  \
         - sourceRef: {{generatorRef: {{kind: ClusterGenerator, name: c}}}}\n  - extract: {{key: k}}\n---\n\
         apiVersion: generators.external-secrets.io/v1alpha1\nkind: ClusterGenerator\nmetadata: {{name: b}}\nspec: \
         {{kind: GCRAccessToken}}\n"
    );
    let inventory = Inventory::of(&text).expect("a stream");
    let generators = &inventory.produced[0].generators;
    let lives = generators.iter().map(|generator| generator.row(&inventory.generators));
    let lives: Vec<_> = lives.map(|row| row.map(|row| row.life)).collect();
    assert_eq!(lives, [Some(43_200), Some(3600), None]);
}

#[test]
fn a_sealed_secret_keeps_its_name_and_shows_its_keys() {
    let head = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret";
    let template = format!("template: {{type: {DOCKER}, metadata: {{name: other}}}}");
    check(
        head,
        &format!("spec: {{{template}, encryptedData: {{.dockerconfigjson: AgB}}}}"),
        &[made("obj", Some("ns"), None, "unknown")],
    );
    check(
        head,
        &format!("spec: {{{template}, encryptedData: {{config.json: AgB}}}}"),
        &[made("obj", Some("ns"), KEY, "unknown")],
    );
    check(
        head,
        &format!(
            "spec: {{template: {{type: {DOCKER}, data: {{.dockerconfigjson: 'null'}}}}, encryptedData: {{p: AgB}}}}"
        ),
        &[made("obj", Some("ns"), None, "unknown")],
    );
    check(
        head,
        "spec: {encryptedData: {.dockerconfigjson: AgB}}",
        &[made("obj", Some("ns"), Some(ProducerFault::Type), "unknown")],
    );
}

#[test]
fn a_secret_provider_class_makes_a_secret_for_each_entry() {
    check(
        "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass",
        &format!(
            "spec:\n  secretObjects:\n  - {{secretName: one, type: {DOCKER}, data: [{{key: .dockerconfigjson, \
             objectName: o}}]}}\n  - {{secretName: two, type: {DOCKER}, data: [{{key: password, objectName: o}}]}}\n  \
             - {{secretName: three, type: Opaque}}"
        ),
        &[
            made("one", Some("ns"), None, "unknown"),
            made("two", Some("ns"), KEY, "unknown"),
            made("three", Some("ns"), Some(ProducerFault::Type), "unknown"),
        ],
    );
}

#[test]
fn the_vault_operator_makes_a_secret_only_if_it_may_create_one() {
    for (kind, refresh) in [
        ("VaultStaticSecret", "unknown"),
        ("VaultDynamicSecret", "unknown"),
        ("HCPVaultSecretsApp", "600s by default"),
    ] {
        let head = format!("apiVersion: secrets.hashicorp.com/v1beta1\nkind: {kind}");
        let target = |more: &str| format!("destination: {{name: regcred, {more}}}");
        let docker = target(&format!("create: true, type: {DOCKER}"));
        check(&head, &format!("spec: {{{docker}}}"), &[made("regcred", Some("ns"), None, refresh)]);
        check(
            &head,
            &format!("spec: {{refreshAfter: 30s, {docker}}}"),
            &[made("regcred", Some("ns"), None, "30s")],
        );
        let opaque = made("regcred", Some("ns"), Some(ProducerFault::Type), refresh);
        check(&head, &format!("spec: {{{}}}", target("create: true")), &[opaque]);
        check(&head, &format!("spec: {{{}}}", target("create: false")), &[]);
        check(&head, &format!("spec: {{{}}}", target(&format!("type: {DOCKER}"))), &[]);
    }
}

#[test]
fn the_type_of_a_one_password_item_stands_at_the_top() {
    let head = "apiVersion: onepassword.com/v1\nkind: OnePasswordItem";
    check(
        head,
        &format!("spec: {{itemPath: vaults/v/items/i}}\ntype: {DOCKER}"),
        &[made("obj", Some("ns"), None, "600s by default")],
    );
    check(
        head,
        &format!("spec: {{itemPath: vaults/v/items/i, type: {DOCKER}}}"),
        &[made("obj", Some("ns"), Some(ProducerFault::Type), "600s by default")],
    );
}

#[test]
fn a_doppler_secret_takes_over_named_values_only() {
    let head = "apiVersion: secrets.doppler.com/v1alpha1\nkind: DopplerSecret";
    let target = format!("managedSecret: {{name: regcred, namespace: shop, type: {DOCKER}}}");
    let named = "processors: {REGISTRY: {type: plain, asName: .dockerconfigjson}}";
    check(
        head,
        &format!("spec: {{{target}, {named}}}"),
        &[made("regcred", Some("shop"), None, "60s by default")],
    );
    check(
        head,
        &format!("spec: {{resyncSeconds: 300, {target}, {named}}}"),
        &[made("regcred", Some("shop"), None, "300")],
    );
    for lacking in ["format: docker", "processors: {REGISTRY: {type: plain}}"] {
        check(
            head,
            &format!("spec: {{{target}, {lacking}}}"),
            &[made("regcred", Some("shop"), KEY, "60s by default")],
        );
    }
    check(
        head,
        "spec: {managedSecret: {name: regcred}}",
        &[made("regcred", Some("ns"), Some(ProducerFault::Type), "60s by default")],
    );
}

#[test]
fn an_infisical_secret_has_one_target_or_several() {
    let head = "apiVersion: secrets.infisical.com/v1alpha1\nkind: InfisicalSecret";
    let template = "template: {data: {.dockerconfigjson: 'null'}}";
    let target = |name: &str, more: &str| {
        format!("{{secretName: {name}, secretNamespace: shop, secretType: {DOCKER}, {more}}}")
    };
    check(
        head,
        &format!(
            "spec: {{resyncInterval: 10, managedSecretReference: {}}}",
            target("one", template)
        ),
        &[made("one", Some("shop"), None, "10")],
    );
    check(
        head,
        &format!(
            "spec: {{syncConfig: {{resyncInterval: 1h}}, managedKubeSecretReferences: [{}, {}, {}]}}",
            target("one", template),
            target("two", "template: {data: {PASSWORD: x}}"),
            target("three", "template: {includeAllSecrets: true, data: {PASSWORD: x}}")
        ),
        &[
            made("one", Some("shop"), None, "1h"),
            made("two", Some("shop"), KEY, "1h"),
            made("three", Some("shop"), None, "1h"),
        ],
    );
    check(
        head,
        "spec: {managedSecretReference: {secretName: one, secretNamespace: shop}}",
        &[made("one", Some("shop"), Some(ProducerFault::Type), "60s by default")],
    );
}

#[test]
fn an_infisical_static_secret_may_make_config_maps() {
    check(
        "apiVersion: secrets.infisical.com/v1beta1\nkind: InfisicalStaticSecret",
        &format!(
            "spec:\n  syncOptions: {{refreshInterval: 5m}}\n  targets:\n  - {{kind: Secret, name: one, namespace: shop, \
             secretType: {DOCKER}}}\n  - {{kind: ConfigMap, name: two, namespace: shop}}"
        ),
        &[
            made("one", Some("shop"), None, "5m"),
            made("two", Some("shop"), Some(ProducerFault::NoSecret("ConfigMap".into())), "5m"),
        ],
    );
}

#[test]
fn a_sops_secret_shows_its_keys() {
    check(
        "apiVersion: isindir.github.com/v1alpha3\nkind: SopsSecret",
        &format!(
            "spec:\n  secretTemplates:\n  - {{name: one, type: {DOCKER}, stringData: {{.dockerconfigjson: 'ENC[x]'}}}}\n  \
             - {{name: two, type: {DOCKER}, data: {{password: 'ENC[x]'}}}}\n  - {{name: three}}"
        ),
        &[
            made("one", Some("ns"), None, "unknown"),
            made("two", Some("ns"), KEY, "unknown"),
            made("three", Some("ns"), Some(ProducerFault::Type), "unknown"),
        ],
    );
}

#[test]
fn a_secret_import_copies_whatever_type_there_is() {
    check(
        "apiVersion: secretgen.carvel.dev/v1alpha1\nkind: SecretImport",
        "spec: {fromNamespace: other}",
        &[made("obj", Some("ns"), None, "unknown")],
    );
    // It offers a Secret, and makes none.
    check(
        "apiVersion: secretgen.carvel.dev/v1alpha1\nkind: SecretExport",
        "spec: {toNamespaces: ['*']}",
        &[],
    );
}

#[test]
fn a_kind_of_another_group_makes_nothing() {
    check("apiVersion: example.com/v1\nkind: ExternalSecret", "spec: {target: {name: a}}", &[]);
    check(
        "apiVersion: example.com/v1\nkind: ClusterGenerator",
        "spec: {kind: GCRAccessToken}",
        &[],
    );
}

#[test]
fn a_made_secret_may_be_copied_on() {
    let text = format!(
        "{EXTERNAL}\nmetadata: {{name: obj, namespace: ns}}\nspec:\n  target:\n    template:\n      type: {DOCKER}\n      \
         metadata:\n        annotations:\n          replicator.v1.mittwald.de/replicate-to: shop\n"
    );
    let inventory = Inventory::of(&text).expect("a stream");
    let reach = inventory.produced[0].reach.as_ref().expect("it is copied");
    assert_eq!(reach.copies_to(Some("shop")), Replicated::Yes);
    assert_eq!(reach.copies_to(Some("other")), Replicated::No);
}

#[track_caller]
fn of<T>(head: &str, body: &str, look: impl Fn(&Produced<'_>) -> T) -> T {
    let text = format!("{head}\nmetadata: {{name: obj, namespace: ns}}\n{body}\n");
    let inventory = Inventory::of(&text).unwrap_or_else(|problem| panic!("{problem:?}"));
    look(inventory.produced.first().unwrap_or_else(|| panic!("nothing is made: {text}")))
}

#[track_caller]
fn names(head: &str, body: &str, keys: &[&str]) {
    let found = of(head, body, |made| made.keys.as_deref().map(<[String]>::to_vec));
    assert_eq!(found, Some(keys.iter().map(|key| (*key).to_owned()).collect()), "{body}");
}

/// A template that names `a.io`, between these delimiters.
fn template(open: &str, close: &str) -> String {
    format!("'{{\"auths\":{{\"a.io\":{{\"password\":\"{open} .p {close}\"}}}}}}'")
}

#[test]
fn templates_name_registries() {
    let text = template("{{", "}}");
    let data = format!("{{type: {DOCKER}, data: {{.dockerconfigjson: {text}}}}}");
    names(EXTERNAL, &format!("spec: {{target: {{template: {data}}}}}"), &["a.io"]);
    names(
        "apiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret",
        &format!("spec: {{externalSecretSpec: {{target: {{template: {data}}}}}}}"),
        &["a.io"],
    );
    names(
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret",
        &format!("spec: {{template: {data}, encryptedData: {{p: AgB}}}}"),
        &["a.io"],
    );
    let target = format!("secretName: s, secretType: {DOCKER}, template: {data}");
    for spec in [
        format!("managedSecretReference: {{{target}}}"),
        format!("managedKubeSecretReferences: [{{{target}}}]"),
    ] {
        let head = "apiVersion: secrets.infisical.com/v1alpha1\nkind: InfisicalSecret";
        names(head, &format!("spec: {{{spec}}}"), &["a.io"]);
    }
    for templates in [
        format!("{{.dockerconfigjson: {{text: {text}}}}}"),
        format!("{{docker: {{name: .dockerconfigjson, text: {text}}}}}"),
    ] {
        let destination = format!(
            "{{name: s, create: true, type: {DOCKER}, transformation: {{templates: {templates}}}}}"
        );
        names(
            "apiVersion: secrets.hashicorp.com/v1beta1\nkind: VaultStaticSecret",
            &format!("spec: {{destination: {destination}}}"),
            &["a.io"],
        );
    }
    names(
        "apiVersion: ricoberger.de/v1alpha1\nkind: VaultSecret",
        &format!(
            "spec: {{type: {DOCKER}, templates: {{.dockerconfigjson: {}}}}}",
            template("{%", "%}")
        ),
        &["a.io"],
    );
    names(
        "apiVersion: redhatcop.redhat.io/v1alpha1\nkind: VaultSecret",
        &format!(
            "spec: {{output: {{name: s, type: {DOCKER}, stringData: {{.dockerconfigjson: {text}}}}}}}"
        ),
        &["a.io"],
    );
    names(
        "apiVersion: lerentis.uploadfilter24.eu/v1beta8\nkind: RegistryCredential",
        "spec: {name: s, namespace: shop, registry: a.io, usernameRef: u, passwordRef: p}",
        &["a.io"],
    );
}

#[test]
fn kinds_of_other_operators_have_their_fields() {
    let docker = format!("type: {DOCKER}");
    let akv = "apiVersion: spv.no/v1\nkind: AzureKeyVaultSecret";
    check(
        akv,
        "spec: {output: {secret: {name: s, dataKey: .dockerconfigjson, type: Opaque}}}",
        &[made("s", Some("ns"), Some(ProducerFault::Type), "unknown")],
    );
    check(
        akv,
        &format!("spec: {{output: {{secret: {{name: s, {docker}}}}}}}"),
        &[made("s", Some("ns"), None, "unknown")],
    );
    check(akv, "spec: {output: {configMap: {name: s, dataKey: x}}}", &[]);
    check(
        "apiVersion: k8s.bitwarden.com/v1\nkind: BitwardenSecret",
        "spec: {secretName: s, map: [{secretKeyName: .dockerconfigjson}]}",
        &[made("s", Some("ns"), Some(ProducerFault::Type), "unknown")],
    );
    check(
        "apiVersion: lerentis.uploadfilter24.eu/v1beta8\nkind: BitwardenSecret",
        "spec: {name: s, namespace: shop}",
        &[made("s", Some("shop"), Some(ProducerFault::Type), "unknown")],
    );
    check(
        "apiVersion: ops.alexellis.io/v1\nkind: ClusterPullSecret",
        "spec: {secretRef: {name: seed, namespace: kube-system}}",
        &[made("obj-registrycreds", Some("ns"), None, "unknown")],
    );
    check(
        "apiVersion: secrets.phase.dev/v1alpha1\nkind: PhaseSecret",
        &format!(
            "spec: {{pollingInterval: 60, managedSecretReferences: [{{secretName: s, secretNamespace: shop, \
             secretType: {DOCKER}}}, {{secretName: t}}]}}"
        ),
        &[
            made("s", Some("shop"), None, "60"),
            made("t", Some("ns"), Some(ProducerFault::Type), "60"),
        ],
    );
    check(
        "apiVersion: secretgen.carvel.dev/v1alpha1\nkind: SecretTemplate",
        &format!("spec: {{template: {{{docker}, stringData: {{x: y}}}}}}"),
        &[made("obj", Some("ns"), KEY, "unknown")],
    );
    check(
        "apiVersion: craftypath.github.io/v1alpha1\nkind: SopsSecret",
        &format!("spec: {{{docker}, stringData: {{.dockerconfigjson: 'ENC[A]'}}}}"),
        &[made("obj", Some("ns"), None, "unknown")],
    );
    let vault = "apiVersion: ricoberger.de/v1alpha1\nkind: VaultSecret";
    for (fields, fault) in [
        ("path: kv/x", None),
        ("keys: [.dockerconfigjson]", None),
        ("keys: [password]", KEY),
        ("templates: {password: x}", KEY),
    ] {
        let expected = made("obj", Some("ns"), fault, "unknown");
        check(vault, &format!("spec: {{{docker}, {fields}}}"), &[expected]);
    }
}

#[test]
fn namespaces_are_those_that_an_object_names() {
    let only = |head: &str, spec: &str| {
        of(head, &format!("spec: {spec}"), |made| {
            let only = made.only_in.as_deref();
            only.map(|only| only.iter().map(|one| one.to_string()).collect::<Vec<_>>())
        })
    };
    let external = "apiVersion: external-secrets.io/v1\nkind: ClusterExternalSecret";
    let label = "kubernetes.io/metadata.name";
    for (spec, expected) in [
        ("{namespaces: [a, b]}".to_owned(), Some(vec!["a", "b"])),
        (format!("{{namespaceSelector: {{matchLabels: {{{label}: a}}}}}}"), Some(vec!["a"])),
        (
            format!(
                "{{namespaceSelectors: [{{matchExpressions: [{{key: {label}, operator: In, values: [a, b]}}]}}]}}"
            ),
            Some(vec!["a", "b"]),
        ),
        ("{namespaces: [a], namespaceSelector: {matchLabels: {team: x}}}".to_owned(), None),
        ("{namespaceSelectors: [{}]}".to_owned(), None),
        ("{}".to_owned(), None),
    ] {
        let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect());
        assert_eq!(only(external, &spec), expected, "{spec}");
    }
    let imps = "apiVersion: images.banzaicloud.io/v1alpha1\nkind: ImagePullSecret";
    let named = only(imps, "{target: {secret: {name: s}, namespaces: {names: [a]}}}");
    assert_eq!(named, Some(vec!["a".to_owned()]));
    let marked =
        "{target: {secret: {name: s}, namespaces: {names: [a], labels: [{matchLabels: {x: y}}]}}}";
    assert_eq!(only(imps, marked), None);
}
