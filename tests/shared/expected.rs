//! What an injection has to make of loaded documents, worked out on plain data and independently of the
//! program: which objects run pods, which ServiceAccount a pod has, what its list becomes.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

type Object = Map<String, Value>;

/// Adds `secret` to the list of every core pod spec. A pod without an entry first gets the names of its
/// ServiceAccount in the stream, since one entry of its own hides them.
pub(crate) fn into_pods(documents: &mut [Value], secret: &str) {
    for_each_pod_spec(documents, &mut |spec, account| {
        if own_entries(spec).is_empty() {
            for name in account.iter().flat_map(|account| &account.secrets) {
                append(spec, name);
            }
        }
        append(spec, secret);
    });
}

/// Adds `secret` where the default mode puts it: to the ServiceAccount of a pod without an entry if the
/// stream holds it, else to the pod.
pub(crate) fn automatically(documents: &mut [Value], secret: &str) {
    let mut to_accounts = BTreeSet::new();
    for_each_pod_spec(documents, &mut |spec, account| match account {
        Some(account) if own_entries(spec).is_empty() => {
            to_accounts.insert(account.ordinal);
        }
        _ => append(spec, secret),
    });
    let mut ordinal = 0;
    for_each_service_account(documents, &mut |account| {
        if to_accounts.contains(&ordinal) {
            append(account, secret);
        }
        ordinal += 1;
    });
}

/// The names in the own list of every core pod spec (null for an entry without one), and those in the list
/// of its ServiceAccount.
pub(crate) fn lists(documents: &mut [Value]) -> Vec<[Value; 2]> {
    let mut lists = Vec::new();
    // The truth files do not speak of it.
    documents.iter_mut().filter(|document| document["kind"] == "Rollout").for_each(|rollout| {
        *rollout = Value::Null;
    });
    for_each_pod_spec(documents, &mut |spec, account| {
        let own = own_entries(spec).iter().map(|entry| entry["name"].clone()).collect();
        lists.push([own, json!(account.map(|account| &account.secrets))]);
    });
    lists
}

/// Adds `secret` to the list of every ServiceAccount.
pub(crate) fn into_service_accounts(documents: &mut [Value], secret: &str) {
    for_each_service_account(documents, &mut |account| append(account, secret));
}

/// Calls `each` with every core pod spec and its ServiceAccount, if that is in the stream.
fn for_each_pod_spec(
    documents: &mut [Value],
    each: &mut dyn FnMut(&mut Object, Option<&ServiceAccount>),
) {
    let mut accounts = Vec::new();
    for_each_service_account(documents, &mut |account| {
        accounts.push(ServiceAccount::of(account, accounts.len()));
    });
    for_each_object(documents, &mut |kind, object| {
        let namespace = namespace(object);
        if let Some(spec) = kind.pod_spec(object) {
            each(spec, account_of(spec, namespace.as_deref(), &accounts));
        }
    });
}

fn for_each_service_account(documents: &mut [Value], each: &mut dyn FnMut(&mut Object)) {
    for_each_object(documents, &mut |kind, object| {
        if kind.group.is_empty() && kind.kind == "ServiceAccount" {
            each(object);
        }
    });
}

