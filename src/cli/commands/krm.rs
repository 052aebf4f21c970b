//! The program as a KRM function: a `ResourceList` in; the same out, with what is injected and with results.
//!
//! An orchestrator that gets an empty list deletes every resource (kustomize), so whatever happens the list is
//! complete or there is none, and the exit code says that something is wrong.

use std::io::{self, Write as _};

use pullcreds::check::{Input, Outcome};
use pullcreds::edit::{Edit, Plan};
use pullcreds::finding::{self, Severity};
use pullcreds::krm::results::FunctionResult;
use pullcreds::krm::{self, Datum, FunctionConfig, NoList, ResourceList};
use pullcreds::policy::{Emit, FlagMistake, Mistake, Policy};
use pullcreds::report::{self, Look};
use pullcreds::say;
use pullcreds::source::{LineIndex, Source, Span};
use pullcreds::text::{Message, shown};

use super::judge;
use crate::cli::exit::{Exit, Stop};
use crate::cli::output::{insist_on_output, is_refused, reports, tell, unwritable};
use crate::cli::settings::layer::Layer;
use crate::cli::settings::table::SETTINGS;
use crate::cli::settings::{FunctionSettings, Mode, Settings, look_of};

/// The key of a `ConfigMap` that holds a policy document.
const POLICY: &str = "policy";

/// Runs on `source` if it is a `ResourceList`.
pub(crate) fn recognise(source: &Source, flags: &Layer) -> Option<Result<Exit, Stop>> {
    if !ResourceList::may_be(&source.text) {
        return None;
    }
    match ResourceList::read(&source.text) {
        Ok(list) => Some(run(source, &list, flags)),
        Err(NoList::Malformed { span, why }) => Some(Err(malformed(source, span, why))),
        Err(NoList::NotYaml(_) | NoList::Other(_)) => None,
    }
}

/// Runs on `source`, which has to be a `ResourceList`.
pub(crate) fn insist(source: &Source, flags: &Layer) -> Result<Exit, Stop> {
    match ResourceList::read(&source.text) {
        Ok(list) => run(source, &list, flags),
        Err(NoList::NotYaml(problem)) => Err(Stop::with_report(
            Exit::Unreadable,
            report::problem(source, &problem, look_of(flags, Mode::Function)?),
        )),
        Err(NoList::Malformed { span, why }) => Err(malformed(source, span, why)),
        Err(NoList::Other(why)) => Err(Stop::new(
            Exit::Unreadable,
            say!(
                "error: {}: not a ResourceList (config.kubernetes.io): {}\nkustomize and kpt send one to a KRM \
                 function. For plain manifests, leave out the command `krm`.\n",
                shown(&source.name),
                why
            ),
        )),
    }
}

fn malformed(source: &Source, span: Span, why: &'static str) -> Stop {
    let position = LineIndex::new(&source.text).position(&source.text, span.start as usize);
    let text = say!("error: {}:{}: invalid ResourceList: {}\n", shown(&source.name), position, why);
    Stop::new(Exit::Unreadable, text)
}

fn run(source: &Source, list: &ResourceList<'_>, flags: &Layer) -> Result<Exit, Stop> {
    let look = look_of(flags, Mode::Function)?;
    let function = match &list.function_config {
        None => FunctionSettings::default(),
        Some(config) => match function_settings(source, config, look) {
            Ok(function) => function,
            Err(mistakes) => {
                let results = list.edit(mistakes.results(source, config));
                write(source, Plan::default(), results)?;
                return Err(Stop::with_report(Exit::Usage, mistakes.text));
            }
        },
    };
    let settings = Settings::resolve(flags, Mode::Function, Some(function))?;
    let sources = std::slice::from_ref(source);
    let outcome = judge(sources, &settings, (Input::Stream, &[]))?;
    let report = settings.report(sources, &outcome);
    let failed = settings.fails(&outcome) || is_refused(&outcome);
    reports::write(&report, &settings)?;
    let results = list.edit(list.results(&outcome.findings));
    write(source, items(list, &outcome, failed, settings.emit), results)?;
    tell(&report, &outcome, &settings, failed.then_some("The ResourceList was returned unchanged"));
    Ok(if failed { Exit::Failed } else { Exit::Pass })
}

/// What changes in the items. When the run fails they stay as they are: nothing is injected by half.
fn items(list: &ResourceList<'_>, outcome: &Outcome<'_>, failed: bool, emit: Emit) -> Plan {
    let none = Plan::default();
    match (failed, emit) {
        (true, _) => none,
        (false, Emit::All) => outcome.plans.first().cloned().unwrap_or_default(),
        (false, Emit::None) => {
            none.followed_by(list.without_items().cloned()).expect("one edit overlaps nothing")
        }
    }
}

