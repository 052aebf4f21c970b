//! Charts and kustomizations that were not rendered: what is said of them, and when their manifests are missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pullcreds::check::Outcome;
use pullcreds::frontend::FoundFiles;
use pullcreds::report::UnreadSource;
use pullcreds::say;
use pullcreds::text::{Message, Shown, list, shell_path, shown_path};

use super::super::render::is_library;
use crate::cli::output::eprint;
use crate::cli::settings::{Mode, Settings};

/// For how many charts and kustomizations there is a note.
const NOTES_SHOWN: usize = 10;

/// Templates that were not read, by their chart.
pub(super) type Skipped<'f> = BTreeMap<&'f Path, Vec<&'f PathBuf>>;

/// Charts that were not rendered.
#[derive(Default)]
pub(crate) struct Unrendered {
    /// A note for each of them, and for each kustomization, with the command that renders it.
    pub(super) notes: Message,
    /// The names of the charts.
    charts: Vec<Shown<'static>>,
}

/// Whether a text has actions of Go's templates.
pub(super) fn is_template(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"{{").is_some()
}

/// Says that a file is a template of a chart, and how the chart is rendered.
pub(super) fn refuse(file: &Path, chart: &Path) -> UnreadSource {
    let name = shown_path(file);
    let why = say!("an unrendered template of the chart {}", shown_path(chart));
    eprint(&say!("error: {}: {}. Render first: {}\n", name, why, command(chart)));
    UnreadSource { name, position: None, why }
}

/// What renders a chart and checks it.
fn command(chart: &Path) -> Message {
    say!("helm template {} | pullcreds check", shell_path(chart))
}

/// What to do about charts that were not rendered.
fn render(settings: &Settings, them: &'static str) -> Message {
    match settings.mode {
        Mode::Check | Mode::Baseline => {
            say!("Render {} first, or let pullcreds do it with --render.", them)
        }
        _ => say!("Render {} first.", them),
    }
}

impl Unrendered {
    pub(super) fn of(found: &FoundFiles, skipped: &Skipped<'_>, settings: &Settings) -> Self {
        // Charts of charts may have no template of their own.
        let has_no_template =
            |chart: &&Path| !found.files.iter().any(|file| found.chart_of(file) == Some(*chart));
        let bare = found.whole_charts().filter(has_no_template).map(|chart| (chart, 0));
        let templates = skipped.iter().map(|(chart, files)| (*chart, files.len()));
        let all: BTreeMap<_, _> = bare.chain(templates).collect();
        let all: Vec<_> =
            all.into_iter().filter(|(chart, _)| !is_library(chart, settings)).collect();
        let charts = all.iter().map(|&(chart, templates)| {
            let what = match templates {
                0 => "not rendered".into(),
                1 => "skipped 1 unrendered template".into(),
                _ => say!("skipped {} unrendered templates", templates),
            };
            let name = shown_path(chart);
            say!("note: {}: {}. Check what it renders: {}\n", name, what, command(chart))
        });
        let kustomizations = found.kustomizations.iter().map(|folder| {
            let (name, folder) = (shown_path(folder), shell_path(folder));
            say!("note: {}: kustomize changes these manifests. Check what it builds: kustomize build {} | pullcreds check\n", name, folder)
        });
        let notes: Vec<_> = charts.chain(kustomizations).collect();
        let more = notes.len().saturating_sub(NOTES_SHOWN);
        let rest = (more > 0).then(|| say!("note: {} more charts and kustomizations\n", more));
        Self {
            charts: all.iter().map(|(chart, _)| shown_path(chart)).collect(),
            notes: list(notes.into_iter().take(NOTES_SHOWN).chain(rest), ""),
        }
    }

    /// The charts, if there is no image without them: then nothing was checked, and that is said.
    pub(crate) fn missed(&self, outcome: &Outcome<'_>, settings: &Settings) -> Vec<UnreadSource> {
        if outcome.summary.has_images() || self.charts.is_empty() {
            return Vec::new();
        }
        if settings.quiet {
            eprint(&self.notes);
        }
        let (what, them) = match self.charts.len() {
            1 => ("the chart was", "it"),
            _ => ("the charts were", "them"),
        };
        eprint(&say!(
            "error: no images found, and {} not rendered. {}\n",
            what,
            render(settings, them)
        ));
        let charts = self.charts.iter().map(|name| UnreadSource {
            name: name.clone(),
            position: None,
            why: Message::of("a chart that was not rendered"),
        });
        charts.collect()
    }
}
