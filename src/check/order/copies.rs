//! The objects that are or make the same thing, as far as it matters when they are applied.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::inventory::Object;

/// Objects that are or make one thing, in their order: of those that nothing tells apart when they are applied, only
/// the last.
pub(in crate::check) type Copies<'i> = Rc<[&'i Object<'i>]>;

/// Copies that have been gathered before: many thousand objects may have one name, and as many pods may name it.
#[derive(Default)]
pub(in crate::check) struct Gathered<'i>(BTreeMap<CopyKey, Copies<'i>>);

/// What identifies a thing: the source that asks for it, its namespace and its name.
type CopyKey = (usize, Option<String>, String);

impl<'i> Gathered<'i> {
    /// The copies for a key.
    pub(in crate::check) fn of(
        &mut self,
        (source, namespace, name): (usize, Option<&str>, &str),
        gather: impl FnOnce() -> Vec<&'i Object<'i>>,
    ) -> Copies<'i> {
        let key = (source, namespace.map(str::to_owned), name.to_owned());
        Rc::clone(self.0.entry(key).or_insert_with(|| last_of_each(&gather())))
    }
}

/// The last of those that have equal annotations about it and are of one kind and, since hooks run by name, of one name.
pub(in crate::check) fn last_of_each<'i>(all: &[&'i Object<'i>]) -> Copies<'i> {
    let mut last = BTreeMap::new();
    for (at, object) in all.iter().enumerate() {
        last.insert((&object.timing, &object.type_meta.kind, &object.name), at);
    }
    let mut last: Vec<usize> = last.into_values().collect();
    last.sort_unstable();
    last.into_iter().map(|at| all[at]).collect()
}
