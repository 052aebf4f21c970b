//! The matching of keys and their order, compared with the results of Go.

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
        assert_eq!(
            normalised.map(|key| String::from_utf8_lossy(&key).into_owned()),
            case.normalised,
            "{line}"
        );
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
    let keys = [(7, 0, "quay.io"), (7, 1, "ghcr.io"), (9, 0, "ghcr.io"), (9, 1, "gh cr.io")];
    let found = Keyring::from_keys(keys).lookup("ghcr.io/acme/app");
    let places: Vec<_> = found.iter().map(|found| (found.secret, found.entry)).collect();
    assert_eq!(places, [(7, 1), (9, 0)]);
    assert_eq!(normalise("gh cr.io"), Err(InvalidUrl::HostCharacter(' ')));
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

fn nearest_of(keys: &[String], name: &str) -> Option<NearMiss> {
    let misses = std::sync::OnceLock::new();
    nearest(&misses, keys.len(), |at| &keys[at], name).map(|(_, miss)| miss)
}

proptest! {
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
    fn the_nearest_of_many_keys_is_that_of_a_look_at_each(
        keys in proptest::collection::vec(
            prop_oneof![
                "(HTTPS?://|oci://|https://)?[aA*]{0,2}(\\.[abB*]{1,2}){0,3}(:[05]{1,2})?(/v[12]|/v3/|/[abA*]{1,2}){0,2}[/ ]?(:v1)?",
                "(registry-1\\.|index\\.|hub\\.)?[dD]ocker\\.(io|com)(/v1|/v1/|/a|/|:443)?",
                ".{0,6}",
            ],
            1..3 * WORTH_AN_INDEX,
        ),
        name in prop_oneof![
            "[aA]{1,2}(\\.[abB]{1,2}){0,3}(:[05]{1,2})?/[ab]{1,2}(/[ab]{1,2})?",
            "docker\\.io/(library/)?[ab]{1,2}",
        ],
    ) {
        let plain = explain_near_miss(keys.iter().map(String::as_str), &name);
        if !Keyring::from_keys(keys.iter().map(|key| (0, 0, key.as_str()))).lookup(&name).is_empty() {
            return Ok(());
        }
        let misses = Misses::of(keys.iter().map(String::as_str));
        let nearest = misses.nearest(|at| &keys[at], &name).map(|(_, miss)| miss);
        prop_assert_eq!(&nearest, &plain, "{:?} {}", keys, name);
        prop_assert_eq!(&nearest_of(&keys, &name), &plain);
        let meant = misses.meant_for(&name);
        for (at, key) in keys.iter().enumerate() {
            let miss = explain_near_miss([key.as_str()], &name);
            let is_meant = miss.is_some_and(|miss| miss.suggestion.is_some());
            prop_assert!(!is_meant || meant.contains(&at), "{:?} {}", key, name);
        }
    }

    #[test]
    fn several_keyrings_are_as_one(
        keys in proptest::collection::vec(proptest::collection::vec(key(), 0..4), 1..4),
        name in name(),
    ) {
        let all = keys.iter().enumerate().flat_map(|(secret, keys)| {
            keys.iter().enumerate().map(move |(entry, key)| (secret, entry, key.as_str()))
        });
        let one = Keyring::from_keys(all);
        let several: Vec<_> = keys
            .iter()
            .map(|keys| {
                Keyring::from_keys(keys.iter().enumerate().map(|(at, key)| (0, at, key.as_str())))
            })
            .collect();
        let several: Vec<_> =
            several.iter().enumerate().map(|(secret, keyring)| (Some(secret), keyring)).collect();
        prop_assert_eq!(Keyring::lookup_in(&several, &name), one.lookup(&name));
    }

    #[test]
    fn a_suggestion_always_matches_and_no_text_makes_it_panic(key in ".{0,12}", name in name()) {
        if let Some(miss) = explain_near_miss([key.as_str()], &name) {
            prop_assert!(!miss.message().is_empty());
            if let Some(suggestion) = miss.suggestion {
                prop_assert!(!Keyring::from_keys([(0, 0, &*suggestion)]).lookup(&name).is_empty());
            }
        }
    }
}
