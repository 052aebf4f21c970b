//! From the command line to exit codes: the only place that reads the environment and the clock, and that
//! touches the standard streams.

#![allow(clippy::disallowed_methods, reason = "environment and clock are read here")]

mod argocd;
mod args;
mod child;
mod closed;
mod files;
mod krm;
mod plugin;
mod reports;
mod run;
mod state;
mod stopping;
mod write;

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::adapter::strip_str;
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory as _, Parser as _};
use jiff::Timestamp;
use pullcreds::check::{self, Caller, Circumstances, Input, Outcome, Stamps};
use pullcreds::credentials::provider::{self, Provider};
use pullcreds::finding::{self, Code, Severity};
use pullcreds::frontend::{self, Limit};
use pullcreds::mask;
use pullcreds::policy::{self, Emit, FailOn, InjectInto, Overrides, Policy};
use pullcreds::report::{self, Format, Look, Report};
use pullcreds::source::{Source, Span};

use argocd::Application;
use args::{Cli, Command, Flags, PolicyCommand, ReportTo, When};
use state::State;

/// Policy files that are found without being named.
const POLICY_FILES: &[&str] = &["pullcreds.yaml", ".pullcreds.yaml"];
/// How the variables begin that this program reads for itself and for Applications of Argo CD.
const OWN_VARIABLES: &[&str] = &["PULLCREDS_", "ARGOCD_"];
const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";
/// How many notes are told.
const NOTES: usize = 4;
/// What a failure means for manifests that are on their way to somebody.
const NOTHING_WRITTEN: &str = "Nothing was written";
/// More edits than this are kept without their diff for `pullcreds last`.
const KEPT_DIFF: usize = 200;

/// The documented exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Pass,
    Failed,
    Usage,
    Unreadable,
    Unwritable,
    Internal,
    /// That of another program.
    Others(u8),
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Unreadable => 3,
            Self::Unwritable => 4,
            Self::Internal => 70,
            Self::Others(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A run that ends early: the text for standard error, and the exit code.
struct Stop {
    exit: Exit,
    text: String,
}

impl Stop {
    fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }

    /// `error: TEXT: CAUSE…`.
    fn because(exit: Exit, error: &dyn std::error::Error) -> Self {
        let mut text = format!("error: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            let said = error.to_string();
            if !text.ends_with(&said) {
                text.push_str(": ");
                text.push_str(&said);
            }
            cause = error.source();
        }
        Self { exit, text: report::printable(&text) + "\n" }
    }
}

/// Runs the program.
pub(crate) fn run() -> ExitCode {
    // The message of a panic may hold text of the input.
    std::panic::set_hook(Box::new(|_| {}));
    let (words, plugin) = plugin::take_config(std::env::args_os().collect());
    let words = args::words(words);
    let cli = match Cli::try_parse_from(&words) {
        Ok(cli) => cli,
        Err(error) => {
            let stop = tell_usage(&error);
            if !error.use_stderr() {
                return Exit::Pass.into();
            }
            if args::is_filter(&words) {
                keep_stop(&stop);
            }
            return Exit::Usage.into();
        }
    };
    let run = std::panic::catch_unwind(|| {
        insist_on_text()?;
        match plugin {
            Some(config) => plugin::run(&config, &cli),
            None => dispatch(cli),
        }
    });
    let result = run.unwrap_or_else(|_| {
        Err(Stop::new(
            Exit::Internal,
            "internal error: this is a bug of pullcreds; nothing was written. Please report it with the \
             version and, if you can share it, the input.\n",
        ))
    });
    match result {
        Ok(exit) => exit.into(),
        Err(Stop { exit, text }) => {
            // The name of a file and the value of a flag may hold a password.
            let stop = Stop::new(exit, mask::credentials(&text));
            eprint(&stop.text);
            if args::is_filter(&words) {
                keep_stop(&stop);
            }
            stop.exit.into()
        }
    }
}

/// What is wrong with the command line, or the help that it asks for.
fn tell_usage(error: &clap::Error) -> Stop {
    let text = error.render().to_string() + &meant_as_file(error);
    let masked = mask::credentials(&text);
    if let Cow::Owned(masked) = &masked {
        // A value that is repeated may hold a password.
        eprint(masked);
    } else {
        // Printing fails only if there is nobody to read it.
        let _ = error.print();
        eprint(&meant_as_file(error));
    }
    Stop::new(Exit::Usage, masked)
}

