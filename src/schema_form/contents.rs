//! Creation of the contents of a form: blank, or from a value.

use serde_json::Value;

use super::builder::Builder;
use super::entries::{Entries, WHOLE_INPUT, pretty};
use super::field_place::Source;
use super::mask::mask;
use super::plan::Plan;

impl Entries {
    /// Creates an empty form with the defaults filled in.
    #[must_use]
    pub fn blank(plan: &Plan) -> Self {
        let mut entries = Self::default();
        if plan.why_json.is_some() {
            entries.push(WHOLE_INPUT, "", "{}");
        } else {
            Builder::new(&plan.schema, &mut entries).root(Source::Blank { is_left_out: false });
        }
        entries
    }

    /// Creates the form that shows `value`. If the fields cannot show it, the form is one text area with JSON.
    #[must_use]
    pub fn from_value(plan: &Plan, value: &Value) -> Self {
        let mut entries = Self::default();
        if plan.why_json.is_none() {
            Builder::new(&plan.schema, &mut entries).root(Source::Value(value));
        }
        if plan.why_json.is_some() || entries.is_json() { Self::as_json(plan, value) } else { entries }
    }

    /// Creates the form that shows the whole input as one text area with JSON. Secrets are masked there, and their texts are
    /// beside it.
    #[must_use]
    pub fn as_json(plan: &Plan, value: &Value) -> Self {
        let masked = mask(&plan.schema, value);
        let mut entries = Self::from_pairs(vec![(WHOLE_INPUT.to_owned(), pretty(&masked))]);
        entries.push_masked(value, &masked, "");
        entries
    }
}
