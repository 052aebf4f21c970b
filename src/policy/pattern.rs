//! Which images a policy entry is about: `host[:port][/path]` with `*` inside a host label.
//!
//! Hosts and ports match as the kubelet matches credentials (label by label, ports equal as text);
//! paths match by whole segments, which the kubelet does not do: `ghcr.io/acme` is not about
//! `ghcr.io/acme-evil`. Nothing here knows what an entry says about the images it matches.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;

use crate::credentials::keyring;
use crate::image::{self, split_port};
use crate::names::matches_glob;
use crate::say;
use crate::text::{Message, Shown, shown};

/// A pattern over image names.
///
/// | pattern | matches | does not match |
/// |---|---|---|
/// | `ghcr.io/acme` | `ghcr.io/acme/app`, `ghcr.io/acme` | `ghcr.io/acme-evil/app` |
/// | `*.example.com` | `a.example.com/app` | `example.com/app`, `a.b.example.com/app` |
/// | `registry:5000` | `registry:5000/app` | `registry/app`, `registry:5001/app` |
/// | `*` | everything | |
///
/// A final `/*` means the same as its absence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    host: HostPattern,
    // Invariant: each is a path component of the image reference grammar; empty when `host` is `Any`.
    path: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum HostPattern {
    /// `*` alone: every registry.
    Any,
    /// Labels with dots between them, and port. Invariant: at least one label; an IPv6 address in brackets is one label.
    Named { host: String, port: Option<String> },
}

/// How narrow a pattern is; the greater wins where several match. Of two different patterns that
/// are equally narrow and [overlap](Pattern::overlaps), neither can win: that is a mistake.
///
/// The order: more path segments, then a host without `*`, then more literal characters in the
/// host, then fewer `*`. The pattern `*` comes last of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Specificity {
    segments: usize,
    named: bool,
    exact: bool,
    literals: usize,
    stars: Reverse<usize>,
}

/// What has to be equal for two patterns to meet without one that wins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PatternShape {
    specificity: Specificity,
    labels: usize,
    port: Option<String>,
    path: Vec<String>,
}

/// Why a text is not a pattern, and what to write instead.
///
/// Neither text ever holds what stood before an `@`, which may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternMistake {
    /// What is wrong: lower case, no full stop.
    pub message: Message,
    /// The next action.
    pub help: Message,
}

impl PatternMistake {
    fn new(message: impl Into<Message>, help: impl Into<Message>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

/// The name that image references use for Docker Hub.
const HUB: &str = "docker.io";

impl Pattern {
    /// Reads `host[:port][/path]`, or `*` for every registry. `index.docker.io` becomes
    /// `docker.io`, as in image references.
    ///
    /// # Errors
    /// The first thing that keeps `text` from ever matching an image as its author means it:
    /// a scheme, a user name, a tag or digest, a host that image references cannot have, and so on.
    pub fn parse(text: &str) -> Result<Self, PatternMistake> {
        refuse_what_is_no_pattern(text)?;
        if text == "*" || text == "*/*" {
            return Ok(Self { host: HostPattern::Any, path: Vec::new() });
        }
        let bare = text.strip_suffix("/*").unwrap_or(text);
        let (host, path) = match bare.split_once('/') {
            Some((host, path)) => (host, path.split('/').map(str::to_owned).collect()),
            None => (bare, Vec::new()),
        };
        let host = parse_host(host, text)?;
        for segment in &path {
            check_segment(segment, text)?;
        }
        Ok(Self { host, path })
    }

    /// The pattern as a message may show it.
    pub fn shown(&self) -> Shown<'static> {
        shown(&self.to_string()).into_owned()
    }

    /// Whether the pattern is about the image whose reference has this domain (with its port) and
    /// this path, as `distribution/reference` splits them: `docker.io` and `library/nginx`.
    pub fn matches(&self, domain: &str, path: &str) -> bool {
        // Of many entries most have one host, and paths of their own.
        self.matches_path(path) && self.matches_domain(domain)
    }

    fn matches_domain(&self, domain: &str) -> bool {
        let HostPattern::Named { host: pattern, port } = &self.host else { return true };
        let (host, given_port) = split_port(domain);
        if !pattern.contains('*') {
            return pattern == host && port.as_deref() == given_port;
        }
        // The last labels tell hosts apart.
        let mut given = split_labels(host).rev();
        let mut labels = split_labels(pattern).rev();
        port.as_deref() == given_port
            && labels.all(|glob| given.next().is_some_and(|label| matches_glob(glob, label)))
            && given.next().is_none()
    }

    fn matches_path(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        self.path.iter().all(|wanted| segments.next() == Some(wanted))
    }

    /// How narrow the pattern is.
    pub fn specificity(&self) -> Specificity {
        let named = !self.is_any();
        let stars = self.labels().flat_map(str::bytes).filter(|&byte| byte == b'*').count();
        Specificity {
            segments: self.path.len(),
            named,
            exact: named && stars == 0,
            literals: self.labels().map(str::len).sum::<usize>() - stars,
            stars: Reverse(stars),
        }
    }

    /// Whether some image is matched by both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (HostPattern::Named { port, .. }, HostPattern::Named { port: other_port, .. }) =
            (&self.host, &other.host)
        else {
            return true;
        };
        port == other_port
            && self.labels().count() == other.labels().count()
            && self.labels().zip(other.labels()).all(|(one, two)| globs_meet(one, two))
            && self.path.iter().zip(&other.path).all(|(one, two)| one == two)
    }

