//! Sign-in and sign-out. A wrong address and a wrong password cost the same work and get the same answer.

use super::throttle::{self, Admission, Subject};
use super::{Email, Passwords, User, Visitor, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::{Db, SystemDb};
use crate::error::Result;
use crate::ids::UserId;
use crate::secret::Secret;

/// Maximum length of the typed address in the audit log, in characters.
const MAX_RECORDED_EMAIL_CHARS: usize = 254;

/// An attempt to sign in.
#[derive(Clone, Copy, Debug)]
pub struct SignInAttempt<'a> {
    /// The address as it was typed.
    pub email: &'a str,
    /// The password as it was typed.
    pub password: &'a Secret,
    /// The person who types them.
    pub visitor: &'a Visitor,
}

/// The outcome of a sign-in.
#[derive(Clone, Debug)]
pub enum SignInOutcome {
    /// Address and password match.
    Accepted(User),
    /// Address and password match, but the address is not confirmed. Only a person who knows the password learns this.
    Unconfirmed(Email),
    /// Address and password match, but an administrator disabled the account. Only a person who knows the password learns
    /// this.
    Disabled,
    /// Address and password do not match.
    Refused,
    /// Too many attempts failed: the password was not checked, and will not be before this time.
    Wait(Timestamp),
}

/// Checks an address and a password. Each attempt leaves an audit entry.
pub async fn sign_in(
    system: &SystemDb,
    passwords: &Passwords,
    attempt: SignInAttempt<'_>,
    now: Timestamp,
) -> Result<SignInOutcome> {
    let SignInAttempt { email, password, visitor } = attempt;
    let subjects = Subject::for_sign_in(email, visitor);
    let next = match throttle::admit(system, &subjects, now).await? {
        Admission::Open(next) => next,
        Admission::Wait(until) => return Ok(SignInOutcome::Wait(until)),
    };
    let email = Email::parse(email).map_err(|_| email);
    let account = match &email {
        Ok(email) => store::find_by_email(system.pool(), email.typed()).await?,
        Err(_) => None,
    };
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let matches = passwords.verify(password, hash).await?;

    let owner = account.as_ref().map_or(UserId::HUB, |account| account.user.id);
    let typed: String =
        email.as_ref().map_or_else(|typed| *typed, Email::as_str).chars().take(MAX_RECORDED_EMAIL_CHARS).collect();
    let (answer, action) = match (account, email) {
        (Some(account), Ok(_)) if matches && account.user.disabled_at.is_some() => {
            (SignInOutcome::Disabled, Action::SessionRefused { email: typed.clone(), class: "disabled" })
        }
        (Some(account), Ok(email)) if matches => match account.user.confirmed_at {
            Some(_) => (SignInOutcome::Accepted(account.user), Action::SessionStarted),
            None => (
                SignInOutcome::Unconfirmed(email),
                Action::SessionRefused { email: typed.clone(), class: "unconfirmed" },
            ),
        },
        _ => (SignInOutcome::Refused, Action::SessionRefused { email: typed.clone(), class: "password" }),
    };
    let mut tx = system.begin().await?;
    let actor = visitor.acting_as(owner);
    audit::record(&mut tx, &actor, &action, now).await?;
    match (&answer, next) {
        (SignInOutcome::Refused, Some(until)) => {
            audit::record(&mut tx, &actor, &Action::SessionDelayed { email: typed, until }, now).await?;
        }
        (SignInOutcome::Refused, None) => {}
        _ => throttle::record_success(&mut tx, &subjects).await?,
    }
    tx.commit().await?;
    Ok(answer)
}

/// Records that the actor signed out. The session of the browser ends with the response.
pub async fn sign_out(db: &Db, actor: &Actor, now: Timestamp) -> Result<()> {
    let mut tx = db.enter(actor).await?;
    audit::record(&mut tx, actor, &Action::SessionEnded, now).await?;
    tx.commit().await?;
    Ok(())
}
