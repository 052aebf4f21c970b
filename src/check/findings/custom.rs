//! Custom resources that hold images and are not judged: reported once for each kind.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding;
use crate::inventory::custom::Unjudged;
use crate::kinds::{self, SecretForm};
use crate::say;
use crate::text::{Message, list, shown};
use crate::words::Words as _;

use super::super::world::World;
use super::{At, Draft, Findings};

/// The objects of one kind.
struct OfKind<'c, 'a> {
    first: &'c Unjudged<'a>,
    objects: usize,
    images: usize,
    pod_specs: BTreeSet<&'c str>,
    image_paths: BTreeSet<&'c str>,
    /// The fields for pull secrets, of one form.
    pull_secrets: BTreeSet<&'c str>,
    form: Option<SecretForm>,
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
            Self::about_kind(out, group, kind, &all);
        }
    }

    fn about_kind(out: &mut Findings<'_, '_>, group: &str, kind: &str, all: &OfKind<'_, '_>) {
        let code = &finding::CUSTOM_RESOURCE_NOT_JUDGED;
        let message = say!(
            "{} in {} of kind {} ({}) not judged; the row of the policy for them: {}",
            counted(all.images, "image"),
            counted(all.objects, "custom resource"),
            shown(kind),
            shown(group),
            all.row(group, kind)
        );
        let Unjudged { object, held } = all.first;
        let at = At::new(object, held.span, "not judged");
        out.report(Draft::new(code, message).at(at).once_for([group, kind]));
    }
}

impl<'c, 'a> OfKind<'c, 'a> {
    fn new(first: &'c Unjudged<'a>) -> Self {
        let [pod_specs, image_paths, pull_secrets] = [(); 3].map(|()| BTreeSet::new());
        Self { first, objects: 0, images: 0, pod_specs, image_paths, pull_secrets, form: None }
    }

    fn take(&mut self, one: &'c Unjudged<'a>) {
        self.objects += 1;
        self.images += one.held.images;
        self.pod_specs.extend(one.held.pod_specs.iter().map(|path| &**path));
        self.image_paths.extend(one.held.image_paths.iter().map(|path| &**path));
        for (path, form) in &one.held.pull_secrets {
            if *self.form.get_or_insert(*form) == *form {
                self.pull_secrets.insert(path);
            }
        }
    }

    /// The entry of `customResources`.
    fn row(&self, group: &str, kind: &str) -> Message {
        let field = |key: &'static str, paths: &BTreeSet<&str>| {
            if paths.is_empty() {
                return Message::default();
            }
            say!(", {}: [{}]", key, list(paths.iter().map(|path| shown(path).quoted()), ", "))
        };
        let none = BTreeSet::new();
        // A pod spec has its own.
        let pull_secrets = if self.image_paths.is_empty() { &none } else { &self.pull_secrets };
        let form =
            self.form.filter(|form| !pull_secrets.is_empty() && *form != SecretForm::Objects);
        let form = form.map(|form| say!(", pullSecretShape: {}", form.word()));
        say!(
            "{{group: {}, kind: {}{}{}{}{}}}",
            shown(group),
            shown(kind),
            field("podSpecs", &self.pod_specs),
            field("images", &self.image_paths),
            field("pullSecrets", pull_secrets),
            form.unwrap_or_default()
        )
    }
}

/// `1 image`, `2 images`.
fn counted(count: usize, what: &'static str) -> Message {
    say!("{} {}{}", count, what, if count == 1 { "" } else { "s" })
}
