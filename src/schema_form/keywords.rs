//! The keywords of one schema, by name. Values are borrowed from the tool's schema wherever nothing had to be joined: a walk over
//! a form copies no parts of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Look-up of the keywords of a schema, as the tool wrote it or resolved.
pub(super) trait Lookup {
    /// Returns the value of a keyword.
    fn get(&self, keyword: &str) -> Option<&Value>;
}

impl Lookup for Map<String, Value> {
    fn get(&self, keyword: &str) -> Option<&Value> {
        self.get(keyword)
    }
}

/// The keywords of a schema without references, with their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Keywords<'s>(BTreeMap<&'s str, Cow<'s, Value>>);

impl Lookup for Keywords<'_> {
    fn get(&self, keyword: &str) -> Option<&Value> {
        self.0.get(keyword).map(AsRef::as_ref)
    }
}

impl<'s> Keywords<'s> {
    /// Borrows the keywords of a schema.
    pub(super) fn borrow(schema: &'s Map<String, Value>) -> Self {
        Self(schema.iter().map(|(keyword, value)| (keyword.as_str(), Cow::Borrowed(value))).collect())
    }

    pub(super) fn get(&self, keyword: &str) -> Option<&Value> {
        Lookup::get(self, keyword)
    }

    /// Returns the value of a keyword as a text; empty if it has none.
    pub(super) fn text(&self, keyword: &str) -> &str {
        self.get(keyword).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the value of a keyword as the tool wrote it. `None` if several values were joined.
    pub(super) fn borrowed(&self, keyword: &str) -> Option<&'s Value> {
        match self.0.get(keyword)? {
            Cow::Borrowed(value) => Some(value),
            Cow::Owned(_) => None,
        }
    }

    pub(super) fn contains_key(&self, keyword: &str) -> bool {
        self.0.contains_key(keyword)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().copied()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.values().map(AsRef::as_ref)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn insert(&mut self, keyword: &'s str, value: Cow<'s, Value>) {
        self.0.insert(keyword, value);
    }

    pub(super) fn remove(&mut self, keyword: &str) -> Option<Cow<'s, Value>> {
        self.0.remove(keyword)
    }

    pub(super) fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.0.retain(|keyword, _| is_kept(keyword));
    }

    /// Returns the value of a keyword, to be changed. A borrowed value is copied.
    pub(super) fn get_mut(&mut self, keyword: &str) -> Option<&mut Value> {
        self.0.get_mut(keyword).map(Cow::to_mut)
    }

    /// Takes the keywords with their values, in alphabetical order.
    pub(super) fn into_pairs(self) -> impl Iterator<Item = (&'s str, Cow<'s, Value>)> {
        self.0.into_iter()
    }

    /// Returns the schema as a value of its own.
    pub(super) fn to_value(&self) -> Value {
        self.0.iter().map(|(keyword, value)| ((*keyword).to_owned(), value.clone().into_owned())).collect()
    }
}
