//! Asking a provider for another token.

use super::store::Held;
use super::{Renewals, hold};
use crate::actor::Actor;
use crate::connections::authorization::known;
use crate::connections::values_of;
use crate::connectors;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::oauth::{self, Client, Failure, Grant, Kind, Provider, Token, Values};
use crate::secret::Secret;

impl Renewals {
    /// None: its owner has connected it again meanwhile, and what they brought is not to be renewed away.
    pub(super) async fn ask(&self, actor: &Actor, held: &Held) -> Result<Option<Result<(Provider, Grant), Failure>>> {
        let mut tx = self.system.begin().await?;
        let provider = connectors::provider(&mut tx, actor, held.connector_id).await?;
        let provider = provider.ok_or(Error::NotFound("sign-in of this connector"))?;
        let owner = actor.user_id();
        let client = known::of_grant(&mut tx, &self.vault, owner, held.oauth_client_id, &provider).await?;
        let token = self.exchanged(&mut tx, actor, held, &provider).await?;
        // secrets are replaced in place: this is the one of that version only if the version is the same still
        if hold(&mut tx, actor, held.id).await?.version != held.version {
            return Ok(None);
        }
        tx.commit().await?;
        let Some(known) = client else {
            return Ok(Some(Err(Failure::unknown_client(&provider.host()))));
        };
        let (values, provider, client) = (values_of(held.captured.as_ref()), known.meets(provider), &known.client);
        let first = self.ask_once(&provider, &values, client, &token).await;
        // the answer was lost: many providers take the same token once more for a moment
        let asked = match first {
            Err(Failure { kind: Kind::Unclear, .. }) => self.ask_once(&provider, &values, client, &token).await,
            answered => answered,
        };
        Ok(Some(asked.map(|grant| (provider, grant))))
    }

    async fn ask_once(
        &self,
        provider: &Provider,
        values: &Values,
        client: &Client,
        token: &Secret,
    ) -> Result<Grant, Failure> {
        oauth::refresh(&self.egress, provider, values, client, token, self.clock.now()).await
    }

    /// The token that the provider exchanges for a new one.
    async fn exchanged(&self, tx: &mut Tx, actor: &Actor, held: &Held, provider: &Provider) -> Result<Secret> {
        let subject = provider.refresh.as_ref().map(|how| how.subject).unwrap_or_default();
        let secret = match subject {
            Token::Refresh => held.refresh.as_ref(),
            Token::Access => held.access.as_ref(),
        };
        self.vault.open(tx, actor.user_id(), secret.ok_or(Error::NotFound("token to renew with"))?).await
    }
}
