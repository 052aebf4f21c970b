//! The command line as it is typed. What it means is resolved elsewhere.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use clap::builder::{
    OsStringValueParser, PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser,
};
use clap::error::ErrorKind;
use clap::{
    Arg, ArgAction, ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    ValueHint,
};
use pullcreds::finding::{self, Code};
use pullcreds::kinds::Role;
use pullcreds::report::Format;
use pullcreds::say;
use pullcreds::words::Words;
use serde::Deserialize;

use super::settings::Mode;
use super::settings::layer::Layer;
use super::settings::table::{SETTINGS, Setting, SettingType, Values};

/// How many codes are suggested for one that is not known.
const SUGGESTED: usize = 3;
/// From which Jaro similarity on a code is spelt like another one, as clap has it for other values.
const ALIKE: f64 = 0.7;

const AFTER_SHORT_HELP: &str = "\
Examples:
  pullcreds check manifests/
  helm template shop ./chart | pullcreds --inject ghcr.io/acme=ghcr

`pullcreds --help` lists all flags, variables and exit codes. `pullcreds COMMAND -h` is about a command.";

const AFTER_HELP: &str = "\
Examples:
  pullcreds check manifests/
  helm template shop ./chart | pullcreds --inject ghcr.io/acme=ghcr
  helm install shop ./chart --post-renderer pullcreds
  pullcreds run --inject ghcr.io/acme=ghcr -- helm template shop ./chart

Every flag --some-flag has a variable PULLCREDS_SOME_FLAG (several values: one on each line). Flags override \
variables, variables override the policy file. SOURCE_DATE_EPOCH, in seconds since 1970, replaces the \
current time when ages and expiry dates are checked.

Exit codes:
  0   pass, or findings below the threshold
  1   the check failed
  2   wrong usage or policy
  3   input that cannot be read, or only what has to be rendered first
  4   output that cannot be written
  70  an internal error
Under run also that of the renderer, 124 when its time is up, 126 and 127 when it cannot be run, and 128 and \
the number of the signal that ended it.";

