//! What Argo CD says to a config management plugin, and how much of it the author of an Application decides.
//!
//! Two people speak through the environment. The operator of the plugin sets flags, `PULLCREDS_*` and files in its
//! image. The author of an Application sets what stands in `spec.source.plugin` (`ARGOCD_ENV_*` and
//! `ARGOCD_APP_PARAMETERS`) and all that is in the repository, which is the working directory. The operator's word
//! counts: an author adds to it and may be stricter, and decides where the operator says nothing. With
//! `--no-app-overrides` the author decides nothing.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use pullcreds::mask;
use pullcreds::policy::{FlagMistake, Overrides};
use serde::{Deserialize, Serialize};

use super::{Exit, Stop, flag_variable, print, truth, variable};

/// Where `spec.source.plugin.env` arrives.
const ENV: &str = "ARGOCD_ENV_PULLCREDS_";
/// Where `spec.source.plugin.parameters` arrives.
const PARAMETERS: &str = "ARGOCD_APP_PARAMETERS";
/// How many things that one Application asks for are told: what is told is shown in its status.
const TOLD: usize = 5;
/// The folders of the system: what they hold belongs to no operator.
const SYSTEM: &[&str] = &["/dev", "/proc", "/sys"];

/// What an Application may ask for: a plugin parameter of this name, or `PULLCREDS_NAME` in the plugin's `env`.
struct Parameter {
    /// The name of the flag.
    name: &'static str,
    title: &'static str,
    tooltip: &'static str,
    value: Value,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    /// A list of texts.
    List,
    /// A text, with what holds where nothing is said.
    Text(&'static str),
    /// `true` or `false`.
    Switch,
}

const KNOWN: &[Parameter] = &[
    Parameter {
        name: "inject",
        title: "Pull secrets",
        tooltip: "HOST[/PATH]=SECRET: images from there are private, and pods that pull them get the Secret; *=SECRET is every pod",
        value: Value::List,
    },
    Parameter {
        name: "into",
        title: "Inject into",
        tooltip: "pod, service-account, auto or none",
        value: Value::Text("auto"),
    },
    Parameter {
        name: "private",
        title: "Private registries",
        tooltip: "HOST[/PATH] whose images need credentials",
        value: Value::List,
    },
    Parameter {
        name: "public",
        title: "Public registries",
        tooltip: "HOST[/PATH] whose images need none, where the operator of the plugin does not say otherwise",
        value: Value::List,
    },
    Parameter {
        name: "assume-private",
        title: "Assume private",
        tooltip: "Every image needs credentials, unless the policy says otherwise",
        value: Value::Switch,
    },
    Parameter {
        name: "namespace",
        title: "Namespace",
        tooltip: "Of objects that name none; default: the namespace of the destination",
        value: Value::Text(""),
    },
    Parameter {
        name: "fail-on",
        title: "Fail on",
        tooltip: "The severity of findings that make the manifests fail: error, warning or never; never below what the operator of the plugin says",
        value: Value::Text("error"),
    },
    Parameter {
        name: "stamp",
        title: "Stamp",
        tooltip: "Whether workloads get the annotation that tells that they were checked",
        value: Value::Switch,
    },
    Parameter {
        name: "allow-empty",
        title: "Allow empty",
        tooltip: "Whether an application may have no manifest",
        value: Value::Switch,
    },
    Parameter {
        name: POLICY,
        title: "Policy file",
        tooltip: "The path of a policy file in the image of the plugin, where the operator does not name one",
        value: Value::Text(""),
    },
];
const POLICY: &str = "policy";
const ALLOW_EMPTY: &str = "allow-empty";

/// What an Application asks for.
#[derive(Debug, Default)]
pub(super) struct Application {
    pub(super) overrides: Overrides,
    pub(super) policy: Option<Asked<PathBuf>>,
    pub(super) allow_empty: Option<bool>,
    /// What it asks for in vain.
    pub(super) notes: Vec<String>,
}

/// A value, and where the Application says it.
#[derive(Clone, Debug)]
pub(super) struct Asked<T> {
    pub(super) origin: String,
    pub(super) value: T,
}

/// Whether Argo CD runs this program.
pub(super) fn is_caller() -> bool {
    variable("ARGOCD_APP_NAME").is_some()
}

/// What the Application asks for, unless the operator takes nothing from it.
pub(super) fn application(locked: bool) -> Result<Application, Stop> {
    let environment = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.to_str()?.strip_prefix(ENV)?.to_owned();
        Some((name, value.to_string_lossy().into_owned())).filter(|(_, value)| !value.is_empty())
    });
    let parameters = variable(PARAMETERS);
    let asked = if locked { passed_over } else { read };
    asked(environment.collect(), parameters.as_deref()).map_err(|mistakes| {
        let lines = mistakes.iter().take(TOLD).map(|mistake| format!("error: {mistake}\n"));
        Stop::new(Exit::Usage, lines.collect::<String>())
    })
}

