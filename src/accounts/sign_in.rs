//! Signing in and out. A wrong address and a wrong password cost the same work and get the same answer.

use super::throttle::{self, Admission, Subject};
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
    /// Too many did not: they were not even looked at, and will not be before then.
    Wait(Timestamp),
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
    let subjects = Subject::of(email, visitor);
    let next = match throttle::admit(system, &subjects, now).await? {
        Admission::Open(next) => next,
        Admission::Wait(until) => return Ok(SignIn::Wait(until)),
    };
    let email = Email::parse(email).map_err(|_| email);
    let account = match &email {
        Ok(email) => store::by_email(system.pool(), email.as_str()).await?,
        Err(_) => None,
    };
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let matches = passwords.verify(password, hash).await?;

    let owner = account.as_ref().map_or(UserId::HUB, |account| account.user.id);
    let typed: String = email.as_ref().map_or_else(|typed| *typed, Email::as_str).chars().take(LONGEST_TYPED).collect();
    let (answer, action) = match (account, email) {
        (Some(account), Ok(email)) if matches => match account.user.confirmed_at {
            Some(_) => (SignIn::Welcome(account.user), Action::SessionStarted),
            None => (SignIn::Unconfirmed(email), Action::SessionRefused { email: typed.clone(), class: "unconfirmed" }),
        },
        _ => (SignIn::Refused, Action::SessionRefused { email: typed.clone(), class: "password" }),
    };
    let mut tx = system.begin().await?;
    let actor = visitor.acting_as(owner);
    audit::record(&mut tx, &actor, &action, now).await?;
    match (&answer, next) {
        (SignIn::Refused, Some(until)) => {
            audit::record(&mut tx, &actor, &Action::SessionDelayed { email: typed, until }, now).await?;
        }
        (SignIn::Refused, None) => {}
        _ => throttle::succeeded(&mut tx, &subjects).await?,
    }
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
