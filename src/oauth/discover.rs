//! What an MCP server and its authorization server say of themselves (RFC 9728, RFC 8414, `OpenID` Connect Discovery).

use serde_json::Value;
use url::Url;

use super::challenge::Challenge;
use super::failure::{Failure, FailureKind};
use super::provider::{BodyFormat, ClientAuth, Provider, RefreshConfig, RevocationAuth, RevocationConfig, TokenKind};
use super::{document, host};
use crate::egress::Egress;

/// Most scopes that are asked for because a server lists them.
const MOST_SCOPES: usize = 50;

/// Follows a server's challenge to the description of its authorization server: everything that a sign-in needs but a
/// client.
///
/// # Errors
/// A sentence that says which step found nothing, or something that does not fit.
pub async fn discover(egress: &Egress, server: &Url, challenge: &Challenge) -> Result<Provider, Failure> {
    let resource = protected_resource(egress, server, challenge).await?;
    let metadata = authorization_server(egress, &resource.issuer).await?;
    let listed = metadata.texts("code_challenge_methods_supported");
    if !listed.iter().any(|method| method == "S256") {
        return Err(Failure::new(
            FailureKind::Permanent,
            "no_pkce",
            format!(
                "{} does not say that it binds codes (PKCE with S256), so a stolen one could be used",
                metadata.host()
            ),
        ));
    }
    let mut supported = resource.scopes.clone();
    supported.extend(metadata.texts("scopes_supported").into_iter().filter(|scope| !resource.scopes.contains(scope)));
    let scopes = if challenge.scopes.is_empty() { resource.scopes } else { challenge.scopes.clone() };
    let mut provider = provider(&metadata, resource.id, scopes)?;
    provider.scopes_supported = supported.into_iter().take(MOST_SCOPES).collect();
    Ok(provider)
}

fn provider(metadata: &Metadata, resource: String, scopes: Vec<String>) -> Result<Provider, Failure> {
    let auth = client_auth(&metadata.texts("token_endpoint_auth_methods_supported"));
    let takes = match metadata.alias("token_endpoint", auth)? {
        Some(own) => own,
        None => metadata.needed("token_endpoint")?,
    };
    let mut provider: Provider = serde_json::from_value(serde_json::json!({
        "authorize_url": metadata.needed("authorization_endpoint")?.as_str(),
        "token_url": takes.as_str(),
    }))
    .map_err(|error| Failure::setting(error.to_string()))?;
    metadata.refuse_mixed(&takes)?;
    provider.client_auth = auth;
    provider.scopes = scopes.into_iter().take(MOST_SCOPES).collect();
    provider.refresh = Some(RefreshConfig::default());
    let ends = match metadata.alias("revocation_endpoint", auth)? {
        None => metadata.url("revocation_endpoint")?,
        own => own,
    };
    provider.revoke = ends.map(|url| RevocationConfig {
        url: url.into(),
        method: "POST".to_owned(),
        auth: RevocationAuth::Client,
        token: TokenKind::Refresh,
        param: "token".to_owned(),
        body: BodyFormat::Form,
        success: None,
    });
    provider.issuer = Some(metadata.issuer.clone());
    provider.names_itself = metadata.flag("authorization_response_iss_parameter_supported");
    provider.resource = Some(resource);
    // a client that has to bring a key is made by a person
    if !auth.has_key() {
        provider.registration_url = metadata.url("registration_endpoint")?.map(Into::into);
        provider.reads_client_documents = metadata.flag("client_id_metadata_document_supported");
    }
    Ok(provider)
}

/// The first that the hub can do by itself; a key only where there is nothing else.
fn client_auth(methods: &[String]) -> ClientAuth {
    let offers = |method: &str| methods.iter().any(|it| it == method);
    match () {
        () if offers("none") => ClientAuth::None,
        () if offers("client_secret_post") => ClientAuth::Post,
        () if offers("client_secret_basic") => ClientAuth::Basic,
        () if offers("private_key_jwt") => ClientAuth::PrivateKeyJwt,
        // the same to the client, whether an authority has signed its certificate or not
        () if offers("tls_client_auth") || offers("self_signed_tls_client_auth") => ClientAuth::Tls,
        // what RFC 8414 assumes of a server that says nothing
        () => ClientAuth::Basic,
    }
}

/// What a server says of itself.
struct Resource {
    id: String,
    issuer: String,
    scopes: Vec<String>,
}

