//! Requests to Vault, and their errors. Documented at <https://developer.hashicorp.com/vault/api-docs>; OpenBao has the
//! same API.

use std::time::Duration;

use anyhow::{Context, anyhow};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{TransitSettings, VaultToken};
use crate::config::{AllowRule, TransitKey};
use crate::egress::{Egress, EgressPolicy, Request, Response};
use crate::error::Error;
use crate::secret::Secret;

/// Maximum time of a request. A page may wait for it while it holds a database connection.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum size of a response in bytes; several times the size of the longest batch.
const MAX_RESPONSE_BYTES: usize = 2_000_000;

const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE_HEADER: HeaderName = HeaderName::from_static("x-vault-namespace");
/// A Vault agent in between may be configured to require this header.
const REQUEST_HEADER: HeaderName = HeaderName::from_static("x-vault-request");

#[derive(Debug)]
pub(super) struct Api {
    /// An egress of its own, which may reach this server, also at a private address, and no other.
    egress: Egress,
    address: Url,
    host: String,
    token: VaultToken,
    namespace: Option<HeaderValue>,
}

/// The reason why a request failed, as a sentence that names the host or the setting.
#[derive(Debug, thiserror::Error)]
pub(super) enum TransitError {
    /// Vault does not answer, or cannot answer now.
    #[error("{0}")]
    Unavailable(String),
    /// The token cannot be read, or does not allow the request.
    #[error("{0}")]
    Denied(String),
    /// Vault cannot do what was requested.
    #[error("{host} answered {status}: {message}")]
    Rejected { host: String, status: StatusCode, message: String },
}

/// An unavailable Vault, or a token that it denies, locks all secrets until an operator or Vault fixes that.
impl From<TransitError> for Error {
    fn from(error: TransitError) -> Self {
        match error {
            TransitError::Unavailable(_) | TransitError::Denied(_) => Self::Locked(error.into()),
            TransitError::Rejected { .. } => Self::Internal(error.into()),
        }
    }
}

/// An item of a batch; it has no `Debug` because it holds a plaintext key.
#[derive(Serialize)]
pub(super) struct Item<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plaintext: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ciphertext: Option<&'a str>,
    pub(super) associated_data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key_version: Option<u64>,
}

impl Item<'_> {
    pub(super) const fn with_aad(associated_data: String) -> Self {
        Self { plaintext: None, ciphertext: None, associated_data, key_version: None }
    }
}

/// The result of an item.
#[derive(Debug, Deserialize)]
pub(super) struct ItemResult {
    plaintext: Option<Secret>,
    ciphertext: Option<String>,
    #[serde(default)]
    error: String,
}

impl ItemResult {
    pub(super) fn plaintext(self) -> anyhow::Result<Secret> {
        self.into_success()?.plaintext.context("Vault returned no plaintext")
    }

    pub(super) fn ciphertext(self) -> anyhow::Result<String> {
        self.into_success()?.ciphertext.context("Vault returned no ciphertext")
    }

    fn into_success(self) -> anyhow::Result<Self> {
        if self.error.is_empty() { Ok(self) } else { Err(anyhow!("Vault answered: {}", self.error)) }
    }
}

#[derive(Deserialize)]
struct Batch {
    batch_results: Vec<ItemResult>,
}

#[derive(Deserialize)]
struct ApiResponse<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<String>,
}

