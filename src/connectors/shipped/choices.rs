//! Choices for an input, as the file of a connector names them: another tool of the file lists them.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::rest::{Node, Place};

/// The member `choices` of an input.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChoicesTable {
    /// Name of the tool that lists them.
    pub(super) tool: String,
    /// Place of the value, in an entry of its list.
    pub(super) value: Place,
    /// Places of the names that people know.
    pub(super) label: Vec<Place>,
    /// Arguments of the tool.
    #[serde(default)]
    pub(super) arguments: BTreeMap<String, Node>,
}

/// Choices as they are written. They are checked when all tools of the file are known.
#[derive(Debug)]
pub(super) struct WrittenChoices {
    /// Place in the file.
    pub(super) at: usize,
    /// Name of the tool.
    pub(super) tool: String,
    /// Name of the input.
    pub(super) input: String,
    pub(super) table: ChoicesTable,
}

impl WrittenChoices {
    pub(super) fn new(tool: &str, input: &str, table: Spanned<ChoicesTable>) -> Self {
        Self { at: table.span().start, tool: tool.to_owned(), input: input.to_owned(), table: table.into_inner() }
    }
}
