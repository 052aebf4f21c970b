//! Streams with a password in many places, broken at some line perhaps: no report shows it.
#![no_main]

#[path = "../../tests/support/data.rs"]
mod data;
#[path = "../../tests/support/leaks.rs"]
mod leaks;
#[path = "../../tests/support/manifests.rs"]
mod manifests;
#[path = "../../tests/support/promises.rs"]
mod promises;

use libfuzzer_sys::fuzz_target;
use manifests::{Dice, stream};

/// A password of `testdata/fixture-secrets.txt`.
const PASSWORD: &str = "Correct-Horse-7-Battery";

fuzz_target!(|input: (Option<u8>, &[u8])| {
    let (broken, dice) = input;
    let mut text = stream(&mut Dice::with_password(dice, PASSWORD));
    if let Some(at) = broken {
        let lines: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        if let Some(&at) = lines.get(usize::from(at) % lines.len().max(1)) {
            text.insert_str(at, "\t: [\n");
        }
    }
    promises::nothing_is_told(&text);
});
