//! A provider with quirks: it takes exactly what it insists on, and refuses all else with words that say what differs.
//!
//! What it expects is written down here by hand, so that the hub's own code judges nothing of itself.

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
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::listener::serve;

pub(crate) const CLIENT: &str = "hub id";
pub(crate) const SECRET: &str = "s3/cret+odd :";
const CALLBACK: &str = "https://hub.example/oauth/callback";

pub(crate) type Pairs = &'static [(&'static str, &'static str)];

/// How a client proves itself, spelled out.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Proof {
    /// `client_id` and `client_secret` among the parameters.
    Post,
    /// This pair by HTTP Basic, and nothing among the parameters.
    Basic(&'static str),
    /// `client_id` alone.
    Public,
    /// The access token as a bearer, and nothing among the parameters.
    Bearer,
}

/// Where parameters are.
#[derive(Clone, Copy)]
pub(crate) enum Written {
    Form,
    Json,
    Query,
}

/// One endpoint that takes a token.
#[derive(Clone, Copy)]
pub(crate) struct Endpoint {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) proof: Proof,
    pub(crate) written: Written,
    /// What there is besides the token and the proof.
    pub(crate) more: Pairs,
    /// The parameter that holds a token, and whether that is the access token.
    pub(crate) token: (&'static str, bool),
}

#[derive(Clone, Copy)]
pub(crate) struct Quirks {
    /// Whether codes are bound; if not, whoever sends a challenge or a verifier is refused.
    pub(crate) bound: bool,
    /// The parameter of the scopes, and what it must say.
    pub(crate) scope: (&'static str, &'static str),
    /// What the authorization endpoint wants besides the usual, in its place, or (if empty) not at all.
    pub(crate) authorize: Pairs,
    /// The same of the token endpoint.
    pub(crate) exchange: Pairs,
    /// The names that parameters have here.
    pub(crate) names: Pairs,
    /// Headers of each request but the person's.
    pub(crate) headers: Pairs,
    pub(crate) authorize_path: &'static str,
    /// The code's name in the callback, and what the callback brings besides.
    pub(crate) callback: (&'static str, Pairs),
    pub(crate) wants_state: bool,
    pub(crate) exchanging: Endpoint,
    pub(crate) renewing: Endpoint,
    /// Whether a refresh token is good once.
    pub(crate) rotates: bool,
    pub(crate) revoking: Endpoint,
    /// How tokens are answered.
    pub(crate) answer: fn(&Tokens) -> Answer,
    /// How an end is answered.
    pub(crate) farewell: fn() -> Answer,
}

impl Default for Quirks {
    fn default() -> Self {
        let token = Endpoint {
            method: "POST",
            path: "/token",
            proof: Proof::Post,
            written: Written::Form,
            more: &[],
            token: ("refresh_token", false),
        };
        Self {
            bound: true,
            scope: ("scope", "read write"),
            authorize: &[],
            exchange: &[],
            names: &[],
            headers: &[("accept", "application/json")],
            authorize_path: "/authorize",
            callback: ("code", &[]),
            wants_state: false,
            exchanging: token,
            renewing: Endpoint { more: &[("grant_type", "refresh_token")], ..token },
            rotates: false,
            revoking: Endpoint {
                path: "/revoke",
                more: &[("token_type_hint", "refresh_token")],
                token: ("token", false),
                ..token
            },
            answer: |tokens| Answer::json(tokens.plain()),
            farewell: || Answer::json(json!({})),
        }
    }
}

/// What was given last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    /// Which gift this is; 0: none yet.
    pub(crate) count: u32,
}

impl Tokens {
    fn after(before: &Self) -> Self {
        let count = before.count + 1;
        Self { access: format!("acc3ss-{count}"), refresh: format!("r3fresh-{count}"), count }
    }

    /// As the standard says.
    pub(crate) fn plain(&self) -> Value {
        json!({
            "access_token": self.access, "refresh_token": self.refresh, "token_type": "Bearer",
            "expires_in": 3600, "scope": "read write",
        })
    }
}

