//! Why an image has its verdict, step by step: `pullcreds explain IMAGE`.

use std::fmt::Write as _;

use serde::Serialize;

use super::json::{WireObject, access_from, subject};
use super::listed::heading;
use super::proposal::PolicyEntries;
use super::style::{BOLD, CYAN, GREEN, RED, columns, linked, of_severity, paint, wrapped};
use super::{Look, Report};
use crate::check::{Story, StoryStep};
use crate::finding::{Place, Remedy, Severity, Suppression};
use crate::image::Reference;
use crate::policy::PolicyText;
use crate::text::{Message, Shown, list, printable_json, shown};

/// How wide the names of rows are at least, and at most.
const COLUMN: std::ops::RangeInclusive<usize> = 16..=28;
/// How many lines a step has below it: a pull secret may have many thousand keys.
const DETAILS: usize = 20;
/// How many similar images are named.
const SIMILAR: usize = 3;
/// What a list in a row is indented by.
const INDENT: &str = "  ";

/// A row: what it is about, what is said of it, and lines below that.
struct StoryRow {
    about: String,
    text: String,
    details: Vec<String>,
}

/// The stories for people, one below the other. `policy` is what the files of the policy say.
pub fn stories(
    report: &Report<'_>,
    stories: &[Story],
    policy: Option<&PolicyText>,
    look: Look,
) -> String {
    let entries = PolicyEntries { policy: report.policy, files: policy };
    let all = stories.iter().map(|story| {
        let rows = rows(report, story, &entries, look);
        title(story, look) + "\n" + &table(&rows, look)
    });
    all.collect::<Vec<_>>().join("\n")
}

/// `Deployment 'api' in namespace 'shop', container 'web'`.
fn title(story: &Story, look: Look) -> String {
    let object = &story.place.object;
    let name = object.name.clone().unwrap_or_default();
    let mut title = format!("{} '{name}'", object.kind);
    if let Some(namespace) = &object.namespace {
        let _ = write!(title, " in namespace '{namespace}'");
    }
    if let Some(container) = &story.container {
        let is_volume = story.place.path.masked().contains("volumes[");
        let what = if is_volume { "volume" } else { "container" };
        let _ = write!(title, ", {what} '{container}'");
    }
    paint(&title, BOLD, look)
}

fn rows(
    report: &Report<'_>,
    story: &Story,
    entries: &PolicyEntries<'_>,
    look: Look,
) -> Vec<StoryRow> {
    let row =
        |about: &str, text: String| StoryRow { about: about.to_owned(), text, details: Vec::new() };
    let at = report.located(story.place.source, story.place.chunk, story.place.span.start);
    let mut rows = vec![row("image", format!("{} ({at})", story.image))];
    if let Some(image) = &story.reference {
        rows.push(row("read as", read_as(image)));
    }
    if let Some(access) = &story.access {
        rows.push(row("access", entries.access(access)));
    }
    let steps = story.steps.iter();
    rows.extend(steps.map(|step| step_row(report, step, (story.place.source, entries))));
    let verdict = story.verdict;
    let colour = match (verdict.is_private(), verdict.is_configured()) {
        (true, true) => GREEN,
        (true, false) => RED,
        (false, _) => CYAN,
    };
    let name = paint(verdict.name(), colour, look);
    let configured = match (verdict.is_private(), verdict.is_configured()) {
        (true, true) => " (configured)",
        (true, false) => " (not configured)",
        (false, _) => "",
    };
    rows.push(row("verdict", format!("{name}{configured}: {}", story.conclusion)));
    if let Some(finding) = &story.finding {
        let head = heading(finding.severity, finding.code.name);
        let head = paint(&head, of_severity(finding.severity), look);
        let head = linked(&head, finding.code.page(), look);
        let why = finding
            .suppressed
            .as_ref()
            .map(|suppressed| format!(", suppressed: {}", suppressed.text()));
        rows.push(row("finding", head + &why.unwrap_or_default()));
        if let Some(remedy) = &finding.remedy {
            rows.push(row("what to do", remedy.text()));
        }
    }
    rows
}

/// How the kubelet reads a reference.
fn read_as(image: &Reference<'_>) -> String {
    let tag = image.tag().map(|tag| format!(", tag {}", shown(tag)));
    let digest = image.digest().map(|digest| format!(", digest {}", shown(digest)));
    let latest = (tag.is_none() && digest.is_none()).then(|| ", tag latest".to_owned());
    let more = [tag, digest, latest].into_iter().flatten().collect::<String>();
    format!("{}, registry {}{more}", shown(image.name()), shown(image.registry()))
}

