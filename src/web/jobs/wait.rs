//! "Wait for the next change": the page without script holds the request until there is something new.

use std::time::Duration;

use crate::actor::Actor;
use crate::app::App;
use crate::error::Result;
use crate::ids::JobId;
use crate::jobs::{self, Position};

/// A browser, or a proxy before it, gives up on a request that is silent for much longer.
const LONGEST: u64 = 25;

/// Returns once the job has an event after `after`, or is over, or `seconds` have passed.
pub(super) async fn until_changed(app: &App, actor: &Actor, id: JobId, after: Position, seconds: u64) -> Result<()> {
    let mut changes = app.live.subscribe_job(id);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds.min(LONGEST));
    loop {
        let (job, news) = jobs::find_with_events(&app.db, actor, id, after).await?;
        if !news.is_empty() || job.status.is_final() {
            return Ok(());
        }
        if tokio::time::timeout_at(deadline, changes.changed()).await.is_err() {
            return Ok(());
        }
    }
}
