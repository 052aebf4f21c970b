//! Scalars: plain and quoted text on one line or several, literal and folded blocks.

use memchr::{memchr2, memchr3};

use super::{Scanner, Unsure};
use crate::source::Span;
use crate::yaml::tree::{Scalar, ValueSource};
use crate::yaml::value::{self, Chomping};

/// Quoted text.
pub(super) struct Quoted {
    pub(super) end: usize,
    pub(super) style: Scalar,
    pub(super) value: ValueSource,
    /// Whether it ends on another line than it begins on.
    pub(super) has_breaks: bool,
}

/// What the line says that a block scalar begins on.
struct Header {
    is_folded: bool,
    chomping: Chomping,
    /// How much deeper its text is than what it belongs to.
    indent: Option<usize>,
}

/// Where the text of a block scalar is.
struct BlockScalar {
    /// The first line with text.
    first: usize,
    indent: usize,
    /// The end of the last line with text.
    end: usize,
    /// The start of the line that does not belong to it.
    next: usize,
    /// Whether a line has blanks for text and nothing else.
    has_blank_text: bool,
}

impl Scanner<'_> {
    // Plain text.

    /// Reads the plain text at `at`, which continues as long as lines are deeper than `parent`.
    pub(super) fn plain(&mut self, at: usize, parent: usize) -> Option<()> {
        if !self.begins_plain(at) {
            return None;
        }
        let (mut end, mut next) = self.plain_line(at)?;
        let mut value = ValueSource::AsWritten;
        // A comment ends the text.
        while self.byte(self.skip_blanks(end)) != b'#' {
            let Some(line) = self.line_below(next, parent).ok()? else { break };
            (end, next) = self.plain_line(line)?;
            value = ValueSource::Flow;
        }
        self.scalar(Scalar::Plain, Span::new(at, end), value);
        self.next_line(next)
    }

    /// Where the plain text at `at` ends on its line, and where the next line begins.
    fn plain_line(&self, at: usize) -> Option<(usize, usize)> {
        let line = self.line_end(at);
        let mut end = line;
        let mut from = at;
        while let Some(found) = memchr2(b':', b'#', &self.bytes[from..line]) {
            let found = from + found;
            match (self.byte(found), self.byte(found - 1)) {
                (b':', _) if self.is_gap(found + 1)? => return None,
                (b'#', b'\t') => return None,
                (b'#', b' ') => {
                    end = found;
                    break;
                }
                _ => from = found + 1,
            }
        }
        Some((self.trim(at, end)?, line + 1))
    }

    /// Where plain text continues at or below the line start `from`, if it does.
    fn line_below(&self, mut from: usize, parent: usize) -> Result<Option<usize>, Unsure> {
        loop {
            let at = self.skip_blanks(from);
            if at >= self.bytes.len() {
                return Ok(None);
            }
            match self.byte(at) {
                b'\n' | b'\r' => from = self.line_end(at) + 1,
                b'\t' => return Err(Unsure),
                b'#' => return Ok(None),
                _ => return Ok((at - from > parent).then_some(at)),
            }
        }
    }

    /// Whether plain text can begin with what is at `at`.
    pub(super) fn begins_plain(&self, at: usize) -> bool {
        match self.byte(at) {
            b'-' | b'?' | b':' => {
                !matches!(self.byte(at + 1), b' ' | b'\t' | b'\n' | b'\r')
                    && !matches!(self.byte(at + 1), b',' | b'[' | b']' | b'{' | b'}')
            }
            byte => !b",[]{}#&*!|>'\"%@` \t\r\n".contains(&byte),
        }
    }

    /// `end` without the blanks before it.
    pub(super) fn trim(&self, start: usize, mut end: usize) -> Option<usize> {
        while end > start && matches!(self.bytes[end - 1], b' ' | b'\r') {
            end -= 1;
        }
        (end > start && self.bytes[end - 1] != b'\t').then_some(end)
    }

    // Quoted text.

    /// The quoted text at `at`.
    pub(super) fn quoted(&self, at: usize) -> Option<Quoted> {
        if self.byte(at) == b'\'' { self.single(at) } else { self.double(at) }
    }

    fn single(&self, at: usize) -> Option<Quoted> {
        let (mut value, mut has_breaks) = (ValueSource::AsWritten, false);
        let mut from = at + 1;
        loop {
            let found = from + memchr2(b'\'', b'\n', self.bytes.get(from..)?)?;
            match (self.byte(found), self.byte(found + 1)) {
                (b'\n', _) => {
                    from = self.quoted_line(found)?;
                    has_breaks = true;
                }
                (_, b'\'') => from = found + 2,
                _ => {
                    return Some(Quoted {
                        end: found + 1,
                        style: Scalar::Single,
                        value,
                        has_breaks,
                    });
                }
            }
            value = ValueSource::Flow;
        }
    }

    fn double(&self, at: usize) -> Option<Quoted> {
        let (mut value, mut has_breaks) = (ValueSource::AsWritten, false);
        let mut from = at + 1;
        loop {
            let found = from + memchr3(b'"', b'\\', b'\n', self.bytes.get(from..)?)?;
            match self.byte(found) {
                b'"' => {
                    return Some(Quoted {
                        end: found + 1,
                        style: Scalar::Double,
                        value,
                        has_breaks,
                    });
                }
                b'\\' if !matches!(self.byte(found + 1), b'\n' | b'\r') => {
                    let (_, length) = value::escape(self.bytes.get(found + 1..)?)?;
                    from = found + 1 + length;
                }
                _ => {
                    from = self.quoted_line(self.line_end(found))?;
                    has_breaks = true;
                }
            }
            value = ValueSource::Flow;
        }
    }

    /// The start of the line of quoted text that follows the line feed at `at`.
    fn quoted_line(&self, at: usize) -> Option<usize> {
        (!self.is_marker(at + 1)).then_some(at + 1)
    }

    // Block scalars.

    /// Reads the block scalar whose header is at `at`.
    pub(super) fn block_scalar(&mut self, at: usize, parent: usize) -> Option<()> {
        let (header, first) = self.header(at)?;
        let block = self.block_text(first, parent, header.indent)?;
        let start = block.first + block.indent;
        // The parser's span ends before white space of any kind.
        let text = self.text[start..block.end].trim_end();
        let span = Span::new(start, start + text.len());
        if text.is_empty() {
            return None;
        }
        let is_whole =
            block.end - span.end as usize <= usize::from(self.byte(block.end - 1) == b'\r');
        let is_regular = block.first == first && is_whole && !block.has_blank_text;
        let value = match header.chomping {
            Chomping::Clip if is_regular && !header.is_folded => ValueSource::Literal,
            Chomping::Strip if is_regular && !header.is_folded => ValueSource::LiteralStripped,
            chomping => {
                let lines = &self.text[first..block.next.min(self.bytes.len())];
                let decoded = value::block(lines, block.indent, header.is_folded, chomping);
                self.decoded.push((self.next(), decoded.into()));
                ValueSource::Decoded
            }
        };
        self.scalar(Scalar::Block, span, value);
        self.next_line(block.next)
    }

    /// The header at `at`, and the start of the next line.
    fn header(&self, at: usize) -> Option<(Header, usize)> {
        let is_folded = self.byte(at) == b'>';
        let (mut chomping, mut indent) = (None, None);
        let mut end = at + 1;
        loop {
            match self.byte(end) {
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                digit @ b'1'..=b'9' if indent.is_none() => indent = Some(usize::from(digit - b'0')),
                _ => break,
            }
            end += 1;
        }
        let header = Header { is_folded, chomping: chomping.unwrap_or(Chomping::Clip), indent };
        Some((header, self.ends_line(end, self.skip_blanks(end))?))
    }

    /// The text of a block scalar whose lines begin at `lines`.
    fn block_text(
        &self,
        lines: usize,
        parent: usize,
        indent: Option<usize>,
    ) -> Option<BlockScalar> {
        let (first, empty) = self.first_text(lines)?;
        let start = self.skip_blanks(first);
        let indent = indent.map_or(start - first, |deeper| parent + deeper);
        if indent <= parent || indent > start - first || indent < empty || self.byte(start) == b'\t'
        {
            return None;
        }
        let mut block =
            BlockScalar { first, indent, end: start, next: first, has_blank_text: false };
        loop {
            let text = self.skip_blanks(block.next);
            let width = text.saturating_sub(block.next);
            if text >= self.bytes.len() {
                // Blanks without a line ending may be text.
                return (width <= indent).then_some(block);
            }
            let is_blank = matches!(self.byte(text), b'\n' | b'\r');
            if width < indent && !is_blank {
                return Some(block);
            }
            let end = self.line_end(text);
            if !is_blank || width > indent {
                block.end = end;
                block.has_blank_text |= is_blank;
            }
            block.next = end + 1;
        }
    }

    /// The first line at or below the line start `from` that has text, and how many blanks are on the longest one before
    /// it.
    fn first_text(&self, mut from: usize) -> Option<(usize, usize)> {
        let mut longest = 0;
        loop {
            let at = self.skip_blanks(from);
            if at >= self.bytes.len() {
                return None;
            }
            if !matches!(self.byte(at), b'\n' | b'\r') {
                return Some((from, longest));
            }
            longest = longest.max(at - from);
            from = self.line_end(at) + 1;
        }
    }
}
