//! The fields that a service asks its users for, validated together so that all faults appear at once.
//!
//! Entered values become part of URLs. Each kind of field therefore accepts only what fits its place: a domain label is one
//! label, a host is below the domains that the connector's file allows, and no text holds a line break.

use std::collections::BTreeMap;

use super::token::bare_token;
use crate::accounts::Email;
use crate::connectors::{Field, FieldKind};
use crate::error::{Error, FieldFaults, Result};
use crate::oauth::TemplateValues;
use crate::secret::Secret;

/// Bytes of a field's text; the keys of some services are long.
const MAX_FIELD_BYTES: usize = 4_000;

/// The form's values, by field name.
pub type FormValues = BTreeMap<String, String>;

/// Valid values.
#[derive(Debug, Default)]
pub(super) struct ValidatedFields {
    /// Values that may be shown again, by name.
    pub(super) values: TemplateValues,
    /// Secret values, by name.
    secrets: TemplateValues,
}

impl ValidatedFields {
    /// Returns true if the field has a value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.secrets.contains_key(name)
    }

    /// Returns the secret values as one JSON secret, which the vault stores.
    pub(super) fn combined_secret(&self) -> Result<Secret> {
        let text = serde_json::to_string(&self.secrets).map_err(Error::internal)?;
        Ok(Secret::new(text))
    }
}

/// Validates the form's values. Returns all faults at once.
pub(super) fn validate(fields: &[Field], form: &FormValues) -> Result<ValidatedFields> {
    let (mut valid, mut faults) = (ValidatedFields::default(), FieldFaults::default());
    for field in fields {
        let text = form.get(&field.name).map_or("", |text| text.trim());
        match parse_field(field, text) {
            Ok(None) => {}
            Ok(Some(value)) => {
                let values = if field.kind == FieldKind::Secret { &mut valid.secrets } else { &mut valid.values };
                values.insert(field.name.clone(), value);
            }
            Err(fault) => faults.add(field.name.clone(), fault),
        }
    }
    faults.into_result(valid)
}

/// Returns the field's value; `None` if an optional field is empty.
fn parse_field(field: &Field, text: &str) -> Result<Option<String>, String> {
    let label = &field.label;
    let such_as = field.example.as_ref().map_or(String::new(), |example| format!(", such as {example}"));
    if text.is_empty() {
        return if field.optional { Ok(None) } else { Err(format!("Enter the {}", label_in_sentence(label))) };
    }
    if text.len() > MAX_FIELD_BYTES {
        return Err(format!("“{label}” is too long: check that you copied the right value"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("“{label}” must be one line. Copy it again"));
    }
    match field.kind {
        // `.` and `..` would climb in a URL's path
        FieldKind::Text if text.bytes().all(|byte| byte == b'.') => {
            Err(format!("Enter the {}", label_in_sentence(label)))
        }
        FieldKind::Text => Ok(Some(text.to_owned())),
        FieldKind::Secret if is_key(bare_token(text)) => Ok(Some(bare_token(text).to_owned())),
        FieldKind::Secret => Err(format!("“{label}” has a space or a letter that keys never have. Copy it again")),
        FieldKind::Email => Email::parse(text).map(|email| Some(email.as_str().to_owned())).map_err(str::to_owned),
        FieldKind::DomainLabel if is_label(text) => Ok(Some(text.to_ascii_lowercase())),
        FieldKind::DomainLabel => Err(format!("Enter one word of letters, digits and hyphens{such_as}")),
        FieldKind::Domain => host(text, &field.under)
            .map(Some)
            .ok_or_else(|| format!("Enter a host name{}{such_as}", allowed_domains(&field.under))),
    }
}

/// Writes a label within a sentence: "subdomain", but "API token".
pub(super) fn label_in_sentence(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(letters).collect(),
        _ => label.to_owned(),
    }
}

fn is_key(text: &str) -> bool {
    text.is_ascii() && !text.contains(' ') && !text.is_empty()
}

