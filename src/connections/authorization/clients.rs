//! Who the hub is to an authorization server: the first of what can be had without asking anybody.
//!
//! In this order: a client that there is already, the address of a document that describes the hub, a client that the
//! hub registers itself, a client that the user has made there and enters. To the provider of a shipped service the hub is
//! the client that an administrator has entered for everybody. One issuer's client is never shown to another.

use serde::Serialize;
use url::{Host, Url};

use super::SignIn;
use super::oauth_clients::{self, NewClient, OauthClientRecord};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connectors::Connector;
use crate::error::{Error, Result};
use crate::ids::{ConnectorId, UserId};
use crate::oauth::{self, Client, ClientAuth, Provider};
use crate::secret::Secret;

/// Where the document is that describes the hub to servers that read one.
const DOCUMENT: &str = "oauth/client.json";

const LONGEST_ID: usize = 2_000;

/// What the hub says of itself to authorization servers.
#[derive(Clone, Debug, Serialize)]
pub struct ClientDocument {
    client_id: String,
    client_name: &'static str,
    client_uri: String,
    redirect_uris: [String; 1],
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
    application_type: &'static str,
}

/// The document of a hub at this address.
pub fn client_document(public_url: &Url) -> Result<ClientDocument> {
    let at = |path: &str| match public_url.join(path) {
        Ok(url) => Ok(url.to_string()),
        Err(error) => Err(Error::internal(error)),
    };
    Ok(ClientDocument {
        client_id: at(DOCUMENT)?,
        client_name: "Tool Connect Craft",
        client_uri: public_url.to_string(),
        redirect_uris: [at(super::CALLBACK)?],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        token_endpoint_auth_method: "none",
        application_type: "web",
    })
}

/// Only a hub that strangers can read over https has an address that names it.
fn has_document(public_url: &Url) -> bool {
    public_url.scheme() == "https" && matches!(public_url.host(), Some(Host::Domain(name)) if name != "localhost")
}

