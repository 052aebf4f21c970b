//! Edits of a YAML or JSON document that add a key, an item or a value, in the style of the text around them: block,
//! flow or JSON, with its indentation, quotes and line endings.
//!
//! A place is worked out while the document's tree is there, and filled in later. What cannot be written without a guess
//! is refused with a reason. Nothing here knows Kubernetes, or which text will be written.

mod end;
mod form;
mod grow;
mod held;
mod key;
mod list;
mod top;
mod value;
mod words;
mod write;

use crate::source::Span;
use crate::text::Message;
use crate::yaml::Node;

pub use end::{emptied, end};
pub use form::Form;
pub use grow::grow;
pub use key::InsertionPoint;
pub use top::top;
pub use value::{Gap, Gaps, NewValue};
pub use words::exchanged;

/// Why a text cannot be edited by a program that never guesses.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What is in the way.
    pub span: Span,
    /// Why, in words.
    pub why: &'static str,
    /// What to write by hand.
    pub advice: Message,
}

impl Refusal {
    pub(crate) fn new(span: Span, why: &'static str, advice: impl Into<Message>) -> Self {
        Self { span, why, advice: advice.into() }
    }
}

/// An edit that waits for its names.
pub struct Patch<'t, 'a> {
    /// The bytes that are replaced, mostly none.
    pub place: Span,
    /// The text that replaces them.
    pub form: Form,
    /// The node that changes: each way on which the document's root leads to it changes with it.
    pub target: Node<'t, 'a>,
    /// Whether the names that are in effect already have to be written again, before new ones.
    pub restates: bool,
    /// The value that is there, as written: an alias perhaps, or brought in by a merge key.
    pub found: Option<Node<'t, 'a>>,
}

#[cfg(test)]
mod tests;
