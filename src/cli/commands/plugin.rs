//! The program as an exec plugin of kustomize, the form of functions before KRM: the policy in a file, and a stream
//! of documents in and out. kustomize shows what is said on standard error only when the plugin fails.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use pullcreds::frontend::{self, Limit};
use pullcreds::source::Span;

use super::filter::pass_on;
use super::krm;
use super::read::stdin;
use crate::cli::args::Cli;
use crate::cli::environment::variable;
use crate::cli::exit::{Exit, Stop};
use crate::cli::settings::layer::Layer;
use crate::cli::settings::{Mode, Settings, look_of, policy_mistakes};

/// The kind of policies, after which kustomize looks for the plugin.
const KIND: &str = "PullCredentialPolicy";
/// What kustomize sets for its plugins (api/internal/plugins/execplugin), the second one unless it is too long.
const VARIABLES: &[&str] = &["KUSTOMIZE_PLUGIN_CONFIG_ROOT", "KUSTOMIZE_PLUGIN_CONFIG_STRING"];

/// Takes the file of its configuration, which is the first argument of a plugin, out of a command line.
///
/// A plugin is called like its kind, or by a script that is. No other command line begins with the path of a file.
pub(crate) fn take_config(mut words: Vec<OsString>) -> (Vec<OsString>, Option<PathBuf>) {
    let config = config(&words).map(Path::to_owned);
    if config.is_some() {
        words.remove(1);
    }
    (words, config)
}

fn config(words: &[OsString]) -> Option<&Path> {
    let program = Path::new(words.first()?);
    let config = Path::new(words.get(1)?);
    let named = program.file_stem().is_some_and(|name| name == KIND);
    let told = || VARIABLES.iter().any(|name| variable(name).is_some()) && config.is_absolute();
    ((named || told()) && config.is_file()).then_some(config)
}

/// Runs as a plugin that is configured by a file.
pub(crate) fn run(config: &Path, cli: &Cli, flags: &Layer) -> Result<Exit, Stop> {
    if cli.command.is_some() {
        let text = "error: a plugin of kustomize takes flags in argsOneLiner, and no command\n";
        return Err(Stop::new(Exit::Usage, text));
    }
    let file = frontend::read_file(config, &Limit::default());
    let mut file = file.map_err(|error| Stop::because(Exit::Usage, &error))?;
    // kustomize makes the file for this run: its name means nothing to people.
    file.name = format!("<{KIND}>");
    let look = look_of(flags, Mode::Function)?;
    let whole = Span::new(0, file.text.len());
    let function = krm::object(&file, whole);
    let function = function.map_err(|mistakes| {
        Stop::with_report(Exit::Usage, policy_mistakes(&file, &mistakes, look))
    })?;
    let settings = Settings::resolve(flags, Mode::Function, Some(function))?;
    pass_on(stdin(&settings.limit)?, &settings)
}