/// What to write if the word that is no command is a file.
fn meant_as_file(error: &clap::Error) -> String {
    match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) if Path::new(word).exists() => {
            format!("\nTo judge the file or folder: pullcreds check {word}\n")
        }
        _ => String::new(),
    }
}

/// Refuses variables of this program that are not text: to ignore one might lift a check.
fn insist_on_text() -> Result<(), Stop> {
    let ours = |name: &str| {
        OWN_VARIABLES.iter().any(|start| name.starts_with(start)) || name == SOURCE_DATE_EPOCH
    };
    let wrong = std::env::vars_os().find_map(|(name, value)| {
        name.into_string().ok().filter(|name| ours(name) && value.to_str().is_none())
    });
    wrong.map_or(Ok(()), |name| {
        Err(Stop::new(Exit::Usage, format!("error: {name}: the value is not UTF-8\n")))
    })
}

fn dispatch(cli: Cli) -> Result<Exit, Stop> {
    match cli.command {
        None => standard_input(&cli.flags),
        Some(Command::Krm { flags }) => krm::insist(&stdin(&limit(&flags)?)?, &flags),
        Some(Command::Check { paths, format, require_stamp, flags }) => {
            let mut settings = Settings::of(&flags, Mode::Check)?;
            if require_stamp || truth("require-stamp")?.unwrap_or(false) {
                settings.stamps = Stamps::Required;
            }
            files::check(&paths, format, &settings)
        }
        Some(Command::Inject { paths, write, check, flags }) => {
            let to = match (write, check) {
                (true, _) => files::To::Files,
                (_, true) => files::To::Nowhere,
                _ => files::To::Output,
            };
            files::inject(&paths, to, &Settings::of(&flags, Mode::Inject)?)
        }
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::Supervise { command }) => run::supervise(&command),
        Some(Command::ArgocdParameters) => argocd::announce(),
        Some(Command::Explain { code }) => explain(code),
        Some(Command::Last { runs, failed }) => last(runs, failed),
        Some(Command::Policy { command: PolicyCommand::Schema }) => print(&policy::schema()),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "pullcreds", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
        Some(Command::Man) => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
            rendered.map_err(|error| Stop::because(Exit::Internal, &error))?;
            print(&String::from_utf8_lossy(&page))
        }
    }
}

/// How the program was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Filter,
    Function,
    Check,
    Inject,
    Run,
}

/// What the caller of a function says, below flags and environment.
#[derive(Default)]
struct Told {
    policy: Policy,
    overrides: Overrides,
    emit: Emit,
    quiet: bool,
}

/// Flags, environment and policy file, resolved.
struct Settings {
    mode: Mode,
    policy: Policy,
    providers: Vec<Provider>,
    cluster: Vec<Source>,
    fail_on: FailOn,
    require_input: bool,
    now: Timestamp,
    /// How much more may be read.
    limit: Limit,
    reports: Vec<ReportTo>,
    /// The report on standard error, if no other is asked for.
    format: Format,
    /// What an Application asks for in vain.
    notes: Vec<String>,
    /// Whether an Application says that no manifests are fine.
    allow_empty: Option<bool>,
    emit: Emit,
    stamps: Stamps,
    quiet: bool,
    diff: bool,
    look: Look,
}

impl Settings {
    fn of(flags: &Flags, mode: Mode) -> Result<Self, Stop> {
        Self::told(flags, mode, None)
    }

