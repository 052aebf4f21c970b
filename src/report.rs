//! What a run is reported as. A format is a file below this one and a variant of [`Format`].
//!
//! Nothing here decides anything: reports show an [`Outcome`].

mod brief;
mod catalogue;
mod codes;
mod diff;
mod drawing;
mod excerpt;
mod github;
mod gitlab;
mod grouped;
mod hidden;
mod html;
mod human;
mod json;
mod junit;
mod listed;
mod markdown;
mod oneline;
mod proposal;
mod sarif;
mod story;
mod style;
mod tally;
mod template;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use serde::Deserialize;

use crate::check::Outcome;
use crate::finding::Place;
use crate::policy::Policy;
use crate::source::{LineIndex, Position, Source, Span};
use crate::text::{Message, Shown};
use crate::words::Words;

use excerpt::{Excerpt, Labelled};
use template::Templates;

pub use brief::{mistakes as brief_mistakes, problem as brief_problem};
pub use catalogue::{destinations, explain_kind, kinds, kinds_json, proposed, what_to_mind};
pub use codes::{codes, explain};
pub use diff::unified as diff;
pub use human::{mistakes, problem, unreadable_dump};
pub use proposal::{TODO, image_by_policy, policy_file};
pub use story::{not_pulled, stories, stories_json};

/// A format of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For places made for a few lines: the worst first, and not more than fits.
    Brief,
    /// For people.
    Human,
    /// For editors and `grep`: a line for each finding.
    Oneline,
    /// `pullcreds.report/v1`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Results of tests in the XML of `JUnit`.
    Junit,
    /// For GitHub Actions: annotations.
    Github,
    /// For GitLab: a report of code quality.
    Gitlab,
    /// A comment on a pull request.
    Markdown,
    /// One page without other files.
    Html,
}

impl Words for Format {}

impl Format {
    /// Whether programs read it, or it is a document: then nothing may come beside it.
    pub fn is_document(self) -> bool {
        match self {
            Self::Brief | Self::Human | Self::Oneline | Self::Github => false,
            Self::Json | Self::Sarif | Self::Junit | Self::Gitlab | Self::Markdown | Self::Html => {
                true
            }
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How much a report for people may use its terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether to use colours.
    pub colour: bool,
    /// How wide a line may be, in characters.
    pub width: usize,
    /// Whether lines are broken or cut to that width. Where programs look for sentences, they are not.
    pub wrap: bool,
    /// Whether the codes of findings lead to their pages on the web.
    pub links: bool,
    /// What boxes are drawn with.
    pub boxes: Boxes,
}

/// What boxes are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boxes {
    /// The lines of Unicode.
    Unicode,
    /// For terminals that show nothing else.
    Ascii,
}

impl Look {
    /// For files: no colours.
    pub const PLAIN: Self =
        Self { colour: false, width: 100, wrap: false, links: false, boxes: Boxes::Unicode };
}

/// Places in a source, shared.
type Spans = Rc<[Span]>;

/// All that reports are made from.
pub struct Report<'r> {
    sources: &'r [Source],
    outcome: &'r Outcome<'r>,
    policy: &'r Policy,
    lines: Vec<OnceCell<LineIndex>>,
    chunks: Vec<OnceCell<Vec<Span>>>,
    /// What may not be shown of each part of each source that something was shown of.
    hidden: RefCell<BTreeMap<(usize, Span), Spans>>,
    templates: Vec<OnceCell<Templates>>,
    unread: Vec<UnreadSource>,
    policy_files: Vec<Shown<'static>>,
}

/// Something that should have been a source and cannot be read.
pub struct UnreadSource {
    /// What people call it.
    pub name: Shown<'static>,
    /// Where it stops being text.
    pub position: Option<Position>,
    /// Why it cannot be read.
    pub why: Message,
}

impl<'r> Report<'r> {
    /// A report of `outcome`, which came of judging `sources` by `policy`.
    pub fn new(sources: &'r [Source], outcome: &'r Outcome<'r>, policy: &'r Policy) -> Self {
        let all = || sources.iter().chain(outcome.cluster);
        let lines = all().map(|_| OnceCell::new()).collect();
        let chunks = all().map(|_| OnceCell::new()).collect();
        let templates = all().map(|_| OnceCell::new()).collect();
        Self {
            sources,
            outcome,
            policy,
            lines,
            chunks,
            hidden: RefCell::default(),
            templates,
            unread: Vec::new(),
            policy_files: Vec::new(),
        }
    }

    /// The same, of a policy from these files.
    #[must_use]
    pub fn with_policy_files(mut self, names: Vec<Shown<'static>>) -> Self {
        self.policy_files = names;
        self
    }

