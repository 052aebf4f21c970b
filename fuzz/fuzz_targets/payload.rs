//! Any bytes as the value of a pull secret, against the plain second implementation.
#![no_main]

#[path = "../../tests/second/payload.rs"]
mod payload;

use libfuzzer_sys::fuzz_target;
use pullcreds::credentials::payload::Format;

fuzz_target!(|value: &[u8]| {
    for format in Format::ALL {
        payload::agrees(format, value);
    }
});
