//! Inputs of a listing as fields of a form: `isSecret` makes a secret, `choices` radio buttons, and `value` a fixed text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::refusal::Refusal;
use crate::connectors::{ServerField, ValuePart};
use crate::egress::quote;

/// Most fields of a listing.
const MAX_FIELDS: usize = 20;

/// Most choices of a field.
const MAX_CHOICES: usize = 30;

/// Characters of a label, and of a choice.
const MAX_LABEL_CHARS: usize = 80;

/// Characters of a hint.
const MAX_HINT_CHARS: usize = 300;

/// Characters of a fixed or first value.
const MAX_VALUE_CHARS: usize = 2_000;

/// The fields of one part of a listing.
pub(super) struct FieldList {
    /// Beginning of the names of fields.
    prefix: &'static str,
    pub(super) fields: Vec<ServerField>,
    /// Names of the fields, by that of the input: a variable may occur twice.
    by_input: BTreeMap<String, String>,
    /// An input that the listing only names is a secret.
    is_secret_unless_said: bool,
}

impl FieldList {
    pub(super) const fn new(prefix: &'static str, is_secret_unless_said: bool) -> Self {
        Self { prefix, fields: Vec::new(), by_input: BTreeMap::new(), is_secret_unless_said }
    }

    /// Returns the parts of a text with `{name}` in the places of variables. Braces around anything else are text.
    pub(super) fn parse_template(&mut self, text: &str, variables: &Value) -> Result<Vec<ValuePart>, Refusal> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, name, after)) = next_variable(rest) {
            push_text(&mut parts, before);
            let part = self.parse_input(name, variables.get(name))?;
            match part {
                ValuePart::Text(text) => push_text(&mut parts, &text),
                field @ ValuePart::Field(_) => parts.push(field),
            }
            rest = after;
        }
        push_text(&mut parts, rest);
        Ok(parts)
    }

    /// Returns the fixed text of an input, or a field that asks for its value.
    pub(super) fn parse_input(&mut self, name: &str, input: Option<&Value>) -> Result<ValuePart, Refusal> {
        if let Some(field) = self.by_input.get(name) {
            return Ok(ValuePart::Field(field.clone()));
        }
        let text = |member: &str| input.and_then(|it| it.get(member)?.as_str()).unwrap_or_default();
        let flag = |member: &str| input.and_then(|it| it.get(member)?.as_bool());
        if text("format") == "filepath" {
            return Err(Refusal::FileInput);
        }
        if !text("value").is_empty() {
            return Ok(ValuePart::Text(text("value").chars().take(MAX_VALUE_CHARS).collect()));
        }
        let choices = match (text("format"), input.and_then(|it| it.get("choices")?.as_array())) {
            (_, Some(choices)) => choices.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            ("boolean", None) => vec!["true".to_owned(), "false".to_owned()],
            _ => Vec::new(),
        };
        let is_choice_long = |choice: &String| choice.is_empty() || choice.chars().count() > MAX_LABEL_CHARS;
        if self.fields.len() >= MAX_FIELDS || choices.len() > MAX_CHOICES || choices.iter().any(is_choice_long) {
            return Err(Refusal::TooManyInputs);
        }
        let is_secret = flag("isSecret").unwrap_or(input.is_none() && self.is_secret_unless_said);
        let ending = if is_secret { "_key" } else { "" };
        let field = ServerField {
            name: format!("{}_{}{ending}", self.prefix, self.fields.len() + 1),
            label: quote(name, MAX_LABEL_CHARS),
            hint: quote(text("description"), MAX_HINT_CHARS),
            example: quote(text("placeholder"), MAX_LABEL_CHARS),
            // a published secret is none, and a form shows no secret
            initial: if is_secret { String::new() } else { quote(text("default"), MAX_VALUE_CHARS) },
            choices,
            is_secret,
            is_optional: input.is_some() && !flag("isRequired").unwrap_or(false),
            is_number: text("format") == "number",
        };
        let part = ValuePart::Field(field.name.clone());
        self.by_input.insert(name.to_owned(), field.name.clone());
        self.fields.push(field);
        Ok(part)
    }
}

fn push_text(parts: &mut Vec<ValuePart>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(ValuePart::Text(last)) => last.push_str(text),
        _ => parts.push(ValuePart::Text(text.to_owned())),
    }
}

/// Returns the text before the next variable, its name, and the text after it.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices('{').find_map(|(start, _)| {
        let (name, after) = text[start + 1..].split_once('}')?;
        let is_name = name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
            && name.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-'));
        is_name.then_some((&text[..start], name, after))
    })
}

#[cfg(test)]
mod tests {
    use super::{FieldList, Refusal, ValuePart};
    use serde_json::json;

    fn text(text: &str) -> ValuePart {
        ValuePart::Text(text.to_owned())
    }

    fn field(name: &str) -> ValuePart {
        ValuePart::Field(name.to_owned())
    }

    #[test]
    fn variables_become_fields_and_other_braces_stay() {
        let mut list = FieldList::new("header", true);
        let variables = json!({"region": {"isRequired": true, "choices": ["eu", "us"]}, "fixed": {"value": "v1"}});
        let parts = list.parse_template("{region}.{fixed}-{region} {\"a\": {}} {token}", &variables).unwrap();
        assert_eq!(
            parts,
            [field("header_1"), text(".v1-"), field("header_1"), text(" {\"a\": {}} "), field("header_2_key")]
        );
        assert_eq!(list.fields[0].choices, ["eu", "us"]);
        assert!(!list.fields[0].is_secret && !list.fields[0].is_optional);
        assert!(list.fields[1].is_secret && !list.fields[1].is_optional, "a variable that the listing only names");
    }

    #[test]
    fn an_input_says_what_its_field_is() {
        let mut list = FieldList::new("header", false);
        for input in [
            json!({"isSecret": true, "isRequired": true, "default": "published", "description": "a\u{202e}b"}),
            json!({"format": "boolean"}),
            json!({"format": "number", "default": "10", "placeholder": "20"}),
        ] {
            list.parse_input(&format!("X-{}", list.fields.len()), Some(&input)).unwrap();
        }
        let [secret, flag, number] = &list.fields[..] else { panic!("{:?}", list.fields) };
        assert!(secret.is_secret && !secret.is_optional && secret.initial.is_empty());
        assert_eq!((secret.name.as_str(), secret.hint.as_str()), ("header_1_key", "a[U+202E]b"));
        assert!(flag.choices == ["true", "false"] && flag.is_optional);
        assert!(number.is_number && number.initial == "10" && number.example == "20");
    }

    #[test]
    fn files_and_too_many_inputs_are_refused() {
        let mut list = FieldList::new("header", false);
        assert_eq!(list.parse_input("X", Some(&json!({"format": "filepath"}))), Err(Refusal::FileInput));
        let choices: Vec<_> = (0..31).map(|it| it.to_string()).collect();
        assert_eq!(list.parse_input("X", Some(&json!({ "choices": choices }))), Err(Refusal::TooManyInputs));
        for number in 0..20 {
            list.parse_input(&number.to_string(), None).unwrap();
        }
        assert_eq!(list.parse_input("20", None), Err(Refusal::TooManyInputs));
    }
}
