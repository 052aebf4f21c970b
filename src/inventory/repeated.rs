//! Keys that one mapping has twice, on the way to a pull secret, a ServiceAccount or an image. YAML forbids them (1.2.2,
//! section 3.2.1.1), and readers disagree: of two equal keys kubectl, Helm and Argo CD take the last one
//! (`go.yaml.in/yaml/v2`, decode.go); kustomize refuses the file (yaml.v3: "mapping key already defined"), and other
//! readers take the first.

use super::flaws::{Fault, FoundFault, joined};
use super::{ACCOUNT_FIELDS, PULL_SECRETS};
use crate::credentials::payload::PayloadFormat;
use crate::kinds::CONTAINER_LISTS;
use crate::yaml::Node;

/// What names an object, and what decides what it is.
const ROOT: &[&str] = &["apiVersion", "kind", "metadata"];
const METADATA: &[&str] = &["name", "namespace"];
const CONTAINER: &[&str] = &["image", "imagePullPolicy", "name"];

/// Those of a workload; `home` is the way to its pod spec.
pub(super) fn in_workload(node: Node<'_, '_>, home: &[&str]) -> Vec<FoundFault> {
    let mut keys = RepeatedKeys::of(node);
    let mut holder = node.resolved();
    for (depth, step) in home.iter().enumerate() {
        keys.look(holder, &[step], &|| home[..depth].join("."));
        let Some(inner) = holder.get(step) else { return keys.found };
        holder = inner;
    }
    let path = home.join(".");
    let spec = || path.clone();
    keys.look(holder, &[PULL_SECRETS, "volumes"], &spec);
    keys.look(holder, &ACCOUNT_FIELDS, &spec);
    keys.look(holder, CONTAINER_LISTS, &spec);
    keys.list(holder, PULL_SECRETS, &["name"], &spec);
    for list in CONTAINER_LISTS {
        keys.list(holder, list, CONTAINER, &spec);
    }
    keys.found
}

/// Those of a ServiceAccount.
pub(super) fn in_account(node: Node<'_, '_>) -> Vec<FoundFault> {
    let mut keys = RepeatedKeys::of(node);
    let root = String::new;
    keys.look(node.resolved(), &[PULL_SECRETS, "secrets"], &root);
    for list in [PULL_SECRETS, "secrets"] {
        keys.list(node.resolved(), list, &["name"], &root);
    }
    keys.found
}

/// Those of a Secret.
pub(super) fn in_secret(node: Node<'_, '_>) -> Vec<FoundFault> {
    let mut keys = RepeatedKeys::of(node);
    let maps = ["data", "stringData"];
    keys.look(node.resolved(), &["data", "stringData", "type"], &String::new);
    for map in maps {
        if let Some(values) = node.get(map) {
            keys.look(values, &PayloadFormat::ALL.map(PayloadFormat::data_key), &|| map.to_owned());
        }
    }
    keys.found
}

#[derive(Default)]
struct RepeatedKeys {
    found: Vec<FoundFault>,
}

impl RepeatedKeys {
    /// Those that name an object.
    fn of(node: Node<'_, '_>) -> Self {
        let mut keys = Self::default();
        keys.look(node.resolved(), ROOT, &String::new);
        if let Some(metadata) = node.get("metadata") {
            keys.look(metadata, METADATA, &|| "metadata".to_owned());
        }
        keys
    }

    /// Which of these keys a mapping has more than once.
    fn look(&mut self, mapping: Node<'_, '_>, wanted: &[&str], path: &dyn Fn() -> String) {
        for wanted in wanted {
            let mut places = mapping.entries().filter(|(key, _)| key.is(wanted));
            let Some((first, _)) = places.next() else { continue };
            if let Some((again, _)) = places.last() {
                let key = wanted.to_string().into();
                let fault = Fault::RepeatedKey { key, first: first.span() };
                let path = joined(&path(), wanted);
                self.found.push(FoundFault::new(path, again.span(), fault));
            }
        }
    }

    /// The same of the items of a list.
    fn list(
        &mut self,
        holder: Node<'_, '_>,
        list: &str,
        wanted: &[&str],
        path: &dyn Fn() -> String,
    ) {
        for (at, item) in holder.get(list).into_iter().flat_map(Node::items).enumerate() {
            let before = self.found.len();
            let path = || format!("{}[{at}]", joined(&path(), list));
            self.look(item.resolved(), wanted, &path);
            if CONTAINER_LISTS.contains(&list) {
                FoundFault::are_in(&mut self.found[before..], item);
            }
        }
    }
}