    /// What two patterns have in common of which neither wins and that meet; `None` without a `*` in a host.
    pub(super) fn shape(&self) -> Option<PatternShape> {
        let HostPattern::Named { host, port } = &self.host else { return None };
        let has_star = host.contains('*');
        has_star.then(|| PatternShape {
            specificity: self.specificity(),
            labels: self.labels().count(),
            port: port.clone(),
            path: self.path.clone(),
        })
    }

    /// Which labels of the host have a `*`.
    pub(super) fn stars(&self) -> Vec<bool> {
        self.labels().map(|label| label.contains('*')).collect()
    }

    /// The labels without a `*` in either of two hosts.
    pub(super) fn plain_labels(&self, others: &[bool]) -> Vec<String> {
        let labels = self.labels().zip(others);
        let plain = labels.filter(|(label, star)| !**star && !label.contains('*'));
        plain.map(|(label, _)| label.to_owned()).collect()
    }

    /// What stands before the first `*` in its label.
    pub(super) fn head(&self) -> &str {
        let first = self.labels().find_map(|label| label.split_once('*'));
        first.map_or("", |(head, _)| head)
    }

    /// The labels of its host; none if it is about every registry.
    fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        let host = match &self.host {
            HostPattern::Any => None,
            HostPattern::Named { host, .. } => Some(&**host),
        };
        host.into_iter().flat_map(split_labels)
    }

    /// The host with its port, or `*`.
    fn domain(&self) -> Cow<'_, str> {
        match &self.host {
            HostPattern::Any => "*".into(),
            HostPattern::Named { host, port: None } => host.into(),
            HostPattern::Named { host, port: Some(port) } => format!("{host}:{port}").into(),
        }
    }

    /// Puts the pattern into an index, as `key`. The pattern for every registry is in none.
    fn add_to(&self, index: &mut keyring::Index, key: usize) {
        let HostPattern::Named { host, port } = &self.host else { return };
        let port = port.as_deref().unwrap_or_default();
        let path: String = self.path.iter().flat_map(|segment| ["/", segment]).collect();
        index.add((host.as_bytes(), port.as_bytes()), path.as_bytes(), key);
    }

    /// Whether the pattern is `*`, every registry.
    pub fn is_any(&self) -> bool {
        self.host == HostPattern::Any
    }
}

/// The canonical spelling: no final `/*`, `docker.io` for `index.docker.io`.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.domain())?;
        self.path.iter().try_for_each(|segment| write!(f, "/{segment}"))
    }
}

impl std::str::FromStr for Pattern {
    type Err = PatternMistake;

    fn from_str(text: &str) -> Result<Self, PatternMistake> {
        Self::parse(text)
    }
}

/// Patterns by host, for many look-ups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PatternIndex {
    by_domain: HashMap<String, RankedPatterns>,
    // Those with a `*` in their host, but not in its last label or its last two, by those and the port.
    by_suffix: HashMap<String, RankedPatterns>,
    others: RankedPatterns,
}

