//! A `CredentialProviderConfig` from its text: every rule of the kubelet, every mistake at once.

use crate::credentials::keyring::check_pattern;
use crate::credentials::provider::{Config, Provider, TokenAttributes};
use crate::credentials::shown_key;
use crate::duration;
use crate::names::is_qualified_name;
use crate::say;
use crate::text::{Message, list, shown, shown_error};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Something for which the kubelet refuses the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigMistake {
    /// Where it is, such as `providers[0].matchImages[1]`; empty for the file as a whole.
    pub place: Message,
    /// What is wrong: lower case, no full stop.
    pub message: Message,
}

impl ConfigMistake {
    fn new(place: impl Into<Message>, message: impl Into<Message>) -> Self {
        Self { place: place.into(), message: message.into() }
    }

    pub(super) fn duplicate_provider(name: &str) -> Self {
        Self::new("providers", say!("the name `{}` is used twice", shown(name)))
    }
}

impl ConfigMistake {
    /// The place and what is wrong there.
    pub fn placed(&self) -> Message {
        match self.place.as_str() {
            "" => self.message.clone(),
            _ => say!("{}: {}", self.place, self.message),
        }
    }
}

/// The versions of the file (`staging/src/k8s.io/kubelet/config`). Their fields are the same, but
/// only `v1` has `tokenAttributes`.
const VERSIONS: [&str; 3] =
    [CONFIG_V1, "kubelet.config.k8s.io/v1beta1", "kubelet.config.k8s.io/v1alpha1"];

const CONFIG_V1: &str = "kubelet.config.k8s.io/v1";

/// The versions of the protocol between kubelet and plugin (`apiVersions` in `plugin.go`).
const PROTOCOLS: [&str; 3] = [
    PROTOCOL_V1,
    "credentialprovider.kubelet.k8s.io/v1beta1",
    "credentialprovider.kubelet.k8s.io/v1alpha1",
];

const PROTOCOL_V1: &str = "credentialprovider.kubelet.k8s.io/v1";

/// `validCacheTypes` in `config.go`.
const CACHE_TYPES: [&str; 2] = ["ServiceAccount", "Token"];

const PROVIDER_FIELDS: &[&str] =
    &["name", "matchImages", "defaultCacheDuration", "apiVersion", "args", "env"];

const TOKEN_FIELDS: &[&str] = &[
    "serviceAccountTokenAudience",
    "cacheType",
    "requireServiceAccount",
    "requiredServiceAccountAnnotationKeys",
    "optionalServiceAccountAnnotationKeys",
];

pub(super) fn parse(text: &str) -> Result<Config, Vec<ConfigMistake>> {
    let root = parse_yaml(text).map_err(|mistake| vec![mistake])?;
    let mut reader = ConfigReader::default();
    let config = reader.config(&root);
    if reader.mistakes.is_empty() { Ok(config) } else { Err(reader.mistakes) }
}

fn parse_yaml(text: &str) -> Result<Value, ConfigMistake> {
    serde_saphyr::from_str(text).map_err(|error| {
        let what = match error.without_snippet() {
            serde_saphyr::Error::MultipleDocuments { .. } => "a second document begins here",
            serde_saphyr::Error::DuplicateMappingKey { .. } => "duplicate key",
            // The parser's own messages may repeat what is in the file.
            _ => "invalid YAML",
        };
        let place = error.location().map_or_else(Message::default, |location| {
            say!("line {}, column {}", location.line(), location.column())
        });
        ConfigMistake::new(place, what)
    })
}

/// Reads values of the kinds that are expected, and notes down all that is not as expected. What is
/// missing or wrong is read as empty.
#[derive(Default)]
struct ConfigReader {
    mistakes: Vec<ConfigMistake>,
}

/// An object with its place in the file.
struct ConfigObject<'a> {
    place: Message,
    fields: &'a Map<String, Value>,
}

impl<'a> ConfigObject<'a> {
    fn place_of(&self, field: &str) -> Message {
        match self.place.as_str() {
            "" => shown(field).into(),
            _ => say!("{}.{}", self.place, shown(field)),
        }
    }

    /// The value of a field; `null` is as good as absent (`encoding/json`).
    fn get(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }
}

impl ConfigReader {
    fn note(&mut self, place: impl Into<Message>, message: impl Into<Message>) {
        self.mistakes.push(ConfigMistake::new(place, message));
    }

