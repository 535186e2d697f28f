//! The hub's OAuth client against providers: a certified one, one with every quirk that a description can name, and failing
//! ones.

mod certified_provider;
mod failures;
mod mutual_tls;
mod nonstandard;

use std::collections::BTreeMap;

use craft::clock::Timestamp;
use craft::egress::Egress;
use craft::oauth::{
    self, AuthorizationParams, CallbackParams, Client, Failure, Grant, Pkce, Provider, State, TemplateValues,
    authorization_url,
};
use craft::secret::Secret;
use time::macros::datetime;
use url::Url;

use crate::support::test_app::egress_allowing;

const NOW: Timestamp = datetime!(2026-11-26 08:00 UTC);

/// A hub's OAuth client with one provider.
struct Hub {
    egress: Egress,
    provider: Provider,
    client: Client,
    values: TemplateValues,
    state: State,
    pkce: Pkce,
    redirect: Url,
    now: Timestamp,
}

impl Hub {
    fn new(provider: Provider, client: Client) -> Self {
        Self {
            egress: egress_allowing(&["127.0.0.0/8"]),
            provider,
            client,
            values: TemplateValues::new(),
            state: State::new([7; 32]),
            pkce: Pkce::new([8; 32]),
            redirect: Url::parse("https://hub.example/oauth/callback").unwrap(),
            now: NOW,
        }
    }

    /// Returns the authorization URL.
    fn link(&self) -> Result<Url, Failure> {
        let asked = AuthorizationParams {
            client_id: &self.client.id,
            redirect: &self.redirect,
            scopes: &self.provider.scopes,
            state: &self.state,
            pkce: &self.pkce,
        };
        authorization_url(&self.provider, &self.values, asked)
    }

    /// Reads the parameters of a callback.
    fn read(&self, home: &Url) -> Result<CallbackParams, Failure> {
        let query = parameters(home);
        assert_eq!(query.get("state").map(String::as_str), Some(self.state.expose()), "{home}");
        CallbackParams::read(&self.provider, &query)
    }

    async fn exchange(&self, returned: &CallbackParams) -> Result<Grant, Failure> {
        let code = (returned, &self.pkce, &self.state, &self.redirect);
        oauth::exchange(&self.egress, &self.provider, &self.values, &self.client, code, self.now).await
    }

    async fn refresh(&self, token: &Secret) -> Result<Grant, Failure> {
        oauth::refresh(&self.egress, &self.provider, &self.values, &self.client, token, self.now).await
    }

    async fn revoke(&self, grant: &Grant) -> Result<bool, Failure> {
        let tokens = (&grant.access, grant.refresh.as_ref());
        oauth::revoke(&self.egress, &self.provider, &self.values, &self.client, tokens, self.now).await
    }
}

/// Returns the query of a URL; each name occurs once.
fn parameters(url: &Url) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in url.query_pairs() {
        assert!(found.insert(name.to_string(), value.to_string()).is_none(), "{name} is there twice: {url}");
    }
    found
}