fn allowed_domains(domains: &[String]) -> String {
    if domains.is_empty() { String::new() } else { format!(" that ends in .{}", domains.join(" or .")) }
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Parses a host name, or the host of a pasted URL. A name that could be an IP address is rejected.
fn host(text: &str, under: &[String]) -> Option<String> {
    let name = text.strip_prefix("https://").unwrap_or(text);
    let name = name.strip_suffix('/').unwrap_or(name).to_ascii_lowercase();
    let is_name = name.len() <= 253
        && name.contains('.')
        && name.split('.').all(is_label)
        && name.rsplit('.').next().is_some_and(|last| last.starts_with(|letter: char| letter.is_ascii_alphabetic()));
    let is_under = |domain: &String| name.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'));
    (is_name && (under.is_empty() || under.iter().any(is_under))).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::{FormValues, host, label_in_sentence, validate};
    use crate::connectors::{Field, FieldKind};
    use crate::error::Error;
    use proptest::prelude::*;

    fn field(kind: FieldKind, under: &[&str]) -> Field {
        Field {
            name: "it".into(),
            label: "Thing".into(),
            hint: None,
            example: Some("acme".into()),
            kind,
            under: under.iter().map(|&domain| domain.to_owned()).collect(),
            optional: false,
        }
    }

    fn validated(field: &Field, text: &str) -> Result<Option<String>, String> {
        let form = FormValues::from([("it".to_owned(), text.to_owned())]);
        match validate(std::slice::from_ref(field), &form) {
            Ok(valid) => Ok(valid.values.get("it").or_else(|| valid.secrets.get("it")).cloned()),
            Err(Error::Invalid(faults)) => Err(faults.message_for("it").unwrap_or_default().to_owned()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_domain_label_is_one_word() {
        let field = field(FieldKind::DomainLabel, &[]);
        assert_eq!(validated(&field, " Acme-1 ").unwrap().as_deref(), Some("acme-1"));
        for evil in ["evil.example/?x=", "127.0.0.1", "a.b", "a@b", "-a", "a#", "a:1", "ä", "a/../b"] {
            let message = validated(&field, evil).unwrap_err();
            assert_eq!(message, "Enter one word of letters, digits and hyphens, such as acme", "{evil}");
        }
        assert_eq!(validated(&field, "").unwrap_err(), "Enter the thing");
        assert_eq!(label_in_sentence("API token"), "API token");
    }

    #[test]
    fn a_host_is_below_the_allowed_domains() {
        let field = field(FieldKind::Domain, &["myshopify.com"]);
        for good in ["my-shop.myshopify.com", "https://my-shop.myshopify.com/", "MY-SHOP.myshopify.com"] {
            assert_eq!(validated(&field, good).unwrap().as_deref(), Some("my-shop.myshopify.com"), "{good}");
        }
        for evil in [
            "myshopify.com",
            "evilmyshopify.com",
            "my-shop.myshopify.com.evil.example",
            "my-shop.myshopify.com/x",
            "evil.example/.myshopify.com",
            "a@my.myshopify.com",
            "my.myshopify.com:81",
            "127.0.0.1",
        ] {
            let message = validated(&field, evil).unwrap_err();
            assert_eq!(message, "Enter a host name that ends in .myshopify.com, such as acme", "{evil}");
        }
        assert_eq!(host("127.0.0.1", &[]), None);
        assert_eq!(host("localhost", &[]), None);
        assert_eq!(host("0x7f.1", &[]), None);
    }

    #[test]
    fn a_key_fits_into_a_header() {
        let field = field(FieldKind::Secret, &[]);
        for pasted in [" sk_live_1 ", "Bearer sk_live_1", "Authorization: Bearer sk_live_1"] {
            assert_eq!(validated(&field, pasted).unwrap().as_deref(), Some("sk_live_1"), "{pasted}");
        }
        for bad in ["a b", "a\nb", "schlüssel", "a\0b"] {
            assert!(validated(&field, bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_leaves_the_allowed_domains(text in "\\PC{0,40}|[a-z.:/@#?-]{0,30}myshopify\\.com[a-z.:/@#?-]{0,9}") {
            if let Some(name) = host(&text, &["myshopify.com".to_owned()]) {
                let url = url::Url::parse(&format!("https://{name}/admin")).unwrap();
                prop_assert!(url.host_str().unwrap().ends_with(".myshopify.com"), "{url}");
                prop_assert_eq!((url.path(), url.port(), url.username()), ("/admin", None, ""));
            }
        }
    }
}