pub(crate) struct Answer(pub(crate) u16, pub(crate) &'static str, pub(crate) String);

impl Answer {
    #[expect(clippy::needless_pass_by_value, reason = "a literal is written at each call")]
    pub(crate) fn json(value: Value) -> Self {
        Self(200, "application/json", value.to_string())
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        (StatusCode::from_u16(self.0).unwrap(), [(header::CONTENT_TYPE, self.1)], self.2).into_response()
    }
}

#[derive(Default)]
struct Memory {
    state: String,
    challenge: Option<String>,
    tokens: Tokens,
    ended: bool,
}

/// A running provider.
#[derive(Clone)]
pub(crate) struct Quirky {
    pub(crate) address: SocketAddr,
    quirks: Quirks,
    memory: Arc<Mutex<Memory>>,
}

/// What a request says.
struct Asked {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Quirky {
    #[expect(clippy::large_types_passed_by_value, reason = "a literal is written at each call")]
    pub(crate) async fn start(quirks: Quirks) -> Self {
        let mut this = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), quirks, memory: Arc::default() };
        this.address = serve(this.router()).await;
        this
    }

    /// Its pages, for another way to reach them.
    pub(crate) fn router(&self) -> Router {
        let provider = self.clone();
        let reply = move |method, uri, headers, body| async move {
            provider.reply(&Asked { method, uri, headers, body }).unwrap_or_else(|differs| {
                let said = json!({ "error": "invalid_request", "error_description": differs });
                (StatusCode::BAD_REQUEST, axum::Json(said)).into_response()
            })
        };
        Router::new().fallback(reply)
    }

    /// The client that it knows.
    pub(crate) fn client() -> Client {
        Client { id: CLIENT.to_owned(), secret: Some(Secret::new(SECRET)) }
    }

    /// What was given last.
    pub(crate) fn given(&self) -> Tokens {
        self.memory().tokens.clone()
    }

    /// Whether it is the access token that renews.
    pub(crate) fn exchanges_access(&self) -> bool {
        self.quirks.renewing.token.1
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.memory().ended
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    fn reply(&self, asked: &Asked) -> Result<Response, String> {
        let quirks = &self.quirks;
        let path = asked.uri.path();
        if path == quirks.authorize_path {
            return self.authorize(asked);
        }
        let first = self.given().count == 0;
        let renewing = path == quirks.renewing.path && !first;
        match path {
            _ if renewing => self.renew(asked),
            _ if path == quirks.exchanging.path && first => self.exchange(asked),
            _ if path == quirks.revoking.path => self.revoke(asked),
            _ => Err(format!("there is nothing at {path}")),
        }
    }

    fn authorize(&self, asked: &Asked) -> Result<Response, String> {
        let quirks = &self.quirks;
        let mut found = pairs(asked.uri.query().unwrap_or_default().as_bytes())?;
        let state = found.get("state").cloned().ok_or("there is no state")?;
        let mut memory = self.memory();
        memory.challenge = if quirks.bound { found.remove("code_challenge") } else { None };
        memory.state.clone_from(&state);
        let mut wanted = wanted(
            &[
                ("response_type", "code"),
                ("client_id", CLIENT),
                ("redirect_uri", CALLBACK),
                quirks.scope,
                ("state", &state),
            ],
            quirks.authorize,
        );
        if quirks.bound {
            wanted.insert("code_challenge_method".to_owned(), "S256".to_owned());
        }
        same(&self.named(wanted), &found)?;
        let (code, more) = quirks.callback;
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(code, "c0de/1")
            .append_pair("state", &state)
            .extend_pairs(more)
            .finish();
        Ok(Redirect::to(&format!("{CALLBACK}?{query}")).into_response())
    }

    fn exchange(&self, asked: &Asked) -> Result<Response, String> {
        let quirks = &self.quirks;
        let mut found = self.parameters(asked, &quirks.exchanging)?;
        let mut memory = self.memory();
        let usual = [("grant_type", "authorization_code"), ("code", "c0de/1"), ("redirect_uri", CALLBACK)];
        let mut wanted = wanted(&usual, quirks.exchange);
        if quirks.wants_state {
            wanted.insert("state".to_owned(), memory.state.clone());
        }
        if let Some(challenge) = &memory.challenge {
            let verifier = found.remove("code_verifier").ok_or("there is no verifier")?;
            let fits = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge;
            fits.then_some(()).ok_or("the verifier does not fit")?;
        }
        same(&self.with_proof(wanted, &quirks.exchanging), &found)?;
        memory.tokens = Tokens::after(&memory.tokens);
        Ok((quirks.answer)(&memory.tokens).into_response())
    }

    fn renew(&self, asked: &Asked) -> Result<Response, String> {
        let quirks = &self.quirks;
        let mut found = self.parameters(asked, &quirks.renewing)?;
        let mut memory = self.memory();
        if !quirks.rotates && !quirks.renewing.token.1 {
            // the first one stays good
            let name = self.name(quirks.renewing.token.0).to_owned();
            let brought = found.get(&name).is_some_and(|token| token.starts_with("r3fresh-"));
            brought.then(|| found.insert(name, memory.tokens.refresh.clone())).ok_or("there is no refresh token")?;
        }
        same(&self.with_token(&quirks.renewing, &memory.tokens), &found)?;
        memory.tokens = Tokens::after(&memory.tokens);
        Ok((quirks.answer)(&memory.tokens).into_response())
    }

    fn revoke(&self, asked: &Asked) -> Result<Response, String> {
        let found = self.parameters(asked, &self.quirks.revoking)?;
        let mut memory = self.memory();
        same(&self.with_token(&self.quirks.revoking, &memory.tokens), &found)?;
        memory.ended = true;
        Ok((self.quirks.farewell)().into_response())
    }

    /// The parameters of a request, which must be nowhere else than this endpoint wants them.
    fn parameters(&self, asked: &Asked, at: &Endpoint) -> Result<BTreeMap<String, String>, String> {
        if asked.method != at.method {
            return Err(format!("the method is {}, not {}", asked.method, at.method));
        }
        for (name, value) in self.quirks.headers {
            if asked.headers.get(*name).is_none_or(|found| found != value) {
                return Err(format!("the header {name} is not {value}"));
            }
        }
        let bearer = format!("Bearer {}", self.given().access);
        let basic = |pair: &str| format!("Basic {}", BASE64_STANDARD.encode(pair));
        let wanted = match at.proof {
            Proof::Basic(pair) => Some(basic(pair)),
            Proof::Bearer => Some(bearer),
            Proof::Post | Proof::Public => None,
        };
        let found = asked.headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned());
        if found != wanted {
            return Err(format!("Authorization is {found:?}, not {wanted:?}"));
        }
        let kind = asked.headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap());
        let query = asked.uri.query();
        match (at.written, kind, query) {
            (Written::Form, Some("application/x-www-form-urlencoded"), None) => pairs(&asked.body),
            (Written::Json, Some("application/json"), None) => {
                serde_json::from_slice(&asked.body).map_err(|error| error.to_string())
            }
            (Written::Query, None, Some(query)) if asked.body.is_empty() => pairs(query.as_bytes()),
            _ => Err(format!("the parameters are not where they should be ({kind:?}, {query:?})")),
        }
    }

    fn with_token(&self, at: &Endpoint, tokens: &Tokens) -> BTreeMap<String, String> {
        let mut wanted = wanted(at.more, &[]);
        let (name, is_access) = at.token;
        wanted.insert(name.to_owned(), if is_access { tokens.access.clone() } else { tokens.refresh.clone() });
        self.with_proof(wanted, at)
    }

    fn with_proof(&self, mut wanted: BTreeMap<String, String>, at: &Endpoint) -> BTreeMap<String, String> {
        if matches!(at.proof, Proof::Post | Proof::Public) {
            wanted.insert("client_id".to_owned(), CLIENT.to_owned());
        }
        if at.proof == Proof::Post {
            wanted.insert("client_secret".to_owned(), SECRET.to_owned());
        }
        self.named(wanted)
    }

    fn named(&self, wanted: BTreeMap<String, String>) -> BTreeMap<String, String> {
        wanted.into_iter().map(|(name, value)| (self.name(&name).to_owned(), value)).collect()
    }

    fn name<'a>(&self, usual: &'a str) -> &'a str {
        self.quirks.names.iter().find(|(name, _)| *name == usual).map_or(usual, |(_, here)| here)
    }
}

/// The usual with others besides or in its place; what is `-` is not wanted.
fn wanted(usual: &[(&str, &str)], others: Pairs) -> BTreeMap<String, String> {
    let all = usual.iter().chain(others).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut wanted: BTreeMap<_, _> = all.collect();
    wanted.retain(|_, value| value != "-");
    wanted
}

fn pairs(form: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(form) {
        if found.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(format!("{name} is there twice"));
        }
    }
    Ok(found)
}

fn same(wanted: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> Result<(), String> {
    let differs = wanted.keys().chain(found.keys()).find(|name| wanted.get(*name) != found.get(*name));
    match differs {
        Some(name) => Err(format!("{name} is {:?}, not {:?}", found.get(name), wanted.get(name))),
        None => Ok(()),
    }
}
