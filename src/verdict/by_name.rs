//! Things by name. There may be many thousand of them, and hardly two of one name, so they stand in two vectors.
//! Nothing here knows what they are.

/// Things of which some may have the same name.
pub(super) struct ByName<'i, T> {
    // Invariant: sorted, and one for each of `things`.
    names: Vec<&'i str>,
    things: Vec<T>,
}

impl<'i, T> ByName<'i, T> {
    /// Those of one name stay in their order.
    pub(super) fn new(mut pairs: Vec<(&'i str, T)>) -> Self {
        pairs.sort_by_key(|(name, _)| *name);
        let (names, things) = pairs.into_iter().unzip();
        Self { names, things }
    }

    /// Those with this name.
    pub(super) fn get(&self, name: &str) -> &[T] {
        let start = self.names.partition_point(|other| *other < name);
        let count = self.names[start..].partition_point(|other| *other == name);
        &self.things[start..start + count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_same_name_stays_in_its_order() {
        let by_name = ByName::new(vec![("b", 1), ("a", 2), ("b", 0), ("c", 3)]);
        assert_eq!(
            ["a", "b", "c", "d"].map(|name| by_name.get(name).to_vec()),
            [vec![2], vec![1, 0], vec![3], vec![],]
        );
    }
}
