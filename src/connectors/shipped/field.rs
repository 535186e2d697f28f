//! The fields of forms that a connector's file describes.

use serde::{Deserialize, Serialize};

/// A field of the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Name in templates.
    pub name: String,
    /// Label in the form.
    pub label: String,
    /// Hint, a sentence.
    pub hint: Option<String>,
    /// Example value.
    pub example: Option<String>,
    /// Kind of value.
    pub kind: FieldKind,
    /// Domains that a host may be in.
    #[serde(default)]
    pub under: Vec<String>,
    /// Set if the field may be empty.
    #[serde(default)]
    pub optional: bool,
}

/// The kind of value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// Email address.
    Email,
    /// A label of a host name.
    DomainLabel,
    /// Host name.
    Domain,
    /// A line that is sealed and never shown again.
    Secret,
}