/// Writes the list in one go. A reader that goes away is an error: it would take a part for the whole.
fn write(source: &Source, items: Plan, results: Option<Edit>) -> Result<(), Stop> {
    let plan = items.followed_by(results).expect("results stand outside of items");
    insist_on_output()?;
    let mut out = io::stdout().lock();
    let written = out.write_all(plan.apply(&source.text).as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| unwritable(&error))
}

// The functionConfig.

/// What is wrong with a functionConfig: as text, and for results.
struct Mistakes {
    text: String,
    found: Vec<Mistake>,
}

impl Mistakes {
    /// In `data`, at `place` of `source`.
    fn of(source: &Source, place: Span, found: Vec<Mistake>, look: Look) -> Self {
        let label = |mistake: &Mistake| path(source, mistake);
        let text = report::mistakes(source, place, &found, &label, look);
        Self { text, found }
    }

    fn results(&self, source: &Source, config: &FunctionConfig<'_>) -> Vec<FunctionResult> {
        let results = self.found.iter().map(|mistake| FunctionResult {
            message: say!("{}: {}", mistake.message, mistake.help),
            severity: Severity::Error,
            reference: Some(config.reference.shown()),
            field: Some((krm::path_in_function_config(&source.text, mistake.span), None)),
            file: None,
            tags: [("code", shown("policy"))].into(),
        });
        results.collect()
    }
}

fn path(source: &Source, mistake: &Mistake) -> Message {
    say!("functionConfig: {}", krm::path_in_function_config(&source.text, mistake.span))
}

/// What a functionConfig says.
fn function_settings(
    source: &Source,
    config: &FunctionConfig<'_>,
    look: Look,
) -> Result<FunctionSettings, Mistakes> {
    let settings = match &config.data {
        None => object(source, config.place),
        Some(data) => config_map(source, data),
    };
    settings.map_err(|mistakes| Mistakes::of(source, config.place, mistakes, look))
}

/// What an object of the own kind at `place` says.
pub(crate) fn object(source: &Source, place: Span) -> Result<FunctionSettings, Vec<Mistake>> {
    let policy = Policy::parse_function_config(&source.text, place, &finding::names())?;
    Ok(FunctionSettings { policy, ..FunctionSettings::default() })
}

/// What the `data` of a `ConfigMap` says: a policy, or flags.
fn config_map(source: &Source, data: &[Datum<'_>]) -> Result<FunctionSettings, Vec<Mistake>> {
    let mut layer = Layer::default();
    let mut mistakes = Vec::new();
    for datum in data.iter().filter(|datum| datum.key != POLICY) {
        let known = SETTINGS.iter().filter(|setting| setting.places.have_key());
        if let Some(setting) = known.clone().find(|setting| setting.name == datum.key) {
            // Each key by itself, so that mistakes are in the order of the data.
            let mut one = Layer::default();
            one.say(setting, "", &datum.value);
            let wrong = one.values().err().unwrap_or_default();
            mistakes.extend(wrong.iter().map(|(_, wrong)| mistake_at(datum, wrong)));
            layer = one.over(layer);
        } else {
            let known: Vec<_> = [POLICY].into_iter().chain(known.map(|known| known.name)).collect();
            mistakes
                .push(mistake_at(datum, &FlagMistake::unknown("a key here", &datum.key, &known)));
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let policy = match data.iter().find(|datum| datum.key == POLICY) {
        None => Policy::default(),
        Some(datum) => document(source, datum)?,
    };
    Ok(FunctionSettings { policy, layer })
}

fn mistake_at(datum: &Datum<'_>, wrong: &FlagMistake) -> Mistake {
    let FlagMistake { message, help } = wrong.clone();
    Mistake { span: datum.key_place, message, help, related: None }
}

/// The policy document that is a value of a `ConfigMap`.
fn document(source: &Source, datum: &Datum<'_>) -> Result<Policy, Vec<Mistake>> {
    let known = finding::names();
    let marker = |line: &str| ["---", "...", "%"].iter().any(|marker| line.starts_with(marker));
    match datum.lines.filter(|_| !datum.value.lines().any(marker)) {
        // Indented as a whole, it is the same document.
        Some(lines) => Policy::parse_at(&source.text, lines, &known),
        None => Policy::parse(&datum.value, &known).map_err(|mistakes| {
            let lines = LineIndex::new(&datum.value);
            let place = |mistake: Mistake| {
                let at = lines.position(&datum.value, mistake.span.start as usize);
                let message = say!("at {} of the policy: {}", at, mistake.message);
                Mistake { span: datum.place, message, related: None, ..mistake }
            };
            mistakes.into_iter().map(place).collect()
        }),
    }
}
