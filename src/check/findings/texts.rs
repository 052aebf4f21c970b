//! Images in texts: manifests and values of charts that an object holds. They are listed for whoever asks, and not judged.

use crate::finding;
use crate::inventory::texts::{TextImages, texts};
use crate::say;
use crate::text::{Message, list, shown};

use super::super::world::World;
use super::{At, Draft, Findings, NAMES_SHOWN, describe};

impl World<'_> {
    /// The images in texts, if they are asked for.
    pub(super) fn about_texts(&self, out: &mut Findings<'_, '_>) {
        if !self.circumstances.hints {
            return;
        }
        for (number, _) in self.manifests() {
            let source = &self.sources[number];
            for mut found in texts(&source.text, self.policy.kinds()).unwrap_or_default() {
                found.object.source = u32::try_from(number).unwrap_or(u32::MAX);
                found.object.default_namespace = self.policy.namespace();
                let at = At::new(&found.object, found.span, "not checked");
                let at = at.path(found.object.path(&[], &found.field));
                out.report(Draft::new(&finding::IMAGES_IN_TEXT, message(&found)).at(at));
            }
        }
    }
}

fn message(found: &TextImages<'_>) -> Message {
    let count = found.images.len();
    let shown_images =
        found.images.iter().take(NAMES_SHOWN).map(|image| say!("'{}'", shown(image)));
    let more = match count.saturating_sub(NAMES_SHOWN) {
        0 => Message::default(),
        more => say!(" and {} more", more),
    };
    say!(
        "{} holds {} image{} in {}, which pullcreds does not check: {}{}.",
        describe(&found.object),
        count,
        if count == 1 { "" } else { "s" },
        shown(&found.field),
        list(shown_images, ", "),
        more
    )
}
