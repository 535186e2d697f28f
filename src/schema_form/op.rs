//! The buttons of a form.

use super::entries::Entries;

/// The operation that a form's button requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Run the tool.
    Run,
    /// Show the input that would be sent.
    Preview,
    /// Continue as JSON.
    Json,
    /// Continue as fields.
    Form,
    /// Save the input under a name.
    Save,
    /// Change the input that a preview shows.
    Change,
    /// Fill empty fields with examples.
    Example,
    /// Change the shape of the form: its rows, its branches, or the text of a field as JSON.
    Edit,
    /// List the choices for a field, which [`Entries::field_to_choose`] names.
    Choices,
}

impl Op {
    /// Returns the operation of the pressed button. Enter in a field presses the first button, which runs the tool.
    #[must_use]
    pub fn from_entries(entries: &Entries) -> Self {
        match entries.get("op") {
            Some("preview") => Self::Preview,
            Some("json") => Self::Json,
            Some("form") => Self::Form,
            Some("save") => Self::Save,
            Some("change") => Self::Change,
            Some("example") => Self::Example,
            Some(_) if entries.field_to_choose().is_some() => Self::Choices,
            Some(op) if op.contains(':') || op == "refresh" => Self::Edit,
            _ => Self::Run,
        }
    }
}
