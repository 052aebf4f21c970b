//! Which keys a Secret will have, as far as the object that makes it tells.

use super::{Path, ProducerItem, generator};
use crate::yaml::Node;

/// Whether one of the mappings at `paths` has `key`; no one knows if there is none of them.
pub(super) fn in_any(node: Node<'_, '_>, paths: &[Path], key: &str) -> Option<bool> {
    let maps = paths.iter().filter_map(|path| node.at(path)).filter(|map| map.is_mapping());
    maps.map(|map| map.field(key).is_some()).max()
}

/// An `ExternalSecret`, whose `spec` is at `spec`: the keys are those of the template, and those that it fetches
/// where there is no template or it merges with them (pkg/controllers/externalsecret, `applyTemplate`).
pub(super) fn of_external_secret(
    made: &ProducerItem<'_, '_>,
    spec: Path,
    key: &str,
) -> Option<bool> {
    let spec = made.object.at(spec)?;
    let template = spec.at(&["target", "template"]);
    let part = |name| template.and_then(|template| template.get(name));
    if part("templateFrom").is_some_and(|list| list.items().next().is_some()) {
        return None;
    }
    let templated = part("data").filter(|data| data.entries().next().is_some());
    if templated.is_some_and(|data| data.field(key).is_some()) {
        return Some(true);
    }
    let merges = part("mergePolicy").and_then(Node::scalar).is_some_and(|policy| policy == "Merge");
    if templated.is_some() && !merges {
        return Some(false);
    }
    fetched(spec, key)
}

/// Whether an `ExternalSecret` fetches a value under `key`.
fn fetched(spec: Node<'_, '_>, key: &str) -> Option<bool> {
    let list = |name| spec.get(name).into_iter().flat_map(Node::items);
    if list("data").any(|entry| super::is(entry, &["secretKey"], key)) {
        return Some(true);
    }
    // What a store holds is not known, what a generator gives is.
    let known = |source: Node<'_, '_>| {
        let kind = source.at(&["sourceRef", "generatorRef", "kind"]).and_then(Node::scalar);
        source.get("rewrite").is_none() && kind.is_some_and(|kind| generator(&kind).is_some())
    };
    let fetches = list("data").chain(list("dataFrom")).next().is_some();
    (fetches && list("dataFrom").all(known)).then_some(false)
}

/// A `DopplerSecret`. With a docker type only values with a name of their own are taken over, and a format puts all
/// of them under one key (`dopplersecret_controller_secrets.go`).
pub(super) fn of_doppler_secret(made: &ProducerItem<'_, '_>, key: &str) -> Option<bool> {
    let spec = made.object.get("spec")?;
    let mut processors = spec.get("processors").into_iter().flat_map(Node::entries);
    let named = processors.any(|(_, processor)| super::is(processor, &["asName"], key));
    Some(named && spec.get("format").is_none())
}

/// The target of an Infisical object: a template leaves out all other values, unless it says otherwise.
pub(super) fn of_infisical(made: &ProducerItem<'_, '_>, key: &str) -> Option<bool> {
    let templated = in_any(made.item, &[&["template", "data"]], key)?;
    let all = super::is(made.item, &["template", "includeAllSecrets"], "true");
    (templated || !all).then_some(templated)
}

/// The template of a key of a Vault object: its `name` is the key, else its own key in the mapping
/// (`Template` in `api/v1beta1/secrettransformation_types.go` of `hashicorp/vault-secrets-operator`).
pub(super) fn template_of_vault<'t, 'a>(
    made: &ProducerItem<'t, 'a>,
    key: &str,
) -> Option<Node<'t, 'a>> {
    let templates = made.object.at(&["spec", "destination", "transformation", "templates"])?;
    let named = |(own, template): &(Node<'_, '_>, Node<'_, '_>)| {
        let name = template.get("name").and_then(Node::scalar).filter(|name| !name.is_empty());
        name.or_else(|| own.scalar()).is_some_and(|name| name == key)
    };
    templates.entries().find(named)?.1.get("text")
}

/// A `VaultSecret` of ricoberger: its templates, else the keys that it lists, else all that are in Vault.
pub(super) fn of_vault_secret(made: &ProducerItem<'_, '_>, key: &str) -> Option<bool> {
    let spec = made.object.get("spec")?;
    let templates = spec.get("templates").filter(|map| map.entries().next().is_some());
    if let Some(templates) = templates {
        return Some(templates.field(key).is_some());
    }
    let listed = spec.get("keys").filter(|list| list.items().next().is_some())?;
    Some(listed.items().any(|item| item.scalar().is_some_and(|item| item == key)))
}
