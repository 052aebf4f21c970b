//! What `--verbose` says: which policy counts, which files are read, and which are not and why.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pullcreds::frontend::{FoundFiles, LeftOutBy, left_out};
use pullcreds::say;
use pullcreds::source::Source;
use pullcreds::text::{Message, list, shown, shown_path};

use crate::cli::settings::{Settings, ignored_policy};

/// How many files of one kind are named.
const NAMED: usize = 200;

/// The policy, and the file that does not count as one.
pub(in crate::cli::commands) fn policy_used(settings: &Settings) -> Message {
    let policy = settings.policy_files.iter().map(|path| shown_path(path));
    let policy = match list(policy, ", ") {
        none if none.is_empty() => "none; the built-in table of registries counts".into(),
        files => files,
    };
    let ignored = ignored_policy(settings.mode).map(|path| {
        say!(
            "skipped: {}: under `run` a policy counts only if --policy names it\n",
            shown_path(&path)
        )
    });
    list([say!("policy: {}\n", policy)].into_iter().chain(ignored), "")
}

/// The policy and what else the verdicts rest on.
pub(super) fn settings(settings: &Settings) -> Message {
    let dumps = settings.cluster.iter().map(|dump| say!("cluster dump: {}\n", shown(&dump.name)));
    let baseline = settings.baseline.as_ref().and(settings.baseline_file.as_ref());
    let baseline = baseline.map(|file| say!("baseline: {}\n", shown_path(file)));
    list([policy_used(settings)].into_iter().chain(dumps).chain(baseline), "")
}

/// The files that were read.
pub(super) fn sources(sources: &[Source]) -> Message {
    lines(sources.iter().map(|source| {
        let bytes = source.text.len();
        say!("read: {} ({} bytes)\n", shown(&source.name), bytes)
    }))
}

/// The files below folders of `paths` that were not read.
pub(super) fn skipped(
    paths: &[PathBuf],
    found: &FoundFiles,
    dumps: &[PathBuf],
    settings: &Settings,
) -> Message {
    let dumps = dumps.iter().map(|path| say!("skipped: {}: a cluster dump\n", shown_path(path)));
    let all = left_out(paths, &settings.exclude, found);
    let all = all.iter().map(|file| {
        let why = match &file.why {
            LeftOutBy::Exclude => "--exclude".into(),
            LeftOutBy::IgnoreFile(file) => shown_path(file).into(),
            LeftOutBy::Hidden => Message::of("hidden"),
            LeftOutBy::Elsewhere => "an ignore file of a folder above, or of the user".into(),
        };
        say!("skipped: {}: {}\n", shown_path(&file.path), why)
    });
    lines(dumps.chain(all))
}

/// The templates of charts that were not read.
pub(super) fn templates(skipped: &BTreeMap<&Path, Vec<&PathBuf>>) -> Message {
    lines(skipped.iter().flat_map(|(chart, files)| {
        files.iter().map(|file| {
            let (file, chart) = (shown_path(file), shown_path(chart));
            say!("skipped: {}: an unrendered template of the chart {}\n", file, chart)
        })
    }))
}

/// The files in whose place comes what a chart or kustomization becomes.
pub(super) fn rendered(files: &[PathBuf]) -> Message {
    let files = files.iter().map(|file| shown_path(file));
    lines(files.map(|file| say!("skipped: {}: what it is rendered to is read\n", file)))
}

/// As many lines as somebody reads, and how many more there are.
fn lines(all: impl Iterator<Item = Message>) -> Message {
    let mut all: Vec<_> = all.collect();
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    if more > 0 {
        all.push(say!("and {} more\n", more));
    }
    list(all, "")
}
