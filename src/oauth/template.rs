//! URL templates with placeholders: `https://{subdomain}.example.com/{account|'me'}`.
//!
//! A placeholder at the very beginning takes a whole URL, which the provider itself has named (`{instance_url}/token`).
//! Any other takes text, encoded so that it stays one path segment, one host label, or one query value.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::failure::invalid_provider;
use crate::egress::Failure;

/// Values for placeholders by name: fields that people entered, and values captured from providers.
pub type TemplateValues = BTreeMap<String, String>;

/// Every character with a meaning in some part of a URL.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Fills a URL template.
///
/// Invariant: whatever fills the placeholders after the beginning, the host matches the template around them, and the
/// path has the same number of segments.
pub fn url(template: &str, values: &TemplateValues) -> Result<Url, Failure> {
    let text = fill(template, values, |text, value| {
        if text.is_empty() {
            text.push_str(value.trim_end_matches('/'));
        } else if value.bytes().all(|it| it == b'.') {
            // a path reads dots as the parent directory, however they are encoded
            return None;
        } else {
            text.extend(utf8_percent_encode(value, ENCODED));
        }
        Some(())
    })?;
    let url = Url::parse(&text).map_err(|_| invalid_provider(format!("“{template}” does not make a URL")))?;
    match url.scheme() {
        "https" | "http" => Ok(url),
        other => Err(invalid_provider(format!("“{template}” makes a URL of {other}:, not https:"))),
    }
}

/// Fills a template that is not a URL, without encoding.
pub fn text(template: &str, values: &TemplateValues) -> Result<String, Failure> {
    fill(template, values, |text, value| {
        text.push_str(value);
        Some(())
    })
}

/// Fills the placeholders. `append` appends a value, or returns `None` if it rejects the value.
fn fill(
    template: &str,
    values: &TemplateValues,
    append: impl Fn(&mut String, &str) -> Option<()>,
) -> Result<String, Failure> {
    let (mut text, mut rest) = (String::new(), template);
    while let Some((before, tail)) = rest.split_once('{') {
        text.push_str(before);
        let (placeholder, after) = tail
            .split_once('}')
            .ok_or_else(|| invalid_provider(format!("“{template}” opens a placeholder and does not close it")))?;
        let value = first_known(placeholder, values)
            .ok_or_else(|| invalid_provider(format!("“{template}” needs “{placeholder}”, which has no value")))?;
        append(&mut text, value)
            .ok_or_else(|| invalid_provider(format!("“{value}” is not allowed for “{placeholder}” in “{template}”")))?;
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// Returns the first of `a|b|'literal'` that has a value.
fn first_known<'a>(placeholder: &'a str, values: &'a TemplateValues) -> Option<&'a str> {
    placeholder.split('|').map(str::trim).find_map(|name| {
        let literal = name.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        literal.or_else(|| values.get(name).map(String::as_str).filter(|value| !value.is_empty()))
    })
}

/// Returns the names in a template, without its literals.
pub fn names(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|tail| tail.split_once('}'))
        .flat_map(|(placeholder, _)| placeholder.split('|'))
        .map(str::trim)
        .filter(|name| !name.starts_with('\''))
}

#[cfg(test)]
mod tests {
    use super::{TemplateValues, names, url};
    use proptest::prelude::*;

    fn values(pairs: &[(&str, &str)]) -> TemplateValues {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn filled(template: &str, pairs: &[(&str, &str)]) -> Result<String, String> {
        url(template, &values(pairs)).map(String::from).map_err(|failure| failure.message.text)
    }

    #[test]
    fn a_value_stays_within_its_part_of_the_url() {
        let template = "https://{sub}.example.com/{id}";
        assert_eq!(filled(template, &[("sub", "acme"), ("id", "a b")]).unwrap(), "https://acme.example.com/a%20b");
        for evil in ["evil.example/?x=", "127.0.0.1#", "a@b", "x/../y", "x:99"] {
            match filled(template, &[("sub", evil), ("id", "1")]) {
                Ok(url) => assert!(url.contains(".example.com/1"), "{url}"),
                Err(message) => assert!(message.contains("does not make a URL"), "{message}"),
            }
        }
    }

    #[test]
    fn the_first_value_counts_and_a_literal_always_has_one() {
        let template = "https://{login|'login.example.com'}/token";
        assert_eq!(filled(template, &[]).unwrap(), "https://login.example.com/token");
        assert_eq!(filled(template, &[("login", "test.example.com")]).unwrap(), "https://test.example.com/token");
        assert_eq!(filled("https://{a}/x", &[]).unwrap_err(), "“https://{a}/x” needs “a”, which has no value");
    }

    #[test]
    fn names_exclude_literals() {
        assert_eq!(names("{a|b|'c'}/x/{d}").collect::<Vec<_>>(), ["a", "b", "d"]);
    }

    #[test]
    fn a_whole_url_goes_at_the_beginning() {
        let at = [("instance_url", "https://na1.example.com/")];
        assert_eq!(filled("{instance_url}/services", &at).unwrap(), "https://na1.example.com/services");
        assert!(filled("{instance_url}/x", &[("instance_url", "javascript:alert(1)//")]).is_err());
    }

    /// Generates text, with and without characters that have a meaning in URLs.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), "[a-z0-9./?#@:%\\\\&=;\\[\\]\t ２．／℀\u{ad}-]{0,12}", r"(\.|%2e|%2E){1,3}"]
    }

    proptest! {
        #[test]
        fn no_value_changes_host_or_path(sub in value(), part in value(), value in value()) {
            let pairs = [("sub", &*sub), ("part", &*part), ("value", &*value)];
            let Ok(url) = url("https://{sub}.api.example:8443/v1/{part}/x.{part}?q={value}&z=1#f", &values(&pairs)) else {
                return Ok(());
            };
            prop_assert!(url.host_str().unwrap().ends_with(".api.example"), "{url}");
            prop_assert_eq!((url.port(), url.username(), url.password()), (Some(8443), "", None));
            let path: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert_eq!((path.len(), path[0]), (3, "v1"), "{}", url);
            prop_assert!(path[2].starts_with("x."), "{url}");
            let query: Vec<_> = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
            prop_assert_eq!(query, [("q".to_owned(), value), ("z".to_owned(), "1".to_owned())]);
            prop_assert_eq!(url.fragment(), Some("f"));
        }
    }
}
