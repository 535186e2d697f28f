//! Redaction by value: removes known secrets from text that another server wrote, whatever the field around them is called.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Secret;

/// Replaces a secret in redacted text.
const MARKER: &str = "[redacted]";

/// Bytes below which a credential is too short to be redacted from content: it would blank out ordinary words.
const MIN_CONTENT_SECRET: usize = 6;

/// Characters that percent-encoding leaves alone (RFC 3986, unreserved).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Removes a set of secrets from text, in each spelling in which servers repeat them: as they are, escaped for JSON,
/// encoded for forms and URLs, and in Base64.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a spelling goes before those it contains.
    spellings: Vec<String>,
}

impl Redactor {
    /// Redacts every non-empty secret, however short. For error texts.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut spellings: Vec<_> = secrets.into_iter().flat_map(spellings).collect();
        sort(&mut spellings);
        Self { spellings }
    }

    /// Redacts the secrets of at least six bytes. For content that people read, such as a tool's result.
    pub fn for_content<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        Self::new(secrets.into_iter().map(Secret::expose).filter(|secret| secret.len() >= MIN_CONTENT_SECRET))
    }

    /// Returns a redactor that also removes `more`.
    #[must_use]
    pub fn with<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Self {
        let mut spellings: Vec<_> =
            self.spellings.iter().cloned().chain(more.into_iter().flat_map(spellings)).collect();
        sort(&mut spellings);
        Self { spellings }
    }

    /// Returns `text` with `[redacted]` in place of each secret. Pass whole texts: of one that was cut short, part of a
    /// secret would remain.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut clean = String::new();
        let (mut copied, mut at) = (0, 0);
        while at < text.len() {
            match self.spellings.iter().find(|spelling| text.as_bytes()[at..].starts_with(spelling.as_bytes())) {
                Some(spelling) => {
                    clean.push_str(&text[copied..at]);
                    clean.push_str(MARKER);
                    at += spelling.len();
                    copied = at;
                }
                None => at += 1,
            }
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        clean.push_str(&text[copied..]);
        Cow::Owned(clean)
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} spellings)", self.spellings.len())
    }
}

fn sort(spellings: &mut Vec<String>) {
    spellings.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    spellings.dedup();
}

fn spellings(secret: &str) -> Vec<String> {
    if secret.is_empty() {
        return Vec::new();
    }
    let json = serde_json::Value::from(secret).to_string();
    let mut all = vec![
        secret.to_owned(),
        json[1..json.len() - 1].to_owned(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        utf8_percent_encode(secret, ENCODED).to_string(),
    ];
    for base64 in [&BASE64_STANDARD, &BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE, &BASE64_URL_SAFE_NO_PAD] {
        all.push(base64.encode(secret));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{MARKER, Redactor, Secret, spellings};
    use proptest::prelude::*;

    #[test]
    fn each_spelling_is_redacted() {
        let redactor = Redactor::new(["s/1 \"", "4/0Ab"]);
        for (text, clean) in [
            ("code=4%2F0Ab is over, 4/0Ab too", "code=[redacted] is over, [redacted] too"),
            (r#"{"client_secret":"s/1 \""}"#, r#"{"client_secret":"[redacted]"}"#),
            ("s%2F1+%22 s%2F1%20%22", "[redacted] [redacted]"),
            ("cy8xICI= NC8wQWI", "[redacted] [redacted]"),
            ("nothing to hide", "nothing to hide"),
        ] {
            assert_eq!(redactor.redact(text), clean);
        }
        assert_eq!(redactor.with(["new"]).redact("new x 4/0Ab"), "[redacted] x [redacted]");
    }

    #[test]
    fn content_keeps_words_that_equal_a_short_secret() {
        let short = Secret::new("cat");
        assert_eq!(Redactor::for_content([&short]).redact("a cat sat"), "a cat sat");
        let secret = Secret::new("s3cr\"et-token");
        let clean = Redactor::for_content([&secret]);
        let clean = clean.redact(r#"{"echo":"Bearer s3cr\"et-token","plain":"s3cr"et-token"}"#);
        assert_eq!(clean, r#"{"echo":"Bearer [redacted]","plain":"[redacted]"}"#);
    }

    #[test]
    fn a_secret_that_contains_another_is_redacted_whole() {
        assert_eq!(
            Redactor::new(["token", "token-extended", ""]).redact("token-extended token"),
            "[redacted] [redacted]"
        );
        assert_eq!(format!("{:?}", Redactor::new(["aaa"])), "Redactor(2 spellings)");
    }

    proptest! {
        #[test]
        fn no_spelling_of_a_secret_remains(secret in "\\PC{8,20}", other in "[ -~]{8,20}", before: String, after: String) {
            let redactor = Redactor::new([secret.as_str(), other.as_str()]);
            for spelling in spellings(&secret) {
                let clean = redactor.redact(&format!("{before}{spelling}{after}{other}")).into_owned();
                prop_assert!(!clean.contains(&spelling) && !clean.contains(&other), "{clean}");
                prop_assert!(clean.contains(MARKER));
            }
        }

        #[test]
        fn text_without_a_secret_is_unchanged(text in "[a-z ]{0,80}") {
            let redactor = Redactor::new(["S3CRET", "T0KEN/"]);
            prop_assert!(redactor.redact(&text) == text);
        }
    }
}
