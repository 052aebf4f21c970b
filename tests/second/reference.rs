//! Image references by the regular expressions of `github.com/distribution/reference` (`regexp.go`, `normalize.go`,
//! `reference.go`), translated one by one.

use std::sync::LazyLock;

use pullcreds::image::Reference;
use regex::Regex;

const ALPHANUMERIC: &str = "[a-z0-9]+";
const SEPARATOR: &str = "(?:[._]|__|[-]+)";
const DOMAIN_LABEL: &str = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const IPV6: &str = r"\[(?:[a-fA-F0-9:]+)\]";
const PORT: &str = "(?::[0-9]+)?";
const TAG: &str = "[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}";
const DIGEST: &str = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*[:][0-9A-Fa-f]{32,}";
/// Algorithm and number of digits (`go-digest`, `algorithm.go`).
const ALGORITHMS: &[(&str, usize)] = &[("sha256", 64), ("sha384", 96), ("sha512", 128)];

fn regex(text: &str) -> Regex {
    Regex::new(&format!("^(?:{text})$")).expect("a sound pattern")
}

fn domain_and_port() -> String {
    format!(r"(?:{DOMAIN_LABEL}(?:\.{DOMAIN_LABEL})*|{IPV6}){PORT}")
}

fn remote_name() -> String {
    let component = format!("{ALPHANUMERIC}(?:{SEPARATOR}{ALPHANUMERIC})*");
    format!("{component}(?:/{component})*")
}

static IDENTIFIER: LazyLock<Regex> = LazyLock::new(|| regex("[a-f0-9]{64}"));
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    let name = format!("(?:{}/)?{}", domain_and_port(), remote_name());
    regex(&format!("({name})(?::({TAG}))?(?:@({DIGEST}))?"))
});
static NAME: LazyLock<Regex> =
    LazyLock::new(|| regex(&format!("(?:({})/)?({})", domain_and_port(), remote_name())));

/// What a reference consists of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) domain: String,
    pub(crate) path: String,
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<String>,
}

/// `ParseNormalizedNamed`.
pub(crate) fn parse(input: &str) -> Option<Parts> {
    if IDENTIFIER.is_match(input) {
        return None;
    }
    let (domain, remainder) = split_docker_domain(input);
    let remote = remainder.split(':').next().unwrap_or_default();
    if remote.to_lowercase() != remote {
        return None;
    }
    let full = format!("{domain}/{remainder}");
    let captures = REFERENCE.captures(&full)?;
    let name = NAME.captures(&captures[1])?;
    let text = |at: usize| captures.get(at).map(|text| text.as_str().to_owned());
    let parts = Parts {
        domain: name.get(1).map(|text| text.as_str().to_owned()).unwrap_or_default(),
        path: name[2].to_owned(),
        tag: text(2),
        digest: text(3),
    };
    let digest_is_known = parts.digest.as_ref().is_none_or(|digest| is_known_digest(digest));
    (parts.path.len() <= 255 && digest_is_known).then_some(parts)
}

/// `splitDockerDomain`.
fn split_docker_domain(name: &str) -> (&str, String) {
    let (domain, remote) = match name.split_once('/') {
        Some(("index.docker.io", rest)) => ("docker.io", rest),
        Some((first, rest))
            if first == "localhost"
                || first.contains(['.', ':'])
                || first.to_lowercase() != first =>
        {
            (first, rest)
        }
        _ => ("docker.io", name),
    };
    let official = domain == "docker.io" && !remote.contains('/');
    (domain, if official { format!("library/{remote}") } else { remote.to_owned() })
}

/// `Digest.Validate`.
fn is_known_digest(digest: &str) -> bool {
    let (algorithm, digits) = digest.split_once(':').unwrap_or_default();
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    ALGORITHMS.contains(&(algorithm, digits.len())) && digits.bytes().all(digit)
}

/// The program reads `input` as this does.
pub(crate) fn agrees(input: &str) {
    let ours = Reference::parse(input).ok();
    let parts = ours.as_ref().map(|reference| Parts {
        domain: reference.domain().to_owned(),
        path: reference.path().to_owned(),
        tag: reference.tag().map(str::to_owned),
        digest: reference.digest().map(str::to_owned),
    });
    assert_eq!(parts, parse(input), "{input:?}");
    if let Some(reference) = ours {
        let normal = reference.to_string();
        let again = Reference::parse(&normal);
        // Only a name whose first part is no valid host reads otherwise when it is normalised.
        assert!(reference.domain().is_empty() || again == Ok(reference), "{input:?}");
    }
}
