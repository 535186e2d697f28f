//! A REST service whose sign-in brings two tokens: that of a bot, and that of the user.
#![expect(clippy::disallowed_types, reason = "a service of a test answers bad requests as it likes")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post};
use craft::connectors::Shipped;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::listener::serve;

/// The connector's file.
const FILE: &str = "
    slug = 'moorings'
    name = 'Moorings'
    description = 'Berths and who lies there.'
    category = 'productivity'
    auth = 'oauth'
    transport = 'rest'
    base_url = 'https://moorings.example/api'
    docs = 'https://moorings.example/apps'

    [[field]]
    name = 'harbour'
    label = 'Harbour'
    kind = 'text'

    [oauth]
    authorize_url = 'https://moorings.example/authorize'
    token_url = 'https://moorings.example/token'
    scopes = ['berths:read']
    scope_words = { 'berths:read' = 'List the berths' }
    pkce = 'off'
    refresh = {}
    response = { success = { pointer = '/ok', equals = true } }
    revoke = { url = 'https://moorings.example/revoke', auth = 'bearer', token = 'access', param = '' }

    [oauth.tokens.user]
    access = '/authed_user/access_token'
    refresh = '/authed_user/refresh_token'
    expires_in = '/authed_user/expires_in'
    scope = '/authed_user/scope'
    scopes = ['status:write']
    scope_param = 'user_scope'
    scope_words = { 'status:write' = 'Set your status' }

    [account]
    url = 'https://moorings.example/api/me'
    id = '/id'
    label = '/name'
    token = 'user'

    [check]
    url = 'https://moorings.example/api/me'

    [[tool]]
    name = 'list_berths'
    title = 'List berths'
    description = 'Lists the berths.'
    effect = 'reads'
    request = { method = 'GET', path = '/berths' }
    answer = { list = '/berths', noun = ['berth', 'berths'], show = [{ label = 'Berth', at = '/name' }] }

    [[tool]]
    name = 'set_status'
    title = 'Set your status'
    description = 'Replaces your status.'
    effect = 'adds'
    token = 'user'
    request = { method = 'POST', path = '/status' }
    answer = { sentence = 'Your status is set by {/by}.' }
";

#[derive(Default)]
struct ServiceState {
    /// Answers of code exchanges lack the user's token.
    withholds_user: bool,
    /// Scopes that each sign-in requested: those of the bot, and those of the user.
    requested: Vec<(String, String)>,
    /// Kind of each refreshed token.
    refreshes: Vec<String>,
    /// Tokens that are valid.
    valid: Vec<String>,
    revoked: Vec<String>,
    issued: usize,
}

impl ServiceState {
    /// Issues an access token and a refresh token of this kind.
    fn issue(&mut self, kind: &str, seconds: u32, scope: &str) -> Value {
        self.issued += 1;
        let (access, refresh) = (format!("{kind}-at-{}", self.issued), format!("{kind}-rt-{}", self.issued));
        self.valid.extend([access.clone(), refresh.clone()]);
        json!({ "access_token": access, "refresh_token": refresh, "expires_in": seconds, "scope": scope })
    }

    fn is_valid(&self, token: &str) -> bool {
        self.valid.iter().any(|valid| valid == token)
    }
}

type Shared = Arc<Mutex<ServiceState>>;

/// The running service.
pub(crate) struct MooringsService {
    base: Url,
    state: Shared,
}

impl MooringsService {
    pub(crate) async fn start() -> Self {
        let state = Shared::default();
        let router = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/api/me", get(show_account))
            .route("/api/berths", get(list_berths))
            .route("/api/status", post(set_status))
            .with_state(state.clone());
        let address = serve(router).await;
        Self { base: Url::parse(&format!("http://{address}/")).unwrap(), state }
    }

    /// Returns its connector.
    pub(crate) fn shipped(&self) -> Shipped {
        let mut shipped = Shipped::parse("connectors/moorings.toml", FILE).unwrap();
        let descriptor = shipped.descriptor.as_mut().unwrap();
        let (oauth, account) = (descriptor.oauth.as_mut().unwrap(), descriptor.account.as_mut().unwrap());
        let revoke = &mut oauth.revoke.as_mut().unwrap().url;
        let urls =
            [&mut oauth.authorize_url, &mut oauth.token_url, revoke, &mut account.url, &mut descriptor.check.url];
        for url in urls.into_iter().chain([&mut descriptor.base_url]) {
            *url = url.replace("https://moorings.example/", self.base.as_str());
        }
        shipped
    }

