//! The durable queue: a job that was accepted is run, or its owner is told why not, whatever crashes meanwhile.
//!
//! It knows no job kind: it moves ids between tiny tables, and whoever runs a job loads its body. What it promises:
//!
//! - **Where a job is says what it is**: ready, later, leased or ended; one row in one of four tables, moved by one
//!   statement, so no state is ever half written.
//! - **Fenced**: each claim raises `run_no`, and whatever a run writes is joined to its lease row. A worker that was
//!   given up for dead and comes back writes nothing.
//! - **Never blindly again**: a run that was lost is repeated only if its job is repeatable; any other ends as
//!   `unknown`, because the call may have happened.
//! - **Exact caps** per lane (a user's connection), user and connector, and round robin between lanes: one tenant's
//!   backlog costs another nothing.
//! - **Few commits**: accepts, endings and events that arrive together are committed together; alone, none waits.
//!
//! [`Accepter`] takes jobs in, [`Engine`] claims and ends them, [`cancel()`] stops them, [`events::after`] reads what they
//! said. Leases, beats and leadership are compared by the database's clock, everything else by the caller's.

mod accept;
mod backoff;
mod cancel;
mod claim;
mod engine;
pub mod events;
mod finish;
mod group;
mod leader;
mod lease;
mod of_connection;
mod rescue;
mod store;
mod watch;

pub use accept::{Accept, Accepted, Accepter};
pub use backoff::backoff;
pub use cancel::{Canceled, cancel};
pub use engine::{Engine, Settings};
pub use events::{Event, Level};
pub use finish::{End, Finish, Outcome, Reason};
pub use lease::{Lease, Leases, Stop};
pub use of_connection::{Released, release_parked, unfinished};

/// The one queue there is so far; its lanes are users' connections.
const QUEUE: &str = "calls";
