//! The settings that a person changes without their password: name, time zone and appearance.

use jiff::tz::TimeZone;

use super::appearance::Appearance;
use super::store;
use super::user::parse_name;
use crate::actor::Actor;
use crate::audit::{self, Action};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::{Error, FieldFaults, Result};

/// The name of a person and the time zone of their clock.
#[derive(Clone, Debug)]
pub struct Profile {
    display_name: String,
    time_zone: String,
}

impl Profile {
    /// Parses the form fields `display_name` and `time_zone`.
    ///
    /// # Errors
    /// Returns [`Error::Invalid`] with all faults, in the order of the fields.
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

/// Stores the actor's name and time zone.
pub async fn change_profile(db: &Db, actor: &Actor, profile: &Profile, now: Timestamp) -> Result<()> {
    let mut tx = db.enter(actor).await?;
    store::set_profile(&mut tx, actor.user_id(), &profile.display_name, &profile.time_zone).await?;
    audit::record(&mut tx, actor, &Action::ProfileChanged, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Stores the actor's display settings.
pub async fn change_appearance(db: &Db, actor: &Actor, appearance: Appearance, now: Timestamp) -> Result<()> {
    let mut tx = db.enter(actor).await?;
    store::set_appearance(&mut tx, actor.user_id(), appearance).await?;
    audit::record(&mut tx, actor, &Action::AppearanceChanged, now).await?;
    tx.commit().await?;
    Ok(())
}
