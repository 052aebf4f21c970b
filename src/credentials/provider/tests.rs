//! The lists of the official plugins and the reading of configurations, held against Go and the kubelet.

use super::*;
use serde::Deserialize;

/// One line of `testdata/providers.jsonl`: which pattern of each service matches, computed with
/// Go's packages and `URLsMatchStr` of `keyring.go`.
#[derive(Deserialize)]
struct Case {
    name: String,
    eks: Option<String>,
    gke: Option<String>,
    aks: Option<String>,
}

#[test]
fn the_official_lists_match_as_in_go() {
    for line in include_str!("../../../testdata/providers.jsonl").lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        for (official, expected) in
            [(Official::Eks, case.eks), (Official::Gke, case.gke), (Official::Aks, case.aks)]
        {
            assert_eq!(official.matching(&case.name), expected.as_deref(), "{line}");
        }
    }
}

#[test]
fn every_official_pattern_is_valid_and_there_once() {
    for official in Official::ALL {
        let patterns = official.match_images();
        assert_eq!(Official::from_name(official.name()), Some(official));
        for (at, pattern) in patterns.iter().enumerate() {
            assert!(crate::credentials::keyring::check_pattern(pattern).is_ok(), "{pattern}");
            assert!(!patterns[..at].contains(pattern), "{pattern}");
        }
    }
}

#[test]
fn an_identity_needs_all_of_its_annotations() {
    let set = |annotations: &[(&str, &'static str)]| -> Vec<(Official, bool)> {
        let value = |key: &str| {
            let mut set = annotations.iter();
            set.find(|(name, _)| *name == key).map(|(_, value)| *value)
        };
        let set =
            IDENTITIES.iter().filter(|identity| identity.missing(value) == MissingAnnotation::None);
        set.map(|found| (found.official, found.pulls)).collect()
    };
    assert_eq!(set(&[("eks.amazonaws.com/role-arn", "arn")]), [(Official::Eks, false)]);
    assert_eq!(set(&[("eks.amazonaws.com/role-arn", "")]), []);
    assert_eq!(set(&[("eks.amazonaws.com/ecr-role-arn", "arn")]), [(Official::Eks, true)]);
    assert_eq!(set(&[("iam.gke.io/enable-wi-image-pull", "true")]), [(Official::Gke, true)]);
    assert_eq!(set(&[("iam.gke.io/enable-wi-image-pull", "false")]), []);
    let [client, tenant] =
        ["kubernetes.azure.com/acr-client-id", "kubernetes.azure.com/acr-tenant-id"];
    assert_eq!(set(&[(client, "id")]), []);
    assert_eq!(set(&[(client, "id"), (tenant, "id")]), [(Official::Aks, true)]);
    let half = |key: &str| (key == client).then_some("id");
    let halves = IDENTITIES.iter().map(|identity| identity.missing(half));
    let halves: Vec<_> = halves.filter(|missing| *missing != MissingAnnotation::All).collect();
    assert_eq!(halves, [MissingAnnotation::Some(tenant)]);
}

#[test]
fn the_plugin_of_azure_may_not_know_registries_with_a_hyphen() {
    let aks = Official::from_plugin("acr-credential-provider").unwrap();
    assert!(aks.may_give_none("acme-a1b2c3.azurecr.io/app").is_some());
    assert!(aks.may_give_none("acme.azurecr.io/team-a/app").is_none());
    assert!(Official::Eks.may_give_none("a-b.example.com/app").is_none());
}

const EKS_FILE: &str = r#"{
  "apiVersion": "kubelet.config.k8s.io/v1",
  "kind": "CredentialProviderConfig",
  "providers": [{
    "name": "ecr-credential-provider",
    "matchImages": ["*.dkr.ecr.*.amazonaws.com", "public.ecr.aws"],
    "defaultCacheDuration": "12h0m0s",
    "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
    "args": ["get-credentials"],
    "env": [{"name": "AWS_PROFILE", "value": "x"}]
  }]
}"#;

