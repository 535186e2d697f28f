//! The statements of renewals.

mod connection;
mod notice;

pub(super) use connection::{degrade, due, expire, give_lease_back, hold, raise, take_lease, want};
pub(super) use notice::{Notice, drop_notice, take_notice, untold};