/// Patterns, those that win first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct RankedPatterns {
    // Invariant: sorted by rank.
    all: Vec<Ranked>,
    /// Of their places, if there are many.
    index: Option<keyring::Index>,
    /// The place of the one for every registry.
    any: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Ranked {
    rank: usize,
    pattern: Pattern,
    place: usize,
}

/// With fewer patterns each is looked at.
const WORTH_AN_INDEX: usize = 64;

impl PatternIndex {
    /// Remembers each pattern by its place among `patterns`. The more specific ones win, of equally
    /// specific ones the later.
    pub(super) fn new<'p>(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        let mut places: Vec<_> = patterns.into_iter().cloned().enumerate().collect();
        places.sort_by_cached_key(|(place, pattern)| Reverse((pattern.specificity(), *place)));
        let mut index = Self::default();
        for (rank, (place, pattern)) in places.into_iter().enumerate() {
            let domain = pattern.domain();
            let list = if !domain.contains('*') {
                index.by_domain.entry(domain.into_owned()).or_default()
            } else if let Some(suffix) = suffixes(&domain).find(|suffix| !suffix.contains('*')) {
                index.by_suffix.entry(suffix.to_owned()).or_default()
            } else {
                &mut index.others
            };
            list.push(Ranked { rank, pattern, place });
        }
        index
    }

    /// The places of the patterns that match an image, the winning one first.
    pub(super) fn matching<'i>(
        &'i self,
        domain: &'i str,
        path: &'i str,
    ) -> impl Iterator<Item = usize> + 'i {
        let mut suffixes = suffixes(domain);
        let mut by_suffix = || suffixes.next().and_then(|suffix| self.by_suffix.get(suffix));
        let lists = [self.by_domain.get(domain), by_suffix(), by_suffix(), Some(&self.others)];
        let mut lists = lists
            .map(|list| list.map_or(CandidatePatterns::All(&[]), |list| list.of(domain, path)));
        let merged = std::iter::from_fn(move || {
            let ranks = lists.iter().enumerate();
            let ranks = ranks.filter_map(|(at, list)| Some((list.first()?.rank, at)));
            let (_, at) = ranks.min()?;
            lists[at].next()
        });
        merged.filter(|ranked| ranked.pattern.matches(domain, path)).map(|ranked| ranked.place)
    }
}

impl RankedPatterns {
    fn push(&mut self, ranked: Ranked) {
        self.any = ranked.pattern.is_any().then_some(self.all.len()).or(self.any);
        self.all.push(ranked);
        match (&mut self.index, self.all.len()) {
            (Some(index), count) => self.all[count - 1].pattern.add_to(index, count - 1),
            (None, WORTH_AN_INDEX) => {
                let mut index = keyring::Index::default();
                let all = self.all.iter().enumerate();
                all.for_each(|(at, ranked)| ranked.pattern.add_to(&mut index, at));
                self.index = Some(index);
            }
            (None, _) => {}
        }
    }

    /// Those that may match an image.
    fn of(&self, domain: &str, path: &str) -> CandidatePatterns<'_> {
        let Some(index) = &self.index else { return CandidatePatterns::All(&self.all) };
        let (host, port) = split_port(domain);
        let host = (host.as_bytes(), port.unwrap_or_default().as_bytes());
        let mut places = index.candidates(host, format!("/{path}").as_bytes());
        places.extend(self.any);
        places.sort_unstable();
        let some: Vec<_> = places.iter().rev().map(|at| &self.all[*at]).collect();
        CandidatePatterns::Some(some)
    }
}

/// Patterns that are looked at for an image.
enum CandidatePatterns<'i> {
    All(&'i [Ranked]),
    /// Back to front.
    Some(Vec<&'i Ranked>),
}

impl<'i> CandidatePatterns<'i> {
    fn first(&self) -> Option<&'i Ranked> {
        match self {
            Self::All(all) => all.first(),
            Self::Some(some) => some.last().copied(),
        }
    }

    fn next(&mut self) -> Option<&'i Ranked> {
        match self {
            Self::All(all) => all.split_off_first(),
            Self::Some(some) => some.pop(),
        }
    }
}