type Environment = BTreeMap<String, String>;

fn read(environment: Environment, parameters: Option<&str>) -> Result<Application, Vec<String>> {
    let mut asked: BTreeMap<&'static str, Asked<String>> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for (variable, value) in environment {
        let origin = format!("{ENV}{variable}");
        match find(&variable.to_lowercase().replace('_', "-")) {
            Some(parameter) => drop(asked.insert(parameter.name, Asked { origin, value })),
            None => mistakes.push(format!(
                "{} is not known: the variables are {ENV}…, with {}",
                shown(&origin),
                names()
            )),
        }
    }
    let mut named = Vec::new();
    for given in parse(parameters)? {
        let origin = format!("plugin parameter '{}'", shown(&given.name));
        let Some(parameter) = find(&given.name) else {
            mistakes.push(format!("{origin} is not known: the parameters are {}", names()));
            continue;
        };
        if named.contains(&parameter.name) {
            mistakes.push(format!("{origin} is given twice: leave out one of the two"));
        }
        named.push(parameter.name);
        match text(parameter, given) {
            // A parameter wins over a variable, as a flag does.
            Ok(Some(value)) => drop(asked.insert(parameter.name, Asked { origin, value })),
            Ok(None) => {}
            Err(help) => mistakes.push(format!("{origin}: {help}")),
        }
    }
    let mut application = Application::default();
    for (name, asked) in asked {
        let wrong = application.take(name, asked).err().unwrap_or_default();
        mistakes.extend(wrong);
    }
    if mistakes.is_empty() { Ok(application) } else { Err(mistakes) }
}

impl Application {
    fn take(&mut self, name: &str, asked: Asked<String>) -> Result<(), Vec<String>> {
        let Asked { origin, value } = asked;
        match name {
            POLICY => self.policy = Some(Asked { origin, value: PathBuf::from(value) }),
            ALLOW_EMPTY => match &*value {
                "true" | "1" => self.allow_empty = Some(true),
                "false" | "0" => self.allow_empty = Some(false),
                _ => return Err(vec![format!("{origin}: write true or false")]),
            },
            _ => {
                let said = |mistake: &FlagMistake| format!("{origin}: {mistake}");
                let set = self.overrides.set(name, &value);
                return set.map_err(|mistakes| mistakes.iter().map(said).collect());
            }
        }
        Ok(())
    }
}

/// An Application that is told what is not taken from it. Parameters of other names belong to the renderer.
#[expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "it stands in for `read`"
)]
fn passed_over(
    environment: Environment,
    parameters: Option<&str>,
) -> Result<Application, Vec<String>> {
    let variables = environment.keys().map(|name| format!("{ENV}{}", shown(name)));
    let given = parse(parameters).unwrap_or_default();
    let given = given.into_iter().filter_map(|given| find(&given.name));
    let given = given.map(|parameter| format!("plugin parameter '{}'", parameter.name));
    let asked: Vec<_> = variables.chain(given).take(TOLD).collect();
    let note = || {
        format!(
            "the operator of this plugin takes no settings from an Application: ignored are {}",
            asked.join(", ")
        )
    };
    let notes = (!asked.is_empty()).then(note).into_iter().collect();
    Ok(Application { notes, ..Application::default() })
}

