//! An MCP server that requires sign-in, with an authorization server of its own. Its rules say where it is unusual.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use craft::egress::{Egress, Request};
use http::header::{AUTHORIZATION, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use url::Url;

use super::listener::serve;
use super::scripted_server::{discovery_answer, tools};
use super::test_app::egress_allowing;

/// The rules of a server. By default the server is as the standards describe it.
#[derive(Clone, Default)]
pub(crate) struct SignInRules {
    /// The path below which the authorization server is.
    pub(crate) tenant: &'static str,
    /// The path of the resource's metadata, instead of the well-known one.
    pub(crate) resource_at: Option<&'static str>,
    /// The challenges, instead of one with the URL of the resource's metadata; `{at}` stands for that URL.
    pub(crate) challenges: &'static [&'static str],
    /// The path of the authorization server's metadata, instead of the well-known one.
    pub(crate) metadata_at: Option<&'static str>,
    /// Answers at further paths: path, status and body.
    pub(crate) answers: &'static [(&'static str, u16, &'static str)],
    /// Members of the authorization server's metadata that differ.
    pub(crate) metadata: Value,
    /// Members of the answer to a registration that differ; null removes one.
    pub(crate) registration: Value,
    /// The token endpoint requires HTTP Basic.
    pub(crate) requires_basic: bool,
    /// Number of access tokens that the server refuses although it has just issued them.
    pub(crate) refused_tokens: usize,
    /// The token endpoint issues no refresh tokens.
    pub(crate) without_refresh: bool,
}

/// State that changes while the server runs.
#[derive(Default)]
struct Progress {
    /// The issuers in the resource's metadata, and the ports whose tokens the server accepts.
    issuers: Vec<String>,
    issued: usize,
    refused_tokens: usize,
    /// Number of answers of the token endpoint that break off from now on.
    lost_answers: usize,
    requests: Vec<RecordedRequest>,
}

