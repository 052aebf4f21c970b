//! The environment and the clock, which nothing else of the program reads.

#![allow(clippy::disallowed_methods, reason = "environment and clock are read here")]

use std::ffi::OsString;

use jiff::Timestamp;
use pullcreds::say;
use pullcreds::text::shown;

use super::exit::{Exit, Stop};

/// How the variables begin that this program reads for itself and for Applications of Argo CD.
const OWN_VARIABLES: &[&str] = &["PULLCREDS_", "ARGOCD_"];

const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

/// Refuses variables of this program that are not text: to ignore one might lift a check.
pub(crate) fn insist_on_text() -> Result<(), Stop> {
    let ours = |name: &str| {
        OWN_VARIABLES.iter().any(|start| name.starts_with(start)) || name == SOURCE_DATE_EPOCH
    };
    let wrong = raw_variables().find_map(|(name, value)| {
        name.into_string().ok().filter(|name| ours(name) && value.to_str().is_none())
    });
    wrong.map_or(Ok(()), |name| {
        Err(Stop::new(Exit::Usage, say!("error: {}: the value is not UTF-8\n", shown(&name))))
    })
}

/// The time by which credentials and exceptions are judged: now, or the one of `SOURCE_DATE_EPOCH`
/// (<https://reproducible-builds.org/specs/source-date-epoch/>), so that a run can be repeated.
pub(crate) fn now() -> Result<Timestamp, Stop> {
    let Some(seconds) = variable(SOURCE_DATE_EPOCH) else { return Ok(Timestamp::now()) };
    let time = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.ok_or_else(|| {
        let text = "error: SOURCE_DATE_EPOCH: write a time in whole seconds since 1970\n";
        Stop::new(Exit::Usage, text)
    })
}

pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// As [`variable`], text or not.
pub(crate) fn raw_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// All variables, text or not.
pub(crate) fn raw_variables() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}
