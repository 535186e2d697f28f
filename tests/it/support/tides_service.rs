//! A REST service that accepts an API key or an access token of its own OAuth provider.
#![expect(clippy::disallowed_types, reason = "a service of a test answers bad requests as it likes")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{AppendHeaders, IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post};
use craft::connectors::Shipped;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use url::Url;

use super::listener::serve;
use super::tides_connectors;

/// The key of the account `alice`.
pub(crate) const KEY: &str = "tk_7c1f";
/// The key of the account `bob`.
pub(crate) const OTHERS_KEY: &str = "tk_0ther";
/// The token of the bot.
pub(crate) const BOT_TOKEN: &str = "bt_5e1f09";
/// The id and the secret of the client that the provider accepts from the start.
pub(crate) const CLIENT: (&str, &str) = ("hub-at-tides", "s3cret-of-the-hub");

#[derive(Default)]
struct ServiceState {
    /// The account that consents.
    account: String,
    /// The account request is answered with 403.
    hides_account: bool,
    /// The requests to the token endpoint: grant type and client.
    token_requests: Vec<String>,
    revoked_tokens: Vec<String>,
    clients: Vec<(String, String)>,
    account_requests: usize,
    stations: Vec<Value>,
    /// The answer to account requests: a status, and the seconds of `Retry-After`.
    failing: Option<(StatusCode, Option<u64>)>,
    gate: Option<Gate>,
}

/// Holds an account request, which is answered with 401 once it is released.
struct Gate {
    arrived: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
}

type Shared = Arc<Mutex<ServiceState>>;

/// The running service.
pub(crate) struct TidesService {
    base: Url,
    state: Shared,
}

impl TidesService {
    pub(crate) async fn start() -> Self {
        let clients = vec![(CLIENT.0.to_owned(), CLIENT.1.to_owned())];
        let state = ServiceState { account: "alice".to_owned(), clients, ..ServiceState::default() };
        let state = Arc::new(Mutex::new(state));
        let router = Router::new()
            .route("/{harbour}/me", get(show_account))
            .route("/stations", get(list_stations))
            .route("/levels/{slug}", get(list_levels))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .with_state(state.clone());
        let address = serve(router).await;
        Self { base: Url::parse(&format!("http://{address}/")).unwrap(), state }
    }

    /// Consents as this account from now on.
    pub(crate) fn set_account(&self, account: &str) {
        account.clone_into(&mut self.state.lock().unwrap().account);
    }

    /// Answers account requests with 403 from now on.
    pub(crate) fn hide_account(&self) {
        self.state.lock().unwrap().hides_account = true;
    }

    /// Accepts another client too.
    pub(crate) fn add_client(&self, id: &str, secret: &str) {
        self.state.lock().unwrap().clients.push((id.to_owned(), secret.to_owned()));
    }

    /// Returns the number of account requests so far.
    pub(crate) fn account_requests(&self) -> usize {
        self.state.lock().unwrap().account_requests
    }

    /// Answers account requests with this status and `Retry-After` from now on; `None` ends that.
    pub(crate) fn fail_with(&self, failing: Option<(u16, Option<u64>)>) {
        let failing = failing.map(|(status, after)| (StatusCode::from_u16(status).unwrap(), after));
        self.state.lock().unwrap().failing = failing;
    }

    /// Holds the next account request, then refuses it. Returns a receiver that learns of its arrival, and a sender that
    /// releases it.
    pub(crate) fn hold_next_account_request(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((arrived, arrival), (release, released)) = (oneshot::channel(), oneshot::channel());
        self.state.lock().unwrap().gate = Some(Gate { arrived, released });
        (arrival, release)
    }

    /// Returns the requests to the token endpoint so far, each as `grant_type of client`.
    pub(crate) fn token_requests(&self) -> Vec<String> {
        self.state.lock().unwrap().token_requests.clone()
    }

    /// Returns the tokens that were revoked so far.
    pub(crate) fn revoked_tokens(&self) -> Vec<String> {
        self.state.lock().unwrap().revoked_tokens.clone()
    }

    /// Lists these stations from now on: id, name and address of each.
    pub(crate) fn set_stations(&self, stations: &[(&str, &str, &str)]) {
        let station = |&(id, name, address): &(&str, &str, &str)| json!({ "id": id, "name": name, "address": address, "scopes": ["water:read"] });
        self.state.lock().unwrap().stations = stations.iter().map(station).collect();
    }

    /// Returns its connector `lighthouses`, whose users enter an application of theirs.
    pub(crate) fn lighthouses(&self) -> Shipped {
        tides_connectors::lighthouses(&self.base)
    }

    /// Accepts this client no more.
    pub(crate) fn remove_client(&self, id: &str) {
        self.state.lock().unwrap().clients.retain(|client| client.0 != id);
    }

    /// Returns its connector `beacons`, with a tool that presents the token of the bot.
    pub(crate) fn beacons(&self) -> Shipped {
        tides_connectors::beacons(&self.base)
    }

