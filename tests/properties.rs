//! What is promised of every input, on many: `tests/support/promises.rs` has the promises, `tests/support/manifests.rs`
//! makes the streams. They are the same in every run, unless `PROPTEST_CASES` says how many others to try.
#![allow(clippy::disallowed_methods, reason = "a test reads its own environment")]

#[path = "support/data.rs"]
mod data;
#[path = "support/leaks.rs"]
mod leaks;
#[path = "support/manifests.rs"]
mod manifests;
#[path = "support/promises.rs"]
mod promises;
#[path = "support/rows.rs"]
mod rows;

use std::fmt;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngSeed, TestRunner};

use pullcreds::kinds::path::Step;
use pullcreds::kinds::proposal::Structure;
use pullcreds::kinds::{FieldPath, PullSite, SecretForm, SplitImage};
use pullcreds::policy::Policy;

use manifests::{Dice, json_stream, stream};

/// A text that shows itself as it is, to be read.
struct Text(String);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}\n{}", self.0, self.0)
    }
}

/// A password of `testdata/fixture-secrets.txt`.
const PASSWORD: &str = "Correct-Horse-7-Battery";

/// Bytes to make a stream of; they shrink towards the plainest one.
fn dice() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..400)
}

fn manifests() -> impl Strategy<Value = Text> {
    dice().prop_map(|dice| Text(stream(&mut Dice::new(&dice))))
}

fn json_manifests() -> impl Strategy<Value = Text> {
    dice().prop_map(|dice| Text(json_stream(&mut Dice::new(&dice))))
}

/// A stream that holds a password in many places, and perhaps a line that is not YAML.
fn confidential() -> impl Strategy<Value = Text> {
    (dice(), any::<Option<prop::sample::Index>>()).prop_map(|(dice, broken)| {
        let mut text = stream(&mut Dice::with_password(&dice, PASSWORD));
        let lines: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
        if let Some(at) = broken.filter(|_| !lines.is_empty()) {
            text.insert_str(lines[at.index(lines.len())], "\t: [\n");
        }
        Text(text)
    })
}

/// A policy with lines gone, doubled and changed.
fn policy() -> impl Strategy<Value = String> {
    const WHOLE: &str = include_str!("../testdata/policy/full.yaml");
    let lines = proptest::collection::vec((any::<prop::sample::Index>(), 0..4_u8, piece()), 0..6);
    lines.prop_map(|changes| {
        let mut lines: Vec<String> = WHOLE.split_inclusive('\n').map(str::to_owned).collect();
        for (at, what, piece) in changes {
            let at = at.index(lines.len());
            match what {
                0 => lines[at].clear(),
                1 => lines[at] = lines[at].repeat(2),
                2 => lines[at].insert_str(0, piece),
                _ => {
                    let line = lines[at].trim_end().to_owned();
                    lines[at] = format!("{line}{piece}\n");
                }
            }
        }
        lines.concat()
    })
}

/// A stream with something in it gone, doubled, or put in from elsewhere.
fn broken_manifests() -> impl Strategy<Value = Text> {
    let changes =
        proptest::collection::vec((any::<prop::sample::Index>(), 0..12_usize, piece()), 1..4);
    (manifests(), changes).prop_map(|(Text(mut text), changes)| {
        for (at, length, piece) in changes {
            let start = text.floor_char_boundary(at.index(text.len() + 1));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, piece);
        }
        Text(text)
    })
}

/// What means something to YAML, or to what reads it.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "",
        "",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "- ",
        "-",
        ":",
        ": ",
        "? ",
        "#",
        " #",
        "\"",
        "'",
        "\\",
        "|\n",
        ">-\n",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&a ",
        "*a",
        "<<: ",
        "!!str ",
        "! ",
        "%",
        "---\n",
        "\n---\n",
        "\n...\n",
        "~",
        "null",
        "\u{feff}",
        "\u{2028}",
        "\0",
        "é",
        "kind: Pod\n",
        "spec:\n",
        "containers:\n",
        "image: a/b:c\n",
        "imagePullSecrets:",
        "imagePullSecrets: []\n",
        "name: x\n",
        "apiVersion: v1\n",
        "items:\n",
        "\n  ",
        "\n    ",
    ])
}

