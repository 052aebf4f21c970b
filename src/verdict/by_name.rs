//! Things by name and namespace. There may be many thousand of them, mostly all of different names or all of one.
//! Nothing here knows what they are.

use std::ops::Range;
use std::rc::Rc;

/// Things of which some may have the same name.
pub(super) struct ByName<'i, T> {
    // Invariant: sorted by name.
    names: Vec<(&'i str, Range<usize>)>,
    groups: SameName<'i, T>,
}

/// Things of some names, in the order of names.
struct SameName<'i, T> {
    things: Vec<T>,
    places: Vec<InNamespace<'i, T>>,
}

/// A thing in its namespace.
#[derive(Clone, Copy)]
pub(super) struct InNamespace<'i, T> {
    namespace: Option<&'i str>,
    /// How many were given before it.
    pub(super) order: usize,
    pub(super) source: usize,
    pub(super) thing: T,
}

/// Things that have one name, or some of them.
pub(super) struct Called<'c, 'i, T> {
    /// All of them, in their order.
    things: &'c [T],
    // Invariant: the same, sorted by namespace; those of one namespace in their order.
    places: &'c [InNamespace<'i, T>],
    some: Option<Rc<Chosen>>,
}

/// Some of the things of one name.
pub(super) struct Chosen {
    // Invariant: places in both lists, in order.
    things: Vec<usize>,
    places: Vec<usize>,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Query<'q> {
    /// Where the question comes from.
    pub(super) source: usize,
    /// The namespace; the default one for none.
    pub(super) wanted: Option<&'q str>,
    /// What things without a namespace are in.
    pub(super) default: Option<&'q str>,
}

/// A thing as it is given.
pub(super) struct NamedThing<'i, T> {
    pub(super) name: &'i str,
    pub(super) namespace: Option<&'i str>,
    pub(super) source: usize,
    pub(super) thing: T,
}

impl<'i, T: Copy> ByName<'i, T> {
    /// Those of one name stay in their order, which is that of sources.
    pub(super) fn new(mut given: Vec<NamedThing<'i, T>>) -> Self {
        given.sort_by_key(|one| one.name);
        let mut names = Vec::new();
        let mut groups = SameName { things: Vec::new(), places: Vec::new() };
        for called in given.chunk_by(|a, b| a.name == b.name) {
            let start = groups.things.len();
            groups.extend(called);
            names.push((called[0].name, start..groups.things.len()));
        }
        Self { names, groups }
    }

    /// Those with this name.
    pub(super) fn get(&self, name: &str) -> Called<'_, 'i, T> {
        let found = self.names.binary_search_by(|(other, _)| (*other).cmp(name));
        let range = found.map_or(0..0, |at| self.names[at].1.clone());
        let SameName { things, places } = &self.groups;
        Called { things: &things[range.clone()], places: &places[range], some: None }
    }
}

impl<'i, T: Copy> SameName<'i, T> {
    /// Takes in the things of one name.
    fn extend(&mut self, called: &[NamedThing<'i, T>]) {
        let start = self.places.len();
        for (order, NamedThing { namespace, source, thing, .. }) in called.iter().enumerate() {
            let (namespace, source, thing) = (*namespace, *source, *thing);
            self.things.push(thing);
            self.places.push(InNamespace { namespace, order, source, thing });
        }
        self.places[start..].sort_by_key(|place| place.namespace);
    }
}

impl<'c, 'i, T: Copy> Called<'c, 'i, T> {
    /// In their order.
    pub(super) fn things(&self) -> impl DoubleEndedIterator<Item = T> + use<'_, 'c, 'i, T> {
        (0..self.len()).map(|at| self.things[self.some.as_ref().map_or(at, |some| some.things[at])])
    }

    pub(super) fn last(&self) -> Option<T> {
        self.things().next_back()
    }

    fn len(&self) -> usize {
        self.some.as_ref().map_or(self.things.len(), |some| some.things.len())
    }

    fn place(&self, at: usize) -> Option<&'c InNamespace<'i, T>> {
        match &self.some {
            None => self.places.get(at),
            Some(some) => some.places.get(at).map(|at| &self.places[*at]),
        }
    }

    /// Which are wanted, of all that have the name.
    pub(super) fn chosen(&self, is_wanted: &[bool]) -> Chosen {
        let things = (0..self.things.len()).filter(|at| is_wanted[*at]).collect();
        let places =
            (0..self.places.len()).filter(|at| is_wanted[self.places[*at].order]).collect();
        Chosen { things, places }
    }

    /// Only those.
    pub(super) fn only_those(self, some: Rc<Chosen>) -> Self {
        Self { some: Some(some), ..self }
    }

    /// Those of the namespace, in order within each way to say it.
    pub(super) fn within(&self, asked: Query<'_>) -> impl Iterator<Item = &'c InNamespace<'i, T>> {
        self.ranges(asked).into_iter().flatten().filter_map(|at| self.place(at))
    }

