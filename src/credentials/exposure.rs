//! Whether a text in plain sight is a credential for registries, and of which kind; and which texts are not
//! because another program puts the real value in its place.
//!
//! Overlooking one costs a finding; a false alarm costs the trust in all of them. So a text counts only if its form
//! leaves no doubt, or if the name before it says that it is a password for a registry. (What may be shown is
//! another question, and `token::find` errs on the other side.)

use crate::base64::{self, Encoding};
use crate::credentials::literal::literals;
use crate::credentials::payload::{self, PayloadFormat};
use crate::credentials::shown_key;
use crate::json::Document;
use crate::say;
use crate::text::{Message, Shown, list};
use crate::token::{self, Kind};

/// What a text shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// A token of this kind.
    Token(Kind),
    /// A docker configuration with usable credentials: the key of each, and what kind it is.
    DockerConfig(Vec<(Shown<'static>, Option<Kind>)>),
    /// A password, as the name before it says.
    Password,
}

impl Exposure {
    /// What it is, in words.
    pub fn message(&self) -> Message {
        match self {
            Self::Token(kind) => kind.name().into(),
            Self::Password => "a password".into(),
            Self::DockerConfig(entries) => {
                let entries = entries.iter().map(|(key, kind)| {
                    say!("{} for '{}'", kind.map_or("a password", Kind::name), key)
                });
                say!("a docker configuration with {}", list(entries, ", "))
            }
        }
    }
}

/// What text begins with, or has in it, that another program replaces before it reaches a cluster: SOPS, shells and
/// Kubernetes, templates, argocd-vault-plugin, vals.
const PLACEHOLDERS: &[&str] = &["ENC[", "${", "{{", "<path:", "ref+", "vault:", "$("];

/// Whether something takes the place of a whole value.
pub fn is_placeholder(value: &str) -> bool {
    let value = value.trim_start();
    value.starts_with('<') || PLACEHOLDERS.iter().any(|start| value.starts_with(start))
}

/// Whether something takes the place of a part of a value.
pub fn has_placeholder(value: &[u8]) -> bool {
    PLACEHOLDERS.iter().any(|mark| memchr::memmem::find(value, mark.as_bytes()).is_some())
}

/// Shorter texts are neither tokens nor docker configurations.
const LEAST: usize = 20;

/// What a value shows; `name` is the name before it.
pub fn find(name: &str, value: &str) -> Option<Exposure> {
    if value.is_empty() || is_placeholder(value) {
        return None;
    }
    let exposed = || docker_config(name, value).or_else(|| registry_token(name, value));
    let long = value.len() >= LEAST;
    long.then(exposed).flatten().or_else(|| password(name, value))
}

/// A docker configuration in a value, as it is or in base64.
pub fn docker_config(name: &str, value: &str) -> Option<Exposure> {
    let value = value.trim();
    if value.starts_with('{') {
        return in_json(name, value.as_bytes());
    }
    // In base64, `{` begins with `e`; after it comes a quote, a blank or a line break.
    let decoded = value.starts_with('e').then(|| decode(value))??;
    in_json(name, &decoded)
}

/// What a value of a Secret shows: a docker configuration, be it one that nothing can read.
pub fn in_payload(name: &str, value: &str) -> Option<Exposure> {
    let is_meant = || name.contains("docker") && !literals(value.as_bytes()).is_empty();
    docker_config(name, value).or_else(|| is_meant().then_some(Exposure::Password))
}

fn decode(value: &str) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let bare: Vec<u8> = value.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bare = zeroize::Zeroizing::new(bare);
    [Encoding::Padded, Encoding::Unpadded]
        .into_iter()
        .find_map(|encoding| base64::decode(&bare, encoding).ok())
}

fn in_json(name: &str, json: &[u8]) -> Option<Exposure> {
    // Without `auths` any table of users and passwords looks the same.
    let format = if name.ends_with("dockercfg") {
        PayloadFormat::DockerCfg
    } else {
        PayloadFormat::DockerConfigJson
    };
    let payload = payload::read(format, json);
    let usable = payload.entries().iter().filter(|entry| {
        payload.unusable(entry).is_none() && entry.literal().is_some() && !entry.key.is_empty()
    });
    let entries = usable.map(|entry| {
        (shown_key(&entry.key).into_owned(), entry.classify().map(|class| class.kind))
    });
    let entries: Vec<_> = entries.collect();
    (!entries.is_empty()).then_some(Exposure::DockerConfig(entries))
}

/// A token that registries take.
fn registry_token(name: &str, value: &str) -> Option<Exposure> {
    let found = token::find(value).into_iter().find_map(|range| {
        let text = &value[range];
        let class = token::classify(b"", text.as_bytes()).filter(|_| is_random(text))?;
        let pulls = class.kind.is_for_registries() || is_of_registry(&words(name));
        pulls.then_some(class.kind)
    });
    let key_file = || {
        let key = value.trim_start().starts_with('{').then_some(value.trim().as_bytes())?;
        token::classify(b"", key).map(|class| class.kind)
    };
    found
        .or_else(|| key_file().filter(|kind| *kind == Kind::GoogleServiceAccountKey))
        .map(Exposure::Token)
}

