//! What is worth saying about the stamps of checked workloads: which are not there, and which cannot be written.

use crate::finding;
use crate::inventory::stamp::{STAMP, Stamp, Stamped};
use crate::patch::Refusal;

use super::super::Stamps;
use super::{At, Findings, describe};

impl Findings<'_, '_> {
    /// Everything about stamps, if anybody asks for them.
    pub(super) fn about_stamps(&mut self) {
        match self.circumstances.stamps {
            Stamps::Ignored => {}
            Stamps::Written => self.about_unwritten_stamps(),
            Stamps::Required => self.about_missing_stamps(),
        }
    }

    fn about_unwritten_stamps(&mut self) {
        for (source, stamped) in self.stamped.iter().enumerate() {
            for Stamped { object, stamp } in stamped {
                let Stamp::Absent(Err(Refusal { span, why, advice })) = stamp else { continue };
                let code = &finding::STAMP_NOT_WRITTEN;
                let message = format!("{} cannot get the stamp: {why}.", describe(object));
                let path = object.path(&["metadata", "annotations"], "");
                let at = At { source, object, span: *span, path, label: (*why).into() };
                self.add(code, code.severity, message, Some(at), None, Some(advice.clone()));
            }
        }
    }

    fn about_missing_stamps(&mut self) {
        let code = &finding::MISSING_STAMP;
        let is_missing = |stamped: &&Stamped<'_>| !matches!(stamped.stamp, Stamp::There);
        let all = self.stamped.iter().flatten();
        let (missing, count) = (all.clone().filter(is_missing).count(), all.count());
        if missing == count && count > 1 {
            // Then it is not about this one or that one.
            let message = format!(
                "None of the {count} workloads carries the stamp {STAMP}: what writes it did not run."
            );
            self.general(code, code.severity, message, Some(code.remedy));
            return;
        }
        for (source, stamped) in self.stamped.iter().enumerate() {
            for Stamped { object, .. } in stamped.iter().filter(is_missing) {
                let message = format!("{} does not carry the stamp {STAMP}.", describe(object));
                let path = object.path(&["metadata", "annotations"], "");
                let label = "not checked on its way here".into();
                let at = At { source, object, span: object.label, path, label };
                self.add(code, code.severity, message, Some(at), None, Some(code.remedy.into()));
            }
        }
    }
}
