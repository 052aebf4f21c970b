//! Finds the lines of a text that need a closer look. Most lines begin with a blank and contain nothing unusual: they
//! are skipped many bytes at a time.

use std::ops::Range;

/// How many bytes are skipped at once.
const BLOCK: usize = 64;

/// Where the lines begin that do not begin with a space, after a line feed in this part of `text`. The end of the
/// text counts as a line there.
pub(super) fn outermost(text: &[u8], part: Range<usize>) -> impl Iterator<Item = usize> {
    let blocks = blocks(text, part, |byte, next| byte == b'\n' && next != b' ');
    blocks.flat_map(|block| outermost_in(text, block))
}

/// The same for a block that needs a closer look.
pub(super) fn outermost_in(text: &[u8], block: Range<usize>) -> impl Iterator<Item = usize> {
    let feeds = memchr::memchr_iter(b'\n', &text[block.clone()]);
    feeds.map(move |at| block.start + at + 1).filter(|&at| text.get(at) != Some(&b' '))
}

/// The blocks of a part of `text` in which a byte is `marked`, by what it is and what follows. Blocks without one may
/// be among them.
///
/// `marked` does nothing but compare, so that the compiler makes a few wide instructions of a whole block.
pub(super) fn blocks(
    text: &[u8],
    part: Range<usize>,
    marked: impl Fn(u8, u8) -> bool,
) -> impl Iterator<Item = Range<usize>> {
    let Range { start, end } = part;
    let blocks = (start..end).step_by(BLOCK).map(move |from| from..end.min(from + BLOCK));
    blocks.filter(move |block| {
        let bytes = text[block.start..].first_chunk::<BLOCK>();
        let Some((bytes, next)) = bytes.zip(text[block.start + 1..].first_chunk::<BLOCK>()) else {
            return true;
        };
        let pairs = bytes.iter().zip(next);
        pairs.fold(0, |found, (byte, next)| found | u8::from(marked(*byte, *next))) != 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_wherever_blocks_end() {
        for width in 0..2 * BLOCK {
            let text = format!("{:width$}\n  b\n\nc\n \n-d\r\n", "a");
            let plain = text.match_indices('\n').map(|(at, _)| at + 1);
            let plain: Vec<_> = plain.filter(|&at| !text[at..].starts_with(' ')).collect();
            assert_eq!(plain.len(), 4);
            let bytes = text.as_bytes();
            for middle in 0..bytes.len() {
                let found =
                    outermost(bytes, 0..middle).chain(outermost(bytes, middle..bytes.len()));
                assert_eq!(found.collect::<Vec<_>>(), plain, "{text:?}");
            }
        }
    }
}
