//! The value under `.dockerconfigjson` or `.dockercfg`: what the API server and the kubelet make of
//! it.
//!
//! They ask different questions. The API server only wants a JSON object (`ValidateSecret` in
//! `pkg/apis/core/validation/validation.go`). The kubelet reads the entries
//! (`pkg/credentialprovider/config.go`), and one that it cannot read fails every credential look-up
//! of every pod that names the Secret (`pkg/credentialprovider/secrets/secrets.go`).

mod misfit;

pub use misfit::Misfit;

use crate::base64::{self, Encoding};
use crate::credentials::exposure::has_placeholder;
use crate::credentials::{Password, Username, classify, shown_key, user};
use crate::json::{self, Document, Value, ValueKind};
use crate::say;
use crate::text::{Message, Shown, plain};
use crate::token::{self, Classification};
use std::collections::HashMap;
use zeroize::Zeroizing;

/// Which of the two kinds of pull secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadFormat {
    /// `{"auths": {"ghcr.io": {…}}}`.
    DockerConfigJson,
    /// The older `{"ghcr.io": {…}}`.
    DockerCfg,
}

impl PayloadFormat {
    /// Both formats.
    pub const ALL: [Self; 2] = [Self::DockerConfigJson, Self::DockerCfg];

    /// The `type` a Secret of this format must have for the kubelet to look at it.
    pub fn secret_type(self) -> &'static str {
        match self {
            Self::DockerConfigJson => "kubernetes.io/dockerconfigjson",
            Self::DockerCfg => "kubernetes.io/dockercfg",
        }
    }

    /// The key of the Secret's data that holds the value.
    pub fn data_key(self) -> &'static str {
        match self {
            Self::DockerConfigJson => ".dockerconfigjson",
            Self::DockerCfg => ".dockercfg",
        }
    }

    /// The format of Secrets of type `secret_type`, if it is one of the two.
    pub fn from_secret_type(secret_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.secret_type() == secret_type)
    }
}

/// What both readers make of one value.
pub struct Payload {
    /// Whether the API server stores a Secret with it.
    pub api_server: Result<(), PayloadError>,
    /// What the kubelet finds in it.
    pub kubelet: Kubelet,
    /// Whether `credHelpers` or `credsStore` names a helper program: the credentials are then on the
    /// machine where the file was written. The kubelet ignores both.
    pub names_helper: bool,
    /// What the value is, if not a list of entries.
    pub misfit: Option<Misfit>,
}

impl Payload {
    /// The entries that the kubelet sees; none if it passes the value over or cannot read it.
    pub fn entries(&self) -> &[AuthEntry] {
        match &self.kubelet {
            Kubelet::Entries(entries) => entries,
            Kubelet::Skipped | Kubelet::Error(_) => &[],
        }
    }

    /// Why `entry`, one of [`Self::entries`], authenticates nothing; `None` if it has both a user name
    /// and a password.
    pub fn unusable(&self, entry: &AuthEntry) -> Option<Unusable> {
        match (entry.username.is_empty(), entry.password.is_empty()) {
            (false, false) => None,
            (_, true) if entry.has_ignored_token && entry.username.is_null_guid() => {
                Some(Unusable::AzureLogin)
            }
            (_, true) if entry.has_ignored_token => Some(Unusable::IgnoredToken),
            (true, true) if self.names_helper => Some(Unusable::InHelper),
            (true, true) => Some(Unusable::Empty),
            (true, false) => Some(Unusable::NoUsername),
            (false, true) => Some(Unusable::NoPassword),
        }
    }
}

