//! Asking a provider for another token.

use serde_json::Value;

use super::store::Held;
use super::{Renewals, hold};
use crate::actor::Actor;
use crate::connections::authorization::{forget_made_clients, newest_client};
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
        let client = newest_client(&mut tx, &self.vault, actor.user_id(), provider.issuer()).await?;
        let token = self.exchanged(&mut tx, actor, held, &provider).await?;
        // secrets are replaced in place: this is the one of that version only if the version is the same still
        if hold(&mut tx, actor, held.id).await?.version != held.version {
            return Ok(None);
        }
        tx.commit().await?;
        let Some(client) = client else {
            return Ok(Some(Err(Failure::unknown_client(&provider.host()))));
        };
        let values = held.captured.as_ref().map(values).unwrap_or_default();
        let first = self.ask_once(&provider, &values, &client, &token).await;
        // the answer was lost: many providers take the same token once more for a moment
        let asked = match first {
            Err(Failure { kind: Kind::Unclear, .. }) => self.ask_once(&provider, &values, &client, &token).await,
            answered => answered,
        };
        Ok(Some(asked.map(|grant| (provider, grant))))
    }

    /// Whether the provider knows the hub: it is asked to renew with a token that nobody has, which it judges after the
    /// client. A client of the hub's own making that it does not know is forgotten, so that the next sign-in makes another.
    pub(in crate::connections) async fn recognised(
        &self,
        actor: &Actor,
        provider: &Provider,
    ) -> Result<Result<(), Failure>> {
        let mut tx = self.system.begin().await?;
        let client = newest_client(&mut tx, &self.vault, actor.user_id(), provider.issuer()).await?;
        drop(tx);
        let Some(client) = client else { return Ok(Err(Failure::unknown_client(&provider.host()))) };
        let nobodys = Secret::new(format!("made-up-{:032x}", rand::random::<u128>()));
        match self.ask_once(provider, &Values::new(), &client, &nobodys).await {
            Ok(_) | Err(Failure { kind: Kind::Dead, .. }) => Ok(Ok(())),
            Err(failure) => {
                if failure.kind == Kind::Client {
                    let mut tx = self.system.begin().await?;
                    forget_made_clients(&mut tx, &self.vault, actor, provider.issuer()).await?;
                    tx.commit().await?;
                }
                Ok(Err(failure))
            }
        }
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

fn values(captured: &Value) -> Values {
    let pairs = captured.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}
