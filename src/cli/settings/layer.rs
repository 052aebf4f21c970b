//! What one source of settings says, as text, and what comes of several of them. The upper one counts, setting by
//! setting: a list replaces the whole lower one.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use pullcreds::policy::{FlagMistake, parse_switch};
use pullcreds::say;
use pullcreds::text::{Message, list};

use super::Mode;
use super::table::{SETTINGS, Setting, SettingType, Values, find};
use crate::cli::environment;
use crate::cli::exit::{Exit, Stop};

/// What one source says of each setting that it names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer(BTreeMap<&'static str, GivenValue>);

/// What is said of a setting, and where: what mistakes begin with.
#[derive(Clone, Debug)]
struct GivenValue {
    origin: Message,
    /// Several values of a list; else one.
    values: Vec<OsString>,
}

impl Layer {
    /// What the variables of a command say.
    pub(crate) fn environment(mode: Mode) -> Self {
        let mut layer = Self::default();
        let own = |setting: &&Setting| setting.is_of(mode);
        for setting in SETTINGS.iter().filter(own).filter(|setting| setting.places.have_flag()) {
            let name = setting.variable();
            if let Some(text) = environment::variable(&name) {
                layer.say(setting, name, &text);
            }
        }
        layer
    }

    /// Takes what a source says of a setting, in place of what it has said before.
    pub(crate) fn say(
        &mut self,
        setting: &'static Setting,
        origin: impl Into<Message>,
        text: &str,
    ) {
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
        let values = match setting.value {
            SettingType::Texts(..) => {
                let items = lines().flat_map(|line| line.split(',')).map(str::trim);
                items.filter(|item| !item.is_empty()).map(OsString::from).collect()
            }
            SettingType::Lines(..) | SettingType::Files(..) => {
                lines().map(OsString::from).collect()
            }
            SettingType::File(..) => vec![OsString::from(text)],
            SettingType::Switch(_) | SettingType::Text(..) | SettingType::Word(..) => {
                vec![text.trim().into()]
            }
        };
        self.take(setting, origin, values);
    }

    /// Takes values of a setting that have been told apart.
    pub(crate) fn take(
        &mut self,
        setting: &'static Setting,
        origin: impl Into<Message>,
        values: Vec<OsString>,
    ) {
        // A list without an entry says nothing.
        if !values.is_empty() {
            self.0.insert(setting.name, GivenValue { origin: origin.into(), values });
        }
    }

    /// Whether a setting is said, or its contrary.
    fn says(&self, setting: &Setting) -> bool {
        self.names(setting.name) || setting.contrary.is_some_and(|contrary| self.names(contrary))
    }

    /// Whether this very setting is said.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Where a setting is said.
    pub(crate) fn origin(&self, name: &str) -> Message {
        self.0.get(name).map(|said| said.origin.clone()).unwrap_or_default()
    }

    /// This, and what `lower` says of other settings.
    #[must_use]
    pub(crate) fn over(mut self, lower: Self) -> Self {
        let is_left = |name: &str| find(name).is_some_and(|setting| !self.says(setting));
        let left: Vec<_> = lower.0.into_iter().filter(|(name, _)| is_left(name)).collect();
        self.0.extend(left);
        self
    }

    /// What is said, as values.
    ///
    /// # Errors
    /// Each mistake, with where it is said.
    pub(crate) fn values(&self) -> Result<Values, Vec<(&Message, FlagMistake)>> {
        let mut values = Values::default();
        let mut mistakes = Vec::new();
        for (name, GivenValue { origin, values: texts }) in &self.0 {
            let Some(setting) = find(name) else { continue };
            let wrong = texts.iter().filter_map(|text| setting.read(&mut values, text).err());
            mistakes.extend(wrong.map(|mistake| (origin, mistake)));
        }
        if mistakes.is_empty() { Ok(values) } else { Err(mistakes) }
    }

    /// The same, where a mistake ends the run.
    pub(crate) fn resolve(&self) -> Result<Values, Stop> {
        self.values().map_err(|mistakes| {
            let lines = mistakes.iter().map(|(origin, mistake)| {
                say!("error: {}: {}: {}\n", origin, mistake.message, mistake.help)
            });
            Stop::new(Exit::Usage, list(lines, ""))
        })
    }

    /// What is said of these settings alone.
    #[must_use]
    pub(crate) fn only(&self, names: &[&str]) -> Self {
        let kept = self.0.iter().filter(|(name, _)| names.contains(name));
        Self(kept.map(|(name, said)| (*name, said.clone())).collect())
    }
}

