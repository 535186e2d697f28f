//! A REST service that is reached by a key or by signing in, with a provider of its own: strict about who asks.
#![expect(clippy::disallowed_types, reason = "a service of a test answers bad requests as it likes")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{AppendHeaders, IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post};
use craft::connectors::{Descriptor, Shipped};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;
use url::Url;

use super::listener::serve;

/// The key that is good.
pub(crate) const KEY: &str = "tk_7c1f";
/// That of another account.
pub(crate) const OTHERS_KEY: &str = "tk_0ther";
/// The application that the provider knows.
pub(crate) const CLIENT: (&str, &str) = ("hub-at-tides", "s3cret-of-the-hub");

#[derive(Default)]
struct Said {
    /// Who consents.
    account: String,
    /// Does not say whose account it is.
    is_silent: bool,
    /// What is asked of the token endpoint: grant type and client.
    tokens: Vec<String>,
    revoked: Vec<String>,
    clients: Vec<(String, String)>,
    /// How often somebody asked whose account it is.
    looks: usize,
    /// What is answered to that: a status, and when to come back.
    failing: Option<(StatusCode, Option<u64>)>,
    held: Option<Holding>,
}

/// A look that is answered with 401 as soon as it is let go.
struct Holding {
    has_come: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
}

type Shared = Arc<Mutex<Said>>;

pub(crate) struct Tides {
    at: Url,
    said: Shared,
}

impl Tides {
    pub(crate) async fn start() -> Self {
        let said = Shared::default();
        {
            let mut said = said.lock().unwrap();
            "alice".clone_into(&mut said.account);
            said.clients.push((CLIENT.0.to_owned(), CLIENT.1.to_owned()));
        }
        let router = Router::new()
            .route("/{harbour}/me", get(me))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .with_state(said.clone());
        let address = serve(router).await;
        Self { at: Url::parse(&format!("http://{address}/")).unwrap(), said }
    }

    /// Consents as somebody else from now on.
    pub(crate) fn sign_in_as(&self, account: &str) {
        account.clone_into(&mut self.said.lock().unwrap().account);
    }

    /// Says no more whose account it is.
    pub(crate) fn fall_silent(&self) {
        self.said.lock().unwrap().is_silent = true;
    }

    /// Knows another application too.
    pub(crate) fn know(&self, id: &str, secret: &str) {
        self.said.lock().unwrap().clients.push((id.to_owned(), secret.to_owned()));
    }

    pub(crate) fn looks(&self) -> usize {
        self.said.lock().unwrap().looks
    }

    /// Answers looks with this status from now on, and when to come back; none: as it should.
    pub(crate) fn fail(&self, failing: Option<(u16, Option<u64>)>) {
        let failing = failing.map(|(status, after)| (StatusCode::from_u16(status).unwrap(), after));
        self.said.lock().unwrap().failing = failing;
    }

    /// Refuses the next look, but only once it is let go: tells when it has come.
    pub(crate) fn hold_next(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((has_come, coming), (going, go)) = (oneshot::channel(), oneshot::channel());
        self.said.lock().unwrap().held = Some(Holding { has_come, go });
        (coming, going)
    }

    pub(crate) fn asked_for_tokens(&self) -> Vec<String> {
        self.said.lock().unwrap().tokens.clone()
    }

    pub(crate) fn revoked(&self) -> Vec<String> {
        self.said.lock().unwrap().revoked.clone()
    }

    /// Both of its connectors: `tides`, with a key, and `harbours`, with a sign-in.
    pub(crate) fn shipped(&self) -> [Shipped; 2] {
        let key = "
            [[field]]
            name = 'harbour'
            label = 'Harbour'
            example = 'dover'
            kind = 'text'
            [[field]]
            name = 'api_key'
            label = 'Key'
            kind = 'secret'
            [key]
            style = 'header'
            name = 'X-Tides-Key'
            field = 'api_key'
        ";
        let sign_in = "
            [[field]]
            name = 'harbour'
            label = 'Harbour'
            kind = 'text'
            [oauth]
            authorize_url = 'https://tides.example/authorize'
            token_url = 'https://tides.example/token'
            scopes = ['water:read']
            scope_words = { 'water:read' = 'Read the water levels' }
            client_auth = 'basic'
            refresh = {}
            revoke = { url = 'https://tides.example/revoke' }
            capture = { station = '/station' }
        ";
        [self.file("tides", "Tides", "token", key), self.file("harbours", "Harbours", "oauth", sign_in)]
    }

