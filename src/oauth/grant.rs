//! A grant: the tokens that a provider issued, and when to refresh them.

use std::collections::BTreeMap;
use std::time::Duration;

use oauth2::TokenResponse as _;

use super::http_adapter::{FurtherToken, TokenResponse};
use super::provider::Provider;
use super::template::TemplateValues;
use crate::clock::Timestamp;
use crate::secret::Secret;

/// The tokens of a successful token response.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The access token.
    pub access: Secret,
    /// The refresh token; `None` if the former one, if any, remains valid.
    pub refresh: Option<Secret>,
    /// Expiry of the access token, if known.
    pub expires_at: Option<Timestamp>,
    /// The granted scopes; `None` if they are those that were requested.
    pub scopes: Option<Vec<String>>,
    /// Values that the provider description captures from the response.
    pub captured: TemplateValues,
    /// Further tokens of the consent, by name. An answer to a refresh has none.
    pub tokens: BTreeMap<String, GrantedToken>,
}

/// A further token of a consent.
#[derive(Clone, Debug)]
pub struct GrantedToken {
    /// The access token.
    pub access: Secret,
    /// The refresh token, if the token can be refreshed.
    pub refresh: Option<Secret>,
    /// Expiry of the access token, if known.
    pub expires_at: Option<Timestamp>,
    /// The granted scopes; `None` if they are those that were requested.
    pub scopes: Option<Vec<String>>,
}

impl Grant {
    /// Converts the crate's token response.
    pub(super) fn from_response(response: &TokenResponse, now: Timestamp) -> Self {
        let extra = response.extra_fields();
        Self {
            access: Secret::new(response.access_token().secret()),
            refresh: response.refresh_token().map(|token| Secret::new(token.secret())),
            expires_at: response.expires_in().map(|lifetime| now + lifetime),
            scopes: extra.granted.clone(),
            captured: extra.captured.clone(),
            tokens: extra.tokens.iter().map(|(name, token)| (name.clone(), GrantedToken::new(token, now))).collect(),
        }
    }

    /// Returns when to refresh the access token: the provider's `skew` or a fifth of its lifetime before it expires,
    /// whichever is earlier, but not before half its lifetime has passed; and before the refresh token expires unused.
    #[must_use]
    pub fn refresh_at(&self, provider: &Provider, now: Timestamp) -> Option<Timestamp> {
        refresh_at(self.expires_at, provider, now)
    }
}

impl GrantedToken {
    fn new(token: &FurtherToken, now: Timestamp) -> Self {
        Self {
            access: Secret::new(token.access_token.secret()),
            refresh: token.refresh_token.as_ref().map(|token| Secret::new(token.secret())),
            expires_at: token.expires_in.map(|seconds| now + Duration::from_secs(seconds)),
            scopes: token.granted.clone(),
        }
    }

    /// Returns when to refresh the access token; see [`Grant::refresh_at`].
    #[must_use]
    pub fn refresh_at(&self, provider: &Provider, now: Timestamp) -> Option<Timestamp> {
        self.refresh.as_ref().and_then(|_| refresh_at(self.expires_at, provider, now))
    }
}

fn refresh_at(expires_at: Option<Timestamp>, provider: &Provider, now: Timestamp) -> Option<Timestamp> {
    let before_expiry = expires_at.map(|expiry| {
        let lifetime = expiry - now;
        expiry - time::Duration::seconds(provider.skew.into()).max(lifetime / 5).min(lifetime / 2)
    });
    let before_idle_expiry = provider.idle_days.map(|days| now + time::Duration::days(days.into()) / 2);
    before_expiry.into_iter().chain(before_idle_expiry).min()
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Grant, Provider, Secret, TemplateValues};
    use time::Duration;
    use time::macros::datetime;

    #[test]
    fn a_grant_is_refreshed_before_either_token_expires() {
        let now = datetime!(2026-11-24 08:00 UTC);
        let urls = "authorize_url = 'https://as.example/a'\ntoken_url = 'https://as.example/t'\n";
        let refreshed_after = |lines: &str, lifetime: Option<Duration>| {
            let provider: Provider = toml::from_str(&format!("{urls}{lines}")).unwrap();
            let grant = Grant {
                access: Secret::new("a"),
                refresh: Some(Secret::new("r")),
                expires_at: lifetime.map(|lifetime| now + lifetime),
                scopes: None,
                captured: TemplateValues::default(),
                tokens: BTreeMap::default(),
            };
            grant.refresh_at(&provider, now).map(|at| at - now)
        };
        assert_eq!(refreshed_after("", Some(Duration::HOUR)), Some(Duration::minutes(48)), "a fifth of its lifetime");
        assert_eq!(refreshed_after("", Some(Duration::minutes(6))), Some(Duration::minutes(3)), "at most half of it");
        assert_eq!(refreshed_after("skew = 1200", Some(Duration::HOUR)), Some(Duration::minutes(40)));
        assert_eq!(refreshed_after("idle_days = 90", Some(Duration::HOUR)), Some(Duration::minutes(48)));
        assert_eq!(refreshed_after("idle_days = 90", None), Some(Duration::days(45)));
        assert_eq!(refreshed_after("", None), None);
    }
}