impl Setting {
    /// Reads a value into the field for it.
    ///
    /// # Errors
    /// Why it cannot be one.
    pub(crate) fn read(&self, values: &mut Values, value: &OsStr) -> Result<(), FlagMistake> {
        let text =
            || value.to_str().ok_or_else(|| FlagMistake::new("this is not UTF-8", "write text"));
        match self.value {
            SettingType::Switch(field) => *field(values) = Some(parse_switch(text()?)?),
            SettingType::Text(_, read)
            | SettingType::Word(_, read)
            | SettingType::Texts(_, read)
            | SettingType::Lines(_, read) => read(values, text()?)?,
            SettingType::File(_, read) | SettingType::Files(_, read) => {
                read(values, PathBuf::from(value));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use pullcreds::policy::InjectInto;

    use super::*;

    fn layer(said: &[(&str, &str)]) -> Layer {
        let mut layer = Layer::default();
        for (name, text) in said {
            let setting = find(name).expect("a case names settings");
            layer.say(setting, setting.name, text);
        }
        layer
    }

    #[track_caller]
    fn values(layer: &Layer) -> Values {
        layer.values().unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
    }

    #[test]
    fn the_upper_layer_replaces_what_it_names() {
        let environment = [("inject", "a.io=a,b.io=b"), ("into", "pod"), ("public", "c.io")];
        let flags = [("inject", "d.io=d"), ("assume-private", "0")];
        let both = layer(&flags).over(layer(&environment));
        let expected = layer(&[
            ("inject", "d.io=d"),
            ("into", "pod"),
            ("public", "c.io"),
            ("assume-private", "0"),
        ]);
        assert_eq!(values(&both).overrides, values(&expected).overrides);
    }

    #[test]
    fn what_is_said_hides_the_contrary_below() {
        let both = layer(&[("require-input", "true")]).over(layer(&[("allow-empty", "true")]));
        let values = values(&both);
        assert_eq!((values.require_input, values.allow_empty), (Some(true), None));
    }

    #[test]
    fn values_of_a_list_are_one_a_line_or_separated_by_commas() {
        let layer = layer(&[
            ("inject", "a.io=a, b.io=b\nc.io=c\n"),
            ("cluster-dump", "a,b.yaml\n\n c.yaml "),
            ("report", "json=a,b\nhuman"),
            ("into", " serviceAccount\n"),
            ("quiet", "on"),
        ]);
        let values = values(&layer);
        assert_eq!(values.overrides.inject.len(), 3);
        assert_eq!(values.overrides.into, Some(InjectInto::ServiceAccount));
        assert_eq!(values.cluster_dump, ["a,b.yaml", "c.yaml"].map(PathBuf::from));
        assert_eq!((values.report.len(), values.quiet), (2, Some(true)));
    }

    #[track_caller]
    fn check_mistake(name: &'static str, text: &str, expected: &str) {
        let layer = layer(&[(name, text)]);
        let mistakes = layer.values().expect_err("a case has a mistake");
        let texts: Vec<_> =
            mistakes.iter().map(|(at, mistake)| format!("{at}: {mistake}")).collect();
        assert_eq!(texts, [expected]);
    }

    #[test]
    fn a_mistake_says_where_and_what_to_write() {
        check_mistake(
            "quiet",
            "maybe",
            "quiet: `maybe` is not a switch: write one of `true`, `false`",
        );
        check_mistake(
            "color",
            "x",
            "color: `x` is not a choice: write one of `auto`, `always`, `never`",
        );
        check_mistake(
            "timeout",
            "0s",
            "timeout: this is not a duration: write a duration like 90s or 2m",
        );
        check_mistake("report", "jso", "report: `jso` is not a format: did you mean `json`?");
        check_mistake("report", "json=", "report: the file has no name: write it after the `=`");
    }

    #[test]
    fn every_row_has_a_name_of_its_own_and_what_it_needs() {
        for (at, setting) in SETTINGS.iter().enumerate() {
            let name = setting.name;
            let kebab = |b: u8| b.is_ascii_lowercase() || b == b'-';
            assert!(!name.is_empty() && name.bytes().all(kebab), "{name}");
            assert!(SETTINGS[..at].iter().all(|other| other.name != name), "{name}");
            assert_eq!(setting.places.have_flag(), !setting.help.is_empty(), "{name}");
            let is_word = matches!(setting.value, SettingType::Word(..));
            assert!(!is_word || !(setting.words)().is_empty(), "{name}");
            if let Some(contrary) = setting.contrary {
                assert_eq!(find(contrary).and_then(|other| other.contrary), Some(name));
            }
        }
    }
}
