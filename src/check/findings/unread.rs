//! Fields of custom resources that look like those for pull secrets, and that nothing reads.

use crate::finding;

use crate::say;
use crate::text::shown;

use super::super::world::World;
use super::{At, Draft, Findings, describe};

impl World<'_> {
    /// The fields that change nothing, and the pull secrets that an operator ignores.
    pub(super) fn about_unread(&self, out: &mut Findings<'_, '_>) {
        for (_, inventory) in self.manifests() {
            for unread in &inventory.unread {
                let object = &unread.object;
                let message = say!(
                    "{} has pull secrets in {}, where they have no effect: {}.",
                    describe(object),
                    shown(&unread.field),
                    shown(unread.why)
                );
                let at = At::new(object, unread.span, "no effect").path(unread.path.clone());
                out.report(Draft::new(&finding::UNREAD_FIELD, message).at(at));
            }
        }
    }
}
