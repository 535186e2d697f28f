//! The hub's OAuth client at an authorization server.
//!
//! Uses the stored client (registered or entered). Otherwise uses the URL of the hub's client document, if the server reads
//! such documents; otherwise registers the hub; otherwise asks the user to enter a client. At the provider of a shipped
//! connector, all users share the client that an administrator enters. The client of one issuer is never shown to another.
//! Called by `start`, and by the pages that enter a client.

use url::{Host, Url};

use super::{AuthorizationService, application};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connections::FormValues;
use crate::connections::oauth_clients::{
    self, ApplicationValues, ClientScope, ClientSource, NewClient, OauthClientRecord,
};
use crate::connectors::Connector;
use crate::error::{Error, Result, combine};
use crate::ids::{ConnectorId, OwnerId};
use crate::oauth::{self, Client, ClientAuth, ClientMetadata, Failure, Provider};
use crate::secret::Secret;

/// The path of the client document, whose URL is the client id at servers that read such documents.
const CLIENT_DOCUMENT: &str = "oauth/client.json";

/// The longest client id, in characters.
const MAX_CLIENT_ID_LENGTH: usize = 2_000;

/// Returns the client document of a hub at this URL.
pub fn client_document(public_url: &Url) -> Result<ClientMetadata> {
    let id = public_url.join(CLIENT_DOCUMENT).map_err(Error::internal)?;
    let redirect = public_url.join(super::CALLBACK).map_err(Error::internal)?;
    Ok(ClientMetadata::document(&id, public_url, &redirect))
}

/// Returns true if authorization servers can read the client document: over https, and not on this machine.
fn is_document_public(public_url: &Url) -> bool {
    public_url.scheme() == "https" && matches!(public_url.host(), Some(Host::Domain(name)) if name != "localhost")
}

/// An OAuth client that a person enters.
#[derive(Debug)]
pub struct EnteredClient<'a> {
    /// `true` if all users sign in with the client, otherwise only the actor.
    pub is_for_all: bool,
    /// The client id as it was typed.
    pub id: &'a str,
    /// The client secret, private key or certificate.
    pub secret: Option<Secret>,
    /// The values of the service's application fields.
    pub application: &'a FormValues,
}

/// Returns the hub's client at the provider. If there is none, registers one or uses the client document.
pub(super) async fn ensure(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    connector: &Connector,
    provider: &Provider,
    now: Timestamp,
) -> Result<OauthClientRecord> {
    if let Some(client) = authorization.find_client(actor, connector, provider).await? {
        return Ok(client);
    }
    if connector.has_hub_client() {
        return Err(Error::conflict(
            format!("This hub has no OAuth application at {} yet", provider.host()),
            format!("Ask an administrator to add one on the {} page", connector.name),
        ));
    }
    let (client, auth, source) = if provider.supports_client_id_metadata && is_document_public(authorization.public_url)
    {
        let id = authorization.public_url.join(CLIENT_DOCUMENT).map_err(Error::internal)?.to_string();
        (Client { id, secret: None }, ClientAuth::None, ClientSource::Document)
    } else if let Some(url) = provider.registration_url.as_deref().and_then(|url| Url::parse(url).ok()) {
        let redirect = authorization.redirect_uri()?;
        let scopes = provider.all_scopes();
        let registering = oauth::register(authorization.egress, &url, provider.client_auth, &redirect, &scopes).await;
        let registered = registering.map_err(|failure| at_client_id(failure, &redirect))?;
        (registered.client, registered.auth, ClientSource::Registered)
    } else {
        return Err(no_registration(provider, &authorization.redirect_uri()?));
    };
    let new = NewClient { client: &client, auth: Some(auth), source };
    store(authorization, actor, actor.owner_id(), connector.id, provider, (&new, None), now).await
}

/// Reports a refused registration on the client id, which a person can bring instead.
fn at_client_id(failure: Failure, redirect: &Url) -> Error {
    if failure.class != oauth::REGISTRATION_REFUSED {
        return failure.into();
    }
    let advice = format!(
        "Ask them to list it. If you can make an OAuth application there, use the callback address {redirect} and enter its \
         client id"
    );
    Error::field("client_id", failure.with_advice(advice).message)
}

/// Returns the fault of `client_id` at a provider that registers no clients.
fn no_registration(provider: &Provider, redirect: &Url) -> Error {
    let proof = match provider.client_auth {
        ClientAuth::PrivateKeyJwt => " and its private key",
        ClientAuth::Tls => " and the certificate that it knows, with its private key",
        _ => "",
    };
    let host = provider.host();
    let message = format!(
        "{host} does not register clients by itself. Create an OAuth application there with the callback address {redirect}, \
         and enter its client id{proof}"
    );
    Error::field("client_id", message)
}

