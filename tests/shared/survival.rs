//! Whether the bytes of an input are still there, in their order, after an edit.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Checks that deleting what was inserted into `output` gives `input` again: no line is gone, and of a line
/// that was edited every byte is kept, but for a null or an alias that was the value of `imagePullSecrets`.
pub(crate) fn survives(input: &[u8], output: &[u8]) -> Result<(), String> {
    let (before, after) = (lines(input), lines(output));
    let ops = capture_diff_slices(Algorithm::Myers, &before, &after);
    for hunk in ops.split(|op| matches!(op, DiffOp::Equal { .. })) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let old = before[first.old_range().start..last.old_range().end].concat();
        let new = after[first.new_range().start..last.new_range().end].concat();
        if !is_subsequence(&without_replaceable(&old), &new) {
            return Err(format!(
                "line {}: bytes of the input are gone\n  input  {:?}\n  output {:?}",
                first.old_range().start + 1,
                String::from_utf8_lossy(&old),
                String::from_utf8_lossy(&new),
            ));
        }
    }
    if crlf_only(input) && !crlf_only(output) {
        return Err("the input ends its lines with CRLF, the output some with LF".to_owned());
    }
    Ok(())
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').collect()
}

fn crlf_only(text: &[u8]) -> bool {
    let lines = lines(text);
    lines.first().is_some_and(|line| line.ends_with(b"\r\n"))
        && lines.iter().all(|line| line.ends_with(b"\r\n") || !line.ends_with(b"\n"))
}

fn is_subsequence(short: &[u8], long: &[u8]) -> bool {
    let mut long = long.iter();
    short.iter().all(|wanted| long.any(|byte| byte == wanted))
}

/// `text` without the nulls and aliases that are after `imagePullSecrets:`. Such a value cannot be kept.
fn without_replaceable(text: &[u8]) -> Vec<u8> {
    const KEY: &[u8] = b"imagePullSecrets";
    let mut kept = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.windows(KEY.len()).position(|window| window == KEY) {
        let mut value = at + KEY.len();
        value += count(&rest[value..], |byte| b"\"' \t:".contains(&byte));
        let length = count(&rest[value..], |byte| !b" \t\r\n,]}".contains(&byte));
        let replaceable = match &rest[value..value + length] {
            b"~" | b"null" | b"Null" | b"NULL" => true,
            word => word.starts_with(b"*"),
        };
        kept.extend_from_slice(&rest[..value]);
        rest = &rest[value + if replaceable { length } else { 0 }..];
    }
    kept.extend_from_slice(rest);
    kept
}

fn count(text: &[u8], accept: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|&&byte| accept(byte)).count()
}

#[test]
fn an_insertion_survives() {
    assert_eq!(survives(b"a:\n  b: 1\n", b"a:\n  c: 2\n  b: 1\n"), Ok(()));
    assert_eq!(survives(b"{\"b\":1}", b"{\"imagePullSecrets\":[],\"b\":1}"), Ok(()));
}

#[test]
fn a_replaced_null_survives_and_a_replaced_name_does_not() {
    let after = b"imagePullSecrets: [{name: r}] # c\n";
    assert_eq!(survives(b"imagePullSecrets: ~ # c\n", after), Ok(()));
    assert_eq!(survives(b"imagePullSecrets: *all # c\n", after), Ok(()));
    assert!(survives(b"imagePullSecrets: [x] # c\n", after).is_err());
    assert!(survives(b"imagePullSecrets: ~ # d\n", after).is_err());
}

#[test]
fn a_lost_line_and_a_changed_line_ending_do_not_survive() {
    assert!(survives(b"a: 1\n\nb: 2\n", b"a: 1\nb: 2\n").is_err());
    assert!(survives(b"a: 1\r\nb: 2\r\n", b"a: 1\r\nc: 3\nb: 2\r\n").is_err());
}
