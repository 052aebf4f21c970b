//! Image references, read exactly as the kubelet reads them. Nothing here knows about registries,
//! manifests or credentials.
//!
//! The rules are those of `ParseNormalizedNamed` in `github.com/distribution/reference`
//! (`normalize.go`, `regexp.go`, `reference.go`) and of `github.com/opencontainers/go-digest`, which
//! the kubelet calls in `pkg/util/parsers/parsers.go`.

use std::borrow::Cow;
use std::fmt;

/// The domain of Docker Hub in a normalised reference (`normalize.go`).
pub const DOCKER_HUB: &str = "docker.io";

/// The old name of Docker Hub, rewritten to [`DOCKER_HUB`] (`normalize.go`, `legacyDefaultDomain`).
const LEGACY_DOCKER_HUB: &str = "index.docker.io";

/// The namespace of Docker Hub's official images (`normalize.go`, `officialRepoPrefix`).
const OFFICIAL_NAMESPACE: &str = "library/";

/// The longest path (`reference.go`, `RepositoryNameTotalLengthMax`).
const MAX_PATH: usize = 255;

/// The longest tag (`regexp.go`, `tag`).
const MAX_TAG: usize = 128;

/// The digest algorithms with the length of their hexadecimal form (`go-digest`, `algorithm.go`).
const DIGESTS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// A normalised image reference: `domain/path[:tag][@digest]`.
///
/// ```
/// let image = pullcreds::image::Reference::parse("nginx:1.29").unwrap();
/// assert_eq!(image.name(), "docker.io/library/nginx");
/// assert_eq!(image.tag(), Some("1.29"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference<'a> {
    // The normalised text, which most references are written as. Invariant: it matches the grammar, and the offsets
    // below are on its separators or at its end: domain_end <= name_end <= tag_end <= text.len().
    text: Cow<'a, str>,
    domain_end: u32,
    name_end: u32,
    tag_end: u32,
}

impl<'a> Reference<'a> {
    /// Reads `input` as `ParseNormalizedNamed` does: a reference without a registry belongs to Docker
    /// Hub, one without a namespace there to `library/`.
    ///
    /// # Errors
    ///
    /// A reason for people when the kubelet would report `InvalidImageName`. It never holds text of
    /// the input, so that it can be printed even if the input holds a password.
    pub fn parse(input: &'a str) -> Result<Self, InvalidReference> {
        Self::parse_parts(input).map_err(|error| obvious_mistake(input).unwrap_or(error))
    }

    fn parse_parts(input: &'a str) -> Result<Self, InvalidReference> {
        if input.len() == 64 && input.bytes().all(is_lower_hex) {
            return Err(InvalidReference::Identifier);
        }
        let (domain, namespace, remainder) = split_domain(input);
        let (before_digest, digest) = split_at_char(remainder, '@');
        let last_segment = before_digest.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match before_digest[last_segment..].find(':') {
            Some(colon) => {
                let colon = last_segment + colon;
                (&before_digest[..colon], Some(&before_digest[colon + 1..]))
            }
            None => (before_digest, None),
        };
        check_path(path)?;
        tag.map_or(Ok(()), check_tag)?;
        digest.map_or(Ok(()), check_digest)?;

        // A "domain" that the grammar refuses may still be the first component of a path, as in
        // `my_registry.example.com/app`: such a name has no domain.
        let has_domain = match check_domain(domain) {
            Ok(()) => true,
            Err(_) if is_path_component(domain) => false,
            Err(error) => return Err(error),
        };
        let path_length = if has_domain { namespace.len() } else { domain.len() + 1 } + path.len();
        if path_length > MAX_PATH {
            return Err(InvalidReference::PathTooLong(path_length));
        }
        let is_normal = namespace.is_empty()
            && input.strip_prefix(domain).and_then(|rest| rest.strip_prefix('/'))
                == Some(remainder);
        let text = if is_normal {
            Cow::Borrowed(input)
        } else {
            Cow::Owned(format!("{domain}/{namespace}{remainder}"))
        };
        let name_end = domain.len() + 1 + namespace.len() + path.len();
        let tag_end = name_end + tag.map_or(0, |tag| tag.len() + 1);
        let offset = |at: usize| u32::try_from(at).map_err(|_| InvalidReference::TooLong);
        Ok(Self {
            domain_end: if has_domain { offset(domain.len())? } else { 0 },
            name_end: offset(name_end)?,
            tag_end: offset(tag_end)?,
            text,
        })
    }