/// Checks and injects image pull credentials in rendered Kubernetes manifests.
///
/// Without a command it is a filter: manifests come in on standard input and go out on standard output,
/// with the pull secrets that the policy requires. It changes no other byte.
#[derive(Parser)]
#[command(name = "pullcreds", version, after_help = AFTER_SHORT_HELP, after_long_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check manifests and print a report; changes nothing
    Check {
        /// Files and folders; standard input without any, or for `-`
        paths: Vec<PathBuf>,
        /// The format of the report on standard output, such as oneline or json [default: human]
        #[arg(long, long_help = format_help(), value_name = "FORMAT", value_parser = WordParser::<Format>::new(), hide_possible_values = true)]
        format: Option<Format>,
    },
    /// Inject pull secrets into files
    ///
    /// Prints the files with the injected entries, or writes them back (--write).
    Inject {
        /// Files and folders
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Write the files in place, each completely or not at all
        #[arg(long)]
        write: bool,
        /// Only list the files that would change, and fail if there are any
        #[arg(long, conflicts_with = "write")]
        check: bool,
    },
    /// Run as a KRM function, as kustomize and kpt call it
    ///
    /// Reads a ResourceList from standard input, and writes it with results to standard output. The filter recognises a
    /// ResourceList, too. With this command, any other input is an error.
    Krm,
    /// Run a renderer and filter its output
    ///
    /// Writes nothing if the renderer fails, and exits with its exit code.
    Run {
        /// The renderer, looked up in PATH, and its arguments; no shell reads them, and under Argo CD $(NAME) is
        /// the value that it gives to the variable NAME, and `$(PULLCREDS_RELEASE_NAME)` a name for a Helm release
        #[arg(required = true, last = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Print the findings as a baseline of known findings
    ///
    /// A baseline is a file for --baseline. With --baseline FILE and --write, the file is created or replaced.
    Baseline {
        /// Files and folders; standard input without any, or for `-`
        paths: Vec<PathBuf>,
        /// Take no new finding in: only remove those from --baseline FILE that are not found any more
        #[arg(long, requires = "baseline")]
        prune: bool,
        /// Write the file of --baseline instead of printing it
        #[arg(long, requires = "baseline")]
        write: bool,
    },
    /// Print the parameters that an Argo CD Application may set
    ///
    /// They are for parameters.dynamic of a plugin.
    ArgocdParameters,
    /// Supervise a renderer process
    #[command(hide = true)]
    Supervise {
        #[arg(required = true, last = true)]
        command: Vec<OsString>,
    },
    /// Print what a finding means, or why an image has its verdict
    ///
    /// For a code, it prints what the finding means and what to do about it. For an image of manifests, it prints the
    /// registry, the pull secrets that count, each key that the kubelet compares, the verdict, and what to do.
    #[command(after_help = AFTER_EXPLAIN_HELP)]
    Explain {
        /// The code of a finding, such as missing-pull-secret, or an image; without it, all codes are listed
        #[arg(value_name = "CODE|IMAGE", value_parser = SubjectParser, hide_possible_values = true)]
        subject: Option<ExplainSubject>,
        /// The manifests with the image: files and folders, or `-`; repeatable [default: standard input]
        #[arg(long = "in", value_name = "FILE", value_hint = ValueHint::AnyPath)]
        paths: Vec<PathBuf>,
        /// Only images of this object, such as Deployment/api; --namespace says of which namespace
        #[arg(long, value_name = "KIND/NAME", value_parser = object_name)]
        object: Option<(String, String)>,
        /// The format of the explanation of images: human or json [default: human]
        #[arg(long, value_name = "FORMAT", value_parser = WordParser::<ListFormat>::new(), hide_possible_values = true)]
        format: Option<ListFormat>,
    },
    /// List the known kinds of custom resources
    ///
    /// With each kind is where a pull secret goes.
    Kinds(KindsArgs),
    /// Print the report of the latest run of the filter
    ///
    /// Helm 4 shows no output of a post-renderer.
    Last {
        /// The number of runs; the latest is printed last
        #[arg(short = 'n', long, value_name = "N", default_value_t = 1)]
        runs: usize,
        /// Only runs that failed
        #[arg(long)]
        failed: bool,
    },
    /// Commands for policy files
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or that of a command
    Man {
        /// The command, such as check or policy init
        command: Vec<String>,
        /// Write the pages of all commands into this folder
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath, conflicts_with = "command")]
        output: Option<PathBuf>,
    },
}

/// What the long help says of `check --format`.
fn format_help() -> String {
    let formats = Format::words().join(", ");
    format!("The format of the report on standard output [default: human]. All formats: {formats}")
}

const AFTER_EXPLAIN_HELP: &str = "\
Examples:
  pullcreds explain missing-pull-secret
  pullcreds explain ghcr.io/acme/api:v1 --in manifests/
  helm template shop ./chart | pullcreds explain --object Deployment/api -n shop

Exit codes:
  0   it is explained, whatever the verdict
  2   wrong usage or policy, or no such code, image or object
  3   input that cannot be read";

const AFTER_KINDS_HELP: &str = "\
Examples:
  pullcreds kinds prometheus
  pullcreds kinds --group tekton.dev
  pullcreds kinds explain kafka.strimzi.io/Kafka
  pullcreds kinds --format json | jq -r '.kinds[].kind'
  kubectl get crd widgets.example.com -o yaml | pullcreds kinds from-crd -

Exit codes:
  0   the kinds or entries are printed, if there are any
  2   wrong usage or policy, or no such kind
  3   input that cannot be read, or without a CustomResourceDefinition";