/// Why an entry authenticates nothing. It matches images all the same: the kubelet hands it to the container runtime,
/// and the pull is anonymous. containerd drops an entry without a user name (`ParseAuth` in
/// `internal/cri/server/images/image_pull.go`), and sends no credentials without a password: it asks for a token as
/// anybody would (`core/remotes/docker/auth/fetch.go`), and refuses to log in with Basic
/// (`core/remotes/docker/authorizer.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// `{}`, or all fields empty.
    #[error("the entry has neither a user name nor a password")]
    Empty,
    /// As [`Self::Empty`], and a credential helper is named, as Docker Desktop writes it.
    #[error(
        "the entry is empty, since a credential helper (`credsStore` or `credHelpers`) keeps the \
         password on the machine where `docker login` was run"
    )]
    InHelper,
    /// The entry of `az acr login`: a null GUID as user name, no password, and an `identitytoken`.
    #[error(
        "the entry is one that `az acr login` wrote: its password is empty, and the kubelet ignores its \
         `identitytoken`"
    )]
    AzureLogin,
    /// `identitytoken` or `registrytoken` without a password.
    #[error(
        "the entry has no password, and the kubelet ignores its `identitytoken` or `registrytoken`"
    )]
    IgnoredToken,
    /// A password without a user name.
    #[error("the entry has a password but no user name, so the pull is anonymous")]
    NoUsername,
    /// A user name without a password.
    #[error("the entry has a user name but an empty password, so the pull is anonymous")]
    NoPassword,
}

/// What the kubelet finds in a value.
pub enum Kubelet {
    /// The value is empty: the Secret is skipped.
    Skipped,
    /// The entries in the order of the file; a repeated key keeps the last value.
    Entries(Vec<AuthEntry>),
    /// Every credential look-up of a pod that names the Secret fails, and with it every pull.
    Error(PayloadError),
}

/// One entry of `auths`.
pub struct AuthEntry {
    /// The key as written (escapes resolved). Show it through [`shown_key`].
    pub key: String,
    /// The user name.
    pub username: Username,
    /// The password.
    pub password: Password,
    /// Whether `identitytoken` or `registrytoken` is set, which the kubelet does not read.
    pub has_ignored_token: bool,
    /// A credential beside the one that the kubelet reads, without an article.
    beside: Option<&'static str>,
}

impl AuthEntry {
    /// What is wrong with the form of the user name, if the registry wants another.
    pub fn user_flaw(&self) -> Option<&'static str> {
        user::flaw(&self.key, &self.username)
    }

    /// What everyone can read in it, without an article; `None` if that is nothing, or something that
    /// another program replaces.
    pub fn literal(&self) -> Option<&'static str> {
        let literal = !self.password.is_empty() && !self.password.has_placeholder();
        let password = || self.classify().map_or("password", |class| class.kind.name());
        literal.then(password).or(self.beside)
    }

    fn holds_anything(&self) -> bool {
        !self.username.is_empty() || !self.password.is_empty() || self.has_ignored_token
    }

    /// Whether a line break is in the user name, or in a password other than a key file. It is usually
    /// the work of `echo "$PASSWORD" | base64`, and the registry refuses the password.
    pub fn has_stray_newline(&self) -> bool {
        let is_key_file = || {
            self.classify().is_some_and(|class| class.kind == token::Kind::GoogleServiceAccountKey)
        };
        self.username.contains_newline() || (self.password.contains_newline() && !is_key_file())
    }

    /// What kind of credential it is, or `None` if nothing is known about it.
    pub fn classify(&self) -> Option<Classification> {
        classify(&self.username, &self.password)
    }

    /// The user name, to compare with a case table.
    #[cfg(test)]
    pub(crate) fn username_for_tests(&self) -> String {
        self.username.for_tests().into_owned()
    }
}

