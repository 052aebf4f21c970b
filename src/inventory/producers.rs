//! TABLE: objects that make a Secret in the cluster, and what it will be like. A kind is a row.

use super::{Object, Text, kinds, text};
use crate::credentials::payload::Format;
use crate::source::Span;
use crate::yaml::{Kind, Node};

/// A kind whose objects make Secrets.
pub struct Producer {
    /// Its API group.
    pub group: &'static str,
    /// Its name.
    pub kind: &'static str,
    /// The list that has an item for each Secret; none if the object makes one.
    each: Option<&'static [&'static str]>,
    /// Where the name is: the first of these that is there, else the name of the object if it makes one.
    names: &'static [&'static [&'static str]],
    /// Where the namespace is, if not the object's.
    namespace: Option<&'static [&'static str]>,
    /// Where the type is.
    secret_type: &'static [&'static str],
    /// Where the interval of its refresh is, from the object.
    refresh: Option<&'static [&'static str]>,
    /// Something that has to hold, or no Secret is made.
    only_if: Option<fn(Node<'_, '_>) -> bool>,
    /// What is worth knowing of every Secret of this kind.
    pub caveat: Option<&'static str>,
}

const NOTHING: Producer = Producer {
    group: "",
    kind: "",
    each: None,
    names: &[],
    namespace: None,
    secret_type: &[],
    refresh: None,
    only_if: None,
    caveat: None,
};

const VAULT: Producer = Producer {
    group: "secrets.hashicorp.com",
    names: &[&["spec", "destination", "name"]],
    secret_type: &["spec", "destination", "type"],
    refresh: Some(&["spec", "refreshAfter"]),
    only_if: Some(|node| is(node, &["spec", "destination", "create"], "true")),
    ..NOTHING
};

/// Every kind that is known to make pull secrets, sorted by kind.
pub const PRODUCERS: &[Producer] = &[
    Producer {
        group: "external-secrets.io",
        kind: "ClusterExternalSecret",
        names: &[
            &["spec", "externalSecretSpec", "target", "name"],
            &["spec", "externalSecretName"],
        ],
        // Its namespaces are chosen by labels, which a stream does not tell.
        namespace: Some(&[]),
        secret_type: &["spec", "externalSecretSpec", "target", "template", "type"],
        refresh: Some(&["spec", "externalSecretSpec", "refreshInterval"]),
        ..NOTHING
    },
    Producer {
        group: "secrets.doppler.com",
        kind: "DopplerSecret",
        names: &[&["spec", "managedSecret", "name"]],
        namespace: Some(&["spec", "managedSecret", "namespace"]),
        secret_type: &["spec", "managedSecret", "type"],
        ..NOTHING
    },
    Producer {
        group: "external-secrets.io",
        kind: "ExternalSecret",
        names: &[&["spec", "target", "name"]],
        secret_type: &["spec", "target", "template", "type"],
        refresh: Some(&["spec", "refreshInterval"]),
        only_if: Some(|node| {
            let policy = &["spec", "target", "creationPolicy"];
            !is(node, policy, "None") && !is(node, policy, "Merge")
        }),
        ..NOTHING
    },
    Producer { kind: "HCPVaultSecretsApp", ..VAULT },
    Producer {
        group: "secrets.infisical.com",
        kind: "InfisicalSecret",
        each: Some(&["spec", "managedKubeSecretReferences"]),
        names: &[&["secretName"]],
        namespace: Some(&["secretNamespace"]),
        secret_type: &["secretType"],
        ..NOTHING
    },
    Producer {
        group: "secrets.infisical.com",
        kind: "InfisicalSecret",
        names: &[&["spec", "managedSecretReference", "secretName"]],
        namespace: Some(&["spec", "managedSecretReference", "secretNamespace"]),
        secret_type: &["spec", "managedSecretReference", "secretType"],
        only_if: Some(|node| node.at(&["spec", "managedSecretReference"]).is_some()),
        ..NOTHING
    },
    Producer {
        group: "secrets.infisical.com",
        kind: "InfisicalStaticSecret",
        each: Some(&["spec", "targets"]),
        names: &[&["name"]],
        namespace: Some(&["namespace"]),
        secret_type: &["secretType"],
        refresh: Some(&["spec", "syncOptions", "refreshInterval"]),
        ..NOTHING
    },
    Producer {
        group: "onepassword.com",
        kind: "OnePasswordItem",
        secret_type: &["type"],
        ..NOTHING
    },
    Producer {
        group: "bitnami.com",
        kind: "SealedSecret",
        // `spec.template.metadata.name` is not looked at (sealedsecret_expansion.go).
        secret_type: &["spec", "template", "type"],
        ..NOTHING
    },
    Producer {
        group: "secrets-store.csi.x-k8s.io",
        kind: "SecretProviderClass",
        each: Some(&["spec", "secretObjects"]),
        names: &[&["secretName"]],
        secret_type: &["type"],
        caveat: Some(
            "it appears only after a pod has mounted the volume of its SecretProviderClass, so that pod's \
             own image cannot be pulled with it",
        ),
        ..NOTHING
    },
    Producer {
        group: "isindir.github.com",
        kind: "SopsSecret",
        each: Some(&["spec", "secretTemplates"]),
        names: &[&["name"]],
        secret_type: &["type"],
        ..NOTHING
    },
    Producer { kind: "VaultDynamicSecret", ..VAULT },
    Producer { kind: "VaultStaticSecret", ..VAULT },
];

