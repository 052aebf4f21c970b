//! `pullcreds kinds from-crd` on the definitions of real operators: it reads all of them, what it prints is a policy, and
//! for kinds that are known the entry is compared with the row that was read in the source of the operator.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

#[path = "support/support.rs"]
mod support;

use std::collections::BTreeSet;
use std::fs;

use pullcreds::finding;
use pullcreds::inventory::definition::{Definition, definitions};
use pullcreds::kinds::{PullSite, Row, Table};
use pullcreds::policy::Policy;
use pullcreds::report;
use pullcreds::text::shown;

/// How many of the known kinds have to have their fields for pull secrets right, in percent.
const LEAST_LISTS: usize = 80;
/// The same for images.
const LEAST_IMAGES: usize = 80;

/// Known kinds whose definitions have no schema where their pods are.
const WITHOUT_SCHEMA: &[&str] = &[
    "kpack.io/Build",
    "kpack.io/ClusterStack",
    "kpack.io/ClusterStore",
    "kpack.io/Image",
    "sources.knative.dev/ContainerSource",
    "tekton.dev/ClusterTask",
    "tekton.dev/Pipeline",
    "tekton.dev/PipelineRun",
    "tekton.dev/Task",
    "tekton.dev/TaskRun",
];

/// The manifests of the corpus with definitions in them.
fn manifests() -> Vec<(String, String)> {
    let folder = support::shared("corpus").join("manifests");
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry can be read").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        let text = String::from_utf8_lossy(&support::read(&path)).into_owned();
        if text.contains("CustomResourceDefinition") {
            found.push((name, text));
        }
    }
    found.sort();
    found
}

/// The fields for pull secrets, each with its form.
fn lists(sites: &[PullSite]) -> BTreeSet<String> {
    let fields = sites.iter().flat_map(PullSite::secret_fields);
    fields.map(|field| format!("{} {:?}", field.path, field.form)).collect()
}

/// The pod specs and images. The containers of a pod spec stand for it, and images of volumes are left to the pod.
fn images(sites: &[PullSite]) -> BTreeSet<String> {
    let specs = sites.iter().filter_map(PullSite::pod_spec_path);
    let whole = sites.iter().flat_map(PullSite::image_fields);
    let whole = specs.chain(whole).map(|path| path.to_string());
    let whole = whole.filter(|path| !path.ends_with(".volumes[*].image.reference")).map(|path| {
        let lists = [".containers[*].image", ".initContainers[*].image"];
        lists.iter().find_map(|list| path.strip_suffix(list)).map_or(path.clone(), str::to_owned)
    });
    let parts = sites.iter().flat_map(|site| {
        site.split_images.iter().map(|split| {
            let parts: Vec<_> = site.parts(split).iter().map(ToString::to_string).collect();
            parts.join(" + ")
        })
    });
    whole.chain(parts).collect()
}

/// Compares an entry with what is known: whether the lists are right, and whether the images are.
fn compare(definition: &Definition<'_>, row: &Row) -> (bool, bool) {
    let proposals = definition.proposals();
    let sites: Vec<_> = proposals.into_iter().flat_map(|proposal| proposal.sites).collect();
    let row_sites: Vec<_> = row.sites.to_vec();
    let (found, known) = (lists(&sites), lists(&row_sites));
    let (found_images, known_images) = (images(&sites), images(&row_sites));
    for (what, found, known) in [("list", &found, &known), ("image", &found_images, &known_images)]
    {
        for path in found.difference(known) {
            println!("  {}: {what} {path} is too much", definition.name().as_str());
        }
        for path in known.difference(found) {
            println!("  {}: {what} {path} is missing", definition.name().as_str());
        }
    }
    (found == known, found_images == known_images)
}

#[test]
fn definitions_of_the_corpus_make_a_policy_that_loads() {
    let (mut count, mut known, mut right_lists, mut right_images) = (0, 0, 0, 0);
    for (name, text) in manifests() {
        let Ok(found) = definitions(&text) else { continue };
        count += found.len();
        for definition in &found {
            let rows = Table::builtin().named(&definition.name());
            let Some(listed) = rows.first() else { continue };
            if WITHOUT_SCHEMA.contains(&definition.name().as_str()) {
                let proposals = definition.proposals();
                assert!(
                    proposals.iter().all(|one| one.sites.is_empty()),
                    "{}",
                    definition.name().as_str()
                );
                continue;
            }
            let (lists, images) = compare(definition, listed.row);
            known += 1;
            right_lists += usize::from(lists);
            right_images += usize::from(images);
        }
        let policy = report::proposed(&[(shown(&name), found)], Table::builtin(), true);
        let loaded = Policy::parse(&policy, &finding::names());
        assert!(loaded.is_ok(), "{name}: {policy}");
    }
    println!(
        "{count} definitions; of {known} known kinds with a schema, the lists of {right_lists} and the images of {right_images} are right"
    );
    assert!(count > 100 && known > 20, "{count} {known}");
    assert!(right_lists * 100 >= known * LEAST_LISTS, "{right_lists} of {known}");
    assert!(right_images * 100 >= known * LEAST_IMAGES, "{right_images} of {known}");
}
