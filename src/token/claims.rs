//! The few facts that a token contains: times, and who issued it for what.

use crate::base64::{self, Encoding};
use crate::json::{Document, Value, ValueKind};
use zeroize::Zeroizing;

/// What a token says. The texts are not secret by themselves, and still nothing prints them.
#[derive(Default)]
pub(super) struct Claims {
    pub(super) issued_at: Option<i64>,
    pub(super) expires_at: Option<i64>,
    pub(super) issuer: Zeroizing<Vec<u8>>,
    pub(super) subject: Zeroizing<Vec<u8>>,
}

/// Reads an ECR password: base64 of `{"payload": …, "datakey": …, "type": "DATA_KEY",
/// "expiration": 1700000000}`. AWS does not document the form, only the life of 12 hours
/// (`API_AuthorizationData` of ECR).
pub(super) fn of_ecr_token(password: &[u8]) -> Option<Claims> {
    if !password.starts_with(b"e") {
        return None;
    }
    let json = [Encoding::Padded, Encoding::Unpadded]
        .into_iter()
        .find_map(|encoding| base64::decode(password, encoding).ok())?;
    let document = object(&json)?;
    let root = document.root();
    field(root, "payload").filter(|_| field(root, "datakey").is_some())?;
    Some(Claims { expires_at: field(root, "expiration").and_then(seconds), ..Claims::default() })
}

/// Reads a JSON Web Token (RFC 7519): three parts, the first of which names the algorithm.
pub(super) fn of_jwt(token: &[u8]) -> Option<Claims> {
    let mut parts = token.split(|&byte| byte == b'.');
    let (header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let header = base64::decode(header, Encoding::UrlUnpadded).ok()?;
    field(object(&header)?.root(), "alg")?;
    let payload = base64::decode(payload, Encoding::UrlUnpadded).ok()?;
    let document = object(&payload)?;
    let root = document.root();
    let time = |name| field(root, name).and_then(seconds);
    let text = |name| field(root, name).map_or_else(Zeroizing::default, Value::string_bytes);
    Some(Claims {
        issued_at: time("iat").or_else(|| time("nbf")),
        expires_at: time("exp"),
        issuer: text("iss"),
        subject: text("sub"),
    })
}

/// Reads the JSON Web Token that `token` ends with, after some prefix.
pub(super) fn of_embedded_jwt(token: &[u8]) -> Option<Claims> {
    let start = token.windows(3).position(|three| three == b"eyJ")?;
    of_jwt(&token[start..])
}

/// Whether the text is the key file of a Google service account.
pub(super) fn is_service_account_json(json: &[u8]) -> bool {
    object(json).is_some_and(|document| {
        let root = document.root();
        field(root, "private_key").is_some()
            && field(root, "type").is_some_and(|kind| kind.raw() == br#""service_account""#)
    })
}

fn object(json: &[u8]) -> Option<Document<'_>> {
    Document::parse(json).ok().filter(|document| document.root().kind() == ValueKind::Object)
}

/// The last field of that name.
fn field<'a>(object: Value<'a>, name: &str) -> Option<Value<'a>> {
    object.fields().filter(|(field, _)| field.string() == name).last().map(|(_, value)| value)
}

/// Whole seconds since 1970: an integer, or a number with a fraction (`NumericDate` in RFC 7519),
/// which is cut off.
fn seconds(value: Value<'_>) -> Option<i64> {
    let number = str::from_utf8(value.raw()).ok()?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_fraction = fraction.bytes().all(|byte| byte.is_ascii_digit());
    whole.parse().ok().filter(|_| is_fraction && value.kind() == ValueKind::Number)
}
