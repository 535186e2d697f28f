//! Reads the answer of a service: a success, or the outcome of the call.

use serde_json::{Map, Value, json};

use super::answer::{text_block, whole_answer};
use super::call::RestCall;
use super::exchange::{Answer, redirect, unauthorized};
use super::tool::{ToolEffect, cursor};
use crate::clock::Timestamp;
use crate::egress::{Failure, FailureKind, quote, read_json};
use crate::upstream::CallOutcome;

/// Maximum number of characters that a message quotes of a service's text.
const MAX_QUOTE: usize = 500;

impl RestCall {
    /// An answer that is too large is the answer to a request that has had its effect.
    pub(super) fn without_known_answer(&self, failure: Failure) -> Failure {
        let has_effect = self.tool.effect != ToolEffect::Reads;
        if failure.class == "too_large" && has_effect {
            return Failure { kind: FailureKind::Ambiguous, ..failure };
        }
        failure
    }

    /// Reads the answer to a request that changes nothing.
    ///
    /// # Errors
    /// The outcome of the whole call.
    pub(super) fn read_step(&self, answer: &Answer, now: Timestamp) -> Result<Value, CallOutcome> {
        let body = read_json(&answer.body).unwrap_or_default();
        if answer.status.is_success() && !body.is_null() && self.rules.is_success(&body) {
            return Ok(body);
        }
        Err(self.failed(&body, answer, false, now))
    }

    /// Reads the answer to the request of the tool.
    ///
    /// # Errors
    /// The outcome of the whole call, if the answer is no success.
    pub(super) fn read(&self, answer: &Answer, now: Timestamp) -> Result<Value, CallOutcome> {
        let code = answer.status.as_u16();
        let parsed =
            if answer.body.iter().all(u8::is_ascii_whitespace) { Ok(Value::Null) } else { read_json(&answer.body) };
        let body = match (parsed, answer.status.is_success()) {
            (Ok(body), _) => body,
            (Err(_), false) => Value::Null,
            (Err(_), true) => return Err(self.not_json(answer)),
        };
        match code {
            200..=299 if self.rules.is_success(&body) => Ok(body),
            300..=399 => Err(CallOutcome::from_failure(redirect(&answer.host, code), true)),
            404 | 410 if self.tool.effect == ToolEffect::Deletes => {
                Err(CallOutcome::Ok(json!({"content": [text_block("It was deleted before.")]})))
            }
            _ => Err(self.failed(&body, answer, true, now)),
        }
    }

    /// Builds the result of a successful call.
    pub(super) fn succeeded(&self, body: Value, answer: &Answer, arguments: &Map<String, Value>) -> CallOutcome {
        let template = &self.tool.answer;
        let next = self.tool.paging.as_ref().and_then(|paging| {
            let entries = template.count(&body).unwrap_or_default();
            paging.next(&answer.headers, &body, entries, cursor(arguments))
        });
        CallOutcome::Ok(template.result(body, next.as_deref()))
    }

    /// Explains a failure. `was_sent` says whether the request may have had an effect.
    fn failed(&self, body: &Value, answer: &Answer, was_sent: bool, now: Timestamp) -> CallOutcome {
        let (host, code) = (&answer.host, answer.status.as_u16());
        let words = self.rules.message(body).map(|text| quote(&text, MAX_QUOTE));
        let failure = if code == 429 || self.rules.is_later(body) {
            let message = format!("{host} asks the hub to slow down (HTTP {code})");
            let failure = Failure::new(FailureKind::Retryable, "rate_limited", message).with_advice("Try again later");
            Failure { retry_after: self.rules.wait(&answer.headers, body, now), ..failure }
        } else if code == 401 || self.rules.is_unauthorized(body) {
            unauthorized(host, code)
        } else if code == 503 {
            let message = format!("{host} is not available now (HTTP 503)");
            let failure = Failure::new(FailureKind::Retryable, "unavailable", message).with_advice("Try again later");
            Failure { retry_after: self.rules.wait(&answer.headers, body, now), ..failure }
        } else if code >= 500 {
            let message = format!("{host} failed on its side (HTTP {code})");
            Failure::new(FailureKind::Ambiguous, "http_status", message)
                .with_advice("Check at the service what was done")
        } else {
            return CallOutcome::ToolError(self.refusal(body, answer, words.as_deref()));
        };
        let failure = match words {
            Some(words) => failure.with_detail(words),
            None => failure,
        };
        CallOutcome::from_failure(failure, was_sent)
    }

    /// Builds the result of a call that the service refused.
    fn refusal(&self, body: &Value, answer: &Answer, words: Option<&str>) -> Value {
        let (host, code) = (&answer.host, answer.status.as_u16());
        let said = words.map(|words| format!(": {}", words.trim_end_matches('.'))).unwrap_or_default();
        let text = match (code, &self.tool.permission) {
            (403, Some(permission)) => format!(
                "{host} does not permit this (HTTP 403){said}. The tool needs the permission “{permission}”. Grant it at the service, and connect again."
            ),
            (403, None) => format!("{host} does not permit this (HTTP 403){said}."),
            (404 | 410, _) => format!("{host} has no such thing (HTTP {code}){said}."),
            (200..=299, _) => format!("{host} refused this{said}."),
            _ => format!("{host} refused this (HTTP {code}){said}."),
        };
        let mut content = vec![text_block(&text)];
        if !body.is_null() {
            content.push(whole_answer(body));
        }
        json!({"content": content, "isError": true})
    }

    fn not_json(&self, answer: &Answer) -> CallOutcome {
        let what = match answer.media_type.as_str() {
            "text/html" => "a web page",
            _ => "text that is not JSON",
        };
        let message = format!("{} answered with {what}", answer.host);
        let kind = if self.tool.effect == ToolEffect::Reads { FailureKind::Permanent } else { FailureKind::Ambiguous };
        let failure = Failure::new(kind, "not_json", message).with_advice("Check at the service what was done");
        CallOutcome::from_failure(failure, true)
    }
}