/// Why a value is refused. Holds no user name, password or other text of the value except the key of
/// an entry without its userinfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayloadError {
    /// No bytes at all.
    Empty,
    /// Base64 where the JSON itself belongs.
    StillBase64,
    /// Something in the manifest that does not come to bytes.
    Value {
        /// Where, as in `data[.dockerconfigjson]`.
        place: Message,
        /// What is wrong with it.
        problem: ValueProblem,
    },
    /// Not JSON.
    Syntax {
        /// What is wrong.
        problem: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
    },
    /// JSON, but no object.
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
    /// A number that does not fit into a double; only the API server looks at numbers.
    NumberTooLarge,
    /// A field has the wrong type.
    Field {
        /// The field.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// An entry, or a field of it, has the wrong type.
    EntryField {
        /// The entry's key, without userinfo.
        key: Shown<'static>,
        /// The field, or nothing if it is the entry itself.
        field: Option<&'static str>,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// `auth` of an entry cannot be decoded.
    Auth {
        /// The entry's key, without userinfo.
        key: Shown<'static>,
        /// What is wrong with it.
        problem: AuthProblem,
    },
}

impl PayloadError {
    /// What is wrong, in a sentence without a full stop.
    pub fn message(&self) -> Message {
        match self {
            Self::Empty => "the value is empty".into(),
            Self::StillBase64 => "the value is still base64: it was encoded twice".into(),
            Self::Value { place, problem } => say!("`{}` {}", place, plain(*problem)),
            Self::Syntax { problem, line, column } => say!(
                "the value is not JSON: {} (line {}, column {} of the decoded value)",
                problem,
                line,
                column
            ),
            Self::NotAnObject { found } => {
                say!("the value must be a JSON object, and is {}", found)
            }
            Self::NumberTooLarge => "the value holds a number that is too large".into(),
            Self::Field { field, expected, found } => {
                say!("`{}` must be {}, and is {}", field, expected, found)
            }
            Self::EntryField { key, field, expected, found } => {
                let field = field.map_or("the value".into(), |field| say!("`{}`", field));
                say!("{} of the entry `{}` must be {}, and is {}", field, key, expected, found)
            }
            Self::Auth { key, problem } => {
                say!("`auth` of the entry `{}` {}", key, plain(*problem))
            }
        }
    }
}

/// Why a value of `data` or `stringData` is not what the API server reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueProblem {
    /// Something else than a string.
    #[error("must be a string, and is {0}: put it in quotes, or write it as a block after `|`")]
    NotAString(&'static str),
    /// `{{ … }}` without quotes, which YAML takes for a mapping.
    #[error("is template text that was never rendered")]
    Unrendered,
    /// A key that no Secret can have (`IsConfigMapKey` in `apimachinery/pkg/util/validation/validation.go`).
    #[error(
        "is not a valid key: a key is up to 253 letters, digits, `-`, `_` and `.`, and does not begin with `..`"
    )]
    Key,
    /// A map that is not one.
    #[error("must be a mapping, and is {0}")]
    NotAMapping(&'static str),
    /// Base64 in lines that YAML joins with blanks.
    #[error(
        "is not base64: its lines are folded, which puts blanks between them; write the block after `|`, or all of it \
         on one line"
    )]
    Folded,
    /// The text itself under `data`.
    #[error("is the text itself, and must be base64 of it: put it under `stringData`")]
    Plain,
    /// Base64 under `stringData`.
    #[error("is base64, and must be the text itself: put it under `data`")]
    Encoded,
    /// Something that is not base64.
    #[error("{}", .0.text("API server"))]
    Base64(Base64Problem),
}

impl ValueProblem {
    /// Of a value of `data` that cannot be decoded; `is_folded` if it is on several lines in the manifest.
    pub fn of_data(text: &[u8], is_folded: bool) -> Self {
        match Base64Problem::of(text) {
            _ if text.trim_ascii_start().starts_with(b"{") => Self::Plain,
            Base64Problem::Blank if is_folded => Self::Folded,
            problem => Self::Base64(problem),
        }
    }
}

/// Why a text is not base64 to Go's `encoding/base64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base64Problem {
    /// `-` and `_` where `+` and `/` are meant.
    UrlSafe,
    /// Some blank other than a line break.
    Blank,
    /// Any other character.
    NotBase64,
    /// The number of `=` at the end is wrong.
    Padding,
}

impl Base64Problem {
    /// The first character that cannot be part of base64 decides, if there is one.
    fn of(text: &[u8]) -> Self {
        let is_symbol = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
        match text.iter().find(|byte| !is_symbol(**byte)) {
            Some(b'-' | b'_') => Self::UrlSafe,
            Some(byte) if byte.is_ascii_whitespace() => Self::Blank,
            Some(_) => Self::NotBase64,
            None => Self::Padding,
        }
    }

    /// The problem after the name of the text, which `reader` cannot read.
    fn text(self, reader: &'static str) -> Message {
        match self {
            Self::UrlSafe => say!(
                "is base64 of the URL-safe kind, which the {} does not read; use the standard one",
                reader
            ),
            Self::Blank => "contains a blank, which base64 must not".into(),
            Self::NotBase64 => "is not base64".into(),
            Self::Padding => "is cut off or wrongly padded base64".into(),
        }
    }
}

