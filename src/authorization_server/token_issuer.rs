//! Issues and ends the tokens of assistants.
//!
//! Each refresh token is exchanged once. A second exchange means that two programs have the token, and one of them stole it:
//! the grant ends (RFC 9700, section 4.14). An assistant whose answer was lost may repeat its request for a moment, and gets
//! the same next refresh token. So a thief who repeats it has no token that its owner lacks, and the next exchange shows both.

use sqlx::PgConnection;
use url::Url;

use super::credential::{Credential, hash};
use super::resource::Resource;
use super::store_tokens::{self, NewTokens, TokenGrant};
use super::token_request::{
    ACCESS_TOKEN_TTL, ENDED, GrantRequest, IssuedTokens, REFRESH_TOKEN_TTL, Rejection, TokenFault, TokenRequest,
    UNKNOWN_CODE, UNKNOWN_TOKEN, USED_TWICE, check_code, check_refresh,
};
use super::{store_assistants, store_codes};
use crate::actor::{Actor, Origin};
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::Error;
use crate::request_source::RequestSource;
use crate::secret::Secret;
use crate::vault::Vault;

/// The part of the authorization server that assistants exchange credentials at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenIssuer<'a> {
    /// Database of codes and tokens.
    pub(crate) system: &'a SystemDb,
    /// Derives refresh tokens.
    pub(crate) vault: &'a Vault,
    /// Public address of the hub.
    pub(crate) public_url: &'a Url,
    /// Address and program of the request, for the audit log.
    pub(crate) source: &'a RequestSource,
    /// Time of the request.
    pub(crate) now: Timestamp,
}

impl TokenIssuer<'_> {
    /// Issues tokens.
    ///
    /// # Errors
    /// Returns why not. A second exchange of the same credential ends the grant.
    pub(crate) async fn issue(&self, request: &TokenRequest<'_>) -> Result<IssuedTokens, TokenFault> {
        match self.exchange(request).await {
            Err(TokenFault::InvalidGrant(_)) if !self.is_client(request.client_id).await? => {
                Err(TokenFault::UnknownClient)
            }
            issued => issued,
        }
    }

    async fn exchange(&self, request: &TokenRequest<'_>) -> Result<IssuedTokens, TokenFault> {
        let (credential, unknown) = match &request.grant {
            GrantRequest::Code { code, .. } => (code, UNKNOWN_CODE),
            GrantRequest::Refresh { token, .. } => (token, UNKNOWN_TOKEN),
        };
        if !request.grant.kind().is_possible(credential) {
            return Err(unknown);
        }
        let mut tx = self.system.begin().await?;
        let (grant, checked) = match &request.grant {
            GrantRequest::Code { verifier, redirect_uri, .. } => {
                let code = store_codes::lock(&mut tx, &hash(credential), self.now).await?.ok_or(unknown)?;
                let checked = check_code(&code, request.client_id, verifier, *redirect_uri, self.now);
                (code.grant, checked)
            }
            GrantRequest::Refresh { scope, .. } => {
                let found = store_tokens::lock_by_refresh(&mut tx, &hash(credential), self.now).await?;
                let (grant, generation) = found.ok_or(unknown)?;
                let checked = check_refresh(&grant, request.client_id, generation, *scope, self.now);
                (grant, checked)
            }
        };
        let generation = match checked {
            Ok(generation) => generation,
            Err(Rejection::Refused(fault)) => return Err(fault),
            Err(Rejection::Reused) => {
                self.end_reused(&mut tx, &grant).await?;
                tx.commit().await?;
                return Err(USED_TWICE);
            }
        };
        self.check_grant(&grant, request.resource)?;
        let tokens = self.store_tokens(&mut tx, &grant, generation, &request.grant).await?;
        tx.commit().await?;
        Ok(tokens)
    }

    /// Checks that a grant still works, and that its tokens are for the endpoint that the request names.
    fn check_grant(&self, grant: &TokenGrant, resource: Option<&str>) -> Result<(), TokenFault> {
        if !grant.is_live {
            return Err(ENDED);
        }
        let own = Resource::new(grant.organisation.as_deref());
        if resource.is_some_and(|text| Resource::parse(self.public_url, text).as_ref() != Some(&own)) {
            return Err(TokenFault::InvalidTarget);
        }
        Ok(())
    }

    /// Stores the tokens of a generation. A repeated exchange of a refresh token has the same next one.
    async fn store_tokens(
        &self,
        conn: &mut PgConnection,
        grant: &TokenGrant,
        generation: i32,
        request: &GrantRequest<'_>,
    ) -> Result<IssuedTokens, TokenFault> {
        let access = Credential::AccessToken.generate();
        let refresh = match request {
            GrantRequest::Code { code, .. } => {
                store_codes::mark_used(&mut *conn, &hash(code), self.now).await?;
                Credential::RefreshToken.generate()
            }
            GrantRequest::Refresh { token, .. } => {
                Credential::RefreshToken.derived(&self.vault.keyed_hash(&format!("the token after {}", token.expose())))
            }
        };
        let new = NewTokens {
            access: (hash(&access), self.now + ACCESS_TOKEN_TTL),
            refresh: (hash(&refresh), self.now + REFRESH_TOKEN_TTL),
            generation,
        };
        store_tokens::insert(&mut *conn, grant, &new, self.now).await?;
        store_codes::purge(&mut *conn, self.now).await?;
        store_tokens::purge(conn, self.now).await?;
        Ok(IssuedTokens { access, refresh, scopes: grant.scopes })
    }

    async fn is_client(&self, client_id: &str) -> Result<bool, Error> {
        Ok(store_assistants::find(self.system.pool(), client_id).await?.is_some())
    }

    /// Ends a grant whose credential was exchanged twice.
    async fn end_reused(&self, conn: &mut PgConnection, grant: &TokenGrant) -> Result<(), Error> {
        if store_tokens::revoke(conn, grant, self.now).await? {
            audit::record(conn, &self.actor(grant), &Action::AssistantStopped(grant.named()), self.now).await?;
        }
        Ok(())
    }

    /// Ends the grant of a token (RFC 7009). An unknown token, and one of another client, changes nothing.
    pub(crate) async fn revoke(&self, client_id: Option<&str>, token: &Secret) -> Result<(), Error> {
        if ![Credential::AccessToken, Credential::RefreshToken].iter().any(|kind| kind.is_possible(token)) {
            return Ok(());
        }
        let mut tx = self.system.begin().await?;
        let Some(grant) = store_tokens::lock_by_any(&mut tx, &hash(token), self.now).await? else { return Ok(()) };
        if client_id.is_some_and(|client_id| client_id != grant.client_id) {
            return Ok(());
        }
        if store_tokens::revoke(&mut tx, &grant, self.now).await? {
            audit::record(&mut tx, &self.actor(&grant), &Action::AssistantDisconnected(grant.named()), self.now)
                .await?;
            tx.commit().await?;
        }
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "the credential vouches for the assistant of this person and space")]
    fn actor(&self, grant: &TokenGrant) -> Actor {
        let person = Actor::new(grant.user, Origin::Assistant).within(grant.owner);
        person.seen_at(self.source.ip, self.source.user_agent.as_deref())
    }
}
