//! Any text as a stream of documents: what is remembered of it lies inside, and passing documents over changes nothing.
#![no_main]

#[path = "../../tests/support/data.rs"]
mod data;
#[path = "../../tests/support/leaks.rs"]
mod leaks;
#[path = "../../tests/support/promises.rs"]
mod promises;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    promises::inventory_is_inside(text);
    promises::skipping_changes_nothing(text);
});
