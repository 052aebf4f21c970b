//! Names at the end of a path: as far as its keys are there they are followed, and the rest is added.

use super::held::{self, Drafted, filled, grown, restatable};
use super::key::Absent;
use super::value::{Gap, Gaps, NewValue};
use super::{Patch, Refusal};
use crate::yaml::{Field, Node, NodeKind};

/// Adds names to the value at the end of `path`, from `holder`, a mapping. A list is extended, a null is replaced, a key
/// that is missing is added with all that is missing above it, before the key `beside` if that is there.
///
/// # Errors
///
/// Why that takes a guess.
pub fn grow<'t, 'a>(
    holder: Node<'t, 'a>,
    path: &[&str],
    gaps: Gaps<'_>,
    beside: &str,
) -> Result<Patch<'t, 'a>, Refusal> {
    // A mapping with the name is a name one key further down.
    if let Gaps::One(Gap::Field(key)) = gaps {
        return grow(holder, &[path, &[key]].concat(), Gaps::One(Gap::Text), beside);
    }
    let mut at = holder.resolved();
    let mut rest = path;
    while let Some((key, below)) = rest.split_first() {
        let field = at.field(key);
        match field {
            Some(field) if !below.is_empty() && field.value.is_mapping() => {
                at = field.value.resolved();
                rest = below;
            }
            _ => return Rest { holder: at, key, below, gaps, beside }.patch(field),
        }
    }
    Err(Refusal::new(at.span(), "no key leads there", "write the value by hand"))
}

/// The first key of a path that does not lead to another mapping.
struct Rest<'s, 't, 'a> {
    holder: Node<'t, 'a>,
    key: &'s str,
    below: &'s [&'s str],
    gaps: Gaps<'s>,
    beside: &'s str,
}

impl<'t, 'a> Rest<'_, 't, 'a> {
    fn patch(&self, field: Option<Field<'t, 'a>>) -> Result<Patch<'t, 'a>, Refusal> {
        let found = field.map(|field| field.value);
        let (target, restates, drafted) = match field {
            None => (self.holder, false, self.added(false)),
            Some(Field { merged: true, value, .. }) => {
                (self.holder, true, self.restatable(value).and_then(|()| self.added(true)))
            }
            Some(Field { key, value, .. }) => {
                (value, value.kind() == NodeKind::Alias, self.held(key, value))
            }
        };
        let (place, draft) = drafted?;
        Ok(Patch { place, form: draft.form(place)?, target, restates, found })
    }

    fn value(&self) -> NewValue<'_> {
        NewValue::Names(self.gaps).below(self.below)
    }

    fn added(&self, hides: bool) -> Drafted {
        let absent = Absent { key: self.key, beside: self.beside, hides };
        let spot = absent.spot(self.holder)?;
        Ok((spot.place, spot.draft(&self.value())))
    }

    fn restatable(&self, value: Node<'_, '_>) -> Result<(), Refusal> {
        if self.below.is_empty() {
            return restatable(value, self.gaps);
        }
        is_nothing(value)
    }

    fn held(&self, key: Node<'_, '_>, value: Node<'_, '_>) -> Drafted {
        if self.below.is_empty() {
            return grown(self.holder, key, value, self.gaps);
        }
        is_nothing(value)?;
        if value.kind() == NodeKind::Alias {
            return Ok(held::replaced(key, value, &self.value()));
        }
        filled(self.holder, key, value, &self.value())
    }
}

/// Whether a value that is no mapping may become one.
fn is_nothing(value: Node<'_, '_>) -> Result<(), Refusal> {
    if value.is_null() {
        return Ok(());
    }
    Err(Refusal::new(value.span(), "this is not a mapping", "write a mapping"))
}
