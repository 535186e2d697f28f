//! Addresses with places to fill: `https://{subdomain}.example.com/{account|'me'}`.
//!
//! A place at the very beginning takes a whole address, which the provider itself has named (`{instance_url}/token`);
//! any other takes text, which is encoded so that it stays one part of the path, one label, or one value.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::failure::Failure;

/// What people entered and providers answered, by name.
pub type TemplateValues = BTreeMap<String, String>;

/// Everything but what no part of an address gives a meaning to.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address that a template comes to.
///
/// Law: whatever fills the places behind the beginning, the host is what the template says around them, and the path has
/// as many parts.
pub fn url(template: &str, values: &TemplateValues) -> Result<Url, Failure> {
    let text = expand(template, values)?;
    let url = Url::parse(&text).map_err(|_| Failure::setting(format!("“{template}” does not come to an address")))?;
    match url.scheme() {
        "https" | "http" => Ok(url),
        other => Err(Failure::setting(format!("“{template}” comes to an address of {other}:, not https:"))),
    }
}

/// The text that a template comes to, each value as it is: for what is no address.
pub fn text(template: &str, values: &TemplateValues) -> Result<String, Failure> {
    put_in(template, values, |text, value| {
        text.push_str(value);
        Some(())
    })
}

fn expand(template: &str, values: &TemplateValues) -> Result<String, Failure> {
    put_in(template, values, |text, value| {
        if text.is_empty() {
            text.push_str(value.trim_end_matches('/'));
        } else if value.bytes().all(|it| it == b'.') {
            // a path takes these as the way up, however they are encoded
            return None;
        } else {
            text.extend(utf8_percent_encode(value, ENCODED));
        }
        Some(())
    })
}

/// Fills the places; `put` appends a value, or says that it is none.
fn put_in(
    template: &str,
    values: &TemplateValues,
    put: impl Fn(&mut String, &str) -> Option<()>,
) -> Result<String, Failure> {
    let (mut text, mut rest) = (String::new(), template);
    while let Some((before, behind)) = rest.split_once('{') {
        text.push_str(before);
        let (place, after) = behind
            .split_once('}')
            .ok_or_else(|| Failure::setting(format!("“{template}” opens a place and does not close it")))?;
        let value = first_known(place, values)
            .ok_or_else(|| Failure::setting(format!("“{place}” is not known, which “{template}” needs")))?;
        put(&mut text, value)
            .ok_or_else(|| Failure::setting(format!("“{value}” is no value for “{place}” in “{template}”")))?;
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// `a|b|'literal'`: the first that is there.
fn first_known<'a>(place: &'a str, values: &'a TemplateValues) -> Option<&'a str> {
    place.split('|').map(str::trim).find_map(|name| {
        let literal = name.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        literal.or_else(|| values.get(name).map(String::as_str).filter(|value| !value.is_empty()))
    })
}

/// The names in a template, without its literals.
pub fn names(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|behind| behind.split_once('}'))
        .flat_map(|(place, _)| place.split('|'))
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
        url(template, &values(pairs)).map(String::from).map_err(|failure| failure.message)
    }

    #[test]
    fn a_place_takes_one_part_and_cannot_become_another() {
        let template = "https://{sub}.example.com/{id}";
        assert_eq!(filled(template, &[("sub", "acme"), ("id", "a b")]).unwrap(), "https://acme.example.com/a%20b");
        for evil in ["evil.example/?x=", "127.0.0.1#", "a@b", "x/../y", "x:99"] {
            match filled(template, &[("sub", evil), ("id", "1")]) {
                Ok(url) => assert!(url.contains(".example.com/1"), "{url}"),
                Err(told) => assert!(told.contains("does not come to an address"), "{told}"),
            }
        }
    }

    #[test]
    fn the_first_that_is_known_counts_and_a_literal_is_known() {
        let template = "https://{login|'login.example.com'}/token";
        assert_eq!(filled(template, &[]).unwrap(), "https://login.example.com/token");
        assert_eq!(filled(template, &[("login", "test.example.com")]).unwrap(), "https://test.example.com/token");
        assert_eq!(filled("https://{a}/x", &[]).unwrap_err(), "“a” is not known, which “https://{a}/x” needs");
    }

    #[test]
    fn names_are_found() {
        assert_eq!(names("{a|b|'c'}/x/{d}").collect::<Vec<_>>(), ["a", "b", "d"]);
    }

    #[test]
    fn a_whole_address_stands_at_the_beginning() {
        let at = [("instance_url", "https://na1.example.com/")];
        assert_eq!(filled("{instance_url}/services", &at).unwrap(), "https://na1.example.com/services");
        assert!(filled("{instance_url}/x", &[("instance_url", "javascript:alert(1)//")]).is_err());
    }

    /// Text, or what has a meaning in some part of an address.
    fn filling() -> impl Strategy<Value = String> {
        prop_oneof![any::<String>(), "[a-z0-9./?#@:%\\\\&=;\\[\\]\t ２．／℀\u{ad}-]{0,12}", r"(\.|%2e|%2E){1,3}"]
    }

    proptest! {
        #[test]
        fn no_filling_changes_host_or_path(sub in filling(), part in filling(), value in filling()) {
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
