//! Authorization-server metadata (RFC 8414, `OpenID` Connect Discovery).

use serde_json::Value;
use url::Url;

use super::failure::quote;
use super::provider::ClientAuth;
use super::{fetch_document, host};
use crate::egress::{Egress, Failure};

/// The advice for metadata that no one but their publisher can correct.
const ASK_OPERATOR: &str = "Ask the people who run it";

/// The metadata of an authorization server.
pub(super) struct ServerMetadata {
    pub(super) issuer: String,
    pub(super) document: Value,
}

/// Fetches the metadata of `issuer`.
///
/// # Errors
/// `no_metadata` if there are none, `issuer_mismatch` if they name another issuer.
pub(super) async fn fetch(egress: &Egress, issuer: &str) -> Result<ServerMetadata, Failure> {
    let url = Url::parse(issuer).map_err(|_| {
        let message = format!("The server names “{}” as its authorization server, which is not a URL", quote(issuer));
        Failure::permanent("issuer", message).with_advice("Ask the server’s operator")
    })?;
    for place in metadata_urls(&url) {
        let Some(document) = fetch_document(egress, &place).await? else { continue };
        let named = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
        // URL parsers differ in a trailing slash only
        if named.trim_end_matches('/') != issuer.trim_end_matches('/') {
            let message = format!("{} names another issuer in its metadata ({})", host(&place), quote(named));
            return Err(Failure::permanent("issuer_mismatch", message).with_advice(ASK_OPERATOR));
        }
        return Ok(ServerMetadata { issuer: named.to_owned(), document });
    }
    let message = format!("{} requires sign-in, but has no authorization-server metadata that say how", host(&url));
    Err(Failure::permanent("no_metadata", message).with_advice("Enter a token instead, if the server accepts one"))
}

/// Returns the well-known URLs of an issuer, in the order that MCP prescribes.
fn metadata_urls(issuer: &Url) -> Vec<Url> {
    let with_path = |path: String| {
        let mut url = issuer.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(&path);
        url
    };
    let path = issuer.path().trim_end_matches('/');
    let mut urls = vec![
        with_path(format!("/.well-known/oauth-authorization-server{path}")),
        with_path(format!("/.well-known/openid-configuration{path}")),
    ];
    if !path.is_empty() {
        urls.push(with_path(format!("{path}/.well-known/openid-configuration")));
    }
    urls
}

impl ServerMetadata {
    /// Returns the host that messages name.
    pub(super) fn host(&self) -> String {
        Url::parse(&self.issuer).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Returns the URL in `field`, if there is one.
    pub(super) fn url(&self, field: &str) -> Result<Option<Url>, Failure> {
        self.url_in(&self.document, field)
    }

    /// Returns the URL of an endpoint. For clients with a certificate that is its mTLS alias, if there is one (RFC 8705).
    pub(super) fn endpoint(&self, field: &str, auth: ClientAuth) -> Result<Option<Url>, Failure> {
        let alias = match self.document.get("mtls_endpoint_aliases") {
            Some(aliases) if auth == ClientAuth::Tls => self.url_in(aliases, field)?,
            _ => None,
        };
        match alias {
            Some(alias) => Ok(Some(alias)),
            None => self.url(field),
        }
    }

    fn url_in(&self, document: &Value, field: &str) -> Result<Option<Url>, Failure> {
        let Some(text) = document.get(field).and_then(Value::as_str) else { return Ok(None) };
        // a javascript: URL would run in the browser of the person who follows it
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        url.map(Some).ok_or_else(|| {
            Failure::permanent("no_metadata", format!("The “{field}” of {} is not a web address", self.host()))
                .with_advice(ASK_OPERATOR)
        })
    }

    /// Returns `url`, or the failure that the metadata lack `field`.
    pub(super) fn require(&self, url: Option<Url>, field: &str) -> Result<Url, Failure> {
        url.ok_or_else(|| {
            Failure::permanent("no_metadata", format!("The metadata of {} have no “{field}”", self.host()))
                .with_advice(ASK_OPERATOR)
        })
    }

    /// Refuses metadata that pair another server's authorization endpoint with this server's token endpoint: this server would
    /// receive a code that the other one issued (a mix-up attack). A server that names itself in the callback is accepted.
    pub(super) fn refuse_mix_up(&self, authorization: &Url, token: &Url) -> Result<(), Failure> {
        let is_own = Url::parse(&self.issuer).is_ok_and(|issuer| issuer.origin() == authorization.origin());
        if is_own
            || authorization.origin() == token.origin()
            || self.flag("authorization_response_iss_parameter_supported")
        {
            return Ok(());
        }
        let message =
            format!("{} sends people to {}, but wants the resulting code itself", self.host(), host(authorization));
        Err(Failure::permanent("mix_up", message)
            .with_advice("Do not sign in there. Ask the people who run the server"))
    }

    /// Returns a list of texts; empty if there is none.
    pub(super) fn list(&self, field: &str) -> Vec<String> {
        text_list(&self.document, field)
    }

    /// Returns a boolean; false if there is none.
    pub(super) fn flag(&self, field: &str) -> bool {
        self.document.get(field).and_then(Value::as_bool).unwrap_or_default()
    }
}

/// Returns the texts of an array; empty if there is none.
pub(super) fn text_list(document: &Value, field: &str) -> Vec<String> {
    let list = document.get(field).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{ServerMetadata, metadata_urls};
    use serde_json::json;
    use url::Url;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn an_authorization_endpoint_elsewhere_needs_the_token_endpoint_there_or_the_iss_parameter() {
        let (own, other) = ("https://as.example/x", "https://honest.example/x");
        for (authorization, token, has_iss, is_accepted) in [
            (own, own, false, true),
            (own, other, false, true),
            (other, other, false, true),
            (other, own, true, true),
            (other, own, false, false),
        ] {
            let document = json!({ "authorization_response_iss_parameter_supported": has_iss });
            let metadata = ServerMetadata { issuer: "https://as.example".to_owned(), document };
            let accepted = metadata.refuse_mix_up(&url(authorization), &url(token)).is_ok();
            assert_eq!(accepted, is_accepted, "{authorization} {token}");
        }
    }

    #[test]
    fn well_known_urls_come_in_the_prescribed_order() {
        assert_eq!(
            metadata_urls(&url("https://as.example/tenant/")).iter().map(Url::as_str).collect::<Vec<_>>(),
            [
                "https://as.example/.well-known/oauth-authorization-server/tenant",
                "https://as.example/.well-known/openid-configuration/tenant",
                "https://as.example/tenant/.well-known/openid-configuration",
            ]
        );
        assert_eq!(metadata_urls(&url("https://as.example")).len(), 2);
    }
}
