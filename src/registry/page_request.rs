//! Requests for a page of a registry's list (API v0.1).

use std::time::Duration;

use http::{HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use url::Url;

use crate::clock::Timestamp;
use crate::egress::{Egress, Failure, FailureKind, Request, quote, read_json};

/// Entries that a page is asked for: the most that a registry gives.
pub(super) const PAGE_ENTRIES: usize = 100;

/// Time for a page, if the mirror has no other.
pub(super) const PAGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of a page.
const MAX_PAGE_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of a cursor.
const MAX_CURSOR_BYTES: usize = 1_000;

/// Characters that are quoted of a registry's own error.
const MAX_QUOTE_CHARS: usize = 200;

/// A page of a list.
#[derive(Debug)]
pub(super) struct RegistryPage {
    pub(super) entries: Vec<Value>,
    /// Cursor of the next page; `None` if this is the last.
    pub(super) next: Option<String>,
}

/// Asks for the page at a cursor, and reads it within `timeout`.
pub(super) async fn fetch_page(
    egress: &Egress,
    registry: &Url,
    timeout: Duration,
    updated_since: Option<Timestamp>,
    cursor: Option<&str>,
) -> Result<RegistryPage, Failure> {
    let host = registry.host_str().unwrap_or("The registry");
    let request = Request::new(Method::GET, page_url(registry, updated_since, cursor))
        .header(header::ACCEPT, HeaderValue::from_static("application/json"))
        .timeout(timeout)
        .max_response_bytes(MAX_PAGE_BYTES);
    let response = egress.send(request).await?;
    let (status, media_type) = (response.status(), response.media_type());
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(Failure::rate_limited(host, response.headers()));
    }
    if status.is_redirection() {
        let message = format!("{host} leads to another address (HTTP {})", status.as_u16());
        return Err(Failure::permanent("redirect", message).with_advice("Set that address in CRAFT_REGISTRY_URLS"));
    }
    let is_html = media_type == "text/html";
    if status.is_success() && is_html {
        let message = format!("{host} answered with a web page, not with a list of servers");
        return Err(Failure::permanent("not_a_registry", message).with_advice("Check CRAFT_REGISTRY_URLS"));
    }
    let kind = if status.is_client_error() { FailureKind::Permanent } else { FailureKind::Retryable };
    let headers = response.headers().clone();
    let body = response.bytes().await?;
    let answer = read_json(&body);
    if !status.is_success() {
        let message = format!("{host} failed (HTTP {})", status.as_u16());
        let reason =
            answer.ok().filter(|_| !is_html).and_then(|answer| Some(answer.get("error")?.as_str()?.to_owned()));
        let failure = Failure::new(kind, "http_status", message).with_retry_after(&headers);
        return Err(failure.with_detail(quote(&reason.unwrap_or_default(), MAX_QUOTE_CHARS)));
    }
    parse_page(answer.unwrap_or_default()).ok_or_else(|| {
        let message = format!("The answer of {host} is not a list of servers");
        Failure::permanent("not_a_registry", message).with_advice("Check CRAFT_REGISTRY_URLS")
    })
}

/// Returns the address of a page. A cursor is opaque, and returned as it came.
fn page_url(registry: &Url, updated_since: Option<Timestamp>, cursor: Option<&str>) -> Url {
    let mut url = registry.clone();
    url.set_path(&format!("{}/v0.1/servers", registry.path().trim_end_matches('/')));
    let since = updated_since.and_then(|since| since.format(&Rfc3339).ok());
    let mut query = url.query_pairs_mut();
    query.append_pair("limit", &PAGE_ENTRIES.to_string()).append_pair("version", "latest");
    if let Some(since) = since {
        query.append_pair("updated_since", &since);
    }
    if let Some(cursor) = cursor {
        query.append_pair("cursor", cursor);
    }
    drop(query);
    url
}

/// Reads a page; `None` if it is none. Of a page that is longer than was asked for, all entries are read.
fn parse_page(mut answer: Value) -> Option<RegistryPage> {
    let Value::Array(entries) = answer.get_mut("servers")?.take() else { return None };
    let next = match answer.pointer("/metadata/nextCursor") {
        Some(Value::String(next)) if next.len() > MAX_CURSOR_BYTES => return None,
        Some(Value::String(next)) if !next.is_empty() => Some(next.clone()),
        _ => None,
    };
    Some(RegistryPage { entries, next })
}

#[cfg(test)]
mod tests {
    use super::{page_url, parse_page};
    use serde_json::json;
    use time::macros::datetime;
    use url::Url;

    #[test]
    fn an_address_keeps_the_path_of_the_registry() {
        let registry = Url::parse("https://registry.example/mcp/").unwrap();
        assert_eq!(
            page_url(&registry, Some(datetime!(2026-11-28 10:00 UTC)), Some("a/b:1.0&x")).as_str(),
            "https://registry.example/mcp/v0.1/servers?limit=100&version=latest&updated_since=2026-11-28T10%3A00%3A00Z&cursor=a%2Fb%3A1.0%26x"
        );
        let root = Url::parse("https://registry.example").unwrap();
        assert_eq!(
            page_url(&root, None, None).as_str(),
            "https://registry.example/v0.1/servers?limit=100&version=latest"
        );
    }

    #[test]
    fn an_empty_cursor_ends_the_list() {
        let next = |metadata| parse_page(json!({"servers": [], "metadata": metadata})).unwrap().next;
        assert_eq!(next(json!({"nextCursor": "a/b:1"})).as_deref(), Some("a/b:1"));
        for end in [json!({}), json!({"nextCursor": ""}), json!({"nextCursor": null}), json!(null)] {
            assert_eq!(next(end), None);
        }
        for odd in
            [json!([]), json!({"servers": {}}), json!({"servers": [], "metadata": {"nextCursor": "x".repeat(1_001)}})]
        {
            assert!(parse_page(odd).is_none());
        }
    }
}
