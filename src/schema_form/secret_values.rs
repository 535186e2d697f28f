//! The secrets of an input, apart from it. Whoever stores an input stores masks in their places.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::mask::{MASK, mask};
use super::names::step;
use crate::secret::Secret;

/// Secrets, each with the JSON Pointer of its place in the input.
#[derive(Clone, Default, PartialEq)]
pub struct SecretValues(Vec<(String, Value)>);

/// An input whose secrets were taken out.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitInput {
    /// The input with a mask in place of each secret.
    pub masked: Value,
    /// The secrets.
    pub secrets: SecretValues,
    /// Places of secrets for which the input has a mask, as copied from a page.
    pub missing: Vec<String>,
}

/// Takes the secrets of `schema` out of an input.
#[must_use]
pub fn split_secrets(schema: &Value, input: &Value) -> SplitInput {
    let masked = mask(schema, input);
    let mut split = SplitInput { masked, secrets: SecretValues::default(), missing: Vec::new() };
    if contains_mask(input) {
        // a mask that the input brings along looks like a masked secret: with another text, only secrets are masked
        let probe = mask(schema, &with_masks_replaced(input));
        split.collect(input, &probe, "");
    } else if split.masked != *input {
        let probe = split.masked.clone();
        split.collect(input, &probe, "");
    }
    split
}

impl SplitInput {
    fn collect(&mut self, value: &Value, probe: &Value, pointer: &str) {
        match (value, probe) {
            (_, Value::String(mask)) if mask == MASK => match value {
                Value::String(text) if text == MASK => self.missing.push(pointer.to_owned()),
                secret => self.secrets.0.push((pointer.to_owned(), secret.clone())),
            },
            (Value::Object(object), Value::Object(probe)) => {
                for ((name, value), probe) in object.iter().zip(probe.values()) {
                    self.collect(value, probe, &format!("{pointer}/{}", step(name)));
                }
            }
            (Value::Array(items), Value::Array(probe)) => {
                for (at, (value, probe)) in items.iter().zip(probe).enumerate() {
                    self.collect(value, probe, &format!("{pointer}/{at}"));
                }
            }
            _ => {}
        }
    }
}

fn contains_mask(value: &Value) -> bool {
    match value {
        Value::String(text) => text == MASK,
        Value::Object(object) => object.values().any(contains_mask),
        Value::Array(items) => items.iter().any(contains_mask),
        _ => false,
    }
}

fn with_masks_replaced(value: &Value) -> Value {
    match value {
        Value::String(text) if text == MASK => Value::String("-".to_owned()),
        Value::Object(object) => {
            object.iter().map(|(name, value)| (name.clone(), with_masks_replaced(value))).collect()
        }
        Value::Array(items) => items.iter().map(with_masks_replaced).collect(),
        other => other.clone(),
    }
}

impl SecretValues {
    /// Returns true if the input has no secret.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the texts that a server could repeat.
    pub fn texts(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.0.iter().filter_map(|(_, value)| match value {
            Value::String(text) => Some(Cow::Borrowed(text.as_str())),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        })
    }

    /// Puts the secrets in the places of their masks. Returns false if the input has no such place.
    #[must_use]
    pub fn insert_into(&self, input: &mut Value) -> bool {
        self.0.iter().all(|(pointer, value)| match input.pointer_mut(pointer) {
            Some(place) => {
                place.clone_from(value);
                true
            }
            None => false,
        })
    }

    /// Returns the secrets as one text, to be sealed.
    #[must_use]
    pub fn to_text(&self) -> Secret {
        Secret::new(serde_json::json!(self.0).to_string())
    }

    /// Reads a text of [`Self::to_text`].
    #[must_use]
    pub fn from_text(text: &Secret) -> Option<Self> {
        serde_json::from_str(text.expose()).map(Self).ok()
    }
}

impl fmt::Debug for SecretValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretValues({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{MASK, SecretValues, split_secrets};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn schema() -> Value {
        json!({ "properties": {
            "user": { "type": "string" },
            "api_key": { "type": "string" },
            "logins": { "items": { "properties": { "a/b~": { "type": "string", "writeOnly": true } } } },
        } })
    }

    #[test]
    fn secrets_are_taken_out_and_put_back() {
        let input = json!({ "user": "al", "api_key": "k", "logins": [{ "a/b~": "1" }, { "a/b~": "2", "n": 1.50 }] });
        let split = split_secrets(&schema(), &input);
        assert!(!split.masked.to_string().contains("\"1\"") && split.missing.is_empty());
        assert_eq!(split.secrets.texts().collect::<Vec<_>>(), ["k", "1", "2"]);
        assert_eq!(format!("{:?}", split.secrets), "SecretValues(3)");
        let mut whole = split.masked;
        assert!(SecretValues::from_text(&split.secrets.to_text()).unwrap().insert_into(&mut whole));
        assert_eq!(whole, input);
        assert!(!split.secrets.insert_into(&mut json!({ "api_key": MASK })), "a place is gone");
    }

    #[test]
    fn a_mask_in_place_of_a_secret_is_missing_and_elsewhere_it_is_text() {
        let split = split_secrets(&schema(), &json!({ "user": MASK, "api_key": MASK, "logins": [{ "a/b~": MASK }] }));
        assert_eq!(split.missing, ["/api_key", "/logins/0/a~1b~0"]);
        assert!(split.secrets.is_empty());
    }

    proptest! {
        #[test]
        fn the_input_comes_back_as_it_was(user: String, key: String, logins in prop::collection::vec("\\PC*", 0..4)) {
            let logins: Vec<_> = logins.iter().map(|text| json!({ "a/b~": text })).collect();
            let input = json!({ "user": user, "api_key": key, "logins": logins, "none": null });
            let split = split_secrets(&schema(), &input);
            let mut whole = split.masked;
            prop_assert!(split.secrets.insert_into(&mut whole));
            prop_assert_eq!(whole, input);
        }
    }
}
