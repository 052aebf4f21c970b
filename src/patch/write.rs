//! How a value is written in a style. Nothing here knows where.

use std::borrow::Cow;

use super::form::{FormBuilder, Quote};
use super::value::{Gap, Gaps, NewValue};

/// The style of a text.
pub(crate) enum Manner {
    /// By indentation.
    Block(BlockStyle),
    /// In brackets.
    Flow(Flow),
}

/// How lines are written.
pub(crate) struct BlockStyle {
    /// The blanks before the keys.
    pub(crate) indent: String,
    /// The blanks of a dash, from the key of its list.
    pub(crate) dashes: String,
    /// One step of indentation.
    pub(crate) unit: String,
    /// The line ending.
    pub(crate) eol: &'static str,
}

/// How brackets are written.
#[derive(Default)]
pub(crate) struct Flow {
    /// Keys and strings are in double quotes.
    pub(crate) json: bool,
    /// A blank follows colons, and commas if there are no lines.
    pub(crate) spaced: bool,
    /// If each value is on a line of its own: the line break and indentation of the line where writing begins, and one
    /// step of indentation.
    pub(crate) lines: Option<(String, String)>,
}

impl Manner {
    /// Writes a key with its value.
    pub(super) fn pair(&self, key: &str, value: &NewValue<'_>, out: &mut FormBuilder) {
        match self {
            Self::Block(block) => block.pair(key, value, &block.indent, out),
            Self::Flow(flow) => flow.pair(key, value, flow.lead(), out),
        }
    }

    /// Writes a value after a colon.
    pub(super) fn value(&self, value: &NewValue<'_>, out: &mut FormBuilder) {
        match self {
            Self::Block(block) => block.value(value, &block.indent, out),
            Self::Flow(flow) => flow.value(value, flow.lead(), out),
        }
    }
}

impl BlockStyle {
    fn line(&self, indent: &str, out: &mut FormBuilder) {
        out.push(self.eol);
        out.push(indent);
    }

    fn dash(&self, indent: &str, out: &mut FormBuilder) {
        self.line(indent, out);
        out.push(&self.dashes);
        out.push("-");
    }

    fn inner(&self, indent: &str) -> String {
        format!("{indent}{}", self.unit)
    }

    fn pair(&self, key: &str, value: &NewValue<'_>, indent: &str, out: &mut FormBuilder) {
        out.push(&scalar(key, false));
        out.push(":");
        self.value(value, indent, out);
    }

    /// Writes a value after its key, which has `indent` before it.
    fn value(&self, value: &NewValue<'_>, indent: &str, out: &mut FormBuilder) {
        match value {
            NewValue::Text(text) => {
                out.push(" ");
                out.push(&scalar(text, false));
            }
            NewValue::Number(number) => out.push(&format!(" {number}")),
            NewValue::List(items) => items.iter().for_each(|item| self.item(item, indent, out)),
            NewValue::Map(entries) => {
                let indent = self.inner(indent);
                for (key, value) in entries {
                    self.line(&indent, out);
                    self.pair(key, value, &indent, out);
                }
            }
            NewValue::Names(gaps) => self.names(*gaps, indent, out),
        }
    }

    fn item(&self, item: &NewValue<'_>, indent: &str, out: &mut FormBuilder) {
        self.dash(indent, out);
        let NewValue::Map(entries) = item else {
            return self.value(item, &format!("{indent}{}", self.dashes), out);
        };
        let indent = format!("{indent}{}  ", self.dashes);
        for (at, (key, value)) in entries.iter().enumerate() {
            if at == 0 {
                out.push(" ");
            } else {
                self.line(&indent, out);
            }
            self.pair(key, value, &indent, out);
        }
    }

    fn names(&self, gaps: Gaps<'_>, indent: &str, out: &mut FormBuilder) {
        match gaps {
            Gaps::Items(gap) => out.each("", |out| {
                self.dash(indent, out);
                out.push(" ");
                if let Gap::Field(key) = gap {
                    out.push(&scalar(key, false));
                    out.push(": ");
                }
                out.gap(Quote::IfNeeded);
            }),
            Gaps::One(Gap::Text) => {
                out.push(" ");
                out.only(Quote::IfNeeded);
            }
            Gaps::One(Gap::Field(key)) => {
                self.line(&self.inner(indent), out);
                out.push(&scalar(key, false));
                out.push(": ");
                out.only(Quote::IfNeeded);
            }
            Gaps::Commas => {
                out.push(" ");
                commas(out);
            }
        }
    }
}

/// Names in one string: always in quotes, since what they come to together is not known.
fn commas(out: &mut FormBuilder) {
    out.push("\"");
    out.each(",", |out| out.gap(Quote::Never));
    out.push("\"");
}

impl Flow {
    fn lead(&self) -> &str {
        self.lines.as_ref().map_or("", |(lead, _)| lead)
    }

