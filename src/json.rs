//! JSON as Go's `encoding/json` accepts it, read without copying.
//!
//! A document is a flat list of nodes over the text. Nothing is decoded before it is asked for, so
//! that a password is only ever copied into a buffer that is overwritten after use, and no input can
//! exhaust the stack. A general-purpose reader would differ from Go in what counts: bytes that are
//! not UTF-8, lone surrogates, repeated fields, the limit of nesting.

use zeroize::Zeroizing;

/// The deepest nesting (`scanner.go`, `maxNestingDepth`).
const MAX_DEPTH: usize = 10_000;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl ValueKind {
    /// The kind in words, with its article.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// Where and why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// The byte at which it shows.
    pub offset: usize,
    /// What is wrong, without any of the text.
    pub problem: &'static str,
}

/// One value or field name: `text[start..end]`; the nodes up to `next` are inside of it.
#[derive(Clone, Copy)]
struct JsonNode {
    kind: ValueKind,
    start: u32,
    end: u32,
    next: u32,
}

/// A text that is one JSON value.
pub(crate) struct Document<'a> {
    text: &'a [u8],
    // Invariant: never empty; in an object, field names and values alternate.
    nodes: Vec<JsonNode>,
}

/// A value in a [`Document`].
#[derive(Clone, Copy)]
pub(crate) struct Value<'a> {
    document: &'a Document<'a>,
    index: u32,
}

impl<'a> Document<'a> {
    /// Reads `text`, which must be one JSON value with blanks around it.
    ///
    /// # Errors
    ///
    /// Where `checkValid` of Go's `encoding/json` (`scanner.go`) reports a syntax error, and for a
    /// text of 4 GiB and more.
    pub(crate) fn parse(text: &'a [u8]) -> Result<Self, SyntaxError> {
        if u32::try_from(text.len()).is_err() {
            return Err(SyntaxError { offset: 0, problem: "more than 4 GiB" });
        }
        let mut reader = JsonReader { text, at: 0, nodes: Vec::new(), open: Vec::new() };
        reader.document()?;
        Ok(Self { text, nodes: reader.nodes })
    }

    /// The outermost value.
    pub(crate) fn root(&'a self) -> Value<'a> {
        Value { document: self, index: 0 }
    }

    /// The text of each number anywhere in the document.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter(|node| node.kind == ValueKind::Number).filter_map(|node| {
            str::from_utf8(&self.text[node.start as usize..node.end as usize]).ok()
        })
    }
}

impl<'a> Value<'a> {
    fn node(self) -> JsonNode {
        self.document.nodes[self.index as usize]
    }

    /// What the value is.
    pub(crate) fn kind(self) -> ValueKind {
        self.node().kind
    }

    /// The bytes of the value as written, the quotes of a string included.
    pub(crate) fn raw(self) -> &'a [u8] {
        let node = self.node();
        &self.document.text[node.start as usize..node.end as usize]
    }

    /// Where the value begins in the text.
    pub(crate) fn offset(self) -> usize {
        self.node().start as usize
    }

    /// The fields of an object in their order, repeated names included; nothing for other kinds.
    pub(crate) fn fields(self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> {
        let (document, node) = (self.document, self.node());
        let end = if node.kind == ValueKind::Object { node.next } else { self.index + 1 };
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            let name = Value { document, index };
            let value = Value { document, index: index + 1 };
            (index < end).then(|| {
                index = value.node().next;
                (name, value)
            })
        })
    }

    /// The items of an array in their order; nothing for other kinds.
    pub(crate) fn items(self) -> impl Iterator<Item = Value<'a>> {
        let (document, node) = (self.document, self.node());
        let end = if node.kind == ValueKind::Array { node.next } else { self.index + 1 };
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            let item = Value { document, index };
            (index < end).then(|| {
                index = item.node().next;
                item
            })
        })
    }

    /// A string's bytes with escapes resolved, always valid UTF-8: what is not becomes U+FFFD, one
    /// for each byte or lone surrogate, as in `unquote` of Go's `decode.go`. Empty for other kinds.
    pub(crate) fn string_bytes(self) -> Zeroizing<Vec<u8>> {
        match self.raw() {
            [b'"', inner @ .., b'"'] if self.kind() == ValueKind::String => unescape(inner),
            _ => Zeroizing::new(Vec::new()),
        }
    }

    /// As [`Self::string_bytes`], for text that need not be kept private.
    pub(crate) fn string(self) -> String {
        String::from_utf8_lossy(&self.string_bytes()).into_owned()
    }
}

/// Whether Go takes the field name `name` for the struct field `field` (lower-case ASCII): equal but
/// for case, where `ſ` also counts as `s` and the Kelvin sign as `k` (`fold.go`).
pub(crate) fn is_field(name: &str, field: &str) -> bool {
    let fold = |c: char| match c {
        'ſ' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    name.chars().map(fold).eq(field.chars())
}

struct JsonReader<'a> {
    text: &'a [u8],
    at: usize,
    nodes: Vec<JsonNode>,
    // The containers not yet closed, as indices into `nodes`.
    open: Vec<u32>,
}

