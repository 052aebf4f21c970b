//! Objects to which custom resources refer for their pods, and that the run does not have.

use crate::finding;
use crate::inventory::AbsentTarget;
use crate::say;
use crate::text::{Message, list, shown};

use super::super::world::World;
use super::{At, Draft, Findings, describe};

impl World<'_> {
    /// What is referred to, and neither in the input nor in a dump.
    pub(super) fn about_targets(&self, out: &mut Findings<'_, '_>) {
        for (_, inventory) in self.manifests() {
            for absent in &inventory.absent {
                let object = &absent.object;
                let path = object.path(&[], &absent.field);
                let at = At::new(object, absent.span, "not checked").path(path);
                let code = &finding::TARGET_NOT_IN_INPUT;
                let draft = Draft::new(code, message(absent, self.circumstances.context.place()))
                    .at(at)
                    .about(&what(absent));
                let draft = match (&absent.remote, absent.may_be_in_dump) {
                    (Some(_), _) => draft.remedy("Check its images where it is kept."),
                    (None, false) => draft.remedy("Check both objects in one run."),
                    (None, true) => draft,
                };
                out.report(draft);
            }
        }
    }
}

/// `place` is where the target is not.
fn message(absent: &AbsentTarget<'_>, place: &'static str) -> Message {
    let (object, field) = (describe(&absent.object), shown(&absent.field));
    let kinds = list(absent.kinds.iter().map(|kind| shown(kind)), " or ");
    if let Some(remote) = &absent.remote {
        return say!(
            "{} gets its {} from '{}' ({}): pullcreds does not check the images of that.",
            object,
            kinds,
            shown(remote),
            field
        );
    }
    say!(
        "{} refers to {} '{}' ({}), which is not in {}: pullcreds does not check its images.",
        object,
        kinds,
        shown(absent.name.as_deref().unwrap_or_default()),
        field,
        place
    )
}

/// What tells it apart from others at the same field.
fn what(absent: &AbsentTarget<'_>) -> String {
    absent.name.as_deref().or(absent.remote.as_deref()).unwrap_or_default().to_owned()
}