    fn config(&mut self, root: &Value) -> Config {
        let known = ["apiVersion", "kind", "providers"];
        let Some(root) = self.object(Message::default(), root, &known) else {
            return Config::default();
        };
        let version = self.one_of(&root, "apiVersion", &VERSIONS);
        self.one_of(&root, "kind", &["CredentialProviderConfig"]);
        let has_tokens = version.as_deref().is_none_or(|version| version == CONFIG_V1);
        let mut names = BTreeSet::new();
        let mut providers = Vec::new();
        for (place, value) in self.list(&root, "providers") {
            let Some(provider) = self.provider(place, value, has_tokens) else { continue };
            if !names.insert(provider.name.clone()) {
                self.mistakes.push(ConfigMistake::duplicate_provider(&provider.name));
            }
            providers.push(provider);
        }
        Config { providers }
    }

    fn provider(&mut self, place: Message, value: &Value, has_tokens: bool) -> Option<Provider> {
        let token_field: &[&str] = if has_tokens { &["tokenAttributes"] } else { &[] };
        let provider = self.object(place, value, &[PROVIDER_FIELDS, token_field].concat())?;
        let name = self.required_text(&provider, "name");
        if name.contains(['/', ' ']) || name == "." || name == ".." {
            let message = "the name of an executable has no `/` or blank and is not `.` or `..`";
            self.note(provider.place_of("name"), message);
        }
        let protocol = self.one_of(&provider, "apiVersion", &PROTOCOLS);
        self.cache_duration(&provider);
        self.texts(&provider, "args");
        self.env(&provider);
        let match_images = self.match_images(&provider);
        let token = provider.get("tokenAttributes").filter(|_| has_tokens);
        let token = token.and_then(|value| {
            let place = provider.place_of("tokenAttributes");
            if protocol.is_some_and(|protocol| protocol != PROTOCOL_V1) {
                self.note(
                    place.clone(),
                    say!("needs the plugin's `apiVersion` to be `{}`", PROTOCOL_V1),
                );
            }
            self.token_attributes(place, value)
        });
        Some(Provider { name, match_images, token })
    }

    fn match_images(&mut self, provider: &ConfigObject<'_>) -> Vec<String> {
        let patterns = self.texts(provider, "matchImages");
        if patterns.is_empty() {
            self.note(provider.place_of("matchImages"), "at least one pattern is needed");
        }
        for (at, pattern) in patterns.iter().enumerate() {
            if let Err(error) = check_pattern(pattern) {
                let place = provider.place_of(&format!("matchImages[{at}]"));
                self.note(
                    place,
                    say!(
                        "`{}` is not a valid pattern: {}",
                        shown_key(pattern),
                        shown_error(&error)
                    ),
                );
            }
        }
        patterns
    }

    fn cache_duration(&mut self, provider: &ConfigObject<'_>) {
        let place = provider.place_of("defaultCacheDuration");
        match provider.get("defaultCacheDuration") {
            None => self.note(place, "is required"),
            Some(Value::String(text)) if is_go_duration(text) => {}
            Some(_) => {
                self.note(place, "must be a duration such as `12h` or `1m30s`, not negative");
            }
        }
    }

    fn env(&mut self, provider: &ConfigObject<'_>) {
        for (place, value) in self.optional_list(provider, "env") {
            if let Some(variable) = self.object(place, value, &["name", "value"]) {
                self.text(&variable, "name");
                self.text(&variable, "value");
            }
        }
    }

    fn token_attributes(&mut self, place: Message, value: &Value) -> Option<TokenAttributes> {
        let token = self.object(place, value, TOKEN_FIELDS)?;
        self.required_text(&token, "serviceAccountTokenAudience");
        self.one_of(&token, "cacheType", &CACHE_TYPES);
        let requires = self.required_bool(&token, "requireServiceAccount");
        let needed = self.annotation_keys(&token, "requiredServiceAccountAnnotationKeys");
        let optional = self.annotation_keys(&token, "optionalServiceAccountAnnotationKeys");
        if requires == Some(false) && !needed.is_empty() {
            let message = "needs `requireServiceAccount: true`";
            self.note(token.place_of("requiredServiceAccountAnnotationKeys"), message);
        }
        for key in optional.iter().filter(|key| needed.contains(key)) {
            let message = say!("the annotation `{}` is both required and optional", shown(key));
            self.note(token.place.clone(), message);
        }
        Some(TokenAttributes {
            requires_service_account: requires.unwrap_or_default(),
            required_annotations: needed,
            optional_annotations: optional,
        })
    }

