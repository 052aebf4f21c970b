//! Any bytes through the filter and into reports.
#![no_main]

#[path = "../../tests/support/data.rs"]
mod data;
#[path = "../../tests/support/leaks.rs"]
mod leaks;
#[path = "../../tests/support/promises.rs"]
mod promises;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| promises::hold_for_bytes(bytes));
