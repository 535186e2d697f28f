//! What a service asks of a person besides a sign-in: judged field by field, all faults at once.
//!
//! What is entered becomes part of addresses, so each kind of field lets in only what can stand in its place: a label is one
//! label, a host is a name below the domains that the service's file allows, and no text holds a line break.

use std::collections::BTreeMap;

use crate::accounts::Email;
use crate::connectors::{Field, FieldKind};
use crate::error::{Error, FieldFaults, Result};
use crate::oauth::TemplateValues;
use crate::secret::Secret;

/// The longest text that a field takes; keys of some services are long.
const LONGEST: usize = 4_000;

/// What was typed, by the names of the form.
pub type Typed = BTreeMap<String, String>;

/// What fits.
#[derive(Debug, Default)]
pub(super) struct Entered {
    /// What may be shown again, by name.
    pub(super) values: TemplateValues,
    /// What may not, by name.
    secrets: TemplateValues,
}

impl Entered {
    /// The secret parts as one secret, as the vault keeps them.
    pub(super) fn sealed_together(&self) -> Result<Secret> {
        let text = serde_json::to_string(&self.secrets).map_err(Error::internal)?;
        Ok(Secret::new(text))
    }
}

/// Reads what was typed into these fields.
pub(super) fn judge(fields: &[Field], typed: &Typed) -> Result<Entered> {
    let (mut entered, mut faults) = (Entered::default(), FieldFaults::default());
    for field in fields {
        let text = typed.get(&field.name).map_or("", |text| text.trim());
        match fitting(field, text) {
            Ok(None) => {}
            Ok(Some(value)) => {
                let kept = if field.kind == FieldKind::Secret { &mut entered.secrets } else { &mut entered.values };
                kept.insert(field.name.clone(), value);
            }
            Err(fault) => faults.add(field.name.clone(), fault),
        }
    }
    faults.into_result(entered)
}

/// None: it was left empty, and may be.
fn fitting(field: &Field, text: &str) -> Result<Option<String>, String> {
    let label = &field.label;
    let such_as = field.example.as_ref().map_or(String::new(), |example| format!(", such as {example}"));
    if text.is_empty() {
        return if field.optional { Ok(None) } else { Err(format!("Enter the {}", in_sentence(label))) };
    }
    if text.len() > LONGEST {
        return Err(format!("“{label}” is too long: check that it is what was asked for"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("“{label}” must be one line. Copy it again"));
    }
    match field.kind {
        // a part of a path that leads upwards
        FieldKind::Text if text.bytes().all(|byte| byte == b'.') => Err(format!("Enter the {}", in_sentence(label))),
        FieldKind::Text => Ok(Some(text.to_owned())),
        FieldKind::Secret if text.is_ascii() && !text.contains(' ') => Ok(Some(text.to_owned())),
        FieldKind::Secret => Err(format!("“{label}” has a space or a letter that no key has. Copy it again")),
        FieldKind::Email => Email::parse(text).map(|email| Some(email.as_str().to_owned())).map_err(str::to_owned),
        FieldKind::DomainLabel if is_label(text) => Ok(Some(text.to_ascii_lowercase())),
        FieldKind::DomainLabel => Err(format!("Enter one word of letters, digits and hyphens{such_as}")),
        FieldKind::Domain => host(text, &field.under)
            .map(Some)
            .ok_or_else(|| format!("Enter a host name{}{such_as}", under(&field.under))),
    }
}

/// "Subdomain" within a sentence; "API token" stays as it is.
fn in_sentence(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(letters).collect(),
        _ => label.to_owned(),
    }
}

fn under(domains: &[String]) -> String {
    if domains.is_empty() { String::new() } else { format!(" that ends in .{}", domains.join(" or .")) }
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// A host's name, also where a whole address was pasted; never one that could be an IP address.
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
    use super::{Typed, host, in_sentence, judge};
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

    fn judged(field: &Field, text: &str) -> Result<Option<String>, String> {
        let typed = Typed::from([("it".to_owned(), text.to_owned())]);
        match judge(std::slice::from_ref(field), &typed) {
            Ok(entered) => Ok(entered.values.get("it").or_else(|| entered.secrets.get("it")).cloned()),
            Err(Error::Invalid(faults)) => Err(faults.message_for("it").unwrap_or_default().to_owned()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_sub_domain_is_one_word() {
        let field = field(FieldKind::DomainLabel, &[]);
        assert_eq!(judged(&field, " Acme-1 ").unwrap().as_deref(), Some("acme-1"));
        for evil in ["evil.example/?x=", "127.0.0.1", "a.b", "a@b", "-a", "a#", "a:1", "ä", "a/../b"] {
            let told = judged(&field, evil).unwrap_err();
            assert_eq!(told, "Enter one word of letters, digits and hyphens, such as acme", "{evil}");
        }
        assert_eq!(judged(&field, "").unwrap_err(), "Enter the thing");
        assert_eq!(in_sentence("API token"), "API token");
    }

    #[test]
    fn a_host_is_a_name_below_its_domains() {
        let field = field(FieldKind::Domain, &["myshopify.com"]);
        for good in ["my-shop.myshopify.com", "https://my-shop.myshopify.com/", "MY-SHOP.myshopify.com"] {
            assert_eq!(judged(&field, good).unwrap().as_deref(), Some("my-shop.myshopify.com"), "{good}");
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
            let told = judged(&field, evil).unwrap_err();
            assert_eq!(told, "Enter a host name that ends in .myshopify.com, such as acme", "{evil}");
        }
        assert_eq!(host("127.0.0.1", &[]), None);
        assert_eq!(host("localhost", &[]), None);
        assert_eq!(host("0x7f.1", &[]), None);
    }

    #[test]
    fn a_key_is_one_line_that_a_header_can_carry() {
        let field = field(FieldKind::Secret, &[]);
        assert_eq!(judged(&field, " sk_live_1 ").unwrap().as_deref(), Some("sk_live_1"));
        for bad in ["a b", "a\nb", "schlüssel", "a\0b"] {
            assert!(judged(&field, bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_leads_away_from_the_domains_of_the_file(text in "\\PC{0,40}|[a-z.:/@#?-]{0,30}myshopify\\.com[a-z.:/@#?-]{0,9}") {
            if let Some(name) = host(&text, &["myshopify.com".to_owned()]) {
                let url = url::Url::parse(&format!("https://{name}/admin")).unwrap();
                prop_assert!(url.host_str().unwrap().ends_with(".myshopify.com"), "{url}");
                prop_assert_eq!((url.path(), url.port(), url.username()), ("/admin", None, ""));
            }
        }
    }
}