    pub(super) fn blank(&self) -> &'static str {
        if self.spaced { " " } else { "" }
    }

    pub(super) fn quote(&self) -> Quote {
        if self.json { Quote::Double } else { Quote::IfNeeded }
    }

    fn text<'v>(&self, text: &'v str) -> Cow<'v, str> {
        if self.json { quoted(text).into() } else { scalar(text, true) }
    }

    pub(super) fn key(&self, key: &str, out: &mut FormBuilder) {
        out.push(&self.text(key));
        out.push(":");
        out.push(self.blank());
    }

    fn pair(&self, key: &str, value: &NewValue<'_>, lead: &str, out: &mut FormBuilder) {
        self.key(key, out);
        self.value(value, lead, out);
    }

    /// Writes a value; `lead` is the line break and indentation of the line that it is on.
    fn value(&self, value: &NewValue<'_>, lead: &str, out: &mut FormBuilder) {
        match value {
            NewValue::Text(text) => out.push(&self.text(text)),
            NewValue::Number(number) => out.push(&number.to_string()),
            NewValue::List(items) => {
                let brackets = Brackets { open: "[", close: "]", lead };
                self.all(items, brackets, out, |item, lead, out| self.value(item, lead, out));
            }
            NewValue::Map(entries) => {
                let brackets = Brackets { open: "{", close: "}", lead };
                self.all(entries, brackets, out, |(key, value), lead, out| {
                    self.pair(key, value, lead, out);
                });
            }
            NewValue::Names(Gaps::Items(gap)) => {
                let inner = self.inner(lead);
                out.push("[");
                out.push(&inner);
                self.items(*gap, &inner, out);
                out.push(self.closing(lead));
                out.push("]");
            }
            NewValue::Names(Gaps::One(Gap::Text)) => out.only(self.quote()),
            NewValue::Names(Gaps::One(gap)) => {
                self.braced(*gap, lead, out, |quote, out| out.only(quote));
            }
            NewValue::Names(Gaps::Commas) => commas(out),
        }
    }

    /// Writes an item for each name; `lead` begins the line of each.
    pub(super) fn items(&self, gap: Gap<'_>, lead: &str, out: &mut FormBuilder) {
        let between = if self.lines.is_some() { lead } else { self.blank() };
        out.each(&format!(",{between}"), |out| {
            self.braced(gap, lead, out, |quote, out| out.gap(quote));
        });
    }

    /// Writes one item for a name, in one line.
    pub(super) fn item(&self, gap: Gap<'_>, out: &mut FormBuilder) {
        self.braced(gap, "", out, |quote, out| out.gap(quote));
    }

    fn braced(
        &self,
        gap: Gap<'_>,
        lead: &str,
        out: &mut FormBuilder,
        name: impl FnOnce(Quote, &mut FormBuilder),
    ) {
        let Gap::Field(key) = gap else { return name(self.quote(), out) };
        out.push("{");
        out.push(&self.inner(lead));
        self.key(key, out);
        name(self.quote(), out);
        out.push(self.closing(lead));
        out.push("}");
    }

    /// The line break and indentation of what is inside of brackets on a line that `lead` begins.
    fn inner(&self, lead: &str) -> String {
        self.lines.as_ref().map_or_else(String::new, |(_, unit)| format!("{lead}{unit}"))
    }

    fn closing<'l>(&self, lead: &'l str) -> &'l str {
        if self.lines.is_some() { lead } else { "" }
    }

    fn all<T>(
        &self,
        parts: &[T],
        Brackets { open, close, lead }: Brackets<'_>,
        out: &mut FormBuilder,
        write: impl Fn(&T, &str, &mut FormBuilder),
    ) {
        out.push(open);
        let inner = self.inner(lead);
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                out.push(",");
            }
            out.push(if at > 0 && self.lines.is_none() { self.blank() } else { &inner });
            write(part, &inner, out);
        }
        if !parts.is_empty() {
            out.push(self.closing(lead));
        }
        out.push(close);
    }
}

/// The brackets of a list or a mapping.
struct Brackets<'l> {
    open: &'static str,
    close: &'static str,
    /// The line break and indentation of the line that they are on.
    lead: &'l str,
}

/// A JSON string, which is a YAML string in double quotes too. Control characters that JSON would let through
/// and YAML does not are escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for character in serde_json::Value::from(text).to_string().chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}') {
            out.extend(["\\u", &format!("{:04x}", u32::from(character))]);
        } else {
            out.push(character);
        }
    }
    out
}

/// A string as a YAML scalar: without quotes only where no reader can take it for something else, in brackets too if
/// `flow`.
fn scalar(text: &str, flow: bool) -> Cow<'_, str> {
    let simple = |byte: u8| {
        byte.is_ascii_alphanumeric() || b"-._/".contains(&byte) || !flow && b"[]".contains(&byte)
    };
    let plain = text.bytes().all(simple)
        && text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && crate::yaml::is_plain_string(text);
    if plain { text.into() } else { quoted(text).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_yaml_would_take_for_something_else_is_quoted() {
        for text in
            ["", "1", "yes", "a: b", "a #b", "-", "x\ny", "\u{7f}\u{85}\u{2028}", "é", "null"]
        {
            let written = scalar(text, false);
            assert!(written.starts_with('"'), "{written}");
            let read: String = serde_json::from_str(&written).unwrap();
            assert_eq!(read, text);
            assert!(!written.chars().any(char::is_control));
        }
        assert_eq!(scalar("spec.containers[0].image", false), "spec.containers[0].image");
        assert_eq!(scalar("spec.containers[0]", true), "\"spec.containers[0]\"");
    }
}
