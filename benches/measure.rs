//! Times and memory of whole processes.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The program that is measured: the one that is built, or the one that `PULLCREDS_BINARY` names.
pub(crate) fn program() -> OsString {
    std::env::var_os("PULLCREDS_BINARY").unwrap_or(env!("CARGO_BIN_EXE_pullcreds").into())
}

/// The time from the start of a process to its end.
pub(crate) fn timed(mut command: Command, input: &str) -> io::Result<Duration> {
    let start = Instant::now();
    let (status, ()) = fed(&mut command, input, |_| ())?;
    let time = start.elapsed();
    if !status.success() {
        println!("{command:?} ended with {status}: its time means nothing");
    }
    Ok(time)
}

/// The most memory that a process had in use, in bytes, if the system shows it (`/proc`). It is asked all the
/// time while the process runs; what it keeps is a high-water mark, so that only the last moments are missed.
pub(crate) fn peak_memory(mut command: Command, input: &str) -> io::Result<Option<usize>> {
    let (_, peak) = fed(&mut command, input, |child| {
        let status = format!("/proc/{}/status", child.id());
        let mut peak = None;
        while let Ok(None) = child.try_wait() {
            peak = high_water_mark(&std::fs::read_to_string(&status).unwrap_or_default()).or(peak);
            std::thread::sleep(Duration::from_micros(200));
        }
        peak
    })?;
    Ok(peak)
}

fn high_water_mark(status: &str) -> Option<usize> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: usize = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}

/// Runs a process to its end on `input`, with `meanwhile` beside it.
fn fed<T>(
    command: &mut Command,
    input: &str,
    meanwhile: impl FnOnce(&mut Child) -> T,
) -> io::Result<(ExitStatus, T)> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut pipe = child.stdin.take().expect("standard input is piped");
    std::thread::scope(|scope| {
        // A program that stops early closes the pipe; its exit status shows the error.
        scope.spawn(move || pipe.write_all(input.as_bytes()).ok());
        let seen = meanwhile(&mut child);
        Ok((child.wait()?, seen))
    })
}

pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52 bytes")]
pub(crate) fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
