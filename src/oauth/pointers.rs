//! Where in a provider's answers things are.

use serde::{Deserialize, Serialize};

/// Where in an answer things are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResponsePointers {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
    /// How long the access token is good for.
    pub expires_in: String,
    /// When it ends: counted since 1970, or written as RFC 3339 says.
    pub expires_at: Option<String>,
    /// In which unit `expires_in` and `expires_at` count.
    pub expires_unit: TimeUnit,
    /// What was granted.
    pub scope: String,
    /// What stands between two granted scopes, if something else than what is sent.
    pub scope_separator: Option<String>,
    /// The error code.
    pub error: String,
    /// The error in words.
    pub error_description: String,
    /// What tells a success from a failure that is answered with 200. What it calls a success has no error.
    pub success: Option<SuccessCondition>,
    /// Error codes which mean that the grant is over, besides `invalid_grant`.
    pub dead: Vec<String>,
}

impl Default for ResponsePointers {
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
            dead: Vec::new(),
        }
    }
}

/// A unit of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeUnit {
    /// As the standard says.
    #[default]
    Seconds,
    /// 60 of them.
    Minutes,
    /// A thousandth of one.
    Milliseconds,
}

/// A condition on an answer: the value at `pointer` equals something, or is there at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuccessCondition {
    /// Where.
    pub pointer: String,
    /// What it must be; none: anything but null.
    pub equals: Option<serde_json::Value>,
    /// Says that anything will do.
    #[serde(default)]
    pub present: bool,
}

impl SuccessCondition {
    /// Whether an answer fulfils it.
    #[must_use]
    pub fn holds(&self, answer: &serde_json::Value) -> bool {
        let found = answer.pointer(&self.pointer);
        match &self.equals {
            Some(wanted) => found == Some(wanted),
            None => found.is_some_and(|value| !value.is_null()),
        }
    }
}
