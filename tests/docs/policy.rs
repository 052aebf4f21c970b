//! `docs/policy.md`, from the JSON Schema of policies, which is made from the types in `src/policy/config.rs`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

/// The page. `example` is a policy that has most keys.
pub(crate) fn page(schema: &Value, example: &str) -> String {
    let mut out = format!(
        "# The policy file\n\n{}\n\nThe [README](../README.md#the-policy) says where pullcreds looks for it, and which flags \
         and variables override it. `pullcreds policy init` creates one from manifests, and `pullcreds policy check` \
         checks one. Editors check it with the JSON Schema: `pullcreds policy schema`, or \
         [pullcreds.schema.json](../pullcreds.schema.json).\n\n\
         <!-- From src/policy/config.rs: PULLCREDS_UPDATE=1 cargo test --test docs -->\n\n```yaml\n{example}```\n",
        prose(schema),
    );
    let mut sections = vec![("The file".to_owned(), String::new(), schema.clone())];
    let mut seen = BTreeSet::new();
    while !sections.is_empty() {
        let (title, prefix, section) = sections.remove(0);
        write_section(&title, &section, &mut out);
        let mut below = Vec::new();
        for (key, value) in fields(&section) {
            let (suffix, name) = match (reference(value), reference(&value["items"])) {
                (Some(name), _) => ("", name),
                (_, Some(name)) => ("[]", name),
                _ => continue,
            };
            if seen.insert(name.to_owned()) {
                let path = format!("{prefix}{key}{suffix}");
                below.push((
                    format!("`{path}`"),
                    format!("{path}."),
                    schema["$defs"][name].clone(),
                ));
            }
        }
        sections.splice(0..0, below);
    }
    out
}

fn write_section(title: &str, section: &Value, out: &mut String) {
    let _ = write!(out, "\n## {title}\n\n");
    if title.starts_with('`') {
        let _ = writeln!(out, "{}\n", prose(section));
    }
    out.push_str("| key | type | what it is |\n|---|---|---|\n");
    let required = |key: &str| {
        section["required"].as_array().is_some_and(|keys| keys.iter().any(|one| one == key))
    };
    for (key, value) in fields(section) {
        let mark = if required(key) { ", required" } else { "" };
        let what = prose(value).replace('|', "\\|");
        let _ = writeln!(out, "| `{key}` | {}{mark} | {what}{} |", type_of(value), values(value));
    }
}

/// The keys of a section: those that have to be there first.
fn fields(section: &Value) -> Vec<(&str, &Value)> {
    let fields = section["properties"].as_object().into_iter().flatten();
    let mut fields: Vec<_> = fields.map(|(key, value)| (&**key, value)).collect();
    let required: Vec<_> =
        section["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    fields.sort_by_key(|(key, _)| !required.contains(key));
    fields
}

/// The name of the definition that a schema refers to.
fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// The description, in one line.
fn prose(schema: &Value) -> String {
    let text = schema["description"].as_str().expect("every part of the schema is described");
    text.split("\n\n").map(|part| part.replace('\n', " ")).collect::<Vec<_>>().join("\n\n")
}

fn type_of(schema: &Value) -> String {
    if let Some(items) = schema.get("items") {
        let of = if reference(items).is_some() { "mappings".into() } else { type_of(items) + "s" };
        return format!("list of {of}");
    }
    if reference(schema).is_some() {
        return "mapping".into();
    }
    if !choices(schema).is_empty() {
        return "word".into();
    }
    match schema["type"].as_str().expect("it has a type") {
        "object" => format!("mapping to {}s", type_of(&schema["additionalProperties"])),
        other => other.to_owned(),
    }
}

/// The words that a value may be, each with what it means.
fn choices(schema: &Value) -> Vec<(&str, &str)> {
    let one_of = schema["oneOf"].as_array().into_iter().flatten();
    let mut all: Vec<_> = one_of
        .filter_map(|one| Some((one["const"].as_str()?, one["description"].as_str()?)))
        .collect();
    let plain = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
    all.extend(plain.map(|word| (word, "")));
    all
}

fn values(schema: &Value) -> String {
    let within = |key: &str| schema.get(key).map(choices).unwrap_or_default();
    let all = [choices(schema), within("items"), within("additionalProperties")].concat();
    let line = |(word, what): &(&str, &str)| {
        let colon = if what.is_empty() { "" } else { ": " };
        format!("<br>`{word}`{colon}{}", what.replace('\n', " "))
    };
    all.iter().map(line).collect()
}
