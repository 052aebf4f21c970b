//! Why no key of a pull secret matches an image, for the person who wrote the key.
//!
//! Each usual mistake is one row of [`REPAIRS`]: how the key would have to be written. A row is
//! believed only if the keyring matches the repaired key, so no advice can be wrong.

mod index;

pub use index::{KeyIndex, Misses};

use crate::credentials::keyring::{InvalidUrl, Keyring, WORTH_AN_INDEX, normalise};
use crate::credentials::{printable_key, shown_key};
use crate::mask::MASK;
use crate::say;
use crate::text::{Message, Shown, plain, shown};
use std::sync::OnceLock;

/// What keeps the nearest key from matching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Blanks or line breaks in the key.
    Whitespace,
    /// `/v1` or `/v2` without the slash after it, which the kubelet takes for a repository path.
    VersionWithoutSlash,
    /// A scheme other than `https://` and `http://` in lower case.
    Scheme,
    /// A tag or digest at the end of the key.
    TagOrDigest,
    /// A slash at the end of a repository: it matches what is inside of it only.
    TrailingSlash,
    /// Upper or lower case.
    Case,
    /// An official image of Docker Hub without its namespace `library/`.
    MissingLibrary,
    /// Another port, or a port on one side only.
    Port,
    /// Another host name of Docker Hub's than `docker.io` or `index.docker.io`.
    HubAlias,
    /// The image names Docker Hub by such a host name, for which the kubelet tries no entry of Docker Hub.
    HubAliasInImage,
    /// `index.docker.io` with a path: the fallback key for Docker Hub must have none.
    HubPath,
    /// `*` in the path, where it has no meaning.
    PathGlob,
    /// A version path that the kubelet does not remove, such as `/v3/`, `/api/` or `/v2/v1/`.
    ApiPath,
    /// The key's path is not a prefix of the image's.
    Path,
    /// `*` matches exactly one label of a host name.
    GlobLabels,
    /// The key is for a host above, below or beside the image's in the same domain.
    RelatedHost,
    /// The key is empty.
    EmptyKey,
    /// The key is not a URL, and none of the usual repairs helps.
    Dropped(InvalidUrl),
    /// The key is for another registry.
    OtherRegistry,
}

/// The key that comes nearest to an image, and why it does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The index of the key among those given.
    pub index: usize,
    /// The key, without userinfo.
    pub key: Shown<'static>,
    /// What keeps it from matching.
    pub reason: Reason,
    /// A key that does match, if one of the usual repairs gives it.
    pub suggestion: Option<String>,
    // The image's registry and repository, for the sentence.
    host: String,
    path: String,
}

/// The nearest of `keys` (as written) to the image `name` (as [`crate::image::Reference::name`]
/// gives it). `None` if there is no key, or if one of them matches.
pub fn explain_near_miss<'a>(
    keys: impl IntoIterator<Item = &'a str>,
    name: &str,
) -> Option<NearMiss> {
    let mut nearest: Option<(usize, NearMiss)> = None;
    for (index, key) in keys.into_iter().enumerate() {
        if is_match(key, name) {
            return None;
        }
        let (rank, miss) = explain(index, key, name);
        if nearest.as_ref().is_none_or(|(best, _)| rank < *best) {
            nearest = Some((rank, miss));
        }
    }
    nearest.map(|(_, miss)| miss)
}

/// The nearest of `count` keys to an image that none of them matches, with its rank: less is nearer. `misses` is what
/// is worked out about many keys when it is needed first.
pub fn nearest<'k>(
    misses: &OnceLock<Misses>,
    count: usize,
    key: impl Fn(usize) -> &'k str,
    name: &str,
) -> Option<(usize, NearMiss)> {
    if count < WORTH_AN_INDEX {
        let all = (0..count).map(|at| explain(at, key(at), name));
        return all.min_by_key(|(rank, _)| *rank);
    }
    misses.get_or_init(|| Misses::of((0..count).map(&key))).nearest(&key, name)
}

/// The places of the keys that one of the usual repairs may make match an image, and of others perhaps. `misses` is as
/// for [`nearest`].
pub fn meant_for<'k>(
    misses: &OnceLock<Misses>,
    count: usize,
    key: impl Fn(usize) -> &'k str,
    name: &str,
) -> Vec<usize> {
    if count < WORTH_AN_INDEX {
        return (0..count).collect();
    }
    misses.get_or_init(|| Misses::of((0..count).map(&key))).meant_for(name)
}

