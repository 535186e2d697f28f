//! The overview of a user's hub: numbers of jobs by outcome, the newest jobs and audit entries, and connections that need
//! their owner's attention.
//!
//! The numbers come from hourly counts that the queue keeps; nothing here counts jobs.

mod store;

pub use store::Figure;

use crate::actor::Actor;
use crate::audit::{self, Action, RecentEntry};
use crate::clock::Timestamp;
use crate::connections::attention::{self, ConnectionProblem};
use crate::connectors::{self, ChangedConnector};
use crate::db::Db;
use crate::error::Result;
use crate::jobs::{self, JobRow, Trends};

/// Maximum number of rows in each list.
pub const MAX_ROWS: i64 = 5;

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
    /// Connectors of which changed tools wait for their owner.
    pub changed_tools: Vec<ChangedConnector>,
    /// The first steps, until all are done or the person dismisses them.
    pub first_steps: Option<FirstSteps>,
    /// Causes of failures and slow tools.
    pub trends: Trends,
    /// Jobs that run now; at most [`jobs::MAX_COUNTED`] and one.
    pub running: usize,
    /// Jobs that wait for a worker, for a time or for their owner; counted likewise.
    pub waiting: usize,
}

/// The first steps of a person, each with its state.
#[derive(Clone, Copy, Debug)]
pub struct FirstSteps {
    /// A job has run.
    pub has_run: bool,
    /// A connector was added, or a service was connected.
    pub has_service: bool,
    /// The person has chosen their time zone.
    pub has_chosen_time_zone: bool,
}

impl FirstSteps {
    /// Returns the number of steps that are done, of three.
    #[must_use]
    pub fn done(self) -> usize {
        [self.has_run, self.has_service, self.has_chosen_time_zone].into_iter().filter(|is_done| *is_done).count()
    }

    const fn are_done(self) -> bool {
        self.has_run && self.has_service && self.has_chosen_time_zone
    }
}

/// Returns the actor's overview. `starts` are the ascending starts of the periods; the last period has no end.
pub async fn overview(db: &Db, actor: &Actor, starts: &[Timestamp]) -> Result<Overview> {
    let mut tx = db.enter(actor).await?;
    let jobs = jobs::list_newest(&mut tx, actor, MAX_ROWS).await?;
    let row = store::state(&mut tx, actor.user_id(), actor.owner_id()).await?;
    let count = |n: Option<i64>| usize::try_from(n.unwrap_or_default()).unwrap_or_default();
    let (running, waiting) = (count(row.map(|row| row.running)), count(row.map(|row| row.waiting)));
    let first_steps = row.filter(|row| !row.is_dismissed).map(|row| FirstSteps {
        has_run: !jobs.is_empty(),
        has_service: row.has_service,
        has_chosen_time_zone: row.has_chosen_time_zone,
    });
    Ok(Overview {
        first_steps: first_steps.filter(|steps| !steps.are_done()),
        figures: store::figures(&mut tx, actor.owner_id(), starts).await?,
        jobs,
        entries: audit::list_newest(&mut tx, actor, MAX_ROWS).await?,
        problems: attention::list(&mut tx, actor).await?,
        changed_tools: connectors::list_changed_connectors(&mut tx, actor).await?,
        trends: jobs::find_trends(&mut tx, actor).await?,
        running,
        waiting,
    })
}

/// Removes the first steps from the actor's dashboards.
pub async fn dismiss_first_steps(db: &Db, actor: &Actor, now: Timestamp) -> Result<()> {
    let mut tx = db.enter(actor).await?;
    store::dismiss_first_steps(&mut tx, actor.user_id()).await?;
    audit::record(&mut tx, actor, &Action::AppearanceChanged, now).await?;
    tx.commit().await?;
    Ok(())
}
