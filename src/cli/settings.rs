//! Flags, environment, policy file, functionConfig and Application, resolved to what a run goes by.

pub(crate) mod argocd;
mod policy;

use std::io::{self, IsTerminal};

use jiff::Timestamp;
use pullcreds::check::{Caller, Circumstances, Input, Outcome, Stamps};
use pullcreds::credentials::provider::Provider;
use pullcreds::finding::Severity;
use pullcreds::frontend::{self, Limit};
use pullcreds::policy::{Emit, FailOn, Overrides, Policy};
use pullcreds::report::{Format, Look};
use pullcreds::source::Source;

use super::args::{Flags, ReportTo, When};
use super::environment::{flag_variable, now, truth};
use super::exit::{Exit, Stop};
use super::output::look::{format, look};
use super::output::reports;
use argocd::Application;
pub(crate) use policy::policy_mistakes;
use policy::{Stated, dumps, policy, providers};

/// How the program was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Filter,
    Function,
    Check,
    Inject,
    Run,
}

/// What the caller of a function says, below flags and environment.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) policy: Policy,
    pub(crate) overrides: Overrides,
    pub(crate) emit: Emit,
    pub(crate) quiet: bool,
}

/// Flags, environment and policy file, resolved.
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    pub(crate) policy: Policy,
    pub(crate) providers: Vec<Provider>,
    pub(crate) cluster: Vec<Source>,
    pub(crate) fail_on: FailOn,
    pub(crate) require_input: bool,
    pub(crate) now: Timestamp,
    /// How much more may be read.
    pub(crate) limit: Limit,
    pub(crate) reports: Vec<ReportTo>,
    /// The report on standard error, if no other is asked for.
    pub(crate) format: Format,
    /// What an Application asks for in vain.
    pub(crate) notes: Vec<String>,
    /// Whether an Application says that no manifests are fine.
    pub(crate) allow_empty: Option<bool>,
    pub(crate) emit: Emit,
    pub(crate) stamps: Stamps,
    pub(crate) quiet: bool,
    pub(crate) diff: bool,
    pub(crate) look: Look,
}

impl Settings {
    pub(crate) fn of(flags: &Flags, mode: Mode) -> Result<Self, Stop> {
        Self::told(flags, mode, None)
    }

    pub(crate) fn told(flags: &Flags, mode: Mode, told: Option<Told>) -> Result<Self, Stop> {
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

    pub(crate) fn circumstances(&self, input: Input) -> Circumstances<'_> {
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
    pub(crate) fn fails(&self, outcome: &Outcome<'_>) -> bool {
        match self.fail_on {
            FailOn::Never => false,
            FailOn::Warning => outcome.reaches(Severity::Warning),
            FailOn::Error => outcome.reaches(Severity::Error),
        }
    }
}

pub(crate) fn switch(flag: Option<When>, name: &str) -> Result<Option<When>, Stop> {
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
pub(crate) fn limit(flags: &Flags) -> Result<Limit, Stop> {
    let (name, value) = flag_variable("max-input");
    let wrong = |help: String| Stop::new(Exit::Usage, format!("error: {name}: {help}\n"));
    let said = value.map(|value| frontend::parse_size(&value)).transpose();
    match flags.max_input {
        Some(most) => Ok(Limit::new(most)),
        None => Ok(said.map_err(wrong)?.map_or_else(Limit::default, Limit::new)),
    }
}

pub(crate) fn flags_look(flags: &Flags, mode: Mode) -> Result<Look, Stop> {
    Ok(look(switch(flags.color, "color")?.unwrap_or_default(), mode))
}