    fn told(flags: &Flags, mode: Mode, told: Option<Told>) -> Result<Self, Stop> {
        let look = flags_look(flags, mode)?;
        let quiet = told.as_ref().is_some_and(|told| told.quiet);
        let format = format(mode);
        let set = |flag: bool, name: &str| Ok(flag || truth(name)?.unwrap_or(false));
        let application = if mode == Mode::Run || argocd::is_caller() {
            argocd::application(set(flags.no_app_overrides, "no-app-overrides")?)?
        } else {
            Application::default()
        };
        let allow_empty = application.allow_empty;
        let told = told.unwrap_or_default();
        let emit = told.emit;
        let Stated { policy, file, notes } = policy(flags, mode, told, application, look)?;
        let providers = providers(&policy, file.as_deref())?;
        let reports = reports::asked(&flags.report)?;
        if matches!(mode, Mode::Filter | Mode::Function | Mode::Run) {
            reports::keep_out_of_manifests(&reports)?;
        }
        let default = match mode {
            Mode::Check | Mode::Run => FailOn::Error,
            Mode::Filter | Mode::Function | Mode::Inject => FailOn::Never,
        };
        // An application that lost its manifests is pruned.
        let required = mode == Mode::Check || (mode == Mode::Filter && argocd::is_caller());
        let required = truth("require-input")?.unwrap_or(required && allow_empty != Some(true));
        let diff = match switch(flags.diff, "diff")?.unwrap_or_default() {
            When::Always => true,
            When::Never => false,
            When::Auto => io::stderr().is_terminal(),
        };
        let limit = limit(flags)?;
        Ok(Self {
            mode,
            fail_on: policy.fail_on().unwrap_or(default),
            require_input: flags.require_input || required,
            now: now()?,
            cluster: dumps(&flags.cluster_dump, &limit)?,
            limit,
            providers,
            reports,
            quiet: set(flags.quiet, "quiet")? || quiet,
            diff,
            format,
            notes,
            allow_empty,
            stamps: match (mode, emit) {
                (Mode::Check, _) | (_, Emit::None) => Stamps::Ignored,
                _ if policy.stamp() => Stamps::Written,
                _ => Stamps::Ignored,
            },
            emit,
            look,
            policy,
        })
    }

    fn circumstances(&self, input: Input) -> Circumstances<'_> {
        let Self { now, require_input, stamps, mode, .. } = *self;
        let watched = mode == Mode::Run || io::stderr().is_terminal();
        let (providers, cluster) = (&self.providers, &self.cluster);
        let caller = match mode {
            Mode::Function => Caller::Function,
            _ if argocd::is_caller() => Caller::ArgoCd,
            _ => Caller::CommandLine,
        };
        Circumstances { now, providers, cluster, input, caller, require_input, stamps, watched }
    }

    /// Whether the run has to fail, by the threshold alone.
    fn fails(&self, outcome: &Outcome<'_>) -> bool {
        match self.fail_on {
            FailOn::Never => false,
            FailOn::Warning => outcome.reaches(Severity::Warning),
            FailOn::Error => outcome.reaches(Severity::Error),
        }
    }
}

/// The time by which credentials and exceptions are judged: now, or the one of `SOURCE_DATE_EPOCH`
/// (<https://reproducible-builds.org/specs/source-date-epoch/>), so that a run can be repeated.
fn now() -> Result<Timestamp, Stop> {
    let Some(seconds) = variable(SOURCE_DATE_EPOCH) else { return Ok(Timestamp::now()) };
    let time = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.ok_or_else(|| {
        let text = "error: SOURCE_DATE_EPOCH: write a time in whole seconds since 1970\n";
        Stop::new(Exit::Usage, text)
    })
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The variable of a flag: `PULLCREDS_` and its name.
fn flag_variable(flag: &str) -> (String, Option<String>) {
    let name = format!("PULLCREDS_{}", flag.replace('-', "_").to_uppercase());
    let value = variable(&name);
    (name, value)
}

fn switch(flag: Option<When>, name: &str) -> Result<Option<When>, Stop> {
    use clap::ValueEnum as _;
    let (variable, value) = flag_variable(name);
    match (flag, value) {
        (Some(when), _) => Ok(Some(when)),
        (None, Some(value)) => When::from_str(&value, true).map(Some).map_err(|_| {
            Stop::new(Exit::Usage, format!("error: {variable}: write auto, always or never\n"))
        }),
        (None, None) => Ok(None),
    }
}

/// How much may be read: what the flag says, else the variable.
fn limit(flags: &Flags) -> Result<Limit, Stop> {
    let (name, value) = flag_variable("max-input");
    let wrong = |help: String| Stop::new(Exit::Usage, format!("error: {name}: {help}\n"));
    let said = value.map(|value| frontend::parse_size(&value)).transpose();
    match flags.max_input {
        Some(most) => Ok(Limit::new(most)),
        None => Ok(said.map_err(wrong)?.map_or_else(Limit::default, Limit::new)),
    }
}

fn truth(name: &str) -> Result<Option<bool>, Stop> {
    let (variable, value) = flag_variable(name);
    match value.as_deref() {
        None => Ok(None),
        Some("1" | "true" | "yes" | "on") => Ok(Some(true)),
        Some("0" | "false" | "no" | "off") => Ok(Some(false)),
        Some(_) => Err(Stop::new(Exit::Usage, format!("error: {variable}: write true or false\n"))),
    }
}

fn flags_look(flags: &Flags, mode: Mode) -> Result<Look, Stop> {
    Ok(look(switch(flags.color, "color")?.unwrap_or_default(), mode))
}

/// How reports look where they go: `check` prints its own to standard output, the others to standard error.
fn look(when: When, mode: Mode) -> Look {
    let size = match mode {
        Mode::Check => terminal_size::terminal_size_of(io::stdout()),
        _ => terminal_size::terminal_size_of(io::stderr()),
    };
    let terminal = match mode {
        Mode::Check => io::stdout().is_terminal(),
        _ => io::stderr().is_terminal(),
    };
    let columns = variable("COLUMNS").and_then(|columns| columns.parse().ok());
    let columns = columns.or(size.map(|(width, _)| width.0.into())).filter(|_| terminal);
    let width = columns.unwrap_or(100_usize).clamp(40, 120);
    Look { colour: is_coloured(when, terminal, variable), width, wrap: terminal }
}

/// <https://no-color.org>: a flag wins over the variable.
fn is_coloured(when: When, terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            terminal
                && variable("NO_COLOR").is_none()
                && variable("TERM").as_deref() != Some("dumb")
        }
    }
}

