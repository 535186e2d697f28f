//! Signing in and out. A wrong address and a wrong password cost the same work and get the same answer.

use super::{Email, Passwords, User, Visitor, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::{Db, SystemDb};
use crate::error::Result;
use crate::ids::UserId;
use crate::secret::Secret;

/// How much of what was typed as an address is worth keeping.
const LONGEST_TYPED: usize = 254;

/// The answer to an address and a password.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// They match.
    Welcome(User),
    /// They match, but the address is not confirmed: told only to those who know the password.
    Unconfirmed(Email),
    /// They do not.
    Refused,
}

/// Checks an address and a password.
pub async fn sign_in(
    system: &SystemDb,
    passwords: &Passwords,
    email: &str,
    password: &Secret,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<SignIn> {
    let email = Email::parse(email).map_err(|_| email);
    let account = match &email {
        Ok(email) => store::by_email(system.pool(), email.as_str()).await?,
        Err(_) => None,
    };
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let matches = passwords.verify(password, hash).await?;

    let owner = account.as_ref().map_or(UserId::HUB, |account| account.user.id);
    let typed = email.as_ref().map_or_else(|typed| *typed, Email::as_str).chars().take(LONGEST_TYPED).collect();
    let (answer, action) = match (account, email) {
        (Some(account), Ok(email)) if matches => match account.user.confirmed_at {
            Some(_) => (SignIn::Welcome(account.user), Action::SessionStarted),
            None => (SignIn::Unconfirmed(email), Action::SessionRefused { email: typed, class: "unconfirmed" }),
        },
        _ => (SignIn::Refused, Action::SessionRefused { email: typed, class: "password" }),
    };
    let mut tx = system.begin().await?;
    audit::record(&mut tx, &visitor.acting_as(owner), &action, now).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Notes that somebody signed out; their browser's session ends with the answer.
pub async fn sign_out(db: &Db, actor: &Actor, now: Timestamp) -> Result<()> {
    let mut tx = db.as_user(actor).await?;
    audit::record(&mut tx, actor, &Action::SessionEnded, now).await?;
    tx.commit().await?;
    Ok(())
}
