//! The commands of the documents.
//!
//! | block | what is done with it |
//! |---|---|
//! | `sh` | it is run, and exits with 0, or with N if it says `sh exit=N`. A block of output below it is what it prints |
//! | `console` | it needs other programs: only the flags of pullcreds are read |
//! | other languages | the calls of pullcreds in it, too |

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use pullcreds::finding;
use regex::Regex;
use tempfile::TempDir;

use crate::case;
use crate::fences::{Fence, fences};
use crate::support::{Outcome, PULLCREDS, Run, pullcreds, read};
use crate::{all, is_update, path, text};

/// Languages of blocks that hold the output of the command above them.
const OUTPUT: &[&str] = &["text", "json", "xml", "markdown", "html", "diff"];

/// A folder like that of a reader who has followed a page so far: the examples, manifests that pass, and two runs of the
/// filter of which one failed.
struct Workplace {
    folder: TempDir,
}

impl Workplace {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let work = Self { folder };
        for (name, bytes) in case::files(&path("examples")) {
            work.write(Path::new("examples").join(name), &bytes);
        }
        let shop = read(path("examples/check/shop.yaml"));
        let filter = |args: &[&str]| work.run(pullcreds(args.iter().copied()).stdin(shop.clone()));
        filter(&["--quiet", "--fail-on", "error"]).expect(1);
        let passing = filter(&["--inject", "myregistry.azurecr.io=regcred"]).expect(0);
        work.write("manifests/shop.yaml", &passing.stdout);
        work
    }

    fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        let file = self.folder.path().join("work").join(name);
        fs::create_dir_all(file.parent().expect("it has a folder")).expect("a folder can be made");
        fs::write(file, bytes).expect("the temporary folder can be written");
    }

    fn run(&self, run: Run) -> Outcome {
        let home = self.folder.path().join("home");
        fs::create_dir_all(&home).expect("a folder can be made");
        let run = run.env("XDG_STATE_HOME", home.join("state")).env("HOME", home);
        run.env("SOURCE_DATE_EPOCH", case::NOW).in_folder(self.folder.path().join("work")).run()
    }

    /// Runs commands as a terminal shows them: both streams as one.
    fn shell(&self, commands: &str) -> Outcome {
        let program = Path::new(PULLCREDS).parent().expect("it is in a folder");
        let bash = Run::new("bash").args(["-euo", "pipefail", "-c"]);
        self.run(bash.arg(format!("exec 2>&1\n{commands}")).path_first(program))
    }
}

/// Runs the `sh` blocks of a page one after another, and compares or updates the output below them. Returns how many
/// there are.
pub(crate) fn run_blocks(page: &Path) -> usize {
    let mut markdown = text(page);
    let blocks = fences(&markdown);
    if blocks.iter().all(|block| block.language() != "sh") {
        return 0;
    }
    let work = Workplace::new();
    let mut updates = Vec::new();
    let mut count = 0;
    for (at, block) in blocks.iter().enumerate().filter(|(_, block)| block.language() == "sh") {
        count += 1;
        let outcome = work.shell(&block.text).expect(block.exit());
        let Some(shown) = blocks.get(at + 1).filter(|next| OUTPUT.contains(&next.language()))
        else {
            continue;
        };
        if shown.text == outcome.out() {
            continue;
        }
        let update = "PULLCREDS_UPDATE=1 cargo test --test docs";
        assert!(is_update(), "{}: {update}\n{}\n{outcome}", page.display(), block.text);
        updates.push((shown.place.clone(), outcome.out().to_owned()));
    }
    for (place, output) in updates.into_iter().rev() {
        markdown.replace_range(place, &output);
        fs::write(page, &markdown).expect("the document can be written");
    }
    count
}

/// The words after `pullcreds` in each command of a document, in blocks and in the text.
pub(crate) fn calls(markdown: &str) -> Vec<Vec<String>> {
    let mut commands: Vec<String> = Vec::new();
    for block in fences(markdown) {
        match block.language() {
            "sh" | "console" => commands.extend(lines(&block)),
            language if OUTPUT.contains(&language) => {}
            _ => commands.extend(all(CALL, &block.text)),
        }
    }
    let inline = all(r"`(pullcreds [^`]+)`", markdown).into_iter();
    commands.extend(inline.map(|command| command.replace('\n', " ")));
    commands.iter().filter_map(|command| call(command.trim())).collect()
}

