//! Sends one request to a REST API and reads its response, for `connections::rest_service`.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use url::Url;

use crate::egress::{Egress, Failure, FailureKind, Request, read_json};
use crate::error::Result;
use crate::secret::Secret;

/// Time for one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Maximum size of a response.
const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// A request to a REST API.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the parts of an HTTP request")]
pub struct ApiRequest {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// JSON, if any.
    pub body: Option<String>,
    pub credential: ApiCredential,
}

/// The position of a credential in a request.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are name and value of the header or the parameter")]
pub enum ApiCredential {
    /// No credential.
    None,
    /// A header; `value` is all of it.
    Header { name: HeaderName, value: Secret },
    /// A parameter of the query.
    Query { name: String, value: Secret },
}

/// Sends a request and returns its response, if that is JSON.
///
/// # Errors
/// A message that names the service's host.
pub async fn send_api_request(egress: &Egress, request: &ApiRequest) -> Result<Option<Value>> {
    let host = request.url.host_str().unwrap_or("the service").to_owned();
    let response = egress.send(build(request)?).await.map_err(Failure::from)?;
    let (status, headers) = (response.status(), response.headers().clone());
    if !status.is_success() {
        return Err(from_status(&host, status, &headers).into());
    }
    let body = response.bytes().await.map_err(Failure::from)?;
    Ok(read_json(&body).ok())
}

fn build(api: &ApiRequest) -> Result<Request, Failure> {
    let mut url = api.url.clone();
    if let ApiCredential::Query { name, value } = &api.credential {
        url.query_pairs_mut().append_pair(name, value.expose());
    }
    let mut request = Request::new(api.method.clone(), url)
        .timeout(REQUEST_TIMEOUT)
        .max_response_bytes(MAX_RESPONSE_BYTES)
        .header(header::ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in &api.headers {
        request = request.header(name.clone(), value.clone());
    }
    if let ApiCredential::Header { name, value } = &api.credential {
        let invalid = || {
            Failure::permanent("unauthorized", "The credential has characters that no header can carry")
                .with_advice("Copy it again")
        };
        let mut value = HeaderValue::try_from(value.expose()).map_err(|_| invalid())?;
        value.set_sensitive(true);
        request = request.header(name.clone(), value);
    }
    Ok(match &api.body {
        Some(body) => request.body("application/json", body.clone()),
        None => request,
    })
}

/// Builds the failure of a status; the body is not read.
fn from_status(host: &str, status: StatusCode, headers: &HeaderMap) -> Failure {
    let code = status.as_u16();
    match code {
        401 => {
            let message = format!("{host} did not accept the credential (HTTP 401)");
            Failure::new(FailureKind::Unauthorized, "unauthorized", message)
                .with_advice("Check that it is complete and still valid")
        }
        403 => Failure::permanent("forbidden", format!("{host} does not permit this (HTTP 403)"))
            .with_advice("Check what the credential may do"),
        404 | 410 => Failure::permanent("not_found", format!("{host} has nothing at this address (HTTP {code})"))
            .with_advice("Check the account that was entered"),
        429 => Failure::rate_limited(host, headers),
        300..=399 => Failure::permanent(
            "redirect",
            format!("{host} redirects elsewhere (HTTP {code}), which the hub does not follow with a credential"),
        )
        .with_advice("Check the account that was entered"),
        500..=599 => {
            let message = format!("{host} failed on its side (HTTP {code})");
            Failure::new(FailureKind::Retryable, "unavailable", message)
                .with_advice("Try again later")
                .with_retry_after(headers)
        }
        _ => Failure::permanent("http_status", format!("{host} did not accept the request (HTTP {code})"))
            .with_advice("Check what was entered, and try again"),
    }
}
