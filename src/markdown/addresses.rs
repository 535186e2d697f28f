//! Addresses in text: where they begin and end, and which of them a page may link to.

use url::Url;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Piece<'a> {
    /// Text without an address.
    Text(&'a str),
    /// The address of a web page, which may become a link.
    Address(&'a str),
}

/// Splits a text into addresses of web pages and the text between them.
#[must_use]
pub fn split_addresses(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some(start) = rest[from..].find("http").map(|at| from + at) {
        let address = address_at(rest, start);
        let Some(address) = address.filter(|address| web_address(address).is_some()) else {
            from = start + "http".len();
            continue;
        };
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        pieces.push(Piece::Address(address));
        (rest, from) = (&rest[start + address.len()..], 0);
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Parses the address of a web page that a page may link to: `http` or `https`, with a host, without a name or a password. Those
/// look like a host.
#[must_use]
pub fn web_address(text: &str) -> Option<Url> {
    // the parser would remove them, so that the link leads elsewhere than its text
    if text.contains(|letter: char| letter.is_control() || letter.is_whitespace() || letter == '\\') {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let is_plain = url.has_host() && url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && is_plain).then_some(url)
}

/// Returns the text from `start` up to the end of an address, if one begins there.
fn address_at(text: &str, start: usize) -> Option<&str> {
    let is_inside_word = text[..start].chars().next_back().is_some_and(char::is_alphanumeric);
    let rest = &text[start..];
    if is_inside_word || !(rest.starts_with("http://") || rest.starts_with("https://")) {
        return None;
    }
    let ends = |letter: char| {
        letter.is_whitespace()
            || letter.is_control()
            || matches!(letter, '<' | '>' | '"' | '`' | '\\' | '|' | '{' | '}')
    };
    let mut address = &rest[..rest.find(ends).unwrap_or(rest.len())];
    // the full stop of a sentence and the closing bracket around an address are not part of it
    while let Some(last) = address.chars().next_back() {
        let is_unpaired = |open: char| address.matches(last).count() > address.matches(open).count();
        let is_outside = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '”' | '’' | '»' | '…' => true,
            ')' => is_unpaired('('),
            ']' => is_unpaired('['),
            _ => false,
        };
        if !is_outside {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    Some(address)
}
