//! The description of a further token of one consent, such as the token of a user beside that of a bot.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pointers::TokenResponseFormat;

/// A further token in the answer to a code exchange. The pointers lead to its parts; an empty one leads nowhere. A refresh
/// answers with this token alone, in the usual places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedToken {
    /// The access token.
    pub access: String,
    /// The refresh token.
    #[serde(default)]
    pub refresh: String,
    /// The lifetime of the access token.
    #[serde(default)]
    pub expires_in: String,
    /// The granted scopes.
    #[serde(default)]
    pub scope: String,
    /// The scopes to request.
    pub scopes: Vec<String>,
    /// A phrase for each scope that says what it permits and begins with a verb.
    pub scope_words: BTreeMap<String, String>,
    /// The name of its scope parameter in the authorization request.
    pub scope_param: String,
}

impl NamedToken {
    /// Returns the pointers that are given.
    pub fn pointers(&self) -> impl Iterator<Item = &String> {
        [&self.access, &self.refresh, &self.expires_in, &self.scope].into_iter().filter(|pointer| !pointer.is_empty())
    }

    /// Returns the format of a token response that holds this token.
    pub(super) fn format(&self, first: &TokenResponseFormat) -> TokenResponseFormat {
        TokenResponseFormat {
            access: self.access.clone(),
            refresh: self.refresh.clone(),
            expires_in: self.expires_in.clone(),
            expires_at: None,
            scope: self.scope.clone(),
            ..first.clone()
        }
    }

    /// Describes what these scopes permit.
    #[must_use]
    pub fn in_words(&self, scopes: &[String]) -> String {
        let words = scopes.iter().map(|scope| self.scope_words.get(scope).unwrap_or(scope).as_str());
        words.collect::<Vec<_>>().join("; ")
    }
}
