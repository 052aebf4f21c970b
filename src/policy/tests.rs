//! Each `testdata/policy/NAME.yaml` with what is wrong with it in `NAME.txt`.

use std::fmt::Write as _;

use super::*;
use crate::source::LineIndex;

const CODES: &[&str] = &["hardcoded-credentials", "missing-pull-secret", "rotation-overdue"];

fn render(text: &str) -> String {
    let lines = LineIndex::new(text);
    let position = |span: Span| lines.position(text, span.range().start);
    let mut out = String::new();
    for mistake in Policy::parse(text, CODES).err().unwrap_or_default() {
        let mut line =
            |text: std::fmt::Arguments<'_>| writeln!(out, "{text}").expect("a string grows");
        line(format_args!("{} {}", position(mistake.span), mistake.message));
        if let Some((span, what)) = &mistake.related {
            line(format_args!("    {} {what}", position(*span)));
        }
        line(format_args!("    help: {}", mistake.help));
    }
    out
}

macro_rules! cases {
    ($($test:ident: $name:literal,)+) => {$(
        #[test]
        fn $test() {
            let text = include_str!(concat!("../../testdata/policy/", $name, ".yaml"));
            let expected = include_str!(concat!("../../testdata/policy/", $name, ".txt"));
            let found = render(text);
            assert!(!found.contains("hunter2"), "a message repeats a password:\n{found}");
            assert_eq!(found, expected, "{found}");
        }
    )+};
}

cases! {
    every_key_of_the_documentation_is_read: "full",
    an_unknown_key_or_word_is_named_with_what_was_meant: "unknown-keys",
    a_value_of_the_wrong_type_says_which_type_it_must_have: "wrong-types",
    a_key_stands_once: "duplicate-keys",
    entries_that_match_the_same_images_are_refused: "registries",
    names_dates_and_durations_must_be_such: "names-dates-durations",
    a_credential_is_refused_and_not_repeated: "credentials",
    rows_of_custom_resources_are_checked: "custom-resources",
    bad_indentation_is_one_mistake: "bad-indentation",
    an_unclosed_quote_is_one_mistake: "unclosed-quote",
    a_second_document_is_refused: "two-documents",
    an_empty_file_is_no_policy: "empty",
    a_text_is_no_policy: "text",
    tags_and_unknown_anchors_are_not_repeated: "tag-and-alias",
    columns_count_characters_in_files_with_crlf: "crlf",
}

#[test]
fn the_schema_that_is_checked_in_is_that_of_the_types() {
    let found = schema();
    let stale = found != include_str!("../../pullcreds.schema.json");
    assert!(!stale, "write this to pullcreds.schema.json:\n{found}");
}