/// The last two labels of a domain and the last one, with the port; only one of them if the domain has no other label.
fn suffixes(domain: &str) -> impl Iterator<Item = &str> {
    let mut dots = domain.rmatch_indices('.').map(|(at, _)| at);
    let one = dots.next();
    let two = one.map(|_| dots.next().map_or(domain, |at| &domain[at + 1..]));
    two.into_iter().chain([one.map_or(domain, |at| &domain[at + 1..])])
}

/// Mistakes that are found before the text is split.
fn refuse_what_is_no_pattern(text: &str) -> Result<(), PatternMistake> {
    if text.is_empty() {
        return Err(PatternMistake::new(
            "an empty pattern matches no image",
            "write a registry host such as `ghcr.io/acme`, or `*` for every registry",
        ));
    }
    // First, and without a word of the text: what stands before the `@` may be a password.
    if let Some((_, behind)) = text.rsplit_once('@') {
        return Err(refuse_at_sign(behind));
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        let without: String =
            text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        return Err(PatternMistake::new(
            say!("`{}` contains white space or control characters", shown(text)),
            say!("write `{}`", shown(&without)),
        ));
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return Err(PatternMistake::new(
            say!("`{}` has a scheme; image references have none", shown(text)),
            say!("write `{}` without `{}://`", shown(without_api_path(rest)), shown(scheme)),
        ));
    }
    if text.ends_with('/') {
        return Err(PatternMistake::new(
            say!("`{}` ends with a slash", shown(text)),
            say!("write `{}`", shown(without_api_path(text))),
        ));
    }
    let other_wildcard = text.find(['?', '[', ']']).filter(|_| !text.starts_with('['));
    if let Some(at) = other_wildcard {
        return Err(PatternMistake::new(
            say!(
                "`{}` contains `{}`; the only wildcard is `*`",
                shown(text),
                shown(&text[at..=at])
            ),
            "use `*` inside one part of the host, or one entry for each registry",
        ));
    }
    Ok(())
}

fn refuse_at_sign(behind: &str) -> PatternMistake {
    let digest = behind.split_once(':').is_some_and(|(algorithm, hex)| {
        algorithm.starts_with("sha")
            && hex.len() >= 32
            && hex.bytes().all(|b| b.is_ascii_hexdigit())
    });
    if digest {
        PatternMistake::new(
            "a pattern cannot have a digest: it matches every image of a repository",
            "leave out the `@` and what follows it",
        )
    } else {
        PatternMistake::new(
            "a pattern cannot have a user name or password",
            "write the host and path alone, without the `@` and the text before it; \
             if that was a password, replace the password",
        )
    }
}

/// `index.docker.io/v1/` (the key in a Docker configuration) as the host that images have.
fn without_api_path(text: &str) -> &str {
    let text = text.trim_end_matches('/');
    match text.strip_suffix("/v1").or_else(|| text.strip_suffix("/v2")).unwrap_or(text) {
        "index.docker.io" | "registry-1.docker.io" => HUB,
        bare => bare.trim_end_matches('/'),
    }
}

fn parse_host(host: &str, text: &str) -> Result<HostPattern, PatternMistake> {
    let (name, port) = split_port(host);
    if let Some(port) = port
        && !image::is_port(port)
    {
        return Err(refuse_port(name, port, text));
    }
    if name == "*" && port.is_none() {
        return Err(PatternMistake::new(
            say!("`{}` has a path after `*`; `*` alone matches every registry", shown(text)),
            say!("name the host, as in `registry.example.com{}`", shown(&text[1..])),
        ));
    }
    if port.is_none() && !image::looks_like_domain(name) {
        return Err(refuse_short_name(name, text));
    }
    split_labels(name).try_for_each(|label| check_label(label, text))?;
    let name = if port.is_none() && name == "index.docker.io" { HUB } else { name };
    Ok(HostPattern::Named { host: name.to_owned(), port: port.map(str::to_owned) })
}