/// Why an `auth` field is not base64 of `user:password`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthProblem {
    /// Something that is not base64.
    #[error("{}", .0.text("kubelet"))]
    Base64(Base64Problem),
    /// `user:password` as it is.
    #[error("is `user:password` itself, and must be base64 of it")]
    Plain,
    /// Base64 of base64.
    #[error("was encoded twice")]
    Twice,
    /// Base64, but without a colon inside.
    #[error("must be base64 of `user:password`, and what it decodes to has no colon")]
    NoColon,
}

/// Reads the bytes under [`PayloadFormat::data_key`] of a Secret that has the [`PayloadFormat::secret_type`]. (Of
/// a Secret with another type, the kubelet reads nothing and says nothing.)
pub fn read(format: PayloadFormat, value: &[u8]) -> Payload {
    let document = Document::parse(value).map_err(|error| syntax_error(value, &error));
    let api_server = match &document {
        _ if value.is_empty() => Err(PayloadError::Empty),
        Ok(document) => api_server_accepts(document),
        Err(error) => Err(error.clone()),
    };
    let kubelet = match &document {
        _ if value.is_empty() => Kubelet::Skipped,
        Ok(document) => match kubelet_entries(format, document.root()) {
            Ok(entries) => Kubelet::Entries(entries),
            Err(error) => Kubelet::Error(error),
        },
        Err(error) => Kubelet::Error(error.clone()),
    };
    let root = document.as_ref().ok().map(Document::root);
    let names_helper = root.is_some_and(misfit::names_helper);
    let misfit = root.and_then(|root| Misfit::of(format, root, &kubelet));
    Payload { api_server, kubelet, names_helper, misfit }
}

/// Whether the value unmarshals into a `map[string]interface{}`. `null` does; a number anywhere that
/// overflows a double does not.
fn api_server_accepts(document: &Document<'_>) -> Result<(), PayloadError> {
    expect_object(document.root())?;
    let overflows = |number: &str| number.parse().is_ok_and(f64::is_infinite);
    if document.numbers().any(overflows) { Err(PayloadError::NumberTooLarge) } else { Ok(()) }
}

fn expect_object(root: Value<'_>) -> Result<(), PayloadError> {
    match root.kind() {
        ValueKind::Object | ValueKind::Null => Ok(()),
        other => Err(PayloadError::NotAnObject { found: other.describe() }),
    }
}

/// `json.Unmarshal` into `DockerConfigJSON` or `DockerConfig` (`config.go`).
fn kubelet_entries(format: PayloadFormat, root: Value<'_>) -> Result<Vec<AuthEntry>, PayloadError> {
    expect_object(root)?;
    let mut entries = AuthMap::default();
    match format {
        PayloadFormat::DockerCfg => entries.add(root)?,
        PayloadFormat::DockerConfigJson => {
            for (name, value) in root.fields() {
                let name = name.string();
                if json::is_field(&name, "auths") {
                    entries.add_auths(value)?;
                } else if json::is_field(&name, "httpheaders") {
                    check_http_headers(value)?;
                }
            }
        }
    }
    Ok(entries.list)
}

/// The Go map that entries are decoded into.
#[derive(Default)]
struct AuthMap {
    list: Vec<AuthEntry>,
    // Invariant: each key of `list` with its index.
    index: HashMap<String, usize>,
}

impl AuthMap {
    /// A second `auths` adds to the first, and `null` empties the map, as `decode.go` has it.
    fn add_auths(&mut self, auths: Value<'_>) -> Result<(), PayloadError> {
        match auths.kind() {
            ValueKind::Object => self.add(auths),
            ValueKind::Null => {
                *self = Self::default();
                Ok(())
            }
            other => Err(PayloadError::Field {
                field: "auths",
                expected: "an object",
                found: other.describe(),
            }),
        }
    }

    fn add(&mut self, object: Value<'_>) -> Result<(), PayloadError> {
        for (key, value) in object.fields() {
            let entry = read_entry(key.string(), value)?;
            if let Some(&at) = self.index.get(&entry.key) {
                self.list[at] = entry;
            } else {
                self.index.insert(entry.key.clone(), self.list.len());
                self.list.push(entry);
            }
        }
        Ok(())
    }
}

