//! Parsers and matchers against slow, plain second implementations: on the tables of `testdata`, and on inputs made
//! from their parts.
#[path = "second/keyring.rs"]
mod keyring;
#[path = "second/payload.rs"]
mod payload;
#[path = "second/reference.rs"]
mod reference;

use base64::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use pullcreds::credentials::payload::PayloadFormat;
use serde_json::Value;

fn table(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(text).collect()
}

// The tables, which Go's own packages computed: the second implementations agree with them too.

#[test]
fn references_of_the_table() {
    for case in table(include_str!("../testdata/references.jsonl")) {
        let input = text(&case["input"]);
        reference::agrees(input);
        let parts = reference::parse(input);
        assert_eq!(parts.is_some(), case["valid"] == true, "{input:?}");
        if let Some(parts) = parts {
            assert_eq!(
                (&*parts.domain, &*parts.path),
                (text(&case["domain"]), text(&case["path"]))
            );
        }
    }
}

#[test]
fn keys_of_the_table() {
    let table = table(include_str!("../testdata/keyring.jsonl"));
    let names = texts(&table[0]["names"]);
    for case in &table[1..] {
        let key = text(&case["key"]);
        let normalised = keyring::normalised(key);
        let normalised = normalised.map(|key| String::from_utf8_lossy(&key).into_owned());
        assert_eq!(normalised.as_deref(), case["normalised"].as_str(), "{key:?}");
        for name in &names {
            keyring::lookup_agrees(&[key], name);
            let listed =
                ["matches", "stands_in_for"].iter().any(|list| texts(&case[list]).contains(name));
            assert_eq!(keyring::lookup(&[key], name) == [0], listed, "{key:?} for {name}");
        }
    }
}

#[test]
fn orders_of_the_table() {
    for case in table(include_str!("../testdata/order.jsonl")) {
        let (keys, name) = (texts(&case["keys"]), text(&case["name"]));
        keyring::lookup_agrees(&keys, name);
        let tried = serde_json::json!(keyring::lookup(&keys, name));
        assert_eq!(tried, case["tried"], "{case}");
    }
}

#[test]
fn payloads_of_the_table() {
    for case in table(include_str!("../testdata/payload.jsonl")) {
        let format =
            PayloadFormat::from_secret_type(text(&case["type"])).expect("a type of pull secrets");
        let encoded = case["base64"].as_str().map(|text| BASE64_STANDARD.decode(text));
        let value = encoded.map_or_else(
            || text(&case["text"]).as_bytes().to_vec(),
            |value| value.expect("base64"),
        );
        payload::agrees(format, &value);
    }
}

// Inputs that are made.

/// Pieces of a text, a few of them changed.
fn pieces(of: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    let odd = prop::sample::select(
        " \n\t/:@.-_%*?[]{}\\\"'#=+&AZaz09éſ\u{212a}\0".chars().collect::<Vec<_>>(),
    );
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), odd), 0..2);
    let parts = proptest::collection::vec(prop::sample::select(of), 0..most);
    (parts, changes).prop_map(|(parts, changes)| {
        let mut text: Vec<char> = parts.concat().chars().collect();
        for (at, character) in changes {
            text.insert(at.index(text.len() + 1), character);
        }
        text.into_iter().collect()
    })
}

const OF_REFERENCES: &[&str] = &[
    "docker.io",
    "index.docker.io",
    "localhost",
    "ghcr.io",
    "my_registry",
    "Registry",
    "a",
    "b-c",
    "d__e",
    "f..g",
    "library",
    "[::1]",
    "[fe80::1",
    "/",
    "/",
    "/",
    ":",
    ":5000",
    ":v1",
    ":V.1-2_3",
    "@",
    "@sha256:",
    "sha512:",
    "sha1:",
    "0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "A",
    ".",
    "-",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

const OF_KEYS: &[&str] = &[
    "https://",
    "http://",
    "docker.io",
    "index.docker.io",
    "ghcr.io",
    "*.example.com",
    "a.example.com",
    "*",
    "?",
    "a*c",
    "abc",
    "[::1]",
    "[fe80::1%25eth0]",
    "localhost",
    ":5000",
    ":443",
    ":",
    "/",
    "/v1/",
    "/v2/",
    "/v1",
    "/acme",
    "/acme/app",
    "user:pw@",
    "%41",
    "%2f",
    "%zz",
    "%C3%A9",
    "é",
    "?x=y",
    "#f",
    "\\",
    "[a-c]",
    ".",
];

const OF_PAYLOADS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"auths\":",
    "\"Auths\":",
    "\"HttpHeaders\":",
    "{\"ghcr.io\":",
    "\"https://r.io/v1/\":",
    "\"auth\":",
    "\"AUTH\":",
    "\"username\":",
    "\"password\":",
    "\"email\":",
    "\"dXNlcjpwYXNz\"",
    "\"dXNlcjo=\"",
    "\"OnBhc3M\"",
    "\"bm9jb2xvbg==\"",
    "\"dXNl\\ncjpw\"",
    "\"x\"",
    "\"\"",
    "null",
    "true",
    "1",
    "1e999",
    "{}",
    "[]",
    " ",
    "\\u0061",
    "\"\\ud800\"",
    "{\"auths\":{\"ghcr.io\":{\"auth\":\"dXNlcjpwYXNz\"}}}",
    "{\"auth\":\"dXNlcjpwYXNz\"}",
    "\"a\":",
];

