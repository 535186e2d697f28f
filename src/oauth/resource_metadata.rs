//! Protected-resource metadata (RFC 9728): the resource identifier of an MCP server, and its authorization servers.

use serde_json::Value;
use url::Url;

use super::challenge::Challenge;
use super::failure::quote;
use super::host;
use super::metadata::{self, text_list, with_path};
use crate::egress::{Egress, Failure};
use crate::foreign_text::is_clean_name;

/// The metadata of a protected resource.
#[derive(Debug)]
pub(super) struct ResourceMetadata {
    /// The resource identifier (RFC 8707).
    pub(super) resource: String,
    /// The issuers of its authorization servers; at least one.
    pub(super) issuers: Vec<String>,
    /// Its `scopes_supported`.
    pub(super) scopes: Vec<String>,
}

impl ResourceMetadata {
    /// Returns the metadata of a server of MCP 2025-03-26, which was its own authorization server and had no such document.
    pub(super) fn of_older_server(server: &Url) -> Self {
        let mut url = server.clone();
        url.set_fragment(None);
        let resource = url.as_str().trim_end_matches('/').to_owned();
        Self { resource, issuers: vec![origin(server)], scopes: Vec::new() }
    }
}

/// Finds the metadata of the server at `server`, at the URL of its challenge or a well-known one.
///
/// # Errors
/// `resource_mismatch` if there are metadata of another server only.
pub(super) async fn find(
    egress: &Egress,
    server: &Url,
    challenge: &Challenge,
) -> Result<Option<ResourceMetadata>, Failure> {
    metadata::find(egress, places(server, challenge), |place, document| read(server, place, document)).await
}

fn read(server: &Url, place: &Url, document: &Value) -> Option<Result<ResourceMetadata, Failure>> {
    let resource = document.get("resource")?.as_str().filter(|resource| is_clean_name(resource))?;
    if !covers(resource, server) {
        let message = format!("{} describes another server than the one at this address", host(place));
        return Some(Err(Failure::permanent("resource_mismatch", message)
            .with_advice("Check the URL")
            .with_detail(format!("The resource in its metadata is “{}”", quote(resource)))));
    }
    let mut issuers = text_list(document, "authorization_servers");
    if issuers.is_empty() {
        issuers.push(origin(server));
    }
    Some(Ok(ResourceMetadata {
        resource: resource.to_owned(),
        issuers,
        scopes: text_list(document, "scopes_supported"),
    }))
}

fn places(server: &Url, challenge: &Challenge) -> Vec<Url> {
    let challenged = challenge.resource_metadata.as_deref().and_then(|url| server.join(url).ok());
    let path = server.path().trim_end_matches('/');
    let well_known = [path, ""].map(|path| with_path(server, &format!("/.well-known/oauth-protected-resource{path}")));
    let mut places = Vec::new();
    for place in challenged.into_iter().chain(well_known) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Says whether a resource identifier is this server, or a path above it on the same origin.
fn covers(resource: &str, server: &Url) -> bool {
    let Ok(resource) = Url::parse(resource) else { return false };
    let (above, below) = (resource.path().trim_end_matches('/'), server.path().trim_end_matches('/'));
    resource.origin() == server.origin()
        && below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::{Challenge, covers, places};
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
        let places = |challenged: &str| {
            let challenge = Challenge { resource_metadata: Some(challenged.to_owned()), ..Challenge::default() };
            let places = places(&url("https://a.example/mcp?x=1"), &challenge);
            places.iter().map(|place| place.as_str().to_owned()).collect::<Vec<_>>()
        };
        let well_known = [
            "https://a.example/.well-known/oauth-protected-resource/mcp",
            "https://a.example/.well-known/oauth-protected-resource",
        ];
        for challenged in ["https://a.example/meta", "/meta"] {
            assert_eq!(places(challenged), ["https://a.example/meta", well_known[0], well_known[1]]);
        }
        assert_eq!(places(well_known[0]), well_known);
    }
}
