//! JSON Schema as an HTML form that needs no script: schema, plan, form, typed text, JSON value. Pure functions.
//!
//! - The plan is compiled from the schema alone. The typed text is parsed by walking the plan, so types come from the
//!   schema, and unknown names are errors.
//! - The name of a form field is `v` and the JSON Pointer of its value. The path in a validation error is therefore the key
//!   of the field that shows the error. Further names are `on` (send the empty value), `n` (send null) and `j` (raw JSON).
//! - An empty control is left out. The form shows what is sent: defaults are filled in.
//! - A value that the plan or a control cannot show is a text area with JSON: nothing is dropped, numbers stay exact.
//!
//! Tests hold this invariant: for each plan and valid value, parsing the form that shows the value returns the value.

mod check;
mod choose;
mod entries;
mod field;
mod mask;
mod names;
mod number;
mod parse;
mod plan;
mod resolve;
mod secret_values;
mod view;

pub use check::Validator;
pub use entries::Entries;
pub use field::{Control, Field, Line};
pub use mask::{MASK, mask};
pub use parse::{Op, parse};
pub use plan::{Plan, Root};
pub use secret_values::{SecretValues, SplitInput, split_secrets};
pub use view::{FormView, SummaryView};

/// The next step if the hub cannot use the schema of a tool.
const UNUSABLE_SCHEMA_ADVICE: &str = "Ask the server’s operator to correct it";