impl SignIn<'_> {
    /// Sees to it that the provider knows the hub; returns who the hub is there.
    pub(super) async fn make_known(
        &self,
        actor: &Actor,
        connector: &Connector,
        provider: &Provider,
        now: Timestamp,
    ) -> Result<OauthClientRecord> {
        if let Some(known) = self.known_client(actor, connector, provider).await? {
            return Ok(known);
        }
        if connector.owner_id.is_none() {
            return Err(Error::Conflict(format!(
                "This hub has no OAuth application at {} yet. An administrator enters it on the page of {}",
                provider.host(),
                connector.name
            )));
        }
        let (client, auth, source) = if provider.reads_client_documents && has_document(self.public_url) {
            let id = self.public_url.join(DOCUMENT).map_err(Error::internal)?.to_string();
            (Client { id, secret: None }, ClientAuth::None, "document")
        } else if let Some(url) = provider.registration_url.as_deref().and_then(|url| Url::parse(url).ok()) {
            let redirect = self.redirect()?;
            let made =
                oauth::register(self.egress, &url, provider.client_auth, &redirect, &provider.all_scopes()).await?;
            (made.client, made.auth, "registered")
        } else {
            return Err(Error::field(
                "client_id",
                format!(
                    "{} does not take in clients by itself. Make an OAuth application there with the callback address \
                     {}, and enter its client id{}",
                    provider.host(),
                    self.redirect()?,
                    match provider.client_auth {
                        ClientAuth::PrivateKeyJwt => " and its private key",
                        ClientAuth::Tls => " and the certificate that it knows, with its private key",
                        _ => "",
                    }
                ),
            ));
        };
        let new = NewClient { client: &client, auth: Some(auth), source };
        self.keep_client(actor, actor.user_id(), connector.id, provider, &new, now).await
    }

    /// Who the hub is at this provider, if it is somebody there already.
    pub async fn known_client(
        &self,
        actor: &Actor,
        connector: &Connector,
        provider: &Provider,
    ) -> Result<Option<OauthClientRecord>> {
        let owner = if connector.owner_id.is_none() { UserId::HUB } else { actor.user_id() };
        let mut conn = self.system.acquire().await?;
        oauth_clients::find_current(&mut conn, self.vault, owner, provider.issuer(), Some(self.redirect()?.as_str()))
            .await
    }

    /// Keeps a client that the user has made at the provider. Without a secret, that of the same client id stays.
    ///
    /// # Errors
    /// Faults of `client_id` and `client_secret`.
    pub async fn enter_client(
        &self,
        actor: &Actor,
        connector: &Connector,
        id: &str,
        secret: Option<Secret>,
        now: Timestamp,
    ) -> Result<()> {
        let id = checked(id)?;
        let provider = self.provider(actor, connector.id).await?;
        let secret = self.or_kept(actor, connector, &provider, id, secret).await?;
        if secret.is_none() && provider.client_auth.has_key() {
            return Err(missing(provider.client_auth));
        }
        let client = Client { id: id.to_owned(), secret };
        let auth = match (&client.secret, provider.client_auth) {
            (None, _) => ClientAuth::None,
            (Some(_), ClientAuth::None) => ClientAuth::Post,
            (Some(_), as_described) => as_described,
        };
        let new = NewClient { client: &client, auth: Some(auth), source: "entered" };
        self.keep_client(actor, actor.user_id(), connector.id, &provider, &new, now).await.map(drop)
    }

    /// Keeps the client that an administrator, who is `actor`, has made at the provider of a shipped service: all users sign in
    /// with it. Without a secret, that of the same client id stays.
    ///
    /// # Errors
    /// Faults of `client_id` and `client_secret`.
    pub async fn enter_client_for_all(
        &self,
        actor: &Actor,
        connector: &Connector,
        id: &str,
        secret: Option<Secret>,
        now: Timestamp,
    ) -> Result<()> {
        let id = checked(id)?;
        let provider = self.provider(actor, connector.id).await?;
        let secret = self.or_kept(actor, connector, &provider, id, secret).await?;
        if secret.is_none() && provider.client_auth != ClientAuth::None {
            return Err(missing(provider.client_auth));
        }
        let client = Client { id: id.to_owned(), secret };
        let new = NewClient { client: &client, auth: Some(provider.client_auth), source: "entered" };
        self.keep_client(actor, UserId::HUB, connector.id, &provider, &new, now).await.map(drop)
    }

    /// The secret, if it can be one, or the one that is kept with this client id.
    async fn or_kept(
        &self,
        actor: &Actor,
        connector: &Connector,
        provider: &Provider,
        id: &str,
        secret: Option<Secret>,
    ) -> Result<Option<Secret>> {
        if let Some(secret) = &secret {
            oauth::validate_client_secret(provider.client_auth, secret)
                .map_err(|fault| Error::field("client_secret", fault))?;
        }
        let present = self.known_client(actor, connector, provider).await?;
        // a key is no secret to send, nor a secret a key
        let fits = |known: &OauthClientRecord| {
            known.client.id == id && known.uses_private_key(provider) == provider.client_auth.has_key()
        };
        Ok(secret.or(present.filter(fits).and_then(|known| known.client.secret)))
    }

    async fn keep_client(
        &self,
        actor: &Actor,
        owner: UserId,
        connector: ConnectorId,
        provider: &Provider,
        new: &NewClient<'_>,
        now: Timestamp,
    ) -> Result<OauthClientRecord> {
        let redirect = self.redirect()?;
        let mut tx = self.system.begin().await?;
        oauth_clients::delete_rejected(&mut tx, self.vault, owner, provider.issuer()).await?;
        let known =
            oauth_clients::upsert(&mut tx, self.vault, owner, (provider.issuer(), redirect.as_str()), new, now).await?;
        oauth_clients::reschedule_grants(&mut tx, known.id, now).await?;
        let action = Action::ClientRegistered { connector, issuer: provider.issuer().to_owned() };
        audit::record(&mut tx, actor, &action, now).await?;
        tx.commit().await?;
        Ok(known)
    }
}

fn missing(auth: ClientAuth) -> Error {
    let what = match auth {
        ClientAuth::PrivateKeyJwt => "Enter the private key",
        ClientAuth::Tls => "Enter the certificate and its private key",
        _ => "Enter the client secret",
    };
    Error::field("client_secret", what)
}

fn checked(id: &str) -> Result<&str> {
    match id.trim() {
        "" => Err(Error::field("client_id", "Enter the client id")),
        id if id.len() > LONGEST_ID => {
            Err(Error::field("client_id", "The client id must be 2,000 characters or fewer"))
        }
        id => Ok(id),
    }
}
