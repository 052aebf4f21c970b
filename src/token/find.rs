//! Where in a text there are credentials, so that they can be masked before it is shown.
//!
//! Mistaking something harmless for a credential costs a few characters of a message; overlooking
//! one publishes it. So each rule here is wider than the one that names a kind.

use crate::token::kinds::{SHAPES, Shape, is_token_byte};
use memchr::memmem;
use std::ops::Range;
use std::sync::LazyLock;

/// base64 of `{"`: what a JWT, an ECR token or the payload of a pull secret begins with.
const JSON: &str = "eyJ";

/// How many characters must follow [`JSON`].
const LEAST_BASE64_JSON: usize = 20;

/// A shorter word is never recognised as a credential.
const SHORTEST: usize = 15;

/// What a private key in PEM begins and ends with.
const PEM: (&str, &str) = ("-----BEGIN ", "PRIVATE KEY-----");

/// The parts of `text` that are credentials by their form, in order and without overlaps; on
/// character boundaries.
pub(crate) fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    if bytes.len() < SHORTEST {
        return found;
    }
    for word in long_words(bytes) {
        let mut runs = Runs::default();
        let starts = word.filter(|&at| begins(bytes, at) && may_be_token(&bytes[at..]));
        found.extend(starts.filter_map(|start| token_at(bytes, start, &mut runs)));
    }
    pem_keys(text, &mut found);
    merge(found)
}

/// Whether a token can begin at `at`, by what is before it.
fn begins(text: &[u8], at: usize) -> bool {
    at == 0 || !text[at - 1].is_ascii_alphanumeric()
}

/// The words of `text` that are long enough for a credential, in order. One of every [`SHORTEST`] bytes lies in such a
/// word, so no other byte of the text around them is looked at.
fn long_words(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = SHORTEST - 1;
    std::iter::from_fn(move || {
        while at < text.len() {
            let Some(word) = word_at(text, at) else {
                at += SHORTEST;
                continue;
            };
            // The byte that ends it is in no word.
            at = word.end + SHORTEST;
            if word.len() >= SHORTEST {
                return Some(word);
            }
        }
        None
    })
}

/// The word around the byte at `at`, if that is in one.
fn word_at(text: &[u8], at: usize) -> Option<Range<usize>> {
    let is_outside = |byte: &u8| !is_base64_json_byte(*byte);
    if is_outside(&text[at]) {
        return None;
    }
    let start = text[..at].iter().rposition(is_outside).map_or(0, |before| before + 1);
    let end = text[at..].iter().position(is_outside).map_or(text.len(), |length| at + length);
    Some(start..end)
}

/// Whether a text begins with the same two bytes as some token.
fn may_be_token(text: &[u8]) -> bool {
    let Some(&[first, second]) = text.first_chunk() else { return false };
    FIRST_TWO[usize::from(first)][usize::from(second) / 64] >> (second % 64) & 1 == 1
}

/// The bytes that tokens begin with: of each first one, a bit for each second one.
static FIRST_TWO: [[u64; 4]; 256] = {
    let mut all = [[0; 4]; 256];
    let mut at = 0;
    while at <= SHAPES.len() {
        let prefix = if at < SHAPES.len() { SHAPES[at].prefix } else { JSON }.as_bytes();
        all[prefix[0] as usize][prefix[1] as usize / 64] |= 1 << (prefix[1] % 64);
        at += 1;
    }
    all
};

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
    let follows = |prefix: &str| text[start..].starts_with(prefix.as_bytes());
    let json = follows(JSON).then(|| {
        let from = start + JSON.len();
        let end = end_of(&mut runs.json, text, from, is_base64_json_byte);
        (end - from >= LEAST_BASE64_JSON).then_some(end)
    });
    let ends = SHAPES.iter().filter(|shape| follows(shape.prefix)).filter_map(|shape| {
        let from = start + shape.prefix.len();
        let end = end_of(&mut runs.token, text, from, is_token_byte);
        is_body(shape, &text[from..end]).then_some(end)
    });
    Some(start..ends.chain(json.flatten()).max()?)
}

/// Whether what follows a prefix makes a token of it.
fn is_body(shape: &Shape, rest: &[u8]) -> bool {
    let mut runs = rest.split(|byte| !byte.is_ascii_alphanumeric());
    rest.len() >= shape.least
        && (shape.in_a_row == 0 || runs.any(|run| run.len() >= shape.in_a_row))
}

/// Both alphabets of base64, padding, and the dots of a JWT.
fn is_base64_json_byte(byte: u8) -> bool {
    is_token_byte(byte) || matches!(byte, b'+' | b'/')
}

/// Adds each private key from its first line to its last, or to the end of the text.
fn pem_keys(text: &str, found: &mut Vec<Range<usize>>) {
    static BEGIN: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(PEM.0));
    let (begin, end) = PEM;
    let mut next_end = 0;
    for start in BEGIN.find_iter(text.as_bytes()) {
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
    use proptest::prelude::*;

    #[test]
    fn no_credential_is_shorter_than_the_shortest_word() {
        let lengths = SHAPES.iter().map(|shape| shape.prefix.len() + shape.least);
        assert!(lengths.chain([JSON.len() + LEAST_BASE64_JSON]).all(|length| length >= SHORTEST));
    }

    #[test]
    fn every_byte_of_a_prefix_is_in_words() {
        let prefixes = SHAPES.iter().map(|shape| shape.prefix);
        assert!(prefixes.flat_map(str::bytes).all(is_base64_json_byte));
    }

    #[test]
    fn tokens_that_no_registry_takes_are_found_and_names_are_not() {
        let drawn = "0aA1bB2cC3dD4eE5";
        for prefix in ["AKIA", "ASIA", "AIza", "hvs.", "pypi-", "sk-", "xoxb-", "npm_", "GR1348941"]
        {
            let text = format!("see r.io/{prefix}{drawn}/app");
            let found = find(&text);
            let [only] = &found[..] else { panic!("{prefix}: {found:?}") };
            assert_eq!(*only, 9..9 + prefix.len() + drawn.len(), "{prefix}");
        }
        for name in ["sk-registry.example.com", "pypi-mirror.example.com", "ASIA-PACIFIC-REGION-1"]
        {
            assert!(find(name).is_empty(), "{name}");
        }
    }

    /// The plain second implementation: every place of the text, every prefix.
    fn plain(text: &str) -> Vec<Range<usize>> {
        let bytes = text.as_bytes();
        let starts = (0..bytes.len()).filter(|&at| begins(bytes, at));
        let found = starts.filter_map(|start| token_at(bytes, start, &mut Runs::default()));
        let mut found = found.collect();
        pem_keys(text, &mut found);
        merge(found)
    }

    proptest! {
        #[test]
        fn what_is_found_sparsely_is_all_there_is(
            words in prop::collection::vec(
                prop_oneof![
                    "[ -/a-h0-3]{0,40}",
                    "(ghp_|glpat-|eyJ|npm_|AKCp|AKIA|sk-|xghp_|-ghp_)[a-c0-3+/~]{10,70}",
                    Just("-----BEGIN PRIVATE KEY-----".to_owned()),
                    "[äé ]{0,5}",
                ],
                0..6,
            )
        ) {
            let text = words.concat();
            prop_assert_eq!(find(&text), plain(&text));
        }
    }
}
