//! Which of the objects that are or were called like something a name stands for: those that the same object holds, and
//! when kustomize is done.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Referrer;
use super::by_name::{Called, Chosen};
use crate::inventory::Object;

/// What names stand for, worked out once for all that name things alike.
pub(super) struct Meanings {
    /// Whether kustomize renames any of the things.
    renames: bool,
    /// Whether other objects hold any of them.
    are_held: bool,
    known: RefCell<BTreeMap<MeaningKey, Rc<Chosen>>>,
}

/// A context, a name in it, what kustomize asks of the object that has it, and what holds that.
type MeaningKey = (u32, String, bool, [Option<String>; 3], Option<(usize, String)>);

impl Meanings {
    /// Of things, each with its object.
    pub(super) fn new<'o>(things: impl Iterator<Item = &'o Object<'o>>) -> Self {
        let (mut renames, mut are_held) = (false, false);
        for object in things {
            renames |= object.build.is_some();
            are_held |= object.within().is_some();
        }
        Self { renames, are_held, known: RefCell::default() }
    }

    /// Whether all that are called like something are what it stands for.
    pub(super) fn are_all(&self) -> bool {
        !self.renames && !self.are_held
    }

    /// What `name` stands for in `referrer`, of those that are or were `called` like this. Outside of a build these are
    /// all of them.
    pub(super) fn of<'c, 'i, 'o, T: Copy>(
        &self,
        referrer: Referrer<'_>,
        name: &str,
        called: Called<'c, 'i, T>,
        object: impl Fn(T) -> &'o Object<'o>,
    ) -> Called<'c, 'i, T> {
        if self.are_all() {
            return called;
        }
        let mut known = self.known.borrow_mut();
        let held_by = referrer.object.held_by().map(|(document, way)| (document, way.to_owned()));
        let (context, follows) = (referrer.object.context, referrer.follows);
        let key = (context, name.to_owned(), follows, referrer.object.build_key(), held_by);
        let chosen = known.entry(key).or_insert_with(|| {
            let called_objects: Vec<_> = called.things().map(object).collect();
            let mut meant = meant(referrer, name, &called_objects);
            for (is_meant, one) in meant.iter_mut().zip(&called_objects) {
                *is_meant &= one.held_by() == referrer.object.held_by();
            }
            Rc::new(called.chosen(&meant))
        });
        called.only_those(Rc::clone(chosen))
    }
}

/// `selectReferral` of kustomize (api/filters/nameref/nameref.go).
fn meant(referrer: Referrer<'_>, name: &str, called: &[&Object<'_>]) -> Vec<bool> {
    if called.iter().all(|one| one.build.is_none()) {
        return vec![true; called.len()];
    }
    let by = |is_meant: &dyn Fn(&Object<'_>) -> bool| -> Vec<bool> {
        called.iter().map(|one| is_meant(one)).collect()
    };
    let mut renamed = by(&|one| {
        // A ServiceAccount may be named from another namespace, by a RoleBinding.
        let reached =
            one.type_meta.kind == "ServiceAccount" || one.shares_namespace(referrer.object);
        referrer.follows && reached && one.is_renamed_from(name)
    });
    for or_none in [true, false] {
        if renamed.iter().filter(|meant| **meant).count() > 1 {
            let shares = by(&|one| one.shares_affixes(referrer.object, or_none));
            renamed.iter_mut().zip(shares).for_each(|(meant, shares)| *meant &= shares);
        }
    }
    if renamed.contains(&true) { renamed } else { by(&|one| one.keeps_name(name)) }
}
