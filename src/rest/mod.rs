//! Calls of REST services: what a connector's file says of a tool becomes a request, and the answer becomes the tool's result.
//!
//! A description is data with a closed vocabulary: templates, named conversions, places in an answer. Nothing in it computes.
//! `connectors` reads and stores descriptions, `jobs` makes calls, `connections` checks credentials, and the dry run of a tool
//! shows the request that would be sent.
//!
//! Invariants:
//! - A value stays in its place: one path segment, one query value, one literal of a query language, one header.
//! - A part of a request whose input is absent is left out.
//! - Redirects are not followed, and a cursor leads to the service's own host only.
//! - A call ends in one [`CallOutcome`](crate::upstream::CallOutcome), and is never repeated here.

mod answer;
mod call;
mod choices;
mod converters;
mod credential;
mod detail_requests;
mod details;
mod documents;
mod encoding;
mod exchange;
mod file_answer;
mod input_fault;
mod job_keys;
mod look_up;
mod multipart;
mod node;
#[cfg(test)]
mod node_tests;
mod paging;
mod planned;
mod pointer;
mod quoting;
mod reading;
mod request;
mod rules;
mod template;
mod tool;
mod validation;
mod values;

pub use answer::{AnswerTemplate, NEXT_CURSOR, Shown, WHOLE_ANSWER};
pub use call::RestCall;
pub use choices::{InputChoices, ListedChoice, ListedChoices};
pub use credential::{ApiCredential, ToolAuth};
pub use details::Details;
pub use exchange::send_check;
pub use input_fault::InputFault;
pub use job_keys::{JOB_KEYS, job_keys};
pub use look_up::LookUp;
pub use multipart::{FilePart, Multipart};
pub use node::Node;
pub use paging::{CURSOR, CURSOR_TITLE, Paging};
pub use planned::{PlannedBody, PlannedRequest};
pub use pointer::Place;
pub use request::{Body, RequestTemplate, Verb};
pub use rules::ApiRules;
pub use template::Template;
pub use tool::{RestTool, ToolEffect};
pub use validation::KnownNames;