/// As Argo CD writes a parameter (`ApplicationSourcePluginParameter`).
#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    name: String,
    string: Option<String>,
    array: Option<Vec<String>>,
    map: Option<BTreeMap<String, String>>,
}

fn parse(parameters: Option<&str>) -> Result<Vec<Given>, Vec<String>> {
    let parsed: Result<Option<Vec<Given>>, _> = serde_json::from_str(parameters.unwrap_or("null"));
    // The message of the reader may repeat a value.
    parsed.map(Option::unwrap_or_default).map_err(|error| {
        vec![format!(
            "{PARAMETERS} is no list of plugin parameters (line {}, column {})",
            error.line(),
            error.column()
        )]
    })
}

/// The value of a parameter as its flag has it, several ones a line; `None` is none.
fn text(parameter: &Parameter, given: Given) -> Result<Option<String>, String> {
    let list = parameter.value == Value::List;
    let map = given.map.unwrap_or_default();
    let pairs = map.iter().map(|(key, value)| format!("{key}={value}"));
    match (given.string, given.array.unwrap_or_default()) {
        (Some(_), array) if !array.is_empty() => {
            Err("write a string or an array, not both".to_owned())
        }
        (_, array) if !array.is_empty() && !list => Err("write a string".to_owned()),
        _ if !map.is_empty() && parameter.name != "inject" => {
            Err(if list { "write an array".to_owned() } else { "write a string".to_owned() })
        }
        (string, array) => {
            let values: Vec<_> = string.into_iter().chain(array).chain(pairs).collect();
            Ok(Some(values.join("\n")).filter(|value| !value.trim().is_empty()))
        }
    }
}

fn find(name: &str) -> Option<&'static Parameter> {
    KNOWN.iter().find(|parameter| parameter.name == name)
}

fn names() -> String {
    KNOWN.iter().map(|parameter| parameter.name).collect::<Vec<_>>().join(", ")
}

/// A name that somebody else chose, fit to be shown.
fn shown(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    mask::credentials(&name).into_owned()
}

// The command that a plugin starts.

/// The name for a release of the Application, in an argument of the command.
const RELEASE_NAME: &str = "PULLCREDS_RELEASE_NAME";

/// An argument with the values of `$(ARGOCD_APP_NAME)` and the other variables that Argo CD gives to a plugin, and of
/// `$(PULLCREDS_RELEASE_NAME)`, where there is no shell to put them in. As in the command of a container, `$$(NAME)`
/// stands for `$(NAME)`, and what is in a value is not looked at again, nor does it become another argument. What Argo
/// CD does not say is empty.
pub(super) fn expand(arg: &OsStr, variable: impl Fn(&str) -> Option<String>) -> OsString {
    let Some(arg) = arg.to_str() else { return arg.to_owned() };
    let mut parts = arg.split("$(");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')').filter(|(name, _)| is_given(name)) {
            Some(_) if out.ends_with('$') => {
                out.push('(');
                out.push_str(part);
            }
            Some((name, rest)) => {
                out.push_str(&value(name, &variable).unwrap_or_default());
                out.push_str(rest);
            }
            None => {
                out.push_str("$(");
                out.push_str(part);
            }
        }
    }
    out.into()
}

/// The value of a variable. An Application outside of Argo CD's own namespace is called `NAMESPACE_NAME` there
/// (`util/argo/argo.go`, `AppInstanceName`), which no release can be called; like Argo CD's own rendering of charts we
/// take what follows the underscore (`reposerver/repository/repository.go`, `helmTemplate`).
fn value(name: &str, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    if name != RELEASE_NAME {
        return variable(name);
    }
    let instance = variable("ARGOCD_APP_NAME")?;
    Some(instance.rsplit_once('_').map_or(&*instance, |(_, name)| name).to_owned())
}

