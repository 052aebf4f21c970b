//! What no output may show: the passwords and tokens that tests use (`testdata/fixture-secrets.txt`), those
//! that the input of a run holds, and all of them in base64.
//!
//! What an input holds is found here by means of its own, so that a mistake of the program is not a mistake of
//! its test: another YAML parser, and plain patterns where that fails.
#![allow(dead_code, reason = "each test target uses a part of this")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use base64::prelude::*;
use memchr::memmem;
use regex::bytes::Regex;

use super::data::{self, Data};

/// The secrets of the fixtures, one a line; `#` begins a comment.
const FIXTURES: &str = include_str!("../../testdata/fixture-secrets.txt");

/// Shorter values would be found by chance.
const LEAST: usize = 8;
/// A long secret is looked for in pieces of this length, so that half of it is found too.
const PIECE: usize = 12;

/// The fields of a docker configuration that hold a credential.
const CREDENTIAL_FIELDS: &[&str] =
    &["auth", "identitytoken", "password", "registrytoken", "username"];
/// User names that everyone knows.
const KNOWN_USERS: &[&str] =
    &["00000000-0000-0000-0000-000000000000", "_json_key_base64", "oauth2accesstoken"];

/// Texts that are secret wherever they are; the group is the secret.
static SHAPES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let shapes = [
        r#""(?i:auth|password|identitytoken|registrytoken)"\s*:\s*"([^"\\]{6,})""#,
        r"\b((?:gh[opsur]_|github_pat_|glpat-|glrt-|dckr_pat_|dckr_oat_|npm_|GR1348941)[A-Za-z0-9_-]{16,})",
        r"\b(AKIA[A-Z2-7]{16})\b",
        r"\b(hvs\.[A-Za-z0-9_-]{24,})",
        r"\b(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})",
        r#"[^\s"'/@:\[{,]+:([^\s"'/@:]{6,})@[a-z0-9.-]+(?::[0-9]+)?/"#,
    ];
    shapes.iter().map(|shape| Regex::new(shape).expect("a sound pattern")).collect()
});

/// Secrets, ready to be looked for.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    /// What to look for, with what it is.
    needles: BTreeMap<Vec<u8>, &'static str>,
}

impl Secrets {
    /// Those that the fixtures use.
    pub(crate) fn of_fixtures() -> &'static Self {
        static ALL: LazyLock<Secrets> = LazyLock::new(|| {
            let mut secrets = Secrets::default();
            let lines = FIXTURES.lines().map(str::trim);
            for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
                secrets.add(line.as_bytes(), "a secret of the fixtures");
            }
            secrets
        });
        &ALL
    }

    /// Adds what an input holds.
    pub(crate) fn learn(&mut self, input: &[u8]) {
        let text = decoded(input);
        for document in documents(&text) {
            let mut found = Found::default();
            for shape in &*SHAPES {
                for captures in shape.captures_iter(document.as_bytes()) {
                    self.add(&captures[1], "a credential of the input");
                }
            }
            // Most documents cannot hold any, and some inputs are large.
            if ["Secret", "auth", "dockerc"].iter().any(|word| document.contains(word)) {
                for data in data::load(document).into_iter().flatten() {
                    found.take(&data, 0);
                }
            }
            for (secret, times) in found.plain {
                // A value that is elsewhere too is not a secret: a host name, perhaps.
                if memmem::find_iter(text.as_bytes(), &secret).count() <= times {
                    self.add(&secret, "a value of a Secret of the input");
                }
            }
            for secret in found.decoded {
                if memmem::find(text.as_bytes(), &secret).is_none() {
                    self.add(&secret, "a decoded value of a Secret of the input");
                }
            }
        }
    }

    fn add(&mut self, secret: &[u8], what: &'static str) {
        for needle in [vec![secret.to_vec()], in_base64(secret)].concat() {
            for piece in pieces(&needle) {
                self.needles.entry(piece.to_vec()).or_insert(what);
            }
        }
    }

    /// Ready to be looked for.
    pub(crate) fn search(&self) -> Search {
        let (needles, what) = self.needles.iter().map(|(needle, what)| (needle, *what)).unzip();
        let needles: Vec<&Vec<u8>> = needles;
        let automaton = AhoCorasick::new(&needles).expect("there is memory for the needles");
        Search { automaton, what }
    }
}

