//! Bytes in a string: the encoding that a schema names, and the way from bytes to text and back.

use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine as _};
use serde_json::Value;

use super::keywords::Lookup;
use super::names::plain;

/// Servers disagree about the padding at the end, so it may be left out.
const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIG);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIG);

/// An alphabet of base64 (RFC 4648).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The usual one.
    Base64,
    /// The one for URLs and file names.
    Base64Url,
}

/// A string that holds bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedBytes {
    /// Encoding.
    pub encoding: Encoding,
    /// Media type of the bytes.
    pub media_type: Option<String>,
    /// The bytes are rarely text, so that a person chooses a file.
    pub is_file: bool,
}

impl EncodedBytes {
    /// Reads the encoding of a string from its schema. Returns `None` for a string that is a text itself.
    pub(super) fn from_schema(schema: &impl Lookup) -> Option<Self> {
        let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default().to_lowercase();
        let (format, media_type) = (text("format"), text("contentMediaType"));
        let media_type = media_type.split(';').next().unwrap_or_default().trim();
        let is_file = format == "binary" || is_binary(media_type);
        let encoding = match (text("contentEncoding").as_str(), format.as_str()) {
            ("base64url", _) | ("", "base64url") => Encoding::Base64Url,
            ("base64", _) | ("", "byte" | "binary") => Encoding::Base64,
            ("", "") if is_file => Encoding::Base64,
            _ => return None,
        };
        let media_type = (!media_type.is_empty()).then(|| plain(media_type));
        Some(Self { encoding, media_type, is_file })
    }

    const fn engine(&self) -> &'static GeneralPurpose {
        match self.encoding {
            Encoding::Base64 => &BASE64,
            Encoding::Base64Url => &BASE64_URL,
        }
    }

    /// Returns the name of the encoding.
    pub(super) const fn name(&self) -> &'static str {
        match self.encoding {
            Encoding::Base64 => "base64",
            Encoding::Base64Url => "base64url",
        }
    }

    /// Encodes bytes, with padding.
    pub(super) fn encode(&self, bytes: &[u8]) -> String {
        self.engine().encode(bytes)
    }

    /// Returns the text that an encoded value holds, if a text area shows it and its encoding is the same value again.
    pub(super) fn shown_text(&self, encoded: &str) -> Option<String> {
        let text = String::from_utf8(self.engine().decode(encoded).ok()?).ok()?;
        let is_shown = !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'));
        (is_shown && !text.is_empty() && self.encode(text.as_bytes()) == encoded).then_some(text)
    }

    /// Checks that a text is encoded bytes.
    ///
    /// # Errors
    /// Returns a sentence without its full stop.
    pub(super) fn check(&self, text: &str) -> Result<(), String> {
        if let Some((head, _)) = text.split_once(";base64,").filter(|(head, _)| head.starts_with("data:")) {
            let head: String = plain(head).chars().take(80).collect();
            return Err(format!("Remove “{head};base64,” from the beginning"));
        }
        let name = self.name();
        let Err(error) = self.engine().decode(text) else { return Ok(()) };
        Err(match error {
            DecodeError::InvalidByte(at, byte) => {
                let place = text.get(..at).map_or(at, |before| before.chars().count()) + 1;
                match (byte, self.encoding) {
                    (b'=', _) => format!("Character {place} is a “=”, which {name} has at its end only"),
                    (b'-' | b'_', Encoding::Base64) => {
                        "This is base64url: replace each - by + and each _ by /".to_owned()
                    }
                    (b'+' | b'/', Encoding::Base64Url) => {
                        "This is base64, not base64url: replace each + by - and each / by _".to_owned()
                    }
                    _ => {
                        let found = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or('?');
                        format!("Character {place} is “{}”, which {name} does not have", plain(&found.to_string()))
                    }
                }
            }
            DecodeError::InvalidLength(_) => format!("The {name} is cut off: copy it again, to its end"),
            DecodeError::InvalidLastSymbol { .. } => format!("The end of the {name} is damaged: copy it again"),
            DecodeError::InvalidPadding => format!("The {name} ends with too many or too few “=”"),
        })
    }
}

