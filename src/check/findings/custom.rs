//! Custom resources that hold images and are not judged: told once for each kind.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding;
use crate::inventory::custom::Unjudged;
use crate::kinds;
use crate::policy::RuleId;

use super::super::world::World;
use super::{At, Draft, Findings, show};

/// The objects of one kind.
struct OfKind<'c, 'a> {
    first: &'c Unjudged<'a>,
    objects: usize,
    images: usize,
    pod_specs: BTreeSet<&'c str>,
    image_paths: BTreeSet<&'c str>,
}

impl<'c> World<'c> {
    /// The kinds whose objects hold images and are not judged.
    pub(super) fn about_custom_resources(&self, out: &mut Findings<'_, '_>) {
        let mut kinds: BTreeMap<(&str, &str), OfKind<'c, 'c>> = BTreeMap::new();
        for (_, inventory) in self.manifests() {
            for one in &inventory.unjudged {
                let meta = &one.object.type_meta;
                let kind = kinds.entry((kinds::group(&meta.api_version), &meta.kind));
                kind.or_insert_with(|| OfKind::new(one)).take(one);
            }
        }
        for ((group, kind), all) in kinds {
            self.about_kind(out, group, kind, &all);
        }
    }

    fn about_kind(
        &self,
        out: &mut Findings<'_, '_>,
        group: &str,
        kind: &str,
        all: &OfKind<'_, '_>,
    ) {
        let code = &finding::CUSTOM_RESOURCE_NOT_JUDGED;
        let rows = self.policy.custom_resources();
        let row = rows.iter().position(|row| row.group == group && row.kind == kind);
        out.used.extend(row.map(RuleId::CustomResource));
        let row = match row {
            Some(_) => "this version does not read the row of the policy yet".to_owned(),
            None => format!("the row of the policy for them: {}", all.row(group, kind)),
        };
        let message = format!(
            "{} in {} of kind {} ({}) not judged; {row}",
            counted(all.images, "image"),
            counted(all.objects, "custom resource"),
            show(kind),
            show(group),
        );
        let Unjudged { object, held } = all.first;
        let at = At::new(object, held.span, "not judged");
        out.report(Draft::new(code, message).at(at).once_for([group, kind]));
    }
}

impl<'c, 'a> OfKind<'c, 'a> {
    fn new(first: &'c Unjudged<'a>) -> Self {
        let (pod_specs, image_paths) = (BTreeSet::new(), BTreeSet::new());
        Self { first, objects: 0, images: 0, pod_specs, image_paths }
    }

    fn take(&mut self, one: &'c Unjudged<'a>) {
        self.objects += 1;
        self.images += one.held.images;
        self.pod_specs.extend(one.held.pod_specs.iter().map(|path| &**path));
        self.image_paths.extend(one.held.image_paths.iter().map(|path| &**path));
    }

    /// The entry of `customResources`.
    fn row(&self, group: &str, kind: &str) -> String {
        let list = |key: &str, paths: &BTreeSet<&str>| {
            // A JSON string is a double-quoted YAML string.
            let paths = paths.iter().map(|path| serde_json::Value::from(show(path)).to_string());
            let paths: Vec<_> = paths.collect();
            let list = format!(", {key}: [{}]", paths.join(", "));
            if paths.is_empty() { String::new() } else { list }
        };
        format!(
            "{{group: {}, kind: {}{}{}}}",
            show(group),
            show(kind),
            list("podSpecs", &self.pod_specs),
            list("images", &self.image_paths)
        )
    }
}

/// `1 image`, `2 images`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
