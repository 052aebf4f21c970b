//! What a case expects, compared with what the program said, and brought up to date.
//!
//! A report of the schema `pullcreds.report/v1` or of SARIF holds what the expectation names, and may hold more: the
//! schema grows. Everything else is equal byte for byte.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};
use similar::TextDiff;

/// The difference between what is in the file (nothing, if there is none) and `found`.
pub(crate) fn compare(path: &Path, found: &[u8]) -> Result<(), String> {
    let wanted = fs::read(path).unwrap_or_default();
    if let (Some(wanted), Some(found)) = (report(&wanted), report(found)) {
        return match first_difference("$", &wanted, &found) {
            Some(difference) => Err(difference),
            None => Ok(()),
        };
    }
    if wanted == found {
        return Ok(());
    }
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string().replace("\\n", "\n");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| text(bytes));
    let (wanted, found) = (text(&wanted), text(found));
    let diff = TextDiff::from_lines(&wanted, &found);
    let diff = diff.unified_diff().header("expected", "found").to_string();
    // Line endings and the like do not show otherwise.
    Err(diff.replace('\r', "␍").replace('\u{1b}', "␛"))
}

/// Writes `found` into the file, of a report only what the file named before.
pub(crate) fn update(path: &Path, found: &[u8]) {
    let before = fs::read(path).unwrap_or_default();
    let bytes = match (report(&before), report(found)) {
        (Some(before), Some(found)) => {
            let kept = projected(&before, &found);
            let text = serde_json::to_string_pretty(&kept).expect("it was JSON before");
            text.into_bytes().into_iter().chain(*b"\n").collect()
        }
        _ => found.to_vec(),
    };
    if bytes.is_empty() {
        // That there is none says that nothing is expected.
        let _ = fs::remove_file(path);
        return;
    }
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("it can be made");
    fs::write(path, bytes).expect("an expectation can be written");
}

fn report(bytes: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let is_own = value.get("schema").is_some_and(|schema| schema == "pullcreds.report/v1");
    (is_own || value.get("runs").is_some()).then_some(value)
}

/// Where `found` is not what is `wanted`; what is not named there does not count.
fn first_difference(path: &str, wanted: &Value, found: &Value) -> Option<String> {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().find_map(|(key, wanted)| match found.get(key) {
                Some(found) => first_difference(&format!("{path}.{key}"), wanted, found),
                None => Some(format!("{path}.{key} is not there")),
            })
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            let pairs = wanted.iter().zip(found).enumerate();
            let mut pairs =
                pairs.map(|(at, (wanted, found))| (format!("{path}[{at}]"), wanted, found));
            pairs.find_map(|(path, wanted, found)| first_difference(&path, wanted, found))
        }
        (wanted, found) if wanted == found => None,
        (wanted, found) => Some(format!("{path} is {found}\nnot {wanted}")),
    }
}

/// `found` with the keys that `before` has; a new entry of a list has those of the last one.
fn projected(before: &Value, found: &Value) -> Value {
    match (before, found) {
        (Value::Object(before), Value::Object(found)) => {
            let kept = before.iter().filter_map(|(key, before)| {
                Some((key.clone(), projected(before, found.get(key)?)))
            });
            Value::Object(kept.collect::<Map<_, _>>())
        }
        (Value::Array(before), Value::Array(found)) => {
            let shape = |at: usize| before.get(at).or(before.last());
            let entries = found.iter().enumerate();
            let kept = entries.map(|(at, found)| match shape(at) {
                Some(before) => projected(before, found),
                None => found.clone(),
            });
            Value::Array(kept.collect())
        }
        (_, found) => found.clone(),
    }
}
