//! The statements of the queue, one a function.
//!
//! Two rules, both measured: rows to delete are named by `= ANY(ARRAY(SELECT …))`, because a joined CTE tempts the
//! planner into scanning bodies; and a batch is one statement over `unnest`, so it is one round trip and one commit.

pub(super) mod cancel;
pub(super) mod chores;
pub(super) mod claim;
pub(super) mod enqueue;
pub(super) mod events;
pub(super) mod finish;
mod finish_columns;
pub(super) mod of_connection;
pub(super) mod rescue;
pub(super) mod worker;

/// A column of a batch.
fn column<'a, T, C>(rows: &'a [T], value: impl Fn(&'a T) -> C) -> Vec<C> {
    rows.iter().map(value).collect()
}
