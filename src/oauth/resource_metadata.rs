//! Protected-resource metadata (RFC 9728): the resource identifier of an MCP server, and its authorization server.

use serde_json::Value;
use url::Url;

use super::challenge::Challenge;
use super::failure::quote;
use super::server_metadata::text_list;
use super::{fetch_document, host};
use crate::egress::{Egress, Failure};

/// The metadata of a protected resource.
pub(super) struct ResourceMetadata {
    /// The resource identifier (RFC 8707).
    pub(super) resource: String,
    /// The issuer of its authorization server.
    pub(super) issuer: String,
    /// Its `scopes_supported`.
    pub(super) scopes: Vec<String>,
}

/// Fetches the metadata of the server at `server`, from the URL of its challenge or a well-known one.
///
/// # Errors
/// `resource_mismatch` if the metadata describe another server.
pub(super) async fn fetch(egress: &Egress, server: &Url, challenge: &Challenge) -> Result<ResourceMetadata, Failure> {
    for url in metadata_urls(server, challenge) {
        let Some(document) = fetch_document(egress, &url).await? else { continue };
        let resource = document.get("resource").and_then(Value::as_str).unwrap_or_default();
        if !covers(resource, server) {
            let message =
                format!("{} describes another server than the one at this address ({})", host(&url), quote(resource));
            return Err(Failure::permanent("resource_mismatch", message).with_advice("Check the URL"));
        }
        let issuer = text_list(&document, "authorization_servers").into_iter().next();
        let scopes = text_list(&document, "scopes_supported");
        let issuer = issuer.unwrap_or_else(|| origin(server));
        return Ok(ResourceMetadata { resource: resource.to_owned(), issuer, scopes });
    }
    // servers of MCP 2025-03-26 were their own authorization server, without this document
    Ok(ResourceMetadata { resource: canonical(server), issuer: origin(server), scopes: Vec::new() })
}

fn metadata_urls(server: &Url, challenge: &Challenge) -> Vec<Url> {
    let well_known = |path: &str| {
        let mut url = server.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(&format!("/.well-known/oauth-protected-resource{path}"));
        url
    };
    let challenged = challenge.resource_metadata.as_deref().and_then(|url| Url::parse(url).ok());
    let mut urls: Vec<_> = challenged.into_iter().collect();
    for path in [server.path().trim_end_matches('/'), ""] {
        let url = well_known(path);
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls
}

/// Says whether a resource identifier is this server, or a path above it on the same origin.
fn covers(resource: &str, server: &Url) -> bool {
    let Ok(resource) = Url::parse(resource) else { return false };
    let (above, below) = (resource.path().trim_end_matches('/'), server.path().trim_end_matches('/'));
    resource.origin() == server.origin()
        && below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn canonical(server: &Url) -> String {
    let mut url = server.clone();
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::{Challenge, covers, metadata_urls};
    use url::Url;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_resource_covers_paths_below_it_on_its_own_origin() {
        let server = url("https://a.example/mcp/v1");
        for good in ["https://a.example", "https://a.example/", "https://a.example/mcp", "https://a.example/mcp/v1"] {
            assert!(covers(good, &server), "{good}");
        }
        for bad in
            ["https://b.example/mcp", "http://a.example/mcp", "https://a.example/mc", "https://a.example/mcp/v1/x", ""]
        {
            assert!(!covers(bad, &server), "{bad}");
        }
    }

    #[test]
    fn the_challenged_url_goes_before_the_well_known_ones() {
        let challenge =
            Challenge { resource_metadata: Some("https://a.example/meta".to_owned()), ..Challenge::default() };
        let urls = metadata_urls(&url("https://a.example/mcp?x=1"), &challenge);
        assert_eq!(
            urls.iter().map(Url::as_str).collect::<Vec<_>>(),
            [
                "https://a.example/meta",
                "https://a.example/.well-known/oauth-protected-resource/mcp",
                "https://a.example/.well-known/oauth-protected-resource",
            ]
        );
    }
}
