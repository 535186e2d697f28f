//! Text that other servers wrote, made safe to store and to show beside the hub's own.
//!
//! A server can write characters that no reader sees, or that change the order in which others are shown. [`clean_name`] drops
//! them: a name has to look like what it is. [`clean_text`] shows them: a reader has to know that they are there. [`name_hidden`]
//! tells them apart, where two texts are compared.

mod hidden;

use std::borrow::Cow;
use std::fmt::Write;

use self::hidden::{is_hidden, joins};

/// Cleans a text of any length, such as a description or an error. Control characters become spaces, other than line breaks
/// and tabs. Hidden characters become words, such as `[U+202E]` or `[12 hidden characters]`.
#[must_use]
pub fn clean_text(text: &str) -> Cow<'_, str> {
    if is_clean(text, |letter| matches!(letter, '\n' | '\t')) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    let mut clean = Cleaner::default();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        match letter {
            '\n' | '\t' => clean.push(letter),
            '\r' | '\u{2028}' | '\u{2029}' => clean.push('\n'),
            _ if letter.is_control() => clean.push(' '),
            _ if !is_hidden(letter) || joins(letter, clean.last, next) => clean.push(letter),
            _ => clean.hide(letter),
        }
    }
    clean.flush();
    Cow::Owned(clean.text)
}

/// Names each hidden character, each control character and each unusual space of a text, such as `[U+200D]`, also where it has its
/// proper work. A plain space, line breaks and tabs stay.
#[must_use]
pub fn name_hidden(text: &str) -> String {
    let mut named = String::with_capacity(text.len());
    for letter in text.chars() {
        let is_plain = matches!(letter, ' ' | '\n' | '\t');
        if !is_plain && (letter.is_control() || letter.is_whitespace() || is_hidden(letter)) {
            // writing to a string does not fail
            let _ = write!(named, "[U+{:04X}]", u32::from(letter));
        } else {
            named.push(letter);
        }
    }
    named
}

/// Cleans a name, such as that of a tool or an account: one line, without control characters and hidden ones.
#[must_use]
pub fn clean_name(name: &str) -> Cow<'_, str> {
    if is_clean(name, |_| false) && name.trim() == name {
        return Cow::Borrowed(name);
    }
    let mut clean = String::with_capacity(name.len());
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        match letter {
            '\u{2028}' | '\u{2029}' => clean.push(' '),
            _ if letter.is_control() => clean.push(' '),
            _ if !is_hidden(letter) || joins(letter, clean.chars().next_back(), next) => clean.push(letter),
            _ => {}
        }
    }
    Cow::Owned(clean.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Reports whether a name is clean. An identifier has to be sent back as it is, so one that is not clean is left out instead.
#[must_use]
pub fn is_clean_name(name: &str) -> bool {
    clean_name(name) == name
}

fn is_clean(text: &str, is_kept: impl Fn(char) -> bool) -> bool {
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) || is_kept(char::from(byte));
    text.bytes().all(is_plain)
        || text.chars().all(|letter| is_kept(letter) || !letter.is_control() && !is_hidden(letter))
}

/// Gathers hidden characters, so that a run of them is one word.
#[derive(Default)]
struct Cleaner {
    text: String,
    last: Option<char>,
    hidden: Vec<char>,
}

impl Cleaner {
    fn push(&mut self, letter: char) {
        self.flush();
        self.text.push(letter);
        self.last = Some(letter);
    }

    fn hide(&mut self, letter: char) {
        self.hidden.push(letter);
        self.last = None;
    }

    fn flush(&mut self) {
        // writing to a string does not fail
        let _ = match self.hidden[..] {
            [] => Ok(()),
            [letter] => write!(self.text, "[U+{:04X}]", u32::from(letter)),
            _ => write!(self.text, "[{} hidden characters]", self.hidden.len()),
        };
        self.hidden.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::hidden::is_hidden;
    use super::{clean_name, clean_text};
    use proptest::prelude::*;

    #[test]
    fn hidden_characters_are_dropped_from_names_and_shown_in_text() {
        for (text, name, shown) in [
            ("safe\u{202e}txt.exe", "safetxt.exe", "safe[U+202E]txt.exe"),
            ("a\u{200b}\u{2060}\u{feff}b", "ab", "a[3 hidden characters]b"),
            ("tags \u{e0041}\u{e0042}", "tags", "tags [2 hidden characters]"),
            ("a\0b\u{1b}[31m", "a b [31m", "a b [31m"),
            ("two\r\nlines\tand\u{2028}more ", "two lines and more", "two\nlines\tand\nmore "),
            ("plain", "plain", "plain"),
        ] {
            assert_eq!((clean_name(text).as_ref(), clean_text(text).as_ref()), (name, shown), "{text:?}");
        }
    }

    #[test]
    fn what_scripts_and_pictures_need_stays() {
        for text in [
            "می\u{200c}خواهم",
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "שלום\u{200f} עולם",
            "naïve 日本語",
        ] {
            assert_eq!((clean_name(text).as_ref(), clean_text(text).as_ref()), (text, text));
        }
        assert_eq!(clean_text("pass\u{200d}word"), "pass[U+200D]word", "nothing joins in Latin script");
        assert_eq!(
            clean_text("é\u{fe0f}\u{fe01}\u{fe02}"),
            "é\u{fe0f}[2 hidden characters]",
            "one picture, not a message"
        );
    }

    proptest! {
        #[test]
        fn nothing_hidden_remains_and_nothing_else_is_lost(parts in prop::collection::vec(any::<char>(), 0..60)) {
            let text: String = parts.iter().collect();
            let (name, shown) = (clean_name(&text).into_owned(), clean_text(&text).into_owned());
            prop_assert!(!name.chars().any(char::is_control), "{name:?}");
            prop_assert!(!shown.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\t')), "{shown:?}");
            prop_assert_eq!(clean_name(&name).into_owned(), name.clone());
            prop_assert_eq!(clean_text(&shown).into_owned(), shown.clone());
            let visible = |text: &str| text.chars().filter(|it| !it.is_control() && !it.is_whitespace() && !is_hidden(*it)).collect::<String>();
            prop_assert_eq!(visible(&name), visible(&text));
        }

        #[test]
        fn ascii_is_unchanged(text in "[ -~\n\t]*") {
            prop_assert_eq!(clean_text(&text).into_owned(), text);
        }
    }
}
