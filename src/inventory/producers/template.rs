//! What the template of a docker configuration tells before its values are filled in: the registries that it names,
//! and whether it can become JSON at all.
//!
//! Templates are those of Go's `text/template`, in which the External Secrets Operator, Sealed Secrets and the Vault
//! operators write the data of their Secrets. An action that prints a value may print anything, so nothing is said
//! where one of them stands for more than a value.

use std::fmt;

use zeroize::Zeroizing;

use crate::credentials::exposure;
use crate::credentials::payload::PayloadFormat;
use crate::json::{self, Document, Value, ValueKind};

/// What is before and after an action.
pub(super) type Delimiters = (&'static str, &'static str);

/// Those of `text/template`.
pub(super) const BRACES: Delimiters = ("{{", "}}");

/// What a template comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Templated {
    /// Nobody can tell.
    Unknown,
    /// A docker configuration with these keys.
    Keys(Box<[String]>),
    /// Nothing that the kubelet can read, whatever the values are.
    Never(TemplateFlaw),
}

/// Why a template never becomes a docker configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateFlaw {
    /// `{{` without `}}`.
    OpenAction,
    /// It is not JSON.
    Syntax {
        /// What is wrong.
        problem: &'static str,
        /// The line of the template, from 1.
        line: usize,
    },
    /// It is JSON, and not an object.
    NotAnObject(&'static str),
    /// A value that a function quotes is in quotes.
    QuotedTwice(&'static str),
    /// A value is without quotes.
    Unquoted(&'static str),
    /// The key file of a Google service account, which is JSON, is in quotes as it is.
    KeyFile,
    /// `auth` is `user:password` as it is.
    PlainAuth,
}

impl fmt::Display for TemplateFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenAction => f.write_str("an action of its template is not closed"),
            Self::Syntax { problem, line } => {
                write!(f, "its template is not valid JSON: {problem} (line {line} of the template)")
            }
            Self::NotAnObject(found) => {
                write!(f, "its template must be a JSON object, and is {found}")
            }
            Self::QuotedTwice(function) => write!(
                f,
                "a value that {function} has put in quotes stands in quotes again, which is not valid JSON; \
                 remove the quotes around it"
            ),
            Self::Unquoted(field) => write!(
                f,
                "the value of `{field}` stands without quotes, which is not valid JSON; add `| toJson` to it"
            ),
            Self::KeyFile => f.write_str(
                "the password of `_json_key` is a key file, which is JSON itself: inside the quotes its own \
                 quotes and line breaks need escaping; replace \"{{ .key }}\" with {{ .key | toJson }}",
            ),
            Self::PlainAuth => {
                f.write_str("`auth` must be base64 of `user:password`; add `| b64enc` to it")
            }
        }
    }
}

/// Words with which an action begins that prints no value of its own.
const CONTROL: &[&str] =
    &["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"];

/// Functions that write their value as JSON, quotes included (sprig; `toJson` of a string is a JSON string).
const QUOTING: &[&str] = &[
    "mustToJson",
    "mustToPrettyJson",
    "mustToRawJson",
    "quote",
    "toJson",
    "toPrettyJson",
    "toRawJson",
];

/// Functions that leave quotes and line breaks as they are.
const PLAIN: &[&str] = &[
    "b64dec",
    "base64decode",
    "default",
    "get",
    "index",
    "print",
    "required",
    "toString",
    "trim",
    "trimPrefix",
    "trimSuffix",
];

/// What stands in the JSON for a value that is not there yet; for private use only, so that no one writes it.
const MARK: char = '\u{e000}';

/// Reads the template of a value of this format.
pub(super) fn read(text: &str, format: PayloadFormat, delimiters: Delimiters) -> Templated {
    let filled = match fill(text, delimiters) {
        Ok(filled) => filled,
        Err(templated) => return templated,
    };
    let document = match Document::parse(filled.json.as_bytes()) {
        Ok(document) => document,
        Err(_) if !filled.only_values || is_filled_before(text) => return Templated::Unknown,
        Err(error) => {
            let line = text[..filled.origin(error.offset)].matches('\n').count() + 1;
            return Templated::Never(TemplateFlaw::Syntax { problem: error.problem, line });
        }
    };
    let root = document.root();
    match root.kind() {
        ValueKind::Object => filled.configuration(root, format),
        ValueKind::Null => Templated::Keys(Box::default()),
        _ if !filled.only_values => Templated::Unknown,
        kind => Templated::Never(TemplateFlaw::NotAnObject(kind.describe())),
    }
}

