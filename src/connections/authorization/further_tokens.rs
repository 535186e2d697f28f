//! The further tokens of a grant: those that the provider's description names, granted or not. Called by `persist`.

use super::AuthorizationService;
use super::sealing::seal_tokens;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::rest_service::{ExternalAccount, RestService};
use crate::connections::status::ConnectionHealth;
use crate::connections::store_tokens::{self, NewToken, TokenSecrets};
use crate::db::Tx;
use crate::egress::Egress;
use crate::error::Result;
use crate::ids::ConnectionId;
use crate::oauth::{Grant, GrantedToken, NamedToken, Provider};

/// A further token that the provider's description names.
pub(super) struct FurtherToken<'a> {
    name: &'a str,
    described: &'a NamedToken,
    /// `None` if the provider did not grant it.
    granted: Option<&'a GrantedToken>,
}

impl<'a> FurtherToken<'a> {
    /// Returns the further tokens of a provider, as the grant has them.
    pub(super) fn all(provider: &'a Provider, grant: &'a Grant) -> Vec<Self> {
        let tokens = provider.tokens.iter();
        tokens.map(|(name, described)| Self { name, described, granted: grant.tokens.get(name) }).collect()
    }

    fn granted_scopes(&self) -> &[String] {
        match self.granted {
            Some(granted) => granted.scopes.as_ref().unwrap_or(&self.described.scopes),
            None => &[],
        }
    }

    /// Returns the requested scopes that were not granted.
    pub(super) fn missing_scopes(&self) -> Vec<String> {
        let granted = self.granted_scopes();
        self.described.scopes.iter().filter(|scope| !granted.contains(scope)).cloned().collect()
    }

    /// Describes the missing scopes; `None` if nothing is missing.
    pub(super) fn missing_in_words(&self) -> Option<String> {
        let missing = self.missing_scopes();
        (!missing.is_empty()).then(|| self.described.in_words(&missing))
    }
}

/// Asks whose account a grant is for, with the token that the description names.
pub(super) async fn find_account(
    service: Option<&RestService>,
    grant: &Grant,
    egress: &Egress,
) -> Option<ExternalAccount> {
    let service = service?;
    let Some(name) = &service.descriptor.account.as_ref()?.token else { return service.account(egress).await };
    let credential = Some(grant.tokens.get(name)?.access.clone());
    RestService { credential, ..service.clone() }.account(egress).await
}

/// Stores the further tokens of a connection, in the places of its former ones.
pub(super) async fn store(
    authorization: &AuthorizationService<'_>,
    tx: &mut Tx,
    actor: &Actor,
    connection: ConnectionId,
    (provider, grant): (&Provider, &Grant),
    now: Timestamp,
) -> Result<()> {
    let owner = actor.owner_id();
    let former = store_tokens::find_for_update(tx, owner, connection).await?;
    for token in FurtherToken::all(provider, grant) {
        let former = former.iter().find(|it| it.name == token.name);
        let before = former.map_or((None, None), |it| (it.access.as_ref(), it.refresh.as_ref()));
        let granted = token.granted.map(|it| (&it.access, it.refresh.as_ref()));
        let (access, refresh) = seal_tokens(authorization, tx, actor, before, granted, now).await?;
        let reason = token.missing_in_words().map(|words| format!("Not granted: {words}"));
        let health = match (token.granted, &reason) {
            (None, _) => ConnectionHealth::ReauthRequired,
            (Some(_), Some(_)) => ConnectionHealth::Limited,
            (Some(_), None) => ConnectionHealth::Ok,
        };
        let new = NewToken {
            name: token.name,
            health,
            reason,
            access: access.as_ref(),
            refresh: refresh.as_ref(),
            requested: &token.described.scopes,
            scopes: token.granted_scopes(),
            expires_at: token.granted.and_then(|it| it.expires_at),
            next_attempt_at: token.granted.and_then(|it| it.refresh_at(provider, now)),
        };
        store_tokens::upsert(tx, owner, connection, &new).await?;
    }
    let names: Vec<_> = provider.tokens.keys().cloned().collect();
    let gone = store_tokens::delete_except(tx, owner, connection, &names).await?;
    for secret in gone.into_iter().flat_map(TokenSecrets::into_refs) {
        authorization.vault.shred(tx, owner, &secret).await?;
    }
    Ok(())
}