impl Api {
    pub(super) fn new(settings: TransitSettings) -> anyhow::Result<Self> {
        let TransitSettings { address, token, namespace, authorities, .. } = settings;
        let (name, port) =
            (address.host_str().unwrap_or_default(), address.port_or_known_default().unwrap_or_default());
        let host = format!("{name}:{port}");
        let only: AllowRule = host.parse().map_err(|error| anyhow!("CRAFT_VAULT_ADDR: {error}"))?;
        let namespace = namespace.map(HeaderValue::try_from).transpose();
        let namespace = namespace.context("CRAFT_VAULT_NAMESPACE cannot be the name of a namespace")?;
        let egress = Egress::new(EgressPolicy { allow: vec![only] }).with_authorities(authorities);
        Ok(Self { egress, address, host, token, namespace })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, TransitError> {
        let response = self.send(Method::GET, path, None).await?;
        response.data.ok_or_else(|| self.not_vault(StatusCode::OK))
    }

    pub(super) async fn post(&self, path: &str, body: &impl Serialize) -> Result<(), TransitError> {
        self.send::<serde_json::Value>(Method::POST, path, Some(json(body)?)).await.map(|_| ())
    }

    /// Applies one operation to all items. The results have the order of the items. Vault accepts no empty batch.
    pub(super) async fn batch(
        &self,
        verb: &str,
        key: &TransitKey,
        items: Vec<Item<'_>>,
    ) -> Result<Vec<ItemResult>, TransitError> {
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let body = json(&serde_json::json!({ "batch_input": items }))?;
        let path = format!("{}/{verb}/{}", key.mount, key.name);
        let response = self.send::<Batch>(Method::POST, &path, Some(body)).await?;
        let results = response.data.map(|data| data.batch_results).filter(|results| results.len() == items.len());
        results.ok_or_else(|| self.not_vault(StatusCode::OK))
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<ApiResponse<T>, TransitError> {
        let request = self.request(method, path, body).await?;
        let response = self.egress.send(request).await.map_err(|error| unavailable(&error))?;
        self.read(path, response).await
    }

    async fn request(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Request, TransitError> {
        let mut url = self.address.clone();
        url.set_path(&format!("/v1/{path}"));
        let mut request = Request::new(method, url)
            .timeout(REQUEST_TIMEOUT)
            .max_response_bytes(MAX_RESPONSE_BYTES)
            .header(REQUEST_HEADER, HeaderValue::from_static("true"))
            .header(TOKEN_HEADER, self.token.read().await?);
        if let Some(namespace) = &self.namespace {
            request = request.header(NAMESPACE_HEADER, namespace.clone());
        }
        Ok(match body {
            Some(body) => request.body("application/json", body),
            None => request,
        })
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, response: Response) -> Result<ApiResponse<T>, TransitError> {
        let (status, host) = (response.status(), &self.host);
        let body = response.bytes().await.map_err(|error| unavailable(&error))?;
        if status == StatusCode::NO_CONTENT {
            return Ok(ApiResponse { data: None, errors: Vec::new() });
        }
        if status.is_redirection() {
            let message = format!("{host} redirects the hub ({status}): set CRAFT_VAULT_ADDR to the active server");
            return Err(TransitError::Unavailable(message));
        }
        // the cause is dropped: it may quote the response
        let answer: ApiResponse<T> = serde_json::from_slice(&body).map_err(|_| self.not_vault(status))?;
        let errors = || answer.errors.join("; ").split_whitespace().collect::<Vec<_>>().join(" ");
        match status {
            // a part of the batch failed
            StatusCode::BAD_REQUEST if answer.data.is_some() => Ok(answer),
            status if status.is_success() => Ok(answer),
            StatusCode::FORBIDDEN => Err(TransitError::Denied(format!(
                "{host} does not let the hub use {path} ({}): its token is wrong or has expired, or the token’s policy \
                 lacks that path. Set a valid token, or add the path to its policy",
                errors()
            ))),
            StatusCode::SERVICE_UNAVAILABLE => Err(TransitError::Unavailable(format!(
                "{host} cannot be used now ({}): unseal it (vault operator unseal)",
                errors()
            ))),
            status
                if status.is_server_error()
                    || [StatusCode::PRECONDITION_FAILED, StatusCode::TOO_MANY_REQUESTS].contains(&status) =>
            {
                Err(TransitError::Unavailable(format!(
                    "{host} cannot answer now ({status}: {}): try again later",
                    errors()
                )))
            }
            status => Err(TransitError::Rejected { host: host.clone(), status, message: errors() }),
        }
    }

    fn not_vault(&self, status: StatusCode) -> TransitError {
        let message = format!("{} answered ({status}), but not as Vault does: check CRAFT_VAULT_ADDR", self.host);
        TransitError::Unavailable(message)
    }
}

impl VaultToken {
    async fn read(&self) -> Result<HeaderValue, TransitError> {
        let (token, source) = match self {
            Self::Value(token) => (token.clone(), "CRAFT_VAULT_TOKEN".to_owned()),
            Self::File(path) => {
                let source = format!("the Vault token file {}", path.display());
                let text = tokio::fs::read_to_string(path).await;
                let text = text.map_err(|error| {
                    TransitError::Denied(format!("{source} cannot be read: {error}. Check its path and permissions"))
                })?;
                (Secret::new(text), source)
            }
        };
        let value = HeaderValue::try_from(token.expose().trim()).ok().filter(|value| !value.is_empty());
        let mut value =
            value.ok_or_else(|| TransitError::Denied(format!("{source} contains no token: set it to one")))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn unavailable(error: &crate::egress::Error) -> TransitError {
    TransitError::Unavailable(format!("{} (CRAFT_VAULT_ADDR)", error.message().with_detail_inline()))
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, TransitError> {
    serde_json::to_vec(body).map_err(|error| TransitError::Unavailable(error.to_string()))
}
