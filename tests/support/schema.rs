//! JSON Schema, as far as the schemas below `testdata/formats` use it. A keyword that is not known here is a failed test.
#![allow(dead_code, reason = "each test target uses a part of this")]

use regex::Regex;
use serde_json::{Map, Value};

/// Keywords that say nothing about a value.
const NOTES: &[&str] =
    &["$id", "$schema", "default", "definitions", "description", "examples", "format", "title"];

/// Everything that is wrong with `value` by `schema`, each with its path.
pub(crate) fn mistakes(value: &Value, schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Check { root: schema, found: &mut found }.value(value, schema, "");
    found
}

struct Check<'c> {
    root: &'c Value,
    found: &'c mut Vec<String>,
}

impl Check<'_> {
    fn value(&mut self, value: &Value, schema: &Value, path: &str) {
        let Some(schema) = schema.as_object() else {
            assert_eq!(schema, &Value::Bool(true), "{path}: a schema is an object or true");
            return;
        };
        for (keyword, rule) in schema {
            if let Some(mistake) = self.keyword(value, schema, (keyword, rule), path) {
                self.found.push(format!("{path}: {keyword}: {mistake}"));
            }
        }
    }

    fn keyword(
        &mut self,
        value: &Value,
        schema: &Map<String, Value>,
        (keyword, rule): (&str, &Value),
        path: &str,
    ) -> Option<String> {
        let number = || rule.as_f64().expect("a number");
        let least =
            || rule.as_u64().and_then(|least| usize::try_from(least).ok()).expect("a count");
        let is_wrong = match keyword {
            _ if NOTES.contains(&keyword) => false,
            "$ref" => {
                let name = rule.as_str().and_then(|to| to.strip_prefix("#")).expect("a local one");
                let root = self.root;
                self.value(value, root.pointer(name).expect("it is defined"), path);
                false
            }
            "type" => !is_of_type(value, rule.as_str().expect("one type")),
            "enum" => !rule.as_array().expect("values").contains(value),
            "const" => value != rule,
            "minimum" => value.as_f64().is_some_and(|value| value < number()),
            "maximum" => value.as_f64().is_some_and(|value| value > number()),
            "minItems" => value.as_array().is_some_and(|all| all.len() < least()),
            "minLength" => value.as_str().is_some_and(|text| text.len() < least()),
            "uniqueItems" => value.as_array().is_some_and(|all| {
                rule == true && (1..all.len()).any(|at| all[..at].contains(&all[at]))
            }),
            "pattern" => {
                let pattern = Regex::new(rule.as_str().expect("a pattern")).expect("a sound one");
                value.as_str().is_some_and(|text| !pattern.is_match(text))
            }
            "required" => {
                let names = rule.as_array().into_iter().flatten().filter_map(Value::as_str);
                let absent: Vec<_> = names.filter(|name| value.get(name).is_none()).collect();
                value.is_object() && !absent.is_empty()
            }
            "properties" => {
                for (name, rule) in rule.as_object().expect("schemas") {
                    if let Some(value) = value.get(name) {
                        self.value(value, rule, &format!("{path}/{name}"));
                    }
                }
                false
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                let all = value.as_object().into_iter().flatten();
                let others =
                    all.filter(|(name, _)| known.is_none_or(|known| !known.contains_key(*name)));
                let others: Vec<_> = others.collect();
                if rule != false {
                    for (name, value) in &others {
                        self.value(value, rule, &format!("{path}/{name}"));
                    }
                }
                rule == false && !others.is_empty()
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.value(item, rule, &format!("{path}/{at}"));
                }
                false
            }
            "anyOf" => self.fitting(value, rule) == 0,
            "oneOf" => self.fitting(value, rule) != 1,
            other => panic!("{path}: the keyword {other} is not known"),
        };
        is_wrong.then(|| value.to_string().chars().take(200).collect())
    }

    /// How many of several schemas fit.
    fn fitting(&self, value: &Value, schemas: &Value) -> usize {
        let fits = |schema: &&Value| {
            let mut found = Vec::new();
            Check { root: self.root, found: &mut found }.value(value, schema, "");
            found.is_empty()
        };
        schemas.as_array().expect("schemas").iter().filter(fits).count()
    }
}

fn is_of_type(value: &Value, kind: &str) -> bool {
    match kind {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "string" => value.is_string(),
        other => panic!("the type {other} is not known"),
    }
}
