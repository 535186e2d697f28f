//! Named conversions between the values that people type and those that services expect. The list is closed: a file of a
//! connector can use these, and nothing else computes.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::documents;
use super::input_fault::Unfit;
use super::values::scalar_text;

/// A conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Converter {
    /// A number or boolean as text.
    Text,
    /// JSON in a text.
    JsonText,
    /// JSON in a text of visible ASCII, which a header can hold.
    AsciiJson,
    /// Text as Base64.
    Base64,
    /// Text as Base64 with the alphabet for URLs, without padding.
    Base64Url,
    /// Text in HTML.
    Html,
    /// Text as a document of Atlassian.
    Adf,
    /// Text as blocks of Notion; back, Notion's rich text as text.
    NotionBlocks,
    /// An object with `from`, `to`, `cc`, `subject` and `text` as a mail; back, the plain text of Gmail's payload.
    Mail,
    /// A time in RFC 3339 as seconds since 1970.
    EpochSeconds,
    /// A time in RFC 3339 as milliseconds since 1970.
    EpochMilliseconds,
}

impl Converter {
    /// Converts a value for a request.
    pub(super) fn convert(self, value: &Value) -> Result<Value, Unfit> {
        let text = || scalar_text(value).ok_or("a text");
        Ok(match self {
            Self::Text => text()?.into(),
            Self::JsonText => value.to_string().into(),
            Self::AsciiJson => ascii_json(value).into(),
            Self::Base64 => BASE64_STANDARD.encode(text()?).into(),
            Self::Base64Url => BASE64_URL_SAFE_NO_PAD.encode(text()?).into(),
            Self::Html => escape_html(&text()?).into(),
            Self::Adf => documents::to_adf(&text()?),
            Self::NotionBlocks => documents::to_notion_blocks(&text()?)?,
            Self::Mail => documents::to_mail(value)?,
            Self::EpochSeconds => json!(parse_time(&text()?)?.unix_timestamp()),
            Self::EpochMilliseconds => {
                let nanoseconds = parse_time(&text()?)?.unix_timestamp_nanos();
                json!(i64::try_from(nanoseconds / 1_000_000).map_err(|_| "a time of this age")?)
            }
        })
    }

    /// Converts a value of an answer back. A value that the conversion cannot have made stays as it is.
    pub(super) fn invert(self, value: Value) -> Value {
        self.inverse(&value).unwrap_or(value)
    }

    fn inverse(self, value: &Value) -> Option<Value> {
        let decode = |bytes: Vec<u8>| String::from_utf8(bytes).ok().map(Value::String);
        // GitHub breaks Base64 into lines
        let compact = || value.as_str().map(|text| text.split_whitespace().collect::<String>());
        match self {
            Self::Text => None,
            Self::JsonText | Self::AsciiJson => serde_json::from_str(value.as_str()?).ok(),
            Self::Base64 => decode(BASE64_STANDARD.decode(compact()?).ok()?),
            Self::Base64Url => decode(BASE64_URL_SAFE_NO_PAD.decode(compact()?.trim_end_matches('=')).ok()?),
            Self::Html => Some(unescape_html(value.as_str()?).into()),
            Self::Adf => documents::from_adf(value).map(Value::String),
            Self::NotionBlocks => documents::from_notion_text(value).map(Value::String),
            Self::Mail => documents::from_gmail_payload(value).map(Value::String),
            Self::EpochSeconds => format_time(i128::from(epoch(value)?) * 1_000_000_000),
            Self::EpochMilliseconds => format_time(i128::from(epoch(value)?) * 1_000_000),
        }
    }
}

/// Writes JSON and escapes each character that is not visible ASCII.
fn ascii_json(value: &Value) -> String {
    let mut text = String::new();
    for letter in value.to_string().chars() {
        if matches!(letter, ' '..='~') {
            text.push(letter);
        } else {
            let mut units = [0; 2];
            text.extend(letter.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

const HTML_ENTITIES: [(char, &str); 5] =
    [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];

fn escape_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match HTML_ENTITIES.iter().find(|(special, _)| *special == letter) {
            Some((_, entity)) => html.push_str(entity),
            None => html.push(letter),
        }
    }
    html
}

fn unescape_html(html: &str) -> String {
    // the ampersand is last, so that no entity arises on the way
    HTML_ENTITIES.iter().rev().fold(html.to_owned(), |text, (letter, entity)| text.replace(entity, &letter.to_string()))
}

fn parse_time(text: &str) -> Result<OffsetDateTime, &'static str> {
    OffsetDateTime::parse(text.trim(), &Rfc3339).map_err(|_| "a time such as 2026-11-29T18:00:00Z")
}

fn epoch(value: &Value) -> Option<i64> {
    scalar_text(value)?.trim().parse().ok()
}

fn format_time(nanoseconds: i128) -> Option<Value> {
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?.format(&Rfc3339).ok().map(Value::String)
}

#[cfg(test)]
mod tests {
    use super::Converter;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn times_are_counted_since_1970() {
        let at = json!("2026-11-29T18:00:00+01:00");
        assert_eq!(Converter::EpochSeconds.convert(&at), Ok(json!(1_795_971_600)));
        assert_eq!(Converter::EpochMilliseconds.convert(&at), Ok(json!(1_795_971_600_000_i64)));
        assert_eq!(Converter::EpochSeconds.invert(json!("1795971600")), json!("2026-11-29T17:00:00Z"));
        assert_eq!(
            Converter::EpochSeconds.convert(&json!("tomorrow")),
            Err("a time such as 2026-11-29T18:00:00Z".into())
        );
    }

    #[test]
    fn base64_with_line_breaks_is_read() {
        assert_eq!(Converter::Base64.invert(json!("aGVs\nbG8=\n")), json!("hello"));
        assert_eq!(Converter::Base64.invert(json!("not base64")), json!("not base64"));
    }

    proptest! {
        #[test]
        fn a_converted_text_comes_back(text: String) {
            for converter in [Converter::Base64, Converter::Base64Url, Converter::Html, Converter::JsonText, Converter::AsciiJson] {
                let converted = converter.convert(&Value::String(text.clone())).unwrap();
                prop_assert_eq!(converter.invert(converted), Value::String(text.clone()), "{:?}", converter);
            }
        }

        #[test]
        fn no_html_has_a_tag(text: String) {
            let html = Converter::Html.convert(&json!(text)).unwrap();
            prop_assert!(!html.as_str().unwrap().contains(['<', '>', '"', '\'']));
        }
    }
}