/// Reports whether a media type is one of bytes that are no text.
fn is_binary(media_type: &str) -> bool {
    const APPLICATIONS: [&str; 9] =
        ["octet-stream", "pdf", "zip", "gzip", "x-gzip", "x-tar", "x-7z-compressed", "msword", "wasm"];
    let Some((kind, name)) = media_type.split_once('/') else { return false };
    let is_text = ["+xml", "+json", "+yaml"].iter().any(|end| name.ends_with(end));
    match kind {
        _ if is_text => false,
        "image" | "audio" | "video" | "font" => true,
        "application" => APPLICATIONS.contains(&name) || name.starts_with("vnd."),
        _ => false,
    }
}

/// Reports whether anything in a schema is a string that holds bytes, so that its form takes files.
pub(super) fn has_encoded_bytes(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            EncodedBytes::from_schema(members).is_some() || members.values().any(has_encoded_bytes)
        }
        Value::Array(items) => items.iter().any(has_encoded_bytes),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{EncodedBytes, Encoding, has_encoded_bytes};
    use serde_json::{Value, json};

    fn read(schema: &Value) -> Option<EncodedBytes> {
        EncodedBytes::from_schema(schema.as_object().unwrap())
    }

    #[test]
    fn schemas_name_bytes_in_several_ways() {
        let found = |schema: Value| read(&schema).map(|it| (it.encoding, it.is_file));
        let (usual, url) = (Encoding::Base64, Encoding::Base64Url);
        assert_eq!(found(json!({ "format": "byte" })), Some((usual, false)));
        assert_eq!(found(json!({ "contentEncoding": "base64" })), Some((usual, false)));
        assert_eq!(found(json!({ "contentEncoding": "BASE64", "contentMediaType": "image/png" })), Some((usual, true)));
        assert_eq!(found(json!({ "contentEncoding": "base64url" })), Some((url, false)));
        assert_eq!(found(json!({ "format": "binary" })), Some((usual, true)));
        assert_eq!(found(json!({ "contentMediaType": "application/pdf" })), Some((usual, true)));
        for text in [
            json!({ "contentMediaType": "text/html" }),
            json!({ "contentMediaType": "application/json" }),
            json!({ "contentMediaType": "image/svg+xml" }),
            json!({ "contentEncoding": "quoted-printable" }),
            json!({ "contentEncoding": "base32", "contentMediaType": "image/png" }),
            json!({ "format": "email" }),
        ] {
            assert_eq!(found(text.clone()), None, "{text}");
        }
        assert!(has_encoded_bytes(&json!({ "anyOf": [{ "items": { "format": "byte" } }] })));
        assert!(!has_encoded_bytes(&json!({ "properties": { "byte": { "type": "string" } } })));
    }

    #[test]
    fn only_a_value_that_is_plain_text_is_shown_as_text() {
        let bytes = read(&json!({ "format": "byte" })).unwrap();
        assert_eq!(bytes.shown_text("aGkKeW91").as_deref(), Some("hi\nyou"));
        // no padding, a carriage return, no UTF-8, nothing
        for other in ["aGk", "aA0=", "/////w==", ""] {
            assert_eq!(bytes.shown_text(other), None, "{other}");
        }
    }

    #[test]
    fn wrong_base64_has_a_sentence_that_says_what_is_wrong() {
        let usual = read(&json!({ "format": "byte" })).unwrap();
        let url = read(&json!({ "contentEncoding": "base64url" })).unwrap();
        for (bytes, text, part) in [
            (&usual, "aGk!aGk=", "Character 4 is “!”, which base64 does not have"),
            (&usual, "aGü=", "Character 3 is “ü”"),
            (&usual, "aG=kaGk=", "Character 3 is a “=”"),
            (&usual, "a-_k", "base64url"),
            (&url, "a+/k", "not base64url"),
            (&usual, "aGkab", "cut off"),
            (&usual, "aGl=", "damaged"),
            (&usual, "data:image/png;base64,aGk=", "Remove “data:image/png;base64,”"),
        ] {
            let told = bytes.check(text).unwrap_err();
            assert!(told.contains(part), "{text}: {told}");
        }
        for fine in ["aGk=", "aGk", "", "AAAA"] {
            assert_eq!(usual.check(fine), Ok(()), "{fine}");
        }
    }
}