/// `HttpHeaders` is decoded into a `map[string]string` and then not used.
fn check_http_headers(headers: Value<'_>) -> Result<(), PayloadError> {
    let error = |expected, found: ValueKind| PayloadError::Field {
        field: "HttpHeaders",
        expected,
        found: found.describe(),
    };
    match headers.kind() {
        ValueKind::Null => Ok(()),
        ValueKind::Object => headers
            .fields()
            .map(|(_, value)| value.kind())
            .find(|kind| !matches!(kind, ValueKind::String | ValueKind::Null))
            .map_or(Ok(()), |kind| Err(error("an object of strings", kind))),
        other => Err(error("an object", other)),
    }
}

/// `DockerConfigEntry.UnmarshalJSON`: each field may come several times, the last one counts, `null`
/// changes nothing; a non-empty `auth` overrides user name and password.
fn read_entry(key: String, value: Value<'_>) -> Result<AuthEntry, PayloadError> {
    let error = |field, expected, found: ValueKind| PayloadError::EntryField {
        key: shown_key(&key).into_owned(),
        field,
        expected,
        found: found.describe(),
    };
    if !matches!(value.kind(), ValueKind::Object | ValueKind::Null) {
        return Err(error(None, "an object", value.kind()));
    }
    let [mut username, mut password, mut auth] = [(); 3].map(|()| Zeroizing::new(Vec::new()));
    let (mut has_ignored_token, mut beside) = (false, None);
    for (name, value) in value.fields() {
        let name = name.string();
        let is = |field| json::is_field(&name, field);
        let known = ["username", "password", "email", "auth"].into_iter().find(|field| is(field));
        let Some(field) = known else {
            let is_token = (name == "identitytoken" || name == "registrytoken")
                && value.kind() == ValueKind::String
                && value.raw() != b"\"\"";
            has_ignored_token |= is_token;
            if is_token && !has_placeholder(value.raw()) {
                beside = Some("identity token");
            }
            continue;
        };
        match (value.kind(), field) {
            (ValueKind::Null, _) | (ValueKind::String, "email") => {}
            (ValueKind::String, "username") => username = value.string_bytes(),
            (ValueKind::String, "password") => password = value.string_bytes(),
            (ValueKind::String, _) => auth = value.string_bytes(),
            (other, field) => return Err(error(Some(field), "a string", other)),
        }
    }
    if !auth.is_empty() {
        if !password.is_empty() && !has_placeholder(&password) {
            beside = Some("password");
        }
        (username, password) = decode_auth(&auth)
            .map_err(|problem| PayloadError::Auth { key: shown_key(&key).into_owned(), problem })?;
    }
    let (username, password) = (Username::new(username), Password::new(password));
    Ok(AuthEntry { key, username, password, has_ignored_token, beside })
}

type PrivateBytes = Zeroizing<Vec<u8>>;

/// `decodeDockerConfigFieldAuth`: with padding if the text ends in `=`, without if not, split at the
/// first colon.
fn decode_auth(auth: &[u8]) -> Result<(PrivateBytes, PrivateBytes), AuthProblem> {
    let padded = auth.trim_ascii_end().ends_with(b"=");
    let encoding = if padded { Encoding::Padded } else { Encoding::Unpadded };
    let decoded = base64::decode(auth, encoding).map_err(|_| match auth {
        _ if auth.contains(&b':') => AuthProblem::Plain,
        _ => AuthProblem::Base64(Base64Problem::of(auth)),
    })?;
    let colon =
        decoded.iter().position(|&byte| byte == b':').ok_or_else(|| without_colon(&decoded))?;
    let part = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
    Ok((part(&decoded[..colon]), part(&decoded[colon + 1..])))
}

/// Why the text of an `auth` has no colon.
fn without_colon(text: &[u8]) -> AuthProblem {
    let decode = |encoding| base64::decode(text, encoding).ok();
    let inner = decode(Encoding::Padded).or_else(|| decode(Encoding::Unpadded)).unwrap_or_default();
    let is_pair = inner.contains(&b':') && str::from_utf8(&inner).is_ok();
    if is_pair { AuthProblem::Twice } else { AuthProblem::NoColon }
}

