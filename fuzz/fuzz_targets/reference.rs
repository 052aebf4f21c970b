//! Any text as an image reference, against the regular expressions of distribution/reference.
#![no_main]

#[path = "../../tests/second/reference.rs"]
mod reference;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| reference::agrees(text));
