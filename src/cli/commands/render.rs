//! `--render`: what the charts and kustomizations below folders become. Nothing here reads a manifest.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use pullcreds::frontend::{self, FoundFiles};
use pullcreds::source::Source;
use pullcreds::text::shown_path;

use crate::cli::exit::{Exit, Stop};
use crate::cli::renderer::{Renderer, name};
use crate::cli::settings::Settings;

/// As shells have it: there is no such program.
const NOT_FOUND: Exit = Exit::Others(127);

/// The output of a renderer, or why there is none; with its name.
pub(super) struct Rendered {
    pub(super) name: String,
    pub(super) output: Result<Source, Stop>,
}

/// What the charts and kustomizations of `found` become, in order.
pub(super) fn render(found: &FoundFiles, settings: &Settings) -> Vec<Rendered> {
    let charts = found.whole_charts().filter(|chart| !is_library(chart, settings));
    let charts = charts.map(|chart| with(&[("helm", &["template"])], chart, settings));
    let builders: &[(&str, &[&str])] = &[("kustomize", &["build"]), ("kubectl", &["kustomize"])];
    let folders = found.kustomizations.iter();
    charts.chain(folders.map(|folder| with(builders, folder, settings))).collect()
}

/// Whether a chart is one that others use, and renders nothing
/// (<https://helm.sh/docs/topics/library_charts/>).
pub(super) fn is_library(chart: &Path, settings: &Settings) -> bool {
    let file = frontend::read_file(&chart.join("Chart.yaml"), &settings.limit);
    let is_type = |line: &str| {
        let kind = line.strip_prefix("type:").map(|kind| kind.trim().trim_matches(['"', '\'']));
        kind == Some("library")
    };
    file.is_ok_and(|file| file.text.lines().any(is_type))
}

/// What the first of these programs that is there makes of a folder.
fn with(programs: &[(&str, &[&str])], folder: &Path, settings: &Settings) -> Rendered {
    let mut first = None;
    for (program, words) in programs {
        let output = format!("<{program} {} {}>", words.join(" "), shown_path(folder));
        // A folder is not a flag, whatever it is called.
        let is_like_flag = folder.as_os_str().as_encoded_bytes().starts_with(b"-");
        let folder = if is_like_flag { Path::new(".").join(folder) } else { folder.to_owned() };
        let words = words.iter().map(OsString::from).chain([folder.into_os_string()]);
        let args: Vec<_> = words.collect();
        let program = OsStr::new(program);
        let renderer = Renderer {
            program,
            args: &args,
            name: name(program),
            after: "",
            output: output.clone(),
            timeout: settings.timeout,
            limit: &settings.limit,
        };
        let source = renderer.render(true).map(|(source, _)| source);
        let is_absent = source.as_ref().is_err_and(|stop| stop.exit == NOT_FOUND);
        let result = Rendered { name: output, output: source };
        if !is_absent {
            return result;
        }
        first.get_or_insert(result);
    }
    first.expect("there is a program for each sort of folder")
}
