//! The patch layer in small texts: `tests/patch.rs` has what holds of all texts.

use super::{Gap, Gaps, grow};
use crate::edit::{Edit, Plan};
use crate::yaml::{self, Tree};

const OBJECTS: Gaps<'_> = Gaps::Items(Gap::Field("name"));
const STRINGS: Gaps<'_> = Gaps::Items(Gap::Text);
const ONE: Gaps<'_> = Gaps::One(Gap::Text);
const NAMED: Gaps<'_> = Gaps::One(Gap::Field("name"));

/// `text` with `names` at the end of `path`, which is written with dots.
fn grown(text: &str, path: &str, gaps: Gaps<'_>, names: &[&str]) -> Result<String, &'static str> {
    let path: Vec<_> = path.split('.').collect();
    let take = |found: &mut Vec<_>, _, tree: &Tree<'_>| {
        let edit = grow(tree.root(), &path, gaps, "").map_err(|refusal| refusal.why);
        let insert = |patch: &super::Patch<'_, '_>| {
            let text = patch.form.write(names.iter().copied()).expect("the names fit");
            Edit { place: patch.place, insert: text.into() }
        };
        found.push(edit.map(|patch| insert(&patch)));
    };
    let parts = yaml::read(text, |_, _| true, take).expect("it is YAML");
    let edits: Result<Vec<_>, _> = parts.into_iter().flat_map(|(_, found)| found).collect();
    Ok(Plan::new(edits?).expect("the edits are disjoint").apply(text))
}

#[track_caller]
fn check(gaps: Gaps<'_>, before: &str, after: &str) {
    assert_eq!(grown(before, "a.b", gaps, &["new"]).as_deref(), Ok(after));
}

#[track_caller]
fn check_refused(gaps: Gaps<'_>, text: &str, why: &str) {
    let found = grown(text, "a.b", gaps, &["new"]).expect_err("it is refused");
    assert!(found.contains(why), "{found}");
}

