//! What went wrong in a test over many cases: how much of it, and more than the first.

use std::fmt::Display;

/// How many failures are shown in full.
const SHOWN: usize = 12;

/// The failures of one test.
#[derive(Default)]
pub(crate) struct Failures {
    said: Vec<String>,
    cases: usize,
}

impl Failures {
    /// Notes one more case; a failed one with its reason.
    pub(crate) fn case<E: Display>(&mut self, name: impl Display, outcome: Result<(), E>) {
        self.cases += 1;
        if let Err(reason) = outcome {
            self.said.push(format!("{name}: {reason}"));
        }
    }

    /// Ends the test. A test that looked at no case has failed.
    #[track_caller]
    pub(crate) fn finish(self) {
        assert!(self.cases > 0, "there was no case");
        let failed = self.said.len();
        let shown = self.said[..failed.min(SHOWN)].join("\n\n");
        assert!(failed == 0, "{failed} of {} failed; the first:\n\n{shown}", self.cases);
    }
}

/// `Ok` if the two are equal, else both.
pub(crate) fn equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    wanted: &T,
) -> Result<(), String> {
    if found == wanted {
        return Ok(());
    }
    Err(format!("{what}\n  found  {found:?}\n  wanted {wanted:?}"))
}
