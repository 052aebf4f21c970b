//! Charts and kustomizations that were not rendered: what is said of them, and when their manifests are missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pullcreds::check::Outcome;
use pullcreds::frontend::{self, FoundFiles, KUSTOMIZATIONS};
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
    /// The folders of the kustomizations.
    kustomizations: Vec<PathBuf>,
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

/// Whether a kustomization has manifests that are not below its folder: of a folder beside or above it, of a URL, or of
/// a chart.
fn takes_from_elsewhere(folder: &Path, settings: &Settings) -> bool {
    let files = KUSTOMIZATIONS.iter().map(|name| folder.join(name));
    let mut texts = files.filter_map(|file| frontend::read_file(&file, &settings.limit).ok());
    texts.any(|source| source.text.lines().any(is_elsewhere))
}

/// Whether a line of a kustomization is an entry of `resources`, `components` or `bases` outside of its folder, or
/// begins a list of charts.
fn is_elsewhere(line: &str) -> bool {
    let line = line.trim();
    let entry = line.strip_prefix("- ").map(|entry| entry.trim_start_matches(['"', '\'']));
    let is_outside = |entry: &str| {
        entry.starts_with("..") || entry.contains("://") || entry.starts_with("github.com/")
    };
    line.starts_with("helmCharts:") || entry.is_some_and(is_outside)
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
        let files = found.files.iter().filter(|_| !found.charts.is_empty());
        let with_templates: BTreeSet<_> = files.filter_map(|file| found.chart_of(file)).collect();
        let bare = found.whole_charts().filter(|chart| !with_templates.contains(chart));
        let bare = bare.map(|chart| (chart, 0));
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
            kustomizations: found.kustomizations.iter().cloned().collect(),
            notes: list(notes.into_iter().take(NOTES_SHOWN).chain(rest), ""),
        }
    }

    /// The charts, and the kustomizations that take manifests from elsewhere, if there is no image without them: then
    /// nothing was checked, and that is said.
    pub(crate) fn missed(&self, outcome: &Outcome<'_>, settings: &Settings) -> Vec<UnreadSource> {
        if outcome.summary.has_images() {
            return Vec::new();
        }
        let built =
            self.kustomizations.iter().filter(|folder| takes_from_elsewhere(folder, settings));
        let built: Vec<_> = built.map(|folder| shown_path(folder)).collect();
        let (what, them) = match (&*self.charts, &*built) {
            ([], []) => return Vec::new(),
            ([_], []) => ("the chart was not rendered", "it"),
            ([_, ..], []) => ("the charts were not rendered", "them"),
            ([], [_]) => ("the kustomization was not built", "it"),
            ([], _) => ("the kustomizations were not built", "them"),
            _ => ("the charts and kustomizations were not rendered", "them"),
        };
        if settings.quiet {
            eprint(&self.notes);
        }
        eprint(&say!("error: no images found, and {}. {}\n", what, render(settings, them)));
        let charts = self.charts.iter().map(|name| (name, "a chart that was not rendered"));
        let built = built.iter().map(|name| (name, "a kustomization that was not built"));
        let unread = charts.chain(built).map(|(name, why)| UnreadSource {
            name: name.clone(),
            position: None,
            why: Message::of(why),
        });
        unread.collect()
    }
}