/// Whether another program fills a text in before the operator sees it.
fn is_filled_before(text: &str) -> bool {
    exposure::is_placeholder(text) || exposure::has_placeholder(text.replace("{{", "").as_bytes())
}

/// A template with a mark for each value.
struct Filled<'t> {
    json: Zeroizing<String>,
    values: Vec<Filling<'t>>,
    /// Whether each action stands in a string or where a value belongs, so that nothing else depends on what they
    /// print.
    only_values: bool,
}

/// An action that prints a value.
struct Filling<'t> {
    /// Where its mark is in the JSON.
    at: usize,
    /// Where it ends in the template.
    end: usize,
    in_string: bool,
    action: &'t str,
}

fn fill(text: &str, (open, close): Delimiters) -> Result<Filled<'_>, Templated> {
    let mut filled =
        Filled { json: Zeroizing::new(String::new()), values: Vec::new(), only_values: true };
    let (mut at, mut in_string) = (0, false);
    while let Some(found) = text[at..].find(open) {
        let literal = &text[at..at + found];
        in_string = ends_in_string(literal, in_string);
        filled.json.push_str(literal);
        let start = at + found + open.len();
        let length = action_length(&text[start..], close);
        let end = start + length.ok_or(Templated::Never(TemplateFlaw::OpenAction))?;
        at = end + close.len();
        let action = trimmed(&text[start..end]);
        match prints(action) {
            Prints::Nothing => {}
            Prints::Anything => return Err(Templated::Unknown),
            Prints::Value => filled.put(action, in_string, &text[at..], at),
        }
    }
    filled.json.push_str(&text[at..]);
    Ok(filled)
}

impl<'t> Filled<'t> {
    /// Puts a mark in place of an action, followed by `rest`, from `end` on.
    fn put(&mut self, action: &'t str, in_string: bool, rest: &str, end: usize) {
        let is_value = in_string
            || self.json.trim_end().ends_with(':') && rest.trim_start().starts_with([',', '}']);
        self.only_values &= is_value;
        self.values.push(Filling { at: self.json.len(), end, in_string, action });
        if in_string {
            self.json.push(MARK);
        } else {
            self.json.extend(['"', MARK, '"']);
        }
    }

    /// Where in the template a byte of the JSON comes from.
    fn origin(&self, offset: usize) -> usize {
        let before = self.values.iter().rev().find(|value| value.at < offset);
        before.map_or(offset, |value| {
            let mark = MARK.len_utf8() + if value.in_string { 0 } else { 2 };
            value.end + offset.saturating_sub(value.at + mark)
        })
    }

    fn configuration(&self, root: Value<'_>, format: PayloadFormat) -> Templated {
        let mut keys = Vec::new();
        let mut is_known = true;
        let mut entry = |name: Value<'_>, value: Value<'_>| {
            keys.push(name.string());
            self.flaw(value)
        };
        for (name, value) in root.fields() {
            let flaw = match format {
                PayloadFormat::DockerCfg => entry(name, value),
                PayloadFormat::DockerConfigJson if json::is_field(&name.string(), "auths") => {
                    is_known &= value.kind() != ValueKind::String;
                    value.fields().find_map(|(name, value)| entry(name, value))
                }
                PayloadFormat::DockerConfigJson => {
                    is_known &= !name.string().contains(MARK);
                    None
                }
            };
            if let Some(flaw) = flaw {
                return Templated::Never(flaw);
            }
        }
        let is_literal = |key: &String| !key.contains(MARK) && !is_filled_before(key);
        let is_known = is_known && keys.iter().all(is_literal);
        if is_known { Templated::Keys(keys.into()) } else { Templated::Unknown }
    }

