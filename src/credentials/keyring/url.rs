//! `url.Parse` of Go's `net/url` (1.26), for a text after `https://`.

use std::net::Ipv6Addr;

/// Why Go's `url.Parse` refuses a text. Holds nothing of the text but one character of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// A line feed, tab or other control character.
    #[error("it contains a line break, tab or other control character")]
    ControlCharacter,
    /// A character that no host may hold.
    #[error("the host contains `{0}`")]
    HostCharacter(char),
    /// `%` without two hexadecimal digits, or one that the host must not hold.
    #[error("it contains an invalid `%` escape")]
    Escape,
    /// The port is not a number.
    #[error("the port is not a number")]
    Port,
    /// Brackets around something other than an IPv6 address.
    #[error("brackets in the host must enclose an IPv6 address")]
    Brackets,
    /// A user name or password with characters that must be escaped.
    #[error("the user name or password before `@` contains a character that must be escaped")]
    Userinfo,
}

/// Host (with port) and path, escapes resolved; they need not be UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) host: Vec<u8>,
    pub(super) path: Vec<u8>,
}

/// Which part of a URL an escape is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UrlPart {
    Host,
    Zone,
    Other,
}

impl Url {
    /// Reads `text` as `url.Parse("https://" + text)`.
    pub(super) fn parse(text: &[u8]) -> Result<Self, InvalidUrl> {
        let (text, fragment) = cut(text, b'#');
        if text.iter().any(|&byte| byte < b' ' || byte == 0x7f) {
            return Err(InvalidUrl::ControlCharacter);
        }
        let (text, _query) = cut(text, b'?');
        let (authority, path) = text.split_at(find(text, b'/').unwrap_or(text.len()));
        let host = parse_authority(authority)?;
        let path = unescape(path, UrlPart::Other)?;
        unescape(fragment, UrlPart::Other)?;
        Ok(Self { host, path })
    }

    /// The host and the port (empty if there is none): `SplitURL` in the kubelet's `keyring.go`,
    /// which takes the whole host where `net.SplitHostPort` fails. Brackets around an IPv6 address
    /// go away only if there is a port.
    pub(super) fn split_port(&self) -> (&[u8], &[u8]) {
        let host = self.host.as_slice();
        split_host_port(host).unwrap_or((host, b""))
    }
}

/// `net.SplitHostPort`, `None` for an error.
fn split_host_port(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = text.iter().rposition(|&byte| byte == b':')?;
    let (before, port) = (&text[..colon], &text[colon + 1..]);
    let host = if before.starts_with(b"[") {
        let end = find(text, b']').filter(|&end| end + 1 == colon)?;
        &text[1..end]
    } else {
        before
    };
    let has_stray = |stray: &[u8]| host.iter().chain(port).any(|byte| stray.contains(byte));
    let is_plain = host.len() == before.len();
    let is_bad = has_stray(b"[]") || (is_plain && host.contains(&b':'));
    (!is_bad).then_some((host, port))
}

/// `parseAuthority`: what follows the last `@`, if what comes before is a possible userinfo.
fn parse_authority(authority: &[u8]) -> Result<Vec<u8>, InvalidUrl> {
    let Some(at) = authority.iter().rposition(|&byte| byte == b'@') else {
        return parse_host(authority);
    };
    let host = parse_host(&authority[at + 1..])?;
    let userinfo = &authority[..at];
    let is_allowed =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !userinfo.iter().all(is_allowed) {
        return Err(InvalidUrl::Userinfo);
    }
    unescape(userinfo, UrlPart::Other)?;
    Ok(host)
}

/// `parseHost`. Two colons outside of brackets are an error since Go 1.26 for http and https; older
/// kubelets keep such a key, which then matches nothing.
fn parse_host(host: &[u8]) -> Result<Vec<u8>, InvalidUrl> {
    match host.iter().rposition(|&byte| byte == b'[') {
        Some(0) => return parse_ip_literal(host),
        Some(_) => return Err(InvalidUrl::Brackets),
        None => {}
    }
    check_port(&host[find(host, b':').unwrap_or(host.len())..])?;
    unescape(host, UrlPart::Host)
}

fn parse_ip_literal(host: &[u8]) -> Result<Vec<u8>, InvalidUrl> {
    let end = host.iter().rposition(|&byte| byte == b']').ok_or(InvalidUrl::Brackets)?;
    let (inside, port) = (&host[1..end], &host[end + 1..]);
    check_port(port)?;
    let zone = inside.windows(3).position(|three| three == b"%25").unwrap_or(inside.len());
    let mut address = unescape(&inside[..zone], UrlPart::Host)?;
    address.extend(unescape(&inside[zone..], UrlPart::Zone)?);
    if !is_ipv6(&address) {
        return Err(InvalidUrl::Brackets);
    }
    Ok([b"[", address.as_slice(), b"]", port].concat())
}

/// Whether `netip.ParseAddr` parses the text as an IPv6 address. A zone may be any text, but not
/// empty.
fn is_ipv6(text: &[u8]) -> bool {
    let (address, zone) = cut(text, b'%');
    let has_empty_zone = zone.is_empty() && address.len() < text.len();
    let is_address = str::from_utf8(address).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok());
    is_address && !has_empty_zone
}

/// `validOptionalPort`: nothing, or a colon and any number of digits.
fn check_port(port: &[u8]) -> Result<(), InvalidUrl> {
    match port {
        [] => Ok(()),
        [b':', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => Ok(()),
        _ => Err(InvalidUrl::Port),
    }
}

/// `unescape` of `net/url`: resolves percent escapes. A host may escape only bytes outside of ASCII,
/// and must not hold certain characters at all.
fn unescape(text: &[u8], part: UrlPart) -> Result<Vec<u8>, InvalidUrl> {
    // Hardly any text has an escape.
    if part == UrlPart::Other && !text.contains(&b'%') {
        return Ok(text.to_vec());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            if part != UrlPart::Other && first.is_ascii() && !is_host_character(*first) {
                return Err(InvalidUrl::HostCharacter(char::from(*first)));
            }
            out.push(*first);
            continue;
        }
        let [high, low, after @ ..] = rest else { return Err(InvalidUrl::Escape) };
        rest = after;
        let byte = hex(*high)? << 4 | hex(*low)?;
        let is_allowed = match part {
            UrlPart::Host => !byte.is_ascii() || byte == b'%',
            UrlPart::Zone => byte == b'%' || byte == b' ' || is_host_character(byte),
            UrlPart::Other => true,
        };
        if !is_allowed {
            return Err(InvalidUrl::Escape);
        }
        out.push(byte);
    }
    Ok(out)
}

/// `!shouldEscape(c, encodeHost)` of `net/url`.
fn is_host_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$&'()*+,;=:[]<>\"-_.~".contains(&byte)
}

fn hex(digit: u8) -> Result<u8, InvalidUrl> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(InvalidUrl::Escape),
    }
}

fn find(text: &[u8], wanted: u8) -> Option<usize> {
    text.iter().position(|&byte| byte == wanted)
}

/// The text before and after the first `separator`, which is in neither.
fn cut(text: &[u8], separator: u8) -> (&[u8], &[u8]) {
    match find(text, separator) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, b""),
    }
}
