//! The value of a pull secret as the API server and the kubelet read it (`pkg/apis/core/validation/validation.go`,
//! `pkg/credentialprovider/config.go`), on top of `serde_json`, with the ways of Go's `encoding/json`.

use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine as _};
use pullcreds::credentials::payload::{self, Kubelet, PayloadFormat};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess};
use std::fmt;

/// A JSON value with its fields in their order, repeated ones included.
#[derive(Debug)]
enum Json {
    Null,
    Text(String),
    Object(Vec<(String, Json)>),
    Other,
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
                Ok(Json::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
                Ok(Json::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Json, E> {
                Ok(Json::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
                Ok(Json::Other)
            }

            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Text(value.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
                while items.next_element::<Json>()?.is_some() {}
                Ok(Json::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
                let mut object = Vec::new();
                while let Some(field) = fields.next_entry()? {
                    object.push(field);
                }
                Ok(Json::Object(object))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// An entry: its key, and whether user name and password are empty.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    key: String,
    no_username: bool,
    no_password: bool,
}

/// What the kubelet finds; `None` for an error, which fails every pull of the pod.
type Found = Option<Vec<Entry>>;

fn kubelet(format: PayloadFormat, json: &Json) -> Found {
    let fields = match json {
        Json::Null => return Some(Vec::new()),
        Json::Object(fields) => fields,
        _ => return None,
    };
    let mut entries = Vec::new();
    if format == PayloadFormat::DockerCfg {
        add(&mut entries, fields)?;
        return Some(entries);
    }
    for (name, value) in fields {
        match (folded(name).as_str(), value) {
            ("AUTHS", Json::Object(auths)) => add(&mut entries, auths)?,
            ("AUTHS", Json::Null) => entries.clear(),
            ("HTTPHEADERS", Json::Object(headers)) => {
                let fine = |value: &Json| matches!(value, Json::Text(_) | Json::Null);
                if !headers.iter().all(|(_, value)| fine(value)) {
                    return None;
                }
            }
            ("HTTPHEADERS", Json::Null) => {}
            ("AUTHS" | "HTTPHEADERS", _) => return None,
            _ => {}
        }
    }
    Some(entries)
}

fn add(entries: &mut Vec<Entry>, auths: &[(String, Json)]) -> Option<()> {
    for (key, value) in auths {
        let new = entry(key, value)?;
        match entries.iter_mut().find(|entry| entry.key == *key) {
            Some(old) => *old = new,
            None => entries.push(new),
        }
    }
    Some(())
}

fn entry(key: &str, value: &Json) -> Option<Entry> {
    let (mut username, mut password, mut auth) = (String::new(), String::new(), String::new());
    let fields = match value {
        Json::Null => &Vec::new(),
        Json::Object(fields) => fields,
        _ => return None,
    };
    for (name, value) in fields {
        let mut email = String::new();
        let field = match folded(name).as_str() {
            "USERNAME" => &mut username,
            "PASSWORD" => &mut password,
            "EMAIL" => &mut email,
            "AUTH" => &mut auth,
            _ => continue,
        };
        match value {
            Json::Text(text) => text.clone_into(field),
            Json::Null => {}
            _ => return None,
        }
    }
    let (mut no_username, mut no_password) = (username.is_empty(), password.is_empty());
    if !auth.is_empty() {
        let decoded = decode(&auth)?;
        let colon = decoded.iter().position(|&byte| byte == b':')?;
        (no_username, no_password) = (colon == 0, colon + 1 == decoded.len());
    }
    Some(Entry { key: key.to_owned(), no_username, no_password })
}

/// `decodeDockerConfigFieldAuth`, up to the colon.
fn decode(auth: &str) -> Option<Vec<u8>> {
    // Go's unicode.IsSpace knows the same blanks.
    let padded = auth.trim().ends_with('=');
    let mode =
        if padded { DecodePaddingMode::RequireCanonical } else { DecodePaddingMode::RequireNone };
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(mode);
    let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    engine.decode(auth.replace(['\n', '\r'], "")).ok()
}

/// As Go compares field names: without case, and with the two letters that fold into ASCII.
fn folded(name: &str) -> String {
    let fold = |character: char| match character {
        'ſ' => 'S',
        '\u{212a}' => 'K',
        other => other.to_ascii_uppercase(),
    };
    name.chars().map(fold).collect()
}

/// The program reads a value as this does.
pub(crate) fn agrees(format: PayloadFormat, value: &[u8]) {
    let ours = payload::read(format, value);
    let found = match &ours.kubelet {
        Kubelet::Skipped => {
            assert!(value.is_empty() && ours.api_server.is_err());
            return;
        }
        Kubelet::Error(_) => None,
        Kubelet::Entries(entries) => Some(entries.iter().map(|entry| Entry {
            key: entry.key.clone(),
            no_username: entry.username.is_empty(),
            no_password: entry.password.is_empty(),
        })),
    };
    let found: Found = found.map(Iterator::collect);
    let json = match serde_json::from_slice::<Json>(value) {
        Ok(json) => json,
        // Go takes these.
        Err(error) if is_stricter(&error.to_string(), value) => return,
        Err(_) => {
            assert!(
                found.is_none() && ours.api_server.is_err(),
                "{:?}",
                String::from_utf8_lossy(value)
            );
            return;
        }
    };
    let shown = String::from_utf8_lossy(value);
    assert_eq!(found, kubelet(format, &json), "{shown:?}");
    let object = matches!(json, Json::Object(_) | Json::Null);
    assert_eq!(ours.api_server.is_ok(), object, "{shown:?}");
}

/// Where `serde_json` refuses what Go's reader does not: lone surrogates, text that is no UTF-8, numbers beyond a
/// double, and deep nesting.
fn is_stricter(error: &str, value: &[u8]) -> bool {
    ["surrogate", "hex escape", "out of range", "recursion limit"]
        .iter()
        .any(|part| error.contains(part))
        || std::str::from_utf8(value).is_err()
}
