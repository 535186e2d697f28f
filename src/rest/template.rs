//! Text with holes: `/repos/{owner}/{repo}/contents/{path:segments}`.
//!
//! A hole names an input, a field of the connection, or a value that the grant brought. `{a|b|'c'}` takes the first that has
//! a value. A text whose hole has no value is left out of its request.

use std::fmt::{Display, Formatter};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::input_fault::InputFault;
use super::quoting::Quoting;
use super::values::{Values, scalar_text};

/// Every character with a meaning in some part of a URL.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text with holes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Hole { choices: Vec<Choice>, keeps_slashes: bool },
}

/// A value that a hole may take.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    Name(String),
    Literal(String),
}

impl Template {
    /// Parses a text.
    ///
    /// # Errors
    /// A sentence about a hole that is not closed, or that names nothing.
    pub fn parse(source: &str) -> Result<Self, String> {
        let (mut parts, mut rest) = (Vec::new(), source);
        while let Some((before, tail)) = rest.split_once('{') {
            push_text(&mut parts, before);
            let (hole, after) =
                tail.split_once('}').ok_or_else(|| format!("“{source}” opens a hole with {{ and does not close it"))?;
            parts.push(parse_hole(hole).ok_or_else(|| format!("“{{{hole}}}” in “{source}” is not a hole"))?);
            rest = after;
        }
        push_text(&mut parts, rest);
        Ok(Self { source: source.to_owned(), parts })
    }

    /// Iterates over the names that holes use.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.holes().flatten().filter_map(|choice| match choice {
            Choice::Name(name) => Some(name.as_str()),
            Choice::Literal(_) => None,
        })
    }

    /// Reports whether the text has a hole.
    pub(super) fn has_holes(&self) -> bool {
        self.holes().next().is_some()
    }

    /// Fills the holes with values as they are. Returns `None` if a hole has no value.
    pub(super) fn fill(&self, values: &Values<'_>) -> Option<String> {
        self.fill_with(values, |text, value, _| {
            text.push_str(value);
            Ok(())
        })
        .unwrap_or(None)
    }

    /// Fills the holes with values that are quoted for a query language.
    ///
    /// # Errors
    /// A value that the language cannot hold.
    pub(super) fn fill_quoted(&self, values: &Values<'_>, quoting: Quoting) -> Result<Option<String>, InputFault> {
        self.fill_with(values, |text, value, hole| {
            text.push_str(&quoting.quote(value).ok_or_else(|| unusable(hole, value))?);
            Ok(())
        })
    }

    /// Fills the holes of a path. Each value stays one segment, or as many as it has with `:segments`.
    ///
    /// # Errors
    /// A value that would leave its place in the path, and a hole without a value.
    pub(super) fn fill_path(&self, values: &Values<'_>) -> Result<String, InputFault> {
        let filled = self.fill_with(values, |text, value, hole| {
            let Part::Hole { keeps_slashes, .. } = hole else { return Ok(()) };
            let segments: Vec<_> = if *keeps_slashes { value.split('/').collect() } else { vec![value] };
            // a path reads dots as the parent directory, however they are encoded
            if segments.iter().any(|segment| segment.bytes().all(|it| it == b'.')) {
                return Err(unusable(hole, value));
            }
            let encoded: Vec<_> = segments.iter().map(|it| utf8_percent_encode(it, ENCODED).to_string()).collect();
            text.push_str(&encoded.join("/"));
            Ok(())
        })?;
        filled.ok_or_else(|| {
            let missing = self.names().find(|name| values.get(name).is_none()).unwrap_or_default();
            InputFault::new(Some(missing), format!("The request needs “{missing}”, which has no value"), "Fill it in")
        })
    }

    fn holes(&self) -> impl Iterator<Item = &Vec<Choice>> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole { choices, .. } => Some(choices),
            Part::Text(_) => None,
        })
    }

    fn fill_with(
        &self,
        values: &Values<'_>,
        append: impl Fn(&mut String, &str, &Part) -> Result<(), InputFault>,
    ) -> Result<Option<String>, InputFault> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Hole { choices, .. } => {
                    let Some(value) = first_value(choices, values) else { return Ok(None) };
                    append(&mut text, &value, part)?;
                }
            }
        }
        Ok(Some(text))
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        Self::parse(&source)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.source
    }
}

