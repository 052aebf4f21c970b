//! How many instructions the program runs for inputs that are always the same, under callgrind: a figure that a busy
//! machine does not change. It is compared with the one that is kept in `benches/instructions.tsv`.
//!
//! `cargo bench --bench instructions` fails if a figure is more than 3 % above the kept one, if that was measured with
//! the same compiler on the same kind of machine. `-- --update` keeps the new figures.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads its environment and its files")]
#![allow(clippy::print_stdout, reason = "printing is all it is for")]

#[path = "filter/generate.rs"]
#[allow(dead_code, reason = "the other benchmark prints more of an input")]
mod generate;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use tempfile::TempDir;

const PULLCREDS: &str = env!("CARGO_BIN_EXE_pullcreds");
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.tsv");

/// How much more is accepted: a twentieth of what people notice.
const TOLERANCE: f64 = 1.03;

/// The variable of the number of threads of rayon: more threads run more instructions, in another number each time.
const THREADS: &str = "RAYON_NUM_THREADS";

const INJECT: &[&str] = &["--inject", "*=regcred", "--into", "pod"];
const NOTHING: &[&str] = &["--inject", "none.example.com=regcred"];
const CHECK: &[&str] = &["check", "--fail-on", "never"];
const JSON: &[&str] = &["check", "--fail-on", "never", "--format", "json"];

struct Run {
    name: &'static str,
    input: String,
    args: &'static [&'static str],
}

/// The six runs.
fn runs() -> [Run; 6] {
    let chart = generate::chart().text;
    let workloads = generate::first(&generate::workloads().text, 3_000_000);
    let definitions = generate::first(&generate::definitions().text, 6_000_000);
    [
        Run { name: "chart, inject", input: chart, args: INJECT },
        Run { name: "workloads, inject", input: workloads.clone(), args: INJECT },
        Run { name: "workloads, nothing to inject", input: workloads.clone(), args: NOTHING },
        Run { name: "workloads, check", input: workloads.clone(), args: CHECK },
        Run { name: "workloads, check as JSON", input: workloads, args: JSON },
        Run { name: "definitions, inject", input: definitions, args: INJECT },
    ]
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("not measured: valgrind is not installed");
        return Ok(ExitCode::SUCCESS);
    }
    let folder = tempfile::tempdir()?;
    let surroundings = surroundings()?;
    let kept = Kept::read(Path::new(KEPT))?;
    let is_comparable = kept.surroundings == surroundings;
    println!("instructions, in millions; {surroundings}\n");
    println!("{:<30} {:>8} {:>10} {:>10} {:>7}", "run", "MB", "kept", "now", "ratio");
    let mut now = Kept { surroundings, counts: BTreeMap::new() };
    let mut is_slower = false;
    for run in runs() {
        let count = count(&run, &folder)?;
        let before = kept.counts.get(run.name).copied();
        let ratio = before.map(|before| as_float(count) / as_float(before));
        is_slower |= is_comparable && ratio.is_some_and(|ratio| ratio > TOLERANCE);
        println!(
            "{:<30} {:>8.2} {:>10} {:>10} {:>7}",
            run.name,
            as_float(run.input.len() as u64) / 1e6,
            before.map_or("-".to_owned(), |before| format!("{:.1}", as_float(before) / 1e6)),
            format!("{:.1}", as_float(count) / 1e6),
            ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.3}")),
        );
        now.counts.insert(run.name.to_owned(), count);
    }
    if std::env::args().any(|arg| arg == "--update") {
        fs::write(KEPT, now.text())?;
        return Ok(ExitCode::SUCCESS);
    }
    if !is_comparable {
        println!("\nnot compared: the kept figures are of {}", kept.surroundings);
    }
    if is_slower {
        println!("\nmore than {:.0} % above the kept figure", (TOLERANCE - 1.0) * 100.0);
        println!(
            "find out why, or keep the new figures: cargo bench --profile dist --bench instructions -- --update"
        );
    }
    Ok(if is_slower { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of counts needs no more")]
fn as_float(count: u64) -> f64 {
    count as f64
}

/// The instructions of a run.
fn count(run: &Run, folder: &TempDir) -> Result<u64, Box<dyn Error>> {
    let input = folder.path().join("input.yaml");
    let profile = folder.path().join("callgrind.out");
    fs::write(&input, &run.input)?;
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(PULLCREDS)
        .args(run.args)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path())
        .env(THREADS, "1")
        .env("SOURCE_DATE_EPOCH", "1793491200")
        .current_dir(folder.path())
        .stdin(fs::File::open(&input)?)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(format!("{} ended with {status}", run.name).into());
    }
    let text = fs::read_to_string(profile)?;
    let total = text
        .lines()
        .find_map(|line| line.strip_prefix("summary:").or_else(|| line.strip_prefix("totals:")));
    let first = total.and_then(|total| total.split_whitespace().next());
    Ok(first.ok_or("callgrind wrote no total")?.parse()?)
}

/// The compiler and the machine, on which the figures depend.
fn surroundings() -> Result<String, Box<dyn Error>> {
    let rustc = Command::new("rustc").arg("--version").output()?;
    let valgrind = Command::new("valgrind").arg("--version").output()?;
    let version = |output: &[u8]| String::from_utf8_lossy(output).trim().to_owned();
    // memchr, libc and others have other code for each kind of processor, and libc for each version.
    let libc = Command::new("getconf").arg("GNU_LIBC_VERSION").output().map(|output| output.stdout);
    Ok(format!(
        "{}, {}, {}, {}{}",
        version(&rustc.stdout),
        version(&valgrind.stdout),
        version(&libc.unwrap_or_default()),
        std::env::consts::ARCH,
        if has_wide_vectors() { " with AVX2" } else { "" },
    ))
}

#[cfg(target_arch = "x86_64")]
fn has_wide_vectors() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_wide_vectors() -> bool {
    false
}

/// The figures of a file: a line with where they are from, and then one a run.
#[derive(Default)]
struct Kept {
    surroundings: String,
    counts: BTreeMap<String, u64>,
}

impl Kept {
    fn read(file: &Path) -> Result<Self, Box<dyn Error>> {
        if !file.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(file)?;
        let mut lines = text.lines();
        let surroundings = lines.next().unwrap_or_default().to_owned();
        let mut counts = BTreeMap::new();
        for line in lines {
            let (name, count) =
                line.split_once('\t').ok_or("a line has a name, a tab and a count")?;
            counts.insert(name.to_owned(), count.parse()?);
        }
        Ok(Self { surroundings, counts })
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.surroundings);
        for (name, count) in &self.counts {
            let _ = writeln!(text, "{name}\t{count}");
        }
        text
    }
}
