//! What the patch layer promises, on many documents: `tests/support/patches.rs` has the promises,
//! `tests/support/manifests.rs` makes the streams. They are the same in every run, unless `PROPTEST_CASES` says how many
//! others to try.
#![allow(clippy::disallowed_methods, reason = "a test reads its own environment")]

#[path = "support/data.rs"]
mod data;
#[path = "support/manifests.rs"]
mod manifests;
#[path = "support/patches.rs"]
mod patches;

use std::fmt;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngSeed, TestRunner};

use manifests::{Dice, json_stream, stream};
use patches::{Choice, Tried, hold};

/// A text that shows itself as it is, to be read.
struct Text(String);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}\n{}", self.0, self.0)
    }
}

/// Bytes to make a stream of; they shrink towards the plainest one.
fn dice() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..400)
}

fn manifests() -> impl Strategy<Value = Text> {
    dice().prop_map(|dice| Text(stream(&mut Dice::new(&dice))))
}

/// Lines that end with carriage returns alone.
fn old_lines() -> impl Strategy<Value = Text> {
    manifests().prop_map(|Text(text)| Text(text.replace("\r\n", "\n").replace('\n', "\r")))
}

fn json_manifests() -> impl Strategy<Value = Text> {
    dice().prop_map(|dice| Text(json_stream(&mut Dice::new(&dice))))
}

/// Several edits of one text, each apart.
fn choices() -> impl Strategy<Value = Vec<Choice>> {
    proptest::collection::vec(any::<Choice>(), 1..12)
}

fn config() -> ProptestConfig {
    let explores = std::env::var_os("PROPTEST_CASES").is_some();
    let rng_seed = if explores { RngSeed::Random } else { RngSeed::Fixed(1) };
    ProptestConfig { failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_edit_changes_what_it_says_in_manifests(text in manifests(), choices in choices()) {
        for choice in choices {
            hold(&text.0, choice);
        }
    }

    #[test]
    fn an_edit_changes_what_it_says_in_json(text in json_manifests(), choices in choices()) {
        prop_assert!(patches::is_json(&text.0), "the stream is JSON");
        for choice in choices {
            hold(&text.0, choice);
        }
    }

    #[test]
    fn an_edit_changes_what_it_says_in_lines_of_old(text in old_lines(), choices in choices()) {
        for choice in choices {
            hold(&text.0, choice);
        }
    }
}

/// Edits that are refused prove little.
#[test]
fn many_edits_are_made_and_compared() {
    let mut runner = TestRunner::deterministic();
    let (mut made, mut refused) = (0, 0);
    for number in 0..300_u16 {
        let text = manifests().new_tree(&mut runner).expect("a stream can be made").current().0;
        let [first, second] = number.to_be_bytes();
        match hold(&text, [second, second / 7, second.wrapping_add(first), second / 3]) {
            Tried::Made { compared: true } => made += 1,
            Tried::Refused => refused += 1,
            _ => {}
        }
    }
    assert!(made > 150 && refused > 5, "{made} made, {refused} refused");
}
