//! Base64 as Go's `encoding/base64` decodes it.
//!
//! The kubelet and the API server accept exactly what that package accepts: line breaks anywhere,
//! any trailing bits, but no other blank, and padding either required or forbidden. General-purpose
//! decoders differ in one of these, and their buffers are not overwritten after use.

use zeroize::Zeroizing;

/// Which 64 characters, and whether the text must be padded with `=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `base64.StdEncoding`: `+` and `/`, padded. Also what `data` of a Secret is written in.
    Padded,
    /// `base64.RawStdEncoding`: `+` and `/`, never padded.
    Unpadded,
    /// `base64.RawURLEncoding`: `-` and `_`, never padded. The parts of a JSON Web Token.
    UrlUnpadded,
}

/// The text is not base64 in the chosen encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid base64 at byte {offset}")]
pub struct InvalidBase64 {
    /// Where decoding stopped, in bytes from the start of the text.
    pub offset: usize,
}

/// Decodes `text`; the result is overwritten when dropped.
///
/// # Errors
///
/// If `DecodeString` of Go's `encoding/base64` (`base64.go`) would return an error.
pub fn decode(text: &[u8], encoding: Encoding) -> Result<Zeroizing<Vec<u8>>, InvalidBase64> {
    let padded = encoding == Encoding::Padded;
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len() / 4 * 3 + 3));
    let mut symbols = Symbols { text, at: 0 };
    let (mut quantum, mut filled) = (0u32, 0);
    while let Some((offset, byte)) = symbols.next() {
        if let Some(value) = sextet(byte, encoding) {
            quantum = quantum << 6 | u32::from(value);
            filled += 1;
            if filled == 4 {
                push(&mut decoded, quantum, 3);
                (quantum, filled) = (0, 0);
            }
        } else if padded && byte == b'=' && filled >= 2 {
            if filled == 2 && symbols.next().is_none_or(|(_, second)| second != b'=') {
                return Err(InvalidBase64 { offset });
            }
            if let Some((offset, _)) = symbols.next() {
                return Err(InvalidBase64 { offset });
            }
            push(&mut decoded, quantum << (6 * (4 - filled)), filled - 1);
            return Ok(decoded);
        } else {
            return Err(InvalidBase64 { offset });
        }
    }
    match filled {
        0 => Ok(decoded),
        2 | 3 if !padded => {
            push(&mut decoded, quantum << (6 * (4 - filled)), filled - 1);
            Ok(decoded)
        }
        _ => Err(InvalidBase64 { offset: text.len() }),
    }
}

/// Appends the first `count` of the three bytes that the 24 bits of `quantum` stand for.
fn push(decoded: &mut Vec<u8>, quantum: u32, count: usize) {
    decoded.extend_from_slice(&quantum.to_be_bytes()[1..=count]);
}

/// The bytes of a text with their offsets, line breaks left out.
struct Symbols<'a> {
    text: &'a [u8],
    at: usize,
}

impl Iterator for Symbols<'_> {
    type Item = (usize, u8);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let at = self.at;
            let byte = *self.text.get(at)?;
            self.at += 1;
            if byte != b'\n' && byte != b'\r' {
                return Some((at, byte));
            }
        }
    }
}

fn sextet(byte: u8, encoding: Encoding) -> Option<u8> {
    let url = encoding == Encoding::UrlUnpadded;
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' if !url => Some(62),
        b'/' if !url => Some(63),
        b'-' if url => Some(62),
        b'_' if url => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(input: &str, encoding: Encoding) -> Option<String> {
        let bytes = decode(input.as_bytes(), encoding).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn padding_is_required_or_forbidden() {
        for (input, padded, unpadded) in [
            ("", Some(""), Some("")),
            ("YQ==", Some("a"), None),
            ("YQ", None, Some("a")),
            ("YWI=", Some("ab"), None),
            ("YWI", None, Some("ab")),
            ("YWJj", Some("abc"), Some("abc")),
            ("YR==", Some("a"), None),
            ("Y", None, None),
            ("Y===", None, None),
            ("YQ=", None, None),
            ("YQ=a", None, None),
            ("YQ==a", None, None),
            ("YQ==YQ==", None, None),
            ("YWI=\n", Some("ab"), None),
            ("Y\nQ=\r=\n", Some("a"), None),
            ("YWJj\n", Some("abc"), Some("abc")),
            ("YWJj ", None, None),
            ("=", None, None),
        ] {
            assert_eq!(text(input, Encoding::Padded).as_deref(), padded, "padded {input:?}");
            assert_eq!(text(input, Encoding::Unpadded).as_deref(), unpadded, "raw {input:?}");
        }
    }

    #[test]
    fn the_two_alphabets_are_not_mixed() {
        assert!(decode(b"_-8", Encoding::Unpadded).is_err());
        assert!(decode(b"/+8", Encoding::UrlUnpadded).is_err());
        assert_eq!(&**decode(b"_-8", Encoding::UrlUnpadded).unwrap(), b"\xff\xef");
        assert_eq!(&**decode(b"/+8", Encoding::Unpadded).unwrap(), b"\xff\xef");
    }
}
