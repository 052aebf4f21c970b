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

use pullcreds::policy::{Overrides, Policy};
use pullcreds::say;
use pullcreds::text::{Message, Shown, list, shown};
use serde::Deserialize;

use super::layer::Layer;
use super::table::{self, Parameter, SETTINGS, Setting, SettingType, Values};
use crate::cli::environment::{raw_variables, variable};
use crate::cli::exit::{Exit, Stop};
pub(crate) use files::{applications_policy, operators_file};

/// Where `spec.source.plugin.env` arrives.
const ENV: &str = "ARGOCD_ENV_PULLCREDS_";

/// Where `spec.source.plugin.parameters` arrives.
const PARAMETERS: &str = "ARGOCD_APP_PARAMETERS";

/// How many things that one Application asks for are told: what is told is shown in its status.
const TOLD: usize = 5;

/// What an Application asks for.
#[derive(Debug, Default)]
pub(crate) struct Application {
    pub(crate) values: Values,
    /// Where it names a policy.
    pub(crate) policy_origin: Message,
    /// What it asks for in vain.
    pub(crate) notes: Vec<Message>,
}

/// A file, and where the Application names it.
#[derive(Clone, Debug)]
pub(crate) struct FileRequest {
    pub(crate) origin: Message,
    pub(crate) value: PathBuf,
}

/// What an Application may ask for: a plugin parameter of this name, or `PULLCREDS_NAME` in the plugin's `env`. The file
/// of a policy, which decides the rest, comes last.
pub(crate) fn parameters() -> impl Iterator<Item = (&'static Setting, &'static Parameter)> {
    let is_file =
        |setting: &Setting| matches!(setting.value, SettingType::File(..) | SettingType::Files(..));
    let values = SETTINGS.iter().filter(move |setting| !is_file(setting));
    let all = values.chain(SETTINGS.iter().filter(move |setting| is_file(setting)));
    all.filter_map(|setting| Some((setting, setting.application.as_ref()?)))
}

/// Takes out of what an Application asks for what the policy does not leave to it, and says so.
pub(crate) fn limit(asked: &mut Overrides, policy: &Policy) -> Vec<Message> {
    let mut notes = Vec::new();
    for (setting, parameter) in parameters() {
        let name = setting.name;
        notes.extend((parameter.limit)(asked, policy).into_iter().map(|stated| {
            say!("`{}` of the Application is ignored: the policy says {}", name, stated)
        }));
    }
    notes
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
        let lines = mistakes.iter().take(TOLD).map(|mistake| say!("error: {}\n", mistake));
        Stop::new(Exit::Usage, list(lines, ""))
    })
}

type Environment = BTreeMap<String, String>;

fn read(environment: Environment, parameters: Option<&str>) -> Result<Application, Vec<Message>> {
    let mut asked = Layer::default();
    let mut mistakes = Vec::new();
    for (variable, value) in environment {
        let origin = say!("{}{}", ENV, shown_name(&variable));
        match find(&variable.to_lowercase().replace('_', "-")) {
            Some(setting) => asked.say(setting, origin, &value),
            None => mistakes.push(say!(
                "unknown variable {}: the variables are {}…, with {}",
                origin,
                ENV,
                names()
            )),
        }
    }
    let mut named = Vec::new();
    for given in parse(parameters)? {
        let origin = say!("plugin parameter '{}'", shown_name(&given.name));
        let Some(setting) = find(&given.name) else {
            mistakes.push(say!("unknown {}: the parameters are {}", origin, names()));
            continue;
        };
        if named.contains(&setting.name) {
            mistakes.push(say!("{} is given twice: leave out one of the two", origin));
        }
        named.push(setting.name);
        match text(setting, given) {
            // A parameter wins over a variable, as a flag does.
            Ok(Some(value)) => asked.say(setting, origin, &value),
            Ok(None) => {}
            Err(help) => mistakes.push(say!("{}: {}", origin, help)),
        }
    }
    let values = match asked.values() {
        Ok(values) => values,
        Err(wrong) => {
            mistakes.extend(wrong.iter().map(|(origin, mistake)| {
                say!("{}: {}: {}", origin, mistake.message, mistake.help)
            }));
            Values::default()
        }
    };
    let policy_origin = asked.origin("policy");
    let application = Application { values, policy_origin, notes: Vec::new() };
    if mistakes.is_empty() { Ok(application) } else { Err(mistakes) }
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
) -> Result<Application, Vec<Message>> {
    let variables = environment.keys().map(|name| say!("{}{}", ENV, shown_name(name)));
    let given = parse(parameters).unwrap_or_default();
    let given = given.into_iter().filter_map(|given| find(&given.name));
    let given = given.map(|setting| say!("plugin parameter '{}'", setting.name));
    let asked: Vec<_> = variables.chain(given).take(TOLD).collect();
    let note = || {
        say!(
            "the operator of this plugin accepts no settings from an Application; ignored: {}",
            list(&asked, ", ")
        )
    };
    let notes = (!asked.is_empty()).then(note).into_iter().collect();
    Ok(Application { notes, ..Application::default() })
}