/// See [`AuthorizationService::enter_client`].
pub(super) async fn enter(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    connector: &Connector,
    entered: EnteredClient<'_>,
    now: Timestamp,
) -> Result<()> {
    let EnteredClient { is_for_all: is_shared, id, secret, application } = entered;
    let provider = authorization.provider(actor, connector.id).await?;
    let stored = authorization.find_client(actor, connector, &provider).await?;
    let former = stored.as_ref().filter(|stored| stored.client.id == id.trim()).map(|stored| &stored.application);
    let application = application::validate(authorization, actor, connector, application, former).await;
    let (id, application) = combine(validate_id(id), application)?;
    let secret = secret_or_existing(stored, &provider, id, secret)?;
    let owner = if is_shared { OwnerId::HUB } else { actor.owner_id() };
    let needs_secret = provider.client_auth.has_key() || is_shared && provider.client_auth != ClientAuth::None;
    if secret.is_none() && needs_secret {
        return Err(missing_secret(provider.client_auth));
    }
    let client = Client { id: id.to_owned(), secret };
    let auth = match (&client.secret, provider.client_auth) {
        (_, described) if is_shared => described,
        (None, _) => ClientAuth::None,
        // every server that issues secrets accepts them by HTTP Basic (RFC 6749, section 2.3.1)
        (Some(_), ClientAuth::None) => ClientAuth::Basic,
        (Some(_), described) => described,
    };
    let new = NewClient { client: &client, auth: Some(auth), source: ClientSource::EnteredByPerson };
    store(authorization, actor, owner, connector.id, &provider, (&new, Some(&application)), now).await.map(drop)
}

/// Validates the secret. Without one, returns the stored secret of the same client id.
fn secret_or_existing(
    stored: Option<OauthClientRecord>,
    provider: &Provider,
    id: &str,
    secret: Option<Secret>,
) -> Result<Option<Secret>> {
    if let Some(secret) = &secret {
        let valid = oauth::validate_client_secret(provider.client_auth, secret);
        valid.map_err(|fault| Error::field("client_secret", fault))?;
    }
    // a private key must never be sent as a secret, nor a secret be used as a key
    let fits = |stored: &OauthClientRecord| {
        stored.client.id == id && stored.uses_private_key(provider) == provider.client_auth.has_key()
    };
    Ok(secret.or(stored.filter(fits).and_then(|stored| stored.client.secret)))
}

/// Stores a client in the place of retired ones, and reschedules the grants that a rejected client blocked.
async fn store(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    owner: OwnerId,
    connector: ConnectorId,
    provider: &Provider,
    (new, application): (&NewClient<'_>, Option<&ApplicationValues>),
    now: Timestamp,
) -> Result<OauthClientRecord> {
    let redirect = authorization.redirect_uri()?;
    let mut tx = authorization.system.begin().await?;
    oauth_clients::delete_retired(&mut tx, authorization.vault, owner, provider.issuer()).await?;
    let scope = ClientScope { issuer: provider.issuer(), redirect_uri: redirect.as_str() };
    let stored = oauth_clients::upsert(&mut tx, authorization.vault, owner, scope, new, now).await?;
    if let Some(application) = application {
        oauth_clients::set_application(&mut tx, authorization.vault, (owner, stored.id), application, now).await?;
    }
    oauth_clients::reschedule_grants(&mut tx, stored.id, now).await?;
    let action = Action::ClientRegistered { connector, issuer: provider.issuer().to_owned() };
    audit::record(&mut tx, actor, &action, now).await?;
    tx.commit().await?;
    Ok(stored)
}

/// Returns the fault of a missing `client_secret`.
fn missing_secret(auth: ClientAuth) -> Error {
    let message = match auth {
        ClientAuth::PrivateKeyJwt => "Enter the private key",
        ClientAuth::Tls => "Enter the certificate and its private key",
        _ => "Enter the client secret",
    };
    Error::field("client_secret", message)
}

fn validate_id(id: &str) -> Result<&str> {
    match id.trim() {
        "" => Err(Error::field("client_id", "Enter the client id")),
        id if id.chars().count() > MAX_CLIENT_ID_LENGTH => {
            Err(Error::field("client_id", "Enter a client id of 2,000 characters or fewer"))
        }
        id => Ok(id),
    }
}
