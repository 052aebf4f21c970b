//! Where reports go that are asked for with `--report`: to standard error, to files, to a file of this run in a folder,
//! and to whatever else has a name.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pullcreds::frontend::{self, Standard};
use pullcreds::report::{Format, Look, Report};
use pullcreds::say;
use pullcreds::text::{shown, shown_error, shown_path};

use super::{eprint, print};
use crate::cli::exit::{Exit, Stop};
use crate::cli::settings::Settings;
use crate::cli::settings::table::ReportTo;

/// Refuses a report that would come among the manifests on standard output, or in their place.
pub(crate) fn keep_out_of_manifests(reports: &[ReportTo]) -> Result<(), Stop> {
    for ReportTo { format, file } in reports {
        let Some(file) = file else { continue };
        if frontend::standard(file) == Some(Standard::Output) {
            let text = say!(
                "error: --report {format}={file}: that is standard output, which carries the manifests. Name another \
                 file, or write --report {format} for standard error\n",
                format = shown(&format.to_string()),
                file = shown_path(file)
            );
            return Err(Stop::new(Exit::Usage, text));
        }
    }
    Ok(())
}

/// Writes the reports that have a place of their own. Those for standard error come at the end of the run.
pub(crate) fn write(report: &Report<'_>, settings: &Settings) -> Result<(), Stop> {
    for ReportTo { format, file } in &settings.reports {
        let Some(file) = file else { continue };
        let text = report.render(*format, Look::PLAIN);
        match frontend::standard(file) {
            Some(Standard::Output) => drop(print(&text)?),
            Some(Standard::Error) => eprint(&text),
            None => write_file(file, *format, &text, settings.now)?,
        }
    }
    Ok(())
}

/// The reports for standard error that are asked for, one after the other; `None` if there is none.
pub(crate) fn for_standard_error(report: &Report<'_>, settings: &Settings) -> Option<String> {
    let formats = settings.reports.iter().filter(|to| to.file.is_none()).map(|to| to.format);
    let texts: Vec<_> = formats.map(|format| report.render(format, Look::PLAIN)).collect();
    (!texts.is_empty()).then(|| texts.concat())
}

/// Whether one of the reports goes to standard output.
pub(crate) fn take_output(reports: &[ReportTo]) -> bool {
    let files = reports.iter().filter_map(|to| to.file.as_deref());
    files.into_iter().any(|file| frontend::standard(file) == Some(Standard::Output))
}

fn write_file(named: &Path, format: Format, text: &str, now: Timestamp) -> Result<(), Stop> {
    let file = place(named, format, now)?;
    frontend::write(&file, text).map_err(|error| {
        let text =
            say!("error: cannot write the report {}: {}\n", shown_path(&file), shown_error(&error));
        Stop::new(Exit::Unwritable, text)
    })
}

/// Where a report goes: to the file that is named, or into a folder as a file of this run, since tools over Helm run
/// releases side by side with one command line. A name that ends in a slash is that of a folder, which is made if it
/// is not there.
fn place(named: &Path, format: Format, now: Timestamp) -> Result<PathBuf, Stop> {
    let is_folder = named.is_dir() || names_folder(named);
    if !is_folder {
        return Ok(named.to_owned());
    }
    frontend::make_folder(named).map_err(|error| {
        let text =
            say!("error: cannot make the folder {}: {}\n", shown_path(named), shown_error(&error));
        Stop::new(Exit::Unwritable, text)
    })?;
    Ok(named.join(format!("pullcreds-{}-{}.{format}", now.as_nanosecond(), std::process::id())))
}

fn names_folder(path: &Path) -> bool {
    let last = path.as_os_str().as_encoded_bytes().last();
    last.is_some_and(|&last| std::path::is_separator(last.into()))
}
