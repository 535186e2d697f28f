//! Accounts: people, how they sign in, and the sessions of their browsers.
//!
//! Invariants:
//! - A password is stored as an Argon2id hash, which is computed outside of the async threads.
//! - A session id or a mailed token is stored as its SHA-256.
//! - An account can sign in only after its address is confirmed, and while no administrator has disabled it.
//! - A failed sign-in does not reveal whether the address or the password was wrong; the wait between attempts grows.
//! - Each change leaves one audit entry in its own transaction.
//!
//! A visitor has no user id yet, so these functions use the system pool. They find rows by address, token or session id,
//! each of which identifies one person.
//!
//! The pages of accounts and settings call this module, and so does the command line. It holds nothing about services: their
//! accounts and credentials belong to `connections`.

mod administration;
mod appearance;
mod confirmation;
mod current_password;
mod email;
mod email_change;
mod hash_memory;
mod hashing;
mod invitations;
mod links;
mod password;
mod password_change;
mod profile;
mod reset;
pub mod sessions;
mod setup;
mod sign_in;
mod sign_up;
mod store;
mod store_administration;
mod store_inserts;
mod throttle;
mod user;
mod visitor;

pub use administration::{
    AccountState, disable_account, enable_account, end_sessions, find_account, list_accounts, set_administrator,
};
pub use appearance::{Announce, Appearance, Contrast, Keys, Motion, Theme};
pub use confirmation::{Dispatch, confirm, confirmation_state, send_confirmation};
pub use email::Email;
pub use email_change::{EmailChange, NewEmailAddress, confirm_email_change, find_email_change, request_email_change};
pub use hashing::{HashingCost, Passwords};
pub use invitations::{
    Invitation, InvitationLink, accept_invitation, find_invitation, find_invitation_link, invite, list_invitations,
    withdraw_invitation,
};
pub use links::{LinkPurpose, LinkState};
pub use password::Password;
pub use password_change::{PasswordChange, change_password};
pub use profile::{Profile, change_appearance, change_profile};
pub use reset::{PasswordReset, ResetLink, find_reset, reset_password, send_reset_link};
pub use setup::{OwnerCheck, create_owner, issue_setup_link, setup_state};
pub use sign_in::{SignInAttempt, SignInOutcome, sign_in, sign_out};
pub use sign_up::{create, sign_up};
pub use store_administration::AccountSummary;
pub use user::{NewAccount, NewUser, User};
pub use visitor::Visitor;

use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::error::Result;
use crate::ids::{OwnerId, UserId};

/// Finds a user. Returns `None` if the account was deleted.
pub async fn find(system: &SystemDb, id: UserId) -> Result<Option<User>> {
    Ok(store::find(system.pool(), id).await?)
}

/// Lists the people who answer for an owner: the person, or the owners and administrators of the organisation.
pub async fn list_responsible(system: &SystemDb, owner: OwnerId) -> Result<Vec<User>> {
    Ok(store::list_responsible(system.pool(), owner).await?)
}

/// Lists the administrators of the hub who can sign in.
pub async fn list_administrators(system: &SystemDb) -> Result<Vec<User>> {
    Ok(store::list_administrators(system.pool()).await?)
}

/// Lists mailboxes that have two accounts, because their domain was typed in two spellings. Older versions allowed that;
/// each account can be used, in its own spelling.
pub async fn list_doubled_mailboxes(system: &SystemDb) -> Result<Vec<String>> {
    let mut mailboxes: Vec<_> = store::list_international_emails(system.pool())
        .await?
        .iter()
        .map(|email| email::Spellings::of_address(email).canonical.to_lowercase())
        .collect();
    mailboxes.sort();
    let doubled = mailboxes.chunk_by(|one, other| one == other).filter(|same| same.len() > 1);
    Ok(doubled.filter_map(|same| same.first().cloned()).collect())
}

/// Deletes expired sessions, and links that expired a month ago. Runs daily.
pub async fn purge_expired(system: &SystemDb, now: Timestamp) -> Result<()> {
    sessions::delete_expired(system, now).await?;
    links::delete_expired(system.pool(), now - time::Duration::days(30)).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
