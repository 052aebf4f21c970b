//! The policy of a run, from its file, flags, variables and what an Application asks for; and the files that it
//! names.

use std::path::{Path, PathBuf};

use pullcreds::baseline::Baseline;
use pullcreds::credentials::provider::{self, Provider};
use pullcreds::frontend::{self, Limit};
use pullcreds::policy::{self, Policy};
use pullcreds::report::{self, Look};
use pullcreds::say;
use pullcreds::source::{Source, Span};
use pullcreds::text::{Message, list, shown, shown_path};

use super::Mode;
use super::argocd::{self, Application, FileRequest};
use super::policy_files::{PolicyFiles, found};
use super::table::Values;
use crate::cli::environment::variable;
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::eprint;

/// The policy, the files it is from, and what an Application asks of it in vain.
pub(crate) struct Stated {
    pub(crate) policy: Policy,
    pub(crate) files: Option<PolicyFiles>,
    pub(crate) notes: Vec<Message>,
}

/// The policy of a run. `function` is that of a functionConfig, which counts where no file is named.
pub(crate) fn policy(
    values: &Values,
    function: Policy,
    application: Application,
    mode: Mode,
    look: Look,
) -> Result<Stated, Stop> {
    let Application { values: Values { overrides: mut asked, policy: named, .. }, .. } =
        application;
    let mut notes = application.notes;
    let origin = application.policy_origin;
    let asked_files: Vec<_> =
        named.into_iter().map(|value| FileRequest { origin: origin.clone(), value }).collect();
    let read = |paths: &[PathBuf]| -> Result<(Policy, Option<PolicyFiles>), Stop> {
        if !function.is_empty() {
            let paths = list(paths.iter().map(|path| shown_path(path)), ", ");
            eprint(&say!("note: the policy is {}; the functionConfig is ignored\n", paths));
        }
        PolicyFiles::read(paths, mode, look).map(|(policy, files)| (policy, Some(files)))
    };
    let (base, files) = match (&values.policy[..], &asked_files[..]) {
        ([], []) => match found(mode) {
            Some(path) => read(&[path])?,
            None => (function, None),
        },
        ([], asked) => {
            let paths = asked.iter().map(argocd::applications_policy);
            let read = read(&paths.collect::<Result<Vec<_>, _>>()?);
            read.map_err(|_: Stop| argocd::mistaken(&asked[0]))?
        }
        (paths, asked) => {
            let word = |asked: &FileRequest| {
                say!("{} is ignored: the plugin's operator already sets the policy", asked.origin)
            };
            notes.extend(asked.first().map(word));
            read(paths)?
        }
    };
    let policy = base.with(&values.overrides).map_err(|mistakes| flag_mistakes(&mistakes))?;
    notes.extend(argocd::limit(&mut asked, &policy));
    if asked.namespace.is_none() && policy.namespace().is_none() {
        asked.namespace = variable("ARGOCD_APP_NAMESPACE");
    }
    let policy = policy.with(&asked).map_err(|mistakes| flag_mistakes(&mistakes))?;
    Ok(Stated { policy, files, notes })
}

/// A report of the mistakes in a policy that is the whole of `source`.
pub(crate) fn policy_mistakes(source: &Source, mistakes: &[policy::Mistake], look: Look) -> String {
    let whole = Span::new(0, source.text.len());
    let here = |_: &policy::Mistake| Message::of("here");
    report::mistakes(source, whole, mistakes, &here, look)
}

/// The plugins of the kubelet configuration that the policy names, relative to the policy file.
pub(crate) fn providers(
    policy: &Policy,
    files: Option<&PolicyFiles>,
) -> Result<Vec<Provider>, Stop> {
    let Some(named) = &policy.cluster().credential_provider_config else { return Ok(Vec::new()) };
    let file = files.zip(named.span).map(|(files, span)| files.path(span));
    let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
    let path = folder.join(&named.value);
    let files = frontend::config_files(&path);
    let files = files.map_err(|error| Stop::because(Exit::Usage, &error))?;
    if files.is_empty() {
        let text = say!("error: {}: no *.json, *.yaml or *.yml file found\n", shown_path(&path));
        return Err(Stop::new(Exit::Usage, text));
    }
    let mut config = provider::Config::default();
    let mut mistakes = Vec::new();
    for file in &files {
        let source = frontend::read_file(file, &Limit::default());
        let source = source.map_err(|error| Stop::because(Exit::Usage, &error))?;
        let read = provider::Config::parse(&source.text).and_then(|read| config.merge(read));
        for mistake in read.err().into_iter().flatten() {
            mistakes.push(say!("error: {}: {}\n", shown(&source.name), mistake.placed()));
        }
    }
    if mistakes.is_empty() {
        Ok(config.providers)
    } else {
        Err(Stop::new(Exit::Usage, list(mistakes, "")))
    }
}

/// The baseline in a file.
pub(crate) fn baseline(path: &Path) -> Result<Baseline, Stop> {
    argocd::operators_file(path, "baseline")?;
    let source = frontend::read_file(path, &Limit::default());
    let source = source.map_err(|error| Stop::because(Exit::Usage, &error))?;
    Baseline::parse(&source.text).map_err(|wrong| {
        let name = shown(&source.name);
        Stop::new(
            Exit::Usage,
            match wrong.position {
                Some(at) => say!("error: {}:{}: {}\n", name, at, wrong.message),
                None => say!("error: {}: {}\n", name, wrong.message),
            },
        )
    })
}

/// The dumps of the cluster.
pub(crate) fn dumps(paths: &[PathBuf], limit: &Limit) -> Result<Vec<Source>, Stop> {
    paths.iter().try_for_each(|path| argocd::operators_file(path, "cluster dump"))?;
    let read = paths.iter().map(|path| frontend::read_file(path, limit));
    read.collect::<Result<_, _>>().map_err(|error| Stop::because(Exit::Usage, &error))
}

fn flag_mistakes(mistakes: &[policy::FlagMistake]) -> Stop {
    let lines =
        mistakes.iter().map(|mistake| say!("error: {}: {}\n", mistake.message, mistake.help));
    Stop::new(Exit::Usage, list(lines, ""))
}
