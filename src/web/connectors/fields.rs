//! What a service asks for besides a sign-in, as fields of a form.

use crate::connections::Typed;
use crate::connectors::{Descriptor, Field, FieldKind};

/// A field.
pub(in crate::web) struct FieldView {
    pub(in crate::web) name: String,
    pub(in crate::web) label: String,
    pub(in crate::web) hint: String,
    /// Never that of a secret.
    pub(in crate::web) value: String,
    /// Of the input.
    pub(in crate::web) kind: &'static str,
    pub(in crate::web) is_secret: bool,
}

impl FieldView {
    /// All of a service's, as they were filled in.
    pub(in crate::web) fn all(descriptor: &Descriptor, typed: &Typed) -> Vec<Self> {
        descriptor.fields.iter().map(|field| Self::new(field, typed)).collect()
    }

    fn new(field: &Field, typed: &Typed) -> Self {
        let is_secret = field.kind == FieldKind::Secret;
        Self {
            name: field.name.clone(),
            label: if field.optional { format!("{} (optional)", field.label) } else { field.label.clone() },
            hint: hint(field),
            value: typed.get(&field.name).filter(|_| !is_secret).cloned().unwrap_or_default(),
            kind: if field.kind == FieldKind::Email { "email" } else { "text" },
            is_secret,
        }
    }
}

fn hint(field: &Field) -> String {
    let words = field.hint.iter().cloned();
    let end = |example: &str| if example.ends_with('…') { "" } else { "." };
    let example = field.example.iter().map(|example| format!("Such as {example}{}", end(example)));
    let sealed =
        (field.kind == FieldKind::Secret).then(|| "It is sealed when it is stored, and never shown again.".to_owned());
    words.chain(example).chain(sealed).collect::<Vec<_>>().join(" ")
}

/// What a link to a page of the provider is called.
pub(in crate::web) fn host_of(url: &str) -> String {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| url.to_owned())
}
