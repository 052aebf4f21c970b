//! The command line as it is typed. What it means is resolved elsewhere.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Args, CommandFactory as _, Parser, Subcommand, ValueEnum};
use pullcreds::duration;
use pullcreds::finding::{self, Code};
use pullcreds::frontend::parse_size;
use pullcreds::policy::pattern::Pattern;
use pullcreds::policy::{
    FailOn, InjectInto, Injection, parse_fail_on, parse_inject, parse_into, parse_namespace,
    parse_pattern,
};
use pullcreds::report::Format;

/// How many codes are suggested for one that is not known.
const SUGGESTED: usize = 3;

const AFTER_HELP: &str = "\
Examples:
  pullcreds check manifests/
  helm template shop ./chart | pullcreds --inject ghcr.io/acme=ghcr
  helm install shop ./chart --post-renderer pullcreds
  pullcreds run --inject ghcr.io/acme=ghcr -- helm template shop ./chart

Every flag --some-flag has a variable PULLCREDS_SOME_FLAG (several values: one a line). Flags win over \
variables, variables over the policy file. SOURCE_DATE_EPOCH, in seconds since 1970, takes the place of the \
time of day when ages and expiry dates are judged.

Exit codes:
  0   pass, or findings below the threshold
  1   the check failed
  2   wrong usage or policy
  3   input that cannot be read
  4   output that cannot be written
  70  an internal error
Under run also that of the renderer, 124 when its time is up, 126 and 127 when it cannot be run, and 128 and \
the number of the signal that ended it.";

/// Checks and injects image pull credentials in rendered Kubernetes manifests.
///
/// Without a command it is a filter: manifests come in on standard input and go out on standard output,
/// with the pull secrets that the policy wants injected, and every other byte as it was.
#[derive(Parser)]
#[command(name = "pullcreds", version, after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Judge manifests and print the report; nothing is changed
    Check {
        /// Files and folders; standard input if there is none, or for `-`
        paths: Vec<PathBuf>,
        /// The format of the report on standard output [default: human]
        #[arg(long, value_name = "FORMAT", value_parser = clap::value_parser!(Format))]
        format: Option<Format>,
        /// A workload without the annotation of --stamp is an error
        #[arg(long)]
        require_stamp: bool,
        #[command(flatten)]
        flags: Flags,
    },
    /// Inject pull secrets into files, and print them or write them back
    Inject {
        /// Files and folders
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Write the files in place, each at once or not at all
        #[arg(long)]
        write: bool,
        /// Only say which files would change, and fail if there is one
        #[arg(long, conflicts_with = "write")]
        check: bool,
        #[command(flatten)]
        flags: Flags,
    },
    /// Run as a KRM function: a ResourceList on standard input, the same with results on standard output
    ///
    /// Without a command a ResourceList is recognised too; here anything else is an error.
    Krm {
        #[command(flatten)]
        flags: Flags,
    },
    /// Start a renderer, judge what it writes and pass it on; nothing at all if the renderer fails
    Run(RunArgs),
    /// Print which plugin parameters an Argo CD Application may set, for parameters.dynamic
    ArgocdParameters,
    /// Watch over a renderer
    #[command(hide = true)]
    Supervise {
        #[arg(required = true, last = true)]
        command: Vec<OsString>,
    },
    /// Print what a finding means and what to do about it
    Explain {
        /// The code of a finding, like missing-pull-secret; all of them if there is none
        #[arg(value_parser = CodeParser, hide_possible_values = true)]
        code: Option<&'static Code>,
    },
    /// Print the report of the latest run of the filter (Helm 4 shows no output of a post-renderer)
    Last {
        /// How many runs, the latest last
        #[arg(short = 'n', long, value_name = "N", default_value_t = 1)]
        runs: usize,
        /// Only runs that failed
        #[arg(long)]
        failed: bool,
    },
    /// About policy files
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    /// Print the JSON Schema of policy files
    Schema,
}

/// Reads the code of a finding. Completions know all of them; a mistake is not answered with all of them.
#[derive(Clone)]
pub(crate) struct CodeParser;

impl TypedValueParser for CodeParser {
    type Value = &'static Code;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let name = PossibleValuesParser::new(finding::names()).parse_ref(command, arg, value);
        let name = name.map_err(|mut error| {
            error.remove(ContextKind::ValidValue);
            suggest(&mut error, &value.to_string_lossy());
            error
        })?;
        Ok(finding::find(&name).expect("it is one of the names"))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(finding::names().into_iter().map(PossibleValue::new)))
    }
}

/// Adds the codes to an error that are near to `text`: the most similar one, which clap has found, and those that share
/// most words with it.
fn suggest(error: &mut clap::Error, text: &str) {
    let mut near: Vec<String> = match error.remove(ContextKind::SuggestedValue) {
        Some(ContextValue::String(name)) => vec![name],
        Some(ContextValue::Strings(names)) => names,
        _ => Vec::new(),
    };
    near.extend(sharing_words(text).into_iter().map(str::to_owned));
    let mut seen = Vec::new();
    near.retain(|name| {
        !seen.contains(name) && {
            seen.push(name.clone());
            true
        }
    });
    near.truncate(SUGGESTED);
    match &mut *near {
        [] => {
            let tip = "`pullcreds explain` lists all codes".to_owned();
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
        }
        [name] => {
            error.insert(ContextKind::SuggestedValue, ContextValue::String(std::mem::take(name)));
        }
        _ => {
            error.insert(ContextKind::SuggestedValue, ContextValue::Strings(near));
        }
    }
}