fn refuse_short_name(name: &str, text: &str) -> PatternMistake {
    if name.contains('*') {
        return PatternMistake::new(
            say!("`{}` matches no registry: `*` matches inside one part of the host", shown(text)),
            say!(
                "write every part of the host, as in `{}.example.com`, or `*` for every registry",
                shown(name)
            ),
        );
    }
    let namespace = if text == name {
        say!("`{}/library/{}` or `{}/{}`", HUB, shown(name), HUB, shown(name))
    } else {
        say!("`{}/{}`", HUB, shown(text))
    };
    PatternMistake::new(
        say!("`{}` is not a registry host: it has neither a dot nor a port", shown(name)),
        say!("did you mean {}?", namespace),
    )
}

fn refuse_port(name: &str, port: &str, text: &str) -> PatternMistake {
    if port.contains('*') {
        return PatternMistake::new(
            say!("`{}` has a `*` in the port; ports are compared as text", shown(text)),
            "write one entry for each port",
        );
    }
    let help = if port.is_empty() {
        say!("write `{}`", shown(&text.replacen(':', "", 1)))
    } else if image::looks_like_domain(name) {
        say!("write `{}`, or add a numeric port", shown(name))
    } else {
        say!("if `{}` is a tag, leave it out: `{}/library/{}`", shown(port), HUB, shown(name))
    };
    PatternMistake::new(say!("`{}` has a port that is not a number", shown(text)), help)
}

fn check_label(label: &str, text: &str) -> Result<(), PatternMistake> {
    if label.starts_with('[') {
        return if image::is_ipv6_address(label) {
            Ok(())
        } else {
            Err(PatternMistake::new(
                say!("`{}` has brackets around text that is not an IPv6 address", shown(text)),
                "write an address such as `[2001:db8::1]:5000`, without a zone",
            ))
        };
    }
    if label.contains("**") {
        return Err(PatternMistake::new(
            say!("`{}` contains `**`; a `*` matches inside one part of the host", shown(text)),
            "write one `*` for each part, as in `*.*.example.com`",
        ));
    }
    // A `*` stands for what a label may hold anywhere.
    if image::is_domain_label(&label.replace('*', "a")) {
        Ok(())
    } else {
        Err(PatternMistake::new(
            say!("the host of `{}` is not valid in an image reference", shown(text)),
            "a host is letters, digits and inner hyphens between single dots, as in `registry.example.com`",
        ))
    }
}

fn check_segment(segment: &str, text: &str) -> Result<(), PatternMistake> {
    if segment.contains('*') {
        return Err(PatternMistake::new(
            say!("`{}` has a `*` in its path; only a final `/*` is allowed", shown(text)),
            "end the path before the `*`: a path matches everything below it",
        ));
    }
    if let Some((name, _)) = segment.split_once(':') {
        let end = text.rfind(':').unwrap_or(text.len());
        return Err(PatternMistake::new(
            say!("`{}` has a tag; a pattern matches every image of a repository", shown(text)),
            if name.is_empty() {
                "leave out the `:` and what follows it".into()
            } else {
                say!("write `{}`", shown(&text[..end]))
            },
        ));
    }
    if segment.contains(|c: char| c.is_ascii_uppercase())
        && image::is_path_component(&segment.to_ascii_lowercase())
    {
        let (host, path) = text.split_once('/').unwrap_or((text, ""));
        return Err(PatternMistake::new(
            say!(
                "`{}` has capital letters in its path; paths of image references are lower case",
                shown(text)
            ),
            say!("write `{}/{}`", shown(host), shown(&path.to_ascii_lowercase())),
        ));
    }
    if image::is_path_component(segment) {
        Ok(())
    } else {
        Err(PatternMistake::new(
            say!("the path of `{}` is not valid in an image reference", shown(text)),
            "a path is lower case letters and digits, joined by `.`, `_`, `__` or `-`, between single slashes",
        ))
    }
}

fn split_labels(host: &str) -> impl DoubleEndedIterator<Item = &str> {
    let is_address = host.starts_with('[');
    host.split(move |c| c == '.' && !is_address)
}

