//! Sends one request to a REST API, with its credential, and reads the answer.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;

use super::credential::ApiCredential;
use super::planned::PlannedRequest;
use crate::egress::{Egress, Failure, FailureKind, Request, read_json};
use crate::error::Result;

/// Time for a request that checks a credential.
const CHECK_TIMEOUT: Duration = Duration::from_secs(15);

/// Largest answer to such a request, in bytes.
const MAX_CHECK_BYTES: usize = 1024 * 1024;

/// The answer to a request.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) host: String,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) media_type: String,
    pub(super) body: bytes::Bytes,
}

/// Sends a request that checks a credential, and returns its answer if that is JSON.
///
/// # Errors
/// A message that names the service's host.
pub async fn send_check(
    egress: &Egress,
    request: &PlannedRequest,
    credential: &ApiCredential,
) -> Result<Option<Value>> {
    let answer = exchange(egress, request, credential, CHECK_TIMEOUT, MAX_CHECK_BYTES).await?;
    if credential.is_refused_by(answer.status.as_u16()) {
        return Err(unauthorized(&answer.host, answer.status.as_u16()).into());
    }
    if !answer.status.is_success() {
        return Err(from_status(&answer.host, answer.status, &answer.headers).into());
    }
    Ok(read_json(&answer.body).ok())
}

/// Sends a request and reads its answer.
pub(super) async fn exchange(
    egress: &Egress,
    request: &PlannedRequest,
    credential: &ApiCredential,
    timeout: Duration,
    max_bytes: usize,
) -> Result<Answer, Failure> {
    let host = request.url.host_str().unwrap_or("the service").to_owned();
    let request = build(request, credential)?.timeout(timeout).max_response_bytes(max_bytes);
    let response = egress.send(request).await?;
    let (status, headers, media_type) = (response.status(), response.headers().clone(), response.media_type());
    Ok(Answer { host, status, headers, media_type, body: response.bytes().await? })
}

fn build(planned: &PlannedRequest, credential: &ApiCredential) -> Result<Request, Failure> {
    let mut url = planned.url.clone();
    credential.write_into_url(&mut url);
    let mut request =
        Request::new(planned.method.clone(), url).header(header::ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in &planned.headers {
        request = request.header(name.clone(), value.clone());
    }
    if let ApiCredential::Header { name, value } = credential {
        let invalid = || {
            Failure::permanent("unauthorized", "The credential has characters that no header can carry")
                .with_advice("Copy it again")
        };
        let mut value = HeaderValue::try_from(value.expose()).map_err(|_| invalid())?;
        value.set_sensitive(true);
        request = request.header(name.clone(), value);
    }
    Ok(match &planned.body {
        Some(body) => request.typed_body(body.content_type.clone(), body.bytes.clone()),
        None => request,
    })
}

/// Builds the failure of a check by its status; the body is not read.
fn from_status(host: &str, status: StatusCode, headers: &HeaderMap) -> Failure {
    let code = status.as_u16();
    match code {
        403 => Failure::permanent("forbidden", format!("{host} does not permit this (HTTP 403)"))
            .with_advice("Check what the credential may do"),
        404 | 410 => Failure::permanent("not_found", format!("{host} has nothing at this address (HTTP {code})"))
            .with_advice("Check the account that was entered"),
        429 => Failure::rate_limited(host, headers),
        300..=399 => redirect(host, code),
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

/// Builds the failure of a credential that the service does not accept.
pub(super) fn unauthorized(host: &str, code: u16) -> Failure {
    let message = format!("{host} did not accept the credential (HTTP {code})");
    Failure::new(FailureKind::Unauthorized, "unauthorized", message)
        .with_advice("Check that it is complete and still valid")
}

/// Builds the failure of a redirect, which the hub does not follow with a credential.
pub(super) fn redirect(host: &str, code: u16) -> Failure {
    let message = format!("{host} redirects elsewhere (HTTP {code}), which the hub does not follow with a credential");
    Failure::permanent("redirect", message).with_advice("Check the account that was entered")
}
