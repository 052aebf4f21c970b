//! The limit of the input, since some streams do not end.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::say;
use crate::text::Message;

/// The default limit: far more than people deploy, and less than the memory of a machine.
const DEFAULT: u64 = 1 << 30;
/// The largest source ([`crate::source::Span`]).
const LARGEST: u64 = u32::MAX as u64;
/// The suffixes of sizes, as Kubernetes writes them (`resource.Quantity`).
const UNITS: &[(&str, u64)] = &[
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("k", 1_000),
    ("K", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("", 1),
];

/// How many bytes may be read, and how many of them are left.
#[derive(Debug)]
pub struct Limit {
    most: u64,
    taken: AtomicU64,
}

impl Default for Limit {
    fn default() -> Self {
        Self::new(DEFAULT)
    }
}

impl Limit {
    /// How much may be read, in the largest unit that is even.
    pub fn shown(&self) -> Message {
        let binary = UNITS.iter().filter(|(name, _)| name.ends_with('i'));
        let even = |(_, size): &&(&str, u64)| self.most.is_multiple_of(*size);
        let (name, size) = binary.rev().find(even).copied().unwrap_or(("", 1));
        let bytes = if name.is_empty() { "bytes" } else { "B" };
        say!("{} {}{}", self.most / size, name, bytes)
    }

    /// At most `most` bytes.
    pub fn new(most: u64) -> Self {
        Self { most, taken: AtomicU64::new(0) }
    }

    /// How many bytes all sources together may have.
    pub fn most(&self) -> u64 {
        self.most
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> u64 {
        self.most.saturating_sub(self.taken.load(Ordering::Relaxed))
    }

    /// Takes bytes from the limit, if enough are left.
    pub(super) fn take(&self, bytes: u64) -> bool {
        self.taken.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= self.most
    }
}

/// Reads a size like `512Mi`, `512MiB` or `2G`.
///
/// # Errors
///
/// A hint about the right format.
pub fn parse_size(text: &str) -> Result<u64, &'static str> {
    let wrong = || "write a size like 512MiB, at most 4095MiB";
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim_start();
    let unit = unit.strip_suffix('B').unwrap_or(unit);
    let size = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size);
    let number: Option<u64> = number.parse().ok();
    let bytes = number.zip(size).and_then(|(number, size)| number.checked_mul(size));
    bytes.filter(|bytes| (1..=LARGEST).contains(bytes)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [
            ("1", 1),
            ("10B", 10),
            ("2k", 2_000),
            ("2 KB", 2_000),
            ("512Mi", 512 << 20),
            ("512MiB", 512 << 20),
            (" 1GiB ", 1 << 30),
            ("4G", 4_000_000_000),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "-1", "4Gi", "1.5G", "1T", "MiB", "many", "99999999999999999999"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_written() {
        for (bytes, text) in
            [(1 << 30, "1 GiB"), (3 << 20, "3 MiB"), (1 << 10, "1 KiB"), (1000, "1000 bytes")]
        {
            assert_eq!(Limit::new(bytes).shown(), text);
        }
    }

    #[test]
    fn sources_share_a_limit() {
        let limit = Limit::new(10);
        assert!(limit.take(6));
        assert_eq!(limit.left(), 4);
        assert!(limit.take(4));
        assert!(!limit.take(1));
        assert_eq!(limit.left(), 0);
    }
}
