//! Every setting: a row of [`SETTINGS`], and a field of [`Values`].
//!
//! A row says how the setting is called, where it may be set and by whom, and how its text becomes a value. The flags of
//! the program, their help, the variables, the keys of a `ConfigMap` and the parameters of Argo CD are made from
//! these rows.

use std::path::PathBuf;
use std::time::Duration;

use pullcreds::check::ContextScope;
use pullcreds::duration;
use pullcreds::frontend::{parse_exclude, parse_size};
use pullcreds::policy::{
    Emit, FailOn, FlagMistake, InjectInto, Overrides, Policy, parse_inject, parse_namespace,
    parse_pattern, parse_word,
};
use pullcreds::report::Format;
use pullcreds::say;
use pullcreds::text::{Message, shown};
use pullcreds::words::Words;
use serde::Deserialize;

use super::{Mode, needs_input};

/// What is set. The default is: nothing.
#[derive(Debug, Default)]
pub(crate) struct Values {
    /// What is set on top of the policy file.
    pub(crate) overrides: Overrides,
    pub(crate) policy: Vec<PathBuf>,
    pub(crate) emit: Option<Emit>,
    pub(crate) no_app_overrides: Option<bool>,
    pub(crate) cluster_dump: Vec<PathBuf>,
    pub(crate) baseline: Option<PathBuf>,
    pub(crate) suppressions: Option<ByManifests>,
    pub(crate) require_stamp: Option<bool>,
    pub(crate) exclude: Vec<String>,
    pub(crate) context: Option<ContextScope>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) render: Option<bool>,
    pub(crate) allow_empty: Option<bool>,
    pub(crate) report: Vec<ReportTo>,
    pub(crate) require_input: Option<bool>,
    pub(crate) max_input: Option<u64>,
    pub(crate) quiet: Option<bool>,
    pub(crate) verbose: Option<bool>,
    pub(crate) hints: Option<bool>,
    pub(crate) color: Option<When>,
    pub(crate) diff: Option<When>,
}

/// A setting.
pub(crate) struct Setting {
    /// The flag is `--NAME`, the variable `PULLCREDS_NAME`, the key of a `ConfigMap` and the parameter of an
    /// Application `NAME`.
    pub(crate) name: &'static str,
    /// The letter of the flag.
    pub(crate) short: Option<char>,
    /// What it holds, and the field for it.
    pub(crate) value: SettingType,
    /// The words that it may be, if it is one of several.
    pub(crate) words: fn() -> &'static [&'static str],
    /// What the flag is for; `{words}` is the list of its words.
    pub(crate) help: &'static str,
    /// The same in a few words, for the short help (`-h`); a setting without it is only in the long one.
    pub(crate) brief: Option<&'static str>,
    /// Under which heading the help lists it; `None` is the first one.
    pub(crate) heading: Option<&'static str>,
    /// What holds in a command where it is not set, if that depends on the command.
    pub(crate) default: fn(Mode) -> &'static str,
    /// Where it may be set.
    pub(crate) places: Places,
    /// The commands that have it, if not all have that judge something.
    pub(crate) only: &'static [Mode],
    /// The setting that says the contrary: what is set higher up hides both.
    pub(crate) contrary: Option<&'static str>,
    /// What an Application of Argo CD may do; `None` is nothing.
    pub(crate) application: Option<Parameter>,
}

/// Where a setting may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Places {
    /// By a flag or a variable.
    Program,
    /// And by a key of a `ConfigMap`.
    Everywhere,
    /// By a key of a `ConfigMap` alone.
    ConfigMap,
}

impl Places {
    pub(crate) fn have_flag(self) -> bool {
        self != Self::ConfigMap
    }

    pub(crate) fn have_key(self) -> bool {
        self != Self::Program
    }
}

/// Reads a text into the field for it.
type ReadText = fn(&mut Values, &str) -> Result<(), FlagMistake>;

