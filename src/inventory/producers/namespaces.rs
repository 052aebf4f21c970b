//! The namespaces in which an object of the whole cluster makes Secrets, where it names them.

use super::{Text, text};
use crate::yaml::Node;

/// The label that every namespace has, with its name (`kubernetes.io/metadata.name`, KEP-2161).
const NAME: &str = "kubernetes.io/metadata.name";

/// Those of a `ClusterExternalSecret` (`apis/externalsecrets/v1/clusterexternalsecret_types.go`): the list, and those
/// that its selectors name.
pub(super) fn of_cluster_external_secret<'a>(object: Node<'_, 'a>) -> Option<Vec<Text<'a>>> {
    let spec = object.get("spec")?;
    let one = spec.get("namespaceSelector");
    let several = spec.get("namespaceSelectors").into_iter().flat_map(Node::items);
    let mut all = texts(spec.get("namespaces"));
    for selector in one.into_iter().chain(several).filter(|selector| !selector.is_null()) {
        all.extend(selected(selector)?);
    }
    (!all.is_empty()).then_some(all)
}

/// Those of an `ImagePullSecret` of IMPS, if it selects them by their names only.
pub(super) fn of_image_pull_secret<'a>(object: Node<'_, 'a>) -> Option<Vec<Text<'a>>> {
    let target = object.at(&["spec", "target"])?;
    let namespaces = target.get("namespaces");
    let by_mark = |of: Option<Node<'_, '_>>, name: &str| {
        let list = of.and_then(|of| of.get(name)).into_iter().flat_map(Node::items);
        list.count() > 0
    };
    let with_pods = target.get("namespacesWithPods");
    let any = ["annotations", "labels"]
        .into_iter()
        .any(|name| by_mark(namespaces, name) || by_mark(with_pods, name));
    let named = texts(namespaces.and_then(|namespaces| namespaces.get("names")));
    (!any && !named.is_empty()).then_some(named)
}

/// The namespaces that a label selector names; `None` if it may select others.
fn selected<'a>(selector: Node<'_, 'a>) -> Option<Vec<Text<'a>>> {
    let label = selector.at(&["matchLabels", NAME]).and_then(text);
    let expressions = selector.get("matchExpressions").into_iter().flat_map(Node::items);
    let mut named = expressions.filter(|expression| {
        super::is(*expression, &["key"], NAME) && super::is(*expression, &["operator"], "In")
    });
    label.map(|name| vec![name]).or_else(|| Some(texts(named.next()?.get("values"))))
}

fn texts<'a>(list: Option<Node<'_, 'a>>) -> Vec<Text<'a>> {
    list.into_iter().flat_map(Node::items).filter_map(text).collect()
}