fn syntax_error(value: &[u8], error: &json::SyntaxError) -> PayloadError {
    if error.offset == 0 && is_base64_of_object(value) {
        return PayloadError::StillBase64;
    }
    let problem = match value {
        [0xef, 0xbb, 0xbf, ..] => "it begins with a byte order mark",
        [0xff, 0xfe, ..] | [b'{', 0, ..] => {
            "it is UTF-16, as PowerShell writes files, and not UTF-8"
        }
        _ => error.problem,
    };
    let before = &value[..error.offset.min(value.len())];
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    PayloadError::Syntax {
        problem,
        line: memchr::memchr_iter(b'\n', before).count() + 1,
        column: before.len() - line_start + 1,
    }
}

/// Whether base64 of a JSON object, whatever blanks it has, is where the object belongs.
fn is_base64_of_object(value: &[u8]) -> bool {
    let bare = || value.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    // In base64, `{` begins with `e`.
    bare().next() == Some(b'e') && {
        let bare = Zeroizing::new(bare().collect::<Vec<u8>>());
        let decoded = |encoding| base64::decode(&bare, encoding).ok();
        let decoded = decoded(Encoding::Padded).or_else(|| decoded(Encoding::Unpadded));
        decoded.is_some_and(|decoded| decoded.trim_ascii_start().starts_with(b"{"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::Engine;
    use proptest::prelude::*;
    use serde::Deserialize;

    /// One line of `testdata/payload.jsonl`, computed with the kubelet's own functions.
    #[derive(Deserialize)]
    struct Case {
        r#type: String,
        text: Option<String>,
        /// Base64 of a value that is not UTF-8.
        base64: Option<String>,
        api_server_accepts: bool,
        kubelet: String,
        entries: Vec<CaseEntry>,
    }

    #[derive(Deserialize, PartialEq, Debug, Clone, PartialOrd)]
    struct CaseEntry {
        host: String,
        username: String,
        password: String,
    }

    fn outcome(kubelet: &Kubelet) -> (&'static str, Vec<CaseEntry>) {
        match kubelet {
            Kubelet::Skipped => ("skipped", vec![]),
            Kubelet::Error(_) => ("error", vec![]),
            Kubelet::Entries(entries) => ("ok", entries.iter().map(case_entry).collect()),
        }
    }

    fn case_entry(entry: &AuthEntry) -> CaseEntry {
        CaseEntry {
            host: entry.key.clone(),
            username: entry.username_for_tests(),
            password: String::from_utf8_lossy(&entry.password.0).into_owned(),
        }
    }

    fn sorted(mut entries: Vec<CaseEntry>) -> Vec<CaseEntry> {
        entries.sort_by(|a, b| a.host.cmp(&b.host));
        entries
    }

    #[test]
    fn every_case_of_the_table_is_read_as_in_go() {
        for line in include_str!("../../testdata/payload.jsonl").lines() {
            let case: Case = serde_json::from_str(line).unwrap();
            let format = PayloadFormat::from_secret_type(&case.r#type).unwrap();
            let decode = |text| base64::decode(text, Encoding::Padded).unwrap().to_vec();
            let encoded = case.base64.as_deref().unwrap_or_default();
            let value = case.text.map_or_else(|| decode(encoded.as_bytes()), String::into_bytes);
            let payload = read(format, &value);
            assert_eq!(payload.api_server.is_ok(), case.api_server_accepts, "{line}");
            let (kubelet, entries) = outcome(&payload.kubelet);
            assert_eq!(kubelet, case.kubelet, "{line}");
            assert_eq!(sorted(entries), sorted(case.entries), "{line}");
        }
    }

    fn message(value: &str) -> String {
        match read(PayloadFormat::DockerConfigJson, value.as_bytes()).kubelet {
            Kubelet::Error(error) => error.message().into(),
            _ => "no error".to_owned(),
        }
    }

    #[test]
    fn the_reason_names_the_entry_and_the_remedy_but_no_secret() {
        for (value, expected) in [
            (
                r#"{"auths":{"https://bob:hunter2@r.io":{"auth":"aHVudGVyMg=="}}}"#,
                "`auth` of the entry `https://••••••@r.io` must be base64 of `user:password`, and \
                 what it decodes to has no colon",
            ),
            (
                r#"{"auths":{"r.io":{"auth":"dXNlcjrDv8O_"}}}"#,
                "`auth` of the entry `r.io` is base64 of the URL-safe kind, which the kubelet does \
                 not read; use the standard one",
            ),
            (
                r#"{"auths":{"r.io":{"auth":"dXNlcjpwYXNz "}}}"#,
                "`auth` of the entry `r.io` contains a blank, which base64 must not",
            ),
            (r#"{"auths":{"r.io":{"auth":"dXNlcjpwYXN"}}}"#, "no error"),
            (r#"{"auths":{"r.io":{"auth":"dXNlcjpwYXN="}}}"#, "no error"),
            (r#"{"auths":{"r.io":{"auth":"dXNlcjpwYX=="}}}"#, "no error"),
            (
                r#"{"auths":{"r.io":{"auth":"dXNlcjpwY="}}}"#,
                "`auth` of the entry `r.io` is cut off or wrongly padded base64",
            ),
            (
                r#"{"auths":{"r.io":"dXNlcjpwYXNz"}}"#,
                "the value of the entry `r.io` must be an object, and is a string",
            ),
            (
                r#"{"auths":{"r.io":{"password":12345}}}"#,
                "`password` of the entry `r.io` must be a string, and is a number",
            ),
            (r#"{"auths":[]}"#, "`auths` must be an object, and is an array"),
            (
                "{\n  \"auths\": {,}}",
                "the value is not JSON: expected a field name in double quotes (line 2, column 13 \
                 of the decoded value)",
            ),
            ("eyJhdXRocyI6e319", "the value is still base64: it was encoded twice"),
        ] {
            assert_eq!(message(value), expected, "{value}");
        }
    }

    #[test]
    fn what_the_kubelet_does_not_read_is_told() {
        let payload = read(
            PayloadFormat::DockerConfigJson,
            br#"{"auths":{"a":{"identitytoken":"x"},"b":{"identitytoken":""}},"credsStore":"desktop"}"#,
        );
        assert!(payload.names_helper);
        let Kubelet::Entries(entries) = payload.kubelet else { panic!() };
        assert!(entries[0].has_ignored_token);
        assert!(!entries[1].has_ignored_token);
    }

    #[test]
    fn an_entry_that_authenticates_nothing_has_a_reason() {
        use Unusable as U;
        for (entry, rest, expected) in [
            (r#"{"auth":"dXNlcjpwYXNz"}"#, "", None),
            (r#"{"username":"u","password":"p"}"#, "", None),
            ("{}", "", Some(U::Empty)),
            ("null", "", Some(U::Empty)),
            (r#"{"auth":"Og=="}"#, "", Some(U::Empty)),
            ("{}", r#","credsStore":"desktop""#, Some(U::InHelper)),
            ("{}", r#","credHelpers":{"r.io":"ecr-login"}"#, Some(U::InHelper)),
            (r#"{"identitytoken":"t"}"#, "", Some(U::IgnoredToken)),
            (r#"{"auth":"dXNlcjo=","identitytoken":"t"}"#, "", Some(U::IgnoredToken)),
            (
                r#"{"auth":"MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwOg==","identitytoken":"t"}"#,
                "",
                Some(U::AzureLogin),
            ),
            (r#"{"auth":"dXNlcjo="}"#, "", Some(U::NoPassword)),
            // `user:` and a NUL, which containerd trims.
            (r#"{"auth":"dXNlcjoA"}"#, "", Some(U::NoPassword)),
            (r#"{"username":"u","password":"\u0000\u0000"}"#, "", Some(U::NoPassword)),
            (r#"{"username":"u","password":"p\u0000"}"#, "", None),
            (r#"{"username":"u"}"#, "", Some(U::NoPassword)),
            (r#"{"password":"p"}"#, "", Some(U::NoUsername)),
        ] {
            let value = format!(r#"{{"auths":{{"r.io":{entry}}}{rest}}}"#);
            let payload = read(PayloadFormat::DockerConfigJson, value.as_bytes());
            assert_eq!(payload.unusable(&payload.entries()[0]), expected, "{value}");
        }
    }

    #[test]
    fn a_line_break_is_stray_unless_it_belongs_to_a_key_file() {
        let key_file = r#"{\"type\":\"service_account\",\"private_key\":\"x\"}\n"#;
        for (username, password, expected) in [
            ("u", "p", false),
            ("u", "p\\n", true),
            ("u\\r\\n", "p", true),
            ("_json_key", key_file, false),
        ] {
            let value = format!(
                r#"{{"auths":{{"r.io":{{"username":"{username}","password":"{password}"}}}}}}"#
            );
            let payload = read(PayloadFormat::DockerConfigJson, value.as_bytes());
            assert_eq!(payload.entries()[0].has_stray_newline(), expected, "{value}");
        }
    }

    /// The plain second implementation: `serde_json::Value`, which agrees with Go on valid documents
    /// without repeated fields.
    mod plain {
        use super::{CaseEntry, Engine};
        use serde_json::Value;

        const LENIENT: ::base64::engine::GeneralPurposeConfig =
            ::base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);

        pub(super) fn entries(text: &str) -> Option<Vec<CaseEntry>> {
            let root: Value = serde_json::from_str(text).ok()?;
            let Some(auths) = root.as_object()?.get("auths") else { return Some(vec![]) };
            auths.as_object()?.iter().map(|(host, entry)| one(host, entry)).collect()
        }

        fn one(host: &str, entry: &Value) -> Option<CaseEntry> {
            let field = |name| match entry.as_object()?.get(name) {
                None | Some(Value::Null) => Some(""),
                Some(Value::String(text)) => Some(text.as_str()),
                _ => None,
            };
            let (mut username, mut password) =
                (field("username")?.to_owned(), field("password")?.to_owned());
            let auth = field("auth")?;
            if !auth.is_empty() {
                let config = if auth.trim().ends_with('=') {
                    LENIENT
                } else {
                    LENIENT
                        .with_encode_padding(false)
                        .with_decode_padding_mode(::base64::engine::DecodePaddingMode::RequireNone)
                };
                let engine =
                    ::base64::engine::GeneralPurpose::new(&::base64::alphabet::STANDARD, config);
                let decoded = engine.decode(auth.replace(['\r', '\n'], "")).ok()?;
                let colon = decoded.iter().position(|&byte| byte == b':')?;
                username = String::from_utf8_lossy(&decoded[..colon]).into_owned();
                password = String::from_utf8_lossy(&decoded[colon + 1..]).into_owned();
            }
            Some(CaseEntry { host: host.to_owned(), username, password })
        }
    }

    fn auth() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]{0,5}:?[a-z:]{0,5}"
                .prop_map(|text| ::base64::prelude::BASE64_STANDARD.encode(text)),
            "[a-z]{0,5}:?[a-z:]{0,5}"
                .prop_map(|text| ::base64::prelude::BASE64_STANDARD_NO_PAD.encode(text)),
            "[A-Za-z0-9+/=_\\n -]{0,8}",
        ]
    }

    proptest! {
        #[test]
        fn any_document_has_the_entries_that_a_plain_reader_finds(
            entries in proptest::collection::btree_map(
                "[a-z]{1,3}\\.io",
                (auth(), proptest::option::of("[a-zé\"\\\\]{0,4}")),
                0..4,
            )
        ) {
            let auths: serde_json::Map<_, _> = entries
                .into_iter()
                .map(|(host, (auth, username))| {
                    (host, serde_json::json!({"auth": auth, "username": username}))
                })
                .collect();
            let text = serde_json::json!({"auths": auths}).to_string();
            let ours = match read(PayloadFormat::DockerConfigJson, text.as_bytes()).kubelet {
                Kubelet::Entries(entries) => {
                    Some(sorted(entries.iter().map(case_entry).collect()))
                }
                _ => None,
            };
            prop_assert_eq!(ours, plain::entries(&text).map(sorted));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(value in proptest::collection::vec(any::<u8>(), 0..64)) {
            for format in PayloadFormat::ALL {
                read(format, &value);
            }
        }
    }
}
