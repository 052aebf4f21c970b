//! What is worth saying about an image without a registry, which Docker Hub gives, while a pull secret of the pod is for
//! a registry that it seems to have lost.

use crate::credentials::keyring::normalise;
use crate::credentials::shown_key;
use crate::finding;
use crate::inventory::{Image, Workload};
use crate::say;
use crate::text::shown;
use crate::verdict::{Credentials, Known};

use super::super::world::{ResolvedPod, World};
use super::{At, Draft, Findings, describe};

/// The names of Docker Hub, with which an image says where it is.
const HUB: [&str; 2] = ["docker.io", "index.docker.io"];

impl<'c> World<'c> {
    /// The images of a pod that name no registry, one of whose pull secrets is for none of its images.
    pub(super) fn about_hostless(
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        credentials: &Credentials<'_>,
    ) {
        let workload = pod.workload;
        for (image, judged) in workload.images.iter().zip(pod.images()) {
            if judged.judgement.verdict.is_configured() || !is_hostless(image) {
                continue;
            }
            let found = spare_keys(workload, credentials)
                .find_map(|(at, key)| Some((at, key, with_host(&image.reference, key)?)));
            if let Some((at, key, meant)) = found {
                let name = &pod.effective().names[at];
                let known = credentials.named()[at].known;
                Self::hostless(out, pod, image, (name, key, known), &meant);
            }
        }
    }

    fn hostless(
        out: &mut Findings<'_, '_>,
        pod: &ResolvedPod<'c>,
        image: &Image<'_>,
        (secret, key, known): (&str, &str, Known<'_>),
        meant: &str,
    ) {
        let workload = pod.workload;
        let code = &finding::IMAGE_WITHOUT_REGISTRY;
        let message = say!(
            "{} pulls '{}' from Docker Hub, since it names no registry; its pull secret '{}' is for '{}'.",
            describe(&workload.object),
            shown(&image.reference),
            shown(secret),
            shown_key(key)
        );
        let at = pod.at_image(image, say!("did you mean '{}'?", shown(meant)));
        let remedy = say!("Write the registry too: image: {}", shown(meant));
        let draft = Draft::new(code, message).at(at).image(image).remedy(remedy);
        let label = "for the registry that is left out";
        let secret = known.object().map(|object| At::new(object, object.label, label));
        out.report(draft.related(secret));
    }
}

/// Whether an image is on Docker Hub only because it names no registry.
fn is_hostless(image: &Image<'_>) -> bool {
    let written =
        |host: &&str| image.reference.strip_prefix(*host).is_some_and(|rest| rest.starts_with('/'));
    image.parsed().is_ok_and(|reference| reference.domain() == HUB[0])
        && image.reference.contains('/')
        && !HUB.iter().any(written)
}

/// The keys of pull secrets that match no image of the pod, each with the place of its secret.
fn spare_keys<'k>(
    workload: &'k Workload<'_>,
    credentials: &'k Credentials<'_>,
) -> impl Iterator<Item = (usize, &'k str)> {
    let is_spare = |at: &usize| {
        let mut images = workload.images.iter().filter_map(|image| image.parsed().ok());
        !images.any(|image| credentials.tells_of(*at, image.name()))
    };
    let spare = (0..credentials.named().len()).filter(is_spare).collect::<Vec<_>>();
    spare.into_iter().flat_map(|at| credentials.named()[at].known.keys().map(move |key| (at, key)))
}

/// An image with the registry of a key: its first part is the first label of the host, as the name of an Azure registry
/// is, or it begins with the path of the key.
fn with_host(image: &str, key: &str) -> Option<String> {
    let key = normalise(key).ok()?;
    let key = String::from_utf8_lossy(&key);
    let (host, path) = key.split_once('/').unwrap_or((&key, ""));
    if !host.contains('.') || HUB.contains(&host) || host.contains('*') {
        return None;
    }
    let (first, rest) = image.split_once('/')?;
    let path = path.trim_end_matches('/');
    let is_below = |rest: &str| rest.is_empty() || rest.starts_with(['/', ':', '@']);
    if !path.is_empty() && image.strip_prefix(path).is_some_and(is_below) {
        return Some([host, image].join("/"));
    }
    (host.split('.').next() == Some(first)).then(|| [host, rest].join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(image: &str, key: &str, expected: Option<&str>) {
        assert_eq!(with_host(image, key).as_deref(), expected, "{image} {key}");
    }

    #[test]
    fn a_host_is_left_out_in_two_ways() {
        let acr = "sampleacrdev.azurecr.io";
        check("sampleacrdev/web:1", acr, Some("sampleacrdev.azurecr.io/web:1"));
        check(
            "sampleacrdev/web:1",
            "https://sampleacrdev.azurecr.io/v1/",
            Some("sampleacrdev.azurecr.io/web:1"),
        );
        check("acme/api@sha256:ff", "ghcr.io/acme", Some("ghcr.io/acme/api@sha256:ff"));
        check(
            "acme/api",
            "registry.example.com:5000/acme/",
            Some("registry.example.com:5000/acme/api"),
        );
        check("acmelabs/api", "ghcr.io/acme", None);
        check("other/web:1", acr, None);
        check("web", acr, None);
        check("index/web", "https://index.docker.io/v1/", None);
        check("docker/web", "docker.io", None);
    }
}
