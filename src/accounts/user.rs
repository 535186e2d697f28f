//! A person with an account, and one who is about to have one.

use serde::{Deserialize, Serialize};

use super::{Announce, Appearance, Contrast, Email, Motion, Password, Theme};
use crate::clock::Timestamp;
use crate::error::{FieldFaults, Result};
use crate::ids::UserId;
use crate::secret::Secret;

/// In characters; fits a table cell.
const LONGEST_NAME: usize = 80;

/// A person with an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// Key.
    pub id: UserId,
    /// Address, as typed at sign-up.
    pub email: String,
    /// What pages call them.
    pub display_name: String,
    /// Whether they administer the hub.
    pub is_admin: bool,
    /// IANA zone in which times are shown.
    pub time_zone: String,
    /// The colours they chose.
    pub theme: Theme,
    /// How far these stand apart.
    pub contrast: Contrast,
    /// Whether anything moves.
    pub motion: Motion,
    /// What is said of a job that is being watched.
    pub announce: Announce,
    /// When the mailed link was used; none: cannot sign in yet.
    pub confirmed_at: Option<Timestamp>,
}

impl User {
    /// How they want pages to be.
    #[must_use]
    pub const fn appearance(&self) -> Appearance {
        Appearance { theme: self.theme, contrast: self.contrast, motion: self.motion, announce: self.announce }
    }
}

/// What an account is made of.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub(super) email: Email,
    pub(super) display_name: String,
    pub(super) password: Password,
}

impl NewUser {
    /// Reads what was typed into a form's fields `email`, `display_name` and `password`.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] with every fault, in the order of the fields.
    pub fn parse(email: &str, display_name: &str, password: &Secret) -> Result<Self> {
        let mut faults = FieldFaults::default();
        let mut note = |field: &str, fault: &str| faults.add(field, fault);
        let email = Email::parse(email).map_err(|fault| note("email", fault)).ok();
        let name = parse_name(display_name).map_err(|fault| note("display_name", fault)).ok();
        let password = Password::choose(password, email.as_ref()).map_err(|fault| note("password", fault)).ok();
        match (email, name, password) {
            (Some(email), Some(display_name), Some(password)) => Ok(Self { email, display_name, password }),
            _ => Err(crate::error::Error::Invalid(faults)),
        }
    }

    /// Where the confirmation goes.
    #[must_use]
    pub const fn email(&self) -> &Email {
        &self.email
    }
}

pub(super) fn parse_name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        Err("Enter your name")
    } else if text.chars().count() > LONGEST_NAME {
        Err("Enter a name of 80 characters or fewer")
    } else if text.chars().any(char::is_control) {
        Err("Enter a name on one line")
    } else {
        Ok(text.to_owned())
    }
}
