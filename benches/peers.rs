//! How long other programs take that read the same manifests: whole processes that take turns with this one, medians.
//!
//! A peer that is not installed is left out: `yq`, `kubeconform`, `kustomize` and `python3` (with `PyYAML`) are looked for
//! in the search path, kustomize and Python first under `PULLCREDS_KUSTOMIZE` and `PULLCREDS_PYTHON`. Nothing fails here:
//! the figures are for people to read. `PULLCREDS_BINARY` names another program than the one that is built.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads its environment and its files")]
#![allow(clippy::print_stdout, reason = "printing is all it is for")]

#[path = "filter/generate.rs"]
#[allow(dead_code, reason = "each benchmark uses a part of this")]
mod generate;
#[allow(dead_code, reason = "each benchmark uses a part of this")]
mod measure;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use generate::Input;
use measure::{median, megabytes, milliseconds, timed};

/// A slow peer is not run this often.
const ROUNDS: usize = 9;
/// What all runs of one program on one input may take, but for the first.
const ENOUGH: Duration = Duration::from_secs(20);

/// A program that reads manifests.
struct Peer {
    name: &'static str,
    /// The variable that names the program.
    variable: &'static str,
    program: &'static str,
    /// Whether it is installed.
    probe: &'static [&'static str],
    args: &'static [&'static str],
    what: &'static str,
}

const INPUT: &str = "input.yaml";
const PYTHON: &str = "import sys, yaml\n\
    L = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)\n\
    D = getattr(yaml, 'CSafeDumper', yaml.SafeDumper)\n\
    yaml.dump_all(yaml.load_all(open('input.yaml'), L), sys.stdout, D)";

const PEERS: &[Peer] = &[
    Peer {
        name: "cat",
        variable: "",
        program: "cat",
        probe: &["--version"],
        args: &[INPUT],
        what: "copies the bytes",
    },
    Peer {
        name: "pullcreds inject",
        variable: "PULLCREDS_BINARY",
        program: env!("CARGO_BIN_EXE_pullcreds"),
        probe: &["--version"],
        args: &["inject", "--inject", "*=regcred", "--into", "pod", INPUT],
        what: "judges and writes the manifests",
    },
    Peer {
        name: "pullcreds check",
        variable: "PULLCREDS_BINARY",
        program: env!("CARGO_BIN_EXE_pullcreds"),
        probe: &["--version"],
        args: &["check", "--fail-on", "never", INPUT],
        what: "judges",
    },
    Peer {
        name: "yq",
        variable: "",
        program: "yq",
        probe: &["--version"],
        args: &[".", INPUT],
        what: "reads and writes the manifests",
    },
    Peer {
        name: "kustomize build",
        variable: "PULLCREDS_KUSTOMIZE",
        program: "kustomize",
        probe: &["version"],
        args: &["build", "."],
        what: "reads and writes the manifests",
    },
    Peer {
        name: "kubeconform",
        variable: "",
        program: "kubeconform",
        probe: &["-v"],
        args: &["-schema-location", "none.json", "-ignore-missing-schemas", INPUT],
        what: "reads the manifests, without any schema",
    },
    Peer {
        name: "PyYAML",
        variable: "PULLCREDS_PYTHON",
        program: "python3",
        probe: &["-c", "import yaml"],
        args: &["-c", PYTHON],
        what: "reads and writes the manifests, in C where that is there",
    },
];

fn main() -> io::Result<()> {
    println!("whole processes, a file as input, output to the null device; medians\n");
    let inputs = [generate::chart(), first(&generate::workloads(), 3_000_000)];
    for input in &inputs {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("kustomization.yaml"), "resources: [input.yaml]\n")?;
        fs::write(folder.path().join(INPUT), &input.text)?;
        let megabytes = megabytes(input.text.len());
        println!("{}: {megabytes:.2} MB, {} documents", input.name, input.documents);
        println!("{:<18} {:>10} {:>14}  what it does", "program", "ms", "x pullcreds");
        compare(folder.path())?;
        println!();
    }
    Ok(())
}

/// Prints a row for each peer that is installed.
fn compare(folder: &Path) -> io::Result<()> {
    let installed: Vec<_> = PEERS.iter().filter(|peer| peer.is_installed()).collect();
    let mut times = vec![Vec::new(); installed.len()];
    for _ in 0..ROUNDS {
        for (peer, times) in installed.iter().zip(&mut times) {
            if times.iter().sum::<Duration>() < ENOUGH {
                times.push(timed(peer.command(folder), "")?);
            }
        }
    }
    let times: Vec<_> = times.into_iter().map(median).collect();
    let own = installed.iter().zip(&times).find(|(peer, _)| peer.name == "pullcreds inject");
    let own = own.map_or(1.0, |(_, time)| time.as_secs_f64());
    for (peer, time) in installed.iter().zip(&times) {
        let ratio = time.as_secs_f64() / own;
        println!("{:<18} {:>10.2} {ratio:>14.2}  {}", peer.name, milliseconds(*time), peer.what);
    }
    for peer in PEERS.iter().filter(|peer| !peer.is_installed()) {
        println!("{:<18} not installed", peer.name);
    }
    Ok(())
}

/// The first documents of an input, in about `most` bytes.
fn first(input: &Input, most: usize) -> Input {
    let text = generate::first(&input.text, most);
    Input { name: input.name, documents: text.matches("---\n").count(), text }
}

impl Peer {
    fn program(&self) -> OsString {
        std::env::var_os(self.variable).unwrap_or_else(|| self.program.into())
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(self.program());
        command.args(self.args).current_dir(folder);
        command
    }

    fn is_installed(&self) -> bool {
        let mut probe = Command::new(self.program());
        let probe = probe.args(self.probe).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    }
}