    /// Returns its connector `stations`, whose sign-in ends with the choice of a station.
    pub(crate) fn stations(&self) -> Shipped {
        tides_connectors::stations(&self.base)
    }

    /// Returns its connectors: `tides`, with a key, and `harbours`, with a sign-in.
    pub(crate) fn shipped(&self) -> [Shipped; 2] {
        tides_connectors::connectors(&self.base)
    }
}

async fn show_account(State(state): State<Shared>, Path(harbour): Path<String>, headers: HeaderMap) -> Response {
    let gate = {
        let mut state = state.lock().unwrap();
        state.account_requests += 1;
        state.gate.take()
    };
    if let Some(Gate { arrived, released }) = gate {
        arrived.send(()).unwrap();
        released.await.unwrap();
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if let Some((status, after)) = state.lock().unwrap().failing {
        let after = after.map(|seconds| ("retry-after", seconds.to_string()));
        return (status, AppendHeaders(after)).into_response();
    }
    if state.lock().unwrap().hides_account {
        return StatusCode::FORBIDDEN.into_response();
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let account = match (text("x-tides-key"), text("authorization")) {
        (KEY, _) => "alice",
        (OTHERS_KEY, _) => "bob",
        (token, _) if token.starts_with("at-client-") => "client",
        (_, bearer) => match bearer.strip_prefix("Bearer at-").and_then(|rest| rest.split('-').next()) {
            Some(account) => account,
            None => return StatusCode::UNAUTHORIZED.into_response(),
        },
    };
    Json(json!({ "id": format!("id-of-{account}"), "name": format!("{account} of {harbour}") })).into_response()
}

/// Repeats the credential, as some services do in their errors.
async fn list_levels(Path(slug): Path<String>, headers: HeaderMap) -> Response {
    let credential = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if credential != format!("Bot {BOT_TOKEN}") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(json!({ "levels": [{ "place": slug }], "presented": credential })).into_response()
}

async fn list_stations(State(state): State<Shared>, headers: HeaderMap) -> Response {
    let bearer = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !bearer.starts_with("Bearer at-") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(json!({ "stations": state.lock().unwrap().stations })).into_response()
}

#[derive(Deserialize)]
struct AuthorizeParams {
    client_id: String,
    redirect_uri: String,
    state: String,
    code_challenge: String,
}

async fn authorize(State(state): State<Shared>, Query(params): Query<AuthorizeParams>) -> Response {
    let state = state.lock().unwrap();
    if !state.clients.iter().any(|(id, _)| *id == params.client_id) || params.code_challenge.len() != 43 {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let mut callback = Url::parse(&params.redirect_uri).unwrap();
    let code = format!("code-{}", state.account);
    callback.query_pairs_mut().append_pair("code", &code).append_pair("state", &params.state);
    Redirect::to(callback.as_str()).into_response()
}

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    refresh_token: String,
}

/// Returns the id of the client in the `Authorization` header, if its secret is right.
fn authenticated_client(state: &ServiceState, headers: &HeaderMap) -> Option<String> {
    use base64::Engine as _;
    let value = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(base64::prelude::BASE64_STANDARD.decode(value).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    state.clients.iter().any(|client| client.0 == id && client.1 == secret).then(|| id.to_owned())
}

async fn token(State(state): State<Shared>, headers: HeaderMap, Form(request): Form<TokenRequest>) -> Response {
    let mut state = state.lock().unwrap();
    let error_answer = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let Some(client) = authenticated_client(&state, &headers) else { return error_answer("invalid_client") };
    let nth = state.token_requests.len();
    state.token_requests.push(format!("{} of {client}", request.grant_type));
    // a grant belongs to the client that requested it
    let account = match request.grant_type.as_str() {
        "authorization_code" => request.code.strip_prefix("code-").map(str::to_owned),
        "client_credentials" => Some("client".to_owned()),
        _ => request
            .refresh_token
            .strip_prefix("rt-")
            .and_then(|rest| rest.strip_suffix(&format!("-{client}")))
            .and_then(|rest| rest.split('-').next().map(str::to_owned)),
    };
    let Some(account) = account else { return error_answer("invalid_grant") };
    Json(json!({
        "access_token": format!("at-{account}-{nth}"),
        "refresh_token": format!("rt-{account}-{nth}-{client}"),
        "expires_in": 3600,
        "scope": "water:read",
        "station": "north",
    }))
    .into_response()
}

#[derive(Deserialize)]
struct RevocationRequest {
    token: String,
}

async fn revoke(State(state): State<Shared>, headers: HeaderMap, Form(request): Form<RevocationRequest>) -> StatusCode {
    let mut state = state.lock().unwrap();
    if authenticated_client(&state, &headers).is_none() {
        return StatusCode::UNAUTHORIZED;
    }
    state.revoked_tokens.push(request.token);
    StatusCode::OK
}
