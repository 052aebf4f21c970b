//! Any edit of any text: the data are those of before with the difference that was asked for.
#![no_main]

#[path = "../../tests/support/data.rs"]
mod data;
#[path = "../../tests/support/patches.rs"]
mod patches;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (patches::Choice, &str)| {
    let (choice, text) = input;
    patches::hold(text, choice);
});