#[test]
fn keys_that_are_missing_are_made_in_every_style() {
    check(OBJECTS, "x: 1\n", "a:\n  b:\n  - name: new\nx: 1\n");
    check(OBJECTS, "a:\n    c: 1", "a:\n    b:\n    - name: new\n    c: 1");
    check(OBJECTS, "{x: 1}\n", "{a: {b: [{name: new}]}, x: 1}\n");
    check(OBJECTS, r#"{"x":1}"#, r#"{"a":{"b":[{"name":"new"}]},"x":1}"#);
    check(
        STRINGS,
        "{\n  \"x\": 1\n}",
        "{\n  \"a\": {\n    \"b\": [\n      \"new\"\n    ]\n  },\n  \"x\": 1\n}",
    );
    check(ONE, "x:\n   y: 1\n", "a:\n   b: new\nx:\n   y: 1\n");
    check(NAMED, "x: 1\n", "a:\n  b:\n    name: new\nx: 1\n");
    check(Gaps::Commas, r#"{"x":1}"#, r#"{"a":{"b":"new"},"x":1}"#);
}

#[test]
fn lines_end_as_they_do_around() {
    check(STRINGS, "x: 1\r\n", "a:\r\n  b:\r\n  - new\r\nx: 1\r\n");
    check(STRINGS, "x: 1\ry: 1\r", "x: 1\ra:\r  b:\r  - new\ry: 1\r");
    check(STRINGS, "a:\r  b:", "a:\r  b:\r  - new");
}

#[test]
fn what_is_nothing_gets_a_value() {
    check(OBJECTS, "a:\n", "a:\n  b:\n  - name: new\n");
    check(OBJECTS, "a: {}\n", "a: {b: [{name: new}]}\n");
    check(OBJECTS, "a: null # c\n", "a: {b: [{name: new}]} # c\n");
    check(STRINGS, "a:\n  b: []\n", "a:\n  b: [new]\n");
    check(ONE, "a:\n  b: # c\n", "a:\n  b: new # c\n");
    check(ONE, "a:\n  b: ~\n", "a:\n  b: new\n");
    check(ONE, "a:\n  b: ''\n", "a:\n  b: 'new'\n");
    check(ONE, r#"{"a":{"b":""}}"#, r#"{"a":{"b":"new"}}"#);
    check(ONE, r#"{"a":{"b":null}}"#, r#"{"a":{"b":"new"}}"#);
    check(NAMED, "a:\n  b: {}\n", "a:\n  b: {name: new}\n");
    check(NAMED, "a:\n  b:\n    name: \"\"\n", "a:\n  b:\n    name: \"new\"\n");
    check(NAMED, "a:\n  b:\n    c: d\n", "a:\n  b:\n    name: new\n    c: d\n");
}

#[test]
fn lists_of_strings_grow_in_their_style() {
    check(STRINGS, "a:\n  b:\n    -  'x'\n", "a:\n  b:\n    -  'x'\n    -  'new'\n");
    check(STRINGS, "a: {b: [x, z]}\n", "a: {b: [x, z, new]}\n");
    check(STRINGS, r#"{"a":{"b":["x"]}}"#, r#"{"a":{"b":["x","new"]}}"#);
    check(STRINGS, "{\"a\":{\"b\":[\n\"x\"\n]}}", "{\"a\":{\"b\":[\n\"x\",\n\"new\"\n]}}");
}

#[test]
fn texts_with_commas_grow() {
    check(Gaps::Commas, "a:\n  b: x # c\n", "a:\n  b: x,new # c\n");
    check(Gaps::Commas, "a:\n  b: 'x, y'\n", "a:\n  b: 'x, y, new'\n");
    check(Gaps::Commas, "a:\n  b: \"x,\"\n", "a:\n  b: \"x,new\"\n");
    check(Gaps::Commas, "a: {b: x}\n", "a: {b: \"x,new\"}\n");
    check(Gaps::Commas, "a:\n  b:\n", "a:\n  b: \"new\"\n");
    let two = grown("a: {b: ''}\n", "a.b", Gaps::Commas, &["x", "y"]);
    assert_eq!(two.as_deref(), Ok("a: {b: 'x,y'}\n"));
}

#[test]
fn what_needs_a_guess_is_refused() {
    check_refused(ONE, "a: {b: x}\n", "room for one");
    check_refused(NAMED, "a: {b: {name: x}}\n", "room for one");
    check_refused(ONE, "a: {b: 1}\n", "not a string");
    check_refused(OBJECTS, "a: x\n", "not a mapping");
    check_refused(STRINGS, "a: {b: [{}]}\n", "not all strings");
    check_refused(Gaps::Commas, "a:\n  b: |\n    x\n", "block scalar");
    check_refused(Gaps::Commas, "a:\n  b: &x z\n", "anchor");
    check_refused(Gaps::Commas, "x: &x z\na:\n  b: *x\n", "alias");
}

#[test]
fn keys_that_a_new_key_would_change_are_refused() {
    check_refused(ONE, "\n :", "empty");
    check_refused(ONE, "x: 1\na:\n  : x\n", "empty");
}

#[test]
fn a_pair_in_a_list_has_no_braces_of_its_own() {
    for text in ["a: [c: 1]\n", "a: [{c: 1}: 2]\n", "a: [{c:G, } :1A]\n"] {
        let take = |found: &mut Vec<_>, _, tree: &Tree<'_>| {
            let list = tree.root().get("a").expect("it is there");
            let pair = list.items().next().expect("it has one");
            found.push(grow(pair, &["b"], ONE, "").map(|_| ()).map_err(|refusal| refusal.why));
        };
        let parts = yaml::read(text, |_, _| true, take).expect("it is YAML");
        let found: Vec<_> = parts.into_iter().flat_map(|(_, found)| found).collect();
        assert_eq!(found, [Err("this mapping has no braces")], "{text}");
    }
}

#[test]
fn no_key_is_put_between_a_question_mark_and_its_key() {
    let why = "written with `?`";
    for text in [
        "? c\n: 1\n",
        "?\n  c\n: 1\n",
        "?  # why\n\n  # where\n  c\n: 1\n",
        "? &x\n  c\n: 1\n",
        "?   |+\n  c\n\n",
        "? >-\n  c\n: 1\n",
        "?\n- c # |\n",
        "?\n - - c\n",
        "? #\n  - c: 1\n    d: 2\n",
        "?\n  c: 1\n",
    ] {
        check_refused(STRINGS, text, why);
    }
    check(STRINGS, "? c\n: 1\nd: 2\n", "? c\n: 1\na:\n  b:\n  - new\nd: 2\n");
    check(STRINGS, "c: what is a ?\nd: 2\n", "c: what is a ?\na:\n  b:\n  - new\nd: 2\n");
}
