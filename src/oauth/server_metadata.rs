//! Authorization-server metadata (RFC 8414, `OpenID` Connect Discovery).

use serde_json::Value;
use url::Url;

use super::client::ClientAuth;
use super::failure::quote;
use super::metadata::{self, text_list, with_path};
use super::{host, host_of};
use crate::egress::{Egress, Failure};

/// The advice for metadata that no one but their publisher can correct.
pub(super) const ASK_OPERATOR: &str = "Ask the people who run it";

/// The metadata of an authorization server.
pub(super) struct ServerMetadata {
    pub(super) issuer: String,
    pub(super) document: Value,
}

/// Finds the metadata of `issuer`.
///
/// # Errors
/// `no_metadata` if there are none, `issuer_mismatch` if there are some of another issuer only.
pub(super) async fn find(egress: &Egress, issuer: &str) -> Result<ServerMetadata, Failure> {
    let url = Url::parse(issuer).map_err(|_| {
        Failure::permanent("issuer", "The server requires sign-in at an address that is not a URL")
            .with_advice("Ask the server’s operator")
            .with_detail(format!("Its authorization server is “{}”", quote(issuer)))
    })?;
    let found = metadata::find(egress, places(&url), |place, document| read(issuer, place, document)).await?;
    found.ok_or_else(|| {
        let message = format!("{} requires sign-in, but does not say how", host(&url));
        Failure::permanent("no_metadata", message)
            .with_advice("Enter a token instead, if the server accepts one")
            .with_detail("It has no authorization-server metadata (RFC 8414)")
    })
}

fn read(issuer: &str, place: &Url, document: &Value) -> Option<Result<ServerMetadata, Failure>> {
    let named = document.get("issuer")?.as_str()?;
    // URL parsers differ in a trailing slash only
    if named.trim_end_matches('/') != issuer.trim_end_matches('/') {
        let message = format!("{} describes the sign-in of another server", host(place));
        return Some(Err(Failure::permanent("issuer_mismatch", message)
            .with_advice(ASK_OPERATOR)
            .with_detail(format!("The issuer in its metadata is “{}”", quote(named)))));
    }
    Some(Ok(ServerMetadata { issuer: named.to_owned(), document: document.clone() }))
}

/// Returns the well-known URLs of an issuer, in the order that MCP prescribes.
fn places(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let mut places = vec![
        with_path(issuer, &format!("/.well-known/oauth-authorization-server{path}")),
        with_path(issuer, &format!("/.well-known/openid-configuration{path}")),
    ];
    if !path.is_empty() {
        places.push(with_path(issuer, &format!("{path}/.well-known/openid-configuration")));
    }
    places
}

impl ServerMetadata {
    /// Returns the host that messages name.
    pub(super) fn host(&self) -> String {
        host_of(&self.issuer)
    }

    /// Returns the URL of an endpoint, if it is a web address: a `javascript:` URL would run in the browser of the person who
    /// follows it. For clients with a certificate, returns the mTLS alias if there is one (RFC 8705).
    pub(super) fn endpoint(&self, field: &str, auth: ClientAuth) -> Option<Url> {
        let alias = self.document.get("mtls_endpoint_aliases").filter(|_| auth == ClientAuth::Tls);
        let texts = [alias.and_then(|aliases| aliases.get(field)), self.document.get(field)].into_iter().flatten();
        let urls = texts.filter_map(|text| Url::parse(text.as_str()?).ok());
        urls.into_iter().find(|url| matches!(url.scheme(), "https" | "http"))
    }

    /// Returns the URL of an endpoint that no sign-in can do without.
    pub(super) fn require_endpoint(&self, field: &str, auth: ClientAuth) -> Result<Url, Failure> {
        self.endpoint(field, auth).ok_or_else(|| {
            let detail = match self.document.get(field).and_then(Value::as_str) {
                Some(_) => format!("The “{field}” in its metadata is not a web address"),
                None => format!("Its metadata have no “{field}”"),
            };
            Failure::permanent("no_metadata", format!("{} does not say completely how to sign in", self.host()))
                .with_advice(ASK_OPERATOR)
                .with_detail(detail)
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

#[cfg(test)]
mod tests {
    use super::{ServerMetadata, places};
    use crate::oauth::ClientAuth;
    use serde_json::{Value, json};
    use url::Url;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn metadata(document: Value) -> ServerMetadata {
        ServerMetadata { issuer: "https://as.example".to_owned(), document }
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
            let metadata = metadata(json!({ "authorization_response_iss_parameter_supported": has_iss }));
            let accepted = metadata.refuse_mix_up(&url(authorization), &url(token)).is_ok();
            assert_eq!(accepted, is_accepted, "{authorization} {token}");
        }
    }

    #[test]
    fn an_endpoint_that_is_no_web_address_is_none() {
        for text in
            [json!(""), json!(null), json!(7), json!("/register"), json!("javascript:alert(1)"), json!(["https://a"])]
        {
            let metadata = metadata(json!({ "registration_endpoint": text, "token_endpoint": text }));
            assert_eq!(metadata.endpoint("registration_endpoint", ClientAuth::None), None, "{text}");
            assert_eq!(metadata.require_endpoint("token_endpoint", ClientAuth::None).unwrap_err().class, "no_metadata");
        }
        let aliases = json!({ "token_endpoint": "", "revocation_endpoint": "https://tls.as.example/revoke" });
        let metadata = metadata(json!({ "token_endpoint": "https://as.example/t", "mtls_endpoint_aliases": aliases }));
        let endpoint = |field: &str| metadata.endpoint(field, ClientAuth::Tls).map(String::from);
        assert_eq!(endpoint("token_endpoint").as_deref(), Some("https://as.example/t"), "an empty alias is none");
        assert_eq!(endpoint("revocation_endpoint").as_deref(), Some("https://tls.as.example/revoke"));
    }

    #[test]
    fn well_known_urls_come_in_the_prescribed_order() {
        assert_eq!(
            places(&url("https://as.example/tenant/")).iter().map(Url::as_str).collect::<Vec<_>>(),
            [
                "https://as.example/.well-known/oauth-authorization-server/tenant",
                "https://as.example/.well-known/openid-configuration/tenant",
                "https://as.example/tenant/.well-known/openid-configuration",
            ]
        );
        assert_eq!(places(&url("https://as.example")).len(), 2);
    }
}