    fn file(&self, slug: &str, name: &str, auth: &str, tables: &str) -> Shipped {
        let text = format!(
            "
            slug = '{slug}'
            name = '{name}'
            description = 'High and low water.'
            category = 'productivity'
            auth = '{auth}'
            transport = 'rest'
            base_url = 'https://tides.example'
            docs = 'https://tides.example/keys'
            {tables}
            [account]
            url = 'https://tides.example/{{harbour}}/me'
            id = '/id'
            label = '/name'
            [check]
            url = 'https://tides.example/{{harbour}}/me'
            "
        );
        let mut shipped = Shipped::parse(&format!("connectors/{slug}.toml"), &text).unwrap();
        self.move_here(shipped.descriptor.as_mut().unwrap());
        shipped
    }

    /// A file may name no address that is not https; this service has none.
    fn move_here(&self, descriptor: &mut Descriptor) {
        let here = |url: &mut String| *url = url.replace("https://tides.example/", self.at.as_str());
        here(&mut descriptor.check.url);
        descriptor.account.iter_mut().for_each(|it| here(&mut it.url));
        if let Some(oauth) = &mut descriptor.oauth {
            here(&mut oauth.authorize_url);
            here(&mut oauth.token_url);
            oauth.revoke.iter_mut().for_each(|it| here(&mut it.url));
        }
    }
}

async fn me(State(said): State<Shared>, Path(harbour): Path<String>, headers: HeaderMap) -> Response {
    let held = {
        let mut said = said.lock().unwrap();
        said.looks += 1;
        said.held.take()
    };
    if let Some(Holding { has_come, go }) = held {
        has_come.send(()).unwrap();
        go.await.unwrap();
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if let Some((status, after)) = said.lock().unwrap().failing {
        let after = after.map(|seconds| ("retry-after", seconds.to_string()));
        return (status, AppendHeaders(after)).into_response();
    }
    if said.lock().unwrap().is_silent {
        return StatusCode::FORBIDDEN.into_response();
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let account = match (text("x-tides-key"), text("authorization")) {
        (KEY, _) => "alice",
        (OTHERS_KEY, _) => "bob",
        (_, bearer) => match bearer.strip_prefix("Bearer at-").and_then(|rest| rest.split('-').next()) {
            Some(account) => account,
            None => return StatusCode::UNAUTHORIZED.into_response(),
        },
    };
    Json(json!({ "id": format!("id-of-{account}"), "name": format!("{account} of {harbour}") })).into_response()
}

#[derive(Deserialize)]
struct Asked {
    client_id: String,
    redirect_uri: String,
    state: String,
    code_challenge: String,
}

async fn authorize(State(said): State<Shared>, Query(asked): Query<Asked>) -> Response {
    let said = said.lock().unwrap();
    if !said.clients.iter().any(|(id, _)| *id == asked.client_id) || asked.code_challenge.len() != 43 {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let mut home = Url::parse(&asked.redirect_uri).unwrap();
    home.query_pairs_mut().append_pair("code", &format!("code-{}", said.account)).append_pair("state", &asked.state);
    Redirect::to(home.as_str()).into_response()
}

#[derive(Deserialize)]
struct Exchange {
    grant_type: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    refresh_token: String,
}

/// Whose secret is in the header, if it fits.
fn client(said: &Said, headers: &HeaderMap) -> Option<String> {
    use base64::Engine as _;
    let value = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(base64::prelude::BASE64_STANDARD.decode(value).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    said.clients.iter().any(|known| known.0 == id && known.1 == secret).then(|| id.to_owned())
}

async fn token(State(said): State<Shared>, headers: HeaderMap, Form(asked): Form<Exchange>) -> Response {
    let mut said = said.lock().unwrap();
    let refused = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let Some(client) = client(&said, &headers) else { return refused("invalid_client") };
    let nth = said.tokens.len();
    said.tokens.push(format!("{} of {client}", asked.grant_type));
    // a grant belongs to the client that it was made with
    let account = match asked.grant_type.as_str() {
        "authorization_code" => asked.code.strip_prefix("code-").map(str::to_owned),
        _ => asked
            .refresh_token
            .strip_prefix("rt-")
            .and_then(|rest| rest.strip_suffix(&format!("-{client}")))
            .and_then(|rest| rest.split('-').next().map(str::to_owned)),
    };
    let Some(account) = account else { return refused("invalid_grant") };
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
struct Ended {
    token: String,
}

async fn revoke(State(said): State<Shared>, headers: HeaderMap, Form(ended): Form<Ended>) -> StatusCode {
    let mut said = said.lock().unwrap();
    if client(&said, &headers).is_none() {
        return StatusCode::UNAUTHORIZED;
    }
    said.revoked.push(ended.token);
    StatusCode::OK
}
