//! Compares two texts line by line.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use similar::{ChangeTag, TextDiff};

/// Time for the finest diff; after this, the diff is coarser but correct.
const REFINE_TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[schemars(title = "Text before", length(max = 1_000_000), example = "tea\nmilk\nsugar\n")]
    pub(super) before: String,
    #[schemars(title = "Text after", length(max = 1_000_000), example = "tea\nlemon\nsugar\n")]
    pub(super) after: String,
    #[serde(default = "three")]
    #[schemars(
        title = "Lines of context",
        description = "Unchanged lines shown around each change",
        range(min = 0, max = 100)
    )]
    pub(super) context: u8,
}

fn three() -> u8 {
    3
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    #[schemars(title = "The texts are the same")]
    same: bool,
    #[schemars(title = "Lines added")]
    added: usize,
    #[schemars(title = "Lines removed")]
    removed: usize,
    #[schemars(title = "Unified diff", description = "Empty if the texts are the same")]
    diff: String,
}

pub(super) fn compare(input: &Input) -> Output {
    let diff = TextDiff::configure().timeout(REFINE_TIMEOUT).diff_lines(input.before.as_str(), input.after.as_str());
    let count = |tag| diff.iter_all_changes().filter(|change| change.tag() == tag).count();
    Output {
        same: input.before == input.after,
        added: count(ChangeTag::Insert),
        removed: count(ChangeTag::Delete),
        diff: diff.unified_diff().context_radius(input.context.into()).header("before", "after").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, compare};

    #[test]
    fn a_changed_line_is_one_removed_and_one_added() {
        let output = compare(&Input { before: "a\nb\nc\n".to_owned(), after: "a\nB\nc\n".to_owned(), context: 1 });
        assert_eq!((output.same, output.added, output.removed), (false, 1, 1));
        assert_eq!(output.diff, "--- before\n+++ after\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
    }

    #[test]
    fn equal_texts_have_no_diff() {
        let output = compare(&Input { before: "a\n".to_owned(), after: "a\n".to_owned(), context: 3 });
        assert!(output.same && output.diff.is_empty());
    }
}