/// As Argo CD writes a parameter (`ApplicationSourcePluginParameter`).
#[derive(Deserialize)]
struct PluginParameter {
    #[serde(default)]
    name: String,
    string: Option<String>,
    array: Option<Vec<String>>,
    map: Option<BTreeMap<String, String>>,
}

fn parse(parameters: Option<&str>) -> Result<Vec<PluginParameter>, Vec<Message>> {
    let parsed: Result<Option<Vec<PluginParameter>>, _> =
        serde_json::from_str(parameters.unwrap_or("null"));
    // The message of the reader may repeat a value.
    parsed.map(Option::unwrap_or_default).map_err(|error| {
        vec![say!(
            "{} is not a list of plugin parameters (line {}, column {})",
            PARAMETERS,
            error.line(),
            error.column()
        )]
    })
}

/// The value of a parameter as its flag has it, several ones a line; `None` is none.
fn text(setting: &Setting, given: PluginParameter) -> Result<Option<String>, &'static str> {
    let is_list = setting.value.is_list();
    let map = given.map.unwrap_or_default();
    let pairs = map.iter().map(|(key, value)| format!("{key}={value}"));
    match (given.string, given.array.unwrap_or_default()) {
        (Some(_), array) if !array.is_empty() => Err("write a string or an array, not both"),
        (_, array) if !array.is_empty() && !is_list => Err("write a string"),
        _ if !map.is_empty() && !is_map(setting) => {
            Err(if is_list { "write an array" } else { "write a string" })
        }
        (string, array) => {
            let values: Vec<_> = string.into_iter().chain(array).chain(pairs).collect();
            Ok(Some(values.join("\n")).filter(|value| !value.trim().is_empty()))
        }
    }
}

/// Whether the values of a list are keys with values.
fn is_map(setting: &Setting) -> bool {
    matches!(setting.value, SettingType::Texts(form, _) if form.contains('='))
}

fn find(name: &str) -> Option<&'static Setting> {
    table::find(name).filter(|setting| setting.application.is_some())
}

fn names() -> Message {
    list(parameters().map(|(setting, _)| setting.name), ", ")
}

/// How many characters of a name are shown.
const NAME: usize = 60;

/// A name that someone else chose, as a message may show it.
fn shown_name(name: &str) -> Shown<'static> {
    shown(name).clipped(NAME).into_owned()
}

/// What is said of a policy that an Application names and that is none: nothing of the file.
pub(crate) fn mistaken(asked: &FileRequest) -> Stop {
    let text = say!(
        "error: {}: the file is not a valid policy; to see why, run pullcreds check --policy FILE where it can be read\n",
        asked.origin
    );
    Stop::new(Exit::Usage, text)
}

#[cfg(test)]
mod tests {