/// Such pieces one after the other.
fn soup() -> impl Strategy<Value = Text> {
    proptest::collection::vec(piece(), 0..40).prop_map(|pieces| Text(pieces.concat()))
}

/// A path of `JSONPath` that may lead somewhere in a Pod, and one that may be wrong.
fn field_path() -> impl Strategy<Value = String> {
    let step = prop::sample::select(vec![
        ".spec",
        ".metadata",
        ".containers",
        ".image",
        ".name",
        ".items",
        "[*]",
        ".*",
        "[0]",
        "[-1]",
        "[::-1]",
        "[1:]",
        "[:-1]",
        "['a.b']",
        "[?@.a]",
        "..",
        ".-",
    ]);
    let start = prop::sample::select(vec!["$", "$", "$.items[*]", "$.spec", "", "spec"]);
    (start, proptest::collection::vec(step, 0..6))
        .prop_map(|(start, steps)| format!("{start}{}", steps.concat()))
}

fn config() -> ProptestConfig {
    let explores = std::env::var_os("PROPTEST_CASES").is_some();
    let rng_seed = if explores { RngSeed::Random } else { RngSeed::Fixed(1) };
    ProptestConfig { failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_promises_hold_for_manifests(text in manifests()) {
        promises::hold_for_text(&text.0);
    }

    #[test]
    fn the_promises_hold_for_json(text in json_manifests()) {
        prop_assert!(promises::is_json(&text.0), "the stream is JSON");
        promises::hold_for_text(&text.0);
    }

    #[test]
    fn the_promises_hold_for_broken_manifests(text in broken_manifests()) {
        promises::hold_for_text(&text.0);
    }

    #[test]
    fn the_promises_hold_for_soup(text in soup()) {
        promises::hold_for_text(&text.0);
    }

    #[test]
    fn a_path_leads_into_the_text(path in field_path(), text in broken_manifests()) {
        rows::hold(&path, &text.0);
    }

    #[test]
    fn nothing_is_told_of_a_stream_with_a_password(text in confidential()) {
        promises::nothing_is_told(&text.0);
    }

    #[test]
    fn policies_are_read_or_refused(text in policy()) {
        promises::policies_are_read(&text);
    }

    #[test]
    fn the_promises_hold_for_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        promises::hold_for_bytes(&bytes);
    }
}