    /// The same with a text of its own.
    pub fn into_owned(self) -> Reference<'static> {
        Reference { text: Cow::Owned(self.text.into_owned()), ..self }
    }

    /// The registry host with its port; empty for the rare name whose first part is not a valid host
    /// (`my_registry.example.com/app`), which the grammar takes for a path. See [`Self::registry`].
    pub fn domain(&self) -> &str {
        &self.text[..self.domain_end as usize]
    }

    /// The repository inside the registry, such as `library/nginx`.
    pub fn path(&self) -> &str {
        let start = if self.domain_end == 0 { 0 } else { self.domain_end as usize + 1 };
        &self.text[start..self.name_end as usize]
    }

    /// The tag as written; none is not `latest`.
    pub fn tag(&self) -> Option<&str> {
        (self.tag_end > self.name_end)
            .then(|| &self.text[self.name_end as usize + 1..self.tag_end as usize])
    }

    /// The digest with its algorithm.
    pub fn digest(&self) -> Option<&str> {
        self.text.get(self.tag_end as usize + 1..)
    }

    /// The domain and path without tag and digest: the name the kubelet looks credentials up by.
    pub fn name(&self) -> &str {
        &self.text[..self.name_end as usize]
    }

    /// The part of the name before its first slash, which is what a container runtime connects to
    /// and what keys of pull secrets are compared with. Equal to [`Self::domain`] where that is not
    /// empty.
    pub fn registry(&self) -> &str {
        split_at_char(self.name(), '/').0
    }
}

impl fmt::Display for Reference<'_> {
    /// The normalised reference.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a text is not a valid image reference, in words for the person who wrote it.
///
/// Nothing of the input is repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// The text is empty.
    #[error("the image reference is empty")]
    Empty,
    /// Blanks, tabs or line breaks at the ends or inside.
    #[error("the image reference contains whitespace")]
    Whitespace,
    /// A placeholder of a template engine or shell is still there.
    #[error("the image reference contains an unrendered template placeholder (`{0}`)")]
    Unrendered(&'static str),
    /// A URL scheme in front.
    #[error("an image reference must not have a scheme: remove `{0}`")]
    Scheme(&'static str),
    /// Some `scheme://` that is not among the usual ones.
    #[error(
        "an image reference must not have a scheme: remove everything up to and including `://`"
    )]
    UnknownScheme,
    /// `user:password@` before the registry.
    #[error(
        "an image reference must not contain a user name or password; put them into a pull secret"
    )]
    Userinfo,
    /// 64 hexadecimal digits, which name an image by its ID.
    #[error(
        "64 hexadecimal digits are an image ID, which cannot be pulled; write the image's name"
    )]
    Identifier,
    /// A character that no part of a reference may hold.
    #[error("the image reference contains a character outside ASCII")]
    NotAscii,
    /// An upper-case letter in the repository path.
    #[error("the repository path must be lower case")]
    Uppercase,
    /// The path has a leading, trailing or doubled slash.
    #[error("the repository path has an empty part (a leading, trailing or doubled `/`)")]
    EmptyComponent,
    /// The path has a part with bad characters or separators.
    #[error(
        "each part of the repository path must be lower-case letters and digits, joined by `.`, \
         `_`, `__` or dashes"
    )]
    PathComponent,
    /// The path is longer than 255 characters.
    #[error("the repository path has {0} characters, more than 255")]
    PathTooLong(usize),
    /// The registry host is malformed.
    #[error(
        "the registry host must be labels of letters, digits and inner dashes, joined by `.`, or an \
         IPv6 address in brackets"
    )]
    Host,
    /// The port of the registry is not a number.
    #[error("the registry's port must be digits")]
    Port,
    /// A colon without a tag.
    #[error("the tag is empty")]
    EmptyTag,
    /// The tag is longer than 128 characters.
    #[error("the tag has {0} characters, more than 128")]
    TagTooLong(usize),
    /// The tag holds a bad character.
    #[error(
        "the tag must be letters, digits, `_`, `.` and `-`, and must not begin with `.` or `-`"
    )]
    Tag,
    /// The digest is not `algorithm:hexadecimal`.
    #[error("the digest must have the form `sha256:` and 64 lower-case hexadecimal digits")]
    Digest,
    /// The digest has an algorithm other than the three known ones.
    #[error("the digest's algorithm must be sha256, sha384 or sha512")]
    DigestAlgorithm,
    /// The digest has the wrong number of digits.
    #[error("a {algorithm} digest has {expected} hexadecimal digits, this one has {found}")]
    DigestLength {
        /// The algorithm's name.
        algorithm: &'static str,
        /// How many digits it has.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The digest's digits are not all `0-9a-f`.
    #[error("the digest must be lower-case hexadecimal digits")]
    DigestDigits,
    /// The text is longer than 4 GiB.
    #[error("the image reference is too long")]
    TooLong,
}