impl JsonReader<'_> {
    fn document(&mut self) -> Result<(), SyntaxError> {
        loop {
            let opened = self.value()?;
            if opened && !self.close_empty() {
                self.field_name_if_object()?;
                continue;
            }
            if !self.advance()? {
                return Ok(());
            }
        }
    }

    /// Reads a scalar, or the opening of a container, for which it returns true.
    fn value(&mut self) -> Result<bool, SyntaxError> {
        self.skip_blanks();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => return self.open(ValueKind::Object),
            Some(b'[') => return self.open(ValueKind::Array),
            Some(b'"') => {
                self.string()?;
                ValueKind::String
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                ValueKind::Number
            }
            Some(b't') => self.literal(b"true", ValueKind::Bool)?,
            Some(b'f') => self.literal(b"false", ValueKind::Bool)?,
            Some(b'n') => self.literal(b"null", ValueKind::Null)?,
            Some(_) => return Err(self.error("a value cannot begin with this character")),
            None => return Err(self.error("the text ends where a value is expected")),
        };
        self.push(kind, start);
        Ok(false)
    }

    fn open(&mut self, kind: ValueKind) -> Result<bool, SyntaxError> {
        self.open.push(narrow(self.nodes.len()));
        self.push(kind, self.at);
        if self.open.len() > MAX_DEPTH {
            return Err(self.error("nested deeper than 10000 levels"));
        }
        self.at += 1;
        Ok(true)
    }

    /// Closes the container just opened if nothing is in it.
    fn close_empty(&mut self) -> bool {
        self.skip_blanks();
        let closes = self.peek().is_some() && self.peek() == self.closing();
        if closes {
            self.close();
        }
        closes
    }

    /// After a value: closes the containers that end here and moves to the next value; false at the
    /// end of the text.
    fn advance(&mut self) -> Result<bool, SyntaxError> {
        loop {
            self.skip_blanks();
            let Some(closing) = self.closing() else {
                return match self.peek() {
                    None => Ok(false),
                    Some(_) => Err(self.error("there is more text after the value")),
                };
            };
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.field_name_if_object()?;
                    return Ok(true);
                }
                Some(byte) if byte == closing => self.close(),
                Some(_) => return Err(self.error("expected a comma or the closing bracket")),
                None => return Err(self.error("the text ends inside an object or array")),
            }
        }
    }

    fn closing(&self) -> Option<u8> {
        let container = self.nodes[*self.open.last()? as usize];
        Some(if container.kind == ValueKind::Object { b'}' } else { b']' })
    }

    fn close(&mut self) {
        self.at += 1;
        let next = narrow(self.nodes.len());
        if let Some(index) = self.open.pop() {
            let node = &mut self.nodes[index as usize];
            node.end = narrow(self.at);
            node.next = next;
        }
    }

    fn field_name_if_object(&mut self) -> Result<(), SyntaxError> {
        if self.closing() != Some(b'}') {
            return Ok(());
        }
        self.skip_blanks();
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a field name in double quotes"));
        }
        let start = self.at;
        self.string()?;
        self.push(ValueKind::String, start);
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.error("expected a colon after the field name"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.error("the text ends inside a string")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err(self.error("a control character in a string")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), SyntaxError> {
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                for _ in 0..4 {
                    self.at += 1;
                    if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                        return Err(self.error("\\u needs four hexadecimal digits"));
                    }
                }
                self.at += 1;
            }
            _ => return Err(self.error("an unknown escape in a string")),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        self.skip_if(|byte| byte == b'-');
        if !self.skip_if(|byte| byte == b'0') {
            self.digits()?;
        }
        if self.skip_if(|byte| byte == b'.') {
            self.digits()?;
        }
        if self.skip_if(|byte| byte == b'e' || byte == b'E') {
            self.skip_if(|byte| byte == b'+' || byte == b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        if !self.skip_if(|byte| byte.is_ascii_digit()) {
            return Err(self.error("a digit is missing in a number"));
        }
        while self.skip_if(|byte| byte.is_ascii_digit()) {}
        Ok(())
    }

    fn literal(&mut self, word: &[u8], kind: ValueKind) -> Result<ValueKind, SyntaxError> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.error("a value is `true`, `false`, `null`, a number or in quotes"));
        }
        self.at += word.len();
        Ok(kind)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_if(&mut self, condition: impl Fn(u8) -> bool) -> bool {
        let skips = self.peek().is_some_and(condition);
        self.at += usize::from(skips);
        skips
    }

    fn skip_blanks(&mut self) {
        while self.skip_if(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {}
    }

    fn push(&mut self, kind: ValueKind, start: usize) {
        let next = narrow(self.nodes.len() + 1);
        self.nodes.push(JsonNode { kind, start: narrow(start), end: narrow(self.at), next });
    }

    fn error(&self, problem: &'static str) -> SyntaxError {
        SyntaxError { offset: self.at, problem }
    }
}

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).expect("a text of 4 GiB is refused, and has more bytes than nodes")
}

