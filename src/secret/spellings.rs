//! The spellings in which servers repeat a secret: as it is, escaped for JSON or HTML, encoded for forms and URLs, in Base64
//! and in hexadecimal, and line by line.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters that percent-encoding leaves alone (RFC 3986, unreserved).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Characters below which the middle of a Base64 text may be an ordinary word.
const MIN_BASE64_MIDDLE: usize = 8;

/// Bytes below which a line of a secret may be an ordinary word.
const MIN_LINE: usize = 12;

/// Returns the spellings of a secret, in no order, some of them twice.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    if secret.is_empty() {
        return Vec::new();
    }
    let json = json_escaped(secret);
    let encoded = utf8_percent_encode(secret, ENCODED).to_string();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let mut all = vec![
        json_escaped(&json),
        json.replace('/', "\\/"),
        ascii_only(&json),
        lower_escapes(&encoded),
        lower_escapes(&form),
        html.replace('\'', "&#39;"),
        html.replace('\'', "&#x27;"),
        html,
        hex::encode(secret),
        hex::encode_upper(secret),
        secret.to_owned(),
        json,
        encoded,
        form,
    ];
    // padding is no part of the spelling: without it, the secret may be the beginning of a longer text
    for base64 in [&BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD] {
        all.push(base64.encode(secret));
        all.extend((0..3).filter_map(|shift| base64_middle(base64, secret, shift)));
    }
    if secret.trim().contains('\n') {
        let lines = secret.lines().map(str::trim);
        // the frame of a key is no secret
        all.extend(lines.filter(|line| line.len() >= MIN_LINE && !line.starts_with("-----")).map(str::to_owned));
    }
    all
}

fn json_escaped(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}

/// Escapes what is not ASCII in JSON, as many servers do.
fn ascii_only(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() {
            escaped.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// Writes percent-encoded bytes in lower case.
fn lower_escapes(encoded: &str) -> String {
    let mut digits_left = 0;
    let lower = |letter: char| {
        if letter == '%' {
            digits_left = 2;
            return letter;
        }
        let is_digit = digits_left > 0;
        digits_left = i32::max(digits_left - 1, 0);
        if is_digit { letter.to_ascii_lowercase() } else { letter }
    };
    encoded.chars().map(lower).collect()
}

/// Returns the letters of Base64 that depend on the secret alone if `shift` bytes, more or less a multiple of three, stand
/// before it, as a user name does in Basic authentication. `None` if they are too few.
fn base64_middle(base64: &impl base64::Engine, secret: &str, shift: usize) -> Option<String> {
    let encoded = base64.encode([&vec![0; shift][..], secret.as_bytes()].concat());
    // a letter has six bits: the first ones hold bits of what stands before, and the last one of what follows
    let first = (shift * 8).div_ceil(6);
    let last = (shift + secret.len()) * 8 / 6;
    encoded.get(first..last).filter(|middle| middle.len() >= MIN_BASE64_MIDDLE).map(str::to_owned)
}
