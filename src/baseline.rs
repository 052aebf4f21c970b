//! Baselines: findings that are known and do not count, so that only new ones fail a run.
//!
//! A baseline names findings by their fingerprints. Nothing here knows what a finding is about.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity};
use crate::say;
use crate::source::Position;
use crate::text::{Message, shown};

/// What the file says that it is.
const SCHEMA: &str = "pullcreds.baseline/v1";

/// Known findings: how many there are of each fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeMap<String, usize>,
}

/// Why a text is not a baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotABaseline {
    /// Where, if it is not JSON.
    pub position: Option<Position>,
    /// Why, and what to do.
    pub message: Message,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    schema: String,
    /// Sorted, so that a change of the file shows what has changed.
    findings: BTreeMap<String, usize>,
}

impl Baseline {
    /// A baseline of all errors and warnings among `findings`. Information fails no run.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut known = BTreeMap::new();
        for finding in findings {
            if finding.severity != Severity::Info {
                *known.entry(finding.fingerprint.as_str().to_owned()).or_default() += 1;
            }
        }
        Self { known }
    }

    /// Reads the text of a baseline.
    ///
    /// # Errors
    ///
    /// Why it is not one.
    pub fn parse(text: &str) -> Result<Self, NotABaseline> {
        let wire: Wire = serde_json::from_str(text).map_err(|error| NotABaseline {
            position: Some(Position { line: error.line().max(1), column: error.column().max(1) }),
            message: Message::of("this is not a baseline: create it with `pullcreds baseline`"),
        })?;
        if wire.schema != SCHEMA {
            return Err(NotABaseline {
                position: None,
                message: say!(
                    "the schema of this baseline is `{}`, and this version knows `{}` only",
                    shown(&wire.schema),
                    SCHEMA
                ),
            });
        }
        let known = wire.findings.into_iter().filter(|(_, count)| *count > 0).collect();
        Ok(Self { known })
    }

    /// The text of the file, with a line feed at its end.
    ///
    /// # Panics
    ///
    /// Never: every key is a string.
    pub fn text(&self) -> String {
        let wire = Wire { schema: SCHEMA.to_owned(), findings: self.known.clone() };
        let text = serde_json::to_string_pretty(&wire).expect("every key is a string");
        text + "\n"
    }

    /// How many findings it knows.
    pub fn count(&self) -> usize {
        self.known.values().sum()
    }

    /// The same without the entries that none of `findings` uses: of each fingerprint as many as there are.
    #[must_use]
    pub fn pruned<'f>(&self, findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut found = BTreeMap::<&str, usize>::new();
        for finding in findings {
            *found.entry(finding.fingerprint.as_str()).or_default() += 1;
        }
        let known = self.known.iter().filter_map(|(fingerprint, count)| {
            let used = found.get(&**fingerprint).copied().unwrap_or_default().min(*count);
            (used > 0).then(|| (fingerprint.clone(), used))
        });
        Self { known: known.collect() }
    }

    /// All that it knows, to be used up finding by finding.
    pub(crate) fn unused(&self) -> BTreeMap<&str, usize> {
        self.known.iter().map(|(fingerprint, count)| (&**fingerprint, *count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(counts: &[(&str, usize)]) -> Baseline {
        Baseline { known: counts.iter().map(|(key, count)| ((*key).to_owned(), *count)).collect() }
    }

    #[test]
    fn a_baseline_is_read_as_it_is_written() {
        for counts in [&[][..], &[("a", 1)], &[("a", 2), ("b:c%20d", 1)]] {
            let baseline = known(counts);
            assert_eq!(Baseline::parse(&baseline.text()), Ok(baseline));
        }
    }

    #[test]
    fn another_text_is_refused_with_its_place() {
        for (text, line, column) in [("", 1, 1), ("{\n  \"schema\": 1\n}", 2, 13), ("[]", 1, 2)] {
            let refused = Baseline::parse(text).expect_err(text);
            let position = refused.position.expect("it has a place");
            assert_eq!((position.line, position.column), (line, column), "{text}");
        }
        let newer = known(&[]).text().replace("/v1", "/v9");
        let refused = Baseline::parse(&newer).expect_err("it is newer");
        assert!(refused.message.as_str().contains("`pullcreds.baseline/v9`"));
        let unknown = known(&[]).text().replace("findings", "finding");
        assert!(Baseline::parse(&unknown).is_err());
    }
}