/// What `kinds` prints.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, after_help = AFTER_KINDS_HELP)]
pub(crate) struct KindsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<KindsCommand>,
    /// Only kinds with this text in their group or kind
    pub(crate) text: Option<String>,
    /// Only kinds of this API group
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// Only kinds with images for this: pulled (for pods of the object), template, injected, controller, build,
    /// output, nodeAgent or listed
    #[arg(long, value_name = "ROLE", value_parser = WordParser::<Role>::new(), hide_possible_values = true)]
    pub(crate) role: Option<Role>,
    #[command(flatten)]
    pub(crate) output: KindsOutput,
}

/// Where rows are from, and how they are printed.
#[derive(Args)]
pub(crate) struct KindsOutput {
    /// The policy file, whose rows are listed too [default: pullcreds.yaml or .pullcreds.yaml, or above in the repository]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub(crate) policy: Option<PathBuf>,
    /// The format: human or json [default: human]
    #[arg(long, value_name = "FORMAT", value_parser = WordParser::<ListFormat>::new(), hide_possible_values = true)]
    pub(crate) format: Option<ListFormat>,
}

/// How lists are printed that are not reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ListFormat {
    Human,
    Json,
}

impl Words for ListFormat {}

#[derive(Subcommand)]
pub(crate) enum KindsCommand {
    /// Print all that is known about a kind: paths, delivery, ServiceAccount, order, source
    Explain {
        /// GROUP/KIND, or KIND if only one group has it
        kind: String,
        #[command(flatten)]
        output: KindsOutput,
    },
    /// Propose entries of a policy (customResources) from CustomResourceDefinitions
    ///
    /// It goes by the structure of their OpenAPI schemas: pod specs, images, and fields for pull secrets. What a schema
    /// does not show is a question in a comment.
    FromCrd {
        /// Files and folders with CustomResourceDefinitions; standard input for `-`
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Propose entries for kinds that are known, too; they would replace the built-in ones
        #[arg(long)]
        known: bool,
    },
}

/// Reads one of the words of an enum.
#[derive(Clone)]
pub(crate) struct WordParser<T>(PhantomData<T>);

impl<T: Words> WordParser<T> {
    fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Words + Send + Sync + 'static> TypedValueParser for WordParser<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let word = PossibleValuesParser::new(T::words()).parse_ref(command, arg, value)?;
        Ok(T::of_word(&word).expect("it is one of the words"))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(T::words().iter().map(PossibleValue::new)))
    }
}

#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check a policy file, and say what it has
    Check {
        /// The file [default: pullcreds.yaml or .pullcreds.yaml, or above in the repository]
        file: Option<PathBuf>,
    },
    /// Say what the policy decides about an image, and which entry decides it
    Explain {
        /// The image, as a manifest writes it
        image: String,
        /// The policy file [default: pullcreds.yaml or .pullcreds.yaml, or above in the repository]
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
    },
    /// Print a policy for manifests: their registries, and what only you can know marked TODO
    ///
    /// On a terminal, it asks how images of each registry are pulled, unless the manifests come on standard input.
    /// Elsewhere it asks nothing. If no image is found, it prints none and ends with exit code 3.
    Init {
        /// Files and folders; standard input without any, or for `-`
        paths: Vec<PathBuf>,
        /// Ask nothing, and accept the proposal for each registry without a TODO to confirm it
        #[arg(long)]
        yes: bool,
        /// Write pullcreds.yaml instead of printing it, unless it exists
        #[arg(long)]
        write: bool,
    },
    /// Print the JSON Schema of policy files
    Schema,
}

