//! Credentials for registries where everyone can read them: in environment variables and arguments of containers, in
//! `ConfigMap`s, in Secrets that are not pull secrets, and in annotations that repeat a Secret. Their form and their
//! names show what they are; their values are not kept.

use zeroize::Zeroizing;

use super::{LAST_APPLIED, Object, Text, text};
use crate::credentials::exposure::{self, Exposure};
use crate::credentials::payload::PayloadFormat;
use crate::kinds::CONTAINER_LISTS;
use crate::source::Span;
use crate::yaml::Node;

/// A credential in plain sight.
pub struct Exposed<'a> {
    /// The object that shows it.
    pub object: Object<'a>,
    /// Where it is.
    pub span: Span,
    /// The path of the value, from the root of the document.
    pub path: String,
    /// The same from the object, with names of containers and variables in the place of numbers.
    pub by_name: String,
    /// The name of the container that it is in.
    pub container: Option<Text<'static>>,
    /// What it is.
    pub what: Exposure,
}

/// A value that shows a credential. Paths are from the node that was asked for.
pub(super) struct ExposedValue {
    pub(super) field: String,
    /// Its path with names in the place of numbers.
    pub(super) by_name: String,
    /// The name of the container that it is in.
    pub(super) container: Option<Text<'static>>,
    pub(super) span: Span,
    pub(super) what: Exposure,
}

impl ExposedValue {
    /// The value of a field that no item of a list is on the way to.
    fn of_object(field: String, value: Node<'_, '_>, what: Exposure) -> Self {
        let (by_name, span) = (field.clone(), value.resolved().span());
        Self { field, by_name, container: None, span, what }
    }
}

/// An item of a list: by its number, and by its name if it has one.
struct ItemPath {
    by_number: String,
    by_name: String,
    name: Option<Text<'static>>,
}

impl ItemPath {
    fn of(list: &str, number: usize, name: Option<&str>) -> Self {
        let by_number = format!("{list}[{number}]");
        let by_name = name.map_or_else(|| by_number.clone(), |name| format!("{list}[{name}]"));
        let name = name.map(|name| Text::from(name).into_owned());
        Self { by_number, by_name, name }
    }

    fn shown(&self, field: &Self, below: &str, span: Span, what: Exposure) -> ExposedValue {
        let joined = |item: &str, field: &str| format!("{item}.{field}{below}");
        let by_name = joined(&self.by_name, &field.by_name);
        let (field, container) = (joined(&self.by_number, &field.by_number), self.name.clone());
        ExposedValue { field, by_name, container, span, what }
    }
}

/// The values of a pod spec that show a credential.
pub(super) fn in_pod(spec: Node<'_, '_>) -> Vec<ExposedValue> {
    let mut found = Vec::new();
    for list in CONTAINER_LISTS {
        for (at, container) in spec.get(list).into_iter().flat_map(Node::items).enumerate() {
            // Hardly any container shows a credential.
            let item = || ItemPath::of(list, at, container.get("name").and_then(text).as_deref());
            found.extend(in_variables(container, &item));
            for field in ["command", "args"] {
                found.extend(in_arguments(container, field, &item));
            }
        }
    }
    found
}

fn in_variables(
    container: Node<'_, '_>,
    item: &dyn Fn() -> ItemPath,
) -> impl Iterator<Item = ExposedValue> {
    let variables = container.get("env").into_iter().flat_map(Node::items).enumerate();
    variables.filter_map(move |(index, variable)| {
        let value = variable.get("value")?;
        let name = variable.get("name").and_then(Node::scalar).unwrap_or_default();
        let what = exposure::find(&name, &value.string()?)?;
        let variable = ItemPath::of(
            "env",
            index,
            Some(&name).filter(|name| !name.is_empty()).map(|name| &**name),
        );
        Some(item().shown(&variable, ".value", value.resolved().span(), what))
    })
}

