//! `filepath.Match` of Go's `path/filepath` (`match.go`), for one label of a host name.

/// The pattern has an unfinished `[…]` or a trailing backslash (`filepath.ErrBadPattern`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadPattern;

/// Whether `pattern` matches all of `name`: `*` any run of bytes but `/`, `?` one character but
/// `/`, `[a-z]` and `[^a-z]` one of a class, `\` the next byte itself.
///
/// As in Go, a bad pattern is noticed only if matching gets as far as its bad part.
pub(super) fn matches(mut pattern: &[u8], mut name: &[u8]) -> Result<bool, BadPattern> {
    'pattern: while !pattern.is_empty() {
        let (star, chunk, rest) = split_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Ok(!name.contains(&b'/'));
        }
        if let Some(left) = match_chunk(chunk, name)?
            && (left.is_empty() || !pattern.is_empty())
        {
            name = left;
            continue;
        }
        if star {
            for at in 0..name.len() {
                if name[at] == b'/' {
                    break;
                }
                if let Some(left) = match_chunk(chunk, &name[at + 1..])?
                    && (left.is_empty() || !pattern.is_empty())
                {
                    name = left;
                    continue 'pattern;
                }
            }
        }
        return Ok(false);
    }
    Ok(name.is_empty())
}

/// `scanChunk`: whether stars come first, what comes up to the next star, and the rest.
fn split_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|&&byte| byte == b'*').count();
    let pattern = &pattern[stars..];
    let mut in_class = false;
    let mut at = 0;
    while at < pattern.len() {
        match pattern[at] {
            b'\\' => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => break,
            _ => {}
        }
        at += 1;
    }
    let (chunk, rest) = pattern.split_at(at.min(pattern.len()));
    (stars > 0, chunk, rest)
}

/// `matchChunk`: what is left of `name` after the chunk, or `None` if it does not match.
fn match_chunk<'a>(mut chunk: &[u8], name: &'a [u8]) -> Result<Option<&'a [u8]>, BadPattern> {
    // After a mismatch the chunk is read on, to see whether it is well-formed.
    let mut left = Some(name);
    while let [first, rest @ ..] = chunk {
        chunk = rest;
        left = left.filter(|name| !name.is_empty());
        match first {
            b'[' => {
                let (c, after) = left.map_or((0, None), |name| {
                    let (c, width) = decode_char(name);
                    (c, Some(&name[width..]))
                });
                let matched;
                (matched, chunk) = match_class(chunk, c)?;
                left = after.filter(|_| matched);
            }
            b'?' => {
                left = left.filter(|name| name[0] != b'/').map(|name| &name[decode_char(name).1..]);
            }
            literal => {
                let literal = if *literal == b'\\' {
                    let (escaped, rest) = chunk.split_first().ok_or(BadPattern)?;
                    chunk = rest;
                    escaped
                } else {
                    literal
                };
                left = left.filter(|name| name[0] == *literal).map(|name| &name[1..]);
            }
        }
    }
    Ok(left)
}

/// Whether the class whose text after `[` is `class` holds `c`, and what follows the class.
fn match_class(class: &[u8], c: u32) -> Result<(bool, &[u8]), BadPattern> {
    let (negated, mut class) = match class {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, class),
    };
    let mut matched = false;
    let mut is_first = true;
    loop {
        if let [b']', rest @ ..] = class
            && !is_first
        {
            return Ok((matched != negated, rest));
        }
        let low;
        (low, class) = class_char(class)?;
        let mut high = low;
        if let [b'-', rest @ ..] = class {
            (high, class) = class_char(rest)?;
        }
        matched |= (low..=high).contains(&c);
        is_first = false;
    }
}

/// `getEsc`: one character of a class.
fn class_char(class: &[u8]) -> Result<(u32, &[u8]), BadPattern> {
    let class = match class {
        [] | [b'-' | b']', ..] => return Err(BadPattern),
        [b'\\', rest @ ..] => rest,
        class => class,
    };
    if class.is_empty() {
        return Err(BadPattern);
    }
    let (c, width) = decode_char(class);
    let rest = &class[width..];
    let is_broken = c == u32::from(char::REPLACEMENT_CHARACTER) && width == 1;
    if is_broken || rest.is_empty() { Err(BadPattern) } else { Ok((c, rest)) }
}

/// `utf8.DecodeRune`: the first character of a text that is not empty, and its width; U+FFFD and 1
/// for a byte that is none.
fn decode_char(text: &[u8]) -> (u32, usize) {
    let prefix = &text[..text.len().min(4)];
    let valid = prefix.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    match valid.chars().next() {
        Some(c) => (c.into(), c.len_utf8()),
        None => (char::REPLACEMENT_CHARACTER.into(), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_go_package_match_as_there() {
        for (pattern, name, expected) in [
            ("abc", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("a*", "ab/c", Ok(false)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Ok(true)),
            ("a*b?c*x", "abxbbxdbxebxczzy", Ok(false)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[^c]", "abc", Ok(false)),
            ("a\\*b", "a*b", Ok(true)),
            ("a[^a]b", "a☺b", Ok(true)),
            ("[a-ζ]*", "α", Ok(true)),
            ("[]a]", "]", Err(BadPattern)),
            ("[a-b-c]", "a", Err(BadPattern)),
            ("[", "a", Err(BadPattern)),
            ("a[", "a", Err(BadPattern)),
            ("a[", "ab", Err(BadPattern)),
            ("a[", "x", Err(BadPattern)),
            ("a/b[", "x", Err(BadPattern)),
            ("*x", "xxx", Ok(true)),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    /// The plain second implementation: only stars and literal bytes, by recursion.
    fn plain(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern, name) {
            ([], _) => name.is_empty(),
            ([b'*', rest @ ..], _) => {
                plain(rest, name) || (!name.is_empty() && plain(pattern, &name[1..]))
            }
            ([a, pattern @ ..], [b, name @ ..]) => a == b && plain(pattern, name),
            (_, []) => false,
        }
    }

    proptest! {
        #[test]
        fn stars_match_as_by_plain_recursion(pattern in "[ab*]{0,7}", name in "[ab]{0,9}") {
            let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
            prop_assert_eq!(matches(pattern, name), Ok(plain(pattern, name)));
        }
    }
}