/// A request, with its form or query as text.
#[derive(Clone, Debug)]
pub(crate) struct RecordedRequest {
    at: Instant,
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A running server.
#[derive(Clone)]
pub(crate) struct SignInServer {
    address: SocketAddr,
    rules: SignInRules,
    progress: Arc<Mutex<Progress>>,
}

impl SignInServer {
    pub(crate) async fn start(rules: SignInRules) -> Self {
        let progress = Progress { refused_tokens: rules.refused_tokens, ..Progress::default() };
        let progress = Arc::new(Mutex::new(progress));
        let this = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), rules, progress };
        let server = Arc::new(Mutex::new(this.clone()));
        let shared = server.clone();
        let reply = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
            let server = shared.lock().unwrap().clone();
            server.reply(&method, &uri, &headers, &body)
        };
        let address = serve(Router::new().fallback(reply)).await;
        let this = Self { address, ..this };
        this.progress().issuers = vec![this.issuer()];
        *server.lock().unwrap() = this.clone();
        this
    }

    fn url_of(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&self.url_of("/mcp")).unwrap()
    }

    /// Returns the issuer of its own authorization server.
    pub(crate) fn issuer(&self) -> String {
        self.url_of(self.rules.tenant)
    }

    /// Names these authorization servers from now on, and accepts only the tokens of the first.
    pub(crate) fn name_issuers(&self, servers: &[&Self]) {
        self.progress().issuers = servers.iter().map(|server| server.issuer()).collect();
    }

    /// Refuses the tokens that were issued so far, and this number of further ones.
    pub(crate) fn refuse_tokens(&self, further: usize) {
        let mut progress = self.progress();
        progress.refused_tokens = progress.issued + further;
    }

    /// Breaks off the next answer of the token endpoint.
    pub(crate) fn lose_token_answer(&self) {
        self.progress().lost_answers = 1;
    }

    /// Returns the time between the last two requests at a path.
    pub(crate) fn last_pause(&self, path: &str) -> Duration {
        match &*self.requests(path) {
            [.., before, last] => last.at - before.at,
            fewer => panic!("{} requests at {path}", fewer.len()),
        }
    }

    /// Returns the requests at a path so far.
    pub(crate) fn requests(&self, path: &str) -> Vec<RecordedRequest> {
        self.progress().requests.iter().filter(|request| request.path == path).cloned().collect()
    }

    /// Returns all requests so far, but those for metadata.
    pub(crate) fn all_requests(&self) -> Vec<RecordedRequest> {
        let is_metadata = |request: &RecordedRequest| request.path.contains("/.well-known/");
        self.progress().requests.iter().filter(|request| !is_metadata(request)).cloned().collect()
    }

    /// Follows the link to the authorization server as a person who consents. Returns path and query of the callback.
    pub(crate) async fn consent(&self, link: &str) -> String {
        let link = Url::parse(link).unwrap();
        assert!(link.as_str().starts_with(&self.issuer()), "the link leads elsewhere: {link}");
        let egress: Egress = egress_allowing(&["127.0.0.0/8"]);
        let answer = egress.send(Request::new(Method::GET, link)).await.unwrap();
        let callback = Url::parse(answer.headers().get(LOCATION).unwrap().to_str().unwrap()).unwrap();
        callback[url::Position::BeforePath..].to_owned()
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap()
    }

    fn reply(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Response {
        let (rules, path) = (&self.rules, uri.path());
        let text = if *method == Method::GET { uri.query().unwrap_or_default().to_owned() } else { text_of(body) };
        self.progress().requests.push(RecordedRequest {
            at: Instant::now(),
            path: path.to_owned(),
            text: text.clone(),
        });
        if let Some((_, status, body)) = rules.answers.iter().find(|(at, ..)| *at == path) {
            return (StatusCode::from_u16(*status).unwrap(), *body).into_response();
        }
        if path == self.resource_path() {
            let issuers = self.progress().issuers.clone();
            return axum::Json(json!({ "resource": self.url_of("/mcp"), "authorization_servers": issuers }))
                .into_response();
        }
        let well_known = format!("/.well-known/oauth-authorization-server{}", rules.tenant);
        if path == rules.metadata_at.unwrap_or(&well_known) {
            return axum::Json(self.metadata()).into_response();
        }
        match path.strip_prefix(rules.tenant) {
            _ if path == "/mcp" => self.call(headers, &text),
            Some("/authorize") => authorize(&text),
            Some("/register") => self.register(&text),
            Some("/token") => self.issue(headers, &text),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    fn resource_path(&self) -> &'static str {
        self.rules.resource_at.unwrap_or("/.well-known/oauth-protected-resource/mcp")
    }

    fn metadata(&self) -> Value {
        let issuer = self.issuer();
        let standard = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "registration_endpoint": format!("{issuer}/register"),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
        });
        with_changes(standard, &self.rules.metadata)
    }

    fn register(&self, text: &str) -> Response {
        let mut client: Value = serde_json::from_str(text).unwrap();
        if client["scope"] == "" {
            let refusal = json!({ "error": "invalid_client_metadata", "error_description": "scope is empty" });
            return (StatusCode::BAD_REQUEST, axum::Json(refusal)).into_response();
        }
        client["client_id"] = json!(format!("client-of-{}", self.address.port()));
        (StatusCode::CREATED, axum::Json(with_changes(client, &self.rules.registration))).into_response()
    }

    fn issue(&self, headers: &HeaderMap, text: &str) -> Response {
        let has_basic = headers.get(AUTHORIZATION).is_some_and(|value| value.to_str().unwrap().starts_with("Basic "));
        if self.rules.requires_basic && !has_basic {
            let refusal = json!({ "error": "invalid_client", "error_description": "show the secret" });
            return (StatusCode::UNAUTHORIZED, axum::Json(refusal)).into_response();
        }
        let pairs: BTreeMap<_, _> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        assert!(pairs.contains_key("code") || pairs.contains_key("refresh_token"), "{text}");
        let (number, is_lost) = {
            let mut progress = self.progress();
            progress.issued += 1;
            let is_lost = progress.lost_answers > 0;
            progress.lost_answers = progress.lost_answers.saturating_sub(1);
            (progress.issued, is_lost)
        };
        if is_lost {
            let broken = futures_util::stream::iter([Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("lost"))]);
            return Body::from_stream(broken).into_response();
        }
        let token = format!("{}-access-{number}", self.address.port());
        let mut answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 });
        if !self.rules.without_refresh {
            answer["refresh_token"] = json!(format!("{}-refresh-{number}", self.address.port()));
        }
        axum::Json(answer).into_response()
    }

    fn call(&self, headers: &HeaderMap, text: &str) -> Response {
        if !self.accepts(headers) {
            return self.challenge();
        }
        let request: Value = serde_json::from_str(text).unwrap();
        let result = json!({
            "resultType": "complete", "ttlMs": 0, "cacheScope": "private", "content": [{ "type": "text", "text": "done" }]
        });
        let done = || axum::Json(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result })).into_response();
        discovery_answer(&request, &tools(1)).unwrap_or_else(done)
    }

    fn accepts(&self, headers: &HeaderMap) -> bool {
        let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().unwrap().strip_prefix("Bearer "));
        let Some((port, number)) = token.and_then(|token| token.split_once("-access-")) else { return false };
        let progress = self.progress();
        let is_own = port == self.address.port().to_string();
        let is_refused = is_own && number.parse::<usize>().unwrap() <= progress.refused_tokens;
        !is_refused && progress.issuers[0].contains(&format!(":{port}"))
    }

    fn challenge(&self) -> Response {
        let at = self.url_of(self.resource_path());
        let standard: &[&str] = &["Bearer resource_metadata=\"{at}\""];
        let challenges = if self.rules.challenges.is_empty() { standard } else { self.rules.challenges };
        let mut response = (StatusCode::UNAUTHORIZED, "who?").into_response();
        for challenge in challenges {
            response.headers_mut().append(WWW_AUTHENTICATE, challenge.replace("{at}", &at).parse().unwrap());
        }
        response
    }
}

fn text_of(body: &Bytes) -> String {
    String::from_utf8(body.to_vec()).unwrap()
}

/// Sends the person back at once, with a code.
fn authorize(query: &str) -> Response {
    let sent: BTreeMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let callback = Url::parse_with_params(&sent["redirect_uri"], [("code", "a-code"), ("state", &sent["state"])]);
    Redirect::to(callback.unwrap().as_str()).into_response()
}

fn with_changes(mut standard: Value, changes: &Value) -> Value {
    let members = standard.as_object_mut().unwrap();
    for (name, value) in changes.as_object().into_iter().flatten() {
        members.insert(name.clone(), value.clone());
    }
    members.retain(|_, value| !value.is_null());
    standard
}