fn own_entries(spec: &Object) -> &[Value] {
    spec.get("imagePullSecrets").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The values that the Secrets hold, as they are written.
pub(crate) fn payloads(documents: &mut [Value]) -> Vec<String> {
    let mut payloads = Vec::new();
    for_each_object(documents, &mut |kind, object| {
        if kind.group.is_empty() && kind.kind == "Secret" {
            let maps = ["data", "stringData"].map(|field| object.get(field)?.as_object());
            let values = maps.into_iter().flatten().flat_map(Map::values);
            payloads.extend(values.filter_map(Value::as_str).map(str::to_owned));
        }
    });
    payloads
}

/// Appends the name to the `imagePullSecrets` of `holder`, unless it is there.
fn append(holder: &mut Object, name: &str) {
    let list = holder.entry("imagePullSecrets").or_insert_with(|| json!([]));
    if !list.is_array() {
        *list = json!([]);
    }
    let entries = list.as_array_mut().expect("it has just been made one");
    if !entries.iter().any(|entry| entry["name"] == name) {
        entries.push(json!({ "name": name }));
    }
}

struct ServiceAccount {
    /// Its place among its kind in the stream.
    ordinal: usize,
    namespace: Option<String>,
    name: Option<String>,
    secrets: Vec<String>,
}

impl ServiceAccount {
    fn of(object: &Object, ordinal: usize) -> Self {
        let entries = object.get("imagePullSecrets").and_then(Value::as_array);
        let names = entries.into_iter().flatten().filter_map(|entry| text(&entry["name"]));
        Self {
            ordinal,
            namespace: namespace(object),
            name: object.get("metadata").and_then(|metadata| text(&metadata["name"])),
            secrets: names.collect(),
        }
    }
}

/// The ServiceAccount that a pod with this spec has, if the stream holds it.
fn account_of<'a>(
    spec: &Object,
    namespace: Option<&str>,
    accounts: &'a [ServiceAccount],
) -> Option<&'a ServiceAccount> {
    let said = |field: &str| spec.get(field).and_then(text);
    let name = said("serviceAccountName").or_else(|| said("serviceAccount"));
    let name = name.unwrap_or_else(|| "default".to_owned());
    let named: Vec<_> =
        accounts.iter().filter(|account| account.name.as_ref() == Some(&name)).collect();
    // Of several with one name and namespace the last one counts, as with `kubectl apply`.
    let same = named.iter().rev().find(|account| account.namespace.as_deref() == namespace);
    same.copied().or_else(|| {
        let last = *named.last()?;
        let alone = named.iter().all(|account| account.namespace == last.namespace);
        (alone && last.namespace.is_some() != namespace.is_some()).then_some(last)
    })
}

fn namespace(object: &Object) -> Option<String> {
    object.get("metadata").and_then(|metadata| text(&metadata["namespace"]))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

struct Kind {
    group: String,
    kind: String,
}

impl Kind {
    fn of(api_version: &str, kind: &str) -> Self {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        Self { group: group.to_owned(), kind: kind.to_owned() }
    }

    fn pod_spec<'a>(&self, object: &'a mut Object) -> Option<&'a mut Object> {
        let path: &[&str] = match (self.group.as_str(), self.kind.as_str()) {
            ("", "Pod") => &["spec"],
            ("", "PodTemplate") => &["template", "spec"],
            ("", "ReplicationController")
            | ("apps" | "extensions", "Deployment" | "DaemonSet" | "ReplicaSet")
            | ("apps", "StatefulSet")
            | ("batch", "Job")
            | ("argoproj.io", "Rollout") => &["spec", "template", "spec"],
            ("batch", "CronJob") => &["spec", "jobTemplate", "spec", "template", "spec"],
            _ => return None,
        };
        path.iter().try_fold(object, |below, key| below.get_mut(*key)?.as_object_mut())
    }
}

/// Calls `each` with every object: lists count as their items, and an item that says neither apiVersion
/// nor kind takes them from its list.
fn for_each_object(documents: &mut [Value], each: &mut dyn FnMut(&Kind, &mut Object)) {
    for document in documents {
        visit(document, None, each);
    }
}

fn visit(value: &mut Value, item_of: Option<&Kind>, each: &mut dyn FnMut(&Kind, &mut Object)) {
    let Some(object) = value.as_object_mut() else { return };
    let said = |field: &str| object.get(field).and_then(Value::as_str);
    let kind = match (said("apiVersion"), said("kind"), item_of) {
        (Some(api_version), Some(kind), _) => Kind::of(api_version, kind),
        (None, None, Some(list)) if !object.contains_key("kind") => {
            Kind { group: list.group.clone(), kind: list.kind.clone() }
        }
        _ => return,
    };
    match (kind.kind.strip_suffix("List"), object.get_mut("items")) {
        (Some(of), Some(Value::Array(items))) => {
            let of = Kind { group: kind.group.clone(), kind: of.to_owned() };
            for item in items {
                visit(item, Some(&of), each);
            }
        }
        _ => each(&kind, object),
    }
}
