//! Flags, environment, policy file, functionConfig and Application, resolved to what a run goes by.

pub(crate) mod argocd;
pub(crate) mod layer;
mod policy;
mod policy_files;
pub(crate) mod table;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use pullcreds::baseline::Baseline;
use pullcreds::check::{Caller, Circumstances, ContextScope, Input, Outcome, Stamps, Suppressions};
use pullcreds::credentials::provider::Provider;
use pullcreds::finding::Severity;
use pullcreds::frontend::Limit;
use pullcreds::policy::{Emit, FailOn, InjectInto, Policy, PolicyText};
use pullcreds::report::{Format, Look, Report};
use pullcreds::source::Source;
use pullcreds::text::{Message, shown_path};

use super::environment::now;
use super::exit::Stop;
use super::output::look::{format, look};
use super::output::{is_unknown, reports};
use argocd::Application;
use layer::Layer;
pub(crate) use policy::Stated;
pub(crate) use policy::baseline;
pub(crate) use policy::policy_mistakes;
use policy::{dumps, policy, providers};
pub(crate) use policy_files::ignored as ignored_policy;
use table::{ByManifests, ReportTo, When};

/// How the program was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Filter,
    Function,
    Check,
    Explain,
    Inject,
    Run,
    Baseline,
}

impl Mode {
    /// Whether it injects what the policy names. The others judge what is there, and not what an injection would make
    /// of it.
    fn injects(self) -> bool {
        !matches!(self, Self::Check | Self::Baseline | Self::Explain)
    }

    /// From which severity on findings fail a run, if nobody says so.
    fn threshold(self) -> FailOn {
        match self {
            Self::Check | Self::Run => FailOn::Error,
            Self::Filter | Self::Function | Self::Inject | Self::Baseline | Self::Explain => {
                FailOn::Never
            }
        }
    }
}

/// What the caller of a function says, below flags and environment.
#[derive(Default)]
pub(crate) struct FunctionSettings {
    pub(crate) policy: Policy,
    /// The keys of a `ConfigMap`.
    pub(crate) layer: Layer,
}

/// Flags, environment and policy file, resolved.
#[expect(clippy::struct_excessive_bools, reason = "switches are what they are")]
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    pub(crate) policy: Policy,
    /// The files that it is from; later ones win.
    pub(crate) policy_files: Vec<PathBuf>,
    /// What they say.
    pub(crate) policy_text: Option<PolicyText>,
    pub(crate) providers: Vec<Provider>,
    pub(crate) cluster: Vec<Source>,
    /// The findings that are known.
    pub(crate) baseline: Option<Baseline>,
    /// The file that they are in.
    pub(crate) baseline_file: Option<PathBuf>,
    /// Whether the manifests may suppress findings.
    by_manifests: ByManifests,
    pub(crate) fail_on: FailOn,
    pub(crate) require_input: bool,
    pub(crate) now: Timestamp,
    /// How much more may be read.
    pub(crate) limit: Limit,
    pub(crate) reports: Vec<ReportTo>,
    /// The report on standard error, if no other is asked for.
    pub(crate) format: Format,
    /// What an Application asks for in vain.
    pub(crate) notes: Vec<Message>,
    /// How long a renderer may take.
    pub(crate) timeout: Option<Duration>,
    /// Patterns of files below folders that are left out.
    pub(crate) exclude: Vec<String>,
    /// Whose objects count for a workload.
    context: ContextScope,
    /// Whether charts and kustomizations are rendered.
    pub(crate) render: bool,
    /// Whether a renderer may write no object.
    pub(crate) allow_empty: bool,
    pub(crate) emit: Emit,
    pub(crate) stamps: Stamps,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    /// Whether images in texts are listed.
    pub(crate) hints: bool,
    pub(crate) diff: bool,
    pub(crate) look: Look,
}

impl Settings {
    pub(crate) fn of(flags: &Layer, mode: Mode) -> Result<Self, Stop> {
        Self::resolve(flags, mode, None)
    }

    /// Those of a function, if it has any of its own.
    pub(crate) fn resolve(
        flags: &Layer,
        mode: Mode,
        function: Option<FunctionSettings>,
    ) -> Result<Self, Stop> {
        let function = function.unwrap_or_default();
        let stated = flags.clone().over(Layer::environment(mode)).over(function.layer);
        let mut values = stated.resolve()?;
        let look = look(values.color.unwrap_or_default(), mode);
        let application = application(&values, mode)?;
        let allow_empty = application.values.allow_empty;
        let emit = values.emit.unwrap_or(function.policy.emit());
        if injects_nowhere(flags, mode, emit) {
            values.overrides.into = Some(InjectInto::None);
        }
        let Stated { policy, files, notes } =
            policy(&values, function.policy, application, mode, look)?;
        let providers = providers(&policy, files.as_ref())?;
        let (policy_text, policy_files) = files.map(|files| (files.text, files.paths)).unzip();
        let policy_files = policy_files.unwrap_or_default();
        if matches!(mode, Mode::Filter | Mode::Function | Mode::Run) {
            reports::keep_out_of_manifests(&values.report)?;
        }
        let limit = values.max_input.map_or_else(Limit::default, Limit::new);
        Ok(Self {
            mode,
            fail_on: policy.fail_on().unwrap_or(mode.threshold()),
            require_input: values
                .require_input
                .unwrap_or_else(|| needs_input(mode) && allow_empty != Some(true)),
            now: now()?,
            cluster: dumps(&values.cluster_dump, &limit)?,
            baseline: match (&values.baseline, mode) {
                // It is read there, if it exists.
                (_, Mode::Baseline) => None,
                (file, _) => file.as_deref().map(baseline).transpose()?,
            },
            baseline_file: values.baseline,
            by_manifests: values.suppressions.unwrap_or(by_manifests(mode)),
            limit,
            providers,
            reports: values.report,
            quiet: values.quiet.unwrap_or(false),
            verbose: values.verbose.unwrap_or(false),
            hints: values.hints.unwrap_or(false),
            diff: shows_diff(values.diff.unwrap_or_default()),
            format: format(mode),
            notes,
            timeout: values.timeout,
            exclude: values.exclude,
            context: values.context.unwrap_or_default(),
            render: values.render == Some(true),
            allow_empty: values
                .allow_empty
                .or(values.require_input.map(|required| !required))
                .or(allow_empty)
                .unwrap_or(false),
            stamps: stamps(mode, values.require_stamp == Some(true), emit, &policy),
            emit,
            look,
            policy,
            policy_files,
            policy_text,
        })
    }

