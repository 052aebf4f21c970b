//! Things by name and namespace, in their contexts. There may be many thousand of them, mostly all of different names or all of one.
//! Nothing here knows what they are.

use std::ops::Range;
use std::rc::Rc;

use crate::inventory::Object;

/// Things of which some may have the same name.
pub(super) struct ByName<'i, T> {
    // Invariant: sorted by context and name.
    names: Vec<(u32, &'i str, Range<usize>)>,
    groups: SameName<'i, T>,
}

/// Things of some names, in the order of contexts and names.
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

/// From where a name is looked up.
#[derive(Clone, Copy)]
pub struct LookUp<'q> {
    /// The source of what has the name. A thing of the same source goes before others.
    pub source: usize,
    /// The context of what has the name, which things of the manifests have to share.
    pub context: u32,
    /// The namespace, as far as it is known.
    pub namespace: Option<&'q str>,
}

impl<'q> LookUp<'q> {
    /// From an object that has the name.
    pub fn of(object: &'q Object<'_>) -> Self {
        let (source, context) = (object.source as usize, object.context);
        Self { source, context, namespace: object.namespace() }
    }
}

/// The context of what dumps of the cluster hold: it is there for all manifests.
pub(super) const CLUSTER: u32 = 0;

/// A thing as it is given.
pub(super) struct NamedThing<'i, T> {
    pub(super) context: u32,
    pub(super) name: &'i str,
    pub(super) namespace: Option<&'i str>,
    pub(super) source: usize,
    pub(super) thing: T,
}

impl<'i, T: Copy> ByName<'i, T> {
    /// Those of one name stay in their order, which is that of sources.
    pub(super) fn new(mut given: Vec<NamedThing<'i, T>>) -> Self {
        given.sort_by_key(|one| (one.context, one.name));
        let mut names = Vec::new();
        let mut groups = SameName { things: Vec::new(), places: Vec::new() };
        for called in given.chunk_by(|a, b| (a.context, a.name) == (b.context, b.name)) {
            let start = groups.things.len();
            groups.extend(called);
            names.push((called[0].context, called[0].name, start..groups.things.len()));
        }
        Self { names, groups }
    }

    /// Those with this name in a context.
    pub(super) fn get(&self, context: u32, name: &str) -> Called<'_, 'i, T> {
        let wanted = (context, name);
        let found =
            self.names.binary_search_by(|(context, name, _)| (*context, *name).cmp(&wanted));
        let range = found.map_or(0..0, |at| self.names[at].2.clone());
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

    /// Those of the namespace, in order.
    pub(super) fn within(&self, from: LookUp<'_>) -> impl Iterator<Item = &'c InNamespace<'i, T>> {
        self.range(from.namespace).filter_map(|at| self.place(at))
    }

    /// Where those of a namespace are.
    fn range(&self, namespace: Option<&str>) -> Range<usize> {
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
    pub(super) fn last_within(&self, from: LookUp<'_>) -> Option<T> {
        let range = self.range(from.namespace);
        let end = self.first(range.clone(), |place| place.source > from.source);
        let before = |at: usize| self.place(at.checked_sub(1).filter(|at| range.contains(at))?);
        let own = before(end).filter(|place| place.source == from.source);
        own.or_else(|| before(range.end)).map(|place| place.thing)
    }

    /// The last one, if all are in one namespace, and if either that or the one that is wanted is not known.
    pub(super) fn only(&self, from: LookUp<'_>) -> Option<T> {
        let namespace = self.place(self.len().checked_sub(1)?)?.namespace;
        let is_one = self.place(0).is_some_and(|first| first.namespace == namespace);
        (is_one && namespace.is_some() != from.namespace.is_some()).then(|| self.last()).flatten()
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
            NamedThing { context: 0, name: "a", namespace, source, thing }
        });
        ByName::new(given.collect())
    }

    #[test]
    fn what_has_the_same_name_stays_in_its_order() {
        let names = ["b", "a", "b", "c"];
        let given = names.iter().zip(0..).map(|(name, thing)| NamedThing {
            context: 0,
            name,
            namespace: None,
            source: 0,
            thing,
        });
        let by_name = ByName::new(given.collect());
        assert_eq!(
            ["a", "b", "c", "d"].map(|name| by_name.get(0, name).things().collect::<Vec<_>>()),
            [vec![1], vec![0, 2], vec![3], vec![],]
        );
    }

    #[test]
    fn a_name_means_things_of_its_context() {
        let given = [(0, "a"), (1, "b"), (1, "a"), (0, "a")].into_iter().zip(0..);
        let given = given.map(|((context, name), thing)| NamedThing {
            context,
            name,
            namespace: None,
            source: 0,
            thing,
        });
        let by_name = ByName::new(given.collect());
        let called = |context, name| by_name.get(context, name).things().collect::<Vec<_>>();
        assert_eq!(called(0, "a"), [0, 3]);
        assert_eq!(called(1, "a"), [2]);
        assert_eq!((called(0, "b"), called(1, "b")), (vec![], vec![1]));
        assert_eq!(called(2, "a"), [0; 0]);
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
            keep in 0..3_usize,
        ) {
            sources.sort_by_key(|(source, _)| *source);
            let things: Vec<Thing> =
                sources.iter().zip(0..).map(|(&(source, namespace), at)| (source, namespace, at)).collect();
            let of = |thing: &Thing| thing.1;
            let is_kept = |thing: Thing| thing.2 % 3 != keep;
            let kept: Vec<_> = things.iter().copied().filter(|thing| is_kept(*thing)).collect();
            let same = || kept.iter().rev().copied().filter(|thing| of(thing) == wanted);
            let plain = same().find(|thing| thing.0 == source).or_else(|| same().next());
            let asked = LookUp { source, context: 0, namespace: wanted };
            let by_name = by_name(&things);
            let is_kept: Vec<_> = things.iter().map(|thing| is_kept(*thing)).collect();
            let chosen = Rc::new(by_name.get(0, "a").chosen(&is_kept));
            let chosen = by_name.get(0, "a").only_those(chosen);
            prop_assert_eq!(chosen.last_within(asked), plain);
            prop_assert_eq!(chosen.things().collect::<Vec<_>>(), kept.clone());
            let only = kept.last().copied().filter(|last| {
                kept.iter().all(|thing| of(thing) == of(last)) && of(last).is_some() != wanted.is_some()
            });
            prop_assert_eq!(chosen.only(asked), only);
        }
    }
}
