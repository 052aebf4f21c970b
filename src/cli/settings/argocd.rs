//! What Argo CD says to a config management plugin, and how much of it the author of an Application decides.
//!
//! Two people speak through the environment. The operator of the plugin sets flags, `PULLCREDS_*` and files in its
//! image. The author of an Application sets what stands in `spec.source.plugin` (`ARGOCD_ENV_*` and
//! `ARGOCD_APP_PARAMETERS`) and all that is in the repository, which is the working directory. The operator's word
//! counts: an author adds to it and may be stricter, and decides where the operator says nothing. With
//! `--no-app-overrides` the author decides nothing.

mod files;

use std::collections::BTreeMap;
use std::path::PathBuf;

use pullcreds::mask;
use pullcreds::policy::{FlagMistake, Overrides};
use serde::Deserialize;

use crate::cli::environment::{raw_variables, variable};
use crate::cli::exit::{Exit, Stop};
pub(crate) use files::{applications_policy, operators_file};

/// Where `spec.source.plugin.env` arrives.
const ENV: &str = "ARGOCD_ENV_PULLCREDS_";

/// Where `spec.source.plugin.parameters` arrives.
const PARAMETERS: &str = "ARGOCD_APP_PARAMETERS";

/// How many things that one Application asks for are told: what is told is shown in its status.
const TOLD: usize = 5;

/// What an Application may ask for: a plugin parameter of this name, or `PULLCREDS_NAME` in the plugin's `env`.
pub(crate) struct Parameter {
    /// The name of the flag.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) tooltip: &'static str,
    pub(crate) value: Value,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A list of texts.
    List,
    /// A text, with what holds where nothing is said.
    Text(&'static str),
    /// `true` or `false`.
    Switch,
}

pub(crate) const KNOWN: &[Parameter] = &[
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
pub(crate) struct Application {
    pub(crate) overrides: Overrides,
    pub(crate) policy: Option<Asked<PathBuf>>,
    pub(crate) allow_empty: Option<bool>,
    /// What it asks for in vain.
    pub(crate) notes: Vec<String>,
}

/// A value, and where the Application says it.
#[derive(Clone, Debug)]
pub(crate) struct Asked<T> {
    pub(crate) origin: String,
    pub(crate) value: T,
}

/// Whether Argo CD runs this program.
pub(crate) fn is_caller() -> bool {
    variable("ARGOCD_APP_NAME").is_some()
}

/// What the Application asks for, unless the operator takes nothing from it.
pub(crate) fn application(locked: bool) -> Result<Application, Stop> {
    let environment = raw_variables().filter_map(|(name, value)| {
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

/// What is said of a policy that an Application names and that is none: nothing of the file.
pub(crate) fn mistaken(asked: &Asked<PathBuf>) -> Stop {
    let text = format!(
        "error: {}: the file is no policy; who may read it sees why with pullcreds check --policy FILE
",
        asked.origin
    );
    Stop::new(Exit::Usage, text)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
}