impl Display for Template {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
}

fn parse_hole(hole: &str) -> Option<Part> {
    let (names, keeps_slashes) = match hole.split_once(':') {
        Some((names, "segments")) => (names, true),
        Some(_) => return None,
        None => (hole, false),
    };
    let choices = names.split('|').map(|name| parse_choice(name.trim())).collect::<Option<Vec<_>>>()?;
    Some(Part::Hole { choices, keeps_slashes })
}

fn parse_choice(name: &str) -> Option<Choice> {
    if let Some(literal) = name.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Some(Choice::Literal(literal.to_owned()));
    }
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'.' | b'-');
    (!name.is_empty() && name.bytes().all(fits)).then(|| Choice::Name(name.to_owned()))
}

fn first_value(choices: &[Choice], values: &Values<'_>) -> Option<String> {
    choices.iter().find_map(|choice| match choice {
        Choice::Literal(text) => Some(text.clone()),
        Choice::Name(name) => values.get(name).and_then(|value| scalar_text(&value)).filter(|text| !text.is_empty()),
    })
}

fn unusable(hole: &Part, value: &str) -> InputFault {
    let name = match hole {
        Part::Hole { choices, .. } => choices.iter().find_map(|choice| match choice {
            Choice::Name(name) => Some(name.as_str()),
            Choice::Literal(_) => None,
        }),
        Part::Text(_) => None,
    };
    let text = format!("“{value}” cannot be the “{}” of this request", name.unwrap_or("value"));
    InputFault::new(name, text, "Enter another value")
}

#[cfg(test)]
mod tests {
    use super::Template;
    use crate::rest::values::Values;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    fn path(template: &str, inputs: &Value) -> Result<String, String> {
        let empty = Map::new();
        let values = Values::new(inputs.as_object().unwrap_or(&empty));
        Template::parse(template)?.fill_path(&values).map_err(|failure| failure.message.text)
    }

    #[test]
    fn a_value_stays_in_its_place_of_the_path() {
        assert_eq!(path("/a/{id}/b", &json!({"id": "x/y z"})).unwrap(), "/a/x%2Fy%20z/b");
        assert_eq!(path("/c/{path:segments}", &json!({"path": "src/a b.rs"})).unwrap(), "/c/src/a%20b.rs");
        assert_eq!(path("/n/{id}", &json!({"id": 7})).unwrap(), "/n/7");
        for (template, value) in [("/a/{id}", ".."), ("/c/{id:segments}", "a/../b"), ("/c/{id:segments}", "a//b")] {
            let refused = path(template, &json!({ "id": value })).unwrap_err();
            assert_eq!(refused, format!("“{value}” cannot be the “id” of this request"));
        }
        assert_eq!(path("/a/{id}", &json!({})).unwrap_err(), "The request needs “id”, which has no value");
    }

    #[test]
    fn the_first_name_with_a_value_counts() {
        assert_eq!(path("/{a|b|'me'}", &json!({"b": "x"})).unwrap(), "/x");
        assert_eq!(path("/{a|b|'me'}", &json!({"a": ""})).unwrap(), "/me");
    }

    #[test]
    fn a_hole_that_names_nothing_is_refused() {
        for wrong in ["/{", "/{}", "/{a b}", "/{a:upper}"] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_value_adds_a_segment_or_leaves_the_path(id: String) {
            let Ok(path) = path("/v1/{id}/end", &json!({ "id": id })) else { return Ok(()) };
            let url = url::Url::parse(&format!("https://api.test{path}")).unwrap();
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert_eq!((segments.len(), segments[0], segments[2]), (3, "v1", "end"), "{}", url);
            prop_assert_eq!((url.query(), url.fragment()), (None, None));
        }
    }
}
