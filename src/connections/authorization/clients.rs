//! Who the hub is to an authorization server: the first of what can be had without asking anybody.
//!
//! In this order: a client that there is already, the address of a document that describes the hub, a client that the
//! hub registers itself, a client that the user has made there and enters. One issuer's client is never shown to another.

use serde::Serialize;
use url::{Host, Url};

use super::SignIn;
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::connectors;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{ConnectorId, OauthClientId, UserId};
use crate::oauth::{self, Client, ClientAuth, Provider};
use crate::vault::{SecretRef, Vault};

/// Where the document is that describes the hub to servers that read one.
const DOCUMENT: &str = "oauth/client.json";

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
        Err(error) => Err(Error::Internal(error.into())),
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
    /// Sees to it that the provider knows the hub; returns the provider with how the hub proves itself there.
    pub(super) async fn make_known(
        &self,
        actor: &Actor,
        connector: ConnectorId,
        mut provider: Provider,
        now: Timestamp,
    ) -> Result<Provider> {
        let redirect = self.redirect()?;
        let mut tx = self.db.as_user(actor).await?;
        if find(&mut tx, self.vault, actor, &provider, &redirect).await?.is_some() {
            return Ok(provider);
        }
        drop(tx);
        let (client, source) = if provider.reads_client_documents && has_document(self.public_url) {
            let id = self.public_url.join(DOCUMENT).map_err(|error| Error::Internal(error.into()))?.to_string();
            provider.client_auth = ClientAuth::None;
            (Client { id, secret: None }, "document")
        } else if let Some(url) = provider.registration_url.as_deref().and_then(|url| Url::parse(url).ok()) {
            let wanted = provider.client_auth;
            let made = oauth::register(self.egress, &url, wanted, &redirect, &provider.scopes).await?;
            provider.client_auth = made.auth;
            (made.client, "registered")
        } else {
            return Err(Error::field(
                "client_id",
                format!(
                    "{} does not take in clients by itself. Make an OAuth application there with the callback address \
                     {redirect}, and enter its client id",
                    provider.host()
                ),
            ));
        };
        let mut tx = self.db.as_user(actor).await?;
        self.keep_client(&mut tx, actor, &provider, &client, source, now).await?;
        connectors::set_provider(&mut tx, actor, connector, &provider).await?;
        let action = Action::ClientRegistered { connector, issuer: provider.issuer().to_owned() };
        audit::record(&mut tx, actor, &action, now).await?;
        tx.commit().await?;
        Ok(provider)
    }

    /// Keeps a client that the user has made at the provider.
    pub async fn enter_client(
        &self,
        actor: &Actor,
        connector: ConnectorId,
        client: &Client,
        now: Timestamp,
    ) -> Result<()> {
        if client.id.trim().is_empty() {
            return Err(Error::field("client_id", "Enter the client id"));
        }
        let mut tx = self.db.as_user(actor).await?;
        let mut provider = super::described(&mut tx, actor, connector).await?;
        if client.secret.is_none() {
            provider.client_auth = ClientAuth::None;
        } else if provider.client_auth == ClientAuth::None {
            provider.client_auth = ClientAuth::Post;
        }
        self.keep_client(&mut tx, actor, &provider, client, "entered", now).await?;
        connectors::set_provider(&mut tx, actor, connector, &provider).await?;
        let action = Action::ClientRegistered { connector, issuer: provider.issuer().to_owned() };
        audit::record(&mut tx, actor, &action, now).await?;
        Ok(tx.commit().await?)
    }

    async fn keep_client(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        provider: &Provider,
        client: &Client,
        source: &str,
        now: Timestamp,
    ) -> Result<()> {
        let redirect = self.redirect()?;
        let secret = match &client.secret {
            Some(secret) => Some(self.vault.seal(tx, actor.user_id(), "oauth_client.secret", secret, now).await?),
            None => None,
        };
        sqlx::query!(
            r#"
            INSERT INTO oauth_clients (user_id, id, issuer, redirect_uri, client_id, secret_ref, source, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (user_id, issuer, redirect_uri) DO UPDATE
            SET client_id = EXCLUDED.client_id, secret_ref = EXCLUDED.secret_ref, source = EXCLUDED.source
            "#,
            actor.user_id() as _,
            OauthClientId::new(now) as _,
            provider.issuer(),
            redirect.as_str(),
            client.id,
            secret as _,
            source,
            now,
        )
        .execute(&mut **tx)
        .await?;
        Ok(())
    }
}

/// The client that there is.
pub(super) async fn find(
    tx: &mut Tx,
    vault: &Vault,
    actor: &Actor,
    provider: &Provider,
    redirect: &Url,
) -> Result<Option<Client>> {
    let stored = stored(tx, actor.user_id(), provider.issuer(), redirect.as_str()).await?;
    open(tx, vault, actor.user_id(), stored).await
}

struct Stored {
    client_id: String,
    secret_ref: Option<SecretRef>,
}

async fn open(tx: &mut Tx, vault: &Vault, owner: UserId, stored: Option<Stored>) -> Result<Option<Client>> {
    let Some(Stored { client_id, secret_ref }) = stored else { return Ok(None) };
    let secret = match &secret_ref {
        Some(secret) => Some(vault.open(tx, owner, secret).await?),
        None => None,
    };
    Ok(Some(Client { id: client_id, secret }))
}

async fn stored(tx: &mut Tx, owner: UserId, issuer: &str, redirect: &str) -> sqlx::Result<Option<Stored>> {
    sqlx::query_as!(
        Stored,
        r#"
        SELECT client_id,
               secret_ref AS "secret_ref: SecretRef"
        FROM oauth_clients
        WHERE user_id = $1 AND issuer = $2 AND redirect_uri = $3
        "#,
        owner as _,
        issuer,
        redirect,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Forgets clients that the hub has made itself, which their server knows no longer: the next sign-in makes another. One
/// that its user has entered is theirs to replace.
pub(in crate::connections) async fn forget_made(tx: &mut Tx, vault: &Vault, actor: &Actor, issuer: &str) -> Result<()> {
    let forgotten = sqlx::query_scalar!(
        r#"
        DELETE FROM oauth_clients
        WHERE user_id = $1 AND issuer = $2 AND source <> 'entered'
        RETURNING secret_ref AS "secret_ref: SecretRef"
        "#,
        actor.user_id() as _,
        issuer,
    )
    .fetch_all(&mut **tx)
    .await?;
    for secret in forgotten.into_iter().flatten() {
        vault.shred(tx, actor.user_id(), &secret).await?;
    }
    Ok(())
}

/// The client that renews grants of this issuer: the newest, whatever callback it was made with.
pub(in crate::connections) async fn newest(
    tx: &mut Tx,
    vault: &Vault,
    owner: UserId,
    issuer: &str,
) -> Result<Option<Client>> {
    let stored = sqlx::query_as!(
        Stored,
        r#"
        SELECT client_id,
               secret_ref AS "secret_ref: SecretRef"
        FROM oauth_clients
        WHERE user_id = $1 AND issuer = $2
        ORDER BY id DESC
        LIMIT 1
        "#,
        owner as _,
        issuer,
    )
    .fetch_optional(&mut **tx)
    .await?;
    open(tx, vault, owner, stored).await
}