/// What people usually get wrong, for a text that is known not to parse: a better answer than the
/// first rule of the grammar that it breaks.
fn obvious_mistake(input: &str) -> Option<InvalidReference> {
    const PLACEHOLDERS: [&str; 6] = ["{{", "${", "$(", "<%", "[[", "(("];
    const SCHEMES: [&str; 8] = [
        "https://",
        "http://",
        "oci://",
        "docker://",
        "docker-pullable://",
        "containers://",
        "tcp://",
        "ssh://",
    ];
    if input.is_empty() {
        return Some(InvalidReference::Empty);
    }
    if let Some(placeholder) = PLACEHOLDERS.into_iter().find(|mark| input.contains(mark)) {
        return Some(InvalidReference::Unrendered(placeholder));
    }
    if input.contains(char::is_whitespace) {
        return Some(InvalidReference::Whitespace);
    }
    if let Some((before, _)) = input.split_once("://") {
        let known = SCHEMES
            .into_iter()
            .find(|scheme| before.eq_ignore_ascii_case(&scheme[..scheme.len() - "://".len()]));
        return Some(known.map_or(InvalidReference::UnknownScheme, InvalidReference::Scheme));
    }
    if input.split_once('/').is_some_and(|(first, _)| first.contains('@')) {
        return Some(InvalidReference::Userinfo);
    }
    (!input.is_ascii()).then_some(InvalidReference::NotAscii)
}

/// Splits as `splitDockerDomain` in `normalize.go`: the domain, the namespace to insert (`library/`
/// or nothing) and the rest of the input.
fn split_domain(input: &str) -> (&str, &'static str, &str) {
    let (domain, remainder) = match input.split_once('/') {
        Some((LEGACY_DOCKER_HUB, rest)) => (DOCKER_HUB, rest),
        Some((first, rest)) if looks_like_domain(first) => (first, rest),
        _ => (DOCKER_HUB, input),
    };
    let official = domain == DOCKER_HUB && !remainder.contains('/');
    (domain, if official { OFFICIAL_NAMESPACE } else { "" }, remainder)
}

/// Whether the part before the first slash of a reference is a registry and not a namespace of Docker Hub
/// (`splitDockerDomain` in `normalize.go`).
pub fn looks_like_domain(first: &str) -> bool {
    first == "localhost"
        || first.contains(['.', ':'])
        || first.bytes().any(|b| b.is_ascii_uppercase())
}

fn split_at_char(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// The host and, after a colon, the port. Colons of an IPv6 address in brackets belong to the host.
pub fn split_port(domain: &str) -> (&str, Option<&str>) {
    let host_end = if domain.starts_with('[') { domain.find(']').unwrap_or(0) } else { 0 };
    match domain[host_end..].find(':') {
        Some(colon) => (&domain[..host_end + colon], Some(&domain[host_end + colon + 1..])),
        None => (domain, None),
    }
}

/// `domainAndPort` in `regexp.go`.
fn check_domain(domain: &str) -> Result<(), InvalidReference> {
    let (host, port) = split_port(domain);
    if !(is_ipv6_address(host) || host.split('.').all(is_domain_label)) {
        return Err(InvalidReference::Host);
    }
    if port.is_none_or(is_port) { Ok(()) } else { Err(InvalidReference::Port) }
}

/// `optionalPort` in `regexp.go`, without its colon.
pub fn is_port(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
}

/// `ipv6address` in `regexp.go`.
pub fn is_ipv6_address(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    address.is_some_and(|address| {
        !address.is_empty() && address.bytes().all(|b| b == b':' || b.is_ascii_hexdigit())
    })
}

/// `domainNameComponent` in `regexp.go`.
pub fn is_domain_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b == b'-' || b.is_ascii_alphanumeric())
}

/// `remoteName` in `regexp.go`.
fn check_path(path: &str) -> Result<(), InvalidReference> {
    if path.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(InvalidReference::Uppercase);
    }
    for component in path.split('/') {
        if component.is_empty() {
            return Err(InvalidReference::EmptyComponent);
        }
        if !is_path_component(component) {
            return Err(InvalidReference::PathComponent);
        }
    }
    Ok(())
}

/// `pathComponent` in `regexp.go`: runs of lower-case letters and digits, with `.`, `_`, `__` or any
/// number of dashes between two of them.
pub fn is_path_component(component: &str) -> bool {
    let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    component.starts_with(is_alphanumeric)
        && component.ends_with(is_alphanumeric)
        && component.split(is_alphanumeric).all(|between| {
            matches!(between, "." | "_" | "__") || between.bytes().all(|b| b == b'-')
        })
}

/// `tag` in `regexp.go`.
fn check_tag(tag: &str) -> Result<(), InvalidReference> {
    let is_word = |b: u8| b == b'_' || b.is_ascii_alphanumeric();
    match tag.bytes().next() {
        None => Err(InvalidReference::EmptyTag),
        Some(first) if !is_word(first) => Err(InvalidReference::Tag),
        Some(_) if !tag.bytes().all(|b| is_word(b) || b == b'.' || b == b'-') => {
            Err(InvalidReference::Tag)
        }
        Some(_) if tag.len() > MAX_TAG => Err(InvalidReference::TagTooLong(tag.len())),
        Some(_) => Ok(()),
    }
}

