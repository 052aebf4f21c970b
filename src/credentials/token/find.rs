//! Where in a text there are credentials, so that they can be masked before it is shown.
//!
//! Mistaking something harmless for a credential costs a few characters of a message; overlooking
//! one publishes it. So each rule here is wider than the one that names a kind.

use crate::credentials::token::kinds::{ROWS, Text, is_token_byte};
use std::ops::Range;

/// How many characters must follow `eyJ` (base64 of `{"`) for a JWT, an ECR token or the payload of
/// a pull secret.
const LEAST_BASE64_JSON: usize = 20;

/// No credential is told by a shorter word.
const SHORTEST: usize = 19;

/// What a private key in PEM begins and ends with.
const PEM: (&str, &str) = ("-----BEGIN ", "PRIVATE KEY-----");

/// Whether some part of `text` is a credential by its form.
pub fn looks_like_secret(text: &str) -> bool {
    !find(text).is_empty()
}

/// The parts of `text` that are credentials by their form, in order and without overlaps; on
/// character boundaries.
pub fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !has_long_word(text) {
        return found;
    }
    let bytes = text.as_bytes();
    let begins = |at: &usize| *at == 0 || !bytes[*at - 1].is_ascii_alphanumeric();
    let mut runs = Runs::default();
    for start in (0..bytes.len()).filter(begins) {
        found.extend(token_at(bytes, start, &mut runs));
    }
    pem_keys(text, &mut found);
    merge(found)
}

/// Whether some word is long enough for a credential, or a private key may begin. Names of objects are not, and
/// there are many thousands of them.
fn has_long_word(text: &str) -> bool {
    let mut length = 0;
    let long = text.bytes().any(|byte| {
        length = if is_base64_json_byte(byte) { length + 1 } else { 0 };
        length >= SHORTEST
    });
    long || text.contains(PEM.0)
}

/// The runs of bytes that were looked at last. Many tokens may begin in one, and each asks where it ends.
#[derive(Default)]
struct Runs {
    token: Range<usize>,
    json: Range<usize>,
}

/// Where the bytes from `from` on that are inside end. `run` is what is known of a run of them.
fn end_of(run: &mut Range<usize>, text: &[u8], from: usize, is_inside: fn(u8) -> bool) -> usize {
    if !(run.start..=run.end).contains(&from) {
        let length = text[from..].iter().take_while(|&&byte| is_inside(byte)).count();
        *run = from..from + length;
    }
    run.end
}

/// The longest token that begins at `start`.
fn token_at(text: &[u8], start: usize, runs: &mut Runs) -> Option<Range<usize>> {
    let tokens = ROWS.iter().filter_map(|row| match row.password {
        Text::Prefix(prefix, least) => Some((prefix, least, false)),
        _ => None,
    });
    let ends = tokens.chain([("eyJ", LEAST_BASE64_JSON, true)]);
    let ends = ends.filter_map(|(prefix, least, json)| {
        let from = start + prefix.len();
        text[start..].starts_with(prefix.as_bytes()).then_some(())?;
        let end = if json {
            end_of(&mut runs.json, text, from, is_base64_json_byte)
        } else {
            end_of(&mut runs.token, text, from, is_token_byte)
        };
        (end - from >= least).then_some(end)
    });
    Some(start..ends.max()?)
}

/// Both alphabets of base64, padding, and the dots of a JWT.
fn is_base64_json_byte(byte: u8) -> bool {
    is_token_byte(byte) || matches!(byte, b'+' | b'/')
}

/// Adds each private key from its first line to its last, or to the end of the text.
fn pem_keys(text: &str, found: &mut Vec<Range<usize>>) {
    let (begin, end) = PEM;
    let mut next_end = 0;
    for (start, _) in text.match_indices(begin) {
        let label = start + begin.len();
        if next_end < label {
            let Some(next) = text[label..].find(end) else { return };
            next_end = label + next;
        }
        if text[label..next_end].contains("-----") {
            continue;
        }
        let body = next_end + end.len();
        let stop = text[body..].find(end).map_or(text.len(), |at| body + at + end.len());
        found.push(start..stop);
    }
}

fn merge(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_credential_is_shorter_than_the_shortest_word() {
        let lengths = ROWS.iter().filter_map(|row| match row.password {
            Text::Prefix(prefix, least) => Some(prefix.len() + least),
            _ => None,
        });
        assert!(lengths.chain(["eyJ".len() + LEAST_BASE64_JSON]).all(|length| length >= SHORTEST));
    }
}
