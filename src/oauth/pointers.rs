//! The format of a provider's token responses, by JSON Pointers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::clock::Timestamp;

/// The format of a token response. Fields are JSON Pointers to the named value, unless they say otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenResponseFormat {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// The lifetime of the access token.
    pub expires_in: String,
    /// The expiry of the access token: counted since 1970, or in RFC 3339.
    pub expires_at: Option<String>,
    /// The unit of `expires_in` and `expires_at`.
    pub expires_unit: TimeUnit,
    /// The granted scopes.
    pub scope: String,
    /// The separator of granted scopes, if it differs from that of requested ones.
    pub scope_separator: Option<String>,
    /// The error code.
    pub error: String,
    /// The error description.
    pub error_description: String,
    /// A condition that tells a success from a failure with status 200. A response that meets it has no error.
    pub success: Option<SuccessCondition>,
    /// Error codes that mean `invalid_grant`.
    #[serde(rename = "dead")]
    pub invalid_grant_codes: Vec<String>,
}

impl Default for TokenResponseFormat {
    fn default() -> Self {
        Self {
            access: "/access_token".to_owned(),
            refresh: "/refresh_token".to_owned(),
            expires_in: "/expires_in".to_owned(),
            expires_at: None,
            expires_unit: TimeUnit::Seconds,
            scope: "/scope".to_owned(),
            scope_separator: None,
            error: "/error".to_owned(),
            error_description: "/error_description".to_owned(),
            success: None,
            invalid_grant_codes: Vec::new(),
        }
    }
}

impl TokenResponseFormat {
    /// Returns the lifetime of the access token, if the response states it.
    pub(super) fn lifetime(&self, answer: &Value, now: Timestamp) -> Option<Duration> {
        let unit = self.expires_unit;
        let expires_at = self.expires_at.as_deref().and_then(|pointer| unit.timestamp(answer.pointer(pointer)?));
        // a past expiry is ignored: a few providers send 0 for a token that does not expire
        if let Some(at) = expires_at.filter(|at| *at > now) {
            return Some((at - now).unsigned_abs());
        }
        let count = answer.pointer(&self.expires_in).and_then(number).filter(|count| *count > 0)?;
        Some(unit.duration(count.unsigned_abs()))
    }
}

/// A unit of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeUnit {
    /// Seconds, as in RFC 6749.
    #[default]
    Seconds,
    /// Minutes.
    Minutes,
    /// Milliseconds.
    Milliseconds,
}

impl TimeUnit {
    fn timestamp(self, value: &Value) -> Option<Timestamp> {
        match number(value) {
            Some(count) => {
                OffsetDateTime::UNIX_EPOCH.checked_add(self.duration(count.try_into().ok()?).try_into().ok()?)
            }
            None => OffsetDateTime::parse(value.as_str()?.trim(), &Rfc3339).ok(),
        }
    }

    const fn duration(self, count: u64) -> Duration {
        match self {
            Self::Seconds => Duration::from_secs(count),
            Self::Minutes => Duration::from_secs(count.saturating_mul(60)),
            Self::Milliseconds => Duration::from_millis(count),
        }
    }
}

/// Returns a text, or a number as it was written.
pub(super) fn to_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns an integer, also one that was written as a text or with a decimal point.
fn number(value: &Value) -> Option<i64> {
    let text = to_text(value)?;
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    whole.parse().ok().filter(|_| part.bytes().all(|it| it.is_ascii_digit()))
}

/// A condition on a response: the value at `pointer` equals `equals`, or is present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuccessCondition {
    /// The JSON Pointer.
    pub pointer: String,
    /// The expected value; `None` accepts anything but null.
    pub equals: Option<Value>,
    /// States in the file that any value is accepted.
    #[serde(default)]
    pub present: bool,
}

impl SuccessCondition {
    /// Says whether a response meets the condition.
    #[must_use]
    pub fn holds(&self, answer: &Value) -> bool {
        let value = answer.pointer(&self.pointer);
        match &self.equals {
            Some(expected) => value == Some(expected),
            None => value.is_some_and(|value| !value.is_null()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, TokenResponseFormat, Value};
    use serde_json::json;
    use time::Duration;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-11-26 08:00 UTC);

    #[test]
    fn a_lifetime_is_read_in_its_unit() {
        let lifetime = |toml: &str, answer: Value| {
            let format: TokenResponseFormat = toml::from_str(toml).unwrap();
            format.lifetime(&answer, NOW).map(|it| NOW + it - NOW)
        };
        let expires_in = |value: Value| lifetime("", json!({ "expires_in": value }));
        assert_eq!(expires_in(json!(3600)), Some(Duration::HOUR));
        assert_eq!(expires_in(json!("3600")), Some(Duration::HOUR));
        assert_eq!(expires_in(json!(-1)), None);
        assert_eq!(expires_in(json!(u64::MAX)), None, "the number does not fit");
        assert_eq!(expires_in(json!("3600.5")), Some(Duration::HOUR));
        assert_eq!(expires_in(json!(3.6e3)), Some(Duration::HOUR));
        assert_eq!(expires_in(serde_json::from_str("3.6e3").unwrap()), None, "not 3 seconds");
        assert_eq!(lifetime("expires_unit = 'minutes'", json!({ "expires_in": 60 })), Some(Duration::HOUR));
        let expires_at = |at: Value| lifetime("expires_at = '/ends'", json!({ "ends": at, "expires_in": 3600 }));
        let at = (NOW + Duration::MINUTE).unix_timestamp();
        assert_eq!(expires_at(json!(at)), Some(Duration::MINUTE));
        assert_eq!(expires_at(json!(0)), Some(Duration::HOUR));
        assert_eq!(expires_at(json!("2026-11-26T09:01:00+01:00")), Some(Duration::MINUTE));
        let milliseconds = "expires_at = '/ends'\nexpires_unit = 'milliseconds'";
        assert_eq!(lifetime(milliseconds, json!({ "ends": at * 1000 })), Some(Duration::MINUTE));
    }
}
