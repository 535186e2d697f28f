//! The handles that everything above the domain works with: built once, cheap to clone.

use url::Url;

use crate::accounts::Passwords;
use crate::clock::Clock;
use crate::config::SignUp;
use crate::db::{Db, SystemDb};
use crate::mail::Mailer;

/// What a handler can reach.
#[derive(Clone, Debug)]
pub struct App {
    /// Rows of one user at a time.
    pub db: Db,
    /// Every row, for look-ups that precede a user.
    pub system: SystemDb,
    /// The time.
    pub clock: Clock,
    /// Outgoing mail.
    pub mailer: Mailer,
    /// Password hashes.
    pub passwords: Passwords,
    /// The address under which people reach the hub.
    pub public_url: Url,
    /// Who may make an account.
    pub sign_up: SignUp,
}
