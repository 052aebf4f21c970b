//! The completions in real shells. bash is everywhere: `tests/program.rs` has it.

#[path = "support/support.rs"]
mod support;

use support::{PULLCREDS, Run, pullcreds, tool};

/// Command lines up to the cursor, and what is offered there.
const LINES: &[(&str, &str)] = &[
    ("pullcreds check --fail-on ", "error warning never"),
    ("pullcreds check --fail-on w", "warning"),
    ("pullcreds inject --into ", "pod service-account auto none"),
    ("pullcreds check --format s", "sarif"),
    ("pullcreds check --report j", "json junit"),
    ("pullcreds kinds --format ", "human json"),
    ("pullcreds explain missing-pull", "missing-pull-secret"),
];

/// `pullcreds` of the tests on `PATH`, and its completions in a file of this name in the home.
fn shell(program: &str, name: &str) -> Run {
    let run = Run::new(tool(program));
    let script = pullcreds(["completions", name]).run().expect(0).stdout;
    let script = String::from_utf8(script).expect("it is text");
    for (file, text) in
        [("_pullcreds", &*script), ("pullcreds.fish", &script), ("setup.zsh", ZSH_SETUP)]
    {
        #[expect(clippy::disallowed_methods, reason = "a test writes into its own folder")]
        std::fs::write(run.home().join(file), text).expect("the home can be written");
    }
    run.path_first(std::path::Path::new(PULLCREDS).parent().expect("it is in a folder"))
}

#[test]
fn fish_offers_the_values_of_flags() {
    // It offers no values of arguments that are not flags.
    for (line, values) in LINES.iter().filter(|(line, _)| line.contains("--")) {
        let script = format!("source pullcreds.fish; complete -C '{line}'");
        let outcome =
            shell("PULLCREDS_FISH", "fish").args(["--no-config", "-c", &script]).run().expect(0);
        let offered: Vec<_> =
            outcome.out().lines().map(|line| line.split('\t').next().unwrap_or_default()).collect();
        assert_eq!(sorted(&offered), sorted(&words(values)), "{line}\n{outcome}");
    }
}

/// zsh completes only in its line editor: one in a pseudo terminal prints what it is about to offer. What it echoes has
/// no mark in one piece.
const ZSH: &str = r#"
zmodload zsh/zpty
zpty inner "$1" -f -i
zpty -w inner '. ~/setup.zsh; print -r -- "[""ready]"'
zpty -r inner output $'*\\[ready\\]*'
zpty -n -w inner "$2"$'\t'
zpty -r inner output $'*\\[end\\]*'
print -r -- "$output"
"#;

const ZSH_SETUP: &str = r#"
PROMPT=
unsetopt prompt_cr prompt_sp
fpath=(~ $fpath)
autoload -Uz compinit
compinit -u -D
bindkey '^I' complete-word
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
    local -a hits
    builtin compadd -A hits "$@"
    local hit
    for hit in $hits; do print -r -- "<$hit>"; done
}
finish() { print -r -- '[end]'; exit }
comppostfuncs=(finish)
"#;

#[test]
fn zsh_offers_the_values_of_flags() {
    let zsh = tool("PULLCREDS_ZSH");
    for (line, values) in LINES {
        let run = shell("PULLCREDS_ZSH", "zsh").args(["-f", "-c", ZSH, "zsh"]).arg(&zsh).arg(line);
        let outcome = run.env("TERM", "dumb").run().expect(0);
        let offered: Vec<_> = outcome
            .out()
            .split('<')
            .skip(1)
            .filter_map(|part| Some(part.split_once('>')?.0))
            .collect();
        assert_eq!(sorted(&offered), sorted(&words(values)), "{line}\n{outcome}");
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

fn sorted<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let mut words = words.to_vec();
    words.sort_unstable();
    words
}
