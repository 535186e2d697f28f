//! HTML that is safe to show.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Display, Formatter};

use ammonia::{Builder, UrlRelative};
use askama::filters::HtmlSafe;
use pulldown_cmark::{Event, html};

use crate::foreign_text::clean_text;

/// The tags that rendered Markdown may have.
pub(super) const TAGS: [&str; 24] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

/// The schemes of links.
pub(super) const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// Removes what is not listed: the second lock behind the rewriting of the parsed text. Where nothing could be removed, nothing
/// is parsed again: that takes longer than the rest of the rendering.
fn sanitize(html: &str) -> String {
    if has_plain_tags_only(html) {
        return html.to_owned();
    }
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(TAGS))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))]))
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"));
    builder.clean(html).to_string()
}

/// Reports whether all tags are listed, and none has an attribute.
fn has_plain_tags_only(html: &str) -> bool {
    let is_plain = |rest: &str| {
        let tag = rest.split_once('>').map(|(tag, _)| tag.strip_prefix('/').unwrap_or(tag));
        tag.is_some_and(|tag| TAGS.contains(&tag))
    };
    html.split('<').skip(1).all(is_plain)
}

/// HTML of a short list of tags. Templates show it without escaping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Writes the events of a parsed text.
    pub(super) fn from_events(events: Vec<Event<'_>>) -> Self {
        let mut written = String::new();
        html::push_html(&mut written, events.into_iter());
        let clean = sanitize(&written);
        // a table may be wider than the page, and keys have to reach what scrolls; a text cannot contain these tags
        let open = r#"<div class="scroll" role="group" tabindex="0" aria-label="Table"><table>"#;
        let clean = clean.replace("<table>", open).replace("</table>", "</table></div>");
        // an empty cell heads nothing
        Self(clean.replace("<th></th>", "<td></td>").replace("<th>", r#"<th scope="col">"#))
    }

    /// Writes a text as it is.
    pub(super) fn from_text(text: &str) -> Self {
        Self(ammonia::clean_text(&clean_text(text)))
    }

    /// Returns the HTML.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for SafeHtml {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for SafeHtml {}