/// The codes that share most words with a text, in the order of the table.
fn sharing_words(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    let words: Vec<_> =
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 2).collect();
    let shared = |name: &str| {
        let is_shared = |word: &&&str| name.split('-').any(|other| is_like(word, other));
        words.iter().filter(is_shared).count()
    };
    // One word of two says little.
    let most = finding::names().into_iter().map(shared).max();
    let most = most.filter(|most| most * 2 > words.len());
    finding::names().into_iter().filter(|name| Some(shared(name)) == most).collect()
}

/// Whether two words are forms of one: `rotate` and `rotation`.
fn is_like(one: &str, other: &str) -> bool {
    let same = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    let longest = one.len().max(other.len());
    same == longest || same >= 5 && longest - same <= 4
}

/// The words of a command line. The filter is given empty ones where a caller fills in a variable that is not
/// set (`--post-renderer-args="$EXTRA"`): they say nothing, and are left out. Flags in front of a command are those of
/// the command.
pub(crate) fn words(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let words: Vec<_> = words.into_iter().collect();
    let (program, rest) = words.split_at(words.len().min(1));
    let said: Vec<_> = rest.iter().filter(|word| !word.is_empty()).cloned().collect();
    let filters = said.first().is_none_or(|word| word.as_encoded_bytes().starts_with(b"-"));
    if !filters {
        return words;
    }
    let Some(flags) = command_behind_flags(&said) else { return [program, &said].concat() };
    let mut places = (0..rest.len()).filter(|&at| !rest[at].is_empty());
    let command = places.nth(flags).unwrap_or_default();
    [program, &rest[command..=command], &said[..flags], &rest[command + 1..]].concat()
}

/// How many words of `words` are flags of the filter in front of the name of a command; `None` if there is no such name.
fn command_behind_flags(words: &[OsString]) -> Option<usize> {
    let command = Cli::command();
    let mut at = 0;
    loop {
        let word = words.get(at)?.to_str()?;
        if !word.starts_with('-') {
            return command.find_subcommand(word).map(|_| at);
        }
        at += length(&command, word)?;
    }
}

/// How many words a flag and its value are; `None` if it is no flag of `command`.
fn length(command: &clap::Command, word: &str) -> Option<usize> {
    let Some(long) = word.strip_prefix("--") else {
        let mut shorts = word.strip_prefix('-')?.chars();
        let is_switch = |short| {
            let flag = command.get_arguments().find(|flag| flag.get_short() == Some(short));
            flag.is_some_and(|flag| !flag.get_action().takes_values())
        };
        return shorts.all(is_switch).then_some(1);
    };
    let (name, value) =
        long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
    let flag = command.get_arguments().find(|flag| flag.get_long() == Some(name))?;
    Some(if flag.get_action().takes_values() && value.is_none() { 2 } else { 1 })
}

/// Whether a command line is one of the filter, be it right or wrong.
pub(crate) fn is_filter(words: &[OsString]) -> bool {
    let command = Cli::command();
    let named = words.get(1).and_then(|word| word.to_str());
    named.is_none_or(|word| word != "help" && command.find_subcommand(word).is_none())
}

#[derive(Args)]
pub(crate) struct RunArgs {
    /// The renderer, looked up in PATH, and its arguments; no shell reads them, and under Argo CD $(NAME) is
    /// the value that it gives to the variable NAME, and `$(PULLCREDS_RELEASE_NAME)` a name for a Helm release
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
    /// End the renderer, and all that it started, after this time, like 90s or 2m [default: never]
    #[arg(long, value_name = "DURATION", value_parser = parse_timeout)]
    pub(crate) timeout: Option<Duration>,
    /// A renderer that writes no Kubernetes object is no error
    #[arg(long, conflicts_with = "require_input")]
    pub(crate) allow_empty: bool,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

pub(crate) fn parse_timeout(text: &str) -> Result<Duration, String> {
    duration::with_days(text.trim())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "write a duration like 90s or 2m".to_owned())
}

/// When to do something that depends on the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// If standard error is a terminal
    #[default]
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

/// Where a report goes: `FORMAT` or `FORMAT=FILE`.
#[derive(Clone, Debug)]
pub(crate) struct ReportTo {
    pub(crate) format: Format,
    pub(crate) file: Option<PathBuf>,
}

pub(crate) fn parse_report(text: &str) -> Result<ReportTo, String> {
    let (format, file) = match text.split_once('=') {
        Some((_, "")) => return Err("a file name is missing behind the `=`".to_owned()),
        Some((format, file)) => (format, Some(PathBuf::from(file))),
        None => (text, None),
    };
    Ok(ReportTo { format: format.parse()?, file })
}

