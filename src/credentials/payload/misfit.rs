//! Why a value that both readers accept holds no credentials: it has the form of the other type, or its passwords
//! were never in it.

use super::{AuthEntry, Kubelet, PayloadFormat};
use crate::json::{self, Value, ValueKind};

/// What a value is in place of a list of entries with credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It has the form of the other type of pull secrets. The kubelet reads one form under each key
    /// (`pkg/credentialprovider/secrets/secrets.go`).
    #[error(
        "its payload has the format of `{}`, which belongs to type {}",
        .0.data_key(),
        .0.secret_type()
    )]
    OtherForm(PayloadFormat),
    /// It names a credential helper, and has no entry. The kubelet reads neither `credsStore` nor `credHelpers`.
    #[error(
        "its payload only names a credential helper (`credsStore` or `credHelpers`), which keeps the password on the \
         machine where `docker login` was run"
    )]
    InHelper,
    /// Its entries are under a name that only resembles `auths`.
    #[error("its entries are under `{0}`, and the kubelet reads only those under `auths`")]
    Misnamed(&'static str),
    /// It has no entry at all.
    #[error("its payload has no entry")]
    NoEntry,
}

impl Misfit {
    /// What keeps the kubelet from finding credentials in `root`, of which it makes `kubelet`.
    pub(super) fn of(format: PayloadFormat, root: Value<'_>, kubelet: &Kubelet) -> Option<Self> {
        let no_entry = match kubelet {
            Kubelet::Skipped => return None,
            Kubelet::Entries(entries) if entries.iter().any(AuthEntry::holds_anything) => {
                return None;
            }
            Kubelet::Entries(entries) => entries.is_empty(),
            Kubelet::Error(_) => false,
        };
        let helper = || names_helper(root).then_some(Self::InHelper);
        let other = |format| Some(Self::OtherForm(format));
        match format {
            PayloadFormat::DockerConfigJson if !no_entry => None,
            PayloadFormat::DockerConfigJson if has_entries(root) => other(PayloadFormat::DockerCfg),
            PayloadFormat::DockerConfigJson if let Some(name) = misnamed(root) => {
                Some(Self::Misnamed(name))
            }
            PayloadFormat::DockerCfg if has_auths(root) => other(PayloadFormat::DockerConfigJson),
            _ => helper().or(no_entry.then_some(Self::NoEntry)),
        }
    }
}

/// Whether `credsStore` or `credHelpers` is there.
pub(super) fn names_helper(root: Value<'_>) -> bool {
    root.fields().any(|(name, value)| match name.string().as_str() {
        "credsStore" => value.kind() == ValueKind::String && value.raw() != b"\"\"",
        "credHelpers" => value.fields().next().is_some(),
        _ => false,
    })
}

/// Whether entries are at the top, as in the older form.
fn has_entries(root: Value<'_>) -> bool {
    root.fields().any(|(_, value)| is_entry(value))
}

/// Whether entries are below `auths`, as in the newer form.
fn has_auths(root: Value<'_>) -> bool {
    let mut auths = root.fields().filter(|(name, _)| json::is_field(&name.string(), "auths"));
    auths.any(|(_, value)| {
        value.fields().any(|(_, entry)| entry.kind() == ValueKind::Object) && !is_entry(value)
    })
}

