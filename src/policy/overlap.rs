//! Which of many patterns meet: those that are equal, and those of which neither can win for an image that both match.

use std::collections::{BTreeMap, HashMap};

use super::pattern::{Pattern, PatternShape};

/// Patterns that are there already, each with its place.
#[derive(Default)]
pub(super) struct Patterns {
    equal: HashMap<Pattern, usize>,
    /// Those with a `*` in their host: only they can be equally narrow and meet without being equal.
    with_stars: HashMap<PatternShape, EqualSpecificity>,
    all: Vec<Pattern>,
}

/// Patterns that are equally narrow, for one path and port, and for hosts with equally many labels.
#[derive(Default)]
struct EqualSpecificity {
    /// For each set of labels that have a `*`, those patterns.
    by_stars: BTreeMap<Vec<bool>, Vec<usize>>,
    /// For two such sets, the patterns of the first by the labels that have a `*` in neither, and by what stands before
    /// the first `*`.
    met: HashMap<(Vec<bool>, Vec<bool>), ByLabels>,
}

#[derive(Default)]
struct ByLabels {
    /// How many of the patterns are in here.
    known: usize,
    places: HashMap<Vec<String>, BTreeMap<String, Vec<usize>>>,
}

impl Patterns {
    /// The place of an equal pattern.
    pub(super) fn equal(&self, pattern: &Pattern) -> Option<usize> {
        self.equal.get(pattern).copied()
    }

    /// The place of the first other pattern of which neither can win.
    pub(super) fn ambiguous(&mut self, pattern: &Pattern) -> Option<usize> {
        let stars = pattern.stars();
        let alike = self.with_stars.get_mut(&pattern.shape()?)?;
        let mut found = Vec::new();
        for (others, places) in &alike.by_stars {
            let met = alike.met.entry((others.clone(), stars.clone())).or_default();
            for &place in &places[met.known..] {
                met.add(&self.all[place], &stars, place);
            }
            met.known = places.len();
            found.extend(met.candidates(pattern, others));
        }
        let is_other = |place: &usize| {
            let other = &self.all[*place];
            other != pattern && other.overlaps(pattern)
        };
        found.into_iter().filter(is_other).min()
    }

    /// Adds a pattern with the next place.
    pub(super) fn push(&mut self, pattern: &Pattern) {
        let place = self.all.len();
        self.equal.entry(pattern.clone()).or_insert(place);
        if let Some(shape) = pattern.shape() {
            let alike = self.with_stars.entry(shape).or_default();
            alike.by_stars.entry(pattern.stars()).or_default().push(place);
        }
        self.all.push(pattern.clone());
    }
}

impl ByLabels {
    /// `stars`: the labels of the patterns to be met that have a `*`.
    fn add(&mut self, pattern: &Pattern, stars: &[bool], place: usize) {
        let heads = self.places.entry(pattern.plain_labels(stars)).or_default();
        heads.entry(pattern.head().to_owned()).or_default().push(place);
    }

    /// Those that may meet a pattern: of two texts before the first `*`, if it is in the same label, one begins the
    /// other.
    fn candidates(&self, pattern: &Pattern, others: &[bool]) -> Vec<usize> {
        let Some(heads) = self.places.get(&pattern.plain_labels(others)) else { return Vec::new() };
        let first = |stars: &[bool]| stars.iter().position(|star| *star);
        if first(others) != first(&pattern.stars()) {
            return heads.values().flatten().copied().collect();
        }
        let head = pattern.head();
        let ends = (0..head.len()).filter(|at| head.is_char_boundary(*at));
        let shorter = ends.filter_map(|end| heads.get(&head[..end]));
        let longer =
            heads.range(head.to_owned()..).take_while(|(other, _)| other.starts_with(head));
        shorter.chain(longer.map(|(_, places)| places)).flatten().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern() -> impl Strategy<Value = Pattern> {
        let text = "([ab*]{1,3}\\.){1,2}[ab*]{1,2}(:5)?(/[ab]){0,1}";
        text.prop_filter_map("it parses", |text| Pattern::parse(&text).ok())
    }

    proptest! {
        #[test]
        fn the_first_that_is_equal_or_ambiguous_is_that_of_a_look_at_each(
            all in prop::collection::vec(pattern(), 1..12),
        ) {
            let mut patterns = Patterns::default();
            for (at, pattern) in all.iter().enumerate() {
                let before = &all[..at];
                let equal = before.iter().position(|other| other == pattern);
                prop_assert_eq!(patterns.equal(pattern), equal);
                let ambiguous = before.iter().position(|other| {
                    other != pattern
                        && other.specificity() == pattern.specificity()
                        && other.overlaps(pattern)
                });
                prop_assert_eq!(patterns.ambiguous(pattern), ambiguous, "{:?}", all);
                patterns.push(pattern);
            }
        }
    }
}