    /// What is wrong with an entry.
    fn flaw(&self, entry: Value<'_>) -> Option<TemplateFlaw> {
        let mut fields = entry.fields();
        let is_key_file = entry.fields().any(|(name, value)| {
            json::is_field(&name.string(), "username") && value.string() == "_json_key"
        });
        fields.find_map(|(name, value)| {
            let name = name.string();
            let field = ["username", "password", "auth", "email"];
            let field = field.into_iter().find(|field| json::is_field(&name, field))?;
            self.flaw_of_field(field, value, is_key_file)
        })
    }

    fn flaw_of_field(
        &self,
        field: &'static str,
        value: Value<'_>,
        is_key_file: bool,
    ) -> Option<TemplateFlaw> {
        let place = value.offset()..value.offset() + value.raw().len();
        let mut values = self.values.iter().filter(|filling| place.contains(&filling.at));
        let is_plain_auth = field == "auth" && value.string().contains(':');
        let flaw = values.find_map(|Filling { action, in_string, .. }| {
            match (quoting(action), in_string) {
                (Some(function), true) => Some(TemplateFlaw::QuotedTwice(function)),
                (None, false) if is_plain(action) => Some(TemplateFlaw::Unquoted(field)),
                (None, true) if field == "auth" && joins_plainly(action) => {
                    Some(TemplateFlaw::PlainAuth)
                }
                (None, true) if field == "password" && is_key_file && is_plain(action) => {
                    Some(TemplateFlaw::KeyFile)
                }
                _ => None,
            }
        });
        flaw.or(is_plain_auth.then_some(TemplateFlaw::PlainAuth))
    }
}

/// What an action comes to in the output.
enum Prints {
    Nothing,
    Value,
    /// What is around it is left out or repeated.
    Anything,
}

fn prints(action: &str) -> Prints {
    let first = action.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if action.starts_with("/*") || is_assignment(action) {
        Prints::Nothing
    } else if action.is_empty() || CONTROL.contains(&first) {
        Prints::Anything
    } else {
        Prints::Value
    }
}

/// `$name := …` or `$name = …`.
fn is_assignment(action: &str) -> bool {
    let name = action.strip_prefix('$').map(|rest| {
        rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').trim_start()
    });
    name.is_some_and(|rest| rest.starts_with(":=") || rest.starts_with('='))
}

/// An action without its trim markers.
fn trimmed(action: &str) -> &str {
    let action = action.strip_prefix('-').unwrap_or(action);
    action.strip_suffix('-').unwrap_or(action).trim()
}

/// How long an action is: a delimiter in a comment or string does not end it (`lexInsideAction` of
/// `text/template/parse/lex.go`).
fn action_length(text: &str, close: &str) -> Option<usize> {
    let start = text.trim_start_matches(['-', ' ', '\t', '\r', '\n']);
    if start.starts_with("/*") {
        let end = text.find("*/")?;
        return Some(end + text[end..].find(close)?);
    }
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match quote {
            Some('"' | '\'') if c == '\\' => drop(characters.next()),
            Some(open) => quote = quote.filter(|_| c != open),
            None if text[at..].starts_with(close) => return Some(at),
            None => quote = matches!(c, '"' | '\'' | '`').then_some(c),
        }
    }
    None
}

/// Whether a JSON string is open at the end of a text.
fn ends_in_string(text: &str, mut in_string: bool) -> bool {
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if in_string => drop(characters.next()),
            '"' => in_string = !in_string,
            _ => {}
        }
    }
    in_string
}

/// The function with which an action writes JSON, if its last one does.
fn quoting(action: &str) -> Option<&'static str> {
    let last = pipeline(action).pop().unwrap_or_default();
    let first = last.split_whitespace().next()?;
    let of_format = || (first == "printf" && last.contains("%q")).then_some("printf %q");
    QUOTING.iter().copied().find(|function| *function == first).or_else(of_format)
}

