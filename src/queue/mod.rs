//! The durable queue: an enqueued job runs, or ends with an error that its owner sees, whatever crashes meanwhile.
//!
//! The queue knows no job kind: it moves ids between small tables, and the worker loads the body. Its guarantees:
//!
//! - **The table is the state**: ready, later, leased or ended. A job is one row in one of four tables, moved by one
//!   statement, so no state is half written.
//! - **Fenced**: each claim raises `run_no`, and every write of a run is joined to its lease row. A worker whose run was
//!   rescued writes nothing.
//! - **No blind repeats**: a lost run is repeated only if its job is repeatable. Any other job ends as `unknown`, because
//!   the call may have happened.
//! - **Exact caps** per lane (a user's connection), user and connector, and round robin between lanes: one user's
//!   backlog holds up no other user's jobs.
//! - **Few commits**: jobs to enqueue, runs to finish and events that arrive together are committed together. Only events
//!   wait for others, 50 ms.
//!
//! [`Enqueuer`] takes jobs in, [`Engine`] claims and ends them, [`cancel()`] stops them, [`events::after`] reads what they
//! said. Leases, heartbeats and leadership are compared by the database's clock, everything else by the caller's.

mod backoff;
mod cancel;
mod claim;
mod engine;
mod enqueue;
pub mod events;
mod finish;
mod group;
mod leader;
mod lease;
mod of_connection;
mod rescue;
mod store;
mod watch;

pub use backoff::backoff;
pub use cancel::{CancelResult, cancel};
pub use engine::{Engine, EngineSettings};
pub use enqueue::{EnqueueRequest, EnqueueResult, Enqueuer};
pub use events::{Event, EventLevel};
pub use finish::{FinishedRun, JobEnd, JobOutcome, WaitReason};
pub use lease::{Lease, Leases, StopReason};
pub use of_connection::{ReleasedJobs, list_unfinished, release_awaiting_reauth};

/// The name of the only queue; its lanes are users' connections.
const QUEUE: &str = "calls";
