//! Each kind of token by an example, and what must not be taken for one.

use super::*;
use ::base64::prelude::*;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

/// The made-up part of a token. Tokens are put together here, so that no scanner of repositories
/// takes this file for a leak.
fn filler(length: usize) -> String {
    "0aA1bB2cC3".chars().cycle().take(length).collect()
}

fn upper(length: usize) -> String {
    filler(length).to_ascii_uppercase()
}

fn jwt(claims: &serde_json::Value) -> String {
    let part = |value: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(&json!({"typ": "JWT", "alg": "RS256"})), part(claims), filler(43))
}

fn ecr(expiration: &serde_json::Value) -> String {
    let token = json!({"payload": filler(9), "datakey": filler(9), "version": "2",
        "type": "DATA_KEY", "expiration": expiration});
    BASE64_STANDARD.encode(token.to_string())
}

fn google_key() -> String {
    json!({"type": "service_account", "private_key_id": "f", "private_key": "-----BEGIN\n"})
        .to_string()
}

fn kind(username: &str, password: &str) -> Option<Kind> {
    classify(username.as_bytes(), password.as_bytes()).map(|class| class.kind)
}

#[test]
fn each_kind_is_recognised_by_its_user_name_or_password() {
    let cases = [
        ("AWS", ecr(&json!(1_700_000_000)), Kind::EcrToken),
        ("AWS", filler(20), Kind::EcrToken),
        ("x", jwt(&json!({"iss": "Azure Container Registry"})), Kind::AcrToken),
        ("00000000-0000-0000-0000-000000000000", jwt(&json!({})), Kind::AcrToken),
        ("00000000-0000-0000-0000-000000000000", filler(9), Kind::AcrToken),
        ("acme", format!("{}+ACR{}", filler(42), filler(6)), Kind::AcrPassword),
        ("guid", format!("abc8Q~{}", filler(34)), Kind::EntraSecret),
        ("oauth2accesstoken", format!("ya29.{}", filler(100)), Kind::GoogleAccessToken),
        ("oauth2accesstoken", filler(9), Kind::GoogleAccessToken),
        ("_json_key", google_key(), Kind::GoogleServiceAccountKey),
        ("_json_key_base64", BASE64_STANDARD.encode(google_key()), Kind::GoogleServiceAccountKey),
        ("x", google_key(), Kind::GoogleServiceAccountKey),
        ("_json_key", filler(9), Kind::GoogleServiceAccountKey),
        ("bob", format!("ghp_{}", filler(36)), Kind::GitHubClassicToken),
        ("bob", format!("github_pat_{}_{}", filler(22), filler(59)), Kind::GitHubFineGrainedToken),
        ("bob", format!("gho_{}", filler(36)), Kind::GitHubOAuthToken),
        ("bob", format!("ghu_{}", filler(36)), Kind::GitHubUserToken),
        ("bob", format!("ghs_{}", filler(36)), Kind::GitHubInstallationToken),
        ("bob", format!("ghs_1_{}", jwt(&json!({}))), Kind::GitHubInstallationToken),
        ("bob", format!("ghr_{}", filler(76)), Kind::GitHubRefreshToken),
        ("bob", format!("glpat-{}", filler(20)), Kind::GitLabPersonalToken),
        ("bob", format!("glpat-{}.01.{}", filler(27), filler(9)), Kind::GitLabPersonalToken),
        ("gitlab+deploy-token-1", format!("gldt-{}", filler(20)), Kind::GitLabDeployToken),
        ("gitlab+deploy-token-1", filler(20), Kind::GitLabDeployToken),
        ("gitlab-ci-token", format!("glcbt-64_{}", filler(20)), Kind::GitLabJobToken),
        ("gitlab-ci-token", filler(20), Kind::GitLabJobToken),
        ("gitlab-ci-token", jwt(&json!({"iss": "https://gitlab.com"})), Kind::GitLabJobToken),
        ("bob", format!("gloas-{}", filler(64)), Kind::GitLabOAuthSecret),
        ("bob", format!("glrt-{}", filler(20)), Kind::GitLabRunnerToken),
        ("bob", format!("GR1348941{}", filler(20)), Kind::GitLabRunnerToken),
        ("bob", format!("dckr_pat_{}", filler(27)), Kind::DockerPersonalToken),
        ("acme", format!("dckr_oat_{}", filler(32)), Kind::DockerOrganizationToken),
        ("acme+ci", upper(64), Kind::QuayRobotToken),
        ("robot$shop+ci", filler(32), Kind::HarborRobotSecret),
        ("bob", format!("AKCp{}", filler(69)), Kind::JFrogApiKey),
        ("bob", format!("cmVmdGtu{}", filler(56)), Kind::JFrogReferenceToken),
        ("bob", jwt(&json!({"iss": "jfac@01abc"})), Kind::JFrogAccessToken),
        ("$oauthtoken", format!("nvapi-{}", filler(64)), Kind::NvidiaApiKey),
        ("bob", format!("sha256~{}", filler(43)), Kind::OpenShiftToken),
        (
            "serviceaccount",
            jwt(&json!({"sub": "system:serviceaccount:shop:default"})),
            Kind::KubernetesServiceAccountToken,
        ),
        ("bob", format!("dop_v1_{}", filler(64)), Kind::DigitalOceanToken),
        ("iamapikey", filler(44), Kind::IbmApiKey),
        ("iambearer", filler(44), Kind::IbmBearerToken),
        ("cr_temp_user", filler(44), Kind::AlibabaTemporaryPassword),
        ("1234567|shop", jwt(&json!({"sub": "f00"})), Kind::RedHatServiceAccountToken),
        ("bob", format!("npm_{}", filler(36)), Kind::NpmToken),
        ("bob", jwt(&json!({})), Kind::Jwt),
    ];
    for (username, password, expected) in &cases {
        assert_eq!(kind(username, password), Some(*expected), "{username} {password}");
        assert_eq!(
            kind(username, &format!("{password}\n")),
            Some(*expected),
            "{username} with newline"
        );
    }
    let tested: BTreeSet<_> = cases.iter().map(|case| case.2).collect();
    assert_eq!(tested, Kind::ALL.iter().copied().collect(), "each kind has a case");
}

