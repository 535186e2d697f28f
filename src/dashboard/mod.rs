//! What a user's hub has been doing, at a glance: figures by outcome, the newest jobs and entries, connections that need
//! their owner.
//!
//! The figures are read from the counts that the queue keeps by the hour; nothing here counts jobs.

mod store;

pub use store::Figure;

use crate::actor::Actor;
use crate::audit::{self, Recent};
use crate::clock::Timestamp;
use crate::connections::attention::{self, ConnectionProblem};
use crate::db::Db;
use crate::error::Result;
use crate::jobs::{self, JobRow};

/// Lines of each list.
pub const LINES: i64 = 10;

/// Everything on the page, as of one moment.
#[derive(Clone, Debug)]
pub struct Overview {
    /// How jobs ended, by part of the time that was asked for.
    pub figures: Vec<Figure>,
    /// The newest jobs.
    pub jobs: Vec<JobRow>,
    /// The newest audit entries.
    pub entries: Vec<Recent>,
    /// Connections that cannot be used until their owner acts.
    pub problems: Vec<ConnectionProblem>,
}

/// The actor's overview. `starts` are the beginnings of the parts into which the figures are divided, ascending; the last
/// part has no end.
pub async fn overview(db: &Db, actor: &Actor, starts: &[Timestamp]) -> Result<Overview> {
    let mut tx = db.as_user(actor).await?;
    Ok(Overview {
        figures: store::figures(&mut tx, actor.user_id(), starts).await?,
        jobs: jobs::newest(&mut tx, actor, LINES).await?,
        entries: audit::newest(&mut tx, actor, LINES).await?,
        problems: attention::list(&mut tx, actor).await?,
    })
}