/// `digestPat` in `regexp.go` and then `Digest.Validate` in go-digest: of what the grammar admits,
/// only the three known algorithms with exactly their number of lower-case digits remain.
fn check_digest(digest: &str) -> Result<(), InvalidReference> {
    let (algorithm, encoded) = digest.split_once(':').ok_or(InvalidReference::Digest)?;
    if algorithm.is_empty() || encoded.is_empty() {
        return Err(InvalidReference::Digest);
    }
    let Some((algorithm, expected)) = DIGESTS.into_iter().find(|known| known.0 == algorithm) else {
        return Err(InvalidReference::DigestAlgorithm);
    };
    if !encoded.bytes().all(is_lower_hex) {
        return Err(InvalidReference::DigestDigits);
    }
    let found = encoded.len();
    if found == expected {
        Ok(())
    } else {
        Err(InvalidReference::DigestLength { algorithm, expected, found })
    }
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    /// One line of `testdata/references.jsonl`, computed with `github.com/distribution/reference`.
    #[derive(Deserialize)]
    struct Case {
        input: String,
        valid: bool,
        domain: Option<String>,
        path: Option<String>,
        tag: Option<String>,
        digest: Option<String>,
        name: Option<String>,
    }

    #[test]
    fn every_case_of_the_table_parses_as_in_go() {
        for line in include_str!("../testdata/references.jsonl").lines() {
            let case: Case = serde_json::from_str(line).unwrap();
            let parsed = Reference::parse(&case.input);
            assert_eq!(parsed.is_ok(), case.valid, "{line}");
            let Ok(parsed) = parsed else { continue };
            assert_eq!(Some(parsed.domain()), case.domain.as_deref(), "{line}");
            assert_eq!(Some(parsed.path()), case.path.as_deref(), "{line}");
            assert_eq!(parsed.tag(), case.tag.as_deref(), "{line}");
            assert_eq!(parsed.digest(), case.digest.as_deref(), "{line}");
            assert_eq!(Some(parsed.name()), case.name.as_deref(), "{line}");
        }
    }

    #[test]
    fn a_mistake_gets_the_reason_a_person_needs() {
        use InvalidReference as E;
        for (input, reason) in [
            ("", E::Empty),
            (" ", E::Whitespace),
            ("nginx\n", E::Whitespace),
            ("{{ .Values.image }}", E::Unrendered("{{")),
            ("${REGISTRY}/app", E::Unrendered("${")),
            ("https://ghcr.io/acme/app", E::Scheme("https://")),
            ("OCI://ghcr.io/acme/app", E::Scheme("oci://")),
            ("ftp://ghcr.io/acme/app", E::UnknownScheme),
            ("user:pass@ghcr.io/acme/app", E::Userinfo),
            ("ghcr.io/acme/App", E::Uppercase),
            ("ghcr.io//app", E::EmptyComponent),
            ("ghcr.io/app/", E::EmptyComponent),
            ("ghcr.io/-app", E::PathComponent),
            ("my_registry:5000/app", E::Host),
            ("ghcr.io:x/app", E::Port),
            ("ghcr.io:/app", E::Port),
            ("app:", E::EmptyTag),
            ("app:v1+build", E::Tag),
            ("app@", E::Digest),
            ("app@sha256", E::Digest),
            ("app@md5:ff", E::DigestAlgorithm),
            ("app@sha256:FF", E::DigestDigits),
            ("app@sha256:ff", E::DigestLength { algorithm: "sha256", expected: 64, found: 2 }),
            ("gh\u{e9}r.io/app", E::NotAscii),
        ] {
            assert_eq!(Reference::parse(input), Err(reason), "{input}");
        }
    }

    #[test]
    fn a_registry_that_the_grammar_takes_for_a_path_is_still_named() {
        let image = Reference::parse("my_registry.example.com/app:v1").unwrap();
        assert_eq!(image.domain(), "");
        assert_eq!(image.registry(), "my_registry.example.com");
        assert_eq!(image.to_string(), "my_registry.example.com/app:v1");
    }

    proptest! {
        #[test]
        fn the_normalised_form_parses_to_itself(
            input in "([a-z]{1,3}\\.io(:[0-9]{1,4})?/)?[a-z]{1,4}(/[a-z]{1,4})?(:[a-z]{1,3})?"
        ) {
            let image = Reference::parse(&input).unwrap();
            let normal = image.to_string();
            prop_assert_eq!(Reference::parse(&normal), Ok(image));
        }
    }
}
