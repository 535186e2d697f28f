//! Rules by which an answer of a service is a success, a failure, or a wish for another try.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::pointer::Place;
use super::values::scalar_text;
use crate::clock::Timestamp;
use crate::oauth::SuccessCondition;

/// Longest believed time before another try.
const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Settings of all calls to a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiRules {
    /// Headers, such as an API version.
    pub headers: BTreeMap<String, String>,
    /// Condition that each success meets besides its status.
    pub success: Option<SuccessCondition>,
    /// Places that are empty or absent in each success.
    pub failed_if: Vec<Place>,
    /// Places of the message of a failure; the first with a text counts.
    pub error: Vec<Place>,
    /// Failures that mean "try later", besides status 429.
    pub later: Vec<AnswerMatch>,
    /// Failures that mean "the credential is not accepted", besides status 401.
    pub unauthorized: Vec<AnswerMatch>,
    /// Places of the time before another try; the first that is there counts.
    pub retry: Vec<RetryTime>,
}

/// A value in an answer, by which a failure is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerMatch {
    /// Place of the value.
    pub at: Place,
    /// Values with this meaning.
    pub is: Vec<String>,
}

/// The place of the time before another try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryTime {
    /// Header.
    pub header: Option<String>,
    /// Place in the body.
    pub at: Option<Place>,
    /// Unit.
    #[serde(default)]
    pub unit: WaitUnit,
}

/// The unit of a time before another try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitUnit {
    /// Seconds from now.
    #[default]
    Seconds,
    /// Milliseconds from now.
    Milliseconds,
    /// Seconds since 1970.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMilliseconds,
    /// A time in RFC 3339.
    Time,
}

impl ApiRules {
    /// Returns the headers as they are sent. The loader has refused those that cannot be.
    pub(super) fn parsed_headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let parse = |(name, value): (&String, &String)| Some((name.parse().ok()?, value.parse().ok()?));
        self.headers.iter().filter_map(parse)
    }

    /// Reports whether an answer with a status of success is one.
    pub(super) fn is_success(&self, answer: &Value) -> bool {
        let is_empty = |value: &Value| match value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::String(text) => text.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        let has_failed = |place: &Place| place.find(answer).is_some_and(|value| !is_empty(&value));
        self.success.as_ref().is_none_or(|success| success.holds(answer)) && !self.failed_if.iter().any(has_failed)
    }

    /// Returns the service's message about a failure.
    pub(super) fn message(&self, answer: &Value) -> Option<String> {
        let texts = self.error.iter().filter_map(|place| texts_of(&place.find(answer)?));
        texts.into_iter().find(|text| !text.trim().is_empty())
    }

    /// Reports whether the failure means "try later".
    pub(super) fn is_later(&self, answer: &Value) -> bool {
        self.later.iter().any(|it| it.holds(answer))
    }

    /// Reports whether the failure means that the credential is not accepted.
    pub(super) fn is_unauthorized(&self, answer: &Value) -> bool {
        self.unauthorized.iter().any(|it| it.holds(answer))
    }

    /// Returns the time that the service asks for before another try.
    pub(super) fn wait(&self, headers: &HeaderMap, answer: &Value, now: Timestamp) -> Option<Duration> {
        let standard = RetryTime { header: Some("retry-after".to_owned()), at: None, unit: WaitUnit::Seconds };
        let waits = std::iter::once(&standard).chain(&self.retry).filter_map(|it| it.read(headers, answer, now));
        waits.map(|wait| wait.min(MAX_WAIT)).next()
    }
}

impl AnswerMatch {
    fn holds(&self, answer: &Value) -> bool {
        let is_one = |value: &Value| scalar_text(value).is_some_and(|text| self.is.contains(&text));
        match self.at.find(answer) {
            Some(Value::Array(values)) => values.iter().any(is_one),
            Some(value) => is_one(&value),
            None => false,
        }
    }
}

