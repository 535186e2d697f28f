//! An MCP registry on loopback: API v0.1, as far as the hub reads it. It records each request, and can misbehave.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::get;
use craft::clock::Timestamp;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use url::Url;
use url::form_urlencoded;

use super::listener::serve;

/// The metadata that a registry adds.
pub(crate) const METADATA: &str = "io.modelcontextprotocol.registry/official";

/// A way to misbehave, for pages from a number on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Misbehaviour {
    /// Answers with this status.
    Status(u16),
    /// Answers 429 with these seconds.
    Limited(u32),
    /// Answers with a web page.
    Html,
    /// Answers with JSON that is no list.
    OddJson,
    /// Names the first page as the next one.
    Loop,
    /// Accepts the connection and the request, and never answers.
    Silence,
    /// Sends the head and the beginning of a page, and then nothing.
    Stall,
}

#[derive(Default)]
struct State {
    entries: Vec<Value>,
    requests: Vec<Vec<(String, String)>>,
    misbehaviour: Option<(usize, Misbehaviour)>,
}

/// A running registry.
pub(crate) struct RegistryServer {
    pub(crate) url: Url,
    state: Arc<Mutex<State>>,
}

impl RegistryServer {
    /// Starts a registry that lists these entries, which are sorted by name.
    pub(crate) async fn start(mut entries: Vec<Value>) -> Self {
        entries.sort_by_key(|entry| name_of(entry).to_owned());
        let state = Arc::new(Mutex::new(State { entries, ..State::default() }));
        let shared = state.clone();
        let list = move |RawQuery(query): RawQuery| async move {
            match answer(&shared, &query.unwrap_or_default()) {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        };
        let address = serve(Router::new().route("/sub/v0.1/servers", get(list))).await;
        Self { url: Url::parse(&format!("http://{address}/sub")).unwrap(), state }
    }

    /// Replaces the entry with the same name, or adds it.
    pub(crate) fn publish(&self, entry: Value) {
        let mut state = self.state.lock().unwrap();
        state.entries.retain(|it| name_of(it) != name_of(&entry));
        state.entries.push(entry);
        state.entries.sort_by_key(|entry| name_of(entry).to_owned());
    }

    /// Forgets an entry, as no registry should.
    pub(crate) fn forget(&self, name: &str) {
        self.state.lock().unwrap().entries.retain(|it| name_of(it) != name);
    }

    /// Misbehaves from this request on, counted from now; `None` ends that.
    pub(crate) fn misbehave(&self, misbehaviour: Option<(usize, Misbehaviour)>) {
        let mut state = self.state.lock().unwrap();
        let so_far = state.requests.len();
        state.misbehaviour = misbehaviour.map(|(after, how)| (so_far + after, how));
    }

    /// Returns the parameters of the requests so far.
    pub(crate) fn requests(&self) -> Vec<Vec<(String, String)>> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Returns a parameter of each request so far; "-" where it was left out.
    pub(crate) fn parameters(&self, name: &str) -> Vec<String> {
        let value = |request: &Vec<(String, String)>| {
            let found = request.iter().find(|(it, _)| it == name);
            found.map_or_else(|| "-".to_owned(), |(_, value)| value.clone())
        };
        self.requests().iter().map(value).collect()
    }
}

/// Returns the answer to a query; `None` if there is to be none.
fn answer(shared: &Mutex<State>, query: &str) -> Option<Response> {
    let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let mut state = shared.lock().unwrap();
    state.requests.push(query.clone());
    let misbehaviour = state.misbehaviour.filter(|(from, _)| state.requests.len() > *from).map(|(_, how)| how);
    Some(match misbehaviour {
        Some(Misbehaviour::Status(status)) => {
            (StatusCode::from_u16(status).unwrap(), Json(json!({"error": "out for lunch"}))).into_response()
        }
        Some(Misbehaviour::Limited(seconds)) => {
            (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, seconds.to_string())]).into_response()
        }
        Some(Misbehaviour::Html) => Html("<h1>Welcome</h1>").into_response(),
        Some(Misbehaviour::OddJson) => Json(json!({"hello": "world"})).into_response(),
        Some(Misbehaviour::Loop) => page(&state.entries, &query, true),
        Some(Misbehaviour::Silence) => return None,
        Some(Misbehaviour::Stall) => {
            let beginning = stream::iter([Ok::<_, Infallible>("{\"servers\":[")]);
            ([(CONTENT_TYPE, "application/json")], Body::from_stream(beginning.chain(stream::pending())))
                .into_response()
        }
        None => page(&state.entries, &query, false),
    })
}

/// Builds the page of a query, as the API describes it.
fn page(entries: &[Value], query: &[(String, String)], loops: bool) -> Response {
    let parameter = |name: &str| query.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
    let limit = parameter("limit").map_or(30, |limit| limit.parse().unwrap());
    let since = parameter("updated_since").map(|since| Timestamp::parse(since, &Rfc3339).unwrap());
    let begin = parameter("cursor").map_or(0, |cursor| {
        // the entry that the cursor names may be gone
        entries.partition_point(|entry| cursor_of(entry).as_str() <= cursor)
    });
    let is_listed = |entry: &&Value| {
        let metadata = &entry["_meta"][METADATA];
        match since {
            Some(since) => Timestamp::parse(metadata["updatedAt"].as_str().unwrap(), &Rfc3339).unwrap() >= since,
            None => metadata["status"] != "deleted",
        }
    };
    let mut rest = entries[begin..].iter().filter(is_listed);
    let servers: Vec<_> = rest.by_ref().take(limit).collect();
    let last = servers.last().map(|entry| cursor_of(entry));
    let next = if loops { entries.first().map(cursor_of) } else { last.filter(|_| rest.next().is_some()) };
    let mut metadata = json!({ "count": servers.len() });
    if let Some(next) = next {
        metadata["nextCursor"] = next.into();
    }
    // texts are joined, because a copy of so many values takes seconds
    let servers: Vec<_> = servers.into_iter().map(Value::to_string).collect();
    let body = format!("{{\"servers\":[{}],\"metadata\":{metadata}}}", servers.join(","));
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

fn name_of(entry: &Value) -> &str {
    entry["server"]["name"].as_str().unwrap_or_default()
}

/// A cursor names the last entry of a page.
fn cursor_of(entry: &Value) -> String {
    format!("{}:{}", name_of(entry), entry["server"]["version"].as_str().unwrap_or_default())
}

/// Builds an entry of a server, with these members besides its name.
pub(crate) fn entry(name: &str, members: &Value) -> Value {
    entry_with(name, members, "active", "2026-11-01T10:00:00Z")
}

/// Builds an entry with a status and the time of its last change.
pub(crate) fn entry_with(name: &str, members: &Value, status: &str, updated_at: &str) -> Value {
    let mut server = json!({
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": name, "description": format!("Tools of {name}"), "version": "1.0.0",
    });
    server.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let metadata = json!({
        "status": status, "statusChangedAt": updated_at, "publishedAt": "2026-10-01T10:00:00Z",
        "updatedAt": updated_at, "isLatest": true,
    });
    json!({ "server": server, "_meta": { METADATA: metadata } })
}

/// Builds the members of a server at an address.
pub(crate) fn remote(url: &str) -> Value {
    json!({ "remotes": [{ "type": "streamable-http", "url": url }] })
}
