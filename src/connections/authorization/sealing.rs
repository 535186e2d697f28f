//! Seals the tokens of a grant in the places of former ones. Called by `persist` and `further_tokens`.

use super::AuthorizationService;
use crate::actor::Actor;
use crate::clock::Timestamp;
use crate::connections::store::access_secret;
use crate::db::Tx;
use crate::error::Result;
use crate::secret::Secret;
use crate::vault::{NewSecret, SecretRef};

/// Seals an access token and a refresh token in the places of `former`. Deletes what has no successor: a new sign-in is a new
/// grant, which a former refresh token does not belong to.
pub(super) async fn seal_tokens(
    authorization: &AuthorizationService<'_>,
    tx: &mut Tx,
    actor: &Actor,
    former: (Option<&SecretRef>, Option<&SecretRef>),
    tokens: Option<(&Secret, Option<&Secret>)>,
    now: Timestamp,
) -> Result<(Option<SecretRef>, Option<SecretRef>)> {
    let access = tokens.map(|(access, _)| access_secret(access));
    let refresh = tokens.and_then(|(_, refresh)| refresh);
    let refresh = refresh.map(|value| NewSecret { purpose: "connection.refresh", value });
    let access = replace_secret(authorization, tx, actor, former.0, access, now).await?;
    Ok((access, replace_secret(authorization, tx, actor, former.1, refresh, now).await?))
}

/// Replaces a sealed value, seals a new one, or deletes one without a successor.
async fn replace_secret(
    authorization: &AuthorizationService<'_>,
    tx: &mut Tx,
    actor: &Actor,
    former: Option<&SecretRef>,
    new: Option<NewSecret<'_>>,
    now: Timestamp,
) -> Result<Option<SecretRef>> {
    let (vault, owner) = (authorization.vault, actor.owner_id());
    match (former, new) {
        (Some(former), Some(new)) => {
            vault.replace(tx, owner, former, new.value, now).await?;
            Ok(Some(former.clone()))
        }
        (None, Some(new)) => vault.seal(tx, owner, new, now).await.map(Some),
        (Some(former), None) => {
            vault.shred(tx, owner, former).await?;
            Ok(None)
        }
        (None, None) => Ok(None),
    }
}
