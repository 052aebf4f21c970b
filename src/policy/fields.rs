//! Where a custom resource keeps what matters here: `$.spec.containers[*].image`.
//!
//! The part of `JSONPath` that the table of custom resources needs: keys, every item of a list, every
//! value of a mapping. Nothing here walks an object.

use std::fmt;

use crate::text::Message;

/// A path from the root of an object to some of its fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath {
    // Invariant: not empty.
    steps: Vec<Step>,
}

/// One step of a [`FieldPath`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The value of this key.
    Key(String),
    /// Every item of a list: `[*]`.
    Items,
    /// Every value of a mapping: `.*`.
    Values,
}

/// Why a text is not a path: what is wrong, and what to do.
pub(super) type Refusal = (Message, Message);

impl FieldPath {
    /// The steps, from the root.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Reads `$.key`, `['key.with.dots']`, `[*]` and `.*`, one after the other.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let refuse = |message: &'static str, help: &'static str| Err((message.into(), help.into()));
        let Some(mut rest) = text.strip_prefix('$') else {
            return refuse("a path begins with `$`", "write it as in `$.spec.template.spec`");
        };
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let Some((step, behind)) = first_step(rest) else {
                return refuse(
                    "this is not a path to a field",
                    "write `.key`, `['key']`, `[*]` for every item of a list or `.*` for every value \
                     of a mapping, as in `$.spec.containers[*].image`; one path for each field",
                );
            };
            steps.push(step);
            rest = behind;
        }
        if steps.is_empty() {
            return refuse("this path leads nowhere", "name a field, as in `$.spec.template.spec`");
        }
        Ok(Self { steps })
    }
}

fn first_step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix("[*]") {
        return Some((Step::Items, rest));
    }
    if let Some(rest) = text.strip_prefix("['") {
        let (key, rest) = rest.split_once("']")?;
        return (!key.is_empty()).then(|| (Step::Key(key.to_owned()), rest));
    }
    let rest = text.strip_prefix('.')?;
    if let Some(rest) = rest.strip_prefix('*') {
        return Some((Step::Values, rest));
    }
    let end = rest.find(|c| !is_plain(c)).unwrap_or(rest.len());
    let (key, rest) = rest.split_at(end);
    (!key.is_empty()).then(|| (Step::Key(key.to_owned()), rest))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/')
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.steps.iter().try_for_each(|step| match step {
            Step::Key(key) if key.chars().all(is_plain) => write!(f, ".{key}"),
            Step::Key(key) => write!(f, "['{key}']"),
            Step::Items => f.write_str("[*]"),
            Step::Values => f.write_str(".*"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_items_and_values_are_steps() {
        let path = FieldPath::parse("$.spec.*.sidecars[*]['a.b/c'].image").expect("a path");
        let key = |key: &str| Step::Key(key.to_owned());
        assert_eq!(
            path.steps(),
            [key("spec"), Step::Values, key("sidecars"), Step::Items, key("a.b/c"), key("image")]
        );
        assert_eq!(path.to_string(), "$.spec.*.sidecars[*]['a.b/c'].image");
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in
            ["", "$", "spec.image", "$spec", "$.", "$..image", "$.a[0]", "$.a[]", "$['a", "$.{a,b}"]
        {
            assert!(FieldPath::parse(text).is_err(), "{text}");
        }
    }
}
