//! Keys of pull secrets and the images that they are tried for: `pkg/credentialprovider/keyring.go` of Kubernetes with
//! what it calls of `net/url`, `net` and `path/filepath`, written plainly.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use pullcreds::credentials::keyring::{Keyring, first_match, normalise};

/// Host with port, and path.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Url {
    host: Vec<u8>,
    path: Vec<u8>,
}

/// `url.Parse` after a scheme.
fn parse(text: &[u8]) -> Option<Url> {
    let (rest, fragment) = cut(text, b"#");
    if rest.iter().any(u8::is_ascii_control) {
        return None;
    }
    let (rest, _) = cut(rest, b"?");
    let slash = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(slash);
    let host = match authority.iter().rposition(|&byte| byte == b'@') {
        None => authority,
        Some(at) => {
            let user = &authority[..at];
            let fine =
                |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
            if !user.iter().all(fine) {
                return None;
            }
            unescape(user)?;
            &authority[at + 1..]
        }
    };
    unescape(fragment)?;
    Some(Url { host: parse_host(host)?, path: unescape(path)? })
}

/// `parseHost`, with the stricter rule of Go 1.26 about colons.
fn parse_host(host: &[u8]) -> Option<Vec<u8>> {
    let port = |text: &[u8]| {
        text.is_empty() || text[0] == b':' && text[1..].iter().all(u8::is_ascii_digit)
    };
    if host.contains(&b'[') {
        let close = host.iter().rposition(|&byte| byte == b']')?;
        // The last bracket is the one that counts.
        if host.iter().rposition(|&byte| byte == b'[') != Some(0) || !port(&host[close + 1..]) {
            return None;
        }
        let inside = &host[1..close];
        let zone = inside.windows(3).position(|three| three == b"%25").unwrap_or(inside.len());
        let mut address = host_text(&inside[..zone], |byte| !byte.is_ascii() || byte == b'%')?;
        let any = |byte: u8| byte == b'%' || byte == b' ' || is_host_byte(byte);
        address.extend(host_text(&inside[zone..], any)?);
        let text = std::str::from_utf8(&address).ok()?;
        let (bare, zone) = text.split_once('%').unwrap_or((text, "zone"));
        bare.parse::<Ipv6Addr>().ok().filter(|_| !zone.is_empty())?;
        return Some([b"[", &*address, &host[close..]].concat());
    }
    let colon = host.iter().position(|&byte| byte == b':').unwrap_or(host.len());
    if !port(&host[colon..]) {
        return None;
    }
    host_text(host, |byte| !byte.is_ascii() || byte == b'%')
}

/// A part of a host: only some bytes may be in it, and only some may be escaped.
fn host_text(text: &[u8], may_be_escaped: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'%' {
            let byte = escaped(text, at)?;
            if !may_be_escaped(byte) {
                return None;
            }
            out.push(byte);
            at += 3;
        } else {
            if text[at].is_ascii() && !is_host_byte(text[at]) {
                return None;
            }
            out.push(text[at]);
            at += 1;
        }
    }
    Some(out)
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte)
}

fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let step = if text[at] == b'%' { 3 } else { 1 };
        out.push(if step == 3 { escaped(text, at)? } else { text[at] });
        at += step;
    }
    Some(out)
}

fn escaped(text: &[u8], at: usize) -> Option<u8> {
    let digits = std::str::from_utf8(text.get(at + 1..at + 3)?).ok()?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit())
        .then(|| u8::from_str_radix(digits, 16).ok())?
}

fn cut<'t>(text: &'t [u8], separator: &[u8]) -> (&'t [u8], &'t [u8]) {
    match text.iter().position(|byte| separator.contains(byte)) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, b""),
    }
}

/// `SplitURL`: the labels of the host, and the port.
fn split(url: &Url) -> (Vec<Vec<u8>>, Vec<u8>) {
    let (host, port) = split_host_port(&url.host).unwrap_or((url.host.clone(), Vec::new()));
    (host.split(|&byte| byte == b'.').map(<[u8]>::to_vec).collect(), port)
}

/// `net.SplitHostPort`; `None` for an error.
fn split_host_port(text: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let colon = text.iter().rposition(|&byte| byte == b':')?;
    let (host, port) = (&text[..colon], &text[colon + 1..]);
    let host = match host.strip_prefix(b"[") {
        Some(inside) => {
            // "missing port" and "missing ']'" are errors.
            let end = text.iter().position(|&byte| byte == b']')?;
            if end + 1 != colon {
                return None;
            }
            &inside[..inside.len() - 1]
        }
        None if host.contains(&b':') => return None,
        None => host,
    };
    let stray = |part: &[u8]| part.iter().any(|byte| b"[]".contains(byte));
    (!stray(host) && !stray(port)).then(|| (host.to_vec(), port.to_vec()))
}

/// A piece of a pattern of `filepath.Match`.
enum Piece {
    Star,
    Any,
    Byte(u8),
    /// Ranges of characters, and whether those outside are meant.
    Class(Vec<(char, char)>, bool),
}

/// The pieces of a pattern; `None` if it is bad.
fn pieces(pattern: &[u8]) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        pieces.push(match byte {
            // Two stars mean what one means, and take much longer to try.
            b'*' if matches!(pieces.last(), Some(Piece::Star)) => continue,
            b'*' => Piece::Star,
            b'?' => Piece::Any,
            b'[' => {
                let text = std::str::from_utf8(rest).ok()?;
                let mut characters = text.chars();
                let class = class(&mut characters)?;
                rest = characters.as_str().as_bytes();
                class
            }
            b'\\' => {
                let (&escaped, after) = rest.split_first()?;
                rest = after;
                Piece::Byte(escaped)
            }
            byte => Piece::Byte(byte),
        });
    }
    Some(pieces)
}

