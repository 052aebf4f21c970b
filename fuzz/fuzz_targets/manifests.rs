//! Streams that are made of the bytes through the filter and into reports.
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

fuzz_target!(|dice: &[u8]| promises::hold_for_text(&stream(&mut Dice::new(dice))));