/// How a run is told where nobody asks for a report: people at a terminal see all of it.
fn format(mode: Mode) -> Format {
    let caller = mode == Mode::Run && !io::stderr().is_terminal();
    if caller || argocd::is_caller() { Format::Brief } else { Format::Human }
}

/// The policy, the file it is from, and what an Application asks of it in vain.
struct Stated {
    policy: Policy,
    file: Option<PathBuf>,
    notes: Vec<String>,
}

fn policy(
    flags: &Flags,
    mode: Mode,
    told: Told,
    application: Application,
    look: Look,
) -> Result<Stated, Stop> {
    let Application { overrides: asked, policy: asked_file, mut notes, .. } = application;
    let (_, named) = flag_variable("policy");
    let named = flags.policy.clone().or_else(|| named.map(PathBuf::from));
    // There the working directory belongs to the application that is being judged.
    let searched = ![Mode::Function, Mode::Run].contains(&mode) && !argocd::is_caller();
    let found = || POLICY_FILES.iter().map(PathBuf::from).find(|path| searched && path.is_file());
    let read = |path: PathBuf| {
        if !told.policy.is_empty() {
            eprint(&format!(
                "note: the policy is {}; what the functionConfig says is not used\n",
                path.display()
            ));
        }
        Ok((read_policy(&path, mode, look)?, Some(path)))
    };
    let (base, file) = match (named, asked_file) {
        (Some(path), asked) => {
            argocd::operators_file(&path, "policy")?;
            let word = |asked: argocd::Asked<_>| {
                format!("{} is ignored: the operator of this plugin names the policy", asked.origin)
            };
            notes.extend(asked.map(word));
            read(path)?
        }
        (None, Some(asked)) => {
            let path = argocd::applications_policy(&asked)?;
            read(path).map_err(|_: Stop| argocd::mistaken(&asked))?
        }
        (None, None) => match found() {
            Some(path) => read(path)?,
            None => (told.policy, None),
        },
    };
    let mut overrides = overrides(flags)?.over(told.overrides);
    if mode == Mode::Check && flags.into.is_none() {
        // What is there is judged, and not what an injection would make of it.
        overrides.into = Some(InjectInto::None);
    }
    if told.emit == Emit::None {
        // What is injected would arrive nowhere, so nothing may rest on it.
        overrides.into = Some(InjectInto::None);
    }
    let policy = base.with(&overrides).map_err(|mistakes| flag_mistakes("", &mistakes))?;
    let (mut asked, overruled) = asked.below(&policy);
    notes.extend(overruled.iter().map(|overruled| {
        format!(
            "`{}` of the Application is ignored: the policy says {}",
            overruled.flag, overruled.by
        )
    }));
    if asked.namespace.is_none() && policy.namespace().is_none() {
        asked.namespace = variable("ARGOCD_APP_NAMESPACE");
    }
    let policy = policy.with(&asked).map_err(|mistakes| flag_mistakes("", &mistakes))?;
    Ok(Stated { policy, file, notes })
}