/// A call in a file of another program, such as a step of a pipeline.
const CALL: &str =
    r#"\b(pullcreds (?:check|inject|krm|run|baseline|kinds|explain|last|policy)\b[^'"\n]*)"#;

/// The single commands of a block of the shell.
fn lines(block: &Fence) -> Vec<String> {
    let joined = block.text.replace("\\\n", " ");
    let commands = joined.lines().flat_map(|line| line.split(" | "));
    let commands = commands.flat_map(|line| line.split(" && ")).flat_map(|line| line.split(" || "));
    commands.map(str::to_owned).collect()
}

fn call(command: &str) -> Option<Vec<String>> {
    let command = command.split(" #").next()?.split(['<', '>']).next()?.trim();
    let command = command.replace('"', "'");
    if let Some(own) = command.strip_prefix("pullcreds") {
        return Some(case::words(own)).filter(|_| own.is_empty() || own.starts_with(' '));
    }
    let (_, sent) = command.split_once("--post-renderer pullcreds")?;
    let sent = case::words(sent).into_iter();
    Some(
        sent.filter_map(|word| Some(word.strip_prefix("--post-renderer-args=")?.to_owned()))
            .collect(),
    )
}

/// Whether the program takes a call: all of its words, or only the names of the flags where words stand for others.
pub(crate) fn is_taken(call: &[String]) -> bool {
    static STANDS_FOR: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[A-Z]{2,}|…|\$").expect("a sound pattern"));
    let own: Vec<_> = call.iter().map(String::as_str).take_while(|word| *word != "--").collect();
    if !own.iter().any(|word| STANDS_FOR.is_match(word)) {
        // A word that is no code may be an image.
        if let ["explain", code] = own[..] {
            return finding::find(code).is_some();
        }
        // Whatever is in front of this flag is read first.
        return pullcreds(own.iter().chain([&"--help"])).run().code == Some(0);
    }
    // Commands with commands of their own.
    let depth = if matches!(own.first(), Some(&("policy" | "kinds"))) { 2 } else { 1 };
    let command = own.iter().copied().take_while(|word| !word.starts_with('-')).take(depth);
    let command = command.filter(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
    let known = all(r"(--[a-z-]+)", &help(&command.collect::<Vec<_>>()));
    let mut flags = own.iter().filter(|word| word.starts_with("--"));
    flags.all(|flag| known.contains(flag.split('=').next().expect("there is a first part")))
}

/// What `--help` prints of a command.
pub(crate) fn help(words: &[&str]) -> String {
    pullcreds(words.iter().chain([&"--help"])).run().expect(0).out().to_owned()
}

/// The languages that blocks of these documents have.
pub(crate) fn languages(documents: &[PathBuf]) -> BTreeSet<String> {
    let languages = |page: &PathBuf| {
        let blocks = fences(&text(page));
        blocks.into_iter().map(|block| block.language().to_owned()).collect::<Vec<_>>()
    };
    documents.iter().flat_map(languages).collect()
}

#[test]
fn wrong_calls_are_not_taken() {
    let words = |line: &str| case::words(line);
    for good in ["check manifests --format json", "explain CODE", "run -- helm --no-such-flag"] {
        assert!(is_taken(&words(good)), "{good}");
    }
    for bad in [
        "check --format nonsense",
        "check --no-such-flag",
        "check --no-such-flag FILE",
        "explain no-such-code",
        "no-such-command",
        "--inject ghcr.io",
    ] {
        assert!(!is_taken(&words(bad)), "{bad}");
    }
}

#[test]
fn calls_are_found_in_all_kinds_of_blocks() {
    let markdown = "```sh\na | pullcreds check \\\n  -q && b # c\n```\n```yaml\n- run: 'pullcreds run -- x'\n```\n`pullcreds last`\n\
                    ```console\nhelm x --post-renderer pullcreds --post-renderer-args=-q\npullcreds-other x\n```\n";
    let found: Vec<_> = calls(markdown).into_iter().map(|words| words.join(" ")).collect();
    assert_eq!(found, ["check -q", "run -- x", "-q", "last"]);
}