fn is_match(key: &str, name: &str) -> bool {
    !Keyring::from_keys([(0, 0, key)]).lookup(name).is_empty()
}

/// How near the key is (less is nearer) and why it does not match.
fn explain(index: usize, key: &str, name: &str) -> (usize, NearMiss) {
    let bare = without_userinfo(key);
    let image = ComparedImage::new(name);
    let miss = |reason, suggestion| NearMiss {
        index,
        key: shown_key(key).into_owned(),
        reason,
        suggestion,
        host: image.host.to_owned(),
        path: image.path.to_owned(),
    };
    let works = |repaired: &String| is_match(repaired, name);
    if let Some(error) = wrong_userinfo(key, &bare)
        && works(&bare)
    {
        return (WITHOUT_USERINFO, miss(Reason::Dropped(error), Some(bare)));
    }
    for (rank, (reason, repair)) in REPAIRS.iter().enumerate() {
        let repaired = repair(&bare, &image).filter(|repaired| *repaired != bare);
        if let Some(repaired) = repaired.filter(works) {
            return (rank, miss(reason.clone(), Some(repaired)));
        }
    }
    // Several mistakes in one key: what is wrong with its form first, then any other.
    let mut mended = bare.clone();
    let mut first = None;
    for (rank, (reason, repair)) in REPAIRS[..FORM_REPAIRS].iter().enumerate() {
        let Some(repaired) = repair(&mended, &image).filter(|repaired| *repaired != mended) else {
            continue;
        };
        mended = repaired;
        let (rank, reason) = *first.get_or_insert((rank, reason));
        let again = REPAIRS.iter().find_map(|(_, repair)| repair(&mended, &image).filter(works));
        if again.is_some() {
            return (REPAIRS.len() + rank, miss(reason.clone(), again));
        }
    }
    let reason = match normalise(key) {
        _ if key.is_empty() => Reason::EmptyKey,
        Err(error) => Reason::Dropped(error),
        Ok(_) => Reason::OtherRegistry,
    };
    (usize::MAX, miss(reason, None))
}

/// The image a key is compared with.
struct ComparedImage<'a> {
    host: &'a str,
    path: &'a str,
}

impl<'a> ComparedImage<'a> {
    fn new(name: &'a str) -> Self {
        let (host, path) = name.split_once('/').unwrap_or((name, ""));
        Self { host, path }
    }

    fn is_on_docker_hub(&self) -> bool {
        self.host == "docker.io" || self.host == "index.docker.io"
    }
}

/// A key taken apart at its first slash, with its scheme.
struct KeyParts<'a> {
    scheme: &'a str,
    host: &'a str,
    path: &'a str,
}

impl<'a> KeyParts<'a> {
    fn new(key: &'a str) -> Self {
        let scheme = key.find("://").map_or(0, |at| at + "://".len());
        let (scheme, rest) = key.split_at(scheme);
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Self { scheme, host, path }
    }

    fn port(&self) -> Option<(&'a str, &'a str)> {
        self.host.rsplit_once(':').filter(|(host, _)| !host.ends_with(':') && !host.is_empty())
    }
}