fn read_policy(path: &Path, mode: Mode, look: Look) -> Result<Policy, Stop> {
    let source = frontend::read_file(path, &Limit::default());
    let source = source.map_err(|error| Stop::because(Exit::Usage, &error))?;
    let policy = Policy::parse(&source.text, &finding::names());
    policy.map_err(|mistakes| match format(mode) {
        Format::Brief => Stop::new(Exit::Usage, report::brief_mistakes(&source, &mistakes)),
        _ => policy_mistakes(&source, &mistakes, look),
    })
}

/// The mistakes in a policy that is the whole of `source`.
fn policy_mistakes(source: &Source, mistakes: &[policy::Mistake], look: Look) -> Stop {
    let whole = Span::new(0, source.text.len());
    let here = |_: &policy::Mistake| "here".to_owned();
    Stop::new(Exit::Usage, report::mistakes(source, whole, mistakes, &here, look))
}

/// The plugins of the kubelet configuration that the policy names, relative to the policy file.
fn providers(policy: &Policy, file: Option<&Path>) -> Result<Vec<Provider>, Stop> {
    let Some(named) = &policy.cluster().credential_provider_config else { return Ok(Vec::new()) };
    let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
    let path = folder.join(&named.value);
    let files = frontend::config_files(&path);
    let files = files.map_err(|error| Stop::because(Exit::Usage, &error))?;
    if files.is_empty() {
        let path = report::printable(&path.display().to_string());
        let text = format!("error: {path}: no *.json, *.yaml or *.yml file is there\n");
        return Err(Stop::new(Exit::Usage, text));
    }
    let mut config = provider::Config::default();
    let mut mistakes = Vec::new();
    for file in &files {
        let source = frontend::read_file(file, &Limit::default());
        let source = source.map_err(|error| Stop::because(Exit::Usage, &error))?;
        let read = provider::Config::parse(&source.text).and_then(|read| config.merge(read));
        for mistake in read.err().into_iter().flatten() {
            mistakes.push(format!("error: {}: {mistake}\n", source.name));
        }
    }
    if mistakes.is_empty() {
        Ok(config.providers)
    } else {
        Err(Stop::new(Exit::Usage, mistakes.concat()))
    }
}

/// The dumps of the cluster, which the variable names one a line.
fn dumps(flags: &[PathBuf], limit: &Limit) -> Result<Vec<Source>, Stop> {
    let (_, named) = flag_variable("cluster-dump");
    let lines = named.iter().flat_map(|named| named.lines()).map(str::trim);
    let named: Vec<_> = lines.filter(|line| !line.is_empty()).map(PathBuf::from).collect();
    let paths = if flags.is_empty() { &named } else { flags };
    paths.iter().try_for_each(|path| argocd::operators_file(path, "cluster dump"))?;
    let read = paths.iter().map(|path| frontend::read_file(path, limit));
    read.collect::<Result<_, _>>().map_err(|error| Stop::because(Exit::Usage, &error))
}

/// What flags say, and below them the environment.
fn overrides(flags: &Flags) -> Result<Overrides, Stop> {
    let typed = Overrides {
        inject: flags.inject.clone(),
        into: flags.into,
        private: flags.private.clone(),
        public: flags.public.clone(),
        assume_private: flags.assume_private.then_some(true),
        namespace: flags.namespace.clone(),
        fail_on: flags.fail_on,
        stamp: flags.stamp.then_some(true),
    };
    let mut environment = Overrides::default();
    for flag in Overrides::FLAGS {
        let (name, value) = flag_variable(flag);
        if let Some(value) = value {
            let set = environment.set(flag, &value);
            set.map_err(|mistakes| flag_mistakes(&format!("{name}: "), &mistakes))?;
        }
    }
    Ok(typed.over(environment))
}

fn flag_mistakes(prefix: &str, mistakes: &[policy::FlagMistake]) -> Stop {
    let lines = mistakes.iter().map(|mistake| format!("error: {prefix}{mistake}\n"));
    Stop::new(Exit::Usage, lines.collect::<String>())
}

// The commands.

