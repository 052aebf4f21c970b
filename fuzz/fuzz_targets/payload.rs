//! Any bytes as the value of a pull secret, against the plain second implementation.
#![no_main]

#[path = "../../tests/second/payload.rs"]
mod payload;

use libfuzzer_sys::fuzz_target;
use pullcreds::credentials::payload::PayloadFormat;

fuzz_target!(|value: &[u8]| {
    for format in PayloadFormat::ALL {
        payload::agrees(format, value);
    }
});