/// What `explain` explains.
#[derive(Clone, Debug)]
pub(crate) enum ExplainSubject {
    /// A finding.
    Code(&'static Code),
    /// An image.
    Image(String),
    /// A word that is an image if there are manifests, else a code that there is not.
    Word(String),
}

/// Reads what `explain` explains.
#[derive(Clone)]
pub(crate) struct SubjectParser;

impl TypedValueParser for SubjectParser {
    type Value = ExplainSubject;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let text = StringValueParser::new().parse_ref(command, arg, value)?;
        Ok(match finding::find(&text) {
            Some(code) => ExplainSubject::Code(code),
            None if text.contains(['/', ':', '@', '.']) => ExplainSubject::Image(text),
            None => ExplainSubject::Word(text),
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        // Completions know all codes.
        Some(Box::new(finding::names().into_iter().map(PossibleValue::new)))
    }
}

/// Reads `KIND/NAME`.
fn object_name(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('/').filter(|(kind, name)| !kind.is_empty() && !name.is_empty());
    let parts = parts.map(|(kind, name)| (kind.to_owned(), name.to_owned()));
    parts.ok_or_else(|| "write it as KIND/NAME, such as Deployment/api".to_owned())
}

/// A word is an image only if there are manifests that may have it: without `/`, `:`, `@` and `.`, it may be a code.
fn insist_on_code(cli: &Cli, command: &mut clap::Command) -> Result<(), clap::Error> {
    let Some(Command::Explain { subject: Some(ExplainSubject::Word(word)), paths, object, .. }) =
        &cli.command
    else {
        return Ok(());
    };
    if !paths.is_empty() || object.is_some() {
        return Ok(());
    }
    let explain = command.find_subcommand_mut("explain").expect("it is a command");
    Err(explain.error(ErrorKind::InvalidValue, no_code(word)))
}

/// What is said of a word that is neither a code nor, without manifests, an image.
fn no_code(word: &str) -> String {
    let near: Vec<_> = near_codes(word).into_iter().map(|code| format!("'{code}'")).collect();
    let codes = match &*near {
        [] => "`pullcreds explain` lists all codes".to_owned(),
        [one] => format!("a similar code exists: {one}"),
        _ => format!("similar codes exist: {}", near.join(", ")),
    };
    format!(
        "'{word}' is not the code of a finding\n\n  tip: {codes}\n  tip: if it is an image, name the manifests that \
         have it: pullcreds explain {word} --in FILE"
    )
}

/// The codes that are near to `text`: those that are spelt like it, and those that share most words with it.
fn near_codes(text: &str) -> Vec<&'static str> {
    let likeness = |name: &str| strsim::jaro(name, text);
    let best = finding::names().into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let best = best.filter(|name| likeness(name) > ALIKE);
    let mut near: Vec<_> = best.into_iter().chain(sharing_words(text)).collect();
    let mut seen = BTreeSet::new();
    near.retain(|name| seen.insert(*name));
    near.truncate(SUGGESTED);
    near
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
    let command = command();
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
    let command = command();
    let named = words.get(1).and_then(|word| word.to_str());
    named.is_none_or(|word| word != "help" && command.find_subcommand(word).is_none())
}

// Settings.

/// The commands that judge something. Without a name, it is the filter.
const JUDGING: &[(&str, Mode)] = &[
    ("check", Mode::Check),
    ("explain", Mode::Explain),
    ("baseline", Mode::Baseline),
    ("inject", Mode::Inject),
    ("krm", Mode::Function),
    ("run", Mode::Run),
];

/// The whole command line, with the flags of the settings.
pub(crate) fn command() -> clap::Command {
    let filter = Cli::command().args(flags(Mode::Filter));
    filter.mut_subcommands(|command| {
        let judging = JUDGING.iter().find(|(name, _)| *name == command.get_name());
        match judging {
            Some((_, mode)) => command.args(flags(*mode)),
            None => command,
        }
    })
}

/// The whole command line, with the full name of each command, for its pages.
pub(crate) fn built() -> clap::Command {
    let mut program = command().disable_help_subcommand(true);
    program.build();
    program
}

/// A command line as a command with its flags, and what the flags of settings say.
pub(crate) fn parse(words: &[OsString]) -> Result<(Cli, Layer), clap::Error> {
    let mut command = command();
    if is_kubectl_plugin(words) {
        command = command.bin_name("kubectl pullcreds");
    }
    let mut matches = command.try_get_matches_from_mut(words)?;
    let judging = JUDGING.iter().find(|(name, _)| matches.subcommand_name() == Some(name));
    let layer = match (judging, matches.subcommand()) {
        (Some((_, mode)), Some((_, matches))) => typed(matches, *mode),
        (None, Some(_)) => Layer::default(),
        (_, None) => typed(&matches, Mode::Filter),
    };
    let cli =
        Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))?;
    insist_on_code(&cli, &mut command)?;
    Ok((cli, layer))
}