/// Whether some label is matched by both globs.
fn globs_meet(one: &str, two: &str) -> bool {
    let two: Vec<_> = two.chars().collect();
    // `meets[j]`: the rest of `one` and the rest of `two` from `j` on can be the same text.
    let mut meets: Vec<_> = (0..=two.len()).map(|j| two[j..].iter().all(|&c| c == '*')).collect();
    for a in one.chars().rev() {
        let below = meets;
        meets = vec![false; two.len() + 1];
        for j in (0..=two.len()).rev() {
            let b = two.get(j);
            meets[j] = (a == '*' && (below[j] || b.is_some() && meets[j + 1]))
                || (b == Some(&'*') && (meets[j + 1] || below[j]))
                || (b == Some(&a) && below[j + 1]);
        }
    }
    meets[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap_or_else(|mistake| panic!("{text}: {mistake}"))
    }

    #[track_caller]
    fn check_match(text: &str, images: &[&str], others: &[&str]) {
        let pattern = pattern(text);
        let matches = |image: &&&str| {
            let (domain, path) = image.split_once('/').expect("a case names domain and path");
            pattern.matches(domain, path)
        };
        assert_eq!(images.iter().filter(matches).collect::<Vec<_>>(), Vec::from_iter(images));
        assert_eq!(others.iter().filter(matches).collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[track_caller]
    fn check_mistake(text: &str, message: &str, help: &str) {
        let mistake = Pattern::parse(text).expect_err(text);
        assert_eq!((mistake.message.as_str(), mistake.help.as_str()), (message, help));
    }

    #[test]
    fn a_path_matches_by_whole_segments() {
        check_match(
            "ghcr.io/acme",
            &["ghcr.io/acme", "ghcr.io/acme/app", "ghcr.io/acme/a/b"],
            &["ghcr.io/acme-evil/app", "ghcr.io/acm/app", "ghcr.io/x/acme", "ghcr.io:443/acme/app"],
        );
        check_match("ghcr.io/acme/*", &["ghcr.io/acme/app"], &["ghcr.io/acme-evil/app"]);
    }

    #[test]
    fn a_star_stays_inside_one_label() {
        check_match(
            "*.example.com",
            &["a.example.com/app"],
            &[
                "example.com/app",
                "a.b.example.com/app",
                "a.example.com:5000/app",
                "a.example.org/app",
            ],
        );
        check_match(
            "a*c.io",
            &["ac.io/x", "abc.io/x", "abcc.io/x"],
            &["ab.io/x", "a.c.io/x", "bac.io/x"],
        );
        check_match(
            "*.dkr.ecr.*.amazonaws.com",
            &["123456789012.dkr.ecr.eu-west-1.amazonaws.com/app"],
            &["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app"],
        );
    }

    #[test]
    fn ports_are_equal_or_nothing_matches() {
        check_match(
            "registry:5000",
            &["registry:5000/app"],
            &["registry:5001/app", "docker.io/registry"],
        );
        check_match("*:5000", &["registry:5000/app", "localhost:5000/app"], &["a.b:5000/app"]);
        check_match("[2001:db8::1]:5000", &["[2001:db8::1]:5000/a"], &["[2001:db8::1]/a"]);
        check_match("[2001:db8::1]", &["[2001:db8::1]/a"], &["[2001:db8::1]:5000/a"]);
    }

    #[test]
    fn the_star_alone_is_every_registry() {
        check_match("*", &["docker.io/library/nginx", "[::1]:5000/a", "a.b.c:1/d", "/oddity"], &[]);
        assert_eq!(pattern("*/*"), pattern("*"));
    }

    #[test]
    fn docker_hub_has_one_name() {
        check_match("index.docker.io", &["docker.io/library/nginx"], &["index.docker.io/x"]);
        assert_eq!(pattern("index.docker.io/acme/*").to_string(), "docker.io/acme");
    }

    #[test]
    fn the_canonical_spelling_parses_to_the_same_pattern() {
        for text in ["*", "a*c.io", "registry:5000/a/b", "[::1]:5000", "Registry/app", "localhost"]
        {
            assert_eq!(pattern(text).to_string(), text);
        }
        assert_eq!(pattern("old.example.com/*").to_string(), "old.example.com");
    }

    #[test]
    fn the_narrower_pattern_is_the_more_specific() {
        let from_wide_to_narrow = [
            "*",
            "*.*.example.com",
            "*.example.com",
            "*a*.example.com",
            "*aa.example.com",
            "a.io",
            "registry.example.com",
            "*.example.com/acme",
            "registry.example.com/acme",
            "a.io/acme/app",
        ];
        for pair in from_wide_to_narrow.windows(2) {
            let (wide, narrow) = (pattern(pair[0]).specificity(), pattern(pair[1]).specificity());
            assert!(wide < narrow, "{} is not wider than {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn equally_specific_patterns_may_share_an_image() {
        for (one, two, expected) in [
            ("a*.example.com", "*b.example.com", true),
            ("a*.example.com", "b*.example.com", false),
            ("*.a.example.com", "a.*.example.com", true),
            ("*a*.io", "*b*.io", true),
            ("a*b.io", "ab*.io", true),
            ("*.io", "*.io:5000", false),
            ("a.io/x", "a.io/x/y", true),
            ("a.io/x", "a.io/xy", false),
            ("*", "a.io", true),
        ] {
            assert_eq!(pattern(one).overlaps(&pattern(two)), expected, "{one} and {two}");
        }
    }

    #[test]
    fn a_docker_hub_namespace_is_no_host() {
        check_mistake(
            "acme/app",
            "`acme` is not a registry host: it has neither a dot nor a port",
            "did you mean `docker.io/acme/app`?",
        );
        check_mistake(
            "nginx",
            "`nginx` is not a registry host: it has neither a dot nor a port",
            "did you mean `docker.io/library/nginx` or `docker.io/nginx`?",
        );
        check_mistake(
            "reg*/app",
            "`reg*/app` matches no registry: `*` matches inside one part of the host",
            "write every part of the host, as in `reg*.example.com`, or `*` for every registry",
        );
        check_mistake(
            "*/acme",
            "`*/acme` has a path after `*`; `*` alone matches every registry",
            "name the host, as in `registry.example.com/acme`",
        );
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_the_mended_text() {
        for (text, help) in [
            ("https://ghcr.io/acme", "write `ghcr.io/acme` without `https://`"),
            ("https://index.docker.io/v1/", "write `docker.io` without `https://`"),
            ("ghcr.io/", "write `ghcr.io`"),
            (" ghcr.io", "write `ghcr.io`"),
            ("ghcr.io/acme/app:1.2", "write `ghcr.io/acme/app`"),
            ("ghcr.io/Acme", "write `ghcr.io/acme`"),
            ("ghcr.io:latest", "write `ghcr.io`, or add a numeric port"),
            ("nginx:alpine", "if `alpine` is a tag, leave it out: `docker.io/library/nginx`"),
            ("ghcr.io:/acme", "write `ghcr.io/acme`"),
            ("ghcr.io:*", "write one entry for each port"),
            ("ghcr.io/*/app", "end the path before the `*`: a path matches everything below it"),
            ("ghcr.io/*/*", "end the path before the `*`: a path matches everything below it"),
            ("**.example.com", "write one `*` for each part, as in `*.*.example.com`"),
            ("ghcr.io/acm?", "use `*` inside one part of the host, or one entry for each registry"),
            ("[::1%eth0]:5000", "write an address such as `[2001:db8::1]:5000`, without a zone"),
            ("", "write a registry host such as `ghcr.io/acme`, or `*` for every registry"),
        ] {
            assert_eq!(Pattern::parse(text).expect_err(text).help, help, "{text}");
        }
        for text in [
            "a..io",
            "-a.io",
            "a-.io",
            "a_b.io",
            "ghcr.io//a",
            "ghcr.io/-a",
            "ghcr.io/a___b",
            "é.io",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_never_repeated() {
        for text in [
            "robot:hunter2@ghcr.io/acme",
            "https://robot:hunter2@ghcr.io",
            "robot:hun/hunter2@ghcr.io",
            "robot:hunter2@ghcr.io/app@sha256:0123456789abcdef0123456789abcdef",
            "hunter2 @ghcr.io",
        ] {
            let mistake = format!("{:?}", Pattern::parse(text).expect_err(text));
            assert!(!mistake.contains("hunter2") && !mistake.contains("robot"), "{mistake}");
        }
        check_mistake(
            "ghcr.io/app@sha256:0123456789abcdef0123456789abcdef",
            "a pattern cannot have a digest: it matches every image of a repository",
            "leave out the `@` and what follows it",
        );
    }

    /// The plainest matching of a glob: every way to cut the label is tried.
    fn slow_glob(glob: &[char], label: &[char]) -> bool {
        match glob.split_first() {
            None => label.is_empty(),
            Some((&'*', rest)) => (0..=label.len()).any(|skip| slow_glob(rest, &label[skip..])),
            Some((first, rest)) => label.first() == Some(first) && slow_glob(rest, &label[1..]),
        }
    }

    /// The rules of [`Pattern::matches`] read off the texts, with nothing shared.
    fn slow_match(pattern: &str, image: &str) -> bool {
        if pattern == "*" {
            return true;
        }
        let parts = |text: &str| {
            let (domain, path) = text.split_once('/').unwrap_or((text, ""));
            let (host, port) = domain.split_once(':').unwrap_or((domain, "none"));
            let list = |text: &str, at| text.split(at).map(str::to_owned).collect::<Vec<_>>();
            (list(host, '.'), port.to_owned(), list(path, '/'))
        };
        let ((labels, port, path), (host, image_port, image_path)) = (parts(pattern), parts(image));
        let chars = |text: &String| text.chars().collect::<Vec<_>>();
        labels.len() == host.len()
            && labels.iter().zip(&host).all(|(glob, label)| slow_glob(&chars(glob), &chars(label)))
            && port == image_port
            && (path == [""] || image_path.len() >= path.len() && image_path[..path.len()] == path)
    }

    prop_compose! {
        fn any_pattern()(
            host in r"([ab*]|a\*|\*b|a\*b|\*a\*|ab)(\.([ab*]|a\*|\*a\*|\*b|ab)){1,2}",
            port in prop_oneof![3 => Just(String::new()), 1 => Just(":1".to_owned())],
            path in r"(/[xy]){0,2}",
        ) -> String {
            format!("{host}{port}{path}")
        }
    }

    prop_compose! {
        fn any_image()(host in r"[ab]{1,3}(\.[ab]{1,3}){1,2}", port in "(:1)?", path in r"/[xy](/[xy]){0,2}")
            -> String {
            format!("{host}{port}{path}")
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn matching_agrees_with_the_slow_way(one in any_pattern(), image in any_image()) {
            let (domain, path) = image.split_once('/').expect("made with a path");
            prop_assert_eq!(pattern(&one).matches(domain, path), slow_match(&one, &image));
        }

        #[test]
        fn the_index_finds_what_trying_every_pattern_finds(
            texts in proptest::collection::vec(any_pattern(), 0..12),
            wide in any::<bool>(),
            image in any_image(),
        ) {
            let (domain, path) = image.split_once('/').expect("made with a path");
            let texts = texts.iter().map(String::as_str).chain(wide.then_some("*"));
            let patterns: Vec<_> = texts.map(pattern).collect();
            let mut expected: Vec<_> =
                (0..patterns.len()).filter(|&at| patterns[at].matches(domain, path)).collect();
            expected.sort_by_key(|&at| Reverse((patterns[at].specificity(), at)));
            let found: Vec<_> = PatternIndex::new(&patterns).matching(domain, path).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn patterns_with_a_common_image_overlap(
            one in any_pattern(), two in any_pattern(), image in any_image(),
        ) {
            let (domain, path) = image.split_once('/').expect("made with a path");
            let (one, two) = (pattern(&one), pattern(&two));
            prop_assert_eq!(one.overlaps(&two), two.overlaps(&one));
            prop_assert!(one.overlaps(&one));
            if one.matches(domain, path) && two.matches(domain, path) {
                prop_assert!(one.overlaps(&two));
            }
        }

        #[test]
        fn globs_that_meet_have_a_common_label(one in "[ab*]{1,3}", two in "[ab*]{1,3}") {
            // Three literals on either side and a letter for a lone `*` need no more than six.
            let labels = (0..=6).flat_map(|length| {
                (0..1_usize << length).map(move |bits| {
                    (0..length).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect::<String>()
                })
            });
            let common =
                labels.into_iter().any(|label| matches_glob(&one, &label) && matches_glob(&two, &label));
            prop_assert_eq!(globs_meet(&one, &two), common);
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in r"[a-zA-Z0-9.:/@*\[\]_é -]{0,20}") {
            if let Ok(parsed) = Pattern::parse(&text) {
                prop_assert_eq!(Pattern::parse(&parsed.to_string()), Ok(parsed));
            }
        }
    }
}