    /// `validateServiceAccountAnnotationKeys` in `config.go`.
    fn annotation_keys(&mut self, token: &ConfigObject<'_>, field: &str) -> Vec<String> {
        let keys = self.texts(token, field);
        let mut seen = BTreeSet::new();
        for (at, key) in keys.iter().enumerate() {
            let place = token.place_of(&format!("{field}[{at}]"));
            if !is_qualified_name(&key.to_lowercase()) {
                self.note(place.clone(), "is not a valid annotation key");
            }
            if !seen.insert(key) {
                self.note(place.clone(), "is listed twice");
            }
        }
        keys
    }

    fn object<'a>(
        &mut self,
        place: Message,
        value: &'a Value,
        known: &[&'static str],
    ) -> Option<ConfigObject<'a>> {
        let Value::Object(fields) = value else {
            self.note(place, "must be a mapping");
            return None;
        };
        let object = ConfigObject { place, fields };
        for field in fields.keys().filter(|field| !known.contains(&field.as_str())) {
            let message = say!("unknown field, expected one of {}", enumerate(known));
            self.note(object.place_of(field), message);
        }
        Some(object)
    }

    /// The items of a list that must not be empty.
    fn list<'a>(&mut self, object: &ConfigObject<'a>, field: &str) -> Vec<(Message, &'a Value)> {
        let items = self.optional_list(object, field);
        if items.is_empty() {
            self.note(object.place_of(field), "at least one is needed");
        }
        items
    }

    fn optional_list<'a>(
        &mut self,
        object: &ConfigObject<'a>,
        field: &str,
    ) -> Vec<(Message, &'a Value)> {
        let place = object.place_of(field);
        match object.get(field) {
            None => Vec::new(),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(at, item)| (say!("{}[{}]", place, at), item))
                .collect(),
            Some(_) => {
                self.note(place, "must be a list");
                Vec::new()
            }
        }
    }

    fn texts(&mut self, object: &ConfigObject<'_>, field: &str) -> Vec<String> {
        let items = self.optional_list(object, field);
        items.into_iter().map(|(place, item)| self.text_value(place, Some(item))).collect()
    }

    fn text(&mut self, object: &ConfigObject<'_>, field: &str) -> String {
        self.text_value(object.place_of(field), object.get(field))
    }

    fn text_value(&mut self, place: Message, value: Option<&Value>) -> String {
        match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(_) => {
                self.note(place, "must be a string; put it into quotes");
                String::new()
            }
        }
    }

    fn required_text(&mut self, object: &ConfigObject<'_>, field: &str) -> String {
        let before = self.mistakes.len();
        let text = self.text(object, field);
        if text.is_empty() && self.mistakes.len() == before {
            self.note(object.place_of(field), "is required");
        }
        text
    }

    fn required_bool(&mut self, object: &ConfigObject<'_>, field: &str) -> Option<bool> {
        let message = match object.get(field) {
            Some(Value::Bool(value)) => return Some(*value),
            Some(_) => "must be `true` or `false`",
            None => "is required",
        };
        self.note(object.place_of(field), message);
        None
    }

    /// A required text that is one of `allowed`; `None` if it is not.
    fn one_of(
        &mut self,
        object: &ConfigObject<'_>,
        field: &str,
        allowed: &[&'static str],
    ) -> Option<String> {
        let before = self.mistakes.len();
        let text = self.required_text(object, field);
        if self.mistakes.len() > before {
            return None;
        }
        if !allowed.contains(&text.as_str()) {
            self.note(object.place_of(field), say!("must be {}", enumerate(allowed)));
            return None;
        }
        Some(text)
    }
}

/// The words in backticks, with commas between them.
fn enumerate(words: &[&'static str]) -> Message {
    list(words.iter().map(|word| say!("`{}`", *word)), ", ")
}

/// Whether `time.ParseDuration` of Go accepts the text and the duration is not negative.
fn is_go_duration(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    duration::go(unsigned).is_some_and(|duration| duration.is_zero() || !text.starts_with('-'))
}
