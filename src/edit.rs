//! Edits of a text: which bytes are replaced by which others. Nothing here knows what the text means.

use std::io::{self, Write};
use std::sync::Arc;

use crate::source::Span;

/// One edit: `insert` replaces the bytes of `place`, which is usually empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that are replaced.
    pub place: Span,
    /// The new text; edits that insert the same text share it.
    pub insert: Arc<str>,
}

/// The edits of one text.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    // Invariant: sorted by place and disjoint; what is inserted at one byte comes in the order of the text.
    edits: Vec<Edit>,
}

/// Two edits that conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The place of the second edit.
    pub place: Span,
}

impl Plan {
    /// Puts edits in order.
    ///
    /// # Errors
    ///
    /// The first edit that overlaps the one before it.
    pub fn new(mut edits: Vec<Edit>) -> Result<Self, Overlap> {
        edits.sort_by_key(|edit| edit.place);
        let overlap = edits.windows(2).find(|pair| {
            pair[1].place.start < pair[0].place.end || pair[1].place.start == pair[0].place.start
        });
        match overlap {
            Some(pair) => Err(Overlap { place: pair[1].place }),
            None => Ok(Self { edits }),
        }
    }

    /// This plan with `later` edits, which are independent of its own. If both insert at the same byte, the later text
    /// comes after the earlier one: text that belongs to a part of the document stays with that part, and text about
    /// the whole document follows.
    ///
    /// # Errors
    ///
    /// The first edit that overlaps the one before it.
    pub fn followed_by(self, later: impl IntoIterator<Item = Edit>) -> Result<Self, Overlap> {
        let mut edits = self.edits;
        edits.extend(later);
        // Insertions come before replacements at the same place, and edits at equal places keep their order.
        edits.sort_by_key(|edit| edit.place);
        let overlap = edits.windows(2).find(|pair| {
            let [one, two] = [pair[0].place, pair[1].place];
            two.start < one.end || two.start == one.start && !one.is_empty()
        });
        match overlap {
            Some(pair) => Err(Overlap { place: pair[1].place }),
            None => Ok(Self { edits }),
        }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The edits, in order.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Writes `text` with the edits made: slices of `text`, with the new text between them.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    pub fn write(&self, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut from = 0;
        for edit in &self.edits {
            out.write_all(&text.as_bytes()[from..edit.place.start as usize])?;
            out.write_all(edit.insert.as_bytes())?;
            from = edit.place.end as usize;
        }
        out.write_all(&text.as_bytes()[from..])
    }

    /// `text` with the edits made.
    ///
    /// # Panics
    ///
    /// If `text` is not the text that the edits were made for.
    pub fn apply(&self, text: &str) -> String {
        let added: usize = self.edits.iter().map(|edit| edit.insert.len()).sum();
        let mut out = Vec::with_capacity(text.len() + added);
        self.write(text, &mut out).expect("memory takes every byte");
        String::from_utf8(out).expect("edits are at character boundaries")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, insert: &str) -> Edit {
        Edit { place: Span::new(start, end), insert: insert.into() }
    }

    #[test]
    fn edits_are_made_in_the_order_of_their_places() {
        let plan = Plan::new(vec![edit(4, 5, "XY"), edit(0, 0, ">")]).unwrap();
        assert_eq!(plan.apply("abcdef"), ">abcdXYf");
        let plan = Plan::new(vec![edit(1, 3, "-"), edit(3, 3, "++"), edit(6, 6, "!")]).unwrap();
        assert_eq!(plan.apply("abcdef"), "a-++def!");
    }

    #[test]
    fn later_insertions_come_after_earlier_ones() {
        let plan = Plan::new(vec![edit(2, 2, "a"), edit(3, 4, "b")]).unwrap();
        let plan = plan.followed_by([edit(4, 4, "2"), edit(2, 2, "1"), edit(3, 3, "3")]).unwrap();
        assert_eq!(plan.apply("-----"), "--a1-3b2-");
        assert!(plan.followed_by([edit(3, 4, "x")]).is_err());
    }

    #[test]
    fn edits_that_overlap_are_refused() {
        let overlap = Plan::new(vec![edit(1, 4, ""), edit(3, 5, "x")]).unwrap_err();
        assert_eq!(overlap.place, Span::new(3, 5));
        assert!(Plan::new(vec![edit(2, 2, "x"), edit(2, 2, "y")]).is_err());
    }
}
