//! Accounts: people, how they prove who they are, and the sessions of their browsers.
//!
//! Invariants: a password is kept only as an Argon2id hash, made and checked off the async threads; a session id or a
//! mailed token is kept only as its SHA-256; nobody signs in before their address is confirmed; whoever fails to sign
//! in cannot tell a wrong address from a wrong password, and waits ever longer between tries; every act leaves one audit entry in its own transaction.
//!
//! A visitor is nobody yet, so these verbs use the system pool; they find rows by address, token or session id, each of
//! which names one person.

mod appearance;
mod confirmation;
mod email;
mod hashing;
mod links;
mod new_email;
mod new_password;
mod password;
mod profile;
mod proof;
mod reset;
pub mod sessions;
mod setup;
mod sign_in;
mod sign_up;
mod store;
mod throttle;
mod user;
mod visitor;

pub use appearance::{Announce, Appearance, Contrast, Motion, Theme, change_appearance};
pub use confirmation::{Dispatch, confirm, confirmation, send_confirmation};
pub use email::Email;
pub use hashing::{HashingCost, Passwords};
pub use links::Link;
pub use new_email::{AskedEmail, NewEmail, ask_email, change_email, email_change, send_email_change};
pub use new_password::{change_password, notice_of_password};
pub use password::Password;
pub use profile::{Profile, change_profile};
pub use reset::{Reset, notice_of_reset, reset, resetting, send_reset};
pub use setup::{set_up, setup, setup_link};
pub use sign_in::{SignIn, sign_in, sign_out};
pub use sign_up::{create, sign_up};
pub use user::{NewUser, User};
pub use visitor::Visitor;

use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::UserId;

/// The person behind a session; none if the account is gone.
pub async fn find(system: &SystemDb, id: UserId) -> Result<Option<User>> {
    Ok(store::find(system.pool(), id).await?)
}

/// Whoever administers the hub and can be written to.
pub async fn administrators(system: &SystemDb) -> Result<Vec<User>> {
    Ok(store::administrators(system.pool()).await?)
}

/// Daily upkeep: forgets sessions that have ended and links that expired a month ago.
pub async fn sweep(system: &SystemDb, now: Timestamp) -> Result<()> {
    sessions::delete_expired(system, now).await?;
    links::delete_expired(system.pool(), now - time::Duration::days(30)).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
