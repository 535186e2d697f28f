//! OAuth discovery as MCP prescribes: from a server's challenge to the description of its authorization server.

use url::Url;

use super::challenge::Challenge;
use super::failure::invalid_provider;
use super::provider::{BodyFormat, ClientAuth, Provider, RefreshConfig, RevocationAuth, RevocationConfig, TokenKind};
use super::resource_metadata;
use super::server_metadata::{self, ServerMetadata};
use crate::egress::{Egress, Failure};

/// Maximum number of scopes that the hub stores or requests because a server lists them.
const MAX_SCOPES: usize = 50;

/// Discovers the provider of the server at `server`: all that a sign-in needs except a client.
///
/// # Errors
/// A message that names the step that found nothing, or found a contradiction.
pub async fn discover(egress: &Egress, server: &Url, challenge: &Challenge) -> Result<Provider, Failure> {
    let resource = resource_metadata::fetch(egress, server, challenge).await?;
    let metadata = server_metadata::fetch(egress, &resource.issuer).await?;
    let methods = metadata.list("code_challenge_methods_supported");
    if !methods.iter().any(|method| method == "S256") {
        let message =
            format!("{} does not support PKCE with S256, so that a stolen code could be used", metadata.host());
        return Err(Failure::permanent("no_pkce", message).with_advice("Ask the people who run it"));
    }
    let mut supported = resource.scopes.clone();
    supported.extend(metadata.list("scopes_supported").into_iter().filter(|scope| !resource.scopes.contains(scope)));
    let scopes = if challenge.scopes.is_empty() { resource.scopes } else { challenge.scopes.clone() };
    let mut provider = build_provider(&metadata, resource.resource, scopes)?;
    provider.scopes_supported = supported.into_iter().take(MAX_SCOPES).collect();
    Ok(provider)
}

fn build_provider(metadata: &ServerMetadata, resource: String, scopes: Vec<String>) -> Result<Provider, Failure> {
    let auth = choose_client_auth(&metadata.list("token_endpoint_auth_methods_supported"));
    let token = metadata.require(metadata.endpoint("token_endpoint", auth)?, "token_endpoint")?;
    let authorization = metadata.require(metadata.url("authorization_endpoint")?, "authorization_endpoint")?;
    metadata.refuse_mix_up(&authorization, &token)?;
    let urls = serde_json::json!({ "authorize_url": authorization.as_str(), "token_url": token.as_str() });
    let mut provider: Provider = serde_json::from_value(urls).map_err(|error| invalid_provider(error.to_string()))?;
    provider.client_auth = auth;
    provider.scopes = scopes.into_iter().take(MAX_SCOPES).collect();
    provider.refresh = Some(RefreshConfig::default());
    provider.revoke = metadata.endpoint("revocation_endpoint", auth)?.map(|url| RevocationConfig {
        url: url.into(),
        method: "POST".to_owned(),
        auth: RevocationAuth::Client,
        token: TokenKind::Refresh,
        param: "token".to_owned(),
        body: BodyFormat::Form,
        success: None,
    });
    provider.issuer = Some(metadata.issuer.clone());
    provider.callback_names_issuer = metadata.flag("authorization_response_iss_parameter_supported");
    provider.resource = Some(resource);
    // a client with a private key is registered by a person
    if !auth.has_key() {
        provider.registration_url = metadata.url("registration_endpoint")?.map(Into::into);
        provider.supports_client_id_metadata = metadata.flag("client_id_metadata_document_supported");
    }
    Ok(provider)
}

/// Chooses the first method that needs no person; a private key only if the server supports nothing else.
fn choose_client_auth(methods: &[String]) -> ClientAuth {
    const PREFERENCE: [(&str, ClientAuth); 6] = [
        ("none", ClientAuth::None),
        ("client_secret_post", ClientAuth::Post),
        ("client_secret_basic", ClientAuth::Basic),
        ("private_key_jwt", ClientAuth::PrivateKeyJwt),
        ("tls_client_auth", ClientAuth::Tls),
        // the client does the same, whether or not an authority has signed its certificate
        ("self_signed_tls_client_auth", ClientAuth::Tls),
    ];
    let supported = PREFERENCE.iter().find(|(name, _)| methods.iter().any(|method| method == name));
    // RFC 8414: without the field, client_secret_basic
    supported.map_or(ClientAuth::Basic, |(_, auth)| *auth)
}

#[cfg(test)]
mod tests {
    use super::{ClientAuth, ServerMetadata, build_provider};
    use serde_json::json;

    #[test]
    fn a_key_is_used_only_without_alternatives_and_then_registered_by_a_person() {
        let provider = |methods: &[&str]| {
            let document = json!({
                "authorization_endpoint": "https://as.example/authorize",
                "token_endpoint": "https://as.example/token",
                "revocation_endpoint": "https://as.example/revoke",
                "registration_endpoint": "https://as.example/register",
                "client_id_metadata_document_supported": true,
                "mtls_endpoint_aliases": { "token_endpoint": "https://tls.as.example/token" },
                "token_endpoint_auth_methods_supported": methods,
            });
            let metadata = ServerMetadata { issuer: "https://as.example".to_owned(), document };
            build_provider(&metadata, "https://a.example".to_owned(), vec![]).unwrap()
        };
        for (methods, auth) in [
            (&["tls_client_auth", "private_key_jwt", "none"][..], ClientAuth::None),
            (&["tls_client_auth", "client_secret_basic"], ClientAuth::Basic),
            (&["tls_client_auth", "private_key_jwt"], ClientAuth::PrivateKeyJwt),
            (&["tls_client_auth"], ClientAuth::Tls),
            (&["self_signed_tls_client_auth"], ClientAuth::Tls),
            (&[], ClientAuth::Basic),
        ] {
            let provider = provider(methods);
            assert_eq!(provider.client_auth, auth, "{methods:?}");
            assert_eq!(provider.registration_url.is_none(), auth.has_key(), "{methods:?}");
            assert_eq!(provider.supports_client_id_metadata, !auth.has_key(), "{methods:?}");
            assert_eq!(provider.token_url.contains("//tls."), auth == ClientAuth::Tls, "{methods:?}");
            assert_eq!(provider.revoke.unwrap().url, "https://as.example/revoke", "there is no alias for revocation");
        }
    }

    #[test]
    fn an_mtls_alias_cannot_take_another_servers_code_either() {
        let document = json!({
            "authorization_endpoint": "https://honest.example/authorize",
            "token_endpoint": "https://honest.example/token",
            "mtls_endpoint_aliases": { "token_endpoint": "https://as.example/token" },
            "token_endpoint_auth_methods_supported": ["tls_client_auth"],
        });
        let metadata = ServerMetadata { issuer: "https://as.example".to_owned(), document };
        let failure = build_provider(&metadata, "https://a.example".to_owned(), vec![]).unwrap_err();
        assert_eq!(failure.class, "mix_up");
    }
}