type Repair = fn(&str, &ComparedImage<'_>) -> Option<String>;

/// How many of [`REPAIRS`], from the start, correct the form of a key rather than what it matches.
const FORM_REPAIRS: usize = 6;

/// The usual mistakes, the smallest first. A repair returns the key as it should be written, or
/// `None` if the key does not have the mistake.
const REPAIRS: [(Reason, Repair); 16] = [
    (Reason::Whitespace, |key, _| {
        let is_blank = |c: char| c.is_whitespace() || c.is_control();
        key.contains(is_blank).then(|| key.replace(is_blank, ""))
    }),
    (Reason::VersionWithoutSlash, |key, _| {
        (key.ends_with("/v1") || key.ends_with("/v2")).then(|| format!("{key}/"))
    }),
    (Reason::Scheme, |key, _| {
        let parts = KeyParts::new(key);
        let is_kept = matches!(parts.scheme, "" | "https://" | "http://");
        (!is_kept).then(|| format!("{}{}", parts.host, parts.path))
    }),
    (Reason::TagOrDigest, |key, _| {
        // The colon of a port is before the path.
        let path = KeyParts::new(key).path;
        let segment = path.rfind('/')? + 1;
        let end = segment + path[segment..].find(['@', ':'])?;
        Some(key[..key.len() - path.len() + end].to_owned())
    }),
    (Reason::TrailingSlash, |key, _| {
        key.ends_with('/').then(|| key.trim_end_matches('/').to_owned())
    }),
    (Reason::Case, |key, image| {
        let parts = KeyParts::new(key);
        let host = if parts.host.eq_ignore_ascii_case(image.host) {
            image.host.to_owned()
        } else {
            parts.host.to_ascii_lowercase()
        };
        Some(format!("{}{host}{}", parts.scheme, parts.path.to_ascii_lowercase()))
    }),
    (Reason::MissingLibrary, |key, _| {
        let parts = KeyParts::new(key);
        let repository = parts.path.strip_prefix('/')?;
        (parts.host == "docker.io" && !repository.is_empty() && !repository.contains('/'))
            .then(|| format!("docker.io/library/{repository}"))
    }),
    (Reason::Port, |key, image| {
        let parts = KeyParts::new(key);
        let host = parts.port().map_or(parts.host, |(host, _)| host);
        let port = image.host.rfind(':').filter(|_| !image.host.ends_with(']'));
        let port = port.map_or("", |colon| &image.host[colon..]);
        Some(format!("{}{host}{port}{}", parts.scheme, parts.path))
    }),
    (Reason::HubPath, |key, image| {
        let is_legacy = KeyParts::new(key).host == "index.docker.io";
        (is_legacy && image.is_on_docker_hub()).then(|| HUB_KEY.to_owned())
    }),
    (Reason::HubAlias, |key, image| {
        let host = KeyParts::new(key).host;
        (image.is_on_docker_hub() && HUB_ALIASES.contains(&host)).then(|| HUB_KEY.to_owned())
    }),
    (Reason::HubAliasInImage, |key, image| {
        let on_hub = || is_match(key, &format!("docker.io/{}", image.path));
        (HUB_ALIASES.contains(&image.host) && on_hub()).then(|| image.host.to_owned())
    }),
    (Reason::PathGlob, |key, _| {
        let parts = KeyParts::new(key);
        let (before, _) = parts.path.split_once('*')?;
        Some(format!("{}{}{}", parts.scheme, parts.host, before))
    }),
    (Reason::ApiPath, |key, _| {
        let parts = KeyParts::new(key);
        let first = parts.path.strip_prefix('/')?.split('/').next()?;
        let is_version = first.strip_prefix('v').is_some_and(|digits| {
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
        (is_version || first == "api").then(|| format!("{}{}", parts.scheme, parts.host))
    }),
    (Reason::Path, |key, _| {
        let parts = KeyParts::new(key);
        (parts.path.len() > 1).then(|| format!("{}{}", parts.scheme, parts.host))
    }),
    (Reason::GlobLabels, |key, image| {
        let parts = KeyParts::new(key);
        let fixed = parts.host.trim_start_matches(['*', '.']);
        let is_beside = fixed.is_empty() || is_domain_suffix(image.host, fixed);
        (parts.host.starts_with('*') && is_beside).then(|| image.host.to_owned())
    }),
    (Reason::RelatedHost, |key, image| {
        let parts = KeyParts::new(key);
        let is_below = is_domain_suffix(image.host, parts.host);
        let is_above = is_domain_suffix(parts.host, image.host);
        let is_named = parts.host.contains('.') && image.host.contains('.');
        let is_other = parts.host != image.host;
        (is_other && is_named && (is_below || is_above)).then(|| image.host.to_owned())
    }),
];

/// The key that `kubectl create secret docker-registry` writes for Docker Hub.
const HUB_KEY: &str = "https://index.docker.io/v1/";

/// Host names that people take for Docker Hub's. Only `docker.io` and `index.docker.io` are known
/// to the kubelet (`isDefaultRegistryMatch` in `keyring.go`).
const HUB_ALIASES: [&str; 9] = [
    "registry-1.docker.io",
    "registry.docker.io",
    "hub.docker.io",
    "auth.docker.io",
    "www.docker.io",
    "hub.docker.com",
    "registry.hub.docker.com",
    "index.docker.com",
    "docker.com",
];

/// Whether `host` is `suffix` or ends in a dot and `suffix`.
fn is_domain_suffix(host: &str, suffix: &str) -> bool {
    host.strip_suffix(suffix).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// The rank of a key that is right but for its `user:password@`.
const WITHOUT_USERINFO: usize = 0;

/// Why the kubelet drops a key, if it has `user:password@`, without which it is `bare`.
fn wrong_userinfo(key: &str, bare: &str) -> Option<InvalidUrl> {
    normalise(key).err().filter(|_| bare != key)
}

/// The key without `user:password@`, so that no suggestion repeats it.
fn without_userinfo(key: &str) -> String {
    let printable = printable_key(key);
    match printable.split_once(&format!("{MASK}@")) {
        Some((scheme, host)) => format!("{scheme}{host}"),
        None => key.to_owned(),
    }
}

impl NearMiss {
    /// One sentence, such as: the key is `https://index.docker.io/v1`; the kubelet needs the trailing
    /// slash.
    pub fn message(&self) -> Message {
        say!("the key is `{}`; {}", self.key, self.fault())
    }

    /// What is wrong with the key, without the key: the kubelet needs the trailing slash.
    pub fn fault(&self) -> Message {
        let (host, path) = (shown(&self.host), shown(&self.path));
        match &self.reason {
            Reason::Whitespace => "the kubelet drops a key with blanks in it".into(),
            Reason::VersionWithoutSlash => "the kubelet needs the trailing slash".into(),
            Reason::Scheme => "the kubelet knows only `https://`, `http://` or none".into(),
            Reason::TagOrDigest => "a key must not have a tag or digest".into(),
            Reason::TrailingSlash => {
                "with its trailing slash it covers only repositories inside of it".into()
            }
            Reason::Case => say!("case matters, and the image is `{}/{}`", host, path),
            Reason::MissingLibrary => {
                "official images of Docker Hub are in the namespace `library/`".into()
            }
            Reason::Port => match self.host.rsplit_once(':') {
                Some((_, port)) if !self.host.ends_with(']') => {
                    say!("the image's registry has port {}, and ports must be equal", shown(port))
                }
                _ => "the image's registry has no port, and ports must be equal".into(),
            },
            Reason::HubAlias => {
                "the kubelet knows Docker Hub only as `https://index.docker.io/v1/`".into()
            }
            Reason::HubAliasInImage => {
                say!("the kubelet does not try it for `{}`, only for `docker.io`", host)
            }
            Reason::HubPath => {
                "the key for Docker Hub must be `https://index.docker.io/v1/`".into()
            }
            Reason::PathGlob => "`*` has no meaning in the path of a key".into(),
            Reason::ApiPath => "the kubelet reads its path as that of a repository".into(),
            Reason::Path => say!("its path is not the beginning of the image's, `{}`", path),
            Reason::GlobLabels => {
                say!("`*` matches exactly one label of a host name, and the image is on `{}`", host)
            }
            Reason::RelatedHost => say!("the image is on another host, `{}`", host),
            Reason::EmptyKey => "an empty key matches no image".into(),
            Reason::Dropped(error) => say!("the kubelet drops it, since {}", plain(*error)),
            Reason::OtherRegistry => say!("the image is on another registry, `{}`", host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_usual_mistake_is_recognised_and_mended() {
        use Reason as R;
        let hub = "docker.io/acme/app";
        for (key, name, reason, suggestion) in [
            ("https://index.docker.io/v1", hub, R::VersionWithoutSlash, Some(HUB_KEY)),
            (
                "https://ghcr.io/v2",
                "ghcr.io/a/b",
                R::VersionWithoutSlash,
                Some("https://ghcr.io/v2/"),
            ),
            (" ghcr.io\n", "ghcr.io/a/b", R::Whitespace, Some("ghcr.io")),
            ("oci://ghcr.io", "ghcr.io/a/b", R::Scheme, Some("ghcr.io")),
            ("HTTPS://ghcr.io", "ghcr.io/a/b", R::Scheme, Some("ghcr.io")),
            ("oci://ghcr.io/a:v1", "ghcr.io/a/b", R::Scheme, Some("ghcr.io/a")),
            ("OCI://GHCR.io/a:v1 ", "ghcr.io/a/b", R::Whitespace, Some("ghcr.io/a")),
            ("ghcr.io/a/b:v1", "ghcr.io/a/b", R::TagOrDigest, Some("ghcr.io/a/b")),
            ("ghcr.io/a/b@sha256:ff", "ghcr.io/a/b", R::TagOrDigest, Some("ghcr.io/a/b")),
            ("ghcr.io/a/b/", "ghcr.io/a/b", R::TrailingSlash, Some("ghcr.io/a/b")),
            ("GHCR.io/A", "ghcr.io/a/b", R::Case, Some("ghcr.io/a")),
            ("ghcr.io", "GHCR.io/a/b", R::Case, Some("GHCR.io")),
            (
                "docker.io/nginx",
                "docker.io/library/nginx",
                R::MissingLibrary,
                Some("docker.io/library/nginx"),
            ),
            ("r.io:5000", "r.io/a", R::Port, Some("r.io")),
            ("https://r.io", "r.io:443/a", R::Port, Some("https://r.io:443")),
            ("r.io:5000/a", "r.io:5001/a", R::Port, Some("r.io:5001/a")),
            ("registry-1.docker.io", hub, R::HubAlias, Some(HUB_KEY)),
            ("https://hub.docker.com/", hub, R::HubAlias, Some(HUB_KEY)),
            ("index.docker.io/acme", hub, R::HubPath, Some(HUB_KEY)),
            (
                HUB_KEY,
                "registry-1.docker.io/acme/app",
                R::HubAliasInImage,
                Some("registry-1.docker.io"),
            ),
            ("ghcr.io/a/*", "ghcr.io/a/b", R::PathGlob, Some("ghcr.io/a/")),
            ("https://ghcr.io/v2/v1/", "ghcr.io/a/b", R::ApiPath, Some("https://ghcr.io")),
            ("ghcr.io/team", "ghcr.io/other/b", R::Path, Some("ghcr.io")),
            ("*.example.com", "a.b.example.com/x", R::GlobLabels, Some("a.b.example.com")),
            ("*.example.com", "example.com/x", R::GlobLabels, Some("example.com")),
            ("*", "ghcr.io/x", R::GlobLabels, Some("ghcr.io")),
            ("gcr.io", "eu.gcr.io/p/x", R::RelatedHost, Some("eu.gcr.io")),
            ("", "ghcr.io/x", R::EmptyKey, None),
            ("quay.io", "ghcr.io/x", R::OtherRegistry, None),
            ("g[h]cr.io", "ghcr.io/x", R::Dropped(InvalidUrl::Brackets), None),
            ("a<b@ghcr.io", "ghcr.io/x", R::Dropped(InvalidUrl::Userinfo), Some("ghcr.io")),
        ] {
            let miss = explain_near_miss([key], name).unwrap();
            assert_eq!((miss.reason, miss.suggestion.as_deref()), (reason, suggestion), "{key}");
        }
    }

    #[test]
    fn the_sentence_shows_the_key_without_its_password() {
        let sentence = |key, name| explain_near_miss([key], name).unwrap().message();
        assert_eq!(
            sentence("https://index.docker.io/v1", "docker.io/acme/app"),
            "the key is `https://index.docker.io/v1`; the kubelet needs the trailing slash"
        );
        assert_eq!(
            sentence("https://bob:hunter2@r.io:5000", "r.io:5001/a"),
            "the key is `https://••••••@r.io:5000`; the image's registry has port 5001, and ports must \
             be equal"
        );
        let miss = explain_near_miss(["https://bob:hunter2@r.io:5000"], "r.io/a").unwrap();
        assert_eq!(miss.suggestion.as_deref(), Some("https://r.io"));
    }

    #[test]
    fn the_nearest_key_is_explained_and_a_match_is_not() {
        let keys = ["quay.io", "ghcr.io/team", "ghcr.io/a/b:v1"];
        let miss = explain_near_miss(keys, "ghcr.io/a/b").unwrap();
        assert_eq!((miss.index, miss.reason), (2, Reason::TagOrDigest));
        assert_eq!(explain_near_miss(["quay.io", "ghcr.io"], "ghcr.io/a/b"), None);
        assert_eq!(explain_near_miss([], "ghcr.io/a/b"), None);
    }
}
