//! The format of a provider's token responses, by JSON Pointers.

use serde::{Deserialize, Serialize};

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

/// A condition on a response: the value at `pointer` equals `equals`, or is present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuccessCondition {
    /// The JSON Pointer.
    pub pointer: String,
    /// The expected value; `None` accepts anything but null.
    pub equals: Option<serde_json::Value>,
    /// States in the file that any value is accepted.
    #[serde(default)]
    pub present: bool,
}

impl SuccessCondition {
    /// Says whether a response meets the condition.
    #[must_use]
    pub fn holds(&self, answer: &serde_json::Value) -> bool {
        let value = answer.pointer(&self.pointer);
        match &self.equals {
            Some(expected) => value == Some(expected),
            None => value.is_some_and(|value| !value.is_null()),
        }
    }
}
