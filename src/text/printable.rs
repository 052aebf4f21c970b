//! What a terminal may show.

use std::fmt::Write as _;

/// `text` as a terminal may show it: no escape sequences, no direction marks. Line breaks and tabs stay.
pub fn printable(text: &str) -> String {
    let is_harmless = |c: char| matches!(c, '\n' | '\t') || !is_treacherous(c);
    if text.chars().all(is_harmless) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\r' | '\u{feff}' => {}
            c if is_harmless(c) => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out
}

/// JSON that shows nothing on a terminal but what it says: the characters in its strings that do are escaped.
pub fn printable_json(json: String) -> String {
    let is_harmless = |c: char| c.is_ascii() && c != '\u{7f}' || !is_treacherous(c);
    if json.chars().all(is_harmless) {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if is_harmless(character) {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

/// Whether a character does something to a terminal or to the text around it, or takes no place: control characters,
/// line and paragraph separators, and those that Unicode calls formatting (general category Cf), which set the
/// direction of text, are tags, or join and part letters.
pub(super) fn is_treacherous(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}
