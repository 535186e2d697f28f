//! The secrets of an input, apart from it. Whoever stores an input stores masks in their places.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::mask::{MASK, contains_mask, each_masked, mask};
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
        split.collect(input, &probe);
    } else if split.masked != *input {
        let probe = split.masked.clone();
        split.collect(input, &probe);
    }
    split
}

impl SplitInput {
    fn collect(&mut self, input: &Value, probe: &Value) {
        each_masked(input, probe, "", &mut |pointer, secret| {
            if contains_mask(secret) {
                self.missing.push(pointer.to_owned());
            } else {
                self.secrets.0.push((pointer.to_owned(), secret.clone()));
            }
        });
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

    /// Returns the texts and numbers that a server could repeat. Yes and no are ordinary words, and no name is a secret.
    pub fn texts(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let mut texts = Vec::new();
        for (_, value) in &self.0 {
            collect_texts(value, &mut texts);
        }
        texts.into_iter()
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

fn collect_texts<'a>(value: &'a Value, texts: &mut Vec<Cow<'a, str>>) {
    match value {
        Value::String(text) => texts.push(Cow::Borrowed(text)),
        Value::Number(number) => texts.push(Cow::Owned(number.to_string())),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(members) => members.values().for_each(|member| collect_texts(member, texts)),
        Value::Null | Value::Bool(_) => {}
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
            "logins": { "items": { "properties": { "a/b~": { "writeOnly": true } } } },
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

    #[test]
    fn the_texts_and_numbers_inside_of_a_secret_are_known_to_the_redactor() {
        let schema = json!({ "properties": { "login": { "writeOnly": true } } });
        let input =
            serde_json::from_str(r#"{ "login": { "user": "al", "keys": ["k", 1.50, true, null] }, "n": 3 }"#).unwrap();
        let split = split_secrets(&schema, &input);
        assert_eq!(split.secrets.texts().collect::<Vec<_>>(), ["al", "k", "1.50"]);
        let copied = split_secrets(&schema, &json!({ "login": { "user": "al", "keys": [MASK] } }));
        assert_eq!(copied.missing, ["/login"], "a mask inside of a secret would be sent");
    }

    /// Values of all types, which contain no mask.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[0-9]{1,30}[.][0-9]{1,30}"
                .prop_map(|text| serde_json::from_str(text.trim_start_matches('0')).unwrap_or_default()),
            "\\PC{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            let members = prop::collection::btree_map("[a-c/~]{1,3}", inner.clone(), 0..4);
            prop_oneof![prop::collection::vec(inner, 0..4).prop_map(Value::from), members.prop_map(|it| json!(it))]
        })
    }

    proptest! {
        #[test]
        fn the_input_comes_back_as_it_was(user: String, key in any_json(), logins in prop::collection::vec(any_json(), 0..4)) {
            let logins: Vec<_> = logins.iter().map(|secret| json!({ "a/b~": secret })).collect();
            let input = json!({ "user": user, "api_key": key, "logins": logins, "none": null });
            let split = split_secrets(&schema(), &input);
            for login in split.masked["logins"].as_array().unwrap() {
                prop_assert!(["••••", ""].iter().any(|it| login["a/b~"] == *it) || login["a/b~"].is_null(), "{}", login);
            }
            let mut whole = split.masked;
            let sealed = SecretValues::from_text(&split.secrets.to_text()).unwrap();
            prop_assert!(sealed.insert_into(&mut whole));
            prop_assert_eq!(whole.to_string(), input.to_string());
        }
    }
}
