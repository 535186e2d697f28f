//! Who is signed in shows once more that they know the password, before they change how one signs in: a browser that was
//! left open is not enough to take an account over.

use super::throttle::{self, Admission, Subject};
use super::{Passwords, User, store};
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The form's field.
const FIELD: &str = "current_password";

/// The actor's account, if `password` is its password. A wrong one counts like one at sign-in.
///
/// # Errors
/// [`Error::Invalid`] with the field `current_password`; [`Error::Limited`] after too many.
pub(super) async fn prove(
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
    let hash = store::by_email(system.pool(), &user.email).await?.map(|account| account.password_hash);
    let matches = passwords.verify(password, hash).await?;
    let mut tx = system.begin().await?;
    if matches {
        throttle::succeeded(&mut tx, &subjects).await?;
    } else {
        audit::record(&mut tx, actor, &Action::PasswordRefused { user: user.id }, now).await?;
    }
    tx.commit().await?;
    if matches { Ok(user) } else { Err(Error::field(FIELD, "This is not your current password")) }
}
