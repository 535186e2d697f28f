//! What pages call a person, and where their clocks are.

use jiff::tz::TimeZone;

use super::store;
use super::user::parse_name;
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, FieldFaults, Result};

/// The part of an account that its owner may change without further ado.
#[derive(Clone, Debug)]
pub struct Profile {
    display_name: String,
    time_zone: String,
}

impl Profile {
    /// Reads what was sent in a form's fields `display_name` and `time_zone`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every fault, in the order of the fields.
    pub fn parse(display_name: &str, time_zone: &str) -> Result<Self> {
        let mut faults = FieldFaults::default();
        let name = parse_name(display_name).map_err(|fault| faults.add("display_name", fault)).ok();
        let zone = TimeZone::get(time_zone).ok().and_then(|zone| zone.iana_name().map(ToOwned::to_owned));
        if zone.is_none() {
            faults.add("time_zone", "Choose a time zone of the list, such as Europe/Berlin");
        }
        match (name, zone) {
            (Some(display_name), Some(time_zone)) => Ok(Self { display_name, time_zone }),
            _ => Err(Error::Invalid(faults)),
        }
    }
}

/// Keeps the actor's new profile.
pub async fn change_profile(db: &Db, actor: &Actor, profile: &Profile, now: Timestamp) -> Result<()> {
    let mut tx = db.as_user(actor).await?;
    store::set_profile(&mut tx, actor.user_id(), &profile.display_name, &profile.time_zone).await?;
    audit::record(&mut tx, actor, &Action::ProfileChanged, now).await?;
    tx.commit().await?;
    Ok(())
}