#[test]
fn a_file_in_json_or_yaml_is_read() {
    let config = Config::parse(EKS_FILE).unwrap();
    let name = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app";
    let [provider] = &*config.providers else { panic!("one provider") };
    assert_eq!(provider.name, "ecr-credential-provider");
    assert_eq!(provider.matching(name), Some("*.dkr.ecr.*.amazonaws.com"));
    assert_eq!(provider.matching("ghcr.io/acme/app"), None);

    let with_tabs = EKS_FILE.replace("  ", "\t");
    assert_eq!(Config::parse(&with_tabs).as_ref(), Ok(&config));

    let yaml = "\
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: acr # a comment
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  matchImages: ['*.azurecr.io']
  defaultCacheDuration: 10m
  tokenAttributes:
    serviceAccountTokenAudience: api://AzureADTokenExchange
    cacheType: ServiceAccount
    requireServiceAccount: true
    requiredServiceAccountAnnotationKeys: [kubernetes.azure.com/acr-client-id]
";
    let config = Config::parse(yaml).unwrap();
    let token = config.providers[0].token.as_ref().unwrap();
    assert!(token.requires_service_account);
    assert_eq!(token.missing_annotation(|_| false), Some("kubernetes.azure.com/acr-client-id"));
    assert_eq!(token.missing_annotation(|_| true), None);
}

#[test]
fn patterns_are_not_normalised_and_none_stands_in_for_docker_hub() {
    let provider = |pattern: &str| Provider {
        name: "x".into(),
        match_images: vec![pattern.into()],
        token: None,
    };
    let hub = "docker.io/acme/app";
    assert_eq!(provider("docker.io").matching(hub), Some("docker.io"));
    for pattern in ["https://docker.io", "docker.io/v2/", "index.docker.io", "docker.io:443"] {
        assert_eq!(provider(pattern).matching(hub), None, "{pattern}");
    }
    assert_eq!(provider("r.io").matching("r.io:5000/app"), None);
}

#[test]
fn files_of_one_directory_are_merged_unless_a_name_is_there_twice() {
    let mut config = Config::parse(EKS_FILE).unwrap();
    let other = EKS_FILE.replace("ecr-credential-provider", "other");
    config.merge(Config::parse(&other).unwrap()).unwrap();
    assert_eq!(config.providers.len(), 2);
    let [mistake] = &config.merge(Config::parse(&other).unwrap()).unwrap_err()[..] else {
        panic!()
    };
    assert_eq!(mistake.placed(), "providers: the name `other` is used twice");
}

/// The mistakes of [`EKS_FILE`] after a replacement.
fn mistakes(from: &str, to: &str) -> Vec<String> {
    let text = EKS_FILE.replace(from, to);
    assert!(from.is_empty() || text != EKS_FILE, "{from}");
    match Config::parse(&text) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(|mistake| mistake.placed().into()).collect(),
    }
}

#[test]
fn each_rule_of_the_kubelet_holds() {
    let v1 = "kubelet.config.k8s.io/v1\",\n  \"kind";
    for (from, to, expected) in [
        (v1, "kubelet.config.k8s.io/v1beta1\",\n  \"kind", None),
        (v1, "kubelet.config.k8s.io/v1alpha1\",\n  \"kind", None),
        (
            v1,
            "kubelet.config.k8s.io/v2\",\n  \"kind",
            Some("apiVersion: must be `kubelet.config.k8s.io/v1`, `"),
        ),
        (
            "CredentialProviderConfig",
            "KubeletConfiguration",
            Some("kind: must be `CredentialProviderConfig`"),
        ),
        ("\"12h0m0s\"", "null", Some("providers[0].defaultCacheDuration: is required")),
        ("\"12h0m0s\"", "\"0\"", None),
        ("\"12h0m0s\"", "\"1.5h.5s1us1\u{b5}s1\u{3bc}s1ns1ms\"", None),
        ("\"12h0m0s\"", "\"-0s\"", None),
        ("\"12h0m0s\"", "\"-1s\"", Some("providers[0].defaultCacheDuration: must be a duration")),
        ("\"12h0m0s\"", "\"12\"", Some("providers[0].defaultCacheDuration: must be a duration")),
        ("\"12h0m0s\"", "\"1d\"", Some("providers[0].defaultCacheDuration: must be a duration")),
        ("\"12h0m0s\"", "\"\"", Some("providers[0].defaultCacheDuration: must be a duration")),
        (
            "\"12h0m0s\"",
            "\"3000000h\"",
            Some("providers[0].defaultCacheDuration: must be a duration"),
        ),
        ("\"12h0m0s\"", "12", Some("providers[0].defaultCacheDuration: must be a duration")),
        ("kubelet.k8s.io/v1\",\n    \"args", "kubelet.k8s.io/v1beta1\",\n    \"args", None),
        (
            "kubelet.k8s.io/v1\",\n    \"args",
            "kubelet.k8s.io/v9\",\n    \"args",
            Some("providers[0].apiVersion: must be `"),
        ),
        (
            "\"args\"",
            "\"Args\"",
            Some("providers[0].Args: unknown field, expected one of `name`, `"),
        ),
        ("[\"get-credentials\"]", "null", None),
        (
            "[\"get-credentials\"]",
            "[1]",
            Some("providers[0].args[0]: must be a string; put it into quotes"),
        ),
        ("[\"get-credentials\"]", "\"x\"", Some("providers[0].args: must be a list")),
        (
            "\"value\": \"x\"",
            "\"valueFrom\": \"x\"",
            Some("providers[0].env[0].valueFrom: unknown field"),
        ),
        (
            "ecr-credential-provider",
            "bin/ecr",
            Some("providers[0].name: the name of an executable"),
        ),
        ("ecr-credential-provider", "..", Some("providers[0].name: the name of an executable")),
        ("\"ecr-credential-provider\"", "null", Some("providers[0].name: is required")),
        (
            "public.ecr.aws",
            "bob:hunter 2@r.io",
            Some("providers[0].matchImages[1]: `••••••@r.io` is not a valid pattern: "),
        ),
        (
            "[\"*.dkr.ecr.*.amazonaws.com\", \"public.ecr.aws\"]",
            "[]",
            Some("providers[0].matchImages: at least one pattern is needed"),
        ),
        (
            "\"kind\"",
            "\"metadata\": {}, \"kind\"",
            Some("metadata: unknown field, expected one of `apiVersion`, `kind`, `providers`"),
        ),
        (EKS_FILE, "[]", Some("must be a mapping")),
        (EKS_FILE, "{a: 1, a: 2}", Some("line 1, column 8: duplicate key")),
        (EKS_FILE, "a: 'hunter2", Some("line 1, column 4: invalid YAML")),
    ] {
        let found = mistakes(from, to);
        let is_as_expected = match (&found[..], expected) {
            ([], None) => true,
            ([one], Some(expected)) => one.starts_with(expected),
            _ => false,
        };
        assert!(is_as_expected, "{from} -> {to}: {found:?}, expected {expected:?}");
    }
}

