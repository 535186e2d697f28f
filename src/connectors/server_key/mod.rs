//! The headers by which an MCP server recognises its callers, if these are not a bearer token alone: their names, the form
//! fields that their values need, and what is fixed in them.

mod field;
mod form;
mod store;

use std::collections::BTreeMap;

use http::{HeaderName, header};
use serde::{Deserialize, Serialize};

pub use self::field::{ServerField, validate_fields};
pub use self::form::{KeyForm, key_form, server_key};
use crate::error::{Error, Result};
use crate::upstream::HeaderCredential;

/// The form's values, by field name.
type Values = BTreeMap<String, String>;

/// The headers of a server, and the fields of the form that asks for their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerKey {
    /// Fields, in the order of the form.
    pub fields: Vec<ServerField>,
    /// Headers that each request to the server has.
    pub headers: Vec<ServerHeader>,
}

/// The headers of a server with entered values.
pub struct FilledKey {
    /// Credential that calls present.
    pub credential: HeaderCredential,
    /// Entered values that may be shown again, by field.
    pub values: Values,
}

/// A header, and the parts of its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerHeader {
    /// Name of the header.
    pub name: String,
    /// Parts of its value, in their order.
    pub value: Vec<ValuePart>,
}

/// A part of a text that is made of entered values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValuePart {
    /// The text itself.
    Text(String),
    /// The value of the field with this name.
    Field(String),
}

impl ServerKey {
    /// Returns the headers with the entered values. A header with a value that is optional and empty is left out.
    ///
    /// # Errors
    /// All faults of the fields at once.
    pub fn fill(&self, entered: &Values) -> Result<FilledKey> {
        let mut values = validate_fields(&self.fields, entered)?;
        let mut headers = Values::new();
        for header in &self.headers {
            if let Some(value) = header.fill(&values) {
                // what is not ASCII arrives differently at each server
                if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                    return Err(header.fault());
                }
                headers.insert(header.name.clone(), value);
            }
        }
        let secret_fields = self.fields.iter().filter(|field| field.is_secret);
        let secrets = secret_fields.filter_map(|field| values.remove(&field.name)).collect();
        Ok(FilledKey { credential: HeaderCredential { headers, secrets }, values })
    }

    /// Returns the name of the field on which a rejection is reported: the first secret one, or the first.
    #[must_use]
    pub fn reported_field(&self) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.is_secret).or_else(|| self.fields.first());
        field.map(|field| field.name.as_str())
    }
}

impl ServerHeader {
    /// Returns the value with these values of fields; `None` if a field of it is empty.
    fn fill(&self, values: &Values) -> Option<String> {
        let text = fill_parts(&self.value, |field| values.get(field).cloned())?;
        // a token alone is what people have, and the scheme is what the header needs
        let is_token = self.is_whole_field() && self.is_authorization() && !text.contains(' ');
        Some(if is_token { format!("Bearer {text}") } else { text })
    }

    fn is_authorization(&self) -> bool {
        HeaderName::try_from(&self.name).is_ok_and(|name| name == header::AUTHORIZATION)
    }

    fn is_whole_field(&self) -> bool {
        matches!(self.value[..], [ValuePart::Field(_)])
    }

    /// Reports a value that no header can hold on its first field.
    fn fault(&self) -> Error {
        let field = self.value.iter().find_map(|part| match part {
            ValuePart::Field(name) => Some(name.as_str()),
            ValuePart::Text(_) => None,
        });
        let message = format!("The header {} cannot hold this. Copy it again", self.name);
        Error::field(field.unwrap_or_default(), message)
    }
}

/// Joins the parts, with the values that `value` returns for fields; `None` if it returns none for one of them.
pub fn fill_parts(parts: &[ValuePart], value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let part = |part: &ValuePart| match part {
        ValuePart::Text(text) => Some(text.clone()),
        ValuePart::Field(name) => value(name),
    };
    parts.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::{ServerField, ServerHeader, ServerKey, ValuePart, Values};
    use crate::error::Error;

    fn field(name: &str) -> ServerField {
        ServerField { name: name.to_owned(), label: name.to_owned(), ..ServerField::default() }
    }

    fn header(name: &str, value: Vec<ValuePart>) -> ServerHeader {
        ServerHeader { name: name.to_owned(), value }
    }

    fn entered(field: &str) -> ValuePart {
        ValuePart::Field(field.to_owned())
    }

    fn filled(key: &ServerKey, values: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let values: Values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        match key.fill(&values) {
            Ok(filled) => {
                Ok(filled.credential.headers.into_iter().map(|(name, value)| format!("{name}: {value}")).collect())
            }
            Err(Error::Invalid(faults)) => Err(faults.to_string()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn headers_are_made_of_fixed_text_and_entered_values() {
        let key = ServerKey {
            fields: vec![field("one_key"), ServerField { is_optional: true, ..field("region") }],
            headers: vec![
                header("X-Api-Key", vec![ValuePart::Text("Token ".to_owned()), entered("one_key")]),
                header("X-Region", vec![entered("region")]),
                header("X-Client", vec![ValuePart::Text("hub".to_owned())]),
            ],
        };
        let all = filled(&key, &[("one_key", " k1 "), ("region", "eu")]).unwrap();
        assert_eq!(all, ["X-Api-Key: Token k1", "X-Client: hub", "X-Region: eu"]);
        assert_eq!(filled(&key, &[("one_key", "k1")]).unwrap(), ["X-Api-Key: Token k1", "X-Client: hub"]);
        assert_eq!(filled(&key, &[]).unwrap_err(), "one_key: Enter the one_key");
        assert_eq!(
            filled(&key, &[("one_key", "k\u{2028}1")]).unwrap_err(),
            "one_key: The header X-Api-Key cannot hold this. Copy it again"
        );
    }

    #[test]
    fn a_token_alone_gets_the_scheme_of_the_authorization_header() {
        let key =
            ServerKey { fields: vec![field("a_key")], headers: vec![header("authorization", vec![entered("a_key")])] };
        assert_eq!(filled(&key, &[("a_key", "tok123")]).unwrap(), ["authorization: Bearer tok123"]);
        assert_eq!(filled(&key, &[("a_key", "Basic abc=")]).unwrap(), ["authorization: Basic abc="]);
    }
}
