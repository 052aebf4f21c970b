//! Whether a run said something that the manifests keep to themselves.
//!
//! Every password and token of a case has the word [`MARK`] in it, plainly or within any number of layers of
//! base64. What carries it may be in manifests that pass through, and nowhere else.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::case::{self, Case, Ran};

const MARK: &str = "hunter2";
/// As much of an encoded password says too much.
const WINDOW: usize = 16;
/// Encoded documents begin alike (`{"auths":{"`): that much of them tells nothing.
const PREAMBLE: usize = 20;

/// Each leak, in words.
pub(crate) fn find(case: &Case, ran: &Ran) -> Vec<String> {
    let mut encoded = Vec::new();
    let inputs = case.file("stdin").into_iter().map(super::support::read);
    for bytes in inputs.chain(ran.before().values().cloned()) {
        collect(&String::from_utf8_lossy(&bytes), &mut encoded);
    }
    let said = told(case, ran);
    let leaks = said.iter().filter(|(_, text)| leaks(text, &encoded));
    leaks.map(|(what, _)| format!("{what} shows a password of the input")).collect()
}

fn leaks(text: &str, encoded: &[String]) -> bool {
    let windows = |secret: &String| {
        let bytes = secret.as_bytes().get(PREAMBLE..).unwrap_or_default();
        bytes.windows(WINDOW).any(|part| text.as_bytes().windows(WINDOW).any(|seen| seen == part))
    };
    text.contains(MARK) || encoded.iter().any(windows)
}

/// What is told to people and programs, which is all but manifests.
fn told(case: &Case, ran: &Ran) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let outcome = ran.outcome();
    let mut told = vec![("stderr".to_owned(), text(&outcome.stderr))];
    if !case.gives_manifests() {
        told.push(("stdout".to_owned(), text(&outcome.stdout)));
    }
    let written = ran.changed().into_iter().filter(|(name, _)| !ran.before().contains_key(name));
    let kept = case::files(&ran.state());
    let files = written.chain(kept);
    told.extend(files.map(|(name, bytes)| (name.display().to_string(), text(&bytes))));
    told
}

/// The words of `text` that hide the mark in base64, and those within them.
fn collect(text: &str, encoded: &mut Vec<String>) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+/_-".contains(c);
    for word in text.split(|c| !is_part(c)).filter(|word| word.len() > PREAMBLE / 2) {
        let Some(inside) = decoded(word) else { continue };
        let known = encoded.len();
        collect(&inside, encoded);
        if inside.contains(MARK) || encoded.len() > known {
            encoded.push(word.to_owned());
        }
    }
}

fn decoded(word: &str) -> Option<String> {
    // A last character too many is one of a line that was cut.
    let whole = &word[..word.len() - usize::from(word.len() % 4 == 1)];
    let bytes = STANDARD_NO_PAD.decode(whole).or_else(|_| URL_SAFE_NO_PAD.decode(whole)).ok()?;
    let text: Cow<'_, str> = String::from_utf8_lossy(&bytes);
    Some(text.into_owned())
}

#[test]
fn a_password_is_found_within_layers_of_base64() {
    let auth = STANDARD_NO_PAD.encode("robot:correct-hunter2-horse-battery");
    let config =
        STANDARD_NO_PAD.encode(format!(r#"{{"auths":{{"ghcr.io":{{"auth":"{auth}"}}}}}}"#));
    let mut encoded = Vec::new();
    collect(&format!("data:\n  .dockerconfigjson: {config}\n"), &mut encoded);
    assert_eq!(encoded, [auth, config.clone()]);
    assert!(leaks(&format!("line 3: {}", &config[30..60]), &encoded));
    assert!(leaks("the password is hunter2", &encoded));
    assert!(!leaks("a Secret of 60 bytes", &encoded));
}
