//! Reads large streams in less time than `read_to_end` does. Nothing here knows their contents.
//!
//! Most of that time goes into two things: waking the two sides of a pipe that holds 64 KiB, and page faults of 4 KiB
//! each. So the pipe is made larger (`F_SETPIPE_SZ`), and the memory comes in huge pages (`MADV_HUGEPAGE`), where the
//! system allows it.
//!
//! What each of them gives, as medians of the time of a whole run relative to `read_to_end` (`cargo bench` has the
//! inputs; two processors):
//!
//! | input | larger pipe | and huge pages |
//! |---|---|---|
//! | definitions, 50 MB, quiet machine | 0.79 | 0.54 to 0.71 |
//! | workloads, 24 MB, quiet machine | 0.92 | 0.88 |
//! | either, five times as many processes as processors | within the noise | within the noise |
//! | a chart, 50 KB | not used | not used |
//!
//! Memory is the same with all of them.

use std::borrow::Cow;
use std::io::{self, Read};

/// Streams below this size are read with `read_to_end`.
const SMALL: usize = 64 << 10;

/// Reads all of a stream, of about `size` bytes as far as that is known; `widen` is called once, when it turns out to be
/// large.
///
/// Huge pages are never given back: what is in them is used until the program ends.
///
/// # Errors
///
/// The error of the stream.
pub(super) fn read(
    stream: &mut dyn Read,
    size: usize,
    widen: impl FnOnce(),
) -> io::Result<Cow<'static, [u8]>> {
    // Room for one more, so that the end is found without a longer buffer: there may be many small files.
    let mut bytes = Vec::with_capacity(size.min(SMALL).saturating_add(1));
    stream.take(SMALL as u64).read_to_end(&mut bytes)?;
    // Bytes that no text contains are at the start of files that are not text, and of devices that never end.
    if bytes.len() < SMALL || memchr::memchr(0, &bytes).is_some() {
        return Ok(bytes.into());
    }
    widen();
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    if let Some(pages) = pages::Pages::new() {
        return pages.fill(&bytes, stream).map(Cow::Borrowed);
    }
    stream.read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// Memory in huge pages (`madvise(2)`, `MADV_HUGEPAGE`).
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
mod pages {
    use std::io::{self, Read};
    use std::time::{Duration, Instant};

    use memmap2::{Advice, MmapMut, MmapOptions};

    /// The size of a huge page.
    const PAGE: usize = 2 << 20;
    /// How many bytes are read at once, and how many must have been read before a huge page is allocated for them: the
    /// unused rest of the last page is wasted memory.
    const MOST: usize = PAGE / 2;
    /// A huge page usually takes a tenth of this time. If it takes longer, the host of a virtual machine is searching
    /// for memory, and small pages are faster.
    const LONG: Duration = Duration::from_millis(1);
    /// A source of this size is too large.
    const LIMIT: usize = 1 << 32;

    /// Address space for the largest source, without memory yet.
    pub(super) struct Pages {
        map: MmapMut,
        /// Where the first huge page begins.
        base: usize,
        /// A buffer for bytes until their number is known. If they were read directly into the map, the other side of
        /// the pipe would wait while memory is allocated.
        waiting: MmapMut,
    }

    impl Pages {
        /// `None` if the system does not provide the address space, for example because of `ulimit`.
        pub(super) fn new() -> Option<Self> {
            let map = MmapOptions::new().len(LIMIT + 2 * PAGE).no_reserve_swap().map_anon().ok()?;
            let base = map.as_ptr().align_offset(PAGE);
            // An allocator would not return the memory.
            let waiting = MmapMut::map_anon(MOST).ok()?;
            Some(Self { map, base, waiting })
        }

        /// Reads all of a stream that begins with `first`, at least up to the first byte beyond the limit of a source.
        pub(super) fn fill(
            mut self,
            first: &[u8],
            stream: &mut dyn Read,
        ) -> io::Result<&'static [u8]> {
            let Self { map, base, waiting } = &mut self;
            let mut stream = first.chain(stream);
            let mut end = *base;
            let mut is_quick = true;
            loop {
                let length = fill(&mut stream, waiting)?;
                if is_quick && length == MOST && (end - *base) % PAGE == 0 {
                    // It also works without huge pages.
                    let _ = map.advise_range(Advice::HugePage, end, PAGE);
                }
                let begun = Instant::now();
                map[end..end + length].copy_from_slice(&waiting[..length]);
                is_quick &= begun.elapsed() < LONG;
                end += length;
                if length < MOST || end - *base >= LIMIT {
                    break;
                }
            }
            let range = *base..end;
            Ok(&Box::leak(Box::new(self.map))[range])
        }
    }

    /// Fills `buffer` up to the end of the stream.
    fn fill(stream: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
        let mut length = 0;
        while length < buffer.len() {
            match stream.read(&mut buffer[length..]) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that returns any number of bytes at once.
    struct Uneven<'b>(&'b [u8], usize);

    impl Read for Uneven<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1 * 7 % 100_003 + 1;
            let length = self.1.min(buffer.len());
            self.0.read(&mut buffer[..length])
        }
    }

    #[test]
    fn a_small_file_takes_no_more_memory_than_it_needs() {
        let bytes = [1; 1_100];
        let Ok(Cow::Owned(read)) = read(&mut &bytes[..], bytes.len(), || ()) else {
            unreachable!("a slice can be read, and a small one is copied")
        };
        assert!(read.capacity() <= bytes.len() + 16, "{}", read.capacity());
    }

    #[test]
    fn every_byte_is_read_whatever_the_size() {
        let bytes: Vec<u8> = (1..=251_u8).cycle().take(6 << 20).collect();
        let page = 2 << 20;
        let near = |size: usize| [size - 1, size, size + 1];
        let sizes = [SMALL, page / 2, page, page + page / 2, 2 * page, 3 * page - 1];
        for size in sizes.into_iter().flat_map(near).chain([0]) {
            // A file may have got shorter or longer since somebody asked.
            for told in [0, size / 2, size, size + 9, usize::MAX] {
                let mut widened = 0;
                let read = read(&mut Uneven(&bytes[..size], size), told, || widened += 1)
                    .expect("a slice gives all of its bytes");
                assert!(*read == bytes[..size], "{size} {told}");
                assert_eq!(widened, usize::from(size >= SMALL), "{size} {told}");
            }
        }
    }

    #[test]
    fn what_is_no_text_is_not_read_to_its_end() {
        let mut endless = io::repeat(0);
        let read = read(&mut endless, 0, || unreachable!("nothing is done about it"));
        assert_eq!(read.expect("it can be read").len(), SMALL);
    }
}
