//! What no report may show: credentials, recognised by their shape or by the name before them.
//!
//! Nothing here knows YAML or where a text comes from. If a text is masked by mistake, the reader has to look into the
//! file. If a credential is not masked, it leaks. So in case of doubt a text is masked.

use std::borrow::Cow;
use std::ops::Range;

use crate::source::Span;
use crate::token;

/// The mask, in every output. It has no character of a token or key, so that it is not recognised as one, and masking a
/// text twice changes nothing.
pub const MASK: &str = "••••••";

/// A longer text before an `@` counts as credentials, whatever its shape.
const LONGEST_USERINFO: usize = 4096;

/// Words in the name of a value that mark it as secret. Where one has `_`, a name has `_`, `-`, `.` or
/// nothing.
const SECRET_NAMES: &WordList = &WordList::anywhere(&[
    "auth",
    "bearer",
    "credential",
    "dockerconfigjson",
    "dockercfg",
    "kubeconfig",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwort",
    "private",
    "pwd",
    "secret",
    "token",
    "access_key",
    "account_key",
    "admin_key",
    "api_key",
    "app_key",
    "application_key",
    "client_key",
    "connection_string",
    "conn_string",
    "conn_str",
    "crypto_key",
    "deploy_key",
    "encrypt_key",
    "encryption_key",
    "fernet_key",
    "hmac_key",
    "license_key",
    "licence_key",
    "master_key",
    "sas_url",
    "server_key",
    "service_key",
    "session_key",
    "shared_key",
    "sign_key",
    "signing_key",
    "ssh_key",
    "storage_key",
    "tls_key",
    "webhook_url",
]);
/// The same for words that are parts of many others: they count only as a separate word of a name, as in
/// `SENTRY_DSN` or `githubPat`.
const SHORT_SECRET_NAMES: &WordList =
    &WordList::alone(&["creds", "cred", "dsn", "jwt", "pass", "pat", "psk", "pw", "salt", "sas"]);
/// Words that contain one of those but have another meaning.
const HARMLESS_NAMES: &WordList = &WordList::anywhere(&[
    "author",
    "existingsecret",
    "imagepullsecrets",
    "secretkeyref",
    "secretname",
    "secretref",
]);
/// Words in a text that contains a docker configuration or a Secret.
const SECRET_KINDS: &[&str] = &["Secret", "SecretList"];

/// `text` without anything that has the shape of a credential: tokens, and `user:password@` before a host.
pub fn credentials(text: &str) -> Cow<'_, str> {
    without(text, &credential_spans(text))
}

/// `text` without tokens. For a complete message: everything else in it is meant to be read.
pub fn tokens(text: &str) -> Cow<'_, str> {
    without(text, &token_spans(text))
}

fn without<'t>(text: &'t str, hidden: &[Span]) -> Cow<'t, str> {
    if hidden.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(covered(text, 0, hidden)) }
}

fn token_spans(text: &str) -> Vec<Span> {
    token::find(text).into_iter().map(|range| Span::new(range.start, range.end)).collect()
}

/// `text`, which begins at byte `base` of its source, with the ranges in `hidden` masked.
pub fn covered(text: &str, base: usize, hidden: &[Span]) -> String {
    let mut hidden: Vec<_> = hidden
        .iter()
        .map(|span| {
            let clip = |at: u32| (at as usize).saturating_sub(base).min(text.len());
            clip(span.start)..clip(span.end)
        })
        .filter(|range| !range.is_empty())
        .collect();
    hidden.sort_by_key(|range| range.start);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for range in hidden {
        if range.end <= from {
            continue;
        }
        let start = range.start.max(from);
        out.push_str(&text[from..start]);
        // Line breaks stay, so that lines keep their numbers.
        for (at, line) in text[start..range.end].split('\n').enumerate() {
            if at > 0 {
                out.push('\n');
            }
            let blanks = line.len() - line.trim_start().len();
            out.push_str(&line[..blanks]);
            if blanks < line.len() {
                out.push_str(MASK);
            }
        }
        from = range.end;
    }
    out.push_str(&text[from..]);
    out
}

