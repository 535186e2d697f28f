//! Users, and the validated input that creates them.

use serde::{Deserialize, Serialize};

use super::{Announce, Appearance, Contrast, Email, Keys, Motion, Password, Theme, Visitor};
use crate::clock::Timestamp;
use crate::error::{FieldFaults, Result};
use crate::ids::UserId;
use crate::secret::Secret;

/// Maximum length of a name in characters; fits a table cell.
const MAX_NAME_LENGTH: usize = 80;

/// A person with an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// Primary key.
    pub id: UserId,
    /// Email address, as typed at sign-up.
    pub email: String,
    /// Name shown on pages.
    pub display_name: String,
    /// True if the person administers the hub.
    pub is_admin: bool,
    /// IANA time zone in which times are shown.
    pub time_zone: String,
    /// True if the person chose the time zone; otherwise the zone of the browser goes first.
    pub has_chosen_time_zone: bool,
    /// Colour scheme.
    pub theme: Theme,
    /// Contrast.
    pub contrast: Contrast,
    /// Motion.
    pub motion: Motion,
    /// Announced changes of a watched job.
    pub announce: Announce,
    /// Single keys that act on a page.
    pub keys: Keys,
    /// Time of confirmation. A user without one cannot sign in.
    pub confirmed_at: Option<Timestamp>,
    /// Time at which an administrator disabled the account. A disabled account cannot sign in.
    pub disabled_at: Option<Timestamp>,
}

impl User {
    /// Returns the display settings.
    #[must_use]
    pub const fn appearance(&self) -> Appearance {
        Appearance {
            theme: self.theme,
            contrast: self.contrast,
            motion: self.motion,
            announce: self.announce,
            keys: self.keys,
        }
    }
}

/// Validated input for a new account.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub(super) email: Email,
    pub(super) display_name: String,
    pub(super) password: Password,
}

impl NewUser {
    /// Parses the form fields `email`, `display_name` and `password`.
    ///
    /// # Errors
    /// Returns [`crate::error::Error::Invalid`] with all faults, in the order of the fields.
    pub fn parse(email: &str, display_name: &str, password: &Secret) -> Result<Self> {
        let mut faults = FieldFaults::default();
        let mut report = |field: &str, fault: &str| faults.add(field, fault);
        let email = Email::parse(email).map_err(|fault| report("email", fault)).ok();
        let name = parse_name(display_name).map_err(|fault| report("display_name", fault)).ok();
        let password = Password::choose(password, email.as_ref()).map_err(|fault| report("password", fault)).ok();
        match (email, name, password) {
            (Some(email), Some(display_name), Some(password)) => Ok(Self { email, display_name, password }),
            _ => Err(crate::error::Error::Invalid(faults)),
        }
    }

    /// Returns the address that the confirmation is sent to.
    #[must_use]
    pub const fn email(&self) -> &Email {
        &self.email
    }
}

/// A new account.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// The validated input.
    pub user: &'a NewUser,
    /// The person who creates the account.
    pub visitor: &'a Visitor,
}

pub(super) fn parse_name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        Err("Enter your name")
    } else if text.chars().count() > MAX_NAME_LENGTH {
        Err("Enter a name of 80 characters or fewer")
    } else if text.chars().any(char::is_control) {
        Err("Enter a name on one line")
    } else {
        Ok(text.to_owned())
    }
}