/// What a setting holds. The first part of a row is what the help calls a value.
#[derive(Clone, Copy)]
pub(crate) enum SettingType {
    /// Whether something is so; the flag has no value.
    Switch(fn(&mut Values) -> &mut Option<bool>),
    /// A text.
    Text(&'static str, ReadText),
    /// One of a few words.
    Word(&'static str, ReadText),
    /// A file.
    File(&'static str, fn(&mut Values, PathBuf)),
    /// Several texts, one a line or separated by commas.
    Texts(&'static str, ReadText),
    /// Several texts with commas in them, one a line.
    Lines(&'static str, ReadText),
    /// Several files, one a line.
    Files(&'static str, fn(&mut Values, PathBuf)),
}

impl SettingType {
    pub(crate) fn is_list(self) -> bool {
        matches!(self, Self::Texts(..) | Self::Lines(..) | Self::Files(..))
    }
}

/// A setting as a plugin parameter of Argo CD, or as `ARGOCD_ENV_PULLCREDS_NAME`.
pub(crate) struct Parameter {
    pub(crate) title: &'static str,
    /// What it is for; `{words}` is the list of its words.
    pub(crate) tooltip: &'static str,
    /// What holds where nothing is said.
    pub(crate) default: &'static str,
    /// Takes out of what an Application asks for what would weaken the policy, and says for each what the policy says:
    /// an author may add to it and be stricter.
    pub(crate) limit: fn(&mut Overrides, &Policy) -> Vec<Message>,
}

/// When to do something that depends on the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum When {
    /// If standard error is a terminal.
    #[default]
    Auto,
    Always,
    Never,
}

impl Words for When {}

/// Whether annotations and comments of the manifests may suppress findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ByManifests {
    Allow,
    Deny,
}

impl Words for ByManifests {}

/// Where a report goes: `FORMAT` or `FORMAT=FILE`.
#[derive(Clone, Debug)]
pub(crate) struct ReportTo {
    pub(crate) format: Format,
    pub(crate) file: Option<PathBuf>,
}

/// A row in front of what is its own.
const ROW: Setting = Setting {
    name: "",
    short: None,
    value: SettingType::Switch(|values| &mut values.quiet),
    words: || &[],
    help: "",
    brief: None,
    heading: None,
    default: |_| "",
    places: Places::Program,
    only: &[],
    contrary: None,
    application: None,
};
/// Of what is about the policy.
const POLICY: Setting = Setting { heading: Some("Policy"), places: Places::Everywhere, ..ROW };
/// Of what is about the output.
const OUTPUT: Setting = Setting { heading: Some("Output"), ..ROW };

/// All settings, in the order of the help under each heading.
pub(crate) static SETTINGS: &[Setting] = &[
    Setting {
        name: "policy",
        value: SettingType::Files("FILE", |values, file| values.policy.push(file)),
        help: "The policy file; of several, later ones win [default: pullcreds.yaml or .pullcreds.yaml, see the README]",
        brief: Some("The policy file [default: pullcreds.yaml]"),
        // A key of that name in a `ConfigMap` holds a policy, and not the name of its file.
        places: Places::Program,
        application: Some(Parameter {
            title: "Policy file",
            tooltip: "The path of a policy file in the image of the plugin, where the operator does not name one",
            default: "",
            // It has to be a file of the operator, which is asked where it is read.
            limit: unlimited,
        }),
        ..POLICY
    },
    Setting {
        name: "emit",
        value: SettingType::Word("WHAT", |values, text| {
            put(&mut values.emit, parse_word("what a function can return", text))
        }),
        words: Emit::flag_words,
        places: Places::ConfigMap,
        ..POLICY
    },
    Setting {
        name: "inject",
        value: SettingType::Texts("HOST[/PATH]=SECRET", |values, text| {
            push(&mut values.overrides.inject, parse_inject(text))
        }),
        help: "These images are private, and the secret is injected into pods that pull them; `*` is every pod",
        brief: Some("Inject the secret for images from there"),
        application: Some(Parameter {
            title: "Pull secrets",
            tooltip: "HOST[/PATH]=SECRET: images from there are private, and pods that pull them get the Secret; *=SECRET is every pod",
            default: "",
            limit: unlimited,
        }),
        ..POLICY
    },
    Setting {
        name: "into",
        value: SettingType::Word("WHERE", |values, text| {
            put(&mut values.overrides.into, parse_word("a place to inject into", text))
        }),
        words: InjectInto::flag_words,
        help: "Where to inject: {words}",
        default: |mode| if mode.injects() { "auto" } else { "none" },
        brief: Some("Where: {words}"),
        application: Some(Parameter {
            title: "Inject into",
            tooltip: "{words}",
            default: "auto",
            limit: |asked, policy| {
                let stated = policy.inject().into;
                let differs = |asked: &mut InjectInto| *asked != stated;
                let is_weaker =
                    stated != InjectInto::default() && asked.into.take_if(differs).is_some();
                overruled(is_weaker, stated.flag_word())
            },
        }),
        ..POLICY
    },
    Setting {
        name: "private",
        value: SettingType::Texts("PATTERN", |values, text| {
            push(&mut values.overrides.private, parse_pattern(text))
        }),
        help: "These images need credentials",
        brief: Some("These images need credentials"),
        application: Some(Parameter {
            title: "Private registries",
            tooltip: "HOST[/PATH] whose images need credentials",
            default: "",
            limit: unlimited,
        }),
        ..POLICY
    },
    Setting {
        name: "public",
        value: SettingType::Texts("PATTERN", |values, text| {
            push(&mut values.overrides.public, parse_pattern(text))
        }),
        help: "These images need no credentials",
        brief: Some("These images need no credentials"),
        application: Some(Parameter {
            title: "Public registries",
            tooltip: "HOST[/PATH] whose images need none, where the operator of the plugin does not say otherwise",
            default: "",
            limit: |asked, policy| {
                let mut said = Vec::new();
                asked.public.retain(|pattern| {
                    let stated = policy.stated_private(pattern);
                    let is_left = stated.is_none();
                    said.extend(stated);
                    is_left
                });
                said
            },
        }),
        ..POLICY
    },
    Setting {
        name: "assume-private",
        value: SettingType::Switch(|values| &mut values.overrides.assume_private),
        help: "Every image needs credentials, unless the policy says otherwise",
        application: Some(Parameter {
            title: "Assume private",
            tooltip: "Every image needs credentials, unless the policy says otherwise",
            default: "false",
            limit: |asked, policy| {
                let is_off = |asked: &mut bool| !*asked;
                let asked = &mut asked.assume_private;
                overruled(policy.assumes_private() && asked.take_if(is_off).is_some(), "true")
            },
        }),
        ..POLICY
    },
    Setting {
        name: "no-app-overrides",
        value: SettingType::Switch(|values| &mut values.no_app_overrides),
        help: "Under Argo CD, take no settings from the Application",
        places: Places::Program,
        ..POLICY
    },
    Setting {
        name: "namespace",
        short: Some('n'),
        value: SettingType::Text("NAMESPACE", |values, text| {
            put(&mut values.overrides.namespace, parse_namespace(text))
        }),
        help: "The namespace of objects that have none",
        brief: Some("The namespace of objects that have none"),
        application: Some(Parameter {
            title: "Namespace",
            tooltip: "Of objects that name none; default: the namespace of the destination",
            default: "",
            limit: |asked, policy| {
                let Some(stated) = policy.namespace() else { return Vec::new() };
                let differs = |asked: &mut String| asked != stated;
                overruled(asked.namespace.take_if(differs).is_some(), stated)
            },
        }),
        ..POLICY
    },
    Setting {
        name: "cluster-dump",
        value: SettingType::Files("FILE", |values, file| values.cluster_dump.push(file)),
        help: "What the cluster has beside the manifests: the output of `kubectl get sa,secret -A \
               --show-managed-fields -o yaml` (or json); repeatable. Its objects are only read: they are not \
               checked, edited or printed",
        brief: Some("ServiceAccounts and Secrets of a cluster"),
        places: Places::Program,
        ..POLICY
    },
    Setting {
        name: "baseline",
        value: SettingType::File("FILE", |values, file| values.baseline = Some(file)),
        help: "The findings in this file are known and do not count; `pullcreds baseline` creates it",
        brief: Some("Known findings, which do not count"),
        places: Places::Program,
        ..POLICY
    },
    Setting {
        name: "suppressions",
        value: SettingType::Word("WHETHER", |values, text| {
            put(&mut values.suppressions, parse_word("an answer", text))
        }),
        words: ByManifests::flag_words,
        help: "Whether annotations and comments of the manifests suppress findings: {words}",
        default: |mode| match mode {
            Mode::Function => "deny",
            Mode::Filter | Mode::Run => "allow; under Argo CD: deny",
            _ => "allow",
        },
        ..POLICY
    },
    Setting {
        name: "fail-on",
        value: SettingType::Word("SEVERITY", |values, text| {
            put(&mut values.overrides.fail_on, parse_word("a threshold", text))
        }),
        words: FailOn::flag_words,
        help: "Fail on findings of at least this severity: {words}",
        default: |mode| mode.threshold().word(),
        brief: Some("Threshold: {words}"),
        application: Some(Parameter {
            title: "Fail on",
            tooltip: "The severity of findings that make the manifests fail: {words}; never below what the operator of the plugin says",
            default: "error",
            limit: |asked, policy| {
                let Some(stated) = policy.fail_on() else { return Vec::new() };
                let is_weaker = |asked: &mut FailOn| strictness(*asked) < strictness(stated);
                overruled(asked.fail_on.take_if(is_weaker).is_some(), stated.word())
            },
        }),
        ..POLICY
    },
    Setting {
        name: "fail-on-unknown-kinds",
        value: SettingType::Switch(|values| &mut values.overrides.fail_on_unknown_kinds),
        help: "Fail if a custom resource of an unknown kind holds images, whatever the threshold",
        application: Some(Parameter {
            title: "Fail on unknown kinds",
            tooltip: "Whether images in custom resources of unknown kinds make the manifests fail; an application cannot switch it off",
            default: "false",
            limit: |asked, policy| {
                let is_off = |asked: &mut bool| !*asked;
                let asked = &mut asked.fail_on_unknown_kinds;
                overruled(
                    policy.fails_on_unknown_kinds() && asked.take_if(is_off).is_some(),
                    "true",
                )
            },
        }),
        ..POLICY
    },
    Setting {
        name: "stamp",
        value: SettingType::Switch(|values| &mut values.overrides.stamp),
        help: "Annotate every workload that passes: pullcreds.dev/checked: v1",
        application: Some(Parameter {
            title: "Stamp",
            tooltip: "Whether workloads get the annotation that tells that they were checked",
            default: "false",
            limit: |asked, policy| {
                let is_off = |asked: &mut bool| !*asked;
                overruled(policy.stamp() && asked.stamp.take_if(is_off).is_some(), "true")
            },
        }),
        ..POLICY
    },
    Setting {
        name: "exclude",
        value: SettingType::Lines("GLOB", |values, text| {
            let pattern = parse_exclude(text).map_err(|why| {
                FlagMistake::new(why, "write it as in .gitignore, such as vendor/ or *.tmpl.yaml")
            });
            push(&mut values.exclude, pattern)
        }),
        help: "Leave out these files below folders, as in .gitignore; repeatable. .gitignore, .ignore and \
               .pullcredsignore count too",
        brief: Some("Leave out these files, as in .gitignore"),
        only: &[Mode::Check, Mode::Inject, Mode::Baseline],
        ..ROW
    },
    Setting {
        name: "context",
        value: SettingType::Word("SCOPE", |values, text| {
            put(&mut values.context, parse_word("a scope", text))
        }),
        words: ContextScope::flag_words,
        help: "Whose ServiceAccounts, Secrets and other objects count for a workload: those of its file, of the files in \
               its folder, or of all files: {words} [default: all]",
        only: &[Mode::Check, Mode::Inject, Mode::Baseline],
        ..ROW
    },
    Setting {
        name: "render",
        value: SettingType::Switch(|values| &mut values.render),
        help: "Render the charts and kustomizations below folders with helm, and with kustomize or kubectl, and check \
               what they become in place of their files",
        brief: Some("Render charts and kustomizations in folders"),
        only: &[Mode::Check, Mode::Baseline],
        ..ROW
    },
    Setting {
        name: "require-stamp",
        value: SettingType::Switch(|values| &mut values.require_stamp),
        help: "Report a workload without the annotation of --stamp as an error",
        only: &[Mode::Check],
        ..ROW
    },
    Setting {
        name: "hints",
        value: SettingType::Switch(|values| &mut values.hints),
        help: "Also list images in texts: manifests in ConfigMaps, values of charts in HelmReleases and Applications",
        ..ROW
    },
    Setting {
        name: "timeout",
        value: SettingType::Text("DURATION", |values, text| {
            put(&mut values.timeout, timeout(text))
        }),
        help: "Stop the renderer and its processes after this time, such as 90s or 2m [default: never]",
        brief: Some("Stop the renderer after this time, such as 90s"),
        only: &[Mode::Run, Mode::Check, Mode::Baseline],
        ..ROW
    },
    Setting {
        name: "allow-empty",
        value: SettingType::Switch(|values| &mut values.allow_empty),
        help: "Do not fail if the renderer writes no Kubernetes object",
        only: &[Mode::Run],
        contrary: Some("require-input"),
        application: Some(Parameter {
            title: "Allow empty",
            tooltip: "Whether an application may have no manifest",
            default: "false",
            // It counts only where the operator says nothing.
            limit: unlimited,
        }),
        ..ROW
    },
    Setting {
        name: "report",
        value: SettingType::Lines("FORMAT[=FILE]", |values, text| {
            push(&mut values.report, report(text))
        }),
        words: Format::flag_words,
        help: "Also write a report: {words}, to a file, to a folder (a file for each run) or to standard error; repeatable",
        brief: Some("Also write a report, such as json=report.json"),
        ..OUTPUT
    },
    Setting {
        name: "require-input",
        value: SettingType::Switch(|values| &mut values.require_input),
        help: "Fail if the input contains no document",
        default: |mode| if mode == Mode::Run || needs_input(mode) { "yes" } else { "no" },
        contrary: Some("allow-empty"),
        ..OUTPUT
    },
    Setting {
        name: "max-input",
        value: SettingType::Text("SIZE", |values, text| put(&mut values.max_input, size(text))),
        help: "Limit for the size of all input together [default: 1GiB]",
        ..OUTPUT
    },
    Setting {
        name: "quiet",
        short: Some('q'),
        value: SettingType::Switch(|values| &mut values.quiet),
        help: "Print nothing unless the run fails",
        brief: Some("Print nothing unless the run fails"),
        places: Places::Everywhere,
        contrary: Some("verbose"),
        ..OUTPUT
    },
    Setting {
        name: "verbose",
        short: Some('v'),
        value: SettingType::Switch(|values| &mut values.verbose),
        help: "Also say on standard error which policy counts, which files are read, and which are not and why",
        only: &[Mode::Check, Mode::Inject, Mode::Run],
        contrary: Some("quiet"),
        ..OUTPUT
    },
    Setting {
        name: "color",
        value: SettingType::Word("WHEN", |values, text| put(&mut values.color, when(text))),
        words: When::flag_words,
        help: "When to use colours: {words} [default: auto]",
        ..OUTPUT
    },
    Setting {
        name: "diff",
        value: SettingType::Word("WHEN", |values, text| put(&mut values.diff, when(text))),
        words: When::flag_words,
        help: "When to print the diff of what was injected: {words} [default: auto]",
        brief: Some("When to print the diff: {words}"),
        ..OUTPUT
    },
];

/// The settings of `explain`: what a verdict depends on, and how it is printed.
const OF_EXPLAIN: &[&str] = &[
    "policy",
    "inject",
    "into",
    "private",
    "public",
    "assume-private",
    "namespace",
    "cluster-dump",
    "exclude",
    "context",
    "max-input",
    "color",
];

/// The setting of this name.
pub(crate) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

impl Setting {
    /// Whether a command has it.
    pub(crate) fn is_of(&self, mode: Mode) -> bool {
        match mode {
            Mode::Explain => OF_EXPLAIN.contains(&self.name),
            _ => self.only.is_empty() || self.only.contains(&mode),
        }
    }

    /// The name of its variable.
    pub(crate) fn variable(&self) -> Message {
        say!("PULLCREDS_{}", shown(&self.name.replace('-', "_").to_uppercase()))
    }

    /// `[default: …]`, after the help of a command, if the default depends on the command.
    pub(crate) fn default_text(&self, mode: Mode) -> String {
        match (self.default)(mode) {
            "" => String::new(),
            default => format!(" [default: {default}]"),
        }
    }

    /// A text of the row with the words of the setting in it, as in `a, b or c`.
    pub(crate) fn with_words(&self, text: &str) -> String {
        let words = (self.words)();
        if words.is_empty() {
            return text.to_owned();
        }
        let listed = match words {
            [most @ .., last] if !most.is_empty() => format!("{} or {last}", most.join(", ")),
            _ => words.concat(),
        };
        text.replace("{words}", &listed)
    }
}

fn put<T>(field: &mut Option<T>, value: Result<T, FlagMistake>) -> Result<(), FlagMistake> {
    *field = Some(value?);
    Ok(())
}

fn push<T>(field: &mut Vec<T>, value: Result<T, FlagMistake>) -> Result<(), FlagMistake> {
    field.push(value?);
    Ok(())
}

fn when(text: &str) -> Result<When, FlagMistake> {
    parse_word("a choice", &text.to_lowercase())
}

fn timeout(text: &str) -> Result<Duration, FlagMistake> {
    let duration = duration::with_days(text.trim()).filter(|duration| !duration.is_zero());
    duration.ok_or_else(|| {
        FlagMistake::new("this is not a duration", "write a duration like 90s or 2m")
    })
}

fn size(text: &str) -> Result<u64, FlagMistake> {
    parse_size(text).map_err(|help| FlagMistake::new("this is not a size", help))
}

fn report(text: &str) -> Result<ReportTo, FlagMistake> {
    let (format, file) = match text.split_once('=') {
        Some((_, "")) => {
            return Err(FlagMistake::new("the file has no name", "write it after the `=`"));
        }
        Some((format, file)) => (format, Some(PathBuf::from(file))),
        None => (text, None),
    };
    Ok(ReportTo { format: parse_word("a format", format)?, file })
}

fn unlimited(_: &mut Overrides, _: &Policy) -> Vec<Message> {
    Vec::new()
}

fn overruled(is_overruled: bool, stated: &str) -> Vec<Message> {
    if is_overruled { vec![say!("`{}`", shown(stated))] } else { Vec::new() }
}

fn strictness(fail_on: FailOn) -> u8 {
    match fail_on {
        FailOn::Never => 0,
        FailOn::Error => 1,
        FailOn::Warning => 2,
    }
}
