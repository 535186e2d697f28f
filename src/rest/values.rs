//! The values that fill a request: the inputs of the call, and what is known of the connection.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::oauth::TemplateValues;

/// The values that fill a request.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    inputs: &'a Map<String, Value>,
    known: Option<&'a TemplateValues>,
    item: Option<&'a Value>,
}

impl<'a> Values<'a> {
    /// Name of the entry of a list, inside the description of its entries.
    pub(super) const ITEM: &'static str = "item";

    /// Takes the inputs of a call.
    #[must_use]
    pub const fn new(inputs: &'a Map<String, Value>) -> Self {
        Self { inputs, known: None, item: None }
    }

    /// Adds the values of the connection: its fields, and what its grant brought. An input of the same name counts first.
    #[must_use]
    pub const fn with_connection(self, known: &'a TemplateValues) -> Self {
        Self { known: Some(known), ..self }
    }

    pub(super) const fn with_item(self, item: &'a Value) -> Self {
        Self { item: Some(item), ..self }
    }

    /// Returns the value of a name. A null that was given is a value.
    pub(super) fn get(&self, name: &str) -> Option<Cow<'a, Value>> {
        if name == Self::ITEM {
            return self.item.map(Cow::Borrowed);
        }
        if let Some(value) = self.inputs.get(name) {
            return Some(Cow::Borrowed(value));
        }
        self.known?.get(name).map(|text| Cow::Owned(Value::String(text.clone())))
    }
}

/// Returns a text, number or boolean as text.
pub(super) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