/// A Secret that an object of the stream will make.
pub struct Produced<'a> {
    /// The object that makes it.
    pub object: Object<'a>,
    /// Its kind.
    pub by: &'static Producer,
    /// The name of the Secret.
    pub name: Text<'a>,
    /// Its namespace, if it is not that of the object.
    pub namespace: Option<Text<'a>>,
    /// Whether nobody can tell its namespace.
    pub any_namespace: bool,
    /// Its type, if the object says one; else it is Opaque.
    pub secret_type: Option<Text<'a>>,
    /// How often it is made anew, as written.
    pub refresh: Option<(Text<'a>, Span)>,
    /// Where its name stands, or that of the object.
    pub span: Span,
}

impl Produced<'_> {
    /// Whether the kubelet looks into a Secret of its type.
    pub fn is_usable(&self) -> bool {
        self.secret_type.as_deref().is_some_and(|kind| Format::from_secret_type(kind).is_some())
    }
}

/// The rows of a kind: one for each way in which it names the Secrets that it makes.
pub(super) fn rows(api_version: &str, kind: &str) -> impl Iterator<Item = &'static Producer> {
    let of_kind = PRODUCERS.iter().filter(move |row| row.kind == kind);
    of_kind.filter(move |row| row.group == kinds::group(api_version))
}

/// The Secrets that an object will make; `object` makes its identity, once for each.
pub(super) fn produced<'a>(
    node: Node<'_, 'a>,
    row: &'static Producer,
    object: impl Fn() -> Object<'a>,
) -> Vec<Produced<'a>> {
    if row.only_if.is_some_and(|holds| !holds(node)) {
        return Vec::new();
    }
    let refresh = row.refresh.and_then(|path| node.at(path));
    let refresh = refresh.and_then(|node| Some((node.scalar()?, node.span())));
    let each: Vec<Node<'_, 'a>> = match row.each {
        None => vec![node],
        Some(path) => node.at(path).into_iter().flat_map(Node::items).collect(),
    };
    let secrets = each.into_iter().filter_map(|item| {
        let named =
            row.names.iter().find_map(|path| Some((text(item.at(path)?)?, item.at(path)?.span())));
        let object = object();
        let own = || Some((object.name.clone()?, object.label)).filter(|_| row.each.is_none());
        let (name, span) = named.or_else(own)?;
        Some(Produced {
            name,
            span,
            by: row,
            namespace: row.namespace.and_then(|path| text(item.at(path)?)),
            any_namespace: row.namespace.is_some_and(<[_]>::is_empty),
            secret_type: item.at(row.secret_type).and_then(text),
            refresh: refresh.clone(),
            object,
        })
    });
    secrets.collect()
}

fn is(node: Node<'_, '_>, path: &[&str], value: &str) -> bool {
    let found = node.at(path).filter(|node| matches!(node.kind(), Kind::Scalar(_)));
    found.and_then(Node::scalar).is_some_and(|found| found == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_unique() {
        assert!(PRODUCERS.is_sorted_by(|a, b| a.kind <= b.kind));
        assert!(PRODUCERS.iter().all(|row| !row.group.is_empty() && !row.secret_type.is_empty()));
    }
}