/// The ranges of credentials in `text`, recognised by their shape.
pub fn credential_spans(text: &str) -> Vec<Span> {
    let mut spans = userinfo(text);
    spans.extend(token_spans(text));
    spans.extend(named_values(text));
    spans.sort_unstable();
    spans
}

/// The ranges of credentials in lines of a source, as far as single lines show them: by their shape, in the values of
/// flags and variables, and in comments.
pub fn line_spans(text: &str) -> Vec<Span> {
    let mut spans = credential_spans(text);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let found = assigned(line).into_iter().chain(in_comment(line));
        spans.extend(found.map(|range| Span::new(start + range.start, start + range.end)));
        start += line.len();
    }
    spans.sort_unstable();
    spans
}

/// A text that could not be parsed, as it may be shown: the text after secret names is masked, and everything is masked
/// if the text mentions a Secret.
pub fn unread(text: &str) -> String {
    covered(text, 0, &unread_spans(text))
}

/// The ranges of such a text that may not be shown. A script or a configuration inside a document is such a text, too.
pub fn unread_spans(text: &str) -> Vec<Span> {
    let mentions = |word: &&str| is_word_of(text, word);
    if SECRET_KINDS.iter().any(mentions) || text.contains("dockerc") {
        return vec![Span::new(0, text.len())];
    }
    let mut spans = line_spans(text);
    let mut start = 0;
    // The indentation of a line with a secret name: lines with more indentation belong to it.
    let mut above = None;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let indent = content.len() - content.trim_start().len();
        let below = !content.is_empty() && above.is_some_and(|above| indent > above);
        // The name of a variable may come after its value.
        let value = content.find("value").map(|at| at + "value".len());
        let first = secret_word(content).into_iter().chain(value).min();
        let from = if below { Some(indent) } else { first };
        if let Some(from) = from {
            let from = from + content[from..].len()
                - content[from..].trim_start_matches(PUNCTUATION).len();
            spans.push(Span::new(start + from, start + content.len()));
        }
        if !below && !content.is_empty() {
            above = from.map(|_| indent);
        }
        start += line.len();
    }
    spans
}

/// The range of a credential after a secret name in a text of one line: `X-Api-Key: value`.
pub fn named_in_line(line: &str) -> Option<Range<usize>> {
    let name = secret_word(line)?;
    let rest = line[name..].trim_start_matches(['"', '\'']);
    let value =
        rest.strip_prefix([':', '=']).filter(|value| value.starts_with(char::is_whitespace))?;
    let start = line.len() - value.trim_start().len();
    (start < line.len()).then_some(start..line.len())
}

/// The characters that may separate a name and its value.
const PUNCTUATION: &[char] = &[' ', ':', '=', '"', '\'', '\\'];

/// Whether a name marks its value as secret.
pub fn is_secret_name(name: &str) -> bool {
    secret_word(name).is_some()
}

/// The end of the name that contains the first secret word of `text`.
fn secret_word(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_harmless = |range: &Range<usize>| {
        // It is not part of a longer word.
        let start = range.start.saturating_sub(HARMLESS_NAMES.longest);
        let end = bytes.len().min(range.end + HARMLESS_NAMES.longest);
        places(&bytes[start..end], HARMLESS_NAMES)
            .any(|other| start + other.start <= range.start && range.end <= start + other.end)
    };
    let long = places(bytes, SECRET_NAMES).find(|range| !is_harmless(range));
    let short = places(bytes, SHORT_SECRET_NAMES).next();
    let word = long.into_iter().chain(short).min_by_key(|range| range.start)?;
    let rest = text[word.end..].find(|c: char| !is_name(c));
    Some(rest.map_or(text.len(), |rest| word.end + rest))
}

const LETTERS: usize = 26;

/// The number of a letter in whatever case, from 0; [`LETTERS`] or more of any other byte.
const fn letter(byte: u8) -> usize {
    (byte | 0x20).wrapping_sub(b'a') as usize
}

