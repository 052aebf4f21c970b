//! Any path of `JSONPath` on any document: what it leads to is in the text, in a number that is bounded, and a row with
//! it is read and written without a panic.
#![no_main]

#[path = "../../tests/support/rows.rs"]
mod rows;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    // The first line is the path.
    let (path, document) = input.split_once('\n').unwrap_or((input, ""));
    rows::hold(path, document);
});
