//! Calls a tool of a REST service once, for `jobs::execute`: its look-ups, its request, and the details of its entries.

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::credential::ApiCredential;
use super::exchange::{Answer, exchange};
use super::file_answer::file_result;
use super::input_fault::InputFault;
use super::planned::PlannedRequest;
use super::request::RequestTemplate;
use super::rules::ApiRules;
use super::tool::RestTool;
use super::values::Values;
use crate::clock::Timestamp;
use crate::egress::{Egress, Failure};
use crate::oauth::TemplateValues;
use crate::upstream::{CallOutcome, Limits};

/// A call whose parts are all known.
#[derive(Clone, Debug)]
pub struct RestCall {
    /// Tool.
    pub tool: RestTool,
    /// Settings of all calls to the service.
    pub rules: ApiRules,
    /// Template of the service's base URL.
    pub base_url: String,
    /// Values of the connection and of the job.
    pub known: TemplateValues,
    /// Credential.
    pub credential: ApiCredential,
}

/// The bounds of one call.
#[derive(Clone, Copy)]
pub(super) struct CallScope<'a> {
    pub(super) egress: &'a Egress,
    pub(super) limits: Limits,
    /// Dates the times that a service names.
    pub(super) now: Timestamp,
}

impl RestCall {
    /// Makes the call. Ends by the deadline, and promptly when canceled. `now` dates the times that a service names.
    pub async fn run(
        &self,
        egress: &Egress,
        arguments: &Map<String, Value>,
        limits: Limits,
        cancel: &CancellationToken,
        now: Timestamp,
    ) -> CallOutcome {
        let scope = CallScope { egress, limits, now };
        tokio::select! {
            biased;
            () = cancel.cancelled() => CallOutcome::Canceled,
            // on the heap: the state of a call is large
            outcome = Box::pin(self.run_steps(scope, arguments)) => outcome.unwrap_or_else(|outcome| outcome),
        }
    }

    async fn run_steps(
        &self,
        scope: CallScope<'_>,
        arguments: &Map<String, Value>,
    ) -> Result<CallOutcome, CallOutcome> {
        let known = self.look_up_all(scope, arguments).await?;
        let planned = self.plan(&known, arguments).map_err(|fault| CallOutcome::from_failure(fault.into(), false))?;
        let answer = self.exchange(scope, &planned).await;
        let answer = answer.map_err(|failure| CallOutcome::from_failure(self.without_known_answer(failure), true))?;
        if let Some(name) = self.tool.answer.file.as_ref().filter(|_| answer.status.is_success()) {
            return Ok(CallOutcome::Ok(file_result(name, &answer, arguments)));
        }
        let mut body = self.read(&answer, scope.now)?;
        self.add_details(scope, &known, &mut body).await?;
        Ok(self.succeeded(body, &answer, arguments))
    }

    /// Makes the look-ups of the tool. Returns the known values, and those that were found.
    async fn look_up_all(
        &self,
        scope: CallScope<'_>,
        arguments: &Map<String, Value>,
    ) -> Result<TemplateValues, CallOutcome> {
        let mut known = self.known.clone();
        for look_up in self.tool.before.iter().filter(|look_up| look_up.is_needed(arguments)) {
            let answer = self.send_step(scope, &look_up.request, &known, &Values::new(arguments)).await?;
            let found = look_up.choose(&answer, arguments);
            let found = found.map_err(|failure| CallOutcome::from_failure(failure, false))?;
            known.insert(look_up.keep.clone(), found);
        }
        Ok(known)
    }

    /// Sends a request that changes nothing, and returns its answer.
    pub(super) async fn send_step(
        &self,
        scope: CallScope<'_>,
        request: &RequestTemplate,
        known: &TemplateValues,
        values: &Values<'_>,
    ) -> Result<Value, CallOutcome> {
        let unsent = |failure| CallOutcome::from_failure(failure, false);
        let planned = request.plan(&self.base_url, known, values).map_err(|fault| unsent(fault.into()))?;
        let planned = planned.with_default_headers(self.rules.parsed_headers());
        let answer = self.exchange(scope, &planned).await.map_err(unsent)?;
        self.read_step(&answer, scope.now)
    }

    /// Describes the request of the call as JSON, and its look-ups under `before`. What these would find is an example.
    ///
    /// # Errors
    /// An argument that the request cannot express, by name.
    pub fn describe(&self, arguments: &Map<String, Value>) -> Result<Value, InputFault> {
        let (mut known, mut before) = (self.known.clone(), Vec::new());
        for look_up in self.tool.before.iter().filter(|look_up| look_up.is_needed(arguments)) {
            let planned = look_up.request.plan(&self.base_url, &known, &Values::new(arguments))?;
            before.push(planned.with_default_headers(self.rules.parsed_headers()).to_json(&self.credential));
            known.insert(look_up.keep.clone(), format!("example-{}", look_up.keep));
        }
        let mut described = self.plan(&known, arguments)?.to_json(&self.credential);
        if !before.is_empty() {
            described["before"] = json!(before);
        }
        Ok(described)
    }

    /// Describes the request of the call as people know it. In the place of what look-ups find stand their names.
    ///
    /// # Errors
    /// An argument that the request cannot express, by name.
    pub fn describe_as_text(&self, arguments: &Map<String, Value>) -> Result<String, InputFault> {
        let mut known = self.known.clone();
        let needed = self.tool.before.iter().filter(|look_up| look_up.is_needed(arguments));
        known.extend(needed.map(|look_up| (look_up.keep.clone(), format!("({})", look_up.keep))));
        Ok(self.plan(&known, arguments)?.to_text(&self.credential))
    }

    /// Makes the request of the tool, without its credential.
    fn plan(&self, known: &TemplateValues, arguments: &Map<String, Value>) -> Result<PlannedRequest, InputFault> {
        let planned = self.tool.plan(&self.base_url, known, arguments)?;
        Ok(planned.with_default_headers(self.rules.parsed_headers()))
    }

    async fn exchange(&self, scope: CallScope<'_>, planned: &PlannedRequest) -> Result<Answer, Failure> {
        let Limits { max_response_bytes, .. } = scope.limits;
        exchange(scope.egress, planned, &self.credential, scope.limits.remaining(), max_response_bytes).await
    }
}
