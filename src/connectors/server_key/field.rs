//! A field of the form that asks for the values of a server's headers, or of its address.

use serde::{Deserialize, Serialize};

use super::Values;
use crate::error::{FieldFaults, Result};

/// Bytes of a field's value.
const MAX_VALUE_BYTES: usize = 4_000;

/// A field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerField {
    /// Name in the form and in templates. That of a secret ends in `_key`, by which forms recognise what is never shown again.
    pub name: String,
    /// Label in the form.
    pub label: String,
    /// Hint in the words of the server's publisher.
    pub hint: String,
    /// Example value, without meaning.
    pub example: String,
    /// Value that stands in the form at first.
    pub initial: String,
    /// Values to choose from; empty for any.
    pub choices: Vec<String>,
    /// Set if the value is sealed and never shown again.
    pub is_secret: bool,
    /// Set if the field may be empty.
    pub is_optional: bool,
    /// Set if the value is a number.
    pub is_number: bool,
}

/// Returns the entered values by name, without those that are empty.
///
/// # Errors
/// All faults of the fields at once.
pub fn validate_fields(fields: &[ServerField], entered: &Values) -> Result<Values> {
    let (mut values, mut faults) = (Values::new(), FieldFaults::default());
    for field in fields {
        match field.parse(entered.get(&field.name).map_or("", |text| text.trim())) {
            Ok(None) => {}
            Ok(Some(value)) => {
                values.insert(field.name.clone(), value);
            }
            Err(fault) => faults.add(field.name.clone(), fault),
        }
    }
    faults.into_result(values)
}

impl ServerField {
    /// Returns the value; `None` if the field is optional and empty.
    fn parse(&self, text: &str) -> Result<Option<String>, String> {
        let label = &self.label;
        if text.is_empty() {
            return match (self.is_optional, self.choices.is_empty()) {
                (true, _) => Ok(None),
                (false, true) => Err(format!("Enter the {label}")),
                (false, false) => Err(format!("Choose the {label}")),
            };
        }
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == text) {
            return Err(format!("Choose the {label} from the list"));
        }
        if text.len() > MAX_VALUE_BYTES {
            return Err(format!("“{label}” is too long: check that you copied the right value"));
        }
        if text.chars().any(char::is_control) {
            return Err(format!("“{label}” must be one line. Copy it again"));
        }
        if self.is_number && !text.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(format!("“{label}” must be a number, such as 10"));
        }
        Ok(Some(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_VALUE_BYTES, ServerField};

    fn field() -> ServerField {
        ServerField { name: "it".to_owned(), label: "region".to_owned(), ..ServerField::default() }
    }

    #[test]
    fn each_fault_names_the_field_and_the_next_step() {
        let choice = ServerField { choices: vec!["eu".to_owned(), "us".to_owned()], ..field() };
        let number = ServerField { is_number: true, ..field() };
        assert_eq!(field().parse("").unwrap_err(), "Enter the region");
        assert_eq!(choice.parse("").unwrap_err(), "Choose the region");
        assert_eq!(choice.parse("asia").unwrap_err(), "Choose the region from the list");
        assert_eq!(choice.parse("eu"), Ok(Some("eu".to_owned())));
        assert_eq!(ServerField { is_optional: true, ..choice }.parse(""), Ok(None));
        assert_eq!(number.parse("ten").unwrap_err(), "“region” must be a number, such as 10");
        assert_eq!(number.parse("inf").unwrap_err(), "“region” must be a number, such as 10");
        assert_eq!(number.parse("-1.5"), Ok(Some("-1.5".to_owned())));
        assert!(field().parse(&"x".repeat(MAX_VALUE_BYTES + 1)).unwrap_err().contains("too long"));
        assert!(field().parse("a\nb").unwrap_err().contains("one line"));
    }
}
