//! The statements of the queue, one a function. A file has the name of its table, or of the step (`enqueue`, `claim`,
//! `finish`, `cancel`) whose statement writes several tables. It knows the data of runs and events, and nothing above.
//!
//! Two rules, both measured: rows to delete are named by `= ANY(ARRAY(SELECT …))`, because a joined CTE tempts the
//! planner into scanning bodies; and a batch is one statement over `unnest`, so it is one round trip and one commit.

pub(super) mod cancel;
pub(super) mod claim;
pub(super) mod depth;
pub(super) mod enqueue;
pub(super) mod finish;
mod finish_columns;
pub(super) mod idem_key;
pub(super) mod job_cancel;
pub(super) mod job_later;
pub(super) mod job_lease;
pub(super) mod job_ready;
pub(super) mod job_secret;
pub(super) mod lane;
pub(super) mod leader;
pub(super) mod pipeline_events;
pub(super) mod worker;

/// A column of a batch.
fn column<'a, T, C>(rows: &'a [T], value: impl Fn(&'a T) -> C) -> Vec<C> {
    rows.iter().map(value).collect()
}