/// Words in lower case, each of which begins with two letters.
struct WordList {
    all: &'static [&'static str],
    /// Whether they have to be separate words of a name.
    alone: bool,
    /// The length of the longest one.
    longest: usize,
    /// With which two letters they begin: a bit for each second letter, by the first one.
    pairs: [u32; LETTERS],
}

impl WordList {
    const fn anywhere(words: &'static [&'static str]) -> Self {
        Self::new(words, false)
    }

    const fn alone(words: &'static [&'static str]) -> Self {
        Self::new(words, true)
    }

    const fn new(words: &'static [&'static str], alone: bool) -> Self {
        let mut pairs = [0; LETTERS];
        let mut longest = 0;
        let mut at = 0;
        while at < words.len() {
            if words[at].len() > longest {
                longest = words[at].len();
            }
            let word = words[at].as_bytes();
            pairs[letter(word[0])] |= 1 << letter(word[1]);
            at += 1;
        }
        Self { all: words, alone, longest, pairs }
    }

    /// Whether one of them may begin at a place.
    fn may_begin(&self, bytes: &[u8], at: usize) -> bool {
        let second = |first: usize| {
            let second = letter(*bytes.get(at + 1)?);
            Some(second < LETTERS && self.pairs[first] >> second & 1 == 1)
        };
        let first = letter(bytes[at]);
        first < LETTERS && second(first).unwrap_or(false)
    }
}

/// The places of `words` in a text, in order. This runs for every key that is shown.
fn places(bytes: &[u8], words: &'static WordList) -> impl Iterator<Item = Range<usize>> {
    let begins = (0..bytes.len()).filter(|&at| words.may_begin(bytes, at));
    begins.flat_map(move |at| {
        let ends = words.all.iter().filter_map(move |word| spelt(&bytes[at..], word));
        let places = ends.map(move |length| at..at + length);
        places.filter(|place| !words.alone || is_alone(bytes, place))
    })
}

/// The length of `word` at the beginning of a text, in any spelling.
fn spelt(text: &[u8], word: &str) -> Option<usize> {
    let mut at = 0;
    for byte in word.bytes() {
        let next = text.get(at);
        if byte == b'_' {
            at += usize::from(next.is_some_and(|next| b"_-.".contains(next)));
        } else if next?.eq_ignore_ascii_case(&byte) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

/// Whether a word is one of those that a name is made of: `_`, `-` and capitals end them.
fn is_alone(text: &[u8], word: &Range<usize>) -> bool {
    let goes_on = |at: usize| {
        let (Some(before), Some(next)) = (text.get(at.wrapping_sub(1)), text.get(at)) else {
            return false;
        };
        let is_camel = before.is_ascii_lowercase() && next.is_ascii_uppercase();
        before.is_ascii_alphabetic() && next.is_ascii_alphabetic() && !is_camel
    };
    !goes_on(word.start) && !goes_on(word.end)
}

/// Whether `word` is a separate word in `text`.
fn is_word_of(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].ends_with(|c: char| c.is_alphanumeric());
        !before && !text[at + word.len()..].starts_with(|c: char| c.is_alphanumeric())
    })
}

/// The values after secret names in a command line: `TOKEN=value`, `--password value`, the values of flags with one
/// letter, and the text after `Authorization`.
fn assigned(line: &str) -> Vec<Range<usize>> {
    let mut word = 0..0;
    let mut found = variables(line, &mut word);
    found.extend(flags(line, &mut word));
    found.extend(letters(line, &mut word));
    found.extend(authorization(line));
    found.retain(|range| !range.is_empty());
    found
}

/// `TOKEN=value`
fn variables(line: &str, word: &mut Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // The name after the previous `=`: there may be several in a row.
    let mut from = 0;
    for (at, _) in line.match_indices('=') {
        let start = line[from..at].rfind(|c: char| !is_name(c)).map_or(from, |end| {
            from + end + line[from + end..].chars().next().map_or(1, char::len_utf8)
        });
        from = at + 1;
        if is_secret_name(&line[start..at]) {
            found.push(argument_at(line, start, at + 1, word));
        }
    }
    found
}

