//! Stores equal values once. Nothing here knows what the values are.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keeps each value once.
#[derive(Debug)]
pub(crate) struct Shared<T: ?Sized>(BTreeSet<Arc<T>>);

impl<T: ?Sized> Default for Shared<T> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: ?Sized + Ord> Shared<T> {
    /// The value, or the one like it that came first.
    pub(crate) fn keep(&mut self, value: impl Borrow<T> + Into<Arc<T>>) -> Arc<T> {
        if let Some(kept) = self.0.get(value.borrow()) {
            return Arc::clone(kept);
        }
        let kept = value.into();
        self.0.insert(Arc::clone(&kept));
        kept
    }
}