#[test]
fn what_has_no_known_form_is_not_named() {
    for (username, password) in [
        ("bob", "hunter2"),
        ("bob", ""),
        ("", ""),
        ("AWS", ""),
        ("acme+ci", "hunter2"),
        ("bob", "ghp_short"),
        ("bob", "ghp_0aA1bB2cC3 aA1bB2cC30aA1bB2cC3"),
        ("bob", "a.b.c"),
        ("bob", "eyJ.eyJ.x"),
        ("bob", "{}"),
    ] {
        assert_eq!(kind(username, password), None, "{username} {password}");
    }
}

#[test]
fn a_token_tells_when_it_was_issued_and_when_it_expires() {
    let hour = 3600;
    for (password, issued_at, expires_at, is_short_lived) in [
        (ecr(&json!(1_700_043_200)), Some(1_700_000_000), Some(1_700_043_200), true),
        (ecr(&json!("soon")), None, None, true),
        (
            jwt(&json!({"iat": 1_700_000_000, "exp": 1_700_000_000 + hour})),
            Some(1_700_000_000),
            Some(1_700_003_600),
            true,
        ),
        (
            jwt(&json!({"nbf": 1_700_000_000, "exp": 1_800_000_000})),
            Some(1_700_000_000),
            Some(1_800_000_000),
            false,
        ),
        (jwt(&json!({"iat": 1_700_000_000.75, "exp": null})), Some(1_700_000_000), None, false),
        (jwt(&json!({"iat": "1700000000", "exp": 1e300})), None, None, false),
        (
            jwt(&json!({"iss": "Azure Container Registry", "exp": 1_700_010_800})),
            Some(1_700_000_000),
            Some(1_700_010_800),
            true,
        ),
        (format!("glcbt-{}", jwt(&json!({"iat": 5, "exp": 3605}))), Some(5), Some(3605), true),
        (jwt(&json!({"iat": i64::MIN, "exp": i64::MAX})), Some(i64::MIN), Some(i64::MAX), false),
        (format!("ghp_{}", filler(36)), None, None, false),
        (format!("ghs_{}", filler(36)), None, None, true),
    ] {
        let class = classify(b"bob", password.as_bytes()).unwrap();
        let times = (class.issued_at, class.expires_at, class.is_short_lived());
        assert_eq!(times, (issued_at, expires_at, is_short_lived), "{password}");
    }
}

#[test]
fn the_evidence_is_told() {
    let basis = |username: &str, password: &str| {
        classify(username.as_bytes(), password.as_bytes()).unwrap().basis
    };
    assert_eq!(basis("AWS", &ecr(&json!(1))), Recognition::Content);
    assert_eq!(basis("bob", &format!("ghp_{}", filler(36))), Recognition::Form);
    assert_eq!(basis("AWS", "x"), Recognition::Username);
}

#[test]
fn the_names_of_kinds_are_distinct() {
    let names: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
}

#[test]
fn credentials_are_found_inside_a_text() {
    let (github, token) = (format!("ghp_{}", filler(36)), jwt(&json!({"exp": 1})));
    let config = BASE64_STANDARD.encode(r#"{"auths":{"ghcr.io":{"auth":"Ym9iOng="}}}"#);
    let key =
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----", filler(9));
    for (secret, before, after) in [
        (&github, "token=", ", sir"),
        (&github, "https://bob:", "@ghcr.io"),
        (&token, "Bearer ", ""),
        (&config, "é ", " é"),
        (&key, "key: ", "\n"),
    ] {
        let text = format!("{before}{secret}{after}");
        let expected = before.len()..before.len() + secret.len();
        assert_eq!(find(&text), vec![expected], "{text}");
    }
    for text in [
        "",
        "use a token that begins with ghp_ or github_pat_",
        "nginx@sha256:0123456789abcdef0123456789abcdef",
        "registry.example.com/team/app:v1.2.3-alpha",
        "-----BEGIN CERTIFICATE-----",
    ] {
        assert!(find(text).is_empty(), "{text}");
    }
}

#[test]
fn a_private_key_that_is_cut_off_is_found_to_the_end() {
    let text = format!("x -----BEGIN PRIVATE KEY-----\n{}", filler(9));
    let expected = 2..text.len();
    assert_eq!(find(&text), vec![expected]);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        username in proptest::collection::vec(any::<u8>(), 0..8),
        password in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..64),
            "eyJ[A-Za-z0-9]{0,9}\\.[A-Za-z0-9]{0,9}\\.".prop_map(String::into_bytes),
        ]
    ) {
        classify(&username, &password);
    }

    #[test]
    fn what_is_found_lies_in_order_on_character_boundaries(
        text in "(ghp_|eyJ|é| |a|[a-z]{20}|-----BEGIN |PRIVATE KEY-----){0,9}"
    ) {
        let mut end = 0;
        for range in find(&text) {
            prop_assert!(end <= range.start && range.start < range.end);
            prop_assert!(text.get(range.clone()).is_some());
            end = range.end;
        }
    }
}