/// Judges sources by the settings. A dump of the cluster that is no YAML stream ends the run, as a policy would: without
/// it the verdicts would be others.
fn judge<'s>(
    sources: &'s [Source],
    settings: &'s Settings,
    input: Input,
) -> Result<Outcome<'s>, Stop> {
    let outcome = check::check(sources, &settings.policy, settings.circumstances(input));
    let dumps = outcome.problems.iter().filter_map(|(at, problem)| {
        let dump = settings.cluster.get(at.checked_sub(sources.len())?)?;
        Some(report::unreadable_dump(dump, problem))
    });
    let texts = dumps.collect::<String>();
    if texts.is_empty() { Ok(outcome) } else { Err(Stop::new(Exit::Usage, texts)) }
}

/// Without a command: a filter, or a KRM function if that is what the input asks for.
fn standard_input(flags: &Flags) -> Result<Exit, Stop> {
    let source = stdin(&limit(flags)?)?;
    match krm::recognise(&source, flags) {
        Some(run) => run,
        None => pass_on(source, &Settings::of(flags, Mode::Filter)?),
    }
}

fn stdin(limit: &Limit) -> Result<Source, Stop> {
    read_stdin(limit).map_err(|error| Stop::because(Exit::Unreadable, &error))
}

fn read_stdin(limit: &Limit) -> Result<Source, frontend::ReadError> {
    if io::stdin().is_terminal() {
        eprint(
            "reading manifests from the terminal, up to Ctrl-D (`pullcreds --help` says more)\n",
        );
    }
    frontend::read_stdin(limit)
}

/// Judges a stream, and writes it with what is injected.
fn pass_on(source: Source, settings: &Settings) -> Result<Exit, Stop> {
    let sources = [source];
    let outcome = judge(&sources, settings, Input::Stream)?;
    let report = Report::new(&sources, &outcome, &settings.policy);
    if let Some((_, problem)) = outcome.problems.first() {
        reports::write(&report, settings)?;
        let text = reports::for_standard_error(&report, settings);
        let text = text.unwrap_or_else(|| match settings.format {
            Format::Brief => report::brief_problem(&sources[0], problem),
            _ => report::problem(&sources[0], problem, settings.look),
        });
        return Err(Stop::new(Exit::Unreadable, text));
    }
    let failed = settings.fails(&outcome) || is_refused(&outcome) || is_missed(&outcome);
    reports::write(&report, settings)?;
    if !failed && settings.emit == Emit::All {
        write::manifests(&sources, &outcome)?;
    }
    keep(&report, &outcome, settings, failed);
    tell(&report, &outcome, settings, failed.then_some(NOTHING_WRITTEN));
    Ok(if failed { Exit::Failed } else { Exit::Pass })
}

/// Whether something had to be injected and could not be, and the policy does not put up with it.
fn is_refused(outcome: &Outcome<'_>) -> bool {
    has_error(outcome, &finding::INJECTION_REFUSED)
}

/// Whether there had to be input and is none.
fn is_missed(outcome: &Outcome<'_>) -> bool {
    has_error(outcome, &finding::EMPTY_INPUT)
}

fn has_error(outcome: &Outcome<'_>, code: &Code) -> bool {
    let is = |found: &finding::Finding| found.code == code && found.severity == Severity::Error;
    outcome.findings.iter().any(is)
}

fn explain(code: Option<&Code>) -> Result<Exit, Stop> {
    let look = look(switch(None, "color")?.unwrap_or_default(), Mode::Check);
    print(&code.map_or_else(|| report::codes(look), |code| report::explain(code, look)))
}

fn last(runs: usize, failed: bool) -> Result<Exit, Stop> {
    let reports = state().latest(runs, failed);
    let reports = reports.map_err(|error| Stop::because(Exit::Unreadable, &error))?;
    if reports.is_empty() {
        let which = if failed { "no run that failed has" } else { "no run has" };
        let text = format!(
            "error: {which} left a report yet (they are kept below XDG_STATE_HOME, else ~/.local/state; under Helm 4, if neither can be written, below TMPDIR)\n"
        );
        return Err(Stop::new(Exit::Unreadable, text));
    }
    let text = reports.join("\n");
    let colour = switch(None, "color")?.unwrap_or_default();
    let coloured = is_coloured(colour, io::stdout().is_terminal(), variable);
    print(&if coloured { text } else { strip_str(&text).to_string() })
}

// Writing.

