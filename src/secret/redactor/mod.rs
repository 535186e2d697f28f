//! Redaction by value: removes known secrets from text that another server wrote, whatever the field around them is called.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::spellings::spellings;

/// Replaces a secret in redacted text.
const MARKER: &str = "[redacted]";

/// Bytes below which a secret is redacted from content only as a whole word: it would blank out parts of ordinary words.
const MIN_PART: usize = 6;

/// Bytes below which a secret is not redacted from content: it equals too many ordinary words.
const MIN_WORD: usize = 3;

/// Removes a set of secrets from text, in each spelling in which servers repeat them.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a spelling goes before those it contains.
    spellings: Vec<Spelling>,
}

#[derive(Clone, PartialEq, Eq)]
struct Spelling {
    text: String,
    /// It is redacted only where it stands between other characters than letters and digits.
    is_word: bool,
}

impl Redactor {
    /// Redacts every non-empty secret, however short. For error texts.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        Self::default().with(secrets)
    }

    /// Redacts the secrets of at least six bytes, and those of at least three as whole words. For content that people read,
    /// such as a tool's result.
    pub fn for_content<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        Self::default().with_content(secrets)
    }

    /// Returns a redactor that also removes `more`, as [`Self::new`] does.
    #[must_use]
    pub fn with<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Self {
        let more = more.into_iter().flat_map(spellings);
        self.with_spellings(more.map(|text| Spelling { text, is_word: false }))
    }

    /// Returns a redactor that also removes `more`, as [`Self::for_content`] does.
    #[must_use]
    pub fn with_content<'a>(&self, more: impl IntoIterator<Item = &'a str>) -> Self {
        let more = more.into_iter().filter(|secret| secret.len() >= MIN_WORD);
        self.with_spellings(more.flat_map(|secret| {
            let is_word = secret.len() < MIN_PART;
            spellings(secret).into_iter().map(move |text| Spelling { text, is_word })
        }))
    }

    fn with_spellings(&self, more: impl Iterator<Item = Spelling>) -> Self {
        let mut spellings: Vec<_> = self.spellings.iter().cloned().chain(more).collect();
        spellings.sort_by(|a, b| {
            let longest_first = b.text.len().cmp(&a.text.len());
            longest_first.then_with(|| a.text.cmp(&b.text)).then_with(|| a.is_word.cmp(&b.is_word))
        });
        spellings.dedup_by(|a, b| a.text == b.text);
        Self { spellings }
    }

    /// Returns `text` with `[redacted]` in place of each secret. Pass whole texts: of one that was cut short, part of a
    /// secret would remain.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let found: Vec<_> = self.spellings.iter().filter(|spelling| text.contains(&spelling.text)).collect();
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut clean = String::new();
        let (mut copied, mut at) = (0, 0);
        while at < text.len() {
            match found.iter().find(|spelling| spelling.is_at(text, at)) {
                Some(spelling) => {
                    clean.push_str(&text[copied..at]);
                    clean.push_str(MARKER);
                    at += spelling.text.len();
                    copied = at;
                }
                None => at += 1,
            }
        }
        clean.push_str(&text[copied..]);
        Cow::Owned(clean)
    }

    /// Redacts each text, each name and each number in a JSON value. It stays JSON.
    pub fn redact_json(&self, value: &mut Value) {
        if self.spellings.is_empty() {
            return;
        }
        match value {
            Value::String(text) => {
                if let Cow::Owned(clean) = self.redact(text) {
                    *text = clean;
                }
            }
            Value::Number(number) => {
                let text = number.to_string();
                if let Cow::Owned(clean) = self.redact(&text) {
                    *value = Value::String(clean);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            Value::Object(members) => {
                members.values_mut().for_each(|member| self.redact_json(member));
                if members.keys().any(|name| matches!(self.redact(name), Cow::Owned(_))) {
                    let redacted = std::mem::take(members).into_iter();
                    *members =
                        redacted
                            .map(|(name, member)| (self.redact(&name).into_owned(), member))
                            .collect::<Map<String, Value>>();
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

impl Spelling {
    fn is_at(&self, text: &str, at: usize) -> bool {
        if !text.as_bytes()[at..].starts_with(self.text.as_bytes()) {
            return false;
        }
        let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        !self.is_word
            || !is_part(text[..at].chars().next_back()) && !is_part(text[at + self.text.len()..].chars().next())
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} spellings)", self.spellings.len())
    }
}

#[cfg(test)]
mod tests;
