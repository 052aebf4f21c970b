//! Base64 as Go's `encoding/base64` decodes it.
//!
//! The kubelet and the API server accept exactly what that package accepts: line breaks anywhere, any trailing bits,
//! but no other blank, and padding either required or forbidden. The `base64` crate decodes by these rules; what is
//! here sets it to them, takes the line breaks out, and overwrites the buffers after use.

use ::base64::alphabet::{STANDARD, URL_SAFE};
use ::base64::decoded_len_estimate;
use ::base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Which 64 characters, and whether the text must be padded with `=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `base64.StdEncoding`: `+` and `/`, padded. Also what `data` of a Secret is written in.
    Padded,
    /// `base64.RawStdEncoding`: `+` and `/`, never padded.
    Unpadded,
    /// `base64.RawURLEncoding`: `-` and `_`, never padded. The parts of a JSON Web Token.
    UrlUnpadded,
}

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
const PADDED: GeneralPurposeConfig =
    LENIENT.with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
const RAW: GeneralPurposeConfig = LENIENT.with_decode_padding_mode(DecodePaddingMode::RequireNone);

static STD_ENCODING: GeneralPurpose = GeneralPurpose::new(&STANDARD, PADDED);
static RAW_STD_ENCODING: GeneralPurpose = GeneralPurpose::new(&STANDARD, RAW);
static RAW_URL_ENCODING: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, RAW);

impl Encoding {
    fn engine(self) -> &'static GeneralPurpose {
        match self {
            Self::Padded => &STD_ENCODING,
            Self::Unpadded => &RAW_STD_ENCODING,
            Self::UrlUnpadded => &RAW_URL_ENCODING,
        }
    }
}

/// The text is not base64 in the chosen encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid base64")]
pub(crate) struct InvalidBase64;

/// Decodes `text`; the result is overwritten when dropped.
///
/// # Errors
///
/// If `DecodeString` of Go's `encoding/base64` (`base64.go`) would return an error.
pub(crate) fn decode(text: &[u8], encoding: Encoding) -> Result<Zeroizing<Vec<u8>>, InvalidBase64> {
    if memchr::memchr2(b'\n', b'\r', text).is_none() {
        return decode_line(text, encoding);
    }
    // With room for all of it, as a vector that grows leaves copies in memory.
    let mut line = Zeroizing::new(Vec::with_capacity(text.len()));
    line.extend(text.iter().filter(|byte| !matches!(byte, b'\n' | b'\r')));
    decode_line(&line, encoding)
}

fn decode_line(text: &[u8], encoding: Encoding) -> Result<Zeroizing<Vec<u8>>, InvalidBase64> {
    let mut decoded = Zeroizing::new(vec![0; decoded_len_estimate(text.len())]);
    let length = encoding.engine().decode_slice(text, &mut decoded).map_err(|_| InvalidBase64)?;
    decoded.truncate(length);
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use regex::Regex;

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

    /// Texts without line breaks that `base64.go` accepts.
    static SHAPES: LazyLock<[Regex; 3]> = LazyLock::new(|| {
        [
            "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
            "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3})?$",
            "^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?$",
        ]
        .map(|shape| Regex::new(shape).unwrap())
    });

    /// The rules of `base64.go` again: an expression for the text, and its bits one by one.
    fn plain(text: &str, encoding: Encoding) -> Option<Vec<u8>> {
        let line = text.replace(['\n', '\r'], "");
        if !SHAPES[encoding as usize].is_match(&line) {
            return None;
        }
        let value = |byte: u8| match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            _ => 63,
        };
        let symbols = line.trim_end_matches('=').bytes();
        let bits: Vec<u8> =
            symbols.flat_map(|byte| (0..6).rev().map(move |bit| value(byte) >> bit & 1)).collect();
        Some(
            bits.chunks_exact(8)
                .map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit))
                .collect(),
        )
    }

    proptest! {
        #[test]
        fn any_text_decodes_by_the_rules_of_go(
            text in prop_oneof![
                "[A-Za-z0-9+/]{0,12}(\n|\r\n)?={0,3}\n?",
                "[ABab01+/_=\r\n -]{0,9}",
                "[\\PC]{0,6}",
                "([A-Za-z0-9+/]{64}\n){0,3}[A-Za-z0-9_-]{0,8}={0,2}",
            ]
        ) {
            for encoding in [Encoding::Padded, Encoding::Unpadded, Encoding::UrlUnpadded] {
                let decoded = decode(text.as_bytes(), encoding).ok().map(|bytes| bytes.to_vec());
                prop_assert_eq!(decoded, plain(&text, encoding), "{:?}", encoding);
            }
        }
    }
}