/// Secrets to look for in outputs.
pub(crate) struct Search {
    automaton: AhoCorasick,
    /// What each of its patterns is.
    what: Vec<&'static str>,
}

impl Search {
    /// Fails if `output`, which is called `name`, shows a secret.
    #[track_caller]
    pub(crate) fn assert_absent(&self, name: &str, output: &[u8]) {
        for text in [output, &squeezed(output)] {
            let Some(found) = self.automaton.find(text) else { continue };
            let shown = String::from_utf8_lossy(&text[found.range()]);
            let what = self.what[found.pattern()];
            panic!("{name} shows {what}: {shown:?}\n{}", String::from_utf8_lossy(output));
        }
    }

    /// Fails if `manifests`, which are called `name`, show a secret more often than `inputs` do.
    #[track_caller]
    pub(crate) fn assert_not_added(&self, name: &str, manifests: &[u8], inputs: &[Vec<u8>]) {
        let mut left = vec![0_usize; self.what.len()];
        for found in inputs.iter().flat_map(|input| self.automaton.find_overlapping_iter(input)) {
            left[found.pattern()] += 1;
        }
        for found in self.automaton.find_overlapping_iter(manifests) {
            let shown = String::from_utf8_lossy(&manifests[found.range()]);
            let what = self.what[found.pattern()];
            let left = &mut left[found.pattern()];
            assert!(*left > 0, "{name} shows {what} more often than the input: {shown:?}");
            *left -= 1;
        }
    }
}

/// What a document holds.
#[derive(Default)]
struct Found {
    /// Values as they are in the text, with how often they were found.
    plain: BTreeMap<Vec<u8>, usize>,
    /// Values that are in the text in base64.
    decoded: Vec<Vec<u8>>,
}

impl Found {
    fn take(&mut self, data: &Data, depth: usize) {
        if depth > 32 {
            return;
        }
        match data {
            Data::Map(entries) => {
                if data.get("kind").and_then(Data::text) == Some("Secret") {
                    self.take_secret(data);
                }
                for (key, value) in entries {
                    let name = key.text().unwrap_or_default();
                    if matches!(name, ".dockerconfigjson" | ".dockercfg") {
                        self.take_value(value, true);
                    }
                    self.take(value, depth + 1);
                }
            }
            Data::List(items) => items.iter().for_each(|item| self.take(item, depth + 1)),
            Data::Tagged(_, inner) => self.take(inner, depth + 1),
            Data::Text(text) if text.trim_start().starts_with('{') => self.take_json(text),
            Data::Text(_) | Data::Other(_) => {}
        }
    }

    fn take_secret(&mut self, secret: &Data) {
        for (map, encoded) in [("data", true), ("stringData", false)] {
            for (_, value) in secret.get(map).map(Data::fields).into_iter().flatten() {
                self.take_value(value, encoded);
            }
        }
    }

    fn take_value(&mut self, value: &Data, encoded: bool) {
        let Some(text) = value.text() else { return };
        self.take_json(text);
        // A value of several lines is in the text in another form; its parts count.
        for line in text.lines().map(str::trim).filter(|line| is_telling(line.as_bytes())) {
            *self.plain.entry(line.as_bytes().to_vec()).or_default() += 1;
        }
        let bare: String = text.split_whitespace().collect();
        if encoded && let Ok(decoded) = BASE64_STANDARD.decode(&bare) {
            let text = String::from_utf8_lossy(&decoded).into_owned();
            self.take_json(&text);
            if !text.trim_start().starts_with('{') && is_telling(&decoded) {
                self.decoded.push(decoded);
            }
        }
    }

    /// Takes the credentials of a docker configuration, wherever they are in it.
    fn take_json(&mut self, text: &str) {
        let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else { return };
        let mut open = vec![&json];
        while let Some(value) = open.pop() {
            open.extend(value.as_array().into_iter().flatten());
            for (name, value) in value.as_object().into_iter().flatten() {
                open.push(value);
                let credential =
                    CREDENTIAL_FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field));
                let Some(secret) = value.as_str().filter(|_| credential) else { continue };
                if is_telling(secret.as_bytes()) && !KNOWN_USERS.contains(&secret) {
                    self.decoded.push(secret.as_bytes().to_vec());
                }
                let pair = BASE64_STANDARD.decode(secret).unwrap_or_default();
                let password = pair.splitn(2, |&byte| byte == b':').nth(1).unwrap_or_default();
                if name.eq_ignore_ascii_case("auth") && is_telling(password) {
                    self.decoded.push(password.to_vec());
                }
            }
        }
    }
}