/// `--password value`
fn flags(line: &str, word: &mut Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut until = 0;
    for (at, _) in line.match_indices("--") {
        if at < until {
            continue;
        }
        let end = line[at..].find(|c: char| !is_name(c)).map_or(line.len(), |end| at + end);
        if is_secret_name(&line[at..end]) && !line[end..].starts_with(['=', ':']) {
            found.push(value_at(line, end, word));
        }
        until = end;
    }
    found.retain(|range| !line[range.clone()].starts_with('-'));
    found
}

/// Programs that take a password as `-pVALUE`.
const CLIENTS: &[&str] = &["mariadb", "mysql", "sshpass"];

/// `-u user:password`, `-p value` of a login, and `-pVALUE` of a database.
fn letters(line: &str, word: &mut Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let is_client = CLIENTS.iter().any(|client| line.contains(client));
    let is_login = line.contains("login");
    for flag in ["-u", "--user", "--proxy-user"] {
        let values = flags_of(line, flag).map(|end| value_at(line, end, word));
        found.extend(values.filter(|value| is_user_and_password(&line[value.clone()])));
    }
    if is_client || is_login {
        let values = flags_of(line, "-p").map(|end| value_at(line, end, word));
        found.extend(values.filter(|value| !line[value.clone()].starts_with('-')));
    }
    found
}

/// The end of a flag at the beginning of an argument. Its value may follow directly.
fn flags_of<'l>(line: &'l str, flag: &'l str) -> impl Iterator<Item = usize> + 'l {
    let begins =
        |at: usize| line[..at].ends_with(|c: char| c.is_whitespace() || "\"'[,".contains(c));
    line.match_indices(flag)
        .filter(move |(at, _)| *at == 0 || begins(*at))
        .map(move |(at, _)| at + flag.len())
}

/// Whether a text is `user:password`, and not two numbers as in `-u 1000:1000`.
pub fn is_user_and_password(text: &str) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(':').is_some_and(|(user, password)| {
        let are_numbers = is_number(user) && is_number(password);
        !(password.is_empty() || password.starts_with("//") || are_numbers)
    })
}

/// `Authorization: Basic value`, `Bearer value`.
fn authorization(line: &str) -> Vec<Range<usize>> {
    const HEADER: &WordList = &WordList::anywhere(&["authorization"]);
    const SCHEME: &WordList = &WordList::alone(&["bearer"]);
    let after = |end: usize, separators: &[char]| {
        let rest = line[end..].trim_start_matches(separators);
        let start = line.len() - rest.len();
        let length = rest.find(['"', '\'']).unwrap_or(rest.len());
        (start > end).then_some(start..start + rest[..length].trim_end().len())
    };
    // One is enough: everything up to the end of the argument is masked.
    let header = places(line.as_bytes(), HEADER).find_map(|place| {
        after(place.end, &[':', '=', ' ']).filter(|_| line[place.end..].contains([':', '=']))
    });
    let scheme = places(line.as_bytes(), SCHEME).find_map(|place| after(place.end, &[' ']));
    header.into_iter().chain(scheme).collect()
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.".contains(character)
}

/// The value at `from` of an assignment that begins at `name`. If it is at the start of an argument, the value extends
/// to the end of the argument, blanks included.
fn argument_at(line: &str, name: usize, from: usize, word: &mut Range<usize>) -> Range<usize> {
    let value = value_at(line, from, word);
    let before = line[..name].trim_end_matches('-');
    let end = match before.chars().next_back() {
        Some(quote @ ('"' | '\'')) => line[from..].find(quote).map(|end| from + end),
        _ if before.trim_start_matches([' ', '-']).is_empty() => Some(line.trim_end().len()),
        _ => None,
    };
    value.start..end.unwrap_or(value.end).max(value.end)
}

