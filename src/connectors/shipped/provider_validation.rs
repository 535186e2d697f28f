//! Validation of the provider in a REST service's description.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::{FileFault, Source};
use crate::oauth::{Provider, RevocationAuth, template_names};

/// Parameters that the hub sets for each request.
pub(super) const RESERVED_PARAMS: [&str; 9] = [
    "state",
    "code",
    "code_challenge",
    "code_verifier",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "access_token",
    "refresh_token",
];

impl Source<'_> {
    pub(super) fn check_provider(self, written: &Spanned<Provider>, known: &BTreeSet<String>) -> Result<(), FileFault> {
        let (at, provider) = (written.span().start, written.as_ref());
        let revoke = provider.revoke.as_ref();
        let refresh = provider.refresh.as_ref();
        let urls = [
            ("authorize_url", Some(&provider.authorize_url)),
            ("token_url", Some(&provider.token_url)),
            ("refresh.url", refresh.and_then(|it| it.url.as_ref())),
            ("revoke.url", revoke.map(|it| &it.url)),
        ];
        let own = BTreeSet::from(["client_id".to_owned()]);
        let in_revoke = known.union(&own).cloned().collect();
        for (field, url) in urls {
            if let Some(url) = url {
                let known = if field == "revoke.url" { &in_revoke } else { known };
                self.check_template(at, &format!("oauth.{field}"), url, known)?;
                self.check_host(at, field, url, provider)?;
            }
        }
        self.check_params(at, provider)?;
        self.check_client_auth(at, provider)?;
        self.check_further_tokens(at, provider)?;
        self.check_scope_words(at, "oauth", &provider.scopes, &provider.scope_words)?;
        if refresh.is_some_and(|it| !["GET", "POST"].contains(&it.method.as_str())) {
            return Err(self.fault(at, "“method” of [oauth.refresh] does not fit. Write GET or POST".to_owned()));
        }
        if revoke.is_some_and(|it| !["GET", "POST", "DELETE"].contains(&it.method.as_str())) {
            return Err(self.fault(at, "“method” of [oauth.revoke] does not fit. Write GET, POST or DELETE".to_owned()));
        }
        if revoke.is_some_and(|it| it.param.is_empty() && it.auth != RevocationAuth::Bearer) {
            let why = "“param” of [oauth.revoke] is empty, so only a bearer token says what to revoke. Write auth = \"bearer\"";
            return Err(self.fault(at, why.to_owned()));
        }
        if provider.idle_days.is_some_and(|days| !(1..=3_650).contains(&days)) {
            return Err(self.fault(at, "“idle_days” of [oauth] does not fit. Write a number from 1 to 3650".to_owned()));
        }
        let response = &provider.response;
        let named = [
            &response.access,
            &response.refresh,
            &response.expires_in,
            &response.scope,
            &response.error,
            &response.error_description,
        ];
        let others = response
            .expires_at
            .iter()
            .chain(response.success.iter().chain(revoke.and_then(|it| it.success.as_ref())).map(|it| &it.pointer))
            .chain(provider.capture.values());
        self.check_pointers(at, "oauth", named.into_iter().chain(others))
    }

    /// Checks that each requested scope has words, and no other has.
    pub(super) fn check_scope_words(
        self,
        at: usize,
        table: &str,
        scopes: &[String],
        words: &BTreeMap<String, String>,
    ) -> Result<(), FileFault> {
        if let Some(scope) = scopes.iter().find(|scope| !words.contains_key(*scope)) {
            return Err(self.fault(at, format!("[{table}.scope_words] does not say what “{scope}” lets the hub do")));
        }
        match words.keys().find(|scope| !scopes.contains(scope)) {
            Some(scope) => {
                Err(self
                    .fault(at, format!("[{table}.scope_words] explains “{scope}”, which “scopes” does not request")))
            }
            None => Ok(()),
        }
    }

    /// Checks that no host depends on the callback: an attacker could name the host, and receive the client secret.
    fn check_host(self, at: usize, field: &str, url: &str, provider: &Provider) -> Result<(), FileFault> {
        let start = url.find("://").map_or(0, |found| found + 3);
        let host = url[start..].find('/').map_or(url, |end| &url[..start + end]);
        match template_names(host).find(|name| provider.capture_callback.contains_key(*name)) {
            Some(name) => Err(self.fault(
                at,
                format!("“{name}” comes from the callback, so no host of “oauth.{field}” may depend on it"),
            )),
            None => Ok(()),
        }
    }

    /// Checks that a client with a private key never sends the key, as HTTP Basic would, and never omits its proof.
    fn check_client_auth(self, at: usize, provider: &Provider) -> Result<(), FileFault> {
        let auth = provider.client_auth;
        if !auth.has_key() {
            return Ok(());
        }
        let refuse = |line: &str| {
            let word = auth.stored_text();
            Err(self.fault(at, format!("“client_auth” is {word}, so {line} is not possible. Remove it")))
        };
        if provider.revoke.as_ref().is_some_and(|it| it.auth == RevocationAuth::Basic) {
            return refuse("“auth” of [oauth.revoke] as basic");
        }
        if provider.refresh.as_ref().is_some_and(|it| it.omits_client_secret) {
            return refuse("“public” of [oauth.refresh]");
        }
        Ok(())
    }

    /// Checks that no table sets a parameter that the hub sets.
    fn check_params(self, at: usize, provider: &Provider) -> Result<(), FileFault> {
        let refresh = provider.refresh.as_ref().map(|it| ("refresh.params", &it.params));
        let tables = [("authorize_params", &provider.authorize_params), ("token_params", &provider.token_params)];
        for (table, params) in tables.into_iter().chain(refresh) {
            if let Some(name) = params.keys().find(|name| RESERVED_PARAMS.contains(&name.as_str())) {
                return Err(self.fault(at, format!("The hub sets “{name}” itself. Remove it from [oauth.{table}]")));
            }
        }
        Ok(())
    }
}
