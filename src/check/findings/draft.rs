//! A finding while it is put together: what it is about, before it is known whether an exception accepts it.
//!
//! Nothing here decides anything. Paths and details are data that are not masked yet; everything else can be shown.

use std::borrow::Cow;

use crate::finding::{Cause, Code, Fix, Severity};
use crate::inject::Holder;
use crate::inventory::{Image, Object};
use crate::source::Span;
use crate::text::{Message, Text};

/// Where something was found.
pub(super) struct At<'f> {
    pub(super) object: &'f Object<'f>,
    pub(super) span: Span,
    /// From the root of the document.
    pub(super) path: Text<'static>,
    /// From the object, with names in the place of numbers, if that differs.
    pub(super) by_name: Option<Text<'static>>,
    pub(super) label: Message,
    /// The name of the container or volume that it is in, if it is in one.
    pub(super) container: Option<&'f str>,
    /// The holder whose list it is about.
    pub(super) holder: Option<Holder>,
}

impl<'f> At<'f> {
    /// The object as a whole.
    pub(super) fn new(object: &'f Object<'f>, span: Span, label: impl Into<Message>) -> Self {
        let (path, label) = (object.place().to_owned().into(), label.into());
        Self { object, span, path, by_name: None, label, container: None, holder: None }
    }

    /// A field of it, by its path from the root of the document.
    pub(super) fn path(self, path: String) -> Self {
        Self { path: path.into(), ..self }
    }

    /// A field with another path by name.
    pub(super) fn by_name(self, by_name: String) -> Self {
        Self { by_name: Some(by_name.into()), ..self }
    }

    /// In a container or volume of this name.
    pub(super) fn container(self, container: Option<&'f str>) -> Self {
        Self { container, ..self }
    }

    pub(super) fn of_holder(self, holder: Holder) -> Self {
        Self { holder: Some(holder), ..self }
    }

    /// The path from the object, with names in the place of numbers: what has no name has no number either.
    pub(super) fn field(&self) -> Cow<'_, str> {
        if let Some(by_name) = &self.by_name {
            return by_name.as_str().into();
        }
        let below = self.path.strip_prefix(self.object.place()).unwrap_or(&self.path);
        without_numbers(below.strip_prefix('.').unwrap_or(below)).into()
    }
}

/// A path without the numbers of items.
fn without_numbers(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        out.push('[');
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        rest = if after[digits..].starts_with(']') { &after[digits..] } else { after };
    }
    out + rest
}

/// Where findings about a Secret go: to what is or makes it, or to the first pod that names it.
#[derive(Clone, Copy)]
pub(super) struct SecretSpot<'f> {
    pub(super) object: &'f Object<'f>,
    pub(super) span: Span,
    /// The first pod that names the Secret, with the namespace and the name.
    named_by: Option<(Holder, [&'f str; 2])>,
    /// The entry that names it, and the object with the list.
    entry: Option<(&'f Object<'f>, Span)>,
}

impl<'f> SecretSpot<'f> {
    pub(super) fn new(object: &'f Object<'f>, span: Span) -> Self {
        Self { object, span, named_by: None, entry: None }
    }

    /// The first pod that names a Secret of which only the name is known.
    pub(super) fn named_by(pod: Holder, object: &'f Object<'f>, secret: [&'f str; 2]) -> Self {
        Self { object, span: object.label, named_by: Some((pod, secret)), entry: None }
    }

    /// With the entry that names it, if the manifests have it.
    pub(super) fn with_entry(self, entry: Option<(&'f Object<'f>, Span)>) -> Self {
        Self { entry, ..self }
    }

    /// The same, at another span.
    pub(super) fn over(self, span: Span) -> Self {
        Self { span, ..self }
    }

    pub(super) fn draft(
        self,
        code: &'static Code,
        message: impl Into<Message>,
        label: impl Into<Message>,
    ) -> Draft<'f> {
        let label = label.into();
        let entry = self.entry.map(|(object, span)| At::new(object, span, label.clone()));
        let at = At::new(self.object, self.span, label);
        let draft = Draft::new(code, message).focus(entry);
        match self.named_by {
            Some((pod, secret)) => draft.at(at.of_holder(pod)).once_for(secret),
            None => draft.at(at),
        }
    }
}

/// What is known of a finding.
#[must_use]
pub(super) struct Draft<'f> {
    pub(super) code: &'static Code,
    pub(super) severity: Severity,
    pub(super) message: Message,
    pub(super) at: Option<At<'f>>,
    pub(super) focus: Option<At<'f>>,
    pub(super) related: Vec<At<'f>>,
    pub(super) cause: Option<Cause>,
    pub(super) image: Option<&'f Image<'f>>,
    /// The parts of what to do.
    pub(super) remedy: Vec<Message>,
    pub(super) fix: Vec<Fix>,
    /// What tells it apart from others about the same field.
    pub(super) details: Vec<Text<'static>>,
    /// Whether it is reported once for all objects that it is about: then the first of them says nothing about it.
    pub(super) is_for_all: bool,
}

impl<'f> Draft<'f> {
    /// With the severity and the remedy of its code.
    pub(super) fn new(code: &'static Code, message: impl Into<Message>) -> Self {
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            at: None,
            focus: None,
            related: Vec::new(),
            cause: None,
            image: None,
            remedy: vec![code.remedy.into()],
            fix: Vec::new(),
            details: Vec::new(),
            is_for_all: false,
        }
    }

    pub(super) fn severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    pub(super) fn at(self, at: At<'f>) -> Self {
        Self { at: Some(at), ..self }
    }

    /// Where a person has to look, if that is not the place.
    pub(super) fn focus(self, focus: Option<At<'f>>) -> Self {
        Self { focus, ..self }
    }

    /// What it has in common with others of its code: names, the narrowest cause first.
    pub(super) fn cause(self, levels: &[&[&str]]) -> Self {
        Self { cause: Some(Cause::of(levels)), ..self }
    }

    /// With another place that it names.
    pub(super) fn related(mut self, related: impl IntoIterator<Item = At<'f>>) -> Self {
        self.related.extend(related);
        self
    }

    pub(super) fn image(self, image: &'f Image<'f>) -> Self {
        Self { image: Some(image), ..self }
    }

    pub(super) fn remedy(self, remedy: impl Into<Message>) -> Self {
        self.remedies(vec![remedy.into()])
    }

    /// What to do, in parts that other findings may have, too.
    pub(super) fn remedies(self, remedy: Vec<Message>) -> Self {
        Self { remedy, ..self }
    }

    pub(super) fn without_remedy(self) -> Self {
        self.remedies(Vec::new())
    }

    pub(super) fn fix(self, fix: Vec<Fix>) -> Self {
        Self { fix, ..self }
    }

    /// The name, key or host that tells it apart from others about the same field.
    pub(super) fn about(mut self, detail: &str) -> Self {
        self.details.push(detail.to_owned().into());
        self
    }

    /// It is reported once for all objects that it is about, which this identifies.
    pub(super) fn once_for<const N: usize>(self, details: [&str; N]) -> Self {
        let details = details.map(|detail| detail.to_owned().into());
        Self { details: details.into(), is_for_all: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_items_are_left_out_and_other_brackets_stay() {
        let of = without_numbers;
        assert_eq!(of("spec.containers[0].image"), "spec.containers[].image");
        assert_eq!(of("a[10].b[2]"), "a[].b[]");
        assert_eq!(of("data[key]"), "data[key]");
        assert_eq!(of("data[1"), "data[1");
        assert_eq!(of(""), "");
    }
}
