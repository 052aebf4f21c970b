//! Credentials that are in the payload of a pull secret, whether or not a kubelet can read it: cut off, encoded
//! once too often, in the wrong form, or with a mistake in another entry. Everyone else can read them.

use zeroize::Zeroizing;

use super::exposure::has_placeholder;
use super::{Password, Username, classify};
use crate::base64::{self, Encoding};
use crate::json::{self, Document, Value, ValueKind};

/// A credential in a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The key of its entry, empty if it is unknown. Show it through [`super::shown_key`].
    pub key: String,
    /// What it is, without an article.
    pub what: &'static str,
}

/// The fields of an entry that hold a credential, the one that counts first: `auth` overrides the others.
const FIELDS: &[&str] = &["auth", "password", "identitytoken", "registrytoken"];
/// How often a value is taken out of another encoding.
const LAYERS: usize = 2;

/// The credentials in a value.
pub fn literals(value: &[u8]) -> Vec<Literal> {
    within(value, LAYERS)
}

fn within(value: &[u8], layers: usize) -> Vec<Literal> {
    if let Ok(document) = Document::parse(value) {
        let root = document.root();
        return match root.kind() {
            ValueKind::String if layers > 0 => within(&root.string_bytes(), layers - 1),
            _ => in_object(root),
        };
    }
    if value.contains(&0) && layers > 0 {
        return within(&without_wide(value), layers - 1);
    }
    match decoded(value).filter(|_| layers > 0) {
        Some(inner) => within(&inner, layers - 1),
        None => in_text(value).into_iter().collect(),
    }
}

/// The letters of a text in UTF-16, as far as ASCII has them.
fn without_wide(value: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(value.iter().copied().filter(|byte| (1..0x80).contains(byte)).collect())
}

/// Entries are at the top level or one level below, also in a list.
fn in_object(root: Value<'_>) -> Vec<Literal> {
    let mut found = Vec::new();
    for (name, value) in members(root) {
        let inner = members(value).into_iter().filter_map(|(name, value)| in_entry(&name, value));
        for literal in in_entry(&name, value).into_iter().chain(inner) {
            if !found.contains(&literal) {
                found.push(literal);
            }
        }
    }
    found
}

/// The fields of an object, or of the objects of a list, and those objects themselves.
fn members(value: Value<'_>) -> Vec<(String, Value<'_>)> {
    let of_list = value.items().flat_map(|item| {
        let itself = std::iter::once((String::new(), item));
        itself.chain(named_fields(item))
    });
    named_fields(value).chain(of_list).collect()
}

fn named_fields(value: Value<'_>) -> impl Iterator<Item = (String, Value<'_>)> {
    value.fields().map(|(name, value)| (name.string(), value))
}

fn in_entry(key: &str, entry: Value<'_>) -> Option<Literal> {
    let field = |wanted: &str| {
        let mut fields = entry.fields().filter(|(_, value)| value.kind() == ValueKind::String);
        fields
            .find(|(name, _)| json::is_field(&name.string(), wanted))
            .map(|(_, value)| value.string_bytes())
    };
    let user = field("username").unwrap_or_default();
    let what = FIELDS.iter().find_map(|name| what(name, &field(name)?, &user))?;
    Some(Literal { key: key.to_owned(), what })
}

/// What the value of one of [`FIELDS`] is, if it is a credential.
fn what(field: &str, value: &[u8], user: &[u8]) -> Option<&'static str> {
    if value.is_empty() || has_placeholder(value) {
        return None;
    }
    match field {
        "auth" => {
            let pair = pair(value)?;
            let colon = pair.iter().position(|&byte| byte == b':')?;
            let (user, password) = (&pair[..colon], &pair[colon + 1..]);
            kind(user, password)
        }
        "password" => kind(user, value),
        _ => Some("identity token"),
    }
}

/// `user:password`, in base64 of any kind, perhaps encoded once too often, or as it is.
fn pair(auth: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let is_pair = |text: &Zeroizing<Vec<u8>>| text.contains(&b':');
    let once = decoded(auth).unwrap_or_default();
    let twice = || decoded(&once).filter(|text| is_pair(text) && str::from_utf8(text).is_ok());
    let plain = || Some(Zeroizing::new(auth.to_vec())).filter(is_pair);
    if is_pair(&once) { Some(once) } else { twice().or_else(plain) }
}

fn kind(user: &[u8], password: &[u8]) -> Option<&'static str> {
    let private = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
    let (user, password) = (Username::new(private(user)), Password::new(private(password)));
    if password.is_empty() || password.has_placeholder() {
        return None;
    }
    Some(classify(&user, &password).map_or("password", |class| class.kind.name()))
}

/// The decoded text of base64, whatever blanks and padding it has.
fn decoded(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let bare: Vec<u8> = value.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bare = Zeroizing::new(bare);
    let unpadded = bare.strip_suffix(b"==").or(bare.strip_suffix(b"=")).unwrap_or(&bare);
    let decode = |encoding| base64::decode(unpadded, encoding).ok();
    decode(Encoding::Unpadded)
        .or_else(|| decode(Encoding::UrlUnpadded))
        .filter(|inner| !inner.is_empty())
}

