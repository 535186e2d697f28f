//! A provider that accepts exactly the requests of its rules, and refuses all others with the parameter that differs.

mod rules;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use craft::oauth::Client;
use craft::secret::Secret;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::json;
use sha2::{Digest, Sha256};

pub(crate) use self::rules::{Answer, Encoding, Endpoint, Pairs, Proof, ProviderRules, Tokens};
use super::listener::serve;

/// The id of the client that the provider accepts.
pub(crate) const CLIENT: &str = "hub id";
/// The secret of that client.
pub(crate) const SECRET: &str = "s3/cret+odd :";
const CALLBACK: &str = "https://hub.example/oauth/callback";

#[derive(Default)]
struct Progress {
    /// The `state` parameter of the last authorization request.
    oauth_state: String,
    challenge: Option<String>,
    tokens: Tokens,
    is_revoked: bool,
}

/// A running provider.
#[derive(Clone)]
pub(crate) struct StrictProvider {
    pub(crate) address: SocketAddr,
    rules: ProviderRules,
    progress: Arc<Mutex<Progress>>,
}

/// A request to any path.
struct ProviderRequest {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl StrictProvider {
    #[expect(clippy::large_types_passed_by_value, reason = "a literal is written at each call")]
    pub(crate) async fn start(rules: ProviderRules) -> Self {
        let mut this = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), rules, progress: Arc::default() };
        this.address = serve(this.router()).await;
        this
    }

    /// Returns its routes, for another listener.
    pub(crate) fn router(&self) -> Router {
        let provider = self.clone();
        let reply = move |method, uri, headers, body| async move {
            provider.reply(&ProviderRequest { method, uri, headers, body }).unwrap_or_else(|difference| {
                let body = json!({ "error": "invalid_request", "error_description": difference });
                (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
            })
        };
        Router::new().fallback(reply)
    }

    /// Returns the client that the provider accepts.
    pub(crate) fn client() -> Client {
        Client { id: CLIENT.to_owned(), secret: Some(Secret::new(SECRET)) }
    }

    /// Returns the tokens that the provider issued last.
    pub(crate) fn last_tokens(&self) -> Tokens {
        self.progress().tokens.clone()
    }

    /// Returns true if a refresh presents the access token.
    pub(crate) fn refreshes_by_access_token(&self) -> bool {
        self.rules.refresh.token.1
    }

    pub(crate) fn is_revoked(&self) -> bool {
        self.progress().is_revoked
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap()
    }

    fn reply(&self, request: &ProviderRequest) -> Result<Response, String> {
        let rules = &self.rules;
        let path = request.uri.path();
        if path == rules.authorize_path {
            return self.authorize(request);
        }
        let is_first = self.last_tokens().count == 0;
        match path {
            _ if path == rules.refresh.path && !is_first => self.refresh(request),
            _ if path == rules.exchange.path && is_first => self.exchange(request),
            _ if path == rules.revocation.path => self.revoke(request),
            _ => Err(format!("there is no endpoint at {path}")),
        }
    }

    fn authorize(&self, request: &ProviderRequest) -> Result<Response, String> {
        let rules = &self.rules;
        let mut sent = parse_pairs(request.uri.query().unwrap_or_default().as_bytes())?;
        let oauth_state = sent.get("state").cloned().ok_or("there is no state")?;
        let mut progress = self.progress();
        progress.challenge = if rules.uses_pkce { sent.remove("code_challenge") } else { None };
        progress.oauth_state.clone_from(&oauth_state);
        let standard = [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", CALLBACK),
            rules.scope,
            ("state", &oauth_state),
        ];
        let mut expected = with_changes(&standard, rules.authorize_parameters);
        if rules.uses_pkce {
            expected.insert("code_challenge_method".to_owned(), "S256".to_owned());
        }
        compare(&self.renamed(expected), &sent)?;
        let (code, further) = rules.callback;
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(code, "c0de/1")
            .append_pair("state", &oauth_state)
            .extend_pairs(further)
            .finish();
        Ok(Redirect::to(&format!("{CALLBACK}?{query}")).into_response())
    }

    fn exchange(&self, request: &ProviderRequest) -> Result<Response, String> {
        let rules = &self.rules;
        let mut sent = self.parameters(request, &rules.exchange)?;
        let mut progress = self.progress();
        let standard = [("grant_type", "authorization_code"), ("code", "c0de/1"), ("redirect_uri", CALLBACK)];
        let mut expected = with_changes(&standard, rules.exchange_parameters);
        if rules.requires_state {
            expected.insert("state".to_owned(), progress.oauth_state.clone());
        }
        if let Some(challenge) = &progress.challenge {
            let verifier = sent.remove("code_verifier").ok_or("there is no verifier")?;
            let is_right = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge;
            is_right.then_some(()).ok_or("the verifier does not match the challenge")?;
        }
        compare(&self.with_proof(expected, &rules.exchange), &sent)?;
        progress.tokens = Tokens::after(&progress.tokens);
        Ok((rules.token_answer)(&progress.tokens).into_response())
    }

    fn refresh(&self, request: &ProviderRequest) -> Result<Response, String> {
        let rules = &self.rules;
        let mut sent = self.parameters(request, &rules.refresh)?;
        let mut progress = self.progress();
        if !rules.rotates && !rules.refresh.token.1 {
            // each refresh token that was issued stays valid
            let name = self.name(rules.refresh.token.0).to_owned();
            let is_issued = sent.get(&name).is_some_and(|token| token.starts_with("r3fresh-"));
            is_issued.then(|| sent.insert(name, progress.tokens.refresh.clone())).ok_or("there is no refresh token")?;
        }
        compare(&self.with_token(&rules.refresh, &progress.tokens), &sent)?;
        progress.tokens = Tokens::after(&progress.tokens);
        Ok((rules.token_answer)(&progress.tokens).into_response())
    }

    fn revoke(&self, request: &ProviderRequest) -> Result<Response, String> {
        let sent = self.parameters(request, &self.rules.revocation)?;
        let mut progress = self.progress();
        compare(&self.with_token(&self.rules.revocation, &progress.tokens), &sent)?;
        progress.is_revoked = true;
        Ok((self.rules.revocation_answer)().into_response())
    }

    /// Returns the parameters of a request, if they are in the place that the endpoint requires and in no other.
    fn parameters(&self, request: &ProviderRequest, endpoint: &Endpoint) -> Result<BTreeMap<String, String>, String> {
        if request.method != endpoint.method {
            return Err(format!("the method is {}, not {}", request.method, endpoint.method));
        }
        for (name, value) in self.rules.headers {
            if request.headers.get(*name).is_none_or(|found| found != value) {
                return Err(format!("the header {name} is not {value}"));
            }
        }
        let expected = match endpoint.proof {
            Proof::Basic(pair) => Some(format!("Basic {}", BASE64_STANDARD.encode(pair))),
            Proof::Bearer => Some(format!("Bearer {}", self.last_tokens().access)),
            Proof::Post | Proof::Public => None,
        };
        let found = request.headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
        if found != expected {
            return Err(format!("Authorization is {found:?}, not {expected:?}"));
        }
        let content_type = request.headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap());
        let query = request.uri.query();
        match (endpoint.encoding, content_type, query) {
            (Encoding::Form, Some("application/x-www-form-urlencoded"), None) => parse_pairs(&request.body),
            (Encoding::Json, Some("application/json"), None) => {
                serde_json::from_slice(&request.body).map_err(|error| error.to_string())
            }
            (Encoding::Query, None, Some(query)) if request.body.is_empty() => parse_pairs(query.as_bytes()),
            (Encoding::Nothing, None, None) if request.body.is_empty() => Ok(BTreeMap::new()),
            _ => Err(format!("the parameters are in the wrong place ({content_type:?}, {query:?})")),
        }
    }

    fn with_token(&self, endpoint: &Endpoint, tokens: &Tokens) -> BTreeMap<String, String> {
        let mut expected = with_changes(endpoint.parameters, &[]);
        let (name, is_access) = endpoint.token;
        expected.insert(name.to_owned(), if is_access { tokens.access.clone() } else { tokens.refresh.clone() });
        expected.remove("");
        self.with_proof(expected, endpoint)
    }

    fn with_proof(&self, mut expected: BTreeMap<String, String>, endpoint: &Endpoint) -> BTreeMap<String, String> {
        if matches!(endpoint.proof, Proof::Post | Proof::Public) {
            expected.insert("client_id".to_owned(), CLIENT.to_owned());
        }
        if endpoint.proof == Proof::Post {
            expected.insert("client_secret".to_owned(), SECRET.to_owned());
        }
        self.renamed(expected)
    }

    fn renamed(&self, parameters: BTreeMap<String, String>) -> BTreeMap<String, String> {
        parameters.into_iter().map(|(name, value)| (self.name(&name).to_owned(), value)).collect()
    }

    fn name<'a>(&self, standard: &'a str) -> &'a str {
        self.rules.names.iter().find(|(name, _)| *name == standard).map_or(standard, |(_, own)| own)
    }
}

/// Adds and replaces parameters; the value `-` removes one.
fn with_changes(standard: &[(&str, &str)], changes: Pairs) -> BTreeMap<String, String> {
    let all = standard.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut parameters: BTreeMap<_, _> = all.collect();
    parameters.retain(|_, value| value != "-");
    parameters
}

fn parse_pairs(form: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(form) {
        if found.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(format!("{name} is there twice"));
        }
    }
    Ok(found)
}

fn compare(expected: &BTreeMap<String, String>, sent: &BTreeMap<String, String>) -> Result<(), String> {
    let difference = expected.keys().chain(sent.keys()).find(|name| expected.get(*name) != sent.get(*name));
    match difference {
        Some(name) => Err(format!("{name} is {:?}, not {:?}", sent.get(name), expected.get(name))),
        None => Ok(()),
    }
}