    /// The same, with what could not be read.
    #[must_use]
    pub fn with_unread(self, unread: Vec<UnreadSource>) -> Self {
        Self { unread, ..self }
    }

    /// The report in a format.
    pub fn render(&self, format: Format, look: Look) -> String {
        match format {
            Format::Brief => brief::render(self),
            Format::Human => human::render(self, look),
            Format::Oneline => oneline::render(self),
            Format::Sarif => sarif::render(self),
            Format::Junit => junit::render(self),
            Format::Html => html::render(self),
            Format::Markdown => markdown::render(self),
            Format::Github => github::render(self),
            Format::Gitlab => gitlab::render(self),
            Format::Json => json::render(self),
        }
    }

    /// The chart of the first source, if Helm has rendered it.
    pub fn chart(&self) -> Option<Shown<'static>> {
        let first = self.sources.first()?;
        self.templates(0).chart(first)
    }

    fn templates(&self, source: usize) -> &Templates {
        self.templates[source].get_or_init(|| Templates::of(self.source(source)))
    }

    /// The template that the document at `chunk` is rendered from, if Helm has rendered it.
    fn template(&self, source: usize, chunk: Span) -> Option<Shown<'static>> {
        self.templates(source).find(self.source(source), chunk)
    }

    /// A source by its number; the dumps of the cluster are numbered after the others.
    fn source(&self, source: usize) -> &'r Source {
        let cluster = || &self.outcome.cluster[source - self.sources.len()];
        self.sources.get(source).unwrap_or_else(cluster)
    }

    fn lines(&self, source: usize) -> &LineIndex {
        self.lines[source].get_or_init(|| LineIndex::new(&self.source(source).text))
    }

    fn position(&self, source: usize, offset: u32) -> Position {
        self.lines(source).position(&self.source(source).text, offset as usize)
    }

    /// `TEMPLATE in FILE:LINE:COLUMN` of a byte of a document, without the template if Helm names none.
    fn located(&self, source: usize, chunk: Span, offset: u32) -> String {
        let name = human::source_name(self.source(source), self.template(source, chunk));
        format!("{name}:{}", self.position(source, offset))
    }

    /// The lines around a place, without what may not be shown.
    fn excerpt(&self, place: &Place) -> Excerpt {
        Excerpt::of(&Labelled {
            source: self.source(place.source),
            lines: self.lines(place.source),
            span: place.span,
            within: place.chunk,
            hidden: &self.hidden(place.source, place.chunk),
            unread: false,
        })
    }

    /// The part of a source, from marker to marker, in which something is edited at `offset`.
    fn chunk(&self, source: usize, offset: u32) -> Span {
        let chunks = self.chunks[source].get_or_init(|| {
            let inventory = &self.outcome.inventories[source];
            let workloads = inventory.workloads.iter().map(|workload| workload.object.chunk);
            let accounts = inventory.service_accounts.iter().map(|account| account.object.chunk);
            let chunks: BTreeSet<Span> = workloads.chain(accounts).collect();
            chunks.into_iter().collect()
        });
        let after = chunks.partition_point(|chunk| chunk.start <= offset);
        let chunk = after.checked_sub(1).map(|at| chunks[at]).filter(|chunk| offset <= chunk.end);
        chunk.unwrap_or_else(|| Span::new(0, self.source(source).text.len()))
    }

    /// Where fields of a source that hold the name of a pull secret have one: reports show these names. What no Secret
    /// can be called may be something else.
    fn names_of_secrets(&self, source: usize) -> BTreeSet<Span> {
        let inventory = &self.outcome.inventories[source];
        let lists = inventory.workloads.iter().map(|workload| &workload.pull_secrets);
        let lists = lists.chain(inventory.service_accounts.iter().map(|one| &one.pull_secrets));
        let entries = lists.flat_map(|list| &list.entries);
        let text = &self.source(source).text;
        entries.filter(|entry| entry.is_name_in(text)).map(|entry| entry.span).collect()
    }

    /// What may not be shown of the documents in a part of a source.
    fn hidden(&self, source: usize, chunk: Span) -> Spans {
        let mut known = self.hidden.borrow_mut();
        let hidden = || {
            let exposed = self.outcome.inventories[source].exposed.iter();
            let inside = |span: &Span| chunk.start <= span.start && span.end <= chunk.end;
            let shown = exposed.map(|exposed| exposed.span).filter(inside);
            let mut spans = hidden::spans(&self.source(source).text, chunk);
            let names = self.names_of_secrets(source);
            spans.retain(|span| !names.contains(span));
            spans.extend(shown);
            spans.sort_unstable();
            spans.into()
        };
        Rc::clone(known.entry((source, chunk)).or_insert_with(hidden))
    }
}
