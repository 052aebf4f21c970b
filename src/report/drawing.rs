//! One thing with its excerpt, as people see it: drawn by miette, which is known here and in `excerpt` only.

use std::fmt::{self, Write as _};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity as Level, SourceCode,
};

use super::excerpt::Excerpt;
use super::style::{CYAN, dots, linked, paint, wrapped};
use super::{Boxes, Look};
use crate::finding::Severity;

/// How far a message is indented, and the margin that is left.
const MESSAGE_INDENT: usize = 6;
/// The same for help.
const HELP_INDENT: usize = 10;
/// What is before the lines after the first of a part below an excerpt.
const FOOTER_INDENT: &str = "        ";
/// The columns around the number of a line, and the margin that is left.
const GUTTER: usize = 5;
/// The columns between the middle of a label and its text.
const ARROW: usize = 5;
/// How wide the text of a label is at least.
const LABEL: usize = 24;

/// One thing to show, in miette's terms.
#[derive(Debug)]
pub(super) struct Drawing {
    pub(super) severity: Severity,
    pub(super) code: String,
    /// The page that the code leads to.
    pub(super) page: Option<&'static str>,
    pub(super) message: String,
    /// What is at the place of the excerpt.
    pub(super) label: String,
    pub(super) excerpt: Option<Drawn>,
    /// Lines about other places like this one.
    pub(super) also: Option<String>,
    pub(super) help: Option<String>,
}

/// An excerpt; its text stays out of `Debug`.
pub(super) struct Drawn(pub(super) Excerpt);

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Excerpt")
    }
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing {}

impl Diagnostic for Drawing {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<Level> {
        Some(match self.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Info => Level::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| &excerpt.0 as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let range = self.excerpt.as_ref()?.0.label.clone();
        let label = LabeledSpan::new(Some(self.label.clone()), range.start, range.len());
        Some(Box::new(std::iter::once(label)))
    }
}

impl Drawing {
    /// Draws it, with an empty line after it.
    pub(super) fn draw(mut self, look: Look, out: &mut String) {
        if look.wrap {
            self.fit(look);
        }
        self.code = linked(&self.code, self.page, look);
        self.help = self.help.map(|help| wrapped(&help, look.width - HELP_INDENT));
        let also = self.also.take();
        let help = self.help.take_if(|_| also.is_some());
        let handler = GraphicalReportHandler::new_themed(theme(look))
            .with_width(look.width)
            .with_context_lines(1)
            // A sentence in one line can be searched for.
            .with_wrap_lines(false)
            .without_cause_chain();
        // Writing into a String cannot fail, and drawing fails only if the excerpt cannot be read.
        if handler.render_report(out, &self).is_err() {
            let _ = writeln!(out, "{}", self.message);
        }
        for (name, text) in [("also", also), ("help", help)] {
            if let Some(text) = text {
                footer(name, &text, look, out);
            }
        }
        out.push('\n');
    }

    /// Makes all of it as narrow as the terminal.
    fn fit(&mut self, look: Look) {
        self.message = wrapped(&self.message, look.width - MESSAGE_INDENT);
        let Some(Drawn(excerpt)) = self.excerpt.take() else { return };
        let gutter = excerpt.last_line().to_string().len() + GUTTER;
        let excerpt = excerpt.fitted(look.width.saturating_sub(gutter), dots(look));
        let room = look.width.saturating_sub(gutter + ARROW + excerpt.middle());
        self.label = wrapped(&self.label, room.max(LABEL));
        self.excerpt = Some(Drawn(excerpt));
    }
}

fn theme(look: Look) -> GraphicalTheme {
    match (look.boxes, look.colour) {
        (Boxes::Unicode, true) => GraphicalTheme::unicode(),
        (Boxes::Unicode, false) => GraphicalTheme::unicode_nocolor(),
        (Boxes::Ascii, true) => GraphicalTheme::ascii(),
        (Boxes::Ascii, false) => GraphicalTheme::none(),
    }
}

/// A part below an excerpt, as miette writes the help.
fn footer(name: &str, text: &str, look: Look, out: &mut String) {
    let name = paint(&format!("  {name}: "), CYAN, look);
    for (at, line) in text.lines().enumerate() {
        let start = if at == 0 { &*name } else { FOOTER_INDENT };
        let start = if line.trim().is_empty() { start.trim_end() } else { start };
        let _ = writeln!(out, "{start}{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::excerpt::Labelled;
    use crate::source::{LineIndex, Source, Span};

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// A drawing of an image with a digest, in a file far down.
    fn drawn(look: Look) -> String {
        let image = format!("registry.example.com/team/app@{DIGEST}");
        let text =
            format!("spec:\n  containers:\n  - name: app\n    image: {image}\n    args: []\n");
        let name = "charts/shop/charts/database/templates/a-long-name-of-a-template.yaml";
        let source = Source::new(name, text.into_bytes()).expect("it is text");
        let start = source.text.find("registry").expect("it is there");
        let labelled = Labelled {
            source: &source,
            lines: &LineIndex::new(&source.text),
            span: Span::new(start, start + image.len()),
            within: Span::new(0, source.text.len()),
            hidden: &[],
            unread: false,
        };
        let drawing = Drawing {
            severity: Severity::Error,
            code: "error[missing-pull-secret]".to_owned(),
            page: Some("https://example.com/"),
            message: "Deployment 'app' has no pull secret for its image.".to_owned(),
            label: "neither the pod nor ServiceAccount 'default' names a pull secret".to_owned(),
            excerpt: Some(Drawn(Excerpt::of(&labelled))),
            also: Some("1 more image with the same cause\nDeployment 'b'".to_owned()),
            help: Some("Name it:\n  imagePullSecrets:\n  - name: regcred".to_owned()),
        };
        let mut out = String::new();
        drawing.draw(look, &mut out);
        out
    }

    #[test]
    fn a_drawing_is_as_narrow_as_its_terminal() {
        let expected = "error[missing-pull-secret]

  × Deployment 'app' has no pull secret for its image.
   ╭─[…/a-long-name-of-a-template.yaml:4:12]
 2 │   containers:
 3 │   - name: app
 4 │     image: registry.example.com/team/app@sha256:01234…
   ·            ─────────────────────┬─────────────────────
   ·                                 ╰─┤ neither the pod nor
   ·                                   │ ServiceAccount 'default'
   ·                                   │ names a pull secret
 5 │     args: []
   ╰────
  also: 1 more image with the same cause
        Deployment 'b'
  help: Name it:
          imagePullSecrets:
          - name: regcred

";
        assert_eq!(drawn(Look { width: 60, wrap: true, ..Look::PLAIN }), expected);
    }

    #[test]
    fn a_drawing_elsewhere_is_whole() {
        let whole = drawn(Look::PLAIN);
        assert!(whole.contains(DIGEST) && whole.contains("database/templates"), "{whole}");
        assert!(!whole.contains(['\u{1b}', '…']), "{whole}");
    }

    #[test]
    fn a_terminal_without_unicode_gets_ascii() {
        let look = Look { width: 60, wrap: true, boxes: Boxes::Ascii, ..Look::PLAIN };
        assert!(drawn(look).is_ascii(), "{}", drawn(look));
        let coloured = drawn(Look { colour: true, ..look });
        assert!(coloured.is_ascii() && coloured.contains("\u{1b}[31m"), "{coloured}");
    }

    #[test]
    fn a_code_leads_to_its_page() {
        let linked = drawn(Look { colour: true, links: true, ..Look::PLAIN });
        assert!(linked.contains("\u{1b}]8;;https://example.com/\u{1b}\\error[missing"), "{linked}");
    }
}