/// Inputs for which a promise did not hold once.
const FOUND: &[&str] = &[
    // An alias gives way to a list of its own, and what it stood for has one user less.
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    containers: []\n    \
     imagePullSecrets: &own []\n- apiVersion: v1\n  kind: Pod\n  spec:\n    containers: []\n    imagePullSecrets: *own\n",
    // An entry that says more than a name must not be lost when the list is written again.
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    containers: []\n    \
     imagePullSecrets: &own [{name: x, note: y}, {}]\n- apiVersion: v1\n  kind: Pod\n  spec:\n    \
     containers: []\n    imagePullSecrets: *own\n",
    // Of two keys the last one counts, however it is written.
    "kind: Widget\n\"kind\": Pod\napiVersion: v1\nspec: {containers: [{image: a}]}\n",
    // An excerpt may end before the place that it points at.
    "kind: Pod\n\u{feff}\n---\n",
    // Where line endings are mixed, results that are replaced keep those that they have.
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\neditsc:\n    conec:\r\n    template:\r\n        \
     spec:\r\n            containers:\r\n              - name: a\r\n        #     S",
    // A carriage return alone ends a line, and a marker after it a list of resources.
    "# Snd: Deploymau\r\r---",
    // A line may end with a carriage return alone, followed by a key of another mapping.
    "apiVersion: v1\nkind: Pod\nspec:\n  <<: &banczplate:\r\n       ) specW:\re:\r\n # c\n---\na: b\n",
    // A name of an anchor may come twice.
    "apiVersion: v1\nkind: List\nx: &own []\ny: &own []\nz: &other [a]\nitems:\n- apiVersion: v1\n  kind: Pod\n  \
     spec:\n    containers: []\n    imagePullSecrets: *own\n",
    // A key without a colon has its value after it, and not where the text continues.
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\nimagePullSecrets:\n- ? me: r\n---\na: b\n",
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\nimagePullSecrets:\n- ? [me, r]\n# c\n---\na: b\n",
    // A marker may be where a block scalar ends.
    "a:\n  - b: |2\r\r\r---\r#c\r\n",
    // What a merge key brings in may have a tag, and so may a document and a key.
    "apiVersion: apps/v1\nkind: Deployment\nspec:\n  ! template:\n    spec:\n      containers: [{image: a}]\n",
    "--- !\napiVersion: a1\nkind: Pod\nspec:\n  a: [{name: a}]\n",
    "apiVersion: v1\nkind: Pod\nspec:\n  <<: !b {imagePullSecrets: [{name: m}]}\n  a: [{name: a}]\n",
    // A merge key may have an anchor, and the new key is not in the column of what is after it.
    "\u{feff}apiVersion: v1\nkind: Pod\nspec:\n  &a <<: &b[{name: \"a\", image: 'b'}]\n...\n---\na: b\n",
    // What is skipped for its kind may be nothing that can be read.
    "a# Source:apiVersion: v1\nkind: Li2t\nets: &ow?n[] []\nec:\n nd: Li2t\nseot&: w?n []\nec:\nnd::  Dv",
    // A key without a value may end in a block scalar.
    "? ?son: |\n    {\"authsclust\": {\"ghcr.io\": {\"a?!",
    // In JSON a null, and what is beside one, are replaced by JSON.
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[],\"imagePullSecrets\":null}}",
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"imagePullSecrets\":[null]}}",
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"imagePullSecrets\": [{\"name\":\"a\"}, {}]}}",
    "{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":null,\"imagePullSecrets\":[{\"name\": null}]}",
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"annotations\":{\"pullcreds.dev/checked\":null}},\"spec\":{}}",
    // What is injected and the results of a function may come at one place: the end of the text.
    "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    \
     containers: []\n    imagePullSecrets:",
    "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    \
     containers: []\n    imagePullSecrets:\n    - name: a",
    "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    \
     <<: {a: b}",
    "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec: {}\n  \
     metadata:\n    annotations:",
    // The colon of a key may be further down.
    "apiVersion: v1\nkind: Pod\nspec:\n  imagePullSecrets:\n  - ~\n  - ? name\n    :\n  containers: []\n",
    // Aliases that contain themselves, and aliases that expand to too much.
    "&a\napiVersion: v1\nkind: List\nitems: [*a]\n",
    "apiVersion: v1\nkind: Pod\nspec: &a\n  <<: [*a]\n",
    // The last character that is shown may have several bytes.
    "</////////////////////////////////tingsecret///////\r\u{2028}\u{2028}",
];

#[test]
fn the_promises_hold_for_what_was_found() {
    for text in FOUND {
        promises::hold_for_text(text);
    }
}

/// Streams that the program cannot read prove little.
#[test]
fn most_streams_can_be_read_and_many_are_edited() {
    let mut runner = TestRunner::deterministic();
    let (mut read, mut known, mut edited) = (0, 0, 0);
    for _ in 0..300 {
        let text = manifests().new_tree(&mut runner).expect("a stream can be made").current().0;
        let Some(edits) = promises::edits(&text) else { continue };
        read += 1;
        known += usize::from(data::load(&text).is_some());
        edited += usize::from(edits > 0);
    }
    let counts = format!("{read} read, {known} known to both parsers, {edited} edited");
    assert!(read > 280 && known > 250 && edited > 200, "{counts}");
}

