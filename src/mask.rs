//! What no report may show: credentials, told by their shape or by the name that stands before them.
//!
//! Nothing here knows YAML or where a text comes from. What is masked wrongly costs a reader a look into the
//! file; what is not masked costs a password. So this errs on the side of masking.

use std::borrow::Cow;

use crate::credentials::token;
use crate::source::Span;

/// What stands in for text that is not shown.
pub const MASK: &str = "••••••";

/// Beginnings of tokens that are no registry credentials, and that are not for show either.
const OTHER_TOKENS: &[&str] =
    &["AIza", "AKIA", "ASIA", "hvs.", "npm_", "pypi-", "sk-", "xoxb-", "xoxp-"];
/// How long what follows the beginning of a token has to be.
const TOKEN_REST: usize = 12;

/// Words in the name of a value that say that it is not for show.
const SECRET_NAMES: &[&str] = &[
    "auth",
    "credential",
    "dockerconfigjson",
    "dockercfg",
    "passphrase",
    "passwd",
    "password",
    "private",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
];

/// `text` without anything that has the shape of a credential: tokens, and `user:password@` before a host.
pub fn credentials(text: &str) -> Cow<'_, str> {
    let spans = credential_spans(text);
    if spans.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(covered(text, 0, &spans)) }
}

/// `text`, which begins at byte `base` of its source, without what stands at `hidden`.
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

/// Where credentials stand in `text`, told by their shape.
pub fn credential_spans(text: &str) -> Vec<Span> {
    let mut spans = userinfo(text);
    spans.extend(token::find(text).into_iter().map(|range| Span::new(range.start, range.end)));
    for token in OTHER_TOKENS {
        for (at, _) in text.match_indices(token) {
            let rest = &text[at + token.len()..];
            let length = rest.find(|c: char| !is_token(c)).unwrap_or(rest.len());
            let begins = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
            if length >= TOKEN_REST && begins {
                spans.push(Span::new(at, at + token.len() + length));
            }
        }
    }
    spans.extend(named_values(
        text,
        &["\"auth\"", "\"password\"", "\"identitytoken\"", "\"registrytoken\""],
    ));
    spans.sort_unstable();
    spans
}

/// The same for a text that nobody could read: whatever a telling name stands before is masked too, and all of it if
/// it mentions a Secret.
pub fn unread(text: &str) -> String {
    if text.contains("Secret\n")
        || text.contains("Secret\r")
        || text.contains("\"Secret\"")
        || text.contains("dockerconfig")
    {
        return covered(text, 0, &[Span::new(0, text.len())]);
    }
    let mut spans = credential_spans(text);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(colon) = line.find([':', '='])
            && is_secret_name(&line[..colon])
        {
            spans.push(Span::new(start + colon + 1, start + line.trim_end().len().max(colon + 1)));
        }
        start += line.len();
    }
    covered(text, 0, &spans)
}

/// Whether a name says that what it names is not for show.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let harmless = ["imagepullsecrets", "secretname", "secretkeyref", "secretref", "author"];
    SECRET_NAMES.iter().any(|word| name.contains(word))
        && !harmless.iter().any(|word| name.contains(word))
}

/// JSON strings behind one of `names`.
fn named_values(text: &str, names: &[&str]) -> Vec<Span> {
    let behind = |name: &str, at: usize| {
        let rest = text[at + name.len()..].trim_start().strip_prefix(':')?.trim_start();
        let inner = rest.strip_prefix('"')?;
        let start = text.len() - inner.len();
        let length = inner.find('"').unwrap_or(inner.len());
        Some(Span::new(start, start + length))
    };
    let all =
        names.iter().flat_map(|name| text.match_indices(name).map(move |(at, _)| (*name, at)));
    all.filter_map(|(name, at)| behind(name, at)).filter(|span| !span.is_empty()).collect()
}

/// `user:password` before an `@` that a host follows.
fn userinfo(text: &str) -> Vec<Span> {
    text.match_indices('@')
        .filter_map(|(at, _)| {
            let before = &text[..at];
            let start = before.rfind(|c: char| c.is_whitespace() || "\"'/(),[]{}<>=".contains(c));
            let start = start.map_or(0, |found| {
                found + before[found..].chars().next().map_or(1, char::len_utf8)
            });
            let colon = before[start..].find(':')?;
            // `host:port/image@sha256:…` has its slash before, `image:tag@sha256:…` a digest behind.
            let digest = ["sha256:", "sha384:", "sha512:"];
            let behind = &text[at + 1..];
            let user = !before[start..start + colon].is_empty();
            (user && !digest.iter().any(|algorithm| behind.starts_with(algorithm)))
                .then(|| Span::new(start, at))
        })
        .collect()
}

fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.=+/".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn userinfo_is_masked_and_a_digest_is_not() {
        assert_eq!(credentials("u:hunter2@ghcr.io/a"), format!("{MASK}@ghcr.io/a"));
        assert_eq!(credentials("https://u:hunter2@ghcr.io/a"), format!("https://{MASK}@ghcr.io/a"));
        for fine in
            ["ghcr.io/a/b:v1@sha256:abcd", "localhost:5000/a@sha256:ab", "a@b", "mail@example.com"]
        {
            assert_eq!(credentials(fine), fine);
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
    fn line_breaks_stay_where_they_are() {
        let text = "a: 1\nb: |\n  one\n  two\nc: 2\n";
        let hidden = [Span::new(10, 21)];
        assert_eq!(covered(text, 0, &hidden), format!("a: 1\nb: |\n  {MASK}\n  {MASK}\nc: 2\n"));
        assert_eq!(covered(&text[5..], 5, &hidden), format!("b: |\n  {MASK}\n  {MASK}\nc: 2\n"));
    }

    #[test]
    fn a_text_that_nobody_read_shows_no_value_with_a_telling_name() {
        let text = "image: a\nDB_PASSWORD: hunter2\nauthor: me\n";
        assert_eq!(unread(text), format!("image: a\nDB_PASSWORD: {MASK}\nauthor: me\n"));
        assert!(!unread("kind: Secret\ndata: {x: aGk=}\n").contains("aGk"));
        assert_eq!(unread("password:\n"), "password:\n");
    }
}
