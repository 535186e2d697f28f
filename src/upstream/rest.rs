//! One request to a REST API, and what its answer means.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use url::Url;

use super::failure::{Failure, Kind, retry_after};
use crate::egress::{Egress, Request};
use crate::error::Result;
use crate::secret::Secret;

/// For one request.
const DEADLINE: Duration = Duration::from_secs(15);

/// Most bytes of an answer.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// A request to a service.
#[derive(Clone, Debug)]
pub struct ApiRequest {
    /// What is done.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Besides those that every request has.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// JSON, if something is sent.
    pub body: Option<String>,
    /// Who asks.
    pub credential: ApiCredential,
}

/// What shows who asks.
#[derive(Clone, Debug)]
pub enum ApiCredential {
    /// Nothing.
    None,
    /// A header.
    Header {
        /// Its name.
        name: HeaderName,
        /// All of its value.
        value: Secret,
    },
    /// A parameter of the address.
    Query {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
}

/// Sends a request; its answer, if it is JSON. A failure is a sentence that names the service's host.
pub async fn send_api_request(egress: &Egress, asked: &ApiRequest) -> Result<Option<Value>> {
    let host = asked.url.host_str().unwrap_or("the service").to_owned();
    let response = egress.send(request(asked)?).await.map_err(Failure::from)?;
    let (status, headers) = (response.status(), response.headers().clone());
    if !status.is_success() {
        return Err(refused(&host, status, &headers).into());
    }
    let body = response.bytes().await.map_err(Failure::from)?;
    Ok(serde_json::from_slice(&body).ok())
}

fn request(asked: &ApiRequest) -> Result<Request, Failure> {
    let mut url = asked.url.clone();
    if let ApiCredential::Query { name, value } = &asked.credential {
        url.query_pairs_mut().append_pair(name, value.expose());
    }
    let mut request = Request::new(asked.method.clone(), url)
        .timeout(DEADLINE)
        .max_response_bytes(LONGEST_ANSWER)
        .header(header::ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in &asked.headers {
        request = request.header(name.clone(), value.clone());
    }
    if let ApiCredential::Header { name, value } = &asked.credential {
        let unfit = || Failure::permanent("unauthorized", "The credential has letters that no request can carry");
        let mut value = HeaderValue::try_from(value.expose()).map_err(|_| unfit())?;
        value.set_sensitive(true);
        request = request.header(name.clone(), value);
    }
    Ok(match &asked.body {
        Some(body) => request.body("application/json", body.clone()),
        None => request,
    })
}

/// A status that stands for the whole answer.
fn refused(host: &str, status: StatusCode, headers: &HeaderMap) -> Failure {
    let code = status.as_u16();
    match code {
        401 => Failure::new(
            Kind::Auth { challenge: None },
            "unauthorized",
            format!("{host} did not accept the credential (HTTP 401): check that it is whole and still valid"),
        ),
        403 => Failure::permanent(
            "forbidden",
            format!("{host} does not permit this (HTTP 403): check what the credential may do"),
        ),
        404 | 410 => Failure::permanent(
            "not_found",
            format!("{host} has nothing at this address (HTTP {code}): check the account that was entered"),
        ),
        429 => Failure::new(
            Kind::Retryable { after: retry_after(headers) },
            "rate_limited",
            format!("{host} asks the hub to slow down (HTTP 429): try again later"),
        ),
        300..=399 => Failure::permanent(
            "redirect",
            format!("{host} redirects elsewhere (HTTP {code}), which the hub does not follow with a credential"),
        ),
        500..=599 => Failure::new(
            Kind::Retryable { after: retry_after(headers) },
            "unavailable",
            format!("{host} failed on its side (HTTP {code}): try again later"),
        ),
        _ => Failure::permanent("http_status", format!("{host} did not accept the request (HTTP {code})")),
    }
}