/// A text that is an image reference, or nearly.
fn near_reference() -> impl Strategy<Value = String> {
    prop_oneof![
        "[aA0._:/@\\[\\]-]{0,12}",
        "(index\\.docker\\.io/|docker\\.io/|localhost/|a_b\\.c/|H/)?[a-z_.-]{0,6}(/[a-z0-9_.-]{1,5}){0,2}(:[\\w.+-]{0,4})?(@sha(256:[0-9a-f]{64}|384:[0-9a-fA-F]{96}|512:f{127,129}))?",
        "[a-f0-9]{63,65}",
        "[a.]{0,3}/[a-b/]{240,260}",
        ".{0,8}",
    ]
}

/// A key of few different letters, so that it often matches [`near_name`].
fn near_key() -> impl Strategy<Value = String> {
    prop_oneof![
        "(https://)?[a*]{1,3}(\\.[b*]{1,2}){0,2}(:[05*]{0,2})?(/v[12]/?)?(/[ab/]{0,3})?",
        "(https://)?(index\\.)?docker\\.io(/|/v1|/v1/|/a)?",
    ]
}

fn near_name() -> impl Strategy<Value = String> {
    prop_oneof!["[a]{1,3}(\\.[b]{1,2}){0,2}(:[05]{1,2})?/[ab]{1,2}", "docker\\.io/[ab]{1,2}"]
}

fn config() -> ProptestConfig {
    // The same in every run, unless PROPTEST_CASES says how many others to try.
    #[expect(clippy::disallowed_methods, reason = "a test reads its own environment")]
    let explores = std::env::var_os("PROPTEST_CASES").is_some();
    let seed = if explores { RngSeed::Random } else { RngSeed::Fixed(1) };
    let cases = if explores { ProptestConfig::default().cases } else { 4000 };
    ProptestConfig { failure_persistence: None, rng_seed: seed, cases, ..ProptestConfig::default() }
}

/// A value that is an object with well-formed fields, mostly.
fn object() -> impl Strategy<Value = String> {
    let values = OF_PAYLOADS.iter().filter(|text| serde_json::from_str::<Value>(text).is_ok());
    let value = prop_oneof![
        prop::sample::select(values.map(ToString::to_string).collect::<Vec<_>>()),
        "[A-Za-z0-9+/=:]{0,12}".prop_map(|text| format!("\"{text}\"")),
    ];
    let name = prop::sample::select(vec![
        "auths",
        "AUTHS",
        "auth",
        "Auth",
        "username",
        "password",
        "paſſword",
        "email",
        "identitytoken",
        "HttpHeaders",
        "r.io",
        "ghcr.io",
        "",
    ]);
    value.prop_recursive(4, 24, 4, move |inner| {
        proptest::collection::vec((name.clone(), inner), 0..4).prop_map(|fields| {
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("{{{}}}", fields.join(","))
        })
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn references_that_are_made(input in prop_oneof![pieces(OF_REFERENCES, 8), near_reference()]) {
        reference::agrees(&input);
    }

    #[test]
    fn patterns_that_are_made(pattern in pieces(OF_KEYS, 5), name in pieces(OF_KEYS, 5)) {
        keyring::agrees(&pattern, &name);
    }

    #[test]
    fn patterns_that_almost_match(pattern in near_key(), name in near_name()) {
        keyring::agrees(&pattern, &name);
    }

    // So many that the program looks them up in an index.
    #[test]
    fn many_keys_that_almost_match(
        keys in proptest::collection::vec(near_key(), 0..50), name in near_name()
    ) {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        keyring::lookup_agrees(&keys, &name);
    }

    #[test]
    fn keys_that_are_made(
        keys in proptest::collection::vec(pieces(OF_KEYS, 4), 0..4), name in pieces(OF_KEYS, 4)
    ) {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        keyring::lookup_agrees(&keys, &name);
    }

    #[test]
    fn payloads_that_are_made(value in prop_oneof![pieces(OF_PAYLOADS, 12), object()], old in any::<bool>()) {
        payload::agrees(if old { PayloadFormat::DockerCfg } else { PayloadFormat::DockerConfigJson }, value.as_bytes());
    }
}
