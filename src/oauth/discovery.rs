//! OAuth discovery as MCP prescribes: from a server's challenge to the description of its authorization server.

use serde_json::json;
use url::Url;

use super::challenge::Challenge;
use super::client::ClientAuth;
use super::failure::unusable_description;
use super::provider::Provider;
use super::resource_metadata::{self, ResourceMetadata};
use super::server_metadata::{self, ASK_OPERATOR, ServerMetadata};
use crate::egress::{Egress, Failure, FailureKind};

/// Maximum number of scopes that the hub stores or requests because a server lists them.
const MAX_SCOPES: usize = 50;

/// Maximum number of authorization servers of one server whose metadata the hub looks for.
const MAX_ISSUERS: usize = 3;

/// Discovers the provider of the server at `server`: all that a sign-in needs except a client. Of several authorization
/// servers, `known_issuer` comes first, then the order of the server.
///
/// # Errors
/// A message that names the step that found nothing, or found a contradiction.
pub async fn discover(
    egress: &Egress,
    server: &Url,
    challenge: &Challenge,
    known_issuer: Option<&str>,
) -> Result<Provider, Failure> {
    let (resource, outage) = match resource_metadata::find(egress, server, challenge).await {
        Ok(found) => (found, None),
        // some older servers fail at every address that they do not know
        Err(failure) if is_outage(&failure) && challenge.resource_metadata.is_none() => (None, Some(failure)),
        Err(failure) => return Err(failure),
    };
    let resource = resource.unwrap_or_else(|| ResourceMetadata::of_older_server(server));
    let metadata = find_server(egress, &resource, known_issuer).await.map_err(|failure| outage.unwrap_or(failure))?;
    if !metadata.list("code_challenge_methods_supported").iter().any(|method| method == "S256") {
        let message = format!("The sign-in of {} is not protected against a stolen code", metadata.host());
        let detail = "The metadata do not list S256 as a method of PKCE (code_challenge_methods_supported)";
        return Err(Failure::permanent("no_pkce", message).with_advice(ASK_OPERATOR).with_detail(detail));
    }
    let scopes = if challenge.scopes.is_empty() { &resource.scopes } else { &challenge.scopes };
    let mut provider = build_provider(&metadata, &resource, scopes.clone())?;
    provider.resource_metadata =
        challenge.resource_metadata.as_deref().and_then(|url| server.join(url).ok()).map(Into::into);
    Ok(provider)
}

fn is_outage(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Retryable | FailureKind::Ambiguous)
}

/// Returns the metadata of the first authorization server that has some.
async fn find_server(
    egress: &Egress,
    resource: &ResourceMetadata,
    known_issuer: Option<&str>,
) -> Result<ServerMetadata, Failure> {
    let is_known = |issuer: &&String| {
        known_issuer.is_some_and(|known| known.trim_end_matches('/') == issuer.trim_end_matches('/'))
    };
    let known = resource.issuers.iter().filter(is_known);
    let others = resource.issuers.iter().filter(|issuer| !is_known(issuer));
    let mut first_failure = None;
    for issuer in known.chain(others).take(MAX_ISSUERS) {
        match server_metadata::find(egress, issuer).await {
            Ok(metadata) => return Ok(metadata),
            Err(failure) => first_failure.get_or_insert(failure),
        };
    }
    let none = || {
        Failure::permanent("no_metadata", "The server requires sign-in, but does not say where")
            .with_advice(ASK_OPERATOR)
            .with_detail("Its metadata name no authorization server")
    };
    Err(first_failure.unwrap_or_else(none))
}

fn build_provider(
    metadata: &ServerMetadata,
    resource: &ResourceMetadata,
    mut scopes: Vec<String>,
) -> Result<Provider, Failure> {
    let auth = ClientAuth::choose(&metadata.list("token_endpoint_auth_methods_supported"));
    let token = metadata.require_endpoint("token_endpoint", auth)?;
    let authorization = metadata.require_endpoint("authorization_endpoint", ClientAuth::None)?;
    metadata.refuse_mix_up(&authorization, &token)?;
    let mut supported = resource.scopes.clone();
    supported.extend(metadata.list("scopes_supported").into_iter().filter(|scope| !resource.scopes.contains(scope)));
    scopes.truncate(MAX_SCOPES);
    supported.truncate(MAX_SCOPES);
    let revocation = metadata.endpoint("revocation_endpoint", auth);
    // a client with a private key is registered by a person
    let registers = !auth.has_key();
    let registration = metadata.endpoint("registration_endpoint", ClientAuth::None).filter(|_| registers);
    let description = json!({
        "authorize_url": authorization.as_str(),
        "token_url": token.as_str(),
        "scopes": scopes,
        "scopes_supported": supported,
        "client_auth": auth,
        "refresh": {},
        "revoke": revocation.map(|url| json!({ "url": url.as_str() })),
        "issuer": metadata.issuer,
        "names_itself": metadata.flag("authorization_response_iss_parameter_supported"),
        "resource": resource.resource,
        "registration_url": registration.map(String::from),
        "reads_client_documents": registers && metadata.flag("client_id_metadata_document_supported"),
    });
    serde_json::from_value(description).map_err(|error| unusable_description(&error))
}

#[cfg(test)]
mod tests {
    use super::{ClientAuth, ResourceMetadata, ServerMetadata, build_provider};
    use serde_json::json;
    use url::Url;

    fn resource() -> ResourceMetadata {
        ResourceMetadata::of_older_server(&Url::parse("https://a.example").unwrap())
    }

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
            build_provider(&ServerMetadata { issuer: "https://as.example".to_owned(), document }, &resource(), vec![])
                .unwrap()
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
        let failure = build_provider(&metadata, &resource(), vec![]).unwrap_err();
        assert_eq!(failure.class, "mix_up");
    }
}
