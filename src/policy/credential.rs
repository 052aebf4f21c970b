//! What looks like a password, token or key: a policy must not hold it, and no message repeats it.
//!
//! A guess by name and shape. It finds what is pasted by mistake, not what is hidden on purpose.

/// How the tokens of registries begin, each followed by at least [`TOKEN_LENGTH`] characters.
/// `eyJ` is `{"` in base64: a JSON web token, or a whole Docker configuration.
const PREFIXES: &[&str] = &[
    "AKCp",
    "cmVmdGtu",
    "dckr_oat_",
    "dckr_pat_",
    "dop_v1_",
    "eyJ",
    "ghp_",
    "gho_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glcbt-",
    "gldt-",
    "glpat-",
    "gloas-",
    "glrt-",
    "nvapi-",
    "sha256~",
    "ya29.",
];

const TOKEN_LENGTH: usize = 16;

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
        || text.split(|c: char| c.is_whitespace() || "\"'`,;=()".contains(c)).any(is_token)
}

fn is_token(word: &str) -> bool {
    let has_prefix =
        |prefix: &str| word.strip_prefix(prefix).is_some_and(|rest| rest.len() >= TOKEN_LENGTH);
    PREFIXES.iter().any(|prefix| has_prefix(prefix)) || has_user_info(word)
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
