//! Pages of a long text, in which addresses of web pages are links.

use serde_json::Value;

use crate::foreign_text::clean_text;
use crate::markdown::{Piece, split_addresses};

/// Most characters on a page.
const PAGE_LENGTH: usize = 20_000;

/// A page of a text.
#[derive(Debug)]
pub struct TextPage {
    /// The text, cleaned, in pieces.
    pub pieces: Vec<TextPiece>,
    /// Number of characters before the page.
    pub start: usize,
    /// Number of characters before the next page, if there is one.
    pub next: Option<usize>,
    /// Number of characters of the whole text.
    pub length: usize,
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub struct TextPiece {
    /// The text, cleaned.
    pub text: String,
    /// Reports whether the text is an address that a page links to.
    pub is_address: bool,
}

impl TextPage {
    /// Cuts the page that begins after a number of characters.
    pub(super) fn new(text: &str, after: Option<usize>) -> Self {
        let length = text.chars().count();
        let start = after.unwrap_or(0).min(length);
        let rest = &text[offset(text, start)..];
        let end = offset(rest, PAGE_LENGTH);
        // a page ends with a line, if one ends in its second half
        let end = if end == rest.len() {
            end
        } else {
            rest[..end].rfind('\n').filter(|at| *at > end / 2).map_or(end, |at| at + 1)
        };
        let shown = &rest[..end];
        let next = start + shown.chars().count();
        Self { pieces: pieces(shown), start, next: (next < length).then_some(next), length }
    }

    /// Cuts a page of the JSON of a value.
    pub(super) fn of_json(value: &Value, after: Option<usize>) -> Self {
        Self::new(&serde_json::to_string_pretty(value).unwrap_or_default(), after)
    }

    /// Returns the text of the page.
    #[must_use]
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// Reports whether the page is all of the text.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.start == 0 && self.next.is_none()
    }
}

/// Splits a text into cleaned pieces.
pub(super) fn pieces(text: &str) -> Vec<TextPiece> {
    let text = clean_text(text);
    let piece = |piece| match piece {
        Piece::Text(text) => TextPiece { text: text.to_owned(), is_address: false },
        Piece::Address(text) => TextPiece { text: text.to_owned(), is_address: true },
    };
    split_addresses(&text).into_iter().map(piece).collect()
}

/// Returns the place in bytes of a number of characters.
pub(super) fn offset(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}
