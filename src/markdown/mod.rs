//! Markdown that other servers wrote, as HTML that is safe to show.
//!
//! The `pulldown-cmark` crate reads the text, the module `rewrite` decides what stays, and `ammonia` removes every tag and attribute that
//! is not on a short list. HTML in the text is shown as text. Images become links, because a browser that loads an image tells
//! its server that somebody looked. Links lead to `http`, `https` and `mailto` only, and show where they lead.

mod addresses;
mod headings;
mod rewrite;
mod safe_html;

use pulldown_cmark::{Options, Parser, TextMergeStream};

pub use self::addresses::{Piece, split_addresses, web_address};
pub use self::safe_html::SafeHtml;

/// The longest text in bytes that is read as Markdown.
pub const MAX_LENGTH: usize = 60_000;

/// The deepest nesting of lists, quotes and emphasis.
const MAX_DEPTH: usize = 24;

/// Renders a text. `top_level` is the level of its highest heading, from 2 to 6. Returns `None` if the text is longer than
/// [`MAX_LENGTH`] or nested too deeply; the caller then shows the text as it is.
#[must_use]
pub fn render(text: &str, top_level: u8) -> Option<SafeHtml> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    Some(SafeHtml::from_events(rewrite::blocks(parser(text), top_level)?))
}

/// Renders a text as part of a paragraph: emphasis, code and links stay, paragraphs and items of lists follow each other. A text
/// that is too long or nested too deeply is shown as it is.
#[must_use]
pub fn render_inline(text: &str) -> SafeHtml {
    let events = if text.len() > MAX_LENGTH { None } else { rewrite::inline(parser(text)) };
    events.map_or_else(|| SafeHtml::from_text(text), SafeHtml::from_events)
}

/// The parser of the `CommonMark` standard with the tables, tasks and struck text of GitHub.
fn parser(text: &str) -> TextMergeStream<'_, Parser<'_>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    TextMergeStream::new(Parser::new_ext(text, options))
}

#[cfg(test)]
mod tests;
