//! Any keys for any image, one a line with the image on the first, against the plain second implementation.
#![no_main]

#[path = "../../tests/second/keyring.rs"]
mod keyring;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let name = lines.next().unwrap_or_default();
    // The plain matcher tries everything, which takes its time.
    if text.len() > 200 || text.matches('*').count() > 8 {
        return;
    }
    let keys: Vec<&str> = lines.collect();
    for key in &keys {
        keyring::agrees(key, name);
    }
    keyring::lookup_agrees(&keys, name);
});
