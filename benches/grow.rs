//! How the time of a run grows with its input: each shape at a size, and doubled three times.
//!
//! What is measured is instructions where valgrind is installed, so that the figures are the same on every machine and
//! under any load, else the processor time of the process, the least of several runs. The exponent is that of the last
//! two doublings: 1 is a time that grows as the input does, 2 one that grows with the square of it. One above
//! [`MOST`] fails.
//!
//! `cargo bench --bench grow -- TEXT` runs the shapes with that text in their names. `PULLCREDS_BINARY` names another
//! program than the one that is built, to compare the two.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads its environment and its files")]
#![allow(clippy::print_stdout, reason = "printing is all it is for")]

#[path = "grow/shapes.rs"]
mod shapes;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use shapes::{SHAPES, Shape};

/// The largest exponent that passes. Sorting has one a little above 1.
const MOST: f64 = 1.25;
/// How often the size is doubled.
const DOUBLINGS: usize = 3;
/// How much larger inputs are where the clock is all there is.
const FOR_THE_CLOCK: usize = 32;
/// How often a run is repeated there.
const REPEATED: usize = 5;
/// Runs with fewer of what is measured are all overhead.
const LEAST: f64 = 1e6;
/// What takes longer is stopped: it grows too fast.
const LONGEST: Duration = Duration::from_mins(1);

fn main() -> io::Result<ExitCode> {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let meter = if runs("valgrind") { Meter::Instructions } else { Meter::Time };
    println!("{}\n", meter.about());
    println!("{:<34} {:>8}  {:>44}  exponent", "shape", "size", "size, 2x, 4x, 8x");
    let scratch = tempfile::tempdir()?;
    let mut failed = 0;
    let is_wanted =
        |shape: &&Shape| wanted.is_empty() || wanted.iter().any(|text| shape.name.contains(text));
    for shape in SHAPES.iter().filter(is_wanted) {
        failed += usize::from(!grows_well(shape, meter, scratch.path())?);
    }
    println!("\n{failed} shapes grow faster than the input to the power of {MOST}");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the row of a shape; whether it passes.
fn grows_well(shape: &Shape, meter: Meter, scratch: &Path) -> io::Result<bool> {
    let start = shape.size * meter.scale();
    let sizes = (0..=DOUBLINGS).map(|doubled| start << doubled);
    let costs =
        sizes.map(|size| meter.cost(shape, size, scratch)).collect::<io::Result<Vec<_>>>()?;
    let exponent = meter.exponent(&costs);
    let passes = exponent <= MOST;
    let shown: Vec<_> = costs.iter().map(|cost| format!("{:.1}", cost / 1e6)).collect();
    println!(
        "{:<34} {start:>8}  {:>44}  {exponent:.2}{}",
        shape.name,
        shown.join("  "),
        if passes { "" } else { "  TOO FAST" }
    );
    Ok(passes)
}

/// The program that is measured.
fn program() -> OsString {
    std::env::var_os("PULLCREDS_BINARY").unwrap_or(env!("CARGO_BIN_EXE_pullcreds").into())
}

fn runs(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// The measure of the time of a run.
#[derive(Clone, Copy)]
enum Meter {
    /// Counted by valgrind.
    Instructions,
    /// Nanoseconds of the processor.
    Time,
}

impl Meter {
    fn about(self) -> &'static str {
        match self {
            Self::Instructions => "millions of instructions (valgrind), one thread",
            Self::Time => "milliseconds of processor time, the least of several runs, one thread",
        }
    }

    fn scale(self) -> usize {
        match self {
            Self::Instructions => 1,
            Self::Time => FOR_THE_CLOCK,
        }
    }

    fn cost(self, shape: &Shape, size: usize, scratch: &Path) -> io::Result<f64> {
        let run = Run::new(shape, size, scratch)?;
        match self {
            Self::Instructions => run.instructions(),
            Self::Time => {
                let times = (0..REPEATED).map(|_| run.time()).collect::<io::Result<Vec<_>>>()?;
                Ok(times.into_iter().fold(f64::INFINITY, f64::min))
            }
        }
    }

    /// The power of the size with which the cost grows. Of instructions, what every run costs is left out.
    fn exponent(self, costs: &[f64]) -> f64 {
        let (first, middle, last) = (costs[DOUBLINGS - 2], costs[DOUBLINGS - 1], costs[DOUBLINGS]);
        match self {
            _ if last.is_infinite() => f64::INFINITY,
            Self::Instructions if middle - first < LEAST => 0.0,
            Self::Instructions => ((last - middle) / (middle - first)).log2(),
            Self::Time => (last / first).log2() / 2.0,
        }
    }
}

/// A run of the program on an input of some size.
struct Run<'r> {
    scratch: &'r Path,
    args: Vec<String>,
}

impl<'r> Run<'r> {
    fn new(shape: &Shape, size: usize, scratch: &'r Path) -> io::Result<Self> {
        let input = (shape.input)(size);
        fs::write(scratch.join("input"), &input.text)?;
        fs::write(scratch.join("policy.yaml"), &input.policy)?;
        let mut args: Vec<String> = shape.args.iter().map(ToString::to_string).collect();
        args.extend(input.flags);
        if !input.policy.is_empty() {
            args.extend(["--policy".to_owned(), "policy.yaml".to_owned()]);
        }
        Ok(Self { scratch, args })
    }

    fn command(&self, mut command: Command) -> io::Result<Command> {
        command
            .args(&self.args)
            .current_dir(self.scratch)
            .env("XDG_STATE_HOME", self.scratch.join("state"))
            .env("RAYON_NUM_THREADS", "1")
            .stdin(fs::File::open(self.scratch.join("input"))?)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(command)
    }

    fn instructions(&self) -> io::Result<f64> {
        let log = self.scratch.join("log");
        let mut valgrind = Command::new("valgrind");
        valgrind
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(format!("--log-file={}", log.display()))
            .arg(program());
        if !self.ends(valgrind)? {
            return Ok(f64::INFINITY);
        }
        let log = fs::read_to_string(log)?;
        let counted = log.lines().find_map(|line| line.split_once("Collected :"));
        let counted = counted.and_then(|(_, count)| count.trim().parse().ok());
        counted.ok_or_else(|| io::Error::other("valgrind printed no count"))
    }

    fn time(&self) -> io::Result<f64> {
        let before = children()?;
        let ends = self.ends(Command::new(program()))?;
        Ok(if ends { children()? - before } else { f64::INFINITY })
    }

    /// Whether a run comes to its end in time.
    fn ends(&self, command: Command) -> io::Result<bool> {
        let mut child = self.command(command)?.spawn()?;
        let start = Instant::now();
        while start.elapsed() < LONGEST {
            if let Some(status) = child.try_wait()? {
                assert!(
                    matches!(status.code(), Some(0..=3)),
                    "{:?} ended with {status}",
                    self.args
                );
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill()?;
        child.wait()?;
        Ok(false)
    }
}

/// The processor time of all children that have ended, in nanoseconds; it comes in hundredths of a second (proc(5)).
fn children() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks = after.split_whitespace().skip(13).take(2);
    Ok(ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 1e7)
}
