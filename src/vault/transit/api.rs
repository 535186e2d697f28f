//! What is said to Vault, and what its answers mean. Documented at <https://developer.hashicorp.com/vault/api-docs>, and
//! the same in OpenBao.

use std::time::Duration;

use anyhow::{Context, anyhow};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Token, TransitSettings};
use crate::config::{AllowRule, TransitKey};
use crate::egress::{Egress, EgressPolicy, Request, Response};
use crate::error::Error;
use crate::secret::Secret;

/// A page may wait for it, with a connection to the database in its hand.
const PATIENCE: Duration = Duration::from_secs(5);
/// Of the longest batch there is, several times over.
const LONGEST_ANSWER: usize = 2_000_000;

const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
/// Vault's agent, where it stands in between, may take only requests that have it.
const REQUEST: HeaderName = HeaderName::from_static("x-vault-request");

#[derive(Debug)]
pub(super) struct Api {
    /// Of its own: it may reach this one server, wherever that is, and nothing else.
    egress: Egress,
    address: Url,
    host: String,
    token: Token,
    namespace: Option<HeaderValue>,
}

/// Why Vault did not do it; each is a sentence that names its host.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// It does not answer, or cannot now.
    #[error("{0}")]
    Away(String),
    /// Not with this token.
    #[error("{0}")]
    Denied(String),
    /// It says that this cannot be done.
    #[error("{host} answered {status}: {words}")]
    Said { host: String, status: StatusCode, words: String },
}

/// Where nothing can be opened until somebody lets the hub in, or Vault comes back, things wait.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Away(_) | Fault::Denied(_) => Self::Locked(fault.into()),
            Fault::Said { .. } => Self::Internal(fault.into()),
        }
    }
}

/// One of a batch; not to be printed.
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
    pub(super) const fn of(associated_data: String) -> Self {
        Self { plaintext: None, ciphertext: None, associated_data, key_version: None }
    }
}

/// What became of it.
#[derive(Debug, Deserialize)]
pub(super) struct ItemResult {
    plaintext: Option<Secret>,
    ciphertext: Option<String>,
    #[serde(default)]
    error: String,
}

impl ItemResult {
    pub(super) fn plaintext(self) -> anyhow::Result<Secret> {
        self.done()?.plaintext.context("Vault gave no plaintext")
    }

    pub(super) fn ciphertext(self) -> anyhow::Result<String> {
        self.done()?.ciphertext.context("Vault gave no ciphertext")
    }

    fn done(self) -> anyhow::Result<Self> {
        if self.error.is_empty() { Ok(self) } else { Err(anyhow!("Vault said: {}", self.error)) }
    }
}

#[derive(Deserialize)]
struct Batch {
    batch_results: Vec<ItemResult>,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<String>,
}