/// Whether a text may have been drawn at random: `ghp_xxxxxxxxxxxxxxxx` and `glpat-your-access-token` were not.
fn is_random(text: &str) -> bool {
    let rest = text.split_once(['_', '-', '.']).map_or(text, |(_, rest)| rest);
    let mut seen = [false; 128];
    rest.bytes().filter(u8::is_ascii).for_each(|byte| seen[usize::from(byte)] = true);
    let distinct = seen.iter().filter(|seen| **seen).count();
    distinct >= 6 && rest.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

/// Words of names that are about a registry.
const REGISTRY_WORDS: &[&str] = &[
    "acr",
    "artifactory",
    "docker",
    "dockerhub",
    "ecr",
    "gcr",
    "ghcr",
    "harbor",
    "jfrog",
    "quay",
    "registry",
];
/// Words that names of passwords end in.
const PASSWORD_WORDS: &[&str] = &["pass", "passwd", "password", "pat", "pwd", "token"];
/// What people write where a password belongs.
const NO_PASSWORDS: &[&str] =
    &["change", "dummy", "example", "placeholder", "replace", "secret", "todo", "xxx", "your"];
/// Shorter passwords are values of other things.
const LEAST_PASSWORD: usize = 6;

/// A value that is a password for a registry by the name before it, such as `REGISTRY_PASSWORD`.
fn password(name: &str, value: &str) -> Option<Exposure> {
    // Most variables are none, and there may be many thousand.
    let ends = |word: &&str| {
        let from = name.len().checked_sub(word.len());
        from.and_then(|from| name.get(from..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    if !PASSWORD_WORDS.iter().any(ends) {
        return None;
    }
    let words = words(name);
    let is_named = words.last().is_some_and(|last| PASSWORD_WORDS.contains(&&**last));
    (is_named && is_of_registry(&words) && is_password(value)).then_some(Exposure::Password)
}

fn is_of_registry(words: &[String]) -> bool {
    words.iter().any(|word| REGISTRY_WORDS.contains(&&**word))
}

fn is_password(value: &str) -> bool {
    let lower = value.to_lowercase();
    let is_other = value.starts_with(['/', '.', '~', '-']) || value.contains("://");
    value.len() >= LEAST_PASSWORD
        && !is_other
        && !has_placeholder(value.as_bytes())
        && !value.contains(char::is_whitespace)
        && !["false", "true"].contains(&&*lower)
        && !NO_PASSWORDS.iter().any(|word| lower.contains(word))
        && value.bytes().any(|byte| Some(&byte) != value.as_bytes().first())
}

/// The words of a name, in lower case: `REGISTRY_PASSWORD`, `--docker-password` and `registryPassword` have two each.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for character in name.chars() {
        let begins = character.is_uppercase() && before.is_lowercase();
        if (begins || !character.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// What the user name and password of an image reference are: `user:password@ghcr.io/acme/api`.
pub fn in_reference(reference: &str) -> Option<&'static str> {
    let bare = reference.split_once("://").map_or(reference, |(_, bare)| bare);
    let (authority, _) = bare.split_once('/')?;
    let (userinfo, _) = authority.rsplit_once('@')?;
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    if password.is_empty() || is_placeholder(password) || is_placeholder(userinfo) {
        return Some("a user name");
    }
    let class = token::classify(user.as_bytes(), password.as_bytes());
    Some(class.map_or("a password", |class| class.kind.name()))
}

/// What the annotation of kubectl that repeats a Secret shows of its payload.
pub fn in_last_applied(json: &str) -> Option<Exposure> {
    let document = Document::parse(json.as_bytes()).ok()?;
    let maps = document.root().fields().filter_map(|(name, map)| {
        let name = name.string();
        ["data", "stringData"].contains(&&*name).then_some(map)
    });
    let values = maps.flat_map(|map| map.fields().collect::<Vec<_>>());
    let mut shown = values.filter_map(|(name, value)| {
        let value = zeroize::Zeroizing::new(value.string());
        docker_config(&name.string(), &value)
    });
    shown.next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    /// Put together, so that secret scanners do not report it.
    fn token_of(prefix: &str) -> String {
        format!("{prefix}{}", "0123456789abcdefghijABCDEFGHIJ012345")
    }

    #[track_caller]
    fn shows(name: &str, value: &str, expected: &str) {
        let found = find(name, value).map(|exposure| exposure.message());
        assert_eq!(found.as_deref().unwrap_or_default(), expected, "{name}");
    }

    #[test]
    fn tokens_of_registries_are_told_by_their_form() {
        shows("A", &token_of("ghp_"), "GitHub personal access token (classic)");
        shows(
            "A",
            &format!("--token={}", token_of("glpat-")),
            "GitLab personal, project or group access token",
        );
        shows("A", &token_of("dckr_pat_"), "Docker Hub personal access token");
        // Values that registries do not accept, or that everyone knows.
        shows("A", &token_of("npm_"), "");
        shows("A", &token_of("glrt-"), "");
        shows("A", "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA", "");
        for example in
            ["ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "glpat-your-personal-access-token"]
        {
            shows("A", example, "");
        }
    }

    /// base64url without padding.
    fn base64url(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(text)
    }

    #[test]
    fn a_web_token_counts_only_where_a_name_says_that_it_is_for_a_registry() {
        let jwt = format!(
            "{}.{}.c2ln",
            base64url(r#"{"alg":"HS256"}"#),
            base64url(r#"{"sub":"0123456789"}"#)
        );
        shows("ANON_KEY", &jwt, "");
        shows("REGISTRY_TOKEN", &jwt, "JSON Web Token");
        let acr = base64url(r#"{"iss":"Azure Container Registry","exp":1}"#);
        shows(
            "A",
            &format!("{}.{acr}.c2ln", base64url(r#"{"alg":"RS256"}"#)),
            "Azure Container Registry token",
        );
    }

    #[test]
    fn docker_configurations_are_told_by_their_entries() {
        let config = r#"{"auths": {"ghcr.io": {"username": "u", "password": "hunter2hunter2"}}}"#;
        let expected = "a docker configuration with a password for 'ghcr.io'";
        shows("config.json", config, expected);
        shows("config.json", &format!("\n{config}\n"), expected);
        shows("A", &STANDARD.encode(format!("{config}\n")), expected);
        shows(
            "A",
            &config.replace("hunter2hunter2", &token_of("ghp_")),
            "a docker configuration with GitHub personal access token (classic) for 'ghcr.io'",
        );
        for nothing in [
            r#"{"auths": {"ghcr.io": {}}}"#,
            r#"{"auths": {}, "credsStore": "desktop"}"#,
            r#"{"auths": {"ghcr.io": {"username": "u", "password": "$(PASSWORD)"}}}"#,
            r#"{"auths": {"ghcr.io": {"auth": "${AUTH}"}}}"#,
            r#"{"database": {"username": "u", "password": "hunter2hunter2"}}"#,
        ] {
            shows("config.json", nothing, "");
        }
        let old = r#"{"ghcr.io": {"username": "u", "password": "hunter2hunter2"}}"#;
        shows(".dockercfg", old, expected);
    }

    #[test]
    fn a_name_can_tell_a_password() {
        for name in [
            "REGISTRY_PASSWORD",
            "DOCKERHUB_TOKEN",
            "--docker-password",
            "registryPassword",
            "GHCR_PAT",
        ] {
            shows(name, "hunter2hunter2", "a password");
        }
        for name in [
            "REGISTRY_PASSWORD_FILE",
            "REGISTRY_AUTH_TOKEN_REALM",
            "DATABASE_PASSWORD",
            "REGISTRY_HTTP_SECRET",
            "DOCKER_USERNAME",
            "COMPASS",
        ] {
            shows(name, "hunter2hunter2", "");
        }
        for value in [
            "",
            "$(PASSWORD)",
            "${PASSWORD}",
            "{{ .password }}",
            "<path:secret/data/x#y>",
            "vault:secret/x#y",
            "ENC[AES256_GCM,data:abc]",
            "ref+vault://x",
            "/run/secrets/password",
            "changeme",
            "your-password",
            "******",
            "true",
            "two words",
        ] {
            shows("REGISTRY_PASSWORD", value, "");
        }
    }

    #[test]
    fn image_references_tell_what_is_before_the_host() {
        let shown = |reference: &str| in_reference(reference).unwrap_or_default();
        assert_eq!(shown("robot:hunter2hunter2@ghcr.io/acme/api:v1"), "a password");
        assert_eq!(shown("https://robot:hunter2hunter2@ghcr.io/acme/api"), "a password");
        let token = format!("robot:{}@ghcr.io/acme/api", token_of("ghp_"));
        assert_eq!(shown(&token), "GitHub personal access token (classic)");
        assert_eq!(shown("robot@ghcr.io/acme/api"), "a user name");
        for none in ["ghcr.io/acme/api@sha256:0123", "api@sha256:0123", "localhost:5000/api"] {
            assert_eq!(shown(none), "", "{none}");
        }
    }

    #[test]
    fn the_annotation_of_kubectl_repeats_a_payload() {
        let of = |data: &str| {
            let json = format!(r#"{{"kind":"Secret","metadata":{{"name":"regcred"}},{data}}}"#);
            in_last_applied(&json).map(|exposure| exposure.message())
        };
        let payload =
            r#"{\"auths\":{\"ghcr.io\":{\"username\":\"u\",\"password\":\"hunter2hunter2\"}}}"#;
        let expected = Some("a docker configuration with a password for 'ghcr.io'".into());
        assert_eq!(of(&format!(r#""stringData":{{".dockerconfigjson":"{payload}"}}"#)), expected);
        let base64 = STANDARD.encode(payload.replace('\\', ""));
        assert_eq!(of(&format!(r#""data":{{".dockerconfigjson":"{base64}"}}"#)), expected);
        assert_eq!(of(r#""data":{".dockerconfigjson":"e30K"}"#), None);
        assert_eq!(in_last_applied("no JSON"), None);
    }
}
