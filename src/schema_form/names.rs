//! Names: JSON Pointers, ids of elements, and labels from property names.

use std::fmt::Write;

use crate::foreign_text::{clean_name, clean_text};

/// Returns a property name as one step of a JSON Pointer.
pub(super) fn step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Returns the property name of one step of a JSON Pointer.
pub(super) fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

/// Returns a pointer as part of an element id: bytes other than letters and digits are hexadecimal.
pub(super) fn id(pointer: &str) -> String {
    let mut id = String::from("f");
    for byte in pointer.bytes() {
        match byte {
            b'/' => id.push('-'),
            b if b.is_ascii_alphanumeric() => id.push(char::from(b)),
            b => {
                let _ = write!(id, "_{b:02x}");
            }
        }
    }
    id
}

/// Returns a property name in words: `max_results` and `maxResults` are "Max results".
pub(super) fn label(name: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for c in plain(name).chars() {
        if matches!(c, '_' | '-' | '.' | ' ') {
            words.push(' ');
        } else if c.is_uppercase() && before.is_lowercase() {
            words.push(' ');
            words.extend(c.to_lowercase());
        } else {
            words.push(c);
        }
        before = c;
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = words.chars();
    match rest.next() {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => "Unnamed".to_owned(),
    }
}

/// Returns a label for the middle of a sentence: "Title" is "title", "URL" stays.
pub(super) fn in_sentence(label: &str) -> String {
    let mut rest = label.chars();
    match (rest.next(), rest.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(rest).collect(),
        _ => label.to_owned(),
    }
}

/// Returns a noun with its article: "an assignee".
pub(super) fn with_article(noun: &str) -> String {
    let begins_with_vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']);
    let article = if begins_with_vowel && !noun.starts_with("us") && !noun.starts_with("uni") { "an" } else { "a" };
    format!("{article} {noun}")
}

/// Removes characters from an untrusted name that would reorder or hide the text around it.
pub(super) fn plain(text: &str) -> String {
    clean_name(text).into_owned()
}

/// Returns the beginning of an untrusted text, for a sentence about a fault.
pub(super) fn cut(text: &str) -> String {
    plain(text).chars().take(200).collect()
}

/// Returns a type of JSON Schema as a person writes it in JSON.
pub(super) fn type_words(kind: &str) -> &str {
    match kind {
        "string" => "text, in double quotes",
        "number" => "a number",
        "integer" => "a whole number",
        "boolean" => "true or false",
        "array" => "a list, in square brackets",
        "object" => "an object, in braces",
        other => other,
    }
}

/// Splits a description into its first sentence and the rest.
pub(super) fn sentences(text: &str) -> (String, Option<String>) {
    const MAX_HINT_LENGTH: usize = 160;
    let text = clean_text(text).trim().to_owned();
    if text.chars().count() <= MAX_HINT_LENGTH && !text.contains("\n\n") {
        return (text, None);
    }
    let end = text.find(". ").map(|at| at + 1).or_else(|| text.find('\n')).unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    let rest = rest.trim();
    (first.trim().to_owned(), (!rest.is_empty()).then(|| rest.to_owned()))
}

/// Returns the noun of an item from the name of its list: "Assignees" holds items called "assignee".
pub(super) fn singular(name: &str) -> String {
    let plural = label(name).to_lowercase();
    if let Some((_, irregular)) = [("children", "child"), ("people", "person")].iter().find(|(word, _)| plural == *word)
    {
        return (*irregular).to_owned();
    }
    if let Some(stem) = plural.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    let stem =
        ["ches", "shes", "xes", "sses"].iter().find(|end| plural.ends_with(*end)).map(|_| &plural[..plural.len() - 2]);
    let is_plural = plural.ends_with('s') && !plural.ends_with("ss") && !plural.ends_with("us") && plural.len() > 2;
    match stem {
        Some(stem) => stem.to_owned(),
        None if is_plural => plural[..plural.len() - 1].to_owned(),
        None => "item".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{id, label, plain, sentences, singular, step};

    #[test]
    fn property_names_become_words() {
        let words = ["max_results", "maxResults", "per-page", "URL", "", "a"].map(label);
        assert_eq!(words, ["Max results", "Max results", "Per page", "URL", "Unnamed", "A"]);
    }

    #[test]
    fn different_pointers_have_different_ids() {
        let ids = ["/a/b", "/a~1b", "/a_b", "/a-b", "/a_2db"].map(id);
        for (i, one) in ids.iter().enumerate() {
            assert!(!ids[i + 1..].contains(one), "{ids:?}");
        }
        assert_eq!(step("a/b~c"), "a~1b~0c");
    }

    #[test]
    fn characters_that_reorder_text_are_removed() {
        assert_eq!(plain("safe\u{202e}txt.exe\u{0}"), "safetxt.exe");
    }

    #[test]
    fn a_long_description_shows_its_first_sentence() {
        let long = format!("Lists things. {}", "More. ".repeat(60));
        assert_eq!(sentences(&long).0, "Lists things.");
        assert!(sentences(&long).1.is_some());
        assert_eq!(sentences("Short."), ("Short.".to_owned(), None));
    }

    #[test]
    fn an_item_is_called_by_the_singular_of_its_list() {
        for (name, noun) in [
            ("assignees", "assignee"),
            ("lineItems", "line item"),
            ("categories", "category"),
            ("branches", "branch"),
            ("boxes", "box"),
            ("children", "child"),
            ("status", "item"),
            ("address", "item"),
            ("data", "item"),
        ] {
            assert_eq!(singular(name), noun);
        }
    }
}
