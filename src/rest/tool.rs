//! A tool of a REST service: its request, and how its answer is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::answer::AnswerTemplate;
use super::choices::InputChoices;
use super::credential::ToolAuth;
use super::details::Details;
use super::input_fault::InputFault;
use super::job_keys;
use super::look_up::LookUp;
use super::paging::{CURSOR, Paging};
use super::planned::PlannedRequest;
use super::request::RequestTemplate;
use super::values::Values;
use crate::oauth::TemplateValues;

/// A tool of a REST service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestTool {
    /// Effect of a call.
    pub effect: ToolEffect,
    /// Another credential than the connection's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<ToolAuth>,
    /// Name of a further token of the sign-in, which the tool presents instead of the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Request.
    pub request: RequestTemplate,
    /// Part of the answer that people want to see.
    #[serde(default)]
    pub answer: AnswerTemplate,
    /// Way in which a list continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paging: Option<Paging>,
    /// Look-ups before the request, at most two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<LookUp>,
    /// Details of each entry of the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<Details>,
    /// The permission that the tool needs at the service: a scope, or the name on the service's own page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// Choices for inputs, by the name of the input.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub choices: BTreeMap<String, InputChoices>,
}

/// The effect of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolEffect {
    /// Changes nothing.
    Reads,
    /// Adds something; a second call adds another.
    Adds,
    /// Overwrites something; a second call makes the same.
    Overwrites,
    /// Deletes something; a second call finds nothing, which is success.
    Deletes,
}

impl ToolEffect {
    /// Returns the hints of MCP.
    #[must_use]
    pub fn annotations(self) -> Value {
        let (reads, destroys, repeats) = match self {
            Self::Reads => (true, false, true),
            Self::Adds => (false, false, false),
            Self::Overwrites | Self::Deletes => (false, true, true),
        };
        serde_json::json!({
            "readOnlyHint": reads,
            "destructiveHint": destroys,
            "idempotentHint": repeats,
            "openWorldHint": true,
        })
    }
}

impl RestTool {
    /// Makes the request for the arguments of a call. `known` are the values of the connection and of the job.
    ///
    /// # Errors
    /// An argument that the request cannot express, by name.
    pub fn plan(
        &self,
        base_url: &str,
        known: &TemplateValues,
        arguments: &Map<String, Value>,
    ) -> Result<PlannedRequest, InputFault> {
        let Some((paging, cursor)) = self.paging.as_ref().zip(cursor(arguments)) else {
            return self.request.plan(base_url, known, &Values::new(arguments));
        };
        let request = paging.request().unwrap_or(&self.request);
        let mut planned = request.plan(base_url, known, &Values::new(arguments))?;
        planned.url = paging.url(planned.url, cursor)?;
        Ok(planned)
    }

    /// Iterates over all names that the requests use.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let inputs = self.before.iter().flat_map(|it| it.when.iter().chain(&it.equals)).map(String::as_str);
        self.requests().flat_map(RequestTemplate::names).chain(inputs)
    }

    /// Iterates over the request and those around it.
    pub(super) fn requests(&self) -> impl Iterator<Item = &RequestTemplate> {
        let before = self.before.iter().map(|look_up| &look_up.request);
        let next = self.paging.iter().filter_map(Paging::request);
        before.chain([&self.request]).chain(next).chain(self.each.as_ref().map(|details| &details.request))
    }

    /// Reports whether the request carries a key by which the service recognises its repetition.
    #[must_use]
    pub fn has_repeat_key(&self) -> bool {
        self.names().any(|name| name.starts_with(job_keys::PREFIX))
    }
}

/// Returns the cursor among the arguments.
pub(super) fn cursor(arguments: &Map<String, Value>) -> Option<&str> {
    arguments.get(CURSOR).and_then(Value::as_str).filter(|cursor| !cursor.is_empty())
}
