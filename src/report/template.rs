//! Which template of a chart a place of a rendered stream is from, as Helm says it beside the documents. People
//! look for an error there, and not in a stream that is not stored.
//!
//! Names only: nothing is decided by them.

use std::ops::Range;

use crate::source::{self, Source, Span};
use crate::text::{Shown, shown};

/// How every document begins that Helm 3 renders, and that `helm template` prints (`pkg/action/action.go`).
const SOURCE: &str = "---\n# Source: ";
/// The annotation of every document that Helm 4 sends to its post-renderer (`pkg/action/action.go`).
const ANNOTATION: &str = "postrenderer.helm.sh/postrender-filename";

/// Where a source names templates.
pub(super) struct Templates {
    style: SourceMark,
    /// Where the names begin that Helm has written, in order.
    names: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SourceMark {
    /// [`SOURCE`] above each document.
    Comment,
    /// [`ANNOTATION`] in each object.
    Annotation,
}

impl Templates {
    /// Those of a source; none if another renderer has made it.
    pub(super) fn of(source: &Source) -> Self {
        let text = &source.text;
        if !text.starts_with(SOURCE) {
            return Self {
                style: SourceMark::Annotation,
                names: ends_of(text, ANNOTATION).collect(),
            };
        }
        let first = std::iter::once(SOURCE.len());
        let names = first.chain(ends_of(text, &format!("\n{SOURCE}"))).collect();
        Self { style: SourceMark::Comment, names }
    }

    /// The template of the document at `chunk`.
    pub(super) fn find(&self, source: &Source, chunk: Span) -> Option<Shown<'static>> {
        let Range { start, end } = chunk.range();
        let at = match self.style {
            // A template that begins with a marker of its own leaves the comment in a document before.
            SourceMark::Comment => {
                let begins = source.text[start..end].starts_with(SOURCE);
                let start = if begins { start + SOURCE.len() } else { start };
                let above = self.names.partition_point(|name| *name <= start);
                *self.names[..above].last()?
            }
            SourceMark::Annotation => {
                let first = self.names.partition_point(|name| *name < start);
                *self.names.get(first).filter(|name| **name < end)?
            }
        };
        self.name(source, at).map(|name| shown(name).into_owned())
    }

    /// The chart, whose name is what all templates begin with.
    pub(super) fn chart(&self, source: &Source) -> Option<Shown<'static>> {
        let name = self.name(source, *self.names.first()?)?;
        name.split('/').next().map(|chart| shown(chart).into_owned())
    }

    fn name<'s>(&self, source: &'s Source, at: usize) -> Option<&'s str> {
        let line = source.text[at..].lines().next()?;
        let name = match self.style {
            SourceMark::Comment => line,
            SourceMark::Annotation => value(line)?,
        };
        Some(name)
    }
}

fn ends_of(text: &str, wanted: &str) -> impl Iterator<Item = usize> {
    let length = wanted.len();
    source::places_of(text, wanted).into_iter().map(move |at| at + length)
}

/// The value on the rest of a line after its key.
fn value(line: &str) -> Option<&str> {
    let value = line.trim_start_matches(['"', '\'']).strip_prefix(':')?.trim_start();
    match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next(),
        _ => value.split([' ', ',', '}']).next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, place: &str) -> Option<String> {
        let start = text.find(place).unwrap();
        let begin = text[..start].rfind("---\n").unwrap_or(0);
        let end = text[start..].find("\n---").map_or(text.len(), |at| start + at);
        let source = Source::new("a", text.as_bytes().to_vec()).unwrap();
        Templates::of(&source).find(&source, Span::new(begin, end)).map(|name| name.to_string())
    }

    #[test]
    fn helm3_says_it_above_the_document() {
        let text = "---\n# Source: shop/templates/a.yaml\nname: one\n---\n# Source: shop/templates/b.yaml\n---\nname: two\n";
        assert_eq!(at(text, "one").unwrap(), "shop/templates/a.yaml");
        assert_eq!(at(text, "two").unwrap(), "shop/templates/b.yaml");
    }

    #[test]
    fn helm4_says_it_in_an_annotation() {
        let block = "metadata:\n  annotations:\n    postrenderer.helm.sh/postrender-filename: 'shop/templates/a.yaml'\n  name: one\n";
        let flow = "---\n{metadata: {\"name\": \"two\", annotations: {postrenderer.helm.sh/postrender-filename: shop/templates/b.json}}}\n";
        let text = format!("{block}{flow}");
        assert_eq!(at(&text, "one").unwrap(), "shop/templates/a.yaml");
        assert_eq!(at(&text, "two").unwrap(), "shop/templates/b.json");
    }

    #[test]
    fn a_stream_of_another_renderer_says_nothing() {
        let script =
            "data:\n  run: |\n    ---\n    # Source: x/templates/y.yaml\n    true\nname: one\n";
        assert_eq!(at(script, "one"), None);
        assert_eq!(at("postrenderer.helm.sh/postrender-filename\nname: one\n", "one"), None);
    }

    #[test]
    fn a_stream_tells_its_chart() {
        let chart = |text: &str| {
            let source = Source::new("a", text.as_bytes().to_vec()).unwrap();
            Templates::of(&source).chart(&source)
        };
        let sub = "---\n# Source: shop/charts/worker/templates/a.yaml\na: b\n";
        assert_eq!(chart(sub).unwrap().to_string(), "shop");
        let annotated =
            "a: b\n---\nx: {postrenderer.helm.sh/postrender-filename: \"shop/templates/a.yaml\"}\n";
        assert_eq!(chart(annotated).unwrap().to_string(), "shop");
        assert_eq!(chart("a: b\n"), None);
    }
}