impl Api {
    pub(super) fn at(settings: TransitSettings) -> anyhow::Result<Self> {
        let TransitSettings { address, token, namespace, authorities, .. } = settings;
        let (name, port) =
            (address.host_str().unwrap_or_default(), address.port_or_known_default().unwrap_or_default());
        let host = format!("{name}:{port}");
        let only: AllowRule = host.parse().map_err(|fault| anyhow!("CRAFT_VAULT_ADDR: {fault}"))?;
        let namespace = namespace.map(HeaderValue::try_from).transpose();
        let namespace = namespace.context("CRAFT_VAULT_NAMESPACE cannot be the name of a namespace")?;
        let egress = Egress::new(EgressPolicy { allow: vec![only] }).with_authorities(authorities);
        Ok(Self { egress, address, host, token, namespace })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fault> {
        let answer = self.send(Method::GET, path, None).await?;
        answer.data.ok_or_else(|| self.is_no_vault(StatusCode::OK))
    }

    pub(super) async fn post(&self, path: &str, body: &impl Serialize) -> Result<(), Fault> {
        self.send::<serde_json::Value>(Method::POST, path, Some(json(body)?)).await.map(|_| ())
    }

    /// Does one thing to all of these; the results are in their order. Vault takes no empty batch.
    pub(super) async fn batch(
        &self,
        verb: &str,
        key: &TransitKey,
        items: Vec<Item<'_>>,
    ) -> Result<Vec<ItemResult>, Fault> {
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let body = json(&serde_json::json!({ "batch_input": items }))?;
        let path = format!("{}/{verb}/{}", key.mount, key.name);
        let answer = self.send::<Batch>(Method::POST, &path, Some(body)).await?;
        let results = answer.data.map(|data| data.batch_results).filter(|results| results.len() == items.len());
        results.ok_or_else(|| self.is_no_vault(StatusCode::OK))
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Answer<T>, Fault> {
        let request = self.request(method, path, body).await?;
        let answer = self.egress.send(request).await.map_err(|error| away(&error))?;
        self.read(path, answer).await
    }

    async fn request(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Request, Fault> {
        let mut url = self.address.clone();
        url.set_path(&format!("/v1/{path}"));
        let mut request = Request::new(method, url)
            .timeout(PATIENCE)
            .max_response_bytes(LONGEST_ANSWER)
            .header(REQUEST, HeaderValue::from_static("true"))
            .header(TOKEN, self.token.now().await?);
        if let Some(namespace) = &self.namespace {
            request = request.header(NAMESPACE, namespace.clone());
        }
        Ok(match body {
            Some(body) => request.body("application/json", body),
            None => request,
        })
    }

    async fn read<T: DeserializeOwned>(&self, path: &str, answer: Response) -> Result<Answer<T>, Fault> {
        let (status, host) = (answer.status(), &self.host);
        let body = answer.bytes().await.map_err(|error| away(&error))?;
        if status == StatusCode::NO_CONTENT {
            return Ok(Answer { data: None, errors: Vec::new() });
        }
        if status.is_redirection() {
            let told = format!("{host} sends the hub elsewhere ({status}): set CRAFT_VAULT_ADDR to the active server");
            return Err(Fault::Away(told));
        }
        // not the cause: it may quote what it could not read
        let answer: Answer<T> = serde_json::from_slice(&body).map_err(|_| self.is_no_vault(status))?;
        let words = || answer.errors.join("; ").split_whitespace().collect::<Vec<_>>().join(" ");
        match status {
            // of a batch, a part may have failed
            StatusCode::BAD_REQUEST if answer.data.is_some() => Ok(answer),
            status if status.is_success() => Ok(answer),
            StatusCode::FORBIDDEN => Err(Fault::Denied(format!(
                "{host} does not let the hub use {path} ({}): its token is wrong or has expired, or the token’s policy \
                 lacks that path",
                words()
            ))),
            StatusCode::SERVICE_UNAVAILABLE => {
                Err(Fault::Away(format!("{host} cannot be used now ({}): unseal it (vault operator unseal)", words())))
            }
            status
                if status.is_server_error()
                    || [StatusCode::PRECONDITION_FAILED, StatusCode::TOO_MANY_REQUESTS].contains(&status) =>
            {
                Err(Fault::Away(format!("{host} cannot answer now ({status}: {})", words())))
            }
            status => Err(Fault::Said { host: host.clone(), status, words: words() }),
        }
    }

    fn is_no_vault(&self, status: StatusCode) -> Fault {
        Fault::Away(format!("{} answered ({status}), but not as Vault does: check CRAFT_VAULT_ADDR", self.host))
    }
}

impl Token {
    async fn now(&self) -> Result<HeaderValue, Fault> {
        let (token, place) = match self {
            Self::Given(token) => (token.clone(), "CRAFT_VAULT_TOKEN".to_owned()),
            Self::File(path) => {
                let place = format!("the Vault token file {}", path.display());
                let read = tokio::fs::read_to_string(path).await;
                (Secret::new(read.map_err(|error| Fault::Denied(format!("{place} cannot be read: {error}")))?), place)
            }
        };
        let value = HeaderValue::try_from(token.expose().trim()).ok().filter(|value| !value.is_empty());
        let mut value = value.ok_or_else(|| Fault::Denied(format!("{place} holds no token")))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn away(error: &crate::egress::Error) -> Fault {
    Fault::Away(format!("{error} (CRAFT_VAULT_ADDR)"))
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(body).map_err(|error| Fault::Away(error.to_string()))
}