    /// Where those of the namespace are: those that say it, and those that are silent if it is the default.
    fn ranges(&self, asked: Query<'_>) -> [Range<usize>; 2] {
        let is_default = asked.default.is_some() && asked.wanted == asked.default;
        let silent = if is_default { self.saying(None) } else { 0..0 };
        [self.saying(asked.wanted), silent]
    }

    fn saying(&self, namespace: Option<&str>) -> Range<usize> {
        let start = self.first(0..self.len(), |place| place.namespace >= namespace);
        start..self.first(start..self.len(), |place| place.namespace > namespace)
    }

    /// The first place in a range from which on `holds` is true; its end if there is none.
    fn first(&self, range: Range<usize>, holds: impl Fn(&InNamespace<'i, T>) -> bool) -> usize {
        let Range { mut start, mut end } = range;
        while start < end {
            let middle = start + (end - start) / 2;
            if self.place(middle).is_none_or(&holds) {
                end = middle;
            } else {
                start = middle + 1;
            }
        }
        start
    }

    /// The last one of the namespace, of the same source if there is one.
    pub(super) fn last_within(&self, asked: Query<'_>) -> Option<T> {
        let last = |range: Range<usize>| {
            let end = self.first(range.clone(), |place| place.source > asked.source);
            let before = |at: usize| self.place(at.checked_sub(1).filter(|at| range.contains(at))?);
            before(end).filter(|place| place.source == asked.source).or_else(|| before(range.end))
        };
        let lasts = self.ranges(asked).into_iter().filter_map(last);
        let last = lasts.max_by_key(|place| (place.source == asked.source, place.order))?;
        Some(last.thing)
    }

    /// The last one, if all are in one namespace, and if either that or the one that is wanted is not known.
    pub(super) fn only(&self, asked: Query<'_>) -> Option<T> {
        let of = |place: &InNamespace<'i, T>| place.namespace.or(asked.default);
        let last = self.place(self.len().checked_sub(1)?)?;
        let speaking = self.place(self.saying(None).end).unwrap_or(last);
        let namespace = of(last);
        let is_one = self.place(0).is_some_and(|first| of(first) == namespace);
        let is_one = is_one && of(speaking) == namespace;
        (is_one && namespace.is_some() != asked.wanted.is_some()).then(|| self.last()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Thing = (usize, Option<&'static str>, usize);

    fn by_name(things: &[Thing]) -> ByName<'static, Thing> {
        let given = things.iter().map(|&(source, namespace, number)| {
            let thing = (source, namespace, number);
            NamedThing { name: "a", namespace, source, thing }
        });
        ByName::new(given.collect())
    }

    #[test]
    fn what_has_the_same_name_stays_in_its_order() {
        let names = ["b", "a", "b", "c"];
        let given = names.iter().zip(0..).map(|(name, thing)| NamedThing {
            name,
            namespace: None,
            source: 0,
            thing,
        });
        let by_name = ByName::new(given.collect());
        assert_eq!(
            ["a", "b", "c", "d"].map(|name| by_name.get(name).things().collect::<Vec<_>>()),
            [vec![1], vec![0, 2], vec![3], vec![],]
        );
    }

    fn namespace() -> impl Strategy<Value = Option<&'static str>> {
        prop::sample::select(vec![None, Some("x"), Some("y"), Some("z")])
    }

    proptest! {
        #[test]
        fn the_one_that_stands_is_that_of_a_plain_search(
            mut sources in prop::collection::vec((0..3_usize, namespace()), 0..8),
            source in 0..3_usize,
            wanted in namespace(),
            default in namespace(),
            keep in 0..3_usize,
        ) {
            sources.sort_by_key(|(source, _)| *source);
            let things: Vec<Thing> =
                sources.iter().zip(0..).map(|(&(source, namespace), at)| (source, namespace, at)).collect();
            let (of, wanted) = (|thing: &Thing| thing.1.or(default), wanted.or(default));
            let is_kept = |thing: Thing| thing.2 % 3 != keep;
            let kept: Vec<_> = things.iter().copied().filter(|thing| is_kept(*thing)).collect();
            let same = || kept.iter().rev().copied().filter(|thing| of(thing) == wanted);
            let plain = same().find(|thing| thing.0 == source).or_else(|| same().next());
            let asked = Query { source, wanted, default };
            let by_name = by_name(&things);
            let is_kept: Vec<_> = things.iter().map(|thing| is_kept(*thing)).collect();
            let chosen = Rc::new(by_name.get("a").chosen(&is_kept));
            let chosen = by_name.get("a").only_those(chosen);
            prop_assert_eq!(chosen.last_within(asked), plain);
            prop_assert_eq!(chosen.things().collect::<Vec<_>>(), kept.clone());
            let only = kept.last().copied().filter(|last| {
                kept.iter().all(|thing| of(thing) == of(last)) && of(last).is_some() != wanted.is_some()
            });
            prop_assert_eq!(chosen.only(asked), only);
        }
    }
}