async fn protected_resource(egress: &Egress, server: &Url, challenge: &Challenge) -> Result<Resource, Failure> {
    for place in places_of_resource(server, challenge) {
        let Some(found) = document(egress, &place).await? else { continue };
        let id = found.get("resource").and_then(Value::as_str).unwrap_or_default();
        if !covers(id, server) {
            return Err(Failure::new(
                FailureKind::Permanent,
                "resource_mismatch",
                format!(
                    "{} describes another server than the one at this address ({})",
                    host(&place),
                    super::failure::quote(id)
                ),
            ));
        }
        let issuer = texts(&found, "authorization_servers").into_iter().next();
        let scopes = texts(&found, "scopes_supported");
        return Ok(Resource { id: id.to_owned(), issuer: issuer.unwrap_or_else(|| origin(server)), scopes });
    }
    // servers of 2025-03-26 were their own authorization server and described nothing else
    Ok(Resource { id: canonical(server), issuer: origin(server), scopes: Vec::new() })
}

fn places_of_resource(server: &Url, challenge: &Challenge) -> Vec<Url> {
    let well_known = |path: &str| {
        let mut url = server.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(&format!("/.well-known/oauth-protected-resource{path}"));
        url
    };
    let named = challenge.resource_metadata.as_deref().and_then(|url| Url::parse(url).ok());
    let mut places: Vec<_> = named.into_iter().collect();
    for path in [server.path().trim_end_matches('/'), ""] {
        let place = well_known(path);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Whether a resource is this server, or one above it on the same origin.
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

/// What an authorization server says of itself.
struct Metadata {
    issuer: String,
    document: Value,
}

async fn authorization_server(egress: &Egress, issuer: &str) -> Result<Metadata, Failure> {
    let url = Url::parse(issuer).map_err(|_| {
        Failure::new(
            FailureKind::Permanent,
            "issuer",
            format!("The server names “{}” as its sign-in, which is no address", super::failure::quote(issuer)),
        )
    })?;
    for place in places_of_metadata(&url) {
        let Some(document) = document(egress, &place).await? else { continue };
        let said = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
        // a trailing slash is the one difference that URL parsers make
        if said.trim_end_matches('/') != issuer.trim_end_matches('/') {
            return Err(Failure::new(
                FailureKind::Permanent,
                "issuer_mismatch",
                format!("{} says that it is somebody else ({})", host(&place), super::failure::quote(said)),
            ));
        }
        return Ok(Metadata { issuer: said.to_owned(), document });
    }
    Err(Failure::new(
        FailureKind::Permanent,
        "no_metadata",
        format!(
            "{} wants people to sign in, but does not say how (it has no authorization-server metadata)",
            host(&url)
        ),
    ))
}

/// In the order that MCP prescribes.
fn places_of_metadata(issuer: &Url) -> Vec<Url> {
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(&path);
        url
    };
    let path = issuer.path().trim_end_matches('/');
    let mut places = vec![
        at(format!("/.well-known/oauth-authorization-server{path}")),
        at(format!("/.well-known/openid-configuration{path}")),
    ];
    if !path.is_empty() {
        places.push(at(format!("{path}/.well-known/openid-configuration")));
    }
    places
}

impl Metadata {
    fn host(&self) -> String {
        Url::parse(&self.issuer).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    fn url(&self, field: &str) -> Result<Option<Url>, Failure> {
        self.url_in(&self.document, field)
    }

    /// Where an endpoint is for clients that show a certificate, if that is somewhere else (RFC 8705).
    fn alias(&self, field: &str, auth: ClientAuth) -> Result<Option<Url>, Failure> {
        match self.document.get("mtls_endpoint_aliases") {
            Some(aliases) if auth == ClientAuth::Tls => self.url_in(aliases, field),
            _ => Ok(None),
        }
    }

    fn url_in(&self, part: &Value, field: &str) -> Result<Option<Url>, Failure> {
        let Some(text) = part.get(field).and_then(Value::as_str) else { return Ok(None) };
        // a script's address in place of a page's would run in whoever follows it
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
        url.map(Some).ok_or_else(|| {
            Failure::new(
                FailureKind::Permanent,
                "no_metadata",
                format!("The “{field}” of {} is no web address", self.host()),
            )
        })
    }

    fn needed(&self, field: &str) -> Result<Url, Failure> {
        self.url(field)?.ok_or_else(|| {
            Failure::new(FailureKind::Permanent, "no_metadata", format!("{} does not say its “{field}”", self.host()))
        })
    }

    /// Metadata that lead to another server for consent, and bring the code of that server here: unless it names itself
    /// in the callback, nobody could tell. `takes` is where the code would be shown.
    fn refuse_mixed(&self, takes: &Url) -> Result<(), Failure> {
        let asks = self.needed("authorization_endpoint")?;
        let is_own = Url::parse(&self.issuer).is_ok_and(|issuer| issuer.origin() == asks.origin());
        if is_own || asks.origin() == takes.origin() || self.flag("authorization_response_iss_parameter_supported") {
            return Ok(());
        }
        let message = format!("{} sends people to {} and would take their answer itself", self.host(), host(&asks));
        Err(Failure::new(FailureKind::Permanent, "mixed", message))
    }

    fn texts(&self, field: &str) -> Vec<String> {
        texts(&self.document, field)
    }

    fn flag(&self, field: &str) -> bool {
        self.document.get(field).and_then(Value::as_bool).unwrap_or_default()
    }
}

fn texts(document: &Value, field: &str) -> Vec<String> {
    let list = document.get(field).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{Challenge, ClientAuth, covers, places_of_metadata, places_of_resource};
    use url::Url;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn texts(urls: &[Url]) -> Vec<&str> {
        urls.iter().map(Url::as_str).collect()
    }

    #[test]
    fn a_resource_covers_what_is_below_it_on_its_own_origin() {
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
    fn whoever_sends_people_elsewhere_must_take_the_answer_there() {
        let metadata = |asks: &str, names_itself: bool| super::Metadata {
            issuer: "https://as.example".to_owned(),
            document: serde_json::json!({
                "authorization_endpoint": asks,
                "authorization_response_iss_parameter_supported": names_itself,
            }),
        };
        let (own, honest) = ("https://as.example/x", "https://honest.example/x");
        for (asks, takes, names_itself, is_fine) in [
            (own, own, false, true),
            (own, honest, false, true),
            (honest, honest, false, true),
            (honest, own, true, true),
            (honest, own, false, false),
        ] {
            assert_eq!(metadata(asks, names_itself).refuse_mixed(&url(takes)).is_ok(), is_fine, "{asks} {takes}");
        }
    }

    #[test]
    fn a_key_is_asked_for_only_where_nothing_else_is_taken_and_then_by_nobody_but_a_person() {
        let provider = |methods: &[&str]| {
            let document = serde_json::json!({
                "authorization_endpoint": "https://as.example/authorize",
                "token_endpoint": "https://as.example/token",
                "revocation_endpoint": "https://as.example/revoke",
                "registration_endpoint": "https://as.example/register",
                "client_id_metadata_document_supported": true,
                "mtls_endpoint_aliases": { "token_endpoint": "https://tls.as.example/token" },
                "token_endpoint_auth_methods_supported": methods,
            });
            let metadata = super::Metadata { issuer: "https://as.example".to_owned(), document };
            super::provider(&metadata, "https://a.example".to_owned(), vec![]).unwrap()
        };
        for (methods, auth) in [
            (&["tls_client_auth", "private_key_jwt", "none"][..], ClientAuth::None),
            (&["tls_client_auth", "client_secret_basic"], ClientAuth::Basic),
            (&["tls_client_auth", "private_key_jwt"], ClientAuth::PrivateKeyJwt),
            (&["tls_client_auth"], ClientAuth::Tls),
            (&["self_signed_tls_client_auth"], ClientAuth::Tls),
            (&[], ClientAuth::Basic),
        ] {
            let found = provider(methods);
            assert_eq!(found.client_auth, auth, "{methods:?}");
            assert_eq!(found.registration_url.is_none(), auth.has_key(), "{methods:?}");
            assert_eq!(found.reads_client_documents, !auth.has_key(), "{methods:?}");
            assert_eq!(found.token_url.contains("//tls."), auth == ClientAuth::Tls, "{methods:?}");
            assert_eq!(found.revoke.unwrap().url, "https://as.example/revoke", "it has no other for certificates");
        }
    }

    #[test]
    fn a_code_of_another_server_is_not_taken_at_an_address_for_certificates_either() {
        let document = serde_json::json!({
            "authorization_endpoint": "https://honest.example/authorize",
            "token_endpoint": "https://honest.example/token",
            "mtls_endpoint_aliases": { "token_endpoint": "https://as.example/token" },
            "token_endpoint_auth_methods_supported": ["tls_client_auth"],
        });
        let metadata = super::Metadata { issuer: "https://as.example".to_owned(), document };
        let refused = super::provider(&metadata, "https://a.example".to_owned(), vec![]).unwrap_err();
        assert_eq!(refused.class, "mixed");
    }

    #[test]
    fn descriptions_are_looked_for_in_the_prescribed_order() {
        let named = Challenge { resource_metadata: Some("https://a.example/meta".to_owned()), ..Challenge::default() };
        assert_eq!(
            texts(&places_of_resource(&url("https://a.example/mcp?x=1"), &named)),
            [
                "https://a.example/meta",
                "https://a.example/.well-known/oauth-protected-resource/mcp",
                "https://a.example/.well-known/oauth-protected-resource",
            ]
        );
        assert_eq!(
            texts(&places_of_metadata(&url("https://as.example/tenant/"))),
            [
                "https://as.example/.well-known/oauth-authorization-server/tenant",
                "https://as.example/.well-known/openid-configuration/tenant",
                "https://as.example/tenant/.well-known/openid-configuration",
            ]
        );
        assert_eq!(places_of_metadata(&url("https://as.example")).len(), 2);
    }
}
