//! The files of a policy: found, named, and extended by others.

use std::path::{Path, PathBuf};

use pullcreds::finding;
use pullcreds::frontend::{self, Limit};
use pullcreds::policy::{FileMistakes, Policy, PolicyLayer, PolicyText};
use pullcreds::report::{self, Format, Look};
use pullcreds::say;
use pullcreds::source::{LineIndex, Source, Span};
use pullcreds::text::{shown, shown_path};

use super::Mode;
use super::argocd;
use super::policy::policy_mistakes;
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::eprint;
use crate::cli::output::look::format;

/// Policy files that are found without being named.
const POLICY_FILES: &[&str] = &["pullcreds.yaml", ".pullcreds.yaml"];

/// What the root of a repository has.
const REPOSITORY: &str = ".git";

/// How many policies may extend one another.
const DEEPEST: usize = 16;

/// The files of a policy, each after those that it extends.
pub(crate) struct PolicyFiles {
    pub(crate) text: PolicyText,
    pub(crate) paths: Vec<PathBuf>,
}

/// The policy file of a run that names none: in this folder, and for `check` and `inject` also in a folder above it,
/// up to the root of the repository. None where the folder belongs to what is judged.
pub(crate) fn found(mode: Mode) -> Option<PathBuf> {
    if [Mode::Function, Mode::Run].contains(&mode) || argocd::is_caller() {
        return None;
    }
    let here = in_folder(Path::new(""));
    if here.is_some() || mode == Mode::Filter {
        return here;
    }
    let path = above(in_folder)?;
    eprint(&say!("note: the policy is {}\n", shown_path(&path)));
    Some(path)
}

/// The policy file of a folder.
fn in_folder(folder: &Path) -> Option<PathBuf> {
    let mut all = POLICY_FILES.iter().map(|name| folder.join(name));
    all.find(|path| path.is_file())
}

/// The policy file in this folder that does not count, since the folder belongs to what is judged.
pub(crate) fn ignored(mode: Mode) -> Option<PathBuf> {
    let is_ignored = mode == Mode::Run && !argocd::is_caller();
    in_folder(Path::new("")).filter(|_| is_ignored)
}

/// What `find` finds first in the folders above this one, up to the root of its repository, as a path from here.
fn above(find: impl Fn(&Path) -> Option<PathBuf>) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let root = here.ancestors().position(|folder| folder.join(REPOSITORY).exists())?;
    let mut way = PathBuf::new();
    (0..root).find_map(|_| {
        way.push("..");
        find(&way)
    })
}

impl PolicyFiles {
    /// Reads the policy in these files, of which later ones win, and in those that they extend.
    pub(crate) fn read(paths: &[PathBuf], mode: Mode, look: Look) -> Result<(Policy, Self), Stop> {
        let mut gathered = Gathered::default();
        for path in paths {
            argocd::operators_file(path, "policy")?;
            gathered.take(path, &mut Vec::new())?;
        }
        let Gathered { layers, paths, .. } = gathered;
        let read = PolicyText::read(layers, &finding::names());
        let (policy, text) = read.map_err(|mistakes| {
            let of_file = |FileMistakes { source, mistakes }: &FileMistakes| match format(mode) {
                Format::Brief => report::brief_mistakes(source, mistakes),
                _ => policy_mistakes(source, mistakes, look),
            };
            Stop::with_report(Exit::Usage, mistakes.iter().map(of_file).collect())
        })?;
        Ok((policy, Self { text, paths }))
    }

    /// The file that says something.
    pub(crate) fn path(&self, span: Span) -> &Path {
        &self.paths[self.text.file(span.start as usize)]
    }
}

#[derive(Default)]
struct Gathered {
    layers: Vec<PolicyLayer>,
    paths: Vec<PathBuf>,
    /// The same files under the one name that each has.
    seen: Vec<PathBuf>,
}

impl Gathered {
    /// Takes what a file extends, then the file. `through` are the files that lead to it.
    fn take(&mut self, path: &Path, through: &mut Vec<PathBuf>) -> Result<(), Stop> {
        let source = frontend::read_file(path, &Limit::default());
        let source = source.map_err(|error| Stop::because(Exit::Usage, &error))?;
        let own = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.seen.contains(&own) {
            return Ok(());
        }
        through.push(own.clone());
        let folder = path.parent().unwrap_or(Path::new(""));
        let layer = PolicyLayer::new(source);
        for extended in layer.extended() {
            let base = folder.join(&extended.value);
            let wrong = |why: &'static str| wrong(layer.source(), extended.span, &base, why);
            let target = base.canonicalize().map_err(|_| wrong("there is no such file"))?;
            if through.contains(&target) {
                return Err(wrong("it extends this file itself"));
            }
            if through.len() == DEEPEST {
                return Err(wrong("too many policies extend one another"));
            }
            self.take(&base, through)?;
        }
        through.pop();
        self.seen.push(own);
        self.layers.push(layer);
        self.paths.push(path.to_owned());
        Ok(())
    }
}

/// Why a policy cannot extend a file.
fn wrong(source: &Source, span: Option<Span>, base: &Path, why: &'static str) -> Stop {
    let at = span.map_or(0, |span| span.start as usize);
    let position = LineIndex::new(&source.text).position(&source.text, at);
    let name = shown(&source.name);
    let text = say!("error: {}:{}: cannot extend {}: {}\n", name, position, shown_path(base), why);
    Stop::new(Exit::Usage, text)
}
