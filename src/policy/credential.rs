//! What looks like a password, token or key: a policy must not hold it, and no message repeats it.
//!
//! A guess by name and shape. It finds what is pasted by mistake, not what is hidden on purpose.

use crate::token;

/// Whether a key by its name holds a credential.
pub(super) fn is_credential_key(key: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    let key = key.to_ascii_lowercase();
    let parts = [
        "password",
        "passwd",
        "token",
        "credential",
        "dockerc",
        "apikey",
        "privatekey",
        "secretkey",
    ];
    parts.iter().any(|part| key.contains(part))
        || ["auth", "auths", "pass", "pasword", "passwort", "pwd", "secret", "username"]
            .contains(&&*key)
}

/// Whether a text by its shape is, or holds, a credential.
pub(super) fn is_credential(text: &str) -> bool {
    text.contains("-----BEGIN ")
        || text.contains("\"auth\"")
        || text.contains("\"auths\"")
        || !token::find(text).is_empty()
        || text.split(|c: char| c.is_whitespace() || "\"'`,;=()".contains(c)).any(has_user_info)
}

/// `user:password@host`, but not `name:tag@sha256:…`.
fn has_user_info(word: &str) -> bool {
    word.rsplit_once('@').is_some_and(|(before, behind)| {
        let before = before.split_once("://").map_or(before, |(_, before)| before);
        let is_digest = behind.starts_with("sha256:") || behind.starts_with("sha512:");
        !is_digest
            && before.split_once(':').is_some_and(|(user, password)| {
                let is_port = password
                    .split_once('/')
                    .is_some_and(|(port, _)| port.bytes().all(|b| b.is_ascii_digit()));
                !user.contains('/') && !is_port
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_registries_are_recognised_wherever_they_stand() {
        let long = "0123456789abcdef0123";
        for text in [
            format!("ghp_{long}"),
            format!("moved, see token=glpat-{long}"),
            format!("dckr_pat_{long}"),
            format!("eyJhdXRocyI6{long}"),
            format!("npm_{long}{long}"),
            format!("moved from hvs.{long}"),
            format!("GR1348941{long}"),
            "was AKIAIOSFODNN7EXAMPLE".to_owned(),
            format!("registry.example.com/ghp_{long}/app"),
            "robot:hunter2@ghcr.io".to_owned(),
            "https://robot:hunter2@ghcr.io/acme".to_owned(),
            "robot:hun/ter2@ghcr.io".to_owned(),
            "{\"auths\": {}}".to_owned(),
            "-----BEGIN PRIVATE KEY-----".to_owned(),
        ] {
            assert!(is_credential(&text), "{text}");
        }
    }

    #[test]
    fn names_images_and_sentences_are_no_credentials() {
        for text in [
            "ghcr.io/acme/app:1.2@sha256:0123456789abcdef0123456789abcdef",
            "ghp_regcred",
            "sk-registry.example.com",
            "pypi-mirror.example.com/team",
            "ask bob@example.com",
            "moved in Q1: see https://example.com:8443/a@b",
            "myregistry.azurecr.io",
        ] {
            assert!(!is_credential(text), "{text}");
        }
    }

    #[test]
    fn keys_that_hold_credentials_are_told_from_those_that_name_them() {
        for key in ["password", "registryPassword", "auth", ".dockerconfigjson", "api-key", "token"]
        {
            assert!(is_credential_key(key), "{key}");
        }
        for key in ["pullSecrets", "secrets", "author", "imagePullSecrets", "passive"] {
            assert!(!is_credential_key(key), "{key}");
        }
    }
}
