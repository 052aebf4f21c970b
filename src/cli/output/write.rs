//! Manifests on their way out: to standard output as one stream, or back into their files.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use pullcreds::check::Outcome;
use pullcreds::frontend::{self, Change, FilePlace, NotWritten, Replaced};
use pullcreds::say;
use pullcreds::source::Source;
use pullcreds::text::{Message, shown, shown_error, shown_path};
use pullcreds::yaml::{self, Joint, Severed};

use super::{eprint, insist_on_output, unwritable};
use crate::cli::environment::variable;
use crate::cli::exit::{Exit, Stop};
use crate::cli::renderer::{by_signal, called};
use crate::cli::stopping::Stopping;

/// Bytes of standard output written at once.
const OUTPUT_BUFFER: usize = 1 << 16;

/// Writes a file that is not a manifest, completely or not at all.
pub(crate) fn write_whole(file: &Path, text: &str) -> Result<(), Stop> {
    frontend::write(file, text).map_err(|error| {
        let (file, error) = (shown_path(file), shown_error(&error));
        Stop::new(Exit::Unwritable, say!("error: cannot write {}: {}\n", file, error))
    })
}

/// Writes the manifests with what is injected. A reader that goes away is an error here: manifests would be lost.
pub(crate) fn manifests(sources: &[Source], outcome: &Outcome<'_>) -> Result<(), Stop> {
    let joints = joints(sources)?;
    insist_on_output()?;
    let mut out = io::BufWriter::with_capacity(OUTPUT_BUFFER, io::stdout().lock());
    let mut write = || -> io::Result<()> {
        for ((source, plan), joint) in sources.iter().zip(&outcome.plans).zip(&joints) {
            out.write_all(joint.between.as_bytes())?;
            let mut rest = Skipping { out: &mut out, bytes: joint.skipped };
            plan.write(&source.text, &mut rest)?;
            // Helm 4 takes an empty output for a failure.
            if source.text.trim().is_empty()
                && variable("HELM_PLUGIN_NAME").as_deref() == Some("pullcreds")
            {
                out.write_all(b"# nothing was rendered\n")?;
            }
        }
        out.flush()
    };
    write().map_err(|error| unwritable(&error))
}

/// What stands in front of each source in the one stream that they become.
fn joints(sources: &[Source]) -> Result<Vec<Joint>, Stop> {
    let first = sources.iter().take(1).map(|_| Ok(Joint { between: "", skipped: 0 }));
    let others = sources.windows(2).map(|pair| {
        yaml::join(&pair[0].text, &pair[1].text)
            .map_err(|severed| severed_files(&pair[0].name, &pair[1].name, severed))
    });
    first.chain(others).collect()
}

fn severed_files(before: &str, after: &str, severed: Severed) -> Stop {
    let why = match severed {
        Severed::Directive => say!("{} begins with a directive (`%`)", shown(after)),
        Severed::Scalar => {
            say!(
                "{} ends in a block scalar that keeps its line breaks (`+`) and has none at its end",
                shown(before)
            )
        }
    };
    let text = say!(
        "error: {} and {} cannot be printed as one stream: {}. Use --write, or one file at a time\n",
        shown(before),
        shown(after),
        why
    );
    Stop::new(Exit::Usage, text)
}

/// A writer without its first bytes.
struct Skipping<'w, W> {
    out: &'w mut W,
    bytes: usize,
}

impl<W: Write> Write for Skipping<'_, W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let skipped = self.bytes.min(buffer.len());
        self.bytes -= skipped;
        self.out.write_all(&buffer[skipped..])?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A file that was read: where, or why it is none to write to.
pub(crate) type FileOrigin = Result<FilePlace, NotWritten>;

/// Where a file is, to be asked as soon as it is read.
pub(crate) fn origin(path: &Path) -> FileOrigin {
    FilePlace::of(path)
}

/// Changes the files at `origins`, which `sources` were read from, where something is injected.
pub(crate) fn back(
    origins: &[FileOrigin],
    sources: &[Source],
    outcome: &Outcome<'_>,
) -> Result<(), Stop> {
    let stop = Stopping::listen().map_err(|error| Stop::because(Exit::Internal, &error))?;
    let mut named = Vec::new();
    let mut changes = Vec::new();
    let mut seen = BTreeSet::new();
    for ((origin, source), plan) in origins.iter().zip(sources).zip(&outcome.plans) {
        if plan.is_empty() {
            continue;
        }
        let place = origin.as_ref().map_err(|refused| unwritten(&source.name, refused))?;
        // A file that is named twice, as by a link, is changed once.
        if seen.insert(place.clone()) {
            named.push(&*source.name);
            let after = Box::new(|| plan.apply(&source.text));
            changes.push(Change { place: place.clone(), before: &source.text, after });
        }
    }
    let outcomes = frontend::replace_all(&changes, &|| stop.signal().is_some());
    told(&named, &outcomes, stop.signal())
}

/// What became of the files.
fn told(
    named: &[&str],
    outcomes: &[Result<Replaced, NotWritten>],
    signal: Option<i32>,
) -> Result<(), Stop> {
    let mut errors = Message::default();
    for (name, outcome) in named.iter().zip(outcomes) {
        match outcome {
            Ok(Replaced { other_names: 0 }) | Err(NotWritten::Stopped) => {}
            Ok(Replaced { other_names }) => eprint(&say!(
                "warning: {} had {} more name{} (hard links), which still have the old content\n",
                shown(name),
                other_names,
                if *other_names == 1 { "" } else { "s" }
            )),
            Err(refused) => errors = say!("{}{}", errors, unwritten_message(name, refused)),
        }
    }
    let written = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let all = outcomes.len();
    let count = say!("{} of {} files were written\n", written, all);
    match signal {
        Some(signal)
            if outcomes.iter().any(|outcome| matches!(outcome, Err(NotWritten::Stopped))) =>
        {
            let text = say!("{}error: stopped by signal {}: {}", errors, called(signal), count);
            Err(Stop::new(by_signal(signal), text))
        }
        _ if errors.is_empty() => Ok(()),
        _ if all == 1 => Err(Stop::new(Exit::Unwritable, errors)),
        _ => Err(Stop::new(Exit::Unwritable, say!("{}{}", errors, count))),
    }
}

fn unwritten(name: &str, refused: &NotWritten) -> Stop {
    Stop::new(Exit::Unwritable, unwritten_message(name, refused))
}

fn unwritten_message(name: &str, refused: &NotWritten) -> Message {
    say!("error: cannot write {}: {}\n", shown(name), shown_error(refused))
}
