//! Form fields that a service needs besides a sign-in. Pages of connectors and of connections show them.

use crate::connections::FormValues;
use crate::connectors::{Field, FieldKind, KeyForm, ServerField};
use crate::oauth::ClientAuth;

pub(super) struct FieldView {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) hint: String,
    /// Empty for a secret.
    pub(super) value: String,
    /// Type of the input element.
    pub(super) kind: &'static str,
    pub(super) is_secret: bool,
    /// Radio buttons; empty for a field that takes text.
    pub(super) choices: Vec<ChoiceView>,
}

/// A radio button of a field.
pub(super) struct ChoiceView {
    pub(super) value: String,
    pub(super) label: String,
}

impl FieldView {
    /// Returns all fields of a service, with the submitted values.
    pub(super) fn all(fields: &[Field], typed: &FormValues) -> Vec<Self> {
        fields.iter().map(|field| Self::new(field, typed)).collect()
    }

    /// Returns all fields of a key, with the submitted values.
    pub(super) fn all_of_key(form: &KeyForm, typed: &FormValues) -> Vec<Self> {
        match form {
            KeyForm::Service(descriptor) => Self::all(&descriptor.fields, typed),
            KeyForm::Server(key) => Self::all_of_server(&key.fields, typed),
        }
    }

    /// Returns fields of a server, with the submitted values. A field that was not submitted has its first value.
    pub(super) fn all_of_server(fields: &[ServerField], typed: &FormValues) -> Vec<Self> {
        fields.iter().map(|field| Self::from_server(field, typed)).collect()
    }

    fn from_server(field: &ServerField, typed: &FormValues) -> Self {
        let none = field.is_optional.then(|| ChoiceView { value: String::new(), label: "No value".to_owned() });
        let choices = field.choices.iter().map(|value| ChoiceView { value: value.clone(), label: value.clone() });
        let has_choices = !field.choices.is_empty();
        let value = typed.get(&field.name).unwrap_or(&field.initial);
        let example = (!field.example.is_empty()).then(|| format!("Such as {}", ended(&field.example)));
        let hint = (!field.hint.is_empty()).then(|| ended(&field.hint));
        let sealed = field.is_secret.then(|| SEALED_HINT.to_owned());
        Self {
            name: field.name.clone(),
            label: if field.is_optional { format!("{} (optional)", field.label) } else { field.label.clone() },
            hint: hint.into_iter().chain(example).chain(sealed).collect::<Vec<_>>().join(" "),
            value: if field.is_secret { String::new() } else { value.clone() },
            kind: "text",
            is_secret: field.is_secret && !has_choices,
            choices: if has_choices { none.into_iter().chain(choices).collect() } else { Vec::new() },
        }
    }

    fn new(field: &Field, typed: &FormValues) -> Self {
        let is_secret = field.kind == FieldKind::Secret;
        Self {
            name: field.name.clone(),
            label: if field.optional { format!("{} (optional)", field.label) } else { field.label.clone() },
            hint: hint(field),
            value: typed.get(&field.name).filter(|_| !is_secret).cloned().unwrap_or_default(),
            kind: if field.kind == FieldKind::Email { "email" } else { "text" },
            is_secret,
            choices: Vec::new(),
        }
    }
}

/// The field for the secret or key that authenticates an OAuth client.
pub(super) struct ProofView {
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    /// The value is PEM text of several lines.
    pub(super) is_pem: bool,
}

impl ProofView {
    /// Returns the field for this kind of client authentication.
    pub(super) const fn required(auth: ClientAuth) -> Self {
        match auth {
            ClientAuth::PrivateKeyJwt => Self {
                label: "Private key",
                hint: "In PEM: it begins with -----BEGIN PRIVATE KEY-----. Stored encrypted. You cannot see it again here.",
                is_pem: true,
            },
            ClientAuth::Tls => Self {
                label: "Certificate and private key",
                hint: "Both in PEM: each begins with -----BEGIN. Stored encrypted. You cannot see them again here.",
                is_pem: true,
            },
            _ => {
                Self { label: "Client secret", hint: "Stored encrypted. You cannot see it again here.", is_pem: false }
            }
        }
    }

    /// Returns the field for a client that may have no secret; a private key is always required.
    pub(super) const fn optional(auth: ClientAuth) -> Self {
        if auth.has_key() {
            return Self::required(auth);
        }
        Self {
            label: "Client secret (optional)",
            hint: "Only if the service gave you one. Stored encrypted. You cannot see it again here.",
            is_pem: false,
        }
    }

    /// Replaces the hint if a secret is already stored.
    pub(super) const fn stored(self) -> Self {
        Self { hint: "One is stored encrypted. Leave this empty to keep it.", ..self }
    }
}

/// Hint of a secret.
const SEALED_HINT: &str = "Stored encrypted. You cannot see it again here.";

/// Returns a sentence of somebody else with an end.
fn ended(sentence: &str) -> String {
    if sentence.ends_with(['.', '!', '?', '…', ':']) { sentence.to_owned() } else { format!("{sentence}.") }
}

fn hint(field: &Field) -> String {
    let words = field.hint.iter().cloned();
    let end = |example: &str| if example.ends_with('…') { "" } else { "." };
    let example = field.example.iter().map(|example| format!("Such as {example}{}", end(example)));
    let sealed = (field.kind == FieldKind::Secret).then(|| SEALED_HINT.to_owned());
    words.chain(example).chain(sealed).collect::<Vec<_>>().join(" ")
}

/// Returns the host of an address, or the address itself if it has none.
pub(super) fn host_of(url: &str) -> String {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| url.to_owned())
}
