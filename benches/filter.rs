//! How long the filter takes, as its users meet it: whole processes, against `cat` on the same bytes.
//!
//! The input comes through a pipe, as Helm sends it, and the output goes to the null device, so that only
//! the program's own work is measured. The processes take turns, and the medians are side by side.
//! Nothing fails here: the figures are for people to read.
//!
//! `cargo bench` runs all of it, `cargo bench -- --quick` fewer rounds. With `PULLCREDS_KUBECTL` set, one
//! run of `kubectl kustomize` is compared too.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads its environment and its files")]
#![allow(clippy::print_stdout, reason = "printing is all it is for")]

#[path = "filter/generate.rs"]
#[allow(dead_code, reason = "each benchmark uses a part of this")]
mod generate;
#[allow(dead_code, reason = "each benchmark uses a part of this")]
mod measure;

use std::ffi::OsStr;
use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use generate::Input;
use measure::{median, megabytes, milliseconds, peak_memory, timed};

const PULLCREDS: &str = env!("CARGO_BIN_EXE_pullcreds");
const ARGS: [&str; 4] = ["--inject", "*=regcred", "--into", "pod"];

/// What the program promises for one input: a time that depends on that of `cat`.
struct Target {
    said: &'static str,
    time: fn(cat: Duration) -> Duration,
}

const CHART: Target = Target { said: "cat + 3 ms", time: |cat| cat + Duration::from_millis(3) };
const WORKLOADS: Target = Target { said: "27 x cat", time: |cat| cat * 27 };
const DEFINITIONS: Target = Target { said: "2.5 x cat", time: |cat| cat * 5 / 2 };

const MEMORY_TARGET: &str = "the input + 16 MiB";
const KUSTOMIZE_TARGET: u32 = 200;

fn main() -> io::Result<()> {
    let quick = std::env::args().any(|arg| arg == "--quick");
    let rounds = if quick { 3 } else { 9 };
    println!("pullcreds {}", ARGS.join(" "));
    println!("whole processes, input through a pipe, output to the null device; medians\n");
    println!(
        "{:<12} {:>7} {:>6} {:>7} {:>8} {:>10} {:>7}  {:<20} peak memory above the input",
        "input", "MB", "docs", "rounds", "cat ms", "pullcreds", "ratio", "target"
    );
    compare(&generate::chart(), rounds * 5, &CHART)?;
    compare(&generate::workloads(), rounds, &WORKLOADS)?;
    let definitions = generate::definitions();
    let own = compare(&definitions, rounds, &DEFINITIONS)?;
    println!("target for memory: {MEMORY_TARGET}");
    match std::env::var_os("PULLCREDS_KUBECTL") {
        Some(kubectl) if !quick => kustomize(&kubectl, &definitions, own),
        _ => {
            println!("kubectl kustomize: not run (it wants PULLCREDS_KUBECTL, and no --quick)");
            Ok(())
        }
    }
}

/// Prints one row of the table and returns the median time of the program.
fn compare(input: &Input, rounds: usize, target: &Target) -> io::Result<Duration> {
    let (mut cat, mut own) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        cat.push(timed(Command::new("cat"), &input.text)?);
        own.push(timed(program(), &input.text)?);
    }
    let (cat, own) = (median(cat), median(own));
    let memory = peak_memory(program(), &input.text)?.map_or("not known here".to_owned(), |peak| {
        format!("{:.1} MiB", mebibytes(peak) - mebibytes(input.text.len()))
    });
    let held = if own <= (target.time)(cat) { "held" } else { "MISSED" };
    println!(
        "{:<12} {:>7.2} {:>6} {:>7} {:>8.2} {:>10.2} {:>7.2}  {:<20} {}",
        input.name,
        megabytes(input.text.len()),
        input.documents,
        rounds,
        milliseconds(cat),
        milliseconds(own),
        own.as_secs_f64() / cat.as_secs_f64(),
        format!("{} {held}", target.said),
        memory,
    );
    Ok(own)
}

fn program() -> Command {
    let mut command = Command::new(PULLCREDS);
    command.args(ARGS);
    command
}

/// Compares with one run of `kubectl kustomize`, which reads and writes the same manifests.
fn kustomize(kubectl: &OsStr, input: &Input, own: Duration) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("kustomization.yaml"), "resources: [input.yaml]\n")?;
    std::fs::write(folder.path().join("input.yaml"), &input.text)?;
    let start = Instant::now();
    let output = Command::new(kubectl)
        .arg("kustomize")
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    let time = start.elapsed();
    if !output.status.success() {
        println!("kubectl kustomize failed: {}", String::from_utf8_lossy(&output.stderr));
        return Ok(());
    }
    let held = if time >= own * KUSTOMIZE_TARGET { "held" } else { "MISSED" };
    println!(
        "kubectl kustomize on {}, once: {:.0} ms, {:.0} x pullcreds; target {KUSTOMIZE_TARGET} x {held}",
        input.name,
        milliseconds(time),
        time.as_secs_f64() / own.as_secs_f64(),
    );
    Ok(())
}

fn mebibytes(bytes: usize) -> f64 {
    megabytes(bytes) * 1e6 / 1_048_576.0
}