/// `--name=value`, and `--name` with the value after it.
fn in_arguments(
    container: Node<'_, '_>,
    field: &str,
    item: &dyn Fn() -> ItemPath,
) -> impl Iterator<Item = ExposedValue> {
    let mut flag = Text::default();
    let arguments = container.get(field).into_iter().flat_map(Node::items).enumerate();
    arguments.filter_map(move |(index, argument)| {
        let text = argument.string()?;
        let before = std::mem::take(&mut flag);
        let (name, value) = match text.split_once('=') {
            Some((name, value)) if name.starts_with('-') => (name, value),
            _ => (&*before, &*text),
        };
        let found = exposure::find(name, value).map(|what| {
            let argument_item =
                ItemPath::of(field, index, Some(name).filter(|name| !name.is_empty()));
            item().shown(&argument_item, "", argument.resolved().span(), what)
        });
        if text.starts_with("--") {
            flag = text;
        }
        found
    })
}

/// The values of a `ConfigMap` that show a docker configuration with passwords, or a token.
pub(super) fn in_config_map(node: Node<'_, '_>) -> Vec<ExposedValue> {
    let shown = |name: &str, value: &str| exposure::find(name, value);
    ["data", "binaryData"].into_iter().flat_map(|map| in_map(node, map, shown)).collect()
}

/// The values of a Secret that show a docker configuration although its type is not one for pull secrets, and what
/// an annotation repeats.
pub(super) fn in_secret(node: Node<'_, '_>) -> Vec<ExposedValue> {
    let secret_type = node.get("type").and_then(text).unwrap_or_default();
    // What is under the key of its type is read as a payload, but for that of `data` where `stringData` has one, too.
    let payload = PayloadFormat::from_secret_type(&secret_type).map(PayloadFormat::data_key);
    let in_text = payload.is_some_and(|key| node.at(&["stringData", key]).is_some());
    let values = ["data", "stringData"].into_iter().flat_map(move |map| {
        let payload = payload.filter(|_| map == "stringData" || !in_text);
        in_map(node, map, move |name: &str, value: &str| {
            (Some(name) != payload).then(|| exposure::in_payload(name, value)).flatten()
        })
    });
    let annotation = node.at(&["metadata", "annotations", LAST_APPLIED]).and_then(|value| {
        let what = exposure::in_last_applied(&value.scalar()?)?;
        Some(ExposedValue::of_object(format!("metadata.annotations[{LAST_APPLIED}]"), value, what))
    });
    values.chain(annotation).collect()
}

fn in_map<'t>(
    node: Node<'t, '_>,
    map: &'static str,
    shown: impl Fn(&str, &str) -> Option<Exposure> + 't,
) -> impl Iterator<Item = ExposedValue> + 't {
    let values = node.get(map).into_iter().flat_map(Node::entries);
    values.filter_map(move |(key, value)| {
        let key = text(key)?;
        let text = value
            .scalar()
            .map_or_else(|| as_json(value), |text| text.into_string().into_bytes().into());
        let what = shown(&key, str::from_utf8(&text).ok()?)?;
        Some(ExposedValue::of_object(format!("{map}[{}]", key.as_str()), value, what))
    })
}

/// How deep a docker configuration goes: `auths`, a registry, a field.
const DEPTH: usize = 3;

/// A mapping where its text in JSON belongs.
pub(super) fn as_json(node: Node<'_, '_>) -> Zeroizing<Vec<u8>> {
    let mut json = Zeroizing::new(Vec::new());
    write_json(node, DEPTH, &mut json);
    json
}

fn write_json(node: Node<'_, '_>, depth: usize, json: &mut Vec<u8>) {
    let string = |text: &str| Zeroizing::new(serde_json::Value::from(text).to_string());
    match node.scalar() {
        Some(text) => json.extend_from_slice(string(&text).as_bytes()),
        None if node.is_mapping() && depth > 0 => {
            for (at, (key, value)) in node.entries().enumerate() {
                json.extend_from_slice(if at == 0 { b"{" } else { b"," });
                json.extend_from_slice(string(&key.scalar().unwrap_or_default()).as_bytes());
                json.push(b':');
                write_json(value, depth - 1, json);
            }
            json.extend_from_slice(if node.entries().next().is_none() { b"{}" } else { b"}" });
        }
        None => json.extend_from_slice(b"null"),
    }
}