    /// What reports are made from.
    pub(crate) fn report<'r>(
        &'r self,
        sources: &'r [Source],
        outcome: &'r Outcome<'r>,
    ) -> Report<'r> {
        let files = self.policy_files.iter().map(|path| shown_path(path));
        Report::new(sources, outcome, &self.policy).with_policy_files(files.collect())
    }

    pub(crate) fn circumstances<'s>(
        &'s self,
        input: Input,
        paths: &'s [PathBuf],
    ) -> Circumstances<'s> {
        let Self { now, require_input, stamps, mode, context, .. } = *self;
        let watched = mode == Mode::Run || io::stderr().is_terminal();
        let (providers, cluster) = (&self.providers, &self.cluster);
        let caller = caller(mode);
        let suppressions = Suppressions {
            by_manifests: self.by_manifests == ByManifests::Allow,
            baseline: self.baseline.as_ref(),
        };
        Circumstances {
            now,
            providers,
            cluster,
            input,
            context,
            paths,
            caller,
            require_input,
            stamps,
            suppressions,
            watched,
            hints: self.hints,
        }
    }

    /// Whether the run has to fail, by the threshold alone.
    pub(crate) fn fails(&self, outcome: &Outcome<'_>) -> bool {
        match self.fail_on {
            _ if self.policy.fails_on_unknown_kinds() && is_unknown(outcome) => true,
            FailOn::Never => false,
            FailOn::Warning => outcome.reaches(Severity::Warning),
            FailOn::Error => outcome.reaches(Severity::Error),
        }
    }
}

/// Whether nothing is injected. Where nothing is handed back, what is injected would arrive nowhere.
fn injects_nowhere(flags: &Layer, mode: Mode, emit: Emit) -> bool {
    !mode.injects() && !flags.names("into") || emit == Emit::None
}

/// What the Application of Argo CD asks for, where one is the caller.
fn application(values: &table::Values, mode: Mode) -> Result<Application, Stop> {
    if mode == Mode::Run || argocd::is_caller() {
        argocd::application(values.no_app_overrides.unwrap_or(false))
    } else {
        Ok(Application::default())
    }
}

/// Whether it is an error that there is nothing to read: an application that lost its manifests is pruned.
fn needs_input(mode: Mode) -> bool {
    let is_check = matches!(mode, Mode::Check | Mode::Baseline);
    is_check || mode == Mode::Filter && argocd::is_caller()
}

/// Whether manifests may accept findings: not those of another than who runs this.
fn by_manifests(mode: Mode) -> ByManifests {
    match caller(mode) {
        Caller::CommandLine => ByManifests::Allow,
        Caller::ArgoCd | Caller::Function => ByManifests::Deny,
    }
}

fn shows_diff(when: When) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => io::stderr().is_terminal(),
    }
}

fn stamps(mode: Mode, are_required: bool, emit: Emit, policy: &Policy) -> Stamps {
    match mode {
        Mode::Check if are_required => Stamps::Required,
        Mode::Check | Mode::Baseline | Mode::Explain => Stamps::Ignored,
        _ if emit == Emit::All && policy.stamp() => Stamps::Written,
        _ => Stamps::Ignored,
    }
}

/// Who runs the program.
fn caller(mode: Mode) -> Caller {
    match mode {
        Mode::Function => Caller::Function,
        _ if argocd::is_caller() => Caller::ArgoCd,
        _ => Caller::CommandLine,
    }
}

/// How reports look, by flags and environment.
pub(crate) fn look_of(flags: &Layer, mode: Mode) -> Result<Look, Stop> {
    let stated = flags.clone().over(Layer::environment(mode)).only(&["color"]);
    Ok(look(stated.resolve()?.color.unwrap_or_default(), mode))
}

/// The policy of a command that judges nothing: of a file that is named, by a flag or in the environment, or found.
pub(crate) fn policy_of(file: Option<PathBuf>) -> Result<Policy, Stop> {
    Ok(stated_policy(file)?.policy)
}

/// The same, and the file that it is from.
pub(crate) fn stated_policy(file: Option<PathBuf>) -> Result<Stated, Stop> {
    let mut values = Layer::environment(Mode::Check).only(&["policy"]).resolve()?;
    if let Some(file) = file {
        values.policy = vec![file];
    }
    let look = look_of(&Layer::default(), Mode::Check)?;
    policy(&values, Policy::default(), Application::default(), Mode::Check, look)
}

/// How much may be read, by flags and environment.
pub(crate) fn limit(flags: &Layer) -> Result<Limit, Stop> {
    let stated = flags.clone().over(Layer::environment(Mode::Filter)).only(&["max-input"]);
    Ok(stated.resolve()?.max_input.map_or_else(Limit::default, Limit::new))
}
