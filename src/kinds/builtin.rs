//! The rows that are compiled in: a data file, of which only the rows are parsed that something asks for.

use std::sync::{LazyLock, OnceLock};

use memchr::memmem;

use super::Row;

/// Sorted by kind. Each row begins a line with [`HEAD`], as nothing else does.
const TEXT: &str = include_str!("table.json");
/// How a row begins, up to its kind.
const HEAD: &str = "{\"kind\": \"";

/// The kind of each row, and where the row begins.
static HEADS: LazyLock<Box<[(&str, usize)]>> = LazyLock::new(|| {
    let rows = memmem::find_iter(TEXT.as_bytes(), "\n{");
    rows.map(|line_feed| (kind_at(line_feed + 1), line_feed + 1)).collect()
});
static ROWS: LazyLock<Box<[OnceLock<Row>]>> =
    LazyLock::new(|| HEADS.iter().map(|_| OnceLock::new()).collect());
/// The rows that are validated.
static VALIDATED: LazyLock<Box<[&Row]>> = LazyLock::new(|| {
    let says_so = |at: &usize| text(*at).contains("\"validated\"");
    (0..HEADS.len()).filter(says_so).map(row).filter(|row| row.is_validated).collect()
});

/// The rows for kinds of a name.
pub(super) fn rows(kind: &str) -> impl Iterator<Item = &'static Row> {
    let first = HEADS.partition_point(|&(row, _)| row < kind);
    let count = HEADS[first..].iter().take_while(|&&(row, _)| row == kind).count();
    (first..first + count).map(row)
}

/// Every row.
pub(super) fn all() -> impl Iterator<Item = &'static Row> {
    (0..HEADS.len()).map(row)
}

/// The rows for kinds that the API server itself knows and validates.
pub(super) fn validated() -> impl Iterator<Item = &'static Row> {
    VALIDATED.iter().copied()
}

/// The kind of the row that begins at a byte.
fn kind_at(start: usize) -> &'static str {
    let rest = &TEXT[start + HEAD.len()..];
    &rest[..rest.find('"').unwrap_or(0)]
}

/// The text of a row.
fn text(at: usize) -> &'static str {
    let end = HEADS.get(at + 1).map_or(TEXT.len(), |&(_, start)| start);
    TEXT[HEADS[at].1..end].trim_end_matches(['\n', ',', ']'])
}

fn row(at: usize) -> &'static Row {
    ROWS[at].get_or_init(|| serde_json::from_str(text(at)).expect("a test reads every row"))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test reads its own files")]
mod tests {
    use super::*;

    /// The JSON Schema of the table, as text with a line feed at its end.
    fn schema() -> String {
        format!("{:#}\n", schemars::schema_for!(Vec<Row>).to_value())
    }

    #[test]
    fn every_row_is_read_and_says_where_it_comes_from() {
        let all: Vec<serde_json::Value> = serde_json::from_str(TEXT).expect("the table is JSON");
        assert_eq!(all.len(), HEADS.len(), "each row begins a line with {HEAD}");
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
        for at in 0..HEADS.len() {
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
        let all = (0..HEADS.len()).map(row).filter(|row| row.is_validated);
        assert!(all.map(|row| &row.kind).eq(validated().map(|row| &row.kind)));
        assert_eq!(rows("").count() + rows("ZZZ").count(), 0);
    }
}
