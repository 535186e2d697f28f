//! Protected resources (RFC 8707): the endpoint of a space is the audience of a token.

use url::Url;

/// The MCP endpoint of a space, by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Slug of the organisation; `None` for a person's own space.
    pub organisation: Option<String>,
}

impl Resource {
    /// Returns the endpoint of an organisation, or of a person's own space.
    #[must_use]
    pub fn new(organisation: Option<&str>) -> Self {
        Self { organisation: organisation.map(str::to_owned) }
    }

    /// Reads an address. A slash at its end counts for nothing.
    #[must_use]
    pub fn parse(public_url: &Url, text: &str) -> Option<Self> {
        let url = Url::parse(text).ok().filter(|url| url.origin() == public_url.origin())?;
        if url.query().is_some() || url.fragment().is_some() {
            return None;
        }
        Self::from_path(url.path().trim_end_matches('/'))
    }

    /// Reads the path of an endpoint.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        if path == "/mcp" {
            return Some(Self { organisation: None });
        }
        let slug = path.strip_prefix("/orgs/")?.strip_suffix("/mcp")?;
        let is_slug = !slug.is_empty() && slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_slug.then(|| Self::new(Some(slug)))
    }

    /// Returns the address of the endpoint.
    #[must_use]
    pub fn url(&self, public_url: &Url) -> String {
        format!("{}{}", base(public_url), self.path())
    }

    /// Returns the address of the metadata that lead a client to the authorization server (RFC 9728).
    #[must_use]
    pub fn metadata_url(&self, public_url: &Url) -> String {
        format!("{}/.well-known/oauth-protected-resource{}", base(public_url), self.path())
    }

    fn path(&self) -> String {
        self.organisation.as_ref().map_or_else(|| "/mcp".to_owned(), |slug| format!("/orgs/{slug}/mcp"))
    }
}

/// Returns the issuer of the authorization server.
#[must_use]
pub fn issuer(public_url: &Url) -> &str {
    base(public_url)
}

fn base(public_url: &Url) -> &str {
    public_url.as_str().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::{Resource, issuer};
    use url::Url;

    #[test]
    fn an_endpoint_is_read_back_from_its_address() {
        let hub = Url::parse("https://hub.example").unwrap();
        for resource in [Resource::new(None), Resource::new(Some("acme"))] {
            assert_eq!(Resource::parse(&hub, &resource.url(&hub)), Some(resource));
        }
        assert_eq!(Resource::parse(&hub, "HTTPS://Hub.Example:443/mcp/"), Some(Resource::new(None)));
        for text in [
            "https://other.example/mcp",
            "https://hub.example/",
            "https://hub.example/mcp?a=b",
            "/mcp",
            "https://hub.example/orgs/a%2Fb/mcp",
            "https://hub.example/orgs//mcp",
        ] {
            assert_eq!(Resource::parse(&hub, text), None, "{text}");
        }
        assert_eq!(issuer(&hub), "https://hub.example");
        assert_eq!(
            Resource::new(Some("acme")).metadata_url(&hub),
            "https://hub.example/.well-known/oauth-protected-resource/orgs/acme/mcp"
        );
    }
}