    use pullcreds::policy::registries::Class;
    use pullcreds::policy::{FailOn, InjectInto};

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
        let inject = application.values.overrides.inject.iter();
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
            assert_eq!(application.values.overrides, Overrides::default());
            assert!(
                application.values.policy.is_empty()
                    && application.values.allow_empty.is_none()
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
        assert_eq!(application.values.overrides.fail_on, Some(FailOn::Never));
        assert_eq!(application.values.overrides.namespace.as_deref(), Some("shop"));
        assert_eq!(application.values.allow_empty, Some(true));
        assert_eq!(application.values.policy, [PathBuf::from("/p.yaml")]);
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_name() {
        let known = "the parameters are inject, into, private, public, assume-private, namespace, fail-on, fail-on-unknown-kinds, stamp, allow-empty, policy";
        check_mistake(&[], r#"[{"name": "fail_on", "string": "never"}]"#, &[known]);
        check_mistake(
            &[("REPORT", "json=/tmp/x")],
            "null",
            &["unknown variable ARGOCD_ENV_PULLCREDS_REPORT"],
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
                "ARGOCD_ENV_PULLCREDS_ALLOW_EMPTY: `perhaps` is not a switch",
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
            assert!(mistakes[0].starts_with("ARGOCD_APP_PARAMETERS is not a list"), "{mistakes:?}");
            assert!(!mistakes[0].contains("hunter2"));
        }
    }

    #[test]
    fn nothing_is_taken_where_the_operator_says_so() {
        let parameters = r#"[{"name": "fail-on", "string": "never"}, {"name": "values", "string": "for the renderer"}]"#;
        let application = passed_over(owned(&[("POLICY", "/p.yaml")]), Some(parameters)).unwrap();
        assert_eq!(application.values.overrides, Overrides::default());
        assert!(application.values.policy.is_empty());
        assert_eq!(
            application.notes,
            [
                "the operator of this plugin accepts no settings from an Application; ignored: ARGOCD_ENV_PULLCREDS_POLICY, plugin parameter 'fail-on'"
            ]
        );
        assert!(passed_over(Environment::new(), Some("null")).unwrap().notes.is_empty());
    }

    #[track_caller]
    fn check_below(policy: Policy, asked: &[(&str, &str)], overruled: &[&str]) -> Policy {
        let mut layer = Layer::default();
        for (name, text) in asked {
            let setting = find(name).expect("a case asks for parameters");
            layer.say(setting, setting.name, text);
        }
        let mut left = layer.values().expect("a case has no mistake").overrides;
        let notes = limit(&mut left, &policy);
        let expected = overruled.iter().map(|name| format!("`{name}` of the Application"));
        assert!(notes.len() == overruled.len(), "{notes:?}");
        for expected in expected {
            assert!(notes.iter().any(|note| note.starts_with(&expected)), "{notes:?}");
        }
        policy.with(&left).expect("a case has no contradiction")
    }

    fn file(spec: &str) -> Policy {
        let head = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec:\n";
        Policy::parse(&format!("{head}{spec}"), &[]).expect("a case has no mistake")
    }

    #[test]
    fn what_is_asked_below_a_policy_adds_to_it() {
        let asked = [
            ("inject", "ghcr.io/acme=ghcr"),
            ("private", "quay.io/acme"),
            ("public", "registry.example.com"),
            ("fail-on", "never"),
            ("into", "none"),
            ("namespace", "shop"),
            ("assume-private", "true"),
        ];
        let policy = check_below(Policy::default(), &asked, &[]);
        let (_, secrets) = policy.pull_secrets("ghcr.io", "acme/api").expect("there is an entry");
        assert_eq!(secrets.iter().map(|secret| &*secret.value).collect::<Vec<_>>(), ["ghcr"]);
        assert_eq!(policy.access("registry.example.com", "a").class, Class::Public);
        assert_eq!((policy.fail_on(), policy.namespace()), (Some(FailOn::Never), Some("shop")));
        assert_eq!(policy.inject().into, InjectInto::None);
    }

    #[test]
    fn what_is_asked_below_a_policy_weakens_nothing_that_it_says() {
        let stated = file("  namespace: a\n  failOn: error\n  inject: {into: pod}\n");
        let asked = [("fail-on", "never"), ("into", "none"), ("namespace", "b")];
        let policy = check_below(stated.clone(), &asked, &["fail-on", "namespace", "into"]);
        assert_eq!((policy.fail_on(), policy.namespace()), (Some(FailOn::Error), Some("a")));
        assert_eq!(policy.inject().into, InjectInto::Pod);
        let policy = check_below(stated, &[("fail-on", "warning"), ("namespace", "a")], &[]);
        assert_eq!(policy.fail_on(), Some(FailOn::Warning));
    }

    #[test]
    fn what_a_policy_says_is_private_stays_private() {
        let stated = file(
            "  registries:\n  - {match: ghcr.io/acme, access: private}\n  - {match: quay.io, access: public}\n",
        );
        for public in ["ghcr.io/acme", "ghcr.io/acme/lib", "ghcr.io/acme/*"] {
            let policy = check_below(stated.clone(), &[("public", public)], &["public"]);
            assert_eq!(policy.access("ghcr.io", "acme/lib/a").class, Class::Private);
        }
        // A wider entry does not win over it.
        let policy = check_below(stated.clone(), &[("public", "ghcr.io,docker.io")], &[]);
        assert_eq!(policy.access("ghcr.io", "acme/a").class, Class::Private);
        assert_eq!(policy.access("ghcr.io", "other/a").class, Class::Public);
        let policy = check_below(stated, &[("private", "quay.io")], &[]);
        assert_eq!(policy.access("quay.io", "a").class, Class::Private);
        let overrides = Overrides { assume_private: Some(true), ..Overrides::default() };
        let all = Policy::default().with(&overrides).unwrap();
        let asked = [("public", "docker.io"), ("assume-private", "false")];
        check_below(all, &asked, &["public", "assume-private"]);
    }
}
