//! How long a check of many small files takes, against `cat` of the same files, and how much memory each file costs.
//!
//! The processes take turns, and the medians are side by side. Nothing fails here: the figures are for people to read.
//! `PULLCREDS_BINARY` names another program than the one that is built, to compare the two.
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

const COUNTS: [usize; 2] = [1_000, 10_000];
const ROUNDS: usize = 9;
/// How many files are in a folder: those of an application.
const IN_FOLDER: usize = 20;

struct Tree {
    /// Its files, from the folder that holds it.
    paths: Vec<String>,
    bytes: usize,
}

/// What a check of a tree costs.
struct Cost {
    files: usize,
    memory: Option<usize>,
}

fn main() -> io::Result<()> {
    let scratch = tempfile::tempdir()?;
    println!("pullcreds check --fail-on never TREE, whole processes; medians of {ROUNDS} rounds\n");
    println!(
        "{:<10} {:>7} {:>7} {:>8} {:>10} {:>7} {:>10} {:>10}",
        "context", "files", "MB", "cat ms", "pullcreds", "ratio", "us a file", "peak MB"
    );
    for context in ["all", "folder"] {
        let costs = COUNTS.map(|count| cost(scratch.path(), count, context));
        let [few, many] = costs;
        let (few, many) = (few?, many?);
        if let (Some(before), Some(after)) = (few.memory, many.memory) {
            let each = after.saturating_sub(before) / (many.files - few.files);
            println!("{:<10} {each} bytes of memory for each more file\n", "");
        }
    }
    Ok(())
}

/// Prints a row.
fn cost(scratch: &Path, count: usize, context: &str) -> io::Result<Cost> {
    let folder = scratch.join(count.to_string());
    let Tree { paths, bytes } = tree(&folder, count)?;
    let (mut cat, mut own) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut command = Command::new("cat");
        command.args(&paths).current_dir(&folder);
        cat.push(timed(command, "")?);
        own.push(timed(check(&folder, context), "")?);
    }
    let (cat, own) = (median(cat), median(own));
    let memory = peak_memory(check(&folder, context), "")?;
    println!(
        "{context:<10} {count:>7} {:>7.2} {:>8.2} {:>10.2} {:>7.2} {:>10.1} {:>10}",
        megabytes(bytes),
        milliseconds(cat),
        milliseconds(own),
        own.as_secs_f64() / cat.as_secs_f64(),
        milliseconds(own) / megabytes(count) / 1000.0,
        memory.map_or("-".to_owned(), |peak| format!("{:.1}", megabytes(peak))),
    );
    Ok(Cost { files: count, memory })
}

fn check(folder: &Path, context: &str) -> Command {
    let mut command = Command::new(program());
    command.args(["check", "--fail-on", "never", "tree"]);
    command.env("PULLCREDS_CONTEXT", context).current_dir(folder);
    command
}

/// Makes a tree of so many files, if it is not there.
fn tree(folder: &Path, count: usize) -> io::Result<Tree> {
    let mut tree = Tree { paths: Vec::with_capacity(count), bytes: 0 };
    for (at, text) in generate::files(count).into_iter().enumerate() {
        let path = format!("tree/team-{}/app-{}", at / (IN_FOLDER * 25), at / IN_FOLDER);
        fs::create_dir_all(folder.join(&path))?;
        let path = format!("{path}/{}.yaml", at % IN_FOLDER);
        fs::write(folder.join(&path), &text)?;
        tree.bytes += text.len();
        tree.paths.push(path);
    }
    Ok(tree)
}
