//! Access tokens: a program that sends one acts for its person, in one space and within the token's scopes.
//!
//! The pages of a person's settings list, create and revoke tokens. [`crate::bearer`] authenticates requests with them. A
//! token is shown once, when it is created; the database has its hash.

mod scope;
mod store;
mod token_text;

use time::Duration;

use crate::actor::Actor;
use crate::audit::{self, Action, NamedToken};
use crate::clock::Timestamp;
use crate::db::{Db, SystemDb};
use crate::error::{Error, FieldFaults, Result};
use crate::ids::{ApiTokenId, OwnerId, UserId};
use crate::secret::Secret;

pub use scope::{Scope, Scopes};

/// Most tokens of one person that work at the same time.
pub const MAX_TOKENS: usize = 100;

/// The lifetimes that a person can choose from, in days.
pub const LIFETIMES: [u16; 4] = [7, 30, 90, 365];

/// The lifetime unless a person chooses another one, in days.
pub const DEFAULT_LIFETIME: u16 = 90;

/// Largest number of characters of a name.
const MAX_NAME_CHARS: usize = 80;

/// Minimum time between two writes of the last use; requests in between only read.
const LAST_USED_INTERVAL: Duration = Duration::MINUTE;

/// A token in a list. Its text is stored nowhere.
#[derive(Clone, Debug)]
pub struct ApiToken {
    /// Key.
    pub id: ApiTokenId,
    /// Owner on whose rows the token works.
    pub owner: OwnerId,
    /// Name that the person chose.
    pub name: String,
    /// First characters of the text.
    pub start: String,
    /// Scopes that it permits.
    pub scopes: Scopes,
    /// Time of creation.
    pub created_at: Timestamp,
    /// Time until which it works.
    pub expires_at: Timestamp,
    /// Last use, to the minute; `None` if it was never used.
    pub last_used_at: Option<Timestamp>,
}

/// A token to create, as typed.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    /// Name.
    pub name: &'a str,
    /// Scopes.
    pub scopes: Scopes,
    /// Lifetime in days, one of [`LIFETIMES`].
    pub days: u16,
}

/// The holder of a token: a program that acts for a person in one space.
#[derive(Clone, Debug)]
pub struct TokenHolder {
    /// Key of the token.
    pub id: ApiTokenId,
    /// Person for whom the program acts.
    pub user: UserId,
    /// Owner on whose rows it works.
    pub owner: OwnerId,
    /// Name of the token.
    pub name: String,
    /// Scopes that the token permits.
    pub scopes: Scopes,
    last_used_at: Option<Timestamp>,
}

/// Returns the actor's tokens that work at `now`, in all spaces, newest first.
pub async fn list(db: &Db, actor: &Actor, now: Timestamp) -> Result<Vec<ApiToken>> {
    let mut tx = db.enter(actor).await?;
    Ok(store::list(&mut tx, actor, now).await?)
}

/// Returns one of the actor's tokens that works at `now`.
pub async fn find(db: &Db, actor: &Actor, id: ApiTokenId, now: Timestamp) -> Result<ApiToken> {
    list(db, actor, now).await?.into_iter().find(|token| token.id == id).ok_or(Error::NotFound("token"))
}

/// Creates a token for the actor's space. Returns it with its text, which can never be read again.
///
/// # Errors
/// Returns [`Error::Invalid`] with the faults of the fields `name`, `days` and `scope`.
pub async fn create(db: &Db, actor: &Actor, new: NewToken<'_>, now: Timestamp) -> Result<(ApiToken, Secret)> {
    let name = new.name.trim();
    check(name, new)?;
    let mut tx = db.enter(actor).await?;
    store::lock_user(&mut tx, actor.user_id()).await?;
    if store::list(&mut tx, actor, now).await?.len() >= MAX_TOKENS {
        let message = format!("You have {MAX_TOKENS} tokens, which is the most. Revoke one first");
        return Err(Error::field("name", message));
    }
    let text = token_text::generate();
    let token = ApiToken {
        id: ApiTokenId::new(now),
        owner: actor.owner_id(),
        name: name.to_owned(),
        start: token_text::start(&text).to_owned(),
        scopes: new.scopes,
        created_at: now,
        expires_at: now + Duration::days(i64::from(new.days)),
        last_used_at: None,
    };
    store::insert(&mut tx, actor, &token, &token_text::hash(&text)).await?;
    audit::record(&mut tx, actor, &Action::TokenCreated(named(&token)), now).await?;
    tx.commit().await?;
    Ok((token, text))
}

/// Revokes one of the actor's tokens in any space, and returns it. The system pool writes, because the person may have left
/// the organisation that the token is for.
///
/// # Errors
/// Returns [`Error::NotFound`] if the actor has no such token that works at `now`.
pub async fn revoke(system: &SystemDb, actor: &Actor, id: ApiTokenId, now: Timestamp) -> Result<ApiToken> {
    let mut tx = system.begin().await?;
    let revoked = store::mark_revoked(&mut tx, actor.user_id(), id, now).await?;
    let token = revoked.ok_or(Error::NotFound("token"))?;
    // the log of the space that the token was for has its end as well as its beginning
    #[expect(clippy::disallowed_methods, reason = "the system's transaction writes into the space of the token")]
    let actor = actor.clone().within(token.owner);
    audit::record(&mut tx, &actor, &Action::TokenRevoked(named(&token)), now).await?;
    tx.commit().await?;
    Ok(token)
}

/// Returns the holder of a token that works at `now`, and records the use; `None` for every other text.
pub async fn authenticate(system: &SystemDb, token: &Secret, now: Timestamp) -> Result<Option<TokenHolder>> {
    if !token_text::is_possible(token) {
        return Ok(None);
    }
    let Some(holder) = store::find_by_hash(system.pool(), &token_text::hash(token), now).await? else {
        return Ok(None);
    };
    if holder.last_used_at.is_none_or(|last| now - last >= LAST_USED_INTERVAL) {
        store::mark_used(system.pool(), &holder, now).await?;
    }
    Ok(Some(holder))
}

fn check(name: &str, new: NewToken<'_>) -> Result<()> {
    let mut faults = FieldFaults::default();
    if name.is_empty() {
        faults.add("name", "Enter a name");
    } else if name.chars().count() > MAX_NAME_CHARS {
        faults.add("name", format!("Enter a name of {MAX_NAME_CHARS} characters or fewer"));
    }
    if !LIFETIMES.contains(&new.days) {
        faults.add("days", "Choose one of the durations");
    }
    if new.scopes.is_empty() {
        faults.add("scope", "Choose at least one thing that the token may do");
    }
    faults.into_result(())
}

fn named(token: &ApiToken) -> NamedToken {
    NamedToken { token: token.id, name: token.name.clone(), scopes: token.scopes.to_texts() }
}