impl RetryTime {
    fn read(&self, headers: &HeaderMap, answer: &Value, now: Timestamp) -> Option<Duration> {
        let text = match (&self.header, &self.at) {
            (Some(name), _) => headers.get(name)?.to_str().ok()?.to_owned(),
            (None, Some(place)) => scalar_text(&place.find(answer)?)?,
            (None, None) => return None,
        };
        self.unit.read(text.trim(), now)
    }
}

impl WaitUnit {
    fn read(self, text: &str, now: Timestamp) -> Option<Duration> {
        let until = |at: OffsetDateTime| Duration::try_from(at - now).ok();
        let count = || text.parse::<f64>().ok().filter(|count| count.is_finite() && *count >= 0.0);
        let whole = || text.parse::<i128>().ok();
        match self {
            Self::Seconds => Duration::try_from_secs_f64(count()?).ok(),
            Self::Milliseconds => Duration::try_from_secs_f64(count()? / 1000.0).ok(),
            Self::EpochSeconds => until(OffsetDateTime::from_unix_timestamp(whole()?.try_into().ok()?).ok()?),
            Self::EpochMilliseconds => {
                until(OffsetDateTime::from_unix_timestamp_nanos(whole()?.checked_mul(1_000_000)?).ok()?)
            }
            Self::Time => until(OffsetDateTime::parse(text, &Rfc3339).ok()?),
        }
    }
}

/// Returns a text, or the texts of a list in one line.
fn texts_of(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => Some(items.iter().filter_map(scalar_text).collect::<Vec<_>>().join("; ")),
        other => scalar_text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::ApiRules;
    use crate::clock::Timestamp;
    use http::{HeaderMap, HeaderName, HeaderValue};
    use serde_json::{Value, json};
    use std::time::Duration;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-11-29 18:00 UTC);

    fn rules(toml: &str) -> ApiRules {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn a_success_meets_its_conditions() {
        let slack = rules("success = { pointer = '/ok', equals = true }");
        assert!(slack.is_success(&json!({"ok": true})) && !slack.is_success(&json!({"ok": false})));
        let graphql = rules("failed_if = ['/errors', '/data/*/userErrors/*']");
        assert!(graphql.is_success(&json!({"data": {"create": {"userErrors": []}}})));
        assert!(!graphql.is_success(&json!({"data": {"create": {"userErrors": [{"message": "no"}]}}})));
        assert!(!graphql.is_success(&json!({"errors": [{}], "data": null})));
    }

    #[test]
    fn the_first_place_with_a_text_is_the_message() {
        let rules = rules("error = ['/error/message', '/errors/*/message']");
        assert_eq!(rules.message(&json!({"errors": [{"message": "a"}, {"message": "b"}]})).unwrap(), "a; b");
        assert_eq!(rules.message(&json!({"error": {"message": "c"}, "errors": []})).unwrap(), "c");
        assert_eq!(rules.message(&json!([])), None);
    }

    #[test]
    fn the_time_before_another_try_has_its_unit() {
        let wait = |toml: &str, headers: &[(&'static str, &'static str)], answer: Value| {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            rules(toml).wait(&headers, &answer, NOW)
        };
        let minute = Some(Duration::from_secs(60));
        let reset = "retry = [{ header = 'x-reset', unit = 'epoch-milliseconds' }]";
        assert_eq!(wait(reset, &[("x-reset", "1795975260000")], json!({})), minute);
        assert_eq!(wait(reset, &[("x-reset", "5")], json!({})), None, "a time that has passed");
        assert_eq!(wait(reset, &[("retry-after", "1"), ("x-reset", "5")], json!({})), Some(Duration::from_secs(1)));
        assert_eq!(
            wait("retry = [{ at = '/retry_after' }]", &[], json!({"retry_after": 0.5})),
            Some(Duration::from_millis(500))
        );
        assert_eq!(
            wait("retry = [{ header = 'x-reset', unit = 'time' }]", &[("x-reset", "2026-11-29T18:01:00Z")], json!({})),
            minute
        );
        assert_eq!(wait("", &[("retry-after", "1e9")], json!({})), Some(Duration::from_secs(86_400)));
    }
}
