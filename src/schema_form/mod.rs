//! JSON Schema as an HTML form that needs no script: schema, plan, form, typed text, JSON value. Pure functions.
//!
//! - The plan is compiled from the schema alone. The typed text is parsed by walking the plan, so types come from the
//!   schema, and unknown names are errors.
//! - The name of a form field is `v` and the JSON Pointer of its value. The path in a validation error is therefore the key
//!   of the field that shows the error. Further names are `on` (send the empty value), `n` (send null if left out), `j` (raw
//!   JSON), `d` (a default that nobody changed), `s` (a sealed secret) and `c` (a choice from an offered list).
//! - An empty control is left out. The form shows what is sent: defaults that fit the schema are filled in.
//! - What somebody typed or chose is sent, whatever boxes are ticked. Defaults alone do not create an optional object.
//! - A value that the plan or a control cannot show is a text area with JSON: nothing is dropped, numbers stay exact.
//! - Examples of the schema fill empty controls when a person asks; what was typed stays.
//! - Another view of the form shows the same contents, and judges none of them.
//! - If the hub cannot use a schema, the form is one text area with JSON, and says so.
//!
//! Tests hold this invariant: for each plan and value, parsing the form that a browser shows for the value returns the value.

mod check;
mod choose;
mod compile;
mod defaults;
mod entries;
mod example;
mod field;
mod field_view;
mod hints;
mod join;
mod json_parts;
mod json_text;
mod mask;
mod masked_text;
mod names;
mod number;
mod offer;
mod op;
mod parse;
mod plan;
mod references;
mod resolve;
mod secrecy;
mod secret_values;
mod secrets;
mod view;

pub use check::Validator;
pub use entries::Entries;
pub use field::{Control, EmptyValue, Field, Line, NumberKind, Scalar};
pub use json_parts::{JsonMember, JsonParts};
pub use json_text::explain as explain_json_error;
pub use mask::{MASK, mask};
pub use offer::{Offer, OfferedChoice};
pub use op::Op;
pub use parse::{has_stale_fields, parse, parse_as_shown};
pub use plan::{Plan, Root};
pub use references::foreign_reference;
pub use secret_values::{SecretValues, SplitInput, split_secrets};
pub use view::{FormView, SummaryView};

/// Largest input of a tool, in bytes of JSON text.
pub const MAX_INPUT_BYTES: usize = 256 * 1024;
