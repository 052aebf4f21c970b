//! The annotations of an object or a template.

use super::Text;
use crate::source::Span;
use crate::yaml::Node;

/// No time is written with more bytes.
pub(super) const LONGEST_TIME: usize = 64;

/// An annotation: its name, its value, and where the value is.
pub type Annotation<'a> = (Text<'a>, Text<'a>, Span);

/// The annotations of an object or a template.
pub(super) fn of<'t, 'a>(map: Node<'t, 'a>) -> impl Iterator<Item = Annotation<'a>> + 't {
    map.entries()
        .filter_map(|(key, value)| Some((key.scalar()?, value.scalar()?, value.resolved().span())))
}
