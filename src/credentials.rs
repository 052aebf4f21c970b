//! What a pull secret holds and which images the kubelet would use it for.
//!
//! Everything here is a function of bytes: no manifests, no files, no clock. User names and
//! passwords live in [`Username`] and [`Password`], which cannot be printed, compared or serialised
//! and are overwritten when dropped.

pub mod exposure;
pub mod keyring;
pub mod literal;
pub mod payload;
pub mod provider;
mod user;

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::mask::MASK;
use crate::text::{Shown, shown};
use crate::token;

/// A password, token or key. It has no `Debug`, `Display`, `Serialize` or `PartialEq`, so that no
/// message can hold it by accident, and its bytes are overwritten when it is dropped.
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// Takes over the bytes, which need not be UTF-8.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Whether all bytes are NUL, which container runtimes trim (`ParseAuth` in containerd's
    /// `internal/cri/server/images/image_pull.go`).
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|&byte| byte == 0)
    }

    /// Whether a line feed or carriage return is in it.
    pub fn contains_newline(&self) -> bool {
        contains_newline(&self.0)
    }

    /// Whether another program puts the real one, or a part of it, in its place.
    pub fn has_placeholder(&self) -> bool {
        exposure::has_placeholder(&self.0)
    }
}

/// A user name, which may be half of a credential and is as private as a [`Password`].
pub struct Username(Zeroizing<Vec<u8>>);

impl Username {
    /// Takes over the bytes, which need not be UTF-8.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Whether it is empty. The kubelet passes such an entry on unchanged, and the container
    /// runtime then pulls anonymously.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is what Azure writes for a login with a token.
    pub fn is_null_guid(&self) -> bool {
        *self.0 == *b"00000000-0000-0000-0000-000000000000"
    }

    /// Whether a line feed or carriage return is in it.
    pub fn contains_newline(&self) -> bool {
        contains_newline(&self.0)
    }

    /// The text, for tests that compare it with a case table.
    #[cfg(test)]
    pub(crate) fn for_tests(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

fn contains_newline(text: &[u8]) -> bool {
    memchr::memchr2(b'\n', b'\r', text).is_some()
}

/// What kind of credential the pair is, or `None` if nothing about it is known.
pub fn classify(username: &Username, password: &Password) -> Option<token::Classification> {
    token::classify(&username.0, &password.0)
}

/// The key of an `auths` entry as a message may show it: as [`printable_key`], and without tokens.
pub fn shown_key(key: &str) -> Shown<'_> {
    match printable_key(key) {
        Cow::Borrowed(key) => shown(key),
        Cow::Owned(key) => shown(&key).into_owned(),
    }
}

/// The key of an `auths` entry as a message may show it: user name and password of a URL
/// (`https://user:password@ghcr.io`) become [`MASK`], and control characters are escaped.
pub fn printable_key(key: &str) -> Cow<'_, str> {
    let authority = key.find("://").map_or(0, |at| at + "://".len());
    let end = key[authority..].find(['/', '?', '#']).map_or(key.len(), |at| authority + at);
    // A password may hold a slash, and the last `@` is the one that counts: hide too much rather
    // than too little, unless the `@` belongs to a digest.
    let at = key[authority..end].rfind('@').map(|at| authority + at).or_else(|| {
        let at = key.rfind('@').filter(|&at| at > end)?;
        let has_password = key[authority..end].split_once(':').is_some_and(|(_, port)| {
            !port.is_empty() && !port.bytes().all(|byte| byte.is_ascii_digit())
        });
        has_password.then_some(at)
    });
    let masked = match at {
        Some(at) => Cow::Owned(format!("{}{MASK}{}", &key[..authority], &key[at..])),
        None => Cow::Borrowed(key),
    };
    if masked.contains(char::is_control) {
        return Cow::Owned(masked.escape_default().to_string());
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_without_user_name_and_password() {
        for (key, shown) in [
            ("ghcr.io", "ghcr.io"),
            ("https://ghcr.io/acme", "https://ghcr.io/acme"),
            ("https://bob:hunter2@ghcr.io/acme", "https://••••••@ghcr.io/acme"),
            ("bob:hunter2@ghcr.io", "••••••@ghcr.io"),
            ("bob:p@ss@ghcr.io", "••••••@ghcr.io"),
            ("bob:p/ss@ghcr.io", "••••••@ghcr.io"),
            ("bob:p?s@ghcr.io", "••••••@ghcr.io"),
            ("ghcr.io/app@sha256:ff", "ghcr.io/app@sha256:ff"),
            ("r.io:5000/app@sha256:ff", "r.io:5000/app@sha256:ff"),
            ("ghcr.io\n", "ghcr.io\\n"),
        ] {
            assert_eq!(printable_key(key), shown);
        }
    }
}
