//! A connector's place in URLs.

use sqlx::PgConnection;

use super::store;
use crate::error::Result;
use crate::ids::UserId;

const LONGEST: usize = 48;

/// Words that are routes below `/connectors`.
const RESERVED: [&str; 3] = ["new", "connect", "tools"];

/// Lower-case letters, digits and single hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slug(String);

impl Slug {
    /// What [`Slug::parse`] takes, in words.
    pub(super) fn rule() -> String {
        let reserved = RESERVED.join(", ");
        format!("a slug is up to {LONGEST} lower-case letters, digits and single hyphens, and none of {reserved}")
    }

    /// A slug as it is written, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let is_slug = text.len() <= LONGEST && text.split('-').all(fits) && !RESERVED.contains(&text);
        is_slug.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_name(name: &str) -> Self {
        let mut text = String::new();
        for c in name.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() {
                text.push(c);
            } else if !text.ends_with('-') {
                text.push('-');
            }
            if text.len() >= LONGEST {
                break;
            }
        }
        let text = text.trim_matches('-');
        if text.is_empty() || RESERVED.contains(&text) {
            return Self(format!("server-{text}").trim_matches('-').to_owned());
        }
        Self(text.to_owned())
    }

    fn numbered(&self, n: usize) -> Self {
        Self(format!("{}-{n}", self.0))
    }
}

/// The first slug of this name that neither the owner nor a shipped connector has.
pub(super) async fn free(conn: &mut PgConnection, owner: UserId, name: &str) -> Result<Slug> {
    let base = Slug::from_name(name);
    let taken = store::slugs_like(conn, owner, base.as_str()).await?;
    let is_free = |slug: &Slug| !taken.iter().any(|other| other == slug.as_str());
    let mut slug = base.clone();
    let mut n = 2;
    while !is_free(&slug) {
        slug = base.numbered(n);
        n += 1;
    }
    Ok(slug)
}

#[cfg(test)]
mod tests {
    use super::Slug;
    use proptest::prelude::*;

    #[test]
    fn a_name_becomes_its_place() {
        assert_eq!(Slug::from_name("Everything (reference)").as_str(), "everything-reference");
        assert_eq!(Slug::from_name("new").as_str(), "server-new");
        assert_eq!(Slug::from_name("日本").as_str(), "server");
    }

    #[test]
    fn a_slug_is_read_as_it_is_written_or_not_at_all() {
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
