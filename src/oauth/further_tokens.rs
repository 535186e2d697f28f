//! The further tokens of a provider's consent, in words and at their end.

use super::named_token::NamedToken;
use super::provider::Provider;

impl Provider {
    /// Returns the phrase for a scope of any token.
    #[must_use]
    pub fn scope_phrase(&self, scope: &str) -> Option<&String> {
        let further = self.tokens.values().map(|token| &token.scope_words);
        std::iter::once(&self.scope_words).chain(further).find_map(|words| words.get(scope))
    }

    /// Returns the phrases for the scopes of the further tokens.
    #[must_use]
    pub fn further_phrases(&self) -> Vec<String> {
        let phrase = |token: &NamedToken, scope| token.scope_words.get(scope).unwrap_or(scope).clone();
        self.tokens.values().flat_map(|it| it.scopes.iter().map(|scope| phrase(it, scope))).collect()
    }

    /// Reports whether only a further token has this scope.
    #[must_use]
    pub fn is_of_further_token(&self, scope: &String) -> bool {
        !self.scopes.contains(scope) && self.tokens.values().any(|token| token.scopes.contains(scope))
    }

    /// Reports whether a disconnection revokes this token; `None` is the first one.
    #[must_use]
    pub fn revokes(&self, token: Option<&str>) -> bool {
        self.revoke.as_ref().is_some_and(|revoke| match &revoke.only {
            Some(only) => token.is_some_and(|token| only.iter().any(|name| name == token)),
            None => true,
        })
    }
}
