//! JSON Schema as an HTML form that needs no script: schema, plan, form, typed text, JSON value. Pure functions.
//!
//! - A plan is compiled from the schema. The fields of a form are those of the plan for its contents: the rows that it has,
//!   the branches that somebody picked. The typed text is parsed by walking the fields, so types come from the schema, and
//!   unknown names are errors.
//! - The name of a form field is a prefix and the JSON Pointer of its value, in which the id of a row stands for the place in a
//!   list. Prefixes are `v` (value), `on` (send the empty value), `n` (send null if left out), `j` (raw JSON), `d` (a default
//!   that nobody changed), `s` (a sealed secret), `c` (a choice from an offered list), `r` (ids of rows), `k` (the name of a
//!   row), `b` and `w` (the branch that is picked, and the one that is shown), `t` (the kind of a value), `z` (a time zone),
//!   `e` (the source of bytes: typed text, base64, a file), `u` (an uploaded file), `q` (words that filter a list). `m` is reserved for the mode of a field: typed, or taken from elsewhere.
//! - An empty control is left out. The form shows what is sent: defaults that fit the schema are filled in.
//! - What somebody typed or chose is sent, whatever boxes are ticked. Defaults alone do not create an optional object.
//! - A value that a control cannot show is a text area with JSON: nothing is dropped, numbers stay exact.
//! - Examples of the schema fill empty controls when a person asks; what was typed stays.
//! - Another view of the form shows the same contents, and judges none of them.
//! - If the hub cannot use a schema, the form is one text area with JSON, and says so.
//!
//! Tests hold this invariant: for each plan and value, parsing the form that a browser shows for the value returns the value.

mod applicable;
mod branches;
mod builder;
mod bytes_control;
mod bytes_hints;
mod bytes_view;
mod check;
mod choices;
mod choose;
mod conditions;
mod contents;
mod control_view;
mod controls;
mod date_time;
mod describe;
mod description;
mod duration;
mod edit;
mod encoded_bytes;
mod entries;
mod example;
mod faults;
mod field;
mod field_place;
mod field_view;
mod fill;
mod fit;
mod form_cache;
mod group_builder;
mod hints;
mod join;
mod json_text;
mod keywords;
mod mask;
mod masked_text;
mod missing;
mod names;
mod nested_view;
mod nullable;
mod number;
mod offer;
mod op;
mod parse;
mod pattern;
mod plan;
mod references;
mod resolve;
mod rows_builder;
mod scalar;
mod secrecy;
mod secret_values;
mod secrets;
mod stale;
mod time_of_day;
mod tuck;
mod union_builder;
mod unreadable;
mod upload;
mod validator;
mod view;
mod weight;
mod zones;

pub use edit::EditedForm;
pub use encoded_bytes::{EncodedBytes, Encoding};
pub use entries::Entries;
pub use field::{Branch, Control, Field, Group, Map, Rows, Union};
pub use form_cache::{CompiledForm, FormCache};
pub use json_text::explain as explain_json_error;
pub use mask::{MASK, mask};
pub use offer::{Offer, OfferedChoice};
pub use op::Op;
pub use parse::{has_stale_fields, parse, parse_as_shown};
pub use plan::Plan;
pub use references::foreign_reference;
pub use scalar::{Choice, EmptyValue, Kind, Lifecycle, Line, NumberKind, Scalar};
pub use secret_values::{SecretValues, SplitInput, split_secrets};
pub use upload::{Dropped, Upload};
pub use validator::Validator;
pub use view::{FormView, SummaryView};

/// Largest input of a tool, in bytes of JSON text.
pub const MAX_INPUT_BYTES: usize = 256 * 1024;