#[test]
fn all_mistakes_of_the_token_attributes_are_told_at_once() {
    let token = |fields: &str| {
        mistakes("\"args\"", &format!("\"tokenAttributes\": {{{fields}}}, \"args\""))
    };
    let good =
        r#""serviceAccountTokenAudience": "a", "cacheType": "Token", "requireServiceAccount": "#;
    assert_eq!(token(&format!("{good}false")), [""; 0]);
    assert_eq!(
        token(&format!(
            "{good}true, \"requiredServiceAccountAnnotationKeys\": [\"Example.com/A\"]"
        )),
        [""; 0]
    );
    let place = "providers[0].tokenAttributes";
    assert_eq!(
        token(""),
        [
            format!("{place}.serviceAccountTokenAudience: is required"),
            format!("{place}.cacheType: is required"),
            format!("{place}.requireServiceAccount: is required"),
        ]
    );
    let keys = r#", "requiredServiceAccountAnnotationKeys": ["a", "a", "-b", "x..y/c"],
        "optionalServiceAccountAnnotationKeys": ["a"]"#;
    assert_eq!(
        token(&format!("{good}false{keys}")),
        [
            format!("{place}.requiredServiceAccountAnnotationKeys[1]: is listed twice"),
            format!(
                "{place}.requiredServiceAccountAnnotationKeys[2]: is not a valid annotation key"
            ),
            format!(
                "{place}.requiredServiceAccountAnnotationKeys[3]: is not a valid annotation key"
            ),
            format!(
                "{place}.requiredServiceAccountAnnotationKeys: needs `requireServiceAccount: true`"
            ),
            format!("{place}: the annotation `a` is both required and optional"),
        ]
    );
    assert_eq!(
        token(&good.replace("Token\"", "Node\"").replace(", \"requireServiceAccount\": ", "")),
        [
            format!("{place}.cacheType: must be `ServiceAccount`, `Token`"),
            format!("{place}.requireServiceAccount: is required"),
        ]
    );
}

#[test]
fn only_version_1_has_token_attributes() {
    let with_token = EKS_FILE.replace("\"args\"", "\"tokenAttributes\": null, \"args\"");
    assert!(Config::parse(&with_token).is_ok());
    let old = with_token.replace("kubelet.config.k8s.io/v1", "kubelet.config.k8s.io/v1beta1");
    let [mistake] = &Config::parse(&old).unwrap_err()[..] else { panic!() };
    assert_eq!(mistake.place, "providers[0].tokenAttributes");
}
