//! Durations as Go and the tools around Kubernetes write them: `1h30m`, and with days and weeks `1w2d`.

use std::time::Duration;

/// The units of `time.ParseDuration` (`src/time/format.go`) with their seconds. A name comes before its own beginning.
const GO: &[(&str, f64)] = &[
    ("ns", 1e-9),
    ("us", 1e-6),
    ("\u{b5}s", 1e-6),
    ("\u{3bc}s", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];
const DAYS: &[(&str, f64)] = &[("d", 24.0 * 3600.0), ("w", 7.0 * 24.0 * 3600.0)];
/// 2^63 nanoseconds, about 292 years, do not fit into a `time.Duration`.
const GO_LIMIT: Duration = Duration::from_nanos(1 << 63);

/// What `time.ParseDuration` of Go reads, without a sign.
pub fn go(text: &str) -> Option<Duration> {
    sum(text, &GO.iter()).filter(|duration| *duration < GO_LIMIT)
}

/// The same with `d` and `w`, and without Go's limit.
pub fn with_days(text: &str) -> Option<Duration> {
    sum(text, &GO.iter().chain(DAYS))
}

/// Numbers with units.
fn sum<'u>(
    text: &str,
    units: &(impl Iterator<Item = &'u (&'static str, f64)> + Clone),
) -> Option<Duration> {
    let (mut rest, mut seconds) = (text, 0.0);
    if text == "0" {
        return Some(Duration::ZERO);
    }
    loop {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number: f64 = rest[..rest.len() - unit.len()].parse().ok()?;
        let (name, length) = units.clone().find(|(name, _)| unit.starts_with(name))?;
        seconds += number * length;
        rest = &unit[name.len()..];
        if rest.is_empty() {
            return Duration::try_from_secs_f64(seconds).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units_are_added() {
        for (text, seconds) in [
            ("0", 0),
            ("0s", 0),
            ("60s", 60),
            ("1h30m", 5400),
            ("30h0s", 108_000),
            ("12h0m0s", 43_200),
            ("1.5h", 5400),
            (".5m", 30),
            ("1000ms", 1),
        ] {
            assert_eq!(go(text), Some(Duration::from_secs(seconds)), "{text}");
            assert_eq!(with_days(text), go(text), "{text}");
        }
        assert_eq!(go("1ms2us3ns"), Some(Duration::from_nanos(1_002_003)));
        assert_eq!(with_days("1w2d"), Some(Duration::from_hours(9 * 24)));
    }

    #[test]
    fn anything_else_is_not_a_duration() {
        for text in ["", "1", "s", ".s", "1.2.3s", "1h ", " 1h", "-1h", "1h30", "1y", "1H", "soon"]
        {
            assert_eq!((go(text), with_days(text)), (None, None), "{text}");
        }
        for text in ["1d", "1w", "2562048h"] {
            assert_eq!(go(text), None, "{text}");
        }
        assert_eq!(go("2562047h"), Some(Duration::from_hours(2_562_047)));
    }
}
