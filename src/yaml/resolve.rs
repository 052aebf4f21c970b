//! How Go's reader interprets a scalar (`go.yaml.in/yaml/v2`, resolve.go, through `sigs.k8s.io/yaml`): kubectl, Helm
//! and Argo CD read manifests with it. It reads dates and numbers to the base of 60 as strings.

/// What a scalar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// No value.
    Null,
    /// `true`, `no`, `y` and the like.
    Bool,
    /// A number.
    Number,
    /// Text.
    Text,
}

/// What a plain scalar without a tag is.
pub(super) fn plain(text: &str) -> Type {
    match text.bytes().next() {
        None => Type::Null,
        Some(b'0'..=b'9' | b'+' | b'-') if is_number(text) => Type::Number,
        Some(b'.') if is_fraction(text) => Type::Number,
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => Type::Text,
        Some(_) => word(text),
    }
}

fn word(text: &str) -> Type {
    match text {
        "~" | "null" | "Null" | "NULL" => Type::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" | "n"
        | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Type::Bool
        }
        _ => Type::Text,
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.len() < text.len() && is_infinite(unsigned) {
        return true;
    }
    // Underscores may be anywhere, the start included: `-_5`.
    let plain = text.replace('_', "");
    // In binary notation Go lets another sign follow: `0b-1`.
    let signed = plain.strip_prefix("0b").is_some_and(|bits| i64::from_str_radix(bits, 2).is_ok());
    is_integer(&plain) || is_float(&plain) || signed
}

/// Of what begins with a point.
fn is_fraction(text: &str) -> bool {
    // Go allows an underscore between two digits.
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit)
    };
    let mut underscores = text.match_indices('_');
    let well_placed =
        underscores.all(|(at, _)| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)));
    is_infinite(text)
        || matches!(text, ".nan" | ".NaN" | ".NAN")
        || well_placed && is_float(&text.replace('_', ""))
}

fn is_infinite(text: &str) -> bool {
    matches!(text, ".inf" | ".Inf" | ".INF")
}

/// `strconv.ParseInt` and `strconv.ParseUint` of Go with the base 0: 64 bits, in binary, octal or hexadecimal notation
/// too.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&digits[2..], 16),
        [b'0', b'o' | b'O', ..] => (&digits[2..], 8),
        [b'0', b'b' | b'B', ..] => (&digits[2..], 2),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (digits, 10),
    };
    // Rust would take another sign.
    let signed = digits.starts_with(['+', '-']);
    let number = u64::from_str_radix(digits, radix).ok().filter(|_| !signed);
    // ParseUint knows no sign.
    let limit = match text.as_bytes().first() {
        Some(b'-') => i64::MIN.unsigned_abs(),
        Some(b'+') => i64::MAX.unsigned_abs(),
        _ => u64::MAX,
    };
    number.is_some_and(|number| number <= limit)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, and no more than fits into 64 bits.
fn is_float(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    // Rust reads the same numbers, and words like `inf`.
    text.bytes().all(known) && text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `sigs.k8s.io/yaml` v1.6.0 reads, one scalar a line.
    const READ_BY_GO: &str = include_str!("../../testdata/scalars.tsv");

    #[test]
    fn scalars_are_what_go_reads() {
        for line in READ_BY_GO.lines() {
            let (text, name) = line.split_once('\t').expect("a scalar and what it is");
            let found = match plain(text) {
                Type::Null => "null",
                Type::Bool => "bool",
                Type::Number => "number",
                Type::Text => "text",
            };
            assert_eq!(found, name, "{text:?}");
        }
    }
}
