//! Asking a provider for another token.

use super::persist::ADMINISTRATOR;
use super::state::RefreshState;
use super::{TokenRefresher, hold};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::authorization::oauth_clients;
use crate::connections::values_of;
use crate::connectors;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::ids::{ConnectionId, OauthClientId};
use crate::oauth::{self, Client, Failure, FailureKind, Grant, Provider, TemplateValues, TokenKind};
use crate::secret::Secret;

/// What a provider has given, and to whom.
pub(super) struct RefreshedGrant {
    pub(super) provider: Provider,
    pub(super) client: Client,
    pub(super) grant: Grant,
}

/// The client that asked in vain.
#[derive(Clone, Copy)]
pub(super) struct RejectedClient {
    pub(super) id: OauthClientId,
    /// Everybody's: an administrator has entered it.
    pub(super) is_shared: bool,
    pub(super) asked_at: Timestamp,
}

/// What came of asking.
pub(super) enum RefreshResponse {
    Granted(Box<RefreshedGrant>),
    /// Nothing, from this issuer: to this client, if there was one.
    Failed {
        failure: Failure,
        issuer: String,
        client: Option<RejectedClient>,
    },
    /// Nobody was asked: its owner has connected it again meanwhile, and what they brought is not to be renewed away.
    Superseded,
}

impl TokenRefresher {
    pub(super) async fn request_refresh(&self, actor: &Actor, held: &RefreshState) -> Result<RefreshResponse> {
        let mut tx = self.system.begin().await?;
        let provider = connectors::provider(&mut tx, actor, held.connector_id).await?;
        let provider = provider.ok_or(Error::NotFound("sign-in of this connector"))?;
        let owner = actor.user_id();
        let client =
            oauth_clients::find_for_grant(&mut tx, &self.vault, owner, held.oauth_client_id, &provider).await?;
        let token = self.exchanged(&mut tx, actor, held, &provider).await?;
        // secrets are replaced in place: this is the one of that version only if the version is the same still
        if hold(&mut tx, actor, held.id).await?.version != held.version {
            return Ok(RefreshResponse::Superseded);
        }
        tx.commit().await?;
        let issuer = provider.issuer().to_owned();
        let Some(known) = client else {
            return Ok(RefreshResponse::Failed {
                failure: oauth::unknown_client(&provider.host()),
                issuer,
                client: None,
            });
        };
        let values = values_of(held.captured.as_ref());
        let refused = Some(RejectedClient { id: known.id, is_shared: known.is_shared, asked_at: self.clock.now() });
        let (provider, client) = (known.apply_client_auth(provider), known.client);
        let first = self.send_refresh(&provider, &values, &client, &token).await;
        // the answer was lost: many providers take the same token once more for a moment
        let asked = match first {
            Err(Failure { kind: FailureKind::Ambiguous, .. }) => {
                self.send_refresh(&provider, &values, &client, &token).await
            }
            answered => answered,
        };
        Ok(match asked {
            Ok(grant) => RefreshResponse::Granted(Box::new(RefreshedGrant { provider, client, grant })),
            Err(failure) => RefreshResponse::Failed { failure, issuer, client: refused },
        })
    }

    /// Ends what was given.
    pub(super) async fn revoke(&self, held: &RefreshState, given: &RefreshedGrant) -> Result<bool, Failure> {
        let RefreshedGrant { provider, client, grant } = given;
        let (values, tokens) = (values_of(held.captured.as_ref()), (&grant.access, grant.refresh.as_ref()));
        oauth::revoke(&self.egress, provider, &values, client, tokens, self.clock.now()).await
    }

    /// Whether the provider knows the client of this connection: it is asked to renew with a token that nobody has, which
    /// it judges after the client. If it does not, what is to be done about that is told besides.
    pub(in crate::connections) async fn check_client(
        &self,
        actor: &Actor,
        id: ConnectionId,
        provider: Provider,
    ) -> Result<Result<(), (Failure, &'static str)>> {
        let mut tx = self.system.begin().await?;
        let held = hold(&mut tx, actor, id).await?;
        let known =
            oauth_clients::find_for_grant(&mut tx, &self.vault, actor.user_id(), held.oauth_client_id, &provider)
                .await?;
        drop(tx);
        let issuer = provider.issuer().to_owned();
        let asked_at = self.clock.now();
        let refused = known.as_ref().map(|known| RejectedClient { id: known.id, is_shared: known.is_shared, asked_at });
        let failure = match known {
            None => oauth::unknown_client(&provider.host()),
            Some(known) => {
                let (provider, client) = (known.apply_client_auth(provider), known.client);
                let nobodys = Secret::new(format!("made-up-{:032x}", rand::random::<u128>()));
                match self.send_refresh(&provider, &values_of(held.captured.as_ref()), &client, &nobodys).await {
                    Ok(_) | Err(Failure { kind: FailureKind::InvalidGrant, .. }) => return Ok(Ok(())),
                    Err(failure) => failure,
                }
            }
        };
        if failure.kind != FailureKind::InvalidClient {
            return Ok(Err((failure, "")));
        }
        // a provider may say so of the token that nobody has: for all users a real one must have been refused
        if refused.is_some_and(|client| client.is_shared) {
            return Ok(Err((failure, ADMINISTRATOR)));
        }
        let mut tx = self.system.begin().await?;
        let mend = self.handle_rejected_client(&mut tx, actor, &held, &issuer, refused, &failure).await?;
        tx.commit().await?;
        Ok(Err((failure, mend)))
    }

    async fn send_refresh(
        &self,
        provider: &Provider,
        values: &TemplateValues,
        client: &Client,
        token: &Secret,
    ) -> Result<Grant, Failure> {
        oauth::refresh(&self.egress, provider, values, client, token, self.clock.now()).await
    }

    /// The token that the provider exchanges for a new one.
    async fn exchanged(&self, tx: &mut Tx, actor: &Actor, held: &RefreshState, provider: &Provider) -> Result<Secret> {
        let subject = provider.refresh.as_ref().map(|how| how.subject).unwrap_or_default();
        let secret = match subject {
            TokenKind::Refresh => held.refresh.as_ref(),
            TokenKind::Access => held.access.as_ref(),
        };
        self.vault.open(tx, actor.user_id(), secret.ok_or(Error::NotFound("token to renew with"))?).await
    }
}