#[derive(Args, Default)]
#[command(next_help_heading = "Policy")]
#[allow(clippy::struct_excessive_bools, reason = "flags are what they are")]
pub(crate) struct Flags {
    /// The policy file [default: pullcreds.yaml or .pullcreds.yaml here, if there is one; not under run]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// These images are private, and the secret is injected into pods that pull them; `*` is every pod
    #[arg(long, value_name = "HOST[/PATH]=SECRET", value_parser = parse_inject)]
    pub(crate) inject: Vec<Injection>,
    /// Where to inject: pod, service-account, auto or none [default: auto; check: none, to judge what is there]
    #[arg(long, value_name = "WHERE", value_parser = parse_into)]
    pub(crate) into: Option<InjectInto>,
    /// These images need credentials
    #[arg(long, value_name = "PATTERN", value_parser = parse_pattern)]
    pub(crate) private: Vec<Pattern>,
    /// These images need none
    #[arg(long, value_name = "PATTERN", value_parser = parse_pattern)]
    pub(crate) public: Vec<Pattern>,
    /// Every image needs credentials, unless the policy says otherwise
    #[arg(long)]
    pub(crate) assume_private: bool,
    /// Under Argo CD, take no settings from the Application
    #[arg(long)]
    pub(crate) no_app_overrides: bool,
    /// The namespace of objects that name none
    #[arg(long, value_name = "NAMESPACE", value_parser = parse_namespace)]
    pub(crate) namespace: Option<String>,
    /// What the cluster has beside the manifests: the output of `kubectl get sa,secret -A --show-managed-fields -o yaml`
    /// (or json); repeatable. It is evidence only: never judged, edited, printed or written
    #[arg(long, value_name = "FILE")]
    pub(crate) cluster_dump: Vec<PathBuf>,
    /// Fail from findings of this severity on: error, warning or never [default: never; check and run: error]
    #[arg(long, value_name = "SEVERITY", value_parser = parse_fail_on)]
    pub(crate) fail_on: Option<FailOn>,
    /// Annotate every workload that passes: pullcreds.dev/checked: v1
    #[arg(long)]
    pub(crate) stamp: bool,
    /// Also write a report: brief, human or json, to a file, to a folder (a file for each run) or to standard error; repeatable
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = parse_report, help_heading = "Output")]
    pub(crate) report: Vec<ReportTo>,
    /// An input without a document is an error [default in check and run]
    #[arg(long, help_heading = "Output")]
    pub(crate) require_input: bool,
    /// Read at most this much input, all files together [default: 1GiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Output")]
    pub(crate) max_input: Option<u64>,
    /// Say nothing unless the run fails
    #[arg(long, short, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// When to use colours: auto, always or never [default: auto]
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(crate) color: Option<When>,
    /// When to print the diff of what was injected: auto, always or never [default: auto]
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub(crate) diff: Option<When>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn empty_words_are_left_out_for_the_filter_only() {
        let said = |given: &[&str]| words(owned(given));
        assert_eq!(said(&["pullcreds", "", "--quiet", ""]), owned(&["pullcreds", "--quiet"]));
        assert_eq!(said(&["pullcreds", ""]), owned(&["pullcreds"]));
        // An empty path is a mistake, and not the standard input.
        assert_eq!(said(&["pullcreds", "check", ""]), owned(&["pullcreds", "check", ""]));
        assert_eq!(said(&[]), owned(&[]));
    }

    #[test]
    fn flags_in_front_of_a_command_are_its_own() {
        let said = |given: &[&str]| words(owned(given));
        assert_eq!(
            said(&[
                "pullcreds",
                "--policy",
                "check",
                "-q",
                "--color=always",
                "check",
                "a",
                "--stamp"
            ]),
            owned(&[
                "pullcreds",
                "check",
                "--policy",
                "check",
                "-q",
                "--color=always",
                "a",
                "--stamp"
            ])
        );
        assert_eq!(
            said(&["pullcreds", "--quiet", "run", "--", "helm", "check"]),
            owned(&["pullcreds", "run", "--quiet", "--", "helm", "check"])
        );
        assert_eq!(
            said(&["pullcreds", "", "-q", "", "check", ""]),
            owned(&["pullcreds", "check", "-q", ""])
        );
        for other in [
            &["pullcreds", "--policy", "check"][..],
            &["pullcreds", "--no-such-flag", "check"],
            &["pullcreds", "--help", "check"],
            &["pullcreds", "--quiet", "no-such-command"],
            &["pullcreds", "--", "check"],
            &["pullcreds", "-x", "check"],
        ] {
            assert_eq!(said(other), owned(other));
        }
    }

    #[test]
    fn a_command_line_is_told_by_its_first_word() {
        let filters = |given: &[&str]| is_filter(&owned(given));
        assert!(filters(&["pullcreds"]));
        assert!(filters(&["pullcreds", "--no-such-flag"]));
        assert!(filters(&["pullcreds", "no-such-command"]));
        assert!(!filters(&["pullcreds", "check", "--no-such-flag"]));
        assert!(!filters(&["pullcreds", "help"]));
    }
}
