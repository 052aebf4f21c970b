//! What is worth saying about the stamps of checked workloads: which are not there, and which cannot be written.

use crate::finding;
use crate::inventory::Object;
use crate::inventory::stamp::{STAMP, Stamp, Stamped};
use crate::patch::Refusal;

use crate::say;

use super::super::Stamps;
use super::super::world::World;
use super::{At, Draft, Findings, describe};

impl World<'_> {
    /// Everything about stamps, if anybody asks for them.
    pub(super) fn about_stamps(&self, out: &mut Findings<'_, '_>) {
        match self.circumstances.stamps {
            Stamps::Ignored => {}
            Stamps::Written => self.about_unwritten_stamps(out),
            Stamps::Required => self.about_missing_stamps(out),
        }
    }

    fn about_unwritten_stamps(&self, out: &mut Findings<'_, '_>) {
        for stamped in self.stamped {
            for Stamped { object, stamp } in stamped {
                let Stamp::Absent(Err(Refusal { span, why, advice })) = stamp else { continue };
                let code = &finding::STAMP_NOT_WRITTEN;
                let message = say!("{} cannot get the stamp: {}.", describe(object), why);
                let at = At::new(object, *span, *why).path(annotations(object));
                let draft = Draft::new(code, message).at(at).remedy(advice.clone());
                out.report(draft.cause(&[&[why]]));
            }
        }
    }

    fn about_missing_stamps(&self, out: &mut Findings<'_, '_>) {
        let code = &finding::MISSING_STAMP;
        let is_missing = |stamped: &&Stamped<'_>| !matches!(stamped.stamp, Stamp::There);
        let all = self.stamped.iter().flatten();
        let (missing, count) = (all.clone().filter(is_missing).count(), all.count());
        if missing == count && count > 1 {
            // Then it is not about this one or that one.
            let message = say!(
                "None of the {} workloads carries the stamp {}: what writes it did not run.",
                count,
                STAMP
            );
            out.report(Draft::new(code, message));
            return;
        }
        for stamped in self.stamped {
            for Stamped { object, .. } in stamped.iter().filter(is_missing) {
                let message = say!("{} does not carry the stamp {}.", describe(object), STAMP);
                let at = At::new(object, object.label, "not checked on its way here");
                let draft = Draft::new(code, message).at(at.path(annotations(object)));
                out.report(draft.cause(&[&[STAMP]]));
            }
        }
    }
}

/// The path of the annotations of an object.
fn annotations(object: &Object<'_>) -> String {
    object.path(&["metadata", "annotations"], "")
}
