//! Text of a result, cut to what a page shows.

use crate::foreign_text::clean_text;

/// The length in characters at which the page cuts a text. The download holds all of it.
const MAX_TEXT_LENGTH: usize = 20_000;

/// Returns the text without hidden characters, and whether it was cut.
pub(super) fn shorten(text: &str) -> (String, bool) {
    match text.char_indices().nth(MAX_TEXT_LENGTH) {
        Some((at, _)) => (clean_text(&text[..at]).into_owned(), true),
        None => (clean_text(text).into_owned(), false),
    }
}