fn class(rest: &mut std::str::Chars<'_>) -> Option<Piece> {
    let one = |rest: &mut std::str::Chars<'_>| match rest.next()? {
        '-' | ']' => None,
        '\\' => rest.next(),
        character => Some(character),
    };
    let negated = rest.as_str().starts_with('^');
    if negated {
        rest.next();
    }
    let mut ranges = Vec::new();
    while ranges.is_empty() || !rest.as_str().starts_with(']') {
        let low = one(rest)?;
        let mut high = low;
        if rest.as_str().starts_with('-') {
            rest.next();
            high = one(rest)?;
        }
        // A class never ends the pattern without its bracket.
        if rest.as_str().is_empty() {
            return None;
        }
        ranges.push((low, high));
    }
    rest.next();
    Some(Piece::Class(ranges, negated))
}

/// Whether the pieces match all of `name`, by trying everything.
fn matches(pieces: &[Piece], name: &[u8]) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return name.is_empty() };
    let first = || {
        let width = (1..=name.len().min(4)).find(|&end| std::str::from_utf8(&name[..end]).is_ok());
        let width = width.unwrap_or(1);
        let text = String::from_utf8_lossy(&name[..width]).into_owned();
        (text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER), width)
    };
    match piece {
        Piece::Star => {
            matches(rest, name)
                || name.first().is_some_and(|&byte| byte != b'/') && matches(pieces, &name[1..])
        }
        _ if name.is_empty() => false,
        Piece::Any => name[0] != b'/' && matches(rest, &name[first().1..]),
        Piece::Byte(byte) => name[0] == *byte && matches(rest, &name[1..]),
        Piece::Class(ranges, negated) => {
            let (character, width) = first();
            let inside = ranges.iter().any(|&(low, high)| low <= character && character <= high);
            inside != *negated && matches(rest, &name[width..])
        }
    }
}

/// `URLsMatch`.
fn match_urls(pattern: &Url, name: &Url) -> bool {
    let ((pattern_labels, pattern_port), (labels, port)) = (split(pattern), split(name));
    let label_matches = |pattern: &Vec<u8>, label: &Vec<u8>| {
        pieces(pattern).is_some_and(|pieces| matches(&pieces, label))
    };
    pattern_port == port
        && pattern_labels.len() == labels.len()
        && name.path.starts_with(&pattern.path)
        && pattern_labels.iter().zip(&labels).all(|(pattern, label)| label_matches(pattern, label))
}

/// What `BasicDockerKeyring.Add` makes of a key.
pub(crate) fn normalised(key: &str) -> Option<Vec<u8>> {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let Url { host, path } = parse(bare.as_bytes())?;
    let versioned = path.starts_with(b"/v1/") || path.starts_with(b"/v2/");
    let path = if versioned { path[3..].to_vec() } else { path };
    Some(if path == b"/" { host } else { [host, path].concat() })
}

/// The keys that `BasicDockerKeyring.Lookup` finds for a name, in its order, by their places in `keys`.
pub(crate) fn lookup(keys: &[&str], name: &str) -> Vec<usize> {
    let all: Vec<Option<Vec<u8>>> = keys.iter().map(|key| normalised(key)).collect();
    let index: BTreeSet<&Vec<u8>> = all.iter().flatten().collect();
    let of = |key: &Vec<u8>| {
        let places = all.iter().enumerate().filter(|(_, other)| other.as_ref() == Some(key));
        places.map(|(at, _)| at).collect::<Vec<_>>()
    };
    let target = parse(name.as_bytes());
    let hit = |key: &&&Vec<u8>| {
        let pattern = parse(key);
        pattern.zip(target.clone()).is_some_and(|(pattern, name)| match_urls(&pattern, &name))
    };
    let found: Vec<usize> = index.iter().rev().filter(hit).flat_map(|key| of(key)).collect();
    if found.is_empty() && is_default_registry(name) {
        return of(&b"index.docker.io".to_vec());
    }
    found
}

/// `isDefaultRegistryMatch`.
fn is_default_registry(name: &str) -> bool {
    let parts: Vec<&str> = name.splitn(2, '/').collect();
    if parts[0].is_empty() {
        return false;
    }
    parts.len() == 1
        || ["docker.io", "index.docker.io"].contains(&parts[0])
        || !parts[0].contains('.') && !parts[0].contains(':')
}

/// The program matches a pattern as this does.
pub(crate) fn agrees(pattern: &str, name: &str) {
    let urls = parse(pattern.as_bytes()).zip(parse(name.as_bytes()));
    let expected = urls.is_some_and(|(pattern, name)| match_urls(&pattern, &name));
    assert_eq!(first_match([pattern], name).is_some(), expected, "{pattern:?} for {name:?}");
}

/// The program tries the keys that this tries.
pub(crate) fn lookup_agrees(keys: &[&str], name: &str) {
    for key in keys {
        let ours = normalise(key).ok();
        let other = normalised(key);
        assert_eq!(ours, other, "{key:?}");
    }
    let given = keys.iter().enumerate().map(|(at, key)| (at, 0, *key));
    let keyring = Keyring::from_keys(given);
    let found: Vec<_> = keyring.lookup(name).iter().map(|found| found.secret).collect();
    assert_eq!(found, lookup(keys, name), "{keys:?} for {name:?}");
}
