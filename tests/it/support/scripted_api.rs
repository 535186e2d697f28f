//! The API of a REST service: answers of a story, and a record of each request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use craft::connectors::Shipped;
use craft::serve;
use craft::workbench::Workbench;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::sync::Semaphore;

use super::listener::serve as listen;
use super::test_app::TestApp;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// An answer that is still to be given.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    gate: Option<Arc<Semaphore>>,
}

impl Scripted {
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::bytes(status, "application/json", body.to_string())
    }

    pub(crate) fn bytes(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: body.into(), gate: None }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Holds the answer back until the gate has a permit.
    pub(crate) fn behind(mut self, gate: &Arc<Semaphore>) -> Self {
        self.gate = Some(gate.clone());
        self
    }
}

impl IntoResponse for Scripted {
    fn into_response(self) -> Response {
        let headers = self.headers.into_iter();
        let headers =
            headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::try_from(value).unwrap()));
        let status = StatusCode::from_u16(self.status).unwrap();
        (status, headers.collect::<HeaderMap>(), self.body).into_response()
    }
}

/// The running API. Clones share the script and the record.
#[derive(Clone)]
pub(crate) struct ScriptedApi {
    received: Arc<Mutex<Vec<Received>>>,
    script: Arc<Mutex<VecDeque<Scripted>>>,
    /// Answer when the script has ended.
    default: Scripted,
}

impl ScriptedApi {
    /// Starts the API, and ships its connector with others. The addresses in `file` begin with `base`, which is replaced: a file
    /// may name https addresses only. `admit` answers a request about the credential, which is not recorded, or returns the path
    /// of any other.
    pub(super) async fn start(
        app: &TestApp,
        (slug, file, base): (&str, &str, &str),
        default: Scripted,
        admit: fn(&Parts) -> Result<String, Scripted>,
        others: impl IntoIterator<Item = Shipped>,
    ) -> Self {
        let this = Self { received: Arc::default(), script: Arc::default(), default };
        let api = this.clone();
        let address =
            listen(Router::new().fallback(any(move |request: Request| api.clone().handle(request, admit)))).await;
        let mut shipped = Shipped::parse(&format!("connectors/{slug}.toml"), file).unwrap();
        let descriptor = shipped.descriptor.as_mut().unwrap();
        for url in [&mut descriptor.base_url, &mut descriptor.check.url, &mut descriptor.account.as_mut().unwrap().url]
        {
            *url = url.replace(base, &format!("http://{address}"));
        }
        let workbench = Workbench::new(env!("CARGO_BIN_EXE_craft"));
        let all: Vec<_> = craft::connectors::shipped().unwrap().into_iter().chain([shipped]).chain(others).collect();
        serve::ship_connectors(&app.app.system, &all, &app.app.egress, &workbench, &app.app.clock).await.unwrap();
        this
    }

    async fn handle(self, request: Request, admit: fn(&Parts) -> Result<String, Scripted>) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1_000_000).await.unwrap();
        let path = match admit(&parts) {
            Ok(path) => path,
            Err(answer) => return answer.into_response(),
        };
        self.received.lock().unwrap().push(Received {
            method: parts.method.to_string(),
            path,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        });
        let next = self.script.lock().unwrap().pop_front();
        let answer = next.unwrap_or(self.default);
        if let Some(gate) = &answer.gate {
            let _permit = gate.acquire().await.unwrap();
        }
        answer.into_response()
    }

    /// Adds an answer to the script.
    pub(crate) fn answer(&self, answer: Scripted) {
        self.script.lock().unwrap().push_back(answer);
    }

    /// Returns the requests so far, without those about the credential.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}
