//! Progress of a call: the events of its job become notifications.

use std::time::Duration;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RoleServer};
use serde::Deserialize;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::caller::Caller;
use crate::app::App;
use crate::ids::JobId;
use crate::jobs::{self, JobEvent, Position};

/// Minimum time between two notifications of a call. Of the steps in between, the last is sent.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// The longest wait for an assistant to take a notification.
const SEND_TIMEOUT: Duration = Duration::from_secs(1);

/// The progress of an event.
#[derive(Deserialize)]
struct StepData {
    progress: f64,
    total: Option<f64>,
}

/// The progress of a job, for an assistant that asked for it.
pub(super) struct ProgressReport<'a> {
    pub(super) app: &'a App,
    pub(super) caller: &'a Caller,
    pub(super) job: JobId,
    pub(super) token: ProgressToken,
    pub(super) peer: &'a Peer<RoleServer>,
}

impl ProgressReport<'_> {
    /// Sends a notification for each step, each with more progress than the one before, until the job has ended.
    pub(super) async fn send(self, ended: &CancellationToken) {
        let mut changes = self.app.live.subscribe_job(self.job);
        let (mut position, mut sent) = (Position::START, f64::NEG_INFINITY);
        while !ended.is_cancelled() {
            let found = jobs::find_with_events(&self.app.db, &self.caller.bearer.actor, self.job, position).await;
            // the wait for the end of the job reports what keeps it from being read
            let events = found.map(|(_, events)| events).unwrap_or_default();
            position = events.last().map_or(position, JobEvent::position);
            if let Some(step) = events.iter().filter_map(|event| self.step(event)).rfind(|step| step.progress > sent) {
                sent = step.progress;
                // an assistant that is gone cancels the call, and one that does not read misses a step
                let _ = timeout(SEND_TIMEOUT, self.peer.notify_progress(step)).await;
                ended.run_until_cancelled(sleep(PROGRESS_INTERVAL)).await;
            }
            ended.run_until_cancelled(changes.changed()).await;
        }
    }

    /// Returns the notification of an event; `None` if the event is no step.
    fn step(&self, event: &JobEvent) -> Option<ProgressNotificationParam> {
        let data: StepData = serde_json::from_str(event.data.as_deref()?).ok()?;
        let mut step = ProgressNotificationParam::new(self.token.clone(), data.progress);
        step.total = data.total;
        step.message = Some(event.message.clone());
        Some(step)
    }
}
