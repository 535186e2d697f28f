//! Finds an assistant by its client id, and reads its metadata document if the id is the URL of one.

use http::Method;
use http::header::{ACCEPT, CACHE_CONTROL};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;
use time::Duration;
use url::{Host, Url};

use super::assistant::Assistant;
use super::client_metadata::{ClientMetadata, MetadataFault};
use super::store_assistants as store;
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::egress::{Egress, Request, read_json};
use crate::error::Error;

/// Time for reading a metadata document, while a person waits for the consent page.
const READ_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// Limit of a metadata document, in bytes.
const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

/// The longest client id, in bytes.
const MAX_CLIENT_ID_BYTES: usize = 2048;

/// A document is read again after this time, unless its server names another.
const DEFAULT_FRESHNESS: Duration = Duration::minutes(15);

/// The shortest and the longest time in which a document is not read again, whatever its server says.
const MIN_FRESHNESS: Duration = Duration::MINUTE;
const MAX_FRESHNESS: Duration = Duration::DAY;

/// The reason why an assistant was not found.
#[derive(Debug)]
pub(super) enum UnknownAssistant {
    /// The client id names no assistant. The sentence says why.
    Unknown(String),
    /// The hub failed to look.
    Failed(Error),
}

impl From<Error> for UnknownAssistant {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<sqlx::Error> for UnknownAssistant {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Finds the assistant with this client id. The document of an id that is a URL is read, unless it was read lately.
pub(super) async fn find(
    system: &SystemDb,
    egress: &Egress,
    public_url: &Url,
    client_id: &str,
    now: Timestamp,
) -> Result<Assistant, UnknownAssistant> {
    // the database cannot look for a NUL
    let is_possible = client_id.len() <= MAX_CLIENT_ID_BYTES && !client_id.contains('\0');
    let known = if is_possible { store::find(system.pool(), client_id).await? } else { None };
    let Some(url) = document_url(public_url, client_id) else {
        let unknown = "The assistant is not registered here, or its registration has ended";
        return known.map(|row| row.assistant).ok_or_else(|| UnknownAssistant::Unknown(unknown.to_owned()));
    };
    if let Some(row) = known.filter(|row| row.fresh_until.is_some_and(|until| until > now)) {
        return Ok(row.assistant);
    }
    let (metadata, freshness) = read_document(egress, &url, client_id).await?;
    Ok(store::upsert_document(system.pool(), client_id, &metadata, now, now + freshness).await?)
}

/// Returns the URL of a metadata document, if the client id is one. A hub that is tried out on one device also takes documents of
/// that device.
fn document_url(public_url: &Url, client_id: &str) -> Option<Url> {
    let url = Url::parse(client_id).ok()?;
    let is_local = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let is_safe = url.scheme() == "https"
        || (url.scheme() == "http" && public_url.scheme() == "http" && is_local(&url) && is_local(public_url));
    let is_plain = url.path() != "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    (is_safe && is_plain && url.as_str() == client_id && client_id.len() <= MAX_CLIENT_ID_BYTES).then_some(url)
}

async fn read_document(
    egress: &Egress,
    url: &Url,
    client_id: &str,
) -> Result<(ClientMetadata, Duration), UnknownAssistant> {
    let host = url.host_str().unwrap_or("The site");
    let unknown = |reason: &str| UnknownAssistant::Unknown(format!("{host} {reason}"));
    let request = Request::new(Method::GET, url.clone())
        .header(ACCEPT, HeaderValue::from_static("application/json"))
        .timeout(READ_TIMEOUT)
        .max_response_bytes(MAX_DOCUMENT_BYTES);
    let unread = |error| {
        tracing::warn!(error = %error, "Failed to read the description of an assistant; its person sees a refusal");
        unknown("did not send the description of its assistant. Try again in a moment")
    };
    let response = egress.send(request).await.map_err(unread)?;
    if response.status() != StatusCode::OK {
        return Err(unknown("does not describe its assistant at the address that the assistant named"));
    }
    let media_type = response.media_type();
    if media_type != "application/json" && !media_type.ends_with("+json") {
        return Err(unknown("does not describe its assistant in JSON"));
    }
    let freshness = freshness(response.headers());
    let body = response.bytes().await.map_err(unread)?;
    let document =
        read_json(&body).map_err(|_| unknown("describes its assistant in a form that the hub cannot read"))?;
    if document.get("client_id").and_then(Value::as_str) != Some(client_id) {
        return Err(unknown("describes another assistant at this address"));
    }
    let metadata = ClientMetadata::read(&document).map_err(|fault| match fault {
        MetadataFault::RedirectUri(text) | MetadataFault::Member(text) => {
            unknown(&format!("describes its assistant in a way that the hub does not accept. {text}"))
        }
    })?;
    if !metadata.may_be_public {
        return Err(unknown("wants its assistant to authenticate with a key, which this hub does not support"));
    }
    Ok((metadata, freshness))
}

/// Reads how long a document stays fresh.
fn freshness(headers: &HeaderMap) -> Duration {
    let control = headers.get(CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let directives = || control.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    if directives().any(|directive| matches!(directive.as_str(), "no-store" | "no-cache")) {
        return MIN_FRESHNESS;
    }
    let max_age = directives().find_map(|directive| directive.strip_prefix("max-age=")?.parse::<u32>().ok());
    let named = max_age.map_or(DEFAULT_FRESHNESS, |seconds| Duration::seconds(i64::from(seconds)));
    named.clamp(MIN_FRESHNESS, MAX_FRESHNESS)
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT_FRESHNESS, MAX_FRESHNESS, MIN_FRESHNESS, document_url, freshness};
    use http::HeaderMap;
    use http::header::CACHE_CONTROL;
    use time::Duration;
    use url::Url;

    #[test]
    fn a_client_id_is_the_url_of_a_document_only_over_https() {
        let hub = Url::parse("https://hub.example").unwrap();
        assert!(document_url(&hub, "https://client.example/oauth/metadata.json").is_some());
        for id in [
            "https://client.example/",
            "https://client.example",
            "https://client.example/metadata.json?a=b",
            "http://client.example/metadata.json",
            "http://localhost/metadata.json",
            "https://client.example/metadata.json#a",
            "https://user@client.example/metadata.json",
            "https://client.example/a/../metadata.json",
            "HTTPS://client.example/metadata.json",
            "0192f0c1-7c1c-7000-8000-000000000000",
            "",
        ] {
            assert!(document_url(&hub, id).is_none(), "{id}");
        }
        let local = Url::parse("http://127.0.0.1:8080").unwrap();
        assert!(document_url(&local, "http://localhost:9/metadata.json").is_some());
        assert!(document_url(&local, "http://client.example/metadata.json").is_none());
    }

    #[test]
    fn a_document_is_fresh_for_the_time_that_its_server_names_within_bounds() {
        let time = |control: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, control.parse().unwrap());
            freshness(&headers)
        };
        assert_eq!(freshness(&HeaderMap::new()), DEFAULT_FRESHNESS);
        assert_eq!(time("public, Max-Age=3600"), Duration::HOUR);
        assert_eq!((time("max-age=0"), time("no-store")), (MIN_FRESHNESS, MIN_FRESHNESS));
        assert_eq!(time("max-age=4294967295"), MAX_FRESHNESS);
    }
}
