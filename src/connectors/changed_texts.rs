//! The texts of a tool's definition that changed, word by word.

use serde_json::Value;

use super::compare::ToolDescription;
use super::definition::in_canonical_order;
use super::word_diff::{Budget, WordDiff};

/// A text of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// The display name.
    Title,
    /// The description.
    Description,
    /// The JSON Schema of the arguments.
    Input,
    /// The JSON Schema of the result.
    Result,
    /// The annotations, as JSON.
    Hints,
}

/// A text that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedText {
    /// The text.
    pub kind: TextKind,
    /// Its difference.
    pub diff: WordDiff,
}

/// Compares the texts of two definitions. Returns those that differ; none exactly if the definitions are equal.
pub(super) fn compare_texts(
    before: &ToolDescription,
    after: &ToolDescription,
    budget: &mut Budget,
) -> Vec<ChangedText> {
    let texts = |it: &ToolDescription| {
        [
            (TextKind::Title, it.title.clone().unwrap_or_default()),
            (TextKind::Description, it.description.clone()),
            (TextKind::Input, json_text(Some(&it.schema))),
            (TextKind::Result, json_text(it.output_schema.as_ref())),
            (TextKind::Hints, json_text(it.annotations.as_ref())),
        ]
    };
    let pairs = texts(before).into_iter().zip(texts(after));
    let changed = pairs.filter(|((_, before), (_, after))| before != after);
    changed
        .map(|((kind, before), (_, after))| ChangedText { kind, diff: WordDiff::new(&before, &after, budget) })
        .collect()
}

/// Returns JSON as text, with the members of objects in the order of their names; empty for what is absent.
fn json_text(value: Option<&Value>) -> String {
    value.and_then(|value| serde_json::to_string_pretty(&in_canonical_order(value)).ok()).unwrap_or_default()
}
