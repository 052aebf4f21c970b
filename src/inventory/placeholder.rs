//! TABLE: texts in image fields that something in the cluster replaces before anything is pulled.

use super::{Image, annotation};
use crate::yaml::Node;

/// Something that replaces a text by an image.
struct Replacer {
    /// The text.
    text: &'static str,
    /// What it is.
    name: &'static str,
    /// Whether it is at work on this container of an object whose pod template this is.
    is_at_work: fn(image: &Image<'_>, object: Node<'_, '_>, template: Node<'_, '_>) -> bool,
}

const REPLACERS: &[Replacer] = &[
    // https://istio.io/latest/docs/setup/additional-setup/gateway/#deploying-a-gateway: the injector merges its template
    // into the container, whose image is `auto`.
    Replacer {
        text: "auto",
        name: "the sidecar injector of Istio",
        is_at_work: |image, _, template| {
            let marks = |map: &str, key: &str| template.at(&["metadata", map, key]).is_some();
            image.container.as_deref() == Some("istio-proxy")
                || marks("annotations", "inject.istio.io/templates")
                || ["annotations", "labels"].iter().any(|map| marks(map, "sidecar.istio.io/inject"))
        },
    },
    // https://docs.openshift.com/container-platform/latest/openshift_images/triggering-updates-on-imagestream-changes.html,
    // and the comment on validation in pkg/apis/core/validation/validation.go (validateContainerCommon).
    Replacer {
        text: " ",
        name: "the image triggers of OpenShift",
        is_at_work: |_, object, _| annotation(object, "image.openshift.io/triggers").is_some(),
    },
];

/// How what stands for a parameter begins, in an object that another one holds: OpenShift and Katib (`${X}`), Tekton
/// (`$(tt.params.x)`), policies of Open Cluster Management and workflows of Argo (`{{x}}`).
const PARAMETERS: [&str; 3] = ["${", "$(", "{{"];

/// What replaces the image of an object that another one holds, if parameters of that are in it.
pub(super) fn parameter_in(image: &Image<'_>) -> Option<&'static str> {
    let text = image.reference.as_str();
    PARAMETERS.iter().any(|start| text.contains(start)).then_some("the object that holds it")
}

/// What replaces the text of an image, if that is a placeholder. `template` is what its pod spec is in.
pub(super) fn replaced_by(
    image: &Image<'_>,
    object: Node<'_, '_>,
    template: Option<Node<'_, '_>>,
) -> Option<&'static str> {
    let replacer = REPLACERS.iter().find(|replacer| image.reference == replacer.text)?;
    let template = template?;
    (replacer.is_at_work)(image, object, template).then_some(replacer.name)
}