/// Whether a value is long and odd enough not to be found by chance.
fn is_telling(value: &[u8]) -> bool {
    let odd = |byte: &u8| !(byte.is_ascii_lowercase() || b" -._/:".contains(byte));
    value.len() >= LEAST && value.iter().any(odd)
}

/// `secret` in base64, with whatever may be before and after it in the same text.
fn in_base64(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for before in 0..3 {
        for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            let text = engine.encode([&[0; 3][..before], secret].concat());
            // Characters at both ends that other bytes have a part in.
            let from = [0, 2, 3][before];
            let to = text.len() - usize::from(!(before + secret.len()).is_multiple_of(3));
            forms.extend(text.as_bytes().get(from..to).map(<[u8]>::to_vec));
        }
    }
    forms.retain(|form| form.len() >= LEAST);
    forms
}

/// What to look for instead of `needle`: pieces of a long token, so that half of it is found too. A longer text
/// without them may hold words that everyone uses.
fn pieces(needle: &[u8]) -> impl Iterator<Item = &[u8]> {
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte);
    let whole = !(needle.len() >= 2 * PIECE && needle.iter().all(token));
    let cut = needle.chunks_exact(PIECE).filter(move |piece| !whole && is_telling(piece));
    whole.then_some(needle).into_iter().chain(cut)
}

/// `output` without what a report may break a text with: line breaks, blanks, frames and colours.
fn squeezed(output: &[u8]) -> Vec<u8> {
    static BREAKS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\x1b\[[0-9;]*m|[\s│┆╎·]+").expect("a sound pattern"));
    BREAKS.replace_all(output, &b""[..]).into_owned()
}

/// An input as text, whatever its encoding.
fn decoded(input: &[u8]) -> String {
    let units = |of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = input[2..].chunks_exact(2).map(|two| of([two[0], two[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match input {
        [0xff, 0xfe, ..] => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] => units(u16::from_be_bytes),
        _ => String::from_utf8_lossy(input).into_owned(),
    }
}

/// The documents of a stream, as far as single lines show them.
fn documents(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n---")
}

#[test]
fn a_secret_is_found_in_every_form() {
    let mut secrets = Secrets::default();
    let payload = r#"{"auths":{"ghcr.io":{"username":"bob","password":"Correct-horse-1"}}}"#;
    let encoded = BASE64_STANDARD.encode(payload);
    secrets.learn(
        format!("apiVersion: v1\nkind: Secret\ndata:\n  .dockerconfigjson: {encoded}\n").as_bytes(),
    );
    let is_found = |output: &str| {
        let found =
            std::panic::catch_unwind(|| secrets.search().assert_absent("it", output.as_bytes()));
        found.is_err()
    };
    assert!(is_found("password Correct-horse-1"));
    assert!(is_found(&format!("… {}", &encoded[20..60])));
    assert!(is_found(&BASE64_STANDARD.encode("bob:Correct-horse-1")));
    assert!(is_found(&BASE64_URL_SAFE.encode("b:Correct-horse-1\n")));
    assert!(is_found("Correct-\n   │ horse-1"));
    assert!(!is_found("kind: Secret\nghcr.io"));
}

#[test]
fn a_value_that_is_elsewhere_too_is_not_a_secret() {
    let mut secrets = Secrets::default();
    secrets.learn(b"kind: Secret\nstringData:\n  host: Registry.example.com:5000\n---\nimage: Registry.example.com:5000/a\n");
    secrets.search().assert_absent("it", b"Registry.example.com:5000/a");
}

#[test]
fn a_secret_of_a_broken_document_is_found_by_its_shape() {
    let mut secrets = Secrets::default();
    secrets.learn(b"kind: Secret\nstringData: {x: [\n  {\"auth\": \"Qm9iOnNlY3JldA==\"}\n");
    let is_found =
        std::panic::catch_unwind(|| secrets.search().assert_absent("it", b"Qm9iOnNlY3JldA=="));
    assert!(is_found.is_err());
}
