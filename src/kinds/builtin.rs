//! The rows that are compiled in: a data file, of which only the rows are parsed that something asks for.

use std::sync::{LazyLock, OnceLock};

use memchr::memmem;

use super::Row;

/// Sorted by kind. Each row begins a line with [`HEAD`], as nothing else does.
const TEXT: &str = include_str!("table.json");
/// How a row begins, up to its kind.
const HEAD: &str = "{\"kind\": \"";

/// Where each row begins.
static STARTS: LazyLock<Box<[usize]>> = LazyLock::new(|| {
    let rows = memmem::find_iter(TEXT.as_bytes(), "\n{");
    rows.map(|line_feed| line_feed + 1).collect()
});
static ROWS: LazyLock<Box<[OnceLock<Row>]>> =
    LazyLock::new(|| STARTS.iter().map(|_| OnceLock::new()).collect());

/// The rows for kinds of a name.
pub(super) fn rows(kind: &str) -> impl Iterator<Item = &'static Row> {
    let first = STARTS.partition_point(|&start| kind_at(start) < kind);
    let count = STARTS[first..].iter().take_while(|&&start| kind_at(start) == kind).count();
    (first..first + count).map(row)
}

/// The same for a name in whatever capital letters.
pub(super) fn rows_in_any_case(kind: &str) -> impl Iterator<Item = &'static Row> {
    let is_it = move |at: &usize| kind_at(STARTS[*at]).eq_ignore_ascii_case(kind);
    (0..STARTS.len()).filter(is_it).map(row)
}

/// Every row.
pub(super) fn all() -> impl Iterator<Item = &'static Row> {
    (0..STARTS.len()).map(row)
}

/// The kind of the row that begins at a byte.
fn kind_at(start: usize) -> &'static str {
    let rest = &TEXT[start + HEAD.len()..];
    &rest[..rest.find('"').unwrap_or(0)]
}

fn row(at: usize) -> &'static Row {
    ROWS[at].get_or_init(|| {
        let end = STARTS.get(at + 1).copied().unwrap_or(TEXT.len());
        let text = TEXT[STARTS[at]..end].trim_end_matches(['\n', ',', ']']);
        serde_json::from_str(text).expect("a test reads every row")
    })
}

/// The JSON Schema of the table, as text with a line feed at its end.
pub fn schema() -> String {
    format!("{:#}\n", schemars::schema_for!(Vec<Row>).to_value())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test reads its own files")]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_says_where_it_comes_from() {
        let all: Vec<serde_json::Value> = serde_json::from_str(TEXT).expect("the table is JSON");
        assert_eq!(all.len(), STARTS.len(), "each row begins a line with {HEAD}");
        for (at, value) in all.iter().enumerate() {
            assert_eq!(value["kind"], *row(at).kind, "row {at}");
            let source = value["source"].as_array().expect("a list");
            assert!(
                !source.is_empty() && source.iter().all(serde_json::Value::is_string),
                "{value}"
            );
            assert!(value.get("note").is_none_or(serde_json::Value::is_string), "{value}");
            assert!(!row(at).groups.is_empty(), "{value}");
        }
    }

    #[test]
    fn rows_are_sorted_and_no_group_has_a_kind_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for at in 0..STARTS.len() {
            let row = row(at);
            assert!(at == 0 || *super::row(at - 1).kind <= *row.kind, "{}", row.kind);
            for group in &row.groups {
                assert!(seen.insert((group, &row.kind)), "{} of {group}", row.kind);
            }
        }
    }

    #[test]
    fn the_schema_of_the_table_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kinds/table.schema.json");
        if std::env::var_os("PULLCREDS_UPDATE").is_some_and(|value| !value.is_empty()) {
            std::fs::write(path, schema()).expect("the schema can be written");
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == schema(), "{path} is stale: PULLCREDS_UPDATE=1 cargo test --lib kinds");
    }

    #[test]
    fn kinds_are_found_by_name() {
        assert_eq!(rows("Pod").count(), 1);
        assert_eq!(rows("pod").count(), 0);
        assert_eq!(rows_in_any_case("pod").count(), 1);
        assert_eq!(rows("").count() + rows("ZZZ").count(), 0);
    }
}