/// Resolves the escapes of a string that the reader has accepted.
fn unescape(mut rest: &[u8]) -> Zeroizing<Vec<u8>> {
    // Enough for three bytes (U+FFFD) in place of each byte that is not UTF-8, so that the buffer
    // never moves and leaves a copy behind.
    let capacity = rest.len() + 2 * rest.iter().filter(|byte| !byte.is_ascii()).count();
    let mut out = Zeroizing::new(Vec::with_capacity(capacity));
    while !rest.is_empty() {
        let plain = rest.iter().position(|&byte| byte == b'\\').unwrap_or(rest.len());
        push_lossy(&mut out, &rest[..plain]);
        rest = &rest[plain..];
        if let [b'\\', escape, after @ ..] = rest {
            rest = after;
            match escape {
                b'b' => out.push(8),
                b'f' => out.push(12),
                b'n' => out.push(b'\n'),
                b'r' => out.push(b'\r'),
                b't' => out.push(b'\t'),
                b'u' => rest = push_utf16(&mut out, after),
                other => out.push(*other),
            }
        }
    }
    out
}

fn push_lossy(out: &mut Vec<u8>, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        for _ in chunk.invalid() {
            push_char(out, char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Appends the character whose four digits `rest` begins with, together with a second surrogate if
/// one follows; returns what is left.
fn push_utf16<'a>(out: &mut Vec<u8>, rest: &'a [u8]) -> &'a [u8] {
    let (Some(first), rest) = (code_unit(rest), rest.get(4..).unwrap_or_default()) else {
        return rest;
    };
    if let Some(c) = char::from_u32(first.into()) {
        push_char(out, c);
        return rest;
    }
    let second = rest.strip_prefix(b"\\u").and_then(code_unit);
    if let Some(second) = second
        && let Some(Ok(c)) = char::decode_utf16([first, second]).next()
    {
        push_char(out, c);
        return &rest[6..];
    }
    push_char(out, char::REPLACEMENT_CHARACTER);
    rest
}

fn code_unit(digits: &[u8]) -> Option<u16> {
    u16::from_str_radix(str::from_utf8(digits.get(..4)?).ok()?, 16).ok()
}

fn push_char(out: &mut Vec<u8>, c: char) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nesting_is_limited_as_in_go() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(Document::parse(&nested(MAX_DEPTH)).is_ok());
        assert!(Document::parse(&nested(MAX_DEPTH + 1)).is_err());
    }

    #[test]
    fn bytes_and_surrogates_that_are_no_text_become_one_replacement_each() {
        for (text, expected) in [
            (&b"\"\xe2\x82\""[..], "\u{fffd}\u{fffd}"),
            (b"\"\xed\xa0\x80\"", "\u{fffd}\u{fffd}\u{fffd}"),
            (br#""\ud83d\ude00""#, "\u{1f600}"),
            (br#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (br#""\ud83dx""#, "\u{fffd}x"),
            (br#""\ude00\u0041""#, "\u{fffd}A"),
            (br#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        ] {
            assert_eq!(Document::parse(text).unwrap().root().string(), expected);
        }
    }

    #[test]
    fn long_s_and_the_kelvin_sign_fold_to_letters() {
        assert!(is_field("AuTH\u{17f}", "auths"));
        assert!(is_field("\u{212a}ey", "key"));
        assert!(!is_field("authß", "auths"));
    }

    fn rebuild(value: Value<'_>) -> serde_json::Value {
        match value.kind() {
            ValueKind::Object => value
                .fields()
                .map(|(name, value)| (name.string(), rebuild(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            ValueKind::String => value.string().into(),
            _ => serde_json::from_slice(value.raw()).unwrap(),
        }
    }

    proptest! {
        #[test]
        fn any_text_is_json_here_exactly_if_serde_json_reads_it(
            text in prop_oneof![
                r#"[\[\]{}",: a\\u0-9eE+.\n-]{0,16}"#,
                r#"(\{"a" ?: ?|\[|,|"b"|-?[01]{0,2}(\.[0-9])?(e[+-]?1)?|null|true|\}|\]| ){0,8}"#,
                "[\\x00-\\x7f]{0,6}",
            ]
        ) {
            let ours = Document::parse(text.as_bytes());
            // serde_json refuses lone surrogates and numbers beyond a double; Go's grammar does not.
            match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(theirs) => prop_assert_eq!(rebuild(ours.unwrap().root()), theirs),
                Err(error) => prop_assert!(
                    ours.is_err()
                        || error.to_string().contains("surrogate")
                        || error.to_string().contains("hex escape")
                        || error.to_string().contains("out of range"),
                    "{error}"
                ),
            }
        }
    }
}
