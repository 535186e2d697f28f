//! The contents of a form: pairs of name and text, which a browser sent, or which show a value or the defaults.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::field::Field;
use super::upload::{Dropped, MAX_ENCODED_BYTES, Upload};

/// Name of the text area that contains the whole input as JSON.
pub(super) const WHOLE_INPUT: &str = "j";

/// Name of the pair that is there if the form hides the fields whose condition does not hold.
pub(super) const ONLY_APPLICABLE: &str = "applicable";

/// Prefix of the pair that marks a secret which an earlier run had.
pub(super) const ENTERED_BEFORE: &str = "before";

/// Label of the box with that mark.
pub(super) const HAD_BEFORE: &str = "It had a value before";

/// Prefixes of the pairs that hold what a control shows.
const CONTENT_PREFIXES: [&str; 10] = ["b", "e", "j", "n", "on", "r", "t", "u", "v", "z"];

/// The pairs of a form, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    pairs: Vec<(String, String)>,
    /// The first pair of each name.
    first: HashMap<String, usize>,
}

impl Entries {
    /// Wraps the pairs that a browser sent. A choice from an offered list takes the place of what is typed in its field, and a
    /// file that of the one before it.
    #[must_use]
    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        let is_choice = |(name, _): &(String, String)| name.starts_with("c/");
        let (choices, mut typed): (Vec<_>, Vec<_>) = pairs.into_iter().partition(is_choice);
        for (name, value) in choices.into_iter().filter(|(_, value)| !value.is_empty()) {
            let field = format!("v{}", &name[1..]);
            typed.retain(|(name, _)| *name != field);
            typed.push((field, value));
        }
        let mut entries = Self { pairs: without_former_files(typed), first: HashMap::new() };
        entries.index();
        entries
    }

    /// Returns the pointer of the field whose choices the pressed button asks for.
    #[must_use]
    pub fn field_to_choose(&self) -> Option<&str> {
        self.get("op")?.strip_prefix("choices").filter(|pointer| pointer.starts_with('/'))
    }

    /// Reports whether the whole input is one text area with JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.has(WHOLE_INPUT)
    }

    /// Returns all pairs.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// Returns the first text with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.first.get(name).map(|at| self.pairs[*at].1.as_str())
    }

    /// Returns the first text whose name is the prefix and the pointer.
    pub(super) fn text_at(&self, prefix: &str, pointer: &str) -> Option<&str> {
        self.get(&format!("{prefix}{pointer}"))
    }

    /// Returns all texts whose name is the prefix and the pointer.
    pub(super) fn all(&self, prefix: &str, pointer: &str) -> impl Iterator<Item = &str> {
        let name = format!("{prefix}{pointer}");
        let from = self.first.get(&name).copied().unwrap_or(self.pairs.len());
        self.pairs[from..].iter().filter(move |(key, _)| *key == name).map(|(_, text)| text.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.first.contains_key(name)
    }

    pub(super) fn has_at(&self, prefix: &str, pointer: &str) -> bool {
        self.has(&format!("{prefix}{pointer}"))
    }

    /// Reports whether the control of a field has been shown, filled in or not.
    pub(super) fn has_contents(&self, pointer: &str) -> bool {
        CONTENT_PREFIXES.iter().any(|prefix| self.has_at(prefix, pointer)) || self.has_at("s", pointer)
    }

    pub(super) fn push(&mut self, prefix: &str, pointer: &str, text: impl Into<String>) {
        let name = format!("{prefix}{pointer}");
        self.first.entry(name.clone()).or_insert(self.pairs.len());
        self.pairs.push((name, text.into()));
    }

    /// Puts one text in the place of all that the prefix and the pointer name.
    pub(super) fn set(&mut self, prefix: &str, pointer: &str, text: impl Into<String>) {
        let name = format!("{prefix}{pointer}");
        self.retain(|(other, _)| *other != name);
        self.push(prefix, pointer, text);
    }

    /// Removes the pairs that do not satisfy a condition.
    pub(super) fn retain(&mut self, is_kept: impl FnMut(&(String, String)) -> bool) {
        self.pairs.retain(is_kept);
        self.index();
    }

    /// Removes all pairs of a field and of what is inside of it.
    pub(super) fn remove_below(&mut self, pointer: &str) {
        self.retain(|(name, _)| !is_below(name, pointer));
    }

    fn index(&mut self) {
        self.first.clear();
        for (at, (name, _)) in self.pairs.iter().enumerate() {
            if !self.first.contains_key(name) {
                self.first.insert(name.clone(), at);
            }
        }
    }

    /// Returns what the controls of a field hold, in the order of their names.
    pub(super) fn contents(&self, field: &Field) -> Vec<(&'static str, String)> {
        let held = |prefix: &'static str| {
            let texts = self.all(prefix, &field.pointer).filter(|text| !text.is_empty());
            texts.map(|text| (prefix, text.replace("\r\n", "\n"))).collect::<Vec<_>>()
        };
        // the kind of a value alone, its zone or its source is no value
        CONTENT_PREFIXES.into_iter().filter(|prefix| !["e", "t", "z"].contains(prefix)).flat_map(held).collect()
    }
}

/// Drops the files for which others were chosen, and those for which a form has no room. A file that is too large does not
/// take the place of the one before it.
fn without_former_files(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    let (mut whole, mut dropped) = (HashSet::new(), HashSet::new());
    let mut room = MAX_ENCODED_BYTES;
    let mut kept = Vec::with_capacity(pairs.len());
    for (name, text) in pairs {
        let Some(upload) = name.starts_with("u/").then(|| Upload::from_text(&text)).flatten() else {
            kept.push((name, text));
            continue;
        };
        let is_first = !whole.contains(&name) && (upload.bytes().is_ok() || !dropped.contains(&name));
        match room.checked_sub(text.len()) {
            _ if !is_first => {}
            Some(left) if upload.bytes().is_ok() => {
                room = left;
                whole.insert(name.clone());
                kept.push((name, text));
            }
            None if upload.bytes().is_ok() => {
                dropped.insert(name.clone());
                kept.push((name, upload.without_content(Dropped::NoRoom).to_text()));
            }
            _ => {
                dropped.insert(name.clone());
                kept.push((name, text));
            }
        }
    }
    kept
}

/// Splits the name of a pair into its prefix and the pointer of its field.
pub(super) fn split_name(name: &str) -> (&str, &str) {
    name.split_at(name.find('/').unwrap_or(name.len()))
}

/// Reports whether a pair belongs to a field, or to one inside of it.
pub(super) fn is_below(name: &str, pointer: &str) -> bool {
    let (_, place) = split_name(name);
    place.strip_prefix(pointer).is_some_and(|rest| !place.is_empty() && (rest.is_empty() || rest.starts_with('/')))
}

pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
