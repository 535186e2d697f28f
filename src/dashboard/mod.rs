//! The overview of a user's hub: numbers of jobs by outcome, the newest jobs and audit entries, and connections that need
//! their owner's attention.
//!
//! The numbers come from hourly counts that the queue keeps; nothing here counts jobs.

mod store;

pub use store::Figure;

use crate::actor::Actor;
use crate::audit::{self, RecentEntry};
use crate::clock::Timestamp;
use crate::connections::attention::{self, ConnectionProblem};
use crate::db::Db;
use crate::error::Result;
use crate::jobs::{self, JobRow};

/// Maximum number of rows in each list.
pub const MAX_ROWS: i64 = 10;

/// The data of the page, as of one moment.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Numbers of finished jobs by period.
    pub figures: Vec<Figure>,
    /// The newest jobs.
    pub jobs: Vec<JobRow>,
    /// The newest audit entries.
    pub entries: Vec<RecentEntry>,
    /// Connections that cannot be used until their owner acts.
    pub problems: Vec<ConnectionProblem>,
}

/// Returns the actor's overview. `starts` are the ascending starts of the periods; the last period has no end.
pub async fn overview(db: &Db, actor: &Actor, starts: &[Timestamp]) -> Result<Overview> {
    let mut tx = db.enter(actor).await?;
    Ok(Overview {
        figures: store::figures(&mut tx, actor.owner_id(), starts).await?,
        jobs: jobs::list_newest(&mut tx, actor, MAX_ROWS).await?,
        entries: audit::list_newest(&mut tx, actor, MAX_ROWS).await?,
        problems: attention::list(&mut tx, actor).await?,
    })
}
