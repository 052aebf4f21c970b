//! Any text as a policy file.
#![no_main]

#[path = "../../tests/support/data.rs"]
mod data;
#[path = "../../tests/support/leaks.rs"]
mod leaks;
#[path = "../../tests/support/promises.rs"]
mod promises;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| promises::policies_are_read(text));
