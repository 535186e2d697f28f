//! Verification of the current password before a signed-in user changes how they sign in. An unattended browser is
//! therefore not enough to take an account over.

use super::throttle::{self, Admission, Subject};
use super::{Passwords, User, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The form field of the current password.
const FIELD: &str = "current_password";

/// Returns the actor's account if `password` is its password. A wrong password counts like one at sign-in.
///
/// # Errors
/// Returns [`Error::Invalid`] for the field `current_password`, and [`Error::Limited`] after too many wrong passwords.
pub(super) async fn verify_current_password(
    system: &SystemDb,
    passwords: &Passwords,
    actor: &Actor,
    password: &Secret,
    now: Timestamp,
) -> Result<User> {
    if password.expose().is_empty() {
        return Err(Error::field(FIELD, "Enter your current password"));
    }
    let user = store::find(system.pool(), actor.user_id()).await?.ok_or(Error::NotFound("account"))?;
    let subjects = [Subject::account(&user.email)];
    if let Admission::Wait(until) = throttle::admit(system, &subjects, now).await? {
        let message = "Too many wrong passwords. Nothing was changed";
        return Err(Error::Limited { message: message.into(), retry_after: (until - now).unsigned_abs() });
    }
    let hash = store::find_by_email(system.pool(), &user.email).await?.map(|account| account.password_hash);
    let matches = passwords.verify(password, hash).await?;
    let mut tx = system.begin().await?;
    if matches {
        throttle::record_success(&mut tx, &subjects).await?;
    } else {
        audit::record(&mut tx, actor, &Action::PasswordRefused { user: user.id }, now).await?;
    }
    tx.commit().await?;
    if matches { Ok(user) } else { Err(Error::field(FIELD, "This is not your current password. Type it again")) }
}