/// Whether there is a variable of this name: ours, or one that Argo CD gives to plugins
/// (reposerver/repository/repository.go).
fn is_given(name: &str) -> bool {
    if name == RELEASE_NAME {
        return true;
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let given = ["ARGOCD_", "KUBE_", "PARAM_"].iter().any(|prefix| name.starts_with(prefix));
    given && name.chars().all(word)
}

// The files that policies may be in.

/// Where the run takes place.
struct Surroundings {
    /// The working directory, which is the folder of the application.
    folder: PathBuf,
    /// Its path in the repository.
    path: String,
    /// Where Argo CD unpacks repositories.
    workspace: PathBuf,
}

impl Surroundings {
    fn of_run() -> Self {
        // cmpserver/plugin/plugin.go and common/common.go
        let workspace =
            variable("ARGOCD_CMP_WORKDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        Self {
            folder: std::env::current_dir().unwrap_or_default(),
            path: variable("ARGOCD_APP_SOURCE_PATH").unwrap_or_default(),
            workspace: workspace.join("_cmp_server"),
        }
    }

    /// The folders below which everything is the author's, or nobody's.
    fn foreign(&self) -> Vec<PathBuf> {
        let folder = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        let path: PathBuf = Path::new(&self.path)
            .components()
            .filter(|part| matches!(part, std::path::Component::Normal(_)))
            .collect();
        let above = path.components().count();
        let root = if folder.ends_with(&path) {
            folder.ancestors().nth(above).map(Path::to_owned)
        } else {
            None
        };
        let workspace = self.workspace.canonicalize().unwrap_or_else(|_| self.workspace.clone());
        let system = SYSTEM.iter().map(PathBuf::from);
        root.into_iter().chain([folder, workspace]).chain(system).collect()
    }
}

/// A file that the operator names, which Argo CD must not look for in the folder of the application.
pub(super) fn operators_file(path: &Path, what: &str) -> Result<(), Stop> {
    if path.is_absolute() || !is_caller() {
        return Ok(());
    }
    let text = format!(
        "error: the {what} {} is a relative path, and the working directory belongs to the application that is judged: write an absolute one\n",
        path.display()
    );
    Err(Stop::new(Exit::Usage, text))
}

/// The policy file that an Application names, if it is one of the operator's.
pub(super) fn applications_policy(asked: &Asked<PathBuf>) -> Result<PathBuf, Stop> {
    allowed_file(asked, &Surroundings::of_run())
}

fn allowed_file(asked: &Asked<PathBuf>, surroundings: &Surroundings) -> Result<PathBuf, Stop> {
    let refuse = |why: &str| Stop::new(Exit::Usage, format!("error: {}: {why}\n", asked.origin));
    let path = &asked.value;
    if !path.is_absolute() {
        return Err(refuse(
            "a relative path names a file of the application, which has no say in the policy: write the absolute path of a file in the image of the plugin",
        ));
    }
    // No message repeats what is found there: the author may not be allowed to read it.
    let found = path
        .canonicalize()
        .map_err(|_| refuse("there is no such file in the image of the plugin"))?;
    if surroundings.foreign().iter().any(|folder| found.starts_with(folder)) {
        return Err(refuse(
            "the file belongs to an application, which has no say in the policy: name a file in the image of the plugin",
        ));
    }
    if !found.is_file() {
        return Err(refuse("there is no such file in the image of the plugin"));
    }
    if is_anybodys(&found) {
        return Err(refuse(
            "the plugin itself may write the file, and so might have any application: keep policies where the plugin only reads",
        ));
    }
    Ok(found)
}

/// What is said of a policy that an Application names and that is none: nothing of the file.
pub(super) fn mistaken(asked: &Asked<PathBuf>) -> Stop {
    let text = format!(
        "error: {}: the file is no policy; who may read it sees why with pullcreds check --policy FILE
",
        asked.origin
    );
    Stop::new(Exit::Usage, text)
}

/// Whether this user may write a file; root, who may write all of them, does not count.
#[cfg(unix)]
fn is_anybodys(file: &Path) -> bool {
    !rustix::process::geteuid().is_root()
        && rustix::fs::access(file, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
fn is_anybodys(_: &Path) -> bool {
    false
}

// The announcement.

/// As Argo CD reads an announced parameter (`ParameterAnnouncement`).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Announced {
    name: &'static str,
    title: &'static str,
    tooltip: &'static str,
    required: bool,
    item_type: &'static str,
    collection_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    array: Option<Vec<String>>,
}

/// Prints what an Application may ask for, for `spec.parameters.dynamic` of the plugin.
pub(super) fn announce() -> Result<Exit, Stop> {
    let locked = truth("no-app-overrides")?.unwrap_or(false);
    let announced: Vec<_> = KNOWN.iter().filter(|_| !locked).map(announced).collect();
    let text = serde_json::to_string_pretty(&announced).expect("texts and lists are JSON");
    print(&(text + "\n"))
}

fn announced(parameter: &Parameter) -> Announced {
    let Parameter { name, title, tooltip, value } = *parameter;
    let stated = flag_variable(name).1;
    let (item_type, collection_type) = match value {
        Value::List => ("string", "array"),
        Value::Text(_) => ("string", "string"),
        Value::Switch => ("boolean", "string"),
    };
    let (string, array) = match value {
        Value::List => {
            let values = stated.as_deref().unwrap_or_default().split(['\n', ',']).map(str::trim);
            (None, Some(values.filter(|value| !value.is_empty()).map(str::to_owned).collect()))
        }
        Value::Text(default) => (Some(stated.unwrap_or_else(|| default.to_owned())), None),
        Value::Switch => (Some(stated.unwrap_or_else(|| "false".to_owned())), None),
    };
    Announced { name, title, tooltip, required: false, item_type, collection_type, string, array }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use pullcreds::policy::FailOn;

    use super::*;

    #[track_caller]
    fn asked(environment: &[(&str, &str)], parameters: Option<&str>) -> Application {
        read(owned(environment), parameters).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
    }

    fn owned(environment: &[(&str, &str)]) -> Environment {
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[track_caller]
    fn check_mistake(environment: &[(&str, &str)], parameters: &str, expected: &[&str]) {
        let mistakes =
            read(owned(environment), Some(parameters)).expect_err("a case has a mistake");
        assert_eq!(mistakes.len(), expected.len(), "{mistakes:?}");
        for (mistake, expected) in mistakes.iter().zip(expected) {
            assert!(mistake.contains(expected), "{mistake}");
        }
    }

    fn secrets(application: &Application) -> Vec<String> {
        let inject = application.overrides.inject.iter();
        inject.map(|injection| format!("{}={}", injection.pattern, injection.secret)).collect()
    }

    #[test]
    fn no_parameters_are_none_however_they_are_written() {
        for parameters in [
            None,
            Some("null"),
            Some("[]"),
            Some("[{\"name\": \"inject\"}, {\"name\": \"into\", \"string\": \"\"}]"),
        ] {
            let application = asked(&[], parameters);
            assert_eq!(application.overrides, Overrides::default());
            assert!(
                application.policy.is_none()
                    && application.allow_empty.is_none()
                    && application.notes.is_empty()
            );
        }
    }

    #[test]
    fn a_list_is_a_string_an_array_or_a_map() {
        for parameters in [
            r#"[{"name": "inject", "string": "ghcr.io/acme=ghcr,quay.io=quay"}]"#,
            r#"[{"name": "inject", "array": ["ghcr.io/acme=ghcr", "quay.io=quay"]}]"#,
            r#"[{"name": "inject", "map": {"ghcr.io/acme": "ghcr", "quay.io": "quay"}}]"#,
        ] {
            assert_eq!(
                secrets(&asked(&[], Some(parameters))),
                ["ghcr.io/acme=ghcr", "quay.io=quay"]
            );
        }
    }

    #[test]
    fn a_parameter_wins_over_a_variable() {
        let environment = [
            ("FAIL_ON", "warning"),
            ("NAMESPACE", "shop"),
            ("ALLOW_EMPTY", "true"),
            ("POLICY", "/p.yaml"),
        ];
        let application = asked(&environment, Some(r#"[{"name": "fail-on", "string": "never"}]"#));
        assert_eq!(application.overrides.fail_on, Some(FailOn::Never));
        assert_eq!(application.overrides.namespace.as_deref(), Some("shop"));
        assert_eq!(application.allow_empty, Some(true));
        assert_eq!(application.policy.unwrap().value, Path::new("/p.yaml"));
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_name() {
        let known = "the parameters are inject, into, private, public, assume-private, namespace, fail-on, stamp, allow-empty, policy";
        check_mistake(&[], r#"[{"name": "fail_on", "string": "never"}]"#, &[known]);
        check_mistake(
            &[("REPORT", "json=/tmp/x")],
            "null",
            &["ARGOCD_ENV_PULLCREDS_REPORT is not known"],
        );
        check_mistake(
            &[],
            r#"[{"name": "fail-on", "array": ["never"]}]"#,
            &["plugin parameter 'fail-on': write a string"],
        );
        check_mistake(
            &[],
            r#"[{"name": "public", "map": {"a": "b"}}]"#,
            &["plugin parameter 'public': write an array"],
        );
        check_mistake(
            &[],
            r#"[{"name": "inject", "string": "a=b", "array": ["c=d"]}]"#,
            &["not both"],
        );
        check_mistake(
            &[],
            r#"[{"name": "into", "string": "pod"}, {"name": "into", "string": "none"}]"#,
            &["given twice"],
        );
        check_mistake(
            &[("ALLOW_EMPTY", "perhaps")],
            r#"[{"name": "inject", "array": ["ghcr.io"]}, {"name": "fail-on", "string": "sometimes"}]"#,
            &[
                "ARGOCD_ENV_PULLCREDS_ALLOW_EMPTY: write true or false",
                "'fail-on': `sometimes` is not a threshold",
                "'inject': no `=`",
            ],
        );
    }

    #[test]
    fn a_text_that_is_no_list_of_parameters_is_not_repeated() {
        for text in [
            "hunter2",
            "{\"hunter2\": 1}",
            "[\"hunter2\"]",
            "[{\"name\": \"inject\", \"string\": [\"hunter2\"]}]",
        ] {
            let mistakes = read(Environment::new(), Some(text)).unwrap_err();
            assert!(mistakes[0].starts_with("ARGOCD_APP_PARAMETERS is no list"), "{mistakes:?}");
            assert!(!mistakes[0].contains("hunter2"));
        }
    }

    #[test]
    fn nothing_is_taken_where_the_operator_says_so() {
        let parameters = r#"[{"name": "fail-on", "string": "never"}, {"name": "values", "string": "for the renderer"}]"#;
        let application = passed_over(owned(&[("POLICY", "/p.yaml")]), Some(parameters)).unwrap();
        assert_eq!(application.overrides, Overrides::default());
        assert!(application.policy.is_none());
        assert_eq!(
            application.notes,
            [
                "the operator of this plugin takes no settings from an Application: ignored are ARGOCD_ENV_PULLCREDS_POLICY, plugin parameter 'fail-on'"
            ]
        );
        assert!(passed_over(Environment::new(), Some("null")).unwrap().notes.is_empty());
    }

    #[test]
    fn every_flag_about_the_policy_is_a_parameter() {
        for flag in Overrides::FLAGS {
            assert!(find(flag).is_some(), "{flag}");
        }
        let names: Vec<_> = KNOWN.iter().map(|parameter| parameter.name).collect();
        assert_eq!(names.len(), Overrides::FLAGS.len() + 2);
    }

    #[test]
    fn variables_of_argo_cd_stand_in_arguments() {
        let variable = |name: &str| match name {
            "ARGOCD_APP_NAME" => Some("shop".to_owned()),
            "ARGOCD_ENV_VALUE" => Some("two words; $(ARGOCD_APP_NAME)".to_owned()),
            "HOME" => Some("/root".to_owned()),
            _ => None,
        };
        for (given, expected) in [
            ("$(ARGOCD_APP_NAME)", "shop"),
            ("--a=$(ARGOCD_APP_NAME)-$(ARGOCD_APP_NAME)$", "--a=shop-shop$"),
            ("--namespace=$(ARGOCD_APP_NAMESPACE)", "--namespace="),
            ("$(ARGOCD_ENV_VALUE)", "two words; $(ARGOCD_APP_NAME)"),
            ("$$(ARGOCD_APP_NAME)", "$(ARGOCD_APP_NAME)"),
            (
                "$(HOME) $HOME $(id) $(ARGOCD_APP_NAME $ARGOCD_APP_NAME $(",
                "$(HOME) $HOME $(id) $(ARGOCD_APP_NAME $ARGOCD_APP_NAME $(",
            ),
            ("", ""),
        ] {
            assert_eq!(expand(OsStr::new(given), variable), expected);
        }
    }

    #[test]
    fn a_release_has_the_name_of_the_application_without_its_namespace() {
        for (instance, release) in [
            (Some("shop"), "shop"),
            (Some("team-a_shop"), "shop"),
            (Some("team-a_shop.v1-2"), "shop.v1-2"),
            (None, ""),
        ] {
            let variable = |name: &str| match name {
                "ARGOCD_APP_NAME" => instance.map(str::to_owned),
                // Nobody's variable counts.
                _ => Some("other".to_owned()),
            };
            let expanded = |arg: &str| expand(OsStr::new(arg), variable);
            assert_eq!(expanded("$(PULLCREDS_RELEASE_NAME)"), release);
            assert_eq!(
                expanded("--name=$(PULLCREDS_RELEASE_NAME)"),
                format!("--name={release}").as_str()
            );
            assert_eq!(expanded("$$(PULLCREDS_RELEASE_NAME)"), "$(PULLCREDS_RELEASE_NAME)");
            assert_eq!(expanded("$(PULLCREDS_POLICY)"), "$(PULLCREDS_POLICY)");
        }
    }

    #[track_caller]
    fn check_policy(surroundings: &Surroundings, path: &Path, expected: Result<(), &str>) {
        let asked =
            Asked { origin: "ARGOCD_ENV_PULLCREDS_POLICY".to_owned(), value: path.to_owned() };
        let found = allowed_file(&asked, surroundings).map(drop).map_err(|stop| stop.text);
        match (found, expected) {
            (Ok(()), Ok(())) => {}
            (Err(text), Err(expected)) => assert!(text.contains(expected), "{text}"),
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn a_policy_of_an_application_is_no_policy() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        for file in [
            "operator/p.yaml",
            "work/_cmp_server/other/p.yaml",
            "repo/p.yaml",
            "repo/apps/shop/p.yaml",
        ] {
            let file = at(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "").unwrap();
            let mut permissions = fs::metadata(&file).unwrap().permissions();
            permissions.set_readonly(true);
            fs::set_permissions(&file, permissions).unwrap();
        }
        let surroundings = Surroundings {
            folder: at("repo/apps/shop"),
            path: "./apps/shop".to_owned(),
            workspace: at("work/_cmp_server"),
        };
        check_policy(&surroundings, &at("operator/p.yaml"), Ok(()));
        check_policy(&surroundings, Path::new("p.yaml"), Err("a relative path"));
        check_policy(&surroundings, &at("operator/none.yaml"), Err("no such file"));
        check_policy(&surroundings, &at("operator"), Err("no such file"));
        let foreign = "belongs to an application";
        for path in [
            "repo/p.yaml",
            "repo/apps/shop/p.yaml",
            "operator/../repo/p.yaml",
            "work/_cmp_server/other/p.yaml",
        ] {
            check_policy(&surroundings, &at(path), Err(foreign));
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("repo/p.yaml"), at("operator/link.yaml")).unwrap();
            check_policy(&surroundings, &at("operator/link.yaml"), Err(foreign));
        }
        #[cfg(target_os = "linux")]
        check_policy(&surroundings, Path::new("/proc/self/status"), Err(foreign));
    }
}
