//! How long each format of a report takes where every image lacks its pull secret, against JSON.
//!
//! The processes take turns, and the medians are side by side. Nothing fails here: the figures are for people to read.
//! `cargo bench --bench formats -- WORD` runs the formats with that word in their names. `PULLCREDS_BINARY` names
//! another program than the one that is built, to compare the two.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads its environment and its files")]
#![allow(clippy::print_stdout, reason = "printing is all it is for")]

#[path = "filter/generate.rs"]
#[allow(dead_code, reason = "each benchmark uses a part of this")]
mod generate;
mod measure;

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use measure::{median, megabytes, milliseconds, peak_memory, program, timed};
use pullcreds::report::Format;
use pullcreds::words::Words as _;

const ROUNDS: usize = 5;
/// How much more time than JSON a format may take.
const MOST: f64 = 2.0;

fn main() -> io::Result<()> {
    let wanted: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let is_wanted = |format: &&&str| {
        wanted.is_empty()
            || **format == "json"
            || wanted.iter().any(|word| format.contains(&**word))
    };
    let formats: Vec<&str> = Format::flag_words().iter().filter(is_wanted).copied().collect();
    let folder = tempfile::tempdir()?;
    let input = generate::without_pull_secrets();
    fs::write(folder.path().join("input.yaml"), &input.text)?;
    println!(
        "pullcreds check --assume-private --fail-on never --format FORMAT on {:.0} MB, {} documents; medians of \
         {ROUNDS} rounds\n",
        megabytes(input.text.len()),
        input.documents
    );
    let mut times = vec![Vec::new(); formats.len()];
    for _ in 0..ROUNDS {
        for (format, times) in formats.iter().zip(&mut times) {
            times.push(timed(check(folder.path(), format), "")?);
        }
    }
    let times: Vec<_> = times.into_iter().map(median).collect();
    let json = formats.iter().zip(&times).find(|(format, _)| **format == "json");
    let json = json.map_or(1.0, |(_, time)| time.as_secs_f64());
    println!("{:<10} {:>8} {:>8} {:>10} {:>10}", "format", "ms", "ratio", "peak MB", "report MB");
    for (format, time) in formats.iter().zip(&times) {
        let ratio = time.as_secs_f64() / json;
        let memory = peak_memory(check(folder.path(), format), "")?;
        let report = check(folder.path(), format).output()?.stdout;
        println!(
            "{format:<10} {:>8.0} {ratio:>8.2} {:>10} {:>10.2}{}",
            milliseconds(*time),
            memory.map_or("-".to_owned(), |peak| format!("{:.0}", megabytes(peak))),
            megabytes(report.len()),
            if ratio > MOST { "  TOO SLOW" } else { "" }
        );
    }
    Ok(())
}

fn check(folder: &Path, format: &str) -> Command {
    let mut command = Command::new(program());
    command.args(["check", "--assume-private", "--fail-on", "never", "--format", format]);
    command.arg("input.yaml").current_dir(folder);
    command
}
