//! The matching of keys and their order, held against what Go makes of them.

use super::*;
use proptest::prelude::*;
use serde::Deserialize;

/// The first line of `testdata/keyring.jsonl`.
#[derive(Deserialize)]
struct Names {
    names: Vec<String>,
}

/// Each other line: one key, alone in a keyring, and all of the names it is tried for. Computed with
/// Go's packages and the functions of `keyring.go`.
#[derive(Deserialize)]
struct Case {
    key: String,
    normalised: Option<String>,
    matches: Vec<String>,
    stands_in_for: Vec<String>,
}

#[test]
fn every_key_of_the_table_is_normalised_and_matched_as_in_go() {
    let mut lines = include_str!("../../../testdata/keyring.jsonl").lines();
    let Names { names } = serde_json::from_str(lines.next().unwrap()).unwrap();
    for line in lines {
        let case: Case = serde_json::from_str(line).unwrap();
        let normalised = normalise(&case.key).ok();
        assert_eq!(normalised.map(|key| key.text().into_owned()), case.normalised, "{line}");
        let keyring = Keyring::from_keys([(0, 0, case.key.as_str())]);
        let found = |via_hub_fallback: bool| -> Vec<&String> {
            let is_found = |name: &&String| {
                keyring.lookup(name).iter().any(|found| found.via_hub_fallback == via_hub_fallback)
            };
            names.iter().filter(is_found).collect()
        };
        assert_eq!(found(false), case.matches.iter().collect::<Vec<_>>(), "{line}");
        assert_eq!(found(true), case.stands_in_for.iter().collect::<Vec<_>>(), "{line}");
    }
}

/// One line of `testdata/order.jsonl`: each key in a secret of its own.
#[derive(Deserialize)]
struct Order {
    keys: Vec<String>,
    name: String,
    tried: Vec<usize>,
}

fn tried(keys: &[String], name: &str) -> Vec<usize> {
    let keys = keys.iter().enumerate().map(|(secret, key)| (secret, 0, key.as_str()));
    Keyring::from_keys(keys).lookup(name).iter().map(|found| found.secret).collect()
}

#[test]
fn entries_are_tried_in_the_order_of_go() {
    for line in include_str!("../../../testdata/order.jsonl").lines() {
        let case: Order = serde_json::from_str(line).unwrap();
        assert_eq!(tried(&case.keys, &case.name), case.tried, "{line}");
    }
}