/// The first credential in a text that only resembles a docker configuration.
fn in_text(text: &[u8]) -> Option<Literal> {
    let what = FIELDS.iter().find_map(|field| {
        let mut places = memchr::memmem::find_iter(text, field.as_bytes());
        places.find_map(|at| what(field, value_after(&text[at + field.len()..])?, b""))
    })?;
    Some(Literal { key: String::new(), what })
}

/// The value after a field's name: a colon, and quotes around both perhaps.
fn value_after(rest: &[u8]) -> Option<&[u8]> {
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'\\');
    let skip = |rest: &[u8]| {
        rest.iter().take_while(|byte| is_quote(byte) || byte.is_ascii_whitespace()).count()
    };
    let rest = rest[skip(rest)..].strip_prefix(b":")?;
    let rest = &rest[skip(rest)..];
    let end = rest
        .iter()
        .position(|byte| is_quote(byte) || byte.is_ascii_whitespace() || b",}".contains(byte));
    Some(&rest[..end.unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::STANDARD;

    #[track_caller]
    fn shows(value: &str, expected: &[(&str, &str)]) {
        let found = literals(value.as_bytes());
        let found: Vec<_> = found.iter().map(|literal| (&*literal.key, literal.what)).collect();
        assert_eq!(found, expected, "{value}");
    }

    const WHOLE: &str = r#"{"auths":{"ghcr.io":{"username":"u","password":"hunter2hunter2"}}}"#;

    #[test]
    fn a_password_is_seen_in_whatever_form() {
        let password: &[_] = &[("ghcr.io", "password")];
        shows(WHOLE, password);
        shows(r#"{"ghcr.io":{"auth":"dTpodW50ZXIyaHVudGVyMg=="}}"#, password);
        shows(r#"{"auths":{"ghcr.io":{"auth":"u:hunter2hunter2"}}}"#, password);
        shows(
            r#"{"auths":{"ghcr.io":{"username":"u","password":"hunter2hunter2"},"x":5}}"#,
            password,
        );
        shows(
            r#"{"auths":{"ghcr.io":{"auth":"dTo=","identitytoken":"abc"}}}"#,
            &[("ghcr.io", "identity token")],
        );
    }

    #[test]
    fn a_list_hides_nothing() {
        let password: &[_] = &[("ghcr.io", "password")];
        shows(&format!("[{WHOLE}]"), password);
        shows(r#"{"auths":[{"ghcr.io":{"username":"u","password":"hunter2hunter2"}}]}"#, password);
        shows(r#"[{"ghcr.io":{"auth":"dTpodW50ZXIyaHVudGVyMg=="}}]"#, password);
        shows(
            r#"{"auths":[{"registry":"ghcr.io","username":"u","password":"hunter2hunter2"}]}"#,
            &[("", "password")],
        );
        shows(r#"{"auths":["ghcr.io", {}, 5]}"#, &[]);
    }

    #[test]
    fn encoding_auth_once_more_hides_nothing() {
        let twice = STANDARD.encode(STANDARD.encode("u:hunter2hunter2"));
        shows(
            &format!(r#"{{"auths":{{"ghcr.io":{{"auth":"{twice}"}}}}}}"#),
            &[("ghcr.io", "password")],
        );
        let token = STANDARD.encode("abcdefghijklmnop");
        shows(&format!(r#"{{"auths":{{"ghcr.io":{{"auth":"{token}"}}}}}}"#), &[]);
    }

    #[test]
    fn encoding_it_once_more_hides_nothing() {
        let once = STANDARD.encode(WHOLE);
        let twice = STANDARD.encode(&once);
        let folded = format!("{} {}", &once[..20], &once[20..]);
        for value in [once, twice, folded, serde_json::json!(WHOLE).to_string()] {
            shows(&value, &[("ghcr.io", "password")]);
        }
    }

    #[test]
    fn wide_letters_are_read() {
        let wide: Vec<u8> = WHOLE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let found = literals(&[b"\xff\xfe", &*wide].concat());
        assert_eq!(found, [Literal { key: "ghcr.io".to_owned(), what: "password" }]);
    }

    #[test]
    fn what_is_cut_off_or_misquoted_is_searched_by_name() {
        shows(&WHOLE[..WHOLE.len() - 2], &[("", "password")]);
        shows(
            "{'auths': {'ghcr.io': {'username': 'u', 'password': 'hunter2hunter2'}}}",
            &[("", "password")],
        );
        shows("{auths: {ghcr.io: {auth: dTpodW50ZXIyaHVudGVyMg==}}}", &[("", "password")]);
    }

    #[test]
    fn what_holds_no_password_shows_none() {
        for nothing in [
            "",
            "{}",
            "null",
            r#"{"auths":{"ghcr.io":{}},"credsStore":"desktop"}"#,
            r#"{"auths":{"ghcr.io":{"auth":"dTo="}}}"#,
            r#"{"auths":{"ghcr.io":{"auth":"no colon"}}}"#,
            r#"{"auths":{"ghcr.io":{"password":"${PASSWORD}"}}}"#,
            r#"{"auths":{"ghcr.io":{"password":"$(PASSWORD)"}}"#,
            r#"{"auths":"#,
            "%%%",
        ] {
            shows(nothing, &[]);
        }
    }
}
