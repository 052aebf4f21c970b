//! What kind of credential a user name and password are, and how long they live.
//!
//! Only the shape is looked at. Nothing is verified, nothing is asked over a network, and no text of
//! the credential leaves this module: a [`Classification`] holds a kind and two times. Nothing here knows the
//! time of day; whether a token has expired is for the caller to say.

mod claims;
mod find;
mod kinds;

pub(crate) use find::find;
pub(crate) use kinds::Kind;

use crate::base64::{self, Encoding};
use claims::Claims;
use kinds::{CLAIM_ROWS, ROWS};

/// What is known about a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classification {
    /// What it is.
    pub kind: Kind,
    /// How it was recognised.
    pub basis: Recognition,
    /// When it was issued, in seconds since 1970, if it says so or its expiry and its kind do.
    pub issued_at: Option<i64>,
    /// When it expires, in seconds since 1970, if it says so.
    pub expires_at: Option<i64>,
}

/// How a credential was recognised, the strongest evidence first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recognition {
    /// The password could be decoded and says what it is.
    Content,
    /// The password has the prefix or the form of its kind.
    Form,
    /// The user name is one that only this kind is used with.
    Username,
}

/// The longest that a credential may live to count as short-lived: it is then made for a program
/// that fetches it again, and must not be in a Secret that nothing refreshes.
const SHORT_LIFE: i64 = 24 * 60 * 60;

impl Classification {
    /// How many seconds the credential lives, if it or its kind says so.
    pub fn lifetime(&self) -> Option<i64> {
        let between = |(issued, expires): (i64, i64)| expires.checked_sub(issued);
        self.issued_at.zip(self.expires_at).and_then(between).or(self.kind.life().seconds())
    }

    /// Whether the credential lives a day at most.
    pub fn is_short_lived(&self) -> bool {
        self.lifetime().is_some_and(|seconds| seconds <= SHORT_LIFE)
    }

    fn new(kind: Kind, basis: Recognition) -> Self {
        Self { kind, basis, issued_at: None, expires_at: None }
    }

    /// Adds the times that the credential itself contains. If it contains only its end and all of its
    /// kind live equally long, that gives the beginning.
    fn with_times(mut self, claims: &Claims) -> Self {
        self.expires_at = claims.expires_at;
        self.issued_at = claims
            .issued_at
            .or_else(|| claims.expires_at?.checked_sub(self.kind.life().seconds()?));
        self
    }
}

/// Recognises a credential; `None` if nothing is known about it. Blanks around the password, which
/// are a mistake of their own, are skipped.
pub(crate) fn classify(username: &[u8], password: &[u8]) -> Option<Classification> {
    let password = password.trim_ascii();
    by_content(username, password).or_else(|| by_table(username, password))
}

fn by_content(username: &[u8], password: &[u8]) -> Option<Classification> {
    if is_service_account_key(password) {
        return Some(Classification::new(Kind::GoogleServiceAccountKey, Recognition::Content));
    }
    if let Some(claims) = claims::of_ecr_token(password) {
        return Some(Classification::new(Kind::EcrToken, Recognition::Content).with_times(&claims));
    }
    let claims = claims::of_jwt(password)?;
    let row = CLAIM_ROWS.iter().find(|row| row.is(username, &claims));
    let kind = row.map_or(Kind::Jwt, |row| row.kind);
    Some(Classification::new(kind, Recognition::Content).with_times(&claims))
}

fn by_table(username: &[u8], password: &[u8]) -> Option<Classification> {
    let row = ROWS.iter().find(|row| row.is(username, password))?;
    let class = Classification::new(row.kind, row.basis());
    // GitLab's job tokens and GitHub's installation tokens may hold a JWT after their prefix.
    Some(match claims::of_embedded_jwt(password) {
        Some(claims) => class.with_times(&claims),
        None => class,
    })
}

/// The JSON file of a Google service account, or base64 of it.
fn is_service_account_key(password: &[u8]) -> bool {
    if password.starts_with(b"{") {
        return claims::is_service_account_json(password);
    }
    // base64 of `{` begins with `e`: do not decode every password.
    password.starts_with(b"e")
        && [Encoding::Padded, Encoding::Unpadded].into_iter().any(|encoding| {
            base64::decode(password, encoding)
                .is_ok_and(|json| claims::is_service_account_json(&json))
        })
}

#[cfg(test)]
mod tests;