#[test]
fn the_entries_of_secrets_keep_their_places() {
    use crate::credentials::payload::{Format, read};
    let read = |value: &str| read(Format::DockerConfigJson, value.as_bytes());
    let secrets = [
        read(r#"{"auths":{"quay.io":{},"ghcr.io":{}}}"#),
        read(r#"{"auths":{"ghcr.io":{},"gh cr.io":{}}}"#),
    ];
    let keyring = Keyring::new([(7, secrets[0].entries()), (9, secrets[1].entries())]);
    let found = keyring.lookup("ghcr.io/acme/app");
    let places: Vec<_> = found.iter().map(|found| (found.secret, found.entry)).collect();
    assert_eq!(places, [(7, 1), (9, 0)]);
    let [dropped] = keyring.dropped() else { panic!("one key is no URL") };
    assert_eq!((dropped.key, dropped.secret, dropped.entry), ("gh cr.io", 9, 1));
    assert_eq!(dropped.error, InvalidUrl::HostCharacter(' '));
}

/// The plain second implementation, for keys and names without escapes, user names and brackets:
/// split at the first slash, at the colon and at dots, and compare.
mod plain {
    /// Host with port, and path.
    fn split(url: &str) -> (&str, &str) {
        url.split_at(url.find('/').unwrap_or(url.len()))
    }

    pub(super) fn normalise(key: &str) -> Option<String> {
        let key = key.trim_start_matches("https://");
        let (host, path) = split(key);
        if let Some((_, port)) = host.split_once(':')
            && !port.chars().all(|c| c.is_ascii_digit())
        {
            return None;
        }
        let path = match path.get(..4) {
            Some("/v1/" | "/v2/") => &path[3..],
            _ => path,
        };
        Some(format!("{host}{}", if path == "/" { "" } else { path }))
    }

    pub(super) fn is_match(key: &str, name: &str) -> bool {
        let ((key_host, key_path), (name_host, name_path)) = (split(key), split(name));
        let port = |host: &str| host.split_once(':').map_or(String::new(), |(_, port)| port.into());
        let labels = |host: &str| -> Vec<String> {
            let host = host.split_once(':').map_or(host, |(host, _)| host);
            host.split('.').map(str::to_owned).collect()
        };
        let (key_labels, name_labels) = (labels(key_host), labels(name_host));
        port(key_host) == port(name_host)
            && key_labels.len() == name_labels.len()
            && name_path.starts_with(key_path)
            && key_labels.iter().zip(&name_labels).all(|(key, name)| label(key, name))
    }

    /// A label as a regular expression.
    fn label(pattern: &str, label: &str) -> bool {
        let expression = pattern.split('*').map(regex::escape).collect::<Vec<_>>().join(".*");
        regex::Regex::new(&format!("^{expression}$")).unwrap().is_match(label)
    }

    pub(super) fn lookup(keys: &[String], name: &str) -> Vec<usize> {
        let mut found: Vec<(String, usize)> = Vec::new();
        let normalised = |(index, key): (usize, &String)| Some((normalise(key)?, index));
        for (key, index) in keys.iter().enumerate().filter_map(normalised) {
            if is_match(&key, name) {
                found.push((key, index));
            }
        }
        found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let is_named = name.find(['.', ':', '/']).is_some_and(|at| !name[at..].starts_with('/'));
        if found.is_empty() && (name.starts_with("docker.io/") || !is_named) {
            let keys = keys.iter().enumerate().filter_map(normalised);
            found = keys.filter(|(key, _)| key == "index.docker.io").collect();
        }
        found.into_iter().map(|(_, index)| index).collect()
    }
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "(https://)?[a*]{1,3}(\\.[b*]{1,2}){0,2}(:[05*]{0,2})?(/v[12]/?)?(/[ab/]{0,3})?",
        "(https://)?(index\\.)?docker\\.io(/|/v1|/v1/|/a)?",
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a]{1,3}(\\.[b]{1,2}){0,2}(:[05]{1,2})?/[ab]{1,2}", "docker\\.io/[ab]{1,2}"]
}

proptest! {
    #[test]
    fn any_keys_are_tried_in_the_order_of_a_plain_matcher(
        keys in proptest::collection::vec(key(), 0..3 * WORTH_AN_INDEX),
        name in name(),
    ) {
        prop_assert_eq!(tried(&keys, &name), plain::lookup(&keys, &name), "{:?} {}", keys, name);
    }

    #[test]
    fn of_many_keys_those_are_tried_that_match_alone(
        keys in proptest::collection::vec(
            "[a*?]{0,2}(\\[\\^?[ab-]{1,2}\\]|\\\\[ab*])?[ab*]{0,2}(\\.[ab*]{0,3}){0,2}(:5)?(/[ab]{0,2}){0,2}",
            WORTH_AN_INDEX..4 * WORTH_AN_INDEX,
        ),
        name in "[ab*]{0,4}(\\.[ab]{0,3}){0,2}(:5)?/[ab]{0,2}(/[ab]{0,2})?",
    ) {
        let given = |at: usize| (at, 0, keys[at].as_str());
        let together = Keyring::from_keys((0..keys.len()).map(given));
        let alone = |at: &usize| !Keyring::from_keys([given(*at)]).matching(&name).is_empty();
        let alone: Vec<_> = (0..keys.len()).filter(alone).collect();
        let mut found: Vec<_> =
            together.matching(&name).into_iter().flatten().map(|key| key.secret).collect();
        found.sort_unstable();
        prop_assert_eq!(found, alone);
    }

    #[test]
    fn a_secret_covers_an_image_if_one_of_its_keys_is_tried_when_it_is_alone(
        keys in proptest::collection::vec(key(), 0..3 * WORTH_AN_INDEX),
        name in name(),
    ) {
        // Two keys for each secret.
        let given = |at: usize| (at / 2, at % 2, keys[at].as_str());
        let all = Keyring::from_keys((0..keys.len()).map(given));
        let alone = |secret: &usize| {
            let own = (0..keys.len()).filter(|at| at / 2 == *secret).map(given);
            !Keyring::from_keys(own).lookup(&name).is_empty()
        };
        let alone: Vec<_> = (0..keys.len().div_ceil(2)).filter(alone).collect();
        prop_assert_eq!(all.secrets_for(&name).collect::<Vec<_>>(), alone);
    }

    #[test]
    fn a_key_without_scheme_and_version_matches_like_a_pattern_of_match_images(
        key in "[a*]{1,2}(\\.[b*]{1,2}){0,2}(:5)?(/[ab]{1,2})?",
        name in name(),
    ) {
        prop_assert_eq!(urls_match(&key, &name), plain::is_match(&key, &name));
    }

    #[test]
    fn a_suggestion_always_matches_and_no_text_makes_it_panic(key in ".{0,12}", name in name()) {
        if let Some(miss) = explain_near_miss([key.as_str()], &name) {
            prop_assert!(!miss.to_string().is_empty());
            if let Some(suggestion) = miss.suggestion {
                prop_assert!(!Keyring::from_keys([(0, 0, &*suggestion)]).lookup(&name).is_empty());
            }
        }
    }
}
