//! Credentials for registries where everyone can read them: in environment variables and arguments of containers, and in
//! `ConfigMap`s. What they are is told by their form; what they say is not kept.

use super::kinds::CONTAINER_LISTS;
use super::{Object, text};
use crate::credentials::payload::{self, Format};
use crate::credentials::token;
use crate::source::Span;
use crate::yaml::Node;

/// Shorter values are no tokens.
const LEAST: usize = 20;

/// A credential in plain sight.
pub struct Exposed<'a> {
    /// The object that shows it.
    pub object: Object<'a>,
    /// Where it stands.
    pub span: Span,
    /// The path of the value, from the root of the document.
    pub path: String,
}

/// The values of a pod spec that hold a credential, with their paths from there.
pub(super) fn in_pod(spec: Node<'_, '_>) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    for list in CONTAINER_LISTS {
        for (at, container) in spec.get(list).into_iter().flat_map(Node::items).enumerate() {
            let variables = container.get("env").into_iter().flat_map(Node::items).enumerate();
            for (index, variable) in variables {
                if let Some(value) = variable.get("value").filter(|value| is_credential(*value)) {
                    found.push((format!("{list}[{at}].env[{index}].value"), value.span()));
                }
            }
            for field in ["command", "args"] {
                let values = container.get(field).into_iter().flat_map(Node::items).enumerate();
                for (index, value) in values.filter(|(_, value)| is_credential(*value)) {
                    found.push((format!("{list}[{at}].{field}[{index}]"), value.resolved().span()));
                }
            }
        }
    }
    found
}

/// The values of a `ConfigMap` that hold a docker configuration with passwords, or a token.
pub(super) fn in_config_map(node: Node<'_, '_>) -> Vec<(String, Span)> {
    let data = node.get("data").into_iter().flat_map(Node::entries);
    let exposed = data.filter(|(_, value)| is_credential(*value) || is_docker_config(*value));
    exposed
        .filter_map(|(key, value)| Some((format!("data[{}]", text(key)?), value.resolved().span())))
        .collect()
}

fn is_credential(node: Node<'_, '_>) -> bool {
    node.span().len() >= LEAST
        && node.scalar().is_some_and(|value| token::looks_like_secret(&value))
}

fn is_docker_config(node: Node<'_, '_>) -> bool {
    let Some(value) = node.scalar().filter(|value| value.trim_start().starts_with('{')) else {
        return false;
    };
    let payload = payload::read(Format::DockerConfigJson, value.as_bytes());
    payload.entries().iter().any(|entry| payload.unusable(entry).is_none())
}
