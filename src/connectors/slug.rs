//! Slugs: names of connectors in URLs.

const MAX_LENGTH: usize = 48;

/// Routes below `/connectors`, which no connector may have as its slug.
const RESERVED: [&str; 3] = ["new", "connect", "tools"];

/// A slug: lower-case letters, digits and single hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slug(String);

impl Slug {
    /// Returns a sentence about the texts that [`Slug::parse`] accepts.
    pub(super) fn rule() -> String {
        let reserved = RESERVED.join(", ");
        format!("a slug is up to {MAX_LENGTH} lower-case letters, digits and single hyphens, and none of {reserved}")
    }

    /// Parses a slug; returns `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let is_slug = text.len() <= MAX_LENGTH && text.split('-').all(fits) && !RESERVED.contains(&text);
        is_slug.then(|| Self(text.to_owned()))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Derives a slug from a name.
    pub(super) fn from_name(name: &str) -> Self {
        let mut text = String::new();
        for c in name.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() {
                text.push(c);
            } else if !text.ends_with('-') {
                text.push('-');
            }
            if text.len() >= MAX_LENGTH {
                break;
            }
        }
        let text = text.trim_matches('-');
        if text.is_empty() || RESERVED.contains(&text) {
            return Self(format!("server-{text}").trim_matches('-').to_owned());
        }
        Self(text.to_owned())
    }

    /// Returns this slug, or the first numbered one that is not among `taken`.
    pub(super) fn first_free(&self, taken: &[String]) -> Self {
        let is_free = |slug: &Self| !taken.iter().any(|other| other == slug.as_str());
        let mut slug = self.clone();
        let mut n = 2;
        while !is_free(&slug) {
            slug = Self(format!("{}-{n}", self.0));
            n += 1;
        }
        slug
    }
}

#[cfg(test)]
mod tests {
    use super::Slug;
    use proptest::prelude::*;

    #[test]
    fn a_name_becomes_a_slug() {
        assert_eq!(Slug::from_name("Everything (reference)").as_str(), "everything-reference");
        assert_eq!(Slug::from_name("new").as_str(), "server-new");
        assert_eq!(Slug::from_name("日本").as_str(), "server");
    }

    #[test]
    fn a_slug_is_accepted_unchanged_or_refused() {
        for text in ["workbench", "google-drive", "2fa", &"a".repeat(48)] {
            assert_eq!(Slug::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "Slack", "low--tide", "-a", "a-", "a_b", "café", "new", "connect", "tools", &"a".repeat(49)] {
            assert_eq!(Slug::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_name_gives_a_slug_that_the_table_accepts(name: String) {
            let slug = Slug::from_name(&name);
            let text = slug.as_str();
            prop_assert!(!text.is_empty() && text.len() <= 60);
            prop_assert!(text.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())));
        }
    }
}