/// What is written for `auths`, with entries below it.
fn misnamed(root: Value<'_>) -> Option<&'static str> {
    const NAMES: &[&str] = &[
        "auth",
        "authentication",
        "authentications",
        "authorizations",
        "credentials",
        "registries",
        "registry",
    ];
    root.fields().find_map(|(name, value)| {
        let name = NAMES.iter().find(|known| json::is_field(&name.string(), known))?;
        has_entries(value).then_some(*name)
    })
}

/// Whether a value has a field that only an entry has.
fn is_entry(value: Value<'_>) -> bool {
    const FIELDS: &[&str] = &["username", "password", "auth", "identitytoken", "registrytoken"];
    let has = |name: Value<'_>| FIELDS.iter().any(|field| json::is_field(&name.string(), field));
    value.fields().any(|(name, value)| value.kind() == ValueKind::String && has(name))
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[track_caller]
    fn check(format: PayloadFormat, value: &str, expected: Option<Misfit>) {
        assert_eq!(read(format, value.as_bytes()).misfit, expected, "{value}");
    }

    const ENTRY: &str = r#"{"auth":"dXNlcjpwYXNz"}"#;

    #[test]
    fn the_older_form_has_no_place_under_the_newer_key() {
        let older = Some(Misfit::OtherForm(PayloadFormat::DockerCfg));
        let newer = PayloadFormat::DockerConfigJson;
        check(newer, &format!(r#"{{"ghcr.io":{ENTRY}}}"#), older);
        check(
            newer,
            r#"{"https://index.docker.io/v1/":{"username":"u","password":"p","email":"e"}}"#,
            older,
        );
        check(newer, &format!(r#"{{"auths":{{}},"ghcr.io":{ENTRY}}}"#), older);
        check(newer, &format!(r#"{{"auths":{{"ghcr.io":{ENTRY}}},"quay.io":{ENTRY}}}"#), None);
    }

    #[test]
    fn entries_under_another_name_are_not_read() {
        let newer = PayloadFormat::DockerConfigJson;
        let auth = Some(Misfit::Misnamed("auth"));
        check(newer, &format!(r#"{{"auth":{{"ghcr.io":{ENTRY}}}}}"#), auth);
        check(newer, &format!(r#"{{"auths":{{}},"Auth":{{"ghcr.io":{ENTRY}}}}}"#), auth);
        check(
            newer,
            &format!(r#"{{"registries":{{"ghcr.io":{ENTRY}}}}}"#),
            Some(Misfit::Misnamed("registries")),
        );
        check(newer, r#"{"auth":{"ghcr.io":{}}}"#, Some(Misfit::NoEntry));
        check(newer, r#"{"auth":"dXNlcjpwYXNz"}"#, Some(Misfit::NoEntry));
        check(
            newer,
            &format!(r#"{{"auths":{{"a.io":{ENTRY}}},"auth":{{"ghcr.io":{ENTRY}}}}}"#),
            None,
        );
    }

    #[test]
    fn the_newer_form_has_no_place_under_the_older_key() {
        let newer = Some(Misfit::OtherForm(PayloadFormat::DockerConfigJson));
        let older = PayloadFormat::DockerCfg;
        check(older, &format!(r#"{{"auths":{{"ghcr.io":{ENTRY}}}}}"#), newer);
        // A text where an entry belongs fails every pull, for the same reason.
        check(
            older,
            &format!(r#"{{"auths":{{"ghcr.io":{ENTRY}}},"credsStore":"desktop"}}"#),
            newer,
        );
        check(older, &format!(r#"{{"ghcr.io":{ENTRY}}}"#), None);
        check(older, &format!(r#"{{"auths":{ENTRY}}}"#), None);
        check(older, r#"{"ghcr.io":{}}"#, None);
    }

    #[test]
    fn a_helper_alone_is_told_from_nothing_at_all() {
        for format in PayloadFormat::ALL {
            check(format, r#"{"credHelpers":{"a.io":"ecr-login"}}"#, Some(Misfit::InHelper));
            check(format, r#"{"credsStore":"desktop"}"#, Some(Misfit::InHelper));
            check(format, "{}", Some(Misfit::NoEntry));
            check(format, "null", Some(Misfit::NoEntry));
            check(format, "", None);
            check(format, "[]", None);
        }
        let newer = PayloadFormat::DockerConfigJson;
        check(newer, r#"{"auths":{},"credsStore":"osxkeychain"}"#, Some(Misfit::InHelper));
        check(newer, r#"{"auths":null}"#, Some(Misfit::NoEntry));
        check(newer, r#"{"auths":{"a.io":{}},"credsStore":"desktop"}"#, None);
    }
}