fn step_row(
    report: &Report<'_>,
    step: &StoryStep,
    (source, entries): (usize, &PolicyEntries<'_>),
) -> StoryRow {
    let place = step.place.as_ref().map(|place| at(report, place, source));
    let rule = step.rule.map(|rule| format!(" ({})", entries.place(rule)));
    let numbered = &*step.about == "keys";
    let details = step.details.iter().take(DETAILS).enumerate().map(|(at, detail)| {
        if numbered { format!("{}. {detail}", at + 1) } else { detail.to_string() }
    });
    let mut details: Vec<_> = details.collect();
    if let more @ 1.. = step.details.len().saturating_sub(DETAILS) {
        details.push(format!("and {more} more"));
    }
    let colon = if numbered { ":" } else { "" };
    let (place, rule) = (place.unwrap_or_default(), rule.unwrap_or_default());
    let text = format!("{}{place}{rule}{colon}", step.text);
    StoryRow { about: step.about.to_string(), text, details }
}

/// ` (FILE:LINE:COLUMN)`, or the line alone if the place is in `source`.
fn at(report: &Report<'_>, place: &Place, source: usize) -> String {
    if place.source == source {
        return format!(" (line {})", report.position(source, place.span.start).line);
    }
    format!(" ({})", report.located(place.source, place.chunk, place.span.start))
}

/// Rows with their texts in one column.
fn table(rows: &[StoryRow], look: Look) -> String {
    let widest = rows.iter().map(|row| columns(&row.about) + 2).max().unwrap_or_default();
    let column = widest.clamp(*COLUMN.start(), *COLUMN.end());
    let width = look.width.saturating_sub(column).max(40);
    let fit = |text: &str, width| {
        if look.wrap { wrapped(text, width) } else { text.to_owned() }
    };
    let below = format!("\n{:column$}", "");
    let mut out = String::new();
    for StoryRow { about, text, details } in rows {
        let mut text = fit(text, width);
        for detail in details {
            let detail = fit(detail, width - INDENT.len()).replace('\n', &format!("\n{INDENT}"));
            let _ = write!(text, "\n{INDENT}{detail}");
        }
        let gap = match column.checked_sub(columns(about)) {
            None | Some(0) => below.clone(),
            Some(gap) => " ".repeat(gap),
        };
        let _ = writeln!(out, "{about}{gap}{}", text.replace('\n', &below));
    }
    out
}

/// `pullcreds.explanation/v1`. Other programs read it: it changes only by adding.
#[derive(Serialize)]
struct WireExplanation<'r> {
    schema: &'static str,
    images: Vec<WireStory<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireStory<'r> {
    object: WireObject<'r>,
    container: Option<&'r Shown<'static>>,
    #[serde(flatten)]
    place: WireStoryPlace<'r>,
    document: usize,
    path: &'r Shown<'static>,
    image: &'r Shown<'static>,
    name: Option<Shown<'r>>,
    registry: Option<Shown<'r>>,
    access: Option<&'static str>,
    access_from: Option<&'static str>,
    access_by: Option<String>,
    steps: Vec<WireStep<'r>>,
    verdict: &'static str,
    configured: bool,
    conclusion: &'r Message,
    finding: Option<WireStoryFinding<'r>>,
}

#[derive(Serialize)]
struct WireStoryPlace<'r> {
    source: Shown<'r>,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct WireStep<'r> {
    about: &'r Message,
    text: &'r Message,
    #[serde(flatten)]
    place: Option<WireStoryPlace<'r>>,
    /// Where the policy says so.
    policy: Option<String>,
    details: &'r [Message],
}

#[derive(Serialize)]
struct WireStoryFinding<'r> {
    code: &'static str,
    severity: &'static str,
    remedy: Option<&'r Remedy>,
    suppressed: Option<Message>,
}

/// The same for programs.
///
/// # Panics
///
/// Never.
pub fn stories_json(report: &Report<'_>, stories: &[Story], policy: Option<&PolicyText>) -> String {
    let entries = PolicyEntries { policy: report.policy, files: policy };
    let images = stories.iter().map(|story| wire(report, story, &entries)).collect();
    let wire = WireExplanation { schema: "pullcreds.explanation/v1", images };
    printable_json(serde_json::to_string_pretty(&wire).expect("every key is a string")) + "\n"
}

fn wire<'r>(report: &Report<'r>, story: &'r Story, entries: &PolicyEntries<'_>) -> WireStory<'r> {
    let image = story.reference.as_ref();
    let step = |step: &'r StoryStep| WireStep {
        about: &step.about,
        text: &step.text,
        place: step.place.as_ref().map(|place| wire_place(report, place)),
        policy: step.rule.map(|rule| entries.place(rule)),
        details: &step.details,
    };
    WireStory {
        object: subject(&story.place.object),
        container: story.container.as_ref(),
        place: wire_place(report, &story.place),
        document: story.place.document,
        path: &story.place.path,
        image: &story.image,
        name: image.map(|image| shown(image.name())),
        registry: image.map(|image| shown(image.domain())),
        access: story.access.map(|access| access.class.name()),
        access_from: story.access.map(|access| access_from(access.from)),
        access_by: story.access.map(|access| entries.access_by(&access)),
        steps: story.steps.iter().map(step).collect(),
        verdict: story.verdict.name(),
        configured: story.verdict.is_configured(),
        conclusion: &story.conclusion,
        finding: story.finding.as_ref().map(|finding| WireStoryFinding {
            code: finding.code.name,
            severity: Severity::name(finding.severity),
            remedy: finding.remedy.as_ref(),
            suppressed: finding.suppressed.as_ref().map(Suppression::text),
        }),
    }
}

fn wire_place<'r>(report: &Report<'r>, place: &Place) -> WireStoryPlace<'r> {
    let position = report.position(place.source, place.span.start);
    let source = shown(&report.source(place.source).name);
    WireStoryPlace { source, line: position.line, column: position.column }
}

/// What is said where no image of the input is the one that somebody asks about: those that are most like it.
pub fn not_pulled(report: &Report<'_>, wanted: &str) -> Option<Message> {
    let inventories = report.outcome.inventories.iter();
    let workloads = inventories.flat_map(|inventory| &inventory.workloads);
    let images = workloads.flat_map(|workload| workload.images.iter());
    let names: std::collections::BTreeSet<&str> = images.map(|image| &*image.reference).collect();
    let distance = |name: &str| {
        if name.contains(wanted) { 0 } else { strsim::osa_distance(name, wanted) }
    };
    let near = names.into_iter().map(|name| (distance(name), name));
    let mut near: Vec<_> = near.filter(|(distance, _)| *distance <= wanted.len() / 3).collect();
    near.sort_unstable();
    let near: Vec<_> = near.iter().take(SIMILAR).map(|(_, name)| shown(name)).collect();
    (!near.is_empty()).then(|| list(near, ", "))
}