    /// Grants no token of the user from now on, or grants it again.
    pub(crate) fn withhold_user_token(&self, withholds: bool) {
        self.state.lock().unwrap().withholds_user = withholds;
    }

    /// Ends all tokens whose names begin so.
    pub(crate) fn end_tokens(&self, beginning: &str) {
        self.state.lock().unwrap().valid.retain(|token| !token.starts_with(beginning));
    }

    /// Returns the scopes that each sign-in requested: those of the bot, and those of the user.
    pub(crate) fn requested(&self) -> Vec<(String, String)> {
        self.state.lock().unwrap().requested.clone()
    }

    /// Returns the kind of each refreshed token, in the order of the alphabet.
    pub(crate) fn refreshes(&self) -> Vec<String> {
        let mut refreshes = self.state.lock().unwrap().refreshes.clone();
        refreshes.sort();
        refreshes
    }

    pub(crate) fn revoked(&self) -> Vec<String> {
        self.state.lock().unwrap().revoked.clone()
    }
}

#[derive(Deserialize)]
struct AuthorizeParams {
    redirect_uri: String,
    state: String,
    scope: String,
    user_scope: String,
}

async fn authorize(State(state): State<Shared>, Query(params): Query<AuthorizeParams>) -> Redirect {
    state.lock().unwrap().requested.push((params.scope, params.user_scope));
    let mut callback = Url::parse(&params.redirect_uri).unwrap();
    callback.query_pairs_mut().append_pair("code", "c0de").append_pair("state", &params.state);
    Redirect::to(callback.as_str())
}

#[derive(Deserialize)]
struct TokenRequest {
    #[serde(default)]
    refresh_token: String,
}

/// Exchanges a code for both tokens, or one refresh token for a new pair. A refresh token works once.
async fn token(State(state): State<Shared>, Form(request): Form<TokenRequest>) -> Response {
    let mut state = state.lock().unwrap();
    if request.refresh_token.is_empty() {
        let mut answer = state.issue("bot", 3_600, "berths:read");
        answer["authed_user"] =
            if state.withholds_user { json!({ "id": "u1" }) } else { state.issue("user", 3_600, "status:write") };
        answer["ok"] = json!(true);
        return Json(answer).into_response();
    }
    if !state.is_valid(&request.refresh_token) {
        return Json(json!({ "ok": false, "error": "invalid_grant" })).into_response();
    }
    let kind = request.refresh_token.split('-').next().unwrap().to_owned();
    state.valid.retain(|token| !token.starts_with(&format!("{kind}-")));
    state.refreshes.push(kind.clone());
    let scope = if kind == "bot" { "berths:read" } else { "status:write" };
    let mut answer = state.issue(&kind, 3_600, scope);
    answer["ok"] = json!(true);
    Json(answer).into_response()
}

/// Returns the valid token of this kind that a request presents.
fn presented(state: &Shared, headers: &HeaderMap, kind: &str) -> Option<String> {
    let token = headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")?;
    (token.starts_with(kind) && state.lock().unwrap().is_valid(token)).then(|| token.to_owned())
}

async fn revoke(State(state): State<Shared>, headers: HeaderMap) -> StatusCode {
    let Some(token) = presented(&state, &headers, "") else { return StatusCode::UNAUTHORIZED };
    let mut state = state.lock().unwrap();
    state.valid.retain(|valid| *valid != token);
    state.revoked.push(token);
    StatusCode::OK
}

async fn show_account(State(state): State<Shared>, headers: HeaderMap) -> Response {
    match presented(&state, &headers, "") {
        Some(token) if token.starts_with("bot") => Json(json!({ "id": "b1", "name": "the bot" })).into_response(),
        Some(_) => Json(json!({ "id": "u1", "name": "alice" })).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// Repeats the credential, as some services do.
async fn list_berths(State(state): State<Shared>, headers: HeaderMap) -> Response {
    match presented(&state, &headers, "bot") {
        Some(token) => Json(json!({ "berths": [{ "name": "North 7" }], "presented": token })).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

async fn set_status(State(state): State<Shared>, headers: HeaderMap) -> Response {
    match presented(&state, &headers, "user") {
        Some(token) => Json(json!({ "by": "the user", "presented": token })).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}
