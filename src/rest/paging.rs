//! Pages of a list. A tool returns one page; its input `cursor` continues where another page ended.

use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::input_fault::InputFault;
use super::pointer::Place;
use super::request::RequestTemplate;
use super::values::scalar_text;

/// Name of the input that continues a list.
pub const CURSOR: &str = "cursor";

/// Label of that input.
pub const CURSOR_TITLE: &str = "Continue at";

/// The way in which a service continues a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Paging {
    /// A text of the answer, such as a cursor or the id of the last entry. The request sends it back as its input `cursor`.
    Cursor {
        /// Place of the text.
        from: Place,
        /// Place of a value that is true if there is more.
        more: Option<Place>,
        /// Request for the pages after the first, if it is another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<Box<RequestTemplate>>,
    },
    /// An address in the answer: whole, or a path of the same host.
    NextUrl {
        /// Place of the address.
        from: Place,
    },
    /// The header `Link` with `rel="next"`.
    Link,
    /// The number of the page. A page that is not empty may have another after it.
    Page {
        /// Number of the first page.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        first: u32,
    },
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_one(first: &u32) -> bool {
    *first == 1
}

impl Paging {
    /// Returns the cursor of the next page. `entries` is the number of entries on this page, and `cursor` led to it.
    pub(super) fn next(
        &self,
        headers: &HeaderMap,
        answer: &Value,
        entries: usize,
        cursor: Option<&str>,
    ) -> Option<String> {
        let text = |place: &Place| scalar_text(&place.find(answer)?).filter(|text| !text.is_empty());
        let next = match self {
            Self::Cursor { from, more, .. } => {
                let is_last = more.as_ref().is_some_and(|more| more.find(answer) != Some(Value::Bool(true)));
                if is_last { None } else { text(from) }
            }
            Self::NextUrl { from } => text(from),
            Self::Link => headers.get_all(header::LINK).iter().find_map(|value| next_link(value.to_str().ok()?)),
            Self::Page { .. } if entries == 0 => None,
            Self::Page { first } => {
                let page = cursor.and_then(|page| page.parse::<u32>().ok()).unwrap_or(*first);
                Some(page.saturating_add(1).to_string())
            }
        };
        // a service that repeats a cursor would never end
        next.filter(|next| Some(next.as_str()) != cursor)
    }

    /// Returns the request for the pages after the first, if it is another one.
    pub(super) fn request(&self) -> Option<&RequestTemplate> {
        match self {
            Self::Cursor { request, .. } => request.as_deref(),
            Self::NextUrl { .. } | Self::Link | Self::Page { .. } => None,
        }
    }

    /// Returns the address of a page. The cursor of some services is an address, which must stay at the service's host.
    ///
    /// # Errors
    /// An address of another host.
    pub(super) fn url(&self, first: Url, cursor: &str) -> Result<Url, InputFault> {
        match self {
            Self::Cursor { .. } | Self::Page { .. } => Ok(first),
            Self::NextUrl { .. } | Self::Link => match first.join(cursor) {
                Ok(url) if url.origin() == first.origin() => Ok(url),
                _ => Err(InputFault::new(
                    Some(CURSOR),
                    "“cursor” is not one that this tool has returned",
                    "Copy it from the result of the former page, or leave it empty",
                )),
            },
        }
    }
}

/// Returns the address with `rel="next"` in a `Link` header (RFC 8288).
fn next_link(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, tail)) = rest.split_once('<') {
        let (url, parameters) = tail.split_once('>')?;
        let end = parameters.find('<').unwrap_or(parameters.len());
        let is_next = parameters[..end].split([';', ',']).any(|parameter| {
            let Some((name, value)) = parameter.split_once('=') else { return false };
            name.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').split_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(url.to_owned());
        }
        rest = &parameters[end..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Paging, next_link};
    use http::HeaderMap;
    use serde_json::json;

    fn paging(toml: &str) -> Paging {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn a_cursor_is_followed_while_there_is_more() {
        let last = paging("kind = 'cursor'\nfrom = '/data/-1/id'\nmore = '/has_more'");
        let next = |more: bool| {
            last.next(&HeaderMap::new(), &json!({"data": [{"id": "a"}, {"id": "b"}], "has_more": more}), 2, None)
        };
        assert_eq!((next(true).as_deref(), next(false)), (Some("b"), None));
        let cursor = paging("kind = 'cursor'\nfrom = '/next'");
        let next = |text: &str| cursor.next(&HeaderMap::new(), &json!({"next": text}), 1, Some("seen"));
        assert_eq!((next("new").as_deref(), next(""), next("seen")), (Some("new"), None, None));
    }

    #[test]
    fn pages_are_counted_until_one_is_empty() {
        let next = |toml: &str, entries, cursor| paging(toml).next(&HeaderMap::new(), &json!([]), entries, cursor);
        let page = "kind = 'page'";
        assert_eq!(
            (next(page, 30, None).as_deref(), next(page, 30, Some("2")).as_deref(), next(page, 0, Some("3"))),
            (Some("2"), Some("3"), None)
        );
        assert_eq!(next("kind = 'page'\nfirst = 0", 30, None).as_deref(), Some("1"));
    }

    #[test]
    fn the_next_address_stays_at_its_host() {
        let first = || "https://api.test/v1/items?limit=5".parse().unwrap();
        let next = |cursor: &str| Paging::Link.url(first(), cursor).map(String::from).map_err(|fault| fault.name);
        assert_eq!(next("/v1/items?after=9").unwrap(), "https://api.test/v1/items?after=9");
        assert_eq!(next("https://api.test/v1/items?page=2").unwrap(), "https://api.test/v1/items?page=2");
        for evil in ["https://evil.test/", "http://api.test/", "//evil.test/x", "https://api.test:8443/"] {
            assert_eq!(next(evil), Err(Some("cursor".to_owned())), "{evil}");
        }
    }

    #[test]
    fn a_link_header_names_the_next_page() {
        let header = r#"<https://a.test/?page=1>; rel="prev", <https://a.test/?page=3>; title="x"; rel="next last", <https://a.test/?page=9>; rel=last"#;
        assert_eq!(next_link(header).as_deref(), Some("https://a.test/?page=3"));
        assert_eq!(next_link("<https://a.test>; rel=first"), None);
        assert_eq!(next_link("<broken"), None);
    }
}