/// The word at `from`, after blanks, commas and quotes; a quoted word extends to the closing quote. `word` is the word
/// that was found last, since several callers may ask for it.
fn value_at(line: &str, from: usize, word: &mut Range<usize>) -> Range<usize> {
    let ends = |c: char| c.is_whitespace() || "\"',;&|]}".contains(c);
    let start =
        line[from..].find(|c: char| !ends(c) && c != '\\').map_or(line.len(), |at| from + at);
    let quote = line[from..start].chars().rev().find(|c| "\"'".contains(*c));
    if let Some(quote) = quote
        && line[from..start].ends_with(quote)
    {
        let end = line[start..].find(quote).map_or(line.trim_end().len(), |at| start + at);
        return start..end.max(start);
    }
    if !word.contains(&start) {
        let end = line[start..].find(ends).map_or(line.len(), |at| start + at);
        *word = start..end;
    }
    start..word.end
}

/// Where the comment of a line begins, as far as the line alone shows.
pub fn comment(line: &str) -> Option<usize> {
    let blank = [' ', '\t', '\r', '\u{feff}'];
    let begins = |&(at, _): &(usize, &str)| at == 0 || line[..at].ends_with(blank);
    line.match_indices('#').find(begins).map(|(at, _)| at)
}

/// The text after a secret name in a comment: `# password: value`, `# the token is value`.
fn in_comment(line: &str) -> Option<Range<usize>> {
    let hash = comment(line)?;
    let name = hash + secret_word(&line[hash..])?;
    let rest = line[name..].trim_start_matches(['"', '\'']);
    let value = rest.strip_prefix([':', '=']).or_else(|| rest.strip_prefix(" is "))?;
    let start = line.len() - value.trim_start().len();
    let end = line.trim_end().len();
    (start < end).then_some(start..end)
}

/// JSON strings after secret names, also in JSON that is itself in a string.
fn named_values(text: &str) -> Vec<Span> {
    let after = |at: usize| {
        let rest = text[at + 1..].trim_start().strip_prefix(':')?.trim_start();
        let inner = rest.strip_prefix('\\').unwrap_or(rest).strip_prefix('"')?;
        let name = &text[text[..at].rfind('"')? + 1..at];
        let start = text.len() - inner.len();
        let length = inner.find('"').unwrap_or(inner.len());
        (length > 0 && is_secret_name(name)).then(|| Span::new(start, start + length))
    };
    text.match_indices('"').filter_map(|(at, _)| after(at)).collect()
}

/// `user:password` before an `@` that a host follows. The password may hold any character but blanks and quotes.
fn userinfo(text: &str) -> Vec<Span> {
    let ends = |c: char| c.is_whitespace() || "\"'<>`".contains(c);
    let mut spans: Vec<Span> = Vec::new();
    // Where the word of the last `@` begins, and that `@`.
    let (mut start, mut last) = (0, 0);
    for (at, _) in text.match_indices('@') {
        if let Some(end) = text[last..at].rfind(ends) {
            let end = last + end;
            start = end + text[end..].chars().next().map_or(1, char::len_utf8);
        }
        last = at;
        let found = if at - start > LONGEST_USERINFO {
            Some(0)
        } else {
            let before = &text[start..at];
            user_and_password(before).or_else(|| token(before, &text[at + 1..]))
        };
        let (Some(from), false) = (found, is_digest(&text[at + 1..])) else { continue };
        let span = Span::new(start + from, at);
        match spans.last_mut() {
            // The last `@` of a word is the one that counts.
            Some(last) if last.start == span.start => *last = span,
            _ => spans.push(span),
        }
    }
    spans
}

fn is_digest(text: &str) -> bool {
    ["sha256:", "sha384:", "sha512:"].iter().any(|algorithm| text.starts_with(algorithm))
}

/// Where `user:password` begins in the text before an `@`; `None` if there is no such pair.
fn user_and_password(before: &str) -> Option<usize> {
    if let Some(scheme) = before.find("://") {
        return Some(scheme + "://".len()).filter(|&start| start < before.len());
    }
    let colon = before.find(':')?;
    let lead = before[..colon].rfind(|c: char| "/=,;(){}[]".contains(c));
    let start = lead.map_or(0, |lead| lead + 1);
    let after = &before[colon + 1..];
    // `localhost:5000/app@…`
    let port =
        after.split_once('/').is_some_and(|(port, _)| port.bytes().all(|b| b.is_ascii_digit()));
    (start < colon && !port).then_some(start)
}

