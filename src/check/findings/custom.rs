//! Custom resources that hold images and are not judged: reported once for each kind.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::finding;
use crate::inventory::custom::Unjudged;
use crate::inventory::definition::definitions;
use crate::kinds;
use crate::kinds::proposal::Structure;
use crate::say;
use crate::source::LineIndex;
use crate::text::{Message, shown};

use super::super::world::World;
use super::{At, Draft, Findings};

/// The objects of one kind.
struct OfKind<'c, 'a> {
    first: &'c Unjudged<'a>,
    objects: usize,
    images: usize,
    structure: Structure,
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
        if kinds.is_empty() {
            return;
        }
        let defined = self.defined();
        for ((group, kind), all) in kinds {
            let defined = defined.get(&(group.to_owned(), kind.to_owned()));
            Self::about_kind(out, (group, kind), all, defined);
        }
    }

    /// The kinds that are defined among the manifests, and where: `FILE:LINE`. Their schemas teach a run nothing, since
    /// whoever writes the manifests may write them.
    fn defined(&self) -> BTreeMap<(String, String), Message> {
        let mut defined = BTreeMap::new();
        for (source, _) in self.manifests() {
            let source = &self.sources[source];
            let lines = OnceCell::new();
            for definition in definitions(&source.text).unwrap_or_default() {
                let key =
                    (definition.group.as_str().to_owned(), definition.kind.as_str().to_owned());
                let lines = lines.get_or_init(|| LineIndex::new(&source.text));
                let at = lines.position(&source.text, definition.span.start as usize);
                let place = say!("{}:{}", shown(&source.name), at.line);
                defined.entry(key).or_insert(place);
            }
        }
        defined
    }

    fn about_kind(
        out: &mut Findings<'_, '_>,
        (group, kind): (&str, &str),
        all: OfKind<'_, '_>,
        defined: Option<&Message>,
    ) {
        let code = &finding::CUSTOM_RESOURCE_NOT_JUDGED;
        let message = say!(
            "{} in {} of kind {} ({}) not judged; the row of the policy for them: {}{}",
            counted(all.images, "image"),
            counted(all.objects, "custom resource"),
            shown(kind),
            shown(group),
            shown(&all.structure.proposal(group, kind).flow()),
            defined.map(defined_at).unwrap_or_default()
        );
        let Unjudged { object, held } = all.first;
        let at = At::new(object, held.span, "not judged");
        out.report(Draft::new(code, message).at(at).once_for([group, kind]));
    }
}

impl<'c, 'a> OfKind<'c, 'a> {
    fn new(first: &'c Unjudged<'a>) -> Self {
        Self { first, objects: 0, images: 0, structure: Structure::default() }
    }

    fn take(&mut self, one: &'c Unjudged<'a>) {
        self.objects += 1;
        self.images += one.held.images;
        self.structure.merge(&one.held.structure);
    }
}

/// What its definition is good for.
fn defined_at(place: &Message) -> Message {
    say!(
        "; the kind is defined at {}: `pullcreds kinds from-crd` reads where its schema has images and pull secrets",
        place
    )
}

/// `1 image`, `2 images`.
fn counted(count: usize, what: &'static str) -> Message {
    say!("{} {}{}", count, what, if count == 1 { "" } else { "s" })
}
