//! Quoting of values inside the query languages of services, so that no value ends its own literal.

use serde::{Deserialize, Serialize};

/// A query language with literals in quotation marks. The template writes the marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quoting {
    /// Google Drive's search: single quotation marks; a backslash before `'` and `\`.
    Drive,
    /// Salesforce's SOQL: single quotation marks; a backslash before `'`, `\` and control characters.
    Soql,
    /// Jira's JQL: double quotation marks; a backslash before `"` and `\`.
    Jql,
    /// Zendesk's search: double quotation marks, which a value cannot hold.
    Zendesk,
    /// Microsoft's Keyword Query Language: double quotation marks, which a value cannot hold.
    Kql,
}

impl Quoting {
    /// Quotes a value. Returns `None` if the language cannot express it.
    pub(super) fn quote(self, value: &str) -> Option<String> {
        let is_control = |text: &str| text.chars().any(char::is_control);
        match self {
            Self::Drive => (!is_control(value)).then(|| escape(value, &['\\', '\''])),
            Self::Soql => {
                Some(escape(value, &['\\', '\'', '"']).replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t"))
                    .filter(|text| !is_control(text))
            }
            Self::Jql => (!is_control(value)).then(|| escape(value, &['\\', '"'])),
            Self::Zendesk | Self::Kql => (!is_control(value) && !value.contains(['"', '\\'])).then(|| value.to_owned()),
        }
    }

    /// Returns the quotation mark that the template must write around each hole.
    pub(super) const fn mark(self) -> char {
        match self {
            Self::Drive | Self::Soql => '\'',
            Self::Jql | Self::Zendesk | Self::Kql => '"',
        }
    }
}

fn escape(value: &str, special: &[char]) -> String {
    let mut text = String::with_capacity(value.len());
    for letter in value.chars() {
        if special.contains(&letter) {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Quoting;
    use proptest::prelude::*;

    /// Reads a literal up to its unescaped mark, as a parser of the language does. Returns what follows the mark.
    fn after_literal(text: &str, mark: char) -> Option<&str> {
        let mut letters = text.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => drop(letters.next()),
                _ if letter == mark => return Some(&text[at + letter.len_utf8()..]),
                _ => {}
            }
        }
        None
    }

    proptest! {
        #[test]
        fn no_value_ends_its_literal(value in prop_oneof![any::<String>(), "[a'\"\\\\ \n]{0,12}"]) {
            for quoting in [Quoting::Drive, Quoting::Soql, Quoting::Jql, Quoting::Zendesk, Quoting::Kql] {
                let Some(quoted) = quoting.quote(&value) else { continue };
                let literal = format!("{quoted}{} and more", quoting.mark());
                prop_assert_eq!(after_literal(&literal, quoting.mark()), Some(" and more"), "{:?}", quoting);
            }
        }
    }

    #[test]
    fn a_value_that_a_language_cannot_hold_is_refused() {
        assert_eq!((Quoting::Zendesk.quote("a\"b"), Quoting::Kql.quote("a\"b")), (None, None));
        assert_eq!(Quoting::Soql.quote("a\nb'c").as_deref(), Some("a\\nb\\'c"));
        assert_eq!(Quoting::Drive.quote("it's").as_deref(), Some("it\\'s"));
    }
}