/// Whether an action prints a value as it is: it names no function but those of [`PLAIN`].
fn is_plain(action: &str) -> bool {
    let is_plain = |word: &str| {
        word.is_empty() || word.starts_with(['.', '$', '-']) || word.as_bytes()[0].is_ascii_digit()
    };
    let code = without_strings(action);
    let mut words = code.split(|c: char| c.is_whitespace() || matches!(c, '|' | '(' | ')'));
    words.all(|word| is_plain(word) || PLAIN.contains(&word))
}

/// Whether an action joins its values with a colon, and nothing encodes the whole.
fn joins_plainly(action: &str) -> bool {
    let encodes = ["b64enc", "base64encode"];
    action.starts_with("print")
        && action.contains(':')
        && !encodes.iter().any(|function| action.contains(function))
}

/// The commands of an action, between its pipes.
fn pipeline(action: &str) -> Vec<&str> {
    let mut commands = Vec::new();
    let (mut start, mut quote, mut depth) = (0, None, 0_u32);
    for (at, c) in action.char_indices() {
        match (quote, c) {
            (Some(open), c) => quote = quote.filter(|_| c != open),
            (None, '"' | '`' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, '|') if depth == 0 => {
                commands.push(action[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    commands.push(action[start..].trim());
    commands
}

/// An action without the strings in it.
fn without_strings(action: &str) -> String {
    let mut quote = None;
    let mut escaped = false;
    let mut keep = |c: char| match quote {
        Some(open) => {
            let ends = c == open && !escaped;
            escaped = c == '\\' && !escaped && open != '`';
            quote = quote.filter(|_| !ends);
            false
        }
        None if matches!(c, '"' | '`' | '\'') => {
            quote = Some(c);
            false
        }
        None => true,
    };
    action.chars().filter(|c| keep(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Templated {
        super::read(text, PayloadFormat::DockerConfigJson, BRACES)
    }

    #[track_caller]
    fn keys(text: &str, expected: &[&str]) {
        let expected = expected.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(read(text), Templated::Keys(expected), "{text}");
    }

    /// The entry of `ghcr.io` with these fields.
    fn entry(fields: &str) -> String {
        format!("{{\"auths\": {{\"ghcr.io\": {{{fields}}}}}}}")
    }

    #[test]
    fn literal_keys_are_told() {
        keys(&entry(r#""username":"bob","password":"{{ .p }}""#), &["ghcr.io"]);
        keys(&entry(r#""auth":"{{ printf "%s:%s" .u .p | b64enc }}""#), &["ghcr.io"]);
        keys(&entry(r#""auth": {{ printf "%s:%s" .u .p | b64enc | toJson }}"#), &["ghcr.io"]);
        keys(r#"{"auths": {"a.io": {{ .a | toJson }}, "b.io": {{ .b }}}}"#, &["a.io", "b.io"]);
        keys(r#"{"AUTHS": {"a.io": {}}, "credsStore": "desktop"}"#, &["a.io"]);
        keys(
            r#"{{- $p := .p -}}{"auths": {"a.io": {"password": "{{ $p }}"}}}{{/* } */}}"#,
            &["a.io"],
        );
        keys("{}", &[]);
        keys("null", &[]);
        let of_old_form =
            super::read(r#"{"a.io": {"auth": "{{ .a }}"}}"#, PayloadFormat::DockerCfg, BRACES);
        assert_eq!(of_old_form, Templated::Keys(["a.io".to_owned()].into()));
    }

    #[test]
    fn what_depends_on_values_is_not_known() {
        for text in [
            "{{ .config }}",
            "{{ .config | toString }}\n",
            r#"{"auths": {"{{ .host }}": {"password": "{{ .p }}"}}}"#,
            r#"{"auths": {"{{ .account }}.dkr.ecr.eu-west-1.amazonaws.com": {}}}"#,
            r#"{"auths": {{ .auths | toJson }}}"#,
            r#"{"auths": {{{ range .x }}"{{ . }}": {}{{ end }}}}"#,
            r#"{ {{ .start }} "auths": {}}"#,
            r#"{"{{ .name }}": {"ghcr.io": {}}}"#,
            r#"{{ dict "auths" .config | mustToJson }}"#,
            r#"{{ if .a }}{"auths": {}}{{ end }}"#,
            "<path:secret/data/docker#config>",
            "${DOCKER_CONFIG}",
            r#"{"auths": {"${REGISTRY}": {"password": "{{ .p }}"}}}"#,
        ] {
            assert_eq!(read(text), Templated::Unknown, "{text}");
        }
    }

    #[track_caller]
    fn never(text: &str, expected: &TemplateFlaw) {
        assert_eq!(read(text), Templated::Never(*expected), "{text}");
    }

    #[test]
    fn a_key_file_needs_escaping() {
        let key =
            |password: &str| entry(&format!(r#""username":"_json_key","password":{password}"#));
        for plain in [
            r#""{{ .key }}""#,
            r#""{{.key}}""#,
            r#""{{- .key | toString | trim -}}""#,
            r#""{{ index . "key.json" }}""#,
            r#""{{ (index . "key.json") }}""#,
        ] {
            never(&key(plain), &TemplateFlaw::KeyFile);
        }
        for escaped in [
            r"{{ .key | toJson }}",
            r#""{{ .key | replace "\"" "\\\"" | replace "\n" "\\n" }}""#,
            r"{{ .key | quote }}",
            r#""{{ .key | js }}""#,
        ] {
            keys(&key(escaped), &["ghcr.io"]);
        }
        keys(&entry(r#""username":"_json_key_base64","password":"{{ .key }}""#), &["ghcr.io"]);
    }

    #[test]
    fn quotes_are_needed_once() {
        never(&entry(r#""password":"{{ .p | toJson }}""#), &TemplateFlaw::QuotedTwice("toJson"));
        never(&entry(r#""password":"{{ quote .p }}""#), &TemplateFlaw::QuotedTwice("quote"));
        never(&entry(r#""auth":"{{ printf "%q" .p }}""#), &TemplateFlaw::QuotedTwice("printf %q"));
        never(
            &entry(r#""username": {{ .u }}, "password": "x""#),
            &TemplateFlaw::Unquoted("username"),
        );
        keys(&entry(r#""password": {{ myQuote .p }}"#), &["ghcr.io"]);
        keys(&entry(r#""password": "{{ .p | toJson | trimAll "\"" }}""#), &["ghcr.io"]);
    }

    #[test]
    fn auth_is_base64() {
        never(&entry(r#""auth":"{{ .u }}:{{ .p }}""#), &TemplateFlaw::PlainAuth);
        never(&entry(r#""auth":"{{ printf "%s:%s" .u .p }}""#), &TemplateFlaw::PlainAuth);
        keys(&entry(r#""auth":"{{ .auth }}""#), &["ghcr.io"]);
        keys(&entry(r#""auth":"{{ list .u ":" .p | join "" | b64enc }}""#), &["ghcr.io"]);
    }

    #[test]
    fn what_is_not_json_never_becomes_it() {
        for (text, line) in [
            ("x", 1),
            ("eyJhdXRocyI6e319", 1),
            (r#"{"auths": {"ghcr.io": {"password": "{{ .p }}",}}}"#, 1),
            ("{\n'auths': {}}", 2),
            ("{\"auths\": {\"a\": {{ .a }},\n\"b\": {{ .b }}}", 2),
            ("{\"auths\":\n{\"a\": {\"auth\": \"{{ .a }}\"\n\"email\": \"\"}}}", 3),
        ] {
            let Templated::Never(TemplateFlaw::Syntax { line: found, .. }) = read(text) else {
                panic!("{text}: {:?}", read(text));
            };
            assert_eq!(found, line, "{text}");
        }
        never("[]", &TemplateFlaw::NotAnObject("an array"));
        never("{\"auths\": {{ .x }", &TemplateFlaw::OpenAction);
    }

    #[test]
    fn delimiters_are_those_of_the_operator() {
        let text = r#"{"auths": {"a.io": {"password": "{% .Secrets.p %}"}}}"#;
        let read = super::read(text, PayloadFormat::DockerConfigJson, ("{%", "%}"));
        assert_eq!(read, Templated::Keys(["a.io".to_owned()].into()));
    }
}