fn print(text: &str) -> Result<Exit, Stop> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Pass),
        // `pullcreds check | head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Pass),
        Err(error) => Err(unwritable(&error)),
    }
}

fn eprint(text: &str) {
    // Nobody is left to be told.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Refuses to go on where manifests would go nowhere.
fn insist_on_output() -> Result<(), Stop> {
    if closed::is_output() { Err(unwritable(&io::Error::other("it is closed"))) } else { Ok(()) }
}

fn unwritable(error: &io::Error) -> Stop {
    Stop::new(Exit::Unwritable, format!("error: cannot write to standard output: {error}\n"))
}

/// Tells people on standard error what happened.
///
/// `consequence` is what a failure means for the manifests; `None` if the run does not fail.
fn tell(
    report: &Report<'_>,
    outcome: &Outcome<'_>,
    settings: &Settings,
    consequence: Option<&str>,
) {
    let failed = consequence.is_some();
    if settings.quiet && !failed {
        return;
    }
    let mut text = String::new();
    if settings.diff && !failed && outcome.plans.iter().any(|plan| !plan.is_empty()) {
        text.push_str(&report::diff(report, settings.look));
        text.push('\n');
    }
    let mut formats: Vec<Format> =
        settings.reports.iter().filter(|to| to.file.is_none()).map(|to| to.format).collect();
    if formats.is_empty() {
        formats.push(settings.format);
    }
    for format in &formats {
        text.push_str(&report.render(*format, settings.look));
    }
    text.extend(settings.notes.iter().take(NOTES).map(|note| format!("note: {note}\n")));
    if let Some(consequence) = consequence.filter(|_| !formats.contains(&Format::Json)) {
        text.push_str(&because(consequence, outcome));
    }
    eprint(&text);
}

/// Whether standard error carries a report that programs read: nothing may come beside it.
fn tells_json(settings: &Settings) -> bool {
    settings.reports.iter().any(|to| to.file.is_none() && to.format == Format::Json)
}

/// What a failure means for the manifests, and what it is.
fn because(consequence: &str, outcome: &Outcome<'_>) -> String {
    let why = if is_refused(outcome) {
        "an injection was refused"
    } else if is_missed(outcome) {
        "there is no input"
    } else {
        "the threshold is reached"
    };
    format!("{consequence}: {why}.\n")
}

/// The reports of earlier runs.
fn state() -> State {
    State::new(|name| std::env::var_os(name))
}

/// Keeps the report for `pullcreds last`. That it could not be kept is no reason to fail.
fn keep(report: &Report<'_>, outcome: &Outcome<'_>, settings: &Settings, failed: bool) {
    // Who reads it later may have a terminal.
    let look = Look { colour: true, wrap: false, ..settings.look };
    let mut text = String::new();
    let edits: usize = outcome.plans.iter().map(|plan| plan.edits().len()).sum();
    if !failed && (1..=KEPT_DIFF).contains(&edits) {
        text.push_str(&report::diff(report, look));
        text.push('\n');
    }
    text.push_str(&report.render(Format::Human, look));
    if failed {
        text.push_str(&because(NOTHING_WRITTEN, outcome));
    }
    let exit = if failed { Exit::Failed } else { Exit::Pass };
    keep_run(&text, report.chart().as_deref(), exit);
}

/// Keeps why a run of the filter ended early: Helm 4 throws standard error away, and what an earlier run has left
/// must not pass for this one's.
fn keep_stop(stop: &Stop) {
    keep_run(&stop.text, None, stop.exit);
}

fn keep_run(report: &str, chart: Option<&str>, exit: Exit) {
    let _ = state().keep(&state::Run { report, chart, exit, now: Timestamp::now() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        let on = |name: &'static str, value: &'static str| {
            move |asked: &str| (asked == name).then(|| value.to_owned())
        };
        assert!(is_coloured(When::Auto, true, on("TERM", "xterm")));
        assert!(!is_coloured(When::Auto, false, on("TERM", "xterm")));
        assert!(!is_coloured(When::Auto, true, on("TERM", "dumb")));
        assert!(!is_coloured(When::Auto, true, on("NO_COLOR", "1")));
        assert!(is_coloured(When::Always, false, on("NO_COLOR", "1")));
        assert!(!is_coloured(When::Never, true, on("TERM", "xterm")));
    }
}
