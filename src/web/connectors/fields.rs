//! What a service asks for besides a sign-in, as fields of a form.

use crate::connections::FormValues;
use crate::connectors::{Descriptor, Field, FieldKind};
use crate::oauth::ClientAuth;

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
    pub(in crate::web) fn all(descriptor: &Descriptor, typed: &FormValues) -> Vec<Self> {
        descriptor.fields.iter().map(|field| Self::new(field, typed)).collect()
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
        }
    }
}

/// The field for what an OAuth client proves itself by.
pub(super) struct ProofView {
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    /// Of several lines.
    pub(super) is_pem: bool,
}

impl ProofView {
    /// Of a client that proves itself so.
    pub(super) const fn of(auth: ClientAuth) -> Self {
        match auth {
            ClientAuth::PrivateKeyJwt => Self {
                label: "Private key",
                hint: "In PEM: it begins with -----BEGIN PRIVATE KEY-----. It is sealed when it is stored, and never shown again.",
                is_pem: true,
            },
            ClientAuth::Tls => Self {
                label: "Certificate and private key",
                hint: "Both in PEM: each begins with -----BEGIN. They are sealed when they are stored, and never shown again.",
                is_pem: true,
            },
            _ => Self {
                label: "Client secret",
                hint: "It is sealed when it is stored, and never shown again.",
                is_pem: false,
            },
        }
    }

    /// The same where a client may do without, unless it proves itself by a key.
    pub(super) const fn optional(auth: ClientAuth) -> Self {
        if auth.has_key() {
            return Self::of(auth);
        }
        Self {
            label: "Client secret (optional)",
            hint: "Only if the service gave you one. It is sealed, and never shown again.",
            is_pem: false,
        }
    }

    /// The same where one is stored already.
    pub(super) const fn stored(self) -> Self {
        Self { hint: "One is stored, sealed. Leave this empty to keep it.", ..self }
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
