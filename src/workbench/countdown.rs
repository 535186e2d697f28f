//! Counts down and reports each step, until it reaches zero or is cancelled.

use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::ProgressNotificationParam;
use rmcp::service::RequestContext;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const MAX_SECONDS: u32 = 600;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[serde(default = "ten")]
    #[schemars(title = "Seconds", description = "Where to start, at most 600", range(min = 1, max = 600))]
    seconds: u32,
    #[serde(default = "one")]
    #[schemars(title = "Step", description = "Seconds between two reports", range(min = 1, max = 600))]
    step: u32,
}

fn ten() -> u32 {
    10
}

fn one() -> u32 {
    1
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    #[schemars(title = "Seconds counted")]
    counted: u32,
}

pub(super) async fn run(input: &Input, context: &RequestContext<RoleServer>) -> Result<Output, String> {
    let Input { seconds, step } = *input;
    if !(1..=MAX_SECONDS).contains(&seconds) || !(1..=MAX_SECONDS).contains(&step) {
        return Err(format!("Enter seconds and step between 1 and {MAX_SECONDS}"));
    }
    let mut counted = 0;
    while counted < seconds {
        let seconds_to_wait = step.min(seconds - counted);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds_to_wait.into())) => counted += seconds_to_wait,
            () = context.ct.cancelled() => return Err(format!("Stopped with {} seconds to go", seconds - counted)),
        }
        report_progress(context, counted, seconds).await;
    }
    Ok(Output { counted })
}

/// Sends progress to a caller that requested it. A caller that has disconnected cancels the next step.
async fn report_progress(context: &RequestContext<RoleServer>, counted: u32, seconds: u32) {
    let Some(token) = context.meta.get_progress_token() else { return };
    let message = match seconds - counted {
        0 => "Done".to_owned(),
        1 => "1 second to go".to_owned(),
        left => format!("{left} seconds to go"),
    };
    let progress =
        ProgressNotificationParam::new(token, counted.into()).with_total(seconds.into()).with_message(message);
    if let Err(error) = context.peer.notify_progress(progress).await {
        tracing::debug!(%error, "Failed to deliver the progress of a countdown; the countdown continues");
    }
}