/// Whether the program is called by the name under which kubectl finds it.
fn is_kubectl_plugin(words: &[OsString]) -> bool {
    let program = words.first().and_then(|word| Path::new(word).file_stem());
    program.is_some_and(|name| name == "kubectl-pullcreds")
}

/// The settings that a command takes as flags.
fn of_mode(mode: Mode) -> impl Iterator<Item = &'static Setting> {
    let all = SETTINGS.iter().filter(|setting| setting.places.have_flag());
    all.filter(move |setting| setting.is_of(mode))
}

/// The flags of a command.
fn flags(mode: Mode) -> impl Iterator<Item = Arg> {
    of_mode(mode).map(move |setting| {
        let is_own = |other: &&str| of_mode(mode).any(|setting| setting.name == *other);
        let flag = Arg::new(setting.name)
            .long(setting.name)
            .short(setting.short)
            .help(setting.with_words(setting.brief.unwrap_or(setting.help)))
            .long_help(setting.with_words(setting.help) + &setting.default_text(mode))
            .hide_short_help(setting.brief.is_none())
            .help_heading(setting.heading)
            .conflicts_with_all(setting.contrary.iter().filter(|other| is_own(other)));
        match setting.value {
            SettingType::Switch(_) => flag.action(ArgAction::SetTrue),
            SettingType::File(name, _) => flag
                .value_name(name)
                .value_parser(OsStringValueParser::new())
                .value_hint(ValueHint::AnyPath),
            SettingType::Text(name, _) | SettingType::Word(name, _) => {
                flag.value_name(name).value_parser(ValueOf(setting)).hide_possible_values(true)
            }
            SettingType::Texts(name, _) | SettingType::Lines(name, _) => {
                let flag = flag.value_name(name).value_parser(ValueOf(setting));
                flag.hide_possible_values(true).action(ArgAction::Append)
            }
            SettingType::Files(name, _) => {
                let flag = flag.value_name(name).action(ArgAction::Append);
                flag.value_parser(OsStringValueParser::new()).value_hint(ValueHint::AnyPath)
            }
        }
    })
}

/// What the flags of settings say.
fn typed(matches: &ArgMatches, mode: Mode) -> Layer {
    let mut layer = Layer::default();
    for setting in of_mode(mode) {
        let values = match setting.value {
            SettingType::Switch(_) if matches.get_flag(setting.name) => {
                vec![OsString::from("true")]
            }
            SettingType::Switch(_) => Vec::new(),
            _ => matches.get_many(setting.name).into_iter().flatten().cloned().collect(),
        };
        layer.take(setting, say!("--{}", setting.name), values);
    }
    layer
}

/// Reads a value of a setting, to say at once why it cannot be one.
#[derive(Clone)]
struct ValueOf(&'static Setting);

impl TypedValueParser for ValueOf {
    type Value = OsString;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let text = StringValueParser::new().parse_ref(command, arg, value)?;
        let check =
            |text: String| self.0.read(&mut Values::default(), text.as_ref()).map(|()| text);
        StringValueParser::new().try_map(check).parse_ref(command, arg, text.as_ref())?;
        Ok(text.into())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let words = (self.0.words)();
        (!words.is_empty()).then(|| Box::new(words.iter().map(PossibleValue::new)) as Box<_>)
    }
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
    fn every_flag_that_is_one_of_several_words_completes_them() {
        let values = |arg: &Arg| -> Vec<String> {
            let values = arg.get_possible_values();
            values.iter().map(|value| value.get_name().to_owned()).collect()
        };
        for (_, mode) in JUDGING {
            for (setting, flag) in of_mode(*mode).zip(flags(*mode)) {
                assert_eq!(values(&flag), (setting.words)(), "{}", setting.name);
            }
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