/// Where `TOKEN@` begins before a host that a path follows. A mail address has none.
fn token(before: &str, after: &str) -> Option<usize> {
    let ends = |c: char| c.is_whitespace() || "/\"'<>`,".contains(c);
    let host = &after[..after.find(ends)?];
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let is_host = name.contains('.') || name == "localhost" || !port.is_empty();
    let has_path = after[host.len()..].starts_with('/');
    let lead = before.rfind(|c: char| "/=,;(){}[]:".contains(c));
    let start = lead.map_or(0, |lead| lead + 1);
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    (is_host && has_path && is_port && start < before.len()).then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn userinfo_is_masked_and_a_digest_is_not() {
        assert_eq!(credentials("u:hunter2@ghcr.io/a"), format!("{MASK}@ghcr.io/a"));
        assert_eq!(credentials("https://u:hunter2@ghcr.io/a"), format!("https://{MASK}@ghcr.io/a"));
        assert_eq!(credentials("hunter2@ghcr.io/a"), format!("{MASK}@ghcr.io/a"));
        assert_eq!(credentials("image: hunter2@r:5000/a"), format!("image: {MASK}@r:5000/a"));
        for fine in [
            "ghcr.io/a/b:v1@sha256:abcd",
            "localhost:5000/a@sha256:ab",
            "a@b",
            "mail@example.com",
            "git@github.com:acme/shop.git",
            "ask mail@example.com / or not",
        ] {
            assert_eq!(credentials(fine), fine);
        }
    }

    #[test]
    fn a_secret_word_in_a_harmless_one_does_not_count() {
        for (text, end) in [
            ("imagePullSecrets", None),
            ("imagePullSecrets, a password: x", Some(28)),
            ("secretSecretName", Some(16)),
            ("authorToken", Some(11)),
            ("existingSecretRef", None),
        ] {
            assert_eq!(secret_word(text), end, "{text}");
        }
    }

    #[test]
    fn tokens_are_masked_by_their_beginning() {
        let token = "ghp_0123456789abcdefghij";
        assert_eq!(credentials(&format!("x: {token} # c")), format!("x: {MASK} # c"));
        assert_eq!(credentials("eyJhdXRocyI6eyJhIjp7fX19"), MASK);
        assert_eq!(credentials("task-runner: sk-small"), "task-runner: sk-small");
    }

    #[test]
    fn the_password_of_a_user_may_hold_almost_anything() {
        for (text, shown) in [
            ("u:p/q+r=s@ghcr.io/a@sha256:ab", "_@ghcr.io/a@sha256:ab"),
            ("oci://u:p@q:r@ghcr.io:5000/a", "oci://_@ghcr.io:5000/a"),
            ("--registry=u:p=q@h", "--registry=_@h"),
            ("a/u:p@h", "a/_@h"),
        ] {
            assert_eq!(credentials(text).replace(MASK, "_"), shown);
        }
    }

    #[test]
    fn a_name_marks_a_secret_unless_it_has_another_meaning() {
        for name in [
            "DB_PASSWORD",
            "registryAuth",
            "apiKey",
            "MYSQL_PASS",
            "imagePullSecretsToken",
            "ENCRYPTION_KEY",
            "SIGNING_KEY",
            "LICENSE_KEY",
            "STORAGE_ACCOUNT_KEY",
            "PASS",
            "CREDS",
            "PAT",
            "githubPat",
            "SENTRY_DSN",
            "DSN",
            "CONNECTION_STRING",
            "connectionString",
            "tls.key",
            "encryption-key",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "image",
            "author",
            "imagePullSecrets",
            "secretKeyRef",
            "existingSecret",
            "compass",
            "PATH",
            "path",
            "pattern",
            "topologyKey",
            "configMapKeyRef",
            "passthrough",
            "saltstack",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn a_line_shows_a_secret_in_flags_variables_and_comments() {
        for (line, shown) in [
            ("args: [--password=a, b]", "args: [--password=_, b]"),
            ("run --token a --b c", "run --token _ --b c"),
            ("export API_KEY='a'; b", "export API_KEY='_'; b"),
            ("docker login -u a -p b ghcr.io", "docker login -u a -p _ ghcr.io"),
            ("a: 1 # the password is b c", "a: 1 # the password is _"),
            ("# token: \"a\"", "# token: _"),
            ("# Source: shop/templates/secret.yaml", "# Source: shop/templates/secret.yaml"),
            ("{\"DB_PASSWORD\": \"a\", \"b\": \"c\"}", "{\"DB_PASSWORD\": \"_\", \"b\": \"c\"}"),
            ("x: \"{\\\"auth\\\":\\\"a\\\"}\"", "x: \"{\\\"auth\\\":\\\"_\"}\""),
            // Values with blanks.
            ("export PASSWORD='a b c' D=e", "export PASSWORD='_' D=e"),
            ("- \"--password=a b\"", "- \"--password=_\""),
            ("- --password=a b", "- --password=_"),
            ("[\"--token\", \"a b\", \"c\"]", "[\"--token\", \"_\", \"c\"]"),
            // Flags of one letter.
            ("curl -u admin:a https://b", "curl -u _ https://b"),
            ("curl -uadmin:a --user b:c", "curl -u_ --user _"),
            ("[curl, -u, \"admin:a\", b]", "[curl, -u, \"_\", b]"),
            ("docker run -u 1000:1000 a", "docker run -u 1000:1000 a"),
            ("mysql -uroot -pa -h b", "mysql -uroot -p_ -h b"),
            ("mkdir -p a; ls -u b", "mkdir -p a; ls -u b"),
            // Headers.
            ("curl -H 'Authorization: Bearer a' b", "curl -H 'Authorization: _' b"),
            ("curl -H \"authorization: Basic a\" b", "curl -H \"authorization: _\" b"),
            ("wget --header=\"X: bearer a\"", "wget --header=\"X: bearer _\""),
            ("- --authorization-mode=Node,RBAC", "- --authorization-mode=Node,RBAC"),
        ] {
            let shown_here = covered(line, 0, &line_spans(line)).replace(MASK, "_");
            assert_eq!(shown_here, shown);
        }
    }

    #[test]
    fn line_breaks_stay_where_they_are() {
        let text = "a: 1\nb: |\n  one\n  two\nc: 2\n";
        let hidden = [Span::new(10, 21)];
        assert_eq!(covered(text, 0, &hidden), format!("a: 1\nb: |\n  {MASK}\n  {MASK}\nc: 2\n"));
        assert_eq!(covered(&text[5..], 5, &hidden), format!("b: |\n  {MASK}\n  {MASK}\nc: 2\n"));
    }

    #[test]
    fn an_unparsed_text_shows_no_value_with_a_secret_name() {
        let text = "image: a\nDB_PASSWORD: hunter2\nauthor: me\n";
        assert_eq!(unread(text), format!("image: a\nDB_PASSWORD: {MASK}\nauthor: me\n"));
        assert!(!unread("kind: Secret\ndata: {x: aGk=}\n").contains("aGk"));
        assert_eq!(unread("password:\n"), "password:\n");
        assert_eq!(
            unread("password: |\n  a\nb: c\n"),
            format!("password: {MASK}\n  {MASK}\nb: c\n")
        );
        assert_eq!(unread("the password is a\n"), format!("the password {MASK}\n"));
        assert!(!unread("x: a\nkind: Secret").contains('x'));
        let variable = format!("- value: {MASK}\n  {MASK}\n");
        assert_eq!(unread("- value: a\n  name: DB_TOKEN\n"), variable);
        assert_eq!(unread("kind: ExternalSecret\n"), "kind: ExternalSecret\n");
    }
}
