//! A grant that waits until its user has chosen what it is used for: sealed beside its authorization request. Called by `grant` and
//! `choice`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::coverage::Choices;
use super::store_requests::AuthorizationRequest;
use super::{AuthorizationService, store_choices};
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::retry::retry_while_unavailable;
use crate::error::{Error, Result};
use crate::oauth::{Grant, GrantedToken, TemplateValues};
use crate::secret::Secret;
use crate::vault::NewSecret;

/// The time that a user may take to choose.
const CHOICE_TTL: time::Duration = time::Duration::minutes(10);

/// A grant as it is sealed while it waits.
#[derive(Serialize, Deserialize)]
struct WaitingGrant {
    access: String,
    refresh: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<Timestamp>,
    scopes: Option<Vec<String>>,
    captured: TemplateValues,
    #[serde(default)]
    tokens: BTreeMap<String, WaitingToken>,
}

/// A further token of a sealed grant.
#[derive(Serialize, Deserialize)]
struct WaitingToken {
    access: String,
    refresh: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<Timestamp>,
    scopes: Option<Vec<String>>,
}

impl WaitingGrant {
    fn seal(grant: &Grant) -> Result<Secret> {
        let waiting = Self {
            access: grant.access.expose().to_owned(),
            refresh: grant.refresh.as_ref().map(|it| it.expose().to_owned()),
            expires_at: grant.expires_at,
            scopes: grant.scopes.clone(),
            captured: grant.captured.clone(),
            tokens: grant.tokens.iter().map(|(name, token)| (name.clone(), WaitingToken::new(token))).collect(),
        };
        Ok(Secret::new(serde_json::to_string(&waiting).map_err(Error::internal)?))
    }
}

impl WaitingToken {
    fn new(token: &GrantedToken) -> Self {
        Self {
            access: token.access.expose().to_owned(),
            refresh: token.refresh.as_ref().map(|it| it.expose().to_owned()),
            expires_at: token.expires_at,
            scopes: token.scopes.clone(),
        }
    }

    fn into_granted(self) -> GrantedToken {
        GrantedToken {
            access: Secret::new(self.access),
            refresh: self.refresh.map(Secret::new),
            expires_at: self.expires_at,
            scopes: self.scopes,
        }
    }
}

/// Stores the grant until the user has chosen. Retries while the database is unavailable, as for any grant.
pub(super) async fn seal_until_chosen(
    authorization: &AuthorizationService<'_>,
    actor: &Actor,
    request: &AuthorizationRequest,
    grant: &Grant,
    choices: &Choices,
    now: Timestamp,
) -> Result<()> {
    let sealed = WaitingGrant::seal(grant)?;
    let choices = serde_json::to_value(choices).map_err(Error::internal)?;
    retry_while_unavailable(|| async {
        let (mut tx, owner) = (authorization.db.enter(actor).await?, actor.owner_id());
        let new = NewSecret { purpose: "oauth_transaction.grant", value: &sealed };
        let grant = authorization.vault.seal(&mut tx, owner, new, now).await?;
        let expires_at = now + CHOICE_TTL;
        // an earlier try may have stored it: the answer to a commit can get lost
        if store_choices::await_choice(&mut tx, owner, request.id, &grant, &choices, expires_at).await? {
            tx.commit().await?;
        }
        Ok(())
    })
    .await
}

/// Opens a sealed grant.
pub(super) fn open(sealed: &Secret) -> Result<Grant> {
    let waiting: WaitingGrant = serde_json::from_str(sealed.expose()).map_err(Error::internal)?;
    Ok(Grant {
        access: Secret::new(waiting.access),
        refresh: waiting.refresh.map(Secret::new),
        expires_at: waiting.expires_at,
        scopes: waiting.scopes,
        captured: waiting.captured,
        tokens: waiting.tokens.into_iter().map(|(name, token)| (name, token.into_granted())).collect(),
    })
}