#[test]
fn the_promises_hold_for_large_streams() {
    let mut runner = TestRunner::deterministic();
    let mut tried = 0;
    while tried < 3 {
        let text = manifests().new_tree(&mut runner).expect("a stream can be made").current().0;
        // A directive would make one part of all, and ServiceAccounts of all parts are in one stream.
        let apart = !["%", "ServiceAccount", "\u{feff}"].iter().any(|word| text.contains(word));
        if promises::edits(&text).is_some_and(|edits| edits > 0) && apart {
            promises::repeating_repeats(&format!("---\n{}\n", text.trim_end_matches('\n')));
            tried += 1;
        }
    }
}

// Proposed entries of policies.

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = prop_oneof![
        Just("spec".to_owned()),
        Just("pods".to_owned()),
        "[a-z]{1,3}(-[a-z])?",
        "[ -~\u{e9}\u{7f}\n]{0,6}",
    ];
    let name = name.prop_map(|name| Step::Name(name.into())).boxed();
    let step = prop_oneof![3 => name.clone(), 1 => Just(Step::Wildcard)];
    (proptest::collection::vec(step, 0..4), name).prop_map(|(mut steps, last)| {
        steps.push(last);
        steps
    })
}

fn paths() -> impl Strategy<Value = Vec<FieldPath>> {
    proptest::collection::vec(steps().prop_map(|steps| FieldPath::of_steps(&steps)), 0..4)
}

fn structures() -> impl Strategy<Value = Structure> {
    let forms = prop_oneof![
        Just(SecretForm::Objects),
        Just(SecretForm::Names),
        Just(SecretForm::Object),
        Just(SecretForm::Name)
    ];
    let images = (paths(), paths(), paths(), proptest::collection::vec(forms, 4));
    (images, paths(), paths()).prop_map(|((pod_specs, images, secrets, forms), split, accounts)| {
        let part = |name| Some(FieldPath::of_name(name));
        let image = SplitImage {
            repository: part("repository"),
            tag: part("tag"),
            ..SplitImage::default()
        };
        Structure {
            pod_specs: pod_specs.into_iter().collect(),
            images: images.into_iter().collect(),
            split_images: split.into_iter().map(|at| (at, image.clone())).collect(),
            pull_secrets: secrets.into_iter().zip(forms).collect(),
            service_accounts: accounts.into_iter().collect(),
            ..Structure::default()
        }
    })
}

/// What sites say, whatever the form in which they say it.
fn said(sites: &[PullSite]) -> Vec<String> {
    let mut said: Vec<_> = sites
        .iter()
        .map(|site| {
            let split: Vec<_> = site.split_images.iter().map(|split| site.parts(split)).collect();
            let accounts = site.service_account.iter().map(|path| site.absolute(path));
            let accounts: Vec<_> = accounts.collect();
            let (spec, fields) = (site.pod_spec_path(), site.secret_fields());
            format!("{spec:?} {fields:?} {:?} {split:?} {accounts:?}", site.image_fields())
        })
        .collect();
    said.sort();
    said
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_proposed_entry_is_one_that_a_policy_can_have(structure in structures()) {
        let proposal = structure.proposal("example.com", "Widget");
        prop_assume!(!proposal.sites.is_empty());
        let head = "apiVersion: pullcreds.dev/v1alpha1\nkind: PullCredentialPolicy\nspec:\n  customResources:\n";
        for entry in [format!("  - {}\n", proposal.flow()), proposal.block(2)] {
            let text = format!("{head}{entry}");
            let policy = Policy::parse(&text, &[]);
            prop_assert!(policy.is_ok(), "{text}{:?}", policy.err());
            let rows = policy.expect("it is one").kinds().rows().to_vec();
            prop_assert_eq!(said(&rows[0].sites), said(&proposal.sites), "{}", text);
        }
    }
}
