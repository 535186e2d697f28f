//! The durable queue: an enqueued job runs, or ends with an error that its owner sees, whatever crashes meanwhile.
//!
//! The queue knows no job type: it moves ids between small tables, and the worker loads the body. Its guarantees:
//!
//! - **The table is the state**: ready, later, leased or ended. A job is one row in one of four tables, moved by one
//!   statement, so no state is half written.
//! - **Fenced**: each claim raises `run_no`, and every write of a run is joined to its lease row. A worker whose run was
//!   rescued writes nothing.
//! - **No blind repeats**: a lost run is repeated only if its job is repeatable. Any other job ends as `unknown`, because
//!   the call may have happened.
//! - **Exact caps** per lane (an owner's connection), owner and connector, and round robin between lanes: one owner's
//!   backlog holds up no other owner's jobs.
//! - **Few commits**: jobs to enqueue, runs to finish and events that arrive together are committed together. Only events
//!   wait for others, 50 ms.
//!
//! [`Enqueuer`] accepts jobs, [`Engine`] claims them and finishes their runs, [`cancel()`] stops them, [`list_events`]
//! reads their events. Leases, heartbeats and leadership are compared by the database's clock, everything else by the
//! caller's.
//!
//! The jobs module enqueues, cancels and reads; the worker runs leases; the connections module releases jobs that wait for
//! it. Pages call the jobs module, never the queue: only jobs checks input and policy, and writes the audit entries.
//!
//! The files have an order, and each uses only those before it: data (`event`, `run`, `enqueue_request`, `settings`), the
//! statements (`store`), then `run_metrics`, `depth`, `run_events`, `lease`, `claim`, `enqueue`, `finish`, `rescue`,
//! `leader`, and the engine.

mod backoff;
mod cancel;
mod claim;
mod connection_jobs;
mod depth;
mod engine;
mod enqueue;
mod enqueue_request;
mod event;
mod finish;
mod group_commit;
mod heartbeat;
mod leader;
mod lease;
mod rescue;
mod run;
mod run_events;
mod run_metrics;
mod sealed_secrets;
mod settings;
mod store;

pub use backoff::backoff;
pub use cancel::{CancelResult, cancel};
pub use connection_jobs::{ReleasedJobs, list_unfinished, release_awaiting_reauth};
pub use depth::DepthGauges;
pub use engine::Engine;
pub use enqueue::Enqueuer;
pub use enqueue_request::{EnqueueRequest, EnqueueResult};
pub use event::{Event, EventLevel, JobEvent, Position};
pub use lease::{Lease, Leases, StopReason};
pub use run::{FinishedRun, JobEnd, JobOutcome, WaitReason};
pub use run_events::{RunEvents, list_events};
pub use sealed_secrets::find_sealed_secrets;
pub use settings::EngineSettings;

/// The name of the only queue; its lanes are connections of owners.
const QUEUE: &str = "calls";
