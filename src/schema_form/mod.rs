//! JSON Schema as a form, without script: schema -> plan -> HTML -> what was typed -> JSON value. Pure.
//!
//! - The plan is made from the schema alone; what was typed is read by walking the plan, so types come from the schema
//!   and unknown names are told, never guessed.
//! - A field's name is `v` and the JSON Pointer of its value, so a validator's path is the key of the field that shows
//!   its error. Beside it: `on` (send it although it is empty), `n` (send null), `j` (raw JSON text).
//! - An empty control is left out; what is shown is what is sent: defaults are filled in.
//! - Whatever the plan cannot show, or a control cannot hold, is a box of JSON: nothing is dropped, numbers stay exact.
//!
//! The law (tests hold it): for every plan and valid value, reading the form that shows the value gives the value.

mod check;
mod choose;
mod entries;
mod mask;
mod names;
mod number;
mod parse;
mod plan;
mod resolve;
mod view;

pub use check::Validator;
pub use entries::Entries;
pub use mask::mask;
pub use parse::{Op, parse};
pub use plan::{Control, Field, Line, Plan, Root};
pub use view::{FormView, SummaryView};
